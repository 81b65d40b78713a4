"""E-mails leave through a real server, again and again for a day, and their words go with them."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag

from domain.clock import Clock
from domain.events import transaction
from domain.mail import actions
from domain.mail.models import Mail, MailStatus
from tests.mail.conftest import PASSWORD, SENDER, MailServer
from webhooks import mailer
from webhooks.mailer import AGAIN_AFTER, LEASE, server_at

TO = "jeanne@example.test"
LINK = "https://bordereau.test/oauth/activate?token=secret"


async def post(to: str = TO, locale: str = "FR", **values: object) -> None:
    said = {
        "email": to,
        "link": "https://bordereau.test/oauth/activate?token=secret",
        "minutes": 60,
    }
    async with transaction():
        await actions.post("account_activation", to, locale, **(said | values))


async def test_a_message_arrives_as_it_was_written(server: MailServer) -> None:
    await post()

    assert await mailer.run() == 1

    ((envelope, message),) = server.taken
    assert envelope.mail_from == "ne-pas-repondre@bordereau.test"
    assert envelope.rcpt_tos == [TO]
    assert message["From"] == SENDER
    assert message["To"] == TO
    assert message["Subject"] == "Activez votre compte Bordereau"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] is not None
    body = message.get_content().replace("\r\n", "\n")
    assert body.startswith("Bonjour,\n\nVous avez demandé à créer un compte Bordereau")
    assert "https://bordereau.test/oauth/activate?token=secret" in body
    assert message.get_content_type() == "text/plain"


async def test_words_are_sealed_while_they_wait_and_erased_once_sent(server: MailServer) -> None:
    await post()
    (waiting,) = await Mail.all().values()
    assert waiting["sealed"] is not None
    for word in ("secret", "Activez", "token"):
        assert word not in str(waiting)

    await mailer.run()

    (sent,) = await Mail.all().values()
    assert (sent["status"], sent["sealed"], sent["error"]) == (MailStatus.SENT, None, None)
    assert sent["sent_at"] is not None


async def test_a_sealed_message_opens_under_no_other_name(queue: None) -> None:
    await post()
    mail = await Mail.get()
    assert actions.opened(mail) is not None
    mail.id = mail.id[:-1] + ("0" if mail.id[-1] != "0" else "1")

    with pytest.raises(InvalidTag):
        actions.opened(mail)


async def test_a_message_is_posted_with_the_fact_or_not_at_all(queue: None) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await post()
            raise ZeroDivisionError

    assert not await Mail.exists()


async def test_a_message_that_does_not_leave_is_tried_again_for_a_day(
    server: MailServer, clock: Clock
) -> None:
    await post()
    server.answers = ["451 busy"] * (len(AGAIN_AFTER) + 1)

    for pause in AGAIN_AFTER:
        assert await mailer.run() == 0
        mail = await Mail.get()
        assert (mail.status, mail.error) == (MailStatus.WAITING, "SMTPDataError 451")
        assert mail.sealed is not None
        clock.advance(pause - timedelta(seconds=1))
        assert not await mailer.is_behind()
        clock.advance(timedelta(seconds=1))
        assert await mailer.is_behind()
    assert await mailer.run() == 0

    mail = await Mail.get()
    assert (mail.status, mail.sealed, mail.attempts) == (MailStatus.FAILED, None, 8)
    assert sum(AGAIN_AFTER, timedelta()) > timedelta(hours=20)
    assert not await mailer.is_behind()


async def test_it_leaves_at_the_next_attempt_under_the_same_message_id(
    server: MailServer, clock: Clock
) -> None:
    await post()
    server.answers = ["421 later"]
    await mailer.run()
    clock.advance(AGAIN_AFTER[0])

    assert await mailer.run() == 1

    mail = await Mail.get()
    ((_, message),) = server.taken
    assert mail.attempts == 2
    assert message["Message-ID"] == f"<{mail.id}@bordereau.test>"


@pytest.mark.parametrize("answer", ["550 no such mailbox", "554 refused", "552 too large"])
async def test_a_final_refusal_is_not_tried_again(server: MailServer, answer: str) -> None:
    await post()
    server.answers = [answer]

    await mailer.run()

    mail = await Mail.get()
    assert (mail.status, mail.sealed) == (MailStatus.FAILED, None)
    assert mail.error == f"SMTPDataError {answer[:3]}"


async def test_a_refused_recipient_stops_no_other(server: MailServer) -> None:
    server.refused_recipients["gone@example.test"] = "550 no such mailbox"
    await post("gone@example.test")
    await post()

    assert await mailer.run() == 1

    statuses = dict(await Mail.all().values_list("recipient", "status"))
    assert statuses == {"gone@example.test": MailStatus.FAILED, TO: MailStatus.SENT}


async def test_a_server_that_is_down_loses_nothing(queue: None, clock: Clock) -> None:
    mailer.configure(server_at("smtp://127.0.0.1:9"), SENDER)
    await post()

    assert await mailer.run() == 0

    mail = await Mail.get()
    assert (mail.status, mail.error) == (MailStatus.WAITING, "ConnectionRefusedError")


async def test_logs_and_errors_hold_no_address_and_no_words(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refused_recipients[TO] = f"550 {TO} token=secret"
    await post()

    with caplog.at_level(logging.DEBUG):
        await mailer.run()

    # The server of the test writes what it hears; ours is what counts.
    ours = [r for r in caplog.records if r.name.startswith(("webhooks", "domain"))]
    told = " ".join(record.getMessage() for record in ours)
    assert "did not leave" in told
    assert TO not in told
    assert "secret" not in told
    assert (await Mail.get()).error == "SMTPRecipientsRefused"


async def test_two_workers_send_a_message_once(server: MailServer) -> None:
    for number in range(5):
        await post(f"p{number}@example.test")

    taken = await asyncio.gather(mailer.run(), mailer.run())

    assert sum(taken) == 5
    assert len(server.taken) == 5


async def test_the_message_of_a_worker_that_died_is_taken_over_after_its_lease(
    server: MailServer, clock: Clock
) -> None:
    await post()
    assert len(await actions.claim(LEASE)) == 1
    assert await mailer.run() == 0
    clock.advance(LEASE)

    assert await mailer.run() == 1


async def test_without_a_server_messages_wait(queue: None) -> None:
    await post()

    assert await mailer.run() == 0
    assert not await mailer.is_behind()
    assert (await Mail.get()).status == MailStatus.WAITING


async def test_what_was_posted_a_week_ago_is_forgotten(queue: None, clock: Clock) -> None:
    await post()
    clock.advance(timedelta(days=7))
    assert await actions.forget_old() == 0
    clock.advance(timedelta(seconds=1))

    assert await actions.forget_old() == 1


# TLS and passwords


async def test_a_password_goes_over_tls_to_a_server_that_is_who_it_says(
    guarded: MailServer,
) -> None:
    url = guarded.url.replace("smtp://", f"smtp://bordereau:{PASSWORD.replace(' ', '%20')}@")
    mailer.configure(server_at(url), SENDER)
    await post()

    assert await mailer.run() == 1

    assert guarded.logins == [("bordereau", PASSWORD)]
    assert guarded.over_tls == [True]


async def test_no_password_is_given_without_tls(server: MailServer) -> None:
    url = server.url.replace("smtp://", "smtp://bordereau:secret@")
    mailer.configure(server_at(url), SENDER)
    await post()

    assert await mailer.run() == 0

    assert (server.logins, server.taken) == ([], [])
    assert (await Mail.get()).error == "SMTPNotSupportedError"


async def test_nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for(
    guarded: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    url = guarded.url.replace("smtp://", "smtp://bordereau:secret@")
    mailer.configure(server_at(url), SENDER)
    await post()

    assert await mailer.run() == 0

    assert (guarded.logins, guarded.taken) == ([], [])
    assert (await Mail.get()).error == "SSLCertVerificationError"


async def test_nothing_is_said_to_a_server_of_another_name(guarded: MailServer) -> None:
    mailer.configure(server_at(guarded.url.replace("localhost", "127.0.0.2")), SENDER)
    await post()

    assert await mailer.run() == 0
    assert guarded.taken == []


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "implicit"),
    [
        ("smtp://mail.example.test", "mail.example.test", 587, "", False),
        ("smtps://mail.example.test", "mail.example.test", 465, "", True),
        ("smtp://u%40x:p%3Aw@mail.example.test:25", "mail.example.test", 25, "u@x", False),
    ],
)
def test_an_address_names_a_server(
    url: str, host: str, port: int, user: str, *, implicit: bool
) -> None:
    server = server_at(url)

    assert (server.host, server.port, server.user) == (host, port, user)
    assert server.implicit_tls is implicit


@pytest.mark.parametrize("wrong", ["mail.example.test", "http://mail.example.test", "smtp://"])
def test_what_is_no_address_of_a_server_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="smtp://user:password@host:587"):
        server_at(wrong)


# Headers


@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nBcc: victim@example.test",
        "a\nSubject: autre",
        "a\u2028Bcc: x",
        "a\u202eb",
        "x" * 5_000,
        "{link}",
        "{site.__class__}",
    ],
)
async def test_no_value_becomes_a_header_another_line_or_another_text(
    server: MailServer, hostile: str
) -> None:
    async with transaction():
        await actions.post(
            "attachment_requested",
            TO,
            "FR",
            person=hostile,
            structure=hostile,
            email="x@example.test",
            message=hostile,
        )

    assert await mailer.run() == 1

    ((envelope, message),) = server.taken
    assert envelope.rcpt_tos == [TO]
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert "\n" not in message["Subject"]
    assert "\u202e" not in message.get_content()
    lines = message.get_content().splitlines()
    assert not any(line.startswith(("Bcc", "Subject")) for line in lines)


@pytest.mark.parametrize(
    "hostile",
    [
        "jeanne@example.test, victim@example.test",
        "jeanne@example.test,victim@example.test",
        "jeanne@example.test\r\nBcc: victim@example.test",
        "Jeanne <jeanne@example.test>",
        "jeanne@example.test victim@example.test",
        "jeanne",
        "",
    ],
)
async def test_nothing_is_posted_to_what_is_not_one_address(queue: None, hostile: str) -> None:
    with pytest.raises(ValueError, match="not one address"):
        await post(hostile)

    assert not await Mail.exists()
