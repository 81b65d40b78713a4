"""A small world with every persona in it: structures, people, an ERP, and invoices under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from auth import consents, technical
from auth.models import Client, Consent, Session, hashed
from auth.provisioning import create_client
from domain import cursors, policy
from domain.access import Actor, ActorKind, Level, Permission, Role, Space
from domain.accounts.actions import create_account, rights_of
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.claims.models import Claim
from domain.clock import now, today
from domain.connections import delegations, life
from domain.connections.delegations import Delegate
from domain.connections.models import Connection, Delegation, TechnicalAccount
from domain.connections.rules import ConnectionDraft, Grant, TechnicalDraft
from domain.contracts.codes import ContractRole
from domain.contracts.draft import Terms
from domain.contracts.models import Contract, ContractParty
from domain.events import transaction
from domain.ids import new_id
from domain.inbox import actions as inbox
from domain.inbox import taking
from domain.inbox.models import Item, Lease, Start
from domain.inbox.rules import ConsumerDraft, Place
from domain.inbox.taking import Order
from domain.invoices.models import Invoice
from domain.mail.models import Mail
from domain.memos.actions import MEMOS
from domain.reference.frames import Frame
from domain.reference.statuses import InvoiceStatus as S
from domain.refunds.actions import REFUNDS
from domain.signatures import texts
from domain.signatures.texts import TextKind
from domain.structures import mandate_text, siret_changes
from domain.structures.actions import sign_mandate
from domain.structures.members import request
from domain.structures.models import BankAccount, Service, SiretChange, Structure
from domain.structures.siret_changes import SiretChangeDraft
from domain.structures.spaces import open_space
from domain.works import actions as works
from domain.works.draft import PartyRef, PieceDraft
from domain.works.models import WorksPiece
from tests.claims.making import Sides, a_claim, sides
from tests.contracts.kit import a_proposal, accept, role
from tests.make import (
    Parties,
    a_bank_account,
    a_factor,
    a_public_structure,
    a_service,
    a_siret,
    a_supplier,
    actor_of,
    an_account,
    an_actor,
    an_invoice,
)
from webhooks import endpoints, replays
from webhooks.dispatch import dispatch
from webhooks.endpoints import EndpointDraft
from webhooks.models import Delivery, Endpoint, Replay
from webhooks.replays import Bound, ReplayDraft

# What the ERP's token may do; its rights on the structure are wider.
ERP_SCOPES = frozenset(
    {Permission.READ_ISSUED, Permission.ISSUE, Permission.READ_WEBHOOKS, Permission.MANAGE_WEBHOOKS}
)

ERP_SCOPE_LIST = tuple(p.value for p in Permission if p in ERP_SCOPES)
ERP_GRANTS = (
    Grant(Space.FACTURES_EMISES, Level.MODIFICATION),
    Grant(Space.RACCORDEMENTS, Level.MODIFICATION),
)


@dataclass
class World:
    """Everything by its name. `erp_secret` logs the ERP in."""

    parties: Parties
    unsigned: Structure
    people: Mapping[str, Account]
    integrator: Structure
    erp: Client
    erp_secret: str
    connector: TechnicalAccount
    connector_secret: str
    spare: TechnicalAccount
    connection: Connection
    requested: Connection
    delegation: Delegation
    service: Service
    bank_account: BankAccount
    invoices: Mapping[S, Invoice]
    endpoint: Endpoint
    paused: Endpoint
    replay: Replay
    consent: Consent
    awaiting: Account
    log_in: Session
    attachments: Mapping[str, Attachment]
    siret_change: SiretChange
    works_draft: WorksPiece
    works_piece: WorksPiece
    contract: Contract
    contract_party: ContractParty
    memo: Claim
    refund: Claim
    court: Sides
    tax_office: Sides
    delivery: Delivery | None = None
    lease: Lease | None = None
    set_aside: int = 0

    def names(self) -> dict[str, Any]:
        """What the placeholders of registered operations stand for."""
        text, terms = mandate_text.PRESENT, texts.present(TextKind.TERMS)
        invoice = self.invoices[S.MISE_A_DISPOSITION]
        return {
            "supplier": self.parties.supplier.id,
            "recipient": self.parties.recipient.id,
            "validator": self.parties.validator_1.id,
            "unsigned": self.unsigned.id,
            "recipientSiret": self.parties.recipient.identifier,
            "freeSiret": a_siret(),
            "service": self.service.id,
            "bankAccount": self.bank_account.id,
            "invoice": invoice.id,
            "number": invoice.number or "",
            "suspended": self.invoices[S.SUSPENDUE].id,
            "toValidate": self.invoices[S.A_VALIDER_1].id,
            "draft": self.invoices[S.BROUILLON].id,
            "mandateVersion": text.version,
            "mandateSha256": text.sha256,
            "termsVersion": terms.version,
            "termsSha256": terms.sha256,
            "endpoint": self.endpoint.id,
            "pausedEndpoint": self.paused.id,
            "replay": self.replay.id,
            "consent": self.consent.id,
            "delivery": self.delivery.id if self.delivery else new_id("whd"),
            "event": self.delivery.event_id if self.delivery else new_id("evt"),
            "consumer": self.lease.consumer_id if self.lease else new_id("evc"),
            "lease": self.lease.id if self.lease else new_id("evl"),
            "setAside": cursors.event(self.set_aside),
            "awaiting": self.awaiting.id,
            "secured": self.people["plain"].id,
            "session": self.log_in.id,
            "agentSiret": self.parties.validator_2.identifier,
            "newcomer": self.attachments["newcomer"].id,
            "member": self.attachments["member"].id,
            "ownRequest": self.attachments["ownRequest"].id,
            "siretChange": self.siret_change.id,
            "contract": self.contract.id,
            "contractNumber": self.contract.number,
            "contractParty": self.contract_party.id,
            "memo": self.memo.id,
            "refund": self.refund.id,
            "registry": self.court.validating.code,
            "taxOffice": self.tax_office.validating.code,
            "integrator": self.integrator.id,
            "worksDraft": self.works_draft.id,
            "worksPiece": self.works_piece.id,
            "billingFile": self.works_piece.file_id or "",
            "managerSiret": self.parties.validator_1.identifier,
            "connection": self.connection.id,
            "requestedConnection": self.requested.id,
            "technicalAccount": self.spare.id,
            "delegation": self.delegation.id,
            "today": today().isoformat(),
            "thisYear": today().year,
            "key": new_id("key"),
        }

    async def actor(self, persona: str) -> Actor:
        """The persona as the server would see it with a token of all its scopes."""
        if persona == "anonymous":
            return Actor("anonymous", ActorKind.ANONYMOUS, "anonymous")
        if persona == "erp":
            rights = await rights_of(self.erp.id)
            whole = Actor(self.erp.id, ActorKind.CLIENT, self.erp.name, rights)
            return whole.limited_to(ERP_SCOPES)
        return await actor_of(self.people[persona])


PERSONAS = ("anonymous", "supplier", "recipient", "validator", "erp", "administrator", "plain")


async def a_world(*, dispatched: bool = True) -> World:
    """The world, freshly made.

    `dispatched` gives its active endpoint a delivery that waits; a running worker would send it.
    """
    supplier = await a_supplier(has_mandate=False, name="Maçonnerie Durand")
    unsigned = await a_supplier(has_mandate=False, name="Durand Rénovation")
    recipient = await a_public_structure(name="Commune de Saint-Étienne", town="Saint-Étienne")
    validator = await a_supplier(has_mandate=False, name="Entreprise titulaire")
    agent = await a_supplier(has_mandate=False, name="Entreprise mandataire")
    people = {
        "supplier": await an_account(supplier, unsigned, display_name="Jeanne Durand"),
        "recipient": await an_account(recipient, display_name="Paul Mairie"),
        "validator": await an_account(
            validator,
            role=Role.USER,
            spaces=[
                (Space.FACTURES_A_VALIDER, Level.MODIFICATION),
                (Space.FACTURES_DE_TRAVAUX, Level.MODIFICATION),
            ],
            display_name="Valérie Titulaire",
        ),
        "plain": await an_account(supplier, role=Role.USER, display_name="Pierre Simple"),
        "administrator": await an_account(display_name="Agnès Admin", is_administrator=True),
    }
    await a_factor(people["plain"])
    text = mandate_text.PRESENT
    manager = await actor_of(people["supplier"])
    await sign_mandate(manager, supplier.id, text.version, text.sha256)
    newcomer = await an_account(display_name="Nadia Nouvelle")
    plain = await actor_of(people["plain"])
    attachments = {
        "newcomer": await request(
            await actor_of(newcomer), supplier, message="Je remplace Paul.", wishes=()
        ),
        "member": await Attachment.get(member_id=plain.id),
        "ownRequest": await request(plain, recipient, message=None, wishes=()),
    }
    declared = SiretChangeDraft(unsigned.id, a_siret(), today(), "Déménagement de l'atelier.")
    siret_change = await siret_changes.declare(manager, declared)
    connection = await a_connection(manager, supplier.id, "ERP Durand")
    erp_account, secret = await technical.create(
        manager, connection.id, TechnicalDraft("ERP Durand", ERP_SCOPE_LIST, ERP_GRANTS)
    )
    spare_connection = await a_connection(manager, supplier.id, "Ancien ERP")
    spare, _ = await technical.create(
        manager, spare_connection.id, TechnicalDraft("Ancien ERP", ERP_SCOPE_LIST, ERP_GRANTS)
    )
    integrator = await a_supplier(has_mandate=False, name="Éditeur de logiciels")
    maker = await actor_of(await an_account(integrator, display_name="Inès Éditeur"))
    product = await a_connection(maker, integrator.id, "Connecteur universel")
    connector, connector_secret = await technical.create(
        maker, product.id, TechnicalDraft("Connecteur universel", ERP_SCOPE_LIST)
    )
    delegation = await delegations.grant(
        manager, unsigned.id, Delegate(technical_account_id=connector.id), ERP_GRANTS
    )
    tool = (
        await create_client(
            "Outil comptable",
            ["authorization_code"],
            ["invoice:issue"],
            ["https://outil.example.test/retour"],
        )
    ).client
    consent = await consents.remember(people["supplier"], tool, ["invoice:issue"])
    parties = Parties(supplier, recipient, validator, agent)
    # The active endpoint asks for what hardly happens, the paused one for everything.
    quiet = EndpointDraft("https://erp.example.test/quiet", kinds=("mandate.revoked",))
    endpoint = (await endpoints.create(manager, supplier.id, quiet)).endpoint
    everything = EndpointDraft("https://erp.example.test/all", "Everything")
    paused = (await endpoints.create(manager, supplier.id, everything)).endpoint
    everything_again = ReplayDraft(paused.id, Bound(cursor=cursors.event(0)))
    replay = await replays.start(manager, everything_again)
    await endpoints.pause(manager, paused.id)
    wanted = (S.MISE_A_DISPOSITION, S.BROUILLON, S.SUSPENDUE, S.A_VALIDER_1, S.MISE_EN_PAIEMENT)
    at = now()
    async with transaction():
        log_in = await Session.create(
            id=new_id("ses"),
            token_hash=hashed(new_id("tok")),
            account_id=people["supplier"].id,
            methods="pwd",
            user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            address="192.0.2.10",
            authenticated_at=at,
            last_seen_at=at,
            idle_until=at + timedelta(hours=1),
            expires_at=at + timedelta(hours=12),
        )
    contract = await _a_contract(parties)
    both = {"supplier": supplier, "recipient": recipient}
    court = await sides(Space.MEMOIRES_DE_FRAIS, **both)
    tax_office = await sides(Space.DEMANDES_DE_REMBOURSEMENT, **both)
    world = World(
        parties=parties,
        memo=await a_claim(MEMOS, court),
        refund=await a_claim(REFUNDS, tax_office),
        court=court,
        tax_office=tax_office,
        contract=contract,
        contract_party=await ContractParty.get(
            contract_id=contract.id, structure_id=parties.supplier.id
        ),
        unsigned=unsigned,
        people=people,
        integrator=integrator,
        erp=await Client.get(id=erp_account.id),
        erp_secret=secret,
        connector=connector,
        connector_secret=connector_secret,
        spare=spare,
        connection=connection,
        requested=await a_connection(manager, supplier.id, "Nouvel ERP", is_decided=False),
        delegation=delegation,
        service=await a_service(recipient, code="VOIRIE"),
        bank_account=await a_bank_account(supplier),
        invoices={
            status: await an_invoice(
                status,
                parties=parties,
                contract_number=contract.number if status is S.MISE_A_DISPOSITION else None,
            )
            for status in wanted
        },
        endpoint=endpoint,
        paused=paused,
        replay=replay,
        consent=consent,
        awaiting=await create_account(
            "attente@example.test", "Aline Attente", status=AccountStatus.AWAITING
        ),
        log_in=log_in,
        attachments=attachments,
        siret_change=siret_change,
        works_draft=await works.save_draft(manager, a_statement(parties, "T-1")),
        works_piece=await a_works_piece(manager, parties),
    )
    if dispatched:
        await endpoints.ping(manager, endpoint.id)
        await dispatch()
        world.delivery = await Delivery.get(endpoint_id=endpoint.id)
        world.lease, world.set_aside = await _pulled(await world.actor("erp"), supplier.id)
    async with transaction():
        # What was written to people while the world was made is no business of the tests.
        await Mail.all().delete()
    return world


async def _a_contract(parties: Parties) -> Contract:
    """In force; the supplier, a subcontractor, has not answered yet."""
    terms = Terms(
        label="Réfection de la voirie",
        amount=Decimal("100000.00"),
        parties=(
            role(ContractRole.CONTRACTING_AUTHORITY, parties.recipient),
            role(ContractRole.HOLDER, parties.validator_2),
            role(
                ContractRole.SUBCONTRACTOR,
                parties.supplier,
                parties.validator_2,
                ceiling=Decimal("5000.00"),
            ),
        ),
    )
    contract = await a_proposal(terms, parties.recipient, "M2026-07")
    return await accept(contract, parties.validator_2)


async def _pulled(erp: Actor, structure_id: str) -> tuple[Lease, int]:
    """A lease of a group of the ERP, and the position of what the group has set aside."""
    draft = ConsumerDraft("ERP Durand", max_deliveries=1, lease_seconds=43_200)
    consumer = await inbox.create(erp, structure_id, draft, Place(Start.BEGINNING))
    for _ in range(2):
        lease = (await taking.take(erp, consumer.id, Order(first=2))).lease
        assert lease is not None
        first = await Item.filter(lease_id=lease.id).order_by("position").first()
        assert first is not None
        if not await Item.filter(set_aside_at__not_isnull=True).exists():
            named = [cursors.event(first.position)]
            await taking.give_back(
                erp, consumer.id, lease.id, named, has_failed=True, pause_seconds=0
            )
            aside = first.position
            await taking.acknowledge(erp, consumer.id, lease.id, None)
    return lease, aside


async def a_works_piece(manager: Actor, parties: Parties) -> WorksPiece:
    """A draft monthly statement: the first validator manages the project, the recipient pays."""
    for structure in (parties.supplier, parties.validator_1, parties.recipient):
        await open_space(an_actor(structure), structure.id, Space.FACTURES_DE_TRAVAUX)
    return (await works.submit(manager, a_statement(parties, "T-2"))).piece


def a_statement(parties: Parties, number: str) -> PieceDraft:
    """A draft monthly statement of the supplier."""
    return PieceDraft(
        frame=Frame.A4,
        depositor_id=parties.supplier.id,
        number=number,
        issued_on=today(),
        contract_number="T2026-08",
        project_manager=PartyRef(identifier=parties.validator_1.identifier),
        contracting_authority=PartyRef(identifier=parties.recipient.identifier),
        total_net=Decimal("8000.00"),
        total_vat=Decimal("1600.00"),
        total_gross=Decimal("9600.00"),
        amount_to_pay=Decimal("9600.00"),
    )


async def a_connection(
    manager: Actor, structure_id: str, application: str, *, is_decided: bool = True
) -> Connection:
    """A connection that may do what the ERP does; accepted at once, or waiting to be."""
    draft = ConnectionDraft(
        application, manager.name, "informatique@example.test", ERP_SCOPE_LIST, ERP_GRANTS
    )
    site = policy.current()
    policy.configure(replace(site, connection_approval=not is_decided))
    try:
        return await life.request(manager, structure_id, draft)
    finally:
        policy.configure(site)
