"""The members of a structure: who asks, who decides, and what each may do from then on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain import events
from domain.access import (
    GRANTS,
    SPACE_GRANTS,
    Actor,
    ActorKind,
    Level,
    Permission,
    Role,
    Space,
)
from domain.accounts import actions as accounts
from domain.accounts.membership import (
    ENDED,
    MACHINE,
    STEPS,
    AttachmentStatus,
    MemberAction,
    MemberFacts,
    MemberParty,
    MemberStep,
    parties,
    rows,
)
from domain.accounts.models import (
    Account,
    AccountStatus,
    Attachment,
    Habilitation,
    SpaceStatus,
    StructureSpace,
)
from domain.clock import now
from domain.db import fetch
from domain.errors import (
    Duplicate,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Refused,
    WrongStatus,
)
from domain.ids import findable, new_id
from domain.mail.actions import post
from domain.rules_text import problem, text_problems
from domain.structures.actions import card
from domain.structures.models import Service, ServiceStatus, Structure, StructureStatus
from domain.text import normal

MANAGERS = (Role.MAIN_MANAGER, Role.SECONDARY_MANAGER)
GIVEN_ROLES = (Role.USER, Role.SECONDARY_MANAGER)
MESSAGE_MAX = 500
MOST_DECISIONS = 100
MOST_WISHES = 50
# Whoever writes to managers that it does not know is held to a few at a time.
MOST_WAITING = 20
# These concern the structure as a whole.
NEVER_ON_A_SERVICE = frozenset({Space.RACCORDEMENTS, Space.SOLLICITATIONS})

A, S = MemberAction, AttachmentStatus
Path = tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """A space that a member asks for, or is given, on the structure or on one of its services."""

    space: Space
    level: Level
    service_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The wish as it is kept with the attachment."""
        return {"space": self.space.value, "level": self.level.value, "serviceId": self.service_id}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Wish:
        """The wish as it was kept."""
        return cls(Space(kept["space"]), Level(kept["level"]), kept["serviceId"])

    @property
    def place(self) -> tuple[Space, str | None]:
        """What is subscribed, whatever the level."""
        return self.space, self.service_id


@dataclass(frozen=True)
class Decision:
    """What is decided of one request; None keeps what was asked."""

    attachment_id: str
    accept: bool
    comment: str | None = None
    role: Role | None = None
    wishes: Sequence[Wish] | None = None


@dataclass(frozen=True)
class Person:
    """Who is told something by e-mail."""

    id: str
    name: str
    email: str
    locale: str


@dataclass(frozen=True)
class _Case:
    """An attachment and its structure, both held, with what is known for a decision."""

    attachment: Attachment
    structure: Structure
    member: str
    facts: MemberFacts
    parties: frozenset[MemberParty]


# Asking


async def request(
    actor: Actor, structure: Structure, *, message: str | None, wishes: Sequence[Wish]
) -> Attachment:
    """Ask to be attached to a structure.

    Raises:
        Forbidden, Invalid, Duplicate, WrongStatus
    """
    message = normal(message)
    if actor.kind is not ActorKind.PERSON:
        raise Forbidden(problem("BDR-MBR-001"))
    async with events.transaction():
        structure = await _held(structure.id)
        problems = _text_problems(message, ("message",))
        problems += await _wish_problems(structure, wishes, ("spaces",), open_only=False)
        if structure.status == StructureStatus.INACTIVE:
            problems.append(problem("BDR-MBR-002", ("structure",), name=structure.name))
        if problems:
            raise Invalid(*problems)
        known = await Attachment.get_or_none(member_id=actor.id, structure_id=structure.id)
        if known is not None and known.status == S.DESACTIVEE:
            raise WrongStatus(problem("BDR-MBR-003", ("structure",)))
        if known is not None and known.status not in ENDED:
            raise Duplicate(problem("BDR-MBR-004", ("structure",), status=known.status))
        waiting = await Attachment.filter(
            member_id=actor.id, status=S.EN_COURS_DE_VALIDATION
        ).count()
        if waiting >= MOST_WAITING:
            raise Invalid(problem("BDR-MBR-005", ("structure",), most=MOST_WAITING))
        return await ask(actor, structure, message=message, wishes=wishes)


async def ask(
    actor: Actor,
    structure: Structure,
    *,
    message: str | None = None,
    wishes: Sequence[Wish] = (),
) -> Attachment:
    """Let the actor ask to be attached; whoever decides is told. The transaction is open.

    A request that was refused or an attachment that ended may be asked for again.
    """
    at = now()
    attachment = await Attachment.get_or_none(member_id=actor.id, structure_id=structure.id)
    is_new = attachment is None
    if attachment is None:
        attachment = Attachment(
            id=new_id("att"), member_id=actor.id, structure_id=structure.id, created_at=at
        )
    attachment.role = Role.USER
    attachment.status = S.EN_COURS_DE_VALIDATION
    attachment.message = message
    attachment.asked_at = attachment.updated_at = at
    attachment.asked_spaces = [wish.as_json() for wish in wishes] or None
    attachment.comment = attachment.decided_at = attachment.decided_by = None
    tell_member("member.requested", attachment, structure, actor, member=actor.name)
    await attachment.save(force_create=is_new)
    asker = await Account.get(id=actor.id)
    await _write_to(
        await managers_of(structure.id) or await administrators(),
        "attachment_requested",
        structure,
        person=actor.name,
        email=asker.email,
        message=message or "—",
    )
    return attachment


async def ask_spaces(
    actor: Actor, structure_id: str, wishes: Sequence[Wish], *, message: str | None
) -> Attachment:
    """Let a member ask for more spaces; its managers decide as they do of attachments.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid
    """
    message = normal(message)
    async with events.transaction():
        found = await Attachment.get_or_none(
            member_id=actor.id, structure_id=findable(structure_id)
        )
        if found is None:
            raise NotFound(problem("BDR-REQ-001", ("structureId",)))
        case = await _case(actor, found.id, ("structureId",))
        problems = _text_problems(message, ("message",))
        problems += await _wish_problems(case.structure, wishes, ("spaces",), open_only=False)
        if not wishes:
            problems.append(problem("BDR-MBR-045", ("spaces",)))
        if problems:
            raise Invalid(*problems)
        step = _step(case, A.ASK_SPACES, None, ("structureId",))
        case.attachment.asked_spaces = [wish.as_json() for wish in wishes]
        case.attachment.asked_at = now()
        case.attachment.message = message
        await _take(case, step, actor, None)
        await _write_to(
            await managers_of(case.structure.id),
            "spaces_requested",
            case.structure,
            person=case.member,
            spaces=_listed(wishes),
            message=message or "—",
        )
    return case.attachment


# Deciding


async def decide(actor: Actor, decisions: Sequence[Decision]) -> list[Attachment]:
    """Accept or refuse what waits: all of it, or nothing and every problem of each.

    What waits is a request to be attached, or the spaces that a member asked for.

    Raises:
        Invalid
    """
    if not 0 < len(decisions) <= MOST_DECISIONS:
        rule = "BDR-MBR-030" if decisions else "BDR-MBR-031"
        raise Invalid(problem(rule, ("decisions",), count=len(decisions), most=MOST_DECISIONS))
    decided: list[Attachment] = []
    problems: list[Problem] = []
    async with events.transaction():
        for n, decision in enumerate(decisions):
            path = ("decisions", str(n))
            if any(decision.attachment_id == d.attachment_id for d in decisions[:n]):
                problems.append(problem("BDR-MBR-033", (*path, "id")))
                continue
            try:
                decided.append(await _decide(actor, decision, path))
            except Refused as refusal:
                problems += refusal.problems
        if problems:
            raise Invalid(*problems)
    return decided


async def _decide(actor: Actor, decision: Decision, path: Path) -> Attachment:
    case = await _case(actor, decision.attachment_id, (*path, "id"))
    comment = normal(decision.comment)
    step = _step(case, A.ACCEPT if decision.accept else A.REFUSE, comment, path)
    attachment, is_request = case.attachment, case.attachment.status == S.EN_COURS_DE_VALIDATION
    problems = _text_problems(comment, (*path, "comment"))
    asked = [Wish.from_json(kept) for kept in attachment.asked_spaces or ()]
    wishes = asked if decision.wishes is None else decision.wishes
    if decision.accept and not is_request:
        places = {w.place for w in (*await _subscribed(attachment), *wishes)}
        if len(places) > MOST_WISHES:
            at = (*path, "spaces")
            problems.append(problem("BDR-MBR-046", at, count=len(places), most=MOST_WISHES))
    if decision.accept:
        problems += _role_problems(case, decision.role, (*path, "role"), is_request=is_request)
        problems += await _wish_problems(case.structure, wishes, (*path, "spaces"))
    if problems:
        raise Invalid(*problems)
    attachment.asked_spaces = None
    if decision.accept and is_request:
        by_administrator = step.by is MemberParty.ADMINISTRATOR
        attachment.role = Role.MAIN_MANAGER if by_administrator else decision.role or Role.USER
        await accounts.open_default_spaces(case.structure.id)
    if decision.accept:
        await _subscribe(attachment, wishes, keep=not is_request)
    await _take(case, step, actor, comment)
    kind = {
        (True, True): "attachment_accepted",
        (True, False): "attachment_refused",
        (False, True): "spaces_accepted",
        (False, False): "spaces_refused",
    }[is_request, decision.accept]
    await _write_to_member(case, kind, comment, spaces=_listed(wishes))
    return attachment


async def cancel(actor: Actor, attachment_id: str) -> Attachment:
    """Withdraw one's own request, to be attached or for more spaces.

    Raises:
        NotFound, Forbidden, WrongStatus
    """
    async with events.transaction():
        case = await _case(actor, attachment_id, ("id",))
        step = _step(case, A.CANCEL, None, ())
        case.attachment.asked_spaces = None
        await _take(case, step, actor, None)
    return case.attachment


# Members as they are


async def change_role(
    actor: Actor, attachment_id: str, role: Role, *, expected_version: int | None = None
) -> Attachment:
    """Make a user a secondary manager, or the other way round.

    Raises:
        NotFound, Forbidden, WrongStatus, Conflict, Invalid
    """
    async with events.transaction():
        case = await _case(actor, attachment_id, ("id",), expected_version)
        step = _step(case, A.CHANGE_ROLE, None, ())
        if role not in GIVEN_ROLES:
            raise Invalid(problem("BDR-MBR-032", ("role",), role=role))
        if case.attachment.role is not role:
            case.attachment.role = role
            await _take(case, step, actor, None)
            await _write_to_member(case, "attachment_role_changed", None)
    return case.attachment


async def set_spaces(
    actor: Actor,
    attachment_id: str,
    wishes: Sequence[Wish],
    *,
    expected_version: int | None = None,
) -> Attachment:
    """Give a member exactly these spaces, on the structure and on its services.

    Raises:
        NotFound, Forbidden, WrongStatus, Conflict, Invalid
    """
    async with events.transaction():
        case = await _case(actor, attachment_id, ("id",), expected_version)
        step = _step(case, A.SET_SPACES, None, ())
        if problems := await _wish_problems(case.structure, wishes, ("spaces",)):
            raise Invalid(*problems)
        if set(wishes) != set(await _subscribed(case.attachment)):
            await _subscribe(case.attachment, wishes, keep=False)
            await _take(case, step, actor, None)
            await _write_to_member(case, "attachment_spaces_changed", None, spaces=_listed(wishes))
    return case.attachment


async def end_or_resume(
    actor: Actor, attachment_id: str, action: MemberAction, *, comment: str | None
) -> Attachment:
    """Deactivate, reactivate or remove a member, or leave.

    Raises:
        NotFound, Forbidden, WrongStatus, Invalid
    """
    comment = normal(comment)
    async with events.transaction():
        case = await _case(actor, attachment_id, ("id",))
        step = _step(case, action, comment, ())
        if problems := _text_problems(comment, ("comment",)):
            raise Invalid(*problems)
        await _take(case, step, actor, comment)
        if step.to == S.SUPPRIMEE:
            await Habilitation.filter(attachment_id=case.attachment.id).delete()
        if action is A.LEAVE:
            await _write_to(
                await managers_of(case.structure.id),
                "attachment_left",
                case.structure,
                person=case.member,
            )
        else:
            await _write_to_member(case, f"attachment_{step.event.split('.')[1]}", comment)
    return case.attachment


async def join_at_once(
    account: Account, actor: Actor, structure: Structure, attachment: Attachment | None
) -> Attachment:
    """Attach an account whose claim was proven: main manager where there is none, else a user.

    The transaction is open and the structure is locked.
    """
    at = now()
    is_main = not await has_main_manager(structure.id)
    is_new = attachment is None
    if attachment is None:
        attachment = Attachment(
            id=new_id("att"), member_id=account.id, structure_id=structure.id, created_at=at
        )
    attachment.role = Role.MAIN_MANAGER if is_main else Role.USER
    attachment.status = S.VALIDEE
    attachment.decided_at = attachment.updated_at = at
    attachment.decided_by = None
    tell_member("member.joined", attachment, structure, actor, member=account.display_name)
    await attachment.save(force_create=is_new)
    await accounts.open_default_spaces(structure.id)
    accounts.tell_rights_changed(account.id)
    others = [person for person in await managers_of(structure.id) if person.id != account.id]
    await _write_to(
        others, "attachment_joined", structure, person=account.display_name, email=account.email
    )
    return attachment


# Who is who


def tell_member(
    kind: str,
    attachment: Attachment,
    structure: Structure,
    actor: Actor,
    *,
    member: str,
    **details: Any,
) -> None:
    """Record a fact about a member, for the managers of the structure and for the member itself.

    The caller saves the attachment. `member` is the member's name.
    """
    shown = {
        "id": attachment.id,
        "memberId": attachment.member_id,
        "memberName": member,
        "role": attachment.role.value,
        "status": attachment.status.value,
        "comment": attachment.comment,
        "version": attachment.event_count + 1,
    }
    events.record(
        kind,
        attachment,
        actor,
        audience=[
            (structure.id, Permission.READ_MEMBERS),
            (attachment.member_id, Permission.OWN_ACCOUNT),
        ],
        on_behalf_of=structure.id,
        data={"structure": card(structure), "attachment": shown, **details},
    )


async def managers_of(structure_id: str) -> list[Person]:
    """The people who manage the structure and whose account is open."""
    return await _people(
        "JOIN attachment a ON a.member_id = p.id WHERE a.structure_id = $2 AND a.status = $3"
        " AND a.role IN ($4, $5) AND p.status = $1",
        structure_id,
        S.VALIDEE.value,
        *(role.value for role in MANAGERS),
    )


async def holders_of(structure_id: str, permission: Permission) -> list[Person]:
    """The people who hold a permission on the structure as a whole and whose account is open."""
    roles = [role.value for role, granted in GRANTS.items() if permission in granted]
    spaces = [
        (space.value, level.value)
        for (space, level), given in SPACE_GRANTS.items()
        if permission in given
    ]
    rows = await fetch(
        "SELECT DISTINCT p.id, p.display_name, p.email, p.locale, a.role, s.space, h.level"
        " FROM attachment a JOIN account p ON p.id = a.member_id"
        " LEFT JOIN habilitation h ON h.attachment_id = a.id AND h.service_id IS NULL"
        " LEFT JOIN structure_space s ON s.structure_id = a.structure_id"
        " AND s.service_id IS NULL AND s.space = h.space AND s.status = $4"
        " WHERE p.status = $1 AND a.structure_id = $2 AND a.status = $3"
        " AND (a.ends_at IS NULL OR a.ends_at > $5) ORDER BY p.id",
        AccountStatus.ACTIVE.value,
        structure_id,
        S.VALIDEE.value,
        SpaceStatus.ACTIVE.value,
        now(),
    )
    holding = [Person(*row[:4]) for row in rows if row[4] in roles or (row[5], row[6]) in spaces]
    return list(dict.fromkeys(holding))


async def structure_name(structure_id: str) -> str:
    """The name of a structure, as e-mails give it."""
    return str((await fetch("SELECT name FROM structure WHERE id = $1", structure_id))[0][0])


async def administrators() -> list[Person]:
    """The people who administer the site."""
    return await _people("JOIN administrator m ON m.member_id = p.id WHERE p.status = $1")


async def person(member_id: str) -> Person | None:
    """The person behind a member whose account is open; None for a technical account."""
    found = await _people("WHERE p.id = $2 AND p.status = $1", member_id)
    return found[0] if found else None


async def has_main_manager(structure_id: str) -> bool:
    """Whether somebody is the main manager of the structure."""
    return structure_id in await with_main_manager([structure_id])


async def with_main_manager(structure_ids: Sequence[str]) -> frozenset[str]:
    """Those of the structures that have a main manager."""
    found = await Attachment.filter(
        structure_id__in=list(structure_ids), role=Role.MAIN_MANAGER, status=S.VALIDEE
    ).values_list("structure_id", flat=True)
    return frozenset(str(structure_id) for structure_id in found)


async def name_of(member_id: str) -> str:
    """The name of a person or of a technical account."""
    # The table of technical accounts belongs to the layer above: only its names are read here.
    found = await fetch(
        "SELECT display_name FROM account WHERE id = $1"
        " UNION ALL SELECT name FROM auth_client WHERE id = $1",
        member_id,
    )
    return str(found[0][0]) if found else member_id


def facts_of(
    actor: Actor, *, member_id: str, structure_id: str, role: Role, waits: bool, has_manager: bool
) -> MemberFacts:
    """What the table looks at when the actor acts on the attachment."""
    return MemberFacts(
        role=role,
        is_own=actor.id == member_id,
        by_main=actor.may(Permission.HAND_OVER, structure_id),
        has_manager=has_manager,
        waits=waits,
    )


async def _people(where: str, *params: Any) -> list[Person]:
    found = await fetch(
        f"SELECT p.id, p.display_name, p.email, p.locale FROM account p {where} ORDER BY p.id",
        AccountStatus.ACTIVE.value,
        *params,
    )
    return [Person(*row) for row in found]


# One case


async def _held(structure_id: str) -> Structure:
    return await Structure.filter(id=structure_id).select_for_update().get()


async def _case(
    actor: Actor, attachment_id: str, path: Path, expected_version: int | None = None
) -> _Case:
    """The attachment, among those the actor may see; the structure is held first, always."""
    found = await Attachment.get_or_none(id=findable(attachment_id))
    if found is None or not (
        actor.may(Permission.OWN_ACCOUNT, found.member_id)
        or actor.may(Permission.READ_MEMBERS, found.structure_id)
    ):
        raise NotFound(problem("BDR-REQ-001", path))
    structure = await _held(found.structure_id)
    attachment = await Attachment.filter(id=found.id).select_for_update().get()
    events.check_version(attachment, expected_version)
    facts = facts_of(
        actor,
        member_id=attachment.member_id,
        structure_id=structure.id,
        role=attachment.role,
        waits=attachment.asked_spaces is not None,
        has_manager=await has_main_manager(structure.id),
    )
    return _Case(
        attachment,
        structure,
        await name_of(attachment.member_id),
        facts,
        parties(actor, attachment.member_id, structure.id),
    )


def _step(case: _Case, action: MemberAction, comment: str | None, path: Path) -> MemberStep:
    """The row of the table that the action takes here.

    Raises:
        WrongStatus, Forbidden, Invalid
    """
    status = case.attachment.status
    mine = rows(action, status, case.parties)
    if case.attachment.member_id.startswith(MACHINE):
        raise Forbidden(problem("BDR-CNX-019", (*path, "id")))
    if not mine:
        if any(s.action is action and status in s.frm for s in STEPS):
            raise Forbidden(problem("BDR-MBR-027", (*path, "id"), action=action))
        raise WrongStatus(problem("BDR-MBR-020", (*path, "id"), action=action, status=status))
    step = next((s for s in mine if s.only_if.holds(case.facts)), None)
    if step is None:
        raise Forbidden(problem(mine[0].only_if.rule, (*path, "id")))
    if step.needs_comment and comment is None:
        raise Invalid(problem("BDR-MBR-028", (*path, "comment")))
    return step


async def _take(case: _Case, step: MemberStep, actor: Actor, comment: str | None) -> None:
    """Write the step on the attachment and tell it."""
    attachment, at = case.attachment, now()
    if step.to is not None:
        attachment.status = step.to
    attachment.updated_at = at
    if step.by is not MemberParty.MEMBER:
        attachment.comment = comment
        attachment.decided_at, attachment.decided_by = at, actor.id
    tell_member(step.event, attachment, case.structure, actor, member=case.member)
    await attachment.save()
    accounts.tell_rights_changed(attachment.member_id)


# Spaces of a member


async def _subscribed(attachment: Attachment) -> list[Wish]:
    held = await Habilitation.filter(attachment_id=attachment.id).order_by("id")
    return [Wish(h.space, h.level, h.service_id) for h in held]


async def _subscribe(attachment: Attachment, wishes: Iterable[Wish], *, keep: bool) -> None:
    """Give the member these spaces, beside those it has or in their stead."""
    before = await _subscribed(attachment) if keep else []
    wanted = {wish.place: wish for wish in (*before, *wishes)}
    await Habilitation.filter(attachment_id=attachment.id).delete()
    await Habilitation.bulk_create(
        Habilitation(
            id=new_id("hab"),
            attachment_id=attachment.id,
            service_id=wish.service_id,
            space=wish.space,
            level=wish.level,
        )
        for wish in wanted.values()
    )


async def _wish_problems(
    structure: Structure, wishes: Sequence[Wish], path: Path, *, open_only: bool = True
) -> list[Problem]:
    """What speaks against each of the spaces asked for or given."""
    if len(wishes) > MOST_WISHES:
        return [problem("BDR-MBR-046", path, count=len(wishes), most=MOST_WISHES)]
    services = await _services(structure, wishes)
    opened = await _open_places(structure) if open_only else None
    problems: list[Problem] = []
    for n, wish in enumerate(wishes):
        at = (*path, str(n))
        if wish.service_id is not None and wish.service_id not in services:
            problems.append(problem("BDR-MBR-041", (*at, "serviceId")))
        elif wish.service_id is not None and wish.space in NEVER_ON_A_SERVICE:
            problems.append(problem("BDR-MBR-042", (*at, "serviceId"), space=wish.space))
        elif opened is not None and wish.place not in opened:
            problems.append(problem("BDR-MBR-040", (*at, "space"), space=wish.space))
        if any(wish.place == other.place for other in wishes[:n]):
            problems.append(problem("BDR-MBR-043", (*at, "space"), space=wish.space))
    return problems


async def _services(structure: Structure, wishes: Sequence[Wish]) -> frozenset[str]:
    """Those of the services named that the structure has."""
    named = [findable(w.service_id) for w in wishes if w.service_id is not None]
    if not named:
        return frozenset()
    found = await Service.filter(id__in=named, structure_id=structure.id).exclude(
        status=ServiceStatus.DELETED
    )
    return frozenset(service.id for service in found)


async def _open_places(structure: Structure) -> frozenset[tuple[Space, str | None]]:
    await accounts.open_default_spaces(structure.id)
    opened = await StructureSpace.filter(structure_id=structure.id, status=SpaceStatus.ACTIVE)
    return frozenset((one.space, one.service_id) for one in opened)


def _role_problems(
    case: _Case, role: Role | None, path: Path, *, is_request: bool
) -> list[Problem]:
    if role is None:
        return []
    if role not in GIVEN_ROLES or not is_request:
        return [problem("BDR-MBR-032", path, role=role)]
    if role is Role.SECONDARY_MANAGER and not case.facts.by_main:
        return [problem("BDR-MBR-025", path)]
    return []


def _text_problems(text: str | None, path: Path) -> list[Problem]:
    return text_problems(text, path, MESSAGE_MAX, paragraphs=True) if text else []


# Letters


async def _write_to(
    people: Iterable[Person], kind: str, structure: Structure, **values: object
) -> None:
    for one in people:
        await post(kind, one.email, one.locale, structure=structure.name, **values)


async def _write_to_member(case: _Case, kind: str, comment: str | None, **values: object) -> None:
    to = await person(case.attachment.member_id)
    if to is not None:
        words = {"role": case.attachment.role.value, "comment": comment or "—", **values}
        await _write_to([to], kind, case.structure, **words)


def _listed(wishes: Sequence[Wish]) -> str:
    return ", ".join(f"{w.space.value} ({w.level.value})" for w in wishes) or "—"
