"""No schedule of picks, shorts, skips, undos, replenishments and cancellations leaks a claim or a promise."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from wms import audit, db
from wms.app import Application
from wms.errors import WarehouseError
from wms.invariants import INVARIANTS
from wms.orders import withdrawal
from wms.picking import bringing, picks, relay, slots
from wms.picking.lines import Pick, next_line
from wms.picking.models import Method, PickList
from wms.picking.picks import Opened
from wms.stock.ledger import Place
from wms.tasks import queue
from wms.tasks.models import TaskKind

TWO_ORDERS = sa.text(
    "SELECT s.handling_unit_id FROM reservations r JOIN stock s ON s.id = r.stock_id JOIN order_lines l ON l.id = r.order_line_id"
    " WHERE r.status = 'pending' AND r.stage = 'picked' AND s.handling_unit_id IS NOT NULL"
    " GROUP BY s.handling_unit_id HAVING COUNT(DISTINCT l.order_id) > 1"
)
_days = itertools.count(1)
SKUS = ("APPLE", "PEAR")
KINDS = ["wave", "pick", "part", "short", "none", "skip", "undo", "leave", "cancel", "refill", "bring", "full", "cart"]
ACTIONS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5)), min_size=5, max_size=30)


class Day:
    """One picker's day, driven by whatever comes."""

    def __init__(self, hall: Hall, tag: str) -> None:
        self.hall, self.tag, self.held = hall, tag, None

    held: Opened | None

    def line(self) -> tuple[Opened, Pick]:
        if self.held is None:
            with db.transaction():
                self.held = picks.open_next(by=self.hall.by)
            if self.held is None:
                raise picks.NoWork
        line = next_line(self.held.task_id)
        if line is None:
            self.held = None
            return self.line()
        return self.held, line

    def do(self, action: str, number: int) -> None:
        hall = self.hall
        if action == "wave":
            made = hall.wave(method=list(Method)[number % 4], max_orders=1 + number).pick_lists
            if made[0].method == Method.ZONE and number > 2:
                self.relay([one.id for one in made])
        elif action == "cancel":
            with db.transaction():
                withdrawal.cancel(f"{self.tag}-{number % 4}", by=hall.by)
        elif action == "refill":
            hall.refill()
        elif action == "bring":
            with db.transaction():
                task = bringing.next_task(by=hall.by)
                bringing.bring(task.id, max(1, (task.quantity or 1) - number), by=hall.by, key=hall.w.key())
        else:
            self.pick(action, number)

    def relay(self, lists: list[int]) -> None:
        """The lists of all zones but the last end at a hand-over place."""
        with db.transaction():
            for number in lists[:-1]:
                db.session.get_one(PickList, number).target_id = self.hall.w.location("STAGE").id

    def target(self, opened: Opened, line: Pick) -> Place:
        """The packing place, or the tote of the order; an empty one where none stands at its position."""
        if not opened.slots:
            return Place(opened.target_id)
        pick_list = db.session.get_one(PickList, opened.list_id)
        if relay.coming(pick_list):
            relay.take_over(pick_list, relay.coming(pick_list), by=self.hall.by, key=self.hall.w.key())
        slot = next(one for one in slots.of_list(pick_list) if one.order_id == line.order_id)
        unit = slot.unit_id or self.hall.w.unit(f"{self.tag}-{next(_days)}", at="STAGE", kind="tote")
        facts = {"list_id": opened.list_id, "order_id": line.order_id, "order": line.order_number}
        return picks.into_slot(unit, slot=slot, target_id=opened.target_id, **facts)

    def pick(self, action: str, number: int) -> None:
        hall = self.hall
        opened, line = self.line()
        where: dict[str, Any] = {"task_id": opened.task_id, "order_id": line.order_id, "by": hall.by}
        with db.transaction():
            if action in ("pick", "part"):
                quantity = line.quantity if action == "pick" else 1 + number % line.quantity
                picks.confirm(line.claim_id, quantity, target=self.target(opened, line), key=hall.w.key(), **where)
            elif action in ("short", "none"):
                found = number % line.quantity if action == "short" else 0
                target = self.target(opened, line) if found else None
                result = picks.short(line.claim_id, found, reason="MISSING", target=target, key=hall.w.key(), **where)
                if result.elsewhere and number % 2:
                    picks.take_elsewhere(line.order_line_id, result.missing, reason="MISSING", task_id=opened.task_id, by=hall.by)
                elif result.elsewhere and number % 3:
                    picks.leave_short(line.order_line_id, result.missing, reason="MISSING", by=hall.by)
            elif action == "skip":
                picks.skip(line.claim_id, **where)
            elif action == "full" and opened.slots:
                slots.full(opened.list_id, line.order_id)
            elif action == "cart" and opened.slots:
                place = hall.w.location("STAGE" if number % 2 else "PACK")
                relay.bring(db.session.get_one(PickList, opened.list_id), place, by=hall.by, key=hall.w.key())
            elif action == "undo":
                picks.undo(task_id=opened.task_id, by=hall.by, key=hall.w.key())
            elif action == "leave":
                queue.give_back(opened.task_id, by=hall.by)
                self.held = None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whatever_happens_every_claim_is_accounted_for(hall: Hall, actions: list[tuple[str, int]]) -> None:
    tag = f"D{next(_days)}"
    skus = [f"{sku}-{tag}" for sku in SKUS]
    hall.w.product(skus[0], packagings={"case": 3})
    hall.face(f"F-{tag}", skus[0], 2, 9)
    for place, sku in enumerate([*skus, *skus]):
        hall.put(sku, 7, f"A-0{place + 1}", age=place)
    for number in range(4):
        hall.release(f"{tag}-{number}", (skus[0], 1 + number), (skus[1], 3), ship_complete=number == 3, priority=number)
    day = Day(hall, tag)
    for action, number in actions:
        with contextlib.suppress(WarehouseError):  # a refusal changes nothing, which the audit sees
            day.do(action, number)
        assert audit.run(INVARIANTS) == [], action
        assert db.session.execute(TWO_ORDERS).all() == [], action
    assert sum(hall.w.on_hand(sku) for sku in skus) == 28
    for number in range(4):
        with contextlib.suppress(WarehouseError), db.transaction():
            withdrawal.cancel(f"{tag}-{number}", by=hall.by)
    assert [hall.w.reserved(sku) for sku in skus] == [0, 0]
    assert [hall.lines(f"{tag}-{number}", "promised") for number in range(4)] == [[0, 0]] * 4


def test_pickers_shorts_and_a_cancellation_at_once(hall: Hall, app: Application) -> None:
    for place in range(1, 6):
        hall.put("APPLE", 8, f"A-0{place}", age=place)
    people = [hall.w.person(f"p{n}", roles=["picker"]) for n in range(4)]
    for number in range(4):
        hall.release(f"SO-{number}", ("APPLE", 9))
    lists = [hall.list_of(f"SO-{number}") for number in range(4)]
    opened = [hall.open(number, by=by) for number, by in zip(lists, people, strict=True)]

    def work(n: int) -> None:
        for turn in range(12):

            def unit(turn: int = turn) -> bool:
                with db.transaction():
                    line = next_line(opened[n].task_id)
                    if line is None:
                        return False
                    where: dict[str, Any] = {"task_id": opened[n].task_id, "order_id": line.order_id, "by": people[n]}
                    target = Place(opened[n].target_id)
                    if turn == 0:
                        short = picks.short(line.claim_id, line.quantity - 1, reason="MISSING", target=target, key=f"{n}.{turn}", **where)
                        if short.elsewhere:
                            picks.take_elsewhere(
                                line.order_line_id, short.missing, reason="MISSING", task_id=opened[n].task_id, by=people[n]
                            )
                    else:
                        picks.confirm(line.claim_id, 1, target=target, key=f"{n}.{turn}", **where)
                return True

            if not db.again(unit):
                return

    def cancel() -> None:
        with db.transaction():
            withdrawal.cancel("SO-3", by=hall.by)

    db.session.remove()
    answers = all_at_once(app, [*(lambda n=n: work(n) for n in range(4)), cancel])
    assert answers[:3] == [None] * 3, answers
    assert answers[4] is None
    assert answers[3] is None or isinstance(answers[3], WarehouseError)
    assert [hall.status(f"SO-{n}") for n in range(4)] == ["picked", "picked", "picked", "cancelled"]
    assert hall.w.on_hand("APPLE") == 40
    assert not hall.tasks(TaskKind.PICK)
