"""Connections: applications ask to be let in, machines get accounts, integrators act for others."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth import technical
from domain.access import Actor, Permission
from domain.connections import accounts, delegations, life, models, queries
from domain.connections.models import ConnectionStatus, DelegationStatus, TechnicalStatus
from domain.select import Select
from resolvers.fields import Done, mutation, query_page
from schema.connections import (
    ConnectedApplication,
    ConnectionMoveInput,
    ConnectionRequestInput,
    Delegation,
    DelegationGrantInput,
    DelegationWithdrawInput,
    TechnicalAccount,
    TechnicalAccountCreateInput,
    TechnicalAccountRevokeInput,
    TechnicalAccountSecretRotateInput,
    TechnicalAccountUpdateInput,
)
from schema.context import Info
from schema.pages import Connection

SECRET = {
    "secret": (
        str,
        "Secret. Shown this once, never again: with `id` as `client_id` it gets tokens at the"
        " token endpoint.",
    )
}

OfStructure = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Structure. Only of this one; all of yours when not given."),
]


def _connections(
    viewer: Actor,
    structure: OfStructure = None,
    statuses: Annotated[
        list[ConnectionStatus] | None,
        strawberry.argument(description="Statuts. Only in these statuses."),
    ] = None,
) -> Select:
    return queries.connections(viewer, structure, statuses)


def _technical_accounts(
    viewer: Actor,
    structure: OfStructure = None,
    statuses: Annotated[
        list[TechnicalStatus] | None,
        strawberry.argument(description="Statuts. Only in these statuses."),
    ] = None,
) -> Select:
    return queries.technical_accounts(viewer, structure, statuses)


def _delegations(
    viewer: Actor,
    structure: OfStructure = None,
    statuses: Annotated[
        list[DelegationStatus] | None,
        strawberry.argument(description="Statuts. Only in these statuses."),
    ] = None,
) -> Select:
    return queries.delegations(viewer, structure, statuses)


@strawberry.type
class ConnectionQuery:
    connections: Connection[ConnectedApplication] = query_page(
        _connections,
        *queries.READ,
        description="Raccordements. The applications of your structures, the newest first; for"
        " the administrator, those of all.",
    )
    technical_accounts: Connection[TechnicalAccount] = query_page(
        _technical_accounts,
        *queries.READ,
        description="Comptes techniques. Those of your structures, the newest first.",
    )
    delegations: Connection[Delegation] = query_page(
        _delegations,
        *queries.READ,
        description="Délégations. Those that your structures granted and were granted, the newest"
        " first.",
    )


@strawberry.type
class ConnectionMutation:
    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Demander un raccordement. Accepted at once where the site asks for no"
        " approval.",
        shows=("connection", ConnectedApplication),
        model=models.Connection,
    )
    async def connection_request(
        self, info: Info, input: ConnectionRequestInput
    ) -> models.Connection:
        return await life.request(info.context.actor, input.structure_id, input.draft())

    @mutation(
        *queries.READ,
        description="Faire avancer un raccordement. Accept, refuse, suspend, resume or close it:"
        " `availableActions` says what you may.",
        shows=("connection", ConnectedApplication),
        model=models.Connection,
    )
    async def connection_move(self, info: Info, input: ConnectionMoveInput) -> models.Connection:
        return await life.move(info.context.actor, input.id, input.action, input.comment)

    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Créer un compte technique. It holds no more than you do, and never what binds"
        " a person.",
        shows=("technical_account", TechnicalAccount),
        model=models.TechnicalAccount,
        more=SECRET,
    )
    async def technical_account_create(
        self, info: Info, input: TechnicalAccountCreateInput
    ) -> Done:
        made = await technical.create(info.context.actor, input.connection_id, input.draft())
        return Done(made.account, more={"secret": made.secret})

    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Modifier un compte technique. Its name, scopes, spaces and structures.",
        shows=("technical_account", TechnicalAccount),
        model=models.TechnicalAccount,
    )
    async def technical_account_update(
        self, info: Info, input: TechnicalAccountUpdateInput
    ) -> models.TechnicalAccount:
        return await technical.update(info.context.actor, input.id, input.changes())

    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Renouveler le secret. The old one works until `previousSecretUntil`, unless"
        " it must end at once.",
        shows=("technical_account", TechnicalAccount),
        model=models.TechnicalAccount,
        more=SECRET,
    )
    async def technical_account_secret_rotate(
        self, info: Info, input: TechnicalAccountSecretRotateInput
    ) -> Done:
        made = await technical.rotate(info.context.actor, input.id, at_once=input.at_once)
        return Done(made.account, more={"secret": made.secret})

    @mutation(
        *queries.READ,
        description="Révoquer un compte technique. Its tokens are refused and its streams end"
        " within seconds; there is no way back.",
        shows=("technical_account", TechnicalAccount),
        model=models.TechnicalAccount,
    )
    async def technical_account_revoke(
        self, info: Info, input: TechnicalAccountRevokeInput
    ) -> models.TechnicalAccount:
        return await accounts.revoke_account(info.context.actor, input.id)

    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Accorder une délégation. The technical accounts of an integrator act for your"
        " structure, in these spaces.",
        shows=("delegation", Delegation),
        model=models.Delegation,
    )
    async def delegation_grant(self, info: Info, input: DelegationGrantInput) -> models.Delegation:
        return await delegations.grant(
            info.context.actor,
            input.structure_id,
            input.to.delegate(),
            input.grants(),
            input.until,
        )

    @mutation(
        Permission.MANAGE_CONNECTIONS,
        description="Retirer une délégation. At once; either structure may.",
        shows=("delegation", Delegation),
        model=models.Delegation,
    )
    async def delegation_withdraw(
        self, info: Info, input: DelegationWithdrawInput
    ) -> models.Delegation:
        return await delegations.withdraw(info.context.actor, input.id)
