"""Writes what front ends may rely on, from the code that is relied on. Never edited by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.labels import all_label_sets
from domain.reference.words import Locale
from domain.rules_text import FIELDS, RULES
from frontend_contract.asyncapi import asyncapi
from frontend_contract.event_schemas import event_files
from frontend_contract.lifecycles import lifecycles
from frontend_contract.operations import budgets
from frontend_contract.permissions import permissions
from resolvers.http.errors import Code
from resolvers.root import schema

FOLDER = Path(__file__).parent
# Where a generated file that is no longer wanted may lie.
_PLACES = ("*.graphql", "*.json", "*.md", "events/*.schema.json")
_BY_HAND = frozenset({"README.md", "LOG.md"})
_DIRECTIVE = re.compile(r"@(?P<name>\w+)\((?P<key>\w+): \[\n(?P<values>[^\]]*)\]\)")


def generated() -> dict[str, str]:
    """Every generated file: its path in the folder and its text. The same code, the same texts."""
    return {
        "schema.graphql": _sdl(),
        "labels.fr.json": _labels("FR"),
        "labels.en.json": _labels("EN"),
        "lifecycles.md": lifecycles(),
        "permissions.md": permissions(schema),
        "errors.json": _errors(),
        "budgets.json": budgets(schema),
        "asyncapi.json": _json(asyncapi()),
        **event_files(),
    }


def write(folder: Path = FOLDER) -> list[str]:
    """Bring the folder up to date; the paths that changed."""
    wanted = generated()
    changed = differences(folder, wanted)
    for name in changed:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def differences(folder: Path = FOLDER, wanted: Mapping[str, str] | None = None) -> list[str]:
    """The paths of the files that `write` would write or delete."""
    wanted = generated() if wanted is None else wanted
    stale = [
        path.relative_to(folder).as_posix() for place in _PLACES for path in folder.glob(place)
    ]
    return sorted(
        [name for name, text in wanted.items() if _text_of(folder / name) != text]
        + [name for name in stale if name not in wanted and name not in _BY_HAND]
    )


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _sdl() -> str:
    """The schema as text, each directive on the line of its field."""

    def on_one_line(match: re.Match[str]) -> str:
        return f"@{match['name']}({match['key']}: [{', '.join(match['values'].split())}])"

    return _DIRECTIVE.sub(on_one_line, schema.as_str()).rstrip() + "\n"


def _labels(locale: Locale) -> str:
    return _json(all_label_sets(locale))


def _errors() -> str:
    """Every rule that a `UserError` can name, and every code of a request error."""
    rules = {
        rule: {
            "code": row.code,
            "severity": row.severity,
            "message": {"fr": row.fr, "en": row.en},
            "remedy": {"fr": row.remedy_fr, "en": row.remedy_en},
            "source": row.source,
        }
        for rule, row in sorted(RULES.items())
    }
    fields = {name: {"fr": fr, "en": en} for name, (fr, en) in sorted(FIELDS.items())}
    return _json(
        {
            "rules": rules,
            "codes": sorted({row.code for row in RULES.values()}),
            "fields": fields,
            "requestErrorCodes": sorted(code.value for code in Code),
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
