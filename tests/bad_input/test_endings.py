"""Hostile values for the operations after which their caller is no more: see test_every_text.py."""

from __future__ import annotations

import pytest

from tests.api import Api
from tests.bad_input.test_every_text import ASKED, ENDING, each_hostile_value_is_answered


@pytest.mark.parametrize("name", sorted(ENDING))
async def test_what_ends_its_caller_answers_hostile_values_as_clearly(api: Api, name: str) -> None:
    (operation,) = (one for one in ASKED if one.name == name)

    await each_hostile_value_is_answered(api, operation)
