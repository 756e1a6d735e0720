"""Places that wait for a decision, with all that was found there: for who approves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.catalog.worth import worth
from wms.db import among, session
from wms.i18n import Text
from wms.locations.models import Location
from wms.stocktake import queries, rules, tolerances
from wms.stocktake.models import CountPlace, CountPlan, CountStatus, CountVisit, PlaceState
from wms.stocktake.queries import Counted

SORTS: dict[str, Any] = {"stake": (CountPlace.stake, CountPlace.id), "location": Location.code_key, "at": CountPlace.counted_at}


@dataclass(frozen=True, slots=True)
class ToDecide:
    """One line of such a place."""

    sku: str
    product: Text
    decimals: int
    lot: str
    handling_unit: str | None
    condition: str
    owner: str | None
    book: int | None
    counted: Sequence[Counted]
    difference: int
    worth: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place that waits."""

    id: int
    number: str
    location: str
    zone: str | None
    stake: int
    counted_at: Any
    mine: bool
    """Whether the reader counted there: then somebody else decides."""
    lines: Sequence[ToDecide]


def waiting(by: Actor) -> int:
    """How many places wait: of the plans that are not over, by their states."""
    rows = sa.select(sa.func.count()).select_from(CountPlace).join(CountPlan, CountPlan.id == CountPlace.count_id)
    return session.execute(rows.where(*_waits(by.site_id))).scalar_one()


@dataclass(frozen=True, slots=True)
class Yours:
    """What waits in a plan, as far as the reader may decide it."""

    within: int
    above: int
    """Worth more than the reader approves, or nobody knows how much."""
    own: int
    """Counted by the reader: somebody else decides."""


def yours(count: CountPlan, *, by: Actor) -> Yours:
    """Which of a plan's places that wait the reader may approve."""
    rows = sa.select(CountPlace).where(CountPlace.count_id == count.id, CountPlace.state == PlaceState.REVIEW.value)
    places = list(session.execute(rows).scalars())
    visits = sa.select(CountVisit.place_id).where(among(CountVisit.place_id, [one.id for one in places]), CountVisit.person_id == by.id)
    own = set(session.execute(visits).scalars())
    above = tolerances.beyond(places, by=by).keys() - own
    return Yours(within=len(places) - len(own) - len(above), above=len(above), own=len(own))


def for_the_manager(count_ids: Sequence[int], *, site_id: int) -> set[int]:
    """The plans of these in which something waits that is worth more than a supervisor approves."""
    limit = rules.of_site(site_id).approval_limit
    if limit is None:
        return set()
    rows = sa.select(CountPlace.count_id).where(CountPlace.state == PlaceState.REVIEW.value, CountPlace.stake > limit)
    return set(session.execute(rows.where(CountPlace.count_id.in_(count_ids))).scalars())


def _waits(site_id: int) -> list[sa.ColumnElement[bool]]:
    live = [CountStatus.OPEN.value, CountStatus.RECOUNT.value, CountStatus.REVIEW.value]
    return [CountPlan.site_id == site_id, CountPlan.status.in_(live), CountPlace.state == PlaceState.REVIEW.value]


def places(site_id: int) -> sa.Select[Any]:
    """The places of a site that wait for a decision; rows are made readable by `shown`."""
    rows = sa.select(CountPlace, CountPlan, Location.code).join(CountPlan, CountPlan.id == CountPlace.count_id)
    rows = rows.join(Location, Location.id == CountPlace.location_id)
    return rows.where(*_waits(site_id))


def shown(rows: Iterable[Any], *, by: Actor) -> list[Place]:
    """The same with their lines."""
    found = list(rows)
    lines: dict[int, list[queries.Line]] = {}
    plans: dict[int, CountPlan] = {row[1].id: row[1] for row in found}
    for plan in plans.values():
        mine = [row[0].id for row in found if row[1].id == plan.id]
        for line in queries.lines_of(plan, place_ids=mine):
            lines.setdefault(line.place_id, []).append(line)
    values = _values({line.sku for some in lines.values() for line in some})
    return [
        Place(
            id=place.id,
            number=plan.number,
            location=code,
            zone=place.zone,
            stake=place.stake,
            counted_at=place.counted_at,
            mine=any(one.person_id == by.id for line in lines.get(place.id, []) for one in line.counted),
            lines=[_line(line, values) for line in lines.get(place.id, []) if line.difference],
        )
        for place, plan, code in found
    ]


def _line(line: queries.Line, values: dict[str, int | None]) -> ToDecide:
    return ToDecide(
        sku=line.sku,
        product=line.product,
        decimals=line.decimals,
        lot=line.lot,
        handling_unit=line.handling_unit,
        condition=line.condition,
        owner=line.owner,
        book=line.book,
        counted=line.counted,
        difference=line.difference or 0,
        worth=worth(line.difference or 0, values.get(line.sku), line.decimals),
    )


def _values(skus: set[str]) -> dict[str, int | None]:
    ids = session.execute(sa.select(Product.id, Product.sku, Product.unit_value).where(Product.sku.in_(skus))).all()
    return {sku: value for _id, sku, value in ids}


def lines_with_worth(count: CountPlan, place_ids: Sequence[int] | None = None, limit: int | None = None) -> list[tuple[queries.Line, int]]:
    """The differing lines of a plan, each with what its difference is worth."""
    rows = queries.lines_of(count, differing=True, place_ids=place_ids, limit=limit)
    values = _values({line.sku for line in rows})
    return [(line, worth(line.difference or 0, values.get(line.sku), line.decimals)) for line in rows]
