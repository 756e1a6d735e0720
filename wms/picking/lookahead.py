"""Faces are filled before anybody asks: for what the next hours will probably bring, and to the top while the floor is quiet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.db import among, session, table_of
from wms.locations.models import Kind, Location
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import stream
from wms.picking.faces import Expected, Why, is_loose, usual
from wms.picking.replenishment import UNBEGUN, Asks, Settled, cases_of, settle
from wms.stock.models import Condition, Movement, MovementKind, Stock
from wms.tasks.models import LIVE, Task, TaskKind

_S, _L, _T, _M, _O, _OL = (table_of(one) for one in (Stock, Location, Task, Movement, Order, OrderLine))
TOP_OFF_MOST = 20  # tasks at once: the queue is for what is needed
_NOT_RELEASED = (OrderStatus.RECEIVED.value, OrderStatus.HELD.value)


@dataclass(frozen=True, slots=True)
class Rules:
    """How far ahead is looked, and when the floor is quiet. The house's own are settings."""

    hours: int = 24
    weeks: int = 4
    quiet_from: int = 20
    quiet_until: int = 6
    quiet_lines: int = 20


_rules = Rules()


def keep(rules: Rules) -> None:
    """This house's rules from now on."""
    global _rules
    _rules = rules


def rules() -> Rules:
    """This house's rules."""
    return _rules


# -- what will probably be asked -------------------------------------------------------------------------------------------------


def expected(site_id: int, *, hours: int | None = None, weeks: int | None = None) -> dict[int, Expected]:
    """What each face will probably be asked for within the next hours, where that is anything; by the id of the face."""
    hours, weeks = _rules.hours if hours is None else hours, _rules.weeks if weeks is None else weeks
    if not hours:
        return {}
    moment = clock.now()
    listed = sa.select(_L.c.id, _L.c.assigned_product_id).where(
        _L.c.site_id == site_id, _L.c.kind == Kind.PICK_FACE.value, _L.c.assigned_product_id.is_not(None), _L.c.assigned_maximum > 0
    )
    faces: dict[int, int] = {row[0]: row[1] for row in session.execute(listed)}
    picked = _picked(site_id, sorted(faces), moment - dt.timedelta(weeks=weeks, days=1))
    known = _known(site_id, sorted(set(faces.values())), moment + dt.timedelta(hours=hours))
    found = {}
    for face, product in sorted(faces.items()):
        asked, due_at = known.pop(product, (0, None))  # of several faces of a product the first is asked
        mine = Expected(usual(picked.get(face, {}), clock.local(moment), hours, weeks), asked, due_at)
        if mine.usual or mine.known:
            found[face] = mine
    return found


def _picked(site_id: int, faces: Sequence[int], since: dt.datetime) -> dict[int, dict[dt.date, int]]:
    """What was picked from each face on each day of the house, less what was put back the same way."""
    undone = _M.alias("undone")
    rows = session.execute(
        sa.select(_M.c.source_id, _M.c.at, _M.c.quantity).where(
            _M.c.site_id == site_id,
            _M.c.kind == MovementKind.PICK.value,
            _M.c.at >= since,
            among(_M.c.source_id, faces),
            ~sa.exists().where(undone.c.reverses_id == _M.c.id),
        )
    )
    found: dict[int, dict[dt.date, int]] = {}
    for face, at, quantity in rows:
        days, day = found.setdefault(face, {}), clock.local(at).date()
        days[day] = days.get(day, 0) + quantity
    return found


def _known(site_id: int, products: Sequence[int], until: dt.datetime) -> dict[int, tuple[int, dt.datetime | None]]:
    """What orders that are not released yet ask of loose pieces and are due by then, with when the first of them is due."""
    rows = session.execute(
        sa.select(_OL.c.product_id, _OL.c.ordered - _OL.c.cancelled, _O.c.due_at)
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .where(_O.c.site_id == site_id, _O.c.status.in_(_NOT_RELEASED), _O.c.due_at <= until, among(_OL.c.product_id, products))
    ).all()
    cases = cases_of(sorted({row[0] for row in rows}))
    found: dict[int, tuple[int, dt.datetime | None]] = {}
    for product, quantity, due_at in rows:
        if quantity > 0 and is_loose(quantity, cases.get(product, 1)):
            before, first = found.get(product, (0, None))
            found[product] = (before + quantity, due_at if first is None else min(first, due_at))
    return found


def look_ahead(site_id: int) -> Settled:
    """Offers what the next hours will probably ask for beyond what the faces have; what is expected no more goes."""
    return settle(site_id, *ahead(site_id))


def ahead(site_id: int, *, hours: int | None = None) -> tuple[list[int], Asks]:
    """The faces of which more is expected than they have, and those with work for that; and what is expected."""
    coming = expected(site_id, hours=hours)
    have = _free(site_id, sorted(coming))
    few = {face for face, one in coming.items() if have.get(face, 0) < one.more_than(0)}
    return sorted(few | _with(site_id, Why.FORECAST)), Asks(expected=coming)


# -- while it is quiet -----------------------------------------------------------------------------------------------------------


def is_quiet(site_id: int, moment: dt.datetime | None = None) -> bool:
    """Whether the floor is quiet now: within the quiet hours of the house's clock, and few lines wait to be picked."""
    hour = clock.local(moment or clock.now()).hour
    inside = within(hour, _rules.quiet_from, _rules.quiet_until)
    return inside and sum(stream.open_lines(site_id).values()) <= _rules.quiet_lines


def within(hour: int, first: int, last: int) -> bool:
    """Whether an hour lies from the first to before the last one, past midnight too; the same hour twice is the whole day."""
    return first == last or (first <= hour < last if first < last else hour >= first or hour < last)


def top_off(site_id: int) -> Settled:
    """While the floor is quiet, faces are filled to their maximum, the emptiest first and a few at a time; else such work goes again."""
    return settle(site_id, *topping(site_id, quiet=is_quiet(site_id)))


def topping(site_id: int, *, quiet: bool) -> tuple[list[int], Asks]:
    """The faces that would be topped off, and those with such work; what is asked of them."""
    mine = _with(site_id, Why.TOP_OFF)
    wanted = set(_emptiest(site_id, TOP_OFF_MOST - len(mine))) | mine if quiet else set()
    return sorted(wanted | mine), Asks(top_off=wanted)


def _emptiest(site_id: int, most: int) -> list[int]:
    """Faces with room for a packaging, or for a quarter of what they take, and goods in reserve for it."""
    if most <= 0:
        return []
    have = sa.select(sa.func.coalesce(sa.func.sum(_S.c.on_hand), 0)).where(_S.c.location_id == _L.c.id).scalar_subquery()
    coming = sa.select(sa.func.coalesce(sa.func.sum(_T.c.quantity), 0)).where(
        _T.c.kind == TaskKind.REPLENISH.value, _T.c.target_id == _L.c.id, _T.c.status.in_(LIVE)
    )
    rack, there = _L.alias("rack"), _S.alias("there")
    in_reserve = sa.exists().where(
        there.c.product_id == _L.c.assigned_product_id,
        there.c.site_id == site_id,
        there.c.condition == Condition.GOOD.value,
        there.c.on_hand > there.c.reserved,
        rack.c.id == there.c.location_id,
        rack.c.kind == Kind.STORAGE.value,
    )
    will_have = (have + coming.scalar_subquery()).label("will_have")
    rows = session.execute(
        sa.select(_L.c.id, _L.c.assigned_product_id, _L.c.assigned_maximum, will_have).where(
            _L.c.site_id == site_id, _L.c.kind == Kind.PICK_FACE.value, _L.c.assigned_maximum > will_have, in_reserve
        )
    ).all()
    cases = cases_of(sorted({row.assigned_product_id for row in rows}))
    worth = [
        row for row in rows if row.assigned_maximum - row.will_have >= max(cases.get(row.assigned_product_id, 1), row.assigned_maximum // 4)
    ]
    return [row.id for row in sorted(worth, key=lambda row: (row.will_have / row.assigned_maximum, row.id))[:most]]


def _with(site_id: int, why: Why) -> set[int]:
    """The faces with work for that reason that nobody has begun."""
    rows = session.execute(
        sa.select(_T.c.target_id, _T.c.reasons).where(
            _T.c.site_id == site_id, _T.c.kind == TaskKind.REPLENISH.value, _T.c.status.in_(UNBEGUN), _T.c.target_id.is_not(None)
        )
    )
    return {row.target_id for row in rows if any(one["code"] == why.value for one in row.reasons or [])}


def _free(site_id: int, faces: Sequence[int]) -> Mapping[int, int]:
    rows = session.execute(
        sa.select(_S.c.location_id, sa.func.sum(_S.c.on_hand - _S.c.reserved))
        .where(_S.c.site_id == site_id, among(_S.c.location_id, faces))
        .group_by(_S.c.location_id)
    )
    return {face: int(free) for face, free in rows}
