"""Who may use which root field: the table of roles against the declarations of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import strawberry
from graphql import GraphQLObjectType

from auth.requires import Public, Requires
from domain.access import GRANTS, OWN, SPACE_GRANTS, Level, Permission
from domain.labels import LEVELS, PERMISSIONS, ROLES, SPACES

_YES = "●"


def root_fields(schema: strawberry.Schema) -> Mapping[str, frozenset[Permission] | None]:
    """Each `Type.field` with the permissions of which one is needed.

    Empty when the field is open to all; None when it says neither, which no field may do.
    """
    return {
        f"{root.name}.{name}": _declared(getattr(definition, "directives", ()))
        for root in roots(schema)
        for name, field in root.fields.items()
        for definition in [field.extensions.get("strawberry-definition")]
    }


def roots(schema: strawberry.Schema) -> list[GraphQLObjectType]:
    """Query, Mutation and Subscription."""
    inner = schema._schema
    found = (inner.query_type, inner.mutation_type, inner.subscription_type)
    return [root for root in found if root is not None]


def _declared(directives: Sequence[object]) -> frozenset[Permission] | None:
    for directive in directives:
        if isinstance(directive, Requires):
            return frozenset(Permission(value) for value in directive.any_of)
        if isinstance(directive, Public):
            return frozenset()
    return None


def permissions(schema: strawberry.Schema) -> str:
    """`permissions.md`."""
    return "\n".join([*_head(), *_matrix(schema), *_grants()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Who may do what"
    yield ""
    yield "Generated from the table of roles and from the declaration of each root field, which the"
    yield "SDL shows as `@requires` or `@public`. A permission is also an OAuth scope: a caller"
    yield "holds what its role and its spaces give it on a structure, cut to the scopes of its"
    yield "token. What a field shows or changes is then checked on each structure: an object that"
    yield "you may not see does not exist for you. Whoever is identified holds `account:self`."
    yield ""


_SHORT = {Level.CONSULTATION_UNIQUEMENT: "read", Level.MODIFICATION: "change"}

# The columns of the matrix: a role, or a space subscribed for reading or for changing.
COLUMNS: Mapping[str, frozenset[Permission]] = {
    "anonymous": frozenset(),
    "identified": OWN,
    **{f"`{role.value}`": held | OWN for role, held in GRANTS.items()},
    **{
        f"`{space.value}` {_SHORT[level]}": held | OWN
        for (space, level), held in SPACE_GRANTS.items()
    },
}


def _matrix(schema: strawberry.Schema) -> Iterator[str]:
    yield "## Root fields"
    yield ""
    yield f"`{_YES}`: the door opens. A space adds to the role of its member."
    yield ""
    yield "| root field | needs one of | " + " | ".join(COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 2) + "|"
    for name, needed in root_fields(schema).items():
        marks = [_YES if not needed or needed & held else "" for held in COLUMNS.values()]
        yield f"| `{name}` | {_list(needed or ()) or 'nothing'} | " + " | ".join(marks) + " |"
    yield ""


def _list(needed: Iterable[Permission]) -> str:
    return ", ".join(f"`{p.value}`" for p in Permission if p in set(needed))


def _grants() -> Iterator[str]:
    yield "## Permissions"
    yield ""
    yield "| scope | libellé | label |"
    yield "|---|---|---|"
    for permission in Permission:
        words = PERMISSIONS[permission]
        yield f"| `{permission.value}` | {words.fr} | {words.en} |"
    yield ""
    yield "## Roles and spaces"
    yield ""
    yield "| role or space | libellé | gives |"
    yield "|---|---|---|"
    for role, held in GRANTS.items():
        yield f"| `{role.value}` | {ROLES[role].fr} | {_list(held)} |"
    for (space, level), held in SPACE_GRANTS.items():
        french = f"{SPACES[space].fr}, {LEVELS[level].fr.lower()}"
        yield f"| `{space.value}` `{level.value}` | {french} | {_list(held)} |"
