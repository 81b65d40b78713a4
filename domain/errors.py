"""What the product refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["ERROR", "WARNING"]


@dataclass(frozen=True)
class Problem:
    """One rule that the input breaks: where, which rule, why and what to do about it.

    `path` points into the caller's input, in the caller's own field names.
    """

    code: str
    path: tuple[str, ...]
    rule: str
    fr: str
    en: str
    remedy_fr: str
    remedy_en: str
    params: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = "ERROR"


class Refused(Exception):
    """An expected refusal. It carries every problem found, never only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.rule} at {'.'.join(p.path)}: {p.en}" for p in problems))
        self.problems = problems


class Invalid(Refused):
    """The input breaks rules."""


class Forbidden(Refused):
    """The caller sees the object but may not do this to it."""


class NotFound(Refused):
    """There is no such object for this caller. An unseen object is not found, never forbidden."""


class WrongStatus(Refused):
    """The life cycle has no such step from where the document stands."""


class Duplicate(Refused):
    """Something with the same business key exists."""


class Conflict(Refused):
    """The object changed since the caller read it."""


class IdempotencyKeyReused(Refused):
    """The key was already used with another input."""


class Unauthenticated(Exception):
    """The operation needs a caller and there is none."""


class Denied(Exception):
    """The caller holds none of the permissions that the root field asks for."""

    def __init__(self, *permissions: str) -> None:
        super().__init__("one of these permissions is needed: " + ", ".join(permissions))
        self.permissions = permissions
