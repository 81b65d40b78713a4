"""A person's own data: take a copy, or have it erased. The file is also opened by a link."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.models import Session
from auth.pages.shell import RETURN_TO, Shell, Words
from auth.requests import BadRequest, form_of
from auth.server import person_behind
from auth.sessions import origin_behind
from domain.accounts import erasure
from domain.accounts.models import Account
from domain.accounts.personal_data import holdings
from domain.clock import real_now
from domain.errors import Refused
from domain.signatures.actions import person

DONE: Words = (
    "Votre compte est effacé. Ce que la loi oblige à garder est rappelé dans le message envoyé.",
    "Your account is erased. What the law obliges us to keep is in the message that was sent.",
)
UNTICKED: Words = (
    "Cochez la case pour confirmer l’effacement.",
    "Tick the box to confirm the erasure.",
)
LoggedIn = tuple[Session, Account]


class PersonalData:
    """See what is held, take it, leave."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._sessions = shell.sessions

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.PERSONAL_DATA,        self.page),
            ("POST", at.PERSONAL_DATA_COPY,   self.copy),
            ("POST", at.PERSONAL_DATA_ERASE,  self.erase),
            ("GET",  erasure.PATH + "{account}.json", self.download),
        ])
        # fmt: on

    async def page(self, request: Request) -> Response:
        """What is held, and the two things that may be asked."""
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        return self._page(request, found)

    async def copy(self, request: Request) -> Response:
        """The copy, as a file."""
        found = await self._sent(request, await form_of(request))
        if isinstance(found, Response):
            return found
        _, account = found
        exported = await erasure.export(person(account), account.id)
        return _file(erasure.as_json(exported), account.id)

    async def erase(self, request: Request) -> Response:
        """Erase the account, after a recent log-in and a tick."""
        sent = await form_of(request)
        found = await self._sent(request, sent)
        if isinstance(found, Response):
            return found
        session, account = found
        if real_now() - session.authenticated_at > erasure.FRESH:
            return self._shell.go(at.CONFIRM, {"then": "personal_data"})
        if sent.get("agreed") != "yes":
            return self._page(request, found, UNTICKED)
        try:
            await erasure.erase(person(account), account.id, origin_behind(session, request))
        except Refused as refusal:
            problem = refusal.problems[0]
            words = (f"{problem.fr} {problem.remedy_fr}", f"{problem.en} {problem.remedy_en}")
            return self._page(request, found, words)
        response = self._shell.message(request, DONE)
        self._sessions.erase(response)
        return response

    async def download(self, request: Request) -> Response:
        """The copy that a link of the API opens."""
        account_id = request.path_params["account"]
        until, key = (request.query_params.get(name, "") for name in ("until", "key"))
        exported = await erasure.linked_export(account_id, until, key)
        if exported is None:
            raise BadRequest("This link has expired. Ask for another one.", 404)
        return _file(erasure.as_json(exported), account_id)

    def _page(self, request: Request, found: LoggedIn, message: Words | None = None) -> Response:
        session, account = found
        held = holdings()
        return self._shell.page(
            request,
            "personal_data.html",
            400 if message else 200,
            account=account,
            held=[(h.words.fr, h.words.en) for h in held],
            kept=[(h.kept.fr, h.kept.en) for h in held if h.kept],
            is_fresh=real_now() - session.authenticated_at <= erasure.FRESH,
            message=message,
        )

    async def _sent(self, request: Request, sent: Mapping[str, str]) -> LoggedIn | Response:
        """Who sent a form of ours."""
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        return found

    async def _logged_in(self, request: Request) -> LoggedIn | Response:
        session = await self._sessions.find(request)
        behind = await person_behind(session) if session else None
        if session is None or behind is None:
            back = self._shell.settings.url(at.PERSONAL_DATA)
            return self._shell.go(at.LOGIN, {RETURN_TO: back})
        return session, behind.account


def _file(content: bytes, account_id: str) -> Response:
    name = f"bordereau-{account_id}-{real_now():%Y%m%d}.json"
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(content, media_type="application/json", headers=headers)
