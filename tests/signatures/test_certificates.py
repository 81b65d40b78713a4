"""Certificates: what they hold, who verifies them, and what gives a forgery away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import manage
from domain import deadlines, policy
from domain.clock import Clock, now
from domain.origin import Origin, Proof
from domain.pdf import writable
from domain.signatures import actions, certificates, jws, keys, texts, verifying
from domain.signatures.models import Certificate, Purpose, Signature, SiteKey
from domain.signatures.statement import statement_of
from domain.signatures.texts import TextKind
from domain.signatures.verifying import verified, verified_here
from domain.structures.actions import sign_mandate
from tests.auth.test_libraries import FOLDER, node
from tests.make import a_supplier, actor_of, an_account

__all__ = ["node"]
MANDATE = texts.present(TextKind.MANDATE)
LOGGED_IN_AT = datetime(2026, 11, 20, 8, 59, tzinfo=UTC)
ORIGIN = Origin("192.0.2.7", "Mozilla/5.0", Proof(("pwd",), LOGGED_IN_AT, "jti_1"))


async def a_signature(**account: Any) -> Signature:
    supplier = await a_supplier(has_mandate=False, name=account.pop("structure", "Durand"))
    person = await an_account(supplier, **account)
    mandate = await sign_mandate(
        await actor_of(person), supplier.id, MANDATE.version, MANDATE.sha256, origin=ORIGIN
    )
    return await Signature.get(id=mandate.signature_id)


async def a_certificate(**account: Any) -> Certificate:
    return await certificates.certificate_of(await a_signature(**account))


async def published() -> list[dict[str, Any]]:
    return list((await keys.published(Purpose.CERTIFICATES))["keys"])


# What it is


async def test_a_certificate_is_an_archivable_and_accessible_pdf(database: str) -> None:
    pdf = bytes((await a_certificate()).pdf)

    assert pdf.startswith(b"%PDF-1.7")
    for mark in (
        b"<pdfaid:part>2</pdfaid:part>",
        b"<pdfaid:conformance>A</pdfaid:conformance>",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"/MarkInfo",
        b"/Lang",
    ):
        assert mark in pdf, mark


async def test_a_certificate_is_made_once_and_its_bytes_are_kept(
    database: str, clock: Clock
) -> None:
    signature = await a_signature()

    first = await certificates.certificate_of(signature)
    again = await certificates.certificate_of(signature)
    others = [await a_signature() for _ in range(2)]
    at_once = await asyncio.gather(*map(certificates.certificate_of, others))

    assert bytes(first.pdf) == bytes(again.pdf)
    assert first.sha256 == hashlib.sha256(bytes(first.pdf)).hexdigest()
    assert len({c.signature_id for c in at_once}) == 2
    assert await Certificate.all().count() == 3


async def test_a_certificate_asked_for_twice_at_once_is_the_same(database: str) -> None:
    signature = await a_signature()

    one, two = await asyncio.gather(
        certificates.certificate_of(signature), certificates.certificate_of(signature)
    )

    assert (one.sha256, one.jws) == (two.sha256, two.jws)
    assert await Certificate.all().count() == 1


async def test_certificates_are_made_soon_after_though_nobody_asks(database: str) -> None:
    signatures = [await a_signature() for _ in range(2)]
    deadlines.make_later(certificates.make_missing)

    made = await deadlines.make()

    assert made == 2
    assert {c.signature_id for c in await Certificate.all()} == {s.id for s in signatures}
    assert await deadlines.make() == 0


@pytest.mark.parametrize(
    "name",
    [
        "#panic()[*a*] $x$ \\ // = titre",
        "株式会社 山田",
        "Ναυσικᾶ Łukasiewicz Ğ Ж",
        "a\u0301 🙂 \u202e",
        "<script>alert(1)</script>",
        "x" * 200,
    ],
)
async def test_names_of_any_script_are_certified_and_none_is_run(database: str, name: str) -> None:
    made = await a_certificate(display_name=name)

    assert (await verified_here(bytes(made.pdf))).is_genuine
    assert json.loads(made.statement)["signatory"]["name"] == name


def test_what_the_fonts_lack_is_written_by_its_number() -> None:
    assert writable("Zoé 株 \u202e") == "Zoé (U+682A) (U+202E)"
    assert writable(None) == ""


# What it states


async def test_the_statement_is_the_evidence_in_one_canonical_spelling(
    database: str, clock: Clock
) -> None:
    made = await a_certificate(display_name="Jeanne Durand", email="j@example.test")
    signature = await Signature.get(id=made.signature_id)

    assert jws.canonical(json.loads(made.statement)) == made.statement
    assert json.loads(made.statement) == {
        "type": "bordereau-certificate/1",
        "issuer": policy.current().public_url,
        "number": signature.number,
        "certificate": {"sha256": made.sha256},
        "document": {"kind": "MANDATE", "version": MANDATE.version, "sha256": MANDATE.sha256},
        "signedAt": "2026-11-20T09:00:00.000Z",
        "signatory": {
            "account": signature.account_id,
            "name": "Jeanne Durand",
            "email": "j@example.test",
        },
        "structure": {
            "id": signature.structure_id,
            "identifierType": "SIRET",
            "identifier": signature.structure_identifier,
            "name": "Durand",
        },
        "origin": {
            "address": "192.0.2.7",
            "userAgent": "Mozilla/5.0",
            "methods": ["pwd"],
            "authenticatedAt": "2026-11-20T08:59:00.000Z",
            "credential": "jti_1",
        },
    }


async def test_a_library_of_others_verifies_the_signature(database: str, node: str) -> None:
    made = await a_certificate()
    given = {
        "statement": made.statement,
        "jws": made.jws,
        "keys": await keys.published(Purpose.CERTIFICATES),
    }
    forged = given | {"statement": made.statement.replace("Durand", "Dupont")}

    seen = [
        json.loads(
            (
                await asyncio.to_thread(
                    subprocess.run,
                    [node, "detached.js"],
                    cwd=FOLDER,
                    input=json.dumps(content),
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=True,
                )
            ).stdout
        )
        for content in (given, forged)
    ]

    number = json.loads(made.statement)["number"]
    assert seen == [
        {"number": number, "alg": "EdDSA"},
        {"error": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"},
    ]


# Keys


async def test_a_rotated_key_stays_published_and_its_certificates_genuine(
    database: str, clock: Clock
) -> None:
    before = await a_certificate()

    kid = await keys.rotate(Purpose.CERTIFICATES)
    after = await a_certificate()

    known = await published()
    assert [key["kid"] for key in known] == [kid, before.kid]
    assert after.kid == kid
    assert all(set(key) == {"kty", "crv", "x", "kid", "alg", "use"} for key in known)
    for made in (before, after):
        assert (await verified_here(bytes(made.pdf))).is_genuine
    # Nothing of the old private key is left to be stolen.
    assert (await SiteKey.get(kid=before.kid)).sealed is None


async def test_the_private_key_is_sealed_and_a_lost_secret_key_makes_another(
    database: str,
) -> None:
    before = await a_certificate()
    sealed = (await SiteKey.get(kid=before.kid)).sealed

    policy.configure(policy.Policy(key=b"another secret key of 32 bytes.."))
    after = await a_certificate()
    policy.configure(policy.Policy())

    assert sealed is not None
    assert len(sealed) > 64
    assert after.kid != before.kid
    assert (await verified_here(bytes(before.pdf))).is_genuine


async def test_two_servers_that_start_make_one_key(database: str) -> None:
    await asyncio.gather(*(keys.signing(Purpose.CERTIFICATES) for _ in range(4)))

    assert await SiteKey.all().count() == 1


# Forgeries


async def test_every_altered_byte_is_found_out(database: str) -> None:
    pdf = bytes((await a_certificate()).pdf)

    for place in (0, len(pdf) // 3, len(pdf) // 2, len(pdf) - 1):
        altered = bytearray(pdf)
        altered[place] ^= 1
        verdict = await verified_here(bytes(altered))
        assert (verdict.is_genuine, verdict.words) == (False, verifying.ALTERED), place
    assert (await verified_here(b"%PDF-1.7 something else")).words == verifying.UNKNOWN
    assert (await verified_here(b"")).words == verifying.UNKNOWN


async def test_what_an_attacker_changes_offline_is_found_out(database: str) -> None:
    made = await a_certificate()
    pdf, known = bytes(made.pdf), await published()
    others = await a_certificate()
    own_key = keys.Ed25519PrivateKey.generate()
    own = jws.signed(made.statement, made.kid, own_key)
    header, _, signature = made.jws.split(".")
    none = jws.encoded(jws.canonical({"alg": "none", "kid": made.kid, "typ": jws.TYPE}).encode())
    other_words = made.statement.replace('"MANDATE"', '"TERMS"')

    def judge(pdf: bytes, statement: str, mark: str, trusted: Any) -> Any:
        return verified(pdf, statement, mark, trusted).words

    assert judge(pdf, made.statement, made.jws, known) == verifying.GENUINE
    assert judge(pdf + b"\n", made.statement, made.jws, known) == verifying.OTHER_FILE
    assert judge(pdf, others.statement, others.jws, known) == verifying.OTHER_FILE
    assert judge(pdf, other_words, made.jws, known) == verifying.FORGED
    assert judge(pdf, made.statement, own, known) == verifying.FORGED
    assert judge(pdf, made.statement, f"{none}..{signature}", known) == verifying.FORGED
    assert judge(pdf, made.statement, f"{header}..", known) == verifying.FORGED
    assert judge(pdf, made.statement, "not a signature", known) == verifying.FORGED
    assert judge(pdf, made.statement, f"{header}.e30.{signature}", known) == verifying.FORGED
    assert judge(pdf, made.statement, made.jws, []) == verifying.NO_KEY
    foreign = jws.public_jwk(own_key)
    itself = jws.signed("{}", foreign["kid"], own_key)
    assert judge(pdf, "{}", itself, [foreign]) == verifying.UNREADABLE


async def test_evidence_that_says_something_else_than_what_was_signed_is_found_out(
    database: str,
) -> None:
    """Whoever writes in the database without the key cannot make evidence and statement agree."""
    signature = await a_signature()
    changed = {"id": "sgn_other", "number": "CERT-0000-0000-0000-0000", "account_name": "Autre"}
    other = await Signature.create(**(dict(signature) | changed))
    sha256 = hashlib.sha256(b"a file").hexdigest()
    statement = jws.canonical(statement_of(signature, "http://localhost", sha256))
    kid, private = await keys.signing(Purpose.CERTIFICATES)
    await Certificate.create(
        signature_id=other.id,
        pdf=b"a file",
        sha256=sha256,
        statement=statement,
        jws=jws.signed(statement, kid, private),
        kid=kid,
        made_at=now(),
    )

    assert (await verified_here(b"a file")).words == verifying.CONTRADICTED


# The command


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    names = ("certificate.pdf", "altered.pdf", "signature.json", "whole.jws", "keys.json")
    return {name: tmp_path / name for name in names}


async def written(files: dict[str, Path]) -> Certificate:
    made = await a_certificate(display_name="Jeanne Durand")
    pdf = bytes(made.pdf)
    files["certificate.pdf"].write_bytes(pdf)
    files["altered.pdf"].write_bytes(pdf[:-1] + bytes([pdf[-1] ^ 1]))
    files["signature.json"].write_text(json.dumps({"statement": made.statement, "jws": made.jws}))
    header, _, mark = made.jws.split(".")
    files["whole.jws"].write_text(f"{header}.{jws.encoded(made.statement.encode())}.{mark}\n")
    files["keys.json"].write_text(json.dumps(await keys.published(Purpose.CERTIFICATES)))
    return made


def _asked(*arguments: Any) -> list[str]:
    return ["certificate", "verify", *map(str, arguments)]


async def _run(capsys: Any, *arguments: Any) -> tuple[int, str]:
    status = await asyncio.to_thread(manage.main, _asked(*arguments))
    out, err = capsys.readouterr()
    return status, out + err


async def test_the_command_verifies_offline_and_with_the_database(
    database: str,
    database_url: str,
    files: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = await written(files)
    monkeypatch.setenv("SECRET_KEY", "a secret for tests only, 32 bytes")
    good, bad = files["certificate.pdf"], files["altered.pdf"]
    offline = ["--signature", files["signature.json"], "--keys", files["keys.json"]]
    # Offline means that: there is no database to look into.
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")

    seen = [
        await _run(capsys, good, *offline),
        await _run(capsys, good, "--signature", files["whole.jws"], *offline[2:]),
        await _run(capsys, bad, *offline),
    ]

    assert [status for status, _ in seen] == [0, 0, 1]
    assert "authentique" in seen[0][1]
    assert json.loads(made.statement)["number"] in seen[0][1]
    assert "the file was changed" in seen[2][1]
    status, said = await _run(capsys, files["keys.json"].with_name("missing.pdf"), *offline)
    assert (status, "No such file" in said) == (2, True)
    status, said = await _run(capsys, good, "--signature", good, "--keys", files["keys.json"])
    assert status == 2
    assert re.search("must hold|utf-8", said)


async def test_the_command_says_whether_it_is_still_in_force(
    database_url: str,
    files: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from domain.db import close_database, open_database  # noqa: PLC0415 - the command opens it too
    from settings import MODELS  # noqa: PLC0415 - as said above

    monkeypatch.setenv("SECRET_KEY", "a secret for tests only, 32 bytes")
    monkeypatch.setenv("DATABASE_URL", database_url)
    arguments = [
        (files["certificate.pdf"],),
        (files["altered.pdf"],),
        (files["certificate.pdf"], "--keys", files["keys.json"]),
        (files["certificate.pdf"], "--signature", files["signature.json"]),
    ]
    await open_database(database_url, MODELS)
    try:
        made = await written(files)
        signature_id = made.signature_id
    finally:
        await close_database()

    def run_all() -> list[tuple[int, str]]:
        seen = []
        for asked in arguments:
            status = manage.main(_asked(*asked))
            out, err = capsys.readouterr()
            seen.append((status, out + err))
        return seen

    seen = await asyncio.to_thread(run_all)

    assert [status for status, _ in seen] == [0, 1, 0, 0]
    assert "What was signed is in force." in seen[0][1]
    assert "modifié depuis sa délivrance" in seen[1][1]
    await open_database(database_url, MODELS)
    try:
        await actions.end(signature_id)
    finally:
        await close_database()
    ended = await asyncio.to_thread(run_all)
    assert "What was signed is no longer in force." in ended[0][1]
