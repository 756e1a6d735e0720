"""An order is taken back wherever it is, until the truck has left; picked goods go back by tasks."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.db import session
from wms.orders import boards, lifecycle, operations, signing, timeline, withdrawal
from wms.orders.lines import LineTwice
from wms.orders.models import OrderLine
from wms.states import MoveNotAllowed
from wms.stock import handling_units, promises
from wms.stock.models import Claim, MovementKind, Stage
from wms.tasks.models import Task, TaskKind, TaskStatus


def cancel(w: Warehouse, number: str, reason: str | None = None) -> str:
    with w.transaction():
        return withdrawal.cancel(number, by=w.by, reason=reason).status


def tasks(kind: TaskKind) -> list[Task]:
    session.expire_all()
    return list(session.execute(sa.select(Task).where(Task.kind == kind.value).order_by(Task.id)).scalars())


def test_an_order_before_the_gate_is_simply_cancelled_and_its_holds_end(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    assert cancel(w, "SO-1", "found elsewhere") == "cancelled"
    assert desk.reasons("SO-1") == {}
    assert desk.counters("SO-1", "cancelled") == [5]


def test_a_released_order_gives_its_promise_back(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    cancel(w, "SO-1")
    assert promises.available(w.site_id, w.product("APPLE").id) == 5
    assert tasks(TaskKind.PUT_BACK) == []


def test_claims_in_the_racks_are_voided_and_the_empty_pick_task_is_withdrawn(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    claim = desk.plan("SO-1", "A-01")

    cancel(w, "SO-1")

    assert w.claim(claim).status == Claim.VOIDED
    assert w.reserved("APPLE") == 0
    assert [task.status for task in tasks(TaskKind.PICK)] == [TaskStatus.CANCELLED]
    assert desk.counters("SO-1", "reserved") == [0]


def test_a_pick_task_that_other_orders_share_goes_on_without_the_line(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=5)
        desk.release(number)
    first, second = desk.plan("SO-1", "A-01"), desk.plan("SO-2", "A-01")
    with w.transaction():
        session.execute(sa.text("UPDATE reservations SET task_id = 1"))

    cancel(w, "SO-1")

    assert (w.claim(first).status, w.claim(second).status) == (Claim.VOIDED, Claim.PENDING)
    assert tasks(TaskKind.PICK)[0].status == TaskStatus.OPEN


def test_picked_goods_are_freed_where_they_lie_and_a_task_puts_them_back(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    assert desk.status("SO-1") == "picked"

    assert cancel(w, "SO-1") == "cancelled"

    assert (w.on_hand("APPLE", at="PACK"), w.reserved("APPLE")) == (4, 0)
    (task,) = tasks(TaskKind.PUT_BACK)
    assert (task.status, task.quantity, task.document, task.source_id) == (TaskStatus.OPEN, 4, "SO-1", w.location("PACK").id)
    assert (task.product_id, task.batch_id) == (w.product("APPLE").id, w.batch("APPLE"))
    assert promises.available(w.site_id, w.product("APPLE").id) == 0  # what lies on a packing bench is not for sale yet
    told = {name: desk.counters("SO-1", name) for name in ("picked", "withdrawn", "cancelled")}
    assert told == {"picked": [0], "withdrawn": [4], "cancelled": [4]}, "nothing is picked for it any more; that it was is kept apart"


def test_a_loaded_carton_leaves_its_load_and_is_put_back_whole(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    w.location("DOOR", kind="door")
    carton = desk.pack("SO-1", desk.claim())
    assert desk.status("SO-1") == "packed"
    with w.transaction():
        locked = lifecycle.lock(carton.order_id or 1)
        unit = handling_units.find(carton.code, by=w.by)
        handling_units.move_unit(unit, w.location("DOOR").id, key=w.key(), kind=MovementKind.LOAD, by=w.by, stage=Stage.LOADED)
        lifecycle.progress(locked, by=w.by)
    assert desk.status("SO-1") == "loaded"

    cancel(w, "SO-1")

    assert [desk.counters("SO-1", name) for name in ("picked", "packed", "withdrawn", "withdrawn_packed")] == [[0], [0], [4], [4]]
    (task,) = tasks(TaskKind.PUT_BACK)
    assert (task.source_id, task.handling_unit_id, task.quantity) == (w.location("DOOR").id, carton.id, 4)
    with w.transaction():
        unit = handling_units.find(carton.code, by=w.by)
        assert (unit.load_id, unit.loaded_at) == (None, None)


def test_what_has_left_stays_left_and_only_the_rest_is_cancelled(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 4, at="A-01")
    desk.enter("SO-1", APPLE=6, allow_backorder=True)
    desk.release("SO-1")
    claim = desk.plan("SO-1", "A-01")
    desk.pick("SO-1", claim, "A-01")
    desk.ship("SO-1", desk.pack("SO-1", claim))
    assert desk.status("SO-1") == "picking"  # the rest still waits for stock

    assert cancel(w, "SO-1") == "shipped"

    assert desk.counters("SO-1", "cancelled") == [2]
    assert desk.events("SO-1")[-1] == "order.shipped"
    with pytest.raises(withdrawal.OrderHasLeft):
        cancel(w, "SO-1")


def test_an_order_is_cancelled_once(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1)
    cancel(w, "SO-1")
    with pytest.raises(withdrawal.AlreadyCancelled) as refusal:
        cancel(w, "SO-1")
    assert refusal.value.say("en") == "SO-1 was cancelled before"
    assert "return" not in str(refusal.value.advise("en")), "nothing of it left: there is nothing to return"


def test_an_order_that_is_being_picked_is_cancelled_not_held(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    with pytest.raises(MoveNotAllowed), w.transaction():
        operations.hold("SO-1", by=w.by)


def test_one_line_is_signed_for_once(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    desk.ship("SO-1", desk.pack("SO-1", desk.claim()))
    lines = [signing.SignedLine("1", 4), signing.SignedLine("1", 1)]
    with pytest.raises(LineTwice) as refusal, w.transaction():
        signing.sign_off("SO-1", signed_by="王", lines=lines, by=w.by)
    assert refusal.value.pointer == "/lines/1/line"


def test_what_there_is_one_of_is_told_as_well_as_what_there_are_many_of(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    desk.enter("SO-2", APPLE=1, allow_backorder=True)
    desk.release("SO-2")
    (row,) = boards.order_rows([desk.order("SO-2").id], "en")
    assert (row.why, row.tone) == ("Waits for planning; waiting for stock: 1 × APPLE", "ask")
    cancel(w, "SO-1")
    order = desk.order("SO-1")
    told = timeline.timelines("order", [order.id], "en")[order.id][-1]
    assert told.detail == "Tasks to put the goods back: 1"


@pytest.mark.parametrize("days", [-1, 1, -10_000])
def test_nobody_signs_before_the_goods_have_left_nor_tomorrow(w: Warehouse, desk: Desk, days: int) -> None:
    desk.picked("SO-1", "APPLE", 4)
    desk.ship("SO-1", desk.pack("SO-1", desk.claim()))
    with pytest.raises(signing.SignedWhen), w.transaction():
        signing.sign_off("SO-1", signed_by="王", signed_at=clock.now() + dt.timedelta(days=days), by=w.by)
    with w.transaction():
        signing.sign_off("SO-1", signed_by="王", signed_at=clock.now(), by=w.by)
    assert desk.status("SO-1") == "delivered"


def test_sign_off_and_close_end_the_order(w: Warehouse, desk: Desk) -> None:
    desk.picked("SO-1", "APPLE", 4)
    desk.ship("SO-1", desk.pack("SO-1", desk.claim()))
    assert desk.status("SO-1") == "shipped"
    with pytest.raises(signing.MoreThanShipped), w.transaction():
        signing.sign_off("SO-1", signed_by="王", lines=[signing.SignedLine("1", 5)], by=w.by)
    with pytest.raises(signing.LineUnknown), w.transaction():
        signing.sign_off("SO-1", signed_by="王", lines=[signing.SignedLine("9", 1)], by=w.by)
    with pytest.raises(MoveNotAllowed), w.transaction():
        operations.close("SO-1", by=w.by)

    with w.transaction():
        signing.sign_off("SO-1", signed_by="王", lines=[signing.SignedLine("1", 3, 1, "wet")], by=w.by)
    assert (desk.status("SO-1"), desk.counters("SO-1", "delivered")) == ("delivered", [3])
    with w.transaction():
        operations.settle("SO-1", by=w.by)
    with pytest.raises(operations.DifferencesOpen), w.transaction():
        operations.close("SO-1", by=w.by)
    with w.transaction():
        operations.close("SO-1", by=w.by, reason="they keep it for half the price")

    assert desk.status("SO-1") == "closed"
    assert desk.order("SO-1").settled_at is not None
    told = ["order.delivered", "order.return_announced", "order.settled", "order.differences_accepted", "order.closed"]
    assert desk.events("SO-1")[-5:] == told


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE order_lines SET picked = 3", "picked_is_its_movements"),
        ("UPDATE promises SET promised = promised + 1", "promised_is_its_lines"),
        ("UPDATE orders SET status = 'released'", "header_is_where_its_lines_are"),
        ("UPDATE orders SET status = 'received'", "only_released_orders_claim"),
        ("UPDATE orders SET status = 'held'", "held_has_a_reason"),
        ("UPDATE orders SET status = 'cancelled'", "nothing_is_picked_for_cancelled_orders"),
        ("UPDATE order_lines SET picked = 0, reserved = 4", "reserved_is_pending_claims"),
    ],
)
@pytest.mark.broken
def test_the_audit_finds_what_was_tampered_with(w: Warehouse, desk: Desk, statement: str, broken: str) -> None:
    from wms import audit
    from wms.orders.invariants import INVARIANTS

    desk.picked("SO-1", "APPLE", 4)
    assert audit.run(INVARIANTS) == []
    with w.transaction():
        session.execute(sa.text(statement))
    assert broken in {finding.invariant.name for finding in audit.run(INVARIANTS)}


def test_a_line_never_counts_more_than_was_ordered(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    line_id = desk.order("SO-1").lines[0].id
    with pytest.raises(sa.exc.IntegrityError), w.transaction():
        session.execute(sa.update(OrderLine).where(OrderLine.id == line_id).values(promised=6))


def test_closing_does_not_settle_by_the_way(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.picked("SO-1", "APPLE", 4)
    desk.ship("SO-1", desk.pack("SO-1", desk.claim()))
    with w.transaction():
        signing.sign_off("SO-1", signed_by="王", by=w.by)
    refused = api.post("/orders/SO-1/close", {}, 409)
    assert refused["code"] == "not_settled"
    assert "Settle it first" in refused["detail"]
    assert (desk.status("SO-1"), desk.order("SO-1").settled_at) == ("delivered", None)
    assert 'formaction="/orders/SO-1/close"' not in api.page("/orders/SO-1"), "the desk offers what may be done"
    api.post("/orders/SO-1/settle")
    assert 'formaction="/orders/SO-1/close"' in api.page("/orders/SO-1")
    assert api.post("/orders/SO-1/close")["status"] == "closed"
