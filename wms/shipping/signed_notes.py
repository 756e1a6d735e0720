"""What customers signed for, as their delivery notes say it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session
from wms.i18n import Text, units
from wms.orders import signatures, signing_queries
from wms.orders.models import SignOff
from wms.orders.signing_queries import SignedLineView, SignedView
from wms.printing.papers import NotKept, Signed
from wms.shipping.models import Shipment


def of_shipments(numbers: Sequence[str], by: Actor, *, field: Text) -> dict[str, Signed]:
    """Who signed for which of these shipments, and for what; by number."""
    rows = session.execute(
        sa.select(Shipment.number, Shipment.id, Shipment.order_id, SignOff.signature_path, SignOff.signature_png)
        .join(SignOff, SignOff.shipment_id == Shipment.id)
        .where(Shipment.site_id == by.site_id, Shipment.number.in_(list(numbers)))
    ).all()
    views = signing_queries.by_shipment(sorted({row.order_id for row in rows})) if rows else {}
    return {row.number: _signed(views[row.id], row.signature_path, row.signature_png, field) for row in rows}


def _signed(one: SignedView, path: str | None, picture: bytes | None, field: Text) -> Signed:
    whole = all(not line.decimals for line in one.lines)
    return Signed(
        field,
        one.signed_by,
        one.signed_at,
        signatures.strokes(path or ""),
        (signatures.WIDE, signatures.TALL),
        picture,
        sent=units(sum(line.shipped for line in one.lines), 0) if whole else "",
        kept=units(sum(line.delivered for line in one.lines), 0) if whole else "",
        remark=one.comment or "",
        not_kept=[_not_kept(line) for line in one.differing],
    )


def _not_kept(line: SignedLineView) -> NotKept:
    def some(quantity: int) -> str:
        return units(quantity, line.decimals) if quantity else ""

    return NotKept(
        line.sku,
        line.lot or "",
        sent=units(line.shipped, line.decimals),
        kept=units(line.delivered, line.decimals),
        damaged=some(line.damaged),
        refused=some(line.refused),
        missing=some(line.missing),
        why=line.why or "",
    )
