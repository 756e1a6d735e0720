"""How a site counts: read with what holds where nobody has said anything, and changed as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid
from wms.i18n import T
from wms.stocktake.pareto import Limits
from wms.stocktake.plan_models import CountRules, Turnover

FIRST = CountRules(
    abc_by=Turnover.PICKS.value,
    abc_a_percent=80,
    abc_b_percent=95,
    abc_margin_percent=2,
    abc_days=91,
    abc_automatic=False,
    abc_computed_at=None,
    working_days=[0, 1, 2, 3, 4, 5],
    suspicious_places=2,
    key_twice=False,
    approval_limit=None,
    shifts=[["08:00", "12:00"], ["13:00", "17:00"]],
)
"""Before a site has said anything."""


class ShiftsWrong(Invalid):
    """Shifts begin before they end, and one after the other."""

    code = "shifts_wrong"
    pointer = "/shifts"
    sentence = T("{value} is no row of shifts", "“{value}”不是有效的班次")
    advice = T("Write them like 08:00-12:00 13:00-17:00, one after the other", "请按先后写成 08:00-12:00 13:00-17:00")


class SharesWrong(Invalid):
    """A ends before B."""

    code = "shares_wrong"
    pointer = "/b_percent"
    sentence = T("B must end above A, and at 100 % at most: {a}, {b}", "B 类上限须大于 A 类且不超过 100%：{a}、{b}")


@dataclass(frozen=True)
class Shift:
    """A part of a working day."""

    begins: dt.time
    ends: dt.time


def of_site(site_id: int) -> CountRules:
    """The rules of a site; what holds at first where nobody has said anything (not to be changed then)."""
    return session.get(CountRules, site_id) or FIRST


def limits(rules: CountRules) -> Limits:
    """Where its classes are cut."""
    return Limits(rules.abc_a_percent, rules.abc_b_percent, rules.abc_margin_percent)


def shifts(rules: CountRules) -> list[Shift]:
    """The shifts of a day, first to last."""
    return [Shift(dt.time.fromisoformat(begins), dt.time.fromisoformat(ends)) for begins, ends in rules.shifts]


def read_shifts(text: str) -> list[list[str]]:
    """`08:00-12:00 13:00-17:00` as it is kept. Raises ShiftsWrong."""
    try:
        parts = [part.replace("–", "-").split("-") for part in text.replace("，", " ").replace(",", " ").split()]
        found = [[dt.time.fromisoformat(begins.zfill(5)), dt.time.fromisoformat(ends.zfill(5))] for begins, ends in parts]
    except ValueError:
        raise ShiftsWrong(value=text[:60]) from None
    flat = [time for pair in found for time in pair]
    if not flat or len(flat) > 12 or any(later <= earlier for earlier, later in pairwise(flat) if not _joins(flat, earlier, later)):
        raise ShiftsWrong(value=text[:60])
    return [[begins.strftime("%H:%M"), ends.strftime("%H:%M")] for begins, ends in found]


def _joins(flat: Sequence[dt.time], earlier: dt.time, later: dt.time) -> bool:
    """One shift may begin when the one before it ends."""
    return earlier == later and flat.index(earlier) % 2 == 1


def written(rules: CountRules) -> str:
    """The shifts as they are typed."""
    return " ".join(f"{begins}-{ends}" for begins, ends in rules.shifts)


def choose(
    *,
    by: Actor,
    abc_by: Turnover,
    a_percent: int,
    b_percent: int,
    margin_percent: int,
    days: int,
    automatic: bool,
    working_days: Sequence[int],
    shifts: str,
    suspicious_places: int,
    key_twice: bool,
) -> CountRules:
    """From now on the site counts so. Raises SharesWrong, ShiftsWrong."""
    if not 0 < a_percent < b_percent <= 100:
        raise SharesWrong(a=a_percent, b=b_percent)
    parts = read_shifts(shifts)
    rules = session.get(CountRules, by.site_id)
    if rules is None:
        rules = CountRules(site_id=by.site_id)
        session.add(rules)
    rules.abc_by, rules.abc_a_percent, rules.abc_b_percent = abc_by.value, a_percent, b_percent
    rules.abc_margin_percent, rules.abc_days, rules.abc_automatic = margin_percent, days, automatic
    rules.working_days, rules.shifts = sorted(set(working_days)), parts
    rules.suspicious_places, rules.key_twice = suspicious_places, key_twice
    session.flush()
    return rules
