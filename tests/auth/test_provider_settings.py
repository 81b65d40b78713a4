"""What an operator may say of the external provider, and of clients that register themselves."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import app
from settings import Settings

PROVIDER = {
    "oidc_issuer": "https://idp.example.test",
    "oidc_client_id": "bordereau",
    "oidc_client_secret": "s" * 40,
}
PRODUCTION = {
    "environment": "production",
    "public_url": "https://factures.example.test",
    "smtp_url": "smtp://localhost:25",
    "secret_key": "k" * 32,
}


def chosen(**values: Any) -> Settings:
    return Settings(**({"secret_key": "k" * 32} | values))


def test_a_site_without_an_issuer_has_no_provider() -> None:
    assert app.auth_settings(chosen()).external is None


def test_the_provider_is_handed_down_as_it_was_written() -> None:
    given = app.auth_settings(
        chosen(
            **PROVIDER, oidc_scopes="openid, siret", oidc_label="ProConnect", oidc_siret_claim=""
        )
    ).external

    assert given is not None
    assert (given.issuer, given.client_id) == ("https://idp.example.test", "bordereau")
    assert given.client_secret == "s" * 40
    assert given.scopes == ("openid", "siret")
    assert (given.label, given.timeout_seconds) == ("ProConnect", 10)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"oidc_issuer": "http://idp.example.test"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "https://idp.example.test/?x=1"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "https://idp.example.test/#x"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "idp.example.test"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "http://localhost:9000", **PRODUCTION}, "OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_client_secret": ""}, "OIDC_CLIENT_SECRET"),
        ({"oidc_scopes": "email"}, "OIDC_SCOPES"),
        ({"oidc_timeout_seconds": 0}, "oidc_timeout_seconds"),
    ],
)
def test_a_provider_that_is_unsafe_or_half_said_is_refused(
    changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        chosen(**(PROVIDER | changed))


def test_a_provider_on_this_machine_is_for_trying() -> None:
    assert chosen(**PROVIDER | {"oidc_issuer": "http://localhost:9000"}).oidc_issuer


@pytest.mark.parametrize(
    ("values", "is_open"),
    [
        ({}, True),
        ({"client_registration": "off"}, False),
        (PRODUCTION, False),
        ({**PRODUCTION, "client_registration": "open"}, False),
    ],
)
def test_developers_register_clients_in_a_sandbox_only(
    values: dict[str, Any], *, is_open: bool
) -> None:
    assert app.auth_settings(chosen(**values)).registers_clients is is_open
