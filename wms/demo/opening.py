"""Opening stock with its real age: the oldest batch on the pick face, younger ones in reserve, some of it damaged or in inspection."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from random import Random

from wms import clock
from wms.catalog.models import Tracking
from wms.demo import walk
from wms.demo.floor import Bin
from wms.demo.goods import COMPANY, Article
from wms.demo.people import Crew
from wms.demo.sizes import Size
from wms.locations.places import find_location
from wms.stock.handling_units import new_unit
from wms.stock.models import Condition, UnitKind
from wms.stock.operations import adjust

OLDEST_DAYS = 200
LOTS_A_BIN = 4
MORNING = dt.timedelta(hours=9)
REASON = "期初库存 Opening stock"
DATED = "CR-2015"
"""The product that shows what dates do: one lot of it has expired, the other will soon, and fresh ones are announced."""


class Opening:
    """Puts opening stock on the book and remembers how many pieces there are to order, and which pick faces run low."""

    def __init__(self, crew: Crew, faces: dict[str, Article], racks: Sequence[Bin], random: Random) -> None:
        self.pieces: dict[str, int] = {}
        self.low: set[str] = set()  # products whose pick face is below its minimum
        self._by = crew["supervisor"]
        self._random = random
        self._faces = {one.sku: code for code, one in faces.items()}
        self._reserve = {
            place: _four_times([one.code for one in racks if not one.is_face and (one.zone, one.storage_class) == place])
            for place in {(one.zone, one.storage_class) for one in racks}
        }
        self._numbers = itertools.count(1)

    def stock(self, goods: Sequence[Article], size: Size) -> None:
        """All of it."""
        for one in goods:
            self._shelve(one)
        for one in self._random.sample(list(goods[6:]), size.of(8, 3)):
            self._put(one, "DEFECT-1", self._random.randint(1, 3), days=self._age(), condition=Condition.DAMAGED)
        for one in self._random.sample(list(goods[6:]), size.of(5, 2)):
            self._put(one, "QC-1", one.family.case, days=self._random.randint(1, 6), condition=Condition.INSPECTION)
        self._put(goods[6], "QC-1", 4, days=20, condition=Condition.BLOCKED)
        for one in goods[6 : size.of(18, 9)]:
            self._put(one, "CONS-LUOYANG", self._random.randint(2, 8), days=self._age())

    def _shelve(self, one: Article) -> None:
        face = self._faces.get(one.sku)
        if one.sku == walk.SKU:  # its face runs low and nothing is in reserve, so what arrives goes straight to it
            assert face == walk.BIN, "the README sends people there"
            self._put(one, face, 4, days=90)
            return
        if one.sku == DATED:
            self._dated(one, face)
            return
        ages = sorted((self._age() for _ in range(3)), reverse=True)
        if face:
            family = one.family
            low = self._random.random() < 0.12
            amount = self._random.randint(1, family.minimum - 1) if low else self._random.randint(family.minimum + 4, family.maximum)
            self._put(one, face, amount, days=ages[0])
            self.pieces[one.sku] = amount
            if low:
                self.low.add(one.sku)
        lots = 2 if one.style.abc == "A" else 1
        for days in ages[1 : 1 + lots]:
            amount = one.family.case * self._random.randint(1, 3)
            where = next(self._reserve[one.family.zone, one.style.storage_class])
            self._put(one, where, amount, days=days, on_plate=self._random.random() < 0.3)
            self.pieces[one.sku] = self.pieces.get(one.sku, 0) + amount

    def _dated(self, one: Article, face: str | None) -> None:
        today = clock.today()
        soon = next(self._reserve[one.family.zone, None])
        self._put(one, soon, 7, days=OLDEST_DAYS, expires_on=today - dt.timedelta(days=6))
        self._put(one, face or soon, 30, days=190, expires_on=today + dt.timedelta(days=24))
        self.pieces[one.sku] = 30

    def _age(self) -> int:
        return self._random.randint(2, OLDEST_DAYS)

    def _put(
        self,
        one: Article,
        location: str,
        quantity: int,
        *,
        days: int,
        condition: Condition = Condition.GOOD,
        expires_on: dt.date | None = None,
        on_plate: bool = False,
    ) -> None:
        number = next(self._numbers)
        received = clock.today() - dt.timedelta(days=days)
        style = one.style
        if style.tracking is Tracking.EXPIRY and expires_on is None:
            expires_on = received + dt.timedelta(days=(style.shelf_life_days or 0) - 30)
        with clock.back_to(clock.begins(received) + MORNING):  # each is booked on the day it came
            adjust(
                one.sku,
                location,
                quantity,
                by=self._by,
                key=f"opening:{number}",
                lot=None if style.tracking is Tracking.NONE else f"{received:%y%m%d}-{number % 100:02d}",
                received_on=received,
                expires_on=expires_on,
                condition=condition,
                handling_unit=self._plate(location) if on_plate else None,
                company_prefix=COMPANY,
                reason=REASON,
            )

    def _plate(self, location: str) -> str:
        place = find_location(location, by=self._by)
        return new_unit(UnitKind.PALLET, location_id=place.id, site_id=self._by.site_id, company_prefix=COMPANY).code


def _four_times(codes: Sequence[str]) -> Iterator[str]:
    """Every reserve bin for some lots, one bin after the other, so that what belongs together lies together and bins stay empty."""
    return itertools.cycle([code for code in codes for _ in range(LOTS_A_BIN)])
