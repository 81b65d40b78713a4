"""Every kind of event: what it is about and what it says, in both languages.

A kind is recorded only if it stands here, and stands here only if something records it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EventKind:
    """One kind of event. `subject` is the kind of object that the event is about."""

    subject: str
    fr: str
    en: str


# What events are about.
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "invoice": ("Facture", "Invoice"),
    "works_piece": ("Pièce de facturation de travaux", "Works billing piece"),
    "billing_file": ("Dossier de facturation", "Billing file"),
    "structure": ("Structure, avec ses services, mandats et espaces", "Structure, with its parts"),
    "attachment": ("Rattachement", "Attachment"),
    "account": ("Compte", "Account"),
    "consent": ("Autorisation d'une application", "Consent"),
    "connection": ("Raccordement", "Connection"),
    "technical_account": ("Compte technique", "Technical account"),
    "delegation": ("Délégation", "Delegation"),
    "contract": ("Marché", "Contract"),
    "webhook_endpoint": ("Point de réception", "Webhook endpoint"),
    "event_consumer": ("Groupe de relève", "Event consumer"),
    "import": ("Import", "Import"),
    "sandbox": ("Horloge du bac à sable", "Clock of the sandbox"),
}
# What carries a change of status.
STATUS_CHANGES = frozenset(
    f"{kind}.{fact}"
    for kind in ("invoice", "works_piece")
    for fact in ("submitted", "status_changed")
)

# fmt: off
EVENT_KINDS: Mapping[str, EventKind] = {
    "invoice.draft_saved":    EventKind("invoice",   "Brouillon de facture enregistré",              "Invoice draft saved"),
    "invoice.submitted":      EventKind("invoice",   "Facture déposée",                              "Invoice submitted"),
    "invoice.status_changed": EventKind("invoice",   "Statut de la facture modifié",                 "Invoice status changed"),
    "invoice.acknowledged":   EventKind("invoice",   "Rejet ou suspension acquitté par le fournisseur", "Rejection or suspension acknowledged by the supplier"),
    "invoice.rejection_handled": EventKind("invoice", "Rejet traité par le fournisseur",             "Rejection handled by the supplier"),
    "works_piece.draft_saved":    EventKind("works_piece", "Brouillon de pièce de travaux enregistré", "Works piece draft saved"),
    "works_piece.submitted":      EventKind("works_piece", "Pièce de travaux déposée",                 "Works piece submitted"),
    "works_piece.status_changed": EventKind("works_piece", "Statut de pièce de travaux changé",        "Status of works piece changed"),
    "works_piece.acknowledged":   EventKind("works_piece", "Refus ou suspension de pièce acquitté",    "Refusal or suspension of a piece acknowledged"),
    "works_piece.rejection_handled": EventKind("works_piece", "Refus de pièce traité",                 "Refusal of a piece handled"),
    "works_piece.contested":      EventKind("works_piece", "Montant corrigé contesté par le titulaire", "Corrected amount disputed by the holder"),
    "works_piece.tacit_procedure_opened": EventKind("works_piece", "Procédure tacite ouverte : pas de décompte général à temps", "Tacit procedure open: no general statement in time"),
    "works_piece.became_final":   EventKind("works_piece", "Projet du titulaire devenu définitif : pas de réponse à temps", "Holder's draft became final: no answer in time"),
    "works_piece.deemed_accepted": EventKind("works_piece", "Décompte général réputé accepté : pas de réponse à temps", "General statement deemed accepted: no answer in time"),
    "billing_file.opened":        EventKind("billing_file", "Dossier de facturation ouvert",           "Billing file opened"),
    "billing_file.piece_added":   EventKind("billing_file", "Pièce ajoutée au dossier",                "Piece added to the file"),
    "billing_file.progressed":    EventKind("billing_file", "Dossier attendu d'un autre acteur ou terminé", "File waits for another actor, or is over"),
    "structure.created":      EventKind("structure", "Structure créée",                              "Structure created"),
    "structure.updated":      EventKind("structure", "Structure modifiée",                           "Structure updated"),
    "structures.imported":    EventKind("import",    "Annuaire importé",                             "Directory imported"),
    "service.opened":         EventKind("structure", "Service ouvert",                               "Service opened"),
    "service.updated":        EventKind("structure", "Service modifié",                              "Service updated"),
    "service.closed":         EventKind("structure", "Service fermé",                                "Service closed"),
    "bank_account.added":     EventKind("structure", "Coordonnées bancaires ajoutées",               "Bank account added"),
    "bank_account.removed":   EventKind("structure", "Coordonnées bancaires supprimées",             "Bank account removed"),
    "mandate.signed":         EventKind("structure", "Mandat de facturation signé",                  "Invoicing mandate signed"),
    "mandate.revoked":        EventKind("structure", "Mandat de facturation révoqué",                "Invoicing mandate revoked"),
    "terms.accepted":         EventKind("account",   "Conditions générales acceptées",               "Terms of use accepted"),
    "account.factor_added":    EventKind("account", "Second facteur ajouté",                     "Second factor added"),
    "account.factor_renamed":  EventKind("account", "Second facteur renommé",                    "Second factor renamed"),
    "account.factor_removed":  EventKind("account", "Second facteur retiré",                     "Second factor removed"),
    "account.factor_suspected": EventKind("account", "Clé de sécurité suspecte, bloquée",        "Security key suspected, blocked"),
    "account.factors_reset":   EventKind("account", "Seconds facteurs réinitialisés",            "Second factors reset"),
    "account.recovery_codes_made": EventKind("account", "Codes de secours renouvelés",           "Recovery codes made again"),
    "account.recovery_code_used": EventKind("account", "Code de secours utilisé",                "Recovery code used"),
    "account.invited":        EventKind("account",   "Compte repris ou invité",                      "Account carried over or invited"),
    "account.activated":      EventKind("account",   "Compte activé",                                "Account activated"),
    "account.awaiting":       EventKind("account",   "Compte en attente d'approbation",              "Account waiting for approval"),
    "account.approved":       EventKind("account",   "Compte approuvé",                              "Account approved"),
    "account.refused":        EventKind("account",   "Compte refusé",                                "Account refused"),
    "account.password_changed": EventKind("account", "Mot de passe changé",                          "Password changed"),
    "account.email_change_asked": EventKind("account", "Changement d'adresse demandé",               "Change of address asked"),
    "account.email_changed":  EventKind("account",   "Adresse de connexion changée",                 "Log-in address changed"),
    "account.email_kept":     EventKind("account",   "Changement d'adresse contesté",                "Change of address contested"),
    "account.data_exported":  EventKind("account",   "Données personnelles remises",                 "Personal data handed over"),
    "account.erased":         EventKind("account",   "Compte effacé",                                "Account erased"),
    "account.logged_out":     EventKind("account",   "Connexions fermées",                           "Log-ins ended"),
    "accounts.imported":      EventKind("import",    "Comptes importés",                             "Accounts imported"),
    "member.requested": EventKind("attachment", "Rattachement demandé", "Attachment requested"),
    "member.joined": EventKind("attachment", "Utilisateur rattaché d'office", "Member attached at once"),
    "member.accepted": EventKind("attachment", "Rattachement accepté", "Attachment accepted"),
    "member.refused": EventKind("attachment", "Rattachement refusé", "Attachment refused"),
    "member.cancelled": EventKind("attachment", "Demande de rattachement annulée", "Attachment request cancelled"),
    "member.role_changed": EventKind("attachment", "Rôle de l'utilisateur modifié", "Role of a member changed"),
    "member.spaces_changed": EventKind("attachment", "Espaces de l'utilisateur modifiés", "Spaces of a member changed"),
    "member.spaces_requested": EventKind("attachment", "Espaces demandés", "Spaces requested"),
    "member.spaces_refused": EventKind("attachment", "Espaces refusés", "Spaces refused"),
    "member.spaces_cancelled": EventKind("attachment", "Demande d'espaces annulée", "Request for spaces cancelled"),
    "member.deactivated": EventKind("attachment", "Utilisateur désactivé", "Member deactivated"),
    "member.reactivated": EventKind("attachment", "Utilisateur réactivé", "Member reactivated"),
    "member.removed": EventKind("attachment", "Rattachement supprimé", "Member removed"),
    "member.left": EventKind("attachment", "Structure quittée par l'utilisateur", "Member left"),
    "structure.main_manager_changed": EventKind("structure", "Gestion principale transmise", "Main management changed hands"),
    "structure.siret_change_declared": EventKind("structure", "Changement de SIRET déclaré", "Change of SIRET declared"),
    "structure.siret_change_confirmed": EventKind("structure", "Changement de SIRET confirmé", "Change of SIRET confirmed"),
    "structure.siret_change_refused": EventKind("structure", "Changement de SIRET refusé", "Change of SIRET refused"),
    "space.opened": EventKind("structure", "Espace ouvert", "Space opened"),
    "space.closed": EventKind("structure", "Espace fermé", "Space closed"),
    "connection.requested":   EventKind("connection", "Raccordement demandé",                        "Connection requested"),
    "connection.accepted":    EventKind("connection", "Raccordement accepté",                        "Connection accepted"),
    "connection.refused":     EventKind("connection", "Raccordement refusé",                         "Connection refused"),
    "connection.activated":   EventKind("connection", "Raccordement activé",                         "Connection activated"),
    "connection.suspended":   EventKind("connection", "Raccordement suspendu",                       "Connection suspended"),
    "connection.resumed":     EventKind("connection", "Raccordement repris",                         "Connection resumed"),
    "connection.closed":      EventKind("connection", "Raccordement clos",                           "Connection closed"),
    "technical_account.created": EventKind("technical_account", "Compte technique créé",             "Technical account created"),
    "technical_account.updated": EventKind("technical_account", "Compte technique modifié",          "Technical account updated"),
    "technical_account.secret_rotated": EventKind("technical_account", "Secret du compte technique renouvelé", "Secret of the technical account rotated"),
    "technical_account.secret_expiring": EventKind("technical_account", "Secret du compte technique proche de sa fin", "Secret of the technical account near its end"),
    "technical_account.secret_expired": EventKind("technical_account", "Secret du compte technique échu", "Secret of the technical account expired"),
    "technical_account.review_asked": EventKind("technical_account", "Compte technique dont plus personne ne répond", "Technical account for which nobody answers any more"),
    "technical_account.revoked": EventKind("technical_account", "Compte technique révoqué",          "Technical account revoked"),
    "delegation.granted":     EventKind("delegation", "Délégation accordée",                         "Delegation granted"),
    "delegation.withdrawn":   EventKind("delegation", "Délégation retirée",                          "Delegation withdrawn"),
    "delegation.expired":     EventKind("delegation", "Délégation échue",                            "Delegation expired"),
    "contract.proposed":      EventKind("contract", "Marché proposé",                                "Contract proposed"),
    "contract.amended":       EventKind("contract", "Avenant au marché proposé",                     "Amendment to the contract proposed"),
    "contract.role_accepted": EventKind("contract", "Rôle accepté dans le marché",                   "Role in the contract accepted"),
    "contract.role_declined": EventKind("contract", "Rôle décliné dans le marché",                   "Role in the contract declined"),
    "contract.subcontractor_admitted": EventKind("contract", "Sous-traitant admis au paiement direct", "Subcontractor admitted to direct payment"),
    "contract.subcontractor_refused": EventKind("contract", "Paiement direct refusé au sous-traitant", "Direct payment refused to the subcontractor"),
    "contract.agreed":        EventKind("contract", "Termes du marché convenus",                     "Terms of the contract agreed"),
    "contract.amendment_withdrawn": EventKind("contract", "Avenant au marché retiré",                "Amendment to the contract withdrawn"),
    "contract.withdrawn":     EventKind("contract", "Proposition de marché retirée",                 "Proposal of a contract withdrawn"),
    "contract.closed":        EventKind("contract", "Marché clos",                                   "Contract closed"),
    "webhook.ping":           EventKind("webhook_endpoint", "Essai du point de réception",           "Endpoint ping"),
    "webhook.endpoint_created": EventKind("webhook_endpoint", "Point de réception créé",             "Endpoint created"),
    "webhook.endpoint_updated": EventKind("webhook_endpoint", "Point de réception modifié",          "Endpoint updated"),
    "webhook.endpoint_review_asked": EventKind("webhook_endpoint", "Revue du point de réception demandée", "Review of the endpoint asked"),
    "webhook.endpoint_degraded": EventKind("webhook_endpoint", "Point de réception dégradé",         "Endpoint degraded"),
    "webhook.endpoint_recovered": EventKind("webhook_endpoint", "Point de réception rétabli",        "Endpoint recovered"),
    "webhook.endpoint_paused": EventKind("webhook_endpoint", "Point de réception mis en pause",      "Endpoint paused"),
    "webhook.endpoint_resumed": EventKind("webhook_endpoint", "Point de réception repris",           "Endpoint resumed"),
    "webhook.endpoint_deleted": EventKind("webhook_endpoint", "Point de réception supprimé",         "Endpoint deleted"),
    "webhook.endpoint_secret_rotated": EventKind("webhook_endpoint", "Secret du point de réception renouvelé", "Endpoint secret rotated"),
    "webhook.delivery_skipped": EventKind("webhook_endpoint", "Envoi écarté : il bloquait son objet", "Delivery skipped: it blocked its object"),
    "webhook.deliveries_exhausted": EventKind("webhook_endpoint", "Tentatives d'envoi épuisées",     "Delivery attempts exhausted"),
    "webhook.certificate_expiring": EventKind("webhook_endpoint", "Certificat client proche de sa fin", "Client certificate near its end"),
    "event_consumer.created": EventKind("event_consumer", "Groupe de relève créé",                   "Event consumer created"),
    "event_consumer.updated": EventKind("event_consumer", "Groupe de relève modifié",                "Event consumer updated"),
    "event_consumer.moved":   EventKind("event_consumer", "Groupe de relève déplacé",                "Event consumer moved"),
    "event_consumer.deleted": EventKind("event_consumer", "Groupe de relève supprimé",               "Event consumer deleted"),
    "event_consumer.event_set_aside": EventKind("event_consumer", "Évènement mis à l'écart par un groupe de relève", "Event set aside by a consumer"),
    "webhook.replay_started":  EventKind("webhook_endpoint", "Rejeu commencé",                       "Replay started"),
    "webhook.replay_finished": EventKind("webhook_endpoint", "Rejeu terminé",                        "Replay finished"),
    "webhook.replay_cancelled": EventKind("webhook_endpoint", "Rejeu annulé",                        "Replay cancelled"),
    "webhook.replay_failed":  EventKind("webhook_endpoint", "Rejeu échoué",                          "Replay failed"),
    "webhook.probe_finished": EventKind("webhook_endpoint", "Sonde de conformité terminée",          "Conformance probe finished"),
    "consent.granted":        EventKind("consent",   "Application autorisée",                        "Application allowed"),
    "consent.withdrawn":      EventKind("consent",   "Autorisation retirée à une application",       "Application no longer allowed"),
    "account.identity_linked": EventKind("account",  "Compte lié à un fournisseur d'identité",       "Account linked to an identity provider"),
    "account.identity_unlinked": EventKind("account", "Compte délié d'un fournisseur d'identité",    "Account unlinked from an identity provider"),
    "sandbox.advanced": EventKind("sandbox", "Horloge du bac à sable avancée", "Clock of the sandbox moved ahead"),
}
# fmt: on
