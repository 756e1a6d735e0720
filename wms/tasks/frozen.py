"""Work that would begin in a zone that is frozen for a count waits; what is under way ends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session, table_of
from wms.locations.freezing import ZoneFrozen
from wms.locations.models import Location, ZoneFreeze
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks.models import Task, TaskKind, TaskStatus

WAITS = tuple(kind.value for kind in (TaskKind.PUTAWAY, TaskKind.REPLENISH, TaskKind.PICK, TaskKind.PUT_BACK))
_T, _F, _L, _R, _S = (table_of(one) for one in (Task, ZoneFreeze, Location, Reservation, Stock))
_LIVE = sa.and_(_F.c.site_id == _L.c.site_id, _F.c.zone == sa.func.coalesce(_L.c.zone, ""), _F.c.ended_at.is_(None))
_ANY = sa.select(sa.literal(1)).where(_F.c.site_id == sa.bindparam("site"), _F.c.ended_at.is_(None)).limit(1)


def anywhere(site_id: int) -> bool:
    """Whether any zone of the site is frozen: asked before anything else, for mostly there is none."""
    return session.execute(_ANY, {"site": site_id}).first() is not None


def _places() -> sa.Select[Any]:
    """The frozen zone where a task begins or ends: at its places, or where the goods of its pick list lie."""
    return sa.select(_F.c.zone, _F.c.document).join_from(_F, _L, _LIVE).where(sa.or_(_L.c.id == _T.c.source_id, _L.c.id == _T.c.target_id))


def _lines() -> sa.Select[Any]:
    lies = _F.join(_L, _LIVE).join(_S, _S.c.location_id == _L.c.id).join(_R, _R.c.stock_id == _S.c.id)
    pending = (_R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
    return sa.select(_F.c.zone, _F.c.document).select_from(lies).where(_R.c.task_id == _T.c.id, *pending)


def is_free() -> sa.ColumnElement[bool]:
    """Whether a task of a query touches no frozen zone, or is not of the work that waits."""
    literal: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{kind}'") for kind in WAITS]
    lines = _lines().correlate(_T).exists()
    pick = _T.c.kind == sa.literal_column(f"'{TaskKind.PICK.value}'")
    return sa.or_(_T.c.kind.not_in(literal), ~sa.or_(_places().correlate(_T).exists(), sa.and_(pick, lines)))


def must_not_begin(task_ids: Collection[int], *, by: Actor) -> None:
    """Raises ZoneFrozen where one of these is work that waits, that this person has not begun, in a frozen zone."""
    if not task_ids or not anywhere(by.site_id):
        return
    begun = sa.and_(_T.c.status == TaskStatus.CLAIMED.value, _T.c.person_id == by.id, _T.c.assigned_at.is_(None))
    these = (_T.c.id.in_(task_ids), _T.c.kind.in_(WAITS), sa.not_(sa.func.coalesce(begun, sa.false())))
    for found in (_places(), _lines()):
        row = session.execute(found.where(*these).select_from(_T).limit(1)).first()
        if row is not None:
            raise ZoneFrozen(zone=row.zone or "–", document=row.document)
