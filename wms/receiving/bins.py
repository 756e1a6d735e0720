"""The questions that are asked of the bins, each written once: a receipt every second must not spend its time on writing SQL.

None reads a large table from end to end, on either database (`tests/receiving/test_plans_of_putaway.py`).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms.catalog.models import Temperature
from wms.db import table_of
from wms.locations.layout import way_from
from wms.locations.models import Kind, Location, Vacancy, ZoneFreeze
from wms.stock import capacity
from wms.stock.models import Batch, Condition, Stock
from wms.tasks.models import Task, TaskKind

_S, _T, _L, _B, _V = (table_of(model) for model in (Stock, Task, Location, Batch, Vacancy))
_F, _FL = table_of(ZoneFreeze), table_of(Location).alias("freezing")
_FROZEN = sa.and_(_F.c.ended_at.is_(None), _F.c.site_id == _FL.c.site_id, _F.c.zone == sa.func.coalesce(_FL.c.zone, ""))
MOST_OWN = 128
"""So many of the places where a product lies, the nearest ones, are looked at for room."""
MOST_ROWS = 300
"""So many rows of a product, the latest, tell where it lies."""
MOST_IN_ZONE = 512
AMBIENT = Temperature.AMBIENT.value
LYING, COMING, REPORTED = "lying", "coming", "reported"
"""Why a bin is not empty: goods lie there, work brings some, or somebody found it otherwise than the book, or its zone is
frozen for a count."""

_SITE, _PRODUCT = bindparam("site", type_=sa.BigInteger), bindparam("product", type_=sa.BigInteger)
_WITHOUT: Any = bindparam("without", expanding=True)
WAY = way_from(sa.cast(bindparam("x"), sa.BigInteger), sa.cast(bindparam("y"), sa.BigInteger)).label("way")
BOUNDS = tuple(
    _L.c[name]
    for name in (
        *("id", "code", "kind", "zone", "mixing", "max_weight_grams", "max_volume_cm3", "max_units", "max_height_mm"),
        *("storage_class", "temperature", "assigned_product_id", "assigned_minimum", "assigned_maximum"),
    )
)
_LIVE_WORK = sa.and_(_T.c.site_id == _SITE, _T.c.status.in_(capacity.LIVE), _T.c.kind.in_(capacity.BRINGS), _T.c.id.not_in(_WITHOUT))


def _any(*which: Any, of: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether there is any such row, looked up for each place by itself: PostgreSQL would rather read all rows once."""
    return sa.select(sa.literal(1)).select_from(of).where(*which).limit(1).scalar_subquery().is_not(None)


def _reported(location: Any) -> sa.ColumnElement[bool]:
    """Somebody found the place full or not as the book says: nothing is sent there until it was counted. Nor into a zone that is frozen."""
    found = _any(
        _T.c.source_id == location, _T.c.status.in_(capacity.LIVE), _T.c.kind == TaskKind.COUNT.value, _T.c.document.is_(None), of=_T
    )
    return sa.or_(found, _any(_FROZEN, _FL.c.id == location, of=_F.join(_FL, _FL.c.site_id == _F.c.site_id)))


def _own() -> sa.Select[Any]:
    """The product's pick faces, and where it lies or will lie: of a product that lies nearly everywhere, where it came to lie last."""
    lies = sa.select(_S.c.location_id).where(_S.c.site_id == _SITE, _S.c.on_hand > 0).order_by(_S.c.id.desc()).limit(MOST_ROWS)
    latest = lies.where(_S.c.product_id == _PRODUCT).subquery("latest")
    of_batch = lies.where(_S.c.batch_id == bindparam("batch", type_=sa.BigInteger)).subquery("of_batch")
    return sa.select(
        sa.union(
            sa.select(_L.c.id).where(_L.c.assigned_product_id == _PRODUCT, _L.c.site_id == _SITE),
            sa.select(latest.c.location_id),
            sa.select(of_batch.c.location_id),
            sa.select(_T.c.target_id).where(_T.c.product_id == _PRODUCT, _T.c.target_id.is_not(None), _LIVE_WORK),
        ).subquery("mine")
    )


def _near() -> sa.Select[Any]:
    """Of these places the nearest of the product's class and temperature."""
    near = (
        sa.select(*BOUNDS, WAY)
        .where(
            _L.c.id.in_(bindparam("places", expanding=True)),
            _L.c.site_id == _SITE,
            _L.c.kind.in_([Kind.STORAGE.value, Kind.PICK_FACE.value]),
            sa.func.coalesce(_L.c.storage_class, "") == bindparam("storage_class"),
            sa.func.coalesce(_L.c.temperature, AMBIENT) == bindparam("temperature"),
            # One that takes a single pallet has it already.
            sa.or_(_L.c.kind == Kind.PICK_FACE.value, _L.c.max_units.is_(None), _L.c.max_units > bindparam("single")),
        )
        .order_by(_L.c.kind, WAY, _L.c.id)
        .limit(MOST_OWN)
        .subquery("near")
    )
    return sa.select(near, _reported(near.c.id).label("reported")).order_by(near.c.kind, near.c.way, near.c.id)


def _vacant(*, crowded: bool = False) -> sa.Select[Any]:
    """The bins that may be empty, of some groups: the nearest behind the one that was looked at last. `crowded` leaves out what work is on
    its way to, by reading all of that work once; where little is on its way, looking at each bin is quicker."""
    way = way_from(bindparam("x"), bindparam("y"), _V.c)
    some = sa.select(_V.c.id.label("hint"), _V.c.location_id, _V.c.group_id, way.label("way"))
    some = some.where(_V.c.group_id.in_(bindparam("groups", expanding=True)))
    if crowded:
        some = some.where(_V.c.location_id.not_in(sa.select(_T.c.target_id).where(_T.c.target_id.is_not(None), _LIVE_WORK)))
    hints = some.subquery("hints")
    behind = sa.or_(hints.c.way > bindparam("way"), sa.and_(hints.c.way == bindparam("way"), hints.c.location_id > bindparam("last")))
    first = sa.select(hints).where(behind).order_by(hints.c.way, hints.c.location_id).limit(bindparam("most")).subquery("first")
    moved = sa.or_(_L.c.group_id.is_distinct_from(first.c.group_id), _L.c.kind != Kind.STORAGE.value)
    return (
        sa.select(first.c.hint, _L.c.id, _L.c.code, _L.c.zone, _L.c.group_id, first.c.way, moved.label("moved"))
        .select_from(first.join(_L, _L.c.id == first.c.location_id))
        .order_by(first.c.way, _L.c.id)
    )


def _taken() -> sa.CompoundSelect[Any]:
    """Which of these places are not empty, and why. The places are named one by one: what is asked row by row of another statement is
    looked up by PostgreSQL as for a place like most, and most stock may well stand at one dock."""
    places: Any = bindparam("places", expanding=True)
    live = _T.c.status.in_(capacity.LIVE)
    lying = sa.select(_S.c.location_id.label("place"), sa.literal(LYING).label("why")).where(
        _S.c.location_id.in_(places), _S.c.on_hand != 0
    )
    coming = sa.select(_T.c.target_id, sa.literal(COMING)).where(
        _T.c.target_id.in_(places), live, _T.c.kind.in_(capacity.BRINGS), _T.c.id.not_in(_WITHOUT)
    )
    reported = sa.select(_T.c.source_id, sa.literal(REPORTED)).where(
        _T.c.source_id.in_(places), live, _T.c.kind == TaskKind.COUNT.value, _T.c.document.is_(None)
    )
    frozen = (
        sa.select(_FL.c.id, sa.literal(REPORTED)).join_from(_F, _FL, _FL.c.site_id == _F.c.site_id).where(_FL.c.id.in_(places), _FROZEN)
    )
    return sa.union_all(lying, coming, reported, frozen)


def _in_groups() -> sa.Select[Any]:
    """The nearest bins of some groups, whatever lies there."""
    near = (
        sa.select(*BOUNDS, WAY)
        .where(_L.c.group_id.in_(bindparam("groups", expanding=True)))
        .order_by(WAY, _L.c.id)
        .limit(MOST_IN_ZONE)
        .subquery("near")
    )
    return sa.select(near, _reported(near.c.id).label("reported")).order_by(near.c.way, near.c.id)


def _older_in_reserve() -> sa.Select[Any]:
    """Older stock waits in reserve: the pick face is filled from there, so that the product leaves in turn."""
    reserve, this = _L.alias("reserve"), _B.alias("this")
    came = sa.select(this.c.received_on).where(this.c.id == bindparam("batch")).scalar_subquery()
    ends = sa.select(this.c.expires_on).where(this.c.id == bindparam("batch")).scalar_subquery()
    return (
        sa.select(sa.literal(1))
        .select_from(_S)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(reserve, reserve.c.id == _S.c.location_id)
        .where(
            _S.c.product_id == _PRODUCT,
            _S.c.site_id == _SITE,
            _S.c.condition == Condition.GOOD.value,
            _S.c.on_hand > _S.c.reserved,
            reserve.c.kind == Kind.STORAGE.value,
            sa.or_(_B.c.received_on < sa.func.coalesce(came, bindparam("today")), _B.c.expires_on < ends),
            sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= bindparam("today")),
        )
        .limit(1)
    )


OWN, NEAR, IN_GROUPS, OLDER_IN_RESERVE = _own(), _near(), _in_groups(), _older_in_reserve()
VACANT, VACANT_IN_A_CROWD, TAKEN = _vacant(), _vacant(crowded=True), _taken()
