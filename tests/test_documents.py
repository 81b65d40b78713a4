"""What the product can be told and can say stands in its documents."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import manage
from domain.catalogue import EVENT_KINDS
from domain.demonstration import PERSONAS
from domain.error_codes import ERROR_CODES
from domain.rules_text import RULES
from frontend_contract.event_schemas import FORMS
from frontend_contract.generate import FOLDER, generated
from frontend_contract.operations import operations
from resolvers.http.errors import Code
from resolvers.root import schema
from settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def _text(*names: str) -> str:
    return "\n".join((ROOT / name).read_text("utf-8") for name in names)


def test_every_setting_is_described_and_stands_in_the_readme() -> None:
    readme = _text("README.md")

    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]
    table = readme[readme.index("## Settings") : readme.index("## Commands")]
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| [^|]* \| (.*) \|$", table, re.MULTILINE))

    assert undescribed == []
    assert set(rows) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        assert rows[name.upper()].startswith(field.description or ""), name


def test_every_link_within_the_readme_leads_somewhere() -> None:
    readme = _text("README.md")
    titles = re.findall(r"^#+ (.+)$", re.sub(r"(?s)```.*?```", "", readme), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}

    assert set(re.findall(r"\]\(#([^)]+)\)", readme)) <= anchors


def test_the_readme_lists_a_role_of_the_demonstration_once() -> None:
    rows = re.findall(r"^\| (\w+) \(`\w+@", _text("README.md"), re.MULTILINE)

    assert rows == list(PERSONAS)


def test_every_make_target_has_a_help_text_and_stands_in_the_readme() -> None:
    makefile = _text("Makefile")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    helped = re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE)
    documents = _text("README.md", "CONTRIBUTING.md")

    assert targets == helped
    assert {"help", "run", "test", "check", "demo", "bench", "contract"} <= set(targets)
    assert [t for t in targets if f"make {t}" not in documents] == []


def test_make_help_lists_every_target() -> None:
    # As a person runs it: the suite itself may have been started by make.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    targets = re.findall(r"^([a-z][a-z-]*):", _text("Makefile"), re.MULTILINE)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == targets


def _commands() -> Iterator[str]:
    parser = manage._parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


def test_every_command_stands_in_the_readme() -> None:
    readme = _text("README.md")
    commands = list(_commands())

    assert {"run", "migrate", "structures", "client", "contract"} <= set(commands)
    assert [c for c in commands if f"manage.py {c}" not in readme] == []


def test_every_error_code_stands_in_errors_json_with_its_words() -> None:
    errors = json.loads((FOLDER / "errors.json").read_text("utf-8"))

    assert errors["rules"].keys() == RULES.keys()
    assert set(errors["codes"]) == {row.code for row in RULES.values()}
    assert set(errors["requestErrorCodes"]) == {code.value for code in Code}
    assert set(errors["codes"]) - ERROR_CODES.keys() == set()
    for rule, row in errors["rules"].items():
        for words in (row["message"], row["remedy"]):
            assert words["fr"], rule
            assert words["en"], rule
            assert words["fr"] != words["en"], rule


def test_the_texts_of_a_rule_ask_for_the_same_values_in_both_languages() -> None:
    for rule, row in RULES.items():
        fr, en = (set(re.findall(r"(?<!\{)\{(\w+)\}(?!\})", text)) for text in (row.fr, row.en))
        # What is a word itself has a value for each language.
        said_in = {name.removesuffix("_fr") for name in fr if name.endswith("_fr")} - {"field"}
        assert said_in == {n.removesuffix("_en") for n in en if n.endswith("_en")} - {"field"}, rule
        both = {n for n in fr if not n.endswith("_fr")}, {n for n in en if not n.endswith("_en")}
        assert both[0] == both[1], rule


def test_every_kind_of_event_has_its_schema_and_its_type() -> None:
    files = {path.name.removesuffix(".schema.json") for path in FOLDER.glob("events/*.json")}
    types = {
        "".join(word.capitalize() for word in kind.replace(".", "_").split("_"))
        for kind in EVENT_KINDS
    }

    assert files == EVENT_KINDS.keys() | FORMS.keys()
    assert types <= schema._schema.type_map.keys()
    assert all(row.fr and row.en for row in EVENT_KINDS.values())


def test_the_readme_of_the_contract_names_every_kind_of_file() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    names = {re.sub(r"^events/.*", "events/*.schema.json", name) for name in generated()}

    assert [name for name in names if f"`{name}`" not in readme] == []


def test_every_operation_is_said_in_both_languages() -> None:
    for one in operations():
        assert one.head["fr"] != one.head["en"], one.name


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{document.name}: {target}"
        for document in [*sorted(ROOT.glob("*.md")), FOLDER / "README.md"]
        for target in re.findall(
            r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text("utf-8")
        )
        if not (document.parent / target).exists()
    ]

    assert broken == []


# Of this machine, of how the work was organised, or of secrets: nothing of it is shipped.
_FOREIGN = re.compile(r"TODO|FIXME|XXX\b|BEGIN [A-Z ]*PRIVATE KEY")


@pytest.mark.parametrize(
    "folder", ["domain", "auth", "webhooks", "schema", "resolvers", "frontend_contract/operations"]
)
def test_nothing_is_left_unfinished(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".sql", ".graphql", ".html", ".md")
        for match in _FOREIGN.finditer(path.read_text("utf-8"))
    ]

    assert found == []
