"""What the pages behind the links of e-mails share: reading a link never uses it up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from auth import links
from auth.models import Link, Purpose
from auth.pages.shell import Action, Shell
from auth.passwords import Pace, Paces, network_of
from auth.requests import form_of
from auth.sessions import address_of

GONE = (
    "Ce lien n’est plus valable : il a déjà servi, il a expiré, ou un plus récent l’a remplacé.",
    "This link is no longer valid: it was used, it has expired, or a newer one replaced it.",
)
# Nobody types a link: a few wrong ones are copies cut short, many are guesses.
WRONG_LINKS = Pace(free=20, longest_seconds=60)

Shown = Callable[[Request, Link, str], Awaitable[Response]]
Sent = Callable[[Request, Link, str, dict[str, str]], Awaitable[Response]]


class LinkPages:
    """Finds the link of a request, or answers with the one page that says what to do."""

    def __init__(self, shell: Shell, purpose: Purpose, remedy: Action) -> None:
        self._shell = shell
        self._purpose = purpose
        self._remedy = remedy
        self._paces = Paces(shell.settings.key("links"))

    async def show(self, request: Request, page: Shown) -> Response:
        """The page of the link in the address."""
        token = request.query_params.get("token", "")
        link = await links.find(self._purpose, token)
        return await (page(request, link, token) if link else self.gone(request))

    async def take(self, request: Request, page: Sent) -> Response:
        """What the form of that page asks for."""
        sent = dict(await form_of(request))
        if not self._shell.sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        token = sent.get("token", "")
        link = await links.find(self._purpose, token)
        return await (page(request, link, token, sent) if link else self.gone(request))

    async def gone(self, request: Request) -> Response:
        """One answer for every link that opens nothing."""
        place = network_of(address_of(request))
        if seconds := await self._paces.admit({f"wrong links {place}": WRONG_LINKS}):
            return self._shell.too_soon(request, seconds)
        return self._shell.message(request, GONE, status=410, action=self._remedy)
