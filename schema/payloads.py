"""What mutations answer: the object, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import strawberry

from domain.error_codes import ERROR_CODES
from domain.errors import Problem
from domain.reference.words import Words
from domain.rules_text import RULES
from schema.context import Info, Locale, MaybeLocale
from schema.enums import shown_enum
from schema.scalars import EventCursor


class Severity(StrEnum):
    """Whether a problem prevents the operation."""

    ERROR = "ERROR"
    WARNING = "WARNING"


shown_enum(
    Severity,
    "Gravité. An ERROR prevents the operation; a WARNING is advice.",
    {
        Severity.ERROR: Words("Erreur", "Nothing was written"),
        Severity.WARNING: Words("Avertissement", "The operation went on"),
    },
)

_CODES = sorted({rule.code for rule in RULES.values()})
# The members are those of a table: known when the module is loaded, not before.
_enum_of: Any = StrEnum
_codes = _enum_of("ErrorCode", [(code, code) for code in _CODES])
ErrorCode = shown_enum(
    _codes,
    "Code d'erreur. The kind of a problem; `rule` says exactly which one."
    " New codes may appear: treat an unknown one as a refusal.",
    ERROR_CODES,
)


@strawberry.type(description="Paramètre. A named value that a message speaks of.")
class KeyValue:
    key: str = strawberry.field(description="Nom. The name of the parameter.")
    value: str = strawberry.field(description="Valeur. Its value, as text.")


@strawberry.type(
    description="Erreur de saisie. One rule that the input breaks. All of them come at once."
)
class UserError:
    problem: strawberry.Private[Problem]

    @strawberry.field(description="Code. The kind of the problem.", graphql_type=ErrorCode)
    def code(self) -> Any:
        return ErrorCode(self.problem.code)

    @strawberry.field(
        description="Chemin. Where in `input`: field names and list positions from 0; at most 10."
    )
    def path(self) -> list[str]:
        return list(self.problem.path)

    @strawberry.field(
        description="Règle. The identifier of the rule, stable over versions; see `rules`."
    )
    def rule(self) -> str:
        return self.problem.rule

    @strawberry.field(description="Gravité. Whether the problem prevents the operation.")
    def severity(self) -> Severity:
        return Severity(self.problem.severity)

    @strawberry.field(
        description="Message. What is wrong, in the language asked for or that of the request."
    )
    def message(self, info: Info, locale: MaybeLocale = None) -> str:
        chosen = locale or info.context.locale
        return self.problem.en if chosen is Locale.EN else self.problem.fr

    @strawberry.field(description="Remède. What to do about it.")
    def remedy(self, info: Info, locale: MaybeLocale = None) -> str:
        chosen = locale or info.context.locale
        return self.problem.remedy_en if chosen is Locale.EN else self.problem.remedy_fr

    @strawberry.field(description="Paramètres. The values that the message speaks of; at most 10.")
    def params(self) -> list[KeyValue]:
        return [KeyValue(key=k, value=v) for k, v in sorted(self.problem.params.items())]


@strawberry.type(description="Réponse. What every mutation answers.")
class Payload:
    user_errors: list[UserError] = strawberry.field(
        description="Erreurs. Every problem found, at most 1,000; when one is an ERROR nothing was"
        " written."
    )
    replayed: bool = strawberry.field(
        description="Rejoué. True when the idempotency key had already been used with the same"
        " input: nothing was done again, and the object is shown as it is now."
    )
    cursor: EventCursor | None = strawberry.field(
        description="Curseur. The place in the event log just after what this mutation wrote."
    )


def payload_type(
    name: str, field: str, of: Any, description: str, more: Mapping[str, tuple[Any, str]]
) -> type[Payload]:
    """The payload of one mutation: `field` is the object, null when the mutation was refused."""
    namespace: dict[str, Any] = {"__annotations__": {}}
    for shown, (type_, words) in {field: (of, description), **more}.items():
        namespace["__annotations__"][shown] = type_ | None
        namespace[shown] = strawberry.field(description=words, default=None)
    return strawberry.type(
        type(name, (Payload,), namespace),
        name=name,
        description="Réponse. The object, or the problems that prevented the operation.",
    )


def user_errors(problems: Sequence[Problem]) -> list[UserError]:
    """The problems as the API shows them."""
    return [UserError(problem=p) for p in problems]
