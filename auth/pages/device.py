"""Where a person lets a program without a browser act for them (RFC 8628)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import consents
from auth import metadata as at
from auth.device_codes import Answerer
from auth.models import Client, Device, client_by_id
from auth.pages.shell import RETURN_TO, Shell, Words
from auth.passwords import Pace, Paces, network_of
from auth.registration import is_self_registered
from auth.requests import form_of
from auth.scopes import SCOPES
from auth.server import Person, person_behind
from auth.sessions import address_of

# A code lives ten minutes and has 34 bits: what a person mistypes, never what a guesser needs.
GUESSES = Pace(free=5, longest_seconds=300)

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "unknown":  ("Ce code est inconnu ou a expiré. Vérifiez-le, ou demandez-en un autre.",
                 "This code is unknown or has expired. Check it, or ask for another."),
    "wait":     ("Trop d’essais. Réessayez dans {detail} secondes.",
                 "Too many attempts. Try again in {detail} seconds."),
    "stale":    ("Ce formulaire a expiré. Recommencez.",
                 "This form has expired. Please try again."),
    "accepted": ("C’est fait. Vous pouvez retourner à votre appareil.",
                 "Done. You may go back to your device."),
    "refused":  ("Vous avez refusé. L’appareil n’a reçu aucun accès.",
                 "You refused. The device was given no access."),
}
# fmt: on


class DevicePage:
    """Type the code that the device shows, see what it asks for, answer."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._sessions = shell.sessions
        self._devices = shell.server.devices
        self._paces = Paces(shell.settings.key("user code guesses"))

    def routes(self) -> list[BaseRoute]:
        """The one address."""
        return self._shell.routes([("GET", at.DEVICE, self.page), ("POST", at.DEVICE, self.answer)])

    async def page(self, request: Request) -> Response:
        """Ask for the code. A link may hold it: the person still compares it with the device's."""
        typed = request.query_params.get("user_code", "")[:20]
        if await self._person(request) is None:
            return self._log_in_first(typed)
        return self._form(request, typed)

    async def answer(self, request: Request) -> Response:
        """Show what the device asks for, then keep the person's answer."""
        sent = await form_of(request)
        typed, decision = sent.get("user_code", "")[:20], sent.get("decision", "")
        person = await self._person(request)
        if person is None:
            return self._log_in_first(typed)
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._form(request, typed, "stale", status=403)
        guesser = f"{person.account.id} {network_of(address_of(request))}"
        if wait := await self._paces.admit({guesser: GUESSES}):
            return self._form(request, typed, "wait", str(wait), 429)
        device = await self._devices.waiting(typed)
        client = await client_by_id(device.client_id) if device else None
        if device is None or client is None:
            return self._form(request, typed, "unknown", status=404)
        await self._paces.forget(guesser)
        if decision not in ("accept", "refuse"):
            return await self._consent(request, person, device, client, typed)
        return await self._decide(request, person, device, client, agreed=decision == "accept")

    async def _decide(
        self, request: Request, person: Person, device: Device, client: Client, *, agreed: bool
    ) -> Response:
        answerer = Answerer(person.account.id, person.methods, person.authenticated_at)
        if not await self._devices.answer(device, answerer, is_approved=agreed):
            return self._form(request, "", "unknown", status=404)
        if agreed:
            await consents.remember(person.account, client, device.scope.split())
        return self._shell.message(request, MESSAGES["accepted" if agreed else "refused"])

    async def _person(self, request: Request) -> Person | None:
        session = await self._sessions.find(request)
        return await person_behind(session) if session else None

    def _log_in_first(self, typed: str) -> Response:
        query = f"?{urlencode({'user_code': typed})}" if typed else ""
        return self._shell.go(at.LOGIN, {RETURN_TO: self._shell.settings.url(at.DEVICE) + query})

    async def _consent(
        self, request: Request, person: Person, device: Device, client: Client, typed: str
    ) -> Response:
        return self._shell.page(
            request,
            "device_consent.html",
            client=client,
            is_unknown=await is_self_registered(client),
            person=person,
            user_code=typed,
            scopes=[SCOPES[scope] for scope in device.scope.split() if scope in SCOPES],
        )

    def _form(
        self,
        request: Request,
        typed: str,
        message: str | None = None,
        detail: str = "",
        status: int = 200,
    ) -> Response:
        words = MESSAGES[message] if message else None
        said = (words[0].format(detail=detail), words[1].format(detail=detail)) if words else None
        response = self._shell.page(request, "device.html", status, user_code=typed, message=said)
        if detail:
            response.headers["Retry-After"] = detail
        return response
