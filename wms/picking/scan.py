"""The picker's screens: pick a list, replenish a face, and the next best work of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog.models import Rotation, Tracking
from wms.catalog.units import in_unit
from wms.db import fold, session
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.numbers import own_number
from wms.orders.models import Order
from wms.picking import lines, picks, queries, replenishment
from wms.picking.lines import Pick
from wms.picking.models import PickList
from wms.picking.picks import Opened
from wms.scan.flow import Fact, Flow, Go, HandOver, Kind, Notes, Progress, Scan, WrongLocation, WrongLot, must_be
from wms.stock.ledger import ClaimGone, Place
from wms.stock.models import HandlingUnit
from wms.tasks import queue
from wms.tasks.models import TaskKind

REASONS = {
    "MISSING": T("Not enough there", "数量不足"),
    "DAMAGED": T("Damaged", "货物破损"),
    "WRONG_GOODS": T("Other goods lie there", "库位货物不符"),
    "UNREACHABLE": T("Cannot be reached", "无法取到"),
}

LIST_DONE = T("List {list} is done; take it to {target}", "拣货单 {list} 已完成，请送到 {target}")
SHORT = T("{missing} {sku} short; a count is ordered", "{sku} 缺 {missing}，已安排盘点")
UNDO = T("Undo last pick", "撤销上一次拣货")


# -- facts -------------------------------------------------------------------------------------------------------------


def equivalent(quantity: int, unit: str | None, size: int | None) -> Text | None:
    """A quantity in packagings: `= 1 case`, `= 2 cases + 3`."""
    if not unit or not size or quantity < size:
        return None
    whole, rest = divmod(quantity, size)
    words = in_unit(whole, unit)
    more = f" + {rest}" if rest else ""
    return T(f"= {whole} {words.en}{more}", f"= {whole} {words.zh}{more}")


def _in_units(quantity: int, notes: Notes) -> Text:
    """What stands behind the quantity: `pairs = 1 case`."""
    base = in_unit(quantity, notes.get("base_unit"))
    boxes = equivalent(quantity, *notes["case"])
    return T("{base} {boxes}", "{base} {boxes}", base=base, boxes=boxes) if boxes else base


def _batch(notes: Notes) -> Text:
    """The lot where the product has lots, else the day it came in."""
    if not notes.get("tracked", True):
        if notes.get("oldest"):
            return T("{day} (oldest)", "{day} 入库（最早）", day=notes["received_on"])
        return T("received {day}", "{day} 入库", day=notes["received_on"])
    if notes.get("expires_on"):
        return T("{lot}, expires {day}", "{lot}，{day} 到期", lot=notes["lot"], day=notes["expires_on"])
    return T("{lot}, received {day}", "{lot}，{day} 入库", lot=notes["lot"], day=notes["received_on"])


def _name(notes: Notes) -> Text:
    return T(notes["name"][0], notes["name"][1])


def _pick_facts(notes: Notes) -> Sequence[Fact]:
    if "claim" not in notes:
        return []
    quantity = notes.get("picked") or notes["quantity"]
    facts = [
        Fact(T("Product", "商品"), _name(notes), detail=notes["sku"]),
        Fact(T("Batch", "批次"), _batch(notes)),
        Fact(T("Quantity", "数量"), quantity, detail=_in_units(quantity, notes), strong=True),
        Fact(T("Into", "送到"), notes["target"], detail=notes["order"] if notes["several_orders"] else None),
    ]
    if notes.get("unit"):
        facts.insert(2, Fact(T("From unit", "取自"), notes["unit"]))
    if notes["doubted"]:
        facts.append(Fact(T("Note", "注意"), T("Reported short here", "此库位已报缺货")))
    return facts


def _short_facts(notes: Notes) -> Sequence[Fact]:
    """Which place is meant: what is short may be reported before the place is reached."""
    return [Fact(T("Location", "库位"), notes["location"]), *_pick_facts(notes)]


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if "of" in notes else None


def _product_notes(line: Any) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "sku": line.sku,
        "name": [line.name_en or line.name, line.name_zh or line.name],
        "code": line.barcode or line.sku,
        "lot": line.lot,
        "base_unit": line.base_unit,
        "tracked": line.tracking != Tracking.NONE,
        "oldest": line.rotation == Rotation.FIFO,
        "lot_asked": line.several_lots and line.tracking != Tracking.NONE,
        "received_on": line.received_on.isoformat(),
        "expires_on": line.expires_on.isoformat() if line.expires_on else None,
        "case": [line.case_unit, line.case_quantity],
        "location_id": line.location_id,
        "location": line.location,
        "unit": line.unit,
    }


# -- pick --------------------------------------------------------------------------------------------------------------


pick = Flow(
    "pick",
    title=T("Pick", "拣货"),
    needs=Permission.PICK,
    document="list",
    facts=_pick_facts,
    progress=_progress,
    waiting=lambda by: queries.open_tasks(TaskKind.PICK, by=by),
)
_AT_THE_RACK = ("source", "product", "lot", "quantity")


def _line_notes(line: Pick) -> dict[str, Any]:
    return {
        **_product_notes(line),
        "claim": line.claim_id,
        "quantity": line.quantity,
        "line": line.order_line_id,
        "order_id": line.order_id,
        "order": line.order_number,
        "doubted": line.doubted,
        "picked": None,
        "found": None,
        "reason": None,
        "missing": None,
        "place": None,
    }


def _begin(opened: Opened) -> Go:
    return Go(
        "source",
        notes={
            "list": opened.number,
            "task": opened.task_id,
            "target_id": opened.target_id,
            "target": opened.target,
            "done": opened.done,
            "of": opened.of,
            "several_orders": opened.several_orders,
            **_line_notes(opened.line),
        },
    )


def _onward(line: Pick | None, notes: Notes, say: Text, tone: Any = "good") -> Go:
    """To the next line; after the last one to the start, with the way to the packing place."""
    if line is None:
        there = LIST_DONE.with_facts(list=notes["list"], target=notes["target"])
        return Go("document", notes={"last_task": notes["task"]}, say=say, detail=there, tone=tone, posted=True)
    done, of = lines.progress_of(notes["task"])
    return Go("source", notes={**_line_notes(line), "done": done, "of": of}, say=say, tone=tone, posted=True)


def find_document(text: str, by: Actor) -> PickList | Order | None:
    """A pick list or an order of the person's site, by its number."""
    key = fold(text)
    found = session.execute(
        sa.select(PickList).where(PickList.site_id == by.site_id, PickList.number == own_number(text))
    ).scalar_one_or_none()
    if found is not None:
        return found
    return session.execute(sa.select(Order).where(Order.site_id == by.site_id, Order.number_key == key)).scalar_one_or_none()


@pick.step(
    "document",
    ask=T("Scan a pick list or order", "扫描拣货单或订单"),
    accepts=[Kind.DOCUMENT],
    documents=find_document,
    leads_to=["source"],
)
def scan_document(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """A list or an order that the picker chooses."""
    document = scan.document
    return _begin(picks.open_list(document, by=scan.by) if isinstance(document, PickList) else picks.open_order(document, by=scan.by))


@pick.command("document", "NEXT", label=T("Get work", "领取任务"), leads_to=["source"])
def next_list(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The best list there is."""
    return _begin(picks.open_next(by=scan.by))


@pick.step(
    "source",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    expected="location",
    known=True,
    leads_to=["product"],
)
def scan_source(scan: Scan, notes: Notes) -> Go:
    """The picker stands at the right place."""
    if not (scan.kind is Kind.HANDLING_UNIT and scan.value == notes.get("unit")):
        if scan.kind is Kind.HANDLING_UNIT:
            raise WrongLocation(scanned=scan.value, expected=notes["location"])
        must_be(scan, notes["location"])
    return Go("product")


@pick.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT],
    expected="code",
    target="sku",
    product="product_id",
    known=True,
    leads_to=["lot", "quantity"],
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    """The goods in the hand are the right ones."""
    return _goods_are_right(scan, notes)


def _goods_are_right(scan: Scan, notes: Notes) -> Go:
    """A label with the lot answers for the lot too."""
    if scan.gs1 and scan.gs1.lot and notes["lot_asked"] and fold(scan.gs1.lot) != fold(notes["lot"]):
        raise WrongLot(scanned=scan.gs1.lot, expected=notes["lot"])
    asked = notes["lot_asked"] and not (scan.gs1 and scan.gs1.lot)
    return Go("lot" if asked else "quantity")


@pick.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], expected="lot", product="product_id", leads_to=["quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    """Several lots lie here; the one in turn is taken."""
    must_be(scan, notes["lot"])
    return Go("quantity")


@pick.count("quantity", ask=T("Count the pieces", "清点数量"), product="product_id", expected="quantity", leads_to=["target"])
def count_pieces(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Counted; nothing has moved yet."""
    return Go("target", notes={"picked": scan.quantity})


def _into(scan: Scan, notes: Notes) -> Place:
    if scan.found is None:
        return Place(notes["target_id"])
    location = scan.found if isinstance(scan.found, Location) else None
    unit = scan.found if isinstance(scan.found, HandlingUnit) else None
    return picks.into(location, unit, order_id=notes["order_id"], order_number=notes["order"], expected=notes["target"], by=scan.by)


@pick.step(
    "target",
    ask=T("Put it in", "放到"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    expected="target",
    known=True,
    leads_to=["source", "document", "elsewhere"],
)
def scan_target(scan: Scan, notes: Notes) -> Go:
    """Now the goods move, and their claim with them."""
    place = _into(scan, notes)
    if notes.get("reason"):
        return _short(scan, notes, place)
    done = picks.confirm(
        notes["claim"],
        notes["picked"],
        task_id=notes["task"],
        order_id=notes["order_id"],
        target=place,
        by=scan.by,
        key=scan.key,
        location_id=notes["location_id"],
    )
    unit = in_unit(notes["picked"], notes.get("base_unit"))
    said = T("{quantity} {sku} picked", "已拣 {sku} {quantity} {unit}", quantity=notes["picked"], sku=notes["sku"], unit=unit)
    if done.next is None:
        return _onward(None, notes, said)
    whole = notes["picked"] == notes["quantity"]
    progress = {"done": notes["done"] + 1, "of": notes["of"] + (not whole)}
    return Go("source", notes={**_line_notes(done.next), **progress}, say=said, posted=True)


# What does not go as planned.


@pick.command(_AT_THE_RACK, "SHORT", label=T("Short", "缺货"), leads_to=["found"])
def report_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Less is there than the list says."""
    return Go("found", tone="calm")


@pick.count(
    "found",
    ask=T("How many are there?", "实际有多少？"),
    product="product_id",
    zero=True,
    typed_confirms=True,
    facts=_short_facts,
    leads_to=["reason"],
)
def count_found(scan: Scan, notes: Notes) -> Go:
    """What there is of it."""
    if scan.quantity >= notes["quantity"]:
        raise picks.MoreThanLine(quantity=scan.quantity, wanted=notes["quantity"] - 1)
    return Go("reason", notes={"found": scan.quantity})


@pick.step(
    "reason",
    ask=T("Why?", "原因？"),
    accepts=[Kind.REASON],
    reasons=REASONS,
    facts=_short_facts,
    leads_to=["target", "source", "document", "elsewhere"],
)
def give_reason(scan: Scan, notes: Notes) -> Go:
    """What was found still has to be put down; with nothing found the line is short at once."""
    if notes["found"]:
        return Go("target", notes={"reason": scan.value, "picked": notes["found"]})
    return _short(scan, {**notes, "reason": scan.value}, None)


def _short(scan: Scan, notes: Notes, place: Place | None) -> Go:
    result = picks.short(
        notes["claim"],
        notes["found"],
        reason=notes["reason"],
        task_id=notes["task"],
        order_id=notes["order_id"],
        target=place,
        by=scan.by,
        key=scan.key,
        location_id=notes["location_id"],
    )
    if result.elsewhere is None:
        said = SHORT.with_facts(missing=result.missing, sku=notes["sku"])
        return _onward(result.next, notes, said)
    said = T(
        "{missing} {sku} missing; {there} at {place}",
        "{sku} 缺 {missing}；{place} 有 {there}",
        missing=result.missing,
        sku=notes["sku"],
        there=result.elsewhere_quantity,
        place=result.elsewhere,
    )
    return Go(
        "elsewhere",
        notes={"missing": result.missing, "place": result.elsewhere, "reason": notes["reason"], "quantity": result.missing},
        say=said,
        tone="ask",
        posted=True,
    )


@pick.step(
    "elsewhere",
    ask=T("Take the rest from {place}?", "改从 {place} 拣取剩余？"),
    accepts=[Kind.COMMAND],
    facts=lambda notes: [Fact(T("Short at", "缺货库位"), notes["location"]), *_pick_facts(notes)],
    leads_to=["source", "document"],
)
def elsewhere(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only NEXT and DONE answer this."""
    raise AssertionError("commands are handled below")


@pick.command("elsewhere", "NEXT", label=T("Take them there", "去该库位拣取"), leads_to=["source", "document"])
def take_elsewhere(scan: Scan, notes: Notes) -> Go:
    """The rest is claimed where else it lies and comes next."""
    line = picks.take_elsewhere(notes["line"], notes["missing"], reason=notes["reason"], task_id=notes["task"], by=scan.by)
    return _onward(line, notes, T("Go on at {place}", "请前往 {place}", place=line.location if line else notes["target"]))


@pick.command("elsewhere", "DONE", label=T("Leave it short", "按缺货处理"), leads_to=["source", "document"])
def leave_short(scan: Scan, notes: Notes) -> Go:
    """The line goes without the rest."""
    line = picks.go_without(notes["line"], notes["missing"], reason=notes["reason"], task_id=notes["task"], by=scan.by)
    said = SHORT.with_facts(missing=notes["missing"], sku=notes["sku"])
    return _onward(line, notes, said)


@pick.command(("source", "product", "quantity"), "SKIP", label=T("Skip for now", "先跳过"), leads_to=["source"])
def skip(scan: Scan, notes: Notes) -> Go:
    """The line goes to the end of the list."""
    line = picks.skip(notes["claim"], task_id=notes["task"], order_id=notes["order_id"], by=scan.by)
    return Go("source", notes=_line_notes(line), say=T("Put to the end of the list", "已移到最后"), posted=True)


@pick.command("source", "UNDO", label=UNDO, leads_to=["source"], when=lambda notes: bool(notes.get("done")))
def undo(scan: Scan, notes: Notes) -> Go:
    """The last pick goes back to where it came from."""
    return _undone(scan, notes["task"])


@pick.command("document", "UNDO", label=UNDO, leads_to=["source"], when=lambda notes: "last_task" in notes)
def undo_last(scan: Scan, notes: Notes) -> Go:
    """The last pick of the list just finished goes back, and the list is in hand again."""
    return _undone(scan, notes["last_task"])


def _undone(scan: Scan, task_id: int) -> Go:
    opened = picks.undo(task_id=task_id, by=scan.by, key=scan.key)
    said = T("Undone: put it back to {place}", "已撤销，请放回 {place}", place=opened.line.location)
    begun = _begin(opened)
    return Go(begun.step, notes=begun.notes, say=said, tone="ask", posted=True)


@pick.command(("product", "lot"), "LOT", label=T("Other lot", "换批号"), leads_to=["other_lot"])
def other_lot(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Another lot is at hand."""
    return Go("other_lot", tone="calm")


@pick.step("other_lot", ask=T("Scan the other lot", "扫描另一批号"), accepts=[Kind.LOT], product="product_id", leads_to=["product"])
def scan_other_lot(scan: Scan, notes: Notes) -> Go:
    """Taken where rotation leaves the choice."""
    line = picks.change_lot(notes["claim"], scan.value, task_id=notes["task"], order_id=notes["order_id"], by=scan.by)
    return Go("product", notes=_line_notes(line), say=T("Lot {lot} is taken", "改取批号 {lot}", lot=line.lot), posted=True)


@pick.when_moved_on(ClaimGone, lines.GoodsMoved, queue.TaskOver, leads_to=["source", "document"])
def line_changed(scan: Scan, notes: Notes) -> Go | None:
    """The line in hand is no more: its order was cancelled, its goods were moved, or the list is somebody else's. On with the next."""
    state = picks.afresh(notes["task"], notes["order_id"], by=scan.by)
    here = {"order": notes["order"], "location": notes["location"], "list": notes["list"]}
    said = (
        T("{order} was cancelled: put these back to {location}", "{order} 已取消：请放回 {location}", **here)
        if state.order_cancelled
        else T("This line was changed: put these back to {location}", "该行已变更：请放回 {location}", **here)
    )
    if not state.mine:
        detail = T("{list} is no longer yours: take other work", "{list} 已不在您名下，请领取其他任务", **here)
        return Go("document", say=said, detail=detail)
    if state.line is None:
        detail = T("Nothing else is left on {list}: take other work", "{list} 已无其他内容，请领取其他任务", **here)
        return Go("document", say=said, detail=detail)
    if (state.line.claim_id, state.line.location_id) == (notes["claim"], notes["location_id"]):
        return None
    done, of = lines.progress_of(notes["task"])
    onward = T("Then go on at {place}", "然后到 {place} 继续", place=state.line.location)
    return Go("source", notes={**_line_notes(state.line), "done": done, "of": of}, say=said, detail=onward)


@pick.on_leave
def leave_pick(scan: Scan, notes: Notes) -> None:
    """The list stays open for whoever comes next."""
    if "task" in notes:
        queue.give_back(notes["task"], by=scan.by)


# -- replenish ---------------------------------------------------------------------------------------------------------


def _bring_facts(notes: Notes) -> Sequence[Fact]:
    if "task" not in notes:
        return []
    return [
        Fact(T("Product", "商品"), _name(notes), detail=notes["sku"]),
        Fact(T("Batch", "批次"), _batch(notes)),
        Fact(T("Quantity", "数量"), notes["quantity"], detail=_in_units(notes["quantity"], notes), strong=True),
        Fact(T("From", "来自"), notes["location"]),
        Fact(T("Into", "补到"), notes["target"]),
    ]


replenish = Flow(
    "replenish",
    title=T("Replenish", "补货"),
    needs=Permission.REPLENISH,
    facts=_bring_facts,
    waiting=lambda by: queries.open_tasks(TaskKind.REPLENISH, by=by),
)


def _bring(task_id: int, step: str) -> Go:
    job = queries.replenishment(task_id)
    return Go(
        step,
        notes={**_product_notes(job), "task": task_id, "quantity": job.quantity, "target_id": job.target_id, "target": job.target},
    )


@replenish.step("task", ask=T("Scan a reserve location", "扫描存储位"), accepts=[Kind.LOCATION], leads_to=["product"])
def scan_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The work that begins at this place."""
    return _bring(replenishment.task_at(scan.location.id, by=scan.by).id, "product")


@replenish.command("task", "NEXT", label=T("Get work", "领取任务"), leads_to=["source"])
def next_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The most urgent face."""
    return _bring(replenishment.next_task(by=scan.by).id, "source")


@replenish.step(
    "source",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION],
    expected="location",
    only_expected=True,
    known=True,
    leads_to=["product"],
)
def scan_reserve(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The right place in reserve."""
    return Go("product")


@replenish.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT],
    expected="code",
    target="sku",
    product="product_id",
    known=True,
    leads_to=["lot", "quantity"],
)
def scan_goods(scan: Scan, notes: Notes) -> Go:
    """The right goods."""
    return _goods_are_right(scan, notes)


@replenish.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], expected="lot", product="product_id", leads_to=["quantity"])
def scan_goods_lot(scan: Scan, notes: Notes) -> Go:
    """The oldest lot goes first."""
    must_be(scan, notes["lot"])
    return Go("quantity")


@replenish.count("quantity", ask=T("Count the pieces", "清点数量"), product="product_id", expected="quantity", leads_to=["target"])
def count_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Counted; nothing has moved yet."""
    return Go("target", notes={"picked": scan.quantity})


@replenish.step(
    "target",
    ask=T("Put it in", "放到"),
    accepts=[Kind.LOCATION],
    expected="target",
    only_expected=True,
    known=True,
    leads_to=["task"],
)
def scan_face(scan: Scan, notes: Notes) -> Go:
    """Now the goods move, with the claims of the orders that wait for them."""
    replenishment.bring(notes["task"], notes["picked"], by=scan.by, key=scan.key)
    unit = in_unit(notes["picked"], notes.get("base_unit"))
    facts = {"quantity": notes["picked"], "sku": notes["sku"], "face": notes["target"], "unit": unit}
    said = T("{quantity} {sku} in {face}", "{sku} {quantity} {unit}已补到 {face}", **facts)
    return Go("task", say=said, posted=True)


@replenish.command(("source", "product", "quantity"), "SHORT", label=T("Nothing there", "没有货"), leads_to=["task"])
def nothing_there(scan: Scan, notes: Notes) -> Go:
    """The place is to be counted, and the goods come from elsewhere."""
    replenishment.not_there(notes["task"], by=scan.by)
    return Go("task", say=T("A count is ordered; other goods are looked for", "已安排盘点，并另寻货源"), posted=True)


@replenish.on_leave
def leave_replenish(scan: Scan, notes: Notes) -> None:
    """The work stays open."""
    if "task" in notes:
        queue.give_back(notes["task"], by=scan.by)


# -- work --------------------------------------------------------------------------------------------------------------

_WORK = {
    TaskKind.PICK: ("pick", Permission.PICK),
    TaskKind.REPLENISH: ("replenish", Permission.REPLENISH),
    TaskKind.PUTAWAY: ("putaway", Permission.PUT_AWAY),
    TaskKind.INSPECT: ("inspect", Permission.INSPECT),
    TaskKind.PUT_BACK: ("putaway", Permission.PUT_AWAY),
    TaskKind.PACK: ("pack", Permission.PACK),
    TaskKind.LOAD: ("load", Permission.LOAD),
    TaskKind.COUNT: ("count", Permission.COUNT),
}
work = Flow(
    "work",
    title=T("Next work", "下一个任务"),
    needs=Permission.SIGNED_IN,
    waiting=lambda by: queries.open_tasks(*_kinds(by), by=by) if _kinds(by) else None,
)


def _kinds(by: Actor) -> list[TaskKind]:
    return [kind for kind, (_, permission) in _WORK.items() if by.may(permission)]


@work.step(
    "start",
    ask=T("Get the next work", "领取下一个任务"),
    accepts=[Kind.COMMAND],
    expected=lambda _notes: "CMD:NEXT",
    target=lambda _notes: "",
)
def start(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only NEXT answers this."""
    raise AssertionError("commands are handled below")


@work.command("start", "NEXT", label=T("Get work", "领取任务"))
def get_work(scan: Scan, notes: Notes) -> Go | HandOver:  # noqa: ARG001
    """The best task of any kind that this person may do: one's own first, then priority, due time, age."""
    task = queue.claim_next(_kinds(scan.by), by=scan.by)
    if task is None:
        raise picks.NoWork
    return HandOver(_WORK[TaskKind(task.kind)][0])


flows = [pick, replenish, work]
