"""The peer PostGraphile 5 on the same PostgreSQL: an optional target, in its own words."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson

from tests.bench.processes import Server
from tests.bench.run import Run

FOLDER = Path(__file__).resolve().parent / "postgraphile"
NODE = 22

R1 = """
query R1($supplier: String!) {
  allInvoices(condition: {supplierId: $supplier}, orderBy: [CREATED_AT_DESC, ROW_ID_DESC], first: 50) {
    nodes {
      rowId number issuedOn currency status statusAt depositedAt
      structureBySupplierId { rowId name }
      structureByRecipientId { rowId name }
      totalNetCents totalVatCents totalGrossAfterDiscountCents amountToPayCents
      recentChanges
    }
  }
}
"""

R2 = """
query R2($id: String!) {
  invoiceByRowId(rowId: $id) {
    rowId number type frame depositMode issuedOn currency externalReference status statusAt reason
    statusComment eventCount createdAt depositedAt availableAt commitmentNumber contractNumber
    vatType paymentMode originalInvoiceNumber comment paymentOrderNumber receiptNumber
    receiptSha256 refusedByValidator
    structureBySupplierId { rowId name identifier postalCode town }
    structureByRecipientId { rowId name identifier postalCode town }
    totalNetCents totalVatCents totalGrossCents globalDiscountCents totalGrossAfterDiscountCents
    amountToPayCents
    invoiceLinesByInvoiceId {
      nodes { number reference name quantity unit unitPrice discount vatRate netCents }
    }
    invoiceVatsByInvoiceId { nodes { rate baseCents amountCents } }
    paymentDays clockStartedAt clockStoppedAt clockEndedAt dueOn
  }
  allEvents(condition: {subjectId: $id}, first: 20) {
    nodes { rowId kind occurredAt subjectSequence changeFrom changeTo reason comment }
  }
}
"""


def unavailable() -> str | None:
    """Why it cannot be measured here, or None. Installs it when it is not there yet."""
    if shutil.which("npm") is None:
        return "there is no Node on this machine"
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        done = _run("npm", "ci", "--no-fund", "--no-audit", "--loglevel=error")
        if done.returncode:
            return f"npm ci failed: {done.stderr.strip()[-300:]}"
    version = _run(_node(), "--version").stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < NODE:
        return f"it needs Node {NODE}, here is {version}"
    return None


def _node() -> str:
    """The Node that is installed beside it, where there is one, since it needs a recent one."""
    own = FOLDER / "node_modules" / ".bin" / "node"
    return str(own) if own.exists() else "node"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=600
    )


async def started(run: Run, stack: AsyncExitStack) -> Server:
    """Its server, on the run's database."""
    return await run.started(
        stack,
        "postgraphile",
        [_node(), "server.js"],
        {"NODE_ENV": "production"},
        ready="/graphql?query=%7B__typename%7D",
        cwd=FOLDER,
    )


def r1_shape(data: Any) -> Any:
    """What is compared of our R1: numbers and names; its instants and amounts look otherwise."""
    return [
        (n["number"], n["status"], n["supplier"]["name"], n["recipient"]["name"],
         len(n["recentChanges"]))
        for n in data["invoices"]["nodes"]
    ]  # fmt: skip


def r2_shape(data: Any) -> Any:
    """The same of our R2."""
    node = data["invoice"]
    return (
        node["number"],
        node["receiptSha256"],
        node["recipient"]["town"],
        [line["name"] for line in node["lines"]],
        len(node["vatBreakdown"]),
        [e["id"] for e in node["history"]["nodes"]],
    )


def comparable(data: Any) -> Any:
    """The same of its own answer."""
    if "allInvoices" in data:
        return [
            (n["number"], n["status"], n["structureBySupplierId"]["name"],
             n["structureByRecipientId"]["name"], len(orjson.loads(n["recentChanges"])))
            for n in data["allInvoices"]["nodes"]
        ]  # fmt: skip
    node = data["invoiceByRowId"]
    return (
        node["number"],
        node["receiptSha256"],
        node["structureByRecipientId"]["town"],
        [line["name"] for line in node["invoiceLinesByInvoiceId"]["nodes"]],
        len(node["invoiceVatsByInvoiceId"]["nodes"]),
        [e["rowId"] for e in data["allEvents"]["nodes"]],
    )
