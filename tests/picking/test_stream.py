"""Work goes to the floor by itself: by due time and free capacity, the urgent at once, and late orders are known before they are late."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.db import session, table_of
from wms.orders.models import Order
from wms.picking import cart_kinds, jobs, lateness, stream
from wms.picking.advice import MethodUnfit
from wms.picking.cart_kinds import CartUnknown
from wms.picking.models import Method, Wave
from wms.picking.stream import Look, StreamFacts
from wms.tasks import next_best, queue
from wms.tasks.models import TaskKind


def start(hall: Hall, **facts: Any) -> None:
    with hall.w.transaction():
        stream.put(StreamFacts(**{"running": True, "most_orders": 1, **facts}), by=hall.by)


def seen(hall: Hall) -> Look:
    session.rollback()
    return stream.look(stream.of_site(hall.w.site_id))


def why(hall: Hall) -> dict[str, str]:
    return {one.number: one.reason.say("en") for one in seen(hall).skipped}


def waves_of(hall: Hall) -> list[tuple[str, str]]:
    session.rollback()
    return [tuple(row) for row in session.execute(sa.select(Wave.origin, Wave.method).order_by(Wave.id))]


def in_hours(hours: float) -> dt.datetime:
    return clock.now() + dt.timedelta(hours=hours)


def test_nothing_goes_by_itself_before_somebody_starts_it(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1))
    assert jobs.release() == 0
    start(hall, method=Method.SINGLE)
    assert jobs.release() == 1
    assert waves_of(hall) == [("stream", "single")]
    assert hall.lines("SO-1", "reserved") == [1]
    assert jobs.release() == 0, "a second turn finds nothing to do"


def test_only_so_many_lists_are_open_and_the_rest_says_why(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    for number in range(3):
        hall.release(f"SO-{number}", ("APPLE", 1), due_at=in_hours(1 + number))
    start(hall, most_lists=2)
    assert seen(hall).orders == ("SO-0", "SO-1")
    jobs.release()
    assert why(hall) == {"SO-2": "At most 2 lists may be open, and others come first"}
    assert jobs.release() == 0
    session.rollback()
    hall.pick_all("P-10001")
    assert jobs.release() == 1
    assert hall.lines("SO-2", "reserved") == [1]


def test_a_full_zone_waits_and_an_urgent_order_cuts_in(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-01")
    hall.release("SO-1", ("APPLE", 1))
    hall.release("SO-2", ("APPLE", 1))
    hall.release("SO-3", ("PEAR", 1))
    start(hall, zone_caps=(("A", 1),))
    jobs.release()
    assert hall.lines("SO-3", "reserved") == [1]
    assert why(hall) == {"SO-2": "Zone A has 1 line open, at most 1"}
    session.rollback()
    hall.release("SO-9", ("APPLE", 1), priority=9)
    assert seen(hall).urgent == ("SO-9",)
    jobs.release()
    assert hall.lines("SO-9", "reserved") == [1]
    assert hall.lines("SO-2", "reserved") == [0]


def test_what_is_due_later_waits(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(9))
    start(hall, horizon_minutes=60)
    assert why(hall) == {"SO-1": "It is due later than 60 min from now"}
    assert jobs.release() == 0


def test_several_processes_release_each_order_once(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    for number in range(4):
        hall.release(f"SO-{number}", ("APPLE", 1))
    start(hall, most_lists=2)
    session.rollback()
    all_at_once(app, [jobs.release] * 3)
    session.rollback()
    assert stream.open_lists(hall.w.site_id) == 2
    assert session.execute(sa.select(sa.func.count()).select_from(table_of(Wave))).scalar_one() == 1


def test_an_order_is_known_to_be_late_before_it_is(hall: Hall) -> None:
    hall.put("APPLE", 2000, "A-01")
    hall.release("BIG", ("APPLE", 900), priority=5)
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(0.25))
    hall.release("SO-2", ("APPLE", 1), due_at=in_hours(8))
    hall.wave("BIG")
    session.rollback()
    (one,) = lateness.late(hall.w.site_id)
    assert (one.number, one.minutes_late) == ("SO-1", one.minutes_ahead - 15 + 30), "packing and loading take their time too"
    assert one.why.say("en") == f"{one.minutes_ahead} min of work up to it, 1 picking at once"


def test_lists_are_reckoned_in_the_sequence_in_which_people_get_them(hall: Hall) -> None:
    """A list without a due time waits behind one that is due soon, whatever its priority."""
    hall.put("APPLE", 2000, "A-01")
    hall.release("BIG", ("APPLE", 900), priority=8)
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(0.75))
    hall.wave("BIG")
    hall.wave("SO-1")
    with hall.w.transaction():
        given = next_best.give([TaskKind.PICK], by=hall.by)
        assert given is not None
        assert given.document == "P-10002"
        queue.give_back(given.id, by=hall.by)
    session.rollback()
    assert lateness.late(hall.w.site_id) == []


def test_packing_and_loading_count_into_what_will_be_late(hall: Hall, app: Application) -> None:
    """An order due in twenty minutes whose pick is not begun will be late, however short the walk; so will one that is only picked."""
    hall.put("APPLE", 2000, "A-01")
    for number, hours in (("SO-1", 0.3), ("SO-2", 0.3), ("SO-3", 4), ("SO-4", -1)):
        hall.release(number, ("APPLE", 1), due_at=in_hours(hours))
    hall.pick_all(hall.list_of("SO-2"))
    first = hall.wave("SO-1").pick_lists[0].number
    last = hall.wave("SO-3").pick_lists[0].number
    over = hall.wave("SO-4").pick_lists[0].number
    session.rollback()
    seen = {one.number: one.why.say("en") for one in lateness.late(hall.w.site_id)}
    assert set(seen) == {"SO-1", "SO-2", "SO-4"}
    assert seen["SO-2"] == "Packing and loading take 30 min more"
    lateness.forget()
    desk = Desk(Client(app), Role.SUPERVISOR)
    board = desk.get("/")
    picking, packing = part(board, "panel-picking"), part(board, "panel-packing")
    assert (row(picking, first).count("will be late"), row(picking, over).count("overdue"), "late" in row(picking, last)) == (1, 1, False)
    assert [row(picking, one).split('"')[1] for one in (first, over, last)] == ["stop", "stop", "calm"]
    assert "will be late" in row(packing, "SO-2")
    for page in ("/tasks", "/picking/lists", "/orders"):
        assert "will be late" in row(desk.get(page), "SO-1")
        assert "overdue" in row(desk.get(page), "SO-4")
        assert "will be late" not in row(desk.get(page), "SO-3")
    assert "will be late" in row(desk.get("/orders"), "SO-2")
    assert "will be late" in row(desk.get("/packing"), "SO-2")
    assert "Packing and loading take 30 min more" in desk.get("/orders/SO-2")


def part(page: str, id: str) -> str:
    return page[page.index(f'id="{id}"') :].split("</section>")[0]


def row(page: str, name: str) -> str:
    """The row of a table that names it, from its tone on."""
    return next(one for one in page.split("<tr")[1:] if f">{name}</a>" in one).split("</tr>")[0]


def test_an_order_that_will_be_late_is_red_on_the_plan_page(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 2000, "A-01")
    hall.release("SO-1", ("APPLE", 900), due_at=in_hours(0.25))
    page = Desk(Client(app), Role.SUPERVISOR).get("/picking/plan")
    assert "will be late" in page
    assert "min of work up to it" in page


def test_an_order_that_will_be_late_is_red_wherever_orders_are_shown_until_it_is_late(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 3000, "A-01")
    hall.release("BIG", ("APPLE", 900), priority=5)
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(0.25))
    hall.release("SO-2", ("APPLE", 1), due_at=in_hours(80))
    hall.wave("BIG")
    api, desk = Api(app), Desk(Client(app), Role.SUPERVISOR)
    coming = {number: api.get(f"/orders/{number}")["expected_at"] for number in ("BIG", "SO-1", "SO-2")}
    assert coming["BIG"] is None, "it is due at no time"
    assert dt.datetime.fromisoformat(coming["SO-1"]) > in_hours(0.25)
    assert dt.datetime.fromisoformat(coming["SO-2"]) < in_hours(80)
    board = desk.get("/")
    assert "Orders overdue, or about to be" in board
    assert board.count("Picked by ") == 1
    rows = desk.get("/orders?due=soon")
    assert ("SO-1" in rows, "SO-2" in rows, "will be late" in rows) == (True, False, True)
    assert "It will be late" in desk.get("/orders/SO-1")
    page = desk.get("/orders/SO-2")
    assert ("It will be late" in page, "Picked by" in page) == (False, True)
    with hall.w.transaction():
        session.execute(sa.update(Order).where(Order.number == "SO-1").values(due_at=in_hours(-1)))
    assert "SO-1" not in desk.get("/orders?due=soon"), "it is late by now, and in that list"
    assert "It will be late" not in desk.get("/orders/SO-1")


def test_what_is_expected_is_reckoned_once_for_all_who_look_within_some_seconds(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(9))
    first = lateness.kept(hall.w.site_id)
    assert lateness.kept(hall.w.site_id) is first
    lateness.forget()
    assert lateness.kept(hall.w.site_id) is not first


def test_it_is_set_up_over_the_api_with_its_reasons(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(90))
    api = Api(app)
    assert api.get("/stream")["running"] is False
    api.put("/carts/C-8", {"positions": 8}, status=201)
    assert api.get("/carts")["items"][0]["code"] == "C-8"
    made = api.put("/stream", {"running": True, "cart": "c-8", "zone_caps": [{"zone": "A", "lines": 5}]})
    assert (made["running"], made["cart"], made["zone_caps"]) == (True, "C-8", [{"zone": "A", "lines": 5}])
    assert made["waiting"] == [{"order": "SO-1", "reason": "It is due later than 240 min from now"}]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"running": True, "method": "pallet"}, 422),
        ({"running": True, "cart": "NO-SUCH"}, 404),
        ({"running": True, "most_lists": 0}, 422),
        ({"running": True, "zone_caps": [{"zone": "A"}]}, 422),
        ({"running": True, "speed": 9}, 422),
        ({"running": True, "zone_caps": [{"zone": "NO-SUCH", "lines": 5}]}, 422),
        ({"running": True, "zone_caps": [{"zone": "A", "lines": 5}, {"zone": "a", "lines": 9}]}, 422),
    ],
)
def test_nonsense_is_refused(hall: Hall, app: Application, body: dict[str, Any], status: int) -> None:
    api = Api(app)
    api.put("/stream", body, status=status)
    api.put("/carts/C-1", {"positions": 0}, status=422)


def test_an_unknown_cart_or_way_is_told(hall: Hall) -> None:
    with pytest.raises(CartUnknown):
        start(hall, cart="NO-SUCH")
    with pytest.raises(MethodUnfit):
        start(hall, method=Method.PALLET)
    with hall.w.transaction():
        cart_kinds.put("C-8", cart_kinds.CartFacts(8), by=hall.by)
    start(hall, cart="c-8")


def test_it_is_set_up_started_and_stopped_at_the_desk(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1), due_at=in_hours(-1))
    desk = Desk(Client(app), Role.SUPERVISOR)
    assert "Overdue, or will be" in desk.get("/picking/release")
    assert "Already overdue" in desk.get("/picking/release")
    rules = {"method": "single", "horizon_minutes": 60, "most_orders": 1, "most_lists": 3, "zone_lines": 50, "zone_caps": "A=80, B=60"}
    desk.post("/picking/release", do="start", **rules)
    page = desk.get("/picking/release")
    assert "running" in page
    assert "A=80, B=60" in page
    desk.post("/picking/release", 422, do="start", **{**rules, "zone_caps": "A=lots"})
    desk.post("/picking/release", do="stop", **rules)
    assert "stopped" in desk.get("/picking/release")
    Desk(Client(app), Role.PICKER, name="bob").post("/picking/release", 403, **rules)


def test_carts_are_kept_at_the_desk(hall: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    desk.post("/picking/carts", code="C-12", positions="12", tote_kg="12.5")
    assert "12.5" in desk.get("/picking/carts?code=C-12")
    desk.post("/picking/carts", 422, code="C-13", positions="99")
    desk.post("/picking/carts/C-12/remove")
    assert "There is no cart yet" in desk.get("/picking/carts")


def open_lists(hall: Hall) -> int:
    session.rollback()
    return stream.open_lists(hall.w.site_id)


def test_one_order_at_a_time_keeps_the_cap_of_lists(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    for number in range(5):
        hall.release(f"SO-{number}", ("APPLE", 1))
    start(hall, method=Method.SINGLE, most_orders=8, most_lists=2)
    assert seen(hall).orders == ("SO-0", "SO-1")
    jobs.release()
    assert open_lists(hall) == 2


def test_small_carts_keep_the_cap_of_lists(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    with hall.w.transaction():
        cart_kinds.put("C-2", cart_kinds.CartFacts(2), by=hall.by)
    for number in range(7):
        hall.release(f"SO-{number}", ("APPLE", 1))
    start(hall, cart="C-2", most_orders=8, most_lists=2)
    assert seen(hall).orders == ("SO-0", "SO-1", "SO-2", "SO-3")
    jobs.release()
    assert open_lists(hall) == 2


def test_lists_that_are_more_than_was_thought_wait_until_there_is_room_and_are_not_overtaken(hall: Hall) -> None:
    """SO-1 has goods in two zones of a relay: two lists. One is free, so it waits, and what comes after it too."""
    for sku, at in (("APPLE", "A-01"), ("PEAR", "B-01")):
        hall.put(sku, 20, at)
    hall.release("SO-0", ("APPLE", 1), priority=8)
    start(hall, method=Method.ZONE, most_orders=1, most_lists=2)
    jobs.release()
    assert open_lists(hall) == 1
    session.rollback()
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1), priority=7)
    hall.release("SO-2", ("APPLE", 1), priority=6)
    assert jobs.release() == 0
    session.rollback()
    hall.release("SO-9", ("APPLE", 1), priority=9)
    assert jobs.release() == 1
    assert (hall.lines("SO-9", "reserved"), hall.lines("SO-2", "reserved")) == ([1], [0])
    session.rollback()
    for number in ("P-10001", "P-10002"):
        hall.pick_all(number)
    assert jobs.release() == 1
    assert hall.lines("SO-1", "reserved") == [1, 1]


def test_an_order_of_more_lists_than_may_be_open_goes_to_an_empty_floor(hall: Hall) -> None:
    for sku, at in (("APPLE", "A-01"), ("PEAR", "B-01")):
        hall.put(sku, 20, at)
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1))
    start(hall, method=Method.ZONE, most_lists=1)
    assert jobs.release() == 1
    assert hall.lines("SO-1", "reserved") == [1, 1]


def test_what_is_due_later_keeps_no_goods_from_what_is_due_now(hall: Hall) -> None:
    hall.put("APPLE", 1, "A-01")
    hall.w.location("DOCK", kind="dock")
    hall.put("APPLE", 1, "DOCK")
    hall.release("LATER", ("APPLE", 1), priority=8, due_at=in_hours(90))
    hall.release("NOW", ("APPLE", 1), due_at=in_hours(1))
    start(hall, horizon_minutes=120)
    assert jobs.release() == 1
    assert (hall.lines("NOW", "reserved"), hall.lines("LATER", "reserved")) == ([1], [0])


def test_a_large_order_is_not_overtaken_for_ever_in_a_full_zone(hall: Hall) -> None:
    skus = [f"S{number}" for number in range(5)]
    for number, sku in enumerate(skus, start=1):
        hall.put(sku, 9, f"A-0{number}")
    hall.release("FIRST", *((sku, 1) for sku in skus[:3]))
    start(hall, zone_caps=(("A", 5),))
    jobs.release()
    session.rollback()
    hall.release("LARGE", *((sku, 1) for sku in skus[:4]), priority=6)
    hall.release("SMALL", (skus[4], 1), priority=2)
    assert jobs.release() == 0
    assert why(hall) == {"LARGE": "Zone A has 3 lines open, at most 5", "SMALL": "Zone A is kept for LARGE, which comes first"}


def test_what_one_site_cannot_do_stops_no_other_site(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 1))
    start(hall)
    with hall.w.transaction():
        other = hall.w.site("AAA")
        boss = hall.w.person("other-boss", site=other)
        stream.put(StreamFacts(running=True), by=boss)
    done, release_at = [], jobs.release_at

    def release(site_id: int) -> bool:
        if site_id == min(hall.w.site_id, other):
            raise RuntimeError("no floor plan")
        done.append(site_id)
        return release_at(site_id)

    monkeypatch.setattr(jobs, "release_at", release)
    with pytest.raises(RuntimeError):
        jobs.release()
    assert done == [max(hall.w.site_id, other)]


def test_two_who_set_it_up_for_the_first_time_at_once_both_may(hall: Hall, app: Application) -> None:
    def put(lists: int) -> None:
        with db.transaction():
            stream.put(StreamFacts(running=True, most_lists=lists), by=hall.by)
            time.sleep(0.1)

    session.remove()
    assert all_at_once(app, [lambda: put(3), lambda: put(4)]) == [None, None]


@pytest.mark.parametrize("first", [1, 2, 5])
def test_who_looks_only_at_the_head_of_the_line_releases_the_same_orders(hall: Hall, first: int) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-01")
    start(hall, method=Method.SINGLE, most_lists=3, zone_caps=(("A", 2),))
    hall.release("LATER", ("PEAR", 1), due_at=in_hours(2))
    hall.release("ZONE-FULL", ("APPLE", 2), due_at=in_hours(1.5))
    hall.release("SOON", ("APPLE", 2), ("PEAR", 1), due_at=in_hours(1))
    hall.release("ANY-DAY", ("PEAR", 1))
    hall.release("NO-ROOM", ("PEAR", 1))
    hall.release("TOMORROW", ("PEAR", 1), due_at=in_hours(30))
    hall.release("URGENT", ("APPLE", 4), priority=9, due_at=in_hours(40))
    whole = seen(hall)
    assert whole.orders == ("URGENT", "SOON", "LATER", "ANY-DAY")
    head = stream.look_at_first(stream.of_site(hall.w.site_id), first=first)
    assert (head.orders, head.urgent, head.open_lines) == (whole.orders, whole.urgent, whole.open_lines)


def test_the_head_of_the_line_ends_where_the_floor_is_full(hall: Hall) -> None:
    hall.put("APPLE", 20, "A-01")
    start(hall, method=Method.SINGLE, most_lists=1)
    for number in range(9):
        hall.release(f"SO-{number}", ("APPLE", 1))
    head = stream.look_at_first(stream.of_site(hall.w.site_id), first=2)
    assert (head.orders, [one.number for one in head.skipped]) == (("SO-0",), ["SO-1"])


def test_an_order_that_cannot_go_says_what_keeps_it(hall: Hall) -> None:
    hall.w.product("TEA", tracking="lot")
    for lot, at in (("L1", "A-01"), ("L2", "A-02")):
        hall.put("TEA", 3, at, lot=lot)
    hall.release("SO-1", ("TEA", 3, {"one_batch": True}))
    hall.release("SO-2", ("TEA", 1, {"lot": "L1"}), ("TEA", 1, {"lot": "L2"}))
    hall.wave("SO-2")
    start(hall)
    assert why(hall) == {"SO-1": "TEA: All of it is to be of one batch, and the largest has 2"}
