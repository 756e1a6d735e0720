"""While a zone is frozen for a count nothing begins there; what is under way ends."""

from __future__ import annotations

import pytest

from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from wms.actor import Actor
from wms.db import transaction
from wms.locations import freezing
from wms.locations.freezing import ZoneFrozen
from wms.tasks import next_best, queue
from wms.tasks.models import TaskKind


@pytest.fixture
def ben(w: Warehouse) -> Actor:
    return w.person("ben")


def frozen(w: Warehouse, zone: str) -> None:
    with transaction():
        freezing.freeze(zone, document="C-10001", by=w.by)


def offered(w: Warehouse, kind: TaskKind, **ends: str) -> int:
    places = {f"{end}_id": w.location(code).id for end, code in ends.items()}
    goods = {} if kind is TaskKind.COUNT else {"product_id": w.product("TEA").id, "quantity": 1}
    with transaction():
        return queue.offer(kind, site_id=w.site_id, **goods, **places).id


def test_work_in_a_frozen_zone_waits_and_says_why(w: Warehouse, ben: Actor) -> None:
    w.location("A-01", zone="A")
    w.location("B-01", zone="B")
    in_a, in_b = offered(w, TaskKind.PUT_BACK, source="A-01"), offered(w, TaskKind.PUT_BACK, source="B-01")
    counting = offered(w, TaskKind.COUNT, source="A-01")
    frozen(w, "A")
    with transaction(), pytest.raises(ZoneFrozen) as refusal:
        queue.claim(in_a, by=ben)
    assert refusal.value.say("en") == "Zone A is being counted (C-10001): no work begins there now"
    with transaction(), pytest.raises(ZoneFrozen):
        queue.claim_all([in_a, in_b], by=ben)
    with transaction():
        assert queue.claim(counting, by=ben).person_id == ben.id
    with transaction():
        queue.give_back(counting, by=ben)
    with transaction():
        given = next_best.give([TaskKind.PUT_BACK], by=ben)
        assert given is not None
        assert given.id == in_b
    with transaction():
        freezing.unfreeze("A", by=w.by)
    with transaction():
        assert queue.claim(in_a, by=ben).id == in_a


def test_what_was_begun_before_ends(w: Warehouse, ben: Actor) -> None:
    w.location("A-01", zone="A")
    task = offered(w, TaskKind.REPLENISH, source="A-01")
    with transaction():
        queue.claim(task, by=ben)
    frozen(w, "A")
    with transaction():
        epoch = queue.claim(task, by=ben).epoch
    with transaction():
        queue.finish(task, epoch=epoch, by=ben)


def test_others_do_not_take_over_what_was_begun(w: Warehouse, ben: Actor) -> None:
    w.location("A-01", zone="A")
    task = offered(w, TaskKind.REPLENISH, source="A-01")
    with transaction():
        queue.claim(task, by=ben)
    with transaction():
        queue.give_back(task, by=ben)
    frozen(w, "A")
    for who in (ben, w.by):
        with transaction(), pytest.raises(ZoneFrozen):
            queue.claim(task, by=who)


def test_places_without_a_zone_are_frozen_by_themselves(w: Warehouse, ben: Actor) -> None:
    w.location("X-01")
    w.location("A-01", zone="A")
    loose, zoned = offered(w, TaskKind.PUT_BACK, source="X-01"), offered(w, TaskKind.PUT_BACK, source="A-01")
    frozen(w, "")
    with transaction(), pytest.raises(ZoneFrozen):
        queue.claim(loose, by=ben)
    with transaction():
        queue.claim(zoned, by=ben)


def test_a_pick_list_with_a_line_in_a_frozen_zone_is_not_begun_and_one_in_hand_is_finished(w: Warehouse, ben: Actor) -> None:
    hall = Hall(w)
    hall.put("APPLE", 10, "A-01")
    hall.put("PEAR", 10, "B-01")
    for number in ("SO-1", "SO-2"):
        hall.release(number, ("APPLE", 1), ("PEAR", 1))
    hall.release("SO-3", ("PEAR", 1))
    begun, waits, elsewhere = (hall.list_of(number) for number in ("SO-1", "SO-2", "SO-3"))
    opened = hall.open(begun)
    frozen(w, "A")
    with pytest.raises(ZoneFrozen):
        hall.open(waits, by=ben)
    hall.pick_all(elsewhere, by=ben)
    hall.pick(opened)
    hall.pick_all(begun)
    with transaction():
        assert next_best.give([TaskKind.PICK], by=ben) is None
