"""What is printed: a table for each measure, the goals at the end, and where it was measured."""

from __future__ import annotations

import json
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.goals import GOALS, Finding
from tests.bench.measure import Series, ratio

SHOWN_VERSIONS = (
    "strawberry-graphql", "graphql-core", "tortoise-orm", "starlette", "uvicorn", "uvloop",
    "httptools", "asyncpg", "orjson",
)  # fmt: skip


@dataclass
class Report:
    """Collects what was found, and prints it as it comes."""

    load_at_start: float = field(default_factory=lambda: os.getloadavg()[0])
    foreign: list[float] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    _is_live: bool = field(default_factory=sys.stderr.isatty)

    @property
    def others(self) -> float:
        """How many cores foreign processes took, in the middle of all that was weighed."""
        return median(self.foreign) if self.foreign else 0.0

    def progress(self, text: str) -> None:
        """One line that the next one overwrites; whole lines when nobody looks on."""
        if self._is_live:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def line(self, text: str = "") -> None:
        if self._is_live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def notice(self, text: str) -> None:
        """Something that was not measured, and why."""
        self.notices.append(text)
        self.line(f"! {text}")

    def table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns as wide as they must be; the first to the left, the others to the right."""
        cells = [list(heads), *(list(row) for row in rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(heads))]
        self.line(f"\n{title}")
        for row in cells:
            first = row[0].ljust(widths[0])
            self.line(
                "  "
                + "  ".join(
                    [first, *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
                )
            )
        self.tables[title] = [dict(zip(heads, row, strict=True)) for row in cells[1:]]

    def series(self, title: str, found: Sequence[Series]) -> None:
        """The targets of a measure; the first one is the floor."""
        floor = found[0]
        self.foreign += [series.middle("others") for series in found]
        rows = []
        for series in found:
            cpu, slower = ratio(series, floor), ratio(floor, series, "per_second")
            rows.append(
                (
                    series.name,
                    f"{series.middle('per_second'):.0f}",
                    f"{slower.value:.2f}",
                    f"{cpu.value:.2f}",
                    f"±{cpu.spread:.0%}",
                    f"{series.middle('server_ms'):.2f}",
                    f"{series.middle('database_ms'):.2f}",
                    f"{series.middle('p50'):.1f}",
                    f"{series.middle('p99'):.1f}",
                    f"{series.middle('others'):.1f}",
                    f"{series.resident_bytes / 1e6:.0f}",
                    str(series.errors),
                )
            )
        self.table(title, _HEADS, rows)
        for series in found:
            if series.errors:
                self.notice(f"{title}, {series.name}: {series.first_error}")

    def goals(self) -> None:
        """Every goal for which something was measured."""
        rows = []
        for finding in self.findings:
            goal = GOALS[finding.goal]
            spread = f"±{finding.spread:.0%}" if finding.spread else ""
            verdict = finding.verdict(self.others).value
            rows.append(
                (
                    f"{goal.promise} ({finding.where})",
                    goal.text,
                    f"{finding.value:.2f}",
                    spread,
                    verdict,
                )
            )
        self.table("Goals", ("goal", "limit", "measured", "spread", "verdict"), rows)

    def environment(self, databases: Iterable[str]) -> None:
        """Where all this was measured."""
        self.line()
        packages = ", ".join(f"{name} {version(name)}" for name in SHOWN_VERSIONS)
        load = os.getloadavg()
        for text in (
            f"Python {platform.python_version()} ({platform.python_compiler()}, {_build()}), {packages}",
            ", ".join(databases),
            f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()};"
            f" load {self.load_at_start:.1f} at the start, {load[0]:.1f} at the end, others {self.others:.1f}",
            "Ratios are medians of visits made in turn (A B C … C B A); CPU is the server and its"
            " database; `others` is cores taken by other processes.",
        ):
            self.line(text)

    def write(self, path: Path) -> None:
        """The same for a program."""
        content = {
            "loadAtStart": self.load_at_start,
            "others": self.others,
            "tables": self.tables,
            "notices": self.notices,
            "goals": [
                asdict(f)
                | {
                    "promise": GOALS[f.goal].promise,
                    "limit": GOALS[f.goal].text,
                    "verdict": f.verdict(self.others).value,
                }
                for f in self.findings
            ],
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _build() -> str:
    """Whether the interpreter was built for speed: it changes every absolute figure."""
    flags = str(sysconfig.get_config_var("CONFIG_ARGS"))
    return "optimised build" if "--enable-optimizations" in flags else "plain build"


_HEADS = (
    "target", "req/s", "time ×", "CPU ×", "spread", "app ms", "db ms", "p50 ms", "p99 ms",
    "others", "MB", "errors",
)  # fmt: skip
