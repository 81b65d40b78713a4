"""The stage of the works play: who takes part, and the few things that they do to pieces."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.demo.outside import Caller, Reader, Receiver
from tests.demo.stage import counted, expect, refuse

ERRORS = "userErrors { rule path message remedy severity }"
PIECE = f"""
  piece {{ id number frame status depositor {{ id }} validator {{ id }}
           previous {{ frame }} attached(first: 5) {{ nodes {{ frame }} }}
           totals {{ net previousNet }} isCorrected }}
  {ERRORS}
"""
SUBMIT = (
    f"mutation($input: WorksPieceSubmitInput!) {{ worksPieceSubmit(input: $input) {{ {PIECE} }} }}"
)
MOVE = f"mutation($input: WorksPieceMoveInput!) {{ worksPieceMove(input: $input) {{ {PIECE} }} }}"
FILE = """
query($id: ID!) { worksPiece(id: $id) { file {
  isOver expectedFrames awaited { party task frames until silenceLabel }
} } }
"""
ONE = "query($id: ID!) { worksPiece(id: $id) { status frame } }"
# The electrician is in the group of the holder. The painter works for the holder, the plumber for
# the electrician. The manager is the project manager.
COMPANIES = {
    "holder": "TERRASSEMENTS",
    "painter": "PEINTURE",
    "electrician": "ELECTRICITE",
    "plumber": "PLOMBERIE",
    "manager": "ATELIER",
}
ACTORS = (*COMPANIES, "authority")
WHOLE_FILE = ("holder", "manager", "authority")


@dataclass
class Works:
    """Who takes part, the pieces that were deposited, by name, and the ways that they took.

    `ways`: the frame of a piece behind the frame of the one that it follows or carries, None when
    it opened its file; as the server shows them.
    """

    base: str
    credentials: dict[str, Any]
    http: httpx2.AsyncClient
    callers: dict[str, Caller] = field(default_factory=dict)
    structures: dict[str, dict[str, Any]] = field(default_factory=dict)
    pieces: dict[str, dict[str, Any]] = field(default_factory=dict)
    ways: set[tuple[str | None, str]] = field(default_factory=set)
    today: str = ""
    reader: Reader = field(default_factory=lambda: Reader("SSE"))
    receiver: Receiver = field(default_factory=Receiver)
    endpoint: str = ""
    contract: str = ""
    followers: list[asyncio.Task[None]] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(3).upper())

    async def ask(self, who: str, document: str, **variables: Any) -> dict[str, Any]:
        return await self.callers[who].ask(document, **variables)

    async def tried(self, who: str, frame: str, name: str, **content: Any) -> dict[str, Any]:
        """The payload of a deposit, refused or not; `after` and `instead_of` name a piece."""
        net = content.pop("net", 1000)
        for known, shown in (("after", "previousId"), ("instead_of", "replacesId")):
            if known in content:
                content[shown] = self.pieces[content.pop(known)]["id"]
        given = {
            "frame": frame,
            "depositorId": self.structures[who]["id"],
            "number": f"{name}-{self.run}"[:20],
            "issuedOn": self.today,
            "contractNumber": self.contract,
            "commitmentNumber": "1234567",
            "totalNet": f"{net}.00",
            "totalVat": f"{net * 0.2:.2f}",
            "totalGross": f"{net * 1.2:.2f}",
            "amountToPay": f"{net * 1.2:.2f}",
            **content,
        }
        return await self.callers[who].do(SUBMIT, piece=given)

    async def deposit(
        self, who: str, frame: str, name: str, *, carrying: Sequence[str] = (), **content: Any
    ) -> dict[str, Any]:
        """A piece that is deposited and kept by its name, with the requests that it carries."""
        attached = [self.pieces[request]["id"] for request in carrying]
        done = await self.tried(who, frame, name, attachedRequests=attached, **content)
        refuse(done)
        piece = self.pieces[name] = done["piece"]
        before = [piece["previous"], *piece["attached"]["nodes"]]
        self.ways |= {(known and known["frame"], piece["frame"]) for known in before}
        return dict(piece)

    async def move(self, who: str, name: str, action: str, **given: Any) -> str:
        """The status of a piece after an action."""
        done = await self.callers[who].do(MOVE, id=self.pieces[name]["id"], action=action, **given)
        refuse(done)
        self.pieces[name] = done["piece"]
        return str(done["piece"]["status"])

    async def pay(self, name: str) -> str:
        """The status of a piece that the authority pays, which ends its file."""
        status = await self.move("authority", name, "PAY")
        expect((await self.file(name))["isOver"], f"the file of {name} is not over")
        return status

    async def no_deposit(self, rule: str, who: str, frame: str, name: str, **content: Any) -> str:
        """The message of a deposit that is refused by that rule."""
        return self.refused(await self.tried(who, frame, name, **content), rule)

    async def no_move(self, rule: str, who: str, name: str, action: str, **given: Any) -> str:
        """The message of an action that is refused by that rule."""
        piece = self.pieces[name]["id"]
        return self.refused(
            await self.callers[who].do(MOVE, id=piece, action=action, **given), rule
        )

    def refused(self, done: dict[str, Any], rule: str) -> str:
        """The message of a refusal by that rule."""
        found = [e for e in done["userErrors"] if e["rule"] == rule]
        expect(bool(found), f"{rule} was expected: {done['userErrors']}")
        return f"{found[0]['message']} {found[0]['remedy']}"

    async def status(self, name: str, who: str = "holder") -> str:
        one = (await self.ask(who, ONE, id=self.pieces[name]["id"]))["worksPiece"]
        return str(one["status"])

    async def file(self, name: str, who: str = "holder") -> dict[str, Any]:
        """The file of a piece as one of its actors sees it."""
        return dict((await self.ask(who, FILE, id=self.pieces[name]["id"]))["worksPiece"]["file"])

    async def awaited(self, name: str) -> str:
        """Whom the file waits for, in words."""
        tasks = (await self.file(name))["awaited"]
        return "; ".join(
            f"{t['party']} {t['task']} {'/'.join(t['frames'])}".strip()
            + (f" before {t['until'][:10]}: {t['silenceLabel']}" if t["until"] else "")
            for t in tasks
        )

    async def seen(self, *names: str) -> str:
        """What each actor sees of some pieces: a small table.

        Those of the whole file see all; another sees what it deposited or validated, no more.
        """
        rows = []
        for who in ACTORS:
            found = []
            for name in names:
                piece = self.pieces[name]
                one = (await self.ask(who, ONE, id=piece["id"]))["worksPiece"]
                parts = [part["id"] for part in (piece["depositor"], piece["validator"]) if part]
                may = who in WHOLE_FILE or self.structures[who]["id"] in parts
                expect((one is not None) == may, f"{name}: {who} {'sees' if one else 'misses'} it")
                found.append(one["frame"] if one else "·")
            rows.append(f"{who:<12}" + " ".join(f"{frame:<4}" for frame in found).rstrip())
        return "\n       ".join(rows)

    async def days_pass(self, days: int) -> str:
        """Move the clock of the sandbox; what it did on the way."""
        done = await self.callers["holder"].do(
            "mutation($input: SandboxAdvanceInput!) { sandboxAdvance(input: $input)"
            f" {{ clock {{ now today }} steps {ERRORS} }} }}",
            by=f"P{days}DT1M",
        )
        refuse(done)
        self.today = done["clock"]["today"]
        steps = counted(done["steps"], "step")
        return f"{counted(days, 'day')} later, on {self.today}; {steps} of the clock"
