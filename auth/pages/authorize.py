"""The authorization endpoint, and the consent it may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, auto
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oidc.core.errors import (
    ConsentRequiredError,
    InteractionRequiredError,
    LoginRequiredError,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from auth import consents
from auth import metadata as at
from auth.models import Client, Session
from auth.pages.shell import HEADERS, Refused, Shell, form_target
from auth.registration import is_self_registered
from auth.requests import form_of, oauth_form_of, query_of
from auth.scopes import SCOPES
from auth.server import Asked, CodeGrant, Person, person_behind
from domain.clock import real_now
from domain.db import fetch
from domain.signatures.actions import terms_to_accept

# What a fresh log-in satisfies.
_SATISFIED = ("login", "select_account", "create")


class Step(Enum):
    """What an authorization request needs next."""

    SIGN_UP = auto()
    LOG_IN = auto()
    TERMS = auto()
    CONSENT = auto()
    ANSWER = auto()


# What a client that asked to show no page is told.
_NEEDED: Mapping[Step, type[OAuth2Error]] = {
    Step.SIGN_UP: LoginRequiredError,
    Step.LOG_IN: LoginRequiredError,
    Step.TERMS: InteractionRequiredError,
    Step.CONSENT: ConsentRequiredError,
}


def next_step(
    asked: Mapping[str, str],
    session: Session | None,
    client: Client,
    *,
    is_agreed: bool,
    owes_terms: bool = False,
) -> Step:
    """Decide by the log-in of the browser, the trust in the client and what the client asked."""
    prompts = set(asked.get("prompt", "").split())
    if "create" in prompts:
        return Step.SIGN_UP
    if session is None or prompts & {"login", "select_account"} or _is_too_old(session, asked):
        return Step.LOG_IN
    if owes_terms:
        return Step.TERMS
    if "consent" in prompts or not (client.is_trusted or is_agreed):
        return Step.CONSENT
    return Step.ANSWER


def after_login(asked: Mapping[str, str]) -> dict[str, str]:
    """The same authorization request, without what a fresh log-in satisfies."""
    kept = [p for p in asked.get("prompt", "").split() if p not in _SATISFIED]
    rest = {name: value for name, value in asked.items() if name not in ("prompt", "max_age")}
    return rest | ({"prompt": " ".join(kept)} if kept else {})


class Authorize:
    """What an application is given on behalf of a person."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._server = shell.server
        self._sessions = shell.sessions

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.AUTHORIZE, self.authorize),
            ("POST", at.AUTHORIZE, self.authorize_by_form),
            ("GET",  at.CONSENT,   self.consent_page),
            ("POST", at.CONSENT,   self.consent),
        ])
        # fmt: on

    async def authorize(self, request: Request) -> Response:
        """The authorization endpoint: a code, or the page that is needed first."""
        asked, session, grant = await self._asked(request)
        scopes, uri = asked.scope.split(), grant.redirect_uri
        is_agreed = session is not None and await consents.is_known(
            session.account_id, grant.client, scopes, uri
        )
        terms = await terms_to_accept(session.account_id) if session else None
        step = next_step(
            asked.args,
            session,
            grant.client,
            is_agreed=is_agreed,
            owes_terms=terms is not None and terms.is_required,
        )
        if step is Step.ANSWER and session is not None:
            return await self._issue(asked, grant, await person_behind(session))
        if "none" in asked.args.get("prompt", "").split():
            raise Refused(asked, _NEEDED[step](redirect_uri=grant.redirect_uri))
        if step in (Step.LOG_IN, Step.SIGN_UP):
            page = at.LOGIN if step is Step.LOG_IN else at.SIGN_UP
            return self._shell.go(page, {"next": urlencode(after_login(asked.args))})
        if step is Step.TERMS:
            return self._shell.go(at.TERMS, {"next": urlencode(asked.args)})
        return self._shell.go(at.CONSENT, asked.args)

    async def authorize_by_form(self, request: Request) -> Response:
        """The same by POST; by GET next, because our cookie only follows links."""
        return self._shell.go(at.AUTHORIZE, await oauth_form_of(request))

    async def consent_page(self, request: Request) -> Response:
        """Show what the application asks for."""
        asked, session, grant = await self._asked(request)
        person = await person_behind(session) if session else None
        if person is None:
            return self._shell.go(at.AUTHORIZE, asked.args)
        return self._shell.page(
            request,
            "consent.html",
            targets=form_target(grant.redirect_uri),
            client=grant.client,
            owner=await _name_of_structure(grant.client.structure_id),
            is_unknown=await is_self_registered(grant.client),
            person=person,
            scopes=[SCOPES[scope] for scope in asked.scope.split()],
            target=form_target(grant.redirect_uri),
        )

    async def consent(self, request: Request) -> Response:
        """Give the application its answer."""
        asked, session, grant = await self._asked(request)
        sent = await form_of(request)
        person = await person_behind(session) if session else None
        if person is None or not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.go(at.AUTHORIZE, asked.args)
        agreed = sent.get("decision") == "accept"
        if agreed:
            await consents.remember(person.account, grant.client, asked.scope.split())
        return await self._issue(asked, grant, person if agreed else None)

    async def _asked(self, request: Request) -> tuple[Asked, Session | None, CodeGrant]:
        asked = Asked("GET", query_of(request), {}, {})
        session = await self._sessions.find(request)
        try:
            return asked, session, await self._server.consent_grant(asked, session)
        except OAuth2Error as error:
            raise Refused(asked, error) from error

    async def _issue(self, asked: Asked, grant: CodeGrant, person: Person | None) -> Response:
        def respond() -> Response:
            answer: Response = self._server.create_authorization_response(asked, person, grant)
            return answer

        response = self._server.with_issuer(await self._server.run(asked, respond))
        response.headers.update(HEADERS)
        return response


def _is_too_old(session: Session, asked: Mapping[str, str]) -> bool:
    limit = asked.get("max_age", "")
    if not (limit.isdecimal() and len(limit) < 10):
        return False
    return real_now() - session.authenticated_at > timedelta(seconds=int(limit))


async def _name_of_structure(structure_id: str | None) -> str | None:
    rows = await fetch("SELECT name FROM structure WHERE id = $1", structure_id or "")
    return str(rows[0]["name"]) if rows else None
