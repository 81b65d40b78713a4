"""From which pages the cookie of a log-in counts: the rule against forged requests, as a table."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from auth.cross_site import Origins, Sent, cookie_of, is_origin, origin_of, origins_of, sent_by

OWN, APP, EVIL = "https://bordereau.test", "https://app.test", "https://evil.test"
SITE = origins_of("https://bordereau.test/", [APP, "*"])

# fmt: off
ADMITTED = [
    # who                                     origin  site           mode           HTTP   socket
    ("our page posts",                        OWN,    "same-origin", "cors",        True,  False),
    ("our page posts, same-origin mode",      OWN,    "same-origin", "same-origin", True,  False),
    ("our page posts, older browser",         OWN,    None,          None,          True,  True),
    ("our page reads by GET",                 None,   "same-origin", "cors",        True,  False),
    ("our page opens a socket",               OWN,    "same-origin", "websocket",   False, True),
    ("our page opens a socket, older",        OWN,    None,          "websocket",   False, True),
    ("allowed page of the same site",         APP,    "same-site",   "cors",        True,  False),
    ("allowed page of another site",          APP,    "cross-site",  "cors",        True,  False),
    ("allowed page, older browser",           APP,    None,          None,          True,  True),
    ("allowed page opens a socket",           APP,    "same-site",   "websocket",   False, True),
    # nobody tells anything: an old browser, or a program
    ("silence",                               None,   None,          None,          False, False),
    ("GET without metadata",                  None,   None,          "cors",        False, False),
    # another page
    ("foreign page",                          EVIL,   "cross-site",  "cors",        False, False),
    ("foreign page, older browser",           EVIL,   None,          None,          False, False),
    ("foreign socket",                        EVIL,   "cross-site",  "websocket",   False, False),
    ("foreign GET without origin",            None,   "cross-site",  "cors",        False, False),
    ("sibling GET without origin",            None,   "same-site",   "cors",        False, False),
    ("address typed by the person",           None,   "none",        "navigate",    False, False),
    ("a sandboxed frame, a data: page",       "null", "cross-site",  "cors",        False, False),
    ("null, older browser",                   "null", None,          None,          False, False),
    ("null that says same-origin",            "null", "same-origin", "cors",        False, False),
    # not asked by a script that could read the answer
    ("form of our own page",                  OWN,    "same-origin", "navigate",    False, False),
    ("link on our own page",                  None,   "same-origin", "navigate",    False, False),
    ("image or script of our own page",       None,   "same-origin", "no-cors",     False, False),
    ("beacon of our own page",                OWN,    "same-origin", "no-cors",     False, False),
    ("form of an allowed page",               APP,    "cross-site",  "navigate",    False, False),
    # contradictions, which no browser sends
    ("our origin from another site",          OWN,    "cross-site",  "cors",        False, False),
    ("our origin from a sibling",             OWN,    "same-site",   "cors",        False, False),
    ("our origin from the address bar",       OWN,    "none",        "cors",        False, False),
    ("allowed origin that is our own",        APP,    "same-origin", "cors",        False, False),
    ("allowed origin from the address bar",   APP,    "none",        "cors",        False, False),
    ("a value nobody defined",                OWN,    "same_origin", "cors",        False, False),
    ("an empty origin",                       "",     "same-origin", "cors",        False, False),
]
# fmt: on


@pytest.mark.parametrize(
    ("origin", "site", "mode", "over_http", "over_socket"),
    [row[1:] for row in ADMITTED],
    ids=[row[0] for row in ADMITTED],
)
def test_the_cookie_counts_only_with_evidence_of_its_page(
    origin: str | None, site: str | None, mode: str | None, over_http: bool, over_socket: bool
) -> None:
    sent = Sent(origin, site, mode)

    assert SITE.admit(sent) is over_http
    assert SITE.admit(sent, socket=True) is over_socket


LOOK_ALIKES = [
    "https://bordereau.test.evil.test",
    "https://evilbordereau.test",
    "https://evil.bordereau.test",
    "https://bordereau.test:8443",
    "https://bordereau.test:443",
    "http://bordereau.test",
    "https://BORDEREAU.test",
    "https://bordereau.test/",
    "https://bordereau.test.",
    "https://bordereau.test@evil.test",
    "https://app.test.evil.test",
    "https://xapp.test",
    "https://www.app.test",
    "http://app.test",
    "https://app.test ",
    "https://app.test, https://bordereau.test",
    "https://bordereau%2etest",
    "https://bоrdereau.test",  # a Cyrillic letter
    "*",
    "file://",
    "null",
]


@pytest.mark.parametrize("origin", LOOK_ALIKES)
def test_an_origin_that_only_looks_alike_is_foreign(origin: str) -> None:
    for site in (None, "same-origin", "same-site", "cross-site", "none"):
        for mode in (None, "cors", "websocket"):
            assert not SITE.admit(Sent(origin, site, mode))
            assert not SITE.admit(Sent(origin, site, mode), socket=True)


def scope(*headers: tuple[str, str]) -> Scope:
    return {"headers": [(n.encode(), v.encode("latin-1")) for n, v in headers]}


def test_a_header_given_twice_says_nothing() -> None:
    twice = scope(
        ("origin", OWN), ("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")
    )

    assert sent_by(twice) is None
    assert not SITE.admit(None)
    assert sent_by(scope(("origin", OWN), ("sec-fetch-mode", "cors"))) == Sent(OWN, None, "cors")


MINE, PLANTED = "a" * 43, "b" * 43


@pytest.mark.parametrize(
    ("cookies", "found"),
    [
        ([f"name={MINE}"], MINE),
        ([f"other=1; name={MINE}; last=2"], MINE),
        ([f"name={MINE}; name={MINE}"], MINE),
        ([f"name={MINE}", "other=1"], MINE),
        ([f"name={PLANTED}; name={MINE}"], None),
        ([f"name={MINE}", f"name={PLANTED}"], None),
        ([f"name={MINE}; name="], None),
        ([f"NAME={MINE}"], None),
        ([f"xname={MINE}"], None),
        ([f'name="{MINE}"'], None),
        ([f"=name={MINE}"], None),
        (["name="], None),
        (["name"], None),
        ([f"name={MINE}x"], None),
        ([f"name={'é' * 43}"], None),
        ([], None),
    ],
)
def test_a_cookie_planted_beside_ours_takes_nobodys_place(
    cookies: list[str], found: str | None
) -> None:
    assert cookie_of(scope(*(("cookie", text) for text in cookies)), "name") == found


@pytest.mark.parametrize(
    "address",
    [
        "https://app.test",
        "https://app.test/",
        "https://app.test/factures?page=2#ligne",
        "https://app.test?x=//evil.test",
        "https://app.test#/route/@me",
        "https://bordereau.test/factures",
        "https://app.test//evil.test",
    ],
)
def test_a_log_in_may_lead_back_to_pages_of_ours(address: str) -> None:
    assert SITE.lead_back(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "//app.test",
        "//evil.test",
        "app.test",
        "https:app.test",
        "https:/app.test",
        "https:///app.test",
        "https://evil.test/",
        "https://evil.test/https://app.test/",
        "https://evil.test?https://app.test",
        "https://evil.test#https://app.test",
        "https://app.test@evil.test/",
        "https://app.test:x@evil.test/",
        "https://user@app.test/",
        "https://app.test:443/",
        "https://app.test:8443/",
        "https://app.test\\@evil.test/",
        "https://evil.test\\.app.test/",
        "https://app.test\\evil.test",
        "https://app.test/\\evil.test",
        "https://app.test/\t/evil.test",
        "https://app.test/\r\nSet-Cookie: x=y",
        "https://app.test/\u00e9",
        "https://app.test/ x",
        " https://app.test/",
        "\thttps://app.test/",
        "https://app.test\x00.evil.test/",
        "HTTPS://app.test/",
        "https://APP.test/",
        "https://аpp.test/",  # a Cyrillic letter
        "javascript:alert(1)//https://app.test",
        "data:text/html,https://app.test",
        "https://app.test/" + "a" * 2_000,
    ],
)
def test_a_log_in_leads_nowhere_else(address: str) -> None:
    assert not SITE.lead_back(address)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Bordereau.test/", "https://bordereau.test"),
        ("https://bordereau.test:443", "https://bordereau.test"),
        ("http://localhost:8000/portail", "http://localhost:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_our_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert is_origin(origin)


@pytest.mark.parametrize(
    "text",
    ["", "*", "null", "app.test", "https://app.test/", "https://app.test:443", "https://App.test",
     "https://a@app.test", "ftp://app.test", "https://app.test:99999999", "https://app.test:99999",
     "https://*.app.test", "https://é.test", "https://"],
)  # fmt: skip
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    assert not is_origin(text)


def test_a_star_lets_no_page_use_a_log_in() -> None:
    open_to_all = origins_of(OWN, ["*"])

    assert open_to_all == Origins(OWN)
    assert not open_to_all.admit(Sent("*", "cross-site", "cors"))
    assert not open_to_all.admit(Sent("https://evil.test", "cross-site", "cors"))
