"""What the conformance probe sends, and what it concludes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from manage import main
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.receivers import a_good_receiver, a_naive_receiver
from webhooks import probe
from webhooks.outbound import ErrorKind, Outcome, Request, Sender
from webhooks.probe import MUST_BE_REFUSED, Check, Finding, Message, Recipe, Verdict
from webhooks.probe_words import CHECKS, observed
from webhooks.signing import new_secret

SECRET = new_secret()


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    one = Sender(allow=(LOOPBACK,), timeout_seconds=2, connect_seconds=1)
    yield one
    one.close()


async def probed(receiver: Receiver, sender: Sender, secret: str = SECRET) -> list[Finding]:
    await receiver.start()
    recipe = Recipe("whp_" + "0" * 26, [secret], "sandbox", "Bordereau/test")

    async def send(message: Message) -> Outcome:
        return await sender.post(Request(receiver.url, message.headers, message.body))

    findings = await probe.run(recipe, send)
    await receiver.stop()
    return findings


async def test_a_good_receiver_passes_every_check(sender: Sender) -> None:
    receiver = a_good_receiver(SECRET)

    findings = await probed(receiver, sender)

    assert [f.verdict for f in findings] == [Verdict.PASSED] * 7
    assert probe.passed(findings) == len(Check)


async def test_a_naive_receiver_is_found_out(sender: Sender) -> None:
    findings = await probed(a_naive_receiver(), sender)

    accepted = [f.check for f in findings if f.verdict is Verdict.PASSED]
    assert accepted == [Check.VALID, Check.DUPLICATE]
    assert {f.check: f.status for f in findings if f.verdict is Verdict.FAILED} == {
        Check.BAD_SIGNATURE: 200,
        Check.STALE_TIMESTAMP: 200,
        Check.ALTERED_BODY: 200,
        Check.LARGE_BODY: 413,
        Check.UNKNOWN_KIND: 500,
    }


async def test_refusing_everything_proves_nothing(sender: Sender) -> None:
    findings = await probed(a_good_receiver(new_secret()), sender)

    verdicts = {f.check: f.verdict for f in findings}
    assert probe.passed(findings) == 0
    assert {verdicts[check] for check in MUST_BE_REFUSED} == {Verdict.INCONCLUSIVE}


async def test_a_receiver_that_is_away_fails_with_what_happened(sender: Sender) -> None:
    findings = await probed(Receiver(Reply(answers=False)), sender)

    assert {f.verdict for f in findings} == {Verdict.FAILED}
    assert {f.error for f in findings} == {ErrorKind.CUT}
    assert observed(findings[0]).en.startswith("No answer (CUT")


async def test_messages_are_marked_and_name_nothing_real(sender: Sender) -> None:
    receiver = a_good_receiver(SECRET)

    await probed(receiver, sender)

    marks = {(m.headers["webhook-probe"], m.content["subject"]) for m in receiver.messages}
    assert marks == {("whp_" + "0" * 26, "whp_" + "0" * 26)}
    sizes = [len(m.body) for m in receiver.messages]
    assert 250 * 1024 < max(sizes) <= 256 * 1024
    valid, duplicate = receiver.messages[0], receiver.messages[4]
    assert (valid.id, valid.body) == (duplicate.id, duplicate.body)


@pytest.mark.parametrize(
    ("check", "outcome", "verdict"),
    [
        (Check.VALID, Outcome(200, 10), Verdict.PASSED),
        (Check.VALID, Outcome(200, 5_001), Verdict.FAILED),
        (Check.VALID, Outcome(302, 10, error=ErrorKind.STATUS), Verdict.FAILED),
        (Check.VALID, Outcome(429, 10, error=ErrorKind.STATUS), Verdict.INCONCLUSIVE),
        (Check.DUPLICATE, Outcome(409, 10, error=ErrorKind.STATUS), Verdict.FAILED),
        (Check.BAD_SIGNATURE, Outcome(401, 10, error=ErrorKind.STATUS), Verdict.PASSED),
        (Check.BAD_SIGNATURE, Outcome(500, 10, error=ErrorKind.STATUS), Verdict.FAILED),
        (Check.BAD_SIGNATURE, Outcome(408, 10, error=ErrorKind.STATUS), Verdict.INCONCLUSIVE),
        (Check.BAD_SIGNATURE, Outcome(None, 10, error=ErrorKind.TIMEOUT), Verdict.FAILED),
    ],
)
def test_an_answer_is_judged_by_the_table(check: Check, outcome: Outcome, verdict: Verdict) -> None:
    assert probe.judged(check, outcome) is verdict


def test_every_check_says_why_it_matters_and_what_to_do() -> None:
    assert CHECKS.keys() == set(Check)
    assert [
        check for check, words in CHECKS.items() if any(not w.fr or not w.en for w in words)
    ] == []


@pytest.mark.parametrize(("knows", "status", "score"), [(True, 0, "7/7"), (False, 1, "0/7")])
async def test_the_command_line_probes_without_a_database(
    knows: bool, status: int, score: str, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = a_good_receiver(SECRET)
    await receiver.start()
    given = SECRET if knows else new_secret()

    ended = await asyncio.to_thread(
        main, ["webhooks", "probe", receiver.url, "--secret", given, "--json"]
    )

    told = json.loads(capsys.readouterr().out)
    assert (ended, told["score"]) == (status, score)
    assert [check["check"] for check in told["checks"]] == [c.value for c in Check]
    await receiver.stop()


def test_the_command_line_refuses_what_is_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webhooks", "probe", "ftp://example.org/"]) == 2
    assert "not a complete https URL" in capsys.readouterr().err
