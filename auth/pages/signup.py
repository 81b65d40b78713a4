"""Sign up: an address and an identifier, then a link by e-mail."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import hashed
from auth.pages.shell import Shell
from auth.passwords import TooSoon
from auth.requests import fields_of, form_of
from auth.sessions import address_of
from auth.signup import SignUp, application_of, sign_up
from domain import policy
from domain.errors import Invalid, Problem
from domain.identifiers import IdentifierType
from domain.reference.identifier_types import IDENTIFIER_TYPES


class SignUpPages:
    """How someone gets an account alone."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.SIGN_UP, self.page),
            ("POST", at.SIGN_UP, self.ask),
        ])
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Ask for the address and the identifier."""
        goes_on = request.query_params.get("next", "")
        hint = fields_of(goes_on).get("login_hint", "")
        return await self._form(request, SignUp(hint, goes_on=goes_on))

    async def ask(self, request: Request) -> Response:
        """Send the link; the same answer whatever is known of the address."""
        sent = await form_of(request)
        wish = SignUp(
            email=sent.get("email", ""),
            identifier_type=sent.get("identifier_type", IdentifierType.SIRET),
            identifier=sent.get("identifier", ""),
            locale=language_of(request),
            goes_on=sent.get("next", ""),
            browser_hash=self.browser(request),
        )
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        try:
            await sign_up(wish, address_of(request))
        except TooSoon as refusal:
            return self._shell.too_soon(request, refusal.seconds)
        except Invalid as refusal:
            return await self._form(request, wish, refusal.problems)
        return self._shell.page(
            request,
            "sign_up_sent.html",
            wish=wish,
            minutes=policy.current().activation_seconds // 60,
            mailbox=self._shell.settings.has_mailbox,
        )

    def browser(self, request: Request) -> str:
        """By what the browser of a sign-up is recognised when its link is followed."""
        return hashed(self._shell.sessions.form(request).token)

    async def _form(
        self, request: Request, wish: SignUp, problems: Sequence[Problem] = ()
    ) -> Response:
        return self._shell.page(
            request,
            "sign_up.html",
            422 if problems else 200,
            wish=wish,
            types=IDENTIFIER_TYPES,
            client=await application_of(wish.goes_on),
            problems=problems,
            wrong=places_of(problems),
        )


def language_of(request: Request) -> str:
    """The language in which the person will be written to."""
    first = request.headers.get("accept-language", "").split(",")[0].strip().lower()
    return "EN" if first.startswith("en") else "FR"


def places_of(problems: Sequence[Problem]) -> frozenset[str]:
    """The fields that something is wrong with."""
    return frozenset(p.path[-1] for p in problems if p.path)
