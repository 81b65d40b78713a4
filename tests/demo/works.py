"""Plays works billing files against a running server: every circuit, as each actor.

`BASE_URL` says where the server is. Four companies sign up as newcomers do; the contracting
authority is the demonstration's. The clock of the sandbox is moved ahead on the way.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.demo.outside import (
    PATIENCE,
    Caller,
    Newcomer,
    Reader,
    Receiver,
    follow_by_sse,
    log_in,
    new_siret,
    sign_up,
)
from tests.demo.stage import Script, against_a_server, expect, refuse

AUTHORITY = "21420218600018"
ERRORS = "userErrors { rule path message remedy severity }"
PIECE = f"""
  piece {{ id number frame status version file {{ id }} availableActions {{ action enabled }}
           possibleDeposits {{ frame }} totals {{ net previousNet }} isCorrected }}
  {ERRORS}
"""
SUBMIT = (
    f"mutation($input: WorksPieceSubmitInput!) {{ worksPieceSubmit(input: $input) {{ {PIECE} }} }}"
)
MOVE = f"mutation($input: WorksPieceMoveInput!) {{ worksPieceMove(input: $input) {{ {PIECE} }} }}"
FILE = """
query($id: ID!) { billingFile(id: $id) {
  id isOver expectedFrames
  awaited { party task frames until silenceLabel structure { name } }
  pieces(first: 50) { nodes { number frame status } }
} }
"""
ONE = "query($id: ID!) { worksPiece(id: $id) { id status frame version deadlineAt } }"
NAMES = {
    "holder": "TERRASSEMENTS",
    "subcontractor": "PEINTURE",
    "co_contractor": "ELECTRICITE",
    "manager": "ATELIER",
}


@dataclass
class Works:
    """The stage: who takes part, and the pieces that were deposited, by name."""

    base: str
    credentials: dict[str, Any]
    http: httpx2.AsyncClient
    callers: dict[str, Caller] = field(default_factory=dict)
    structures: dict[str, dict[str, Any]] = field(default_factory=dict)
    pieces: dict[str, dict[str, Any]] = field(default_factory=dict)
    today: str = ""
    reader: Reader = field(default_factory=lambda: Reader("SSE"))
    receiver: Receiver = field(default_factory=Receiver)
    endpoint: str = ""
    contract: str = ""
    followers: list[asyncio.Task[None]] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(3).upper())

    async def ask(self, who: str, document: str, **variables: Any) -> dict[str, Any]:
        return await self.callers[who].ask(document, **variables)

    async def tried(self, who: str, frame: str, name: str, **content: Any) -> dict[str, Any]:
        """The payload of a deposit, refused or not."""
        net = content.pop("net", 1000)
        given = {
            "frame": frame,
            "depositorId": self.structures[who]["id"],
            "number": f"{name}-{self.run}"[:20],
            "issuedOn": self.today,
            "contractNumber": self.contract,
            "commitmentNumber": "1234567",
            "totalNet": f"{net}.00",
            "totalVat": f"{net * 0.2:.2f}",
            "totalGross": f"{net * 1.2:.2f}",
            "amountToPay": f"{net * 1.2:.2f}",
            **content,
        }
        return await self.callers[who].do(SUBMIT, piece=given)

    async def deposit(self, who: str, frame: str, name: str, **content: Any) -> dict[str, Any]:
        """A piece that is deposited and kept by its name; its status."""
        after = content.pop("after", None)
        if after is not None:
            content["previousId"] = self.pieces[after]["id"]
        done = await self.tried(who, frame, name, **content)
        refuse(done)
        self.pieces[name] = done["piece"]
        return dict(done["piece"])

    async def move(self, who: str, name: str, action: str, **given: Any) -> str:
        """The status of a piece after an action."""
        done = await self.callers[who].do(MOVE, id=self.pieces[name]["id"], action=action, **given)
        refuse(done)
        self.pieces[name] = done["piece"]
        return str(done["piece"]["status"])

    async def refused(self, done: dict[str, Any], rule: str) -> str:
        """The message of a refusal by that rule."""
        found = [e for e in done["userErrors"] if e["rule"] == rule]
        expect(bool(found), f"{rule} was expected: {done['userErrors']}")
        return f"{found[0]['message']} {found[0]['remedy']}"

    async def status(self, name: str, who: str = "holder") -> str:
        one = (await self.ask(who, ONE, id=self.pieces[name]["id"]))["worksPiece"]
        return str(one["status"])

    async def file(self, name: str, who: str = "holder") -> dict[str, Any]:
        """The file of a piece as one of its actors sees it."""
        query = "query($id: ID!) { worksPiece(id: $id) { file { id } } }"
        known = (await self.ask(who, query, id=self.pieces[name]["id"]))["worksPiece"]
        return dict((await self.ask(who, FILE, id=known["file"]["id"]))["billingFile"])

    async def awaited(self, name: str) -> str:
        """Whom the file waits for, in words."""
        tasks = (await self.file(name))["awaited"]
        return "; ".join(
            f"{t['party']} {t['task']} {'/'.join(t['frames'])}".strip()
            + (f" before {t['until'][:10]}: {t['silenceLabel']}" if t["until"] else "")
            for t in tasks
        )

    async def seen(self, *names: str) -> str:
        """What each actor sees of some pieces: a small table."""
        rows = []
        for who in ("holder", "subcontractor", "co_contractor", "manager", "authority"):
            found = []
            for name in names:
                one = (await self.ask(who, ONE, id=self.pieces[name]["id"]))["worksPiece"]
                found.append(one["frame"] if one else "·")
            rows.append(f"{who:<14}" + " ".join(f"{frame:<4}" for frame in found))
        return "\n       ".join(rows)

    async def days_pass(self, days: int) -> str:
        """Move the clock of the sandbox; what it did on the way."""
        done = await self.callers["holder"].do(
            "mutation($input: SandboxAdvanceInput!) { sandboxAdvance(input: $input)"
            f" {{ clock {{ now today }} steps {ERRORS} }} }}",
            by=f"P{days}DT1M",
        )
        refuse(done)
        self.today = done["clock"]["today"]
        return f"{days} days later, on {self.today}; {done['steps']} steps of the clock"


SCRIPT: Script[Works] = Script("works file")
step = SCRIPT.step


@step("four companies sign up; the contracting authority logs in")
async def actors(play: Works) -> str:
    for who, name in NAMES.items():
        newcomer = Newcomer(
            email=f"{who.replace('_', '-')}-{play.run.lower()}@travaux.example",
            name=f"Camille {name.title()}",
            company=f"{name} {play.run}",
            siret=new_siret(),
        )
        play.callers[who] = await sign_up(play.base, newcomer, play.http)
    user = play.credentials["users"]["recipient"]
    play.callers["authority"] = await log_in(play.base, user["email"], user["password"], play.http)
    for who in play.callers:
        viewer = (
            await play.ask(who, "{ viewer { memberships { structure { id name identifier } } } }")
        )["viewer"]
        structures = [m["structure"] for m in viewer["memberships"]]
        own = [s for s in structures if who != "authority" or s["identifier"] == AUTHORITY]
        play.structures[who] = own[0]
    play.today = (await play.ask("holder", "{ sandboxClock { today } }"))["sandboxClock"]["today"]
    return ", ".join(s["name"] for s in play.structures.values())


@step("each opens its works space; the companies sign the invoicing mandate")
async def prepare(play: Works) -> str:
    text = (await play.ask("holder", "{ mandateText { version sha256 } }"))["mandateText"]
    for who, structure in play.structures.items():
        refuse(
            await play.callers[who].do(
                "mutation($input: SpaceOpenInput!) { spaceOpen(input: $input)"
                f" {{ space {{ status }} {ERRORS} }} }}",
                structureId=structure["id"],
                space="FACTURES_DE_TRAVAUX",
            )
        )
        if who in NAMES:
            refuse(
                await play.callers[who].do(
                    "mutation($input: MandateSignInput!) { mandateSign(input: $input)"
                    f" {{ mandate {{ version }} {ERRORS} }} }}",
                    structureId=structure["id"],
                    version=text["version"],
                    textSha256=text["sha256"],
                )
            )
    return f"{len(play.structures)} works spaces are open, {len(NAMES)} mandates signed"


@step("the contract is proposed with its roles, and everybody agrees")
async def agree(play: Works) -> str:
    play.contract = f"M{play.run}"
    siret = {who: s["identifier"] for who, s in play.structures.items()}
    parties = [
        {"role": "CONTRACTING_AUTHORITY", "identifier": siret["authority"]},
        {"role": "PROJECT_MANAGER", "identifier": siret["manager"]},
        {"role": "GROUP_AGENT", "identifier": siret["holder"]},
        {"role": "CO_CONTRACTOR", "identifier": siret["co_contractor"]},
        {
            "role": "SUBCONTRACTOR",
            "identifier": siret["subcontractor"],
            "principal": siret["holder"],
            "ceiling": "5000.00",
        },
    ]
    row_of = "id role status structure { id } availableActions { action }"
    roles = f"parties(first: 20) {{ nodes {{ {row_of} }} }}"
    done = await play.callers["authority"].do(
        "mutation($input: ContractProposeInput!) { contractPropose(input: $input)"
        f" {{ contract {{ id status terms {{ {roles} }} }} {ERRORS} }} }}",
        structureId=play.structures["authority"]["id"],
        number=play.contract,
        nature="TRAVAUX",
        terms={"label": "Réfection de l'école", "ccag": "TRAVAUX", "parties": parties},
    )
    refuse(done)
    known = {s["id"]: who for who, s in play.structures.items()}
    query = f"query($id: ID!) {{ contract(by: {{ id: $id }}) {{ status terms {{ {roles} }} }} }}"
    # The admission to direct payment first: the subcontractor agrees to the terms with it.
    for action, chosen in (("ADMIT", ("authority",)), ("ACCEPT", tuple(play.structures))):
        for row in done["contract"]["terms"]["parties"]["nodes"]:
            for who in chosen:
                contract = (await play.ask(who, query, id=done["contract"]["id"]))["contract"]
                rows = {r["id"]: r for r in contract["terms"]["parties"]["nodes"]}
                offers = rows.get(row["id"], {}).get("availableActions", [])
                mine = action == "ADMIT" or known[row["structure"]["id"]] == who
                if mine and {"action": action} in offers:
                    refuse(
                        await play.callers[who].do(
                            "mutation($input: ContractRoleAnswerInput!) { contractRoleAnswer("
                            f"input: $input) {{ {ERRORS} }} }}",
                            party=row["id"],
                            action=action,
                        )
                    )
    status = (await play.ask("authority", query, id=done["contract"]["id"]))["contract"]["status"]
    expect(status == "IN_FORCE", f"the contract is {status}")
    return f"contract {play.contract} is {status}; first pieces name nobody, the contract does"


@step("the holder follows by SSE, and its ERP by signed webhooks")
async def follow(play: Works) -> str:
    await play.receiver.start()
    play.followers.append(asyncio.create_task(follow_by_sse(play.callers["holder"], play.reader)))
    await asyncio.wait_for(play.reader.ready.wait(), PATIENCE)
    done = await play.callers["holder"].do(
        "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
        f" {{ endpoint {{ id }} secret {ERRORS} }} }}",
        structureId=play.structures["holder"]["id"],
        url=play.receiver.url,
        filter={"directions": ["WORKS"]},
    )
    refuse(done)
    play.endpoint, play.receiver.secret = done["endpoint"]["id"], done["secret"]
    return play.receiver.url


@step("the subcontractor asks to be paid (A10); above its ceiling it is refused")
async def request(play: Works) -> str:
    said = await play.refused(
        await play.tried("subcontractor", "A10", "S0", net=6000), "BDR-CTR-046"
    )
    piece = await play.deposit("subcontractor", "A10", "S1", net=1000)
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
    return await play.refused(done, "BDR-WRK-025")


@step("the holder deposits its monthly statement (A4) with the request attached")
async def statement(play: Works) -> str:
    piece = await play.deposit(
        "holder", "A4", "M1", net=8000, attachedRequests=[play.pieces["S1"]["id"]]
    )
    expect(piece["status"] == "A_ASSOCIER_MOE", piece["status"])
    expect(await play.status("S1", "subcontractor") == "ASSOCIEE", "S1 is not carried")
    return await play.awaited("M1")


@step("the project manager may not refuse an amount; it corrects it in its own piece (A15)")
async def corrected(play: Works) -> str:
    await play.move("manager", "M1", "TAKE_UP")
    done = await play.callers["manager"].do(
        MOVE, id=play.pieces["M1"]["id"], action="REFUSE", reason="WORKS_MONTANT_ERR"
    )
    said = await play.refused(done, "BDR-WRK-034")
    await play.refused(
        await play.tried("manager", "A15", "M1-EA", net=7500, previousId=play.pieces["M1"]["id"]),
        "BDR-WRK-031",
    )
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
    status = await play.move("authority", "M1-EAV", "PAY")
    expect((await play.file("M1"))["isOver"], "the file is not over")
    return f"M1-EAV: {status}; the file is over"


@step("each actor sees its part of the month, and nothing else")
async def monthly_table(play: Works) -> str:
    return await play.seen("S1", "M1", "M1-EA", "M1-EAV")


@step("the co-contractor's draft (A13) is validated by the agent, and goes the same way")
async def co_contractor(play: Works) -> str:
    piece = await play.deposit("co_contractor", "A13", "C1", net=2000)
    expect(piece["status"] == "A_VALIDER_1", piece["status"])
    after = await play.move("holder", "C1", "VALIDATE")
    await play.deposit("manager", "A15", "C1-EA", after="C1", net=2000)
    await play.deposit("authority", "A19", "C1-EAV", after="C1-EA", net=2000)
    return f"C1: {after}, then A15 and A19"


@step("a short circuit: the project manager sends its statement to payment (A16)")
async def short(play: Works) -> str:
    await play.deposit("holder", "A4", "M2", net=3000)
    piece = await play.deposit("manager", "A16", "M2-EAV", after="M2", net=3000)
    return f"M2-EAV: {piece['status']}"


@step("contracts began on paper: the holder begins with an A5, then with an A6")
async def on_paper(play: Works) -> str:
    first = await play.deposit("holder", "A5", "P1", net=900)
    await play.deposit("authority", "A19", "P1-EAV", after="P1", net=900)
    second = await play.deposit("holder", "A6", "P2", net=900)
    return f"A5: {first['status']}, A6: {second['status']}"


@step("the project manager asks for a missing document; the holder completes")
async def completed(play: Works) -> str:
    await play.deposit("holder", "A4", "M3", net=4000)
    asked = await play.move("manager", "M3", "ASK_COMPLETION", comment="Joindre le métré.")
    waits = await play.awaited("M3")
    done = await play.move("holder", "M3", "COMPLETE", comment="Métré envoyé.")
    return f"{asked} ({waits}), then {done}"


@step("the project manager refuses; the file stops until the piece is done again")
async def refusal(play: Works) -> str:
    status = await play.move("manager", "M3", "REFUSE", reason="JUSTIF_ABS", comment="Illisible.")
    said = await play.refused(
        await play.tried("manager", "A15", "M3-EA", net=4000, previousId=play.pieces["M3"]["id"]),
        "BDR-WRK-016",
    )
    waits = await play.awaited("M3")
    number = play.pieces["M3"]["number"]
    again = await play.deposit(
        "holder", "A4", "M3b", net=4000, replacesId=play.pieces["M3"]["id"], number=number
    )
    expect(await play.status("M3") == "DUPLIQUE_APRES_REFUS", await play.status("M3"))
    return f"{status}: {said} {waits}. Done again under the same number: {again['status']}"


@step("the contracting authority refuses an instalment; the project manager does it again")
async def authority_refuses(play: Works) -> str:
    await play.deposit("manager", "A15", "M3b-EA", after="M3b", net=4000)
    status = await play.move("authority", "M3b-EA", "REFUSE", reason="DOUBLE_FACT")
    again = await play.deposit(
        "manager", "A15", "M3c-EA", net=4000, replacesId=play.pieces["M3b-EA"]["id"]
    )
    return f"{status}, then {again['status']}"


@step("a wrong actor says so, and the depositor names the right one")
async def wrong_actor(play: Works) -> str:
    wrong = {"identifier": play.structures["co_contractor"]["identifier"]}
    # Without its contract: no contract in force would let the wrong actor be named.
    await play.deposit(
        "holder",
        "A4",
        "W1",
        net=500,
        contractNumber=f"AUTRE-{play.run}",
        projectManager=wrong,
        contractingAuthority={"identifier": AUTHORITY},
    )
    status = await play.move("co_contractor", "W1", "REPORT_WRONG_PARTY")
    right = play.structures["manager"]["identifier"]
    after = await play.move("holder", "W1", "CORRECT_PARTY", routing={"recipientSiret": right})
    one = (await play.ask("co_contractor", ONE, id=play.pieces["W1"]["id"]))["worksPiece"]
    expect(one is None, "the wrong actor still sees the piece")
    return f"{status}, then {after}; the wrong actor no longer sees it"


@step("the finance service sends back, suspends for a missing document, and pays")
async def finance(play: Works) -> str:
    said = [await play.move("authority", "P2", "SEND_BACK", comment="Quel budget ?")]
    said.append(await play.move("authority", "P2", "RETURN"))
    said.append(await play.move("authority", "P2", "SUSPEND", reason="JUSTIF_ABS"))
    said.append(await play.move("holder", "P2", "COMPLETE", comment="Voici."))
    done = await play.callers["authority"].do(
        MOVE, id=play.pieces["P2"]["id"], action="REJECT", reason="MONTANT_ERR"
    )
    await play.refused(done, "BDR-WRK-034")
    said.append(await play.move("authority", "P2", "PAY"))
    return ", ".join(said)


@step("the end of the contract: A7, A17, A20, and the holder signs (A8)")
async def the_end(play: Works) -> str:
    await play.deposit("holder", "A7", "F1", net=9000)
    waits = await play.awaited("F1")
    await play.deposit("manager", "A17", "F1-PG", after="F1", net=9000)
    await play.deposit("authority", "A20", "F1-DG", after="F1-PG", net=9000)
    signed = await play.deposit("holder", "A8", "F1-S", after="F1-DG", net=9000)
    return f"{waits}; signed: {signed['status']}"


@step("the holder refuses a general statement with reservations; the authority does it again")
async def reservations(play: Works) -> str:
    await play.deposit("co_contractor", "A14", "F2", net=700)
    await play.move("holder", "F2", "VALIDATE")
    await play.deposit("manager", "A18", "F2-DG", after="F2", net=700)
    status = await play.move("holder", "F2-DG", "REFUSE", comment="Réserves : retenues.")
    await play.deposit("manager", "A18", "F2-DG2", net=700, replacesId=play.pieces["F2-DG"]["id"])
    signed = await play.deposit("holder", "A8", "F2-S", after="F2-DG2", net=700)
    return f"{status}, then signed: {signed['status']}"


@step("silence: a request, a monthly draft and two final drafts are left alone")
async def silence(play: Works) -> str:
    await play.deposit("subcontractor", "A10", "S2", net=300)
    await play.deposit("holder", "A4", "M4", net=600)
    await play.deposit("holder", "A7", "T1", net=5000)
    await play.deposit("manager", "A17", "T1-PG", after="T1", net=5000)
    await play.deposit("holder", "A7", "T2", net=5000)
    return await play.awaited("T2")


@step("7 days: the project manager is late, the authority and the holder are told")
async def seven_days(play: Works) -> str:
    said = await play.days_pass(7)
    status = await play.status("M4")
    expect(status == "ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE", status)
    return f"{said}; M4: {status}"


@step("15 days: the holder's silence agrees with its subcontractor")
async def fifteen_days(play: Works) -> str:
    said = await play.days_pass(8)
    status = await play.status("S2")
    expect(status == "ABSENCE_VALIDATION_1_HORS_DELAI", status)
    return f"{said}; S2: {status}"


@step("before 30 days the tacit procedure is closed")
async def too_early(play: Works) -> str:
    done = await play.tried("holder", "A22", "T1-TA", net=5000, previousId=play.pieces["T1"]["id"])
    return await play.refused(done, "BDR-WRK-028")


@step("30 days without a general statement: the holder deposits its own (A22)")
async def thirty_days(play: Works) -> str:
    said = await play.days_pass(15)
    await play.deposit("holder", "A22", "T1-TA", after="T1", net=5000)
    await play.deposit("holder", "A22", "T2-TA", after="T2", net=5000)
    statuses = [await play.status(name) for name in ("T1", "T1-PG", "T2")]
    expect(set(statuses) == {"REMPLACEE_PAR_A22"}, str(statuses))
    return f"{said}; {await play.awaited('T1-TA')}"


@step("the authority answers one of them in time (A20)")
async def answered(play: Works) -> str:
    piece = await play.deposit("authority", "A20", "T2-DG", after="T2-TA", net=5000)
    return f"T2-DG: {piece['status']}"


@step("10 days more: the other one is final, and nobody may answer it any more")
async def ten_days(play: Works) -> str:
    said = await play.days_pass(10)
    done = await play.tried(
        "authority", "A20", "T1-DG", net=5000, previousId=play.pieces["T1-TA"]["id"]
    )
    late = await play.refused(done, "BDR-WRK-029")
    return f"{said}; {late} {await play.awaited('T1-TA')}"


@step("the holder records the tacit general and final statement (A23), which is paid")
async def tacit(play: Works) -> str:
    piece = await play.deposit("holder", "A23", "T1-DGD", after="T1-TA", net=5000)
    status = await play.move("authority", "T1-DGD", "PAY")
    return f"T1-DGD: {piece['status']}, {status}"


@step("each actor sees its part of the end")
async def final_table(play: Works) -> str:
    return await play.seen("F1", "F1-PG", "F1-DG", "F1-S", "F2", "T1", "T1-TA", "T1-DGD")


@step("the stream and the webhooks told the same, each piece in order")
async def told(play: Works) -> str:
    pieces = [p["id"] for p in play.pieces.values() if p["frame"] != "A10"]
    for _ in range(int(PATIENCE / 0.1)):
        counts = [(len(play.reader.of(p)), len(play.receiver.reader.of(p)), p) for p in pieces]
        if all(a == b and a for a, b, _ in counts):
            break
        await asyncio.sleep(0.1)
    different = [c for c in counts if c[0] != c[1] or not c[0]]
    expect(not different, f"SSE and webhooks differ on {different[:3]}")
    for piece in pieces:
        by_webhook = [n for n, _ in play.receiver.reader.of(piece)]
        expect(by_webhook == sorted(set(by_webhook)), f"{piece}: {by_webhook}")
        expect(by_webhook == [n for n, _ in play.reader.of(piece)], f"{piece} differs")
    return f"{sum(a for a, _, _ in counts)} events of {len(pieces)} pieces"


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


async def perform(base: str, credentials: dict[str, Any]) -> bool:
    """Play every step; whether all went well."""
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        play = Works(base, credentials, http)
        try:
            well = await SCRIPT.perform(play)
        finally:
            for follower in play.followers:
                follower.cancel()
            await play.receiver.stop()
        return SCRIPT.close(well)


if __name__ == "__main__":
    sys.exit(against_a_server(perform))
