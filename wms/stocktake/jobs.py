"""In the background: counted places are judged when work there has ended, each programme's day is opened, classes are computed at night,
frozen zones are let go, odd places are counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import again, session, table_of, transaction
from wms.errors import WarehouseError
from wms.jobs.forgetting import NIGHT
from wms.jobs.runner import Job
from wms.locations import freezing
from wms.locations.models import Site, ZoneFreeze
from wms.printing import keeping
from wms.stocktake import classes, judging, kept, programmes, unasked
from wms.stocktake.models import FIRST, CountPlace, CountPlan, CountStatus, CountVisit, PlaceState
from wms.stocktake.pareto import Placed
from wms.stocktake.plan_models import CountOrigin, Programme

MOST_AT_ONCE = 500
log = structlog.get_logger("wms.stocktake")


def _sites() -> list[int]:
    found = list(session.execute(sa.select(Site.id).order_by(Site.id)).scalars())
    session.close()
    return found


def open_programmes() -> int:
    """Opens today's plan of every programme that has none; how many. Asked again it opens nothing more."""
    day = clock.today()
    done = sa.select(CountOrigin.programme_id).where(CountOrigin.day == day)
    wanted = sa.select(Programme.id).where(Programme.active, Programme.begins_on <= day, Programme.id.not_in(done))
    waiting = list(session.execute(wanted.order_by(Programme.id)).scalars())
    session.close()
    opened = 0
    for number in waiting:
        try:
            opened += again(lambda: _open(number, day))  # noqa: B023  (called at once)
        except IntegrityError:  # somebody else opened it at this moment
            session.rollback()
    return opened


def _open(number: int, day: dt.date) -> int:
    with transaction():
        programme = session.get(Programme, number)
        by = programmes.actor_of(programme) if programme is not None else None
        if programme is None or by is None:
            return 0
        return int(programmes.open_day(programme, day, by=by) is not None)


def compute_classes() -> int:
    """Computes the classes of every site; how many would change, or did."""
    changed = 0
    for site_id in _sites():
        found = classes.placed(site_id)
        session.close()
        if found:
            changed += again(lambda: _keep(site_id, found))  # noqa: B023  (called at once)
    return changed


def _keep(site_id: int, found: dict[int, Placed]) -> int:
    with transaction():
        return classes.keep(site_id, found)


def let_zones_go() -> int:
    """Frozen zones whose time is over, and those that their plan has counted, are let go; how many."""
    freeze, place, plan = table_of(ZoneFreeze), table_of(CountPlace), table_of(CountPlan)
    waiting = sa.select(sa.literal(1)).select_from(place.join(plan, plan.c.id == place.c.count_id))
    here = (plan.c.number == freeze.c.document, sa.func.coalesce(place.c.zone, "") == freeze.c.zone)
    waiting = waiting.where(*here, place.c.state.in_(FIRST))
    known = sa.select(sa.literal(1)).where(plan.c.number == freeze.c.document, plan.c.site_id == freeze.c.site_id)
    counted = sa.and_(freeze.c.ended_at.is_(None), known.exists(), ~waiting.exists())
    with transaction():
        gone = freezing.let_go()
        return gone + int(session.execute(sa.update(freeze).where(counted).values(ended_at=clock.now())).rowcount)  # type: ignore[attr-defined]


def count_unasked() -> int:
    """Places that the site wants counted out of turn; how many were asked for."""

    def look() -> int:
        with transaction():
            return sum(unasked.look(site_id) for site_id in sites)

    sites = _sites()
    return again(look)


def judge_counted() -> int:
    """Counted places where work was in hand are judged when it has ended, each by itself, in the name of who counted there last; how
    many. Asked for by an index: where no place waits, nothing is read. Those that wait on keep back nobody behind them, nor does one that
    cannot be judged."""
    place, plan, visit = table_of(CountPlace), table_of(CountPlan), table_of(CountVisit)
    last = sa.select(visit.c.person_id).where(visit.c.place_id == place.c.id).order_by(visit.c.closed_at.desc(), visit.c.id.desc()).limit(1)
    rows = sa.select(place.c.id, place.c.count_id, plan.c.site_id, last.correlate(place).scalar_subquery().label("person_id"))
    rows = rows.join_from(plan, place, place.c.count_id == plan.c.id)
    rows = rows.where(plan.c.status == CountStatus.OPEN.value, place.c.state == PlaceState.COUNTED.value).order_by(place.c.id)
    done, last_id = 0, 0
    while waiting := session.execute(rows.where(place.c.id > last_id).limit(MOST_AT_ONCE)).all():
        session.rollback()
        for row in waiting:
            try:
                done += again(lambda: _judge(row))  # noqa: B023  (called at once)
            except WarehouseError as refusal:
                log.warning("a counted place cannot be judged", place=row.id, why=refusal.say("en"))
        last_id = waiting[-1].id
    session.rollback()
    return done


def _judge(row: Any) -> bool:
    with transaction():
        person = session.get(Person, row.person_id)
        if person is None:
            return False
        by = Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), row.site_id)
        return judging.judge_again(row.id, row.count_id, by=by)


def keep_reports() -> int:
    """Keeps what the papers say of what has ended; how many. They are made outside the transaction that writes them."""
    found = kept.not_kept()
    session.rollback()
    with transaction():
        return sum(keeping.keep([one], by=by) for one, by in found)


jobs = [
    Job("judge-counted-places", dt.timedelta(seconds=20), judge_counted, own_transaction=True),
    Job("open-count-programmes", dt.timedelta(minutes=10), open_programmes, own_transaction=True),
    Job("compute-classes", dt.timedelta(days=1), compute_classes, own_transaction=True, hour=NIGHT),
    Job("let-frozen-zones-go", dt.timedelta(seconds=20), let_zones_go, own_transaction=True),
    Job("count-out-of-turn", dt.timedelta(minutes=5), count_unasked, own_transaction=True),
    Job("keep-count-reports", dt.timedelta(minutes=1), keep_reports, own_transaction=True),
]
