"""The address of an account: changed by who is logged in, confirmed, contested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth import recovery
from auth.models import Link, Purpose, Session
from auth.pages.links import LinkPages
from auth.pages.password import Present
from auth.pages.shell import Action, Shell, Words
from auth.pages.signup import places_of
from auth.passwords import TooSoon
from auth.requests import form_of
from auth.sessions import address_of
from domain import policy
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.errors import Invalid, Problem

# An account without a password proves who it is by having logged in just now.
_FRESH = timedelta(minutes=10)

_CONFIRMED: Words = (
    "C’est fait : vous vous connectez désormais avec cette adresse.",
    "Done: from now on you log in with this address.",
)
_KEPT: Words = (
    "La demande est annulée. Le mot de passe est effacé et toutes les connexions sont fermées :"
    " choisissez-en un nouveau.",
    "The request is cancelled. The password was erased and every log-in ended: choose a new one.",
)
_CLOSED: Words = (
    "Votre signalement est enregistré. Le compte est fermé ; l’administration du site, prévenue,"
    " le rouvrira avec vous.",
    "Your report was recorded. The account is closed; the site’s administration was told and will"
    " open it again with you.",
)


class EmailPages:
    """What is done about addresses."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._present = Present(shell)
        path = shell.settings.path
        again = Action(path(at.EMAIL), ("Recommencer", "Start again"))
        log_in = Action(path(at.LOGIN), ("Se connecter", "Log in"))
        self._confirmations = LinkPages(shell, Purpose.CHANGE_EMAIL, again)
        self._objections = LinkPages(shell, Purpose.KEEP_EMAIL, log_in)
        self._log_in = log_in
        self._forgotten = Action(
            path(at.FORGOTTEN), ("Choisir un mot de passe", "Choose a password")
        )

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.EMAIL,         self.page),
            ("POST", at.EMAIL,         self.ask),
            ("GET",  at.EMAIL_CONFIRM, self.confirm_page),
            ("POST", at.EMAIL_CONFIRM, self.confirm),
            ("GET",  at.EMAIL_KEEP,    self.keep_page),
            ("POST", at.EMAIL_KEEP,    self.keep),
        ])
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Ask for the new address."""
        known = await self._present.who(request)
        if known is None or not _may_ask(*known):
            return self._shell.go(at.LOGIN, {})
        return self._form(request, known[1], "")

    async def ask(self, request: Request) -> Response:
        """Write to both addresses."""
        sent = await form_of(request)
        known = await self._present.who(request)
        if known is None or not _may_ask(*known):
            return self._shell.go(at.LOGIN, {})
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        account, email = known[1], sent.get("email", "")
        try:
            if account.password_hash is not None:
                given = sent.get("present_password", "")
                if wrong := await self._present.problems(request, account, given):
                    raise Invalid(*wrong)
            await recovery.ask_email(account, email, address_of(request))
        except TooSoon as refusal:
            return self._shell.too_soon(request, refusal.seconds)
        except Invalid as refusal:
            return self._form(request, account, email, refusal.problems)
        return self._shell.page(
            request,
            "letter_sent.html",
            email=email,
            minutes=policy.current().activation_seconds // 60,
            mailbox=self._shell.settings.has_mailbox,
        )

    async def confirm_page(self, request: Request) -> Response:
        """Ask whether to move the account to this address: opening a link must not do it."""
        return await self._confirmations.show(request, self._ask_to("confirm", at.EMAIL_CONFIRM))

    async def confirm(self, request: Request) -> Response:
        """Move it."""
        return await self._confirmations.take(request, self._confirm)

    async def keep_page(self, request: Request) -> Response:
        """Ask whether the owner of the former address objects."""
        return await self._objections.show(request, self._ask_to("keep", at.EMAIL_KEEP))

    async def keep(self, request: Request) -> Response:
        """Cancel the change."""
        return await self._objections.take(request, self._keep)

    async def _confirm(
        self, request: Request, link: Link, token: str, sent: Mapping[str, str]
    ) -> Response:
        try:
            await recovery.confirm_email(link)
        except Invalid:
            return await self._confirmations.gone(request)
        return self._shell.message(request, _CONFIRMED, action=self._log_in)

    async def _keep(
        self, request: Request, link: Link, token: str, sent: Mapping[str, str]
    ) -> Response:
        try:
            account = await recovery.contest_email(link)
        except Invalid:
            return await self._objections.gone(request)
        if account.status != AccountStatus.ACTIVE:
            return self._shell.message(request, _CLOSED)
        return self._shell.message(request, _KEPT, action=self._forgotten)

    def _ask_to(self, what: str, address: str) -> Callable[..., Awaitable[Response]]:
        async def page(request: Request, link: Link, token: str) -> Response:
            account = await Account.get_or_none(id=link.account_id or "")
            return self._shell.page(
                request,
                "email_link.html",
                what=what,
                address=address,
                token=token,
                link=link,
                account=account,
            )

        return page

    def _form(
        self, request: Request, account: Account, email: str, problems: Sequence[Problem] = ()
    ) -> Response:
        return self._shell.page(
            request,
            "email.html",
            422 if problems else 200,
            account=account,
            email=email,
            problems=problems,
            wrong=places_of(problems),
        )


def _may_ask(session: Session, account: Account) -> bool:
    return account.password_hash is not None or real_now() - session.authenticated_at <= _FRESH
