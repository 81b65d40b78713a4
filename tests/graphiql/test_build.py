"""The committed page is what its sources give."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from resolvers.graphiql import DIST
from tests.graphiql.conftest import tool, without

SOURCES = DIST.parent


def test_building_the_page_again_gives_the_same_bytes(tmp_path: Path) -> None:
    npm = tool("npm")
    copy = tmp_path / "graphiql"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))

    installed = subprocess.run([npm, "ci"], cwd=copy, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        without(f"the packages of the page cannot be installed: {installed.stderr[-500:]}")
    subprocess.run([npm, "run", "build"], cwd=copy, capture_output=True, check=True)

    assert hashes(copy / "dist") == hashes(DIST)


def hashes(folder: Path) -> dict[str, str]:
    """The content of each file of a folder, shortly."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
