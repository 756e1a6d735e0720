"""How an order stands in the words of somebody who never saw a warehouse: sales at its desk, and the customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wms.i18n import T, Text
from wms.orders.models import OrderStatus
from wms.orders.timeline import Happening

S = OrderStatus

STANDS: dict[OrderStatus, Text] = {
    S.RECEIVED: T("We have it; it has not gone to the warehouse yet", "已收到，尚未交给仓库"),
    S.HELD: T("It waits for a decision", "暂停中，等待处理"),
    S.RELEASED: T("The warehouse has it; it is in line", "已交给仓库，排队备货"),
    S.PICKING: T("The goods are being collected", "正在备货"),
    S.PICKED: T("The goods are collected, and will be packed", "货已备齐，等待打包"),
    S.PACKED: T("Packed; it waits for its truck", "已打包，等待装车"),
    S.LOADED: T("On the truck, not gone yet", "已上车，尚未出发"),
    S.SHIPPED: T("On its way to the customer", "已发货，在送货途中"),
    S.DELIVERED: T("With the customer, signed for", "客户已签收"),
    S.CLOSED: T("Done", "已完结"),
    S.CANCELLED: T("Cancelled", "已取消"),
}
"""Where it is, for sales."""

FOR_CUSTOMERS: dict[OrderStatus, Text] = {
    S.RECEIVED: T("We have your order", "您的订单我们已收到"),
    S.HELD: T("We have your order, and are still clearing something up", "您的订单已收到，有一处还在核实"),
    S.RELEASED: T("Your order is with our warehouse", "您的订单已交给仓库"),
    S.PICKING: T("Your goods are being collected", "正在为您备货"),
    S.PICKED: T("Your goods are being packed", "货已备齐，正在打包"),
    S.PACKED: T("Your goods are packed", "货物已打包"),
    S.LOADED: T("Your goods are on the truck", "货物已装车，即将出发"),
    S.SHIPPED: T("Your goods are on their way", "货物正在送货途中"),
    S.DELIVERED: T("Your goods have arrived", "货物已送达"),
    S.CLOSED: T("Your goods have arrived", "货物已送达"),
    S.CANCELLED: T("This order was cancelled", "此订单已取消"),
}
"""Where it is, for whoever ordered: nothing of holds, of stock, or of anybody else."""

# What happens inside the warehouse is told in four words; what people decide stands as it was told.
_PLAIN: dict[str, Text] = {
    "order.received": T("The order came in", "订单已收到"),
    "order.released": T("Given to the warehouse", "已交给仓库"),
    "order.picking": T("Collecting the goods has begun", "开始备货"),
    "order.picked": T("All goods are collected", "货已备齐"),
    "order.packed": T("Packed", "已打包"),
    "order.loaded": T("On the truck", "已装车"),
    "order.shipped": T("Left for the customer", "已发货"),
    "order.closed": T("Done", "已完结"),
    "order.promised": T("More of the goods came in and are kept for it", "又有货到，已为其留出"),
    "order.late": T("It should have left by now", "已过承诺发货时间"),
    "order.part_left": T("A part of it left for the customer", "部分货物已发货"),
    "order.part_turned_back": T("A part of it came back with its truck", "部分货物随车返回"),
    "order.left_behind": T("Its truck left without it; it waits for another", "车辆未装走，等待下一班车"),
}
_AS_TOLD = {
    *("order.held", "order.lifted", "order.approved", "order.changed", "order.copied", "order.split", "order.split_off", "order.merged"),
    *("order.merged_in", "order.settled", "order.short", "order.delivered", "order.cancelled", "order.rest_cancelled", "order.tracking"),
    *("order.owed_back", "order.paid_back", "order.line_cancelled", "order.back_ordered", "order.found_again", "order.part_signed"),
    *("order.returned", "order.return_undone", "order.return_announced", "order.differences_accepted", "order.copy_received"),
    "order.copy_withdrawn",
}
_BACK = T("Taken back a step in the warehouse", "仓库退回上一步")
_RANKS = {f"order.{status.value}": rank for rank, status in enumerate(S)}
_PEOPLE_OF_THE_FLOOR = {
    *("order.short", "order.picking", "order.picked", "order.packed", "order.loaded", "order.shipped", "order.promised", "order.late"),
    *("order.part_left", "order.part_turned_back", "order.left_behind", "order.found_again", "order.returned", "order.return_undone"),
}


def plain(code: str) -> Text | None:
    """What an event means in plain words; none for one that stands as it was told."""
    return _PLAIN.get(code)


def is_told(code: str) -> bool:
    """Whether sales hears of it: of all but how the floor works."""
    return code in _PLAIN or code in _AS_TOLD


def timeline(events: Iterable[Happening], language: str) -> list[Happening]:
    """What happened, without what only the floor needs to know: no pick lists, no cartons, nobody's name who only did their work."""
    told: list[Happening] = []
    rank = 0
    for event in events:
        if not is_told(event.code):
            continue
        text, tone = event.text, event.tone
        now = _RANKS.get(event.code, rank)
        if event.code in _PLAIN:
            back = now < rank and event.code in _PEOPLE_OF_THE_FLOOR
            text, tone = (_BACK.say(language), "ask") if back else (_PLAIN[event.code].say(language), tone)
            if now < rank and event.code == "order.received":
                text, tone = event.text, event.tone  # it came in once: nothing holds it any more
        rank = now
        by = None if event.code in _PEOPLE_OF_THE_FLOOR else event.by
        told.append(Happening(event.at, event.code, text, by, tone, event.detail if event.code in _AS_TOLD else None))
    return told


@dataclass(frozen=True)
class Step:
    """One of the few steps of every order: when it was done, or that it still has to come."""

    text: Text
    at: dt.datetime | None
    state: str = "open"  # done, now, open


_STEPS: Sequence[tuple[OrderStatus, Text]] = (
    (S.RECEIVED, T("Received", "已收到")),
    (S.RELEASED, T("With the warehouse", "交给仓库")),
    (S.PICKED, T("Collected", "备齐")),
    (S.PACKED, T("Packed", "打包")),
    (S.SHIPPED, T("On its way", "发货")),
    (S.DELIVERED, T("Arrived", "送达")),
)
_HOW_FAR = list(S)


def steps(status: OrderStatus, events: Iterable[Happening]) -> list[Step]:
    """How far it has come; of a step taken twice the last time counts, but an order comes in once. Nothing of one that was cancelled."""
    if status is S.CANCELLED:
        return []
    reached: dict[str, dt.datetime] = {}
    for event in events:
        if event.code != "order.received" or event.code not in reached:
            reached[event.code] = event.at
    far = _HOW_FAR.index(S.RECEIVED if status is S.HELD else status)
    done = [_HOW_FAR.index(step) <= far for step, _ in _STEPS]
    last = max(place for place, is_done in enumerate(done) if is_done)
    over = status in (S.DELIVERED, S.CLOSED)
    return [
        Step(
            text,
            reached.get(f"order.{step.value}") if place <= last else None,
            "now" if place == last and not over else "done" if place <= last else "open",
        )
        for place, (step, text) in enumerate(_STEPS)
    ]
