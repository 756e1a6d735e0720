"""One step with many orders, each by itself; and the list of those that do not go on by themselves."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.db import session
from wms.orders import bulk, editing, exceptions, operations
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


@pytest.mark.parametrize("step", [Step.HOLD, Step.PRIORITY, Step.DUE, Step.CANCEL])
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
    assert told["orders"][1]["why"] == [{"code": "stock", "detail": "Not enough stock: APPLE lacks 5 of 5"}]
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
    assert "Say why" in chief.send("/orders/bulk", step="hold", order=["SO-2"]).text
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


def test_goods_that_lack_are_named_as_people_count_them_and_only_the_first_of_many(w: Warehouse, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    desk.enter("SO-1", [("RICE", 250), ("FIG", 2), ("RICE", 1000)], NUT=3, APPLE=4, PLUM=5, allow_backorder=True)
    desk.release("SO-1")
    query = exceptions.statement(ExceptionFilter(code="back_order"), by=w.by)
    found = session.execute(query).all()
    assert [row.reason for row in exceptions.rows(found, "en")] == ["Waiting for stock: 1.25 × RICE, 2 × FIG, 3 × NUT and 2 more"]
    assert [row.reason for row in exceptions.rows(found, "zh_CN")] == ["待到货：1.25 × RICE、2 × FIG、3 × NUT 等 5 种"]


def test_the_list_is_read_in_both_languages_and_by_its_owner(w: Warehouse, desk: Desk, machine: Any) -> None:
    troubled(w, desk)
    chief, finance = machine("supervisor"), machine("finance", "zh_CN")
    page = chief.page("/order-exceptions")
    for words in ("The customer is blocked: in court", "Waiting for stock: 2 × FIG", "Overdue since", "Finance may approve it"):
        assert words in page
    page = finance.page("/order-exceptions")
    assert "客户已冻结：in court" in page
    assert "待到货" not in page, "that is for sales"
    assert "待到货" in finance.page("/order-exceptions?owner=")
    menu = re.findall(r'href="/order-exceptions"[^>]*><span>异常订单</span>\s*<span class="count"[^>]*>(\d+)', page)
    assert menu == ["2"], "as many as the page shows"
    csv = chief.client.get("/order-exceptions?export=csv", headers=chief.headers).data.decode("utf-8-sig")
    assert len(csv.splitlines()) == 6


# -- the exceptions' own boxes -----------------------------------------------------------------------------------------


def box(page: str, order: str, code: str) -> str:
    """What the box of a reason sends."""
    return html.unescape(re.search(rf'name="exception" value="({code} [^"]* {order})"', page)[1])  # type: ignore[index]


def test_what_is_ticked_among_the_exceptions_is_approved_and_nothing_else(w: Warehouse, desk: Desk, machine: Any) -> None:
    w.partner("BAD", blocked=True, blocked_reason="in court", credit_limit=0, balance_due=100)
    desk.enter("SO-1", NUT=1, customer="BAD")
    desk.enter("SO-2", APPLE=9)
    desk.release("SO-2")
    finance = machine("finance")
    page = finance.page("/order-exceptions?owner=")
    blocked, stock = box(page, "SO-1", "blocked"), box(page, "SO-2", "stock")
    assert "Say why" in finance.send("/orders/bulk", list="exceptions", step="approve", exception=[blocked]).text
    told = finance.send("/orders/bulk", list="exceptions", step="approve", exception=[blocked, stock], reason="paid today").text
    assert "1 of 2 done" in told
    assert "SO-2" in told
    assert list(desk.reasons("SO-1")) == ["credit_limit"], "the other reason stood in a row of its own"
    assert list(desk.reasons("SO-2")) == ["stock"]


def test_an_exception_that_became_another_is_not_approved(w: Warehouse, desk: Desk, machine: Any) -> None:
    w.partner("BAD", blocked=True, blocked_reason="in court")
    desk.enter("SO-1", NUT=1, customer="BAD")
    finance = machine("finance")
    read = box(finance.page("/order-exceptions"), "SO-1", "blocked")
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"priority": 9})
    finance.send("/orders/bulk", list="exceptions", step="approve", exception=[read], reason="paid today")
    assert list(desk.reasons("SO-1")) == ["blocked"]
    read = box(finance.page("/order-exceptions"), "SO-1", "blocked")
    finance.send("/orders/bulk", list="exceptions", step="approve", exception=[read], reason="paid today")
    assert desk.status("SO-1") == "received"


def test_the_exceptions_that_are_listed_are_dealt_with_and_listed_again(w: Warehouse, desk: Desk, machine: Any) -> None:
    troubled(w, desk)
    chief = machine("supervisor")
    page = chief.page("/order-exceptions?owner=")
    assert "all 3 in this list" in page, "one that stands there for two reasons is one order"
    narrowed = {"list": "exceptions", "filter_code": "blocked", "filter_owner": "", "filter_sort": "-since"}
    answer = chief.send("/orders/bulk", step="priority", priority="8", all="1", **narrowed)
    assert "Set priority: 1 of 1 done" in answer.text
    assert answer.request.full_path == "/order-exceptions?code=blocked&owner=&sort=-since"
    assert [desk.order(one).priority for one in ("SO-1", "SO-2", "SO-3")] == [5, 8, 5]
    told = chief.send("/orders/bulk", step="release", exception=[box(page, one, code) for one, code in ROWS], **narrowed).text
    assert 'href="/order-exceptions?code=blocked&amp;owner=&amp;sort=-since"' in told, "and back to the same list"
    for words in ("0 of 3 done", "Not enough stock: APPLE lacks 45 of 50", "The customer is blocked: in court", "SO-3 is"):
        assert words in told
    assert "Tick what you have read" in chief.send("/orders/bulk", step="approve", all="1", reason="so be it", **narrowed).text
    assert desk.status("SO-2") == "held"
    assert "1 of 1 done" in chief.send("/orders/bulk", step="cancel", all="1", reason="given up", **narrowed).text
    assert [desk.status(one) for one in ("SO-1", "SO-2", "SO-3")] == ["held", "cancelled", "released"]


ROWS = [("SO-1", "stock"), ("SO-1", "settlement"), ("SO-2", "blocked"), ("SO-3", "late")]


def test_each_sees_the_steps_that_are_theirs(w: Warehouse, desk: Desk, machine: Any) -> None:
    troubled(w, desk)

    def steps(role: str, address: str) -> list[str]:
        found = re.search(r'<select class="input" name="step">(.*?)</select>', machine(role).page(address))
        return re.findall(r'value="(\w+)"', found[1]) if found else []

    assert steps("finance", "/order-exceptions?owner=") == ["approve"]
    assert steps("finance", "/orders") == []
    assert steps("sales", "/order-exceptions?owner=") == ["hold", "priority", "due", "cancel"]
    assert steps("supervisor", "/order-exceptions") == ["release", "approve", "hold", "priority", "due", "cancel"]
    assert steps("supervisor", "/orders") == ["release", "hold", "priority", "due", "cancel"]
    for role, step in (("finance", "cancel"), ("sales", "approve"), ("sales", "release")):
        refused = machine(role).send("/orders/bulk", list="exceptions", step=step, all="1", reason="because").text
        assert "Your role may not do this" in refused
    assert desk.status("SO-2") == "held"


def test_an_approval_says_what_there_was_to_approve(w: Warehouse, desk: Desk, api: Any, machine: Any) -> None:
    troubled(w, desk)
    told = machine("finance").post("/orders/steps", {"step": "approve", "orders": ["SO-2", "SO-4"], "reason": "paid"})
    assert [(one["number"], one["done"], [why["code"] for why in one["why"]]) for one in told["orders"]] == [
        ("SO-2", True, []), ("SO-4", False, ["nothing_to_approve"]),
    ]  # fmt: skip
    assert api.post("/orders/steps", {"step": "cancel", "orders": ["SO-4"]}, status=422)["code"] == "step_incomplete"
    assert (
        machine("finance").post("/orders/steps", {"step": "cancel", "orders": ["SO-4"], "reason": "no"}, status=403)["code"]
        == "not_permitted"
    )


def test_the_hint_asks_for_a_reason_only_where_one_is_needed(w: Warehouse, desk: Desk, machine: Any) -> None:
    desk.enter("SO-1", APPLE=1)
    with w.transaction():
        operations.hold("SO-1", by=w.by, reason="asked to wait")
    chief, word = machine("supervisor"), "what was held by hand is approved without"
    assert word in chief.page("/orders/SO-1")
    chief.send("/orders/SO-1/approve")
    assert desk.status("SO-1") == "received", "as the hint says"
    w.partner("NOWHERE", address={"name": "Shop"})
    desk.enter("SO-2", APPLE=1, customer="NOWHERE")
    page = chief.page("/orders/SO-2")
    assert "or approve what a rule holds" in page
    assert word not in page
    chief.send("/orders/SO-2/approve")
    assert desk.status("SO-2") == "held", "as the hint says"
