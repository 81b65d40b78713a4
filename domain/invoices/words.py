"""The verbs of documents and what they ask for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from domain.invoices.lifecycle import InvoiceAction as A
from domain.lifecycle import Need
from domain.payments.steps import PAYMENT_ACTIONS
from domain.reference.words import Words

# fmt: off
INVOICE_ACTIONS: Mapping[A, Words] = {
    A.SUBMIT:             Words("Valider et envoyer", "Submit"),
    A.DELETE_DRAFT:       Words("Supprimer le brouillon", "Delete the draft"),
    A.ROUTE:              Words("Acheminer", "Route"),
    A.DELIVER:            Words("Mettre à disposition", "Make available"),
    **{A(action): words for action, words in PAYMENT_ACTIONS.items()},
    A.ASK_RETRANSMISSION: Words("Demander la retransmission", "Ask for a retransmission"),
    A.RETRANSMIT:         Words("Retransmettre", "Retransmit"),
    A.WITHDRAW:           Words("Abandonner", "Withdraw"),
    A.VALIDATE:           Words("Valider", "Validate"),
    A.REFUSE:             Words("Refuser", "Refuse"),
    A.REPORT_WRONG_VALIDATOR: Words("Signaler une erreur de valideur", "Report a wrong validator"),
    A.CORRECT_VALIDATOR:  Words("Corriger le valideur", "Correct the validator"),
    A.LAPSE:              Words("Accord tacite", "Tacit agreement"),
    A.SEND_ON:            Words("Transmettre au second valideur", "Send on to the second validator"),
    A.DEPOSIT:            Words("Déposer", "Deposit"),
}

NEEDS: Mapping[Need, Words] = {
    Need.REASON:           Words("Un motif de la liste", "A reason of the list"),
    Need.COMMENT:          Words("Un commentaire", "A comment"),
    Need.PIECE_OR_COMMENT: Words("Une pièce jointe ou un commentaire", "An attachment or a comment"),
    Need.ROUTING:          Words("Un destinataire, un service ou un engagement corrigé",
                                 "A corrected recipient, service or commitment"),
    Need.VALIDATOR:        Words("Le valideur", "The validator"),
}
# fmt: on
