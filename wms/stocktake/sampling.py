"""How many places a random sample needs, and what it says of all of them.

Size: W. G. Cochran, Sampling Techniques (3rd ed., 1977), ch. 4: n₀ = z² p (1 − p) / e², corrected for a finite population of N places to
n₀ / (1 + (n₀ − 1) / N). Result: the score interval of E. B. Wilson (1927), narrowed by the same correction; and for few places the exact
interval of C. J. Clopper and E. S. Pearson (1934), which is never too narrow. All without tables: the normal quantile is Python's own,
the beta distribution is summed as a continued fraction (the modified Lentz method).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

EXACT_UP_TO = 40
"""Below so many counted places the exact interval is told."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and between which shares the true one lies with the stated confidence; each between 0 and 1."""

    share: float
    low: float
    high: float


def size(population: int, *, confidence: float = 0.95, error: float = 0.05, expected: float = 0.5) -> int:
    """How many of a population are looked at so that a share is known within ± `error` with this confidence.

    `expected` is the share that is supposed; one half supposes nothing, and needs most.
    """
    if population <= 0:
        return 0
    if not (0 < confidence < 1 and 0 < error < 1 and 0 <= expected <= 1):
        raise ValueError((confidence, error, expected))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    endless = z * z * expected * (1 - expected) / (error * error)
    return max(1, min(population, math.ceil(round(endless / (1 + (endless - 1) / population), 9))))


def drawn(ids: Iterable[int], count: int, *, seed: str) -> list[int]:
    """So many of them by lot: whoever draws again with the same seed draws the same, and from more the same and some others."""

    def lot(one: int) -> bytes:
        return hashlib.blake2b(f"{seed}:{one}".encode(), digest_size=8).digest()

    return sorted(ids, key=lambda one: (lot(one), one))[:count]


def accuracy(hits: int, seen: int, population: int | None = None, *, confidence: float = 0.95) -> Interval | None:
    """What a sample says of the whole: the exact interval of few, the score interval of many; None where nothing was seen."""
    if seen <= 0:
        return None
    if population is not None and seen >= population:
        return Interval(hits / seen, hits / seen, hits / seen)  # nothing is left that nobody has looked at
    if seen <= EXACT_UP_TO:
        return clopper_pearson(hits, seen, confidence=confidence)
    return wilson(hits, seen, population, confidence=confidence)


def wilson(hits: int, seen: int, population: int | None = None, *, confidence: float = 0.95) -> Interval:
    """The score interval. A finite population counts as if correspondingly more had been seen: the variance is (N − n) / (N − 1) of it."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / seen
    weight = float(seen) if population is None else seen * (population - 1) / (population - seen)
    middle = (share + z * z / (2 * weight)) / (1 + z * z / weight)
    half = z * math.sqrt(share * (1 - share) / weight + z * z / (4 * weight * weight)) / (1 + z * z / weight)
    return Interval(share, 0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == seen else min(1.0, middle + half))


def clopper_pearson(hits: int, seen: int, *, confidence: float = 0.95) -> Interval:
    """The exact interval: quantiles of beta distributions."""
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _beta_quantile(tail, hits, seen - hits + 1)
    high = 1.0 if hits == seen else _beta_quantile(1 - tail, hits + 1, seen - hits)
    return Interval(hits / seen, low, high)


def _beta_quantile(wanted: float, a: int, b: int) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function: how likely a beta-distributed share is at most x."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side only
        return 1 - beta_below(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 500):
        for step in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 + step * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + step / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
