"""The papers of what has left are kept as soon as it has: before anybody renames a product or a customer moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.db import session
from wms.printing import keeping
from wms.printing.keeping import Standing
from wms.printing.models import KeptPaper
from wms.shipping import queries
from wms.shipping.documents import checklist_of, delivery, manifest_of, outbound, pass_of, sheet_of, slip
from wms.shipping.models import Load, LoadStatus

LOOKS_BACK = dt.timedelta(days=30)
AT_ONCE = 5
_LAST = "gate-pass"  # written last of a load's papers: where it is kept, all are


def not_kept() -> list[tuple[Load, Actor]]:
    """Loads that left lately and whose papers of this departure are not kept."""
    kept = sa.exists().where(
        KeptPaper.site_id == Load.site_id, KeptPaper.kind == _LAST, KeptPaper.number == Load.gate_pass, KeptPaper.since == Load.left_at
    )
    statement = (
        sa.select(Load)
        .where(Load.status == LoadStatus.LEFT.value, Load.left_at > clock.now() - LOOKS_BACK, ~kept)
        .order_by(Load.left_at, Load.id)
        .limit(AT_ONCE)
    )
    found = list(session.execute(statement).scalars())
    return [(load, Actor(0, "", "", frozenset({Role.ADMIN}), load.site_id)) for load in found]


def papers_of(load: Load, by: Actor) -> Iterator[Standing]:
    """Every paper that went with a truck: of each shipment and each carton, and its own."""
    view = queries.load_view(load, by)
    shipments = [one for one in view.shipments if one.left_at is not None]
    made = {
        "packing-slip": [slip(one, unit) for one in shipments for unit in (None, *(parcel.id for parcel in one.parcels))],
        "delivery-note": [delivery(one) for one in shipments],
        "outbound-note": [outbound(one) for one in shipments],
        "load-sheet": [sheet_of(view)],
        "loading-checklist": [checklist_of(view)],
        "carrier-manifest": [manifest_of(view)],
        _LAST: [pass_of(view)],
    }
    for kind, papers in made.items():
        yield from keeping.standings(kind, [[one] for one in papers], by=by)
