"""How exactly goods of each class are counted, and up to which value a supervisor approves what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import among, session
from wms.errors import Forbidden
from wms.i18n import T, money
from wms.stocktake import rules
from wms.stocktake.models import CountClass, CountLine, CountPlace
from wms.stocktake.plan_models import CountRules

CLASSES = ("A", "B", "C", "")
"""The last one is for products of no class, and for classes of which nothing is said."""


class AboveLimit(Forbidden):
    """More is at stake than this person may decide about."""

    code = "above_limit"
    sentence = T("{value} differ here; you may decide up to {limit}", "此处差异 {value}，您的审批上限为 {limit}")
    advice = T("Ask the manager to decide", "请经理审批")


class WorthUnknown(Forbidden):
    """Nobody has said what the goods are worth: nobody knows whether the difference is within the limit."""

    code = "worth_unknown"
    sentence = T("{sku} differs and has no value; you may decide up to {limit}", "{sku} 有差异但未设单位价值，您的审批上限为 {limit}")
    advice = T("Ask the manager to decide, or have its value entered first", "请经理审批，或先补录该商品的单位价值")


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


def beyond(places: Sequence[CountPlace], *, by: Actor) -> dict[int, Forbidden]:
    """Of these places those that this person may not decide about, each with why: more is at stake there than their limit, or goods differ
    whose worth nobody knows."""
    limit = limit_of(by)
    if limit is None:
        return {}
    found: dict[int, Forbidden] = {}
    off = sa.select(CountLine.place_id, Product.sku).join(Product, Product.id == CountLine.product_id)
    off = off.where(among(CountLine.place_id, [place.id for place in places]), CountLine.difference != 0, Product.unit_value.is_(None))
    for place_id, sku in session.execute(off.order_by(CountLine.id.desc())):
        found[place_id] = WorthUnknown(sku=sku, limit=money(limit))
    return found | {one.id: AboveLimit(value=money(one.stake), limit=money(limit)) for one in places if one.stake > limit}


def must_be_within(places: Sequence[CountPlace], *, by: Actor) -> None:
    """Raises AboveLimit, WorthUnknown where one of these places is beyond what this person may decide about."""
    for refusal in beyond(places, by=by).values():
        raise refusal
