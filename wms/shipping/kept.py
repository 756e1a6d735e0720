"""The papers of what has left are kept as soon as it has: before anybody renames a product or a customer moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.db import session, table_of
from wms.printing import keeping
from wms.printing.keeping import Standing
from wms.shipping import queries
from wms.shipping.documents import checklist_of, delivery, manifest_of, outbound, pass_of, sheet_of, slips
from wms.shipping.models import Load

LOOKS_BACK = dt.timedelta(days=30)
AT_ONCE = 5


def waiting(besides: Collection[int] = ()) -> sa.Select[tuple[Load]]:
    """Loads that left lately and whose papers of this departure are not kept. Where there are none, the partial index is empty."""
    return (
        sa.select(Load)
        .where(Load.status == sa.literal_column("'left'"), Load.papers_kept_at.is_(None), Load.left_at > clock.now() - LOOKS_BACK)
        .where(Load.id.not_in(besides) if besides else sa.true())
        .order_by(Load.left_at, Load.id)
        .limit(AT_ONCE)
    )


def not_kept(besides: Collection[int] = ()) -> list[int]:
    """Some of them, by id: between two of them a transaction ends, and what was read before it is let go."""
    return [load.id for load in session.execute(waiting(besides)).scalars()]


def on_behalf_of(load: Load) -> Actor:
    """Whose papers they are while nobody asks: the site's own."""
    return Actor(0, "", "", frozenset({Role.ADMIN}), load.site_id)


def done(load_id: int, left_at: dt.datetime) -> None:
    """The papers of this departure are kept; of a truck that turned back meanwhile those of the next one are still to be."""
    row = table_of(Load)
    session.execute(sa.update(row).where(row.c.id == load_id, row.c.left_at == left_at).values(papers_kept_at=clock.now()))


def papers_of(load: Load, by: Actor) -> Iterator[Standing]:
    """Every paper that went with a truck: of each shipment and each carton, and its own."""
    view = queries.load_view(load, by)
    shipments = [one for one in view.shipments if one.left_at is not None]
    made = {
        "packing-slip": slips([(one, unit) for one in shipments for unit in (None, *(parcel.id for parcel in one.parcels))]),
        "delivery-note": [delivery(one) for one in shipments],
        "outbound-note": [outbound(one) for one in shipments],
        "load-sheet": [sheet_of(view)],
        "loading-checklist": [checklist_of(view)],
        "carrier-manifest": [manifest_of(view)],
        "gate-pass": [pass_of(view)],
    }
    for kind, papers in made.items():
        yield from keeping.standings(kind, [[one] for one in papers], by=by)
