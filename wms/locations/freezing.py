"""A zone is frozen while it is counted: no work begins there, what is under way ends, and somebody or the clock lets it go again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location, ZoneFreeze

_F = table_of(ZoneFreeze)
_LIVE = _F.c.ended_at.is_(None)


class ZoneFrozen(Refused):
    """The zone is being counted: nothing begins there."""

    code = "zone_frozen"
    sentence = T("Zone {zone} is being counted ({document}): no work begins there now", "库区 {zone} 正在盘点（{document}），暂不开始作业")
    advice = T("Take other work, or ask the supervisor to let the zone go", "请领取其他任务，或请主管解除冻结")


@dataclass(frozen=True)
class Frozen:
    """A zone that is frozen now."""

    zone: str
    document: str
    began_at: dt.datetime
    until: dt.datetime | None


def freeze(zone: str, *, document: str, until: dt.datetime | None = None, by: Actor) -> ZoneFreeze:
    """From now on no work begins in the zone. One that is frozen already stays so, until the later of both times."""
    found = session.execute(
        sa.select(ZoneFreeze).where(ZoneFreeze.site_id == by.site_id, ZoneFreeze.zone == zone, ZoneFreeze.ended_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        found = ZoneFreeze(site_id=by.site_id, zone=zone, document=document, began_at=clock.now(), by_id=by.id, until=until)
        session.add(found)
    elif found.until is not None:
        found.until = None if until is None else max(found.until, until)
    session.flush()  # one of a zone: the index says so now
    return found


def unfreeze(zone: str | None = None, *, by: Actor, document: str | None = None) -> int:
    """Lets a zone go, or all that a document froze; how many there were."""
    wanted = [_F.c.site_id == by.site_id, _LIVE]
    wanted += [_F.c.zone == zone] if zone is not None else []
    wanted += [_F.c.document == document] if document is not None else []
    done = session.execute(sa.update(_F).where(*wanted).values(ended_at=clock.now(), ended_by_id=by.id))
    return int(done.rowcount)  # type: ignore[attr-defined]


def let_go() -> int:
    """Ends those whose time is over; a job asks for it."""
    moment = clock.now()
    done = session.execute(sa.update(_F).where(_LIVE, _F.c.until <= moment).values(ended_at=moment))
    return int(done.rowcount)  # type: ignore[attr-defined]


def frozen(site_id: int) -> list[Frozen]:
    """The zones of a site that are frozen now."""
    rows = session.execute(
        sa.select(_F.c.zone, _F.c.document, _F.c.began_at, _F.c.until).where(_F.c.site_id == site_id, _LIVE).order_by(_F.c.zone)
    )
    return [Frozen(*row) for row in rows]


def is_frozen(location_zone: sa.ColumnElement[str] | sa.orm.InstrumentedAttribute[str | None], site_id: int) -> sa.ColumnElement[bool]:
    """Whether a place of this zone is frozen, for a query."""
    live = sa.select(sa.literal(1)).where(_F.c.site_id == site_id, _LIVE, _F.c.zone == sa.func.coalesce(location_zone, ""))
    return live.exists()


def must_not_be_frozen(*location_ids: int | None) -> None:
    """Raises ZoneFrozen where one of these places lies in a frozen zone."""
    places = [one for one in location_ids if one is not None]
    if not places:
        return
    L = table_of(Location)  # noqa: N806
    found = session.execute(
        sa.select(_F.c.zone, _F.c.document)
        .join_from(L, _F, sa.and_(_F.c.site_id == L.c.site_id, _F.c.zone == sa.func.coalesce(L.c.zone, ""), _LIVE))
        .where(L.c.id.in_(places))
        .limit(1)
    ).first()
    if found is not None:
        raise ZoneFrozen(zone=found.zone or "–", document=found.document)
