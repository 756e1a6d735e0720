"""Money and quantities as people write them: both are kept in the smallest unit, 1860000 is 18,600.00."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from wms.i18n.text import T, Text

Goods = Mapping[tuple[str, int], int]
"""How many of each product, by its code and its decimals."""
_NAMED = 3


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


def counted(text: str, decimals: int) -> int | None:
    """What was typed in the product's smallest unit: of one counted in kg with three decimals, 1.25 is 1250, and so is 1.2500. None where
    it is no number, or one with more decimals."""
    whole, _, part = text.removeprefix("+").partition(".")
    part = part.rstrip("0") if len(part) > decimals else part
    if not (whole + part).isascii() or not (whole + part).isdigit() or len(whole) > 12 or len(part) > decimals:
        return None
    return int((whole or "0") + part.ljust(decimals, "0"))


def listed(goods: Goods) -> Text:
    """The first of them as people count them, and how many more there are: *1.25 × RICE, 2 × FIG*."""
    named = [f"{units(quantity, decimals)} × {sku}" for (sku, decimals), quantity in islice(goods.items(), _NAMED)]
    first, more = Text(", ".join(named), "、".join(named)), len(goods) - len(named)
    return T("{first} and {n} more", "{first} 等 {all} 种", first=first, n=more, all=len(goods)) if more else first


@dataclass(frozen=True)
class HowFar:
    """So much of so much, as a bar and as people count it."""

    done: int
    of: int
    decimals: int = 0
    in_lines: bool = False

    @property
    def text(self) -> Text:
        """Both numbers: 3/12, 1.25/2.75, or 1/2 lines."""
        done, of = units(self.done, self.decimals), units(self.of, self.decimals)
        return (
            T("{done}/{of} {of:line/lines}", "{done}/{of} 行", done=done, of=of) if self.in_lines else Text(f"{done}/{of}", f"{done}/{of}")
        )


def how_far(lines: Iterable[tuple[int, int, int, str]]) -> HowFar:
    """How far these lines are, each with what is done, of how much, and the decimals and the unit of its product.

    They are added up where all are counted alike; pieces and grams make no sum, so that whole lines are counted instead.
    """
    wanted = [line for line in lines if line[1]]
    alike = {(decimals, unit if decimals else "") for _, _, decimals, unit in wanted}
    if len(alike) > 1:
        return HowFar(sum(done >= of for done, of, _, _ in wanted), len(wanted), in_lines=True)
    return HowFar(sum(line[0] for line in wanted), sum(line[1] for line in wanted), next(iter(alike), (0, ""))[0])


def total(lines: Iterable[tuple[int, int, str]]) -> Text:
    """All of it, each with the decimals and the unit of its product: the sum where all are counted alike, else how many lines have some."""
    some = [line for line in lines if line[0]]
    far = how_far((quantity, quantity, decimals, unit) for quantity, decimals, unit in some)
    return T("{n} lines", "{n} 行", n=far.of) if far.in_lines else Text(units(far.of, far.decimals), units(far.of, far.decimals))
