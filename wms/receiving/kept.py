"""The note of a delivery is kept as soon as it is final: before anybody renames a product or a supplier."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.db import session
from wms.orders.models import Difference, DifferenceStatus, InboundOrder, InboundStatus
from wms.printing import keeping
from wms.printing.keeping import Standing
from wms.printing.models import KeptPaper
from wms.receiving.documents import goods_received_note
from wms.receiving.models import Inspection, InspectionStatus

KIND = "goods-received-note"
LOOKS_BACK = dt.timedelta(days=30)
AT_ONCE = 20


def not_kept() -> list[tuple[Standing, Actor]]:
    """The notes of deliveries that were closed lately, on which nothing is open, and which are not kept."""
    mine = (KeptPaper.site_id == InboundOrder.site_id, KeptPaper.kind == KIND, KeptPaper.number_key == InboundOrder.number_key)
    kept = sa.exists().where(*mine, KeptPaper.final)
    waits = sa.or_(
        sa.exists().where(Difference.inbound_order_id == InboundOrder.id, Difference.status == DifferenceStatus.OPEN.value),
        sa.exists().where(Inspection.inbound_order_id == InboundOrder.id, Inspection.status == InspectionStatus.OPEN.value),
    )
    lately = (InboundOrder.status == InboundStatus.CLOSED.value, InboundOrder.updated_at > clock.now() - LOOKS_BACK)
    wanted = sa.select(InboundOrder.number, InboundOrder.site_id).where(*lately, ~kept, ~waits).order_by(InboundOrder.id).limit(AT_ONCE)
    found = [(number, Actor(0, "", "", frozenset({Role.ADMIN}), site_id)) for number, site_id in session.execute(wanted)]
    return [(keeping.standing_of(KIND, [goods_received_note(number, by)], by=by), by) for number, by in found]
