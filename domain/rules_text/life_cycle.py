"""Rules of life cycles: who may take a step, when, and with what."""

from __future__ import annotations

from domain.rules_text.row import CHORUS, SEED, RuleText

LIFE_CYCLE: dict[str, RuleText] = {
    "BDR-LIF-001": RuleText(
        "WRONG_STATUS",
        "L'action {action} n'existe pas au statut {status}.",
        "The action {action} does not exist in status {status}.",
        "Choisissez une action de « availableActions ».",
        "Choose an action of “availableActions”.",
    ),
    "BDR-LIF-002": RuleText(
        "FORBIDDEN",
        "L'action {action} revient à une autre partie ({party}) ou demande un droit que vous "
        "n'avez pas.",
        "The action {action} belongs to another party ({party}) or needs a right you do not hold.",
        "Si votre structure est cette partie, demandez à son gestionnaire l'espace correspondant "
        "en modification ; sinon, attendez que l'autre partie agisse.",
        "If your structure is that party, ask its manager for the corresponding space with the "
        "right to modify; otherwise wait until the other party acts.",
    ),
    "BDR-LIF-003": RuleText(
        "REQUIRED",
        "Un motif est obligatoire.",
        "A reason is required.",
        "Choisissez un motif de la liste.",
        "Choose a reason from the list.",
        SEED,
    ),
    "BDR-LIF-004": RuleText(
        "NOT_ALLOWED",
        "Le motif {reason} ne s'emploie pas pour le statut {status}.",
        "The reason {reason} is not used for status {status}.",
        "Choisissez un motif prévu pour ce statut.",
        "Choose a reason meant for this status.",
        CHORUS,
    ),
    "BDR-LIF-005": RuleText(
        "REQUIRED",
        "Le motif {reason} demande un commentaire.",
        "The reason {reason} needs a comment.",
        "Expliquez en quelques mots ce qui est attendu.",
        "Explain in a few words what is expected.",
    ),
    "BDR-LIF-006": RuleText(
        "NOT_ALLOWED",
        "L'action {action} ne porte pas de motif.",
        "The action {action} takes no reason.",
        "Retirez le motif ; un commentaire suffit.",
        "Remove the reason; a comment is enough.",
    ),
    "BDR-LIF-007": RuleText(
        "REQUIRED",
        "Un document suspendu ou à compléter se complète par une pièce jointe ou un commentaire.",
        "What is suspended or to be completed is completed by an attachment or a comment.",
        "Ajoutez la pièce demandée ou écrivez un commentaire.",
        "Add the document asked for or write a comment.",
        CHORUS,
    ),
    "BDR-LIF-008": RuleText(
        "REQUIRED",
        "La retransmission demande un destinataire, un service ou un engagement corrigé.",
        "A retransmission needs a corrected recipient, service or commitment.",
        "Indiquez au moins une donnée d'acheminement à corriger.",
        "Give at least one routing datum to correct.",
        SEED,
    ),
    "BDR-LIF-009": RuleText(
        "REQUIRED",
        "Le nouveau valideur est obligatoire.",
        "The new validator is required.",
        "Indiquez la structure qui doit valider.",
        "Give the structure that must validate.",
        CHORUS,
    ),
    "BDR-LIF-010": RuleText(
        "WRONG_STATUS",
        "Les statuts de cette structure ne reviennent pas en arrière.",
        "The statuses of this structure do not go back.",
        "Choisissez un statut plus avancé, ou suspendez ou rejetez la facture.",
        "Choose a later status, or suspend or reject the invoice.",
    ),
    "BDR-LIF-011": RuleText(
        "NOT_ALLOWED",
        "Cette structure ou ce service ne fait pas remonter la mise en paiement.",
        "This structure or service does not report payment.",
        "Le dernier statut visible est COMPTABILISEE ou MANDATEE.",
        "The last visible status is COMPTABILISEE or MANDATEE.",
        CHORUS,
    ),
    "BDR-LIF-012": RuleText(
        "NOT_ALLOWED",
        "La retransmission est fermée sur ce site.",
        "Retransmission is closed on this site.",
        "Rejetez la facture avec le motif SE_ERR ou EJ_ERR.",
        "Reject the invoice with reason SE_ERR or EJ_ERR.",
        CHORUS,
    ),
    "BDR-LIF-013": RuleText(
        "WRONG_STATUS",
        "Cette décision est déjà acquittée.",
        "This decision is already acknowledged.",
        "Il n'y a rien à faire.",
        "There is nothing to do.",
        CHORUS,
    ),
    "BDR-LIF-014": RuleText(
        "WRONG_STATUS",
        "Ce rejet est déjà traité.",
        "This rejection is already handled.",
        "Il n'y a rien à faire.",
        "There is nothing to do.",
        CHORUS,
    ),
    "BDR-LIF-015": RuleText(
        "NOT_ALLOWED",
        "Aucun second valideur n'est désigné.",
        "No second validator is named.",
        "Désignez un second valideur au dépôt.",
        "Name a second validator when depositing.",
        CHORUS,
    ),
    "BDR-LIF-016": RuleText(
        "NOT_ALLOWED",
        "Un second valideur doit encore se prononcer.",
        "A second validator must still decide.",
        "Attendez sa décision.",
        "Wait for its decision.",
        CHORUS,
    ),
    "BDR-LIF-017": RuleText(
        "NOT_ALLOWED",
        "Cette étape n'existe que pour une facture de sous-traitant (A9).",
        "This step exists only for a subcontractor's invoice (A9).",
        "Émettez une nouvelle facture.",
        "Issue a new invoice.",
        CHORUS,
    ),
    "BDR-LIF-018": RuleText(
        "NOT_ALLOWED",
        "Ce cadre de facturation n'a pas de valideur.",
        "This billing frame has no validator.",
        "Choisissez le cadre A9 ou A12.",
        "Choose frame A9 or A12.",
        CHORUS,
    ),
    "BDR-LIF-019": RuleText(
        "NOT_ALLOWED",
        "Ce cadre de facturation passe d'abord par un valideur.",
        "This billing frame goes through a validator first.",
        "Désignez un valideur.",
        "Name a validator.",
        CHORUS,
    ),
    "BDR-LIF-020": RuleText(
        "NOT_ALLOWED",
        "L'action {action} ne prend pas le champ « {field_fr} ».",
        "The action {action} does not take the field “{field_en}”.",
        "Retirez ce champ.",
        "Remove this field.",
    ),
    "BDR-LIF-021": RuleText(
        "MUST_ACKNOWLEDGE",
        "{count} demande(s) rejetée(s) ou suspendue(s) depuis plus de {days} jours attendent votre "
        "acquittement ; les nouveaux dépôts sont bloqués.",
        "{count} rejected or suspended request(s) have waited for your acknowledgement for more "
        "than {days} days; new deposits are blocked.",
        "Acquittez-les par l'action ACKNOWLEDGE.",
        "Acknowledge them with the action ACKNOWLEDGE.",
        CHORUS,
    ),
    "BDR-LIF-022": RuleText(
        "NOT_ALLOWED",
        "La retransmission doit changer le destinataire, le service ou l'engagement.",
        "A retransmission must change the recipient, the service or the commitment.",
        "Corrigez la donnée qui a causé le renvoi.",
        "Correct the datum that caused the return.",
        SEED,
    ),
    "BDR-LIF-023": RuleText(
        "REQUIRED",
        "L'action {action} demande un commentaire.",
        "The action {action} needs a comment.",
        "Écrivez en quelques mots ce que l'autre partie doit savoir ou faire.",
        "Write in a few words what the other party must know or do.",
    ),
    "BDR-LIF-024": RuleText(
        "WRONG_STATUS",
        "L'action {action} n'est demandée par personne : elle suit d'un dépôt ou d'un délai.",
        "Nobody asks for the action {action}: it follows from a deposit or from a delay.",
        "Déposez la pièce attendue (« possibleDeposits » dit laquelle), ou choisissez une action "
        "de « availableActions ».",
        "Deposit the piece that is awaited (“possibleDeposits” says which), or choose an action of "
        "“availableActions”.",
    ),
}
