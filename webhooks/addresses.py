"""Which addresses a webhook may reach: a pure decision, made on the address really dialled."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Ports that a public address may be reached on without being named in the allow-list.
PUBLIC_PORTS = frozenset({443, 8443})


class Reason(StrEnum):
    """Why an address is refused."""

    UNREADABLE = "UNREADABLE"
    UNSPECIFIED = "UNSPECIFIED"
    LOOPBACK = "LOOPBACK"
    PRIVATE = "PRIVATE"
    LINK_LOCAL = "LINK_LOCAL"
    SHARED = "SHARED"
    METADATA = "METADATA"
    TRANSLATED = "TRANSLATED"
    MULTICAST = "MULTICAST"
    RESERVED = "RESERVED"
    SCOPED = "SCOPED"
    PORT = "PORT"
    CLEAR_TEXT = "CLEAR_TEXT"


@dataclass(frozen=True)
class Allowed:
    """A network that the operator opens to webhooks, on one port or on all."""

    network: Network
    port: int | None = None

    def covers(self, address: Address, port: int) -> bool:
        return self.opens_port(port) and address in self.network

    def opens_port(self, port: int) -> bool:
        return self.port is None or self.port == port


# The IANA special-purpose registries, written out: `ipaddress.is_global` calls several of these
# global (192.0.0.192, 6to4, NAT64, multicast). Narrow blocks come before the wide ones.
DENIED: tuple[tuple[Network, Reason], ...] = tuple(
    (ipaddress.ip_network(block), reason)
    for block, reason in (
        ("169.254.169.254/32", Reason.METADATA),
        ("169.254.170.2/32", Reason.METADATA),
        ("100.100.100.200/32", Reason.METADATA),
        ("168.63.129.16/32", Reason.METADATA),  # a cloud's host agent, on a public address
        ("0.0.0.0/8", Reason.UNSPECIFIED),
        ("10.0.0.0/8", Reason.PRIVATE),
        ("100.64.0.0/10", Reason.SHARED),
        ("127.0.0.0/8", Reason.LOOPBACK),
        ("169.254.0.0/16", Reason.LINK_LOCAL),
        ("172.16.0.0/12", Reason.PRIVATE),
        ("192.0.0.0/24", Reason.RESERVED),
        ("192.0.2.0/24", Reason.RESERVED),
        ("192.31.196.0/24", Reason.RESERVED),
        ("192.52.193.0/24", Reason.RESERVED),
        ("192.88.99.0/24", Reason.TRANSLATED),
        ("192.168.0.0/16", Reason.PRIVATE),
        ("192.175.48.0/24", Reason.RESERVED),
        ("198.18.0.0/15", Reason.RESERVED),
        ("198.51.100.0/24", Reason.RESERVED),
        ("203.0.113.0/24", Reason.RESERVED),
        ("224.0.0.0/4", Reason.MULTICAST),
        ("240.0.0.0/4", Reason.RESERVED),
        ("fd00:ec2::254/128", Reason.METADATA),
        ("::/128", Reason.UNSPECIFIED),
        ("::1/128", Reason.LOOPBACK),
        ("64:ff9b::/96", Reason.TRANSLATED),
        ("64:ff9b:1::/48", Reason.TRANSLATED),
        ("fc00::/7", Reason.PRIVATE),
        ("fe80::/10", Reason.LINK_LOCAL),
        ("fec0::/10", Reason.PRIVATE),
        ("ff00::/8", Reason.MULTICAST),
        ("2001::/23", Reason.RESERVED),
        ("2001:db8::/32", Reason.RESERVED),
        ("2002::/16", Reason.TRANSLATED),
        ("2620:4f:8000::/48", Reason.RESERVED),
        ("3fff::/20", Reason.RESERVED),
        # Everything of IPv6 outside 2000::/3, the only part handed out for public use.
        ("::/3", Reason.RESERVED),
        ("4000::/2", Reason.RESERVED),
        ("8000::/1", Reason.RESERVED),
    )
)


def refused(
    address: str, port: int, allow: Sequence[Allowed] = (), *, secure: bool = True
) -> Reason | None:
    """Why `address` may not be reached on `port`, or None when it may.

    An allow-list entry lifts a denied block only from inside it: `127.0.0.0/8` opens loopback,
    `0.0.0.0/0` opens nothing that is denied. Clear text goes to allow-listed networks only.
    """
    parsed = _parsed(address)
    if isinstance(parsed, Reason):
        return parsed
    block = _denied_block(parsed)
    opened = any(
        entry.covers(parsed, port) and (block is None or _inside(entry.network, block[0]))
        for entry in allow
    )
    if opened:
        return None
    if block is not None:
        return block[1]
    if not secure:
        return Reason.CLEAR_TEXT
    return None if port in PUBLIC_PORTS else Reason.PORT


def literals(host: str) -> tuple[str, ...]:
    """The addresses that a host stands for wherever it is asked; none for an ordinary name.

    `127.1`, `0x7f000001` and `2130706433` are spellings of 127.0.0.1; `localhost` and the names
    under it are never anything but this machine (RFC 6761).
    """
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return ("127.0.0.1", "::1")
    if not isinstance(_parsed(name), Reason):
        return (name,)
    try:
        return (socket.inet_ntoa(socket.inet_aton(name)),)
    except (OSError, UnicodeError):
        return ()


def _parsed(address: str) -> Address | Reason:
    if "%" in address:
        return Reason.SCOPED
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Reason.UNREADABLE
    # ::ffff:10.0.0.1 is dialled as 10.0.0.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _denied_block(address: Address) -> tuple[Network, Reason] | None:
    return next(((block, why) for block, why in DENIED if address in block), None)


def _inside(network: Network, block: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(block, ipaddress.IPv4Network):
        return network.subnet_of(block)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(block, ipaddress.IPv6Network):
        return network.subnet_of(block)
    return False
