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


# fmt: off
EVENT_KINDS: Mapping[str, EventKind] = {
    "invoice.draft_saved":    EventKind("invoice",   "Brouillon de facture enregistré",              "Invoice draft saved"),
    "invoice.submitted":      EventKind("invoice",   "Facture déposée",                              "Invoice submitted"),
    "invoice.status_changed": EventKind("invoice",   "Statut de la facture modifié",                 "Invoice status changed"),
    "invoice.acknowledged":   EventKind("invoice",   "Rejet ou suspension acquitté par le fournisseur", "Rejection or suspension acknowledged by the supplier"),
    "invoice.rejection_handled": EventKind("invoice", "Rejet traité par le fournisseur",             "Rejection handled by the supplier"),
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
    "member.requested":       EventKind("attachment", "Rattachement demandé",                        "Attachment requested"),
    "member.joined":          EventKind("attachment", "Utilisateur rattaché",                        "Member attached"),
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
    "account.logged_out":     EventKind("account",   "Connexions fermées",                           "Log-ins ended"),
    "accounts.imported":      EventKind("import",    "Comptes importés",                             "Accounts imported"),
    "webhook.ping":           EventKind("webhook_endpoint", "Essai du point de réception",           "Endpoint ping"),
    "webhook.endpoint_paused": EventKind("webhook_endpoint", "Point de réception mis en pause",      "Endpoint paused"),
    "webhook.deliveries_exhausted": EventKind("webhook_endpoint", "Tentatives d'envoi épuisées",     "Delivery attempts exhausted"),
    "consent.granted":        EventKind("consent",   "Application autorisée",                        "Application allowed"),
    "consent.withdrawn":      EventKind("consent",   "Autorisation retirée à une application",       "Application no longer allowed"),
}
# fmt: on
