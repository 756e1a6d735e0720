"""Several movements that are one act: one scan picks for many orders, or puts what several claims hold. They are undone together."""

from __future__ import annotations

_PART = "\x1f"  # a sign that is not printable: no client's key has it


def part_key(key: str, part: int | str) -> str:
    """The key of one movement of an act; the first has the act's own."""
    return f"{key}{_PART}{part}" if part else key


def act_of(key: str) -> str:
    """The key of the act that a movement was part of."""
    return key.partition(_PART)[0]
