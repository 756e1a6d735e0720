"""Programmes: each day its part, opened once; full counts, samples, and places that are never counted twice at a time."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.locations import freezing
from wms.stock.models import MovementKind
from wms.stocktake import counting, counts, jobs, opening, programmes, results, unasked
from wms.stocktake.choice import Choice
from wms.stocktake.counts import NothingToCount
from wms.stocktake.models import CountPlace, CountPlan
from wms.stocktake.opening import Sample, SampleWrong
from wms.stocktake.plan_models import CountOrigin, Programme, Why
from wms.stocktake.programmes import Terms
from wms.tasks import triggers
from wms.tasks.models import Task, TaskKind, Trigger


@pytest.fixture
def anna(w: Warehouse) -> Actor:
    return w.person("anna", roles=[Role.COUNTER])


def bins(w: Warehouse, many: int, zone: str = "A") -> None:
    with transaction():
        for number in range(1, many + 1):
            w.location(f"{zone}-{number:02}", zone=zone, aisle=zone, y_mm=1000 * number)


def said(w: Warehouse, **facts: object) -> Programme:
    with transaction():
        return programmes.put(Terms(**{"name": "All of it", **facts}), by=w.by)  # type: ignore[arg-type]


def opened(w: Warehouse, programme: Programme, day: dt.date) -> list[str] | None:
    with transaction():
        plan = programmes.open_day(programme, day, by=w.by)
    return None if plan is None else codes(plan)


def codes(plan: CountPlan) -> list[str]:
    from wms.locations.models import Location

    rows = sa.select(Location.code).join(CountPlace, CountPlace.location_id == Location.id).where(CountPlace.count_id == plan.id)
    return list(session.execute(rows.order_by(CountPlace.sequence)).scalars())


def count_all(w: Warehouse, by: Actor) -> None:
    rows = session.execute(sa.select(CountPlace.count_id, CountPlace.location_id).where(CountPlace.ended_at.is_(None))).all()
    session.close()
    for count_id, location_id in rows:
        with transaction():
            counting.begin_place(count_id, location_id, by=by)
        with transaction():
            counting.close_place(count_id, location_id, by=by)


def monday() -> dt.date:
    today = clock.today()
    return today - dt.timedelta(days=today.weekday())


def test_a_day_opens_its_part_once_and_says_why(w: Warehouse) -> None:
    bins(w, 12)
    programme = said(w, every_days=6, begins_on=monday())
    assert opened(w, programme, monday()) == ["A-01", "A-02"]
    assert opened(w, programme, monday()) == ["A-01", "A-02"]
    assert session.execute(sa.select(sa.func.count()).select_from(CountPlan)).scalar_one() == 1
    tasks = session.execute(sa.select(Task).where(Task.kind == TaskKind.COUNT.value)).scalars().all()
    assert {one.reasons[0]["code"] for one in tasks} == {programmes.FIRST_TIME}
    assert session.execute(sa.select(CountOrigin.why, CountOrigin.day)).one() == (Why.PROGRAMME, monday())


def test_what_was_not_counted_is_behind_and_the_rest_is_met_by_the_end(w: Warehouse, anna: Actor) -> None:
    bins(w, 12)
    programme = said(w, every_days=6, begins_on=monday())
    assert len(opened(w, programme, monday()) or []) == 2
    stands = programmes.standing(programme, monday() + dt.timedelta(days=2))
    assert (stands.whole, stands.counted, stands.open, stands.behind, stands.today) == (12, 0, 2, 4, 3)
    count_all(w, anna)
    stands = programmes.standing(programme, monday() + dt.timedelta(days=2))
    assert (stands.counted, stands.open, stands.behind) == (2, 0, 2)
    for number in range(2, 6):
        opened(w, programme, monday() + dt.timedelta(days=number))
        count_all(w, anna)
    stands = programmes.standing(programme, monday() + dt.timedelta(days=5))
    assert (stands.counted, stands.left, stands.behind) == (12, 0, 0)
    assert opened(w, programme, monday() + dt.timedelta(days=5)) is not None  # the same plan as before
    assert programmes.standing(programme, monday() + dt.timedelta(days=13)).counted == 0  # the next period


def test_those_not_counted_for_longest_come_first(w: Warehouse, anna: Actor) -> None:
    bins(w, 4)
    with transaction():
        opening.open_chosen(Choice(locations=("A-01", "A-03")), by=w.by)
    count_all(w, anna)
    programme = said(w, every_days=2, begins_on=clock.today() + dt.timedelta(days=1))
    first = programme.begins_on
    while first.weekday() >= 5:
        first += dt.timedelta(days=1)
    with transaction():
        session.execute(sa.update(Programme).values(begins_on=first))
    programme = session.get_one(Programme, programme.id)
    assert set(opened(w, programme, first) or []) <= {"A-02", "A-04"}


def test_nothing_is_opened_on_a_day_that_is_not_worked_on(w: Warehouse) -> None:
    bins(w, 3)
    programme = said(w, begins_on=monday())
    assert opened(w, programme, monday() + dt.timedelta(days=6)) is None


def test_a_place_is_never_counted_twice_while_one_is_open(w: Warehouse) -> None:
    bins(w, 3)
    with transaction():
        opening.open_chosen(Choice(locations=("A-02",)), by=w.by)
    with transaction():
        assert codes(opening.open_full(by=w.by)) == ["A-01", "A-03"]
    with transaction(), pytest.raises(NothingToCount):
        opening.open_full(by=w.by)


def test_a_sample_is_as_large_as_it_has_to_be_and_says_so(w: Warehouse, anna: Actor) -> None:
    bins(w, 60)
    with transaction():
        plan = opening.open_chosen(Choice(zone="A"), sample=Sample(90, 100), by=w.by)
    assert len(codes(plan)) == Sample(90, 100).size(60) == 33
    count_all(w, anna)
    found = results.estimate(plan)
    assert found is not None
    assert found.share == 1.0
    assert 0.9 < found.low < 1.0
    with pytest.raises(SampleWrong):
        Sample(100, 50)


def test_a_sample_programme_draws_the_same_places_all_through_its_period(w: Warehouse, anna: Actor) -> None:
    bins(w, 40)
    programme = said(w, every_days=6, begins_on=monday(), sample=Sample(90, 200))
    whole = programmes.standing(programme, monday()).whole
    assert whole == Sample(90, 200).size(40)
    seen: set[str] = set()
    for number in range(6):
        seen |= set(opened(w, programme, monday() + dt.timedelta(days=number)) or [])
        count_all(w, anna)
    assert len(seen) == whole
    assert programmes.standing(programme, monday() + dt.timedelta(days=5)).counted == whole


def test_a_full_count_freezes_the_zones_that_are_named_and_the_job_lets_them_go_when_they_are_counted(w: Warehouse, anna: Actor) -> None:
    bins(w, 2, "A")
    bins(w, 1, "B")
    with transaction():
        plan = opening.open_full(freeze=["A", "B"], by=w.by)
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["A", "B"]
    jobs.let_zones_go()
    assert len(freezing.frozen(w.site_id)) == 2
    place = w.location("B-01").id
    with transaction():
        counting.begin_place(plan.id, place, by=anna)
    with transaction():
        counting.close_place(plan.id, place, by=anna)
    jobs.let_zones_go()
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["A"]
    assert [(zone, one.of, one.counted) for zone, one in counts.progress_by_zone(plan.id)] == [("A", 2, 0), ("B", 1, 1)]
    assert [(one.name, one.places) for one in results.counters(plan.id)] == [("Anna", 1)]


def test_the_job_opens_the_day_of_every_programme_and_twice_does_no_harm(w: Warehouse) -> None:
    bins(w, 6)
    said(w, every_days=1, begins_on=clock.today() - dt.timedelta(days=3))
    said(w, name="Off", active=False)
    wanted = 0 if clock.today().weekday() == 6 else 1
    assert jobs.open_programmes() == wanted
    assert jobs.open_programmes() == 0
    assert session.execute(sa.select(sa.func.count()).select_from(CountPlan)).scalar_one() == wanted


def test_names_are_told_apart(w: Warehouse) -> None:
    said(w)
    with pytest.raises(programmes.NameTaken):
        said(w)


def asked(w: Warehouse) -> list[tuple[str, str]]:
    from wms.locations.models import Location

    rows = session.execute(sa.select(Location.code, Task.reasons).join(Task, Task.source_id == Location.id).order_by(Location.code))
    return [(code, reasons[0]["code"]) for code, reasons in rows if reasons]


def test_consignment_below_zero_is_counted(w: Warehouse) -> None:
    w.location("K-01", kind="consignment", allow_negative=True)
    w.receive("APPLE", 1, at="A-01")
    w.move("APPLE", 1, "A-01", "K-01")
    w.move("APPLE", 3, "K-01", "A-01")
    for _ in range(2):
        with transaction():
            unasked.look(w.site_id)
    assert asked(w) == [("K-01", "below_zero")]


def test_a_batch_that_differed_in_two_places_is_counted_wherever_else_it_lies(w: Warehouse) -> None:
    for code in ("A-01", "A-02", "A-03"):
        w.receive("APPLE", 5, at=code, lot="L1")
    w.location("Z-01")
    with transaction():
        number = counts.open_count(by=w.by, locations=["Z-01"]).number
        counting.close_place(counts.find(number, by=w.by).id, w.location("Z-01").id, by=w.by)
    w.move("APPLE", 1, "A-01", "@COUNT", kind=MovementKind.COUNT, lot="L1", document=number)
    with transaction():
        unasked.look(w.site_id)
    assert asked(w) == []
    w.move("APPLE", 1, "A-02", "@COUNT", kind=MovementKind.COUNT, lot="L1", document=number)
    with transaction():
        triggers.choose(set(), by=w.by)
    with transaction():
        unasked.look(w.site_id)
    assert asked(w) == []
    with transaction():
        triggers.choose({Trigger.SUSPICIOUS}, by=w.by)
    for _ in range(2):
        with transaction():
            unasked.look(w.site_id)
    assert [code for code, _ in asked(w)] == ["A-03"]


def test_a_face_with_a_last_piece_is_counted_where_the_site_wants_it(w: Warehouse) -> None:
    w.location("P-01", kind="pick_face")
    w.location("PACK", kind="packing")
    w.receive("APPLE", 3, at="P-01")
    w.move("APPLE", 2, "P-01", "PACK", kind=MovementKind.PICK)
    with transaction():
        unasked.look(w.site_id)
    assert asked(w) == []
    with transaction():
        triggers.choose({Trigger.LAST_UNIT}, by=w.by)
    for _ in range(2):
        with transaction():
            unasked.look(w.site_id)
    assert asked(w) == [("P-01", "last_piece")]


@pytest.mark.parametrize("sample", [None, Sample(90, 200)])
def test_how_a_programme_stands_is_added_up_without_reading_its_places(
    w: Warehouse, anna: Actor, monkeypatch: pytest.MonkeyPatch, sample: Sample | None
) -> None:
    bins(w, 30)
    programme = said(w, every_days=6, begins_on=monday(), sample=sample)
    opened(w, programme, monday())
    count_all(w, anna)
    later = monday() + dt.timedelta(days=1)
    opened(w, programme, later)
    seen, population = programmes._look(programme, later)
    monkeypatch.setattr(programmes, "_look", lambda *_: pytest.fail("every place was read"))
    stands = programmes.standing(programme, later)
    assert (stands.whole, stands.population) == (len(seen), population)
    assert stands.counted == sum(one.counted for one in seen) > 0
    assert stands.open == sum(one.open and not one.counted for one in seen) > 0
