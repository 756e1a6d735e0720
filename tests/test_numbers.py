"""Numbers are never given twice."""

from tests.crowd import all_at_once
from wms import db
from wms.numbers import document_number, next_in


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
