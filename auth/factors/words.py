"""The words of the kinds of factors."""

from __future__ import annotations

from collections.abc import Mapping

from auth.factors.models import FactorKind
from domain.reference.words import Words

FACTOR_KINDS: Mapping[FactorKind, Words] = {
    FactorKind.TOTP: Words("Application d'authentification", "Authenticator application"),
    FactorKind.EMAIL: Words("Code par courriel", "Code by e-mail"),
    FactorKind.KEY: Words("Clé de sécurité ou clé d'accès", "Security key or passkey"),
}
