"""The loading board: how far each truck is, how fast, when it will be done, and which is late."""

from __future__ import annotations

import datetime as dt

from time_machine import travel

from tests.http import Client
from tests.shipping.conftest import Yard
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.db import session
from wms.shipping import board, routes
from wms.shipping.board import Loading
from wms.shipping.fleet import Capacity
from wms.shipping.routes import Area
from wms.tasks.urgency import Lateness

NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


def rows(yard: Yard) -> dict[str, Loading]:
    session.rollback()
    return {one.row.number: one for one in board.board(yard.by)}


def packed_in_cartons(yard: Yard, number: str, count: int, **facts: object) -> list[str]:
    yard.picked(number, APPLE=count, **facts)
    codes = [yard.carton(number)]
    for place in range(count):
        yard.pack(number, "APPLE", 1, codes[-1])
        if place < count - 1:
            codes.append(yard.full(number, codes[-1]))
    return codes


def test_the_pace_of_a_truck_says_when_it_will_be_done(yard: Yard) -> None:
    with travel(NOON, tick=False):
        codes = packed_in_cartons(yard, "SO-1", 6, due_at=NOON + dt.timedelta(minutes=32))
        load = yard.plan("SO-1", capacity=Capacity(max_weight_grams=1_000_000))
        assert rows(yard)[load.number].rate is None
    for minute, code in enumerate(codes[:3]):
        with travel(NOON + dt.timedelta(minutes=10 * minute), tick=False):
            yard.load(load, code)
    with travel(NOON + dt.timedelta(minutes=20), tick=False):
        one = rows(yard)[load.number]
        assert (one.row.loaded, one.row.units, one.pace.lately) == (3, 6, 3)
        assert one.rate == 9
        assert one.done_at == NOON + dt.timedelta(minutes=40)
        assert one.lateness is Lateness.SOON, "at this pace it is done eight minutes late"
        assert one.still_since is None
    with travel(NOON + dt.timedelta(minutes=40), tick=False):
        one = rows(yard)[load.number]
        assert one.lateness is Lateness.OVERDUE
        assert one.still_since == NOON + dt.timedelta(minutes=20)


def test_late_trucks_come_first_and_a_routes_cut_off_counts(yard: Yard) -> None:
    with yard.w.transaction():
        route, _ = routes.put_route("WEST", name="West", areas=[Area(city="上海")], cut_off=clock.local(NOON).time())
    with travel(NOON + dt.timedelta(minutes=5), tick=False):
        yard.packed("SO-1", APPLE=1)
        yard.packed("SO-2", APPLE=1)
        easy, late = yard.plan("SO-1"), yard.plan("SO-2", route=route)
        found = rows(yard)
        assert list(found) == [late.number, easy.number]
        assert (found[late.number].lateness, found[easy.number].lateness) == (Lateness.OVERDUE, None)


def test_the_board_says_why_a_truck_waits(yard: Yard, client: Client) -> None:
    desk = Desk(client, Role.DISPATCHER)
    assert "No truck is being loaded." in desk.get("/loads/board")
    here = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1", capacity=Capacity(pallet_places=4))
    assert "A loader takes it next" in desk.get("/loads/board")
    yard.load(load, here)
    assert "Everything is on board: close it" in desk.get("/loads/board")
    yard.close(load)
    fragment = desk.get("/loads/board", **{"HX-Request": "true"})
    assert "The gate guard lets it out" in fragment
    assert "<html" not in fragment
    yard.picked("SO-2", APPLE=1)
    yard.plan("SO-2")
    assert "1 order not packed yet" in desk.get("/loads/board")
