"""What every page shares: its frame, its forms, its messages, its policy. Plain forms, no script
unless a page says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.templating import Jinja2Templates

from auth import metadata as at
from auth.config import AuthSettings
from auth.models import Session, client_by_id
from auth.requests import BadRequest, fields_of
from auth.server import Asked, Server
from auth.sessions import Sessions
from domain.signatures.actions import terms_to_accept

Page = Callable[[Request], Awaitable[Response]]
# A message in French and in English.
Words = tuple[str, str]

# How a page that works with the log-in alone says where it is.
RETURN_TO = "return_to"


@dataclass(frozen=True)
class Action:
    """Where a page that only says something leads on."""

    href: str
    words: Words


_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent.parent / "templates")

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "stale":   ("Ce formulaire a expiré. Recommencez.",
                "This form has expired. Please try again."),
    "refused": ("L’application qui vous envoie ici a fait une demande incorrecte.",
                "The application that sent you here made a wrong request: {detail}"),
    "wait":    ("Trop de demandes. Réessayez dans {detail} secondes.",
                "Too many requests. Try again in {detail} seconds."),
    "in":      ("Vous êtes connecté.", "You are logged in."),
    "out":     ("Vous êtes déconnecté.", "You are logged out."),
}
# fmt: on


class Shell:
    """Renders pages and recognises their forms. One for all pages of the server."""

    def __init__(self, settings: AuthSettings, server: Server, sessions: Sessions) -> None:
        self.settings = settings
        self.server = server
        self.sessions = sessions

    def routes(self, table: Sequence[tuple[str, str, Page]]) -> list[BaseRoute]:
        """Each (verb, address, page) as a route that answers refusals by a page."""
        return [Route(path, self._readable(page), methods=[verb]) for verb, path, page in table]

    def page(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        targets: str = "",
        scripts: bool = False,
        **shown: Any,
    ) -> Response:
        """A page. Its forms may end at `targets`; `scripts` lets it run those of `auth/static`."""
        form = self.sessions.form(request)
        base = {
            "form_token": form.token,
            "path": self.settings.path,
            "at": at,
            "external": self.settings.external,
        }
        headers = HEADERS | {"Content-Security-Policy": policy_of(targets, scripts=scripts)}
        response = _TEMPLATES.TemplateResponse(request, template, base | shown, status, headers)
        self.sessions.keep_form(response, form)
        return response

    def message(
        self,
        request: Request,
        words: str | Words,
        detail: str = "",
        status: int = 200,
        *,
        action: Action | None = None,
    ) -> Response:
        """A page that only says something: words, or the name of one of `MESSAGES`."""
        french, english = MESSAGES[words] if isinstance(words, str) else words
        said = french.format(detail=detail), english.format(detail=detail)
        shown: dict[str, Any] = {"message": said, "is_error": status >= 400, "action": action}
        return self.page(request, "message.html", status, **shown)

    def too_soon(self, request: Request, seconds: int) -> Response:
        """A page for whoever asks too often."""
        response = self.message(request, "wait", str(seconds), 429)
        response.headers["Retry-After"] = str(seconds)
        return response

    def go(self, path: str, parameters: Mapping[str, str]) -> Response:
        """Send the browser to another of our pages, by GET."""
        return RedirectResponse(self.address(path, parameters), 303, HEADERS)

    def address(self, path: str, parameters: Mapping[str, str]) -> str:
        """Another of our pages, as a link or a redirection gives it."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.settings.path(path) + query

    def onward(self, request: Request, goes_on: str) -> Response:
        """Where a log-in leads: back to what was asked for, as far as it is ours to say."""
        way = self.way_on(goes_on)
        return RedirectResponse(way, 303, HEADERS) if way else self.message(request, "in")

    def way_on(self, goes_on: str) -> str | None:
        """The address that a log-in leads to; None when nothing was asked for."""
        if back := self._way_back(goes_on):
            return back
        asked = {n: value for n, value in fields_of(goes_on).items() if n != RETURN_TO}
        return f"{self.settings.path(at.AUTHORIZE)}?{urlencode(asked)}" if asked else None

    async def lead_on(self, request: Request, account_id: str, goes_on: str) -> Response:
        """The same for a person who is logged in: terms that must be accepted come first."""
        asked = await terms_to_accept(account_id)
        if asked is not None and asked.is_required:
            return self.go(at.TERMS, {"next": goes_on} if goes_on else {})
        return self.onward(request, goes_on)

    async def ends_at(self, goes_on: str) -> str:
        """Where the form of a page that `goes_on` may end, for its policy: browsers check it."""
        if back := self._way_back(goes_on):
            return form_target(back)
        asked = fields_of(goes_on)
        client = await client_by_id(asked.get("client_id", ""))
        target = asked.get("redirect_uri", "") or (client and client.get_default_redirect_uri())
        trusted = client is not None and target and client.check_redirect_uri(target)
        return form_target(target) if target and trusted else ""

    def _way_back(self, goes_on: str) -> str | None:
        """The page to return to, when that and nothing else was asked. The form carried it, so it
        is judged again.
        """
        asked = fields_of(goes_on)
        back = asked.get(RETURN_TO, "")
        return back if len(asked) == 1 and self.settings.origins.lead_back(back) else None

    async def end(self, session: Session) -> None:
        """End a log-in, and the access of the applications opened from it."""
        self.server.bearer.forget(*await self.sessions.close(session))

    def _readable(self, page: Page) -> Page:
        async def answer(request: Request) -> Response:
            try:
                return await page(request)
            except BadRequest as error:
                return self.message(request, "refused", error.reason, error.status)
            except Refused as refusal:
                if refusal.error.redirect_uri:
                    return self.server.refuse(refusal.asked, refusal.error)
                reason = refusal.error.get_error_description() or str(refusal.error.error)
                return self.message(request, "refused", reason, 400)

        return answer


class Refused(Exception):
    """An authorization request that OAuth refuses."""

    def __init__(self, asked: Asked, error: OAuth2Error) -> None:
        super().__init__(str(error))
        self.asked = asked
        self.error = error


def form_target(redirect_uri: str) -> str:
    """The origin of a redirection as a CSP source: browsers check where a form ends up."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https") and "[" not in parts.netloc:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


def policy_of(targets: str, *, scripts: bool = False) -> str:
    """The content security policy of a page."""
    running = " script-src 'self'; connect-src 'self';" if scripts else ""
    return (
        f"default-src 'none'; style-src 'self'; img-src 'self';{running} base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self' {targets}"
    ).strip()
