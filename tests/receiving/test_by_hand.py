"""Goods that wait for putaway are moved by hand, by somebody who knows nothing of that work."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import audit
from wms.db import session
from wms.locations.models import Kind
from wms.receiving.check_in import Receipt
from wms.receiving.invariants import INVARIANTS
from wms.stock import operations
from wms.stock.models import Movement
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus


@pytest.fixture
def plate(dock: Dock) -> Receipt:
    dock.announce(("TEA", 30))
    return dock.receive("TEA", 30)


def _move(api: Api, quantity: int, target: str, status: int = 201, **more: Any) -> Any:
    return api.post("/stock/moves", {"sku": "TEA", "quantity": quantity, "source": "DOCK", "target": target, **more}, status=status)


def _tasks() -> list[tuple[str, int | None]]:
    return [(task.status, task.quantity) for task in session.execute(sa.select(Task).order_by(Task.id)).scalars()]


def test_a_whole_plate_moved_into_the_racks_is_put_away(w: Warehouse, dock: Dock, api: Api, plate: Receipt) -> None:
    code = plate.unit.code
    done = _move(api, 30, "A-02", handling_unit=code, reason="made room")
    assert [(one["kind"], one["quantity"], one["handling_unit"]) for one in done["movements"]] == [("putaway", 30, code)]
    assert (dock.line().put_away, w.on_hand("TEA", at="A-02", unit=plate.unit), _tasks()) == (30, 30, [("done", 30)])
    assert session.execute(sa.select(Movement.reason).order_by(Movement.id.desc()).limit(1)).scalar_one() == "made room"


def test_pieces_out_of_a_plate_are_put_away_and_the_rest_still_waits(w: Warehouse, dock: Dock, api: Api, plate: Receipt) -> None:
    _move(api, 12, "A-02")
    assert (dock.line().put_away, _tasks()) == (12, [("open", 18)])
    dock.store(plate.task.id)
    assert (dock.line().put_away, w.on_hand("TEA", at="DOCK"), _tasks()) == (30, 0, [("done", 18)])


def test_the_last_pieces_out_of_a_plate_end_its_work(w: Warehouse, dock: Dock, api: Api, plate: Receipt) -> None:
    _move(api, 30, "A-02")
    assert (dock.line().put_away, w.on_hand("TEA", at="A-02"), _tasks()) == (30, 30, [("done", 30)])


def test_a_receipt_that_filled_two_lines_is_counted_on_both(w: Warehouse, dock: Dock, api: Api) -> None:
    dock.announce(("TEA", 10), ("TEA", 20))
    dock.receive("TEA", 30)
    _move(api, 25, "A-02")
    assert [line.put_away for line in dock.announced_lines()] == [10, 15]
    session.rollback()
    _move(api, 5, "A-03")
    assert [line.put_away for line in dock.announced_lines()] == [10, 20]


@pytest.mark.parametrize("whole", [True, False])
def test_brought_to_another_dock_their_work_goes_with_them(w: Warehouse, dock: Dock, api: Api, plate: Receipt, whole: bool) -> None:
    w.location("DOCK-2", kind=Kind.DOCK)
    code = plate.unit.code
    _move(api, 30 if whole else 12, "DOCK-2", **({"handling_unit": code} if whole else {}))
    assert dock.line().put_away == 0
    tasks = list(session.execute(sa.select(Task).order_by(Task.id)).scalars())
    places = {dock.id("DOCK"): "DOCK", dock.id("DOCK-2"): "DOCK-2"}
    assert [(places[task.source_id or 0], task.quantity) for task in tasks] == (
        [("DOCK-2", 30)] if whole else [("DOCK", 18), ("DOCK-2", 12)]
    )
    for task in tasks:
        dock.store(task.id)
    assert (dock.line().put_away, w.on_hand("TEA", at="DOCK-2")) == (30, 0)


def test_work_in_other_hands_keeps_its_goods(w: Warehouse, dock: Dock, api: Api, plate: Receipt) -> None:
    with w.transaction():
        queue.claim(plate.task.id, by=w.person("ann", roles=["receiver"]))
    refused = _move(api, 12, "A-02", status=409)
    assert (refused["code"], w.on_hand("TEA", at="DOCK"), dock.line().put_away) == ("task_taken", 30, 0)


def test_without_the_hook_the_audit_says_what_was_left_behind(
    w: Warehouse, dock: Dock, api: Api, plate: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_ways", [])
    code, key = plate.unit.code, plate.task.id
    _move(api, 30, "A-02", handling_unit=code)
    assert "putaway_waits_for_goods_out_of_place" in [one.invariant.name for one in audit.run(INVARIANTS)]
    with w.transaction():
        session.get_one(Task, key).status = TaskStatus.CANCELLED.value
