"""A consumer group with two members, which fall while they hold events or do only some of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.history import Pulled, Turn, Wish
from tests.chaos.load import PATIENCE_SECONDS, Client, Party, Refused
from tests.chaos.sites import Site

NAMES = ("Anne", "Basile")
# Longer than anyone waits for an answer: whoever is handed events knows it while they are his.
LEASE_SECONDS = int(PATIENCE_SECONDS) + 2
WAIT_SECONDS = 2
# What a lease is for has all been handed to somebody else: answered when a take is repeated late.
LEASE_IS_OVER = "BDR-EVT-012"

_ERRORS = "userErrors { rule path message severity }"
CREATE = (
    "mutation($input: EventConsumerCreateInput!) { eventConsumerCreate(input: $input)"
    f" {{ consumer {{ id }} {_ERRORS} }} }}"
)
TAKE = (
    "mutation($input: EventInboxTakeInput!) { eventInboxTake(input: $input)"
    f" {{ lease {{ id items {{ cursor event {{ id }} }} }} {_ERRORS} }} }}"
)
ACKNOWLEDGE = (
    "mutation($input: EventInboxAckInput!) { eventInboxAck(input: $input)"
    f" {{ acknowledged lost {_ERRORS} }} }}"
)


@dataclass
class Group:
    """The group and what its members did."""

    client: Client
    wish: Wish
    turns: list[Turn] = field(default_factory=list)
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)

    @classmethod
    async def made(cls, place: Site, client: Client, party: Party) -> Group:
        """A group for what a structure sees from now on; nothing is ever set aside."""
        given = {"structureId": party.id, "name": "chaos", "onBlocked": "HOLD"}
        made = await client.do(CREATE, {**given, "leaseSeconds": LEASE_SECONDS})
        ((permissions, since),) = await place.rows(
            "SELECT permissions, read_position FROM event_consumer"
        )
        held = json.loads(permissions) if isinstance(permissions, str) else permissions
        wish = Wish(made["consumer"]["id"], "the group", party.id, frozenset(held), since)
        group = cls(client, wish)
        group.members = [Member(group, name, Random(client.random.random())) for name in NAMES]
        return group

    @property
    def pulled(self) -> Pulled:
        return Pulled(self.wish, self.turns, self.acknowledged)

    def behave(self) -> None:
        """Do everything that is handed out from now on."""
        for member in self.members:
            member.misbehaves = False

    async def left(self, place: Site) -> int:
        """How many events are still to be read or done, or are in the hands of a member."""
        ((unread, open_),) = await place.rows(
            "SELECT h.position - c.read_position, (SELECT count(*) FROM event_inbox_item)"
            " FROM event_consumer c JOIN log_head h ON h.id = 1"
        )
        return int(unread) + int(open_) + sum(member.holds for member in self.members)


@dataclass
class Member:
    """One who takes and acknowledges."""

    group: Group
    name: str
    random: Random
    misbehaves: bool = True
    holds: int = 0

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self._take()
            except Refused as error:
                if LEASE_IS_OVER not in str(error):
                    self.group.problems.append(f"{self.name}: {error}")
            self.holds = 0
            await asyncio.sleep(self.random.uniform(0, 0.2))

    async def _take(self) -> None:
        taken = await self._do(
            TAKE,
            member=self.name,
            waitSeconds=WAIT_SECONDS,
            idempotencyKey=f"{self.random.getrandbits(64):016x}",
        )
        if taken["lease"] is None:
            return
        items = taken["lease"]["items"]
        self.holds = len(items)
        self.group.turns += [Turn(self.name, item["event"]["id"]) for item in items]
        if self.misbehaves and self.random.random() < 0.1:
            # It falls at work: the end of the lease is all that anybody hears of it.
            return
        if self.misbehaves and self.random.random() < 0.2:
            items = items[: self.random.randrange(len(items)) + 1] if items else items
        if items:
            await self._acknowledge(taken["lease"]["id"], items)

    async def _acknowledge(self, lease: str, items: list[dict[str, Any]]) -> None:
        cursors = [item["cursor"] for item in items]
        told = await self._do(ACKNOWLEDGE, leaseId=lease, cursors=cursors)
        self.group.acknowledged += told["acknowledged"]
        self.group.turns += [
            Turn(self.name, item["event"]["id"], is_done=True)
            for item in items
            if item["cursor"] not in told["lost"]
        ]

    async def _do(self, document: str, **given: Any) -> dict[str, Any]:
        return await self.group.client.do(
            document, {"consumerId": self.group.wish.endpoint, **given}
        )
