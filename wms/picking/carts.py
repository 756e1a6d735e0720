"""What a picker's screen says about the cart: positions, their totes, and where the next piece goes."""

from __future__ import annotations

from typing import Any

from wms.db import session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.picking import picks, relay, to_sort, together
from wms.picking.picks import Opened
from wms.picking.slots import Slot
from wms.scan.flow import Fact, Go, Notes, Scan
from wms.stock.ledger import Place
from wms.stock.models import HandlingUnit


class IntoTheTote(Refused):
    """A place was scanned where the order has a tote."""

    code = "into_the_tote"
    sentence = T("These goods go into {tote}, position {position}", "这些货物应放入 {position} 号位的 {tote}")
    advice = T("Scan {tote}; if it is full, choose Tote full", "请扫描 {tote}；满箱请选“满箱”")


def cart_notes(opened: Opened) -> dict[str, Any]:
    """The positions and their totes by order; nothing for lists that are picked without totes."""
    if not opened.slots:
        return {}
    return {
        "list_id": opened.list_id,
        "started": opened.done > 0,
        "slots": {str(slot.order_id): [slot.position, slot.unit, slot.unit_id, slot.order] for slot in opened.slots},
        "coming": [[tote.position, tote.unit, tote.unit_id, tote.order] for tote in opened.coming],
    }


def batch_notes(opened: Opened) -> dict[str, Any]:
    """Into which unit goods are picked that are sorted later: the one of last time, or none yet."""
    if not opened.line.to_sort:
        return {}
    last = to_sort.last_unit(opened.task_id)
    return {"batch": [session.get_one(HandlingUnit, last[1]).code, last[1]] if last else [None, None]}


def into_batch(scan: Scan, notes: Notes) -> Place:
    """Where goods go that are sorted later: the unit of last time, or what was scanned."""
    facts: dict[str, Any] = {"task_id": notes["task"], "target_id": notes["target_id"], "expected": notes["target"]}
    if scan.found is not None:
        return together.into(scan.found, by=scan.by, **facts)
    unit_id = notes["batch"][1]
    return Place(notes["target_id"]) if unit_id is None else together.into_unit(unit_id, **facts)


def next_tote(notes: Notes) -> tuple[int, str | None, str] | None:
    """(position, tote, order) of what is scanned before the walk: what is handed over first, then an empty tote for each position."""
    for position, tote, _, order in notes.get("coming", []):
        return position, tote, order
    if notes.get("started"):
        return None
    empty = [(position, None, order) for position, tote, _, order in notes.get("slots", {}).values() if tote is None]
    return min(empty, default=None)


def slot_of(notes: Notes) -> Slot | None:
    """The position of the order in hand."""
    found = notes.get("slots", {}).get(str(notes.get("order_id")))
    if found is None:
        return None
    position, tote, unit_id, order = found
    return Slot(position, notes["order_id"], order, unit_id, tote)


def into_fact(notes: Notes) -> Fact:
    """Where the goods in hand go."""
    slot = slot_of(notes)
    if notes.get("orders"):
        whose = T("for {count} orders, sorted later", "{count} 个订单，稍后分播", count=notes["orders"])
        return Fact(T("Into", "放入"), expected_target(notes), detail=whose)
    if slot is None:
        return Fact(T("Into", "送到"), notes["target"], detail=notes["order"] if notes.get("several_orders") else None)
    into = T("Position {position}", "{position} 号位", position=slot.position)
    if slot.unit is not None:
        into = T("Position {position}, tote {tote}", "{position} 号位，周转箱 {tote}", position=slot.position, tote=slot.unit)
    return Fact(T("Into", "放入"), into, detail=slot.order)


def whose_fact(notes: Notes) -> Fact | None:
    """For whom the goods in hand are, where the list has several orders; the prompt says where they go."""
    slot = slot_of(notes)
    if notes.get("orders"):
        return Fact(T("For", "用于"), T("{count} orders, sorted later", "{count} 个订单，稍后分播", count=notes["orders"]))
    if slot is None and not notes.get("several_orders"):
        return None
    return Fact(T("Order", "订单"), slot.order if slot is not None else notes["order"])


def has_tote(notes: Notes) -> bool:
    """Whether a tote stands at the position of the order in hand."""
    slot = slot_of(notes)
    return slot is not None and slot.unit is not None


def ask_target(notes: Notes) -> Text:
    """The verb of the target step."""
    slot = slot_of(notes)
    if slot is None:
        return T("Put it at", "放到")
    if slot.unit is None:
        return T("Scan an empty tote for position {position}", "请为 {position} 号位扫描空周转箱", position=slot.position)
    return T("Put into position {position}", "放入 {position} 号位", position=slot.position)


def expected_target(notes: Notes) -> str | None:
    """The tote at the order's position, or the packing place."""
    slot = slot_of(notes)
    if slot is None:
        return str(notes.get("batch", (None,))[0] or notes["target"])
    return slot.unit


def shown_target(notes: Notes) -> str:
    """The large code: none while a tote is looked for."""
    return expected_target(notes) or ""


def into(scan: Scan, notes: Notes) -> Place:
    """Where the goods go on a cart: the position's tote, an empty one where none stands there, or loose to the packing place."""
    slot = slot_of(notes)
    order: dict[str, Any] = {"order_id": notes["order_id"], "order": notes["order"]}
    facts: dict[str, Any] = {"list_id": notes["list_id"], "slot": slot, "target_id": notes["target_id"], **order}
    if scan.found is None:  # the tote that the screen asked for
        assert slot is not None
        assert slot.unit_id is not None
        return picks.into_slot(slot.unit_id, **facts)
    if isinstance(scan.found, HandlingUnit):
        return picks.into_slot(scan.found, **facts)
    if slot is not None and slot.unit is not None:
        raise IntoTheTote(tote=slot.unit, position=slot.position)
    assert isinstance(scan.found, Location)
    return picks.into(scan.found, None, order_id=notes["order_id"], order_number=notes["order"], expected=notes["target"], by=scan.by)


def put_there(notes: Notes, place: Place, scan: Scan) -> tuple[Notes, dict[str, Any]]:
    """The notes with the tote that was put at the order's position by this scan, and what of them is new."""
    if scan.found is not None and "batch" in notes:
        unit: dict[str, Any] = {"batch": [scan.value if place.unit_id else None, place.unit_id]}
        return {**notes, **unit}, unit
    if scan.found is None or "slots" not in notes or place.unit_id is None:
        return notes, {}
    position, _, _, order = notes["slots"][str(notes["order_id"])]
    fresh = {"slots": {**notes["slots"], str(notes["order_id"]): [position, scan.value, place.unit_id, order]}}
    return {**notes, **fresh}, fresh


def next_step(notes: Notes, line: Notes) -> str:
    """Goods of one bin for several orders come one after the other: who stands there does not scan the place again."""
    if not ("slots" in notes or "batch" in notes) or any(line[one] != notes.get(one) for one in ("location_id", "unit")):
        return "source"
    same = all(line[fact] == notes.get(fact) for fact in ("product_id", "lot", "received_on", "expires_on"))
    return "quantity" if same and not line.get("pieces") else "product"


def bring_it(notes: Notes, say: Text, tone: Any) -> Go:
    """The last line is picked: the cart goes where its list ends."""
    goal = relay.goal_code(notes["list_id"])
    return Go("bring", notes={"task": None, "last_task": notes["task"], "claim": None, "goal": goal}, say=say, tone=tone, posted=True)
