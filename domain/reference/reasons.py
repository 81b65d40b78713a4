"""Why a recipient or a validator sends a payment request back.

The reasons printed in the kit of the Ministry of the Interior, under their official codes, with
those that the portal added since. `reform_code` is the reason of the 2026 reform it maps to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reference.statuses import InvoiceStatus as S
from domain.reference.words import Words


class Reason(StrEnum):
    """Why a payment request was rejected, suspended, refused or sent back. Published codes."""

    SE_ERR = "SE_ERR"
    EJ_ERR = "EJ_ERR"
    ERREUR_DONNEE_EJ = "ERREUR_DONNEE_EJ"
    CREANCIER_ERR = "CREANCIER_ERR"
    MARCHE_TERM = "MARCHE_TERM"
    ST_CT_NON_DECLAR = "ST_CT_NON_DECLAR"
    SUPPR_COMP_AVOIR = "SUPPR_COMP_AVOIR"
    JUSTIF_ABS = "JUSTIF_ABS"
    MONTANT_ERR = "MONTANT_ERR"
    TX_TVA_ERR = "TX_TVA_ERR"
    RETRAIT_MAN_SERV = "RETRAIT_MAN_SERV"
    TRANSF_PMNT_REGIE = "TRANSF_PMNT_REGIE"
    COORD_BANC_ERR = "COORD_BANC_ERR"
    LIVR_INCOMP = "LIVR_INCOMP"
    FACT_NON_CONFORME = "FACT_NON_CONFORME"
    DOUBLE_FACT = "DOUBLE_FACT"
    CONTACT_ACHTR = "CONTACT_ACHTR"
    SUPPR_MASSE = "SUPPR_MASSE"
    AUTRE = "AUTRE"
    HONORER_LA_COMMANDE = "HONORER_LA_COMMANDE"
    ERR_VALIDEUR = "ERR_VALIDEUR"
    AUT_MOTIF_ERR_VALIDEUR = "AUT_MOTIF_ERR_VALIDEUR"
    WORKS_MONTANT_ERR = "WORKS_MONTANT_ERR"


class ReasonGroup(StrEnum):
    """How the reasons are grouped on screen."""

    TECHNICAL = "TECHNICAL"
    PURCHASE_ACCOUNTING = "PURCHASE_ACCOUNTING"
    OTHER = "OTHER"
    VALIDATION = "VALIDATION"
    WORKS = "WORKS"


R, _G = Reason, ReasonGroup
_TECHNICAL, _PURCHASE, _OTHER = _G.TECHNICAL, _G.PURCHASE_ACCOUNTING, _G.OTHER
_REJECT = frozenset({S.REJETEE})
_SUSPEND_TOO = frozenset({S.REJETEE, S.SUSPENDUE})
_REFUSE = frozenset({S.REFUSEE_1, S.REFUSEE_2})
_REROUTE = frozenset({S.A_RECYCLER})
# A works piece is refused as a request is rejected; the amount is shown and never accepted.
_WORKS = frozenset({S.REFUSEE_MOE, S.REFUSEE_MOA})
_WRONG_VALIDATOR = frozenset({S.ERREUR_FOURNISSEUR_SUR_VALIDEUR, S.ERREUR_COTRAITANT_SUR_VALIDEUR})


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason. `offers_retransmission`: the supplier may reroute or copy as a new invoice."""

    label: Words
    group: ReasonGroup
    applies_to: frozenset[S]
    reform_code: str | None
    needs_comment: bool = False
    offers_retransmission: bool = False
    advice: Words | None = None


# fmt: off
REASONS: Mapping[Reason, ReasonRow] = {
    R.SE_ERR: ReasonRow(
        Words("SE incorrect", "Wrong service (SE)"),
        _TECHNICAL, _REJECT | _REROUTE, "DEST_ERR", offers_retransmission=True,
        advice=Words(
            "Corrigez le code service et retransmettez la facture.",
            "Correct the service code and retransmit the invoice.",
        ),
    ),
    R.EJ_ERR: ReasonRow(
        Words("EJ incorrect ou inexistant", "Wrong or unknown commitment (EJ)"),
        _TECHNICAL, _REJECT | _REROUTE | _WORKS, "CMD_ERR", offers_retransmission=True,
        advice=Words(
            "Corrigez le numéro d'engagement et retransmettez la facture.",
            "Correct the commitment number and retransmit the invoice.",
        ),
    ),
    R.ERREUR_DONNEE_EJ: ReasonRow(
        Words("Erreur au niveau des données de l'engagement", "Error in the commitment's data"),
        _TECHNICAL, _REJECT, "CMD_ERR",
    ),
    R.CREANCIER_ERR: ReasonRow(
        Words(
            "Créancier inconnu ou différent de celui de l'EJ",
            "Creditor unknown or other than the commitment's",
        ),
        _TECHNICAL, _REJECT | _WORKS, "DEST_ERR",
    ),
    R.MARCHE_TERM: ReasonRow(
        Words("Marché terminé", "Contract ended"), _PURCHASE, _REJECT | _WORKS, "CONTRAT_TERM"
    ),
    R.ST_CT_NON_DECLAR: ReasonRow(
        Words(
            "Sous-traitant / cotraitant non déclaré", "Subcontractor or co-contractor not declared"
        ),
        _PURCHASE, _SUSPEND_TOO | _WORKS, "ST_CT_NON_DECLAR",
    ),
    R.SUPPR_COMP_AVOIR: ReasonRow(
        Words("Suppression pour compensation d'avoirs", "Removed to offset credit notes"),
        _PURCHASE, _REJECT, "SUPPR_COMP_AVOIR",
    ),
    R.JUSTIF_ABS: ReasonRow(
        Words("Justificatif absent ou insuffisant", "Supporting document missing or insufficient"),
        _PURCHASE, _SUSPEND_TOO | _WORKS, "JUSTIF_ABS",
        advice=Words(
            "Préférez la suspension : le fournisseur complète et garde son numéro.",
            "Prefer a suspension: the supplier completes and keeps its number.",
        ),
    ),
    R.MONTANT_ERR: ReasonRow(
        Words("Montant de la facture erroné", "Wrong amount"),
        _PURCHASE, _REJECT, "MONTANTTOTAL_ERR",
    ),
    R.TX_TVA_ERR: ReasonRow(
        Words("Taux de TVA erroné", "Wrong VAT rate"), _PURCHASE, _REJECT, "TX_TVA_ERR"
    ),
    R.RETRAIT_MAN_SERV: ReasonRow(
        Words("Retraitement manuel par les services", "Processed by hand by the services"),
        _PURCHASE, _REJECT, "AUTRE",
    ),
    R.TRANSF_PMNT_REGIE: ReasonRow(
        Words("Transfert pour paiement en régie", "Moved to petty cash payment"),
        _PURCHASE, _REJECT, "TRANSF_PMNT_REGIE",
    ),
    R.COORD_BANC_ERR: ReasonRow(
        Words("Erreur de coordonnées bancaires (RIB)", "Wrong bank details"),
        _PURCHASE, _SUSPEND_TOO, "COORD_BANC_ERR",
    ),
    R.LIVR_INCOMP: ReasonRow(
        Words("Livraison incomplète / non effectuée", "Delivery incomplete or not made"),
        _PURCHASE, _SUSPEND_TOO | _WORKS, "LIVR_INCOMP",
    ),
    R.FACT_NON_CONFORME: ReasonRow(
        Words("Facture non conforme à la commande", "Invoice does not match the order"),
        _PURCHASE, _REJECT | _WORKS, "FACT_NON_CONFORME",
    ),
    R.DOUBLE_FACT: ReasonRow(
        Words("Double facturation", "Invoiced twice"), _PURCHASE, _REJECT | _WORKS, "DOUBLE_FACT"
    ),
    R.CONTACT_ACHTR: ReasonRow(
        Words("Contacter votre acheteur", "Contact your buyer"),
        _OTHER, _SUSPEND_TOO | _WORKS, "CONTACT_ACHTR",
    ),
    R.SUPPR_MASSE: ReasonRow(
        Words("Suppression en masse", "Mass removal"), _OTHER, _REJECT, "AUTRE"
    ),
    R.AUTRE: ReasonRow(
        Words("Autre", "Other"), _OTHER, _SUSPEND_TOO | _WORKS, "AUTRE", needs_comment=True
    ),
    R.HONORER_LA_COMMANDE: ReasonRow(
        Words("Impossibilité d'honorer la commande", "The order cannot be honoured"),
        _PURCHASE, _REJECT, "LIVR_INCOMP",
    ),
    R.ERR_VALIDEUR: ReasonRow(
        Words("Mauvais valideur", "Wrong validator"), _G.VALIDATION, _WRONG_VALIDATOR, "DEST_ERR"
    ),
    R.AUT_MOTIF_ERR_VALIDEUR: ReasonRow(
        Words("Autre motif que « Erreur de valideur »", "Other reason than a wrong validator"),
        _G.VALIDATION, _REFUSE, "DEST_ERR", needs_comment=True,
    ),
    # Shown in works so that the answer explains it: an amount is corrected, never refused.
    R.WORKS_MONTANT_ERR: ReasonRow(
        Words("Erreur de montant", "Wrong amount (works)"),
        _G.WORKS, _WORKS, None,
        advice=Words(
            "Un désaccord sur le montant n'est pas un motif de refus : corrigez le montant dans "
            "votre propre pièce.",
            "A disagreement on the amount is no ground for refusal: correct the amount in your "
            "own document.",
        ),
    ),
}
# fmt: on

REASON_GROUPS: Mapping[ReasonGroup, Words] = {
    _G.TECHNICAL: Words("Problèmes techniques", "Technical problems"),
    _G.PURCHASE_ACCOUNTING: Words(
        "Problèmes d'achats et problèmes comptables", "Purchasing and accounting problems"
    ),
    _G.OTHER: Words("Autres", "Others"),
    _G.VALIDATION: Words("Validation", "Validation"),
    _G.WORKS: Words("Travaux", "Works"),
}


class PlatformReason(StrEnum):
    """Why the platform itself refuses or does not transmit a request. Codes of the 2026 reform."""

    ADR_ERR = "ADR_ERR"
    REJ_ADR = "REJ_ADR"
    REJ_COH = "REJ_COH"
    REJ_UNI = "REJ_UNI"
    REJ_SEMAN = "REJ_SEMAN"
    REJ_CONT_B2G = "REJ_CONT_B2G"
    REJ_REF_PJ = "REJ_REF_PJ"
    REJ_ASS_PJ = "REJ_ASS_PJ"
    DOUBLON = "DOUBLON"
    CALCUL_ERR = "CALCUL_ERR"
    NON_TRANSMISE = "NON_TRANSMISE"
    IRR_VIDE_F = "IRR_VIDE_F"
    IRR_TYPE_F = "IRR_TYPE_F"
    IRR_SYNTAX = "IRR_SYNTAX"
    IRR_TAILLE_F = "IRR_TAILLE_F"
    IRR_NOM_PJ = "IRR_NOM_PJ"
    IRR_TAILLE_PJ = "IRR_TAILLE_PJ"
    IRR_VID_PJ = "IRR_VID_PJ"
    IRR_EXT_DOC = "IRR_EXT_DOC"
    IRR_ANTIVIRUS = "IRR_ANTIVIRUS"


P = PlatformReason

PLATFORM_REASONS: Mapping[PlatformReason, Words] = {
    P.ADR_ERR: Words(
        "Adresse de facturation électronique absente", "Electronic billing address missing"
    ),
    P.REJ_ADR: Words("Adresse absente de l'annuaire", "Address absent from the directory"),
    P.REJ_COH: Words(
        "Fournisseur inconnu, ou incohérence de données", "Unknown supplier, or inconsistent data"
    ),
    P.REJ_UNI: Words("Contrôle d'unicité", "Uniqueness check"),
    P.REJ_SEMAN: Words("Erreur sémantique", "Semantic error"),
    P.REJ_CONT_B2G: Words("Contrôles métier B2G", "B2G business checks"),
    P.REJ_REF_PJ: Words("Référence de pièce jointe", "Reference of an attachment"),
    P.REJ_ASS_PJ: Words("Association de pièce jointe", "Association of an attachment"),
    P.DOUBLON: Words("Facture en doublon", "Duplicate invoice"),
    P.CALCUL_ERR: Words("Erreur de calcul", "Error of calculation"),
    P.NON_TRANSMISE: Words("Destinataire non raccordé", "Recipient not connected"),
    P.IRR_VIDE_F: Words("Fichier vide", "Empty file"),
    P.IRR_TYPE_F: Words("Type ou extension du fichier", "Type or extension of the file"),
    P.IRR_SYNTAX: Words("Syntaxe", "Syntax"),
    P.IRR_TAILLE_F: Words("Fichier trop lourd", "File too large"),
    P.IRR_NOM_PJ: Words("Nom de fichier", "File name"),
    P.IRR_TAILLE_PJ: Words("Pièce jointe trop lourde", "Attachment too large"),
    P.IRR_VID_PJ: Words("Pièce jointe vide", "Empty attachment"),
    P.IRR_EXT_DOC: Words("Extension de pièce jointe", "Extension of an attachment"),
    P.IRR_ANTIVIRUS: Words("Fichier infecté", "Infected file"),
}


def reasons_for(status: S) -> tuple[Reason, ...]:
    """The reasons that may accompany a move into the status, in the order of the table."""
    return tuple(reason for reason, row in REASONS.items() if status in row.applies_to)


def may_give(reason: str, status: str | None) -> bool:
    """Whether the reason is one of the table and may accompany a move into the status."""
    return reason in REASONS and status in REASONS[Reason(reason)].applies_to


def needs_comment(reason: str) -> bool:
    """Whether the reason says nothing without a comment."""
    return REASONS[Reason(reason)].needs_comment
