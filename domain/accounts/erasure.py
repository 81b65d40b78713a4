"""What the law lets a person ask: a copy of everything held, and its erasure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from domain import events, signed_links
from domain.access import Actor, ActorKind, Permission
from domain.accounts import life
from domain.accounts.actions import tell_rights_changed
from domain.accounts.models import Account, AccountStatus
from domain.accounts.personal_data import (
    Holding,
    Person,
    Rows,
    deleting,
    hold,
    holdings,
    person_of,
    rows_of,
    scrubbed,
)
from domain.chain import redacting
from domain.chain.redacting import Replacement
from domain.clock import now
from domain.db import execute, fetch
from domain.errors import Forbidden, Invalid, NotFound, WrongStatus
from domain.ids import findable, new_id
from domain.mail.actions import opened, post
from domain.mail.models import Mail
from domain.origin import Origin
from domain.reference.words import Words
from domain.rules_text import problem

# Where a copy is opened by a link.
PATH = "/personal-data/"
# How old the log-in of a person may be that asks for its erasure.
FRESH = timedelta(minutes=10)
NOBODY = "Compte effacé"
_LIFE_OF_INVOICES = Words(
    "Factures et actes de gestion : dix ans (article L. 123-22 du code de commerce), sans votre"
    " nom",
    "Invoices and acts of management: ten years (article L. 123-22 of the French commercial code);"
    " without your name",
)


@dataclass(frozen=True)
class Erasure:
    """What was erased, and what the law obliges to keep."""

    account_id: str
    erased: Sequence[Words]
    kept: Sequence[Words]


async def export(actor: Actor, account_id: str) -> dict[str, Any]:
    """Everything held about a person, for that person or an administrator; it is recorded.

    Raises:
        NotFound, Forbidden
    """
    return await _everything(await _recorded(actor, account_id))


async def _recorded(actor: Actor, account_id: str) -> Person:
    async with events.transaction():
        account = await _held(actor, account_id)
        life.tell("account.data_exported", account, actor)
        await account.save(update_fields=["event_count"])
    return person_of(account)


async def _everything(person: Person) -> dict[str, Any]:
    return {
        "generatedAt": now(),
        "account": {"id": person.id, "email": person.email, "name": person.name},
        "data": {holding.name: await holding.export(person) for holding in holdings()},
        "descriptions": {h.name: {"fr": h.words.fr, "en": h.words.en} for h in holdings()},
        "keptByLaw": [{"fr": h.kept.fr, "en": h.kept.en} for h in holdings() if h.kept],
    }


async def link_to_export(actor: Actor, account_id: str) -> tuple[str, datetime]:
    """An address that opens the copy for a few minutes; that it was asked for is recorded.

    Raises:
        NotFound, Forbidden
    """
    await _recorded(actor, account_id)
    return signed_links.link_to(f"{PATH}{account_id}.json")


async def linked_export(account_id: str, until: str, key: str) -> dict[str, Any] | None:
    """The copy that such an address opens; None when it does not, or no longer."""
    if not signed_links.opens(f"{PATH}{account_id}.json", until, key):
        return None
    account = await Account.get_or_none(id=findable(account_id))
    if account is None or account.status == AccountStatus.ERASED:
        return None
    return await _everything(person_of(account))


def as_json(exported: dict[str, Any]) -> bytes:
    """The copy as a file."""
    return json.dumps(exported, ensure_ascii=False, indent=2, default=_plain).encode()


async def erase(actor: Actor, account_id: str, origin: Origin) -> Erasure:
    """Erase a person: their account is closed, and nothing that names them stays but by law.

    Raises:
        NotFound, Forbidden, Invalid, WrongStatus
    """
    async with events.transaction():
        account = await _held(actor, account_id)
        if actor.kind is not ActorKind.SYSTEM and not origin.proof.is_fresh(FRESH):
            raise Forbidden(problem("BDR-SIG-021", minutes=int(FRESH.total_seconds() // 60)))
        if account.status == AccountStatus.ERASED:
            raise WrongStatus(problem("BDR-SIG-022", ("accountId",)))
        await _refuse_needed(account)
        person, locale = replace(person_of(account), erased_by=new_id("evt")), account.locale
        for holding in holdings():
            if holding.erase is not None:
                await holding.erase(person)
        life.close_for_ever(account, name=NOBODY, email=address_of_nobody(person.id))
        by = nobody(actor) if actor.id == person.id else actor
        redacted = await redacting.told(person.erased_by)
        life.tell("account.erased", account, by, event_id=person.erased_by, redacted=redacted)
        await account.save()
        await post("account_erased", person.email, locale)
    tell_rights_changed(person.id)
    return Erasure(
        person.id,
        erased=[h.words for h in holdings() if h.erase is not None],
        kept=[h.kept for h in holdings() if h.kept is not None],
    )


def address_of_nobody(account_id: str) -> str:
    """An address that stays unique and reaches nobody (RFC 2606)."""
    return f"{account_id}@erased.invalid"


def nobody(actor: Actor) -> Actor:
    """The same author without a name."""
    return Actor(actor.id, actor.kind, NOBODY)


async def _held(actor: Actor, account_id: str) -> Account:
    """The account, locked, that the actor may ask about: its own, or any for an administrator."""
    if actor.kind is ActorKind.CLIENT:
        raise Forbidden(problem("BDR-SIG-020"))
    is_own = account_id == actor.id and actor.may(Permission.OWN_ACCOUNT, actor.id)
    if not is_own and Permission.ADMINISTER not in actor.everywhere:
        raise NotFound(problem("BDR-REQ-001", ("accountId",)))
    account = await Account.filter(id=findable(account_id)).select_for_update().first()
    if account is None:
        raise NotFound(problem("BDR-REQ-001", ("accountId",)))
    return account


async def _refuse_needed(account: Account) -> None:
    """Nobody leaves others without the one who manages for them."""
    left = await fetch(
        "SELECT s.id, s.name FROM attachment a JOIN structure s ON s.id = a.structure_id"
        " WHERE a.member_id = $1 AND a.role = 'MAIN_MANAGER' AND a.status = 'VALIDEE'"
        " AND EXISTS (SELECT 1 FROM attachment b JOIN account c ON c.id = b.member_id"
        "  WHERE b.structure_id = a.structure_id AND b.member_id <> a.member_id"
        "  AND b.status = 'VALIDEE' AND c.status = 'ACTIVE') ORDER BY s.name LIMIT 10",
        account.id,
    )
    if left:
        raise Invalid(
            *(
                problem("BDR-SIG-023", ("accountId",), name=row["name"], structureId=row["id"])
                for row in left
            )
        )
    others = await fetch(
        "SELECT COUNT(*) FILTER (WHERE m.member_id = $1) AS own,"
        " COUNT(*) FILTER (WHERE m.member_id <> $1 AND c.status = 'ACTIVE') AS others"
        " FROM administrator m LEFT JOIN account c ON c.id = m.member_id",
        account.id,
    )
    if others[0]["own"] and not others[0]["others"]:
        raise Invalid(problem("BDR-SIG-024", ("accountId",)))


# What the account, the log and the queue of e-mails hold


async def _leave(person: Person) -> None:
    await execute(
        "DELETE FROM habilitation WHERE attachment_id IN"
        " (SELECT id FROM attachment WHERE member_id = $1)",
        person.id,
    )
    await execute(
        "UPDATE attachment SET status = 'SUPPRIMEE', message = NULL, comment = NULL,"
        " asked_spaces = NULL, updated_at = $2 WHERE member_id = $1",
        person.id,
        now(),
    )


async def _events(person: Person) -> Rows:
    rows = await fetch(
        "SELECT occurred_at, kind, subject_kind, subject_id, on_behalf_of, change_from,"
        " change_to, reason, comment FROM event WHERE actor_id = $1 OR subject_id = $1"
        " ORDER BY position",
        person.id,
    )
    return [dict(row) for row in rows]


_READ_AT_ONCE = 500
# The cards of invoices name structures, never people.
_NAMING = (
    "SELECT subject_kind, subject_id, actor_id, " + ", ".join(redacting.COLUMNS) + " FROM event"
    " WHERE position > $4 AND (actor_id = $1 OR (subject_kind <> 'invoice'"
    " AND (subject_id = $1 OR data LIKE $2 OR data LIKE $3))) ORDER BY position LIMIT $5"
)


async def _forget_in_log(person: Person) -> None:
    await redacting.begin()
    marks, position = (f"%{person.id}%", f"%{person.email}%"), 0
    while rows := await fetch(_NAMING, person.id, *marks, position, _READ_AT_ONCE):
        position = rows[-1]["position"]
        await redacting.redact(person.erased_by, _replacements(rows, person))


def _replacements(rows: Sequence[Any], person: Person) -> list[Replacement]:
    found = ((row, _without(row, person)) for row in rows)
    return [(row, new) for row, new in found if new]


def _without(row: Any, person: Person) -> dict[str, str | None]:
    """The parts of an event that named the person, without it."""
    new: dict[str, str | None] = {}
    if row["actor_id"] == person.id and row["actor_name"] != NOBODY:
        new["actor_name"] = NOBODY
    if row["subject_kind"] != "invoice":
        told = json.loads(row["data"])
        other = {"name": NOBODY, "email": address_of_nobody(person.id)}
        after = scrubbed(told, person, other, is_about=row["subject_id"] == person.id)
        if after != told:
            new["data"] = json.dumps(after, ensure_ascii=False, separators=(",", ":"))
    return new


async def _invoices(person: Person) -> Rows:
    rows = await fetch(
        "SELECT id, supplier_id, number, status, created_at FROM invoice WHERE created_by = $1"
        " ORDER BY id",
        person.id,
    )
    return [dict(row) for row in rows]


async def _mails(person: Person) -> Rows:
    return [
        {
            "kind": mail.kind,
            "recipient": mail.recipient,
            "status": mail.status,
            "createdAt": mail.created_at,
            "sentAt": mail.sent_at,
            "subject": words.subject if (words := opened(mail)) else None,
        }
        for mail in await Mail.filter(recipient=person.email).order_by("id")
    ]


hold(
    Holding(
        "account",
        Words("Compte", "Account"),
        rows_of("account", "id", without=("password_hash",)),
        # Emptied last, by `erase` itself.
        deleting(("administrator", "member_id")),
    ),
    Holding(
        "attachments",
        Words("Rattachements et habilitations", "Attachments and their spaces"),
        rows_of("attachment", "member_id"),
        _leave,
    ),
    Holding(
        "events",
        Words("Actions dans le journal", "Actions in the log"),
        _events,
        _forget_in_log,
        kept=_LIFE_OF_INVOICES,
    ),
    Holding("invoices", Words("Factures saisies", "Invoices typed"), _invoices),
    Holding(
        "mail",
        Words("Messages de la semaine", "Messages of the week"),
        _mails,
        deleting(("mail", "recipient"), of="email"),
    ),
    Holding(
        "requests",
        Words("Clés d'idempotence de la semaine", "Idempotency keys of the week"),
        rows_of("idempotency_key", "actor_id", without=("input_hash",)),
        deleting(("idempotency_key", "actor_id")),
    ),
)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
