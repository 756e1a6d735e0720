"""Sales reads the whole story of an order, in plain words."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.app import Application
from wms.orders import operations, reshaping, timeline
from wms.orders.models import OrderStatus
from wms.sales import customer, words

OF_THE_FLOOR = {
    *("planned", "deallocated", "picked_again", "cross_docked", "service_done", "serial_exchanged", "photo_removed"),
    *("carton_closed", "carton_reopened", "second_check", "weight_accepted", "weight_refused"),
    *("work_given", "work_opened", "work_handed_over", "work_urgency"),
}
"""How the warehouse works is nobody's question who never sees it."""


def test_whatever_happens_to_an_order_is_told_to_sales_or_is_the_floors_alone(app: Application) -> None:
    happens = {code.removeprefix("order.") for code in timeline._WORDS if code.startswith("order.")}
    told = {code for code in happens if words.is_told(f"order.{code}")}
    assert happens - told == OF_THE_FLOOR & happens
    assert told & OF_THE_FLOOR == set()


@pytest.mark.sqlite
def test_an_order_that_left_has_one_word_for_all_who_sell_and_reckon(app: Application) -> None:
    said = [text.zh for text in (*(status.text for status in OrderStatus), *words.STANDS.values(), *words.FOR_CUSTOMERS.values())]
    said += [timeline.in_words(code, {"load": "L-1"}, "zh_CN")[0] for code in ("order.shipped", "order.part_left", "order.rest_cancelled")]
    assert [text for text in said if "出门" in text or "发出" in text or "出库" in text] == []
    assert OrderStatus.SHIPPED.text.zh == timeline.in_words("order.shipped", {}, "zh_CN")[0] == "已发货"


@pytest.mark.parametrize(
    ("language", "came_in", "nothing_holds"),
    [("en", "The order came in", "Nothing holds it any more; it waits for release"), ("zh_CN", "订单已收到", "暂挂已解除，待放行")],
)
def test_an_order_comes_in_once_however_often_it_was_held(w: Warehouse, language: str, came_in: str, nothing_holds: str) -> None:
    desk = Desk(w)
    desk.enter("SO-1", APPLE=5)
    came = desk.order("SO-1").created_at
    with time_machine.travel(clock.now() + dt.timedelta(hours=3), tick=False):
        with w.transaction():
            operations.hold("SO-1", by=w.by, reason="colour")
        with w.transaction():
            operations.approve("SO-1", by=w.by, reason="blue")
        order = desk.order("SO-1")
        told = [one.text for one in words.timeline(timeline.timelines("order", [order.id], language)[order.id], language)]
        assert (told[0], told[-1], told.count(came_in)) == (came_in, nothing_holds, 1)
        [received, *_] = customer.seen(order).steps
        assert received.at is not None
        assert abs(received.at - came) < dt.timedelta(seconds=5), "its customer reads when it came in, not when the hold was lifted"


@pytest.mark.parametrize(("language", "said"), [("en", "Merged with SO-2, SO-3"), ("zh_CN", "SO-2、SO-3 已并入本单")])
def test_merged_orders_are_listed_as_each_language_lists(w: Warehouse, language: str, said: str) -> None:
    desk = Desk(w)
    for number in ("SO-1", "SO-2", "SO-3"):
        desk.enter(number, APPLE=5)
    with w.transaction():
        reshaping.merge(["SO-1", "SO-2", "SO-3"], by=w.by)
    order = desk.order("SO-1")
    assert said in [one.text for one in timeline.timelines("order", [order.id], language)[order.id]]
