"""The 25 billing frames: who deposits what, who validates it and where it goes next.

A frame ("cadre de facturation") names the document and the actor who deposits it. Only simple
frames are typed in; works documents belong to billing files, A3 and A21 to their own spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reference.words import Words


class Frame(StrEnum):
    """A billing frame, by its published short code."""

    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    A5 = "A5"
    A6 = "A6"
    A7 = "A7"
    A8 = "A8"
    A9 = "A9"
    A10 = "A10"
    A11 = "A11"
    A12 = "A12"
    A13 = "A13"
    A14 = "A14"
    A15 = "A15"
    A16 = "A16"
    A17 = "A17"
    A18 = "A18"
    A19 = "A19"
    A20 = "A20"
    A21 = "A21"
    A22 = "A22"
    A23 = "A23"
    A24 = "A24"
    A25 = "A25"


class Depositor(StrEnum):
    """The part played by whoever deposits in a frame."""

    SUPPLIER = "SUPPLIER"
    HOLDER = "HOLDER"
    SUBCONTRACTOR = "SUBCONTRACTOR"
    CO_CONTRACTOR = "CO_CONTRACTOR"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    JUSTICE_PROVIDER = "JUSTICE_PROVIDER"
    FARM_OPERATOR = "FARM_OPERATOR"


class Addressee(StrEnum):
    """To whom a document goes, or who validates it."""

    PUBLIC_STRUCTURE = "PUBLIC_STRUCTURE"
    FINANCE_SERVICE = "FINANCE_SERVICE"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    HOLDER = "HOLDER"
    CO_CONTRACTOR = "CO_CONTRACTOR"
    GROUP_AGENT = "GROUP_AGENT"
    JURISDICTION_REGISTRY = "JURISDICTION_REGISTRY"
    STATE_JUSTICE = "STATE_JUSTICE"
    TAX_OFFICE = "TAX_OFFICE"


class DepositKind(StrEnum):
    """Whether a document opens a billing file or is attached to a previous document."""

    INITIAL = "INITIAL"
    ASSOCIATION_OR_INITIAL = "ASSOCIATION_OR_INITIAL"


class PaymentRequestType(StrEnum):
    """The kind of payment request. Published codes."""

    FACTURE = "FACTURE"
    FACTURE_TRAVAUX = "FACTURE_TRAVAUX"
    MEMOIRE_JUSTICE = "MEMOIRE_JUSTICE"
    DEMANDE_REMBOURSEMENT = "DEMANDE_REMBOURSEMENT"


class DocumentSpace(StrEnum):
    """The space of the portal in which documents of a frame are deposited."""

    FACTURES_EMISES = "FACTURES_EMISES"
    FACTURES_TRAVAUX = "FACTURES_TRAVAUX"
    MEMOIRES = "MEMOIRES"
    DEMANDES_REMBOURSEMENT = "DEMANDES_REMBOURSEMENT"


class WorksStage(StrEnum):
    """The moment of a works contract to which a document belongs."""

    IN_PROGRESS = "IN_PROGRESS"
    END = "END"
    END_TACIT = "END_TACIT"


class AmountsMeaning(StrEnum):
    """What the amounts of a works document are."""

    CLAIMED = "CLAIMED"
    CORRECTED = "CORRECTED"
    ADMITTED = "ADMITTED"
    NOTIFIED = "NOTIFIED"
    FINAL = "FINAL"


F = Frame
_BY, _TO, _REQUEST, _SPACE = Depositor, Addressee, PaymentRequestType, DocumentSpace
_NEW, _NEXT = DepositKind.INITIAL, DepositKind.ASSOCIATION_OR_INITIAL
_MONTHLY, _END, _TACIT = WorksStage.IN_PROGRESS, WorksStage.END, WorksStage.END_TACIT
_CLAIMED, _CORRECTED = AmountsMeaning.CLAIMED, AmountsMeaning.CORRECTED
_ADMITTED, _NOTIFIED = AmountsMeaning.ADMITTED, AmountsMeaning.NOTIFIED
_FINAL = AmountsMeaning.FINAL


@dataclass(frozen=True, slots=True)
class FrameRow:
    """Everything fixed about one frame.

    `sent_to` is the way of the document in order; `next_frames` what may be attached to it.
    `stage` and `amounts` are those of works documents. A request of a subcontractor goes no
    further by itself: it `joins` the next document as an attachment.
    """

    api_code: str
    label: Words
    depositor: Depositor
    document_types: tuple[str, ...]
    sent_to: tuple[Addressee, ...]
    validated_by: tuple[Addressee, ...] = ()
    next_frames: tuple[Frame, ...] = ()
    deposit_kind: DepositKind = _NEW
    request_type: PaymentRequestType = _REQUEST.FACTURE_TRAVAUX
    space: DocumentSpace = _SPACE.FACTURES_TRAVAUX
    help: Words | None = None
    reform_codes: tuple[str, ...] = ()
    stage: WorksStage | None = None
    amounts: AmountsMeaning | None = None
    joins: bool = False


_INVOICE = ("FACTURE", "AVOIR")
_FINANCE, _MOE, _MOA = _TO.FINANCE_SERVICE, _TO.PROJECT_MANAGER, _TO.CONTRACTING_AUTHORITY

# fmt: off
FRAMES: Mapping[Frame, FrameRow] = {
    F.A1: FrameRow(
        "A1_FACTURE_FOURNISSEUR",
        Words("Dépôt par un fournisseur d'une facture", "Invoice deposited by a supplier"),
        _BY.SUPPLIER, _INVOICE, (_TO.PUBLIC_STRUCTURE,),
        request_type=_REQUEST.FACTURE, space=_SPACE.FACTURES_EMISES,
        reform_codes=("B1", "S1", "M1"),
    ),
    F.A2: FrameRow(
        "A2_FACTURE_FOURNISSEUR_DEJA_PAYEE",
        Words(
            "Dépôt par un fournisseur d'une facture déjà payée",
            "Invoice already paid, deposited by a supplier",
        ),
        _BY.SUPPLIER, _INVOICE, (_TO.PUBLIC_STRUCTURE,),
        request_type=_REQUEST.FACTURE, space=_SPACE.FACTURES_EMISES,
        help=Words("Le net à payer est nul.", "The amount to pay is zero."),
        reform_codes=("B2", "S2", "M2"),
    ),
    F.A3: FrameRow(
        "A3_MEMOIRE_JUSTICE",
        Words(
            "Dépôt par un fournisseur d'un mémoire de frais de justice",
            "Memo of court costs deposited by a supplier",
        ),
        _BY.JUSTICE_PROVIDER, ("MEMOIRE_JUSTICE",), (_TO.STATE_JUSTICE,),
        (_TO.JURISDICTION_REGISTRY,),
        request_type=_REQUEST.MEMOIRE_JUSTICE, space=_SPACE.MEMOIRES,
    ),
    F.A4: FrameRow(
        "A4_PROJET_DECOMPTE_MENSUEL_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur d'un projet de décompte mensuel",
            "Draft monthly statement deposited by a supplier",
        ),
        _BY.HOLDER, ("PROJET_DECOMPTE_MENSUEL",), (_MOE,), next_frames=(F.A15, F.A16),
        stage=_MONTHLY, amounts=_CLAIMED,
    ),
    F.A5: FrameRow(
        "A5_ETAT_ACOMPTE_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur d'un état d'acompte",
            "Instalment statement deposited by a supplier",
        ),
        _BY.HOLDER, ("ETAT_ACOMPTE",), (_MOA,), next_frames=(F.A19,),
        help=Words(
            "Quand les pièces précédentes ont été échangées hors du portail.",
            "When the earlier documents were exchanged outside the portal.",
        ),
        stage=_MONTHLY, amounts=_CORRECTED,
    ),
    F.A6: FrameRow(
        "A6_ETAT_ACOMPTE_VALIDE_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur d'un état d'acompte validé",
            "Validated instalment statement deposited by a supplier",
        ),
        _BY.HOLDER, ("ETAT_ACOMPTE_VALIDE",), (_FINANCE,),
        help=Words(
            "Pièce de facturation de travaux transmise au service financier.",
            "Works billing document sent to the finance service.",
        ),
        stage=_MONTHLY, amounts=_ADMITTED,
    ),
    F.A7: FrameRow(
        "A7_PROJET_DECOMPTE_FINAL_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur d'un projet de décompte final",
            "Draft final statement deposited by a supplier",
        ),
        _BY.HOLDER, ("PROJET_DECOMPTE_FINAL",), (_MOE,), next_frames=(F.A17, F.A18, F.A22),
        stage=_END, amounts=_CLAIMED,
    ),
    F.A8: FrameRow(
        "A8_DECOMPTE_GENERAL_DEFINITIF_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur d'un décompte général et définitif",
            "General and final statement deposited by a supplier",
        ),
        _BY.HOLDER, ("DECOMPTE_GENERAL_SIGNE",), (_FINANCE,), deposit_kind=_NEXT,
        stage=_END, amounts=_FINAL,
    ),
    F.A9: FrameRow(
        "A9_FACTURE_SOUSTRAITANT",
        Words("Dépôt par un sous-traitant d'une facture", "Invoice deposited by a subcontractor"),
        _BY.SUBCONTRACTOR, _INVOICE, (_TO.PUBLIC_STRUCTURE,), (_TO.HOLDER, _TO.GROUP_AGENT),
        request_type=_REQUEST.FACTURE, space=_SPACE.FACTURES_EMISES,
        help=Words(
            "Le titulaire répond sous 15 jours ; son silence vaut accord. Le second valideur est "
            "facultatif.",
            "The holder answers within 15 days; silence is agreement. The second validator is "
            "optional.",
        ),
        reform_codes=("S3",),
    ),
    F.A10: FrameRow(
        "A10_PROJET_DECOMPTE_MENSUEL_SOUSTRAITANT",
        Words(
            "Dépôt par un sous-traitant d'un projet de décompte mensuel",
            "Draft monthly statement deposited by a subcontractor",
        ),
        _BY.SUBCONTRACTOR, ("DP_DE_SOUSTRAITANT_TRAVAUX",), (_TO.HOLDER, _MOE), (_TO.HOLDER,),
        next_frames=(F.A4, F.A13),
        help=Words(
            "Ne déclenche pas de paiement : le titulaire la joint à sa pièce A4, un cotraitant à "
            "sa pièce A13.",
            "Triggers no payment: the holder attaches it to its A4 document, a co-contractor to "
            "its A13.",
        ),
        stage=_MONTHLY, amounts=_CLAIMED, joins=True,
    ),
    F.A11: FrameRow(
        "A11_PROJET_DECOMPTE_FINAL_SOUSTRAITANT",
        Words(
            "Dépôt par un sous-traitant d'un projet de décompte final",
            "Draft final statement deposited by a subcontractor",
        ),
        _BY.SUBCONTRACTOR, ("DP_DE_SOUSTRAITANT_TRAVAUX",), (_TO.HOLDER, _MOE), (_TO.HOLDER,),
        next_frames=(F.A7, F.A14),
        help=Words(
            "Cadre ancien, absent des listes récentes.", "Old frame, absent from recent lists."
        ),
        stage=_END, amounts=_CLAIMED, joins=True,
    ),
    F.A12: FrameRow(
        "A12_FACTURE_COTRAITANT",
        Words("Dépôt par un cotraitant d'une facture", "Invoice deposited by a co-contractor"),
        _BY.CO_CONTRACTOR, _INVOICE, (_TO.PUBLIC_STRUCTURE,), (_TO.GROUP_AGENT,),
        request_type=_REQUEST.FACTURE, space=_SPACE.FACTURES_EMISES,
        reform_codes=("S6",),
    ),
    F.A13: FrameRow(
        "A13_PROJET_DECOMPTE_MENSUEL_COTRAITANT",
        Words(
            "Dépôt par un cotraitant d'un projet de décompte mensuel",
            "Draft monthly statement deposited by a co-contractor",
        ),
        _BY.CO_CONTRACTOR, ("PROJET_DECOMPTE_MENSUEL",), (_TO.GROUP_AGENT, _MOE),
        (_TO.GROUP_AGENT,), next_frames=(F.A15, F.A16),
        stage=_MONTHLY, amounts=_CLAIMED,
    ),
    F.A14: FrameRow(
        "A14_PROJET_DECOMPTE_FINAL_COTRAITANT",
        Words(
            "Dépôt par un cotraitant d'un projet de décompte final",
            "Draft final statement deposited by a co-contractor",
        ),
        _BY.CO_CONTRACTOR, ("PROJET_DECOMPTE_FINAL",), (_TO.GROUP_AGENT, _MOE),
        (_TO.GROUP_AGENT,), next_frames=(F.A17, F.A18, F.A22),
        stage=_END, amounts=_CLAIMED,
    ),
    F.A15: FrameRow(
        "A15_ETAT_ACOMPTE_MOE",
        Words(
            "Dépôt par une MOE d'un état d'acompte",
            "Instalment statement deposited by a project manager",
        ),
        _BY.PROJECT_MANAGER, ("ETAT_ACOMPTE",), (_MOA,),
        next_frames=(F.A19,), deposit_kind=_NEXT,
        stage=_MONTHLY, amounts=_CORRECTED,
    ),
    F.A16: FrameRow(
        "A16_ETAT_ACOMPTE_VALIDE_MOE",
        Words(
            "Dépôt par une MOE d'un état d'acompte validé",
            "Validated instalment statement deposited by a project manager",
        ),
        _BY.PROJECT_MANAGER, ("ETAT_ACOMPTE_VALIDE",), (_FINANCE,), deposit_kind=_NEXT,
        help=Words(
            "Circuit court, sans étape de la maîtrise d'ouvrage.",
            "Short circuit, without a step of the contracting authority.",
        ),
        stage=_MONTHLY, amounts=_ADMITTED,
    ),
    F.A17: FrameRow(
        "A17_PROJET_DECOMPTE_GENERAL_MOE",
        Words(
            "Dépôt par une MOE d'un projet de décompte général",
            "Draft general statement deposited by a project manager",
        ),
        _BY.PROJECT_MANAGER, ("PROJET_DECOMPTE_GENERAL",), (_MOA,),
        next_frames=(F.A20,), deposit_kind=_NEXT,
        stage=_END, amounts=_CORRECTED,
    ),
    F.A18: FrameRow(
        "A18_DECOMPTE_GENERAL_MOE",
        Words(
            "Dépôt par une MOE d'un décompte général",
            "General statement deposited by a project manager",
        ),
        _BY.PROJECT_MANAGER, ("DECOMPTE_GENERAL",), (_TO.HOLDER,),
        next_frames=(F.A8,), deposit_kind=_NEXT,
        help=Words(
            "Circuit court, sans étape de la maîtrise d'ouvrage.",
            "Short circuit, without a step of the contracting authority.",
        ),
        stage=_END, amounts=_NOTIFIED,
    ),
    F.A19: FrameRow(
        "A19_ETAT_ACOMPTE_VALIDE_MOA",
        Words(
            "Dépôt par une MOA d'un état d'acompte validé",
            "Validated instalment statement deposited by a contracting authority",
        ),
        _BY.CONTRACTING_AUTHORITY, ("ETAT_ACOMPTE_VALIDE",), (_FINANCE,), deposit_kind=_NEXT,
        stage=_MONTHLY, amounts=_ADMITTED,
    ),
    F.A20: FrameRow(
        "A20_DECOMPTE_GENERAL_MOA",
        Words(
            "Dépôt par une MOA d'un décompte général",
            "General statement deposited by a contracting authority",
        ),
        _BY.CONTRACTING_AUTHORITY, ("DECOMPTE_GENERAL",), (_TO.HOLDER,),
        next_frames=(F.A8,), deposit_kind=_NEXT,
        stage=_END, amounts=_NOTIFIED,
    ),
    F.A21: FrameRow(
        "A21_DEMANDE_REMBOURSEMENT_TIC",
        Words(
            "Dépôt par un bénéficiaire d'une demande de remboursement de la TIC",
            "Energy tax refund request deposited by a beneficiary",
        ),
        _BY.FARM_OPERATOR, ("DEMANDE_REMBOURSEMENT",), (_TO.TAX_OFFICE,), (_TO.TAX_OFFICE,),
        request_type=_REQUEST.DEMANDE_REMBOURSEMENT, space=_SPACE.DEMANDES_REMBOURSEMENT,
    ),
    F.A22: FrameRow(
        "A22_PROJET_DECOMPTE_GENERAL_FOURNISSEUR_PROCEDURE_TACITE",
        Words(
            "Dépôt par un fournisseur ou mandataire d'un projet de décompte général dans le "
            "cadre d'une procédure tacite",
            "Draft general statement deposited by a supplier or group agent in a tacit procedure",
        ),
        _BY.HOLDER, ("PROJET_DECOMPTE_GENERAL_PROCEDURE_TACITE",), (_MOA, _MOE),
        next_frames=(F.A20, F.A23, F.A24, F.A25), deposit_kind=_NEXT,
        help=Words(
            "Remplace la pièce A7 dans le dossier.", "Replaces the A7 document in the file."
        ),
        stage=_TACIT, amounts=_CLAIMED,
    ),
    F.A23: FrameRow(
        "A23_DECOMPTE_GENERAL_DEFINITIF_TACITE_FOURNISSEUR",
        Words(
            "Dépôt par un fournisseur ou mandataire d'un décompte général et définitif tacite",
            "Tacit general and final statement deposited by a supplier or group agent",
        ),
        _BY.HOLDER, ("DECOMPTE_GENERAL_DEFINITIF_TACITE",), (_FINANCE,), deposit_kind=_NEXT,
        stage=_TACIT, amounts=_FINAL,
    ),
    F.A24: FrameRow(
        "A24_DECOMPTE_GENERAL_DEFINITIF_TACITE_MOE",
        Words(
            "Dépôt par une MOE d'un décompte général et définitif tacite",
            "Tacit general and final statement deposited by a project manager",
        ),
        _BY.PROJECT_MANAGER, ("DECOMPTE_GENERAL_DEFINITIF_TACITE",), (_FINANCE,),
        deposit_kind=_NEXT,
        stage=_TACIT, amounts=_FINAL,
    ),
    F.A25: FrameRow(
        # The published code says MOE, both published labels say MOA: the labels are right.
        "A25_DECOMPTE_GENERAL_DEFINITIF_MOE_PROCEDURE_TACITE",
        Words(
            "Dépôt par une MOA d'un décompte général et définitif dans le cadre d'une procédure "
            "tacite",
            "General and final statement deposited by a contracting authority in a tacit procedure",
        ),
        _BY.CONTRACTING_AUTHORITY, ("DECOMPTE_GENERAL_DEFINITIF_PROCEDURE_TACITE",), (_FINANCE,),
        deposit_kind=_NEXT,
        stage=_TACIT, amounts=_FINAL,
    ),
}
# fmt: on

# Frames of the pieces of works billing files.
WORKS_FRAMES = tuple(frame for frame, row in FRAMES.items() if row.stage is not None)

# Frames of invoices and credit notes that are typed in, and those among them with a validator.
TYPED_FRAMES = (F.A1, F.A2, F.A9, F.A12)
VALIDATED_FRAMES = (F.A9, F.A12)
ALREADY_PAID = F.A2
TWO_VALIDATORS = F.A9

DEPOSITORS: Mapping[Depositor, Words] = {
    _BY.SUPPLIER: Words("Fournisseur", "Supplier"),
    _BY.HOLDER: Words("Titulaire", "Holder of the contract"),
    _BY.SUBCONTRACTOR: Words("Sous-traitant", "Subcontractor"),
    _BY.CO_CONTRACTOR: Words("Cotraitant", "Co-contractor"),
    _BY.PROJECT_MANAGER: Words("Maîtrise d'œuvre", "Project manager"),
    _BY.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage", "Contracting authority"),
    _BY.JUSTICE_PROVIDER: Words("Prestataire de justice", "Justice provider"),
    _BY.FARM_OPERATOR: Words("Exploitant agricole", "Farm operator"),
}

ADDRESSEES: Mapping[Addressee, Words] = {
    _TO.PUBLIC_STRUCTURE: Words("Structure publique", "Public structure"),
    _TO.FINANCE_SERVICE: Words("Service financier", "Finance service"),
    _TO.PROJECT_MANAGER: Words("Maîtrise d'œuvre", "Project manager"),
    _TO.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage", "Contracting authority"),
    _TO.HOLDER: Words("Titulaire", "Holder of the contract"),
    _TO.CO_CONTRACTOR: Words("Cotraitant", "Co-contractor"),
    _TO.GROUP_AGENT: Words("Mandataire du groupement", "Group agent"),
    _TO.JURISDICTION_REGISTRY: Words("Greffe de la juridiction", "Registry of the jurisdiction"),
    _TO.STATE_JUSTICE: Words("Ministère de la justice", "Ministry of justice"),
    _TO.TAX_OFFICE: Words("Service des impôts", "Tax office"),
}

DEPOSIT_KINDS: Mapping[DepositKind, Words] = {
    _NEW: Words("Dépôt initial", "Initial deposit"),
    _NEXT: Words("Association ou dépôt initial", "Association or initial deposit"),
}

WORKS_STAGES: Mapping[WorksStage, Words] = {
    _MONTHLY: Words("En cours de marché", "In progress"),
    _END: Words("Fin de marché", "End of the contract"),
    _TACIT: Words("Fin de marché, procédure tacite", "End of the contract, tacit procedure"),
}

AMOUNTS_MEANINGS: Mapping[AmountsMeaning, Words] = {
    _CLAIMED: Words("Demandé", "Claimed"),
    _CORRECTED: Words("Corrigé par la maîtrise d'œuvre", "Corrected by the project manager"),
    _ADMITTED: Words("Admis, à payer", "Admitted, to be paid"),
    _NOTIFIED: Words("Notifié au titulaire", "Notified to the holder"),
    _FINAL: Words("Définitif, à payer", "Final, to be paid"),
}

PAYMENT_REQUEST_TYPES: Mapping[PaymentRequestType, Words] = {
    _REQUEST.FACTURE: Words("Facture", "Invoice"),
    _REQUEST.FACTURE_TRAVAUX: Words("Facture de travaux", "Works invoice"),
    _REQUEST.MEMOIRE_JUSTICE: Words("Mémoire de frais de justice", "Memo of court costs"),
    _REQUEST.DEMANDE_REMBOURSEMENT: Words("Demande de remboursement", "Refund request"),
}

DOCUMENT_SPACES: Mapping[DocumentSpace, Words] = {
    _SPACE.FACTURES_EMISES: Words("Factures émises", "Issued invoices"),
    _SPACE.FACTURES_TRAVAUX: Words("Factures de travaux", "Works invoices"),
    _SPACE.MEMOIRES: Words("Mémoires de frais de justice", "Memos of court costs"),
    _SPACE.DEMANDES_REMBOURSEMENT: Words("Demandes de remboursement", "Refund requests"),
}

DOCUMENT_TYPES: Mapping[str, Words] = {
    "FACTURE": Words("Facture", "Invoice"),
    "AVOIR": Words("Avoir", "Credit note"),
    "MEMOIRE_JUSTICE": Words("Mémoire de frais de justice", "Memo of court costs"),
    "DEMANDE_REMBOURSEMENT": Words("Demande de remboursement", "Refund request"),
    "DP_DE_SOUSTRAITANT_TRAVAUX": Words(
        "Demande de paiement de sous-traitant", "Payment request of a subcontractor"
    ),
    "PROJET_DECOMPTE_MENSUEL": Words("Projet de décompte mensuel", "Draft monthly statement"),
    "ETAT_ACOMPTE": Words("État d'acompte", "Instalment statement"),
    "ETAT_ACOMPTE_VALIDE": Words("État d'acompte validé", "Validated instalment statement"),
    "PROJET_DECOMPTE_FINAL": Words("Projet de décompte final", "Draft final statement"),
    "PROJET_DECOMPTE_GENERAL": Words("Projet de décompte général", "Draft general statement"),
    "DECOMPTE_GENERAL": Words("Décompte général", "General statement"),
    "DECOMPTE_GENERAL_SIGNE": Words("Décompte général signé", "Signed general statement"),
    "PROJET_DECOMPTE_GENERAL_PROCEDURE_TACITE": Words(
        "Projet de décompte général (procédure tacite)",
        "Draft general statement (tacit procedure)",
    ),
    "DECOMPTE_GENERAL_DEFINITIF_TACITE": Words(
        "Décompte général et définitif tacite", "Tacit general and final statement"
    ),
    "DECOMPTE_GENERAL_DEFINITIF_PROCEDURE_TACITE": Words(
        "Décompte général et définitif (procédure tacite)",
        "General and final statement (tacit procedure)",
    ),
}
