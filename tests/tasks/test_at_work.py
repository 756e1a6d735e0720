"""Who is at work and how it goes: whoever scans anything is seen, all they have in hand is shown, and work is given in one act."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.auth.models import Person
from wms.db import session
from wms.locations.models import Site
from wms.picking import picks, waves
from wms.picking import scan as room
from wms.picking.scan import pick
from wms.scan.engine import Engine
from wms.scan.models import ScanRow
from wms.tasks import at_work, board, supervising, workers
from wms.tasks.board import WorkerView
from wms.tasks.models import Task, TaskStatus
from wms.tasks.supervising import WorkerUnknown


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


@pytest.fixture
def engine() -> Engine:
    return Engine([pick, room.replenish, room.work])


def lists(hall: Hall, count: int) -> list[str]:
    """So many lists of one line each."""
    for number in range(count):
        hall.put(f"P{number}", 9, f"A-0{number + 1}")
        hall.release(f"SO-{number}", (f"P{number}", 2))
    return [one.number for one in hall.wave().pick_lists]


def task_of(hall: Hall, number: str) -> int:
    return waves.find_list(number, by=hall.by).task_id


def worker(hall: Hall, code: str) -> WorkerView:
    session.rollback()
    return next(one for one in board.workers(by=hall.by) if one.person == code)


def test_who_scans_in_any_flow_is_at_work_and_stands_where_they_scanned(hall: Hall, engine: Engine) -> None:
    (number,) = lists(hall, 1)
    anna = hall.w.person("anna", roles=["picker"])
    before = worker(hall, "anna")
    assert (before.at_work, before.location, before.seen_at, before.flow) == (False, None, None, None)
    Scanner(engine, anna, "pick").scan(number, "a-01")
    after = worker(hall, "anna")
    assert (after.at_work, after.location, after.zone, after.flow) == (True, "A-01", "A", "pick")
    assert after.seen_at is not None
    assert clock.now() - after.seen_at < dt.timedelta(minutes=1)


def test_the_later_of_two_places_is_where_somebody_stands(hall: Hall, engine: Engine) -> None:
    (number,) = lists(hall, 1)
    anna = hall.w.person("anna", roles=["picker"])
    Scanner(engine, anna, "pick").scan(number, "A-01")
    with hall.w.transaction():
        workers.standing(anna)  # they ask for work
        workers.seen_at("B-03", by=anna)
    assert worker(hall, "anna").location == "B-03"


def test_who_scanned_only_yesterday_is_not_at_work(hall: Hall, engine: Engine) -> None:
    (number,) = lists(hall, 1)
    anna = hall.w.person("anna", roles=["picker"])
    Scanner(engine, anna, "pick").scan(number, "A-01")
    with hall.w.transaction():
        session.execute(sa.update(ScanRow).values(at=clock.now() - dt.timedelta(hours=25)))
    seen = worker(hall, "anna")
    assert (seen.at_work, seen.seen_at) == (False, None)


def test_who_scanned_just_before_midnight_is_at_work_just_after(hall: Hall, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    (number,) = lists(hall, 1)
    anna = hall.w.person("anna", roles=["picker"])
    Scanner(engine, anna, "pick").scan(number, "A-01")
    with hall.w.transaction():
        session.execute(sa.update(ScanRow).values(at=clock.now() - dt.timedelta(minutes=30)))
    monkeypatch.setattr(clock, "begins", lambda _day: clock.now() - dt.timedelta(minutes=10))
    seen = worker(hall, "anna")
    assert (seen.at_work, seen.location) == (True, "A-01")


def test_who_works_at_another_site_by_now_is_not_at_work_here(hall: Hall, engine: Engine) -> None:
    (number,) = lists(hall, 1)
    anna = hall.w.person("anna", roles=["picker"])
    Scanner(engine, anna, "pick").scan(number, "A-01")
    with hall.w.transaction():
        other = Site(code="OTHER", name="Other")
        session.add(other)
        session.flush()
        session.execute(sa.update(Person).where(Person.id == anna.id).values(site_id=None))
        workers.standing(replace(anna, site_id=other.id))  # there they ask for work
    seen = worker(hall, "anna")
    assert (seen.at_work, seen.location) == (False, None)


def test_equipment_of_whoever_scans_counts_as_there(hall: Hall, engine: Engine) -> None:
    with hall.w.transaction():
        hall.w.location("HIGH-1", equipment="reach truck", x_mm=0, y_mm=9000)
    hall.put("HIGH", 5, "HIGH-1")
    hall.release("SO-9", ("HIGH", 1))
    hall.wave()
    anna = hall.w.person("anna", roles=["picker"])
    with hall.w.transaction():
        workers.choose(anna.id, hall.w.site_id, equipment=["reach truck"])
        session.execute(sa.update(workers.Worker).values(seen_at=clock.now() - dt.timedelta(hours=5)))
    assert board.beyond_everybody(by=hall.by) == {"reach truck": 1}
    Scanner(engine, anna, "pick").scan("A-01")
    session.rollback()
    assert board.beyond_everybody(by=hall.by) == {}


def test_two_lists_in_hand_are_both_shown(hall: Hall, app: Application) -> None:
    numbers = lists(hall, 2)
    hall.w.person("anna", roles=["picker"])
    with hall.w.transaction():
        for number in numbers:
            supervising.assign(task_of(hall, number), "anna", by=hall.by)
    assert [has.document for has in worker(hall, "anna").in_hand] == numbers
    desk = Desk(Client(app), Role.SUPERVISOR, name="sue")
    page = desk.get("/workers")
    assert all(number in page for number in numbers)
    told = next(one for one in Api(app, Role.SUPERVISOR).get("/workers")["items"] if one["person"] == "anna")
    assert told["tasks"] == [task_of(hall, number) for number in numbers]
    page = desk.get(f"/tasks/{told['task']}")
    assert f"Anna · Pick {numbers[0]} and 1 more" in page
    assert "Sue · free" in page


def test_lines_an_hour_are_reckoned_from_what_was_booked_today_and_not_undone(hall: Hall) -> None:
    numbers = lists(hall, 3)
    anna = hall.w.person("anna", roles=["picker"])
    assert worker(hall, "anna").done is None
    for number in numbers:
        hall.pick_all(number, by=anna)
    done = worker(hall, "anna").done
    assert done is not None
    assert (done.lines, done.per_hour) == (3, None), "within ten minutes nothing can be said"
    with hall.w.transaction():
        picks.undo(task_id=task_of(hall, numbers[-1]), by=anna, key=hall.w.key())
    done = worker(hall, "anna").done
    assert done is not None
    assert done.lines == 2, "neither the pick that was undone nor its undoing"
    first = clock.now()
    assert at_work.Done(30, first, first + dt.timedelta(minutes=20)).per_hour == 90


# -- several at once ---------------------------------------------------------------------------------------------------------------


def test_several_lists_are_given_to_somebody_in_one_act(hall: Hall, app: Application) -> None:
    numbers = lists(hall, 3)
    hall.w.person("anna", roles=["picker"])
    desk = Desk(Client(app), Role.SUPERVISOR, name="sue")
    page = desk.get("/tasks?assign=yes")
    assert page.count('type="checkbox" name="tasks"') == 3
    assert 'hx-trigger="every 15s"' not in page, "nothing wipes out what was ticked"
    tasks = [task_of(hall, number) for number in numbers]
    desk.post("/tasks/assign", tasks=tasks[:2], person="anna")
    assert "2 tasks given to Anna" in desk.get("/tasks")
    session.rollback()
    states = [session.get_one(Task, task, populate_existing=True).status for task in tasks]
    assert states == [TaskStatus.CLAIMED, TaskStatus.CLAIMED, TaskStatus.OPEN]


def test_what_somebody_may_not_be_given_stays_and_is_named(hall: Hall, app: Application) -> None:
    one, two = (task_of(hall, number) for number in lists(hall, 2))
    hall.w.person("anna", roles=["picker"])
    with hall.w.transaction():
        session.execute(sa.update(Task).where(Task.id == one).values(equipment="reach truck"))
    api = Api(app, Role.SUPERVISOR)
    told = api.post("/tasks/assign", {"tasks": [two, one, 4711], "person": "anna"})
    assert told["given"] == [two]
    assert [(each["task"], each["code"]) for each in told["refused"]] == [(one, "worker_without_equipment"), (4711, "task_unknown")]
    assert api.post("/tasks/assign", {"tasks": [two], "person": "nobody"}, status=404)["code"] == "worker_unknown"
    with pytest.raises(WorkerUnknown), hall.w.transaction():
        supervising.assign_all([two], "nobody", by=hall.by)


def test_a_task_number_that_no_task_can_have_is_refused(hall: Hall, app: Application) -> None:
    hall.w.person("anna", roles=["picker"])
    Api(app, Role.SUPERVISOR).post("/tasks/assign", {"tasks": [10**30], "person": "anna"}, status=422)
    desk = Desk(Client(app), Role.SUPERVISOR, name="sue")
    desk.post("/tasks/assign", tasks=[10**30], person="anna")
    assert "given to Anna" not in desk.get("/tasks")


def test_somebody_of_a_large_house_is_shown_and_changed_like_anybody(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """More people work there than the page shows at once."""
    with hall.w.transaction():
        hall.w.location("HIGH-1", equipment="reach truck", x_mm=0, y_mm=9000)
    hall.w.person("anna", roles=["picker"])
    hall.w.person("zoe", roles=["picker"])
    monkeypatch.setattr(board, "_MOST", 1)
    told = Api(app, Role.SUPERVISOR).put("/workers/zoe", {"equipment": ["reach truck"], "zones": []})
    assert (told["person"], told["equipment"]) == ("zoe", ["reach truck"])
    page = Desk(Client(app), Role.SUPERVISOR, name="sue").get("/workers/zoe")
    assert re.search(r'value="reach truck"[^>]*checked', page), "what is saved there is not taken away"


def test_nothing_ticked_is_said(hall: Hall, app: Application) -> None:
    lists(hall, 1)
    desk = Desk(Client(app), Role.SUPERVISOR, name="sue")
    desk.post("/tasks/assign", person="sue")
    assert "Tick the work and choose a person" in desk.get("/tasks")


# -- on the handheld -----------------------------------------------------------------------------------------------------------------


def test_a_picker_reads_how_many_lines_are_left_and_what_the_list_came_to(hall: Hall, engine: Engine) -> None:
    for number in range(3):
        hall.put(f"P{number}", 9, f"A-0{number + 1}")
    hall.release("SO-1", *((f"P{number}", 2) for number in range(3)))
    number = hall.list_of("SO-1")
    anna = Scanner(engine, hall.w.person("anna", roles=["picker"]), "pick")
    anna.scan(number)
    anna.follow("target")
    screen = anna.scan(anna.screen["expected"])
    assert screen["message"]["detail"] == "2 lines left"
    anna.follow("quantity")
    anna.scan("CMD:SHORT", "1", "MISSING")
    anna.follow("target")
    screen = anna.scan(anna.screen["expected"])
    if anna.step == "elsewhere":
        screen = anna.scan("CMD:DONE")
    assert "1 line left" in str(screen["message"])
    screen = anna.follow("document")
    assert screen["message"]["tone"] == "good"
    assert screen["message"]["detail"] == f"List {number} is done; take it to PACK · 3 lines, 5 pieces, 1 min, 1 short"
