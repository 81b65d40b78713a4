"""Situations for tests, built through the product's own actions: right by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from auth.factors import actions as factors
from auth.factors.models import Factor, FactorKind
from domain import deadlines, policy
from domain.access import Actor, ActorKind, Level, Permission, Role, Space, grants_of
from domain.accounts.actions import (
    attach,
    create_account,
    everywhere_of,
    make_administrator,
    rights_of,
)
from domain.accounts.models import Account
from domain.clock import clock, today
from domain.documents import Given, Routing
from domain.identifiers import IdentifierType
from domain.ids import new_id
from domain.invoices import actions
from domain.invoices.draft import Draft, DraftLine, ValidatorRef
from domain.invoices.lifecycle import InvoiceAction as A
from domain.invoices.models import Invoice
from domain.lifecycle import Party
from domain.reference.frames import Frame
from domain.reference.payment import InvoiceType, PaymentMode
from domain.reference.reasons import Reason
from domain.reference.statuses import InvoiceStatus as S
from domain.reference.vat import VatType
from domain.structures import mandate_text
from domain.structures.actions import (
    add_bank_account,
    create_service,
    create_structure,
    sign_mandate,
)
from domain.structures.models import BankAccount, Nature, Service, Structure, StructureStatus
from domain.structures.rules import BankAccountDraft, ServiceDraft, StructureDraft

_numbers = count(1)
IBAN = "FR7630006000011234567890189"


def luhn(digits: str) -> str:
    """The digits with the key that makes them pass."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def a_siret() -> str:
    """A SIRET never used before, with its keys."""
    siren = luhn(f"8{next(_numbers):07}")
    return luhn(f"{siren}0001")


# Callers


def an_actor(
    *structures: Structure | str,
    role: Role = Role.MAIN_MANAGER,
    spaces: Iterable[tuple[Space, Level]] = (),
    permissions: Iterable[Permission] | None = None,
    kind: ActorKind = ActorKind.PERSON,
    everywhere: Iterable[Permission] = (),
) -> Actor:
    """A caller who holds a role, or exactly these permissions, on the structures."""
    held = grants_of(role, spaces) if permissions is None else frozenset(permissions)
    rights = {s if isinstance(s, str) else s.id: held for s in structures}
    return Actor(f"acc_{next(_numbers):026}", kind, "Camille Test", rights, frozenset(everywhere))


def an_administrator() -> Actor:
    """Who runs the site."""
    return replace(
        an_actor(everywhere=grants_of(Role.ADMINISTRATOR, ())), name="Administration du site"
    )


async def an_account(
    *structures: Structure,
    role: Role = Role.MAIN_MANAGER,
    spaces: Iterable[tuple[Space, Level]] = (),
    is_administrator: bool = False,
    **changes: Any,
) -> Account:
    """A person, attached to the structures."""
    number = next(_numbers)
    account = await create_account(
        changes.pop("email", f"personne{number}@example.test"),
        changes.pop("display_name", f"Camille Test {number}"),
        **changes,
    )
    if is_administrator:
        await make_administrator(account.id)
    for structure in structures:
        await attach(account.id, structure.id, role, spaces)
    return account


async def actor_of(account: Account) -> Actor:
    """The person as a caller, with what it holds by now."""
    rights, everywhere = await rights_of(account.id), await everywhere_of(account.id)
    return Actor(account.id, ActorKind.PERSON, account.display_name, rights, everywhere)


async def a_factor(account: Account, name: str = "Téléphone") -> Factor:
    """A second factor of the person: an authenticator application."""
    added = await factors.add(
        account.id,
        FactorKind.TOTP,
        name,
        identifier=new_id("fac"),
        sealed_secret="a secret that nobody knows",
    )
    return added.factor


# Structures


async def a_structure(**changes: Any) -> Structure:
    """An active structure, from the directory."""
    values: dict[str, Any] = {
        "identifier_type": IdentifierType.SIRET,
        "identifier": changes.pop("identifier", None) or a_siret(),
        "name": f"Structure {next(_numbers)}",
        "status": StructureStatus.ACTIVE,
        "postal_code": "42000",
        "town": "Saint-Étienne",
        "country": "FR",
    }
    return await create_structure(an_administrator(), StructureDraft(**(values | changes)))


async def a_public_structure(**changes: Any) -> Structure:
    """A structure that receives invoices; `changes` are its parameters."""
    values = {"nature": Nature.PUBLIC, "name": f"Ville de Test {next(_numbers)}"}
    return await a_structure(**(values | changes))


async def a_supplier(*, has_mandate: bool = True, **changes: Any) -> Structure:
    """An active private structure whose mandate is signed."""
    values = {"nature": Nature.PRIVATE, "name": f"Fournitures Test {next(_numbers)}"}
    structure = await a_structure(**(values | changes))
    if has_mandate:
        signer = await actor_of(await an_account(structure, role=Role.MAIN_MANAGER))
        text = mandate_text.PRESENT
        await sign_mandate(signer, structure.id, text.version, text.sha256)
        await structure.refresh_from_db()
    return structure


async def a_service(structure: Structure, **changes: Any) -> Service:
    """An open service of the structure."""
    number = next(_numbers)
    draft = ServiceDraft(**({"code": f"SERVICE_{number}", "name": f"Service {number}"} | changes))
    return await create_service(an_actor(structure), structure.id, draft)


async def a_bank_account(structure: Structure, **changes: Any) -> BankAccount:
    """A bank reference of the structure."""
    draft = BankAccountDraft(**({"holder": structure.name, "iban": IBAN} | changes))
    return await add_bank_account(an_actor(structure), structure.id, draft)


# Invoices


@dataclass(frozen=True)
class Parties:
    """The structures of an invoice. Validators play a part in frames A9 and A12 only."""

    supplier: Structure
    recipient: Structure
    validator_1: Structure
    validator_2: Structure

    def of(self, party: Party) -> Structure:
        """The structure that plays the part."""
        structure: Structure = getattr(self, party.value.lower())
        return structure


async def some_parties(
    *,
    supplier: Structure | None = None,
    recipient: Structure | None = None,
    validator_1: Structure | None = None,
    validator_2: Structure | None = None,
) -> Parties:
    """A supplier and a recipient, with two structures that may validate."""
    return Parties(
        supplier=supplier or await a_supplier(),
        recipient=recipient or await a_public_structure(),
        validator_1=validator_1 or await a_supplier(has_mandate=False),
        validator_2=validator_2 or await a_supplier(has_mandate=False),
    )


def a_line(**changes: Any) -> DraftLine:
    """Two hours at 100.00, 20 %."""
    line = DraftLine(
        name="Conseil",
        quantity=Decimal(2),
        unit="HUR",
        unit_price=Decimal("100.00"),
        vat_rate=Decimal(20),
    )
    return replace(line, **changes)


def a_draft(parties: Parties, **changes: Any) -> Draft:
    """An invoice of 200.00 net and 240.00 gross that nothing speaks against."""
    frame = Frame(changes.pop("frame", Frame.A1))
    is_paid = frame is Frame.A2
    draft = Draft(
        supplier_id=parties.supplier.id,
        number=f"F{next(_numbers):06}",
        issued_on=today(),
        frame=frame,
        recipient_siret=parties.recipient.identifier,
        vat_type=VatType.TVA_SUR_DEBIT,
        payment_mode=PaymentMode.VIREMENT,
        lines=(a_line(),),
        total_net=Decimal("200.00"),
        total_vat=Decimal("40.00"),
        total_gross=Decimal("240.00"),
        amount_to_pay=Decimal(0) if is_paid else Decimal("240.00"),
    )
    if frame in (Frame.A9, Frame.A12):
        draft = replace(draft, validator_1=ValidatorRef(identifier=parties.validator_1.identifier))
    return replace(draft, **changes)


def a_credit_note(parties: Parties, original: Invoice, **changes: Any) -> Draft:
    """A credit note for the whole of an invoice of `a_draft`."""
    values: dict[str, Any] = {
        "type": InvoiceType.AVOIR,
        "payment_mode": None,
        "original_invoice_number": original.number,
    }
    return a_draft(parties, **(values | changes))


@dataclass(frozen=True)
class Road:
    """How an invoice comes to rest in a status: in which frame, by which actions."""

    actions: tuple[A, ...] = ()
    frame: Frame = Frame.A1
    has_second_validator: bool = False


_MISNAMED = (A.VALIDATE, A.REPORT_WRONG_VALIDATOR)
# fmt: off
_AGENT = Road(frame=Frame.A9, has_second_validator=True)
ROADS: Mapping[S, Road] = {
    S.MISE_A_DISPOSITION:              Road(),
    S.PRISE_EN_COMPTE_DESTINATAIRE:    Road((A.TAKE_INTO_ACCOUNT,)),
    S.SERVICE_FAIT:                    Road((A.CERTIFY_SERVICE,)),
    S.MANDATEE:                        Road((A.ORDER_PAYMENT,)),
    S.MISE_A_DISPOSITION_COMPTABLE:    Road((A.PASS_TO_ACCOUNTANT,)),
    S.COMPTABILISEE:                   Road((A.BOOK,)),
    S.MISE_EN_PAIEMENT:                Road((A.PAY,)),
    S.SUSPENDUE:                       Road((A.SUSPEND,)),
    S.COMPLETEE:                       Road((A.SUSPEND, A.COMPLETE)),
    S.REJETEE:                         Road((A.REJECT,)),
    S.A_RECYCLER:                      Road((A.ASK_RETRANSMISSION,)),
    S.ABANDONNEE:                      Road((A.WITHDRAW,), Frame.A9),
    S.A_VALIDER_1:                     Road(frame=Frame.A9),
    S.REFUSEE_1:                       Road((A.REFUSE,), Frame.A12),
    S.ERREUR_FOURNISSEUR_SUR_VALIDEUR: Road((A.REPORT_WRONG_VALIDATOR,), Frame.A9),
    S.A_VALIDER_2:                     replace(_AGENT, actions=(A.VALIDATE,)),
    S.ERREUR_COTRAITANT_SUR_VALIDEUR:  replace(_AGENT, actions=_MISNAMED),
}
# fmt: on
# The statuses in which an invoice can stay: the others lead on by themselves.
RESTING = (S.BROUILLON, S.SUPPRIMEE, *ROADS)


@dataclass
class Situation:
    """An invoice and the structures around it."""

    invoice: Invoice
    parties: Parties
    spare: list[Structure] = field(default_factory=list)

    def actor(self, party: Party) -> Actor:
        """A manager of the structure that plays the part."""
        return an_actor(self.parties.of(party))


async def an_invoice(
    status: S | str = S.MISE_A_DISPOSITION,
    *,
    parties: Parties | None = None,
    **changes: Any,
) -> Invoice:
    """An invoice that came to the status by real actions; `changes` are those of its draft."""
    return (await a_situation(status, parties=parties, **changes)).invoice


async def a_situation(
    status: S | str = S.MISE_A_DISPOSITION, *, parties: Parties | None = None, **changes: Any
) -> Situation:
    """The same, with the structures around it."""
    parties = parties or await some_parties()
    status = S(status)
    if status in (S.BROUILLON, S.SUPPRIMEE):
        invoice = await actions.save_draft(an_actor(parties.supplier), a_draft(parties, **changes))
        situation = Situation(invoice, parties)
        if status is S.SUPPRIMEE:
            await act(situation, A.DELETE_DRAFT)
        return situation
    road = ROADS[status]
    wanted: dict[str, Any] = {"frame": road.frame, **changes}
    if road.has_second_validator:
        wanted.setdefault("validator_2", ValidatorRef(identifier=parties.validator_2.identifier))
    done = await actions.submit(an_actor(parties.supplier), a_draft(parties, **wanted))
    situation = Situation(done.invoice, parties)
    for action in road.actions:
        await act(situation, action)
    assert situation.invoice.status == status, situation.invoice.status
    return situation


async def act(situation: Situation, action: A, **given: Any) -> Invoice:
    """Take the action as the party it belongs to, with what it needs."""
    invoice = situation.invoice
    step = next(
        s
        for s in invoice.lifecycle.rows(action, invoice.status)
        if s.by is not Party.SYSTEM and s.allowed(invoice.facts())
    )
    asked = await what_it_takes(situation, action)
    situation.invoice = await actions.move(
        situation.actor(step.by), invoice.id, action, replace(asked, **given)
    )
    return situation.invoice


async def what_it_takes(situation: Situation, action: A) -> Given:
    """The right inputs of an action."""
    match action:
        case A.SUSPEND:
            return Given(reason=Reason.JUSTIF_ABS.value)
        case A.REJECT:
            return Given(reason=Reason.DOUBLE_FACT.value)
        case A.REFUSE:
            return Given(reason=Reason.AUT_MOTIF_ERR_VALIDEUR.value, comment="Travaux non faits.")
        case A.ASK_RETRANSMISSION:
            return Given(reason=Reason.EJ_ERR.value)
        case A.COMPLETE:
            return Given(comment="Le justificatif est joint au courrier du 20.")
        case A.RETRANSMIT:
            return Given(routing=Routing(commitment_number=f"EJ{next(_numbers)}"))
        case A.CORRECT_VALIDATOR:
            return Given(validator=ValidatorRef(identifier=await _spare_identifier(situation)))
        case _:
            return Given()


async def _spare_identifier(situation: Situation) -> str:
    """The identifier of a structure that does not validate the invoice yet."""
    invoice = situation.invoice
    taken = {invoice.validator_1_id, invoice.validator_2_id}
    free = [s for s in situation.spare if s.id not in taken]
    if not free:
        free.append(await a_supplier(has_mandate=False))
        situation.spare.append(free[0])
    return free[0].identifier


async def let_it_lapse(situation: Situation) -> Invoice:
    """Let the time of the validator pass; the clock must be frozen."""
    clock.advance(timedelta(days=policy.current().tacit_days_subcontractor))
    await deadlines.sweep()
    await situation.invoice.refresh_from_db()
    return situation.invoice
