"""What webhooks carry is what the JSON Schemas say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from auth import consents, devices, identities, recovery, technical
from auth.external import Said
from auth.factors import actions as factors
from domain import cursors, deadlines, events, policy
from domain.access import SYSTEM, Actor, Level, Role, Space
from domain.accounts import erasure, life
from domain.accounts.membership import MemberAction
from domain.accounts.models import Account, Attachment
from domain.catalogue import EVENT_KINDS
from domain.claims.circuit import ClaimAction
from domain.clock import Clock, now, today
from domain.connections import accounts as machines
from domain.connections import delegations
from domain.connections import life as connections
from domain.connections.delegations import Delegate
from domain.connections.steps import ConnectionAction
from domain.contracts import actions as contracts
from domain.contracts.actions import Answer as RoleAnswer
from domain.contracts.codes import ContractRole
from domain.contracts.steps import ContractAction, ContractRoleAction
from domain.events import Event
from domain.feed import SPEAKS_OF, Direction, EventFilter
from domain.identifiers import IdentifierType
from domain.ids import new_id
from domain.inbox import actions as inbox
from domain.inbox.rules import Place
from domain.invoices.lifecycle import InvoiceAction as A
from domain.memos.actions import MEMOS
from domain.origin import UNKNOWN, Origin, Proof
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds.actions import REFUNDS
from domain.sandbox import travel
from domain.signatures import texts
from domain.signatures.actions import accept_terms
from domain.signatures.texts import TextKind
from domain.structures import actions, managers, members, siret_changes, spaces
from domain.structures.joining import join
from domain.structures.models import ServiceStatus
from domain.structures.siret_changes import SiretChangeDraft
from domain.works.lifecycle import WorksAction
from frontend_contract.event_schemas import envelope
from frontend_contract.generate import FOLDER
from tests.claims import making
from tests.contracts.kit import a_circle, a_proposal, in_force, of_a_group, roles_of
from tests.json_schemas import problems
from tests.make import (
    a_factor,
    a_siret,
    a_situation,
    act,
    actor_of,
    an_account,
    an_actor,
    an_administrator,
    let_it_lapse,
)
from tests.rare_events import RARE
from tests.works.circuit import a_site, deposited
from tests.works.circuit import act as play
from tests.world import ERP_GRANTS, World, a_world
from webhooks import endpoints, ordering, probes, queue, replaying, replays
from webhooks import life as webhook_life
from webhooks import policy as webhook_policy
from webhooks.courier import Courier
from webhooks.documents import Answer
from webhooks.endpoints import EndpointDraft
from webhooks.envelope import body_of
from webhooks.models import Endpoint, Format, PauseReason, Payload
from webhooks.outbound import ErrorKind, Outcome, Request
from webhooks.payloads import LONGEST_BODY, body_for
from webhooks.replays import Bound, ReplayDraft

PUBLISHED: dict[str, dict[str, Any]] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in (FOLDER / "events").glob("*.schema.json")
}
SCHEMAS: dict[str, dict[str, Any]] = {
    kind: json.loads((FOLDER / "events" / f"{kind}.schema.json").read_text("utf-8"))
    for kind in EVENT_KINDS
}


@pytest.mark.parametrize(
    ("schema", "value", "count"),
    [
        ({"type": "string"}, "a", 0),
        ({"type": "string"}, None, 1),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 0),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 3, 1),
        ({"type": "integer", "minimum": 1}, 0, 1),
        ({"type": "integer"}, True, 1),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, {}, 1),
        ({"type": "string", "pattern": "^a$"}, "b", 1),
        ({"const": "a"}, "a", 0),
        ({"type": "array", "items": {"type": "string"}}, ["a"], 0),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], 1),
        ({"type": ["object", "null"]}, None, 0),
        ({"type": ["object", "null"]}, "a", 1),
    ],
)
def test_the_checker_of_these_tests_sees_what_is_wrong(
    schema: dict[str, Any], value: Any, count: int
) -> None:
    assert len(list(problems(schema, value))) == count


async def a_bit_of_everything(clock: Clock) -> World:
    """A world in which every kind of event about invoices and structures has happened."""
    world = await a_world()
    await everything_about_claims(world)
    situation = await a_situation(S.REJETEE)
    await act(situation, A.ACKNOWLEDGE)
    await act(situation, A.HANDLE_REJECTION)
    await act(await a_situation(S.COMPLETEE, commitment_number="EJ-1"), A.PAY)
    await a_situation(parties=world.parties, recipient_service_code=world.service.code)
    await let_it_lapse(await a_situation(S.A_VALIDER_1))
    recipient = an_actor(world.parties.recipient)
    await actions.update_structure(recipient, world.parties.recipient.id, {"town": "Roche"})
    await actions.update_service(recipient, world.service.id, {"name": "Voirie et réseaux"})
    await actions.update_service(recipient, world.service.id, {"status": ServiceStatus.INACTIVE})
    supplier = await world.actor("supplier")
    await actions.remove_bank_account(supplier, world.bank_account.id)
    await actions.revoke_mandate(supplier, world.parties.supplier.id)
    terms = texts.present(TextKind.TERMS)
    await accept_terms(supplier, terms.version, terms.sha256, UNKNOWN)
    await every_fact_about_members(world)
    for is_proven in (False, True):
        siret = world.parties.supplier.identifier
        await join(await an_account(), IdentifierType.SIRET, siret, name=None, is_proven=is_proven)
    await consents.withdraw(supplier, world.consent.id)
    said = Said("https://idp.example.test", "person-1", None, None, False, None, False)
    person = world.people["supplier"]
    await Account.filter(id=person.id).update(password_hash="known")
    identity = await identities.link(person, said)
    await identities.unlink(identity.account_id, identity.id)
    await everything_about_factors()
    await the_life_of_two_accounts(await world.actor("administrator"))
    await everything_about_consumers(world)
    await everything_about_webhooks(world)
    await everything_about_contracts()
    await everything_about_machines(world, clock)
    await everything_about_works(clock)
    await travel.advance(supplier, "P1D")
    return world


async def everything_about_works(clock: Clock) -> None:
    """Every kind of event about billing files and their pieces that the world does not tell."""
    site = await a_site()
    draft = await deposited(site, Frame.A4)
    statement = await deposited(
        site,
        Frame.A15,
        previous_id=draft.id,
        total_net=Decimal(500),
        total_vat=Decimal(100),
        total_gross=Decimal(600),
        amount_to_pay=Decimal(600),
        comment="Métré.",
    )
    await play(statement, WorksAction.CONTEST, site.holder, comment="Le métré était juste.")
    await play(statement, WorksAction.REFUSE, site.contracting_authority, reason="DOUBLE_FACT")
    await play(statement, WorksAction.ACKNOWLEDGE, site.project_manager)
    await play(statement, WorksAction.HANDLE_REJECTION, site.project_manager)
    final, answered = await deposited(site, Frame.A7), await deposited(site, Frame.A7)
    await deposited(site, Frame.A18, previous_id=answered.id)
    for days, after in ((31, Frame.A22), (11, Frame.A23)):
        clock.advance(timedelta(days=days))
        await deadlines.sweep()
        final = await deposited(site, after, previous_id=final.id)


async def everything_about_contracts() -> None:
    """Every kind of event about contracts that the world does not tell."""
    circle = await a_circle()
    authority, manager = an_actor(circle.authority), an_actor(circle.manager)
    contract = await a_proposal(of_a_group(circle), circle.authority)
    for row in await roles_of(contract):
        if row.role is ContractRole.PROJECT_MANAGER:
            declined = RoleAnswer(ContractRoleAction.DECLINE, comment="Non.")
            await contracts.answer(manager, row.id, declined)
        if row.role is ContractRole.SUBCONTRACTOR:
            for action in (ContractRoleAction.REFUSE_ADMISSION, ContractRoleAction.ADMIT):
                await contracts.answer(authority, row.id, RoleAnswer(action, comment="Vu."))
    await contracts.move(authority, contract.id, ContractAction.WITHDRAW)
    contract = await in_force(circle)
    terms = replace(of_a_group(circle), label="Avenant")
    await contracts.amend(authority, contract.id, terms)
    await contracts.move(authority, contract.id, ContractAction.WITHDRAW_AMENDMENT)
    await contracts.move(authority, contract.id, ContractAction.CLOSE, comment="Soldé.")


async def everything_about_claims(world: World) -> None:
    """A draft of each kind, and one that is rejected, acknowledged and handled."""
    other_year = {"consumption_year": today().year - 2}
    for claims, who, year in ((MEMOS, world.court, {}), (REFUNDS, world.tax_office, other_year)):
        await making.a_claim(claims, who, S.BROUILLON)
        claim = await making.a_claim(claims, who, S.REJETEE, **year)
        for action in (ClaimAction.ACKNOWLEDGE, ClaimAction.HANDLE_REJECTION):
            claim = await making.act(claims, who, claim, action)


async def everything_about_consumers(world: World) -> None:
    """Every kind of event about consumer groups that the world does not tell."""
    manager, lease = await world.actor("supplier"), world.lease
    assert lease is not None
    await inbox.update(manager, lease.consumer_id, {"name": "Comptabilité"})
    await inbox.seek(manager, lease.consumer_id, Place())
    await inbox.delete(manager, lease.consumer_id)


class Nowhere:
    """A client of HTTP that reaches nobody."""

    def post(self, request: Request) -> asyncio.Future[Outcome]:
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        answer.set_result(Outcome(None, 0, error=ErrorKind.NAME))
        return answer

    def close(self) -> None:
        """There is nothing to close."""


async def everything_about_webhooks(world: World) -> None:
    """A replay that is cancelled, one that ends, and a probe."""
    manager = await world.actor("supplier")
    await replays.cancel(manager, world.replay.id)
    await replays.start(manager, ReplayDraft(world.endpoint.id, Bound(cursor=cursors.event(0))))
    while await replaying.any_open():
        await replaying.advance()
    await probes.ask(manager, world.endpoint.id)
    await probes.run(Courier(Nowhere()))
    await everything_that_becomes_of_an_endpoint(manager, world)


async def everything_that_becomes_of_an_endpoint(manager: Actor, world: World) -> None:
    """One is changed, degraded, recovers, is paused, resumed and taken away."""
    draft = EndpointDraft("https://erp.example.fr/webhooks")
    structure = world.endpoint.structure_id
    identifier = (await endpoints.create(manager, structure, draft)).endpoint.id
    await endpoints.update(manager, identifier, {"description": "Essais"})
    await endpoints.rotate_secret(manager, identifier)
    last = {"lastStatus": 503, "lastError": ErrorKind.STATUS}
    async with events.transaction():
        endpoint = (await queue.lock_endpoints([identifier]))[identifier]
        webhook_life.tell(webhook_life.REVIEW_ASKED, endpoint, {})
        webhook_life.late(endpoint, now(), now())
        webhook_life.caught_up(endpoint)
        webhook_life.degrade(endpoint, now(), webhook_policy.current(), last)
        webhook_life.recover(endpoint)
        webhook_life.pause(endpoint, PauseReason.NO_SUCCESS, now(), last)
        row = {
            "id": new_id("whd"),
            "event_id": new_id("evt"),
            "event_kind": "invoice.submitted",
            "subject_id": new_id("inv"),
            "attempts": 3,
        }
        ordering.tell_skipped(endpoint, row)
        await endpoint.save()
    await endpoints.resume(manager, identifier, endpoints.Resume.ALL)
    await endpoints.delete(manager, identifier)


async def everything_about_factors() -> None:
    """A person adds, names, loses and removes second factors."""
    person = await an_account()
    first = await a_factor(person)
    await factors.rename(person.id, first.id, "Téléphone")
    await factors.suspect(person.id, first)
    codes = await factors.make_recovery_codes(person.id)
    assert await factors.use_recovery_code(person.id, codes[0])
    await a_factor(person)
    await factors.remove(person.id, first.id, is_required=True)
    await factors.reset(an_administrator(), person.id)


async def the_life_of_two_accounts(administrator: Actor) -> None:
    """One waits for an approval, the other changes all that can be changed."""
    said: dict[str, Any] = {"password_hash": "x", "locale": "FR", "invited": None}
    policy.configure(replace(policy.current(), account_approval=True))
    waiting = await life.activate("un@example.test", display_name="Un", **said)
    policy.configure(replace(policy.current(), account_approval=False))
    await life.refuse(administrator, waiting.id, "Inconnu.")
    await life.approve(administrator, waiting.id)
    account = await life.activate("deux@example.test", display_name="Deux", **said)
    await devices.end_all(await actor_of(account))
    async with events.transaction():
        account = await Account.filter(id=account.id).select_for_update().get()
        await life.change_password(account, "y", by_link=False)
    await recovery.ask_email(account, "trois@example.test", "192.0.2.1")
    async with events.transaction():
        account = await Account.filter(id=account.id).select_for_update().get()
        await life.change_email(account, "trois@example.test")
        await life.contest(account, "deux@example.test", is_free=True)
    await erasure.export(administrator, account.id)
    proven = Origin(proof=Proof(("pwd",), now(), "jti_1"))
    await erasure.erase(administrator, account.id, proven)


async def every_fact_about_members(world: World) -> None:
    structure, site = world.parties.supplier, an_administrator()
    manager, plain = await world.actor("supplier"), await world.actor("plain")
    member, newcomer = world.attachments["member"].id, world.attachments["newcomer"].id
    wish = [members.Wish(Space.FACTURES_EMISES, Level.MODIFICATION)]
    for accept in (False, True):
        await members.ask_spaces(plain, structure.id, wish, message=None)
        decision = members.Decision(member, accept, "Entendu.")
        await members.decide(manager, [decision])
    await members.ask_spaces(plain, structure.id, wish, message=None)
    await members.cancel(plain, member)
    await members.cancel(plain, world.attachments["ownRequest"].id)
    await members.decide(manager, [members.Decision(newcomer, accept=True)])
    await members.end_or_resume(manager, newcomer, MemberAction.DEACTIVATE, comment=None)
    await members.end_or_resume(manager, newcomer, MemberAction.REACTIVATE, comment=None)
    await members.end_or_resume(manager, newcomer, MemberAction.REMOVE, comment=None)
    asker = await members.request(
        await actor_of(await an_account()), structure, message=None, wishes=()
    )
    await members.decide(manager, [members.Decision(asker.id, accept=False, comment="Inconnu.")])
    leaver = await an_account(structure, role=Role.USER)
    attachment = await Attachment.get(member_id=leaver.id)
    leaving = MemberAction.LEAVE
    await members.end_or_resume(await actor_of(leaver), attachment.id, leaving, comment=None)
    await members.change_role(manager, member, Role.SECONDARY_MANAGER)
    await spaces.close_space(manager, structure.id, Space.FACTURES_EMISES)
    await spaces.open_space(manager, structure.id, Space.FACTURES_EMISES)
    await managers.replace_main_manager(site, structure.id, member, reason="Disparu.")
    for confirm in (False, True):
        change = await siret_changes.declare(
            await world.actor("plain"),
            SiretChangeDraft(structure.id, a_siret(), today(), "Déménagement."),
        )
        await siret_changes.decide(site, change.id, confirm=confirm, comment="Vu.")
    former = await Attachment.get(member_id=world.people["supplier"].id, structure_id=structure.id)
    successor = await world.actor("plain")
    await members.end_or_resume(successor, former.id, MemberAction.REACTIVATE, comment=None)
    await managers.hand_over(successor, structure.id, former.id, comment=None)


async def everything_about_machines(world: World, clock: Clock) -> None:
    """Every kind of event about connections, technical accounts and delegations."""
    supplier, site = await world.actor("supplier"), await world.actor("administrator")
    await connections.move(site, world.requested.id, ConnectionAction.REFUSE, "Motif")
    for action in (ConnectionAction.SUSPEND, ConnectionAction.RESUME):
        await connections.move(supplier, world.connection.id, action)
    await technical.update(supplier, world.erp.id, {"name": "ERP"})
    await technical.rotate(supplier, world.spare.id)
    await delegations.withdraw(supplier, world.delegation.id)
    whichever = Delegate(structure_id=world.integrator.id)
    end = now() + timedelta(days=1)
    await delegations.grant(supplier, world.unsigned.id, whichever, ERP_GRANTS, end)
    clock.advance(timedelta(days=400))
    await delegations.end_due()
    await technical.warn_of_expiry()
    clock.advance(timedelta(days=30))
    await technical.warn_of_expiry()
    await machines.revoke_account(supplier, world.spare.id)
    await Attachment.filter(member_id=supplier.id).update(role=Role.USER)
    await machines.ask_reviews()
    await connections.move(site, world.connection.id, ConnectionAction.CLOSE, "Motif")


async def test_what_is_told_is_what_the_schemas_say(database: str, clock: Clock) -> None:
    world = await a_bit_of_everything(clock)

    told = await events.after(0, limit=1_000)

    for event in told:
        body = json.loads(body_of(event, world.parties.supplier.id, "sandbox"))
        assert list(problems(SCHEMAS[event.kind], body)) == [], event.kind
    assert {event.kind for event in told} == EVENT_KINDS.keys() - RARE
    every_criterion_speaks_of_what_is_said(told)


# What every event has that a criterion says something of.
_ANY: Mapping[str, EventFilter] = {
    "statuses": EventFilter(statuses=frozenset(S)),
    "deposit_modes": EventFilter(deposit_modes=frozenset(DepositMode)),
    "directions": EventFilter(directions=frozenset(Direction)),
    "total_from": EventFilter(total_from=Decimal(-1_000_000)),
    "total_to": EventFilter(total_to=Decimal(1_000_000)),
}


def every_criterion_speaks_of_what_is_said(told: Sequence[Event]) -> None:
    """The table of what criteria apply to agrees with what events carry, kind by kind."""
    for name, filter in _ANY.items():
        fitting = {event.kind for event in told if filter.admits(event, SYSTEM)}
        assert fitting == SPEAKS_OF[name], name
    services = {
        e.data["recipient"]["serviceId"]
        for e in told
        if e.subject_kind == "invoice" and e.data["recipient"]
    } - {None}
    to_service = [e for e in told if EventFilter(services=frozenset(services)).admits(e, SYSTEM)]
    assert {e.kind for e in to_service} <= SPEAKS_OF["services"]
    assert to_service


def test_every_schema_has_an_example_that_it_admits() -> None:
    for name, schema in PUBLISHED.items():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        (example,) = schema["examples"]
        assert list(problems(schema, example)) == [], name


async def test_other_forms_of_bodies_are_as_their_schemas_say(database: str) -> None:
    world = await a_world()
    tenant = world.parties.supplier.id
    answer = Answer(b'{"event":null}', b'[{"message":"x"}]', "x")
    long = Answer(b'"' + b"x" * LONGEST_BODY + b'"')
    refused = Answer(None, b'[{"message":"x"}]', "x")

    for event in await events.after(0, limit=1_000):
        for payload, answered in (
            (Payload.FULL, None),
            (Payload.THIN, None),
            (Payload.DOCUMENT, answer),
            (Payload.DOCUMENT, long),
            (Payload.DOCUMENT, refused),
        ):
            for format in Format:
                endpoint = Endpoint(
                    structure_id=tenant, payload=payload, format=format, document="{ a }"
                )
                body = json.loads(body_for(event, endpoint, answered))
                schema = PUBLISHED[_form(event, payload, format, answered)]
                assert list(problems(schema, body)) == [], (event.kind, payload, format)
                assert body.keys() <= schema["properties"].keys()


def _form(event: Event, payload: Payload, format: Format, answered: Answer | None) -> str:
    if format is Format.CLOUDEVENTS:
        return "cloudevent"
    if payload is Payload.FULL:
        return event.kind
    is_whole = answered is not None and answered.message == "x" and answered.data is not None
    return "document" if is_whole else "thin"


async def test_an_envelope_says_no_more_than_its_schema(database: str) -> None:
    """A field that is sent and not described would be relied on by nobody's decision."""
    world = await a_world()

    for event in await events.after(0, limit=1_000):
        body = json.loads(body_of(event, world.parties.supplier.id, "sandbox"))
        schema = envelope(event.kind)["properties"]
        assert body.keys() == schema.keys()
        described = schema["data"].get("properties")
        if described is not None:
            assert body["data"].keys() <= described.keys(), event.kind
