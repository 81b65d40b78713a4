"""CloudEvents 1.0.2 as its JSON format and its JSON Schema say it, checked by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REQUIRED = ("id", "source", "specversion", "type")
_NAME = re.compile(r"[a-z0-9]{1,20}\Z")
# Characters that the type String excludes.
_EXCLUDED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff﷐-﷯￾￿]")
_INT32 = 2**31


# Each attribute that CloudEvents names, with what its text must be.
_FORMS = {
    "specversion": re.compile(r"1\.0\Z"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z"),
    "datacontenttype": re.compile(r"[\w.+-]+/[\w.+-]+\Z"),
    "dataschema": re.compile(r"[a-z][a-z0-9+.-]*:\S+\Z"),
    "source": re.compile(r"\S+\Z"),
    "subject": re.compile(r".+\Z"),
    "id": re.compile(r".+\Z"),
    "type": re.compile(r".+\Z"),
}


def problems(event: Mapping[str, Any]) -> Iterator[str]:
    """Every rule that a structured event breaks."""
    yield from (f"{name} is required" for name in _REQUIRED if name not in event)
    if "data" in event and "data_base64" in event:
        yield "data and data_base64 exclude each other"
    for name, value in event.items():
        if name not in ("data", "data_base64"):
            yield from _problems_of_attribute(name, value)


def _problems_of_attribute(name: str, value: Any) -> Iterator[str]:
    if not _NAME.match(name):
        yield f"{name}: lower-case letters and digits, at most 20"
    if name in _FORMS and not (isinstance(value, str) and _FORMS[name].match(value)):
        yield f"{name}: {value!r} has not the right form"
    if isinstance(value, str):
        if _EXCLUDED.search(value):
            yield f"{name} holds a character that texts exclude"
    elif isinstance(value, bool):
        return
    elif not (isinstance(value, int) and -_INT32 <= value < _INT32):
        yield f"{name}: {value!r} is no boolean, 32-bit integer or text"
