"""The verbs of works pieces, and what a file waits for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from domain.payments.steps import PAYMENT_ACTIONS
from domain.reference.words import Words
from domain.works.lifecycle import WorksAction as A

# fmt: off
WORKS_ACTIONS: Mapping[A, Words] = {
    A.SUBMIT:             Words("Valider et envoyer", "Submit"),
    A.DELETE_DRAFT:       Words("Supprimer le brouillon", "Delete the draft"),
    A.VALIDATE:           Words("Valider", "Validate"),
    A.REFUSE:             Words("Refuser", "Refuse"),
    A.REPORT_WRONG_VALIDATOR: Words("Signaler une erreur de valideur", "Report a wrong validator"),
    A.CORRECT_VALIDATOR:  Words("Corriger le valideur", "Correct the validator"),
    A.WITHDRAW:           Words("Abandonner", "Withdraw"),
    A.LAPSE:              Words("Accord tacite", "Tacit agreement"),
    A.SEND_ON:            Words("Transmettre à la maîtrise d'œuvre", "Send on to the project manager"),
    A.ATTACH:             Words("Joindre à la pièce du titulaire", "Attach to the holder's piece"),
    A.TAKE_UP:            Words("Prendre en compte", "Take up"),
    A.WARN:               Words("Avertir du délai dépassé", "Warn that the delay is over"),
    A.FOLLOW:             Words("Associer la pièce suivante", "Deposit the following piece"),
    A.ASK_COMPLETION:     Words("Demander à compléter", "Ask for completion"),
    A.ASK_REROUTING:      Words("Demander le recyclage", "Ask for a correction of routing"),
    A.REROUTE:            Words("Recycler", "Correct the routing"),
    A.REPORT_WRONG_PARTY: Words("Signaler une erreur d'acteur", "Report a wrong actor"),
    A.CORRECT_PARTY:      Words("Corriger l'acteur", "Correct the actor"),
    A.REPLACE:            Words("Remplacer par une pièce A22", "Replace by an A22 piece"),
    A.REDO:               Words("Refaire la pièce", "Do the piece again"),
    A.OPEN_TACIT:         Words("Ouvrir la procédure tacite", "Open the tacit procedure"),
    A.BECOME_FINAL:       Words("Devenir définitif", "Become final"),
    A.DEEM_ACCEPTED:      Words("Réputer accepté", "Deem accepted"),
    A.CONTEST:            Words("Contester le montant", "Contest the amount"),
    A.SEND_BACK:          Words("Transmettre à la maîtrise d'ouvrage", "Send back to the authority"),
    A.RETURN:             Words("Retourner au service financier", "Return to the finance service"),
    **{A(action): words for action, words in PAYMENT_ACTIONS.items()},
}
# fmt: on
