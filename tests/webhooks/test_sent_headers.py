"""What is kept of an answer that holds what was sent."""

from __future__ import annotations

import pytest

from webhooks.outbound import EXCERPT_BYTES, Outcome
from webhooks.sent_headers import excerpt_of

SENT = {
    "authorization": "Bearer a-long-token-of-theirs",
    "x-api-key": "key-of-the-gateway",
    "x-tenant": "42",
    "webhook-signature": "v1,c2lnbmF0dXJl",
    "webhook-id": "evt_0123456789",
}


def answer(body: bytes) -> Outcome:
    return Outcome(200, 1, excerpt=body, headers=SENT)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b"ok", "ok"),
        (b"Authorization: Bearer a-long-token-of-theirs\n", "Authorization: Bearer …\n"),
        (b'{"h": "key-of-the-gateway", "n": 42}', '{"h": "…", "n": 42}'),
        (b"v1,c2lnbmF0dXJl for evt_0123456789", "… for evt_0123456789"),
        (b"\x1b[0m key-of-the-gateway", "\\u001b[0m …"),
    ],
)
def test_credentials_that_a_receiver_sends_back_are_not_kept(said: bytes, kept: str) -> None:
    assert excerpt_of(answer(said)) == kept


def test_nor_is_the_beginning_of_one_where_the_answer_was_cut() -> None:
    padding = b"." * (EXCERPT_BYTES - 12)

    assert excerpt_of(answer(padding + b"key-of-the-g")) == padding.decode()
    assert excerpt_of(answer(padding + b"key.........")).endswith("key.........")


def test_no_more_is_kept_than_asked_for() -> None:
    assert excerpt_of(answer(b"x" * 1000), 10) == "x" * 10
