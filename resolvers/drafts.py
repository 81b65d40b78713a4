"""Documents are deposited as a content or as a saved draft: one of the two, and not both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from domain.access import Actor
from domain.errors import Invalid, Problem
from domain.rules_text import problem
from resolvers.fields import Done

D = TypeVar("D")
D_co = TypeVar("D_co", covariant=True)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Content(Protocol[D_co]):
    """A content as the API takes it."""

    def draft(self) -> D_co: ...


class Judged(Protocol):
    """What was found of a draft."""

    @property
    def problems(self) -> Sequence[Problem]: ...


class Verbs(Protocol[D, T_co]):
    """The verbs of a kind of document that has drafts: a module of the domain, or an object."""

    async def judge(self, actor: Actor, draft: D, *, own_id: str | None = None) -> Judged: ...

    async def draft_of(self, actor: Actor, draft_id: str) -> D: ...

    async def submit(self, actor: Actor, draft: D) -> T_co: ...

    async def submit_draft(
        self, actor: Actor, draft_id: str, *, expected_version: int | None = None
    ) -> T_co: ...


async def judged(
    verbs: Verbs[D, Any], actor: Actor, content: Content[D] | None, draft_id: str | None, name: str
) -> Done:
    """What a deposit would be refused or advised; nothing is written."""
    given = _one_of(content, draft_id, name)
    draft = await verbs.draft_of(actor, given) if isinstance(given, str) else given.draft()
    return Done(None, (await verbs.judge(actor, draft, own_id=draft_id)).problems)


async def deposited(
    verbs: Verbs[D, T],
    actor: Actor,
    content: Content[D] | None,
    draft_id: str | None,
    name: str,
    *,
    expected_version: int | None,
) -> T:
    """The deposit of a content, or of a saved draft as the caller knew it."""
    given = _one_of(content, draft_id, name)
    if isinstance(given, str):
        return await verbs.submit_draft(actor, given, expected_version=expected_version)
    return await verbs.submit(actor, given.draft())


def _one_of(content: Content[D] | None, draft_id: str | None, name: str) -> Content[D] | str:
    """The content, which the API calls by the name, or the identifier of the draft."""
    if content is not None and draft_id is not None:
        raise Invalid(problem("BDR-REQ-008", ("draft",)))
    given = draft_id if content is None else content
    if given is None:
        raise Invalid(problem("BDR-REQ-007", (name,)))
    return given
