"""What the scanner says once goods were taken in: what was booked, what follows, how far the delivery is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wms.catalog.models import Product
from wms.i18n import T, Text
from wms.orders.models import CheckIn, DifferenceKind, InboundOrder, InboundStatus
from wms.receiving import check_in as receiving
from wms.receiving import standing as how_far
from wms.receiving.screens import GOODS, company_prefix, day, listed_skus, many, none_of, plate_label, product_in_hand, short_code
from wms.scan.flow import Go, Notes, Printed, Scan
from wms.stock.models import Condition

K = DifferenceKind
AHEAD = ("waits", "more", "plates")
"""The notes that tell what is still to come."""


def standing(order: InboundOrder) -> dict[str, Any]:
    """How far the order is, and what comes next."""
    found = how_far.standing(order)
    blind = order.check_in == CheckIn.BLIND or None
    return {
        "done": found.done,
        "of": found.of,
        "waits": found.waits,
        "more": found.more or None,
        "plates": found.plates or None,
        "blind": blind,
    }


KEPT = ("dock", "dock_code", "undo", "arrival", "orders")


def kept(notes: Notes) -> dict[str, Any]:
    """The dock stays chosen from one delivery to the next, and the last receipt can be undone."""
    return {name: notes[name] for name in KEPT if name in notes}


def note_paper(number: str) -> Printed:
    """The goods received note."""
    return Printed.paper("goods-received-note", number, T("Goods received note", "入库单"))


# -- taking in --------------------------------------------------------------------------------------------------------


def part(
    notes: Notes,
    quantity: int,
    scan: Scan,
    *,
    over: bool = False,
    objection: DifferenceKind | None = None,
    reason: str | None = None,
) -> receiving.Receipt | None:
    """Takes in one part of the goods in hand; nothing where the part is nothing. `over` is what there is too much of."""
    if quantity == 0:
        return None
    return receiving.check_in(
        notes["order"],
        product_in_hand(notes),
        quantity,
        dock_id=notes["dock"],
        by=scan.by,
        key=f"{scan.key}:over" if over else scan.key,
        company_prefix=company_prefix(),
        lot=notes.get("lot"),
        expires_on=day(notes),
        produced_on=day(notes, "produced_on"),
        condition=Condition(notes.get("condition", Condition.GOOD.value)),
        unit_code=None if over else notes.get("sscc"),
        arrival_id=notes.get("arrival"),
        objection=K.OVER if over else objection,
        reason=reason,
    )


def taken_in(parts: Sequence[receiving.Receipt | None], notes: Notes, scan: Scan, *, turned_away: int = 0) -> Go:  # noqa: ARG001
    """The screen after goods were taken in, on one plate or two."""
    receipts = [one for one in parts if one is not None]
    last = receipts[-1]
    order, label = last.order, [plate_label(one.unit) for one in receipts if one.unit.code != notes.get("sscc")]
    said = T(
        "{many} of {sku} received, label {code}",
        "已收 {many} {sku}，标签 {code}",
        many=many(sum(one.quantity for one in receipts), notes),
        sku=notes["sku"],
        code=short_code(receipts[0].unit.code),
    )
    first_time = unmeasured(product_in_hand(notes))
    detail = what_follows(receipts, notes, turned_away) or (_MEASURE if first_time else None)
    after = {"undo": [one.movement_id for one in receipts], "unit": last.unit.id, "unmeasured": first_time}
    if order.status == InboundStatus.RECEIVED and not notes.get("blind"):
        whole = T("{number} is complete", "{number} 已收齐", number=order.number)
        return Go(
            "order",
            notes={**kept(notes), **after},
            say=said,
            detail=detail or whole,
            printed=[*label, note_paper(order.number)],
            posted=True,
        )
    return Go(
        "product", notes={**standing(order), **none_of(*GOODS, "condition"), **after}, say=said, detail=detail, printed=label, posted=True
    )


_MEASURE = T("Nobody knows its weight and size yet", "该商品尚无重量和尺寸")


def unmeasured(product: Product) -> list[Any] | None:
    """A product that nobody has weighed or measured, as the next screens need it."""
    if product.weight_grams and product.volume_mm3:
        return None
    return [product.id, product.sku, [product.text.say("en"), product.text.say("zh_CN")]]


def what_follows(receipts: Sequence[receiving.Receipt], notes: Notes, turned_away: int) -> Text | None:
    """What the worker must know of goods that do not simply go to their place."""
    blocked = sum(one.quantity for one in receipts if one.condition is Condition.BLOCKED)
    if turned_away:
        return T("{many} go back with the truck", "{many} 随车退回", many=many(turned_away, notes))
    if blocked and not notes.get("blind"):
        return T("Blocked until somebody decides: {many}", "{many} 已冻结，等待处理", many=many(blocked, notes))
    if any(one.condition is Condition.INSPECTION for one in receipts):
        return T("They wait for inspection", "待检验")
    return None


# -- whole plates -----------------------------------------------------------------------------------------------------


def whole_plate(scan: Scan, notes: Notes) -> Go:
    """One scan takes in all that was announced on it."""
    receipt = receiving.check_in_plate(
        notes["order"],
        scan.value,
        dock_id=notes["dock"],
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        arrival_id=notes.get("arrival"),
    )
    return plate_taken_in(receipt, notes)


def plate_taken_in(receipt: receiving.PlateReceipt, notes: Notes, *, printed: Sequence[Printed] = ()) -> Go:
    """The screen after several goods came in on one plate."""
    said = T(
        "Plate {code}: {n} pieces of {skus} received",
        "托盘 {code}：已收 {skus} 共 {n} 件",
        code=short_code(receipt.unit.code),
        n=receipt.quantity,
        skus=listed_skus([one.part.product.sku for one in receipt.booked]),
    )
    held = [one.condition for one in receipt.booked if one.condition is not Condition.GOOD]
    detail = T("Some of it waits for a decision", "部分货物待检或已冻结") if held else None
    after = {"undo": receipt.movement_ids, "unit": receipt.unit.id}
    order = receipt.order
    if order.status == InboundStatus.RECEIVED and not notes.get("blind"):
        detail = detail or T("{number} is complete", "{number} 已收齐", number=order.number)
        return Go(
            "order", notes={**kept(notes), **after}, say=said, detail=detail, printed=[*printed, note_paper(order.number)], posted=True
        )
    notes_after = {**standing(order), **none_of(*GOODS, "condition"), **after}
    return Go("product", notes=notes_after, say=said, detail=detail, printed=printed, posted=True)
