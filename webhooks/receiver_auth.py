"""How we prove to a receiver who we are, beyond the signature: checked, sealed, shown in part."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain import vault
from domain.errors import Problem
from domain.rules_text import problem
from webhooks import client_certificates
from webhooks.addresses import Allowed
from webhooks.outbound import ClientCertificate
from webhooks.targets import url_problems

LONGEST_CREDENTIAL = 1024
PATH = ("auth",)


class AuthKind(StrEnum):
    NONE = "NONE"
    BASIC = "BASIC"
    OAUTH2 = "OAUTH2"
    CERTIFICATE = "CERTIFICATE"


class ClientProof(StrEnum):
    """Where the client identifier and secret go in a request for a token (RFC 6749, 2.3.1)."""

    HEADER = "HEADER"
    BODY = "BODY"


@dataclass(frozen=True)
class NoAuth:
    """Nothing but the signature."""


@dataclass(frozen=True)
class Basic:
    """A user and a password (RFC 7617)."""

    user: str
    password: str

    @property
    def header(self) -> str:
        """The value of `Authorization`."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class OAuth2:
    """A client that gets its tokens by client credentials (RFC 6749, 4.4)."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    audience: str = ""
    proof: str = ClientProof.HEADER.value


@dataclass(frozen=True)
class Certificate:
    """A client certificate with its chain, and its key, both PEM."""

    chain: str
    key: str

    @property
    def presented(self) -> ClientCertificate:
        """The same for the HTTP client."""
        return ClientCertificate(self.chain.encode(), self.key.encode())


Auth = NoAuth | Basic | OAuth2 | Certificate

KINDS: dict[type[Auth], AuthKind] = {
    NoAuth: AuthKind.NONE,
    Basic: AuthKind.BASIC,
    OAuth2: AuthKind.OAUTH2,
    Certificate: AuthKind.CERTIFICATE,
}
_CLASSES = {kind.value: cls for cls, kind in KINDS.items()}
# Those that fill the header `Authorization`.
AUTHORIZING = frozenset({AuthKind.BASIC, AuthKind.OAUTH2})

# Printable, whatever the alphabet; RFC 7617 leaves out the colon in the user.
_USER = re.compile(r"[^:\x00-\x1f\x7f-\x9f]{1,256}\Z")
_SECRET = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,1024}\Z")
# RFC 6749, appendix A.
_CLIENT_ID = re.compile(r"[ -~]{1,512}\Z")
_CLIENT_SECRET = re.compile(r"[ -~]{1,1024}\Z")
_SCOPE = re.compile(r"([!#-\[\]-~]+( [!#-\[\]-~]+)*)?\Z")


def problems_of(auth: Auth, url: str, allow: Sequence[Allowed], at: datetime) -> list[Problem]:
    """Every reason to refuse what is given. `url` is that of the endpoint."""
    match auth:
        case Basic():
            return _unusable(("basic",), {"user": _USER, "password": _SECRET}, auth)
        case OAuth2():
            return [
                *url_problems(auth.token_url, (*PATH, "oauth2", "tokenUrl"), allow),
                *_unusable(("oauth2",), _OAUTH2, auth),
            ]
        case Certificate():
            return _certificate_problems(auth, url, at)
    return []


_OAUTH2 = {
    "client_id": _CLIENT_ID,
    "client_secret": _CLIENT_SECRET,
    "scope": _SCOPE,
    "audience": re.compile(r"[ -~]*\Z"),
}
_NAMES = {"client_id": "clientId", "client_secret": "clientSecret"}


def _unusable(
    where: tuple[str, ...], forms: dict[str, re.Pattern[str]], auth: Auth
) -> list[Problem]:
    return [
        problem("BDR-WHK-039", (*PATH, *where, _NAMES.get(name, name)), longest=LONGEST_CREDENTIAL)
        for name, form in forms.items()
        if len(value := getattr(auth, name)) > LONGEST_CREDENTIAL or not form.match(value)
    ]


def _certificate_problems(auth: Certificate, url: str, at: datetime) -> list[Problem]:
    where = (*PATH, "certificate")
    found = client_certificates.read(auth.chain, auth.key, at)
    faults = found if isinstance(found, list) else []
    problems = [problem(f.rule, (*where, f.field), detail=f.detail) for f in faults]
    if url.lower().startswith("http:"):
        problems.append(problem("BDR-WHK-034", where))
    return problems


def columns(auth: Auth, owner: str, key: bytes, at: datetime) -> dict[str, Any]:
    """What is kept of an endpoint's authentication, once `problems_of` found none."""
    shown, expires_at = _shown(auth), None
    if isinstance(auth, Certificate):
        found = client_certificates.read(auth.chain, auth.key, at)
        if isinstance(found, list):
            raise ValueError("the certificate was not checked")
        auth = Certificate(found.chain, found.key)
        shown, expires_at = {"subject": found.subject, "issuer": found.issuer}, found.expires_at
    is_none = isinstance(auth, NoAuth)
    return {
        "auth_kind": KINDS[type(auth)].value,
        "auth_shown": shown,
        "auth_sealed": None
        if is_none
        else vault.seal(json.dumps(asdict(auth)), _owner(owner), key),
        "auth_expires_at": expires_at,
        "auth_warned_days": None,
    }


def _shown(auth: Auth) -> dict[str, str]:
    match auth:
        case Basic():
            return {"user": auth.user}
        case OAuth2():
            return {
                "tokenUrl": auth.token_url,
                "clientId": auth.client_id,
                "scope": auth.scope,
                "audience": auth.audience,
            }
    return {}


def opened(kind: str, sealed: str | None, owner: str, key: bytes) -> Auth | None:
    """How to prove who we are; None when it cannot be opened."""
    if kind == AuthKind.NONE:
        return NoAuth()
    plain = vault.opened(sealed, _owner(owner), key)
    return None if plain is None else _CLASSES[kind](**json.loads(plain))


def _owner(endpoint_id: str) -> str:
    return f"{endpoint_id} auth"
