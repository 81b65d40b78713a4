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


MAILS: Mapping[str, MailText] = {
    "attachment_requested": MailText(
        "{person} demande à être rattaché à {structure}",
        "{person} ({email}) demande à être rattaché à votre structure {structure}.\n\n"
        "Message : {message}\n\n"
        "Si vous connaissez cette personne, acceptez sa demande depuis la liste des demandes en"
        " attente de votre structure ; sinon refusez-la, elle n'aura accès à rien.",
        "{person} asks to be attached to {structure}",
        "{person} ({email}) asks to be attached to your structure {structure}.\n\n"
        "Message: {message}\n\n"
        "If you know this person, accept the request from the pending requests of your structure;"
        " otherwise refuse it, and nothing opens for them.",
    ),
    "attachment_joined": MailText(
        "{person} a rejoint {structure}",
        "{person} ({email}) vient d'être rattaché à votre structure {structure} : son fournisseur"
        " d'identité atteste du SIRET.\n\n"
        "Vous pouvez lui ouvrir des espaces. Si vous ne connaissez pas cette personne,"
        " désactivez-la depuis la liste des utilisateurs de votre structure.",
        "{person} joined {structure}",
        "{person} ({email}) has just been attached to your structure {structure}: the SIRET was"
        " vouched for by an identity provider.\n\n"
        "You may open spaces for them. If you do not know this person, deactivate them from the"
        " members of your structure.",
    ),
}

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
