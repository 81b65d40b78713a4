"""The sandbox: what its clock says, and moving it."""

from __future__ import annotations

import strawberry

from domain import shared_clock
from domain.access import Permission
from domain.sandbox import models, travel
from resolvers.fields import Done, mutation, query
from schema.context import Info
from schema.sandbox import SandboxAdvanceInput, SandboxClock

# It lives through up to a year, with all that falls due.
ADVANCE_COST = 200


@strawberry.type
class SandboxQuery:
    @query(
        description="Horloge du bac à sable. The present instant of the business; in production,"
        " that of the machine."
    )
    async def sandbox_clock(self) -> SandboxClock:
        await shared_clock.fresh()
        return SandboxClock()


@strawberry.type
class SandboxMutation:
    @mutation(
        Permission.ISSUE,
        Permission.PROCESS,
        Permission.VALIDATE,
        Permission.ACT_ON_WORKS,
        Permission.ACT_ON_MEMOS,
        Permission.ACT_ON_REFUNDS,
        Permission.ADMINISTER,
        description="Avancer l'horloge du bac à sable. Everything that falls due on the way"
        " happens, in its order: tacit agreements, ends of delegations and their like. The clock is"
        " the same for everyone, and never goes back; tokens, log-ins and webhooks live by real"
        " time and notice nothing. Production refuses it (BDR-SBX-001).",
        shows=("clock", SandboxClock),
        model=models.SandboxClock,
        more={
            "steps": (
                int,
                "Pas. How many steps the clock took on the way; null when the answer is replayed.",
            )
        },
        words="L'horloge. As it is now; null when the operation was refused.",
        cost=ADVANCE_COST,
    )
    async def sandbox_advance(self, info: Info, input: SandboxAdvanceInput) -> Done:
        done = await travel.advance(info.context.actor, input.by)
        return Done(
            done.clock, more={"steps": done.steps}, agreed_in=shared_clock.seconds_to_agree()
        )
