"""Values: how a stored value is shown, on the ordinary road and in a compiled answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

from strawberry.types.base import StrawberryContainer
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType

from domain.clock import instant_text
from domain.db import day_of, instant_of
from schema.scalars import decimal_text


@dataclass(frozen=True)
class Codec:
    """How a stored value is shown. Both accept what a row or a model holds, never None.

    `python` gives what the scalar serialises on the ordinary road; `json` gives what the answer
    holds on the compiled road. They must agree.
    """

    python: Callable[[Any], Any]
    json: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _cents(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


def _cents_text(value: int) -> str:
    if value < 0:
        return "-" + _cents_text(-value)
    return f"{value // 100}.{value % 100:02d}"


def _instant_text(value: datetime | str) -> str:
    if not isinstance(value, str):
        return instant_text(value)
    # As drivers and the ORM write an instant in UTC, with and without microseconds.
    if value[-6:] == "+00:00":
        if len(value) == 32:
            return f"{value[:10]}T{value[11:23]}Z"
        if len(value) == 25:
            return f"{value[:10]}T{value[11:19]}.000Z"
    return instant_text(datetime.fromisoformat(value))


def _number(value: Decimal | str) -> Decimal:
    return Decimal(value)


_number_text = lru_cache(maxsize=8192)(decimal_text)


def stored(value: Any) -> Any:
    """An enum's value, as tables hold it."""
    return value.value if isinstance(value, Enum) else value


TEXT = Codec(_same, _same)
CENTS = Codec(_cents, _cents_text)  # a whole number of cents, shown as Decimal
INSTANT = Codec(instant_of, _instant_text)
DAY = Codec(day_of, _same)  # orjson writes dates as GraphQL does
NUMBER = Codec(_number, _number_text)  # decimal text
FLAG = Codec(bool, bool)
CODE = Codec(stored, stored)  # an enum, stored as its value

_BY_TYPE: Mapping[object, Codec] = {
    datetime: INSTANT,
    date: DAY,
    Decimal: NUMBER,
    bool: FLAG,
}


def named(type_: Any) -> Any:
    """The type inside lists, optionals and lazy references."""
    while True:
        if isinstance(type_, StrawberryContainer):
            type_ = type_.of_type
        elif isinstance(type_, LazyType):
            type_ = type_.resolve_type()
        else:
            return type_


def codec_for(type_: Any) -> Codec:
    """The codec of a type of which nothing more was said."""
    type_ = named(type_)
    if isinstance(type_, StrawberryEnumDefinition) or hasattr(type_, "__strawberry_definition__"):
        return CODE
    return _BY_TYPE.get(type_, TEXT)
