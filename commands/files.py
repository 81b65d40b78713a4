"""Files that their owner alone reads."""

from __future__ import annotations

from pathlib import Path


def make_private(path: Path) -> None:
    """Make a file that its owner alone reads, also when it was there with another mode."""
    path.touch(mode=0o600)
    if path.is_file():
        path.chmod(0o600)
