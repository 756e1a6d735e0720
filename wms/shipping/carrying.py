"""How much a load carries and may carry: weight, volume, pallet places, and how cold it is kept. Over-capacity is refused with its figure.

What nobody has weighed or measured is counted and said, never guessed: a load of three cartons without a weight weighs at least so much.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import events
from wms.actor import Actor, Permission
from wms.catalog.models import Product, Temperature
from wms.db import session
from wms.errors import Forbidden, Invalid, Refused
from wms.i18n import T, Text
from wms.orders.models import Order, OrderLine
from wms.shipping.fleet import Capacity, capacity_of
from wms.shipping.models import Load, Shipment, Vehicle
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage, Stock, UnitKind


class OverCapacity(Refused):
    """More than the truck may carry."""

    code = "over_capacity"
    sentence = T("{number} would carry {figure}", "{number} 将超载：{figure}")
    advice = T(
        "Put it on another load; a supervisor may allow it with a reason, at the desk or by scanning it here",
        "请改装其他车；主管可在办公台放行，或在此扫描该件并选原因放行",
    )


class TooWarm(Refused):
    """The truck is not kept as the goods are."""

    code = "truck_temperature_differs"
    sentence = T("{sku} of {order} is kept {needed}; {number} is {given}", "{order} 的 {sku} 要求{needed}，{number} 为{given}")
    advice = T("Put it on a truck of that temperature", "请改装相应温区的车辆")


class OverloadForbidden(Forbidden):
    """Only a supervisor lets a truck carry more."""

    code = "overload_forbidden"
    sentence = T("Only a supervisor may allow more than the truck's capacity", "只有主管可以放行超载")


class LimitForbidden(Forbidden):
    """Whoever loads does not say what the truck may carry."""

    code = "limit_forbidden"
    sentence = T("Only a supervisor raises or drops what a truck may carry", "只有主管可以提高或取消装载限额")
    advice = T("Name another vehicle of the fleet, or ask a supervisor", "请改选车辆档案中的其他车辆，或请主管处理")


class OverloadWhy(Invalid):
    """Whoever allows it says why."""

    code = "reason_needed"
    sentence = T("Say why it may carry more", "请填写放行超载的原因")


@dataclass(frozen=True)
class Measure:
    """How much some goods weigh and fill: what is known of it, and of how many units it is not known."""

    weight_grams: int = 0
    volume_cm3: int = 0
    pallets: int = 0
    unweighed: int = 0
    unmeasured: int = 0

    def __add__(self, other: Measure) -> Measure:
        return Measure(
            self.weight_grams + other.weight_grams,
            self.volume_cm3 + other.volume_cm3,
            self.pallets + other.pallets,
            self.unweighed + other.unweighed,
            self.unmeasured + other.unmeasured,
        )

    @property
    def unknown(self) -> list[Text]:
        """What is not known, in words: 3 units without a weight."""
        said = []
        if self.unweighed:
            said.append(T("{n} {n:unit/units} without a weight", "{n} 件无重量", n=self.unweighed))
        if self.unmeasured:
            said.append(T("{n} {n:unit/units} without a size", "{n} 件无尺寸", n=self.unmeasured))
        return said


def kilograms(grams: int, decimals: int | None = None) -> str:
    """1,240 kg; 7.5 kg."""
    if decimals is None:
        decimals = 0 if grams >= 100_000 or grams % 1000 == 0 else 1
    return f"{grams / 1000:,.{decimals}f} kg"


def cubic_metres(cm3: int, decimals: int | None = None) -> str:
    """12.40 m³."""
    return f"{cm3 / 1_000_000:,.{2 if decimals is None else decimals}f} m³"


@dataclass(frozen=True)
class Figure:
    """One measure of a load beside its limit."""

    name: Text
    planned: int
    loaded: int
    most: int | None
    unit: str
    """`weight`, `volume` or `places`."""

    def written(self, amount: int) -> Text:
        """An amount as people write it."""
        if self.unit == "places":
            return T("{n}", "{n}", n=amount)
        text = kilograms(amount) if self.unit == "weight" else cubic_metres(amount)
        return T(text, text)

    @property
    def over(self) -> bool:
        """Whether more is planned than may go."""
        return self.most is not None and self.planned > self.most


# -- measuring ---------------------------------------------------------------------------------------------------------

_root = aliased(HandlingUnit)
# Known only where each product in it is: the products' own measures stand in for a unit that nobody weighed or measured.
_GOODS_GRAMS = sa.case((sa.func.min(Product.weight_grams) > 0, sa.func.sum(sa.cast(Reservation.quantity, sa.Float) * Product.weight_grams)))
_PIECE_MM3 = sa.cast(Product.length_mm, sa.Float) * Product.width_mm * Product.height_mm
_GOODS_MM3 = sa.case((sa.func.min(_PIECE_MM3) > 0, sa.func.sum(Reservation.quantity * _PIECE_MM3)))
_UNIT_MM3 = sa.cast(HandlingUnit.length_mm, sa.Float) * HandlingUnit.width_mm * HandlingUnit.height_mm


def _units() -> sa.Select[Any]:
    """Each packed unit, the lowest one under it, and what it weighs and fills."""
    return (
        sa.select(
            HandlingUnit.order_id.label("order_id"),
            sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id).label("root"),
            _root.kind.label("root_kind"),
            sa.func.coalesce(sa.cast(HandlingUnit.weight_grams, sa.Float), _GOODS_GRAMS).label("grams"),
            sa.func.coalesce(_UNIT_MM3, _GOODS_MM3).label("mm3"),
        )
        .join(_root, _root.id == sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id))
        .join(Stock, Stock.handling_unit_id == HandlingUnit.id)
        .join(Product, Product.id == Stock.product_id)
        .join(Reservation, Reservation.stock_id == Stock.id)
        .where(Reservation.status == Claim.PENDING.value, Reservation.stage.in_([Stage.PACKED.value, Stage.LOADED.value]))
        .group_by(HandlingUnit.id, _root.kind)
    )


def _not_packed() -> sa.Select[Any]:
    """The goods of each order line that no carton holds yet."""
    return (
        sa.select(
            OrderLine.order_id.label("order_id"),
            sa.null().label("root"),
            sa.null().label("root_kind"),
            _GOODS_GRAMS.label("grams"),
            _GOODS_MM3.label("mm3"),
        )
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([Stage.RESERVED.value, Stage.TO_SORT.value, Stage.PICKED.value]),
        )
        .group_by(OrderLine.id, OrderLine.order_id)
    )


def _summed(query: sa.Select[Any]) -> dict[int, Measure]:
    one = query.subquery()
    pallet = sa.case((one.c.root_kind == UnitKind.PALLET.value, one.c.root))
    rows = session.execute(
        sa.select(
            one.c.order_id,
            sa.func.coalesce(sa.func.sum(one.c.grams), 0),
            sa.func.coalesce(sa.func.sum(one.c.mm3), 0),
            sa.func.count(pallet.distinct()),
            sa.func.count() - sa.func.count(one.c.grams),
            sa.func.count() - sa.func.count(one.c.mm3),
        ).group_by(one.c.order_id)
    )
    return {
        order_id: Measure(round(grams), round(mm3 / 1000), pallets, unweighed, unmeasured)
        for order_id, grams, mm3, pallets, unweighed, unmeasured in rows
    }


def of_orders(order_ids: Collection[int]) -> dict[int, Measure]:
    """What is there of these orders to be loaded, packed or not, by order."""
    wanted = list(order_ids)
    found = _summed(_units().where(HandlingUnit.order_id.in_(wanted)))
    for order_id, more in _summed(_not_packed().where(OrderLine.order_id.in_(wanted))).items():
        found[order_id] = found.get(order_id, Measure()) + more
    return found


def planned(load: Load) -> Measure:
    """What is to go on a load, or is on it."""
    return sum(of_orders(_carried(load)).values(), Measure())


def _carried(load: Load) -> list[int]:
    return list(session.execute(sa.select(Shipment.order_id).where(Shipment.load_id == load.id)).scalars())


def loaded(load: Load) -> Measure:
    """What is on board."""
    return sum(_summed(_units().where(HandlingUnit.load_id == load.id)).values(), Measure())


# -- holding a load to it ----------------------------------------------------------------------------------------------

_WEIGHT, _VOLUME, _PALLETS = T("Weight", "重量"), T("Volume", "体积"), T("Pallet places", "托盘位")


def figures(capacity: Capacity, plan: Measure, aboard: Measure) -> list[Figure]:
    """Weight, volume and pallet places of a load beside what it may carry."""
    return [
        Figure(_WEIGHT, plan.weight_grams, aboard.weight_grams, capacity.max_weight_grams, "weight"),
        Figure(_VOLUME, plan.volume_cm3, aboard.volume_cm3, capacity.max_volume_cm3, "volume"),
        Figure(_PALLETS, plan.pallets, aboard.pallets, capacity.pallet_places, "places"),
    ]


def excess(capacity: Capacity, carried: Measure) -> Text | None:
    """By which figure goods are more than may be carried: "1,240 kg of 1,000 kg"; None where they are not."""
    return next(_excesses(capacity, carried), None)


def _excesses(capacity: Capacity, carried: Measure) -> Iterator[Text]:
    if capacity.max_weight_grams is not None and carried.weight_grams > capacity.max_weight_grams:
        has, most = _told_apart(kilograms, carried.weight_grams, capacity.max_weight_grams)
        yield T("{has} of {most}", "{has}，限载 {most}", has=has, most=most)
    if capacity.max_volume_cm3 is not None and carried.volume_cm3 > capacity.max_volume_cm3:
        has, most = _told_apart(cubic_metres, carried.volume_cm3, capacity.max_volume_cm3)
        yield T("{has} of {most}", "{has}，限装 {most}", has=has, most=most)
    if capacity.pallet_places is not None and carried.pallets > capacity.pallet_places:
        yield T("{has} pallets on {most} places", "{has} 托，仅 {most} 个托盘位", has=carried.pallets, most=capacity.pallet_places)


def _told_apart(written: Callable[[int, int | None], str], has: int, most: int) -> tuple[str, str]:
    """Both as they are written; with more decimals where nobody would see which is more (1,000 kg of 1,000 kg)."""
    for decimals in (None, 2, 3, 4, 5, 6):
        more, less = written(has, decimals), written(most, decimals)
        if _figure(more) > _figure(less):
            break
    return more, less


def _figure(text: str) -> float:
    return float(text.split()[0].replace(",", ""))


def must_fit(load: Load) -> None:
    """What is planned on a load is not more than it may carry, unless a supervisor has allowed it. Raises OverCapacity, TooWarm."""
    capacity = capacity_of(load)
    if not capacity:
        return
    if capacity.temperature:
        _must_be_cold(load, capacity.temperature)
    figure = None if load.overload_reason else excess(capacity, planned(load))
    if figure:
        raise OverCapacity(number=load.number, figure=figure)


def must_not_overload(load: Load) -> None:
    """What is on board is not more than it may carry, unless a supervisor has allowed it. Raises OverCapacity."""
    capacity = capacity_of(load)
    figure = excess(capacity, loaded(load)) if capacity and not load.overload_reason else None
    if figure:
        raise OverCapacity(number=load.number, figure=figure)


def cold_goods(order_ids: Collection[int]) -> list[tuple[int, str, Temperature]]:
    """(order, product, how cold) of the goods in these orders that are not kept as the house is."""
    rows = session.execute(
        sa.select(OrderLine.order_id, Product.sku, Product.temperature)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            OrderLine.order_id.in_(list(order_ids)),
            Product.temperature.is_not(None),
            Product.temperature != Temperature.AMBIENT.value,
            OrderLine.ordered > OrderLine.short + OrderLine.cancelled + OrderLine.shipped,
        )
        .order_by(OrderLine.id)
    )
    return [(order_id, sku, Temperature(cold)) for order_id, sku, cold in rows]


def _must_be_cold(load: Load, given: Temperature) -> None:
    wrong = next(((order_id, sku, cold) for order_id, sku, cold in cold_goods(_carried(load)) if cold != given), None)
    if wrong:
        order_id, sku, cold = wrong
        number = session.get_one(Order, order_id).number
        raise TooWarm(sku=sku, order=number, needed=cold.text, number=load.number, given=given.text)


def must_not_loosen(load: Load, before: Capacity, *, by: Actor) -> None:
    """More than a load was held to is allowed by its vehicle of the fleet, which says so itself, or by a supervisor. Raises
    LimitForbidden."""
    now = capacity_of(load)
    vehicle = session.get(Vehicle, load.vehicle_id) if load.vehicle_id else None
    if now.loosens(before) and not (vehicle is not None and now == capacity_of(vehicle)) and not by.may(Permission.RELEASE_ORDERS):
        raise LimitForbidden


def allow_more(load: Load, reason: str, *, by: Actor) -> None:
    """A supervisor lets a load carry more than it may, and says why. Raises OverloadForbidden, OverloadWhy."""
    if not by.may(Permission.RELEASE_ORDERS):
        raise OverloadForbidden
    if not reason.strip():
        raise OverloadWhy(pointer="/overload_reason")
    load.overload_reason = reason.strip()[:200]
    session.flush()  # the event below is a Core statement
    events.record(load, "load.overload_allowed", by=by, reason=load.overload_reason)
