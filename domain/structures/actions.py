"""What is done to structures: create, change, open services, sign; each tells what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from enum import Enum
from typing import Any

from domain import events, identifiers, policy
from domain.access import Actor, ActorKind, Permission, Role
from domain.accounts import actions as accounts
from domain.accounts.models import Account
from domain.clock import now
from domain.errors import Duplicate, Forbidden, Invalid, NotFound, Problem, WrongStatus
from domain.identifiers import IdentifierType
from domain.ids import findable, new_id
from domain.origin import UNKNOWN, Origin
from domain.rules_text import problem, text_problems
from domain.signatures import actions as signatures
from domain.signatures import texts
from domain.signatures.models import Signature
from domain.signatures.texts import TextKind
from domain.structures import names, search
from domain.structures.models import (
    BankAccount,
    Mandate,
    Nature,
    Service,
    ServiceStatus,
    SiretChange,
    SiretChangeStatus,
    Structure,
    StructureStatus,
)
from domain.structures.rules import (
    BankAccountDraft,
    ServiceDraft,
    StructureDraft,
    bank_account_problems,
    bank_reference,
    camel,
    draft_of,
    service_problems,
    structure_problems,
)
from domain.text import normal

_SEARCHED = ("name", "category", "town", "postal_code", "department", "population")
# How the directory finds a structure is not worth telling.
_SILENT = frozenset({"search_terms", "search_core", "search_town", "prominence", "population"})


REASON_MAX = 500


async def create_structure(actor: Actor, draft: StructureDraft) -> Structure:
    """Create a structure; the person who creates it becomes its main manager.

    A public structure comes from the directory: only an administrator creates one by hand. A
    private one becomes active when its mandate is signed.

    Raises:
        Invalid, Duplicate, Forbidden
    """
    draft = _normal(draft)
    problems = structure_problems(draft, check_luhn=policy.current().check_luhn)
    is_administrator = Permission.ADMINISTER in actor.everywhere
    if not is_administrator:
        waiting = StructureStatus.ACTIVATION_IN_PROGRESS
        problems += _reserved(draft, nature=Nature.PRIVATE, status=waiting)
    if problems:
        raise Invalid(*problems)
    status = draft.status or (
        StructureStatus.ACTIVE
        if draft.nature == Nature.PUBLIC
        else StructureStatus.ACTIVATION_IN_PROGRESS
    )
    at = now()
    async with events.transaction():
        await _refuse_duplicate(draft)
        structure = Structure(
            **{**asdict(draft), "status": status},
            id=new_id("str"),
            siren=_siren_of(draft),
            created_at=at,
            updated_at=at,
        )
        structure.update_from_dict(_search_columns(structure))
        tell("structure.created", structure, actor)
        await structure.save(force_create=True)
        await _learn(structure)
        if not is_administrator and actor.kind is ActorKind.PERSON:
            await accounts.attach(actor.id, structure.id, Role.MAIN_MANAGER)
    return structure


async def update_structure(
    actor: Actor,
    structure_id: str,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None = None,
) -> Structure:
    """Change what is given, nothing else.

    Raises:
        NotFound, Forbidden, Conflict, Invalid, Duplicate
    """
    async with events.transaction():
        structure = await _locked(actor, structure_id, expected_version, path=("id",))
        if emptied := _emptied(changes, _NEVER_EMPTY):
            raise Invalid(*emptied)
        before = draft_of(structure, {})
        after = _normal(draft_of(structure, changes))
        problems = structure_problems(after, check_luhn=policy.current().check_luhn)
        if Permission.ADMINISTER not in actor.everywhere:
            problems += _reserved(after, nature=structure.nature, status=structure.status)
        if (before.identifier_type, before.identifier) != (after.identifier_type, after.identifier):
            problems += _identifier_change_problems(before, after)
            await _refuse_duplicate(after)
        if problems:
            raise Invalid(*problems)
        given = {k: v for k, v in asdict(after).items() if v != getattr(before, k)}
        if given:
            await change(structure, {**given, "siren": _siren_of(after)}, actor)
            await _learn(structure)
    return structure


async def change(structure: Structure, changes: Mapping[str, Any], actor: Actor) -> None:
    """Write changes that were checked on a structure that is locked, and tell them."""
    told = {
        camel(name): [_shown(getattr(structure, name)), _shown(value)]
        for name, value in changes.items()
        if name not in _SILENT and _shown(getattr(structure, name)) != _shown(value)
    }
    structure.update_from_dict(dict(changes))
    structure.update_from_dict(_search_columns(structure))
    structure.updated_at = now()
    if told:
        tell("structure.updated", structure, actor, changes=told)
    await structure.save()


async def create_service(
    actor: Actor, structure_id: str, draft: ServiceDraft, *, expected_version: int | None = None
) -> Service:
    """Open a service of the structure.

    Raises:
        NotFound, Forbidden, Conflict, Invalid, Duplicate
    """
    draft = replace(draft, code=normal(draft.code) or "", name=normal(draft.name) or "")
    if problems := service_problems(draft):
        raise Invalid(*problems)
    async with events.transaction():
        structure = await _locked(actor, structure_id, expected_version)
        if await Service.filter(structure_id=structure_id, code=draft.code).exists():
            raise Duplicate(problem("BDR-STR-020", ("code",), code=draft.code))
        at = now()
        service = await Service.create(
            **asdict(draft),
            id=new_id("svc"),
            structure_id=structure_id,
            created_at=at,
            updated_at=at,
        )
        tell_service("service.opened", structure, service, actor)
        await structure.save()
    return service


async def update_service(
    actor: Actor,
    service_id: str,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None = None,
) -> Service:
    """Change a service, or close it by its status.

    `expected_version` is that of the structure.

    Raises:
        NotFound, Forbidden, Conflict, Invalid, WrongStatus
    """
    async with events.transaction():
        found = await Service.get_or_none(id=findable(service_id))
        if found is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        structure = await _locked(actor, found.structure_id, expected_version, path=("id",))
        service = await Service.filter(id=service_id).select_for_update().get()
        if service.is_system:
            raise Invalid(problem("BDR-STR-021", ("id",), code=service.code))
        if service.status == ServiceStatus.DELETED:
            raise WrongStatus(problem("BDR-STR-023", ("id",), code=service.code))
        if emptied := _emptied(changes, _SERVICE_NEVER_EMPTY):
            raise Invalid(*emptied)
        after = {name: changes.get(name, getattr(service, name)) for name in _SERVICE_FIELDS}
        if problems := service_problems(ServiceDraft(service.code, **after)):
            raise Invalid(*problems)
        was_open = service.status == ServiceStatus.ACTIVE
        service.update_from_dict({**after, "status": changes.get("status", service.status)})
        service.updated_at = now()
        tell_service(_service_event(service, was_open=was_open), structure, service, actor)
        await service.save()
        await structure.save()
    return service


async def add_bank_account(
    actor: Actor, structure_id: str, draft: BankAccountDraft, *, expected_version: int | None = None
) -> BankAccount:
    """Put a bank reference on file.

    Raises:
        NotFound, Forbidden, Conflict, Invalid, Duplicate
    """
    if problems := bank_account_problems(draft):
        raise Invalid(*problems)
    kind, iban = bank_reference(draft)
    async with events.transaction():
        structure = await _locked(actor, structure_id, expected_version)
        on_file = BankAccount.filter(structure_id=structure_id, iban=iban, removed_at=None)
        if await on_file.exists():
            raise Duplicate(problem("BDR-STR-030", (kind.value.lower(),)))
        account = await BankAccount.create(
            id=new_id("bnk"),
            structure_id=structure_id,
            reference_kind=kind,
            iban=iban,
            bic=identifiers.compact(draft.bic) if draft.bic else None,
            holder=normal(draft.holder),
            is_factor=draft.is_factor,
            factor_name=normal(draft.factor_name),
            created_at=now(),
        )
        tell("bank_account.added", structure, actor, bankAccount=_bank_card(account))
        await structure.save()
    return account


async def remove_bank_account(
    actor: Actor, bank_account_id: str, *, expected_version: int | None = None
) -> BankAccount:
    """Take a bank reference off the file; invoices that name it keep showing it.

    Raises:
        NotFound, Forbidden, Conflict
    """
    async with events.transaction():
        account = await BankAccount.get_or_none(id=findable(bank_account_id), removed_at=None)
        if account is None:
            raise NotFound(problem("BDR-REQ-001", ("id",)))
        structure = await _locked(actor, account.structure_id, expected_version, path=("id",))
        account.removed_at = now()
        tell("bank_account.removed", structure, actor, bankAccount=_bank_card(account))
        await account.save()
        await structure.save()
    return account


async def sign_mandate(
    actor: Actor,
    structure_id: str,
    version: str,
    text_hash: str,
    *,
    origin: Origin = UNKNOWN,
) -> Mandate:
    """Sign the invoicing mandate; a structure waiting for its activation becomes active.

    A later version takes the place of the one in force.

    Raises:
        NotFound, Forbidden, Invalid, Duplicate
    """
    async with events.transaction():
        structure = await _locked(actor, structure_id, permission=Permission.SIGN_MANDATE)
        account = await Account.get_or_none(id=findable(actor.id))
        if actor.kind is not ActorKind.PERSON or account is None:
            raise Forbidden(problem("BDR-STR-043"))
        text = texts.present(TextKind.MANDATE)
        if (version, text_hash.lower()) != (text.version, text.sha256):
            raise Invalid(problem("BDR-STR-041", ("version",), version=text.version))
        await _replace_mandate(structure_id, version)
        signature = await signatures.sign(text, account, origin, _signed_for(structure))
        mandate = await Mandate.create(
            id=new_id("mdt"),
            structure_id=structure_id,
            account_id=actor.id,
            version=version,
            text_hash=text.sha256,
            signed_at=signature.signed_at,
            signature_id=signature.id,
        )
        tell("mandate.signed", structure, actor, mandate=await _mandate_card(mandate))
        if structure.status == StructureStatus.ACTIVATION_IN_PROGRESS:
            await change(structure, {"status": StructureStatus.ACTIVE}, actor)
        await structure.save()
    return mandate


async def revoke_mandate(actor: Actor, structure_id: str, reason: str | None = None) -> Mandate:
    """Revoke the mandate in force: nothing is deposited any more, what was deposited goes on.

    Raises:
        NotFound, Forbidden, Invalid
    """
    reason = normal(reason)
    if reason and (found := list(text_problems(reason, ("reason",), REASON_MAX))):
        raise Invalid(*found)
    async with events.transaction():
        structure = await _locked(actor, structure_id, permission=Permission.SIGN_MANDATE)
        mandate = await Mandate.get_or_none(
            structure_id=structure_id, revoked_at=None, replaced_at=None
        )
        if mandate is None:
            raise NotFound(problem("BDR-STR-042", ("structureId",)))
        mandate.revoked_at = now()
        mandate.revoked_by = actor.id
        mandate.revocation_reason = reason
        await signatures.end(mandate.signature_id)
        tell("mandate.revoked", structure, actor, mandate=await _mandate_card(mandate))
        await mandate.save()
        await structure.save()
    return mandate


async def _replace_mandate(structure_id: str, version: str) -> None:
    """Let the mandate in force give way to a later version; the same one is not signed twice."""
    in_force = await Mandate.get_or_none(
        structure_id=structure_id, revoked_at=None, replaced_at=None
    )
    if in_force is None:
        return
    if in_force.version == version:
        raise Duplicate(problem("BDR-STR-040", ("structureId",)))
    in_force.replaced_at = now()
    await in_force.save()
    await signatures.end(in_force.signature_id)


def _signed_for(structure: Structure) -> signatures.SignedFor:
    return signatures.SignedFor(
        structure.id, _shown(structure.identifier_type), structure.identifier, structure.name
    )


def card(structure: Structure) -> dict[str, Any]:
    """The structure in short, as its events carry it."""
    return {
        "id": structure.id,
        "identifierType": _shown(structure.identifier_type),
        "identifier": identifiers.masked(structure.identifier_type, structure.identifier),
        "name": structure.name,
        "nature": _shown(structure.nature),
        "status": _shown(structure.status),
        "version": structure.event_count,
    }


def tell(kind: str, structure: Structure, actor: Actor, **details: Any) -> None:
    """Record a fact for the members of the structure. The caller saves the structure."""
    event_data = {"structure": card(structure), **details}
    event_data["structure"]["version"] += 1
    events.record(
        kind,
        structure,
        actor,
        audience=[(structure.id, Permission.READ_STRUCTURE)],
        on_behalf_of=structure.id,
        data=event_data,
    )


def tell_service(kind: str, structure: Structure, service: Service, actor: Actor) -> None:
    """Record a fact about a service of the structure."""
    shown = {
        "id": service.id,
        "code": service.code,
        "name": service.name,
        "status": _shown(service.status),
        "commitmentRequired": service.commitment_required,
    }
    tell(kind, structure, actor, service=shown)


_SERVICE_FIELDS = (
    "name",
    "commitment_required",
    "payment_status_reported",
    "valid_from",
    "valid_until",
)


def _service_event(service: Service, *, was_open: bool) -> str:
    is_open = service.status == ServiceStatus.ACTIVE
    return {(True, False): "service.closed", (False, True): "service.opened"}.get(
        (was_open, is_open), "service.updated"
    )


async def _locked(
    actor: Actor,
    structure_id: str,
    expected_version: int | None = None,
    *,
    permission: Permission = Permission.MANAGE_STRUCTURE,
    path: tuple[str, ...] = ("structureId",),
) -> Structure:
    """The structure, held for this transaction, on which the actor has the permission."""
    actor.require(permission, on=structure_id, path=path)
    structure = await Structure.filter(id=findable(structure_id)).select_for_update().first()
    if structure is None:
        raise NotFound(problem("BDR-REQ-001", path))
    events.check_version(structure, expected_version, rule="BDR-STR-050")
    return structure


async def _refuse_duplicate(draft: StructureDraft) -> None:
    if await Structure.filter(
        identifier=draft.identifier, identifier_type=draft.identifier_type
    ).exists():
        shown = identifiers.masked(draft.identifier_type, draft.identifier)
        raise Duplicate(problem("BDR-STR-011", ("identifier",), identifier=shown))
    if draft.identifier_type == IdentifierType.SIRET and (
        await SiretChange.filter(
            old_siret=draft.identifier, status=SiretChangeStatus.CONFIRME
        ).exists()
    ):
        raise Duplicate(problem("BDR-MBR-066", ("identifier",), siret=draft.identifier))


def _reserved(draft: StructureDraft, **usual: Any) -> list[Problem]:
    """What only an administrator may set otherwise than usual."""
    return [
        problem("BDR-STR-016", (name,))
        for name, value in usual.items()
        if getattr(draft, name) not in (None, value)
    ]


# What an update may change but never empty.
_NEVER_EMPTY = frozenset(
    {"status", *(f.name for f in fields(StructureDraft) if f.default is not None)}
)
_SERVICE_NEVER_EMPTY = frozenset({"status", *_SERVICE_FIELDS}) - {"valid_from", "valid_until"}


def _emptied(changes: Mapping[str, Any], kept: frozenset[str]) -> list[Problem]:
    empty = (name for name, value in changes.items() if value is None and name in kept)
    return [problem("BDR-STR-001", (camel(name),)) for name in empty]


def _identifier_change_problems(before: StructureDraft, after: StructureDraft) -> list[Problem]:
    waiting = before.identifier_type == IdentifierType.EN_COURS_IMMATRICULATION
    if waiting and after.identifier_type == IdentifierType.SIRET:
        return []
    return [problem("BDR-STR-015", ("identifier",), identifier=before.identifier)]


def _normal(draft: StructureDraft) -> StructureDraft:
    """The draft as it is kept: one form for each text, no empty one."""
    texts: dict[str, Any] = {n: normal(getattr(draft, n)) for n in _TEXTS}
    identifier = identifiers.normal(draft.identifier_type, draft.identifier[:200])
    vat_number = identifiers.compact(draft.vat_number) if draft.vat_number else None
    if vat_number is None and draft.identifier_type == IdentifierType.UE_HORS_FRANCE:
        vat_number = identifier
    texts["name"] = texts["name"] or ""
    return replace(draft, **texts, identifier=identifier, vat_number=vat_number)


_TEXTS = (
    "name",
    "category",
    "address",
    "postal_code",
    "town",
    "department",
    "insee_code",
    "email",
    "phone",
    "commitment_format",
)


def _siren_of(draft: StructureDraft) -> str | None:
    return (
        identifiers.siren_of(draft.identifier)
        if draft.identifier_type == IdentifierType.SIRET
        else None
    )


def _search_columns(structure: Structure) -> dict[str, str | int | None]:
    return names.search_columns(**{name: getattr(structure, name) for name in _SEARCHED})


async def _learn(structure: Structure) -> None:
    # The words of private names stay among those who see them.
    if structure.nature == Nature.PUBLIC:
        await search.learn([structure.name])


def _bank_card(account: BankAccount) -> dict[str, Any]:
    # The last four characters are enough to recognise it, too few to use it.
    return {
        "id": account.id,
        "ibanEnd": account.iban[-4:],
        "isFactor": account.is_factor,
        "factorName": account.factor_name,
    }


async def _mandate_card(mandate: Mandate) -> dict[str, Any]:
    signature = await Signature.get_or_none(id=mandate.signature_id or "")
    return {
        "id": mandate.id,
        "version": mandate.version,
        "sha256": mandate.text_hash,
        "number": signature and signature.number,
    }


def _shown(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
