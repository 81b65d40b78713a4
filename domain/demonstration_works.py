"""Works billing files of the demonstration: a month that was paid, and one under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.access import Actor, Space
from domain.clock import today
from domain.documents import Given
from domain.money import vat_on
from domain.reference.frames import Frame
from domain.structures.models import Structure
from domain.structures.spaces import open_space
from domain.works import actions
from domain.works.draft import PieceDraft
from domain.works.lifecycle import WorksAction as A
from domain.works.models import WorksPiece

# Saint-Étienne asks a commitment of digits.
_COMMITMENT = "4200042"


@dataclass(frozen=True)
class Cast:
    """Who takes part: the structures of the contract, and the people who act for them."""

    contract_number: str
    subcontractor: Structure
    holder: Structure
    manager: Structure
    authority: Structure
    actors: Mapping[str, Actor]

    def by(self, structure: Structure) -> Actor:
        """Whoever manages the structure."""
        return next(actor for actor in self.actors.values() if structure.id in actor.rights)


Play = Callable[[], Awaitable[None]]


class Months:
    """Two months of the contract, as scenes: how many days ago, and what happens."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self._pieces: dict[str, WorksPiece] = {}

    def scenes(self) -> Iterator[tuple[int, Play]]:
        """In the order of time within each month."""
        c = self.cast
        yield 58, self._open_spaces
        # A month that was paid, with a corrected amount.
        yield 52, self._deposit(c.subcontractor, Frame.A10, "T-09-ST", 6_000)
        yield 50, self._move(c.holder, "T-09-ST", A.VALIDATE)
        yield 49, self._deposit(c.holder, Frame.A4, "T-09", 40_000, attached="T-09-ST")
        yield 46, self._move(c.manager, "T-09", A.TAKE_UP)
        yield (
            44,
            self._deposit(
                c.manager,
                Frame.A15,
                "T-09-EA",
                38_500,
                after="T-09",
                comment="Métré contradictoire : 77 m³ de béton et non 80.",
            ),
        )
        yield 40, self._deposit(c.authority, Frame.A19, "T-09-EAV", 38_500, after="T-09-EA")
        yield 37, self._move(c.authority, "T-09-EAV", A.CERTIFY_SERVICE)
        yield 33, self._move(c.authority, "T-09-EAV", A.ORDER_PAYMENT)
        yield 24, self._move(c.authority, "T-09-EAV", A.PAY)
        # A month under way: a request to validate, a statement that was completed.
        yield 12, self._deposit(c.subcontractor, Frame.A10, "T-10-ST", 4_500)
        yield 5, self._deposit(c.holder, Frame.A4, "T-10", 27_000)
        yield 4, self._move(c.manager, "T-10", A.ASK_COMPLETION, "Joindre le métré du lot 1.")
        yield 3, self._move(c.holder, "T-10", A.COMPLETE, "Métré du lot 1 transmis ce jour.")
        # Validated too late to be carried: it waits for the next statement.
        yield 2, self._move(c.holder, "T-10-ST", A.VALIDATE)

    async def _open_spaces(self) -> None:
        c = self.cast
        for structure in (c.subcontractor, c.holder, c.manager, c.authority):
            await open_space(c.by(structure), structure.id, Space.FACTURES_DE_TRAVAUX)

    def _deposit(
        self,
        by: Structure,
        frame: Frame,
        number: str,
        net: int,
        *,
        after: str | None = None,
        attached: str | None = None,
        comment: str | None = None,
    ) -> Play:
        async def play() -> None:
            amount = Decimal(net)
            vat = vat_on(amount, Decimal(20))
            draft = PieceDraft(
                frame=frame,
                depositor_id=by.id,
                previous_id=self._pieces[after].id if after else None,
                attached_ids=(self._pieces[attached].id,) if attached else (),
                number=number,
                issued_on=today(),
                contract_number=self.cast.contract_number,
                commitment_number=_COMMITMENT,
                comment=comment,
                total_net=amount,
                total_vat=vat,
                total_gross=amount + vat,
                amount_to_pay=amount + vat,
            )
            self._pieces[number] = (await actions.submit(self.cast.by(by), draft)).piece

        return play

    def _move(self, by: Structure, number: str, action: A, comment: str | None = None) -> Play:
        async def play() -> None:
            given = Given(comment=comment)
            await actions.move(self.cast.by(by), self._pieces[number].id, action, given)

        return play
