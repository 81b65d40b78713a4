"""Rules of a sandbox whose clock is moved."""

from __future__ import annotations

from domain.rules_text.row import RuleText

SANDBOX: dict[str, RuleText] = {
    "BDR-SBX-001": RuleText(
        "NOT_ALLOWED",
        "L'horloge n'avance que dans un bac à sable ; ce site est en production.",
        "The clock is moved in a sandbox only; this site is in production.",
        "Faites vos essais dans un bac à sable.",
        "Try it in a sandbox.",
    ),
    "BDR-SBX-002": RuleText(
        "NOT_ALLOWED",
        "L'exploitant de ce bac à sable a fermé son horloge.",
        "The operator of this sandbox has closed its clock.",
        "Demandez-lui de l'ouvrir (SANDBOX_CLOCK).",
        "Ask for it to be opened (SANDBOX_CLOCK).",
    ),
    "BDR-SBX-003": RuleText(
        "INVALID_FORMAT",
        "« {duration} » n'est pas une durée en semaines, jours, heures, minutes et secondes.",
        "“{duration}” is not a duration in weeks, days, hours, minutes and seconds.",
        "Écrivez-la selon ISO 8601, par exemple P45D ou PT12H ; un mois n'a pas de durée fixe.",
        "Write it as ISO 8601 says, such as P45D or PT12H; a month has no fixed length.",
    ),
    "BDR-SBX-004": RuleText(
        "OUT_OF_RANGE",
        "L'horloge avance d'une seconde à {most} jours à la fois, et ne recule jamais.",
        "The clock is moved by one second to {most} days at once, and never back.",
        "Avancez-la en plusieurs fois.",
        "Move it several times.",
    ),
    "BDR-SBX-005": RuleText(
        "LIMIT_REACHED",
        "L'horloge a déjà {ahead} jours d'avance ; elle n'en prend pas plus de {most}.",
        "The clock is {ahead} days ahead already; it goes no further than {most}.",
        "Repartez d'une base vide.",
        "Begin again with an empty database.",
    ),
    "BDR-SBX-006": RuleText(
        "LIMIT_REACHED",
        "Plus de {most} pas tombent pendant cette durée : rien n'a été fait.",
        "More than {most} steps fall due within this duration: nothing was done.",
        "Avancez moins à la fois.",
        "Move the clock by less at a time.",
    ),
}
