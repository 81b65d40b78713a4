"""What is wrong with the terms of a contract is said at once, each thing at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.contracts.codes import ContractRole
from domain.contracts.draft import LotDraft, Terms
from domain.contracts.models import Contract
from domain.errors import Refused
from domain.structures.models import StructureStatus
from tests.contracts.kit import a_circle, a_proposal, changed, of_a_group, role
from tests.make import a_supplier

R = ContractRole


def _refused(terms: Terms, **changes: Any) -> Terms:
    return replace(terms, **changes)


async def test_every_problem_of_the_terms_is_said_at_once(database: str) -> None:
    circle = await a_circle()
    closed = await a_supplier(has_mandate=False, status=StructureStatus.INACTIVE)
    unknown = "12345678900001"
    lots = (LotDraft(number="1", amount=Decimal("40000.00")), LotDraft(number="1"))
    cases: Mapping[str, tuple[Terms, list[tuple[str, str]]]] = {}
    whole = of_a_group(circle)
    named = list(whole.parties)
    cases = {
        "no authority": (changed(whole, named[1:]), [("BDR-CTR-007", "parties")]),
        "no holder": (
            changed(whole, [p for p in named[:5] if p.role is not R.GROUP_AGENT]),
            [("BDR-CTR-008", "parties")],
        ),
        "a group of one": (
            changed(whole, [p for p in named[:6] if p.role is not R.CO_CONTRACTOR]),
            [("BDR-CTR-009", "parties")],
        ),
        "two project managers": (
            changed(whole, [*named, role(R.PROJECT_MANAGER, circle.finance)]),
            [("BDR-CTR-010", "parties")],
        ),
        "for nobody": (
            changed(whole, [*named[:5], replace(named[5], principal=unknown)]),
            [("BDR-CTR-011", "principal")],
        ),
        "a ceiling of the holder": (
            changed(whole, [replace(p, ceiling=Decimal(1)) if p is named[3] else p for p in named]),
            [("BDR-CTR-012", "ceiling")],
        ),
        "its own subcontractor": (
            changed(whole, [*named, role(R.SUBCONTRACTOR, circle.holder, circle.holder)]),
            [("BDR-CTR-013", "identifier")],
        ),
        "twice": (changed(whole, [*named, named[5]]), [("BDR-CTR-014", "7")]),
        "negative": (_refused(whole, amount=Decimal(-1)), [("BDR-CTR-015", "amount")]),
        "millimes": (_refused(whole, amount=Decimal("100000.001")), [("BDR-CTR-015", "amount")]),
        "lots": (_refused(whole, lots=lots), [("BDR-CTR-016", "number")]),
        "sum": (_refused(whole, lots=lots[:1]), [("BDR-CTR-017", "amount")]),
        "ceilings": (_refused(whole, amount=Decimal(14999)), [("BDR-CTR-018", "amount")]),
        "no such lot": (
            changed(whole, [*named[:5], replace(named[5], lot="9")]),
            [("BDR-CTR-020", "lot")],
        ),
        "unknown": (
            changed(whole, [*named[:5], replace(named[5], identifier=unknown)]),
            [("BDR-CTR-004", "identifier")],
        ),
        "inactive": (
            changed(whole, [*named[:5], replace(named[5], identifier=closed.identifier)]),
            [("BDR-CTR-005", "identifier")],
        ),
        "no such service": (
            changed(whole, [*named[:5], replace(named[5], service_code="NULLE_PART")]),
            [("BDR-CTR-006", "serviceCode")],
        ),
        "a private paymaster": (
            changed(
                whole, [role(R.FINANCE_SERVICE, circle.subcontractor), *named[:2], *named[3:5]]
            ),
            [("BDR-CTR-024", "identifier")],
        ),
        "no label": (_refused(whole, label=" "), [("BDR-CTR-001", "label")]),
        "nobody": (
            _refused(whole, parties=()),
            [("BDR-CTR-007", "parties"), ("BDR-CTR-008", "parties")],
        ),
    }
    for name, (terms, expected) in cases.items():
        with pytest.raises(Refused) as refused:
            await a_proposal(terms, circle.authority)
        found = [(p.rule, p.path[-1]) for p in refused.value.problems]
        if name == "negative":
            found = [f for f in found if f[0] == "BDR-CTR-015"]
        assert found == expected, name
    assert await Contract.all().count() == 0
