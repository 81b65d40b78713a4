"""One run: a site under load is harmed; when it is quiet again, what happened is judged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from time import monotonic
from typing import Any

import httpx2

from tests.bench.databases import ROOT
from tests.chaos import harms, programs
from tests.chaos.history import History, Logged, Replayed, Row, Violation, Wish
from tests.chaos.judges import judged
from tests.chaos.load import PATIENCE_SECONDS, Client, Load, Party, Refused
from tests.chaos.members import Group
from tests.chaos.observers import Observer, observers
from tests.chaos.receivers import FALLS, Receiver, Receivers
from tests.chaos.replaying import Replaying
from tests.chaos.sites import TIMEOUT_SECONDS, Site, keep_logs, site
from tests.demo.outside import connect_machine

QUIET_SECONDS = 90.0
RESUME_SECONDS = 1.0
NAMED = 10
# When, in parts of the load, one receiver falls, and events are sent again.
FALL_AT, REPLAY_AT = 0.1, 0.4
# How long an outage may last until the breaker opens, and something to replay be looked for.
LONGEST_SECONDS = 60.0
# Those who would keep a run from its end behave when the load is over.
REPENTANT = ("gone", "blocking")
# Of a session that holds locks while all is quiet.
IDLE_SECONDS = 20
Say = Callable[[str], None]

CREATE = (
    "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
    " { endpoint { id } secret userErrors { rule path message severity } } }"
)
RESUME = (
    "mutation($input: WebhookEndpointResumeInput!) { webhookEndpointResume(input: $input)"
    " { userErrors { rule path message severity } } }"
)
ENDPOINTS = "query($id: ID!) { webhookEndpoint(id: $id) { status } }"
EXPLAIN = (
    "query($event: ID!, $endpoint: ID!) { explainDelivery(event: $event, endpoint: $endpoint)"
    " { code label(locale: EN) behind delivery { id state } } }"
)


@dataclass(frozen=True)
class Plan:
    """What is asked of one run."""

    form: str
    seed: int
    seconds: float = 60.0
    kills: int = 12
    most_invoices: int = 1_000_000


@dataclass
class Verdict:
    """What came of it."""

    form: str
    events: int = 0
    deliveries: int = 0
    kills: int = 0
    duplicates: int = 0
    violations: list[Violation] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.violations

    def line(self) -> str:
        counts = {
            kind: sum(v.kind == kind for v in self.violations)
            for kind in ("lost", "reordered", "invented")
        }
        others = len(self.violations) - sum(counts.values())
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return (
            f"chaos {self.form}: {self.events:,} events, {self.deliveries:,} deliveries,"
            f" {self.kills} kills, {told}, {self.duplicates:,} duplicates"
            + (f", {others} OTHER VIOLATIONS" if others else "")
        )


async def run(plan: Plan, say: Say) -> Verdict:
    """Play the plan on a site of its own.

    Raises:
        sites.Unavailable: this machine lacks something that the form needs.
    """
    random = Random(f"{plan.form} {plan.seed}")
    async with site(plan.form) as place:
        say(f"{plan.form}: preparing in {place.folder}")
        credentials = await place.prepare()
        await place.start()
        async with (
            httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http,
            Receivers(Random(random.random()), TIMEOUT_SECONDS) as receivers,
        ):
            stage = await Stage.set_up(place, credentials, receivers, http, random)
            async with _supervised(place), stage.followed():
                return await stage.play(plan, say)


@asynccontextmanager
async def _supervised(place: Site) -> AsyncIterator[None]:
    async with _background(programs.look_after(place.programs)):
        yield


@asynccontextmanager
async def _background(*works: Any) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@dataclass
class Stage:
    """The site with its clients, receivers and observers."""

    site: Site
    receivers: Receivers
    load: Load
    observers: Sequence[Observer]
    group: Group
    replaying: Replaying
    random: Random
    owners: dict[str, Client]
    kills: int = 0
    violations: list[Violation] = field(default_factory=list)

    @classmethod
    async def set_up(
        cls,
        place: Site,
        credentials: dict[str, Any],
        receivers: Receivers,
        http: httpx2.AsyncClient,
        random: Random,
    ) -> Stage:
        async def client(role: str) -> Client:
            known = credentials["clients"][role]
            caller = await connect_machine(
                place.urls[0], known["clientId"], known["clientSecret"], http
            )
            return Client(caller.token, place.urls, Random(random.random()), http)

        supplier, recipient = await client("supplier"), await client("recipient")
        parties = {
            part: Party(known["id"], known["siret"])
            for part, known in credentials["structures"].items()
        }
        load = Load(
            supplier,
            recipient,
            [parties[part] for part in ("supplier", "subcontractor", "coContractor")],
            [parties["recipient"], replace(parties["paris"], service="VOIRIE")],
            Random(random.random()),
        )
        start = await supplier.ask("{ invoices(first: 1) { asOfCursor } }", {})
        followers = observers(supplier, start["asOfCursor"])
        group = await Group.made(place, supplier, parties["supplier"])
        again = Replaying(supplier, receivers["good"], start["asOfCursor"])
        stage = cls(place, receivers, load, followers, group, again, random, {})
        # Both sides of the invoices have receivers of every kind over time: every other one each.
        sides = ((supplier, parties["supplier"]), (recipient, parties["recipient"]))
        for n, receiver in enumerate(receivers.all):
            await stage.subscribe(receiver, *sides[n % 2])
        return stage

    async def subscribe(self, receiver: Receiver, owner: Client, party: Party) -> None:
        """Set up the endpoint of a receiver."""
        given = {"structureId": party.id, "url": receiver.url, **receiver.options}
        made = await owner.do(CREATE, given)
        receiver.secret, receiver.endpoint = made["secret"], made["endpoint"]["id"]
        self.owners[receiver.endpoint] = owner

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """With the observers and members at work, and someone who resumes what was paused."""
        readers = (*self.observers, *self.group.members)
        async with _background(*(one.run() for one in readers), self._resume_for_ever()):
            yield

    async def play(self, plan: Plan, say: Say) -> Verdict:
        """The load and the harms, then quiet, then the verdict."""
        self.load.most = plan.most_invoices
        begun = monotonic()
        working = asyncio.create_task(self.load.run())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(plan.seconds))
                group.create_task(self._outage(FALL_AT * plan.seconds, say))
                group.create_task(self._replay(REPLAY_AT * plan.seconds, say))
                for moment, harm in harms.plan(plan.form, plan.kills, plan.seconds, self.random):
                    group.create_task(self._harm(begun, moment, harm, say))
            self.load.stop()
            await working
        finally:
            # Interrupted, nothing of it may outlive the clients that it works with.
            working.cancel()
            await asyncio.wait({working})
        say(f"{monotonic() - begun:6.1f} s  the load is over: {self._so_far()}")
        await self.site.up()
        await self._quiet(say)
        return await self._judge(plan, say)

    async def _harm(self, begun: float, moment: float, harm: harms.Harm, say: Say) -> None:
        await asyncio.sleep(max(0.0, begun + moment - monotonic()))
        try:
            said = await harm.do(self.site, Random(self.random.random()))
        except harms.DidNotEnd as error:
            said = str(error)
            self.violations.append(Violation("ending", said))
        self.kills += 1
        say(f"{monotonic() - begun:6.1f} s  {harm.name} of {said}; {self._so_far()}")

    async def _outage(self, moment: float, say: Say) -> None:
        """One receiver is down until its endpoint is degraded and was tried in vain."""
        await asyncio.sleep(moment)
        one = self.receivers[FALLS]
        await one.stop()
        begun = monotonic()
        known, probes = {}, 0
        # Whoever probes may be down himself for a while.
        while not probes and monotonic() < begun + LONGEST_SECONDS:
            await asyncio.sleep(0.5)
            known = await self.owners[one.endpoint].ask(ENDPOINTS, {"id": one.endpoint})
            probes = await self._vain_probes(one)
        await one.start()
        say(f"         {one.name} was down for {monotonic() - begun:.1f} s, its endpoint {known}")

    async def _vain_probes(self, one: Receiver) -> int:
        """How often it was tried in vain while its breaker was open; 0 when nobody can say now."""
        with contextlib.suppress(Exception):
            ((count,),) = await self.site.rows(
                "SELECT count(*) FROM webhook_attempt WHERE next_why = 'PROBE'"
                " AND endpoint_id = $1",
                one.endpoint,
            )
            return int(count)
        return 0

    async def _replay(self, moment: float, say: Say) -> None:
        await asyncio.sleep(moment)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                said = await self.replaying.start()
        except (Refused, TimeoutError) as error:
            said = f"no replay: {error!r}"
            self.violations.append(Violation("replay", said))
        say(f"         {said}")

    def _so_far(self) -> str:
        accepted = sum(len(one.accepted) for one in self.receivers.all)
        return f"{len(self.load.intended)} invoices, {accepted} messages accepted"

    async def _resume_for_ever(self) -> None:
        """What an integrator does whose endpoint was paused: resume it, with all that waited."""
        while True:
            await asyncio.sleep(RESUME_SECONDS)
            with contextlib.suppress(Exception):
                await self.resume_paused()

    async def resume_paused(self) -> None:
        for endpoint, owner in self.owners.items():
            known = await owner.ask(ENDPOINTS, {"id": endpoint})
            if known["status"] == "PAUSED":
                await owner.do(RESUME, {"id": endpoint, "start": "ALL"})

    async def _quiet(self, say: Say) -> None:
        """Wait until nothing is under way, but not for ever."""
        for one in self.receivers.all:
            one.misbehaves = one.name not in REPENTANT
        self.group.behave()
        begun = monotonic()
        waited = 0.0
        while waited < QUIET_SECONDS:
            waiting = await self._waiting()
            if not waiting:
                say(f"quiet after {waited:.1f} s")
                return
            await asyncio.sleep(0.5)
            waited = monotonic() - begun
        say(f"not quiet after {waited:.0f} s: {waiting}")

    async def _waiting(self) -> str:
        """What is not at its end yet."""
        (behind,) = await self.site.rows(
            "SELECT h.position - COALESCE((SELECT position FROM webhook_bookmark"
            " WHERE name = 'dispatcher'), 0) FROM log_head h WHERE h.id = 1"
        )
        (still,) = await self.site.rows(
            "SELECT count(*) FROM webhook_delivery WHERE state IN ('PENDING', 'DELIVERING', 'HELD')"
        )
        (sending,) = await self.site.rows(
            "SELECT count(*) FROM webhook_replay WHERE closed_at IS NULL"
        )
        expected = sum(one.events for one in self.load.intended)
        late = [
            f"{one.name} {one.count}/{expected}" for one in self.observers if one.count < expected
        ]
        found = {
            "events to dispatch": behind[0],
            "deliveries open": still[0],
            "replays open": sending[0],
            "with the group": await self.group.left(self.site),
            "late": late,
        }
        return ", ".join(f"{name}: {value}" for name, value in found.items() if value)

    async def _judge(self, plan: Plan, say: Say) -> Verdict:
        history = await self._history()
        found = [
            *self.violations,
            *self.load.violations,
            *self.receivers.violations(),
            *(Violation("observed", words) for one in self.observers for words in one.problems),
            *(Violation("group", words) for words in self.group.problems),
            *judged(history),
            *await self._database_violations(),
            *await self._chain_violations(),
        ]
        verdict = Verdict(
            plan.form,
            sum(one.events for one in self.load.intended),
            len(history.deliveries),
            self.kills,
            history.duplicates,
            found,
        )
        say(f"  skipped where that is asked for: {len(history.skipped)}")
        await self._tell(verdict, say)
        return verdict

    async def _history(self) -> History:
        """Everything that the judges look at."""
        audience: dict[int, set[tuple[str, str]]] = {}
        for position, structure, permission in await self.site.rows(
            "SELECT position, structure_id, permission FROM event_audience"
        ):
            audience.setdefault(position, set()).add((structure, permission))
        log = [
            Logged(position, *rest, frozenset(audience.get(position, ())))
            for position, *rest in await self.site.rows(
                "SELECT position, id, kind, subject_id, subject_sequence FROM event"
                " ORDER BY position"
            )
        ]
        named = {one.endpoint: one for one in self.receivers.all}
        wishes = [
            Wish(
                endpoint,
                named[endpoint].name,
                structure,
                frozenset(_json(permissions)),
                since,
                is_ordered=named[endpoint].options.get("ordering") != "NONE",
                may_skip=named[endpoint].options.get("onBlocked") == "SKIP_AFTER",
                falls=named[endpoint].name == FALLS,
            )
            for endpoint, structure, permissions, since in await self.site.rows(
                "SELECT id, structure_id, permissions, since_position FROM webhook_endpoint"
            )
            if endpoint in named
        ]
        invoices: dict[str, list[str]] = {}
        for number, identifier in await self.site.rows(
            "SELECT number, id FROM invoice WHERE number LIKE 'CHAOS-%'"
        ):
            invoices.setdefault(number, []).append(identifier)
        return History(
            log=log,
            head=(await self.site.rows("SELECT position FROM log_head WHERE id = 1"))[0][0],
            wishes=wishes,
            accepted={one.endpoint: list(one.accepted) for one in self.receivers.all},
            came={one.endpoint: one.came for one in self.receivers.all},
            vain_probes=dict(
                await self.site.rows(
                    "SELECT endpoint_id, count(*) FROM webhook_attempt WHERE next_why = 'PROBE'"
                    " GROUP BY endpoint_id"
                )
            ),
            deliveries=[
                Row(*row)
                for row in await self.site.rows(
                    "SELECT id, endpoint_id, event_id, subject_id, position, state, skip_reason"
                    " FROM webhook_delivery"
                )
            ],
            intended=self.load.intended,
            invoices=invoices,
            seen=[one.seen for one in self.observers],
            pulled=[self.group.pulled],
            replayed=await self._replayed(),
        )

    async def _replayed(self) -> list[Replayed]:
        rows = await self.site.rows(
            "SELECT endpoint_id, state, total, delivered FROM webhook_replay"
        )
        return [self.replaying.ended(*row) for row in rows]

    async def _database_violations(self) -> list[Violation]:
        if self.site.postgres is None:
            (checked,) = await self.site.rows("PRAGMA integrity_check")
            return [] if checked[0] == "ok" else [Violation("database", str(checked))]
        open_ = await self.site.rows(
            "SELECT pid, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND xact_start < now() - make_interval(secs => $1)",
            float(IDLE_SECONDS),
        )
        return [Violation("database", f"transaction left open: {row}") for row in open_]

    async def _chain_violations(self) -> list[Violation]:
        """What the command that verifies the hashes of the log says."""
        command = [sys.executable, "manage.py", "log", "verify"]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, **self.site.settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode == 0:
            return []
        return [Violation("chain", said.decode(errors="replace")[-500:])]

    async def _tell(self, verdict: Verdict, say: Say) -> None:
        """The line, and where it is not clean the first violations and what the product says."""
        for violation in verdict.violations[:NAMED]:
            say(f"  {violation.kind}: {violation.words}")
            if violation.event and violation.endpoint in self.owners:
                owner = self.owners[violation.endpoint]
                known = {"event": violation.event, "endpoint": violation.endpoint}
                with contextlib.suppress(Exception):
                    say(f"    explainDelivery: {await owner.ask(EXPLAIN, known)}")
        say(f"  logs: {keep_logs(self.site)}")
        retries = self.load.supplier.retries + self.load.recipient.retries
        say(f"  sent again: {dict(retries)}; answered as replayed: {self.load.replayed}")
        answers = {one.name: dict(one.answers) for one in self.receivers.all}
        say(f"  answers of the receivers: {answers}")
        exits = {p.name: p.exits for p in self.site.programs if p.exits}
        say(f"  ended by themselves: {exits}")
        say(f"  connections of the observers: {[len(o.connections) for o in self.observers]}")
        say(verdict.line())


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
