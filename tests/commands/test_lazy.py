"""The command line answers before it loads, and every command leads to what it does."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import pytest

import manage
from tests.lints import ROOT


def _leaves(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, str]]:
    """Each command with the function that it names."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for group in groups:
        for word, below in group.choices.items():
            yield from _leaves(below, f"{name} {word}".strip())
    if "command" in parser._defaults:
        yield name, parser._defaults["command"].leads_to


def test_every_command_leads_to_a_function() -> None:
    leads_to = dict(_leaves(manage._parser()))

    assert {"run", "log verify", "webhooks check"} <= leads_to.keys()
    for command, place in leads_to.items():
        module, name = place.split(".")
        assert callable(getattr(import_module(f"commands.{module}"), name)), command


@pytest.mark.parametrize("asked", ["--help", "log --help", "unheard-of"])
def test_what_can_be_asked_is_said_without_loading_the_product(asked: str) -> None:
    script = (
        "import sys, manage\n"
        "try: manage.main(sys.argv[1:])\n"
        "except SystemExit: print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, *asked.split()],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    loaded = said.stdout.splitlines()[-1]
    assert "'manage'" in loaded
    for heavy in ("settings", "domain", "tortoise", "starlette", "uvicorn", "pycurl"):
        assert f"'{heavy}'" not in loaded
