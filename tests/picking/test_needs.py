"""What faces need besides their minimum: released orders, the hours ahead, quiet hours, a short; tasks come, change and go with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.crowd import all_at_once
from tests.http import Api, Client
from tests.picking.conftest import Hall, days_ago
from tests.scanner import Scanner
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations.models import Location
from wms.orders import operations, withdrawal
from wms.orders.lines import NewLine
from wms.picking import jobs, lookahead, replenishment, waves
from wms.receiving import space
from wms.scan.engine import Engine
from wms.stock.capacity import LocationKept
from wms.stock.ledger import NotEnough
from wms.tasks import queue, supervising
from wms.tasks.models import Task, TaskKind, TaskStatus


@pytest.fixture
def soap(hall: Hall) -> Hall:
    """SOAP in cases of 12, with a face from 12 to 36."""
    hall.w.product("SOAP", packagings={"case": 12})
    hall.face("F-01", "SOAP", 12, 36)
    return hall


@pytest.fixture
def rules() -> Iterator[None]:
    """Every hour is quiet; put back afterwards."""
    before = lookahead.rules()
    lookahead.keep(lookahead.Rules(quiet_from=0, quiet_until=0))
    yield
    lookahead.keep(before)


def work(hall: Hall) -> list[tuple[int | None, str, list[str]]]:
    """(quantity, from, why) of every live replenishment."""
    places = {row.id: row.code for row in session.execute(sa.select(Location.id, Location.code))}
    return [(task.quantity, places[task.source_id or 0], [one["code"] for one in task.reasons]) for task in hall.tasks(TaskKind.REPLENISH)]


def review(hall: Hall) -> replenishment.Settled:
    with hall.w.transaction():
        return replenishment.review(hall.w.site_id)


# -- released orders -------------------------------------------------------------------------------------------------------------


def test_released_orders_that_are_not_planned_yet_bring_goods_before_the_pick(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 20, "F-01", age=9)
    due = clock.now() + dt.timedelta(hours=5)
    soap.release("SO-1", ("SOAP", 25), due_at=due)
    soap.refill()
    (task,) = soap.tasks(TaskKind.REPLENISH)
    assert (task.quantity, [one["code"] for one in task.reasons]) == (12, ["released"])
    assert task.due_at == due - dt.timedelta(hours=1)
    assert (task.priority, task.wanted_at) == (7, due - dt.timedelta(hours=2, minutes=30))


def test_the_task_is_wanted_before_the_first_pick_that_needs_it_and_as_urgent(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=9)
    soap.put("SOAP", 20, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5), priority=9)
    soap.wave("SO-1")
    (task,) = soap.tasks(TaskKind.REPLENISH)
    assert task.priority == 9
    assert task.due_at is not None
    assert task.due_at <= clock.now()


def test_what_the_face_has_is_picked_there_while_the_rest_comes_down(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 20, "F-01", age=9)
    soap.release("SO-1", ("SOAP", 25))
    number = soap.list_of("SO-1")
    assert sorted(soap.reserved("SO-1"))[0][0] == "A-01"
    opened = soap.open(number)
    first = soap.pick(opened, next(line for line in [opened.line] if line))
    (task,) = soap.tasks(TaskKind.REPLENISH)
    soap.bring(task)
    assert {place for place, _, _ in soap.reserved("SO-1")} <= {"F-01", "PACK"}
    assert first.next is not None
    soap.pick_all(number)
    assert soap.status("SO-1") == "picked"


# -- the need goes ---------------------------------------------------------------------------------------------------------------


def test_when_the_order_is_cancelled_the_task_goes(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=9)
    soap.put("SOAP", 20, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5))
    soap.wave("SO-1")
    assert [why for _, _, why in work(soap)] == [["for_orders"]]
    with soap.w.transaction():
        withdrawal.cancel("SO-1", by=soap.by)
    assert review(soap).withdrawn == 1
    assert work(soap) == []


def test_when_the_face_is_filled_otherwise_the_task_shrinks_and_goes(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=9)
    soap.refill()
    assert work(soap) == [(36, "A-01", ["below_minimum"])]
    soap.put("SOAP", 8, "F-01", age=20)
    assert review(soap).changed == 1
    assert work(soap) == [(24, "A-01", ["below_minimum"])]
    soap.put("SOAP", 8, "F-01", age=20)
    assert review(soap).withdrawn == 1
    assert work(soap) == []


def test_what_somebody_has_begun_stays(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01")
    (task,) = soap.refill()
    with soap.w.transaction():
        queue.claim(task.id, by=soap.by)
    soap.put("SOAP", 20, "F-01", age=20)
    review(soap)
    assert work(soap) == [(36, "A-01", ["below_minimum"])]


def test_older_goods_that_come_to_reserve_go_first(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.refill()
    soap.put("SOAP", 60, "A-02", age=9)
    review(soap)
    assert work(soap) == [(36, "A-02", ["below_minimum"])]


def test_a_face_that_is_none_any_more_gets_nothing(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01")
    soap.refill()
    with soap.w.transaction():
        face = session.execute(sa.select(Location).where(Location.code == "F-01")).scalar_one()
        face.assigned_product_id = face.assigned_minimum = face.assigned_maximum = None
    assert review(soap).withdrawn == 1


def test_two_faces_of_a_product_do_not_ask_for_the_same_goods(soap: Hall) -> None:
    soap.face("F-02", "SOAP", 12, 36)
    soap.put("SOAP", 48, "A-01")
    soap.refill()
    assert sorted(one[0] or 0 for one in work(soap)) == [12, 36]


# -- the hours ahead -------------------------------------------------------------------------------------------------------------


def test_orders_that_are_not_released_bring_goods_ahead(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 14, "F-01", age=9)
    soap.w.partner("CUSTOMER")
    due = clock.now() + dt.timedelta(hours=6)
    with soap.w.transaction():
        operations.enter_order(number="SO-1", customer="CUSTOMER", lines=[NewLine("SOAP", 31)], due_at=due, by=soap.by)
    soap.refill()
    assert work(soap) == []
    with soap.w.transaction():
        lookahead.look_ahead(soap.w.site_id)
    assert work(soap) == [(17, "A-01", ["forecast"])], "two cases would be more than the face takes"
    review(soap)
    assert work(soap) == [(17, "A-01", ["forecast"])], "what was expected stays until it is looked at again"
    with soap.w.transaction():
        withdrawal.cancel("SO-1", by=soap.by)
    with soap.w.transaction():
        lookahead.look_ahead(soap.w.site_id)
    assert work(soap) == []


def test_what_was_picked_on_such_days_is_expected_again(soap: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 36, "F-01", age=9)
    soap.release("SO-1", ("SOAP", 20))
    soap.pick_all(soap.list_of("SO-1"))
    assert lookahead.expected(soap.w.site_id) == {}
    later = clock.now() + dt.timedelta(days=7, hours=-1)
    monkeypatch.setattr(clock, "now", lambda: later)
    (expected,) = lookahead.expected(soap.w.site_id, hours=24, weeks=1).values()
    assert 0 < expected.usual <= 20
    assert expected.known == 0


# -- quiet hours -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("rules")
def test_while_it_is_quiet_faces_are_filled_to_the_top_and_less_urgently(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 20, "F-01", age=9)
    assert jobs.top_off() == 1
    assert work(soap) == [(12, "A-01", ["top_off"])]
    assert [task.priority for task in soap.tasks(TaskKind.REPLENISH)] == [2]
    assert jobs.top_off() == 0
    lookahead.keep(lookahead.Rules(quiet_from=0, quiet_until=0, quiet_lines=0))
    soap.put("PEAR", 5, "A-05")
    soap.release("SO-1", ("PEAR", 5))
    soap.wave("SO-1")
    assert jobs.top_off() == 1
    assert work(soap) == [], "the floor is not quiet any more"


def test_quiet_hours_may_pass_midnight() -> None:
    def at(hour: int) -> bool:
        first, last = lookahead.rules().quiet_from, lookahead.rules().quiet_until
        return lookahead.within(hour, first, last)

    assert [hour for hour in range(24) if at(hour)] == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]
    assert lookahead.within(3, 0, 0)
    assert not lookahead.within(7, 8, 10)


# -- a short ---------------------------------------------------------------------------------------------------------------------


def test_a_face_that_came_up_short_is_filled_before_all_others_and_once(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    soap.put("SOAP", 30, "F-01", age=9)
    soap.release("SO-1", ("SOAP", 7))
    opened = soap.open(soap.list_of("SO-1"))
    soap.short(opened, 0)
    (task,) = soap.tasks(TaskKind.REPLENISH)
    assert (task.quantity, task.priority, task.reasons[0]["code"]) == (36, 9, "face_short")
    assert task.wanted_at < clock.now()
    for _ in range(2):
        soap.refill()
        review(soap)
    with soap.w.transaction():
        assert replenishment.after_short(task.target_id or 0, task.product_id or 0, site_id=soap.w.site_id) == []
    assert len(soap.tasks(TaskKind.REPLENISH)) == 1
    soap.bring(soap.tasks(TaskKind.REPLENISH)[0])
    soap.refill()
    with soap.w.transaction():
        replenishment.settle(soap.w.site_id, [task.target_id or 0])
    assert work(soap) == [], "brought once; more is not asked before it was counted"


# -- space -----------------------------------------------------------------------------------------------------------------------


def test_space_in_the_face_is_kept_for_what_is_on_its_way(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01")
    (task,) = soap.refill()
    with soap.w.transaction():
        goods = space.Goods(soap.w.product("SOAP"), task.batch_id or 0, 1)
        with pytest.raises(LocationKept):
            space.check(goods, task.target_id or 0, by=soap.by)


def test_what_is_put_away_into_the_face_counts(soap: Hall) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    with soap.w.transaction():
        face = session.execute(sa.select(Location.id).where(Location.code == "F-01")).scalar_one()
        queue.offer(
            TaskKind.PUTAWAY, site_id=soap.w.site_id, product_id=soap.w.product("SOAP").id, quantity=24, source_id=face, target_id=face
        )
    soap.refill()
    assert work(soap) == [], "twenty-four are on their way"


def test_weight_limits_what_is_brought(hall: Hall) -> None:
    hall.w.product("IRON", packagings={"case": 10}, weight_grams=1000)
    hall.face("F-01", "IRON", 10, 100)
    with hall.w.transaction():
        session.execute(sa.update(Location).where(Location.code == "F-01").values(max_weight_grams=25_000))
    hall.put("IRON", 100, "A-01")
    hall.refill()
    assert work(hall) == [(20, "A-01", ["below_minimum"])]


# -- several at once -------------------------------------------------------------------------------------------------------------


def test_several_who_look_at_once_ask_once(soap: Hall, app: Application) -> None:
    for number in range(2, 6):
        soap.face(f"F-{number:02}", f"SKU-{number}", 5, 20)
        soap.put(f"SKU-{number}", 50, f"A-{number:02}")
    soap.put("SOAP", 100, "A-01", age=1)
    soap.put("SOAP", 13, "F-01", age=9)
    soap.release("SO-1", ("SOAP", 5))
    site_id = soap.w.site_id

    def refilling() -> None:
        with db.transaction():
            replenishment.refill(site_id)

    def reviewing() -> None:
        with db.transaction():
            replenishment.review(site_id)

    db.session.remove()
    assert not [one for one in all_at_once(app, [refilling, reviewing, refilling, reviewing, refilling]) if one is not None]
    by_face: dict[int, int] = {}
    for task in soap.tasks(TaskKind.REPLENISH):
        by_face[task.target_id or 0] = by_face.get(task.target_id or 0, 0) + 1
    assert len(by_face) == 5
    assert set(by_face.values()) == {1}


def test_a_task_that_is_taken_while_it_is_reviewed_is_not_changed(soap: Hall, app: Application) -> None:
    soap.put("SOAP", 60, "A-01", age=1)
    (task,) = soap.refill()
    task_id, site_id, by = task.id, soap.w.site_id, soap.by
    soap.put("SOAP", 20, "F-01", age=9)

    def take() -> None:
        with db.transaction():
            queue.claim(task_id, by=by)

    def look() -> None:
        with db.transaction():
            replenishment.review(site_id)

    db.session.remove()
    all_at_once(app, [take, look, look])
    (state,) = session.execute(sa.select(Task.status, Task.quantity).where(Task.id == task_id)).all()
    assert (state.status, state.quantity) in ((TaskStatus.CLAIMED.value, 36), (TaskStatus.CANCELLED.value, 36))


# -- at the desk, over the API ---------------------------------------------------------------------------------------------------


def test_the_board_says_why_and_from_where_and_what_cannot_be_had(soap: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.ADMIN)
    soap.face("F-02", "PEAR", 5, 10)
    soap.put("SOAP", 60, "A-01")
    page = desk.get("/picking/replenishment")
    assert "Below minimum" in page
    assert "Proposed" in page
    assert "Nothing is in reserve" in page
    assert "F-01" not in desk.get("/picking/replenishment?why=blocked")
    desk.post("/picking/replenishment", location="F-01", once="k")
    assert work(soap) == [(36, "A-01", ["below_minimum"])]
    page = desk.get("/picking/replenishment?hours=48&top_off=yes")
    assert "Open" in page
    desk.post("/picking/replenishment", location="A-01", once="l")
    assert "is no pick face" in desk.get("/picking/replenishment")


def test_replenishments_over_the_api(soap: Hall, api: Api) -> None:
    soap.put("SOAP", 60, "A-01")
    (face,) = api.get("/replenishments")["items"]
    assert (face["location"], face["needs"], face["under_way"]) == ("F-01", [{"reason": "below_minimum", "quantity": 36}], [])
    assert [(one["source"], one["quantity"], one["reasons"]) for one in face["proposed"]] == [("A-01", 36, ["below_minimum"])]
    made = api.post("/replenishments", {"location": "F-01"})
    assert len(made["offered"]) == 1
    (face,) = api.get("/replenishments", top_off="true", hours=48)["items"]
    assert face["proposed"] == []
    assert [(one["task"], one["status"]) for one in face["under_way"]] == [(made["offered"][0], "open")]
    assert api.post("/replenishments", {"location": "A-01"}, status=409)["code"] == "no_pick_face"
    assert api.post("/replenishments", {})["offered"] == []


# -- on the handheld -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def worker(soap: Hall, engine: Engine) -> Scanner:
    return Scanner(engine, soap.w.person("worker", roles=["picker"]), "replenish")


def test_the_screen_says_why(soap: Hall, worker: Scanner) -> None:
    soap.put("SOAP", 60, "A-01")
    soap.refill()
    worker.scan("CMD:NEXT")
    assert {one["label"]: one["value"] for one in worker.screen["facts"]}["Why"] == "The pick face is below its minimum"


def test_a_pallet_may_be_scanned_for_its_place(soap: Hall, worker: Scanner) -> None:
    unit = soap.w.unit(at="A-01")
    code = unit.code
    soap.put("SOAP", 30, "A-01", unit=unit.id)
    soap.refill()
    worker.scan(code)
    assert worker.step == "product", worker.screen
    worker.scan("SOAP", "30", "30", "F-01")
    assert soap.w.on_hand("SOAP", at="F-01") == 30


def test_fewer_in_reserve_are_brought_and_counted(soap: Hall, worker: Scanner) -> None:
    soap.put("SOAP", 60, "A-01")
    soap.refill()
    worker.scan("CMD:NEXT", "A-01", "SOAP", "CMD:SHORT", "20", "F-01")
    assert worker.step == "task"
    assert soap.w.on_hand("SOAP", at="F-01") == 20
    assert [one.reasons[0]["code"] for one in soap.tasks(TaskKind.COUNT)] == ["replenishment_not_there"]


def test_what_does_not_go_in_goes_back(soap: Hall, worker: Scanner) -> None:
    soap.put("SOAP", 60, "A-01")
    soap.refill()
    worker.scan("CMD:NEXT", "A-01", "SOAP", "36", "36", "CMD:FULL", "12")
    assert (worker.step, worker.screen["message"]["text"]) == ("target", "Take 24 back to A-01")
    worker.scan("F-01")
    assert soap.w.on_hand("SOAP", at="F-01") == 12
    assert [one.reasons[0]["code"] for one in soap.tasks(TaskKind.COUNT)] == ["face_full"]


def test_what_was_brought_is_undone_with_its_claims(soap: Hall, worker: Scanner) -> None:
    soap.put("SOAP", 60, "A-01", age=9)
    soap.put("SOAP", 24, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5))
    soap.wave("SO-1")
    worker.scan("CMD:NEXT", "A-01", "SOAP", "12", "12", "F-01")
    assert [place for place, _, _ in soap.reserved("SO-1")] == ["F-01"]
    worker.scan("CMD:UNDO")
    assert (worker.step, worker.tone) == ("source", "ask")
    assert [place for place, _, _ in soap.reserved("SO-1")] == ["A-01"]
    assert (soap.w.on_hand("SOAP", at="A-01"), soap.w.on_hand("SOAP", at="F-01")) == (60, 24)
    worker.scan("A-01", "SOAP", "12", "12", "F-01")
    assert soap.w.on_hand("SOAP", at="F-01") == 36


def test_what_was_picked_since_is_not_undone(soap: Hall, worker: Scanner) -> None:
    soap.put("SOAP", 12, "A-01", age=9)
    soap.refill()
    worker.scan("CMD:NEXT", "A-01", "SOAP", "12", "12", "F-01")
    soap.release("SO-1", ("SOAP", 5))
    soap.pick_all(soap.list_of("SO-1"))
    worker.scan("CMD:UNDO")
    assert (worker.tone, worker.code) == ("stop", "nothing_to_undo")


def test_another_lot_goes_only_where_it_is_not_younger(hall: Hall, engine: Engine) -> None:
    hall.w.product("TEA", tracking="lot")
    hall.face("F-01", "TEA", 5, 20)
    hall.put("TEA", 20, "A-01", age=9, lot="OLD")
    hall.put("TEA", 20, "A-01", age=9, lot="TWIN")
    hall.put("TEA", 20, "A-01", age=1, lot="NEW")
    hall.refill()
    worker = Scanner(engine, hall.w.person("worker", roles=["picker"]), "replenish")
    worker.scan("CMD:NEXT", "A-01", "TEA", "NEW")
    assert (worker.step, worker.code) == ("lot", "lot_out_of_turn")
    day = days_ago(9).isoformat()
    assert worker.screen["message"]["text"] == f"Lot NEW may not go to the face before OLD, received on {day}"
    assert "bring OLD, or choose Fewer there" in worker.screen["message"]["detail"]
    worker.scan("NOWHERE")
    assert worker.screen["message"]["text"] == "No free goods of lot NOWHERE are at A-01"
    worker.scan("TWIN")
    assert (worker.step, worker.tone) == ("quantity", "good")
    worker.scan("20", "20", "F-01")
    assert hall.w.on_hand("TEA", at="F-01", lot="TWIN") == 20


# -- any sequence ----------------------------------------------------------------------------------------------------------------

ACTS = some.lists(
    some.one_of(
        some.tuples(some.just("receive"), some.integers(1, 40)),
        some.tuples(some.just("fill"), some.integers(1, 20)),
        some.tuples(some.just("order"), some.integers(1, 30)),
        some.tuples(some.just("plan"), some.just(0)),
        some.tuples(some.just("cancel"), some.integers(0, 5)),
        some.tuples(some.just("bring"), some.integers(0, 6)),
        some.tuples(some.just("refill"), some.just(0)),
        some.tuples(some.just("top_off"), some.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_no_face_is_ever_above_its_maximum_and_no_need_is_served_twice(hall: Hall, acts: list[tuple[str, int]]) -> None:
    sku, code = f"SOAP-{hall.w.key()}", f"F-{hall.w.key()}"  # each run has a face of its own
    hall.w.product(sku, packagings={"case": 12})
    hall.face(code, sku, 12, 36)
    site_id, face = hall.w.site_id, session.execute(sa.select(Location.id).where(Location.code == code)).scalar_one()
    released: list[str] = []

    def live(*statuses: TaskStatus) -> list[Task]:
        return [task for task in hall.tasks(TaskKind.REPLENISH, *statuses) if task.target_id == face]

    def settle(asks: replenishment.Asks | None = None) -> replenishment.Settled:
        with hall.w.transaction():
            return replenishment.settle(site_id, [face], asks or replenishment.Asks())

    for act, number in acts:
        if act == "receive":
            hall.put(sku, number, f"A-0{number % 5 + 1}", age=number % 7)
        elif act == "fill":
            if hall.w.on_hand(sku, at=code) + number <= 36 and not live():
                hall.put(sku, number, code, age=30)
        elif act == "order":
            released.append(f"SO-{hall.w.key()}")
            hall.release(released[-1], (sku, number), allow_backorder=True)
        elif act == "plan" and released:
            with suppress(waves.NothingToPlan):
                hall.wave(*released)
        elif act == "cancel" and number < len(released):
            with hall.w.transaction():
                withdrawal.cancel(released.pop(number), by=hall.by)
        elif act == "bring" and live() and (live()[0].quantity or 0) > number:
            with suppress(NotEnough):
                hall.bring(live()[0], (live()[0].quantity or 0) - number)
        elif act == "refill":
            settle()
        elif act == "top_off":
            settle(replenishment.Asks(top_off={face}))
        there, coming = hall.w.on_hand(sku, at=code), sum(task.quantity or 0 for task in live())
        assert there + coming <= 36, (act, there, coming)
        keys = [(task.source_id, task.batch_id, task.handling_unit_id) for task in live(TaskStatus.OPEN)]
        assert len(keys) == len(set(keys))
    settle()
    again = settle()
    assert ([task.id for task in again.offered], again.changed, again.withdrawn) == ([], 0, 0), "asked again, nothing changes"


def test_a_list_needs_no_truck_once_its_goods_came_down(soap: Hall) -> None:
    with soap.w.transaction():
        session.execute(sa.update(Location).where(Location.code == "A-01").values(equipment="reach truck"))
    soap.put("SOAP", 60, "A-01", age=9)
    soap.put("SOAP", 24, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5))
    soap.wave("SO-1")
    assert [task.equipment for task in soap.tasks(TaskKind.PICK)] == ["reach truck"]
    (task,) = soap.tasks(TaskKind.REPLENISH)
    soap.bring(task)
    assert [task.equipment for task in soap.tasks(TaskKind.PICK)] == [None]


def test_a_replenishment_that_was_given_to_somebody_says_so_and_to_whom(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 30, "A-01", age=9)
    hall.face("F-01", "APPLE", 5, 20)
    hall.refill()
    (task,) = hall.tasks(TaskKind.REPLENISH)
    hall.w.person("anna", roles=["picker"])
    desk, api = Desk(Client(app), Role.SUPERVISOR, name="sue"), Api(app, Role.SUPERVISOR)

    def told() -> tuple[str | None, bool]:
        (line,) = api.get("/replenishments")["items"][0]["under_way"]
        return line["person"], line["assigned"]

    assert told() == (None, False)
    with hall.w.transaction():
        supervising.assign(task.id, "anna", by=hall.by)
    assert told() == ("Anna", True)
    page = desk.get("/picking/replenishment")
    assert ">Assigned</span> Anna" in page
    with hall.w.transaction():
        supervising.take_back(task.id, by=hall.by)
    assert told() == (None, False)
    assert ">Assigned<" not in desk.get("/picking/replenishment")
