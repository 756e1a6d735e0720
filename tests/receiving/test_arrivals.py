"""A vehicle is announced for a dock and a time, comes, is unloaded and leaves; two appointments never overlap."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import audit, clock, db
from wms.app import Application
from wms.catalog.models import PartnerKind
from wms.db import session
from wms.errors import NotFound
from wms.invariants import INVARIANTS
from wms.locations.models import Kind
from wms.orders import inbound
from wms.orders.models import Difference, DifferenceKind, InboundOrder
from wms.orders.timeline import timelines
from wms.receiving import appointments, arrivals, jobs
from wms.receiving.appointments import DocksClosed, Hours, SlotTaken, SlotWrong
from wms.receiving.arrivals import MOVES, Plan
from wms.receiving.models import Arrival, ArrivalStatus, DockBooking
from wms.states import MoveNotAllowed

HOURS = Hours(7, 20, 30)
S = ArrivalStatus


def at(hour: int, minute: int = 0, days: int = 1) -> dt.datetime:
    """A time tomorrow, on the house's clock."""
    return clock.begins(clock.today() + dt.timedelta(days=days)) + dt.timedelta(hours=hour, minutes=minute)


class Yard:
    """Who writes arrivals down, briefly."""

    def __init__(self, w: Warehouse, dock: Dock) -> None:
        self.w, self.dock = w, dock

    def plan(self, plate: str = "豫A·8F213", *, number: str | None = None, **facts: Any) -> Arrival:
        with self.w.transaction():
            return arrivals.plan(Plan(plate=plate, **facts), by=self.w.by, hours=HOURS, number=number)

    def change(self, number: str, plate: str = "豫A·8F213", **facts: Any) -> Arrival:
        with self.w.transaction():
            return arrivals.change(number, Plan(plate=plate, **facts), by=self.w.by, hours=HOURS)

    def do(self, step: Callable[..., Arrival], arrival: Arrival, **facts: Any) -> Arrival:
        with self.w.transaction():
            return step(arrival.number, by=self.w.by, **facts)

    def fresh(self, arrival: Arrival) -> Arrival:
        return session.get_one(Arrival, arrival.id, populate_existing=True)

    def booked(self, arrival: Arrival) -> list[dt.datetime]:
        query = sa.select(DockBooking.quarter).where(DockBooking.arrival_id == arrival.id).order_by(DockBooking.quarter)
        return list(session.execute(query).scalars())


@pytest.fixture
def yard(w: Warehouse, dock: Dock) -> Yard:
    return Yard(w, dock)


# -- appointments --------------------------------------------------------------------------------------------------------------


def test_an_appointment_books_its_dock_quarter_by_quarter(yard: Yard) -> None:
    one = yard.plan(dock="dock", planned_from=at(9), planned_until=at(10))
    assert (one.number, one.status) == ("AR-10001", "planned")
    assert yard.booked(one) == [at(9), at(9, 15), at(9, 30), at(9, 45)]


def test_without_an_end_it_lasts_one_slot(yard: Yard) -> None:
    assert yard.plan(dock="DOCK", planned_from=at(9)).planned_until == at(9, 30)


def test_a_booked_time_is_refused_by_name_and_the_next_one_is_free(yard: Yard) -> None:
    yard.plan(dock="DOCK", planned_from=at(9))
    with pytest.raises(SlotTaken) as refusal:
        yard.plan("豫B·1", dock="DOCK", planned_from=at(8, 45), planned_until=at(9, 15))
    assert "AR-10001" in refusal.value.say("en")
    assert yard.plan("豫B·2", dock="DOCK", planned_from=at(9, 30)).status == "planned"


def test_another_dock_is_free_at_the_same_time(yard: Yard) -> None:
    yard.w.location("DOCK-2", kind=Kind.DOCK)
    assert [yard.plan(dock=code, planned_from=at(9)).number for code in ("DOCK", "DOCK-2")] == ["AR-10001", "AR-10002"]


@pytest.mark.parametrize(
    ("begin", "until"),
    [((9, 5), (9, 35)), ((9, 0), (9, 0)), ((10, 0), (9, 0))],
    ids=["not on a quarter", "no length", "ends before it begins"],
)
def test_a_slot_is_whole_quarters(yard: Yard, begin: tuple[int, int], until: tuple[int, int]) -> None:
    with pytest.raises(SlotWrong):
        yard.plan(dock="DOCK", planned_from=at(*begin), planned_until=at(*until))


def test_the_docks_have_opening_hours(yard: Yard) -> None:
    for begin in (at(6, 45), at(19, 45)):
        with pytest.raises(DocksClosed):
            yard.plan(dock="DOCK", planned_from=begin)
    assert yard.plan(dock="DOCK", planned_from=at(19, 30)).planned_until == at(20)


def test_only_a_dock_can_be_booked(yard: Yard) -> None:
    with pytest.raises(arrivals.NotADock):
        yard.plan(dock="A-01", planned_from=at(9))


def test_moving_frees_the_old_time_and_takes_the_new_one(yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9), planned_until=at(10))
    with yard.w.transaction():
        arrivals.move(one.number, dock="DOCK", begin=at(9, 30), by=yard.w.by, hours=HOURS)
    assert yard.booked(one) == [at(9, 30), at(9, 45), at(10), at(10, 15)]
    assert yard.plan("豫B·1", dock="DOCK", planned_from=at(9)).status == "planned"


def test_a_move_onto_a_booked_time_leaves_everything_as_it_was(yard: Yard) -> None:
    one, other = yard.plan(dock="DOCK", planned_from=at(9)), yard.plan("豫B·1", dock="DOCK", planned_from=at(11))
    with pytest.raises(SlotTaken), yard.w.transaction():
        arrivals.move(other.number, dock="DOCK", begin=at(9), by=yard.w.by, hours=HOURS)
    assert (yard.booked(one), yard.booked(other)) == ([at(9), at(9, 15)], [at(11), at(11, 15)])


def test_cancelling_gives_the_time_free(yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9))
    yard.do(arrivals.cancel, one, reason="truck broke down")
    assert yard.booked(one) == []
    assert yard.plan("豫B·1", dock="DOCK", planned_from=at(9)).status == "planned"


def test_whoever_leaves_early_gives_the_rest_free(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9), planned_until=at(10))
    for step in (arrivals.arrive, arrivals.unload, arrivals.unloaded):
        yard.do(step, one)
    later, used = at(9, 20), [at(9), at(9, 15)]
    monkeypatch.setattr(clock, "now", lambda: later)
    yard.do(arrivals.leave, one)
    assert yard.booked(one) == used


def test_where_it_stands_at_another_dock_the_booked_one_is_free(yard: Yard) -> None:
    yard.w.location("DOCK-2", kind=Kind.DOCK)
    one = yard.plan(dock="DOCK", planned_from=at(9))
    yard.do(arrivals.arrive, one, dock="DOCK-2")
    assert (yard.booked(one), yard.fresh(one).dock_id) == ([], yard.dock.id("DOCK-2"))


def test_the_day_shows_each_dock_with_what_is_free(yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9), planned_until=at(10))
    day = appointments.slots(at(9).date(), HOURS, by=yard.w.by)["DOCK"]
    assert len(day) == 26
    taken = [(slot.begin, slot.arrival, slot.first) for slot in day if slot.arrival]
    assert taken == [(at(9), one.number, True), (at(9, 30), one.number, False)]


def test_two_desks_that_book_one_dock_at_one_moment_are_told_apart(app: Application, yard: Yard) -> None:
    assert race(app, yard, arrivals.plan) == ["AR", "SlotTaken", "SlotTaken", "SlotTaken"]
    assert audit.run(INVARIANTS) == []


@pytest.mark.broken
def test_the_same_race_catches_desks_that_only_look(app: Application, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive way: look whether the dock is free, then write the appointment without the key that decides."""
    everybody_looked = threading.Barrier(4)

    def look_and_write(asked: Plan, *, by: Any, hours: Hours) -> Arrival:
        assert all(slot.arrival is None for slot in appointments.slots(at(9).date(), hours, by=by)["DOCK"])
        session.rollback()
        everybody_looked.wait(30)
        with db.transaction():
            return arrivals.plan(asked, by=by, hours=hours)

    monkeypatch.setattr(appointments, "book", lambda arrival: None)
    assert race(app, yard, look_and_write, own=True) == ["AR"] * 4
    assert "appointments_are_booked" in {finding.invariant.name for finding in audit.run(INVARIANTS)}


def race(app: Application, yard: Yard, way: Callable[..., Arrival], *, own: bool = False) -> list[str]:
    by = yard.w.by

    def desk(number: int) -> Callable[[], Any]:
        asked = Plan(plate=f"豫A·{number}", dock="DOCK", planned_from=at(9))

        def unit() -> Any:
            if own:
                return way(asked, by=by, hours=HOURS).number[:2]
            with db.transaction():
                return way(asked, by=by, hours=HOURS).number[:2]

        return unit

    session.rollback()
    answers = all_at_once(app, [desk(number) for number in range(4)])
    return sorted(one if isinstance(one, str) else type(one).__name__ for one in answers)


# -- steps ---------------------------------------------------------------------------------------------------------------------


def test_an_arrival_goes_its_way_and_tells_it(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",), dock="DOCK", planned_from=at(9))
    for step in (arrivals.arrive, arrivals.unload, arrivals.unloaded, arrivals.leave):
        yard.do(step, one)
    one = yard.fresh(one)
    assert one.status == "left"
    assert None not in (one.arrived_at, one.unloading_at, one.unloaded_at, one.left_at)
    told = [line.code for line in timelines("arrival", [one.id], "en")[one.id]]
    assert told == [f"arrival.{name}" for name in ("planned", "arrived", "unloading", "unloaded", "left")]


def test_its_orders_have_come_with_it(yard: Yard) -> None:
    for number in ("IN-1", "IN-2", "IN-3"):
        yard.dock.announce(("TEA", 10), number=number)
    yard.do(arrivals.arrive, yard.plan(orders=("IN-1", "IN-2")))
    assert [yard.dock.status(number) for number in ("IN-1", "IN-2", "IN-3")] == ["arriving", "arriving", "announced"]


STEPS = {S.ARRIVED: arrivals.arrive, S.UNLOADED: arrivals.unloaded, S.LEFT: arrivals.leave, S.CANCELLED: arrivals.cancel}
WAY = {
    S.PLANNED: [],
    S.ARRIVED: [arrivals.arrive],
    S.UNLOADING: [arrivals.arrive, arrivals.unload],
    S.UNLOADED: [arrivals.arrive, arrivals.unload, arrivals.unloaded],
    S.LEFT: [arrivals.arrive, arrivals.leave],
    S.CANCELLED: [arrivals.cancel],
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("wanted", list(STEPS))
def test_only_the_listed_steps_are_taken(yard: Yard, state: ArrivalStatus, wanted: ArrivalStatus) -> None:
    one = yard.plan()
    for step in WAY[state]:
        yard.do(step, one)
    if MOVES.allows(state, wanted):
        assert yard.do(STEPS[wanted], one).status == wanted
    else:
        with pytest.raises(MoveNotAllowed):
            yard.do(STEPS[wanted], one)
        assert yard.fresh(one).status == state


def test_what_was_left_on_it_is_unloaded_too(yard: Yard) -> None:
    one = yard.plan()
    for step in WAY[S.UNLOADED]:
        yard.do(step, one)
    begun = yard.fresh(one).unloading_at
    yard.do(arrivals.unload, one)
    one = yard.fresh(one)
    assert (one.status, one.unloading_at, one.unloaded_at) == ("unloading", begun, None)


def test_a_walk_in_has_arrived(yard: Yard) -> None:
    with yard.w.transaction():
        one = arrivals.walk_in(Plan(plate="豫A·77K05"), by=yard.w.by, hours=HOURS)
    assert (one.status, one.arrived_at is not None, one.planned_from) == ("arrived", True, None)


def test_nobody_at_all_does_not_come(yard: Yard) -> None:
    with pytest.raises(arrivals.NothingOnIt):
        yard.plan(plate=" · ")


# -- finding -------------------------------------------------------------------------------------------------------------------


def test_it_is_found_by_its_number_and_by_its_plate_however_written(yard: Yard) -> None:
    one = yard.plan("豫A·8F213")
    for text in ("ar-10001", "豫A8F213", "豫a-8f 213", "豫A·8F213"):
        assert arrivals.find(text, by=yard.w.by).id == one.id
    for text in ("AR-9", "豫A·8F214", "···", ""):
        with pytest.raises(NotFound):
            arrivals.find(text, by=yard.w.by)
    stranger = yard.w.person("stranger", site=yard.w.site("SOUTH"))
    assert arrivals.known(one.number, by=stranger) is None


def test_a_plate_means_the_visit_of_today_and_not_the_one_before(yard: Yard) -> None:
    before, later = yard.plan(), yard.plan(planned_from=at(9), dock="DOCK")
    for step in WAY[S.LEFT]:
        yard.do(step, before)
    assert arrivals.find("豫A8F213", by=yard.w.by).id == later.id
    here = yard.plan(planned_from=at(11), dock="DOCK")
    yard.do(arrivals.arrive, here)
    assert arrivals.find("豫A8F213", by=yard.w.by).id == here.id


def test_goods_are_booked_under_the_vehicle_they_come_from(yard: Yard) -> None:
    order, dock = yard.dock.announce(("TEA", 10)), yard.dock.id("DOCK")
    by = yard.w.by

    def now() -> str | None:
        session.rollback()
        found = arrivals.current_for(order, dock, by=by)
        return found.number if found else None

    assert now() is None
    tomorrow = yard.plan("A1", orders=("IN-1",), planned_from=at(9), dock="DOCK")
    assert now() is None
    today = yard.plan("A2", orders=("IN-1",))
    assert now() == today.number
    other = yard.plan("A3", orders=("IN-1",))
    yard.do(arrivals.arrive, other)
    assert now() == other.number
    yard.do(arrivals.unload, today)
    assert now() == today.number
    yard.do(arrivals.unloaded, today)
    assert now() == other.number, "one that waits comes before one that is empty"
    for step in (arrivals.unload, arrivals.unloaded, arrivals.leave):
        yard.do(step, other)
    assert now() == today.number
    yard.do(arrivals.leave, today)
    assert now() in (other.number, today.number), "what it brought is still counted"
    assert tomorrow.status == "planned"


def test_the_first_goods_begin_the_unloading(yard: Yard) -> None:
    order = yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",))
    with yard.w.transaction():
        arrivals.begin_unloading(one, by=yard.w.by, dock=yard.dock.id("DOCK"))
    one = yard.fresh(one)
    assert (one.status, one.dock_id, one.arrived_at is not None) == ("unloading", yard.dock.id("DOCK"), True)
    yard.do(arrivals.unloaded, one)
    with yard.w.transaction():
        assert arrivals.begin_unloading(one.id, by=yard.w.by).status == "unloaded"
    assert order.number == "IN-1"


def test_what_nobody_has_said_is_told_by_the_papers_scanned_at_its_dock(yard: Yard) -> None:
    order, other = yard.dock.announce(("TEA", 10)), yard.dock.announce(("TEA", 5), number="IN-2")
    yard.w.location("DOCK-2", kind=Kind.DOCK)
    with yard.w.transaction():
        one = arrivals.walk_in(Plan(plate="豫A·77K05", dock="DOCK"), by=yard.w.by, hours=HOURS)
    assert arrivals.current_for(order, yard.dock.id("DOCK-2"), by=yard.w.by) is None
    yard.dock.receive("TEA", 4)
    found = yard.fresh(one)
    assert (found.status, [each.number for each in arrivals.orders_of(found)]) == ("unloading", ["IN-1"])
    assert [movement.arrival_id for movement in yard.w.movements("TEA")] == [one.id]
    assert arrivals.current_for(other, yard.dock.id("DOCK"), by=yard.w.by) is None, "it is known by now what it brings"


# -- changing ------------------------------------------------------------------------------------------------------------------


def test_what_is_changed_is_replaced_as_a_whole(yard: Yard) -> None:
    yard.w.partner("FARM", kind=PartnerKind.SUPPLIER)
    for number in ("IN-1", "IN-2"):
        yard.dock.announce(("TEA", 10), number=number, partner="FARM")
    one = yard.plan(orders=("IN-1",), dock="DOCK", planned_from=at(9), driver="Li")
    assert one.partner_id is not None, "whose orders they are need not be said again"
    yard.change(one.number, "豫B·9", orders=("IN-2",))
    one = yard.fresh(one)
    assert (one.plate, one.driver, one.dock_id, one.planned_from) == ("豫B·9", None, None, None)
    assert ([order.number for order in arrivals.orders_of(one)], yard.booked(one)) == (["IN-2"], [])


def test_an_appointment_is_kept_once_the_vehicle_is_here(yard: Yard) -> None:
    one = yard.plan(dock="DOCK", planned_from=at(9))
    yard.do(arrivals.arrive, one)
    with pytest.raises(arrivals.AppointmentOver):
        yard.change(one.number, dock="DOCK", planned_from=at(10))
    yard.change(one.number, "豫B·9", dock="DOCK", planned_from=at(9), planned_until=at(9, 30))
    yard.do(arrivals.leave, one)
    with pytest.raises(arrivals.ArrivalOver):
        yard.change(one.number, "豫B·9")


def test_a_closed_order_gets_no_further_vehicle(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    with yard.w.transaction():
        inbound.close_inbound("IN-1", by=yard.w.by)
    with pytest.raises(inbound.InboundOver):
        yard.plan(orders=("IN-1",))


# -- what was short ------------------------------------------------------------------------------------------------------------


def test_once_it_is_empty_the_supervisor_is_asked_about_what_is_short(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10), ("CUP", 5))
    one = yard.plan(orders=("IN-1",))
    yard.do(arrivals.unload, one)
    yard.dock.receive("TEA", 7)
    assert arrivals.shortfall(yard.fresh(one), by=yard.w.by) == []
    yard.do(arrivals.unloaded, one)
    missing = arrivals.shortfall(yard.fresh(one), by=yard.w.by)
    assert [(each.order.number, each.lines, each.quantity) for each in missing] == [("IN-1", 2, 8)]


def test_more_that_comes_until_an_agreed_day_is_not_asked_about(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    one = yard.plan(orders=("IN-1",))
    for step in (arrivals.unload, arrivals.unloaded):
        yard.do(step, one)
    with yard.w.transaction():
        inbound.expect_more("IN-1", until=clock.today(), by=yard.w.by)
    assert arrivals.shortfall(yard.fresh(one), by=yard.w.by) == []
    with pytest.raises(inbound.DateOver), yard.w.transaction():
        inbound.expect_more("IN-1", until=clock.today() - dt.timedelta(days=1), by=yard.w.by)


def test_what_did_not_come_until_the_agreed_day_is_noted_once(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.dock.announce(("TEA", 10), ("CUP", 5))
    yard.dock.receive("TEA", 7)
    yard.dock.receive("CUP", 5)
    with yard.w.transaction():
        inbound.expect_more("IN-1", until=clock.today(), by=yard.w.by)
    note_it = next(job.run for job in jobs.jobs if job.name == "note-what-did-not-come")
    with yard.w.transaction():
        assert note_it() == 0  # the day is not over
    tomorrow = clock.today() + dt.timedelta(days=1)
    monkeypatch.setattr(clock, "today", lambda: tomorrow)
    for noted in (1, 0):
        with yard.w.transaction():
            assert note_it() == noted
    one = session.execute(sa.select(Difference)).scalar_one()
    assert (one.kind, one.quantity, one.noted_by_id, one.status) == ("short", 3, None, "open")
    order = session.execute(sa.select(InboundOrder)).scalar_one()
    assert order.open_until is None
    words = [line.text for line in timelines("inbound_order", [order.id], "en")[order.id]]
    assert f"What was to come until {tomorrow - dt.timedelta(days=1)} has not come" in words
    with yard.w.transaction():
        inbound.close_inbound("IN-1", by=yard.w.by)
    assert session.execute(sa.select(sa.func.count()).select_from(Difference)).scalar_one() == 1
    assert timelines("inbound_order", [order.id], "en")[order.id][-1].detail == "The rest will not come: 3 of line 1"


def test_nothing_is_asked_while_another_vehicle_is_expected(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10))
    one, _second = yard.plan(orders=("IN-1",)), yard.plan("豫B·2", orders=("IN-1",))
    for step in (arrivals.unload, arrivals.unloaded):
        yard.do(step, one)
    assert arrivals.shortfall(yard.fresh(one), by=yard.w.by) == []


def test_closing_notes_what_is_short_of_each_line_once(yard: Yard) -> None:
    yard.dock.announce(("TEA", 10), ("CUP", 5), ("POT", 2))
    one = yard.plan(orders=("IN-1",))
    yard.do(arrivals.unload, one)
    yard.dock.receive("TEA", 7)
    yard.dock.receive("POT", 2)
    with yard.w.transaction():
        inbound.close_inbound("IN-1", by=yard.w.by, reason="r" * 2000, arrival_id=one.id)
    with pytest.raises(MoveNotAllowed), yard.w.transaction():
        inbound.close_inbound("IN-1", by=yard.w.by)
    noted = session.execute(sa.select(Difference).order_by(Difference.id)).scalars().all()
    assert {each.kind for each in noted} == {DifferenceKind.SHORT}
    assert [(each.quantity, each.arrival_id) for each in noted] == [(3, one.id), (5, one.id)]
