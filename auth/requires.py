"""The declaration that every root field carries, and the question it asks of the caller."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry.schema_directive import Location

from domain.access import Actor, ActorKind, Permission
from domain.errors import Denied, Unauthenticated


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="Droit nécessaire. The caller's token must hold at least one of these scopes,"
    " and the caller the same permission on at least one structure.",
)
class Requires:
    """Printed in the SDL on the root fields that need a permission."""

    any_of: list[str] = strawberry.directive_field(name="anyOf")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="public",
    description="Accès libre. Anyone may use this root field, without a token.",
)
class Public:
    """Printed in the SDL on the root fields that anyone may use."""


def requires(*permissions: Permission) -> Requires:
    """Declare that a root field needs one of these permissions.

    Raises:
        ValueError: no permission is given; a field open to all is declared `public()`.
    """
    if not permissions:
        raise ValueError("a root field requires a permission, or is public() on purpose")
    return Requires(any_of=[p.value for p in permissions])


def public() -> Public:
    """Declare that a root field is open to all."""
    return Public()


def missing(actor: Actor, permissions: Sequence[Permission]) -> Unauthenticated | Denied | None:
    """What to raise before the field runs; None when the caller may go on."""
    if not permissions or any(actor.may(p) for p in permissions):
        return None
    if actor.kind is ActorKind.ANONYMOUS:
        return Unauthenticated()
    return Denied(*(p.value for p in permissions))
