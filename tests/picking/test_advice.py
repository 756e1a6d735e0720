"""A wave is searched for before it is booked: limits of carts are kept, nothing is lost, nobody waits for it."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http import Api
from tests.picking.conftest import Hall
from wms.app import Application
from wms.db import session, table_of
from wms.picking import advice, cart_kinds, queries
from wms.picking.advice import Advice, MethodUnfit, advise
from wms.picking.cart_kinds import CartFacts, CartInUse, CartUnknown
from wms.picking.choosing import Choice
from wms.picking.grouping import Room, fits
from wms.picking.models import Method, PickList, Wave
from wms.picking.waves import Planned
from wms.stock.models import Reservation

SKUS = ("APPLE", "PEAR", "PLUM", "FIG")
BINS = ("A-01", "A-05", "B-01", "B-05")


def cart(hall: Hall, code: str = "C-4", **facts: Any) -> None:
    with hall.w.transaction():
        cart_kinds.put(code, CartFacts(**{"positions": 4, **facts}), by=hall.by)


def stocked(hall: Hall, quantity: int = 1000, **facts: Any) -> None:
    for sku, place in zip(SKUS, BINS, strict=True):
        hall.w.product(sku, **facts)
        hall.put(sku, quantity, place)


def advice_for(hall: Hall, *numbers: str, seconds: float = 20, **facts: Any) -> Advice:
    return advise(Choice(tuple(numbers) or None), budget_seconds=seconds, by=hall.by, **facts)


def lists(planned: Planned) -> list[list[str]]:
    return [queries.list_view(one).orders for one in planned.pick_lists]


def test_advice_books_nothing(hall: Hall) -> None:
    stocked(hall)
    hall.release("SO-1", ("APPLE", 2), ("FIG", 1))
    advice = advice_for(hall, method=Method.CLUSTER)
    assert (advice.orders, advice.lines, advice.pieces) == (("SO-1",), 2, 3)
    assert advice.metres == advice.metres_shortest
    assert advice.seconds > 0
    assert (hall.lines("SO-1", "promised"), hall.w.reserved("APPLE")) == ([2, 1], 0)
    assert session.execute(sa.select(sa.func.count()).select_from(table_of(Wave))).scalar_one() == 0


def test_orders_that_lie_together_go_together(hall: Hall) -> None:
    stocked(hall)
    for number, sku in enumerate(("APPLE", "FIG") * 2):
        hall.release(f"SO-{number}", (sku, 1))
    cart(hall, positions=2)
    advice = advice_for(hall, method=Method.CLUSTER, cart="c-4")
    assert sorted(sorted({one.order for one in walk.goods}) for walk in advice.walks) == [["SO-0", "SO-2"], ["SO-1", "SO-3"]]
    assert advice.metres < advice.metres_first_come
    planned = hall.wave(method=Method.CLUSTER, cart="C-4", advice=advice)
    assert sorted(map(sorted, lists(planned))) == [["SO-0", "SO-2"], ["SO-1", "SO-3"]]
    assert planned.wave.cart_id == planned.pick_lists[0].cart_id is not None


def test_the_list_says_how_far_it_is_and_how_long_it_takes(hall: Hall) -> None:
    stocked(hall)
    hall.release("SO-1", *((sku, 1) for sku in SKUS))
    (one,) = hall.wave("SO-1", advice=advice_for(hall, "SO-1")).pick_lists
    assert one.metres_planned == one.metres_shortest
    assert one.metres_s_shape is not None
    assert one.metres_planned <= min(one.metres_s_shape, one.metres_by_name)
    assert one.seconds_planned == pytest.approx(one.metres_planned + 4 * 15 + 4 * 2, abs=1)


def test_an_order_that_is_too_much_for_a_cart_goes_on_several_and_nothing_is_lost(hall: Hall) -> None:
    stocked(hall, weight_grams=1000)
    cart(hall, positions=1, tote_weight_grams=10_000)
    hall.release("SO-1", *((sku, 6) for sku in SKUS))
    hall.release("SO-2", ("APPLE", 25))
    planned = hall.wave(method=Method.CLUSTER, cart="C-4", advice=advice_for(hall, method=Method.CLUSTER, cart="C-4"))
    views = [queries.list_view(one) for one in planned.pick_lists]
    assert sorted([line.quantity for line in view.lines] for view in views) == [[6], [6], [6], [6], [25]]


def test_a_whole_pallet_is_fetched_alone(hall: Hall) -> None:
    hall.w.product("APPLE")
    pallet = hall.w.unit("PAL-1", at="A-01")
    hall.put("APPLE", 40, "A-01", unit=pallet, age=9)
    hall.put("PEAR", 40, "B-01")
    hall.release("SO-1", ("APPLE", 40), ("PEAR", 1))
    planned = hall.wave(method=Method.CLUSTER, advice=advice_for(hall, method=Method.CLUSTER))
    assert sorted((one.method, len(queries.list_view(one).lines)) for one in planned.pick_lists) == [("cluster", 1), ("pallet", 1)]


def test_a_relay_goes_from_zone_to_zone_and_the_later_waits(hall: Hall) -> None:
    stocked(hall)
    hall.release("SO-1", ("APPLE", 2), ("FIG", 2))
    first, second = hall.wave(method=Method.ZONE, advice=advice_for(hall, method=Method.ZONE)).pick_lists
    assert second.follows_id == first.id
    assert sorted(str(one.zone) for one in (first, second)) == ["A", "B"]
    assert (hall.task_status(first.number), hall.task_status(second.number)) == ("open", "waiting")


def test_what_changed_meanwhile_is_dealt_out_as_it_is_now(hall: Hall) -> None:
    stocked(hall)
    for number, sku in enumerate(("APPLE", "FIG", "APPLE", "PEAR")):
        hall.release(f"SO-{number}", (sku, 2))
    cart(hall, positions=2)
    facts: dict[str, Any] = {"method": Method.CLUSTER, "cart": "C-4"}
    advice = advice_for(hall, **facts)
    hall.wave("SO-1")  # somebody planned it by itself
    hall.w.move("APPLE", 1000, "A-01", "B-03")  # its goods lie elsewhere now
    hall.release("SO-4", ("PLUM", 1))  # nobody knew of it
    planned = hall.wave(**facts, advice=advice)
    assert sorted(one for orders in lists(planned) for one in orders) == ["SO-0", "SO-2", "SO-3", "SO-4"]
    together = next(one for one in planned.pick_lists if "SO-0" in queries.list_view(one).orders)
    assert {line.location for line in queries.list_view(together).lines if line.sku == "APPLE"} == {"B-03"}
    assert together.metres_planned == together.metres_shortest


def test_advice_for_another_cart_is_not_used(hall: Hall) -> None:
    stocked(hall)
    hall.release("SO-1", ("APPLE", 1))
    hall.release("SO-2", ("APPLE", 1))
    cart(hall, "ONE", positions=1)
    advice = advice_for(hall, method=Method.CLUSTER)
    assert len(advice.walks) == 1
    assert len(hall.wave(method=Method.CLUSTER, cart="ONE", advice=advice).pick_lists) == 2


def test_it_says_what_is_missing_and_who_is_left_out(hall: Hall) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.w.receive("PEAR", 5)
    hall.release("SO-1", ("APPLE", 3), ("PEAR", 4))
    hall.release("SO-2", ("PEAR", 1))
    advice = advice_for(hall)
    assert [(lack.sku, lack.wanted, lack.missing) for lack in advice.shortages] == [("PEAR", 5, 5)]
    assert [(one.number, one.reason.say("en")) for one in advice.skipped] == [("SO-2", "Its goods are not in racks or pick faces")]


def test_a_wave_is_cut_by_carrier_region_zone_and_priority(hall: Hall) -> None:
    stocked(hall)
    hall.w.partner("SWIFT", kind="carrier")
    hall.release("SO-1", ("APPLE", 1), carrier="SWIFT", priority=5)
    hall.release("SO-2", ("FIG", 1), priority=2)

    def chosen(**cut: Any) -> tuple[str, ...]:
        return advise(Choice(**cut), budget_seconds=0, by=hall.by).orders

    assert chosen(carrier="swift") == ("SO-1",)
    assert chosen(priority=3) == ("SO-1",)
    assert chosen(zone="B") == chosen(zone=" b") == ("SO-2",)
    assert chosen(region="上海") == ("SO-1", "SO-2")
    assert chosen(region="洛阳") == ()


def test_whole_pallets_are_no_way_to_plan_and_an_unknown_cart_is_told(hall: Hall) -> None:
    with pytest.raises(MethodUnfit):
        advice_for(hall, method=Method.PALLET)
    with pytest.raises(CartUnknown):
        advice_for(hall, cart="NO-SUCH")


def test_a_cart_that_lists_were_planned_for_is_kept(hall: Hall) -> None:
    stocked(hall)
    cart(hall)
    cart(hall, "OTHER")
    hall.release("SO-1", ("APPLE", 1))
    hall.wave("SO-1", method=Method.CLUSTER, cart="C-4")
    with pytest.raises(CartInUse), hall.w.transaction():
        cart_kinds.remove("C-4", by=hall.by)
    with hall.w.transaction():
        cart_kinds.remove("other", by=hall.by)
    assert [one.code for one in cart_kinds.all_of(hall.w.site_id)] == ["C-4"]


def test_a_picker_is_not_kept_waiting_while_a_wave_is_searched(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(hall)
    for number in range(24):
        hall.release(f"SO-{number}", *((sku, 1 + number % 3) for sku in SKUS[: 1 + number % 4]))
    hall.release("NOW", *((sku, 1) for sku in SKUS))
    opened = hall.open(hall.list_of("NOW"))
    cart(hall)
    found: list[Advice] = []
    at_it, picked, deal_out = threading.Event(), threading.Event(), advice.deal_out

    def search_meanwhile(*args: Any) -> Any:
        at_it.set()
        assert picked.wait(60), "picked before the search ended"
        return deal_out(*args)

    def search() -> None:
        with app.app_context():
            found.append(advice_for(hall, method=Method.CLUSTER, cart="C-4", seconds=1.0))

    monkeypatch.setattr(advice, "deal_out", search_meanwhile)
    searching = threading.Thread(target=search)
    searching.start()
    assert at_it.wait(60)
    line: Any = opened.line
    while line is not None:
        line = hall.pick(opened, line).next
    assert searching.is_alive()
    picked.set()
    searching.join()
    hall.wave(method=Method.CLUSTER, cart="C-4", advice=found[0])
    assert hall.lines("SO-3", "reserved") == [1, 1, 1, 1]


def test_when_advice_fails_the_wave_is_planned_without(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(hall)
    hall.release("SO-1", ("APPLE", 1))

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of paper")

    monkeypatch.setattr("wms.picking.api.advise", fails)
    assert Api(app).post("/waves", {"orders": ["SO-1"]})["pick_lists"][0]["orders"] == ["SO-1"]


# -- every claim on exactly one list, every cart within its limits ---------------------------------------------------------


@st.composite
def _orders(draw: st.DrawFn) -> list[list[tuple[str, int]]]:
    line = st.tuples(st.sampled_from(SKUS), st.integers(1, 30))
    return draw(st.lists(st.lists(line, min_size=1, max_size=4, unique_by=lambda one: one[0]), min_size=1, max_size=6))


_numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    orders=_orders(),
    method=st.sampled_from([Method.SINGLE, Method.BATCH, Method.CLUSTER, Method.ZONE]),
    positions=st.integers(1, 4),
    grams=st.sampled_from([None, 3000, 9000]),
    most=st.sampled_from([None, 12_000]),
    meanwhile=st.sampled_from(["nothing", "planned", "moved", "no advice"]),
)
def test_every_claim_is_on_one_list_and_every_cart_within_its_limits(
    hall: Hall, orders: list[list[tuple[str, int]]], method: Method, positions: int, grams: int | None, most: int | None, meanwhile: str
) -> None:
    tag = next(_numbers)
    if not hall.w.stock("APPLE"):
        stocked(hall, 10**6, weight_grams=200)
    cart(hall, f"T-{tag}", positions=positions, tote_weight_grams=grams, max_weight_grams=most)
    names = [f"SO-{tag}-{number}" for number in range(len(orders))]
    for name, lines in zip(names, orders, strict=True):
        hall.release(name, *lines)
    facts: dict[str, Any] = {"method": method, "cart": f"T-{tag}"}
    advice = None if meanwhile == "no advice" else advise(Choice(tuple(names)), budget_seconds=0.05, by=hall.by, **facts)
    if meanwhile == "planned" and len(names) > 1:
        hall.wave(names.pop())
    elif meanwhile == "moved":
        here, there = ("A-01", "B-03") if hall.w.on_hand("APPLE", at="A-01") > hall.w.on_hand("APPLE", at="B-03") else ("B-03", "A-01")
        hall.w.move("APPLE", hall.w.free("APPLE", at=here), here, there)
    planned = hall.wave(*names, **facts, advice=advice)
    tasks = {one.task_id: one for one in planned.pick_lists}
    claims = session.execute(
        sa.select(Reservation.order_line_id, Reservation.stock_id, Reservation.task_id, Reservation.sequence, Reservation.quantity)
        .where(Reservation.task_id.in_(tasks))
        .order_by(Reservation.task_id, Reservation.sequence)
    ).all()
    assert sum(claim.quantity for claim in claims) == sum(quantity for lines in orders[: len(names)] for _, quantity in lines)
    for task in tasks:
        mine = [claim.sequence for claim in claims if claim.task_id == task]
        assert mine == list(range(1, len(mine) + 1))
    from wms.picking.goods import Chosen, look_up

    room = Room(planned.wave.cart_id, positions, grams, None, most)
    for trip in _trips(planned.pick_lists):
        goods = look_up([Chosen(one.order_line_id, one.stock_id, one.quantity) for one in claims if one.task_id in trip])
        assert len(goods) == 1 or fits(goods, method, room)


def _trips(made: list[PickList]) -> list[set[int]]:
    trips: list[set[int]] = []
    for one in made:
        if one.follows_id is None:
            trips.append(set())
        trips[-1].add(one.task_id)
    return trips
