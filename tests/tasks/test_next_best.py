"""Whoever asks gets the work that is best for them: wanted first, near, possible; nothing twice, and nothing waits for ever."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crowd import all_at_once
from wms import clock, db
from wms.db import session, table_of
from wms.tasks import next_best, queue, scoring, urgency, workers
from wms.tasks.models import Task, TaskKind, Worker
from wms.tasks.queries import in_words
from wms.tasks.scoring import Candidate

PICK, COUNT, PUTAWAY, REPLENISH = TaskKind.PICK, TaskKind.COUNT, TaskKind.PUTAWAY, TaskKind.REPLENISH
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


def test_who_loses_their_own_work_while_they_ask_gets_other_work(w, monkeypatch):
    floor = Floor(w)
    own, other = floor.offer(at="0-0", priority=9), floor.offer(at="0-1")
    assert floor.ask(floor.anna) == own
    real = next_best.claim

    def too_late(task_id, **facts):
        monkeypatch.setattr(next_best, "claim", real)
        queue.cancel(task_id)  # as somebody did who cancelled its order at this moment
        return real(task_id, **facts)

    monkeypatch.setattr(next_best, "claim", too_late)
    assert floor.ask(floor.anna) == other


class Floor:
    """A dock at one end, ten aisles of bins, and people who ask for work."""

    def __init__(self, w) -> None:
        self.w = w
        with w.transaction():
            w.location("DOCK", kind="dock", x_mm=0, y_mm=0)
            for aisle in range(10):
                for bay in range(10):
                    facts = {"equipment": "reach truck"} if (aisle, bay) == (9, 9) else {}
                    w.location(
                        f"{aisle}-{bay}", aisle=str(aisle), zone="AB"[aisle // 5], x_mm=10_000 + 4000 * aisle, y_mm=1000 * bay, **facts
                    )
        self.anna, self.ben = w.person("anna"), w.person("ben")

    def offer(self, kind=PICK, at=None, to=None, *, age=dt.timedelta(), **facts) -> int:
        with self.w.transaction():
            for end, code in (("source_id", at), ("target_id", to)):
                if code:
                    facts[end] = self.w.location(code).id
            if to:
                facts |= {"product_id": self.w.product("APPLE").id, "quantity": 1}
            task = queue.offer(kind, site_id=self.w.site_id, **{"priority": 5, **facts})
            if age:
                task.created_at -= age
                task.wanted_at = urgency.wanted_at(kind, task.priority, task.due_at, task.created_at)
            return task.id

    def stands(self, who, code) -> None:
        with self.w.transaction():
            workers.standing(who)
            workers.seen_at(code, by=who)

    def ask(self, who, *kinds) -> int | None:
        with self.w.transaction():
            task = next_best.give(kinds or tuple(TaskKind), by=who)
            return task and task.id

    def done(self, who, task_id, at) -> None:
        with self.w.transaction():
            queue.finish(task_id, epoch=session.get(Task, task_id).epoch, by=who)
            workers.seen_at(at, by=who)

    def why(self, task_id) -> list[str]:
        return [in_words(one, "en") for one in session.get(Task, task_id, populate_existing=True).given]


@pytest.fixture
def floor(w) -> Floor:
    return Floor(w)


def test_the_nearest_of_alike_work_is_given_and_it_says_how_near(floor):
    floor.offer(at="9-2")
    near = floor.offer(at="2-5")
    floor.stands(floor.anna, "2-3")
    assert floor.ask(floor.anna) == near
    assert floor.why(near)[0] == "2 m from 2-3"
    assert "was wanted earlier and is" in floor.why(near)[1]


def test_putaway_on_the_way_out_replenishment_on_the_way_back(floor):
    """Who has put away at the far end fills a face from there, and then takes the next pallet at the dock."""
    floor.stands(floor.anna, "DOCK")
    out = floor.offer(PUTAWAY, at="DOCK", to="8-5", age=MINUTE)
    floor.offer(PUTAWAY, at="DOCK", to="8-6")
    back = floor.offer(REPLENISH, at="8-6", to="0-1")
    floor.offer(PUTAWAY, at="DOCK", to="7-6")
    assert floor.ask(floor.anna) == out
    floor.done(floor.anna, out, "8-5")
    assert floor.ask(floor.anna) == back
    floor.done(floor.anna, back, "0-1")
    assert session.get(Task, floor.ask(floor.anna)).kind == PUTAWAY


def test_priority_nine_comes_first_however_far_it_is(floor):
    floor.stands(floor.anna, "0-0")
    floor.offer(at="0-0", age=5 * HOUR)
    rush = floor.offer(at="9-1", priority=9)
    assert floor.ask(floor.anna) == rush
    assert floor.why(rush)[0] == "Priority 9"


def test_what_is_late_comes_before_what_is_near(floor):
    floor.stands(floor.anna, "0-0")
    floor.offer(at="0-0")
    late = floor.offer(at="9-1", due_at=clock.now() - 10 * MINUTE)
    soon = floor.offer(at="9-1", due_at=clock.now() + 30 * MINUTE)
    assert floor.ask(floor.anna) == late
    assert floor.why(late)[0] == "Overdue by 10 min"
    assert floor.ask(floor.ben) == soon
    assert floor.why(soon)[0] in ("Due in 29 min", "Due in 30 min")


def test_what_waits_too_long_comes_before_what_is_near(floor):
    floor.stands(floor.anna, "0-0")
    floor.offer(at="0-0")
    old = floor.offer(at="9-1", age=9 * HOUR)
    assert floor.ask(floor.anna) == old
    assert floor.why(old) == ["Waiting for 9 h"]


def test_work_that_needs_equipment_is_for_who_drives_it_and_theirs_first(floor):
    floor.stands(floor.anna, "9-7")
    high = floor.offer(at="9-9")
    low = floor.offer(at="9-7")
    assert session.get(Task, high).equipment == "reach truck"
    assert floor.ask(floor.ben) == low
    assert floor.ask(floor.w.person("carl")) is None
    with floor.w.transaction():
        workers.choose(floor.anna.id, floor.w.site_id, equipment=["Reach Truck"])
    assert floor.ask(floor.anna) == high
    assert "Needs what you drive: reach truck" in floor.why(high)


def test_a_pallet_for_a_high_bin_needs_what_its_bin_needs(floor):
    assert session.get(Task, floor.offer(PUTAWAY, at="DOCK", to="9-9")).equipment == "reach truck"


def test_who_works_in_a_zone_gets_its_work_alone(floor):
    far = floor.offer(at="9-1")
    floor.offer(at="1-1", age=9 * HOUR)
    with floor.w.transaction():
        workers.choose(floor.anna.id, floor.w.site_id, zones=["b"])
    assert floor.ask(floor.anna) == far
    with floor.w.transaction():
        assert next_best.give([PICK], by=floor.anna).id == far, "their own, until it is done"


def test_unknown_equipment_and_zones_are_refused(floor):
    for facts, unknown in (({"equipment": ["broom"]}, workers.EquipmentUnknown), ({"zones": ["Q"]}, workers.ZoneUnknown)):
        with pytest.raises(unknown), floor.w.transaction():
            workers.choose(floor.anna.id, floor.w.site_id, **facts)


def test_many_tasks_are_offered_with_where_they_begin(floor):
    with floor.w.transaction():
        places = [floor.w.location(code).id for code in ("9-9", "1-1")]
        tasks = queue.offer_all(PICK, [{"source_id": one, "priority": 3} for one in places], site_id=floor.w.site_id)
        assert [(one.zone, one.equipment) for one in tasks] == [("B", "reach truck"), ("A", None)]
        assert tasks[0].square == urgency.square(46_000, 9000)


def test_who_moves_to_another_site_begins_anew_there(floor, w):
    floor.stands(floor.anna, "2-3")
    north = w.site("NORTH")
    there = replace(floor.anna, site_id=north)
    with w.transaction():
        assert workers.standing(there).place is None
    with w.transaction():
        assert session.get_one(Worker, floor.anna.id).site_id == north


def test_work_whose_holder_left_it_is_given_again_with_a_new_reason(floor):
    task = floor.offer(at="1-1")
    floor.ask(floor.anna)
    with floor.w.transaction():
        session.execute(sa.update(Task).values(lease_until=clock.now() - MINUTE))
    assert floor.ask(floor.ben) == task
    assert session.get(Task, task, populate_existing=True).epoch == 2


def test_what_somebody_takes_by_scanning_was_given_for_no_reason(floor):
    task = floor.offer(at="1-1")
    floor.ask(floor.anna)
    with floor.w.transaction():
        queue.give_back(task, by=floor.anna)
    assert session.get(Task, task, populate_existing=True).given is None


def test_no_work_is_given_twice_however_many_ask_at_once(app, floor):
    """Eight people take forty pieces of work as fast as they can."""
    tasks = {floor.offer(at=f"{number % 10}-{number % 9}") for number in range(40)}
    people = [floor.w.person(f"p{number}") for number in range(8)]
    for number, one in enumerate(people):
        floor.stands(one, f"{number}-1")

    def works(person):
        def unit():
            got = []
            for _ in range(5):

                def one():
                    with db.transaction():
                        task = next_best.give((PICK,), by=person)
                        if task is not None:
                            got.append(task.id)
                            queue.finish(task.id, epoch=task.epoch, by=person)

                db.again(one)
            return got

        return unit

    got = [task for answer in all_at_once(app, [works(one) for one in people]) for task in answer]
    assert len(got) == len(set(got))
    assert set(got) == tasks, "whoever asks while there is work gets some"


def test_candidates_are_found_by_indexes_alone(floor):
    """No part of the question reads the whole line."""
    with floor.w.transaction():
        rows = [
            {
                "site_id": floor.w.site_id,
                "kind": "pick",
                "status": "done",
                "priority": 5,
                "created_at": clock.now(),
                "reasons": [],
                "epoch": 1,
            }
            for _ in range(3000)
        ]
        session.execute(sa.insert(table_of(Task)), rows)
    if db.is_postgresql():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(sa.text("ANALYZE tasks"))
        session.close()
    asked: list[tuple[str, object]] = []
    engine = session.get_bind().engine
    note = lambda _c, _k, statement, parameters, *_: asked.append((statement, parameters))  # noqa: E731
    floor.stands(floor.anna, "2-3")
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with floor.w.transaction():
            next_best.candidates(["count", "pick"], workers.standing(floor.anna), by=floor.anna)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in asked if "FROM tasks" in one[0])
    explain = "EXPLAIN " if db.is_postgresql() else "EXPLAIN QUERY PLAN "
    plan = "\n".join(str(row[-1]) for row in session.connection().exec_driver_sql(explain + statement, parameters))
    assert "Seq Scan on tasks" not in plan
    assert "SCAN tasks" not in plan, plan
    assert "ix_tasks_queue" in plan
    assert "ix_tasks_square" in plan


# -- nothing waits for ever: the sum itself ------------------------------------------------------------------------------------

START = dt.datetime(2026, 11, 22, 6, tzinfo=dt.UTC)
arrivals = st.lists(
    st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(-120, 3000)), st.one_of(st.none(), st.integers(0, 400)), st.booleans()),
    min_size=1,
    max_size=12,
)


def task_of(number: int, at: dt.datetime, facts) -> Candidate:
    priority, due, metres, equipment = facts
    due_at = None if due is None else at + due * MINUTE
    wanted = urgency.wanted_at("pick", priority, due_at, at)
    return Candidate(number, "pick", priority, due_at, at, wanted, "truck" if equipment else None, metres)


@settings(max_examples=150, deadline=None)
@given(arrivals, st.integers(1, 90))
def test_under_any_stream_of_arrivals_nobody_is_overtaken_by_what_is_wanted_much_later(stream, minutes):
    """For ever more work arrives than is done. What is given is never wanted more than MOST later than the first in line."""
    line: list[Candidate] = []
    number, moment, given_at = 0, START, {}
    for _ in range(60):
        for facts in stream:
            number += 1
            line.append(task_of(number, moment, facts))
        best = scoring.best_first(line, moment)[0]
        first = min(one.wanted_at for one in line)
        pressing = [one.wanted_at for one in line if scoring.presses(one, moment)]
        assert best.wanted_at <= (min(pressing) if pressing else first) + scoring.MOST
        line.remove(best)
        given_at[best.id] = moment
        moment += minutes * MINUTE


@settings(max_examples=60, deadline=None)
@given(arrivals)
def test_every_piece_of_work_is_done_in_the_end_however_urgent_what_arrives_after_it(stream):
    """One poor piece, far away and not urgent, and then three rush jobs for every two that can be done."""
    poor = task_of(0, START, (0, None, 400, False))
    line, number, moment = [poor], 0, START
    for step in range(4000):
        for facts in (*stream[:1], (9, -60, 0, True), (9, None, 0, True))[: 2 if step % 2 else 1]:
            number += 1
            line.append(task_of(number, moment, facts))
        best = scoring.best_first(line, moment)[0]
        if best is poor:
            break
        line.remove(best)
        moment += 10 * MINUTE
    else:
        raise AssertionError("it waits for ever")
    longest = urgency.PATIENCE[0] - urgency.PATIENCE[9] + urgency.LONGEST + scoring.MOST
    assert moment - START <= 2 * longest


def test_wanted_is_before_due_by_what_remains_to_be_done_and_never_further_than_three_days():
    due = START + 20 * HOUR
    assert urgency.wanted_at("pick", 5, due, START) == due - HOUR
    assert urgency.wanted_at("pick", 7, due, START) == due - 2 * HOUR
    assert urgency.wanted_at("pick", 0, due, START) == due - HOUR
    assert urgency.wanted_at("pick", 9, due, START) == START - 24 * HOUR
    assert urgency.wanted_at("pick", 5, START + dt.timedelta(days=400), START) == START + dt.timedelta(days=3)
    patience = [urgency.wanted_at("count", priority, None, START) for priority in range(10)]
    assert patience == sorted(patience, reverse=True), "what is more urgent is wanted earlier"
