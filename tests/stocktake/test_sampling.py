"""How large a sample is, and what it says: against published values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.stocktake import sampling


@pytest.mark.parametrize(
    ("population", "confidence", "error", "expected", "wanted"),
    [
        (10**12, 0.95, 0.05, 0.5, 385),  # the sample size everybody knows
        (10**12, 0.95, 0.03, 0.5, 1068),
        (10**12, 0.99, 0.05, 0.5, 664),
        (1000, 0.95, 0.05, 0.5, 278),  # Krejcie and Morgan's table, 1970
        (10_000, 0.95, 0.05, 0.5, 370),
        (50_000, 0.95, 0.05, 0.5, 382),
        (50_000, 0.95, 0.02, 0.95, 453),
        (10, 0.95, 0.05, 0.5, 10),
        (1, 0.95, 0.05, 0.5, 1),
        (0, 0.95, 0.05, 0.5, 0),
    ],
)
def test_the_size_is_the_published_one(population: int, confidence: float, error: float, expected: float, wanted: int) -> None:
    assert sampling.size(population, confidence=confidence, error=error, expected=expected) == wanted


def test_a_size_is_asked_for_with_sense() -> None:
    for wrong in ({"confidence": 1.0}, {"error": 0.0}, {"expected": 1.5}):
        with pytest.raises(ValueError, match=r"\("):
            sampling.size(100, **wrong)


# R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
@pytest.mark.parametrize(
    ("hits", "seen", "score", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_the_intervals_are_the_published_ones(hits: int, seen: int, score: tuple[float, float], exact: tuple[float, float]) -> None:
    found = sampling.wilson(hits, seen)
    assert (round(found.low, 4), round(found.high, 4)) == score
    found = sampling.clopper_pearson(hits, seen)
    assert (round(found.low, 4), round(found.high, 4)) == exact


def test_who_has_looked_at_everything_knows_it() -> None:
    assert sampling.accuracy(9, 10, 10) == sampling.Interval(0.9, 0.9, 0.9)
    assert sampling.accuracy(0, 0, 10) is None


def test_of_a_finite_population_more_is_known() -> None:
    endless, finite = sampling.wilson(190, 200), sampling.wilson(190, 200, 400)
    assert endless.low < finite.low < 0.95 < finite.high < endless.high


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_the_exact_one_is_no_narrower_at_its_ends(case: tuple[int, int]) -> None:
    hits, seen = case
    for found in (sampling.wilson(hits, seen), sampling.clopper_pearson(hits, seen)):
        assert 0 <= found.low <= found.share <= found.high <= 1


@pytest.mark.parametrize(("x", "a", "b"), [(0.3, 2, 5), (0.9, 30, 4), (0.5, 1, 1), (0.01, 3, 200)])
def test_the_beta_distribution_is_the_binomial_sum(x: float, a: int, b: int) -> None:
    import math

    n = a + b - 1
    summed = sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert sampling.beta_below(x, a, b) == pytest.approx(summed, abs=1e-12)


def test_a_lot_is_drawn_again_alike_and_from_more_the_same_and_others() -> None:
    first = sampling.drawn(range(1000), 50, seed="7:2026-11")
    assert first == sampling.drawn(reversed(range(1000)), 50, seed="7:2026-11")
    assert first != sampling.drawn(range(1000), 50, seed="7:2026-12")
    assert len(set(first) - set(sampling.drawn(range(1100), 60, seed="7:2026-11"))) <= 10
    assert len(set(first)) == 50
