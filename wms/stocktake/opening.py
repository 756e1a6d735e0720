"""Plans are opened for places that were chosen: at the desk, all of the house as a full count, or a sample by lot."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import is_postgresql, session, table_of
from wms.errors import Invalid
from wms.i18n import T
from wms.locations import freezing
from wms.locations.models import Location
from wms.stocktake import choice, counts, sampling
from wms.stocktake.choice import Choice
from wms.stocktake.models import CountPlace, CountPlan
from wms.stocktake.plan_models import CountOrigin, Why
from wms.tasks.models import Task, TaskKind

_L, _T, _CP = table_of(Location), table_of(Task), table_of(CountPlace)
MOST_NAMED = 8
"""So many places that are left out are named."""


class SampleWrong(Invalid):
    """A sample is stated by how sure and how exact it is to be."""

    code = "sample_wrong"
    pointer = "/sample"
    sentence = T("A sample needs a confidence of 50 to 99 % and an error of 0.1 to 50 %", "抽样须给出置信度 50–99% 与误差 0.1–50%")


class AllBeingCounted(counts.NothingToCount):
    """Every place of the choice is in a count that has not ended."""

    code = "all_being_counted"
    sentence = T("All {n} locations of this choice are in other counts", "所选 {n} 个库位均已在其他未完成的盘点单中")
    advice = T("Finish those counts first, or choose other locations", "请先完成那些盘点单，或另选库位")


@dataclass(frozen=True, slots=True)
class Sample:
    """How sure one wants to be, in percent, and how exact, in thousandths."""

    confidence_percent: int
    error_permille: int

    def __post_init__(self) -> None:
        """Raises SampleWrong."""
        if not (50 <= self.confidence_percent <= 99 and 1 <= self.error_permille <= 500):
            raise SampleWrong

    def size(self, population: int) -> int:
        """How many places that takes."""
        return sampling.size(population, confidence=self.confidence_percent / 100, error=self.error_permille / 1000)


def free(wanted: Choice, site_id: int) -> sa.Select[tuple[int]]:
    """The places of a choice that are not being counted already: never twice for one place while one is open."""
    found = choice.places(wanted, site_id).subquery()
    return sa.select(found.c.id).where(~counts.is_open_at(found.c.id))


def one_at_a_time(site_id: int) -> None:
    """Who chooses places for a plan waits for whoever is choosing some: of a place that is free, both would make one of theirs. SQLite has
    one writer."""
    if is_postgresql():
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHOOSING, sa.cast(site_id, sa.Integer))))


_CHOOSING = 0x436F756E  # "Coun"


def left_out(count: CountPlan) -> int:
    """How many places of a full count are in another count, which is not finished, and are counted there."""
    origin = origin_of(count.id)
    return max(0, origin.population - counts.progress(count.id).of) if origin is not None and origin.why == Why.FULL.value else 0


def open_chosen(
    wanted: Choice,
    *,
    by: Actor,
    sample: Sample | None = None,
    blind: bool = True,
    tolerance: int = 0,
    reason: str | None = None,
    priority: int = 4,
) -> CountPlan:
    """Opens a plan of the places that are chosen and not open already, or of a sample of them.

    Raises NothingToCount, SampleWrong, NotFound.
    """
    one_at_a_time(by.site_id)
    ids: sa.Select[tuple[int]] | list[int] = free(wanted, by.site_id)
    population = session.execute(sa.select(sa.func.count()).select_from(choice.places(wanted, by.site_id).subquery())).scalar_one()
    if sample is not None:
        all_ids = session.execute(choice.places(wanted, by.site_id)).scalars().all()
        ids = sampling.drawn(all_ids, sample.size(population), seed=secrets.token_hex(8))
        ids = list(session.execute(sa.select(_L.c.id).where(_L.c.id.in_(ids), ~counts.is_open_at(_L.c.id))).scalars())
    try:
        count = counts.open_plan(ids, by=by, blind=blind, tolerance=tolerance, reason=reason, priority=priority)
    except counts.NothingToCount:
        if population:
            raise AllBeingCounted(n=population) from None
        raise
    why = Why.SAMPLE if sample else Why.DESK
    _came_from(count, why, wanted, population, sample)
    return count


def not_in(count: CountPlan, wanted: Choice) -> list[str]:
    """The places of a choice that are not in the plan, because they are being counted already: the first of them, for people."""
    mine = sa.select(_CP.c.location_id).where(_CP.c.count_id == count.id)
    rows = sa.select(_L.c.code).where(_L.c.id.in_(choice.places(wanted, count.site_id)), _L.c.id.not_in(mine)).order_by(_L.c.code_key)
    return list(session.execute(rows.limit(MOST_NAMED + 1)).scalars())


def open_full(
    *, by: Actor, zones: Sequence[str] = (), freeze: Sequence[str] = (), reason: str | None = None, blind: bool = True
) -> CountPlan:
    """The full count: every place of the house (or of these zones) in one plan. `freeze`: zones where nothing begins meanwhile.

    Raises NothingToCount.
    """
    everywhere = Choice(everywhere=True, zones=tuple(zones))
    one_at_a_time(by.site_id)
    ids = free(everywhere, by.site_id)
    count = counts.open_plan(ids, by=by, blind=blind, reason=reason, priority=4)
    many = session.execute(sa.select(sa.func.count()).select_from(choice.places(everywhere, by.site_id).subquery())).scalar_one()
    _came_from(count, Why.FULL, everywhere, many, None)
    for zone in [one for one in freeze if not zones or one in zones]:
        freezing.freeze(zone, document=count.number, by=by)
    return count


def _came_from(count: CountPlan, why: Why, wanted: Choice, population: int, sample: Sample | None, **more: Any) -> CountOrigin:
    origin = CountOrigin(
        count_id=count.id,
        why=why.value,
        scope=wanted.as_json(),
        population=population,
        confidence_percent=sample.confidence_percent if sample else None,
        error_permille=sample.error_permille if sample else None,
        **more,
    )
    session.add(origin)
    session.flush()
    return origin


def say_why(count: CountPlan, why: Mapping[int, list[dict[str, Any]]], due: Mapping[int, dt.datetime]) -> None:
    """Each place's work says why it is counted, and by the end of which shift."""
    rows = [{"place": place, "why": said, "due": due.get(place)} for place, said in sorted(why.items())]
    if not rows:
        return
    mine = (_T.c.document == count.number, _T.c.site_id == count.site_id, _T.c.kind == TaskKind.COUNT.value)
    statement = sa.update(_T).where(*mine, _T.c.source_id == sa.bindparam("place"))
    statement = statement.values(reasons=sa.bindparam("why", type_=_T.c.reasons.type), due_at=sa.bindparam("due", type_=_T.c.due_at.type))
    session.connection().execute(statement, rows)


def origin_of(count_id: int) -> CountOrigin | None:
    """Where a plan came from, where that is known."""
    return session.get(CountOrigin, count_id)
