"""A portal with one person logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.attacks.portal import Portal, a_portal


@pytest.fixture
async def portal(database_url: str) -> AsyncIterator[Portal]:
    async with a_portal(database_url) as running:
        yield running


@pytest.fixture
async def token(portal: Portal) -> str:
    """What the cookie of the person logged in holds."""
    return await portal.log_in()
