"""Goods that were picked for several orders together and are not sorted yet: where they lie, and the work of sorting them.

Each order's claim goes along with the goods from the rack on; until they are sorted its stage is `to_sort`, so nobody packs them. One
list is sorted by one task, offered when the list has ended and named by the list's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms.db import session, table_of
from wms.picking.models import Method, PickList
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

_R, _S, _P, _T = table_of(Reservation), table_of(Stock), table_of(PickList), table_of(Task)
WAITS = (_R.c.status == Claim.PENDING.value, _R.c.stage == Stage.TO_SORT.value)


def offer(task_ids: Sequence[int]) -> None:
    """These lists have ended: what they picked together is to be sorted."""
    lists = session.execute(
        sa.select(_P.c.number, _P.c.site_id, _P.c.target_id, _P.c.task_id, _T.c.priority, _T.c.due_at)
        .join(_T, _T.c.id == _P.c.task_id)
        .where(_P.c.task_id.in_(task_ids), _P.c.method == Method.BATCH.value, _T.c.status.not_in(LIVE))
    ).all()
    for one in lists:
        lies = _lies(one.task_id)
        if lies is None or task_of(one.number, one.site_id) is not None:
            continue
        place_id, unit_id = lies
        queue.offer(
            TaskKind.SORT,
            site_id=one.site_id,
            priority=one.priority,
            due_at=one.due_at,
            document=one.number,
            source_id=place_id,
            target_id=one.target_id,
            handling_unit_id=unit_id,
            reasons=[{"code": "picked_together", "list": one.number}],
        )


def withdraw(pick_list: PickList) -> bool:
    """The list is in hand again: what was to be sorted is not, unless somebody sorts already. Whether nobody does."""
    task = task_of(pick_list.number, pick_list.site_id)
    sorted_some = sa.select(_R.c.id).where(
        _R.c.task_id == pick_list.task_id, _R.c.status == Claim.PENDING.value, _R.c.stage.in_([Stage.PICKED.value, Stage.PACKED.value])
    )
    if (task is not None and task.status == TaskStatus.CLAIMED) or session.execute(sorted_some.limit(1)).first() is not None:
        return False
    if task is not None:
        queue.cancel(task.id)
    return True


def task_of(number: str, site_id: int) -> Any:
    """(id, status) of the task that sorts a list; None where there is none, or it has ended."""
    mine = (_T.c.document == number, _T.c.site_id == site_id, _T.c.kind == TaskKind.SORT.value, _T.c.status.in_(LIVE))
    return session.execute(sa.select(_T.c.id, _T.c.status).where(*mine).limit(1)).one_or_none()


def is_offered() -> sa.ColumnElement[bool]:
    """Whether somebody may sort a list, or sorts it."""
    mine = (_T.c.document == _P.c.number, _T.c.site_id == _P.c.site_id, _T.c.kind == TaskKind.SORT.value)
    return sa.exists().where(*mine, _T.c.status.in_(LIVE)).correlate(_P)


def in_unit(unit_id: int, task_id: int | None = None) -> sa.ColumnElement[bool]:
    """Whether goods that are to be sorted lie in a unit: any, or those of one list."""
    of_list = () if task_id is None else (_R.c.task_id == task_id,)
    return sa.exists().where(_R.c.stock_id == _S.c.id, _S.c.handling_unit_id == unit_id, *WAITS, *of_list)


def last_unit(task_id: int) -> tuple[int, int] | None:
    """(location, unit) into which the list was picked last; None where its goods lie loose, or nothing was picked."""
    found = session.execute(
        sa.select(_S.c.location_id, _S.c.handling_unit_id)
        .join(_R, _R.c.stock_id == _S.c.id)
        .where(_R.c.task_id == task_id, *WAITS)
        .order_by(_S.c.handling_unit_id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None or found.handling_unit_id is None else (found.location_id, found.handling_unit_id)


def _lies(task_id: int) -> tuple[int, int | None] | None:
    rows = session.execute(
        sa.select(_S.c.location_id, _S.c.handling_unit_id)
        .join(_R, _R.c.stock_id == _S.c.id)
        .where(_R.c.task_id == task_id, *WAITS)
        .distinct()
        .order_by(_S.c.location_id)
    ).all()
    if not rows:
        return None
    return rows[0].location_id, rows[0].handling_unit_id if len(rows) == 1 else None
