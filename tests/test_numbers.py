"""Numbers are never given twice."""

from tests.crowd import all_at_once
from wms import clock, db
from wms.db import session
from wms.numbers import document_number, document_numbers, next_in
from wms.stocktake.models import CountPlan


def test_numbers_follow_one_another(w):
    with w.transaction():
        assert [next_in("P"), next_in("P"), next_in("P")] == [1, 2, 3]


def test_each_series_counts_for_itself(w):
    with w.transaction():
        assert [next_in("P"), next_in("Q")] == [1, 1]


def test_a_block_of_numbers_is_taken_at_once(w):
    with w.transaction():
        assert [next_in("P", count=10), next_in("P"), next_in("P", count=2), next_in("P")] == [1, 11, 12, 14]


def test_a_document_is_numbered_in_its_kind(w):
    with w.transaction():
        assert [document_number("P"), document_number("P"), document_number("GRN")] == ["P-10001", "P-10002", "GRN-10001"]


def test_a_number_taken_in_vain_is_not_lost(w):
    try:
        with w.transaction():
            next_in("P")
            raise LookupError
    except LookupError:
        pass
    with w.transaction():
        assert next_in("P") == 1


def test_stations_that_ask_at_once_get_different_numbers(app, w):
    def take() -> int:
        with db.transaction():
            return next_in("P")

    assert sorted(all_at_once(app, [take] * 10)) == list(range(1, 11))


def test_a_series_steps_over_the_numbers_that_came_from_outside(w):
    for number in ("C-10001", "C-10002", "C-10004"):
        _count(w, number)
    with w.transaction():
        assert document_numbers("C", 3, CountPlan.number) == ["C-10003", "C-10005", "C-10006"]
        assert document_number("C", CountPlan.number) == "C-10007"


def test_a_long_run_of_numbers_from_outside_does_not_stop_a_series(w):
    with w.transaction():
        taken = [f"C-{10000 + one}" for one in range(1, 1203)]
        session.add_all([_plan(w, number) for number in taken])
    with w.transaction():
        assert document_number("C", CountPlan.number) == "C-11203"
        assert document_number("C", CountPlan.number) == "C-11204"


def _plan(w, number: str) -> CountPlan:
    facts = {"blind": True, "tolerance": 0, "status": "refused", "created_at": clock.now(), "by_id": w.by.id}
    facts |= {"ended_at": clock.now(), "ended_by_id": w.by.id}
    return CountPlan(site_id=w.site_id, number=number, **facts)


def _count(w, number: str) -> None:
    with w.transaction():
        session.add(_plan(w, number))
