"""The scanner for customer returns: the order, the goods, how many, in what condition, and where they are put."""

from __future__ import annotations

from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.models import Tracking
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders.models import InboundKind, InboundOrder, Order
from wms.receiving import inquiries
from wms.receiving import returns as returning
from wms.receiving.screens import (
    GOODS,
    company_prefix,
    goods_facts,
    many,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
)
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Printed, Scan


def _facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if notes.get("quantity"):
        facts.append(quantity_fact(T("Quantity", "数量"), notes["quantity"], notes.get("base_unit")))
    elif notes.get("open"):
        facts.append(quantity_fact(T("Left with the order", "随单发出"), notes["open"], notes.get("base_unit")))
    if notes.get("condition"):
        facts.append(Fact(T("Condition", "状态"), returning.CONDITIONS[notes["condition"]][1]))
    return facts


returns = Flow("return", title=T("Return", "退货"), needs=Permission.RETURN_GOODS, document="number", facts=_facts)


class AnnouncedReturn(Refused):
    """What was announced is received like any delivery."""

    code = "received_elsewhere"
    sentence = T("{number} is announced to be received ({kind})", "{number} 是待收单据（{kind}）")
    advice = T("Receive it under Receive: {number}", "请在“收货”中收货：{number}")


def _order(number: str, by: Actor) -> Order | None:
    order = returning.find_order(number, by=by)
    if order is not None:
        return order
    announced = inquiries.document(number, by=by)
    if isinstance(announced, InboundOrder):
        raise AnnouncedReturn(number=announced.number, kind=InboundKind(announced.kind).text)
    return None


def _begin(order: Order) -> Go:
    return Go("product", notes={"order": order.id, "number": order.number, **none_of(*GOODS, "condition", "note")})


@returns.step(
    "order",
    ask=T("Scan the order or delivery note", "扫描订单或发货单"),
    accepts=[Kind.DOCUMENT],
    documents=_order,
    leads_to=["product"],
)
def scan_order(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _begin(scan.document)


@returns.step(
    "product",
    ask=T("Scan the returned goods", "扫描退回的货物"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT],
    documents=_order,
    leads_to=["lot", "quantity"],
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _begin(scan.document)
    out = returning.returnable(session.get_one(Order, notes["order"]), scan.product)
    known = {
        **product_notes(scan.product),
        "open": sum(one.quantity for one in out),
        **none_of("lot", "expires_on", "quantity", "condition"),
    }
    ask_lot = scan.product.tracking != Tracking.NONE and len({one.lot for one in out}) > 1
    if scan.product.tracking != Tracking.NONE and not ask_lot:
        known["lot"] = out[0].lot
    return Go("lot" if ask_lot else "quantity", notes=known)


@returns.command("product", "DONE", label=T("Return done", "退货完成"), leads_to=["order"])
def done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    printed = [_note(notes["note"])] if notes.get("note") else []
    return Go("order", say=T("{number} is set aside", "{number} 已放下", number=notes["number"]), printed=printed)


@returns.step("lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT, Kind.SERIAL], product="product", leads_to=["quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    product = product_in_hand(notes)
    out = returning.returnable(session.get_one(Order, notes["order"]), product, lot=scan.value)
    return Go("quantity", notes={"lot": out[0].lot, "open": sum(one.quantity for one in out)})


@returns.count("quantity", ask=T("Count the returned goods", "清点退回数量"), product="product", expected="open", leads_to=["condition"])
def counted(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("condition", notes={"quantity": scan.quantity})


@returns.step(
    "condition",
    ask=T("In what condition", "货物状态"),
    accepts=[Kind.REASON],
    reasons={code: words for code, (_, words) in returning.CONDITIONS.items()},
    leads_to=["place"],
)
def judged(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    place = returning.usual_place(returning.CONDITIONS[scan.value][0], by=scan.by)
    return Go("place", notes={"condition": scan.value, "place": place.code if place else None})


@returns.step("place", ask=T("Put it at", "放到"), accepts=[Kind.LOCATION], expected="place", leads_to=["product"])
def put_down(scan: Scan, notes: Notes) -> Go:
    note = notes.get("note") or returning.open_note()
    back = returning.take_back(
        notes["order"],
        product_in_hand(notes),
        notes["quantity"],
        location_id=scan.location.id,
        condition=returning.CONDITIONS[notes["condition"]][0],
        note=note,
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        lot=notes.get("lot"),
    )
    printed: list[Printed] = [plate_label(back.unit)] if back.unit else []
    said = T("{many} of {sku} came back", "已退回 {many} {sku}", many=many(back.quantity, notes), sku=notes["sku"])
    after: dict[str, Any] = {**none_of(*GOODS, "condition", "place"), "note": note}
    return Go("product", notes=after, say=said, printed=[*printed, _note(note)], posted=True)


def _note(number: str) -> Printed:
    return Printed.paper("red-outbound-note", number, T("Red outbound note", "红字出库单"))
