"""Part IV: what a buyer may ask of bidders. Those of a procedure are in its notice."""

from __future__ import annotations

from domain.dume import capacity, patterns
from domain.dume.taxonomy import Criterion, DumePart, Group
from domain.reference.words import Words

ALL_SATISFIED = "CRITERION.SELECTION.ALL_SATISFIED"

_ALL = Words("α. Indication globale", "α. Global indication")
_SUITABILITY = Words("A. Aptitude à exercer l'activité professionnelle", "A. Suitability")
_STANDING = Words("B. Capacité économique et financière", "B. Economic and financial standing")
_ABILITY = Words(
    "C. Capacités techniques et professionnelles", "C. Technical and professional ability"
)
_QUALITY = Words(
    "D. Assurance de la qualité et gestion environnementale",
    "D. Quality assurance and environmental management",
)


def _row(
    code: str,
    id_: str,
    section: Words,
    article: str,
    names: tuple[str, str],
    wording: tuple[str, str],
    groups: tuple[Group, ...],
    *,
    is_note: bool = False,
) -> Criterion:
    return Criterion(
        code=f"CRITERION.SELECTION.{code}",
        id=id_,
        part=DumePart.SELECTION,
        section=section,
        name=Words(*names),
        wording=Words(*wording),
        article=article,
        groups=groups,
        is_note=is_note,
    )


def _suitability(
    code: str, id_: str, names: tuple[str, str], wording: tuple[str, str]
) -> Criterion:
    return _row(
        f"SUITABILITY.{code}", id_, _SUITABILITY, "58(2)", names, wording, capacity.REGISTER
    )


def _standing(
    code: str,
    id_: str,
    names: tuple[str, str],
    wording: tuple[str, str],
    groups: tuple[Group, ...],
) -> Criterion:
    return _row(
        f"ECONOMIC_FINANCIAL_STANDING.{code}", id_, _STANDING, "58(3)", names, wording, groups
    )


def _ability(
    code: str,
    id_: str,
    names: tuple[str, str],
    wording: tuple[str, str],
    groups: tuple[Group, ...],
) -> Criterion:
    return _row(
        f"TECHNICAL_PROFESSIONAL_ABILITY.{code}", id_, _ABILITY, "58(4)", names, wording, groups
    )


def _certificate(
    code: str, id_: str, article: str, names: tuple[str, str], wording: tuple[str, str]
) -> Criterion:
    code = f"TECHNICAL_PROFESSIONAL_ABILITY.CERTIFICATES.{code}"
    return _row(code, id_, _QUALITY, article, names, wording, capacity.QUALITY)


_SAYS_REFERENCES = (
    "Quelles prestations comparables avez-vous réalisées pendant la période demandée ?",
    "Which comparable contracts did you perform in the period asked for?",
)

SELECTION = (
    _row(
        "ALL_SATISFIED",
        "7e7db838-eeac-46d9-ab39-42927486f22d",
        _ALL,
        "59",
        ("Tous les critères de sélection sont remplis", "All selection criteria are met"),
        (
            "Votre entreprise remplit-elle tous les critères de sélection de l'acheteur ?",
            "Does your company meet all the selection criteria that the buyer asks for?",
        ),
        patterns.PLAIN,
        is_note=True,
    ),
    _suitability(
        "PROFESSIONAL_REGISTER_ENROLMENT",
        "6ee55a59-6adb-4c3a-b89f-e62a7ad7be7f",
        ("Inscription sur un registre professionnel", "Enrolment in a professional register"),
        (
            "Votre entreprise est-elle inscrite au registre professionnel de son pays ?",
            "Is your company enrolled in the professional register of its country?",
        ),
    ),
    _suitability(
        "TRADE_REGISTER_ENROLMENT",
        "87b3fa26-3549-4f92-b8e0-3fd8f04bf5c7",
        ("Inscription au registre du commerce", "Enrolment in a trade register"),
        (
            "Votre entreprise est-elle inscrite au registre du commerce de son pays ?",
            "Is your company enrolled in the trade register of its country?",
        ),
    ),
    _suitability(
        "AUTHORISATION",
        "9eeb6d5c-0eb8-48e8-a4c5-5087a7c095a4",
        ("Services : autorisation requise", "Services: authorisation needed"),
        (
            "Détenez-vous l'autorisation requise pour fournir ces services ?",
            "Do you hold the authorisation needed to provide these services?",
        ),
    ),
    _suitability(
        "MEMBERSHIP",
        "73f10e36-ed7a-412e-995c-aa76463e3776",
        ("Services : appartenance à une organisation", "Services: membership of an organisation"),
        (
            "Appartenez-vous à l'organisation requise pour fournir ces services ?",
            "Are you a member of the organisation needed to provide these services?",
        ),
    ),
    _standing(
        "TURNOVER.GENERAL_YEARLY",
        "499efc97-2ac1-4af2-9e84-323c2ca67747",
        ("Chiffre d'affaires annuel général", "General yearly turnover"),
        (
            "Quel a été le chiffre d'affaires de chacun des exercices demandés ?",
            "What was the turnover of each financial year asked for?",
        ),
        capacity.GENERAL_TURNOVER,
    ),
    _standing(
        "TURNOVER.AVERAGE_YEARLY",
        "b16cb9fc-6cb7-4585-9302-9533b415cf48",
        ("Chiffre d'affaires annuel moyen", "Average yearly turnover"),
        (
            "Quel a été le chiffre d'affaires moyen des exercices demandés ?",
            "What was the average turnover of the financial years asked for?",
        ),
        capacity.AVERAGE_TURNOVER,
    ),
    _standing(
        "TURNOVER.SPECIFIC_YEARLY",
        "074f6031-55f9-4e99-b9a4-c4363e8bc315",
        ("Chiffre d'affaires annuel du domaine", "Yearly turnover in the area of the contract"),
        (
            "Quel a été, dans le domaine du marché, le chiffre d'affaires de chaque exercice ?",
            "What was the turnover of each financial year in the area of the contract?",
        ),
        capacity.SPECIFIC_TURNOVER,
    ),
    _standing(
        "TURNOVER.SPECIFIC_AVERAGE",
        "d3dfb714-f558-4512-bbc5-e456fa2339de",
        ("Chiffre d'affaires moyen du domaine", "Average turnover in the area of the contract"),
        (
            "Quel a été, dans le domaine du marché, le chiffre d'affaires moyen ?",
            "What was the average turnover in the area of the contract?",
        ),
        capacity.SPECIFIC_AVERAGE,
    ),
    _standing(
        "TURNOVER.SET_UP",
        "77f481ce-ffb6-483f-8e2b-c78db5e68292",
        ("Création de l'entreprise", "Set-up of the company"),
        (
            "Si le chiffre d'affaires n'est pas connu pour toute la période, quand l'activité"
            " a-t-elle commencé ?",
            "Where the turnover is not known for the whole period, when did the activity begin?",
        ),
        capacity.SET_UP,
    ),
    _standing(
        "RISK_INDEMNITY_INSURANCE",
        "7604bd40-4462-4086-8763-a50da51a869c",
        ("Assurance des risques professionnels", "Professional risk insurance"),
        (
            "Quel est le montant assuré contre les risques professionnels ?",
            "What is the amount insured against professional risks?",
        ),
        capacity.INSURANCE,
    ),
    _ability(
        "REFERENCES.WORKS_PERFORMANCE",
        "cdd3bb3e-34a5-43d5-b668-2aab86a73822",
        ("Références de travaux", "References: works"),
        _SAYS_REFERENCES,
        capacity.REFERENCES,
    ),
    _ability(
        "REFERENCES.SUPPLIES_DELIVERY_PERFORMANCE",
        "3a18a175-1863-4b1d-baef-588ce61960ca",
        ("Références de fournitures", "References: supplies"),
        _SAYS_REFERENCES,
        capacity.REFERENCES,
    ),
    _ability(
        "REFERENCES.SERVICES_DELIVERY_PERFORMANCE",
        "5e506c16-26ab-4e32-bb78-b27f87dc0565",
        ("Références de services", "References: services"),
        _SAYS_REFERENCES,
        capacity.REFERENCES,
    ),
    _ability(
        "TECHNICAL.TECHNICIANS_FOR_QUALITY_CONTROL",
        "3aaca389-4a7b-406b-a4b9-080845d127e7",
        ("Techniciens du contrôle de la qualité", "Technicians for quality control"),
        (
            "Quels techniciens ou organismes techniques contrôlent la qualité ?",
            "Which technicians or technical bodies control quality?",
        ),
        capacity.PERSONS,
    ),
    _ability(
        "TECHNICAL.TECHNICIANS_FOR_CARRYING_WORKS",
        "c599c130-b29f-461e-a187-4e16c7d40db7",
        ("Techniciens pour exécuter les travaux", "Technicians for carrying out the works"),
        (
            "À quels techniciens ou organismes techniques ferez-vous appel pour les travaux ?",
            "Which technicians or technical bodies will you call upon for the works?",
        ),
        capacity.PERSONS,
    ),
    _ability(
        "TECHNICAL.FACILITIES_FOR_QUALITY_ENSURING",
        "4bf996d9-439c-40c6-9ab9-980a48cb55a1",
        ("Moyens d'assurer la qualité", "Facilities to ensure quality"),
        (
            "Quels équipements et quelles mesures assurent la qualité ?",
            "Which facilities and measures ensure quality?",
        ),
        capacity.FACILITIES,
    ),
    _ability(
        "TECHNICAL.FACILITIES_FOR_STUDY_RESEARCH",
        "90a2e100-44cc-45d3-9970-69d6714f1596",
        ("Moyens d'étude et de recherche", "Study and research facilities"),
        (
            "Quels sont vos moyens d'étude et de recherche ?",
            "What are your study and research facilities?",
        ),
        capacity.FACILITIES,
    ),
    _ability(
        "TECHNICAL.SUPPLY_CHAIN_MANAGEMENT",
        "dc12a151-7fdf-4733-a8f0-30f667292e66",
        ("Gestion de la chaîne d'approvisionnement", "Supply chain management"),
        (
            "Comment suivrez-vous la chaîne d'approvisionnement ?",
            "How will you manage and track the supply chain?",
        ),
        capacity.FACILITIES,
    ),
    _ability(
        "TECHNICAL.CHECKS.ALLOWANCE_OF_CHECKS",
        "c8809aa1-29b6-4f27-ae2f-27e612e394db",
        ("Contrôles acceptés", "Checks allowed"),
        (
            "Acceptez-vous que l'acheteur contrôle vos capacités de production et d'étude ?",
            "Do you allow the buyer to check your production and study capacities?",
        ),
        capacity.CHECKS,
    ),
    _ability(
        "TECHNICAL.PROFESSIONAL_QUALIFICATIONS",
        "07301031-2270-41af-8e7e-66fe0c777107",
        ("Titres d'études et professionnels", "Educational and professional qualifications"),
        (
            "Quels titres détiennent le prestataire et ses cadres ?",
            "Which qualifications do the provider and its managers hold?",
        ),
        capacity.QUALIFICATIONS,
    ),
    _ability(
        "TECHNICAL.ENVIRONMENTAL_MANAGEMENT_MEASURES",
        "9460457e-b43d-48a9-acd1-615de6ddd33e",
        ("Mesures de gestion environnementale", "Environmental management measures"),
        (
            "Quelles mesures de gestion environnementale appliquerez-vous ?",
            "Which environmental management measures will you apply?",
        ),
        capacity.FACILITIES,
    ),
    _ability(
        "MANAGEMENT.MANAGERIAL_STAFF",
        "6346959b-e097-4ea1-89cd-d1b4c131ea4d",
        ("Effectif de l'encadrement", "Number of managerial staff"),
        (
            "Combien de cadres avez-vous eus chaque année ?",
            "How many managers did you have each year?",
        ),
        capacity.staff("7f7949a8-dbe6-496c-a9f6-6f05b8648bad"),
    ),
    _ability(
        "MANAGEMENT.AVERAGE_ANNUAL_MANPOWER",
        "1f49b3f0-d50f-43f6-8b30-4bafab108b9b",
        ("Effectif annuel moyen", "Average annual manpower"),
        (
            "Quel a été votre effectif moyen chaque année ?",
            "How many people did you employ on average each year?",
        ),
        capacity.staff("10822ddd-9ba6-42d5-9339-de0845aeafc9"),
    ),
    _ability(
        "TECHNICAL.EQUIPMENT",
        "cc18c023-211d-484d-a32e-52f3f970285f",
        ("Outillage et matériel", "Tools, plant and equipment"),
        (
            "De quel outillage et de quel matériel disposerez-vous ?",
            "Which tools, plant and equipment will you have?",
        ),
        capacity.FACILITIES,
    ),
    _ability(
        "MANAGEMENT.SUBCONTRACTING_PROPORTION",
        "612a1625-118d-4ea4-a6db-413184e7c0a8",
        ("Part sous-traitée", "Share subcontracted"),
        (
            "Quelle part du marché envisagez-vous de sous-traiter ?",
            "Which share of the contract do you intend to subcontract?",
        ),
        capacity.SHARE,
    ),
    _ability(
        "MANAGEMENT.ARTEFACTS.NO_AUTHENTICATED_ARTEFACTS",
        "bdf0601d-2480-4250-b870-658d0ee95be6",
        ("Échantillons sans certificat", "Samples without certificate"),
        (
            "Fournirez-vous les échantillons, descriptions ou photographies demandés ?",
            "Will you supply the samples, descriptions or photographs asked for?",
        ),
        capacity.SAMPLES,
    ),
    _ability(
        "MANAGEMENT.ARTEFACTS.AUTHENTICATED_ARTEFACTS",
        "7662b7a9-bcb8-4763-a0a7-7505d8e8470d",
        ("Échantillons certifiés authentiques", "Samples with certificates of authenticity"),
        (
            "Fournirez-vous les certificats d'authenticité demandés ?",
            "Will you supply the certificates of authenticity asked for?",
        ),
        capacity.SAMPLES,
    ),
    _certificate(
        "QUALITY_ASSURANCE.QA_INSTITUTES_CERTIFICATE",
        "a7669d7d-9297-43e1-9d10-691a1660187c",
        "58(4)",
        ("Certificats d'instituts de contrôle", "Certificates of quality control institutes"),
        (
            "Pouvez-vous fournir des certificats d'instituts officiels attestant la conformité ?",
            "Can you supply certificates of conformity from official institutes?",
        ),
    ),
    _certificate(
        "QUALITY_ASSURANCE.QA_INDEPENDENT_CERTIFICATE",
        "d726bac9-e153-4e75-bfca-c5385587766d",
        "62(1)",
        ("Normes d'assurance de la qualité", "Quality assurance standards"),
        (
            "Pouvez-vous fournir les certificats d'assurance de la qualité demandés ?",
            "Can you supply the quality assurance certificates asked for?",
        ),
    ),
    _certificate(
        "ENVIRONMENTAL_MANAGEMENT.ENV_INDEPENDENT_CERTIFICATE",
        "8ed65e48-fd0d-444f-97bd-4f58da632999",
        "62(2)",
        ("Normes de gestion environnementale", "Environmental management standards"),
        (
            "Pouvez-vous fournir les certificats de gestion environnementale demandés ?",
            "Can you supply the environmental management certificates asked for?",
        ),
    ),
)
