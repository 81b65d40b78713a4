"""Rules of people's accounts, their passwords and second factors."""

from __future__ import annotations

from domain.rules_text.row import RuleText

ACCOUNTS: dict[str, RuleText] = {
    # Second factors
    "BDR-ACC-050": RuleText(
        "LIMIT_REACHED",
        "Un compte a au plus {most} seconds facteurs.",
        "An account has at most {most} second factors.",
        "Retirez d'abord celui qui ne sert plus.",
        "Remove one that is no longer used first.",
    ),
    "BDR-ACC-051": RuleText(
        "ALREADY_A_FACTOR",
        "Cette clé ou cette adresse est déjà un second facteur.",
        "This key or this address is a second factor already.",
        "Rien à faire : elle sert déjà.",
        "Nothing to do: it is in use.",
    ),
    "BDR-ACC-052": RuleText(
        "NOT_ALLOWED",
        "Ce site demande un second facteur : le dernier ne se retire pas.",
        "This site asks for a second factor: the last one cannot be removed.",
        "Ajoutez-en un autre, puis retirez celui-ci.",
        "Add another one, then remove this one.",
    ),
    "BDR-ACC-053": RuleText(
        "NOT_ALLOWED",
        "Les codes de secours remplacent un second facteur, et le compte n'en a pas.",
        "Recovery codes stand in for a second factor, and the account has none.",
        "Ajoutez d'abord un second facteur.",
        "Add a second factor first.",
    ),
    "BDR-ACC-054": RuleText(
        "NO_FACTOR",
        "Ce compte n'a pas de second facteur.",
        "This account has no second factor.",
        "Rien à réinitialiser : le mot de passe suffit.",
        "Nothing to reset: the password is enough.",
    ),
    "BDR-ACC-055": RuleText(
        "NOT_ALLOWED",
        "Ce compte a déjà un second facteur.",
        "This account has a second factor already.",
        "Connectez-vous avec lui ; vous pourrez ensuite en ajouter un autre.",
        "Log in with it; you may add another one afterwards.",
    ),
    "BDR-ACC-001": RuleText(
        "INVALID_EMAIL",
        "« {value} » n'est pas une adresse électronique.",
        "“{value}” is not an e-mail address.",
        "Donnez une adresse telle que prenom.nom@exemple.fr.",
        "Give an address such as first.last@example.org.",
    ),
    "BDR-ACC-002": RuleText(
        "FORBIDDEN_CHARACTER",
        "Avant l'arobase, l'adresse contient « {value} » : seuls les lettres sans accent, les "
        "chiffres et la ponctuation courante y sont acceptés.",
        "Before the @, the address holds “{value}”: only plain letters, digits and usual "
        "punctuation are accepted there.",
        "Tapez l'adresse au clavier, sans la copier ; des caractères d'un autre alphabet peuvent "
        "ressembler à nos lettres.",
        "Type the address instead of pasting it; characters of another alphabet may look like "
        "these letters.",
    ),
    "BDR-ACC-003": RuleText(
        "FORBIDDEN_CHARACTER",
        "Le domaine « {value} » mêle plusieurs alphabets dans un même mot : il pourrait se faire "
        "passer pour un autre.",
        "The domain “{value}” mixes alphabets in one word: it could pass for another one.",
        "Tapez l'adresse au clavier, sans la copier.",
        "Type the address instead of pasting it.",
    ),
    "BDR-ACC-004": RuleText(
        "RETRY_LATER",
        "Trop de demandes. Réessayez dans {seconds} secondes.",
        "Too many requests. Try again in {seconds} seconds.",
        "Patientez ; le message déjà envoyé reste valable. Vérifiez aussi les courriers "
        "indésirables.",
        "Wait; the message already sent stays valid. Look among unwanted mail as well.",
    ),
    "BDR-ACC-005": RuleText(
        "REQUIRED",
        "Le champ « {field_fr} » est obligatoire.",
        "The field “{field_en}” is required.",
        "Renseignez ce champ.",
        "Fill in this field.",
    ),
    "BDR-ACC-006": RuleText(
        "INVALID_VALUE",
        "La demande d'autorisation ne nomme aucune application connue à cette adresse de retour.",
        "The authorization request names no known application at that return address.",
        "Donnez la requête que l'application enverrait à /oauth/authorize, ou ne donnez rien.",
        "Give the query that the application would send to /oauth/authorize, or nothing.",
    ),
    "BDR-ACC-007": RuleText(
        "LINK_GONE",
        "Ce lien a déjà servi, a expiré ou a été remplacé par un plus récent.",
        "This link was used, has expired, or was replaced by a newer one.",
        "Demandez-en un nouveau.",
        "Ask for a new one.",
    ),
    "BDR-ACC-010": RuleText(
        "TOO_SHORT",
        "Le mot de passe compte moins de {least} caractères.",
        "The password has fewer than {least} characters.",
        "Choisissez par exemple une phrase de quatre mots ou plus.",
        "Choose, for instance, a phrase of four words or more.",
        "ANSSI, CNIL",
    ),
    "BDR-ACC-011": RuleText(
        "TOO_LONG",
        "Le mot de passe compte plus de {most} caractères.",
        "The password has more than {most} characters.",
        "Raccourcissez-le.",
        "Shorten it.",
    ),
    "BDR-ACC-012": RuleText(
        "KNOWN_PASSWORD",
        "Ce mot de passe figure dans des listes de mots de passe volés.",
        "This password is in lists of stolen passwords.",
        "Choisissez-en un autre, et changez-le partout où vous l'utilisez.",
        "Choose another one, and change it wherever you use it.",
        "ANSSI, CNIL",
    ),
    "BDR-ACC-013": RuleText(
        "WEAK_PASSWORD",
        "Ce mot de passe se devine trop facilement.",
        "This password is too easy to guess.",
        "Allongez-le avec des mots sans rapport entre eux, ni avec vous. {advice_fr}",
        "Make it longer with words unrelated to each other and to you. {advice_en}",
        "ANSSI, CNIL",
    ),
    "BDR-ACC-014": RuleText(
        "MISMATCH",
        "Les deux mots de passe sont différents.",
        "The two passwords differ.",
        "Tapez deux fois le même.",
        "Type the same one twice.",
    ),
    "BDR-ACC-015": RuleText(
        "WRONG_PASSWORD",
        "Le mot de passe actuel n'est pas celui-là.",
        "The present password is not that one.",
        "Retapez-le, ou demandez-en un nouveau par « Mot de passe oublié ».",
        "Type it again, or ask for a new one with “Forgotten password”.",
    ),
    "BDR-ACC-016": RuleText(
        "INVALID_VALUE",
        "C'est déjà votre adresse.",
        "This is your address already.",
        "Donnez la nouvelle adresse.",
        "Give the new address.",
    ),
    "BDR-ACC-020": RuleText(
        "WRONG_STATUS",
        "Ce compte n'attend pas d'approbation : son statut est {status}.",
        "This account does not wait for an approval: its status is {status}.",
        "Relisez la liste des comptes.",
        "Read the list of accounts again.",
    ),
    "BDR-ACC-030": RuleText(
        "INVALID_VALUE",
        "Le rôle « {value} » n'est pas un rôle de personne dans une structure.",
        "The role “{value}” is not a role of a person in a structure.",
        "Écrivez MAIN_MANAGER, SECONDARY_MANAGER ou USER.",
        "Write MAIN_MANAGER, SECONDARY_MANAGER or USER.",
    ),
    "BDR-ACC-031": RuleText(
        "INVALID_VALUE",
        "L'espace « {value} » n'existe pas.",
        "There is no space “{value}”.",
        "Écrivez ESPACE ou ESPACE:CONSULTATION_UNIQUEMENT, séparés par des espaces, par exemple "
        "FACTURES_EMISES.",
        "Write SPACE or SPACE:CONSULTATION_UNIQUEMENT, separated by blanks, such as "
        "FACTURES_EMISES.",
    ),
    "BDR-ACC-032": RuleText(
        "NOT_FOUND",
        "Aucune structure n'a l'identifiant « {value} » ({kind}).",
        "No structure has the identifier “{value}” ({kind}).",
        "Importez ou créez d'abord la structure.",
        "Import or create the structure first.",
    ),
    "BDR-ACC-033": RuleText(
        "NOT_ALLOWED",
        "La structure « {value} » a déjà un autre gestionnaire principal.",
        "The structure “{value}” has another main manager already.",
        "Donnez un autre rôle à cette personne, ou passez la main du premier.",
        "Give this person another role, or hand over the main role first.",
    ),
    "BDR-ACC-034": RuleText(
        "NOT_ALLOWED",
        "Le compte « {value} » est fermé.",
        "The account “{value}” is closed.",
        "Rouvrez-le d'abord, ou retirez la ligne.",
        "Reopen it first, or remove the line.",
    ),
    "BDR-ACC-035": RuleText(
        "INVALID_VALUE",
        "Le type d'identifiant « {value} » n'existe pas.",
        "There is no type of identifier “{value}”.",
        "Écrivez SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, EN_COURS_IMMATRICULATION ou "
        "PARTICULIER.",
        "Write SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, EN_COURS_IMMATRICULATION or "
        "PARTICULIER.",
    ),
    "BDR-ACC-080": RuleText(
        "NOT_ALLOWED",
        "Ce fournisseur d'identité est le seul moyen d'ouvrir votre compte.",
        "This identity provider is the only way to open your account.",
        "Choisissez d'abord un mot de passe (« Mot de passe oublié ? » à la connexion).",
        "Choose a password first (“Forgotten password?” on the log-in page).",
    ),
    "BDR-ACC-081": RuleText(
        "NOT_ALLOWED",
        "Cette identité ouvre déjà un autre compte.",
        "This identity opens another account already.",
        "Connectez-vous à cet autre compte pour la délier, puis recommencez.",
        "Log in to that other account to unlink it, then start again.",
    ),
    "BDR-ACC-082": RuleText(
        "NOT_ALLOWED",
        "Votre compte est déjà lié à ce fournisseur d'identité.",
        "Your account is linked to this identity provider already.",
        "Déliez d'abord l'identité présente, depuis la page de votre compte.",
        "Unlink the present identity first, on your account's page.",
    ),
}
