"""The sorter's screen: a product from the batch, how many to which position, and the scan of that position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.catalog.units import counted, in_unit
from wms.db import fold
from wms.i18n import T, Text
from wms.picking import picks, queries, shortages, slots, sorting
from wms.picking.models import PickList
from wms.picking.scan_careful import LEAST, MOST, WeightDoubtful, shown_weight
from wms.picking.scan_pick import find_document
from wms.picking.scan_trouble import REASONS
from wms.picking.sorting import Share, Sorting
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Message, Notes, Progress, Scan
from wms.scan.given import GIVEN_BACK
from wms.stock.ledger import ClaimGone
from wms.tasks import queue
from wms.tasks.models import TaskKind

UNDO = T("Undo last", "撤销上一次")
_ON = ["position", "weigh", "product", "document"]
_SHORT = {code: REASONS[code] for code in ("MISSING", "DAMAGED", "WRONG_GOODS")}


class LeftOver(Doubt):
    """More of it lies there than was picked for anybody."""

    code = "left_over"
    sentence = T("No order here wants more {sku}", "此批没有订单还需要 {sku}")
    advice = T(
        "Look at the label; if it is right, scan it again: put it aside, a count is ordered",
        "请核对标签；确认无误请再扫一次：放在一边，并安排盘点",
    )


def _facts(notes: Notes) -> Sequence[Fact]:
    if "order" not in notes:
        return []
    facts = [
        Fact(T("Product", "商品"), T(*notes["name"]), detail=notes["sku"]),
        Fact(T("Quantity", "数量"), notes["quantity"], detail=in_unit(notes["quantity"], notes.get("base_unit")), strong=True),
        Fact(T("Position", "位置"), T("Position {position}", "{position} 号位", position=notes["position"]), detail=notes["order"]),
    ]
    if notes.get("lot"):
        facts.insert(1, Fact(T("Batch", "批次"), notes["lot"]))
    return facts


sort = Flow(
    "sort",
    title=T("Sort", "分播"),
    needs=Permission.SORT,
    document="list",
    facts=_facts,
    progress=lambda notes: Progress(notes["done"], notes["of"]) if "of" in notes else None,
    waiting=lambda by: queries.open_tasks(TaskKind.SORT, by=by),
)


_ROWS = 5  # of what is left, on a screen in the hand
_BUTTONS = 12


def _left_facts(notes: Notes) -> Sequence[Fact]:
    """What is still to be sorted: the first few products, and how many more."""
    if "sorting" not in notes:
        return []
    left = sorting.left_of(notes["sorting"][3])
    shown = left if len(left) <= _ROWS + 1 else left[:_ROWS]
    rows = [Fact(_coded(one), counted(one.quantity, one.base_unit), detail=_for_orders(one)) for one in shown]
    more = len(left) - len(shown)
    if more:
        pieces = sum(one.quantity for one in left[_ROWS:])
        rows.append(
            Fact(
                T("And more", "另有"), T("{n} products", "{n} 种商品", n=more), detail=T("{pieces} pieces", "共 {pieces} 件", pieces=pieces)
            )
        )
    return [Fact(T("Sorted at", "分播地点"), notes["sorting"][5]), *rows]


def _coded(one: sorting.Left) -> Text:
    words = {"sku": one.sku, "lot": one.lot}
    return T("{sku} {lot}", "{sku} {lot}", **words) if one.lot else T("{sku}", "{sku}", **words)


def _for_orders(one: sorting.Left) -> Text:
    return T("{name}, {orders} {orders:order/orders}", "{name}，{orders} 个订单", name=T(*one.name), orders=one.orders)


def _sorting(notes: Notes) -> Sorting:
    return Sorting(*notes["sorting"])


def _begin(opened: Sorting) -> Go:
    return Go("product", notes=_list_notes(opened))


def _list_notes(opened: Sorting) -> dict[str, Any]:
    names = (opened.list_id, opened.number, opened.task_id, opened.pick_task_id, opened.target_id, opened.target)
    return {"sorting": list(names), "list": opened.number, "done": opened.done, "of": opened.of}


def _share_notes(share: Share) -> dict[str, Any]:
    return {
        "product_id": share.product_id,
        "sku": share.sku,
        "name": list(share.name),
        "base_unit": share.base_unit,
        "lot": share.lot,
        "order_id": share.order_id,
        "order": share.order,
        "position": share.position,
        "quantity": share.quantity,
        "expected": share.expected,
        "catch": share.catch_weight or None,
        "piece_grams": share.weight_grams if share.catch_weight else None,
        "grams": None,
        "missing": None,
        "reason": None,
    }


def _goods_notes(product: Product) -> dict[str, Any]:
    return {"product_id": product.id, "sku": product.sku, "name": [product.name_en or product.name, product.name_zh or product.name]}


_NOTHING = dict.fromkeys(("product_id", "sku", "name", "lot", "order_id", "order", "position", "quantity", "expected", "catch", "grams"))


def _share(notes: Notes) -> Share:
    """The share on the screen, as things are now. Raises ClaimGone where it is another order's turn."""
    found = sorting.share_of(notes["sorting"][0], notes["product_id"], notes.get("lot"))
    if found is None or found.order_id != notes["order_id"]:
        raise ClaimGone
    return found


def _next(notes: Notes, product_id: int, lot: str | None) -> Go:
    """The next order that wants of this product; or the next product."""
    share = sorting.share_of(notes["sorting"][0], product_id, lot)
    if share is None:
        return Go("product", notes={name: None for name in _NOTHING if name in notes})
    return Go("weigh" if share.catch_weight else "position", notes=_share_notes(share))


# -- what is sorted ------------------------------------------------------------------------------------------------------------


@sort.step(
    "document",
    ask=T("Scan a batch tote, its list or a product", "扫描周转箱、单据或商品"),
    accepts=[Kind.HANDLING_UNIT, Kind.DOCUMENT, Kind.PRODUCT],
    documents=lambda text, by: found if isinstance(found := find_document(text, by), PickList) else None,
    leads_to=["product"],
)
def scan_batch(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """What lies in the tote, or was picked by the list, is this person's to sort."""
    if scan.kind is Kind.DOCUMENT:
        return _begin(sorting.open_list(scan.document, by=scan.by))
    if scan.kind is Kind.HANDLING_UNIT:
        return _begin(sorting.open_unit(scan.handling_unit, by=scan.by))
    return _begin(sorting.open_product(scan.product, by=scan.by))


@sort.command("document", "NEXT", label=T("Get work", "领取任务"), leads_to=["product"])
def next_batch(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The most urgent there is to sort."""
    return _begin(sorting.open_next(by=scan.by))


@sort.step(
    "product",
    ask=T("Scan a product of the batch", "扫描批内商品"),
    accepts=[Kind.PRODUCT],
    facts=_left_facts,
    leads_to=["lot", "weigh", "position"],
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    """Whatever comes to hand first."""
    product: Product = scan.product
    here = _sorting(notes)
    try:
        sorting.check(here, product)
    except sorting.OfCancelledOrder:
        raise
    except sorting.NotInTheBatch:
        if not scan.again:
            raise LeftOver(sku=product.sku) from None
        sorting.left_over(here, product, by=scan.by)
        return Go("product", say=T("Put it aside at {place}: a count is ordered", "请放在 {place} 一边：已安排盘点", place=here.target))
    lots = sorting.lots_of(here.pick_task_id, product.id)
    told = next((text for text in (scan.gs1.lot, scan.gs1.serial) if text), None) if scan.gs1 else None
    if len(lots) > 1 and told is None:
        return Go("lot", notes=_goods_notes(product))
    if lots and told is not None and fold(told) not in {fold(lot) for lot in lots}:
        raise sorting.LotNotInTheBatch(lot=told, sku=product.sku)
    return _next(notes, product.id, told if len(lots) > 1 else None)


@sort.step(
    "lot",
    ask=T("Scan lot or serial number", "扫描批号或序列号"),
    accepts=[Kind.LOT, Kind.SERIAL],
    target="sku",
    product="product_id",
    facts=lambda notes: [Fact(T("Product", "商品"), T(*notes["name"]), detail=notes["sku"])],
    leads_to=["weigh", "position"],
)
def scan_lot(scan: Scan, notes: Notes) -> Go:
    """Several lots are in the batch, and each order has its own."""
    if fold(scan.value) not in {fold(lot) for lot in sorting.lots_of(notes["sorting"][3], notes["product_id"])}:
        raise sorting.LotNotInTheBatch(lot=scan.value, sku=notes["sku"])
    return _next(notes, notes["product_id"], scan.value)


def _weight_facts(notes: Notes) -> Sequence[Fact]:
    expected = (notes.get("piece_grams") or 0) * (notes.get("quantity") or 0)
    return [*_facts(notes), *([Fact(T("Expected", "预期重量"), shown_weight(expected))] if expected else [])]


@sort.step(
    "weigh",
    ask=T("What do they weigh?", "称重"),
    accepts=[Kind.WEIGHT],
    product="product_id",
    facts=_weight_facts,
    hint=T("Grams or 1.25 kg", "克数或 1.25 kg"),
    leads_to=["position"],
)
def scan_weight(scan: Scan, notes: Notes) -> Go:
    """Goods that are sold by weight are weighed for their order when they are sorted to it."""
    expected = (notes.get("piece_grams") or 0) * notes["quantity"]
    if expected and not scan.again and not expected * LEAST <= scan.quantity * 4 <= expected * MOST * 2:
        raise WeightDoubtful(shown=shown_weight(scan.quantity), n=notes["quantity"], expected=shown_weight(expected))
    return Go("position", notes={"grams": scan.quantity})


# -- where it goes -------------------------------------------------------------------------------------------------------------


def _hint(notes: Notes) -> Text | None:
    return T("Scan a tote or place for it", "扫描周转箱或货位") if notes.get("expected") is None else None


@sort.step(
    "position",
    ask=T("{quantity} to position {position}", "放 {quantity} 到 {position} 号位"),
    hint=_hint,
    accepts=[Kind.HANDLING_UNIT, Kind.LOCATION],
    expected="expected",
    target=lambda notes: notes.get("expected") or "",
    lost=T("Scan the tote or place of this position", "请扫描该号位的周转箱或货位"),
    leads_to=[*_ON, "again"],
)
def scan_position(scan: Scan, notes: Notes) -> Go:
    """Now the goods are the order's alone."""
    here, share = _sorting(notes), _share(notes)
    place = scan.handling_unit if scan.kind is Kind.HANDLING_UNIT else scan.location
    target = sorting.where_to(share, place, list_id=here.list_id, target_id=here.target_id, by=scan.by)
    lacking = _write_off(scan, notes) if notes.get("reason") else None  # first: it locks the product's promise, before the stock
    left = sorting.put(here, share, notes["quantity"], target, by=scan.by, key=scan.key, grams=notes.get("grams"))
    said = T(
        "{quantity} {sku} to position {position}",
        "{sku} {quantity} 已放到 {position} 号位",
        quantity=notes["quantity"],
        sku=notes["sku"],
        position=notes["position"],
    )
    return _onward(notes, left, said) if lacking is None else _offer_more(scan, notes, lacking, left, said)


def _write_off(scan: Scan, notes: Notes) -> sorting.Lacking:
    """What is missing of the share on the screen is taken from it."""
    return sorting.short(_sorting(notes), _share(notes), notes["missing"], reason=notes["reason"], by=scan.by, key=scan.key)


def _offer_more(scan: Scan, notes: Notes, lacking: sorting.Lacking, left: bool, said: Text) -> Go:
    """Where there is more of what came up short, that is offered on the spot."""
    there = shortages.elsewhere(lacking.lines, by=scan.by)
    if there is None:
        return _onward(notes, left, said)
    facts = {name: notes[name] for name in ("missing", "sku", "order")}
    lacks = T("{missing} {sku} short for {order}", "{order} 的 {sku} 缺 {missing}", **facts)
    asked = {"again": [there.line_id, there.place, there.quantity, notes["missing"]], "quantity": None, "found": None}
    return Go("again", notes=asked, say=lacks, tone="ask", posted=True)


def _onward(notes: Notes, left: bool, said: Text, tone: Any = "good") -> Go:
    if not left:
        kept = {"last": notes["sorting"]}
        detail = T("{list} is sorted: every order stands at its position", "{list} 分播完成，各订单货物已就位", list=notes["list"])
        return Go("document", notes=kept, say=said, detail=detail, tone=tone, posted=True)
    went = _next(notes, notes["product_id"], notes.get("lot"))
    done, of = sorting.progress_of(notes["sorting"][3])
    return Go(went.step, notes={**went.notes, "done": done, "of": of}, say=said, tone=tone, posted=True)


@sort.command("position", "FULL", label=T("Tote full", "满箱"), when=lambda notes: notes.get("expected") is not None, leads_to=["fit"])
def tote_full(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Not all of it goes in."""
    return Go("fit", tone="calm")


@sort.count(
    "fit",
    ask=T("How many went into {expected}?", "{expected} 放入了多少？"),
    product="product_id",
    zero=True,
    typed_confirms=True,
    leads_to=["position"],
)
def count_fitting(scan: Scan, notes: Notes) -> Go:
    """Those are in it; the rest goes into another tote at the same position."""
    if scan.quantity >= notes["quantity"]:
        raise picks.MoreThanLine(quantity=scan.quantity, wanted=notes["quantity"] - 1)
    here, share = _sorting(notes), _share(notes)
    if scan.quantity:
        grams = notes.get("grams")
        part = None if grams is None else grams * scan.quantity // notes["quantity"]
        place = sorting.known_place(share)
        sorting.put(here, share, scan.quantity, place, by=scan.by, key=scan.key, grams=part)
    slots.full(here.list_id, share.order_id)
    rest = notes["quantity"] - scan.quantity
    said = T("{tote} is full; {rest} {rest:is/are} left", "{tote} 已满，还有 {rest}", tote=notes["expected"], rest=rest)
    done, of = sorting.progress_of(here.pick_task_id)
    left_grams = None if notes.get("grams") is None else notes["grams"] - notes["grams"] * scan.quantity // notes["quantity"]
    changed = {"quantity": rest, "expected": None, "grams": left_grams, "done": done, "of": of}
    return Go("position", notes=changed, say=said, tone="ask", posted=True)


# -- what does not go as planned -----------------------------------------------------------------------------------------------


@sort.command("position", "SHORT", label=T("Short", "缺货"), leads_to=["found"])
def report_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Fewer are in the batch than this order is to have."""
    return Go("found", tone="calm")


@sort.command("product", "SHORT", label=T("Short", "缺货"), leads_to=["missing", "found", "document"])
def report_missing(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """What is left does not lie there: nobody can scan it."""
    left = sorting.left_of(notes["sorting"][3])
    if len(left) > 1:
        return Go("missing", tone="calm")
    return _missing(notes, left[0].product_id, left[0].lot) if left else _nothing_left(notes)


def _offered(notes: Notes) -> dict[str, sorting.Left]:
    left = sorting.left_of(notes["sorting"][3])[:_BUTTONS]
    return {f"{one.sku} {one.lot}" if one.lot else one.sku: one for one in left}


def _missing_words(notes: Notes) -> dict[str, Text]:
    return {code: T("{code}: {quantity}", "{code}：{quantity}", code=code, quantity=one.quantity) for code, one in _offered(notes).items()}


@sort.step(
    "missing",
    ask=T("What is not there?", "缺哪种商品？"),
    accepts=[Kind.REASON, Kind.PRODUCT],
    reasons=_missing_words,
    facts=_left_facts,
    hint=T("Choose or type its code", "请选择或输入编码"),
    leads_to=["found", "lot", "document"],
)
def name_missing(scan: Scan, notes: Notes) -> Go:
    """One of what is left, by its button or its code; with several lots, the lot is asked for."""
    if scan.kind is Kind.PRODUCT:
        sorting.check(_sorting(notes), scan.product)
        if len(sorting.lots_of(notes["sorting"][3], scan.product.id)) > 1:
            return Go("lot", notes=_goods_notes(scan.product))
        return _missing(notes, scan.product.id, None)
    chosen = _offered(notes)[scan.value]
    return _missing(notes, chosen.product_id, chosen.lot)


def _missing(notes: Notes, product_id: int, lot: str | None) -> Go:
    """How many there are for the order whose turn it is; the other orders follow."""
    share = sorting.share_of(notes["sorting"][0], product_id, lot)
    return _nothing_left(notes) if share is None else Go("found", notes=_share_notes(share), tone="calm")


def _nothing_left(notes: Notes) -> Go:
    return Go("document", say=T("Nothing of {list} is left to sort", "{list} 已无待分播货物", list=notes["list"]), tone="calm")


@sort.count(
    "found", ask=T("How many are there?", "实际有多少？"), product="product_id", zero=True, typed_confirms=True, leads_to=["reason"]
)
def count_found(scan: Scan, notes: Notes) -> Go:
    """What there is for this order."""
    if scan.quantity >= notes["quantity"]:
        raise picks.MoreThanLine(quantity=scan.quantity, wanted=notes["quantity"] - 1)
    return Go("reason", notes={"found": scan.quantity})


@sort.step("reason", ask=T("Why?", "原因？"), accepts=[Kind.REASON], reasons=_SHORT, leads_to=[*_ON, "again"])
def give_reason(scan: Scan, notes: Notes) -> Go:
    """What was found still goes to its position; with nothing found the order goes without at once."""
    missing = notes["quantity"] - notes["found"]
    if notes["found"]:
        weighed = notes.get("grams") is not None or not notes.get("catch")
        changed = {"quantity": notes["found"], "missing": missing, "reason": scan.value, "found": None}
        return Go("position" if weighed else "weigh", notes=changed)
    said = T(
        "{missing} {sku} short for {order}; a count is ordered",
        "{order} 的 {sku} 缺 {missing}，已安排盘点",
        missing=missing,
        sku=notes["sku"],
        order=notes["order"],
    )
    asked = {**notes, "missing": missing, "reason": scan.value}
    lacking = _write_off(scan, asked)
    return _offer_more(scan, asked, lacking, lacking.left, said)


def _again_facts(notes: Notes) -> Sequence[Fact]:
    return [
        Fact(T("Product", "商品"), T(*notes["name"]), detail=notes["sku"]),
        Fact(T("Order", "订单"), notes["order"]),
        Fact(T("Short", "缺货"), notes["again"][3], detail=in_unit(notes["again"][3], notes.get("base_unit")), strong=True),
        Fact(T("More of it", "其他库存"), notes["again"][1], detail=counted(notes["again"][2], notes.get("base_unit"))),
    ]


@sort.step(
    "again",
    ask=lambda notes: T("Have {n} picked at {place}?", "从 {place} 补拣 {n}？", n=notes["again"][2], place=notes["again"][1]),
    accepts=[Kind.COMMAND],
    facts=_again_facts,
    hint=T("Choose one", "请选择"),
    help=T("Somebody gets a list for it; the order waits for these pieces", "系统会另派拣货单，订单等这些货到齐"),
    leads_to=_ON,
)
def ask_again(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only NEXT and DONE answer this."""
    raise AssertionError("commands are handled below")


@sort.command("again", "NEXT", label=T("Have them picked", "派单补拣"), leads_to=_ON)
def pick_again(scan: Scan, notes: Notes) -> Go:
    """What lies elsewhere is planned onto a list of its own."""
    planned = shortages.pick_again(notes["again"][0], by=scan.by)
    facts = {"list": planned.pick_lists[0].number, "sku": notes["sku"], "order": notes["order"]}
    said = T("{list} brings {sku} for {order}", "{list} 将为 {order} 补拣 {sku}", **facts)
    return _on_from_short(notes, said)


@sort.command("again", "DONE", label=T("Leave it short", "按缺货处理"), leads_to=_ON)
def leave_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The order goes without, until the order desk decides otherwise."""
    facts = {"missing": notes["again"][3], "sku": notes["sku"], "order": notes["order"]}
    return _on_from_short(notes, T("{missing} {sku} short for {order}", "{order} 的 {sku} 缺 {missing}", **facts))


def _on_from_short(notes: Notes, said: Text) -> Go:
    went = _onward(notes, sorting.is_left(_sorting(notes)), said)
    return replace(went, notes={"again": None, **went.notes})


@sort.command(("product", "position"), "UNDO", label=UNDO, leads_to=["position"], when=lambda notes: bool(notes.get("done")))
def undo(scan: Scan, notes: Notes) -> Go:
    """What was put to a position last goes back among the rest."""
    return _undone(scan, _sorting(notes))


@sort.command("document", "UNDO", label=UNDO, leads_to=["position"], when=lambda notes: "last" in notes)
def undo_last(scan: Scan, notes: Notes) -> Go:
    """Likewise, when everything was sorted."""
    return _undone(scan, Sorting(*notes["last"]))


def _undone(scan: Scan, here: Sorting) -> Go:
    product_id, lot = sorting.undo(here, by=scan.by, key=scan.key)
    share = sorting.share_of(here.list_id, product_id, lot)
    assert share is not None, "what was undone is to be sorted again"
    done, of = sorting.progress_of(here.pick_task_id)
    notes = {**_list_notes(here), **_share_notes(share), "done": done, "of": of}
    said = T("Undone: take {sku} back from the position", "已撤销，请将 {sku} 从货位取回", sku=share.sku)
    return Go("position", notes=notes, say=said, tone="ask", posted=True)


@sort.before_each_scan
def still_wanted(notes: Notes, by: Actor) -> None:  # noqa: ARG001
    """Whoever has goods of an order in the hand hears at once that nobody wants them any more."""
    if "order_id" in notes and notes["at_step"] != "again" and sorting.is_cancelled(notes["order_id"]):
        raise ClaimGone


@sort.when_moved_on(ClaimGone, queue.TaskOver, leads_to=_ON)
def batch_changed(scan: Scan, notes: Notes) -> Go | None:
    """The order was cancelled, or somebody else sorts: on with what is wanted now."""
    if "sorting" not in notes:
        return None
    here = _sorting(notes)
    cancelled = "order_id" in notes and sorting.is_cancelled(notes["order_id"])
    if not cancelled and not sorting.is_mine(here, by=scan.by):
        return Go("document", say=T("{list} is no longer yours to sort", "{list} 已不由您分播", list=here.number))
    said = _why(cancelled).with_facts(order=notes.get("order") or here.number)
    if not sorting.is_left(here):
        return Go("document", say=said, detail=T("Nothing else is left to sort", "已无其他待分播内容"))
    if notes.get("product_id") is None:
        return Go("product", notes=dict.fromkeys(_NOTHING), say=said)
    went = _next(notes, notes["product_id"], notes.get("lot"))
    return Go(went.step, notes=went.notes, say=said, tone="ask")


def _why(cancelled: bool) -> Text:
    if cancelled:
        return T(
            "{order} was cancelled: keep the goods in the batch, a task takes them back", "{order} 已取消：货物请留在批内，将派回库任务"
        )
    return T("{order} was changed: keep the goods in the batch", "{order} 已变更：货物请留在批内")


@sort.on_leave
def leave_sort(scan: Scan, notes: Notes) -> Message | None:
    """What is not sorted waits for whoever comes next; what is in the hand goes back to it."""
    if "sorting" not in notes or not sorting.is_mine(_sorting(notes), by=scan.by):
        return None
    queue.give_back(notes["sorting"][2], by=scan.by)
    if not notes.get("quantity"):
        return Message("calm", GIVEN_BACK)
    goods = {"n": notes["quantity"], "sku": notes["sku"], "list": notes["list"], "place": notes["sorting"][5]}
    back = T("Put {n} {sku} back among the goods of {list} at {place}", "请将 {sku} {n} 放回 {place} 的 {list} 待分播货物中", **goods)
    return Message("ask", GIVEN_BACK, back)
