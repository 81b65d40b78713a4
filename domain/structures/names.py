"""How names are compared: without accents, ligatures, apostrophes, articles or typing errors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Letters that Unicode does not decompose.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")

# Words that a name may have or lack without being another name.
ARTICLES = frozenset(("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les"))
# "Mairie de Paris", "Ville de Paris" and "Commune de Paris" are the same body.
_TOWN_HALL = re.compile(r"(?:mairie|commune)(?: |\Z)|ville (?=(?:d|de|des|du) )")
_ABBREVIATIONS: Mapping[str, str] = {"st": "saint", "ste": "sainte", "sts": "saints"}

# What users type for the bodies whose official name begins with a category.
CATEGORY_WORDS: Mapping[str, str] = {
    "CCAS": "ccas",
    "EPCI_CC": "communaute de communes",
    "EPCI_CA": "communaute d agglomeration",
    "EPCI_CU": "communaute urbaine",
    "EPCI_METRO": "metropole",
    "EPCI_MET69": "metropole",
    "EPT": "etablissement public territorial",
}

# Words of so many public names that they rank nothing.
_GENERIC = (
    "action",
    "ccas",
    "centre",
    "communal",
    "communaute",
    "commune",
    "communes",
    "ecole",
    "publique",
    "sociale",
)

# Who comes first among equal matches when the population is not known.
_PROMINENCE: Mapping[str, int] = {
    "ETAT": 100_000_000,
    "EPCI_METRO": 200_000,
    "EPCI_MET69": 200_000,
    "EPT": 100_000,
    "ORGANISME": 100_000,
    "EPCI_CU": 50_000,
    "EPCI_CA": 50_000,
    "EPCI_CC": 10_000,
    "COMMUNE": 1_000,
    "CCAS": 200,
    "ECOLE": 100,
}
_MOST_PROMINENT = 2_000_000_000

GRAM = 3
_SHORTEST_CORRECTED = 4
_LONGEST_WITH_ONE_ERROR = 6


def fold(text: str) -> str:
    """Lower-case words of a to z and 0 to 9, separated by one space."""
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return [word for token in text.split() for word in _parts(token)]


# Names repeat the same few words: reading a directory is mostly looking here.
@lru_cache(maxsize=1 << 16)
def _parts(token: str) -> tuple[str, ...]:
    lowered = unicodedata.normalize("NFKD", token.casefold().translate(_LETTERS))
    plain = "".join(c for c in lowered if not unicodedata.combining(c))
    return tuple(_NOT_A_WORD.sub(" ", plain).split())


def core(text: str) -> str:
    """What distinguishes the name: `Commune de L'Île-d'Yeu` is `ile yeu`."""
    folded = fold(text)
    return _plain(_without_hall(folded) or folded)


def cores(text: str) -> tuple[str, ...]:
    """The cores that a typed name may mean; `Ville d'Avray` is a town hall or a town."""
    return tuple(dict.fromkeys((core(text), _plain(fold(text)))))


def terms(name: str, *, category: str | None = None, others: Iterable[str | None] = ()) -> str:
    """Every word under which the structure is found, once each."""
    found: list[str] = []
    for token in name.split():
        parts = _parts(token)
        found += parts
        # L'Abergement-Clémenciat is also typed labergement-clemenciat or abergementclemenciat.
        if len(parts) > 1:
            found.append("".join(parts))
        if len(parts) > 2 and len(parts[0]) == 1:
            found.append("".join(parts[1:]))
    found += [_ABBREVIATIONS[word] for word in found if word in _ABBREVIATIONS]
    found += CATEGORY_WORDS.get(category or "", "").split()
    for other in others:
        found += _words(other or "")
    return " ".join(dict.fromkeys(found))


def search_columns(
    *,
    name: str,
    category: str | None,
    town: str | None,
    postal_code: str | None,
    department: str | None,
    population: int | None,
) -> dict[str, str | int | None]:
    """What the directory keeps of a structure so that it is found."""
    prominence = _PROMINENCE.get(category or "", 0) + (population or 0)
    return {
        "search_terms": terms(name, category=category, others=(town, postal_code, department)),
        "search_core": core(name),
        "search_town": core(town) if town else None,
        "prominence": min(prominence, _MOST_PROMINENT),
    }


def asked_words(text: str) -> list[str]:
    """The words of a search that must be found, most telling form first."""
    folded = fold(text)
    words = _without_hall(folded).split()
    if not ARTICLES.issuperset(words):
        # Someone still typing "ambérieu-en" is about to write a word, not an article.
        return list(dict.fromkeys([w for w in words if w not in ARTICLES] + words[-1:]))
    whole = folded.replace("mairie", "commune").split()
    return list(dict.fromkeys([w for w in whole if w not in ARTICLES] or whole))


def is_generic(word: str) -> bool:
    """Whether the word begins what very many names hold."""
    return any(generic.startswith(word) for generic in _GENERIC)


def exchanged(word: str) -> list[str]:
    """The word with two neighbouring letters exchanged, the commonest typing error."""
    pairs = range(len(word) - 1)
    return sorted({word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in pairs} - {word})


def spellings(word: str) -> tuple[str, ...]:
    """The word and what it abbreviates."""
    return (word, _ABBREVIATIONS[word]) if word in _ABBREVIATIONS else (word,)


def grams(word: str) -> list[str]:
    """The groups of three letters of the word, its ends included."""
    padded = f" {word} "
    return sorted({padded[n : n + GRAM] for n in range(len(padded) - GRAM + 1)})


def errors_forgiven(word: str) -> int:
    """How many typing errors the word may hold. A number is never corrected."""
    if len(word) < _SHORTEST_CORRECTED or not word.isalpha():
        return 0
    return 1 if len(word) <= _LONGEST_WITH_ONE_ERROR else 2


def distance(typed: str, word: str, most: int) -> int:
    """How many typing errors make `typed` the beginning of `word`; more than `most` is `most + 1`.

    An error is a letter missing, added, changed, or exchanged with its neighbour. What follows
    the beginning counts for nothing: the user may still be typing.
    """
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, 1):
        following = [i]
        for j, other in enumerate(word, 1):
            cost = min(row[j] + 1, following[-1] + 1, row[j - 1] + (letter != other))
            exchanged = i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other
            following.append(min(cost, before[j - 2] + 1) if exchanged else cost)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return min(*row, most + 1)


def _without_hall(folded: str) -> str:
    match = _TOWN_HALL.match(folded)
    return folded[match.end() :] if match else folded


def _plain(folded: str) -> str:
    words = [_ABBREVIATIONS.get(w, w) for w in folded.split()]
    return " ".join([w for w in words if w not in ARTICLES] or words)
