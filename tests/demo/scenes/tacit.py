"""The tacit procedure: nobody answers the holder, and the clock decides."""

from __future__ import annotations

from tests.demo.scenes.billing import Works
from tests.demo.stage import Script, expect

SCENE: Script[Works] = Script("The tacit procedure")
step = SCENE.step

# The final drafts that wait for a general statement; the third is the co-contractor's.
DRAFTS = ("T1", "T2", "T3", "T4")


@step("silence: four final drafts are left alone, one of them in the authority's hands (A17)")
async def left_alone(play: Works) -> str:
    for name in DRAFTS:
        if name == "T3":
            await play.deposit("electrician", "A14", name, net=5000)
            await play.move("holder", name, "VALIDATE")
        else:
            await play.deposit("holder", "A7", name, net=5000)
    await play.deposit("manager", "A17", "T1-PG", after="T1", net=5000)
    return await play.awaited("T2")


@step("before 30 days the tacit procedure is closed")
async def too_early(play: Works) -> str:
    return await play.no_deposit("BDR-WRK-028", "holder", "A22", "T1-TA", net=5000, after="T1")


@step("30 days without a general statement: the holder deposits its own (A22)")
async def thirty_days(play: Works) -> str:
    said = await play.days_pass(30)
    for name in DRAFTS:
        await play.deposit("holder", "A22", f"{name}-TA", after=name, net=5000)
    statuses = {await play.status(name) for name in (*DRAFTS, "T1-PG")}
    expect(statuses == {"REMPLACEE_PAR_A22"}, str(statuses))
    return f"{said}; {await play.awaited('T1-TA')}"


@step("the authority answers one of them in time (A20), and the holder signs (A8)")
async def answered(play: Works) -> str:
    piece = await play.deposit("authority", "A20", "T2-DG", after="T2-TA", net=5000)
    signed = await play.deposit("holder", "A8", "T2-S", after="T2-DG", net=5000)
    return f"T2-DG: {piece['status']}, T2-S: {signed['status']}"


@step("before 10 days nobody records a tacit statement")
async def not_final(play: Works) -> str:
    return await play.no_deposit("BDR-WRK-030", "holder", "A23", "T1-DGD", net=5000, after="T1-TA")


@step("10 days more: the others are final, and the authority may not answer any more")
async def ten_days(play: Works) -> str:
    said = await play.days_pass(10)
    late = await play.no_deposit(
        "BDR-WRK-029", "authority", "A20", "T1-DG", net=5000, after="T1-TA"
    )
    return f"{said}; {late} {await play.awaited('T1-TA')}"


async def recorded(play: Works, who: str, frame: str, name: str) -> str:
    piece = await play.deposit(who, frame, f"{name}-DGD", after=f"{name}-TA", net=5000)
    expect(piece["status"] == "MISE_A_DISPOSITION", piece["status"])
    return f"{name}-DGD: {piece['status']}, then {await play.pay(f'{name}-DGD')}"


@step("the holder records the tacit general and final statement (A23), which is paid")
async def by_holder(play: Works) -> str:
    return await recorded(play, "holder", "A23", "T1")


@step("the project manager records another (A24), that of the co-contractor, which is paid")
async def by_manager(play: Works) -> str:
    return await recorded(play, "manager", "A24", "T3")


@step("the contracting authority records the last one (A25), which it pays")
async def by_authority(play: Works) -> str:
    return await recorded(play, "authority", "A25", "T4")


@step("each actor sees its part of the silence")
async def table(play: Works) -> str:
    return await play.seen("T1", "T1-PG", "T1-TA", "T1-DGD", "T3", "T3-TA", "T3-DGD", "T4-DGD")
