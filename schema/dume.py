"""The European form as the API shows it: its criteria, what is known, the documents made."""

from __future__ import annotations

import base64
import hashlib

import strawberry

from domain.dume.form import DumeSize, Party
from domain.dume.making import Made
from domain.dume.prefill import DumeSource, Known
from domain.dume.taxonomy import DUME_PARTS, Asked, Criterion, DumeAnswerType, DumePart
from domain.identifiers import siren_of
from schema.context import Info, MaybeLocale
from schema.payloads import UserError
from schema.reference import said
from schema.scalars import CountryCode, Sha256, Siren, Siret, VatNumber

# How many a criterion has on average.
_PRICED_QUESTIONS = 6


@strawberry.type(
    description="Condition. A question that must have been answered so for another to be asked."
)
class DumeDependency:
    question: str = strawberry.field(description="Question. Its key, within the same criterion.")
    answer: bool = strawberry.field(description="Réponse attendue. Yes or no.")


@strawberry.type(description="Question. One question of a criterion.")
class DumeQuestion:
    asked: strawberry.Private[Asked]

    @strawberry.field(description="Clé. Names the question in an answer; unique in its criterion.")
    def key(self) -> str:
        return self.asked.question.key

    @strawberry.field(description="Type de réponse. Which values answer it.")
    def type(self) -> DumeAnswerType:
        return self.asked.question.type

    @strawberry.field(description="Libellé. Its words for people.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.asked.question.label, info, locale)

    @strawberry.field(description="Obligatoire. Whether it must be answered once it is asked.")
    def is_required(self) -> bool:
        return self.asked.question.is_required

    @strawberry.field(description="Codes admis. The only codes accepted, up to 20; none: any.")
    def codes(self) -> list[str]:
        return list(self.asked.question.codes)

    @strawberry.field(
        description="Conditions. The answers on which it depends, up to 5: it is asked when all of"
        " them were given so, in the same occurrence. Without any, it is always asked.",
        metadata={"cost": 0},
    )
    def depends_on(self) -> list[DumeDependency]:
        return [DumeDependency(question=k, answer=a) for k, a in self.asked.depends_on]

    @strawberry.field(
        description="Occurrences. How many times it may be answered, numbered from 1."
    )
    def most(self) -> int:
        return self.asked.most

    @strawberry.field(
        description="Groupe répétable. The first question of the group with which it is answered,"
        " occurrence by occurrence; null when it is answered once."
    )
    def repeated_with(self) -> str | None:
        within = self.asked.within
        return within.name if within else None


@strawberry.type(
    description="Critère. One criterion of the European form, to draw it from: parts II to V."
)
class DumeCriterion:
    row: strawberry.Private[Criterion]

    @strawberry.field(description="Code. The published code (CriteriaTaxonomy), which answers it.")
    def code(self) -> str:
        return self.row.code

    @strawberry.field(description="UUID. The published identifier of the criterion (e-Certis).")
    def uuid(self) -> str:
        return self.row.id

    @strawberry.field(description="Partie. Where it stands.")
    def part(self) -> DumePart:
        return self.row.part

    @strawberry.field(description="Titre de la partie. In words.")
    def part_title(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(DUME_PARTS[self.row.part], info, locale)

    @strawberry.field(description="Section. The title under which it stands in its part.")
    def section(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.row.section, info, locale)

    @strawberry.field(description="Nom. Its short name.")
    def name(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.row.name, info, locale)

    @strawberry.field(description="Énoncé. What is asked, in our words.")
    def wording(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.row.wording, info, locale)

    @strawberry.field(description="Article. Of directive 2014/24/EU.")
    def article(self) -> str:
        return self.row.article

    @strawberry.field(description="Obligatoire. Whether every form must answer it.")
    def is_required(self) -> bool:
        return self.row.is_required

    @strawberry.field(
        description="Questions. In the order of the form, up to 30.",
        metadata={"bound": _PRICED_QUESTIONS},
    )
    def questions(self) -> list[DumeQuestion]:
        return [DumeQuestion(asked=asked) for asked in self.row.asked.values()]


@strawberry.type(description="Champ connu. A field that is filled in, and where it comes from.")
class DumeKnownField:
    field: str = strawberry.field(description="Champ. Its name in `DumeOperatorInput`.")
    source: DumeSource = strawberry.field(description="Origine. Where the value comes from.")


@strawberry.type(
    description="Entreprise ou acheteur connu. What the portal knows and the caller may see; the"
    " names of fields are those of the form."
)
class DumeKnown:
    known: strawberry.Private[Known]

    @property
    def _party(self) -> Party:
        return self.known.party

    @strawberry.field(description="Raison sociale.")
    def name(self) -> str | None:
        return self._party.name

    @strawberry.field(description="SIRET. The present one, when it has changed.")
    def siret(self) -> Siret:
        return Siret(self._party.siret or "")

    @strawberry.field(description="SIREN. The legal entity, by the SIRET.")
    def siren(self) -> Siren:
        return Siren(siren_of(self._party.siret or ""))

    @strawberry.field(description="Numéro de TVA. Of the directory, else worked out: check it.")
    def vat_number(self) -> VatNumber | None:
        return VatNumber(self._party.vat_number) if self._party.vat_number else None

    @strawberry.field(description="Adresse.")
    def address(self) -> str | None:
        return self._party.address

    @strawberry.field(description="Code postal.")
    def postal_code(self) -> str | None:
        return self._party.postal_code

    @strawberry.field(description="Commune.")
    def town(self) -> str | None:
        return self._party.town

    @strawberry.field(description="Pays. ISO 3166-1.")
    def country(self) -> CountryCode:
        return CountryCode(self._party.country)

    @strawberry.field(description="Taille. By the category of the directory: to be checked.")
    def size(self) -> DumeSize | None:
        return self.known.size

    @strawberry.field(description="Courriel. For members only.")
    def email(self) -> str | None:
        return self._party.email

    @strawberry.field(description="Téléphone. For members only.")
    def phone(self) -> str | None:
        return self._party.phone

    @strawberry.field(description="Champs connus. Which fields the portal filled in, at most 20.")
    def fields(self) -> list[DumeKnownField]:
        return [DumeKnownField(field=f, source=s) for f, s in sorted(self.known.sources.items())]


@strawberry.type(
    description="Préremplissage. What a form can begin with. A company that the caller may not see"
    " in the directory looks like one that is unknown."
)
class DumePrefill:
    operator: DumeKnown | None = strawberry.field(
        description="Opérateur économique. Null when its SIRET is wrong."
    )
    buyer: DumeKnown | None = strawberry.field(
        description="Acheteur. Null when none was named, or its SIRET is wrong."
    )
    problems: list[UserError] = strawberry.field(
        description="Anomalies. What is wrong with the SIRETs given, at most 10; `path` is the name"
        " of the argument."
    )


@strawberry.type(
    description="Fichier. A document that was made and is not kept: offer it for download at once."
)
class DumeFile:
    name: str = strawberry.field(description="Nom. Of the file, for `download`.")
    media_type: str = strawberry.field(description="Type de contenu. For a `Blob`.")
    content: strawberry.Private[bytes]

    @strawberry.field(description="Taille. In bytes.")
    def size(self) -> int:
        return len(self.content)

    @strawberry.field(description="Empreinte. SHA-256 of the bytes.")
    def sha256(self) -> Sha256:
        return Sha256(hashlib.sha256(self.content).hexdigest())

    @strawberry.field(description="Contenu. In base 64 (RFC 4648, section 4).")
    def base64(self) -> str:
        return base64.b64encode(self.content).decode()


@strawberry.type(
    description="DUME. The European single procurement document of one form, twice: for machines"
    " and for people."
)
class Dume:
    made: strawberry.Private[Made]

    @strawberry.field(description="Numéro. Written in both documents; the site does not keep it.")
    def number(self) -> str:
        return self.made.number

    @strawberry.field(
        description="XML. An ESPD response: UBL 2.2 QualificationApplicationResponse in the profile"
        " ESPD-EDM 2.1.1 extended."
    )
    def xml(self) -> DumeFile:
        return DumeFile(
            name=f"{self.made.number}.xml", media_type="application/xml", content=self.made.xml
        )

    @strawberry.field(description="PDF. PDF/A-2a and PDF/UA-1, in French, to be read and signed.")
    def pdf(self) -> DumeFile:
        return DumeFile(
            name=f"{self.made.number}.pdf", media_type="application/pdf", content=self.made.pdf
        )
