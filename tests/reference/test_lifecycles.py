"""`lifecycle(kind)` and the diagrams: what is served is the table, as this site has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from domain import policy
from domain.described import LIFECYCLES, DocumentKind
from domain.documents import Document
from domain.invoices.words import NEEDS
from domain.labels import PARTIES
from domain.lifecycle import Lifecycle, Step
from domain.lifecycles import Described, belongs, reached
from domain.reference.statuses import STATUSES, InvoiceStatus
from domain.rules_text import problem
from frontend_contract.generate import generated
from settings import MODELS
from tests.api import Ask, door

LIFECYCLE = """
query($kind: DocumentKind!) {
  lifecycle(kind: $kind) {
    kind label
    english: label(locale: EN)
    statuses { code label tone isInitial isFinal }
    parties { code label }
    steps {
      action label from to by needs needsLabel isByClock
      condition { rule text english: text(locale: EN) }
      variants { variant delayDays }
    }
    variants {
      code label frames statuses finalStatuses diagram english: diagram(locale: EN)
    }
  }
}
"""
ALL = "{ lifecycles { kind } }"

each = pytest.mark.parametrize("kind", DocumentKind, ids=str)


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    """The default settings."""
    policy.configure(policy.Policy())
    yield
    policy.configure(policy.Policy())


@pytest.fixture
async def asked() -> AsyncIterator[Ask]:
    async with door({}) as ask:
        yield ask


async def served(asked: Ask, kind: DocumentKind) -> dict[str, Any]:
    answer = await asked("anonymous", LIFECYCLE, {"kind": kind.value})
    assert answer.errors == []
    return dict(answer.payload)


def widest(row: Described) -> list[list[Any]]:
    """What documents of each variant may be like on a site that opens everything."""
    everything = policy.Policy(tacit_days_subcontractor=15, tacit_days_cocontractor=15)
    return [list(variant.facts(everything)) for variant in row.variants]


def test_every_document_with_a_life_cycle_is_described() -> None:
    models = {
        model
        for names in MODELS.values()
        for name in names
        for model in vars(import_module(name)).values()
        if isinstance(model, type) and issubclass(model, Document) and "lifecycle" in vars(model)
    }

    known = [row.lifecycle for row in LIFECYCLES.values()]
    assert {model.lifecycle.kind for model in models} == {table.kind for table in known}
    assert all(kind.value == row.lifecycle.kind.upper() for kind, row in LIFECYCLES.items())
    assert LIFECYCLES.keys() == set(DocumentKind)


@each
def test_a_kind_has_words_for_its_actions_and_each_frame_one_life(kind: DocumentKind) -> None:
    row = LIFECYCLES[kind]

    assert {step.action for step in row.lifecycle.steps} == {str(a) for a in row.actions}
    frames = Counter(frame for variant in row.variants for frame in variant.frames)
    assert set(frames.values()) == {1}
    assert len({variant.code for variant in row.variants}) == len(row.variants)


@each
def test_the_variants_together_are_the_whole_table(kind: DocumentKind) -> None:
    row = LIFECYCLES[kind]

    lives = widest(row)

    drawn = {status.value for facts in lives for status in reached(row.lifecycle, facts)}
    absent = [s for s in row.lifecycle.steps if not any(belongs(s, facts) for facts in lives)]
    assert drawn == row.lifecycle.statuses()
    # Documents that stray from the way forward, where a structure lets them.
    assert {s.only_if.rule for s in absent if s.only_if} <= {"BDR-LIF-010"}
    assert all(s.only_if for s in absent)


def told(step: Step[Any]) -> tuple[Any, ...]:
    """What the table says of a step."""
    condition = None
    if step.only_if is not None:
        why = problem(step.only_if.rule, (), action=step.action, party=step.by.value)
        condition = (step.only_if.rule, why.fr, why.en)
    return (
        step.action,
        frozenset(step.frm),
        step.to,
        step.by.value,
        step.needs and step.needs.value,
        step.needs and NEEDS[step.needs].fr,
        step.after is not None,
        condition,
    )


def read(step: dict[str, Any]) -> tuple[Any, ...]:
    """What the API says of a step."""
    condition = step["condition"]
    return (
        step["action"],
        frozenset(step["from"]),
        step["to"],
        step["by"],
        step["needs"],
        step["needsLabel"],
        step["isByClock"],
        condition and (condition["rule"], condition["text"], condition["english"]),
    )


@each
async def test_what_is_served_is_the_table(asked: Ask, kind: DocumentKind) -> None:
    row = LIFECYCLES[kind]
    table: Lifecycle[Any] = row.lifecycle

    shown = await served(asked, kind)

    assert (shown["kind"], shown["label"], shown["english"]) == (kind.value, *row.words)
    assert [read(step) for step in shown["steps"]] == [told(step) for step in table.steps]
    assert [s["label"] for s in shown["steps"]] == [row.actions[s.action].fr for s in table.steps]
    assert {s["code"] for s in shown["statuses"]} == table.statuses()
    for status in shown["statuses"]:
        known = STATUSES[InvoiceStatus(status["code"])]
        assert (status["label"], status["tone"]) == (known.label.fr, known.tone.value)
        assert status["isInitial"] == (status["code"] in table.initial)
        assert status["isFinal"] == table.is_final(status["code"])
    parties = {party["code"]: party["label"] for party in shown["parties"]}
    assert parties == {s.by.value: PARTIES[s.by].fr for s in table.steps}


@each
async def test_the_generated_diagrams_are_those_that_are_served(
    asked: Ask, kind: DocumentKind
) -> None:
    written = generated()["lifecycles.md"]

    for variant in (await served(asked, kind))["variants"]:
        assert f"```mermaid\n{variant['diagram']}\n```" in written
        lines = variant["diagram"].splitlines()
        named = {word for line in lines[1:] for word in line.replace(":", " ").split()}
        assert set(variant["statuses"]) <= named
        assert {f"  {status} --> [*]" for status in variant["finalStatuses"]} == {
            line for line in lines if line.endswith("--> [*]")
        }
        assert len(variant["english"].splitlines()) == len(lines)
        assert variant["english"] != variant["diagram"]


@pytest.mark.parametrize(
    ("changes", "delays"),
    [
        ({}, {"SUBCONTRACTOR": 15}),
        ({"tacit_days_cocontractor": 10}, {"SUBCONTRACTOR": 15, "CO_CONTRACTOR": 10}),
        ({"tacit_days_subcontractor": 0}, {}),
    ],
    ids=["by default", "of a co-contractor too", "never"],
)
async def test_delays_and_diagrams_are_those_of_the_site(
    asked: Ask, changes: dict[str, int], delays: dict[str, int]
) -> None:
    policy.configure(replace(policy.current(), **changes))  # type: ignore[arg-type]  # days only

    shown = await served(asked, DocumentKind.INVOICE)

    lapses = [step for step in shown["steps"] if step["isByClock"]]
    assert len(lapses) == 2
    assert {v["variant"]: v["delayDays"] for v in lapses[0]["variants"]} == delays
    silent = "ABSENCE_VALIDATION_1_HORS_DELAI"
    assert {v["code"] for v in shown["variants"] if silent in v["statuses"]} == delays.keys()
    assert {v["code"] for v in shown["variants"] if silent in v["diagram"]} == delays.keys()


async def test_a_life_has_its_own_statuses_and_ends(asked: Ask) -> None:
    shown = {v["code"]: v for v in (await served(asked, DocumentKind.INVOICE))["variants"]}

    assert {code: v["frames"] for code, v in shown.items()} == {
        "DIRECT": ["A1", "A2"],
        "SUBCONTRACTOR": ["A9"],
        "CO_CONTRACTOR": ["A12"],
    }
    assert "A_VALIDER_1" not in shown["DIRECT"]["statuses"]
    assert "A_VALIDER_2" not in shown["CO_CONTRACTOR"]["statuses"]
    # A refusal goes on to the buyer in A9, and ends the invoice of a co-contractor.
    assert "REFUSEE_1" not in shown["SUBCONTRACTOR"]["finalStatuses"]
    assert "REFUSEE_1" in shown["CO_CONTRACTOR"]["finalStatuses"]


async def test_all_of_them_are_served_at_once(asked: Ask) -> None:
    answer = await asked("anonymous", ALL, {})

    assert [one["kind"] for one in answer.payload] == [kind.value for kind in DocumentKind]
