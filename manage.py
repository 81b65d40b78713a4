"""The command line of an operator. `python manage.py --help` lists the commands."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn
from pydantic import ValidationError
from tqdm import tqdm

import app
from auth import provisioning, signup, technical
from auth.keys import Keys
from auth.scopes import SCOPES
from domain import demonstration, events
from domain.access import SYSTEM, Role
from domain.accounts import emails, erasure, life
from domain.accounts.actions import attach, create_account, make_administrator
from domain.accounts.importing import import_accounts
from domain.chain import export as exporting
from domain.chain import reading
from domain.chain.checking import Checker, Flaw
from domain.checkpoints import making, proving
from domain.checkpoints import reading as checkpoints
from domain.checkpoints.comparing import Comparison
from domain.checkpoints.statement import Signed, said, signed_in
from domain.db import execute, fetch
from domain.errors import Refused
from domain.events import transaction
from domain.ids import new_id
from domain.migrate import MigrationError, migrate
from domain.origin import UNKNOWN
from domain.signatures import keys as site_keys
from domain.signatures.actions import is_in_force
from domain.signatures.jws import Jwk
from domain.signatures.models import Purpose
from domain.signatures.verifying import keys_in, signature_in, verified, verified_here
from domain.structures.importing import import_structures
from frontend_contract import generate
from resolvers.documents import Judge, next_schema
from resolvers.root import schema
from settings import Settings, opened, problems_of, sealed
from webhooks import checking, probe, probe_words
from webhooks.addresses import Allowed
from webhooks.listen import Stopped, Wanted
from webhooks.listen import listen as forward
from webhooks.outbound import Outcome, Request, Sender
from webhooks.signing import new_secret
from webhooks.targets import url_problems

ROOT = Path(__file__).resolve().parent
DEMO = ROOT / ".demo"
CONTRACT = ROOT / "frontend_contract"
DIRECTORY = ROOT / "data" / "annuaire.csv.gz"
LOOPBACK = ("127.0.0.0/8", "::1/128")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        settings = Settings()
        result = asked.command(settings, asked)
        return int(asyncio.run(result) if asyncio.iscoroutine(result) else result)
    except ValidationError as error:
        for problem in problems_of(error):
            print(f"error: {problem}", file=sys.stderr)
        return 2
    except (MigrationError, ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py", description="Bordereau, for its operator.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., Any], help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(command=command)
        return sub

    add("run", run, "Migrate, load the demonstration data if there is none, and serve.")
    add("serve", serve, "Serve, on a database already migrated.")
    add("migrate", migrate_database, "Bring the database to the present schema.")
    structures = add("structures", structures_import, "Import a directory of public structures.")
    structures.add_argument("action", choices=["import"])
    structures.add_argument("file", type=Path, help="CSV file, possibly gzipped")
    structures.add_argument("--report", type=Path, help="where to write the refused lines (CSV)")
    accounts = add("accounts", accounts_command, "Carry over the accounts of a previous portal.")
    accounts.add_argument("action", choices=["import", "invite"])
    accounts.add_argument(
        "file", type=Path, nargs="?", help="CSV file: email, name, identifier, role…"
    )
    accounts.add_argument("--report", type=Path, help="where to write the refused lines (CSV)")
    accounts.add_argument("--no-mail", action="store_true", help="invite nobody yet")
    administrator = add("administrator", administrator_create, "Create a person who administers.")
    administrator.add_argument("action", choices=["create"])
    administrator.add_argument("email")
    administrator.add_argument("name")
    client = add("client", client_create, "Create an OAuth client; its secret is shown once.")
    client.add_argument("action", choices=["create"])
    client.add_argument("name")
    client.add_argument("--grant", action="append", default=[], help="such as client_credentials")
    client.add_argument("--scope", action="append", default=[], help="all of them when not given")
    client.add_argument("--redirect-uri", action="append", default=[])
    client.add_argument("--post-logout-redirect-uri", action="append", default=[])
    client.add_argument("--public", action="store_true", help="without a secret (browser)")
    client.add_argument("--structure", help="identifier (str_…) of the structure it acts for")
    keys = add("keys", rotate_keys, "Begin to sign tokens with a new key.")
    keys.add_argument("action", choices=["rotate"])
    keys.add_argument(
        "--certificates",
        action="store_const",
        dest="purpose",
        const=Purpose.CERTIFICATES,
        help="the key that signs certificates instead",
    )
    keys.add_argument(
        "--webhooks",
        action="store_const",
        dest="purpose",
        const=Purpose.WEBHOOKS,
        help="the key that signs webhooks (Ed25519) instead; the present one signs too for a while",
    )
    keys.add_argument(
        "--checkpoints",
        action="store_const",
        dest="purpose",
        const=Purpose.CHECKPOINTS,
        help="the key that signs checkpoints of the log instead",
    )
    keys.add_argument(
        "--now", action="store_true", help="with --webhooks: the present one ends at once"
    )
    certificate = add(
        "certificate", certificate_verify, "Check a certificate of signature, offline if need be."
    )
    certificate.add_argument("action", choices=["verify"])
    certificate.add_argument("file", type=Path, help="the PDF")
    certificate.add_argument(
        "--signature", type=Path, help="its statement and detached JWS, or a whole JWS: no database"
    )
    certificate.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    person = add("person", person_data, "A copy of what is held about a person, or its erasure.")
    person.add_argument("action", choices=["export", "erase"])
    person.add_argument("email")
    person.add_argument("--to", type=Path, help="file of the copy; the screen when not given")
    epoch = add("events", new_epoch, "After restoring a backup: begin a new life of the log.")
    epoch.add_argument("action", choices=["new-epoch"])
    webhooks = add("webhooks", webhooks_probe, "Probe a receiver, or check stored documents.")
    actions = webhooks.add_subparsers(required=True, metavar="ACTION")
    probing = actions.add_parser("probe", help="does a receiver refuse what it should?")
    probing.add_argument("url", help="where the receiver listens")
    probing.add_argument("--secret", help="whsec_…: what it verifies with")
    probing.add_argument("--json", action="store_true", help="for programs")
    check = actions.add_parser("check", help="do the documents of endpoints fit a schema?")
    check.set_defaults(command=webhooks_check)
    check.add_argument(
        "--schema", type=Path, help="SDL of the next version; the present one when not given"
    )
    log = commands.add_parser("log", help="Check the history, or write it to a file.")
    actions = log.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="Check that the history is whole and unaltered.")
    verify.set_defaults(command=log_verify)
    verify.add_argument("file", type=Path, nargs="?", help="an export, instead of the database")
    verify.add_argument("checkpoint", type=Path, nargs="?", help="checkpoints to hold it to")
    verify.add_argument(
        "--against", type=Path, help="a copy of checkpoints, kept where nobody could change it"
    )
    verify.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    proof = actions.add_parser("verify-proof", help="Check what `eventProof` gave of an event.")
    proof.set_defaults(command=log_verify_proof)
    proof.add_argument("file", type=Path, help="the document of the proof")
    proof.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    signed = actions.add_parser("checkpoint", help="Sign where the log stands, if it has grown.")
    signed.set_defaults(command=log_checkpoint)
    written = actions.add_parser("export", help="Write the history to a file that anyone checks.")
    written.set_defaults(command=log_export)
    written.add_argument("--to", type=Path, required=True, help="file of JSON lines")
    written.add_argument("--after", type=int, default=0, help="only what follows this position")
    written.add_argument("--upto", type=int, help="nothing beyond this position")
    contract = add("contract", write_contract, "Generate frontend_contract/ from the code.")
    contract.add_argument("--check", action="store_true", help="only tell what is stale")
    listener = add(
        "listen", listen, "Receive on this machine: forward the stream of a portal as webhooks."
    )
    listener.add_argument("--to", required=True, help="http://127.0.0.1:9000/hook")
    listener.add_argument("--url", help="the portal; this one when not given")
    listener.add_argument("--token", help="an access token, or LISTEN_TOKEN")
    listener.add_argument("--client-id", help="a technical account, or LISTEN_CLIENT_ID")
    listener.add_argument("--client-secret", help="better: LISTEN_CLIENT_SECRET")
    listener.add_argument("--structure", help="str_…: whose news; not needed when there is one")
    listener.add_argument("--after", help="cursor to begin from, instead of where it was")
    listener.add_argument("--replay-last", type=int, metavar="N", help="begin with the last N")
    listener.add_argument("--events", metavar="KIND,…", help="such as invoice.submitted")
    listener.add_argument("--filter", type=json.loads, default={}, help="EventFilter, as JSON")
    listener.add_argument("--secret", help="whsec_… that signs; made and shown when not given")
    listener.add_argument(
        "--state", type=Path, default=Path(".listen"), help="folder that keeps the cursor"
    )
    listener.add_argument("--to-anywhere", action="store_true", help="not only to this machine")
    add("settings", show_settings, "List every setting, its default and what it does.")
    tests = add("test", run_tests, "Run the tests on SQLite and on PostgreSQL and Redis.")
    tests.add_argument("arguments", nargs="*", help="passed to pytest")
    return parser


# Serving


def run(settings: Settings, asked: argparse.Namespace) -> int:
    """What `make run` does."""
    if not _can_listen(settings):
        return 1
    if not settings.webhook_allow:
        # A receiver on this very machine is what someone who tries the product has.
        settings = settings.model_copy(update={"webhook_allow": LOOPBACK})
    asyncio.run(_prepare(settings))
    return serve(settings, asked)


def serve(settings: Settings, asked: argparse.Namespace) -> int:
    """Serve HTTP, SSE and WebSocket on one port until stopped."""
    if not _can_listen(settings):
        return 1
    application = app.build(settings)
    asyncio.run(_refuse_unready(settings))
    configure_logs(settings)
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        # Compression costs each socket as much memory as all the rest.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
        proxy_headers=True,
    )
    return 0


async def _refuse_unready(settings: Settings) -> None:
    """Say in one line, before anything listens, what keeps the database from being served."""
    async with opened(settings):
        pass


async def _prepare(settings: Settings) -> None:
    done = await migrate(settings.database_url, report=lambda name: print(f"  migration {name}"))
    await _seal(settings)
    if done:
        print(f"Database ready ({len(done)} migrations).")
    async with opened(settings):
        credentials = await _demonstration(settings)
    _show(settings, credentials)


async def _demonstration(settings: Settings) -> dict[str, Any]:
    """Load the demonstration data once; make new credentials when the file of them is lost."""
    DEMO.mkdir(exist_ok=True)
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    kept = DEMO / f"database-{name}.json"
    with tqdm(
        desc="Demonstration data", unit=" rows", total=0, leave=False, file=sys.stdout
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        is_new = await demonstration.load(DIRECTORY, progress=progress)
    if kept.exists() and not is_new:
        secrets: dict[str, Any] = json.loads(kept.read_text())
    else:
        secrets = await demonstration.renew_credentials(
            set_password=provisioning.set_password,
            create_client=provisioning.create_client,
            create_account=technical.create,
        )
        _write_private(kept, secrets)
    credentials = {
        "baseUrl": settings.url,
        "graphql": f"{settings.url}/graphql",
        "tokenUrl": f"{settings.url}/oauth/token",
        **secrets,
    }
    _write_private(DEMO / f"credentials-{settings.port}.json", credentials)
    _write_private(DEMO / "credentials.json", credentials)
    return credentials


def _write_private(path: Path, content: dict[str, Any]) -> None:
    _make_private(path)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _make_private(path: Path) -> None:
    """Make a file that its owner alone reads, also when it was there with another mode."""
    path.touch(mode=0o600)
    if path.is_file():
        path.chmod(0o600)


def _show(settings: Settings, credentials: dict[str, Any]) -> None:
    print(f"\nBordereau  {settings.url}")
    print(f"  GraphQL    {settings.url}/graphql      (HTTP, SSE, WebSocket)")
    print(f"  GraphiQL   {settings.url}/graphiql")
    print(f"  OAuth      {settings.url}/.well-known/oauth-authorization-server")
    print("\nDemonstration credentials (also in .demo/credentials.json):")
    for role, user in credentials["users"].items():
        client = credentials["clients"][role]
        print(f"\n  {role}: {user['may']}")
        print(f"    log-in   {user['email']}   {user['password']}")
        print(f"    client   {client['clientId']}   {client['clientSecret']}")
    print(flush=True)


def _can_listen(settings: Settings) -> bool:
    """Whether the port is free; asked before anything is written for it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            print(
                f"error: port {settings.port} of {settings.host} is in use;"
                " choose another with PORT",
                file=sys.stderr,
            )
            return False
    return True


def configure_logs(settings: Settings) -> None:
    """One line per fact, text or JSON, with the request's id when there is one."""
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.log_format == "text":
        # Plain tracebacks: the rich ones print local variables, hence personal data.
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


# The operator's work


async def migrate_database(settings: Settings, asked: argparse.Namespace) -> int:
    """Apply what is missing; safe to repeat and to run from several machines at once."""
    done = await migrate(settings.database_url, report=lambda name: print(f"  {name}"))
    count = await _seal(settings)
    print(f"{len(done)} migration(s) applied." if done or count else "Nothing to do.")
    return 0


async def _seal(settings: Settings) -> int:
    """Give their hashes to the events written before the log had any; goes on where it stopped."""
    with _bar(" events") as progress:
        count = await sealed(settings, progress)
    if count:
        print(f"{count} events sealed: the log is verifiable from its beginning.")
    return count


async def structures_import(settings: Settings, asked: argparse.Namespace) -> int:
    """Import a directory; refused lines are reported and do not stop the others."""
    async with opened(settings):
        with tqdm(unit=" lines", total=0) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            report = await import_structures(
                asked.file,
                progress=progress,
                report_path=asked.report,
                check_luhn=settings.check_luhn,
            )
    print(
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged,"
        f" {report.refused} refused, {report.services_opened} services opened."
    )
    for rule, count in report.refusals.most_common():
        print(f"  {count} × {rule}")
    return 1 if report.refused else 0


async def accounts_command(settings: Settings, asked: argparse.Namespace) -> int:
    """Import accounts, or invite those who were imported without a message."""
    if asked.action == "invite":
        return await accounts_invite(settings)
    if asked.file is None:
        raise ValueError("accounts import: which file?")
    async with opened(settings):
        with _bar(" lines") as progress:
            report = await import_accounts(
                asked.file,
                invite=None if asked.no_mail else signup.invite,
                progress=progress,
                report_path=asked.report,
                check_luhn=settings.check_luhn,
            )
    print(
        f"{report.created} accounts created, {report.attached} attachments,"
        f" {report.unchanged} unchanged, {report.refused} refused."
    )
    for rule, count in report.refusals.most_common():
        print(f"  {count} × {rule}")
    return 1 if report.refused else 0


async def accounts_invite(settings: Settings) -> int:
    """Write to everyone whose account waits for its person; safe to repeat."""
    async with opened(settings):
        with _bar(" messages") as progress:
            sent = await signup.invite_pending(progress)
    print(f"{sent} people invited.")
    return 0


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    with tqdm(unit=unit, total=0, delay=0.5) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


async def administrator_create(settings: Settings, asked: argparse.Namespace) -> int:
    """Create a person who administers the site; the password is asked for, never an argument."""
    if wrong := emails.problems_of(asked.email, ("email",)):
        raise ValueError(wrong[0].en)
    async with opened(settings):
        password = getpass.getpass("Password: ")
        account = await create_account(asked.email, asked.name)
        await provisioning.set_password(account, password)
        await make_administrator(account.id)
    print(f"{account.email} administers the site ({account.id}).")
    return 0


async def client_create(settings: Settings, asked: argparse.Namespace) -> int:
    """Register an OAuth client and, if asked, attach it to a structure with full rights."""
    async with opened(settings):
        made = await provisioning.create_client(
            asked.name,
            asked.grant or ["client_credentials"],
            asked.scope or list(SCOPES),
            asked.redirect_uri,
            structure_id=asked.structure,
            is_confidential=not asked.public,
            post_logout_redirect_uris=asked.post_logout_redirect_uri,
        )
        if asked.structure:
            await attach(made.client.id, asked.structure, Role.TECHNICAL, demonstration.ALL_SPACES)
    print(f"client_id      {made.client.id}")
    if made.secret:
        print(f"client_secret  {made.secret}   (shown this once)")
    return 0


async def rotate_keys(settings: Settings, asked: argparse.Namespace) -> int:
    """Tokens signed before stay valid until they end."""
    if asked.now and asked.purpose is not Purpose.WEBHOOKS:
        raise ValueError("--now goes with --webhooks")
    async with opened(settings):
        if asked.purpose:
            await site_keys.rotate(asked.purpose, _overlap(settings, asked))
        else:
            await Keys(app.auth_settings(settings)).rotate()
    print(f"New {asked.purpose or 'tokens'} are signed with a new key.")
    return 0


def _overlap(settings: Settings, asked: argparse.Namespace) -> timedelta | None:
    """How long the present key signs beside the new one."""
    if asked.purpose is not Purpose.WEBHOOKS or asked.now:
        return None
    return timedelta(seconds=settings.webhook_key_overlap_seconds)


async def certificate_verify(settings: Settings, asked: argparse.Namespace) -> int:
    """Say whether the file is genuine and what it states; 1 when it is not.

    With a signature and keys nothing else is read: anyone may check, anywhere, for ever.
    """
    pdf = asked.file.read_bytes()
    trusted = None if asked.keys is None else keys_in(asked.keys.read_text("utf-8"))
    if asked.signature is not None and trusted is not None:
        verdict = verified(pdf, *signature_in(asked.signature.read_text("utf-8")), trusted)
    else:
        async with opened(settings):
            if asked.signature is None:
                verdict = await verified_here(pdf, trusted)
            else:
                published = (await site_keys.published(Purpose.CERTIFICATES))["keys"]
                stated = signature_in(asked.signature.read_text("utf-8"))
                verdict = verified(pdf, *stated, published)
    print(f"{verdict.words.fr}\n{verdict.words.en}")
    if verdict.statement is not None:
        print(json.dumps(verdict.statement, ensure_ascii=False, indent=2))
    if verdict.signature is not None:
        state = "in force" if is_in_force(verdict.signature) else "no longer in force"
        print(f"What was signed is {state}.")
    return 0 if verdict.is_genuine else 1


async def person_data(settings: Settings, asked: argparse.Namespace) -> int:
    """What the operator does when a person asks by letter rather than by itself."""
    async with opened(settings):
        account = await life.by_email(emails.normal(asked.email))
        if account is None:
            print("error: no account has this address", file=sys.stderr)
            return 1
        try:
            if asked.action == "erase":
                return _show_erasure(await erasure.erase(SYSTEM, account.id, UNKNOWN))
            copy = erasure.as_json(await erasure.export(SYSTEM, account.id))
        except Refused as refusal:
            for problem in refusal.problems:
                print(f"error: {problem.en} {problem.remedy_en}", file=sys.stderr)
            return 1
    if asked.to is None:
        print(copy.decode())
    else:
        _make_private(asked.to)
        asked.to.write_bytes(copy)
    return 0


def _show_erasure(done: erasure.Erasure) -> int:
    print(f"{done.account_id} is erased: {', '.join(words.en for words in done.erased)}.")
    for words in done.kept:
        print(f"  kept by law: {words.en}")
    return 0


async def new_epoch(settings: Settings, asked: argparse.Namespace) -> int:
    """Readers that were ahead of the restored log are told so, instead of missing events."""
    async with opened(settings):
        async with transaction():
            await execute("UPDATE log_head SET epoch = epoch + 1 WHERE id = 1")
        epoch = (await fetch("SELECT epoch FROM log_head WHERE id = 1"))[0][0]
        # What was signed in the lost end of the log is contradicted in public, not in silence.
        await making.make(always=True)
    print(f"The log is in epoch {epoch}. Restart every server and worker.")
    return 0


async def webhooks_probe(settings: Settings, asked: argparse.Namespace) -> int:
    """Send good and bad messages to a receiver; 0 when it answers each as it should.

    Reads no database. A receiver on this machine may be probed, as under `run`.
    """
    if not settings.webhook_allow:
        settings = settings.model_copy(update={"webhook_allow": LOOPBACK})
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
    sender = Sender(allow=allow, timeout_seconds=settings.webhook_timeout_seconds)

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
        made = await making.make()
        latest = await checkpoints.handed_out()
    print(f"{made} checkpoint(s) signed." if made else "The log has not grown since the last one.")
    if latest:
        print(json.dumps(latest[-1], ensure_ascii=False, indent=2))
    return 0


async def log_export(settings: Settings, asked: argparse.Namespace) -> int:
    """Every event, personal data included: the file is readable by its owner only."""
    _make_private(asked.to)
    async with opened(settings):
        with asked.to.open("w", encoding="utf-8") as out, tqdm(unit=" events") as bar:
            count = await exporting.export(
                out, after=asked.after, upto=asked.upto, progress=bar.update
            )
    print(f"{count} events written to {asked.to}.")
    return 0


async def webhooks_check(settings: Settings, asked: argparse.Namespace) -> int:
    """Judge the document of every endpoint by a schema; 1 when one of them does not fit."""
    judge = Judge(schema._schema, app.limits(settings))
    if asked.schema is not None:
        following = next_schema(asked.schema.read_text("utf-8"), schema._schema)
        judge = Judge(following, app.limits(settings))
    async with opened(settings):
        return await _show_risks(judge)


async def _show_risks(judge: Judge) -> int:
    risks, total = await checking.at_risk(judge), len(await checking.stored_documents())
    for risk in risks:
        print("\n".join(risk.lines()))
    print(f"{total - len(risks)} of {total} documents fit.")
    return 1 if risks else 0


def write_contract(settings: Settings, asked: argparse.Namespace) -> int:
    """Generate the contract, or tell which of its files are stale."""
    stale = generate.differences(CONTRACT)
    if asked.check:
        for path in stale:
            print(f"stale: frontend_contract/{path}; run `make contract`", file=sys.stderr)
        return 1 if stale else 0
    generate.write(CONTRACT)
    print(f"{len(stale)} file(s) written.")
    return 0


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


def show_settings(settings: Settings, asked: argparse.Namespace) -> int:
    """The settings as the environment names them."""
    for name, field in Settings.model_fields.items():
        print(f"{name.upper()}  [{field.default!r}]\n    {field.description}")
    return 0


# Tests

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
AMQP = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672")
# They want the machine for themselves, and bring servers and databases of their own.
ALONE = ("tests/graphiql", "tests/front_ends", "tests/sign_up", "tests/bench")


def run_tests(settings: Settings, asked: argparse.Namespace) -> int:
    """The same suite twice: embedded (SQLite), then PostgreSQL and Redis."""
    pytest = [sys.executable, "-m", "pytest"]
    shared = ["-n", "auto", *(f"--ignore={path}" for path in ALONE), *asked.arguments]
    embedded = {"DATABASE_URL": "", "BROKER_URL": ""}
    status = 0
    if not asked.arguments:
        # In the order written: they share one server, whose documents move on.
        alone = [*pytest, "-p", "no:randomly", *ALONE]
        status = _suite("A browser and the bench, alone", alone, embedded)
    status = _suite("SQLite, embedded", [*pytest, *shared], embedded) or status
    missing = [url for url in (POSTGRES, REDIS, AMQP) if not _answers(url)]
    if missing:
        print("\n" + "!" * 78)
        for url in missing:
            what = "its tests are" if url is AMQP else "the second suite is"
            print(f"!! {urlsplit(url).scheme} is not reachable: {what} SKIPPED")
        print("!" * 78)
        status = status or (1 if os.environ.get("CI") else 0)
    if not {POSTGRES, REDIS}.isdisjoint(missing):
        return status
    rabbit = {} if AMQP in missing else {"TEST_AMQP_URL": AMQP}
    scaled = {"DATABASE_URL": POSTGRES, "BROKER_URL": REDIS, **rabbit}
    return _suite("PostgreSQL and Redis", [*pytest, *shared], scaled) or status


def _suite(name: str, command: list[str], environment: dict[str, str]) -> int:
    print(f"\n=== {name} ===", flush=True)
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode  # noqa: S603 - our own interpreter


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
