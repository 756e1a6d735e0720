"""What of the deliveries is inspected: shoe care always, a new supplier's goods now and then, what our own houses send never."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.orders.models import InboundKind
from wms.receiving.inspection import open_inspection
from wms.receiving.inspection_rules import NewRule, add_rule
from wms.receiving.models import Sampling
from wms.stock.models import Batch, Condition, Stock

RULES = (
    NewRule(kind=InboundKind.TRANSFER, inspects=False, note="自有仓库，已检 our own houses, inspected there"),
    NewRule(supplier="S-KESSLER", sampling=Sampling.AQL, sample=250, note="护理用品批批检 shoe care, each delivery"),
    NewRule(supplier="S-LINGNAN", every=5, sampling=Sampling.PERCENT, sample=10, allowed=1, note="新供应商抽检 new supplier"),
)


def put_rules(*, by: Actor) -> None:
    """Puts the rules in, in their order."""
    for one in RULES:
        add_rule(one, by=by)


def open_waiting(*, by: Actor) -> None:
    """Each piece of the opening stock that waits in the inspection area has its inspection, to be worked with the handheld."""
    rows = session.execute(
        sa.select(Stock, Product)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Batch.product_id)
        .where(Stock.site_id == by.site_id, Stock.condition == Condition.INSPECTION.value, Stock.on_hand > 0)
        .order_by(Stock.id)
    ).all()
    for stock, product in rows:
        open_inspection(
            product, stock.batch_id, stock.on_hand, by=by, location_id=stock.location_id, unit_id=stock.handling_unit_id, document="期初"
        )
