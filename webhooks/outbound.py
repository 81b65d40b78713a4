"""The HTTP client of the webhooks: it refuses private addresses on the connection it really opens.

libcurl is driven by the event loop of the process. The address is checked where the socket is
made: no name, numeric spelling or second answer of a name server can walk around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import pycurl

from webhooks import authorities
from webhooks.addresses import Allowed, Reason, refused

EXCERPT_BYTES = 4096
# A longer answer is cut off: reading it to the end would only serve to keep the connection.
ANSWER_BYTES = 64 * 1024
LONGEST_DETAIL = 500
MAX_CONNECTIONS = 1024
IDLE_CONNECTIONS = 512
CONNECTION_LIFETIME_SECONDS = 600

OpenSocket = Callable[[int, int, int], socket.socket]


class ErrorKind(StrEnum):
    """Why an attempt has no answer, or one that does not count."""

    REFUSED_ADDRESS = "REFUSED_ADDRESS"
    NAME = "NAME"
    CONNECT = "CONNECT"
    TLS = "TLS"
    TIMEOUT = "TIMEOUT"
    CUT = "CUT"
    PROTOCOL = "PROTOCOL"
    URL = "URL"
    STATUS = "STATUS"
    TOKEN = "TOKEN"  # noqa: S105 - the name of a failure
    SEALED = "SEALED"
    INTERRUPTED = "INTERRUPTED"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What proves who we are in TLS: a chain that begins with our certificate, and its key."""

    chain: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One message to post, and how much of the answer to keep."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    keep: int = EXCERPT_BYTES
    # Less than the time of the sender, for what is only part of an attempt.
    timeout_seconds: float | None = None
    certificate: ClientCertificate | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request. `error` is None when the answer is a success (2xx)."""

    status: int | None
    latency_ms: int
    excerpt: bytes = b""
    retry_after: int | None = None
    error: ErrorKind | None = None
    detail: str | None = None
    # What went out with the request, secrets included.
    headers: Mapping[str, str] = field(default_factory=dict)


class Posts(Protocol):
    """What is needed of the HTTP client."""

    def post(self, request: Request) -> asyncio.Future[Outcome]: ...

    def close(self) -> None: ...


class Sender:
    """Posts messages, many at a time, over connections that are kept open.

    Certificates are verified, redirects are not followed, proxies of the environment are not
    used, compressed answers are not unpacked.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Allowed] = (),
        timeout_seconds: float = 15,
        connect_seconds: float = 3,
        ca_file: str | Path | None = None,
        open_socket: OpenSocket = socket.socket,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._options: tuple[tuple[int, Any], ...] = (
            *_FIXED_OPTIONS,
            (pycurl.CONNECTTIMEOUT_MS, int(connect_seconds * 1000)),
            *authorities.options(ca_file),
        )
        self._dial = _Dialler(tuple(allow), open_socket)
        self._engine: _Engine | None = None

    def post(self, request: Request) -> asyncio.Future[Outcome]:
        """Send one message. The future always gets an outcome, whatever the far side does."""
        if self._engine is None:
            self._engine = _Engine(
                asyncio.get_running_loop(), self._options, self._dial, self._timeout_seconds
            )
        return self._engine.submit(request)

    def close(self) -> None:
        """Close every connection; requests under way end as interrupted."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


@dataclass(frozen=True)
class _Dialler:
    allow: tuple[Allowed, ...]
    open_socket: OpenSocket

    def __call__(
        self, family: int, kind: int, protocol: int, peer: tuple[Any, ...], *, secure: bool
    ) -> socket.socket | Reason:
        """A socket for an address that may be reached, or why it may not."""
        if family not in (socket.AF_INET, socket.AF_INET6):
            return Reason.UNREADABLE
        host = peer[0].decode() if isinstance(peer[0], bytes) else str(peer[0])
        if len(peer) > 3 and peer[3]:
            host = f"{host}%{peer[3]}"
        reason = refused(host, peer[1], self.allow, secure=secure)
        return reason or self.open_socket(family, kind, protocol)


class _Exchange:
    """One reusable libcurl handle with the request it carries and what it collects."""

    def __init__(self, engine: _Engine, options: Sequence[tuple[int, Any]], dial: _Dialler) -> None:
        self.curl = pycurl.Curl()
        self.future: asyncio.Future[Outcome] | None = None
        self._engine = engine
        self._dial = dial
        self._secure = True
        self._refusal: Reason | None = None
        self._socket: socket.socket | None = None
        self._answer = bytearray()
        self._keep = EXCERPT_BYTES
        self._headers: Mapping[str, str] = {}
        self._cut = False
        self._started = 0.0
        # A handle that held a client certificate serves no other request.
        self.is_spent = False
        for option, value in options:
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.curl.setopt(pycurl.SOCKOPTFUNCTION, self._opened)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take)

    def prepare(
        self, request: Request, future: asyncio.Future[Outcome], timeout_seconds: float
    ) -> None:
        self.future = future
        self._secure = not request.url.lower().startswith("http:")
        self._refusal = None
        self._answer.clear()
        self._keep = request.keep
        self._headers = request.headers
        self._cut = False
        self._started = time.perf_counter()
        seconds = min(timeout_seconds, request.timeout_seconds or timeout_seconds)
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
        self.curl.setopt(pycurl.URL, request.url)
        self.curl.setopt(
            pycurl.HTTPHEADER, ["Expect:", *[f"{k}: {v}" for k, v in request.headers.items()]]
        )
        self.curl.setopt(pycurl.POSTFIELDS, request.body)
        if request.certificate is not None:
            self.is_spent = True
            self.curl.setopt(pycurl.SSLCERT_BLOB, request.certificate.chain)
            self.curl.setopt(pycurl.SSLKEY_BLOB, request.certificate.key)
            # A session resumed would vouch for whoever began it.
            self.curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)

    def outcome(self, code: int, text: str) -> Outcome:
        latency_ms = int((time.perf_counter() - self._started) * 1000)
        status = self.curl.getinfo(pycurl.RESPONSE_CODE) or None
        if code == pycurl.E_WRITE_ERROR and self._cut:
            code = pycurl.E_OK
        error, detail = _explained(code, text, status, self._refusal)
        return Outcome(
            status=status,
            latency_ms=latency_ms,
            excerpt=bytes(self._answer[: self._keep]),
            retry_after=self.curl.getinfo(pycurl.RETRY_AFTER) or None if error else None,
            error=error,
            detail=detail,
            headers=self._headers,
        )

    def settle(self, outcome: Outcome) -> None:
        future, self.future = self.future, None
        if future is not None and not future.done():
            future.set_result(outcome)

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, Any]) -> Any:
        family, kind, protocol, peer = address
        opened = self._dial(family, kind, protocol, peer, secure=self._secure)
        if isinstance(opened, Reason):
            self._refusal = opened
            return pycurl.SOCKET_BAD
        self._socket = opened
        return opened

    def _opened(self, descriptor: int, _purpose: int) -> int:
        # pycurl duplicated the socket it was given: this is the one that libcurl will use.
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._engine.own(descriptor)
        return 0

    def _take(self, chunk: bytes) -> int | None:
        self._answer += chunk[: ANSWER_BYTES - len(self._answer)]
        if len(self._answer) < ANSWER_BYTES:
            return None
        self._cut = True
        return 0  # anything but the length of the chunk ends the transfer


class _Engine:
    """libcurl on the event loop: watches its sockets, keeps its timer, settles the futures.

    The sockets live in a selector of their own, which the loop watches as one descriptor: all
    that is ready is handled in one turn. A reader per socket on the loop costs twice as much.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: Sequence[tuple[int, Any]],
        dial: _Dialler,
        timeout_seconds: float,
    ) -> None:
        self._loop = loop
        self._timeout_seconds = timeout_seconds
        self._options = options
        self._dial = dial
        self._busy: dict[pycurl.Curl, _Exchange] = {}
        self._spare: list[_Exchange] = []
        self._selector = selectors.DefaultSelector()
        # Sockets of kept connections stay registered between requests: registering twice a
        # request costs more than the request. `_ours` are the sockets that we opened, by inode.
        self._ours: dict[int, int] = {}
        self._resting: set[int] = set()
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turn_is_near = False
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, MAX_CONNECTIONS)
        self._multi.setopt(pycurl.M_MAXCONNECTS, IDLE_CONNECTIONS)
        loop.add_reader(self._selector, self._turn)

    def submit(self, request: Request) -> asyncio.Future[Outcome]:
        future: asyncio.Future[Outcome] = self._loop.create_future()
        exchange = self._spare.pop() if self._spare else self._new_exchange()
        try:
            exchange.prepare(request, future, self._timeout_seconds)
        except (pycurl.error, UnicodeError, ValueError) as error:
            future.set_result(Outcome(None, 0, error=ErrorKind.URL, detail=printable(str(error))))
            self._put_back(exchange)
            return future
        self._busy[exchange.curl] = exchange
        self._multi.add_handle(exchange.curl)
        return future

    def close(self) -> None:
        self._loop.remove_reader(self._selector)
        if self._timer is not None:
            self._timer.cancel()
        for curl, exchange in self._busy.items():
            self._multi.remove_handle(curl)
            exchange.settle(Outcome(None, 0, error=ErrorKind.INTERRUPTED))
        self._multi.close()
        for exchange in [*self._busy.values(), *self._spare]:
            exchange.curl.close()
        self._selector.close()

    def own(self, descriptor: int) -> None:
        """Note a socket that we opened: it stays watched while its connection is at rest."""
        self._unwatch(descriptor)
        self._ours[descriptor] = os.fstat(descriptor).st_ino

    def _new_exchange(self) -> _Exchange:
        return _Exchange(self, self._options, self._dial)

    def _turn(self) -> None:
        """Let libcurl act on every socket that is ready and on its timer, then settle."""
        self._turn_is_near = False
        for key, ready in self._selector.select(0):
            if key.fd in self._resting:
                # The far side closed a connection at rest; libcurl notices when it takes it up.
                self._unwatch(key.fd)
            else:
                self._multi.socket_action(key.fd, _ACTIONS[ready])
        if self._due is not None and self._due <= self._loop.time():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _collect(self) -> None:
        left = 1
        while left:
            left, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                self._finish(curl, pycurl.E_OK, "")
            for curl, code, text in failed:
                self._finish(curl, code, text)

    def _finish(self, curl: pycurl.Curl, code: int, text: str) -> None:
        exchange = self._busy.pop(curl)
        self._multi.remove_handle(curl)
        exchange.settle(exchange.outcome(code, text))
        self._put_back(exchange)

    def _put_back(self, exchange: _Exchange) -> None:
        if exchange.is_spent:
            exchange.curl.close()
        else:
            self._spare.append(exchange)

    def _on_timer(self, milliseconds: int) -> None:
        if milliseconds <= 0:
            # Not from within libcurl's own call: on the next turn of the loop, once for all.
            self._due = None if milliseconds < 0 else 0.0
            if self._due is not None and not self._turn_is_near:
                self._turn_is_near = True
                self._loop.call_soon(self._turn)
            return
        self._due = self._loop.time() + milliseconds / 1000
        if self._timer is None or self._timer.when() > self._due:
            self._rearm(self._due)

    def _rearm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._on_alarm)

    def _on_alarm(self) -> None:
        # libcurl moves its timer at every request; the alarm is moved only when it rings early.
        self._timer = None
        if self._due is None:
            return
        if self._due > self._loop.time():
            self._rearm(self._due)
        else:
            self._turn()

    def _on_socket(self, what: int, descriptor: int, _multi: Any, _data: Any) -> None:
        wanted = _EVENTS[what]
        if wanted == 0:
            if descriptor in self._ours:
                self._resting.add(descriptor)
            else:
                self._unwatch(descriptor)
            return
        if descriptor in self._resting:
            self._resting.discard(descriptor)
            # libcurl does not tell when it closes a connection at rest, and the system gives
            # the number away again: the socket is the same only if its inode is.
            if os.fstat(descriptor).st_ino != self._ours[descriptor]:
                self._unwatch(descriptor)
        known = self._selector.get_map().get(descriptor)
        if known is None:
            self._selector.register(descriptor, wanted)
        elif known.events != wanted:
            self._selector.modify(descriptor, wanted)

    def _unwatch(self, descriptor: int) -> None:
        self._ours.pop(descriptor, None)
        self._resting.discard(descriptor)
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)


_FIXED_OPTIONS: tuple[tuple[int, Any], ...] = (
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.FOLLOWLOCATION, 0),
    (pycurl.PROXY, ""),
    (pycurl.NOPROXY, "*"),
    (pycurl.NETRC, pycurl.NETRC_IGNORED),
    (pycurl.NOSIGNAL, 1),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.HTTP09_ALLOWED, 0),
    (pycurl.SSL_VERIFYPEER, 1),
    (pycurl.SSL_VERIFYHOST, 2),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
    (pycurl.TCP_NODELAY, 1),
    (pycurl.MAXLIFETIME_CONN, CONNECTION_LIFETIME_SECONDS),
    (pycurl.POST, 1),
)

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_EVENTS = {
    pycurl.POLL_REMOVE: 0,
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: _READ,
    pycurl.POLL_OUT: _WRITE,
    pycurl.POLL_INOUT: _READ | _WRITE,
}
_ACTIONS = {
    _READ: pycurl.CSELECT_IN,
    _WRITE: pycurl.CSELECT_OUT,
    _READ | _WRITE: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
}

_ERRORS = {
    pycurl.E_URL_MALFORMAT: ErrorKind.URL,
    pycurl.E_UNSUPPORTED_PROTOCOL: ErrorKind.URL,
    pycurl.E_COULDNT_RESOLVE_HOST: ErrorKind.NAME,
    pycurl.E_COULDNT_CONNECT: ErrorKind.CONNECT,
    pycurl.E_OPERATION_TIMEDOUT: ErrorKind.TIMEOUT,
    pycurl.E_SSL_CONNECT_ERROR: ErrorKind.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: ErrorKind.TLS,
    pycurl.E_SSL_CACERT_BADFILE: ErrorKind.TLS,
    pycurl.E_SSL_CERTPROBLEM: ErrorKind.TLS,
    pycurl.E_GOT_NOTHING: ErrorKind.CUT,
    pycurl.E_PARTIAL_FILE: ErrorKind.CUT,
    pycurl.E_SEND_ERROR: ErrorKind.CUT,
    pycurl.E_RECV_ERROR: ErrorKind.CUT,
}


def _explained(
    code: int, text: str, status: int | None, refusal: Reason | None
) -> tuple[ErrorKind | None, str | None]:
    if code == pycurl.E_OK:
        succeeded = status is not None and 200 <= status < 300
        return (None, None) if succeeded else (ErrorKind.STATUS, None)
    if refusal is not None and code == pycurl.E_COULDNT_CONNECT:
        return ErrorKind.REFUSED_ADDRESS, refusal.value
    if code == pycurl.E_RECV_ERROR and "alert" in text:
        # TLS 1.3 refuses a client once its handshake is over.
        code = pycurl.E_SSL_CONNECT_ERROR
    return _ERRORS.get(code, ErrorKind.PROTOCOL), printable(text[:LONGEST_DETAIL]) or None


def printable(answer: bytes | str) -> str:
    """What a receiver said, as text: what is not text, or could disguise text, is escaped."""
    text = answer.decode("utf-8", "backslashreplace") if isinstance(answer, bytes) else answer
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)
