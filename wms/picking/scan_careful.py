"""More steps of `pick`: pieces by their serial numbers, goods that are weighed, and whether the bin is empty now."""

from __future__ import annotations

from collections.abc import Sequence

from wms.i18n import T
from wms.picking import serials
from wms.picking.scan_facts import house
from wms.picking.scan_pick import pick, pick_facts, to_target
from wms.scan.flow import Doubt, Fact, Go, Kind, Notes, Scan

LEAST, MOST = 2, 3  # halves: from half to one and a half times what the goods should weigh


class WeightDoubtful(Doubt):
    """Far from what so many pieces should weigh."""

    code = "weight_doubtful"
    sentence = T("{shown} for {n} {n:piece/pieces}: about {expected} was expected", "{n} 件重 {shown}，预期约 {expected}")
    advice = T("Look at the scale; enter {shown} again if it is right", "请核对秤重；无误请再次输入 {shown}")


def _serial_facts(notes: Notes) -> Sequence[Fact]:
    *others, into = [fact for fact in pick_facts(notes) if fact.label.en != "Batch" and not fact.strong]
    scanned = Fact(T("Scanned", "已扫"), f"{len(notes['serials'])} / {notes['quantity']}", strong=True)
    last = [Fact(T("Last", "上一件"), notes["serials"][-1])] if notes["serials"] else []
    return [*others, scanned, *last, into] if others else [scanned, into]


@pick.step(
    "serials",
    ask=T("Scan serial number", "扫描序列号"),
    accepts=[Kind.SERIAL],
    expected=lambda notes: next((one for one in notes["pieces"] if one not in notes["serials"]), None),
    target=lambda notes: f"{len(notes['serials']) + 1} / {notes['quantity']}",
    product="product_id",
    facts=_serial_facts,
    help=T("Any piece that lies here and is no younger than those in turn", "此库位中符合先后顺序的任意一件均可"),
    leads_to=["weigh", "emptied", "target"],
)
def scan_serial(scan: Scan, notes: Notes) -> Go:
    """One piece more; nothing is written until they are put down."""
    taken = [*notes["serials"], scan.value]
    taken[-1] = serials.check(notes["claim"], taken, window=house().rotation_window_days, by=scan.by)
    if len(taken) < notes["quantity"]:
        said = T("{serial} taken", "已取 {serial}", serial=taken[-1])
        return Go("serials", notes={"serials": taken}, say=said)
    return to_target({**notes, "serials": taken, "picked": len(taken)})


@pick.command("serials", "UNDO", label=T("Undo last number", "撤销上一件"), when=lambda notes: bool(notes.get("serials")))
def forget_last(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The number scanned last is forgotten."""
    *kept, last = notes["serials"]
    return Go("serials", notes={"serials": kept}, say=T("{serial} put back", "已放回 {serial}", serial=last), tone="ask")


@pick.command(
    "serials",
    "DONE",
    label=T("No more now", "先到这里"),
    when=lambda notes: bool(notes.get("serials")),
    leads_to=["weigh", "emptied", "target"],
)
def some_now(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """These are put down, the rest stays on the list."""
    return to_target({**notes, "picked": len(notes["serials"])})


@pick.command("serials", "SHORT", label=T("Short", "缺货"), leads_to=["reason"])
def fewer_pieces(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """What was scanned is all there is."""
    return Go("reason", notes={"found": len(notes["serials"])}, tone="calm")


# -- catch weight ------------------------------------------------------------------------------------------------------


def shown_weight(grams: int) -> str:
    """`1.25 kg`; `800 g` below a kilogram."""
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".") + " kg" if grams >= 1000 else f"{grams} g"


def _weight_facts(notes: Notes) -> Sequence[Fact]:
    facts = list(pick_facts(notes))
    if notes.get("piece_grams"):
        facts.append(Fact(T("Expected", "预期重量"), shown_weight(notes["piece_grams"] * notes["picked"])))
    if notes.get("weighed"):
        pieces, grams = notes["weighed"]
        facts.append(Fact(T("Labels so far", "已扫标签"), f"{pieces} / {notes['picked']}", detail=shown_weight(grams)))
    return facts


@pick.step(
    "weigh",
    ask=T("What do they weigh?", "称重"),
    accepts=[Kind.WEIGHT],
    product="product_id",
    facts=_weight_facts,
    hint=T("Grams, 1.25 kg, or the weight labels", "克数、1.25 kg 或逐个扫描重量标签"),
    leads_to=["emptied", "target"],
)
def scan_weight(scan: Scan, notes: Notes) -> Go:
    """The scale's figure for all of them, or their labels one after the other."""
    pieces, grams = notes["picked"], scan.quantity
    if scan.gs1 is not None:
        before, sum_before = notes.get("weighed") or (0, 0)
        pieces, grams = before + (scan.gs1.count or 1), sum_before + scan.quantity
        if pieces < notes["picked"]:
            said = T("{shown} noted", "已记 {shown}", shown=shown_weight(scan.quantity))
            return Go("weigh", notes={"weighed": [pieces, grams]}, say=said)
    expected = notes.get("piece_grams", 0) * notes["picked"]
    if expected and not scan.again and not expected * LEAST <= grams * 4 <= expected * MOST * 2:
        raise WeightDoubtful(shown=shown_weight(grams), n=notes["picked"], expected=shown_weight(expected))
    return to_target({**notes, "grams": grams, "weighed": None})


# -- is it empty? ------------------------------------------------------------------------------------------------------


@pick.step(
    "emptied",
    ask=T("Is {location} empty now?", "{location} 现在空了吗？"),
    accepts=[Kind.QUANTITY],
    expected=lambda _notes: "CMD:NEXT",
    target=lambda _notes: "",
    facts=lambda notes: [fact for fact in pick_facts(notes) if fact.label.en in ("Product", "Quantity")],
    hint=T("Or how many are still there", "或输入剩余数量"),
    help=T(
        "By the book nothing is left here. Choose Empty, or type how many are still there beside those in your hands",
        "账面上此处已空。请选“已空”，或输入除手中之外的剩余数量",
    ),
    leads_to=["target"],
)
def scan_left(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Something is still there: it is counted by somebody."""
    if not scan.quantity:
        return Go("target", notes={"left": 0})
    said = T("{left} more there: a count is ordered", "另有 {left}：将安排盘点", left=scan.quantity)
    return Go("target", notes={"left": scan.quantity}, say=said, tone="calm")


@pick.command("emptied", "NEXT", label=T("Empty", "已空"), leads_to=["target"])
def is_empty(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The book is right."""
    return Go("target", notes={"left": 0})
