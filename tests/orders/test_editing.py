"""An order is changed until it is released: with the checks of entry, on the timeline with who and what, and never two at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from tests.web.desk import form_of
from wms import clock
from wms.orders import editing, operations
from wms.orders.interception import INTERCEPTABLE
from wms.orders.lines import NewLine, NoLines, PartnerUnknown, SkuUnknown
from wms.orders.models import OrderKind, OrderStatus


def edit(desk: Desk, number: str, *lines: tuple[Any, ...], **facts: Any) -> None:
    new = [NewLine(sku, quantity, line=line) for line, sku, quantity in lines] if lines else None
    with desk.w.transaction():
        editing.edit(number, by=desk.w.by, changes=facts, lines=new)  # type: ignore[arg-type]


def lines_of(desk: Desk, number: str) -> list[tuple[str, int, int]]:
    return [(line.line, line.ordered, line.cancelled) for line in desk.order(number).lines]


def told(machine: Machine, number: str) -> list[tuple[str, str | None]]:
    return [(event["text"], event["by"]) for event in machine.get(f"/orders/{number}")["events"] if event["code"] == "order.changed"]


def test_lines_are_changed_added_and_taken_out_by_their_number(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5, PEAR=3, PLUM=1)
    w.product("FIG")
    edit(desk, "SO-1", ("1", "APPLE", 8), ("3", "PLUM", 1), (None, "FIG", 2))
    assert lines_of(desk, "SO-1") == [("1", 8, 0), ("3", 1, 0), ("4", 2, 0)]
    assert told(api, "SO-1") == [("Changed: line 1, line 4, line 2", "Tester")]
    page = api.page("/orders/SO-1")
    for words in ("line 1: APPLE 5 → 8", "line 4: FIG 2 new", "line 2: PEAR 3 taken out"):
        assert words in page


def test_due_priority_and_address_are_changed_and_what_is_left_out_stays(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5, notes="ring twice")
    body = {"priority": 9, "due_at": "2027-01-02T10:00:00Z", "ship_to": {"name": "李雷", "street": "中州路 1", "city": "洛阳"}}
    changed = api.post("/orders/SO-1/change", body)
    assert (changed["priority"], changed["notes"], changed["ship_to"]["city"]) == (9, "ring twice", "洛阳")
    assert [line["ordered"] for line in changed["lines"]] == [5]
    assert told(api, "SO-1")[0][0] == "Changed: priority, due, address"
    assert "priority: 5 → 9" in api.page("/orders/SO-1")
    api.post("/orders/SO-1/change", {"priority": 9})
    assert len(told(api, "SO-1")) == 1, "nothing new is nothing to tell"


def test_what_is_wrong_at_entry_is_wrong_here(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    for lines, facts, refusal in [
        ([("1", "NOTHING", 1)], {}, SkuUnknown),
        ([], {"carrier": "NOBODY"}, PartnerUnknown),
        ([("1", "APPLE", 5)], {"carrier": "CUSTOMER"}, PartnerUnknown),
    ]:
        with pytest.raises(refusal):
            edit(desk, "SO-1", *lines, **facts)
    with pytest.raises(NoLines), w.transaction():
        editing.edit("SO-1", by=w.by, lines=[])
    assert lines_of(desk, "SO-1") == [("1", 5, 0)]


def test_a_hold_lifts_when_the_change_takes_its_cause_away(w: Warehouse, desk: Desk) -> None:
    w.partner("SHOP", address={"name": "Shop", "city": "洛阳"})
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=8, customer="SHOP")
    assert desk.release("SO-1") == "held"
    edit(desk, "SO-1", ("1", "APPLE", 6))
    assert desk.reasons("SO-1")["stock"] == "Not enough stock: APPLE lacks 1 of 6", "what holds it is told as it is now"
    edit(desk, "SO-1", ("1", "APPLE", 5))
    assert (desk.status("SO-1"), list(desk.reasons("SO-1"))) == ("held", ["address"])
    edit(desk, "SO-1", ship_to={"name": "Shop", "city": "洛阳", "street": "中州路 1"})
    assert (desk.status("SO-1"), desk.reasons("SO-1")) == ("received", {})
    assert desk.release("SO-1") == "released"


@pytest.mark.parametrize("status", [one for one in OrderStatus if one not in (*editing.EDITABLE, *INTERCEPTABLE)])
def test_what_has_left_is_not_changed_and_the_refusal_says_what_to_do(w: Warehouse, desk: Desk, api: Machine, status: OrderStatus) -> None:
    desk.enter("SO-1", APPLE=5)
    with w.transaction():
        operations.find("SO-1", by=w.by).status = status.value
    for path in ("/orders/SO-1/change", "/orders/SO-1/change/preview"):
        refused = api.post(path, {"priority": 9}, 409)
        assert refused["code"] == "too_late_to_change"
        assert "comes back as a return" in refused["detail"]
    with w.transaction():
        operations.find("SO-1", by=w.by).status = "received"


def test_a_held_order_that_was_planned_before_keeps_the_record_of_its_lines(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 9, at="A-01")
    w.receive("PEAR", 9, at="A-02")
    desk.enter("SO-1", APPLE=5, PEAR=2)
    desk.release("SO-1")
    desk.plan("SO-1", "A-01")
    with w.transaction():
        operations.hold("SO-1", by=w.by)
    with pytest.raises(editing.LineHasHistory):
        edit(desk, "SO-1", ("1", "PEAR", 5), ("2", "PEAR", 2))
    edit(desk, "SO-1", ("2", "PEAR", 4))
    assert lines_of(desk, "SO-1") == [("1", 5, 5), ("2", 4, 0)], "the line that claims name is cancelled, not forgotten"
    with w.transaction():
        operations.approve("SO-1", by=w.by, reason="it is agreed")
    assert desk.release("SO-1") == "released"
    assert desk.counters("SO-1", "promised") == [0, 4]


def test_what_came_up_short_before_is_not_ordered_away(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    with w.transaction():
        operations.find("SO-1", by=w.by).lines[0].short = 2
    with pytest.raises(editing.NothingLeft):
        edit(desk, "SO-1", ("1", "APPLE", 2))
    edit(desk, "SO-1", ("1", "APPLE", 3))
    assert lines_of(desk, "SO-1") == [("1", 3, 0)]


def test_the_lines_of_a_settled_order_stay_as_they_were_paid(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5, kind=OrderKind.SETTLE_FIRST)
    with w.transaction():
        operations.settle("SO-1", by=w.by)
    with pytest.raises(editing.AlreadySettled):
        edit(desk, "SO-1", ("1", "APPLE", 9))
    edit(desk, "SO-1", ("1", "APPLE", 5), priority=9)
    assert desk.order("SO-1").priority == 9


# -- at the desk -------------------------------------------------------------------------------------------------------


def test_the_form_shows_the_order_as_it_stands_and_saving_it_unchanged_changes_nothing(w: Warehouse, desk: Desk, api: Machine) -> None:
    w.product("TEA", packagings={"case": 12})
    w.partner("SF", kind="carrier")
    due = clock.now().replace(second=0, microsecond=0)
    lines = [("TEA", 2, {"unit": "case", "lot": "L1", "min_remaining_days": 30}), ("APPLE", 3)]
    desk.enter("SO-1", lines, due_at=due, carrier="SF", notes="ring twice", ship_complete=True)
    form = form_of(api.page("/orders/SO-1/edit"))
    assert (form["sku"][:2], form["quantity"][:2], form["unit"][:2]) == (["TEA", "APPLE"], ["2", "3"], ["case", ""])
    assert (form["line"][:2], form["carrier"], form["notes"]) == (["1", "2"], "SF", "ring twice")
    before = api.get("/orders/SO-1")
    answer = api.send("/orders/SO-1/edit", **form)
    assert "Order SO-1 saved" in answer.text
    assert api.get("/orders/SO-1") == before


def test_at_the_desk_a_row_is_emptied_a_row_is_added_and_the_address_is_corrected(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5, PEAR=3)
    w.product("FIG")
    assert 'href="/orders/SO-1/edit"' in api.page("/orders/SO-1")
    form = form_of(api.page("/orders/SO-1/edit"))
    form["sku"][0] = form["quantity"][0] = ""
    form["sku"][2], form["quantity"][2] = "FIG", "7"
    form["ship_to_street"] = "中州路 1"
    answer = api.send("/orders/SO-1/edit", **form)
    assert answer.request.path == "/orders/SO-1"
    assert lines_of(desk, "SO-1") == [("2", 3, 0), ("3", 7, 0)]
    assert desk.order("SO-1").ship_to["street"] == "中州路 1"
    assert "line 1: APPLE 5 taken out" in answer.text


def test_wrong_input_is_said_beside_its_row_and_what_was_typed_is_kept(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5)
    form = form_of(api.page("/orders/SO-1/edit"))
    form["sku"][1], form["quantity"][1] = "NOTHING", "2"
    answer = api.send("/orders/SO-1/edit", **form)
    assert answer.status_code == 422
    assert 'id="row-2-sku-error">There is no product NOTHING' in answer.text
    assert 'value="NOTHING"' in answer.text
    form["priority"], form["sku"][1], form["quantity"][1] = "12", "", ""
    assert 'id="priority-error"' in api.send("/orders/SO-1/edit", **form).text


def test_of_two_people_who_change_it_at_once_the_second_is_told(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5)
    first, second = form_of(api.page("/orders/SO-1/edit")), form_of(api.page("/orders/SO-1/edit"))
    first["quantity"][0], second["quantity"][0] = "6", "7"
    assert "saved" in api.send("/orders/SO-1/edit", **first).text
    answer = api.send("/orders/SO-1/edit", **second)
    assert "SO-1 was changed while you were typing" in answer.text
    assert desk.counters("SO-1", "ordered") == [6]
    assert 'value="7"' in answer.text
    again = form_of(answer.text)
    assert "saved" in api.send("/orders/SO-1/edit", **again).text
    assert desk.counters("SO-1", "ordered") == [7]


def test_what_has_left_offers_no_form(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=5)
    with w.transaction():
        operations.find("SO-1", by=w.by).status = "shipped"
    assert 'href="/orders/SO-1/edit"' not in api.page("/orders/SO-1")
    answer = api.client.get("/orders/SO-1/edit", headers=api.headers, follow_redirects=True)
    assert "it cannot be changed any more" in answer.text
    with w.transaction():
        operations.find("SO-1", by=w.by).status = "received"


def test_who_may_not_enter_orders_may_not_change_them(w: Warehouse, desk: Desk, machine: Any) -> None:
    desk.enter("SO-1", APPLE=5)
    picker = machine("picker")
    picker.post("/orders/SO-1/change", {"priority": 9}, 403)
    picker.page("/orders/SO-1/edit", 403)
