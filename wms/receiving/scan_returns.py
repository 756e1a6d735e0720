"""The scanner for customer returns: whose they are, the goods, how many, in what condition, and where they are put.

Pieces are judged together, by number; or, once a condition was scanned before the goods, one by one: each scan is a piece, and they are
put down together when all are judged.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.models import Product, Tracking
from wms.catalog.units import counted as in_words
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind as LocationKind
from wms.locations.models import Location
from wms.orders.models import InboundKind, InboundOrder, Order
from wms.printing.models import Takes
from wms.receiving import inquiries, outstanding, return_queries, unclaimed
from wms.receiving import returns as returning
from wms.receiving.models import Disposition, Found, Return, ReturnStatus
from wms.receiving.screens import (
    GOODS,
    by_packaging,
    company_prefix,
    day,
    goods_facts,
    improbable,
    mixed_help,
    mixed_hint,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
    scrap_alone,
)
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Printed, Scan
from wms.scan.stationed import asks_where_to_print
from wms.stock.ledger import LARGEST

CONDITIONS: dict[str, tuple[Found, Text]] = {
    "GOOD": (Found.GOOD, T("Good, may be sold again", "完好，可再售")),
    "HOLD": (Found.OPENED, T("Opened or in doubt: hold", "拆封或存疑，暂存")),
    "DAMAGED": (Found.DAMAGED, T("Damaged", "残损")),
    "SCRAP": (Found.UNUSABLE, T("Beyond use", "无法使用")),
}
"""What the receiver may find."""
_REASONS = {code: words for code, (_, words) in CONDITIONS.items()}
_FOUND = {code: found.text for code, (found, _) in CONDITIONS.items()}
_EACH = {code: T("Next pieces: {found}", "接下来：{found}", found=found.text) for code, (found, _) in CONDITIONS.items()}
_PUT_DOWN, _CLOSE = T("Put them down", "放置已判定货物"), T("Close the return", "结束本次退货")
_IN_HAND, _IS_BOOKED = T("{found} · in hand", "{found} · 待放置"), T("{found} · booked", "{found} · 已入账")
_BY_NUMBER = {"COUNT": T("Count them again", "改为按数量清点")}
_WITHOUT_PAPERS = T("No papers", "无单退货")


def _facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if notes.get("quantity"):
        facts.append(quantity_fact(T("Quantity", "数量"), notes["quantity"], notes.get("base_unit")))
    elif notes.get("open"):
        facts.append(quantity_fact(T("Left with the order", "随单发出"), notes["open"], notes.get("base_unit")))
    if notes.get("condition"):
        found, words = CONDITIONS[notes["condition"]]
        facts.append(Fact(T("Condition", "状态"), found.text if notes.get("unclaimed") else words))
    return facts


def _so_far(notes: Notes) -> list[Fact]:
    """What was judged and waits to be put down, and what the note has already."""
    facts = [Fact(T("Each scan", "每次扫描"), _FOUND[notes["each"]], detail=T("one piece", "一件"))] if notes.get("each") else []
    facts += [
        Fact(
            T("{sku}", "{sku}", sku=one["sku"]),
            in_words(one["quantity"], one["base_unit"]),
            detail=_IN_HAND.with_facts(found=_judged(one)),
        )
        for one in _tally(notes)[-3:]
    ]
    if len(_tally(notes)) > 3:
        facts.append(Fact(T("And", "另有"), T("{n} more", "{n} 项", n=len(_tally(notes)) - 3)))
    if not _tally(notes):
        facts += [
            Fact(
                T("{sku}", "{sku}", sku=sku),
                in_words(quantity, unit),
                detail=_IS_BOOKED.with_facts(found=Found(found).text),
            )
            for sku, quantity, unit, found in notes.get("so_far") or []
        ]
        if notes.get("more"):
            facts.append(Fact(T("And", "另有"), T("{n} more", "{n} 项", n=notes["more"])))
    if notes.get("sender"):
        facts.append(Fact(T("Sender", "寄件人"), notes["sender"]))
    return facts


def _judged(one: dict[str, Any]) -> Text:
    found = CONDITIONS[one["condition"]][0].text
    return T("{found}, lot {lot}", "{found}，批号 {lot}", found=found, lot=one["lot"]) if one.get("lot") else found


def _tally(notes: Notes) -> list[dict[str, Any]]:
    return notes.get("tally") or []


returns = Flow(
    "return",
    title=T("Return", "退货"),
    needs=Permission.RETURN_GOODS,
    document=lambda notes: notes.get("number") or (_WITHOUT_PAPERS if notes.get("unclaimed") else None),
    facts=_facts,
    prints=Takes.PAPERS,
)


class AnnouncedReturn(Refused):
    """What was announced without its order is received like any delivery."""

    code = "received_elsewhere"
    sentence = T("{number} is announced to be received ({kind})", "{number} 是待收单据（{kind}）")
    advice = T("Receive it under Receive: {number}", "请在“收货”中收货：{number}")


class NoConsignment(Refused):
    """Only what stands at a customer's comes back from there."""

    code = "no_consignment"
    sentence = T("{location} is no consignment location ({kind})", "{location} 不是寄售位（{kind}）")
    advice = T("Scan the order, the delivery note or the parcel", "请扫描订单、发货单或包裹标签")


class ParcelOfNobody(NotFound):
    """The unit went out with no order."""

    code = "parcel_unknown"
    sentence = T("{unit} left with no order", "{unit} 未随任何订单发出")
    advice = T("Scan the order, or choose No papers", "请扫描订单，或选择“无单退货”")


# -- whose it is ---------------------------------------------------------------------------------------------------------------


def _document(number: str, by: Actor) -> Order | InboundOrder | None:
    order = outstanding.find_order(number, by=by, parcels=False)
    if order is not None:
        return order
    announced = inquiries.document(number, by=by)
    return announced if isinstance(announced, InboundOrder) else None


def _begin(found: Order | InboundOrder, by: Actor) -> Go:
    inbound = found if isinstance(found, InboundOrder) else None
    order = outstanding.announced_for(inbound, by=by) if inbound else found
    if not isinstance(order, Order):
        assert inbound is not None
        raise AnnouncedReturn(number=inbound.number, kind=InboundKind(inbound.kind).text)
    note = return_queries.open_return_of(order.id, by=by)
    chosen = {"order": order.id, "number": order.number, "inbound": inbound.id if inbound else None}
    return Go("product", notes={**_FRESH, **chosen, "note": note, **_summary(note, by)})


_FRESH = none_of(
    *GOODS,
    "condition",
    "note",
    "order",
    "number",
    "inbound",
    "consignment",
    "unclaimed",
    "sender",
    "customer",
    "tally",
    "acts",
    "undo",
    "place",
)


def _summary(note: str | None, by: Actor) -> dict[str, Any]:
    if note is None:
        return {"so_far": None, "more": None}
    lines, more = return_queries.so_far(note, by=by)
    return {"so_far": [[sku, quantity, unit, found.value] for sku, quantity, unit, found in lines], "more": more or None}


@returns.step(
    "order",
    ask=T("Scan the order or delivery note", "扫描订单或发货单"),
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT, Kind.LOCATION],
    documents=_document,
    leads_to=["product"],
    hint=T("Order, note or parcel", "订单、发货单或包裹"),
    help=T(
        "Scan the order, delivery note, announced return, our parcel label or tracking number; or the consignment location of rejects",
        "扫描订单、发货单、退货通知、我方包裹标签或运单号；寄售退回扫描寄售位",
    ),
)
def scan_order(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.LOCATION:
        return _from_consignment(scan.location)
    if scan.kind is Kind.HANDLING_UNIT:
        order = session.get(Order, scan.handling_unit.order_id) if scan.handling_unit.order_id else None
        if order is None:
            raise ParcelOfNobody(unit=scan.value)
        return _begin(order, scan.by)
    return _begin(scan.document, scan.by)


asks_where_to_print(returns)


def _from_consignment(place: Location) -> Go:
    if place.kind != LocationKind.CONSIGNMENT:
        raise NoConsignment(location=place.code, kind=LocationKind(place.kind).text)
    return Go("product", notes={**_FRESH, "consignment": place.id, "number": place.code})


@returns.command(
    ["order", "product"], "NOPAPERS", label=_WITHOUT_PAPERS, when=lambda notes: not notes.get("unclaimed"), leads_to=["sender"]
)
def without_papers(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Nobody knows the order of these goods; also in a return whose order they did not leave with."""
    must_be_put_down(notes)
    return Go("sender", notes={**_FRESH, "unclaimed": True})


@returns.step(
    "sender",
    ask=T("Scan or type the sender", "扫描或输入寄件人"),
    accepts=[Kind.SERIAL],
    leads_to=["product"],
    hint=T("Name, phone or code", "姓名、电话或代码"),
    help=T("Whatever stands on the parcel: name, phone, customer code or tracking number", "包裹上的姓名、电话、客户代码或运单号均可"),
)
def scan_sender(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    known = unclaimed.sender_of(scan.value)
    return Go("product", notes={"sender": known.name if known else scan.value[:200], "customer": known.id if known else None})


@returns.command("sender", "SKIP", label=T("Nobody knows", "无法得知"), leads_to=["product"])
def sender_unknown(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("product")


# -- the goods -----------------------------------------------------------------------------------------------------------------


@returns.step(
    "product",
    ask=T("Scan the returned goods", "扫描退回的货物"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT, Kind.REASON],
    documents=_document,
    reasons=lambda notes: {**_FOUND, **(_BY_NUMBER if notes.get("each") else {})},
    facts=_so_far,
    leads_to=["lot", "quantity", "condition", "expiry"],
    hint=T("Goods, or the next paper", "商品或下一张单据"),
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        must_be_put_down(notes)
        return _begin(scan.document, scan.by)
    if scan.kind is Kind.REASON:
        code = None if scan.value == "COUNT" else scan.value
        said = _EACH[scan.value] if code else _BY_NUMBER["COUNT"]
        return Go("product", notes={"each": code}, say=said)
    known = {**product_notes(scan.product), **none_of("lot", "expires_on", "quantity", "condition", "open")}
    lot = scan.gs1.lot or scan.gs1.serial if scan.gs1 else None
    if scan.product.tracking == Tracking.NONE:
        return _lot_known(scan.product, None, {**notes, **known}, known, scan)
    lots = [lot] if lot else _lots_out(scan.product, notes)
    if len(lots) != 1 or (scan.product.tracking == Tracking.SERIAL and not lot):
        return Go("lot", notes={**known, "pieces": scan.quantity})
    if lot:
        return Go("lot", notes={**known, "pieces": scan.quantity})  # the label goes on to fill it in
    return _lot_known(scan.product, lots[0], {**notes, **known}, known, scan)


def _out(product: Product, notes: Notes, lot: str | None = None) -> list[outstanding.Left]:
    if notes.get("consignment"):
        return outstanding.consigned(session.get_one(Location, notes["consignment"]), product, lot=lot)
    return outstanding.returnable(session.get_one(Order, notes["order"]), product, lot=lot)


def _lots_out(product: Product, notes: Notes) -> list[str]:
    """The lots it may be of; none where nobody knows."""
    return [] if notes.get("unclaimed") else sorted({one.lot for one in _out(product, notes)})


class StillToPutDown(Refused):
    """Judged pieces lie about."""

    code = "still_to_put_down"
    sentence = T("{n} {n:piece is/pieces are} judged and not put down", "有 {n} 件已判定但未放置")
    advice = T("Choose Put them down and scan where they are put", "请点“放置已判定货物”并扫描位置")


def must_be_put_down(notes: Notes) -> None:
    """Raises StillToPutDown."""
    if _tally(notes):
        raise StillToPutDown(n=sum(one["quantity"] for one in _tally(notes)))


@returns.step(
    "lot",
    ask=lambda notes: (
        T("Scan the serial number", "扫描序列号") if notes.get("tracking") == Tracking.SERIAL else T("Scan the lot", "扫描批号")
    ),
    accepts=[Kind.LOT, Kind.SERIAL],
    product="product",
    leads_to=["quantity", "condition", "product", "expiry"],
)
def scan_lot(scan: Scan, notes: Notes) -> Go:
    product = product_in_hand(notes)
    if notes.get("unclaimed") and unclaimed.needs_expiry(product, scan.value):
        return Go("expiry", notes={"lot": scan.value})
    return _lot_known(product, scan.value, notes, {}, scan)


@returns.step(
    "expiry",
    ask=T("Enter expiry date", "输入到期日"),
    accepts=[Kind.EXPIRY],
    product="product",
    leads_to=["quantity", "condition", "product"],
)
def scan_expiry(scan: Scan, notes: Notes) -> Go:
    assert isinstance(scan.date, dt.date)
    known = {"expires_on": scan.date.isoformat()}
    return _lot_known(product_in_hand(notes), notes["lot"], {**notes, **known}, known, scan)


def _lot_known(product: Product, lot: str | None, notes: Notes, known: dict[str, Any], scan: Scan) -> Go:
    """What it is, is known: a piece judged already, or how many of them there are."""
    still = None
    if not notes.get("unclaimed"):
        out = _out(product, notes, lot)
        lot = out[0].lot if lot else None
        still = sum(one.quantity for one in out) - sum(one["quantity"] for one in _tally(notes) if _same(one, product.id, lot))
        still = still if still < LARGEST // 2 else None  # a place that may run below zero
    known = {**known, "lot": lot, "open": still}
    serial = product.tracking == Tracking.SERIAL
    if notes.get("each"):
        pieces = 1 if serial else (scan.quantity if scan.kind is Kind.PRODUCT else notes.get("pieces")) or 1
        return _piece(pieces, {**notes, **known}, still)
    if serial:
        return Go("condition", notes={**known, "quantity": 1})
    return Go("quantity", notes=known)


def _same(one: dict[str, Any], product_id: int, lot: str | None) -> bool:
    return bool(one["product"] == product_id and (lot is None or one.get("lot") == lot))


class MoreThanLeft(Refused):
    """More pieces were scanned than are out."""

    code = "too_many"
    sentence = T("{sku}: no more of it is out", "{sku}：没有更多已发出的数量")
    advice = T("Set the piece aside, and take it in without papers", "请将此件另放，按“无单退货”收下")


def _piece(pieces: int, notes: Notes, still: int | None) -> Go:
    """Each scan is a piece (or a box of them), judged as was said before."""
    if still is not None and pieces > still:
        raise MoreThanLeft(sku=notes["sku"])
    tally = [dict(one) for one in _tally(notes)]
    mine = next(
        (
            one
            for one in tally
            if one["condition"] == notes["each"] and _same(one, notes["product"], notes.get("lot")) and not _serial(notes)
        ),
        None,
    )
    if mine is None:
        mine = {**{name: notes.get(name) for name in _KEPT}, "quantity": 0, "condition": notes["each"]}
        tally.append(mine)
    mine["quantity"] += pieces
    acts = [*(notes.get("acts") or []), [tally.index(mine), pieces]]
    judged = sum(one["quantity"] for one in tally)
    said = T(
        "{sku}: {found}; {n} to put down",
        "{sku}：{found}；待放置 {n} 件",
        sku=notes["sku"],
        found=CONDITIONS[notes["each"]][0].text,
        n=judged,
    )
    return Go("product", notes={**none_of(*GOODS, "pieces"), "tally": tally, "acts": acts}, say=said)


_KEPT = ("product", "sku", "name", "tracking", "lot", "expires_on", "base_unit")


def _serial(notes: Notes) -> bool:
    return bool(notes.get("tracking") == Tracking.SERIAL)


@returns.count(
    "quantity",
    ask=T("Count the returned goods", "清点退回数量"),
    product="product",
    expected="open",
    help=mixed_help,
    hint=mixed_hint,
    actions=by_packaging,
    doubt=lambda notes, total: None if notes.get("open") else improbable(notes, total),
    leads_to=["condition"],
)
def counted(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("condition", notes={"quantity": scan.quantity})


@returns.step(
    "condition",
    ask=T("In what condition", "货物状态"),
    accepts=[Kind.REASON],
    reasons=_REASONS,
    leads_to=["place"],
)
def judged(scan: Scan, notes: Notes) -> Go:
    one = {**{name: notes.get(name) for name in _KEPT}, "quantity": notes["quantity"], "condition": scan.value}
    return _to_place([one, *_tally(notes)], notes, scan.by, {"condition": scan.value})  # what was judged piece by piece comes after it


# -- putting down --------------------------------------------------------------------------------------------------------------


def _to_place(tally: list[dict[str, Any]], notes: Notes, by: Actor, more: dict[str, Any]) -> Go:
    """To where the pieces of one condition belong: those that were judged first."""
    found = CONDITIONS[tally[0]["condition"]][0]
    if notes.get("unclaimed"):
        place = unclaimed.usual_place(found, by=by)
    else:
        many = _many_to_scrap(tally, notes, by)
        disposition = returning.disposed(found, None, may_scrap=not many)
        place = returning.usual_place(returning.AREAS[disposition], by=by)
        said = T("A supervisor decides about so many: put them in the defect area", "数量较多，须主管决定：请放入次品区") if many else None
        return Go("place", notes={**more, "tally": tally, "place": place.code if place else None}, say=said, tone="ask" if many else "good")
    return Go("place", notes={**more, "tally": tally, "place": place.code if place else None})


def _many_to_scrap(tally: list[dict[str, Any]], notes: Notes, by: Actor) -> bool:
    """Whether these pieces are beyond use, and more than whoever found them may throw away."""
    if CONDITIONS[tally[0]["condition"]][0] is not Found.UNUSABLE:
        return False
    header = returning.find(notes["note"], by=by) if notes.get("note") else None
    group = [one for one in tally if one["condition"] == tally[0]["condition"]]
    wanted: dict[int, int] = {}
    for one in group:
        wanted[one["product"]] = wanted.get(one["product"], 0) + one["quantity"]
    return any(
        not returning.may_scrap(header, session.get_one(Product, product_id), many, alone=scrap_alone())
        for product_id, many in wanted.items()
    )


@returns.command("product", "DONE", label=lambda notes: _PUT_DOWN if _tally(notes) else _CLOSE, leads_to=["order", "place"])
def done(scan: Scan, notes: Notes) -> Go:
    if _tally(notes):
        return _to_place(_tally(notes), notes, scan.by, {})
    named = notes.get("number") or _WITHOUT_PAPERS
    if not notes.get("note"):
        return Go("order", say=T("{number} is left as it stands", "{number} 已暂停办理", number=named))
    header = returning.finish(notes["note"], by=scan.by)
    said = T("{number} is done", "{number} 已完成", number=header.number)
    detail = None
    if header.status == ReturnStatus.WAITING:
        said = T("{number} waits for sales", "{number} 待销售确认", number=header.number)
        detail = T("The goods stay held until then", "确认前货物暂存")
    return Go("order", say=said, detail=detail, printed=[_note(header)])


@returns.command(
    "product", "UNDO", label=T("Undo the last", "撤销上一次"), when=lambda notes: bool(notes.get("tally") or notes.get("undo"))
)
def undo(scan: Scan, notes: Notes) -> Go:
    if _tally(notes):
        return _one_scan_less(notes)
    for line in notes["undo"]:
        returning.undo_line(notes["note"], line, by=scan.by, key=f"{scan.key}:{line}")
    said = T("Undone; the goods are out again", "已撤销，货物退出库存")
    return Go("product", notes={"undo": None, **_summary(notes["note"], scan.by)}, say=said, posted=True)


def _one_scan_less(notes: Notes) -> Go:
    """What was judged by the last scan is in hand again, as if it had not been scanned."""
    tally, acts = [dict(one) for one in _tally(notes)], list(notes["acts"])
    index, pieces = acts.pop()
    last = tally[index]
    last["quantity"] -= pieces
    if not last["quantity"]:
        del tally[index]  # only what was begun last is ever empty: the scans before it are kept in their order
    said = T(
        "{many} of {sku} in your hand again ({found}); {n} to put down",
        "已撤回 {many} {sku}（{found}）；待放置 {n} 件",
        many=in_words(pieces, last["base_unit"]),
        sku=last["sku"],
        found=CONDITIONS[last["condition"]][0].text,
        n=sum(one["quantity"] for one in tally),
    )
    return Go("product", notes={"tally": tally or None, "acts": acts or None}, say=said, tone="ask")


@returns.command("product", "BACK", label=T("Back: take the last piece back", "返回：撤回上一件"), when=lambda notes: bool(_tally(notes)))
def back(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _one_scan_less(notes)


class JudgedIsLost(Doubt):
    """Whoever leaves now judges these pieces again."""

    code = "judged_is_lost"
    sentence = T("{n} {n:piece is/pieces are} judged and not put down", "有 {n} 件已判定但未放置")
    advice = T(
        "Put them down first; if you leave all the same, nobody knows of them: choose Leave again",
        "请先放置；若仍要离开，这些件将不再记录：再点一次“离开”",
    )


@returns.on_leave
def leave(scan: Scan, notes: Notes) -> None:
    if _tally(notes) and scan.value == "CANCEL" and not scan.again:
        raise JudgedIsLost(n=sum(one["quantity"] for one in _tally(notes)))


def _place_facts(notes: Notes) -> list[Fact]:
    group = _group(notes)
    if len(group) == 1:
        return _facts({**notes, **group[0]})
    return _so_far({"tally": group})


def _group(notes: Notes) -> list[dict[str, Any]]:
    return [one for one in _tally(notes) if one["condition"] == _tally(notes)[0]["condition"]]


@returns.step(
    "place", ask=T("Put it at", "放到"), accepts=[Kind.LOCATION], expected="place", facts=_place_facts, leads_to=["product", "place"]
)
def put_down(scan: Scan, notes: Notes) -> Go:
    header = _header(notes, scan.by)
    group = _group(notes)
    too_many = not notes.get("unclaimed") and _many_to_scrap(group, notes, scan.by)
    keys = [f"{scan.key}:{number}" if number else scan.key for number in range(len(group))]
    taken = [_take(header, one, notes, scan, key, many=too_many) for one, key in zip(group, keys, strict=True)]
    printed = [*(plate_label(back.unit) for back in taken if back.unit), _note(header)]
    quantity = sum(back.quantity for back in taken)
    if len(group) == 1:
        many = in_words(quantity, group[0]["base_unit"])
        said = T("{many} of {sku} came back", "已退回 {many} {sku}", many=many, sku=group[0]["sku"])
    else:
        said = T("{n} {n:piece/pieces} came back", "已退回 {n} 件", n=quantity)
    rest = [one for one in _tally(notes) if one not in group]
    after: dict[str, Any] = {
        **none_of(*GOODS, "condition", "place", "pieces", "acts"),
        "note": header.number,
        "tally": rest,
        "undo": [line.line for back in taken for line in back.lines],
        **_summary(header.number, scan.by),
    }
    if rest:
        onward = _to_place(rest, notes, scan.by, after)
        return Go("place", notes=onward.notes, say=said, printed=printed, posted=True)
    return Go("product", notes=after, say=said, printed=printed, posted=True)


def _header(notes: Notes, by: Actor) -> Return:
    """The return that is open, or a new one with the first goods."""
    if notes.get("note"):
        return returning.find(notes["note"], by=by)
    return returning.open_return(
        by=by,
        order=session.get_one(Order, notes["order"]) if notes.get("order") else None,
        consignment=session.get_one(Location, notes["consignment"]) if notes.get("consignment") else None,
        inbound=session.get_one(InboundOrder, notes["inbound"]) if notes.get("inbound") else None,
        customer_id=notes.get("customer"),
        sender=notes.get("sender"),
    )


def _take(header: Return, one: dict[str, Any], notes: Notes, scan: Scan, key: str, *, many: bool) -> returning.TakenBack:
    found, product = CONDITIONS[one["condition"]][0], product_in_hand(one)
    facts: dict[str, Any] = {"found": found, "location_id": scan.location.id, "by": scan.by, "key": key, "lot": one.get("lot")}
    if notes.get("unclaimed"):
        return unclaimed.take_in(header.number, product, one["quantity"], company_prefix=company_prefix(), expires_on=day(one), **facts)
    facts |= {"disposition": Disposition.DEFECT if many else None, "scrap_alone": 0 if many else scrap_alone()}
    return returning.take_back(header.number, product, one["quantity"], company_prefix=company_prefix(), **facts)


def _note(header: Return) -> Printed:
    kind = returning.paper_kind(header)
    return Printed.paper(kind, header.number, return_queries.PAPERS[kind])
