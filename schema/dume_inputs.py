"""The European form as the API takes it. Texts are taken as they are: the rules judge them all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from domain.dume import form
from domain.dume.form import DumeRole, DumeSize


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


def _list(description: str) -> Any:
    return strawberry.field(default_factory=list, description=description)


_COUNTRY = "Pays. ISO 3166-1; FR by default."


@strawberry.input(description="Acheteur. The contracting authority of the procedure.")
class DumeBuyerInput:
    name: str | None = _optional("Nom. Up to 200 characters; needed.")
    siret: str | None = _optional("SIRET. Spaces are ignored.")
    address: str | None = _optional("Adresse. Up to 400 characters.")
    postal_code: str | None = _optional("Code postal.")
    town: str | None = _optional("Commune.")
    country: str = strawberry.field(default="FR", description=_COUNTRY)
    website: str | None = _optional("Profil d'acheteur. An http or https address.")

    def party(self) -> form.Party:
        """The same for the domain."""
        return form.Party(**vars(self))


@strawberry.input(description="Partie I. The procedure and its buyer.")
class DumeProcedureInput:
    reference: str | None = _optional("Référence. Of the procedure at the buyer's; needed.")
    title: str | None = _optional("Intitulé. Up to 400 characters; needed.")
    description: str | None = _optional("Description. Up to 4,000 characters.")
    notice: str | None = _optional(
        "Avis au Journal officiel de l'Union européenne. Such as 2026/S 225-000001 or 123456-2026."
    )
    lots: list[str] = _list("Lots. The numbers of the lots of the procedure, at most 100.")
    buyer: DumeBuyerInput = strawberry.field(description="Acheteur. Who buys.")

    def procedure(self) -> form.Procedure:
        """The same for the domain."""
        given = {**vars(self), "lots": tuple(self.lots), "buyer": self.buyer.party()}
        return form.Procedure(**given)


@strawberry.input(description="Représentant. A person who may act for the company.")
class DumeRepresentativeInput:
    first_name: str | None = _optional("Prénom. Needed.")
    last_name: str | None = _optional("Nom. Needed.")
    born_on: date | None = _optional("Date de naissance.")
    born_in: str | None = _optional("Lieu de naissance.")
    capacity: str | None = _optional("Qualité. Such as gérant.")
    country: str = strawberry.field(default="FR", description=_COUNTRY)
    email: str | None = _optional("Courriel.")
    phone: str | None = _optional("Téléphone.")

    def representative(self) -> form.Representative:
        """The same for the domain."""
        return form.Representative(**vars(self))


@strawberry.input(
    description="Partie II. The company that answers. A SIRET or, for who has none, its national"
    " identifier."
)
class DumeOperatorInput:
    name: str | None = _optional("Raison sociale. Up to 200 characters; needed.")
    siret: str | None = _optional("SIRET. Spaces are ignored.")
    identifier: str | None = _optional("Identifiant national. Of a company without a SIRET.")
    vat_number: str | None = _optional("Numéro de TVA. That of the company of the SIRET.")
    address: str | None = _optional("Adresse. Up to 400 characters; needed.")
    postal_code: str | None = _optional("Code postal.")
    town: str | None = _optional("Commune. Needed.")
    country: str = strawberry.field(default="FR", description=_COUNTRY)
    website: str | None = _optional("Site. An http or https address.")
    contact: str | None = _optional("Contact. Whom to ask.")
    email: str | None = _optional("Courriel.")
    phone: str | None = _optional("Téléphone.")
    size: DumeSize | None = _optional("Taille. Needed.")
    role: DumeRole = strawberry.field(
        default=DumeRole.SCLE, description="Rôle. Sole contractor or lead entity by default."
    )
    group: str | None = _optional("Groupement. The name of the group, if there is one.")
    lots: list[str] = _list("Lots visés. Those it bids for, at most 100; none means all of them.")
    representatives: list[DumeRepresentativeInput] = _list("Représentants. At most 10.")

    def operator(self) -> form.Operator:
        """The same for the domain."""
        given = vars(self)
        own = {name: given[name] for name in ("size", "role", "group")}
        others = {*own, "lots", "representatives"}
        return form.Operator(
            party=form.Party(**{k: v for k, v in given.items() if k not in others}),
            lots=tuple(self.lots),
            representatives=tuple(one.representative() for one in self.representatives),
            **own,
        )


@strawberry.input(
    description="Réponse. To one question; which values are given depends on its type, see"
    " `DumeAnswerType`."
)
class DumeAnswerInput:
    question: str = strawberry.field(description="Question. Its key, in `dumeCriteria`.")
    occurrence: int = strawberry.field(
        default=1, description="Occurrence. From 1, where it may be answered several times."
    )
    indicator: bool | None = _optional("Oui ou non.")
    text: str | None = _optional("Texte. Up to 4,000 characters.")
    amount: Decimal | None = _optional("Montant. To the cent, zero or more.")
    currency: str = strawberry.field(default="EUR", description="Devise. ISO 4217.")
    number: Decimal | None = _optional("Nombre. A quantity, a year or a percentage.")
    on: date | None = strawberry.field(
        name="date", default=None, description="Date. Not after today."
    )
    starts_on: date | None = _optional("Début de période. Included.")
    ends_on: date | None = _optional("Fin de période. Included.")
    url: str | None = _optional("Adresse web. An http or https address.")
    code: str | None = _optional("Code. Or the reference of evidence.")

    def answer(self) -> form.Answer:
        """The same for the domain."""
        return form.Answer(**vars(self))


@strawberry.input(description="Réponses à un critère.")
class DumeCriterionInput:
    code: str = strawberry.field(description="Code. Of a criterion of `dumeCriteria`.")
    answers: list[DumeAnswerInput] = strawberry.field(
        description="Réponses. To its questions, at most 250."
    )

    def answered(self) -> form.Answered:
        """The same for the domain."""
        return form.Answered(code=self.code, answers=tuple(a.answer() for a in self.answers))


@strawberry.input(description="Partie VI. Who declares all of it.")
class DumeDeclarationInput:
    signatory: str | None = _optional("Signataire. First and last name; needed.")
    capacity: str | None = _optional("Qualité. Of the signatory.")
    place: str | None = _optional("Lieu.")
    signed_on: date | None = _optional("Date. Not after today.")
    is_accurate: bool = strawberry.field(
        default=False, description="Exactitude. What is declared is accurate; must be true."
    )
    provides_evidence: bool = strawberry.field(
        default=False, description="Justificatifs. They follow on demand; must be true."
    )
    allows_access: bool = strawberry.field(
        default=False,
        description="Accès aux justificatifs en ligne. The buyer may fetch them where the form says"
        " that they are.",
    )

    def declaration(self) -> form.Declaration:
        """The same for the domain."""
        return form.Declaration(**vars(self))


@strawberry.input(description="Formulaire. The six parts of the European form.")
class DumeFormInput:
    procedure: DumeProcedureInput = strawberry.field(description="Partie I. Procedure and buyer.")
    operator: DumeOperatorInput = strawberry.field(description="Partie II. The company.")
    criteria: list[DumeCriterionInput] = strawberry.field(
        description="Parties II à V. The criteria answered, at most 100: all that are required, and"
        " of part IV what the buyer asks for, or the global indication."
    )
    declaration: DumeDeclarationInput = strawberry.field(
        description="Partie VI. The concluding statements."
    )

    def form(self) -> form.DumeForm:
        """The same for the domain."""
        return form.DumeForm(
            procedure=self.procedure.procedure(),
            operator=self.operator.operator(),
            criteria=tuple(one.answered() for one in self.criteria),
            declaration=self.declaration.declaration(),
        )


@strawberry.input(description="Contrôle d'un formulaire.")
class DumeValidateInput:
    form: DumeFormInput = strawberry.field(description="Formulaire. As far as it is filled in.")


@strawberry.input(description="Production d'un DUME.")
class DumeMakeInput:
    form: DumeFormInput = strawberry.field(description="Formulaire. The whole of it.")
