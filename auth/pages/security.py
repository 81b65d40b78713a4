"""The security page of an account: its factors, its recovery codes, its log-ins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import devices
from auth import metadata as at
from auth.factors import actions, recovery
from auth.factors.actions import Added
from auth.factors.methods import together
from auth.factors.needed import has_factors
from auth.factors.proofs import Proofs, Proved, Way, Wrong
from auth.factors.words import FACTOR_KINDS
from auth.models import Session
from auth.pages.enrolment import Enrolment, Holder
from auth.pages.proving import Proving
from auth.pages.shell import RETURN_TO, Shell, Words
from auth.requests import form_of
from auth.server import person_behind
from domain.accounts.models import Account
from domain.clock import real_now
from domain.errors import Refused

# How old a proof may be that a sensitive change rests upon.
RECENT = timedelta(minutes=10)
TITLE: Words = ("Confirmez que c’est bien vous", "Confirm that it is you")
# Where a confirmation may lead, by the name that the address carries.
THEN = {
    "account": at.ACCOUNT,
    "personal_data": at.PERSONAL_DATA,
    "totp": f"{at.ACCOUNT}/totp",
    "key": f"{at.ACCOUNT}/key",
    "email": f"{at.ACCOUNT}/email",
    "external": at.EXTERNAL,
    "external_link": at.EXTERNAL_LINK,
}
LoggedIn = tuple[Session, Account]


class Security:
    """What a person sees and changes of the ways into their own account."""

    def __init__(self, shell: Shell, proofs: Proofs) -> None:
        self._shell = shell
        self._sessions = shell.sessions
        self._settings = shell.settings
        self._proofs = proofs
        self._proving = Proving(shell, proofs)
        self._enrolment = Enrolment(shell, proofs, at.ACCOUNT, self._adder, self._added)

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return [
            *self._shell.routes([
                ("GET",  at.ACCOUNT,        self.page),
                ("GET",  at.CONFIRM,        self.confirm_page),
                ("POST", at.CONFIRM,        self.confirm),
                ("POST", at.FACTOR_RENAME,  self.rename),
                ("POST", at.FACTOR_REMOVE,  self.remove),
                ("POST", at.RECOVERY_CODES, self.make_codes),
                ("POST", at.LOG_INS_END,    self.end_log_ins),
            ]),
            *self._enrolment.routes(),
        ]
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Everything at a glance."""
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        return await self._page(request, found)

    async def rename(self, request: Request) -> Response:
        """Give a factor another name."""

        async def change(account: Account, sent: Mapping[str, str]) -> None:
            await actions.rename(account.id, sent.get("factor", ""), sent.get("name", ""))

        return await self._changed(request, change)

    async def remove(self, request: Request) -> Response:
        """Take a factor away."""

        async def change(account: Account, sent: Mapping[str, str]) -> None:
            required = self._settings.requires_second_factor
            await actions.remove(account.id, sent.get("factor", ""), is_required=required)

        return await self._changed(request, change)

    async def make_codes(self, request: Request) -> Response:
        """New recovery codes, shown this once."""
        found = await self._sensitive(request, await form_of(request))
        if isinstance(found, Response):
            return found
        try:
            codes = await actions.make_recovery_codes(found[1].id)
        except Refused as refusal:
            return await self._page(request, found, refusal)
        return self._codes(request, codes)

    async def end_log_ins(self, request: Request) -> Response:
        """Log out of one other browser, or of all of them. It needs no fresh proof."""
        sent = await form_of(request)
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        session, account = found
        one = sent.get("log_in", "")
        try:
            if one:
                await devices.end(actions.themselves(account), one)
            else:
                await devices.end_all(actions.themselves(account), but=session.id)
        except Refused as refusal:
            return await self._page(request, found, refusal)
        return self._shell.go(at.ACCOUNT, {})

    async def confirm_page(self, request: Request) -> Response:
        """Ask for a fresh proof."""
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        return await self._confirmation(request, found, request.query_params.get("then", ""))

    async def confirm(self, request: Request) -> Response:
        """Check the fresh proof: the log-in goes on, under a new token."""
        sent = await form_of(request)
        found = await self._logged_in(request)
        if isinstance(found, Response):
            return found
        session, account = found
        then = sent.get("then", "")
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._confirmation(request, found, then, Wrong("stale"))
        ways = await self._ways_to_confirm(account)
        answer = await self._proving.answer(request, account, session.id, ways, sent)
        if isinstance(answer, Proved):
            response = self._shell.go(THEN.get(then, at.ACCOUNT), {})
            self._sessions.keep(response, await self._sessions.renew(session, answer.methods))
            return response
        chosen, said = sent.get("way", ""), "" if isinstance(answer, Wrong) else "sent"
        return await self._confirmation(request, found, then, answer, chosen, said)

    async def _confirmation(
        self,
        request: Request,
        found: LoggedIn,
        then: str,
        wrong: Wrong | None = None,
        chosen: str = "",
        said: str = "",
    ) -> Response:
        session, account = found
        return await self._proving.page(
            request,
            account,
            session.id,
            await self._ways_to_confirm(account),
            wrong=wrong,
            chosen=chosen,
            said=said,
            title=TITLE,
            action=at.CONFIRM,
            then=then if then in THEN else "account",
        )

    async def _ways_to_confirm(self, account: Account) -> Sequence[Way]:
        ways = [Way.PASSWORD] if account.password_hash else []
        if await has_factors(account.id):
            ways += await self._proofs.ways_of(account)
        # Who only ever came through another identity provider has an address all the same.
        return ways or [Way.EMAIL]

    async def _page(
        self, request: Request, found: LoggedIn, refusal: Refused | None = None
    ) -> Response:
        session, account = found
        problem = refusal.problems[0] if refusal else None
        return self._shell.page(
            request,
            "account.html",
            403 if refusal else 200,
            account=account,
            log_ins=await devices.log_ins(account.id, session.id),
            factors=await actions.factors_of(account.id),
            kinds=FACTOR_KINDS,
            offered=self._enrolment.offered(),
            codes_left=await recovery.left(account.id),
            is_required=self._settings.requires_second_factor,
            message=(problem.fr, problem.en) if problem else None,
            longest=actions.LONGEST_NAME,
        )

    def _codes(self, request: Request, codes: Sequence[str]) -> Response:
        onward = self._settings.path(at.ACCOUNT)
        return self._shell.page(request, "recovery_codes.html", codes=codes, onward=onward)

    async def _changed(
        self, request: Request, change: Callable[[Account, Mapping[str, str]], Awaitable[None]]
    ) -> Response:
        sent = await form_of(request)
        found = await self._sensitive(request, sent)
        if isinstance(found, Response):
            return found
        try:
            await change(found[1], sent)
        except Refused as refusal:
            return await self._page(request, found, refusal)
        return self._shell.go(at.ACCOUNT, {})

    async def _logged_in(self, request: Request) -> LoggedIn | Response:
        """The log-in of this browser, or the way to one."""
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if session is None or person is None:
            return self._shell.go(at.LOGIN, {RETURN_TO: self._settings.url(at.ACCOUNT)})
        return session, person.account

    async def _fresh(self, request: Request, then: str) -> LoggedIn | Response:
        """The same with a recent proof; or the way to give one."""
        found = await self._logged_in(request)
        if isinstance(found, tuple) and real_now() - found[0].authenticated_at > RECENT:
            return self._shell.go(at.CONFIRM, {"then": then})
        return found

    async def _sensitive(self, request: Request, sent: Mapping[str, str]) -> LoggedIn | Response:
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        return await self._fresh(request, "account")

    async def _adder(self, request: Request) -> Holder | Response:
        found = await self._fresh(request, request.url.path.rsplit("/", 1)[-1])
        if isinstance(found, Response):
            return found
        session, account = found
        return Holder(account, session.id, only_first=False)

    async def _added(
        self, request: Request, holder: Holder, added: Added, proved: Sequence[str]
    ) -> Response:
        session = await Session.get(id=holder.id)
        # Both were proved within minutes: the log-in counts as one of two factors from now on.
        token = await self._sessions.renew(session, together((), proved))
        codes = added.codes
        response = self._codes(request, codes) if codes else self._shell.go(at.ACCOUNT, {})
        self._sessions.keep(response, token)
        return response
