"""Everything held about a person, and its erasure: each subject declares what it holds.

The registry is the one list: what is not declared is neither exported nor erased, and a test
looks for the erased person in every table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.accounts.models import Account
from domain.db import execute, fetch
from domain.reference.words import Words

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """Whose data it is, as the account was before it was erased.

    `erased_by` is the event that tells of the erasure, while one goes on.
    """

    id: str
    email: str
    name: str
    erased_by: str = ""


Export = Callable[[Person], Awaitable[Rows]]
Erase = Callable[[Person], Awaitable[object]]


@dataclass(frozen=True)
class Holding:
    """What one subject holds about a person. `kept` says why it, or a part of it, must stay."""

    name: str
    words: Words
    export: Export
    erase: Erase | None = None
    kept: Words | None = None


_holdings: dict[str, Holding] = {}


def hold(*holdings: Holding) -> None:
    """Declare what a subject holds; called once by the module that declares it."""
    _holdings.update({holding.name: holding for holding in holdings})


def holdings() -> Sequence[Holding]:
    """Everything that is held, in the order of declaration."""
    return list(_holdings.values())


def person_of(account: Account) -> Person:
    """The person of an account."""
    return Person(account.id, account.email, account.display_name)


def rows_of(table: str, by: str, *, of: str = "id", without: Sequence[str] = ()) -> Export:
    """Exports the rows of a table whose column `by` names the person, but for some columns.

    `of` is what names the person there: its `id` or its `email`. What is left out are secrets,
    kept as hashes or sealed: they say nothing about anybody.
    """

    async def export(person: Person) -> Rows:
        found = await fetch(f"SELECT * FROM {table} WHERE {by} = $1", getattr(person, of))
        return [
            {name: value for name, value in dict(row).items() if name not in without}
            for row in found
        ]

    return export


def deleting(*tables: tuple[str, str], of: str = "id") -> Erase:
    """Deletes the rows of tables whose column names the person."""

    async def erase(person: Person) -> None:
        for table, by in tables:
            await execute(f"DELETE FROM {table} WHERE {by} = $1", getattr(person, of))

    return erase


def scrubbed(value: Any, person: Person, new: Mapping[str, str], *, is_about: bool = False) -> Any:
    """JSON without the person: the address wherever it stands, the name in what is about them.

    What is about them is an object that holds their identifier; a homonym keeps its name.
    """
    if isinstance(value, dict):
        about = is_about or person.id in value.values()
        return {k: scrubbed(v, person, new, is_about=about) for k, v in value.items()}
    if isinstance(value, list):
        return [scrubbed(v, person, new, is_about=is_about) for v in value]
    if value == person.email or (is_about and value == person.name):
        return new["email"] if value == person.email else new["name"]
    return value
