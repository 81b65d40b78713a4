"""The page behind an activation link: a name and a password, then on to the application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import Link, Purpose
from auth.pages.links import LinkPages
from auth.pages.login import Login
from auth.pages.shell import RETURN_TO, Action, Shell
from auth.pages.signup import SignUpPages, places_of
from auth.requests import fields_of
from auth.signup import Opening, activate, application_of, names_structure
from domain import identifiers
from domain.accounts.models import Account, AccountStatus
from domain.errors import Duplicate, Invalid, Problem
from domain.reference.identifier_types import IDENTIFIER_TYPES

_AWAITING = (
    "Votre compte est prêt. L’administration du site doit encore l’approuver ; un message vous"
    " préviendra.",
    "Your account is ready. The site’s administration must still approve it; a message will tell"
    " you.",
)
_OPEN_ALREADY = (
    "Un compte existe déjà à cette adresse. Connectez-vous.",
    "An account exists already at this address. Please log in.",
)


class Activation:
    """How a link becomes an account."""

    def __init__(self, shell: Shell, login: Login, sign_up: SignUpPages) -> None:
        self._shell = shell
        self._login = login
        self._sign_up = sign_up
        again = Action(
            shell.settings.path(at.SIGN_UP), ("Demander un nouveau lien", "Ask for a new link")
        )
        self._links = LinkPages(shell, Purpose.ACTIVATE, again)

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.ACTIVATE, self.page),
            ("POST", at.ACTIVATE, self.open),
        ])
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Ask for a name and a password."""
        return await self._links.show(request, self._form)

    async def open(self, request: Request) -> Response:
        """Open the account, log its person in, go on with what it came for."""
        return await self._links.take(request, self._open)

    async def _open(
        self, request: Request, link: Link, token: str, sent: Mapping[str, str]
    ) -> Response:
        opening = Opening(
            display_name=sent.get("display_name", ""),
            password=sent.get("password", ""),
            password_again=sent.get("password_again", ""),
            structure_name=sent.get("structure_name"),
        )
        try:
            account = await activate(link, opening)
        except Invalid as refusal:
            return await self._form(request, link, token, opening, refusal.problems)
        except Duplicate:
            log_in = Action(self._shell.settings.path(at.LOGIN), ("Se connecter", "Log in"))
            return self._shell.message(request, _OPEN_ALREADY, status=409, action=log_in)
        if account.status == AccountStatus.AWAITING:
            return self._shell.message(request, _AWAITING)
        return await self._go_on(request, account, link)

    async def _go_on(self, request: Request, account: Account, link: Link) -> Response:
        """On with the authorization request, where its application waits for the answer.

        An application recognises the answer in the browser that asked: elsewhere it is offered
        as a link, and asks again by itself.
        """
        goes_on = link.goes_on
        if link.browser_hash not in (None, self._sign_up.browser(request)):
            kept = ("client_id", RETURN_TO)
            goes_on = urlencode({k: v for k, v in fields_of(goes_on).items() if k in kept})
        return await self._login.proven(request, account, ["pwd"], goes_on)

    async def _form(
        self,
        request: Request,
        link: Link,
        token: str,
        opening: Opening | None = None,
        problems: Sequence[Problem] = (),
    ) -> Response:
        kind = link.identifier_type
        return self._shell.page(
            request,
            "activate.html",
            422 if problems else 200,
            targets=await self._shell.ends_at(link.goes_on),
            scripts=True,
            link=link,
            token=token,
            opening=opening or Opening("", ""),
            kind=IDENTIFIER_TYPES[identifiers.IdentifierType(kind)].label if kind else None,
            identifier=identifiers.masked(kind, link.identifier or "") if kind else None,
            names_structure=await names_structure(link),
            client=await application_of(link.goes_on),
            problems=problems,
            wrong=places_of(problems),
        )
