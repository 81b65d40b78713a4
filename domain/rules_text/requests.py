"""Rules of any request: what is found, permitted, repeated, and text that can be read."""

from __future__ import annotations

from domain.rules_text.row import CHORUS, RuleText

REQUESTS: dict[str, RuleText] = {
    "BDR-REQ-001": RuleText(
        "NOT_FOUND",
        "Il n'existe rien de tel pour vous.",
        "There is no such thing for you.",
        "Vérifiez l'identifiant et votre rattachement à la structure.",
        "Check the identifier and your attachment to the structure.",
    ),
    "BDR-REQ-002": RuleText(
        "FORBIDDEN",
        "Votre rôle ne donne pas le droit {permission} sur cette structure.",
        "Your role does not give the permission {permission} on this structure.",
        "Demandez cette habilitation au gestionnaire de la structure.",
        "Ask the manager of the structure for it.",
    ),
    "BDR-REQ-003": RuleText(
        "IDEMPOTENCY_KEY_REUSED",
        "La clé d'idempotence « {key} » a déjà servi avec d'autres données.",
        "The idempotency key “{key}” was already used with other data.",
        "Prenez une nouvelle clé pour une nouvelle demande.",
        "Use a new key for a new request.",
    ),
    "BDR-REQ-004": RuleText(
        "VERSION_CONFLICT",
        "L'objet a changé : vous aviez la version {expected}, la version actuelle est {actual}.",
        "The object changed: you had version {expected}, the present version is {actual}.",
        "Relisez l'objet, puis recommencez.",
        "Read the object again, then retry.",
    ),
    "BDR-REQ-006": RuleText(
        "INVALID_FORMAT",
        "La clé d'idempotence compte de 1 à 64 caractères ASCII visibles.",
        "The idempotency key has 1 to 64 visible ASCII characters.",
        "Prenez par exemple un UUID.",
        "Use a UUID, for instance.",
    ),
    "BDR-REQ-007": RuleText(
        "REQUIRED",
        "Donnez un contenu (« invoice ») ou un brouillon (« draft »).",
        "Give either a content (“invoice”) or a saved draft (“draft”).",
        "Renseignez l'un des deux champs.",
        "Fill in one of the two fields.",
    ),
    "BDR-REQ-008": RuleText(
        "NOT_ALLOWED",
        "Un contenu et un brouillon ne se donnent pas ensemble.",
        "A content and a saved draft are not given together.",
        "Retirez l'un des deux champs.",
        "Remove one of the two fields.",
    ),
    "BDR-TXT-001": RuleText(
        "TOO_LONG",
        "« {field_fr} » compte {length} caractères, plus que les {longest} admis.",
        "“{field_en}” has {length} characters, more than the {longest} accepted.",
        "Raccourcissez le texte.",
        "Shorten the text.",
        CHORUS,
    ),
    "BDR-TXT-002": RuleText(
        "FORBIDDEN_CHARACTER",
        "« {field_fr} » contient un caractère de contrôle ({character}).",
        "“{field_en}” contains a control character ({character}).",
        "Retirez ce caractère.",
        "Remove this character.",
    ),
    "BDR-TXT-003": RuleText(
        "FORBIDDEN_CHARACTER",
        "« {field_fr} » contient un caractère invisible qui change le sens de lecture ou "
        "masque du texte ({character}).",
        "“{field_en}” contains an invisible character that changes the reading direction or "
        "hides text ({character}).",
        "Retirez ce caractère.",
        "Remove this character.",
    ),
    "BDR-TXT-004": RuleText(
        "FORBIDDEN_CHARACTER",
        "« {field_fr} » n'est pas un texte Unicode valable ({character}).",
        "“{field_en}” is not valid Unicode text ({character}).",
        "Encodez le texte en UTF-8.",
        "Encode the text in UTF-8.",
    ),
}
