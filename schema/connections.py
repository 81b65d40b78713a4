"""Connections, technical accounts and delegations as the API shows and takes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.access import Actor, Level, Space
from domain.clock import real_now
from domain.connections import queries
from domain.connections.delegations import Delegate
from domain.connections.life import sides_of
from domain.connections.models import (
    ConnectionStatus,
    ConnectionType,
    DelegationStatus,
    TechnicalStatus,
)
from domain.connections.rules import ConnectionDraft, Grant, TechnicalDraft
from domain.connections.steps import ConnectionAction, ConnectionSide, Step, offers
from domain.connections.words import CONNECTION_ACTIONS
from domain.reference.words import Words
from domain.rules_text import problem
from schema.codecs import CODE, FLAG, INSTANT, TEXT
from schema.context import InLocale, Locale
from schema.enums import shown_enum
from schema.ids import Node
from schema.invoice_inputs import KEY
from schema.pages import Connection
from schema.reading import column, computed, connection, json_column, shows, to_one
from schema.scalars import EmailAddress

if TYPE_CHECKING:
    from schema.structures import Structure


class TechnicalState(StrEnum):
    """Whether a technical account can log in now, and if not, why."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"


shown_enum(
    TechnicalState,
    "État. Whether a technical account can log in now, and if not, why.",
    {
        TechnicalState.ACTIVE: Words("Actif", "It can log in"),
        TechnicalState.EXPIRED: Words("Secret échu", "Its secret has ended: make a new one"),
        TechnicalState.SUSPENDED: Words("Suspendu", "Its connection is suspended"),
        TechnicalState.REVOKED: Words("Révoqué", "Shut for good"),
    },
    name="TechnicalAccountState",
)


def _state(row: Any) -> TechnicalState:
    status = TechnicalStatus(row.status)
    if status is TechnicalStatus.ACTIVE and row.secret_expires_at <= real_now():
        return TechnicalState.EXPIRED
    return TechnicalState(status.value)


@strawberry.type(
    description="Action possible. Generated from the same table that `connectionMove` enforces."
)
class AvailableConnectionAction:
    step: strawberry.Private[Step]
    rule: strawberry.Private[str | None]

    @strawberry.field(description="Action. Pass it to `connectionMove`.")
    def action(self) -> ConnectionAction:
        return self.step.action

    @strawberry.field(description="Permise. Whether you may do it now.")
    def enabled(self) -> bool:
        return self.rule is None

    @strawberry.field(description="En tant que. The side for which you would act.")
    def as_side(self) -> ConnectionSide:
        return self.step.by

    @strawberry.field(description="Statut d'arrivée. Where it leads.")
    def to(self) -> ConnectionStatus:
        return self.step.to

    @strawberry.field(description="Commentaire obligatoire. Whether a comment must be given.")
    def needs_comment(self) -> bool:
        return self.step.needs_comment

    @strawberry.field(description="Libellé. The name of the action, for a button.")
    def label(self, locale: InLocale = Locale.FR) -> str:
        return CONNECTION_ACTIONS[self.step.action].in_(locale.value)

    @strawberry.field(description="Raison. Why it is not permitted; null when enabled.")
    def disabled_reason(self, locale: InLocale = Locale.FR) -> str | None:
        if self.rule is None:
            return None
        why = problem(self.rule)
        return why.en if locale is Locale.EN else why.fr


def _available_actions(row: Any, viewer: Actor) -> list[AvailableConnectionAction]:
    """What the viewer could do to the connection; where both sides may, the one that is free."""
    found: dict[ConnectionAction, AvailableConnectionAction] = {}
    for offer in offers(
        ConnectionStatus(row.status),
        sides_of(viewer, row.structure_id),
        suspended_by_site=row.suspended_by_site,
    ):
        known = found.get(offer.step.action)
        if known is None or (known.rule is not None and offer.refused_by is None):
            found[offer.step.action] = _shown_action(offer.step, offer.refused_by)
    return list(found.values())


@lru_cache(maxsize=64)
def _shown_action(step: Step, rule: str | None) -> AvailableConnectionAction:
    return AvailableConnectionAction(step=step, rule=rule)


@shows(description="Espace ouvert. A space, and how it is opened.")
class SpaceGrant:
    space: Space = column(description="Espace. Which one.")
    level: Level = column(description="Niveau. For reading, or for changing too.")


def _accounts_of(viewer: Actor) -> Any:
    return queries.technical_accounts(viewer)


@shows(
    "connection",
    prefix="cnx",
    seen=queries.connections,
    description="Application raccordée. The connection (`raccordement`) of one application of a"
    " structure to this site: asked for, accepted, used, suspended, closed.",
)
class ConnectedApplication(Node):
    structure: Annotated[Structure, strawberry.lazy("schema.structures")] = to_one(
        "structure_id", description="Structure. Whose application it is."
    )
    application: str = column(description="Application. Its name.")
    type: ConnectionType = column(description="Type. How it is connected.")
    environment: str = column(description="Environnement. `sandbox` or `production`: this site.")
    contact_name: str = column(description="Contact. Whom to ask about it.")
    contact_email: EmailAddress = column(description="Courriel du contact.")
    scopes: list[str] = json_column(
        description="Portées. OAuth scopes; its technical accounts have no others. At most 20."
    )
    spaces: list[SpaceGrant] = json_column(
        description="Espaces. What its technical accounts may be opened on the structure; at most"
        " one per space, hence at most 20."
    )
    status: ConnectionStatus = column(description="Statut. Where it stands.")
    status_at: datetime = column(description="Depuis. When it came there.")
    status_comment: str | None = column(description="Commentaire. What was said with it.")
    requested_by: strawberry.ID = column(description="Demandé par. The identifier of the person.")
    version: int = column("event_count", description="Version. How many events it has.")
    created_at: datetime = column(description="Demandé le.")
    updated_at: datetime = column(description="Modifié le.")
    available_actions: list[AvailableConnectionAction] = computed(
        _available_actions,
        needs={"status": CODE, "structure_id": TEXT, "suspended_by_site": FLAG},
        description="Actions possibles. What you could do, and what prevents it; at most 6.",
    )
    technical_accounts: Connection[TechnicalAccount] = connection(
        "connection_id",
        _accounts_of,
        description="Comptes techniques. Those of this connection, the newest first.",
    )


@shows(
    "technical_account",
    prefix="cli",
    seen=queries.technical_accounts,
    description="Compte technique. An OAuth client that acts in its own name: its `id` is the"
    " `client_id`. What it may do is never more than what its author may.",
)
class TechnicalAccount(Node):
    structure: Annotated[Structure, strawberry.lazy("schema.structures")] = to_one(
        "structure_id", description="Structure. The one that answers for it."
    )
    connection: Annotated[ConnectedApplication, strawberry.lazy("schema.connections")] = to_one(
        "connection_id", description="Raccordement. The application that uses it."
    )
    name: str = column(description="Nom. Shown in events as their author.")
    scopes: list[str] = json_column(
        description="Portées. The OAuth scopes that it may ask for; at most 20."
    )
    spaces: list[SpaceGrant] = json_column(
        description="Espaces. What it may do on its own structure; at most one per space, hence at"
        " most 20."
    )
    structures: list[strawberry.ID] | None = json_column(
        "acts_for",
        description="Structures. For which others it acts, among those that granted a delegation,"
        " at most 250; null: for all of them.",
    )
    status: TechnicalStatus = column(description="Statut. What was decided of it.")
    state: TechnicalState = computed(
        _state,
        needs={"status": CODE, "secret_expires_at": INSTANT},
        description="État. Whether it can log in now, and if not, why.",
    )
    secret_expires_at: datetime = column(description="Fin du secret. When its secret ends.")
    previous_secret_until: datetime | None = column(
        description="Fin de l'ancien secret. Until then the secret before the last rotation works"
        " too."
    )
    last_used_at: datetime | None = column(
        description="Dernier usage. When it last called, to the minute; null when it never did."
    )
    last_network: str | None = column(
        description="Dernier réseau. From where: 192.0.2.0/24 or 2001:db8::/48, never an address."
    )
    created_by: strawberry.ID = column(description="Créé par. The identifier of the person.")
    vouched_by: strawberry.ID = column(description="Répondant. Who last decided what it may do.")
    review_asked_at: datetime | None = column(
        description="Revue demandée le. When the other managers were told that this person no"
        " longer manages the structure; saving the account answers."
    )
    version: int = column("event_count", description="Version. How many events it has.")
    created_at: datetime = column(description="Créé le.")
    updated_at: datetime = column(description="Modifié le.")


@shows(
    "technical_account",
    description="Compte technique mandaté. As much of another structure's technical account as"
    " those see who let it act for them.",
)
class DelegatedAccount:
    id: strawberry.ID = column(description="Identifiant. Its `client_id`.")
    name: str = column(description="Nom. Shown in events as their author.")
    status: TechnicalStatus = column(description="Statut. Whether it may log in.")
    last_used_at: datetime | None = column(
        description="Dernier usage. When it last called, for whomever; null when it never did."
    )


@shows(
    "delegation",
    prefix="dlg",
    seen=queries.delegations,
    description="Délégation. A structure lets the technical accounts of another one act for it.",
)
class Delegation(Node):
    structure: Annotated[Structure, strawberry.lazy("schema.structures")] = to_one(
        "structure_id", description="Mandant. The structure for which they act."
    )
    delegate: Annotated[Structure, strawberry.lazy("schema.structures")] = to_one(
        "delegate_id", description="Mandataire. The integrator whose technical accounts act."
    )
    technical_account: Annotated[DelegatedAccount, strawberry.lazy("schema.connections")] | None = (
        to_one(
            "technical_account_id",
            description="Compte technique. The only one that may; null: whichever of the delegate.",
        )
    )
    spaces: list[SpaceGrant] = json_column(
        description="Espaces. What they may do on the structure; at most one per space, hence at"
        " most 20."
    )
    until: datetime | None = column("ends_at", description="Fin. Null: until it is withdrawn.")
    status: DelegationStatus = column(description="Statut. Whether anyone still acts by it.")
    status_at: datetime = column(description="Depuis. When it came there.")
    granted_by: strawberry.ID = column(description="Accordée par. The identifier of the person.")
    created_at: datetime = column(description="Accordée le.")


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _unchanged(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


_SCOPES = "Portées. OAuth scopes such as `invoice:issue`; at most 20."
_SPACES = "Espaces. What is opened on the structure; at most one per space."


@strawberry.input(description="Espace à ouvrir. A space, and how.")
class SpaceGrantInput:
    space: Space = strawberry.field(description="Espace. Which one.")
    level: Level = strawberry.field(description="Niveau. For reading, or for changing too.")


def _grants(spaces: list[SpaceGrantInput] | None) -> tuple[Grant, ...]:
    return tuple(Grant(given.space, given.level) for given in spaces or ())


@strawberry.input(description="Demande de raccordement.")
class ConnectionRequestInput:
    structure_id: strawberry.ID = strawberry.field(
        description="Structure. Whose application it is."
    )
    application: str = strawberry.field(description="Application. Its name; up to 200 characters.")
    contact_name: str = strawberry.field(description="Contact. Whom to ask about it.")
    contact_email: str = strawberry.field(description="Courriel du contact.")
    scopes: list[str] = strawberry.field(description=_SCOPES)
    spaces: list[SpaceGrantInput] = strawberry.field(
        default_factory=list,
        description="Espaces. What it will do on the structure; none for an integrator that only"
        " acts for others.",
    )
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> ConnectionDraft:
        """The same for the domain."""
        return ConnectionDraft(
            self.application,
            self.contact_name,
            self.contact_email,
            tuple(self.scopes),
            _grants(self.spaces),
        )


@strawberry.input(description="Étape d'un raccordement.")
class ConnectionMoveInput:
    id: strawberry.ID = strawberry.field(description="Raccordement. Which one.")
    action: ConnectionAction = strawberry.field(
        description="Action. One of `availableActions` that is enabled."
    )
    comment: str | None = _optional("Commentaire. Why; up to 500 characters.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Nouveau compte technique.")
class TechnicalAccountCreateInput:
    connection_id: strawberry.ID = strawberry.field(
        description="Raccordement. Accepted or active; it bounds what the account may do."
    )
    name: str = strawberry.field(description="Nom. Shown in events as their author.")
    scopes: list[str] = strawberry.field(description=_SCOPES)
    spaces: list[SpaceGrantInput] = strawberry.field(default_factory=list, description=_SPACES)
    structures: list[strawberry.ID] | None = _optional(
        "Structures. For which others it acts, among those that granted a delegation; null: all."
    )
    idempotency_key: str | None = _optional(KEY)

    def draft(self) -> TechnicalDraft:
        """The same for the domain."""
        acts_for = None if self.structures is None else tuple(map(str, self.structures))
        return TechnicalDraft(self.name, tuple(self.scopes), _grants(self.spaces), acts_for)


@strawberry.input(
    description="Modification d'un compte technique. Only the fields given change; it holds at"
    " once, for tokens already issued too."
)
class TechnicalAccountUpdateInput:
    id: strawberry.ID = strawberry.field(description="Compte technique. Which one.")
    name: str | None = _unchanged("Nom. Shown in events as their author.")
    scopes: list[str] | None = _unchanged(_SCOPES)
    spaces: list[SpaceGrantInput] | None = _unchanged(_SPACES)
    structures: list[strawberry.ID] | None = _unchanged(
        "Structures. For which others it acts; null: for all that granted a delegation."
    )
    idempotency_key: str | None = _optional(KEY)

    def changes(self) -> dict[str, Any]:
        """What is asked to change, for the domain."""
        given = {k: v for k, v in vars(self).items() if v is not strawberry.UNSET}
        found: dict[str, Any] = {}
        if "name" in given:
            found["name"] = given["name"] or ""
        if "scopes" in given:
            found["scopes"] = tuple(given["scopes"] or ())
        if "spaces" in given:
            found["grants"] = _grants(given["spaces"])
        if "structures" in given:
            listed = given["structures"]
            found["acts_for"] = None if listed is None else tuple(map(str, listed))
        return found


@strawberry.input(description="Nouveau secret d'un compte technique.")
class TechnicalAccountSecretRotateInput:
    id: strawberry.ID = strawberry.field(description="Compte technique. Which one.")
    at_once: bool = strawberry.field(
        default=False,
        description="Aussitôt. The old secrets end now, and the tokens that came from them: for a"
        " secret that was seen by someone else.",
    )
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(description="Révocation d'un compte technique. At once and for good.")
class TechnicalAccountRevokeInput:
    id: strawberry.ID = strawberry.field(description="Compte technique. Which one.")
    idempotency_key: str | None = _optional(KEY)


@strawberry.input(one_of=True, description="Mandataire. Exactly one way to name it.")
class DelegateRef:
    technical_account_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Compte technique. This one only: its `client_id`, told by the integrator."
    )
    structure_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Structure. Whichever technical account of this structure."
    )
    siret: strawberry.Maybe[str] = strawberry.field(
        description="SIRET. Whichever technical account of the structure of that SIRET; spaces are"
        " ignored."
    )

    def delegate(self) -> Delegate:
        """The same for the domain."""
        given = {name: found.value for name, found in vars(self).items() if found is not None}
        return Delegate(**{name: str(value) for name, value in given.items()})


@strawberry.input(description="Nouvelle délégation.")
class DelegationGrantInput:
    structure_id: strawberry.ID = strawberry.field(
        description="Mandant. The structure for which the technical accounts will act."
    )
    to: DelegateRef = strawberry.field(description="Mandataire. Who acts.")
    spaces: list[SpaceGrantInput] = strawberry.field(
        description="Espaces. What they may do on the structure; at most one per space."
    )
    until: datetime | None = _optional("Fin. Null: until it is withdrawn.")
    idempotency_key: str | None = _optional(KEY)

    def grants(self) -> tuple[Grant, ...]:
        """The spaces, for the domain."""
        return _grants(self.spaces)


@strawberry.input(description="Retrait d'une délégation. At once; either structure may.")
class DelegationWithdrawInput:
    id: strawberry.ID = strawberry.field(description="Délégation. Which one.")
    idempotency_key: str | None = _optional(KEY)
