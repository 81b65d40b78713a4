"""The caller about itself, and the accounts of people."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth import devices, recovery, signup
from domain import policy
from domain.access import Actor, Permission
from domain.accounts.models import Account as AccountRow
from domain.accounts.models import AccountStatus
from domain.select import Select, among
from resolvers.fields import mutation, query, query_page
from schema.accounts import (
    Account,
    AccountActivationResendInput,
    AccountApproveInput,
    AccountRefuseInput,
    AccountSignUpInput,
    Letter,
    LogIn,
    LogInsEnded,
    PasswordResetRequestInput,
    SessionEndInput,
    SessionsEndAllInput,
    Viewer,
    accounts_seen,
)
from schema.context import Info
from schema.pages import Connection
from schema.scalars import EmailAddress


def _accounts(
    viewer: Actor,
    statuses: Annotated[
        list[AccountStatus] | None, strawberry.argument(description="Statuts. Only in these.")
    ] = None,
) -> Select | None:
    seen = accounts_seen(viewer)
    return seen.where(among("status", statuses)) if seen and statuses is not None else seen


def _letter(email: str) -> Letter:
    minutes = policy.current().activation_seconds // 60
    return Letter(email=EmailAddress(email), link_minutes=minutes)


@strawberry.type
class AccountQuery:
    accounts: Connection[Account] = query_page(
        _accounts,
        Permission.ADMINISTER,
        description="Comptes. The accounts of people, the newest first.",
    )

    @query(description="Appelant. Who you are and what you may do; answers without a token too.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer(actor=info.context.actor)


@strawberry.type
class AccountMutation:
    @mutation(
        description="S'inscrire. Sends a link that opens an account, to be used once within the"
        " hour. The answer is the same whether or not the address is known: its owner alone reads"
        " which. Asked again, the new link takes the place of the former one.",
        shows=("letter", Letter),
    )
    async def account_sign_up(self, info: Info, input: AccountSignUpInput) -> Letter:
        wish = input.wish(info.context.locale)
        await signup.sign_up_from(wish, info.context.origin.address or "")
        return _letter(input.email)

    @mutation(
        description="Redemander le lien. Sends the activation link of a sign-up again; the former"
        " link is void. The same answer whatever is known of the address.",
        shows=("letter", Letter),
    )
    async def account_activation_resend(
        self, info: Info, input: AccountActivationResendInput
    ) -> Letter:
        locale = info.context.locale.value
        await signup.resend(input.email, info.context.origin.address or "", locale)
        return _letter(input.email)

    @mutation(
        description="Mot de passe oublié. Sends a link to choose a new password; it is typed on"
        " the server's own page. The same answer whatever is known of the address.",
        shows=("letter", Letter),
    )
    async def password_reset_request(self, info: Info, input: PasswordResetRequestInput) -> Letter:
        locale = info.context.locale.value
        await recovery.ask_reset(input.email, info.context.origin.address or "", locale=locale)
        return _letter(input.email)

    @mutation(
        Permission.ADMINISTER,
        description="Approuver un compte. Opens an account that waits for its approval, or a closed"
        " one again; its person is told.",
        shows=("account", Account),
        model=AccountRow,
    )
    async def account_approve(self, info: Info, input: AccountApproveInput) -> AccountRow:
        return await signup.approve(info.context.actor, input.id)

    @mutation(
        Permission.ADMINISTER,
        description="Refuser un compte. Closes an account that waits for its approval; its person"
        " is told, with the comment.",
        shows=("account", Account),
        model=AccountRow,
    )
    async def account_refuse(self, info: Info, input: AccountRefuseInput) -> AccountRow:
        return await signup.refuse(info.context.actor, input.id, input.comment)

    @mutation(
        Permission.OWN_ACCOUNT,
        description="Fermer une connexion. Logs you out of one browser, and out of the"
        " applications opened from there.",
        shows=("session", LogIn),
    )
    async def session_end(self, info: Info, input: SessionEndInput) -> devices.LogIn:
        return await devices.end(info.context.actor, input.id)

    @mutation(
        Permission.OWN_ACCOUNT,
        description="Tout déconnecter. Logs you out everywhere: browsers, applications, tokens.",
        shows=("ended", LogInsEnded),
    )
    async def sessions_end_all(self, info: Info, input: SessionsEndAllInput) -> LogInsEnded:
        kept = await devices.kept(info.context.origin.proof, keep=input.keep_current)
        return LogInsEnded(count=await devices.end_all(info.context.actor, but=kept))
