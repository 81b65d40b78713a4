"""What every play has: steps that print what they saw, and a last line that counts them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import httpx2

from tests.demo.outside import PATIENCE, Failed

DEMO = Path(__file__).resolve().parent.parent.parent / ".demo"

P = TypeVar("P")


@dataclass(frozen=True)
class Step(Generic[P]):
    """One step of a play, and the scene to which it belongs."""

    scene: str
    title: str
    function: Callable[[P], Awaitable[str]]


class Script(Generic[P]):
    """The steps of a play: those of its scenes, then its own in the order of their writing."""

    def __init__(self, title: str, *scenes: Script[P]) -> None:
        self.title = title
        self.steps: list[Step[P]] = [step for scene in scenes for step in scene.steps]

    def step(
        self, title: str
    ) -> Callable[[Callable[[P], Awaitable[str]]], Callable[[P], Awaitable[str]]]:
        """A step of the play; what it returns is printed."""

        def add(function: Callable[[P], Awaitable[str]]) -> Callable[[P], Awaitable[str]]:
            self.steps.append(Step(self.title, title, function))
            return function

        return add

    async def perform(self, play: P) -> int:
        """Play until a step fails; how many went well."""
        well, scene = 0, self.title
        for number, step in enumerate(self.steps, start=1):
            if step.scene != scene:
                scene = step.scene
                print(f"\n{scene}")
            try:
                said = await asyncio.wait_for(step.function(play), 3 * PATIENCE)
            except (Failed, TimeoutError, httpx2.HTTPError, KeyError, OSError) as problem:
                what = f"{type(problem).__name__}: {problem}"
                print(f"{number:>3}. FAILED  {step.title}\n       {what}")
                break
            well += 1
            print(f"{number:>3}. {step.title}\n       {said}", flush=True)
        return well

    def close(self, well: int) -> bool:
        """Print the last line; whether every step went well."""
        print(f"\n{self.title}: {well} of {len(self.steps)} steps")
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


def counted(number: int, noun: str) -> str:
    """The number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
