"""The questions of selection criteria: suitability, standing, abilities, quality."""

from __future__ import annotations

from domain.dume.patterns import ANSWER, DESCRIBE, EVIDENCE, evidence
from domain.dume.taxonomy import DumeAnswerType as T
from domain.dume.taxonomy import Group, always, caption, if_no, if_yes, question, required

LOT = required(T.LOT_IDENTIFIER, "Lot concerné", "Lot concerned")
NEED = required(T.DESCRIPTION, "Exigence de l'acheteur", "What the buyer requires")
WEIGHT = required(T.WEIGHT_INDICATOR, "Critère pondéré", "Weighted criterion")
LEAST = required(T.AMOUNT, "Montant minimal", "Minimum amount")
YEARS = required(T.QUANTITY_INTEGER, "Nombre d'exercices", "Number of financial years")
DOMAIN = required(T.DESCRIPTION, "Domaine d'activité", "Business area")
_OF_A_PERSON = (
    "9026e403-3eb6-4705-a9e9-e21a1efc867d",
    "0a166f0a-0c5f-42b0-81e9-0fc9fa598a48",
)


REGISTER = (
    always(
        "a53561d5-6614-4dbe-987e-b96f35387f46",
        LOT,
        always(
            "3aacb82e-afba-440c-b64e-1834007965a2",
            required(T.DESCRIPTION, "Registre demandé", "Register asked for"),
            required(T.URL, "Adresse du registre", "Address of the register"),
        ),
        always(
            "6cce6b8e-c53d-4598-8150-ac49aba3b9c7",
            ANSWER,
            if_yes(
                "70d5bbcf-0581-4d0f-b5c7-8b604a791972",
                question("number", T.DESCRIPTION, "Registre et numéro", "Register and number"),
            ),
            if_no(
                "3a4a5421-81cc-468e-b69f-b86bf8c7932d",
                question("whyNot", T.DESCRIPTION, "Pourquoi", "Why not"),
            ),
            EVIDENCE,
        ),
    ),
)

_AMOUNT = question("amount", T.AMOUNT, "Chiffre d'affaires", "Turnover")
_PERIOD = question("period", T.PERIOD, "Exercice", "Financial year")
_CPV = always(
    "6d87673d-af3f-4c39-b0e4-fbef046bd435",
    caption("Codes CPV", "CPV codes"),
    required(T.CODE, "Code CPV", "CPV code"),
)
_IN_A_YEAR = "c0cd9c1c-e90a-4ff9-bce3-ac0fe31abf16"
GENERAL_TURNOVER = (
    always(
        "5ca58d66-3ef1-4145-957c-45d5b18a837f",
        LEAST,
        always(_IN_A_YEAR, _AMOUNT, _PERIOD),
        EVIDENCE,
        most=5,
    ),
)
AVERAGE_TURNOVER = (
    always(
        "53882893-f4a8-40ae-99dc-cad7b0748790",
        YEARS,
        LEAST,
        always(
            "e1886054-ada4-473c-9afc-2fde82c24cf4",
            question("average", T.AMOUNT, "Chiffre d'affaires annuel moyen", "Average turnover"),
            question("more", T.DESCRIPTION, "Complément", "More about it", required=False),
        ),
        EVIDENCE,
    ),
)
SPECIFIC_TURNOVER = (
    always(
        "19a68e37-d307-4a28-9061-c22cd767be58",
        YEARS,
        DOMAIN,
        LEAST,
        _CPV,
        always(_IN_A_YEAR, _PERIOD, _AMOUNT, most=5),
        EVIDENCE,
    ),
)
SPECIFIC_AVERAGE = (
    always(
        "6cff132b-8d15-4f79-ae37-2f9295432381",
        YEARS,
        DOMAIN,
        LEAST,
        _CPV,
        always(_IN_A_YEAR, _PERIOD, _AMOUNT),
        EVIDENCE,
    ),
)
SET_UP = (
    always(
        "e9aa7763-c167-4352-8060-1a3d7d3e2662",
        question("startedOn", T.DATE, "Date de création ou de début d'activité", "Set up on"),
    ),
    EVIDENCE,
)
INSURANCE = (
    always(
        "83e3dcc4-c9b3-47e5-9fb8-ffd8386679f1",
        caption("Lots concernés", "Lots concerned"),
        always(
            "cc1da737-6c4e-4f4e-821d-c260029058f6",
            LOT,
            always(
                "6fc3a90b-0759-4517-af64-ce7d6eb4bf24",
                required(T.DESCRIPTION, "Nature de l'assurance", "Kind of insurance"),
                LEAST,
                always(
                    "42dc8062-974d-4201-91ba-7f2ea90338fd",
                    question("amount", T.AMOUNT, "Montant assuré", "Insured amount"),
                    question(
                        "willObtain",
                        T.INDICATOR,
                        "Je prendrai l'assurance demandée si le marché m'est attribué",
                        "I will take out the insurance if the contract is awarded to me",
                        required=False,
                    ),
                    question(
                        "isExempt",
                        T.INDICATOR,
                        "Je suis dispensé de cette assurance",
                        "I am exempt from this insurance",
                        required=False,
                    ),
                ),
                EVIDENCE,
            ),
        ),
    ),
)

REFERENCES = (
    always(
        "381bea15-9460-49f7-a6d0-15d13059de29",
        required(T.QUANTITY_INTEGER, "Nombre minimal de références", "Minimum of references"),
        always(
            "53c9aad8-dc80-48f8-85d9-755c2aab8e95",
            caption("Exigences", "Requirements"),
            always("d663aca5-5f3c-4980-b825-81e1bd7db381", NEED),
            always("167ab253-4fb7-4e45-81be-b049fba44b3a", LOT),
        ),
        always(
            "a44e24e9-f878-4651-9ead-e0b1387dae09",
            caption("Référence", "Reference"),
            always(
                "b9ac8ecf-5902-408e-a9a6-604568b35e1e",
                question("lot", T.LOT_IDENTIFIER, "Lot", "Lot", required=False),
            ),
            always(
                "c8ec5c30-2c17-4936-abbb-392523d873e5",
                question("description", T.DESCRIPTION, "Prestation", "What was done"),
                question("amount", T.AMOUNT, "Montant total", "Total amount"),
                question("role", T.DESCRIPTION, "Votre part", "Your part", required=False),
                question(
                    "ownAmount", T.AMOUNT, "Montant de votre part", "Your amount", required=False
                ),
                question("period", T.PERIOD, "Période", "Period"),
                question(
                    "isConfidential", T.INDICATOR, "Confidentiel", "Confidential", required=False
                ),
                always(
                    "6afa7569-e4c4-4538-be89-84a82b2a301b",
                    question("recipient", T.DESCRIPTION, "Destinataire", "Recipient"),
                    question("contact", T.DESCRIPTION, "Contact", "Contact", required=False),
                    question("email", T.DESCRIPTION, "Courriel", "E-mail", required=False),
                    question("phone", T.DESCRIPTION, "Téléphone", "Telephone", required=False),
                ),
                EVIDENCE,
            ),
            most=10,
        ),
    ),
)

_FIRST_NAME = question("firstName", T.DESCRIPTION, "Prénom", "First name", required=False)
_LAST_NAME = question("lastName", T.DESCRIPTION, "Nom", "Last name", required=False)
_ABOUT = "52ffcf91-3598-438f-8c3d-faf97da02602"
PERSONS = (
    always(
        "1e73d705-9dc1-43f1-9b5c-2d0deac7bc5f",
        WEIGHT,
        always(
            "f156d97a-9700-4ad9-8d21-e3ac57102278",
            NEED,
            always(
                "609cc954-64be-4b4f-800a-f17589deb936",
                caption("Techniciens", "Technicians"),
                always(
                    _ABOUT,
                    _FIRST_NAME,
                    _LAST_NAME,
                    question("profession", T.DESCRIPTION, "Profession", "Profession"),
                    question(
                        "experience", T.DESCRIPTION, "Expérience", "Experience", required=False
                    ),
                    question("more", T.DESCRIPTION, "Complément", "More", required=False),
                    question(
                        "years",
                        T.QUANTITY_INTEGER,
                        "Années dans l'entreprise",
                        "Years with the company",
                        required=False,
                    ),
                    evidence(ids=_OF_A_PERSON),
                    most=20,
                    least=0,
                ),
            ),
            always(
                "45a67f48-d146-4faf-8239-dd6977dffe29",
                caption("Organismes techniques", "Technical bodies"),
                always(
                    _ABOUT,
                    question("body", T.DESCRIPTION, "Organisme", "Body"),
                    question("area", T.DESCRIPTION, "Domaine", "Area", required=False),
                    question("bodyMore", T.DESCRIPTION, "Complément", "More", required=False),
                    evidence("body", ids=_OF_A_PERSON),
                    most=20,
                    least=0,
                ),
            ),
        ),
    ),
)
FACILITIES = (
    always(
        "1e73d705-9dc1-43f1-9b5c-2d0deac7bc5f",
        WEIGHT,
        always(
            "f156d97a-9700-4ad9-8d21-e3ac57102278",
            NEED,
            always("488ca189-bcdb-4bf4-80c7-3ad507fd89fb", DESCRIBE),
            EVIDENCE,
        ),
    ),
)
CHECKS = (
    always(
        "10822ddd-9ba6-42d5-9339-de0845aeafc9",
        NEED,
        always(
            "a3410620-8ed3-47f9-ab90-b5b1aeeff6a5",
            question("answer", T.INDICATOR, "Acceptez-vous ces contrôles ?", "Are checks allowed?"),
        ),
        EVIDENCE,
    ),
)
QUALIFICATIONS = (
    always(
        "d2cadc29-07e0-46b2-a74a-a0dc4bd2e5c2",
        WEIGHT,
        always(
            "1be6421a-0360-449e-ae7c-ce7fad73c2c2",
            NEED,
            always(
                "5df40500-a9b7-4c15-8325-a9762224a3c9",
                caption("Titres", "Qualifications"),
                always(
                    "5476ec64-de1e-45d2-aaf1-a40a463ab7a9",
                    _FIRST_NAME,
                    _LAST_NAME,
                    DESCRIBE,
                    question("esco", T.URL, "Identifiant ESCO", "ESCO identifier", required=False),
                    question("escoName", T.DESCRIPTION, "Titre ESCO", "ESCO title", required=False),
                    question("title", T.DESCRIPTION, "Intitulé", "Title", required=False),
                    question("number", T.QUAL_IDENTIFIER, "Numéro", "Number", required=False),
                    question("issuedOn", T.DATE, "Délivré le", "Issued on", required=False),
                    question("issuer", T.DESCRIPTION, "Délivré par", "Issued by", required=False),
                    evidence(ids=_OF_A_PERSON),
                    most=20,
                ),
            ),
        ),
    ),
)


def staff(id_: str) -> tuple[Group, ...]:
    """A number of people for each of three years."""
    return (
        always(
            id_,
            required(T.QUANTITY_INTEGER, "Nombre d'années", "Number of years"),
            required(T.DESCRIPTION, "Complément", "Additional information"),
            always(
                "96defecc-7d32-4957-82e9-aad5f3c5b736",
                question("year", T.QUANTITY_YEAR, "Année", "Year"),
                question("number", T.QUANTITY_INTEGER, "Effectif", "People"),
                most=3,
                least=3,
            ),
            EVIDENCE,
        ),
    )


SHARE = (always("575f7550-8a2d-4bad-b9d8-be07ab570076", DESCRIBE), EVIDENCE)
SAMPLES = (always("cb73544d-e8bb-4cc6-819b-b8e04f1e240e", ANSWER), EVIDENCE)
QUALITY = (
    always(
        "612d99eb-ea3b-4275-ac06-0db05e039c8c",
        NEED,
        always(
            "4887c3d7-05fc-4e3e-b066-f338910f0c4c",
            ANSWER,
            if_no(
                "83f2f79e-0455-4918-89ff-d7829e8bf758",
                question(
                    "otherMeans",
                    T.DESCRIPTION,
                    "Pourquoi, et quels autres moyens de preuve",
                    "Why, and which other means of proof",
                ),
            ),
        ),
        EVIDENCE,
    ),
)
