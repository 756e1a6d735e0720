"""Loads: goods go on board with their claims, the truck closes when everything is there, and leaves once."""

from __future__ import annotations

import pytest

from tests.shipping.conftest import Yard
from wms.errors import NotFound
from wms.locations.models import Kind
from wms.orders import lifecycle
from wms.orders.models import OrderKind
from wms.orders.withdrawal import OrderHasLeft
from wms.shipping import changes, closing, coming_off, gate, loading, loads, queries, shortages, waiting
from wms.shipping.loads import Stop
from wms.stock.handling_units import UnitUnknown
from wms.stock.models import MovementKind
from wms.tasks.models import TaskKind


def test_a_load_takes_packed_orders_each_its_own_stop_at_the_first_door(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=4)
    yard.picked("SO-2", PEAR=2)
    load = yard.plan("SO-1", "SO-2", plate="沪A12345")
    assert load.status == "planned"
    assert yard.w.location("DOOR-1").id == load.door_id
    assert [(one.stop, one.load_id) for one in (yard.shipment("SO-1"), yard.shipment("SO-2"))] == [(1, load.id), (2, load.id)]
    assert [task.document for task in yard.tasks(TaskKind.LOAD)] == [load.number]


def test_named_stops_come_first_and_other_orders_follow(yard: Yard) -> None:
    for number in ("SO-1", "SO-2", "SO-3"):
        yard.picked(number, APPLE=1)
    load = yard.plan("SO-1", "SO-2", "SO-3", stops=[Stop(("SO-3", "SO-2"), "Luoyang")])
    view = queries.load_view(load, yard.by)
    assert [(one.order, one.stop) for one in view.shipments] == [("SO-3", 1), ("SO-2", 1), ("SO-1", 2)]
    assert view.stops[0] == "Luoyang"


def test_an_order_goes_on_one_load_only(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=4)
    first = yard.plan("SO-1")
    with pytest.raises(loads.OrderOnLoad, match=first.number):
        yard.plan("SO-1")


def test_what_is_not_picked_cancelled_or_unknown_is_not_planned(yard: Yard) -> None:
    yard.w.receive("APPLE", 4, at="A-01")
    yard.enter("SO-1", APPLE=4)
    with pytest.raises(loads.OrderNotReady):
        yard.plan("SO-1")
    yard.cancel("SO-1")
    with pytest.raises(loads.OrderNotReady):
        yard.plan("SO-1")
    with pytest.raises(lifecycle.OrderUnknown):
        yard.plan("SO-9")
    with pytest.raises(loads.NoOrders):
        yard.plan()


def test_an_order_is_named_once_and_the_door_is_a_door(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    with pytest.raises(loads.OrderTwice):
        yard.plan(stops=[Stop(("SO-1",)), Stop(("so-1",))])
    with pytest.raises(loads.NotADoor):
        yard.plan("SO-1", door="PACK")


def test_another_sites_orders_and_loads_do_not_exist(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    site = yard.w.site("NORTH")
    yard.w.location("GATE", kind=Kind.DOOR, site=site)
    stranger = yard.w.person("stranger", site=site)
    with pytest.raises(NotFound):
        yard.plan("SO-1", by=stranger)
    with pytest.raises(loads.LoadUnknown):
        loads.find(load.number, by=stranger)


def test_a_unit_goes_on_board_with_its_claims_and_the_order_is_loaded(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    assert yard.at(carton) == "DOOR-1"
    assert yard.stages("SO-1") == {"loaded"}
    assert yard.status("SO-1") == "loaded"
    assert yard.fresh(load).status == "loading"
    assert yard.w.reserved("APPLE", at="DOOR-1") == 4
    assert [one.quantity for one in yard.w.movements("APPLE", kind=MovementKind.LOAD)] == [4]


def test_a_unit_that_stands_at_the_door_is_only_counted_on_board(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.unload(load, carton)
    assert yard.status("SO-1") == "packed"
    assert yard.at(carton) == "DOOR-1"
    yard.load(load, carton)
    assert yard.stages("SO-1") == {"loaded"}
    assert len(yard.w.movements("APPLE", kind=MovementKind.LOAD)) == 1


def test_an_order_of_two_cartons_is_loaded_with_the_second(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 1, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 3, second)
    load = yard.plan("SO-1")
    yard.load(load, first)
    assert yard.status("SO-1") == "packed"
    yard.load(load, second)
    assert yard.status("SO-1") == "loaded"


def test_what_is_delivered_last_goes_on_first(yard: Yard) -> None:
    near, far = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    assert loading.progress(load) == loading.Progress(0, 2, far, 2)
    yard.load(load, far)
    assert loading.progress(load) == loading.Progress(1, 2, near, 1)
    yard.load(load, near)
    assert loading.progress(load) == loading.Progress(2, 2, None, None)


def test_the_wrong_truck_is_refused(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    right, wrong = yard.plan("SO-1"), yard.plan("SO-2")
    with pytest.raises(loading.WrongTruck, match=right.number):
        yard.load(wrong, carton)
    unplanned = yard.packed("SO-3", APPLE=1)
    with pytest.raises(loading.NotPlanned):
        yard.load(wrong, unplanned)


def test_a_unit_is_loaded_once_and_only_when_it_is_closed(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=3)
    open_one = yard.carton("SO-2")
    yard.pack("SO-2", "APPLE", 1, open_one)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, carton)
    with pytest.raises(loading.LoadedAlready):
        yard.load(load, carton)
    with pytest.raises(loading.NotClosed):
        yard.load(load, open_one)


def test_unknown_units_and_units_of_no_order_are_refused(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    pallet = yard.w.unit("PLATE-1", at="A-01")
    with pytest.raises(UnitUnknown):
        yard.load(load, "NOBODY")
    with pytest.raises(loading.UnitOfNoOrder):
        yard.load(load, pallet.code)


def test_a_carton_that_also_holds_unclaimed_goods_stays(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.w.receive("APPLE", 1, at="PACK", unit=yard.unit(carton).id)
    load = yard.plan("SO-1")
    with pytest.raises(loading.NotReadyToGo):
        yard.load(load, carton)


def test_a_load_closes_only_when_everything_is_on_board(yard: Yard) -> None:
    here, there = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    yard.picked("SO-3", PEAR=2)
    load = yard.plan("SO-1", "SO-2", "SO-3")
    with pytest.raises(closing.LoadEmpty):
        yard.close(load)
    yard.load(load, here)
    with pytest.raises(closing.LoadNotComplete, match=there[-6:]) as refused:
        yard.close(load)
    assert "2 pieces of SO-3 not packed" in str(refused.value)
    assert yard.fresh(load).gate_pass is None


def test_a_truck_that_nobody_named_does_not_close(yard: Yard) -> None:
    box = yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1", plate=None)
    yard.load(load, box)
    with pytest.raises(loads.PlateMissing):
        yard.close(load)
    with yard.w.transaction():
        changes.describe(load.id, by=yard.loader, vehicle="4.2 m")
    gate_pass = yard.close(load)
    with pytest.raises(loads.PlateMissing), yard.w.transaction():
        changes.describe(load.id, by=yard.loader, driver="王师傅")
    with yard.w.transaction():
        changes.describe(load.id, by=yard.loader, plate="沪B2")
    assert (yard.fresh(load).plate, yard.fresh(load).vehicle, yard.fresh(load).gate_pass) == ("沪B2", None, gate_pass)
    yard.leave(gate_pass)
    with pytest.raises(loads.LoadHasLeft), yard.w.transaction():
        changes.describe(load.id, by=yard.loader, plate="沪C3")


def test_only_a_supervisor_releases_what_is_missing(yard: Yard) -> None:
    here, there = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, here)
    with pytest.raises(closing.ReleaseForbidden):
        yard.close(load, by=yard.loader, reason="no room")
    gate_pass = yard.close(load, by=yard.chief, reason="no room", seal=" S-77 ")
    closed = yard.fresh(load)
    assert (closed.status, closed.gate_pass, closed.seal, closed.closed_units) == ("closed", gate_pass, "S-77", 1)
    assert yard.shipment("SO-2").load_id is None  # nothing of it is on board: it waits for another truck
    assert "order.left_behind" in yard.events("SO-2")
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["done"]
    later = yard.plan("SO-2")
    yard.load(later, there)
    assert yard.status("SO-2") == "loaded"


def test_a_closed_load_takes_nothing_more_until_it_is_opened_again(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    void = yard.close(load, seal="S-1")
    for refused in (lambda: yard.load(load, carton), lambda: yard.unload(load, carton), lambda: yard.close(load)):
        with pytest.raises(loads.LoadIsClosed):
            refused()
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.by, reason="seal broken")
    with pytest.raises(gate.GatePassVoid):
        yard.leave(void)
    assert yard.close(load) != void
    assert yard.fresh(load).seal is None, "the old seal was broken"


def test_the_gate_lets_a_truck_out_once_and_the_goods_are_gone(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=4, PEAR=1)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    gate_pass = yard.close(load)
    left = yard.leave(gate_pass)
    assert (left.units, left.orders) == (1, ("SO-1",))
    assert yard.w.on_hand("APPLE") == 0
    assert yard.at(carton) == "@CUSTOMER"
    assert yard.lines("SO-1", "shipped") == [4, 1]
    assert yard.status("SO-1") == "shipped"
    assert yard.shipment("SO-1").left_at == yard.fresh(load).left_at is not None
    assert yard.stages("SO-1") == set()
    with pytest.raises(gate.LeftAlready):
        yard.leave(gate_pass)
    with pytest.raises(OrderHasLeft):
        yard.cancel("SO-1")
    assert yard.events(load.number)[-2:] == ["load.closed", "load.left"]


def test_a_made_up_gate_pass_opens_nothing(yard: Yard) -> None:
    with pytest.raises(gate.GatePassUnknown):
        yard.leave("GP-99999")


def test_consigned_goods_go_to_the_customers_own_location_and_stay_ours(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=4, kind=OrderKind.CONSIGNMENT)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    assert yard.status("SO-1") == "shipped"
    assert yard.at(carton) == "CONSIGNMENT-CUSTOMER"
    assert yard.w.on_hand("APPLE", at="CONSIGNMENT-CUSTOMER") == 4
    assert yard.w.reserved("APPLE") == 0


def test_what_a_truck_leaves_behind_follows_with_the_next(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 1, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 3, second)
    load = yard.plan("SO-1")
    yard.load(load, first)
    yard.leave(yard.close(load, by=yard.chief, reason="no room"))
    assert (yard.lines("SO-1", "shipped"), yard.status("SO-1")) == ([1], "packed")
    assert "order.part_left" in yard.events("SO-1")
    next_load = yard.plan("SO-1")
    yard.load(next_load, second)
    yard.leave(yard.close(next_load))
    assert (yard.lines("SO-1", "shipped"), yard.status("SO-1")) == ([4], "shipped")
    parcels = [[parcel.code for parcel in one.parcels] for one in queries.shipments(yard.by)]
    assert sorted(parcels) == sorted([[first], [second]])


def test_cancelling_the_rest_of_a_back_order_leaves_no_work_at_the_bench(yard: Yard) -> None:
    yard.w.receive("APPLE", 3, at="A-01")
    yard.enter("SO-1", APPLE=5, allow_backorder=True)
    yard.pick("SO-1")
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 3, carton)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    yard.cancel("SO-1")
    assert (yard.status("SO-1"), yard.lines("SO-1", "cancelled")) == ("shipped", [2])
    assert [task.status for task in yard.tasks(TaskKind.PACK) if task.status in ("open", "claimed")] == []


def test_an_order_cancelled_on_the_truck_comes_off_and_its_goods_go_back(yard: Yard) -> None:
    stays, goes = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", PEAR=2)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, goes, stays)
    yard.cancel("SO-2")
    assert yard.unit(goes).load_id is None
    with pytest.raises(loading.OrderCancelled):
        yard.load(load, goes)
    with pytest.raises(coming_off.StillToComeOff, match=goes[-6:]):
        yard.close(load)
    with pytest.raises(coming_off.StillToComeOff):
        yard.close(load, reason="a supervisor lets go without what is missing, not with what is too many")
    yard.unload(load, goes)
    assert coming_off.of(load) == []
    with pytest.raises(loading.NotOnBoard):
        yard.unload(load, goes)
    assert [task.quantity for task in yard.tasks(TaskKind.PUT_BACK)] == [2]
    left = yard.leave(yard.close(load))
    assert left.orders == ("SO-1",)
    assert yard.w.on_hand("PEAR", at="DOOR-1") == 2


def test_an_order_cancelled_after_closing_stops_the_truck_at_the_gate(yard: Yard) -> None:
    stays, goes = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", PEAR=2)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, goes, stays)
    gate_pass = yard.close(load)
    yard.cancel("SO-2")
    with pytest.raises(gate.LoadChanged, match="1 of the 2 units"):
        yard.leave(gate_pass)
    assert yard.status("SO-1") == "loaded"
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.by)
    with pytest.raises(coming_off.StillToComeOff):
        yard.close(load)
    yard.unload(load, goes)
    assert yard.leave(yard.close(load)).units == 1


def test_a_load_whose_orders_are_cancelled_sends_nobody_to_its_truck(yard: Yard) -> None:
    goes, stays = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", PEAR=2)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, goes)
    yard.cancel("SO-1")
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["open"], "another order is still to be loaded"
    yard.cancel("SO-2")
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["cancelled"]
    assert yard.events(load.number)[-2:] == ["load.order_cancelled", "load.order_cancelled"]
    assert [row.empty for row in queries.loads_shown(yard.by, after=0, limit=9)] == [True]
    with pytest.raises(coming_off.StillToComeOff), yard.w.transaction():
        changes.discard(load.id, by=yard.loader)
    yard.unload(load, goes)
    with yard.w.transaction():
        changes.discard(load.id, by=yard.loader)
    assert waiting.open_loads(yard.by) == 0
    assert {yard.at(goes), yard.at(stays)} == {"DOOR-1", "PACK"}


def test_an_empty_load_takes_other_orders_and_is_loaded_again(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    other = yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1")
    yard.cancel("SO-1")
    with yard.w.transaction():
        changes.add_orders(load.id, ["SO-2"], by=yard.loader)
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["cancelled", "open"]
    assert (yard.shipment("SO-2").stop, len(yard.fresh(load).stops)) == (1, 1)
    yard.load(load, other)
    yard.leave(yard.close(load))
    assert yard.status("SO-2") == "shipped"


def test_the_last_order_taken_off_takes_the_task_along(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    with yard.w.transaction():
        changes.take_off(load.id, "SO-1", by=yard.loader)
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["cancelled"]


def test_a_load_is_changed_by_hand_until_it_closes(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1")
    with yard.w.transaction():
        changes.add_orders(load.id, ["SO-2"], by=yard.by)
    assert yard.shipment("SO-2").stop == 2
    with yard.w.transaction():
        changes.take_off(load.id, "SO-2", by=yard.by)
    assert yard.shipment("SO-2").load_id is None
    yard.load(load, carton)
    with yard.w.transaction(), pytest.raises(changes.StillOnBoard):
        changes.take_off(load.id, "SO-1", by=yard.by)
    with yard.w.transaction(), pytest.raises(changes.StillOnBoard):
        changes.discard(load.id, by=yard.by)
    yard.unload(load, carton)
    with yard.w.transaction():
        changes.discard(load.id, by=yard.by)
    with pytest.raises(loads.LoadUnknown):
        loads.find(load.number, by=yard.by)
    assert yard.plan("SO-1").status == "planned"


def test_what_is_packed_of_a_back_order_may_go_ahead(yard: Yard) -> None:
    yard.w.receive("APPLE", 3, at="A-01")
    yard.enter("SO-1", APPLE=5, allow_backorder=True)
    yard.pick("SO-1")
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 3, carton)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    assert yard.lines("SO-1", "shipped") == [3]
    assert yard.status("SO-1") == "picking"


def test_only_a_closed_load_is_opened_again_and_nobody_is_sent_to_an_empty_one(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    with yard.w.transaction(), pytest.raises(closing.LoadIsOpen):
        closing.reopen(load.id, by=yard.by)
    assert yard.fresh(load).status == "planned"
    yard.load(load, carton)
    yard.close(load)
    yard.cancel("SO-1")
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.by)
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["done"]


def test_an_order_that_goes_complete_goes_short_only_with_a_supervisors_reason(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4, PEAR=2, ship_complete=True)
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 4, carton)
    with yard.w.transaction():
        shortages.report(yard.order("SO-1").id, yard.w.product("PEAR"), 2, reason=shortages.Lack.LOST, by=yard.by, key="short")
    load = yard.plan("SO-1")
    yard.load(load, carton)
    with pytest.raises(closing.LoadNotComplete) as refused:
        yard.close(load)
    assert "2 pieces of SO-1 short, and it goes complete" in refused.value.say("en")
    with pytest.raises(closing.ReleaseForbidden):
        yard.close(load, by=yard.loader, reason="he waits for it")
    assert yard.close(load, by=yard.chief, reason="the customer agrees")
