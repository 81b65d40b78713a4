"""Making the two documents of a form. Nothing of it is kept."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from domain import policy
from domain.clock import now, today
from domain.dume.document import dume_pdf
from domain.dume.espd import espd_xml
from domain.dume.form import DumeForm
from domain.dume.rules import problems_of
from domain.errors import Invalid, Problem

# One form at a time is drawn in a process: anybody may ask for it, and others must be served.
_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dume")


@dataclass(frozen=True, slots=True)
class Made:
    """The documents of one form, and what its author should know."""

    number: str
    xml: bytes
    pdf: bytes
    advice: tuple[Problem, ...]


def judge(form: DumeForm) -> list[Problem]:
    """What `make` would refuse or advise."""
    return problems_of(form, today(), check_luhn=policy.current().check_luhn)


async def make(form: DumeForm) -> Made:
    """The documents.

    Raises:
        Invalid: the form breaks rules, all of them at once.
    """
    problems = judge(form)
    if any(p.severity == "ERROR" for p in problems):
        raise Invalid(*problems)
    document = uuid4()
    loop, issuer = asyncio.get_running_loop(), policy.current().public_url
    xml, pdf = await loop.run_in_executor(_POOL, _drawn, form, document, now(), issuer)
    return Made(f"DUME-{document}", xml, pdf, tuple(problems))


def _drawn(form: DumeForm, document: UUID, at: datetime, issuer: str) -> tuple[bytes, bytes]:
    return espd_xml(form, document, at), dume_pdf(form, document, at, issuer)
