"""Counts as screens, papers and the API show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, Product, Tracking
from wms.db import among, session
from wms.i18n import Text
from wms.locations.models import Location
from wms.stock.models import Batch, HandlingUnit
from wms.stocktake import counts
from wms.stocktake.models import (
    FIRST,
    Cause,
    CountEntry,
    CountLine,
    CountPlace,
    CountPlan,
    CountStatus,
    CountVisit,
    Outcome,
    PlaceState,
)

P = PlaceState
MOST = 1000
"""So many places are told of a count at once, with their lines."""


@dataclass(frozen=True)
class Counted:
    """What one person found."""

    person_id: int
    person: str
    quantity: int
    book: int
    at: dt.datetime


@dataclass(frozen=True)
class Line:
    """One line of a count in words."""

    location: str
    sku: str
    product: Text
    unit: str
    decimals: int
    lot: str
    lots_told: bool
    received_on: dt.date | None
    handling_unit: str | None
    condition: str
    book: int | None
    counted: list[Counted]
    difference: int | None
    posted: int
    differs: bool
    owner: str | None = None
    """Whose goods they are, where the batch is not its product's owner's."""
    place_id: int = 0
    sequence: int = 0
    state: PlaceState = PlaceState.OPEN
    cause: Cause | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Summary:
    """One row of the list of counts."""

    id: int
    number: str
    status: CountStatus
    blind: bool
    created_at: dt.datetime
    by: str
    places: int
    counted: int
    differences: int
    reason: str | None


def lines_of(
    count: CountPlan,
    *,
    after: int = 0,
    limit: int | None = None,
    differing: bool = False,
    place_ids: Sequence[int] | None = None,
) -> list[Line]:
    """Lines of a count, in walking order of their places: so many, those of places behind this one in the walk, or of some places."""
    batch_age = sa.select(sa.func.max(Batch.received_on)).where(
        Batch.product_id == CountLine.product_id, sa.or_(CountLine.lot_key == "", Batch.lot_key == CountLine.lot_key)
    )
    wanted = (
        sa.select(CountLine, CountPlace, Location.code, Product, batch_age.scalar_subquery(), HandlingUnit.code, Partner.name)
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .join(Location, Location.id == CountPlace.location_id)
        .join(Product, Product.id == CountLine.product_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == CountLine.handling_unit_id)
        .outerjoin(Partner, Partner.id == CountLine.owner_id)
        .where(CountPlace.count_id == count.id, CountPlace.sequence > after)
        .order_by(CountPlace.sequence, Product.sku_key, CountLine.id)
        .execution_options(populate_existing=True)
    )
    if differing:
        wanted = wanted.where(differs())
    if place_ids is not None:
        wanted = wanted.where(among(CountPlace.id, list(place_ids)))
    rows = session.execute(wanted.limit(limit) if limit else wanted).all()
    entries: dict[int, list[CountEntry]] = {}
    ids = [row[0].id for row in rows]
    for entry in session.execute(sa.select(CountEntry).where(among(CountEntry.line_id, ids)).order_by(CountEntry.id)).scalars():
        entries.setdefault(entry.line_id, []).append(entry)
    people = _names({entry.person_id for some in entries.values() for entry in some})
    return [_line(row, entries.get(row[0].id, []), people) for row in rows]


def differs() -> sa.ColumnElement[bool]:
    """Whether a line (of CountLine) was found to differ by more than is allowed."""
    return sa.or_(sa.func.abs(CountLine.difference) > CountLine.allowed, sa.and_(CountLine.disputed, CountLine.difference != 0))


def _line(row: Any, entries: Sequence[CountEntry], people: dict[int, str]) -> Line:
    line, place, location, product, received_on, unit, owner = row
    last = next((entry for entry in entries if entry.at == line.taken_at), entries[-1] if entries else None)
    return Line(
        location,
        product.sku,
        product.text,
        product.base_unit,
        product.decimals,
        line.lot,
        product.tracking != Tracking.NONE,
        received_on,
        unit,
        line.condition,
        last.book + last.correction if last else None,
        [Counted(one.person_id, people[one.person_id], one.quantity, one.book + one.correction, one.at) for one in entries],
        line.difference,
        line.posted,
        bool(line.difference) and (abs(line.difference) > line.allowed or line.disputed),
        owner,
        place.id,
        place.sequence,
        PlaceState(place.state),
        Cause(line.cause) if line.cause else None,
        Outcome(line.outcome) if line.outcome else None,
    )


def _names(ids: set[int]) -> dict[int, str]:
    found = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids))).all()
    return {row.id: row.name for row in found}


@dataclass(frozen=True)
class PlaceRow:
    """One place of a count in words."""

    id: int
    location: str
    zone: str | None
    sequence: int
    state: PlaceState
    counted_at: dt.datetime | None


def places_of(
    count: CountPlan, *, states: Sequence[str] | None = None, zone: str | None = None, after: int = 0, limit: int | None = None
) -> list[PlaceRow]:
    """Places of a count in walking order: so many, behind this one in the walk."""
    wanted = sa.select(CountPlace.id).where(CountPlace.count_id == count.id, CountPlace.sequence > after)
    if states is not None:
        wanted = wanted.where(CountPlace.state.in_(states))
    if zone is not None:
        wanted = wanted.where(CountPlace.zone == zone)
    wanted = wanted.order_by(CountPlace.sequence)
    some = (wanted.limit(limit) if limit else wanted.order_by(None)).subquery()  # so many places are found first, their locations then
    rows = (
        sa.select(CountPlace.id, Location.code, CountPlace.zone, CountPlace.sequence, CountPlace.state, CountPlace.counted_at)
        .join(some, some.c.id == CountPlace.id)
        .join(Location, Location.id == CountPlace.location_id)
        .order_by(CountPlace.sequence)
    )
    found = session.execute(rows).all()
    return [PlaceRow(one[0], one[1], one[2], one[3], PlaceState(one[4]), one[5]) for one in found]


@dataclass(frozen=True)
class Sums:
    """What a count comes to."""

    lines: int
    differing: int


def sums_of(count: CountPlan) -> Sums:
    """How many lines a count has, and how many of them differ."""
    lines = sa.select(sa.func.count()).select_from(CountLine).join(CountPlace).where(CountPlace.count_id == count.id)
    return Sums(session.execute(lines).scalar_one(), session.execute(lines.where(differs())).scalar_one())


def listing(by: Actor, *, status: str | None = None, search: str = "", offset: int = 0, limit: int = 50) -> tuple[list[Summary], int]:
    """Counts of the site, newest first, and how many there are."""
    where = [CountPlan.site_id == by.site_id]
    if status:
        where.append(CountPlan.status == status)
    if search:
        here = sa.select(CountPlace.count_id).join(Location).where(Location.code_key.contains(search.casefold(), autoescape=True))
        where.append(sa.or_(CountPlan.number.icontains(search, autoescape=True), CountPlan.id.in_(here)))
    total = session.execute(sa.select(sa.func.count()).select_from(CountPlan).where(*where)).scalar_one()
    rows = _summaries().where(*where).order_by(CountPlan.id.desc()).offset(offset).limit(limit)
    return _shown(rows), total


def after(by: Actor, *, after: int, status: str | None = None, limit: int = 100) -> list[Summary]:
    """Counts of the site after this id, oldest first."""
    rows = _summaries().where(CountPlan.site_id == by.site_id, CountPlan.id > after)
    return _shown((rows.where(CountPlan.status == status) if status else rows).order_by(CountPlan.id).limit(limit))


def _summaries() -> sa.Select[tuple[CountPlan, str, int, int, int]]:
    places = sa.select(sa.func.count()).where(CountPlace.count_id == CountPlan.id).correlate(CountPlan)
    differing = sa.select(sa.func.count()).select_from(CountLine).join(CountPlace).where(CountPlace.count_id == CountPlan.id, differs())
    return sa.select(
        CountPlan,
        Person.name,
        places.scalar_subquery(),
        places.where(CountPlace.state.not_in(FIRST)).scalar_subquery(),
        differing.correlate(CountPlan).scalar_subquery(),
    ).join(Person, Person.id == CountPlan.by_id)


def _shown(rows: sa.Select[tuple[CountPlan, str, int, int, int]]) -> list[Summary]:
    return [
        Summary(c.id, c.number, CountStatus(c.status), c.blind, c.created_at, name, many, closed, wrong, c.reason)
        for c, name, many, closed, wrong in session.execute(rows)
    ]


def waiting_for_approval(by: Actor) -> int:
    """How many counts a supervisor has to look at."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(CountPlan)
        .where(CountPlan.site_id == by.site_id, CountPlan.status == CountStatus.REVIEW.value)
    ).scalar_one()


def open_counts(by: Actor) -> int:
    """How many counts are not finished."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(CountPlan)
        .where(
            CountPlan.site_id == by.site_id,
            CountPlan.status.in_([CountStatus.OPEN.value, CountStatus.RECOUNT.value, CountStatus.REVIEW.value]),
        )
    ).scalar_one()


def next_place(count: CountPlan, *, by: Actor, first: int | None = None) -> CountPlace | None:
    """Where this person should go next: to `first`, where there is something to do for them, else to a place that nobody has counted and
    that is not in other hands, else to one that somebody else has to count again, else to where somebody who is not done has found a
    difference."""
    been = sa.select(CountVisit.place_id).where(CountVisit.person_id == by.id, CountVisit.closed_at.is_not(None))
    free = sa.and_(
        CountPlace.count_id == count.id,
        ~counts.taken(count.id, by=by),
        CountPlace.id.not_in(been.where(CountVisit.place_id == CountPlace.id).correlate(CountPlace)),
    )
    rows = sa.select(CountPlace).where(free).order_by(CountPlace.sequence).limit(1)
    wanted = (P.OPEN, P.COUNTING, P.RECOUNT, P.THIRD)
    if first is not None:
        here = rows.where(CountPlace.location_id == first, CountPlace.state.in_([state.value for state in wanted]))
        found = session.execute(here).scalar_one_or_none()
        if found is not None:
            return found
    for state in wanted:  # one by one, each in the sequence of an index
        found = session.execute(rows.where(CountPlace.state == state.value)).scalar_one_or_none()
        if found is not None:
            return found
    theirs = sa.and_(CountPlace.count_id == count.id, CountPlace.state.in_([state.value for state in wanted]), CountPlace.id.not_in(been))
    doubtful = sa.select(CountPlace).where(theirs, counts.differs_for(by))
    return session.execute(doubtful.order_by(CountPlace.sequence).limit(1)).scalar_one_or_none()
