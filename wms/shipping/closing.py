"""The truck is closed when everything is on board, or when a supervisor signs for what is missing; and opened again before the gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.catalog.units import amount
from wms.db import session
from wms.errors import Forbidden, Refused
from wms.i18n import T, Text
from wms.numbers import document_number
from wms.orders.models import Order, OrderLine
from wms.shipping import coming_off, loads, to_board
from wms.shipping.models import Load, Shipment
from wms.shipping.models import LoadStatus as S
from wms.shipping.words import tail
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage
from wms.tasks.models import TaskStatus


class LoadEmpty(Refused):
    """Nothing is on board."""

    code = "load_empty"
    sentence = T("Nothing is on board of {number}", "{number} 上没有货物")
    advice = T("Load something, or discard the load", "请先装车，或作废此装车单")


class LoadNotComplete(Refused):
    """Something is missing, and nobody signed for it."""

    code = "load_not_complete"
    sentence = T("{missing} still missing on {number}: {what}", "{number} 还缺 {missing} 项：{what}")
    advice = T("Load it, or ask a supervisor to release it", "请装齐，或由主管放行")


class ReleaseForbidden(Forbidden):
    """Only a supervisor lets a truck close without everything."""

    code = "release_forbidden"
    sentence = T("Only a supervisor may release missing units", "只有主管可以放行缺件")


class SealWanted(Refused):
    """The house seals its trucks, and nobody said why this one goes without."""

    code = "seal_wanted"
    sentence = T("{number} has no seal", "{number} 没有封签号")
    advice = T("Enter the number of its seal, or say why it has none", "请填写封签号，或说明无封签的原因")


class LoadIsOpen(Refused):
    """There is nothing to open."""

    code = "load_open"
    sentence = T("{number} is not closed", "{number} 尚未封车")
    advice = T("Change it as it is", "可直接修改")


@dataclass(frozen=True)
class Missing:
    """What is not on board: units by code, pieces that are not packed yet by order number, and what lacks of orders that go complete."""

    units: tuple[str, ...]
    unpacked: tuple[tuple[str, Text], ...]
    short: tuple[tuple[str, Text], ...] = ()

    def __len__(self) -> int:
        return len(self.units) + len(self.unpacked) + len(self.short)

    @property
    def words(self) -> Text:
        """A short list for the sentence of a refusal."""
        units = [tail(code) for code in self.units[:4]]
        more = len(self.units) - len(units)
        open_ = [T("{n} of {number} not packed", "{number} 有 {n}未打包", n=n, number=number) for number, n in self.unpacked[:3]]
        words = T("{n} of {number} short, and it goes complete", "{number} 须整单发运，缺 {n}")
        short = [words.with_facts(n=n, number=number) for number, n in self.short[:3]]
        said = [*(T(code, code) for code in units), *([T(f"{more} more", f"另有 {more} 件")] if more else []), *open_, *short]
        return T(", ".join(one.say("en") for one in said), "，".join(one.say("zh_CN") for one in said))


def missing(load: Load) -> Missing:
    """What should be on board and is not: packed units, goods picked or being picked that no carton holds yet, and what came up short of
    orders that go complete."""
    carried = [one.order_id for one in loads.shipments_on(load)]
    units = session.execute(
        to_board.units(HandlingUnit.code).where(Shipment.load_id == load.id).order_by(Shipment.stop.desc(), HandlingUnit.id)
    ).scalars()
    return Missing(tuple(units), tuple(_unpacked(carried)), tuple(_short(carried)))


def _unpacked(order_ids: list[int]) -> list[tuple[str, Text]]:
    """Orders with goods that no carton holds yet, and how many, in their own unit."""
    rows = session.execute(
        sa.select(Order.number, Product.decimals, Product.base_unit, sa.func.sum(Reservation.quantity))
        .select_from(Reservation)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            Order.id.in_(order_ids),
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([Stage.RESERVED.value, Stage.TO_SORT.value, Stage.PICKED.value]),
        )
        .group_by(Order.id, Order.number, Product.decimals, Product.base_unit)
        .order_by(Order.id)
    ).all()
    return _by_order(rows)


def _short(order_ids: list[int]) -> list[tuple[str, Text]]:
    """Orders that are to go complete and of which something came up short, with how much."""
    rows = session.execute(
        sa.select(Order.number, Product.decimals, Product.base_unit, sa.func.sum(OrderLine.short))
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Order.id.in_(order_ids), Order.ship_complete, OrderLine.short > 0)
        .group_by(Order.id, Order.number, Product.decimals, Product.base_unit)
        .order_by(Order.id)
    ).all()
    return _by_order(rows)


def _by_order(rows: Iterable[Any]) -> list[tuple[str, Text]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    for number, decimals, unit, quantity in rows:
        found.setdefault(number, []).append((int(quantity), decimals, unit))
    return [(number, amount(goods)) for number, goods in found.items()]


def close_load(
    load_id: int, *, by: Actor, seal: str | None = None, reason: str | None = None, no_seal: str | None = None, sealed: bool = False
) -> Load:
    """Closes the truck and issues its gate pass: when everything is on board, or when a supervisor releases what is missing, with a reason.

    Orders of which nothing is on board come off the load; of the others the rest waits for another load. Where trucks are `sealed`, one
    without a seal needs `no_seal`, the reason for it, which stands on the gate pass. Raises LoadEmpty, PlateMissing, StillToComeOff,
    LoadNotComplete, ReleaseForbidden, SealWanted, LoadIsClosed, LoadHasLeft.
    """
    load = loads.open_for_loading(load_id)
    orders = loads.lock_orders(one.order_id for one in loads.shipments_on(load))
    units = loads.on_board(load)
    if not units:
        raise LoadEmpty(number=load.number)
    if not (load.plate or load.vehicle):
        raise loads.PlateMissing(number=load.number)
    coming_off.must_be_off(load)
    lacking = missing(load)
    if lacking and not reason:
        raise LoadNotComplete(missing=len(lacking), number=load.number, what=lacking.words)
    if lacking and not by.may(Permission.RELEASE_ORDERS):
        raise ReleaseForbidden
    load.seal = (seal or "").strip()[:60] or load.seal
    load.no_seal = None if load.seal else (no_seal or "").strip()[:200] or None
    if sealed and not (load.seal or load.no_seal):
        raise SealWanted(number=load.number)
    loads.MOVES.check(load.number, S(load.status), S.CLOSED)
    _leave_behind(load, orders, {unit.order_id for unit in units}, by, reason)
    load.gate_pass = document_number(loads.PASSES, Load.gate_pass)
    load.status = S.CLOSED.value
    load.closed_at = clock.now()
    load.closed_units = len(units)
    loads.end_tasks(load, TaskStatus.DONE)
    session.flush()  # the event below is a Core statement
    numbers = [number for number, _ in (*lacking.unpacked, *lacking.short)]
    facts = {"reason": reason, "missing": [*lacking.units, *numbers]} if lacking else {}
    facts |= {"no_seal": load.no_seal} if load.no_seal else {}
    events.record(load, "load.closed", by=by, gate_pass=load.gate_pass, units=len(units), seal=load.seal, **facts)
    return load


def _leave_behind(load: Load, orders: dict[int, Order], aboard: set[int | None], by: Actor, reason: str | None) -> None:
    for shipment in loads.shipments_on(load):
        if shipment.order_id not in aboard:
            shipment.load_id = shipment.stop = None
            events.record(orders[shipment.order_id], "order.left_behind", by=by, load=load.number, reason=reason)
        elif shipment.packed_at is None:  # it goes without the rest
            shipment.packed_at = clock.now()


def reopen(load_id: int, *, by: Actor, reason: str | None = None) -> Load:
    """Opens a closed load again, for changes before the gate: its gate pass is void and its seal broken. Raises LoadHasLeft, LoadIsOpen."""
    load = loads.lock(load_id)
    if load.status == S.LEFT:
        raise loads.LoadHasLeft(number=load.number, ago=loads.since(load.left_at))
    if load.status != S.CLOSED:
        raise LoadIsOpen(number=load.number)
    loads.MOVES.check(load.number, S.CLOSED, S.LOADING)
    void, broken = load.gate_pass, load.seal
    load.status = S.LOADING.value
    load.gate_pass = load.closed_at = load.closed_units = load.seal = load.no_seal = None
    if loads.shipments_on(load):  # nobody is sent to a truck whose orders were cancelled
        loads.offer_loading(load, priority=5)
    events.record(load, "load.reopened", by=by, gate_pass=void, seal=broken, reason=reason)
    return load
