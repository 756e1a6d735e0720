"""How much is drawn, and how many defective ones make a receipt fail."""

from __future__ import annotations

import pytest

from wms.receiving.models import Sampling
from wms.receiving.sampling import AQLS, Sample, aql_plan, aql_text, in_words, sample_of


@pytest.mark.parametrize(
    ("quantity", "sampling", "amount", "drawn"),
    [
        (500, Sampling.ALL, None, 500),
        (500, Sampling.FIXED, 8, 8),
        (5, Sampling.FIXED, 8, 5),
        (500, Sampling.PERCENT, 10, 50),
        (501, Sampling.PERCENT, 10, 51),
        (1, Sampling.PERCENT, 1, 1),
        (500, Sampling.ROOT, None, 23),
        (484, Sampling.ROOT, None, 22),
        (1, Sampling.ROOT, None, 1),
    ],
)
def test_a_sample_is_rounded_up_and_never_more_than_there_is(quantity: int, sampling: Sampling, amount: int | None, drawn: int) -> None:
    assert sample_of(quantity, sampling, amount) == Sample(drawn, 1)


def test_defective_ones_may_be_allowed() -> None:
    assert sample_of(500, Sampling.FIXED, 20, allowed=2) == Sample(20, 3)


@pytest.mark.parametrize(
    ("quantity", "aql", "plan"),
    [
        # From ISO 2859-1, table 2-A, read at the code letters of table 1.
        (8, 650, (2, 0)),
        (500, 100, (50, 1)),
        (500, 250, (50, 3)),
        (1_200, 65, (80, 1)),
        (1_200, 100, (80, 2)),
        (1_200, 250, (80, 5)),
        (1_200, 400, (80, 7)),
        (3_200, 150, (125, 5)),
        (10_000, 10, (125, 0)),  # L: the arrow leads up to K
        (35_000, 10, (500, 1)),  # M: the arrow leads down to N
        (90, 250, (20, 1)),  # E: the arrow leads down to F
        (50, 250, (5, 0)),  # D: the arrow leads up to C
        (20, 250, (5, 0)),
        (8, 10, (125, 0)),
        (1_000_000, 650, (200, 21)),  # behind the last plan its arrow leads up
        (1_000_000, 10, (1_250, 3)),
    ],
)
def test_the_plans_are_those_of_the_standard(quantity: int, aql: int, plan: tuple[int, int]) -> None:
    assert aql_plan(quantity, aql) == plan


def test_a_sample_larger_than_the_lot_is_the_lot() -> None:
    assert sample_of(30, Sampling.AQL, 10) == Sample(30, 1)


@pytest.mark.parametrize("aql", AQLS)
def test_more_pieces_never_draw_fewer_within_a_plan_nor_let_a_larger_share_pass(aql: int) -> None:
    shares = []
    for quantity in range(1, 2_000):
        sample = sample_of(quantity, Sampling.AQL, aql)
        assert 1 <= sample.size <= quantity
        assert 1 <= sample.fails_from <= sample.size
        shares.append(sample.fails_from)
    assert shares == sorted(shares)


def test_an_aql_is_written_as_the_standard_writes_it() -> None:
    assert [aql_text(aql) for aql in (10, 65, 100, 250, 650)] == ["0.10", "0.65", "1.0", "2.5", "6.5"]
    assert in_words(Sampling.AQL, 250, 0).say("zh_CN") == "GB/T 2828.1 一次抽样，水平 II，AQL 2.5"
    assert in_words(Sampling.PERCENT, 10, 1).say("en") == "10 %, up to 1 defective allowed"
