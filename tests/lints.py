"""Small readers of our own source: what a module imports, assigns, calls and says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("domain", "auth", "webhooks", "schema", "resolvers")
ROOT_MODULES = ("settings", "app", "worker", "manage", "commands")


def sources(*packages: str) -> dict[str, ast.Module]:
    """Every module of the packages, parsed, by its path from the root of the repository."""
    return {
        path.relative_to(ROOT).as_posix(): _parsed(path)
        for package in packages or PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
    }


@lru_cache(maxsize=1024)
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> set[str]:
    """The dotted names of the modules that are imported, whatever part of them is taken."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def assigned_attributes(tree: ast.AST, name: str) -> list[int]:
    """The lines that assign to an attribute of that name, however it is written."""
    written = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and node.attr == name
    ]
    return sorted(
        [*written, *(line for line, text in texts_given(tree, ["setattr"]) if text == name)]
    )


def updates_of(tree: ast.AST, column: str) -> list[int]:
    """The lines that write a column past the model: `.update(column=…)`, or SQL of our own."""
    sql = re.compile(
        rf"\bUPDATE\s+\w+\s+SET\s+(?:(?!\bWHERE\b).)*\b{column}\s*=", re.IGNORECASE | re.DOTALL
    )
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) in ("update", "bulk_update", "update_or_create")
        and any(keyword.arg == column for keyword in node.keywords)
    ]
    return sorted([*lines, *(line for line, text in texts(tree) if sql.search(text))])


def names_used(tree: ast.AST, name: str) -> list[int]:
    """The lines where the name is read or imported."""
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name == name)
    )


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The string constants with their lines, docstrings left out."""
    skipped = {id(doc) for node in ast.walk(tree) if (doc := _docstring(node)) is not None}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


def texts_given(tree: ast.AST, functions: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The string constants given by position to calls of these functions."""
    wanted = set(functions)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in wanted:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value


def cycle(arrows: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A way that comes back to where it began, or None."""
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str] | None:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return None
        for target in sorted(arrows.get(node, ())):
            if found := walk(target, [*way, node]):
                return found
        done.add(node)
        return None

    return next((found for node in sorted(arrows) if (found := walk(node, []))), None)


def subjects(folder: Path = ROOT / "domain") -> dict[str, set[str]]:
    """Each subject of a package with the other subjects that it imports."""
    names = {p.name for p in folder.iterdir() if (p / "__init__.py").exists()}
    arrows: dict[str, set[str]] = {}
    for name in names:
        imported = {i for p in (folder / name).rglob("*.py") for i in imports(_parsed(p))}
        arrows[name] = {
            other
            for other in names - {name}
            if any(_is_in(i, folder.name, other) for i in imported)
        }
    return arrows


def _is_in(imported: str, package: str, subject: str) -> bool:
    return imported == f"{package}.{subject}" or imported.startswith(f"{package}.{subject}.")


def _called(call: ast.Call) -> str | None:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _docstring(node: ast.AST) -> ast.Constant | None:
    body = getattr(node, "body", None)
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.value
    return None
