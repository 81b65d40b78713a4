"""What a single-page application asks with the log-in of its browser: who is it, and log out.

The answers are JSON, for pages of our own and of `ALLOWED_ORIGINS`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auth import metadata as at
from auth.cross_site import sent_by
from auth.models import Session
from auth.pages.shell import Shell
from auth.requests import is_json
from auth.server import person_behind

_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Origin, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PREFLIGHT_SECONDS = "600"


class FrontEnds:
    """The two questions of an application without a token."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._origins = shell.settings.origins

    def routes(self) -> list[BaseRoute]:
        """Each address; pages ask first whether they may (CORS)."""
        return [
            Route(at.SESSION, self.session, methods=["GET"]),
            Route(at.SESSION, self.preflight, methods=["OPTIONS"]),
            Route(at.LOGOUT, self.preflight, methods=["OPTIONS"]),
        ]

    async def session(self, request: Request) -> Response:
        """Who is logged in, and until when. Asking does not count as using the log-in."""
        session = await self._found(request)
        settings = self._shell.settings
        known = await _shown(session) if session else None
        links = {"loginUrl": settings.url(at.LOGIN), "logoutUrl": settings.url(at.LOGOUT)}
        return self._answer(request, {"session": known, **links})

    async def log_out(self, request: Request) -> Response:
        """End the log-in at the request of a page: never of a form, which any site can send."""
        if not (is_json(request) and self._counts(request)):
            why = "Send application/json from a page of this site or of ALLOWED_ORIGINS."
            return self._answer(request, {"error": "forbidden", "error_description": why}, 403)
        session = await self._found(request)
        if session is not None:
            self._shell.server.bearer.forget(*await self._shell.sessions.close(session))
        response = Response(status_code=204, headers=self._headers(request))
        self._shell.sessions.erase(response)
        return response

    async def preflight(self, request: Request) -> Response:
        """Which pages may ask, and how."""
        headers = self._headers(request)
        if "Access-Control-Allow-Origin" in headers:
            headers |= {
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
            }
        return Response(status_code=204, headers=headers)

    async def _found(self, request: Request) -> Session | None:
        if not self._counts(request):
            return None
        return await self._shell.sessions.find(request, is_use=False)

    def _counts(self, request: Request) -> bool:
        return self._origins.admit(sent_by(request.scope))

    def _headers(self, request: Request) -> dict[str, str]:
        origin = request.headers.get("origin")
        if origin is None or origin not in self._origins:
            return dict(_HEADERS)
        return _HEADERS | {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def _answer(self, request: Request, content: dict[str, Any], status: int = 200) -> Response:
        return JSONResponse(content, status, self._headers(request))


async def _shown(session: Session) -> dict[str, Any] | None:
    person = await person_behind(session)
    if person is None:
        return None
    account = person.account
    return {
        "account": {
            "id": account.id,
            "name": account.display_name,
            "email": account.email,
            "locale": account.locale,
        },
        "methods": session.methods.split(),
        "authenticatedAt": _instant(session.authenticated_at),
        "expiresAt": _instant(session.expires_at),
        "idleUntil": _instant(session.idle_until),
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
