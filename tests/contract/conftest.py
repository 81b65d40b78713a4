"""The choices of a site that webhooks need, beside a database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from webhooks import policy
from webhooks.policy import Policy


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    """Secrets of endpoints can be sealed."""
    policy.configure(Policy(key=b"a key for tests only, 32 bytes.."))
    yield
    policy.configure(Policy(key=b""))
