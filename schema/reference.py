"""The product's own tables as the API shows them: labels, statuses, reasons, frames, rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from domain.labels import ENUMS, LISTS
from domain.reference.frames import FRAMES, Frame
from domain.reference.reasons import REASONS, Reason, ReasonGroup
from domain.reference.statuses import STATUSES, InvoiceStatus, StatusTone
from domain.reference.words import Words
from schema.context import Info, Locale, MaybeLocale


def said(words: Words, info: Info, locale: Locale | None) -> str:
    """The words in the language asked for, else that of the request."""
    return words.en if (locale or info.context.locale) is Locale.EN else words.fr


@strawberry.type(description="Code et libellé. One value of a code list, in words.")
class CodeInfo:
    code: str = strawberry.field(description="Code. The value, as it travels.")
    words: strawberry.Private[Words]

    @strawberry.field(description="Libellé. Its label for people.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.words, info, locale)


@strawberry.type(description="Liste de codes. All the values of one enum or code list.")
class EnumInfo:
    name: str = strawberry.field(description="Nom. The name of the enum in this schema.")
    values: list[CodeInfo] = strawberry.field(description="Valeurs. At most 300.")


@strawberry.type(description="Statut. Everything fixed about one status.")
class InvoiceStatusInfo:
    code: InvoiceStatus = strawberry.field(description="Code. The official code.")

    @strawberry.field(description="Libellé. The published label.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(STATUSES[self.code].label, info, locale)

    @strawberry.field(description="Sens. What the status means.")
    def meaning(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(STATUSES[self.code].meaning, info, locale)

    @strawberry.field(description="Terminal. Whether nothing comes after it in any frame.")
    def is_final(self) -> bool:
        return STATUSES[self.code].is_final

    @strawberry.field(description="À faire. Whether the supplier must do something.")
    def needs_supplier_action(self) -> bool:
        return STATUSES[self.code].needs_supplier_action

    @strawberry.field(description="Ton. How it should look on a screen.")
    def tone(self) -> StatusTone:
        return STATUSES[self.code].tone

    @strawberry.field(description="Code du cycle de vie national; depends on the frame for some.")
    def reform_code(
        self,
        frame: Annotated[
            Frame, strawberry.argument(description="Cadre. The billing frame it is read in.")
        ] = Frame.A1,
    ) -> int | None:
        return STATUSES[self.code].reform_code_in(frame)


@strawberry.type(description="Motif. Everything fixed about one reason.")
class ReasonInfo:
    code: Reason = strawberry.field(description="Code. The official code.")

    @strawberry.field(description="Libellé. The published label.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(REASONS[self.code].label, info, locale)

    @strawberry.field(description="Famille. Technical, purchase and accounting, other…")
    def group(self) -> ReasonGroup:
        return REASONS[self.code].group

    @strawberry.field(description="Statuts. Where the reason may be given.")
    def applies_to(self) -> list[InvoiceStatus]:
        return sorted(REASONS[self.code].applies_to)

    @strawberry.field(description="Commentaire obligatoire. Whether words must come with it.")
    def needs_comment(self) -> bool:
        return REASONS[self.code].needs_comment

    @strawberry.field(description="Conseil. What to do rather, if anything.")
    def advice(self, info: Info, locale: MaybeLocale = None) -> str | None:
        advice = REASONS[self.code].advice
        return advice and said(advice, info, locale)


@strawberry.type(description="Cadre de facturation. Everything fixed about one billing frame.")
class FrameInfo:
    code: Frame = strawberry.field(description="Code. Such as A1.")

    @strawberry.field(description="Libellé. The published label.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(FRAMES[self.code].label, info, locale)

    @strawberry.field(description="Code long. The code of the State's portal.")
    def api_code(self) -> str:
        return FRAMES[self.code].api_code

    @strawberry.field(description="Cadres suivants. What may follow in a works file.")
    def next_frames(self) -> list[Frame]:
        return list(FRAMES[self.code].next_frames)


@strawberry.type(description="Limite. One number that bounds what may be asked.")
class Limit:
    name: str = strawberry.field(description="Nom. What is bounded.")
    value: Decimal = strawberry.field(description="Valeur. The most that is accepted.")


@strawberry.type(description="Serveur. What this installation is and what it bounds.")
class ServerInfo:
    version: str = strawberry.field(description="Version. Of Bordereau.")
    environment: str = strawberry.field(description="Environnement. sandbox or production.")
    limits: list[Limit] = strawberry.field(description="Limites. At most 50.")
    allows_retransmission: bool = strawberry.field(
        description="Retransmission. Whether A_RECYCLER is offered on this site."
    )


def enum_infos(names: list[str] | None) -> list[EnumInfo]:
    """The code lists asked for, or all of them."""
    lists = {e.__name__: {m.value: w for m, w in words.items()} for e, words in ENUMS.items()}
    lists |= {name: dict(words) for name, words in LISTS.items()}
    return [
        EnumInfo(
            name=name,
            values=[CodeInfo(code=str(code), words=words) for code, words in by_code.items()],
        )
        for name, by_code in sorted(lists.items())
        if names is None or name in names
    ]
