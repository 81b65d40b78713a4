"""One running product for each module: what is refused leaves it as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api import Api, served
from tests.conftest import an_empty_database


@pytest.fixture(scope="module")
async def api(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The product in this process with a world in it, shared by the tests of a module."""
    url = await an_empty_database(template_url, tmp_path_factory.mktemp("shared"))
    async with served(url) as running:
        yield running
