"""Sites, and the places outside the house that each of them has."""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock
from wms.db import fold, in_mind, session
from wms.errors import NotFound
from wms.i18n import T
from wms.locations.models import Kind, Location, Site, Virtual

MAIN = "MAIN"


class SiteUnknown(NotFound):
    """No such site."""

    code = "site_unknown"
    sentence = T("There is no site {code}", "没有此仓库：{code}")


def ensure_site(code: str = MAIN, name: str | None = None) -> Site:
    """The site with this code, opened with its virtual locations when it is new."""
    site = session.execute(sa.select(Site).where(Site.code_key == fold(code))).scalar_one_or_none()
    if site is None:
        site = Site(code=code, name=name or code)
        session.add(site)
        session.flush()  # its locations need its id
    known = set(session.execute(sa.select(Location.code).where(Location.site_id == site.id, Location.kind == Kind.VIRTUAL.value)).scalars())
    for place in Virtual:
        if place.value not in known:
            session.add(Location(site_id=site.id, code=place.value, kind=Kind.VIRTUAL.value, allow_negative=True, updated_at=clock.now()))
    session.flush()  # the ledger names virtual locations by id
    return site


def find_site(code: str) -> Site:
    """The site with this code; raises SiteUnknown."""
    site = session.execute(sa.select(Site).where(Site.code_key == fold(code))).scalar_one_or_none()
    if site is None:
        raise SiteUnknown(code=code)
    return site


def virtual(site_id: int, place: Virtual) -> int:
    """The id of one of the places outside a site; they never change, so each is looked up once per process."""
    known: dict[tuple[int, str], int] = in_mind("virtual places")
    if (site_id, place.value) not in known:
        rows = session.execute(
            sa.select(Location.code, Location.id).where(Location.site_id == site_id, Location.kind == Kind.VIRTUAL.value)
        )
        known.update({(site_id, code): location_id for code, location_id in rows})
    return known[site_id, place.value]
