"""What imports of files share: lines by batches, and the report of those that were refused."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from domain.errors import Problem

T = TypeVar("T")
# Where a refused line stands: its number, then what its file calls it.
Refuse = Callable[[int, str, Iterable[Problem]], None]


def batches(lines: Iterable[T], size: int) -> Iterator[list[T]]:
    """The lines by lists of that size, the last one shorter; never an empty one."""
    batch: list[T] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def refusals(path: Path | None, headers: Sequence[str]) -> Iterator[Refuse]:
    """Writes the report of refused lines (CSV), a row for each problem; nothing without a path."""
    if path is None:
        yield lambda _number, _name, _problems: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)

        def refuse(number: int, name: str, problems: Iterable[Problem]) -> None:
            for p in problems:
                texts = (p.fr, p.remedy_fr, p.en, p.remedy_en)
                cells = (str(number), name, p.path[-1], p.rule, *texts)
                # What was not UTF-8 in the file is not UTF-8 here either.
                writer.writerow(c.encode("utf-8", "backslashreplace").decode() for c in cells)

        yield refuse
