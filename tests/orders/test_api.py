"""Orders over the API, as the contract writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.crowd import all_at_once
from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock, db
from wms.app import Application
from wms.db import session
from wms.orders import lifecycle, lines, timeline
from wms.orders.models import Order, OrderStatus

SHIP_TO = {"name": "李雷", "phone": "139", "street": "南京路 2 号", "city": "上海", "country": "CN"}


@pytest.fixture
def body(w: Warehouse) -> dict[str, Any]:
    w.partner("CUS")
    w.product("TEA", packagings={"case": 12})
    w.product("MUG")
    return {
        "number": "SO-1",
        "source": "shop",
        "customer": "cus",
        "kind": "ship_first",
        "priority": 5,
        "due_at": "2027-03-31T12:00:00Z",
        "ship_to": SHIP_TO,
        "lines": [{"line": 1, "sku": "tea", "quantity": 2, "unit": "case"}, {"line": "b", "sku": "MUG", "quantity": 3}],
    }


def test_an_order_is_taken_in_with_its_counters_at_zero(api: Machine, body: dict[str, Any]) -> None:
    order = api.post("/orders", body, status=201)
    assert (order["number"], order["status"], order["customer"], order["site"]) == ("SO-1", "received", "CUS", "MAIN")
    assert [(line["line"], line["sku"], line["ordered"]) for line in order["lines"]] == [("1", "TEA", 24), ("b", "MUG", 3)]
    counters = ("promised", "reserved", "picked", "packed", "shipped", "delivered", "returned", "cancelled", "short")
    assert all(line[name] == 0 for line in order["lines"] for name in counters)
    assert [(event["code"], event["text"]) for event in order["events"]] == [("order.received", "Order received")]
    assert order["due_at"] == "2027-03-31T12:00:00Z"
    assert order["ship_to"]["street"] == "南京路 2 号"
    assert api.get("/orders/so-1") == order


def test_the_timeline_speaks_the_readers_language(machine: Any, api: Machine, body: dict[str, Any]) -> None:
    api.post("/orders", body)
    api.post("/orders/SO-1/release")
    order = machine("sales", "zh_CN").get("/orders/SO-1")
    assert [event["text"] for event in order["events"]] == ["已接单", "暂挂：库存"]
    assert order["holds"][0]["reason"] == "库存不足：TEA 缺 24（需 24）；MUG 缺 3（需 3）"
    assert order["events"][1]["by"]


def test_the_same_key_answers_the_same_and_another_key_finds_the_number_taken(api: Machine, body: dict[str, Any]) -> None:
    first = api.post("/orders", body, key="k1")
    assert api.post("/orders", body, key="k1") == first
    assert api.post("/orders", {**body, "source": "another"}, key="k2", status=409)["code"] == "number_taken"
    assert api.post("/orders", {**body, "priority": 1}, key="k1", status=422)["code"] == "key_reused"


def test_an_order_without_a_number_gets_one(api: Machine, body: dict[str, Any]) -> None:
    del body["number"]
    assert api.post("/orders", body)["number"] == "SO-10001"
    assert api.post("/orders", body)["number"] == "SO-10002"


def test_numbers_given_by_hand_do_not_stop_the_houses_own_series(api: Machine, body: dict[str, Any]) -> None:
    for number in ("SO-10001", "so-10002"):
        api.post("/orders", {**body, "number": number})
    del body["number"]
    assert [api.post("/orders", body)["number"] for _ in range(2)] == ["SO-10003", "SO-10004"]
    announced = {"lines": [{"sku": "TEA", "quantity": 1}]}
    api.post("/inbound-orders", {**announced, "number": "in-10001"})
    assert [api.post("/inbound-orders", announced)["number"] for _ in range(2)] == ["IN-10002", "IN-10003"]


@pytest.mark.postgresql
def test_of_two_orders_that_bring_one_number_at_once_the_later_is_told_that_it_is_taken(app: Application, desk: Desk, w: Warehouse) -> None:
    w.product("TEA")
    w.partner("CUS")
    both_have_looked = threading.Barrier(2)

    def enter() -> str:
        with db.transaction():
            free = lines.free_number(Order, "SO-1", "SO", by=w.by)
            both_have_looked.wait(10)
            order = Order(site_id=w.site_id, number=free, customer_id=w.partner("CUS").id, kind="ship_first", priority=5, ship_to={})
            order.created_at = order.updated_at = clock.now()
            lines.write_down(order)
            return free

    first, second = sorted(all_at_once(app, [enter, enter]), key=str, reverse=True)
    assert first == "SO-1"
    assert isinstance(second, lines.NumberTaken)


def test_a_line_without_a_name_gets_one_that_no_other_has(api: Machine, body: dict[str, Any]) -> None:
    body["lines"] = [{"line": name, "sku": "TEA", "quantity": 1} for name in ("2", None, "4", None, None)]
    assert [line["line"] for line in api.post("/orders", body)["lines"]] == ["2", "6", "4", "7", "5"]


def test_a_line_that_wants_no_remaining_life_says_so_against_the_customers_terms(api: Machine, body: dict[str, Any], w: Warehouse) -> None:
    w.partner("PICKY", min_remaining_days=30)
    body["customer"] = "PICKY"
    body["lines"] = [{"sku": "TEA", "quantity": 1, "min_remaining_days": days} for days in (0, None, 60)]
    assert [line["min_remaining_days"] for line in api.post("/orders", body)["lines"]] == [0, 30, 60]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"customer": "NOBODY"}, "/customer", "partner_unknown"),
    ({"carrier": "CUS"}, "/carrier", "partner_unknown"),
    ({"lines": []}, "/lines", "too_short"),
    ({"lines": [{"sku": "TEA", "quantity": -1}]}, "/lines/0/quantity", "greater_than_equal"),
    ({"lines": [{"sku": "TEA", "quantity": 0}]}, "/lines/0/quantity", "greater_than_equal"),
    ({"lines": [{"sku": "TEA", "quantity": 1.5}]}, "/lines/0/quantity", "int_type"),
    ({"lines": [{"sku": "TEA", "quantity": "1"}]}, "/lines/0/quantity", "int_type"),
    ({"lines": [{"sku": "TEA", "quantity": 10**12, "unit": "case"}]}, "/lines/0/quantity", "quantity_wrong"),
    ({"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "NOTHING", "quantity": 1}]}, "/lines/1/sku", "sku_unknown"),
    ({"lines": [{"sku": "MUG", "quantity": 1, "unit": "case"}]}, "/lines/0/unit", "unit_not_known"),
    ({"lines": [{"line": 1, "sku": "MUG", "quantity": 1}, {"line": "1", "sku": "MUG", "quantity": 1}]}, "/lines/1/line", "line_twice"),
    ({"priority": 10}, "/priority", "less_than_equal"),
    ({"kind": "gift"}, "/kind", "enum"),
    ({"colour": "red"}, "/colour", "unknown_field"),
    ({"number": "a\x00b"}, "/number", "control_character"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), WRONG, ids=[code + pointer for _, pointer, code in WRONG])
@pytest.mark.sqlite
def test_bad_input_is_named_by_its_pointer_and_changes_nothing(
    api: Machine, body: dict[str, Any], change: dict[str, Any], pointer: str, code: str
) -> None:
    problem = api.post("/orders", {**body, **change}, status=422)
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in problem["errors"]]
    assert api.get("/orders")["items"] == []


def test_orders_are_listed_by_status_customer_and_time_in_pages(api: Machine, body: dict[str, Any], w: Warehouse) -> None:
    w.partner("OTHER")
    w.receive("MUG", 10, at="A-01")
    for number in range(5):
        api.post(
            "/orders",
            {**body, "number": f"SO-{number}", "customer": "OTHER" if number == 4 else "CUS", "lines": [{"sku": "MUG", "quantity": 1}]},
        )
    between = clock.now().isoformat()
    api.post("/orders/SO-3/release")

    def numbers(**query: Any) -> list[str]:
        return [order["number"] for order in api.get("/orders", **query)["items"]]

    assert numbers() == ["SO-0", "SO-1", "SO-2", "SO-3", "SO-4"]
    assert numbers(status="released") == ["SO-3"]
    assert numbers(customer="other") == ["SO-4"]
    assert numbers(updated_since=between) == ["SO-3"]
    first = api.get("/orders", limit=2)
    second = api.get("/orders", limit=2, cursor=first["next"])
    third = api.get("/orders", limit=2, cursor=second["next"])
    assert [order["number"] for page in (first, second, third) for order in page["items"]] == numbers()
    assert third["next"] is None


def test_what_changes_an_order_and_not_its_state_is_found_by_who_asks_what_has_changed(
    api: Machine, body: dict[str, Any], w: Warehouse
) -> None:
    desk = Desk(w)
    for number, quantity in (("SO-1", 4), ("SO-2", 1)):
        api.post("/orders", {**body, "number": number, "allow_backorder": True, "lines": [{"sku": "MUG", "quantity": quantity}]})
        api.post(f"/orders/{number}/release")

    def changed_by(act: Callable[[], object]) -> list[str]:
        before = clock.now().isoformat()
        act()
        session.rollback()
        return [order["number"] for order in api.get("/orders", updated_since=before)["items"]]

    w.receive("MUG", 3, at="A-01")
    assert changed_by(desk.reconsider) == ["SO-1"], "more of it is promised, and perhaps a day"
    last = api.get("/orders/SO-1")
    assert (last["events"][-1]["code"], last["events"][-1]["at"]) == ("order.promised", last["updated_at"])
    assert changed_by(desk.reconsider) == []


def test_whatever_happens_to_an_order_is_known_to_change_it_or_not() -> None:
    elsewhere = {  # `updated_at` is written by the operation itself, or the state's door
        *("held", "lifted", "approved", "changed", "settled", "paid_back", "owed_back", "cancelled", "rest_cancelled", "part_signed"),
        *("return_announced", "returned", "return_undone", "differences_accepted", "copy_received", "copy_withdrawn"),
        *("split", "split_off", "merged", "merged_in", "copied", *OrderStatus),
    }
    nothing_new = {  # nothing of what the API answers is different, but the timeline
        *("late", "photo_removed", "second_check", "carton_closed", "carton_reopened", "weight_accepted", "weight_refused"),
        *("serial_exchanged", "work_given", "work_opened", "work_handed_over", "work_urgency"),
    }
    happens = {code.removeprefix("order.") for code in timeline._WORDS if code.startswith("order.")}
    anew = {code.removeprefix("order.") for code in lifecycle.SHOWN_ANEW}
    assert happens - anew <= elsewhere | nothing_new
    assert not anew & (elsewhere | nothing_new)


def test_release_hold_approve_settle_and_cancel_answer_the_order(api: Machine, body: dict[str, Any], w: Warehouse) -> None:
    w.receive("TEA", 30, at="A-01")
    w.receive("MUG", 3, at="A-02")
    api.post("/orders", {**body, "kind": "settle_first"})
    held = api.post("/orders/SO-1/hold", {"reason": "they call back"})
    assert (held["status"], [hold["code"] for hold in held["holds"]]) == ("held", ["manual"])
    assert api.post("/orders/SO-1/approve")["status"] == "received"
    refused = api.post("/orders/SO-1/release")
    assert (refused["status"], [hold["code"] for hold in refused["holds"]]) == ("held", ["settlement"])
    assert api.post("/orders/SO-1/settle", {"reason": "paid"})["status"] == "received"
    released = api.post("/orders/SO-1/release")
    assert (released["status"], [line["promised"] for line in released["lines"]]) == ("released", [24, 3])
    assert api.get("/availability", sku="TEA")["available"] == 6
    cancelled = api.post("/orders/SO-1/cancel", {"reason": "changed their mind"})
    assert (cancelled["status"], [line["cancelled"] for line in cancelled["lines"]]) == ("cancelled", [24, 3])
    assert api.get("/availability", sku="TEA")["available"] == 30
    assert api.post("/orders/SO-1/release", status=409)["code"] == "state_not_allowed"
    assert api.post("/orders/SO-1/cancel", status=409)["code"] == "already_cancelled"
    times = [event["at"] for event in cancelled["events"]]
    assert times == sorted(times)


def test_each_step_wants_its_role(machine: Any, api: Machine, body: dict[str, Any]) -> None:
    api.post("/orders", body)
    forbidden = {"sales": "release", "finance": "cancel", "supervisor": "settle", "picker": "hold", "gate": "approve"}
    for role, verb in forbidden.items():
        assert machine(role).post(f"/orders/SO-1/{verb}", status=403)["code"] == "not_permitted", role


def test_an_order_of_another_site_does_not_exist(api: Machine, body: dict[str, Any], w: Warehouse) -> None:
    w.site("NORTH")
    api.post("/orders", {**body, "site": "NORTH"})
    assert api.get("/orders/SO-1", answers=404)["code"] == "order_unknown"
    assert api.get("/orders")["items"] == []
    assert api.get("/orders/SO-1", site="NORTH")["site"] == "NORTH"


def test_inbound_orders_are_announced_listed_and_closed(api: Machine, body: dict[str, Any], w: Warehouse) -> None:
    w.partner("SUP", kind="supplier")
    announced = api.post(
        "/inbound-orders",
        {
            "number": "IN-1",
            "kind": "purchase",
            "partner": "SUP",
            "reference": "PO 1",
            "expected_on": "2027-01-01",
            "over_receipt_percent": 0,
            "lines": [{"line": 1, "sku": "TEA", "quantity": 2, "unit": "case"}, {"sku": "MUG", "quantity": 5}],
        },
        status=201,
    )
    assert (announced["status"], [line["expected"] for line in announced["lines"]]) == ("announced", [24, 5])
    assert all(line[name] == 0 for line in announced["lines"] for name in ("received", "rejected", "put_away"))
    assert api.get("/availability", sku="TEA")["expected"] == 24
    assert [order["number"] for order in api.get("/inbound-orders", status="announced")["items"]] == ["IN-1"]
    assert api.post("/inbound-orders/IN-1/close")["status"] == "closed"
    assert api.post("/inbound-orders/IN-1/close", status=409)["code"] == "state_not_allowed"
    assert api.get("/inbound-orders/IN-2", answers=404)["code"] == "inbound_order_unknown"


@pytest.mark.sqlite
def test_production_comes_in_with_its_certificate(api: Machine, body: dict[str, Any]) -> None:
    lines = [{"sku": "TEA", "quantity": 1}]
    problem = api.post("/inbound-orders", {"kind": "production", "lines": lines}, status=422)
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/lines/0/certificate", "certificate_missing")]


def test_work_is_listed_with_what_it_is_about(api: Machine, desk: Desk, w: Warehouse) -> None:
    desk.picked("SO-1", "APPLE", 4)
    api.post("/orders/SO-1/cancel")
    task = api.get("/tasks", kind="put_back")["items"][0]
    assert (task["kind"], task["status"], task["order"], task["sku"], task["quantity"], task["source"]) == (
        "put_back",
        "open",
        "SO-1",
        "APPLE",
        4,
        "PACK",
    )
    assert task["reasons"] == ["Order SO-1 was cancelled"]


def test_the_same_order_of_the_same_source_is_taken_in_once(api: Machine, body: dict[str, Any]) -> None:
    order = {**body, "source": "shop"}
    first = api.post("/orders", order, status=201)
    api.post("/orders/SO-1/hold", {"reason": "wait"})
    again = api.post("/orders", {**order, "number": "so-1", "source": "Shop"}, status=200)
    assert (again["created_at"], again["status"]) == (first["created_at"], "held")
    assert len(api.get("/orders")["items"]) == 1
    assert api.post("/orders", {**order, "priority": 9}, status=409)["code"] == "entered_differently"
    assert api.post("/orders", {**order, "source": "other"}, status=409)["code"] == "number_taken"
    assert api.post("/orders", {**order, "source": None}, status=409)["code"] == "number_taken"


def test_two_that_send_the_same_order_at_once_have_one(app: Application, api: Machine, body: dict[str, Any]) -> None:
    both, answers = threading.Barrier(2), []

    def send() -> None:
        client = app.test_client()
        both.wait()
        answers.append(client.post("/api/v1/orders", json=body, headers=api.headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == [200, 201]
    assert len(api.get("/orders")["items"]) == 1
