"""Money and quantities as people write them: both are kept in the smallest unit, 1860000 is 18,600.00."""

from __future__ import annotations


def money(amount: int | None) -> str:
    """18,600.00; nothing for no amount."""
    if amount is None:
        return ""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:02}"


def number(value: int | None) -> str:
    """12345 → 12,345."""
    return "" if value is None else f"{value:,}"


def units(value: int | None, decimals: int = 0) -> str:
    """A quantity in the smallest unit, as people write it: 1250 with three decimals is 1.25."""
    if value is None:
        return ""
    if not decimals:
        return number(value)
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(decimals + 1, "0")
    fraction = digits[-decimals:].rstrip("0")
    return f"{sign}{int(digits[:-decimals]):,}" + (f".{fraction}" if fraction else "")
