"""The external OpenID Connect provider: how people are sent there, and what is believed of those
who come back.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core.util import create_half_hash
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from auth.config import ExternalSettings
from domain.clock import real_now

# Asymmetric only. `none` proves nothing; with HS* whoever reads the public key could sign.
ALGORITHMS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519"), "OKP"),
}
MAX_ANSWER = 256 * 1024
_MAX_TOKEN = 16 * 1024
_DESCRIPTION_LIVES = 3_600.0
_KEYS_LIVE = 3_600.0
# A token may name any key: unknown names must not become one request each.
_LOOK_AGAIN_SECONDS = 30.0
# How far the provider's clock may run ahead of ours. Expiry has no such grace.
_AHEAD_SECONDS = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST = 255


class ProviderError(Exception):
    """The provider did not let us know who it is. The reason is for the operator's log."""


class Unreachable(ProviderError):
    """It does not answer, or not like a provider: it may be better later."""


class NotProven(ProviderError):
    """It answered, and what it says cannot be believed."""


class Declined(ProviderError):
    """It says that the person did not agree, or could not be recognised."""


@dataclass(frozen=True)
class Said:
    """What the provider vouches for."""

    issuer: str
    subject: str
    name: str | None
    email: str | None
    is_email_verified: bool
    siret: str | None
    # Whether it says that the person used several factors (RFC 8176).
    has_several_factors: bool


@dataclass(frozen=True)
class Secrets:
    """What only we know of one person sent there: it comes back inside what is signed."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One client of one provider. Its description and its keys are kept in memory."""

    def __init__(
        self,
        settings: ExternalSettings,
        redirect_uri: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._redirect_uri = redirect_uri
        self._monotonic = monotonic
        self._described: Mapping[str, Any] = {}
        self._described_at = float("-inf")
        self._keys: Sequence[Key] = ()
        self._keys_at = float("-inf")
        self._reading = asyncio.Lock()

    async def address(self, secrets: Secrets) -> str:
        """Where to send the person.

        Raises:
            Unreachable: the provider does not describe itself.
        """
        described = await self._description()
        async with self._client(described) as client:
            url, _ = client.create_authorization_url(
                described["authorization_endpoint"],
                state=secrets.state,
                nonce=secrets.nonce,
                code_verifier=secrets.verifier,
            )
        return str(url)

    async def said(self, answer: Mapping[str, str], secrets: Secrets) -> Said:
        """What the provider says of the person who came back with this answer.

        Raises:
            Declined, NotProven, Unreachable
        """
        described = await self._description()
        self._check_issuer(answer, described)
        if "error" in answer:
            raise Declined("the provider answered with an error")
        if not answer.get("code"):
            raise NotProven("the answer holds no code")
        async with self._client(described) as client:
            token = await self._tokens(client, described, answer["code"], secrets.verifier)
            claims = await self._id_token(described, token, secrets.nonce)
            told = await self._user_info(client, described, token, str(claims["sub"]))
        return self._summary(claims, told)

    # The answer and the tokens

    def _check_issuer(self, answer: Mapping[str, str], described: Mapping[str, Any]) -> None:
        """RFC 9207: the answer of another provider must not be taken to this one."""
        given = answer.get("iss")
        promised = described.get("authorization_response_iss_parameter_supported") is True
        if (given is None and promised) or given not in (None, self.settings.issuer):
            raise NotProven("the answer comes from another issuer")

    async def _tokens(
        self, client: Any, described: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        try:
            async with self._patience():
                token: Mapping[str, Any] = await client.fetch_token(
                    described["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
        except OAuthError as error:
            raise NotProven("the code was refused") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unreachable("the token endpoint does not answer with tokens") from error
        for name in ("id_token", "access_token"):
            text = token.get(name)
            if not isinstance(text, str) or not 0 < len(text) <= _MAX_TOKEN:
                raise NotProven(f"there is no {name}")
        if str(token.get("token_type", "")).lower() != "bearer":
            raise NotProven("the access token is of another type")
        return token

    async def _id_token(
        self, described: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> Mapping[str, Any]:
        allowed = described.get("id_token_signing_alg_values_supported", ["RS256"])
        algorithm, claims = await self._genuine(described, token["id_token"], allowed)
        self._check_origin(claims)
        _check_times(claims)
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise NotProven("the nonce is not the one we sent")
        hashed = claims.get("at_hash")
        if hashed is not None and not _is_hash_of(hashed, token["access_token"], algorithm):
            raise NotProven("the access token is not the one that was signed for")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST:
            raise NotProven("the id_token names nobody")
        return claims

    async def _user_info(
        self, client: Any, described: Mapping[str, Any], token: Mapping[str, Any], subject: str
    ) -> Mapping[str, Any]:
        """More about the same person, plain or signed; nothing where the provider has no more."""
        endpoint = described.get("userinfo_endpoint")
        if endpoint is None:
            return {}
        headers = {
            "Accept": "application/json, application/jwt",
            "Authorization": f"Bearer {token['access_token']}",
        }
        # Without Authlib's own care for the token: it calls one of sixty seconds expired.
        response = await self._got(client, endpoint, headers)
        kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind == "application/jwt":
            allowed = described.get(
                "userinfo_signing_alg_values_supported",
                described.get("id_token_signing_alg_values_supported", ["RS256"]),
            )
            _, told = await self._genuine(described, response.text.strip(), allowed)
            self._check_origin(told)
            if "exp" in told:
                _check_times(told)
        else:
            told = _object(response.content)
        if told.get("sub") != subject:
            raise NotProven("the user info is about another person")
        return told

    def _check_origin(self, claims: Mapping[str, Any]) -> None:
        """Who signed it, and for whom: us, and nobody else without saying that we asked."""
        audience = claims.get("aud")
        listed = [audience] if isinstance(audience, str) else audience
        if claims.get("iss") != self.settings.issuer:
            raise NotProven("it was issued by another")
        if not isinstance(listed, list) or self.settings.client_id not in listed:
            raise NotProven("it was issued for another")
        party = claims.get("azp", None if len(listed) > 1 else self.settings.client_id)
        if party != self.settings.client_id:
            raise NotProven("it was asked for by another")

    async def _genuine(
        self, described: Mapping[str, Any], text: str, allowed: Any
    ) -> tuple[str, dict[str, Any]]:
        """The algorithm and the content of a token that the provider signed."""
        try:
            header = jws.extract_compact(text.encode()).headers()
        except (JoseError, ValueError) as error:
            raise NotProven("it is no signed token") from error
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _allowed(allowed):
            raise NotProven("it is signed by an algorithm that proves nothing here")
        key = await self._key(described, header.get("kid"), algorithm)
        try:
            return algorithm, dict(jwt.decode(text, key, algorithms=[algorithm]).claims)
        except (JoseError, ValueError, RecursionError) as error:
            raise NotProven("the signature is wrong") from error

    async def _key(self, described: Mapping[str, Any], kid: object, algorithm: str) -> Key:
        """The key of that name; the provider is asked again when it is not known."""
        for not_older_than in (_KEYS_LIVE, _LOOK_AGAIN_SECONDS):
            async with self._reading:
                if self._monotonic() - self._keys_at >= not_older_than:
                    self._keys = await self._published(described)
                    self._keys_at = self._monotonic()
            fitting = [key for key in self._keys if _fits(key, kid, algorithm)]
            if len(fitting) == 1:
                return fitting[0]
        raise NotProven("it is signed by an unknown key")

    def _summary(self, claims: Mapping[str, Any], told: Mapping[str, Any]) -> Said:
        # Whoever names the e-mail also says whether it was verified: never one of each.
        vouches = told if "email" in told else claims
        methods = claims.get("amr")
        siret = self.settings.siret_claim
        return Said(
            issuer=self.settings.issuer,
            subject=str(claims["sub"]),
            name=_name_in(told) or _name_in(claims),
            email=_text(vouches.get("email")),
            is_email_verified=vouches.get("email_verified") is True,
            siret=(_text(told.get(siret)) or _text(claims.get(siret))) if siret else None,
            has_several_factors=isinstance(methods, list) and "mfa" in methods,
        )

    # What it publishes

    async def _description(self) -> Mapping[str, Any]:
        async with self._reading:
            if self._monotonic() - self._described_at >= _DESCRIPTION_LIVES:
                self._described = await self._discovered()
                self._described_at = self._monotonic()
        return self._described

    async def _discovered(self) -> Mapping[str, Any]:
        issuer = self.settings.issuer
        async with self._client({}) as client:
            response = await self._got(
                client, f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            )
        described = _object(response.content)
        if described.get("issuer") != issuer:
            raise Unreachable("the description is of another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._check_address(name, described.get(name))
        if described.get("userinfo_endpoint") is not None:
            self._check_address("userinfo_endpoint", described["userinfo_endpoint"])
        return described

    def _check_address(self, name: str, address: object) -> None:
        """Only https; http on this machine where the provider is there itself."""
        parts = urlsplit(address) if isinstance(address, str) else None
        is_local = urlsplit(self.settings.issuer).scheme == "http"
        schemes = ("https", "http") if is_local else ("https",)
        if parts is None or parts.scheme not in schemes or not parts.hostname:
            raise Unreachable(f"{name} is missing or unsafe")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise Unreachable(f"{name} is unsafe")

    async def _published(self, described: Mapping[str, Any]) -> Sequence[Key]:
        async with self._client(described) as client:
            response = await self._got(client, described["jwks_uri"])
        listed = _object(response.content).get("keys")
        if not isinstance(listed, list):
            raise Unreachable("the keys cannot be read")
        return [key for key in map(_imported, listed) if key is not None]

    # The way there

    def _client(self, described: Mapping[str, Any]) -> Any:
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic"
        return AsyncOAuth2Client(
            self.settings.client_id,
            self.settings.client_secret,
            token_endpoint_auth_method=basic if basic in methods else "client_secret_post",
            scope=" ".join(self.settings.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            leeway=0,
            transport=Bounded(),
            timeout=self.settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def _got(
        self, client: Any, url: str, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        async with self._patience():
            response: httpx2.Response = await client.request(
                "GET", url, withhold_token=True, headers=headers
            )
        if response.status_code != 200:
            raise Unreachable(f"the provider answered {response.status_code}")
        return response

    @asynccontextmanager
    async def _patience(self) -> AsyncIterator[None]:
        """The whole exchange ends in time, however slowly the answer drips."""
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                yield
        except TimeoutError as error:
            raise Unreachable("the provider takes too long") from error
        except httpx2.HTTPError as error:
            raise Unreachable(f"the provider cannot be reached: {type(error).__name__}") from error


class Bounded(httpx2.AsyncBaseTransport):
    """Answers of a bounded size, taken as they are: what unpacks could be any size."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, retries=0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise Unreachable("the answer is packed")
            body = bytearray()
            async for chunk in response.stream:  # type: ignore[union-attr]  # it is asynchronous
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise Unreachable("the answer is too large")
        finally:
            await response.aclose()
        kind = response.headers.get("content-type", "")
        return httpx2.Response(
            response.status_code,
            headers={"Content-Type": kind},
            content=bytes(body),
            request=request,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _allowed(supported: object) -> set[str]:
    listed = supported if isinstance(supported, list) else []
    return {name for name in listed if isinstance(name, str) and name in ALGORITHMS}


def _fits(key: Key, kid: object, algorithm: str) -> bool:
    """Whether the key may have made the signature: by its kind first, then by its name."""
    return (
        key.key_type == ALGORITHMS[algorithm]
        and key.get("use") in (None, "sig")
        and key.get("alg") in (None, algorithm)
        and (kid is None or key.get("kid") == kid)
    )


def _imported(jwk: object) -> Key | None:
    if not isinstance(jwk, dict) or jwk.get("kty") not in ALGORITHMS.values():
        return None
    try:
        return JWKRegistry.import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        # A kind of key that we do not know is no reason to refuse the others (RFC 7517 §5).
        return None


def _check_times(claims: Mapping[str, Any]) -> None:
    at = real_now().timestamp()
    if _instant(claims.get("exp")) <= at:
        raise NotProven("it has expired")
    if _instant(claims.get("iat")) > at + _AHEAD_SECONDS:
        raise NotProven("it comes from the future")
    if _instant(claims.get("nbf", 0)) > at + _AHEAD_SECONDS:
        raise NotProven("it does not hold yet")


def _instant(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotProven("it does not say when it holds")
    return value


def _is_hash_of(given: object, access_token: str, algorithm: str) -> bool:
    wanted = create_half_hash(access_token, "EdDSA" if algorithm == "Ed25519" else algorithm)
    if wanted is None or not isinstance(given, str):
        return False
    return hmac.compare_digest(given.encode(), wanted)


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(body)
    except ValueError as error:
        raise Unreachable("the answer is no JSON") from error
    if not isinstance(read, dict):
        raise Unreachable("the answer is no JSON object")
    return read


def _name_in(told: Mapping[str, Any]) -> str | None:
    """The name, whole or in pieces (`usual_name` is how French administrations say it)."""
    whole = _text(told.get("name"))
    family = _text(told.get("usual_name")) or _text(told.get("family_name"))
    return whole or " ".join(p for p in (_text(told.get("given_name")), family) if p) or None


def _text(value: object) -> str | None:
    return value.strip()[:_LONGEST] or None if isinstance(value, str) else None
