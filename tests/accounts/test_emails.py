"""E-mail addresses: one form for one mailbox, and none that passes for another."""

from __future__ import annotations

import pytest

from domain.accounts.emails import normal, problems_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Jeanne.Durand@Example.FR ", "jeanne.durand@example.fr"),
        ("j+factures@example.fr", "j+factures@example.fr"),
        ("o'neil_d@sub.domaine.example.fr", "o'neil_d@sub.domaine.example.fr"),
        ("a@mairie-évry.fr", "a@xn--mairie-vry-h7a.fr"),
        ("a@mairie-e\u0301vry.fr", "a@xn--mairie-vry-h7a.fr"),
        ("a@xn--mairie-vry-h7a.fr", "a@xn--mairie-vry-h7a.fr"),
        ("a@日本語ひらがな.jp", "a@xn--v8j0cwa6g1563acvb2w6i.jp"),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert problems_of(typed, ("email",)) == []
    assert normal(typed) == kept
    assert normal(kept) == kept


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("", "BDR-ACC-001"),
        ("durand", "BDR-ACC-001"),
        ("@example.fr", "BDR-ACC-001"),
        ("durand@", "BDR-ACC-001"),
        ("durand@localhost", "BDR-ACC-001"),
        ("durand@example", "BDR-ACC-001"),
        ("durand@192.0.2.1", "BDR-ACC-001"),
        ("durand@-example.fr", "BDR-ACC-001"),
        ("durand@exa mple.fr", "BDR-ACC-001"),
        ("durand@example..fr", "BDR-ACC-001"),
        (".durand@example.fr", "BDR-ACC-001"),
        ("du..rand@example.fr", "BDR-ACC-001"),
        ("du rand@example.fr", "BDR-ACC-001"),
        ("a@b@example.fr", "BDR-ACC-001"),
        ('"a b"@example.fr', "BDR-ACC-001"),
        ("durand@example.fr, x@evil.test", "BDR-ACC-001"),
        ("<durand@example.fr>", "BDR-ACC-001"),
        (f"{'a' * 65}@example.fr", "BDR-ACC-001"),
        ("durand@xn--a.fr", "BDR-ACC-001"),
        ("durand@ＥＸＡＭＰＬＥ.fr", "BDR-ACC-001"),
        ("hélène@example.fr", "BDR-ACC-002"),
        ("dur\u0430nd@example.fr", "BDR-ACC-002"),
        ("ｄurand@example.fr", "BDR-ACC-002"),
        ("durand@ex\u0430mple.fr", "BDR-ACC-003"),
        ("durand@m\u03b1irie.fr", "BDR-ACC-003"),
        ("durand@xn--exmple-4nf.fr", "BDR-ACC-003"),
        ("durand\u200b@example.fr", "BDR-TXT-003"),
        ("\u202edurand@example.fr", "BDR-TXT-003"),
        ("durand@example.fr\r\nBcc: x@evil.test", "BDR-TXT-002"),
        ("durand\0@example.fr", "BDR-TXT-002"),
        ("durand\ud800@example.fr", "BDR-TXT-004"),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.fr", "BDR-TXT-001"),
    ],
)
def test_a_wrong_address_is_refused_by_its_rule(typed: str, rule: str) -> None:
    assert [p.rule for p in problems_of(typed, ("email",))] == [rule]


def test_an_address_of_254_characters_is_the_longest() -> None:
    domain = f"{'b' * 60}.{'c' * 60}.{'d' * 60}.fr"
    local = 254 - len(domain) - 1

    fits = f"{'a' * 64}@{'e' * (local - 65)}.{domain}"
    assert len(fits) == 254
    assert problems_of(fits, ("email",)) == []
    assert [p.rule for p in problems_of(f"{'a' * 64}@e{fits[65:]}", ("email",))] == ["BDR-TXT-001"]


def test_a_domain_whose_ascii_form_is_too_long_is_too_long() -> None:
    label = "àéîõüçëñôå" * 2
    typed = f"{'a' * 60}@{'.'.join([label] * 7)}.fr"

    assert len(typed) < 254
    assert [p.rule for p in problems_of(typed, ("email",))] == ["BDR-TXT-001"]
