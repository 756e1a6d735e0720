"""Stock rows and the claims on them are taken in one sequence: people at once wait for each other, and never in a ring."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.picking.test_rewalk import with_a_face
from tests.picking.test_slotting import FAR, NEAR, face, walked
from tests.scanner import Scanner
from wms import db
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.picking import bringing, deallocation, picks, rewalk, slotting, together
from wms.picking.allocation import allocate_line
from wms.picking.models import Method
from wms.picking.slotting import Step
from wms.stock import reservations
from wms.stock.ledger import Place
from wms.stock.models import HandlingUnit
from wms.tasks import queue, supervising

pytestmark = pytest.mark.postgresql
PATIENCE = 12
"""Seconds for what comes at once on a machine with nothing else to do; a transaction that stands still for longer is ended."""
__all__ = ["walked"]  # a hall whose faces changed


def rings() -> int:
    """How often PostgreSQL had to break a ring of people who waited for each other."""
    session.rollback()
    time.sleep(0.1)
    session.execute(sa.text("SELECT pg_stat_clear_snapshot(), pg_stat_force_next_flush()"))
    return int(session.execute(sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")).scalar_one())


def test_goods_are_taken_elsewhere_while_the_face_is_filled_from_there(
    hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.put("APPLE", 9, "A-01", age=9)
    hall.face("F-1", "APPLE", 1, 9)
    hall.w.move("APPLE", 2, "A-01", "F-1")
    order = hall.release("SO-1", ("APPLE", 5))
    ids = (order.id, order.lines[0].id)
    hall.release("SO-2", ("APPLE", 1))
    task = hall.open(hall.list_of("SO-2")).task_id
    reserve, before = reservations.reserve, rings()

    def slow(*args: Any, **facts: Any) -> Any:
        answer = reserve(*args, **facts)
        time.sleep(0.4)
        return answer

    def take() -> None:
        with db.transaction():
            picks.lock_order(ids[0])
            assert allocate_line(ids[1], 5, site_id=hall.w.site_id, task_id=task) == 5

    def fill() -> None:
        time.sleep(0.2)
        hall.w.move("APPLE", 1, "A-01", "F-1")

    monkeypatch.setattr(reservations, "reserve", slow)
    session.remove()
    all_at_once(app, [take, fill])
    assert rings() == before


def test_a_piece_is_exchanged_while_its_holder_gives_it_back(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.w.product("CHIP", tracking="serial")
    for number in (1, 2):
        hall.put("CHIP", 1, "A-01", lot=f"SN-{number}", age=5)
    for number in (1, 2):
        hall.release(f"SO-{number}", ("CHIP", 1))
    opened = hall.open(hall.list_of("SO-1"))
    hall.wave("SO-2")
    lock_rows, exchanging, before = reservations.lock_rows, threading.local(), rings()

    def slow(rows: Any) -> None:
        time.sleep(0 if hasattr(exchanging, "here") else 0.4)
        lock_rows(rows)
        time.sleep(0.8 if hasattr(exchanging, "here") else 0)

    def exchange() -> None:
        exchanging.here = True
        with db.transaction():
            where: dict[str, Any] = {"task_id": opened.task_id, "order_id": opened.line.order_id, "by": hall.by}
            picks.confirm_serials(opened.line.claim_id, ["SN-2"], target=Place(opened.target_id), key="k", **where)

    def give_back() -> None:
        with db.transaction():
            deallocation.deallocate("SO-2", by=hall.by)

    monkeypatch.setattr(reservations, "lock_rows", slow)
    session.remove()
    assert all_at_once(app, [exchange, give_back]) == [None, None]
    assert rings() == before


def test_goods_are_put_elsewhere_while_others_of_the_list_come_down(
    hall: Hall, picker: Scanner, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, task = with_a_face(hall)
    picker.scan(planned.pick_lists[0].number)
    picker.follow("target")
    with hall.w.transaction():
        queue.claim(task.id, by=hall.by)
    ends_at, lock_lists, before = picks.ends_at, rewalk.lock_lists, rings()
    work, quantity, key = task.id, task.quantity, hall.w.key()

    def slow(*args: Any) -> None:
        ends_at(*args)
        time.sleep(0.5)

    def slow_too(*args: Any) -> list[int]:
        found = lock_lists(*args)
        time.sleep(0.5)
        return found

    def bring() -> None:
        time.sleep(0.2)
        with db.transaction():
            bringing.bring(work, quantity, by=hall.by, key=key)

    monkeypatch.setattr(picks, "ends_at", slow)
    monkeypatch.setattr(rewalk, "lock_lists", slow_too)
    session.remove()
    told = all_at_once(app, [lambda: picker.scan("STAGE")["step"], bring])
    assert (told[0], told[1]) == ("source", None)
    assert rings() == before


def held_for(seconds: float, monkeypatch: pytest.MonkeyPatch, room: Any, name: str) -> None:
    """Whoever calls this waits behind it, with all that is locked by then."""
    act = getattr(room, name)

    def slow(*args: Any, **facts: Any) -> Any:
        answer = act(*args, **facts)
        time.sleep(seconds)
        return answer

    monkeypatch.setattr(room, name, slow)


def test_two_who_accept_the_same_moves_in_another_sequence_come_one_after_the_other(
    walked: Hall, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    face(walked, "F-5", "NUT", 5_000)
    face(walked, "F-6", "PLUM", 6_000)
    steps, before = [Step("FAST", FAR, NEAR, "RARE"), Step("NUT", "F-5", "F-6", "PLUM")], rings()
    held_for(0.4, monkeypatch, slotting, "_must_be_quiet")

    def accept(chosen: list[Step]) -> int:
        with db.transaction():
            return len(slotting.accept(chosen, by=walked.by))

    session.remove()
    told = all_at_once(app, [lambda: accept(steps), lambda: accept(steps[::-1])])
    assert sorted(type(one).__name__ for one in told) == ["FaceChanged", "int"]
    assert rings() == before


def nobody_waits(
    app: Application, holder: Callable[[], Any], other: Callable[[], Any], patch: pytest.MonkeyPatch, room: Any, name: str
) -> None:
    """While the holder stands behind this call of his, with all that is locked by then, the other one comes to an end."""
    act, stands, ended = getattr(room, name), threading.Event(), threading.Event()

    def held(*args: Any, **facts: Any) -> Any:
        answer = act(*args, **facts)
        stands.set()
        assert ended.wait(PATIENCE), "the other one waits for the holder"
        return answer

    def comes() -> None:
        assert stands.wait(PATIENCE)
        other()
        ended.set()

    patch.setattr(room, name, held)
    session.remove()
    assert all_at_once(app, [holder, comes]) == [None, None]


def test_goods_of_a_face_move_while_somebody_accepts_another_product_for_it(
    walked: Hall, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept() -> None:
        with db.transaction():
            slotting.accept([Step("FAST", FAR, NEAR, "RARE")], by=walked.by)

    nobody_waits(app, accept, lambda: walked.w.move("FAST", 1, FAR, "A-01"), monkeypatch, slotting, "_must_be_quiet")


def test_a_picker_goes_on_while_a_supervisor_gives_work_to_others(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        hall.put(f"P{number}", 9, f"A-0{number + 1}")
    hall.release("SO-1", *((f"P{number}", 1) for number in range(3)))
    hall.w.person("anna", roles=["picker"])
    opened = hall.open(hall.list_of("SO-1"))

    def assign() -> None:
        with db.transaction():
            supervising.assign_all([opened.task_id], "anna", by=hall.by)

    nobody_waits(app, assign, lambda: hall.pick(opened), monkeypatch, supervising, "_live")


def test_a_tote_is_taken_for_one_order_while_the_batch_goes_into_it(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.put("PEAR", 20, "B-01")
    with hall.w.transaction():
        tote = hall.w.unit("T-1", at="STAGE", kind="tote").id
        stage = hall.w.place("STAGE").location_id
    both = hall.release("SO-2", ("PEAR", 1), ("APPLE", 2))
    hall.release("SO-1", ("APPLE", 1))
    number = hall.list_of("SO-1", "SO-2", method=Method.BATCH)
    opened = hall.open(number)
    before = rings()

    def sort_later() -> None:
        with db.transaction():
            into = together.into_unit(tote, task_id=opened.task_id, target_id=stage, expected="STAGE")
            time.sleep(0.4)
            line = opened.line
            together.confirm(line.claim_id, line.quantity, task_id=opened.task_id, target=into, by=hall.by, key=hall.w.key())

    def take_for_one() -> None:
        time.sleep(0.2)
        with db.transaction():
            unit = session.get_one(HandlingUnit, tote)
            with contextlib.suppress(WarehouseError):
                picks.into(None, unit, order_id=both.id, order_number="SO-2", expected="STAGE", by=hall.by)

    session.remove()
    all_at_once(app, [sort_later, take_for_one])
    assert rings() == before
