"""Which lines of its order a delivery fills, and what it may not fill."""

from __future__ import annotations

import datetime as dt

from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.orders.models import InboundLine, InboundOrder
from wms.receiving import deliveries
from wms.stock.models import Condition

Share = tuple[InboundLine, int]
"""So much of a delivery fills this line."""


class NotAnnounced(Refused):
    """The product is not on the inbound order."""

    code = "not_announced"
    sentence = T("{sku} is not on {number}", "{number} 上没有 {sku}")
    advice = T("Set it aside and tell purchasing", "请单独存放并通知采购")


class LotNotAnnounced(Refused):
    """The order names the lots that come, and this is none of them."""

    code = "lot_not_announced"
    sentence = T("{number} announces lot {known} of {sku}, not {lot}", "{number} 通知的 {sku} 批号为 {known}，不是 {lot}")
    advice = T("Check the label; set it aside and tell purchasing", "请核对标签；单独存放并通知采购")


class ExpiryNotAnnounced(Refused):
    """The order names the expiry date, and the label another."""

    code = "expiry_not_announced"
    sentence = T("{number} announces {sku} until {known}, not {given}", "{number} 通知的 {sku} 到期日为 {known}，不是 {given}")
    advice = T("Check the label; set it aside and tell purchasing", "请核对标签；单独存放并通知采购")


class OverReceipt(Refused):
    """More than was ordered, beyond the agreed tolerance."""

    code = "over_receipt"
    sentence = T(
        "{sku}: {expected} ordered, {received} received, {quantity} more is over the tolerance of {percent} %",
        "{sku}：订购 {expected}，已收 {received}，再收 {quantity} 超出允差 {percent}%",
    )
    advice = T("At most {most} may still come in; refuse the rest and tell purchasing", "最多还可收 {most}，其余拒收并通知采购")


def expects(order: InboundOrder, product: Product) -> None:
    """Refuses a product that was not announced, or of which nothing more may come in. Raises NotAnnounced, OverReceipt."""
    shares(order, product, 1, None, None, Condition.GOOD)


def shares(
    order: InboundOrder,
    product: Product,
    quantity: int,
    lot: str | None,
    expires_on: dt.date | None,
    condition: Condition,
    *,
    lines: list[InboundLine] | None = None,
) -> list[Share]:
    """The lines that this delivery fills, and how much of each. Raises NotAnnounced, LotNotAnnounced, ExpiryNotAnnounced, OverReceipt.

    One line with room for all of it comes first, then several in their order, then more than was ordered, as far as the tolerance over
    them all goes: the last one takes it. `lines` are the product's, where they were read already.
    """
    lines = fitting(order, product, lot, expires_on, lines)
    came = {line.id: line.received if condition is Condition.DAMAGED else deliveries.accepted(line) for line in lines}
    for line in lines:
        if quantity <= line.expected - came[line.id]:
            return [(line, quantity)]
    most = 0
    for alike in _alike(lines, expires_on):
        expected = sum(line.expected for line in alike)
        room = expected - sum(came[line.id] for line in alike) + expected * order.over_receipt_percent // 100
        if quantity <= room:
            return _spread(quantity, alike, came)
        most = max(most, room)
    raise OverReceipt(
        sku=product.sku,
        expected=sum(line.expected for line in lines),
        received=sum(came.values()),
        quantity=quantity,
        percent=order.over_receipt_percent,
        most=most,
    )


def fitting(
    order: InboundOrder, product: Product, lot: str | None, expires_on: dt.date | None, lines: list[InboundLine] | None = None
) -> list[InboundLine]:
    """The lines that announce these goods: those that name their lot before those that name none."""
    lines = deliveries.lines_of(order.id, product.id) if lines is None else lines
    if not lines:
        raise NotAnnounced(sku=product.sku, number=order.number)
    if lot:
        fitting = [line for line in lines if not line.lot or fold(line.lot) == fold(lot)]
        if not fitting:
            known = ", ".join(sorted({line.lot for line in lines if line.lot}))
            raise LotNotAnnounced(number=order.number, known=known, sku=product.sku, lot=lot)
        lines = sorted(fitting, key=lambda line: (line.lot is None, line.id))
    if expires_on:
        fitting = [line for line in lines if line.expires_on in (None, expires_on)]
        if not fitting:
            raise ExpiryNotAnnounced(number=order.number, sku=product.sku, known=lines[0].expires_on, given=expires_on)
        lines = fitting
    return lines


def _alike(lines: list[InboundLine], expires_on: dt.date | None) -> list[list[InboundLine]]:
    """Lines that one batch may fill together: what they say of it, and the label does not, is the same."""
    found: dict[tuple[dt.date | None, str | None], list[InboundLine]] = {}
    for line in lines:
        found.setdefault((expires_on or line.expires_on, line.certificate), []).append(line)
    return list(found.values())


def _spread(quantity: int, lines: list[InboundLine], came: dict[int, int]) -> list[Share]:
    shares: list[Share] = []
    for line in lines:
        part = min(quantity, max(0, line.expected - came[line.id]))
        quantity -= part
        shares.append((line, part + (quantity if line is lines[-1] else 0)))
    return [share for share in shares if share[1]]


def aside(order: InboundOrder, product: Product, quantity: int) -> list[Share]:
    """Goods that are taken in although they should not have come, blocked until somebody decides: they count on the last line of their
    product, and on a line of their own, of which nothing was expected, where there is none."""
    lines = deliveries.lines_of(order.id, product.id)
    return [(lines[-1] if lines else _unexpected(order, product), quantity)]


def _unexpected(order: InboundOrder, product: Product) -> InboundLine:
    line = InboundLine(
        inbound_order_id=order.id, line=f"+{product.sku}"[:40], product_id=product.id, expected=0, received=0, rejected=0, put_away=0
    )
    session.add(line)
    session.flush()  # its movement names it
    return line
