"""Better pick faces: advised from the walks of the last weeks, accepted, and carried; never what a face does not hold."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations.models import Kind, Location
from wms.picking import slotting
from wms.picking.slotting import FaceChanged, FaceInWork, Step
from wms.picking.slotting_views import as_text
from wms.receiving import putaway
from wms.stock.capacity import LocationFull, StorageClassDiffers
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind

NEAR, MIDDLE, FAR = "F-1", "F-2", "F-3"


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


def face(hall: Hall, code: str, sku: str | None, y_mm: int, **facts: object) -> None:
    levels = {"assigned_product_id": hall.w.product(sku).id, "assigned_minimum": 5, "assigned_maximum": 60} if sku else {}
    hall.w.location(code, kind=Kind.PICK_FACE, x_mm=6000, y_mm=y_mm, aisle="F", **levels, **facts)


@pytest.fixture
def walked(hall: Hall) -> Hall:
    """RARE stands near where walks begin, FAST far away, and FAST was asked for again and again."""
    face(hall, NEAR, "RARE", 2_000)
    face(hall, FAR, "FAST", 30_000)
    hall.put("RARE", 40, NEAR, age=3)
    hall.put("FAST", 40, FAR, age=3)
    for number in range(9):
        hall.release(f"SO-{number}", ("FAST" if number else "RARE", 2))
        hall.pick_all(hall.list_of(f"SO-{number}"))
    return hall


def advice(hall: Hall, **facts: object) -> slotting.Advice:
    return slotting.advise(seconds=facts.pop("seconds", 2.0), by=hall.by, **facts)  # type: ignore[arg-type]


def accept(hall: Hall, *steps: Step) -> list[Task]:
    with hall.w.transaction():
        return slotting.accept(steps, by=hall.by)


def owners() -> dict[str, int | None]:
    rows = session.execute(sa.select(Location.code, Location.assigned_product_id).where(Location.kind == Kind.PICK_FACE.value))
    return {row.code: row.assigned_product_id for row in rows}


def carry_all(hall: Hall) -> None:
    while True:
        with hall.w.transaction():
            task = putaway.next_for(by=hall.by)
            if task is None:
                return
            assert task.target_id is not None
            putaway.put_away(task.id, task.target_id, by=hall.by, key=hall.w.key())


def test_what_is_asked_for_often_is_advised_to_come_near_and_what_that_saves_is_said(walked: Hall) -> None:
    found = advice(walked)
    assert (found.walks, found.faces, found.products) == (9, 2, 2)
    (one,) = found.steps
    assert {(it.sku, it.source, it.target) for it in one.carries} == {("FAST", FAR, NEAR), ("RARE", NEAR, FAR)}
    assert {it.sku: it.visits for it in one.carries} == {"FAST": 8, "RARE": 1}
    assert 0 < found.metres_saved <= found.metres_saved_by_all < found.metres
    assert found.moved_by_all == 2


def test_without_time_or_stopped_at_once_nothing_is_advised(walked: Hall) -> None:
    assert advice(walked, seconds=0.0).steps == ()
    assert advice(walked, stop=lambda: True).steps == ()


def test_an_accepted_exchange_changes_the_faces_and_what_stands_there_is_carried(walked: Hall) -> None:
    (one,) = advice(walked).steps
    before = owners()
    tasks = accept(walked, one.step)
    assert owners() == {NEAR: before[FAR], FAR: before[NEAR]}
    assert sorted((task.kind, task.quantity) for task in tasks) == [(TaskKind.PUT_BACK, 24), (TaskKind.PUT_BACK, 38)]
    assert [(it.sku, it.source, it.target) for it in slotting.to_carry(walked.w.site_id)] == [
        (it.sku, it.source, it.target) for it in one.carries
    ]
    assert not walked.tasks(TaskKind.REPLENISH), "what is on its way is counted"
    carry_all(walked)
    assert walked.w.on_hand("FAST", at=NEAR) == 24
    assert walked.w.on_hand("RARE", at=FAR) == 38
    assert slotting.to_carry(walked.w.site_id) == []
    assert advice(walked).steps == (), "better than this it is not"


def test_a_free_face_is_taken_with_the_levels_of_the_product(walked: Hall) -> None:
    face(walked, MIDDLE, None, 3_000)
    accept(walked, Step("FAST", FAR, MIDDLE))
    place = session.execute(sa.select(Location).where(Location.code == MIDDLE)).scalar_one()
    assert (place.assigned_minimum, place.assigned_maximum) == (5, 60)
    assert owners()[FAR] is None
    carry_all(walked)
    assert walked.w.on_hand("FAST", at=MIDDLE) == 24


def test_what_is_claimed_for_orders_stays_until_it_is_picked(walked: Hall) -> None:
    walked.release("SO-X", ("FAST", 4))
    number = walked.list_of("SO-X")
    tasks = accept(walked, Step("FAST", FAR, NEAR, "RARE"))
    assert sorted(task.quantity or 0 for task in tasks) == [20, 38]
    carry_all(walked)
    assert walked.w.on_hand("FAST", at=FAR) == 4
    walked.pick_all(number)
    assert walked.w.on_hand("FAST", at=FAR) == 0


def test_what_is_taken_back_before_anybody_carried_it_stays_where_it_is(walked: Hall) -> None:
    before = owners()
    accept(walked, Step("FAST", FAR, NEAR, "RARE"))
    accept(walked, Step("RARE", FAR, NEAR, "FAST"))
    assert owners() == before
    assert walked.tasks(TaskKind.PUT_BACK) == []
    assert (walked.w.on_hand("FAST", at=FAR), walked.w.on_hand("RARE", at=NEAR)) == (24, 38)


def test_what_is_still_to_be_carried_to_a_face_that_changes_again_goes_to_the_new_one(walked: Hall) -> None:
    face(walked, MIDDLE, None, 3_000)
    accept(walked, Step("FAST", FAR, NEAR, "RARE"))
    accept(walked, Step("FAST", NEAR, MIDDLE))
    assert {it.sku: it.target for it in slotting.to_carry(walked.w.site_id)} == {"FAST": MIDDLE, "RARE": FAR}
    carry_all(walked)
    assert (walked.w.on_hand("FAST", at=MIDDLE), walked.w.on_hand("RARE", at=FAR)) == (24, 38)


def test_where_two_products_may_not_lie_together_one_goes_into_reserve_first(hall: Hall) -> None:
    face(hall, NEAR, "RARE", 2_000, mixing="one_product")
    face(hall, FAR, "FAST", 30_000, mixing="one_product")
    hall.put("RARE", 10, NEAR)
    hall.put("FAST", 10, FAR)
    tasks = accept(hall, Step("FAST", FAR, NEAR, "RARE"))
    assert [(task.target_id is None, task.priority) for task in tasks] == [(False, 3), (True, 4)]
    carry_all(hall)
    assert hall.w.on_hand("FAST", at=NEAR) == 10
    assert hall.w.on_hand("RARE", at=NEAR) == 0


def test_advice_that_is_no_longer_true_changes_nothing(walked: Hall) -> None:
    face(walked, MIDDLE, None, 3_000)
    before = owners()
    wrong = (Step("RARE", FAR, NEAR, "FAST"), Step("FAST", FAR, NEAR), Step("FAST", FAR, MIDDLE, "RARE"), Step("FAST", FAR, FAR, "FAST"))
    for step in wrong:
        with pytest.raises(FaceChanged):
            accept(walked, step)
    with pytest.raises(FaceChanged):  # all or none: the first one alone would do
        accept(walked, Step("FAST", FAR, NEAR, "RARE"), Step("FAST", FAR, MIDDLE))
    session.rollback()
    assert owners() == before
    assert not walked.tasks(TaskKind.PUT_BACK)


def test_a_face_that_somebody_brings_goods_to_waits(walked: Hall) -> None:
    walked.put("RARE", 20, "A-01", age=1)
    with walked.w.transaction():
        session.execute(sa.update(Location).where(Location.code == NEAR).values(assigned_minimum=50))
    (task,) = walked.refill()
    with walked.w.transaction():
        queue.claim(task.id, by=walked.by)
    with pytest.raises(FaceInWork):
        accept(walked, Step("FAST", FAR, NEAR, "RARE"))


def test_a_face_is_not_advised_and_not_given_what_it_does_not_hold(walked: Hall) -> None:
    with walked.w.transaction():
        session.execute(sa.update(Location).where(Location.code == NEAR).values(max_weight_grams=60_000))
    walked.w.product("HEAVY", weight_grams=2_000)
    walked.w.product("COLD", storage_class="FLAMMABLE")
    face(walked, MIDDLE, "HEAVY", 40_000)
    face(walked, "F-4", "COLD", 41_000)
    for number in range(20, 40):
        sku, place = ("HEAVY", MIDDLE) if number % 2 else ("COLD", "F-4")
        walked.put(sku, 2, place if sku == "HEAVY" else "A-02")
        walked.release(f"SO-{number}", (sku, 2))
        walked.pick_all(walked.list_of(f"SO-{number}"))
    assert not {(it.sku, it.target) for one in advice(walked).steps for it in one.carries} & {("HEAVY", NEAR), ("COLD", NEAR)}
    with pytest.raises(LocationFull):
        accept(walked, Step("HEAVY", MIDDLE, NEAR, "RARE"))
    with pytest.raises(StorageClassDiffers):
        accept(walked, Step("COLD", "F-4", NEAR, "RARE"))


def test_a_product_with_two_faces_stays_where_it_is(walked: Hall) -> None:
    face(walked, MIDDLE, "FAST", 32_000)
    assert advice(walked).steps == ()


def test_at_the_desk_it_is_searched_ticked_and_accepted(walked: Hall, desk: Desk) -> None:
    assert "Nothing waits to be carried." in desk.get("/picking/slotting")
    page = desk.post("/picking/slotting", status=200, weeks="8", seconds="1", products="10")
    assert "What to move first" in page
    (one,) = advice(walked).steps
    desk.post("/picking/slotting/accept", steps=as_text(one.step))
    page = desk.get("/picking/slotting")
    assert "Accepted; 2 tasks to carry" in page
    assert page.count(FAR) >= 2
    desk.post("/picking/slotting/accept", steps=as_text(one.step))
    assert "is not the pick face of" in desk.get("/picking/slotting")
    for wrong in ("nonsense", "[1]", '["FAST", "F-3", "F-1", 4]'):
        desk.post("/picking/slotting/accept", steps=wrong)
    desk.post("/picking/slotting/accept")
    assert "Tick the moves to accept" in desk.get("/picking/slotting")
    assert 'name="weeks"' in desk.post("/picking/slotting", status=422, weeks="0")


def test_through_the_api_and_only_for_who_plans(app: Application, walked: Hall, client: Client) -> None:
    found = Api(app).get("/slotting-advice", seconds=1)
    (one,) = found["steps"]
    assert found["metres_saved"] > 0
    assert one["metres_saved"] == pytest.approx(found["metres_saved"], abs=1)
    body = {"steps": [{"sku": "FAST", "source": FAR, "target": NEAR, "other": "RARE"}]}
    Api(app, Role.PICKER).post("/slotting-advice/accept", body, status=403)
    assert len(Api(app).post("/slotting-advice/accept", body)["tasks"]) == 2
    assert Api(app).post("/slotting-advice/accept", body, status=409)["code"] == "face_changed"
