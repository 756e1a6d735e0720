"""More steps of `pick`: the totes on a cart, before the walk, when one is full, and when the cart is brought to its place."""

from __future__ import annotations

from collections.abc import Sequence

from wms.db import session
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.picking import carts, picks, relay, slots
from wms.picking.models import PickList
from wms.picking.scan_pick import pick, summary
from wms.picking.scan_trouble import UNDO, undone
from wms.scan.flow import Fact, Go, Kind, Notes, Scan
from wms.stock.models import HandlingUnit


def _ask_tote(notes: Notes) -> Text:
    wanted = carts.next_tote(notes)
    assert wanted is not None, "there is a position without a tote"
    position, tote, _ = wanted
    if tote is not None:
        return T("Take over tote", "接收周转箱")
    return T("Scan an empty tote for position {position}", "请为 {position} 号位扫描空周转箱", position=position)


def _expected_tote(notes: Notes) -> str | None:
    wanted = carts.next_tote(notes)
    return wanted[1] if wanted else None


def _tote_facts(notes: Notes) -> Sequence[Fact]:
    wanted = carts.next_tote(notes)
    if wanted is None:
        return []
    position, _, order = wanted
    with_tote = sum(1 for one in notes["slots"].values() if one[1] is not None)
    return [
        Fact(T("Position", "位置"), T("Position {position}", "{position} 号位", position=position), detail=order, strong=True),
        Fact(T("Totes on the cart", "车上周转箱"), T("{there} of {all}", "{there} / {all}", there=with_tote, all=len(notes["slots"]))),
        Fact(T("First place", "首个库位"), notes["location"]),
    ]


@pick.step(
    "tote",
    ask=_ask_tote,
    accepts=[Kind.HANDLING_UNIT],
    expected=_expected_tote,
    target=lambda notes: _expected_tote(notes) or "",
    facts=_tote_facts,
    leads_to=["tote", "source"],
)
def scan_tote(scan: Scan, notes: Notes) -> Go:
    """A tote that is handed over comes along; an empty one is put at its position."""
    unit = scan.handling_unit
    wanted = carts.next_tote(notes)
    assert wanted is not None
    position, expected, order = wanted
    stands = next((one[0] for one in notes["slots"].values() if unit is not None and one[2] == unit.id), None)
    if stands is not None:  # scanned twice out of habit: it stays where it is
        said = T("{tote} stands at position {position} already", "{tote} 已在 {position} 号位", tote=unit.code, position=stands)
        return Go("tote", say=said, tone="calm")
    if expected is not None:
        return _take_over(scan, notes, unit)
    order_id = next(int(key) for key, one in notes["slots"].items() if one[0] == position)
    picks.lock_order(order_id)
    slots.assign(notes["list_id"], order_id, unit, order=order, target_id=notes["target_id"])
    changed = {**notes["slots"], str(order_id): [position, unit.code, unit.id, order]}
    said = T("{tote} stands at position {position}", "{tote} 已放在 {position} 号位", tote=unit.code, position=position)
    return _on(notes, {"slots": changed}, said)


def _take_over(scan: Scan, notes: Notes, unit: HandlingUnit | None) -> Go:
    """One of the totes handed over, or all of them."""
    pick_list = session.get_one(PickList, notes["list_id"])
    waiting = relay.coming(pick_list)
    taken = [tote for tote in waiting if unit is None or tote.unit_id == unit.id]
    if unit is not None and not taken:
        raise relay.NotOfThisRelay(code=unit.code, number=pick_list.number, expected=notes["coming"][0][1])
    for order_id in sorted({tote.order_id for tote in taken}):
        picks.lock_order(order_id)
    relay.take_over(pick_list, taken, by=scan.by, key=scan.key)
    gone = {tote.unit_id for tote in taken}
    positions = {str(slot.order_id): [slot.position, slot.unit, slot.unit_id, slot.order] for slot in slots.of_list(pick_list)}
    left = [one for one in notes["coming"] if unit is not None and one[2] not in gone]
    said = T("{count} totes taken over", "已接收 {count} 个周转箱", count=len(taken))
    if unit is not None:
        said = T("{tote} taken over", "已接收 {tote}", tote=unit.code)
    return _on(notes, {"slots": positions, "coming": left}, said)


def _on(notes: Notes, changed: Notes, said: Text) -> Go:
    step = "tote" if carts.next_tote({**notes, **changed}) else "source"
    return Go(step, notes=changed, say=said, posted=True)


@pick.command("tote", "NEXT", label=T("Start picking", "开始拣货"), leads_to=["source"])
def start_picking(scan: Scan, notes: Notes) -> Go:
    """What is handed over is all there; a position without a tote is asked for its tote when the first goods go there."""
    if notes["coming"]:
        begun = _take_over(scan, notes, None)
        return Go("source", notes={**begun.notes, "started": True}, say=begun.say, posted=True)
    return Go("source", notes={"started": True})


@pick.command("target", "FULL", label=T("Tote full", "满箱"), leads_to=["target"], when=carts.has_tote)
def tote_full(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The tote stays on the cart, and another one follows it."""
    slot = carts.slot_of(notes)
    assert slot is not None
    slots.full(notes["list_id"], notes["order_id"])
    changed = {**notes["slots"], str(notes["order_id"]): [slot.position, None, None, slot.order]}
    said = T("{tote} is full: it stays on the cart", "{tote} 已满箱，留在车上", tote=slot.unit)
    return Go("target", notes={"slots": changed}, say=said, tone="ask", posted=True)


def _bring_facts(notes: Notes) -> Sequence[Fact]:
    totes = [one for one in notes["slots"].values() if one[1] is not None]
    facts = [Fact(T("Orders", "订单"), len(notes["slots"]), strong=True)]
    facts += [Fact(T("Position {position}", "{position} 号位", position=one[0]), one[1], detail=one[3]) for one in sorted(totes)[:4]]
    return facts


@pick.step(
    "bring",
    ask=T("Bring the cart to", "将拣货车送到"),
    accepts=[Kind.LOCATION],
    expected="goal",
    facts=_bring_facts,
    leads_to=["document"],
)
def scan_bring(scan: Scan, notes: Notes) -> Go:
    """The cart stands at the packing place, or where the next zone takes it over."""
    place: Location = scan.location
    picks.into(place, None, order_id=0, order_number="", expected=notes["goal"], by=scan.by)
    pick_list = session.get_one(PickList, notes["list_id"])
    count = relay.bring(pick_list, place, by=scan.by, key=scan.key)
    said = T("The cart is at {place}", "拣货车已到 {place}", place=place.code)
    detail = T("Totes on it: {count}", "车上周转箱：{count}", count=count)
    next_list = relay.taken_over_by(pick_list)
    if next_list is not None:
        waits = {"count": count, "list": next_list}
        detail = T("Totes on it: {count} · waiting for {list}", "车上周转箱：{count} · 等 {list} 接手", **waits)
    told = T("{totes} · {done}", "{totes}；{done}", totes=detail, done=summary(notes, notes["last_task"]))
    return Go("document", notes={"last_task": notes["last_task"]}, say=said, detail=told, posted=True)


@pick.command("bring", "UNDO", label=UNDO, leads_to=["source"])
def undo_before_bringing(scan: Scan, notes: Notes) -> Go:
    """The last pick of the list goes back, and the list is in hand again."""
    return undone(scan, notes["last_task"])
