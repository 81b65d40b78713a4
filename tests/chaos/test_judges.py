"""The judges of `make chaos` find what they are for, in histories with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.history import (
    History,
    Intended,
    Logged,
    Pulled,
    Replayed,
    Row,
    Seen,
    Turn,
    Wish,
)
from tests.chaos.judges import judged

ENDPOINT, DOCUMENT, OTHER = "whe_1", "inv_1", "inv_2"
OURS = frozenset({("str_1", "invoice:read_issued")})
PARTY = ("str_1", frozenset({"invoice:read_issued"}))
KINDS = ("invoice.submitted", "invoice.status_changed", "invoice.status_changed")


def turns(*numbers: int, is_done: bool = False, member: str = "Anne") -> list[Turn]:
    return [Turn(member, f"evt_{n}", is_done) for n in numbers]


ALL = (1, 2, 3, 4, 5, 6)
WELL_DONE = [*turns(*ALL), *turns(*ALL, is_done=True)]


def a_history() -> History:
    """Two documents with three events each, told in order, pulled by a group, and some replayed."""
    log = [
        Logged(n + 1, f"evt_{n + 1}", KINDS[n // 2], (DOCUMENT, OTHER)[n % 2], n // 2 + 1, OURS)
        for n in range(6)
    ]
    ids = [event.id for event in log]
    return History(
        log=log,
        head=6,
        wishes=[Wish(ENDPOINT, "good", *PARTY, 0)],
        accepted={ENDPOINT: list(ids)},
        deliveries=[
            Row(f"whd_{e.position}", ENDPOINT, e.id, e.subject, e.position, "DELIVERED")
            for e in log
        ],
        intended=[Intended("A", DOCUMENT, 3), Intended("B", OTHER, 3)],
        invoices={"A": [DOCUMENT], "B": [OTHER]},
        seen=[Seen("SSE", [ids[:4], ids[4:]])],
        pulled=[Pulled(Wish("evc_1", "the group", *PARTY, 0), WELL_DONE, 6)],
        replayed=[
            Replayed(ENDPOINT, ids[1], ids[3], 2, "FINISHED", 2, 2, [ids[2], ids[3], ids[5]])
        ],
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


def the_endpoint(**changes: object) -> Callable[[History], None]:
    """It was asked for something else."""

    def change(history: History) -> None:
        history.wishes = [replace(history.wishes[0], **changes)]

    return change


def skipped(reason: str = "BLOCKED_TOO_LONG", *, tried: bool = True) -> Callable[[History], None]:
    """The last event was given up, at an endpoint that wants it so."""

    def change(history: History) -> None:
        all_of(told(1, 2, 3, 4, 5), the_endpoint(may_skip=True), a_delivery(6, "SKIPPED"))(history)
        history.deliveries = [
            replace(row, reason=reason) if row.position == 6 else row for row in history.deliveries
        ]
        history.came = {ENDPOINT: {"evt_6"}} if tried else {}

    return change


def lived(*kinds: str, vain_probes: int = 1) -> Callable[[History], None]:
    """An outage was meant for the endpoint, of which these events tell."""

    def change(history: History) -> None:
        the_endpoint(falls=True)(history)
        history.vain_probes = {ENDPOINT: vain_probes}
        history.log = [
            *history.log,
            *(
                Logged(7 + n, f"evt_{7 + n}", f"webhook.endpoint_{kind}", ENDPOINT, n + 1, OURS)
                for n, kind in enumerate(kinds)
            ),
        ]
        history.head = len(history.log)

    return change


def pulled(*some: list[Turn], acknowledged: int = 6) -> Callable[[History], None]:
    """The members told this."""

    def change(history: History) -> None:
        every = [turn for each in some for turn in each]
        history.pulled = [replace(history.pulled[0], turns=every, acknowledged=acknowledged)]

    return change


def a_replay(**changes: object) -> Callable[[History], None]:
    """Something else came of the replay."""

    def change(history: History) -> None:
        history.replayed = [replace(history.replayed[0], **changes)]

    return change


def all_of(*changes: Callable[[History], None]) -> Callable[[History], None]:
    def change(history: History) -> None:
        for one in changes:
            one(history)

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
    "an event was skipped where nothing may be": (
        all_of(skipped(), the_endpoint(may_skip=False)),
        {"lost", "given up"},
    ),
    "an event was skipped for another reason": (skipped("RESUMED_WITHOUT"), {"lost", "given up"}),
    "an event was skipped that was never tried": (skipped(tried=False), {"skipped"}),
    "an event was skipped and nobody wrote it down": (
        all_of(told(1, 2, 3, 4, 5), the_endpoint(may_skip=True)),
        {"lost"},
    ),
    "an event never came to an endpoint without order": (
        all_of(told(6, 4, 2, 3, 1), the_endpoint(is_ordered=False)),
        {"lost"},
    ),
    "an outage was not noticed": (lived(), {"breaker"}),
    "an outage never ended": (lived("degraded", "recovered", "degraded"), {"breaker"}),
    "a degraded endpoint was never tried": (
        lived("degraded", "recovered", vain_probes=0),
        {"breaker"},
    ),
    "a group never did an event": (
        pulled(turns(*ALL), turns(1, 2, 3, 4, 5, is_done=True), acknowledged=5),
        {"lost"},
    ),
    "a group was handed an event that is done": (pulled(WELL_DONE, turns(6)), {"group"}),
    "an event was acknowledged twice": (pulled(WELL_DONE, acknowledged=7), {"group"}),
    "a group was handed two events the wrong way round": (
        pulled(turns(3, 1), WELL_DONE),
        {"reordered"},
    ),
    "a group was handed what is not in the log": (pulled(turns(9), WELL_DONE), {"invented"}),
    "a replay sent fewer than were previewed": (a_replay(came=["evt_3"]), {"replay"}),
    "a replay counted otherwise than its preview": (a_replay(previewed=3), {"replay"}),
    "a replay never ended": (a_replay(state="RUNNING"), {"replay"}),
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


FINE = {
    "a skipped event that is written down": skipped(),
    "another order where none is asked for": all_of(
        told(6, 4, 2, 3, 1, 5), the_endpoint(is_ordered=False)
    ),
    "an outage that was noticed and ended": lived("degraded", "recovered"),
    "an event that a member let fall, and the other did": pulled(
        turns(*ALL), turns(1, member="Basile"), WELL_DONE[6:]
    ),
    "an acknowledgement whose answer was lost": pulled(WELL_DONE, acknowledged=5),
}


@pytest.mark.parametrize("name", FINE)
def test_what_an_endpoint_or_a_group_may_do_is_clean(name: str) -> None:
    history = a_history()

    FINE[name](history)

    assert judged(history) == []


def test_what_is_accepted_again_later_is_a_duplicate_and_no_reordering() -> None:
    history = a_history()
    told(1, 2, 3, 1, 4, 5, 3, 6)(history)

    assert judged(history) == []
    assert history.duplicates == 2
