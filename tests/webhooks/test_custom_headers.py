"""Headers that users add: which names, which values, how many."""

from __future__ import annotations

import pytest

from webhooks import custom_headers
from webhooks.custom_headers import Header, is_allowed, problems_of

ALLOWED = (
    "x-api-key", "x-tenant", "x-1", "X-Functions-Key", "authorization", "Authorization", "api-key",
    "apikey", "Ocp-Apim-Subscription-Key",
)  # fmt: skip
REFUSED = (
    # Ours.
    "webhook-id", "webhook-signature", "webhook-timestamp", "x-webhook-id", "x-request-id",
    "X-Request-ID", "traceparent", "user-agent", "content-type", "content-length",
    # Of the connection, or of the request itself.
    "host", "connection", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect",
    "proxy-authorization", "proxy-connection", "cookie", "origin", "referer", "range",
    # By which a proxy on the way is told another origin, host, path or method.
    "x-forwarded-for", "x-forwarded-host", "X-Forwarded-Proto", "x-real-ip", "x-original-url",
    "x-rewrite-url", "x-http-method-override", "x-method-override", "x-accel-redirect",
    "x-forwarded_for", "X-Real_IP", "x-http_method_override", "x-request_id",
    # No name at all, or two.
    "", "x-", "x-é", "x- a", "x-a:", "x-a\r\nhost", "x-a\n", "x-a;b", "x-" + "a" * 62, "y-a",
)  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_a_header_of_the_receiver_may_be_added(name: str) -> None:
    assert problems_of([Header(name, "value")]) == []


@pytest.mark.parametrize("name", REFUSED, ids=repr)
def test_any_other_header_may_not(name: str) -> None:
    assert not is_allowed(name.lower())
    (problem,) = problems_of([Header(name, "value")])
    assert (problem.rule, problem.path) == ("BDR-WHK-030", ("customHeaders", "0", "name"))


@pytest.mark.parametrize("value", ["a", "Bearer abc def", "!~", "x" * 1024, 'a: b; c="d"'])
def test_a_value_of_visible_ascii_is_taken(value: str) -> None:
    assert problems_of([Header("x-a", value)]) == []


@pytest.mark.parametrize(
    "value",
    ["", " ", " a", "a ", "a\r\nx-b: c", "a\n", "a\tb", "\x00", "é", "\u202e", "\x7f", "x" * 1025],
    ids=repr,
)
def test_any_other_value_is_refused(value: str) -> None:
    (problem,) = problems_of([Header("x-a", value)])

    assert (problem.rule, problem.path) == ("BDR-WHK-031", ("customHeaders", "0", "value"))


def test_five_are_enough_and_each_once_whatever_its_case() -> None:
    five = [Header(f"x-{n}", "v") for n in range(5)]

    assert problems_of(five) == []
    assert [p.rule for p in problems_of([*five, Header("x-5", "v")])] == ["BDR-WHK-032"]
    twice = problems_of([Header("x-a", "v"), Header("X-A", "w")])
    assert [p.rule for p in twice] == ["BDR-WHK-033", "BDR-WHK-033"]


def test_what_is_kept_shows_names_only_and_opens_for_its_endpoint_alone() -> None:
    kept = custom_headers.columns([Header("X-Key", "secret value")], "whe_1", b"key")

    assert kept["header_names"] == ["x-key"]
    assert "secret" not in kept["headers_sealed"]
    assert custom_headers.opened(kept["headers_sealed"], "whe_1", b"key") == {
        "x-key": "secret value"
    }
    assert custom_headers.opened(kept["headers_sealed"], "whe_2", b"key") is None
    assert custom_headers.opened(kept["headers_sealed"], "whe_1", b"other") is None
    assert custom_headers.opened(None, "whe_1", b"key") == {}
