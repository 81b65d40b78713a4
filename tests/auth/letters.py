"""The e-mails that a site has queued, as their readers would see them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from domain.mail import actions
from domain.mail.models import Mail
from domain.mail.texts import Letter
from tests.auth.outside import SITE

_LINK = re.compile(r"https?://\S+")


async def kinds_to(recipient: str) -> list[str]:
    """What was posted to an address, the oldest first."""
    found = await Mail.filter(recipient=recipient).order_by("id")
    return [mail.kind for mail in found]


async def letter_to(recipient: str) -> Letter:
    """The last message to an address."""
    mail = await Mail.filter(recipient=recipient).order_by("-id").first()
    assert mail is not None, f"nothing was posted to {recipient}"
    words = actions.opened(mail)
    assert words is not None
    return words


async def link_to(recipient: str) -> str:
    """The link of the last message to an address, as a path of the site."""
    (found,) = [u for u in _LINK.findall((await letter_to(recipient)).body) if "?token=" in u]
    assert found.startswith(SITE)
    return found.removeprefix(SITE)


def token_of(link: str) -> str:
    """The token in a link."""
    return dict(parse_qsl(urlsplit(link).query))["token"]
