"""Who asks together is answered together, and never with what was already forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from auth.lookups import FRESH_SECONDS, LookUps


class Desk:
    """Looks up by hand: each question waits until it is answered."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.answers: list[asyncio.Future[str]] = []
        self.at = 0.0
        self._news = asyncio.Event()

    async def look_up(self, key: str, before: str | None) -> str:
        self.asked.append((key, before))
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        self._news.set()
        return await answer

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(5):
            while len(self.asked) < times:
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def known(desk: Desk) -> LookUps[str]:
    return LookUps(desk.look_up, lambda: desk.at)


def about(found: str) -> Callable[[str], bool]:
    return lambda known: known == found


async def together(known: LookUps[str], key: str, times: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(known(key)) for _ in range(times)]
    await asyncio.sleep(0)
    return tasks


async def test_those_who_ask_together_are_answered_by_one_look_up(
    desk: Desk, known: LookUps[str]
) -> None:
    tasks = await together(known, "k", 500)
    await desk.until_asked(1)
    desk.answers[0].set_result("Anne")

    assert set(await asyncio.gather(*tasks)) == {"Anne"}
    assert await known("k") == "Anne"
    assert desk.asked == [("k", None)]


async def test_one_key_does_not_wait_for_another(desk: Desk, known: LookUps[str]) -> None:
    (one,), (other,) = await together(known, "one", 1), await together(known, "other", 1)
    await desk.until_asked(2)
    desk.answers[1].set_result("Bruno")

    assert await other == "Bruno"
    assert not one.done()
    desk.answers[0].set_result("Anne")
    assert await one == "Anne"


async def test_what_is_no_longer_fresh_is_asked_again_with_what_was_known(
    desk: Desk, known: LookUps[str]
) -> None:
    (first,) = await together(known, "k", 1)
    await desk.until_asked(1)
    desk.answers[0].set_result("Anne")
    await first
    desk.at = FRESH_SECONDS

    (again,) = await together(known, "k", 1)
    await desk.until_asked(2)
    desk.answers[1].set_result("Anne, changed")

    assert await again == "Anne, changed"
    assert desk.asked[1] == ("k", "Anne")


async def test_a_failure_is_told_to_all_and_kept_for_nobody(
    desk: Desk, known: LookUps[str]
) -> None:
    tasks = await together(known, "k", 3)
    await desk.until_asked(1)
    desk.answers[0].set_exception(PermissionError("revoked"))

    said = await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(error) for error in said] == ["revoked"] * 3
    (later,) = await together(known, "k", 1)
    await desk.until_asked(2)
    desk.answers[1].set_result("Anne")
    assert await later == "Anne"


async def test_one_who_leaves_takes_the_answer_from_nobody(desk: Desk, known: LookUps[str]) -> None:
    leaves, stays = await together(known, "k", 2)
    await desk.until_asked(1)
    leaves.cancel()
    await asyncio.sleep(0)
    desk.answers[0].set_result("Anne")

    assert await stays == "Anne"
    assert leaves.cancelled()
    assert len(desk.asked) == 1


async def test_what_was_asked_before_a_change_answers_nobody_who_asks_after_it(
    desk: Desk, known: LookUps[str]
) -> None:
    (before,) = await together(known, "k", 1)
    await desk.until_asked(1)

    known.forget(about("somebody"))
    (after,) = await together(known, "k", 1)
    await desk.until_asked(2)
    desk.answers[1].set_result("with fewer rights")
    desk.answers[0].set_result("with all rights")

    assert await before == "with all rights"
    assert await after == "with fewer rights"
    assert await known("k") == "with fewer rights"


async def test_those_it_is_about_are_forgotten_and_no_other(
    desk: Desk, known: LookUps[str]
) -> None:
    for n, name in enumerate(("Anne", "Bruno")):
        (task,) = await together(known, name, 1)
        await desk.until_asked(n + 1)
        desk.answers[n].set_result(name)
        await task

    known.forget(about("Anne"))
    (again,) = await together(known, "Anne", 1)
    await desk.until_asked(3)
    desk.answers[2].set_result("Anne")

    assert await again == "Anne"
    assert await known("Bruno") == "Bruno"
    assert desk.asked[2] == ("Anne", None)
