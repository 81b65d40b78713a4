"""What the tests of machines ask, over and over."""

from __future__ import annotations

from typing import Any

import httpx2

from domain.connections.models import TechnicalAccount
from domain.db import dialect, fetch
from domain.mail.actions import latest
from tests.api import Answer, Api, ask
from tests.contract.test_permissions import rows
from webhooks.dispatch import dispatch

CARD = "userErrors { code path rule } replayed"
REQUEST = (
    "mutation($input: ConnectionRequestInput!) { connectionRequest(input: $input) {"
    f" connection {{ id status scopes availableActions {{ action enabled }} }} {CARD} }} }}"
)
MOVE = (
    "mutation($input: ConnectionMoveInput!) { connectionMove(input: $input) {"
    f" connection {{ id status statusComment }} {CARD} }} }}"
)
CREATE = (
    "mutation($input: TechnicalAccountCreateInput!) { technicalAccountCreate(input: $input) {"
    " technicalAccount { id state secretExpiresAt connection { status } }"
    f" secret {CARD} }} }}"
)
UPDATE = (
    "mutation($input: TechnicalAccountUpdateInput!) { technicalAccountUpdate(input: $input) {"
    f" technicalAccount {{ id name scopes structures }} {CARD} }} }}"
)
ROTATE = (
    "mutation($input: TechnicalAccountSecretRotateInput!) {"
    " technicalAccountSecretRotate(input: $input) { technicalAccount {"
    f" id secretExpiresAt previousSecretUntil }} secret {CARD} }} }}"
)
REVOKE = (
    "mutation($input: TechnicalAccountRevokeInput!) { technicalAccountRevoke(input: $input) {"
    f" technicalAccount {{ id status state }} {CARD} }} }}"
)
GRANT = (
    "mutation($input: DelegationGrantInput!) { delegationGrant(input: $input) {"
    f" delegation {{ id status until }} {CARD} }} }}"
)
WITHDRAW = (
    "mutation($input: DelegationWithdrawInput!) { delegationWithdraw(input: $input) {"
    f" delegation {{ id status }} {CARD} }} }}"
)
VIEWER = (
    "{ viewer { id kind name scopes memberships { structure { id } permissions }"
    " technicalAccount { id name scopes state secretExpiresAt structure { id } } } }"
)
ISSUED = {"space": "FACTURES_EMISES", "level": "MODIFICATION"}


async def token(api: Api, client_id: str, secret: str, **form: str) -> httpx2.Response:
    """Ask the token endpoint, as a machine does."""
    return await api.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **form},
        auth=(client_id, secret),
    )


async def access(api: Api, client_id: str, secret: str, **form: str) -> str:
    """An access token, which must be given."""
    answer = await token(api, client_id, secret, **form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def refusal(api: Api, client_id: str, secret: str) -> tuple[int, str, str]:
    """Why no token is given: status, error, description."""
    answer = await token(api, client_id, secret)
    body = answer.json()
    return answer.status_code, body["error"], body.get("error_description", "")


async def as_machine(api: Api, client_id: str, secret: str, text: str, **variables: Any) -> Answer:
    """Log in and ask."""
    return await ask(api.http, text, variables, token=await access(api, client_id, secret))


async def letters_to(email: str) -> list[str]:
    """The kinds of the messages that wait for an address, in the order written."""
    return [mail.kind for mail, _ in reversed(await latest(200)) if mail.recipient == email]


async def kinds_about(subject_id: str) -> list[str]:
    """The kinds of the events about an object, in order."""
    rows = await fetch(
        "SELECT kind FROM event WHERE subject_id = $1 ORDER BY subject_sequence", subject_id
    )
    return [row[0] for row in rows]


async def settled() -> dict[str, int]:
    """How many rows each table has, once what was told is dispatched to the endpoints."""
    await dispatch()
    return await rows()


async def everything_stored() -> str:
    """Every value of every table, as one text."""
    if dialect() == "sqlite":
        listed = await fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        listed = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = [row[0] for row in listed if "search" not in row[0]]
    return "\n".join(
        [str([tuple(row) for row in await fetch(f"SELECT * FROM {table}")]) for table in tables]
    )


async def the_account(account_id: str) -> TechnicalAccount:
    """The account as it is now."""
    return await TechnicalAccount.get(id=account_id)
