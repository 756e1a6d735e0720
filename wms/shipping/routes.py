"""Routes: which orders go on a truck together, in which order they are delivered, and until when they must be ready."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import PartnerKind
from wms.db import fold, session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.orders.lines import find_partner
from wms.shipping.models import Route


class RouteUnknown(NotFound):
    """No route has this code."""

    code = "route_unknown"
    sentence = T("There is no route {route}", "没有此线路：{route}")
    advice = T("Check the code, or have the route put in", "请核对编码，或先建立该线路")


class AreaEmpty(Invalid):
    """An area names something."""

    code = "area_empty"
    sentence = T("An area names a region, a city or the beginning of a postcode", "配送区域须填写省份、城市或邮编开头")


@dataclass(frozen=True)
class Area:
    """A part of the country: what is None fits everything, and a postcode fits all that begin with it."""

    region: str | None = None
    city: str | None = None
    postcode: str | None = None

    def __str__(self) -> str:
        parts = (self.region, self.city, f"{self.postcode}…" if self.postcode else None)
        return " ".join(one for one in parts if one)

    def fits(self, address: Mapping[str, Any]) -> bool:
        """Whether an address lies there."""
        same = all(_same(wanted, address.get(part)) for part, wanted in (("region", self.region), ("city", self.city)) if wanted)
        postcode = "".join(str(address.get("postcode") or "").split())
        return same and (not self.postcode or postcode.startswith(self.postcode))


def _same(wanted: str, given: Any) -> bool:
    """洛阳 and 洛阳市 are one place to whoever types them."""
    return _plain(wanted) == _plain(str(given or ""))


def _plain(place: str) -> str:
    return fold(place).removesuffix("市").removesuffix("省").removesuffix("自治区")


def areas_of(route: Route) -> list[Area]:
    """Its areas, in delivery order."""
    return [Area(**one) for one in route.areas]


def put_route(
    code: str, *, name: str, areas: Sequence[Area] = (), carrier: str | None = None, cut_off: dt.time | None = None
) -> tuple[Route, bool]:
    """Creates or wholly replaces a route; tells whether it is new. Raises PartnerUnknown, AreaEmpty."""
    for place, area in enumerate(areas):
        if not (area.region or area.city or area.postcode):
            raise AreaEmpty(pointer=f"/areas/{place}")
    route = by_code(code)
    new = route is None
    carrier_id = find_partner(carrier, PartnerKind.CARRIER, "/carrier").id if carrier else None
    if route is None:
        route = Route(code=code.strip())
        session.add(route)
    route.name, route.carrier_id, route.updated_at = name, carrier_id, clock.now()
    route.areas = [_said(area) for area in areas]
    route.cut_off = cut_off.strftime("%H:%M") if cut_off else None
    session.flush()  # loads name it by its id
    return route, new


def _said(area: Area) -> dict[str, str]:
    given = {"region": area.region, "city": area.city, "postcode": "".join((area.postcode or "").split()) or None}
    return {part: value for part, value in given.items() if value}


def find_route(code: str) -> Route:
    """The route with this code; raises RouteUnknown."""
    route = by_code(code)
    if route is None:
        raise RouteUnknown(route=code)
    return route


def by_code(code: str) -> Route | None:
    """The route with this code, or none."""
    return session.execute(sa.select(Route).where(Route.code_key == fold(code))).scalar_one_or_none()


def routes() -> list[Route]:
    """The routes by code."""
    return list(session.execute(sa.select(Route).order_by(Route.code_key)).scalars())


class Map:
    """The routes as they stand now: where an address is served, and which of them comes first."""

    def __init__(self) -> None:
        self.routes = {route.id: route for route in routes()}
        self._areas = [(area, route.id, place) for route in self.routes.values() for place, area in enumerate(areas_of(route))]
        # The one that says most of a place serves it: a city before its region, a longer postcode before a shorter one.
        self._areas.sort(key=lambda one: (len(one[0].postcode or ""), bool(one[0].city), bool(one[0].region)), reverse=True)

    def of(self, address: Mapping[str, Any]) -> tuple[int | None, int]:
        """(route, which of its areas) of an address; (None, 0) where no route goes."""
        return next(((route_id, place) for area, route_id, place in self._areas if area.fits(address)), (None, 0))


def cut_off_on(route: Route, day: dt.date) -> dt.datetime | None:
    """The moment at which a route's trucks are closed that day; None where it has none."""
    if not route.cut_off:
        return None
    at = dt.time.fromisoformat(route.cut_off)
    return clock.begins(day) + dt.timedelta(hours=at.hour, minutes=at.minute)
