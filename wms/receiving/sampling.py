"""How many pieces are drawn from a receipt, and how many defective ones among them make it fail.

The AQL plans are those of ISO 2859-1:1999 (GB/T 2828.1—2012), table 1 (code letters, general inspection level II) and table 2-A (single
sampling plans for normal inspection), for AQLs from 0.10 to 6.5 percent. The table has one shape for all of them: the plan that accepts no
defective piece stands at one code letter; an arrow down leads to it from the letters before, one up from the letter after; the next letter
points down to the plan that accepts one; and from there the acceptance numbers are 1, 2, 3, 5, 7, 10, 14, 21, letter by letter, the
last one also for all letters behind it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from wms.i18n import T, Text
from wms.receiving.models import Sampling

# Table 1, level II: up to so many pieces the code letter A, B, C, …; and what each letter draws.
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
LETTERS = "ABCDEFGHJKLMNPQ"
_DRAWN = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250)

# Table 2-A: the code letter at which no defective piece is accepted, by AQL in hundredths of a percent.
_NONE_AT = {10: "K", 15: "J", 25: "H", 40: "G", 65: "F", 100: "E", 150: "D", 250: "C", 400: "B", 650: "A"}
_ACCEPTED = (1, 2, 3, 5, 7, 10, 14, 21)  # from the third letter behind it on

AQLS = tuple(_NONE_AT)
"""The acceptance quality limits there are plans for, in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Draw so many; with so many defective ones it has failed."""

    size: int
    fails_from: int


def sample_of(quantity: int, sampling: Sampling, amount: int | None, *, allowed: int = 0) -> Sample:
    """What is drawn from so many pieces. `amount` is the number, the percentage, or the AQL in hundredths."""
    if sampling is Sampling.AQL:
        assert amount is not None
        size, accepted = aql_plan(quantity, amount)
        return Sample(min(size, quantity), accepted + 1)
    if sampling is Sampling.FIXED:
        size = amount or 1
    elif sampling is Sampling.PERCENT:
        size = -(-quantity * (amount or 100) // 100)
    elif sampling is Sampling.ROOT:
        size = math.isqrt(quantity - 1) + 1
    else:
        size = quantity
    return Sample(max(1, min(size, quantity)), allowed + 1)


def aql_plan(quantity: int, aql: int) -> tuple[int, int]:
    """The sample size and the acceptance number for a lot; a sample that is no smaller than the lot is the whole lot."""
    letter = bisect_left(_LOTS, quantity)
    none_at = LETTERS.index(_NONE_AT[aql])
    behind = letter - none_at
    if behind <= 1:
        return _DRAWN[none_at], 0
    step = min(max(behind, 3) - 3, len(_ACCEPTED) - 1)
    return _DRAWN[min(none_at + 3 + step, len(LETTERS) - 1)], _ACCEPTED[step]


def aql_text(aql: int) -> str:
    """0.40, 0.65, 1.0, 2.5: as the standard writes it."""
    return f"{aql / 100:.2f}" if aql < 100 else f"{aql / 100:.1f}"


def in_words(sampling: Sampling, amount: int | None, allowed: int) -> Text:
    """A way of drawing, as people say it."""
    if sampling is Sampling.AQL:
        return T("ISO 2859-1 single, level II, AQL {aql}", "GB/T 2828.1 一次抽样，水平 II，AQL {aql}", aql=aql_text(amount or 100))
    drawn = {
        Sampling.ALL: T("every piece", "全检"),
        Sampling.FIXED: T("{n} {n:piece/pieces}", "抽 {n} 件", n=amount),
        Sampling.PERCENT: T("{n} %", "抽 {n}%", n=amount),
        Sampling.ROOT: T("square root of the quantity", "抽数量的平方根"),
    }[sampling]
    if not allowed:
        return drawn
    return T("{drawn}, up to {allowed} defective allowed", "{drawn}，允许不合格 {allowed} 件", drawn=drawn, allowed=allowed)
