"""Goods are dealt out to those who want them: compared with a slow and simple way that takes one piece after another."""

from __future__ import annotations

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wms.orders import promising
from wms.orders.promising import Demand, Part, Supply

TODAY = dt.date(2026, 3, 1)


def day(offset: int) -> dt.date:
    return TODAY + dt.timedelta(days=offset)


def dealt(supplies: list[Supply], *demands: Demand[str]) -> dict[str, list[Part]]:
    return promising.deal(supplies, demands, TODAY)[0]


def test_what_is_here_goes_first_and_the_rest_comes_with_what_is_announced() -> None:
    here, soon, later = Supply(6, TODAY), Supply(4, day(3), "PO-1"), Supply(9, day(9), "PO-2")
    found = dealt([later, soon, here], Demand("A", 8))["A"]
    assert found == [Part(6, here), Part(2, soon)]
    assert promising.all_on(found) == day(3)


def test_who_comes_first_takes_first() -> None:
    found = dealt([Supply(5, TODAY), Supply(5, day(2), "PO-1")], Demand("first", 4), Demand("second", 4))
    assert [promising.all_on(found[name]) for name in ("first", "second")] == [TODAY, day(2)]


def test_without_a_day_nobody_is_told_one() -> None:
    found = dealt([Supply(5, None, "PO-1")], Demand("A", 5), Demand("B", 1))
    assert promising.all_on(found["A"]) is None
    assert found["A"][0].supply == Supply(5, None, "PO-1")
    assert found["B"] == [Part(1, None)]


def test_what_will_have_too_little_life_on_the_day_is_left_to_others() -> None:
    short, long = Supply(5, TODAY, expires_on=day(20)), Supply(5, day(4), "PO-1", expires_on=day(90))
    found = dealt([short, long], Demand("picky", 2, days=30), Demand("any", 7))
    assert found["picky"] == [Part(2, long)]
    assert found["any"] == [Part(5, short), Part(2, long)]


def test_what_is_left_is_told_by_day() -> None:
    left = promising.deal([Supply(5, TODAY), Supply(4, day(3)), Supply(1, day(3)), Supply(7, None)], [Demand("A", 2)], TODAY)[1]
    assert promising.by_day(left) == {TODAY: 3, day(3): 8}


days = st.one_of(st.none(), st.integers(0, 6).map(day))
supplies = st.lists(
    st.builds(Supply, st.integers(0, 6), days, st.sampled_from([None, "P1", "P2"]), st.sampled_from([None, "L1", "L2"]), days), max_size=6
)
wishes = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, "L1", "L2"]), st.integers(0, 4)), max_size=6)


def one_by_one(goods: list[Supply], demands: list[Demand[int]]) -> list[list[dt.date | None]]:
    """The day of every piece of every demand: each piece in its turn takes the best that is left of all pieces there are."""
    pieces = [one for one in goods for _ in range(one.quantity)]
    told = []
    for demand in demands:
        got: list[dt.date | None] = []
        for _ in range(demand.quantity):
            fit = [one for one in pieces if promising.suits(one, demand, TODAY)]
            if not fit:
                got.append(None)
                continue
            best = min(fit, key=lambda one: (one.on or dt.date.max, one.expires_on or dt.date.max, one.source or ""))
            pieces.remove(best)
            got.append(best.on)
        told.append(got)
    return told


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(supplies, wishes)
def test_it_deals_as_one_would_piece_by_piece(goods: list[Supply], wanted: list[tuple[int, str | None, int]]) -> None:
    demands = [Demand(place, *one) for place, one in enumerate(wanted)]
    found, left = promising.deal(goods, demands, TODAY)
    days_told = [[part.on for part in found[one.key] for _ in range(part.quantity)] for one in demands]
    assert days_told == one_by_one(goods, demands)
    given_away = sum(part.quantity for parts in found.values() for part in parts if part.supply)
    assert given_away + sum(one.quantity for one in left) == sum(one.quantity for one in goods), "no piece is lost or made"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(supplies, wishes, st.integers(1, 9))
def test_who_comes_later_changes_nothing_for_who_came_before(
    goods: list[Supply], wanted: list[tuple[int, str | None, int]], more: int
) -> None:
    demands = [Demand(place, *one) for place, one in enumerate(wanted)]
    before = promising.deal(goods, demands, TODAY)[0]
    after = promising.deal(goods, [*demands, Demand(-1, more)], TODAY)[0]
    assert {key: after[key] for key in before} == before
