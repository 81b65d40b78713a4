"""Rules of webhook endpoints, replays and probes."""

from __future__ import annotations

from domain.rules_text.row import RuleText

WEBHOOKS: dict[str, RuleText] = {
    "BDR-WHK-001": RuleText(
        "INVALID_URL",
        "« {url} » n'est pas une adresse https complète, en caractères ASCII et sans fragment.",
        "“{url}” is not a complete https URL in ASCII characters, without a fragment.",
        "Donnez une adresse telle que https://erp.exemple.fr/bordereau.",
        "Give a URL such as https://erp.example.org/bordereau.",
    ),
    "BDR-WHK-002": RuleText(
        "INVALID_URL",
        "L'adresse contient un nom d'utilisateur ou un mot de passe.",
        "The URL holds a user name or a password.",
        "Retirez-les : la signature authentifie les messages.",
        "Remove them: the signature authenticates the messages.",
    ),
    "BDR-WHK-003": RuleText(
        "ADDRESS_NOT_ALLOWED",
        "L'adresse {address} ne peut pas être jointe ({reason}).",
        "The address {address} may not be reached ({reason}).",
        "Donnez une adresse publique, ou faites ouvrir ce réseau par l'exploitant (WEBHOOK_ALLOW).",
        "Give a public address, or have the operator open this network (WEBHOOK_ALLOW).",
    ),
    "BDR-WHK-004": RuleText(
        "ADDRESS_NOT_ALLOWED",
        "Le port {port} n'est pas ouvert aux notifications.",
        "Port {port} is not open to webhooks.",
        "Utilisez le port 443 ou 8443, ou faites ouvrir ce port par l'exploitant (WEBHOOK_ALLOW).",
        "Use port 443 or 8443, or have the operator open this port (WEBHOOK_ALLOW).",
    ),
    "BDR-WHK-005": RuleText(
        "ADDRESS_NOT_ALLOWED",
        "Une adresse http (sans chiffrement) n'est admise que vers un réseau ouvert par "
        "l'exploitant.",
        "An http URL (not encrypted) is accepted only towards a network that the operator opened.",
        "Utilisez https, ou faites ouvrir ce réseau par l'exploitant (WEBHOOK_ALLOW).",
        "Use https, or have the operator open this network (WEBHOOK_ALLOW).",
    ),
    "BDR-WHK-006": RuleText(
        "LIMIT_REACHED",
        "La structure a déjà {limit} points de réception.",
        "The structure has {limit} endpoints already.",
        "Supprimez un point de réception qui ne sert plus.",
        "Delete an endpoint that is no longer used.",
    ),
    "BDR-WHK-007": RuleText(
        "TOO_MANY",
        "« {field_fr} » compte {count} valeurs, plus que les {most} admises.",
        "“{field_en}” has {count} values, more than the {most} accepted.",
        "Réduisez la liste ; une liste vide demande tout.",
        "Shorten the list; an empty list asks for everything.",
    ),
    "BDR-WHK-008": RuleText(
        "WRONG_STATUS",
        "Le point de réception est en pause : rien ne lui est envoyé.",
        "The endpoint is paused: nothing is sent to it.",
        "Réactivez-le d'abord.",
        "Resume it first.",
    ),
    "BDR-WHK-009": RuleText(
        "WRONG_STATUS",
        "Cet envoi attend un envoi précédent du même objet, ou l'exécution de votre document.",
        "This delivery waits for an earlier one of the same object, or for your document to run.",
        "Renvoyez l'envoi précédent, ou attendez ; « explainDelivery » dit lequel des deux.",
        "Send the earlier delivery again, or wait; `explainDelivery` says which of the two.",
    ),
    "BDR-WHK-010": RuleText(
        "REQUIRED",
        "Pour reprendre depuis un curseur, indiquez ce curseur.",
        "To resume from a cursor, give that cursor.",
        "Indiquez le curseur du dernier évènement reçu.",
        "Give the cursor of the last event received.",
    ),
    "BDR-WHK-020": RuleText(
        "OUT_OF_RANGE",
        "« {field} » vaut {value}, hors des bornes {least} à {most}.",
        "“{field}” is {value}, outside {least} to {most}.",
        "Choisissez une valeur dans ces bornes, ou ne l'indiquez pas.",
        "Choose a value within these bounds, or leave it out.",
    ),
    "BDR-WHK-040": RuleText(
        "INVALID_VALUE",
        "Le total minimal ({low}) dépasse le total maximal ({high}).",
        "The lowest total ({low}) is above the highest ({high}).",
        "Inversez-les, ou retirez-en un.",
        "Exchange them, or leave one out.",
    ),
    "BDR-WHK-041": RuleText(
        "INVALID_VALUE",
        "« {field_fr} » ne dit rien des natures d'évènements demandées : rien ne conviendrait.",
        "“{field_en}” says nothing of the kinds of events asked for: nothing would fit.",
        "Retirez ce critère, ou demandez aussi des évènements de factures.",
        "Leave this criterion out, or ask for events of invoices too.",
    ),
    "BDR-WHK-042": RuleText(
        "INVALID_VALUE",
        "Aucune des natures d'évènements demandées ne porte sur ces natures d'objets.",
        "None of the kinds of events asked for is about these kinds of objects.",
        "Retirez l'un des deux critères.",
        "Leave one of the two criteria out.",
    ),
    "BDR-WHK-012": RuleText(
        "REQUIRED",
        "L'adresse change de serveur : l'authentification et les en-têtes donnés pour l'ancien ne "
        "sont pas remis au nouveau.",
        "The URL changes to another server: the authentication and the headers given for the "
        "former one are not handed to the new one.",
        "Donnez-les de nouveau dans la même modification (auth, customHeaders), ou retirez-les.",
        "Give them again in the same change (auth, customHeaders), or remove them.",
    ),
    "BDR-WHK-030": RuleText(
        "NOT_ALLOWED",
        "L'en-tête « {name} » ne peut pas être ajouté.",
        "The header “{name}” may not be added.",
        "Prenez un nom en x-… qui ne soit ni à nous (x-request-id) ni à un relais (x-forwarded-…),"
        " ou authorization, api-key, apikey, ocp-apim-subscription-key.",
        "Take a name in x-… that is neither ours (x-request-id) nor a proxy's (x-forwarded-…), or "
        "authorization, api-key, apikey, ocp-apim-subscription-key.",
    ),
    "BDR-WHK-031": RuleText(
        "INVALID_FORMAT",
        "La valeur d'un en-tête compte 1 à {longest} caractères ASCII visibles, espaces à "
        "l'intérieur seulement.",
        "The value of a header has 1 to {longest} visible ASCII characters, spaces inside only.",
        "Corrigez la valeur ; encodez en base 64 ce qui n'est pas ASCII.",
        "Correct the value; encode in base 64 what is not ASCII.",
    ),
    "BDR-WHK-032": RuleText(
        "TOO_MANY",
        "Plus de {most} en-têtes sont demandés.",
        "More than {most} headers are asked for.",
        "Réduisez la liste.",
        "Shorten the list.",
    ),
    "BDR-WHK-033": RuleText(
        "DUPLICATE",
        "L'en-tête « {name} » est donné deux fois, ou déjà rempli par l'authentification choisie.",
        "The header “{name}” is given twice, or filled by the chosen authentication already.",
        "Retirez l'un des deux.",
        "Remove one of the two.",
    ),
    "BDR-WHK-034": RuleText(
        "NOT_ALLOWED",
        "Un certificat client ne se présente qu'en https.",
        "A client certificate is presented over https only.",
        "Donnez une adresse https au point de réception, ou retirez le certificat.",
        "Give the endpoint an https URL, or remove the certificate.",
    ),
    "BDR-WHK-035": RuleText(
        "INVALID_FORMAT",
        "Ce n'est pas une suite d'au plus cinq certificats X.509 au format PEM, dont le premier "
        "puisse authentifier un client.",
        "This is not a row of up to five X.509 certificates in PEM, the first of which may "
        "authenticate a client.",
        "Collez le certificat du client puis ceux de ses autorités intermédiaires "
        "(-----BEGIN CERTIFICATE-----), sans restriction d'usage qui exclue clientAuth.",
        "Paste the certificate of the client, then those of its intermediate authorities "
        "(-----BEGIN CERTIFICATE-----), without a restriction of use that leaves clientAuth out.",
    ),
    "BDR-WHK-036": RuleText(
        "INVALID_FORMAT",
        "Ce n'est pas une clé privée utilisable : PEM sans mot de passe, RSA d'au moins 2048 bits, "
        "courbe elliptique ou Ed25519.",
        "This is not a private key that can be used: PEM without a password, RSA of at least 2048 "
        "bits, elliptic curve or Ed25519.",
        "Convertissez-la, par exemple avec « openssl pkey -in cle.pem ».",
        "Convert it, with “openssl pkey -in key.pem” for example.",
    ),
    "BDR-WHK-037": RuleText(
        "MISMATCH",
        "La clé privée n'est pas celle du certificat.",
        "The private key is not that of the certificate.",
        "Donnez la clé du premier certificat de la suite.",
        "Give the key of the first certificate of the row.",
    ),
    "BDR-WHK-038": RuleText(
        "OUT_OF_RANGE",
        "Le certificat n'est pas en cours de validité ({detail}).",
        "The certificate is not valid today ({detail}).",
        "Faites-le renouveler par l'autorité qui l'a délivré.",
        "Have it renewed by the authority that issued it.",
    ),
    "BDR-WHK-039": RuleText(
        "INVALID_FORMAT",
        "« {field_fr} » est vide, trop long (plus de {longest} caractères) ou contient un caractère"
        " qui ne se transmet pas.",
        "“{field_en}” is empty, too long (more than {longest} characters) or has a character that "
        "cannot be sent.",
        "Corrigez la valeur : ni caractère de commande, ni deux-points dans un nom d'utilisateur ; "
        "ASCII seulement pour OAuth 2.",
        "Correct the value: no control character, no colon in a user name; ASCII only for OAuth 2.",
    ),
    "BDR-WHK-043": RuleText(
        "INVALID_VALUE",
        "Un document accompagne le contenu DOCUMENT, et lui seul.",
        "A document goes with the payload DOCUMENT, and with no other.",
        "Donnez le document, ou changez le contenu (payload).",
        "Give the document, or change the payload.",
    ),
    "BDR-WHK-044": RuleText(
        "TOO_MANY",
        "Le document dépasse ce qui est admis : {detail}",
        "The document is larger than accepted: {detail}",
        "Demandez moins de champs, ou des pages plus petites.",
        "Ask for fewer fields, or smaller pages.",
    ),
    "BDR-WHK-045": RuleText(
        "INVALID_VALUE",
        "Ligne {line}, colonne {column} : {message}",
        "Line {line}, column {column}: {message}",
        "Corrigez le document d'après le schéma (/graphiql le vérifie).",
        "Correct the document by the schema (/graphiql checks it).",
    ),
    "BDR-WHK-046": RuleText(
        "INVALID_VALUE",
        "Le document ne tient pas en une seule opération de lecture (query).",
        "The document is not exactly one query operation.",
        "Gardez une seule opération query ; les mutations et souscriptions sont exclues.",
        "Keep one query operation; mutations and subscriptions are left out.",
    ),
    "BDR-WHK-047": RuleText(
        "INVALID_VALUE",
        "La variable {variable} n'est pas de celles qu'un évènement donne : {known}.",
        "The variable {variable} is not one that an event gives: {known}.",
        "Prenez l'une d'elles, avec ce type, ou écrivez la valeur dans le document.",
        "Take one of these, with this type, or write the value in the document.",
    ),
    "BDR-WHK-048": RuleText(
        "INVALID_VALUE",
        "Le document lit le schéma lui-même ({field}).",
        "The document reads the schema itself ({field}).",
        "Retirez ce champ : le schéma ne fait pas partie d'un évènement.",
        "Leave this field out: the schema is no part of an event.",
    ),
    "BDR-WHK-049": RuleText(
        "FORBIDDEN",
        "Le champ {field} demande un droit que le point de réception n'a pas ({permissions}).",
        "The field {field} needs a right that the endpoint does not hold ({permissions}).",
        "Retirez ce champ, ou faites créer le point de réception par qui a ce droit.",
        "Leave this field out, or have the endpoint created by somebody who holds it.",
    ),
    "BDR-WHK-050": RuleText(
        "WRONG_STATUS",
        "Un rejeu est déjà en cours pour ce point de réception.",
        "A replay of this endpoint is going on already.",
        "Attendez sa fin, ou annulez-le.",
        "Wait for its end, or cancel it.",
    ),
    "BDR-WHK-051": RuleText(
        "INVALID_VALUE",
        "Le débit d'un rejeu va de 1 à {most} messages par seconde.",
        "The rate of a replay is from 1 to {most} messages a second.",
        "Donnez un débit dans ces bornes, ou aucun.",
        "Give a rate within these bounds, or none.",
    ),
    "BDR-WHK-052": RuleText(
        "WRONG_STATUS",
        "Ce rejeu n'est plus en cours.",
        "This replay is no longer going on.",
        "Il n'y a rien à annuler.",
        "There is nothing to cancel.",
    ),
    "BDR-WHK-053": RuleText(
        "INVALID_VALUE",
        "La fin demandée précède le début.",
        "The end asked for is before the beginning.",
        "Donnez une fin postérieure au début, ou aucune.",
        "Give an end after the beginning, or none.",
    ),
    "BDR-WHK-054": RuleText(
        "INVALID_VALUE",
        "Une borne est soit un curseur, soit un instant.",
        "A bound is either a cursor or an instant.",
        "Donnez l'un des deux, et un seul.",
        "Give one of the two, and only one.",
    ),
    "BDR-WHK-055": RuleText(
        "WRONG_STATUS",
        "Une sonde de ce point de réception est déjà en cours.",
        "A probe of this endpoint is going on already.",
        "Attendez son résultat.",
        "Wait for its result.",
    ),
    "BDR-WHK-056": RuleText(
        "FORBIDDEN",
        "Ce point de réception reçoit ce que vous ne pouvez pas lire : il vous manque"
        " {permissions}.",
        "This endpoint is told what you may not read: you lack {permissions}.",
        "Demandez ces habilitations, ou créez un point de réception avec vos propres droits.",
        "Ask for these rights, or create an endpoint with your own rights.",
    ),
}
