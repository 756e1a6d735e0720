"""The racks as putaway looks at them: bins sorted into groups that are alike and stand together, and which of them may be empty.

Whether an empty bin takes some goods depends on its group alone, and how far it is at least, too. So the nearest empty bin is found
by looking at a few hundred groups and then at the bins of the nearest ones, never at all bins. Whoever changes a bin leaves its group
empty; it is sorted in again by whoever looks next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms.db import few, in_mind, in_transaction, session, table_of, upsert
from wms.locations.models import BinGroup, Kind, Location, Reach, Vacancy

CELL_MM = 10_000
_FAR = 10**9  # coordinates are not below minus this, so a cell is a whole division
_L, _G, _V, _R = (table_of(model) for model in (Location, BinGroup, Vacancy, Reach))
_STOCK = sa.table("stock", *map(sa.column, ("location_id", "on_hand")))
_LIMITS = ("max_weight_grams", "max_volume_cm3", "max_units", "max_height_mm")
_KEPT = ("zone", *_LIMITS, "mixing", "storage_class", "temperature")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of bins: what each of them takes, and the square they stand in."""

    id: int
    zone: str | None
    max_weight_grams: int | None
    max_volume_cm3: int | None
    max_units: int | None
    max_height_mm: int | None
    mixing: str
    storage_class: str | None
    temperature: str | None
    left: int
    front: int
    floor: int

    kind = Kind.STORAGE.value
    assigned_product_id = None
    assigned_maximum = None

    def least_way(self, x: int, y: int) -> int:
        """No bin of the group is nearer to this point."""
        across = self.left - x if x < self.left else max(0, x - self.left - CELL_MM + 1)
        along = self.front - y if y < self.front else max(0, y - self.front - CELL_MM + 1)
        return across + along + 3 * self.floor

    def most_way(self, x: int, y: int) -> int:
        """No bin of the group is farther from this point."""
        across = max(abs(self.left - x), abs(self.left + CELL_MM - x))
        along = max(abs(self.front - y), abs(self.front + CELL_MM - y))
        return across + along + 3 * (self.floor + CELL_MM)


def way_from(x: Any, y: Any, of: Any = _L.c) -> sa.ColumnElement[int]:
    """Millimetres to walk and to lift from a point; lifting is slow."""
    return sa.func.abs(of.x_mm - x) + sa.func.abs(of.y_mm - y) + 3 * of.z_mm  # type: ignore[no-any-return]


# -- sorting in --------------------------------------------------------------------------------------------------------------


_SITE = bindparam("site", type_=sa.BigInteger)
_STORAGE = sa.and_(_L.c.site_id == _SITE, _L.c.kind == Kind.STORAGE.value)
_UNSORTED = sa.and_(_STORAGE, _L.c.group_id.is_(None))
_ANY_UNSORTED = sa.select(_L.c.id).where(_UNSORTED).limit(1)


def _cell(column: Any) -> sa.ColumnElement[int]:
    return (column + _FAR) // CELL_MM  # type: ignore[no-any-return]


def _cells() -> list[sa.ColumnElement[int]]:
    return [_cell(column) for column in (_L.c.x_mm, _L.c.y_mm, _L.c.z_mm)]


def _signature() -> sa.ColumnElement[str]:
    parts: list[Any] = [sa.func.coalesce(sa.cast(_L.c[name], sa.String), "") for name in _KEPT]
    parts += [sa.cast(cell, sa.String) for cell in _cells()]
    whole: Any = parts[0]
    for part in parts[1:]:
        whole = whole.concat("|").concat(part)
    return whole  # type: ignore[no-any-return]


def sort_in(site_id: int) -> bool:
    """Sorts bins that are new or were changed into their groups and takes them for vacant until somebody looks; whether there were any.

    Outside a transaction (somebody only tries where goods would go) nothing is sorted.
    """
    site = {"site": site_id}
    if not in_transaction() or session.execute(_ANY_UNSORTED, site).first() is None:
        return False
    new = sa.select(_L.c.site_id, _signature(), *(_L.c[name] for name in _KEPT), *_cells()).where(_UNSORTED).distinct()
    names = ["site_id", "signature", *_KEPT, "cell_x", "cell_y", "cell_z"]
    session.execute(upsert(_G).from_select(names, new).on_conflict_do_nothing(), site)
    session.execute(sa.delete(_V).where(_V.c.location_id.in_(sa.select(_L.c.id).where(_UNSORTED))), site)
    own = sa.select(_G.c.id).where(_G.c.site_id == _L.c.site_id, _G.c.signature == _signature()).scalar_subquery()
    sorted_now = session.execute(sa.update(_L).where(_UNSORTED).values(group_id=own).returning(_L.c.id), site).scalars().all()
    columns = ("id", "group_id", "x_mm", "y_mm", "z_mm")
    for some in few(sorted_now, 1000):
        these = sa.select(*(_L.c[name] for name in columns)).where(_L.c.id.in_(some))
        session.execute(sa.insert(_V).from_select(["location_id", *columns[1:]], these))
    for one in session:
        if isinstance(one, Location):
            session.expire(one, ["group_id"])
    session.execute(sa.delete(_R).where(_R.c.site_id == _SITE), site)
    return True


@dataclass(slots=True)
class _Known:
    """The groups of a site as they were read, and their order as seen from the places where goods have started."""

    state: tuple[int, int]
    groups: list[Group]
    seen_from: dict[tuple[int, int], list[tuple[int, Group]]] = field(default_factory=dict)


_MOST_STARTS = 200
_STATE = sa.select(
    sa.func.count(), sa.func.coalesce(sa.func.max(_G.c.id), 0), sa.select(_ANY_UNSORTED.subquery().c.id).scalar_subquery()
).where(_G.c.site_id == _SITE)


def groups_from(start: Location) -> list[tuple[int, Group]]:
    """The groups of a site with their least way from a start, the nearest first.

    A group is never changed, so they are read again only when there are more; they are not kept in mind by who has just added some, for
    that may be rolled back and its numbers given again.
    """
    sites: dict[int, _Known] = in_mind("groups of bins")
    session.flush()  # bins that were added just now, too
    count, newest, unsorted = session.execute(_STATE, {"site": start.site_id}).one()
    keep = unsorted is None or not sort_in(start.site_id)
    known = sites.get(start.site_id)
    if known is None or known.state != (count, newest) or not keep:
        known = _Known((count, newest), _read(start.site_id))
        if keep:
            sites[start.site_id] = known
    point = (start.x_mm, start.y_mm)
    if point not in known.seen_from:
        if len(known.seen_from) >= _MOST_STARTS:
            known.seen_from.clear()
        known.seen_from[point] = sorted(((one.least_way(*point), one) for one in known.groups), key=lambda pair: (pair[0], pair[1].id))
    return known.seen_from[point]


def _read(site_id: int) -> list[Group]:
    rows = session.execute(sa.select(_G).where(_G.c.site_id == site_id).order_by(_G.c.id)).all()
    return [
        Group(
            id=row.id,
            left=row.cell_x * CELL_MM - _FAR,
            front=row.cell_y * CELL_MM - _FAR,
            floor=row.cell_z * CELL_MM - _FAR,
            **{name: getattr(row, name) for name in _KEPT},
        )
        for row in rows
    ]


# -- how far A, B and C lie --------------------------------------------------------------------------------------------------


def reach(start: Location) -> tuple[int, int]:
    """How far from a start the second and the last third of the storage bins begin; reckoned once, until the layout changes."""
    row = session.execute(sa.select(_R.c.second_third_mm, _R.c.last_third_mm).where(_R.c.start_id == start.id)).one_or_none()
    if row is not None:
        return row[0], row[1]
    way = way_from(start.x_mm, start.y_mm).label("way")
    ways = sa.select(way).where(_STORAGE).order_by(way)
    site = {"site": start.site_id}
    bins = session.execute(sa.select(sa.func.count()).select_from(_L).where(_STORAGE), site).scalar_one()
    begins = (
        [session.execute(ways.offset(-(-(bins - 1) * third // 3)).limit(1), site).scalar() or 0 for third in (1, 2)] if bins else [0, 0]
    )
    if in_transaction():
        facts = {"start_id": start.id, "site_id": start.site_id, "second_third_mm": begins[0], "last_third_mm": begins[1]}
        session.execute(upsert(_R).values(**facts).on_conflict_do_nothing())
    return begins[0], begins[1]


# -- keeping order -----------------------------------------------------------------------------------------------------------


def forget(vacancy_ids: list[int]) -> None:
    """These were seen not to be empty. What was emptied meanwhile has a row of its own and stays; whoever deletes beside us is not
    waited for."""
    if vacancy_ids and in_transaction():
        these = sa.select(_V.c.id).where(_V.c.id.in_(vacancy_ids)).with_for_update(skip_locked=True)
        session.execute(sa.delete(_V).where(_V.c.id.in_(these)))


def tidy() -> int:
    """Strikes out bins that are not empty any more, and rows that say the same twice; how many."""
    sorted_in = sa.select(_L.c.group_id).where(_L.c.id == _V.c.location_id).scalar_subquery()
    session.execute(sa.update(_V).where(_V.c.group_id.is_(None), sorted_in.is_not(None)).values(group_id=sorted_in))
    lying = sa.exists().where(_STOCK.c.location_id == _V.c.location_id, _STOCK.c.on_hand != 0)
    other = _V.alias("other")
    twice = sa.exists().where(other.c.location_id == _V.c.location_id, other.c.id > _V.c.id)
    moved = sa.exists().where(_L.c.id == _V.c.location_id, _L.c.group_id.is_distinct_from(_V.c.group_id), _V.c.group_id.is_not(None))
    gone = list(session.execute(sa.select(_V.c.id).where(sa.or_(lying, twice, moved)).limit(20_000)).scalars())
    forget(gone)
    return len(gone)
