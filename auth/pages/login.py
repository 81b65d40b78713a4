"""Log in and log out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import client_by_id
from auth.pages.shell import Shell, Words, form_target
from auth.passwords import Guesses, account_for
from auth.requests import fields_of, form_of
from auth.server import person_behind
from auth.sessions import address_of
from domain.accounts.models import Account

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "wrong": ("Adresse électronique ou mot de passe incorrect.",
              "Wrong e-mail address or password."),
    "wait":  ("Trop d’essais. Réessayez dans {detail} secondes.",
              "Too many attempts. Try again in {detail} seconds."),
    "stale": ("Ce formulaire a expiré. Recommencez.",
              "This form has expired. Please try again."),
}
# fmt: on


class Login:
    """Who is in front of this browser."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._sessions = shell.sessions
        self._guesses = Guesses(shell.settings.key("guesses"))

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.LOGIN,  self.login_page),
            ("POST", at.LOGIN,  self.login),
            ("GET",  at.LOGOUT, self.logout_page),
            ("POST", at.LOGOUT, self.logout),
        ])
        # fmt: on

    async def login_page(self, request: Request) -> Response:
        """Ask who it is."""
        return await self._page(request, request.query_params.get("next", ""))

    async def login(self, request: Request) -> Response:
        """Check the password, then go on with the authorization request."""
        sent = await form_of(request)
        email, password, goes_on = (sent.get(n, "") for n in ("email", "password", "next"))
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._page(request, goes_on, "stale", email, status=403)
        wait = await self._guesses.admit(email, address_of(request))
        if wait:
            return await self._page(request, goes_on, "wait", email, str(wait), status=429)
        account = await account_for(email, password)
        if account is None:
            return await self._page(request, goes_on, "wrong", email, status=403)
        await self._guesses.succeeded(email, address_of(request))
        return await self.proven(request, account, ["pwd"], goes_on)

    async def proven(
        self, request: Request, account: Account, methods: Sequence[str], goes_on: str
    ) -> Response:
        """The one door to a log-in: the person proved who it is by `methods` (RFC 8176 names).

        `goes_on` is the authorization request to go on with, encoded, or empty.
        """
        token = await self._sessions.open(account, request, methods)
        onward = fields_of(goes_on)
        shell = self._shell
        response = shell.go(at.AUTHORIZE, onward) if onward else shell.message(request, "in")
        self._sessions.keep(response, token)
        return response

    async def logout_page(self, request: Request) -> Response:
        """Ask whether to log out: a link alone must not do it."""
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if person is None:
            return self._shell.message(request, "out")
        return self._shell.page(request, "logout.html", person=person)

    async def logout(self, request: Request) -> Response:
        """End the log-in, and the access of the applications opened from it."""
        sent = await form_of(request)
        session = await self._sessions.find(request)
        if session is not None:
            if not self._sessions.is_own_form(request, sent.get("form_token", "")):
                return self._shell.message(request, "stale", status=403)
            self._shell.server.bearer.forget(*await self._sessions.close(session))
        response = self._shell.message(request, "out")
        self._sessions.erase(response)
        return response

    async def _page(
        self,
        request: Request,
        goes_on: str,
        message: str | None = None,
        email: str = "",
        detail: str = "",
        status: int = 200,
    ) -> Response:
        asked = fields_of(goes_on)
        client = await client_by_id(asked.get("client_id", ""))
        target = asked.get("redirect_uri", "") or (client and client.get_default_redirect_uri())
        trusted = client is not None and target and client.check_redirect_uri(target)
        response = self._shell.page(
            request,
            "login.html",
            status,
            targets=form_target(target) if target and trusted else "",
            client=client,
            goes_on=goes_on,
            email=email or asked.get("login_hint", ""),
            message=_in_words(message, detail) if message else None,
        )
        if message == "wait":
            response.headers["Retry-After"] = detail
        return response


def _in_words(message: str, detail: str) -> Words:
    french, english = MESSAGES[message]
    return french.format(detail=detail), english.format(detail=detail)
