"""The second step of a log-in, and log-ins by passkey alone."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.factors.actions import Added
from auth.factors.methods import together
from auth.factors.models import PendingLogin
from auth.factors.needed import has_factors
from auth.factors.pending import Pending
from auth.factors.proofs import Proofs, Proved, Wrong
from auth.pages.enrolment import Enrolment, Holder
from auth.pages.login import Login
from auth.pages.proving import MESSAGES, Proving, in_words
from auth.pages.shell import RETURN_TO, Shell, Words
from auth.requests import fields_of, form_of
from domain.accounts.models import Account

TITLE: Words = ("Seconde étape", "Second step")


class SecondFactor:
    """What stands between a first proof and a log-in."""

    def __init__(self, shell: Shell, login: Login, pending: Pending, proofs: Proofs) -> None:
        self._shell = shell
        self._login = login
        self._pending = pending
        self._proofs = proofs
        self._proving = Proving(shell, proofs)
        self._enrolment = Enrolment(shell, proofs, at.SECOND_FACTOR, self._newcomer, self._enrolled)

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return [
            *self._shell.routes([
                ("GET",  at.SECOND_FACTOR, self.page),
                ("POST", at.SECOND_FACTOR, self.prove),
                ("GET",  at.PASSKEY,       self.passkey_page),
                ("POST", at.PASSKEY,       self.passkey),
            ]),
            *self._enrolment.routes(),
        ]
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Ask for the second proof, or for a first factor to be added."""
        found = await self._pending.find(request)
        if found is None:
            return self._over(request)
        return await self._asked(request, *found)

    async def prove(self, request: Request) -> Response:
        """Check the second proof; then, and only then, the person is logged in."""
        sent = await form_of(request)
        found = await self._pending.find(request)
        if found is None:
            return self._over(request)
        pending, account = found
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._asked(request, pending, account, Wrong("stale"))
        ways = await self._proofs.ways_of(account)
        answer = await self._proving.answer(request, account, pending.id, ways, sent)
        if isinstance(answer, Proved):
            proved = together(pending.methods.split(), answer.methods)
            return await self._opened(request, pending, account, proved)
        if isinstance(answer, Wrong):
            if not answer.seconds:
                await self._pending.failed(pending)
            return await self._asked(request, pending, account, answer, sent.get("way", ""))
        return await self._asked(request, pending, account, None, sent.get("way", ""), "sent")

    async def passkey_page(self, request: Request) -> Response:
        """Offer to log in with a passkey and nothing else."""
        return await self._passkey_page(request, request.query_params.get("next", ""))

    async def passkey(self, request: Request) -> Response:
        """Log in with a passkey that knew its user: two factors at once."""
        sent = await form_of(request)
        goes_on = sent.get("next", "")
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return await self._passkey_page(request, goes_on, Wrong("stale"))
        holder = self._shell.sessions.form(request).token
        answer = await self._proofs.passkey(sent.get("credential", ""), holder)
        if isinstance(answer, Wrong):
            return await self._passkey_page(request, goes_on, answer)
        return await self._login.proven(request, answer.account, answer.methods, goes_on)

    async def _passkey_page(
        self, request: Request, goes_on: str, wrong: Wrong | None = None
    ) -> Response:
        options = self._proofs.options_to_log_in(self._shell.sessions.form(request).token)
        if options is None:
            return self._shell.message(request, MESSAGES["no_key"], status=404)
        return self._shell.page(
            request,
            "passkey.html",
            403 if wrong else 200,
            targets=await self._shell.ends_at(goes_on),
            scripts=True,
            goes_on=goes_on,
            options=options,
            message=in_words(wrong) if wrong else None,
        )

    async def _asked(
        self,
        request: Request,
        pending: PendingLogin,
        account: Account,
        wrong: Wrong | None = None,
        chosen: str = "",
        said: str = "",
    ) -> Response:
        targets = await self._shell.ends_at(pending.goes_on)
        if await has_factors(account.id):
            return await self._proving.page(
                request,
                account,
                pending.id,
                await self._proofs.ways_of(account),
                wrong=wrong,
                chosen=chosen,
                said=said,
                title=TITLE,
                action=at.SECOND_FACTOR,
                targets=targets,
            )
        if self._shell.settings.requires_second_factor:
            kinds = self._enrolment.offered()
            return self._shell.page(
                request, "factor_choice.html", kinds=kinds, base=at.SECOND_FACTOR
            )
        # Its last factor was taken away meanwhile: the first proof is enough again.
        return await self._opened(request, pending, account, pending.methods.split())

    async def _opened(
        self, request: Request, pending: PendingLogin, account: Account, proved: Sequence[str]
    ) -> Response:
        if not await self._pending.close(pending):
            return self._over(request)
        response = await self._login.enter(request, account, proved, pending.goes_on)
        self._pending.erase(response)
        return response

    async def _newcomer(self, request: Request) -> Holder | Response:
        found = await self._pending.find(request)
        if found is None:
            return self._over(request)
        pending, account = found
        if await has_factors(account.id) or not self._shell.settings.requires_second_factor:
            return self._shell.go(at.SECOND_FACTOR, {})
        return Holder(account, pending.id, only_first=True)

    async def _enrolled(
        self, request: Request, holder: Holder, added: Added, proved: Sequence[str]
    ) -> Response:
        found = await self._pending.find(request)
        if found is None or not await self._pending.close(found[0]):
            return self._over(request)
        pending, account = found
        shell = self._shell
        onward = self._onward(pending.goes_on)
        codes = shell.page(request, "recovery_codes.html", codes=added.codes, onward=onward)
        response = await self._login.enter(
            request,
            account,
            together(pending.methods.split(), proved),
            pending.goes_on,
            showing=codes,
        )
        self._pending.erase(response)
        return response

    def _onward(self, goes_on: str) -> str:
        asked = fields_of(goes_on)
        # An application named without a request asks again by itself.
        way = self._shell.way_on(goes_on) if asked.keys() & {"response_type", RETURN_TO} else None
        return way or self._shell.settings.path(at.ACCOUNT)

    def _over(self, request: Request) -> Response:
        return self._shell.message(request, MESSAGES["over"], status=403)
