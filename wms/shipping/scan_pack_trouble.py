"""More steps of `pack`: what was picked and cannot be packed, and pieces that belong to no order there."""

from __future__ import annotations

from wms.catalog.units import in_unit
from wms.i18n import T
from wms.scan.flow import Action, Fact, Go, Kind, Notes, Scan
from wms.shipping import packing, serials, shortages, strays
from wms.shipping.carton_prints import with_due
from wms.shipping.pack_facts import pack_facts
from wms.shipping.scan_pack import named, pack, state, to_the_scale

# What was picked and cannot be packed.


@pack.command(["product", "quantity", "serial"], "SHORT", label=T("Missing or damaged", "缺件或破损"), leads_to=["which", "lacking", "why"])
def report_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The product in hand, or the only one that is left; otherwise the packer says which."""
    rows = [one for one in packing.waiting(notes["order"]) if one.open and notes.get("product") in (None, one.product_id)]
    if not rows:
        raise packing.NothingToPack(number=notes["number"], state=packing.state_of(notes["order"]))
    if len(rows) > 1:
        return Go("which", notes={"which": [[one.sku, one.name.en, one.name.zh] for one in rows]}, tone="calm")
    return _lacks(rows[0], notes.get("lot"))


def _lacks(one: packing.Waiting, lot: str | None) -> Go:
    chosen = {
        "product": one.product_id,
        "sku": one.sku,
        "name": [one.name.en, one.name.zh],
        "unit": one.unit,
        "open": one.open,
        "lot": lot,
        "which": None,
    }
    if one.serial or one.open == 1:  # of numbered pieces those are missing that were not scanned
        return Go("why", notes={**chosen, "lacking": one.open}, tone="calm")
    return Go("lacking", notes=chosen, tone="calm")


@pack.step(
    "which",
    ask=T("Which one is missing?", "缺哪种商品？"),
    accepts=[Kind.PRODUCT],
    actions=lambda notes: [Action(sku, T(en, zh)) for sku, en, zh in notes["which"]],
    leads_to=["lacking", "why"],
    facts=lambda notes: [Fact(T("Order", "订单"), notes["number"], detail=notes["customer"])],
    help=T("Choose the product, or scan a piece of it", "请选择商品，或扫描该商品的任一件"),
)
def which_is_missing(scan: Scan, notes: Notes) -> Go:
    packing.check_piece(notes["order"], scan.product, 1, None)
    one = next(one for one in packing.waiting(notes["order"]) if one.product_id == scan.product.id)
    return _lacks(one, None)


def _awaited_facts(notes: Notes) -> list[Fact]:
    product, _, *rest = pack_facts({**notes, "serials": None})
    there = Fact(T("Should be here", "应有"), notes["open"], detail=in_unit(notes["open"], notes["unit"]), strong=True)
    return [product, there, *rest]


@pack.count(
    "lacking",
    ask=T("How many are missing?", "缺多少？"),
    product=None,
    typed_confirms=True,
    leads_to=["why"],
    facts=_awaited_facts,
    help=T("Type how many cannot be packed", "请输入无法打包的数量"),
)
def count_lacking(scan: Scan, notes: Notes) -> Go:
    if scan.quantity > notes["open"]:
        raise shortages.FewerWait(open=notes["open"], sku=notes["sku"], number=notes["number"], given=scan.quantity)
    return Go("why", notes={"lacking": scan.quantity}, tone="calm")


def _lacking_facts(notes: Notes) -> list[Fact]:
    product, _, carton, *_ = pack_facts({**notes, "serials": None})
    short = Fact(T("Short", "缺"), notes["lacking"], detail=in_unit(notes["lacking"], notes["unit"]), strong=True)
    return [product, short, carton]


@pack.step(
    "why",
    ask=T("Why?", "原因？"),
    accepts=[Kind.REASON],
    reasons={one.value: one.text for one in shortages.Lack},
    facts=_lacking_facts,
    leads_to=["product", "weight", "start"],
    help=T("The order goes on without these pieces", "订单将不含这些货物继续打包"),
)
def go_without(scan: Scan, notes: Notes) -> Go:
    """The order goes on with what is there; what was closed by it prints its papers."""
    product, reason = packing.product_of(notes["product"]), shortages.Lack(scan.value)
    short = shortages.report(notes["order"], product, notes["lacking"], reason=reason, by=scan.by, key=scan.key, lot=notes.get("lot"))
    act = {"ids": list(short.movements), "unit": product.base_unit, "kind": "short"}
    amount = {"n": notes["lacking"], "unit": in_unit(notes["lacking"], product.base_unit), "sku": product.sku}
    said = T("{number} goes without {n} {unit} of {sku}", "{number} 缺 {sku} {n} {unit}", number=notes["number"], **amount)
    then = _DAMAGED if reason is shortages.Lack.DAMAGED else _COUNTED
    if short.left:
        onward = {"moves": [*(notes.get("moves") or []), act], **state(notes["order"])}
        return Go("product", notes=onward, say=said, detail=then, tone="ask", posted=True)
    if not short.packed:
        nothing = T("Nothing of it is left to send; the order desk decides", "已无货可发，由订单员处理")
        return Go("start", say=said, detail=nothing, tone="ask", posted=True)
    if short.more_comes:
        onward = {"moves": [*(notes.get("moves") or []), act], **state(notes["order"]), "reopened": True}
        waits = T("{n} more {n:is/are} being picked; the order waits", "另有 {n} 件正在拣货，订单等待", n=onward["coming"])
        return Go("product", notes=onward, say=said, detail=waits, tone="ask", posted=True)
    if packing.is_empty(notes["carton"], by=scan.by):
        done = T("{number} is packed", "{number} 已全部装箱", number=notes["number"])
        return with_due(Go("start", say=said, detail=done, tone="ask", posted=True), {**notes, "note": True})
    onward = {"moves": [*(notes.get("moves") or []), act], **state(notes["order"])}
    done = T("The rest is packed; close carton {carton}", "其余已装箱，请封箱 {carton}", **named(notes))
    went = Go("weight", notes=onward, say=said, detail=done, tone="ask", posted=True)
    return to_the_scale(went, notes, short.cartons, note=True)


_COUNTED = T("A count is ordered; go on with the rest", "已安排盘点，请继续其余货物")
_DAMAGED = T("Put it aside: a task takes it to the defect area", "请放到一边，将派任务移至不合格品区")


# -- pieces that belong to no order here -------------------------------------------------------------------------------


@pack.command(["product", "quantity", "serial"], "ASIDE", label=T("Put aside", "异常件另放"), leads_to=["aside"])
def put_aside(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("aside", tone="calm")


@pack.step(
    "aside",
    ask=T("Scan the stray piece", "扫描异常件"),
    accepts=[Kind.PRODUCT],
    leads_to=["aside_lot", "aside_quantity"],
    facts=lambda notes: [Fact(T("Order", "订单"), notes["number"], detail=notes["customer"])],
    help=T("A wrong piece, or one too many: somebody takes it back and its place is counted", "错件或多出的件：将派人归位，并盘点来源库位"),
)
def stray_piece(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    chosen = {
        "aside": scan.product.id,
        "aside_sku": scan.product.sku,
        "aside_name": [scan.product.text.say("en"), scan.product.text.say("zh_CN")],
        "aside_unit": scan.product.base_unit,
        "aside_lot": scan.gs1.lot if scan.gs1 else None,
    }
    return Go("aside_lot" if serials.by_numbers(scan.product) else "aside_quantity", notes=chosen, tone="calm")


def _stray_facts(notes: Notes) -> list[Fact]:
    return [
        Fact(T("Stray", "异常件"), T(*notes["aside_name"]), detail=notes["aside_sku"]),
        Fact(T("Order", "订单"), notes["number"], detail=notes["customer"]),
    ]


@pack.step(
    "aside_lot",
    ask=T("Scan its serial number", "扫描其序列号"),
    accepts=[Kind.SERIAL],
    product="aside",
    leads_to=["product"],
    facts=_stray_facts,
)
def stray_serial(scan: Scan, notes: Notes) -> Go:
    return _aside(scan, {**notes, "aside_lot": scan.value}, 1)


@pack.count(
    "aside_quantity",
    ask=T("How many?", "几件？"),
    product="aside",
    typed_confirms=True,
    leads_to=["product"],
    facts=_stray_facts,
    help=T("Type how many are put aside", "请输入另放的件数"),
)
def count_strays(scan: Scan, notes: Notes) -> Go:
    return _aside(scan, notes, scan.quantity)


def _aside(scan: Scan, notes: Notes, quantity: int) -> Go:
    """It is put aside; what becomes of it is said, and the order goes on."""
    product, lot = packing.product_of(notes["aside"]), notes.get("aside_lot")
    bench_id = notes.get("bench_id") or packing.place_of(notes["carton"], by=scan.by)
    stray = strays.put_aside(notes["order"], product, quantity, bench_id=bench_id, by=scan.by, key=scan.key, lot=lot)
    amount = {"n": quantity, "unit": in_unit(quantity, product.base_unit), "sku": stray.sku, "difference": stray.difference}
    said = T("{n} {unit} of {sku} put aside: {difference}", "{sku} {n} {unit} 已另放：{difference}", **amount)
    then = (
        T("A task takes it back to storage; {place} is counted", "已派回库任务，并盘点 {place}", place=stray.origin)
        if stray.origin
        else T("The book knows no place it came from: {place} is counted", "账面查不到来源，将盘点 {place}", place=stray.bench)
    )
    act = {"ids": list(stray.movements), "unit": product.base_unit, "kind": "aside"}
    moves = [*(notes.get("moves") or []), act] if stray.movements else notes.get("moves")
    cleared = dict.fromkeys(("aside", "aside_sku", "aside_name", "aside_unit", "aside_lot"))
    return Go("product", notes={**state(notes["order"]), **cleared, "moves": moves}, say=said, detail=then, tone="ask", posted=True)
