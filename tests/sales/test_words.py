"""Sales reads the whole story of an order, in plain words."""

from __future__ import annotations

import pytest

from wms.app import Application
from wms.orders import timeline
from wms.orders.models import OrderStatus
from wms.sales import words

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
