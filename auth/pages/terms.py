"""The terms of use: anyone reads them; a person accepts them before going on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import Session
from auth.pages.shell import Shell, Words
from auth.requests import form_of
from auth.server import person_behind
from auth.sessions import origin_behind
from domain.errors import Duplicate, Invalid
from domain.signatures import actions, texts
from domain.signatures.texts import TextKind

CHANGED: Words = (
    "Le texte a changé entre-temps. Relisez-le, puis acceptez-le.",
    "The text has changed meanwhile. Read it again, then accept it.",
)
UNTICKED: Words = (
    "Cochez la case pour accepter les conditions.",
    "Tick the box to accept the terms.",
)


class Terms:
    """Read, accept, go on."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._sessions = shell.sessions

    def routes(self) -> list[BaseRoute]:
        """The one address."""
        return self._shell.routes([("GET", at.TERMS, self.page), ("POST", at.TERMS, self.accept)])

    async def page(self, request: Request) -> Response:
        """The present text, with a form for whoever has not accepted it."""
        goes_on = request.query_params.get("next", "")
        session = await self._sessions.find(request)
        if session is None and goes_on:
            return self._shell.go(at.LOGIN, {"next": goes_on})
        if session is not None and goes_on and await self._has_accepted(session):
            return self._shell.onward(request, goes_on)
        return await self._page(request, session, goes_on)

    async def accept(self, request: Request) -> Response:
        """Keep the acceptance as evidence, then go on with what the log-in was for."""
        sent = await form_of(request)
        goes_on = sent.get("next", "")
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if session is None or person is None:
            return self._shell.go(at.LOGIN, {"next": goes_on} if goes_on else {})
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        if sent.get("agreed") != "yes":
            return await self._page(request, session, goes_on, UNTICKED, 400)
        try:
            await actions.accept_terms(
                actions.person(person.account),
                sent.get("version", ""),
                sent.get("sha256", ""),
                origin_behind(session, request),
            )
        except Invalid:
            return await self._page(request, session, goes_on, CHANGED, 409)
        except Duplicate:
            # Sent twice: what was wanted is done.
            return self._shell.onward(request, goes_on)
        return self._shell.onward(request, goes_on)

    async def _has_accepted(self, session: Session) -> bool:
        return await actions.terms_to_accept(session.account_id) is None

    async def _page(
        self,
        request: Request,
        session: Session | None,
        goes_on: str,
        message: Words | None = None,
        status: int = 200,
    ) -> Response:
        text = texts.present(TextKind.TERMS)
        return self._shell.page(
            request,
            "terms.html",
            status,
            targets=await self._shell.ends_at(goes_on),
            text=text,
            french=_paragraphs(text.fr),
            english=_paragraphs(text.en),
            asks=session is not None and not await self._has_accepted(session),
            goes_on=goes_on,
            message=message,
        )


def _paragraphs(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
