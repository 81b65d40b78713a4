"""The log as a file of lines that anyone may check, and the check of such a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from domain.chain import form
from domain.chain.checking import Checker, Flaw, Line
from domain.chain.reading import lines


async def export(
    out: TextIO, *, after: int, upto: int | None, progress: Callable[[], object]
) -> int:
    """Write the events between two positions; how many there were.

    Raises:
        Flaw: a row cannot be read as an event.
    """
    count = 0
    async for line in lines(after, upto):
        out.write(form.canonical(line) + "\n")
        count += 1
        progress()
    return count


def read(text: Iterable[str], checker: Checker) -> Iterator[Line]:
    """The lines of such a file, each once it was checked.

    Raises:
        Flaw
    """
    for raw in text:
        try:
            line = json.loads(raw)
        except ValueError as error:
            expected = 1 if checker.position is None else checker.position + 1
            raise Flaw(expected, "it is no line of JSON") from error
        checker.follow(line)
        yield line
    checker.finish()
