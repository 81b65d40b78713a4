"""Those who bill through another: the co-contractor of the group, and subcontractors of both."""

from __future__ import annotations

from tests.demo.scenes.billing import Works
from tests.demo.stage import Script, expect

SCENE: Script[Works] = Script("Co-contractors and subcontractors")
step = SCENE.step


@step("the co-contractor's draft (A13) is validated by the agent, then A15 and A19")
async def co_contractor(play: Works) -> str:
    piece = await play.deposit("electrician", "A13", "C1", net=2000)
    expect(piece["status"] == "A_VALIDER_1", piece["status"])
    after = await play.move("holder", "C1", "VALIDATE")
    await play.deposit("manager", "A15", "C1-EA", after="C1", net=2000)
    last = await play.deposit("authority", "A19", "C1-EAV", after="C1-EA", net=2000)
    return f"C1: {after}, C1-EAV: {last['status']}"


@step("the co-contractor's own subcontractor (A10) is carried by its draft (A13), then A16")
async def carried_by_co_contractor(play: Works) -> str:
    await play.deposit("plumber", "A10", "S2", net=400)
    await play.move("electrician", "S2", "VALIDATE")
    await play.deposit("electrician", "A13", "C2", net=1500, carrying=["S2"])
    await play.move("holder", "C2", "VALIDATE")
    last = await play.deposit("manager", "A16", "C2-EAV", after="C2", net=1500)
    return f"S2: {await play.status('S2', 'plumber')}, C2-EAV: {last['status']}"


@step("15 days: the holder's silence agrees with its subcontractor, whose request is carried")
async def silence_agrees(play: Works) -> str:
    await play.deposit("painter", "A10", "S3", net=300)
    said = await play.days_pass(15)
    status = await play.status("S3")
    expect(status == "ABSENCE_VALIDATION_1_HORS_DELAI", status)
    await play.deposit("holder", "A4", "M4", net=2000, carrying=["S3"])
    return f"{said}; S3: {status}, then {await play.status('S3', 'painter')}"


@step("each sub- and co-contractor sees its own, and who carries it sees both")
async def table(play: Works) -> str:
    return await play.seen("C1", "C1-EA", "S2", "C2", "C2-EAV", "S3", "M4")
