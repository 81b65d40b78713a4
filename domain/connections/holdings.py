"""What connections hold about a person: the contact that a structure named, often a person."""

from __future__ import annotations

from domain.accounts.erasure import NOBODY, address_of_nobody
from domain.accounts.personal_data import Holding, Person, Rows, hold, rows_of
from domain.db import execute, fetch
from domain.reference.words import Words


async def _connections(person: Person) -> Rows:
    rows = await fetch(
        "SELECT id, structure_id, application, contact_name, contact_email, created_at"
        " FROM connection WHERE requested_by = $1 OR lower(contact_email) = $2 ORDER BY id",
        person.id,
        person.email,
    )
    return [dict(row) for row in rows]


async def _forget_contact(person: Person) -> None:
    """The connection goes on; its structure names another contact."""
    await execute(
        "UPDATE connection SET contact_email = $2 WHERE lower(contact_email) = $1",
        person.email,
        address_of_nobody(person.id),
    )
    # Only where it is that person: a homonym of another structure keeps its name.
    await execute(
        "UPDATE connection SET contact_name = $2 WHERE contact_name = $1"
        " AND (requested_by = $3 OR contact_email = $4)",
        person.name,
        NOBODY,
        person.id,
        address_of_nobody(person.id),
    )


hold(
    Holding(
        "connections",
        Words("Contact de raccordements", "Contact of connections"),
        _connections,
        _forget_contact,
    ),
    Holding(
        "technicalAccounts",
        Words("Comptes techniques créés", "Technical accounts created"),
        rows_of("technical_account", "created_by"),
    ),
    Holding(
        "delegations",
        Words("Délégations accordées", "Delegations granted"),
        rows_of("delegation", "granted_by"),
    ),
)
