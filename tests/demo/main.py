"""Plays the main job against a running server, through its public addresses only.

`BASE_URL` says where the server is; the credentials are those that `make run` wrote. Each step
prints what it saw; the last line counts them.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.demo.outside import (
    PATIENCE,
    Caller,
    Failed,
    Newcomer,
    Reader,
    Receiver,
    connect_machine,
    endpoint_trouble,
    follow_by_sse,
    follow_by_websocket,
    log_in,
    new_siret,
    sign_up,
    verify,
)
from tests.demo.stage import Script, against_a_server, counted, expect, refuse

INVOICE = """
  invoice { id number status version availableActions { action enabled } receiptNumber
            paymentClock { state dueOn } }
  userErrors { rule path message remedy severity }
  replayed
  cursor
"""
SUBMIT = f"mutation($input: InvoiceSubmitInput!) {{ invoiceSubmit(input: $input) {{ {INVOICE} }} }}"
MOVE = f"mutation($input: InvoiceMoveInput!) {{ invoiceMove(input: $input) {{ {INVOICE} }} }}"
VALIDATE = (
    "mutation($input: InvoiceValidateInput!) { invoiceValidate(input: $input)"
    " { userErrors { rule path severity message } } }"
)


@dataclass
class Play:
    """The stage: who is there, what was read, and how many steps went well."""

    base: str
    credentials: dict[str, Any]
    http: httpx2.AsyncClient
    supplier: Caller | None = None
    recipient: Caller | None = None
    validator: Caller | None = None
    erp: Caller | None = None
    websocket: Reader = field(default_factory=lambda: Reader("WebSocket"))
    sse: Reader = field(default_factory=lambda: Reader("SSE"))
    receiver: Receiver = field(default_factory=Receiver)
    followers: list[asyncio.Task[None]] = field(default_factory=list)
    structure: dict[str, Any] = field(default_factory=dict)
    newcomer: Newcomer = field(default_factory=lambda: Newcomer("", "", "", ""))
    certificate: dict[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    start: str = ""
    documents: list[str] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)
    invoice: dict[str, Any] = field(default_factory=dict)
    run: str = field(default_factory=lambda: secrets.token_hex(3).upper())

    def people(self, role: str) -> tuple[str, str]:
        user = self.credentials["users"][role]
        return user["email"], user["password"]

    def readers(self) -> tuple[Reader, Reader, Reader]:
        return self.websocket, self.sse, self.receiver.reader

    def by(self, caller: Caller | None) -> Caller:
        if caller is None:
            raise Failed("nobody is logged in")
        return caller

    async def until_everyone_saw(self, document: str, version: int) -> str:
        """Wait until each reader received the document's event of that rank."""
        waited = 0.0
        while waited < PATIENCE:
            if all(any(n == version for n, _ in r.of(document)) for r in self.readers()):
                break
            await asyncio.sleep(0.02)
            waited += 0.02
        said = []
        for reader in self.readers():
            if reader.problem:
                raise Failed(f"{reader.name}: {reader.problem}")
            seen = reader.of(document)
            if [n for n, _ in seen] != list(range(1, version + 1)):
                raise Failed(await self.missed(reader, f"{seen} instead of 1 to {version}"))
            said.append(f"{reader.name}: {seen[-1][1]}")
        return " · ".join(said)

    async def missed(self, reader: Reader, seen: str) -> str:
        """What a reader saw instead of what it should have; for webhooks, why."""
        if reader is not self.receiver.reader:
            return f"{reader.name} saw {seen}"
        why = await endpoint_trouble(self.by(self.erp), self.endpoint)
        return f"{reader.name} saw {seen}: {why}"

    async def move(self, caller: Caller | None, action: str, **given: Any) -> str:
        """One action on the invoice at hand, seen by every reader."""
        done = await self.by(caller).do(MOVE, id=self.invoice["id"], action=action, **given)
        refuse(done)
        self.invoice = done["invoice"]
        return await self.until_everyone_saw(self.invoice["id"], self.invoice["version"])

    async def submit(self, **changes: Any) -> str:
        """Deposit an invoice like the one at hand, with changes."""
        content = {**self.content, **changes}
        done = await self.by(self.supplier).do(SUBMIT, invoice=content)
        refuse(done)
        self.invoice = done["invoice"]
        self.documents.append(self.invoice["id"])
        return await self.until_everyone_saw(self.invoice["id"], self.invoice["version"])

    async def take(self, group: str, member: str) -> dict[str, Any]:
        """What a member of a consumer group is handed; empty when there is nothing."""
        done = await self.by(self.erp).do(
            "mutation($input: EventInboxTakeInput!) { eventInboxTake(input: $input) { lease { id"
            " items { subjectId event { subjectSequence } } }"
            " userErrors { rule path message severity } } }",
            consumerId=group,
            member=member,
            first=5,
        )
        refuse(done)
        return done["lease"] or {}

    async def acknowledge(self, group: str, lease: dict[str, Any]) -> None:
        """Say that all of a lease is done."""
        if not lease:
            return
        data = await self.by(self.erp).ask(
            "mutation($input: EventInboxAckInput!) { eventInboxAck(input: $input) { lost"
            " userErrors { rule path message severity } } }",
            input={"consumerId": group, "leaseId": lease["id"]},
        )
        done = data["eventInboxAck"]
        refuse(done)
        expect(done["lost"] == [], f"{len(done['lost'])} were lost")


SCRIPT: Script[Play] = Script("main job")
step = SCRIPT.step


@step("the server is ready")
async def ready(play: Play) -> str:
    answer = await play.http.get(f"{play.base}/readyz")
    expect(answer.status_code == 200, f"/readyz answered {answer.status_code}")
    return play.base


@step("a newcomer signs up, opens the link of the e-mail, chooses a password")
async def newcomer_signs_up(play: Play) -> str:
    begun = time.monotonic()
    play.newcomer = Newcomer(
        email=f"nina-{play.run.lower()}@papeterie.example",
        name="Nina Nouvelle",
        company=f"PAPETERIE {play.run}",
        siret=new_siret(),
    )
    play.supplier = await sign_up(play.base, play.newcomer, play.http)
    return f"{play.newcomer.email} is logged in, {time.monotonic() - begun:.1f} s after the form"


@step("the newcomer is the main manager of the structure that she named")
async def newcomer_manages(play: Play) -> str:
    viewer = (
        await play.by(play.supplier).ask(
            "{ viewer { name memberships { structure { id name identifier status }"
            " permissions } } }"
        )
    )["viewer"]
    (membership,) = viewer["memberships"]
    play.structure = membership["structure"]
    expect("mandate:sign" in membership["permissions"], str(membership["permissions"]))
    play.content = {
        "supplierId": play.structure["id"],
        "number": f"DEMO-{play.run}",
        "issuedOn": datetime.now(UTC).date().isoformat(),
        "recipientSiret": "214 202 186 00018",
        "commitmentNumber": "1234567",
        "vatType": "TVA_SUR_ENCAISSEMENT",
        "paymentMode": "VIREMENT",
        "lines": [
            {"name": "Ramettes A4", "quantity": "40", "unitPrice": "4.25", "vatRate": "20"},
            {"name": "Livraison", "quantity": "1", "unitPrice": "12.50", "vatRate": "20"},
        ],
        "totalNet": "182.50",
        "totalVat": "36.50",
        "totalGross": "219.00",
        "amountToPay": "219.00",
    }
    return f"{play.structure['name']}, SIRET {play.structure['identifier']}"


@step("nothing is deposited without a mandate; the refusal names the action")
async def no_mandate(play: Play) -> str:
    done = await play.by(play.supplier).do(SUBMIT, invoice=play.content)
    said = [e for e in done["userErrors"] if "mandateSign" in e["remedy"]]
    expect(done["invoice"] is None and bool(said), str(done["userErrors"]))
    return str(said[0]["message"])


@step("the newcomer reads the invoicing mandate and signs it")
async def sign_mandate(play: Play) -> str:
    text = (await play.by(play.supplier).ask("{ mandateText { version sha256 } }"))["mandateText"]
    done = await play.by(play.supplier).do(
        "mutation($input: MandateSignInput!) { mandateSign(input: $input) { mandate { id version"
        " certificate { number url sha256 } } userErrors { rule path message severity } } }",
        structureId=play.structure["id"],
        version=text["version"],
        textSha256=text["sha256"],
    )
    refuse(done)
    play.certificate = done["mandate"]["certificate"]
    return f"version {done['mandate']['version']}, certificate {play.certificate['number']}"


@step("the certificate of the signature is genuine, and says so to anyone")
async def verify_certificate(play: Play) -> str:
    pdf = (await play.http.get(play.certificate["url"])).content
    expect(hashlib.sha256(pdf).hexdigest() == play.certificate["sha256"], "another PDF came")
    verdicts = [await verify(play.base, play.http, one) for one in (pdf, pdf + b" ")]
    expect(verdicts == [True, False], f"genuine, then altered: {verdicts}")
    return f"{len(pdf)} bytes of PDF; one more byte is found out"


@step("the ERP is connected: a technical account, its secret shown once, its first token")
async def erp_connects(play: Play) -> str:
    spaces = [
        {"space": space, "level": "MODIFICATION"} for space in ("FACTURES_EMISES", "RACCORDEMENTS")
    ]
    scopes = ["invoice:read_issued", "invoice:issue", "webhook:read", "webhook:manage"]
    asked = await play.by(play.supplier).do(
        "mutation($input: ConnectionRequestInput!) { connectionRequest(input: $input) {"
        " connection { id status } userErrors { rule path message severity } } }",
        structureId=play.structure["id"],
        application="ERP",
        contactName="Nina Nouvelle",
        contactEmail=play.newcomer.email,
        scopes=scopes,
        spaces=spaces,
    )
    refuse(asked)
    made = await play.by(play.supplier).do(
        "mutation($input: TechnicalAccountCreateInput!) { technicalAccountCreate(input: $input) {"
        " technicalAccount { id } secret userErrors { rule path message severity } } }",
        connectionId=asked["connection"]["id"],
        name="ERP",
        scopes=scopes,
        spaces=spaces,
    )
    refuse(made)
    client = made["technicalAccount"]["id"]
    play.erp = await connect_machine(play.base, client, made["secret"], play.http)
    return f"{client}, connection {asked['connection']['status']}"


@step("the recipient logs in")
async def recipient_logs_in(play: Play) -> str:
    play.recipient = await log_in(play.base, *play.people("recipient"), play.http)
    return play.recipient.name


@step("the validator logs in")
async def validator_logs_in(play: Play) -> str:
    play.validator = await log_in(play.base, *play.people("validator"), play.http)
    return play.validator.name


@step("the newcomer finds the city, accents and a typo forgiven")
async def find_recipient(play: Play) -> str:
    data = await play.by(play.supplier).ask(
        '{ structures(search: "saint etiene 42", first: 3) { nodes { name identifier'
        " parameters { commitmentRequired commitmentFormat } } } }"
    )
    found = data["structures"]["nodes"]
    city = next((s for s in found if s["identifier"] == "21420218600018"), None)
    expect(city is not None, f"the city is not among {[s['name'] for s in found]}")
    assert city is not None
    return f"{city['name']}, commitment {city['parameters']['commitmentFormat']}"


@step("the ERP registers a webhook endpoint")
async def register_webhook(play: Play) -> str:
    await play.receiver.start()
    done = await play.by(play.erp).do(
        "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
        " { endpoint { id status } secret userErrors { rule path message severity } } }",
        structureId=play.structure["id"],
        url=play.receiver.url,
        description="Demonstration",
    )
    refuse(done)
    play.receiver.secret = done["secret"]
    play.endpoint = done["endpoint"]["id"]
    return f"{play.endpoint} → {play.receiver.url}"


@step("a ping arrives, signed")
async def ping(play: Play) -> str:
    done = await play.by(play.erp).do(
        "mutation($input: WebhookEndpointPingInput!) { webhookEndpointPing(input: $input)"
        " { userErrors { rule path message severity } } }",
        id=play.endpoint,
    )
    refuse(done)
    for _ in range(int(PATIENCE / 0.05)):
        if any(e["kind"] == "WEBHOOK_PING" for e in play.receiver.reader.events):
            return f"verified with the public package, {play.receiver.refused} refused"
        await asyncio.sleep(0.05)
    raise Failed(await play.missed(play.receiver.reader, "no ping"))


@step("a WebSocket and an SSE subscriber listen")
async def listen(play: Play) -> str:
    data = await play.by(play.supplier).ask("{ invoices(first: 1) { asOfCursor } }")
    play.start = data["invoices"]["asOfCursor"]
    for follow, reader in (
        (follow_by_websocket, play.websocket),
        (follow_by_sse, play.sse),
    ):
        play.followers.append(asyncio.create_task(follow(play.by(play.supplier), reader)))
        await asyncio.wait_for(reader.ready.wait(), PATIENCE)
    return "from the present end of the log"


@step("an invoice that lacks its commitment is refused, every problem at once")
async def validate(play: Play) -> str:
    wrong = {**play.content, "commitmentNumber": None, "totalNet": "180.00", "number": "no spaces"}
    data = await play.by(play.supplier).ask(VALIDATE, input={"invoice": wrong})
    errors = data["invoiceValidate"]["userErrors"]
    paths = {e["path"][-1] for e in errors if e["severity"] == "ERROR"}
    expect({"commitmentNumber", "number"} <= paths, f"only {paths} were reported")
    done = await play.by(play.supplier).do(SUBMIT, invoice=wrong)
    same = [(e["rule"], e["path"]) for e in errors if e["severity"] == "ERROR"]
    expect(
        [(e["rule"], e["path"]) for e in done["userErrors"]] == same,
        "invoiceValidate and invoiceSubmit disagree",
    )
    return (
        f"{counted(len(same), 'problem')}: {', '.join(sorted(paths))}; invoiceSubmit says the same"
    )


@step("the invoice is deposited and made available")
async def deposit(play: Play) -> str:
    seen = await play.submit()
    expect(play.invoice["status"] == "MISE_A_DISPOSITION", play.invoice["status"])
    return f"{play.invoice['receiptNumber']} · {seen}"


@step("the same request again deposits nothing")
async def replay(play: Play) -> str:
    key = secrets.token_hex(8)
    number = f"DEMO-{play.run}-K"
    content = {**play.content, "number": number}
    first = await play.by(play.supplier).do(SUBMIT, invoice=content, idempotencyKey=key)
    again = await play.by(play.supplier).do(SUBMIT, invoice=content, idempotencyKey=key)
    other = await play.by(play.supplier).do(SUBMIT, invoice=content)
    expect(again["replayed"] and again["invoice"]["id"] == first["invoice"]["id"], "not replayed")
    expect(other["userErrors"][0]["path"][-1] == "number", "a number was used twice")
    play.documents.append(first["invoice"]["id"])
    return f"replayed with the key; refused without: {other['userErrors'][0]['rule']}"


@step("the recipient suspends it: a document is missing")
async def suspend(play: Play) -> str:
    return await play.move(
        play.recipient, "SUSPEND", reason="JUSTIF_ABS", comment="Bon de livraison attendu"
    )


@step("the supplier takes note and completes it")
async def complete(play: Play) -> str:
    await play.move(play.supplier, "ACKNOWLEDGE")
    return await play.move(play.supplier, "COMPLETE", comment="Bon de livraison envoyé")


@step("the recipient certifies the delivery, orders and books the payment")
async def process(play: Play) -> str:
    await play.move(play.recipient, "CERTIFY_SERVICE")
    await play.move(play.recipient, "ORDER_PAYMENT", paymentOrderNumber="M-2026-1")
    return await play.move(play.recipient, "BOOK")


@step("the supplier cannot pay itself")
async def forbidden(play: Play) -> str:
    done = await play.by(play.supplier).do(MOVE, id=play.invoice["id"], action="PAY")
    expect(done["userErrors"][0]["rule"] == "BDR-LIF-002", str(done["userErrors"]))
    return str(done["userErrors"][0]["message"])


@step("the recipient puts it in payment")
async def pay(play: Play) -> str:
    seen = await play.move(play.recipient, "PAY")
    expect(play.invoice["paymentClock"]["state"] == "ENDED", "the payment time still runs")
    return seen


@step("another invoice is sent back for a wrong commitment, then retransmitted")
async def retransmit(play: Play) -> str:
    await play.submit(number=f"DEMO-{play.run}-R", commitmentNumber="7654321")
    await play.move(play.recipient, "ASK_RETRANSMISSION", reason="EJ_ERR")
    return await play.move(play.supplier, "RETRANSMIT", routing={"commitmentNumber": "1234567"})


@step("it is rejected with a reason; the rejection is acknowledged and handled")
async def reject(play: Play) -> str:
    await play.move(play.recipient, "REJECT", reason="DOUBLE_FACT", comment="Déjà facturé")
    await play.move(play.supplier, "ACKNOWLEDGE")
    return await play.move(play.supplier, "HANDLE_REJECTION")


@step("a credit note gives part of the paid invoice back")
async def credit(play: Play) -> str:
    return await play.submit(
        number=f"DEMO-{play.run}-A",
        type="AVOIR",
        paymentMode=None,
        originalInvoiceNumber=f"DEMO-{play.run}",
        lines=[{"name": "Ramettes A4", "quantity": "2", "unitPrice": "4.25", "vatRate": "20"}],
        totalNet="8.50",
        totalVat="1.70",
        totalGross="10.20",
        amountToPay="10.20",
    )


@step("a subcontractor's invoice (A9) waits for its validator, then reaches the buyer")
async def subcontract(play: Play) -> str:
    validator = (
        await play.by(play.validator).ask(
            "{ viewer { memberships { structure { identifier name } } } }"
        )
    )["viewer"]["memberships"][0]["structure"]
    await play.submit(
        number=f"DEMO-{play.run}-S",
        frame="A9",
        validator1={"identifier": validator["identifier"]},
    )
    expect(play.invoice["status"] == "A_VALIDER_1", play.invoice["status"])
    return f"{validator['name']} · {await play.move(play.validator, 'VALIDATE')}"


@step("the pull reader tells the same story with the same cursor")
async def pull(play: Play) -> str:
    cursor, pulled = play.start, []
    for _ in range(100):
        page = (
            await play.by(play.erp).ask(
                "query($after: EventCursor) { events(after: $after, first: 20) {"
                " nodes { id subjectId subjectSequence cursor } endCursor hasMore } }",
                after=cursor,
            )
        )["events"]
        pulled += page["nodes"]
        cursor = page["endCursor"]
        if not page["hasMore"]:
            break
    ours = set(play.documents)
    story = [e["id"] for e in pulled if e["subjectId"] in ours]
    expect(len(story) == len(set(story)), "an event came twice")
    for reader in play.readers():
        seen = [e["id"] for e in reader.events if e["subjectId"] in ours]
        expect(len(seen) == len(set(seen)), f"{reader.name} saw an event twice")
        expect(sorted(seen) == sorted(story), f"{reader.name} saw {len(seen)} of {len(story)}")
    streams = [[e["id"] for e in r.events if e["subjectId"] in ours] for r in play.readers()[:2]]
    expect(streams == [story, story], "a stream saw them in another order")
    hook = next(e for e in play.receiver.reader.events if e["id"] == story[0])
    expect(hook["cursor"] == pulled[[e["id"] for e in pulled].index(story[0])]["cursor"], "cursor")
    told = counted(len(story), "event")
    return f"{told} in log order: pull = WebSocket = SSE; webhooks have the same"


@step("the history of the paid invoice shows every step in order")
async def history(play: Play) -> str:
    data = await play.by(play.supplier).ask(
        "query($id: ID!) { invoice(by: {id: $id}) { number history(first: 50) { nodes {"
        " subjectSequence change { to } } } } }",
        id=play.documents[0],
    )
    nodes = data["invoice"]["history"]["nodes"]
    expect([n["subjectSequence"] for n in nodes] == list(range(1, len(nodes) + 1)), "a gap")
    return " → ".join(n["change"]["to"] for n in nodes if n["change"])


@step("every delivery was logged with its attempt")
async def deliveries(play: Play) -> str:
    data = await play.by(play.erp).ask(
        "query($id: ID!) { webhookDeliveries(endpoint: $id, first: 40) { nodes {"
        " state attempts { status } } } }",
        id=play.endpoint,
    )
    nodes = data["webhookDeliveries"]["nodes"]
    late = [n for n in nodes if n["state"] != "DELIVERED"]
    expect(bool(nodes) and not late, f"{len(late)} of {len(nodes)} are not delivered")
    first = sum(len(n["attempts"]) == 1 for n in nodes)
    return f"{counted(len(nodes), 'message')} received, {first} at the first attempt"


@step("why an event came, or did not: exactly one reason")
async def explain(play: Play) -> str:
    earlier = (await play.by(play.erp).ask("{ events(first: 1) { nodes { id } } }"))["events"]
    hook = next(e for e in play.receiver.reader.events if e["subjectId"] == play.documents[0])
    said = []
    for event in (hook["id"], earlier["nodes"][0]["id"]):
        data = await play.by(play.erp).ask(
            "query($event: ID!, $endpoint: ID!) { explainDelivery(event: $event,"
            " endpoint: $endpoint) { code label } }",
            event=event,
            endpoint=play.endpoint,
        )
        said.append(data["explainDelivery"])
    expect([s["code"] for s in said] == ["DELIVERED", "BEFORE_ITS_TIME"], str(said))
    return " · ".join(s["label"] for s in said)


@step("a replay, foreseen then started, sends the events of the paid invoice again")
async def send_again(play: Play) -> str:
    paid = play.documents[0]
    before = [e["id"] for e in play.receiver.reader.events if e["subjectId"] == paid]
    asked = {
        "endpointId": play.endpoint,
        "from": {"cursor": play.start},
        "filter": {"subjects": [paid]},
    }
    foreseen = await play.by(play.erp).do(
        "mutation($input: WebhookReplayInput!) { webhookReplayPreview(input: $input) {"
        " preview { count duplicates } userErrors { rule path message severity } } }",
        **asked,
    )
    refuse(foreseen)
    counts = {"count": len(before), "duplicates": len(before)}
    expect(foreseen["preview"] == counts, str(foreseen["preview"]))
    started = await play.by(play.erp).do(
        "mutation($input: WebhookReplayInput!) { webhookReplayStart(input: $input) {"
        " replay { id } userErrors { rule path message severity } } }",
        **asked,
    )
    refuse(started)
    for _ in range(int(PATIENCE / 0.05)):
        told = [e["id"] for e in play.receiver.reader.events if e["subjectId"] == paid]
        if len(told) >= 2 * len(before):
            break
        await asyncio.sleep(0.05)
    expect(told == 2 * before, f"{len(told) - len(before)} of {len(before)} came again, in order")
    return f"{counted(len(before), 'message')} again, in order, with the same ids"


@step("a consumer group of two members shares the same events, each document's in order")
async def share(play: Play) -> str:
    made = await play.by(play.erp).do(
        "mutation($input: EventConsumerCreateInput!) { eventConsumerCreate(input: $input)"
        " { consumer { id } userErrors { rule path message severity } } }",
        structureId=play.structure["id"],
        name=f"DEMO-{play.run}",
        start="CURSOR",
        cursor=play.start,
        filter={"subjectKinds": ["INVOICE"]},
    )
    refuse(made)
    group, members = made["consumer"]["id"], ("one", "two")
    shares = dict.fromkeys(members, 0)
    handed: list[dict[str, Any]] = []
    while any(leases := [await play.take(group, member) for member in members]):
        for member, lease in zip(members, leases, strict=True):
            handed += lease.get("items", [])
            shares[member] += len(lease.get("items", []))
            await play.acknowledge(group, lease)
    refuse(
        await play.by(play.erp).do(
            "mutation($input: EventConsumerDeleteInput!) { eventConsumerDelete(input: $input)"
            " { userErrors { rule path message severity } } }",
            consumerId=group,
        )
    )
    for document in play.documents:
        ranks = [e["event"]["subjectSequence"] for e in handed if e["subjectId"] == document]
        last = play.receiver.reader.of(document)[-1][0]
        expect(ranks == list(range(1, last + 1)), f"{document}: {ranks} instead of 1 to {last}")
    return " · ".join(
        f"member {member}: {counted(count, 'event')}" for member, count in shares.items()
    )


@step("the stage is cleared")
async def clear(play: Play) -> str:
    done = await play.by(play.erp).do(
        "mutation($input: WebhookEndpointDeleteInput!) { webhookEndpointDelete(input: $input)"
        " { userErrors { rule path message severity } } }",
        id=play.endpoint,
    )
    refuse(done)
    return "the endpoint is deleted"


async def perform(base: str, credentials: dict[str, Any]) -> bool:
    """Play every step; whether all went well."""
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        play = Play(base, credentials, http)
        try:
            well = await SCRIPT.perform(play)
        finally:
            for follower in play.followers:
                follower.cancel()
            await play.receiver.stop()
        return SCRIPT.close(well)


if __name__ == "__main__":
    sys.exit(against_a_server(perform))
