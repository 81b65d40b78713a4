"""The words of every code of the webhooks, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from domain.reference.words import Words
from webhooks.endpoints import Resume
from webhooks.explain import Why
from webhooks.models import (
    DeliveryState,
    EndpointStatus,
    Format,
    NextAttempt,
    OnBlocked,
    Ordering,
    PauseReason,
    Payload,
    ProbeState,
    ReplayState,
    SkipReason,
)
from webhooks.outbound import ErrorKind
from webhooks.receiver_auth import AuthKind, ClientProof
from webhooks.signing import Signature

# fmt: off
ENDPOINT_STATUSES: Mapping[EndpointStatus, Words] = {
    EndpointStatus.ACTIVE:   Words("Actif", "Messages are sent"),
    EndpointStatus.DEGRADED: Words("Dégradé", "It fails: messages are kept, one is tried from time to time, the first success sends the rest"),
    EndpointStatus.PAUSED:   Words("En pause", "Messages are kept and sent when it is resumed"),
    EndpointStatus.DELETED:  Words("Supprimé", "Only its deliveries remain readable"),
}

PAUSE_REASONS: Mapping[PauseReason, Words] = {
    PauseReason.ASKED:      Words("Demandée", "Somebody asked for it"),
    PauseReason.GONE:       Words("Récepteur disparu", "The receiver answered 410 Gone"),
    PauseReason.NO_SUCCESS: Words("Sans succès", "Every attempt of five days failed"),
}

DELIVERY_STATES: Mapping[DeliveryState, Words] = {
    DeliveryState.PENDING:    Words("À envoyer", "It goes at `nextAttemptAt`"),
    DeliveryState.DELIVERING: Words("En cours", "It is being sent at this moment"),
    DeliveryState.HELD:       Words("Retenu", "It waits for an earlier delivery of the same object, or for its document to be run"),
    DeliveryState.DELIVERED:  Words("Reçu", "The receiver accepted it (2xx)"),
    DeliveryState.EXHAUSTED:  Words("Tentatives épuisées", "Every attempt failed; it can be sent again"),
    DeliveryState.SKIPPED:    Words("Écarté", "It was given up on purpose; it can be sent again"),
}

PAYLOADS: Mapping[Payload, Words] = {
    Payload.FULL:     Words("Données choisies", "The curated data of the event, in `data`"),
    Payload.THIN:     Words("Identifiants seuls", "Identifiers and the status, and a `link` to the rest"),
    Payload.DOCUMENT: Words("Votre document", "What your own query answers, in `data` and `errors`"),
}

FORMATS: Mapping[Format, Words] = {
    Format.STANDARD:    Words("Enveloppe de Bordereau", "Our envelope, `application/json`"),
    Format.CLOUDEVENTS: Words("CloudEvents 1.0", "A structured CloudEvent, `application/cloudevents+json`"),
}

ORDERINGS: Mapping[Ordering, Words] = {
    Ordering.PER_SUBJECT: Words("Par objet", "The messages of one object go one after the other"),
    Ordering.NONE:        Words("Aucun", "Everything may go in parallel"),
}

ON_BLOCKED: Mapping[OnBlocked, Words] = {
    OnBlocked.HOLD:       Words("Retenir", "The next of an object waits until the one before is accepted or exhausted"),
    OnBlocked.SKIP_AFTER: Words("Écarter après un délai", "What holds others for longer than `skipAfterSeconds` is given up; it can be sent again"),
}

SKIP_REASONS: Mapping[SkipReason, Words] = {
    SkipReason.RESUMED_WITHOUT:  Words("Écarté à la reprise", "The endpoint was resumed without it"),
    SkipReason.ENDPOINT_DELETED: Words("Point de réception supprimé", "The endpoint was deleted"),
    SkipReason.BLOCKED_TOO_LONG: Words("Bloquait trop longtemps", "It failed longer than `skipAfterSeconds` while others of its object waited"),
    SkipReason.REPLAY_CANCELLED: Words("Rejeu annulé", "The replay that sent it was cancelled, or failed, before it was accepted"),
}

NEXT_ATTEMPTS: Mapping[NextAttempt, Words] = {
    NextAttempt.SCHEDULE:    Words("Calendrier", "The schedule of the site"),
    NextAttempt.RETRY_AFTER: Words("Retry-After", "The receiver asked to wait"),
    NextAttempt.PROBE:       Words("Sonde", "The endpoint is degraded: the next probe, which counts against no schedule"),
    NextAttempt.DELIVERED:   Words("Reçu", "There is none: it was accepted"),
    NextAttempt.EXHAUSTED:   Words("Épuisé", "There is none: it was the last of the schedule"),
}

ERROR_KINDS: Mapping[ErrorKind, Words] = {
    ErrorKind.REFUSED_ADDRESS: Words("Adresse refusée", "The name leads to an address that may not be reached"),
    ErrorKind.NAME:        Words("Nom introuvable", "The name has no address"),
    ErrorKind.CONNECT:     Words("Connexion impossible", "Nothing listens there, or the network is down"),
    ErrorKind.TLS:         Words("TLS", "The certificate or the encryption was refused"),
    ErrorKind.TIMEOUT:     Words("Délai dépassé", "No complete answer in time"),
    ErrorKind.CUT:         Words("Connexion coupée", "The connection was closed in the middle"),
    ErrorKind.PROTOCOL:    Words("Protocole", "The answer is not HTTP"),
    ErrorKind.URL:         Words("Adresse inutilisable", "The URL cannot be used"),
    ErrorKind.STATUS:      Words("Statut HTTP", "The answer is not a success; see `status`"),
    ErrorKind.TOKEN:       Words("Jeton non obtenu", "The token endpoint of the receiver gave no access token; see `detail`"),
    ErrorKind.SEALED:      Words("Secrets illisibles", "The secrets of the endpoint cannot be opened since SECRET_KEY changed: rotate its secret, give its credentials and headers again"),
    ErrorKind.INTERRUPTED: Words("Interrompu", "Our worker stopped; the message is sent again"),
}

SIGNATURES: Mapping[Signature, Words] = {
    Signature.HMAC:    Words("Secret partagé", "HMAC-SHA256 with the secret of the endpoint (`v1`)"),
    Signature.ED25519: Words("Clé du site", "Ed25519 with the key pair of the site (`v1a`)"),
}

AUTH_KINDS: Mapping[AuthKind, Words] = {
    AuthKind.NONE:        Words("Aucune", "The signature alone"),
    AuthKind.BASIC:       Words("Utilisateur et mot de passe", "`Authorization: Basic` (RFC 7617)"),
    AuthKind.OAUTH2:      Words("OAuth 2", "A token by client credentials (RFC 6749)"),
    AuthKind.CERTIFICATE: Words("Certificat client", "A certificate presented in TLS"),
}

CLIENT_PROOFS: Mapping[ClientProof, Words] = {
    ClientProof.HEADER: Words("En-tête", "In `Authorization: Basic`"),
    ClientProof.BODY:   Words("Corps", "In the form, as `client_id` and `client_secret`"),
}

RESUMES: Mapping[Resume, Words] = {
    Resume.ALL:   Words("Tout", "Everything that waited is sent"),
    Resume.SINCE: Words("Depuis", "What came after the cursor is sent, the rest is given up"),
    Resume.NOW:   Words("Maintenant", "Everything that waited is given up"),
}

EXPLANATIONS: Mapping[Why, Words] = {
    Why.BEFORE_ITS_TIME:        Words("Antérieur au point de réception", "It happened before the endpoint was set up"),
    Why.NOT_VISIBLE:            Words("Non visible avec les droits du point de réception", "The endpoint was not given the right to see it"),
    Why.PING_OF_ANOTHER:        Words("Essai d'un autre point de réception", "It is the ping of another endpoint"),
    Why.ITS_OWN_TROUBLE:        Words("Vie du point de réception lui-même", "It is about this very endpoint: its other endpoints are told"),
    Why.KIND_NOT_ASKED:         Words("Nature d'évènement non demandée", "The endpoint did not ask for this kind"),
    Why.FILTERED_OUT:           Words("Écarté par le filtre", "The filter of the endpoint leaves it out"),
    Why.NOT_DISPATCHED_YET:     Words("Pas encore réparti", "It is about to be dispatched"),
    Why.WAS_NOT_ASKED_THEN:     Words("Non demandé au moment de la répartition", "The endpoint asks for it now, but did not when it was dispatched"),
    Why.ENDPOINT_PAUSED:        Words("Point de réception en pause", "It waits: the endpoint is paused"),
    Why.DOCUMENT_BUDGET_SPENT:  Words("Attend que votre document puisse être exécuté : ceux de la structure ont pris tout leur temps de la minute", "It waits for your document: those of the structure took all the time that they have in a minute. Nothing is lost, the order stays; ask for fewer fields, or by fewer endpoints"),
    Why.DOCUMENT_TO_RUN:        Words("Votre document va être exécuté", "Your document is about to be run for it"),
    Why.BEHIND_ANOTHER:         Words("Attend un envoi précédent du même objet", "It waits for an earlier delivery of the same object"),
    Why.ABOUT_TO_BE_SENT:       Words("Sur le point d'être envoyé", "It is due and about to be sent"),
    Why.WAITS_FOR_PROBE:        Words("Attend la reprise d'un point de réception dégradé", "The endpoint is degraded: one message is tried from time to time, the first success sends the rest"),
    Why.RECEIVER_ASKED_TO_WAIT: Words("Le récepteur a demandé d'attendre", "The receiver answered that it gets too much (429): nothing is sent before the time it asked for"),
    Why.WAITS_FOR_NEXT_ATTEMPT: Words("Attend la prochaine tentative", "It waits for its next attempt"),
    Why.RATE_LIMITED:           Words("Attend son tour au débit du point de réception", "It waits for its turn at the rate of the endpoint"),
    Why.BEING_SENT:             Words("En cours d'envoi", "It is being sent at this moment"),
    Why.DELIVERED:              Words("Reçu", "The receiver accepted it"),
    Why.EXHAUSTED:              Words("Tentatives épuisées", "Every attempt failed"),
    Why.RESUMED_WITHOUT:        Words("Écarté à la reprise", "The endpoint was resumed without it"),
    Why.ENDPOINT_DELETED:       Words("Point de réception supprimé", "The endpoint was deleted"),
    Why.BLOCKED_TOO_LONG:       Words("Bloquait trop longtemps", "It failed longer than `skipAfterSeconds` while others of its object waited"),
    Why.REPLAY_CANCELLED:       Words("Rejeu annulé", "The replay that sent it was cancelled, or failed, before it was accepted"),
    Why.REPLAY_TO_COME:         Words("Un rejeu va l'envoyer", "A replay that goes on has yet to come to it"),
    Why.NO_LONGER_KEPT:         Words("Trace effacée après la durée de conservation", "It is so old that what became of it is no longer kept; a replay sends it again"),
}

REPLAY_STATES: Mapping[ReplayState, Words] = {
    ReplayState.RUNNING:   Words("En cours", "Its messages are being queued and sent"),
    ReplayState.FINISHED:  Words("Terminé", "Every message was accepted or given up"),
    ReplayState.CANCELLED: Words("Annulé", "What was not sent will not be"),
    ReplayState.FAILED:    Words("Échoué", "The server could not go on with it, several times in a row; what was not sent will not be. The operator finds the cause in the log of the workers; start another replay when it is mended"),
}

PROBE_STATES: Mapping[ProbeState, Words] = {
    ProbeState.ASKED:   Words("Demandée", "A worker is about to send it"),
    ProbeState.RUNNING: Words("En cours", "Its messages are being sent"),
    ProbeState.DONE:    Words("Terminée", "Every message was answered or not, and judged"),
}
# fmt: on
