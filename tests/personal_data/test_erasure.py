"""A copy of everything held about a person, and an erasure that leaves nothing but by law."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from auth import identities
from auth.external import Said
from auth.factors.models import Factor
from auth.models import Consent
from auth.provisioning import set_password
from commands.people import show_erasure
from domain import events
from domain.access import SYSTEM, ActorKind, Level, Permission, Role, Space
from domain.accounts import erasure
from domain.accounts.actions import attach, make_administrator
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.accounts.personal_data import Person, holdings, scrubbed
from domain.chain import redacting
from domain.clock import Clock, now
from domain.connections import life as connections
from domain.connections.rules import ConnectionDraft
from domain.db import dialect, fetch
from domain.errors import Forbidden, NotFound, Refused
from domain.events import transaction
from domain.identifiers import IdentifierType
from domain.ids import new_id
from domain.invoices.actions import submit
from domain.mail.actions import post, sent
from domain.mail.models import Mail
from domain.origin import UNKNOWN, Origin, Proof
from domain.signatures import certificates, texts
from domain.signatures.actions import accept_terms
from domain.signatures.models import Signature
from domain.signatures.texts import TextKind
from domain.structures.actions import sign_mandate, update_structure
from domain.structures.joining import join
from domain.structures.models import Structure
from resolvers.documents import StoredDocuments
from resolvers.http import Limits
from resolvers.root import schema
from tests.api import Api, ask
from tests.make import a_draft, a_supplier, actor_of, an_account, some_parties
from tests.webhooks.conftest import dispatched
from tests.world import a_world
from webhooks import documents, endpoints
from webhooks.endpoints import EndpointDraft
from webhooks.models import Delivery, Payload

NAME, EMAIL = "Apolline Zwingelstein", "apolline@zwingelstein.test"
PASSWORD = "une phrase de passe longue"
# What the law obliges to keep, word for word.
BY_LAW = {"signature", "certificate"}
OUR_PAGE = {"sec-fetch-site": "same-origin", "origin": "http://bordereau.test"}
EXPORT = """mutation ($input: PersonalDataExportInput!) { personalDataExport(input: $input) {
  export { url expiresAt } userErrors { code path rule } } }"""
ERASE = """mutation ($input: AccountEraseInput!) { accountErase(input: $input) {
  erasure { accountId erased kept } userErrors { code path rule } } }"""


def just_now() -> Origin:
    return Origin("192.0.2.7", "Mozilla", Proof(("pwd",), now(), "jti_1"))


async def a_lively_person(**changes: Any) -> Account:
    """Someone who used everything: structures, invoices, signatures, webhooks, e-mails."""
    world = await a_world()
    supplier = await a_supplier(has_mandate=False)
    account = await an_account(supplier, display_name=NAME, email=EMAIL, **changes)
    await set_password(account, PASSWORD)
    actor = await actor_of(account)
    text, terms = texts.present(TextKind.MANDATE), texts.present(TextKind.TERMS)
    mandate = await sign_mandate(actor, supplier.id, text.version, text.sha256, origin=just_now())
    await accept_terms(actor, terms.version, terms.sha256, just_now())
    await certificates.certificate_of(await Signature.get(id=mandate.signature_id))
    await update_structure(actor, supplier.id, {"town": "Roche-la-Molière"})
    await connections.request(
        actor, supplier.id, ConnectionDraft("ERP", NAME, EMAIL.title(), ("invoice:issue",))
    )
    # Tells the names of its people to a webhook whose document asks for them, and for no id.
    documents.configure(StoredDocuments(schema, Limits()))
    people = "query($structure: ID!) { structure(by: {id: $structure}) { attachments { nodes {"
    told = EndpointDraft(
        "https://erp.example/",
        payload=Payload.DOCUMENT,
        document=f"{people} member {{ name }} }} }} }} }}",
        kinds=("invoice.submitted",),
    )
    await endpoints.create(actor, supplier.id, told)
    await submit(actor, a_draft(await some_parties(supplier=supplier)))
    # Asks to join a structure that tells everything to a webhook: its card goes out.
    other = world.parties.supplier
    await join(account, IdentifierType.SIRET, other.identifier, name=None, is_proven=False)
    await dispatched()
    await post("account_exists", EMAIL, "FR", email=EMAIL, link="https://x.test", minutes=60)
    said = Said("https://idp.example.test", "person-1", NAME, EMAIL, True, None, False)
    await identities.link(account, said)
    for whose, browser in ((account, "one"), (None, "two")):
        await identities.arrive(said, browser, "", account=whose, email=EMAIL)
    at = now()
    async with transaction():
        await Consent.create(
            id=new_id("con"),
            account_id=account.id,
            client_id=world.erp.id,
            client_name="ERP",
            scope="invoice:issue",
            granted_at=at,
            updated_at=at,
            event_count=0,
        )
        await Factor.create(
            id=new_id("fac"), account_id=account.id, kind="EMAIL", name=NAME, created_at=at
        )
    await attach(
        account.id, world.unsigned.id, Role.USER, [(Space.FACTURES_EMISES, Level.MODIFICATION)]
    )
    return await Account.get(id=account.id)


async def tables() -> list[str]:
    if dialect() == "sqlite":
        listed = await fetch(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'structure_search%'"
        )
    else:
        listed = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted(row[0] for row in listed)


async def places_of(*words: str) -> set[str]:
    """The tables and columns in which one of the words stands, whatever the case."""
    found = set()
    for table in await tables():
        for row in await fetch(f"SELECT * FROM {table}"):
            for column, value in dict(row).items():
                if any(word.lower() in _text(value) for word in words):
                    found.add(f"{table}.{column}")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1").lower()
    return str(value).lower()


def of_tables(places: Iterable[str]) -> set[str]:
    return {place.split(".")[0] for place in places}


# Erasure


async def test_an_erased_person_is_found_in_no_table_but_where_the_law_keeps_it(
    database: str,
) -> None:
    account = await a_lively_person()
    before = await places_of(NAME, EMAIL)

    await erasure.erase(await actor_of(account), account.id, just_now())

    # The search finds things: it is not blind.
    assert {
        "account.display_name", "account.email", "event.actor_name", "event.data",
        "webhook_delivery.body", "mail.recipient", "auth_factor.name",
        "connection.contact_name", "connection.contact_email", "signature.account_name",
        "signature.account_email", "certificate.statement",
    } <= before  # fmt: skip
    (answered,) = await Delivery.filter(body__contains='"document":"whq_')
    assert account.display_name not in answered.body
    assert "Compte effacé" in answered.body
    last = await Mail.get(recipient=EMAIL)
    assert of_tables(await places_of(NAME, EMAIL)) == BY_LAW | {"mail"}
    # The last message goes, and its address with it.
    await sent(last)
    assert of_tables(await places_of(NAME, EMAIL)) == BY_LAW
    assert last.kind == "account_erased"


async def test_the_account_is_closed_and_its_members_lose_it_at_once(
    database: str, clock: Clock
) -> None:
    account = await a_lively_person()
    head = await events.head()

    done = await erasure.erase(await actor_of(account), account.id, just_now())

    await account.refresh_from_db()
    assert (account.status, account.password_hash) == (AccountStatus.ERASED, None)
    assert (account.display_name, account.email) == (
        "Compte effacé",
        f"{account.id}@erased.invalid",
    )
    attachments = await Attachment.filter(member_id=account.id)
    assert {a.status for a in attachments} == {AttachmentStatus.SUPPRIMEE}
    assert (await actor_of(account)).structures(Permission.READ_STRUCTURE) == frozenset()
    (told,) = await events.after(head, limit=10)
    assert (told.kind, told.subject_id, told.actor_name) == (
        "account.erased",
        account.id,
        "Compte effacé",
    )
    assert told.data == {
        "account": {"id": account.id, "status": "ERASED"},
        "redacted": await redacting.told(told.id),
    }
    assert done.account_id == account.id
    assert any("L. 123-22" in words.fr for words in done.kept)
    assert any("2224" in words.fr for words in done.kept)


async def test_evidence_stays_and_the_time_of_the_terms_begins_to_run(
    database: str, clock: Clock
) -> None:
    account = await a_lively_person()

    await erasure.erase(await actor_of(account), account.id, just_now())

    kept = {s.document: s for s in await Signature.filter(account_id=account.id)}
    assert {kind: s.account_name for kind, s in kept.items()} == dict.fromkeys(TextKind, NAME)
    assert kept[TextKind.TERMS].ended_at == now()
    assert kept[TextKind.MANDATE].ended_at is None


async def test_a_homonym_keeps_its_name(database: str) -> None:
    homonym = await an_account(await a_supplier(name=NAME, has_mandate=False), display_name=NAME)
    await update_structure(
        await actor_of(homonym), (await _structure_named(NAME)).id, {"town": "Lyon"}
    )
    account = await an_account(display_name=NAME, email=EMAIL)

    await erasure.erase(await actor_of(account), account.id, just_now())

    await homonym.refresh_from_db()
    assert homonym.display_name == NAME
    told = [e for e in await events.after(0, limit=100) if e.actor_id == homonym.id]
    assert {e.actor_name for e in told} == {NAME}
    assert told[0].data["structure"]["name"] == NAME


async def _structure_named(name: str) -> Structure:
    return await Structure.get(name=name)


def test_only_what_is_about_the_person_is_scrubbed() -> None:
    person = Person("acc_1", EMAIL, NAME)
    new = {"name": "N", "email": "E"}
    card = {
        "structure": {"id": "str_1", "name": NAME},
        "attachment": {"memberId": "acc_1", "memberName": NAME, "by": [{"name": NAME}]},
        "sentTo": [EMAIL],
        "count": 1,
    }

    assert scrubbed(card, person, new) == {
        "structure": {"id": "str_1", "name": NAME},
        "attachment": {"memberId": "acc_1", "memberName": "N", "by": [{"name": "N"}]},
        "sentTo": ["E"],
        "count": 1,
    }


# Refusals


async def refused(actor: Any, account_id: str, origin: Origin | None = None) -> list[str]:
    before = [dict(row) for row in await fetch("SELECT * FROM account ORDER BY id")]
    head, mails = await events.head(), await Mail.all().count()
    with pytest.raises(Refused) as said:
        await erasure.erase(actor, account_id, origin or just_now())
    assert [dict(row) for row in await fetch("SELECT * FROM account ORDER BY id")] == before
    assert (await events.head(), await Mail.all().count()) == (head, mails)
    return [p.rule for p in said.value.problems]


async def test_a_main_manager_with_colleagues_hands_over_first(database: str) -> None:
    shared, alone = await a_supplier(has_mandate=False), await a_supplier(has_mandate=False)
    account = await an_account(shared, alone)
    colleague = await an_account()
    await attach(colleague.id, shared.id, Role.USER)
    actor = await actor_of(account)

    assert await refused(actor, account.id) == ["BDR-SIG-023"]
    async with transaction():
        await Attachment.filter(member_id=account.id, structure_id=shared.id).update(
            role=Role.SECONDARY_MANAGER
        )
    # Alone in a structure, there is nobody to hand over to: the law does not make it wait.
    assert (await erasure.erase(actor, account.id, just_now())).account_id == account.id


async def test_erasure_needs_a_recent_log_in_and_the_right_person(
    database: str, clock: Clock
) -> None:
    account, other = await an_account(), await an_account()
    actor = await actor_of(account)
    stale = Origin(proof=Proof(("pwd",), now() - erasure.FRESH - timedelta(seconds=1), "jti_1"))

    assert await refused(actor, account.id, stale) == ["BDR-SIG-021"]
    assert await refused(actor, account.id, UNKNOWN) == ["BDR-SIG-021"]
    assert await refused(actor, other.id) == ["BDR-REQ-001"]
    assert await refused(actor, "acc_unknown") == ["BDR-REQ-001"]
    machine = type(actor)("cli_1", ActorKind.CLIENT, "ERP", {"cli_1": frozenset(Permission)})
    assert await refused(machine, "cli_1") == ["BDR-SIG-020"]
    narrow = actor.limited_to(["invoice:issue"])
    assert await refused(narrow, account.id) == ["BDR-REQ-001"]
    with pytest.raises(NotFound):
        await erasure.export(actor, other.id)
    with pytest.raises(Forbidden):
        await erasure.export(machine, "cli_1")


async def test_an_administrator_erases_others_and_the_last_one_stays(database: str) -> None:
    account = await an_account()
    administrator = await an_account(is_administrator=True)
    actor = await actor_of(administrator)

    await erasure.erase(actor, account.id, just_now())

    assert await refused(actor, administrator.id) == ["BDR-SIG-024"]
    assert await refused(actor, account.id) == ["BDR-SIG-022"]
    second = await an_account(display_name="Seconde")
    await make_administrator(second.id)
    await erasure.erase(await actor_of(second), administrator.id, just_now())
    told = [e for e in await events.after(0, limit=100) if e.kind == "account.erased"]
    assert [e.actor_name for e in told] == ["Compte effacé", "Seconde"]


# The copy


async def test_the_copy_holds_everything_and_no_secret(database: str) -> None:
    account = await a_lively_person()

    copy = json.loads(erasure.as_json(await erasure.export(await actor_of(account), account.id)))

    assert copy["account"] == {"id": account.id, "email": EMAIL, "name": NAME}
    filled = {name for name, rows in copy["data"].items() if rows}
    assert {
        "account", "attachments", "events", "invoices", "mail", "signatures", "mandates",
        "consents", "factors", "webhooks", "connections",
    } <= filled  # fmt: skip
    assert copy["data"].keys() == copy["descriptions"].keys() == {h.name for h in holdings()}
    assert {e["kind"] for e in copy["data"]["events"]} >= {"invoice.submitted", "mandate.signed"}
    text = json.dumps(copy)
    for secret in ("password_hash", "token_hash", "sealed", "argon2", "code_hash"):
        assert secret not in text
    assert copy["keptByLaw"]


async def test_the_copy_holds_nothing_of_others(database: str) -> None:
    account = await a_lively_person()
    others = [a for a in await Account.all() if a.id != account.id]

    text = erasure.as_json(await erasure.export(await actor_of(account), account.id)).decode()

    assert len(others) > 3
    assert [a.email for a in others if a.email in text] == []
    assert [a.display_name for a in others if a.display_name in text] == []


# Through the door


async def test_a_copy_is_opened_by_its_link_for_a_while_and_recorded(
    api: Api, clock: Clock
) -> None:
    account = api.world.people["plain"]

    done = await api("plain")(EXPORT, input={"idempotencyKey": "k"})
    other = await api("plain")(EXPORT, input={"accountId": api.world.people["supplier"].id})
    url = done.payload["export"]["url"]
    opened = await api.http.get(url)
    changed = await api.http.get(url.replace(account.id, api.world.people["supplier"].id))
    clock.freeze(now() + timedelta(minutes=6))
    late = await api.http.get(url)

    assert other.user_errors == [("NOT_FOUND", ["accountId"])]
    assert opened.status_code == 200
    assert opened.headers["content-disposition"].startswith("attachment;")
    assert opened.json()["account"]["email"] == account.email
    assert [changed.status_code, late.status_code] == [404, 404]
    told = [e for e in await events.after(0, limit=1_000) if e.kind == "account.data_exported"]
    assert [(e.subject_id, e.actor_id) for e in told] == [(account.id, account.id)]


async def test_an_account_erased_through_the_api_opens_nothing_any_more(api: Api) -> None:
    token = api.token("plain")
    assert token is not None

    async def send(text: str, **variables: Any) -> Any:
        return await ask(api.http, text, variables, token=token)

    done = await send(ERASE, input={"idempotencyKey": "k"})
    after = await send("{ viewer { id } }")

    assert done.user_errors == []
    assert done.payload["erasure"]["accountId"] == api.world.people["plain"].id
    assert "Compte" in done.payload["erasure"]["erased"]
    assert after.status == 401


async def test_the_page_gives_a_copy_then_erases_after_a_tick(api: Api) -> None:
    account = await an_account()
    await set_password(account, PASSWORD)

    async def submit_form(page: httpx2.Response, action: str, **filled: str) -> httpx2.Response:
        form = next(f for f in page.text.split("<form")[1:] if f'action="{action}"' in f)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
        fields = {name: html.unescape(value) for name, value in hidden} | filled
        return await api.http.post(action, data=fields, headers=OUR_PAGE)

    first = await api.http.get("/oauth/account/data", follow_redirects=True)
    entered = await submit_form(first, "/oauth/login", email=account.email, password=PASSWORD)
    page = await api.http.get(entered.headers["location"])
    copy = await submit_form(page, "/oauth/account/data/copy")
    unticked = await submit_form(page, "/oauth/account/data/erase")
    foreign = await api.http.post(
        "/oauth/account/data/erase",
        data={"agreed": "yes"},
        headers={"sec-fetch-site": "cross-site"},
    )
    still = await Account.get(id=account.id)
    done = await submit_form(page, "/oauth/account/data/erase", agreed="yes")

    assert "oauth/login" in str(first.url)
    assert copy.json()["account"]["id"] == account.id
    assert (unticked.status_code, foreign.status_code) == (400, 403)
    assert still.status == AccountStatus.ACTIVE
    assert (done.status_code, (await Account.get(id=account.id)).status) == (
        200,
        AccountStatus.ERASED,
    )
    again = await api.http.get("/oauth/account/data")
    assert again.status_code == 303


async def test_the_page_asks_for_a_fresh_proof_before_it_erases(api: Api, clock: Clock) -> None:
    account = await an_account()
    await set_password(account, PASSWORD)
    page = await api.http.get("/oauth/account/data", follow_redirects=True)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    fields = {n: html.unescape(v) for n, v in hidden.items()}
    fields |= {"email": account.email, "password": PASSWORD}
    await api.http.post("/oauth/login", data=fields, headers=OUR_PAGE)
    clock.freeze(now() + timedelta(minutes=11))
    page = await api.http.get("/oauth/account/data")
    found = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert found

    asked = await api.http.post(
        "/oauth/account/data/erase",
        data={"form_token": found[1], "agreed": "yes"},
        headers=OUR_PAGE,
    )

    assert asked.headers["location"].endswith("/oauth/account/confirm?then=personal_data")
    assert (await Account.get(id=account.id)).status == AccountStatus.ACTIVE


# The command


async def test_the_operator_copies_and_erases_for_who_asks_by_letter(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account = await an_account(display_name=NAME, email=EMAIL)

    copy = json.loads(erasure.as_json(await erasure.export(SYSTEM, account.id)))
    assert show_erasure(await erasure.erase(SYSTEM, account.id, UNKNOWN)) == 0

    assert copy["account"]["name"] == NAME
    said = capsys.readouterr().out
    assert account.id in said
    assert "kept by law: Invoices" in said
    assert await places_of(NAME) == set()
