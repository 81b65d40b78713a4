"""How a receiver may know us, as the API shows and takes it: signatures, proof, headers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from schema.enums import shown_enum
from schema.scalars import Url
from webhooks import words
from webhooks.custom_headers import Header
from webhooks.receiver_auth import Auth, AuthKind, Basic, Certificate, ClientProof, NoAuth, OAuth2
from webhooks.signing import Signature
from webhooks.site_keys import PublicKey
from webhooks.trust import Trust

shown_enum(
    Signature,
    "Signature. How messages are signed (Standard Webhooks).",
    words.SIGNATURES,
    name="WebhookSignature",
)
shown_enum(
    AuthKind,
    "Authentification. How we prove to the receiver who we are, beyond the signature.",
    words.AUTH_KINDS,
    name="WebhookAuthKind",
)
shown_enum(
    ClientProof,
    "Preuve du client. Where the identifier and secret go in a request for a token.",
    words.CLIENT_PROOFS,
    name="WebhookClientProof",
)


@strawberry.type(
    description="Authentification auprès du récepteur. What was given without its secrets, which"
    " are never shown again."
)
class WebhookAuth:
    row: strawberry.Private[Any]
    shown: strawberry.Private[Mapping[str, str]]

    @strawberry.field(description="Nature. NONE when the signature alone tells who we are.")
    def kind(self) -> AuthKind:
        return AuthKind(self.row.auth_kind)

    @strawberry.field(description="Utilisateur. With BASIC.")
    def user(self) -> str | None:
        return self.shown.get("user")

    @strawberry.field(description="Adresse des jetons. With OAUTH2: where tokens are asked for.")
    def token_url(self) -> Url | None:
        given = self.shown.get("tokenUrl")
        return None if given is None else Url(given)

    @strawberry.field(description="Client. With OAUTH2: our identifier there.")
    def client_id(self) -> str | None:
        return self.shown.get("clientId")

    @strawberry.field(description="Portée. With OAUTH2, when one was given.")
    def scope(self) -> str | None:
        return self.shown.get("scope") or None

    @strawberry.field(description="Audience. With OAUTH2, when one was given.")
    def audience(self) -> str | None:
        return self.shown.get("audience") or None

    @strawberry.field(description="Titulaire du certificat. With CERTIFICATE (RFC 4514).")
    def certificate_subject(self) -> str | None:
        return self.shown.get("subject")

    @strawberry.field(description="Émetteur du certificat. With CERTIFICATE (RFC 4514).")
    def certificate_issuer(self) -> str | None:
        return self.shown.get("issuer")

    @strawberry.field(
        description="Fin du certificat. With CERTIFICATE; `webhook.certificate_expiring` is told"
        " 30, 7 and 1 days before, and at the end."
    )
    def certificate_expires_at(self) -> datetime | None:
        return self.row.auth_expires_at  # type: ignore[no-any-return]  # a row of either road


def auth_of(row: Any) -> WebhookAuth:
    """The authentication of an endpoint."""
    return WebhookAuth(row=row, shown=_json(row.auth_shown))


def signatures_of(row: Any) -> list[Signature]:
    """How the messages of an endpoint are signed."""
    return [Signature.HMAC, Signature.ED25519] if row.signs_ed25519 else [Signature.HMAC]


def _json(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


@strawberry.type(
    description="Clé publique des webhooks. It verifies the signatures `v1a` of every endpoint;"
    " also at `/.well-known/webhook-keys.json`."
)
class WebhookKey:
    key: strawberry.Private[PublicKey]

    @strawberry.field(description="Nom. Its thumbprint (RFC 7638), the `kid` of the JWK Set.")
    def kid(self) -> str:
        return self.key.kid

    @strawberry.field(description="Clé. `whpk_` and 32 bytes in base 64 (Standard Webhooks).")
    def public_key(self) -> str:
        return self.key.text

    @strawberry.field(description="Créée le.")
    def created_at(self) -> datetime:
        return self.key.created_at

    @strawberry.field(
        description="Signe jusqu'au. Null for the present key; another signs beside it until then."
    )
    def signs_until(self) -> datetime | None:
        return self.key.signs_until


def _optional(description: str) -> Any:
    return strawberry.field(default=None, description=description)


@strawberry.input(description="Utilisateur et mot de passe (RFC 7617).")
class WebhookBasicAuthInput:
    user: str = strawberry.field(description="Utilisateur. Up to 256 characters, no colon.")
    password: str = strawberry.field(description="Mot de passe. Never shown again.")


@strawberry.input(
    name="WebhookOAuth2AuthInput",
    description="OAuth 2, client credentials (RFC 6749, 4.4). The token is kept until it ends and"
    " asked for again, once, when the receiver answers 401.",
)
class WebhookOAuth2AuthInput:
    token_url: str = strawberry.field(
        description="Adresse des jetons. The same addresses are refused as for endpoints."
    )
    client_id: str = strawberry.field(description="Client. Visible ASCII characters.")
    client_secret: str = strawberry.field(description="Secret. Never shown again.")
    scope: str | None = _optional("Portée. Scopes, separated by spaces.")
    audience: str | None = _optional("Audience. For servers that ask for one.")
    proof: ClientProof = strawberry.field(
        default=ClientProof.HEADER,
        description="Preuve du client. BODY for servers that do not take HTTP Basic.",
    )


@strawberry.input(description="Certificat client. Presented in TLS; the endpoint must be https.")
class WebhookCertificateAuthInput:
    chain: str = strawberry.field(
        description="Certificats. PEM: ours first, then its intermediate authorities; at most 5."
    )
    key: str = strawberry.field(
        description="Clé privée. PEM without a password; never shown again."
    )


@strawberry.input(one_of=True, description="Authentification auprès du récepteur. Exactly one way.")
class WebhookAuthInput:
    basic: WebhookBasicAuthInput | None = strawberry.field(
        default=strawberry.UNSET, description="Utilisateur et mot de passe."
    )
    oauth2: WebhookOAuth2AuthInput | None = strawberry.field(
        default=strawberry.UNSET, description="OAuth 2."
    )
    certificate: WebhookCertificateAuthInput | None = strawberry.field(
        default=strawberry.UNSET, description="Certificat client."
    )

    def auth(self) -> Auth:
        """The same for the domain."""
        if self.basic:
            return Basic(self.basic.user, self.basic.password)
        if self.oauth2:
            given = self.oauth2
            return OAuth2(
                token_url=given.token_url,
                client_id=given.client_id,
                client_secret=given.client_secret,
                scope=given.scope or "",
                audience=given.audience or "",
                proof=given.proof.value,
            )
        if self.certificate:
            return Certificate(self.certificate.chain, self.certificate.key)
        return NoAuth()


@strawberry.input(description="En-tête ajouté.")
class WebhookHeaderInput:
    name: str = strawberry.field(
        description="Nom. In `x-…`, or `authorization`, `api-key`, `apikey`,"
        " `ocp-apim-subscription-key`; neither ours nor a proxy's."
    )
    value: str = strawberry.field(
        description="Valeur. Up to 1,024 visible ASCII characters; never shown again."
    )


SIGNATURES = (
    "Signatures. HMAC always, with the secret of the endpoint; ED25519 beside it when named, with"
    " the key of the site (`webhookKeys`): nobody who can verify it can forge it."
)
AUTH = "Authentification. How we prove to the receiver who we are; null for the signature alone."
HEADERS = "En-têtes ajoutés. At most five, sent with every message; values are sealed."


def trust_of(
    signatures: Sequence[Signature] | None,
    auth: WebhookAuthInput | None,
    headers: Sequence[WebhookHeaderInput] | None,
) -> Trust:
    """What is given, for the domain. UNSET leaves what is kept, null takes it away."""
    unset = strawberry.UNSET
    return Trust(
        ed25519=None if signatures is unset else Signature.ED25519 in (signatures or ()),
        auth=None if auth is unset else auth.auth() if auth else NoAuth(),
        headers=None if headers is unset else tuple(Header(h.name, h.value) for h in headers or ()),
    )
