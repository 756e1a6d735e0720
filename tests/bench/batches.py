"""How short the walks of batches are: against proven optima, and against batches as orders come, walked in S-shapes."""

from __future__ import annotations

import argparse
import time

from tests.bench import foodmart
from wms.routing import batching
from wms.routing.lengths import Lengths


def measure(seconds: float = 1.0, *, least: int = 0) -> None:
    """The 42 Foodmart cases with proven optima, so many seconds of processor time each."""
    if foodmart.folder() is None:
        print(f"batches: {foodmart.ABSENT}")
        return
    best = ours = began = optima = 0
    cases = [case for case in foodmart.proven() if len(case.boxes) >= least]
    hall = foodmart.hall()
    lengths = Lengths(hall.floor, hall.depot, hall.products)
    for case in cases:
        orders = [
            batching.Order(products, (boxes,), frozenset(lengths.lines(products)))
            for products, boxes in zip(case.products, case.boxes, strict=True)
        ]
        limits = batching.Limits(seconds=seconds, clock=time.process_time)
        found = batching.plan(orders, (foodmart.BOXES,), lengths, limits)
        assert case.best is not None
        assert found.length >= case.best, case.name
        best, ours, began = best + case.best, ours + found.length, began + found.length_of_savings
        optima += found.length == case.best
        print(
            f"{case.name:10} optimum {case.best / 100:8.2f}  savings {_gap(found.length_of_savings, case.best)}"
            f"  found {_gap(found.length, case.best)}  {found.rounds} rounds, {found.measured} walks measured",
            flush=True,
        )
    print(f"{len(cases)} cases, {seconds:g} s each: savings {_gap(began, best)}, found {_gap(ours, best)}, optimal {optima}")


def _gap(length: int, best: int) -> str:
    return f"{100 * (length / best - 1):6.3f} %"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--least", type=int, default=0)
    given = parser.parse_args()
    measure(given.seconds, least=given.least)
