"""The next best work for somebody: of any kind they may do, wanted soonest, near where they stand, and theirs alone.

A few queries, each served by an index, find the candidates: what is wanted first of each kind, and what begins in the square of the floor
where the person stands and in those around it. `wms.tasks.scoring` ranks them; the best one that nobody else is taking is claimed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.db import compiled_once, is_postgresql, session, table_of
from wms.errors import Conflict
from wms.locations.floors import kept_floor_of_site
from wms.locations.models import Location
from wms.routing.floor import NEVER, Point
from wms.tasks import frozen, scoring, urgency, workers
from wms.tasks.models import Task, TaskKind, TaskStatus
from wms.tasks.queue import LEASE, claim
from wms.tasks.scoring import Candidate
from wms.tasks.workers import Standing

OF_EACH_KIND = 6
IN_THE_SQUARE, AROUND_IT = 16, 4  # of each of the nine squares
OF_LEFT_BEHIND = 6  # work whose holder has not touched it for as long as a claim lasts
ROUNDS = 5  # so often the candidates are looked for again when others took all of them
_T = table_of(Task)
_COLUMNS = (_T.c.id, _T.c.kind, _T.c.priority, _T.c.due_at, _T.c.created_at, _T.c.wanted_at, _T.c.equipment, _T.c.order_id)
_ORDERS = sa.table("orders", sa.column("id", sa.BigInteger))
BEHIND_ITS_ORDER = {TaskKind.PACK.value}
"""Work that ends with its order, in the order's own transaction: it is taken behind the order's lock, as everything of an order is."""
_SOURCE, _TARGET = aliased(table_of(Location)), aliased(table_of(Location))


def give(kinds: Iterable[TaskKind], *, by: Actor, lease: dt.timedelta = LEASE) -> Task | None:
    """The best work of these kinds for this person, claimed, with why; their own unfinished work first. None when there is none for them.

    No work is given twice: it is taken by one conditional update, and what somebody else is just taking is passed over.
    """
    names = sorted(kind.value for kind in kinds)
    if not names:
        return None
    own = session.execute(
        sa.select(_T.c.id, _T.c.kind, _T.c.order_id)
        .where(_T.c.person_id == by.id, _T.c.status == TaskStatus.CLAIMED.value, _T.c.kind.in_(names), _T.c.site_id == by.site_id)
        .order_by(_T.c.wanted_at, _T.c.id)
        .limit(1)
    ).one_or_none()
    behind = _Orders()
    if own is not None and behind.locks(own):
        with contextlib.suppress(Conflict):  # it was cancelled, or taken away, at this moment: other work then
            return claim(own.id, by=by, lease=lease)
    stands = workers.standing(by)
    lost: set[int] = set()
    for _ in range(ROUNDS):
        moment = clock.now()
        ranked = scoring.best_first([one for one in candidates(names, stands, by=by) if one.id not in lost], moment)
        if not ranked:
            return None
        for one in ranked:
            why = scoring.why(one, ranked, moment, stands.place)
            if behind.locks(one) and _take(one.id, why, by=by, moment=moment, lease=lease):
                return session.get(Task, one.id, populate_existing=True)
            lost.add(one.id)
    return None


class _Orders:
    """The orders whose work was looked at. The first is waited for; after it one that somebody is at is passed over, because who holds
    one order and waits for another may be waited for."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def locks(self, one: Any) -> bool:
        """Whether the work may be taken now."""
        if one.kind not in BEHIND_ITS_ORDER or one.order_id is None or one.order_id in self._held or not is_postgresql():
            return True
        row = sa.select(_ORDERS.c.id).where(_ORDERS.c.id == one.order_id).with_for_update(key_share=True, skip_locked=bool(self._held))
        if session.execute(row).first() is None:
            return False
        self._held.add(one.order_id)
        return True


def candidates(names: Sequence[str], stands: Standing, *, by: Actor) -> list[Candidate]:
    """The work of these kinds that this person may be given and that may be the best."""
    shape = (tuple(names), len(stands.equipment), len(stands.zones), stands.point is not None, frozen.anywhere(by.site_id))
    facts: dict[str, Any] = {"site": by.site_id, "me": by.id, "moment": clock.now()}
    facts |= {f"equipment_{number}": one for number, one in enumerate(stands.equipment)}
    facts |= {f"zone_{number}": one for number, one in enumerate(stands.zones)}
    if stands.point is not None:
        x, y = stands.point.x_mm, stands.point.y_mm
        facts |= {f"square_{number}": one for number, one in enumerate([urgency.square(x, y), *urgency.around(x, y)])}
    rows = session.execute(statement(*shape, on_postgresql=is_postgresql()), facts).all()
    return [
        Candidate(row.id, row.kind, row.priority, row.due_at, row.created_at, row.wanted_at, row.equipment, metres, row.order_id)
        for row, metres in zip(rows, _metres(rows, stands, by.site_id), strict=True)
    ]


@lru_cache(maxsize=200)
def statement(
    names: tuple[str, ...], equipment: int, zones: int, somewhere: bool, counting: bool, *, on_postgresql: bool
) -> sa.TextualSelect:
    """One SELECT of all candidates, each of its parts served by an index and limited. Written once for so many pieces of equipment and
    zones, because writing it takes longer than asking it. While a zone is frozen (`counting`), what would begin there is left out."""
    waits = [frozen.is_free()] if counting else []
    free = [*_free(equipment, zones), *waits]
    parts = [_part(free, _T.c.kind == sa.literal_column(f"'{name}'"), limit=OF_EACH_KIND) for name in names]
    among = _T.c.kind.in_([sa.literal_column(f"'{name}'") for name in names])
    if somewhere:
        for number in range(9):
            here = _T.c.square == bindparam(f"square_{number}", type_=sa.BigInteger)
            parts.append(_part(free, here, among, limit=AROUND_IT if number else IN_THE_SQUARE))
    left_behind = _T.c.lease_until < bindparam("moment", type_=_T.c.lease_until.type)
    parts.append(_part([*_free(equipment, zones, TaskStatus.CLAIMED), *waits], left_behind, among, limit=OF_LEFT_BEHIND))
    ids = sa.union(*(sa.select(part.subquery().c.id) for part in parts)).subquery()
    begins = [sa.func.coalesce(_SOURCE.c[name], _TARGET.c[name]).label(name) for name in ("x_mm", "y_mm")]
    aisle = sa.case((_SOURCE.c.id.is_not(None), _SOURCE.c.aisle), else_=_TARGET.c.aisle).label("aisle")
    found = (
        sa.select(*_COLUMNS, *begins, aisle)
        .select_from(ids.join(_T, _T.c.id == ids.c.id))
        .outerjoin(_SOURCE, _SOURCE.c.id == _T.c.source_id)
        .outerjoin(_TARGET, _TARGET.c.id == _T.c.target_id)
    )
    written = compiled_once(found, postgresql if on_postgresql else sqlite)
    return written.columns(
        *(sa.column(column.name, column.type) for column in _COLUMNS),
        *(sa.column(name, sa.BigInteger) for name in ("x_mm", "y_mm")),
        sa.column("aisle", sa.String),
    )


def beyond(kinds: Iterable[TaskKind], *, by: Actor) -> int:
    """How much open work of these kinds there is that this person is not given, because of where it is or what it needs."""
    return session.execute(
        sa.select(sa.func.count()).where(
            _T.c.site_id == by.site_id,
            _T.c.status == TaskStatus.OPEN.value,
            _T.c.kind.in_([kind.value for kind in kinds]),
            _T.c.not_by_id.is_distinct_from(by.id),
            _T.c.nor_by_id.is_distinct_from(by.id),
        )
    ).scalar_one()


def _part(free: Sequence[sa.ColumnElement[bool]], *more: sa.ColumnElement[bool], limit: int) -> sa.Select[Any]:
    return sa.select(_T.c.id).where(*free, *more).order_by(_T.c.wanted_at, _T.c.id).limit(limit)


def _free(equipment: int, zones: int, status: TaskStatus = TaskStatus.OPEN) -> list[sa.ColumnElement[bool]]:
    """What the person may be given: not the check of their own work, nothing beyond their zones and what they drive."""
    driven = [bindparam(f"equipment_{number}", type_=sa.String) for number in range(equipment)]
    worked = [bindparam(f"zone_{number}", type_=sa.String) for number in range(zones)]
    return [
        _T.c.site_id == bindparam("site", type_=sa.BigInteger),
        _T.c.status == sa.literal_column(f"'{status.value}'"),
        sa.or_(_T.c.not_by_id.is_(None), _T.c.not_by_id != bindparam("me", type_=sa.BigInteger)),
        sa.or_(_T.c.nor_by_id.is_(None), _T.c.nor_by_id != bindparam("me", type_=sa.BigInteger)),
        sa.or_(_T.c.equipment.is_(None), *([_T.c.equipment.in_(driven)] if driven else [])),
        *([sa.or_(_T.c.zone.is_(None), _T.c.zone.in_(worked))] if worked else []),
    ]


def _metres(rows: Sequence[Any], stands: Standing, site_id: int) -> list[int | None]:
    """How far it is from where the person stands to where each work begins."""
    if stands.point is None:
        return [None] * len(rows)
    floor, here = kept_floor_of_site(site_id), stands.point
    ways = [None if row.x_mm is None else floor.distance(here, Point(row.x_mm, row.y_mm, row.aisle)) for row in rows]
    return [None if way is None or way >= NEVER else round(way / 1000) for way in ways]


def _take(task_id: int, given: list[dict[str, Any]], *, by: Actor, moment: dt.datetime, lease: dt.timedelta) -> bool:
    """Whether the work is this person's now. A row that somebody else is just taking is not waited for."""
    free = sa.or_(
        _T.c.status == TaskStatus.OPEN.value,
        sa.and_(_T.c.status == TaskStatus.CLAIMED.value, _T.c.lease_until < moment),
    )
    if is_postgresql():
        locked = sa.select(_T.c.id).where(_T.c.id == task_id, free).with_for_update(skip_locked=True)
        if session.execute(locked).first() is None:
            return False
    taken = session.execute(
        sa.update(_T)
        .where(_T.c.id == task_id, free)
        .values(
            status=TaskStatus.CLAIMED.value,
            person_id=by.id,
            lease_until=moment + lease,
            assigned_at=None,
            epoch=_T.c.epoch + 1,
            given=given,
        )
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]
