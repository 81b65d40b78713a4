"""The statuses of payment requests: what each means, who sets it, what it is elsewhere.

Codes and labels are those of the public API of Chorus Pro. `cdv_code` is the official number in
life-cycle flows, published for fourteen statuses only; `reform_code` the number of the national
life cycle of the 2026 reform (XP Z12-012), which for some statuses depends on the billing frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.reference.words import Words


class InvoiceStatus(StrEnum):
    """The status of a payment request. Published codes, in their French spelling."""

    BROUILLON = "BROUILLON"
    INTERPRETEE_OCR = "INTERPRETEE_OCR"
    DEPOSEE = "DEPOSEE"
    EN_COURS_ACHEMINEMENT = "EN_COURS_ACHEMINEMENT"
    MISE_A_DISPOSITION = "MISE_A_DISPOSITION"
    PRISE_EN_COMPTE_DESTINATAIRE = "PRISE_EN_COMPTE_DESTINATAIRE"
    A_RECYCLER = "A_RECYCLER"
    SUSPENDUE = "SUSPENDUE"
    COMPLETEE = "COMPLETEE"
    REJETEE = "REJETEE"
    SERVICE_FAIT = "SERVICE_FAIT"
    MANDATEE = "MANDATEE"
    MISE_A_DISPOSITION_COMPTABLE = "MISE_A_DISPOSITION_COMPTABLE"
    COMPTABILISEE = "COMPTABILISEE"
    MISE_EN_PAIEMENT = "MISE_EN_PAIEMENT"
    A_VALIDER_1 = "A_VALIDER_1"
    VALIDEE_1 = "VALIDEE_1"
    REFUSEE_1 = "REFUSEE_1"
    ABSENCE_VALIDATION_1_HORS_DELAI = "ABSENCE_VALIDATION_1_HORS_DELAI"
    ERREUR_FOURNISSEUR_SUR_VALIDEUR = "ERREUR_FOURNISSEUR_SUR_VALIDEUR"
    A_VALIDER_2 = "A_VALIDER_2"
    VALIDEE_2 = "VALIDEE_2"
    REFUSEE_2 = "REFUSEE_2"
    ABSENCE_VALIDATION_2_HORS_DELAI = "ABSENCE_VALIDATION_2_HORS_DELAI"
    ERREUR_COTRAITANT_SUR_VALIDEUR = "ERREUR_COTRAITANT_SUR_VALIDEUR"
    ABANDONNEE = "ABANDONNEE"
    SUPPRIMEE = "SUPPRIMEE"
    NON_CONFORME = "NON_CONFORME"
    EN_COURS_TRAITEMENT_PIVOT_S = "EN_COURS_TRAITEMENT_PIVOT_S"
    TECHNIQUE_INCONNU = "TECHNIQUE_INCONNU"
    ERREUR_DESTINATAIRE_PD = "ERREUR_DESTINATAIRE_PD"
    ERREUR_DESTINATAIRE_EA = "ERREUR_DESTINATAIRE_EA"
    A_VALIDER_MOE = "A_VALIDER_MOE"
    A_ASSOCIER_MOE = "A_ASSOCIER_MOE"
    MISE_A_DISPOSITION_MOE = "MISE_A_DISPOSITION_MOE"
    PRISE_EN_COMPTE_MOE = "PRISE_EN_COMPTE_MOE"
    REFUSEE_MOE = "REFUSEE_MOE"
    ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE = "ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE"
    ERREUR_FOURNISSEUR_SUR_MOE = "ERREUR_FOURNISSEUR_SUR_MOE"
    ERREUR_DE_MOE = "ERREUR_DE_MOE"
    A_ASSOCIER_MOA = "A_ASSOCIER_MOA"
    MISE_A_DISPOSITION_MOA = "MISE_A_DISPOSITION_MOA"
    PRISE_EN_COMPTE_MOA = "PRISE_EN_COMPTE_MOA"
    TRANSMISE_MOA = "TRANSMISE_MOA"
    REFUSEE_MOA = "REFUSEE_MOA"
    ERREUR_DE_MOA = "ERREUR_DE_MOA"
    ERREUR_FOURNISSEUR_SUR_MOA = "ERREUR_FOURNISSEUR_SUR_MOA"
    ERREUR_MOE_SUR_MOA = "ERREUR_MOE_SUR_MOA"
    ERREUR_MOE_SUR_FOURNISSEUR = "ERREUR_MOE_SUR_FOURNISSEUR"
    ERREUR_MOA_SUR_FOURNISSEUR = "ERREUR_MOA_SUR_FOURNISSEUR"
    EN_ATTENTE_RECYCLAGE_FOURNISSEUR = "EN_ATTENTE_RECYCLAGE_FOURNISSEUR"
    A_ASSOCIER_FOURNISSEUR = "A_ASSOCIER_FOURNISSEUR"
    REFUSEE_FOURNISSEUR = "REFUSEE_FOURNISSEUR"
    A_COMPLETER = "A_COMPLETER"
    ASSOCIEE = "ASSOCIEE"
    REMPLACEE_PAR_A22 = "REMPLACEE_PAR_A22"
    DUPLIQUE_APRES_REFUS = "DUPLIQUE_APRES_REFUS"


class StatusSetter(StrEnum):
    """Who brings a payment request into a status."""

    DEPOSITOR = "DEPOSITOR"
    SUPPLIER = "SUPPLIER"
    RECIPIENT = "RECIPIENT"
    VALIDATOR_1 = "VALIDATOR_1"
    VALIDATOR_2 = "VALIDATOR_2"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    CONTRACTING_AUTHORITY = "CONTRACTING_AUTHORITY"
    NEXT_ACTOR = "NEXT_ACTOR"
    SYSTEM = "SYSTEM"


class StatusFamily(StrEnum):
    """The part of the portal in which a status occurs."""

    SIMPLE = "SIMPLE"
    VALIDATION = "VALIDATION"
    WORKS = "WORKS"
    TECHNICAL = "TECHNICAL"


class StatusTone(StrEnum):
    """How a status should look on a screen."""

    NEUTRAL = "NEUTRAL"
    INFO = "INFO"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    DANGER = "DANGER"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Everything fixed about one status.

    `is_final` is false where only some frames end: after REFUSEE_1 a co-contractor's invoice (A12)
    is over, a subcontractor's (A9) still reaches the buyer.
    """

    label: Words
    meaning: Words
    set_by: StatusSetter
    family: StatusFamily
    tone: StatusTone
    is_final: bool = False
    needs_supplier_action: bool = False
    cdv_code: str | None = None
    reform_code: int | None = None
    reform_code_by_frame: Mapping[str, int] = field(default_factory=dict)

    def reform_code_in(self, frame: str) -> int | None:
        """The code of the national life cycle for a request of that frame."""
        return self.reform_code_by_frame.get(frame, self.reform_code)


S = InvoiceStatus
_By, _Of, _T = StatusSetter, StatusFamily, StatusTone

# fmt: off
STATUSES: Mapping[InvoiceStatus, StatusRow] = {
    S.BROUILLON: StatusRow(
        Words("Brouillon", "Draft"),
        Words(
            "Enregistrée mais pas envoyée ; elle se modifie et se supprime.",
            "Saved but not sent; it can be changed and deleted.",
        ),
        _By.DEPOSITOR, _Of.SIMPLE, _T.NEUTRAL, needs_supplier_action=True,
    ),
    S.INTERPRETEE_OCR: StatusRow(
        Words("Interprétée (reconnaissance)", "Read (recognition)"),
        Words(
            "Le PDF est lu ; les champs reconnus attendent d'être vérifiés et envoyés.",
            "The PDF has been read; the recognised fields wait to be checked and sent.",
        ),
        _By.SYSTEM, _Of.SIMPLE, _T.NEUTRAL, needs_supplier_action=True,
    ),
    S.DEPOSEE: StatusRow(
        Words("Déposée", "Deposited"),
        Words(
            "Acceptée et conservée ; le justificatif de dépôt est disponible.",
            "Accepted and stored; the deposit receipt is available.",
        ),
        _By.SYSTEM, _Of.SIMPLE, _T.INFO, cdv_code="01", reform_code=200,
    ),
    S.EN_COURS_ACHEMINEMENT: StatusRow(
        Words("En cours d'acheminement vers le destinataire", "On its way to the recipient"),
        Words("Le portail l'achemine vers son destinataire.", "The portal is routing it."),
        _By.SYSTEM, _Of.SIMPLE, _T.INFO,
    ),
    S.MISE_A_DISPOSITION: StatusRow(
        Words("Mise à disposition du destinataire", "Available to the recipient"),
        Words(
            "Le destinataire peut la traiter ; le délai de paiement court.",
            "The recipient can process it; the payment time runs.",
        ),
        _By.SYSTEM, _Of.SIMPLE, _T.INFO, cdv_code="03", reform_code=203,
    ),
    S.PRISE_EN_COMPTE_DESTINATAIRE: StatusRow(
        Words("Prise en compte par le destinataire", "Taken into account by the recipient"),
        Words("Le destinataire a commencé à la traiter.", "The recipient has started on it."),
        _By.RECIPIENT, _Of.SIMPLE, _T.INFO, reform_code=204,
    ),
    S.A_RECYCLER: StatusRow(
        Words("À recycler (erreur d'acheminement)", "To be rerouted (routing error)"),
        Words(
            "Destinataire, service ou engagement erroné : le fournisseur corrige et retransmet "
            "la facture sous le même numéro. Supprimé par la réforme de 2026.",
            "Wrong recipient, service or commitment: the supplier corrects and retransmits the "
            "invoice under the same number. Withdrawn by the 2026 reform.",
        ),
        _By.RECIPIENT, _Of.SIMPLE, _T.WARNING, needs_supplier_action=True, reform_code=210,
    ),
    S.SUSPENDUE: StatusRow(
        Words("Suspendue", "Suspended"),
        Words(
            "Une pièce manque ; le délai de paiement est arrêté jusqu'à ce que le fournisseur "
            "complète.",
            "A document is missing; the payment time stands still until the supplier completes it.",
        ),
        _By.RECIPIENT, _Of.SIMPLE, _T.WARNING,
        needs_supplier_action=True, cdv_code="06", reform_code=208,
    ),
    S.COMPLETEE: StatusRow(
        Words("Complétée", "Completed"),
        Words(
            "Le fournisseur a ajouté une pièce ou un commentaire ; le destinataire reprend.",
            "The supplier added a document or a comment; the recipient takes over again.",
        ),
        _By.SUPPLIER, _Of.SIMPLE, _T.INFO, cdv_code="32", reform_code=209,
    ),
    S.REJETEE: StatusRow(
        Words("Rejetée", "Rejected"),
        Words(
            "Refusée avec un motif ; le fournisseur émet une nouvelle facture, sous un nouveau "
            "numéro.",
            "Refused with a reason; the supplier issues a new invoice under a new number.",
        ),
        _By.RECIPIENT, _Of.SIMPLE, _T.DANGER,
        is_final=True, needs_supplier_action=True, cdv_code="05", reform_code=210,
    ),
    S.SERVICE_FAIT: StatusRow(
        Words("Service fait", "Delivery certified"),
        Words("La livraison ou la prestation est attestée.", "The delivery is certified."),
        _By.RECIPIENT, _Of.SIMPLE, _T.INFO, cdv_code="07", reform_code=204,
    ),
    S.MANDATEE: StatusRow(
        Words("Mandatée", "Payment ordered"),
        Words("L'ordre de payer est établi.", "The payment order is made out."),
        _By.RECIPIENT, _Of.SIMPLE, _T.INFO, cdv_code="08", reform_code=204,
    ),
    S.MISE_A_DISPOSITION_COMPTABLE: StatusRow(
        Words("Mise à disposition du comptable", "Available to the accountant"),
        Words("Le dossier est transmis au comptable.", "The file is with the accountant."),
        _By.RECIPIENT, _Of.SIMPLE, _T.INFO, cdv_code="09", reform_code=204,
    ),
    S.COMPTABILISEE: StatusRow(
        Words("Comptabilisée", "Booked"),
        Words("Le comptable l'a acceptée et inscrite.", "The accountant accepted and booked it."),
        _By.RECIPIENT, _Of.SIMPLE, _T.INFO, cdv_code="10", reform_code=204,
    ),
    S.MISE_EN_PAIEMENT: StatusRow(
        Words("Mise en paiement", "Sent to payment"),
        Words("L'ordre de virement est parti à la banque.", "The transfer order is at the bank."),
        _By.RECIPIENT, _Of.SIMPLE, _T.SUCCESS, is_final=True, cdv_code="11", reform_code=211,
    ),
    S.A_VALIDER_1: StatusRow(
        Words("À valider par le premier valideur", "To be validated by the first validator"),
        Words(
            "Attend l'accord du titulaire ou du mandataire.",
            "Waits for the agreement of the holder or the group agent.",
        ),
        _By.SYSTEM, _Of.VALIDATION, _T.INFO,
    ),
    S.VALIDEE_1: StatusRow(
        Words("Validée par le premier valideur", "Validated by the first validator"),
        Words("Le premier valideur est d'accord.", "The first validator agreed."),
        _By.VALIDATOR_1, _Of.VALIDATION, _T.INFO,
        cdv_code="13", reform_code=205, reform_code_by_frame={"A12": 214},
    ),
    S.REFUSEE_1: StatusRow(
        Words("Refusée par le premier valideur", "Refused by the first validator"),
        Words(
            "Le premier valideur refuse, avec un motif. Celle d'un cotraitant (A12) s'arrête là ; "
            "celle d'un sous-traitant (A9) parvient quand même à l'acheteur.",
            "The first validator refused, with a reason. A co-contractor's (A12) ends there; a "
            "subcontractor's (A9) reaches the buyer all the same.",
        ),
        _By.VALIDATOR_1, _Of.VALIDATION, _T.DANGER,
        needs_supplier_action=True, cdv_code="14", reform_code=210,
        reform_code_by_frame={"A9": 206},
    ),
    S.ABSENCE_VALIDATION_1_HORS_DELAI: StatusRow(
        Words("Absence de validation 1 hors délai", "First validator silent past the delay"),
        Words(
            "Le premier valideur n'a pas répondu dans le délai : son silence vaut accord.",
            "The first validator did not answer in time: silence is agreement.",
        ),
        _By.SYSTEM, _Of.VALIDATION, _T.INFO, reform_code=205,
    ),
    S.ERREUR_FOURNISSEUR_SUR_VALIDEUR: StatusRow(
        Words("Erreur de valideur signalée par le premier valideur", "Wrong first validator"),
        Words(
            "La structure désignée n'est pas le bon valideur ; le fournisseur en désigne un autre.",
            "The structure named is not the right validator; the supplier names another.",
        ),
        _By.VALIDATOR_1, _Of.VALIDATION, _T.WARNING, needs_supplier_action=True, reform_code=210,
    ),
    S.A_VALIDER_2: StatusRow(
        Words("À valider par le second valideur", "To be validated by the second validator"),
        Words("Attend l'accord du mandataire.", "Waits for the agreement of the group agent."),
        _By.SYSTEM, _Of.VALIDATION, _T.INFO,
    ),
    S.VALIDEE_2: StatusRow(
        Words("Validée par le second valideur", "Validated by the second validator"),
        Words("Le second valideur est d'accord.", "The second validator agreed."),
        _By.VALIDATOR_2, _Of.VALIDATION, _T.INFO, cdv_code="18", reform_code=205,
    ),
    S.REFUSEE_2: StatusRow(
        Words("Refusée par le second valideur", "Refused by the second validator"),
        Words(
            "Le second valideur refuse, avec un motif ; la demande parvient quand même à "
            "l'acheteur.",
            "The second validator refused, with a reason; the request reaches the buyer all the "
            "same.",
        ),
        _By.VALIDATOR_2, _Of.VALIDATION, _T.DANGER,
        needs_supplier_action=True, cdv_code="17", reform_code=206,
    ),
    S.ABSENCE_VALIDATION_2_HORS_DELAI: StatusRow(
        Words("Absence de validation 2 hors délai", "Second validator silent past the delay"),
        Words(
            "Le second valideur n'a pas répondu dans le délai : son silence vaut accord.",
            "The second validator did not answer in time: silence is agreement.",
        ),
        _By.SYSTEM, _Of.VALIDATION, _T.INFO, reform_code=205,
    ),
    S.ERREUR_COTRAITANT_SUR_VALIDEUR: StatusRow(
        Words("Erreur de valideur signalée par le second valideur", "Wrong second validator"),
        Words(
            "La structure désignée n'est pas le bon second valideur ; le premier valideur en "
            "désigne un autre.",
            "The structure named is not the right second validator; the first validator names "
            "another.",
        ),
        _By.VALIDATOR_2, _Of.VALIDATION, _T.WARNING, needs_supplier_action=True, reform_code=210,
    ),
    S.ABANDONNEE: StatusRow(
        Words("Abandonnée", "Withdrawn"),
        Words("Le déposant l'a retirée.", "The depositor withdrew it."),
        _By.DEPOSITOR, _Of.SIMPLE, _T.NEUTRAL, is_final=True,
    ),
    S.SUPPRIMEE: StatusRow(
        Words("Supprimée", "Deleted"),
        Words("Le brouillon est supprimé.", "The draft was deleted."),
        _By.DEPOSITOR, _Of.SIMPLE, _T.NEUTRAL, is_final=True,
    ),
    S.NON_CONFORME: StatusRow(
        Words("Non conforme, non intégrée", "Not compliant, not integrated"),
        Words(
            "Les contrôles du portail l'ont refusée ; elle peut être corrigée et renvoyée.",
            "The checks of the portal refused it; it can be corrected and sent again.",
        ),
        _By.SYSTEM, _Of.TECHNICAL, _T.DANGER,
        is_final=True, needs_supplier_action=True, reform_code=213,
    ),
    S.EN_COURS_TRAITEMENT_PIVOT_S: StatusRow(
        Words("Préparation du fichier de sortie", "Outgoing file being built"),
        Words(
            "Statut technique du portail de l'État ; lu, jamais produit ici.",
            "Technical status of the State's portal; read, never produced here.",
        ),
        _By.SYSTEM, _Of.TECHNICAL, _T.NEUTRAL,
    ),
    S.TECHNIQUE_INCONNU: StatusRow(
        Words("Statut technique inconnu", "Unknown technical status"),
        Words(
            "Statut technique du portail de l'État ; lu, jamais produit ici.",
            "Technical status of the State's portal; read, never produced here.",
        ),
        _By.SYSTEM, _Of.TECHNICAL, _T.NEUTRAL,
    ),
    S.ERREUR_DESTINATAIRE_PD: StatusRow(
        Words("Erreur de destinataire du projet de décompte", "Wrong recipient of the draft"),
        Words(
            "Le destinataire du projet de décompte est erroné.",
            "The recipient of the draft statement is wrong.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.ERREUR_DESTINATAIRE_EA: StatusRow(
        Words("Erreur de destinataire de l'état d'acompte", "Wrong recipient of the instalment"),
        Words(
            "Le destinataire de l'état d'acompte est erroné.",
            "The recipient of the instalment statement is wrong.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.A_VALIDER_MOE: StatusRow(
        Words("À valider par la maîtrise d'œuvre", "To be validated by the project manager"),
        Words(
            "Ancien nom de l'étape de la maîtrise d'œuvre.",
            "Older name of the project manager's step.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.INFO,
    ),
    S.A_ASSOCIER_MOE: StatusRow(
        Words("À associer par la maîtrise d'œuvre", "To be followed by the project manager"),
        Words(
            "La maîtrise d'œuvre doit y joindre sa propre pièce.",
            "The project manager must attach its own document.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.INFO,
    ),
    S.MISE_A_DISPOSITION_MOE: StatusRow(
        Words("Mise à disposition de la maîtrise d'œuvre", "Available to the project manager"),
        Words("La maîtrise d'œuvre l'a reçue.", "The project manager received it."),
        _By.SYSTEM, _Of.WORKS, _T.INFO,
    ),
    S.PRISE_EN_COMPTE_MOE: StatusRow(
        Words("Prise en compte par la maîtrise d'œuvre", "Taken up by the project manager"),
        Words(
            "La maîtrise d'œuvre a commencé à la traiter.",
            "The project manager has started on it.",
        ),
        _By.PROJECT_MANAGER, _Of.WORKS, _T.INFO,
    ),
    S.REFUSEE_MOE: StatusRow(
        Words("Refusée par la maîtrise d'œuvre", "Refused by the project manager"),
        Words("Le refus arrête le dossier.", "The refusal stops the file."),
        _By.PROJECT_MANAGER, _Of.WORKS, _T.DANGER, is_final=True, needs_supplier_action=True,
    ),
    S.ABSENCE_VALIDATION_MOE_DELAI_REGLEMENTAIRE: StatusRow(
        Words(
            "Absence de validation de la maîtrise d'œuvre dans le délai réglementaire",
            "Project manager silent past the legal delay",
        ),
        Words(
            "La maîtrise d'œuvre n'a pas répondu en 7 jours ; l'acheteur et le titulaire sont "
            "avertis.",
            "The project manager did not answer in 7 days; the buyer and the holder are warned.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.WARNING,
    ),
    S.ERREUR_FOURNISSEUR_SUR_MOE: StatusRow(
        Words("Erreur du fournisseur sur la maîtrise d'œuvre", "Wrong project manager named"),
        Words(
            "Le fournisseur a désigné une mauvaise maîtrise d'œuvre.",
            "The supplier named the wrong project manager.",
        ),
        _By.PROJECT_MANAGER, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.ERREUR_DE_MOE: StatusRow(
        Words("Erreur de maîtrise d'œuvre", "Not the right project manager"),
        Words(
            "La maîtrise d'œuvre indiquée n'est pas la bonne.",
            "The project manager given is not the right one.",
        ),
        _By.PROJECT_MANAGER, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.A_ASSOCIER_MOA: StatusRow(
        Words("À associer par la maîtrise d'ouvrage", "To be followed by the authority"),
        Words(
            "La maîtrise d'ouvrage doit y joindre sa propre pièce.",
            "The contracting authority must attach its own document.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.INFO,
    ),
    S.MISE_A_DISPOSITION_MOA: StatusRow(
        Words("Mise à disposition de la maîtrise d'ouvrage", "Available to the authority"),
        Words("La maîtrise d'ouvrage l'a reçue.", "The contracting authority received it."),
        _By.SYSTEM, _Of.WORKS, _T.INFO,
    ),
    S.PRISE_EN_COMPTE_MOA: StatusRow(
        Words("Prise en compte par la maîtrise d'ouvrage", "Taken up by the authority"),
        Words(
            "La maîtrise d'ouvrage a commencé à la traiter.",
            "The contracting authority has started on it.",
        ),
        _By.CONTRACTING_AUTHORITY, _Of.WORKS, _T.INFO,
    ),
    S.TRANSMISE_MOA: StatusRow(
        Words("Transmise à la maîtrise d'ouvrage", "Sent back to the authority"),
        Words(
            "Le service financier la renvoie à la maîtrise d'ouvrage.",
            "The finance service sends it back to the contracting authority.",
        ),
        _By.RECIPIENT, _Of.WORKS, _T.INFO,
    ),
    S.REFUSEE_MOA: StatusRow(
        Words("Refusée par la maîtrise d'ouvrage", "Refused by the contracting authority"),
        Words("Le refus arrête le dossier.", "The refusal stops the file."),
        _By.CONTRACTING_AUTHORITY, _Of.WORKS, _T.DANGER,
        is_final=True, needs_supplier_action=True,
    ),
    S.ERREUR_DE_MOA: StatusRow(
        Words("Erreur de maîtrise d'ouvrage", "Not the right contracting authority"),
        Words(
            "La maîtrise d'ouvrage indiquée n'est pas la bonne.",
            "The contracting authority given is not the right one.",
        ),
        _By.CONTRACTING_AUTHORITY, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.ERREUR_FOURNISSEUR_SUR_MOA: StatusRow(
        Words("Erreur du fournisseur sur la maîtrise d'ouvrage", "Wrong authority named"),
        Words(
            "Le fournisseur a désigné une mauvaise maîtrise d'ouvrage.",
            "The supplier named the wrong contracting authority.",
        ),
        _By.CONTRACTING_AUTHORITY, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.ERREUR_MOE_SUR_MOA: StatusRow(
        Words(
            "Erreur de la maîtrise d'œuvre sur la maîtrise d'ouvrage",
            "Wrong authority named by the project manager",
        ),
        Words(
            "La maîtrise d'œuvre a désigné une mauvaise maîtrise d'ouvrage.",
            "The project manager named the wrong contracting authority.",
        ),
        _By.CONTRACTING_AUTHORITY, _Of.WORKS, _T.WARNING,
    ),
    S.ERREUR_MOE_SUR_FOURNISSEUR: StatusRow(
        Words(
            "Erreur de la maîtrise d'œuvre sur le fournisseur",
            "Wrong supplier named by the project manager",
        ),
        Words(
            "La maîtrise d'œuvre a désigné un mauvais fournisseur.",
            "The project manager named the wrong supplier.",
        ),
        _By.SUPPLIER, _Of.WORKS, _T.WARNING,
    ),
    S.ERREUR_MOA_SUR_FOURNISSEUR: StatusRow(
        Words(
            "Erreur de la maîtrise d'ouvrage sur le fournisseur",
            "Wrong supplier named by the contracting authority",
        ),
        Words(
            "La maîtrise d'ouvrage a désigné un mauvais fournisseur.",
            "The contracting authority named the wrong supplier.",
        ),
        _By.SUPPLIER, _Of.WORKS, _T.WARNING,
    ),
    S.EN_ATTENTE_RECYCLAGE_FOURNISSEUR: StatusRow(
        Words("En attente de recyclage par le fournisseur", "Waiting for a correction of routing"),
        Words(
            "L'acteur suivant demande au déposant de corriger l'acheminement de sa pièce.",
            "The next actor asks the depositor to correct the routing of its document.",
        ),
        _By.NEXT_ACTOR, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.A_ASSOCIER_FOURNISSEUR: StatusRow(
        Words("À associer par le fournisseur", "To be followed by the supplier"),
        Words(
            "Le décompte général attend la signature du titulaire.",
            "The general statement waits for the signature of the holder.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.INFO, needs_supplier_action=True,
    ),
    S.REFUSEE_FOURNISSEUR: StatusRow(
        Words("Refusée par le fournisseur", "Refused by the supplier"),
        Words("Le titulaire refuse le décompte général.", "The holder refuses the statement."),
        _By.SUPPLIER, _Of.WORKS, _T.DANGER, is_final=True,
    ),
    S.A_COMPLETER: StatusRow(
        Words("À compléter", "To be completed"),
        Words(
            "L'acteur suivant demande au déposant de compléter sa pièce.",
            "The next actor asks the depositor to complete its document.",
        ),
        _By.NEXT_ACTOR, _Of.WORKS, _T.WARNING, needs_supplier_action=True,
    ),
    S.ASSOCIEE: StatusRow(
        Words("Associée", "Followed"),
        Words(
            "Une pièce suivante y est jointe ; elle est figée.",
            "A following document was attached; it is frozen.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.SUCCESS, is_final=True,
    ),
    S.REMPLACEE_PAR_A22: StatusRow(
        Words("Remplacée par une pièce A22", "Replaced by an A22 document"),
        Words(
            "La procédure tacite a remplacé le projet de décompte final.",
            "The tacit procedure replaced the draft final statement.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.NEUTRAL, is_final=True,
    ),
    S.DUPLIQUE_APRES_REFUS: StatusRow(
        Words("Dupliquée après refus", "Duplicated after a refusal"),
        Words(
            "La pièce refusée a été copiée pour refaire l'étape.",
            "The refused document was copied to redo the step.",
        ),
        _By.SYSTEM, _Of.WORKS, _T.NEUTRAL, is_final=True,
    ),
}
# fmt: on

STATUS_SETTERS: Mapping[StatusSetter, Words] = {
    _By.DEPOSITOR: Words("Déposant", "Depositor"),
    _By.SUPPLIER: Words("Fournisseur", "Supplier"),
    _By.RECIPIENT: Words("Destinataire", "Recipient"),
    _By.VALIDATOR_1: Words("Premier valideur", "First validator"),
    _By.VALIDATOR_2: Words("Second valideur", "Second validator"),
    _By.PROJECT_MANAGER: Words("Maîtrise d'œuvre", "Project manager"),
    _By.CONTRACTING_AUTHORITY: Words("Maîtrise d'ouvrage", "Contracting authority"),
    _By.NEXT_ACTOR: Words("Acteur suivant", "Next actor"),
    _By.SYSTEM: Words("Portail", "Portal"),
}

STATUS_FAMILIES: Mapping[StatusFamily, Words] = {
    _Of.SIMPLE: Words("Facture simple", "Simple invoice"),
    _Of.VALIDATION: Words("Validation", "Validation"),
    _Of.WORKS: Words("Travaux", "Works"),
    _Of.TECHNICAL: Words("Technique", "Technical"),
}

STATUS_TONES: Mapping[StatusTone, Words] = {
    _T.NEUTRAL: Words("Neutre", "Neutral"),
    _T.INFO: Words("Information", "Information"),
    _T.SUCCESS: Words("Succès", "Success"),
    _T.WARNING: Words("Attention", "Warning"),
    _T.DANGER: Words("Alerte", "Alert"),
}
