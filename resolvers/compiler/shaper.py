"""Writes the function that turns the rows of one fetch into the answer's objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from schema.codecs import CENTS

Shape = Callable[..., Any]


class NullInAnswer(Exception):
    """A value is null, or out of range, where the schema promises one."""


def null() -> Any:
    """Give up: the ordinary executor says where the null is."""
    raise NullInAnswer


def listed(value: Any) -> Any:
    """The value if it is a list of the plainest kind."""
    return value if type(value) is list or type(value) is tuple else null()


class Code:
    """The source of one generated function, and the constants that it names."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {"null": null, "listed": listed, "loads": orjson.loads}
        self.constants["cents"] = CENTS.json
        self.functions: list[str] = []
        self._names: dict[int, str] = {}
        self._count = 0

    def constant(self, value: Any) -> str:
        """A name for a value; the same name for the same object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = self.name("K")
            self.constants[name] = value
        return name

    def name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def function(self, parameter: str, lines: list[str], result: str) -> str:
        """Define a helper of one parameter inside the function; returns its name."""
        name = self.name("f")
        body = [*lines, f"return {result}"]
        self.functions.append(
            f"    def {name}({parameter}):\n" + "".join(f"        {line}\n" for line in body)
        )
        return name

    def compile(self, parameters: str, lines: list[str], result: str) -> Shape:
        """The finished function."""
        source = (
            f"def shape({parameters}):\n"
            + "".join(self.functions)
            + "".join(f"    {line}\n" for line in lines)
            + f"    return {result}\n"
        )
        scope = dict(self.constants)
        # The text is made of names and constants of ours; what clients send never enters it
        # except as response keys, which are written as string literals.
        exec(compile(source, "<shaper>", "exec"), scope)  # noqa: S102 - generating code is the point
        shape: Shape = scope["shape"]
        return shape


def guarded(name: str, written: str, *, nullable: bool) -> str:
    """The expression, unless the variable is null: then null, or the end of the plan."""
    return f"({written} if {name} is not None else {'None' if nullable else 'null()'})"


def display(items: Mapping[str, str]) -> str:
    """A dict display: response keys and the expressions of their values."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items.items()) + "}"


def row_loop(
    columns: int, body: list[str], *, keyed: bool = False, tail: bool = False
) -> list[str]:
    """A loop over rows with one variable per column: before them the owner's key, if there is
    one, and after them the values of the sort key, if they are wanted.
    """
    names = "".join(f"c{n}, " for n in range(columns))
    target = f"{'k, ' if keyed else ''}{names}{'*tail' if tail else ''}"
    return [f"for {target} in rows:", *(f"    {line}" for line in body)]
