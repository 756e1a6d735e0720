"""What is counted on a day, so that the whole is met by the end of the period."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from wms.stocktake import quota

MONDAY = dt.date(2026, 11, 2)
WEEK = {0, 1, 2, 3, 4}


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


def test_a_period_follows_the_other() -> None:
    assert quota.period(MONDAY, 30, day(0)) == (MONDAY, day(29))
    assert quota.period(MONDAY, 30, day(29)) == (MONDAY, day(29))
    assert quota.period(MONDAY, 30, day(30)) == (day(30), day(59))
    assert quota.period(MONDAY, 30, day(-5)) == (MONDAY, day(29))


def test_only_working_days_count() -> None:
    assert quota.working_days(day(0), day(13), WEEK) == 10
    assert quota.working_days(day(5), day(6), WEEK) == 0
    assert quota.working_days(day(4), day(7), WEEK) == 2
    assert quota.working_days(day(4), day(3), WEEK) == 0


def test_a_day_takes_its_part_of_what_is_left() -> None:
    assert quota.today(100, day(0), day(13), WEEK) == 10
    assert quota.today(95, day(0), day(13), WEEK) == 10
    assert quota.today(100, day(5), day(13), WEEK) == 0  # Saturday
    assert quota.today(7, day(11), day(13), WEEK) == 7  # the last working day
    assert quota.today(0, day(0), day(13), WEEK) == 0


@given(st.integers(0, 3000), st.integers(1, 100), st.sets(st.integers(0, 6), min_size=1), st.data())
def test_whatever_is_done_of_each_day_the_rest_is_met_by_the_last(whole: int, days: int, weekdays: set[int], data: st.DataObject) -> None:
    """What one day leaves undone, those after it take over: on the last working day everything that is left is asked for."""
    first, last = MONDAY, day(days - 1)
    left, asked = whole, 0
    worked = [day(number) for number in range(days) if day(number).weekday() in weekdays]
    for one in worked:
        asked = quota.today(left, one, last, weekdays)
        assert 0 <= asked <= left
        if one == worked[-1]:
            assert asked == left
        left -= data.draw(st.integers(0, asked)) if data.draw(st.booleans()) else asked
    assert quota.working_days(first, last, weekdays) == len(worked)


def test_who_does_each_day_its_part_is_never_asked_for_much_more_on_another() -> None:
    left, asked = 1000, []
    for number in range(28):
        today = quota.today(left, day(number), day(27), WEEK)
        asked.append(today)
        left -= today
    assert left == 0
    assert {one for one in asked if one} == {50}


@given(st.integers(0, 200), st.integers(0, 5))
def test_a_walk_is_cut_into_nearly_equal_pieces(many: int, hands: int) -> None:
    parts = quota.dealt(range(many), hands)
    assert len(parts) == hands
    if hands:
        assert [one for part in parts for one in part] == list(range(many))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
