"""Accounts over the API: ways in for front ends, approval, one's own card and log-ins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from joserfc import jwt

from auth.models import AuthorizationCode, Denied, Link, RefreshToken, Session, hashed
from auth.signup import PER_EMAIL
from domain import events
from domain.access import Permission
from domain.accounts.models import Account
from domain.clock import now
from domain.events import transaction
from domain.ids import new_id
from domain.mail import actions as mail
from domain.mail.models import Mail
from tests.api import Api, ask
from tests.make import a_siret

ERRORS = "userErrors { code rule path message(locale: FR) } cursor"
SIGN_UP = (
    "mutation($input: AccountSignUpInput!) { accountSignUp(input: $input)"
    f" {{ letter {{ email linkMinutes }} {ERRORS} }} }}"
)
RESEND = (
    "mutation($input: AccountActivationResendInput!) { accountActivationResend(input: $input)"
    f" {{ letter {{ email linkMinutes }} {ERRORS} }} }}"
)
RESET = (
    "mutation($input: PasswordResetRequestInput!) { passwordResetRequest(input: $input)"
    f" {{ letter {{ email linkMinutes }} {ERRORS} }} }}"
)
APPROVE = (
    "mutation($input: AccountApproveInput!) { accountApprove(input: $input)"
    f" {{ account {{ id status activatedAt }} replayed {ERRORS} }} }}"
)
REFUSE = (
    "mutation($input: AccountRefuseInput!) { accountRefuse(input: $input)"
    f" {{ account {{ id status }} {ERRORS} }} }}"
)
SESSIONS = "{ viewer { sessions { id browser system address isCurrent } } }"
EMAIL = "nouvelle.personne@example.fr"


async def kinds_to(recipient: str) -> list[str]:
    found = await Mail.filter(recipient=recipient).order_by("id")
    return [one.kind for one in found]


async def test_a_front_end_signs_a_person_up(api: Api) -> None:
    answer = await api("anonymous")(
        SIGN_UP, input={"email": EMAIL, "identifier": a_siret(), "locale": "EN"}
    )

    assert answer.errors == []
    assert answer.payload["letter"] == {"email": EMAIL, "linkMinutes": 60}
    assert answer.payload["cursor"] is None
    ((_, words),) = [one for one in await mail.latest() if one[0].recipient == EMAIL]
    assert words.subject == "Activate your Bordereau account"
    assert "http://bordereau.test/oauth/activate?token=" in words.body


async def test_the_api_answers_the_same_whatever_is_known_of_the_address(api: Api) -> None:
    known = api.world.people["supplier"].email
    said = {SIGN_UP: "account_exists", RESEND: "account_exists", RESET: "password_reset"}
    for text, kind in said.items():
        more = {"identifier": a_siret()} if text is SIGN_UP else {}
        answers = [
            await api("anonymous")(text, input={"email": email, **more})
            for email in (known, f"{len(more)}{EMAIL}")
        ]

        payloads = [answer.payload for answer in answers]
        assert [p["letter"].pop("email") for p in payloads] == [known, f"{len(more)}{EMAIL}"]
        assert payloads[0] == payloads[1]
        assert (await kinds_to(known))[-1] == kind


async def test_an_activation_link_is_sent_again_as_it_was_asked_for(api: Api) -> None:
    siret = a_siret()
    await api("anonymous")(SIGN_UP, input={"email": EMAIL, "identifier": siret})
    (first,) = await _links()

    again = await api("anonymous")(RESEND, input={"email": EMAIL})
    nothing = await api("anonymous")(RESEND, input={"email": "other@example.fr"})

    assert again.payload["letter"] == {"email": EMAIL, "linkMinutes": 60}
    assert nothing.payload["letter"]["linkMinutes"] == 60
    second, inert = await _links()
    assert second["token_hash"] != first["token_hash"]
    assert (second["identifier"], inert["identifier"]) == (siret, None)
    assert await kinds_to(EMAIL) == ["account_activation", "account_activation"]
    assert await kinds_to("other@example.fr") == ["account_unknown"]


async def _links() -> list[dict[str, Any]]:

    return list(await Link.all().order_by("id").values("token_hash", "identifier"))


async def test_everything_wrong_with_a_sign_up_is_said_at_once(api: Api) -> None:
    before = await Mail.all().count()

    answer = await api("anonymous")(
        SIGN_UP,
        input={
            "email": "dur\u0430nd@ex\u0430mple.fr",
            "identifier": "123",
            "authorizationRequest": "client_id=nobody&redirect_uri=https://evil.test",
        },
    )

    assert answer.payload["letter"] is None
    assert [(e["rule"], e["path"]) for e in answer.payload["userErrors"]] == [
        ("BDR-ACC-002", ["email"]),
        ("BDR-ACC-003", ["email"]),
        ("BDR-ID-001", ["identifier"]),
        ("BDR-ACC-006", ["authorizationRequest"]),
    ]
    assert await Mail.all().count() == before


async def test_who_asks_too_often_is_told_when_to_come_back(api: Api) -> None:
    for _ in range(PER_EMAIL.free):
        await api("anonymous")(RESET, input={"email": EMAIL})

    answer = await api("anonymous")(RESET, input={"email": EMAIL})

    assert answer.user_errors == [("RETRY_LATER", [])]
    assert "secondes" in answer.payload["userErrors"][0]["message"]
    assert await Mail.filter(recipient=EMAIL).count() == PER_EMAIL.free


async def test_an_administrator_approves_once_and_the_person_is_told(api: Api) -> None:
    waiting = api.world.awaiting
    asked = {"id": waiting.id, "idempotencyKey": "approve-1"}

    first = await api("administrator")(APPROVE, input=asked)
    again = await api("administrator")(APPROVE, input=asked)
    late = await api("administrator")(REFUSE, input={"id": waiting.id})

    assert first.payload["account"]["status"] == "ACTIVE"
    assert first.payload["account"]["activatedAt"] is not None
    assert first.payload["cursor"] is not None
    assert (again.payload["replayed"], again.payload["account"]["status"]) == (True, "ACTIVE")
    assert late.user_errors == [("WRONG_STATUS", ["id"])]
    assert await kinds_to(waiting.email) == ["account_approved"]


async def test_an_administrator_refuses_and_may_change_its_mind(api: Api) -> None:
    waiting = api.world.awaiting

    refused = await api("administrator")(
        REFUSE, input={"id": waiting.id, "comment": "Inconnue de nos services."}
    )
    approved = await api("administrator")(APPROVE, input={"id": waiting.id})

    assert refused.payload["account"]["status"] == "DISABLED"
    assert approved.payload["account"]["status"] == "ACTIVE"
    assert await kinds_to(waiting.email) == ["account_refused", "account_approved"]


async def test_an_unknown_account_is_not_found(api: Api) -> None:
    for wrong in (new_id("acc"), api.world.unsigned.id, "x", "a" * 300):
        answer = await api("administrator")(APPROVE, input={"id": wrong})
        assert answer.user_errors == [("NOT_FOUND", ["id"])]


async def test_administrators_list_accounts_by_status(api: Api) -> None:
    text = (
        "query($s: [AccountStatus!]) { accounts(statuses: $s, first: 3)"
        " { nodes { id email status } totalCount pageInfo { hasNextPage } } }"
    )

    waiting = await api("administrator")(text, s=["AWAITING"])
    everyone = await api("administrator")(text)
    denied = await api("supplier")(text)

    assert [n["email"] for n in waiting.payload["nodes"]] == ["attente@example.test"]
    assert everyone.payload["totalCount"] == await Account.all().count()
    assert everyone.payload["pageInfo"]["hasNextPage"] is True
    assert denied.codes == ["FORBIDDEN"]


async def test_a_person_sees_its_own_account_and_no_other(api: Api) -> None:
    own, other = api.world.people["supplier"], api.world.people["recipient"]
    text = (
        "query($own: ID!, $other: ID!) { viewer { account { email } }"
        " own: node(id: $own) { ... on Account { email } } other: node(id: $other) { id } }"
    )

    seen = await api("supplier")(text, own=own.id, other=other.id)
    all_seen = await api("administrator")(text, own=own.id, other=other.id)
    machine = await api("erp")(text, own=own.id, other=other.id)
    nobody = await api("anonymous")(text, own=own.id, other=other.id)

    assert seen.data == {
        "viewer": {"account": {"email": own.email}},
        "own": {"email": own.email},
        "other": None,
    }
    assert all_seen.data["other"] == {"id": other.id}
    for answer in (machine, nobody):
        assert answer.data == {"viewer": {"account": None}, "own": None, "other": None}


async def test_a_token_without_the_scope_shows_no_account(api: Api) -> None:
    scopes = frozenset({Permission.READ_ISSUED.value})
    token = api.token("supplier", scopes)

    answer = await ask(
        api.http, "{ viewer { account { email } sessions { id } } }", {}, token=token
    )

    assert answer.payload == {"account": None, "sessions": []}


# Log-ins


async def a_log_in(api: Api, persona: str, agent: str = "", **changes: Any) -> Session:
    at = now()
    values: dict[str, Any] = {
        "token_hash": hashed(new_id("tok")),
        "account_id": api.world.people[persona].id,
        "methods": "pwd",
        "user_agent": agent,
        "address": "192.0.2.20",
        "authenticated_at": at,
        "last_seen_at": at,
        "idle_until": at + timedelta(hours=1),
        "expires_at": at + timedelta(hours=12),
    }
    async with transaction():
        return await Session.create(id=new_id("ses"), **(values | changes))


async def a_family(api: Api, session: Session) -> str:
    """Tokens that an application got from the log-in."""
    family, at = new_id("fam"), now()
    async with transaction():
        await RefreshToken.create(
            id=new_id("rft"),
            token_hash=hashed(family),
            family=family,
            client_id=api.world.erp.id,
            account_id=session.account_id,
            session_id=session.id,
            scope="account:self",
            methods="pwd",
            authenticated_at=at,
            issued_at=at + timedelta(minutes=5),
            expires_at=at + timedelta(days=1),
        )
    return family


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


async def test_a_person_sees_where_it_is_logged_in_in_words(api: Api) -> None:
    await a_log_in(api, "recipient", CHROME)
    chrome = await a_log_in(api, "supplier", CHROME)
    phone = await a_log_in(api, "supplier", IPHONE)
    over = now() - timedelta(seconds=1)
    await a_log_in(api, "supplier", expires_at=over)
    await a_log_in(api, "supplier", idle_until=over)
    await a_family(api, chrome)

    answer = await api("supplier")(SESSIONS)

    shown = [(s["id"], s["browser"], s["system"]) for s in answer.payload["sessions"]]
    assert shown == [
        (chrome.id, "Chrome 131", "Windows"),
        (phone.id, "Safari 18", "iOS"),
        (api.world.log_in.id, "Firefox 132", "Linux"),
    ]
    assert not any(s["isCurrent"] for s in answer.payload["sessions"])


async def test_a_token_knows_the_log_in_that_it_came_from(api: Api) -> None:
    session = await a_log_in(api, "supplier", CHROME)
    family = await a_family(api, session)

    answer = await ask(api.http, SESSIONS, {}, token=token_of(api, family))

    current = [s["id"] for s in answer.payload["sessions"] if s["isCurrent"]]
    assert current == [session.id]


def token_of(api: Api, family: str) -> str:
    """An access token of that family, as the server signs it."""
    at = int(now().timestamp())
    claims = {
        "iss": api.auth.issuer,
        "aud": api.auth.audience,
        "sub": api.world.people["supplier"].id,
        "client_id": api.world.erp.id,
        "jti": new_id("jti"),
        "family": family,
        "scope": "account:self",
        "iat": at,
        "exp": at + 600,
    }
    return jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": api.key.kid}, claims, api.key)


END = (
    "mutation($input: SessionEndInput!) { sessionEnd(input: $input)"
    f" {{ session {{ id browser }} {ERRORS} }} }}"
)
END_ALL = (
    "mutation($input: SessionsEndAllInput!) { sessionsEndAll(input: $input)"
    f" {{ ended {{ count }} {ERRORS} }} }}"
)


async def test_one_log_in_ends_with_the_applications_opened_from_it(api: Api) -> None:
    ended, kept = await a_log_in(api, "supplier", CHROME), await a_log_in(api, "supplier")
    lost, alive = (
        token_of(api, await a_family(api, ended)),
        token_of(api, await a_family(api, kept)),
    )
    for token in (lost, alive):
        assert (await ask(api.http, SESSIONS, {}, token=token)).status == 200

    answer = await api("supplier")(END, input={"id": ended.id})

    assert answer.payload["session"] == {"id": ended.id, "browser": "Chrome 131"}
    assert answer.payload["cursor"] is not None
    assert not await Session.exists(id=ended.id)
    assert (await ask(api.http, SESSIONS, {}, token=lost)).codes == ["UNAUTHENTICATED"]
    assert (await ask(api.http, SESSIONS, {}, token=alive)).status == 200


async def test_nobody_ends_the_log_in_of_another(api: Api) -> None:
    theirs = await a_log_in(api, "recipient")

    for wrong in (theirs.id, new_id("ses"), "x", "a" * 300):
        answer = await api("supplier")(END, input={"id": wrong})
        assert answer.user_errors == [("NOT_FOUND", ["id"])]

    assert await Session.exists(id=theirs.id)


async def test_logging_out_everywhere_ends_log_ins_refresh_tokens_and_access_tokens(
    api: Api,
) -> None:
    first, second = await a_log_in(api, "supplier"), await a_log_in(api, "supplier")
    theirs = await a_log_in(api, "recipient")
    families = [await a_family(api, s) for s in (first, second)]
    untouched = await a_family(api, theirs)
    tokens = [token_of(api, f) for f in families]
    at = now()
    async with transaction():
        await AuthorizationCode.create(
            id=new_id("cod"),
            code_hash=hashed("code"),
            family=new_id("fam"),
            client_id=api.world.erp.id,
            account_id=first.account_id,
            session_id=None,
            redirect_uri="",
            scope="openid",
            methods="pwd",
            code_challenge="x",
            code_challenge_method="S256",
            authenticated_at=at,
            expires_at=at + timedelta(seconds=60),
        )

    answer = await api("supplier")(END_ALL, input={})

    assert answer.payload["ended"] == {"count": 3}
    assert await Session.filter(account_id=first.account_id).count() == 0
    assert not await AuthorizationCode.exists()
    revoked = await RefreshToken.filter(revoked_at__not_isnull=True).values_list(
        "family", flat=True
    )
    assert sorted(revoked) == sorted(families)
    assert untouched not in revoked
    for token in tokens:
        assert (await ask(api.http, SESSIONS, {}, token=token)).codes == ["UNAUTHENTICATED"]
    assert await Denied.filter(id__in=families).count() == 2


async def test_logging_out_elsewhere_keeps_the_log_in_that_asks(api: Api) -> None:
    here, there = await a_log_in(api, "supplier"), await a_log_in(api, "supplier")
    own, other = await a_family(api, here), await a_family(api, there)

    answer = await ask(
        api.http, END_ALL, {"input": {"keepCurrent": True}}, token=token_of(api, own)
    )

    assert answer.payload["ended"] == {"count": 2}
    assert [s.id for s in await Session.filter(account_id=here.account_id)] == [here.id]
    assert (await ask(api.http, SESSIONS, {}, token=token_of(api, own))).status == 200
    assert (await ask(api.http, SESSIONS, {}, token=token_of(api, other))).status == 401


# Events


async def test_what_happens_to_an_account_is_told_to_its_person_and_to_administrators(
    api: Api,
) -> None:
    await api("supplier")(END_ALL, input={})
    text = (
        "{ events(filter: {kinds: [ACCOUNT_LOGGED_OUT]}, first: 10) { nodes { subjectId"
        " ... on AccountLoggedOut { account { email } } } } }"
    )
    person = api.world.people["supplier"]

    own = await ask(
        api.http, text, {}, token=api.token("supplier", frozenset({Permission.OWN_ACCOUNT.value}))
    )
    administrator = await api("administrator")(text)
    others = [await api(persona)(text) for persona in ("recipient", "plain", "erp")]

    node = {"subjectId": person.id, "account": {"email": person.email}}
    assert own.payload["nodes"] == [node]
    assert administrator.payload["nodes"] == [node]
    assert [answer.payload["nodes"] for answer in others] == [[], [], []]


async def test_events_of_accounts_hold_no_name_and_no_address(api: Api) -> None:
    await api("administrator")(APPROVE, input={"id": api.world.awaiting.id})

    (event,) = await events.of_subject(api.world.awaiting.id)

    assert event.data == {"account": {"id": api.world.awaiting.id, "status": "ACTIVE"}}
