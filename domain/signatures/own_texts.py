"""The texts of the site itself, read from a file: an operator's own terms, without a new release.

[{"kind": "TERMS", "version": "2027-01", "since": "2027-01-01",
"requiredFrom": "2027-02-01", "fr": "…", "en": "…"}]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from domain.signatures.texts import SignedText, TextKind
from domain.text import faults

_LONGEST_VERSION, _LONGEST_TEXT = 20, 100_000
_FIELDS = {"kind", "version", "since", "requiredFrom", "fr", "en"}


def read_texts(path: Path) -> Sequence[SignedText]:
    """The versions of the file.

    Raises:
        ValueError: it cannot be read, or a version makes no sense; the message says which.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"SIGNED_TEXTS: {path} cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise ValueError(f"SIGNED_TEXTS: {path} must hold a list of versions")
    texts = [_text(row, f"SIGNED_TEXTS: version {n + 1} of {path}") for n, row in enumerate(rows)]
    if len({(text.kind, text.version) for text in texts}) < len(texts):
        raise ValueError(f"SIGNED_TEXTS: {path} gives a version twice")
    return texts


def _text(row: Any, place: str) -> SignedText:
    if not isinstance(row, dict) or set(row) - {"requiredFrom"} != _FIELDS - {"requiredFrom"}:
        raise ValueError(f"{place} needs {', '.join(sorted(_FIELDS))} and nothing else")
    try:
        required = row.get("requiredFrom")
        text = SignedText(
            kind=TextKind(row["kind"]),
            version=row["version"],
            since=date.fromisoformat(row["since"]),
            fr=row["fr"],
            en=row["en"],
            required_on=None if required is None else date.fromisoformat(required),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error
    if not _is_readable(text.version, _LONGEST_VERSION):
        raise ValueError(f"{place}: version has 1 to {_LONGEST_VERSION} characters")
    if not all(_is_readable(words, _LONGEST_TEXT) for words in (text.fr, text.en)):
        raise ValueError(f"{place}: fr and en have 1 to {_LONGEST_TEXT} readable characters")
    if text.required_from < text.since:
        raise ValueError(f"{place}: requiredFrom comes before since")
    return text


def _is_readable(words: Any, longest: int) -> bool:
    return (
        isinstance(words, str)
        and bool(words.strip())
        and not faults(words, longest, paragraphs=longest > _LONGEST_VERSION)
    )
