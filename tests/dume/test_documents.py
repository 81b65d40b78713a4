"""The documents of a form, read back: the XML by the published rules, the PDF as people see it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from xml.etree import ElementTree as ET

import pypdf
import pytest

from domain.dume.criteria import CRITERIA
from domain.dume.document import dume_pdf
from domain.dume.espd import NAMESPACES, ROOT, espd_xml
from domain.dume.form import Answer, Answered, DumeForm
from domain.dume.operator import LOTS
from domain.dume.taxonomy import DumeAnswerType as T
from tests.dume.forms import FRAUD, REFERENCES, TURNOVER, a_form, everything, yes

AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
DOCUMENT = UUID("6b1c3a52-0d0c-4c57-8f6b-6a3c1f0a2d11")
NS = {
    "qar": NAMESPACES["xmlns"],
    "cac": NAMESPACES["xmlns:cac"],
    "cbc": NAMESPACES["xmlns:cbc"],
}
FULL = a_form(*(everything(code) for code in CRITERIA))
EMPTY_ANSWERS = a_form()
forms = pytest.mark.parametrize("form", [EMPTY_ANSWERS, FULL], ids=["no ground", "everything"])

# Which element holds the answer to a question of each type (BR-TCR-08).
ELEMENTS = {
    T.INDICATOR: "cac:ResponseValue/cbc:ResponseIndicator",
    T.DESCRIPTION: "cac:ResponseValue/cbc:Description",
    T.AMOUNT: "cac:ResponseValue/cbc:ResponseAmount",
    T.DATE: "cac:ResponseValue/cbc:ResponseDate",
    T.PERIOD: "cac:ApplicablePeriod",
    T.URL: "cac:ResponseValue/cbc:ResponseURI",
    T.CODE: "cac:ResponseValue/cbc:ResponseCode",
    T.CODE_COUNTRY: "cac:ResponseValue/cbc:ResponseCode",
    T.QUAL_IDENTIFIER: "cac:ResponseValue/cbc:ResponseID",
    T.ECONOMIC_OPERATOR_IDENTIFIER: "cac:ResponseValue/cbc:ResponseID",
    T.LOT_IDENTIFIER: "cac:ResponseValue/cbc:ResponseID",
    T.EVIDENCE_IDENTIFIER: "cac:EvidenceSupplied/cbc:ID",
    T.PERCENTAGE: "cac:ResponseValue/cbc:ResponseQuantity[@unitCode='PERCENTAGE']",
    T.QUANTITY_INTEGER: "cac:ResponseValue/cbc:ResponseQuantity",
    T.QUANTITY_YEAR: "cac:ResponseValue/cbc:ResponseQuantity[@unitCode='YEAR']",
}


def read(form: DumeForm) -> ET.Element:
    return ET.fromstring(espd_xml(form, DOCUMENT, AT))  # noqa: S314 - what we wrote ourselves


def found(node: ET.Element, path: str) -> list[ET.Element]:
    return node.findall(path, NS)


def text(node: ET.Element, path: str) -> str | None:
    return node.findtext(path, None, NS)


def local(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


def questions(root: ET.Element) -> dict[str, ET.Element]:
    """The properties that ask something, by identifier."""
    properties = found(root, ".//cac:TenderingCriterionProperty")
    return {text(p, "cbc:ID") or "": p for p in properties if text(p, "cbc:TypeCode") == "QUESTION"}


# Beside the answer, in the element that holds it.
_IDS = {"ID", "ValidatedCriterionPropertyID"}


def answers(form: DumeForm) -> Iterator[tuple[str, str | None, str]]:
    """Criterion, question in French and value, in the order of the document."""
    root = read(form)
    places = {
        text(p, "cbc:ID"): (text(c, "cbc:CriterionTypeCode"), text(p, "cbc:Description"))
        for c in found(root, "cac:TenderingCriterion")
        for p in found(c, ".//cac:TenderingCriterionProperty")
    }
    for response in found(root, "cac:TenderingCriterionResponse"):
        code, label = places[text(response, "cbc:ValidatedCriterionPropertyID")]
        value = next(iter(found(response, "cac:ResponseValue")), response)
        said = [e.text or "" for e in value.iter() if local(e) not in _IDS]
        yield code or "", label, " ".join(t for t in said if t.strip())


# XML


def test_the_head_says_which_model_and_what_is_declared_by_whom() -> None:
    root = read(a_form())

    assert root.tag == f"{{{NS['qar']}}}{ROOT}"
    head = {local(child): child.text for child in root if not len(child) and local(child) != "Note"}
    assert head == {
        "UBLVersionID": "2.2",
        "CustomizationID": "urn:www.cenbii.eu:transaction:biitrdm092:ver3.0",
        "ProfileID": "4.1",
        "ProfileExecutionID": "ESPD-EDMv2.1.1-EXTENDED",
        "ID": f"DUME-{DOCUMENT}",
        "CopyIndicator": "false",
        "UUID": str(DOCUMENT),
        "ContractFolderID": "2026-AO-17",
        "IssueDate": "2026-11-21",
        "IssueTime": "00:30:00",
        "VersionID": "1.0",
        "QualificationApplicationTypeCode": "EXTENDED",
    }
    assert found(root, "cbc:CustomizationID")[0].get("schemeAgencyID") == "CEN-BII"
    operator = found(root, "cac:EconomicOperatorParty")[0]
    party = found(operator, "cac:Party")[0]
    assert text(operator, "cac:EconomicOperatorRole/cbc:RoleCode") == "SCLE"
    assert text(party, "cbc:IndustryClassificationCode") == "SMALL"
    assert [
        (i.get("schemeAgencyID"), i.text) for i in found(party, "cac:PartyIdentification/cbc:ID")
    ] == [("SIRET", "73282932000074"), ("VAT", "FR44732829320")]
    assert text(party, "cac:PartyName/cbc:Name") == "Jardins Durand"
    assert text(party, "cac:PostalAddress/cac:Country/cbc:IdentificationCode") == "FR"
    person = found(party, "cac:PowerOfAttorney/cac:AgentParty/cac:Person")[0]
    assert [text(person, f"cbc:{n}") for n in ("FirstName", "FamilyName", "BirthDate")] == [
        "Inès",
        "Durand",
        "1980-05-04",
    ]
    assert text(person, "cac:ResidenceAddress/cac:Country/cbc:IdentificationCode") == "FR"
    buyer = found(root, "cac:ContractingParty/cac:Party")[0]
    assert text(buyer, "cac:PartyName/cbc:Name") == "Commune de Saint-Étienne"
    assert [e.text for e in found(root, "cac:ProcurementProjectLot/cbc:ID")] == ["1", "2"]
    assert text(root, "cac:AdditionalDocumentReference/cbc:ID") == "2026/S 225-000001"


@forms
def test_every_answer_is_to_one_question_in_the_element_of_its_type(form: DumeForm) -> None:
    root = read(form)
    asked = questions(root)

    properties = found(root, ".//cac:TenderingCriterionProperty/cbc:ID")
    assert [i for i, times in Counter(p.text for p in properties).items() if times > 1] == []
    responses = found(root, "cac:TenderingCriterionResponse")
    to = [text(r, "cbc:ValidatedCriterionPropertyID") for r in responses]
    assert [i for i, times in Counter(to).items() if times > 1] == []
    evidence = {text(e, "cbc:ID") for e in found(root, "cac:Evidence")}
    for response in responses:
        question = asked[text(response, "cbc:ValidatedCriterionPropertyID") or ""]
        type_ = T(text(question, "cbc:ValueDataTypeCode") or "")
        assert len(found(response, ELEMENTS[type_])) == 1, type_
        one_of = "cac:ResponseValue", "cac:ApplicablePeriod", "cac:EvidenceSupplied"
        assert sum(len(found(response, path)) for path in one_of) == 1
        if type_ is T.EVIDENCE_IDENTIFIER:
            assert text(response, "cac:EvidenceSupplied/cbc:ID") in evidence


@forms
def test_every_exclusion_ground_has_an_answer_where_readers_look_for_it(form: DumeForm) -> None:
    """BR-RESP-30: in a group of the criterion, or below one that holds a requirement."""
    root = read(form)
    answered = {i.text for i in found(root, ".//cbc:ValidatedCriterionPropertyID")}

    def has_answer(group: ET.Element) -> bool:
        own = found(group, "cac:TenderingCriterionProperty")
        if any(text(p, "cbc:ID") in answered for p in own):
            return True
        below = "cac:SubsidiaryTenderingCriterionPropertyGroup/cac:TenderingCriterionProperty"
        required = any(text(p, "cbc:TypeCode") == "REQUIREMENT" for p in own)
        return required and any(text(p, "cbc:ID") in answered for p in found(group, below))

    grounds = [
        c
        for c in found(root, "cac:TenderingCriterion")
        if (text(c, "cbc:CriterionTypeCode") or "").startswith("CRITERION.EXCLUSION.")
    ]
    assert len(grounds) == 24
    for criterion in grounds:
        groups = found(criterion, "cac:TenderingCriterionPropertyGroup")
        assert any(map(has_answer, groups)), text(criterion, "cbc:Name")


@forms
def test_a_criterion_is_written_with_its_whole_tree(form: DumeForm) -> None:
    root = read(form)

    for criterion in found(root, "cac:TenderingCriterion"):
        code = text(criterion, "cbc:CriterionTypeCode") or ""
        row = CRITERIA.get(code, LOTS)
        assert text(criterion, "cbc:ID") == row.id
        for path in ("cbc:Name", "cbc:Description", "cac:Legislation/cbc:Title"):
            assert text(criterion, path)
        outer = "cac:TenderingCriterionPropertyGroup"
        written = {text(g, "cbc:ID") for g in found(criterion, outer)}
        assert written == {g.id for g in row.groups}
        inner = "cac:SubsidiaryTenderingCriterionPropertyGroup"
        for group in [*found(criterion, outer), *found(criterion, f".//{inner}")]:
            assert found(group, "cac:TenderingCriterionProperty")
            assert text(group, "cbc:PropertyGroupTypeCode") in {"ON*", "ONTRUE", "ONFALSE"}


def test_what_was_answered_is_read_back() -> None:
    convicted = yes(
        FRAUD,
        Answer(question="convictedOn", on=date(2023, 3, 1)),
        Answer(question="reason", text="Fausse <facture> & faux"),
        Answer(question="who", text="Le gérant"),
        Answer(question="exclusion", starts_on=date(2023, 3, 1), ends_on=date(2027, 2, 28)),
        Answer(question="selfCleaning", indicator=True),
        Answer(question="measures", text="Nouvelle direction"),
    )

    said = [(label, value) for code, label, value in answers(a_form(convicted)) if code == FRAUD]

    assert said == [
        ("Votre réponse", "true"),
        ("Date de la condamnation", "2023-03-01"),
        ("Motif", "Fausse <facture> & faux"),
        ("Personne condamnée", "Le gérant"),
        ("Durée de l'exclusion, si elle est fixée", "2023-03-01 2027-02-28"),
        ("Mesures prises pour démontrer votre fiabilité", "true"),
        ("Description de ces mesures", "Nouvelle direction"),
        ("Information disponible gratuitement en ligne", "false"),
    ]


def two_years() -> Answered:
    def year(occurrence: int, amount: str, ends: int) -> Iterator[Answer]:
        yield Answer(question="amount", amount=Decimal(amount), occurrence=occurrence)
        yield Answer(
            question="period",
            starts_on=date(ends, 1, 1),
            ends_on=date(ends, 12, 31),
            occurrence=occurrence,
        )

    return Answered(code=TURNOVER, answers=(*year(1, "120000", 2024), *year(2, "98000.5", 2023)))


def test_what_is_answered_several_times_is_a_group_each_time() -> None:
    form = a_form(two_years())

    said = [
        v for code, label, v in answers(form) if (code, label) == (TURNOVER, "Chiffre d'affaires")
    ]
    (criterion,) = (
        c
        for c in found(read(form), "cac:TenderingCriterion")
        if text(c, "cbc:CriterionTypeCode") == TURNOVER
    )
    assert said == ["120000.00", "98000.50"]
    assert len(found(criterion, "cac:TenderingCriterionPropertyGroup")) == 2


def test_the_lots_bid_for_are_an_answer_and_what_requirements_are_about() -> None:
    register = "CRITERION.SELECTION.SUITABILITY.TRADE_REGISTER_ENROLMENT"
    form = a_form(everything(register))

    assert [v for code, _, v in answers(form) if code == LOTS.code] == ["2"]
    tendered = [
        e.text for e in found(read(form), ".//cac:TenderingCriterionProperty/cbc:ExpectedID")
    ]
    assert tendered == ["2"]


def test_characters_that_xml_cannot_write_do_not_break_the_document() -> None:
    form = a_form()
    title = "Jardin \ufffe & <b>\u0001</b>"

    root = read(replace(form, procedure=replace(form.procedure, title=title)))

    assert text(root, "cac:ProcurementProject/cbc:Name") == "Jardin \ufffd & <b>\ufffd</b>"


def test_the_same_form_gives_the_same_bytes() -> None:
    assert espd_xml(FULL, DOCUMENT, AT) == espd_xml(FULL, DOCUMENT, AT)
    first, again = (dume_pdf(FULL, DOCUMENT, AT, "https://example.org") for _ in range(2))
    assert first == again


# PDF


def shown(form: DumeForm) -> str:
    """The text of the pages, spaces made one."""
    pdf = dume_pdf(form, DOCUMENT, AT, "https://bordereau.example")
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    whole = "\n".join(page.extract_text() for page in pages)
    return " ".join(whole.replace("\u202f", " ").replace("\xa0", " ").split())


def test_the_pdf_is_archivable_accessible_and_names_its_subject() -> None:
    pdf = dume_pdf(a_form(), DOCUMENT, AT, "https://bordereau.example")

    for mark in (
        b"<pdfaid:part>2</pdfaid:part>",
        b"<pdfaid:conformance>A</pdfaid:conformance>",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"/MarkInfo",
        b"/Lang",
    ):
        assert mark in pdf, mark
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.metadata is not None
    assert reader.metadata.title == "Document unique de marché européen – Jardins Durand"


def test_the_pdf_shows_every_part_and_answer() -> None:
    text_shown = shown(
        a_form(
            two_years(),
            everything(REFERENCES),
            yes(
                FRAUD,
                Answer(question="convictedOn", on=date(2023, 3, 1)),
                Answer(question="reason", text="Fausse facture"),
                Answer(question="who", text="Le gérant 基"),
                Answer(question="selfCleaning", indicator=True),
                Answer(question="measures", text="Nouvelle direction"),
            ),
        )
    )

    for words in (
        "Partie I : procédure et acheteur",
        "Acheteur Commune de Saint-Étienne",
        "Avis au JOUE 2026/S 225-000001",
        "Raison sociale Jardins Durand",
        "SIREN 732829320",
        "Inès Durand né(e) le 04/05/1980",
        "Partie III : motifs d'exclusion",
        "Date de la condamnation : 01/03/2023",
        "Personne condamnée : Le gérant (U+57FA)",
        "Mesures prises pour démontrer votre fiabilité : oui",
        "(1) Chiffre d'affaires : 120 000,00 EUR",
        "(2) Chiffre d'affaires : 98 000,50 EUR",
        "Justificatif en ligne : Greffe – https://exemple.fr/k – K-1",
        "Partie VI : déclarations finales",
        "Signataire Inès Durand",
        "Le 20/11/2026",
    ):
        assert words in text_shown, words


@pytest.mark.parametrize("code", CRITERIA)
def test_each_criterion_is_in_the_pdf_with_its_name(code: str) -> None:
    assert CRITERIA[code].name.fr in shown(a_form(everything(code)))
