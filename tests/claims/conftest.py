"""Both kinds of claims, and the two sides of one."""

from __future__ import annotations

from typing import Any

import pytest

from domain.claims.actions import Claims
from tests.claims.making import KINDS, Sides, sides


@pytest.fixture(params=KINDS, ids=lambda claims: claims.name)
def claims(request: pytest.FixtureRequest) -> Claims[Any, Any, Any]:
    """The verbs of one kind of claim."""
    kind: Claims[Any, Any, Any] = request.param
    return kind


@pytest.fixture
async def who(database: str, claims: Claims[Any, Any, Any]) -> Sides:
    """A depositor and a recipient that have opened the space."""
    return await sides(claims.space)
