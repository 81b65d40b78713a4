"""One attempt, from a claimed delivery to its outcome: signed for this moment, proved as asked."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain import vault
from domain.clock import real_now
from webhooks import custom_headers, policy, receiver_auth
from webhooks.envelope import headers_of
from webhooks.models import Endpoint
from webhooks.outbound import ErrorKind, Outcome, Posts, Request
from webhooks.policy import Policy
from webhooks.queue import Claimed
from webhooks.receiver_auth import Auth, AuthKind, Basic, Certificate, OAuth2
from webhooks.site_keys import SigningKeys
from webhooks.tokens import NoToken, Token, Tokens

UNAUTHORIZED = 401
# What is left for a request when a token took nearly all the time of the attempt.
LEAST_SECONDS = 0.5
REMEDIES = {
    "secret": "rotate the secret",
    "credentials": "give the credentials again",
    "headers": "give the headers again",
    "site": "a server that starts makes another key of the site",
}

log = logging.getLogger(__name__)


class Sealed(Exception):
    """Something of the endpoint cannot be opened; the message says all of it, and the remedy."""

    def __init__(self, lost: Sequence[str]) -> None:
        remedies = ", ".join(REMEDIES[what] for what in lost)
        super().__init__(f"SECRET_KEY was changed since they were given: {remedies}.")


@dataclass(frozen=True)
class Opened:
    """What an endpoint keeps sealed, opened for one attempt."""

    secrets: Sequence[str]
    auth: Auth
    headers: Mapping[str, str]


class Courier:
    """Sends what was claimed. Whatever goes wrong is an outcome, never an exception."""

    def __init__(self, sender: Posts) -> None:
        self._sender = sender
        self._keys = SigningKeys()
        self._tokens = Tokens(sender)
        self._tasks: set[asyncio.Task[Outcome]] = set()

    def send(self, claimed: Claimed, at: datetime) -> asyncio.Future[Outcome]:
        """Send one message. The future always gets an outcome."""
        if must_wait(claimed.endpoint):
            return self._spawned(claimed)
        try:
            return self._sender.post(request_of(claimed, at, policy.current()))
        except Sealed as error:
            return _at_once(Outcome(None, 0, error=ErrorKind.SEALED, detail=str(error)))

    async def post(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send a message made elsewhere, with all that lets us in at the endpoint.

        Raises:
            Sealed, NoToken
        """
        site = policy.current()
        kept, token = opened(endpoint, real_now(), site.key), None
        auth = kept.auth
        if isinstance(auth, OAuth2):
            known = self._tokens.known(auth)
            token = known or await self._tokens.fetched(auth, site.product, site.timeout_seconds)
        given = {**kept.headers, **_authorization(auth, token)}
        return await self._sender.post(
            Request(
                url=endpoint.url,
                headers={**given, **headers},
                body=body,
                certificate=auth.presented if isinstance(auth, Certificate) else None,
            )
        )

    async def keys_of(self, endpoint: Endpoint) -> Sequence[Ed25519PrivateKey]:
        """The keys of the site that sign for the endpoint.

        Raises:
            Sealed: they cannot be opened.
        """
        if not endpoint.signs_ed25519:
            return ()
        if not (keys := await self._keys.current()):
            raise Sealed(["site"])
        return keys

    def close(self) -> None:
        """Close every connection; requests under way end as interrupted, or are given up."""
        for task in self._tasks:
            task.cancel()
        self._sender.close()

    def _spawned(self, claimed: Claimed) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self._send_when_ready(claimed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_when_ready(self, claimed: Claimed) -> Outcome:
        try:
            return await self._attempt(claimed, policy.current())
        except Sealed as error:
            return Outcome(None, 0, error=ErrorKind.SEALED, detail=str(error))
        except NoToken as error:
            return Outcome(
                None, 0, retry_after=error.retry_after, error=ErrorKind.TOKEN, detail=str(error)
            )
        except Exception:
            # The database did not give the keys: one message fails, the others go on.
            log.exception("%s could not be prepared", claimed.request_id)
            return Outcome(None, 0, error=ErrorKind.INTERRUPTED)

    async def _attempt(self, claimed: Claimed, site: Policy) -> Outcome:
        """The whole attempt, a token and a second try with another one included, in its time."""
        ends = time.monotonic() + site.timeout_seconds

        def left() -> float:
            return max(LEAST_SECONDS, ends - time.monotonic())

        endpoint = claimed.endpoint
        keys = await self.keys_of(endpoint)
        auth = opened(endpoint, real_now(), site.key).auth
        if not isinstance(auth, OAuth2):
            return await self._sender.post(request_of(claimed, real_now(), site, keys))
        kept = self._tokens.known(auth)
        token = kept or await self._tokens.fetched(auth, site.product, left())
        request = request_of(claimed, real_now(), site, keys, token)
        outcome = await self._sender.post(replace(request, timeout_seconds=left()))
        if outcome.status != UNAUTHORIZED or kept is None:
            return outcome
        token = await self._tokens.instead_of(kept, auth, site.product, left())
        request = request_of(claimed, real_now(), site, keys, token)
        return await self._sender.post(replace(request, timeout_seconds=left()))


def must_wait(endpoint: Endpoint) -> bool:
    """Whether something must be fetched before a message can be made."""
    return endpoint.signs_ed25519 or endpoint.auth_kind == AuthKind.OAUTH2


def request_of(
    claimed: Claimed,
    at: datetime,
    site: Policy,
    keys: Sequence[Ed25519PrivateKey] = (),
    token: Token | None = None,
) -> Request:
    """The request of one attempt: the frozen body, signed for this moment.

    Raises:
        Sealed: a secret of the endpoint cannot be opened.
    """
    endpoint = claimed.endpoint
    kept = opened(endpoint, at, site.key)
    signed = headers_of(
        event_id=claimed.event_id,
        event_kind=claimed.event_kind,
        body=claimed.body,
        secrets=kept.secrets,
        keys=keys,
        at=at,
        attempt=claimed.attempt,
        request_id=claimed.request_id,
        environment=site.environment,
        product=site.product,
        replay=claimed.replay_id,
    )
    return Request(
        url=endpoint.url,
        headers={**kept.headers, **_authorization(kept.auth, token), **signed},
        body=claimed.body,
        certificate=kept.auth.presented if isinstance(kept.auth, Certificate) else None,
    )


def opened(endpoint: Endpoint, at: datetime, key: bytes) -> Opened:
    """Everything that the endpoint keeps sealed.

    Raises:
        Sealed: some of it cannot be opened.
    """
    secrets = _secrets(endpoint, at, key)
    auth = receiver_auth.opened(endpoint.auth_kind, endpoint.auth_sealed, endpoint.id, key)
    headers = custom_headers.opened(endpoint.headers_sealed, endpoint.id, key)
    if secrets is None or auth is None or headers is None:
        found = {"secret": secrets, "credentials": auth, "headers": headers}
        raise Sealed([what for what, one in found.items() if one is None])
    return Opened(secrets, auth, headers)


def _secrets(endpoint: Endpoint, at: datetime, key: bytes) -> list[str] | None:
    """The secrets that sign at this moment, the newest first; None when it cannot be opened."""
    present = vault.opened(endpoint.secret, endpoint.id, key)
    if present is None:
        return None
    previous, until = endpoint.previous_secret, endpoint.previous_secret_until
    if previous is None or until is None or until <= at:
        return [present]
    # One that cannot be opened any more is not missed: it was about to go.
    old = vault.opened(previous, endpoint.id, key)
    return [present] if old is None else [present, old]


def _authorization(auth: Auth, token: Token | None) -> dict[str, str]:
    if isinstance(auth, Basic):
        return {"authorization": auth.header}
    return {} if token is None else {"authorization": f"Bearer {token.value}"}


def _at_once(outcome: Outcome) -> asyncio.Future[Outcome]:
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    future.set_result(outcome)
    return future
