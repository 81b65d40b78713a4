"""Life cycles as the API shows them: from the rows that mutations enforce."""

from __future__ import annotations

from typing import Any

import strawberry

from domain import policy
from domain.described import LIFECYCLES, DocumentKind
from domain.diagrams import mermaid
from domain.invoices.words import NEEDS
from domain.labels import PARTIES
from domain.lifecycle import Need, Party, Step
from domain.lifecycles import Described, Variant, belongs, days_of, ends, ordered, reached
from domain.reference.frames import Frame
from domain.reference.statuses import STATUSES, InvoiceStatus, StatusTone
from domain.reference.words import Words
from domain.rules_text import problem
from schema.context import Info, Locale, MaybeLocale
from schema.enums import shown_enum
from schema.reference import said

shown_enum(DocumentKind, "Nature de document. What has a life cycle.")


@strawberry.type(description="Statut d'un cycle de vie.")
class LifecycleStatus:
    row: strawberry.Private[Described]
    code: InvoiceStatus = strawberry.field(description="Code. The official code.")

    @strawberry.field(description="Libellé. The published label.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(STATUSES[self.code].label, info, locale)

    @strawberry.field(description="Ton. How it should look on a screen.")
    def tone(self) -> StatusTone:
        return STATUSES[self.code].tone

    @strawberry.field(description="Initial. Whether such a document may begin there.")
    def is_initial(self) -> bool:
        return self.code in self.row.lifecycle.initial

    @strawberry.field(description="Terminal. Whether no step leads from it to another status.")
    def is_final(self) -> bool:
        return self.row.lifecycle.is_final(self.code)


@strawberry.type(description="Partie. Who takes steps, and in which part.")
class LifecycleParty:
    code: Party = strawberry.field(description="Code. The part, as `asParty` of an action.")

    @strawberry.field(description="Libellé. The name of the part.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(PARTIES[self.code], info, locale)


@strawberry.type(description="Condition. What must hold of the document for a step to be open.")
class LifecycleCondition:
    step: strawberry.Private[Step[Any]]
    rule: str = strawberry.field(
        description="Règle. The identifier of the rule, as in `disabledRule` and in errors."
    )

    @strawberry.field(description="Texte. What is said to who tries when it does not hold.")
    def text(self, info: Info, locale: MaybeLocale = None) -> str:
        known = problem(self.rule, (), action=self.step.action, party=self.step.by.value)
        return said(Words(known.fr, known.en), info, locale)


@strawberry.type(description="Présence d'un pas dans une variante.")
class LifecycleStepVariant:
    variant: str = strawberry.field(description="Variante. Its `code`.")
    delay_days: int | None = strawberry.field(
        description="Délai, en jours. After how many days in the status the clock takes the step,"
        " by the settings of this site; null when it is not the clock's."
    )


@strawberry.type(description="Pas. One row of the table: an action that somebody may take.")
class LifecycleStep:
    row: strawberry.Private[Described]
    step: strawberry.Private[Step[Any]]
    action: str = strawberry.field(
        description="Action. As the mutation of the kind takes it, such as `invoiceMove`."
    )
    by: Party = strawberry.field(description="Par. Who takes it; SYSTEM is the portal by itself.")
    needs: Need | None = strawberry.field(description="Saisie. What must be given with it.")
    is_by_clock: bool = strawberry.field(
        description="À terme. Whether the portal takes it when a delay is over."
    )

    @strawberry.field(description="Libellé. The name of the action, for a button.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.row.actions[self.step.action], info, locale)

    @strawberry.field(
        name="from", description="Statuts de départ. From where it is taken; at most 60."
    )
    def from_(self) -> list[InvoiceStatus]:
        return ordered(self.step.frm)

    @strawberry.field(description="Statut d'arrivée. Null when the status stays.")
    def to(self) -> InvoiceStatus | None:
        return None if self.step.to is None else InvoiceStatus(self.step.to)

    @strawberry.field(description="Libellé de la saisie. What must be given, in words.")
    def needs_label(self, info: Info, locale: MaybeLocale = None) -> str | None:
        return None if self.needs is None else said(NEEDS[self.needs], info, locale)

    @strawberry.field(description="Condition. What must hold besides; null when nothing must.")
    def condition(self) -> LifecycleCondition | None:
        known = self.step.only_if
        return None if known is None else LifecycleCondition(step=self.step, rule=known.rule)

    @strawberry.field(description="Variantes. Those in which the step exists here; at most 50.")
    def variants(self) -> list[LifecycleStepVariant]:
        site = policy.current()
        return [
            LifecycleStepVariant(variant=v.code, delay_days=days_of(self.step, facts))
            for v in self.row.variants
            for facts in [v.facts(site)]
            if belongs(self.step, facts)
        ]


@strawberry.type(
    description="Variante. One of the lives that documents of a kind have, by billing frame and by"
    " the settings of this site."
)
class LifecycleVariant:
    row: strawberry.Private[Described]
    variant: strawberry.Private[Variant]
    code: str = strawberry.field(description="Code. Such as DIRECT; stable over versions.")
    frames: list[Frame] = strawberry.field(
        description="Cadres de facturation. The frames of such documents; at most 25."
    )

    @strawberry.field(description="Libellé. What such documents have in common.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.variant.words, info, locale)

    @strawberry.field(
        description="Statuts. Those that such a document may have, in usual order; at most 60."
    )
    def statuses(self) -> list[InvoiceStatus]:
        return reached(self.row.lifecycle, self.variant.facts(policy.current()))

    @strawberry.field(
        description="Statuts terminaux. Those after which nothing comes for such a document; at"
        " most 60."
    )
    def final_statuses(self) -> list[InvoiceStatus]:
        return ends(self.row.lifecycle, self.variant.facts(policy.current()))

    @strawberry.field(
        description="Diagramme. A state diagram as Mermaid draws it. What only skips steps is left"
        " out: progress goes forward and may skip."
    )
    def diagram(self, info: Info, locale: MaybeLocale = None) -> str:
        is_english = (locale or info.context.locale) is Locale.EN
        site = policy.current()
        return mermaid(self.row, self.variant, site, "EN" if is_english else "FR")


@strawberry.type(
    description="Cycle de vie. What can happen to documents of a kind: the very rows that mutations"
    " enforce. What may be done to one document is its `availableActions`."
)
class Lifecycle:
    row: strawberry.Private[Described]
    kind: DocumentKind = strawberry.field(description="Nature. Of which documents.")

    @strawberry.field(description="Libellé. What such documents are called.")
    def label(self, info: Info, locale: MaybeLocale = None) -> str:
        return said(self.row.words, info, locale)

    @strawberry.field(description="Statuts. In their usual order; at most 60.")
    def statuses(self) -> list[LifecycleStatus]:
        return [LifecycleStatus(row=self.row, code=code) for code in self.row.statuses()]

    @strawberry.field(description="Parties. Who takes the steps; at most 20.")
    def parties(self) -> list[LifecycleParty]:
        return [LifecycleParty(code=party) for party in self.row.parties()]

    @strawberry.field(description="Pas. The rows, in the order of the table; at most 200.")
    def steps(self) -> list[LifecycleStep]:
        return [
            LifecycleStep(
                row=self.row,
                step=step,
                action=str(step.action),
                by=step.by,
                needs=step.needs,
                is_by_clock=step.after is not None,
            )
            for step in self.row.lifecycle.steps
        ]

    @strawberry.field(description="Variantes. The lives by billing frame; at most 50.")
    def variants(self) -> list[LifecycleVariant]:
        return [
            LifecycleVariant(row=self.row, variant=v, code=v.code, frames=list(v.frames))
            for v in self.row.variants
        ]


def lifecycle_of(kind: DocumentKind) -> Lifecycle:
    """The life cycle of a kind."""
    return Lifecycle(row=LIFECYCLES[kind], kind=kind)
