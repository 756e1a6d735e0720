"""What is fetched otherwise than planned gets a new place in the walk, and a list that is not as planned says so everywhere."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from tests.web.desk import Desk
from tests.work import steps
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations import floor_plans
from wms.locations.models import Location
from wms.picking import bringing, deallocation, lots, picks, queries, rewalk, walks, waves
from wms.picking.lines import Pick
from wms.picking.models import Method, PickList
from wms.stock.models import Reservation, Stock
from wms.tasks import queue, supervising
from wms.tasks.models import TaskKind


def places(hall: Hall, number: str) -> list[str]:
    """Where the list still goes, in its sequence."""
    view = queries.list_view(waves.find_list(number, by=hall.by))
    return [line.location for line in view.lines if not line.picked]


def first(hall: Hall, number: str, place: str) -> None:
    """What lies there comes first, whatever was planned."""
    task = waves.find_list(number, by=hall.by).task_id
    there = sa.select(Stock.id).join(Location, Location.id == Stock.location_id).where(Location.code == place)
    with hall.w.transaction():
        session.execute(sa.update(Reservation).where(Reservation.task_id == task, Reservation.stock_id.in_(there)).values(sequence=-1))


def with_tea(hall: Hall, *others: str) -> str:
    """A list of tea (L1 in B-03; L2 in A-04 would do as well) and of what lies at other places."""
    hall.w.product("TEA", tracking="lot")
    hall.put("TEA", 6, "B-03", lot="L1", age=5)
    hall.put("TEA", 6, "A-04", lot="L2", age=5)
    for number, place in enumerate(others):
        hall.put(f"P{number}", 5, place)
    hall.release("SO-1", ("TEA", 3), *((f"P{number}", 1) for number in range(len(others))))
    return hall.list_of("SO-1")


def at_the_tea(hall: Hall, number: str) -> tuple[Any, Pick]:
    """The picker stands before the tea, with what comes before it picked."""
    opened = hall.open(number)
    line: Pick | None = opened.line
    while line is not None and line.sku != "TEA":
        line = hall.pick(opened, line).next
    assert line is not None
    return opened, line


def change(hall: Hall, opened: Any, line: Pick, lot: str) -> Pick:
    with hall.w.transaction():
        return lots.change_lot(line.claim_id, lot, task_id=opened.task_id, order_id=line.order_id, by=hall.by)[0]


# -- another lot -----------------------------------------------------------------------------------------------------------------


def test_another_lot_is_fetched_when_the_walk_comes_to_it(hall: Hall) -> None:
    number = with_tea(hall, "A-03", "A-05", "B-05", "A-01")
    opened, line = at_the_tea(hall, number)
    assert places(hall, number) == ["B-03", "B-05", "A-05", "A-03", "A-01"]
    after = change(hall, opened, line, "L2")
    assert places(hall, number) == ["B-05", "A-05", "A-04", "A-03", "A-01"]
    assert after.location == "B-05", "what is nearer comes first"


def test_what_stays_of_the_lot_at_hand_comes_first(hall: Hall) -> None:
    number = with_tea(hall, "B-05", "A-01")
    hall.put("TEA", 2, "A-05", lot="L3", age=5)
    opened, line = at_the_tea(hall, number)
    after = change(hall, opened, line, "L3")
    assert (after.location, after.lot, after.quantity) == ("B-03", "L1", 1), "the picker stands there"
    assert places(hall, number) == ["B-03", "B-05", "A-05", "A-01"]


def test_another_lot_at_the_same_place_moves_no_line(hall: Hall) -> None:
    number = with_tea(hall, "A-03", "B-05")
    hall.put("TEA", 6, "B-03", lot="L3", age=5)
    opened, line = at_the_tea(hall, number)
    left = places(hall, number)
    after = change(hall, opened, line, "L3")
    assert (after.location, after.lot, places(hall, number)) == ("B-03", "L3", left)
    assert waves.find_list(number, by=hall.by).walked_anew_at is None


def test_what_was_skipped_stays_at_the_end(hall: Hall) -> None:
    number = with_tea(hall, "B-05", "A-01")
    first(hall, number, "B-05")
    opened = hall.open(number)
    with hall.w.transaction():
        line = picks.skip(opened.line.claim_id, task_id=opened.task_id, order_id=opened.line.order_id, by=hall.by)
    assert (opened.line.location, line.location) == ("B-05", "B-03")
    change(hall, opened, line, "L2")
    assert places(hall, number)[-1] == "B-05", "though the walk would come to it at once"
    assert sorted(places(hall, number)[:-1]) == ["A-01", "A-04"]


def test_the_screen_says_where_the_other_lot_lies_and_goes_on_where_the_walk_goes_on(hall: Hall, picker: Scanner) -> None:
    number = with_tea(hall, "A-05", "B-05")
    screen = picker.scan(number, "CMD:LOT", "L2")
    assert (screen["step"], screen["expected"]) == ("source", "B-05")
    assert screen["message"]["text"] == "Lot L2 lies at A-04, later on the way"


def test_one_way_aisles_are_kept_when_a_list_is_walked_anew(hall: Hall) -> None:
    with hall.w.transaction():
        floor_plans.put("", one_way={"A": "down", "B": "up"}, by=hall.by)
    number = with_tea(hall, "A-05", "A-02", "B-05")
    opened, line = at_the_tea(hall, number)
    change(hall, opened, line, "L2")
    now = [place for place in places(hall, number) if place[0] == "A"]
    assert now == ["A-05", "A-04", "A-02"], "down the aisle, never up"


# -- goods brought to a face ------------------------------------------------------------------------------------------------------


def with_a_face(hall: Hall, *orders: str, **facts: Any) -> Any:
    """Apples that lie up in A-05 and are to come down to the face F-1, and pears on the way."""
    hall.put("APPLE", 40, "A-05", age=9)
    for number, place in enumerate(("A-01", "B-01", "B-05")):
        hall.put(f"P{number}", 9, place)
    hall.face("F-1", "APPLE", 5, 20)
    for order in orders or ("SO-1",):
        hall.release(order, ("APPLE", 3), ("P0", 1), ("P1", 1), ("P2", 1))
    planned = hall.wave(**facts)
    hall.refill()
    (task,) = hall.tasks(TaskKind.REPLENISH)
    return planned, task


def test_goods_brought_to_a_face_are_picked_where_the_walk_passes_the_face(hall: Hall) -> None:
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    assert set(places(hall, number)) == {"A-01", "A-05", "B-05", "B-01"}
    hall.bring(task)
    now = places(hall, number)
    assert now[0] == "F-1" or now[-1] == "F-1", "beside the packing place, where the walk begins and ends"
    pick_list = waves.find_list(number, by=hall.by)
    (left,) = walks.figures_of([pick_list]).values()
    assert left.metres is not None
    assert pick_list.metres_planned >= left.metres - 8


def test_the_line_in_hand_stays_the_first_when_goods_of_others_come_down(hall: Hall) -> None:
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    first(hall, number, "B-05")
    opened = hall.open(number)
    hall.bring(task)
    now = places(hall, number)
    assert now[0] == opened.line.location == "B-05", "no walk from the start would begin with it"
    assert sorted(now[1:]) == ["A-01", "B-01", "F-1"]
    hall.pick(opened)


def test_a_list_that_was_only_given_to_somebody_is_walked_anew_as_a_whole(hall: Hall) -> None:
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    hall.w.person("ann", roles=[Role.PICKER])
    with hall.w.transaction():
        supervising.assign(planned.pick_lists[0].task_id, "ann", by=hall.by)
    before = places(hall, number)
    hall.bring(task)
    session.rollback()
    pick_list = waves.find_list(number, by=hall.by)
    (left,) = walks.figures_of([pick_list]).values()
    with hall.w.transaction():
        rewalk.anew(pick_list.task_id, ())
    assert left == walks.figures_of([pick_list])[pick_list.id], "it is the best already"
    assert places(hall, number) != before


def test_what_several_orders_want_of_goods_that_come_down_stays_together(hall: Hall) -> None:
    planned, task = with_a_face(hall, "SO-1", "SO-2", "SO-3", method=Method.CLUSTER)
    (pick_list,) = planned.pick_lists
    hall.bring(task)
    now = places(hall, pick_list.number)
    turns = [place for number, place in enumerate(now) if number == 0 or now[number - 1] != place]
    assert (len(now), len(turns)) == (12, 4), now


def test_goods_that_go_back_to_reserve_get_their_old_place_in_the_walk(hall: Hall) -> None:
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    before = places(hall, number)
    with hall.w.transaction():
        queue.claim(task.id, by=hall.by)
        brought = bringing.bring(task.id, task.quantity, by=hall.by, key=hall.w.key())
    with hall.w.transaction():
        bringing.undo(brought.moved.movement_id, brought.claims, by=hall.by, key=hall.w.key())
    assert places(hall, number) in (before, before[::-1])


def test_a_relay_walks_anew_only_the_part_whose_goods_came_down(hall: Hall) -> None:
    planned, task = with_a_face(hall, method=Method.ZONE)
    by_zone = {one.zone: one for one in planned.pick_lists}
    other = places(hall, by_zone["B"].number)
    hall.bring(task)
    assert sorted(places(hall, by_zone["A"].number)) == ["A-01", "F-1"], "the claim stays with its list"
    assert places(hall, by_zone["B"].number) == other
    session.rollback()
    walked = {one.zone: waves.find_list(one.number, by=hall.by).walked_anew_at for one in planned.pick_lists}
    assert (walked["A"] is not None, walked["B"]) == (True, None)


def test_forty_stops_are_walked_anew_in_the_twinkling_of_an_eye(hall: Hall) -> None:
    with hall.w.transaction():
        for aisle in range(5):
            for bay in range(8):
                code = f"Z{aisle}-{bay}"
                hall.w.location(code, x_mm=9000 + 3000 * aisle, y_mm=2000 + 1200 * bay, aisle=f"Z{aisle}")
    for aisle in range(5):
        for bay in range(8):
            hall.put(f"Q{aisle}{bay}", 1, f"Z{aisle}-{bay}")
    hall.release("SO-1", *((f"Q{aisle}{bay}", 1) for aisle in range(5) for bay in range(8)))
    number = hall.list_of("SO-1")
    task = waves.find_list(number, by=hall.by).task_id
    before = places(hall, number)
    with hall.w.transaction():
        ids = session.execute(sa.select(Reservation.id).where(Reservation.task_id == task).order_by(Reservation.id)).scalars().all()
        for number_, claim in enumerate(ids):
            session.execute(sa.update(Reservation).where(Reservation.id == claim).values(sequence=number_ * 7 % 40))
        spent = steps(lambda: rewalk.anew(task, ()))
    assert places(hall, number) in (before, before[::-1])
    assert spent < 150_000, "some milliseconds"


def test_on_a_longer_list_only_what_moved_is_put_elsewhere(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewalk, "MOST_STOPS", 2)
    number = with_tea(hall, "B-05", "A-05", "A-03", "A-01")
    opened, line = at_the_tea(hall, number)
    with hall.w.transaction():
        ids = session.execute(sa.select(Reservation.id).where(Reservation.task_id == opened.task_id).order_by(Reservation.sequence))
        for turn, claim in zip((0, 1, 4, 3, 2), ids.scalars().all(), strict=True):
            session.execute(sa.update(Reservation).where(Reservation.id == claim).values(sequence=turn))
    assert places(hall, number) == ["B-03", "B-05", "A-01", "A-03", "A-05"]
    change(hall, opened, line, "L2")
    assert places(hall, number) == ["B-05", "A-04", "A-01", "A-03", "A-05"], "the others stay as they were"


def test_on_a_longer_list_what_comes_down_never_goes_before_the_line_in_hand(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its claim may be older than that of the line behind which it goes."""
    monkeypatch.setattr(rewalk, "MOST_STOPS", 1)
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    opened = hall.open(number)
    first, rest = opened.line, places(hall, number)[1:]
    with hall.w.transaction():
        here, face = session.get_one(Location, first.location_id), session.get_one(Location, task.target_id)
        face.x_mm, face.y_mm, face.aisle = here.x_mm, here.y_mm, here.aisle
    hall.bring(task)
    assert places(hall, number) == [first.location, "F-1", *(place for place in rest if place != "A-05")]
    hall.pick(opened, first)


# -- one reading of what was planned -----------------------------------------------------------------------------------------------


@pytest.fixture
def two_lists(hall: Hall) -> waves.Planned:
    """SO-0 has a line in A-01 and one in A-05, SO-1 one in B-05. The first then loses the line in A-05."""
    for number, place in enumerate(("A-01", "A-05", "B-05")):
        hall.put(f"P{number}", 9, place)
    hall.release("SO-0", ("P0", 2), ("P1", 2))
    hall.release("SO-1", ("P2", 1))
    planned = hall.wave()
    with hall.w.transaction():
        deallocation.deallocate("SO-0", line="2", by=hall.by)
    session.rollback()
    return planned


def test_a_list_that_lost_a_line_counts_no_planned_metres_on_its_wave(hall: Hall, two_lists: waves.Planned, app: Application) -> None:
    kept = next(one for one in two_lists.pick_lists if not _changed(hall, one))
    row = session.execute(queries.waves(by=hall.by, number=two_lists.wave.number)).one()
    assert (row.lists, row.walked, row.changed, row.metres, row.metres_s_shape) == (2, 1, 1, kept.metres_planned, kept.metres_s_shape)
    page = Desk(Client(app), Role.SUPERVISOR).get(f"/picking/waves/{two_lists.wave.number}")
    assert "1 list changed, not counted" in page
    lost = next(one for one in two_lists.pick_lists if _changed(hall, one))
    (left,) = walks.figures_of([lost]).values()
    assert f">{left.metres} left<" in page
    assert walks.metres_left_of(two_lists.wave.id) == sum(one.metres or 0 for one in walks.figures_of(two_lists.pick_lists).values())


def test_a_list_that_lost_a_line_shows_what_is_left_of_it_in_the_index(hall: Hall, two_lists: waves.Planned, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    lost = next(one for one in two_lists.pick_lists if _changed(hall, one))
    (left,) = walks.figures_of([lost]).values()
    page = desk.get("/picking/lists")
    assert f">{left.metres} left<" in page
    assert page.count(" left<") == 1
    rows = desk.get("/picking/lists?export=csv").splitlines()
    planned = {line.split(",")[0].lstrip("\ufeff"): line.split(",")[8] for line in rows[1:]}
    assert planned[lost.number] == ""
    assert all(metres for number, metres in planned.items() if number != lost.number)
    assert desk.get("/picking/lists?sort=metres").index(lost.number) < page.index("</table>")


def test_a_list_that_lost_a_line_has_no_planned_metres_in_the_api(hall: Hall, two_lists: waves.Planned, app: Application) -> None:
    api = Api(app, Role.SUPERVISOR)
    for one in two_lists.pick_lists:
        told = api.get(f"/pick-lists/{one.number}")
        (left,) = walks.figures_of([one]).values()
        assert (told["metres_left"], told["minutes_left"]) == (left.metres, left.minutes)
        figures = [told[name] for name in ("metres", "metres_by_name", "metres_s_shape", "metres_shortest", "minutes")]
        assert (set(figures) == {None}) == _changed(hall, one)


def test_the_page_of_a_list_that_lost_a_line_shows_the_same(hall: Hall, two_lists: waves.Planned, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    for one in two_lists.pick_lists:
        page = desk.get(f"/picking/lists/{one.number}")
        assert ("Metres as planned" not in page) == _changed(hall, one)


def test_a_list_whose_goods_came_down_is_not_as_planned_either(hall: Hall, app: Application) -> None:
    planned, task = with_a_face(hall)
    number = planned.pick_lists[0].number
    api = Api(app, Role.SUPERVISOR)
    assert api.get(f"/pick-lists/{number}")["metres"] is not None
    hall.bring(task)
    told = api.get(f"/pick-lists/{number}")
    assert (told["metres"], told["metres_left"] is not None) == (None, True)


def _changed(hall: Hall, pick_list: PickList) -> bool:
    return queries.list_view(waves.find_list(pick_list.number, by=hall.by)).changed
