"""The proof of an event convinces a third party, and says nothing of other events or people."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain import events
from domain.access import SYSTEM
from domain.accounts import erasure
from domain.chain.checking import Flaw
from domain.checkpoints import making, proving, reading
from domain.origin import UNKNOWN
from frontend_contract import verify_log
from tests.api import Api

PROOF = "query ($event: ID!) { eventProof(event: $event) { hash document } }"
Proof = dict[str, Any]


async def an_event(kind: str) -> events.Event:
    found = await events.after(0, limit=10_000)
    return [event for event in found if event.kind == kind][-1]


async def proof_by(api: Api, persona: str, event: events.Event) -> Proof:
    """The document that the persona is given, once everything is signed."""
    await making.make()
    answer = await api(persona)(PROOF, event=event.id)
    document: Proof = answer.payload["document"]
    return document


async def by_product(proof: Proof) -> str | None:
    """What the product finds wrong with a proof."""
    try:
        proving.verified(json.dumps(proof), await reading.published_keys())
    except Flaw as flaw:
        return flaw.what
    return None


async def by_stranger(proof: Proof, folder: Path) -> int:
    """The exit status of the script that shares nothing with the product."""
    file, keys = folder / "proof.json", folder / "keys.json"
    file.write_text(json.dumps(proof), "utf-8")
    keys.write_text(json.dumps({"keys": await reading.published_keys()}), "utf-8")
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-I", verify_log.__file__, "--proof", file, "--keys", keys],
        capture_output=True,
        check=False,
    )
    return run.returncode


async def test_whoever_may_see_an_event_proves_it_to_anyone(api: Api, tmp_path: Path) -> None:
    event = await an_event("invoice.submitted")

    proof = await proof_by(api, "supplier", event)

    assert await by_product(proof) is None
    assert await by_stranger(proof, tmp_path) == 0
    assert proof["record"]["id"] == event.id
    assert json.loads(proof["values"]["data"]) == event.data
    others = [e.id for e in await events.after(0, limit=10_000) if e.id != event.id]
    assert not [one for one in others if one in json.dumps(proof)]


async def test_the_other_side_proves_the_fact_and_not_its_author(api: Api) -> None:
    signed, deposited = await an_event("mandate.signed"), await an_event("invoice.submitted")

    own = await proof_by(api, "supplier", signed)
    other = await proof_by(api, "recipient", deposited)

    assert (own["values"]["actor_name"], "audience" in own["values"]) == ("Jeanne Durand", False)
    assert own["values"].keys() == own["salts"].keys()
    assert other["values"].keys() == other["salts"].keys() == {"comment", "data"}
    assert [await by_product(proof) for proof in (own, other)] == [None, None]


async def test_what_was_erased_is_no_longer_shown_and_the_rest_still_proved(api: Api) -> None:
    plain = api.world.people["plain"]
    (redacted,) = await events.of_subject(api.world.attachments["ownRequest"].id)
    await erasure.erase(SYSTEM, plain.id, UNKNOWN)

    proof = await proof_by(api, "recipient", redacted)

    assert plain.display_name in json.dumps(redacted.data)
    assert proof["values"].keys() == proof["salts"].keys() == {"actor_id", "comment"}
    assert await by_product(proof) is None


async def test_whoever_may_not_see_an_event_gets_no_proof(api: Api) -> None:
    event = await an_event("invoice.submitted")

    assert (await api("plain")(PROOF, event=event.id)).payload is None
    assert (await api("supplier")(PROOF, event="evt_none")).payload is None
    assert (await api("supplier")(PROOF, event="x" * 500)).payload is None
    assert (await api("anonymous")(PROOF, event=event.id)).codes == ["UNAUTHENTICATED"]


def _value(proof: Proof) -> None:
    proof["values"]["data"] = proof["values"]["data"].replace("EUR", "USD")


def _record(proof: Proof) -> None:
    proof["record"]["occurred_at"] = proof["record"]["occurred_at"].replace("2026", "2025")


def _index(proof: Proof) -> None:
    proof["index"] += 1


def _path(proof: Proof) -> None:
    proof["path"][0] = "0" * 64


def _short(proof: Proof) -> None:
    proof["path"].pop()


def _long(proof: Proof) -> None:
    proof["path"].append("0" * 64)


def _signature(proof: Proof) -> None:
    jws = proof["checkpoint"]["jws"]
    proof["checkpoint"]["jws"] = jws[:-10] + ("A" if jws[-10] != "A" else "B") + jws[-9:]


def _statement(proof: Proof) -> None:
    text = proof["checkpoint"]["statement"]
    proof["checkpoint"]["statement"] = text.replace("madeAt", "made")


def _nothing(proof: Proof) -> None:
    proof.clear()


@pytest.mark.parametrize(
    "change", [_value, _record, _index, _path, _short, _long, _signature, _statement, _nothing]
)
async def test_an_altered_proof_proves_nothing(api: Api, tmp_path: Path, change: Any) -> None:
    proof = await proof_by(api, "supplier", await an_event("invoice.submitted"))

    change(proof)

    assert await by_product(proof) is not None
    assert await by_stranger(proof, tmp_path) == 1
