"""Files that are drawn: PDF/A-2a and PDF/UA-1, from a template and data that is never markup."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import typst

_STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
# What the fonts of the compiler can write: Latin, Greek and Cyrillic with their signs. PDF/A
# refuses a character without a glyph.
_WRITABLE = re.compile(
    "[\n\x20-\x7e\xa0-\u02ff\u0370-\u04ff\u1e00-\u1fff\u2010-\u2027\u2030-\u203a\u20ac\u2116]"
)


def drawn(template: bytes, given: Mapping[str, Any], at: datetime) -> bytes:
    """The file: the same bytes for the same data and instant.

    Takes some tens of milliseconds of processor: not for the event loop.
    """
    pdf: bytes = typst.compile(
        template,
        format="pdf",
        pdf_standards=[*_STANDARDS],
        sys_inputs={"given": json.dumps(given, ensure_ascii=False)},
        ignore_system_fonts=True,
        timestamp=int(at.timestamp()),
    )
    return pdf


def writable(text: str | None) -> str:
    """The text with every character that the fonts lack as its Unicode number."""
    composed = unicodedata.normalize("NFC", text or "")
    return "".join(
        c if _WRITABLE.match(c) and c != "\xad" else f"(U+{ord(c):04X})" for c in composed
    )
