"""Counts that nobody asked for: stock below zero, batches that differed in several places, faces with a last piece.

The place is counted out of turn, once, and the floor goes on meanwhile.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.db import session, table_of
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, Movement, MovementKind, Stock
from wms.stocktake import counts, rules
from wms.stocktake.choice import counted_since
from wms.tasks import queue, triggers
from wms.tasks.models import Trigger

_L, _S, _M, _B = (table_of(one) for one in (Location, Stock, Movement, Batch))
LOOKS_BACK = dt.timedelta(days=30)
JUST_NOW = dt.timedelta(hours=2)
MOST_AT_ONCE = 200
MOST_MOVEMENTS = 20_000


def look(site_id: int) -> int:
    """Offers a count of every place that the site wants counted for one of these; how many were offered."""
    offered = 0
    for trigger, found in ((Trigger.NEGATIVE, _negative), (Trigger.SUSPICIOUS, _suspicious), (Trigger.LAST_UNIT, _last_units)):
        if triggers.wanted(trigger, site_id):
            for place, reason in found(site_id):
                queue.count_once(place, site_id=site_id, priority=5, decided=True, reasons=[reason])
                offered += 1
    return offered


def _negative(site_id: int) -> list[tuple[int, dict[str, Any]]]:
    """Consignment places where the book is below zero."""
    below = _S.join(_L, _L.c.id == _S.c.location_id)
    rows = sa.select(_L.c.id).select_from(below).where(_L.c.site_id == site_id, _L.c.kind == Kind.CONSIGNMENT.value, _S.c.on_hand < 0)
    changed = sa.select(sa.func.max(_M.c.at)).where(_M.c.source_id == _L.c.id).correlate(_L).scalar_subquery()
    rows = rows.where(~counts.is_open_at(_L.c.id), ~counted_since(_L.c.id, changed)).distinct().limit(MOST_AT_ONCE)
    return [(place, {"code": "below_zero"}) for place in session.execute(rows).scalars()]


def _suspicious(site_id: int) -> list[tuple[int, dict[str, Any]]]:
    """Wherever a batch lies that differed in several other places lately."""
    many = rules.of_site(site_id).suspicious_places
    here = sa.case((_L.c.id == _M.c.source_id, _M.c.source_id), else_=_M.c.target_id)
    posted = sa.select(_M.c.batch_id, sa.func.min(_M.c.at).label("first")).join_from(
        _M, _L, sa.and_(_L.c.id.in_([_M.c.source_id, _M.c.target_id]), _L.c.kind != Kind.VIRTUAL.value)
    )
    posted = posted.where(_M.c.site_id == site_id, _M.c.kind == MovementKind.COUNT.value, _M.c.at >= clock.now() - LOOKS_BACK)
    odd = posted.group_by(_M.c.batch_id).having(sa.func.count(here.distinct()) >= many).subquery("odd")
    other = _M.alias("posted_there")
    differed = sa.select(sa.literal(1)).where(other.c.batch_id == _S.c.batch_id, other.c.kind == MovementKind.COUNT.value)
    differed = differed.where(
        sa.or_(other.c.source_id == _S.c.location_id, other.c.target_id == _S.c.location_id), other.c.at >= odd.c.first
    )
    rows = (
        sa.select(_S.c.location_id, _B.c.lot)
        .join(odd, odd.c.batch_id == _S.c.batch_id)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(_L, _L.c.id == _S.c.location_id)
        .where(_S.c.site_id == site_id, _S.c.on_hand != 0, _L.c.kind.not_in([Kind.VIRTUAL.value]))
        .where(~counts.is_open_at(_S.c.location_id), ~counted_since(_S.c.location_id, odd.c.first), ~differed.exists())
        .order_by(_S.c.location_id)
        .limit(MOST_AT_ONCE)
    )
    return [(place, {"code": "suspicious_batch", "lot": lot}) for place, lot in session.execute(rows)]


def _last_units(site_id: int) -> list[tuple[int, dict[str, Any]]]:
    """Faces that were picked down to one piece just now."""
    left = sa.select(sa.func.sum(_S.c.on_hand)).where(_S.c.location_id == _L.c.id).correlate(_L).scalar_subquery()
    lately = sa.select(sa.func.max(_M.c.id) - MOST_MOVEMENTS).scalar_subquery()  # the journal has no index of its times
    rows = (
        sa.select(_M.c.source_id, sa.func.max(_M.c.at).label("at"))
        .join(_L, _L.c.id == _M.c.source_id)
        .where(_M.c.id > lately, left == 1)
        .where(_M.c.site_id == site_id, _M.c.kind == MovementKind.PICK.value, _M.c.at >= clock.now() - JUST_NOW)
        .where(_L.c.kind == Kind.PICK_FACE.value, ~counts.is_open_at(_M.c.source_id))
        .group_by(_M.c.source_id)
    ).subquery("picked")
    wanted = sa.select(rows.c.source_id).where(~counted_since(rows.c.source_id, rows.c.at)).limit(MOST_AT_ONCE)
    return [(place, {"code": "last_piece"}) for place in session.execute(wanted).scalars()]
