"""Programmes: what is counted by itself. Each day has its part, so that all of it is met by the end of the period, and its plan is opened
once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wms import clock, events
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import among, session, table_of
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.locations.models import Location
from wms.stocktake import choice, counts, opening, quota, rules, sampling
from wms.stocktake.choice import Choice
from wms.stocktake.models import CountPlace, CountPlan, PlaceState
from wms.stocktake.opening import Sample
from wms.stocktake.plan_models import CountOrigin, CountRules, Programme, Rule, Why

_L, _CP, _O, _PR = (table_of(one) for one in (Location, CountPlace, CountOrigin, Programme))
EVERYTHING = Choice()
CYCLE, FIRST_TIME = "cycle_count", "never_counted"


class ProgrammeUnknown(NotFound):
    """No such programme at this site."""

    code = "programme_unknown"
    sentence = T("There is no programme {number}", "没有此盘点方案：{number}")


class NameTaken(Invalid):
    """Programmes are told apart by their names."""

    code = "programme_name_taken"
    pointer = "/name"
    sentence = T("There is a programme {name} already", "盘点方案“{name}”已存在")


@dataclass(frozen=True)
class Terms:
    """What a programme says."""

    name: str
    scope: Choice = EVERYTHING
    every_days: int = 30
    begins_on: dt.date | None = None
    sample: Sample | None = None
    blind: bool = True
    tolerance: int = 0
    priority: int = 3
    active: bool = True


def put(terms: Terms, *, by: Actor, number: int | None = None) -> Programme:
    """A new programme, or another one in place of what it said. Raises ProgrammeUnknown, NameTaken, NotFound for what its scope names."""
    choice.places(terms.scope, by.site_id)  # whatever it names must be there
    programme = find(number, by=by) if number is not None else None
    if programme is None:
        programme = Programme(site_id=by.site_id, created_at=clock.now(), begins_on=terms.begins_on or clock.today())
        session.add(programme)
    elif terms.begins_on is not None:
        programme.begins_on = terms.begins_on
    programme.name, programme.scope, programme.every_days = terms.name, terms.scope.as_json(), terms.every_days
    programme.rule = (Rule.SAMPLE if terms.sample else Rule.CYCLE).value
    programme.confidence_percent = terms.sample.confidence_percent if terms.sample else None
    programme.error_permille = terms.sample.error_permille if terms.sample else None
    programme.blind, programme.tolerance, programme.priority = terms.blind, terms.tolerance, terms.priority
    programme.active, programme.by_id = terms.active, by.id
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise NameTaken(name=terms.name) from None
    return programme


def find(number: int, *, by: Actor) -> Programme:
    """The programme with this number. Raises ProgrammeUnknown."""
    found = session.get(Programme, number)
    if found is None or found.site_id != by.site_id:
        raise ProgrammeUnknown(number=number)
    return found


def switch(number: int, *, active: bool, by: Actor) -> Programme:
    """On or off. Raises ProgrammeUnknown."""
    programme = find(number, by=by)
    programme.active, programme.by_id = active, by.id
    session.flush()
    return programme


def listed(site_id: int) -> list[Programme]:
    """The programmes of a site, by name."""
    return list(session.execute(sa.select(Programme).where(Programme.site_id == site_id).order_by(Programme.name)).scalars())


# -- how it stands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """How a programme stands in its period on a day."""

    first: dt.date
    last: dt.date
    whole: int
    """Places that it speaks of, or the sample of them."""
    population: int
    counted: int
    """Counted since the period began."""
    open: int
    """In a plan that is not finished."""
    today: int
    """How many are its part of the day."""
    behind: int
    """How many more should have been counted by the evening before, had each working day had its even part."""
    opened_on: dt.date | None
    """The last day that it opened a plan for."""

    @property
    def left(self) -> int:
        """Neither counted nor in a plan."""
        return max(0, self.whole - self.counted - self.open)


def standing(programme: Programme, day: dt.date) -> Standing:
    """How a programme stands on a day: added up in the database, however many places there are."""
    seen = _places(programme, _period(programme, day)[0])
    population = None
    if programme.rule == Rule.SAMPLE:
        ids = session.execute(sa.select(seen.c.id)).scalars().all()
        chosen, population = _sampled(programme, day, ids), len(ids)
        seen = sa.select(seen).where(among(seen.c.id, sorted(chosen))).subquery("sampled")
    counted, waits = seen.c.counted, sa.and_(~seen.c.counted, seen.c.open)
    sums = [sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0) for which in (counted, waits)]
    whole, done, waiting = session.execute(sa.select(sa.func.count(), *sums).select_from(seen)).one()
    return _standing(programme, day, _Sums(whole, int(done), int(waiting), whole if population is None else population))


@dataclass(frozen=True)
class _Sums:
    """What a programme speaks of, added up."""

    whole: int
    counted: int
    waiting: int
    population: int


@dataclass(frozen=True)
class _Seen:
    """A place that a programme speaks of."""

    id: int
    last: dt.datetime | None
    counted: bool
    open: bool


def _period(programme: Programme, day: dt.date) -> tuple[dt.date, dt.date]:
    return quota.period(programme.begins_on, programme.every_days, day)


def _places(programme: Programme, first: dt.date) -> sa.Subquery:
    """The places: when each was counted last, whether since the period began, and whether it is in a plan that is not finished."""
    last = sa.select(_CP.c.location_id, sa.func.max(_CP.c.counted_at).label("last")).join(CountPlan, CountPlan.id == _CP.c.count_id)
    last = last.where(_CP.c.counted_at.is_not(None), _CP.c.state != PlaceState.REFUSED.value, CountPlan.site_id == programme.site_id)
    latest = last.where(CountPlan.product_id.is_(None)).group_by(_CP.c.location_id).subquery("latest")
    wanted = choice.places(Choice.of_json(programme.scope), programme.site_id).subquery("wanted")
    counted = sa.and_(latest.c.last.is_not(None), latest.c.last >= clock.begins(first))
    rows = sa.select(_L.c.id, latest.c.last, counted.label("counted"), counts.is_open_at(_L.c.id).label("open"))
    return rows.join(wanted, wanted.c.id == _L.c.id).outerjoin(latest, latest.c.location_id == _L.c.id).subquery("seen")


def _look(programme: Programme, day: dt.date) -> tuple[list[_Seen], int]:
    """The places, those longest not counted first, and out of how many they are."""
    seen = _places(programme, _period(programme, day)[0])
    walk = (sa.func.coalesce(_L.c.zone, ""), _L.c.x_mm, _L.c.y_mm, _L.c.z_mm, _L.c.id)
    rows = sa.select(seen).join(_L, _L.c.id == seen.c.id).order_by(seen.c.last.is_not(None), seen.c.last, *walk)
    found = [_Seen(row.id, row.last, bool(row.counted), bool(row.open)) for row in session.execute(rows)]
    if programme.rule == Rule.SAMPLE:
        chosen = _sampled(programme, day, [one.id for one in found])
        return [one for one in found if one.id in chosen], len(found)
    return found, len(found)


def _sampled(programme: Programme, day: dt.date, ids: Sequence[int]) -> set[int]:
    """Which of these the sample of the period has: the same ones all through it."""
    first, _ = _period(programme, day)
    return set(sampling.drawn(ids, sample_of(programme).size(len(ids)), seed=f"{programme.id}:{first.isoformat()}"))


def sample_of(programme: Programme) -> Sample:
    """What a sample programme states."""
    assert programme.confidence_percent is not None
    assert programme.error_permille is not None
    return Sample(programme.confidence_percent, programme.error_permille)


def _standing(programme: Programme, day: dt.date, sums: _Sums) -> Standing:
    said = rules.of_site(programme.site_id)
    first, last = _period(programme, day)
    days = set(said.working_days)
    worked, gone = quota.working_days(first, last, days), quota.working_days(first, day - dt.timedelta(days=1), days)
    even = sums.whole * gone // worked if worked and day >= first else 0
    opened = session.execute(sa.select(sa.func.max(_O.c.day)).where(_O.c.programme_id == programme.id)).scalar()
    part = quota.today(sums.whole - sums.counted - sums.waiting, day, last, days) if day >= first else 0
    return Standing(first, last, sums.whole, sums.population, sums.counted, sums.waiting, part, max(0, even - sums.counted), opened)


# -- the day's plan ----------------------------------------------------------------------------------------------------


def open_day(programme: Programme, day: dt.date, *, by: Actor) -> CountPlan | None:
    """Opens the plan of a day, unless it was opened, or nothing is due: each place says why it is counted, and for which shift.

    Those that were not counted for longest come first. Whoever asks again on the same day gets the same plan.
    """
    known = session.execute(sa.select(_O.c.count_id).where(_O.c.programme_id == programme.id, _O.c.day == day)).scalar_one_or_none()
    if known is not None:
        return session.get_one(CountPlan, known)
    opening.one_at_a_time(programme.site_id)
    seen, population = _look(programme, day)
    waiting = sum(one.open and not one.counted for one in seen)
    stands = _standing(programme, day, _Sums(len(seen), sum(one.counted for one in seen), waiting, population))
    due = [one for one in seen if not one.counted and not one.open][: stands.today]
    if not due:
        return None
    count = counts.open_plan(
        [one.id for one in due],
        by=by,
        blind=programme.blind,
        tolerance=programme.tolerance,
        reason=programme.name,
        priority=programme.priority,
    )
    origin = CountOrigin(
        count_id=count.id,
        programme_id=programme.id,
        day=day,
        why=Why.PROGRAMME.value,
        scope=programme.scope,
        population=stands.population,
        confidence_percent=programme.confidence_percent,
        error_permille=programme.error_permille,
    )
    session.add(origin)
    session.flush()  # the day is taken: who opens it at the same moment fails here
    walk = session.execute(sa.select(_CP.c.location_id).where(_CP.c.count_id == count.id).order_by(_CP.c.sequence)).scalars().all()
    opening.say_why(count, {one.id: [_reason(programme, one, day)] for one in due}, _due(walk, day, rules.of_site(programme.site_id)))
    events.record(count, "count.planned", by=by, programme=programme.name, places=len(due))
    return count


def _reason(programme: Programme, one: _Seen, day: dt.date) -> dict[str, str | int]:
    if one.last is None:
        return {"code": FIRST_TIME, "programme": programme.name}
    return {"code": CYCLE, "programme": programme.name, "days": (day - clock.local(one.last).date()).days}


def _due(walk: Iterable[int], day: dt.date, said: CountRules) -> dict[int, dt.datetime]:
    """By the end of which shift each place is counted: the walk of the day is dealt over the shifts that are not over."""
    moment = clock.now()
    ends = [clock.begins(day) + dt.timedelta(hours=one.ends.hour, minutes=one.ends.minute) for one in rules.shifts(said)]
    left = [end for end in ends if end > moment]
    parts = quota.dealt(list(walk), len(left))
    return {place: end for end, part in zip(left, parts, strict=True) for place in part}


def actor_of(programme: Programme) -> Actor | None:
    """In whose name its plans are opened: who changed it last."""
    person = session.get(Person, programme.by_id)
    if person is None:
        return None
    return Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), programme.site_id, "zh_CN")
