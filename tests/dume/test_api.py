"""The form through the door: by anyone, by members, and by those who ask too much."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pypdf
import pytest

from domain.db import fetch
from domain.dume.criteria import CRITERIA
from domain.dume.espd import NAMESPACES
from domain.dume.form import DumeForm
from domain.dume.rules import MOST_CHARACTERS
from domain.structures.models import SizeCategory, Structure
from tests.api import served
from tests.dume.forms import FRAUD, TURNOVER, a_form, as_input, everything, yes
from tests.make import a_public_structure, a_siret, a_supplier

CRITERIA_OF = """query ($part: DumePart) { dumeCriteria(part: $part) {
  code uuid part section(locale: EN) name wording isRequired
  questions { key type label(locale: EN) isRequired codes most repeatedWith
    dependsOn { question answer } } } }"""
PREFILL = """query ($siret: String!, $buyer: String) {
  dumePrefill(siret: $siret, buyerSiret: $buyer) {
    operator { name siret siren vatNumber address postalCode town country size email phone
      fields { field source } }
    buyer { name siret town email }
    problems { rule path } } }"""
MAKE = """mutation ($input: DumeMakeInput!) { dumeMake(input: $input) {
  dume { number xml { ...F } pdf { ...F } } userErrors { rule path severity message(locale: EN) }
  replayed cursor } }
fragment F on DumeFile { name mediaType size sha256 base64 }"""
VALIDATE = """mutation ($input: DumeValidateInput!) { dumeValidate(input: $input) {
  dume { number } userErrors { rule path severity } } }"""


def sent(form: DumeForm) -> dict[str, Any]:
    return {"form": as_input(form)}


async def a_known_supplier(api: Any) -> Structure:
    """The supplier of the world, with all that a form asks for."""
    supplier: Structure = api.world.parties.supplier
    await Structure.filter(id=supplier.id).update(
        address="3 rue des Tilleuls",
        postal_code="42000",
        town="Saint-Étienne",
        size_category=SizeCategory.PME,
        email="contact@durand.fr",
        phone="0477000000",
    )
    return supplier


async def rows() -> dict[str, int]:
    """How many rows each table has that a mutation could have written."""
    tables = ("event", "idempotency_key", "invoice", "structure", "signature", "certificate")
    return {t: (await fetch(f"SELECT count(*) AS n FROM {t}"))[0]["n"] for t in tables}


# The table


async def test_anyone_reads_the_questions_of_the_form(api: Any) -> None:
    everything_asked = await api("anonymous")(CRITERIA_OF)
    grounds = await api("anonymous")(CRITERIA_OF, part="EXCLUSION")

    assert [c["code"] for c in everything_asked.payload] == list(CRITERIA)
    assert len(grounds.payload) == 24
    fraud = next(c for c in grounds.payload if c["code"] == FRAUD)
    assert fraud["uuid"] == "297d2323-3ede-424e-94bc-a91561e6f320"
    assert fraud["name"] == "Fraude"
    asked = {q["key"]: q for q in fraud["questions"]}
    assert asked["measures"] == {
        "key": "measures",
        "type": "DESCRIPTION",
        "label": "What they are",
        "isRequired": True,
        "codes": [],
        "most": 5,
        "repeatedWith": "convictedOn",
        "dependsOn": [
            {"question": "answer", "answer": True},
            {"question": "selfCleaning", "answer": True},
        ],
    }


# Prefilled


async def test_without_an_account_the_directory_fills_in_what_it_shows(api: Any) -> None:
    buyer = await a_public_structure(name="COMMUNE DE FIRMINY", town="Firminy", email="a@b.fr")
    office = await a_public_structure(name="RÉGIE DES EAUX", town="Feurs", postal_code="42110")

    answer = await api("anonymous")(PREFILL, siret=office.identifier, buyer=buyer.identifier)

    operator = answer.payload["operator"]
    assert (operator["name"], operator["town"], operator["postalCode"]) == (
        "RÉGIE DES EAUX",
        "Feurs",
        "42110",
    )
    assert operator["siren"] == office.identifier[:9]
    assert {f["field"]: f["source"] for f in operator["fields"]}["name"] == "DIRECTORY"
    assert answer.payload["buyer"] == {
        "name": "COMMUNE DE FIRMINY",
        "siret": buyer.identifier,
        "town": "Firminy",
        "email": None,
    }


async def test_a_member_is_given_everything_known_of_its_structure(api: Any) -> None:
    supplier = await a_known_supplier(api)

    answer = await api("supplier")(PREFILL, siret=supplier.identifier)

    operator = answer.payload["operator"]
    sources = {f["field"]: f["source"] for f in operator["fields"]}
    assert (operator["name"], operator["address"]) == ("Maçonnerie Durand", "3 rue des Tilleuls")
    assert (operator["size"], operator["email"]) == ("SME", "contact@durand.fr")
    assert (sources["email"], sources["phone"]) == ("MEMBER", "MEMBER")
    assert (sources["size"], sources["vatNumber"]) == ("DIRECTORY", "COMPUTED")


@pytest.mark.parametrize("persona", ["anonymous", "recipient"])
async def test_a_company_of_others_is_not_told_from_one_that_is_unknown(
    api: Any, persona: str
) -> None:
    supplier = await a_supplier(has_mandate=False, name="Peinture Martin", town="Roanne")
    unknown = a_siret()

    known = (await api(persona)(PREFILL, siret=supplier.identifier)).payload["operator"]
    other = (await api(persona)(PREFILL, siret=unknown)).payload["operator"]

    for field in ("siret", "siren", "vatNumber"):
        known.pop(field)
        other.pop(field)
    assert known == other
    assert (known["name"], known["town"], known["email"]) == (None, None, None)
    assert {f["source"] for f in known["fields"]} == {"COMPUTED"}


async def test_a_counterparty_is_not_told_how_to_reach_the_company(api: Any) -> None:
    supplier = await a_known_supplier(api)

    answer = await api("recipient")(PREFILL, siret=supplier.identifier)

    operator = answer.payload["operator"]
    assert (operator["email"], operator["phone"]) == (None, None)


async def test_wrong_sirets_are_named_together(api: Any) -> None:
    answer = await api("anonymous")(PREFILL, siret="123", buyer="732829320 00075")

    assert answer.payload == {
        "operator": None,
        "buyer": None,
        "problems": [
            {"rule": "BDR-ID-001", "path": ["siret"]},
            {"rule": "BDR-ID-002", "path": ["buyerSiret"]},
        ],
    }


# Made


async def test_anyone_makes_both_documents_and_nothing_is_kept(api: Any) -> None:
    before = await rows()

    answer = await api("anonymous")(MAKE, input=sent(a_form(everything(TURNOVER))))

    payload = answer.payload
    assert (answer.errors, payload["userErrors"], payload["cursor"]) == ([], [], None)
    number = payload["dume"]["number"]
    files = {}
    for kind, media_type in (("xml", "application/xml"), ("pdf", "application/pdf")):
        file = payload["dume"][kind]
        files[kind] = base64.b64decode(file["base64"], validate=True)
        assert (file["name"], file["mediaType"]) == (f"{number}.{kind}", media_type)
        assert file["size"] == len(files[kind])
        assert file["sha256"] == hashlib.sha256(files[kind]).hexdigest()
    root = ET.fromstring(files["xml"])  # noqa: S314 - what we wrote ourselves
    assert root.tag == f"{{{NAMESPACES['xmlns']}}}QualificationApplicationResponse"
    assert root.findtext(f"{{{NAMESPACES['xmlns:cbc']}}}ID") == number
    pages = pypdf.PdfReader(io.BytesIO(files["pdf"])).pages
    assert "Jardins Durand" in pages[0].extract_text()
    assert await rows() == before


async def test_two_documents_of_one_form_have_two_numbers(api: Any) -> None:
    first, second = [await api("supplier")(MAKE, input=sent(a_form())) for _ in range(2)]

    assert first.payload["dume"]["number"] != second.payload["dume"]["number"]


async def test_a_form_is_refused_with_everything_wrong_and_no_document(api: Any) -> None:
    form = a_form(yes(FRAUD), without=TURNOVER)
    form = replace(form, procedure=replace(form.procedure, title=None))

    made = await api("anonymous")(MAKE, input=sent(form))
    judged = await api("anonymous")(VALIDATE, input=sent(form))

    found = [(e["rule"], e["path"]) for e in made.payload["userErrors"]]
    position = next(n for n, c in enumerate(form.criteria) if c.code == FRAUD)
    missing = ["form", "criteria", str(position), "answers"]
    assert made.payload["dume"] is None
    assert found == [
        ("BDR-ESP-001", ["form", "procedure", "title"]),
        *[("BDR-ESP-006", missing)] * 4,
        ("BDR-ESP-017", missing[:-1]),
    ]
    assert [(e["rule"], e["path"]) for e in judged.payload["userErrors"]] == found


async def test_an_advice_comes_with_the_documents(api: Any) -> None:
    national = "CRITERION.EXCLUSION.CONVICTIONS.CORRUPTION"
    answers = replace(
        everything(national),
        answers=tuple(
            replace(a, indicator=False) if a.question == "selfCleaning" else a
            for a in everything(national).answers
            if a.question != "measures"
        ),
    )

    answer = await api("anonymous")(MAKE, input=sent(a_form(answers)))

    assert answer.payload["dume"] is not None
    (advice,) = answer.payload["userErrors"]
    assert (advice["rule"], advice["severity"]) == ("BDR-ESP-017", "WARNING")
    assert advice["message"] == "“Corruption” forbids to bid, and no measure is declared."


async def test_what_only_looks_like_a_form_is_refused_not_broken(api: Any) -> None:
    hostile = ("\u202ea", "]]>", "#panic()", "<!DOCTYPE a>", "a" * (MOST_CHARACTERS + 1))
    for text in hostile:
        form = a_form()
        described = replace(form.procedure, description=text)

        answer = await api("anonymous")(MAKE, input=sent(replace(form, procedure=described)))

        assert answer.errors == [], text[:20]
        payload = answer.payload
        assert (payload["dume"] is None) == bool(payload["userErrors"]), text[:20]


async def test_an_address_that_makes_many_has_to_wait(database_url: str) -> None:
    async with served(database_url, cost_bucket=1_000, cost_refill_per_second=1) as api:
        answers = [await api("anonymous")(MAKE, input=sent(a_form())) for _ in range(5)]

    made = [a for a in answers if a.data]
    assert 1 <= len(made) <= 4
    assert {code for a in answers if not a.data for code in a.codes} == {"RATE_LIMITED"}
