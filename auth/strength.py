"""How good a password is: its length, whether thieves know it, how soon it would be guessed."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zxcvbn import zxcvbn
from zxcvbn.matching import RANKED_DICTIONARIES

from auth.passwords import MAX_LENGTH, MIN_LENGTH, normalized
from domain import policy
from domain.errors import Problem
from domain.rules_text import problem

# 0 to 4. From 3 on, a stolen hash resists 10^8 guesses: each takes us tens of milliseconds.
ENOUGH = 3
# The estimate slows down with the square of the length, and says no more beyond.
_ESTIMATED = 72
_DIGEST = re.compile(rb"[0-9A-Fa-f]{40}(?![0-9A-Fa-f])")
# One at a time: the estimator keeps what is known of a person in a global of its own.
_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="strength")
_OUR_NAMES = ("bordereau", "facture", "chorus", "motdepasse")

# fmt: off
# What the estimator says, in French. A test finds a text that is missing here.
FRENCH: Mapping[str, str] = {
    "Use a few words, avoid common phrases.": "Prenez quelques mots, évitez les expressions courantes.",
    "No need for symbols, digits, or uppercase letters.": "Symboles, chiffres et majuscules ne sont pas nécessaires.",
    "Add another word or two. Uncommon words are better.": "Ajoutez un mot ou deux, de préférence peu courants.",
    "Straight rows of keys are easy to guess.": "Des touches qui se suivent sont faciles à deviner.",
    "Short keyboard patterns are easy to guess.": "Un court parcours sur le clavier est facile à deviner.",
    "Use a longer keyboard pattern with more turns.": "Prenez un parcours plus long, avec plus de changements de direction.",
    'Repeats like "aaa" are easy to guess.': "Des répétitions telles que « aaa » sont faciles à deviner.",
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc".':
        "Une répétition telle que « abcabcabc » n'est guère plus difficile à deviner que « abc ».",
    "Avoid repeated words and characters.": "Évitez de répéter des mots ou des caractères.",
    'Sequences like "abc" or "6543" are easy to guess.': "Des suites telles que « abc » ou « 6543 » sont faciles à deviner.",
    "Avoid sequences.": "Évitez les suites.",
    "Recent years are easy to guess.": "Les années récentes sont faciles à deviner.",
    "Avoid recent years.": "Évitez les années récentes.",
    "Avoid years that are associated with you.": "Évitez les années qui ont un rapport avec vous.",
    "Dates are often easy to guess.": "Les dates sont souvent faciles à deviner.",
    "Avoid dates and years that are associated with you.": "Évitez les dates et les années qui ont un rapport avec vous.",
    "This is a top-10 common password.": "C'est l'un des dix mots de passe les plus courants.",
    "This is a top-100 common password.": "C'est l'un des cent mots de passe les plus courants.",
    "This is a very common password.": "C'est un mot de passe très courant.",
    "This is similar to a commonly used password.": "Il ressemble à un mot de passe courant.",
    "A word by itself is easy to guess.": "Un mot seul est facile à deviner.",
    "Names and surnames by themselves are easy to guess.": "Un prénom ou un nom seul est facile à deviner.",
    "Common names and surnames are easy to guess.": "Les prénoms et noms courants sont faciles à deviner.",
    "Capitalization doesn't help very much.": "Une majuscule n'aide guère.",
    "All-uppercase is almost as easy to guess as all-lowercase.": "Tout en majuscules se devine presque aussi bien qu'en minuscules.",
    "Reversed words aren't much harder to guess.": "Un mot à l'envers n'est guère plus difficile à deviner.",
    "Predictable substitutions like '@' instead of 'a' don't help very much.": "Des remplacements prévisibles, comme « @ » pour « a », n'aident guère.",
}
# fmt: on
_GRADES = (
    ("Très faible", "Very weak"),
    ("Faible", "Weak"),
    ("Moyen", "Fair"),
    ("Bon", "Good"),
    ("Très bon", "Very good"),
)


@dataclass(frozen=True)
class Strength:
    """What is shown while a password is typed. `advice` are pairs of French and English."""

    score: int
    advice: tuple[tuple[str, str], ...]

    @property
    def grade(self) -> tuple[str, str]:
        return _GRADES[self.score]


def estimated(password: str, known: Iterable[str] = ()) -> Strength:
    """How soon the password would be guessed by someone who knows the person a little."""
    if not password:
        return Strength(0, ())
    said = zxcvbn(normalized(password)[:_ESTIMATED], user_inputs=[*_OUR_NAMES, *_words_of(known)])
    texts = [t for t in (said["feedback"]["warning"], *said["feedback"]["suggestions"]) if t]
    return Strength(said["score"], tuple((FRENCH.get(t, t), t) for t in dict.fromkeys(texts)))


async def estimate(password: str, known: Iterable[str] = ()) -> Strength:
    """The same, away from the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_POOL, estimated, password, tuple(known))


async def problems_of(
    password: str, again: str | None, known: Iterable[str], path: tuple[str, ...] = ("password",)
) -> list[Problem]:
    """Every reason to refuse a new password. `known` is what others know of the person."""
    if len(password) > MAX_LENGTH:
        return [problem("BDR-ACC-011", path, most=MAX_LENGTH)]
    found = []
    if len(password) < MIN_LENGTH:
        found.append(problem("BDR-ACC-010", path, least=MIN_LENGTH))
    loop = asyncio.get_running_loop()
    if await loop.run_in_executor(
        _POOL, is_breached, password, policy.current().breached_passwords
    ):
        found.append(problem("BDR-ACC-012", path))
    strength = await estimate(password, known)
    if strength.score < ENOUGH:
        french, english = strength.advice[0] if strength.advice else ("", "")
        found.append(problem("BDR-ACC-013", path, advice_fr=french, advice_en=english))
    if again is not None and again != password:
        found.append(problem("BDR-ACC-014", ("passwordAgain",)))
    return found


def is_breached(password: str, hashes: Path | None) -> bool:
    """Whether thieves know the password: by the file of hashes, else among the common ones."""
    if normalized(password).lower() in RANKED_DICTIONARIES["passwords"]:
        return True
    if hashes is None:
        return False
    digest = hashlib.sha1(normalized(password).encode(), usedforsecurity=False)
    return _is_in(hashes, digest.hexdigest().upper().encode())


def refuse_unreadable(hashes: Path) -> None:
    """Make sure that the file can be searched.

    Raises:
        ValueError: it cannot be read, or its first line is not a SHA-1 hash.
    """
    try:
        with hashes.open("rb") as file:
            first = file.readline(200)
    except OSError as error:
        raise ValueError(f"{hashes} cannot be read") from error
    if not _DIGEST.match(first):
        raise ValueError(f"{hashes} does not begin with a SHA-1 hash in hexadecimal")


def _is_in(path: Path, digest: bytes) -> bool:
    """Search an ordered file of `HASH:COUNT` lines by halves, without reading it."""
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            line = _line_at(file, middle)
            if line and line[:40].upper() < digest:
                low = middle + 1
            else:
                high = middle
        return _line_at(file, low)[:40].upper() == digest


def _line_at(file: BinaryIO, place: int) -> bytes:
    """The first line that begins at that place or after it; empty at the end."""
    if place:
        file.seek(place - 1)
        file.readline()
    else:
        file.seek(0)
    return file.readline()


def _words_of(texts: Iterable[str]) -> Sequence[str]:
    """What a guesser would try first: each text, and its words."""
    whole = [text.lower() for text in texts if text]
    whole += [text.partition("@")[0] for text in whole if "@" in text]
    return [*whole, *(w for text in whole for w in re.split(r"[\W_]+", text) if len(w) > 2)][:50]
