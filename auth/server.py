"""The OAuth 2 server: Authlib's grants, told where our clients, codes and tokens are.

Authlib is synchronous. Its grants run unmodified in a worker thread, inside one transaction of
the event loop, and come back to the loop for each access to the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import anyio.from_thread
import anyio.to_thread
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    AuthorizationPendingError,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    ExpiredTokenError,
    SlowDownError,
)
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.responses import JSONResponse, Response

from auth.bearer import Bearer, Claims
from auth.config import AuthSettings
from auth.device_codes import INTERVAL_SECONDS, Devices
from auth.factors.methods import acr_of
from auth.factors.needed import lacks_second
from auth.issued import deny, deny_families
from auth.keys import ALGORITHM, Keys
from auth.models import (
    AuthorizationCode,
    Client,
    Device,
    RefreshToken,
    Session,
    client_by_id,
    hashed,
)
from auth.registration import note_use
from auth.scopes import SCOPES
from domain.accounts.models import Account, AccountStatus
from domain.clock import real_now
from domain.events import transaction
from domain.ids import new_id

T = TypeVar("T")

SECRET_METHODS = ["client_secret_basic", "client_secret_post"]
ALL_METHODS = [*SECRET_METHODS, "none"]
DEVICE_GRANT: str = DEVICE_CODE_GRANT_TYPE
# Where people type the code of their device; short, since they type this too.
DEVICE_PAGE = "/oauth/device"


def wait(function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Run something of the event loop, from the worker thread, and wait for it."""
    return anyio.from_thread.run(function, *args)


@dataclass(frozen=True)
class Person:
    """A resource owner, with the log-in and the family that what is issued to them belongs to."""

    account: Account
    family: str
    session_id: str | None
    methods: str
    authenticated_at: datetime

    def get_user_id(self) -> str:
        return self.account.id


class Asked(OAuth2Request):
    """An HTTP request whose body was read before Authlib looks at it."""

    def __init__(
        self,
        method: str,
        query: Mapping[str, str],
        form: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> None:
        # Authlib wants to see https. Whether the site is behind TLS is known to its operator,
        # who writes PUBLIC_URL; the last hop of a proxy never is.
        super().__init__(method, "https://localhost/oauth", headers=headers)
        self.payload = BasicOAuth2Payload({**query, **form})
        self._args, self._form = query, form
        # What this request caused to be denied: caches forget it after the commit.
        self.denied: list[str] = []
        # The access token that the request is about, when it is about a valid one.
        self.claims: Claims | None = None

    @property
    def args(self) -> Mapping[str, str]:
        return self._args

    @property
    def form(self) -> Mapping[str, str]:
        return self._form


class Server(AuthorizationServer):
    """Everything that Authlib asks of a framework."""

    def __init__(self, settings: AuthSettings, keys: Keys, bearer: Bearer) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self.settings = settings
        self.bearer = bearer
        self.access_life = timedelta(seconds=settings.access_token_seconds)
        self.devices = Devices(
            settings.key("user codes"), timedelta(seconds=settings.device_code_seconds)
        )
        self._keys = keys
        self._signing_key: RSAKey | None = None
        self.register_token_generator("default", AccessTokens(self))
        self.register_grant(CodeGrant, [OneResource(), RequiredPkce(), OpenId(self)])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_grant(DeviceGrant, [OpenId(self)])
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)
        self.register_endpoint(DeviceAuthorization)

    async def run(self, request: Asked, action: Callable[[], T]) -> T:
        """Do one synchronous piece of Authlib's work, whole or not at all."""
        # Keys are read before the transaction: whoever reads them may wait for a connection,
        # and must not do so while we hold one and wait for the keys.
        self._signing_key = await self._keys.signing()
        request.claims = await self.bearer.claims_in(request.form.get("token", ""))
        async with transaction():
            done = await anyio.to_thread.run_sync(action)
        self.bearer.forget(*request.denied)
        return done

    async def consent_grant(self, request: Asked, user: object | None) -> CodeGrant:
        """The authorization request, once everything in it is known to be right.

        Raises:
            OAuth2Error: something is wrong; `refuse` answers it.
        """
        return await anyio.to_thread.run_sync(self.get_consent_grant, request, user)

    def signing_keys(self) -> KeySet:
        """The signing key as a set, which is how its name gets into the header."""
        return KeySet([self._signing_key] if self._signing_key else [])

    def refuse(self, request: Asked, error: OAuth2Error) -> Response:
        """The answer for an error: a redirection when the client's address is trusted."""
        error.state = request.payload.state
        return self.with_issuer(self.handle_error_response(request, error))

    def with_issuer(self, response: Response) -> Response:
        """Say who answers (RFC 9207), in success and in error, against mix-up attacks."""
        if location := response.headers.get("location"):
            response.headers["location"] = add_params_to_uri(
                location, [("iss", self.settings.issuer)]
            )
        return response

    async def is_active(self, token: Claims | RefreshToken) -> bool:
        """Whether the token still opens anything."""
        if isinstance(token, RefreshToken):
            return not token.is_revoked() and not token.is_expired()
        return await self.bearer.is_accepted(token)

    async def said_in(self, id_token: str) -> dict[str, Any] | None:
        """What an id_token of ours says, however old; None when it is not one (RP logout §2)."""
        try:
            kid = jws.extract_compact(id_token.encode()).headers().get("kid")
            key = await self._keys.ever(kid) if isinstance(kid, str) else None
            if key is None:
                return None
            said = dict(jwt.decode(id_token, key, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError):
            return None
        # An access token is signed by the same keys, and is no proof of a log-in.
        is_id_token = "client_id" not in said and said.get("iss") == self.settings.issuer
        return said if is_id_token else None

    def create_token_response(self, request: Asked) -> Response:
        """Tokens, unless they are asked for someone else's resource (RFC 8707)."""
        try:
            refuse_other_resources(self, request)
        except OAuth2Error as error:
            refusal: Response = self.handle_error_response(request, error)
            return refusal
        response: Response = super().create_token_response(request)
        return response

    def query_client(self, client_id: str) -> Client | None:
        return wait(client_by_id, client_id)

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        wait(note_use, request.client.id)
        if "refresh_token" not in token:
            return
        person: Person = request.user
        wait(
            lambda: RefreshToken.create(
                id=new_id("rft"),
                token_hash=hashed(token["refresh_token"]),
                family=person.family,
                client_id=request.client.id,
                account_id=person.account.id,
                session_id=person.session_id,
                # A narrower access token leaves its refresh token as wide as it was (RFC 6749 §6).
                scope=request.refresh_token.scope if request.refresh_token else token["scope"],
                methods=person.methods,
                authenticated_at=person.authenticated_at,
                issued_at=real_now(),
                expires_at=real_now() + timedelta(seconds=self.settings.refresh_token_seconds),
            )
        )

    def deny_family(self, family: str, request: Asked) -> None:
        request.denied.append(family)
        wait(deny_families, [family], self.access_life)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what happened is in the tables."""

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        if isinstance(body, dict):
            return JSONResponse(body, status, dict(headers))
        # 303: the browser follows with GET, without the form it may just have sent.
        return Response(body, 303 if status == 302 else status, dict(headers))


class AccessTokens(JWTBearerTokenGenerator):
    """Access tokens as RFC 9068 writes them, for our API only."""

    def __init__(self, server: Server) -> None:
        settings = server.settings
        super().__init__(
            issuer=settings.issuer,
            alg=ALGORITHM,
            refresh_token_generator=lambda **_: secrets.token_urlsafe(32),
            expires_generator=settings.access_token_seconds,
        )
        self._server = server

    def get_jwks(self) -> KeySet:
        return self._server.signing_keys()

    def get_audiences(self, client: Client, user: Person | None, scope: str) -> str:
        return self._server.settings.audience

    def get_auth_time(self, user: Person | None) -> int | None:
        return int(user.authenticated_at.timestamp()) if user else None

    def get_amr(self, user: Person | None) -> list[str] | None:
        return user.methods.split() if user else None

    def get_acr(self, user: Person | None) -> str | None:
        return acr_of(user.methods) if user else None

    def get_extra_claims(
        self, client: Client, grant_type: str, user: Person | None, scope: str
    ) -> dict[str, Any]:
        at = int(real_now().timestamp())
        claims: dict[str, Any] = {"iat": at, "exp": at + self._server.settings.access_token_seconds}
        # What a machine gets falls with the secret by which it logged in.
        family = user.family if user else client.secret_used
        return claims | ({"family": family} if family else {})


class CodeGrant(grants.AuthorizationCodeGrant):
    """Authorization code, for browser applications and for machines on behalf of a person."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: Asked, client: Client) -> str:
        asked = request.payload.redirect_uri or client.get_default_redirect_uri()
        if not asked or not client.check_redirect_uri(asked):
            raise InvalidRequestError("The redirect_uri is not one that the client registered.")
        return str(asked)

    def save_authorization_code(self, code: str, request: Asked) -> None:
        person: Person = request.user
        asked = request.payload.data
        wait(
            lambda: AuthorizationCode.create(
                id=new_id("cod"),
                code_hash=hashed(code),
                family=person.family,
                client_id=request.client.id,
                account_id=person.account.id,
                session_id=person.session_id,
                redirect_uri=request.payload.redirect_uri or "",
                scope=request.scope,
                nonce=asked.get("nonce"),
                methods=person.methods,
                code_challenge=asked["code_challenge"],
                code_challenge_method=asked["code_challenge_method"],
                authenticated_at=person.authenticated_at,
                expires_at=real_now() + timedelta(seconds=self.server.settings.code_seconds),
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        found = wait(_locked_code, hashed(code), client.id)
        if found is None:
            return None
        if found.used_at is not None:
            # Someone else saw this code: nothing that came from it can be trusted.
            self.server.deny_family(found.family, self.request)
            return None
        return found if found.expires_at > real_now() else None

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        authorization_code.used_at = real_now()
        wait(authorization_code.save)

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person | None:
        return wait(person_behind, authorization_code)


class RequiredPkce(CodeChallenge):
    """PKCE by S256 for every kind of client; Authlib alone would issue a code without it."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or not asked.get("code_challenge_method"):
            raise InvalidRequestError("PKCE is needed: code_challenge and its method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class InvalidTargetError(OAuth2Error):
    """The resource asked for is not ours (RFC 8707)."""

    error = "invalid_target"
    description = "This server issues tokens for its own API only."


def refuse_other_resources(server: Server, request: Asked) -> None:
    """Refuse to name an audience that is not ours: one token opens one API.

    Raises:
        InvalidTargetError: the parameter `resource` names another.
    """
    asked = request.payload.data.get("resource")
    settings = server.settings
    if asked and asked not in (settings.audience, settings.issuer, f"{settings.issuer}/"):
        raise InvalidTargetError()


class OneResource:
    """The same check of an authorization request, whose refusal goes back to the client."""

    def __call__(self, grant: CodeGrant) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: CodeGrant, redirect_uri: str) -> None:
        refuse_other_resources(grant.server, grant.request)


class OpenId(OpenIDCode):
    """The id_token, for clients that ask for the scope `openid`."""

    def __init__(self, server: Server) -> None:
        super().__init__(require_nonce=False)
        self._server = server

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        # The code is used once and bound by PKCE; the nonce is for the client to compare.
        return False

    def resolve_client_private_key(self, client: Client) -> KeySet:
        return self._server.signing_keys()

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        at = int(real_now().timestamp())
        life = self._server.settings.access_token_seconds
        issuer = self._server.settings.issuer
        return {"iss": issuer, "aud": [client.id], "iat": at, "exp": at + life}

    def generate_user_info(self, user: Person, scope: str) -> UserInfo:
        return UserInfo(user_info(user.account, scope))


class RefreshGrant(grants.RefreshTokenGrant):
    """Refresh tokens, exchanged at each use."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        client: Client = self.request.client
        found = wait(_locked_refresh_token, hashed(refresh_token), client.id)
        if found is None or found.revoked_at is not None or found.is_expired():
            return None
        if found.rotated_at is not None:
            # Either the thief or the owner comes second; both are sent to log in again.
            self.server.deny_family(found.family, self.request)
            return None
        # The client may have lost scopes since. None left must not read as "all of them".
        found.scope = " ".join(s for s in found.scope.split() if s in client.scopes)
        return found if found.scope else None

    def authenticate_user(self, refresh_token: RefreshToken) -> Person:
        person = wait(person_behind, refresh_token)
        if person is None:
            raise InvalidGrantError("The account is closed.")
        if wait(lacks_second, self.server.settings, person.account.id, person.methods):
            # As for log-ins: what was opened before a second factor was needed ends.
            raise InvalidGrantError("The person must log in again, with a second factor.")
        return person

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        refresh_token.rotated_at = real_now()
        wait(refresh_token.save)


class ClientGrant(grants.ClientCredentialsGrant):
    """Client credentials, for machines in their own name."""

    TOKEN_ENDPOINT_AUTH_METHODS = SECRET_METHODS


class DeviceGrant(DeviceCodeGrant):
    """Device code, for programs without a browser (RFC 8628)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS

    def query_device_credential(self, device_code: str) -> Device:
        found: Device | None = wait(self.server.devices.locked, device_code)
        if found is None:
            raise InvalidGrantError("There is no such device code.")
        if found.used_at is not None:
            # Someone else holds this code: nothing that came from it can be trusted.
            self.server.deny_family(found.family, self.request)
            raise InvalidGrantError("The device code was used already.")
        return found

    def validate_device_credential(self, credential: Device) -> Person:
        if credential.is_expired():
            raise ExpiredTokenError()
        if credential.is_approved is None:
            too_often = wait(self.server.devices.polls_too_often, credential)
            raise SlowDownError() if too_often else AuthorizationPendingError()
        if not credential.is_approved:
            raise AccessDeniedError()
        person = wait(person_behind, credential)
        if person is None:
            raise InvalidGrantError("The account is closed.")
        return person

    def create_token_response(self) -> Any:
        credential: Device = self.request.credential
        wait(self.server.devices.use, credential)
        # Where the id_token looks for when and how the person proved who they are.
        self.request.authorization_code = credential
        return super().create_token_response()


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """Where such a program asks for its codes."""

    CLIENT_AUTH_METHODS = ALL_METHODS

    def create_endpoint_response(self, request: Asked) -> Any:
        client: Client = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE_GRANT):
            raise UnauthorizedClientError("The client may not use the device code grant.")
        refuse_other_resources(self.server, request)
        scope = client.get_allowed_scope(request.payload.scope)
        if not scope:
            raise InvalidScopeError()
        codes = wait(self.server.devices.ask, client, scope)
        page = self.server.settings.url(DEVICE_PAGE)
        answer = {
            "device_code": codes.device_code,
            "user_code": codes.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={codes.user_code}",
            "expires_in": self.server.settings.device_code_seconds,
            "interval": INTERVAL_SECONDS,
        }
        return 200, answer, []


class AboutToken:
    """What revocation and introspection share: finding the token, whatever the hint says."""

    server: Server

    def authenticate_token(self, request: Asked, client: Client) -> Claims | RefreshToken | None:
        token = request.form.get("token")
        if not token:
            raise InvalidRequestError("Missing 'token' in request.")
        found = wait(_refresh_token, hashed(token)) or request.claims
        return found if found and found.client_id == client.id else None


class Revocation(AboutToken, RevocationEndpoint):
    """RFC 7009. A refresh token takes its whole family with it."""

    CLIENT_AUTH_METHODS = ALL_METHODS

    def revoke_token(self, token: Claims | RefreshToken, request: Asked) -> None:
        if isinstance(token, RefreshToken):
            self.server.deny_family(token.family, request)
        else:
            request.denied.append(token.jti)
            wait(deny, [token.jti], token.expires_at)


class Introspection(AboutToken, IntrospectionEndpoint):
    """RFC 7662, for the tokens of the asking client only."""

    CLIENT_AUTH_METHODS = SECRET_METHODS

    def create_introspection_payload(self, token: Claims | RefreshToken | None) -> dict[str, Any]:
        if token is None or not wait(self.server.is_active, token):
            return {"active": False}
        return {
            "active": True,
            "iss": self.server.settings.issuer,
            "aud": self.server.settings.audience,
            "sub": token.account_id if isinstance(token, RefreshToken) else token.subject,
            "client_id": token.client_id,
            "scope": token.scope,
            "iat": int(token.issued_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
        } | ({} if isinstance(token, RefreshToken) else {"token_type": "Bearer", "jti": token.jti})


async def person_behind(
    issued: AuthorizationCode | RefreshToken | Device | Session,
) -> Person | None:
    """The person of a log-in, or of what was issued to them, while their account is active."""
    account = await Account.get_or_none(id=issued.account_id, status=AccountStatus.ACTIVE)
    if account is None or issued.methods is None or issued.authenticated_at is None:
        return None
    return Person(
        account=account,
        family=new_id("fam") if isinstance(issued, Session) else issued.family,
        session_id=issued.id if isinstance(issued, Session) else issued.session_id,
        methods=issued.methods,
        authenticated_at=issued.authenticated_at,
    )


def user_info(account: Account, scope: str) -> dict[str, str]:
    """What the scopes of OpenID Connect let a client know about a person."""
    known = {"openid": ("sub", account.id), "profile": ("name", account.display_name)}
    known["email"] = ("email", account.email)
    return dict(known[asked] for asked in scope.split() if asked in known)


async def _locked_code(code_hash: str, client_id: str) -> AuthorizationCode | None:
    # Locked: of two requests with the same code, the second one sees it used.
    found = AuthorizationCode.filter(code_hash=code_hash, client_id=client_id)
    return await found.select_for_update().get_or_none()


async def _locked_refresh_token(token_hash: str, client_id: str) -> RefreshToken | None:
    found = RefreshToken.filter(token_hash=token_hash, client_id=client_id)
    return await found.select_for_update().get_or_none()


async def _refresh_token(token_hash: str) -> RefreshToken | None:
    return await RefreshToken.get_or_none(token_hash=token_hash)
