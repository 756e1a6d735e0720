"""Stops are put into another order by hand, and orders moved between stops and loads."""

from __future__ import annotations

import pytest

from tests.http import Client
from tests.shipping.conftest import Yard
from tests.shipping.test_carrying import heavy
from tests.web.desk import Desk
from wms.actor import Role
from wms.orders import lifecycle
from wms.shipping import carrying, changes, loading, loads, queries, stops
from wms.shipping.fleet import Capacity
from wms.shipping.models import Load


def three(yard: Yard) -> tuple[Load, list[str]]:
    cartons = [yard.packed(number, APPLE=1) for number in ("SO-1", "SO-2", "SO-3")]
    return yard.plan("SO-1", "SO-2", "SO-3"), cartons


def turn(yard: Yard, load: Load) -> list[tuple[int | None, str]]:
    return [(one.stop, one.order) for one in queries.load_view(yard.fresh(load), yard.by).shipments]


def test_a_stop_is_served_earlier_or_later(yard: Yard) -> None:
    load, cartons = three(yard)
    with yard.w.transaction():
        stops.move_stop(load.id, 3, -1, by=yard.by)
    assert turn(yard, load) == [(1, "SO-1"), (2, "SO-3"), (3, "SO-2")]
    assert loading.progress(yard.fresh(load)).next == cartons[1], "what is delivered last goes on first"
    with yard.w.transaction():
        stops.move_stop(load.id, 1, 9, by=yard.by)
    assert turn(yard, load) == [(1, "SO-3"), (2, "SO-2"), (3, "SO-1")]
    for wrong in (0, 4):
        with yard.w.transaction(), pytest.raises(stops.StopUnknown):
            stops.move_stop(load.id, wrong, 1, by=yard.by)


def test_stops_close_up_where_an_order_was_taken_off(yard: Yard) -> None:
    load, _ = three(yard)
    with yard.w.transaction():
        changes.take_off(load.id, "SO-2", by=yard.by)
        stops.move_stop(load.id, 2, -1, by=yard.by)
    assert turn(yard, load) == [(1, "SO-3"), (2, "SO-1")]
    assert len(yard.fresh(load).stops) == 2


def test_an_order_is_delivered_at_another_stop_or_at_one_of_its_own(yard: Yard) -> None:
    load, _ = three(yard)
    with yard.w.transaction():
        stops.move_order(load.id, "SO-3", stop=1, by=yard.by)
    assert turn(yard, load) == [(1, "SO-1"), (1, "SO-3"), (2, "SO-2")]
    with yard.w.transaction():
        stops.move_order(load.id, "so-1", by=yard.by)
    assert turn(yard, load) == [(1, "SO-3"), (2, "SO-2"), (3, "SO-1")]
    with yard.w.transaction(), pytest.raises(stops.StopUnknown):
        stops.move_order(load.id, "SO-1", stop=7, by=yard.by)
    with yard.w.transaction(), pytest.raises(lifecycle.OrderUnknown):
        stops.move_order(load.id, "SO-9", by=yard.by)


def test_an_order_goes_on_another_load_unless_it_is_on_board_or_too_much(yard: Yard) -> None:
    heavy(yard)
    load, cartons = three(yard)
    yard.packed("SO-4", APPLE=1)
    other = yard.plan("SO-4", capacity=Capacity(max_weight_grams=20_000))
    yard.load(load, cartons[2])
    with yard.w.transaction(), pytest.raises(changes.StillOnBoard):
        stops.change_load(load.id, "SO-3", other.number, by=yard.by)
    with yard.w.transaction():
        stops.change_load(load.id, "SO-1", other.number.lower(), by=yard.by)
    assert turn(yard, load) == [(1, "SO-2"), (2, "SO-3")]
    assert turn(yard, other) == [(1, "SO-4"), (2, "SO-1")]
    with pytest.raises(carrying.OverCapacity), yard.w.transaction():
        stops.change_load(load.id, "SO-2", other.number, by=yard.by)
    assert turn(yard, load) == [(1, "SO-2"), (2, "SO-3")], "and nothing half done"
    with yard.w.transaction(), pytest.raises(loads.LoadUnknown):
        stops.change_load(load.id, "SO-2", "L-9", by=yard.by)


def test_an_order_is_split_off_onto_a_load_of_its_own_at_the_same_door(yard: Yard) -> None:
    yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2", door="DOOR-2")
    with yard.w.transaction():
        own = stops.split_off(load.id, "SO-1", by=yard.by)
    assert (turn(yard, own), yard.fresh(own).door_id) == ([(1, "SO-1")], load.door_id)
    assert turn(yard, load) == [(1, "SO-2")]


def test_a_closed_load_keeps_its_stops(yard: Yard) -> None:
    load, cartons = three(yard)
    yard.load(load, *cartons)
    yard.close(load)
    with yard.w.transaction(), pytest.raises(loads.LoadIsClosed):
        stops.move_stop(load.id, 1, 1, by=yard.by)


def test_the_dispatcher_moves_stops_and_orders_at_the_desk(yard: Yard, client: Client) -> None:
    load, _ = three(yard)
    desk, page = Desk(client, Role.DISPATCHER), f"/loads/{load.number}"
    assert "Move an order" in desk.get(page)
    desk.post(page + "/change", do="later", stop="1")
    assert turn(yard, load)[0] == (1, "SO-2")
    desk.post(page + "/change", do="earlier", stop="3")
    desk.post(page + "/change", do="move", order="SO-3", to="stop-1")
    assert [stop for stop, _ in turn(yard, load)] == [1, 1, 2]
    desk.post(page + "/change", do="move", order="SO-3", to="")
    desk.post(page + "/change", do="move", order="SO-3", to="new")
    assert "SO-3 is on L-10002" in desk.get(page)
    desk.post(page + "/change", do="move", order="SO-1", to="L-10002")
    assert "SO-1 is on L-10002" in desk.get(page)
    for nonsense in ({"stop": "x"}, {"stop": "-1"}, {"stop": "99999999999"}, {}):
        desk.post(page + "/change", do="later", **nonsense)
    for nonsense in ({"to": "L-9", "order": "SO-2"}, {"to": "stop-x", "order": "SO-9"}, {"to": "stop-9", "order": "SO-2"}, {}):
        desk.post(page + "/change", do="move", **nonsense)
    assert turn(yard, load) == [(1, "SO-2")]
