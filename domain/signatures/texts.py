"""The texts that people sign, by version: which one to sign now, and which still suffice.

A new wording is a new version; earlier ones stay, since what was signed points to them by its
hash. A version says from when it is offered (`since`) and from when nothing older suffices
(`required_from`): between the two, people have time to sign it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from domain.clock import today


class TextKind(StrEnum):
    """What is signed."""

    MANDATE = "MANDATE"
    TERMS = "TERMS"


@dataclass(frozen=True)
class SignedText:
    """One version. The French text is the one that is signed; the English one helps to read it."""

    kind: TextKind
    version: str
    since: date
    fr: str
    en: str
    # The day from which earlier versions no longer suffice; that of its publication if not given.
    required_on: date | None = None

    @property
    def required_from(self) -> date:
        """The first day on which nothing older suffices."""
        return self.required_on or self.since

    @cached_property
    def sha256(self) -> str:
        """The hash of the text that is signed."""
        return hashlib.sha256(self.fr.encode()).hexdigest()


class Texts:
    """Every version of every text. Where a site has texts of its own, ours give way to them."""

    def __init__(self, built_in: Iterable[SignedText], own: Iterable[SignedText] = ()) -> None:
        self._built_in, self._own = tuple(built_in), tuple(own)

    def of(self, kind: TextKind, version: str) -> SignedText | None:
        """The version of that name, however old."""
        named = (t for t in (*self._own, *self._built_in) if (t.kind, t.version) == (kind, version))
        return next(named, None)

    def present(self, kind: TextKind, on: date) -> SignedText:
        """The version to sign on that day."""
        asked = self._asked(kind)
        return next((text for text in reversed(asked) if text.since <= on), asked[0])

    def accepted(self, kind: TextKind, on: date) -> frozenset[str]:
        """The versions whose signature suffices on that day."""
        asked = self._asked(kind)
        oldest = max((n for n, text in enumerate(asked) if text.required_from <= on), default=0)
        return frozenset(t.version for t in asked[oldest:] if t is asked[oldest] or t.since <= on)

    def outdated_from(self, kind: TextKind, version: str) -> date | None:
        """The day from which that version no longer suffices, once it is known."""
        asked = self._asked(kind)
        places = [n for n, text in enumerate(asked) if text.version == version]
        later = asked[places[0] + 1 :] if places else asked
        return later[0].required_from if later else None

    def _asked(self, kind: TextKind) -> Sequence[SignedText]:
        own = sorted((t for t in self._own if t.kind is kind), key=lambda t: t.since)
        ours = [t for t in self._built_in if t.kind is kind and (not own or t.since < own[0].since)]
        return [*sorted(ours, key=lambda t: t.since), *own]


_built_in: list[SignedText] = []
_texts = Texts(())


def publish(*versions: SignedText) -> None:
    """Add versions that come with the product; called once by the module that holds them."""
    _built_in.extend(versions)
    configure()


def configure(own: Iterable[SignedText] = ()) -> None:
    """Set the texts of the site itself; called by the composition root."""
    global _texts  # noqa: PLW0603 - set once at start
    _texts = Texts(_built_in, own)


def present(kind: TextKind) -> SignedText:
    """The version to sign now."""
    return _texts.present(kind, today())


def accepted(kind: TextKind) -> frozenset[str]:
    """The versions whose signature suffices now."""
    return _texts.accepted(kind, today())


def outdated_from(kind: TextKind, version: str) -> date | None:
    """The day from which that version no longer suffices, once it is known."""
    return _texts.outdated_from(kind, version)


def text_of(kind: TextKind, version: str) -> SignedText | None:
    """The version of that name, however old."""
    return _texts.of(kind, version)
