"""Part III: the exclusion grounds, every one to be answered."""

from __future__ import annotations

from domain.dume import patterns
from domain.dume.taxonomy import Criterion, DumePart, Group
from domain.reference.words import Words

_CONVICTIONS = Words("A. Condamnations pénales", "A. Criminal convictions")
_CONTRIBUTIONS = Words("B. Impôts et cotisations sociales", "B. Taxes and social contributions")
_CONDUCT = Words(
    "C. Insolvabilité, conflits d'intérêts, faute professionnelle",
    "C. Insolvency, conflicts of interest, misconduct",
)
_NATIONAL = Words("D. Motifs purement nationaux", "D. Purely national grounds")


def _ground(
    code: str,
    id_: str,
    section: Words,
    article: str,
    names: tuple[str, str],
    wording: tuple[str, str],
    groups: tuple[Group, ...],
    *,
    is_bar: bool = False,
) -> Criterion:
    return Criterion(
        code=f"CRITERION.EXCLUSION.{code}",
        id=id_,
        part=DumePart.EXCLUSION,
        section=section,
        name=Words(*names),
        wording=Words(*wording),
        article=article,
        groups=groups,
        is_required=True,
        is_bar=is_bar,
    )


def _conviction(code: str, id_: str, letter: str, fr: str, en: str) -> Criterion:
    return _ground(
        f"CONVICTIONS.{code}",
        id_,
        _CONVICTIONS,
        f"57(1)({letter})",
        (fr, en),
        (
            "Votre entreprise, ou une personne qui la dirige, la représente ou la contrôle,"
            " a-t-elle été condamnée définitivement pour ce motif depuis moins de cinq ans, ou"
            " l'exclusion prononcée court-elle encore ?",
            "Has your company, or anyone who manages, represents or controls it, been convicted of"
            " this by a final judgment less than five years ago, or does an exclusion that was"
            " pronounced still apply?",
        ),
        patterns.CONVICTION,
        is_bar=True,
    )


def _contribution(code: str, id_: str, fr: str, en: str) -> Criterion:
    return _ground(
        f"CONTRIBUTIONS.{code}",
        id_,
        _CONTRIBUTIONS,
        "57(2)",
        (fr, en),
        (
            "Votre entreprise a-t-elle manqué à ces obligations, dans son pays ou dans celui de"
            " l'acheteur ?",
            "Has your company breached these obligations, in its country or in that of the buyer?",
        ),
        patterns.CONTRIBUTION,
        is_bar=True,
    )


def _law(code: str, id_: str, fr: str, en: str) -> Criterion:
    return _ground(
        f"SOCIAL.{code}",
        id_,
        _CONDUCT,
        "57(4)(a)",
        (fr, en),
        (
            "À votre connaissance, votre entreprise a-t-elle manqué à ses obligations dans ce"
            " domaine ?",
            "To your knowledge, has your company breached its obligations in this field?",
        ),
        patterns.LAW,
    )


def _business(code: str, id_: str, fr: str, en: str) -> Criterion:
    return _ground(
        f"BUSINESS.{code}",
        id_,
        _CONDUCT,
        "57(4)(b)",
        (fr, en),
        (
            "Votre entreprise est-elle dans cette situation ?",
            "Is your company in this situation?",
        ),
        patterns.BUSINESS,
    )


EXCLUSION = (
    _conviction(
        "PARTICIPATION_IN_CRIMINAL_ORGANISATION",
        "005eb9ed-1347-4ca3-bb29-9bc0db64e1ab",
        "a",
        "Participation à une organisation criminelle",
        "Participation in a criminal organisation",
    ),
    _conviction(
        "CORRUPTION", "c27b7c4e-c837-4529-b867-ed55ce639db5", "b", "Corruption", "Corruption"
    ),
    _conviction("FRAUD", "297d2323-3ede-424e-94bc-a91561e6f320", "c", "Fraude", "Fraud"),
    _conviction(
        "TERRORIST_OFFENCES",
        "d486fb70-86b3-4e75-97f2-0d71b5697c7d",
        "d",
        "Infractions terroristes ou liées au terrorisme",
        "Terrorist offences or offences linked to terrorism",
    ),
    _conviction(
        "MONEY_LAUNDERING",
        "47112079-6fec-47a3-988f-e561668c3aef",
        "e",
        "Blanchiment de capitaux ou financement du terrorisme",
        "Money laundering or terrorist financing",
    ),
    _conviction(
        "CHILD_LABOUR-HUMAN_TRAFFICKING",
        "d789d01a-fe03-4ccd-9898-73f9cfa080d1",
        "f",
        "Travail des enfants et traite des êtres humains",
        "Child labour and trafficking in human beings",
    ),
    _contribution(
        "PAYMENT_OF_TAXES",
        "b61bbeb7-690e-4a40-bc68-d6d4ecfaa3d4",
        "Paiement des impôts et taxes",
        "Payment of taxes",
    ),
    _contribution(
        "PAYMENT_OF_SOCIAL_SECURITY",
        "7d85e333-bbab-49c0-be8d-c36d71a72f5e",
        "Paiement des cotisations de sécurité sociale",
        "Payment of social security contributions",
    ),
    _law(
        "ENVIRONMENTAL_LAW",
        "a80ddb62-d25b-4e4e-ae22-3968460dc0a9",
        "Droit de l'environnement",
        "Environmental law",
    ),
    _law("SOCIAL_LAW", "a261a395-ed17-4939-9c75-b9ff1109ca6e", "Droit social", "Social law"),
    _law("LABOUR_LAW", "a34b70d6-c43d-4726-9a88-8e2b438424bf", "Droit du travail", "Labour law"),
    _business("BANKRUPTCY", "d3732c09-7d62-4edc-a172-241da6636e7c", "Faillite", "Bankruptcy"),
    _business("INSOLVENCY", "396f288a-e267-4c20-851a-ed4f7498f137", "Insolvabilité", "Insolvency"),
    _business(
        "CREDITORS_ARRANGEMENT",
        "68918c7a-f5bc-4a1a-a62f-ad8983600d48",
        "Concordat avec les créanciers",
        "Arrangement with creditors",
    ),
    _business(
        "BANKRUPTCY_ANALOGOUS",
        "daffa2a9-9f8f-4568-8be8-7b8bf306d096",
        "Situation analogue à la faillite en droit national",
        "Situation like bankruptcy under national law",
    ),
    _business(
        "LIQUIDATOR_ADMINISTERED",
        "8fda202a-0c37-41bb-9d7d-de3f49edbfcb",
        "Biens administrés par un liquidateur",
        "Assets administered by a liquidator",
    ),
    _business(
        "ACTIVITIES_SUSPENDED",
        "166536e2-77f7-455c-b018-70582474e4f6",
        "Activités suspendues",
        "Activities suspended",
    ),
    _ground(
        "MISCONDUCT.MC_PROFESSIONAL",
        "514d3fde-1e3e-4dcd-b02a-9f984d5bbda3",
        _CONDUCT,
        "57(4)(c)",
        ("Faute professionnelle grave", "Grave professional misconduct"),
        (
            "Votre entreprise a-t-elle commis une faute professionnelle grave ?",
            "Has your company committed grave professional misconduct?",
        ),
        patterns.MISCONDUCT,
    ),
    _ground(
        "MISCONDUCT.MARKET_DISTORTION",
        "56d13e3d-76e8-4f23-8af6-13e60a2ee356",
        _CONDUCT,
        "57(4)(d)",
        ("Ententes faussant la concurrence", "Agreements that distort competition"),
        (
            "Votre entreprise a-t-elle conclu avec d'autres des ententes visant à fausser la"
            " concurrence ?",
            "Has your company agreed with others to distort competition?",
        ),
        patterns.MISCONDUCT,
    ),
    _ground(
        "CONFLICT_OF_INTEREST.PROCEDURE_PARTICIPATION",
        "b1b5ac18-f393-4280-9659-1367943c1a2e",
        _CONDUCT,
        "57(4)(e)",
        ("Conflit d'intérêts", "Conflict of interest"),
        (
            "Votre participation à la procédure crée-t-elle un conflit d'intérêts ?",
            "Does your part in the procedure create a conflict of interest?",
        ),
        patterns.CONFLICT,
    ),
    _ground(
        "CONFLICT_OF_INTEREST.PROCEDURE_PREPARATION",
        "61874050-5130-4f1c-a174-720939c7b483",
        _CONDUCT,
        "57(4)(f)",
        ("Participation à la préparation de la procédure", "Part in preparing the procedure"),
        (
            "Votre entreprise, ou une entreprise liée, a-t-elle conseillé l'acheteur ou participé à"
            " la préparation de la procédure ?",
            "Has your company, or one linked to it, advised the buyer or taken part in preparing"
            " the procedure?",
        ),
        patterns.CONFLICT,
    ),
    _ground(
        "CONFLICT_OF_INTEREST.EARLY_TERMINATION",
        "3293e92b-7f3e-42f1-bee6-a7641bb04251",
        _CONDUCT,
        "57(4)(g)",
        (
            "Résiliation anticipée, dommages et intérêts ou sanctions",
            "Early termination, damages or sanctions",
        ),
        (
            "Un marché public ou une concession de votre entreprise a-t-il été résilié avant son"
            " terme, ou lui a-t-il valu des dommages et intérêts ou une sanction comparable ?",
            "Was a public contract or concession of your company ended early, or did it bring"
            " damages or a comparable sanction?",
        ),
        patterns.TERMINATION,
    ),
    _ground(
        "CONFLICT_OF_INTEREST.MISINTERPRETATION",
        "696a75b2-6107-428f-8b74-82affb67e184",
        _CONDUCT,
        "57(4)(h), 57(4)(i)",
        (
            "Fausses déclarations, dissimulation, influence indue",
            "Misrepresentation, withheld information, undue influence",
        ),
        (
            "Votre entreprise a-t-elle fait de fausses déclarations, caché des informations, été"
            " incapable de fournir les justificatifs, ou cherché à influencer la décision ou à"
            " obtenir des informations confidentielles ?",
            "Has your company misrepresented facts, withheld information, been unable to provide"
            " evidence, or tried to influence the decision or to obtain confidential information?",
        ),
        patterns.PLAIN_GROUND,
    ),
    _ground(
        "NATIONAL.OTHER",
        "63adb07d-db1b-4ef0-a14e-a99785cf8cf6",
        _NATIONAL,
        "57",
        ("Motifs d'exclusion purement nationaux", "Purely national exclusion grounds"),
        (
            "Un autre motif d'exclusion du code de la commande publique s'applique-t-il à votre"
            " entreprise, tel que le travail dissimulé ?",
            "Does another exclusion ground of national law apply to your company, such as"
            " undeclared work?",
        ),
        patterns.NATIONAL,
    ),
)
