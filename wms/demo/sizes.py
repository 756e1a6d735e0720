"""The two sizes of the demo: the whole house, and a corner of it that loads at once."""

from __future__ import annotations

import enum


class Size(enum.StrEnum):
    """How much of the warehouse is built."""

    SMALL = "small"
    FULL = "full"

    def of(self, full: int, small: int = 1) -> int:
        """A number of things in this size."""
        return full if self is Size.FULL else small
