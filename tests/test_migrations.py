"""Migrations: forward from nothing and from the previous schema filled, at once from anywhere."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pydantic import SecretStr

from commands import database as commands
from domain import migrate as runner
from domain.chain import reading, sealing
from domain.chain.checking import Checker
from domain.db import close_database, engine, fetch, open_database
from domain.migrate import FOLDERS, Migration, MigrationError, migrate, pending, statements
from settings import MODELS, Settings, opened
from tests.conftest import ON_POSTGRES, TEST_DATABASE_URL
from tests.make import a_supplier, an_invoice

KIND = "postgres" if ON_POSTGRES else "sqlite"


@pytest.fixture
async def nothing(tmp_path: Path, worker_name: str) -> AsyncIterator[str]:
    """The URL of a database with nothing in it."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path / 'new' / 'bordereau.db'}"
        return
    name = f"bordereau_migrate_{worker_name}"
    admin = await asyncpg.connect(TEST_DATABASE_URL.replace("postgres://", "postgresql://", 1))
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(urlsplit(TEST_DATABASE_URL)._replace(path=f"/{name}"))
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes migrations of its own, to be given to the runner as `trial`."""
    made = tmp_path / "trial"
    made.mkdir()
    monkeypatch.setattr(runner, "_ROOT", tmp_path)
    return made


async def ask(url: str, sql: str) -> list[Any]:
    """Rows, asked beside the product."""
    dialect, connection = engine(url)
    if dialect == "sqlite":
        with sqlite3.connect(connection["credentials"]["file_path"]) as file:
            rows = file.execute(sql).fetchall()
        file.close()
        return rows
    session = await asyncpg.connect(url.replace("postgres://", "postgresql://", 1))
    try:
        return [tuple(row) for row in await session.fetch(sql)]
    finally:
        await session.close()


async def tables(url: str) -> set[str]:
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    return {row[0] for row in await ask(url, listed[KIND])}


async def test_from_nothing_to_the_present_schema_and_no_further(nothing: str) -> None:
    told: list[str] = []

    done = await migrate(nothing, report=told.append)

    assert done == told
    assert done == [m.name for m in runner.migrations(engine(nothing)[0])]
    assert {"structure", "invoice", "event", "webhook_endpoint"} <= await tables(nothing)
    assert await migrate(nothing) == []
    assert await pending(nothing) == []


def test_both_databases_have_the_same_migrations() -> None:
    names = [[m.name for m in runner.migrations(d)] for d in ("sqlite", "postgres")]

    assert names[0] == names[1]
    assert names[0]


def test_every_placeholder_of_a_type_is_filled() -> None:
    for dialect in runner.TYPES:
        for migration in runner.migrations(dialect):
            for key in runner.TYPES[dialect]:
                assert "{" + key + "}" not in migration.sql, migration.name


SCRIPTS: list[tuple[str, list[str]]] = [
    ("", []),
    ("-- only words\n\n", []),
    ("CREATE TABLE a (x INT);", ["CREATE TABLE a (x INT);"]),
    ("SELECT 1;\n-- between\nSELECT 2;\n", ["SELECT 1;", "-- between\nSELECT 2;"]),
    ("SELECT ';';\nSELECT 2", ["SELECT ';';", "SELECT 2"]),
    ("INSERT INTO a VALUES ('x;\ny');", ["INSERT INTO a VALUES ('x;\ny');"]),
    (
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  UPDATE a SET x = 1;\n  DELETE FROM b;\nEND;",
        ["CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  UPDATE a SET x = 1;\n  DELETE FROM b;\nEND;"],
    ),
]


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
def test_a_script_is_cut_between_its_statements(script: str, expected: list[str]) -> None:
    assert list(statements(script)) == expected


def test_the_pieces_of_every_migration_make_the_whole() -> None:
    for migration in runner.migrations("sqlite"):
        pieces = list(statements(migration.sql))
        assert all(sqlite3.complete_statement(piece) for piece in pieces), migration.name
        assert "".join("".join(pieces).split()) in "".join(migration.sql.split()) + ";"


async def test_a_file_that_was_edited_after_it_was_applied_is_detected(
    nothing: str, folder: Path
) -> None:
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id {id} PRIMARY KEY);")
    await migrate(nothing, folders=["trial"])
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id {id} PRIMARY KEY, more TEXT);")
    (folder / "0002_two.sql").write_text("CREATE TABLE two (id {id} PRIMARY KEY);")

    with pytest.raises(MigrationError, match="trial/0001_one was edited"):
        await migrate(nothing, folders=["trial"])

    assert "two" not in await tables(nothing)


async def test_a_file_that_fails_leaves_nothing_and_may_be_corrected(
    nothing: str, folder: Path
) -> None:
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id {id} PRIMARY KEY);")
    wrong = "CREATE TABLE two (id {id});\nINSERT INTO one VALUES ('x');\nINSERT INTO no VALUES (1);"
    (folder / "0002_two.sql").write_text(wrong)

    with pytest.raises(MigrationError, match=r"0002.*Nothing of it was applied: stop every server"):
        await migrate(nothing, folders=["trial"])

    assert await tables(nothing) & {"one", "two"} == {"one"}
    assert await ask(nothing, "SELECT * FROM one") == []
    (folder / "0002_two.sql").write_text("CREATE TABLE two (id {id});")
    assert await migrate(nothing, folders=["trial"]) == ["trial/0002_two"]


async def test_a_database_of_a_newer_version_is_refused(nothing: str, folder: Path) -> None:
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id {id});")
    (folder / "0002_two.sql").write_text("CREATE TABLE two (id {id});")
    await migrate(nothing, folders=["trial"])
    (folder / "0002_two.sql").unlink()

    with pytest.raises(MigrationError, match=r"newer version \(trial/0002_two\)"):
        await migrate(nothing, folders=["trial"])


async def test_a_file_with_another_kind_of_name_is_refused(nothing: str, folder: Path) -> None:
    (folder / "1_one.sql").write_text("SELECT 1;")

    with pytest.raises(MigrationError, match="NNNN_name"):
        await migrate(nothing, folders=["trial"])


async def test_each_database_takes_the_file_written_for_it(nothing: str, folder: Path) -> None:
    for dialect in ("sqlite", "postgres"):
        path = folder / f"0001_one.{dialect}.sql"
        path.write_text(f"CREATE TABLE for_{dialect} (id {{id}});")

    assert await migrate(nothing, folders=["trial"]) == ["trial/0001_one"]

    assert f"for_{KIND}" in await tables(nothing)


async def test_servers_that_start_together_migrate_once(nothing: str) -> None:
    done = await asyncio.gather(*(migrate(nothing) for _ in range(4)))

    assert await pending(nothing) == []
    rows = await ask(nothing, "SELECT name FROM schema_migration")
    assert len(rows) == len({row[0] for row in rows}) == len(runner.migrations(engine(nothing)[0]))
    if ON_POSTGRES:
        assert sorted(map(len, done)) == [0, 0, 0, len(rows)]


async def test_a_database_that_is_filled_keeps_every_row_when_it_is_brought_on(
    nothing: str, folder: Path
) -> None:
    product(folder)
    await migrate(nothing)
    await open_database(nothing, MODELS)
    try:
        invoice = await an_invoice("MISE_EN_PAIEMENT")
        await a_supplier(name="Été & fils")
        counts = [r[0] for r in await fetch("SELECT COUNT(*) FROM event")]
    finally:
        await close_database()
    before = await everything(nothing)
    next_one = "ALTER TABLE invoice ADD COLUMN trial TEXT;\nCREATE INDEX t ON invoice (trial);"
    (folder / "9999_next.sql").write_text(next_one)

    assert await migrate(nothing, folders=[*FOLDERS, "trial"]) == ["trial/9999_next"]

    after = await everything(nothing)
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    kept = await ask(nothing, f"SELECT number, status FROM invoice WHERE id = '{invoice.id}'")
    assert kept == [(invoice.number, "MISE_EN_PAIEMENT")]
    assert (await ask(nothing, "SELECT COUNT(*) FROM event"))[0][0] == counts[0]


async def test_rows_written_under_the_first_migrations_survive_all_the_others(
    nothing: str,
) -> None:
    names = [m.name for m in runner.migrations(engine(nothing)[0])]
    await migrate(nothing, upto=names[0])
    assert await pending(nothing) == names[1:]
    epoch, position = (await ask(nothing, "SELECT epoch, position FROM log_head"))[0]
    await write(nothing, "UPDATE log_head SET position = 41")

    assert await migrate(nothing) == names[1:]

    assert await ask(nothing, "SELECT epoch, position FROM log_head") == [(epoch, 41)]
    assert position == 0


_OLD_EVENT = (
    "INSERT INTO event (position, id, kind, occurred_at, recorded_at, subject_kind, subject_id,"
    " subject_sequence, actor_kind, actor_id, actor_name, data, audience) VALUES ({n}, 'evt_{n}',"
    " 'structure.updated', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05.678+00:00',"
    " 'structure', 'str_1', {n}, 'SYSTEM', 'system', 'Été', '{{\"n\": {n}}}', '[[\"*\",\"x\"]]')"
)


async def test_events_written_before_the_log_was_sealed_are_sealed_where_they_stand(
    nothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [m.name for m in runner.migrations(engine(nothing)[0])]
    await migrate(nothing, upto=names[names.index("domain/0010_sealed_log") - 1])
    for n in range(1, 6):
        await write(nothing, _OLD_EVENT.format(n=n))
        await write(nothing, f"INSERT INTO event_audience VALUES ('*', 'x', {n})")
    await write(nothing, "UPDATE log_head SET position = 5, epoch = 3")
    before = await ask(nothing, "SELECT position, id, actor_name, data, audience FROM event")
    monkeypatch.setattr(sealing, "_BATCH", 2)
    settings = Settings(database_url=nothing, secret_key=SecretStr("k" * 40))

    await migrate(nothing)
    with pytest.raises(MigrationError, match="5 events have no hash"):
        async with opened(settings):
            pass
    assert await commands.seal(settings) == 5

    assert (
        await ask(nothing, "SELECT position, id, actor_name, data, audience FROM event") == before
    )
    assert {row[0] for row in await ask(nothing, "SELECT epoch FROM event")} == {3}
    async with opened(settings):
        told = [line["record"]["position"] async for line in reading.check(Checker())]
        assert told == [1, 2, 3, 4, 5]
        await a_supplier()
        assert len([line async for line in reading.check(Checker())]) > 5


async def everything(url: str) -> dict[str, Sequence[Any]]:
    return {
        name: await ask(url, f'SELECT * FROM "{name}"')
        for name in await tables(url)
        if not name.startswith(("sqlite_", "schema_migration")) and "search" not in name
    }


async def write(url: str, sql: str) -> None:
    dialect, connection = engine(url)
    if dialect == "sqlite":
        file = sqlite3.connect(connection["credentials"]["file_path"])
        file.execute(sql)
        file.commit()
        file.close()
        return
    session = await asyncpg.connect(url.replace("postgres://", "postgresql://", 1))
    await session.execute(sql)
    await session.close()


def product(folder: Path) -> None:
    """Put the product's own migrations beside those of the test."""
    root = Path(__file__).resolve().parents[1]
    for application in FOLDERS:
        link = folder.parent / application
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(root / application)


def test_a_migration_is_known_by_what_it_says() -> None:
    one = Migration("trial/0001_one", "SELECT 1;")

    assert one.sha256 == replace(one, name="other").sha256
    assert one.sha256 != replace(one, sql="SELECT 2;").sha256
