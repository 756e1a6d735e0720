"""The hall: racks between cross-aisles, stations along the front, and shelves at two customers that are ours.

Goods come in at the docks in the front on the left, go round through the racks, and leave by the doors on the right. Aisles run from
the front to the back, 3 m apart, with racks on both sides: odd bays on the left, even ones on the right, 1.2 m each. The two lower
levels are pick faces, the two above them reserve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wms.actor import Actor
from wms.demo.goods import Article
from wms.demo.sizes import Size
from wms.locations.models import Kind
from wms.locations.places import Assigned, find_location, put_location
from wms.picking import cart_kinds
from wms.picking.cart_kinds import CartFacts
from wms.stock import handling_units
from wms.stock.models import UnitKind

AISLE_PITCH, BAY, TO_RACK = 3_000, 1_200, 700
FIRST_AISLE, FIRST_BAY = 5_000, 9_600
LEVELS_MM = {1: 200, 2: 900, 3: 1_800, 4: 3_000}
ZONES = {"A": "W", "B": "W", "C": "M", "D": "M", "E": "T", "F": "K"}
"""Women's shoes, men's shoes, textiles, kids' shoes and care."""
FLAMMABLE = "flammable"
_FLAMMABLE_BAY = ("F", 1)


@dataclass(frozen=True)
class Bin:
    """A place in a rack."""

    code: str
    aisle: str
    bay: int
    level: int

    @property
    def zone(self) -> str:
        """The zone of its aisle."""
        return ZONES[self.aisle]

    @property
    def is_face(self) -> bool:
        """Whether pieces are picked here; above are full cases in reserve."""
        return self.level <= 2

    @property
    def storage_class(self) -> str | None:
        """One bay is a fire-proof cabinet."""
        return FLAMMABLE if (self.aisle, self.bay) == _FLAMMABLE_BAY else None

    @property
    def at(self) -> tuple[int, int, int]:
        """Where it is, in millimetres."""
        right = self.bay % 2 == 0
        x = FIRST_AISLE + (ord(self.aisle) - ord("A")) * AISLE_PITCH + (TO_RACK if right else -TO_RACK)
        return x, FIRST_BAY + (self.bay - 1) // 2 * BAY, LEVELS_MM[self.level]


def bins(size: Size) -> list[Bin]:
    """Every place in the racks, in the order of their codes."""
    aisles = {"A": 12, "B": 12, "C": 12, "D": 12, "E": 12, "F": 11} if size is Size.FULL else {"A": 6, "C": 6, "E": 4, "F": 4}
    return [
        Bin(f"{aisle}-{bay:02d}-{level}", aisle, bay, level)
        for aisle, last in aisles.items()
        for bay in range(1, last + 1)
        for level in LEVELS_MM
    ]


@dataclass(frozen=True)
class Station:
    """A place that is no rack."""

    code: str
    kind: Kind
    x_mm: int
    y_mm: int
    partner: str | None = None


STATIONS = (
    Station("DOCK-1", Kind.DOCK, 2_000, 1_000),
    Station("DOCK-2", Kind.DOCK, 5_500, 1_000),
    Station("DOCK-3", Kind.DOCK, 9_000, 1_000),
    Station("QC-1", Kind.INSPECTION, 1_500, 5_000),
    Station("PACK-1", Kind.PACKING, 12_000, 6_000),
    Station("PACK-2", Kind.PACKING, 15_000, 6_000),
    Station("PACK-3", Kind.PACKING, 18_000, 6_000),
    Station("STAGE-1", Kind.STAGING, 14_000, 3_500),
    Station("STAGE-2", Kind.STAGING, 19_000, 3_500),
    Station("DOOR-1", Kind.DOOR, 13_000, 1_000),
    Station("DOOR-2", Kind.DOOR, 16_500, 1_000),
    Station("DOOR-3", Kind.DOOR, 20_000, 1_000),
    Station("DEFECT-1", Kind.DEFECT, 1_500, 7_000),
    Station("SCRAP-1", Kind.SCRAP, 1_500, 8_500),
    Station("CONS-LUOYANG", Kind.CONSIGNMENT, 0, 0, "C-1001"),
    Station("CONS-KAIFENG", Kind.CONSIGNMENT, 0, 0, "C-1002"),
)


CART, POSITIONS = "CART-12", 12
TOTES = tuple(f"T-{number:02d}" for number in range(1, POSITIONS + 1))
"""Codes that anybody can type who has no scanner."""
TOTES_AT = "PACK-3"


def put_cart(*, by: Actor) -> None:
    """A kind of cart for several orders at once, and its empty totes, stacked beside a packing place."""
    facts = CartFacts(POSITIONS, name="12 位拣货车 · 12 totes", tote_weight_grams=15_000, tote_volume_cm3=60_000, max_weight_grams=150_000)
    cart_kinds.put(CART, facts, by=by)
    place = find_location(TOTES_AT, by=by)
    for code in TOTES:
        handling_units.new_unit(UnitKind.TOTE, location_id=place.id, site_id=by.site_id, company_prefix="", code=code)


def put_floor(racks: Sequence[Bin], faces: dict[str, Article], *, by: Actor) -> None:
    """Puts the locations in; `faces` says which product each pick face is for."""
    for station in STATIONS:
        _put_station(station, by)
    for one in racks:
        _put_bin(one, faces.get(one.code), by)


def _put_station(station: Station, by: Actor) -> None:
    put_location(
        station.code,
        by=by,
        kind=station.kind,
        x_mm=station.x_mm,
        y_mm=station.y_mm,
        allow_negative=station.kind is Kind.CONSIGNMENT,
        partner=station.partner,
    )


def _put_bin(one: Bin, owner: Article | None, by: Actor) -> None:
    x, y, z = one.at
    put_location(
        one.code,
        by=by,
        kind=Kind.PICK_FACE if one.is_face else Kind.STORAGE,
        zone=one.zone,
        aisle=one.aisle,
        bay=f"{one.bay:02d}",
        level=str(one.level),
        x_mm=x,
        y_mm=y,
        z_mm=z,
        max_weight_grams=200_000 if one.is_face else 600_000,
        max_volume_cm3=480_000 if one.is_face else 1_300_000,
        max_units=None if one.is_face else 6,
        storage_class=one.storage_class,
        assigned=Assigned(owner.sku, owner.family.minimum, owner.family.maximum) if owner else None,
    )


def assign_faces(racks: Sequence[Bin], goods: Sequence[Article]) -> dict[str, Article]:
    """A pick face for the products of each zone, fast ones first, as far as faces go; the rest is picked from reserve."""
    free = {zone: _faces(racks, zone, None) for zone in dict.fromkeys(ZONES.values())}
    fireproof = _faces(racks, "K", FLAMMABLE)
    assigned: dict[str, Article] = {}
    for one in sorted(goods, key=lambda article: article.style.abc):
        if one.family.maximum == 0:
            continue
        place = next(fireproof if one.style.storage_class else free[one.family.zone], None)
        if place is not None:
            assigned[place.code] = one
    return assigned


def _faces(racks: Sequence[Bin], zone: str, storage_class: str | None) -> Iterator[Bin]:
    return iter([one for one in racks if one.is_face and one.zone == zone and one.storage_class == storage_class])
