"""Scalars: what a value looks like on the wire, and what is refused at the door.

Each scalar is a Python type (or a `NewType` of text) and one row of `SCALARS`, which the schema
object is given as its map of scalars.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NewType

import strawberry
from graphql import GraphQLNamedType
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from domain.clock import instant_text

Siret = NewType("Siret", str)
Siren = NewType("Siren", str)
VatNumber = NewType("VatNumber", str)
Iban = NewType("Iban", str)
Bic = NewType("Bic", str)
CountryCode = NewType("CountryCode", str)
CurrencyCode = NewType("CurrencyCode", str)
EventCursor = NewType("EventCursor", str)
EmailAddress = NewType("EmailAddress", str)
Url = NewType("Url", str)
Sha256 = NewType("Sha256", str)
Json = NewType("Json", object)

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)


def decimal_text(value: Decimal | int | str) -> str:
    """Plain notation: never an exponent."""
    return format(value if isinstance(value, Decimal) else Decimal(value), "f")


def decimal_of(value: object) -> Decimal:
    """Read a decimal number given as text, or as a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _DECIMAL.match(value):
        raise _refused(
            "Decimal", value, 'text such as "1234.50": up to 15 digits, a point, up to 8 digits'
        )
    return Decimal(value)


def date_of(value: object) -> dt.date:
    """Read a civil date."""
    if isinstance(value, str) and _DATE.match(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise _refused("Date", value, 'a real date such as "2026-11-20", years 0001 to 9999')


def instant_of(value: object) -> dt.datetime:
    """Read an instant; the time zone must be said."""
    if isinstance(value, str) and _DATE_TIME.match(value):
        try:
            return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    raise _refused(
        "DateTime", value, 'an instant with its time zone such as "2026-11-20T09:15:22.123Z"'
    )


def _refused(name: str, value: object, expected: str) -> StrawberryInputCoercionError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return StrawberryInputCoercionError(f"{name} cannot represent {shown}: expected {expected}.")


def _text(name: str, pattern: str, expected: str) -> Callable[[object], str]:
    """A reader of text in a given form. No form admits a NUL character."""
    form = re.compile(rf"(?:{pattern})\Z")

    def read(value: object) -> str:
        if not isinstance(value, str) or "\x00" in value or not form.match(value):
            raise _refused(name, value, expected)
        return value

    return read


def _plain(value: str) -> str:
    return value


def _scalar(
    name: str,
    description: str,
    url: str,
    serialize: Callable[..., object],
    parse: Callable[[object], object],
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=url,
        serialize=serialize,
        parse_value=parse,
    )


def _code(name: str, pattern: str, expected: str, description: str, url: str) -> ScalarDefinition:
    return _scalar(name, description, url, _plain, _text(name, pattern, expected))


# fmt: off
SCALARS: Mapping[object, ScalarDefinition] = {
    Decimal: _scalar(
        "Decimal",
        "Nombre décimal. An exact decimal number written as text in plain notation, up to 15 digits"
        " before and 8 after the point; never an exponent.",
        "https://www.w3.org/TR/xmlschema11-2/#decimal", decimal_text, decimal_of),
    dt.date: _scalar(
        "Date",
        "Date. A civil date of the portal (Europe/Paris), `YYYY-MM-DD`.",
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6", dt.date.isoformat, date_of),
    dt.datetime: _scalar(
        "DateTime",
        "Instant. RFC 3339; always given in UTC with milliseconds and `Z`, accepted with any"
        " offset.",
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6", instant_text, instant_of),
    Siret: _code(
        "Siret", r"[0-9]{14}", "14 digits",
        "SIRET. The 14 digits of a French establishment.",
        "https://www.insee.fr/fr/metadonnees/definition/c1841"),
    Siren: _code(
        "Siren", r"[0-9]{9}", "9 digits",
        "SIREN. The 9 digits of a French legal entity.",
        "https://www.insee.fr/fr/metadonnees/definition/c2047"),
    VatNumber: _code(
        "VatNumber", r"[A-Z]{2}[0-9A-Z+*]{2,13}", "a country code, then up to 13 signs",
        "Numéro de TVA intracommunautaire. A VAT number of the European Union.",
        "https://taxation-customs.ec.europa.eu/vat-identification-numbers_en"),
    Iban: _code(
        "Iban", r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", "an IBAN without spaces",
        "IBAN. An international bank account number without spaces.",
        "https://www.iso.org/standard/81090.html"),
    Bic: _code(
        "Bic", r"[A-Z]{6}[0-9A-Z]{2}([0-9A-Z]{3})?", "8 or 11 signs",
        "BIC. A business identifier code.",
        "https://www.iso.org/standard/84108.html"),
    CountryCode: _code(
        "CountryCode", r"[A-Z]{2}", "two capital letters",
        "Pays. An ISO 3166-1 country code of two letters.",
        "https://www.iso.org/iso-3166-country-codes.html"),
    CurrencyCode: _code(
        "CurrencyCode", r"[A-Z]{3}", "three capital letters",
        "Devise. An ISO 4217 currency code.",
        "https://www.iso.org/iso-4217-currency-codes.html"),
    EventCursor: _code(
        "EventCursor", r"[0-9A-Za-z_-]{1,200}", "a cursor given by this server",
        "Curseur d'évènement. An opaque place in the event log: what comes after it is not yet"
        " read.",
        "https://relay.dev/graphql/connections.htm#sec-Cursor"),
    EmailAddress: _code(
        "EmailAddress", r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,185}\.[^\s@<>\".]{2,63}",
        "an e-mail address",
        "Adresse électronique. An e-mail address.",
        "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address"),
    Url: _code(
        "Url", r"https?://[^\s\x00-\x20\x7f]{1,2000}", "an http or https URL",
        "Adresse web. An absolute http or https URL.",
        "https://www.rfc-editor.org/rfc/rfc3986"),
    Sha256: _code(
        "Sha256", r"[0-9a-f]{64}", "64 hexadecimal digits in lower case",
        "Empreinte SHA-256. A SHA-256 digest in lower-case hexadecimal.",
        "https://csrc.nist.gov/pubs/fips/180-4/upd1/final"),
    Json: _scalar(
        "JSON",
        "JSON. Any JSON value; used only for raw payloads.",
        "https://www.rfc-editor.org/rfc/rfc8259", lambda value: value, lambda value: value),
}
# fmt: on

# Scalars whose values are written as they are.
_PLAIN_TEXT = frozenset(d.name for d in SCALARS.values() if d.serialize is _plain)


def is_plain_text(type_: GraphQLNamedType) -> bool:
    """Whether a stored text is already what the answer holds."""
    return type_.name in _PLAIN_TEXT
