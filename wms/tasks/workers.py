"""Where people stand, what they drive and where they work: seen at each scanned location; chosen by themselves or by a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.actor import Actor
from wms.db import fold, session, table_of, upsert
from wms.errors import Invalid
from wms.i18n import T
from wms.locations.models import Location
from wms.routing.floor import Point
from wms.tasks.models import Worker

_W, _L = table_of(Worker), table_of(Location)


class EquipmentUnknown(Invalid):
    """No location of the site asks for such equipment."""

    code = "equipment_unknown"
    sentence = T("No location here needs {equipment}", "本仓库没有需要 {equipment} 的库位")
    advice = T("Choose from the list", "请从列表中选择")


class ZoneUnknown(Invalid):
    """No location of the site lies in such a zone."""

    code = "zone_unknown"
    sentence = T("There is no zone {zone} here", "本仓库没有库区 {zone}")
    advice = T("Choose from the list", "请从列表中选择")


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody at work: where they were seen last, and what they may be given."""

    place: str | None = None
    point: Point | None = None
    equipment: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()  # none: everywhere


_STANDING = (
    sa.select(_W.c.equipment, _W.c.zones, _L.c.code, _L.c.x_mm, _L.c.y_mm, _L.c.aisle)
    .select_from(_W.outerjoin(_L, _L.c.id == _W.c.location_id))
    .where(_W.c.person_id == bindparam("person"), _W.c.site_id == bindparam("site"))
)


def standing(by: Actor) -> Standing:
    """Where somebody stands at their site, what they drive, and where they work. Who asks for the first time is known from then on."""
    row = session.execute(_STANDING, {"person": by.id, "site": by.site_id}).one_or_none()
    if row is None:
        _enter(by.id, by.site_id)
        return Standing()
    point = None if row.code is None else Point(row.x_mm, row.y_mm, row.aisle)
    return Standing(row.code, point, tuple(row.equipment), tuple(row.zones))


_PLACE = (
    sa.select(_L.c.id)
    .where(_L.c.site_id == bindparam("site", type_=sa.BigInteger), _L.c.code_key == bindparam("place", type_=sa.String))
    .scalar_subquery()
)
_SEEN = (
    sa.update(_W)
    .where(_W.c.person_id == bindparam("person"))
    .values(location_id=_PLACE, site_id=bindparam("site", type_=sa.BigInteger), seen_at=bindparam("moment"))
)
_STANDS = sa.update(_W).where(_W.c.person_id == bindparam("person")).values(location_id=bindparam("at"), seen_at=bindparam("moment"))


def seen_at(code: str, *, by: Actor) -> None:
    """Somebody has scanned a location: there they stand. Kept of those who ask for work, by one statement."""
    session.connection().execute(_SEEN, {"person": by.id, "site": by.site_id, "place": fold(code), "moment": clock.now()})


def stands_at(location_id: int, *, by: Actor) -> None:
    """Somebody has ended their work at a location, whatever they scanned there."""
    session.connection().execute(_STANDS, {"person": by.id, "at": location_id, "moment": clock.now()})


def choose(person_id: int, site_id: int, *, equipment: Sequence[str] | None = None, zones: Sequence[str] | None = None) -> None:
    """What somebody drives from now on, and where they work; no zones means everywhere. What is not given stays.

    Raises EquipmentUnknown, ZoneUnknown.
    """
    values: dict[str, list[str]] = {}
    if equipment is not None:
        known = {fold(one): one for one in equipment_of(site_id)}
        lost = next((one for one in equipment if fold(one) not in known), None)
        if lost is not None:
            raise EquipmentUnknown(pointer="/equipment", equipment=lost[:40])
        values["equipment"] = sorted({known[fold(one)] for one in equipment})
    if zones is not None:
        known = {fold(one): one for one in zones_of(site_id)}
        lost = next((one for one in zones if fold(one) not in known), None)
        if lost is not None:
            raise ZoneUnknown(pointer="/zones", zone=lost[:40])
        values["zones"] = sorted({known[fold(one)] for one in zones})
    _enter(person_id, site_id)
    session.execute(sa.update(_W).where(_W.c.person_id == person_id).values(site_id=site_id, **values))


def driven_by(person_id: int, site_id: int) -> list[str]:
    """What somebody drives at a site."""
    found = session.execute(sa.select(_W.c.equipment).where(_W.c.person_id == person_id, _W.c.site_id == site_id)).scalar_one_or_none()
    return list(found or ())


def equipment_of(site_id: int) -> list[str]:
    """What the locations of a site ask for."""
    return _different(_L.c.equipment, site_id)


def zones_of(site_id: int) -> list[str]:
    """The zones of a site."""
    return _different(_L.c.zone, site_id)


def _different(column: sa.ColumnElement[str | None], site_id: int) -> list[str]:
    found = session.execute(sa.select(column).where(_L.c.site_id == site_id, column.is_not(None)).distinct()).scalars()
    return sorted(one for one in found if one)


def _enter(person_id: int, site_id: int) -> None:
    """The person's row, where there is none."""
    row = {"person_id": person_id, "site_id": site_id, "equipment": [], "zones": [], "seen_at": clock.now()}
    fresh = upsert(_W).values(row)
    here: dict[str, Any] = {"site_id": site_id, "location_id": None, "equipment": [], "zones": []}  # who worked at another site begins anew
    session.execute(fresh.on_conflict_do_update(index_elements=["person_id"], set_=here, where=_W.c.site_id != site_id))
