"""Rules of events, cursors and consumer groups."""

from __future__ import annotations

from domain.rules_text.row import RuleText

EVENTS: dict[str, RuleText] = {
    "BDR-EVT-001": RuleText(
        "INVALID_VALUE",
        "Ce curseur n'a pas été donné par ce serveur, ou il a été modifié.",
        "This cursor was not given by this server, or was altered.",
        "Prenez tel quel le curseur d'un évènement, d'un message reçu ou d'une réponse ;"
        " le plus ancien est {oldest}.",
        "Take, as it is, the cursor of an event, of a message received or of an answer;"
        " the oldest is {oldest}.",
    ),
    "BDR-EVT-002": RuleText(
        "INVALID_VALUE",
        "Ce curseur est celui d'une page de liste, pas une place dans le journal.",
        "This cursor is that of a page of a list, not a place in the event log.",
        "Prenez « asOfCursor » de la liste ; le plus ancien curseur est {oldest}.",
        "Take `asOfCursor` of the list; the oldest cursor is {oldest}.",
    ),
    "BDR-EVT-003": RuleText(
        "CURSOR_EXPIRED",
        "Ce curseur date d'avant la restauration d'une sauvegarde : le journal n'est plus le même.",
        "This cursor is from before a backup was restored: the log is no longer the same.",
        "Relisez vos documents, puis reprenez depuis « asOfCursor » de la lecture, ou depuis"
        " {oldest} pour tout relire.",
        "Read your documents again, then go on from `asOfCursor` of that reading, or from"
        " {oldest} to read everything again.",
    ),
    "BDR-EVT-004": RuleText(
        "CURSOR_EXPIRED",
        "Ce curseur est au-delà de la fin du journal : une sauvegarde a été restaurée depuis.",
        "This cursor is beyond the end of the log: a backup was restored since it was made.",
        "Relisez vos documents, puis reprenez depuis « asOfCursor » de la lecture, ou depuis"
        " {oldest} pour tout relire.",
        "Read your documents again, then go on from `asOfCursor` of that reading, or from"
        " {oldest} to read everything again.",
    ),
    "BDR-EVT-005": RuleText(
        "REQUIRED",
        "Donnez un nom au groupe de relève.",
        "Give the consumer group a name.",
        "Choisissez un nom que vos équipes reconnaissent, tel que « ERP comptabilité ».",
        "Choose a name that your teams know, such as “Accounting ERP”.",
    ),
    "BDR-EVT-006": RuleText(
        "LIMIT_REACHED",
        "Cette structure a déjà {limit} groupes de relève.",
        "This structure has {limit} consumer groups already.",
        "Supprimez ceux qui ne servent plus.",
        "Delete those that are no longer used.",
    ),
    "BDR-EVT-007": RuleText(
        "DUPLICATE",
        "Un groupe de relève de cette structure se nomme déjà « {name} ».",
        "A consumer group of this structure is named “{name}” already.",
        "Choisissez un autre nom, ou servez-vous du groupe qui existe.",
        "Choose another name, or use the group that exists.",
    ),
    "BDR-EVT-008": RuleText(
        "OUT_OF_RANGE",
        "« {field_fr} » va de {low} à {high}.",
        "“{field_en}” goes from {low} to {high}.",
        "Donnez une valeur entre ces bornes.",
        "Give a value within these bounds.",
    ),
    "BDR-EVT-009": RuleText(
        "REQUIRED",
        "Pour commencer à un curseur, indiquez ce curseur.",
        "To start from a cursor, give that cursor.",
        "Indiquez le curseur du dernier évènement traité.",
        "Give the cursor of the last event that was processed.",
    ),
    "BDR-EVT-010": RuleText(
        "REQUIRED",
        "Pour commencer à un instant, indiquez cet instant.",
        "To start from an instant, give that instant.",
        "Indiquez dans « at » l'instant à partir duquel relire.",
        "Give in `at` the instant from which to read again.",
    ),
    "BDR-EVT-011": RuleText(
        "FORBIDDEN",
        "Ce groupe reçoit des évènements que vous ne pouvez pas lire : il vous manque"
        " {permissions}.",
        "This group is handed events that you may not read: you lack {permissions}.",
        "Demandez ces habilitations, ou créez avec vos propres droits un groupe qui commence au"
        " curseur de celui-ci.",
        "Ask for these rights, or create with your own rights a group that starts from the cursor"
        " of this one.",
    ),
    "BDR-EVT-012": RuleText(
        "LEASE_OVER",
        "Ce bail est terminé : ses évènements sont traités, rendus, ou confiés à un autre.",
        "This lease is over: its events are done, given back, or handed to another member.",
        "Relevez à nouveau ; demandez un bail plus long si le traitement dure.",
        "Take again; ask for a longer lease if processing lasts.",
    ),
    "BDR-EVT-013": RuleText(
        "NOT_FOUND",
        "Aucun évènement n'est à l'écart au curseur {cursor}.",
        "No event is set aside at the cursor {cursor}.",
        "Prenez les curseurs de « setAside » du groupe.",
        "Take the cursors of `setAside` of the group.",
    ),
    "BDR-EVT-014": RuleText(
        "TOO_MANY",
        "{count} curseurs sont donnés ; {most} au plus.",
        "{count} cursors are given; at most {most} may be.",
        "Envoyez-les en plusieurs fois.",
        "Send them in several requests.",
    ),
}
