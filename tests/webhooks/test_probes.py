"""Probes of endpoints: asked through the API, sent by the worker, told and kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.access import Permission
from domain.clock import Clock
from domain.db import fetch
from domain.errors import Forbidden, NotFound, WrongStatus
from domain.structures.models import Structure
from tests.api import served
from tests.make import a_supplier, an_actor
from tests.webhooks.conftest import an_endpoint, run
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.receivers import a_good_receiver, a_naive_receiver
from tests.webhooks.test_endpoints import rules
from webhooks import endpoints, health, probe, probes
from webhooks.courier import Courier
from webhooks.machine import Machine
from webhooks.models import Endpoint, Probe, ProbeState
from webhooks.probe import Check, Verdict

PROBE = """mutation($input: WebhookEndpointProbeInput!) { webhookEndpointProbe(input: $input) {
  probe { id state } userErrors { code path rule } } }"""
PROBES = """query($endpoint: ID) { webhookProbes(endpoint: $endpoint) { nodes {
  state passed total
  checks { code verdict status observed(locale: EN) why remedy(locale: EN) } } } }"""


@pytest.fixture
def courier(machine: Machine) -> Courier:
    """What the machine sends with."""
    return machine._courier


async def test_a_probe_is_kept_and_told_and_counts_in_no_figure(
    owner: Structure, receiver: Receiver, machine: Machine, courier: Courier
) -> None:
    naive = a_naive_receiver()
    await naive.start()
    kept = await an_endpoint(owner, naive, kinds=("structure.updated",))
    await an_endpoint(owner, receiver, kinds=("webhook.probe_finished",))

    asked = await probes.ask(an_actor(owner), kept.endpoint.id)
    assert (asked.state, await probes.any_asked()) == (ProbeState.ASKED, True)
    assert await probes.run(courier) == 1
    await run(machine)

    done = await Probe.get(id=asked.id)
    findings = [probe.finding_of(one) for one in done.findings]
    assert (done.state, probe.passed(findings)) == (ProbeState.DONE, 2)
    (told,) = receiver.contents
    assert told["data"]["probe"]["passed"] == 2
    assert Check.BAD_SIGNATURE.value in told["data"]["probe"]["failed"]
    endpoint = await Endpoint.get(id=kept.endpoint.id)
    assert (endpoint.consecutive_failures, endpoint.last_failure_at) == (0, None)
    assert (await health.figures([kept.endpoint.id]))[0].attempts == 0
    assert await fetch("SELECT 1 FROM webhook_attempt WHERE endpoint_id = $1", endpoint.id) == []
    await naive.stop()


async def test_an_endpoint_is_probed_with_its_own_secret_even_while_it_is_paused(
    owner: Structure, courier: Courier
) -> None:
    good = Receiver()
    await good.start()
    kept = await an_endpoint(owner, good)
    good.reply = a_good_receiver(kept.secret).reply
    await endpoints.pause(an_actor(owner), kept.endpoint.id)

    asked = await probes.ask(an_actor(owner), kept.endpoint.id)
    await probes.run(courier)

    findings = (await Probe.get(id=asked.id)).findings
    assert [one["verdict"] for one in findings] == [Verdict.PASSED.value] * len(Check)
    await good.stop()


async def test_one_probe_at_a_time_by_who_manages_the_endpoint(
    owner: Structure, receiver: Receiver
) -> None:
    kept = await an_endpoint(owner, receiver)
    reader = an_actor(owner, permissions=[Permission.READ_WEBHOOKS])
    for actor, kind in ((an_actor(await a_supplier()), NotFound), (reader, Forbidden)):
        with pytest.raises(kind):
            await probes.ask(actor, kept.endpoint.id)
    assert await Probe.all().count() == 0

    await probes.ask(an_actor(owner), kept.endpoint.id)
    with pytest.raises(WrongStatus) as refusal:
        await probes.ask(an_actor(owner), kept.endpoint.id)

    assert rules(refusal) == ["BDR-WHK-055"]


async def test_a_probe_whose_worker_died_is_sent_by_another(
    owner: Structure, receiver: Receiver, courier: Courier, clock: Clock
) -> None:
    kept = await an_endpoint(owner, receiver)
    asked = await probes.ask(an_actor(owner), kept.endpoint.id)
    taken = await probes._take()
    assert taken is not None
    assert await probes.run(courier) == 0

    clock.advance(probes.LONGEST + timedelta(seconds=1))

    assert await probes.run(courier) == 1
    assert (await Probe.get(id=asked.id)).state == ProbeState.DONE


async def test_a_deleted_endpoint_is_not_probed(
    owner: Structure, receiver: Receiver, courier: Courier
) -> None:
    kept = await an_endpoint(owner, receiver)
    asked = await probes.ask(an_actor(owner), kept.endpoint.id)
    await endpoints.delete(an_actor(owner), kept.endpoint.id)

    await probes.run(courier)

    done = await Probe.get(id=asked.id)
    assert (done.state, done.findings, receiver.messages) == (ProbeState.DONE, [], [])


async def test_a_probe_that_fails_ends_says_why_and_stops_no_other(
    owner: Structure, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = [await an_endpoint(owner, receiver) for _ in range(2)]
    first = await probes.ask(an_actor(owner), bad.endpoint.id)
    second = await probes.ask(an_actor(owner), good.endpoint.id)
    send = probe.run

    async def poisoned(recipe: probe.Recipe, post: probe.Send) -> list[probe.Finding]:
        if recipe.probe_id == first.id:
            raise ValueError("poison")
        return await send(recipe, post)

    monkeypatch.setattr(probe, "run", poisoned)
    assert await probes.run(courier) == 2

    done = await Probe.get(id=first.id)
    assert (done.state, done.findings[0]["error"]) == (ProbeState.DONE, "INTERRUPTED")
    assert (await Probe.get(id=second.id)).findings[0]["error"] is None


async def test_a_receiver_that_never_answers_ends_its_probe_and_delays_no_other(
    owner: Structure, receiver: Receiver, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Receiver(Reply(delay=30))
    await slow.start()
    monkeypatch.setattr(probes, "TOGETHER", timedelta(seconds=1.5))
    held = await an_endpoint(owner, slow, kinds=("structure.updated",))
    free = await an_endpoint(owner, receiver, kinds=("structure.updated",))
    first = await probes.ask(an_actor(owner), held.endpoint.id)
    await machine.sweep()
    await slow.has(1)

    second = await probes.ask(an_actor(owner), free.endpoint.id)
    await machine.sweep()
    await receiver.has(len(Check))

    assert (await Probe.get(id=first.id)).state == ProbeState.RUNNING
    while await Probe.filter(id__in=[first.id, second.id], finished_at=None).exists():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert (await Probe.get(id=first.id)).findings[0]["error"] == "TIMEOUT"
    await slow.stop()


async def test_a_probe_through_the_api_is_sent_by_the_worker_of_the_server(
    database_url: str, receiver: Receiver
) -> None:
    async with served(database_url, webhook_allow=("127.0.0.0/8",)) as api:
        create = (
            "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
            " { endpoint { id } } }"
        )
        asked = {"structureId": api.world.parties.supplier.id, "url": receiver.url}
        endpoint = (await api("erp")(create, input=asked)).payload["endpoint"]["id"]

        begun = await api("erp")(PROBE, input={"id": endpoint})
        assert begun.payload["probe"]["state"] == "ASKED"
        await receiver.has(len(Check))
        found: dict[str, Any] = {}
        while found.get("state") != "DONE":
            (found,) = (await api("erp")(PROBES, endpoint=endpoint)).payload["nodes"]

        assert (found["passed"], found["total"]) == (4, 7)
        wrong = {c["code"]: c for c in found["checks"] if c["verdict"] == "FAILED"}
        assert wrong.keys() == {"BAD_SIGNATURE", "STALE_TIMESTAMP", "ALTERED_BODY"}
        assert wrong["BAD_SIGNATURE"]["observed"].startswith("Answer 200")
        refused = await api("recipient")(PROBE, input={"id": endpoint})
        assert refused.user_errors == [("NOT_FOUND", ["id"])]
        assert (await api("recipient")(PROBES, endpoint=endpoint)).payload["nodes"] == []
