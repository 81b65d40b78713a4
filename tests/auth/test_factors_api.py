"""Second factors over the API: read by their owner, reset by an administrator."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType

from auth.factors.models import Factor, PendingLogin, RecoveryCode
from auth.factors.pending import LIFE
from auth.models import Session
from domain import events
from domain.access import Permission
from domain.clock import now
from domain.events import transaction
from domain.ids import new_id
from domain.mail import actions as mail
from resolvers.root import schema
from tests.api import Api, ask
from tests.contract.test_permissions import rows
from tests.make import a_factor

MINE = (
    "{ viewer { security { recoveryCodesLeft factors { id kind name suspectedAt lastUsedAt } } } }"
)
RESET = (
    "mutation($id: ID!, $key: String) { accountFactorsReset(input: {accountId: $id,"
    " idempotencyKey: $key}) { account { id } userErrors { code path rule } replayed } }"
)
NODE = "query($id: ID!) { node(id: $id) { id ... on SecondFactor { name } } }"


async def test_a_person_reads_its_own_factors(api: Api) -> None:
    person = api.world.people["plain"]
    factor = await Factor.get(account_id=person.id)

    mine = await api("plain")(MINE)
    other = await api("supplier")(MINE)

    assert mine.payload["security"]["recoveryCodesLeft"] == 10
    (shown,) = mine.payload["security"]["factors"]
    assert (shown["id"], shown["kind"], shown["name"]) == (factor.id, "TOTP", "Téléphone")
    assert shown["suspectedAt"] is None
    assert other.payload["security"] == {"recoveryCodesLeft": 0, "factors": []}


async def test_the_factors_of_others_are_not_found(api: Api) -> None:
    factor = await Factor.get(account_id=api.world.people["plain"].id)

    seen = {
        persona: (await api(persona)(NODE, id=factor.id)).payload
        for persona in ("plain", "supplier", "administrator", "erp", "anonymous")
    }

    assert seen.pop("plain") == {"id": factor.id, "name": "Téléphone"}
    assert set(seen.values()) == {None}


async def test_machines_nobody_and_narrow_tokens_see_no_factors(api: Api) -> None:
    narrow = api.token("plain", scopes=frozenset({Permission.READ_STRUCTURE.value}))

    assert (await api("erp")(MINE)).payload == {"security": None}
    assert (await api("anonymous")(MINE)).payload == {"security": None}
    assert (await ask(api.http, MINE, {}, token=narrow)).payload == {"security": None}


def test_the_schema_shows_no_secret_of_a_factor() -> None:
    shown = schema._schema.type_map["SecondFactor"]

    assert isinstance(shown, GraphQLObjectType)
    assert set(shown.fields) == {"id", "kind", "name", "suspectedAt", "createdAt", "lastUsedAt"}


async def test_an_administrator_resets_the_factors_of_who_lost_them(api: Api) -> None:
    person = api.world.people["plain"]
    await a_factor(person, "Tablette")
    await _logged_in(person.id)
    await _waiting(person.id)

    answer = await api("administrator")(RESET, id=person.id, key="once")
    again = await api("administrator")(RESET, id=person.id, key="once")

    assert answer.payload["account"] == {"id": person.id}
    assert answer.user_errors == []
    assert again.payload["replayed"] is True
    for model in (Factor, RecoveryCode, PendingLogin, Session):
        assert not await model.exists(account_id=person.id), model
    event = (await events.of_subject(person.id))[-1]
    assert (event.kind, event.data) == ("account.factors_reset", {"count": 2})
    assert event.actor_id == api.world.people["administrator"].id
    assert event.audience == [("*", "platform:administer"), (person.id, "account:self")]
    message, words = (await mail.latest(1))[0]
    assert (message.kind, message.recipient) == ("account_factors_reset", person.email)
    assert "/oauth/account" in words.body


@pytest.mark.parametrize("persona", ["supplier", "plain", "erp", "anonymous"])
async def test_nobody_else_resets_anything(api: Api, persona: str) -> None:
    before = await rows()

    answer = await api(persona)(RESET, id=api.world.people["plain"].id, key="k")

    assert answer.codes == ["UNAUTHENTICATED" if persona == "anonymous" else "FORBIDDEN"]
    assert await rows() == before


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("supplier", ("NO_FACTOR", "BDR-ACC-054")),
        ("nobody", ("NOT_FOUND", "BDR-REQ-001")),
        ("nonsense", ("NOT_FOUND", "BDR-REQ-001")),
    ],
)
async def test_there_must_be_something_to_reset(
    api: Api, target: str, problem: tuple[str, str]
) -> None:
    ids = {"nobody": new_id("acc"), "nonsense": "x" * 300}
    before = await rows()

    answer = await api("administrator")(
        RESET, id=ids.get(target) or api.world.people[target].id, key="k"
    )

    (error,) = answer.payload["userErrors"]
    assert (error["code"], error["rule"], error["path"]) == (*problem, ["accountId"])
    assert await rows() == before


async def test_an_owner_follows_what_happens_to_its_factors_and_nobody_else_does(api: Api) -> None:
    person = api.world.people["recipient"]
    await a_factor(person)
    pull = (
        "{ events(first: 50, filter: {kinds: [ACCOUNT_FACTOR_ADDED]})"
        " { nodes { kind subjectId } } }"
    )

    seen = {
        persona: [n["subjectId"] for n in (await api(persona)(pull)).payload["nodes"]]
        for persona in ("recipient", "supplier", "administrator")
    }

    assert seen == {"recipient": [person.id], "supplier": [], "administrator": []}


async def _logged_in(account_id: str) -> None:
    at = now()
    async with transaction():
        await Session.create(
            id=new_id("ses"),
            token_hash="a" * 64,
            account_id=account_id,
            methods="pwd otp mfa",
            user_agent="",
            address="",
            authenticated_at=at,
            expires_at=at,
            last_seen_at=at,
            idle_until=at,
        )


async def _waiting(account_id: str) -> None:
    async with transaction():
        await PendingLogin.create(
            id=new_id("pen"),
            token_hash="b" * 64,
            account_id=account_id,
            methods="pwd",
            goes_on="",
            created_at=now(),
            expires_at=now() + LIFE,
        )
