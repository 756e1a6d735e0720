"""A supervisor sees who stands where and why work was given, gives it to others, and says what is urgent."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.db import session
from wms.orders.models import Order
from wms.orders.timeline import timelines
from wms.picking import handover, waves
from wms.picking import scan as room
from wms.picking.models import Method
from wms.scan.engine import Engine
from wms.shipping import scan as _shipping  # noqa: F401
from wms.tasks import board, next_best, queue, supervising, workers
from wms.tasks.models import Task, TaskKind, TaskStatus, Worker
from wms.tasks.queue import TaskOver, TaskUnknown
from wms.tasks.supervising import MayNot, NoEquipment, NotWaiting, OwnWork, WorkerUnknown

PICK = TaskKind.PICK


@pytest.fixture
def hall(w) -> Hall:
    return Hall(w)


@pytest.fixture
def anna(w):
    return w.person("anna", roles=["picker"])


@pytest.fixture
def ben(w):
    return w.person("ben", roles=["picker"])


def offer(w, kind=PICK, **facts) -> int:
    with w.transaction():
        return queue.offer(kind, site_id=w.site_id, **{"priority": 5, **facts}).id


def ask(w, who, *kinds) -> int | None:
    with w.transaction():
        task = next_best.give(kinds or (PICK,), by=who)
        return task and task.id


def fresh(task: int) -> Task:
    session.rollback()  # what others have written since is seen
    return session.get_one(Task, task, populate_existing=True)


def zones_of(who) -> list[str]:
    session.rollback()
    return session.get_one(Worker, who.id, populate_existing=True).zones


# -- giving it to others -------------------------------------------------------------------------------------------------------


def test_work_that_needs_equipment_is_given_to_who_drives_it(w, anna):
    w.location("HIGH", equipment="reach truck")
    task = offer(w, source_id=w.location("HIGH").id)
    with pytest.raises(NoEquipment) as error, w.transaction():
        supervising.assign(task, "anna", by=w.by)
    assert "reach truck" in error.value.say("zh_CN")
    with w.transaction():
        workers.choose(anna.id, w.site_id, equipment=["reach truck"])
    with w.transaction():
        supervising.assign(task, "anna", by=w.by)
    assert fresh(task).person_id == anna.id


def test_a_list_that_needs_equipment_is_handed_to_who_drives_it(hall, anna, ben):
    hall.w.location("A-09", equipment="reach truck")
    hall.put("APPLE", 5, "A-09")
    hall.release("SO-1", ("APPLE", 1))
    number = hall.list_of("SO-1")
    opened = hall.open(number, by=anna)
    with pytest.raises(NoEquipment), hall.w.transaction():
        handover.hand_over(opened.task_id, to="ben", by=anna)
    with hall.w.transaction():
        workers.choose(ben.id, hall.w.site_id, equipment=["reach truck"])
    with hall.w.transaction():
        handover.hand_over(opened.task_id, to="ben", by=anna)
    assert fresh(opened.task_id).person_id == ben.id


def test_work_is_taken_from_one_and_given_to_another(w, anna, ben):
    task = offer(w)
    ask(w, anna)
    epoch = fresh(task).epoch
    with w.transaction():
        supervising.assign(task, "BEN", by=w.by)
    assert (fresh(task).person_id, fresh(task).epoch, fresh(task).given) == (ben.id, epoch + 1, [{"code": "given_by", "name": "Tester"}])
    with pytest.raises(TaskOver), w.transaction():
        queue.finish(task, epoch=epoch, by=anna)
    offer(w, priority=9)
    assert ask(w, ben) == task, "it is the next they get"
    assert fresh(task).given == [{"code": "given_by", "name": "Tester"}]


def test_what_is_given_to_the_same_person_again_stays_as_it_is(w, anna):
    task = offer(w)
    ask(w, anna)
    epoch = fresh(task).epoch
    with w.transaction():
        supervising.assign(task, "anna", by=w.by)
    assert fresh(task).epoch == epoch


def test_work_is_opened_for_everybody_again(w, anna, ben):
    task = offer(w)
    ask(w, anna)
    with w.transaction():
        supervising.take_back(task, by=w.by)
    assert (fresh(task).status, fresh(task).person_id, fresh(task).given) == (TaskStatus.OPEN, None, None)
    assert ask(w, ben) == task


def test_what_is_over_or_not_theirs_to_do_is_given_to_nobody(w, anna, ben):
    task, own = offer(w), offer(w, not_by_id=anna.id)
    with pytest.raises(OwnWork), w.transaction():
        supervising.assign(own, "anna", by=w.by)
    w.person("pat", roles=["packer"])
    for person, refusal in (("nobody", WorkerUnknown), ("pat", MayNot)):
        with pytest.raises(refusal), w.transaction():
            supervising.assign(task, person, by=w.by)
    with w.transaction():
        queue.cancel(task)
    for act in (lambda: supervising.assign(task, "ben", by=w.by), lambda: supervising.prioritise(task, 1, by=w.by)):
        with pytest.raises(NotWaiting), w.transaction():
            act()
    with pytest.raises(TaskUnknown), w.transaction():
        supervising.take_back(999_999, by=w.by)


def test_work_of_another_site_is_not_there(w):
    task = offer(w)
    stranger = w.person("stranger", site=w.site("NORTH"))
    with pytest.raises(TaskUnknown), w.transaction():
        supervising.prioritise(task, 9, by=stranger)


def test_the_page_shows_work_in_the_line_in_which_it_is_given_and_its_figures_narrow_it_to_what_they_count(w, app, anna):
    def at(minutes: float) -> dt.datetime:
        return clock.now() + dt.timedelta(minutes=minutes)

    patient = offer(w, priority=8)
    overdue = offer(w, TaskKind.PACK, priority=1, due_at=at(-5))
    soon = offer(w, TaskKind.PACK, due_at=at(20))
    urgent = offer(w, TaskKind.COUNT, priority=9)
    begun = offer(w, due_at=at(600))
    with w.transaction():
        supervising.assign(begun, "anna", by=w.by)
    desk = Desk(Client(app), Role.SUPERVISOR)

    def shown(address: str) -> list[int]:
        return [int(one.split('"')[0]) for one in desk.get(address).split('href="/tasks/')[1:] if one[0].isdigit()]

    assert shown("/tasks") == [begun, urgent, overdue, soon, patient]
    assert shown("/tasks?status=open") == [urgent, overdue, soon, patient]
    waiting = board.waiting(by=w.by)
    assert (waiting.overdue, waiting.soon, waiting.pressing) == (1, 1, 2)
    assert shown("/tasks?which=overdue") == [overdue]
    assert shown("/tasks?which=soon") == [soon]
    assert shown("/tasks?which=pressing") == [urgent, soon]


def test_its_place_in_the_line_follows_its_priority(w, anna):
    offer(w)
    later = offer(w, priority=1)
    with w.transaction():
        supervising.prioritise(later, 9, by=w.by)
    assert ask(w, anna) == later


# -- what is seen --------------------------------------------------------------------------------------------------------------


def test_the_board_tells_who_stands_where_and_what_nobody_can_do(w, hall, anna, ben):
    with w.transaction():
        w.location("A-01").equipment = "reach truck"
    high = offer(w, source_id=w.location("A-01").id)
    late = offer(w, due_at=clock.now() - dt.timedelta(minutes=5))
    ask(w, anna)
    with w.transaction():
        workers.seen_at("A-03", by=anna)
    seen = {one.person: one for one in board.workers(by=w.by)}
    assert (seen["anna"].location, seen["anna"].task_id, seen["anna"].at_work) == ("A-03", late, True)
    assert (seen["ben"].location, seen["ben"].at_work) == (None, False)
    waiting = board.waiting(by=w.by)
    assert (waiting.open, waiting.in_work, waiting.overdue, waiting.out_of_reach) == (1, 1, 1, 1)
    assert board.beyond_everybody(by=w.by) == {"reach truck": 1}
    with w.transaction():
        workers.choose(anna.id, w.site_id, equipment=["reach truck"])
    assert board.beyond_everybody(by=w.by) == {}
    assert fresh(high).status == TaskStatus.OPEN


def test_at_the_desk(app, w, hall, anna, ben):
    task = offer(w, source_id=w.location("A-01").id)
    ask(w, anna)
    desk = Desk(Client(app), Role.SUPERVISOR)
    page = desk.get("/tasks")
    assert "Next in line" in page
    assert "Anna" in desk.get(f"/tasks/{task}")
    desk.post(f"/tasks/{task}/assign", person="ben")
    assert "Given by Ann" in desk.get(f"/tasks/{task}")
    desk.post(f"/tasks/{task}/priority", priority="9")
    assert fresh(task).priority == 9
    desk.post(f"/tasks/{task}/assign")
    assert fresh(task).status == TaskStatus.OPEN
    desk.post(f"/tasks/{task}/assign", person="nobody-there")
    assert "Nobody works here with the code nobody-there" in desk.get(f"/tasks/{task}")
    desk.post(f"/tasks/{task}/priority", priority="10")
    assert fresh(task).priority == 9
    desk.get("/tasks/999999", status=404)
    assert "Ben" in desk.get("/workers")
    desk.post("/workers/ben", zones="B")
    assert zones_of(ben) == ["B"]
    desk.post("/workers/ben", status=422, zones="Q")
    desk.post("/workers/ben")
    assert zones_of(ben) == []
    desk.get("/workers/nobody", status=404)


def test_who_may_not_plan_work_sees_the_task_and_changes_nothing(app, w, hall):
    task = offer(w)
    desk = Desk(Client(app), Role.PICKER)
    assert "Give it" not in desk.get(f"/tasks/{task}")
    desk.get("/workers", status=403)


def test_over_the_api(app, w, hall, anna):
    task = offer(w, source_id=w.location("A-01").id)
    api = Api(app, Role.SUPERVISOR)
    assert api.post(f"/tasks/{task}/assign", {"person": "anna"})["given"] == ["Given by outside"]
    assert api.post(f"/tasks/{task}/assign", {})["person"] is None
    assert api.post(f"/tasks/{task}/priority", {"priority": 9})["priority"] == 9
    assert api.put("/workers/anna", {"zones": ["a"]})["zones"] == ["A"]
    assert [one["zones"] for one in api.get("/workers")["items"] if one["person"] == "anna"] == [["A"]]
    for body in ({"priority": 10}, {"priority": "high"}, {}, {"priority": 5, "haste": True}):
        api.post(f"/tasks/{task}/priority", body, status=422)
    api.post(f"/tasks/{task}/assign", {"person": "x" * 500}, status=422)
    api.put("/workers/anna", {"zones": ["Q"]}, status=422)
    api.put("/workers/anna", {"equipment": "broom"}, status=422)
    api.put("/workers/nobody", {}, status=404)


# -- on the handheld -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def engine() -> Engine:
    return Engine([room.pick, room.replenish, room.work])


def test_work_hands_over_with_what_it_is_and_why(w, hall, engine, anna):
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8), priority=9)
    number = hall.list_of("SO-1")
    worker = Scanner(engine, anna, "work")
    worker.scan("CMD:NEXT")
    assert (worker.screen["flow"], worker.screen["document"].split(" ")[0]) == ("pick", number)
    assert worker.screen["message"]["text"] == "Pick: Priority 9"
    again = Scanner(engine, anna, "work")
    again.scan("CMD:NEXT")
    assert again.screen["message"]["text"] == "Pick: Priority 9", "their own, where they left it"


def test_somebody_says_what_they_drive_and_where_they_work(w, hall, engine, anna):
    with w.transaction():
        w.location("A-01").equipment = "reach truck"
    worker = Scanner(engine, anna, "work")
    worker.scan("CMD:EQUIPMENT")
    assert next(one["label"] for one in worker.screen["actions"]) == "reach truck"
    worker.scan("reach truck")
    assert next(one["label"] for one in worker.screen["actions"]) == "✓ reach truck"
    worker.scan("CMD:DONE", "CMD:ZONES", "B", "A", "A", "CMD:DONE")
    assert {fact["label"]: fact["value"] for fact in worker.screen["facts"]} == {"Equipment": "reach truck", "Zones": "B"}
    row = session.get_one(Worker, anna.id)
    assert (row.equipment, row.zones) == (["reach truck"], ["B"])


def test_what_waits_beyond_ones_zones_is_told(w, hall, engine, anna):
    offer(w, TaskKind.REPLENISH, source_id=w.location("A-01").id)
    with w.transaction():
        workers.choose(anna.id, w.site_id, zones=["B"])
    worker = Scanner(engine, anna, "work")
    worker.scan("CMD:NEXT")
    assert worker.code == "nothing_for_you"
    assert worker.screen["message"]["text"] == "No work in your zones and for your equipment; 1 waits elsewhere"


def test_where_nothing_can_be_chosen_it_is_said(w, engine, anna):
    worker = Scanner(engine, anna, "work")
    worker.scan("CMD:EQUIPMENT")
    assert (worker.step, worker.code) == ("start", "nothing_to_choose")


def test_who_has_picked_a_list_stands_where_it_was_put_down(w, hall, engine, anna):
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 8))
    hall.list_of("SO-1")
    worker = Scanner(engine, anna, "work")
    worker.scan("CMD:NEXT")
    picker = Scanner(engine, anna, "pick")
    picker.follow("document")
    with w.transaction():
        assert workers.standing(anna).place == "PACK"


# -- what was decided is told --------------------------------------------------------------------------------------------------


def told(kind: str, subject: int, language: str = "en") -> list[str]:
    session.rollback()
    return [one.text for one in timelines(kind, [subject], language).get(subject, [])]


def test_what_a_supervisor_decides_stands_on_the_timeline_of_the_work_and_of_every_order_it_is_for(hall, w, anna):
    hall.put("APPLE", 9, "A-01")
    for number in ("SO-1", "SO-2"):
        hall.release(number, ("APPLE", 1))
    with w.transaction():
        number = waves.plan_wave(method=Method.BATCH, by=w.by).pick_lists[0].number
    task = session.execute(sa.select(Task.id).where(Task.document == number)).scalar_one()
    orders = list(session.execute(sa.select(Order.id).order_by(Order.id)).scalars())
    with w.transaction():
        supervising.assign(task, "anna", by=w.by)
        supervising.prioritise(task, 8, by=w.by)
    with w.transaction():
        supervising.assign(task, "anna", by=w.by)  # she has it: nothing to tell
        supervising.prioritise(task, 8, by=w.by)
        supervising.take_back(task, by=w.by)
        supervising.take_back(task, by=w.by)
    assert told("task", task) == ["Given to Anna", "Priority 5 → 8", "Open for everybody again"]
    for order in orders:
        assert told("order", order)[-3:] == [
            f"Pick {number} given to Anna",
            f"Pick {number}: priority 5 → 8",
            f"Pick {number} open for everybody again",
        ]
    assert told("order", orders[0], "zh_CN")[-2] == f"拣货 {number} 优先级 5 → 8"


def test_the_page_of_a_task_tells_what_was_decided_about_it(w, app, anna):
    task = offer(w)
    desk = Desk(Client(app), Role.SUPERVISOR)
    assert "Timeline" not in desk.get(f"/tasks/{task}")
    with w.transaction():
        supervising.assign(task, "anna", by=w.by)
    assert "Given to Anna" in desk.get(f"/tasks/{task}")


# -- why, on every screen ------------------------------------------------------------------------------------------------------


def test_next_of_a_single_kind_tells_why_as_the_work_flow_does(hall, anna, engine):
    hall.put("APPLE", 9, "A-01")
    hall.release("SO-1", ("APPLE", 1), priority=9)
    hall.list_of("SO-1")
    picker = Scanner(engine, anna, "pick")
    screen = picker.scan("CMD:NEXT")
    assert (picker.step, screen["message"]["tone"]) == ("source", "calm")
    assert screen["message"]["text"] == "Pick: Priority 9"
    picker.scan("CMD:CANCEL")
    assert Scanner(engine, anna, "work").scan("CMD:NEXT")["message"]["text"] == "Pick: Priority 9"
