"""How long picking takes: what the minutes on plans, boards and red marks are reckoned by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast people walk, and how long they stand before a line and over each piece of it. The house's own figures are settings."""

    millimetres_per_second: int = 1000
    seconds_per_line: int = 15
    seconds_per_piece: int = 2

    def seconds(self, millimetres: int, lines: int, pieces: int) -> int:
        """How long a list takes."""
        return round(millimetres / self.millimetres_per_second) + lines * self.seconds_per_line + pieces * self.seconds_per_piece


_pace = Pace()


def keep(pace: Pace) -> None:
    """This house's pace from now on."""
    global _pace
    _pace = pace


def seconds(millimetres: int, lines: int, pieces: int) -> int:
    """How long a list takes at this house's pace."""
    return _pace.seconds(millimetres, lines, pieces)


def handled(quantity: int, decimals: int) -> int:
    """The pieces that somebody stands over: what has decimals is weighed or measured out at once, two grams as two kilograms."""
    return 1 if decimals and quantity else quantity


def handled_in(quantity: Any, decimals: Any) -> sa.ColumnElement[int]:
    """The same of the rows of a statement."""
    return sa.case((sa.and_(decimals > 0, quantity > 0), 1), else_=quantity)
