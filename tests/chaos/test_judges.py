"""The judges of `make chaos` find what they are for, in histories with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.history import History, Intended, Logged, Row, Seen, Wish
from tests.chaos.judges import judged

ENDPOINT, DOCUMENT, OTHER = "whe_1", "inv_1", "inv_2"
OURS = frozenset({("str_1", "invoice:read_issued")})
KINDS = ("invoice.submitted", "invoice.status_changed", "invoice.status_changed")


def a_history() -> History:
    """Two documents with three events each, all of them told in order."""
    log = [
        Logged(n + 1, f"evt_{n + 1}", KINDS[n // 2], (DOCUMENT, OTHER)[n % 2], n // 2 + 1, OURS)
        for n in range(6)
    ]
    ids = [event.id for event in log]
    return History(
        log=log,
        head=6,
        wishes=[Wish(ENDPOINT, "good", "str_1", frozenset({"invoice:read_issued"}), 0)],
        accepted={ENDPOINT: list(ids)},
        deliveries=[
            Row(f"whd_{e.position}", ENDPOINT, e.id, e.subject, e.position, "DELIVERED")
            for e in log
        ],
        intended=[Intended("A", DOCUMENT, 3), Intended("B", OTHER, 3)],
        invoices={"A": [DOCUMENT], "B": [OTHER]},
        seen=[Seen("SSE", [ids[:4], ids[4:]])],
    )


def told(*order: int) -> Callable[[History], None]:
    """The receiver accepted these events, in this order."""

    def change(history: History) -> None:
        history.accepted[ENDPOINT] = [f"evt_{n}" for n in order]

    return change


def saw(*connections: list[int]) -> Callable[[History], None]:
    """The observer was told these events, connection by connection."""

    def change(history: History) -> None:
        history.seen = [Seen("SSE", [[f"evt_{n}" for n in some] for some in connections])]

    return change


def an_event(n: int, **changes: object) -> Callable[[History], None]:
    """One row of the log is another."""

    def change(history: History) -> None:
        history.log = [replace(e, **changes) if e.position == n else e for e in history.log]

    return change


def a_delivery(n: int, state: str) -> Callable[[History], None]:
    """One delivery is in another state."""

    def change(history: History) -> None:
        history.deliveries = [
            replace(row, state=state) if row.position == n else row for row in history.deliveries
        ]

    return change


def found(number: str, *ids: str) -> Callable[[History], None]:
    """The database holds these invoices under the number."""

    def change(history: History) -> None:
        history.invoices[number] = list(ids)

    return change


def before_its_time(history: History) -> None:
    history.wishes = [replace(history.wishes[0], since=1)]


def asked_once_more(history: History) -> None:
    history.intended[0].events += 1


def a_longer_log(history: History) -> None:
    history.head += 1


WRONG = {
    "an event never came": (told(1, 2, 3, 4, 5), {"lost"}),
    "two events of a document came the wrong way round": (told(3, 1, 2, 4, 5, 6), {"reordered"}),
    "a later one came first, the earlier never": (told(2, 4, 6, 5), {"lost"}),
    "an event came that is not in the log": (told(1, 2, 3, 4, 5, 6, 9), {"invented"}),
    "an event of somebody else came": (
        an_event(6, audience=frozenset({("str_2", "invoice:read_issued")})),
        {"invented"},
    ),
    "an event opened by another right came": (
        an_event(6, audience=frozenset({("str_1", "invoice:read_received")})),
        {"invented"},
    ),
    "an event came from before the endpoint": (before_its_time, {"invented"}),
    "an invoice was deposited twice": (found("A", DOCUMENT, "inv_3"), {"deposit"}),
    "an invoice was not deposited": (found("A"), {"deposit"}),
    "an action was taken once too few": (asked_once_more, {"deposit"}),
    "the log ends before its head": (a_longer_log, {"log"}),
    "a subject has a gap": (an_event(5, sequence=4), {"log"}),
    "a delivery is due for ever": (a_delivery(6, "PENDING"), {"stuck"}),
    "a delivery was left by a dead worker": (a_delivery(6, "DELIVERING"), {"stuck"}),
    "a delivery waits for nothing": (a_delivery(6, "HELD"), {"stuck"}),
    "a delivery was given up": (a_delivery(6, "EXHAUSTED"), {"given up"}),
    "an observer missed an event": (saw([1, 2, 3], [5, 6]), {"observed"}),
    "an observer saw an event twice": (saw([1, 2, 3, 4], [4, 5, 6]), {"observed"}),
    "an observer saw two events the wrong way round": (saw([1, 3, 2, 4, 5, 6]), {"observed"}),
}


def test_a_history_in_which_all_went_well_is_clean() -> None:
    assert judged(a_history()) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_went_wrong_is_found(name: str) -> None:
    history = a_history()
    spoil, expected = WRONG[name]

    spoil(history)

    assert {violation.kind for violation in judged(history)} == expected


def test_what_is_accepted_again_later_is_a_duplicate_and_no_reordering() -> None:
    history = a_history()
    told(1, 2, 3, 1, 4, 5, 3, 6)(history)

    assert judged(history) == []
    assert history.duplicates == 2
