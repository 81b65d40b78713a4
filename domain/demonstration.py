"""The demonstration data: the real directory, fictional companies, people, and a life of invoices.

Everything is made through the product's own actions and is the same on every load, but for the
dates, which are counted back from today, and for the secrets.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from domain import demonstration_claims as claims
from domain import events
from domain.access import SYSTEM, Actor, ActorKind, Level, Permission, Role, Space
from domain.accounts import actions as accounts
from domain.accounts.membership import AttachmentStatus
from domain.accounts.models import Account, Administrator, Attachment
from domain.checkpoints import making as checkpoints
from domain.clock import PARIS, clock
from domain.connections import accounts as technical_accounts
from domain.connections import life
from domain.connections.models import (
    Connection,
    ConnectionStatus,
    TechnicalAccount,
    TechnicalStatus,
)
from domain.connections.rules import ConnectionDraft, Grant, TechnicalDraft
from domain.connections.steps import ConnectionAction
from domain.contracts import actions as contracts
from domain.contracts.actions import Answer
from domain.contracts.codes import Ccag, ContractNature, ContractRole
from domain.contracts.draft import ContractDraft, LotDraft, PartyDraft, Terms
from domain.contracts.models import Contract, ContractParty
from domain.contracts.steps import ContractRoleAction
from domain.demonstration_works import Cast, Months
from domain.documents import Given, Routing
from domain.identifiers import IdentifierType, vat_number_of
from domain.invoices import actions as invoices
from domain.invoices.draft import Draft, DraftLine, ValidatorRef
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.money import ZERO, rounded
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason
from domain.reference.vat import VatType
from domain.structures import actions, mandate_text
from domain.structures.importing import import_structures
from domain.structures.members import Wish, request
from domain.structures.models import (
    BankAccount,
    Nature,
    Service,
    ServiceStatus,
    SizeCategory,
    Structure,
)
from domain.structures.rules import BankAccountDraft, ServiceDraft, StructureDraft

ALL_SPACES = tuple((space, Level.MODIFICATION) for space in Space)
ERP_SPACES = tuple(
    (space, Level.MODIFICATION) for space in (Space.FACTURES_EMISES, Space.RACCORDEMENTS)
)

STATE = "11000201100044"
SAINT_ETIENNE = "21420218600018"
PARIS_CITY = "21750001600019"
LYON = "21690123100011"


@dataclass(frozen=True)
class Company:
    """A fictional company. No SIREN that begins with 0 was ever given to a real one."""

    siret: str
    name: str
    size: SizeCategory
    town: str
    postal_code: str
    iban: str
    services: tuple[tuple[str, str], ...] = ()
    factor: str | None = None

    @property
    def siren(self) -> str:
        return self.siret[:9]


# fmt: off
STATIONER = Company("01042001600015", "PAPETERIE DU FOREZ",       SizeCategory.PME, "Montbrison",    "42600", "FR7630006000011234567890189", (("COMPTA", "Comptabilité clients"), ("LIVRAISON", "Livraisons")))
DIGGER    = Company("01042002400019", "TERRASSEMENTS LAURENT",    SizeCategory.TPE, "Firminy",       "42700", "FR7630006000010000000042056")
BUILDER   = Company("01042003200012", "BÂTIMENTS DU GIER",        SizeCategory.ETI, "Saint-Chamond", "42400", "FR7630006000010000000043026", (("TRAVAUX", "Direction des travaux"),))
JOINER    = Company("01042004000015", "MENUISERIE DES ALPES",     SizeCategory.PME, "Grenoble",      "38000", "FR7630006000010000000044093", factor="AFFACTURAGE FICTIF SA")
AGENT     = Company("01042005700019", "ATELIERS RÉUNIS DE LOIRE", SizeCategory.GE,  "Lyon",          "69003", "FR7630006000010000000045063")
TRANSLATOR = Company("01042006500012", "TRADUCTIONS DU PILAT",   SizeCategory.TPE, "Bourg-Argental", "42220", "FR7630006000010000000046033")
FARM      = Company("01042007300016", "GAEC DES MONTS DU FOREZ",  SizeCategory.TPE, "Chalmazel",     "42920", "FR7630006000010000000047003")
COMPANIES = (STATIONER, DIGGER, BUILDER, JOINER, AGENT, TRANSLATOR, FARM)

# What the seed and the demonstration ask of real bodies, beyond the directory's own columns.
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    SAINT_ETIENNE: {"commitment_required": True, "commitment_format": "^[0-9]{7}$"},
    STATE:         {"service_required": True, "commitment_required": True, "state_recipient": True},
    LYON:          {"payment_status_not_reported": True},
}
# Invented services: the real ones are not published freely.
SERVICES: Mapping[str, tuple[ServiceDraft, ...]] = {
    SAINT_ETIENNE: (ServiceDraft("EDUCATION", "Éducation et petite enfance"),
                    ServiceDraft("ESPACES_VERTS", "Espaces verts", commitment_required=True)),
    STATE:         (ServiceDraft("SE-FICTIF-042", "Préfecture de la Loire (service fictif)", commitment_required=True),
                    ServiceDraft("SE-FICTIF-069", "Rectorat de Lyon (service fictif)", commitment_required=True),
                    ServiceDraft("SE-FICTIF-075", "Administration centrale (service fictif)")),
    PARIS_CITY:    (ServiceDraft("VOIRIE", "Direction de la voirie"),
                    ServiceDraft("CULTURE", "Affaires culturelles")),
}


@dataclass(frozen=True)
class Persona:
    """Someone of the demonstration, and what it is for."""

    email: str
    name: str
    manages: tuple[str, ...]
    may: str
    # Where it only works in some spaces, without managing the structure.
    works_for: tuple[str, ...] = ()


PERSONAS: Mapping[str, Persona] = {
    "supplier":      Persona("fournisseur@bordereau.example", "Camille Fournier", (STATIONER.siret, DIGGER.siret, JOINER.siret, TRANSLATOR.siret, FARM.siret),
                             "deposit and follow invoices of three companies, memos of a translator, refund requests of a farm"),
    "recipient":     Persona("destinataire@bordereau.example", "Dominique Maire", (SAINT_ETIENNE, PARIS_CITY, LYON, STATE),
                             "process the invoices of four public bodies"),
    "validator":     Persona("valideur@bordereau.example", "Sacha Titulaire", (BUILDER.siret, AGENT.siret),
                             "validate requests of a subcontractor (A9) and a co-contractor (A12)"),
    "erp":           Persona("integrateur@bordereau.example", "Lou Connecteur", (),
                             "deposit for one company and manage its webhooks; its client acts in its own name",
                             works_for=(STATIONER.siret,)),
    "administrator": Persona("administration@bordereau.example", "Alex Portail", (),
                             "read everything, keep the directory"),
}
# fmt: on

ADMINISTRATOR = "administrator"
ERP = "erp"
APPLICATION = "ERP de la papeterie"
ERP_SCOPES = tuple(
    p.value
    for p in (
        Permission.READ_ISSUED,
        Permission.ISSUE,
        Permission.READ_STRUCTURE,
        Permission.READ_WEBHOOKS,
        Permission.MANAGE_WEBHOOKS,
    )
)
ERP_GRANTS = tuple(Grant(*space) for space in ERP_SPACES)
MARKER = (STATIONER.siret, "PF-0001")
Progress = Callable[[int, int], None]


async def load(directory: Path, *, progress: Progress) -> bool:
    """Load what is missing; False when everything was there.

    Killed half-way and started again, it goes on.
    """
    if await Invoice.filter(supplier_identifier=MARKER[0], number=MARKER[1]).exists():
        return False
    await import_structures(directory, progress=progress, keep=is_real)
    people = {role: await _person(role) for role in PERSONAS}
    for company in COMPANIES:
        await _company(company)
    for siret in (*PARAMETERS, *SERVICES):
        await _parameters(siret)
    await accounts.make_administrator(people[ADMINISTRATOR].id)
    for role, account in people.items():
        for siret in PERSONAS[role].manages:
            await _member(account.id, siret, Role.MAIN_MANAGER)
        for siret in PERSONAS[role].works_for:
            await _member(account.id, siret, Role.USER, ERP_SPACES)
    for company in COMPANIES:
        await _papers(company, people)
    await _newcomer()
    await _connection()
    await _contract(people)
    await _tell_stories(people)
    await checkpoints.make()
    return True


def is_real(row: Mapping[str, str]) -> bool:
    """Whether a row of the directory is a real body rather than an invented establishment."""
    return row.get("siren_reel") == "1"


class NewClient(Protocol):
    """An OAuth client that was just made."""

    @property
    def client(self) -> Any: ...

    @property
    def secret(self) -> str | None: ...


class NewAccount(Protocol):
    """A technical account that was just made."""

    @property
    def account(self) -> TechnicalAccount: ...

    @property
    def secret(self) -> str: ...


async def renew_credentials(
    *,
    set_password: Callable[[Account, str], Awaitable[None]],
    create_client: Callable[..., Awaitable[NewClient]],
    create_account: Callable[[Actor, str, TechnicalDraft], Awaitable[NewAccount]],
) -> dict[str, Any]:
    """New passwords and clients for every role; the technical accounts of before lose their rights."""
    await _forget_clients()
    users, clients = {}, {}
    for role, persona in PERSONAS.items():
        password = secrets.token_urlsafe(12)
        await set_password(await Account.get(email=persona.email), password)
        users[role] = {"email": persona.email, "password": password, "may": persona.may}
        if role != ERP:
            clients[role] = await _client(role, persona, create_client)
    clients[ERP] = await _erp(create_account)
    return {"users": users, "clients": clients, "structures": await _structures()}


async def _structures() -> dict[str, dict[str, str]]:
    named = {
        "supplier": STATIONER.siret,
        "subcontractor": DIGGER.siret,
        "holder": BUILDER.siret,
        "coContractor": JOINER.siret,
        "agent": AGENT.siret,
        "translator": TRANSLATOR.siret,
        "farm": FARM.siret,
        "recipient": SAINT_ETIENNE,
        "state": STATE,
        "paris": PARIS_CITY,
        "lyon": LYON,
    }
    found = {part: await _structure(siret) for part, siret in named.items()}
    return {part: {"id": s.id, "siret": s.identifier, "name": s.name} for part, s in found.items()}


async def _client(
    role: str, persona: Persona, create_client: Callable[..., Awaitable[NewClient]]
) -> dict[str, str]:
    """A technical account that may what the persona may."""
    structures = [await _structure(siret) for siret in (*persona.manages, *persona.works_for)]
    made = await create_client(
        f"Demonstration: {role}",
        ["client_credentials"],
        [p.value for p in Permission],
        structure_id=structures[0].id if structures else None,
    )
    for structure in structures:
        await accounts.attach(made.client.id, structure.id, Role.TECHNICAL, ALL_SPACES)
    if role == ADMINISTRATOR:
        await accounts.make_administrator(made.client.id)
    return {
        "clientId": made.client.id,
        "clientSecret": made.secret or "",
        "may": persona.may,
    }


async def _erp(
    create_account: Callable[[Actor, str, TechnicalDraft], Awaitable[NewAccount]],
) -> dict[str, str]:
    """The ERP of the first company: a technical account on its connection, made by its manager."""
    manager = await _actor(await Account.get(email=PERSONAS["supplier"].email))
    connection = await _connection()
    for former in await TechnicalAccount.filter(connection_id=connection.id).exclude(
        status=TechnicalStatus.REVOKED
    ):
        await technical_accounts.revoke_account(manager, former.id)
    made = await create_account(
        manager, connection.id, TechnicalDraft(APPLICATION, ERP_SCOPES, ERP_GRANTS)
    )
    return {
        "clientId": made.account.id,
        "clientSecret": made.secret,
        "may": PERSONAS[ERP].may,
    }


async def _connection() -> Connection:
    """The connection of the ERP, asked for by the manager and accepted."""
    structure = await _structure(STATIONER.siret)
    known = Connection.filter(structure_id=structure.id, application=APPLICATION)
    found = await known.exclude(status__in=(ConnectionStatus.CLOSED, ConnectionStatus.REFUSED))
    if found:
        return found[0]
    manager = await _actor(await Account.get(email=PERSONAS["supplier"].email))
    contact = PERSONAS[ERP]
    asked = await life.request(
        manager,
        structure.id,
        ConnectionDraft(APPLICATION, contact.name, contact.email, ERP_SCOPES, ERP_GRANTS),
    )
    if asked.status is ConnectionStatus.ACCEPTED:
        return asked
    site = await _actor(await Account.get(email=PERSONAS[ADMINISTRATOR].email))
    return await life.move(site, asked.id, ConnectionAction.ACCEPT)


async def _forget_clients() -> None:
    """The clients made beside the connections lose their rights."""
    async with events.transaction():
        ids = [(await _structure(s)).id for p in PERSONAS.values() for s in p.manages]
        await (
            Attachment.filter(structure_id__in=ids, role=Role.TECHNICAL)
            .exclude(member_id__in=await TechnicalAccount.all().values_list("id", flat=True))
            .update(status=AttachmentStatus.SUPPRIMEE)
        )
        await Administrator.filter(member_id__startswith="cli_").delete()


# People and structures


async def _person(role: str) -> Account:
    persona = PERSONAS[role]
    found = await Account.get_or_none(email=persona.email)
    return found or await accounts.create_account(persona.email, persona.name)


async def _structure(siret: str) -> Structure:
    return await Structure.get(identifier=siret, identifier_type=IdentifierType.SIRET)


async def _company(company: Company) -> None:
    if await Structure.filter(identifier=company.siret).exists():
        return
    draft = StructureDraft(
        identifier_type=IdentifierType.SIRET,
        identifier=company.siret,
        name=company.name,
        nature=Nature.PRIVATE,
        address="1 rue de l'Exemple",
        postal_code=company.postal_code,
        town=company.town,
        department=company.postal_code[:2],
        vat_number=vat_number_of(company.siren),
        size_category=company.size,
    )
    await actions.create_structure(SYSTEM, draft)


async def _parameters(siret: str) -> None:
    structure = await _structure(siret)
    await actions.update_structure(SYSTEM, structure.id, PARAMETERS.get(siret, {}))
    for draft in SERVICES.get(siret, ()):
        if not await Service.filter(structure_id=structure.id, code=draft.code).exists():
            await actions.create_service(SYSTEM, structure.id, draft)


async def _member(
    member_id: str, siret: str, role: Role, spaces: Sequence[tuple[Space, Level]] = ALL_SPACES
) -> None:
    structure = await _structure(siret)
    if not await Attachment.filter(member_id=member_id, structure_id=structure.id).exists():
        await accounts.attach(member_id, structure.id, role, spaces)


async def _papers(company: Company, people: Mapping[str, Account]) -> None:
    """The services, the bank reference and the signed mandate of a company."""
    structure = await _structure(company.siret)
    if await BankAccount.filter(structure_id=structure.id).exists():
        return
    role = next(r for r, p in PERSONAS.items() if company.siret in p.manages)
    manager = await _actor(people[role])
    async with events.transaction():
        for code, name in company.services:
            await actions.create_service(manager, structure.id, ServiceDraft(code, name))
        reference = BankAccountDraft(
            holder=company.factor or company.name,
            iban=company.iban,
            bic="AGRIFRPP",
            is_factor=company.factor is not None,
            factor_name=company.factor,
        )
        await actions.add_bank_account(manager, structure.id, reference)
        text = mandate_text.PRESENT
        await actions.sign_mandate(manager, structure.id, text.version, text.sha256)


async def _actor(account: Account) -> Actor:
    rights = await accounts.rights_of(account.id)
    everywhere = await accounts.everywhere_of(account.id)
    return Actor(account.id, ActorKind.PERSON, account.display_name, rights, everywhere)


async def _newcomer() -> None:
    """Somebody who asks to be attached to the stationer: its manager finds a request waiting."""
    email, name = "nouvelle@bordereau.example", "Noa Nouvelle"
    found = await Account.get_or_none(email=email)
    account = found or await accounts.create_account(email, name)
    structure = await _structure(STATIONER.siret)
    if not await Attachment.filter(member_id=account.id).exists():
        wish = Wish(Space.FACTURES_EMISES, Level.MODIFICATION)
        message = "Je rejoins la comptabilité."
        await request(await _actor(account), structure, message=message, wishes=[wish])


# A contract


CONTRACT_NUMBER = "2026-TVX-042"
CONTRACT_DAYS_AGO = 120


async def _contract(people: Mapping[str, Account]) -> None:
    """A works contract in force: a holder, and its subcontractor that the city pays directly."""
    city, holder, subcontractor = [
        await _structure(siret) for siret in (SAINT_ETIENNE, BUILDER.siret, DIGGER.siret)
    ]
    if await Contract.filter(contracting_authority_id=city.id, number=CONTRACT_NUMBER).exists():
        return
    terms = Terms(
        label="Réhabilitation du groupe scolaire des Ormes (fictif)",
        ccag=Ccag.TRAVAUX,
        amount=Decimal("480000.00"),
        lots=(
            LotDraft(number="1", label="Terrassement", amount=Decimal("90000.00")),
            LotDraft(number="2", label="Gros œuvre", amount=Decimal("390000.00")),
        ),
        parties=(
            PartyDraft(role=ContractRole.CONTRACTING_AUTHORITY, identifier=SAINT_ETIENNE),
            PartyDraft(role=ContractRole.FINANCE_SERVICE, identifier=SAINT_ETIENNE),
            PartyDraft(role=ContractRole.PROJECT_MANAGER, identifier=AGENT.siret),
            PartyDraft(role=ContractRole.HOLDER, identifier=BUILDER.siret),
            PartyDraft(
                role=ContractRole.SUBCONTRACTOR,
                identifier=DIGGER.siret,
                principal=BUILDER.siret,
                lot="1",
                ceiling=Decimal("80000.00"),
            ),
        ),
    )
    draft = ContractDraft(number=CONTRACT_NUMBER, nature=ContractNature.TRAVAUX, terms=terms)
    actors = {role: await _actor(account) for role, account in people.items()}
    # Before the first request that names it.
    clock.freeze(clock.now() - timedelta(days=CONTRACT_DAYS_AGO))
    try:
        async with events.transaction():
            contract = await contracts.propose(actors["validator"], holder.id, draft)
            for party in await ContractParty.filter(contract_id=contract.id).order_by("id"):
                asked = [ContractRoleAction.ACCEPT] if party.structure_id != holder.id else []
                if party.structure_id == subcontractor.id:
                    asked.append(ContractRoleAction.ADMIT)
                for action in asked:
                    admits = action is ContractRoleAction.ADMIT
                    needed = city.id if admits else party.structure_id
                    actor = next(a for a in actors.values() if needed in a.rights)
                    await contracts.answer(actor, party.id, Answer(action))
    finally:
        clock.release()


# Invoices


@dataclass(frozen=True)
class Move:
    """One action, so many days after the one before."""

    days: int
    action: A
    given: Given = field(default_factory=Given)


_ACKNOWLEDGED = Move(1, A.ACKNOWLEDGE)
_ROUTED_AGAIN = Routing(commitment_number="4200042")

# fmt: off
STORIES: Mapping[str, tuple[Move, ...]] = {
    "available":     (),
    "taken":         (Move(1, A.TAKE_INTO_ACCOUNT),),
    "certified":     (Move(1, A.TAKE_INTO_ACCOUNT), Move(3, A.CERTIFY_SERVICE)),
    "ordered":       (Move(2, A.CERTIFY_SERVICE), Move(3, A.ORDER_PAYMENT)),
    "at accountant": (Move(2, A.CERTIFY_SERVICE), Move(2, A.ORDER_PAYMENT), Move(1, A.PASS_TO_ACCOUNTANT)),
    "booked":        (Move(2, A.TAKE_INTO_ACCOUNT), Move(3, A.ORDER_PAYMENT), Move(2, A.BOOK)),
    "paid":          (Move(1, A.TAKE_INTO_ACCOUNT), Move(3, A.CERTIFY_SERVICE), Move(3, A.ORDER_PAYMENT),
                      Move(2, A.PASS_TO_ACCOUNTANT), Move(1, A.BOOK), Move(4, A.PAY)),
    "paid early":    (Move(2, A.CERTIFY_SERVICE), Move(5, A.PAY)),
    "suspended":     (Move(2, A.SUSPEND, Given(reason=Reason.JUSTIF_ABS, comment="Merci de joindre le bon de livraison.")), _ACKNOWLEDGED),
    "completed":     (Move(2, A.SUSPEND, Given(reason=Reason.JUSTIF_ABS)),
                      Move(2, A.COMPLETE, Given(comment="Bon de livraison BL-118 envoyé par courriel ce jour."))),
    "completed, paid": (Move(2, A.SUSPEND, Given(reason=Reason.JUSTIF_ABS)),
                      Move(2, A.COMPLETE, Given(comment="Bon de livraison BL-097 transmis.")),
                      Move(1, A.TAKE_INTO_ACCOUNT), Move(4, A.ORDER_PAYMENT), Move(5, A.PAY)),
    "rejected":      (Move(3, A.REJECT, Given(reason=Reason.DOUBLE_FACT, comment="Déjà reçue le mois dernier.")),
                      _ACKNOWLEDGED, Move(1, A.HANDLE_REJECTION)),
    "to send again": (Move(2, A.ASK_RETRANSMISSION, Given(reason=Reason.EJ_ERR, comment="Engagement soldé.")), _ACKNOWLEDGED),
    "sent again":    (Move(2, A.ASK_RETRANSMISSION, Given(reason=Reason.EJ_ERR)), Move(1, A.RETRANSMIT, Given(routing=_ROUTED_AGAIN))),
    "validated":     (Move(3, A.VALIDATE),),
    "validated, paid": (Move(3, A.VALIDATE), Move(2, A.CERTIFY_SERVICE), Move(4, A.ORDER_PAYMENT), Move(4, A.PAY)),
    "refused":       (Move(4, A.REFUSE, Given(reason=Reason.AUT_MOTIF_ERR_VALIDEUR, comment="Travaux non réceptionnés.")), _ACKNOWLEDGED),
    # The buyer of a direct-payment request decides, whatever the holder answered.
    "refused, sent on": (Move(4, A.REFUSE, Given(reason=Reason.AUT_MOTIF_ERR_VALIDEUR, comment="Quantités contestées.")),),
    "wrong validator": (Move(2, A.REPORT_WRONG_VALIDATOR, Given(comment="Nous ne sommes pas titulaires de ce marché.")),),
}


@dataclass(frozen=True)
class Chapter:
    """Invoices of one supplier that live the same way."""

    story: str
    supplier: Company
    recipients: tuple[str, ...]
    days_ago: tuple[int, ...]
    frame: Frame = Frame.A1
    validator: Company | None = None
    is_credit_note: bool = False


_CITIES = (SAINT_ETIENNE, PARIS_CITY, LYON)
_ALL = (SAINT_ETIENNE, STATE, PARIS_CITY)
BOOK: tuple[Chapter, ...] = (
    Chapter("paid",            STATIONER, _ALL,    (75, 71, 66, 60, 55, 49, 44, 38)),
    Chapter("paid early",      STATIONER, (SAINT_ETIENNE, STATE), (52, 41, 33, 29)),
    Chapter("completed, paid", STATIONER, _ALL,    (47, 36)),
    Chapter("rejected",        STATIONER, _ALL,    (43, 24)),
    Chapter("booked",          STATIONER, _CITIES, (31, 26, 22)),
    Chapter("at accountant",   STATIONER, _ALL,    (20, 18)),
    Chapter("ordered",         STATIONER, _ALL,    (16, 15, 13)),
    Chapter("certified",       STATIONER, _ALL,    (12, 11, 9)),
    Chapter("sent again",      STATIONER, (SAINT_ETIENNE,), (14, 8)),
    Chapter("completed",       STATIONER, _ALL,    (10, 7)),
    Chapter("suspended",       STATIONER, (SAINT_ETIENNE, PARIS_CITY), (6, 5)),
    Chapter("to send again",   STATIONER, (SAINT_ETIENNE,), (5,)),
    Chapter("taken",           STATIONER, _CITIES, (4, 3, 3)),
    Chapter("available",       STATIONER, _ALL,    (2, 2, 1, 1, 1)),
    Chapter("paid",            STATIONER, (PARIS_CITY,), (40,), is_credit_note=True),
    Chapter("available",       STATIONER, (SAINT_ETIENNE,), (2,), is_credit_note=True),
    Chapter("certified",       STATIONER, (SAINT_ETIENNE,), (8, 6), Frame.A2),
    Chapter("validated, paid", DIGGER,    (SAINT_ETIENNE, PARIS_CITY), (45, 30), Frame.A9, BUILDER),
    Chapter("validated",       DIGGER,    (SAINT_ETIENNE, LYON), (9, 6), Frame.A9, BUILDER),
    Chapter("refused, sent on", DIGGER,   (SAINT_ETIENNE,), (12,), Frame.A9, BUILDER),
    Chapter("wrong validator", DIGGER,    (PARIS_CITY,), (5,), Frame.A9, AGENT),
    Chapter("available",       DIGGER,    (SAINT_ETIENNE, PARIS_CITY, LYON), (3, 2, 1), Frame.A9, BUILDER),
    Chapter("validated, paid", JOINER,    (SAINT_ETIENNE, PARIS_CITY), (42, 28), Frame.A12, AGENT),
    Chapter("validated",       JOINER,    (PARIS_CITY,), (8,), Frame.A12, AGENT),
    Chapter("refused",         JOINER,    (SAINT_ETIENNE,), (11,), Frame.A12, AGENT),
    Chapter("available",       JOINER,    (SAINT_ETIENNE, LYON), (3, 1), Frame.A12, AGENT),
    Chapter("paid early",      JOINER,    (SAINT_ETIENNE,), (21,)),
)
_PREFIX = {STATIONER: "PF", DIGGER: "TL", JOINER: "MA"}
_GOODS: Mapping[Company, tuple[tuple[str, str, str, str], ...]] = {
    STATIONER: (("Ramettes de papier A4 80 g", "C62", "4.20", "20"), ("Cartouches d'encre noire", "C62", "38.90", "20"),
                ("Manuels scolaires cycle 3", "C62", "14.25", "5.5"), ("Chaises de bureau", "C62", "129.00", "20"),
                ("Abonnement presse régionale", "MON", "31.00", "2.1")),
    DIGGER:    (("Terrassement en pleine masse", "MTQ", "18.60", "20"), ("Évacuation de déblais", "TNE", "11.40", "20")),
    JOINER:    (("Fenêtre bois double vitrage", "C62", "612.00", "10"), ("Pose de menuiseries", "HUR", "48.50", "10")),
}
# fmt: on


_RETURNED = (
    DraftLine(
        name="Reprise d'un carton de ramettes abîmées",
        unit="C62",
        quantity=Decimal(5),
        unit_price=Decimal("4.20"),
        vat_rate=Decimal(20),
    ),
)


@dataclass(frozen=True)
class _Scene:
    """Something that happens at some moment of the demonstration's past."""

    at: datetime
    play: Callable[[], Awaitable[None]]


async def _tell_stories(people: Mapping[str, Account]) -> None:
    """Play everything in the order of time, in one transaction: all of it or nothing."""
    stage = _Stage({role: await _actor(account) for role, account in people.items()})
    cast = Cast(
        CONTRACT_NUMBER,
        subcontractor=await _structure(DIGGER.siret),
        holder=await _structure(BUILDER.siret),
        manager=await _structure(AGENT.siret),
        authority=await _structure(SAINT_ETIENNE),
        actors=stage.actors,
    )
    months = [
        _Scene(clock.now() - timedelta(days=days), play) for days, play in Months(cast).scenes()
    ]
    scenes = sorted([*stage.scenes(), *months], key=lambda scene: scene.at)
    try:
        async with events.transaction():
            for scene in scenes:
                clock.freeze(scene.at)
                await scene.play()
            clock.release()
            await stage.leave_a_draft()
            await claims.tell(
                stage.actors["supplier"],
                stage.actors["recipient"],
                translator=await _structure(TRANSLATOR.siret),
                farm=await _structure(FARM.siret),
                state=await _structure(STATE),
            )
    finally:
        clock.release()


class _Stage:
    """Who plays, and the invoices deposited so far."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        self.actors = actors
        self.deposited: dict[str, str] = {}
        self._counts: dict[Company, int] = {}

    def scenes(self) -> Sequence[_Scene]:
        found: list[_Scene] = []
        for chapter in BOOK:
            for n, days in enumerate(chapter.days_ago):
                found += self._scenes_of(chapter, n, days)
        return found

    def _scenes_of(self, chapter: Chapter, n: int, days: int) -> Iterable[_Scene]:
        count = self._counts[chapter.supplier] = self._counts.get(chapter.supplier, 0) + 1
        number = f"{_PREFIX[chapter.supplier]}-{count:04}"
        # Office hours of that day in Paris; never in the future.
        morning = (clock.now() - timedelta(days=days)).astimezone(PARIS)
        at = morning.replace(hour=8, minute=count % 60, second=0, microsecond=0)
        recipient = chapter.recipients[n % len(chapter.recipients)]
        yield _Scene(at, partial(self._deposit, chapter, number, recipient, count))
        for move in STORIES[chapter.story]:
            at += timedelta(days=move.days, minutes=37)
            yield _Scene(min(at, clock.now()), partial(self._move, number, move))

    async def _deposit(self, chapter: Chapter, number: str, siret: str, count: int) -> None:
        supplier = await _structure(chapter.supplier.siret)
        draft = await self._draft(chapter, number, siret, count)
        done = await invoices.submit(
            self._acting_for(supplier.id), replace(draft, supplier_id=supplier.id)
        )
        self.deposited[number] = done.invoice.id

    async def _move(self, number: str, move: Move) -> None:
        invoice = await Invoice.get(id=self.deposited[number])
        parties = invoice.parties()
        step = next(
            s for s in invoice.lifecycle.rows(move.action, invoice.status) if s.by in parties
        )
        await invoices.move(self._acting_for(parties[step.by]), invoice.id, move.action, move.given)

    async def leave_a_draft(self) -> None:
        supplier = await _structure(STATIONER.siret)
        draft = Draft(
            supplier_id=supplier.id,
            recipient_siret=SAINT_ETIENNE,
            lines=(DraftLine(name="Ramettes de papier A4 80 g", quantity=Decimal(100)),),
            comment="À compléter : numéro d'engagement.",
        )
        await invoices.save_draft(self._acting_for(supplier.id), draft)

    async def _draft(self, chapter: Chapter, number: str, siret: str, count: int) -> Draft:
        lines = _RETURNED if chapter.is_credit_note else _lines(chapter.supplier, count)
        net = sum((rounded(x.quantity * x.unit_price) for x in lines), ZERO)  # type: ignore[operator]  # given above
        vat = rounded(net * (lines[0].vat_rate or ZERO) / 100)
        service, commitment = await _asked_by(siret, count)
        bank_account = await BankAccount.filter(
            structure_id=(await _structure(chapter.supplier.siret)).id, removed_at=None
        ).first()
        validator = chapter.validator
        return Draft(
            bank_account_id=bank_account.id if bank_account else None,
            number=number,
            issued_on=clock.now().astimezone(PARIS).date(),
            type=InvoiceType.AVOIR if chapter.is_credit_note else InvoiceType.FACTURE,
            frame=chapter.frame,
            recipient_siret=siret,
            recipient_service_code=service,
            commitment_number=commitment,
            contract_number=_contract_of(chapter, siret),
            vat_type=VatType.TVA_SUR_DEBIT,
            payment_mode=None if chapter.is_credit_note else PaymentMode.VIREMENT,
            original_invoice_number=await self._original(siret) if chapter.is_credit_note else None,
            validator_1=ValidatorRef(identifier=validator.siret) if validator else None,
            lines=lines,
            total_net=net,
            total_vat=vat,
            total_gross=net + vat,
            total_gross_after_discount=net + vat,
            amount_to_pay=ZERO if chapter.frame is Frame.A2 else net + vat,
        )

    async def _original(self, siret: str) -> str | None:
        """The earliest invoice of the supplier to that recipient, which the credit note corrects."""
        found = (
            await Invoice.filter(
                id__in=list(self.deposited.values()),
                recipient_identifier=siret,
                type=InvoiceType.FACTURE,
            )
            .order_by("id")
            .first()
        )
        return found.number if found else None

    def _acting_for(self, structure_id: str) -> Actor:
        return next(a for a in self.actors.values() if structure_id in a.rights)


def _contract_of(chapter: Chapter, siret: str) -> str | None:
    """The number of the contract that a request is made on, if on one."""
    is_request = chapter.supplier is DIGGER and chapter.validator is BUILDER
    return CONTRACT_NUMBER if is_request and siret == SAINT_ETIENNE else None


def _lines(supplier: Company, count: int) -> tuple[DraftLine, ...]:
    """One or two lines at one rate, different from invoice to invoice."""
    goods = _GOODS[supplier]
    first = goods[count % len(goods)]
    chosen = [first, *(g for g in goods if g[3] == first[3] and g is not first)][: 1 + count % 2]
    return tuple(
        DraftLine(
            name=name,
            unit=unit,
            quantity=Decimal(3 + (count * 7 + n * 5) % 40),
            unit_price=Decimal(price),
            vat_rate=Decimal(rate),
        )
        for n, (name, unit, price, rate) in enumerate(chosen)
    )


async def _asked_by(siret: str, count: int) -> tuple[str | None, str | None]:
    """A service and a commitment that the recipient accepts."""
    structure = await _structure(siret)
    services = await Service.filter(
        structure_id=structure.id, status=ServiceStatus.ACTIVE, is_system=False
    ).order_by("code")
    service = services[count % len(services)] if services else None
    asks = structure.commitment_required or structure.commitment_or_service_required
    asks = asks or (service is not None and service.commitment_required)
    return service.code if service else None, f"{4200000 + count}" if asks else None
