"""What an endpoint is given so that the receiver may know us: signatures, proof, headers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from domain.errors import Problem
from domain.rules_text import problem
from webhooks import custom_headers, receiver_auth
from webhooks.custom_headers import Header
from webhooks.models import Endpoint
from webhooks.policy import Policy
from webhooks.receiver_auth import AUTHORIZING, KINDS, Auth, AuthKind


@dataclass(frozen=True)
class Trust:
    """How the receiver may know us. None leaves what is kept as it is."""

    ed25519: bool | None = None
    auth: Auth | None = None
    headers: tuple[Header, ...] | None = None


def problems_of(
    trust: Trust, url: str, kept: Endpoint | None, site: Policy, at: datetime
) -> list[Problem]:
    """Every reason to refuse it. `kept` is the endpoint as it is, when it is being changed."""
    problems = (
        [] if trust.auth is None else receiver_auth.problems_of(trust.auth, url, site.allow, at)
    )
    problems += [] if trust.headers is None else custom_headers.problems_of(trust.headers)
    if _kind(trust, kept) in AUTHORIZING:
        problems += _authorization_twice(trust, kept)
    if kept is not None:
        problems += _left_behind(trust, url, kept)
    return problems


def columns(trust: Trust, owner: str, site: Policy, at: datetime) -> dict[str, Any]:
    """The columns that change, once `problems_of` found nothing."""
    changed: dict[str, Any] = {}
    if trust.ed25519 is not None:
        changed["signs_ed25519"] = trust.ed25519
    if trust.auth is not None:
        changed |= receiver_auth.columns(trust.auth, owner, site.key, at)
    if trust.headers is not None:
        changed |= custom_headers.columns(trust.headers, owner, site.key)
    return changed


def forgotten() -> dict[str, Any]:
    """The columns of an endpoint that holds nothing secret any more."""
    return {"auth_sealed": None, "auth_expires_at": None, "headers_sealed": None}


def _kind(trust: Trust, kept: Endpoint | None) -> AuthKind:
    if trust.auth is not None:
        return KINDS[type(trust.auth)]
    return AuthKind.NONE if kept is None else AuthKind(kept.auth_kind)


def _authorization_twice(trust: Trust, kept: Endpoint | None) -> list[Problem]:
    if trust.headers is not None:
        names = [header.name.lower() for header in trust.headers]
    else:
        names = [] if kept is None else kept.header_names
    if "authorization" not in names:
        return []
    return [problem("BDR-WHK-033", custom_headers.PATH, name="authorization")]


def _left_behind(trust: Trust, url: str, kept: Endpoint) -> list[Problem]:
    """What is kept sealed is not handed to another server than the one it was given for."""
    problems = []
    has_auth = trust.auth is None and kept.auth_kind != AuthKind.NONE
    if has_auth and kept.auth_kind == AuthKind.CERTIFICATE and url.lower().startswith("http:"):
        problems.append(problem("BDR-WHK-034", ("url",)))
    has_headers = trust.headers is None and bool(kept.header_names)
    if (has_auth or has_headers) and _server(url) != _server(kept.url):
        problems.append(problem("BDR-WHK-012", ("url",)))
    return problems


def _server(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
