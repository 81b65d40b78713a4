"""The page on which a person proves who they are, by one way among those that they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from auth.factors.proofs import Attempt, Proofs, Proved, Way, Wrong
from auth.pages.shell import Shell, Words
from auth.sessions import address_of
from domain.accounts.models import Account

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "wait":     ("Trop d’essais. Réessayez dans {seconds} secondes, ou choisissez un autre moyen.",
                 "Too many attempts. Try again in {seconds} seconds, or choose another way."),
    "code":     ("Ce code n’est pas le bon, a expiré ou a déjà servi.",
                 "This code is wrong, has expired or was used already."),
    "recovery": ("Ce code de secours n’est pas le bon ou a déjà servi.",
                 "This recovery code is wrong or was used already."),
    "password": ("Mot de passe incorrect.", "Wrong password."),
    "key":      ("La clé n’a pas été reconnue.", "The key was not recognised."),
    "suspect":  ("Cette clé a peut-être été copiée : elle est bloquée. Choisissez un autre moyen.",
                 "This key may have been copied: it is blocked. Choose another way."),
    "stale":    ("Cette page a expiré. Recommencez.", "This page has expired. Please try again."),
    "over":     ("Cette connexion a expiré. Recommencez depuis l’application.",
                 "This log-in has expired. Please start again from the application."),
    "sent":     ("Un code vient de vous être envoyé par courriel.",
                 "A code has just been sent to you by e-mail."),
    "no_key":   ("Les clés ne fonctionnent pas à cette adresse du site.",
                 "Keys do not work at this address of the site."),
}
WAYS: Mapping[Way, Words] = {
    Way.KEY:      ("Clé de sécurité ou clé d’accès", "Security key or passkey"),
    Way.TOTP:     ("Application d’authentification", "Authenticator application"),
    Way.EMAIL:    ("Code par courriel", "Code by e-mail"),
    Way.RECOVERY: ("Code de secours", "Recovery code"),
    Way.PASSWORD: ("Mot de passe", "Password"),
}
# fmt: on


def in_words(wrong: Wrong) -> Words:
    """What a page says of a proof that failed."""
    french, english = MESSAGES[wrong.message]
    return french.format(seconds=wrong.seconds), english.format(seconds=wrong.seconds)


class Proving:
    """Shows the page and reads its form; what a proof opens is up to whoever asks."""

    def __init__(self, shell: Shell, proofs: Proofs) -> None:
        self._shell = shell
        self._proofs = proofs

    async def page(
        self,
        request: Request,
        account: Account,
        holder: str,
        ways: Sequence[Way],
        *,
        wrong: Wrong | None = None,
        chosen: str = "",
        said: str = "",
        **shown: Any,
    ) -> Response:
        """The page of one way, with links to the others. `shown`: its title, action, targets."""
        asked = chosen or request.query_params.get("with", "")
        way = next((w for w in ways if w == asked), ways[0])
        options = await self._proofs.options(account, holder) if way is Way.KEY else None
        response = self._shell.page(
            request,
            "prove.html",
            _status_of(wrong),
            scripts=way is Way.KEY,
            account=account,
            way=way,
            others=[w for w in ways if w is not way],
            words=WAYS,
            options=options,
            is_sent=way is Way.EMAIL and await self._proofs.code_was_sent(holder),
            message=in_words(wrong) if wrong else None,
            said=MESSAGES[said] if said else None,
            **shown,
        )
        if wrong and wrong.seconds:
            response.headers["Retry-After"] = str(wrong.seconds)
        return response

    async def answer(
        self,
        request: Request,
        account: Account,
        holder: str,
        ways: Sequence[Way],
        sent: Mapping[str, str],
    ) -> Proved | Wrong | None:
        """What the form proves; None when it only asked for a message with a code."""
        way = next((w for w in ways if w == sent.get("way")), None)
        if way is None:
            return Wrong("stale")
        if way is Way.EMAIL and sent.get("do") == "send":
            return await self._proofs.send_code(account, holder)
        given = sent.get("credential" if way is Way.KEY else "code", "")
        return await self._proofs.check(way, Attempt(account, given, holder, address_of(request)))


def _status_of(wrong: Wrong | None) -> int:
    if wrong is None:
        return 200
    return 429 if wrong.seconds else 403
