"""Rules of the texts that people sign, and of the data of a person."""

from __future__ import annotations

from domain.rules_text.row import RuleText

SIGNATURES: dict[str, RuleText] = {
    "BDR-SIG-001": RuleText(
        "MANDATE_REQUIRED",
        "Le mandat de facturation de la structure « {name} » est révoqué depuis le {date}.",
        "The invoicing mandate of the structure “{name}” has been revoked since {date}.",
        "Son gestionnaire principal le signe de nouveau ({action}, structure {structureId}) ; la "
        "facture peut alors être déposée.",
        "Its main manager signs it again ({action}, structure {structureId}); the invoice can then "
        "be deposited.",
        "Code civil, article 2004",
    ),
    "BDR-SIG-002": RuleText(
        "MANDATE_REQUIRED",
        "La structure « {name} » a signé la version {version} du mandat de facturation, qui ne "
        "suffit plus depuis le {date}.",
        "The structure “{name}” signed version {version} of the invoicing mandate, which has not "
        "sufficed since {date}.",
        "Son gestionnaire principal lit la nouvelle version et la signe ({action}, structure "
        "{structureId}) ; la facture peut alors être déposée.",
        "Its main manager reads the new version and signs it ({action}, structure {structureId}); "
        "the invoice can then be deposited.",
    ),
    "BDR-SIG-010": RuleText(
        "FORBIDDEN",
        "Les conditions générales s'acceptent par une personne, non par une application.",
        "The terms of use are accepted by a person, not by an application.",
        "Connectez-vous avec votre compte.",
        "Log in with your account.",
    ),
    "BDR-SIG-011": RuleText(
        "INVALID_VALUE",
        "Le texte accepté n'est pas celui des conditions en vigueur (version {version}).",
        "The text accepted is not that of the present terms (version {version}).",
        "Relisez les conditions, puis acceptez leur version et leur empreinte.",
        "Read the terms again, then accept their version and their hash.",
    ),
    "BDR-SIG-012": RuleText(
        "ALREADY_ACCEPTED",
        "Vous avez déjà accepté la version {version} des conditions.",
        "You have already accepted version {version} of the terms.",
        "Il n'y a rien à accepter tant qu'aucune nouvelle version n'est publiée.",
        "There is nothing to accept until a new version is published.",
    ),
    "BDR-SIG-020": RuleText(
        "FORBIDDEN",
        "Les données d'une personne ne se demandent pas par une application en son propre nom.",
        "The data of a person is not asked for by an application in its own name.",
        "Connectez-vous avec votre compte.",
        "Log in with your account.",
        "RGPD, articles 15 et 17",
    ),
    "BDR-SIG-021": RuleText(
        "FRESH_LOGIN_REQUIRED",
        "L'effacement demande une connexion de moins de {minutes} minutes.",
        "Erasure asks for a log-in less than {minutes} minutes old.",
        "Connectez-vous de nouveau (prompt=login), puis recommencez.",
        "Log in again (prompt=login), then retry.",
    ),
    "BDR-SIG-022": RuleText(
        "WRONG_STATUS",
        "Ce compte est déjà effacé.",
        "This account is already erased.",
        "Il n'y a rien à effacer.",
        "There is nothing to erase.",
    ),
    "BDR-SIG-023": RuleText(
        "HAND_OVER_REQUIRED",
        "Le gestionnaire principal de la structure « {name} » a des collègues : il passe d'abord "
        "la main.",
        "The main manager of the structure “{name}” has colleagues: it hands over first.",
        "Désignez un autre gestionnaire principal de la structure {structureId}, puis recommencez.",
        "Name another main manager of the structure {structureId}, then retry.",
    ),
    "BDR-SIG-024": RuleText(
        "HAND_OVER_REQUIRED",
        "Le dernier administrateur du portail ne peut pas être effacé.",
        "The last administrator of the portal cannot be erased.",
        "Désignez un autre administrateur (manage.py administrator create), puis recommencez.",
        "Name another administrator (manage.py administrator create), then retry.",
    ),
}
