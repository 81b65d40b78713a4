"""Accounts of a previous portal: carried over once, however often the file is imported."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auth import signup
from auth.models import Link, Purpose
from domain import events, policy
from domain.access import Level, Permission, Role, Space
from domain.accounts import importing
from domain.accounts.actions import attach, create_account, rights_of
from domain.accounts.importing import UnreadableFile, import_accounts
from domain.accounts.models import Account, AccountStatus, Attachment, Habilitation
from domain.clock import Clock
from domain.db import fetch
from domain.mail.models import Mail
from tests.make import a_public_structure, a_structure, a_supplier

HEAD = "email,name,identifier_type,identifier,role,spaces"


@pytest.fixture(autouse=True)
def policy_of_the_site(database: str) -> Iterator[None]:
    """Messages can be sealed."""
    policy.configure(policy.Policy(public_url="https://bordereau.test", key=b"k" * 32))
    yield
    policy.configure(policy.Policy())


def a_file(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "accounts.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


async def counts() -> dict[str, int]:
    tables = ("account", "attachment", "habilitation", "mail", "auth_link", "event")
    return {t: (await fetch(f"SELECT COUNT(*) FROM {t}"))[0][0] for t in tables}


async def test_people_are_carried_over_with_their_structures_and_invited_once(
    database: str, tmp_path: Path
) -> None:
    supplier, city = await a_supplier(has_mandate=False), await a_public_structure()
    path = a_file(
        tmp_path,
        f"Jeanne@Example.FR,Jeanne Durand,SIRET,{supplier.identifier},MAIN_MANAGER,",
        f"jeanne@example.fr,Jeanne Durand,,{city.identifier},user,"
        "FACTURES_RECUES factures_a_valider:CONSULTATION_UNIQUEMENT",
        f"paul@example.fr,Paul Martin,SIRET,{supplier.identifier},SECONDARY_MANAGER,",
    )
    seen: list[tuple[int, int]] = []

    report = await import_accounts(
        path, invite=signup.invite, progress=lambda done, total: seen.append((done, total))
    )

    numbers = (report.lines, report.created, report.attached, report.unchanged, report.refused)
    assert numbers == (3, 2, 3, 0, 0)
    assert seen[-1] == (4, 4)
    jeanne = await Account.get(email="jeanne@example.fr")
    assert (jeanne.status, jeanne.password_hash) == (AccountStatus.PENDING, None)
    attachments = await Attachment.filter(member_id=jeanne.id).order_by("id")
    assert [(a.structure_id, a.role, a.status) for a in attachments] == [
        (supplier.id, Role.MAIN_MANAGER, "VALIDEE"),
        (city.id, Role.USER, "VALIDEE"),
    ]
    spaces = await Habilitation.filter(attachment_id=attachments[1].id).order_by("space")
    assert [(s.space, s.level) for s in spaces] == [
        (Space.FACTURES_A_VALIDER, Level.CONSULTATION_UNIQUEMENT),
        (Space.FACTURES_RECUES, Level.MODIFICATION),
    ]
    held = (await rights_of(jeanne.id))[city.id]
    assert {Permission.READ_RECEIVED, Permission.PROCESS, Permission.READ_TO_VALIDATE} <= held
    assert Permission.VALIDATE not in held
    sent = await Mail.all().order_by("recipient").values_list("recipient", "kind")
    assert [tuple(row) for row in sent] == [
        ("jeanne@example.fr", "account_invitation"),
        ("paul@example.fr", "account_invitation"),
    ]
    assert [e.kind for e in await events.of_subject(jeanne.id)] == ["account.invited"]
    (told,) = [e for e in await events.after(0, limit=100) if e.kind == "accounts.imported"]
    assert told.audience == [(events.PLATFORM, Permission.ADMINISTER)]
    assert told.data["created"] == 2


async def test_a_file_imported_twice_changes_nothing_the_second_time(
    database: str, tmp_path: Path
) -> None:
    supplier = await a_supplier(has_mandate=False)
    path = a_file(tmp_path, f"a@example.fr,A,SIRET,{supplier.identifier},USER,FACTURES_EMISES")
    await import_accounts(path, invite=signup.invite)
    before = await counts()

    report = await import_accounts(path, invite=signup.invite)

    assert (report.created, report.attached, report.unchanged) == (0, 0, 1)
    assert await counts() == before


async def test_what_changed_here_since_is_not_undone(database: str, tmp_path: Path) -> None:
    supplier = await a_supplier(has_mandate=False)
    path = a_file(tmp_path, f"a@example.fr,Ancien Nom,SIRET,{supplier.identifier},USER,")
    await import_accounts(path, invite=None)
    account = await Account.get(email="a@example.fr")
    await Account.filter(id=account.id).update(display_name="Nouveau Nom", status="ACTIVE")
    await Attachment.filter(member_id=account.id).update(role=Role.SECONDARY_MANAGER)

    await import_accounts(path, invite=None)

    await account.refresh_from_db()
    assert (account.display_name, account.status) == ("Nouveau Nom", AccountStatus.ACTIVE)
    assert (await Attachment.get(member_id=account.id)).role == Role.SECONDARY_MANAGER


async def test_an_account_that_is_open_already_gets_its_structure_and_no_invitation(
    database: str, tmp_path: Path
) -> None:
    supplier = await a_supplier(has_mandate=False)
    account = await create_account("a@example.fr", "A")
    path = a_file(tmp_path, f"a@example.fr,A,SIRET,{supplier.identifier},USER,")

    report = await import_accounts(path, invite=signup.invite)

    assert (report.created, report.attached) == (0, 1)
    assert (await Attachment.get(member_id=account.id)).structure_id == supplier.id
    assert not await Mail.exists()


async def test_an_import_that_was_killed_goes_on_where_it_stopped(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier = await a_supplier(has_mandate=False)
    lines = [f"p{n}@example.fr,P {n},SIRET,{supplier.identifier},USER," for n in range(5)]
    path = a_file(tmp_path, *lines)
    monkeypatch.setattr(importing, "BATCH", 2)

    def killed(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_accounts(path, invite=signup.invite, progress=killed)
    stopped = await Account.filter(status="PENDING").count()

    report = await import_accounts(path, invite=signup.invite)

    assert stopped in (2, 4)
    assert (report.created, report.unchanged) == (5 - stopped, stopped)
    assert await Mail.all().count() == 5


REFUSED = [
    ("nobody,A,SIRET,{known},USER,", {"BDR-ACC-001"}),
    ("dur\u0430nd@example.fr,A,SIRET,{known},USER,", {"BDR-ACC-002"}),
    ("a@example.fr,,SIRET,{known},USER,", {"BDR-ACC-005"}),
    ("a@example.fr,A,SIREN,{known},USER,", {"BDR-ACC-035"}),
    ("a@example.fr,A,SIRET,12345678901234,USER,", {"BDR-ID-002"}),
    ("a@example.fr,A,SIRET,73282932000074,USER,", {"BDR-ACC-032"}),
    ("a@example.fr,A,SIRET,{known},ADMINISTRATOR,", {"BDR-ACC-030"}),
    ("a@example.fr,A,SIRET,{known},TECHNICAL,", {"BDR-ACC-030"}),
    ("a@example.fr,A,SIRET,{known},USER,FACTURES", {"BDR-ACC-031"}),
    ("a@example.fr,A,SIRET,{known},USER,FACTURES_EMISES:LECTURE", {"BDR-ACC-031"}),
    ("a@example.fr,A,SIRET,{managed},MAIN_MANAGER,", {"BDR-ACC-033"}),
    ("closed@example.fr,A,SIRET,{known},USER,", {"BDR-ACC-034"}),
    ("a@example.fr,A,SIRET,{known}", {"BDR-STR-013"}),
    ("nobody,,SIREN,123,CHIEF,X", {f"BDR-ACC-0{n}" for n in ("01", "05", "35", "30", "31")}),
]


@pytest.mark.parametrize(("line", "rules"), REFUSED)
async def test_a_wrong_line_is_refused_with_every_reason_and_stops_no_other(
    database: str, tmp_path: Path, line: str, rules: set[str]
) -> None:
    known, managed = await a_structure(), await a_supplier(has_mandate=False)
    manager = await create_account("manager@example.fr", "M")
    await attach(manager.id, managed.id, Role.MAIN_MANAGER)
    await create_account("closed@example.fr", "C", status=AccountStatus.DISABLED)
    filled_in = line.replace("{known}", known.identifier).replace("{managed}", managed.identifier)
    good = f"good@example.fr,Good,SIRET,{known.identifier},USER,"
    path, told = a_file(tmp_path, filled_in, good), tmp_path / "refused.csv"

    report = await import_accounts(path, invite=signup.invite, report_path=told)

    assert (report.created, report.refused, set(report.refusals)) == (1, 1, rules)
    assert await Mail.all().values_list("recipient", flat=True) == ["good@example.fr"]
    with told.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["rule"] for row in rows} == rules
    assert {row["line"] for row in rows} == {"2"}
    assert all(row["probleme"] and row["remedy"] for row in rows)


async def test_what_is_not_utf_8_is_refused_line_by_line(database: str, tmp_path: Path) -> None:
    known = await a_structure()
    path = tmp_path / "latin.csv"
    path.write_bytes(
        f"{HEAD}\na@example.fr,Hélène,SIRET,{known.identifier},USER,\n".encode("latin-1")
    )

    report = await import_accounts(path, invite=None, report_path=tmp_path / "refused.csv")

    assert set(report.refusals) == {"BDR-TXT-004"}


async def test_semicolons_a_mark_of_order_and_missing_columns(
    database: str, tmp_path: Path
) -> None:
    known = await a_structure()
    path = tmp_path / "excel.csv"
    head = "\ufeffEmail;Name;Identifier;Role"
    path.write_text(f"{head}\r\na@example.fr;A;{known.identifier};USER\r\n\r\n", encoding="utf-8")

    assert (await import_accounts(path, invite=None)).created == 1
    for wrong in (a_file(tmp_path, head="email,name"), tmp_path / "missing.csv"):
        with pytest.raises(UnreadableFile):
            await import_accounts(wrong, invite=None)


async def test_people_imported_without_a_message_are_invited_later_and_once(
    database: str, tmp_path: Path, clock: Clock
) -> None:
    known = await a_structure()
    path = a_file(
        tmp_path, *(f"p{n}@example.fr,P,SIRET,{known.identifier},USER," for n in range(3))
    )
    await import_accounts(path, invite=None)
    assert not await Mail.exists()
    await Account.filter(email="p2@example.fr").update(status="ACTIVE")
    seen: list[tuple[int, int]] = []

    assert await signup.invite_pending(lambda *numbers: seen.append(numbers)) == 2
    assert await signup.invite_pending(lambda *_: None) == 0

    assert seen == [(1, 2), (2, 2)]
    link = await Link.filter(purpose=Purpose.ACTIVATE).first()
    assert link is not None
    assert link.expires_at - link.created_at == timedelta(days=14)
    clock.advance(timedelta(days=14))
    assert await signup.invite_pending(lambda *_: None) == 2


async def test_an_invitation_that_expired_is_asked_for_again_by_its_person(
    database: str, tmp_path: Path, clock: Clock
) -> None:
    known = await a_structure()
    path = a_file(tmp_path, f"a@example.fr,A,SIRET,{known.identifier},USER,")
    await import_accounts(path, invite=signup.invite)
    clock.advance(timedelta(days=15))

    await signup.resend("a@example.fr", "192.0.2.1", "FR")

    kinds = await Mail.all().order_by("id").values_list("kind", flat=True)
    assert kinds == ["account_invitation", "account_activation"]
