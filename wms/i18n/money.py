"""Money as people write it: amounts are kept in the smallest unit, 1860000 is 18,600.00."""

from __future__ import annotations


def money(amount: int | None) -> str:
    """18,600.00; nothing for no amount."""
    if amount is None:
        return ""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:02}"
