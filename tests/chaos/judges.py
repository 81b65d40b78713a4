"""The judges: each looks at one history and tells everything that must never have happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from tests.chaos.history import History, Logged, Pulled, Violation, Wish

Judge = Callable[[History], Iterable[Violation]]
OPEN = ("PENDING", "DELIVERING", "HELD")
GIVEN_UP = ("EXHAUSTED", "SKIPPED")
DEGRADED, RECOVERED = "webhook.endpoint_degraded", "webhook.endpoint_recovered"


def nothing_lost(history: History) -> Iterator[Violation]:
    """Every event that an endpoint wants was accepted, or skipped on the record if it may be."""
    skipped = history.skipped
    for wish in history.wishes:
        accepted = set(history.accepted.get(wish.endpoint, ()))
        for event in history.log:
            ended = event.id in accepted or (wish.endpoint, event.id) in skipped
            if wish.wants(event) and not ended:
                words = f"{event.kind} {event.id} never came to {wish.name} ({wish.endpoint})"
                yield Violation("lost", words, event.id, wish.endpoint)


def nothing_reordered(history: History) -> Iterator[Violation]:
    """What a receiver accepts first of each document follows the document's own numbers."""
    log = {event.id: event for event in history.log}
    for wish in (one for one in history.wishes if one.is_ordered):
        latest: dict[str, Logged] = {}
        for event in _first(history.accepted.get(wish.endpoint, ()), log):
            before = latest.get(event.subject)
            if before is not None and before.sequence >= event.sequence:
                words = (
                    f"{event.id} (number {event.sequence} of {event.subject}) came to {wish.name}"
                    f" after {before.id} (number {before.sequence})"
                )
                yield Violation("reordered", words, event.id, wish.endpoint)
            else:
                latest[event.subject] = event


def nothing_invented(history: History) -> Iterator[Violation]:
    """Whatever a receiver accepted is in the log, and its endpoint may see it."""
    log = {event.id: event for event in history.log}
    for wish in history.wishes:
        for identifier in dict.fromkeys(history.accepted.get(wish.endpoint, ())):
            if why := _invented(log.get(identifier), wish):
                words = f"{identifier} came to {wish.name} ({wish.endpoint}): {why}"
                yield Violation("invented", words, identifier, wish.endpoint)


def _invented(event: Logged | None, wish: Wish) -> str | None:
    if event is None:
        return "it is not in the log"
    if event.position <= wish.since:
        return "it is from before the endpoint"
    return None if wish.sees(event) else "its structure does not see it"


def deposited_once(history: History) -> Iterator[Violation]:
    """Each invoice that was meant exists once, and has lived exactly what was asked."""
    lives = Counter(event.subject for event in history.log)
    for one in history.intended:
        found = history.invoices.get(one.number, [])
        if found != [one.id]:
            yield Violation("deposit", f"{one.number}: answered {one.id}, found {found}")
        elif lives[found[0]] != one.events:
            words = f"{one.number} ({one.id}): {lives[found[0]]} events instead of {one.events}"
            yield Violation("deposit", words)


def log_without_gaps(history: History) -> Iterator[Violation]:
    """Positions are 1, 2, 3… up to the head; so are the numbers of each subject."""
    if [event.position for event in history.log] != list(range(1, history.head + 1)):
        yield Violation("log", f"the positions are not 1 to {history.head}")
    numbers: dict[str, int] = {}
    for event in history.log:
        expected = numbers.get(event.subject, 0) + 1
        if event.sequence != expected:
            words = f"{event.id}: number {event.sequence} of {event.subject}, not {expected}"
            yield Violation("log", words, event.id)
        numbers[event.subject] = event.sequence


def nothing_stuck(history: History) -> Iterator[Violation]:
    """When all is quiet, no delivery is open, and none was given up that must not be."""
    skipped = history.skipped
    heads: dict[tuple[str, str], int] = {}
    for row in history.deliveries:
        if row.state in OPEN:
            queue = (row.endpoint, row.subject)
            heads[queue] = min(heads.get(queue, row.position), row.position)
    for row in history.deliveries:
        if row.state in OPEN:
            waits_for_nothing = heads[row.endpoint, row.subject] == row.position
            why = "and nothing goes before it" if waits_for_nothing else "behind another"
            words = f"{row.id} is {row.state}, {why}"
            yield Violation("stuck", words, row.event, row.endpoint)
        elif row.state in GIVEN_UP and (row.endpoint, row.event) not in skipped:
            words = f"{row.id} is {row.state} ({row.reason})"
            yield Violation("given up", words, row.event, row.endpoint)


def skipped_for_a_reason(history: History) -> Iterator[Violation]:
    """Nothing was skipped that its receiver was never given."""
    for endpoint, event in sorted(history.skipped):
        if event not in history.came.get(endpoint, ()):
            words = f"{event} was skipped and never came to {endpoint}"
            yield Violation("skipped", words, event, endpoint)


def breaker_closes_again(history: History) -> Iterator[Violation]:
    """Whoever was degraded recovered; whoever was down was degraded, and tried in vain."""
    for wish in history.wishes:
        life = [e.kind for e in history.log if e.subject == wish.endpoint]
        turns = [kind for kind in life if kind in (DEGRADED, RECOVERED)]
        if DEGRADED in turns and turns[-1] != RECOVERED:
            yield Violation("breaker", f"{wish.name} never recovered", None, wish.endpoint)
        if wish.falls and DEGRADED not in turns:
            yield Violation("breaker", f"{wish.name} was never degraded", None, wish.endpoint)
        if wish.falls and not history.vain_probes.get(wish.endpoint):
            yield Violation("breaker", f"{wish.name} was never tried in vain", None, wish.endpoint)


def shared_by_members(history: History) -> Iterator[Violation]:
    """A group did everything it is for, each object in order, and nothing again once done."""
    log = {event.id: event for event in history.log}
    for pulled in history.pulled:
        wish, done = pulled.wish, {turn.event for turn in pulled.turns if turn.is_done}
        for event in history.log:
            if wish.wants(event) and event.id not in done:
                yield Violation("lost", f"{event.kind} {event.id} was not done by {wish.name}")
        if pulled.acknowledged > len(done):
            words = f"{wish.name}: {pulled.acknowledged} acknowledged of {len(done)} done"
            yield Violation("group", words)
        yield from _turns(pulled, log)


def _turns(pulled: Pulled, log: dict[str, Logged]) -> Iterator[Violation]:
    name, done, handed = pulled.wish.name, set[str](), set[str]()
    latest: dict[str, int] = {}
    for turn in pulled.turns:
        event = log.get(turn.event)
        if event is None or (why := _invented(event, pulled.wish)):
            words = "it is not in the log" if event is None else why
            yield Violation("invented", f"{turn.event} was handed to {name}: {words}")
        elif turn.is_done:
            done.add(event.id)
        elif event.id in done:
            yield Violation("group", f"{event.id} was handed to {turn.member} although it is done")
        elif event.id not in handed:
            handed.add(event.id)
            if event.sequence <= latest.get(event.subject, 0):
                yield Violation("reordered", f"{event.id} was handed late to {turn.member}")
            latest[event.subject] = event.sequence


def replayed_as_previewed(history: History) -> Iterator[Violation]:
    """A replay ended, and sent as many as its preview said: by its own figures and in truth."""
    places = {event.id: event.position for event in history.log}
    for one in history.replayed:
        inside = range(places[one.after] + 1, places[one.upto] + 1)
        came = {event for event in one.came if places.get(event) in inside}
        found = (one.state, one.total, one.delivered, len(came))
        if found != ("FINISHED", *[one.previewed] * 3):
            words = f"previewed {one.previewed}; state, total, delivered and accepted: {found}"
            yield Violation("replay", words, None, one.endpoint)


def observed_in_order(history: History) -> Iterator[Violation]:
    """Each observer saw the life of every invoice deposited, once, in the order of the log."""
    meant = {one.id for one in history.intended}
    expected = [event.id for event in history.log if event.subject in meant]
    place = {identifier: n for n, identifier in enumerate(expected)}
    for seen in history.seen:
        told = [e for connection in seen.connections for e in connection if e in place]
        if told == expected:
            continue
        missing = [identifier for identifier in expected if identifier not in set(told)]
        places = [place[identifier] for identifier in told]
        turn = next((n for n, (a, b) in enumerate(pairwise(places)) if b <= a), None)
        words = f"{seen.name} saw {len(told)} of {len(expected)} events, {len(missing)} missing"
        if turn is not None:
            words += f"; {told[turn + 1]} came after {told[turn]}"
        yield Violation("observed", words, missing[0] if missing else None)


def _first(identifiers: Iterable[str], log: dict[str, Logged]) -> Iterator[Logged]:
    for identifier in dict.fromkeys(identifiers):
        if identifier in log:
            yield log[identifier]


JUDGES: tuple[Judge, ...] = (
    nothing_lost,
    nothing_reordered,
    nothing_invented,
    deposited_once,
    log_without_gaps,
    nothing_stuck,
    skipped_for_a_reason,
    breaker_closes_again,
    shared_by_members,
    replayed_as_previewed,
    observed_in_order,
)


def judged(history: History) -> list[Violation]:
    """Everything that all the judges say."""
    return [violation for judge in JUDGES for violation in judge(history)]
