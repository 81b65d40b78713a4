"""The repository checks itself: what its parts may import, write and say."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from itertools import product
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    ObjectTypeDefinitionNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_introspection_type,
    is_list_type,
    is_specified_directive,
    is_specified_scalar_type,
    parse,
)
from tortoise import Tortoise
from tortoise.models import Model

from domain.access import GRANTS, Permission
from domain.catalogue import EVENT_KINDS
from domain.claims.circuit import ClaimFacts
from domain.db import fetch
from domain.described import LIFECYCLES as DESCRIBED
from domain.described import DocumentKind
from domain.invoices.lifecycle import InvoiceFacts
from domain.invoices.models import Invoice
from domain.invoices.words import NEEDS
from domain.labels import ENUMS, PARTIES
from domain.lifecycle import Lifecycle, Party
from domain.migrate import FOLDERS, migrations
from domain.reference.frames import WORKS_FRAMES, Frame
from domain.reference.reasons import reasons_for
from domain.reference.statuses import STATUSES, InvoiceStatus
from domain.rules_text import RULES
from domain.works.lifecycle import WorksFacts
from domain.works.models import WorksPiece
from frontend_contract.generate import generated
from frontend_contract.operations import operations
from frontend_contract.permissions import root_fields, roots
from resolvers.root import schema
from schema.reading import ToMany
from tests.lints import (
    PACKAGES,
    ROOT,
    ROOT_MODULES,
    assigned_attributes,
    cycle,
    imports,
    names_used,
    sources,
    subjects,
    texts,
    texts_given,
    updates_of,
)

LIFECYCLES: dict[str, Lifecycle[Any]] = {
    kind.value.lower(): row.lifecycle for kind, row in DESCRIBED.items()
}


# The lints, on small examples


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("invoice.status = 'X'", [1]),
        ("a.status, a.status_at = 'X', now()", [1]),
        ("setattr(invoice, 'status', 'X')", [1]),
        ("invoice.status: str = 'X'", [1]),
        ("invoice.status += 'X'", [1]),
        ("if invoice.status == 'X': pass", []),
        ("status = invoice.status", []),
        ("self.status_at = 1", []),
    ],
)
def test_an_assignment_to_a_status_is_seen(code: str, lines: list[int]) -> None:
    assert assigned_attributes(ast.parse(code), "status") == lines


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("Invoice.filter(id=i).update(status='X')", [1]),
        ("execute('UPDATE invoice SET reason = $1, status = $2 WHERE id = $3')", [1]),
        ("execute('UPDATE invoice SET reason = $1 WHERE status = $2')", []),
        ("Invoice.filter(status='X')", []),
        ("'''UPDATE invoice SET status = 1'''", []),
    ],
)
def test_an_update_of_a_status_past_the_model_is_seen(code: str, lines: list[int]) -> None:
    assert updates_of(ast.parse(code), "status") == lines


def test_the_imports_of_a_module_are_seen() -> None:
    code = "import a.b\nfrom c import d\ndef f():\n    from e.f import g as h\n"

    assert imports(ast.parse(code)) == {"a.b", "c", "c.d", "e.f", "e.f.g"}


def test_texts_given_to_a_function_are_seen() -> None:
    code = "record('a.b', x)\nevents.record(kind, 'c')\nother('d')\nrecord(f'{x}.e')\n"

    assert list(texts_given(ast.parse(code), {"record"})) == [(1, "a.b"), (2, "c")]


def test_a_cycle_is_found() -> None:
    assert cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert cycle({"a": ["b", "c"], "b": ["c"], "c": []}) is None


# One door


def test_only_documents_py_writes_the_status_of_a_document() -> None:
    of_documents = [p.parent.name for p in (ROOT / "domain").glob("*/lifecycle.py")]
    # Members, messages, endpoints, sessions have statuses of their own, without life cycles.
    about_others = (
        "domain/accounts/",
        "domain/connections/",
        "domain/contracts/",
        "domain/mail/",
        "domain/structures/",
        "webhooks/",
        "auth/",
    )

    found = {
        f"{path}:{line}"
        for path, tree in sources().items()
        if path not in ("domain/documents.py", "domain/demonstration.py")
        and not path.startswith(about_others)
        for line in (*assigned_attributes(tree, "status"), *updates_of(tree, "status"))
    }

    assert len(of_documents) == len(LIFECYCLES)
    assert found == set()


def test_only_events_py_opens_a_transaction() -> None:
    found = {
        f"{path}:{line}"
        for path, tree in sources().items()
        # The runner of migrations and the engine work below the ORM.
        if path not in ("domain/events.py", "domain/migrate.py", "domain/sqlite.py")
        for name in ("in_transaction", "atomic", "_in_transaction")
        for line in names_used(tree, name)
    }

    assert found == set()


_TELLERS = ("record", "tell", "tell_service", "_tell")
_KIND = re.compile(r"[a-z_]+\.[a-z_]+\Z")


def test_every_kind_that_is_recorded_is_in_the_catalogue() -> None:
    said = {
        f"{path}:{line} {text}"
        for path, tree in sources("domain", "webhooks", "auth").items()
        for line, text in texts_given(tree, _TELLERS)
        if _KIND.match(text) and text not in EVENT_KINDS
    }
    by_steps = {s.event for lifecycle in LIFECYCLES.values() for s in lifecycle.steps if s.event}

    assert said == set()
    assert by_steps <= EVENT_KINDS.keys()


def test_every_kind_of_the_catalogue_is_recorded_somewhere() -> None:
    said = {
        text
        for path, tree in sources("domain", "webhooks", "auth").items()
        if path != "domain/catalogue.py"
        for _, text in texts(tree)
    }
    by_steps = {
        f"{kind}.{fact}" for kind in LIFECYCLES for fact in ("status_changed", "draft_saved")
    }
    by_steps |= {s.event for lifecycle in LIFECYCLES.values() for s in lifecycle.steps}

    assert EVENT_KINDS.keys() - said - by_steps == set()


def test_every_rule_that_is_named_has_its_words_and_every_rule_is_used() -> None:
    said = Counter(
        text
        for tree in sources().values()
        for _, text in texts(tree)
        if re.fullmatch(r"BDR-[A-Z]+-\d{3}", text)
    )

    assert said.keys() - RULES.keys() == set()
    # Once where it gets its words, at least once where it is applied.
    assert [rule for rule in RULES if said[rule] < 2] == []


# Families with refusals that tests still know by their code and path alone.
_BY_CODE = {"ACC", "CNX", "ESP", "EVT", "LIF", "MBR", "REQ", "STR", "WHK"}


def test_every_rule_is_named_by_a_test() -> None:
    named = {
        rule
        for tree in sources("tests").values()
        for _, text in texts(tree)
        for rule in re.findall(r"BDR-[A-Z]+-\d+", text)
    }
    unnamed = RULES.keys() - named

    assert {rule.split("-")[1] for rule in unnamed} - _BY_CODE == set()


def test_rows_of_works_are_held_by_one_door() -> None:
    for path, tree in sources("domain/works").items():
        if path != "domain/works/models.py":
            assert names_used(tree, "select_for_update") == [], path


# Arrows


def test_only_the_root_modules_know_the_root_modules() -> None:
    found = {
        f"{path} imports {name}"
        for path, tree in sources().items()
        for name in imports(tree)
        if name.split(".")[0] in ROOT_MODULES
    }

    assert found == set()


def test_only_the_root_modules_read_the_environment() -> None:
    found = {
        f"{path}:{line}"
        for path, tree in sources().items()
        for name in ("environ", "getenv", "putenv")
        for line in names_used(tree, name)
    }

    assert found == set()


def test_who_is_calling_and_what_is_sent_live_by_the_time_of_the_machine() -> None:
    """A sandbox that is moved ahead ends no credential and delays no message."""
    of_the_business = {"domain.clock.now", "domain.clock.today"}
    found = {
        path
        for path, tree in sources("auth", "webhooks").items()
        if imports(tree) & of_the_business
    }

    assert found == set()


def test_the_subjects_of_the_domain_form_no_cycle() -> None:
    assert cycle(subjects()) is None


def test_no_relative_import_and_no_import_of_tests() -> None:
    relative = {
        path
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    }
    of_tests = {
        p for p, tree in sources().items() if any(i.startswith("tests") for i in imports(tree))
    }

    assert relative == set()
    assert of_tests == set()


def test_no_installed_distribution_provides_one_of_our_names() -> None:
    ours = {*PACKAGES, *ROOT_MODULES, "frontend_contract", "tests"}

    taken = {name: packages_distributions().get(name) for name in ours}

    assert {n: by for n, by in taken.items() if by} == {}
    assert ours & sys.stdlib_module_names == set()


# The schema


def _types() -> list[GraphQLNamedType]:
    return [
        t
        for t in schema._schema.type_map.values()
        if not is_introspection_type(t) and not is_specified_scalar_type(t)
    ]


def _described() -> Iterator[tuple[str, str | None]]:
    """Everything in the SDL that can have a description."""
    for type_ in _types():
        yield type_.name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                for argument, given in getattr(field, "args", {}).items():
                    yield f"{type_.name}.{name}({argument}:)", given.description
    for directive in schema._schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_everything_in_the_schema_is_described() -> None:
    assert [place for place, text in _described() if not (text or "").strip()] == []


_FULL_STOP = re.compile(r"[.:;(]")
_ENGLISH = frozenset(
    """a an the of and or with without is are was be to your our you it its what who when where
    which whether how only this that these those such for from at by in on if not any all one each
    every has have may can must than""".split()  # noqa: SIM905 - a list of words is read as words
)
# Words of both languages.
_SHARED = frozenset({"a", "on", "or", "an"})


def is_french(text: str) -> bool:
    """Whether the first sentence holds no word that only English has."""
    first = _FULL_STOP.split(text.strip())[0]
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", first.lower())
    return bool(words) and not _ENGLISH.intersection(words) - _SHARED


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Facture. One invoice; null when there is none.", True),
        ("Montant HT (BT-109).", True),
        ("The invoice. Facture.", False),
        ("Numéro de mandat or payment request at the recipient's.", False),
        ("", False),
    ],
)
def test_french_is_told_from_english(text: str, answer: bool) -> None:
    assert is_french(text) is answer


def test_descriptions_begin_with_the_french_term() -> None:
    assert [f"{place}: {text}" for place, text in _described() if not is_french(text or "")] == []


def test_no_float_in_the_schema() -> None:
    assert "Float" not in schema._schema.type_map


def test_every_scalar_of_ours_says_where_it_is_specified() -> None:
    ours = [t for t in _types() if hasattr(t, "specified_by_url")]

    assert [t.name for t in ours if not t.specified_by_url] == []


def _lists() -> Iterator[tuple[str, Any]]:
    for type_ in _types():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                if is_list_type(get_nullable_type(field.type)):
                    yield f"{type_.name}.{name}", field


_BOUND = re.compile(r"\b(at most|up to)\b", re.IGNORECASE)


def _is_bounded(field: Any) -> bool:
    """By a limit, by the size of an enum, or by what its description promises."""
    plan = getattr(field.extensions.get("strawberry-definition"), "metadata", {}).get("plan")
    limited = isinstance(plan, ToMany) and plan.limit is not None
    codes = isinstance(get_named_type(field.type), GraphQLEnumType)
    return limited or codes or bool(_BOUND.search(field.description or ""))


def test_every_list_is_bounded() -> None:
    plain = [place for place, field in _lists() if not _is_bounded(field)]

    assert plain == []


def test_every_root_field_says_what_it_requires() -> None:
    declared = root_fields(schema)

    assert [name for name, needed in declared.items() if needed is None] == []


def test_only_these_root_fields_are_open_to_all() -> None:
    """The directory, the product's tables, the caller's own card, the ways in, what the site
    signed of its log, the European form; nothing else.
    """
    public = {name for name, needed in root_fields(schema).items() if not needed}

    assert public == PUBLIC


PUBLIC = {
    "Mutation.accountSignUp",
    "Mutation.accountActivationResend",
    "Mutation.passwordResetRequest",
    "Mutation.dumeMake",
    "Mutation.dumeValidate",
    "Query.dumeCriteria",
    "Query.dumePrefill",
    "Query.viewer",
    "Query.structures",
    "Query.structure",
    "Query.mandateText",
    "Query.termsText",
    "Query.node",
    "Query.nodes",
    "Query.enumInfo",
    "Query.invoiceStatuses",
    "Query.reasons",
    "Query.billingFrames",
    "Query.serverInfo",
    "Query.logCheckpoints",
    "Query.sandboxClock",
    "Query.lifecycle",
    "Query.lifecycles",
}


def test_the_sdl_shows_what_root_fields_require() -> None:
    names = {root.name for root in roots(schema)}
    shown = {
        f"{node.name.value}.{field.name.value}": {
            value.value
            for directive in field.directives or ()
            for argument in directive.arguments or ()
            for value in argument.value.values
        }
        for node in parse(generated()["schema.graphql"]).definitions
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value in names
        for field in node.fields
    }

    assert shown == {
        name: {p.value for p in needed or ()} for name, needed in root_fields(schema).items()
    }


def test_the_sdl_is_the_schema() -> None:
    built = build_schema(generated()["schema.graphql"])

    ours = {t.name for t in _types()}
    assert ours == {
        name
        for name, t in built.type_map.items()
        if not is_introspection_type(t) and not is_specified_scalar_type(t)
    }


def test_every_permission_opens_a_root_field_or_waits_for_its_subject() -> None:
    used = {p for needed in root_fields(schema).values() for p in needed or ()}
    later = {Permission.MANAGE_CONNECTIONS, Permission.OWN_ACCOUNT, Permission.ADMINISTER}

    assert set(Permission) - used - later == set()
    assert {p for held in GRANTS.values() for p in held} <= set(Permission)


def test_every_mutation_has_one_input_and_a_payload_of_one_form() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None

    for name, field in mutation.fields.items():
        payload = get_named_type(field.type)
        assert list(field.args) == ["input"], name
        assert isinstance(payload, GraphQLObjectType)
        assert payload.name == name[0].upper() + name[1:] + "Payload"
        shown = list(payload.fields)
        assert {"userErrors", "replayed", "cursor"} < set(shown), name


def test_every_root_field_has_a_registered_operation() -> None:
    kinds = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
    asked = {
        f"{kinds[one.kind]}.{selection.name.value}"
        for one in operations()
        for selection in one.definition.selection_set.selections
        if selection.kind == "field"
    }

    assert root_fields(schema).keys() - asked == set()
    assert len(roots(schema)) == 3


def test_composite_types_have_fields_of_their_own() -> None:
    assert all(is_composite_type(t) for t in roots(schema))


# Life cycles


# Whichever document there may be, for the conditions of each table.
_FLAGS = (False, True)


def _invoices() -> Iterator[InvoiceFacts]:
    frames = ("A1", "A2", "A9", "A12")
    for frame, days, values in product(frames, (None, 15), product(*[_FLAGS] * 6)):
        yield InvoiceFacts(frame, *values, tacit_days=days)


def _works() -> Iterator[WorksFacts]:
    for frame, initial, answered, lapsed, days, other in product(
        WORKS_FRAMES, _FLAGS, _FLAGS, _FLAGS, (None, 7), _FLAGS
    ):
        yield WorksFacts(
            frame,
            datetime(2026, 1, 1, tzinfo=UTC),
            initial,
            other,
            answered,
            lapsed,
            other,
            *[days] * 5,
            *[other] * 4,
        )


def _claims() -> Iterator[ClaimFacts]:
    yield from (ClaimFacts(*values) for values in product(*[_FLAGS] * 4))


FACTS: dict[str, Callable[[], Iterator[Any]]] = {
    "invoice": _invoices,
    "works_piece": _works,
    "memo": _claims,
    "refund": _claims,
}


def _all_facts(lifecycle: Lifecycle[Any]) -> Iterator[Any]:
    return FACTS[lifecycle.kind]()


@pytest.mark.parametrize("lifecycle", LIFECYCLES.values(), ids=LIFECYCLES)
class TestLifecycles:
    """Every table of a life cycle, whatever its subject."""

    def test_every_status_is_reached_from_an_initial_one(self, lifecycle: Lifecycle[Any]) -> None:
        reached, waiting = set[str](), set(lifecycle.initial)
        while waiting:
            reached |= waiting
            steps = [s for status in waiting for s in lifecycle.from_status(status)]
            waiting = {s.to for s in steps if s.to is not None} - reached

        assert lifecycle.statuses() - reached == set()

    def test_no_two_rows_hold_for_one_action_in_one_status(self, lifecycle: Lifecycle[Any]) -> None:
        twice = {
            (status, *said)
            for facts in _all_facts(lifecycle)
            for status in lifecycle.statuses()
            for said, count in Counter(
                (step.action, step.by)
                for step in lifecycle.from_status(status)
                if step.allowed(facts)
            ).items()
            if count > 1
        }

        assert twice == set()

    def test_the_platform_never_has_two_steps_to_choose_from(
        self, lifecycle: Lifecycle[Any]
    ) -> None:
        twice = {
            status
            for facts in _all_facts(lifecycle)
            for status in lifecycle.statuses()
            for steps in [
                [
                    s
                    for s in lifecycle.from_status(status)
                    if s.by is Party.SYSTEM and not s.by_deposit
                ]
            ]
            if sum(s.allowed(facts) for s in steps if s.after is None) > 1
            or sum(s.allowed(facts) for s in steps if s.after is not None) > 1
        }

        assert twice == set()

    def test_what_the_platform_takes_at_once_comes_to_rest(self, lifecycle: Lifecycle[Any]) -> None:
        for facts in _all_facts(lifecycle):
            for status in lifecycle.statuses():
                seen = [status]
                while step := lifecycle.automatic(seen[-1], facts):
                    assert step.to is not None
                    assert step.to not in seen, seen
                    seen.append(step.to)

    def test_every_word_has_its_labels(self, lifecycle: Lifecycle[Any]) -> None:
        words = DESCRIBED[DocumentKind(lifecycle.kind.upper())].actions
        for step in lifecycle.steps:
            assert step.action in words
            assert step.by in PARTIES
            assert step.needs is None or step.needs in NEEDS
            assert step.only_if is None or step.only_if.rule in RULES
        assert {InvoiceStatus(s) for s in lifecycle.statuses()} <= STATUSES.keys()

    def test_a_final_status_has_no_way_out_and_no_other_is_a_dead_end(
        self, lifecycle: Lifecycle[Any]
    ) -> None:
        said = {s.value for s in STATUSES if STATUSES[s].is_final}

        # A validator's refusal ends some frames only.
        some = {InvoiceStatus.REFUSEE_1.value, InvoiceStatus.REFUSEE_2.value}
        assert {s for s in lifecycle.statuses() if lifecycle.is_final(s)} - some == {
            s for s in lifecycle.statuses() if s in said
        }

    def test_every_party_that_acts_may_see_and_act(self, lifecycle: Lifecycle[Any]) -> None:
        acting = {step.by for step in lifecycle.steps} - {Party.SYSTEM}

        assert acting == lifecycle.needs.keys() == lifecycle.sees.keys()
        for step in lifecycle.steps:
            hidden = lifecycle.hidden.get(step.by, frozenset())
            assert not step.frm & hidden, f"{step.by} cannot see where it takes {step.action}"

    def test_a_step_that_asks_for_a_reason_has_reasons_to_offer(
        self, lifecycle: Lifecycle[Any]
    ) -> None:
        asking = [s for s in lifecycle.steps if s.needs is not None and s.needs.value == "REASON"]

        assert all(s.to is not None and reasons_for(InvoiceStatus(s.to)) for s in asking)

    def test_every_action_has_a_row(self, lifecycle: Lifecycle[Any]) -> None:
        words = DESCRIBED[DocumentKind(lifecycle.kind.upper())].actions
        assert {step.action for step in lifecycle.steps} == set(words)


def test_the_frames_of_the_table_are_those_of_the_model() -> None:
    assert {"A1", "A2", "A9", "A12"} <= {frame.value for frame in Frame}
    assert Invoice.lifecycle is LIFECYCLES[Invoice.kind]
    assert WorksPiece.lifecycle is LIFECYCLES[WorksPiece.kind]


def test_every_label_set_is_complete() -> None:
    missing = {
        f"{enum.__name__}.{member.name}"
        for enum, words in ENUMS.items()
        for member in enum
        if member not in words or not words[member].fr or not words[member].en
    }

    assert missing == set()


# The database


async def _columns(table: str, dialect: str) -> dict[str, bool]:
    """The columns of a table, each with whether it accepts null."""
    if dialect == "sqlite":
        rows = await fetch(f"SELECT name, \"notnull\", pk FROM pragma_table_info('{table}')")
        return {row["name"]: not row["notnull"] and not row["pk"] for row in rows}
    rows = await fetch(
        "SELECT column_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1",
        table,
    )
    return {row["column_name"]: row["is_nullable"] == "YES" for row in rows}


def _models() -> list[type[Model]]:
    return [model for app in Tortoise.apps.values() for model in app.values()]


async def test_the_models_are_the_tables(database: str) -> None:
    differences = []
    for model in _models():
        table = model._meta.db_table
        stored = await _columns(table, database)
        declared = {
            field.source_field or name: bool(field.null)
            for name, field in model._meta.fields_map.items()
            if name in model._meta.fields_db_projection
        }
        if stored != declared:
            differences.append(f"{table}: {sorted(stored.items() ^ declared.items())}")

    assert differences == []
    assert len(_models()) > 10


async def test_references_are_enforced(database: str) -> None:
    """A column named `<table>_id` that holds an identifier of ours refers to its table."""
    if database == "sqlite":
        rows = await fetch(
            'SELECT m.name AS child, f."from" AS child_column, f."table" AS parent'
            " FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
        )
    else:
        rows = await fetch(
            "SELECT c.conrelid::regclass::text AS child, a.attname AS child_column,"
            " c.confrelid::regclass::text AS parent FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f'"
        )
    known = {(row["child"], row["child_column"]) for row in rows}

    assert ("invoice", "supplier_id") in known
    assert ("invoice_line", "invoice_id") in known
    assert ("service", "structure_id") in known


# Shown, and looked for by no query; what they name is not deleted, but accounts by an erasure.
_UNSOUGHT = {
    "auth_consent.account_id",
    "billing_file.contracting_authority_service_id",
    "billing_file.finance_id",
    "billing_file.finance_service_id",
    "billing_file.project_manager_service_id",
    "billing_file_task.service_id",
    "invoice.bank_account_id",
    "works_piece.bank_account_id",
    "works_piece.contracting_authority_service_id",
    "works_piece.project_manager_service_id",
    "works_piece.recipient_service_id",
    "works_piece.replaces_id",
}


async def test_every_other_reference_is_found_by_an_index(database: str) -> None:
    if database != "sqlite":
        pytest.skip("both databases have the same indexes")
    rows = await fetch(
        'SELECT m.name AS child, f."from" AS child_column FROM sqlite_master m,'
        " pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND NOT EXISTS ("
        " SELECT 1 FROM pragma_index_list(m.name) l, pragma_index_info(l.name) i"
        ' WHERE i.seqno = 0 AND i.name = f."from" AND (l.partial = 0 OR EXISTS ('
        "  SELECT 1 FROM sqlite_master x WHERE x.name = l.name"
        "  AND (x.sql LIKE '% WHERE ' || i.name || ' IS NOT NULL%' OR x.sql LIKE '%status <> %'))))"
    )

    assert {f"{row['child']}.{row['child_column']}" for row in rows} == _UNSOUGHT


# Migrations

_HASHES = ROOT / "tests" / "migrations.sha256"


def test_a_migration_that_was_delivered_is_never_edited() -> None:
    """A new file adds its line: `sha256sum */migrations/*.sql > tests/migrations.sha256`."""
    delivered = dict(
        reversed(line.split(maxsplit=1)) for line in _HASHES.read_text().splitlines() if line
    )
    present = {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in (ROOT / folder).glob("*.sql")
    }

    assert present == delivered


def test_migrations_are_numbered_in_one_order_on_both_databases() -> None:
    both = {dialect: [m.name for m in migrations(dialect)] for dialect in ("sqlite", "postgres")}

    assert both["sqlite"] == both["postgres"]
    assert len(both["sqlite"]) == len(set(both["sqlite"]))
    for folder in FOLDERS:
        # Numbers are given out beforehand, so that one may be missing for a while.
        first = min(int(path.name[:4]) for path in (ROOT / folder).glob("*.sql"))
        assert first == 1, folder
