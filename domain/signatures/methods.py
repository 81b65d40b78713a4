"""The ways to prove who one is, in words: names of RFC 8176 as tokens and evidence carry them."""

from __future__ import annotations

from collections.abc import Mapping

from domain.reference.words import Words

METHODS: Mapping[str, Words] = {
    "pwd": Words("mot de passe", "password"),
    "otp": Words("code à usage unique", "one-time code"),
    "email": Words("code par courriel", "code by e-mail"),
    "hwk": Words("clé de sécurité", "security key"),
    "swk": Words("clé d'accès", "passkey"),
    "user": Words("présence de la personne", "user presence"),
    "pin": Words("code personnel", "PIN"),
    "fpt": Words("empreinte digitale", "fingerprint"),
    "face": Words("visage", "face"),
    "mfa": Words("plusieurs facteurs", "several factors"),
    "kba": Words("code de secours", "recovery code"),
    "fed": Words("fournisseur d'identité", "identity provider"),
}
UNKNOWN_METHOD = Words("autre", "other")
