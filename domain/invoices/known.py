"""What the database knows of the things that a draft names: read once, for rules and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain import policy
from domain.clock import PARIS, today
from domain.contracts.facts import KnownContract
from domain.contracts.known import billed, contract_for, counts
from domain.db import day_of, fetch, instant_of
from domain.invoices.draft import Draft, ValidatorRef
from domain.invoices.rules import (
    Facts,
    MandateState,
    OriginalFacts,
    RecipientFacts,
    ServiceFacts,
    SupplierFacts,
    ValidatorFacts,
)
from domain.money import amount_of
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType
from domain.reference.statuses import InvoiceStatus
from domain.signatures import texts
from domain.signatures.texts import TextKind

PUBLIC_INVOICES = "FACTURES_PUBLIQUES"
# What came to nothing neither takes nor counts.
_CAME_TO_NOTHING = ("BROUILLON", "SUPPRIMEE", "ABANDONNEE", "REJETEE", "REFUSEE_1", "REFUSEE_2")


@dataclass(frozen=True)
class Known:
    """The facts and the rows behind them."""

    facts: Facts
    supplier: Mapping[str, Any] | None = None
    recipient: Mapping[str, Any] | None = None
    validator_1: Mapping[str, Any] | None = None
    validator_2: Mapping[str, Any] | None = None
    recipient_service: Mapping[str, Any] | None = None
    original: Mapping[str, Any] | None = None
    supplier_service: Mapping[str, Any] | None = None
    validator_1_service: Mapping[str, Any] | None = None
    validator_2_service: Mapping[str, Any] | None = None
    # The SIRETs named that their structures had before, by where the draft names them.
    given_up: Mapping[tuple[str, ...], SiretReplaced] = field(default_factory=dict)
    # The supplier's change of SIRET since the date of the invoice.
    changed_since: SiretReplaced | None = None


@dataclass(frozen=True)
class SiretReplaced:
    """A SIRET that another one replaced."""

    old: str
    new: str
    on: date

    def words(self) -> dict[str, object]:
        """What its advice speaks of."""
        return {"old": self.old, "new": self.new, "date": self.on}


def id_of(row: Mapping[str, Any] | None) -> str | None:
    """The identifier of a row, if there is one."""
    return row["id"] if row else None


async def known_of(draft: Draft, *, own_id: str | None = None) -> Known:
    """Everything known of what the normalised draft names. `own_id` is the document itself."""
    draft = draft.searchable()
    structures = await _structures(draft)
    given_up = await _given_up(draft, structures)
    supplier = structures.get(draft.supplier_id)
    recipient = structures.get(draft.recipient_siret)
    validators = [
        structures.get(v.identifier) if v else None for v in (draft.validator_1, draft.validator_2)
    ]
    services = await _services(draft, supplier, recipient, validators)
    own = await _own_facts(draft, supplier, own_id)
    original = await _original(draft)
    contract = await contract_for(draft.contract_number, id_of(recipient), id_of(supplier))
    on = today()
    recipient_service = _service(services, recipient, draft.recipient_service_code)
    supplier_service = _service(services, supplier, draft.supplier_service_code)
    validator_services = [
        _service(services, row, named.service_code if named else None)
        for row, named in zip(validators, (draft.validator_1, draft.validator_2), strict=True)
    ]
    facts = Facts(
        today=on,
        check_luhn=policy.current().check_luhn,
        supplier=_supplier_facts(supplier, own),
        supplier_service=service_facts(supplier_service, on),
        has_bank_account=bool(own["has_bank_account"]),
        recipient=_recipient_facts(recipient),
        recipient_service=service_facts(recipient_service, on),
        validator_1=_validator_facts(draft.validator_1, validators[0], services, on),
        validator_2=_validator_facts(draft.validator_2, validators[1], services, on),
        original=_original_facts(original),
        number_used_by=own["number_used_by"],
        number_used_in_company=bool(own["number_used_in_company"]),
        reference_used_by=own["reference_used_by"],
        contract=contract,
        billed=await _billed(draft, contract, id_of(supplier), own_id),
    )
    return Known(
        facts,
        supplier,
        recipient,
        validators[0],
        validators[1],
        recipient_service,
        original,
        supplier_service,
        validator_services[0],
        validator_services[1],
        given_up,
        await _changed_since(own["changed_since"]),
    )


async def _billed(
    draft: Draft, contract: KnownContract | None, supplier_id: str | None, own_id: str | None
) -> dict[str, Decimal]:
    """What a subcontractor has billed to direct payment, for each of those it works for."""
    if contract is None or supplier_id is None or draft.frame is not Frame.A9:
        return {}
    return {
        p.structure_id: await billed(contract.id, supplier_id, p.structure_id, but=own_id)
        for p in contract.principals_of(supplier_id)
    }


@counts
async def _billed_by_invoices(
    contract_id: str, subcontractor_id: str, principal_id: str, but: str | None
) -> int:
    """Net cents of the A9 requests that did not come to nothing; credit notes give back."""
    marks = ", ".join(f"${n}" for n in range(5, len(_CAME_TO_NOTHING) + 5))
    rows = await fetch(
        "SELECT COALESCE(SUM(CASE WHEN type = 'AVOIR' THEN -total_net_cents"
        " ELSE total_net_cents END), 0) FROM invoice WHERE contract_id = $1 AND supplier_id = $2"
        f" AND frame = 'A9' AND validator_1_id = $3 AND id <> $4 AND status NOT IN ({marks})",
        contract_id,
        subcontractor_id,
        principal_id,
        but or "",
        *_CAME_TO_NOTHING,
    )
    return int(rows[0][0])


async def _structures(draft: Draft) -> dict[str | None, Mapping[str, Any]]:
    """The structures named by the draft, by identifier of ours and by official identifier."""
    named = [v.identifier for v in (draft.validator_1, draft.validator_2) if v and v.identifier]
    if draft.recipient_siret:
        named.append(draft.recipient_siret)
    marks = ", ".join(f"${n}" for n in range(2, len(named) + 2)) or "NULL"
    rows = await fetch(
        "SELECT * FROM structure WHERE id = $1"
        f" UNION ALL SELECT * FROM structure WHERE identifier IN ({marks})",
        draft.supplier_id or "",
        *named,
    )
    found: dict[str | None, Mapping[str, Any]] = {}
    for row in rows:
        # A SIRET wins over another kind of identifier that happens to be written the same.
        if row["identifier"] not in found or row["identifier_type"] == "SIRET":
            found[row["identifier"]] = row
        found[row["id"]] = row
    return found


async def _given_up(
    draft: Draft, structures: dict[str | None, Mapping[str, Any]]
) -> dict[tuple[str, ...], SiretReplaced]:
    """Find by their former SIRETs the structures that were not found, and say so."""
    named = {
        ("recipientSiret",): draft.recipient_siret,
        ("validator1", "identifier"): draft.validator_1 and draft.validator_1.identifier,
        ("validator2", "identifier"): draft.validator_2 and draft.validator_2.identifier,
    }
    unknown = {path: siret for path, siret in named.items() if siret and siret not in structures}
    if not unknown:
        return {}
    marks = ", ".join(f"${n}" for n in range(1, len(unknown) + 1))
    rows = await fetch(
        "SELECT s.*, c.old_siret, c.effective_on FROM siret_change c"
        " JOIN structure s ON s.id = c.structure_id"
        f" WHERE c.old_siret IN ({marks}) AND c.status = 'CONFIRME'",
        *unknown.values(),
    )
    found = {row["old_siret"]: row for row in rows}
    structures.update(found)
    return {
        path: SiretReplaced(siret, row["identifier"], day_of(row["effective_on"]) or date.min)
        for path, siret in unknown.items()
        if (row := found.get(siret)) is not None
    }


async def _changed_since(change_id: str | None) -> SiretReplaced | None:
    if change_id is None:
        return None
    rows = await fetch(
        "SELECT old_siret, new_siret, effective_on FROM siret_change WHERE id = $1", change_id
    )
    return SiretReplaced(rows[0][0], rows[0][1], day_of(rows[0][2]) or date.min)


async def _services(
    draft: Draft,
    supplier: Mapping[str, Any] | None,
    recipient: Mapping[str, Any] | None,
    validators: Iterable[Mapping[str, Any] | None],
) -> dict[tuple[str, str], Mapping[str, Any]]:
    codes = [draft.supplier_service_code, draft.recipient_service_code]
    codes += [v.service_code if v else None for v in (draft.validator_1, draft.validator_2)]
    wanted = [
        (structure["id"], code)
        for structure, code in zip((supplier, recipient, *validators), codes, strict=True)
        if structure is not None and code
    ]
    if not wanted:
        return {}
    pairs = " OR ".join(
        f"(structure_id = ${2 * n + 1} AND code = ${2 * n + 2})" for n in range(len(wanted))
    )
    rows = await fetch(
        f"SELECT * FROM service WHERE {pairs}", *(value for pair in wanted for value in pair)
    )
    return {(row["structure_id"], row["code"]): row for row in rows}


async def _own_facts(
    draft: Draft, supplier: Mapping[str, Any] | None, own_id: str | None
) -> Mapping[str, Any]:
    """What concerns the supplier's own documents, in one statement."""
    siren = supplier["siren"] if supplier and policy.current().unique_per_year else None
    year = draft.issued_on.year if draft.issued_on else 1
    rows: list[Mapping[str, Any]] = list(
        await fetch(
            "SELECT"
            " (SELECT version FROM mandate WHERE structure_id = $1 AND revoked_at IS NULL"
            "  AND replaced_at IS NULL) AS mandate_version,"
            " (SELECT MAX(revoked_at) FROM mandate WHERE structure_id = $1) AS mandate_revoked_at,"
            " EXISTS (SELECT 1 FROM bank_account WHERE structure_id = $1 AND id = $2"
            "  AND removed_at IS NULL) AS has_bank_account,"
            " (SELECT id FROM invoice WHERE supplier_id = $1 AND number = $3"
            "  AND status NOT IN ('BROUILLON', 'SUPPRIMEE') AND id <> $4) AS number_used_by,"
            " EXISTS (SELECT 1 FROM invoice WHERE supplier_siren = $5 AND number = $3"
            "  AND status NOT IN ('BROUILLON', 'SUPPRIMEE') AND id <> $4"
            "  AND issued_on >= $6 AND issued_on <= $7) AS number_used_in_company,"
            " (SELECT id FROM invoice WHERE supplier_id = $1 AND external_reference = $8"
            "  AND status <> 'SUPPRIMEE' AND id <> $4) AS reference_used_by,"
            " (SELECT MIN(id) FROM siret_change WHERE structure_id = $1 AND status = 'CONFIRME'"
            "  AND effective_on > $9) AS changed_since",
            draft.supplier_id or "",
            draft.bank_account_id or "",
            draft.number or "",
            own_id or "",
            siren or "",
            date(year, 1, 1),
            date(year, 12, 31),
            draft.external_reference,
            draft.issued_on or date.max,
        )
    )
    return rows[0]


async def _original(draft: Draft) -> Mapping[str, Any] | None:
    if not draft.is_credit_note or not draft.original_invoice_number:
        return None
    marks = ", ".join(f"${n}" for n in range(3, len(_CAME_TO_NOTHING) + 3))
    rows = await fetch(
        "SELECT o.*, o.total_gross_after_discount_cents - COALESCE((SELECT"
        " SUM(c.total_gross_after_discount_cents) FROM invoice c WHERE c.original_invoice_id = o.id"
        f" AND c.type = 'AVOIR' AND c.status NOT IN ({marks})), 0) AS remaining_cents"
        " FROM invoice o WHERE o.supplier_id = $1 AND o.number = $2"
        " AND o.status NOT IN ('BROUILLON', 'SUPPRIMEE')",
        draft.supplier_id or "",
        draft.original_invoice_number,
        *_CAME_TO_NOTHING,
    )
    return rows[0] if rows else None


def _supplier_facts(row: Mapping[str, Any] | None, own: Mapping[str, Any]) -> SupplierFacts | None:
    if row is None:
        return None
    return SupplierFacts(
        id=row["id"],
        is_active=row["status"] == "ACTIVE",
        name=row["name"],
        is_public=row["nature"] == "PUBLIC",
        **_mandate_facts(own["mandate_version"], own["mandate_revoked_at"]),
    )


def _mandate_facts(version: str | None, revoked_at: datetime | str | None) -> Mapping[str, Any]:
    """Where the mandate stands by now: signed, in words that still suffice, and not revoked."""
    if version in texts.accepted(TextKind.MANDATE):
        return {"mandate": MandateState.IN_FORCE}
    if version is not None:
        until = texts.outdated_from(TextKind.MANDATE, version)
        return {
            "mandate": MandateState.OUTDATED,
            "mandate_until": until,
            "mandate_version": version,
        }
    if revoked_at is None:
        return {"mandate": MandateState.NEVER_SIGNED}
    until = instant_of(revoked_at).astimezone(PARIS).date()
    return {"mandate": MandateState.REVOKED, "mandate_until": until}


def _recipient_facts(row: Mapping[str, Any] | None) -> RecipientFacts | None:
    if row is None:
        return None
    return RecipientFacts(
        id=row["id"],
        name=row["name"],
        is_public=row["nature"] == "PUBLIC",
        is_active=row["status"] == "ACTIVE",
        is_moa_only=bool(row["is_moa_only"]),
        service_required=bool(row["service_required"]),
        commitment_required=bool(row["commitment_required"]),
        commitment_or_service_required=bool(row["commitment_or_service_required"]),
        commitment_format=row["commitment_format"],
        opens_public_invoices_service=bool(row["follow_seed_public_service"]),
    )


def _service(
    services: Mapping[tuple[str, str], Mapping[str, Any]],
    structure: Mapping[str, Any] | None,
    code: str | None,
) -> Mapping[str, Any] | None:
    return services.get((structure["id"], code)) if structure is not None and code else None


def service_facts(row: Mapping[str, Any] | None, on: date) -> ServiceFacts | None:
    """What the rules look at of a service that was found, on a day."""
    if row is None:
        return None
    since, until = day_of(row["valid_from"]), day_of(row["valid_until"])
    return ServiceFacts(
        is_active=row["status"] == "ACTIVE"
        and (since is None or since <= on)
        and (until is None or on <= until),
        commitment_required=bool(row["commitment_required"]),
        is_public_invoices=row["code"] == PUBLIC_INVOICES,
    )


def _validator_facts(
    named: ValidatorRef | None,
    row: Mapping[str, Any] | None,
    services: Mapping[tuple[str, str], Mapping[str, Any]],
    on: date,
) -> ValidatorFacts | None:
    if named is None or row is None:
        return None
    return ValidatorFacts(
        id=row["id"],
        name=row["name"],
        is_active=row["status"] == "ACTIVE",
        service=service_facts(_service(services, row, named.service_code), on),
    )


def _original_facts(row: Mapping[str, Any] | None) -> OriginalFacts | None:
    if row is None:
        return None
    remaining: Decimal = amount_of(row["remaining_cents"])
    return OriginalFacts(
        type=InvoiceType(row["type"]),
        recipient_id=row["recipient_id"],
        currency=row["currency"],
        status=InvoiceStatus(row["status"]),
        issued_on=day_of(row["issued_on"]),
        remaining=remaining,
    )
