"""The directory, the accounts of people, and what is held about them."""

from __future__ import annotations

import argparse
import getpass
import sys

from tqdm import tqdm

from auth import provisioning, signup
from commands.files import make_private
from commands.progress import bar
from domain.access import SYSTEM
from domain.accounts import emails, erasure, life
from domain.accounts.actions import create_account, make_administrator
from domain.accounts.importing import import_accounts
from domain.errors import Refused
from domain.events import transaction
from domain.origin import UNKNOWN
from domain.structures.importing import import_structures
from settings import Settings, opened


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
        with bar(" lines") as progress:
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
        with bar(" messages") as progress:
            sent = await signup.invite_pending(progress)
    print(f"{sent} people invited.")
    return 0


async def administrator_create(settings: Settings, asked: argparse.Namespace) -> int:
    """Create a person who administers the site; the password is never an argument."""
    if wrong := emails.problems_of(asked.email, ("email",)):
        raise ValueError(wrong[0].en)
    async with opened(settings):
        if await life.by_email(emails.normal(asked.email)):
            raise ValueError(f"{asked.email} has an account already")
        password = _password()
        async with transaction():
            account = await create_account(asked.email, asked.name)
            await provisioning.set_password(account, password)
            await make_administrator(account.id)
    print(f"{account.email} administers the site ({account.id}).")
    return 0


def _password() -> str:
    """The password that is typed, or the first line of what is piped in."""
    try:
        is_typed = sys.stdin.isatty()
        given = getpass.getpass("Password: ") if is_typed else sys.stdin.readline().rstrip("\r\n")
    except EOFError:
        given = ""
    if not given:
        raise ValueError("no password was given: type it in a terminal, or pipe it in as one line")
    return given


async def person_data(settings: Settings, asked: argparse.Namespace) -> int:
    """What the operator does when a person asks by letter rather than by itself."""
    async with opened(settings):
        account = await life.by_email(emails.normal(asked.email))
        if account is None:
            print("error: no account has this address", file=sys.stderr)
            return 1
        try:
            if asked.action == "erase":
                return show_erasure(await erasure.erase(SYSTEM, account.id, UNKNOWN))
            copy = erasure.as_json(await erasure.export(SYSTEM, account.id))
        except Refused as refusal:
            for problem in refusal.problems:
                print(f"error: {problem.en} {problem.remedy_en}", file=sys.stderr)
            return 1
    if asked.to is None:
        print(copy.decode())
    else:
        make_private(asked.to)
        asked.to.write_bytes(copy)
    return 0


def show_erasure(done: erasure.Erasure) -> int:
    print(f"{done.account_id} is erased: {', '.join(words.en for words in done.erased)}.")
    for words in done.kept:
        print(f"  kept by law: {words.en}")
    return 0
