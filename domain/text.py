"""What a text field may hold: readable characters only, in one normal form."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

# Characters that reorder or hide the text around them: an invoice must read the same for everyone.
_DISGUISE = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
_DISGUISING = re.compile(f"[{_DISGUISE}\U000e0000-\U000e007f]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_OF_PARAGRAPHS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNREADABLE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_DISGUISE}]")

SHOWN_LENGTH = 120


class Fault(StrEnum):
    """Why a text is refused."""

    TOO_LONG = "TOO_LONG"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    DISGUISING_CHARACTER = "DISGUISING_CHARACTER"
    NOT_UNICODE = "NOT_UNICODE"


def faults(text: str, longest: int, *, paragraphs: bool = False) -> list[Fault]:
    """Every reason to refuse a text. Line ends and tabulations are allowed in paragraphs only.

    An over-long text is not searched further: its length alone condemns it.
    """
    if len(text) > longest:
        return [Fault.TOO_LONG]
    if text.isascii() and text.isprintable():
        return []
    control = _CONTROL_OF_PARAGRAPHS if paragraphs else _CONTROL
    found = [
        (control, Fault.CONTROL_CHARACTER),
        (_DISGUISING, Fault.DISGUISING_CHARACTER),
        (_SURROGATE, Fault.NOT_UNICODE),
    ]
    return [fault for pattern, fault in found if pattern.search(text)]


def first_unreadable(text: str) -> str | None:
    """The first forbidden character as its Unicode number (U+202E), to be named in a message."""
    match = _UNREADABLE.search(text) or _DISGUISING.search(text)
    return f"U+{ord(match[0]):04X}" if match else None


def normal(text: str | None) -> str | None:
    """The text composed (NFC), without outer white space; None when nothing is left."""
    if text is None:
        return None
    return unicodedata.normalize("NFC", text).strip() or None


def shown(value: object) -> str:
    """A value as it may stand in a message: short, every unreadable character made visible."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    cut = text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
    return _UNREADABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", cut)


def shown_in_french(value: object) -> str:
    """The same for a reader of French: a day as 20/11/2026."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return f"{value:%d/%m/%Y}" if is_day else shown(value)


def searchable(text: str | None, longest: int = 255) -> str | None:
    """The text if something could be stored under it; None when it is not worth looking up."""
    return None if text is None or faults(text, longest) else text
