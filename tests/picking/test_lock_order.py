"""Stock rows and the claims on them are taken in one sequence: people at once wait for each other, and never in a ring."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall, Scanner
from tests.picking.test_rewalk import with_a_face
from wms import db
from wms.app import Application
from wms.db import session
from wms.picking import bringing, deallocation, picks, rewalk
from wms.picking.allocation import allocate_line
from wms.stock import reservations
from wms.stock.ledger import Place
from wms.tasks import queue

pytestmark = pytest.mark.postgresql


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
