"""What the authorization server is told by the composition root; nothing else configures it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from auth.cross_site import Origins, origins_of


@dataclass(frozen=True)
class ExternalSettings:
    """The OpenID Connect provider that people may log in with."""

    issuer: str
    client_id: str
    client_secret: str
    label: str
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    # The claim that holds the SIRET of the person's structure; empty: none is believed.
    siret_claim: str = "siret"
    timeout_seconds: float = 10


@dataclass(frozen=True)
class AuthSettings:
    """Addresses, keys and lifetimes of the authorization server."""

    public_url: str
    secret_key: bytes
    allowed_origins: tuple[str, ...] = ()
    code_seconds: int = 60
    access_token_seconds: int = 600
    refresh_token_seconds: int = 1_209_600
    session_seconds: int = 43_200
    session_idle_seconds: int = 7_200
    has_mailbox: bool = False
    device_code_seconds: int = 600
    # Whether developers register clients by themselves.
    registers_clients: bool = False
    # `optional`, or `required`: nobody gets a log-in without a second factor.
    second_factor: str = "optional"
    external: ExternalSettings | None = None

    @cached_property
    def issuer(self) -> str:
        """The public URL without a final slash: `iss` of every token."""
        return self.public_url.rstrip("/")

    @cached_property
    def audience(self) -> str:
        """The one resource that our access tokens open: `aud` of every access token."""
        return f"{self.issuer}/graphql"

    @cached_property
    def is_https(self) -> bool:
        return self.issuer.startswith("https:")

    @cached_property
    def origins(self) -> Origins:
        """The origins whose pages may use the log-in of a browser."""
        return origins_of(self.public_url, self.allowed_origins)

    @cached_property
    def session_cookie(self) -> str:
        return self._cookie("session")

    @cached_property
    def device_cookie(self) -> str:
        return self._cookie("device")

    @cached_property
    def form_cookie(self) -> str:
        return self._cookie("form")

    @cached_property
    def pending_cookie(self) -> str:
        return self._cookie("pending")

    @cached_property
    def requires_second_factor(self) -> bool:
        return self.second_factor == "required"

    @cached_property
    def external_cookie(self) -> str:
        return self._cookie("external")

    def url(self, path: str) -> str:
        """A path of ours as the outside reaches it."""
        return self.issuer + path

    def path(self, path: str) -> str:
        """A path of ours as a browser on our pages reaches it."""
        return urlsplit(self.issuer).path + path

    def key(self, purpose: str) -> bytes:
        """32 bytes derived from the secret key, different for each purpose."""
        return derived(self.secret_key, purpose)

    def _cookie(self, name: str) -> str:
        # Browsers keep one jar for all the ports of a host; two local servers must not share it.
        if self.is_https:
            return f"__Host-bordereau-{name}"
        return f"bordereau-{name}-{urlsplit(self.issuer).port or 80}"


def derived(secret_key: bytes, purpose: str) -> bytes:
    """32 bytes derived from the secret key of the site, different for each purpose."""
    return hmac.digest(secret_key, f"bordereau auth {purpose}".encode(), hashlib.sha256)
