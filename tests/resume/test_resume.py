"""The proof in small, and that it would see what is wrong."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.resume.readers import ByGroup, ByPull
from tests.resume.run import Options, judged, run

LOG = [("e1", "a"), ("e2", "b"), ("e3", "a"), ("e4", "b")]


async def test_readers_that_are_cut_are_told_everything_in_order() -> None:
    url = os.environ.get("DATABASE_URL", "")
    options = Options(90, 6, 3, 240, 7, url if url.startswith("postgres") else "", lambda _: None)

    outcome = await run(options)

    assert outcome.wrong == []
    assert outcome.events >= 90
    assert outcome.line.startswith("OK")
    assert min(outcome.cuts.values()) >= 6


@pytest.mark.parametrize(
    ("told", "by_stream", "by_group"),
    [
        ([0, 1, 2, 3], "", ""),
        ([0, 1, 1, 2, 0, 3], "", ""),
        ([0, 1, 2], "1 missing", "1 missing"),
        ([1, 0, 3, 2], "another order", ""),
        ([2, 0, 1, 3], "another order", "another order"),
        ([0, 1, 2, 3, 9], "1 invented", "1 invented"),
    ],
)
def test_what_is_wrong_is_seen(told: list[int], by_stream: str, by_group: str) -> None:
    log: Any = [*LOG, *[(f"x{n}", "x") for n in range(6)]]
    nowhere: Any = None
    for reader, expected in (
        (ByPull(nowhere, nowhere, random.Random(1), ""), by_stream),
        (ByGroup(nowhere, nowhere, random.Random(1), "", ""), by_group),
    ):
        reader.told = [log[n] for n in told]
        problems = judged(reader, LOG)
        assert [expected in problem for problem in problems] == ([True] if expected else [])
