"""Passwords: forgotten, reset by a link, changed by who is logged in; and how good one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth import recovery, strength
from auth.devices import Devices
from auth.models import Link, Purpose, Session
from auth.pages.links import LinkPages
from auth.pages.shell import HEADERS, Action, Shell, Words
from auth.pages.signup import language_of, places_of
from auth.passwords import Guesses, TooSoon, Trickle, account_for, network_of
from auth.requests import fields_of, form_of
from auth.server import person_behind
from auth.sessions import address_of
from domain import policy
from domain.accounts.models import Account
from domain.errors import Invalid, Problem
from domain.rules_text import problem

# fmt: off
_RESET: Words = ("Votre mot de passe est changé, les connexions sont fermées. Connectez-vous.",
                 "Your password is changed, and every log-in was ended. Please log in.")
_CHANGED: Words = ("Votre mot de passe est changé. Les autres connexions sont fermées.",
                   "Your password is changed. Other log-ins were ended.")
_WITHOUT: Words = ("Votre compte n’a pas de mot de passe. Vous pouvez en choisir un par e-mail.",
                   "Your account has no password. You may choose one by e-mail.")
# fmt: on


class Present:
    """Asks who is logged in for its password again, guesses counted as at the log-in."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._guesses = Guesses(shell.settings.key("guesses"))
        self._devices = Devices(shell.settings)

    async def who(self, request: Request) -> tuple[Session, Account] | None:
        """The log-in of this browser and its account."""
        session = await self._shell.sessions.find(request)
        person = await person_behind(session) if session else None
        return (session, person.account) if session and person else None

    async def problems(self, request: Request, account: Account, password: str) -> list[Problem]:
        """Empty when the password is right.

        Raises:
            TooSoon: guessed too often.
        """
        device = self._devices.known(request, account)
        if seconds := await self._guesses.admit(account.email, address_of(request), device):
            raise TooSoon(seconds)
        if await account_for(account.email, password) is None:
            return [problem("BDR-ACC-015", ("presentPassword",))]
        await self._guesses.succeeded(account.email, address_of(request), device)
        return []


class PasswordPages:
    """What is done about passwords."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._present = Present(shell)
        self._devices = Devices(shell.settings)
        again = Action(
            shell.settings.path(at.FORGOTTEN), ("Demander un nouveau lien", "Ask for a new link")
        )
        self._links = LinkPages(shell, Purpose.RESET_PASSWORD, again)
        self._estimates = Trickle(burst=20, per_second=3)

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.FORGOTTEN, self.forgotten_page),
            ("POST", at.FORGOTTEN, self.forgotten),
            ("GET",  at.RESET,     self.reset_page),
            ("POST", at.RESET,     self.reset),
            ("GET",  at.PASSWORD,  self.change_page),
            ("POST", at.PASSWORD,  self.change),
            ("POST", at.STRENGTH,  self.strength),
        ])
        # fmt: on

    async def forgotten_page(self, request: Request) -> Response:
        """Ask for the address."""
        goes_on = request.query_params.get("next", "")
        return self._forgotten(request, goes_on, fields_of(goes_on).get("login_hint", ""))

    async def forgotten(self, request: Request) -> Response:
        """Send the link; the same answer whatever is known of the address."""
        sent = await form_of(request)
        email, goes_on = sent.get("email", ""), sent.get("next", "")
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        try:
            await recovery.ask_reset(
                email, address_of(request), locale=language_of(request), goes_on=goes_on
            )
        except TooSoon as refusal:
            return self._shell.too_soon(request, refusal.seconds)
        except Invalid as refusal:
            return self._forgotten(request, goes_on, email, refusal.problems)
        return self._shell.page(
            request,
            "letter_sent.html",
            email=email,
            minutes=policy.current().activation_seconds // 60,
            mailbox=self._shell.settings.has_mailbox,
        )

    async def reset_page(self, request: Request) -> Response:
        """Ask for the new password."""
        return await self._links.show(request, self._reset_form)

    async def reset(self, request: Request) -> Response:
        """Set it; second factors stay as they are."""
        return await self._links.take(request, self._reset)

    async def change_page(self, request: Request) -> Response:
        """Ask for the present password and the new one."""
        known = await self._present.who(request)
        if known is None:
            return self._shell.go(at.LOGIN, {})
        if known[1].password_hash is None:
            forgotten = self._shell.settings.path(at.FORGOTTEN)
            words = ("Choisir un mot de passe", "Choose a password")
            return self._shell.message(request, _WITHOUT, action=Action(forgotten, words))
        return self._change_form(request, known[1])

    async def change(self, request: Request) -> Response:
        """Change it; every other log-in ends."""
        sent = await form_of(request)
        known = await self._present.who(request)
        if known is None:
            return self._shell.go(at.LOGIN, {})
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        session, account = known
        try:
            given = sent.get("present_password", "")
            if wrong := await self._present.problems(request, account, given):
                raise Invalid(*wrong)
            account = await recovery.change_password(
                account,
                sent.get("password", ""),
                sent.get("password_again", ""),
                log_in=session.id,
            )
        except TooSoon as refusal:
            return self._shell.too_soon(request, refusal.seconds)
        except Invalid as refusal:
            return self._change_form(request, account, refusal.problems)
        response = self._shell.message(request, _CHANGED)
        sessions = self._shell.sessions
        sessions.keep(response, await sessions.renew(session))
        self._devices.remember(request, response, account)
        return response

    async def strength(self, request: Request) -> Response:
        """How good the password being typed is, for the script of our own pages."""
        sent = await form_of(request)
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return JSONResponse({"error": "stale"}, 403, HEADERS)
        if not self._estimates.admits(network_of(address_of(request))):
            return JSONResponse({"error": "wait"}, 429, HEADERS | {"Retry-After": "1"})
        known = [sent.get(n, "") for n in ("email", "display_name", "structure_name")]
        problems = await strength.problems_of(sent.get("password", ""), None, known)
        told = await strength.estimate(sent.get("password", ""), known)
        french, english = told.grade
        return JSONResponse(
            {
                "score": told.score,
                "accepted": not problems,
                "fr": " ".join([f"{french}.", *(p.fr for p in problems)]),
                "en": " ".join([f"{english}.", *(p.en for p in problems)]),
            },
            headers=HEADERS,
        )

    def _forgotten(
        self, request: Request, goes_on: str, email: str, problems: Sequence[Problem] = ()
    ) -> Response:
        return self._shell.page(
            request,
            "forgotten.html",
            422 if problems else 200,
            goes_on=goes_on,
            email=email,
            problems=problems,
            wrong=places_of(problems),
        )

    async def _reset_form(
        self, request: Request, link: Link, token: str, problems: Sequence[Problem] = ()
    ) -> Response:
        shown = {"address": at.RESET, "token": token, "email": link.email, "asks_present": False}
        return self._form(request, shown, problems)

    async def _reset(
        self, request: Request, link: Link, token: str, sent: Mapping[str, str]
    ) -> Response:
        try:
            await recovery.reset(link, sent.get("password", ""), sent.get("password_again", ""))
        except Invalid as refusal:
            return await self._reset_form(request, link, token, refusal.problems)
        query = {"next": link.goes_on} if link.goes_on else {}
        log_in = Action(self._shell.address(at.LOGIN, query), ("Se connecter", "Log in"))
        return self._shell.message(request, _RESET, action=log_in)

    def _change_form(
        self, request: Request, account: Account, problems: Sequence[Problem] = ()
    ) -> Response:
        shown = {"address": at.PASSWORD, "token": "", "email": account.email, "asks_present": True}
        return self._form(request, shown, problems)

    def _form(
        self, request: Request, shown: Mapping[str, Any], problems: Sequence[Problem]
    ) -> Response:
        return self._shell.page(
            request,
            "password.html",
            422 if problems else 200,
            scripts=True,
            problems=problems,
            wrong=places_of(problems),
            **shown,
        )
