"""Every message that the product can send, read as its reader would."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from auth import recovery, signup
from domain.mail.texts import MAILS, letter
from tests.lints import sources, texts, texts_given

each = pytest.mark.parametrize("kind", MAILS)
VALUES = re.compile(r"\{(\w+)\}")


def asked_by(*words: str) -> set[str]:
    return {name for text in words for _, name, _, _ in Formatter().parse(text) if name}


def test_every_message_is_posted_somewhere_and_every_message_posted_is_listed() -> None:
    packages = ("domain", "auth", "webhooks")
    said = {
        text
        for path, tree in sources(*packages).items()
        if path != "domain/mail/texts.py"
        for _, text in texts(tree)
    }
    posted = {
        text
        for tree in sources(*packages).values()
        for _, text in texts_given(tree, ["post", "_tell_administrators"])
        if re.fullmatch(r"[a-z]+(_[a-z]+)+", text)
    }
    chosen = {*signup._KNOWN.values(), *(kind for kind, _, _ in recovery._SENT.values())}

    # Some are named after the event that they tell of.
    said |= {text.replace(".", "_") for text in said}
    # Some kinds are chosen by their end: f"attachment_{decision}".
    beginnings = tuple(text for text in said if re.fullmatch(r"[a-z]+(_[a-z]+)*_", text))

    assert {k for k in MAILS.keys() - said if not k.startswith(beginnings)} == set()
    assert (posted | chosen) - MAILS.keys() == set()
    assert len(posted) > 10


@each
def test_both_languages_ask_for_the_same_values(kind: str) -> None:
    text = MAILS[kind]

    assert asked_by(text.subject_fr, text.body_fr) == asked_by(text.subject_en, text.body_en)
    assert text.subject_fr != text.subject_en
    assert text.body_fr != text.body_en


@each
@pytest.mark.parametrize("locale", ["FR", "EN"])
def test_a_message_greets_says_and_ends(kind: str, locale: str) -> None:
    text = MAILS[kind]
    values = {name: f"«{name}»" for name in asked_by(text.subject_fr, text.body_fr)}

    words = letter(kind, locale, "https://bordereau.test", values)

    assert words.body.startswith("Hello," if locale == "EN" else "Bonjour,")
    assert "https://bordereau.test" in words.body
    assert not VALUES.search(words.subject + words.body)
    assert 8 <= len(words.subject) <= 100
    assert "\n" not in words.subject
    assert len(words.body) < 1_200


@each
def test_no_message_holds_a_password(kind: str) -> None:
    text = MAILS[kind]

    assert not {"password", "mot_de_passe", "secret"} & asked_by(text.body_fr, text.body_en)


# Messages that need no word for whom they do not concern: they go to who runs a structure or the
# site, or answer what their reader did.
_WITHOUT = {"account_to_approve", "email_contested"}


@pytest.mark.parametrize(
    "kind", [k for k in MAILS if k.startswith(("account_", "password_", "email_", "second_"))]
)
def test_a_message_to_a_person_says_what_to_do_when_it_is_a_mistake(kind: str) -> None:
    if kind in _WITHOUT:
        assert "parce que vous administrez ce site" in MAILS[kind].body_fr
        return
    french = MAILS[kind].body_fr

    assert re.search(r"\b(?:[Ss]i|[Ss]inon)\b|changez votre mot de passe", french), french


def test_values_are_made_visible_and_short() -> None:
    said = letter(
        "account_refused", "FR", "https://bordereau.test", {"reason": "a\r\nb\u202e" + "c" * 500}
    )

    assert "a\\u000d\\u000ab\\u202e" in said.body
    assert "c" * 121 not in said.body


def test_an_unknown_message_or_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        letter("nothing", "FR", "https://bordereau.test", {})
    with pytest.raises(KeyError):
        letter("account_activation", "FR", "https://bordereau.test", {})
