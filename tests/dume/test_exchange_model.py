"""The XML against what ESPD-EDM 2.1.1 extended publishes: trees, order, attributes, answers.

The trees are those of the taxonomy that its own rules compare with (BR-TC-02 to -21); the order of
children is that of UBL 2.2. Both are written here by hand, apart from the tables they are to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from domain.dume.criteria import CRITERIA
from domain.dume.form import Answer, Answered, DumeForm, DumeRole
from domain.dume.operator import LOTS, TOGETHER
from domain.dume.selection import ALL_SATISFIED
from domain.dume.taxonomy import Criterion, Element, Group, Line, When
from domain.dume.taxonomy import DumeAnswerType as T
from tests.dume.forms import FRAUD, TAXES, VALUES, a_form, everything, yes
from tests.dume.test_documents import found, local, read, text

# A group: the head of its identifier and when it is asked, its lines, the groups below it.
# Questions by type, what the buyer requires after "?", a caption as ".".
EVIDENCE = "[7458d42a* INDICATOR [41dd2e9b+ EVIDENCE_IDENTIFIER]]"
EVIDENCE_OF_A_PERSON = "[9026e403* INDICATOR [0a166f0a+ EVIDENCE_IDENTIFIER]]"
CLEANED = "[5f9f09f7* INDICATOR [74e6c7b4+ DESCRIPTION]]"
CONVICTION = (
    f"[7c637c0c* INDICATOR [f5276600+ DATE DESCRIPTION DESCRIPTION PERIOD {CLEANED}]] {EVIDENCE}"
)
CONTRIBUTION = (
    "[53c9aad8* ?AMOUNT ?DESCRIPTION"
    " [098fd3cc* INDICATOR [f8499787+ CODE_COUNTRY AMOUNT [7c2aec9f* INDICATOR"
    " [3cb7abf1+ DESCRIPTION [fc57e473* INDICATOR [6c3609e1+ DESCRIPTION]]]"
    " [c882afa4- INDICATOR [815422d6+ DATE PERIOD]]]]]"
    f" {EVIDENCE}]"
)
LAW = f"[976b5acb* INDICATOR [64a2102c+ DESCRIPTION {CLEANED}]] {EVIDENCE}"
BUSINESS = f"[d91c11a1* INDICATOR [aeef523b+ DESCRIPTION DESCRIPTION]] {EVIDENCE}"
MISCONDUCT = f"[67362ec7* INDICATOR [2cbcf978+ DESCRIPTION {CLEANED}]] {EVIDENCE}"
CONFLICT = f"[67362ec7* INDICATOR [73f0fe4c+ DESCRIPTION]] {EVIDENCE}"
TERMINATION = f"[67362ec7* INDICATOR [73f0fe4c+ DESCRIPTION {CLEANED}]] {EVIDENCE}"
REGISTER = (
    "[a53561d5* ?LOT_IDENTIFIER [3aacb82e* ?DESCRIPTION ?URL]"
    f" [6cce6b8e* INDICATOR [70d5bbcf+ DESCRIPTION] [3a4a5421- DESCRIPTION] {EVIDENCE}]]"
)
CPV = "[6d87673d* . ?CODE]"
REFERENCES = (
    "[381bea15* ?QUANTITY_INTEGER"
    " [53c9aad8* . [d663aca5* ?DESCRIPTION] [167ab253* ?LOT_IDENTIFIER]]"
    " [a44e24e9* . [b9ac8ecf* LOT_IDENTIFIER]"
    " [c8ec5c30* DESCRIPTION AMOUNT DESCRIPTION AMOUNT PERIOD INDICATOR"
    f" [6afa7569* DESCRIPTION DESCRIPTION DESCRIPTION DESCRIPTION] {EVIDENCE}]]]"
)
PERSONS = (
    "[1e73d705* ?WEIGHT_INDICATOR [f156d97a* ?DESCRIPTION"
    " [609cc954* . [52ffcf91* DESCRIPTION DESCRIPTION DESCRIPTION DESCRIPTION DESCRIPTION"
    f" QUANTITY_INTEGER {EVIDENCE_OF_A_PERSON}]]"
    f" [45a67f48* . [52ffcf91* DESCRIPTION DESCRIPTION DESCRIPTION {EVIDENCE_OF_A_PERSON}]]]]"
)
FACILITIES = (
    f"[1e73d705* ?WEIGHT_INDICATOR [f156d97a* ?DESCRIPTION [488ca189* DESCRIPTION] {EVIDENCE}]]"
)
QUALIFICATIONS = (
    "[d2cadc29* ?WEIGHT_INDICATOR [1be6421a* ?DESCRIPTION [5df40500* ."
    " [5476ec64* DESCRIPTION DESCRIPTION DESCRIPTION URL DESCRIPTION DESCRIPTION QUAL_IDENTIFIER"
    f" DATE DESCRIPTION {EVIDENCE_OF_A_PERSON}]]]]"
)
STAFF = f"?QUANTITY_INTEGER ?DESCRIPTION [96defecc* QUANTITY_YEAR QUANTITY_INTEGER] {EVIDENCE}"
SAMPLES = f"[cb73544d* INDICATOR] {EVIDENCE}"
CERTIFICATE = f"[612d99eb* ?DESCRIPTION [4887c3d7* INDICATOR [83f2f79e- DESCRIPTION]] {EVIDENCE}]"
ENTITIES = (
    f"[289f39b3* INDICATOR [50e9a74e+ DESCRIPTION ECONOMIC_OPERATOR_IDENTIFIER CODE]] {EVIDENCE}"
)

STANDING = "SELECTION.ECONOMIC_FINANCIAL_STANDING"
ABILITY = "SELECTION.TECHNICAL_PROFESSIONAL_ABILITY"
TREES: Mapping[str, str] = {
    **{
        f"EXCLUSION.CONVICTIONS.{code}": CONVICTION
        for code in (
            "PARTICIPATION_IN_CRIMINAL_ORGANISATION",
            "CORRUPTION",
            "FRAUD",
            "TERRORIST_OFFENCES",
            "MONEY_LAUNDERING",
            "CHILD_LABOUR-HUMAN_TRAFFICKING",
        )
    },
    "EXCLUSION.CONTRIBUTIONS.PAYMENT_OF_TAXES": CONTRIBUTION,
    "EXCLUSION.CONTRIBUTIONS.PAYMENT_OF_SOCIAL_SECURITY": CONTRIBUTION,
    **{f"EXCLUSION.SOCIAL.{code}_LAW": LAW for code in ("ENVIRONMENTAL", "SOCIAL", "LABOUR")},
    **{
        f"EXCLUSION.BUSINESS.{code}": BUSINESS
        for code in (
            "BANKRUPTCY",
            "INSOLVENCY",
            "CREDITORS_ARRANGEMENT",
            "BANKRUPTCY_ANALOGOUS",
            "LIQUIDATOR_ADMINISTERED",
            "ACTIVITIES_SUSPENDED",
        )
    },
    "EXCLUSION.MISCONDUCT.MC_PROFESSIONAL": MISCONDUCT,
    "EXCLUSION.MISCONDUCT.MARKET_DISTORTION": MISCONDUCT,
    "EXCLUSION.CONFLICT_OF_INTEREST.PROCEDURE_PARTICIPATION": CONFLICT,
    "EXCLUSION.CONFLICT_OF_INTEREST.PROCEDURE_PREPARATION": CONFLICT,
    "EXCLUSION.CONFLICT_OF_INTEREST.EARLY_TERMINATION": TERMINATION,
    "EXCLUSION.CONFLICT_OF_INTEREST.MISINTERPRETATION": f"[f3a6836d* INDICATOR] {EVIDENCE}",
    "EXCLUSION.NATIONAL.OTHER": f"[8d79d5f7* . [4f5088db* . . INDICATOR]] {EVIDENCE}",
    **{
        f"SELECTION.SUITABILITY.{code}": REGISTER
        for code in (
            "PROFESSIONAL_REGISTER_ENROLMENT",
            "TRADE_REGISTER_ENROLMENT",
            "AUTHORISATION",
            "MEMBERSHIP",
        )
    },
    f"{STANDING}.TURNOVER.GENERAL_YEARLY": (
        f"[5ca58d66* ?AMOUNT [c0cd9c1c* AMOUNT PERIOD] {EVIDENCE}]"
    ),
    f"{STANDING}.TURNOVER.AVERAGE_YEARLY": (
        f"[53882893* ?QUANTITY_INTEGER ?AMOUNT [e1886054* AMOUNT DESCRIPTION] {EVIDENCE}]"
    ),
    f"{STANDING}.TURNOVER.SPECIFIC_YEARLY": (
        f"[19a68e37* ?QUANTITY_INTEGER ?DESCRIPTION ?AMOUNT {CPV} [c0cd9c1c* PERIOD AMOUNT]"
        f" {EVIDENCE}]"
    ),
    f"{STANDING}.TURNOVER.SPECIFIC_AVERAGE": (
        f"[6cff132b* ?QUANTITY_INTEGER ?DESCRIPTION ?AMOUNT {CPV} [c0cd9c1c* PERIOD AMOUNT]"
        f" {EVIDENCE}]"
    ),
    f"{STANDING}.TURNOVER.SET_UP": f"[e9aa7763* DATE] {EVIDENCE}",
    f"{STANDING}.RISK_INDEMNITY_INSURANCE": (
        "[83e3dcc4* . [cc1da737* ?LOT_IDENTIFIER [6fc3a90b* ?DESCRIPTION ?AMOUNT"
        f" [42dc8062* AMOUNT INDICATOR INDICATOR] {EVIDENCE}]]]"
    ),
    **{
        f"{ABILITY}.REFERENCES.{code}": REFERENCES
        for code in (
            "WORKS_PERFORMANCE",
            "SUPPLIES_DELIVERY_PERFORMANCE",
            "SERVICES_DELIVERY_PERFORMANCE",
        )
    },
    f"{ABILITY}.TECHNICAL.TECHNICIANS_FOR_QUALITY_CONTROL": PERSONS,
    f"{ABILITY}.TECHNICAL.TECHNICIANS_FOR_CARRYING_WORKS": PERSONS,
    **{
        f"{ABILITY}.TECHNICAL.{code}": FACILITIES
        for code in (
            "FACILITIES_FOR_QUALITY_ENSURING",
            "FACILITIES_FOR_STUDY_RESEARCH",
            "SUPPLY_CHAIN_MANAGEMENT",
            "ENVIRONMENTAL_MANAGEMENT_MEASURES",
            "EQUIPMENT",
        )
    },
    f"{ABILITY}.TECHNICAL.CHECKS.ALLOWANCE_OF_CHECKS": (
        f"[10822ddd* ?DESCRIPTION [a3410620* INDICATOR] {EVIDENCE}]"
    ),
    f"{ABILITY}.TECHNICAL.PROFESSIONAL_QUALIFICATIONS": QUALIFICATIONS,
    f"{ABILITY}.MANAGEMENT.MANAGERIAL_STAFF": f"[7f7949a8* {STAFF}]",
    f"{ABILITY}.MANAGEMENT.AVERAGE_ANNUAL_MANPOWER": f"[10822ddd* {STAFF}]",
    f"{ABILITY}.MANAGEMENT.SUBCONTRACTING_PROPORTION": f"[575f7550* DESCRIPTION] {EVIDENCE}",
    f"{ABILITY}.MANAGEMENT.ARTEFACTS.NO_AUTHENTICATED_ARTEFACTS": SAMPLES,
    f"{ABILITY}.MANAGEMENT.ARTEFACTS.AUTHENTICATED_ARTEFACTS": SAMPLES,
    f"{ABILITY}.CERTIFICATES.QUALITY_ASSURANCE.QA_INSTITUTES_CERTIFICATE": CERTIFICATE,
    f"{ABILITY}.CERTIFICATES.QUALITY_ASSURANCE.QA_INDEPENDENT_CERTIFICATE": CERTIFICATE,
    f"{ABILITY}.CERTIFICATES.ENVIRONMENTAL_MANAGEMENT.ENV_INDEPENDENT_CERTIFICATE": CERTIFICATE,
    "OTHER.EO_DATA.SHELTERED_WORKSHOP": (
        f"[6febbe4a* INDICATOR [a5e33369+ PERCENTAGE DESCRIPTION]] {EVIDENCE}"
    ),
    "OTHER.EO_DATA.REGISTERED_IN_OFFICIAL_LIST": (
        "[ecb5127b* INDICATOR [dc4acf0c+ DESCRIPTION URL DESCRIPTION [92e44d3b* INDICATOR]]"
        f" [59e6f3ef- INDICATOR]] {EVIDENCE}"
    ),
    "OTHER.EO_DATA.TOGETHER_WITH_OTHERS": (
        f"[d939f2c6* INDICATOR [f5663c5a+ CODE DESCRIPTION DESCRIPTION]] {EVIDENCE}"
    ),
    "OTHER.EO_DATA.RELIES_ON_OTHER_CAPACITIES": ENTITIES,
    "OTHER.EO_DATA.SUBCONTRACTS_WITH_THIRD_PARTIES": ENTITIES,
    "OTHER.EO_DATA.LOTS_TENDERED": "[289f39b3* LOT_IDENTIFIER]",
    "OTHER.EO_DATA.REDUCTION_OF_CANDIDATES": (
        f"[ecc69670* INDICATOR [f13754df+ DESCRIPTION]] {EVIDENCE}"
    ),
}
# The identifiers of its groups, whole.
GROUPS = set(
    re.findall(
        "[0-9a-f-]{36}",
        """
    098fd3cc-466e-4233-af1a-affe09471bce 0a166f0a-0c5f-42b0-81e9-0fc9fa598a48
    10822ddd-9ba6-42d5-9339-de0845aeafc9 167ab253-4fb7-4e45-81be-b049fba44b3a
    19a68e37-d307-4a28-9061-c22cd767be58 1be6421a-0360-449e-ae7c-ce7fad73c2c2
    1e73d705-9dc1-43f1-9b5c-2d0deac7bc5f 289f39b3-2a15-421a-8050-a29858031f35
    2cbcf978-765c-40aa-996b-b1d082485cef 381bea15-9460-49f7-a6d0-15d13059de29
    3a4a5421-81cc-468e-b69f-b86bf8c7932d 3aacb82e-afba-440c-b64e-1834007965a2
    3cb7abf1-662a-4756-b61c-7bc716c1fafc 41dd2e9b-1bfd-44c7-93ee-56bd74a4334b
    42dc8062-974d-4201-91ba-7f2ea90338fd 45a67f48-d146-4faf-8239-dd6977dffe29
    4887c3d7-05fc-4e3e-b066-f338910f0c4c 488ca189-bcdb-4bf4-80c7-3ad507fd89fb
    4f5088db-ae29-46fb-b642-30240aa2248a 50e9a74e-969e-4d79-8e19-8af71cb7c54a
    52ffcf91-3598-438f-8c3d-faf97da02602 53882893-f4a8-40ae-99dc-cad7b0748790
    53c9aad8-dc80-48f8-85d9-755c2aab8e95 5476ec64-de1e-45d2-aaf1-a40a463ab7a9
    575f7550-8a2d-4bad-b9d8-be07ab570076 59e6f3ef-15cd-4e21-82ac-ea497ccd44e2
    5ca58d66-3ef1-4145-957c-45d5b18a837f 5df40500-a9b7-4c15-8325-a9762224a3c9
    5f9f09f7-f701-432c-9fdc-c22c124a74c9 609cc954-64be-4b4f-800a-f17589deb936
    612d99eb-ea3b-4275-ac06-0db05e039c8c 64a2102c-4af1-4ecb-97b3-0c41907ec0f6
    67362ec7-cec3-4cb8-a38e-5d7a2a31e6d8 6afa7569-e4c4-4538-be89-84a82b2a301b
    6c3609e1-9add-4fa9-9409-62ce72ae4548 6cce6b8e-c53d-4598-8150-ac49aba3b9c7
    6cff132b-8d15-4f79-ae37-2f9295432381 6d87673d-af3f-4c39-b0e4-fbef046bd435
    6fc3a90b-0759-4517-af64-ce7d6eb4bf24 6febbe4a-e715-427c-a2b1-19cfabadaef0
    70d5bbcf-0581-4d0f-b5c7-8b604a791972 73f0fe4c-4ed9-4343-8096-d898cf200146
    7458d42a-e581-4640-9283-34ceb3ad4345 74e6c7b4-757b-4b40-ada6-fad6a997c310
    7c2aec9f-4876-4c33-89e6-2ab6d6cf5d02 7c637c0c-7703-4389-ba52-02997a055bd7
    7f7949a8-dbe6-496c-a9f6-6f05b8648bad 815422d6-f8a1-418a-8bf0-3524f7c8f721
    83e3dcc4-c9b3-47e5-9fb8-ffd8386679f1 83f2f79e-0455-4918-89ff-d7829e8bf758
    8d79d5f7-dc21-45e9-b188-e02008b854e0 9026e403-3eb6-4705-a9e9-e21a1efc867d
    92e44d3b-af8e-4a29-91a8-24d27aa27fee 96defecc-7d32-4957-82e9-aad5f3c5b736
    976b5acb-c00f-46ca-8f83-5ce6abfdfe43 a3410620-8ed3-47f9-ab90-b5b1aeeff6a5
    a44e24e9-f878-4651-9ead-e0b1387dae09 a53561d5-6614-4dbe-987e-b96f35387f46
    a5e33369-e2b5-45f7-9969-ddb1c3ae17c8 aeef523b-c8fc-4dba-9c34-03e34812567b
    b9ac8ecf-5902-408e-a9a6-604568b35e1e c0cd9c1c-e90a-4ff9-bce3-ac0fe31abf16
    c882afa4-6971-4b00-8970-0c283eb122cc c8ec5c30-2c17-4936-abbb-392523d873e5
    cb73544d-e8bb-4cc6-819b-b8e04f1e240e cc1da737-6c4e-4f4e-821d-c260029058f6
    d2cadc29-07e0-46b2-a74a-a0dc4bd2e5c2 d663aca5-5f3c-4980-b825-81e1bd7db381
    d91c11a1-f19e-4b83-8ade-c4be2bf00555 d939f2c6-ba25-4dc4-889c-11d1853add19
    dc4acf0c-c761-40d0-b031-4ee1f224be5c e1886054-ada4-473c-9afc-2fde82c24cf4
    e9aa7763-c167-4352-8060-1a3d7d3e2662 ecb5127b-9018-4fb8-8327-a6a7a2c73195
    ecc69670-f428-4446-908f-689568ca0d0d f13754df-7e15-4155-aaa6-7ca6407baa47
    f156d97a-9700-4ad9-8d21-e3ac57102278 f3a6836d-2de2-4cd1-81ca-fb06178d05c5
    f5276600-a2b6-4ff6-a90e-b31fe19dae41 f5663c5a-d311-4ae4-be14-1575754be5f2
    f8499787-f9f8-4355-95e2-9784426f4d7b fc57e473-d63e-4a04-b589-dcf81cab8052
        """,
    )
)
MARKS = {When.ALWAYS: "*", When.IF_YES: "+", When.IF_NO: "-"}

# The children of each element of UBL that is written, in the order of its schema.
CHILDREN: Mapping[str, str] = {
    "QualificationApplicationResponse": (
        "UBLVersionID CustomizationID ProfileID ProfileExecutionID ID CopyIndicator UUID"
        " ContractFolderID ContractName IssueDate IssueTime EconomicOperatorGroupName VersionID"
        " PreviousVersionID ProcedureCode QualificationApplicationTypeCode"
        " WeightScoringMethodologyNote WeightingTypeCode Note ContractingParty"
        " EconomicOperatorParty ProcurementProject ProcurementProjectLot TenderingCriterion"
        " TenderingCriterionResponse AdditionalDocumentReference Evidence Signature"
    ),
    "ContractingParty": "Party",
    "EconomicOperatorParty": "QualifyingParty EconomicOperatorRole Party",
    "EconomicOperatorRole": "RoleCode RoleDescription",
    "Party": (
        "WebsiteURI LogoReferenceID EndpointID IndustryClassificationCode PartyIdentification"
        " PartyName Language PostalAddress PhysicalLocation PartyTaxScheme PartyLegalEntity"
        " Contact Person AgentParty ServiceProviderParty PowerOfAttorney FinancialAccount"
    ),
    "AgentParty": "PartyIdentification PartyName PostalAddress Contact Person",
    "PartyIdentification": "ID",
    "PartyName": "Name",
    "PostalAddress": (
        "ID AddressTypeCode Postbox Floor Room StreetName AdditionalStreetName BuildingName"
        " CityName PostalZone CountrySubentity Region District AddressLine Country"
    ),
    "ResidenceAddress": "StreetName CityName PostalZone Country",
    "Country": "IdentificationCode Name",
    "Contact": "ID Name Telephone Telefax ElectronicMail Note",
    "PowerOfAttorney": "ID IssueDate IssueTime Description NotaryParty AgentParty WitnessParty",
    "Person": (
        "ID FirstName FamilyName Title MiddleName OtherName NameSuffix JobTitle NationalityID"
        " GenderCode BirthDate BirthplaceName OrganizationDepartment Contact FinancialAccount"
        " IdentityDocumentReference ResidenceAddress"
    ),
    "ProcurementProject": "ID UUID Name Description ProcurementTypeCode",
    "ProcurementProjectLot": "ID ProcurementProject",
    "TenderingCriterion": (
        "ID CriterionTypeCode Name Description WeightNumeric FulfilmentIndicator"
        " FulfilmentIndicatorTypeCode EvaluationMethodTypeCode WeightingConsiderationDescription"
        " SubTenderingCriterion Legislation TenderingCriterionPropertyGroup"
    ),
    "Legislation": (
        "ID Title Description JurisdictionLevel Article URI Language JurisdictionRegionAddress"
    ),
    "TenderingCriterionPropertyGroup": (
        "ID Name Description PropertyGroupTypeCode FulfilmentIndicator"
        " FulfilmentIndicatorTypeCode TenderingCriterionProperty"
        " SubsidiaryTenderingCriterionPropertyGroup"
    ),
    "TenderingCriterionProperty": (
        "ID Name Description TypeCode ValueDataTypeCode ValueUnitCode ValueCurrencyCode"
        " ExpectedAmount ExpectedID ExpectedCode ExpectedValueNumeric ExpectedDescription"
    ),
    "TenderingCriterionResponse": (
        "ID Name Description ValidatedCriterionPropertyID ConfidentialityLevelCode"
        " ResponseValue ApplicablePeriod EvidenceSupplied"
    ),
    "ResponseValue": (
        "ID Description Response ResponseAmount ResponseBinaryObject ResponseCode ResponseDate"
        " ResponseID ResponseIndicator ResponseMeasure ResponseNumeric ResponseQuantity"
        " ResponseTime ResponseURI"
    ),
    "ApplicablePeriod": "StartDate StartTime EndDate EndTime DurationMeasure Description",
    "EvidenceSupplied": "ID",
    "Evidence": (
        "ID EvidenceTypeCode Name Description CandidateStatement ConfidentialityLevelCode"
        " EvidenceIssuingParty DocumentReference Language"
    ),
    "DocumentReference": "ID DocumentTypeCode DocumentType Attachment ValidityPeriod IssuerParty",
    "AdditionalDocumentReference": "ID UUID IssueDate DocumentTypeCode DocumentType Attachment",
    "Attachment": "EmbeddedDocumentBinaryObject ExternalReference",
    "ExternalReference": "URI DocumentHash FileName Description",
    "IssuerParty": "WebsiteURI PartyIdentification PartyName",
}
CHILDREN = CHILDREN | {
    "SubsidiaryTenderingCriterionPropertyGroup": CHILDREN["TenderingCriterionPropertyGroup"]
}
# Those of them that must be there: the schema's, and what the model adds (BR-OTH-04, BR-RESP-10 and
# -20, BR-TC-02 to -21, BR-COM-10).
NEEDED: Mapping[str, str] = {
    "QualificationApplicationResponse": (
        "UBLVersionID CustomizationID ProfileID ProfileExecutionID ID CopyIndicator UUID"
        " ContractFolderID IssueDate IssueTime VersionID QualificationApplicationTypeCode"
        " ContractingParty EconomicOperatorParty ProcurementProject ProcurementProjectLot"
        " TenderingCriterion TenderingCriterionResponse"
    ),
    "ContractingParty": "Party",
    "EconomicOperatorParty": "EconomicOperatorRole Party",
    "EconomicOperatorRole": "RoleCode",
    "Party": "PartyIdentification PartyName PostalAddress",
    "PartyIdentification": "ID",
    "PartyName": "Name",
    "PostalAddress": "Country",
    "Country": "IdentificationCode",
    "PowerOfAttorney": "AgentParty",
    "AgentParty": "Person",
    "Person": "FirstName FamilyName ResidenceAddress",
    "ProcurementProject": "Name",
    "ProcurementProjectLot": "ID",
    "TenderingCriterion": (
        "ID CriterionTypeCode Name Description Legislation TenderingCriterionPropertyGroup"
    ),
    "Legislation": "Title Description Article",
    "TenderingCriterionPropertyGroup": "ID PropertyGroupTypeCode TenderingCriterionProperty",
    "SubsidiaryTenderingCriterionPropertyGroup": (
        "ID PropertyGroupTypeCode TenderingCriterionProperty"
    ),
    "TenderingCriterionProperty": "ID Description TypeCode ValueDataTypeCode",
    "TenderingCriterionResponse": "ID ValidatedCriterionPropertyID",
    "EvidenceSupplied": "ID",
    "Evidence": "ID ConfidentialityLevelCode DocumentReference",
    "DocumentReference": "ID Attachment",
    "AdditionalDocumentReference": "ID DocumentTypeCode",
}
# Codes of lists of the model (BR-OTH-01-40); the others come from lists of their own version.
OF_THE_MODEL = {
    "ConfidentialityLevelCode",
    "TypeCode",
    "DocumentTypeCode",
    "IndustryClassificationCode",
    "RoleCode",
    "PropertyGroupTypeCode",
    "QualificationApplicationTypeCode",
    "ValueDataTypeCode",
    "CriterionTypeCode",
}


def answered(code: str, *, said: bool, optional: bool = True) -> Answered:
    """Every question that is asked when every governing one is answered so."""
    values = {**VALUES, T.INDICATOR: {"indicator": said}}
    answers: dict[str, Answer] = {}
    for key, asked in CRITERIA[code].asked.items():
        question = asked.question
        if all(on in answers and wanted is said for on, wanted in asked.depends_on) and (
            optional or question.is_required
        ):
            value = {"code": question.codes[0]} if question.codes else values[question.type]
            answers[key] = Answer(question=key, **value)
    return Answered(code=code, answers=tuple(answers.values()))


def without_lots() -> DumeForm:
    form = a_form(everything("CRITERION.SELECTION.SUITABILITY.MEMBERSHIP"), everything(TOGETHER))
    return replace(
        form,
        procedure=replace(form.procedure, lots=(), notice=None),
        operator=replace(form.operator, lots=(), role=DumeRole.GM, group="Les Durand"),
    )


FORMS = {
    "no ground": a_form(),
    "all yes": a_form(*(answered(code, said=True) for code in CRITERIA)),
    "all no": a_form(*(answered(code, said=False) for code in CRITERIA)),
    "required yes": a_form(*(answered(code, said=True, optional=False) for code in CRITERIA)),
    "required no": a_form(*(answered(code, said=False, optional=False) for code in CRITERIA)),
    "no lots": without_lots(),
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
each_criterion = pytest.mark.parametrize(
    "criterion",
    [*(row for row in CRITERIA.values() if not row.is_note), LOTS],
    ids=lambda row: row.code,
)


def tree(groups: tuple[Group, ...]) -> str:
    return " ".join(map(shape, groups))


def shape(group: Group) -> str:
    lines = " ".join(map(mark, group.lines))
    below = f" {tree(group.groups)}" if group.groups else ""
    return f"[{group.id[:8]}{MARKS[group.when]} {lines}{below}]"


def mark(line: Line) -> str:
    return {
        Element.QUESTION: line.type.value,
        Element.REQUIREMENT: f"?{line.type}",
        Element.CAPTION: ".",
    }[line.element]


@each_criterion
def test_a_criterion_has_the_tree_that_the_model_publishes(criterion: Criterion) -> None:
    assert tree(criterion.groups) == TREES[criterion.code.removeprefix("CRITERION.")]


@each_criterion
def test_groups_are_named_as_published(criterion: Criterion) -> None:
    def ids(groups: tuple[Group, ...]) -> Iterator[str]:
        for group in groups:
            yield group.id
            yield from ids(group.groups)

    assert set(ids(criterion.groups)) <= GROUPS


def test_the_table_holds_every_published_tree_and_no_more() -> None:
    ours = {row.code.removeprefix("CRITERION.") for row in CRITERIA.values() if not row.is_note}

    assert ours | {LOTS.code.removeprefix("CRITERION.")} == set(TREES)


@each_form
def test_children_stand_in_the_order_of_ubl_and_none_is_missing_or_empty(form: DumeForm) -> None:
    for node in read(form).iter():
        names = [local(child) for child in node]
        if names:
            order = CHILDREN[local(node)].split()
            assert names == sorted(names, key=order.index), local(node)
            assert set(NEEDED.get(local(node), "").split()) <= set(names), local(node)
        else:
            assert (node.text or "").strip(), local(node)


@each_form
def test_identifiers_name_their_agency_and_codes_their_list(form: DumeForm) -> None:
    """BR-OTH-01 and BR-OTH-02."""
    for node in read(form).iter():
        name = local(node)
        if name.endswith("ID"):
            assert node.get("schemeAgencyID"), name
        if name.endswith("Code"):
            assert node.get("listID"), name
            assert node.get("listAgencyID"), name
            version = node.get("listVersionID") or ""
            assert version.startswith("2.") if name in OF_THE_MODEL else version, name


@each_form
def test_what_an_answer_opens_is_answered_and_what_it_closes_is_not(form: DumeForm) -> None:
    """BR-TCR-06 and BR-TCR-07."""
    root = read(form)
    said = {
        text(response, "cbc:ValidatedCriterionPropertyID"): text(
            response, "cac:ResponseValue/cbc:ResponseIndicator"
        )
        for response in found(root, "cac:TenderingCriterionResponse")
    }
    inner = "cac:SubsidiaryTenderingCriterionPropertyGroup"
    around = [
        *found(root, ".//cac:TenderingCriterionPropertyGroup"),
        *found(root, f".//{inner}"),
    ]
    for outer in around:
        own = {said.get(i.text) for i in found(outer, "cac:TenderingCriterionProperty/cbc:ID")}
        for group in found(outer, inner):
            opened = {"ONTRUE": "true", "ONFALSE": "false"}.get(
                text(group, "cbc:PropertyGroupTypeCode") or ""
            )
            for line in found(group, "cac:TenderingCriterionProperty") if opened else ():
                is_answered = text(line, "cbc:ID") in said
                assert is_answered is (opened in own), ET.tostring(line)


def test_what_may_be_left_out_is_said_to_be_not_specified() -> None:
    listed = "CRITERION.OTHER.EO_DATA.REGISTERED_IN_OFFICIAL_LIST"
    form = a_form(
        yes(
            FRAUD,
            Answer(question="convictedOn", on=date(2023, 3, 1)),
            Answer(question="reason", text="Fausse facture"),
            Answer(question="who", text="Le gérant"),
            Answer(question="selfCleaning", indicator=False),
        ),
        yes(
            listed,
            Answer(question="name", text="Qualibat 1234"),
            Answer(question="coversAll", indicator=False),
        ),
    )

    root = read(form)

    unsaid = "Non précisé"
    periods = found(root, "cac:TenderingCriterionResponse/cac:ApplicablePeriod")
    assert [[(local(c), c.text) for c in period] for period in periods] == [
        [("Description", unsaid)]
    ]
    assert [u.text for u in found(root, ".//cac:ResponseValue/cbc:ResponseURI")] == ["about:blank"]
    assert [d.text for d in found(root, ".//cac:ResponseValue/cbc:Description")].count(unsaid) == 1


def test_only_types_that_can_be_left_unsaid_are_optional_where_readers_refuse_silence() -> None:
    for criterion in CRITERIA.values():
        for group in opened_groups(criterion.groups):
            optional = {q.type for q in group.questions if not q.is_required}
            assert optional <= {T.DESCRIPTION, T.PERIOD, T.URL}, criterion.code


def opened_groups(groups: tuple[Group, ...]) -> Iterator[Group]:
    for group in groups:
        if group.when is not When.ALWAYS:
            yield group
        yield from opened_groups(group.groups)


def test_a_group_is_written_for_the_occurrences_that_were_begun_only() -> None:
    entities = "CRITERION.OTHER.EO_DATA.SUBCONTRACTS_WITH_THIRD_PARTIES"

    def entity(occurrence: int, name: str) -> Iterator[Answer]:
        yield Answer(question="name", text=name, occurrence=occurrence)
        yield Answer(question="identifier", text="732829320", occurrence=occurrence)
        yield Answer(question="activity", code="45000000-7", occurrence=occurrence)

    form = a_form(yes(entities, *entity(1, "Un"), *entity(3, "Trois")))

    root = read(form)

    named = [d.text for d in found(root, ".//cac:ResponseValue/cbc:Description")]
    assert named == ["Un", "Trois"]


@pytest.mark.parametrize(
    ("chosen", "written"), [(("2",), ["2"]), ((), ["1", "2"])], ids=["one", "none said: all"]
)
def test_the_lots_bid_for_are_lots_of_the_procedure(
    chosen: tuple[str, ...], written: list[str]
) -> None:
    """BR-LOT-10, and BR-LOT-40 for what a requirement is about."""
    form = a_form(everything("CRITERION.SELECTION.SUITABILITY.MEMBERSHIP"))

    root = read(replace(form, operator=replace(form.operator, lots=chosen)))

    assert [i.text for i in found(root, ".//cac:ResponseValue/cbc:ResponseID")] == written
    assert [i.text for i in found(root, ".//cbc:ExpectedID")] == written
    assert [i.text for i in found(root, "cac:ProcurementProjectLot/cbc:ID")] == ["1", "2"]


def test_a_procedure_without_lots_has_the_one_that_the_model_gives_it() -> None:
    root = read(without_lots())

    assert [i.text for i in found(root, "cac:ProcurementProjectLot/cbc:ID")] == ["0"]
    assert [i.text for i in found(root, ".//cbc:ExpectedID")] == ["0"]
    codes = [c.text for c in found(root, "cac:TenderingCriterion/cbc:CriterionTypeCode")]
    assert LOTS.code not in codes


@pytest.mark.parametrize(
    ("notice", "number"),
    [
        ("2026/S 225-000001", "2026/S 225-000001"),
        ("2026/S 225-00712345", "0000/S 000-000000"),
        ("712345-2026", "0000/S 000-000000"),
    ],
)
def test_a_notice_has_a_number_of_the_form_that_the_model_knows(notice: str, number: str) -> None:
    """BR-COM-10: what has none gets the provisional one, and its own in the second description."""
    form = a_form()

    root = read(replace(form, procedure=replace(form.procedure, notice=notice)))

    (reference,) = found(root, "cac:AdditionalDocumentReference")
    assert text(reference, "cbc:ID") == number
    described = "cac:Attachment/cac:ExternalReference/cbc:Description"
    assert [d.text for d in found(reference, described)] == ["Entretien des espaces verts", notice]


def test_what_the_model_has_no_criterion_for_is_a_note() -> None:
    root = read(a_form())

    assert [n.text for n in found(root, "cbc:Note")] == [
        "Tous les critères de sélection sont remplis : oui",
        "Les informations données sont exactes et précises : oui",
        "Les justificatifs seront fournis sans délai sur demande : oui",
        "L'acheteur peut accéder aux justificatifs en ligne indiqués : non",
        "Inès Durand, à Saint-Étienne, le 20/11/2026",
    ]
    codes = {c.text for c in found(root, "cac:TenderingCriterion/cbc:CriterionTypeCode")}
    assert ALL_SATISFIED not in codes


@pytest.mark.parametrize(
    ("unsaid", "said"),
    [
        ({"place": None}, "Inès Durand, le 20/11/2026"),
        ({"signed_on": None}, "Inès Durand, à Saint-Étienne"),
        ({"place": None, "signed_on": None}, "Inès Durand"),
    ],
)
def test_a_declaration_is_signed_as_far_as_it_was_said(unsaid: dict[str, Any], said: str) -> None:
    form = a_form()

    root = read(replace(form, declaration=replace(form.declaration, **unsaid)))

    assert found(root, "cbc:Note")[-1].text == said


def test_the_length_of_an_exclusion_that_a_decision_set_is_an_answer() -> None:
    breach = yes(
        TAXES,
        Answer(question="country", code="FR"),
        Answer(question="amount", **VALUES[T.AMOUNT]),
        Answer(question="otherMeans", indicator=False),
        Answer(question="isFinal", indicator=True),
        Answer(question="decidedOn", on=date(2024, 2, 1)),
        Answer(question="exclusion", starts_on=date(2024, 2, 1), ends_on=date(2027, 1, 31)),
    )

    root = read(a_form(breach))

    (period,) = found(root, "cac:TenderingCriterionResponse/cac:ApplicablePeriod")
    assert [e.text for e in period] == ["2024-02-01", "2027-01-31"]
