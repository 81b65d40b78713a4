"""An integrator acts for the structures that let it, and for no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from auth import technical
from domain.access import Permission, Role
from domain.accounts.actions import rights_of
from domain.accounts.models import Account, Attachment
from domain.clock import Clock, now
from domain.connections import accounts, delegations
from domain.connections.rules import TechnicalDraft
from domain.structures.models import Structure
from tests.api import Api, ask
from tests.connections.kit import (
    GRANT,
    UPDATE,
    VIEWER,
    WITHDRAW,
    access,
    as_machine,
    kinds_about,
    letters_to,
    settled,
)
from tests.make import a_supplier, actor_of, an_invoice, some_parties
from tests.placeholders import filled
from tests.world import ERP_SCOPE_LIST

INVOICES = "{ invoices(first: 50) { nodes { id supplier { id } } } }"
LIST = "{ delegations(first: 50) { nodes { id status delegate { id } } } }"
WRITE = {"space": "FACTURES_EMISES", "level": "MODIFICATION"}
READ = {"space": "FACTURES_EMISES", "level": "CONSULTATION_UNIQUEMENT"}


def a_grant(api: Api, **changes: Any) -> dict[str, Any]:
    """The supplier lets the integrator, whichever of its accounts, deposit for it."""
    asked = {
        "structureId": api.world.parties.supplier.id,
        "to": {"structureId": api.world.integrator.id},
        "spaces": [WRITE],
    }
    return asked | changes


async def as_connector(api: Api, text: str, **variables: Any) -> Any:
    """What the integrator's account is answered."""
    world = api.world
    return await as_machine(api, world.connector.id, world.connector_secret, text, **variables)


async def held_by(account_id: str) -> dict[str, list[str]]:
    """What an account holds, by structure, its own account aside."""
    rights = await rights_of(account_id)
    return {on: sorted(held) for on, held in rights.items() if on != account_id}


async def test_an_integrator_acts_for_two_structures_and_sees_only_these(api: Api) -> None:
    world = api.world
    stranger = await a_supplier()
    foreign = await an_invoice(
        parties=await some_parties(supplier=stranger, recipient=world.parties.recipient)
    )
    await api("supplier")(GRANT, input=a_grant(api))

    deposits = [
        await as_connector(api, DEPOSIT, input=_content(api, structure))
        for structure in (world.parties.supplier, world.unsigned)
    ]
    refused = await as_connector(api, DEPOSIT, input=_content(api, stranger))
    seen = await as_connector(api, INVOICES)
    viewer = (await as_connector(api, VIEWER)).payload

    assert [d.user_errors for d in deposits] == [
        [],
        [("MANDATE_REQUIRED", ["invoice", "supplierId"])],
    ]
    assert ("NOT_FOUND", ["invoice", "supplierId"]) in refused.user_errors
    suppliers = {node["supplier"]["id"] for node in seen.payload["nodes"]}
    assert suppliers == {world.parties.supplier.id}
    assert foreign.id not in {node["id"] for node in seen.payload["nodes"]}
    assert {m["structure"]["id"] for m in viewer["memberships"]} == {
        world.integrator.id,
        world.parties.supplier.id,
        world.unsigned.id,
    }


DEPOSIT = (
    "mutation($input: InvoiceSubmitInput!) { invoiceSubmit(input: $input) {"
    " invoice { id supplier { id } } userErrors { code path } } }"
)
_numbers = iter(range(1, 1_000))


def _content(api: Api, structure: Structure) -> dict[str, Any]:
    number = f"INT-{next(_numbers)}"
    return {
        "idempotencyKey": number,
        "invoice": {
            "supplierId": structure.id,
            "recipientSiret": api.world.parties.recipient.identifier,
            "number": number,
            "issuedOn": now().date().isoformat(),
            "vatType": "TVA_SUR_DEBIT",
            "paymentMode": "VIREMENT",
            "lines": [{"name": "Conseil", "quantity": "1", "unitPrice": "100", "vatRate": "20"}],
            "totalNet": "100.00",
            "totalVat": "20.00",
            "totalGross": "120.00",
            "amountToPay": "120.00",
        },
    }


async def test_what_it_does_says_on_whose_behalf_and_each_side_sees_its_own(api: Api) -> None:
    world = api.world
    await api("supplier")(GRANT, input=a_grant(api))
    made = await as_connector(api, DEPOSIT, input=_content(api, world.parties.supplier))
    asked = (
        "query($f: EventFilter) { events(filter: $f) { nodes { actor { kind name technicalAccount }"
        " onBehalfOf { structureId } } } }"
    )
    subjects = {"f": {"subjects": [made.payload["invoice"]["id"]], "kinds": ["INVOICE_SUBMITTED"]}}

    own = await api("supplier")(asked, **subjects)
    other = await api("recipient")(asked, **subjects)

    behalf = {"structureId": world.parties.supplier.id}
    assert own.payload["nodes"] == [
        {
            "actor": {
                "kind": "CLIENT",
                "name": "Connecteur universel",
                "technicalAccount": world.connector.id,
            },
            "onBehalfOf": behalf,
        }
    ]
    assert other.payload["nodes"] == [
        {
            "actor": {"kind": "CLIENT", "name": None, "technicalAccount": None},
            "onBehalfOf": behalf,
        }
    ]


async def test_a_delegation_opens_its_spaces_and_no_more(api: Api) -> None:
    world = api.world

    await api("supplier")(GRANT, input=a_grant(api, spaces=[READ]))

    held = await held_by(world.connector.id)
    assert held[world.parties.supplier.id] == ["invoice:read_issued", "structure:read"]
    viewer = (await as_connector(api, VIEWER)).payload
    by_structure = {m["structure"]["id"]: m["permissions"] for m in viewer["memberships"]}
    # Cut to the scopes of the account, which lacks structure:read.
    assert by_structure[world.parties.supplier.id] == ["invoice:read_issued"]


async def test_a_withdrawn_delegation_opens_nothing_from_then_on(api: Api) -> None:
    world = api.world
    token = await access(api, world.connector.id, world.connector_secret)
    before = (await ask(api.http, VIEWER, {}, token=token)).payload["memberships"]

    gone = await api("supplier")(WITHDRAW, input={"id": world.delegation.id})
    after = (await ask(api.http, VIEWER, {}, token=token)).payload["memberships"]
    again = await api("supplier")(WITHDRAW, input={"id": world.delegation.id})

    assert gone.payload["delegation"]["status"] == "WITHDRAWN"
    assert world.unsigned.id in {m["structure"]["id"] for m in before}
    assert world.unsigned.id not in {m["structure"]["id"] for m in after}
    assert again.user_errors == [("WRONG_STATUS", ["id"])]
    assert await kinds_about(world.delegation.id) == [
        "delegation.granted",
        "delegation.withdrawn",
    ]


async def test_both_structures_are_told_and_written_to(api: Api) -> None:
    world = api.world
    maker = await _manager_of(world.integrator)

    made = (await api("supplier")(GRANT, input=a_grant(api))).payload["delegation"]

    assert await letters_to(world.people["supplier"].email) == ["delegation_granted"]
    assert await letters_to(maker[1]) == ["delegation_granted"]
    events = (
        "query($f: EventFilter) { events(filter: $f) {"
        " nodes { kind onBehalfOf { structureId } } } }"
    )
    for person in (world.people["supplier"].id, maker[0]):
        token = api.signed(person, world.erp.id, frozenset(p.value for p in Permission))
        told = await ask(api.http, events, {"f": {"subjects": [made["id"]]}}, token=token)
        assert told.payload["nodes"] == [
            {
                "kind": "DELEGATION_GRANTED",
                "onBehalfOf": {"structureId": world.parties.supplier.id},
            }
        ]


async def _manager_of(structure: Structure) -> tuple[str, str]:
    attachment = await Attachment.get(structure_id=structure.id, role=Role.MAIN_MANAGER)
    account = await Account.get(id=attachment.member_id)
    return account.id, account.email


async def test_the_integrator_may_give_a_delegation_back(api: Api) -> None:
    world = api.world
    person, _ = await _manager_of(world.integrator)
    token = api.signed(person, world.erp.id, frozenset(p.value for p in Permission))

    gone = await ask(api.http, WITHDRAW, {"input": {"id": world.delegation.id}}, token=token)

    assert gone.payload["delegation"]["status"] == "WITHDRAWN"
    assert world.unsigned.id not in await held_by(world.connector.id)


async def test_a_stranger_finds_no_delegation(api: Api) -> None:
    before = await settled()

    withdrawn = await api("recipient")(WITHDRAW, input={"id": api.world.delegation.id})
    unknown = await api("recipient")(WITHDRAW, input={"id": "dlg_none"})
    listed = await api("recipient")(LIST)

    assert withdrawn.user_errors == unknown.user_errors == [("NOT_FOUND", ["id"])]
    assert listed.payload["nodes"] == []
    assert await settled() == before


async def test_a_delegation_ends_by_itself_at_its_moment_and_this_is_told_once(
    clock: Clock, api: Api
) -> None:
    world = api.world
    end = now() + timedelta(days=30)
    until = end.isoformat().replace("+00:00", "Z")
    made = (await api("supplier")(GRANT, input=a_grant(api, until=until))).payload["delegation"]
    supplier = world.parties.supplier.id

    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    last = supplier in await held_by(world.connector.id)
    clock.advance(timedelta(seconds=1))
    # Before anything looked at the date.
    after = supplier in await held_by(world.connector.id)
    await delegations.end_due()
    await delegations.end_due()

    assert (last, after) == (True, False)
    assert await kinds_about(made["id"]) == ["delegation.granted", "delegation.expired"]
    assert await letters_to(world.people["supplier"].email) == [
        "delegation_granted",
        "delegation_expired",
    ]


async def test_a_structure_is_named_by_its_siret_too(api: Api) -> None:
    siret = api.world.integrator.identifier
    spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"

    made = await api("supplier")(GRANT, input=a_grant(api, to={"siret": spaced}))

    assert made.user_errors == []
    assert api.world.parties.supplier.id in await held_by(api.world.connector.id)


async def test_a_delegation_that_names_an_account_opens_to_no_other(api: Api) -> None:
    world = api.world
    second = await _second_account(api)

    await api("supplier")(GRANT, input=a_grant(api, to={"technicalAccountId": world.connector.id}))

    assert world.parties.supplier.id in await held_by(world.connector.id)
    assert world.parties.supplier.id not in await held_by(second)


async def test_an_account_made_later_acts_for_those_who_let_whichever(api: Api) -> None:
    await api("supplier")(GRANT, input=a_grant(api))

    second = await _second_account(api)

    held = await held_by(second)
    assert api.world.parties.supplier.id in held
    # That one names the other account.
    assert api.world.unsigned.id not in held


async def test_the_delegation_that_names_the_account_wins(api: Api) -> None:
    world, supplier = api.world, api("supplier")
    await supplier(GRANT, input=a_grant(api, spaces=[WRITE]))
    named = await supplier(
        GRANT,
        input=a_grant(api, spaces=[READ], to={"technicalAccountId": world.connector.id}),
    )

    narrow = (await held_by(world.connector.id))[world.parties.supplier.id]
    await supplier(WITHDRAW, input={"id": named.payload["delegation"]["id"]})
    wide = (await held_by(world.connector.id))[world.parties.supplier.id]

    assert "invoice:issue" not in narrow
    assert "invoice:issue" in wide


async def test_an_account_may_be_kept_to_some_of_the_structures(api: Api) -> None:
    world = api.world
    await api("supplier")(GRANT, input=a_grant(api))
    maker = await _maker(api)

    await technical.update(maker, world.connector.id, {"acts_for": (world.unsigned.id,)})
    kept = await held_by(world.connector.id)
    await technical.update(maker, world.connector.id, {"acts_for": None})
    all_of_them = await held_by(world.connector.id)

    assert kept.keys() == {world.integrator.id, world.unsigned.id}
    assert all_of_them.keys() == {
        world.integrator.id,
        world.unsigned.id,
        world.parties.supplier.id,
    }


async def test_an_account_does_not_help_itself_to_a_structure(api: Api) -> None:
    maker = api.world.integrator
    person, _ = await _manager_of(maker)
    token = api.signed(person, api.world.erp.id, frozenset(p.value for p in Permission))
    asked = {
        "id": api.world.connector.id,
        "structures": [api.world.parties.recipient.id],
    }

    refused = await ask(api.http, UPDATE, {"input": asked}, token=token)

    assert refused.user_errors == [("NOT_ALLOWED", ["structures", "0"])]
    assert api.world.parties.recipient.id not in await held_by(api.world.connector.id)


async def test_a_suspended_or_revoked_account_acts_for_nobody(api: Api) -> None:
    maker = await _maker(api)

    await accounts.revoke_account(maker, api.world.connector.id)

    assert await held_by(api.world.connector.id) == {}


WRONG: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"spaces": []}, [("REQUIRED", ["spaces"])]),
    ({"spaces": [READ, WRITE]}, [("INVALID_VALUE", ["spaces", "1"])]),
    ({"until": "2020-01-01T00:00:00Z"}, [("OUT_OF_RANGE", ["until"])]),
    ({"to": {"structureId": "{supplier}"}}, [("NOT_ALLOWED", ["to"])]),
    ({"to": {"technicalAccountId": "{technicalAccount}"}}, [("NOT_ALLOWED", ["to"])]),
    ({"to": {"technicalAccountId": "cli_none"}}, [("NOT_FOUND", ["to", "technicalAccountId"])]),
    ({"to": {"structureId": "x" * 500}}, [("NOT_FOUND", ["to", "structureId"])]),
    ({"to": {"siret": "73282932000074"}}, [("NOT_FOUND", ["to", "siret"])]),
    ({"structureId": "{recipient}"}, [("NOT_FOUND", ["structureId"])]),
]


@pytest.mark.parametrize(("changes", "errors"), WRONG, ids=[str(w[0])[:50] for w in WRONG])
async def test_a_wrong_delegation_is_refused(
    api: Api, changes: dict[str, Any], errors: list[tuple[str, list[str]]]
) -> None:
    before = await settled()

    answer = await api("supplier")(GRANT, input=a_grant(api, **filled(changes, api.world.names())))

    assert answer.user_errors == errors
    assert await settled() == before


async def test_the_same_delegation_is_granted_once(api: Api) -> None:
    await api("supplier")(GRANT, input=a_grant(api))
    before = await settled()

    again = await api("supplier")(GRANT, input=a_grant(api, spaces=[READ]))

    assert again.user_errors == [("DUPLICATE_DELEGATION", ["to"])]
    assert await settled() == before


async def test_nobody_entrusts_what_it_does_not_hold(api: Api) -> None:
    """A manager by a token that may not deposit cannot let a machine deposit."""
    narrow = api.token("supplier", frozenset({"connection:manage", "invoice:read_issued"}))
    before = await settled()

    refused = await ask(api.http, GRANT, {"input": a_grant(api)}, token=narrow)

    assert refused.user_errors == [("FORBIDDEN", ["spaces", "0"])]
    assert await settled() == before


async def test_a_token_of_before_deposits_nothing_after_the_withdrawal(api: Api) -> None:
    world = api.world
    granted = (await api("supplier")(GRANT, input=a_grant(api))).payload["delegation"]
    token = await access(api, world.connector.id, world.connector_secret)
    content = [{"input": _content(api, world.parties.supplier)} for _ in range(2)]
    first = await ask(api.http, DEPOSIT, content[0], token=token)

    await api("supplier")(WITHDRAW, input={"id": granted["id"]})
    second = await ask(api.http, DEPOSIT, content[1], token=token)

    assert first.user_errors == []
    assert ("NOT_FOUND", ["invoice", "supplierId"]) in second.user_errors


async def _maker(api: Api) -> Any:
    """The manager of the integrator, as a caller."""
    person, _ = await _manager_of(api.world.integrator)
    return await actor_of(await Account.get(id=person))


async def _second_account(api: Api) -> str:
    """One more account of the integrator."""
    draft = TechnicalDraft("Second connecteur", ERP_SCOPE_LIST)
    connection = api.world.connector.connection_id
    return (await technical.create(await _maker(api), connection, draft)).account.id
