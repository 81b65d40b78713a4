"""Log in and log out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.devices import Devices
from auth.factors.keys import relying_party
from auth.factors.needed import lacks_second
from auth.factors.pending import Pending
from auth.models import client_by_id
from auth.pages.front_ends import FrontEnds
from auth.pages.shell import RETURN_TO, Action, Shell, Words
from auth.passwords import Guesses, account_for
from auth.requests import BadRequest, fields_of, form_of, is_json
from auth.server import person_behind
from auth.sessions import address_of
from auth.signup import home_of
from domain.accounts import emails
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

    def __init__(self, shell: Shell, pending: Pending) -> None:
        self._shell = shell
        self._sessions = shell.sessions
        self._pending = pending
        self._front_ends = FrontEnds(shell)
        self._guesses = Guesses(shell.settings.key("guesses"))
        self._has_keys = relying_party(shell.settings.issuer) is not None
        self._devices = Devices(shell.settings)

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return [*self._front_ends.routes(), *self._shell.routes([
            ("GET",  at.LOGIN,  self.login_page),
            ("POST", at.LOGIN,  self.login),
            ("GET",  at.LOGOUT, self.logout_page),
            ("POST", at.LOGOUT, self.logout),
        ])]
        # fmt: on

    async def login_page(self, request: Request) -> Response:
        """Ask who it is. With `return_to`, the person goes back there afterwards."""
        back = request.query_params.get(RETURN_TO)
        if back is None:
            return await self._page(request, request.query_params.get("next", ""))
        if not self._shell.settings.origins.lead_back(back):
            raise BadRequest("return_to is not an address of this site or of ALLOWED_ORIGINS.")
        goes_on = urlencode({RETURN_TO: back})
        session = await self._sessions.find(request)
        if session is not None:
            return await self._shell.lead_on(request, session.account_id, goes_on)
        return await self._page(request, goes_on)

    async def login(self, request: Request) -> Response:
        """Check the password, then go on with the authorization request."""
        sent = await form_of(request)
        email, password, goes_on = (sent.get(n, "") for n in ("email", "password", "next"))
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._page(request, goes_on, "stale", email, status=403)
        claimed = await Account.get_or_none(email=emails.normal(email))
        device = self._devices.known(request, claimed)
        wait = await self._guesses.admit(email, address_of(request), device)
        if wait:
            return await self._page(request, goes_on, "wait", email, str(wait), status=429)
        account = await account_for(email, password)
        if account is None:
            return await self._page(request, goes_on, "wrong", email, status=403)
        await self._guesses.succeeded(email, address_of(request), device)
        return await self.proven(request, account, ["pwd"], goes_on)

    async def proven(
        self, request: Request, account: Account, methods: Sequence[str], goes_on: str
    ) -> Response:
        """The one door to a log-in: the person proved who it is by `methods` (RFC 8176 names).

        `goes_on` is the authorization request to go on with, encoded, or empty; or
        `return_to=…`, encoded, for a page that works with the log-in alone; or `client_id=…`
        alone, for an application that will ask again by itself. Where one proof is not enough,
        the browser is led to the second one.
        """
        if not await lacks_second(self._shell.settings, account.id, " ".join(methods)):
            return await self.enter(request, account, methods, goes_on)
        token = await self._pending.open(account, request, methods, goes_on)
        response = self._shell.go(at.SECOND_FACTOR, {})
        self._pending.keep(response, token)
        return response

    async def enter(
        self,
        request: Request,
        account: Account,
        methods: Sequence[str],
        goes_on: str,
        *,
        showing: Response | None = None,
    ) -> Response:
        """Open the log-in of a person who proved enough, and lead on, or show something first."""
        token = await self._sessions.open(account, request, methods)
        asked = fields_of(goes_on)
        if showing is not None:
            response = showing
        elif "client_id" in asked and "response_type" not in asked:
            response = self._shell.message(request, "in", action=await _back_to(asked))
        else:
            response = await self._shell.lead_on(request, account.id, goes_on)
        self._sessions.keep(response, token)
        self._devices.remember(request, response, account)
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
        if is_json(request):
            return await self._front_ends.log_out(request)
        sent = await form_of(request)
        session = await self._sessions.find(request)
        if session is not None:
            if not self._sessions.is_own_form(request, sent.get("form_token", "")):
                return self._shell.message(request, "stale", status=403)
            await self._shell.end(session)
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
        response = self._shell.page(
            request,
            "login.html",
            status,
            targets=await self._shell.ends_at(goes_on),
            client=client,
            has_passkeys=self._has_keys,
            goes_on=goes_on,
            email=email or asked.get("login_hint", ""),
            message=_in_words(message, detail) if message else None,
        )
        if message == "wait":
            response.headers["Retry-After"] = detail
        return response


async def _back_to(named: Mapping[str, str]) -> Action | None:
    client = await client_by_id(named.get("client_id", ""))
    home = home_of(client)
    if client is None or home is None:
        return None
    return Action(home, (f"Continuer vers {client.name}", f"Go on to {client.name}"))


def _in_words(message: str, detail: str) -> Words:
    french, english = MESSAGES[message]
    return french.format(detail=detail), english.format(detail=detail)
