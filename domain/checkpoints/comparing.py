"""A history against what was signed of it: what was rewritten or cut off since is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.chain import merkle
from domain.chain.checking import Checker, Flaw, Line


class Comparison:
    """Waits for the events that checkpoints name. `checkpoints` are what genuine ones say."""

    def __init__(self, checkpoints: Iterable[Mapping[str, Any]]) -> None:
        self._waiting = sorted(checkpoints, key=lambda c: (c["position"], c["after"]), reverse=True)
        self._hashes: dict[int, str] = {}
        self._needed_after = self._earliest()
        self.count = 0

    def take(self, line: Line) -> None:
        """Compare one event of the history, in its turn.

        Raises:
            Flaw: a checkpoint says otherwise.
        """
        position = line["record"]["position"]
        if position > self._needed_after:
            self._hashes[position] = line["hash"]
        if not self._waiting or self._waiting[-1]["position"] > position:
            return
        while self._waiting and self._waiting[-1]["position"] <= position:
            self._compare(self._waiting.pop(), line)
        self._needed_after = self._earliest()
        self._hashes = {p: h for p, h in self._hashes.items() if p > self._needed_after}

    def _compare(self, checkpoint: Mapping[str, Any], line: Line) -> None:
        position, record = checkpoint["position"], line["record"]
        if position != record["position"]:
            # It speaks of what comes before this part of the history.
            return
        number = checkpoint["number"]
        if line["hash"] != checkpoint["hash"]:
            why = _why(checkpoint, record["epoch"])
            raise Flaw(position, f"it is not what checkpoint {number} signed{why}")
        covered = range(checkpoint["after"] + 1, position + 1)
        if all(p in self._hashes for p in covered):
            root = merkle.root([self._hashes[p] for p in covered])
            if root != checkpoint["root"]:
                raise Flaw(position, f"the tree of checkpoint {number} is not that of its events")
        self.count += 1

    def finish(self, checker: Checker, epoch: int) -> None:
        """The history has ended: no checkpoint may go beyond it. `epoch` is that of the log.

        Raises:
            Flaw
        """
        end = checker.position or 0
        for checkpoint in self._waiting:
            if checkpoint["position"] > end:
                raise Flaw(
                    end + 1,
                    f"it is missing: checkpoint {checkpoint['number']} was signed at position"
                    f" {checkpoint['position']}{_why(checkpoint, epoch)}",
                )

    def _earliest(self) -> int:
        return min((c["after"] for c in self._waiting), default=1 << 62)


def _why(checkpoint: Mapping[str, Any], epoch: int) -> str:
    if epoch <= checkpoint["epoch"]:
        return ": the history was rewritten"
    return (
        f" in epoch {checkpoint['epoch']}: a backup was restored, and epoch {epoch} began without"
        " what it lost"
    )
