"""Loads are built in one action: by route, due day, priority and size, shown first, booked as shown, all or none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http import Api, Client
from tests.shipping.conftest import Yard
from tests.shipping.test_carrying import vehicle
from tests.web.desk import Desk
from wms import clock
from wms.actor import Role
from wms.catalog.models import Temperature
from wms.db import session
from wms.shipping import building, carrying, fleet, loads, queries, routes, sharing
from wms.shipping.building import Plan, Proposal, Wanted
from wms.shipping.carrying import Measure
from wms.shipping.fleet import Capacity
from wms.shipping.loads import Stop
from wms.shipping.models import Load
from wms.shipping.routes import Area
from wms.shipping.sharing import Freight, Truck, share_out

TONNE = 1_000_000


def freight(number: str, kilos: int = 100, **facts: Any) -> Freight:
    place = facts.pop("at", number)
    usual = {
        "order_id": int(number[3:]),
        "route_id": 1,
        "region": "",
        "carrier_id": None,
        "due_on": None,
        "priority": 0,
        "delivery": (place,),
        "address": (place,),
        "stop": place,
        "measure": Measure(kilos * 1000),
    }
    return Freight(number=number, **{**usual, **facts})


def truck(code: str, kilos: int | None, **facts: Any) -> Truck:
    return Truck(code, Capacity(kilos and kilos * 1000, **facts.pop("limits", {})), **facts)


def told(shared: sharing.Shared) -> tuple[dict[str | None, list[str]], dict[str, str]]:
    """Orders by truck in delivery order; what is left, with why."""
    filled = {one.truck.code: [number for _, orders in one.stops() for number in orders] for one in shared.filled}
    return filled, {one.freight.number: one.why.say("en") for one in shared.left}


# -- the sharing out, from plain values --------------------------------------------------------------------------------


def test_large_orders_are_put_on_before_small_ones() -> None:
    """In the order in which they came, three trucks would be needed."""
    goods = [freight("SO-1", 300), freight("SO-2", 600), freight("SO-3", 700), freight("SO-4", 400)]
    filled, left = told(share_out(goods, [truck("A", 1000), truck("B", 1000), truck("C", 1000)]))
    assert sorted(filled.values()) == [["SO-1", "SO-3"], ["SO-2", "SO-4"]]
    assert left == {}


def test_what_is_due_first_goes_first_and_then_by_priority() -> None:
    today = dt.date(2026, 11, 22)
    goods = [freight("SO-1", 800), freight("SO-2", 300, due_on=today), freight("SO-3", 800, due_on=today, priority=9)]
    filled, left = told(share_out(goods, [truck("A", 1000)]))
    assert filled == {"A": ["SO-3"]}
    assert left == {"SO-2": "The chosen trucks are full or go elsewhere", "SO-1": "The chosen trucks are full or go elsewhere"}


def test_each_route_has_its_trucks_and_the_most_urgent_route_chooses_first() -> None:
    goods = [freight("SO-1", route_id=1), freight("SO-2", route_id=2, due_on=dt.date(2026, 11, 22)), freight("SO-3", route_id=1)]
    filled, left = told(share_out(goods, [truck("A", 1000)]))
    assert filled == {"A": ["SO-2"]}
    assert set(left) == {"SO-1", "SO-3"}


def test_the_smallest_truck_that_takes_all_of_it_is_taken() -> None:
    goods = [freight("SO-1", 300), freight("SO-2", 300)]
    filled, _ = told(share_out(goods, [truck("LARGE", 9000), truck("SMALL", 500), truck("RIGHT", 700)]))
    assert filled == {"RIGHT": ["SO-1", "SO-2"]}


def test_orders_to_one_address_stay_together_unless_no_truck_takes_them_whole() -> None:
    goods = [freight("SO-1", 400, at="x"), freight("SO-2", 500), freight("SO-3", 500, at="x")]
    shared = share_out(goods, [truck("A", 1000), truck("B", 1000)])
    assert sorted(one.stops()[0][1] for one in shared.filled) == [["SO-1", "SO-3"], ["SO-2"]]
    goods = [freight("SO-1", 700, at="x"), freight("SO-3", 700, at="x")]
    assert len(share_out(goods, [truck("A", 1000), truck("B", 1000)]).filled) == 2


def test_what_goes_on_no_truck_is_listed_with_why() -> None:
    chilled = frozenset({Temperature.CHILLED})
    goods = [
        freight("SO-1", 1240),
        freight("SO-2", cold=chilled),
        freight("SO-3", carrier_id=7),
        freight("SO-4", 900),
        freight("SO-5", 900),
    ]
    trucks = [truck("A", 1000, limits={"temperature": Temperature.AMBIENT}, carrier_id=3)]
    _, left = told(share_out(goods, trucks))
    assert left == {
        "SO-1": "More than any of these trucks takes: 1,240 kg of 1,000 kg",
        "SO-2": "None of these trucks is kept Chilled",
        "SO-3": "None of these trucks is its carrier's",
        "SO-5": "The chosen trucks are full or go elsewhere",
    }


def test_without_trucks_each_route_is_a_load_without_limits() -> None:
    goods = [freight("SO-1", 9999), freight("SO-2", route_id=None, region="河南"), freight("SO-3", route_id=None, region="上海")]
    assert [one.truck.code for one in share_out(goods, []).filled] == [None, None, None]


LOTS = st.lists(st.tuples(st.integers(1, 1500), st.integers(1, 3), st.integers(0, 4), st.integers(0, 9), st.integers(1, 6)), max_size=25)


@given(LOTS, st.lists(st.integers(100, 2000), max_size=6))
@settings(deadline=None)
def test_nothing_is_lost_doubled_overloaded_or_needlessly_left(lots: list[tuple[int, ...]], sizes: list[int]) -> None:
    goods = [
        freight(f"SO-{place}", kilos, route_id=route, due_on=dt.date(2026, 1, 1 + day), priority=priority, at=str(address))
        for place, (kilos, route, day, priority, address) in enumerate(lots, start=1)
    ]
    trucks = [truck(f"T{place}", kilos) for place, kilos in enumerate(sizes)]
    shared = share_out(goods, trucks)
    seen = [one.number for truck_ in shared.filled for one in truck_.freight] + [one.freight.number for one in shared.left]
    assert sorted(seen) == sorted(one.number for one in goods)
    for one in shared.filled:
        assert carrying.excess(one.truck.capacity, one.measure) is None
        assert len({each.route_id for each in one.freight}) == 1
    for one in shared.left:
        assert not any(filled.freight[0].route_id == one.freight.route_id and filled.takes([one.freight]) for filled in shared.filled)
        assert not any(sharing.Filled(free).takes([one.freight]) for free in shared.unused)


# -- in the house ------------------------------------------------------------------------------------------------------


def ready(yard: Yard, number: str, city: str, **facts: Any) -> str:
    to = {"name": facts.pop("name", number), "city": city, "region": "河南", "street": "1", "country": "CN"}
    return yard.packed(number, APPLE=facts.pop("pieces", 1), ship_to=to, **facts)


@pytest.fixture
def west(yard: Yard) -> Yard:
    yard.w.product("APPLE", weight_grams=100_000)
    with yard.w.transaction():
        routes.put_route("WEST", name="西线", areas=[Area(city="洛阳"), Area(city="三门峡"), Area(region="陕西")])
    return yard


def proposed(yard: Yard, *vehicles: str, **facts: Any) -> Proposal:
    session.rollback()
    return building.propose(Wanted(vehicles=vehicles, **facts), by=yard.by)


def built(yard: Yard, found: Proposal) -> list[Load]:
    with yard.w.transaction():
        return building.book([one.plan for one in found.loads], by=yard.by)


def test_orders_go_on_the_trucks_of_their_route_with_stops_in_delivery_order(west: Yard) -> None:
    ready(west, "SO-1", "三门峡市")
    ready(west, "SO-2", "洛阳")
    ready(west, "SO-3", "南阳")
    vehicle(west, "V-1", plate="P-1", max_weight_grams=TONNE)
    vehicle(west, "V-2", plate="P-2", max_weight_grams=TONNE)
    found = proposed(west, "V-1", "v-2")
    assert [(one.name, one.plan.route, one.plan.orders) for one in found.loads] == [
        ("西线", "WEST", ("SO-2", "SO-1")),
        ("河南", None, ("SO-3",)),
    ]
    assert session.execute(sa.select(sa.func.count()).select_from(Load)).scalar_one() == 0, "nothing is booked by looking"
    first, second = built(west, found)
    assert [one["name"] for one in first.stops] == ["洛阳 SO-2", "三门峡市 SO-1"]
    assert (first.plate, second.plate, first.route_id) == ("P-1", "P-2", routes.find_route("west").id)
    assert proposed(west, "V-1").loads == ()


def test_only_what_is_asked_for_goes(west: Yard) -> None:
    soon, late = clock.now() + dt.timedelta(hours=1), clock.now() + dt.timedelta(days=9)
    west.w.partner("SWIFT", kind="carrier")
    ready(west, "SO-1", "洛阳", due_at=soon)
    ready(west, "SO-2", "洛阳", due_at=late)
    ready(west, "SO-3", "南阳", carrier="SWIFT")

    def numbers(**facts: Any) -> list[str]:
        return sorted(number for one in proposed(west, **facts).loads for number in one.plan.orders)

    assert numbers() == ["SO-1", "SO-2", "SO-3"]
    assert numbers(due_before=clock.now() + dt.timedelta(days=1)) == ["SO-1"]
    assert numbers(route="west") == ["SO-1", "SO-2"]
    assert numbers(carrier="swift") == ["SO-3"]
    assert numbers(region="河南省") == ["SO-1", "SO-2", "SO-3"]
    assert numbers(region="上海") == []
    with pytest.raises(routes.RouteUnknown):
        proposed(west, route="NOWHERE")
    with pytest.raises(fleet.VehicleUnknown):
        proposed(west, "V-9")
    vehicle(west, "V-1")
    with pytest.raises(building.VehicleTwice):
        proposed(west, "V-1", "v-1")


def test_what_does_not_fit_is_left_with_why_and_the_rest_is_booked(west: Yard) -> None:
    ready(west, "SO-1", "洛阳", pieces=13)
    ready(west, "SO-2", "洛阳", pieces=2)
    vehicle(west, "V-1", plate="P-1", max_weight_grams=TONNE)
    found = proposed(west, "V-1")
    left = [(one.freight.number, one.why.say("zh_CN")) for one in found.left]
    assert left == [("SO-1", "超出所选车辆的装载能力：1,300 kg，限载 1,000 kg")]
    assert queries.load_view(built(west, found)[0], west.by).shipments[0].order == "SO-2"


def test_all_of_the_loads_are_booked_or_none(west: Yard) -> None:
    """While the dispatcher looked, a colleague planned one of the orders."""
    ready(west, "SO-1", "洛阳")
    ready(west, "SO-2", "南阳")
    found = proposed(west)
    assert len(found.loads) == 2
    west.plan("SO-2")
    with pytest.raises(loads.OrderOnLoad, match="SO-2"):
        built(west, found)
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Load)).scalar_one() == 1
    with west.w.transaction(), pytest.raises(building.NothingReady):
        building.book([], by=west.by)


def test_a_route_that_says_most_of_an_address_serves_it(west: Yard) -> None:
    with west.w.transaction():
        routes.put_route("ALL", name="All", areas=[Area(region="河南")])
        routes.put_route("POST", name="Post", areas=[Area(postcode="4720 0")])
    known = routes.Map()
    codes = [
        known.routes[route].code if (route := known.of(address)[0]) else None
        for address in (
            {"region": "河南省", "city": "南阳"},
            {"region": "河南", "city": "洛阳市"},
            {"region": "河南", "city": "洛阳", "postcode": "472001"},
            {"city": "Berlin"},
        )
    ]
    assert codes == ["ALL", "WEST", "POST", None]


def test_the_dispatcher_looks_and_books_at_the_desk(west: Yard, client: Client) -> None:
    desk = Desk(client, Role.DISPATCHER)
    assert "How it works" in desk.get("/loads/build")
    assert "No order is ready" in desk.get("/loads/build?propose=1")
    ready(west, "SO-1", "洛阳", pieces=2)
    ready(west, "SO-2", "南阳", pieces=20)
    vehicle(west, "V-1", plate="P-1", max_weight_grams=TONNE)
    shown = desk.get("/loads/build?propose=1&vehicle=V-1&door=DOOR-2")
    assert "西线" in shown
    assert "More than any of these trucks takes: 2,000 kg of 1,000 kg" in shown
    plans = shown.split('name="plans" value="')[1].split('"')[0].replace("&#34;", '"')
    desk.post("/loads/build", plans=plans, door="DOOR-2", once="k")
    assert "1 load planned: L-10001" in desk.get("/loads?status=open")
    desk.post("/loads/build", plans=plans, door="DOOR-2", once="k")
    desk.post("/loads/build", plans=plans, door="DOOR-2", once="other", back="/loads/build?propose=1")
    assert "is on load L-10001 already" in desk.get("/loads/build?propose=1")
    for nonsense in ("", "{", "[]", "[{}]", '[{"stops": [{"orders": ["SO-9"]}]}]', "[1]"):
        desk.post("/loads/build", plans=nonsense, back="https://elsewhere.example/")
        assert desk.last.headers["Location"] == "/loads/build"
    for odd in (
        "due=tomorrow",
        "route=NO",
        "carrier=NO",
        "vehicle=NO",
        "door=A-01",
        "vehicle=V-1&vehicle=V-1",
        "due=9999-12-31",
    ):
        assert desk.get(f"/loads/build?propose=1&{odd}")


def test_loads_are_proposed_and_built_over_the_api(west: Yard, api: Api) -> None:
    ready(west, "SO-1", "洛阳", pieces=2)
    ready(west, "SO-2", "三门峡", pieces=20)
    vehicle(west, "V-1", plate="P-1", max_weight_grams=TONNE)
    vehicle(west, "V-2", plate="P-2", max_weight_grams=TONNE)
    found = api.post("/loads/propose", {"vehicles": ["V-1", "V-2"], "route": "WEST"})
    assert [(one["vehicle"], one["route"], one["weight_grams"]["planned"]) for one in found["loads"]] == [("V-1", "WEST", 200_000)]
    assert (found["left"][0]["order"], found["unused"]) == ("SO-2", ["V-2"])
    plans = [{name: one[name] for name in ("route", "vehicle", "stops")} for one in found["loads"]]
    made = api.post("/loads/build", {"loads": plans}, status=201)
    assert made["loads"][0]["stops"] == [{"stop": 1, "name": "洛阳 SO-1", "orders": ["SO-1"]}]
    assert api.post("/loads/build", {"loads": plans}, status=409)["code"] == "order_on_load"
    assert api.post("/loads/propose", {"due_before": "soon"}, status=422)
    assert api.post("/loads/build", {"loads": []}, status=422)
    assert Plan((Stop(("SO-1",)),)).orders == ("SO-1",)
