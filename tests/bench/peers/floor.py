"""The floor: the same answers from the same tables by hand-written SQL, and nothing else.

No GraphQL, no caller, no rule: Starlette, one statement per relation, orjson. The normalised
variant of a page reads the last changes from the event log instead of the invoice's row.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.db import engine
from tests.bench.peers.rows import Row, Statement, Store, Template, opened_store

_dialect, _connection = engine(os.environ["DATABASE_URL"])
_store: Store
_template: Template

# R1

_PAGE_COLUMNS = """i.id, i.number, i.issued_on, i.currency, i.status, i.status_at, i.deposited_at,
  s.id, s.name, r.id, r.name, i.total_net_cents, i.total_vat_cents,
  i.total_gross_after_discount_cents, i.amount_to_pay_cents"""
_PAGE_FROM = """FROM (SELECT * FROM invoice WHERE supplier_id = $1 AND status <> 'SUPPRIMEE'
    ORDER BY created_at DESC, id DESC LIMIT 50) i
  JOIN structure s ON s.id = i.supplier_id
  LEFT JOIN structure r ON r.id = i.recipient_id
  ORDER BY i.created_at DESC, i.id DESC"""
_PAGE = f"SELECT {_PAGE_COLUMNS}, i.recent_changes {_PAGE_FROM}"
_PAGE_NORMALISED = f"SELECT {_PAGE_COLUMNS} {_PAGE_FROM}"
_LAST_CHANGES = {
    "postgres": """SELECT k.id, e.occurred_at, e.change_from, e.change_to, e.reason, e.party
      FROM unnest($1::text[]) k (id) CROSS JOIN LATERAL (
        SELECT * FROM event WHERE subject_id = k.id AND change_to IS NOT NULL
        ORDER BY subject_sequence DESC LIMIT 3) e
      ORDER BY k.id, e.subject_sequence""",
    "sqlite": """SELECT subject_id, occurred_at, change_from, change_to, reason, party FROM event
      WHERE subject_id IN (SELECT value FROM json_each($1)) AND change_to IS NOT NULL
      ORDER BY subject_id, subject_sequence""",
}[_dialect]


def _page_node(row: Row, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row[0],
        "number": row[1],
        "issuedOn": row[2],
        "currency": row[3],
        "status": row[4],
        "statusAt": instant(row[5]),
        "depositedAt": instant(row[6]),
        "supplier": {"id": row[7], "name": row[8]},
        "recipient": None if row[9] is None else {"id": row[9], "name": row[10]},
        "totals": {
            "net": cents(row[11]),
            "vat": cents(row[12]),
            "grossAfterDiscount": cents(row[13]),
            "amountToPay": cents(row[14]),
        },
        "recentChanges": changes,
    }


def _kept_changes(text: str) -> list[dict[str, Any]]:
    return [
        {
            "at": c["at"],
            "from": c["from"],
            "to": c["to"],
            "reason": c["reason"],
            "party": c["party"],
        }
        for c in orjson.loads(text)
    ]


async def page(request: Request) -> Response:
    supplier = request.query_params["supplier"]

    def asked(results: list[Sequence[Row]]) -> Statement | None:
        return None if results else (_PAGE, [supplier])

    [rows] = await _store.read(asked)
    return _answer({"invoices": {"nodes": [_page_node(r, _kept_changes(r[15])) for r in rows]}})


async def page_normalised(request: Request) -> Response:
    supplier = request.query_params["supplier"]

    def asked(results: list[Sequence[Row]]) -> Statement | None:
        if not results:
            return _PAGE_NORMALISED, [supplier]
        if len(results) == 1:
            return _LAST_CHANGES, [_store.keys([row[0] for row in results[0]])]
        return None

    rows, changes = await _store.read(asked)
    of: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for c in changes:
        of[c[0]].append(
            {"at": instant(c[1]), "from": c[2], "to": c[3], "reason": c[4], "party": c[5]}
        )
    return _answer({"invoices": {"nodes": [_page_node(row, of[row[0]][-3:]) for row in rows]}})


# R2

_ONE = """SELECT i.id, i.number, i.type, i.frame, i.deposit_mode, i.issued_on, i.currency,
  i.external_reference, i.status, i.status_at, i.reason, i.status_comment, i.event_count,
  i.created_at, i.deposited_at, i.available_at, i.commitment_number, i.contract_number, i.vat_type,
  i.payment_mode, i.original_invoice_number, i.comment, i.payment_order_number, i.receipt_number,
  i.receipt_sha256, i.refused_by_validator, s.id, s.name, s.identifier, s.postal_code, s.town,
  r.id, r.name, r.identifier, r.postal_code, r.town, i.total_net_cents, i.total_vat_cents,
  i.total_gross_cents, i.global_discount_cents, i.total_gross_after_discount_cents,
  i.amount_to_pay_cents, i.payment_days, i.clock_started_at, i.clock_stopped_at, i.clock_ended_at,
  i.due_on
  FROM invoice i JOIN structure s ON s.id = i.supplier_id
  LEFT JOIN structure r ON r.id = i.recipient_id WHERE i.id = $1"""
_LINES = """SELECT number, reference, name, quantity, unit, unit_price, discount, vat_rate, net_cents
  FROM invoice_line WHERE invoice_id = $1 ORDER BY number"""
_VAT = (
    "SELECT rate, base_cents, amount_cents FROM invoice_vat WHERE invoice_id = $1 ORDER BY position"
)
_HISTORY = """SELECT id, kind, occurred_at, subject_sequence, change_from, change_to, reason, comment
  FROM event WHERE subject_id = $1 ORDER BY subject_sequence LIMIT 20"""
_PARTS = (_ONE, _LINES, _VAT, _HISTORY)
_NAMES = (
    "id", "number", "type", "frame", "depositMode", "issuedOn", "currency", "externalReference",
    "status", "statusAt", "reason", "statusComment", "version", "createdAt", "depositedAt",
    "availableAt", "commitmentNumber", "contractNumber", "vatType", "paymentMode",
    "originalInvoiceNumber", "comment", "paymentOrderNumber", "receiptNumber", "receiptSha256",
    "refusedByValidator",
)  # fmt: skip
_INSTANTS = (9, 13, 14, 15)


async def one(request: Request) -> Response:
    identifier = request.query_params["id"]

    def asked(results: list[Sequence[Row]]) -> Statement | None:
        return (_PARTS[len(results)], [identifier]) if len(results) < len(_PARTS) else None

    found, lines, vat, history = await _store.read(asked)
    row = found[0]
    node: dict[str, Any] = dict(zip(_NAMES, row, strict=False))
    for place in _INSTANTS:
        node[_NAMES[place]] = instant(row[place])
    node["refusedByValidator"] = bool(row[25])
    node["supplier"] = _party(row[26:31])
    node["recipient"] = None if row[31] is None else _party(row[31:36])
    node["totals"] = {
        "net": cents(row[36]),
        "vat": cents(row[37]),
        "gross": cents(row[38]),
        "globalDiscount": cents(row[39]),
        "grossAfterDiscount": cents(row[40]),
        "amountToPay": cents(row[41]),
    }
    node["lines"] = [
        {
            "number": line[0],
            "reference": line[1],
            "name": line[2],
            "quantity": line[3],
            "unit": line[4],
            "unitPrice": line[5],
            "discount": line[6],
            "vatRate": line[7],
            "net": cents(line[8]),
        }
        for line in lines
    ]
    node["vatBreakdown"] = [{"rate": v[0], "base": cents(v[1]), "amount": cents(v[2])} for v in vat]
    node["paymentClock"] = {
        "days": row[42],
        "startedAt": instant(row[43]),
        "stoppedAt": instant(row[44]),
        "endedAt": instant(row[45]),
        "dueOn": row[46],
    }
    node["history"] = {
        "nodes": [
            {
                "id": e[0],
                "kind": e[1].replace(".", "_").upper(),
                "occurredAt": instant(e[2]),
                "subjectSequence": e[3],
                "change": None
                if e[5] is None
                else {"from": e[4], "to": e[5], "reason": e[6], "comment": e[7]},
            }
            for e in history
        ]
    }
    return _answer({"invoice": node})


def _party(values: Sequence[Any]) -> dict[str, Any]:
    names = ("id", "name", "identifier", "postalCode", "town")
    return dict(zip(names, values, strict=True))


async def deposit(request: Request) -> Response:
    """Write the rows of a deposit in one transaction."""
    given = orjson.loads(await request.body())
    writing = _template.of(given)
    await _store.write(writing.next)
    return _answer({"invoiceSubmit": writing.answer})


# Values as the API writes them


def instant(value: datetime | str | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return (
            f"{value[:10]}T{value[11:23]}Z"
            if len(value) == 32
            else f"{value[:10]}T{value[11:19]}.000Z"
        )
    return value.isoformat("T", "milliseconds")[:23] + "Z"


def cents(value: int | None) -> str | None:
    return None if value is None else f"{value // 100}.{value % 100:02d}"


def _answer(data: Any) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    global _store, _template  # noqa: PLW0603 - set once at start
    async with opened_store(_dialect, _connection["credentials"]) as _store:
        _template = await Template.of_last_deposit(_store)
        yield


async def _ready(_request: Request) -> Response:
    return PlainTextResponse("ready")


def build() -> Starlette:
    """The application."""
    return Starlette(
        routes=[
            Route("/readyz", _ready),
            Route("/page", page),
            Route("/page-normalised", page_normalised),
            Route("/one", one),
            Route("/deposit", deposit, methods=["POST"]),
        ],
        lifespan=_lifespan,
    )


if __name__ == "__main__":
    uvicorn.run(
        build(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
