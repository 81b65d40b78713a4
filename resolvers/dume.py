"""The European single procurement document, for anyone: prefilled, checked, made, never kept."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.dume import making, prefill
from domain.dume.criteria import CRITERIA
from domain.dume.taxonomy import DumePart
from resolvers.fields import Done, mutation, query
from schema.context import Info
from schema.dume import Dume, DumeCriterion, DumeKnown, DumePrefill
from schema.dume_inputs import DumeMakeInput, DumeValidateInput
from schema.payloads import user_errors

# Anybody may ask, from one address some ten at once, then one in two seconds.
PRICE_OF_DOCUMENTS = 200
PRICE_OF_RULES = 20


@strawberry.type
class DumeQuery:
    @query(
        description="Critères du DUME. The questions of the European form, up to 100 criteria: what"
        " a front end draws it from.",
        metadata={"bound": len(CRITERIA)},
    )
    def dume_criteria(
        self,
        part: Annotated[
            DumePart | None, strawberry.argument(description="Partie. Only its criteria.")
        ] = None,
    ) -> list[DumeCriterion]:
        return [DumeCriterion(row=r) for r in CRITERIA.values() if part is None or r.part is part]

    @query(
        description="Préremplir un DUME. What the portal knows of a company and of a buyer, as the"
        " caller may see it: without an account the public directory, for members everything."
    )
    async def dume_prefill(
        self,
        info: Info,
        siret: Annotated[
            str, strawberry.argument(description="SIRET. Of the company; spaces are ignored.")
        ],
        buyer_siret: Annotated[
            str | None, strawberry.argument(description="SIRET de l'acheteur. If it is known.")
        ] = None,
    ) -> DumePrefill:
        found = await prefill.prefill(info.context.actor, siret, buyer_siret)
        return DumePrefill(
            operator=DumeKnown(known=found.operator) if found.operator else None,
            buyer=DumeKnown(known=found.buyer) if found.buyer else None,
            problems=user_errors(found.problems),
        )


@strawberry.type
class DumeMutation:
    @mutation(
        description="Contrôler un DUME. Answers exactly what `dumeMake` would refuse or advise;"
        " `dume` stays null. Open to all; nothing is kept.",
        shows=("dume", Dume),
        writes=False,
        cost=PRICE_OF_RULES,
    )
    async def dume_validate(self, info: Info, input: DumeValidateInput) -> Done:
        return Done(None, making.judge(input.form.form()))

    @mutation(
        description="Produire un DUME. The document as XML and PDF, from the form alone. Open to"
        " all, without an account; nothing is kept, so ask once and offer both files.",
        shows=("dume", Dume),
        writes=False,
        cost=PRICE_OF_DOCUMENTS,
    )
    async def dume_make(self, info: Info, input: DumeMakeInput) -> Done:
        made = await making.make(input.form.form())
        return Done(Dume(made=made), made.advice)
