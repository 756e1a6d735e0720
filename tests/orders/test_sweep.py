"""The sweep reads what was booked since it last looked: it misses nothing, and costs nothing while nothing happens."""

from __future__ import annotations

import threading

import pytest

from tests.bench.orders import statements_of
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms.app import Application
from wms.db import session, transaction
from wms.orders import reconsidering


def test_while_nothing_happens_no_order_is_read_however_many_wait(w: Warehouse) -> None:
    desk = Desk(w)
    for number in range(5):
        desk.enter(f"SO-{number}", APPLE=5)
        assert desk.release(f"SO-{number}") == "held"
    desk.reconsider()
    said = [statement for statement, _ in statements_of(desk.reconsider)]
    assert len(said) == 3
    assert not any("order_lines" in statement or "FROM orders" in statement for statement in said)


def test_goods_that_nobody_waits_for_or_that_are_promised_wake_nobody(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(w)
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    desk.enter("SO-2", APPLE=5)
    assert desk.release("SO-2") == "held"
    desk.reconsider()
    looked: list[object] = []
    monkeypatch.setattr(reconsidering.gate, "cases", lambda orders, **_: looked.extend(orders) or [])
    w.receive("PEAR", 9, at="A-02")
    w.move("APPLE", 2, "A-01", "A-02")
    desk.reconsider()
    assert looked == []


@pytest.mark.postgresql
def test_what_is_committed_late_is_seen_although_later_numbers_were_read(app: Application, w: Warehouse) -> None:
    desk = Desk(w)
    w.product("PEAR")
    w.location("A-01")
    w.location("A-02")
    desk.enter("SO-1", APPLE=5)
    assert desk.release("SO-1") == "held"
    desk.reconsider()
    booked, looked = threading.Event(), threading.Event()

    def slow_receiver() -> None:
        with app.app_context():
            with transaction():
                w.receive("APPLE", 9, at="A-01")
                session.flush()
                booked.set()
                assert looked.wait(20)
            session.remove()

    receiver = threading.Thread(target=slow_receiver)
    receiver.start()
    assert booked.wait(20)
    w.receive("PEAR", 1, at="A-02")  # with a higher number, and seen before it
    session.rollback()
    desk.reconsider()
    assert desk.status("SO-1") == "held"
    session.rollback()
    looked.set()
    receiver.join()
    desk.reconsider()
    assert desk.status("SO-1") == "received"


def test_what_is_written_down_nowhere_is_found_when_all_are_looked_at(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(w)
    w.location("BACK", kind="defect")
    w.receive("APPLE", 5, at="BACK")
    desk.enter("SO-1", APPLE=5)
    assert desk.release("SO-1") == "held"
    desk.reconsider()
    with w.transaction():
        session.get_one(type(w.location("BACK")), w.location("BACK").id).kind = "storage"
    desk.reconsider()
    assert desk.status("SO-1") == "held"
    monkeypatch.setattr(reconsidering, "EVERYTHING_SECONDS", 0.0)
    desk.reconsider()
    assert desk.status("SO-1") == "received"
