"""What an integrator does with endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain import events, vault
from domain.access import Actor, Permission
from domain.clock import real_now
from domain.db import dialect, fetch
from domain.errors import Forbidden, Invalid, NotFound, Problem, WrongStatus
from domain.feed import EventFilter, filter_problems
from domain.ids import findable, new_id
from domain.resuming import position_of
from domain.rules_text import problem
from domain.structures.rules import text_problems
from domain.text import normal
from webhooks import dispatch, documents, life, ordering, policy, queue, reviews, trust
from webhooks.matching import PING
from webhooks.models import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointStatus,
    Format,
    Ordering,
    PauseReason,
    Payload,
    SkipReason,
)
from webhooks.options import Options, problems_of_options
from webhooks.signing import new_secret
from webhooks.targets import url_problems
from webhooks.trust import Trust

LONGEST_DESCRIPTION = 200
# What decides what is told, and to whom.
_TELLING = frozenset({"url", "kinds", "wanted", "payload", "document"})


@dataclass(frozen=True)
class EndpointDraft:
    """What an endpoint is to be: where, and what it wants. No kinds means all of them.

    `wanted` is an `EventFilter` as it is stored.
    """

    url: str
    description: str = ""
    kinds: tuple[str, ...] = ()
    wanted: Mapping[str, Any] = field(default_factory=dict)
    trust: Trust = field(default_factory=Trust)
    payload: Payload = Payload.FULL
    format: Format = Format.STANDARD
    document: str | None = None
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Kept:
    """An endpoint with its new secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


class Resume(StrEnum):
    """What becomes of what waited during a pause."""

    ALL = "ALL"
    SINCE = "SINCE"
    NOW = "NOW"


def problems_of(
    draft: EndpointDraft, permissions: Collection[str], kept: Endpoint | None = None
) -> list[Problem]:
    """Every reason to refuse an endpoint with these permissions, or the change of a kept one."""
    return [
        *url_problems(draft.url, ("url",), policy.current().allow),
        *text_problems(draft.description, ("description",), LONGEST_DESCRIPTION),
        *filter_problems(
            replace(EventFilter.of(draft.wanted), kinds=frozenset(draft.kinds)), ("filter",)
        ),
        *trust.problems_of(draft.trust, draft.url, kept, policy.current(), real_now()),
        *documents.problems_of(draft.payload, draft.document, permissions),
        *problems_of_options(draft.options),
    ]


async def create(actor: Actor, structure_id: str, draft: EndpointDraft) -> Kept:
    """Set up an endpoint. It is told what happens from now on, and what its author may read.

    Raises:
        NotFound, Forbidden, Invalid
    """
    actor.require(Permission.MANAGE_WEBHOOKS, on=structure_id, path=("structureId",))
    permissions = readable(actor, structure_id)
    if problems := problems_of(draft, permissions):
        raise Invalid(*problems)
    identifier, secret, at = new_id("whe"), new_secret(), real_now()
    async with events.transaction():
        await _refuse_too_many(structure_id)
        endpoint = Endpoint(
            id=identifier,
            structure_id=structure_id,
            **_content(draft),
            **trust.columns(draft.trust, identifier, policy.current(), at),
            permissions=permissions,
            vouched_by=actor.id,
            secret=vault.seal(secret, identifier, policy.current().key),
            since_position=await _head_locked(),
            created_at=at,
            updated_at=at,
        )
        life.tell(life.CREATED, endpoint, {}, actor)
        await endpoint.save(force_create=True)
    return Kept(endpoint, secret)


async def update(actor: Actor, endpoint_id: str, changes: Mapping[str, Any]) -> Endpoint:
    """Change what is given of an endpoint; it holds from the next event dispatched, and for the
    messages whose document is still to be run.

    What it is told, and where, is decided by those who may read it themselves.

    Raises:
        NotFound, Forbidden, Invalid
    """
    async with events.transaction():
        if "ordering" in changes.get("options", {}):
            await dispatch.hold()
        endpoint = await _locked(actor, endpoint_id)
        draft = EndpointDraft(
            **{
                "url": endpoint.url,
                "description": endpoint.description,
                "kinds": tuple(endpoint.kinds),
                "wanted": endpoint.wanted,
                "payload": endpoint.payload,
                "format": endpoint.format,
                "document": endpoint.document if _keeps_document(changes) else None,
                **changes,
                "options": replace(Options.of(endpoint), **changes.get("options", {})),
            }
        )
        if problems := problems_of(draft, endpoint.permissions, endpoint):
            raise Invalid(*problems)
        if draft.document != endpoint.document:
            documents.forget_trouble(endpoint)
        known_by = trust.columns(draft.trust, endpoint.id, policy.current(), real_now())
        content = _content(draft) | known_by
        changed = [name for name, value in content.items() if getattr(endpoint, name) != value]
        if _TELLING.intersection(changed):
            _refuse_less(actor, endpoint)
        if reviews.may_vouch(actor, endpoint):
            reviews.vouch(actor, endpoint)
        await ordering.follow(endpoint.id, Ordering(endpoint.ordering), draft.options.ordering)
        endpoint.update_from_dict(content)
        if changed:
            life.tell(life.UPDATED, endpoint, {"changed": life.as_the_api_says(changed)}, actor)
        return await _saved(endpoint)


async def pause(actor: Actor, endpoint_id: str) -> Endpoint:
    """Stop sending. Events go on being queued; nothing is deleted.

    Raises:
        NotFound, Forbidden
    """
    async with events.transaction():
        endpoint = await _locked(actor, endpoint_id)
        if endpoint.status != EndpointStatus.PAUSED:
            life.pause(endpoint, PauseReason.ASKED, real_now(), actor=actor)
        return await _saved(endpoint)


async def resume(
    actor: Actor, endpoint_id: str, start: Resume, cursor: str | None = None
) -> Endpoint:
    """Send again: all that waited, what came after a cursor, or only what is still to come.

    Raises:
        NotFound, Forbidden, Invalid
    """
    upto = await _skipped_upto(start, cursor)
    async with events.transaction():
        await dispatch.hold()
        endpoint = await _locked(actor, endpoint_id)
        skipped = 0
        if upto:
            skipped = await queue.skip(endpoint_id, SkipReason.RESUMED_WITHOUT.value, upto=upto)
        await queue.make_due(endpoint_id)
        await queue.count_anew(endpoint_id)
        if skipped or endpoint.status != EndpointStatus.ACTIVE:
            life.resume(endpoint, start.value, skipped, actor)
        return await _saved(endpoint)


async def delete(actor: Actor, endpoint_id: str) -> Endpoint:
    """Take an endpoint away. Its deliveries stay readable; those that wait are given up.

    Raises:
        NotFound, Forbidden
    """
    async with events.transaction():
        await dispatch.hold()
        endpoint = await _locked(actor, endpoint_id)
        skipped = await queue.skip(endpoint_id, SkipReason.ENDPOINT_DELETED.value)
        life.delete(endpoint, skipped, actor)
        endpoint.secret = ""
        endpoint.previous_secret = None
        endpoint.previous_secret_until = None
        return await _saved(endpoint.update_from_dict(trust.forgotten()))


async def rotate_secret(actor: Actor, endpoint_id: str) -> Kept:
    """Make a new secret. The old one signs too for a while, so that no message is refused.

    Raises:
        NotFound, Forbidden
    """
    site, secret = policy.current(), new_secret()
    async with events.transaction():
        endpoint = await _locked(actor, endpoint_id)
        endpoint.previous_secret = endpoint.secret
        endpoint.previous_secret_until = real_now() + site.secret_overlap
        endpoint.secret = vault.seal(secret, endpoint.id, site.key)
        life.tell_rotation(endpoint, actor)
        return Kept(await _saved(endpoint), secret)


async def ping(actor: Actor, endpoint_id: str) -> Endpoint:
    """Send a `webhook.ping` to this endpoint alone.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with events.transaction():
        endpoint = await _locked(actor, endpoint_id)
        _refuse_paused(endpoint)
        _probe_at_once(endpoint)
        life.tell(PING, endpoint, {}, actor)
        return await _saved(endpoint)


async def redeliver(actor: Actor, delivery_id: str) -> Delivery:
    """Send the same body once more: at once, and outside the order of its subject.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with events.transaction():
        known = await Delivery.get_or_none(id=findable(delivery_id))
        if known is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        endpoint = await _locked(actor, known.endpoint_id)
        _refuse_paused(endpoint)
        found = Delivery.filter(id=delivery_id)
        delivery = await (found.select_for_update() if dialect() == "postgres" else found).get()
        if delivery.state == DeliveryState.HELD:
            raise WrongStatus(problem("BDR-WHK-009", ("id",)))
        if delivery.state != DeliveryState.DELIVERING:
            _send_again(delivery, real_now())
            await delivery.save()
        if _probe_at_once(endpoint):
            await endpoint.save(update_fields=["not_before"])
        return delivery


def _refuse_paused(endpoint: Endpoint) -> None:
    if endpoint.status == EndpointStatus.PAUSED:
        raise WrongStatus(problem("BDR-WHK-008", ("id",)))


def _probe_at_once(endpoint: Endpoint) -> bool:
    """Bring forward the next probe of a degraded endpoint; whether it was one."""
    is_degraded = endpoint.status == EndpointStatus.DEGRADED
    if is_degraded:
        endpoint.not_before = None
    return is_degraded


def _send_again(delivery: Delivery, at: datetime) -> None:
    # What was only waiting for its next attempt keeps its place in the queue.
    delivery.ordered = delivery.ordered and delivery.state == DeliveryState.PENDING
    # One that was given up before its document was run waits for that, as any other.
    delivery.state = DeliveryState.PENDING if delivery.body else DeliveryState.HELD
    delivery.failures = 0
    delivery.first_attempt_at = None
    delivery.next_attempt_at = at if delivery.body else None
    delivery.finished_at = None
    delivery.skip_reason = None


async def _skipped_upto(start: Resume, cursor: str | None) -> int | None:
    """The position up to which nothing is sent; None skips nothing."""
    if start is Resume.ALL:
        return None
    if start is Resume.NOW:
        return queue.LAST_POSITION
    if cursor is None:
        raise Invalid(problem("BDR-WHK-010", ("cursor",)))
    return await position_of(cursor, ("cursor",))


def _content(draft: EndpointDraft) -> dict[str, Any]:
    return {
        "url": draft.url,
        "description": normal(draft.description) or "",
        "kinds": sorted(set(draft.kinds)),
        "wanted": EventFilter.of(draft.wanted).stored(),
        "payload": draft.payload,
        "format": draft.format,
        "document": draft.document,
        **draft.options.columns(),
    }


def _keeps_document(changes: Mapping[str, Any]) -> bool:
    """Whether the payload that is asked for, if one is, has a document."""
    return changes.get("payload", Payload.DOCUMENT) is Payload.DOCUMENT


def readable(actor: Actor, structure_id: str) -> list[str]:
    """What the actor may read on the structure; news of the webhooks themselves always."""
    held = {p for p in Permission if actor.may(p, structure_id)} | {Permission.READ_WEBHOOKS}
    return sorted(p.value for p in held)


def _refuse_less(actor: Actor, endpoint: Endpoint) -> None:
    """Who could not read what the endpoint is told may not have it told otherwise or elsewhere."""
    if missing := reviews.unread(actor, endpoint):
        raise Forbidden(problem("BDR-WHK-056", ("id",), permissions=", ".join(missing)))


async def _refuse_too_many(structure_id: str) -> None:
    most = policy.current().max_endpoints
    # The lock makes two creations count one after the other.
    lock = " FOR NO KEY UPDATE" if dialect() == "postgres" else ""
    await fetch(f"SELECT id FROM structure WHERE id = $1{lock}", structure_id)
    kept = Endpoint.filter(structure_id=structure_id).exclude(status=EndpointStatus.DELETED)
    if await kept.count() >= most:
        raise Invalid(problem("BDR-WHK-006", ("structureId",), limit=most))


async def _head_locked() -> int:
    """The last position, with no further commit until ours.

    The first event after it is then dispatched when the endpoint can be seen: none is missed.
    """
    lock = " FOR UPDATE" if dialect() == "postgres" else ""
    return int((await fetch(f"SELECT position FROM log_head WHERE id = 1{lock}"))[0][0])


async def _locked(actor: Actor, endpoint_id: str) -> Endpoint:
    endpoint = (await queue.lock_endpoints([findable(endpoint_id)])).get(endpoint_id)
    if endpoint is None or endpoint.status == EndpointStatus.DELETED:
        raise NotFound(problem("BDR-REQ-001", ("id",)))
    actor.require(Permission.MANAGE_WEBHOOKS, on=endpoint.structure_id, path=("id",))
    return endpoint


async def _saved(endpoint: Endpoint) -> Endpoint:
    endpoint.updated_at = real_now()
    await endpoint.save()
    return endpoint
