"""What a field makes the server read is in its price, however little of it is shown."""

from __future__ import annotations

import pytest
from graphql import parse

from resolvers.http import Limits
from resolvers.http.limits import fragments_of, operations_of
from resolvers.http.prices import Prices
from resolvers.root import schema

LIMITS = Limits()
SEARCH = "events(first: 1, filter: {totalFrom: 1}) { endCursor }"
LAST = "events(last: 1, filter: {totalFrom: 1}) { endCursor }"
STANDINGS = "eventConsumers(first: 50) { nodes { standing { unreadCount } } }"
PREVIEW = "webhookReplayPreview(input: {endpointId: 1, from: {cursor: 1}}) { preview { count } }"


def price(text: str) -> float:
    document = parse(text)
    (operation,) = operations_of(document)
    return Prices(schema._schema, LIMITS).plan(operation, fragments_of(document)).cost({})


@pytest.mark.parametrize("search", [SEARCH, LAST])
def test_a_search_of_the_log_costs_more_than_the_page_that_it_finds(search: str) -> None:
    assert price(f"{{ {search} }}") == 20


def test_no_request_counts_what_fifty_groups_have_to_read() -> None:
    assert price(f"{{ {STANDINGS} }}") > LIMITS.cost


def test_a_forecast_of_a_replay_is_asked_for_once_in_a_request() -> None:
    assert price(f"mutation {{ {PREVIEW} }}") > LIMITS.cost / 2
