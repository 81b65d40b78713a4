"""The pages that people see: log in, consent, log out. Plain forms, no script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.templating import Jinja2Templates

from auth import metadata as at
from auth.config import AuthSettings
from auth.models import Client, Session, client_by_id
from auth.passwords import Guesses, account_for
from auth.requests import BadRequest, fields_of, form_of, oauth_form_of, query_of
from auth.scopes import SCOPES
from auth.server import Asked, CodeGrant, Person, Server, person_behind
from auth.sessions import Sessions, address_of
from domain.clock import now
from domain.db import fetch

Page = Callable[[Request], Awaitable[Response]]

_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent / "templates")

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# fmt: off
MESSAGES: Mapping[str, tuple[str, str]] = {
    "wrong":   ("Adresse électronique ou mot de passe incorrect.",
                "Wrong e-mail address or password."),
    "wait":    ("Trop d’essais. Réessayez dans {detail} secondes.",
                "Too many attempts. Try again in {detail} seconds."),
    "stale":   ("Ce formulaire a expiré. Recommencez.",
                "This form has expired. Please try again."),
    "refused": ("L’application qui vous envoie ici a fait une demande incorrecte.",
                "The application that sent you here made a wrong request: {detail}"),
    "in":      ("Vous êtes connecté.", "You are logged in."),
    "out":     ("Vous êtes déconnecté.", "You are logged out."),
}
# fmt: on


class Step(Enum):
    """What an authorization request needs next."""

    LOG_IN = auto()
    CONSENT = auto()
    ANSWER = auto()


def next_step(asked: Mapping[str, str], session: Session | None, client: Client) -> Step:
    """Decide by the log-in of the browser, the trust in the client and what the client asked."""
    prompts = set(asked.get("prompt", "").split())
    if session is None or prompts & {"login", "select_account"} or _is_too_old(session, asked):
        return Step.LOG_IN
    if "consent" in prompts or not client.is_trusted:
        return Step.CONSENT
    return Step.ANSWER


def after_login(asked: Mapping[str, str]) -> dict[str, str]:
    """The same authorization request, without what a fresh log-in satisfies."""
    kept = [p for p in asked.get("prompt", "").split() if p not in ("login", "select_account")]
    rest = {name: value for name, value in asked.items() if name not in ("prompt", "max_age")}
    return rest | ({"prompt": " ".join(kept)} if kept else {})


def form_target(redirect_uri: str) -> str:
    """The origin of a redirection as a CSP source: browsers check where a form ends up."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https") and "[" not in parts.netloc:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


class Pages:
    """The authorization endpoint and the pages it leads to."""

    def __init__(self, settings: AuthSettings, server: Server) -> None:
        self._settings = settings
        self._server = server
        self._sessions = Sessions(settings)
        self._guesses = Guesses(settings.key("guesses"))

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        table: list[tuple[str, str, Page]] = [
            ("GET",  at.AUTHORIZE, self.authorize),
            ("POST", at.AUTHORIZE, self.authorize_by_form),
            ("GET",  at.LOGIN,     self.login_page),
            ("POST", at.LOGIN,     self.login),
            ("GET",  at.CONSENT,   self.consent_page),
            ("POST", at.CONSENT,   self.consent),
            ("GET",  at.LOGOUT,    self.logout_page),
            ("POST", at.LOGOUT,    self.logout),
        ]
        # fmt: on
        return [Route(path, self._readable(page), methods=[verb]) for verb, path, page in table]

    async def authorize(self, request: Request) -> Response:
        """The authorization endpoint: a code, or the page that is needed first."""
        asked, session, grant = await self._asked(request)
        step = next_step(asked.args, session, grant.client)
        if step is Step.ANSWER and session is not None:
            return await self._issue(asked, grant, await person_behind(session))
        if "none" in asked.args.get("prompt", "").split():
            kind = LoginRequiredError if step is Step.LOG_IN else ConsentRequiredError
            raise _Refused(asked, kind(redirect_uri=grant.redirect_uri))
        if step is Step.LOG_IN:
            return self._go(at.LOGIN, {"next": urlencode(after_login(asked.args))})
        return self._go(at.CONSENT, asked.args)

    async def authorize_by_form(self, request: Request) -> Response:
        """The same by POST; by GET next, because our cookie only follows links."""
        return self._go(at.AUTHORIZE, await oauth_form_of(request))

    async def login_page(self, request: Request) -> Response:
        """Ask who it is."""
        return await self._login_page(request, request.query_params.get("next", ""))

    async def login(self, request: Request) -> Response:
        """Check the password, then go on with the authorization request."""
        sent = await form_of(request)
        email, password, goes_on = (sent.get(n, "") for n in ("email", "password", "next"))
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._login_page(request, goes_on, "stale", email, status=403)
        wait = await self._guesses.admit(email, address_of(request))
        if wait:
            return await self._login_page(request, goes_on, "wait", email, str(wait), status=429)
        account = await account_for(email, password)
        if account is None:
            return await self._login_page(request, goes_on, "wrong", email, status=403)
        await self._guesses.succeeded(email, address_of(request))
        token = await self._sessions.open(account, request)
        onward = fields_of(goes_on)
        response = self._go(at.AUTHORIZE, onward) if onward else self._message(request, "in")
        self._sessions.keep(response, token)
        return response

    async def consent_page(self, request: Request) -> Response:
        """Show what the application asks for."""
        asked, session, grant = await self._asked(request)
        person = await person_behind(session) if session else None
        if person is None:
            return self._go(at.AUTHORIZE, asked.args)
        return self._page(
            request,
            "consent.html",
            targets=form_target(grant.redirect_uri),
            client=grant.client,
            owner=await _name_of_structure(grant.client.structure_id),
            person=person,
            scopes=[SCOPES[scope] for scope in asked.scope.split()],
            target=form_target(grant.redirect_uri),
        )

    async def consent(self, request: Request) -> Response:
        """Give the application its answer."""
        asked, session, grant = await self._asked(request)
        sent = await form_of(request)
        person = await person_behind(session) if session else None
        if person is None or not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._go(at.AUTHORIZE, asked.args)
        agreed = sent.get("decision") == "accept"
        return await self._issue(asked, grant, person if agreed else None)

    async def logout_page(self, request: Request) -> Response:
        """Ask whether to log out: a link alone must not do it."""
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if person is None:
            return self._message(request, "out")
        return self._page(request, "logout.html", person=person)

    async def logout(self, request: Request) -> Response:
        """End the log-in, and the access of the applications opened from it."""
        sent = await form_of(request)
        session = await self._sessions.find(request)
        if session is not None:
            if not self._sessions.is_own_form(request, sent.get("form_token", "")):
                return self._message(request, "stale", status=403)
            self._server.bearer.forget(*await self._sessions.close(session))
        response = self._message(request, "out")
        self._sessions.erase(response)
        return response

    async def _asked(self, request: Request) -> tuple[Asked, Session | None, CodeGrant]:
        asked = Asked("GET", query_of(request), {}, {})
        session = await self._sessions.find(request)
        try:
            return asked, session, await self._server.consent_grant(asked, session)
        except OAuth2Error as error:
            raise _Refused(asked, error) from error

    async def _issue(self, asked: Asked, grant: CodeGrant, person: Person | None) -> Response:
        def respond() -> Response:
            answer: Response = self._server.create_authorization_response(asked, person, grant)
            return answer

        response = self._server.with_issuer(await self._server.run(asked, respond))
        response.headers.update(_HEADERS)
        return response

    async def _login_page(
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
        response = self._page(
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

    def _message(
        self, request: Request, message: str, detail: str = "", status: int = 200
    ) -> Response:
        words = _in_words(message, detail)
        return self._page(request, "message.html", status, message=words, is_error=status >= 400)

    def _page(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        targets: str = "",
        **shown: Any,
    ) -> Response:
        form = self._sessions.form(request)
        base = {"form_token": form.token, "path": self._settings.path, "at": at}
        headers = _HEADERS | {"Content-Security-Policy": _policy(targets)}
        response = _TEMPLATES.TemplateResponse(request, template, base | shown, status, headers)
        self._sessions.keep_form(response, form)
        return response

    def _go(self, path: str, parameters: Mapping[str, str]) -> Response:
        address = f"{self._settings.path(path)}?{urlencode(parameters)}"
        return RedirectResponse(address, 303, _HEADERS)

    def _readable(self, page: Page) -> Page:
        async def answer(request: Request) -> Response:
            try:
                return await page(request)
            except BadRequest as error:
                return self._message(request, "refused", error.reason, error.status)
            except _Refused as refusal:
                if refusal.error.redirect_uri:
                    return self._server.refuse(refusal.asked, refusal.error)
                reason = refusal.error.get_error_description() or str(refusal.error.error)
                return self._message(request, "refused", reason, 400)

        return answer


class _Refused(Exception):
    """An authorization request that OAuth refuses."""

    def __init__(self, asked: Asked, error: OAuth2Error) -> None:
        super().__init__(str(error))
        self.asked = asked
        self.error = error


def _is_too_old(session: Session, asked: Mapping[str, str]) -> bool:
    limit = asked.get("max_age", "")
    if not (limit.isdecimal() and len(limit) < 10):
        return False
    return now() - session.authenticated_at > timedelta(seconds=int(limit))


def _in_words(message: str, detail: str) -> tuple[str, str]:
    french, english = MESSAGES[message]
    return french.format(detail=detail), english.format(detail=detail)


def _policy(targets: str) -> str:
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {targets}"
    ).strip()


async def _name_of_structure(structure_id: str | None) -> str | None:
    rows = await fetch("SELECT name FROM structure WHERE id = $1", structure_id or "")
    return str(rows[0]["name"]) if rows else None
