"""The count flow: location → product → lot → quantity; blind, unless the count says otherwise."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.models import Partner, Product, Tracking
from wms.catalog.units import counted, in_unit
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.numbers import own_number
from wms.scan.flow import Doubt, Fact, Flow, Go, Handler, HandOver, Kind, Notes, Printed, Progress, Scan
from wms.scan.given import because
from wms.stock.models import Batch, Condition, Stock
from wms.stocktake import counting, counts, found_goods, judging, queries, scan_moved
from wms.stocktake.models import CountPlan, CountStatus
from wms.stocktake.photo_subjects import FIND
from wms.tasks import next_best
from wms.tasks.models import Task, TaskKind, TaskStatus


class NothingWaits(NotFound):
    """There is no count work for this person."""

    code = "no_work"
    sentence = T("Nothing is to be counted now", "目前没有盘点任务")
    advice = T("Scan a location to count it", "可扫描库位直接盘点")


class StandsElsewhere(Doubt):
    """A pallet that the book has somewhere else stands here."""

    code = "unit_elsewhere"
    sentence = T("The book has {unit} somewhere else", "账面上 {unit} 不在此处")
    advice = T("Read its label once more; if it does stand here, scan it again", "请核对标签；确在此处请再扫一次")


def _waiting(by: Actor) -> int:
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Task)
        .where(Task.site_id == by.site_id, Task.kind == TaskKind.COUNT.value, Task.status == TaskStatus.OPEN.value)
    ).scalar_one()


def _facts(notes: Notes) -> list[Fact]:
    facts = []
    if "location" in notes:
        facts.append(Fact(T("Location", "库位"), notes["location"]))
    if notes.get("only") and "sku" not in notes:
        only = session.get_one(Product, notes["only"])
        facts.append(Fact(T("Only", "只盘"), only.text, detail=only.sku))
    if "sku" in notes:
        product = session.execute(sa.select(Product).where(Product.id == notes["product"])).scalar_one()
        lot = T("lot {lot}", "批号 {lot}", lot=notes["lot"]) if notes.get("lot") else None
        facts.append(Fact(T("Product", "商品"), product.text, detail=T("{sku} {lot}", "{sku} {lot}", sku=product.sku, lot=lot)))
        if notes.get("condition", Condition.GOOD) != Condition.GOOD:
            facts.append(Fact(T("Condition", "状态"), Condition(notes["condition"]).text))
        if notes.get("scanned") is not None:
            facts.append(Fact(T("Scanned", "已扫"), notes["scanned"], detail=in_unit(notes["scanned"], product.base_unit), strong=True))
        else:
            facts.append(Fact(T("Counted in", "计数单位"), in_unit(2, product.base_unit)))
    elif notes.get("strange"):
        facts.append(Fact(T("Unknown goods", "不明货物"), notes["strange"]))
    elif notes.get("counted"):
        words = T("{n} products", "{n} 种商品") if notes["counted"] > 1 else T("{n} product", "{n} 种商品")
        facts.append(Fact(T("Counted", "已盘"), words.with_facts(n=notes["counted"])))
    if notes.get("book") is not None:
        facts.append(Fact(T("Book", "账面"), notes["book"], detail=in_unit(notes["book"], notes.get("base_unit")), strong=True))
    return facts


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if notes.get("of") else None


flow = Flow(
    "count", title=T("Count", "盘点"), needs=Permission.COUNT, document="number", facts=_facts, progress=_progress, waiting=_waiting
)


def _document(number: str, by: Actor) -> CountPlan | None:
    return session.execute(
        sa.select(CountPlan).where(CountPlan.number == own_number(number), CountPlan.site_id == by.site_id)
    ).scalar_one_or_none()


def _while_open(handler: Handler) -> Handler:
    """A count that was posted or refused meanwhile lets its counter go, before anything is written."""

    @functools.wraps(handler)
    def asked(scan: Scan, notes: Notes) -> Go | HandOver:
        status = session.execute(sa.select(CountPlan.status).where(CountPlan.id == notes["count"])).scalar_one()
        if status not in (CountStatus.POSTED, CountStatus.REFUSED):
            return handler(scan, notes)
        over = counts.CountOver(number=notes["number"])
        return Go("start", say=Text(over.say("en"), over.say("zh_CN")), detail=_ELSE, tone="ask")

    return asked


_OF_A_PRODUCT = ("product", "sku", "base_unit", "lot", "expires_on", "condition", "owner", "book", "serial", "scanned")
_OF_A_NUMBER = ("found", "answers", "moved", "since")
_ONCE_MORE = T("Count them once more", "请重新清点")
_ELSE = T("Scan another count or location", "请扫描其他盘点单或库位")


_CONDITIONS = {one.value.upper(): one.text for one in Condition}


def _your_part_is_done(count: CountPlan) -> Text:
    if count.status == CountStatus.REVIEW:
        return T("{number} is counted; a supervisor decides", "{number} 已盘完，待主管审批", number=count.number)
    if count.status == CountStatus.RECOUNT:
        return T("Your part of {number} is done; somebody else recounts", "{number} 您的部分已盘完，由他人复盘", number=count.number)
    return T("The rest of {number} is in other hands", "{number} 的其余库位由他人盘点", number=count.number)


def _progress_of(count: CountPlan) -> Notes:
    far = counts.progress(count.id)
    return {"done": far.counted, "of": far.of}


def _go_to(count: CountPlan, *, by: Actor, first: int | None = None) -> Go:
    session.refresh(count)
    counts.must_be_open(count)
    place = queries.next_place(count, by=by, first=first)
    counting.leave(count.id, by=by, but=place.location_id if place else None)
    if place is None:
        return Go("start", say=_your_part_is_done(count), detail=_ELSE, tone="ask")
    counting.take_place(place, by=by, beside=True)
    wanted = counts.code_of(place.location_id)
    return Go("location", notes={"count": count.id, "number": count.number, "wanted": wanted, **_progress_of(count)})


def _at(count: CountPlan, location_id: int, code: str, *, by: Actor, named: bool = False) -> Go:
    counting.begin_place(count.id, location_id, by=by, beside=named)
    notes = {
        "count": count.id,
        "number": count.number,
        "location": code,
        "location_id": location_id,
        "blind": count.blind,
        "only": count.product_id,
        "counted": counting.products_entered(count.id, location_id, by=by) or None,
        **_progress_of(count),
    }
    return Go("product", notes=notes)


@flow.step(
    "start",
    ask=T("Scan count or location", "扫描盘点单或库位"),
    accepts=[Kind.DOCUMENT, Kind.LOCATION],
    documents=_document,
    leads_to=["location", "product"],
)
def start(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.DOCUMENT:
        return _go_to(scan.document, by=scan.by)
    count = counts.count_of_place(scan.location, by=scan.by)
    return _at(count, scan.location.id, scan.location.code, by=scan.by)


@flow.command("start", "NEXT", label=T("Get work", "领取任务"), leads_to=["location"])
def next_work(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    task = next_best.give([TaskKind.COUNT], by=scan.by)
    while task is not None and judging.leave_to_others(task, by=scan.by):
        task = next_best.give([TaskKind.COUNT], by=scan.by)
    if task is None:
        raise NothingWaits
    return because(task, _go_to(counts.adopt(task, by=scan.by), by=scan.by, first=task.source_id))


@flow.step(
    "location",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION],
    expected="wanted",
    leads_to=["product", "start"],
    facts=lambda notes: [Fact(T("Count", "盘点单"), notes["number"])],
)
@_while_open
def at_location(scan: Scan, notes: Notes) -> Go:
    count = session.get_one(CountPlan, notes["count"])
    return _at(count, scan.location.id, scan.location.code, by=scan.by, named=True)


@flow.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT],
    leads_to=["product", "lot", "serial", "expiry", "condition", "owner", "quantity", "moved", "start"],
    help=T(
        "Scan each product that lies here, or a whole pallet. Then choose Nothing more here.",
        "逐一扫描此处的商品，整托只扫托盘标签；全部扫完后点“此处已盘完”。",
    ),
)
@_while_open
def product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        elsewhere = scan.handling_unit.location_id != notes["location_id"]
        if elsewhere and not scan.again:
            raise StandsElsewhere(unit=scan.value)
        counting.enter_unit(notes["count"], notes["location_id"], scan.handling_unit, by=scan.by, found=elsewhere)
        return Go("product", notes=_counted(scan, notes), say=T("{unit} is here", "{unit} 在位", unit=scan.value), posted=True)
    gs1 = scan.gs1
    one_by_one = scan.product.tracking == Tracking.SERIAL
    chosen = {
        "product": scan.product.id,
        "sku": scan.product.sku,
        "base_unit": scan.product.base_unit,
        "serial": one_by_one or None,
        "lot": (gs1.serial or gs1.lot if one_by_one else gs1.lot) if gs1 else None,
        "expires_on": gs1.expires_on.isoformat() if gs1 and gs1.expires_on else None,
    }
    return _ask_what_is_missing({**notes, **chosen}, scan)


def _counted(scan: Scan, notes: Notes) -> Notes:
    """How many products this person has counted here."""
    return {"counted": counting.products_entered(notes["count"], notes["location_id"], by=scan.by) or None}


def _scanned(notes: Notes, scan: Scan) -> int:
    """How many pieces of the product this person has scanned here one by one."""
    return counting.pieces_scanned(notes["count"], notes["location_id"], notes["product"], by=scan.by)


def _ask_what_is_missing(notes: Notes, scan: Scan) -> Go:
    """The lot where it is tracked, the date where the lot is new, then the quantity; a piece with a serial number is one."""
    found = session.execute(sa.select(Product).where(Product.id == notes["product"])).scalar_one()
    if notes.get("serial") and not notes.get("lot"):
        return Go("serial", notes={**notes, "scanned": _scanned(notes, scan)})
    if found.tracking != Tracking.NONE and not notes.get("lot"):
        return Go("lot", notes=notes)
    if found.tracking == Tracking.EXPIRY and not notes.get("expires_on") and not _lot_is_known(found.id, notes["lot"]):
        return Go("expiry", notes=notes)
    sorts = counting.sorts_here(notes["count"], notes["location_id"], found.id, notes.get("lot"))
    conditions = {one.condition for one in sorts}
    if "condition" not in notes and len(conditions) > 1:
        return Go("condition", notes=notes)
    condition = notes.get("condition") or next(iter(conditions), Condition.GOOD.value)
    owners = {one.owner_id for one in sorts if one.condition == condition} or {one.owner_id for one in sorts}
    if "owner" not in notes and len(owners) > 1:
        return Go("owner", notes=notes)
    chosen = {"owner": str(next(iter(owners), None) or 0), **notes, "condition": condition}
    if notes.get("serial"):
        return _enter({**chosen, "found": 1, "answers": {}, "moved": None}, scan)
    return Go("quantity", notes={**chosen, "book": None if notes["blind"] else _book_here(chosen)})


def _sort(notes: Notes) -> counting.Sort | None:
    if "condition" not in notes or "owner" not in notes:
        return None
    return counting.Sort(notes["condition"], int(notes["owner"]) or None)


def _owners(notes: Notes) -> dict[str, Text]:
    """Whose goods of the product lie here; 0 is whoever the product belongs to."""
    sorts = counting.sorts_here(notes["count"], notes["location_id"], notes["product"], notes.get("lot"))
    found = session.execute(sa.select(Partner).where(Partner.id.in_({one.owner_id for one in sorts}))).scalars()
    return {"OWNER-0": T("Our goods", "自有货物"), **{f"OWNER-{one.id}": Text(one.name, one.name) for one in found}}


def _lot_is_known(product_id: int, lot: str) -> bool:
    return bool(session.execute(sa.select(Batch.id).where(Batch.product_id == product_id, Batch.lot_key == fold(lot)).limit(1)).first())


def _book_here(notes: Notes) -> int:
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0))
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            Stock.location_id == notes["location_id"],
            Stock.product_id == notes["product"],
            Stock.condition == notes["condition"],
            Batch.owner_id.is_not_distinct_from(int(notes["owner"]) or None),
        )
    )
    if notes.get("lot"):
        query = query.where(Batch.lot_key == fold(notes["lot"]))
    return int(session.execute(query).scalar_one())


@flow.step(
    "lot",
    ask=T("Scan lot", "扫描批号"),
    accepts=[Kind.LOT],
    product="product",
    leads_to=["expiry", "condition", "owner", "quantity", "start"],
)
@_while_open
def lot(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "lot": scan.value}, scan)


@flow.step(
    "expiry",
    ask=T("Enter expiry date", "输入到期日"),
    accepts=[Kind.EXPIRY],
    product="product",
    leads_to=["condition", "owner", "quantity", "start"],
)
@_while_open
def expiry(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "expires_on": scan.value}, scan)


@flow.step(
    "condition",
    ask=T("Which condition?", "选择状态"),
    accepts=[Kind.REASON],
    reasons=_CONDITIONS,
    leads_to=["owner", "quantity", "serial", "moved", "start"],
)
@_while_open
def condition(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "condition": scan.value.casefold()}, scan)


@flow.step(
    "owner",
    ask=T("Whose goods?", "选择货主"),
    accepts=[Kind.REASON],
    reasons=_owners,
    leads_to=["quantity", "serial", "moved", "start"],
)
@_while_open
def owner(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "owner": scan.value.removeprefix("OWNER-")}, scan)


@flow.count(
    "quantity",
    ask=T("Enter quantity", "输入数量"),
    product="product",
    zero=True,
    typed_confirms=True,
    from_label=False,
    leads_to=["product", "moved", "start"],
)
@_while_open
def quantity(scan: Scan, notes: Notes) -> Go:
    return _enter({**notes, "found": scan.quantity, "answers": {}, "moved": None}, scan)


@flow.command("quantity", "OTHER", label=T("Other condition", "其他状态"), leads_to=["condition", "start"])
@_while_open
def another_condition(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("condition", notes={"condition": None})


def _enter(notes: Notes, scan: Scan) -> Go:
    """The number is written down, once nothing that moved meanwhile is left to be asked."""
    sort, lot, found = _sort(notes), notes.get("lot"), notes["found"]
    of_goods: dict[str, Any] = {"by": scan.by, "lot": lot, "sort": sort}
    since = dt.datetime.fromisoformat(notes["since"]) if notes.get("since") else None
    place = (notes["count"], notes["location_id"], notes["sku"])
    moving = counting.moving(*place, none=found == 0, since=since, **of_goods)
    asked = scan_moved.noted([one for one in moving if not all(key in notes["answers"] for key in one.keys)])
    if asked:
        return Go("moved", notes={**notes, "moved": asked}, tone="ask")
    earlier = counting.entered_before(notes["count"], notes["location_id"], notes["product"], **of_goods)
    expires_on = dt.date.fromisoformat(notes["expires_on"]) if notes.get("expires_on") else None
    counting.enter(*place, found, expires_on=expires_on, answers=notes["answers"], since=since, **of_goods)
    many = counted(found, notes.get("base_unit"))
    if notes.get("serial"):
        next_one = {**dict.fromkeys(_OF_A_NUMBER), **_counted(scan, notes), "lot": None, "scanned": _scanned(notes, scan)}
        if earlier is not None:
            return Go(
                "serial", notes=next_one, say=T("{serial} was scanned already", "{serial} 已扫过", serial=lot), tone="ask", posted=True
            )
        return Go("serial", notes=next_one, say=T("{serial} is here", "{serial} 在位", serial=lot), posted=True)
    condition = Condition(notes.get("condition") or Condition.GOOD)
    said = T("{many} of {sku} counted", "已盘 {sku}：{many}", many=many, sku=notes["sku"])
    if condition != Condition.GOOD:
        words = T("{many} of {sku} counted: {condition}", "已盘 {sku}：{many}，{condition}")
        said = words.with_facts(many=many, sku=notes["sku"], condition=condition.text)
    cleared = {**dict.fromkeys((*_OF_A_PRODUCT, *_OF_A_NUMBER)), **_counted(scan, notes)}
    if earlier is None or earlier.quantity == found:
        return Go("product", notes=cleared, say=said, posted=True)
    return Go("product", notes=cleared, say=said, detail=_replaces(earlier), tone="ask", posted=True)


@flow.step(
    "moved",
    ask=scan_moved.question,
    accepts=[Kind.REASON],
    reasons=scan_moved.reasons,
    facts=scan_moved.facts,
    leads_to=["moved", "product", "quantity", "serial", "location", "start"],
    help=T(
        "Goods moved while you counted. Say whether your number has that in it already; if you are not sure, count once more.",
        "盘点期间货物有移动。请说明您的数量是否已包含该变动；不确定时请重新清点。",
    ),
)
@_while_open
def moved(scan: Scan, notes: Notes) -> Go:
    first, *rest = notes["moved"]
    if scan.value == scan_moved.AGAIN:
        again = {**dict.fromkeys(_OF_A_NUMBER), "since": clock.now().isoformat()}
        return Go(
            "product" if "sku" not in notes else "serial" if notes.get("serial") else "quantity", notes=again, tone="ask", say=_ONCE_MORE
        )
    answers = {**notes["answers"], **dict.fromkeys(first["keys"], scan.value == scan_moved.YES)}
    if rest:
        return Go("moved", notes={"moved": rest, "answers": answers}, tone="ask")
    told = {**notes, "answers": answers, "moved": None}
    return _enter(told, scan) if "found" in notes else _close(told, scan)


def _replaces(earlier: counting.Earlier) -> Text:
    """Two heaps of one product are one count: whoever counts them apart must hear that the second number stands alone."""
    if earlier.quantity is None:
        return T(
            "It replaced what you counted here before; if it is not all of it, scan it again",
            "已替代您此前的盘点数；不是总数请重扫后输入总数",
        )
    words = T(
        "It replaced {before}, nothing was added; if it is not all of it, scan it again",
        "已替代之前的 {before}，未累加；不是总数请重扫后输入总数",
    )
    return words.with_facts(before=earlier.quantity)


# -- pieces with numbers of their own, and goods that nobody knows -----------------------------------------------------------


@flow.step(
    "serial",
    ask=T("Scan each serial number", "逐件扫描序列号"),
    accepts=[Kind.SERIAL],
    product="product",
    leads_to=["serial", "moved", "product", "condition", "owner", "start"],
    help=T("Scan the number of every piece; then choose No more of it.", "扫描每一件的序列号，全部扫完后点“该商品已扫完”。"),
)
@_while_open
def serial(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "lot": scan.value}, scan)


@flow.command("serial", "DONE", label=T("No more of it", "该商品已扫完"), leads_to=["product", "start"])
@_while_open
def no_more_serials(scan: Scan, notes: Notes) -> Go:
    return Go("product", notes={**dict.fromkeys((*_OF_A_PRODUCT, *_OF_A_NUMBER)), **_counted(scan, notes)})


@flow.command("product", "OTHER", label=T("Unknown goods", "不明货物"), leads_to=["strange", "start"])
@_while_open
def unknown_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("strange")


@flow.step(
    "strange",
    ask=T("Scan or type what is on it", "扫描或输入货物标识"),
    accepts=[Kind.LOT],
    hint=T("Barcode or words", "条码或说明"),
    leads_to=["strange_count", "start"],
    help=T("Any barcode, or a few words; then how many there are.", "任意条码或几个字的说明，然后输入数量。"),
)
@_while_open
def strange(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("strange_count", notes={"strange": scan.value})


@flow.count("strange_count", ask=T("Enter quantity", "输入数量"), product=None, typed_confirms=True, leads_to=["product", "start"])
@_while_open
def strange_count(scan: Scan, notes: Notes) -> Go:
    find = found_goods.note(notes["count"], notes["location_id"], notes["strange"], scan.quantity, by=scan.by)
    said = T(
        "{many} of {code} noted; a supervisor finds out what they are",
        "已记录 {code}：{many} 件，由主管核实",
        many=scan.quantity,
        code=find.code,
    )
    return Go(
        "product",
        notes={"strange": None, "noted": True},
        say=said,
        printed=[Printed.photo(FIND.kind, str(find.id), known_as=find.code[:40])],
        posted=True,
    )


# -- the place is done -------------------------------------------------------------------------------------------------------


@flow.command("product", "DONE", label=T("Nothing more here", "此处已盘完"), leads_to=["location", "moved", "start"])
@_while_open
def done(scan: Scan, notes: Notes) -> Go:
    return _close({**notes, "answers": {}}, scan)


def _close(notes: Notes, scan: Scan) -> Go:
    moving = counting.moving_uncounted(notes["count"], notes["location_id"], by=scan.by)
    asked = scan_moved.noted([one for one in moving if not all(key in notes["answers"] for key in one.keys)])
    if asked:
        return Go("moved", notes={**notes, "moved": asked}, tone="ask")
    count = counting.close_place(notes["count"], notes["location_id"], by=scan.by, answers=notes["answers"])
    nothing = not notes.get("counted") and not notes.get("noted")
    words = (
        T("{location} is counted: nothing there", "{location} 已盘完：无货") if nothing else T("{location} is counted", "{location} 已盘完")
    )
    said = words.with_facts(location=notes["location"])
    if count.status in (CountStatus.POSTED, CountStatus.REFUSED):
        return Go("start", say=said, posted=True)
    onward = _go_to(count, by=scan.by)
    if onward.step == "start":
        return Go("start", say=said, detail=onward.say, posted=True)
    cleared = dict.fromkeys(("location", "location_id", "only", "counted", "noted", "since", "answers", "moved"))
    return Go(onward.step, notes={**cleared, **onward.notes}, say=said, posted=True)


@flow.on_leave
def leave(scan: Scan, notes: Notes) -> None:
    if "count" in notes:
        counting.leave(notes["count"], by=scan.by)


flows = [flow]
