"""Adding a second factor: the same pages inside a log-in, and before the first one is complete."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.factors import actions, methods, totp
from auth.factors.actions import Added
from auth.factors.models import FactorKind
from auth.factors.once import LIFE, spend
from auth.factors.proofs import Attempt, Proofs, Wrong
from auth.pages.proving import MESSAGES, in_words
from auth.pages.shell import Shell, Words
from auth.requests import form_of
from auth.sessions import address_of
from domain import vault
from domain.accounts.models import Account
from domain.clock import real_now
from domain.errors import Refused
from domain.ids import new_id

# fmt: off
KINDS: Mapping[str, tuple[Words, Words]] = {
    "key":   (("Clé de sécurité ou clé d’accès", "Security key or passkey"),
              ("Le plus sûr : une clé USB, ou l’empreinte, le visage ou le code de cet appareil.",
               "The safest: a USB key, or the fingerprint, face or PIN of this device.")),
    "totp":  (("Application d’authentification", "Authenticator application"),
              ("Une application de votre téléphone affiche un code, un nouveau toutes les 30 s.",
               "An application of your telephone shows a code that changes every 30 seconds.")),
    "email": (("Code par courriel", "Code by e-mail"),
              ("Un code vous est envoyé à chaque connexion.",
               "A code is sent to you at each log-in.")),
}
# fmt: on


@dataclass(frozen=True)
class Holder:
    """Who adds a factor, and what their browser holds: a pending log-in, or a log-in."""

    account: Account
    id: str
    # A log-in without its second proof may add the first factor, never one more.
    only_first: bool


Find = Callable[[Request], Awaitable[Holder | Response]]
Finish = Callable[[Request, Holder, Added, Sequence[str]], Awaitable[Response]]


class Enrolment:
    """The pages under one address; `find` says who adds, `finish` what comes after."""

    def __init__(self, shell: Shell, proofs: Proofs, base: str, find: Find, finish: Finish) -> None:
        self._shell = shell
        self._proofs = proofs
        self._base = base
        self._find = find
        self._finish = finish
        self._key = shell.settings.secret_key

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  f"{self._base}/totp",  self.totp_page),
            ("POST", f"{self._base}/totp",  self.add_totp),
            ("GET",  f"{self._base}/key",   self.key_page),
            ("POST", f"{self._base}/key",   self.add_key),
            ("GET",  f"{self._base}/email", self.email_page),
            ("POST", f"{self._base}/email", self.add_email),
        ])
        # fmt: on

    def offered(self) -> Mapping[str, tuple[Words, Words]]:
        """The kinds that can be added at the site's address."""
        return {k: v for k, v in KINDS.items() if k != "key" or self._proofs.party}

    # An application

    async def totp_page(self, request: Request) -> Response:
        """A secret for an application, as an image and as text."""
        holder = await self._find(request)
        if isinstance(holder, Response):
            return holder
        return await self._totp(request, holder, totp.new_secret())

    async def add_totp(self, request: Request) -> Response:
        """Keep the secret, once the application shows the right code."""
        holder, sent = await self._sent(request)
        if isinstance(holder, Response):
            return holder
        secret = self._opened(sent.get("secret", ""), holder)
        if secret is None:
            return await self._totp(request, holder, totp.new_secret(), _said("stale"))
        code = "".join(sent.get("code", "").split())
        step = totp.step_of(secret, code, real_now(), None)
        if step is None:
            return await self._totp(request, holder, secret, _said("code"), sent.get("name", ""))
        if not await spend(secret.encode()):
            return await self._totp(request, holder, totp.new_secret(), _said("stale"))
        identifier = new_id("fac")
        sealed = vault.seal(secret, identifier, self._key)
        return await self._add(
            request,
            holder,
            FactorKind.TOTP,
            sent,
            [methods.CODE],
            identifier=identifier,
            sealed_secret=sealed,
            last_step=step,
        )

    async def _totp(
        self,
        request: Request,
        holder: Holder,
        secret: str,
        message: Words | None = None,
        name: str = "",
    ) -> Response:
        address = totp.address_of(secret, holder.account.email)
        return self._page(
            request,
            "factor_totp.html",
            message,
            qr=Markup(totp.qr_of(address)),  # noqa: S704 - squares only, drawn by us
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            sealed=self._sealed(secret, holder),
            name=name,
        )

    def _sealed(self, secret: str, holder: Holder) -> str:
        until = int((real_now() + LIFE).timestamp())
        return vault.seal(json.dumps([secret, until]), f"totp {holder.id}", self._key)

    def _opened(self, sealed: str, holder: Holder) -> str | None:
        try:
            secret, until = json.loads(vault.unseal(sealed, f"totp {holder.id}", self._key))
        except (InvalidTag, ValueError):
            return None
        return str(secret) if until > real_now().timestamp() else None

    # A key

    async def key_page(self, request: Request) -> Response:
        """What the browser is asked, for a script to hand over."""
        holder = await self._find(request)
        if isinstance(holder, Response):
            return holder
        return await self._key_page(request, holder)

    async def add_key(self, request: Request) -> Response:
        """Keep the key that the browser made."""
        holder, sent = await self._sent(request)
        if isinstance(holder, Response):
            return holder
        key = await self._proofs.new_key(sent.get("credential", ""), holder.id)
        if isinstance(key, Wrong):
            return await self._key_page(request, holder, in_words(key), sent.get("name", ""))
        return await self._add(
            request,
            holder,
            FactorKind.KEY,
            sent,
            [methods.SYNCED_KEY if key.is_synced else methods.HARDWARE_KEY],
            identifier=new_id("fac"),
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=key.transports,
            is_synced=key.is_synced,
        )

    async def _key_page(
        self, request: Request, holder: Holder, message: Words | None = None, name: str = ""
    ) -> Response:
        options = await self._proofs.options_to_add(holder.account, holder.id)
        if options is None:
            return self._shell.message(request, MESSAGES["no_key"], status=404)
        return self._page(
            request, "factor_key.html", message, scripts=True, options=options, name=name
        )

    # The address of the account

    async def email_page(self, request: Request) -> Response:
        """Offer to send a code, or ask for the one that was sent."""
        holder = await self._find(request)
        if isinstance(holder, Response):
            return holder
        return await self._email_page(request, holder)

    async def add_email(self, request: Request) -> Response:
        """Send a code; then keep the factor, once the code comes back."""
        holder, sent = await self._sent(request)
        if isinstance(holder, Response):
            return holder
        if sent.get("do") == "send":
            wrong = await self._proofs.send_code(holder.account, holder.id)
            return await self._email_page(request, holder, in_words(wrong) if wrong else None)
        attempt = Attempt(holder.account, sent.get("code", ""), holder.id, address_of(request))
        if not await self._proofs.code_is_right(attempt):
            return await self._email_page(request, holder, _said("code"))
        return await self._add(
            request, holder, FactorKind.EMAIL, sent, [methods.CODE], identifier=new_id("fac")
        )

    async def _email_page(
        self, request: Request, holder: Holder, message: Words | None = None
    ) -> Response:
        is_sent = await self._proofs.code_was_sent(holder.id)
        return self._page(
            request, "factor_email.html", message, account=holder.account, is_sent=is_sent
        )

    # What they share

    async def _sent(self, request: Request) -> tuple[Holder | Response, Mapping[str, str]]:
        sent = await form_of(request)
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403), sent
        return await self._find(request), sent

    async def _add(
        self,
        request: Request,
        holder: Holder,
        kind: FactorKind,
        sent: Mapping[str, str],
        proved: Sequence[str],
        **columns: Any,
    ) -> Response:
        try:
            added = await actions.add(
                holder.account.id,
                kind,
                sent.get("name", ""),
                only_first=holder.only_first,
                **columns,
            )
        except Refused as refusal:
            reason = refusal.problems[0]
            return self._shell.message(request, (reason.fr, reason.en), status=403)
        return await self._finish(request, holder, added, proved)

    def _page(
        self, request: Request, template: str, message: Words | None, **shown: Any
    ) -> Response:
        return self._shell.page(
            request,
            template,
            403 if message else 200,
            message=message,
            action=self._base,
            back=at.ACCOUNT if self._base == at.ACCOUNT else at.SECOND_FACTOR,
            **shown,
        )


def _said(name: str) -> Words:
    return MESSAGES[name]
