"""Through the door: the terms at log-in, the public page of certificates, and the files."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from auth.provisioning import create_client, set_password
from domain.access import Role
from domain.accounts.actions import attach
from domain.accounts.models import Account
from domain.clock import Clock, now
from domain.db import fetch
from domain.events import transaction
from domain.identifiers import IdentifierType
from domain.signatures import texts
from domain.signatures.models import Certificate, Signature
from domain.signatures.texts import TextKind
from domain.structures.actions import revoke_mandate, sign_mandate
from tests.api import Api
from tests.make import a_supplier, actor_of, an_account
from tests.signatures.conftest import Publish

PASSWORD = "une phrase de passe longue"
CALLBACK = "http://localhost:9/callback"
OUR_PAGE = {"sec-fetch-site": "same-origin", "origin": "http://bordereau.test"}
UNUSED = "CERT-0000-0000-0000-0000"
CERTIFICATE = """query ($id: ID!) { structure(by: {id: $id}) { mandates(first: 1) { nodes {
  isInForce certificate { number url sha256 statement jws } } } } }"""
ACCEPT = """mutation ($input: TermsAcceptInput!) { termsAccept(input: $input) {
  acceptance { version acceptedAt certificate { number sha256 } } userErrors { code path } } }"""
TERMS = """{ viewer { termsToAccept { version sha256 since requiredFrom isRequired text }
  termsAccepted { version certificate { number } } } }"""


def shown(page: httpx2.Response) -> str:
    """The text of a page without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def get(api: Api, path: str, **parameters: str) -> httpx2.Response:
    return await api.http.get(path, params=parameters or None)


async def send(api: Api, page: httpx2.Response, **filled: str) -> httpx2.Response:
    """Submit the form of the page as a browser does."""
    form = page.text.split("<form", 1)[1]
    action = re.search(r'action="([^"]*)"', form)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    fields = {name: html.unescape(value) for name, value in hidden} | filled
    assert action
    return await api.http.post(action[1], data=fields, headers=OUR_PAGE)


async def a_person(api: Api, *, opened_herself: bool = True) -> Account:
    account = await an_account()
    await set_password(account, PASSWORD)
    if opened_herself:
        async with transaction():
            await Account.filter(id=account.id).update(activated_at=now())
    return account


async def an_application() -> dict[str, str]:
    """A trusted browser application, and what it asks at the authorization endpoint."""
    client = (
        await create_client(
            "Portail",
            ["authorization_code"],
            ["account:self"],
            [CALLBACK],
            is_confidential=False,
            is_trusted=True,
        )
    ).client
    return {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": CALLBACK,
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }


async def log_in(api: Api, account: Account, asked: dict[str, str]) -> httpx2.Response:
    """As far as the answer to the password."""
    page = await api.http.get("/oauth/authorize", params=asked, follow_redirects=True)
    return await send(api, page, email=account.email, password=PASSWORD)


# The terms


async def test_anyone_reads_the_terms_and_nobody_is_asked(api: Api) -> None:
    page = await get(api, "/oauth/terms")

    assert page.status_code == 200
    assert "13. Droit applicable." in shown(page)
    assert "13. Law." in shown(page)
    assert "<form" not in page.text


async def test_a_person_accepts_the_terms_before_going_on(api: Api) -> None:
    account, asked = await a_person(api), await an_application()

    answered = await log_in(api, account, asked)
    page = await api.http.get(answered.headers["location"])
    unticked = await send(api, page)
    accepted = await send(api, unticked, agreed="yes")
    onward = await api.http.get(accepted.headers["location"])

    assert urlsplit(answered.headers["location"]).path == "/oauth/terms"
    assert unticked.status_code == 400
    assert 'role="alert"' in unticked.text
    assert onward.headers["location"].startswith(f"{CALLBACK}?code=")
    kept = await Signature.get(account_id=account.id)
    session = (await fetch("SELECT id FROM auth_session WHERE account_id = $1", account.id))[0]
    assert (kept.methods, kept.credential, kept.structure_id) == ("pwd", session["id"], None)
    assert kept.address
    # The next time nothing is asked.
    again = await api.http.get("/oauth/authorize", params=asked)
    assert again.headers["location"].startswith(f"{CALLBACK}?code=")


async def test_no_code_is_given_to_who_has_not_accepted_however_it_asks(api: Api) -> None:
    account, asked = await a_person(api), await an_application()
    await log_in(api, account, asked)

    plain = await api.http.get("/oauth/authorize", params=asked)
    silent = await api.http.get("/oauth/authorize", params=asked | {"prompt": "none"})
    back = await get(api, "/oauth/login", return_to="http://bordereau.test/graphiql")

    assert urlsplit(plain.headers["location"]).path == "/oauth/terms"
    assert parse_qs(urlsplit(silent.headers["location"]).query)["error"] == ["interaction_required"]
    assert urlsplit(back.headers["location"]).path == "/oauth/terms"
    assert await Signature.filter(account_id=account.id).count() == 0


async def test_terms_are_not_accepted_by_a_form_of_another_site(api: Api) -> None:
    account, asked = await a_person(api), await an_application()
    page = await api.http.get((await log_in(api, account, asked)).headers["location"])
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    fields["agreed"] = "yes"

    foreign = await api.http.post(
        "/oauth/terms", data=fields, headers={"sec-fetch-site": "cross-site"}
    )
    forged = await api.http.post(
        "/oauth/terms", data=fields | {"form_token": "0" * 64}, headers=OUR_PAGE
    )

    assert [foreign.status_code, forged.status_code] == [403, 403]
    assert await Signature.filter(account_id=account.id).count() == 0


async def test_a_text_that_changed_while_it_was_read_is_shown_again(
    api: Api, publish: Publish
) -> None:
    account, asked = await a_person(api), await an_application()
    page = await api.http.get((await log_in(api, account, asked)).headers["location"])
    publish(TextKind.TERMS, since=date(2026, 1, 2))

    again = await send(api, page, agreed="yes")

    assert again.status_code == 409
    assert "Texte 2026-12" in shown(again)
    assert await Signature.filter(account_id=account.id).count() == 0


async def test_a_new_version_stops_the_log_in_from_its_day_on(api: Api, publish: Publish) -> None:
    account, asked = await a_person(api), await an_application()
    page = await api.http.get((await log_in(api, account, asked)).headers["location"])
    await send(api, page, agreed="yes")

    publish(TextKind.TERMS, since=date(2026, 2, 1), required=date(2999, 1, 1))
    offered = await api.http.get("/oauth/authorize", params=asked)
    publish(TextKind.TERMS, since=date(2026, 2, 2), version="2026-13")
    required = await api.http.get("/oauth/authorize", params=asked)

    assert offered.headers["location"].startswith(CALLBACK)
    assert urlsplit(required.headers["location"]).path == "/oauth/terms"


async def test_terms_are_accepted_through_the_api_and_shown_there(api: Api) -> None:
    text = texts.present(TextKind.TERMS)
    asked = {"version": text.version, "textSha256": text.sha256, "idempotencyKey": "k"}

    before = await api("plain")(TERMS)
    done = await api("plain")(ACCEPT, input=asked)
    replayed = await api("plain")(ACCEPT, input=asked)
    again = await api("plain")(ACCEPT, input=asked | {"idempotencyKey": "k2"})
    after = await api("plain")(TERMS)

    assert before.payload == {
        "termsToAccept": {
            "version": text.version,
            "sha256": text.sha256,
            "since": "2026-01-01",
            "requiredFrom": "2026-01-01",
            "isRequired": False,
            "text": text.fr,
        },
        "termsAccepted": [],
    }
    number = done.payload["acceptance"]["certificate"]["number"]
    assert done.user_errors == []
    assert replayed.payload["acceptance"] == done.payload["acceptance"]
    assert again.user_errors == [("ALREADY_ACCEPTED", ["version"])]
    assert after.payload == {
        "termsToAccept": None,
        "termsAccepted": [{"version": text.version, "certificate": {"number": number}}],
    }
    assert (await api("erp")(TERMS)).payload == {"termsToAccept": None, "termsAccepted": []}


async def test_the_evidence_of_the_api_is_that_of_the_request(api: Api) -> None:
    account = api.world.people["supplier"]
    text = texts.present(TextKind.MANDATE)
    token = api.token("supplier")
    given = {
        "structureId": api.world.unsigned.id,
        "version": text.version,
        "textSha256": text.sha256,
        "idempotencyKey": "k",
    }
    await api.http.post(
        "/graphql",
        json={
            "query": "mutation ($input: MandateSignInput!) { mandateSign(input: $input) {"
            " mandate { id } userErrors { code } } }",
            "variables": {"input": given},
        },
        headers={"authorization": f"Bearer {token}", "user-agent": "Navigateur 7"},
    )

    kept = await Signature.get(account_id=account.id, structure_id=api.world.unsigned.id)

    assert (kept.user_agent, kept.address, kept.methods) == ("Navigateur 7", "127.0.0.1", "pwd")
    assert kept.credential is not None
    assert kept.credential.startswith("jti_")
    assert kept.authenticated_at is not None


# Files


async def test_a_certificate_is_downloaded_by_who_may_and_by_a_link_for_a_while(
    api: Api, clock: Clock
) -> None:
    supplier = api.world.parties.supplier.id
    answer = await api("supplier")(CERTIFICATE, id=supplier)
    (node,) = answer.payload["mandates"]["nodes"]
    shown_, path = node["certificate"], urlsplit(node["certificate"]["url"])

    async def download(persona: str) -> int:
        headers = {"authorization": f"Bearer {api.token(persona)}"}
        return (await api.http.get(path.path, headers=headers)).status_code

    linked = await api.http.get(shown_["url"])
    changed = await api.http.get(shown_["url"].replace("until=1", "until=2"))
    other = await api.http.get(shown_["url"].replace(shown_["number"], UNUSED))
    statuses = {
        p: await download(p) for p in ("supplier", "plain", "recipient", "erp", "validator")
    }
    nobody = await api.http.get(path.path)
    clock.freeze(datetime_after(path.query))
    late = await api.http.get(shown_["url"])

    assert node["isInForce"] is True
    assert linked.status_code == 200
    assert linked.headers["content-type"] == "application/pdf"
    assert linked.headers["content-disposition"] == (
        f'attachment; filename="{shown_["number"]}.pdf"'
    )
    assert "no-store" in linked.headers["cache-control"]
    assert json.loads(shown_["statement"])["certificate"]["sha256"] == shown_["sha256"]
    assert [changed.status_code, other.status_code, late.status_code] == [401, 401, 401]
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    # Members of the structure; a foreign certificate is not found, never forbidden. The token of
    # the ERP has no scope that reads the structure.
    assert statuses == {
        "supplier": 200, "plain": 200, "recipient": 404, "erp": 404, "validator": 404,
    }  # fmt: skip


def datetime_after(query: str) -> datetime:
    return datetime.fromtimestamp(int(parse_qs(query)["until"][0]) + 1, UTC)


async def test_the_keys_are_published_for_any_page(api: Api) -> None:
    await api("supplier")(CERTIFICATE, id=api.world.parties.supplier.id)

    answer = await get(api, "/.well-known/certificate-keys.json")

    (made,) = await Certificate.all()
    assert [key["kid"] for key in answer.json()["keys"]] == [made.kid]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "d" not in answer.json()["keys"][0]


# The public page


async def a_certificate(api: Api) -> tuple[bytes, Signature]:
    await api("supplier")(CERTIFICATE, id=api.world.parties.supplier.id)
    (made,) = await Certificate.all()
    return bytes(made.pdf), await Signature.get(id=made.signature_id)


async def verify(api: Api, pdf: bytes = b"", number: str = "") -> httpx2.Response:
    return await api.http.post(
        "/verify", files={"file": ("c.pdf", pdf, "application/pdf")}, data={"number": number}
    )


async def test_the_page_says_whether_a_file_is_genuine_with_little_of_the_person(api: Api) -> None:
    pdf, signature = await a_certificate(api)
    person = api.world.people["supplier"]
    before = await fetch("SELECT COUNT(*) FROM certificate")

    asked = await get(api, "/verify")
    genuine = await verify(api, pdf)
    altered = await verify(api, pdf[:-1] + bytes([pdf[-1] ^ 1]))
    unknown = await verify(api, b"%PDF-1.7 other")

    assert "script" not in asked.headers["content-security-policy"]
    assert 'enctype="multipart/form-data"' in asked.text
    said = shown(genuine)
    assert "Ce certificat est authentique" in said
    assert "En vigueur" in said
    for public in (signature.number, "J. D.", "Maçonnerie Durand", signature.structure_identifier):
        assert str(public) in said
    for private in (person.display_name, person.email, "127.0.0.1", person.id):
        assert private not in genuine.text
    assert "modifié depuis sa délivrance" in shown(altered)
    assert "n'est pas un certificat délivré par ce site" in shown(unknown)
    assert "Maçonnerie" not in shown(altered) + shown(unknown)
    assert 'role="alert"' in altered.text
    assert await fetch("SELECT COUNT(*) FROM certificate") == before


async def test_the_page_finds_a_number_and_says_that_only_the_file_proves(api: Api) -> None:
    _, signature = await a_certificate(api)

    found = await verify(api, number=signature.number.lower().replace("-", " "))
    plain_form = await api.http.post("/verify", data={"number": signature.number})
    missing = await verify(api, number=UNUSED)
    nothing = await verify(api)

    assert "Seul le fichier PDF prouve" in shown(found)
    assert "Maçonnerie Durand" in shown(found)
    assert plain_form.status_code == 200
    assert (missing.status_code, nothing.status_code) == (404, 400)
    assert "Aucun certificat" in shown(missing)


async def test_the_page_says_that_a_mandate_is_no_longer_in_force(
    api: Api, publish: Publish
) -> None:
    pdf, _ = await a_certificate(api)
    publish(TextKind.MANDATE, since=date(2026, 11, 1))
    outdated = shown(await verify(api, pdf))
    texts.configure()
    supplier = api.world.parties.supplier.id
    await revoke_mandate(await actor_of(api.world.people["supplier"]), supplier)

    revoked = shown(await verify(api, pdf))

    assert "N’est plus en vigueur depuis le 01/11/2026" in outdated
    assert f"N’est plus en vigueur depuis le {now():%d/%m/%Y}" in revoked
    assert "Ce certificat est authentique" in revoked


async def test_a_private_person_is_shown_by_its_initials(api: Api) -> None:
    private = await a_supplier(
        has_mandate=False,
        name="Zoé Particulière",
        identifier_type=IdentifierType.PARTICULIER,
        identifier="2800142218PARTICULIEREZOE",
    )
    account = await an_account(display_name="Zoé Particulière")
    await attach(account.id, private.id, Role.MAIN_MANAGER)
    text = texts.present(TextKind.MANDATE)
    mandate = await sign_mandate(await actor_of(account), private.id, text.version, text.sha256)
    signature = await Signature.get(id=mandate.signature_id)

    page = await verify(api, number=signature.number)

    assert "Z. P." in shown(page)
    assert "Particulière" not in page.text
    assert private.identifier not in page.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
        (b"--b--", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", 400),
        (b"--b\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n\r\n--b\r\n"
         b"content-disposition: form-data; name=\"file\"\r\n\r\n\r\n--b--",
         "multipart/form-data; boundary=b", 400),
        (b"--b\r\ncontent-disposition: form-data;" + b";" * 100_000 + b"\r\n\r\nx\r\n--b--",
         "multipart/form-data; boundary=b", 400),
        (b"--b\r\n" * 100_000, "multipart/form-data; boundary=b", 400),
        (b"x" * 2_000_001, "multipart/form-data; boundary=b", 413),
        (b"{}", "application/json", 400),
    ],
)  # fmt: skip
async def test_a_form_that_no_browser_sends_is_refused_at_once(
    api: Api, body: bytes, kind: str, status: int
) -> None:
    answer = await api.http.post("/verify", content=body, headers={"content-type": kind})

    assert answer.status_code == status


async def test_verifications_of_one_address_are_slowed_down(api: Api) -> None:
    for _ in range(30):
        assert (await verify(api, number=UNUSED)).status_code == 404

    slowed = await verify(api, number=UNUSED)

    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) >= 1
