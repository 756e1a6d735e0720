"""Carriers that give a number and perhaps a label for a parcel, each behind one method; which one, is said of the carrier partner.

`OwnRange` needs no network: the house was given a range of numbers by its carrier, in the style of the postal union's S10, two letters,
eight digits with their check digit, and a country: `EC 00000001 4 CN`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from wms.errors import Invalid
from wms.i18n import T

METHODS = ("own_range",)
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_SERVICE, _COUNTRY = re.compile(r"[A-Z]{2}"), re.compile(r"[A-Z]{2}")


class AccountWrong(Invalid):
    """A carrier cannot be worked with like that."""

    code = "carrier_account"
    sentence = T("{what} is wrong: {value}", "{what}有误：{value}")


class CarrierTrouble(Exception):
    """The carrier did not answer, or says no for now: it is tried again."""


@dataclass(frozen=True, slots=True)
class ToBook:
    """A parcel as a carrier is told of it. `reference` is the same however often it is asked: one parcel is booked once.

    `serial` is a number that the house took for this parcel beforehand, and never gives again; it counts from 1 in the carrier's range.
    """

    reference: str
    serial: int
    order: str
    shipment: str
    sscc: str
    weight_grams: int | None
    ship_to: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Booked:
    """What the carrier gives: its number, and a label where it has one of its own, as a PDF."""

    tracking: str
    label_pdf: bytes | None = None


class Carrier(Protocol):
    """Whoever carries parcels and numbers them."""

    def book(self, parcel: ToBook) -> Booked:
        """The number for a parcel. Asked again with the same reference it answers the same. Raises CarrierTrouble."""


class OwnRange:
    """Numbers from a range that the carrier gave to the house: two letters, eight digits, a check digit, a country."""

    def __init__(self, service: str, country: str, first: int, last: int) -> None:
        self.service, self.country, self.first, self.last = service, country, first, last

    def book(self, parcel: ToBook) -> Booked:
        """The number that belongs to the parcel's serial."""
        number = self.first + parcel.serial - 1
        if number > self.last:
            raise CarrierTrouble("the range is used up")
        return Booked(f"{self.service}{number:08d}{check_digit(number)}{self.country}")


def check_digit(number: int) -> int:
    """The check digit of eight digits: weights 8 6 4 2 3 5 9 7, eleven less the remainder; 10 is 0 and 11 is 5."""
    total = sum(int(digit) * weight for digit, weight in zip(f"{number:08d}", _WEIGHTS, strict=True))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def is_right(tracking: str) -> bool:
    """Whether a number of this style has its check digit."""
    found = re.fullmatch(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}", tracking)
    return found is not None and check_digit(int(found[1])) == int(found[2])


def range_of(settings: dict[str, Any]) -> tuple[str, ...]:
    """What makes a range another one: its letters and where it begins. Where it ends may change as the carrier gives more."""
    return tuple(str(settings.get(name) or "") for name in ("service", "country", "first"))


def of(method: str, settings: dict[str, Any]) -> Carrier:
    """The carrier that these settings mean. Raises AccountWrong."""
    if method not in METHODS:
        raise AccountWrong(pointer="/method", what=T("The method", "方式"), value=method[:40])
    service, country = str(settings.get("service") or ""), str(settings.get("country") or "")
    for pattern, value, name, what in (
        (_SERVICE, service, "service", T("The service, two letters,", "业务代码（两个字母）")),
        (_COUNTRY, country, "country", T("The country, two letters,", "国家代码（两个字母）")),
    ):
        if not pattern.fullmatch(value):
            raise AccountWrong(pointer=f"/{name}", what=what, value=value[:40])
    first, last = int(settings.get("first") or 0), int(settings.get("last") or 0)
    if not 0 < first <= last <= 99_999_999:
        raise AccountWrong(pointer="/first", what=T("The range", "号段"), value=f"{first}–{last}")
    return OwnRange(service, country, first, last)
