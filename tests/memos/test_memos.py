"""Memos of court costs through the API, by who may and by who may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import policy
from domain.access import Actor, Level, Role, Space
from domain.claims.circuit import ClaimAction as A
from domain.clock import today
from domain.errors import Invalid
from domain.memos.actions import MEMOS
from domain.reference.statuses import InvoiceStatus as S
from tests.api import Ask, door
from tests.claims.making import Sides, a_claim, a_memo_draft, act, on_service, sides
from tests.make import a_bank_account, a_public_structure, a_structure, a_supplier, an_actor

SUBMIT = """mutation($input: MemoSubmitInput!) { memoSubmit(input: $input) {
  memo { id status caseNumber mission amountToPay receiptNumber totals { net vat gross }
    lines { number name quantity unitPrice vatRate net } recipient { id }
    validatorService { code } recipientService { code } supplier { id } bankAccount { iban } }
  userErrors { code rule path message } replayed
} }"""
CHECK = """mutation($input: MemoValidateInput!) { memoValidate(input: $input) {
  memo { id } userErrors { rule path severity }
} }"""
MOVE = """mutation($input: MemoMoveInput!) { memoMove(input: $input) {
  memo { id status isFinal paymentClock { state } } userErrors { code rule path }
} }"""
LIST = """query($filter: MemoFilter) { memos(filter: $filter) { nodes { id number } } }"""


@pytest.fixture
async def who(database: str) -> Sides:
    """A provider and a court."""
    return await sides(Space.MEMOIRES_DE_FRAIS)


def content(who: Sides, **changes: Any) -> dict[str, Any]:
    """A good memo as the API takes it."""
    values = {
        "supplierId": who.supplier.id,
        "number": "MEM-7",
        "issuedOn": today().isoformat(),
        "recipientSiret": f" {who.recipient.identifier[:9]} {who.recipient.identifier[9:]} ",
        "recipientServiceCode": who.paying.code,
        "registryServiceCode": who.validating.code,
        "caseNumber": "24/01234",
        "mission": "TRADUCTION",
        "orderedOn": today().isoformat(),
        "missionEndedOn": today().isoformat(),
        "lines": [
            {"name": "Traduction", "quantity": "4", "unitPrice": "30.00", "vatRate": "20"},
            {"name": "Déplacement", "quantity": "1", "unitPrice": "12.50", "vatRate": "20"},
        ],
        "totalNet": "132.50",
        "totalVat": "26.50",
        "totalGross": "159.00",
    }
    return values | changes


def keyed(memo: dict[str, Any], key: str = "k-1") -> dict[str, Any]:
    return {"input": {"idempotencyKey": key, "memo": memo}}


async def test_a_provider_submits_once_and_the_court_pays(who: Sides) -> None:
    account = await a_bank_account(who.supplier)
    actors = {
        "provider": an_actor(who.supplier),
        "registry": on_service(who.validating, Space.MEMOIRES_DE_FRAIS),
        "payer": on_service(who.paying, Space.MEMOIRES_DE_FRAIS),
    }
    async with door(actors, compiled=True) as ask:
        memo = content(who, bankAccountId=account.id)
        first = (await ask("provider", SUBMIT, keyed(memo))).payload
        again = (await ask("provider", SUBMIT, keyed(memo))).payload

        shown = first["memo"]
        assert (first["userErrors"], first["replayed"], again["replayed"]) == ([], False, True)
        assert again["memo"]["id"] == shown["id"]
        assert shown["status"] == "A_VALIDER_1"
        assert shown["totals"] == {"net": "132.50", "vat": "26.50", "gross": "159.00"}
        assert [line["net"] for line in shown["lines"]] == ["120.00", "12.50"]
        assert shown["validatorService"] == {"code": who.validating.code}
        assert shown["recipientService"] == {"code": who.paying.code}
        assert shown["receiptNumber"].startswith("BDR-")
        assert await numbers(ask, "payer") == []

        validated = await move(ask, "registry", shown["id"], "VALIDATE")
        assert validated["memo"]["status"] == "MISE_A_DISPOSITION"
        assert validated["memo"]["paymentClock"] == {"state": "RUNNING"}
        assert await numbers(ask, "payer") == ["MEM-7"]
        assert codes(await move(ask, "registry", shown["id"], "PAY")) == ["FORBIDDEN"]
        paid = await move(ask, "payer", shown["id"], "PAY")
        assert (paid["memo"]["status"], paid["memo"]["isFinal"]) == ("MISE_EN_PAIEMENT", True)


async def numbers(ask: Ask, persona: str, **asked: Any) -> list[str]:
    """The numbers in the persona's list."""
    return [m["number"] for m in (await ask(persona, LIST, {"filter": asked})).payload["nodes"]]


async def move(ask: Ask, persona: str, identifier: str, action: str, **more: Any) -> Any:
    """What came of an action."""
    asked = {"id": identifier, "action": action, "idempotencyKey": f"{persona}-{action}"} | more
    return (await ask(persona, MOVE, {"input": asked})).payload


def codes(payload: Any) -> list[str]:
    return [e["code"] for e in payload["userErrors"]]


async def test_who_may_not_submits_nothing(who: Sides) -> None:
    looking = [(Space.MEMOIRES_DE_FRAIS, Level.CONSULTATION_UNIQUEMENT)]
    invoicing = [(Space.FACTURES_EMISES, Level.MODIFICATION)]
    elsewhere = an_actor(await a_supplier())
    actors: dict[str, Actor] = {
        "reader": an_actor(who.supplier, role=Role.USER, spaces=looking),
        "biller": an_actor(who.supplier, role=Role.USER, spaces=invoicing),
        "court": an_actor(who.recipient),
        "stranger": elsewhere,
    }
    async with door(actors) as ask:
        for persona in ("reader", "biller"):
            assert (await ask(persona, SUBMIT, keyed(content(who)))).codes == ["FORBIDDEN"]
        for persona in ("court", "stranger"):
            answer = (await ask(persona, SUBMIT, keyed(content(who)))).payload
            assert codes(answer) == ["NOT_FOUND"]
        assert (await ask("biller", LIST, {})).codes == ["FORBIDDEN"]
        assert await numbers(ask, "reader") == []


async def test_validation_says_what_a_deposit_would_and_writes_nothing(who: Sides) -> None:
    async with door({"provider": an_actor(who.supplier)}) as ask:
        wrong = content(who, missionEndedOn="2020-01-01", totalGross="1.00", mission=None)
        checked = (await ask("provider", CHECK, {"input": {"memo": wrong}})).payload
        refused = (await ask("provider", SUBMIT, keyed(wrong))).payload

        said = [(e["rule"], e["path"]) for e in checked["userErrors"]]
        assert said == [(e["rule"], e["path"]) for e in refused["userErrors"]]
        assert {"BDR-MEM-007", "BDR-MEM-008", "BDR-INV-021", "BDR-INV-001"} <= {r for r, _ in said}
        good = (await ask("provider", CHECK, {"input": {"memo": content(who)}})).payload
        assert (good["userErrors"], good["memo"]) == ([], None)
        assert await numbers(ask, "provider") == []


async def test_nothing_is_sent_where_the_space_is_closed(database: str) -> None:
    supplier, court = await a_supplier(), await a_public_structure()
    opened = await sides(Space.MEMOIRES_DE_FRAIS)
    manager = an_actor(supplier, opened.supplier)

    with pytest.raises(Invalid) as refusal:
        await MEMOS.submit(manager, a_memo_draft(replace(opened, supplier=supplier)))
    assert [p.rule for p in refusal.value.problems] == ["BDR-MEM-001"]
    with pytest.raises(Invalid) as refusal:
        await MEMOS.submit(manager, replace(a_memo_draft(opened), recipient_siret=court.identifier))
    assert "BDR-MEM-002" in [p.rule for p in refusal.value.problems]
    unknown = await a_structure()
    with pytest.raises(Invalid) as refusal:
        await MEMOS.submit(
            manager, replace(a_memo_draft(opened), recipient_siret=unknown.identifier)
        )
    assert "BDR-INV-081" in [p.rule for p in refusal.value.problems]


async def test_a_provider_is_restricted_until_a_registry_certified_one(who: Sides) -> None:
    policy.configure(replace(policy.current(), memos_until_certified=2))
    first = await a_claim(MEMOS, who)
    await a_claim(MEMOS, who, S.ABANDONNEE)
    await a_claim(MEMOS, who, S.REFUSEE_1)
    with pytest.raises(Invalid) as refusal:
        await a_claim(MEMOS, who)
    assert [p.rule for p in refusal.value.problems] == ["BDR-MEM-011"]
    assert refusal.value.problems[0].params == {"most": "2"}

    await act(MEMOS, who, first, A.VALIDATE)

    assert (await a_claim(MEMOS, who)).status == S.A_VALIDER_1


async def test_a_site_may_restrict_nobody(who: Sides) -> None:
    policy.configure(replace(policy.current(), memos_until_certified=0))

    for _ in range(3):
        await a_claim(MEMOS, who)


async def test_memos_are_found_by_case_and_mission(who: Sides) -> None:
    await a_claim(MEMOS, who, number="A", case_number="24/1")
    await a_claim(MEMOS, who, number="B", case_number="24/2")
    async with door({"court": an_actor(who.recipient)}, compiled=True) as ask:
        assert await numbers(ask, "court", caseNumber="24/2") == ["B"]
        assert await numbers(ask, "court", missions=["INTERPRETARIAT"]) == ["B", "A"]
        assert await numbers(ask, "court", missions=["EXPERTISE"]) == []
        assert await numbers(ask, "court", parties=["SUPPLIER"]) == []
