"""Value-added work: asked for at the bench, confirmed by somebody, and nothing is packed to the end without it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.db import session
from wms.events import Event
from wms.i18n import Text
from wms.orders import editing, operations, services
from wms.orders.lines import NewLine
from wms.orders.services import NewService, Service
from wms.shipping import documents, shortages

APPLE, PEAR = "6901234567892", "6901234567908"
WRAP, RELABEL = NewService(Service.GIFT_WRAP, text="blue ribbon"), NewService(Service.RELABEL, line="1")


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE)
    yard.product("PEAR", PEAR)


def facts(bench: Scanner) -> list[tuple[str, str, str | None]]:
    return [(fact["label"], fact["value"], fact["detail"]) for fact in bench.screen["facts"]]


def test_the_packer_is_asked_for_each_and_says_that_it_is_done(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, services=[RELABEL, WRAP])
    bench.scan("SO-1")
    assert (bench.step, bench.screen["expected"]) == ("service", "CMD:DONE")
    assert facts(bench)[:2] == [("Work", "Relabel", None), ("Of", "APPLE", "line 1")]
    bench.scan(PEAR)
    assert (bench.step, bench.tone, bench.code) == ("service", "stop", "another_work")
    bench.scan(APPLE)
    assert (bench.step, bench.said, facts(bench)[0]) == ("service", "Relabel is confirmed", ("Work", "Gift-wrap", "blue ribbon"))
    bench.scan("CMD:DONE")
    assert (bench.step, bench.said) == ("product", "Gift-wrap is confirmed")
    bench.scan(APPLE, "2")
    assert (bench.step, yard.status("SO-1")) == ("weight", "packed")


def test_later_is_possible_but_not_after_the_last_piece(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1, services=[WRAP])
    bench.scan("SO-1", "CMD:SKIP")
    assert (bench.step, bench.tone) == ("product", "ask")
    bench.scan(PEAR, APPLE, "2")
    assert (bench.step, bench.code, bench.said) == (
        "service",
        "service_open",
        "SO-1 cannot be finished: Gift-wrap: blue ribbon is not confirmed",
    )
    assert yard.lines("SO-1", "packed") == [0, 1]
    bench.scan("CMD:DONE", APPLE, "2")
    assert yard.status("SO-1") == "packed"


def test_a_carton_is_not_closed_over_what_is_not_relabelled(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=2, services=[RELABEL])
    bench.scan("SO-1", "CMD:SKIP", PEAR, "2", "CMD:FULL", "CMD:DONE")
    assert bench.step == "product", "nothing of the line is in it"
    bench.scan(APPLE, "CMD:DONE", "CMD:FULL")
    assert bench.code == "service_open"


def test_nor_does_a_shortage_finish_the_order_around_it(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1, services=[WRAP])
    bench.scan("SO-1", "CMD:SKIP", PEAR, "CMD:SHORT", "2", shortages.Lack.LOST)
    assert (bench.step, bench.code) == ("why", "service_open")


def test_work_on_a_line_that_came_up_short_is_moot(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1, services=[RELABEL])
    bench.scan("SO-1", "CMD:SKIP", "CMD:SHORT", APPLE, "2", "LOST", PEAR)
    assert yard.status("SO-1") == "packed"


def test_who_confirmed_it_is_on_the_timeline_and_on_the_packing_slip(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1, services=[WRAP])
    bench.scan("SO-1", "CMD:DONE", APPLE)
    told = session.execute(sa.select(Event.facts).where(Event.code == "order.service_done")).scalar_one()
    assert (told["service"], told["reason"]) == ("gift_wrap", "blue ribbon")
    slip = documents.packing_slip(yard.shipment("SO-1").number, yard.by)
    cells = [str(cell.say("en") if isinstance(cell, Text) else cell) for cell in slip.sections[-1].rows[0]]
    assert cells[1:4] == ["Gift-wrap", "blue ribbon", "Packer"]


def test_it_is_confirmed_once(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=1, services=[WRAP])
    order_id = yard.order("SO-1").id
    with yard.w.transaction():
        services.confirm(order_id, 1, by=yard.by)
    for position, refusal in ((1, services.ServiceDone), (2, services.ServiceUnknown)):
        with pytest.raises(refusal), yard.w.transaction():
            services.confirm(order_id, position, by=yard.by)
    yard.cancel("SO-1")
    with pytest.raises(services.OrderNotPacked), yard.w.transaction():
        services.confirm(order_id, 1, by=yard.by)


def test_it_is_asked_for_on_lines_that_there_are_and_changed_before_release(yard: Yard) -> None:
    yard.w.partner("CUSTOMER")
    with pytest.raises(services.ServiceLineUnknown), yard.w.transaction():
        operations.enter_order(
            number="SO-0", customer="CUSTOMER", lines=[NewLine("APPLE", 1)], services=[NewService(Service.KIT, "9")], by=yard.by
        )
    with yard.w.transaction():
        operations.enter_order(number="SO-1", customer="CUSTOMER", lines=[NewLine("APPLE", 1)], services=[RELABEL], by=yard.by)
    order_id = yard.order("SO-1").id
    with yard.w.transaction():
        editing.edit("SO-1", by=yard.by, services=[WRAP])
    assert [one.code for one in services.of_orders([order_id])[order_id]] == [Service.GIFT_WRAP]
    with yard.w.transaction():
        editing.edit("SO-1", by=yard.by, services=[RELABEL])
        editing.edit("SO-1", by=yard.by, lines=[NewLine("PEAR", 1)])
    assert services.of_orders([order_id]) == {}, "it went with its line"
    assert "order.changed" in yard.events("SO-1")


def test_what_is_confirmed_stays_so_when_the_list_is_written_anew(yard: Yard) -> None:
    """It was asked for a second time, of goods that were wrapped already."""
    yard.picked("SO-1", APPLE=1, services=[RELABEL, WRAP, WRAP])
    order = yard.order("SO-1")
    insert = NewService(Service.INSERT)
    with yard.w.transaction():
        services.confirm(order.id, 3, by=yard.by)
        told = services.replace(
            yard.order("SO-1"), [insert, WRAP, NewService(Service.GIFT_WRAP, text="red"), WRAP], yard.order("SO-1").lines
        )
    found = services.of_orders([order.id])[order.id]
    assert [(one.code, one.text, one.done_by is not None) for one in found] == [
        (Service.INSERT, None, False),
        (Service.GIFT_WRAP, "blue ribbon", True),
        (Service.GIFT_WRAP, "red", False),
        (Service.GIFT_WRAP, "blue ribbon", False),
    ]
    assert told == [{"what": "services", "before": 3, "after": 4}]
