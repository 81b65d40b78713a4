"""Puts real objects in the example variables of registered operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{(\w+)\}")


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """The value with `{invoice}` and its like replaced by what they name."""
    match value:
        case str() if found := _PLACE.fullmatch(value):
            return names[found[1]]
        case dict():
            return {key: filled(inner, names) for key, inner in value.items()}
        case list():
            return [filled(inner, names) for inner in value]
        case _:
            return value
