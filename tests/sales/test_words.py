"""Sales reads the whole story of an order, in plain words."""

from __future__ import annotations

from wms.app import Application
from wms.orders import timeline
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
