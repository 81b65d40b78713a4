"""The door of every root field: permission, idempotency and refusals, in one place."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField
from tortoise.models import Model

from auth.requires import missing, public, requires
from domain import cursors, idempotency
from domain.access import Actor, Permission
from domain.documents import Document
from domain.errors import Invalid, NotFound, Problem, Refused
from domain.events import transaction
from domain.rules_text import problem
from schema.context import Context, Info
from schema.payloads import Payload, payload_type, user_errors
from schema.reading import one, page
from schema.scalars import EventCursor

_KEY = re.compile(r"[!-~]{1,64}\Z")
# Where the compiled read path finds what a root field asks of the caller.
REQUIRES = "requires"
INPUT = "Saisie. What is asked; `path` of a problem points into it."


@dataclass(frozen=True)
class Done:
    """What a mutation did, when there is something to say about it all the same."""

    value: Any
    advice: Sequence[Problem] = ()
    # Values of the payload's further fields, shown this once: not when the answer is replayed.
    more: Mapping[str, Any] = field(default_factory=dict)
    # For what keeps its own idempotency key: the same key was used before.
    is_replayed: bool = False
    # How long after the commit other processes may not know of it: the answer waits.
    agreed_in: float = 0.0


class Door(FieldExtension):
    """Asks whether the caller may use the field at all."""

    def __init__(self, permissions: tuple[Permission, ...]) -> None:
        self.permissions = permissions

    def apply(self, field: StrawberryField) -> None:
        """Show the declaration in the SDL and to the compiled read path."""
        shown = requires(*self.permissions) if self.permissions else public()
        field.directives = [*field.directives, shown]
        field.metadata = MappingProxyType({**field.metadata, REQUIRES: self.permissions})

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Let the caller through, or raise what the request layer turns into an error."""
        self.check(info)
        return await next_(source, info, **kwargs)

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        """The same for a field that waits for nothing."""
        self.check(info)
        return next_(source, info, **kwargs)

    def admits(self, context: Context) -> bool:
        """Whether the caller may use the field: asked by the compiled read path."""
        return missing(context.actor, self.permissions) is None

    def check(self, info: Info) -> None:
        """Raise when the caller may not use the field."""
        if refusal := missing(info.context.actor, self.permissions):
            raise refusal


class MutationDoor(Door):
    """Runs a mutation once per idempotency key and turns refusals into data."""

    def __init__(
        self,
        permissions: tuple[Permission, ...],
        payload: type[Payload],
        shown: str,
        model: type[Model] | None,
        *,
        writes: bool,
    ) -> None:
        super().__init__(permissions)
        self.payload = payload
        self.shown = shown
        self.model = model
        self.writes = writes

    def apply(self, field: StrawberryField) -> None:
        """Describe the one argument that every mutation has."""
        super().apply(field)
        for argument in field.arguments:
            argument.description = argument.description or INPUT

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Payload:
        """The payload: what was done, what had been done already, or why not."""
        self.check(info)
        try:
            if not self.writes:
                return self._answer(await next_(source, info, **kwargs))
            return await self._once(lambda: next_(source, info, **kwargs), info, kwargs["input"])
        except Refused as refusal:
            return self.payload(
                **{self.shown: None},
                user_errors=user_errors(refusal.problems),
                replayed=False,
                cursor=None,
            )

    async def _once(self, act: Callable[[], Awaitable[Any]], info: Info, input_: Any) -> Payload:
        key = getattr(input_, "idempotency_key", None)
        if key is None:
            async with transaction() as unit:
                done = await act()
            return await self._agreed(done, unit.position)
        actor = info.context.actor
        _check_key(key)
        async with transaction() as unit:
            answer = await idempotency.take(actor.id, key, info.field_name, normalised(input_))
            if answer is None:
                done = await act()
                position = await unit.write_events()
                await idempotency.keep(actor.id, key, idempotency.Answer(_id_of(done), position))
        if answer is None:
            return await self._agreed(done, position)
        return self._answer(await self._again(answer, actor), answer.position, replayed=True)

    async def _agreed(self, done: Any, position: int | None) -> Payload:
        if isinstance(done, Done) and done.agreed_in:
            await asyncio.sleep(done.agreed_in)
        return self._answer(done, position)

    async def _again(self, answer: idempotency.Answer, actor: Actor) -> Any:
        if self.model is None or answer.object_id is None:
            return None
        found = await self.model.filter(pk=answer.object_id).first()
        if found is None or (isinstance(found, Document) and not found.visible_to(actor)):
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        return found

    def _answer(self, done: Any, position: int | None = None, *, replayed: bool = False) -> Payload:
        if not isinstance(done, Done):
            done = Done(done)
        return self.payload(
            **{self.shown: done.value, **done.more},
            user_errors=user_errors(done.advice),
            replayed=replayed or done.is_replayed,
            cursor=None if position is None else EventCursor(cursors.event(position)),
        )


def query(*permissions: Permission, description: str, **options: Any) -> Any:
    """A root field of Query. Without a permission it is open to all."""
    return strawberry.field(description=description, extensions=[Door(permissions)], **options)


def query_page(select: Callable[..., Any], *permissions: Permission, description: str) -> Any:
    """A root field of Query: pages of what `select(viewer, …)` describes (see schema.reading)."""
    return page(select, description=description, extensions=[Door(permissions)])


def query_one(select: Callable[..., Any], *permissions: Permission, description: str) -> Any:
    """A root field of Query: the first row of `select(viewer, …)`, or null."""
    return one(select, description=description, extensions=[Door(permissions)])


def mutation(
    *permissions: Permission,
    description: str,
    shows: tuple[str, Any],
    model: type[Model] | None = None,
    writes: bool = True,
    more: Mapping[str, tuple[Any, str]] = MappingProxyType({}),
    words: str = "L'objet. Null when the operation was refused.",
    cost: int | None = None,
) -> Callable[[Any], Any]:
    """A root field of Mutation with one `input`.

    `shows` names the field of the payload and its type; `model` is where the object is found
    again when the idempotency key is used a second time; `more` are further nullable fields of
    the payload with their type and description, filled by `Done.more`; `words` describe what is
    shown, when it is no single object; `cost` is its price, when it is dearer than it looks.
    The method returns the object, and refuses by raising `Refused`.
    """

    def declare(method: Any) -> Any:
        camel = "".join(part.capitalize() for part in method.__name__.split("_"))
        payload = payload_type(
            f"{camel}Payload",
            shows[0],
            shows[1],
            words,
            more,
        )
        door = MutationDoor(permissions, payload, shows[0], model, writes=writes)
        return strawberry.mutation(
            method,
            description=description,
            graphql_type=payload,
            extensions=[door],
            metadata={} if cost is None else {"cost": cost},
        )

    return declare


def subscription(*permissions: Permission, description: str, **options: Any) -> Any:
    """A root field of Subscription. The method checks the caller itself, with `check`."""
    shown = requires(*permissions) if permissions else public()
    return strawberry.subscription(
        description=description,
        directives=[shown],
        metadata={REQUIRES: permissions},
        **options,
    )


def check(info: Info, *permissions: Permission) -> None:
    """Raise when the caller holds none of the permissions."""
    if refusal := missing(info.context.actor, permissions):
        raise refusal


def normalised(input_: Any) -> str:
    """The input without its idempotency key, in one canonical form."""
    content = asdict(input_)
    content.pop("idempotency_key", None)
    return json.dumps(content, sort_keys=True, default=str)


def _id_of(done: Any) -> str | None:
    value = done.value if isinstance(done, Done) else done
    return getattr(value, "id", None)


def _check_key(key: str) -> None:
    if not _KEY.match(key):
        raise Invalid(problem("BDR-REQ-006", ("idempotencyKey",)))
