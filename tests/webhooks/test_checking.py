"""Documents that a schema, present or next, no longer takes: named before and at the start."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from graphql import parse

import manage
from commands.webhooks import show_risks
from domain.structures.models import Structure
from frontend_contract.generate import FOLDER
from frontend_contract.operations import operations
from resolvers.documents import Judge, next_schema
from resolvers.http import Limits
from resolvers.http.limits import fragments_of, operations_of
from resolvers.http.prepared import permissions_of
from resolvers.http.prices import Prices
from resolvers.root import schema
from tests.webhooks.conftest import an_endpoint
from tests.webhooks.receiver import Receiver
from webhooks import checking
from webhooks.models import Endpoint, Payload

SDL = (FOLDER / "schema.graphql").read_text("utf-8")
TOTALS = "query($subject: ID!) { invoice(by: {id: $subject}) { id\n statusComment } }"
KIND = "query($event: ID!) { event(id: $event) { kind } }"


def judge_of(sdl: str) -> Judge:
    return Judge(next_schema(sdl, schema._schema), Limits())


async def with_document(owner: Structure, receiver: Receiver, document: str) -> Endpoint:
    kept = await an_endpoint(owner, receiver, payload=Payload.DOCUMENT, document=document)
    return kept.endpoint


def test_the_published_schema_prices_and_asks_as_the_present_one() -> None:
    following = next_schema(SDL, schema._schema)

    prices, later = Prices(schema._schema, Limits()), Prices(following, Limits())
    for operation in operations():
        fragments, definition = fragments_of(parse(operation.text)), operation.definition
        price = prices.plan(definition, fragments)
        same = later.plan(definition, fragments)
        assert same.cost({}) == price.cost({}), operation.name
        asked = list(permissions_of(schema._schema, definition, fragments))
        assert list(permissions_of(following, definition, fragments)) == asked


async def test_what_the_next_schema_takes_away_is_named_with_its_endpoint(
    owner: Structure, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = await with_document(owner, receiver, TOTALS)
    await with_document(owner, receiver, KIND)
    gone = await with_document(owner, receiver, TOTALS)
    await Endpoint.filter(id=gone.id).update(status="DELETED")

    assert await show_risks(judge_of(SDL)) == 0
    assert "2 of 2 documents fit." in capsys.readouterr().out
    before, after = SDL.split("type Invoice ", 1)
    later = f"{before}type Invoice {after.replace('statusComment: String', 'newName: String', 1)}"
    status = await show_risks(judge_of(later))

    lines = capsys.readouterr().out.splitlines()
    assert status == 1
    assert len(lines) == 2
    assert lines[0].startswith(f"{lost.id} {owner.id} 127.0.0.1: BDR-WHK-045 Line 2, column 2:")
    assert "statusComment" in lines[0]
    assert lines[1] == "1 of 2 documents fit."


async def test_a_right_that_the_next_schema_asks_is_missed(
    owner: Structure, receiver: Receiver
) -> None:
    await with_document(owner, receiver, KIND)
    before = "  event(\n"
    assert before in SDL
    at = SDL.index(before)
    end = SDL.index("@requires(anyOf: [", at) + len("@requires(anyOf: [")
    close = SDL.index("]", end)

    risks = await checking.at_risk(judge_of(f'{SDL[:end]}"event:new"{SDL[close:]}'))

    (found,) = [p for risk in risks for p in risk.problems]
    assert (found.rule, dict(found.params)) == (
        "BDR-WHK-049",
        {"field": "event", "permissions": "event:new"},
    )


def test_what_is_no_schema_is_refused() -> None:
    for text in ("type", "type A { b: Missing }"):
        with pytest.raises(ValueError, match="cannot be read"):
            next_schema(text, schema._schema)


async def test_a_server_says_at_its_start_what_no_longer_fits(
    owner: Structure,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint = await with_document(owner, receiver, KIND)
    await Endpoint.filter(id=endpoint.id).update(document="{ nothing }")

    with caplog.at_level(logging.ERROR, "webhooks.checking"):
        await checking.warn(Judge(schema._schema, Limits()))

    (line,) = caplog.messages
    assert endpoint.id in line
    assert "nothing" in line


def test_the_command_reads_a_schema_or_takes_the_present_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    wrong = tmp_path / "wrong.graphql"
    wrong.write_text("type")

    statuses = [
        manage.main(arguments)
        for arguments in (
            ["migrate"],
            ["webhooks", "check"],
            ["webhooks", "check", "--schema", str(FOLDER / "schema.graphql")],
            ["webhooks", "check", "--schema", str(wrong)],
            ["webhooks", "check", "--schema", str(tmp_path / "missing.graphql")],
        )
    ]

    assert statuses == [0, 0, 0, 2, 2]
    assert capsys.readouterr().out.count("0 of 0 documents fit.") == 2


def test_a_declared_permission_is_read_from_the_text() -> None:
    following = next_schema(
        "directive @requires(anyOf: [String!]!) on FIELD_DEFINITION"
        ' type Query { a: Int @requires(anyOf: ["x", "y"]) b: Int }',
        schema._schema,
    )
    (definition,) = operations_of(parse("{ a b }"))

    assert list(permissions_of(following, definition, {})) == [("a", ("x", "y"))]
