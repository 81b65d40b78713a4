"""Every e-mail that the product sends, word for word, in French and in English.

Texts are `str.format` templates. A message is written in the language of its reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.text import shown


@dataclass(frozen=True)
class MailText:
    """One kind of message."""

    subject_fr: str
    body_fr: str
    subject_en: str
    body_en: str


@dataclass(frozen=True)
class Letter:
    """A message in words, ready to be sent."""

    subject: str
    body: str


MAILS: Mapping[str, MailText] = {}

_GREETING = {"FR": "Bonjour,\n\n", "EN": "Hello,\n\n"}
_ENDING = {
    "FR": "\n\nCe message est envoyé automatiquement par Bordereau ({site}). N'y répondez pas.\n",
    "EN": "\n\nThis message is sent automatically by Bordereau ({site}). Do not reply to it.\n",
}


def letter(kind: str, locale: str, site: str, values: Mapping[str, object]) -> Letter:
    """The message of that kind in that language (`FR` or `EN`).

    Values lose what could pretend to be another line, or hide; `link` is ours and kept whole.

    Raises:
        KeyError: no such kind, or a value that its text needs is missing.
    """
    text = MAILS[kind]
    subject, body = (
        (text.subject_en, text.body_en) if locale == "EN" else (text.subject_fr, text.body_fr)
    )
    language = "EN" if locale == "EN" else "FR"
    safe = {name: value if name == "link" else shown(value) for name, value in values.items()}
    ending = _ENDING[language].format(site=site)
    return Letter(subject.format(**safe), _GREETING[language] + body.format(**safe) + ending)
