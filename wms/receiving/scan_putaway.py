"""The scanner in the racks: goods are put away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.receiving import cart, choices, inquiries, plate_facts, putaway, queries, whole_plates
from wms.receiving.models import WhyElsewhere
from wms.receiving.screens import (
    goods_facts,
    listed_skus,
    many,
    place_named,
    quantity_fact,
    short_code,
)
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Message, Notes, Progress, Scan
from wms.scan.given import because
from wms.stock.handling_units import root_of
from wms.stock.models import HandlingUnit
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind
from wms.tasks.queries import to_take

UNDO = T("Undo", "撤销")


class AnotherBin(Doubt):
    """Not the suggested place; it fits there too."""

    code = "another_location"
    sentence = T("{bin} was suggested, not {scanned}", "建议库位是 {bin}，不是 {scanned}")
    advice = T("Scan {scanned} again if you mean it; you will be asked why", "确需放此，请再扫 {scanned} 并选择原因")


class NoWork(NotFound):
    """Nothing waits."""

    code = "no_work"
    sentence = T("Nothing waits to be put away", "没有待上架的货物")
    advice = T("Scan a pallet or a dock, or choose other work", "请扫描托盘或月台，或选择其他作业")


def _putaway_facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes) if _one_task(notes) else plate_facts.of_stack(notes)
    if notes.get("from"):
        facts.insert(0, Fact(T("From", "从"), notes["from"], detail=notes.get("plate")))
    if notes.get("quantity"):
        facts.append(quantity_fact(T("Quantity", "数量"), notes["quantity"], notes.get("base_unit")))
    if notes.get("why"):
        facts.append(Fact(T("Reason", "推荐理由"), T(notes["why"][0], notes["why"][1])))
    return facts


putting_away = Flow(
    "putaway",
    title=T("Put away", "上架"),
    needs=Permission.PUT_AWAY,
    document="document",
    facts=_putaway_facts,
    progress=lambda notes: Progress(notes["cart_of"] - len(notes["cart"]), notes["cart_of"]) if _on_cart(notes) else None,
    waiting=lambda by: to_take(TaskKind.PUTAWAY, TaskKind.PUT_BACK, by=by),
)


def work(task: Task) -> Go:
    """The screen of a claimed task whose goods are in hand."""
    return Go("bin", notes=queries.task_notes(task))


def _all_that_stands_together(task: Task, by: Actor) -> Go:
    """The screen of a claimed task, or of the whole stack that its goods stand in: what is on one pallet is driven together."""
    unit = session.get(HandlingUnit, task.handling_unit_id) if task.handling_unit_id else None
    if unit is None or task.kind != TaskKind.PUTAWAY:
        return work(task)
    root = root_of(unit)
    return work(task) if whole_plates.is_one_by_one(root, whole_plates.waiting(root.id)) else _stack(root, by)


def _go_and_see(task: Task, by: Actor) -> Go:
    """The screen of work that was given out: its goods are scanned first, so that the right ones are driven away."""
    return replace(_all_that_stands_together(task, by), step="goods")


def _plate(unit: HandlingUnit, by: Actor) -> Go:
    """The work of the plate that was scanned, with all that stands on it."""
    tasks = whole_plates.waiting(unit.id)
    if not tasks or whole_plates.is_one_by_one(unit, tasks):
        went = work(putaway.claim_unit(unit, by=by))
        return replace(went, step="goods") if went.notes.get("pieces") else went
    return _stack(unit, by)


def _counted_first(went: Go, scan: Scan, notes: Mapping[str, Any]) -> Go:
    """Pieces that go back are counted before their place is asked for: what nobody wants any more is nobody's count otherwise."""
    if not notes.get("pieces") or notes["quantity"] <= 1:
        return went
    return replace(went, step="quantity", notes={**went.notes, "most": notes["quantity"]}, counted=scan.quantity)


def _stack(unit: HandlingUnit, by: Actor) -> Go:
    tasks = whole_plates.claim(unit, by=by)
    return Go("bin", notes={**queries.task_notes(tasks[0]), **plate_facts.stack_notes(unit, tasks)})


@putting_away.step(
    "unit",
    ask=T("Scan a pallet, a dock or goods", "扫描托盘、月台或货物"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.LOCATION, Kind.DOCUMENT],
    documents=lambda number, by: inquiries.document(number, by=by),
    help=T(
        "Scan a pallet, a dock, goods, a delivery, or a cancelled order whose goods are put back",
        "可扫描托盘、月台、货物、到货单，或货物待回库的已取消订单",
    ),
    leads_to=["bin", "goods", "quantity"],
)
def scan_unit(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.HANDLING_UNIT:
        return _plate(scan.handling_unit, scan.by)
    if scan.kind is Kind.PRODUCT:
        went = _all_that_stands_together(putaway.claim_product(scan.product, by=scan.by), scan.by)
        if went.notes.get("pieces"):
            return _counted_first(went, scan, went.notes)
        return replace(went, step="goods") if went.notes.get("plate") else went
    if scan.kind is Kind.DOCUMENT:
        return _go_and_see(putaway.claim_document(scan.document.number, by=scan.by), scan.by)
    return _go_and_see(putaway.claim_at(scan.location, by=scan.by), scan.by)


@putting_away.command("unit", "NEXT", label=T("Get work", "领取任务"), leads_to=["goods"])
def next_putaway(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    task = putaway.next_for(by=scan.by)
    if task is None:
        raise NoWork
    return because(task, _go_and_see(task, scan.by))


def _goods_wanted(notes: Notes) -> str | None:
    return (None if notes.get("pieces") else notes.get("plate")) or notes.get("sku")


def _fetch(notes: Notes) -> Text:
    return T("Scan the pallet", "扫描托盘") if notes.get("plate") and not notes.get("pieces") else T("Scan the goods", "扫描货物")


def _goods_come_first(scan: Scan, notes: Notes) -> None:
    if scan.kind is Kind.LOCATION:
        wanted = short_code(_goods_wanted(notes) or "")
        raise GoodsFirst(goods=wanted, bin=notes["bin"]) if notes.get("bin") else GoodsFirstAnywhere(goods=wanted)


class OtherGoods(Refused):
    """Not the goods of the work, and nothing waits for what was scanned."""

    code = "wrong_scan"
    sentence = T("This is {scanned}, not {expected}", "这是 {scanned}，不是 {expected}")
    advice = T("Take {expected} at {place}", "请到 {place} 取 {expected}")


@putting_away.step(
    "goods",
    ask=_fetch,
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.LOCATION],
    expected=_goods_wanted,
    hint=T("Goods or their label", "货物条码或托盘标签"),
    help=T(
        "Scan the pallet that is named, or another one that waits: its work is taken instead",
        "扫描指定托盘；也可扫描其他待上架托盘，改领其任务",
    ),
    leads_to=["bin", "goods", "quantity"],
)
def scan_goods(scan: Scan, notes: Notes) -> Go:
    """The first scan only verifies. Another plate that waits is taken instead: whoever stands before it has it on the forks already."""
    _goods_come_first(scan, notes)
    wanted = _goods_wanted(notes)
    if scan.kind is Kind.HANDLING_UNIT and scan.value != wanted:
        if scan.value == notes.get("plate") or not whole_plates.waiting(scan.handling_unit.id):
            raise OtherGoods(scanned=scan.value, expected=wanted, place=notes["from"])
        _give_back(notes, scan.by)
        went = _plate(scan.handling_unit, scan.by)
        return replace(went, say=T("You have {plate} instead", "已改为 {plate}", plate=short_code(scan.value)), tone="ask")
    if scan.kind is Kind.PRODUCT and scan.product.sku != wanted:
        raise OtherGoods(scanned=scan.value, expected=wanted, place=notes["from"])
    return _counted_first(Go("bin"), scan, notes)


@putting_away.command("unit", "UNDO", label=UNDO, when=lambda notes: "undo" in notes, leads_to=["bin"])
def undo_putaway(scan: Scan, notes: Notes) -> Go:
    if isinstance(notes["undo"], dict):  # a whole stack
        whole_plates.undo(notes["undo"]["moves"], notes["undo"]["stack"], by=scan.by, key=scan.key)
        went = _stack(session.get_one(HandlingUnit, notes["undo"]["stack"]), scan.by)
    else:
        went = work(putaway.undo_put_away(notes["undo"], by=scan.by, key=scan.key))
    return Go(
        "bin",
        notes=went.notes,
        say=T("Undone: take the goods out again", "已撤销：请取出货物"),
        detail=_then(went.notes),
        tone="ask",
        posted=True,
    )


def _then(notes: Mapping[str, Any]) -> Text:
    """The one thing to do with goods that were taken out again: what the headline says."""
    if notes.get("bin"):
        return T(
            "Then put them in {bin}; or leave the work and bring them to {place}", "再放到 {bin}；或离开作业并放回 {place}"
        ).with_facts(bin=notes["bin"], place=notes["from"])
    return T("Then choose a place; or leave the work and bring them to {place}", "再选择库位；或离开作业并放回 {place}").with_facts(
        place=notes["from"]
    )


def _where(notes: Notes) -> Text:
    return T("Put it in", "放入") if notes.get("bin") else T("Choose a location for it", "请选择库位放入")


@putting_away.step("bin", ask=_where, accepts=[Kind.LOCATION], expected="bin", leads_to=["unit", "bin", "why", "piece"])
def scan_bin(scan: Scan, notes: Notes) -> Go:
    elsewhere = notes.get("bin") and scan.value != notes["bin"]
    if elsewhere and scan.again:
        return Go("why", notes={"chosen": scan.location.id})
    went = _store(scan, notes, scan.location)
    if elsewhere:
        raise AnotherBin(bin=notes["bin"], scanned=scan.value)  # it would have fitted: this is rolled back and asked about
    return went


def _store(scan: Scan, notes: Notes, place: Location, why: WhyElsewhere | None = None) -> Go:
    """The goods go into a place; where it is not the suggested one, it is noted why."""
    with place_named(notes):
        if notes.get("stack"):
            return _store_stack(scan, notes, place, why)
        part = notes["quantity"] if notes.get("part") else None
        stored = putaway.put_away(notes["task"], place.id, by=scan.by, key=scan.key, epoch=notes["epoch"], quantity=part)
    if why is not None:
        choices.put_elsewhere(notes["task"], notes["bin_id"], place.id, why, by=scan.by, movement_id=stored.movement_id)
    said = T(
        "{many} of {sku} stored in {bin}", "{many} {sku} 已放入 {bin}", many=many(stored.quantity, notes), sku=notes["sku"], bin=place.code
    )
    if _on_cart(notes):
        return _next_stop(notes, scan.by, here=place.id, say=said, undo=stored.movement_id)
    if stored.rest:
        rest = T("{rest} are left", "还剩 {rest}", rest=many(stored.rest, notes))
        return Go("bin", notes={"part": None, **queries.task_notes(stored.task)}, say=said, detail=rest, posted=True)
    return Go("unit", notes={"undo": stored.movement_id}, say=said, posted=True)


def _store_stack(scan: Scan, notes: Notes, place: Location, why: WhyElsewhere | None) -> Go:
    unit = session.get_one(HandlingUnit, notes["stack"])
    stored = whole_plates.put_away(unit, place.id, by=scan.by, key=scan.key)
    if why is not None:
        choices.put_elsewhere(notes["task"], notes["bin_id"], place.id, why, by=scan.by, movement_id=stored.movement_ids[0])
    said = T("{plate} with all on it stored in {bin}", "{plate} 整托已放入 {bin}", plate=short_code(unit.code), bin=place.code)
    return Go("unit", notes={"undo": {"stack": unit.id, "moves": list(stored.movement_ids)}}, say=said, posted=True)


REASONS = {one.value.upper(): one.text for one in WhyElsewhere}


@putting_away.step(
    "why", ask=T("Why not {bin}?", "为何不放 {bin}？"), accepts=[Kind.REASON], reasons=REASONS, leads_to=["unit", "bin", "piece"]
)
def scan_why(scan: Scan, notes: Notes) -> Go:
    went = _store(scan, notes, session.get_one(Location, notes["chosen"]), WhyElsewhere(scan.value.lower()))
    return replace(went, notes={"chosen": None, **went.notes}) if went.step == "bin" else went


def _one_task(notes: Notes) -> bool:
    return not notes.get("stack")


@putting_away.command("bin", "FULL", label=T("Location full", "库位已满"), when=lambda notes: bool(notes.get("bin")) and _one_task(notes))
def bin_full(scan: Scan, notes: Notes) -> Go:
    task = queue.claim(notes["task"], by=scan.by)
    choices.report_full(task.id, notes["bin_id"], by=scan.by)
    task = putaway.aim_again(task, by=scan.by, avoid=notes["bin_id"])
    found = queries.task_notes(task)
    said = T("Take it to {bin} instead", "请改放 {bin}", bin=found["bin"]) if found["bin"] else T("Nothing else fits", "没有其他合适的库位")
    counted = {"quantity": notes["quantity"]} if notes.get("part") else {}
    return Go("bin", notes={**found, **counted}, say=said, tone="ask")


@putting_away.command("bin", "SHORT", label=T("Put away a part", "只放一部分"), leads_to=["quantity"], when=_one_task)
def put_a_part(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("quantity", notes={"most": notes["quantity"]})


@putting_away.command(["goods", "bin", "piece"], "SKIP", label=T("Skip", "跳过"), leads_to=["unit", "piece"])
def skip(scan: Scan, notes: Notes) -> Go:
    if _on_cart(notes):
        cart.leave([notes["task"]], by=scan.by)
        said = T("Off the cart: {what} goes back to {place}", "不再随车上架：请把 {what} 放回 {place}")
        said = said.with_facts(what=short_code(notes.get("plate") or notes["sku"]), place=notes["from"])
        return _next_stop(notes, scan.by, say=said)
    _give_back(notes, scan.by)
    return Go("unit", say=T("Left for later", "稍后处理"), tone="calm")


@putting_away.count("quantity", ask=T("Count what goes in", "清点放入数量"), product="product", expected="most", leads_to=["bin"])
def part_counted(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("bin", notes={"quantity": scan.quantity, "part": True})


@putting_away.on_leave
def leave_putaway(scan: Scan, notes: Notes) -> Message | None:
    """Work is given back; but what lies on a cart lies there still, and stays with whoever loaded it."""
    if notes.get("cart"):
        return _cart_stays(cart.keep(notes["cart"], by=scan.by))
    if "task" in notes:
        _give_back(notes, scan.by)
    return None


def _give_back(notes: Notes, by: Actor) -> None:
    for task_id in notes.get("tasks") or [notes["task"]]:
        queue.give_back(task_id, by=by)


# -- a cart: several plates and loose goods, put away piece by piece on one walk ------------------------------------------------


class NothingOnCart(Refused):
    """The walk begins with something to put away."""

    code = "cart_empty"
    sentence = T("Nothing is on the cart", "推车上没有货物")
    advice = T("Scan the goods that go on it", "请扫描要放上推车的货物")


def _cart_stays(on_it: list[int]) -> Message | None:
    if not on_it:
        return None
    said = T("Your cart keeps what is on it: {what}", "推车保留，车上有：{what}", what=_on_it(on_it))
    return Message("ask", said, T("Choose Cart to go on with it or to unload it", "点“推车”可继续上架或卸空"))


def _on_it(on_it: list[int]) -> str:
    return listed_skus((short_code(one.what) for one in cart.lying(on_it)), 3)


def _on_cart(notes: Notes) -> bool:
    return bool(notes.get("cart_of"))


@putting_away.command("unit", "CART", label=T("Cart", "推车"), leads_to=["cart"])
def fill_a_cart(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """A cart is begun, or gone on with: what its worker left on it lies there still."""
    on_it = cart.kept(by=scan.by)
    if not on_it:
        return Go("cart", notes={"cart": []}, tone="calm")
    said = T("On your cart: {what}", "推车上有：{what}", what=_on_it(on_it))
    return Go("cart", notes={"cart": on_it}, say=said, detail=T("Scan more, begin the walk, or unload it", "可继续装车、开始上架或卸空"))


@putting_away.command(
    "cart", "UNLOAD", label=T("Unload the cart", "卸空推车"), when=lambda notes: bool(notes.get("cart")), leads_to=["unit"]
)
def unload_the_cart(scan: Scan, notes: Notes) -> Go:
    """The goods go back to where the book has them, and their work to whoever comes."""
    places = listed_skus((one.place for one in cart.lying(notes["cart"])), 3)
    cart.leave(notes["cart"], by=scan.by)
    return Go("unit", say=T("Put everything back to {places}", "请把车上货物全部放回 {places}", places=places), tone="ask")


def _cart_facts(notes: Notes) -> list[Fact]:
    return [Fact(T("On the cart", "推车上"), len(notes.get("cart") or []), strong=True)]


@putting_away.step(
    "cart",
    ask=T("Scan what goes on the cart", "扫描放上推车的货物"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT],
    facts=_cart_facts,
    help=T("Scan cartons, plates or loose goods; then choose Done and walk", "扫描箱、托盘或散货，然后点“完成”开始上架"),
    leads_to=["cart"],
)
def scan_onto_cart(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        tasks = whole_plates.waiting(scan.handling_unit.id) or [putaway.claim_unit(scan.handling_unit, by=scan.by)]
        tasks = [queue.claim(task.id, by=scan.by) for task in tasks]
    else:
        tasks = [putaway.claim_product(scan.product, by=scan.by)]
    on_it = notes["cart"]
    for task in tasks:
        on_it = cart.take(task, on_it, what=short_code(scan.value))
    return Go("cart", notes={"cart": on_it}, say=T("{what} is on the cart", "{what} 已放上推车", what=short_code(scan.value)))


@putting_away.command("cart", "DONE", label=T("Begin the walk", "开始上架"), leads_to=["piece"])
def begin_the_walk(scan: Scan, notes: Notes) -> Go:
    if not notes["cart"]:
        raise NothingOnCart
    return _next_stop({**notes, "cart_of": len(notes["cart"])}, scan.by)


def _next_stop(notes: Notes, by: Actor, *, here: int | None = None, say: Text | None = None, undo: int | None = None) -> Go:
    """The nearest place that goods on the cart are for."""
    task, left = cart.next_stop(notes["cart"], here or notes.get("at"), by=by)
    if task is None:
        done = T("The cart is empty", "推车已清空")
        return Go("unit", notes={"undo": undo} if undo else {}, say=say or done, detail=done if say else None, posted=True)
    found = {**queries.task_notes(task), "cart": left, "cart_of": notes["cart_of"], "part": None, "at": here or notes.get("at")}
    return Go("piece", notes=found, say=say, posted=undo is not None)


def _from_cart(notes: Notes) -> Text:
    what = short_code(notes.get("plate") or notes["sku"])
    if not notes.get("bin"):
        return T("Scan the goods on the cart:", "扫描车上货物：")
    return T("Scan {what}, put it in", "扫描 {what}，放到", what=what)


class GoodsFirst(Refused):
    """A place was scanned before the goods that go there."""

    code = "goods_first"
    sentence = T("Scan the goods first: {goods}", "请先扫描货物：{goods}")
    advice = T("Then put them in {bin} and scan it", "再放到 {bin} 并扫描库位")


class GoodsFirstAnywhere(GoodsFirst):
    """The same where no place is named for them."""

    advice = T("Then scan where you put them", "再扫描放入的库位")


@putting_away.step(
    "piece",
    ask=_from_cart,
    accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT, Kind.LOCATION],
    target=lambda notes: notes.get("bin") or short_code(notes.get("plate") or notes["sku"]),
    expected="sku",
    product="product",
    hint=T("Goods or their label", "货物条码或托盘标签"),
    leads_to=["pieces", "bin"],
)
def scan_piece(scan: Scan, notes: Notes) -> Go:
    """A plate goes in whole; of a product the pieces are counted, for a part may go here and the rest elsewhere."""
    _goods_come_first(scan, notes)
    if scan.kind is Kind.HANDLING_UNIT:
        if scan.value != notes.get("plate"):
            raise OtherGoods(scanned=scan.value, expected=notes.get("plate") or notes["sku"], place=T("the cart", "推车"))
        return Go("bin")
    if scan.product.sku != notes["sku"]:
        raise OtherGoods(scanned=scan.product.sku, expected=notes["sku"], place=T("the cart", "推车"))
    return Go("pieces", notes={"most": notes["quantity"]}, counted=scan.quantity)


@putting_away.count(
    "pieces", ask=T("Count what goes into {bin}", "清点放入 {bin} 的数量"), product="product", expected="most", leads_to=["bin"]
)
def pieces_counted(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("bin", notes={"quantity": scan.quantity, "part": True})
