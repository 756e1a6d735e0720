"""The count flow: location → product → lot → quantity; blind, unless the count says otherwise."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import T
from wms.numbers import own_number
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Progress, Scan
from wms.stock.models import Batch, Stock
from wms.stocktake import counting, counts, queries
from wms.stocktake.models import CountPlan, CountStatus
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class NothingWaits(NotFound):
    """There is no count work for this person."""

    code = "no_work"
    sentence = T("Nothing is to be counted now", "目前没有盘点任务")
    advice = T("Scan a location to count it", "可扫描库位直接盘点")


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
    if "sku" in notes:
        product = session.execute(sa.select(Product).where(Product.id == notes["product"])).scalar_one()
        lot = T("lot {lot}", "批号 {lot}", lot=notes["lot"]) if notes.get("lot") else None
        facts.append(Fact(T("Product", "商品"), product.text, detail=T("{sku} {lot}", "{sku} {lot}", sku=product.sku, lot=lot)))
    if notes.get("book") is not None:
        facts.append(Fact(T("Book", "账面"), notes["book"], strong=True))
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


def _go_to(count: CountPlan, *, by: Actor) -> Go:
    session.refresh(count)
    if count.status in (CountStatus.POSTED, CountStatus.REFUSED):
        raise counts.CountOver(number=count.number)
    wanted = queries.next_place(count, by=by)
    done = sum(place.counted_at is not None for place in count.places)
    notes = {"count": count.id, "number": count.number, "wanted": wanted, "done": done, "of": len(count.places)}
    return Go("location", notes=notes)


def _at(count: CountPlan, location_id: int, code: str, *, by: Actor) -> Go:
    counting.begin_place(count.id, location_id, by=by)
    done = sum(place.counted_at is not None for place in count.places)
    notes = {
        "count": count.id,
        "number": count.number,
        "location": code,
        "location_id": location_id,
        "blind": count.blind,
        "done": done,
        "of": len(count.places),
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
    task = queue.claim_next([TaskKind.COUNT], by=scan.by)
    if task is None:
        raise NothingWaits
    return _go_to(counts.adopt(task, by=scan.by), by=scan.by)


@flow.step(
    "location",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION],
    expected="wanted",
    leads_to=["product"],
    facts=lambda notes: [Fact(T("Count", "盘点单"), notes["number"])],
)
def at_location(scan: Scan, notes: Notes) -> Go:
    count = counts.locked_open(notes["count"])
    return _at(count, scan.location.id, scan.location.code, by=scan.by)


@flow.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT],
    leads_to=["product", "lot", "expiry", "quantity"],
    help=T(
        "Scan each product that lies here. When nothing more is here, choose Done.",
        "逐一扫描此处的商品；没有其他货物时选“完成”。",
    ),
)
def product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        counting.enter_unit(notes["count"], notes["location_id"], scan.handling_unit, by=scan.by)
        return Go("product", say=T("{unit} is here", "{unit} 在位", unit=scan.value), posted=True)
    gs1 = scan.gs1
    chosen = {
        "product": scan.product.id,
        "sku": scan.product.sku,
        "lot": gs1.lot if gs1 else None,
        "expires_on": gs1.expires_on.isoformat() if gs1 and gs1.expires_on else None,
    }
    return _ask_what_is_missing({**notes, **chosen})


def _ask_what_is_missing(notes: Notes) -> Go:
    """The lot where it is tracked, the date where the lot is new, then the quantity."""
    found = session.execute(sa.select(Product).where(Product.id == notes["product"])).scalar_one()
    if found.tracking != Tracking.NONE and not notes.get("lot"):
        return Go("lot", notes=notes)
    if found.tracking == Tracking.EXPIRY and not notes.get("expires_on") and not _lot_is_known(found.id, notes["lot"]):
        return Go("expiry", notes=notes)
    return Go("quantity", notes={**notes, "book": None if notes["blind"] else _book_here(notes)})


def _lot_is_known(product_id: int, lot: str) -> bool:
    return bool(session.execute(sa.select(Batch.id).where(Batch.product_id == product_id, Batch.lot_key == fold(lot)).limit(1)).first())


def _book_here(notes: Notes) -> int:
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0))
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.location_id == notes["location_id"], Stock.product_id == notes["product"])
    )
    if notes.get("lot"):
        query = query.where(Batch.lot_key == fold(notes["lot"]))
    return int(session.execute(query).scalar_one())


@flow.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["expiry", "quantity"])
def lot(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "lot": scan.value})


@flow.step("expiry", ask=T("Enter expiry date", "输入到期日"), accepts=[Kind.EXPIRY], product="product", leads_to=["quantity"])
def expiry(scan: Scan, notes: Notes) -> Go:
    return _ask_what_is_missing({**notes, "expires_on": scan.value})


@flow.count(
    "quantity",
    ask=T("Enter quantity", "输入数量"),
    product="product",
    zero=True,
    typed_confirms=True,
    from_label=False,
    leads_to=["product"],
)
def quantity(scan: Scan, notes: Notes) -> Go:
    counting.enter(
        notes["count"],
        notes["location_id"],
        notes["sku"],
        scan.quantity,
        lot=notes.get("lot"),
        expires_on=dt.date.fromisoformat(notes["expires_on"]) if notes.get("expires_on") else None,
        by=scan.by,
    )
    cleared = {"product": None, "sku": None, "lot": None, "expires_on": None, "book": None}
    said = T("{quantity} of {sku} counted", "已盘 {sku}：{quantity}", quantity=scan.quantity, sku=notes["sku"])
    return Go("product", notes=cleared, say=said, posted=True)


@flow.command("product", "DONE", label=T("Nothing more here", "此处已盘完"), leads_to=["location", "start"])
def done(scan: Scan, notes: Notes) -> Go:
    count = counting.close_place(notes["count"], notes["location_id"], by=scan.by)
    said = T("{location} is counted", "{location} 已盘完", location=notes["location"])
    if count.status in (CountStatus.POSTED, CountStatus.REFUSED) or queries.next_place(count, by=scan.by) is None:
        return Go("start", say=said, posted=True)
    onward = _go_to(count, by=scan.by)
    return Go(onward.step, notes={**onward.notes, "location": None, "location_id": None}, say=said, posted=True)


@flow.on_leave
def leave(scan: Scan, notes: Notes) -> None:
    if "location_id" not in notes:
        return
    mine = session.execute(
        sa.select(Task.id).where(
            Task.source_id == notes["location_id"],
            Task.kind == TaskKind.COUNT.value,
            Task.status == TaskStatus.CLAIMED.value,
            Task.person_id == scan.by.id,
        )
    ).scalars()
    for task_id in list(mine):
        queue.give_back(task_id, by=scan.by)


flows = [flow]
