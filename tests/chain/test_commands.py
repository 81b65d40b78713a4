"""What an operator and a stranger do with the history: check it, export it, check the export."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import manage
from domain.chain import form
from domain.checkpoints import reading
from domain.db import fetch
from frontend_contract import verify_log
from settings import Settings, opened
from tests.chain.intruder import alter
from tests.chain.test_redactions import a_person, erased
from tests.make import a_supplier

ISSUER = "https://factures.example.org"
STRANGER = Path(verify_log.__file__)


@pytest.fixture
async def settings(database_url: str) -> Settings:
    """The settings of a site that has a history, with an erased person in it."""
    found = Settings(database_url=database_url, secret_key=SecretStr("k" * 40), public_url=ISSUER)
    async with opened(found):
        await a_supplier()
        await erased(await a_person())
    return found


async def command(settings: Settings, *arguments: str) -> int:
    """The exit status of one command of the operator."""
    asked: argparse.Namespace = manage._parser().parse_args(arguments)
    return int(await asked.command(settings, asked))


def stranger(*arguments: Path) -> tuple[int, str]:
    """The exit status and the words of the script that shares nothing with the product."""
    run = subprocess.run(
        [sys.executable, "-I", STRANGER, *arguments], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


async def test_a_genuine_history_is_said_to_be_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(settings):
        (count,) = (await fetch("SELECT COUNT(*) FROM event"))[0]
        (redacted,) = (await fetch("SELECT COUNT(DISTINCT position) FROM event_redaction"))[0]

    assert await command(settings, "log", "verify") == 0

    assert f"{count} events are whole and unaltered, {redacted} of them redacted" in (
        capsys.readouterr().out
    )
    assert redacted > 2


async def test_the_first_flaw_is_told_with_its_position(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(settings):
        await alter("UPDATE event SET reason = 'x' WHERE position >= 4")

    assert await command(settings, "log", "verify") == 1

    assert "NOT GENUINE: position 4: its hash is not that" in capsys.readouterr().err


async def test_an_export_is_checked_by_the_product_and_by_a_stranger(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"

    assert await command(settings, "log", "export", "--to", str(file)) == 0

    assert file.stat().st_mode & 0o077 == 0
    assert await command(settings, "log", "verify", str(file)) == 0
    status, words = stranger(file)
    assert (status, "of them redacted" in words) == (0, True)


async def test_an_export_over_a_file_that_others_read_is_no_longer_read_by_them(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text("of yesterday")
    file.chmod(0o644)

    assert await command(settings, "log", "export", "--to", str(file)) == 0

    assert file.stat().st_mode & 0o777 == 0o600
    assert lines_of(file)


async def test_a_part_of_the_history_is_checked_alone(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"

    await command(settings, "log", "export", "--to", str(file), "--after", "2")

    assert [line["record"]["position"] for line in lines_of(file)][:2] == [3, 4]
    assert await command(settings, "log", "verify", str(file)) == 0
    assert stranger(file)[0] == 0


async def test_an_export_that_ends_before_an_erasure_does_not_explain_what_it_redacted(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "export.jsonl"
    async with opened(settings):
        (last,) = (await fetch("SELECT MAX(position) FROM event_redaction"))[0]

    await command(settings, "log", "export", "--to", str(file), "--upto", str(last))

    assert [line["record"]["position"] for line in lines_of(file)][-1] == last
    assert await command(settings, "log", "verify", str(file)) == 1
    assert "no erasure tells of it" in capsys.readouterr().err
    assert stranger(file)[0] == 1


Lines = list[dict[str, Any]]


def lines_of(file: Path) -> Lines:
    return [json.loads(text) for text in file.read_text("utf-8").split("\n") if text]


def _deleted(lines: Lines) -> None:
    del lines[3]


def _swapped(lines: Lines) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def _inserted(lines: Lines) -> None:
    lines.insert(3, lines[2])


def _audience(lines: Lines) -> None:
    lines[3]["values"]["audience"] = "[]"


def _data(lines: Lines) -> None:
    lines[3]["values"]["data"] = "{}"


def _record(lines: Lines) -> None:
    lines[3]["record"]["kind"] = "x"


def _without_cause(lines: Lines) -> None:
    lines.pop()


def _redactions(lines: Lines) -> None:
    lines[-1]["redactions"].pop()


@pytest.mark.parametrize(
    "change",
    [_deleted, _swapped, _inserted, _audience, _data, _record, _without_cause, _redactions],
)
async def test_the_product_and_the_stranger_find_the_same_flaws(
    settings: Settings, tmp_path: Path, change: Any
) -> None:
    file, altered = tmp_path / "export.jsonl", tmp_path / "altered.jsonl"
    await command(settings, "log", "export", "--to", str(file))
    lines = lines_of(file)

    change(lines)
    altered.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")

    assert await command(settings, "log", "verify", str(altered)) == 1
    status, words = stranger(altered)
    assert (status, "NOT GENUINE: position" in words) == (1, True)


async def test_a_new_epoch_goes_on_from_what_was_restored(
    settings: Settings, tmp_path: Path
) -> None:
    await command(settings, "events", "new-epoch")
    async with opened(settings):
        await a_supplier()
        epochs = await fetch("SELECT DISTINCT epoch FROM event ORDER BY epoch")
    file = tmp_path / "export.jsonl"
    await command(settings, "log", "export", "--to", str(file))

    assert [row[0] for row in epochs] == [1, 2]
    assert await command(settings, "log", "verify") == 0
    assert stranger(file)[0] == 0


@pytest.fixture
async def handed_out(settings: Settings, tmp_path: Path) -> tuple[Path, Path, Path]:
    """An export, the checkpoints and the keys, as a stranger keeps them."""
    export, checkpoints, keys = (tmp_path / n for n in ("export.jsonl", "checkpoints.json", "keys"))
    await command(settings, "log", "checkpoint")
    async with opened(settings):
        await a_supplier()
    await command(settings, "log", "checkpoint")
    await command(settings, "log", "export", "--to", str(export))
    async with opened(settings):
        checkpoints.write_text(json.dumps({"checkpoints": await reading.handed_out()}), "utf-8")
        keys.write_text(json.dumps({"keys": await reading.published_keys()}), "utf-8")
    return export, checkpoints, keys


async def offline(settings: Settings, export: Path, checkpoints: Path, keys: Path) -> list[int]:
    """What the product says without a database, and what the stranger says."""
    nowhere = settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all.db"})
    asked = ("log", "verify", str(export), str(checkpoints), "--keys", str(keys))
    by_product = await command(nowhere, *asked)
    return [by_product, stranger(export, checkpoints, Path("--keys"), keys)[0]]


async def test_an_export_is_held_to_checkpoints_without_a_database(
    settings: Settings,
    handed_out: tuple[Path, Path, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await offline(settings, *handed_out) == [0, 0]

    assert "as 2 checkpoint(s) say" in capsys.readouterr().out


async def test_an_export_cut_short_or_written_again_is_found_by_checkpoints(
    settings: Settings, handed_out: tuple[Path, Path, Path]
) -> None:
    export, *others = handed_out
    lines, again = lines_of(export), form.GENESIS
    export.write_text("".join(json.dumps(line) + "\n" for line in lines[:-1]), "utf-8")

    assert await offline(settings, export, *others) == [1, 1]

    for line in lines:
        line["record"] |= {"previous": again, "reason": "x"}
        line["hash"] = again = form.hash_of(line["record"])
    export.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert await command(settings, "log", "verify", str(export)) == 0
    assert await offline(settings, export, *others) == [1, 1]


async def test_a_forged_checkpoint_convinces_nobody(
    settings: Settings, handed_out: tuple[Path, Path, Path]
) -> None:
    export, checkpoints, keys = handed_out
    given = json.loads(checkpoints.read_text("utf-8"))
    statement = json.loads(given["checkpoints"][0]["statement"])
    given["checkpoints"][0]["statement"] = form.canonical({**statement, "issuer": "https://x.test"})
    checkpoints.write_text(json.dumps(given), "utf-8")

    assert await offline(settings, export, checkpoints, keys) == [1, 1]


async def test_the_database_is_held_to_a_copy_kept_elsewhere(
    settings: Settings, handed_out: tuple[Path, Path, Path]
) -> None:
    _, copy, keys = handed_out

    assert await command(settings, "log", "verify", "--against", str(copy)) == 0
    assert await command(settings, "log", "verify", "--keys", str(keys)) == 0

    keys.write_text('{"keys": []}', "utf-8")
    assert await command(settings, "log", "verify", "--keys", str(keys)) == 1


async def test_a_new_epoch_is_signed_at_once(
    settings: Settings, handed_out: tuple[Path, Path, Path]
) -> None:
    await command(settings, "events", "new-epoch")

    async with opened(settings):
        (latest,) = (await reading.handed_out())[-1:]
    told = json.loads(latest["statement"])
    assert (told["number"], told["epoch"], told["events"]) == (3, 2, 0)
    assert await command(settings, "log", "verify") == 0


def without_address(settings: Settings) -> Settings:
    return Settings(database_url=settings.database_url, secret_key=settings.secret_key)


@pytest.mark.parametrize("asked", [("log", "checkpoint"), ("events", "new-epoch")])
async def test_nothing_is_signed_for_this_machine_because_a_shell_lacks_the_address(
    settings: Settings, asked: tuple[str, ...]
) -> None:
    bare = without_address(settings)
    with pytest.raises(ValueError, match=r"PUBLIC_URL is empty: .* http://localhost:8000\."):
        await command(bare, *asked)
    await command(settings, "log", "checkpoint")
    with pytest.raises(ValueError, match=f"The last checkpoint says {ISSUER}"):
        await command(bare, *asked)

    async with opened(settings):
        told = [json.loads(one["statement"])["issuer"] for one in await reading.handed_out()]
        epochs = await fetch("SELECT epoch FROM log_head")
    assert told == [ISSUER]
    assert [row[0] for row in epochs] == [1]


async def test_a_site_of_this_machine_needs_no_address_to_go_on(settings: Settings) -> None:
    bare = without_address(settings)
    await command(bare.model_copy(update={"public_url": bare.url}), "log", "checkpoint")

    assert await command(bare, "events", "new-epoch") == 0
