"""What the database knows of the things that a works deposit names: read once, for the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain import policy
from domain.access import Actor, Space
from domain.clock import PARIS, today
from domain.contracts.facts import KnownContract
from domain.contracts.known import billed, contract_by_id, contract_for, contract_played, counts
from domain.db import fetch
from domain.ids import findable
from domain.invoices.draft import Draft
from domain.invoices.known import known_of as known_of_invoice
from domain.invoices.known import service_facts
from domain.lifecycle import Party
from domain.money import amount_of
from domain.reference.frames import WORKS_FRAMES
from domain.works import circuits
from domain.works.contract_rules import expected
from domain.works.draft import PARTY_FIELDS, PieceDraft, searchable_party
from domain.works.models import BillingFile, WorksPiece
from domain.works.rules import PartyFacts, PieceFacts, WorksDepositFacts

_NOT_COUNTED = (
    "BROUILLON",
    "SUPPRIMEE",
    "ABANDONNEE",
    "REFUSEE_1",
    "REMPLACEE_PAR_A22",
    "DUPLIQUE_APRES_REFUS",
)
_VALIDATED = ("VALIDEE_1", "ABSENCE_VALIDATION_1_HORS_DELAI")
_MOST_WAITING = 20


@dataclass(frozen=True)
class Named:
    """A structure in a part, and the service through which it plays it."""

    structure: Mapping[str, Any]
    service: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        return str(self.structure["id"])

    @property
    def service_id(self) -> str | None:
        return self.service["id"] if self.service else None


@dataclass(frozen=True)
class WorksKnown:
    """The facts, and the rows behind them. `parties` are those of the file after the deposit."""

    facts: WorksDepositFacts
    depositor: Mapping[str, Any] | None = None
    parties: Mapping[Party, Named] = field(default_factory=dict)
    previous: WorksPiece | None = None
    replaced: WorksPiece | None = None
    attached: Sequence[WorksPiece] = ()
    file: BillingFile | None = None


Held = Mapping[str, WorksPiece]


async def known_of(
    actor: Actor, draft: PieceDraft, *, own_id: str | None = None, held: Held | None = None
) -> WorksKnown:
    """Everything known of what the normalised draft names. `own_id` is the draft itself.

    Of the pieces that it names, those that are not among `held` are unknown when that is given:
    what follows from the deposit is written to no other.
    """
    previous = await _piece(actor, draft.previous_id, held)
    replaced = await _piece(actor, draft.replaces_id, held)
    if previous is None and replaced is not None and replaced.previous_id is not None:
        # Done again behind the same piece: what was refused had followed it.
        previous = await _piece(actor, replaced.previous_id, held)
    attached = [await _piece(actor, i, held) for i in draft.attached_ids]
    before = previous or replaced
    file = None if before is None else await BillingFile.get_or_none(id=before.file_id)
    invoice = await known_of_invoice(
        Draft(supplier_id=draft.depositor_id, bank_account_id=draft.bank_account_id)
    )
    contract = await _contract(draft, file)
    parties = await _parties(draft, file, invoice.supplier)
    if before is None:
        parties = await _with_contract(parties, draft, contract)
    parties = _with_payer(parties, draft)
    open_spaces = await _open_spaces([*(n.id for n in parties.values()), draft.depositor_id or ""])
    facts = WorksDepositFacts(
        today=today(),
        depositor=invoice.facts.supplier,
        space_is_open=(draft.depositor_id, None) in open_spaces
        or any(structure == draft.depositor_id for structure, _ in open_spaces),
        has_bank_account=invoice.facts.has_bank_account,
        parties={party: _party_facts(n, open_spaces) for party, n in parties.items()},
        previous=_piece_facts(previous, file),
        replaced=_piece_facts(replaced, file),
        attached=tuple(_piece_facts(piece, None) for piece in attached),
        waiting=await _waiting(draft),
        contract=contract,
        billed=await _billed(draft, contract, own_id),
        number_used_by=await _number_used_by(draft, own_id),
        reference_used_by=await _reference_used_by(draft, own_id),
    )
    found = [piece for piece in attached if piece is not None]
    return WorksKnown(facts, invoice.supplier, parties, previous, replaced, found, file)


async def _piece(actor: Actor, identifier: str | None, held: Held | None) -> WorksPiece | None:
    if identifier is None:
        return None
    if held is not None:
        piece = held.get(identifier)
    else:
        piece = await WorksPiece.get_or_none(id=findable(identifier))
    return piece if piece is not None and piece.visible_to(actor) else None


async def _parties(
    draft: PieceDraft, file: BillingFile | None, depositor: Mapping[str, Any] | None
) -> Mapping[Party, Named]:
    """Those of the file, those that the draft names, and the depositor in its own part."""
    found = await _of_file(file)
    for party in draft.named():
        if party not in found and (named := await _named(draft, party)) is not None:
            found[party] = named
    mine = circuits.deposited_as(draft.frame)
    if mine is not None and mine not in found and depositor is not None:
        found[mine] = Named(depositor)
    return found


def _with_payer(parties: Mapping[Party, Named], draft: PieceDraft) -> Mapping[Party, Named]:
    """The authority pays by its own service unless another one is named."""
    authority = parties.get(Party.CONTRACTING_AUTHORITY)
    if not circuits.is_paid(draft.frame) or Party.RECIPIENT in parties or authority is None:
        return parties
    return {**parties, Party.RECIPIENT: authority}


async def _contract(draft: PieceDraft, file: BillingFile | None) -> KnownContract | None:
    """The contract of the file, or that of the number that a first piece gives."""
    if file is not None:
        return await contract_by_id(file.contract_id)
    ref = draft.named().get(Party.CONTRACTING_AUTHORITY)
    if ref is None:
        return await contract_played(draft.contract_number, draft.depositor_id)
    authority = await _named(draft, Party.CONTRACTING_AUTHORITY)
    recipient = authority.id if authority else None
    return await contract_for(draft.contract_number, recipient, draft.depositor_id)


async def _with_contract(
    parties: Mapping[Party, Named], draft: PieceDraft, contract: KnownContract | None
) -> Mapping[Party, Named]:
    """The parties, with those that a contract in force names and the draft leaves out."""
    if contract is None or not contract.is_in_force:
        return parties
    found = dict(parties)
    given = draft.named()
    for party, known in expected(contract, draft.frame, draft.depositor_id).items():
        # Who works for two says for which.
        if party in given or len(known) != 1 or party is circuits.deposited_as(draft.frame):
            continue
        if party not in found:
            found[party] = await _by_id(known[0].structure_id, known[0].service_id)
    return found


async def _billed(
    draft: PieceDraft, contract: KnownContract | None, own_id: str | None
) -> Mapping[str, Decimal]:
    """What a subcontractor has billed to direct payment, for each of those it works for."""
    if contract is None or draft.depositor_id is None or not circuits.row(draft.frame).joins:
        return {}
    return {
        p.structure_id: await billed(contract.id, draft.depositor_id, p.structure_id, but=own_id)
        for p in contract.principals_of(draft.depositor_id)
    }


@counts
async def _billed_by_pieces(
    contract_id: str, subcontractor_id: str, principal_id: str, but: str | None
) -> int:
    """Net cents of the requests (A10, A11) that did not come to nothing."""
    frames = [frame.value for frame in WORKS_FRAMES if circuits.row(frame).joins]
    ended = [*_NOT_COUNTED, "REJETEE"]
    marks = [", ".join(f"${n}" for n in range(5, 5 + len(frames)))]
    start = 5 + len(frames)
    marks.append(", ".join(f"${n}" for n in range(start, start + len(ended))))
    rows = await fetch(
        "SELECT COALESCE(SUM(total_net_cents), 0) FROM works_piece WHERE contract_id = $1"
        " AND depositor_id = $2 AND validator_id = $3 AND id <> $4"
        f" AND frame IN ({marks[0]}) AND status NOT IN ({marks[1]})",
        contract_id,
        subcontractor_id,
        principal_id,
        but or "",
        *frames,
        *ended,
    )
    return int(rows[0][0])


async def _by_id(structure_id: str, service_id: str | None) -> Named:
    rows: Sequence[Any] = await fetch("SELECT * FROM structure WHERE id = $1", structure_id)
    services: Sequence[Any] = await fetch("SELECT * FROM service WHERE id = $1", service_id or "")
    return Named(rows[0], services[0] if services else None)


async def _named(draft: PieceDraft, party: Party) -> Named | None:
    ref = searchable_party(getattr(draft, PARTY_FIELDS[party]))
    rows: Sequence[Any] = await fetch(
        "SELECT * FROM structure WHERE identifier = $1"
        " ORDER BY CASE WHEN identifier_type = 'SIRET' THEN 0 ELSE 1 END LIMIT 1",
        ref.identifier or "",
    )
    if not rows:
        return None
    services: Sequence[Any] = await fetch(
        "SELECT * FROM service WHERE structure_id = $1 AND code = $2",
        rows[0]["id"],
        ref.service_code or "",
    )
    return Named(rows[0], services[0] if services else None)


async def _of_file(file: BillingFile | None) -> dict[Party, Named]:
    if file is None:
        return {}
    found = {}
    for party, (structure_id, service_id) in parties_of_file(file).items():
        found[party] = await _by_id(structure_id, service_id)
    return found


def parties_of_file(file: BillingFile) -> Mapping[Party, tuple[str, str | None]]:
    """The structure and the service of each part that is known in the file."""
    named = {
        Party.HOLDER: (file.holder_id, None),
        Party.PROJECT_MANAGER: (file.project_manager_id, file.project_manager_service_id),
        Party.CONTRACTING_AUTHORITY: (
            file.contracting_authority_id,
            file.contracting_authority_service_id,
        ),
        Party.RECIPIENT: (file.finance_id, file.finance_service_id),
    }
    return {party: (s, service) for party, (s, service) in named.items() if s is not None}


async def _open_spaces(structures: Sequence[str]) -> frozenset[tuple[str, str | None]]:
    marks = ", ".join(f"${n}" for n in range(2, len(structures) + 2))
    rows = await fetch(
        "SELECT structure_id, service_id FROM structure_space WHERE space = $1"
        f" AND status = 'ACTIVE' AND structure_id IN ({marks})",
        Space.FACTURES_DE_TRAVAUX.value,
        *structures,
    )
    return frozenset((row[0], row[1]) for row in rows)


def _party_facts(named: Named, spaces: frozenset[tuple[str, str | None]]) -> PartyFacts:
    row = named.structure
    return PartyFacts(
        id=row["id"],
        name=row["name"],
        is_public=row["nature"] == "PUBLIC",
        is_active=row["status"] == "ACTIVE",
        space_is_open=bool(spaces & {(row["id"], None), (row["id"], named.service_id)}),
        service=service_facts(named.service, today()),
    )


def _piece_facts(piece: WorksPiece | None, file: BillingFile | None) -> PieceFacts | None:
    if piece is None:
        return None
    site = policy.current()
    tacit = circuits.is_tacit(piece.frame)
    days = site.works_tacit_answer_days if tacit else site.works_general_statement_days
    received = piece.received_at
    return PieceFacts(
        id=piece.id,
        frame=piece.frame,
        status=piece.status,
        number=piece.number,
        depositor_id=piece.depositor_id,
        holder_id=piece.holder_id,
        file_parties={} if file is None else {p: s for p, (s, _) in parties_of_file(file).items()},
        contract_number=piece.contract_number,
        net=amount_of(piece.total_net_cents or 0),
        to_pay=amount_of(piece.amount_to_pay_cents or 0),
        is_lapsed=piece.lapsed_at is not None,
        is_answered=piece.answered_at is not None,
        lapses_on=(received + timedelta(days=days)).astimezone(PARIS).date() if received else None,
    )


async def _waiting(draft: PieceDraft) -> Sequence[str]:
    """The numbers of validated requests for this holder and contract that nothing carries yet."""
    frames = circuits.joined_by(draft.frame)
    if not frames or draft.depositor_id is None:
        return ()
    rows = await fetch(
        "SELECT id, number FROM works_piece WHERE validator_id = $1 AND frame = $2"
        " AND status IN ($3, $4) AND attached_to_id IS NULL"
        " AND COALESCE(contract_number, '') IN ('', $5) ORDER BY id LIMIT $6",
        draft.depositor_id,
        frames[0].value,
        *_VALIDATED,
        draft.contract_number or "",
        _MOST_WAITING,
    )
    return [row["number"] for row in rows if row["id"] not in draft.attached_ids]


async def _number_used_by(draft: PieceDraft, own_id: str | None) -> str | None:
    marks = ", ".join(f"${n}" for n in range(5, len(_NOT_COUNTED) + 5))
    rows = await fetch(
        "SELECT id FROM works_piece WHERE depositor_id = $1 AND number = $2 AND id <> $3"
        f" AND id <> $4 AND status NOT IN ({marks}) LIMIT 1",
        draft.depositor_id or "",
        draft.number or "",
        own_id or "",
        draft.replaces_id or "",
        *_NOT_COUNTED,
    )
    return rows[0]["id"] if rows else None


async def _reference_used_by(draft: PieceDraft, own_id: str | None) -> str | None:
    if draft.external_reference is None:
        return None
    rows = await fetch(
        "SELECT id FROM works_piece WHERE depositor_id = $1 AND external_reference = $2"
        " AND status <> 'SUPPRIMEE' AND id <> $3 LIMIT 1",
        draft.depositor_id or "",
        draft.external_reference,
        own_id or "",
    )
    return rows[0]["id"] if rows else None
