"""The history: check it, sign where it stands, write it to a file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from commands.files import make_private
from commands.issuer import refuse_unknown_issuer
from domain import events
from domain.chain import export as exporting
from domain.chain import reading
from domain.chain.checking import Checker, Flaw
from domain.checkpoints import making, proving
from domain.checkpoints import reading as checkpoints
from domain.checkpoints.comparing import Comparison
from domain.checkpoints.statement import Signed, said, signed_in
from domain.db import fetch
from domain.signatures.jws import Jwk
from domain.signatures.verifying import keys_in
from settings import Settings, opened


async def log_verify(settings: Settings, asked: argparse.Namespace) -> int:
    """Say whether the history is whole and unaltered; 1 at the first flaw, with its position.

    With an export and keys nothing else is read: anyone may check, anywhere.
    """
    trusted = None if asked.keys is None else keys_in(asked.keys.read_text("utf-8"))
    outside = asked.checkpoint or asked.against
    copies = signed_in(outside.read_text("utf-8")) if outside else []
    try:
        if asked.file is None:
            async with opened(settings):
                checker, comparison = await _verified_here(copies, trusted)
        else:
            if copies and trusted is None:
                async with opened(settings):
                    trusted = await checkpoints.published_keys()
            checker, comparison = _verified_export(asked.file, copies, trusted or [])
    except Flaw as flaw:
        print(f"NOT GENUINE: {flaw}", file=sys.stderr)
        return 1
    print(
        f"{checker.count} events are whole and unaltered, {checker.redacted} of them redacted,"
        f" as {comparison.count} checkpoint(s) say; the last is at position"
        f" {checker.position or 0}, epoch {checker.epoch}: {checker.previous}"
    )
    return 0


async def _verified_here(
    copies: list[Signed], trusted: list[Jwk] | None
) -> tuple[Checker, Comparison]:
    published = await checkpoints.published_keys() if trusted is None else trusted
    own = await checkpoints.kept(published)
    checker, comparison = Checker(), Comparison([*own, *(said(c, published) for c in copies)])
    with tqdm(unit=" events", total=await events.head()) as bar:
        async for line in reading.check(checker):
            comparison.take(line)
            bar.update()
    comparison.finish(checker, (await fetch("SELECT epoch FROM log_head WHERE id = 1"))[0][0])
    return checker, comparison


def _verified_export(
    file: Path, copies: list[Signed], trusted: list[Jwk]
) -> tuple[Checker, Comparison]:
    checker, comparison = Checker(previous=None), Comparison([said(c, trusted) for c in copies])
    with file.open(encoding="utf-8") as text, tqdm(unit=" events") as bar:
        for line in exporting.read(text, checker):
            comparison.take(line)
            bar.update()
    comparison.finish(checker, checker.epoch)
    return checker, comparison


async def log_verify_proof(settings: Settings, asked: argparse.Namespace) -> int:
    """Say what the proof proves; 1 when it proves nothing. With keys no database is read."""
    if asked.keys is None:
        async with opened(settings):
            trusted = await checkpoints.published_keys()
    else:
        trusted = keys_in(asked.keys.read_text("utf-8"))
    try:
        proof, checkpoint = proving.verified(asked.file.read_text("utf-8"), trusted)
    except Flaw as flaw:
        print(f"NOT GENUINE: {flaw}", file=sys.stderr)
        return 1
    said_of_it = {k: v for k, v in proof["record"].items() if k not in ("digests", "previous")}
    print(
        f"Genuine: {checkpoint['issuer']} recorded this before {checkpoint['madeAt']}"
        f" (checkpoint {checkpoint['number']}, epoch {checkpoint['epoch']})."
    )
    print(json.dumps({**said_of_it, **proof["values"]}, ensure_ascii=False, indent=2))
    return 0


async def log_checkpoint(settings: Settings, asked: argparse.Namespace) -> int:
    """Sign what was recorded since the last checkpoint."""
    async with opened(settings):
        await refuse_unknown_issuer(settings)
        made = await making.make()
        latest = await checkpoints.handed_out()
    print(f"{made} checkpoint(s) signed." if made else "The log has not grown since the last one.")
    if latest:
        print(json.dumps(latest[-1], ensure_ascii=False, indent=2))
    return 0


async def log_export(settings: Settings, asked: argparse.Namespace) -> int:
    """Every event, personal data included: the file is readable by its owner only."""
    make_private(asked.to)
    async with opened(settings):
        with asked.to.open("w", encoding="utf-8") as out, tqdm(unit=" events") as bar:
            count = await exporting.export(
                out, after=asked.after, upto=asked.upto, progress=bar.update
            )
    print(f"{count} events written to {asked.to}.")
    return 0
