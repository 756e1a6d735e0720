"""More steps of `pick`: what is short, skipped, undone, of another lot, or changed by others meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wms.actor import Actor
from wms.catalog.units import in_unit
from wms.i18n import T, Text
from wms.picking import carts, lines, lots, picks, together
from wms.picking.lines import Pick
from wms.picking.scan_facts import house, put_back
from wms.picking.scan_pick import AT_THE_RACK, SHORT, begin, come_short, line_notes, onward, pick, pick_facts, to_target
from wms.scan.flow import Fact, Go, Handler, Kind, Message, Notes, Scan
from wms.stock.ledger import ClaimGone
from wms.tasks import queue

REASONS = {
    "MISSING": T("Not enough there", "数量不足"),
    "DAMAGED": T("Damaged", "货物破损"),
    "WRONG_GOODS": T("Other goods lie there", "库位货物不符"),
    "UNREACHABLE": T("Cannot be reached", "无法取到"),
}
TOTES_NAMED = 4
UNDO = T("Undo last pick", "撤销上一次拣货")


def _short_facts(notes: Notes) -> Sequence[Fact]:
    """Which place is meant: what is short may be reported before the place is reached."""
    return [Fact(T("Location", "库位"), notes["location"]), *pick_facts(notes)]


def report_short_at(step: str) -> Handler:
    """Less is there than the list says. Pieces with numbers that are there are scanned before."""

    def report_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
        if notes.get("pieces"):
            return Go("reason", notes={"found": 0}, tone="calm")
        return Go("found", notes={"short_at": step}, tone="calm")

    return report_short


for _step in AT_THE_RACK:
    pick.command(_step, "SHORT", label=T("Short", "缺货"), leads_to=["found", "reason"])(report_short_at(_step))


@pick.count(
    "found",
    ask=T("How many are there?", "实际有多少？"),
    product="product_id",
    zero=True,
    typed_confirms=True,
    facts=_short_facts,
    leads_to=["reason", "weigh", "emptied", "target", *AT_THE_RACK, "plate"],
)
def count_found(scan: Scan, notes: Notes) -> Go:
    """What there is of it; where all of it is there, nothing is short, and the work goes on where it was."""
    wanted = notes["quantity"]
    if scan.quantity > wanted:
        raise picks.MoreThanLine(quantity=scan.quantity, wanted=wanted)
    if scan.quantity == wanted:
        unit = in_unit(wanted, notes.get("base_unit"))
        said = T("All {n} are there: nothing is short", "{n} {unit}都在，不缺货", n=wanted, unit=unit)
        on = to_target({**notes, "picked": wanted, "grams": None}) if notes["short_at"] == "quantity" else Go(notes["short_at"])
        return replace(on, say=said)
    return Go("reason", notes={"found": scan.quantity})


@pick.step(
    "reason",
    ask=T("Why?", "原因？"),
    accepts=[Kind.REASON],
    reasons=REASONS,
    facts=_short_facts,
    leads_to=["weigh", "target", "source", "document", "elsewhere", "bring"],
)
def give_reason(scan: Scan, notes: Notes) -> Go:
    """What was found still has to be put down; with nothing found the line is short at once."""
    if notes["found"]:
        return to_target({**notes, "reason": scan.value, "picked": notes["found"], "grams": None})
    return come_short(scan, {**notes, "reason": scan.value}, None)


@pick.step(
    "elsewhere",
    ask=T("Take the rest from {place}?", "改从 {place} 拣取剩余？"),
    accepts=[Kind.COMMAND],
    hint=T("Choose one", "请选择"),
    facts=lambda notes: [Fact(T("Short at", "缺货库位"), notes["location"]), *pick_facts(notes)],
    leads_to=["source", "document", "bring"],
)
def elsewhere(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only NEXT and DONE answer this."""
    raise AssertionError("commands are handled below")


@pick.command("elsewhere", "NEXT", label=T("Take them there", "去该库位拣取"), leads_to=["source", "document", "bring"])
def take_elsewhere(scan: Scan, notes: Notes) -> Go:
    """The rest is claimed where else it lies and gets its place in the walk."""
    facts: dict[str, Any] = {"reason": notes["reason"], "task_id": notes["task"], "by": scan.by}
    if notes.get("lacking"):
        line = together.take_elsewhere(notes["lacking"], **facts)
    else:
        line = picks.take_elsewhere(notes["line"], notes["missing"], **facts)
    return onward(line, notes, _joined(line, notes["place"]) if line else T("Go on at {place}", "请前往 {place}", place=notes["target"]))


def _joined(line: Pick, place: str) -> Text:
    """What the picker is told of the rest that is taken at another place: it is the next, or it has its turn in the walk."""
    if line.location == place:
        return T("Take the rest at {place}", "请到 {place} 拣取剩余", place=place)
    return T("{place} is on the list now; first {next}", "{place} 已排入本单，先去 {next}", place=place, next=line.location)


@pick.command("elsewhere", "DONE", label=T("Leave it short", "按缺货处理"), leads_to=["source", "document", "bring"])
def leave_short(scan: Scan, notes: Notes) -> Go:
    """The line goes without the rest."""
    facts: dict[str, Any] = {"reason": notes["reason"], "task_id": notes["task"], "by": scan.by}
    if notes.get("lacking"):
        line = together.go_without(notes["lacking"], **facts)
    else:
        line = picks.go_without(notes["line"], notes["missing"], **facts)
    said = SHORT.with_facts(missing=notes["missing"], sku=notes["sku"])
    return onward(line, notes, said)


@pick.command(("source", "product", "quantity", "serials"), "SKIP", label=T("Skip for now", "先跳过"), leads_to=["source"])
def skip(scan: Scan, notes: Notes) -> Go:
    """The line goes to the end of the list."""
    if notes.get("orders"):
        line = together.skip(notes["claim"], task_id=notes["task"], by=scan.by)
    else:
        line = picks.skip(notes["claim"], task_id=notes["task"], order_id=notes["order_id"], by=scan.by)
    return Go("source", notes=line_notes(line), say=T("Put to the end of the list", "已移到最后"), posted=True)


@pick.command("source", "UNDO", label=UNDO, leads_to=["source"], when=lambda notes: bool(notes.get("done")))
def undo(scan: Scan, notes: Notes) -> Go:
    """The last pick goes back to where it came from."""
    return undone(scan, notes["task"])


@pick.command("document", "UNDO", label=UNDO, leads_to=["source"], when=lambda notes: "last_task" in notes)
def undo_last(scan: Scan, notes: Notes) -> Go:
    """The last pick of the list just finished goes back, and the list is in hand again."""
    return undone(scan, notes["last_task"])


def undone(scan: Scan, task_id: int) -> Go:
    opened = together.undo(task_id=task_id, by=scan.by, key=scan.key)
    tote, place = lines.unit_of_undone(task_id), opened.line.location
    said = T("Undone: put it back to {place}", "已撤销，请放回 {place}", place=place)
    if tote is not None:
        said = T("Undone: take it out of {tote}, back to {place}", "已撤销：从 {tote} 取出，放回 {place}", tote=tote, place=place)
    begun = begin(opened)
    return Go("source", notes=begun.notes, say=said, tone="ask", posted=True)


@pick.command(
    ("source", "product", "lot"),
    "LOT",
    label=T("Other lot", "换批号"),
    when=lambda notes: bool(notes.get("tracked")) and not notes.get("pieces") and not notes.get("orders"),
    leads_to=["other_lot"],
)
def other_lot(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Another lot is at hand."""
    return Go("other_lot", tone="calm")


@pick.step(
    "other_lot",
    ask=T("Scan the other lot", "扫描另一批号"),
    accepts=[Kind.LOT],
    product="product_id",
    facts=_short_facts,
    leads_to=["source", "product"],
)
def scan_other_lot(scan: Scan, notes: Notes) -> Go:
    """Taken where rotation leaves the choice, here or at another place."""
    line, taken = lots.change_lot(
        notes["claim"],
        scan.value,
        task_id=notes["task"],
        order_id=notes["order_id"],
        window=house().rotation_window_days,
        by=scan.by,
    )
    rest = notes["quantity"] - taken.quantity
    done, of = lines.progress_of(notes["task"])
    changed = {**line_notes(line), "done": done, "of": of}
    facts = {"lot": taken.lot, "place": taken.location, "rest": rest, "other": notes["lot"]}
    is_next = line.claim_id == taken.claim_id
    if is_next and line.location_id == notes["location_id"]:
        detail = T("The other {rest} of lot {other} come after it", "其余 {rest} 仍取批号 {other}", **facts) if rest > 0 else None
        return Go("product", notes=changed, say=T("Lot {lot} is taken", "改取批号 {lot}", **facts), detail=detail, posted=True)
    there = T("Lot {lot} lies at {place}", "批号 {lot} 在 {place}", **facts)
    later = T("Lot {lot} lies at {place}, later on the way", "批号 {lot} 在 {place}，后面再取", **facts)
    detail = T("The other {rest} stay lot {other}", "其余 {rest} 仍取批号 {other}", **facts) if rest > 0 else None
    return Go("source", notes=changed, say=there if is_next else later, detail=detail, posted=True)


@pick.before_each_scan
def still_wanted(notes: Notes, by: Actor) -> None:  # noqa: ARG001
    """Whoever walks to goods, or has them in the hand, hears at once that nobody wants them any more."""
    looked_at = notes["at_step"] == "target" and not notes.get("opened")  # putting down looks itself
    if "claim" in notes and not looked_at and "missing" not in notes and "goal" not in notes:  # not short, not all picked
        alone = not notes.get("orders") and not notes.get("pieces")  # what is picked together is asked about when it is put down
        lines.must_be_wanted(notes["claim"], notes["task"], notes["quantity"] if alone else 1)


@pick.when_moved_on(
    ClaimGone,
    lines.GoodsMoved,
    queue.TaskOver,
    together.TotalChanged,
    picks.MoreThanLine,
    leads_to=["source", "product", "lot", "quantity", "document", "bring"],
)
def line_changed(scan: Scan, notes: Notes) -> Go | None:
    """The line in hand is no more: its order was cancelled, its goods were moved, or the list is somebody else's. On with the next."""
    state = picks.afresh(notes["task"], notes["order_id"], by=scan.by)
    here = {"order": notes["order"], "location": notes["location"], "list": notes["list"]}
    if state.mine and state.line is not None and notes.get("orders") and _same_goods(state.line, notes):
        fresh = line_notes(state.line)
        said = T("Orders were changed: {n} are wanted here now", "订单有变更：此处现需 {n}", n=fresh["quantity"])
        return Go("quantity", notes=fresh, say=said, detail=T("Count again and put the rest back", "请重新清点，多余的放回"))
    said = _why(state.order_cancelled, in_hand=notes["at_step"] not in ("source", "tote")).with_facts(**here)
    if not state.mine:
        detail = T("{list} is no longer yours: take other work", "{list} 已不在您名下，请领取其他任务", **here)
        return Go("document", say=said, detail=detail)
    if state.line is None and "slots" in notes:
        return carts.bring_it(notes, said, "good")
    if state.line is None:
        detail = T("Nothing else is left on {list}: take other work", "{list} 已无其他内容，请领取其他任务", **here)
        return Go("document", say=said, detail=detail)
    now = (state.line.claim_id, state.line.location_id, state.line.unit if notes.get("plate") else None)
    if now == (notes["claim"], notes["location_id"], notes.get("unit") if notes.get("plate") else None):
        return _fewer(state.line, notes)
    done, of = lines.progress_of(notes["task"])
    onward = T("Then go on at {place}", "然后到 {place} 继续", place=state.line.location)
    return Go("source", notes={**line_notes(state.line), "done": done, "of": of}, say=said, detail=onward)


def _fewer(line: lines.Pick, notes: Notes) -> Go | None:
    """The same line of the same order, which wants less of it by now."""
    if line.quantity >= notes["quantity"]:
        return None
    said = T("{order} was changed: only {n} are wanted here now", "{order} 已变更：此处现仅需 {n}", order=notes["order"], n=line.quantity)
    step = notes["at_step"] if notes["at_step"] in ("source", "product", "lot") else "quantity"
    then = T("Count again and put the rest back", "请重新清点，多余的放回") if step == "quantity" else None
    return Go(step, notes=line_notes(line), say=said, detail=then or T("Go on", "请继续"))


def _why(cancelled: bool, *, in_hand: bool) -> Text:
    """What became of the line, and where its goods go where they are in the hand."""
    if not in_hand:
        if cancelled:
            return T("{order} was cancelled: take nothing at {location}", "{order} 已取消：不要再取 {location} 的货物")
        return T("This line was changed: take nothing at {location}", "该行已变更：不要再取 {location} 的货物")
    if cancelled:
        return T("{order} was cancelled: put these back to {location}", "{order} 已取消：请放回 {location}")
    return T("This line was changed: put these back to {location}", "该行已变更：请放回 {location}")


def _same_goods(line: lines.Pick, notes: Notes) -> bool:
    """Whether the list comes to the same goods at the same place, for fewer orders, or others."""
    now = line_notes(line)
    return all(now[fact] == notes.get(fact) for fact in ("location_id", "unit", "product_id")) and (
        not notes.get("tracked") or now["lot"] == notes["lot"]
    )


@pick.on_leave
def leave_pick(scan: Scan, notes: Notes) -> Message | None:
    """The list is anybody's again, and what is in the picker's hands or on their cart is told where it belongs."""
    if "task" not in notes:
        return _cart_not_brought(notes)
    if picks.finish_when_done(notes["task"], by=scan.by) is not None:
        queue.give_back(notes["task"], by=scan.by)
        left = T("{list} is back in the queue: anybody may take it", "{list} 已退回队列，任何人可领取", list=notes["list"])
    else:  # its other lines are short, or were withdrawn
        left = T("Nothing else is left on {list}: it has ended", "{list} 已无其他内容，该单已结束", list=notes["list"])
    todo = [one for one in (_in_hand(scan, notes), _cart_stays(notes)) if one is not None]
    if not todo:
        return Message("calm", left)
    return Message("ask", left, Text(" · ".join(one.en for one in todo), "；".join(one.zh for one in todo)))


def _in_hand(scan: Scan, notes: Notes) -> Text | None:
    """What was counted and not put down."""
    if "missing" in notes:  # the short was booked, and what was found with it
        return None
    counted = notes.get("picked") or notes.get("found") or len(notes.get("serials") or ()) or scan.quantity
    return put_back(counted, notes) if counted else None


def _cart_stays(notes: Notes) -> Text | None:
    """The cart stands where it was last, with its totes on it."""
    totes = _totes(notes)
    if not totes:
        return None
    if notes.get("at") is None:
        return T("The cart stays here, with {totes}", "拣货车留在原处（{totes}）").settled(totes=totes)
    return T("The cart stays at {place}, with {totes}", "拣货车留在 {place}（{totes}）").settled(place=notes["at"], totes=totes)


def _cart_not_brought(notes: Notes) -> Message | None:
    """All is picked, but the cart is not where its list ends."""
    if "goal" not in notes:
        return None
    facts = {"list": notes["list"], "goal": notes["goal"], "totes": _totes(notes) or "–"}
    return Message(
        "ask",
        T("{list} is picked, but its cart is not at {goal} yet", "{list} 已拣完，但拣货车尚未送到 {goal}", **facts),
        T("Take it there all the same: {totes}", "仍请将其送到 {goal}：{totes}", **facts),
    )


def _totes(notes: Notes) -> str:
    codes = [one[1] for one in sorted(notes.get("slots", {}).values(), key=lambda one: one[0]) if one[1] is not None]
    return ", ".join(codes[:TOTES_NAMED]) + (f" +{len(codes) - TOTES_NAMED}" if len(codes) > TOTES_NAMED else "")
