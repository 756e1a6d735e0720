"""Why goods lack: looked at when they were chosen, in the same transaction, and kept on the line for whoever asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Product
from wms.db import among, session, table_of
from wms.i18n import T, Text
from wms.locations.models import PICKABLE, PROMISABLE, Location
from wms.orders.models import OrderLine
from wms.orders.reasons import lack
from wms.picking.dealing import Dealer, Demand, Reason
from wms.picking.strategies import dealer, demand, doubted, policy, racks
from wms.stock.models import Batch, Condition, Stock

_S, _B, _L, _OL = table_of(Stock), table_of(Batch), table_of(Location), table_of(OrderLine)
Elsewhere = Mapping[int, Sequence[tuple[str, int]]]


def tell(orders: Sequence[int], site_id: int) -> None:
    """Writes on each line of these orders why it still waits; on those that wait no longer, nothing."""
    whole = sa.and_(among(_OL.c.order_id, orders), _OL.c.promised == 0, _OL.c.short == 0, _OL.c.lacking.is_not(None))
    session.execute(sa.update(_OL).where(whole).values(lacking=sa.null()))
    found = look(orders, site_id)
    if found:
        session.execute(
            sa.update(_OL).where(_OL.c.id == sa.bindparam("of_line")).values(lacking=sa.bindparam("why", type_=_OL.c.lacking.type)),
            [{"of_line": line.line_id, "why": reasons} for line, reasons in found],
        )


def look(orders: Sequence[int], site_id: int) -> list[tuple[Demand, list[Reason]]]:
    """What these orders wait for, in the sequence in which they get goods, and why they lack it."""
    rule = policy(site_id)
    left = demand(orders, rule)
    if not left:
        return []
    products = {line.product_id for line in left}
    there, elsewhere = dealer(products, site_id, rule), _elsewhere(products, site_id)
    return [(line, why(line, there, elsewhere)) for line in left]


# What the line asks for and cannot have: somebody can do something about it.
ASKED = ("lot", "life", "kept", "one_batch", "doubted")


def in_words(orders: Sequence[int], site_id: int) -> dict[int, Text]:
    """What keeps each of these orders from goods that are there: what its first such line asks for, or that they are to be counted."""
    said: dict[int, tuple[int, Reason]] = {}
    for line, reasons in look(orders, site_id):
        asked = next((one for one in reasons if one["code"] in ASKED), None)
        if asked is not None:
            said.setdefault(line.order_id, (line.product_id, asked))
    names = sa.select(Product.id, Product.sku).where(among(Product.id, sorted({product for product, _ in said.values()})))
    skus = {row.id: row.sku for row in session.execute(names)} if said else {}
    return {
        order: T("{sku}: {reason}", "{sku}：{reason}", sku=skus[product], reason=lack(reason)) for order, (product, reason) in said.items()
    }


def note_short(order_line_id: int, quantity: int, reason: str) -> None:
    """The picker did not find so much, and it was given up."""
    why = [{"code": "short_pick", "quantity": quantity, "reason": reason}]
    session.execute(sa.update(_OL).where(_OL.c.id == order_line_id).values(lacking=why))


def why(line: Demand, there: Dealer, elsewhere: Elsewhere) -> list[Reason]:
    """What keeps this line from the goods, as {code, …facts}: what it asks for first, then where the rest of the goods is."""
    reasons = there.against(line)
    if line.ship_complete:
        reasons.append({"code": "ship_complete"})
    reasons += [{"code": code, "quantity": quantity} for code, quantity in elsewhere.get(line.product_id, ())]
    return reasons or [{"code": "nothing"}]


def _elsewhere(products: set[int], site_id: int) -> Elsewhere:
    """Goods of these products that no order may have now, by what keeps them."""
    picked_from = _L.c.kind.in_([kind.value for kind in PICKABLE])
    expired = sa.and_(_B.c.expires_on.is_not(None), _B.c.expires_on < clock.today())
    kind = sa.case(
        (_S.c.condition == Condition.INSPECTION.value, "inspection"),
        (_S.c.condition != Condition.GOOD.value, "not_good"),
        (_B.c.owner_id.is_not(None), "of_others"),
        (expired, "expired"),
        (~picked_from, "on_its_way"),
        (doubted(_S.c.location_id, _S.c.product_id), "doubted"),
        else_="taken",
    ).label("kind")
    quantity: Any = sa.case((kind == "taken", _S.c.reserved), else_=_S.c.on_hand - _S.c.reserved)
    rows = (
        sa.select(_S.c.product_id, kind, quantity.label("quantity"))
        .select_from(racks())
        .where(
            _S.c.site_id == site_id,
            among(_S.c.product_id, sorted(products)),
            _S.c.on_hand > 0,
            _L.c.kind.in_([one.value for one in PROMISABLE]),
        )
        .subquery()
    )
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    summed = sa.select(rows.c.product_id, rows.c.kind, sa.cast(sa.func.sum(rows.c.quantity), sa.BigInteger))
    for product, code, amount in session.execute(summed.group_by(rows.c.product_id, rows.c.kind).order_by(rows.c.kind)).all():
        if amount:
            found[product].append((code, amount))
    return found
