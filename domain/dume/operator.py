"""What bidders say of themselves beside their identity (part II), and the choice among them (V)."""

from __future__ import annotations

from domain.dume.patterns import ANSWER, EVIDENCE, told
from domain.dume.taxonomy import Criterion, DumePart, Group, always, if_no, if_yes, question
from domain.dume.taxonomy import DumeAnswerType as T
from domain.reference.words import Words

_ABOUT = Words(
    "A. Informations concernant l'opérateur économique", "A. About the economic operator"
)
_RELIANCE = Words("C. Recours aux capacités d'autres entités", "C. Reliance on other entities")
_SUBCONTRACTORS = Words("D. Sous-traitants", "D. Subcontractors")
_REDUCTION = Words("Réduction du nombre de candidats", "Reduction of the number of candidates")

TOGETHER = "CRITERION.OTHER.EO_DATA.TOGETHER_WITH_OTHERS"
# The lots that are bid for: said by `operator.lots`, not asked a second time.
LOTS_TENDERED = "CRITERION.OTHER.EO_DATA.LOTS_TENDERED"


def _row(
    code: str,
    id_: str,
    section: Words,
    article: str,
    names: tuple[str, str],
    wording: tuple[str, str],
    groups: tuple[Group, ...],
    *,
    part: DumePart = DumePart.OPERATOR,
    is_required: bool = False,
) -> Criterion:
    return Criterion(
        code=f"CRITERION.OTHER.EO_DATA.{code}",
        id=id_,
        part=part,
        section=section,
        name=Words(*names),
        wording=Words(*wording),
        article=article,
        groups=groups,
        is_required=is_required,
    )


def _entities(who: tuple[str, str]) -> tuple[Group, ...]:
    return (
        always(
            "289f39b3-2a15-421a-8050-a29858031f35",
            ANSWER,
            if_yes(
                "50e9a74e-969e-4d79-8e19-8af71cb7c54a",
                question("name", T.DESCRIPTION, *who),
                question("identifier", T.ECONOMIC_OPERATOR_IDENTIFIER, "Identifiant", "Identifier"),
                question("activity", T.CODE, "Activité (CPV)", "Activity (CPV)"),
                most=20,
            ),
        ),
        EVIDENCE,
    )


OPERATOR = (
    _row(
        "SHELTERED_WORKSHOP",
        "2043338f-a38a-490b-b3ec-2607cb25a017",
        _ABOUT,
        "20",
        ("Marché réservé", "Reserved contract"),
        (
            "Si le marché est réservé, votre entreprise est-elle un atelier protégé ou une"
            " entreprise d'insertion ?",
            "If the contract is reserved, is your company a sheltered workshop?",
        ),
        (
            always(
                "6febbe4a-e715-427c-a2b1-19cfabadaef0",
                ANSWER,
                if_yes(
                    "a5e33369-e2b5-45f7-9969-ddb1c3ae17c8",
                    question(
                        "share",
                        T.PERCENTAGE,
                        "Part de travailleurs handicapés ou défavorisés",
                        "Share of disabled or disadvantaged workers",
                    ),
                    question("category", T.DESCRIPTION, "Catégories", "Categories", required=False),
                ),
            ),
            EVIDENCE,
        ),
    ),
    _row(
        "REGISTERED_IN_OFFICIAL_LIST",
        "9b19e869-6c89-4cc4-bd6c-ac9ca8602165",
        _ABOUT,
        "64",
        ("Liste officielle d'opérateurs agréés", "Official list of approved operators"),
        (
            "Votre entreprise est-elle inscrite sur une liste officielle, ou certifiée ?",
            "Is your company on an official list, or certified?",
        ),
        (
            always(
                "ecb5127b-9018-4fb8-8327-a6a7a2c73195",
                ANSWER,
                if_yes(
                    "dc4acf0c-c761-40d0-b031-4ee1f224be5c",
                    question("name", T.DESCRIPTION, "Liste et numéro", "List and number"),
                    question("url", T.URL, "Adresse", "Address", required=False),
                    question("basis", T.DESCRIPTION, "Fondement", "Basis", required=False),
                    always(
                        "92e44d3b-af8e-4a29-91a8-24d27aa27fee",
                        question(
                            "coversAll",
                            T.INDICATOR,
                            "L'inscription couvre tous les critères de sélection",
                            "It covers all selection criteria",
                        ),
                    ),
                ),
                if_no(
                    "59e6f3ef-15cd-4e21-82ac-ea497ccd44e2",
                    question(
                        "certificates",
                        T.INDICATOR,
                        "Attestations fiscales et sociales fournies sur demande",
                        "Tax and social certificates provided on demand",
                    ),
                ),
            ),
            EVIDENCE,
        ),
    ),
    _row(
        "TOGETHER_WITH_OTHERS",
        "ee51100f-8e3e-40c9-8f8b-57d5a15be1f2",
        _ABOUT,
        "19(2)",
        ("Groupement", "Group of operators"),
        (
            "Votre entreprise répond-elle avec d'autres ?",
            "Does your company bid together with others?",
        ),
        (
            always(
                "d939f2c6-ba25-4dc4-889c-11d1853add19",
                ANSWER,
                if_yes(
                    "f5663c5a-d311-4ae4-be14-1575754be5f2",
                    question(
                        "role",
                        T.CODE,
                        "Votre rôle",
                        "Your role",
                        codes=("SCLE", "GM", "OERON", "OENRON"),
                    ),
                    question("others", T.DESCRIPTION, "Autres membres", "The other members"),
                    question(
                        "group", T.DESCRIPTION, "Nom du groupement", "Its name", required=False
                    ),
                ),
            ),
            EVIDENCE,
        ),
        is_required=True,
    ),
    _row(
        "RELIES_ON_OTHER_CAPACITIES",
        "0d62c6ed-f074-4fcf-8e9f-f691351d52ad",
        _RELIANCE,
        "63",
        ("Recours aux capacités d'autres entités", "Reliance on other entities"),
        (
            "Vous appuyez-vous sur les capacités d'autres entités pour remplir les critères ?",
            "Do you rely on the capacities of other entities to meet the criteria?",
        ),
        _entities(("Entité", "Entity")),
        is_required=True,
    ),
    _row(
        "SUBCONTRACTS_WITH_THIRD_PARTIES",
        "72c0c4b1-ca50-4667-9487-461f3eed4ed7",
        _SUBCONTRACTORS,
        "71",
        ("Sous-traitance", "Subcontracting"),
        (
            "Envisagez-vous de sous-traiter une partie du marché à des tiers ?",
            "Do you intend to subcontract part of the contract to third parties?",
        ),
        _entities(("Sous-traitant", "Subcontractor")),
        is_required=True,
    ),
)

REDUCTION = (
    _row(
        "REDUCTION_OF_CANDIDATES",
        "51c39ba9-0444-4967-afe9-36f753b30175",
        _REDUCTION,
        "65",
        ("Réduction du nombre de candidats", "Reduction of the number of candidates"),
        (
            "Remplissez-vous les critères objectifs qui limitent le nombre de candidats ?",
            "Do you meet the objective criteria that limit the number of candidates?",
        ),
        told("ecc69670-f428-4446-908f-689568ca0d0d", "f13754df-7e15-4155-aaa6-7ca6407baa47"),
        part=DumePart.REDUCTION,
    ),
)

LOTS = _row(
    "LOTS_TENDERED",
    "8b9700b7-b13c-41e6-a220-6bbf8d5fab31",
    _ABOUT,
    "46",
    ("Lots", "Lots"),
    ("Lots auxquels votre entreprise répond", "The lots that your company bids for"),
    (
        always(
            "289f39b3-2a15-421a-8050-a29858031f35",
            question("lot", T.LOT_IDENTIFIER, "Lot", "Lot"),
            most=100,
        ),
    ),
)
