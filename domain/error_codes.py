"""What each kind of refusal is called. A rule says exactly what is wrong; its code, what kind."""

from __future__ import annotations

from collections.abc import Mapping

from domain.reference.words import Words

ERROR_CODES: Mapping[str, Words] = {
    "ADDRESS_NOT_ALLOWED": Words("Adresse interdite", "The address is not allowed"),
    "ALREADY_ACCEPTED": Words("Déjà accepté", "It has been accepted already"),
    "ALREADY_A_FACTOR": Words("Déjà un second facteur", "It is a second factor already"),
    "AMOUNT_MISMATCH": Words("Montants incohérents", "Amounts do not add up"),
    "CURSOR_EXPIRED": Words("Curseur périmé", "The log is no longer the one of this cursor"),
    "DATED_BEFORE_ORIGINAL": Words(
        "Antérieur à la facture d'origine", "Dated before the original invoice"
    ),
    "DUPLICATE": Words("Déjà présent", "It is there already"),
    "DUPLICATE_BANK_ACCOUNT": Words(
        "Coordonnées bancaires déjà connues", "The bank account is already on file"
    ),
    "DUPLICATE_DELEGATION": Words("Délégation déjà accordée", "The delegation is in force already"),
    "DUPLICATE_INVOICE": Words("Facture déjà déposée", "An invoice has this number already"),
    "DUPLICATE_LINE": Words("Ligne en double", "A line number is used twice"),
    "DUPLICATE_RATE": Words("Taux en double", "A VAT rate is given twice"),
    "DUPLICATE_SERVICE": Words("Service déjà ouvert", "The service exists already"),
    "DUPLICATE_STRUCTURE": Words("Structure déjà connue", "The structure exists already"),
    "EXCLUDED": Words("Motif d'exclusion", "An exclusion ground applies"),
    "FORBIDDEN": Words("Droit insuffisant", "Your role does not allow it"),
    "FORBIDDEN_CHARACTER": Words("Caractère interdit", "A character is not allowed"),
    "FRESH_LOGIN_REQUIRED": Words("Connexion récente exigée", "A recent log-in is needed"),
    "FUTURE_DATE": Words("Date future", "The date is in the future"),
    "HAND_OVER_REQUIRED": Words("Passation nécessaire", "Somebody must take over first"),
    "IDEMPOTENCY_KEY_REUSED": Words(
        "Clé d'idempotence déjà utilisée", "The key was used with another input"
    ),
    "INACTIVE": Words("Structure ou service inactif", "A structure or service is not active"),
    "INVALID_BIC": Words("BIC invalide", "The BIC is wrong"),
    "INVALID_COUNTRY": Words("Pays inconnu", "The country is unknown"),
    "INVALID_EMAIL": Words("Adresse électronique invalide", "The e-mail address is wrong"),
    "INVALID_FORMAT": Words("Forme inattendue", "The text does not have the expected form"),
    "INVALID_IBAN": Words("IBAN invalide", "The IBAN is wrong"),
    "INVALID_IDENTIFIER": Words("Identifiant invalide", "The identifier is wrong"),
    "INVALID_PHONE": Words("Téléphone invalide", "The telephone number is wrong"),
    "INVALID_POSTAL_CODE": Words("Code postal invalide", "The postal code is wrong"),
    "INVALID_RIB": Words("RIB invalide", "The bank reference is wrong"),
    "INVALID_SIREN": Words("SIREN invalide", "The SIREN is wrong"),
    "INVALID_SIRET": Words("SIRET invalide", "The SIRET is wrong"),
    "INVALID_URL": Words("Adresse web invalide", "The URL is wrong"),
    "INVALID_VALUE": Words("Valeur invalide", "The value is not acceptable"),
    "INVALID_VAT_NUMBER": Words("Numéro de TVA invalide", "The VAT number is wrong"),
    "KNOWN_PASSWORD": Words("Mot de passe connu", "The password is known to thieves"),
    "LEASE_OVER": Words("Bail terminé", "The lease is over"),
    "LIMIT_REACHED": Words("Limite atteinte", "There are as many as allowed"),
    "LINK_GONE": Words("Lien périmé", "The link is no longer valid"),
    "MANDATE_IN_FORCE": Words("Mandat en vigueur", "A mandate is in force"),
    "MANDATE_REQUIRED": Words("Mandat manquant", "The mandate must be signed first"),
    "MISMATCH": Words("Saisies différentes", "Two entries differ"),
    "MUST_ACKNOWLEDGE": Words("Acquittement en attente", "Something waits to be acknowledged"),
    "NOTHING_TO_PAY": Words("Rien à payer", "The amount to pay is zero"),
    "NOT_ALLOWED": Words("Choix interdit", "This is not allowed here"),
    "NOT_FOUND": Words("Introuvable", "There is no such thing for you"),
    "NO_FACTOR": Words("Aucun second facteur", "There is no second factor"),
    "OUT_OF_RANGE": Words("Hors limites", "The value is too small or too large"),
    "REASON_WITHOUT_DISCOUNT": Words("Motif sans remise", "A reason is given without a discount"),
    "REPLACED": Words("Remplacé", "Something took its place"),
    "REQUIRED": Words("Obligatoire", "Something is missing"),
    "RESERVED": Words("Réservé", "Only an administrator may set this"),
    "RETRY_LATER": Words("Trop de demandes", "Too many requests"),
    "SIREN_MISMATCH": Words("SIREN différent", "Two identifiers name different companies"),
    "SUBCONTRACTOR_UNPAID": Words(
        "Sous-traitant non payé", "A subcontractor would not be paid by this"
    ),
    "TOO_LONG": Words("Trop long", "The text is too long"),
    "TOO_MANY": Words("Trop nombreux", "There are too many"),
    "TOO_MANY_DECIMALS": Words("Trop de décimales", "The number has too many decimals"),
    "TOO_SHORT": Words("Trop court", "The text is too short"),
    "UNKNOWN_UNIT": Words("Unité inconnue", "The unit is not in the code list"),
    "UNUSUAL_VAT_RATE": Words("Taux de TVA inhabituel", "The VAT rate is unusual"),
    "USELESS_REASON": Words("Motif inutile", "A reason is given that nothing asks for"),
    "USELESS_REFERENCE": Words("Référence inutile", "A reference is given that nothing asks for"),
    "VAT_NUMBER_MISMATCH": Words("Numéro de TVA différent", "The VAT number is of another company"),
    "VAT_ON_EXEMPT_INVOICE": Words("TVA sur facture exonérée", "VAT is given on an exempt invoice"),
    "VERSION_CONFLICT": Words("Objet modifié entre-temps", "The object changed meanwhile"),
    "WEAK_PASSWORD": Words("Mot de passe trop faible", "The password is too easy to guess"),
    "WRONG_PASSWORD": Words("Mot de passe incorrect", "The password is wrong"),
    "WRONG_STATUS": Words("Statut incompatible", "The present status does not allow it"),
}
