"""ABC classes by cumulative share, which do not flutter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wms.stocktake.pareto import Limits, classify


def letters(turnover: dict[str, int], limits: Limits = Limits(), **held: str) -> str:  # noqa: B008
    found = classify(turnover, limits, held)
    return "".join(found[key].letter for key in turnover)


def test_the_few_that_make_up_most_are_a() -> None:
    # The shares before each: 0, 50, 75, 86, 95, 98 percent.
    assert letters({"a": 50, "b": 25, "c": 11, "d": 9, "e": 3, "f": 2}) == "AAABCC"


def test_the_largest_is_a_even_where_it_makes_up_nearly_everything() -> None:
    assert letters({"a": 99, "b": 1}) == "AC"


def test_what_turned_over_nothing_is_c_whatever_it_was() -> None:
    assert letters({"a": 10, "b": 0, "c": 0}, b="A") == "ACC"
    assert letters({"a": 0, "b": 0}, a="A") == "CC"
    assert classify({}) == {}


def test_products_that_turned_over_alike_are_in_one_class() -> None:
    assert letters(dict.fromkeys("abcdefghij", 10)) == "A" * 10


def test_a_product_at_the_limit_keeps_its_class_until_it_is_past_it_by_the_margin() -> None:
    limits = Limits(80, 95, 2)
    just_past = {"a": 81, "b": 10, "c": 9}  # 81 percent lie before b
    assert letters(just_past, limits) == "ABB"
    assert letters(just_past, limits, b="A") == "AAB"
    well_past = {"a": 83, "b": 10, "c": 7}
    assert letters(well_past, limits, b="A") == "ABB"
    just_within = {"a": 79, "b": 12, "c": 9}
    assert letters(just_within, limits) == "AAB"
    assert letters(just_within, limits, b="B") == "ABB"
    well_within = {"a": 77, "b": 14, "c": 9}
    assert letters(well_within, limits, b="B") == "AAB"


@given(st.dictionaries(st.integers(0, 50), st.integers(0, 1000), max_size=40), st.dictionaries(st.integers(0, 50), st.sampled_from("ABC")))
def test_classified_again_with_the_classes_they_have_nothing_changes(turnover: dict[int, int], held: dict[int, str]) -> None:
    once = classify(turnover, held=held)
    again = classify(turnover, held={key: one.letter for key, one in once.items()})
    assert {key: one.letter for key, one in once.items()} == {key: one.letter for key, one in again.items()}


@given(st.dictionaries(st.integers(), st.integers(0, 1000), min_size=1, max_size=40))
def test_without_classes_held_none_that_turned_over_more_is_in_a_lower_class(turnover: dict[int, int]) -> None:
    found = classify(turnover)
    ranked = sorted(turnover, key=lambda key: -turnover[key])
    assert [found[key].letter for key in ranked] == sorted(found[key].letter for key in ranked)
