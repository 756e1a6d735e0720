"""The papers of many shipments as one PDF: of a load, or of what a list shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.printing import keeping
from wms.printing.keeping import Standing
from wms.printing.papers import Paper
from wms.shipping import loads, queries
from wms.shipping.documents import delivery, outbound, slips
from wms.shipping.models import Shipment
from wms.shipping.queries import ShipmentView

KINDS: dict[str, Callable[[Sequence[ShipmentView]], list[Paper]]] = {
    "packing-slip": lambda views: slips([(one, None) for one in views]),
    "delivery-note": lambda views: [delivery(one) for one in views],
    "outbound-note": lambda views: [outbound(one) for one in views],
}
MOST = 1000


class NothingPacked(NotFound):
    """None of the chosen shipments has a carton."""

    code = "nothing_packed"
    sentence = T("Nothing of this choice is packed", "所选范围内没有已打包的发货单")
    advice = T("Choose another range", "请重新选择范围")


class TooManyPapers(Invalid):
    """One file holds what somebody takes out of a printer in one go."""

    code = "too_many_papers"
    sentence = T("{count} shipments are too many for one file, which holds {most}", "{count} 张发货单过多，一个文件最多 {most} 张")
    advice = T("Choose a smaller range", "请缩小范围")


def chosen(kind: str, *, by: Actor, load: str | None = None, q: str | None = None, state: str | None = None) -> list[Standing]:
    """The papers of one kind of a load's shipments in delivery order, or of those that a list shows, by number; of what has cartons.

    Raises LoadUnknown, NothingPacked, TooManyPapers.
    """
    found = queries.shipments_listed(by, q=q, state=state)
    if load:
        found = found.where(Shipment.load_id == loads.find(load, by=by).id)
    count = session.execute(sa.select(sa.func.count()).select_from(found.order_by(None).subquery())).scalar_one()
    if count > MOST:
        raise TooManyPapers(count=count, most=MOST)
    rows = session.execute(found.order_by(*((Shipment.stop, Shipment.id) if load else (Shipment.id,))))
    views = [one for one in queries.with_parcels([queries.shipment_view(row) for row in rows]) if one.parcels]
    if not views:
        raise NothingPacked
    return keeping.standings(kind, [[one] for one in KINDS[kind](views)], by=by)
