"""What stands at a packing place besides its printers: the scale."""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.shipping import scales
from wms.shipping.bench_models import Bench


class BenchUnknown(NotFound):
    """No such packing place at this site."""

    code = "bench_unknown"
    sentence = T("There is no packing place {code}", "没有此打包台：{code}")


class NotABench(Invalid):
    """Goods are packed at a packing place."""

    code = "not_a_bench"
    sentence = T("{code} is no packing place: {kind}", "{code} 不是打包台（{kind}）")


def put(code: str, scale: str | None, *, by: Actor) -> Location:
    """Says which scale stands at a bench; none takes it away. Raises BenchUnknown, NotABench, ScaleAddressWrong."""
    place = session.execute(sa.select(Location).where(Location.site_id == by.site_id, Location.code_key == fold(code))).scalar_one_or_none()
    if place is None or place.is_virtual:
        raise BenchUnknown(code=code)
    if place.kind != Kind.PACKING:
        raise NotABench(code=place.code, kind=Kind(place.kind).text)
    address = (scale or "").strip() or None
    if address is not None:
        scales.at(address)
    row = session.get(Bench, place.id) or Bench(location_id=place.id)
    row.scale, row.updated_at = address, clock.now()
    session.add(row)
    session.flush()
    return place


def scale_of(location_id: int | None) -> str | None:
    """Where the scale of a bench is found."""
    return session.execute(sa.select(Bench.scale).where(Bench.location_id == location_id)).scalar_one_or_none() if location_id else None


def listed(by: Actor) -> list[tuple[int, str, str | None]]:
    """(id, code, scale) of the site's packing places."""
    rows = session.execute(
        sa.select(Location.id, Location.code, Bench.scale)
        .outerjoin(Bench, Bench.location_id == Location.id)
        .where(Location.site_id == by.site_id, Location.kind == Kind.PACKING.value)
        .order_by(Location.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]
