"""JSON Schemas of what webhooks carry: one envelope, and the data of each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from auth.factors.models import FactorKind
from domain.access import ActorKind, Level, Role, Space
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import AccountStatus, SpaceStatus
from domain.catalogue import EVENT_KINDS, STATUS_CHANGES
from domain.connections.models import (
    ConnectionStatus,
    ConnectionType,
    DelegationStatus,
    TechnicalStatus,
)
from domain.contracts.codes import (
    ContractNature,
    ContractRole,
    ContractRoleStatus,
    ContractStatus,
    DirectPaymentStatus,
)
from domain.identifiers import IdentifierType
from domain.lifecycle import Party
from domain.memos.draft import MissionKind
from domain.reference.deposits import DepositMode
from domain.reference.frames import Frame, WorksStage
from domain.reference.payment import InvoiceType
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus
from domain.refunds.draft import TaxFamily
from domain.structures.models import Nature, ServiceStatus, SiretChangeStatus, StructureStatus
from domain.works.progress import Silence, Task
from frontend_contract.event_examples import example_of, text_of
from webhooks.endpoints import Resume
from webhooks.envelope import API_VERSION
from webhooks.models import EndpointStatus, PauseReason, ReplayState, SkipReason
from webhooks.probe import Check

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_DATE: Schema = {"type": "string", "format": "date"}
_INSTANT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z$",
}
_AMOUNT: Schema = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"}


def _id(*prefixes: str) -> Schema:
    return {"type": "string", "pattern": f"^({'|'.join(prefixes)})_[0-9a-z]{{26}}$"}


def _codes(enum: type[StrEnum]) -> Schema:
    """A code of an enum: a subscriber must accept values that it does not know."""
    return {
        "type": "string",
        "pattern": "^[A-Z0-9_]+$",
        "description": f"{enum.__name__}: see labels.fr.json. New values may appear.",
        "examples": [next(iter(enum)).value],
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(
    properties: Mapping[str, Schema], *, optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """An object with these properties at least: envelopes only grow."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }


_PARTY_CARD = _object(
    {
        "id": _id("str"),
        "identifier": _TEXT,
        "name": _TEXT,
        "serviceId": _or_null(_id("svc")),
        "serviceCode": _or_null(_TEXT),
    }
)
_INVOICE = _object(
    {
        "id": _id("inv"),
        "number": _or_null(_TEXT),
        "type": _codes(InvoiceType),
        "frame": _codes(Frame),
        "depositMode": _codes(DepositMode),
        "status": _codes(InvoiceStatus),
        "version": _COUNT,
        "issuedOn": _or_null(_DATE),
        "depositedAt": _or_null(_INSTANT),
        "availableAt": _or_null(_INSTANT),
        "dueOn": _or_null(_DATE),
        "currency": _TEXT,
        "totalNet": _or_null(_AMOUNT),
        "totalVat": _or_null(_AMOUNT),
        "totalGrossAfterDiscount": _or_null(_AMOUNT),
        "amountToPay": _or_null(_AMOUNT),
        "commitmentNumber": _or_null(_TEXT),
        "contractNumber": _or_null(_TEXT),
        "originalInvoiceNumber": _or_null(_TEXT),
        "externalReference": _or_null(_TEXT),
        "refusedByValidator": _FLAG,
        "supplier": _PARTY_CARD,
        "recipient": _or_null(_PARTY_CARD),
    }
)
# What the cards of memos and of refund requests have in common.
_CLAIM: Mapping[str, Schema] = {
    "number": _or_null(_TEXT),
    "frame": _codes(Frame),
    "status": _codes(InvoiceStatus),
    "version": _COUNT,
    "issuedOn": _or_null(_DATE),
    "depositedAt": _or_null(_INSTANT),
    "availableAt": _or_null(_INSTANT),
    "dueOn": _or_null(_DATE),
    "amountToPay": _or_null(_AMOUNT),
    "externalReference": _or_null(_TEXT),
    "supplier": _PARTY_CARD,
    "recipient": _or_null(_PARTY_CARD),
    "validator1": _or_null(_PARTY_CARD),
}
_MEMO = _object(
    {
        "id": _id("mem"),
        **_CLAIM,
        "caseNumber": _or_null(_TEXT),
        "mission": _or_null(_codes(MissionKind)),
        "missionEndedOn": _or_null(_DATE),
        "totalNet": _or_null(_AMOUNT),
        "totalVat": _or_null(_AMOUNT),
        "totalGross": _or_null(_AMOUNT),
    }
)
_REFUND = _object(
    {
        "id": _id("rfd"),
        **_CLAIM,
        "farmNumber": _or_null({"type": "string", "pattern": "^[0-9]{9}$"}),
        "consumptionYear": _or_null(_COUNT),
        "family": _or_null(_codes(TaxFamily)),
    }
)
# What an erasure replaced in the log: see LOG.md.
_REDACTED = _object({"count": _COUNT, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})
_STRUCTURE = _object(
    {
        "id": _id("str"),
        "identifierType": _codes(IdentifierType),
        "identifier": _TEXT,
        "name": _TEXT,
        "nature": _codes(Nature),
        "status": _codes(StructureStatus),
        "version": _COUNT,
    }
)
_SERVICE = _object(
    {
        "id": _id("svc"),
        "code": _TEXT,
        "name": _TEXT,
        "status": _codes(ServiceStatus),
        "commitmentRequired": _FLAG,
    }
)
_BANK_ACCOUNT = _object(
    {
        "id": _id("bnk"),
        "ibanEnd": {"type": "string", "pattern": "^[0-9A-Z]{4}$"},
        "isFactor": _FLAG,
        "factorName": _or_null(_TEXT),
    }
)
_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_CERTIFICATE: Schema = {"type": "string", "pattern": "^CERT(-[0-9A-Z]{4}){4}$"}
_MANDATE = _object(
    {
        "id": _id("mdt"),
        "version": _TEXT,
        "sha256": _DIGEST,
        "number": {
            **_or_null(_CERTIFICATE),
            "description": "The number of its certificate; null for mandates of before its time.",
        },
    }
)
_TERMS = _object({"version": _TEXT, "sha256": _DIGEST, "number": _CERTIFICATE})
_MEMBER = _object(
    {
        "id": _id("att"),
        "memberId": _id("acc", "cli"),
        "memberName": _TEXT,
        "role": _codes(Role),
        "status": _codes(AttachmentStatus),
        "comment": _or_null(_TEXT),
        "version": _COUNT,
    }
)
# No name and no address: an event is kept longer than they may be.
_ACCOUNT = _object({"id": _id("acc"), "status": _codes(AccountStatus)})
_MAIN_MANAGER = _object(
    {
        "attachmentId": _id("att"),
        "memberName": _TEXT,
        "formerAttachmentId": _or_null(_id("att")),
        "formerMemberName": _or_null(_TEXT),
        "comment": _or_null(_TEXT),
    }
)
_SIRET = {"type": "string", "pattern": "^[0-9]{14}$"}
_SIRET_CHANGE = _object(
    {
        "id": _id("sch"),
        "oldSiret": _SIRET,
        "newSiret": _SIRET,
        "effectiveOn": _DATE,
        "status": _codes(SiretChangeStatus),
        "comment": _or_null(_TEXT),
    }
)
_SPACE = _object(
    {
        "space": _codes(Space),
        "serviceId": _or_null(_id("svc")),
        "status": _codes(SpaceStatus),
    }
)
_CHANGES: Schema = {
    "type": "object",
    "description": "Each changed field with its value before and after.",
    "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2},
}
_COUNTS = dict.fromkeys(
    ("lines", "created", "updated", "unchanged", "refused", "servicesOpened"), _COUNT
)

_ENDPOINT = _object(
    {
        "id": _id("whe"),
        "url": _TEXT,
        "description": _TEXT,
        "status": _codes(EndpointStatus),
        "structureId": _id("str"),
    }
)
_REPLAY = _object(
    {
        "id": _id("whr"),
        "state": _codes(ReplayState),
        "from": _TEXT,
        "to": _TEXT,
        "queued": _COUNT,
        "delivered": _COUNT,
        "failed": _COUNT,
    }
)
_PROBE = _object(
    {
        "id": _id("whp"),
        "passed": _COUNT,
        "total": _COUNT,
        "failed": {"type": "array", "items": _codes(Check)},
    }
)
_PIECE = _object(
    {
        "id": _id("wpc"),
        "fileId": _or_null(_id("bfl")),
        "number": _or_null(_TEXT),
        "type": _TEXT,
        "frame": _codes(Frame),
        "stage": _codes(WorksStage),
        "status": _codes(InvoiceStatus),
        "version": _COUNT,
        "previousId": _or_null(_id("wpc")),
        "attachedToId": _or_null(_id("wpc")),
        "replacesId": _or_null(_id("wpc")),
        "issuedOn": _or_null(_DATE),
        "depositedAt": _or_null(_INSTANT),
        "availableAt": _or_null(_INSTANT),
        "dueOn": _or_null(_DATE),
        "currency": _TEXT,
        **dict.fromkeys(("totalNet", "totalVat", "totalGross", "amountToPay"), _or_null(_AMOUNT)),
        "contractNumber": _or_null(_TEXT),
        "commitmentNumber": _or_null(_TEXT),
        "externalReference": _or_null(_TEXT),
        "depositor": _object({"id": _id("str"), "identifier": _TEXT, "name": _TEXT}),
        "holderId": _or_null(_id("str")),
        "projectManagerId": _or_null(_id("str")),
        "contractingAuthorityId": _or_null(_id("str")),
        "recipientId": _or_null(_id("str")),
    }
)
_AWAITED = _object(
    {
        "party": _codes(Party),
        "structureId": _id("str"),
        "pieceId": _id("wpc"),
        "task": _codes(Task),
        "frames": {"type": "array", "items": _codes(Frame)},
        "until": _or_null(_INSTANT),
        "silence": _codes(Silence),
    }
)
_BILLING_FILE = _object(
    {
        "id": _id("bfl"),
        "stage": _codes(WorksStage),
        "version": _COUNT,
        "contractNumber": _or_null(_TEXT),
        "holderId": _or_null(_id("str")),
        "projectManagerId": _or_null(_id("str")),
        "contractingAuthorityId": _or_null(_id("str")),
        "pieceCount": _COUNT,
        "lastPieceId": _or_null(_id("wpc")),
        "endedAt": _or_null(_INSTANT),
        "awaited": {"type": "array", "items": _AWAITED},
    }
)
_DELIVERY: Mapping[str, Schema] = {
    "deliveryId": _id("whd"),
    "eventId": _id("evt"),
    "eventType": _TEXT,
    "subject": _TEXT,
    "attempts": _COUNT,
}
_LAST: Mapping[str, Schema] = {"lastStatus": _or_null(_COUNT), "lastError": _or_null(_TEXT)}
_GIVEN_UP = {**_DELIVERY, **_LAST}
_FAILING: Mapping[str, Schema] = {"since": _or_null(_INSTANT), **_LAST}

_CONSUMER = _object({"id": _id("evc"), "name": _TEXT, "structureId": _id("str")})
_CONSENT = _object(
    {
        "id": _id("cns"),
        "clientId": _TEXT,
        "clientName": _TEXT,
        "scopes": {"type": "array", "items": _TEXT},
    }
)
_FACTOR = _object({"id": _id("fac"), "kind": _codes(FactorKind)})
_ABOUT_ONE_FACTOR = (
    "account.factor_added",
    "account.factor_renamed",
    "account.factor_removed",
    "account.factor_suspected",
)
_SPACES: Schema = {
    "type": "array",
    "items": _object({"space": _codes(Space), "level": _codes(Level)}),
}
_CONNECTION = _object(
    {
        "id": _id("cnx"),
        "structureId": _id("str"),
        "application": _TEXT,
        "type": _codes(ConnectionType),
        "environment": {"enum": ["sandbox", "production"]},
        "status": _codes(ConnectionStatus),
        "comment": _or_null(_TEXT),
        "version": _COUNT,
    }
)
_TECHNICAL_ACCOUNT = _object(
    {
        "id": _id("cli"),
        "structureId": _id("str"),
        "connectionId": _id("cnx"),
        "name": _TEXT,
        "status": _codes(TechnicalStatus),
        "scopes": {"type": "array", "items": _TEXT},
        "spaces": _SPACES,
        "secretExpiresAt": _INSTANT,
        "version": _COUNT,
    }
)
_DELEGATION = _object(
    {
        "id": _id("dlg"),
        "structureId": _id("str"),
        "delegateId": _id("str"),
        "technicalAccountId": _or_null(_id("cli")),
        "spaces": _SPACES,
        "until": _or_null(_INSTANT),
        "status": _codes(DelegationStatus),
        "version": _COUNT,
    }
)
_NAMED = _object({"id": _id("str"), "identifier": _TEXT, "name": _TEXT})
_CONTRACT = _object(
    {
        "id": _id("ctr"),
        "number": _TEXT,
        "label": _TEXT,
        "nature": _codes(ContractNature),
        "status": _codes(ContractStatus),
        "version": _COUNT,
        "termsNumber": {"type": "integer", "minimum": 1, "description": "1, then amendments."},
        "contractingAuthority": _NAMED,
        "holder": {**_NAMED, "description": "The holder, or the agent of its group."},
    }
)
_CONTRACT_PARTY = _object(
    {
        "id": _id("ctp"),
        "role": _codes(ContractRole),
        "structure": _NAMED,
        "serviceCode": _or_null(_TEXT),
        "lot": _or_null(_TEXT),
        "principalId": _or_null(_id("str")),
        "ceiling": _or_null(_AMOUNT),
        "directPayment": _codes(DirectPaymentStatus),
        "directPaymentOn": _or_null(_DATE),
        "status": _codes(ContractRoleStatus),
        "comment": _or_null(_TEXT),
    }
)
_ABOUT_ONE_ROLE = (
    "contract.role_accepted",
    "contract.role_declined",
    "contract.subcontractor_admitted",
    "contract.subcontractor_refused",
)
_DAYS: Schema = {"type": "integer", "minimum": 1, "description": "Within so many days."}

_DURATION: Schema = {"type": "string", "pattern": "^P[0-9A-Z]+$", "examples": ["P45D"]}

_IDENTITY = _object({"id": _id("idt"), "issuer": _TEXT})

# What `data` holds, by kind. Anything else about the subject is asked of the API.
DATA: Mapping[str, Schema] = {
    **{kind: _INVOICE for kind, row in EVENT_KINDS.items() if row.subject == "invoice"},
    **{kind: _PIECE for kind, row in EVENT_KINDS.items() if row.subject == "works_piece"},
    **{kind: _BILLING_FILE for kind, row in EVENT_KINDS.items() if row.subject == "billing_file"},
    **{kind: _MEMO for kind, row in EVENT_KINDS.items() if row.subject == "memo"},
    **{kind: _REFUND for kind, row in EVENT_KINDS.items() if row.subject == "refund"},
    "structure.created": _object({"structure": _STRUCTURE}),
    "structure.updated": _object({"structure": _STRUCTURE, "changes": _CHANGES}),
    "sandbox.advanced": _object({"by": _DURATION, "aheadSeconds": _COUNT, "steps": _COUNT}),
    "structures.imported": _object({"file": _TEXT, **_COUNTS}),
    "service.opened": _object({"structure": _STRUCTURE, "service": _SERVICE}),
    "service.updated": _object({"structure": _STRUCTURE, "service": _SERVICE}),
    "service.closed": _object({"structure": _STRUCTURE, "service": _SERVICE}),
    "bank_account.added": _object({"structure": _STRUCTURE, "bankAccount": _BANK_ACCOUNT}),
    "bank_account.removed": _object({"structure": _STRUCTURE, "bankAccount": _BANK_ACCOUNT}),
    "mandate.signed": _object({"structure": _STRUCTURE, "mandate": _MANDATE}),
    "mandate.revoked": _object({"structure": _STRUCTURE, "mandate": _MANDATE}),
    **{
        kind: _object({"structure": _STRUCTURE, "attachment": _MEMBER})
        for kind, row in EVENT_KINDS.items()
        if row.subject == "attachment"
    },
    "terms.accepted": _object({"terms": _TERMS}),
    **{kind: _object({"factor": _FACTOR}) for kind in _ABOUT_ONE_FACTOR},
    "account.factors_reset": _object({"count": _COUNT}),
    "account.recovery_codes_made": _object({"count": _COUNT}),
    "account.recovery_code_used": _object({"left": _COUNT}),
    "account.invited": _object({"account": _ACCOUNT}),
    "account.activated": _object({"account": _ACCOUNT}),
    "account.awaiting": _object({"account": _ACCOUNT}),
    "account.approved": _object({"account": _ACCOUNT}),
    "account.refused": _object({"account": _ACCOUNT, "comment": _or_null(_TEXT)}),
    "account.password_changed": _object({"account": _ACCOUNT, "byLink": _FLAG}),
    "account.email_change_asked": _object({"account": _ACCOUNT}),
    "account.data_exported": _object({"account": _ACCOUNT}),
    "account.erased": _object({"account": _ACCOUNT, "redacted": _REDACTED}),
    "account.email_changed": _object({"account": _ACCOUNT}),
    "account.email_kept": _object({"account": _ACCOUNT, "wasChanged": _FLAG}),
    "account.logged_out": _object({"account": _ACCOUNT, "everywhere": _FLAG}),
    "accounts.imported": _object(
        {"file": _TEXT}
        | dict.fromkeys(("lines", "created", "attached", "unchanged", "refused"), _COUNT)
    ),
    "structure.main_manager_changed": _object(
        {"structure": _STRUCTURE, "mainManager": _MAIN_MANAGER}
    ),
    **{
        kind: _object({"structure": _STRUCTURE, "siretChange": _SIRET_CHANGE})
        for kind in EVENT_KINDS
        if kind.startswith("structure.siret_change_")
    },
    "space.opened": _object({"structure": _STRUCTURE, "space": _SPACE}),
    "space.closed": _object({"structure": _STRUCTURE, "space": _SPACE}),
    **{
        kind: _object({"connection": _CONNECTION})
        for kind, row in EVENT_KINDS.items()
        if row.subject == "connection"
    },
    **{
        kind: _object({"technicalAccount": _TECHNICAL_ACCOUNT})
        for kind, row in EVENT_KINDS.items()
        if row.subject == "technical_account"
    },
    "technical_account.secret_expiring": _object(
        {"technicalAccount": _TECHNICAL_ACCOUNT, "days": _DAYS}
    ),
    **{
        kind: _object({"delegation": _DELEGATION})
        for kind, row in EVENT_KINDS.items()
        if row.subject == "delegation"
    },
    **{
        kind: _object({"contract": _CONTRACT, "comment": _or_null(_TEXT)})
        for kind in ("contract.amendment_withdrawn", "contract.withdrawn", "contract.closed")
    },
    "contract.proposed": _object({"contract": _CONTRACT}),
    "contract.agreed": _object({"contract": _CONTRACT}),
    "contract.amended": _object(
        {"contract": _CONTRACT, "changed": {"type": "array", "items": _TEXT}}
    ),
    **{
        kind: _object({"contract": _CONTRACT, "party": _CONTRACT_PARTY}) for kind in _ABOUT_ONE_ROLE
    },
    "webhook.ping": _object({"endpoint": _ENDPOINT}),
    "webhook.endpoint_created": _object({"endpoint": _ENDPOINT}),
    "webhook.endpoint_updated": _object(
        {"endpoint": _ENDPOINT, "changed": {"type": "array", "items": _TEXT}}
    ),
    "webhook.endpoint_review_asked": _object({"endpoint": _ENDPOINT}),
    "webhook.endpoint_documents_late": _object({"endpoint": _ENDPOINT, "waitingSince": _INSTANT}),
    "webhook.endpoint_documents_caught_up": _object({"endpoint": _ENDPOINT, "lateSince": _INSTANT}),
    "webhook.endpoint_degraded": _object({"endpoint": _ENDPOINT, **_FAILING}),
    "webhook.endpoint_recovered": _object({"endpoint": _ENDPOINT, "degradedAt": _INSTANT}),
    "webhook.endpoint_paused": _object(
        {"endpoint": _ENDPOINT, "reason": _codes(PauseReason), **_FAILING}
    ),
    "webhook.endpoint_resumed": _object(
        {"endpoint": _ENDPOINT, "start": _codes(Resume), "skipped": _COUNT}
    ),
    "webhook.endpoint_deleted": _object({"endpoint": _ENDPOINT, "skipped": _COUNT}),
    "webhook.endpoint_secret_rotated": _object(
        {"endpoint": _ENDPOINT, "previousSecretUntil": _INSTANT}
    ),
    "webhook.deliveries_exhausted": _object({"endpoint": _ENDPOINT, **_GIVEN_UP}),
    "webhook.certificate_expiring": _object(
        {
            "endpoint": _ENDPOINT,
            "certificate": _object({"subject": _TEXT, "expiresAt": _INSTANT}),
            "daysLeft": _COUNT,
        }
    ),
    **{
        kind: _object({"consumer": _CONSUMER})
        for kind, row in EVENT_KINDS.items()
        if row.subject == "event_consumer"
    },
    "event_consumer.event_set_aside": _object(
        {
            "consumer": _CONSUMER,
            "eventId": _id("evt"),
            "eventType": _TEXT,
            "subject": _TEXT,
            "eventCursor": _TEXT,
            "deliveries": _COUNT,
        }
    ),
    **{
        kind: _object({"endpoint": _ENDPOINT, "replay": _REPLAY})
        for kind in EVENT_KINDS
        if kind.startswith("webhook.replay_")
    },
    "webhook.probe_finished": _object({"endpoint": _ENDPOINT, "probe": _PROBE}),
    "webhook.delivery_skipped": _object(
        {"endpoint": _ENDPOINT, "reason": _codes(SkipReason), **_DELIVERY}
    ),
    "consent.granted": _object({"consent": _CONSENT}),
    "consent.withdrawn": _object({"consent": _CONSENT}),
    "account.identity_linked": _object({"identity": _IDENTITY}),
    "account.identity_unlinked": _object({"identity": _IDENTITY}),
}

# The platform is a party of every document: it is named once.
_ACTORS = list(dict.fromkeys([*map(str, Party), *map(str, ActorKind)]))
_CHANGE = _object(
    {
        "from": _or_null(_codes(InvoiceStatus)),
        "to": _codes(InvoiceStatus),
        "reason": _or_null(_object({"code": _codes(Reason), "label": _TEXT})),
        "comment": _or_null(_TEXT),
        "actor": _object({"kind": {"enum": _ACTORS}}),
    }
)
_ACTOR = {
    **_object(
        {
            "kind": _codes(ActorKind),
            "party": _or_null(_codes(Party)),
            "technicalAccount": _or_null(_object({"id": _id("cli"), "name": _TEXT})),
        }
    ),
    "description": "Who acted. Which machine it was is told to its own side only.",
}


# What identifies each kind of object.
_SUBJECT_IDS: Mapping[str, Schema] = {
    "invoice": _id("inv"),
    "memo": _id("mem"),
    "refund": _id("rfd"),
    "structure": _id("str"),
    "attachment": _id("att"),
    "account": _id("acc"),
    "consent": _id("cns"),
    "connection": _id("cnx"),
    "technical_account": _id("cli"),
    "delegation": _id("dlg"),
    "contract": _id("ctr"),
    "webhook_endpoint": _id("whe"),
    "import": _id("imp"),
    "event_consumer": _id("evc"),
    "sandbox": _id("sbx"),
}
_CURSOR: Schema = {"type": "string", "pattern": "^[0-9A-Za-z_-]+$"}
_ANY_SUBJECT: Schema = {"type": "string", "pattern": "^(inv|[a-z]{3})_[0-9a-z]{26}$"}
_TYPE: Schema = {"enum": list(EVENT_KINDS)}
_DOCUMENT: Schema = {
    **_id("whq"),
    "description": "The document of the endpoint that was run: the same text, the same identifier.",
}
_ERRORS: Schema = {
    "type": "array",
    "description": "As GraphQL gives them: what went wrong in the document.",
    "items": _object({"message": _TEXT}),
}


def identifiers(type_: Schema, subject: Schema) -> dict[str, Schema]:
    """What every body begins with."""
    return {
        "id": {**_id("evt"), "description": "The same in `webhook-id`: deduplicate on it."},
        "type": type_,
        "timestamp": {**_INSTANT, "description": "When it happened."},
        "cursor": {**_CURSOR, "description": "The place just after it: `events(after:)` goes on."},
        "subject": {**subject, "description": "The identifier of what it is about."},
        "subjectSequence": {"type": "integer", "minimum": 1},
        "tenant": {**_id("str"), "description": "The structure of the endpoint."},
        "environment": {"enum": ["sandbox", "production"]},
        "apiVersion": {"const": API_VERSION},
    }


def _context(change: Schema) -> dict[str, Schema]:
    """Who acted, in whose name, and what changed."""
    return {
        "onBehalfOf": {
            **_or_null(_id("str")),
            "description": "The structure in whose name it was done, if any.",
        },
        "actor": _ACTOR,
        "change": change,
    }


def _schema(title: str, description: str, body: Schema) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        **body,
        "examples": [example_of(body)],
    }


def envelope(kind: str) -> dict[str, Any]:
    """The schema of the body of one kind of event."""
    row = EVENT_KINDS[kind]
    body = _object(
        {
            **identifiers({"const": kind}, _SUBJECT_IDS.get(row.subject, _ANY_SUBJECT)),
            **_context(_CHANGE if kind in STATUS_CHANGES else _or_null(_CHANGE)),
            "data": DATA[kind],
        }
    )
    return _schema(kind, f"{row.fr}. {row.en}.", body)


def thin() -> dict[str, Any]:
    """The schema of a body without data: asked for, too long, or of a document that cannot run."""
    body = _object(
        {
            **identifiers(_TYPE, _ANY_SUBJECT),
            "status": _or_null(_codes(InvoiceStatus)),
            "link": {**_TEXT, "format": "uri", "examples": [_LINK]},
            "truncated": {"const": True, "description": "It was over 262,144 bytes."},
            "document": _DOCUMENT,
            "errors": _ERRORS,
        },
        optional=frozenset({"truncated", "document", "errors"}),
    )
    return _schema(
        "thin",
        "Identifiants seuls. Payload THIN; also what is too long, and documents that cannot run.",
        body,
    )


_LINK = (
    "https://bordereau.example/graphql?query="
    "%7Bevent(id%3A%22evt_01k9z3q5w7x8y2a4b6c8d0e2f4%22)%7Bid%7D%7D"
)


def document() -> dict[str, Any]:
    """The schema of a body that holds what the document of its endpoint answered."""
    body = _object(
        {
            **identifiers(_TYPE, _ANY_SUBJECT),
            **_context(_or_null(_CHANGE)),
            "document": _DOCUMENT,
            "data": {
                "type": ["object", "null"],
                "description": "What the document asks for.",
                "examples": [{"event": {"kind": "INVOICE_SUBMITTED"}}],
            },
            "errors": _ERRORS,
        },
        optional=frozenset({"errors"}),
    )
    return _schema("document", "Votre document. Payload DOCUMENT.", body)


def cloudevent() -> dict[str, Any]:
    """The schema of a body with format CLOUDEVENTS, whatever its payload."""
    always = {
        "specversion": {"const": "1.0"},
        "id": _id("evt"),
        "source": {**_TEXT, "format": "uri", "examples": ["https://bordereau.example"]},
        "type": _TYPE,
        "subject": _ANY_SUBJECT,
        "time": _INSTANT,
        "cursor": _CURSOR,
        "subjectsequence": {"type": "integer", "minimum": 1},
        "tenant": _id("str"),
        "environment": {"enum": ["sandbox", "production"]},
        "apiversion": {"const": API_VERSION},
    }
    sometimes: dict[str, Schema] = {
        "datacontenttype": {"const": "application/json"},
        "dataschema": {**_TEXT, "format": "uri", "examples": [_DATA_SCHEMA]},
        "onbehalfof": _id("str"),
        "actorkind": _codes(ActorKind),
        "actorparty": _codes(Party),
        "changefrom": _codes(InvoiceStatus),
        "changeto": _codes(InvoiceStatus),
        "changereason": _codes(Reason),
        "status": _codes(InvoiceStatus),
        "link": {**_TEXT, "format": "uri", "examples": [_LINK]},
        "truncated": {"const": True},
        "document": _DOCUMENT,
        "errors": {**_TEXT, "description": "JSON of the errors.", "examples": ["[]"]},
        "data": {
            "type": ["object", "null"],
            "description": "As in our envelope: of the kind of event, or what the document asks.",
            "examples": [{}],
        },
    }
    body = _object({**always, **sometimes}, optional=frozenset(sometimes))
    return _schema("cloudevent", "CloudEvents 1.0. Format CLOUDEVENTS, structured mode.", body)


_DATA_SCHEMA = (
    "https://bordereau.example/events/invoice.status_changed.schema.json#/properties/data"
)
FORMS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "thin": thin,
    "document": document,
    "cloudevent": cloudevent,
}


def event_files() -> dict[str, str]:
    """`events/<kind>.schema.json`, and those of the other forms, by path."""
    schemas = {kind: envelope(kind) for kind in EVENT_KINDS}
    schemas |= {name: make() for name, make in FORMS.items()}
    return {f"events/{name}.schema.json": text_of(schema) for name, schema in schemas.items()}
