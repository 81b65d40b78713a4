"""JSON Schema as far as ours use it: where a value breaks one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def problems(schema: Mapping[str, Any], value: Any, at: str = "") -> Iterator[str]:
    """Where a value breaks a schema, for the keywords that ours use."""
    assert schema.keys() <= _KEYWORDS, schema.keys() - _KEYWORDS
    wanted = schema.get("type")
    one_of = [wanted] if isinstance(wanted, str) else wanted
    if one_of and type(value) not in [_TYPES[name] for name in one_of]:
        yield f"{at}: {value!r} is no {wanted}"
        return
    for keyword, holds in _CHECKS.items():
        if keyword in schema and not holds(schema[keyword], value):
            yield f"{at}: {value!r} breaks {keyword} {schema[keyword]!r}"
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from problems(inner, value[name], f"{at}.{name}")


_CHECKS: Mapping[str, Callable[[Any, Any], bool]] = {
    "const": lambda given, value: value == given,
    "enum": lambda given, value: value in given,
    "pattern": lambda given, value: re.search(given, value) is not None,
    "minimum": lambda given, value: value >= given,
    "required": lambda given, value: set(given) <= value.keys(),
    "anyOf": lambda given, value: any(not list(problems(one, value)) for one in given),
    "items": lambda given, value: not any(list(problems(given, one)) for one in value),
}
_KEYWORDS = {
    "$schema", "title", "description", "type", "properties", "required", "anyOf", "const", "enum",
    "pattern", "minimum", "format", "additionalProperties", "minItems", "maxItems", "items",
    "examples",
}  # fmt: skip
