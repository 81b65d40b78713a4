"""What was told of it all, what was played of it all, and the stage cleared."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from tests.demo.outside import PATIENCE, Failed, endpoint_trouble
from tests.demo.scenes.billing import ERRORS, Works
from tests.demo.stage import Script, counted, expect, refuse

# What this server says of works: public, like the rules that it enforces.
TABLE = """
{
  lifecycle(kind: WORKS_PIECE) { variants { frames } }
  billingFrames { code nextFrames }
}
"""

SCENE: Script[Works] = Script("What was told and played")
step = SCENE.step


@step("the stream and the webhooks told the same, each piece in order")
async def told(play: Works) -> str:
    pieces = [piece["id"] for piece in play.pieces.values()]
    for _ in range(int(PATIENCE / 0.1)):
        counts = [(len(play.reader.of(p)), len(play.receiver.reader.of(p)), p) for p in pieces]
        if all(a == b and a for a, b, _ in counts):
            break
        await asyncio.sleep(0.1)
    different = [c for c in counts if c[0] != c[1] or not c[0]]
    if different:
        why = await endpoint_trouble(play.callers["holder"], play.endpoint)
        raise Failed(f"SSE and webhooks differ on {different[:3]}: {why}")
    for piece in pieces:
        by_webhook = [n for n, _ in play.receiver.reader.of(piece)]
        expect(by_webhook == sorted(set(by_webhook)), f"{piece}: {by_webhook}")
        expect(by_webhook == [n for n, _ in play.reader.of(piece)], f"{piece} differs")
    return f"{counted(sum(a for a, _, _ in counts), 'event')} of {len(pieces)} pieces"


def frames_of(table: dict[str, Any]) -> list[str]:
    """The works frames, in their order."""
    works = {f for variant in table["lifecycle"]["variants"] for f in variant["frames"]}
    return [row["code"] for row in table["billingFrames"] if row["code"] in works]


def ways_of(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Each works frame with each that may follow or carry it."""
    next_of = {row["code"]: row["nextFrames"] for row in table["billingFrames"]}
    return [(frame, after) for frame in frames_of(table) for after in next_of[frame]]


def left_out(table: dict[str, Any], played: Collection[tuple[str | None, str]]) -> list[str]:
    """The frames, then the ways, that were not played."""
    deposited = {frame for _, frame in played}
    frames = [frame for frame in frames_of(table) if frame not in deposited]
    return frames + [f"{a} → {b}" for a, b in ways_of(table) if (a, b) not in played]


@step("every works frame was played, and every way from one to the next")
async def complete(play: Works) -> str:
    table = await play.ask("holder", TABLE)
    frames, ways = frames_of(table), ways_of(table)
    left = left_out(table, play.ways)
    expect(bool(frames and ways) and not left, f"not played: {', '.join(left)}")
    return f"{len(frames)} frames, {len(ways)} ways: {', '.join(frames)}"


@step("the stage is cleared")
async def clear(play: Works) -> str:
    refuse(
        await play.callers["holder"].do(
            "mutation($input: WebhookEndpointDeleteInput!) { webhookEndpointDelete(input: $input)"
            f" {{ {ERRORS} }} }}",
            id=play.endpoint,
        )
    )
    return "the endpoint is deleted"
