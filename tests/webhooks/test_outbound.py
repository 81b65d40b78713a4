"""The HTTP client, against real servers on loopback and a dialler that only records."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ipaddress
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pycurl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.receiver import Message, Receiver, Reply
from webhooks import outbound
from webhooks.addresses import Allowed
from webhooks.outbound import (
    ANSWER_BYTES,
    EXCERPT_BYTES,
    ErrorKind,
    Outcome,
    Request,
    Sender,
    printable,
)

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


Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def hostile(talk: Talk) -> AsyncIterator[str]:
    """A server that says what it likes, whatever it is sent."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await talk(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not writer.is_closing():
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def _flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"x-flood: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def _one_endless_header(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nx-flood: ")
    while not writer.is_closing():
        writer.write(b"y" * 1000)
        await writer.drain()


async def _informs_without_end(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        await writer.drain()


async def _endless_trailers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
    while not writer.is_closing():
        writer.write(b"x-flood: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize(
    ("talk", "errors"),
    [
        (_drip, {ErrorKind.TIMEOUT}),
        (_silence, {ErrorKind.TIMEOUT}),
        (_flood, {ErrorKind.PROTOCOL, ErrorKind.CUT}),
        (_one_endless_header, {ErrorKind.PROTOCOL, ErrorKind.CUT}),
        (_informs_without_end, {ErrorKind.PROTOCOL, ErrorKind.CUT, ErrorKind.TIMEOUT}),
        (_endless_trailers, {ErrorKind.PROTOCOL, ErrorKind.CUT}),
    ],
)
async def test_a_hostile_receiver_holds_a_place_no_longer_than_allowed(
    sender: Senders, talk: Talk, errors: set[ErrorKind]
) -> None:
    one = sender(timeout_seconds=1)
    async with hostile(talk) as url:
        outcome = await post(one, url)

        assert outcome.error in errors
        assert len(outcome.excerpt) <= EXCERPT_BYTES


async def test_a_compressed_answer_is_not_unpacked(sender: Senders, receiver: Receiver) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    receiver.reply = Reply(headers={"content-encoding": "gzip"}, body=bomb)

    outcome = await post(sender(), receiver.url)

    assert outcome.error is None
    assert outcome.excerpt == bomb[:EXCERPT_BYTES]
    assert "accept-encoding" not in receiver.messages[0].headers


async def test_more_of_an_answer_is_kept_only_where_it_is_asked_for(
    sender: Senders, receiver: Receiver
) -> None:
    receiver.reply = Reply(body=b"x" * 20_000)
    one = sender()

    whole = await one.post(Request(receiver.url, {}, b"{}", keep=ANSWER_BYTES))
    part = await post(one, receiver.url)

    assert (len(whole.excerpt), len(part.excerpt)) == (20_000, EXCERPT_BYTES)


async def test_a_request_may_have_less_time_than_the_others(
    sender: Senders, receiver: Receiver
) -> None:
    receiver.reply = Reply(delay=0.3)
    one = sender()

    hurried = await one.post(Request(receiver.url, {}, b"{}", timeout_seconds=0.05))
    patient = await post(one, receiver.url)

    assert (hurried.error, patient.error) == (ErrorKind.TIMEOUT, None)


@pytest.mark.parametrize(
    "said",
    ["\x1b[31mred", "a\r\nFAKE log line", "\u202etxt.exe", "nul \x00", b"\xff\xfe", "\u2028"],
    ids=ascii,
)
def test_what_a_receiver_says_cannot_pass_for_something_else(said: str | bytes) -> None:
    shown = printable(said)

    assert all(c.isprintable() or c in "\n\t" for c in shown)
    assert "\r" not in shown


async def test_what_went_wrong_is_told_in_printable_words(tmp_path: Path, sender: Senders) -> None:
    secure = Receiver()
    await secure.start(certificate(tmp_path, "a\x1b[31mb.example"), host="localhost")

    outcome = await post(sender(ca_file=str(tmp_path / "ca.pem")), secure.url)

    assert outcome.error is ErrorKind.TLS
    assert outcome.detail
    assert outcome.detail.isprintable()
    await secure.stop()


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
        ("https://LOCALHOST./", "LOOPBACK"),
        ("https://127.1/", "LOOPBACK"),
        ("https://%31%32%37.0.0.1/", "LOOPBACK"),
        ("https://[::ffff:7f00:1]/", "LOOPBACK"),
        ("https://[2002:7f00:1::]/", "TRANSLATED"),
        ("https://[fe80::1]/", "LINK_LOCAL"),
        ("https://[fe80::1%251]/", "LINK_LOCAL"),
        ("https://[fd00:ec2::254]/", "METADATA"),
        ("https://user:password@10.0.0.1/", "PRIVATE"),
        ("https://1.1.1.1:22/", "PORT"),
        ("http://1.1.1.1/", "CLEAR_TEXT"),
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


def resolving(sender: Sender, host: str, port: int, addresses: str) -> None:
    """What a name server would answer for the host."""
    sender._options += ((pycurl.RESOLVE, [f"{host}:{port}:{addresses}"]),)


async def test_of_several_addresses_only_those_that_may_be_reached_are_dialled(
    sender: Senders,
) -> None:
    dialled: list[tuple[int, ...]] = []

    def records(*kind: int) -> socket.socket:
        dialled.append(kind)
        raise OSError("not dialled in a test")

    one = sender(allow=(), open_socket=records)
    resolving(one, "twofaced.example", 443, "10.0.0.1,1.1.1.1,[::1],169.254.169.254")

    outcome = await post(one, "https://twofaced.example/")

    assert outcome.error is not None
    assert len(dialled) == 1


async def test_a_name_with_an_open_and_a_closed_address_is_served_at_the_open_one(
    sender: Senders, receiver: Receiver
) -> None:
    port = int(receiver.url.rsplit(":", 1)[1].split("/")[0])
    one = sender()
    resolving(one, "erp.example", port, "10.0.0.1,127.0.0.1")

    assert (await post(one, f"http://erp.example:{port}/")).error is None


async def test_a_name_that_moves_is_judged_again_when_its_connection_is_made_again(
    sender: Senders, receiver: Receiver
) -> None:
    port = int(receiver.url.rsplit(":", 1)[1].split("/")[0])
    one = sender()
    resolving(one, "erp.example", port, "127.0.0.1")
    assert (await post(one, f"http://erp.example:{port}/")).error is None

    assert one._engine is not None
    for exchange in one._engine._spare:
        exchange.curl.setopt(pycurl.RESOLVE, [f"erp.example:{port}:10.0.0.1"])
    kept = await post(one, f"http://erp.example:{port}/")
    receiver.reply = Reply(headers={"connection": "close"})
    await post(one, f"http://erp.example:{port}/")
    moved = await post(one, f"http://erp.example:{port}/")

    # A kept connection leads where it was judged to lead; a new one is judged anew.
    assert kept.error is None
    assert receiver.connections == 1
    assert (moved.error, moved.detail) == (ErrorKind.REFUSED_ADDRESS, "PRIVATE")


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


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("OpenSSL SSL_read: ... routines::tlsv13 alert certificate required", ErrorKind.TLS),
        ("Recv failure: Connection reset by peer", ErrorKind.CUT),
    ],
)
def test_an_alert_after_the_handshake_is_a_failure_of_tls(text: str, error: ErrorKind) -> None:
    assert outbound._explained(pycurl.E_RECV_ERROR, text, None, None)[0] is error


async def test_an_old_tls_is_refused(sender: Senders, tmp_path: Path) -> None:
    context = certificate(tmp_path, "localhost")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    secure = Receiver()
    await secure.start(context, host="localhost")

    outcome = await post(sender(ca_file=str(tmp_path / "ca.pem")), secure.url)

    assert outcome.error is ErrorKind.TLS
    assert secure.messages == []
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
