"""The form as an ESPD response: UBL 2.2 QualificationApplicationResponse, ESPD-EDM 2.1.1 extended.

Whatever was asked is written with its tree of groups; only what was answered has a response, and
what an answer called for. The order of elements is that of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

from domain import identifiers
from domain.clock import PARIS
from domain.dume.criteria import CRITERIA
from domain.dume.form import (
    DECLARED,
    Answer,
    Answered,
    Declaration,
    DumeForm,
    Given,
    Party,
    Procedure,
    Representative,
)
from domain.dume.operator import LOTS, LOTS_TENDERED
from domain.dume.taxonomy import Criterion, Element, Group, Line, When
from domain.dume.taxonomy import DumeAnswerType as T
from domain.money import plain

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
NAMESPACES = {
    "xmlns": f"{_UBL}:QualificationApplicationResponse-2",
    "xmlns:cac": f"{_UBL}:CommonAggregateComponents-2",
    "xmlns:cbc": f"{_UBL}:CommonBasicComponents-2",
}
ROOT = "QualificationApplicationResponse"
VERSION = "2.1.1"
GROW = "EU-COM-GROW"
_UUID = {
    "schemeID": "ISO/IEC 9834-8:2008 - 4UUID",
    "schemeAgencyID": GROW,
    "schemeVersionID": VERSION,
}
_TAXONOMY = {
    "schemeID": "CriteriaTaxonomy",
    "schemeAgencyID": GROW,
    "schemeVersionID": VERSION,
}
# The procedure has no lots. As the model says it.
_NO_LOT = "0"
# The one form of numbers of notices that the model knows, and what it wants for every other.
_NOTICE = re.compile("[0-9]{4}/S [0-9]{3}-[0-9]{6}")
_OTHER_NOTICE = "0000/S 000-000000"
_ROLES = {"listID": "EORoleType", "listAgencyID": GROW, "listVersionID": VERSION}
_CPV = {"listID": "CPVCodes", "listAgencyID": "EU-COM-OP", "listVersionID": "1.0"}
_COUNTRIES = {"listID": "CountryCodeIdentifier", "listAgencyID": "ISO", "listVersionID": "1.0"}
_DIRECTIVE = "http://data.europa.eu/eli/dir/2014/24/oj"
# Readers refuse silence in a group that an answer opened (BR-TCR-06 and -07), and the official form
# has lines there that do not concern everybody.
_UNSAID = Answer(question="", text="Non précisé", url="about:blank")
_SAID = {True: "oui", False: "non"}
# XML has no way to write these, not even by their number.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class _Responses:
    """What is written after all criteria: the answers, and the evidence that they name."""

    document: UUID
    answers: list[tuple[str, Line, Answer]] = field(default_factory=list)

    def id_of(self, *path: object) -> str:
        """An identifier within this document: the same for the same place."""
        return str(uuid5(self.document, "/".join(map(str, path))))


def espd_xml(form: DumeForm, document: UUID, at: datetime) -> bytes:
    """The response as XML: the same bytes for the same form, identifier and instant."""
    root = ET.Element(ROOT, NAMESPACES)
    there = at.astimezone(PARIS)
    operator, procedure = form.operator, form.procedure
    _put(root, "cbc:UBLVersionID", "2.2", schemeAgencyID="OASIS-UBL-TC")
    _put(
        root,
        "cbc:CustomizationID",
        "urn:www.cenbii.eu:transaction:biitrdm092:ver3.0",
        schemeAgencyID="CEN-BII",
        schemeVersionID="3.0",
    )
    _put(root, "cbc:ProfileID", "4.1", schemeAgencyID="CEN-BII", schemeVersionID="2.0")
    _put(
        root,
        "cbc:ProfileExecutionID",
        "ESPD-EDMv2.1.1-EXTENDED",
        schemeID="ProfileExecutionID",
        schemeAgencyID=GROW,
        schemeVersionID=VERSION,
    )
    _put(root, "cbc:ID", f"DUME-{document}", schemeAgencyID="Bordereau")
    _put(root, "cbc:CopyIndicator", "false")
    _put(root, "cbc:UUID", str(document), **_UUID)
    _put(root, "cbc:ContractFolderID", procedure.reference or "", schemeAgencyID="Bordereau")
    _put(root, "cbc:IssueDate", f"{there:%Y-%m-%d}")
    _put(root, "cbc:IssueTime", f"{there:%H:%M:%S}")
    if operator.group:
        _put(root, "cbc:EconomicOperatorGroupName", operator.group)
    _put(root, "cbc:VersionID", "1.0", schemeAgencyID=GROW, schemeVersionID=VERSION)
    _put(
        root,
        "cbc:QualificationApplicationTypeCode",
        "EXTENDED",
        listID="QualificationApplicationType",
        listAgencyID=GROW,
        listVersionID=VERSION,
    )
    for note in _notes(form):
        _put(root, "cbc:Note", note)
    _party(_put(_put(root, "cac:ContractingParty"), "cac:Party"), procedure.buyer)
    _operator(root, form)
    _procedure(root, procedure)
    responses = _Responses(document)
    for criterion, answered in _written(form):
        _criterion(root, criterion, answered, form, responses)
    for place, line, answer in responses.answers:
        _response(root, place, line, answer, responses)
    _notice(root, procedure)
    _evidence(root, responses)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _put(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = None if text is None else _NOT_XML.sub("\ufffd", text)
    return child


def _code(parent: ET.Element, tag: str, text: str, list_id: str, agency: str = GROW) -> None:
    version = VERSION if agency == GROW else "1.0"
    _put(parent, tag, text, listID=list_id, listAgencyID=agency, listVersionID=version)


# What the model has no element for


def _notes(form: DumeForm) -> Iterator[str]:
    """The global indication of part IV and the statements of part VI, in words."""
    for criterion, answered in _answered(form):
        if criterion.is_note:
            for answer in answered.answers:
                yield f"{criterion.name.fr} : {_SAID[bool(answer.indicator)]}"
    declaration = form.declaration
    for name, words in DECLARED.items():
        yield f"{words.fr} : {_SAID[getattr(declaration, name)]}"
    if signed := _signature(declaration):
        yield signed


def _signature(declaration: Declaration) -> str:
    """Who declared it, where and when, as far as it was said."""
    said = (
        declaration.signatory,
        declaration.capacity,
        f"à {declaration.place}" if declaration.place else None,
        f"le {declaration.signed_on:%d/%m/%Y}" if declaration.signed_on else None,
    )
    return ", ".join(filter(None, said))


# The parties and the procedure


def _operator(root: ET.Element, form: DumeForm) -> None:
    outer = _put(root, "cac:EconomicOperatorParty")
    role = _put(outer, "cac:EconomicOperatorRole")
    _code(role, "cbc:RoleCode", form.operator.role, "EORoleType")
    party = _put(outer, "cac:Party")
    _party(party, form.operator.party, form.operator.size)
    for person in form.operator.representatives:
        _representative(party, person)


def _party(party: ET.Element, known: Party, size: str | None = None) -> None:
    if known.website:
        _put(party, "cbc:WebsiteURI", known.website)
    if size:
        _code(party, "cbc:IndustryClassificationCode", size, "EOIndustryClassificationCode")
    for scheme, identifier in _identifiers(known):
        _put(_put(party, "cac:PartyIdentification"), "cbc:ID", identifier, schemeAgencyID=scheme)
    _put(_put(party, "cac:PartyName"), "cbc:Name", known.name or "")
    address = _put(party, "cac:PostalAddress")
    for tag, text in (
        ("cbc:StreetName", known.address),
        ("cbc:CityName", known.town),
        ("cbc:PostalZone", known.postal_code),
    ):
        if text:
            _put(address, tag, text)
    _country(address, known.country)
    _contact(party, known.contact, known.phone, known.email)


def _identifiers(known: Party) -> Iterator[tuple[str, str]]:
    if known.siret:
        yield "SIRET", identifiers.unspaced(known.siret)
    if known.identifier:
        yield "NATIONAL", known.identifier
    if known.vat_number:
        yield "VAT", identifiers.compact(known.vat_number)


def _country(parent: ET.Element, code: str) -> None:
    country = _put(parent, "cac:Country")
    _code(country, "cbc:IdentificationCode", code, "CountryCodeIdentifier", "ISO")


def _contact(parent: ET.Element, name: str | None, phone: str | None, email: str | None) -> None:
    if not (name or phone or email):
        return
    contact = _put(parent, "cac:Contact")
    for tag, text in (
        ("cbc:Name", name),
        ("cbc:Telephone", phone),
        ("cbc:ElectronicMail", email),
    ):
        if text:
            _put(contact, tag, text)


def _representative(party: ET.Element, person: Representative) -> None:
    power = _put(party, "cac:PowerOfAttorney")
    if person.capacity:
        _put(power, "cbc:Description", person.capacity)
    known = _put(_put(power, "cac:AgentParty"), "cac:Person")
    _put(known, "cbc:FirstName", person.first_name or "")
    _put(known, "cbc:FamilyName", person.last_name or "")
    if person.born_on:
        _put(known, "cbc:BirthDate", person.born_on.isoformat())
    if person.born_in:
        _put(known, "cbc:BirthplaceName", person.born_in)
    _contact(known, None, person.phone, person.email)
    _country(_put(known, "cac:ResidenceAddress"), person.country)


def _procedure(root: ET.Element, procedure: Procedure) -> None:
    project = _put(root, "cac:ProcurementProject")
    _put(project, "cbc:Name", procedure.title or "")
    if procedure.description:
        _put(project, "cbc:Description", procedure.description)
    for lot in procedure.lots or (_NO_LOT,):
        _put(_put(root, "cac:ProcurementProjectLot"), "cbc:ID", lot, schemeAgencyID="Bordereau")


def _notice(root: ET.Element, procedure: Procedure) -> None:
    if not procedure.notice:
        return
    reference = _put(root, "cac:AdditionalDocumentReference")
    number = procedure.notice if _NOTICE.fullmatch(procedure.notice) else _OTHER_NOTICE
    _put(reference, "cbc:ID", number, schemeAgencyID="EU-COM-OP")
    _code(reference, "cbc:DocumentTypeCode", "TED_CN", "DocRefContentType")
    external = _put(_put(reference, "cac:Attachment"), "cac:ExternalReference")
    for description in (procedure.title, procedure.notice):
        _put(external, "cbc:Description", description or "")


# Criteria


def _answered(form: DumeForm) -> Iterator[tuple[Criterion, Answered]]:
    """What was answered, in the order of the form."""
    known = {answered.code: answered for answered in form.criteria}
    yield from ((row, known[code]) for code, row in CRITERIA.items() if code in known)


def _written(form: DumeForm) -> Iterator[tuple[Criterion, Answered]]:
    """What is written as criteria; the lots bid for are one of them."""
    yield from ((row, answered) for row, answered in _answered(form) if not row.is_note)
    if lots := _lots(form):
        answers = tuple(
            Answer(question="lot", occurrence=number, code=lot)
            for number, lot in enumerate(lots, 1)
        )
        yield LOTS, Answered(code=LOTS_TENDERED, answers=answers)


def _lots(form: DumeForm) -> tuple[str, ...]:
    """The lots bid for: those of the procedure where none was chosen."""
    return form.operator.lots or form.procedure.lots


def _criterion(
    root: ET.Element,
    criterion: Criterion,
    answered: Answered,
    form: DumeForm,
    responses: _Responses,
) -> None:
    node = _put(root, "cac:TenderingCriterion")
    _put(node, "cbc:ID", criterion.id, **_TAXONOMY)
    _code(node, "cbc:CriterionTypeCode", criterion.code, "CriteriaTypeCode")
    _put(node, "cbc:Name", criterion.name.fr)
    _put(node, "cbc:Description", criterion.wording.fr)
    law = _put(node, "cac:Legislation")
    _put(law, "cbc:ID", responses.id_of(criterion.id, "law"), **_UUID)
    _put(law, "cbc:Title", "Directive 2014/24/UE")
    _put(law, "cbc:Description", "Passation des marchés publics")
    _put(law, "cbc:JurisdictionLevel", "EU")
    _put(law, "cbc:Article", criterion.article)
    _put(law, "cbc:URI", _DIRECTIVE)
    writer = _Trees(criterion, Given.of(answered), form, responses)
    for group in criterion.groups:
        writer.put(node, "cac:TenderingCriterionPropertyGroup", group, (), 1)


@dataclass
class _Trees:
    """Writes the groups of a criterion, a repeatable one as often as it was filled in."""

    criterion: Criterion
    given: Given
    form: DumeForm
    responses: _Responses

    def put(
        self,
        parent: ET.Element,
        tag: str,
        group: Group,
        path: tuple[object, ...],
        within: int,
        *,
        is_called_for: bool = False,
    ) -> None:
        for copy in self._copies(group):
            occurrence = copy if group.most > 1 else within
            place = (*path, group.id, copy)
            node = _put(parent, tag)
            _put(node, "cbc:ID", group.id, **_TAXONOMY)
            _code(node, "cbc:PropertyGroupTypeCode", group.when, "PropertyGroupType")
            for number, line in enumerate(group.lines):
                id_ = self._line(node, line, (*place, number))
                if line.element is Element.QUESTION:
                    self._reply(id_, line, occurrence, is_called_for=is_called_for)
            for number, below in enumerate(group.groups):
                inner = "cac:SubsidiaryTenderingCriterionPropertyGroup"
                called = self._calls_for(group.governing, below, occurrence)
                self.put(node, inner, below, (*place, number), occurrence, is_called_for=called)

    def _copies(self, group: Group) -> list[int]:
        """In which occurrences it is written: those begun, and as many as the model wants."""
        if group.most == 1:
            return [1]
        keys = frozenset(
            asked.question.key
            for asked in self.criterion.asked.values()
            if asked.within is not None and asked.within == group
        )
        wanted = self.given.occurrences(keys) | set(range(1, group.least + 1))
        return sorted(wanted or {1})

    def _line(self, group: ET.Element, line: Line, place: tuple[object, ...]) -> str:
        """Its identifier."""
        is_lot = line.element is Element.REQUIREMENT and line.type is T.LOT_IDENTIFIER
        for lot in (_lots(self.form) or (_NO_LOT,)) if is_lot else (None,):
            id_ = self.responses.id_of(self.criterion.id, *place, lot or "")
            node = _put(group, "cac:TenderingCriterionProperty")
            _put(node, "cbc:ID", id_, **_TAXONOMY)
            _put(node, "cbc:Description", line.label.fr)
            _code(node, "cbc:TypeCode", line.element, "CriterionElementType")
            _code(node, "cbc:ValueDataTypeCode", line.type, "ResponseDataType")
            if lot is not None:
                _put(node, "cbc:ExpectedID", lot, schemeAgencyID="Bordereau")
        return id_

    def _reply(self, id_: str, line: Line, occurrence: int, *, is_called_for: bool) -> None:
        answer = self._answer(line, occurrence) or (_UNSAID if is_called_for else None)
        if answer:
            self.responses.answers.append((id_, line, answer))

    def _calls_for(self, governing: Line | None, below: Group, occurrence: int) -> bool:
        """Whether an answer asks for those of the group."""
        if governing is None or below.when is When.ALWAYS:
            return False
        answer = self._answer(governing, occurrence)
        return answer is not None and answer.indicator is (below.when is When.IF_YES)

    def _answer(self, line: Line, occurrence: int) -> Answer | None:
        within = self.criterion.asked[line.key].within
        found = self.given.to(line.key, occurrence if within else 1)
        if found is None and line.defaults_to_no:
            return Answer(question=line.key, indicator=False)
        return found


# Answers


def _response(
    root: ET.Element, place: str, line: Line, answer: Answer, responses: _Responses
) -> None:
    node = _put(root, "cac:TenderingCriterionResponse")
    _put(node, "cbc:ID", responses.id_of(place, "response"), **_UUID)
    _put(node, "cbc:ValidatedCriterionPropertyID", place, **_TAXONOMY)
    if line.type is T.PERIOD:
        period = _put(node, "cac:ApplicablePeriod")
        if answer is _UNSAID:
            _put(period, "cbc:Description", answer.text)
            return
        _put(period, "cbc:StartDate", str(answer.starts_on))
        _put(period, "cbc:EndDate", str(answer.ends_on))
        return
    if line.type is T.EVIDENCE_IDENTIFIER:
        supplied = _put(node, "cac:EvidenceSupplied")
        _put(supplied, "cbc:ID", responses.id_of(place, "evidence"), schemeAgencyID="Bordereau")
        return
    value = _put(node, "cac:ResponseValue")
    _put(value, "cbc:ID", responses.id_of(place, "value"), **_UUID)
    _value(value, line, answer)


def _value(value: ET.Element, line: Line, answer: Answer) -> None:
    number = plain(answer.number) if answer.number is not None else None
    says = "true" if answer.indicator else "false"
    amount = None if answer.amount is None else f"{answer.amount:.2f}"
    written: Mapping[T, tuple[str, str | None, dict[str, str]]] = {
        T.INDICATOR: ("cbc:ResponseIndicator", says, {}),
        T.AMOUNT: ("cbc:ResponseAmount", amount, {"currencyID": answer.currency}),
        T.DATE: ("cbc:ResponseDate", str(answer.on), {}),
        T.URL: ("cbc:ResponseURI", answer.url, {}),
        T.CODE: ("cbc:ResponseCode", answer.code, _ROLES if line.codes else _CPV),
        T.CODE_COUNTRY: ("cbc:ResponseCode", answer.code, _COUNTRIES),
        T.PERCENTAGE: ("cbc:ResponseQuantity", number, {"unitCode": "PERCENTAGE"}),
        T.QUANTITY_YEAR: ("cbc:ResponseQuantity", number, {"unitCode": "YEAR"}),
        T.QUANTITY_INTEGER: ("cbc:ResponseQuantity", number, {"unitCode": "NUMBER"}),
        T.LOT_IDENTIFIER: ("cbc:ResponseID", answer.code, {"schemeAgencyID": "Bordereau"}),
        T.QUAL_IDENTIFIER: ("cbc:ResponseID", answer.text, {"schemeAgencyID": "NATIONAL"}),
        T.ECONOMIC_OPERATOR_IDENTIFIER: (
            "cbc:ResponseID",
            answer.text,
            {"schemeAgencyID": "NATIONAL"},
        ),
        T.DESCRIPTION: ("cbc:Description", answer.text, {}),
    }
    tag, text, attributes = written[line.type]
    _put(value, tag, text, **attributes)


def _evidence(root: ET.Element, responses: _Responses) -> None:
    for place, line, answer in responses.answers:
        if line.type is not T.EVIDENCE_IDENTIFIER:
            continue
        node = _put(root, "cac:Evidence")
        id_ = responses.id_of(place, "evidence")
        _put(node, "cbc:ID", id_, schemeAgencyID="Bordereau")
        _code(node, "cbc:ConfidentialityLevelCode", "PUBLIC", "ConfidentialityLevel")
        reference = _put(node, "cac:DocumentReference")
        _put(reference, "cbc:ID", answer.code or id_, schemeAgencyID="Bordereau")
        external = _put(_put(reference, "cac:Attachment"), "cac:ExternalReference")
        _put(external, "cbc:URI", answer.url)
        if answer.text:
            issuer = _put(reference, "cac:IssuerParty")
            _put(_put(issuer, "cac:PartyName"), "cbc:Name", answer.text)
