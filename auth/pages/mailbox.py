"""The e-mails of a sandbox that has no server to send them: a development aid.

The composition root mounts it on this machine only, in a sandbox, without an SMTP server; it
then answers to this machine only.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import metadata as at
from auth.pages.shell import Shell
from auth.sessions import address_of
from domain.mail import actions

_LINK = re.compile(r"https?://[^\s)>]+")


class Mailbox:
    """Everything that would have been sent, the newest first."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def routes(self) -> list[BaseRoute]:
        """The one page."""
        return self._shell.routes([("GET", at.MAILBOX, self.page)])

    async def page(self, request: Request) -> Response:
        """The messages, their links ready to be followed."""
        by_name = request.url.hostname or ""
        if not (is_this_machine(address_of(request)) and is_local_name(by_name)):
            return self._shell.message(request, ("Page introuvable.", "Not found."), status=404)
        wanted = request.query_params.get("to", "").strip().lower()
        letters = [
            (mail, words.subject, linked(words.body))
            for mail, words in await actions.latest()
            if not wanted or mail.recipient == wanted
        ]
        return self._shell.page(request, "mailbox.html", letters=letters)


def is_this_machine(address: str) -> bool:
    """Whether the caller is on this very machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_local_name(host: str) -> bool:
    """Whether the name asked for is always this machine's: any other may be lent to a foreign page,
    which would then read the links as its own (DNS rebinding).
    """
    return host == "localhost" or is_this_machine(host)


def linked(body: str) -> Markup:
    """The text of a message as HTML, its addresses as links."""
    html, end = Markup(""), 0
    for match in _LINK.finditer(body):
        url = escape(match[0])
        html += escape(body[end : match.start()]) + Markup(f'<a href="{url}">{url}</a>')  # noqa: S704 - escaped above
        end = match.end()
    return html + escape(body[end:])
