"""A label in the two languages of the product."""

from __future__ import annotations

from typing import Literal, NamedTuple

Locale = Literal["FR", "EN"]


class Words(NamedTuple):
    """The same words in French and in English."""

    fr: str
    en: str

    def in_(self, locale: Locale) -> str:
        return self.fr if locale == "FR" else self.en
