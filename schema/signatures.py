"""What is signed and what is kept of it, as the API shows and takes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from domain.signatures import certificates
from domain.signatures.texts import SignedText
from schema.context import Info, InLocale, Locale
from schema.invoice_inputs import KEY
from schema.reading import column, shows
from schema.scalars import Sha256, Url


@strawberry.type(description="Texte. What every text to sign shows.")
class SignedWords:
    words: strawberry.Private[SignedText]

    @strawberry.field(description="Version. To pass when signing.")
    def version(self) -> str:
        return self.words.version

    @strawberry.field(description="Empreinte. SHA-256 of the French text, to pass when signing.")
    def sha256(self) -> Sha256:
        return Sha256(self.words.sha256)

    @strawberry.field(description="Publiée le. The day from which this version may be signed.")
    def since(self) -> date:
        return self.words.since

    @strawberry.field(
        description="Exigée à partir du. From that day on no earlier version suffices."
    )
    def required_from(self) -> date:
        return self.words.required_from

    @strawberry.field(description="Texte. The French text is signed; the English one helps.")
    def text(self, locale: InLocale = Locale.FR) -> str:
        return self.words.en if locale is Locale.EN else self.words.fr


@strawberry.type(
    description="Texte du mandat de facturation. What a supplier signs so that the portal may draw"
    " up its typed invoices."
)
class MandateText(SignedWords):
    words: strawberry.Private[SignedText]


@strawberry.type(
    description="Texte des conditions générales. What a person accepts to use the portal."
)
class TermsText(SignedWords):
    words: strawberry.Private[SignedText]


@strawberry.type(description="Texte à signer. A version that has not been signed yet.")
class TextToSign(SignedWords):
    words: strawberry.Private[SignedText]
    is_required: bool = strawberry.field(
        description="Exigé. Whether nothing signed before suffices: deposits are refused without"
        " the mandate, log-in stops without the terms. False while an earlier version suffices."
    )


@strawberry.type(
    description="Certificat de signature. A PDF/A document in French with all the evidence of a"
    " signature, and the site's own signature over what it states. Anyone checks it at `/verify`,"
    " or offline with `manage.py certificate verify` and the keys of"
    " `/.well-known/certificate-keys.json`."
)
class SignatureCertificate:
    number: str = strawberry.field(description="Numéro. By which `/verify` finds it.")
    url: Url = strawberry.field(
        description="Adresse. Opens the PDF in a browser for five minutes; a program asks"
        " `/certificates/{number}.pdf` with its token."
    )
    sha256: Sha256 = strawberry.field(description="Empreinte. SHA-256 of the PDF.")
    statement: str = strawberry.field(
        description="Déclaration. The canonical JSON (RFC 8785) that is signed: the evidence and"
        " the SHA-256 of the PDF."
    )
    jws: str = strawberry.field(
        description="Signature. Detached JWS (RFC 7515, Ed25519) over the statement."
    )


async def certificate_shown(info: Info, signature_id: str | None) -> SignatureCertificate | None:
    """The certificate of a signature that the viewer sees; made now if it is not there yet."""
    if signature_id is None:
        return None
    load = info.context.load
    signature: Any = await load.one("signature", "id", signature_id)
    made: Any = await load.one("certificate", "signature_id", signature_id)
    if signature is None:
        return None
    made = made or await certificates.made_for(signature_id)
    return SignatureCertificate(
        number=signature.number,
        url=Url(certificates.link(signature.number)),
        sha256=Sha256(made.sha256),
        statement=made.statement,
        jws=made.jws,
    )


@shows(
    "signature",
    description="Acceptation des conditions générales. One version that a person accepted.",
)
class TermsAcceptance:
    id: strawberry.ID = column(description="Identifiant.")
    version: str = column(description="Version. Of the text that was accepted.")
    text_hash: str = column(description="Empreinte. SHA-256 of the text that was accepted.")
    accepted_at: datetime = column("signed_at", description="Acceptées le.")

    @strawberry.field(description="Certificat. What proves the acceptance.")
    async def certificate(self, info: Info) -> SignatureCertificate | None:
        return await certificate_shown(info, str(self.id))


@strawberry.input(description="Acceptation des conditions générales.")
class TermsAcceptInput:
    version: str = strawberry.field(description="Version. That of the text read.")
    text_sha256: Sha256 = strawberry.field(description="Empreinte. That of the text read.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)
