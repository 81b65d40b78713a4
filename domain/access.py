"""Who may do what: one table, no database.

A right is held on a structure, on one service of a structure, or by a caller on its own account. A
person or a technical account (an OAuth client) holds the grants of its role on the structure, plus
those of the spaces ("espaces") it subscribed to, there or on one of its services.
Permission values are also the OAuth scopes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from domain.errors import Forbidden, NotFound
from domain.rules_text import problem


class Permission(StrEnum):
    """What a caller may do on a structure. The value is the OAuth scope."""

    READ_ISSUED = "invoice:read_issued"
    ISSUE = "invoice:issue"
    READ_RECEIVED = "invoice:read_received"
    PROCESS = "invoice:process"
    READ_TO_VALIDATE = "invoice:read_to_validate"
    VALIDATE = "invoice:validate"
    READ_WORKS = "works:read"
    ACT_ON_WORKS = "works:act"
    READ_MEMOS = "memo:read"
    ACT_ON_MEMOS = "memo:act"
    READ_REFUNDS = "refund:read"
    ACT_ON_REFUNDS = "refund:act"
    READ_CONTRACTS = "contract:read"
    MANAGE_CONTRACTS = "contract:manage"
    READ_STRUCTURE = "structure:read"
    MANAGE_STRUCTURE = "structure:manage"
    SIGN_MANDATE = "mandate:sign"
    READ_MEMBERS = "member:read"
    MANAGE_MEMBERS = "member:manage"
    HAND_OVER = "structure:hand_over"
    READ_WEBHOOKS = "webhook:read"
    MANAGE_WEBHOOKS = "webhook:manage"
    MANAGE_CONNECTIONS = "connection:manage"
    OWN_ACCOUNT = "account:self"
    ADMINISTER = "platform:administer"


P = Permission

READ_INVOICES = (P.READ_ISSUED, P.READ_RECEIVED, P.READ_TO_VALIDATE)
# The rights by which events of a structure are seen.
SEEN_BY = frozenset(
    {
        *READ_INVOICES,
        P.READ_WORKS,
        P.READ_MEMOS,
        P.READ_REFUNDS,
        P.READ_CONTRACTS,
        P.READ_STRUCTURE,
        P.READ_MEMBERS,
        P.READ_WEBHOOKS,
        P.MANAGE_CONNECTIONS,
    }
)


class Role(StrEnum):
    """The role of a member in a structure, or on the whole platform."""

    MAIN_MANAGER = "MAIN_MANAGER"
    SECONDARY_MANAGER = "SECONDARY_MANAGER"
    USER = "USER"
    TECHNICAL = "TECHNICAL"
    ADMINISTRATOR = "ADMINISTRATOR"


class Space(StrEnum):
    """The spaces ("espaces") opened on a structure or a service and subscribed by its members."""

    FACTURES_EMISES = "FACTURES_EMISES"
    FACTURES_RECUES = "FACTURES_RECUES"
    FACTURES_DE_TRAVAUX = "FACTURES_DE_TRAVAUX"
    FACTURES_A_VALIDER = "FACTURES_A_VALIDER"
    MEMOIRES_DE_FRAIS = "MEMOIRES_DE_FRAIS"
    DEMANDES_DE_REMBOURSEMENT = "DEMANDES_DE_REMBOURSEMENT"
    RACCORDEMENTS = "RACCORDEMENTS"
    SOLLICITATIONS = "SOLLICITATIONS"


class Level(StrEnum):
    """How a space was subscribed: "consultation uniquement" or "modification"."""

    CONSULTATION_UNIQUEMENT = "CONSULTATION_UNIQUEMENT"
    MODIFICATION = "MODIFICATION"


_MEMBER = frozenset({P.READ_STRUCTURE})
_MANAGER = _MEMBER | {
    P.READ_ISSUED,
    P.ISSUE,
    P.READ_RECEIVED,
    P.PROCESS,
    P.READ_TO_VALIDATE,
    P.VALIDATE,
    P.READ_WORKS,
    P.ACT_ON_WORKS,
    P.READ_MEMOS,
    P.ACT_ON_MEMOS,
    P.READ_REFUNDS,
    P.ACT_ON_REFUNDS,
    P.READ_CONTRACTS,
    P.MANAGE_CONTRACTS,
    P.MANAGE_STRUCTURE,
    P.SIGN_MANDATE,
    P.READ_MEMBERS,
    P.MANAGE_MEMBERS,
    P.HAND_OVER,
    P.READ_WEBHOOKS,
    P.MANAGE_WEBHOOKS,
    P.MANAGE_CONNECTIONS,
}

# Every caller may read and change its own account: a right held on that account alone.
OWN = frozenset({P.OWN_ACCOUNT})

# fmt: off
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.MAIN_MANAGER:      _MANAGER,
    Role.SECONDARY_MANAGER: _MANAGER - {P.SIGN_MANDATE, P.HAND_OVER},
    Role.USER:              _MEMBER,
    Role.TECHNICAL:         _MEMBER,
    # Held on every structure. An administrator reads, never issues or processes.
    Role.ADMINISTRATOR:     _MEMBER | {P.READ_ISSUED, P.READ_RECEIVED, P.READ_TO_VALIDATE,
                                       P.READ_WORKS, P.READ_MEMOS, P.READ_REFUNDS, P.READ_CONTRACTS,
                                       P.MANAGE_STRUCTURE, P.READ_MEMBERS, P.READ_WEBHOOKS,
                                       P.ADMINISTER},
}

_READ, _WRITE = Level.CONSULTATION_UNIQUEMENT, Level.MODIFICATION

# Whoever follows works billing files also reads the contracts that they bill.
SPACE_GRANTS: Mapping[tuple[Space, Level], frozenset[Permission]] = {
    (Space.FACTURES_EMISES,     _READ):  frozenset({P.READ_ISSUED}),
    (Space.FACTURES_EMISES,     _WRITE): frozenset({P.READ_ISSUED, P.ISSUE}),
    (Space.FACTURES_RECUES,     _READ):  frozenset({P.READ_RECEIVED}),
    (Space.FACTURES_RECUES,     _WRITE): frozenset({P.READ_RECEIVED, P.PROCESS}),
    (Space.FACTURES_DE_TRAVAUX, _READ):  frozenset({P.READ_WORKS, P.READ_CONTRACTS}),
    (Space.FACTURES_DE_TRAVAUX, _WRITE): frozenset({P.READ_WORKS, P.ACT_ON_WORKS, P.READ_CONTRACTS}),
    (Space.FACTURES_A_VALIDER,  _READ):  frozenset({P.READ_TO_VALIDATE}),
    (Space.FACTURES_A_VALIDER,  _WRITE): frozenset({P.READ_TO_VALIDATE, P.VALIDATE}),
    (Space.MEMOIRES_DE_FRAIS,   _READ):  frozenset({P.READ_MEMOS}),
    (Space.MEMOIRES_DE_FRAIS,   _WRITE): frozenset({P.READ_MEMOS, P.ACT_ON_MEMOS}),
    (Space.DEMANDES_DE_REMBOURSEMENT, _READ):  frozenset({P.READ_REFUNDS}),
    (Space.DEMANDES_DE_REMBOURSEMENT, _WRITE): frozenset({P.READ_REFUNDS, P.ACT_ON_REFUNDS}),
    (Space.RACCORDEMENTS,       _READ):  frozenset({P.READ_WEBHOOKS}),
    (Space.RACCORDEMENTS,       _WRITE): frozenset({P.READ_WEBHOOKS, P.MANAGE_WEBHOOKS}),
}
# fmt: on

# Opened when a structure gets its first member. The spaces of works, memos and refunds are opened
# by those whom they concern; nothing is deposited with a structure whose space is closed.
DEFAULT_SPACES = (
    Space.FACTURES_EMISES,
    Space.FACTURES_RECUES,
    Space.FACTURES_A_VALIDER,
    Space.RACCORDEMENTS,
)
# What a habilitation on one service may grant: what payment requests are seen and processed by.
ON_SERVICES = frozenset(
    {
        P.READ_ISSUED,
        P.ISSUE,
        P.READ_RECEIVED,
        P.PROCESS,
        P.READ_TO_VALIDATE,
        P.VALIDATE,
        P.READ_WORKS,
        P.ACT_ON_WORKS,
        P.READ_MEMOS,
        P.ACT_ON_MEMOS,
        P.READ_REFUNDS,
        P.ACT_ON_REFUNDS,
    }
)
_SERVICE = "svc_"


class ActorKind(StrEnum):
    """What kind of caller acts."""

    PERSON = "PERSON"
    CLIENT = "CLIENT"
    SYSTEM = "SYSTEM"
    ANONYMOUS = "ANONYMOUS"


_NONE: frozenset[Permission] = frozenset()


@dataclass(frozen=True)
class Actor:
    """The caller: who it is and what it may do, already cut to the scopes of its token.

    `rights` are by structure, by service of a structure, and on the caller's own account.
    """

    id: str
    kind: ActorKind
    name: str
    rights: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    everywhere: frozenset[Permission] = _NONE
    # The scopes of its token; None when it came without one.
    scopes: frozenset[str] | None = None

    @cached_property
    def held(self) -> Hashable:
        """Who it is and all that it may do: equal for callers who are answered alike."""
        return self.id, frozenset(self.rights.items()), self.everywhere, self.scopes

    def may(self, permission: Permission, on: str | None = None) -> bool:
        """Whether the permission is held there; anywhere when no structure or service is given."""
        if permission in self.everywhere:
            return True
        if on is None:
            return any(permission in held for held in self.rights.values())
        return permission in self.rights.get(on, _NONE)

    def require(self, permission: Permission, *, on: str, path: tuple[str, ...] = ()) -> None:
        """Refuse unless the permission is held on the structure.

        Raises:
            NotFound: the caller is not a member of the structure at all.
            Forbidden: the caller is a member without that permission.
        """
        if self.may(permission, on):
            return
        if on in self.rights:
            raise Forbidden(problem("BDR-REQ-002", path, permission=permission.value))
        raise NotFound(problem("BDR-REQ-001", path))

    def structures(self, *permissions: Permission) -> frozenset[str] | None:
        """The structures on which one of the permissions is held; None means all of them."""
        if self.everywhere.intersection(permissions):
            return None
        wanted = frozenset(permissions)
        return frozenset(
            s for s, held in self.rights.items() if held & wanted and not s.startswith(_SERVICE)
        )

    def services(self, *permissions: Permission) -> frozenset[str]:
        """The services on which one of the permissions is held apart from their structure."""
        wanted = frozenset(permissions)
        return frozenset(
            s for s, held in self.rights.items() if s.startswith(_SERVICE) and held & wanted
        )

    def limited_to(self, scopes: Iterable[str]) -> Actor:
        """The same caller holding only what the scopes of its token allow."""
        asked = frozenset(scopes)
        kept = frozenset(p for p in Permission if p.value in asked)
        rights = {s: held & kept for s, held in self.rights.items()}
        return Actor(self.id, self.kind, self.name, rights, self.everywhere & kept, asked)


ANONYMOUS = Actor("anonymous", ActorKind.ANONYMOUS, "anonymous")
SYSTEM = Actor("system", ActorKind.SYSTEM, "Bordereau", everywhere=frozenset(Permission))


def grants_of(role: Role, spaces: Iterable[tuple[Space, Level]]) -> frozenset[Permission]:
    """What a role and a set of subscribed spaces give on one structure."""
    return GRANTS[role].union(*(space_grants(*s) for s in spaces))


def space_grants(space: Space, level: Level) -> frozenset[Permission]:
    """What one subscription gives: nothing while the subject of the space does not exist."""
    return SPACE_GRANTS.get((space, level), _NONE)
