"""Probes of endpoints: asked by an integrator, sent by a worker, kept with what they found."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

from domain import events
from domain.access import SYSTEM, Actor, Permission
from domain.clock import real_now
from domain.db import execute, fetch, is_away
from domain.errors import NotFound, WrongStatus
from domain.ids import findable, new_id
from domain.rules_text import problem
from webhooks import policy, probe, queue
from webhooks.courier import Courier, Sealed, opened
from webhooks.life import tell
from webhooks.models import Endpoint, EndpointStatus, Probe, ProbeState
from webhooks.outbound import ErrorKind, Outcome
from webhooks.probe import Finding, Message, Recipe, Verdict
from webhooks.tokens import NoToken

FINISHED = "webhook.probe_finished"
# A worker that began one and is not heard of by then is dead.
LONGEST = timedelta(minutes=5)
# All the messages of one together, whatever its receiver does.
TOGETHER = timedelta(minutes=3)
# Side by side in one process: a receiver that takes its time holds up no other.
AT_ONCE = 8

log = logging.getLogger(__name__)


async def ask(actor: Actor, endpoint_id: str) -> Probe:
    """Have an endpoint probed, whatever its status: its messages and figures are not touched.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with events.transaction():
        endpoint = (await queue.lock_endpoints([findable(endpoint_id)])).get(endpoint_id)
        if endpoint is None or endpoint.status == EndpointStatus.DELETED:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        actor.require(Permission.MANAGE_WEBHOOKS, on=endpoint.structure_id, path=("id",))
        if await Probe.filter(endpoint_id=endpoint.id, finished_at=None).exists():
            raise WrongStatus(problem("BDR-WHK-055", ("id",)))
        return await Probe.create(
            id=new_id("whp"),
            endpoint_id=endpoint.id,
            structure_id=endpoint.structure_id,
            state=ProbeState.ASKED,
            asked_at=real_now(),
        )


_TO_RUN = "(state = 'ASKED' OR (state = 'RUNNING' AND started_at <= $1))"


async def any_asked() -> bool:
    """Whether a probe waits to be sent. Cheap, takes no lock."""
    rows = await fetch(
        f"SELECT EXISTS (SELECT 1 FROM webhook_probe WHERE finished_at IS NULL AND {_TO_RUN})",
        real_now() - LONGEST,
    )
    return bool(rows[0][0])


async def run(courier: Courier) -> int:
    """Send the probes that wait, one after another; how many were sent."""
    done = 0
    while (taken := await _take()) is not None:
        endpoint = await Endpoint.get(id=taken.endpoint_id)
        findings: list[Finding] = []
        if endpoint.status != EndpointStatus.DELETED:
            findings = await _probed_in_time(taken, endpoint, courier)
        await _keep(taken.id, findings)
        done += 1
    return done


async def _take() -> Probe | None:
    """The oldest probe that waits, now this process's to send."""
    rows = await fetch(
        f"SELECT id FROM webhook_probe WHERE finished_at IS NULL AND {_TO_RUN} ORDER BY id LIMIT 1",
        real_now() - LONGEST,
    )
    if not rows:
        return None
    async with events.transaction():
        taken = await execute(
            "UPDATE webhook_probe SET state = 'RUNNING', started_at = $2"
            f" WHERE id = $3 AND {_TO_RUN}",
            real_now() - LONGEST,
            real_now(),
            rows[0][0],
        )
    return await Probe.get(id=rows[0][0]) if taken else await _take()


async def _probed_in_time(taken: Probe, endpoint: Endpoint, courier: Courier) -> list[Finding]:
    """What the probe found; it ends, and says why, whatever happens to it."""
    try:
        async with asyncio.timeout(TOGETHER.total_seconds()):
            return await _probed(taken, endpoint, courier)
    except TimeoutError:
        return probe.unsent(Outcome(None, 0, error=ErrorKind.TIMEOUT))
    except Exception as error:
        if is_away(error):
            raise
        log.exception("probe %s could not be sent", taken.id)
        return probe.unsent(Outcome(None, 0, error=ErrorKind.INTERRUPTED))


async def _probed(taken: Probe, endpoint: Endpoint, courier: Courier) -> list[Finding]:
    """The messages of the probe, let in and signed as real ones are."""
    site = policy.current()

    async def send(message: Message) -> Outcome:
        try:
            return await courier.post(endpoint, message.headers, message.body)
        except NoToken as error:
            return Outcome(None, 0, error=ErrorKind.TOKEN, detail=str(error))

    try:
        recipe = Recipe(
            probe_id=taken.id,
            secrets=opened(endpoint, real_now(), site.key).secrets,
            keys=await courier.keys_of(endpoint),
            environment=site.environment,
            product=site.product,
        )
        return await probe.run(recipe, send)
    except Sealed as error:
        return probe.unsent(Outcome(None, 0, error=ErrorKind.SEALED, detail=str(error)))


async def _keep(probe_id: str, findings: list[Finding]) -> None:
    async with events.transaction():
        kept = await Probe.get(id=probe_id)
        endpoint = (await queue.lock_endpoints([kept.endpoint_id]))[kept.endpoint_id]
        # Another process took it over while this one seemed dead: what came first stays.
        ended = await execute(
            "UPDATE webhook_probe SET state = 'DONE', finished_at = $2, findings = $3"
            " WHERE id = $1 AND finished_at IS NULL",
            probe_id,
            real_now(),
            probe.as_text(findings),
        )
        if ended:
            tell(FINISHED, endpoint, {"probe": card(kept, findings)}, SYSTEM)
            await queue.write_health([endpoint])


def card(kept: Probe, findings: list[Finding]) -> dict[str, Any]:
    """The result in short, as its event carries it."""
    return {
        "id": kept.id,
        "passed": probe.passed(findings),
        "total": len(findings),
        "failed": [f.check.value for f in findings if f.verdict is not Verdict.PASSED],
    }
