"""Rules of memos of court costs."""

from __future__ import annotations

from domain.rules_text.row import CHORUS, RuleText

MEMOS: dict[str, RuleText] = {
    "BDR-MEM-001": RuleText(
        "NOT_ALLOWED",
        "L'espace « Mémoires de frais de justice » de {name} est fermé.",
        "The memo space of {name} is closed.",
        "Un gestionnaire l'ouvre par « spaceOpen ».",
        "A manager opens it with “spaceOpen”.",
    ),
    "BDR-MEM-002": RuleText(
        "NOT_ALLOWED",
        "{name} n'a pas ouvert l'espace « Mémoires de frais de justice » : aucun mémoire ne peut "
        "lui être adressé.",
        "{name} has not opened the memo space: no memo can be sent to it.",
        "Vérifiez le SIRET de la juridiction ; à défaut, adressez-vous à son greffe.",
        "Check the SIRET of the jurisdiction; failing that, ask its registry.",
    ),
    "BDR-MEM-003": RuleText(
        "NOT_ALLOWED",
        "Un prestataire n'adresse pas de mémoire à lui-même.",
        "A provider sends no memo to itself.",
        "Indiquez le SIRET de la juridiction qui a confié la mission.",
        "Give the SIRET of the jurisdiction that ordered the mission.",
    ),
    "BDR-MEM-004": RuleText(
        "DUPLICATE",
        "Le prestataire a déjà envoyé un mémoire sous le numéro {number}.",
        "The provider has already sent a memo numbered {number}.",
        "Changez le numéro ; celui d'un mémoire refusé ou rejeté reste pris.",
        "Change the number; that of a refused or rejected memo stays taken.",
    ),
    "BDR-MEM-005": RuleText(
        "FUTURE_DATE",
        "Le mémoire est daté du {date}, qui n'est pas encore arrivé.",
        "The memo is dated {date}, which is still to come.",
        "Corrigez la date du mémoire.",
        "Correct the date of the memo.",
    ),
    "BDR-MEM-006": RuleText(
        "FUTURE_DATE",
        "La mission se termine le {date} : un mémoire s'envoie une fois la mission achevée.",
        "The mission ends on {date}: a memo is sent once the mission is over.",
        "Corrigez la date de fin, ou attendez la fin de la mission.",
        "Correct the end date, or wait for the end of the mission.",
    ),
    "BDR-MEM-007": RuleText(
        "OUT_OF_RANGE",
        "La mission s'est achevée le {date} : son mémoire s'envoyait au plus tard le {last}, un an "
        "après.",
        "The mission ended on {date}: its memo had to be sent by {last}, one year later.",
        "Vérifiez la date de fin de mission ; passé un an, le mémoire n'est plus recevable.",
        "Check the end of the mission; after one year the memo can no longer be received.",
        CHORUS,
    ),
    "BDR-MEM-008": RuleText(
        "OUT_OF_RANGE",
        "La réquisition ou l'ordonnance est datée du {date}, après la fin de la mission ({ended}).",
        "The requisition or order is dated {date}, after the end of the mission ({ended}).",
        "Corrigez l'une des deux dates.",
        "Correct one of the two dates.",
    ),
    "BDR-MEM-009": RuleText(
        "REQUIRED",
        "Un mémoire détaille au moins une dépense.",
        "A memo lists at least one expense.",
        "Ajoutez les lignes du mémoire.",
        "Add the lines of the memo.",
    ),
    "BDR-MEM-010": RuleText(
        "NOTHING_TO_PAY",
        "Le montant du mémoire est nul.",
        "The amount of the memo is zero.",
        "Indiquez le montant des frais.",
        "Give the amount of the costs.",
    ),
    "BDR-MEM-011": RuleText(
        "LIMIT_REACHED",
        "Ce prestataire a envoyé {most} mémoires et aucun greffe n'en a encore certifié : il n'en "
        "envoie pas davantage pour l'instant.",
        "This provider has sent {most} memos and no registry has certified one yet: it sends no "
        "more for now.",
        "Attendez qu'un premier mémoire soit certifié.",
        "Wait until a first memo is certified.",
        CHORUS,
    ),
}
