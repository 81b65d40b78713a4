"""Makes clients and passwords, for the command line and the demonstration data."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from auth.models import AuthMethod, Client, ClientSecret, hashed
from auth.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from auth.scopes import SCOPES
from domain.accounts.models import Account
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = ("authorization_code", "refresh_token", "client_credentials", DEVICE)
# Printable ASCII without quotes, wildcards nor fragment.
_URI = re.compile(r"[!$-)+-\[\]-~]+\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NewClient(NamedTuple):
    """A client and its secret, shown this once; a public client has none."""

    client: Client
    secret: str | None


async def create_client(
    name: str,
    grants: Iterable[str],
    scopes: Iterable[str],
    redirect_uris: Sequence[str] = (),
    *,
    structure_id: str | None = None,
    is_confidential: bool = True,
    is_trusted: bool = False,
    post_logout_redirect_uris: Sequence[str] = (),
) -> NewClient:
    """Register a client. What it may do is the rights attached to its id, like a person's.

    Raises:
        ValueError: the registration makes no sense or would be unsafe; the message says why.
    """
    grant_types, scope = list(grants), list(scopes)
    if problems := list(
        _problems(
            grant_types,
            scope,
            [*redirect_uris, *post_logout_redirect_uris],
            is_confidential=is_confidential,
        )
    ):
        raise ValueError(" ".join(problems))
    # Letters and digits: some libraries escape the rest in the Authorization header, some do not.
    secret = secrets.token_hex(32) if is_confidential else None
    async with transaction():
        client = await Client.create(
            id=new_id("cli"),
            name=name,
            structure_id=structure_id,
            auth_method=AuthMethod.SECRET_BASIC if is_confidential else AuthMethod.NONE,
            grant_types=" ".join(grant_types),
            scope=" ".join(scope),
            redirect_uris=" ".join(redirect_uris),
            post_logout_redirect_uris=" ".join(post_logout_redirect_uris),
            is_trusted=is_trusted,
            created_at=real_now(),
            updated_at=real_now(),
        )
        if secret is not None:
            await ClientSecret.create(
                id=new_id("sec"),
                client_id=client.id,
                secret_hash=hashed(secret),
                created_at=real_now(),
            )
    return NewClient(client, secret)


async def set_password(account: Account, password: str) -> None:
    """Give the account a password.

    Raises:
        ValueError: too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ValueError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    password_hash = await hash_password(password)
    async with transaction():
        await Account.filter(id=account.id).update(
            password_hash=password_hash, updated_at=real_now()
        )
    account.password_hash = password_hash


def _problems(
    grants: Sequence[str], scopes: Sequence[str], uris: Sequence[str], *, is_confidential: bool
) -> Iterable[str]:
    yield from (f"Unknown grant {g}." for g in grants if g not in GRANTS)
    yield from (f"Unknown scope {s}." for s in scopes if s not in SCOPES)
    yield from (f"Unsafe redirect URI {u}." for u in uris if not is_safe_redirect(u))
    if not grants:
        yield "A client needs a grant."
    if not scopes:
        yield "A client needs a scope."
    if "authorization_code" in grants and not uris:
        yield "The authorization_code grant needs a redirect URI."
    if "client_credentials" in grants and not is_confidential:
        yield "A client without a secret cannot act in its own name."


def is_safe_redirect(uri: str) -> bool:
    """Only https, http on this machine, or an application's own scheme (RFC 8252 §7)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not _URI.match(uri) or parts.username is not None:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return parts.hostname in _LOOPBACK
    # Reverse domain names only: never javascript:, data: and their like.
    return "." in parts.scheme


async def ensure_explorer(client_id: str, redirect_uri: str) -> None:
    """The public first-party client of the explorer, at the address where it is served now."""
    values: dict[str, Any] = {
        "name": "GraphiQL",
        "auth_method": AuthMethod.NONE,
        "grant_types": "authorization_code refresh_token",
        "scope": " ".join(SCOPES),
        "redirect_uris": redirect_uri,
        "post_logout_redirect_uris": redirect_uri,
        "is_trusted": True,
        "updated_at": real_now(),
    }
    async with transaction():
        if not await Client.filter(id=client_id).update(**values):
            await Client.create(id=client_id, created_at=real_now(), **values)
