"""Access tokens of receivers: asked for once, kept in memory until they end.

The request for a token goes through the client of the webhooks: what it may not reach for a
message it may not reach for a token.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from domain.clock import real_now
from webhooks.outbound import ErrorKind, Outcome, Posts, Request
from webhooks.receiver_auth import ClientProof, OAuth2

LONGEST_ANSWER = 64 * 1024
# A token longer than that would not get through the header limits of most servers.
LONGEST_TOKEN = 8_000
# For a server that does not say how long its token lives.
DEFAULT_LIFE = timedelta(minutes=5)
LONGEST_LIFE = timedelta(days=1)
# Given up so long before its end that it does not end on the way.
MARGIN = timedelta(seconds=30)

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")
# The codes of RFC 6749 and their like: a sentence might hold anything.
_ERROR_CODE = re.compile(r"[a-z0-9_.]{1,40}\Z")


class NoToken(Exception):
    """The token endpoint gave none; the message says why, for a technician."""

    def __init__(self, why: str, retry_after: int | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Token:
    """A token and the moment until which it is used."""

    value: str
    until: datetime


class Tokens:
    """The tokens of one process. Those who ask for the same one at once share one request."""

    def __init__(self, sender: Posts) -> None:
        self._sender = sender
        self._known: dict[OAuth2, Token] = {}
        self._asked: dict[OAuth2, asyncio.Task[Token]] = {}

    def known(self, client: OAuth2) -> Token | None:
        """The token in memory, if it has not ended."""
        token = self._known.get(client)
        return token if token is not None and token.until > real_now() else None

    async def fetched(self, client: OAuth2, product: str, seconds: float) -> Token:
        """A token asked for now, or by somebody else at this moment.

        Raises:
            NoToken: none was given.
        """
        asked = self._asked.get(client)
        if asked is None:
            asked = self._asked[client] = asyncio.create_task(self._ask(client, product, seconds))
            asked.add_done_callback(lambda _: self._asked.pop(client, None))
        return await asyncio.shield(asked)

    async def instead_of(
        self, refused: Token, client: OAuth2, product: str, seconds: float
    ) -> Token:
        """Another token than one that the receiver refused.

        Raises:
            NoToken: none was given.
        """
        if self._known.get(client) == refused:
            del self._known[client]
        return self.known(client) or await self.fetched(client, product, seconds)

    async def _ask(self, client: OAuth2, product: str, seconds: float) -> Token:
        outcome = await self._sender.post(request_for(client, product, seconds))
        at = real_now()
        token = token_in(outcome, at)
        self._known = {known: kept for known, kept in self._known.items() if kept.until > at}
        self._known[client] = token
        return token


def request_for(client: OAuth2, product: str, seconds: float) -> Request:
    """The request for a token by client credentials."""
    form = {"grant_type": "client_credentials"}
    form |= {"scope": client.scope} if client.scope else {}
    form |= {"audience": client.audience} if client.audience else {}
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "accept": "application/json",
        "user-agent": product,
    }
    if client.proof == ClientProof.BODY:
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    else:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return Request(
        client.token_url,
        headers,
        urlencode(form).encode(),
        keep=LONGEST_ANSWER,
        timeout_seconds=seconds,
    )


def token_in(outcome: Outcome, at: datetime) -> Token:
    """The token in an answer.

    Raises:
        NoToken: there is none that can be used.
    """
    answer = _object(outcome.excerpt)
    if outcome.error is not None:
        raise NoToken(_why(outcome, answer), outcome.retry_after)
    value = answer.get("access_token")
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN or not _TOKEN.match(value):
        raise NoToken("the token endpoint answered without an access_token that can be sent")
    if str(answer.get("token_type", "bearer")).lower() != "bearer":
        raise NoToken("the token endpoint gave a token that is not of the type Bearer")
    return Token(value, at + _life(answer.get("expires_in")))


def _life(seconds: Any) -> timedelta:
    """How long a token is used: a little less than it lives."""
    try:
        life = timedelta(seconds=float(seconds))
    except (TypeError, ValueError, OverflowError):
        life = DEFAULT_LIFE
    life = max(timedelta(0), min(life, LONGEST_LIFE))
    return life - min(MARGIN, life / 2)


def _why(outcome: Outcome, answer: dict[str, Any]) -> str:
    if outcome.error is not ErrorKind.STATUS:
        detail = f": {outcome.detail}" if outcome.detail else ""
        return f"the token endpoint could not be asked, {outcome.error}{detail}"
    code = answer.get("error")
    named = isinstance(code, str) and _ERROR_CODE.match(code)
    return f"the token endpoint answered {outcome.status}" + (f" ({code})" if named else "")


def _object(content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
