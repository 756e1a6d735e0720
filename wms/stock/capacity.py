"""What may lie where: storage class, temperature, height, mixing, weight, volume, places for handling units and the maximum of a pick
face. This is the one place that says so, for suggestions, for what a worker chooses, and for goods that are moved by hand.

Space is taken by what lies in a place and by what open work will bring there. A limit is refused with its figures.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms.catalog.models import Packaging, Product, Temperature
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location, Mixing
from wms.stock.models import HandlingUnit, Stock


class LocationFull(Refused):
    """It does not fit."""

    code = "location_full"
    sentence = T(
        "{location} has no room: {what} {have} and {more} more, at most {most}",
        "{location} 放不下：{what} 已有 {have}，再加 {more}，上限 {most}",
    )
    advice = T("Choose another location, or move less", "请选择其他库位，或减少数量")


class LocationKept(LocationFull):
    """It would fit, if nothing else were on its way there."""

    code = "location_kept"
    sentence = T("{location} is kept for other goods that are on their way", "{location} 已预留给正在上架的其他货物")
    advice = T("Choose another location", "请选择其他库位")


class NotTogether(Refused):
    """The location holds something these goods may not lie with."""

    code = "mixing_not_allowed"
    sentence = T("{location} takes one {what} only and holds another", "{location} 只能放一种{what}，已有其他")
    advice = T("Choose an empty location", "请选择空库位")


class MixedInItself(NotTogether):
    """Goods that differ among themselves, for a place that takes one of a kind."""

    sentence = T("{location} takes one {what} only, and these are several", "{location} 只能放一种{what}，而这里有多种")
    advice = T("Choose a location where goods may be mixed", "请选择可混放的库位")


class StorageClassDiffers(Refused):
    """The product needs another kind of storage."""

    code = "storage_class_differs"
    sentence = T("{sku} needs storage class {needed}; {location} is {given}", "{sku} 要求存储类别 {needed}，{location} 为 {given}")
    advice = T("Choose a location of that class", "请选择该类别的库位")


class TemperatureDiffers(Refused):
    """The product is kept colder, or warmer."""

    code = "temperature_differs"
    sentence = T("{sku} is kept {needed}; {location} is {given}", "{sku} 要求{needed}，{location} 为{given}")
    advice = T("Choose a location of that temperature", "请选择该温区的库位")


class TooTall(Refused):
    """There is a beam above it."""

    code = "too_tall"
    sentence = T("{location} is {most} mm high, and this is {height} mm", "{location} 限高 {most} 毫米，货物高 {height} 毫米")
    advice = T("Choose a higher location, or take goods off", "请选择更高的库位，或拆低货物")


class FaceOfAnother(Refused):
    """A pick face is assigned to one product."""

    code = "face_of_another_product"
    sentence = T("Pick face {location} belongs to {owner}, not {sku}", "拣货位 {location} 属于 {owner}，不是 {sku}")
    advice = T("Choose a storage location", "请选择存储位")


class Bounds(Protocol):
    """What a place says about itself: a location, a row of its columns, or a group of empty bins that are alike."""

    @property
    def kind(self) -> str: ...
    @property
    def mixing(self) -> str: ...
    @property
    def max_weight_grams(self) -> int | None: ...
    @property
    def max_volume_cm3(self) -> int | None: ...
    @property
    def max_units(self) -> int | None: ...
    @property
    def max_height_mm(self) -> int | None: ...
    @property
    def storage_class(self) -> str | None: ...
    @property
    def temperature(self) -> str | None: ...
    @property
    def assigned_product_id(self) -> int | None: ...
    @property
    def assigned_maximum(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Carried:
    """What a location carries, as some goods see it."""

    weight_grams: int = 0
    volume_mm3: int = 0
    units: int = 0
    own: int = 0
    """Pieces of the same product."""
    same: int = 0
    """Pieces of the same batch."""
    other_products: bool = False
    other_batches: bool = False


NOTHING = Carried()


@dataclass(frozen=True, slots=True)
class Piece:
    """So much of one batch; the batch may be not known yet."""

    product: Product
    quantity: int
    batch_id: int | None = None


@dataclass(slots=True)
class Cargo:
    """What asks for a place, all of it together: loose goods, or a handling unit with all that is in it."""

    pieces: Sequence[Piece]
    in_unit: bool = False
    unit_id: int | None = None
    height_mm: int | None = None
    """Measured on arrival or told; else found when somebody asks (`tallest`)."""
    weight_grams: int = field(init=False)
    volume_mm3: int = field(init=False)

    def __post_init__(self) -> None:
        self.weight_grams = sum(one.quantity * one.product.weight_grams for one in self.pieces)
        self.volume_mm3 = sum(one.quantity * one.product.volume_mm3 for one in self.pieces)

    @property
    def quantity(self) -> int:
        """Pieces in all."""
        return sum(one.quantity for one in self.pieces)

    @property
    def products(self) -> set[int]:
        """The products that it holds."""
        return {one.product.id for one in self.pieces}

    @property
    def batches(self) -> set[int | None]:
        """The batches that it holds."""
        return {one.batch_id for one in self.pieces}


def tallest(cargo: Cargo) -> int:
    """How high it stands: the unit as measured; else the largest packaging that goes into each quantity; else one piece. 0 is unknown."""
    if cargo.height_mm is None:
        unit, box = table_of(HandlingUnit).c, table_of(Packaging).c
        measured = session.execute(sa.select(unit.height_mm).where(unit.id == cargo.unit_id)).scalar() if cargo.unit_id else None
        cargo.height_mm = measured or 0
        if not measured:
            boxes = session.execute(
                sa.select(box.product_id, box.quantity, box.height_mm)
                .where(box.product_id.in_(cargo.products), box.height_mm > 0)
                .order_by(box.quantity)
            ).all()
            for one in cargo.pieces:
                fitting = [row.height_mm for row in boxes if row.product_id == one.product.id and row.quantity <= one.quantity]
                cargo.height_mm = max(cargo.height_mm, fitting[-1] if fitting else one.product.height_mm)
    return cargo.height_mm


# -- what a place carries ------------------------------------------------------------------------------------------------------

_S, _P, _U = table_of(Stock), table_of(Product), table_of(HandlingUnit)
# Work that brings goods to its target. Tasks lie above stock in the house, so they are named as text.
_T = sa.table(
    "tasks", *(sa.column(name) for name in ("id", "target_id", "product_id", "batch_id", "handling_unit_id", "quantity", "status", "kind"))
)
BRINGS = ("putaway", "replenish", "put_back")
LIVE = ("waiting", "open", "claimed")


def brings() -> sa.ColumnElement[bool]:
    """Of tasks: whether it is work that is not over and brings goods to its target."""
    return sa.and_(_T.c.status.in_(LIVE), _T.c.kind.in_(BRINGS))


def _carrying() -> sa.Select[Any]:
    """Every row that lies at `:places` or is on its way there (but by the tasks `:without`), with the lowest unit of its stack."""
    places: Any = bindparam("places", expanding=True)
    lying = sa.select(
        _S.c.location_id.label("place"), _S.c.product_id, _S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand.label("quantity"),
        sa.literal(0).label("coming"),
    ).where(_S.c.location_id.in_(places), _S.c.on_hand > 0)  # fmt: skip
    coming = sa.select(
        _T.c.target_id, _T.c.product_id, _T.c.batch_id, _T.c.handling_unit_id, sa.func.coalesce(_T.c.quantity, 0), sa.literal(1)
    ).where(_T.c.target_id.in_(places), brings(), _T.c.id.not_in(bindparam("without", expanding=True)))
    both = sa.union_all(lying, coming).subquery("both")
    outermost = sa.func.coalesce(_U.c.root_id, _U.c.id)
    return (
        sa.select(
            both.c.place, both.c.coming, both.c.product_id, both.c.batch_id, outermost, both.c.quantity,
            _P.c.weight_grams, _P.c.length_mm, _P.c.width_mm, _P.c.height_mm,
        )
        .select_from(both)
        .outerjoin(_P, _P.c.id == both.c.product_id)
        .outerjoin(_U, _U.c.id == both.c.handling_unit_id)
    )  # fmt: skip


_CARRYING = _carrying()


@dataclass(frozen=True, slots=True)
class Load:
    """What a place carries: what lies there, and with what is on its way."""

    lying: Carried = NOTHING
    whole: Carried = NOTHING


def carried(places: Collection[int], *, without: Collection[int] = ()) -> dict[int, list[Any]]:
    """The rows of what lies at these places or is comes there, for `load_of`; one statement. Places that carry nothing are left out."""
    rows: dict[int, list[Any]] = {}
    for row in session.execute(_CARRYING, {"places": list(places), "without": list(without) or [0]}):
        rows.setdefault(row[0], []).append(row)
    return rows


def load_of(rows: Sequence[Any], cargo: Cargo) -> Load:
    """What a place carries, as a cargo sees it, from the place's rows in `carried`."""
    products, batches = cargo.products, cargo.batches
    return Load(_sum([row for row in rows if not row[1]], products, batches), _sum(rows, products, batches))


def loads(places: Collection[int], cargo: Cargo, *, without: Collection[int] = ()) -> dict[int, Load]:
    """What each of these places carries, as the cargo sees it; one statement. A place that carries nothing is left out."""
    return {place: load_of(found, cargo) for place, found in carried(places, without=without).items()}


def lying_at(place: int) -> Carried:
    """What lies at a place now, whoever asks."""
    return loads([place], Cargo([])).get(place, Load()).lying


def _sum(rows: Iterable[Any], products: set[int], batches: set[int | None]) -> Carried:
    weight = volume = own = same = 0
    units, others, other_batches = set(), False, False
    for _, _, product, batch, unit, quantity, each_weight, *size in rows:
        if product is not None:
            weight += quantity * each_weight
            volume += quantity * math.prod(size)
        if unit is not None:
            units.add(unit)
        if product in products:
            own += quantity
        else:
            others = True
        if batch in batches:
            same += quantity
        else:
            other_batches = True
    return Carried(weight, volume, len(units), own, same, others, other_batches)


# -- whether it may lie there --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that a place sets some goods, ready to be said; making the sentence is left to whoever needs it."""

    refusal: type[Refused]
    facts: dict[str, Any]

    def of(self, location: str) -> Refused:
        """The refusal, for the place of this code."""
        return self.refusal(**{**self.facts, "location": location})


def limit_of(place: Bounds, cargo: Cargo, has: Carried = NOTHING) -> Limit | None:
    """The first limit that keeps the cargo from lying at a place that carries so much, or None. Asked in this order: storage class,
    temperature, height, the face's product, mixing, weight, volume, pallet places, the face's maximum."""
    return _unsuitable(place, cargo) or _over(place, cargo, has)


_AMBIENT = Temperature.AMBIENT.value


def _unsuitable(place: Bounds, cargo: Cargo) -> Limit | None:
    """What needs no storage class or temperature may lie anywhere; a pick face that belongs to nobody takes any product."""
    if place.kind in (Kind.STORAGE, Kind.PICK_FACE):
        for one in cargo.pieces:
            needed, kept = one.product.storage_class, one.product.temperature
            if needed and place.storage_class != needed:
                given: Any = place.storage_class or T("without", "无")
                return Limit(StorageClassDiffers, {"sku": one.product.sku, "needed": needed, "given": given})
            if kept and (place.temperature or _AMBIENT) != kept:
                facts = {"needed": Temperature(kept).text, "given": Temperature(place.temperature or _AMBIENT).text}
                return Limit(TemperatureDiffers, {"sku": one.product.sku, **facts})
    if place.max_height_mm is not None and tallest(cargo) > place.max_height_mm:
        return Limit(TooTall, {"height": tallest(cargo), "most": place.max_height_mm})
    if place.kind == Kind.PICK_FACE and place.assigned_product_id is not None and cargo.products != {place.assigned_product_id}:
        other = next(one.product for one in cargo.pieces if one.product.id != place.assigned_product_id)
        return Limit(FaceOfAnother, {"owner": _Sku(place.assigned_product_id), "sku": other.sku})
    return None


class _Sku:
    """The code of a product, looked up when it is said."""

    def __init__(self, product_id: int) -> None:
        self.product_id = product_id

    def __str__(self) -> str:
        return str(session.execute(sa.select(_P.c.sku).where(_P.c.id == self.product_id)).scalar_one())


_PRODUCT, _BATCH = T("product", "商品"), T("batch", "批次")
_GRAMS, _CUBIC, _PALLETS, _PIECES = T("grams", "克重"), T("cubic centimetres", "立方厘米"), T("pallets", "托盘数"), T("pieces", "件数")


def _over(place: Bounds, cargo: Cargo, has: Carried) -> Limit | None:
    if place.mixing == Mixing.ONE_PRODUCT and (has.other_products or len(cargo.products) > 1):
        return Limit(NotTogether if has.other_products else MixedInItself, {"what": _PRODUCT})
    if place.mixing == Mixing.ONE_BATCH and (has.other_batches or len(cargo.batches) > 1):
        return Limit(NotTogether if has.other_batches else MixedInItself, {"what": _BATCH})
    most = place.max_weight_grams
    if most is not None and cargo.weight_grams and has.weight_grams + cargo.weight_grams > most:
        return _full(_GRAMS, has.weight_grams, cargo.weight_grams, most)
    most = place.max_volume_cm3
    if most is not None and cargo.volume_mm3 and has.volume_mm3 + cargo.volume_mm3 > most * 1000:
        return _full(_CUBIC, has.volume_mm3 // 1000, -(-cargo.volume_mm3 // 1000), most)
    most = place.max_units
    if most is not None and cargo.in_unit and place.kind != Kind.PICK_FACE and has.units + 1 > most:
        return _full(_PALLETS, has.units, 1, most)
    most = place.assigned_maximum
    if most is not None and has.own + cargo.quantity > most:
        return _full(_PIECES, has.own, cargo.quantity, most)
    return None


def most_pieces(place: Bounds, product: Product, has: Carried, *, at_most: int) -> int:
    """How many loose pieces of a product more a place takes by weight, volume and the face's maximum; never more than `at_most`."""
    room = at_most
    if place.max_weight_grams is not None and product.weight_grams:
        room = min(room, (place.max_weight_grams - has.weight_grams) // product.weight_grams)
    if place.max_volume_cm3 is not None and product.volume_mm3:
        room = min(room, (place.max_volume_cm3 * 1000 - has.volume_mm3) // product.volume_mm3)
    if place.assigned_maximum is not None:
        room = min(room, place.assigned_maximum - has.own)
    return max(0, room)


def _full(what: Text, have: int, more: int, most: int) -> Limit:
    return Limit(LocationFull, {"what": what, "have": have, "more": more, "most": most})


def has_place_for_unit(location: Location) -> bool:
    """Whether one more handling unit finds a place there, beside what lies there and what open work brings; its row is then locked."""
    if location.max_units is None:
        return True
    session.execute(sa.select(Location.id).where(Location.id == location.id).with_for_update(key_share=True))
    return loads([location.id], Cargo([])).get(location.id, Load()).whole.units < location.max_units


def must_fit(
    location: Location,
    product: Product,
    quantity: int,
    *,
    batch_id: int | None = None,
    in_unit: bool = False,
    unit_id: int | None = None,
    without: Collection[int] = (),
) -> None:
    """`must_take` for goods of one batch."""
    must_take(location, Cargo([Piece(product, quantity, batch_id)], in_unit, unit_id), without=without)


def must_take(location: Location, cargo: Cargo, *, without: Collection[int] = (), lying_only: bool = False) -> None:
    """Raises StorageClassDiffers, TemperatureDiffers, TooTall, FaceOfAnother, NotTogether, LocationFull, LocationKept unless the goods
    may lie there and find room beside what lies there and what open work brings, but for the tasks `without`. With `lying_only`, work
    that is on its way keeps no place: whoever comes first puts down.

    A location without limits costs nothing. Where there are some, its row is locked before anything is weighed, so that of two
    fork-lifts with the last place one waits and is refused.
    """
    limit = _unsuitable(location, cargo)
    if limit is not None:
        raise limit.of(location.code)
    limits = (location.max_weight_grams, location.max_volume_cm3, location.max_units, location.assigned_maximum)
    if location.mixing == Mixing.ANY and limits == (None, None, None, None):
        return
    session.execute(sa.select(Location.id).where(Location.id == location.id).with_for_update(key_share=True))
    load = loads([location.id], cargo, without=without).get(location.id, Load())
    limit = _over(location, cargo, load.lying if lying_only else load.whole)
    if limit is None:
        return
    if not lying_only and _over(location, cargo, load.lying) is None:
        raise LocationKept(location=location.code)
    raise limit.of(location.code)
