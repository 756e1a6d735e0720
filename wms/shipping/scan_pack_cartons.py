"""More steps of `pack`: several cartons for one order, poured together, taken apart, opened again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wms.catalog.units import in_unit
from wms.i18n import T
from wms.scan.flow import Fact, Go, Kind, Notes, Scan
from wms.shipping import packing, repacking, serials
from wms.shipping.pack_facts import pack_facts
from wms.shipping.scan_pack import in_carton, pack, prefix, state
from wms.shipping.words import tail
from wms.stock.models import HandlingUnit

_SHOWN = 4
_CHOICES = {
    "ANOTHER": T("Another carton", "另开一箱"),
    "MERGE": T("Merge one into this", "并入本箱"),
    "MOVE": T("Move pieces", "移到另一箱"),
}


def _carton_facts(notes: Notes) -> Sequence[Fact]:
    rows = notes.get("rows") or []
    facts = []
    for code, pieces, closed in rows[:_SHOWN]:
        here = T("in hand", "当前") if code == notes["carton"] else T("closed", "已封") if closed else T("open", "未封")
        facts.append(Fact(T("Carton", "箱"), tail(code), detail=T("{n} {n:piece/pieces}, {how}", "{n} 件，{how}", n=pieces, how=here)))
    return facts or pack_facts(notes)


def _rows(order_id: int) -> list[list[Any]]:
    return [[row.code, row.pieces, row.closed] for row in repacking.of_order(order_id)]


@pack.command("product", "CARTONS", label=T("Cartons", "分箱、并箱"), leads_to=["cartons"], when=lambda notes: bool(notes.get("done")))
def look_at_cartons(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The order's cartons, and what may be done with them."""
    return Go("cartons", notes={"rows": _rows(notes["order"])}, tone="calm")


@pack.step(
    "cartons",
    ask=T("Which carton, or what to do?", "选择箱或操作"),
    accepts=[Kind.REASON, Kind.HANDLING_UNIT],
    reasons=_CHOICES,
    leads_to=["product", "merge", "move_piece"],
    facts=_carton_facts,
    hint=T("A carton to go on with", "扫描要继续装的箱"),
    help=T(
        "Scan the carton to go on with; a closed one is opened. Another: this one stays open. Merge: another one is emptied into this.",
        "扫描要继续装的箱，已封的将重新打开。另开一箱：本箱不封；并入本箱：另一箱倒入本箱。",
    ),
)
def choose(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        return go_on_with(scan, notes, scan.handling_unit)
    if scan.value == "ANOTHER":
        unit = repacking.another(notes["order"], notes["carton"], by=scan.by, company_prefix=prefix())
        said = T("Carton {carton} is opened; the other one stays open", "已另开箱 {carton}，原箱未封", carton=tail(unit.code))
        return _with(unit, notes, said)
    return Go("merge" if scan.value == "MERGE" else "move_piece", tone="calm")


def go_on_with(scan: Scan, notes: Notes, unit: HandlingUnit) -> Go:
    """The carton that was scanned is the one in hand; a closed one is opened again."""
    if unit.closed_at is not None:
        unit = repacking.open_again(notes["order"], unit.code, by=scan.by)
        return _with(unit, notes, T("Carton {carton} is open again", "箱 {carton} 已重新打开", carton=tail(unit.code)), reopened=True)
    unit = repacking.opened(notes["order"], unit.code, by=scan.by)
    return _with(unit, notes, T("Carton {carton} is in hand", "当前箱：{carton}", carton=tail(unit.code)))


def _with(unit: HandlingUnit, notes: Notes, said: Any, *, reopened: bool | None = None) -> Go:
    onward = {**in_carton(notes["order"], unit, notes.get("bench_id")), **state(notes["order"])}
    return Go("product", notes={**onward, "rows": None, "then": None, "reopened": reopened or notes.get("reopened")}, say=said, posted=True)


@pack.command("weight", "REOPEN", label=T("Open it again", "重新开箱"), leads_to=["product"])
def open_again(scan: Scan, notes: Notes) -> Go:
    """Something is still to go in, or to come out."""
    unit = repacking.open_again(notes["order"], notes["carton"], by=scan.by)
    return _with(unit, notes, T("Carton {carton} is open again", "箱 {carton} 已重新打开", carton=tail(unit.code)), reopened=True)


@pack.step(
    "merge",
    ask=T("Scan the carton to empty", "扫描要倒空的箱"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["product"],
    facts=_carton_facts,
    help=T("All that is in it goes into the carton in hand; its label is void", "其全部货物并入当前箱，原箱标签作废"),
)
def pour(scan: Scan, notes: Notes) -> Go:
    """One carton is emptied into the one in hand."""
    moved = repacking.merge(notes["order"], scan.value, notes["carton"], by=scan.by, key=scan.key)
    said = T("{one} is emptied into {other}", "{one} 已并入 {other}", one=tail(scan.value), other=tail(notes["carton"]))
    return _moved(notes, moved, "piece", said)


@pack.step(
    "move_piece",
    ask=T("Scan a piece to move", "扫描要移出的商品"),
    accepts=[Kind.PRODUCT],
    leads_to=["move_serial", "move_quantity"],
    facts=_carton_facts,
)
def piece_to_move(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    words = scan.product.text
    chosen = {"moving": scan.product.id, "moving_sku": scan.product.sku, "moving_name": [words.say("en"), words.say("zh_CN")]}
    return Go("move_serial" if serials.by_numbers(scan.product) else "move_quantity", notes=chosen, tone="calm")


def _moving_facts(notes: Notes) -> Sequence[Fact]:
    what = Fact(T("Product", "商品"), T(*notes["moving_name"]), detail=notes["moving_sku"])
    return [what, Fact(T("Out of carton", "移出箱"), tail(notes["carton"]), detail=notes["number"])]


@pack.step(
    "move_serial",
    ask=T("Scan its serial number", "扫描其序列号"),
    accepts=[Kind.SERIAL],
    product="moving",
    leads_to=["move_to"],
    facts=_moving_facts,
)
def serial_to_move(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("move_to", notes={"moving_lot": scan.value, "moving_pieces": 1}, tone="calm")


@pack.count(
    "move_quantity",
    ask=T("How many?", "几件？"),
    product="moving",
    typed_confirms=True,
    leads_to=["move_to"],
    facts=_moving_facts,
)
def how_many_move(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("move_to", notes={"moving_pieces": scan.quantity}, tone="calm")


@pack.step(
    "move_to",
    ask=T("Scan the other carton", "扫描移入的箱"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["product"],
    facts=_moving_facts,
    help=T("An open carton of this order", "本订单未封的箱"),
)
def move_there(scan: Scan, notes: Notes) -> Go:
    """The pieces go from the carton in hand into the one that was scanned."""
    product, pieces = packing.product_of(notes["moving"]), notes["moving_pieces"]
    lot = repacking.lot_key(notes.get("moving_lot"))
    moved = repacking.move_pieces(notes["order"], product, pieces, notes["carton"], scan.value, by=scan.by, key=scan.key, lot=lot)
    amount = {"n": pieces, "unit": in_unit(pieces, product.base_unit), "sku": product.sku, "carton": tail(scan.value)}
    said = T("{n} {unit} of {sku} are in {carton} now", "{sku} {n} {unit} 已移入 {carton}", **amount)
    return _moved(notes, moved, product.base_unit, said)


def _moved(notes: Notes, movements: list[int], unit: str, said: Any) -> Go:
    act = {"ids": movements, "unit": unit, "kind": "move"}
    cleared = dict.fromkeys(("moving", "moving_sku", "moving_name", "moving_lot", "moving_pieces", "rows"))
    onward = {**state(notes["order"]), **cleared, "moves": [*(notes.get("moves") or []), act]}
    return Go("product", notes=onward, say=said, posted=True)
