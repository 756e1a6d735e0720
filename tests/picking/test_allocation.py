"""Which goods go to whom: the next batch in turn, the more urgent order first, for one line as for thousands."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from wms import clock, db
from wms.app import Application
from wms.db import session
from wms.picking import allocation, waves


def test_the_oldest_batch_is_taken_first(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-02", age=1)
    hall.put("APPLE", 5, "A-01", age=40)
    hall.release("SO-1", ("APPLE", 6))
    hall.wave("SO-1")
    assert sorted(hall.reserved("SO-1")) == sorted([("A-01", _lot(40), 5), ("A-02", _lot(1), 1)])


def test_the_first_to_expire_is_taken_first(hall: Hall) -> None:
    hall.w.product("MILK", rotation="fefo", tracking="expiry")
    hall.put("MILK", 5, "A-01", lot="LATE", age=30, life=200)
    hall.put("MILK", 5, "A-02", lot="SOON", age=1, life=20)
    hall.release("SO-1", ("MILK", 5))
    hall.wave("SO-1")
    assert hall.reserved("SO-1") == [("A-02", "SOON", 5)]


def test_last_in_first_out_where_the_product_says_so(hall: Hall) -> None:
    hall.w.product("SAND", rotation="lifo")
    hall.put("SAND", 5, "A-01", age=30)
    hall.put("SAND", 5, "A-02", age=1)
    hall.release("SO-1", ("SAND", 5))
    hall.wave("SO-1")
    assert [place for place, _, _ in hall.reserved("SO-1")] == ["A-02"]


def test_the_pick_face_goes_first_within_one_age(hall: Hall) -> None:
    hall.w.location("F-01", kind="pick_face", x_mm=100)
    hall.put("APPLE", 5, "A-01", age=3)
    hall.put("APPLE", 5, "F-01", age=3)
    hall.release("SO-1", ("APPLE", 2))
    hall.wave("SO-1")
    assert [place for place, _, _ in hall.reserved("SO-1")] == ["F-01"]


@pytest.mark.parametrize("condition", ["damaged", "inspection", "blocked"])
def test_only_good_goods_are_taken(hall: Hall, condition: str) -> None:
    hall.put("APPLE", 5, "A-01", age=30, condition=condition)
    hall.put("APPLE", 5, "A-02")
    hall.release("SO-1", ("APPLE", 2))
    hall.wave("SO-1")
    assert [place for place, _, _ in hall.reserved("SO-1")] == ["A-02"]


def test_expired_goods_are_never_taken(hall: Hall) -> None:
    hall.put("MILK", 5, "A-01", age=90, life=-1)
    hall.put("MILK", 5, "A-02", age=9, life=0)
    hall.release("SO-1", ("MILK", 5))
    hall.wave("SO-1")
    assert [place for place, _, _ in hall.reserved("SO-1")] == ["A-02"]


def test_a_customer_who_wants_fresh_goods_gets_them_and_the_next_gets_the_older(hall: Hall) -> None:
    hall.put("MILK", 5, "A-01", lot="OLD", age=9, life=10)
    hall.put("MILK", 5, "A-02", lot="NEW", age=1, life=90)
    hall.release("SO-1", ("MILK", 3, {"min_remaining_days": 30}), priority=9)
    hall.release("SO-2", ("MILK", 5))
    hall.wave("SO-1", "SO-2")
    assert hall.reserved("SO-1") == [("A-02", "NEW", 3)]
    assert hall.reserved("SO-2") == [("A-01", "OLD", 5)]


def test_a_lot_that_sales_asked_for_is_the_only_one(hall: Hall) -> None:
    hall.put("TEA", 5, "A-01", lot="OLD", age=9)
    hall.put("TEA", 5, "A-02", lot="New-1", age=1)
    hall.release("SO-1", ("TEA", 3, {"lot": "new-1"}))
    hall.wave("SO-1")
    assert hall.reserved("SO-1") == [("A-02", "New-1", 3)]


def test_scarce_goods_go_to_the_more_urgent_order(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 5), priority=1)
    hall.release("SO-2", ("APPLE", 5), priority=9)
    hall.w.move("APPLE", 4, "A-01", "PACK")  # promised already, and now less is in the racks
    hall.wave("SO-1", "SO-2")
    assert hall.lines("SO-2", "reserved") == [5]
    assert hall.lines("SO-1", "reserved") == [1]
    assert hall.lines("SO-1", "promised") == [4]


def test_an_earlier_due_order_goes_before_one_without_a_date(hall: Hall) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5), due_at=clock.now() + dt.timedelta(days=1))
    hall.w.move("APPLE", 5, "A-01", "PACK")
    hall.wave("SO-1", "SO-2")
    assert hall.lines("SO-2", "reserved") == [5]
    assert hall.lines("SO-1", "reserved") == [0]


def test_an_order_that_ships_complete_takes_nothing_when_something_lacks_and_others_get_the_goods(hall: Hall) -> None:
    hall.put("APPLE", 8, "A-01")
    hall.put("PEAR", 5, "A-02")
    hall.release("SO-1", ("APPLE", 5), ("PEAR", 5), ship_complete=True, priority=9)
    hall.release("SO-2", ("APPLE", 3))
    hall.w.move("APPLE", 3, "A-01", "PACK")
    hall.w.move("PEAR", 1, "A-02", "PACK")
    planned = hall.wave("SO-1", "SO-2")
    assert hall.lines("SO-1", "reserved") == [0, 0]
    assert hall.lines("SO-2", "reserved") == [3]
    assert [one.number for one in planned.skipped] == ["SO-1"]


def test_two_waves_at_once_give_nothing_twice(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 6, "A-01", age=5)
    hall.put("APPLE", 6, "A-02", age=1)
    for number in range(4):
        hall.release(f"SO-{number}", ("APPLE", 3))

    def plan(number: int) -> None:
        with db.transaction():
            waves.plan_wave(orders=[f"SO-{number}"], by=hall.by)

    db.session.remove()
    assert all_at_once(app, [lambda n=n: plan(n) for n in range(4)]) == [None] * 4
    assert hall.w.reserved("APPLE") == 12
    assert [hall.lines(f"SO-{n}", "reserved") for n in range(4)] == [[3]] * 4


def test_goods_taken_while_we_chose_are_chosen_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.put("APPLE", 5, "A-01", age=9)
    hall.put("APPLE", 5, "A-02", age=1)
    order = hall.release("SO-1", ("APPLE", 5))
    insert, disturbed = allocation._insert, []

    def disturbing(*args):  # type: ignore[no-untyped-def]
        taken = insert(*args)
        if not disturbed:
            disturbed.append(True)
            session.connection().execute(
                sa.text("UPDATE stock SET on_hand = 1 WHERE location_id = (SELECT id FROM locations WHERE code = 'A-01')")
            )
        return taken

    monkeypatch.setattr(allocation, "_insert", disturbing)
    with hall.w.transaction():
        taken = allocation.allocate([order.id], site_id=hall.w.site_id)
        assert sum(one.quantity for one in taken) == 5
    assert disturbed


def test_nothing_wanted_is_nothing_done(hall: Hall) -> None:
    with hall.w.transaction():
        assert allocation.allocate([], site_id=hall.w.site_id) == []


def _lot(age: int) -> str:
    return (clock.today() - dt.timedelta(days=age)).strftime("%Y%m%d")
