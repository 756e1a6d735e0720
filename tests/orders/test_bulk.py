"""One step with many orders, each by itself; and the list of those that do not go on by themselves."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.db import session
from wms.orders import bulk, exceptions
from wms.orders.bulk import Step
from wms.orders.exceptions import ExceptionFilter
from wms.orders.models import OrderKind


def act(w: Warehouse, step: Step, *numbers: str, **facts: Any) -> dict[str, Any]:
    with w.transaction():
        done = bulk.act(step, numbers, by=w.by, **facts)
    return {one.number: True if one.was_done else one.refusal.code if one.refusal else [code for code, _ in one.holds] for one in done}


def test_what_is_refused_for_one_stops_none_of_the_others(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    for number in ("SO-1", "SO-2", "SO-3"):
        desk.enter(number, APPLE=5)
    desk.release("SO-1")
    assert act(w, Step.RELEASE, "SO-1", "SO-2", "so-3", "SO-9") == {
        "SO-1": "state_not_allowed", "SO-2": True, "SO-3": ["stock"], "SO-9": "order_unknown",
    }  # fmt: skip
    assert act(w, Step.PRIORITY, "SO-1", "SO-3", priority=9) == {"SO-1": True, "SO-3": True}
    due = clock.now() + dt.timedelta(days=3)
    assert act(w, Step.DUE, "SO-3", due_at=due) == {"SO-3": True}
    assert act(w, Step.HOLD, "SO-2", "SO-3", reason="stocktake") == {"SO-2": True, "SO-3": True}
    assert (desk.order("SO-3").priority, desk.order("SO-3").due_at, desk.status("SO-2")) == (9, due, "held")


def test_goods_that_are_short_go_to_the_most_urgent(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.enter("SO-2", APPLE=5, priority=9)
    assert act(w, Step.RELEASE, "SO-1", "SO-2") == {"SO-1": ["stock"], "SO-2": True}


@pytest.mark.parametrize("step", [Step.HOLD, Step.PRIORITY, Step.DUE])
def test_a_step_says_what_is_to_become_of_them(w: Warehouse, desk: Desk, step: Step) -> None:
    desk.enter("SO-1", APPLE=5)
    with pytest.raises(bulk.StepIncomplete), w.transaction():
        bulk.act(step, ["SO-1"], by=w.by)


def test_the_api_takes_numbers_or_a_filter(w: Warehouse, desk: Desk, api: Any, machine: Any) -> None:
    w.receive("APPLE", 5, at="A-01")
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=5)
    told = api.post("/orders/steps", {"step": "priority", "filter": {"status": "received"}, "priority": 3})
    assert (told["done"], told["refused"]) == (2, 0)
    told = api.post("/orders/steps", {"step": "release", "orders": ["SO-1", "SO-2"]})
    assert (told["done"], told["refused"], told["orders"][1]["status"]) == (1, 1, "held")
    assert told["orders"][1]["why"] == [{"code": "stock", "detail": "Not enough stock: APPLE lacks 5"}]
    for body in ({"step": "release"}, {"step": "release", "orders": ["SO-1"], "filter": {}}):
        assert api.post("/orders/steps", body, status=422)["code"] == "which_orders"
    assert machine("sales").post("/orders/steps", {"step": "release", "orders": ["SO-1"]}, status=403)["code"] == "not_permitted"


def test_the_desk_ticks_orders_and_reads_what_was_refused(w: Warehouse, desk: Desk, machine: Any) -> None:
    w.receive("APPLE", 5, at="A-01")
    for number in ("SO-1", "SO-2", "SO-3"):
        desk.enter(number, APPLE=5)
    chief = machine("supervisor")
    assert 'name="order" value="SO-2"' in chief.page("/orders")
    page = chief.send("/orders/bulk", step="release", order=["SO-1", "SO-2"]).text
    assert "1 of 2 done" in page
    assert "Not enough stock: APPLE lacks 5" in page
    assert "Set priority: 2 of 2 done" in chief.send("/orders/bulk", step="priority", all="1", priority="8", filter_waits="release").text
    assert "Tick the orders first" in chief.send("/orders/bulk", step="priority", priority="8").text
    assert "Say what it is to be" in chief.send("/orders/bulk", step="hold", order=["SO-2"]).text
    assert "您的角色没有此项权限" in machine("sales", "zh_CN").send("/orders/bulk", step="release", order=["SO-3"]).text


# -- exceptions --------------------------------------------------------------------------------------------------------


def listed(w: Warehouse, **narrowed: str) -> list[tuple[str, str, str]]:
    """Order, kind and owner of each exception."""
    statement = exceptions.statement(ExceptionFilter(**narrowed), by=w.by)
    found = exceptions.rows(session.execute(statement.order_by(statement.selected_columns.place)).all(), "en")
    return [(row.order, row.code, row.owner.value) for row in found]


def troubled(w: Warehouse, desk: Desk) -> None:
    w.partner("BAD", blocked=True, blocked_reason="in court")
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=50, kind=OrderKind.SETTLE_FIRST)
    desk.release("SO-1")
    desk.enter("SO-2", NUT=1, customer="BAD")
    desk.enter("SO-3", FIG=2, allow_backorder=True, due_at=clock.now() - dt.timedelta(hours=5))
    desk.release("SO-3")
    desk.enter("SO-4", APPLE=1)


def test_each_exception_has_its_reason_its_owner_and_its_age(w: Warehouse, desk: Desk, api: Any) -> None:
    troubled(w, desk)
    assert listed(w) == [
        ("SO-1", "stock", "sales"),
        ("SO-1", "settlement", "finance"),
        ("SO-2", "blocked", "finance"),
        ("SO-3", "late", "supervisor"),
        ("SO-3", "back_order", "sales"),
    ]
    assert listed(w, owner="finance") == [("SO-1", "settlement", "finance"), ("SO-2", "blocked", "finance")]
    assert listed(w, code="late", customer="customer") == [("SO-3", "late", "supervisor")]
    assert exceptions.counts(by=w.by) == {"stock": 1, "settlement": 1, "blocked": 1, "late": 1, "back_order": 1}
    first = api.get("/order-exceptions", limit=2)
    second = api.get("/order-exceptions", limit=9, cursor=first["next"])
    assert [(one["order"], one["code"]) for one in [*first["items"], *second["items"]]] == [row[:2] for row in listed(w)]
    late = second["items"][1]
    assert (late["hours"], late["owner"], late["status"]) == (5, Role.SUPERVISOR, "released")


def test_the_list_is_read_in_both_languages_and_by_its_owner(w: Warehouse, desk: Desk, machine: Any) -> None:
    troubled(w, desk)
    chief, finance = machine("supervisor"), machine("finance", "zh_CN")
    page = chief.page("/order-exceptions")
    for words in ("The customer is blocked: in court", "2 waiting for stock", "Overdue since", "Finance may approve it"):
        assert words in page
    page = finance.page("/order-exceptions")
    assert "客户已冻结：in court" in page
    assert "待到货" not in page, "that is for sales"
    assert "待到货" in finance.page("/order-exceptions?owner=")
    menu = re.findall(r'href="/order-exceptions"[^>]*><span>异常订单</span>\s*<span class="count"[^>]*>(\d+)', page)
    assert menu == ["2"], "as many as the page shows"
    csv = chief.client.get("/order-exceptions?export=csv", headers=chief.headers).data.decode("utf-8-sig")
    assert len(csv.splitlines()) == 6
