"""Goods come in: checked against what was announced, booked at the dock on a plate of their own, and offered for putaway."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.orders import announced, differences
from wms.orders.announced import Announced, Content
from wms.orders.models import AnnouncedStatus, Difference, DifferenceKind, InboundLine, InboundOrder
from wms.receiving import booking, deliveries, dock_units, putaway, whole_plates
from wms.receiving.booking import Booked, Part
from wms.receiving.space import Goods
from wms.stock import handling_units, nesting
from wms.stock.models import Condition, HandlingUnit
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind


class NoDock(Refused):
    """Goods are received at a dock."""

    code = "no_dock"
    sentence = T("{location} is no dock", "{location} 不是收货月台")
    advice = T("Scan the dock where the goods stand", "请扫描货物所在的收货月台")


class PlateLacks(Refused):
    """The sender left out what must be known of the goods."""

    code = "plate_lacks"
    sentence = T("Plate {code} does not say the {what} of {sku}", "托盘 {code} 的通知中没有 {sku} 的{what}")
    advice = T("Receive the goods on it one by one", "请逐件收其上货物")


class PlateOfAnother(Refused):
    """It is announced with another delivery."""

    code = "plate_of_another"
    sentence = T("Plate {code} belongs to {other}", "托盘 {code} 属于 {other}")
    advice = T("Scan {other} first", "请先扫描 {other}")


class PlateInParts(Refused):
    """Some of what stands on it came before it."""

    code = "plate_in_parts"
    sentence = T("Something of plate {code} was received before", "托盘 {code} 的部分内容已先收货")
    advice = T("Scan each carton that is still to come", "请逐箱扫描未收的部分")


class PlateDivided(Refused):
    """Some of what stands on it goes another way than the rest: one plate has one way."""

    code = "plate_divided"
    sentence = T("Plate {code}: {sku} goes apart from the rest ({condition})", "托盘 {code}：{sku} 须与其他货物分开（{condition}）")
    advice = T("Scan each carton by itself, or receive the goods on it one by one", "请逐箱扫描，或逐件收其上货物")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken in: the plate it stands on, the (first) line it fills, and the work of putting it away."""

    movement_id: int
    order: InboundOrder
    line: InboundLine
    unit: HandlingUnit
    quantity: int
    task: Task
    condition: Condition


@dataclass(frozen=True, slots=True)
class PlateReceipt:
    """An announced plate that was taken in, with all that stands on it."""

    movement_ids: list[int]
    order: InboundOrder
    unit: HandlingUnit
    quantity: int
    units: int
    booked: list[Booked]


def check_in(
    order_id: int,
    product: Product,
    quantity: int,
    *,
    dock_id: int,
    by: Actor,
    key: str,
    company_prefix: str,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    produced_on: dt.date | None = None,
    condition: Condition = Condition.GOOD,
    unit_code: str | None = None,
    arrival_id: int | None = None,
    objection: DifferenceKind | None = None,
    reason: str | None = None,
) -> Receipt:
    """Takes goods in against an inbound order, at a dock, on a handling unit of their own (the supplier's, when its code is given).

    Where one line has no room for all of it, it fills the lines of the product in their order: one plate and one putaway, a movement
    for each line. Damaged goods come in as damaged and count as received and rejected: they do not fill the order. With an `objection`
    goods are taken in that should not have come (more than ordered, not ordered, too old, another lot): they stand blocked until
    somebody decides. Each of these, and what is over within the tolerance, is noted as a difference.

    Raises InboundUnknown, InboundClosed, NoDock, UnitInUse, OwnNumber, Gs1CheckDigit, and what `booking.book` raises.
    """
    order, dock = deliveries.lock_open(order_id), dock_at(dock_id, by)
    unit = dock_units.plate(product, quantity, dock, by, company_prefix, unit_code)
    part = Part(
        product=product, quantity=quantity, unit=unit, lot=lot, expires_on=expires_on, produced_on=produced_on, condition=condition,
        objection=objection, reason=reason,
    )  # fmt: skip
    (booked,) = booking.book(order, [part], dock=dock, by=by, key=key, arrival_id=arrival_id)
    goods = Goods(product, booked.batch_id, quantity, booked.condition, unit.id)
    task = putaway.offer(goods, dock, inbound_line_id=booked.line_id, document=order.number, by=by)
    return Receipt(booked.movement_id, order, booked.shares[0][0], unit, quantity, task, booked.condition)


def check_in_serials(
    order_id: int,
    product: Product,
    serials: Sequence[str],
    *,
    dock_id: int,
    by: Actor,
    key: str,
    company_prefix: str,
    unit_code: str | None = None,
    arrival_id: int | None = None,
) -> PlateReceipt:
    """Takes in pieces with these serial numbers on one plate, as one act: all of them, or none. Raises what `check_in` raises."""
    order, dock = deliveries.lock_open(order_id), dock_at(dock_id, by)
    unit = dock_units.plate(product, len(serials), dock, by, company_prefix, unit_code)
    parts = [Part(product=product, quantity=1, unit=unit, lot=serial) for serial in serials]
    return _on_one_plate(order, unit, parts, 1, dock=dock, by=by, key=key, arrival_id=arrival_id)


def check_in_plate(
    order_id: int, sscc: str, *, dock_id: int, by: Actor, key: str, company_prefix: str, arrival_id: int | None = None
) -> PlateReceipt:
    """Takes in an announced plate by its number: all that the sender says stands on it, with the units that stand on it.

    Raises PlateNotAnnounced, PlateCameAlready, PlateOfAnother, PlateInParts, PlateLacks, and what `check_in` raises.
    """
    order, dock = deliveries.lock_open(order_id), dock_at(dock_id, by)
    plate = announced.find(sscc, by=by)
    if plate.order_id != order.id:
        raise PlateOfAnother(code=plate.sscc, other=plate.number)
    if plate.status is not AnnouncedStatus.ANNOUNCED:
        raise announced.PlateCameAlready(code=plate.sscc, when=plate.arrived_at)
    if len(plate.still_to_come()) != len(list(plate.stack())):
        raise PlateInParts(code=plate.sscc)
    for sku, missing in plate.missing.items():
        raise PlateLacks(code=plate.sscc, sku=sku, what=_LACKING[missing[0]])
    units = _stand_up(plate, dock, by=by, company_prefix=company_prefix)
    parts = [part for one in plate.stack() for content in one.contents for part in _parts_of(content, units[one.sscc])]
    receipt = _on_one_plate(order, units[plate.sscc], parts, len(units), dock=dock, by=by, key=key, arrival_id=arrival_id)
    announced.arrived(plate, by=by, became={code: unit.id for code, unit in units.items()})
    return receipt


_LACKING: dict[str, Text] = {
    "lot": T("lot", "批号"),
    "expires_on": T("expiry date", "到期日"),
    "serials": T("serial numbers", "序列号"),
}


def _parts_of(content: Content, unit: HandlingUnit) -> Iterator[Part]:
    product, until = content.product, content.expires_on
    if until is None and content.produced_on and product.shelf_life_days:
        until = content.produced_on + dt.timedelta(days=product.shelf_life_days)
    if product.tracking == Tracking.SERIAL:
        for serial in content.serials:
            yield Part(product=product, quantity=1, unit=unit, lot=serial, produced_on=content.produced_on)
        return
    yield Part(product=product, quantity=content.quantity, unit=unit, lot=content.lot, expires_on=until, produced_on=content.produced_on)


def _stand_up(plate: Announced, dock: Location, *, by: Actor, company_prefix: str) -> dict[str, HandlingUnit]:
    """The units of an announced plate, standing at the dock on each other as announced."""
    units: dict[str, HandlingUnit] = {}
    for one in plate.stack():
        unit = dock_units.empty_at(dock, one.sscc, one.kind, by=by, company_prefix=company_prefix)
        units[one.sscc] = unit
        if one is not plate and one.parent is not None and unit.parent_id != units[one.parent].id:
            handling_units.lock_trees(unit.id, units[one.parent].id)
            nesting.put_on(unit, units[one.parent])
    return units


def _on_one_plate(
    order: InboundOrder,
    unit: HandlingUnit,
    parts: list[Part],
    units: int,
    *,
    dock: Location,
    by: Actor,
    key: str,
    arrival_id: int | None,
) -> PlateReceipt:
    """Books several parts that go to their place together, by one scan of the plate."""
    booked = booking.book(order, parts, dock=dock, by=by, key=key, arrival_id=arrival_id)
    if len({one.condition for one in booked}) > 1:
        odd = next(one for one in booked if one.condition is not Condition.GOOD)
        raise PlateDivided(code=unit.code, sku=odd.part.product.sku, condition=odd.condition.text)
    work: list[dict[str, object]] = [
        {
            "priority": putaway.PRIORITY,
            "document": order.number,
            "inbound_line_id": one.line_id,
            "product_id": one.part.product.id,
            "batch_id": one.batch_id,
            "handling_unit_id": one.part.unit.id if one.part.unit else None,
            "quantity": one.part.quantity,
            "source_id": dock.id,
            "reasons": [],
        }
        for one in booked
    ]
    queue.offer_all(TaskKind.PUTAWAY, work, site_id=by.site_id)
    whole_plates.aim(unit, by=by)
    quantity = sum(one.part.quantity for one in booked)
    return PlateReceipt([one.movement_id for one in booked], order, unit, quantity, units, booked)


def turn_away(
    order_id: int,
    kind: DifferenceKind,
    *,
    by: Actor,
    product: Product | None = None,
    quantity: int | None = None,
    scanned: str | None = None,
    reason: str | None = None,
    arrival_id: int | None = None,
    text: str | None = None,
) -> Difference:
    """Notes goods that were not taken in, or papers that did not come. Raises InboundClosed."""
    order = deliveries.lock_open(order_id)
    lines = deliveries.lines_of(order.id, product.id) if product else []
    reason = reason or ("TURNED_AWAY" if product is not None and kind is not DifferenceKind.SHORT else None)
    return differences.note(
        kind, by=by, inbound=order, product=product, quantity=quantity, scanned=scanned, reason=reason, arrival_id=arrival_id, text=text,
        inbound_line_id=lines[0].id if lines else None,
    )  # fmt: skip


def undo_check_in(movement_ids: Sequence[int], *, by: Actor, key: str) -> list[InboundLine]:
    """Takes receipts back while the goods still stand at the dock, untouched; an announced plate is expected again. The lines that they
    had filled. Raises what `booking.take_back` raises.
    """
    lines = booking.take_back(movement_ids, by=by, key=key)
    announced.not_come(movement_ids, by=by)
    return lines


def dock_at(location_id: int, by: Actor) -> Location:
    """The dock with this id at the person's site. Raises NotFound, NoDock."""
    dock = session.get(Location, location_id)
    if dock is None or dock.site_id != by.site_id:
        raise NotFound(what=T("location", "库位"), code=location_id)
    must_be_dock(dock)
    return dock


def must_be_dock(location: Location) -> None:
    """Raises NoDock for any other place."""
    if location.kind != Kind.DOCK:
        raise NoDock(location=location.code)
