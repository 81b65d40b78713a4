"""The end of a contract: from the draft final statement to the general one that is signed."""

from __future__ import annotations

from tests.demo.scenes.billing import Works
from tests.demo.stage import Script

SCENE: Script[Works] = Script("The end")
step = SCENE.step


@step("the subcontractor's last request (A11) is carried by the holder's final draft (A7)")
async def last_request(play: Works) -> str:
    await play.deposit("painter", "A11", "S4", net=200)
    await play.move("holder", "S4", "VALIDATE")
    await play.deposit("holder", "A7", "F1", net=9000, carrying=["S4"])
    return f"S4: {await play.status('S4', 'painter')}; {await play.awaited('F1')}"


@step("then A17, A20, the holder signs (A8), and is paid")
async def signed(play: Works) -> str:
    await play.deposit("manager", "A17", "F1-PG", after="F1", net=9000)
    await play.deposit("authority", "A20", "F1-DG", after="F1-PG", net=9000)
    waits = await play.awaited("F1")
    piece = await play.deposit("holder", "A8", "F1-S", after="F1-DG", net=9000)
    return f"{waits}; F1-S: {piece['status']}, then {await play.pay('F1-S')}"


@step("the same for the co-contractor, who carries its own subcontractor: A11, A14, A17")
async def co_contractor(play: Works) -> str:
    await play.deposit("plumber", "A11", "S5", net=200)
    await play.move("electrician", "S5", "VALIDATE")
    await play.deposit("electrician", "A14", "F2", net=800, carrying=["S5"])
    after = await play.move("holder", "F2", "VALIDATE")
    await play.deposit("manager", "A17", "F2-PG", after="F2", net=800)
    return f"F2: {after}; {await play.awaited('F2')}"


@step("a short circuit: the project manager makes the general statement (A18), signed (A8)")
async def short(play: Works) -> str:
    await play.deposit("holder", "A7", "F3", net=900)
    await play.deposit("manager", "A18", "F3-DG", after="F3", net=900)
    piece = await play.deposit("holder", "A8", "F3-S", after="F3-DG", net=900)
    return f"F3-S: {piece['status']}"


@step("the holder refuses one with reservations; the project manager does it again")
async def reservations(play: Works) -> str:
    await play.deposit("electrician", "A14", "F4", net=700)
    await play.move("holder", "F4", "VALIDATE")
    await play.deposit("manager", "A18", "F4-DG", after="F4", net=700)
    status = await play.move("holder", "F4-DG", "REFUSE", comment="Réserves : retenues.")
    await play.deposit("manager", "A18", "F4-DG2", net=700, instead_of="F4-DG")
    piece = await play.deposit("holder", "A8", "F4-S", after="F4-DG2", net=700)
    return f"{status}, then F4-S: {piece['status']}"


@step("each actor sees its part of the end")
async def table(play: Works) -> str:
    return await play.seen("S4", "F1", "F1-PG", "F1-DG", "F1-S", "S5", "F2", "F2-PG")
