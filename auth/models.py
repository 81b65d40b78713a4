"""What the authorization server remembers: clients, what it issued, log-ins, signing keys.

The methods named `check_…` and `get_…` are the ones that Authlib's grants ask for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from authlib.oauth2.rfc6749 import InvalidClientError
from tortoise import fields
from tortoise.models import Model

from auth.factors.methods import acr_of
from domain.clock import real_now
from domain.connections.models import TechnicalAccount, TechnicalStatus

# `cli_…`, or the plain name of one of the site's own clients.
_CLIENT_ID = re.compile(r"[a-z0-9_]{1,30}\Z")


# Why a technical account is refused, for its developer.
SHUT = {
    TechnicalStatus.SUSPENDED: "The connection of this technical account is suspended.",
    TechnicalStatus.REVOKED: "This technical account was revoked.",
}


def hashed(secret: str) -> str:
    """How a secret of full entropy is kept: SHA-256, which needs no slowness nor salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


class AuthMethod(StrEnum):
    """How a client proves who it is at the token endpoint."""

    NONE = "none"
    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a name
    SECRET_POST = "client_secret_post"  # noqa: S105 - a name


class Client(Model):
    """An OAuth client: a browser application, or a machine that acts in its own name."""

    id = fields.CharField(primary_key=True, max_length=30)
    name = fields.CharField(max_length=200)
    structure_id = fields.CharField(max_length=30, null=True)
    auth_method = fields.CharEnumField(AuthMethod, max_length=20)
    grant_types = fields.TextField()
    scope = fields.TextField()
    redirect_uris = fields.TextField()
    post_logout_redirect_uris = fields.TextField(default="")
    is_trusted = fields.BooleanField(default=False)
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    # Its secrets, and why it is refused though one of them is right; read with the client.
    secrets: tuple[ClientSecret, ...] = ()
    refused_because: str | None = None
    # The one by which it logged in: what it gets from it falls with it.
    secret_used: str | None = None

    class Meta:
        table = "auth_client"

    @property
    def is_confidential(self) -> bool:
        return self.auth_method != AuthMethod.NONE

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> str | None:
        uris = self.redirect_uris.split()
        return uris[0] if len(uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope to grant; None (refused) when one is asked that the client may not have."""
        asked = (scope or "").split()
        if not asked:
            return self.scope
        return " ".join(dict.fromkeys(asked)) if set(asked) <= set(self.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exact, but for the port of a program on the person's own machine (RFC 8252 §7.3)."""
        registered = self.redirect_uris.split()
        if redirect_uri in registered:
            return True
        # A client that needs no consent is never guessed from an address that anyone may listen on.
        if self.is_trusted or self.is_confidential:
            return False
        asked = _without_loopback_port(redirect_uri)
        return asked is not None and asked in map(_without_loopback_port, registered)

    def check_post_logout_redirect_uri(self, uri: str) -> bool:
        return uri in self.post_logout_redirect_uris.split()

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is one of its secrets; only who holds one learns why it is refused.

        Raises:
            InvalidClientError: the secret has ended, or its technical account is shut.
        """
        given = hashed(client_secret)
        held = [s for s in self.secrets if hmac.compare_digest(given, s.secret_hash)]
        if not held:
            return False
        if reason := self.refused_because or held[0].refusal():
            raise InvalidClientError(description=reason, status_code=401)
        self.secret_used = held[0].id
        return True

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        # Whoever holds the secret may send it either way: client libraries differ in their default.
        return (method != AuthMethod.NONE) == self.is_confidential

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types.split()


# The names of this machine by number: `localhost` may lead elsewhere, and stays exact.
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(/[^#]*)?\Z", re.ASCII)


def _without_loopback_port(uri: str) -> tuple[str, str] | None:
    match = _LOOPBACK.match(uri)
    return (match[1], match[2] or "") if match else None


class Registration(Model):
    """A client that its developer registered alone: never trusted, closed when it is not used."""

    client_id = fields.CharField(primary_key=True, max_length=30)
    registered_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()

    class Meta:
        table = "auth_registration"


class ClientSecret(Model):
    """One secret of a client; two are in force while one replaces the other."""

    id = fields.CharField(primary_key=True, max_length=30)
    client_id = fields.CharField(max_length=30)
    secret_hash = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    replaced_at = fields.DatetimeField(null=True)
    warned_days = fields.IntField(null=True)

    class Meta:
        table = "auth_client_secret"

    def refusal(self) -> str | None:
        """Why the secret is not accepted any more."""
        if in_force(self.expires_at):
            return None
        ended = self.expires_at.strftime("%Y-%m-%d %H:%M UTC") if self.expires_at else ""
        if self.replaced_at is not None:
            return f"This secret was replaced by a newer one and ended on {ended}."
        return f"This secret expired on {ended}. A manager of the structure makes a new one."


class Session(Model):
    """A person's log-in in one browser."""

    id = fields.CharField(primary_key=True, max_length=30)
    token_hash = fields.CharField(max_length=64)
    account_id = fields.CharField(max_length=30)
    methods = fields.CharField(max_length=100)
    user_agent = fields.CharField(max_length=255)
    address = fields.CharField(max_length=45)
    authenticated_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    # Written at most once a minute.
    last_seen_at = fields.DatetimeField()
    # When it ends if it is not used before.
    idle_until = fields.DatetimeField()

    class Meta:
        table = "auth_session"

    @property
    def ends_at(self) -> datetime:
        return min(self.expires_at, self.idle_until)


class AuthorizationCode(Model):
    """A code of the authorization endpoint: used once, within a minute."""

    id = fields.CharField(primary_key=True, max_length=30)
    code_hash = fields.CharField(max_length=64)
    family = fields.CharField(max_length=30)
    client_id = fields.CharField(max_length=30)
    account_id = fields.CharField(max_length=30)
    session_id = fields.CharField(max_length=30, null=True)
    redirect_uri = fields.TextField()
    scope = fields.TextField()
    nonce = fields.TextField(null=True)
    methods = fields.CharField(max_length=100)
    code_challenge = fields.CharField(max_length=128)
    code_challenge_method = fields.CharField(max_length=4)
    authenticated_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_code"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.authenticated_at.timestamp())

    def get_acr(self) -> str:
        return acr_of(self.methods)

    def get_amr(self) -> list[str]:
        return self.methods.split()


class RefreshToken(Model):
    """A refresh token: exchanged once for its successor of the same family."""

    id = fields.CharField(primary_key=True, max_length=30)
    token_hash = fields.CharField(max_length=64)
    family = fields.CharField(max_length=30)
    client_id = fields.CharField(max_length=30)
    account_id = fields.CharField(max_length=30)
    session_id = fields.CharField(max_length=30, null=True)
    scope = fields.TextField()
    methods = fields.CharField(max_length=100)
    authenticated_at = fields.DatetimeField()
    issued_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    rotated_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_refresh_token"

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: Client) -> bool:
        return self.client_id == client.id

    def is_expired(self) -> bool:
        return self.expires_at <= real_now()

    def is_revoked(self) -> bool:
        return self.revoked_at is not None or self.rotated_at is not None


class Device(Model):
    """A program without a browser that waits for a person to allow it (RFC 8628)."""

    id = fields.CharField(primary_key=True, max_length=30)
    device_code_hash = fields.CharField(max_length=64)
    user_code_hash = fields.CharField(max_length=64)
    family = fields.CharField(max_length=30)
    client_id = fields.CharField(max_length=30)
    scope = fields.TextField()
    is_approved = fields.BooleanField(null=True)
    account_id = fields.CharField(max_length=30, null=True)
    methods = fields.CharField(max_length=100, null=True)
    authenticated_at = fields.DatetimeField(null=True)
    interval_seconds = fields.IntField()
    polled_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    # The program outlives the log-in of the browser in which it was allowed.
    session_id = None

    class Meta:
        table = "auth_device"

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        # Authlib asks for what the person typed, which we do not keep.
        return self.id

    def is_expired(self) -> bool:
        return self.expires_at <= real_now()

    def get_nonce(self) -> str | None:
        return None

    def get_auth_time(self) -> int | None:
        return int(self.authenticated_at.timestamp()) if self.authenticated_at else None

    def get_acr(self) -> str | None:
        return None

    def get_amr(self) -> list[str]:
        return (self.methods or "").split()


class Consent(Model):
    """What a person allowed an application to do."""

    kind: ClassVar[str] = "consent"

    id = fields.CharField(primary_key=True, max_length=30)
    account_id = fields.CharField(max_length=30)
    client_id = fields.CharField(max_length=30)
    client_name = fields.CharField(max_length=200)
    scope = fields.TextField()
    granted_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)
    event_count = fields.BigIntField(default=0)

    class Meta:
        table = "auth_consent"


class Identity(Model):
    """A person as an external provider knows them, and the account that is theirs."""

    id = fields.CharField(primary_key=True, max_length=30)
    issuer = fields.CharField(max_length=255)
    subject = fields.CharField(max_length=255)
    account_id = fields.CharField(max_length=30)
    email = fields.CharField(max_length=254, null=True)
    siret = fields.CharField(max_length=20, null=True)
    linked_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()

    class Meta:
        table = "auth_identity"


class ExternalFlow(Model):
    """A person who was sent to the provider and has not come back."""

    id = fields.CharField(primary_key=True, max_length=30)
    state_hash = fields.CharField(max_length=64)
    browser_hash = fields.CharField(max_length=64)
    sealed = fields.TextField()
    goes_on = fields.TextField()
    account_id = fields.CharField(max_length=30, null=True)
    link_id = fields.CharField(max_length=30, null=True)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "auth_external_flow"


class ExternalArrival(Model):
    """A person whom the provider knows and we do not yet."""

    id = fields.CharField(primary_key=True, max_length=30)
    browser_hash = fields.CharField(max_length=64)
    link_hash = fields.CharField(max_length=64, null=True)
    issuer = fields.CharField(max_length=255)
    subject = fields.CharField(max_length=255)
    email = fields.CharField(max_length=254, null=True)
    display_name = fields.CharField(max_length=200)
    siret = fields.CharField(max_length=20, null=True)
    methods = fields.CharField(max_length=100)
    goes_on = fields.TextField()
    account_id = fields.CharField(max_length=30, null=True)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "auth_external_arrival"


class Denied(Model):
    """An access token (by `jti`), or a family of them, refused before it expires."""

    id = fields.CharField(primary_key=True, max_length=64)
    until = fields.DatetimeField()

    class Meta:
        table = "auth_denied"


class SigningKey(Model):
    """A key that signs access tokens, or signed some that are still valid."""

    id = fields.CharField(primary_key=True, max_length=30)
    kid = fields.CharField(max_length=64)
    sealed_jwk = fields.TextField()
    created_at = fields.DatetimeField()
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_signing_key"


class Purpose(StrEnum):
    """What a link sent by e-mail is for."""

    ACTIVATE = "ACTIVATE"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a name
    CHANGE_EMAIL = "CHANGE_EMAIL"
    # Sent to the former address: the way to object.
    KEEP_EMAIL = "KEEP_EMAIL"


class Link(Model):
    """A link sent by e-mail: used once. Its token is in the message alone."""

    id = fields.CharField(primary_key=True, max_length=30)
    purpose = fields.CharEnumField(Purpose, max_length=16)
    token_hash = fields.CharField(max_length=64)
    email = fields.CharField(max_length=254)
    account_id = fields.CharField(max_length=30, null=True)
    identifier_type = fields.CharField(max_length=30, null=True)
    identifier = fields.CharField(max_length=80, null=True)
    goes_on = fields.TextField()
    browser_hash = fields.CharField(max_length=64, null=True)
    locale = fields.CharField(max_length=2)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_link"


class Waiting(Model):
    """What an account that waits for its approval is to be given then."""

    account_id = fields.CharField(primary_key=True, max_length=30)
    identifier_type = fields.CharField(max_length=30, null=True)
    identifier = fields.CharField(max_length=80, null=True)
    structure_name = fields.CharField(max_length=200, null=True)
    goes_on = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "auth_waiting"


class Guess(Model):
    """Attempts that count together."""

    id = fields.CharField(primary_key=True, max_length=64)
    failures = fields.IntField()
    last_at = fields.DatetimeField()

    class Meta:
        table = "auth_guess"


async def client_by_id(client_id: str) -> Client | None:
    """The active client with its secrets."""
    if not _CLIENT_ID.match(client_id):
        return None
    client = await Client.get_or_none(id=client_id, is_active=True)
    if client is not None:
        client.secrets = tuple(await ClientSecret.filter(client_id=client_id))
        account = await TechnicalAccount.get_or_none(id=client_id)
        if account is not None and account.status != TechnicalStatus.ACTIVE:
            client.refused_because = SHUT[account.status]
    return client


def in_force(until: datetime | None) -> bool:
    return until is None or until > real_now()
