"""Counts and movements in any order that Hypothesis can think of, beside a model of what really lies there: posting the differences makes
the book what the shelf was when it was looked at, and every adjustment is explained.

Short in `make test`, long in `make soak`, on both databases.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.warehouse import Warehouse
from wms import audit
from wms.actor import Role
from wms.db import session
from wms.invariants import INVARIANTS
from wms.stock.models import MovementKind
from wms.stocktake import adjustments, counting, counts, doubts, jobs, judging
from wms.stocktake.models import CountLine, PlaceState
from wms.tasks import queue
from wms.tasks.models import TaskKind

PLACES = ("X-1", "X-2")
PEOPLE = ("anna", "ben", "carl")
places = st.sampled_from(PLACES)


@dataclass
class Job:
    """Goods on their way: claimed, then in somebody's hands, then put down, then booked."""

    task_id: int
    source: str
    target: str
    quantity: int
    taken: int | None = None  # when, in steps of the machine
    put: int | None = None


@dataclass
class Visit:
    """Somebody at a place: what they saw when they looked, and how much had vanished there by then."""

    looked: int | None = None
    found: int = 0
    vanished: int = 0
    written: bool = False


@dataclass
class Count:
    """A count of one place that goes on."""

    count_id: int
    visits: dict[str, Visit] = field(default_factory=dict)


class CountMachine(RuleBasedStateMachine):
    """Three places, one product, work in hand, goods that vanish and turn up, three counters and a supervisor."""

    house: Warehouse
    numbers = itertools.count(1)

    @initialize()
    def begin(self) -> None:
        w = self.house
        self.number = next(self.numbers)
        self.sku = f"APPLE{self.number}"
        self.people = {name: w.person(f"{name}{self.number}", roles=[Role.COUNTER]) for name in PEOPLE}
        self.chief = w.person(f"chief{self.number}", roles=[Role.SUPERVISOR])
        self.lies, self.booked, self.vanished, self.known = (dict.fromkeys(PLACES, 0) for _ in range(4))
        for code in PLACES:
            w.receive(self.sku, 12, at=self.at(code))
            self.lies[code] = self.booked[code] = 12
        self.jobs: list[Job] = []
        self.everything: list[Job] = []
        self.counts: dict[str, Count] = {}
        self.step = 0

    def at(self, code: str) -> str:
        return f"{code}-{self.number}"

    def place(self, code: str) -> int:
        return self.house.location(self.at(code)).id

    def tick(self) -> int:
        self.step += 1
        return self.step

    # -- what hands do ---------------------------------------------------------------------------------------------------

    @rule(source=places, end=places, quantity=st.integers(1, 5))
    def claim(self, source: str, end: str, quantity: int) -> None:
        w = self.house
        coming = sum(job.quantity for job in self.jobs if job.source == source)
        if source == end or quantity + coming > w.on_hand(self.sku, at=self.at(source)) or len(self.jobs) > 2:
            return
        with w.transaction():
            task = queue.offer(
                TaskKind.REPLENISH, site_id=w.site_id, priority=5, product_id=w.product(self.sku).id, batch_id=w.batch(self.sku),
                quantity=quantity, source_id=self.place(source), target_id=self.place(end),
            )  # fmt: skip
            queue.claim(task.id, by=w.by)
        self.jobs.append(Job(task.id, source, end, quantity))
        self.everything.append(self.jobs[-1])

    @rule()
    def take(self) -> None:
        job = next((job for job in self.jobs if job.taken is None and self.lies[job.source] >= job.quantity), None)
        if job is not None:
            job.taken = self.tick()
            self.lies[job.source] -= job.quantity

    @rule()
    def put(self) -> None:
        job = next((job for job in self.jobs if job.taken is not None and job.put is None), None)
        if job is not None:
            job.put = self.tick()
            self.lies[job.target] += job.quantity

    @rule()
    def book(self) -> None:
        job = next((job for job in self.jobs if job.put is not None), None)
        if job is None or self.house.on_hand(self.sku, at=self.at(job.source)) < job.quantity:
            return
        with self.house.transaction():
            self.house.move(
                self.sku, job.quantity, self.at(job.source), self.at(job.target), kind=MovementKind.REPLENISHMENT, task_id=job.task_id
            )
            queue.finish(job.task_id, epoch=1, by=self.house.by)
        self.booked[job.source] -= job.quantity
        self.booked[job.target] += job.quantity
        self.jobs.remove(job)

    @rule()
    def give_back(self) -> None:
        """The work is given up, and what was taken lies where it was: not while somebody who has looked there has not written it down."""
        job = next((job for job in self.jobs if job.put is None), None)
        if job is None or any(visit.looked is not None and not visit.written for visit in self.visits_at(job.source)):
            return
        if job.taken is not None:
            self.lies[job.source] += job.quantity
        with self.house.transaction():
            queue.cancel(job.task_id)
        self.jobs.remove(job)

    @rule(code=places, many=st.integers(-3, 3))
    def vanish(self, code: str, many: int) -> None:
        """Some are lost, or turn up, and nobody has booked it."""
        if self.lies[code] + many >= 0:
            self.lies[code] += many
            self.vanished[code] += many

    # -- what counters do ------------------------------------------------------------------------------------------------

    def visits_at(self, code: str) -> list[Visit]:
        return list(self.counts[code].visits.values()) if code in self.counts else []

    def state(self, code: str) -> str:
        session.rollback()
        return counts.find_place(self.counts[code].count_id, self.place(code)).state

    @rule(code=places)
    def open(self, code: str) -> None:
        if code not in self.counts:
            with self.house.transaction():
                self.counts[code] = Count(counts.open_count(by=self.house.by, locations=[self.at(code)]).id)

    @precondition(lambda self: self.counts)
    @rule()
    def come(self) -> None:
        for code, count in list(self.counts.items()):
            name = next((name for name in PEOPLE if name not in count.visits), None)
            if name is None or any(not visit.written for visit in count.visits.values()):
                continue
            if self.state(code) in (PlaceState.OPEN, PlaceState.RECOUNT, PlaceState.THIRD):
                with self.house.transaction():
                    counting.begin_place(count.count_id, self.place(code), by=self.people[name])
                count.visits[name] = Visit()

    @precondition(lambda self: self.counts)
    @rule()
    def look(self) -> None:
        for code in self.counts:
            for visit in self.visits_at(code):
                if visit.looked is None:
                    visit.looked, visit.found, visit.vanished = self.tick(), self.lies[code], self.vanished[code]

    @precondition(lambda self: self.counts)
    @rule()
    def write(self) -> None:
        for code, count in list(self.counts.items()):
            for name, visit in count.visits.items():
                if visit.looked is not None and not visit.written:
                    self.written_down(code, count, name, visit)
            self.ended(code)

    def written_down(self, code: str, count: Count, name: str, visit: Visit) -> None:
        place, by = self.place(code), self.people[name]
        with self.house.transaction():
            asked = counting.moving(count.count_id, place, self.sku, by=by, none=visit.found == 0)
            answers = {key: self.saw(visit, one, code) for one in asked for key in one.keys}
            counting.enter(count.count_id, place, self.sku, visit.found, by=by, answers=answers)
            counting.close_place(count.count_id, place, by=by)
        visit.written = True

    def saw(self, visit: Visit, moving: doubts.Moving, code: str) -> bool:
        """Whether what is asked about was done by hand before this person looked: booked work is remembered by its task."""
        assert visit.looked is not None
        for key in moving.keys:
            moment = self.moment(key, code)
            if moment is None or moment > visit.looked:
                return False
        return True

    def moment(self, key: str, code: str) -> int | None:
        if key.startswith("t"):
            task_id = int(key[1:])
        else:
            task_id = next(one.task_id or 0 for one in self.house.movements(self.sku) if one.id == int(key[1:]))
        job = next(job for job in self.everything if job.task_id == task_id)
        return job.taken if job.source == code else job.put

    @rule()
    def work_ends(self) -> None:
        jobs.judge_counted()
        for code in list(self.counts):
            self.ended(code)

    @precondition(lambda self: self.counts)
    @rule()
    def approve(self) -> None:
        for code in list(self.counts):
            if self.state(code) == PlaceState.REVIEW:
                place = counts.find_place(self.counts[code].count_id, self.place(code)).id
                with self.house.transaction():
                    adjustments.approve_place(place, by=self.chief)
                self.ended(code)

    def ended(self, code: str) -> None:
        """Once a count has ended, the book knows what had vanished when the one was looking whose number was posted."""
        if self.state(code) != PlaceState.POSTED:
            return
        count = self.counts.pop(code)
        place = counts.find_place(count.count_id, self.place(code))
        for line in session.query(CountLine).filter(CountLine.place_id == place.id):
            entries = judging.voices_of(place)[line.id]
            voice = next(one for one in entries if one.at == line.taken_at)
            name = next(name for name, person in self.people.items() if person.id == voice.person_id)
            self.known[code] = count.visits[name].vanished
        session.rollback()

    # -- what must hold --------------------------------------------------------------------------------------------------

    @invariant()
    def the_book_is_what_was_booked_and_what_counts_have_found(self) -> None:
        if hasattr(self, "booked"):
            for code in PLACES:
                assert self.house.on_hand(self.sku, at=self.at(code)) == self.booked[code] + self.known[code], code
            session.rollback()

    def teardown(self) -> None:
        if hasattr(self, "booked"):
            for _ in PEOPLE:  # what was begun is brought to its end
                for step in (self.take, self.put, self.book, self.come, self.look, self.write, self.work_ends, self.approve):
                    step()
            self.the_book_is_what_was_booked_and_what_counts_have_found()
            assert audit.run(INVARIANTS) == []
            session.rollback()


def play(soak: bool) -> None:
    run_state_machine_as_test(
        CountMachine,
        settings=settings(
            max_examples=120 if soak else 10,
            stateful_step_count=60 if soak else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
            derandomize=not soak,
            database=None,
        ),
    )


def test_whatever_moves_and_vanishes_the_book_ends_as_the_counters_saw_it(w: Warehouse, soak: bool) -> None:
    CountMachine.house = w
    play(soak)
