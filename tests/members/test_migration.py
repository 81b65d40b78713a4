"""A database filled before spaces were opened keeps every right of its members."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain import events
from domain.access import Permission
from domain.accounts.actions import rights_of
from domain.accounts.models import Habilitation, StructureSpace
from domain.db import close_database, dialect, engine, execute, fetch, open_database
from domain.invoices.models import Invoice
from domain.migrate import migrate, migrations
from settings import MODELS
from tests.test_migrations import nothing as nothing  # noqa: PLC0414 - the fixture of an empty database

_BEFORE = "domain/0005_mail"
_AT = "2026-11-20 09:00:00+00:00"


@pytest.fixture
async def old(nothing: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database as it was before, open for writing."""
    names = [m.name for m in migrations(engine(nothing)[0])]
    assert _BEFORE in names
    await migrate(nothing, upto=_BEFORE)
    await open_database(nothing, MODELS)
    yield nothing
    await close_database()


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_01j9z3x{number:012}zzzzzzz"


async def _write() -> None:
    structure = (
        "INSERT INTO structure (id, identifier_type, identifier, siren, name, nature, status,"
        " created_at, updated_at) VALUES ($1, 'SIRET', $2, $3, 'Durand', $4, 'ACTIVE', {at}, {at})"
    )
    at = f"'{_AT}'"
    async with events.transaction():
        for n, nature in ((1, "PRIVATE"), (2, "PUBLIC"), (3, "PUBLIC")):
            siret = f"8000000000000{n}"
            await execute(structure.format(at=at), _id("str", n), siret, siret[:9], nature)
        for n, role in ((1, "MAIN_MANAGER"), (2, "USER")):
            await execute(
                "INSERT INTO attachment (id, member_id, structure_id, role, status, created_at,"
                f" updated_at) VALUES ($1, $2, $3, $4, 'VALIDEE', {at}, {at})",
                _id("att", n),
                _id("acc", n),
                _id("str", 1),
                role,
            )
        await execute(
            "INSERT INTO habilitation (id, attachment_id, space, level)"
            " VALUES ($1, $2, 'FACTURES_EMISES', 'MODIFICATION')",
            _id("hab", 1),
            _id("att", 2),
        )
        for n, structure_id in ((1, 1), (2, 2)):
            await execute(
                "INSERT INTO service (id, structure_id, code, name, status, created_at,"
                f" updated_at) VALUES ($1, $2, 'VOIRIE', 'Voirie', 'ACTIVE', {at}, {at})",
                _id("svc", n),
                _id("str", structure_id),
            )
        await execute(
            "INSERT INTO invoice (id, status, status_at, event_count, recent_changes, created_at,"
            " created_by, type, frame, deposit_mode, currency, supplier_id, supplier_name,"
            " supplier_identifier, supplier_service_code, payment_days, refused_by_validator,"
            " free_status_order, payment_reported)"
            f" VALUES ($1, 'BROUILLON', {at}, 0, '[]', {at}, 'acc_x', 'FACTURE', 'A1',"
            " 'SAISIE_API', 'EUR', $2, 'Durand', '80000000000001', 'VOIRIE', 30, FALSE, FALSE,"
            " TRUE)",
            _id("inv", 1),
            _id("str", 1),
        )


async def test_what_members_held_before_they_hold_afterwards(old: str) -> None:
    await _write()
    await close_database()

    await migrate(old)

    await open_database(old, MODELS)
    rights = await rights_of(_id("acc", 2))
    assert rights[_id("str", 1)] == {
        Permission.READ_STRUCTURE,
        Permission.READ_ISSUED,
        Permission.ISSUE,
    }
    assert Permission.HAND_OVER in (await rights_of(_id("acc", 1)))[_id("str", 1)]
    spaces = await StructureSpace.all()
    # Only where there are members: the directory has tens of thousands of structures.
    assert {s.structure_id for s in spaces} == {_id("str", 1)}
    assert sorted(s.space for s in spaces) == [
        "FACTURES_A_VALIDER",
        "FACTURES_EMISES",
        "FACTURES_RECUES",
        "RACCORDEMENTS",
    ]
    assert len({s.id for s in spaces}) == 4
    invoice = await Invoice.get(id=_id("inv", 1))
    assert invoice.supplier_service_id == _id("svc", 1)
    (kept,) = await Habilitation.all()
    assert (kept.id, kept.service_id) == (_id("hab", 1), None)


async def test_one_space_is_subscribed_once_in_one_place(database: str) -> None:
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgres": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    }
    names = {row[0] for row in await fetch(listed[dialect()])}

    assert {
        "habilitation_of_structure",
        "habilitation_of_service",
        "structure_space_of_structure",
        "structure_space_of_service",
        "siret_change_waiting",
        "siret_change_alias",
        "event_history",
    } <= names
