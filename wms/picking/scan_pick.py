"""The picker's screen: place, goods, quantity, and where they go; what does not go as planned is in `scan_trouble`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.units import in_unit
from wms.db import fold, session
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.numbers import own_number
from wms.orders.models import Order
from wms.picking import carts, emptied, lines, pallets, picks, queries, serials, together
from wms.picking.lines import Pick
from wms.picking.models import PickList
from wms.picking.picks import Opened
from wms.picking.scan_facts import batch_of, goods_are_right, house, in_units, name_of, product_notes
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Progress, Scan, UnitForLocation, must_be
from wms.scan.given import because
from wms.stock.ledger import Place
from wms.stock.models import HandlingUnit
from wms.tasks.models import Task, TaskKind

LIST_DONE = T("List {list} is done; take it to {target}", "拣货单 {list} 已完成，请送到 {target}")
SHORT = T("{missing} {sku} short; a count is ordered", "{sku} 缺 {missing}，已安排盘点")


def pick_facts(notes: Notes) -> Sequence[Fact]:
    return _facts_with(notes, carts.into_fact(notes)) if "claim" in notes else []


def target_facts(notes: Notes) -> Sequence[Fact]:
    """Without where they go: the prompt says that."""
    return _facts_with(notes, carts.whose_fact(notes))


def _facts_with(notes: Notes, last: Fact | None) -> list[Fact]:
    quantity = notes.get("picked") or notes["quantity"]
    facts = [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        Fact(T("Batch", "批次"), batch_of(notes)),
        Fact(T("Quantity", "数量"), quantity, detail=in_units(quantity, notes), strong=True),
        *([last] if last is not None else []),
    ]
    if notes.get("unit"):
        facts.insert(2, Fact(T("From unit", "取自"), notes["unit"]))
    if notes["doubted"]:
        facts.append(Fact(T("Note", "注意"), REFILLED if notes.get("refilled") else T("Reported short here", "此库位已报缺货")))
    return facts


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if "of" in notes else None


pick = Flow(
    "pick",
    title=T("Pick", "拣货"),
    needs=Permission.PICK,
    document="list",
    facts=pick_facts,
    progress=_progress,
    waiting=lambda by: queries.open_tasks(TaskKind.PICK, by=by),
)
AT_THE_RACK = ("source", "product", "lot", "quantity")
REFILLED = T("Reported short here, refilled since", "此库位已报缺货，已补货")
DOUBTED = T("Others came up short here: look twice", "其他人在此处报过缺货，请仔细查找")


def line_notes(line: Pick) -> dict[str, Any]:
    pieces = serials.together(line.claim_id) if serials.by_pieces(line) else []
    shared = together.facts_of(line) if line.together else {}
    return {
        **product_notes(line),
        "claim": line.claim_id,
        "quantity": shared.get("quantity") or len(pieces) or line.quantity,
        "orders": shared.get("orders"),
        "lacking": None,
        "plate": pallets.whole(line) or None,
        "pieces": [piece.serial for piece in pieces] or None,
        "serials": [] if pieces else None,
        "catch": (line.catch_weight and not line.to_sort) or None,
        "piece_grams": line.weight_grams if line.catch_weight else None,
        "weighed": None,
        "grams": None,
        "left": None,
        "line": line.order_line_id,
        "order_id": line.order_id,
        "order": line.order_number,
        "doubted": line.doubted,
        "refilled": (line.doubted and picks.refilled_since(line.location_id, line.product_id)) or None,
        "picked": None,
        "found": None,
        "reason": None,
        "missing": None,
        "place": None,
    }


def begin(opened: Opened) -> Go:
    return Go(
        "tote" if carts.next_tote(carts.cart_notes(opened)) else "source",
        notes={
            **carts.cart_notes(opened),
            **carts.batch_notes(opened),
            "list": opened.number,
            "begun": clock.now().isoformat(),
            "task": opened.task_id,
            "target_id": opened.target_id,
            "target": opened.target,
            "done": opened.done,
            "of": opened.of,
            "several_orders": opened.several_orders,
            **line_notes(opened.line),
        },
        say=T("{person} handed {list} over to you", "{person} 把 {list} 移交给您", person=opened.handed_by, list=opened.number)
        if opened.handed_by
        else None,
        tone="ask" if opened.handed_by else "good",
    )


def onward(line: Pick | None, notes: Notes, say: Text, tone: Any = "good") -> Go:
    """To the next line; after the last one to the start, with the way to the packing place, or with the cart to it."""
    if line is None and "slots" in notes:
        return carts.bring_it(notes, say, tone)
    if line is None:
        there = LIST_DONE.with_facts(list=notes["list"], target=notes["target"])
        told = T("{there} · {done}", "{there}：{done}", there=there, done=summary(notes, notes["task"]))
        return Go("document", notes={"last_task": notes["task"]}, say=say, detail=told, tone=tone, posted=True)
    done, of = lines.progress_of(notes["task"])
    return Go("source", notes={**line_notes(line), "done": done, "of": of}, say=say, detail=lines_left(done, of), tone=tone, posted=True)


def lines_left(done: int, of: int) -> Text:
    """How much of the list is left."""
    return T("{n} {n:line/lines} left", "还剩 {n} 行", n=of - done)


def summary(notes: Notes, task_id: int) -> Text:
    """What came of the list that has just ended."""
    return lines.summary_of(task_id, dt.datetime.fromisoformat(notes["begun"]) if notes.get("begun") else clock.now()).text


class OthersElsewhere(Doubt):
    """The order's other goods stand at another packing place."""

    code = "others_elsewhere"
    sentence = T("The rest of {order} is at {there}, this is {here}", "{order} 其余货物在 {there}，这里是 {here}")
    advice = T("Take these to {there} too; to leave them here, scan {here} again", "请同样送到 {there}；确要放在此处，请再次扫描 {here}")


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
    leads_to=["source", "tote"],
)
def scan_document(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """A list or an order that the picker chooses."""
    document = scan.document
    return begin(picks.open_list(document, by=scan.by) if isinstance(document, PickList) else picks.open_order(document, by=scan.by))


@pick.command("document", "NEXT", label=T("Get work", "领取任务"), leads_to=["source", "tote"])
def next_list(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The best list there is."""
    opened = picks.open_next(by=scan.by)
    if opened is None:
        return Go("document", say=picks.NoWork.sentence, tone="ask")
    return because(session.get_one(Task, opened.task_id), begin(opened))


@pick.step(
    "source",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    expected="location",
    known=True,
    leads_to=["product", "plate", "target"],
    map_href=lambda notes: f"/picking/lists/{quote(notes['list'])}/map",
)
def scan_source(scan: Scan, notes: Notes) -> Go:
    """The picker stands at the right place."""
    if not (scan.kind is Kind.HANDLING_UNIT and scan.value == notes.get("unit")):
        if scan.kind is Kind.HANDLING_UNIT:
            raise UnitForLocation(scanned=scan.value, expected=notes["location"])
        must_be(scan, notes["location"])
    elif notes.get("plate"):
        return Go("target", notes={"at": notes["location"], "picked": notes["quantity"]})
    here = {"at": notes["location"]}
    if notes.get("plate"):
        return Go("plate", notes=here)
    if picks.doubted_now(notes["location_id"], notes["product_id"]):
        if picks.refilled_since(notes["location_id"], notes["product_id"]):
            return Go("product", notes={**here, "doubted": True, "refilled": True})
        return Go("product", notes={**here, "doubted": True, "refilled": None}, say=DOUBTED, tone="ask")
    return Go("product", notes=here)


@pick.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT],
    expected="code",
    target="sku",
    product="product_id",
    known=True,
    leads_to=["lot", "quantity", "serials"],
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    """The goods in the hand are the right ones. The label of the only piece tells its weight too."""
    if notes.get("pieces"):
        return Go("serials")
    label, went = scan.gs1, goods_are_right(scan, notes)
    if notes.get("catch") and label is not None and label.net_weight_grams and (label.count or 1) == notes["quantity"]:
        return replace(went, notes={"grams": label.net_weight_grams})
    return went


@pick.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], expected="lot", product="product_id", leads_to=["quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    """Several lots lie here; the one in turn is taken."""
    must_be(scan, notes["lot"])
    return Go("quantity")


@pick.count(
    "quantity", ask=T("Count the pieces", "清点数量"), product="product_id", expected="quantity", leads_to=["weigh", "emptied", "target"]
)
def count_pieces(scan: Scan, notes: Notes) -> Go:
    """Counted; nothing has moved yet."""
    grams = notes.get("grams") if scan.quantity == notes["quantity"] else None  # the label told of all of them
    return to_target({**notes, "picked": scan.quantity, "grams": grams})


def to_target(notes: Notes) -> Go:
    """What is to be known before the goods leave the rack: their weight, and whether the bin is as empty as the book says."""
    known = {name: notes.get(name) for name in ("picked", "reason", "serials", "grams", "weighed")}
    if notes.get("catch") and notes.get("grams") is None:
        return Go("weigh", notes=known)
    short = notes.get("reason") is not None
    if not short and house().ask_if_empty and emptied.by_the_book(notes["location_id"], notes["picked"]):
        return Go("emptied", notes=known)
    return Go("target", notes=known)


def _into(scan: Scan, notes: Notes) -> Place:
    if "slots" in notes:
        return carts.into(scan, notes)
    if "batch" in notes:
        return carts.into_batch(scan, notes)
    if notes.get("plate") and isinstance(scan.found, HandlingUnit):
        raise picks.NotAPackingPlace(code=scan.value, expected=notes["target"])
    if scan.found is None:
        return Place(notes["target_id"])
    location = scan.found if isinstance(scan.found, Location) else None
    unit = scan.found if isinstance(scan.found, HandlingUnit) else None
    return picks.into(location, unit, order_id=notes["order_id"], order_number=notes["order"], expected=notes["target"], by=scan.by)


@pick.step(
    "target",
    ask=carts.ask_target,
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    expected=carts.expected_target,
    target=carts.shown_target,
    facts=target_facts,
    known=True,
    leads_to=["source", "product", "quantity", "document", "elsewhere", "bring"],
)
def scan_target(scan: Scan, notes: Notes) -> Go:
    """Now the goods move, and their claim with them."""
    place = _into(scan, notes)
    notes, fresh = carts.put_there(notes, place, scan)
    apart = _apart(scan, notes, place)
    if apart is not None:
        fresh = {**fresh, "apart": True}
    accepted = _accepted(notes, place)
    return _with_note(_put_down(scan, {**notes, **accepted}, place, {**fresh, **accepted}), apart)


def _accepted(notes: Notes, place: Place) -> dict[str, Any]:
    """Where goods were put is where the list ends from now on, and what its next lines name; a cart is brought to its place instead."""
    if "slots" in notes or place.location_id == notes["target_id"]:
        return {}
    claims = [part.claim_id for part in together.parts_of(notes["claim"])] if notes.get("orders") else [notes["claim"]]
    picks.ends_at(notes["task"], place.location_id, claims)
    return {"target_id": place.location_id, "target": session.get_one(Location, place.location_id).code}


def _apart(scan: Scan, notes: Notes, place: Place) -> Text | None:
    """What is said where goods come to stand elsewhere than the list says, or than the order's other goods; asked once before they do.

    Nothing is read where everything went where the list says.
    """
    if notes.get("orders") or (place.location_id == notes["target_id"] and not notes.get("apart")):
        return None
    here, others = session.get_one(Location, place.location_id).code, picks.others_of_order_at(notes["order_id"], place.location_id)
    facts = {"here": here, "there": others, "expected": notes["target"], "order": notes["order"]}
    if others is None:
        return T("Put into {here}, not {expected}", "已放到 {here}（原定 {expected}）", **facts) if here != notes["target"] else None
    if here != notes["target"] and not scan.again:
        raise OthersElsewhere(**facts)
    return T("Put into {here}; the rest of {order} is at {there}", "已放到 {here}；{order} 其余在 {there}", **facts)


def _with_note(go: Go, apart: Text | None) -> Go:
    """In amber, before what else is said."""
    if apart is None:
        return go
    rest = [one for one in (go.say, go.detail) if one is not None]
    detail = Text(" · ".join(one.say("en") for one in rest), " · ".join(one.say("zh_CN") for one in rest)) if rest else None
    return replace(go, say=apart.settled(), detail=detail, tone="ask")


def _put_down(scan: Scan, notes: Notes, place: Place, fresh: dict[str, Any]) -> Go:
    if notes.get("reason"):
        go = come_short(scan, notes, place)
        return replace(go, notes={**fresh, **go.notes}) if fresh and go.step != "document" else go
    done = confirm_line(scan, notes, place)
    unit = in_unit(notes["picked"], notes.get("base_unit"))
    said = T("{quantity} {sku} picked", "已拣 {sku} {quantity} {unit}", quantity=notes["picked"], sku=notes["sku"], unit=unit)
    if done.next is None:
        return onward(None, notes, said)
    whole = notes["picked"] == notes["quantity"]
    progress = {"done": notes["done"] + 1, "of": notes["of"] + (not whole)}
    if notes.get("orders"):  # as many lines as orders were served
        progress = dict(zip(("done", "of"), lines.progress_of(notes["task"]), strict=True))
    line = line_notes(done.next)
    left = lines_left(progress["done"], progress["of"])
    return Go(carts.next_step(notes, line), notes={**line, **progress, **fresh}, say=said, detail=left, posted=True)


def confirm_line(scan: Scan, notes: Notes, place: Place) -> picks.Picked:
    """The goods in hand go to their place; what was seen in the bin they leave behind is told."""
    facts: dict[str, Any] = {
        "task_id": notes["task"],
        "order_id": notes["order_id"],
        "target": place,
        "by": scan.by,
        "key": scan.key,
        "location_id": notes["location_id"],
        "grams": notes.get("grams"),
    }
    if notes.get("plate"):
        where = {"task_id": notes["task"], "order_id": notes["order_id"], "expected": notes["target"], "plate": notes["unit"]}
        done = pallets.carry(notes["claim"], place=scan.found or place.location_id, by=scan.by, key=scan.key, **where)
    elif notes.get("orders"):
        only = ("task_id", "target", "by", "key", "location_id")
        done = together.confirm(notes["claim"], notes["picked"], **{name: facts[name] for name in only})
    elif notes.get("serials"):
        done = picks.confirm_serials(notes["claim"], notes["serials"], window=house().rotation_window_days, **facts)
    else:
        done = picks.confirm(notes["claim"], notes["picked"], **facts)
    if notes.get("left") is not None:
        emptied.told(notes["location_id"], notes["product_id"], notes["left"], document=notes["list"], by=scan.by)
    return done


def come_short(scan: Scan, notes: Notes, place: Place | None) -> Go:
    lacking: Sequence[tuple[int, int]] = ()
    if notes.get("orders"):
        where = {"task_id": notes["task"], "target": place, "location_id": notes["location_id"]}
        found = together.short(notes["claim"], notes["found"], reason=notes["reason"], by=scan.by, key=scan.key, **where)
        result, lacking = found.shorted, found.lines
    else:
        result = _one_short(scan, notes, place)
    if result.elsewhere is None:
        missing = notes["quantity"] - notes["found"]
        return onward(result.next, notes, SHORT.with_facts(missing=missing, sku=notes["sku"]))
    said = T(
        "{missing} {sku} missing; {there} at {place}",
        "{sku} 缺 {missing}；{place} 有 {there}",
        missing=result.missing,
        sku=notes["sku"],
        there=result.elsewhere_quantity,
        place=result.elsewhere,
    )
    here = {"missing": result.missing, "place": result.elsewhere, "reason": notes["reason"], "quantity": result.missing}
    return Go("elsewhere", notes={**here, "lacking": [list(one) for one in lacking] or None}, say=said, tone="ask", posted=True)


def _one_short(scan: Scan, notes: Notes, place: Place | None) -> picks.Shorted:
    return picks.short(
        notes["claim"],
        notes["found"],
        reason=notes["reason"],
        task_id=notes["task"],
        order_id=notes["order_id"],
        target=place,
        by=scan.by,
        key=scan.key,
        location_id=notes["location_id"],
        numbers=notes.get("serials") or (),
        grams=notes.get("grams"),
        window=house().rotation_window_days,
    )
