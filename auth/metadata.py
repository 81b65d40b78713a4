"""What the server says about itself, for client libraries to discover."""

from __future__ import annotations

from typing import Any

from auth.config import AuthSettings
from auth.factors.methods import ONE_FACTOR, TWO_FACTORS
from auth.keys import ALGORITHM
from auth.scopes import SCOPES
from auth.server import ALL_METHODS, DEVICE_GRANT, DEVICE_PAGE, SECRET_METHODS
from domain.access import Permission

AUTHORIZE = "/oauth/authorize"
CONSENT = "/oauth/consent"
LOGIN = "/oauth/login"
LOGOUT = "/oauth/logout"
SESSION = "/oauth/session"
END_SESSION = "/oauth/end-session"
END_SESSION_CONFIRM = "/oauth/end-session/confirm"
DEVICE_AUTHORIZATION = "/oauth/device_authorization"
DEVICE = DEVICE_PAGE
REGISTER = "/oauth/register"
SIGN_UP = "/oauth/sign-up"
ACTIVATE = "/oauth/activate"
FORGOTTEN = "/oauth/forgotten"
RESET = "/oauth/reset"
PASSWORD = "/oauth/password"  # noqa: S105 - a path
STRENGTH = "/oauth/password/strength"
EMAIL = "/oauth/email"
EMAIL_CONFIRM = "/oauth/email/confirm"
EMAIL_KEEP = "/oauth/email/keep"
EXTERNAL = "/oauth/external"
EXTERNAL_START = "/oauth/external/start"
EXTERNAL_CALLBACK = "/oauth/external/callback"
EXTERNAL_LINK = "/oauth/external/link"
EXTERNAL_EMAIL = "/oauth/external/email"
EXTERNAL_CONFIRM = "/oauth/external/confirm"
EXTERNAL_UNLINK = "/oauth/external/unlink"
TOKEN = "/oauth/token"  # noqa: S105 - a path
REVOKE = "/oauth/revoke"
INTROSPECT = "/oauth/introspect"
USERINFO = "/oauth/userinfo"
JWKS = "/oauth/jwks.json"
STATIC = "/oauth/static"
MAILBOX = "/mailbox"
SECOND_FACTOR = "/oauth/second-factor"
PASSKEY = "/oauth/passkey"
ACCOUNT = "/oauth/account"
CONFIRM = "/oauth/account/confirm"
FACTOR_RENAME = "/oauth/account/rename"
FACTOR_REMOVE = "/oauth/account/remove"
RECOVERY_CODES = "/oauth/account/recovery-codes"
LOG_INS_END = "/oauth/account/log-ins/end"
TERMS = "/oauth/terms"
PERSONAL_DATA = "/oauth/account/data"
PERSONAL_DATA_COPY = "/oauth/account/data/copy"
PERSONAL_DATA_ERASE = "/oauth/account/data/erase"
VERIFY = "/verify"
CERTIFICATES = "/certificates"
CERTIFICATE_KEYS = "/.well-known/certificate-keys.json"


def server_metadata(settings: AuthSettings) -> dict[str, Any]:
    """RFC 8414, with what OpenID Connect Discovery adds."""
    register = {"registration_endpoint": settings.url(REGISTER)}
    return {
        **(register if settings.registers_clients else {}),
        "issuer": settings.issuer,
        "authorization_endpoint": settings.url(AUTHORIZE),
        "token_endpoint": settings.url(TOKEN),
        "revocation_endpoint": settings.url(REVOKE),
        "introspection_endpoint": settings.url(INTROSPECT),
        "userinfo_endpoint": settings.url(USERINFO),
        "device_authorization_endpoint": settings.url(DEVICE_AUTHORIZATION),
        "end_session_endpoint": settings.url(END_SESSION),
        "jwks_uri": settings.url(JWKS),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            DEVICE_GRANT,
        ],
        "token_endpoint_auth_methods_supported": ALL_METHODS,
        "revocation_endpoint_auth_methods_supported": ALL_METHODS,
        "introspection_endpoint_auth_methods_supported": SECRET_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        # OpenID Connect, Initiating User Registration.
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "claims_supported": [
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "acr",
            "amr",
            "name",
            "email",
        ],
        "acr_values_supported": [ONE_FACTOR, TWO_FACTORS],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "ui_locales_supported": ["fr", "en"],
    }


def resource_metadata(settings: AuthSettings) -> dict[str, Any]:
    """RFC 9728: what the API is and which server issues tokens for it."""
    return {
        "resource": settings.audience,
        "resource_name": "Bordereau GraphQL API",
        "authorization_servers": [settings.issuer],
        "scopes_supported": [p.value for p in Permission],
        "bearer_methods_supported": ["header"],
        "jwks_uri": settings.url(JWKS),
    }
