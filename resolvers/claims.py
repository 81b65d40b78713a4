"""What the mutations of memos and of refund requests do alike."""

from __future__ import annotations

from typing import Any

from domain.access import Actor
from domain.claims.actions import Claims
from domain.errors import Invalid
from domain.rules_text import problem
from resolvers.fields import Done
from schema.claim_inputs import ClaimDraftSave, ClaimSubmit, ClaimValidate


async def saved(claims: Claims[Any, Any, Any], actor: Actor, input_: ClaimDraftSave) -> Any:
    """The draft, kept."""
    return await claims.save_draft(
        actor,
        getattr(input_, claims.name).draft(),
        draft_id=input_.draft,
        expected_version=input_.expected_version,
    )


async def judged(claims: Claims[Any, Any, Any], actor: Actor, input_: ClaimValidate) -> Done:
    """What a deposit would be refused or advised; nothing is written."""
    content = _content(claims, input_)
    if input_.draft is not None:
        content = await claims.draft_of(actor, input_.draft)
    return Done(None, (await claims.judge(actor, content, own_id=input_.draft)).problems)


async def submitted(claims: Claims[Any, Any, Any], actor: Actor, input_: ClaimSubmit) -> Done:
    """The deposit of a content or of a saved draft."""
    content = _content(claims, input_)
    if input_.draft is None:
        done = await claims.submit(actor, content)
    else:
        done = await claims.submit_draft(
            actor, input_.draft, expected_version=input_.expected_version
        )
    return Done(done.claim, done.advice)


def _content(claims: Claims[Any, Any, Any], input_: ClaimValidate | ClaimSubmit) -> Any:
    """The content given, None when a draft is named; one of them must be, and not both."""
    content = getattr(input_, claims.name)
    if content is None and input_.draft is None:
        raise Invalid(problem("BDR-REQ-007", claims.path))
    if content is not None and input_.draft is not None:
        raise Invalid(problem("BDR-REQ-008", ("draft",)))
    return None if content is None else content.draft()
