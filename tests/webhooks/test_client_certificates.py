"""Client certificates that people paste: what is taken, and every reason to refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.webhooks.certificates import DAY, Issued, an_authority, issued, pem
from webhooks.client_certificates import LONGEST_PEM, Fault, Read, read

NOW = datetime.now(UTC)
AUTHORITY = an_authority()
OURS = issued(AUTHORITY, "bordereau", until=NOW + 365 * DAY)


def rules(chain: str, key: str, at: datetime = NOW) -> list[tuple[str, str]]:
    found = read(chain, key, at)
    return [] if isinstance(found, Read) else [(f.field, f.rule) for f in found]


@pytest.mark.parametrize(
    "mine",
    [
        OURS,
        issued(AUTHORITY, "rsa", key=rsa.generate_private_key(65537, 2048)),
        issued(AUTHORITY, "says nothing of its use", usage=None),
        issued(AUTHORITY, "any", usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE),
    ],
    ids=["elliptic curve", "RSA", "without a use", "for any use"],
)
def test_a_certificate_with_its_key_is_taken(mine: Issued) -> None:
    assert rules(mine.chain, mine.key) == []


def test_what_may_be_shown_of_it_is_read_and_the_rest_is_written_again() -> None:
    clutter = f"Bag Attributes\n    friendlyName: x\n{OURS.chain}{AUTHORITY.chain}\n\n"

    found = read(clutter, OURS.key, NOW)

    assert isinstance(found, Read)
    assert (found.subject, found.issuer) == ("CN=bordereau", "CN=Autorité de test")
    assert found.expires_at == (NOW + 365 * DAY).replace(microsecond=0)
    assert found.chain == OURS.chain + AUTHORITY.chain


def _locked() -> str:
    return OURS.private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()


WRONG = {
    "no certificate": ("", OURS.key, [("chain", "BDR-WHK-035")]),
    "words": ("bonjour", "bonjour", [("chain", "BDR-WHK-035"), ("key", "BDR-WHK-036")]),
    "words outside ASCII": ("é", "é", [("chain", "BDR-WHK-035"), ("key", "BDR-WHK-036")]),
    "a broken certificate": (
        OURS.chain.replace("MII", "MIJ", 1),
        OURS.key,
        [("chain", "BDR-WHK-035")],
    ),
    "too long": (OURS.chain + "x" * LONGEST_PEM, OURS.key, [("chain", "BDR-WHK-035")]),
    "too many": (OURS.chain * 6, OURS.key, [("chain", "BDR-WHK-035")]),
    "key under a password": (OURS.chain, _locked(), [("key", "BDR-WHK-036")]),
    "certificate as key": (OURS.chain, OURS.chain, [("key", "BDR-WHK-036")]),
    "weak key": (
        OURS.chain,
        pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - a key to refuse
        [("key", "BDR-WHK-036")],
    ),
    "another key": (
        OURS.chain,
        pem(ec.generate_private_key(ec.SECP256R1())),
        [("key", "BDR-WHK-037")],
    ),
    "the authority first": (AUTHORITY.chain + OURS.chain, OURS.key, [("key", "BDR-WHK-037")]),
}


@pytest.mark.parametrize(("chain", "key", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_one_is_refused_by_name(
    chain: str, key: str, expected: list[tuple[str, str]]
) -> None:
    assert rules(chain, key) == expected


def test_one_for_servers_only_and_out_of_time_is_refused_for_both_reasons() -> None:
    server = issued(AUTHORITY, "server", usage=ExtendedKeyUsageOID.SERVER_AUTH)

    found = read(server.chain, server.key, NOW + 800 * DAY)

    assert isinstance(found, list)
    assert [fault.rule for fault in found] == ["BDR-WHK-038", "BDR-WHK-035"]
    assert found[0].detail.startswith(f"{(datetime.now(UTC) - DAY):%Y-%m-%d} – ")


def test_its_time_is_that_of_the_certificate_to_the_second() -> None:
    end = OURS.certificate.not_valid_after_utc
    ended = [Fault("chain", "BDR-WHK-038", f"{NOW - DAY:%Y-%m-%d} – {end:%Y-%m-%d}")]

    assert isinstance(read(OURS.chain, OURS.key, end - timedelta(seconds=1)), Read)
    assert read(OURS.chain, OURS.key, end) == ended
    assert rules(OURS.chain, OURS.key, NOW - 3 * DAY) == [("chain", "BDR-WHK-038")]
