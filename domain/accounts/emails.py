"""E-mail addresses as log-ins: one normal form, and none that passes for another."""

from __future__ import annotations

import re
import unicodedata

import idna

from domain.errors import Problem
from domain.rules_text import problem, text_problems

LONGEST = 254
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+\Z)[a-z0-9-]{2,63}")
# Scripts that are written together in one word.
_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)


def normal(text: str) -> str:
    """The form in which an address is kept and compared: NFC, small letters, domain in ASCII.

    A text that is no address comes back as near to that form as it can be.
    """
    address = unicodedata.normalize("NFC", text).strip().lower()
    local, at, domain = address.rpartition("@")
    return local + at + (_in_ascii(domain) or domain)


def problems_of(text: str, path: tuple[str, ...]) -> list[Problem]:
    """Every rule that an address breaks; none: its `normal` form is the one to keep."""
    if unreadable := text_problems(text.strip(), path, LONGEST):
        return unreadable
    local, at, domain = unicodedata.normalize("NFC", text).strip().lower().rpartition("@")
    if not at or not local or not domain:
        return [problem("BDR-ACC-001", path, value=text)]
    found = []
    if not local.isascii():
        found.append(problem("BDR-ACC-002", path, value=local))
    if _mixes_scripts(domain):
        found.append(problem("BDR-ACC-003", path, value=domain))
    return found or _problems_of_form(local, domain, text, path)


def _problems_of_form(local: str, domain: str, text: str, path: tuple[str, ...]) -> list[Problem]:
    known = _in_ascii(domain)
    is_local = len(local) <= _LONGEST_LOCAL and _LOCAL.fullmatch(local)
    if not is_local or known is None or not _DOMAIN.fullmatch(known):
        return [problem("BDR-ACC-001", path, value=text)]
    return text_problems(f"{local}@{known}", path, LONGEST)


def _in_ascii(domain: str) -> str | None:
    """The domain as the network knows it (IDNA 2008); None when it is not one."""
    try:
        # Strict: what a browser would silently turn into another letter is refused.
        return idna.encode(domain, strict=True).decode() if domain else None
    except (idna.IDNAError, UnicodeError):
        return None


def _mixes_scripts(domain: str) -> bool:
    return any(len(scripts) > 1 for scripts in map(_scripts_of, domain.split(".")))


def _scripts_of(label: str) -> set[str]:
    """The scripts of the letters of a label, those that go together counted as one."""
    if label.startswith("xn--"):
        try:
            label = idna.decode(label)
        except (idna.IDNAError, UnicodeError):
            return set()
    found = {
        unicodedata.name(c, "?").split(" ")[0] for c in label if unicodedata.category(c)[0] == "L"
    }
    return {"CJK"} if any(found <= together for together in _TOGETHER) else found
