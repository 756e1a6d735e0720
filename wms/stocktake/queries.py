"""Counts as screens, papers and the API show them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, Product, Tracking
from wms.db import session
from wms.i18n import Text
from wms.locations.models import Location
from wms.stock.models import Batch, HandlingUnit
from wms.stocktake import counts
from wms.stocktake.models import CountLine, CountPlace, CountPlan, CountStatus


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
    received_on: dt.date
    handling_unit: str | None
    condition: str
    book: int | None
    counted: list[Counted]
    difference: int | None
    posted: int
    differs: bool
    owner: str | None = None
    """Whose goods they are, where the batch is not its product's owner's."""


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


def lines_of(count: CountPlan) -> list[Line]:
    """The lines of a count, in walking order of their places."""
    rows = session.execute(
        sa.select(CountLine, Location.code, Product, Batch.lot, Batch.received_on, HandlingUnit.code, Partner.name)
        .join(Location, Location.id == CountLine.location_id)
        .join(Product, Product.id == CountLine.product_id)
        .join(Batch, Batch.id == CountLine.batch_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == CountLine.handling_unit_id)
        .outerjoin(Partner, Partner.id == Batch.owner_id)
        .join(CountPlace, sa.and_(CountPlace.count_id == CountLine.count_id, CountPlace.location_id == CountLine.location_id))
        .where(CountLine.count_id == count.id)
        .order_by(CountPlace.sequence, Product.sku_key, CountLine.id)
        .execution_options(populate_existing=True)
    ).all()
    differing = {line.id for line in counts.differing(count)}
    people = _names({entry.person_id for line, *_ in rows for entry in line.entries})
    return [
        Line(
            location,
            product.sku,
            product.text,
            product.base_unit,
            product.decimals,
            lot,
            product.tracking != Tracking.NONE,
            received_on,
            unit,
            line.condition,
            line.entries[-1].book if line.entries else None,
            [Counted(one.person_id, people[one.person_id], one.quantity, one.book, one.at) for one in line.entries],
            line.difference,
            line.posted,
            line.id in differing,
            owner,
        )
        for line, location, product, lot, received_on, unit, owner in rows
    ]


def _names(ids: set[int]) -> dict[int, str]:
    found = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids))).all()
    return {row.id: row.name for row in found}


def places_of(count: CountPlan) -> list[tuple[str, dt.datetime | None]]:
    """(location code, when it was closed) in walking order."""
    rows = session.execute(
        sa.select(Location.code, CountPlace.counted_at)
        .join(Location, Location.id == CountPlace.location_id)
        .where(CountPlace.count_id == count.id)
        .order_by(CountPlace.sequence)
    ).all()
    return [(code, at) for code, at in rows]


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
    differing = sa.select(sa.func.count()).where(CountLine.count_id == CountPlan.id, counts.is_differing())
    return sa.select(
        CountPlan,
        Person.name,
        places.scalar_subquery(),
        places.where(CountPlace.counted_at.is_not(None)).scalar_subquery(),
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
    """Where this person should go next: to `first`, where there is something to do for them, else to a place that is not closed yet and
    not in other hands, else to a difference of somebody else's that waits for a recount."""
    taken = counts.taken(count, by=by)
    waiting = counts.recounts(count, by=by)
    to_recount = [place for place in count.places if place.location_id in waiting]
    to_count = [place for place in count.places if place.counted_at is None and place.location_id not in taken]
    free = [place for place in to_recount if place.location_id not in taken]
    return next(
        (place for place in to_count + free if place.location_id == first),
        next(iter(to_count + free + to_recount), None),
    )
