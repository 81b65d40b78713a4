"""The questions of exclusion grounds and those that all criteria share.

The identifiers of groups are the published ones.
"""

from __future__ import annotations

from domain.dume.taxonomy import DumeAnswerType as T
from domain.dume.taxonomy import Group, Line, always, caption, if_no, if_yes, question, required

ANSWER = question("answer", T.INDICATOR, "Votre réponse", "Your answer")
DESCRIBE = question("description", T.DESCRIPTION, "Précisions", "Details")


def evidence(prefix: str = "", *, ids: tuple[str, str] | None = None) -> Group:
    """Whether the information is in a data base that the buyer reads free of charge, and where."""
    outer, inner = ids or (
        "7458d42a-e581-4640-9283-34ceb3ad4345",
        "41dd2e9b-1bfd-44c7-93ee-56bd74a4334b",
    )
    return always(
        outer,
        question(
            f"{prefix}Online" if prefix else "online",
            T.INDICATOR,
            "Information disponible gratuitement en ligne",
            "Information available online, free of charge",
            required=False,
            defaults_to_no=True,
        ),
        if_yes(
            inner,
            question(
                f"{prefix}Evidence" if prefix else "evidence",
                T.EVIDENCE_IDENTIFIER,
                "Justificatif en ligne",
                "Evidence",
            ),
        ),
    )


EVIDENCE = evidence()

SELF_CLEANING = always(
    "5f9f09f7-f701-432c-9fdc-c22c124a74c9",
    question(
        "selfCleaning",
        T.INDICATOR,
        "Mesures prises pour démontrer votre fiabilité",
        "Measures taken to demonstrate your reliability",
    ),
    if_yes(
        "74e6c7b4-757b-4b40-ada6-fad6a997c310",
        question("measures", T.DESCRIPTION, "Description de ces mesures", "What they are"),
    ),
)

_EXCLUDED = question(
    "exclusion",
    T.PERIOD,
    "Durée de l'exclusion, si elle est fixée",
    "Period of exclusion, where it is set",
    required=False,
)

CONVICTION = (
    always(
        "7c637c0c-7703-4389-ba52-02997a055bd7",
        ANSWER,
        if_yes(
            "f5276600-a2b6-4ff6-a90e-b31fe19dae41",
            question("convictedOn", T.DATE, "Date de la condamnation", "Date of conviction"),
            question("reason", T.DESCRIPTION, "Motif", "Reason"),
            question("who", T.DESCRIPTION, "Personne condamnée", "Who was convicted"),
            _EXCLUDED,
            SELF_CLEANING,
            most=5,
        ),
    ),
    EVIDENCE,
)

CONTRIBUTION = (
    always(
        "53c9aad8-dc80-48f8-85d9-755c2aab8e95",
        required(T.AMOUNT, "Seuil", "Threshold"),
        required(T.DESCRIPTION, "Complément", "Additional information"),
        always(
            "098fd3cc-466e-4233-af1a-affe09471bce",
            ANSWER,
            if_yes(
                "f8499787-f9f8-4355-95e2-9784426f4d7b",
                question("country", T.CODE_COUNTRY, "Pays concerné", "Country concerned"),
                question("amount", T.AMOUNT, "Montant en cause", "Amount concerned"),
                always(
                    "7c2aec9f-4876-4c33-89e6-2ab6d6cf5d02",
                    question(
                        "otherMeans",
                        T.INDICATOR,
                        "Manquement établi autrement que par une décision de justice ou de"
                        " l'administration",
                        "Breach established other than by a judicial or administrative decision",
                    ),
                    if_yes(
                        "3cb7abf1-662a-4756-b61c-7bc716c1fafc",
                        question("means", T.DESCRIPTION, "Par quel moyen", "By which means"),
                        always(
                            "fc57e473-d63e-4a04-b589-dcf81cab8052",
                            question(
                                "settled",
                                T.INDICATOR,
                                "Somme payée, ou accord contraignant pour la payer",
                                "Amount paid, or a binding arrangement to pay it",
                            ),
                            if_yes(
                                "6c3609e1-9add-4fa9-9409-62ce72ae4548",
                                question("settlement", T.DESCRIPTION, "Précisions", "Details"),
                            ),
                        ),
                    ),
                    if_no(
                        "c882afa4-6971-4b00-8970-0c283eb122cc",
                        question(
                            "isFinal",
                            T.INDICATOR,
                            "Décision définitive et obligatoire",
                            "Decision final and binding",
                        ),
                        if_yes(
                            "815422d6-f8a1-418a-8bf0-3524f7c8f721",
                            question(
                                "decidedOn", T.DATE, "Date de la décision", "Date of the decision"
                            ),
                            _EXCLUDED,
                        ),
                    ),
                ),
            ),
        ),
        EVIDENCE,
    ),
)


def told(outer: str, inner: str, *more: Line | Group) -> tuple[Group, ...]:
    """Yes or no, and details when it is yes."""
    return (always(outer, ANSWER, if_yes(inner, DESCRIBE, *more)), EVIDENCE)


_GROUND = "67362ec7-cec3-4cb8-a38e-5d7a2a31e6d8"
LAW = told(
    "976b5acb-c00f-46ca-8f83-5ce6abfdfe43", "64a2102c-4af1-4ecb-97b3-0c41907ec0f6", SELF_CLEANING
)
BUSINESS = told(
    "d91c11a1-f19e-4b83-8ade-c4be2bf00555",
    "aeef523b-c8fc-4dba-9c34-03e34812567b",
    question(
        "stillAble",
        T.DESCRIPTION,
        "Pourquoi vous pourriez tout de même exécuter le marché",
        "Why you would be able to perform the contract all the same",
    ),
)
MISCONDUCT = told(_GROUND, "2cbcf978-765c-40aa-996b-b1d082485cef", SELF_CLEANING)
CONFLICT = told(_GROUND, "73f0fe4c-4ed9-4343-8096-d898cf200146")
TERMINATION = told(_GROUND, "73f0fe4c-4ed9-4343-8096-d898cf200146", SELF_CLEANING)
PLAIN = (always("f3a6836d-2de2-4cd1-81ca-fb06178d05c5", ANSWER),)
PLAIN_GROUND = (*PLAIN, EVIDENCE)
NATIONAL = (
    always(
        "8d79d5f7-dc21-45e9-b188-e02008b854e0",
        caption("Motifs prévus par le droit national", "Grounds of national law"),
        always(
            "4f5088db-ae29-46fb-b642-30240aa2248a",
            caption(
                "Code de la commande publique, articles L. 2141-1 à L. 2141-11",
                "French public procurement code, articles L. 2141-1 to L. 2141-11",
            ),
            caption("Justificatifs : e-Certis", "Evidence: e-Certis"),
            ANSWER,
        ),
    ),
    EVIDENCE,
)
