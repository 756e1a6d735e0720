"""Two people at the same order or load at the same moment: one comes second, and sees what the first one did."""

from __future__ import annotations

import threading
import time
from typing import Any

import sqlalchemy as sa

from tests.crowd import LONG_ENOUGH, all_at_once, one_after_the_other
from tests.shipping.conftest import Yard
from tests.shipping.test_turning_back import sent
from tests.warehouse import PREFIX
from wms.app import Application
from wms.db import session, transaction
from wms.orders import signing, withdrawal
from wms.orders.models import OrderKind
from wms.shipping import changes, packing, tracking, turning_back
from wms.shipping.loads import OrderNotReady
from wms.shipping.tracking import TrackingTaken
from wms.shipping.turning_back import NotOutsideAnyMore, SignedFor
from wms.stock.models import HandlingUnit
from wms.tasks.models import TaskKind


def test_a_truck_does_not_come_back_with_what_is_being_signed_for(app: Application, yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 2, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 2, second)
    loads = []
    for carton in (first, second):  # the order leaves in two shipments
        load = yard.plan("SO-1")
        yard.load(load, carton)
        yard.leave(yard.close(load, reason="LATER" if carton is first else None))
        loads.append(load.id)
    number = session.execute(sa.text("SELECT number FROM shipments ORDER BY id LIMIT 1")).scalar_one()
    answers, _ = one_after_the_other(
        app,
        lambda: signing.sign_off("SO-1", signed_by="Wang", by=yard.by, shipment=number),
        lambda: turning_back.turn_back(loads[0], reason="accident", by=yard.by, key=yard.w.key(), within_days=3),
    )
    assert isinstance(answers[1], SignedFor)
    left = session.execute(sa.text("SELECT left_at FROM shipments ORDER BY id LIMIT 1")).scalar_one()
    assert left is not None


def test_consigned_goods_that_are_being_taken_elsewhere_do_not_come_back_too(app: Application, yard: Yard) -> None:
    """The book at the customer's may run below zero: what is gone from there is not on the truck as well."""
    load, _ = sent(yard, "SO-1", kind=OrderKind.CONSIGNMENT)
    unit = session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.load_id == load.id)).scalar_one()
    load_id = load.id
    answers, _ = one_after_the_other(
        app,
        lambda: yard.w.move("APPLE", 1, "CONSIGNMENT-CUSTOMER", "A-01", from_unit=unit),
        lambda: turning_back.turn_back(load_id, reason="accident", by=yard.by, key=yard.w.key(), within_days=3),
    )
    assert isinstance(answers[1], NotOutsideAnyMore), answers
    assert yard.w.on_hand("APPLE", at="CONSIGNMENT-CUSTOMER") == 3


def test_an_order_that_is_being_cancelled_does_not_come_back_onto_its_load(app: Application, yard: Yard) -> None:
    yard.packed("SO-1", APPLE=2)
    yard.packed("SO-2", APPLE=2)
    load = yard.plan("SO-1", "SO-2").id
    answers, _ = one_after_the_other(
        app,
        lambda: withdrawal.cancel("SO-1", by=yard.by),
        lambda: changes.replace(load, ["SO-1", "SO-2"], by=yard.by, plate="B-1"),
    )
    assert isinstance(answers[1], OrderNotReady)
    assert yard.shipment("SO-1").load_id is None
    assert yard.shipment("SO-2").load_id == load


def test_two_parcels_never_get_one_number_of_a_carrier(app: Application, yard: Yard) -> None:
    mine, theirs = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    answers, _ = one_after_the_other(
        app,
        lambda: tracking.put(mine, "SF1234567890", by=yard.by).number,
        lambda: tracking.put(theirs, "SF1234567890", by=yard.by).number,
    )
    assert answers[0] == "SF1234567890"
    assert isinstance(answers[1], TrackingTaken)
    assert session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.tracking == "SF1234567890")).scalars().all() == [mine]


def test_who_takes_an_order_at_the_bench_and_who_cancels_it_wait_for_each_other_once(app: Application, yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)

    started, tries = threading.Event(), [0, 0]

    def take() -> str:
        found = packing.next_to_pack(by=yard.packer)
        started.set()
        time.sleep(LONG_ENOUGH)  # the other one stands before the order by now
        assert found is not None
        return packing.begin(found[0], by=yard.packer, company_prefix=PREFIX).code

    session.rollback()

    def packer() -> Any:
        tries[0] += 1
        with transaction():
            return take()

    def sales() -> Any:
        tries[1] += 1
        assert started.wait(30)
        with transaction():
            withdrawal.cancel("SO-1", by=yard.by, reason="ordered twice")

    answers = all_at_once(app, [packer, sales])
    session.rollback()
    assert [isinstance(one, Exception) for one in answers] == [False, False], answers
    assert tries == [1, 1], "nobody was chosen as the victim of a deadlock"
    assert [task.status for task in yard.tasks(TaskKind.PACK)] == ["cancelled"]
