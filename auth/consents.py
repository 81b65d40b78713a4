"""What people allowed applications to do: asked once, shown, taken back at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from auth import issued
from auth.models import AuthorizationCode, Client, Consent, Device, RefreshToken
from domain import events
from domain.access import Actor, ActorKind, Permission
from domain.accounts.models import Account
from domain.clock import real_now
from domain.errors import NotFound
from domain.events import transaction
from domain.ids import findable, new_id
from domain.rules_text import problem
from domain.select import Select, equals, falling, is_null


async def is_known(account_id: str, client: Client, scopes: Sequence[str], uri: str) -> bool:
    """Whether the person allowed all of this already, to a client that can be recognised.

    A program on the person's machine cannot: any other may claim its address (RFC 8252 §8.6).
    """
    if not client.is_confidential and urlsplit(uri).scheme != "https":
        return False
    consent = await _in_force(account_id, client.id)
    return consent is not None and set(scopes) <= set(consent.scope.split())


async def remember(account: Account, client: Client, scopes: Sequence[str]) -> Consent:
    """Keep what the person has just allowed, beside what they allowed before."""
    actor = Actor(account.id, ActorKind.PERSON, account.display_name)
    at = real_now()
    async with transaction():
        held = Consent.filter(account_id=account.id, client_id=client.id, withdrawn_at=None)
        consent = await held.select_for_update().get_or_none()
        known = consent.scope.split() if consent else []
        wider = [*known, *(s for s in scopes if s not in known)]
        if consent is None:
            consent = await Consent.create(
                id=new_id("cns"),
                account_id=account.id,
                client_id=client.id,
                client_name=client.name,
                scope=" ".join(wider),
                granted_at=at,
                updated_at=at,
            )
        elif wider == known:
            return consent
        consent.scope, consent.client_name, consent.updated_at = " ".join(wider), client.name, at
        _tell("consent.granted", consent, actor)
        await consent.save()
    return consent


async def withdraw(actor: Actor, consent_id: str) -> Consent:
    """Take a consent back: the application loses at once all that it was given for the person.

    Raises:
        NotFound: it is not one of the caller's own, or is withdrawn already.
    """
    async with transaction():
        own = Consent.filter(id=findable(consent_id), account_id=actor.id, withdrawn_at=None)
        consent = await own.select_for_update().get_or_none()
        if consent is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        consent.withdrawn_at = consent.updated_at = real_now()
        families = await families_of(consent.account_id, consent.client_id)
        await AuthorizationCode.filter(
            account_id=consent.account_id, client_id=consent.client_id
        ).delete()
        await Device.filter(account_id=consent.account_id, client_id=consent.client_id).delete()
        await issued.deny_families(families, issued.access_life())
        _tell("consent.withdrawn", consent, actor)
        await consent.save()
    issued.forget(families)
    return consent


async def families_of(account_id: str, client_id: str) -> list[str]:
    """Everything that was issued to an application for a person."""
    found: set[str] = set()
    for model in (AuthorizationCode, RefreshToken, Device):
        rows = model.filter(account_id=account_id, client_id=client_id)
        found.update(str(row) for row in await rows.values_list("family", flat=True))
    return sorted(found)


async def _in_force(account_id: str, client_id: str) -> Consent | None:
    return await Consent.get_or_none(account_id=account_id, client_id=client_id, withdrawn_at=None)


def _tell(kind: str, consent: Consent, actor: Actor) -> None:
    events.record(
        kind,
        consent,
        actor,
        audience=[(consent.account_id, Permission.OWN_ACCOUNT)],
        data={
            "consent": {
                "id": consent.id,
                "clientId": consent.client_id,
                "clientName": consent.client_name,
                "scopes": consent.scope.split(),
            }
        },
    )


def own(viewer: Actor) -> Select | None:
    """The consents of the viewer that are in force, the newest first."""
    if not viewer.may(Permission.OWN_ACCOUNT, viewer.id):
        return None
    mine = Select("auth_consent").where(equals("account_id", viewer.id), is_null("withdrawn_at"))
    return mine.by(falling("id"))
