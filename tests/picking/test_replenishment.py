"""Pick faces are kept between minimum and maximum, oldest batch first, and what orders wait for comes down with its claims."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from wms import db
from wms.app import Application
from wms.picking import bringing, replenishment
from wms.picking.bringing import MoreThanWanted
from wms.stock.capacity import LocationFull
from wms.stock.ledger import NotEnough
from wms.tasks import queue
from wms.tasks.models import TaskKind, TaskStatus


@pytest.fixture
def soap(hall: Hall) -> Hall:
    """SOAP in cases of 12, with a face from 12 to 36."""
    hall.w.product("SOAP", packagings={"case": 12})
    hall.face("F-01", "SOAP", 12, 36)
    return hall


def wanted(hall: Hall) -> list[tuple[int | None, str]]:
    from wms.db import session
    from wms.locations.models import Location

    return [(task.quantity, session.get_one(Location, task.source_id).code) for task in hall.tasks(TaskKind.REPLENISH)]


def test_a_face_below_its_minimum_is_filled_to_its_maximum_in_whole_packagings_from_the_oldest_batch(soap: Hall) -> None:
    soap.put("SOAP", 100, "A-02", age=1)
    soap.put("SOAP", 30, "A-01", age=20)
    soap.put("SOAP", 5, "F-01", age=25)
    soap.refill()
    assert wanted(soap) == [(24, "A-01")]


def test_a_face_above_its_minimum_is_left_alone(soap: Hall) -> None:
    soap.put("SOAP", 100, "A-01", age=1)
    soap.put("SOAP", 12, "F-01")
    assert soap.refill() == []


def test_never_two_for_the_same_need(soap: Hall, app: Application) -> None:
    soap.put("SOAP", 100, "A-01")

    def look() -> None:
        with db.transaction():
            replenishment.refill(soap.w.site_id)

    db.session.remove()
    assert all_at_once(app, [look] * 4) == [None] * 4
    assert wanted(soap) == [(36, "A-01")]


def test_a_rest_smaller_than_a_packaging_comes_when_it_is_the_oldest(soap: Hall) -> None:
    soap.put("SOAP", 7, "A-01", age=20)
    soap.put("SOAP", 48, "A-02", age=1)
    soap.refill()
    assert wanted(soap) == [(7, "A-01"), (24, "A-02")]


def test_goods_that_are_brought_fill_the_face(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    soap.bring(task)
    assert soap.w.on_hand("SOAP", at="F-01") == 36
    assert soap.refill() == []
    assert soap.tasks(TaskKind.REPLENISH) == []


def test_loose_pieces_of_an_order_come_down_to_the_face_with_their_claim(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01", age=20)
    soap.put("SOAP", 24, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5))
    soap.wave("SO-1")
    assert [place for place, _, _ in soap.reserved("SO-1")] == ["A-01"]  # the oldest, although the face has some
    (task,) = soap.tasks(TaskKind.REPLENISH)
    assert (task.quantity, task.reasons) == (12, [{"code": "for_orders"}])
    soap.bring(task)
    assert [place for place, _, _ in soap.reserved("SO-1")] == ["F-01"]
    assert soap.w.reserved("SOAP", at="A-01") == 0
    assert soap.w.on_hand("SOAP", at="F-01") == 36
    soap.pick_all("P-10001")
    assert soap.status("SO-1") == "picked"


def test_a_picker_who_comes_first_takes_the_goods_where_they_lie(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    soap.put("SOAP", 24, "F-01")
    soap.release("SO-1", ("SOAP", 29))
    number = soap.list_of("SO-1")
    soap.pick_all(number)
    assert soap.status("SO-1") == "picked"
    for task in soap.tasks(TaskKind.REPLENISH):
        soap.bring(task)
    assert soap.w.reserved("SOAP", at="F-01") == 0


def test_a_whole_case_is_picked_from_reserve(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01", age=20)
    soap.put("SOAP", 24, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 24))
    soap.wave("SO-1")
    assert [place for place, _, _ in soap.reserved("SO-1")] == ["A-01"]
    assert soap.tasks(TaskKind.REPLENISH) == []


def test_what_does_not_fit_into_the_face_is_picked_from_reserve(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01", age=20)
    soap.put("SOAP", 36, "F-01", age=1)
    soap.release("SO-1", ("SOAP", 5))
    soap.wave("SO-1")
    assert soap.tasks(TaskKind.REPLENISH) == []
    soap.pick_all("P-10001")


def test_fewer_may_be_brought_but_not_more(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    with pytest.raises(MoreThanWanted):
        soap.bring(task, 37)
    soap.bring(task, 12)
    assert soap.w.on_hand("SOAP", at="F-01") == 12


def test_goods_that_went_elsewhere_meanwhile_are_refused(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    soap.w.move("SOAP", 30, "A-01", "A-02")
    with pytest.raises(NotEnough):
        soap.bring(task)
    soap.w.move("SOAP", 18, "A-01", "A-02")
    with soap.w.transaction():
        assert replenishment.review(soap.w.site_id).withdrawn == 1
    soap.refill()
    assert wanted(soap) == [(36, "A-02")]


def test_goods_that_are_not_there_are_counted(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    with soap.w.transaction():
        queue.claim(task.id, by=soap.by)
        bringing.not_there(task.id, by=soap.by)
    assert soap.tasks(TaskKind.REPLENISH) == []
    assert [one.reasons[0]["code"] for one in soap.tasks(TaskKind.COUNT)] == ["replenishment_not_there"]
    assert soap.refill() == []  # not from there, until it is counted


def test_work_in_other_hands_is_not_done(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    other = soap.w.person("other")
    with soap.w.transaction():
        queue.claim(task.id, by=other)
    with pytest.raises(queue.TaskOver), soap.w.transaction():
        bringing.bring(task.id, 12, by=soap.by, key="x")
    assert soap.tasks(TaskKind.REPLENISH, TaskStatus.CLAIMED)


def test_faces_that_want_nothing_are_not_looked_at_one_by_one(hall: Hall, app: Application) -> None:
    for number in range(20):
        hall.face(f"FULL-{number}", f"SKU-{number}", 1, 9)
        hall.put(f"SKU-{number}", 5, f"FULL-{number}")
        hall.put(f"SKU-{number}", 5, "A-01")
    asked: list[str] = []
    engine = db.database.engine

    def count(*facts: object) -> None:
        asked.append(str(facts[2]))

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        assert hall.refill() == []
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)
    assert len(asked) < 10, asked


def test_a_face_that_was_filled_meanwhile_takes_no_more(soap: Hall) -> None:
    soap.put("SOAP", 48, "A-01")
    (task,) = soap.refill()
    soap.put("SOAP", 30, "F-01")
    with pytest.raises(LocationFull):
        soap.bring(task)
    assert (soap.w.on_hand("SOAP", at="F-01"), soap.w.on_hand("SOAP", at="A-01")) == (30, 48)
    soap.bring(task, 6)
    assert soap.w.on_hand("SOAP", at="F-01") == 36
