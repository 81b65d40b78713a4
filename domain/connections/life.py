"""The life of connections: asked for, decided, used, suspended, closed."""

from __future__ import annotations

from domain import policy
from domain.access import SYSTEM, Actor, Permission
from domain.clock import now
from domain.connections import limits
from domain.connections.letters import spaces_in_words, to_administrators, to_managers
from domain.connections.models import (
    Connection,
    ConnectionStatus,
    ConnectionType,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.connections.rights import settle
from domain.connections.rules import (
    ConnectionDraft,
    comment_problems,
    connection_problems,
    grants_from,
    is_person,
)
from domain.connections.steps import NEEDS, STEPS, ConnectionAction, ConnectionSide, Step, offers
from domain.connections.telling import tell_account, tell_connection
from domain.errors import Forbidden, Invalid, NotFound, WrongStatus
from domain.events import transaction
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.structures.models import Structure
from domain.text import normal


async def request(actor: Actor, structure_id: str, draft: ConnectionDraft) -> Connection:
    """Ask for a connection; it is accepted at once where the site asks for no approval.

    Raises:
        NotFound, Forbidden, Invalid
    """
    actor.require(Permission.MANAGE_CONNECTIONS, on=structure_id, path=("structureId",))
    if not is_person(actor):
        raise Forbidden(problem("BDR-CNX-007"))
    if problems := connection_problems(actor, structure_id, draft):
        raise Invalid(*problems)
    at, site = now(), policy.current()
    async with transaction():
        await limits.one_more_connection(structure_id)
        connection = Connection(
            id=new_id("cnx"),
            structure_id=structure_id,
            type=ConnectionType.API,
            environment=site.environment,
            application=normal(draft.application),
            contact_name=normal(draft.contact_name),
            contact_email=draft.contact_email,
            scopes=list(dict.fromkeys(draft.scopes)),
            spaces=[grant.as_json() for grant in draft.grants],
            status=ConnectionStatus.REQUESTED,
            status_at=at,
            requested_by=actor.id,
            created_at=at,
            updated_at=at,
        )
        tell_connection("connection.requested", connection, actor)
        await connection.save(force_create=True)
        if site.connection_approval:
            values = await _words(connection, actor, None)
            await to_managers("connection_requested", structure_id, **values)
            await to_administrators("connection_to_decide", **values)
        else:
            await _take(connection, _row(ConnectionAction.ACCEPT), SYSTEM, None)
    return connection


async def move(
    actor: Actor, connection_id: str, action: ConnectionAction, comment: str | None = None
) -> Connection:
    """Take one step of the table, as the side for which the actor may act.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with transaction():
        connection = await locked(actor, connection_id)
        step = _step(connection, action, actor)
        if problems := comment_problems(comment, is_needed=step.needs_comment):
            raise Invalid(*problems)
        await _take(connection, step, actor, normal(comment))
    return connection


async def activate(connection: Connection) -> None:
    """The connection, locked, has a technical account: from now on it is used."""
    if connection.status == ConnectionStatus.ACCEPTED:
        await _take(connection, _row(ConnectionAction.ACTIVATE), SYSTEM, None)


async def locked(actor: Actor, connection_id: str, path: tuple[str, ...] = ("id",)) -> Connection:
    """The connection, held for this transaction, that the actor manages or administers.

    Raises:
        NotFound, Forbidden
    """
    connection = await Connection.filter(id=findable(connection_id)).select_for_update().first()
    if connection is None:
        raise NotFound(problem("BDR-REQ-001", path))
    if not sides_of(actor, connection.structure_id):
        actor.require(Permission.MANAGE_CONNECTIONS, on=connection.structure_id, path=path)
    return connection


def sides_of(actor: Actor, structure_id: str) -> tuple[ConnectionSide, ...]:
    """For whom the actor may act on a connection of the structure."""
    return tuple(side for side, needed in NEEDS.items() if actor.may(needed, structure_id))


def _step(connection: Connection, action: ConnectionAction, actor: Actor) -> Step:
    mine = [
        offer
        for offer in offers(
            connection.status,
            sides_of(actor, connection.structure_id),
            suspended_by_site=connection.suspended_by_site,
        )
        if offer.step.action is action
    ]
    free = [offer.step for offer in mine if offer.refused_by is None]
    if free:
        return free[0]
    if mine:
        raise Forbidden(problem(mine[0].refused_by or "", ("action",)))
    if any(action is s.action and connection.status in s.frm and s.by in NEEDS for s in STEPS):
        raise Forbidden(problem("BDR-CNX-008", ("action",), action=action.value))
    raise WrongStatus(
        problem("BDR-LIF-001", ("action",), action=action.value, status=connection.status.value)
    )


def _row(action: ConnectionAction) -> Step:
    """The row that the platform takes by itself."""
    return next(s for s in STEPS if s.action is action and s.by is ConnectionSide.PLATFORM)


async def _take(connection: Connection, step: Step, actor: Actor, comment: str | None) -> None:
    """Write the step, tell it, and let the technical accounts follow."""
    at = now()
    connection.status = step.to
    connection.status_at = connection.updated_at = at
    connection.status_comment = comment
    connection.suspended_by_site = (
        step.to is ConnectionStatus.SUSPENDED and step.by is ConnectionSide.SITE
    )
    tell_connection(step.event, connection, actor)
    await connection.save()
    values = await _words(connection, actor, comment)
    await to_managers(step.mail, connection.structure_id, **values)
    await _follow(connection, actor)


_FOLLOWS = {
    ConnectionStatus.ACTIVE: TechnicalStatus.ACTIVE,
    ConnectionStatus.SUSPENDED: TechnicalStatus.SUSPENDED,
    ConnectionStatus.CLOSED: TechnicalStatus.REVOKED,
}


async def _follow(connection: Connection, actor: Actor) -> None:
    status = _FOLLOWS.get(connection.status)
    if status is None:
        return
    accounts = TechnicalAccount.filter(connection_id=connection.id).order_by("id")
    for account in await accounts.exclude(status=TechnicalStatus.REVOKED).select_for_update():
        if account.status == status:
            continue
        account.status = status
        account.status_at = account.updated_at = now()
        if status is TechnicalStatus.REVOKED:
            tell_account("technical_account.revoked", account, actor)
        await account.save()
        await settle(account)


async def _words(connection: Connection, actor: Actor, comment: str | None) -> dict[str, object]:
    structure = await Structure.get(id=connection.structure_id)
    return {
        "application": connection.application,
        "structure": structure.name,
        "environment": connection.environment,
        "scopes": ", ".join(connection.scopes),
        "spaces": spaces_in_words(grants_from(connection.spaces)),
        "by": actor.name,
        "comment": comment or "—",
    }
