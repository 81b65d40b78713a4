"""Texts of the site itself, for a test that publishes a new version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from domain.signatures import texts
from domain.signatures.texts import SignedText, TextKind

Publish = Callable[..., SignedText]


@pytest.fixture
def publish() -> Iterator[Publish]:
    """Publishes a version of the site's own: `publish(TextKind.TERMS, since=…, required=…)`."""
    own: list[SignedText] = []

    def add(
        kind: TextKind, *, since: date, required: date | None = None, version: str = "2026-12"
    ) -> SignedText:
        text = SignedText(kind, version, since, f"Texte {version}\n\n1. Nouveau.", "New.", required)
        own.append(text)
        texts.configure(own)
        return text

    yield add
    texts.configure()
