"""The row of one rule, and where rules come from."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Severity

CHORUS = "Chorus Pro"
SEED = "Guide de dépôt Chorus Pro"
EN = "EN 16931"
AFNOR = "AFNOR XP Z12-012"
CCAG = "CCAG-Travaux 2021, art. 12"
OURS = "Bordereau"
ESPD = "ESPD-EDM 2.1.1"


@dataclass(frozen=True, slots=True)
class RuleText:
    """The row of one rule."""

    code: str
    fr: str
    en: str
    remedy_fr: str
    remedy_en: str
    source: str = OURS
    severity: Severity = "ERROR"


def advice(code: str, fr: str, en: str, remedy_fr: str, remedy_en: str, source: str) -> RuleText:
    """The row of a rule that advises and does not refuse."""
    return RuleText(code, fr, en, remedy_fr, remedy_en, source, "WARNING")
