"""Where goods go from the dock, and how they get there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import clock
from wms.db import session
from wms.errors import Refused
from wms.locations.models import Kind
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.receiving import moves, putaway, space
from wms.stock.capacity import FaceOfAnother, LocationFull, NotTogether, StorageClassDiffers
from wms.stock.ledger import QuantityWrong
from wms.stock.models import Condition
from wms.tasks import queue
from wms.tasks.models import Task


def test_the_nearest_empty_bin_is_suggested(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    assert (dock.target(receipt), dock.why(receipt)) == ("A-01", ["nearest_empty"])


def test_the_place_of_open_work_is_taken(dock: Dock) -> None:
    dock.announce(("TEA", 30), ("SOAP", 30))
    assert dock.target(dock.receive("TEA", 30)) == "A-01"
    assert dock.target(dock.receive("SOAP", 30)) == "A-02"


def test_the_same_batch_goes_together(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 5, lot="L1", at="A-03")
    w.receive("TEA", 5, lot="L2", at="A-02", received_on=clock.today() - dt.timedelta(days=9))
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 10, lot="L1")
    assert (dock.target(receipt), dock.why(receipt)) == ("A-03", ["same_batch"])
    receipt = dock.receive("TEA", 10, lot="L3")
    assert (dock.target(receipt), dock.why(receipt)) == ("A-02", ["same_product"])


def test_a_pick_face_that_is_short_comes_first_if_it_fits(w: Warehouse, dock: Dock) -> None:
    soap = w.product("SOAP")
    w.location("F-01", kind=Kind.PICK_FACE, x_mm=50_000, assigned_product_id=soap.id, assigned_minimum=12, assigned_maximum=36)
    dock.announce(("SOAP", 100))
    assert dock.target(dock.receive("SOAP", 40)) == "A-01"
    receipt = dock.receive("SOAP", 30)
    assert (dock.target(receipt), dock.why(receipt)) == ("F-01", ["pick_face_short"])
    assert dock.target(dock.receive("SOAP", 6)) == "A-01", "thirty are on their way, the face is short no more"


def test_older_goods_in_reserve_go_to_the_pick_face_before_new_ones(w: Warehouse, dock: Dock) -> None:
    soap = w.product("SOAP")
    w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=soap.id, assigned_minimum=12, assigned_maximum=36)
    w.receive("SOAP", 5, at="A-04", received_on=clock.today() - dt.timedelta(days=9))
    dock.announce(("SOAP", 100))
    assert dock.target(dock.receive("SOAP", 20)) == "A-04"


def test_at_a_pick_face_the_pallet_is_dissolved(w: Warehouse, dock: Dock) -> None:
    soap = w.product("SOAP")
    w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=soap.id, assigned_minimum=12, assigned_maximum=36)
    dock.announce(("SOAP", 30))
    dock.store(dock.receive("SOAP", 30).task)
    (row,) = [row for row in w.stock("SOAP", at="F-01") if row.on_hand]
    assert (row.handling_unit_id, row.on_hand) == (None, 30)


def test_in_reserve_the_pallet_stays_one(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    dock.store(receipt.task)
    assert w.on_hand("TEA", at="A-01", unit=receipt.unit) == 30
    assert w.on_hand("TEA", at="DOCK") == 0
    assert dock.line().put_away == 30
    assert dock.task_of(receipt).status == "done"


def test_what_is_too_heavy_or_too_large_goes_elsewhere(w: Warehouse, dock: Dock) -> None:
    w.product("IRON", weight_grams=1000, length_mm=100, width_mm=100, height_mm=100)
    w.location("S-1", x_mm=100, max_weight_grams=9_999)
    w.location("S-2", x_mm=200, max_volume_cm3=9_999)
    w.location("S-3", x_mm=300, max_weight_grams=10_000, max_volume_cm3=10_000)
    dock.announce(("IRON", 20))
    assert dock.target(dock.receive("IRON", 10)) == "S-3"
    assert dock.target(dock.receive("IRON", 10)) == "A-01"


def test_storage_class_is_kept(w: Warehouse, dock: Dock) -> None:
    w.product("ICE", storage_class="cold")
    w.location("C-1", x_mm=90_000, storage_class="cold")
    dock.announce(("ICE", 5), ("TEA", 5))
    receipt = dock.receive("ICE", 5)
    assert dock.target(receipt) == "C-1"
    with pytest.raises(StorageClassDiffers):
        dock.store(receipt.task, "A-01")
    assert dock.target(dock.receive("TEA", 5)) == "A-01", "what may lie anywhere does not take the cold places"


def test_slow_goods_lie_farther_back(w: Warehouse, dock: Dock) -> None:
    w.product("FAST", abc="A")
    w.product("SLOW", abc="C")
    dock.announce(("FAST", 5), ("SLOW", 5))
    receipt = dock.receive("SLOW", 5)
    assert (dock.target(receipt), dock.why(receipt)) == ("A-03", ["nearest_empty", "abc"])
    assert dock.target(dock.receive("FAST", 5)) == "A-01"


def test_a_full_bin_refuses_in_words(w: Warehouse, dock: Dock) -> None:
    w.location("ONE", x_mm=99_000, max_units=1)
    dock.announce(("TEA", 30), ("SOAP", 30))
    dock.store(dock.receive("TEA", 30).task, "ONE")
    receipt = dock.receive("SOAP", 30)
    with pytest.raises(LocationFull) as refused:
        dock.store(receipt.task, "ONE")
    assert refused.value.say("en") == "ONE has no room: pallets 1 and 1 more, at most 1"
    assert w.on_hand("SOAP", at="DOCK") == 30


@pytest.mark.parametrize(
    "limits",
    [{"max_units": 1}, {"max_weight_grams": 9_000}, {"max_volume_cm3": 9}, {"mixing": "one_product"}, {"storage_class": "cold"}],
    ids=lambda limits: next(iter(limits)),
)
def test_a_place_refuses_a_forklift_and_a_hand_in_the_same_words(w: Warehouse, dock: Dock, limits: dict[str, Any]) -> None:
    w.product("TEA", weight_grams=1000, length_mm=10, width_mm=10, height_mm=100, storage_class="dry")
    w.location("ONE", **{"x_mm": 99_000, "storage_class": "dry", **limits})
    w.receive("SOAP", 1, at="ONE", unit=w.unit(at="ONE"))
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    with pytest.raises(Refused) as by_forklift:
        dock.store(receipt.task, "ONE")
    with w.transaction():
        queue.cancel(receipt.task.id)
    with pytest.raises(Refused) as by_hand, w.transaction():
        moves.move_plate(receipt.unit, dock.id("ONE"), by=w.by, key=w.key())
    assert (by_hand.value.code, by_hand.value.say("zh_CN")) == (by_forklift.value.code, by_forklift.value.say("zh_CN"))


def test_a_bin_for_one_product_takes_no_other(w: Warehouse, dock: Dock) -> None:
    w.location("ONE", x_mm=1, mixing="one_product")
    w.location("BATCH", x_mm=2, mixing="one_batch")
    w.product("TEA", tracking="lot")
    w.receive("TEA", 1, lot="L1", at="ONE")
    w.receive("TEA", 1, lot="L1", at="BATCH")
    dock.announce(("TEA", 30), ("SOAP", 30))
    receipt = dock.receive("SOAP", 30)
    assert dock.target(receipt) == "A-01"
    with pytest.raises(NotTogether):
        dock.store(receipt.task, "ONE")
    with pytest.raises(NotTogether):
        dock.store(dock.receive("TEA", 5, lot="L2").task, "BATCH")


def test_goods_go_where_their_condition_belongs(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    with pytest.raises(space.WrongArea):
        dock.store(dock.receive("TEA", 5).task, "DEF")
    damaged = dock.receive("TEA", 5, condition=Condition.DAMAGED)
    with pytest.raises(space.WrongArea):
        dock.store(damaged.task, "A-01")
    dock.store(damaged.task)
    assert w.on_hand("TEA", at="DEF", condition="damaged") == 5
    held = dock.receive("TEA", 5, condition=Condition.INSPECTION)
    assert dock.target(held) == "INSP"


def test_another_products_pick_face_is_refused(w: Warehouse, dock: Dock) -> None:
    soap = w.product("SOAP")
    w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=soap.id, assigned_minimum=1, assigned_maximum=36)
    dock.announce(("TEA", 30))
    with pytest.raises(FaceOfAnother):
        dock.store(dock.receive("TEA", 30).task, "F-01")


def test_a_pick_face_is_not_filled_above_its_maximum(w: Warehouse, dock: Dock) -> None:
    soap = w.product("SOAP")
    w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=soap.id, assigned_minimum=1, assigned_maximum=36)
    dock.announce(("SOAP", 40))
    with pytest.raises(LocationFull):
        dock.store(dock.receive("SOAP", 40).task, "F-01")


def test_a_part_is_put_away_and_the_rest_stays_with_the_task(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    stored = dock.store(receipt.task, quantity=10)
    assert stored.rest == 20
    assert (w.on_hand("TEA", at="A-01"), w.on_hand("TEA", at="DOCK")) == (10, 20)
    assert (dock.task_of(receipt).quantity, dock.line().put_away) == (20, 10)
    dock.store(receipt.task)
    assert (w.on_hand("TEA", at="DOCK"), dock.line().put_away) == (0, 30)


@pytest.mark.parametrize(("quantity", "refusal"), [(0, QuantityWrong), (-5, QuantityWrong), (31, putaway.MoreThanThere)])
def test_a_quantity_that_is_not_there_is_refused(dock: Dock, quantity: int, refusal: type[Exception]) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    with pytest.raises(refusal):
        dock.store(receipt.task, quantity=quantity)


def test_two_forklifts_do_not_fill_one_place(w: Warehouse, dock: Dock) -> None:
    w.location("ONE", x_mm=99_000, max_units=1)
    other = w.person("other", roles=["receiver"])
    dock.announce(("TEA", 30), ("SOAP", 30))
    first, second = dock.receive("TEA", 30), dock.receive("SOAP", 30)
    dock.store(first.task, "ONE")
    with pytest.raises(LocationFull):
        dock.store(second.task, "ONE", by=other)


def test_a_task_is_put_away_once(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    dock.store(receipt.task)
    with pytest.raises(queue.TaskOver):
        dock.store(receipt.task)


def test_a_task_of_somebody_else_is_not_put_away(w: Warehouse, dock: Dock) -> None:
    other = w.person("other", roles=["receiver"])
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    with w.transaction():
        queue.claim(receipt.task.id, by=other)
    with pytest.raises(queue.TaskTaken):
        dock.store(receipt.task)


def test_a_putaway_is_undone_while_nobody_touched_it(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    stored = dock.store(receipt.task)
    with w.transaction():
        task = putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())
    assert w.on_hand("TEA", at="DOCK", unit=receipt.unit) == 30
    assert dock.line().put_away == 0
    assert (task.status, task.quantity) == ("claimed", 30)
    dock.store(task.id)
    assert dock.line().put_away == 30


def test_a_part_is_undone_into_the_work_that_is_left(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    stored = dock.store(receipt.task, quantity=10)
    with w.transaction():
        putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())
    assert (dock.task_of(receipt).quantity, w.on_hand("TEA", at="DOCK")) == (30, 30)


def released_line(w: Warehouse, sku: str, quantity: int) -> OrderLine:
    with w.transaction():
        line = w.order_line(sku, quantity, reserved=quantity)
        session.get_one(Order, line.order_id).status = OrderStatus.RELEASED.value
        return line


def test_reserved_goods_are_not_taken_back(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    stored = dock.store(dock.receive("TEA", 30).task)
    w.reserve(released_line(w, "TEA", 5), 5, at="A-01")
    with pytest.raises(putaway.PutawayGone), w.transaction():
        putaway.undo_put_away(stored.movement_id, by=w.by, key=w.key())


def test_where_nothing_fits_the_worker_chooses(w: Warehouse, dock: Dock) -> None:
    w.product("ICE", storage_class="cold")
    dock.announce(("ICE", 5))
    receipt = dock.receive("ICE", 5)
    assert (dock.target(receipt), dock.why(receipt)) == (None, ["no_room"])
    w.location("C-1", storage_class="cold")
    with w.transaction():
        task = putaway.next_for(by=w.by)
    assert task is not None
    assert session.get_one(Task, task.id).target_id == dock.id("C-1")


def test_a_full_bin_is_swapped_for_another(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    with w.transaction():
        task = queue.claim(receipt.task.id, by=w.by)
        putaway.aim_again(task, by=w.by, avoid=task.target_id)
    assert dock.target(receipt) == "A-02"


def test_work_whose_goods_were_moved_by_hand_is_dropped(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30), ("SOAP", 30))
    gone, there = dock.receive("TEA", 30), dock.receive("SOAP", 30)
    w.move("TEA", 30, "DOCK", "A-04", from_unit=gone.unit)
    with w.transaction():
        task = putaway.next_for(by=w.by)
    assert task is not None
    assert task.id == there.task.id
    assert dock.task_of(gone).status == "cancelled"
