"""What goes wrong on the way: a missing document, refusals, a wrong actor, suspensions."""

from __future__ import annotations

from tests.demo.scenes.billing import ONE, Works
from tests.demo.stage import Script, expect

SCENE: Script[Works] = Script("Setbacks")
step = SCENE.step


@step("the project manager asks for a missing document; the holder completes")
async def completed(play: Works) -> str:
    await play.deposit("holder", "A4", "R1", net=4000)
    asked = await play.move("manager", "R1", "ASK_COMPLETION", comment="Joindre le métré.")
    waits = await play.awaited("R1")
    done = await play.move("holder", "R1", "COMPLETE", comment="Métré envoyé.")
    return f"{asked} ({waits}), then {done}"


@step("the project manager refuses; the file stops until the piece is done again")
async def refusal(play: Works) -> str:
    status = await play.move("manager", "R1", "REFUSE", reason="JUSTIF_ABS", comment="Illisible.")
    said = await play.no_deposit("BDR-WRK-016", "manager", "A15", "R1-EA", net=4000, after="R1")
    waits = await play.awaited("R1")
    number = play.pieces["R1"]["number"]
    again = await play.deposit("holder", "A4", "R2", net=4000, instead_of="R1", number=number)
    expect(await play.status("R1") == "DUPLIQUE_APRES_REFUS", await play.status("R1"))
    return f"{status}: {said} {waits}. Done again under the same number: {again['status']}"


@step("the contracting authority refuses an instalment; the project manager does it again")
async def authority_refuses(play: Works) -> str:
    await play.deposit("manager", "A15", "R2-EA", after="R2", net=4000)
    status = await play.move("authority", "R2-EA", "REFUSE", reason="DOUBLE_FACT")
    again = await play.deposit("manager", "A15", "R2-EA2", net=4000, instead_of="R2-EA")
    return f"{status}, then {again['status']}"


@step("a wrong actor says so, and the depositor names the right one")
async def wrong_actor(play: Works) -> str:
    wrong = {"identifier": play.structures["electrician"]["identifier"]}
    # Without its contract: no contract in force would let the wrong actor be named.
    await play.deposit(
        "holder",
        "A4",
        "W1",
        net=500,
        contractNumber=f"AUTRE-{play.run}",
        projectManager=wrong,
        contractingAuthority={"identifier": play.structures["authority"]["identifier"]},
    )
    status = await play.move("electrician", "W1", "REPORT_WRONG_PARTY")
    right = play.structures["manager"]["identifier"]
    after = await play.move("holder", "W1", "CORRECT_PARTY", routing={"recipientSiret": right})
    one = (await play.ask("electrician", ONE, id=play.pieces["W1"]["id"]))["worksPiece"]
    expect(one is None, "the wrong actor still sees the piece")
    return f"{status}, then {after}; the wrong actor no longer sees it"


@step("the finance service sends back, suspends for a missing document, and pays")
async def finance(play: Works) -> str:
    await play.deposit("holder", "A6", "R3", net=900)
    said = [await play.move("authority", "R3", "SEND_BACK", comment="Quel budget ?")]
    said.append(await play.move("authority", "R3", "RETURN"))
    said.append(await play.move("authority", "R3", "SUSPEND", reason="JUSTIF_ABS"))
    said.append(await play.move("holder", "R3", "COMPLETE", comment="Voici."))
    await play.no_move("BDR-WRK-034", "authority", "R3", "REJECT", reason="MONTANT_ERR")
    said.append(await play.pay("R3"))
    return ", ".join(said)
