"""Counting on paper: sheets, what is keyed in from them, and what counting has found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.stocktake.conftest import count as at_shelf
from tests.stocktake.conftest import state
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Actor, Role
from wms.app import Application
from wms.db import session, transaction
from wms.stocktake import adjustments, counting, counts, opening, queries, results, rules, sheets
from wms.stocktake.choice import Choice
from wms.stocktake.models import CountPlan, CountVisit
from wms.stocktake.plan_models import CountRules, CountSheetLine, SheetStatus
from wms.stocktake.results import By, Period
from wms.stocktake.sheets import Taken, Typed


@pytest.fixture
def anna(w: Warehouse) -> Actor:
    return w.person("anna", roles=[Role.COUNTER])


@pytest.fixture
def ben(w: Warehouse) -> Actor:
    return w.person("ben", roles=[Role.COUNTER])


def plan(w: Warehouse, **facts: object) -> CountPlan:
    with transaction():
        return opening.open_chosen(Choice(**facts), by=w.by)  # type: ignore[arg-type]


def printed(w: Warehouse, count: CountPlan, **facts: object) -> list[str]:
    with transaction():
        return [one.number for one in sheets.make(count, by=w.by, **facts)]  # type: ignore[arg-type]


def keyed(w: Warehouse, number: str, typed: dict[int, Typed], who: str = "anna", by: Actor | None = None) -> Taken:
    with transaction():
        return sheets.key_in(number, typed, counted_by=who, by=by or w.by)


def status(count: CountPlan) -> str:
    return session.get_one(CountPlan, count.id, populate_existing=True).status


def test_what_was_written_is_counted_in_the_name_of_who_counted(w: Warehouse, anna: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 4, at="A-02")
    count = plan(w)
    (number,) = printed(w, count)
    assert number == f"{count.number}-001"
    lines = sheets.lines_of([sheets.find(number, by=w.by).id])
    told = [(one.line, one.location, one.sku) for one in next(iter(lines.values()))]
    assert told == [(1, "A-01", "APPLE"), (2, "A-01", None), (3, "A-02", "PEAR"), (4, "A-02", None)]
    taken = keyed(w, number, {1: Typed(10), 3: Typed(4)})
    assert (taken.counted, taken.empty, taken.over) == (2, 0, ())
    assert status(count) == "posted"
    visits = session.query(CountVisit).all()
    assert {(one.person_id, one.keyed_by_id) for one in visits} == {(anna.id, w.by.id)}


def test_a_difference_on_paper_is_recounted_by_another_and_approved_by_a_third(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.product("APPLE", unit_value=250)
    w.receive("APPLE", 10, at="A-01")
    w.receive("KIWI", 5, at="A-02")
    w.product("PEAR")
    count = plan(w)
    (number,) = printed(w, count)
    keyed(w, number, {1: Typed(8), 2: Typed(3, "PEAR"), 3: Typed(5)})
    assert status(count) == "recount"
    (again,) = printed(w, count)
    assert again == f"{count.number}-002"
    keyed(w, again, {1: Typed(8), 2: Typed(3, "pear")}, "ben")
    assert status(count) == "review"
    with transaction():
        adjustments.approve(count.number, by=chief, reason="fell down")
    assert status(count) == "posted"
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("PEAR", at="A-01")) == (8, 3)

    today = Period(clock.today(), clock.today())
    found = results.whole(w.site_id, today)
    assert (found.places, found.places_right, found.lines, found.lines_right) == (2, 1, 3, 1)
    assert (found.gained, found.lost, found.worth_lost, found.worth_gained) == (3, 2, 500, 0)
    assert (found.worth, found.loss_rate) == (2500, 0.2)
    by_product = {one.key: one.lost for one in results.gathered(w.site_id, today, By.PRODUCT)}
    assert by_product == {"APPLE": 2, "PEAR": 0, "KIWI": 0}
    by_place = {one.key: one.place_accuracy for one in results.gathered(w.site_id, today, By.LOCATION)}
    assert by_place == {"A-01": 0.0, "A-02": 1.0}
    people = {one.key: (one.lines, one.lines_right) for one in results.gathered(w.site_id, today, By.PERSON)}
    assert people == {"anna": (3, 3), "ben": (2, 2)}
    for by in By:
        assert sum(one.lost for one in results.gathered(w.site_id, today, by)) == (0 if by is By.PERSON else 2)
    yesterday = Period(clock.today() - dt.timedelta(days=9), clock.today() - dt.timedelta(days=1))
    assert results.whole(w.site_id, yesterday).lines == 0

    told = [(one.location, one.sku, one.before, one.change, one.after, one.worth) for one in results.evidence(count)]
    assert sorted(told) == [("A-01", "APPLE", 10, -2, 8, -500), ("A-01", "PEAR", 0, 3, 3, 0)]


def test_what_moved_since_the_sheet_was_printed_is_counted_once_more(w: Warehouse, anna: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.location("B-01")
    count = plan(w, locations=("A-01",))
    (number,) = printed(w, count)
    w.move("APPLE", 2, "A-01", "B-01")
    keyed(w, number, {1: Typed(10)})
    assert status(count) in ("open", "recount")
    assert w.on_hand("APPLE", at="A-01") == 8
    assert not any(line.posted for line in queries.lines_of(count))


def test_places_that_nothing_was_written_for_stay_open_and_an_empty_one_says_nought(w: Warehouse, anna: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.location("A-02")
    count = plan(w)
    (number,) = printed(w, count)
    taken = keyed(w, number, {3: Typed(0)})
    assert (taken.counted, taken.empty) == (1, 1)
    assert counts.progress(count.id).counted == 1
    assert printed(w, count) == [f"{count.number}-002"]


def test_two_persons_key_in_where_the_site_wants_it(w: Warehouse, anna: Actor, ben: Actor) -> None:
    with transaction():
        session.add(CountRules(site_id=w.site_id, key_twice=True))
    assert rules.of_site(w.site_id).key_twice
    w.receive("APPLE", 10, at="A-01")
    count = plan(w)
    (number,) = printed(w, count)
    assert keyed(w, number, {1: Typed(10)}).sheet.status == SheetStatus.KEYED
    assert counts.progress(count.id).counted == 0
    with pytest.raises(sheets.KeyedByYou):
        keyed(w, number, {1: Typed(10)})
    with pytest.raises(sheets.AnotherCounter):
        keyed(w, number, {1: Typed(10)}, who="ben", by=ben)
    assert keyed(w, number, {1: Typed(1)}, by=ben).differing == (1,)
    assert counts.progress(count.id).counted == 0
    taken = keyed(w, number, {1: Typed(10)}, by=ben)
    assert (taken.counted, taken.sheet.status) == (1, SheetStatus.TAKEN)
    assert status(count) == "posted"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ({9: Typed(1)}, 9),
        ({1: Typed(1), 2: Typed(1)}, 2),
        ({1: Typed(1), 2: Typed(None, "APPLE")}, 2),
        ({1: Typed(1), 2: Typed(1, "NONE")}, 2),
        ({2: Typed(1, "APPLE")}, 1),
        ({1: Typed(7), 2: Typed(3, "apple")}, 2),
        ({1: Typed(10**15)}, 1),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line_and_nothing_is_taken(
    w: Warehouse, anna: Actor, typed: dict[int, Typed], line: int
) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = plan(w)
    (number,) = printed(w, count)
    with pytest.raises(sheets.LineWrong) as wrong:
        keyed(w, number, typed)
    assert wrong.value.pointer == f"/lines/{line}"
    assert sheets.find(number, by=w.by).status == SheetStatus.PRINTED
    assert counts.progress(count.id).counted == 0


def test_only_who_counts_here_is_named_and_a_finished_sheet_is_finished(w: Warehouse, anna: Actor) -> None:
    w.person("guard", roles=[Role.GATE])
    w.receive("APPLE", 10, at="A-01")
    (number,) = printed(w, plan(w))
    for code in ("guard", "nobody"):
        with pytest.raises(sheets.CannotCount):
            keyed(w, number, {1: Typed(10)}, code)
    keyed(w, number, {1: Typed(10)})
    with pytest.raises(sheets.SheetOver):
        keyed(w, number, {1: Typed(10)})
    with pytest.raises(sheets.SheetUnknown):
        keyed(w, "C-1-1", {})


def test_sheets_keep_to_a_zone_and_a_void_one_gives_its_places_back(w: Warehouse) -> None:
    for number in range(1, 6):
        w.location(f"A-{number}", zone="A", y_mm=number)
    w.location("B-1", zone="B")
    count = plan(w)
    made = printed(w, count, places=2)
    assert [(one.first, one.last, one.places) for one in sheets.of_plan(count.id)] == [
        ("A-1", "A-2", 2),
        ("A-3", "A-4", 2),
        ("A-5", "A-5", 1),
        ("B-1", "B-1", 1),
    ]
    with pytest.raises(sheets.NothingForPaper):
        printed(w, count)
    with transaction():
        sheets.void(made[0], by=w.by)
    assert len(printed(w, count, zone="A")) == 1


def test_who_keyed_in_what_was_counted_decides_nothing_about_it(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    count = plan(w)
    for who in (anna, ben):
        (number,) = printed(w, count)
        keyed(w, number, {1: Typed(6)}, who=who.code, by=chief)
    assert status(count) == "review"
    for decide in (adjustments.approve, adjustments.refuse):
        with pytest.raises(adjustments.OwnCount), transaction():
            decide(count.number, by=chief)
    with transaction():
        adjustments.approve(count.number, by=w.by)
    assert w.on_hand("APPLE") == 6


def test_what_its_counter_has_closed_by_scanner_is_not_taken_from_the_sheet_and_the_rest_is(w: Warehouse, anna: Actor) -> None:
    for at in ("A-01", "A-02"):
        w.receive("APPLE", 10, at=at)
    count = plan(w)
    (number,) = printed(w, count)
    at_shelf(w, count, "A-01", anna, APPLE=9)
    taken = keyed(w, number, {1: Typed(9), 3: Typed(10)})
    assert (taken.counted, taken.over) == (1, ("A-01",))
    assert [state(w, count, at) for at in ("A-01", "A-02")] == ["recount", "posted"]


def test_where_somebody_stands_now_is_told_at_its_line_and_nothing_is_taken(w: Warehouse, anna: Actor, ben: Actor) -> None:
    for at in ("A-01", "A-02"):
        w.receive("APPLE", 10, at=at)
    count = plan(w)
    (number,) = printed(w, count)
    with transaction():
        counting.begin_place(count.id, w.location("A-02").id, by=ben)
    with pytest.raises(sheets.LineWrong, match="Line 3: Ben is working on this"):
        keyed(w, number, {1: Typed(10), 3: Typed(10)})
    assert [state(w, count, at) for at in ("A-01", "A-02")] == ["open", "counting"]


def test_a_sheet_locks_its_places_first_and_the_plan_once_and_last(w: Warehouse, anna: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in ("A-01", "A-02", "A-03"):
        w.receive("APPLE", 10, at=at)
    count = plan(w)
    (number,) = printed(w, count)
    done: list[str] = []

    def noted(name: str, what: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **facts: (done.append(name), what(*args, **facts))[1]

    monkeypatch.setattr(counting, "begin_place", noted("place", counting.begin_place))
    monkeypatch.setattr(counts, "settle", noted("plan", counts.settle))
    keyed(w, number, {1: Typed(10), 3: Typed(10), 5: Typed(10)})
    assert done == ["place", "place", "place", "plan"]
    assert status(count) == "posted"


def test_two_who_make_sheets_at_once_put_no_place_on_two(w: Warehouse, app: Application) -> None:
    for number in range(12):
        w.location(f"A-{number:02}")
    count = plan(w, everywhere=True)
    session.rollback()
    made = all_at_once(app, [lambda: printed(w, count, places=2)] * 3)
    assert sorted(isinstance(one, sheets.NothingForPaper) for one in made) == [False, True, True], made
    on_paper = session.execute(sa.select(CountSheetLine.place_id)).scalars().all()
    assert len(on_paper) == len(set(on_paper)) == 12
