"""The demonstration data: the same each time, whole, and with something to do for everyone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auth import provisioning, technical
from domain import demonstration, events
from domain.access import OWN, Permission
from domain.accounts.actions import rights_of
from domain.accounts.models import Account
from domain.db import fetch
from domain.identifiers import problems_of
from domain.invoices.models import Invoice
from domain.structures.models import Structure


def silent(done: int, total: int) -> None:
    """Show no progress."""


async def shape() -> Counter[tuple[Any, ...]]:
    """What the invoices are, without their dates."""
    rows = await fetch(
        "SELECT number, frame, type, status, recipient_identifier, total_net_cents FROM invoice"
    )
    return Counter(tuple(row) for row in rows)


async def test_everything_is_loaded_once(database: str, directory_file: Path) -> None:
    assert await demonstration.load(directory_file, progress=silent) is True
    before, head = await shape(), await events.head()

    assert await demonstration.load(directory_file, progress=silent) is False

    assert await shape() == before
    assert await events.head() == head
    assert sum(before.values()) >= 60


async def test_a_load_that_was_killed_goes_on(
    database: str, directory_file: Path, monkeypatch: Any
) -> None:
    class Killed(Exception):
        pass

    async def kill(people: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(demonstration, "_tell_stories", kill)
        with pytest.raises(Killed):
            await demonstration.load(directory_file, progress=silent)
    assert await Invoice.all().count() == 0

    assert await demonstration.load(directory_file, progress=silent) is True

    assert await Structure.filter(nature="PRIVATE").count() == len(demonstration.COMPANIES)


async def test_there_is_something_to_do_in_every_role(database: str, directory_file: Path) -> None:
    await demonstration.load(directory_file, progress=silent)

    statuses = Counter((i.frame, i.status) for i in await Invoice.all())
    for wanted in (
        ("A1", "MISE_A_DISPOSITION"),
        ("A1", "SUSPENDUE"),
        ("A1", "A_RECYCLER"),
        ("A1", "BROUILLON"),
        ("A1", "MISE_EN_PAIEMENT"),
        ("A2", "SERVICE_FAIT"),
        ("A9", "A_VALIDER_1"),
        ("A9", "ERREUR_FOURNISSEUR_SUR_VALIDEUR"),
        ("A12", "A_VALIDER_1"),
        ("A12", "REFUSEE_1"),
    ):
        assert statuses[wanted] >= 1, wanted
    # Nothing that is left unacknowledged would later block the deposits of the supplier.
    waiting = await Invoice.filter(
        status__in=("REJETEE", "SUSPENDUE", "A_RECYCLER", "REFUSEE_1"), acknowledged_at=None
    ).count()
    assert waiting == 0


async def test_events_are_told_in_the_order_of_time(database: str, directory_file: Path) -> None:
    await demonstration.load(directory_file, progress=silent)

    told = [e for e in await events.after(0, limit=1_000) if e.kind.startswith("invoice.")]

    assert [e.occurred_at for e in told] == sorted(e.occurred_at for e in told)


async def test_credentials_are_new_each_time_and_work(database: str, directory_file: Path) -> None:
    await demonstration.load(directory_file, progress=silent)
    make: dict[str, Any] = {
        "set_password": provisioning.set_password,
        "create_client": provisioning.create_client,
        "create_account": technical.create,
    }

    first = await demonstration.renew_credentials(**make)
    second = await demonstration.renew_credentials(**make)

    roles = {"supplier", "recipient", "validator", "erp", "administrator"}
    assert set(second["users"]) == roles
    assert set(second["clients"]) == roles
    for role, user in second["users"].items():
        assert user["password"] != first["users"][role]["password"]
        assert (await Account.get(email=user["email"])).password_hash
    supplier = second["structures"]["supplier"]["id"]
    assert Permission.ISSUE in (await rights_of(second["clients"]["erp"]["clientId"]))[supplier]
    # The technical accounts of before hold nothing any more.
    before = first["clients"]["erp"]["clientId"]
    assert await rights_of(before) == {before: OWN}


def test_fictional_companies_are_well_formed_and_cannot_be_real() -> None:
    for company in demonstration.COMPANIES:
        assert problems_of("SIRET", company.siret, ()) == []
        assert company.siret.startswith("0")
