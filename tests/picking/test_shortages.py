"""What came up short is dealt with from its list: picked elsewhere, left to wait, or cancelled; each on the order's timeline."""

from __future__ import annotations

import re

import pytest

from tests.http import Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.orders import reconsidering
from wms.picking import shortages
from wms.picking.models import Origin
from wms.tasks import queue
from wms.tasks.models import TaskKind


@pytest.fixture
def short(hall: Hall) -> int:
    """Line 1 of SO-1: two of five found, three short; nothing elsewhere. The place is to be counted."""
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 2)
    assert (hall.status("SO-1"), hall.lines("SO-1", "short")) == ("picked", [3])
    return hall.order("SO-1").lines[0].id


def counters(hall: Hall, number: str = "SO-1") -> dict[str, int]:
    names = ("promised", "reserved", "picked", "short", "cancelled")
    return {name: counted for name in names if (counted := hall.lines(number, name)[0])}


def test_what_lies_elsewhere_by_now_is_picked_again(hall: Hall, short: int) -> None:
    hall.put("APPLE", 2, "B-03")
    with hall.w.transaction():
        planned = shortages.pick_again(short, by=hall.by)
    assert counters(hall) == {"reserved": 2, "picked": 2, "short": 1}
    assert planned.wave.origin == Origin.SHORT
    assert hall.status("SO-1") == "picking"
    assert ("B-03", 2) in [(place, quantity) for place, _, quantity in hall.reserved("SO-1")]
    hall.pick_all(planned.pick_lists[0].number)
    assert (hall.status("SO-1"), counters(hall)) == ("picked", {"picked": 4, "short": 1})


def test_a_place_that_waits_to_be_counted_gives_nothing(hall: Hall, short: int) -> None:
    with pytest.raises(shortages.NothingElsewhere), hall.w.transaction():
        shortages.pick_again(short, by=hall.by)
    assert (hall.status("SO-1"), counters(hall)) == ("picked", {"picked": 2, "short": 3})
    (count,) = hall.tasks(TaskKind.COUNT)
    with hall.w.transaction():
        queue.cancel(count.id)
    with hall.w.transaction():
        shortages.pick_again(short, by=hall.by)
    assert counters(hall) == {"reserved": 3, "picked": 2}


def test_goods_promised_to_somebody_else_are_not_taken(hall: Hall, short: int) -> None:
    hall.put("APPLE", 4, "B-03")
    with hall.w.transaction():
        for count in hall.tasks(TaskKind.COUNT):
            queue.cancel(count.id)
    hall.release("SO-2", ("APPLE", 6))
    with hall.w.transaction():
        shortages.pick_again(short, by=hall.by)
    assert counters(hall) == {"reserved": 1, "picked": 2, "short": 2}


def test_a_promise_that_waits_for_putaway_is_planned_as_soon_as_the_goods_lie_in_a_rack(hall: Hall) -> None:
    hall.put("PEAR", 2, "A-02")
    hall.w.receive("APPLE", 3)
    hall.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    hall.pick_all(hall.list_of("SO-1"))
    line = hall.order("SO-1").lines[0].id
    with pytest.raises(shortages.NothingElsewhere), hall.w.transaction():
        shortages.pick_again(line, by=hall.by)
    hall.w.move("APPLE", 3, "DOCK", "A-03")
    with hall.w.transaction():
        shortages.pick_again(line, by=hall.by)
    assert counters(hall) == {"reserved": 3}


def test_a_back_order_waits_for_goods_and_is_promised_what_comes(hall: Hall, short: int) -> None:
    with hall.w.transaction():
        assert shortages.back_order(short, by=hall.by) == 3
    assert (hall.status("SO-1"), counters(hall)) == ("picking", {"picked": 2})
    assert hall.order("SO-1").allow_backorder
    hall.put("APPLE", 9, "B-01")
    reconsidering.reconsider_everything()
    assert counters(hall) == {"promised": 3, "picked": 2}


def test_the_rest_is_cancelled_and_the_order_goes_on_with_what_it_has(hall: Hall, short: int) -> None:
    with hall.w.transaction():
        assert shortages.cancel_rest(short, by=hall.by) == 3
    assert (hall.status("SO-1"), counters(hall)) == ("picked", {"picked": 2, "cancelled": 3})
    with pytest.raises(shortages.NothingShort), hall.w.transaction():
        shortages.cancel_rest(short, by=hall.by)


def test_cancelling_a_promise_that_waits_lets_the_order_be_done(hall: Hall) -> None:
    hall.put("PEAR", 2, "A-02")
    hall.w.receive("APPLE", 3)
    hall.release("SO-1", ("APPLE", 3), ("PEAR", 2))
    hall.pick_all(hall.list_of("SO-1"))
    assert hall.status("SO-1") == "picking"
    with hall.w.transaction():
        shortages.cancel_rest(hall.order("SO-1").lines[0].id, by=hall.by)
    assert (hall.status("SO-1"), counters(hall)) == ("picked", {"cancelled": 3})


def test_an_order_that_wants_nothing_any_more_is_cancelled(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 0)
    assert hall.lines("SO-1", "short") == [5]
    with hall.w.transaction():
        shortages.cancel_rest(hall.order("SO-1").lines[0].id, by=hall.by)
    assert (hall.status("SO-1"), counters(hall)) == ("cancelled", {"cancelled": 5})


def test_a_line_of_another_site_is_not_there(hall: Hall, short: int) -> None:
    stranger = hall.w.person("north", site=hall.w.site("NORTH"))
    for act in (shortages.pick_again, shortages.back_order, shortages.cancel_rest):
        with pytest.raises(shortages.ShortLineUnknown), hall.w.transaction():
            act(short, by=stranger)


# -- at the desk -------------------------------------------------------------------------------------------------------


def test_the_list_offers_what_may_be_done_and_tells_what_came_of_it(app: Application, hall: Hall, short: int) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    page = desk.get("/picking/shortages")
    for act in ("again", "back-order", "cancel"):
        assert f'action="/picking/shortages/{short}/{act}"' in page
    assert 'href="/counting/new?sku=APPLE"' in page
    assert ">APPLE</textarea>" in desk.get("/counting/new?sku=APPLE")
    desk.post(f"/picking/shortages/{short}/again")
    assert "No free APPLE lies in any location that is not waiting to be counted" in desk.get("/picking/shortages")
    hall.put("APPLE", 9, "B-03")
    desk.post(f"/picking/shortages/{short}/again")
    assert re.search(r"Pick list P-\d+ planned", desk.get("/picking/shortages"))
    assert "SO-1" not in desk.get("/picking/shortages")
    timeline = desk.get("/orders/SO-1")
    assert "3 of APPLE are picked elsewhere" in timeline
    assert desk.name.title() in timeline


def test_waiting_and_cancelling_are_for_who_may_change_orders(app: Application, hall: Hall, short: int) -> None:
    desk = Desk(Client(app), Role.DISPATCHER)
    page = desk.get("/picking/shortages")
    assert f"/picking/shortages/{short}/again" in page
    assert f"/picking/shortages/{short}/cancel" not in page
    desk.post(f"/picking/shortages/{short}/cancel", 403)
    desk.post(f"/picking/shortages/{short}/back-order", 403)
    assert counters(hall) == {"picked": 2, "short": 3}


def test_a_back_order_and_a_cancellation_are_told_on_the_timeline(app: Application, hall: Hall, short: int) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    desk.post(f"/picking/shortages/{short}/back-order")
    assert "3 of APPLE wait as a back-order" in desk.get("/orders/SO-1")
    desk.post(f"/picking/shortages/{short}/cancel")
    assert "3 of APPLE were cancelled" in desk.get("/orders/SO-1")
