"""What the authorization server holds about a person: log-ins, links, factors, consents."""

from __future__ import annotations

from auth.devices import close_all
from domain.accounts.personal_data import Holding, Person, Rows, deleting, hold, rows_of
from domain.db import fetch
from domain.reference.words import Words


async def _end_log_ins(person: Person) -> None:
    """Every log-in, code and token ends at once; nothing of them stays."""
    await close_all(person.id)
    await deleting(
        ("auth_session", "account_id"),
        ("auth_code", "account_id"),
        ("auth_refresh_token", "account_id"),
        ("auth_pending_login", "account_id"),
        ("auth_device", "account_id"),
    )(person)


async def _links(person: Person) -> Rows:
    rows = await fetch(
        "SELECT purpose, email, identifier_type, identifier, locale, created_at, expires_at,"
        " used_at FROM auth_link WHERE account_id = $1 OR email = $2",
        person.id,
        person.email,
    )
    return [dict(row) for row in rows]


async def _forget_links(person: Person) -> None:
    await deleting(("auth_link", "account_id"), ("auth_waiting", "account_id"))(person)
    await deleting(("auth_link", "email"), of="email")(person)


async def _forget_identities(person: Person) -> None:
    await deleting(
        ("auth_identity", "account_id"),
        ("auth_external_flow", "account_id"),
        ("auth_external_arrival", "account_id"),
    )(person)
    await deleting(("auth_external_arrival", "email"), of="email")(person)


_HASHES = ("token_hash", "code_hash", "device_code_hash", "user_code_hash", "code_challenge")

hold(
    Holding(
        "logIns",
        Words("Connexions", "Log-ins"),
        rows_of("auth_session", "account_id", without=_HASHES),
        _end_log_ins,
    ),
    Holding(
        "tokens",
        Words("Accès d'applications", "Access of applications"),
        rows_of("auth_refresh_token", "account_id", without=_HASHES),
    ),
    Holding(
        "consents",
        Words("Applications autorisées", "Applications that were allowed"),
        rows_of("auth_consent", "account_id"),
        deleting(("auth_consent", "account_id")),
    ),
    Holding(
        "identities",
        Words("Identités auprès de fournisseurs", "Identities at providers"),
        rows_of("auth_identity", "account_id"),
        _forget_identities,
    ),
    Holding(
        "factors",
        Words("Seconds facteurs", "Second factors"),
        rows_of("auth_factor", "account_id", without=("sealed_secret", "last_step")),
        deleting(
            ("auth_factor", "account_id"),
            ("auth_recovery_code", "account_id"),
            ("auth_email_code", "account_id"),
        ),
    ),
    Holding(
        "links",
        Words("Liens envoyés par courriel", "Links sent by e-mail"),
        _links,
        _forget_links,
    ),
)
