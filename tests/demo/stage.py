"""What every play has: steps that print what they saw, and a last line that counts them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx2

from tests.demo.outside import PATIENCE, Failed

DEMO = Path(__file__).resolve().parent.parent.parent / ".demo"

P = TypeVar("P")


class Script(Generic[P]):
    """The steps of a play in the order in which they are written."""

    def __init__(self, closing: str) -> None:
        self.closing = closing
        self.steps: list[tuple[str, Callable[[P], Awaitable[str]]]] = []

    def step(
        self, title: str
    ) -> Callable[[Callable[[P], Awaitable[str]]], Callable[[P], Awaitable[str]]]:
        """A step of the play; what it returns is printed."""

        def add(function: Callable[[P], Awaitable[str]]) -> Callable[[P], Awaitable[str]]:
            self.steps.append((title, function))
            return function

        return add

    async def perform(self, play: P) -> int:
        """Play until a step fails; how many went well."""
        well = 0
        for number, (title, function) in enumerate(self.steps, start=1):
            try:
                said = await asyncio.wait_for(function(play), 3 * PATIENCE)
            except (Failed, TimeoutError, httpx2.HTTPError, KeyError, OSError) as problem:
                what = f"{type(problem).__name__}: {problem}"
                print(f"{number:>3}. FAILED  {title}\n       {what}")
                break
            well += 1
            print(f"{number:>3}. {title}\n       {said}", flush=True)
        return well

    def close(self, well: int) -> bool:
        """Print the last line; whether every step went well."""
        print(f"\n{self.closing}: {well} of {len(self.steps)} steps")
        return well == len(self.steps)


def refuse(done: dict[str, Any]) -> None:
    """Fail on a refusal."""
    errors = [e for e in done["userErrors"] if e["severity"] == "ERROR"]
    if errors:
        raise Failed(
            "; ".join(f"{e['rule']} {'.'.join(e['path'])}: {e['message']}" for e in errors)
        )


def expect(condition: bool, words: str) -> None:
    """Fail unless the condition holds."""
    if not condition:
        raise Failed(words)


def against_a_server(perform: Callable[[str, dict[str, Any]], Awaitable[bool]]) -> int:
    """Play on the server of BASE_URL with the credentials that it wrote; the exit status."""
    base = os.environ.get("BASE_URL", "http://localhost:8000").rstrip("/")
    own = DEMO / f"credentials-{urlsplit(base).port or 80}.json"
    path = own if own.exists() else DEMO / "credentials.json"
    if not path.exists():
        print(f"{path} is missing: start the server with `make run` first", file=sys.stderr)
        return 2

    async def played() -> bool:
        return await perform(base, json.loads(path.read_text()))

    return 0 if asyncio.run(played()) else 1
