"""Who drives a load: a person of the role driver, whom dispatch chooses, or the name of a stranger."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import T
from wms.shipping.models import Load, Vehicle


class DriverUnknown(NotFound):
    """Nobody with this code drives here."""

    code = "driver_unknown"
    pointer = "/driver_code"
    sentence = T("There is no driver {driver}", "没有此司机：{driver}")
    advice = T("Give the code of a driver, or type the name of a stranger", "请填写司机编号，外来司机请直接填写姓名")


@dataclass(frozen=True)
class Driver:
    """What is said of who drives: a name, and the person where it is one of ours."""

    name: str | None = None
    person_id: int | None = None


def named(code: str | None, name: str | None, *, site_id: int | None, before: int | None = None) -> Driver:
    """The driver with this code, called as he is called; without a code a stranger of this name. Who drove `before` may stay, even if he
    drives here no more. Raises DriverUnknown."""
    if not (code or "").strip():
        return Driver((name or "").strip() or None)
    for one in _drivers(site_id, before):
        if one.code_key == fold(code or ""):
            return Driver(one.name[:80], one.id)
    raise DriverUnknown(driver=(code or "").strip())


def listed(*, site_id: int | None, before: int | None = None) -> list[tuple[str, str]]:
    """(code, name) of who may be chosen at a site; of everybody who drives, where no site is named."""
    return [(one.code, one.name) for one in _drivers(site_id, before)]


def _drivers(site_id: int | None, before: int | None = None) -> list[Person]:
    here = sa.or_(Person.site_id.is_(None), Person.site_id == site_id) if site_id is not None else sa.true()
    query = sa.select(Person).where(sa.or_(sa.and_(Person.active, here), Person.id == before)).order_by(Person.code_key)
    return [one for one in session.execute(query).scalars() if Role.DRIVER.value in one.roles or one.id == before]


def of(one: Load | Vehicle) -> Driver:
    """Who drives this."""
    return Driver(one.driver, one.driver_id)


def of_vehicle(vehicle: Vehicle, *, by: Actor) -> Driver:
    """Who comes with a vehicle; where its driver does not drive here (any more), his name alone."""
    known = of(vehicle)
    here = {one.id for one in _drivers(by.site_id)} if known.person_id else set()
    return known if known.person_id in here else Driver(known.name)


def code_of(person_id: int | None) -> str | None:
    """The code of a driver."""
    return session.execute(sa.select(Person.code).where(Person.id == person_id)).scalar_one() if person_id else None
