"""Arrivals over the API and at the desk: booked, met at the door, asked about what is short, told in figures and on paper."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.receiving.conftest import Dock
from tests.receiving.test_arrivals import Yard, at, yard
from tests.receiving.test_pages import Reader, reader
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.orders.models import Difference, InboundOrder
from wms.receiving import arrivals, dock_day, trucks
from wms.receiving.appointments import Hours
from wms.receiving.dock_taken import DockTaken
from wms.receiving.models import Arrival

__all__ = ["reader", "yard"]


def test_a_dock_that_is_occupied_beyond_its_time_is_not_free_and_the_next_is_in_danger(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, end, now, due, done = at(9), at(9, 30), at(10, 50), at(11), at(11, 30)
    stays = yard.plan("豫A·1", dock="DOCK", planned_from=begin)
    follows = yard.plan("豫B·2", dock="DOCK", planned_from=due)
    monkeypatch.setattr(clock, "now", lambda: begin)
    yard.do(arrivals.unload, stays)
    monkeypatch.setattr(clock, "now", lambda: now)
    found = trucks.of_day(begin.date(), by=yard.w.by)
    cells = dock_day.of(clock.local(begin).date(), Hours(7, 20, 30), found, by=yard.w.by).docks["DOCK"]
    told = [(cell.begin, cell.end, cell.truck and cell.truck.number, [one.number for one in cell.over]) for cell in cells if cell.over]
    assert told == [(end, due, None, [stays.number]), (due, done, follows.number, [stays.number])]


def test_two_vehicles_at_one_dock_are_both_shown(yard: Yard, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = at(10, 10)
    one, two = yard.plan("豫A·1", dock="DOCK", planned_from=at(9), planned_until=at(11)), yard.plan("豫B·2")
    monkeypatch.setattr(clock, "now", lambda: now)
    desk = Desk(client)
    yard.do(arrivals.unload, one)
    with yard.w.transaction():  # whoever receives there without being asked
        arrivals.begin_unloading(two, by=yard.w.by, dock=yard.dock.id("DOCK"))
    found = trucks.of_day(clock.local(now).date(), by=yard.w.by)
    cells = dock_day.of(clock.local(now).date(), Hours(7, 20, 30), found, by=yard.w.by).docks["DOCK"]
    shown = {one for cell in cells for one in [cell.truck and cell.truck.number, *(truck.number for truck in cell.over)] if one}
    assert shown == {one.number, two.number}
    page = desk.get(f"/receiving/docks?day={clock.local(now).date()}")
    assert "豫B·2 stands there too" in page


def test_a_second_vehicle_is_not_unloaded_where_one_stands(yard: Yard) -> None:
    one, two = yard.plan("豫A·1", dock="DOCK", planned_from=at(9)), yard.plan("豫B·2")
    yard.do(arrivals.unload, one)
    with pytest.raises(DockTaken) as refusal:
        yard.do(arrivals.unload, two, dock="DOCK")
    assert refusal.value.say("en").startswith("豫A·1 stands at DOCK since ")
    yard.do(arrivals.unloaded, one)
    yard.do(arrivals.leave, one)
    assert yard.do(arrivals.unload, two, dock="DOCK").status == "unloading"


def test_one_that_comes_hours_too_early_is_told_so_at_the_door(client: Client, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.plan("豫A·1", dock="DOCK", planned_from=at(14))
    now = at(9, 20)
    monkeypatch.setattr(clock, "now", lambda: now)
    desk = Desk(client)
    desk.post("/receiving/docks/walk-in", plate="豫A·1")
    assert "Booked for 14:00: it is 4 h 40 min early" in desk.get("/receiving/docks/AR-10001")


# -- over the API --------------------------------------------------------------------------------------------------------------


def test_an_arrival_is_put_shown_and_listed(api: Api, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    body = {"orders": ["in-1"], "plate": "豫A·8F213", "dock": "dock", "planned_from": at(9).isoformat()}
    made = api.put("/arrivals/AR-7", body, status=201)
    assert (made["status"], made["orders"], made["dock"]) == ("planned", ["IN-1"], "DOCK")
    assert dt.datetime.fromisoformat(made["planned_until"]) == at(9, 30)
    assert api.put("/arrivals/ar-7", {**body, "driver": "Li"}, status=200)["driver"] == "Li"
    day = at(9).date().isoformat()
    listed = api._ask("GET", "/arrivals", 200, query_string={"status": "planned", "day": day, "dock": "DOCK"})
    assert [one["number"] for one in listed["items"]] == ["AR-7"]
    assert api._ask("GET", "/arrivals", 200, query_string={"status": "left"})["items"] == []
    assert api.get("/arrivals/豫A8F213")["number"] == "AR-7"
    held = [slot for slot in api.get("/docks/slots", day=day)["slots"] if slot["arrival"]]
    assert [(slot["dock"], slot["arrival"]) for slot in held] == [("DOCK", "AR-7")]
    assert [one["number"] for one in api.get("/inbound-orders/IN-1")["arrivals"]] == ["AR-7"]


def test_a_new_number_is_no_plate(api: Api, w: Warehouse) -> None:
    """Whoever puts an arrival whose number is somebody's plate makes a new one."""
    api.post("/arrivals", {"number": "AR-1", "plate": "TRUCK-9"}, status=201)
    api.put("/arrivals/TRUCK-9", {"plate": "OTHER"}, status=201)
    assert api.get("/arrivals/AR-1")["plate"] == "TRUCK-9"


def test_an_arrival_goes_its_way(api: Api, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    api.post("/arrivals", {"number": "AR-1", "orders": ["IN-1"]}, status=201)
    assert api.post("/arrivals/AR-1/arrive", {"dock": "DOCK"})["status"] == "arrived"
    assert api.get("/inbound-orders/IN-1")["status"] == "arriving"
    assert api.post("/arrivals/AR-1/unload")["status"] == "unloading"
    done = api.post("/arrivals/AR-1/done")
    assert done["short"] == [{"number": "IN-1", "lines": 1, "quantity": 10}]
    later = (clock.today() + dt.timedelta(days=3)).isoformat()
    assert api.post("/arrivals/AR-1/done", {"orders": [{"number": "IN-1", "open_until": later}]})["short"] == []
    assert api.get("/inbound-orders/IN-1")["open_until"] == later
    assert api.post("/arrivals/AR-1/leave")["status"] == "left"
    assert [event["code"] for event in api.get("/arrivals/AR-1")["events"]][-1] == "arrival.left"


def test_what_is_short_is_closed_as_short(api: Api, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    api.post("/arrivals", {"number": "AR-1", "orders": ["IN-1"]}, status=201)
    api.post("/arrivals/AR-1/unload")
    assert api.post("/arrivals/AR-1/done", {"orders": [{"number": "IN-1"}]})["status"] == "unloaded"
    assert api.get("/inbound-orders/IN-1")["status"] == "closed"
    assert [(one.kind, one.quantity) for one in session.execute(sa.select(Difference)).scalars()] == [("short", 10)]


BOOKED = {"plate": "A1", "dock": "DOCK", "planned_from": "2031-05-05T02:00:00Z"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 409, "who_comes"),
        ({"plate": "A", "colour": "red"}, 422, "invalid_input"),
        ({"plate": "A", "orders": ["NONE"]}, 404, "inbound_order_unknown"),
        ({"plate": "A", "partner": "NOBODY"}, 422, "partner_unknown"),
        ({"plate": "A", "carrier": "C-1"}, 422, "partner_unknown"),
        ({"plate": "A", "dock": "NOWHERE"}, 404, "location_unknown"),
        ({"plate": "A", "dock": "A-01"}, 409, "not_a_dock"),
        ({"plate": "A", "planned_from": "2031-05-05T02:07:00Z"}, 422, "slot_wrong"),
        ({"plate": "A", "planned_until": "2031-05-05T02:00:00Z"}, 422, "slot_wrong"),
        ({"plate": "A", "planned_from": "2031-05-05T02:00:00Z", "planned_until": "2031-05-07T02:00:00Z"}, 422, "slot_wrong"),
        ({"plate": "A", "planned_from": "2031-05-05T18:00:00Z"}, 409, "docks_closed"),
        ({"plate": "A", "planned_from": "soon"}, 422, "invalid_input"),
        ({"plate": "A", "planned_from": "9999-12-31T23:45:00Z"}, 422, "slot_wrong"),
        ({"plate": "A", "planned_from": "0001-01-01T00:00:00Z"}, 422, "slot_wrong"),
        ({"plate": "A" * 41}, 422, "invalid_input"),
        ({"plate": "\u0007"}, 422, "invalid_input"),
        ({**BOOKED}, 409, "slot_taken"),
        ({"plate": "A", "number": "AR-1"}, 409, "number_taken"),
    ],
)
def test_bad_arrivals_are_refused_in_words(api: Api, dock: Dock, body: dict[str, Any], status: int, code: str) -> None:
    dock.w.partner("C-1")
    api.post("/arrivals", {**BOOKED, "number": "AR-1"}, status=201)
    answer = api.post("/arrivals", body, status=status)
    assert answer["code"] == code
    assert len(api.get("/arrivals")["items"]) == 1


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "soon"])
def test_days_that_no_calendar_has_are_refused(api: Api, dock: Dock, day: str) -> None:
    for path in ("/arrivals", "/docks/slots"):
        assert api.get(path, day=day, status=422)["code"] == "invalid_input"


def test_a_key_books_once(api: Api, dock: Dock) -> None:
    made = [api.post("/arrivals", BOOKED, key="one", status=201)["number"] for _ in range(2)]
    assert made[0] == made[1]


def test_the_guard_lets_them_in_and_the_supervisor_decides(app: Application, api: Api, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    api.post("/arrivals", {"number": "AR-1", "orders": ["IN-1"]}, status=201)
    guard = Api(app, Role.GATE)
    guard.post("/arrivals", {"plate": "A1"}, status=403)
    assert guard.post("/arrivals/AR-1/arrive")["status"] == "arrived"
    guard.post("/arrivals/AR-1/unload")
    assert guard.post("/arrivals/AR-1/done", {"orders": [{"number": "IN-1"}]}, status=403)["code"] == "not_permitted"
    guard.post("/arrivals/AR-1/cancel", status=403)
    Api(app, Role.PICKER).get("/arrivals/AR-1", status=403)


def test_another_site_does_not_know_it(app: Application, w: Warehouse, api: Api) -> None:
    api.post("/arrivals", {"number": "AR-1", "plate": "A1"}, status=201)
    stranger = Api(app, Role.SUPERVISOR, site_id=w.site("SOUTH"))
    stranger.get("/arrivals/AR-1", status=404)
    assert stranger.get("/arrivals")["items"] == []
    stranger.post("/arrivals/A1/leave", status=404)


# -- at the desk ---------------------------------------------------------------------------------------------------------------


def test_a_free_time_is_booked_by_one_click_and_one_form(client: Client, yard: Yard) -> None:
    desk, day = Desk(client), at(9).date().isoformat()
    page = desk.get(f"/receiving/docks?day={day}")
    free = html.unescape(re.findall(r'class="free" href="([^"]+)"', page)[4])
    form = form_of(desk.get(free))
    assert (form["dock"], form["day"], form["at"]) == ("DOCK", day, "09:00")
    desk.post("/receiving/docks/new", **{**form, "plate": "豫A·8F213"})
    assert session.execute(sa.select(Arrival.planned_from)).scalar_one() == at(9)
    assert "豫A·8F213" in desk.get(f"/receiving/docks?day={day}")


def test_a_taken_time_is_said_beside_the_field_and_nothing_is_lost(client: Client, yard: Yard) -> None:
    yard.plan("豫B·1", dock="DOCK", planned_from=at(9))
    desk, day = Desk(client), at(9).date().isoformat()
    page = desk.post("/receiving/docks/new", 422, dock="DOCK", day=day, at="09:00", minutes="60", plate="豫A·8F213")
    assert "DOCK is booked for AR-10001" in page
    assert 'value="豫A·8F213"' in page


def test_one_form_books_once(client: Client, yard: Yard) -> None:
    desk = Desk(client)
    form = form_of(desk.get("/receiving/docks/new")) | {"plate": "豫A·8F213"}
    for _ in range(2):
        desk.post("/receiving/docks/new", **form)
    assert session.execute(sa.select(sa.func.count(Arrival.id))).scalar_one() == 1


def test_an_appointment_is_moved_by_a_click_on_a_free_time(client: Client, yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9))
    desk, day = Desk(client), at(9).date().isoformat()
    page = desk.get(f"/receiving/docks?day={day}&move={one.number}")
    assert "Choose a free time for AR-10001" in page
    desk.post(f"/receiving/docks/{one.number}/move", dock="DOCK", at=at(11).isoformat())
    assert yard.fresh(one).planned_from == at(11)
    desk.post(f"/receiving/docks/{one.number}/move", dock="DOCK", at="soon")
    assert "quarter of an hour" in desk.get("/receiving/docks")


def test_editing_keeps_what_somebody_else_saved(client: Client, yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9), planned_until=at(10))
    desk = Desk(client)
    form = form_of(desk.get(f"/receiving/docks/{one.number}/edit"))
    assert (form["at"], form["minutes"]) == ("09:00", "60")
    desk.post(f"/receiving/docks/{one.number}/edit", **{**form, "driver": "Li"})
    assert (yard.fresh(one).driver, yard.fresh(one).planned_until) == ("Li", at(10))
    assert "changed while you were typing" in desk.post(f"/receiving/docks/{one.number}/edit", 422, **{**form, "driver": "Wu"})


def test_an_unannounced_truck_is_entered_in_seconds(client: Client, yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    desk = Desk(client, Role.SUPERVISOR)
    desk.post("/receiving/docks/walk-in", plate="豫A·77K05", orders="in-1", dock="DOCK")
    one = session.execute(sa.select(Arrival)).scalar_one()
    assert (one.status, yard.dock.status()) == ("arrived", "arriving")


def test_one_that_was_expected_has_come_and_is_not_entered_twice(client: Client, yard: Yard) -> None:
    yard.plan("豫A·77K05")
    Desk(client).post("/receiving/docks/walk-in", plate="豫a 77k05")
    assert [one.status for one in session.execute(sa.select(Arrival)).scalars()] == ["arrived"]


def test_the_supervisor_is_asked_on_the_page(client: Client, yard: Yard) -> None:
    yard.w.product("RICE", base_unit="kg", decimals=3)
    yard.dock.announce(("TEA", 10), ("RICE", 1250))
    one = yard.plan(orders=("IN-1",))
    desk = Desk(client, Role.SUPERVISOR)
    for step in ("arrive", "unload", "done"):
        desk.post(f"/receiving/docks/{one.number}/{step}")
    page = desk.get(f"/receiving/docks/{one.number}")
    assert "IN-1 is short: does more come?" in page
    assert "2 lines not come in full: 10 × TEA, 1.25 × RICE" in page
    assert "0/2 lines" in page
    desk.post(f"/receiving/docks/{one.number}/rest", order="IN-1", do="more", until="")
    assert "Say until which day" in desk.get(f"/receiving/docks/{one.number}")
    desk.post(f"/receiving/docks/{one.number}/rest", order="IN-1", do="more", until=clock.today().isoformat())
    assert "does more come?" not in desk.get(f"/receiving/docks/{one.number}")
    assert session.execute(sa.select(InboundOrder.open_until)).scalar_one() == clock.today()
    session.rollback()
    desk.post(f"/receiving/docks/{one.number}/rest", order="IN-1", do="short")
    assert yard.dock.status() == "closed"


def test_late_ones_turn_amber_and_then_red(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9))
    evening = at(18, 58)
    for later, tone, late in ((at(8, 59), None, False), (at(9, 10), "ask", False), (at(9, 20), "stop", True)):
        monkeypatch.setattr(clock, "now", lambda moment=later: moment)
        shown = trucks.shown([yard.fresh(one)])[0]
        assert (shown.tone, shown.late) == (tone, late)
    assert shown.why is not None
    assert shown.why.say("en") == "20 min late; ask the driver"
    monkeypatch.setattr(clock, "now", lambda: evening)
    why = trucks.shown([yard.fresh(one)])[0].why
    assert why is not None
    assert (why.say("en"), why.say("zh_CN")) == ("9 h 58 min late; ask the driver", "晚到 9 小时 58 分钟，联系司机")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(
    "path", ["?day=nonsense", "?day=0001-01-01", "?day=9999-12-31", "?move=NONE", "/new?at=never", "/new?at=9999-12-31T23:59:59-08:00"]
)
def test_addresses_that_mean_nothing_show_a_page(client: Client, yard: Yard, path: str, language: str) -> None:
    Desk(client, language=language).get(f"/receiving/docks{path}")


def test_a_guard_sees_the_docks_but_no_orders(client: Client, yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",), dock="DOCK")
    desk = Desk(client, Role.GATE)
    for path in ("/receiving/docks", f"/receiving/docks/{one.number}"):
        page = desk.get(path)
        assert "IN-1" in page
        assert 'href="/inbound-orders/IN-1"' not in page
    desk.get("/receiving/docks/new", 403)
    assert 'href="/receiving/docks"' in desk.get("/scan/")


# -- dock to stock -------------------------------------------------------------------------------------------------------------


def test_dock_to_stock_is_from_the_gate_to_the_last_pallet_put_away(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.dock.announce(("TEA", 20))
    one = yard.plan(orders=("IN-1",), dock="DOCK")
    yard.do(arrivals.unload, one)
    tasks = []
    for _ in range(2):
        tasks.append(yard.dock.receive("TEA", 10).task.id)
    yard.do(arrivals.unloaded, one)
    yard.dock.store(tasks[0], "A-01")
    assert trucks.stored_at([one.id]) == {}, "one pallet still stands at the dock"
    begun = clock.now()
    monkeypatch.setattr(clock, "now", lambda: begun + dt.timedelta(minutes=50))
    yard.dock.store(tasks[1], "A-02")
    session.rollback()
    today, week = trucks.dock_to_stock(by=yard.w.by)
    assert (today.vehicles, week.vehicles) == (1, 1) or begun.date() != clock.today()
    assert week.worst in (50, 51)
    assert trucks.shown([yard.fresh(one)])[0].dock_to_stock_minutes in (50, 51)


def test_the_arrival_sheet_names_vehicle_and_orders(yard: Yard, reader: Reader) -> None:
    yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",), dock="DOCK", planned_from=at(9), driver="李师傅")
    words = reader.words(f"/documents/arrival-sheet/{one.number}.pdf")
    for expected in ("到货登记单", "AR-10001", "豫A·8F213", "IN-1", "李师傅", "DOCK"):
        assert expected in words
    reader.get("/documents/arrival-sheet/NONE.pdf", 404)


def test_the_goods_received_note_names_vehicle_and_differences(yard: Yard, reader: Reader) -> None:
    yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",), dock="DOCK")
    for step in (arrivals.unload, arrivals.unloaded):
        yard.do(step, one)
    with yard.w.transaction():
        arrivals.decide(one.number, "IN-1", until=None, by=yard.w.by, reason="out of stock")
    words = reader.words("/documents/goods-received-note/IN-1.pdf")
    for expected in ("豫A·8F213", "差异报告", "D-10001", "少货", "out of stock"):
        assert expected in words


def test_the_arrivals_board_shows_the_vehicles_of_today(client: Client, yard: Yard) -> None:
    yard.do(arrivals.arrive, yard.plan())
    gone = yard.plan("豫B·1")
    for step in (arrivals.arrive, arrivals.leave):
        yard.do(step, gone)
    page = Desk(client, Role.SALES).get("/receiving/arrivals")
    assert "豫A·8F213" in page
    assert "豫B·1" not in page
