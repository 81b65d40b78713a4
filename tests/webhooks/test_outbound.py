"""The HTTP client, against real servers on loopback and a dialler that only records."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks.addresses import Allowed
from webhooks.outbound import ANSWER_BYTES, EXCERPT_BYTES, ErrorKind, Outcome, Request, Sender

Senders = Callable[..., Sender]


@pytest.fixture
async def sender() -> AsyncIterator[Senders]:
    """Makes senders that may reach loopback, and closes them."""
    made: list[Sender] = []

    def make(**options: object) -> Sender:
        made.append(Sender(**({"allow": (LOOPBACK,), "timeout_seconds": 2} | options)))  # type: ignore[arg-type]  # options of several types
        return made[-1]

    yield make
    for one in made:
        one.close()


async def post(sender: Sender, url: str, body: bytes = b"{}", **headers: str) -> Outcome:
    return await sender.post(Request(url, headers, body))


async def test_a_message_is_posted_with_its_headers_and_its_bytes(
    sender: Senders, receiver: Receiver
) -> None:
    outcome = await post(sender(), receiver.url, "é\x00".encode(), webhook_id="evt_1")

    (message,) = receiver.messages
    assert (outcome.status, outcome.error, outcome.excerpt) == (200, None, b"ok")
    assert message.body == "é\x00".encode()
    assert message.headers["webhook_id"] == "evt_1"
    assert "expect" not in message.headers


async def test_connections_are_kept(sender: Senders, receiver: Receiver) -> None:
    one = sender()

    for _ in range(5):
        await post(one, receiver.url)

    assert len(receiver.messages) == 5
    assert receiver.connections == 1


async def test_a_connection_closed_at_rest_is_opened_again(
    sender: Senders, receiver: Receiver
) -> None:
    one = sender()
    receiver.reply = Reply(headers={"connection": "close"})

    for _ in range(5):
        assert (await post(one, receiver.url)).error is None

    assert receiver.connections >= 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(sender: Senders, receiver: Receiver, status: int) -> None:
    receiver.reply = Reply(status, {"location": receiver.url + "/next"})

    outcome = await post(sender(), receiver.url)

    assert (outcome.status, outcome.error) == (status, ErrorKind.STATUS)
    assert len(receiver.messages) == 1


async def test_a_huge_answer_is_cut_off(sender: Senders, receiver: Receiver) -> None:
    receiver.reply = Reply(body=b"x" * 50_000_000)

    outcome = await post(sender(), receiver.url)

    assert (outcome.status, outcome.error) == (200, None)
    assert outcome.excerpt == b"x" * EXCERPT_BYTES
    assert ANSWER_BYTES < 50_000_000


async def test_an_endless_drip_ends_with_the_time_allowed(sender: Senders) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await asyncio.sleep(0.02)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    outcome = await post(sender(timeout_seconds=0.4), f"http://127.0.0.1:{port}/")

    assert outcome.error is ErrorKind.TIMEOUT
    server.close()


async def test_what_goes_wrong_is_named(sender: Senders, receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    receiver.reply = Reply(answers=False)
    one = sender()

    named = {
        "cut": (await post(one, receiver.url)).error,
        "refused": (await post(one, f"http://127.0.0.1:{closed}/")).error,
        "name": (await post(one, "http://no-such-name.invalid:1/")).error,
        "url": (await post(one, "http://exa mple/")).error,
        "scheme": (await post(one, "ftp://127.0.0.1/")).error,
    }

    assert named == {
        "cut": ErrorKind.CUT,
        "refused": ErrorKind.CONNECT,
        "name": ErrorKind.NAME,
        "url": ErrorKind.URL,
        "scheme": ErrorKind.URL,
    }


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://10.0.0.1/", "PRIVATE"),
        ("http://169.254.169.254/latest/meta-data", "METADATA"),
        ("https://[::1]/", "LOOPBACK"),
        ("https://[::ffff:10.0.0.1]/", "PRIVATE"),
        ("https://[64:ff9b::7f00:1]/", "TRANSLATED"),
        ("https://0x7f.1/", "LOOPBACK"),
        ("https://2130706433/", "LOOPBACK"),
        ("https://017700000001/", "LOOPBACK"),
        ("https://0.0.0.0/", "UNSPECIFIED"),
        ("https://localhost/", "LOOPBACK"),
    ],
)
async def test_whatever_the_spelling_a_refused_address_is_never_dialled(
    sender: Senders, url: str, why: str
) -> None:
    dialled: list[tuple[int, int, int]] = []

    def records(*kind: int) -> socket.socket:
        dialled.append(kind)  # type: ignore[arg-type]  # the three numbers of a socket
        raise AssertionError("dialled")

    outcome = await post(sender(allow=(), open_socket=records), url)

    assert (outcome.error, outcome.detail) == (ErrorKind.REFUSED_ADDRESS, why)
    assert dialled == []


async def test_a_port_that_is_not_in_the_allow_list_is_refused(
    sender: Senders, receiver: Receiver
) -> None:
    narrow = Allowed(ipaddress.ip_network("127.0.0.0/8"), 9)

    outcome = await post(sender(allow=(narrow,)), receiver.url)

    assert (outcome.error, outcome.detail) == (ErrorKind.REFUSED_ADDRESS, "LOOPBACK")
    assert receiver.messages == []


async def test_proxies_of_the_environment_are_not_used(
    sender: Senders, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert (await post(sender(), receiver.url)).error is None


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("nonsense", None), ("-5", None), ("", None)]
)
async def test_retry_after_is_read_from_a_failure(
    sender: Senders, receiver: Receiver, header: str, seconds: int | None
) -> None:
    receiver.reply = Reply(503, {"retry-after": header})

    assert (await post(sender(), receiver.url)).retry_after == seconds


async def test_retry_after_may_be_a_date(sender: Senders, receiver: Receiver) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    stamp = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.reply = Reply(503, {"retry-after": stamp})

    outcome = await post(sender(), receiver.url)

    assert outcome.retry_after is not None
    assert abs(outcome.retry_after - 3600) < 60


async def test_many_at_once_each_get_their_own_answer(sender: Senders, receiver: Receiver) -> None:
    receiver.reply = lambda m: Reply(body=m.body, delay=0.01)
    one = sender()

    outcomes = await asyncio.gather(*(post(one, receiver.url, str(n).encode()) for n in range(90)))

    assert [o.excerpt for o in outcomes] == [str(n).encode() for n in range(90)]


async def test_closing_ends_the_requests_under_way(sender: Senders, receiver: Receiver) -> None:
    receiver.reply = Reply(delay=30)
    one = sender()
    answer = one.post(Request(receiver.url, {}, b"{}"))
    await receiver.has(1)

    one.close()

    assert (await answer).error is ErrorKind.INTERRUPTED


# TLS


def certificate(folder: Path, host: str) -> ssl.SSLContext:
    """A certificate of its own authority for the host, kept in `folder/ca.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("issued_for", "trusted", "error"),
    [
        ("localhost", True, None),
        ("localhost", False, ErrorKind.TLS),
        ("elsewhere.example", True, ErrorKind.TLS),
    ],
    ids=["a trusted certificate", "an unknown authority", "another host"],
)
async def test_certificates_are_verified(
    sender: Senders, tmp_path: Path, issued_for: str, *, trusted: bool, error: ErrorKind | None
) -> None:
    secure = Receiver()
    await secure.start(certificate(tmp_path, issued_for), host="localhost")
    options = {"ca_file": str(tmp_path / "ca.pem")} if trusted else {}

    outcome = await post(sender(**options), secure.url)

    assert outcome.error is error
    assert len(secure.messages) == (0 if error else 1)
    await secure.stop()


async def test_a_message_goes_to_whom_it_is_for(sender: Senders) -> None:
    seen: dict[str, list[Message]] = {}
    receivers = [Receiver() for _ in range(3)]
    for one in receivers:
        await one.start()
    sends = sender()

    await asyncio.gather(
        *(post(sends, r.url, str(n).encode()) for n in range(20) for r in receivers)
    )

    for one in receivers:
        seen[one.url] = one.messages
        assert sorted(int(m.body) for m in one.messages) == list(range(20))
        await one.stop()
