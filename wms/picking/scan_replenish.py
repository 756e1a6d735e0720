"""The replenisher's screen: goods from reserve into their pick face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wms.actor import Actor, Permission
from wms.catalog.units import in_unit
from wms.db import fold
from wms.i18n import T, Text
from wms.picking import bringing, queries
from wms.picking.faces_board import in_words
from wms.picking.scan_facts import batch_of, goods_are_right, house, in_units, name_of, product_notes, put_back
from wms.scan.flow import Fact, Flow, Go, Kind, Message, Notes, Scan, UnitForLocation, WrongUnit, must_be
from wms.scan.given import GIVEN_BACK, because
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind


def _bring_facts(notes: Notes) -> Sequence[Fact]:
    if "task" not in notes:
        return []
    quantity = notes.get("picked") or notes["quantity"]
    return [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        Fact(T("Batch", "批次"), batch_of(notes)),
        Fact(T("Quantity", "数量"), quantity, detail=in_units(quantity, notes), strong=True),
        Fact(T("From", "来自"), notes["location"], detail=notes.get("unit")),
        Fact(T("Into", "补到"), notes["target"]),
        *([Fact(T("Why", "原因"), in_words(notes["why"])[0])] if notes.get("why") else []),
    ]


replenish = Flow(
    "replenish",
    title=T("Replenish", "补货"),
    needs=Permission.REPLENISH,
    facts=_bring_facts,
    waiting=lambda by: queries.open_tasks(TaskKind.REPLENISH, by=by),
)
UNDO = T("Undo last replenishment", "撤销上次补货")


def _bring(task_id: int, step: str, say: Text | None = None) -> Go:
    job = queries.replenishment(task_id)
    notes = {
        **product_notes(job),
        "task": task_id,
        "quantity": job.quantity,
        "target_id": job.target_id,
        "target": job.target,
        "why": [one["code"] for one in job.reasons if in_words([one["code"]])],
        "picked": None,
        "short": None,
    }
    return Go(step, notes=notes, say=say)


def _as_it_is_now(task_id: int, asked: int, step: str, by: Actor) -> Go | None:
    """The task asks for no more than is left there by now; None where that is all of it."""
    left = bringing.still_there(task_id, by=by)
    if left == asked:
        return None
    went = _bring(task_id, step)
    facts = {"left": left, "asked": asked, "sku": went.notes["sku"], "place": went.notes["location"]}
    if not left:
        gone = T("No {sku} is free at {place} any more: this task is over", "{place} 已无可用的 {sku}，此任务结束", **facts)
        return Go("task", say=gone, detail=T("Choose Get work for the next one", "请点“领取任务”继续"), tone="ask", posted=True)
    said = T("Bring {left} {sku}, not {asked}: no more is free at {place}", "{sku} 只补 {left}，不是 {asked}：{place} 可用仅此", **facts)
    return replace(went, say=said, tone="ask", posted=True)


def _taken(task: Task, step: str, by: Actor) -> Go:
    assert task.quantity is not None, "a replenishment says how much"
    return _as_it_is_now(task.id, task.quantity, step, by) or _bring(task.id, step)


@replenish.step(
    "task",
    ask=T("Scan a reserve location or pallet", "扫描存储位或托盘"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    hint=T("Location or pallet", "库位或托盘"),
    leads_to=["product"],
)
def scan_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The work that begins at this place, or with this pallet."""
    if scan.kind is Kind.HANDLING_UNIT:
        return _taken(bringing.task_at(scan.handling_unit.location_id, unit=scan.handling_unit, by=scan.by), "product", scan.by)
    return _taken(bringing.task_at(scan.location.id, by=scan.by), "product", scan.by)


@replenish.command("task", "NEXT", label=T("Get work", "领取任务"), leads_to=["source"])
def next_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The most urgent face."""
    task = bringing.next_task(by=scan.by)
    return because(task, _taken(task, "source", scan.by))


@replenish.step(
    "source",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    hint=T("Location or pallet", "库位或托盘"),
    expected="location",
    known=True,
    leads_to=["product", "task"],
)
def scan_reserve(scan: Scan, notes: Notes) -> Go:
    """The right place in reserve, or the pallet that the goods stand on."""
    if scan.kind is Kind.HANDLING_UNIT:
        if notes.get("unit") is None:
            raise UnitForLocation(scanned=scan.value, expected=notes["location"])
        if scan.value != notes["unit"]:
            raise WrongUnit(scanned=scan.value, expected=notes["unit"])
    else:
        must_be(scan, notes["location"])
    return _as_it_is_now(notes["task"], notes["quantity"], "product", scan.by) or Go("product")


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
    """The right goods. A label of another lot is taken for the choice of that lot."""
    told = scan.gs1.lot if scan.gs1 else None
    if told and notes["lot_asked"] and fold(told) != fold(notes["lot"]):
        return _other_lot(scan, notes, told)
    return goods_are_right(scan, notes)


@replenish.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], expected="lot", product="product_id", leads_to=["quantity"])
def scan_goods_lot(scan: Scan, notes: Notes) -> Go:
    """The lot in turn goes first; another one of the same age may go too."""
    return Go("quantity") if fold(scan.value) == fold(notes["lot"]) else _other_lot(scan, notes, scan.value)


def _other_lot(scan: Scan, notes: Notes, lot: str) -> Go:
    bringing.change_lot(notes["task"], lot, window=house().rotation_window_days, by=scan.by)
    return _bring(notes["task"], "quantity", T("Lot {lot} is taken", "改取批号 {lot}", lot=lot))


@replenish.count("quantity", ask=T("Count the pieces", "清点数量"), product="product_id", expected="quantity", leads_to=["target"])
def count_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Counted; nothing has moved yet. Fewer may be taken: the rest stays in reserve."""
    return Go("target", notes={"picked": scan.quantity})


def _no_more_than(wanted: int, scan: Scan) -> None:
    if scan.quantity > wanted:
        raise bringing.MoreThanWanted(quantity=scan.quantity, wanted=wanted)


@replenish.command("quantity", "SHORT", label=T("Fewer there", "数量不足"), leads_to=["found"])
def fewer_there(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Not all of it is there."""
    return Go("found", tone="calm")


@replenish.count(
    "found", ask=T("How many are there?", "实际有多少？"), product="product_id", zero=True, typed_confirms=True, leads_to=["target", "task"]
)
def count_found(scan: Scan, notes: Notes) -> Go:
    """What there is comes along; the place is counted."""
    _no_more_than(notes["quantity"], scan)
    if not scan.quantity:
        return _nothing(scan, notes)
    return Go("target", notes={"picked": scan.quantity, "short": scan.quantity < notes["quantity"]})


@replenish.step(
    "target",
    ask=T("Put it in", "放入"),
    accepts=[Kind.LOCATION],
    expected="target",
    only_expected=True,
    known=True,
    leads_to=["task"],
)
def scan_face(scan: Scan, notes: Notes) -> Go:
    """Now the goods move, with the claims of the orders that wait for them."""
    brought = bringing.bring(notes["task"], notes["picked"], by=scan.by, key=scan.key, short=bool(notes.get("short")))
    undo = {"movement": brought.moved.movement_id, "claims": list(brought.claims)}
    unit = in_unit(notes["picked"], notes.get("base_unit"))
    facts = {"quantity": notes["picked"], "sku": notes["sku"], "face": notes["target"], "unit": unit}
    said = T("{quantity} {sku} in {face}", "{sku} {quantity} {unit}已补到 {face}", **facts)
    detail = T("A count of {place} is ordered", "已安排盘点 {place}", place=notes["location"]) if notes.get("short") else None
    return Go("task", notes={"undo": undo}, say=said, detail=detail, posted=True)


@replenish.command("target", "FULL", label=T("Pick face full", "拣货位已满"), leads_to=["fits"])
def face_is_full(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Not all of it goes in."""
    return Go("fits", tone="calm")


@replenish.count(
    "fits",
    ask=T("How many go into {target}?", "{target} 能放入多少？"),
    product="product_id",
    zero=True,
    typed_confirms=True,
    leads_to=["target", "task"],
)
def count_fitting(scan: Scan, notes: Notes) -> Go:
    """What fits goes in, the rest back to reserve; the face is counted."""
    _no_more_than(notes["picked"], scan)
    rest = notes["picked"] - scan.quantity
    if not rest:
        return Go("target")
    bringing.face_full(notes["task"], by=scan.by)
    back = T("Take {rest} back to {place}", "请把 {rest} 放回 {place}", rest=rest, place=notes["location"])
    if scan.quantity:
        return Go("target", notes={"picked": scan.quantity}, say=back, tone="ask", posted=True)
    bringing.leave(notes["task"], by=scan.by)
    return Go("task", say=back, tone="ask", posted=True)


@replenish.command(("source", "product"), "SHORT", label=T("Nothing there", "没有货"), leads_to=["task"])
def nothing_there(scan: Scan, notes: Notes) -> Go:
    """The place is to be counted, and the goods come from elsewhere."""
    return _nothing(scan, notes)


def _nothing(scan: Scan, notes: Notes) -> Go:
    bringing.not_there(notes["task"], by=scan.by)
    return Go("task", say=T("A count is ordered; other goods are looked for", "已安排盘点，并另寻货源"), posted=True)


@replenish.command("task", "UNDO", label=UNDO, leads_to=["source"], when=lambda notes: "undo" in notes)
def undo(scan: Scan, notes: Notes) -> Go:
    """What was brought goes back to reserve, and the work is in hand again."""
    task_id = bringing.undo(notes["undo"]["movement"], notes["undo"]["claims"], by=scan.by, key=scan.key)
    went = _bring(task_id, "source")
    said = T("Undone: put it back to {place}", "已撤销，请放回 {place}", place=went.notes["location"])
    return Go("source", notes=went.notes, say=said, tone="ask", posted=True)


@replenish.on_leave
def leave_replenish(scan: Scan, notes: Notes) -> Message | None:
    """The work is anybody's again, and goods in the hand go back to where they were taken."""
    if "task" not in notes:
        return None
    queue.give_back(notes["task"], by=scan.by)
    in_hand = notes.get("picked") or scan.quantity
    return Message("ask", GIVEN_BACK, put_back(in_hand, notes)) if in_hand else Message("calm", GIVEN_BACK)
