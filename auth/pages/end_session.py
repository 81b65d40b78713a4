"""Log-out asked for by an application (OpenID Connect RP-Initiated Logout)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authlib.common.urls import add_params_to_uri
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import client_by_id
from auth.pages.shell import HEADERS, Shell, form_target
from auth.requests import BadRequest, form_of, oauth_form_of, query_of
from auth.server import person_behind


@dataclass(frozen=True)
class LogOutAsked:
    """What the application asked for, once everything in it is known to be right."""

    # Whose log-in it is about, when the application proved that it knows.
    subject: str | None
    # Where to go afterwards, with the state; empty: nowhere.
    target: str
    # What the confirmation repeats.
    kept: Mapping[str, str]


class EndSession:
    """Ends the log-in of the browser, and sends it back where the application registered."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._sessions = shell.sessions

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.END_SESSION,         self.end),
            ("POST", at.END_SESSION,         self.end_by_form),
            ("POST", at.END_SESSION_CONFIRM, self.confirm),
        ])
        # fmt: on

    async def end(self, request: Request) -> Response:
        """Log out at once whoever the application proved to know; ask anyone else."""
        asked = await self._asked(query_of(request))
        session = await self._sessions.find(request)
        if session is None:
            return self._gone(request, asked)
        if asked.subject == session.account_id:
            await self._shell.end(session)
            return self._gone(request, asked)
        return self._shell.page(
            request,
            "logout.html",
            targets=form_target(asked.target) if asked.target else "",
            person=await person_behind(session),
            action=at.END_SESSION_CONFIRM,
            kept=asked.kept,
        )

    async def end_by_form(self, request: Request) -> Response:
        """The same by POST; by GET next, because our cookie only follows links."""
        return self._shell.go(at.END_SESSION, await oauth_form_of(request))

    async def confirm(self, request: Request) -> Response:
        """The person agrees."""
        sent = dict(await form_of(request))
        if not self._sessions.is_own_form(request, sent.pop("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        asked = await self._asked(sent)
        session = await self._sessions.find(request)
        if session is not None:
            await self._shell.end(session)
        return self._gone(request, asked)

    async def _asked(self, given: Mapping[str, str]) -> LogOutAsked:
        said = await self._shell.server.said_in(given.get("id_token_hint", "")) or {}
        audience = said.get("aud", [])
        known = [audience] if isinstance(audience, str) else list(audience)
        client_id = given.get("client_id") or (known[0] if len(known) == 1 else "")
        if said and client_id not in known:
            raise BadRequest("The id_token_hint was given to another client.")
        uri = given.get("post_logout_redirect_uri", "")
        client = await client_by_id(client_id) if uri else None
        if uri and (client is None or not client.check_post_logout_redirect_uri(uri)):
            raise BadRequest("The post_logout_redirect_uri is not one that the client registered.")
        state = given.get("state")
        target = add_params_to_uri(uri, [("state", state)]) if uri and state else uri
        wanted = {"client_id": client_id, "post_logout_redirect_uri": uri, "state": state or ""}
        kept = {name: value for name, value in wanted.items() if value}
        return LogOutAsked(said.get("sub"), target, kept)

    def _gone(self, request: Request, asked: LogOutAsked) -> Response:
        response: Response
        if asked.target:
            response = RedirectResponse(asked.target, 303, HEADERS)
        else:
            response = self._shell.message(request, "out")
        self._sessions.erase(response)
        return response
