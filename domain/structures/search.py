"""Finding structures in the directory: by identifier, by name however typed, by place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain import db, events, identifiers
from domain.access import Actor, Permission
from domain.select import (
    EVERYTHING,
    NOTHING,
    Condition,
    Select,
    Slice,
    Statement,
    all_of,
    among,
    any_of,
    at_least,
    below,
    count_sql,
    equals,
    exists,
    falling,
    is_null,
    not_null,
    page_sql,
    rising,
    written,
)
from domain.structures import names
from domain.structures.models import Nature, ServiceStatus, StructureStatus

# No name is longer; the rest of a longer text could only cost time.
LONGEST_TEXT = 200
SHORTEST_IDENTIFIER = 3
_LONGEST_NUMBER_IN_NAMES = 5
_SIRET_LENGTH = 14
_MOST_WORDS = 10
_MOST_CORRECTIONS = 8
_CORRECTIONS_CONSIDERED = 60
_MOST_CORES = 4
# Above every letter and digit in the order of bytes: what begins so lies between the two.
_AFTER_ALL = "{"


@dataclass(frozen=True)
class Search:
    """What is asked of the directory. Everything given must hold."""

    text: str | None = None
    identifier: str | None = None
    identifier_type: str | None = None
    postal_code: str | None = None
    town: str | None = None
    department: str | None = None
    nature: str | None = None
    category: str | None = None
    status: str | None = None


def listed(actor: Actor) -> Select:
    """The structures that the actor may look for: the public directory, and those of its own.

    What INSEE does not disclose is not in the directory.
    """
    select = Select("structure")
    own = actor.structures(Permission.READ_STRUCTURE)
    if own is None:
        return select
    if not own:
        return select.where(*_PUBLIC)
    return select.where(any_of(all_of(*_PUBLIC), among("id", own)))


def seen(actor: Actor) -> Select:
    """The structures that the actor may see: also those it exchanges documents with."""
    own = actor.structures(Permission.READ_STRUCTURE)
    if not own:
        return listed(actor)
    return Select("structure").where(
        any_of(all_of(*_PUBLIC), among("id", own), *_counterparties(own))
    )


_PUBLIC = (
    equals("nature", Nature.PUBLIC),
    equals("status", StructureStatus.ACTIVE),
    equals("insee_undisclosed", False),
)
# Who plays a part in the documents of each table.
_PARTIES = {
    "invoice": ("supplier_id", "recipient_id", "validator_1_id", "validator_2_id"),
    "memo": ("supplier_id", "recipient_id"),
    "refund": ("supplier_id", "recipient_id"),
}


def _counterparties(own: Collection[str]) -> list[Condition]:
    """The structure and one of the actor's play parts in the same deposited document."""
    deposited = not_null("deposited_at")
    return [
        exists(table, {part: "id"}, deposited, any_of(*(among(p, own) for p in parts)))
        for table, parts in _PARTIES.items()
        for part in parts
    ]


def services(actor: Actor, status: ServiceStatus | None = None) -> Select:
    """The services of a structure that is seen, in the order of their codes."""
    select = Select("service").by(rising("code"))
    return select if status is None else select.where(equals("status", status))


def services_seen(actor: Actor) -> Select:
    """The services of the structures that the actor may look for."""
    own = actor.structures(Permission.READ_STRUCTURE)
    if own is None:
        return services(actor)
    theirs = any_of(all_of(*_PUBLIC), among("id", own))
    return services(actor).where(exists("structure", {"id": "structure_id"}, theirs))


def bank_accounts(actor: Actor) -> Select:
    """The bank references on file: for members only."""
    return _of_members("bank_account", actor).where(is_null("removed_at"))


def mandates(actor: Actor) -> Select:
    """The mandates signed, the last one first: for members only."""
    return _of_members("mandate", actor).by(falling("signed_at"))


def _of_members(table: str, actor: Actor) -> Select:
    own = actor.structures(Permission.READ_STRUCTURE)
    return Select(table) if own is None else Select(table).where(among("structure_id", own))


async def directory(actor: Actor, search: Search) -> Select:
    """What matches and the actor may see, the best first."""
    identifier = _identifier_in(search)
    if identifier is not None:
        return _by_identifier(actor, search, identifier)
    if search.text is None:
        return _filtered(listed(actor), search).by(falling("prominence"))
    words = names.asked_words(search.text[:LONGEST_TEXT])[:_MOST_WORDS]
    if not words:
        return Select("structure", (NOTHING,))
    if all(map(names.is_generic, words)):
        return (
            _filtered(listed(actor), search).where(*map(_holding, words)).by(falling("prominence"))
        )
    strict = await _by_words(actor, search, words, generous=False)
    if len(words) == 1 or await _has_rows(strict):
        return strict
    # Every word exists, but nowhere together: one of them may be another word, mistyped.
    return await _by_words(actor, search, words, generous=True)


async def find(actor: Actor, search: Search, limit: int) -> Sequence[Any]:
    """The rows of the best matches."""
    to = Statement(db.dialect())
    select = await directory(actor, search)
    return await db.fetch(page_sql(to, select, Slice(limit), EVERYTHING), *to.params)


async def add_many(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write many new structures, in the open transaction, and what finds them."""
    if db.dialect() == "postgres":
        await insert_rows("structure", columns, rows)
        return
    await db.execute("INSERT INTO structure_search_bulk (id) VALUES (1)")
    await insert_rows("structure", columns, rows)
    await db.execute("DELETE FROM structure_search_bulk")
    to, ids = Statement("sqlite"), [row[columns.index("id")] for row in rows]
    await db.execute(
        "INSERT INTO structure_search (rowid, search_terms) SELECT number, search_terms"
        " FROM structure_search_row JOIN structure ON structure.id = structure_id"
        f" WHERE {to.among('structure_id', ids)}",
        *to.params,
    )


async def refresh_statistics() -> None:
    """Tell PostgreSQL's planner how the directory looks, rather than wait for it to notice."""
    if db.dialect() == "postgres":
        async with events.transaction():
            await db.execute("ANALYZE structure, service, search_word, search_word_gram")


async def learn(public_names: Iterable[str], known: set[str] | None = None) -> None:
    """Remember the words of public names, in the open transaction, for later corrections."""
    words = {w for n in public_names for w in names.fold(n).split() if names.errors_forgiven(w)}
    if known is None:
        known = await known_words(words)
    fresh = sorted(words - known)
    grams = [(gram, word) for word in fresh for gram in names.grams(word)]
    await insert_rows("search_word", ("word",), [(w,) for w in fresh], skip_known=True)
    await insert_rows("search_word_gram", ("gram", "word"), grams, skip_known=True)
    known.update(fresh)


async def known_words(words: Collection[str] | None = None) -> set[str]:
    """Those of the words that are known; all known words when none are given."""
    to = Statement(db.dialect())
    test = "" if words is None else f" WHERE {to.among('word', sorted(words))}"
    return {row[0] for row in await db.fetch(f"SELECT word FROM search_word{test}", *to.params)}


async def insert_rows(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    skip_known: bool = False,
) -> None:
    """Write many rows, in the open transaction."""
    holders = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    conflict = " ON CONFLICT DO NOTHING" if skip_known else ""
    await db.execute_many(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holders}){conflict}", rows
    )


def _identifier_in(search: Search) -> str | None:
    """The beginning of an identifier that is asked for, also when it is typed as the text."""
    if search.identifier is not None:
        return identifiers.compact(search.identifier[:LONGEST_TEXT])
    digits = identifiers.unspaced((search.text or "")[:LONGEST_TEXT])
    # A shorter number is a postal code, a department or a word of a name.
    is_long = len(digits) > _LONGEST_NUMBER_IN_NAMES
    return digits if is_long and digits.isascii() and digits.isdigit() else None


def with_siret(siret: str) -> Condition:
    """The structure has the SIRET, or had it before a change."""
    return written(
        "{t}.id IN (SELECT id FROM structure WHERE identifier = {0} AND identifier_type = 'SIRET'"
        " UNION ALL SELECT structure_id FROM siret_change"
        " WHERE old_siret = {0} AND status = 'CONFIRME')",
        siret,
    )


def _by_identifier(actor: Actor, search: Search, identifier: str) -> Select:
    if len(identifier) < SHORTEST_IDENTIFIER:
        return Select("structure", (NOTHING,))
    if len(identifier) == _SIRET_LENGTH and identifier.isdigit():
        return _filtered(listed(actor), search).where(with_siret(identifier))
    return (
        _filtered(listed(actor), search)
        .where(at_least("identifier", identifier), below("identifier", identifier + _AFTER_ALL))
        .by(rising("identifier"))
    )


async def _by_words(
    actor: Actor, search: Search, words: Sequence[str], *, generous: bool
) -> Select:
    choices = [await _choices(word, generous=generous) for word in words]
    return (
        _filtered(listed(actor), search)
        .where(_matching(choices))
        .ranked("tier", _tier(_cores(search.text or "", words, choices)))
        .by(rising("tier"), falling("prominence"))
    )


def _filtered(select: Select, search: Search) -> Select:
    columns = ("identifier_type", "postal_code", "department", "nature", "category", "status")
    asked = [(c, getattr(search, c)) for c in columns]
    select = select.where(*(equals(c, value) for c, value in asked if value is not None))
    if search.town is None:
        return select
    return select.where(equals("search_town", names.core(search.town[:LONGEST_TEXT])))


def _matching(choices: Sequence[Sequence[str]]) -> Condition:
    """Each word, or one of its other spellings, begins a word of the structure."""
    if db.dialect() == "postgres":
        begun = [[w + _begun(w, ":*") for w in words] for words in choices]
        asked = " & ".join(f"({' | '.join(words)})" for words in begun)
        return written("words_of({t}.search_terms) @@ {0}::text::tsquery", asked)
    begun = [[w + _begun(w, "*") for w in words] for words in choices]
    asked = " AND ".join(f"({' OR '.join(words)})" for words in begun)
    return written(
        "{t}.id IN (SELECT structure_id FROM structure_search_row WHERE number IN"
        " (SELECT rowid FROM structure_search WHERE structure_search MATCH {0}))",
        asked,
    )


def _begun(word: str, mark: str) -> str:
    # One letter begins a good part of the directory.
    return mark if len(word) > 1 else ""


def _holding(word: str) -> Condition:
    """The same for one word that most structures hold: read in order, nothing looked up."""
    return any_of(
        written("{t}.search_terms LIKE {0}", f"{word}%"),
        written("{t}.search_terms LIKE {0}", f"% {word}%"),
    )


def _tier(cores: Sequence[str]) -> Condition:
    """How good a match is: the very name, its first words, its beginning, anything else."""
    exact = ", ".join(f"{{{n}}}" for n in range(len(cores)))
    n = len(cores)
    text = (
        f"CASE WHEN {{t}}.search_core IN ({exact}) THEN 0"
        f" WHEN {{t}}.search_core >= {{{n}}} AND {{t}}.search_core < {{{n + 1}}} THEN 1"
        f" WHEN {{t}}.search_core >= {{0}} AND {{t}}.search_core < {{{n + 2}}} THEN 2 ELSE 3 END"
    )
    first = f"{cores[0]} "
    return written(text, *cores, first, first + _AFTER_ALL, cores[0] + _AFTER_ALL)


def _cores(text: str, words: Sequence[str], choices: Sequence[Sequence[str]]) -> list[str]:
    """The names that are matched exactly: as corrected, and as typed."""
    corrected = {w: c[-1] for w, c in zip(words, choices, strict=True) if c[-1] != w}
    typed = names.cores(text[:LONGEST_TEXT])
    changed = (" ".join(corrected.get(w, w) for w in core.split()) for core in typed)
    return list(dict.fromkeys([*changed, *typed]))[:_MOST_CORES]


async def _choices(word: str, *, generous: bool) -> list[str]:
    """The spellings to look for, the most likely last.

    An unknown word is corrected; any word is, in a generous search, where one that exists remains
    the most likely.
    """
    spelt = list(names.spellings(word))
    most = names.errors_forgiven(word)
    if not most or (not generous and await _is_known(word)):
        return spelt
    corrected = await _corrections(word, most)
    return corrected + spelt if await known_words({word}) else spelt + corrected


async def _is_known(word: str) -> bool:
    return bool(
        await db.fetch(
            "SELECT 1 FROM search_word WHERE word >= $1 AND word < $2 LIMIT 1",
            word,
            word + _AFTER_ALL,
        )
    )


async def _corrections(word: str, most: int) -> list[str]:
    """The known words that the typed one may mean, the nearest last."""
    to = Statement(db.dialect())
    rows = await db.fetch(
        "SELECT word, count(*) AS shared FROM search_word_gram"
        f" WHERE {to.among('gram', names.grams(word))}"
        f" GROUP BY word ORDER BY shared DESC, word LIMIT {_CORRECTIONS_CONSIDERED}",
        *to.params,
    )
    shared = dict.fromkeys(await known_words(names.exchanged(word)), len(word))
    shared = {row[0]: row[1] for row in rows} | shared
    judged = ((names.distance(word, w, most), -count, w) for w, count in shared.items())
    # A word that begins as typed needs no correction.
    near = sorted(j for j in judged if 0 < j[0] <= most)
    return [found for _, _, found in reversed(near[:_MOST_CORRECTIONS])]


async def _has_rows(select: Select) -> bool:
    to = Statement(db.dialect())
    return bool((await db.fetch(count_sql(to, select, 1), *to.params))[0][0])
