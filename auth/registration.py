"""Clients that developers register by themselves (RFC 7591), in a sandbox: never trusted, never in
their own name, closed when nobody uses them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from auth.models import AuthMethod, Client, ClientSecret, Registration, hashed
from auth.provisioning import DEVICE, is_safe_redirect
from auth.scopes import SCOPES
from domain.access import Permission
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id
from domain.text import faults

MAX_CLIENTS = 1_000
MAX_URIS = 10
MAX_URI = 500
MAX_NAME = 100
GRANTS = ("authorization_code", "refresh_token", DEVICE)
# What no client of that kind is ever given.
_KEPT_BACK = (Permission.ADMINISTER.value,)
_SEEN_EVERY = timedelta(hours=1)


class NotRegistered(Exception):
    """The registration is refused. The reason is for the client's developer."""

    def __init__(self, error: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.status = status


@dataclass(frozen=True)
class Wanted:
    """A client as its developer describes it, once everything in it is known to be right."""

    name: str
    auth_method: AuthMethod
    grants: tuple[str, ...]
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]


def wanted_in(body: bytes) -> Wanted:
    """The client that a registration request describes. What we do not know in it is ignored.

    Raises:
        NotRegistered: it is not a description, or of a client that we do not take.
    """
    try:
        given = orjson.loads(body)
    except ValueError as error:
        raise _wrong("The body must be JSON.") from error
    if not isinstance(given, dict):
        raise _wrong("The body must be a JSON object.")
    grants = _texts(given, "grant_types") or ("authorization_code",)
    uris = _uris(given, "redirect_uris")
    if unknown := [g for g in grants if g not in GRANTS]:
        raise _wrong(f"grant_types: {unknown[0]} is not for a client that registers itself.")
    if "authorization_code" in grants and not uris:
        raise NotRegistered("invalid_redirect_uri", "redirect_uris: one address is needed.")
    if any(kind != "code" for kind in _texts(given, "response_types")):
        raise _wrong("response_types: only code.")
    return Wanted(
        name=_name(given),
        auth_method=_auth_method(given),
        grants=grants,
        scopes=_scopes(given),
        redirect_uris=uris,
        post_logout_redirect_uris=_uris(given, "post_logout_redirect_uris"),
    )


async def register(wanted: Wanted) -> Mapping[str, Any]:
    """The client registered: what its developer is told, and the secret this once.

    Raises:
        NotRegistered: there are as many as the site takes.
    """
    at = real_now()
    secret = None if wanted.auth_method is AuthMethod.NONE else secrets.token_hex(32)
    async with transaction():
        if await Registration.all().count() >= MAX_CLIENTS:
            raise NotRegistered("temporarily_unavailable", "There are too many clients.", 503)
        client = await Client.create(
            id=new_id("cli"),
            name=wanted.name,
            auth_method=wanted.auth_method,
            grant_types=" ".join(wanted.grants),
            scope=" ".join(wanted.scopes),
            redirect_uris=" ".join(wanted.redirect_uris),
            post_logout_redirect_uris=" ".join(wanted.post_logout_redirect_uris),
            created_at=at,
            updated_at=at,
        )
        await Registration.create(client_id=client.id, registered_at=at, last_used_at=at)
        if secret is not None:
            await ClientSecret.create(
                id=new_id("sec"), client_id=client.id, secret_hash=hashed(secret), created_at=at
            )
    told = {
        "client_id": client.id,
        "client_id_issued_at": int(at.timestamp()),
        "client_name": client.name,
        "token_endpoint_auth_method": wanted.auth_method.value,
        "grant_types": list(wanted.grants),
        "response_types": ["code"] if "authorization_code" in wanted.grants else [],
        "redirect_uris": list(wanted.redirect_uris),
        "post_logout_redirect_uris": list(wanted.post_logout_redirect_uris),
        "scope": client.scope,
    }
    return told | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})


async def is_self_registered(client: Client) -> bool:
    """Whether nobody of the site knows this client."""
    return await Registration.exists(client_id=client.id)


async def note_use(client_id: str) -> None:
    """Keep a client that is used from being closed."""
    at = real_now()
    async with transaction():
        await Registration.filter(client_id=client_id, last_used_at__lt=at - _SEEN_EVERY).update(
            last_used_at=at
        )


def _name(given: Mapping[str, Any]) -> str:
    name = given.get("client_name", "")
    if not isinstance(name, str) or not name.strip():
        raise _wrong("client_name: a name is needed, people see it.")
    if list(faults(name, MAX_NAME)):
        raise _wrong(f"client_name: at most {MAX_NAME} readable characters.")
    return name.strip()


def _auth_method(given: Mapping[str, Any]) -> AuthMethod:
    try:
        return AuthMethod(given.get("token_endpoint_auth_method", AuthMethod.SECRET_BASIC.value))
    except ValueError as error:
        raise _wrong("token_endpoint_auth_method: not one of this server's.") from error


def _scopes(given: Mapping[str, Any]) -> tuple[str, ...]:
    asked = given.get("scope")
    if asked is None:
        asked = " ".join(SCOPES)
    if not isinstance(asked, str):
        raise _wrong("scope: names separated by spaces.")
    names = tuple(dict.fromkeys(asked.split()))
    if unknown := [name for name in names if name not in SCOPES]:
        raise _wrong(f"scope: {unknown[0][:60]} is unknown.")
    kept = tuple(name for name in names if name not in _KEPT_BACK)
    if not kept:
        raise _wrong("scope: nothing that such a client may have.")
    return kept


def _uris(given: Mapping[str, Any], field: str) -> tuple[str, ...]:
    uris = _texts(given, field)
    if len(uris) > MAX_URIS:
        raise NotRegistered("invalid_redirect_uri", f"{field}: at most {MAX_URIS} addresses.")
    for uri in uris:
        if len(uri) > MAX_URI or not is_safe_redirect(uri):
            reason = f"{field}: https, http on this machine, or a scheme like com.example.app."
            raise NotRegistered("invalid_redirect_uri", reason)
    return uris


def _texts(given: Mapping[str, Any], field: str) -> tuple[str, ...]:
    listed = given.get(field, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise _wrong(f"{field}: a list of texts.")
    return tuple(dict.fromkeys(listed))


def _wrong(reason: str) -> NotRegistered:
    return NotRegistered("invalid_client_metadata", reason)
