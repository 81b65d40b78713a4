"""Certificates of signature: anyone checks one, who is entitled downloads one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auth import metadata as at
from auth.bearer import InvalidToken, challenge
from auth.pages.shell import Shell, Words
from auth.passwords import Pace, Paces, network_of
from auth.requests import BadRequest, bearer_of, form_of
from auth.sessions import address_of
from auth.uploads import upload_of
from domain.access import Actor, Permission
from domain.identifiers import IdentifierType
from domain.signatures import actions, certificates, keys
from domain.signatures.models import Purpose, Signature
from domain.signatures.texts import TextKind
from domain.signatures.verifying import GENUINE, Verdict, by_number, verified_here

# Far more than a certificate weighs.
MOST_BYTES = 2_000_000
# Someone who checks a pile of them is not slowed; someone who tries numbers is.
PACE = Pace(free=30, longest_seconds=60)

# fmt: off
MESSAGES: Mapping[str, Words] = {
    "wait":    ("Trop de vérifications. Réessayez dans {detail} secondes.",
                "Too many verifications. Try again in {detail} seconds."),
    "nothing": ("Choisissez un fichier PDF ou saisissez un numéro de certificat.",
                "Choose a PDF file or type a certificate number."),
    "unknown": ("Aucun certificat ne porte ce numéro.",
                "No certificate has this number."),
    "issued":  ("Un certificat a été délivré sous ce numéro. Seul le fichier PDF prouve son "
                "authenticité : comparez ce qui suit avec le vôtre, ou déposez-le.",
                "A certificate was issued under this number. Only the PDF file proves that it is "
                "genuine: compare what follows with yours, or send it."),
}
KINDS: Mapping[TextKind, Words] = {
    TextKind.MANDATE: ("Mandat de facturation", "Invoicing mandate"),
    TextKind.TERMS: ("Conditions générales d'utilisation", "Terms of use"),
}
# fmt: on


class Verify:
    """The public page, the keys that it uses, and the files themselves."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._bearer = shell.server.bearer
        self._paces = Paces(shell.settings.key("verifications"))

    def routes(self) -> list[BaseRoute]:
        """Each address with what answers it."""
        # fmt: off
        return [
            *self._shell.routes([
                ("GET",  at.VERIFY, self.page),
                ("POST", at.VERIFY, self.verify),
                ("GET",  at.CERTIFICATES + "/{number}.pdf", self.download),
            ]),
            Route(at.CERTIFICATE_KEYS, self.published, methods=["GET"]),
        ]
        # fmt: on

    async def page(self, request: Request) -> Response:
        """Ask for a file or a number. Printed certificates name this address."""
        return self._answer(request, number=request.query_params.get("number", "")[:60])

    async def verify(self, request: Request) -> Response:
        """Say whether it is genuine and what it certifies; nothing of what is sent is kept."""
        place = network_of(address_of(request))
        if wait := await self._paces.admit({place: PACE}):
            return self._answer(request, "wait", str(wait), status=429)
        pdf, number = await _sent(request)
        if pdf:
            verdict = await verified_here(pdf)
            return self._answer(request, verdict=verdict, signature=verdict.signature)
        if not number.strip():
            return self._answer(request, "nothing", status=400)
        signature = await by_number(number)
        said = "unknown" if signature is None else "issued"
        status = 404 if signature is None else 200
        return self._answer(request, said, signature=signature, number=number, status=status)

    async def download(self, request: Request) -> Response:
        """The PDF, for whoever holds a token that may see it, or a link made for a browser."""
        number = actions.normal_number(request.path_params["number"])
        query = request.query_params
        is_linked = certificates.opens(number, query.get("until", ""), query.get("key", ""))
        signature = await by_number(number)
        if not is_linked:
            try:
                caller = await self._bearer(bearer_of(request) or "")
            except InvalidToken as error:
                return _refusal(error.reason, challenge(self._shell.settings, error.reason))
            if signature is not None and not may_read(caller.actor, signature):
                signature = None
        if signature is None:
            raise BadRequest("There is no such certificate for you.", 404)
        made = await certificates.certificate_of(signature)
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="{number}.pdf"',
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return Response(bytes(made.pdf), media_type="application/pdf", headers=headers)

    async def published(self, request: Request) -> Response:
        """Every public key that ever signed a certificate, for anyone and any page."""
        await keys.signing(Purpose.CERTIFICATES)
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return JSONResponse(await keys.published(Purpose.CERTIFICATES), headers=headers)

    def _answer(
        self,
        request: Request,
        message: str | None = None,
        detail: str = "",
        *,
        verdict: Verdict | None = None,
        signature: Signature | None = None,
        number: str = "",
        status: int = 200,
    ) -> Response:
        said = MESSAGES[message] if message else None
        if verdict is not None:
            said = verdict.words.fr, verdict.words.en
        response = self._shell.page(
            request,
            "verify.html",
            status,
            message=said and (said[0].format(detail=detail), said[1].format(detail=detail)),
            is_genuine=verdict is not None and verdict.words is GENUINE,
            is_wrong=status >= 400 or (verdict is not None and not verdict.is_genuine),
            known=public_view(signature) if signature else None,
            number=number,
        )
        if message == "wait":
            response.headers["Retry-After"] = detail
        return response


def may_read(actor: Actor, signature: Signature) -> bool:
    """Its signatory, and the members of the structure that it commits."""
    if signature.account_id == actor.id:
        return actor.may(Permission.OWN_ACCOUNT, actor.id)
    if signature.structure_id is not None:
        return actor.may(Permission.READ_STRUCTURE, signature.structure_id)
    return Permission.ADMINISTER in actor.everywhere


def public_view(signature: Signature) -> Mapping[str, Any]:
    """What anyone with the certificate may be told: the least that lets it be compared."""
    is_person = signature.structure_identifier_type == IdentifierType.PARTICULIER
    outdated = actions.outdated_on(signature)
    return {
        "number": signature.number,
        "kind": KINDS[TextKind(signature.document)],
        "version": signature.version,
        "signed_at": signature.signed_at,
        "signatory": initials(signature.account_name),
        "structure": initials(signature.structure_name or "")
        if is_person
        else signature.structure_name,
        "identifier": None if is_person else signature.structure_identifier,
        "is_in_force": actions.is_in_force(signature),
        "ended_on": signature.ended_at.date() if signature.ended_at else outdated,
    }


def initials(name: str) -> str:
    """A person's name as little as it can be told: « J. D. »."""
    return " ".join(f"{word[0].upper()}." for word in name.split() if word)


async def _sent(request: Request) -> tuple[bytes, str]:
    """The file and the number, by either kind of form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        upload = await upload_of(request, MOST_BYTES)
        return upload.fields.get("file", b""), upload.text("number", 100)
    return b"", (await form_of(request)).get("number", "")[:100]


def _refusal(reason: str, header: str) -> Response:
    body = {"error": "invalid_token", "error_description": reason}
    return JSONResponse(body, 401, {"WWW-Authenticate": header, "Cache-Control": "no-store"})
