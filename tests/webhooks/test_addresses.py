"""The address filter, as a pure function."""

from __future__ import annotations

import ipaddress

import pytest

from webhooks.addresses import Allowed, Reason, literals, refused
from webhooks.targets import url_problems

REFUSED = {
    "0.0.0.0": Reason.UNSPECIFIED,  # noqa: S104 - an address to refuse
    "10.0.0.1": Reason.PRIVATE,
    "100.64.0.1": Reason.SHARED,
    "100.100.100.200": Reason.METADATA,
    "127.0.0.1": Reason.LOOPBACK,
    "127.255.255.254": Reason.LOOPBACK,
    "168.63.129.16": Reason.METADATA,
    "169.254.1.1": Reason.LINK_LOCAL,
    "169.254.169.254": Reason.METADATA,
    "172.16.0.1": Reason.PRIVATE,
    "172.31.255.255": Reason.PRIVATE,
    "192.0.0.192": Reason.RESERVED,
    "192.0.2.1": Reason.RESERVED,
    "192.88.99.1": Reason.TRANSLATED,
    "192.168.1.1": Reason.PRIVATE,
    "198.18.0.1": Reason.RESERVED,
    "198.51.100.7": Reason.RESERVED,
    "203.0.113.7": Reason.RESERVED,
    "224.0.0.1": Reason.MULTICAST,
    "240.0.0.1": Reason.RESERVED,
    "255.255.255.255": Reason.RESERVED,
    "::": Reason.UNSPECIFIED,
    "::1": Reason.LOOPBACK,
    "::10.0.0.1": Reason.RESERVED,
    "::ffff:10.0.0.1": Reason.PRIVATE,
    "::ffff:169.254.169.254": Reason.METADATA,
    "64:ff9b::a00:1": Reason.TRANSLATED,
    "64:ff9b:1::1": Reason.TRANSLATED,
    "100::1": Reason.RESERVED,
    "2001::1": Reason.RESERVED,
    "2001:db8::1": Reason.RESERVED,
    "2002:a00:1::1": Reason.TRANSLATED,
    "2620:4f:8000::1": Reason.RESERVED,
    "3fff::1": Reason.RESERVED,
    "4000::1": Reason.RESERVED,
    "5f00::1": Reason.RESERVED,
    "fc00::1": Reason.PRIVATE,
    "fd00:ec2::254": Reason.METADATA,
    "fd12::1": Reason.PRIVATE,
    "fe80::1": Reason.LINK_LOCAL,
    "fe80::1%eth0": Reason.SCOPED,
    "fec0::1": Reason.PRIVATE,
    "ff02::1": Reason.MULTICAST,
    "not an address": Reason.UNREADABLE,
    "127.1": Reason.UNREADABLE,
}
PUBLIC = ("1.1.1.1", "8.8.8.8", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a01:e0a::1")


def allow(network: str, port: int | None = None) -> tuple[Allowed, ...]:
    return (Allowed(ipaddress.ip_network(network), port),)


@pytest.mark.parametrize(("address", "reason"), REFUSED.items())
def test_a_special_address_is_refused_with_its_reason(address: str, reason: Reason) -> None:
    assert refused(address, 443) is reason


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached_by_https_on_its_two_ports(address: str) -> None:
    assert refused(address, 443) is None
    assert refused(address, 8443) is None
    assert refused(address, 22) is Reason.PORT
    assert refused(address, 443, secure=False) is Reason.CLEAR_TEXT


def test_an_allowed_network_opens_its_port_in_clear_too() -> None:
    opened = allow("10.1.0.0/16", 9000)

    assert refused("10.1.2.3", 9000, opened) is None
    assert refused("10.1.2.3", 9000, opened, secure=False) is None
    assert refused("10.1.2.3", 9001, opened) is Reason.PRIVATE
    assert refused("10.2.0.1", 9000, opened) is Reason.PRIVATE


def test_no_wildcard_opens_the_inside_of_the_network() -> None:
    for everything in ("0.0.0.0/0", "::/0"):
        opened = allow(everything)
        for address, reason in REFUSED.items():
            assert refused(address, 443, opened) is reason, (everything, address)


def test_a_wide_private_network_does_not_open_the_metadata_of_a_cloud() -> None:
    assert refused("169.254.169.254", 80, allow("169.254.0.0/16")) is Reason.METADATA
    assert refused("169.254.169.254", 80, allow("169.254.169.254/32")) is None


def test_a_mapped_address_is_judged_as_what_it_is() -> None:
    assert refused("::ffff:127.0.0.1", 80, allow("127.0.0.0/8"), secure=False) is None


URLS = {
    "https://erp.example.org/hook": [],
    "https://erp.example.org:8443/hook?x=1": [],
    "https://1.1.1.1/hook": [],
    "https://erp.example.org:22/": ["BDR-WHK-004"],
    "http://erp.example.org/": ["BDR-WHK-005"],
    "https://user:secret@erp.example.org/": ["BDR-WHK-002"],
    "https://user@10.0.0.1/": ["BDR-WHK-002", "BDR-WHK-003"],
    "https://127.0.0.1/": ["BDR-WHK-003"],
    "https://[::1]/": ["BDR-WHK-003"],
    "https://127.1/": ["BDR-WHK-003"],
    "https://127.0.0.1./": ["BDR-WHK-003"],
    "https://2130706433/": ["BDR-WHK-003"],
    "https://0x7f000001/": ["BDR-WHK-003"],
    "https://0177.0.0.01/": ["BDR-WHK-003"],
    "https://0xa9.0xfe.0xa9.0xfe/": ["BDR-WHK-003"],
    "https://0/": ["BDR-WHK-003"],
    "https://localhost/": ["BDR-WHK-003"],
    "https://LOCALHOST./": ["BDR-WHK-003"],
    "https://erp.localhost/": ["BDR-WHK-003"],
    "https://[::]/": ["BDR-WHK-003"],
    "https://[::127.0.0.1]/": ["BDR-WHK-003"],
    "https://[64:ff9b::10.0.0.1]/": ["BDR-WHK-003"],
    "https://[2002:7f00:1::]/": ["BDR-WHK-003"],
    "https://[fe80::1%25eth0]/": ["BDR-WHK-001"],
    "https://[fe80::1%eth0]/": ["BDR-WHK-001"],
    "https://%31%32%37.0.0.1/": ["BDR-WHK-001"],
    "https://127。0。0。1/": ["BDR-WHK-001"],
    "https://１２７.0.0.1/": ["BDR-WHK-001"],
    "https://erp.example.org./hook": [],
    "https://xn--rp-bja.example.org/hook": [],
    "https://erp.example.org:443@10.0.0.1/": ["BDR-WHK-002", "BDR-WHK-003"],
    "https://@erp.example.org/": ["BDR-WHK-002"],
    "https://localhost.example.org/": [],
    "https://[::ffff:169.254.169.254]/": ["BDR-WHK-003"],
    "ftp://erp.example.org/": ["BDR-WHK-001"],
    "file:///etc/passwd": ["BDR-WHK-001"],
    "https://": ["BDR-WHK-001"],
    "https:///path": ["BDR-WHK-001"],
    "erp.example.org": ["BDR-WHK-001"],
    "https://erp.example.org/#part": ["BDR-WHK-001"],
    "https://erp.example.org\\@10.0.0.1/": ["BDR-WHK-001"],
    "https://erp example.org/": ["BDR-WHK-001"],
    "https://erp.example.org/\r\nhost: x": ["BDR-WHK-001"],
    "https://érp.example.org/": ["BDR-WHK-001"],
    "https://erp.example.org:99999/": ["BDR-WHK-001"],
    "https://erp.example.org:0/": ["BDR-WHK-001"],
    "https://erp.example.org/" + "x" * 3000: ["BDR-WHK-001"],
}


@pytest.mark.parametrize(("url", "rules"), URLS.items(), ids=[u[:45] for u in URLS])
def test_a_url_is_refused_at_save_for_every_reason_there_is(url: str, rules: list[str]) -> None:
    assert [p.rule for p in url_problems(url, ("url",), ())] == rules


def test_an_allow_list_opens_clear_text_and_ports_to_names_at_save() -> None:
    opened = allow("10.1.0.0/16", 9000)

    assert url_problems("http://erp.intern:9000/", ("url",), opened) == []
    assert [p.rule for p in url_problems("http://erp.intern/", ("url",), opened)] == ["BDR-WHK-005"]


def test_localhost_is_what_the_operator_opened_of_this_machine() -> None:
    for network in ("127.0.0.0/8", "::1/128"):
        assert url_problems("http://localhost:9000/", ("url",), allow(network)) == []
    elsewhere = url_problems("http://localhost:9000/", ("url",), allow("10.0.0.0/8"))
    assert [p.rule for p in elsewhere] == ["BDR-WHK-003"]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.1", ("127.0.0.1",)),
        ("0x7f.1", ("127.0.0.1",)),
        ("017700000001", ("127.0.0.1",)),
        ("2852039166", ("169.254.169.254",)),
        ("::1", ("::1",)),
        ("LocalHost.", ("127.0.0.1", "::1")),
        ("erp.example.org", ()),
        ("1.2.3.4.example.org", ()),
        ("256.1.1.1", ()),
        ("", ()),
        ("a" * 70, ()),
    ],
)
def test_every_spelling_of_an_address_is_read_as_that_address(
    host: str, addresses: tuple[str, ...]
) -> None:
    assert literals(host) == addresses
