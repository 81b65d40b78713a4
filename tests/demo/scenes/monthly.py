"""A contract in progress: monthly statements, their corrections, and the shorter ways."""

from __future__ import annotations

from tests.demo.scenes.billing import ERRORS, Works
from tests.demo.stage import Script, expect

SCENE: Script[Works] = Script("In progress")
step = SCENE.step


@step("the subcontractor asks to be paid (A10); above its ceiling it is refused")
async def request(play: Works) -> str:
    said = await play.no_deposit("BDR-CTR-046", "painter", "A10", "S0", net=6000)
    piece = await play.deposit("painter", "A10", "S1", net=1000)
    expect(piece["status"] == "A_VALIDER_1", piece["status"])
    return f"{said} · S1: {piece['status']}"


@step("the holder forgets to attach a validated request: it is told who would not be paid")
async def forgotten(play: Works) -> str:
    await play.move("holder", "S1", "VALIDATE")
    content = {
        "frame": "A4",
        "depositorId": play.structures["holder"]["id"],
        "contractNumber": play.contract,
    }
    data = await play.ask(
        "holder",
        "mutation($input: WorksPieceValidateInput!) { worksPieceValidate(input: $input)"
        f" {{ {ERRORS} }} }}",
        input={"piece": content},
    )
    done = data["worksPieceValidate"]
    return play.refused(done, "BDR-WRK-025")


@step("the holder deposits its monthly statement (A4) with the request attached")
async def statement(play: Works) -> str:
    piece = await play.deposit("holder", "A4", "M1", net=8000, carrying=["S1"])
    expect(piece["status"] == "A_ASSOCIER_MOE", piece["status"])
    expect(await play.status("S1", "painter") == "ASSOCIEE", "S1 is not carried")
    return await play.awaited("M1")


@step("the project manager may not refuse an amount; it corrects it in its own piece (A15)")
async def corrected(play: Works) -> str:
    await play.move("manager", "M1", "TAKE_UP")
    said = await play.no_move("BDR-WRK-034", "manager", "M1", "REFUSE", reason="WORKS_MONTANT_ERR")
    await play.no_deposit("BDR-WRK-031", "manager", "A15", "M1-EA", net=7500, after="M1")
    piece = await play.deposit(
        "manager", "A15", "M1-EA", after="M1", net=7500, comment="Métré : 75 m² et non 80."
    )
    totals = piece["totals"]
    expect(piece["isCorrected"] and totals["previousNet"] == "8000.00", str(totals))
    return f"{said} Claimed {totals['previousNet']}, corrected {totals['net']}"


@step("the holder disputes the correction, within thirty days")
async def contested(play: Works) -> str:
    status = await play.move("holder", "M1-EA", "CONTEST", comment="Le métré était juste.")
    return f"M1-EA stays {status}; the dispute is told"


@step("the contracting authority validates the instalment (A19), and pays it")
async def paid(play: Works) -> str:
    piece = await play.deposit("authority", "A19", "M1-EAV", after="M1-EA", net=7500)
    expect(piece["status"] == "MISE_A_DISPOSITION", piece["status"])
    file = await play.file("M1")
    expect(file["expectedFrames"] == [], str(file["expectedFrames"]))
    return f"M1-EAV: {await play.pay('M1-EAV')}; the file is over"


@step("each actor sees its part of the month, and nothing else")
async def monthly_table(play: Works) -> str:
    return await play.seen("S1", "M1", "M1-EA", "M1-EAV")


@step("a short circuit: the project manager sends its statement to payment (A16)")
async def short(play: Works) -> str:
    await play.deposit("holder", "A4", "M2", net=3000)
    piece = await play.deposit("manager", "A16", "M2-EAV", after="M2", net=3000)
    return f"M2-EAV: {piece['status']}"


@step("begun on paper: the holder enters with an A5, which the authority validates (A19)")
async def corrected_on_paper(play: Works) -> str:
    first = await play.deposit("holder", "A5", "P1", net=900)
    second = await play.deposit("authority", "A19", "P1-EAV", after="P1", net=900)
    return f"P1: {first['status']}, P1-EAV: {second['status']}"


@step("or with an A6, which goes to payment at once")
async def validated_on_paper(play: Works) -> str:
    piece = await play.deposit("holder", "A6", "P2", net=900)
    return f"P2: {piece['status']}, then {await play.pay('P2')}"


@step("7 days: the project manager is late, the authority and the holder are told")
async def late(play: Works) -> str:
    await play.deposit("holder", "A4", "M3", net=600)
    said = await play.days_pass(7)
    status = await play.status("M3")
    expect(status == "ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE", status)
    piece = await play.deposit("manager", "A15", "M3-EA", after="M3", net=600)
    return f"{said}; M3: {status}. It may still be dealt with, M3-EA: {piece['status']}"
