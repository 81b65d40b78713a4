"""The command line of an operator. `python manage.py --help` lists the commands.

What can be asked is here; what is done about it is in `commands/`, loaded once it is asked for:
`--help` and a misspelling are answered at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    asked = _parser().parse_args(arguments)
    return int(import_module("commands.running").status_of(asked))


class _Later:
    """A command whose module is loaded when it is called; `log.log_verify` in `commands/`."""

    def __init__(self, leads_to: str) -> None:
        self.leads_to = leads_to

    def __call__(self, settings: Any, asked: argparse.Namespace) -> Any:
        module, _, name = self.leads_to.partition(".")
        return getattr(import_module(f"commands.{module}"), name)(settings, asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py", description="Bordereau, for its operator.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: str, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(command=_Later(command))
        return sub

    add("run", "serving.run", "Migrate, load the demonstration data if there is none, and serve.")
    add("serve", "serving.serve", "Serve, on a database already migrated.")
    add("migrate", "database.migrate_database", "Bring the database to the present schema.")
    structures = add(
        "structures", "people.structures_import", "Import a directory of public structures."
    )
    structures.add_argument("action", choices=["import"])
    structures.add_argument("file", type=Path, help="CSV file, possibly gzipped")
    structures.add_argument("--report", type=Path, help="where to write the refused lines (CSV)")
    accounts = add(
        "accounts", "people.accounts_command", "Carry over the accounts of a previous portal."
    )
    accounts.add_argument("action", choices=["import", "invite"])
    accounts.add_argument(
        "file", type=Path, nargs="?", help="CSV file: email, name, identifier, role…"
    )
    accounts.add_argument("--report", type=Path, help="where to write the refused lines (CSV)")
    accounts.add_argument("--no-mail", action="store_true", help="invite nobody yet")
    administrator = add(
        "administrator", "people.administrator_create", "Create a person who administers."
    )
    administrator.add_argument("action", choices=["create"])
    administrator.add_argument("email")
    administrator.add_argument("name")
    client = add(
        "client", "keys.client_create", "Create an OAuth client; its secret is shown once."
    )
    client.add_argument("action", choices=["create"])
    client.add_argument("name")
    client.add_argument("--grant", action="append", default=[], help="such as client_credentials")
    client.add_argument("--scope", action="append", default=[], help="all of them when not given")
    client.add_argument("--redirect-uri", action="append", default=[])
    client.add_argument("--post-logout-redirect-uri", action="append", default=[])
    client.add_argument("--public", action="store_true", help="without a secret (browser)")
    client.add_argument("--structure", help="identifier (str_…) of the structure it acts for")
    keys = add("keys", "keys.rotate_keys", "Begin to sign tokens with a new key.")
    keys.add_argument("action", choices=["rotate"])
    keys.add_argument(
        "--certificates",
        action="store_const",
        dest="purpose",
        const="certificates",
        help="the key that signs certificates instead",
    )
    keys.add_argument(
        "--webhooks",
        action="store_const",
        dest="purpose",
        const="webhooks",
        help="the key that signs webhooks (Ed25519) instead; the present one signs too for a while",
    )
    keys.add_argument(
        "--checkpoints",
        action="store_const",
        dest="purpose",
        const="checkpoints",
        help="the key that signs checkpoints of the log instead",
    )
    keys.add_argument(
        "--now", action="store_true", help="with --webhooks: the present one ends at once"
    )
    certificate = add(
        "certificate",
        "keys.certificate_verify",
        "Check a certificate of signature, offline if need be.",
    )
    certificate.add_argument("action", choices=["verify"])
    certificate.add_argument("file", type=Path, help="the PDF")
    certificate.add_argument(
        "--signature", type=Path, help="its statement and detached JWS, or a whole JWS: no database"
    )
    certificate.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    person = add(
        "person", "people.person_data", "A copy of what is held about a person, or its erasure."
    )
    person.add_argument("action", choices=["export", "erase"])
    person.add_argument("email")
    person.add_argument("--to", type=Path, help="file of the copy; the screen when not given")
    epoch = add(
        "events", "database.new_epoch", "After restoring a backup: begin a new life of the log."
    )
    epoch.add_argument("action", choices=["new-epoch"])
    webhooks = add(
        "webhooks", "webhooks.webhooks_probe", "Probe a receiver, or check stored documents."
    )
    actions = webhooks.add_subparsers(required=True, metavar="ACTION")
    probing = actions.add_parser("probe", help="does a receiver refuse what it should?")
    probing.add_argument("url", help="where the receiver listens")
    probing.add_argument("--secret", help="whsec_…: what it verifies with")
    probing.add_argument("--json", action="store_true", help="for programs")
    check = actions.add_parser("check", help="do the documents of endpoints fit a schema?")
    check.set_defaults(command=_Later("webhooks.webhooks_check"))
    check.add_argument(
        "--schema", type=Path, help="SDL of the next version; the present one when not given"
    )
    log = commands.add_parser("log", help="Check the history, or write it to a file.")
    actions = log.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="Check that the history is whole and unaltered.")
    verify.set_defaults(command=_Later("log.log_verify"))
    verify.add_argument("file", type=Path, nargs="?", help="an export, instead of the database")
    verify.add_argument("checkpoint", type=Path, nargs="?", help="checkpoints to hold it to")
    verify.add_argument(
        "--against", type=Path, help="a copy of checkpoints, kept where nobody could change it"
    )
    verify.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    proof = actions.add_parser("verify-proof", help="Check what `eventProof` gave of an event.")
    proof.set_defaults(command=_Later("log.log_verify_proof"))
    proof.add_argument("file", type=Path, help="the document of the proof")
    proof.add_argument(
        "--keys", type=Path, help="the published keys to trust, instead of those of the database"
    )
    signed = actions.add_parser("checkpoint", help="Sign where the log stands, if it has grown.")
    signed.set_defaults(command=_Later("log.log_checkpoint"))
    written = actions.add_parser("export", help="Write the history to a file that anyone checks.")
    written.set_defaults(command=_Later("log.log_export"))
    written.add_argument("--to", type=Path, required=True, help="file of JSON lines")
    written.add_argument("--after", type=int, default=0, help="only what follows this position")
    written.add_argument("--upto", type=int, help="nothing beyond this position")
    contract = add(
        "contract", "developing.write_contract", "Generate frontend_contract/ from the code."
    )
    contract.add_argument("--check", action="store_true", help="only tell what is stale")
    listener = add(
        "listen",
        "webhooks.listen",
        "Receive on this machine: forward the stream of a portal as webhooks.",
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
    add("settings", "developing.show_settings", "List every setting, its default and what it does.")
    tests = add(
        "test", "developing.run_tests", "Run the tests on SQLite and on PostgreSQL and Redis."
    )
    tests.add_argument("arguments", nargs="*", help="passed to pytest")
    return parser


if __name__ == "__main__":
    sys.exit(main())
