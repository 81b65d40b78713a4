"""What the clock does to works pieces is written to those who must know."""

from __future__ import annotations

from datetime import timedelta

from domain import deadlines
from domain.access import Level, Role, Space
from domain.clock import Clock
from domain.mail.actions import opened
from domain.mail.models import Mail
from domain.reference.frames import Frame
from domain.structures.models import Structure
from tests.make import an_account
from tests.works.circuit import Site, a_site, deposited

WORKS = [(Space.FACTURES_DE_TRAVAUX, Level.MODIFICATION)]


async def people_of(site: Site) -> dict[str, str]:
    """A user of the works space in each of three parts, and one who only reads invoices."""

    async def user(structure: Structure, spaces: object) -> str:
        account = await an_account(structure, role=Role.USER, spaces=spaces)  # type: ignore[arg-type]  # of the test
        return str(account.email)

    return {
        "holder": await user(site.holder, WORKS),
        "manager": await user(site.project_manager, WORKS),
        "authority": await user(site.contracting_authority, WORKS),
        "other": await user(
            site.contracting_authority, [(Space.FACTURES_RECUES, Level.MODIFICATION)]
        ),
    }


async def written(people: dict[str, str], kind: str) -> set[str]:
    rows = await Mail.filter(kind=kind)
    by_address = {address: name for name, address in people.items()}
    return {by_address[row.recipient] for row in rows if row.recipient in by_address}


async def test_the_clock_writes_to_those_who_must_know(database: str, clock: Clock) -> None:
    site = await a_site()
    people = await people_of(site)
    await deposited(site, Frame.A4)
    final = await deposited(site, Frame.A7)

    clock.advance(timedelta(days=8))
    await deadlines.sweep()
    assert await written(people, "works_manager_late") == {"holder", "authority"}

    clock.advance(timedelta(days=23))
    await deadlines.sweep()
    assert await written(people, "works_tacit_open") == {"holder", "authority"}
    own = await deposited(site, Frame.A22, previous_id=final.id)

    clock.advance(timedelta(days=11))
    await deadlines.sweep()
    assert await written(people, "works_became_final") == {"holder", "manager", "authority"}
    mail = await Mail.filter(kind="works_became_final").first()
    assert mail is not None
    letter = opened(mail)
    assert letter is not None
    assert own.number in letter.subject
    assert site.holder.name in letter.body
