"""Rules of identifiers: SIRET, VAT numbers, IBAN and their like."""

from __future__ import annotations

from domain.rules_text.row import AFNOR, CHORUS, RuleText

IDENTIFIERS: dict[str, RuleText] = {
    "BDR-ID-001": RuleText(
        "INVALID_SIRET",
        "Le SIRET « {value} » n'a pas 14 chiffres.",
        "The SIRET “{value}” does not have 14 digits.",
        "Recopiez les 14 chiffres du SIRET.",
        "Copy the 14 digits of the SIRET.",
        f"{AFNOR} BR-FR-CPRO-03",
    ),
    "BDR-ID-002": RuleText(
        "INVALID_SIRET",
        "La clé de contrôle du SIRET {value} est fausse.",
        "The check digit of SIRET {value} is wrong.",
        "Vérifiez chaque chiffre du SIRET.",
        "Check each digit of the SIRET.",
        "INSEE",
    ),
    "BDR-ID-003": RuleText(
        "INVALID_SIREN",
        "Le SIREN « {value} » n'a pas 9 chiffres.",
        "The SIREN “{value}” does not have 9 digits.",
        "Recopiez les 9 chiffres du SIREN.",
        "Copy the 9 digits of the SIREN.",
        "INSEE",
    ),
    "BDR-ID-004": RuleText(
        "INVALID_SIREN",
        "La clé de contrôle du SIREN {value} est fausse.",
        "The check digit of SIREN {value} is wrong.",
        "Vérifiez chaque chiffre du SIREN.",
        "Check each digit of the SIREN.",
        "INSEE",
    ),
    "BDR-ID-005": RuleText(
        "INVALID_VAT_NUMBER",
        "« {value} » n'est pas un numéro de TVA intracommunautaire valable.",
        "“{value}” is not a valid intra-community VAT number.",
        "Recopiez le numéro avec son préfixe de pays.",
        "Copy the number with its country prefix.",
        f"{AFNOR} BR-FR-CPRO-04",
    ),
    "BDR-ID-006": RuleText(
        "INVALID_IDENTIFIER",
        "« {value} » ne commence pas par le code d'un État membre de l'Union autre que la France.",
        "“{value}” does not begin with the code of a member State of the Union other than France.",
        "Une structure française s'identifie par son SIRET.",
        "A French structure is identified by its SIRET.",
        f"{AFNOR} BR-FR-CPRO-04",
    ),
    "BDR-ID-007": RuleText(
        "INVALID_IDENTIFIER",
        "« {value} » n'est pas le code d'un pays hors de l'Union suivi du début de la raison "
        "sociale (16 caractères au plus).",
        "“{value}” is not the code of a country outside the Union followed by the beginning of "
        "the company name (at most 16 characters).",
        "Exemple : CHNOMDELASOCIETE.",
        "Example: CHNAMEOFTHECOMPA.",
        f"{AFNOR} BR-FR-CPRO-05",
    ),
    "BDR-ID-008": RuleText(
        "INVALID_IDENTIFIER",
        "Le RIDET « {value} » n'a pas 9 ou 10 caractères (chiffres et majuscules).",
        "The RIDET “{value}” does not have 9 or 10 characters (digits and capitals).",
        "Vérifiez le numéro RIDET.",
        "Check the RIDET number.",
        f"{AFNOR} BR-FR-CPRO-06",
    ),
    "BDR-ID-009": RuleText(
        "INVALID_IDENTIFIER",
        "Le numéro TAHITI « {value} » n'a pas 9 ou 10 caractères (chiffres et majuscules).",
        "The TAHITI number “{value}” does not have 9 or 10 characters (digits and capitals).",
        "Vérifiez le numéro TAHITI.",
        "Check the TAHITI number.",
        f"{AFNOR} BR-FR-CPRO-07",
    ),
    "BDR-ID-010": RuleText(
        "INVALID_IDENTIFIER",
        "« {value} » n'est pas un identifiant d'attente : 1 à 18 lettres, chiffres ou tirets.",
        "“{value}” is not a waiting identifier: 1 to 18 letters, digits or hyphens.",
        "Indiquez une référence provisoire ; le SIRET la remplacera.",
        "Give a provisional reference; the SIRET will replace it.",
        CHORUS,
    ),
    "BDR-ID-011": RuleText(
        "INVALID_IDENTIFIER",
        "L'identifiant de particulier ne suit pas la forme attendue : sexe, année et mois de "
        "naissance, lieu de naissance (10 chiffres), puis nom et prénom en majuscules sans espace.",
        "The identifier of a private person does not have the expected form: sex, year and month "
        "of birth, place of birth (10 digits), then last and first names in capitals, no space.",
        "Exemple de forme : 1850175056DUPONTJEAN.",
        "Example of the form: 1850175056DUPONTJEAN.",
        f"{AFNOR} BR-FR-CPRO-08",
    ),
    "BDR-ID-012": RuleText(
        "INVALID_IBAN",
        "L'IBAN n'est pas valable.",
        "The IBAN is not valid.",
        "Recopiez l'IBAN du relevé d'identité bancaire.",
        "Copy the IBAN from the bank statement.",
        "ISO 13616",
    ),
    "BDR-ID-013": RuleText(
        "INVALID_BIC",
        "Le BIC « {value} » n'est pas valable.",
        "The BIC “{value}” is not valid.",
        "Recopiez le BIC (8 ou 11 caractères) du relevé d'identité bancaire.",
        "Copy the BIC (8 or 11 characters) from the bank statement.",
        "ISO 9362",
    ),
    "BDR-ID-014": RuleText(
        "INVALID_FORMAT",
        "Le code service « {value} » compte de 1 à 100 caractères visibles.",
        "The service code “{value}” must have 1 to 100 visible characters.",
        "Recopiez le code du service dans l'annuaire.",
        "Copy the code of the service from the directory.",
        CHORUS,
    ),
    "BDR-ID-015": RuleText(
        "INVALID_FORMAT",
        "Le numéro d'engagement « {value} » compte de 1 à 50 caractères visibles.",
        "The commitment number “{value}” must have 1 to 50 visible characters.",
        "Recopiez le numéro du bon de commande.",
        "Copy the number of the purchase order.",
        f"{AFNOR} BR-FR-CPRO-15",
    ),
    "BDR-ID-016": RuleText(
        "INVALID_FORMAT",
        "« {value} » n'est pas un format de numéro d'engagement utilisable.",
        "“{value}” is not a usable commitment number format.",
        "Écrivez une expression simple, sans groupe ni alternative, par exemple ^[0-9]{{7}}$.",
        "Write a simple expression, without groups or alternatives, such as ^[0-9]{{7}}$.",
    ),
    "BDR-ID-017": RuleText(
        "NOT_ALLOWED",
        "Une structure publique s'identifie par un SIRET.",
        "A public structure is identified by a SIRET.",
        "Indiquez le SIRET de la structure.",
        "Give the SIRET of the structure.",
        CHORUS,
    ),
}
