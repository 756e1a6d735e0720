"""How exactly goods of each class are counted, and up to which value a supervisor approves what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import Forbidden
from wms.i18n import T, money
from wms.stocktake import rules
from wms.stocktake.models import CountClass, CountPlace
from wms.stocktake.plan_models import CountRules

CLASSES = ("A", "B", "C", "")
"""The last one is for products of no class, and for classes of which nothing is said."""


class AboveLimit(Forbidden):
    """More is at stake than this person may approve."""

    code = "above_limit"
    sentence = T("{value} differ here; you may approve up to {limit}", "此处差异 {value}，您的审批上限为 {limit}")
    advice = T("Ask the manager to approve it", "请上级审批")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What needs no second look: the larger of so many units and so many percent of the book, but never more than is worth `value`."""

    units: int | None = None
    percent: int | None = None
    value: int | None = None


def of_site(site_id: int) -> dict[str, Tolerance]:
    """The tolerance of each class; nothing where nobody has said anything."""
    rows = session.execute(sa.select(CountClass).where(CountClass.site_id == site_id)).scalars()
    said = {one.abc.upper(): Tolerance(one.tolerance_units, one.tolerance_percent, one.tolerance_value) for one in rows}
    return {abc: said.get(abc, Tolerance()) for abc in CLASSES}


def choose(said: Mapping[str, Tolerance], approval_limit: int | None, *, by: Actor) -> None:
    """From now on the site counts so exactly. No limit: a supervisor approves whatever it is."""
    for abc, one in said.items():
        assert abc in CLASSES
        row = session.execute(sa.select(CountClass).where(CountClass.site_id == by.site_id, CountClass.abc == abc)).scalar_one_or_none()
        if row is None:
            row = CountClass(site_id=by.site_id, abc=abc)
            session.add(row)
        row.tolerance_units, row.tolerance_percent, row.tolerance_value = one.units, one.percent, one.value
    of_site_now = session.get(CountRules, by.site_id)
    if of_site_now is None:
        of_site_now = CountRules(site_id=by.site_id)
        session.add(of_site_now)
    of_site_now.approval_limit = approval_limit
    session.flush()


def limit_of(by: Actor) -> int | None:
    """Up to which value this person approves; none is no limit."""
    return None if by.may(Permission.APPROVE_ANY_COUNT) else rules.of_site(by.site_id).approval_limit


def must_be_within(place: CountPlace, *, by: Actor) -> None:
    """Raises AboveLimit where more is at stake at a place than this person may approve."""
    limit = limit_of(by)
    if limit is not None and place.stake > limit:
        raise AboveLimit(value=money(place.stake), limit=money(limit))
