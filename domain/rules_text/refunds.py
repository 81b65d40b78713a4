"""Rules of refund requests of energy tax."""

from __future__ import annotations

from domain.rules_text.row import RuleText

REFUNDS: dict[str, RuleText] = {
    "BDR-RFD-001": RuleText(
        "NOT_ALLOWED",
        "L'espace « Demandes de remboursement » de {name} est fermé.",
        "The refund space of {name} is closed.",
        "Un gestionnaire l'ouvre par « spaceOpen ».",
        "A manager opens it with “spaceOpen”.",
    ),
    "BDR-RFD-002": RuleText(
        "NOT_ALLOWED",
        "{name} n'a pas ouvert l'espace « Demandes de remboursement » : aucune demande ne peut lui "
        "être adressée.",
        "{name} has not opened the refund space: no request can be sent to it.",
        "Vérifiez le SIRET du service des impôts compétent.",
        "Check the SIRET of the competent tax office.",
    ),
    "BDR-RFD-003": RuleText(
        "NOT_ALLOWED",
        "Un exploitant n'adresse pas de demande à lui-même.",
        "An operator sends no request to itself.",
        "Indiquez le SIRET du service des impôts.",
        "Give the SIRET of the tax office.",
    ),
    "BDR-RFD-004": RuleText(
        "DUPLICATE",
        "L'exploitant a déjà envoyé une demande sous le numéro {number}.",
        "The operator has already sent a request numbered {number}.",
        "Changez le numéro ; celui d'une demande refusée ou rejetée reste pris.",
        "Change the number; that of a refused or rejected request stays taken.",
    ),
    "BDR-RFD-005": RuleText(
        "FUTURE_DATE",
        "La demande est datée du {date}, qui n'est pas encore arrivé.",
        "The request is dated {date}, which is still to come.",
        "Corrigez la date de la demande.",
        "Correct the date of the request.",
    ),
    "BDR-RFD-006": RuleText(
        "INVALID_FORMAT",
        "Le numéro PACAGE « {number} » compte neuf chiffres.",
        "The farm number (PACAGE) “{number}” must have nine digits.",
        "Reprenez le numéro de votre dossier PAC, sans espace.",
        "Take the number of your CAP file, without spaces.",
    ),
    "BDR-RFD-007": RuleText(
        "NOT_ALLOWED",
        "{name} n'est pas identifiée par un SIRET : elle ne demande pas de remboursement.",
        "{name} is not identified by a SIRET: it asks for no refund.",
        "Demandez pour l'exploitation qui a un SIRET.",
        "Ask for the farm that has a SIRET.",
    ),
    "BDR-RFD-008": RuleText(
        "OUT_OF_RANGE",
        "L'année de consommation {year} n'est pas comprise entre {first} et {last}.",
        "The year of consumption {year} is not between {first} and {last}.",
        "Corrigez l'année ; une consommation se rembourse pendant les trois années qui suivent.",
        "Correct the year; a consumption is refunded during the three years that follow.",
    ),
    "BDR-RFD-009": RuleText(
        "DUPLICATE",
        "Cet exploitant a déjà une demande pour {year} et cette taxe ({family}).",
        "This operator already has a request for {year} and this tax ({family}).",
        "Suivez la demande en cours ; si elle attend encore d'être validée, abandonnez-la pour la "
        "remplacer.",
        "Follow the request under way; while it still waits for validation, withdraw it to replace "
        "it.",
    ),
    "BDR-RFD-010": RuleText(
        "NOT_ALLOWED",
        "Le produit {product} ne relève pas de la taxe {family}.",
        "The product {product} does not fall under the tax {family}.",
        "Corrigez le produit, ou faites une demande par taxe.",
        "Correct the product, or make one request for each tax.",
    ),
    "BDR-RFD-011": RuleText(
        "NOT_ALLOWED",
        "La quantité est donnée en {unit} ; ce produit se compte en {expected}.",
        "The quantity is given in {unit}; this product is counted in {expected}.",
        "Convertissez la quantité.",
        "Convert the quantity.",
    ),
    "BDR-RFD-012": RuleText(
        "REQUIRED",
        "Une demande détaille au moins un achat.",
        "A request lists at least one purchase.",
        "Ajoutez une ligne par facture d'achat.",
        "Add a line for each purchase invoice.",
    ),
    "BDR-RFD-013": RuleText(
        "DUPLICATE",
        "La facture d'achat {number} est citée plusieurs fois pour le même produit.",
        "The purchase invoice {number} is given more than once for the same product.",
        "Réunissez ces lignes.",
        "Merge these lines.",
    ),
    "BDR-RFD-014": RuleText(
        "AMOUNT_MISMATCH",
        "Le total demandé {given} n'est pas la somme des lignes, {expected}.",
        "The total requested {given} is not the sum of the lines, {expected}.",
        "Corrigez le total ou les lignes.",
        "Correct the total or the lines.",
    ),
    "BDR-RFD-015": RuleText(
        "NOTHING_TO_PAY",
        "Le montant demandé est nul.",
        "The amount requested is zero.",
        "Indiquez le montant à rembourser.",
        "Give the amount to be refunded.",
    ),
    "BDR-RFD-016": RuleText(
        "TOO_MANY",
        "La demande compte {count} lignes, plus que les {most} admises.",
        "The request has {count} lines, more than the {most} accepted.",
        "Regroupez les achats.",
        "Group the purchases.",
    ),
}
