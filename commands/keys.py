"""OAuth clients, the keys that the site signs with, and what was signed."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta

import app
from auth import provisioning
from auth.keys import Keys
from auth.scopes import SCOPES
from domain import demonstration
from domain.access import Role
from domain.accounts.actions import attach
from domain.signatures import keys as site_keys
from domain.signatures.actions import is_in_force
from domain.signatures.models import Purpose
from domain.signatures.verifying import keys_in, signature_in, verified, verified_here
from settings import Settings, opened


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
    purpose = Purpose(asked.purpose) if asked.purpose else None
    if asked.now and purpose is not Purpose.WEBHOOKS:
        raise ValueError("--now goes with --webhooks")
    async with opened(settings):
        if purpose:
            overlap = None if asked.now else _overlap(settings, purpose)
            await site_keys.rotate(purpose, overlap)
        else:
            await Keys(app.auth_settings(settings)).rotate()
    print(f"New {purpose or 'tokens'} are signed with a new key.")
    return 0


def _overlap(settings: Settings, purpose: Purpose) -> timedelta | None:
    """How long the present key signs beside the new one."""
    if purpose is not Purpose.WEBHOOKS:
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
