"""The certificate as a PDF/A-2a and PDF/UA-1 file: in French, with English beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.clock import PARIS
from domain.pdf import drawn, writable
from domain.signatures.methods import METHODS, UNKNOWN_METHOD
from domain.signatures.models import Signature
from domain.signatures.texts import SignedText, TextKind

_TEMPLATE = (Path(__file__).parent / "certificate.typ").read_bytes()
Rows = list[dict[str, str]]

_NAMES: Mapping[TextKind, tuple[str, str]] = {
    TextKind.MANDATE: ("Mandat de facturation", "Invoicing mandate"),
    TextKind.TERMS: ("Conditions générales d'utilisation", "Terms of use"),
}


def certificate_pdf(signature: Signature, text: SignedText, issuer: str) -> bytes:
    """The file that certifies a signature: the same bytes for the same evidence.

    Takes some tens of milliseconds of processor: not for the event loop.
    """
    return drawn(_TEMPLATE, _given(signature, text, issuer), signature.signed_at)


def _given(signature: Signature, text: SignedText, issuer: str) -> dict[str, Any]:
    kind = TextKind(signature.document)
    name, name_en = _NAMES[kind]
    at = signature.signed_at
    return {
        "number": signature.number,
        "title": "Certificat de signature",
        "subtitle": f"Certificate of signature – {name_en}",
        "about": f"{name}, version {writable(signature.version)}",
        "date": {"year": at.year, "month": at.month, "day": at.day},
        "intro": f"{writable(issuer)} certifie que le document « {name} » a été signé en ligne"
        " dans les circonstances ci-dessous.",
        "intro_en": f"{writable(issuer)} certifies that the document “{name_en}” was signed"
        " online as described below.",
        "sections": list(_sections(signature, name, issuer)),
        "annex": "Texte signé",
        "annex_en": "Signed text",
        "text": [p.strip() for p in writable(text.fr).split("\n\n") if p.strip()],
    }


def _sections(signature: Signature, name: str, issuer: str) -> Sequence[Mapping[str, Any]]:
    document = [
        _row("Numéro du certificat", "Certificate number", signature.number),
        _row("Document", "Document", name),
        _row("Version", "Version", signature.version),
        _row("Empreinte SHA-256 du texte", "SHA-256 of the text", _broken(signature.text_hash)),
        _row("Signé le", "Signed at", shown_instant(signature.signed_at)),
    ]
    person = [
        _row("Nom", "Name", signature.account_name),
        _row("Adresse électronique", "E-mail address", signature.account_email),
        _row("Compte", "Account", signature.account_id),
    ]
    structure = [
        _row("Raison sociale", "Name", signature.structure_name),
        _row(
            f"Identifiant ({signature.structure_identifier_type})",
            "Identifier",
            signature.structure_identifier,
        ),
        _row("Référence", "Reference", signature.structure_id),
    ]
    proof = [
        _row("Authentification", "Authentication", _methods(signature)),
        _row("Authentifié le", "Authenticated at", shown_instant(signature.authenticated_at)),
        _row("Jeton ou session", "Token or session", signature.credential),
        _row("Adresse réseau", "Network address", signature.address),
        _row("Logiciel", "User agent", signature.user_agent),
    ]
    check = [
        _row("En ligne", "Online", f"{issuer}/verify"),
        _row("Clés publiques", "Public keys", f"{issuer}/.well-known/certificate-keys.json"),
        _row("Hors ligne", "Offline", "manage.py certificate verify"),
    ]
    found = [
        _section("Document", "Document", document),
        _section("Signataire", "Signatory", person),
        _section("Structure engagée", "Structure committed", structure),
        _section("Circonstances", "Circumstances", proof),
        _section("Vérification", "Verification", check),
    ]
    return [s for s in found if signature.structure_id is not None or s["rows"] is not structure]


def _section(title: str, title_en: str, rows: Rows) -> Mapping[str, Any]:
    return {"title": title, "title_en": title_en, "rows": rows}


def _row(label: str, label_en: str, value: str | None) -> dict[str, str]:
    return {"label": label, "label_en": label_en, "value": writable(value) or "–"}


def _methods(signature: Signature) -> str:
    said = [METHODS.get(name, UNKNOWN_METHOD) for name in signature.methods.split()]
    names = zip(said, signature.methods.split(), strict=True)
    return ", ".join(f"{words.fr} ({name})" for words, name in names)


def shown_instant(at: datetime | None) -> str | None:
    """An instant for people: in Paris, then in UTC."""
    if at is None:
        return None
    there = at.astimezone(PARIS)
    return f"{there:%d/%m/%Y %H:%M:%S} (Paris), {at:%Y-%m-%d %H:%M:%S} UTC"


def _broken(digest: str) -> str:
    # In groups, so that it wraps and can be read aloud.
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))
