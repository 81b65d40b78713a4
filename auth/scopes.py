"""What each scope opens, in the words of the consent page."""

from __future__ import annotations

from dataclasses import dataclass

from domain.access import Permission


@dataclass(frozen=True)
class ScopeText:
    """A scope in words."""

    fr: str
    en: str


P = Permission

SCOPES: dict[str, ScopeText] = {
    P.READ_ISSUED: ScopeText("Consulter les factures émises", "Read issued invoices"),
    P.ISSUE: ScopeText("Déposer des factures et avoirs", "Deposit invoices and credit notes"),
    P.READ_RECEIVED: ScopeText("Consulter les factures reçues", "Read received invoices"),
    P.PROCESS: ScopeText(
        "Traiter les factures reçues : suspendre, rejeter, mettre en paiement",
        "Process received invoices: suspend, reject, pay",
    ),
    P.READ_TO_VALIDATE: ScopeText("Consulter les factures à valider", "Read invoices to validate"),
    P.VALIDATE: ScopeText("Valider ou refuser des factures", "Validate or refuse invoices"),
    P.READ_WORKS: ScopeText("Consulter les factures de travaux", "Read works billing files"),
    P.ACT_ON_WORKS: ScopeText(
        "Déposer et traiter des pièces de facturation de travaux",
        "Deposit and process works billing documents",
    ),
    P.READ_MEMOS: ScopeText("Consulter les mémoires de frais de justice", "Read court-cost memos"),
    P.ACT_ON_MEMOS: ScopeText(
        "Déposer et traiter des mémoires de frais de justice",
        "Deposit and process court-cost memos",
    ),
    P.READ_REFUNDS: ScopeText("Consulter les demandes de remboursement", "Read refund requests"),
    P.ACT_ON_REFUNDS: ScopeText(
        "Déposer et traiter des demandes de remboursement",
        "Deposit and process refund requests",
    ),
    P.READ_CONTRACTS: ScopeText("Consulter les marchés", "Read contracts"),
    P.MANAGE_CONTRACTS: ScopeText(
        "Déclarer des marchés et accepter les rôles de chacun",
        "Declare contracts and accept the role of each party",
    ),
    P.READ_STRUCTURE: ScopeText("Consulter la fiche de vos structures", "Read your structures"),
    P.MANAGE_STRUCTURE: ScopeText(
        "Modifier vos structures, leurs services et leurs coordonnées bancaires",
        "Change your structures, their services and bank references",
    ),
    P.SIGN_MANDATE: ScopeText("Signer le mandat de facturation", "Sign the invoicing mandate"),
    P.READ_MEMBERS: ScopeText(
        "Consulter les utilisateurs de vos structures et l'historique des actions",
        "Read the members of your structures and the history of actions",
    ),
    P.MANAGE_MEMBERS: ScopeText(
        "Gérer les utilisateurs de vos structures et leurs habilitations",
        "Manage the members of your structures and what they may do",
    ),
    P.HAND_OVER: ScopeText(
        "Transmettre la gestion principale et déclarer un changement de SIRET",
        "Hand over the main management and declare a change of SIRET",
    ),
    P.READ_WEBHOOKS: ScopeText(
        "Consulter les notifications sortantes",
        "Read webhooks and deliveries",
    ),
    P.MANAGE_WEBHOOKS: ScopeText("Gérer les notifications sortantes", "Manage webhooks"),
    P.MANAGE_CONNECTIONS: ScopeText(
        "Gérer les raccordements et comptes techniques",
        "Manage connections",
    ),
    P.OWN_ACCOUNT: ScopeText("Consulter et modifier votre compte", "Read and change your account"),
    P.ADMINISTER: ScopeText("Administrer la plateforme", "Administer the platform"),
    "openid": ScopeText("Vous reconnaître", "Know who you are"),
    "profile": ScopeText("Connaître votre nom", "Know your name"),
    "email": ScopeText("Connaître votre adresse électronique", "Know your e-mail address"),
}
