"""Receivers: probe one, check the documents of endpoints, be one on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from typing import Any

import app
from domain.ids import new_id
from resolvers.documents import Judge, next_schema
from resolvers.root import schema
from settings import LOOPBACK_NETWORKS, Settings, opened
from webhooks import checking, probe, probe_words
from webhooks.addresses import Allowed
from webhooks.listen import Stopped, Wanted
from webhooks.listen import listen as forward
from webhooks.outbound import Outcome, Request, Sender
from webhooks.signing import new_secret
from webhooks.targets import url_problems


async def webhooks_probe(settings: Settings, asked: argparse.Namespace) -> int:
    """Send good and bad messages to a receiver; 0 when it answers each as it should.

    Reads no database. A receiver on this machine may be probed, as under `run`.
    """
    if not settings.webhook_allow:
        settings = settings.model_copy(update={"webhook_allow": LOOPBACK_NETWORKS})
    allow = tuple(Allowed(network, port) for network, port in settings.webhook_networks)
    if problems := url_problems(asked.url, ("url",), allow):
        raise ValueError(problems[0].en)
    secret = asked.secret or new_secret()
    recipe = probe.Recipe(
        probe_id=new_id("whp"),
        secrets=[secret],
        environment=settings.environment,
        product=f"Bordereau/{app.VERSION}",
    )
    sender = Sender(
        allow=allow,
        timeout_seconds=settings.webhook_timeout_seconds,
        ca_file=settings.webhook_ca_file,
    )

    async def send(message: probe.Message) -> Outcome:
        return await sender.post(Request(asked.url, message.headers, message.body))

    try:
        findings = await probe.run(recipe, send)
    finally:
        sender.close()
    if asked.json:
        print(json.dumps(probe_words.as_json(asked.url, findings), ensure_ascii=False, indent=2))
    else:
        if asked.secret is None:
            print(f"Signed with a secret made for this probe: {secret}")
        print("\n".join(probe_words.as_lines(asked.url, findings)))
    return 0 if probe.passed(findings) == len(findings) else 1


async def webhooks_check(settings: Settings, asked: argparse.Namespace) -> int:
    """Judge the document of every endpoint by a schema; 1 when one of them does not fit."""
    judge = Judge(schema._schema, app.limits(settings))
    if asked.schema is not None:
        following = next_schema(asked.schema.read_text("utf-8"), schema._schema)
        judge = Judge(following, app.limits(settings))
    async with opened(settings):
        return await show_risks(judge)


async def show_risks(judge: Judge) -> int:
    risks, total = await checking.at_risk(judge), len(await checking.stored_documents())
    for risk in risks:
        print("\n".join(risk.lines()))
    print(f"{total - len(risks)} of {total} documents fit.")
    return 1 if risks else 0


async def listen(settings: Settings, asked: argparse.Namespace) -> int:
    """Forward until interrupted; needs no database, only the portal by HTTP."""
    given: dict[str, Any] = {
        name: getattr(asked, name) or os.environ.get(f"LISTEN_{name.upper()}")
        for name in ("token", "client_id", "client_secret", "structure", "secret")
    }
    wanted = Wanted(
        to=asked.to,
        portal=(asked.url or settings.url).rstrip("/"),
        after=asked.after,
        replay_last=asked.replay_last,
        filter=_event_filter(asked),
        state=asked.state,
        to_anywhere=asked.to_anywhere,
        **given,
    )
    try:
        await forward(wanted, lambda line: print(line, flush=True))
    except Stopped as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        print("Stopped; the next run goes on from here.")
    return 0


def _event_filter(asked: argparse.Namespace) -> dict[str, Any]:
    """The filter of the command line, with kinds in the spelling of webhooks."""
    kinds = [kind.strip().replace(".", "_").upper() for kind in (asked.events or "").split(",")]
    return {**asked.filter, **({"kinds": kinds} if asked.events else {})}
