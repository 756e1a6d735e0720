"""Changing an order that the warehouse works on, until it has left: fewer pieces, lines out, another address, carrier, time or priority.

`intended` reckons what a wanted state differs in and what that means on the floor, and writes nothing; `change` does it. Fewer pieces are a
cancellation of a part, by the same means: the least advanced goods first, what has left the rack goes back by tasks. A carton that holds
too much, or the wrong label, is open again until somebody at the bench has closed it; one that was on a truck comes off.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import Goods, T, Text, listed, units
from wms.orders import bench, gate, giving_up, keys, lifecycle, paying_back, queries, stopping
from wms.orders.giving_up import IN_CARTONS, Held, Part, Where
from wms.orders.lines import NewLine, read_lines
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.orders.outside import BOOKINGS, SHIPMENTS
from wms.orders.queries import Named
from wms.stock.models import HandlingUnit
from wms.tasks import urgency
from wms.tasks.models import LIVE, Task, TaskKind

S = OrderStatus
INTERCEPTABLE = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)
ON_THE_LABEL = ("ship_to", "carrier")


class ChangeTooLate(Refused):
    """Nothing of it can be changed any more."""

    code = "too_late_to_change"
    sentence = T("{number} is {state}: it cannot be changed any more", "{number} 已是“{state}”，不能再修改")
    advice = T("What the customer does not want comes back as a return", "客户不要的货物请走销售退货")


class OnlyLess(Refused):
    """The warehouse has been told what to bring; more of it is another order."""

    code = "only_less"
    sentence = T("Line {line} has {now}: once released it can only become less", "第 {line} 行现为 {now}：放行后只能减少")
    advice = T("Enter another order for more", "需要增加请另建订单")


class NothingNew(Refused):
    """A line that the order does not have."""

    code = "nothing_new"
    sentence = T("{number} is released: no line can be added", "{number} 已放行，不能新增明细")
    advice = T("Enter another order for it", "请另建订单")


class OtherGoods(Refused):
    """Another product, or another lot."""

    code = "line_is_fixed"
    sentence = T("Line {line} is for {sku}: once released only its quantity changes", "第 {line} 行为 {sku}：放行后只能改数量")
    advice = T("Take the line out, and enter another order", "请删除该行，另建订单")


class OtherTerms(Refused):
    """Other wishes about the same goods: they were chosen by those of the release."""

    code = "line_terms_are_fixed"
    sentence = T(
        "Line {line}: remaining life and batches were settled when it was released",
        "第 {line} 行：剩余效期与同一批次的要求在放行时已定",
    )
    advice = T("Take the line out, and enter another order", "请删除该行，另建订单")


class StillWaits(Refused):
    """Nobody would bring it any more, and the order would wait for it."""

    code = "still_waits"
    sentence = T("{number} still waits for stock: {goods}", "{number} 仍待到货：{goods}")
    advice = T("Order so many fewer, then nothing is sent later", "请先减去待到货的数量，再取消欠货补发")


class PartHasLeft(Refused):
    """Some of it is with the customer."""

    code = "part_has_left"
    sentence = T("{shipped} of line {line} have left", "第 {line} 行已发货 {shipped}")
    advice = T("Leave that many; what comes back is a return", "数量不能低于已发货数；退回的请走销售退货")


class NothingWanted(Refused):
    """All lines out is a cancellation."""

    code = "cancel_instead"
    sentence = T("Nothing of {number} would be left", "{number} 将没有任何货物")
    advice = T("Cancel the order instead", "请直接取消订单")


class ServicesFixed(Refused):
    """What the packer is asked for is settled at release."""

    code = "services_fixed"
    sentence = T("{number} is released: its value-added work stays", "{number} 已放行，增值加工不能修改")
    advice = T("Tell the supervisor at the bench", "请告知打包主管")


class AddressIncomplete(Invalid):
    """No carrier can deliver there."""

    code = "address_incomplete"
    sentence = T("The address lacks: {missing}", "收货地址缺少：{missing}")


@dataclass(frozen=True)
class Carton:
    """A unit of the order that is opened again: for pieces that come out, or for another label."""

    id: int
    code: str
    load: str | None
    out: Goods
    """What comes out of it."""


@dataclass(frozen=True)
class Intent:
    """What a wanted state differs in, and what it takes on the floor."""

    changes: tuple[dict[str, Any], ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    cartons: tuple[Carton, ...] = ()
    relabel: bool = False
    leaves_load: str | None = None
    products: Mapping[int, Named] = field(default_factory=dict)
    """Of each line."""

    @property
    def means(self) -> list[Text]:
        """What happens, in words for whoever asks for it."""
        return [*_of_parts(self), *_of_cartons(self), *_of_load(self)]

    @property
    def mark(self) -> str:
        """By which what is asked for is known again. What it means on the floor goes on with every scan, and is no part of it."""
        return hashlib.sha256(json.dumps(self.changes, default=str).encode()).hexdigest()


# -- what it differs in --------------------------------------------------------------------------------------------------


def intended(
    order: Order,
    *,
    header: Sequence[dict[str, Any]],
    values: Mapping[str, Any],
    lines: Sequence[NewLine] | None,
) -> Intent:
    """What a released order would have to change into; `header` and `values` are what of its own fields is different, told and to be
    written. Raises ChangeTooLate, OnlyLess, NothingNew, OtherGoods, OtherTerms, PartHasLeft, NothingWanted, StillWaits, AddressIncomplete,
    and about lines what entering raises.
    """
    must_not_have_left(order)
    if "ship_to" in values:
        _must_be_whole(values["ship_to"])
    named = queries.named_products({line.product_id for line in order.lines})
    products = {line.id: named[line.product_id] for line in order.lines}
    told, less = ([], {}) if lines is None else _less(order, lines, products)
    held = giving_up.held_for(line.id for line in order.lines)
    parts = tuple(part for line in order.lines for part in giving_up.parts_of(line, less.get(line.id, 0), held))
    if values.get("allow_backorder") is False:
        _must_wait_for_nothing(order, parts, products)
    relabel = any(one["what"] in ON_THE_LABEL for one in header)
    planned = stopping.load_of(order) if relabel else None
    return Intent(
        changes=(*header, *told),
        values=values,
        parts=parts,
        cartons=tuple(_opened(parts, held if relabel else (), products)),
        relabel=relabel,
        leaves_load=planned,
        products=products,
    )


def must_not_have_left(order: Order) -> None:
    """Raises ChangeTooLate."""
    if order.status not in INTERCEPTABLE:
        raise ChangeTooLate(number=order.number, state=S(order.status).text)


def _must_wait_for_nothing(order: Order, parts: Iterable[Part], products: Mapping[int, Named]) -> None:
    waiting = {line.id: gate.open_quantity(line) for line in order.lines}
    for part in parts:
        if part.where is Where.OPEN:
            waiting[part.line_id] -= part.quantity
    if goods := queries.goods((products[line_id], quantity) for line_id, quantity in waiting.items()):
        raise StillWaits(number=order.number, goods=listed(goods))


def _must_be_whole(address: Mapping[str, Any]) -> None:
    missing = [gate.ADDRESS_WORDS[name] for name in gate.ADDRESS_NEEDS if not str(address.get(name) or "").strip()]
    if missing:
        words = Text(", ".join(one.en for one in missing), "、".join(one.zh for one in missing))
        raise AddressIncomplete(pointer="/ship_to", missing=words)


def _less(order: Order, lines: Sequence[NewLine], products: Mapping[int, Named]) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """By how much each line is less than now, and how that is told."""
    known = {line.line: line for line in order.lines if line.cancelled < line.ordered}
    told, less = [], {}
    for place, one in enumerate(read_lines([replace(line, line=(line.line or "").strip() or None) for line in lines])):
        line = known.pop(one.line, None) if (lines[place].line or "").strip() else None
        if line is None:
            raise NothingNew(number=order.number)
        sku, decimals = products[line.id].sku, products[line.id].decimals
        if one.product.id != line.product_id or fold(one.asked.lot or "") != fold(line.lot or ""):
            raise OtherGoods(line=line.line, sku=sku)
        if _other_terms(one.asked, line):
            raise OtherTerms(line=line.line)
        now = line.ordered - line.cancelled
        if one.quantity > now:
            raise OnlyLess(line=line.line, now=units(now, decimals))
        if one.quantity < line.shipped:
            raise PartHasLeft(line=line.line, shipped=units(line.shipped, decimals))
        if one.quantity < now:
            less[line.id] = now - one.quantity
            told.append({"what": "line", "line": line.line, "sku": sku, "before": now, "after": one.quantity, "now": sku})
    for line in known.values():
        less[line.id] = giving_up.most(line)
        if less[line.id]:
            told.append({"what": "line_removed", "line": line.line, "sku": products[line.id].sku, "before": line.ordered - line.cancelled})
    if not any(line.ordered - line.cancelled - less.get(line.id, 0) for line in order.lines):
        raise NothingWanted(number=order.number)
    return told, less


def _other_terms(asked: NewLine, line: OrderLine) -> bool:
    days, one_batch = asked.min_remaining_days, asked.one_batch
    return (days is not None and days != (line.min_remaining_days or 0)) or (one_batch is not None and one_batch != line.one_batch)


def _opened(parts: Iterable[Part], relabelled: Iterable[Held], products: Mapping[int, Named]) -> list[Carton]:
    """The units that are opened again: those with too much in them, and all with the wrong label."""
    out: dict[int, list[tuple[Named, int]]] = defaultdict(list)
    units: dict[int, Held] = {}
    for part in parts:
        if part.where in IN_CARTONS and part.held is not None and part.held.unit_id is not None:
            units[part.held.unit_id] = part.held
            out[part.held.unit_id].append((products[part.line_id], part.quantity))
    for held in relabelled:
        if held.stage in IN_CARTONS and held.unit_id is not None:
            units.setdefault(held.unit_id, held)
    return [Carton(unit_id, held.unit or "", held.load, queries.goods(out[unit_id])) for unit_id, held in sorted(units.items())]


# -- doing it ------------------------------------------------------------------------------------------------------------


def change(order: Order, intent: Intent, *, by: Actor) -> None:
    """Does what was intended with a locked order, and tells the floor, the timeline and whoever listens."""
    if not intent.changes:
        return
    for name, value in intent.values.items():
        setattr(order, name, value)
    order.updated_at = clock.now()
    session.flush()
    keys.rewrite(order)
    reason = {"code": "order_changed", "order": order.number}
    aboard = stopping.units_aboard(order)
    opened = {carton.id for carton in intent.cartons}
    put_back = giving_up.give_up(order, intent.parts, reason=reason) if intent.parts else 0
    off = stopping.unload(opened) if opened else {}
    _open_again(order, intent)
    if intent.relabel:
        _readdress(order, intent)
    if intent.leaves_load or off:
        stopping.tell_loads(order, aboard if intent.leaves_load else off, by=by, leaves=intent.leaves_load is not None)
    _hurry(order, intent)
    opened_codes = [carton.code for carton in intent.cartons]
    facts = {
        "changes": list(intent.changes),
        **({"put_back": put_back} if put_back else {}),
        **({"cartons": opened_codes} if opened else {}),
    }
    events.record(order, "order.changed", by=by, **facts)
    if intent.parts:
        paying_back.less_goes(order, by=by)
    lifecycle.progress(order, by=by)
    if order.status in (S.PACKED, S.LOADED):
        _finish_packing(order)


def _finish_packing(order: Order) -> None:
    """All that is wanted is packed: who has a carton open closes it, and where none is, the shipment is packed."""
    open_ = sa.select(HandlingUnit.id).where(
        HandlingUnit.order_id == order.id, HandlingUnit.closed_at.is_(None), HandlingUnit.id.in_(giving_up.units_of(order.id))
    )
    if session.execute(open_.limit(1)).first() is not None:
        bench.offer(order)
        return
    waiting = (SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None), SHIPMENTS.c.packed_at.is_(None))
    session.execute(sa.update(SHIPMENTS).where(*waiting).values(packed_at=clock.now()))


def _open_again(order: Order, intent: Intent) -> None:
    """Cartons are open, and weighed anew where something comes out; what holds nothing of the order any more is not the order's."""
    if not intent.cartons:
        return
    still = set(session.execute(giving_up.units_of(order.id)).scalars())
    for carton in intent.cartons:
        unit = session.get_one(HandlingUnit, carton.id, populate_existing=True)
        unit.closed_at = None
        unit.weight_grams = None if carton.out else unit.weight_grams
        if "carrier_id" in intent.values:
            unit.tracking = None
        if unit.id not in still:
            unit.order_id = None
    session.flush()
    if any(carton.id in still for carton in intent.cartons):
        open_ = (SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None))
        session.execute(sa.update(SHIPMENTS).where(*open_).values(packed_at=None))


def _readdress(order: Order, intent: Intent) -> None:
    """What is planned for the old carrier is not any more; the bookings of its parcels are void."""
    open_ = (SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None))
    if "carrier_id" in intent.values:
        session.execute(sa.update(SHIPMENTS).where(*open_).values(carrier_id=order.carrier_id, tracking=None))
        session.execute(sa.delete(BOOKINGS).where(BOOKINGS.c.handling_unit_id.in_(giving_up.units_of(order.id))))


def _hurry(order: Order, intent: Intent) -> None:
    """Work for this order alone has its time and priority; a list for several is as urgent as the most urgent of them."""
    new = {name: intent.values[name] for name in ("priority", "due_at") if name in intent.values}
    if not new:
        return
    mine = sa.and_(Task.order_id == order.id, Task.kind != TaskKind.PUT_BACK.value)
    of_several = sa.and_(Task.order_id.is_(None), Task.id.in_(giving_up.lists_of(order.id)))
    live = sa.select(Task).where(sa.or_(mine, of_several), Task.status.in_(LIVE)).order_by(Task.id)
    for task in session.execute(live.with_for_update(key_share=True).execution_options(populate_existing=True)).scalars():
        if task.order_id is None:
            task.priority = max(task.priority, new.get("priority", 0))
            task.due_at = min((one for one in (task.due_at, new.get("due_at")) if one is not None), default=None)
        else:
            task.priority, task.due_at = new.get("priority", task.priority), new.get("due_at", task.due_at)
        task.wanted_at = urgency.wanted_at(task.kind, task.priority, task.due_at, task.created_at)
    session.flush()  # the queue is read from the table


# -- in words ------------------------------------------------------------------------------------------------------------

_STAYS = {
    Where.SHORT: T("{n} {sku} came up short anyway", "{sku} 缺货 {n}，本就不发"),
    Where.OPEN: T("{n} {sku} {n:was/were} not promised yet", "{sku} {n} 尚未预占"),
    Where.PROMISED: T("{n} {sku} {n:is/are} not planned yet: the promise is given back", "{sku} {n} 尚未排单，释放预占"),
    Where.RESERVED: T("{n} {sku} {n:is/are} still to be picked: not taken from the rack", "{sku} {n} 尚未拣货，留在货架"),
    Where.TO_SORT: T("{n} {sku} {n:is/are} picked and to be sorted: put back by a task", "{sku} {n} 已拣待分播，派回库任务"),
    Where.PICKED: T("{n} {sku} {n:is/are} picked: put back by a task", "{sku} {n} 已拣，派回库任务"),
    Where.PACKED: T("{n} {sku} {n:is/are} packed: taken out and put back by a task", "{sku} {n} 已打包，取出并派回库任务"),
    Where.LOADED: T("{n} {sku} {n:is/are} on the truck: taken off, taken out and put back", "{sku} {n} 已装车，卸下取出并派回库任务"),
}


def _of_parts(intent: Intent) -> list[Text]:
    sums: dict[tuple[int, Where], int] = defaultdict(int)
    for part in intent.parts:
        sums[part.line_id, part.where] += part.quantity
    counted = ((where, intent.products[line_id], quantity) for (line_id, where), quantity in sums.items())
    return [_STAYS[where].with_facts(n=units(quantity, product.decimals), sku=product.sku) for where, product, quantity in counted]


def _of_cartons(intent: Intent) -> list[Text]:
    said = []
    for carton in intent.cartons:
        code = f"…{carton.code[-6:]}"
        if carton.out:
            said.append(
                T(
                    "Carton {code} is opened again to take out {goods}",
                    "箱 {code} 重新打开，取出 {goods}",
                    code=code,
                    goods=listed(carton.out),
                )
            )
        else:
            said.append(
                T(
                    "Carton {code} gets a new label and packing slip; the old ones are void",
                    "箱 {code} 须换新标签和装箱单，旧的作废",
                    code=code,
                )
            )
        if carton.load:
            said.append(T("Carton {code} comes off {load}", "箱 {code} 从 {load} 卸下", code=code, load=carton.load))
    return said


def _of_load(intent: Intent) -> list[Text]:
    if intent.leaves_load is None:
        return []
    return [T("It leaves load {load}, and waits to be planned again", "移出装车单 {load}，待重新排车", load=intent.leaves_load)]
