"""Log-in by an external provider: the way there, the way back, and what is still to be proven."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from auth import identities, links
from auth import metadata as at
from auth.config import ExternalSettings
from auth.external import Declined, Provider, ProviderError, Said, Secrets, Unreachable
from auth.models import ExternalArrival, ExternalFlow, Identity, Link, Purpose, hashed
from auth.pages.login import Login
from auth.pages.security import RECENT
from auth.pages.shell import HEADERS, RETURN_TO, Action, Shell, Words
from auth.pages.signup import SignUpPages, language_of, places_of
from auth.passwords import Pace, Paces, TooSoon, network_of
from auth.requests import form_of, query_of
from auth.server import Person, person_behind
from auth.sessions import address_of
from auth.signup import require_letter
from domain import vault
from domain.accounts import emails, life
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.errors import Forbidden, Invalid, NotFound, Problem
from domain.events import transaction
from domain.ids import new_id
from domain.mail.actions import post

log = structlog.get_logger(__name__)

# A click makes a row: many from one network are a program.
PER_NETWORK = Pace(free=60, longest_seconds=60)
_LONGEST_REQUEST = 4_000
_MINUTES = identities.LIFE.seconds // 60

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "unexpected": ("Ce retour n’est pas attendu ici : il a servi, il a expiré, ou il vient d’un"
                   " autre navigateur. Recommencez.",
                   "This answer is not expected here: it was used, it has expired, or it comes from"
                   " another browser. Please start again."),
    "declined":   ("{detail} ne vous a pas reconnu, ou vous avez refusé.",
                   "{detail} did not recognise you, or you refused."),
    "unproven":   ("La réponse de {detail} n’a pas pu être vérifiée. Personne n’est connecté.",
                   "The answer of {detail} could not be verified. Nobody is logged in."),
    "unreachable": ("{detail} ne répond pas. Réessayez plus tard, ou connectez-vous autrement.",
                    "{detail} does not answer. Try again later, or log in another way."),
    "closed":     ("Ce compte est fermé. Adressez-vous à l’administration du site.",
                   "This account is closed. Ask the site’s administration."),
    "awaiting":   ("Votre compte attend l’approbation de l’administration du site ; un message vous"
                   " préviendra.",
                   "Your account waits for the approval of the site’s administration; a message"
                   " will tell you."),
    "other":      ("Vous êtes connecté à un autre compte que celui à lier. Déconnectez-vous, puis"
                   " recommencez.",
                   "You are logged in to another account than the one to link. Log out, then start"
                   " again."),
    "gone":       ("Ce lien n’est plus valable, ou il a été ouvert dans un autre navigateur que"
                   " celui où vous avez commencé.",
                   "This link is no longer valid, or it was opened in another browser than the one"
                   " where you began."),
    "known":      ("Un compte existe déjà à cette adresse. Connectez-vous.",
                   "An account exists already at this address. Please log in."),
}
# fmt: on


class External:
    """Whoever the provider knows, and what they may do here."""

    def __init__(
        self, shell: Shell, login: Login, sign_up: SignUpPages, settings: ExternalSettings
    ) -> None:
        self._shell = shell
        self._sessions = shell.sessions
        self._login = login
        self._sign_up = sign_up
        self._label = settings.label
        self._key = shell.settings.key("external flows")
        self._paces = Paces(shell.settings.key("external"))
        self._provider = Provider(settings, shell.settings.url(at.EXTERNAL_CALLBACK))

    def routes(self) -> list[BaseRoute]:
        """Each address with its page."""
        # fmt: off
        return self._shell.routes([
            ("GET",  at.EXTERNAL,          self.page),
            ("POST", at.EXTERNAL_UNLINK,   self.unlink),
            ("GET",  at.EXTERNAL_START,    self.start),
            ("GET",  at.EXTERNAL_CALLBACK, self.come_back),
            ("GET",  at.EXTERNAL_LINK,     self.link_page),
            ("POST", at.EXTERNAL_LINK,     self.link),
            ("GET",  at.EXTERNAL_EMAIL,    self.email_page),
            ("POST", at.EXTERNAL_EMAIL,    self.send_link),
            ("GET",  at.EXTERNAL_CONFIRM,  self.confirm_page),
            ("POST", at.EXTERNAL_CONFIRM,  self.confirm),
        ])
        # fmt: on

    # The way there

    async def start(self, request: Request) -> Response:
        """Send the person to the provider: to log in, from the `link` of an activation e-mail, or
        to link the account that is logged in (`for=link`).
        """
        asked = request.query_params
        if asked.get("for") == "link":
            session = await self._sessions.find(request)
            back = {RETURN_TO: self._shell.settings.url(at.EXTERNAL)}
            if session is None:
                return self._shell.go(at.LOGIN, back)
            return await self._send(request, urlencode(back), account_id=session.account_id)
        link = await links.find(Purpose.ACTIVATE, asked.get("link", ""))
        goes_on = link.goes_on if link else asked.get("next", "")
        return await self._send(request, goes_on[:_LONGEST_REQUEST], link=link)

    async def _send(
        self,
        request: Request,
        goes_on: str,
        *,
        account_id: str | None = None,
        link: Link | None = None,
    ) -> Response:
        place = network_of(address_of(request))
        if seconds := await self._paces.admit({f"start {place}": PER_NETWORK}):
            return self._shell.too_soon(request, seconds)
        drawn = Secrets(*(secrets.token_urlsafe(32) for _ in range(3)))
        try:
            address = await self._provider.address(drawn)
        except ProviderError as error:
            return self._failed(request, error)
        browser = self._browser(request) or secrets.token_urlsafe(32)
        identifier = new_id("ext")
        await identities.sent(
            ExternalFlow(
                id=identifier,
                state_hash=hashed(drawn.state),
                browser_hash=hashed(browser),
                sealed=vault.seal(json.dumps([drawn.nonce, drawn.verifier]), identifier, self._key),
                goes_on=goes_on,
                account_id=account_id,
                link_id=link.id if link else None,
                expires_at=real_now() + identities.LIFE,
            )
        )
        response = RedirectResponse(address, 303, HEADERS)
        self._keep_browser(response, browser)
        return response

    # The way back

    async def come_back(self, request: Request) -> Response:
        """Believe what can be believed of the provider's answer, then let the person in."""
        answer = query_of(request)
        state = answer.get("state", "")
        flow = await identities.returned(state, self._browser(request))
        if flow is None:
            return self._shell.message(request, MESSAGES["unexpected"], status=400)
        nonce, verifier = json.loads(vault.unseal(flow.sealed, flow.id, self._key))
        try:
            said = await self._provider.said(answer, Secrets(state, nonce, verifier))
        except ProviderError as error:
            return self._failed(request, error)
        try:
            if flow.account_id is not None:
                return await self._ask_to_link(request, flow, said)
            return await self._receive(request, flow, said)
        except Invalid as refusal:
            return self._refused(request, refusal.problems)

    async def _receive(self, request: Request, flow: ExternalFlow, said: Said) -> Response:
        found = await identities.known(said)
        if found is not None:
            return await self._let_in(request, *found, said, flow.goes_on)
        link = await self._link_of(request, flow, said)
        email = link.email if link else identities.proven_email(said)
        if email is None:
            await identities.arrive(
                said, self._browser(request), flow.goes_on, account=None, email=said.email
            )
            return self._shell.go(at.EXTERNAL_EMAIL, {})
        account = await life.by_email(email)
        if account is None or (link is not None and account.status == AccountStatus.PENDING):
            return await self._open(request, said, email, flow.goes_on, account, link)
        if account.status == AccountStatus.PENDING:
            # Carried over and never opened: the mailbox is the proof, as in its invitation.
            await identities.arrive(
                said, self._browser(request), flow.goes_on, account=None, email=email
            )
            return self._shell.go(at.EXTERNAL_EMAIL, {})
        if account.status != AccountStatus.ACTIVE:
            return self._not_open(request, account)
        return await self._ask_for_proof(request, account, said, flow.goes_on)

    async def _ask_for_proof(
        self, request: Request, account: Account, said: Said, goes_on: str
    ) -> Response:
        """An account has that address: it is linked by whoever logs in to it once, never by us."""
        await identities.arrive(
            said, self._browser(request), goes_on, account=account, email=said.email
        )
        session = await self._sessions.find(request)
        if session is not None and session.account_id == account.id:
            return self._shell.go(at.EXTERNAL_LINK, {})
        return self._shell.page(
            request,
            "external_prove.html",
            account=account,
            log_in=self._shell.address(
                at.LOGIN, {RETURN_TO: self._shell.settings.url(at.EXTERNAL_LINK)}
            ),
            minutes=_MINUTES,
        )

    async def _let_in(
        self, request: Request, identity: Identity, account: Account, said: Said, goes_on: str
    ) -> Response:
        if account.status != AccountStatus.ACTIVE:
            return self._not_open(request, account)
        await identities.used(identity, account, said)
        return await self._login.proven(request, account, methods_of(said), goes_on)

    async def _open(
        self,
        request: Request,
        said: Said,
        email: str,
        goes_on: str,
        invited: Account | None,
        link: Link | None = None,
    ) -> Response:
        """A new account for a proven address; a link used for it is used up with it."""
        locale = link.locale if link else language_of(request)
        async with transaction():
            if link is not None and not await links.use(link):
                return self._shell.message(request, MESSAGES["gone"], status=410)
            _, account = await identities.open_account(said, email, locale, invited=invited)
        if account.status != AccountStatus.ACTIVE:
            return self._not_open(request, account)
        return await self._login.proven(request, account, methods_of(said), goes_on)

    async def _link_of(self, request: Request, flow: ExternalFlow, said: Said) -> Link | None:
        """The activation link that the person came from, when it is sure to be their own.

        Whoever signed up may have sent the link to another person, to get an account that bears
        their own address and another's identity.
        """
        link = await Link.get_or_none(id=flow.link_id, used_at=None, expires_at__gt=real_now())
        if link is None:
            return None
        is_same_browser = link.browser_hash == self._sign_up.browser(request)
        return link if is_same_browser or link.email == identities.proven_email(said) else None

    # Linking an account that exists

    async def link_page(self, request: Request) -> Response:
        """Ask whoever logged in whether both are theirs."""
        found = await self._to_link(request)
        if isinstance(found, Response):
            return found
        arrival, person = found
        return self._shell.page(
            request,
            "external_link.html",
            targets=await self._shell.ends_at(arrival.goes_on),
            arrival=arrival,
            account=person.account,
        )

    async def link(self, request: Request) -> Response:
        """Link both, and go on."""
        sent = await form_of(request)
        found = await self._to_link(request)
        if isinstance(found, Response):
            return found
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        arrival, person = found
        if sent.get("decision") == "accept":
            try:
                async with transaction():
                    await arrival.delete()
                    said = identities.said_of(arrival, is_email_verified=True)
                    await identities.link(person.account, said)
            except Invalid as refusal:
                return self._refused(request, refusal.problems)
        else:
            async with transaction():
                await arrival.delete()
        return self._shell.onward(request, arrival.goes_on)

    async def _to_link(self, request: Request) -> tuple[ExternalArrival, Person] | Response:
        arrival = await identities.arrived(self._browser(request))
        if arrival is None or arrival.account_id is None:
            return self._shell.message(request, MESSAGES["unexpected"], status=400)
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if person is None:
            back = {RETURN_TO: self._shell.settings.url(at.EXTERNAL_LINK)}
            return self._shell.go(at.LOGIN, back)
        if session is not None and real_now() - session.authenticated_at > RECENT:
            return self._shell.go(at.CONFIRM, {"then": "external_link"})
        if person.account.id != arrival.account_id:
            log_out = Action(self._shell.settings.path(at.LOGOUT), ("Se déconnecter", "Log out"))
            return self._shell.message(request, MESSAGES["other"], status=403, action=log_out)
        return arrival, person

    async def _ask_to_link(self, request: Request, flow: ExternalFlow, said: Said) -> Response:
        """Show whom the provider sent back before linking: it may have been someone else there."""
        session = await self._sessions.find(request)
        if session is None or session.account_id != flow.account_id:
            return self._shell.message(request, MESSAGES["unexpected"], status=400)
        account = await Account.get(id=session.account_id)
        await identities.arrive(
            said, self._browser(request), flow.goes_on, account=account, email=said.email
        )
        return self._shell.go(at.EXTERNAL_LINK, {})

    # An address that the provider does not vouch for

    async def email_page(self, request: Request) -> Response:
        """Ask for the address, to which a link will be sent."""
        arrival = await identities.arrived(self._browser(request))
        if arrival is None or arrival.account_id is not None:
            return self._shell.message(request, MESSAGES["unexpected"], status=400)
        return self._email_form(request, arrival.email or "")

    async def send_link(self, request: Request) -> Response:
        """Send it; the same answer whatever is known of the address."""
        sent = await form_of(request)
        arrival = await identities.arrived(self._browser(request))
        if arrival is None or arrival.account_id is not None:
            return self._shell.message(request, MESSAGES["unexpected"], status=400)
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        typed = sent.get("email", "")
        if problems := emails.problems_of(typed, ("email",)):
            return self._email_form(request, typed, problems)
        email = emails.normal(typed)
        try:
            await require_letter(email, address_of(request))
        except TooSoon as refusal:
            return self._shell.too_soon(request, refusal.seconds)
        await self._write(arrival, email, language_of(request))
        return self._shell.page(
            request,
            "letter_sent.html",
            email=email,
            minutes=links.activation_life().seconds // 60,
            mailbox=self._shell.settings.has_mailbox,
        )

    async def _write(self, arrival: ExternalArrival, email: str, locale: str) -> None:
        token, life_ = secrets.token_urlsafe(32), links.activation_life()
        async with transaction():
            account = await life.by_email(email)
            is_free = account is None or account.status == AccountStatus.PENDING
            arrival.email = email
            arrival.link_hash = hashed(token) if is_free else None
            arrival.expires_at = real_now() + life_
            await arrival.save()
            if is_free:
                link = life.link_to(f"{at.EXTERNAL_CONFIRM}?token={token}")
                await post(
                    "external_confirm", email, locale, link=link, provider=self._label,
                    minutes=life_.seconds // 60,
                )  # fmt: skip
            else:
                log_in = life.link_to(life.LOG_IN)
                await post("account_exists", email, locale, email=email, link=log_in)

    async def confirm_page(self, request: Request) -> Response:
        """Ask for one click: scanners of mail servers open every link."""
        token = request.query_params.get("token", "")
        arrival = await self._confirmable(request, token)
        if arrival is None:
            return self._shell.message(request, MESSAGES["gone"], status=410)
        return self._shell.page(
            request,
            "external_confirm.html",
            targets=await self._shell.ends_at(arrival.goes_on),
            arrival=arrival,
            token=token,
        )

    async def confirm(self, request: Request) -> Response:
        """Open the account of the confirmed address."""
        sent = await form_of(request)
        if not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        arrival = await self._confirmable(request, sent.get("token", ""))
        if arrival is None or arrival.email is None:
            return self._shell.message(request, MESSAGES["gone"], status=410)
        said = identities.said_of(arrival, is_email_verified=True)
        account = await life.by_email(arrival.email)
        if await identities.known(said) or (account and account.status != AccountStatus.PENDING):
            log_in = Action(self._shell.settings.path(at.LOGIN), ("Se connecter", "Log in"))
            return self._shell.message(request, MESSAGES["known"], status=409, action=log_in)
        async with transaction():
            await arrival.delete()
        try:
            return await self._open(request, said, arrival.email, arrival.goes_on, account)
        except Invalid as refusal:
            return self._refused(request, refusal.problems)

    async def _confirmable(self, request: Request, token: str) -> ExternalArrival | None:
        """The link alone is not enough: whoever began with their own identity and the address of
        another must not have it confirmed by that other.
        """
        arrival = await identities.arrived(self._browser(request))
        is_right = arrival is not None and token and arrival.link_hash == hashed(token)
        return arrival if is_right else None

    def _email_form(
        self, request: Request, email: str, problems: Sequence[Problem] = ()
    ) -> Response:
        return self._shell.page(
            request,
            "external_email.html",
            422 if problems else 200,
            email=email,
            problems=problems,
            wrong=places_of(problems),
        )

    # What an account is linked to

    async def page(self, request: Request) -> Response:
        """The identities of the account, to be linked and unlinked."""
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if person is None:
            back = {RETURN_TO: self._shell.settings.url(at.EXTERNAL)}
            return self._shell.go(at.LOGIN, back)
        return await self._own_page(request, person)

    async def unlink(self, request: Request) -> Response:
        """Unlink one."""
        sent = await form_of(request)
        session = await self._sessions.find(request)
        person = await person_behind(session) if session else None
        if person is None or not self._sessions.is_own_form(request, sent.get("form_token", "")):
            return self._shell.message(request, "stale", status=403)
        if session is not None and real_now() - session.authenticated_at > RECENT:
            return self._shell.go(at.CONFIRM, {"then": "external"})
        try:
            await identities.unlink(person.account.id, sent.get("identity", ""))
        except (Forbidden, NotFound) as refusal:
            return await self._own_page(request, person, refusal.problems)
        return self._shell.go(at.EXTERNAL, {})

    async def _own_page(
        self, request: Request, person: Person, problems: Sequence[Problem] = ()
    ) -> Response:
        linked = await identities.of_account(person.account.id)
        return self._shell.page(
            request,
            "external.html",
            409 if problems else 200,
            account=person.account,
            linked=linked,
            problems=problems,
        )

    # Shared

    def _failed(self, request: Request, error: ProviderError) -> Response:
        kind, status = "unproven", 403
        if isinstance(error, Declined):
            kind = "declined"
        elif isinstance(error, Unreachable):
            kind, status = "unreachable", 502
        log.warning("external log-in failed", kind=kind, reason=str(error))
        return self._back_to_login(request, MESSAGES[kind], status)

    def _back_to_login(self, request: Request, words: Words, status: int) -> Response:
        log_in = Action(self._shell.settings.path(at.LOGIN), ("Se connecter", "Log in"))
        return self._shell.message(request, words, self._label, status, action=log_in)

    def _refused(self, request: Request, problems: Sequence[Problem]) -> Response:
        return self._shell.page(request, "external_refused.html", 422, problems=problems)

    def _not_open(self, request: Request, account: Account) -> Response:
        waits = account.status == AccountStatus.AWAITING
        words = MESSAGES["awaiting" if waits else "closed"]
        return self._shell.message(request, words, status=200 if waits else 403)

    def _browser(self, request: Request) -> str:
        return request.cookies.get(self._shell.settings.external_cookie, "")[:100]

    def _keep_browser(self, response: Response, browser: str) -> None:
        # Lax and not Strict: the provider sends the person back by a link from its own site.
        response.set_cookie(
            self._shell.settings.external_cookie,
            browser,
            secure=self._shell.settings.is_https,
            httponly=True,
            samesite="lax",
        )


def methods_of(said: Said) -> list[str]:
    """How the person proved who they are: to the provider, with several factors if it says so."""
    return ["ext", "mfa"] if said.has_several_factors else ["ext"]
