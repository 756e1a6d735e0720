"""The scanner at the dock when an order waits for what has just come: it goes to staging, not into the racks."""

from __future__ import annotations

import datetime as dt

from wms.db import session
from wms.i18n import T
from wms.locations.models import Location
from wms.orders.models import InboundStatus
from wms.receiving import cross_dock
from wms.receiving.scan_goods import wanted_elsewhere
from wms.receiving.scan_receive import receive
from wms.receiving.scan_received import KEPT, note_paper, part, standing, taken_in
from wms.receiving.screens import GOODS, day, goods_facts, many, none_of, product_in_hand, quantity_fact
from wms.scan.flow import Fact, Go, Kind, Notes, Scan


def _facts(notes: Notes) -> list[Fact]:
    number, customer = notes["for_order"]
    due = dt.datetime.fromisoformat(notes["for_due"]) if notes.get("for_due") else None
    return [
        *goods_facts(notes)[:1],
        quantity_fact(T("For the order", "订单所需"), notes["quantity"], notes.get("base_unit")),
        Fact(T("Order", "订单"), number, detail=customer),
        *([Fact(T("Due", "承诺时间"), due)] if due else []),
        *([Fact(T("Stays here", "其余上架"), many(notes["rest"], notes))] if notes.get("rest") else []),
    ]


@receive.step(
    "cross",
    ask=T("An order waits: take it to", "有订单在等，请送至"),
    accepts=[Kind.LOCATION],
    expected="for_place",
    facts=_facts,
    help=T(
        "Take these to the staging area for the order and scan it there, or put them away as usual",
        "请将货物送至集货区并扫描，或选择按常规上架",
    ),
    leads_to=["product", "order"],
)
def scan_staging(scan: Scan, notes: Notes) -> Go:
    quantity, rest = notes["quantity"], notes.get("rest") or 0
    inbound, order = cross_dock.take(
        notes["order"],
        notes["for_line"],
        product_in_hand(notes),
        quantity,
        dock=session.get_one(Location, notes["dock"]),
        place_id=scan.location.id,
        expected=notes["for_place"],
        by=scan.by,
        key=f"{scan.key}:cross",
        lot=notes.get("lot"),
        expires_on=day(notes),
        produced_on=day(notes, "produced_on"),
        arrival_id=notes.get("arrival"),
    )
    facts = {"many": many(quantity, notes), "sku": notes["sku"], "place": scan.location.code, "number": order.number}
    said = T("{many} of {sku} stand at {place} for {number}", "{number} 的 {many} {sku} 已放到 {place}", **facts)
    if rest:
        onward = wanted_elsewhere(notes, rest, scan) or taken_in([part(notes, rest, scan)], notes, scan)
        return Go(onward.step, onward.notes, said, onward.say, onward.tone, onward.printed, posted=True)
    if inbound.status == InboundStatus.RECEIVED and not notes.get("blind"):
        kept = {name: notes[name] for name in KEPT if name in notes and name != "undo"}
        whole = T("{number} is complete", "{number} 已收齐", number=inbound.number)
        return Go("order", notes=kept, say=said, detail=whole, printed=[note_paper(inbound.number)], posted=True)
    return Go("product", notes={**standing(inbound), **none_of(*GOODS, "undo", "unit")}, say=said, posted=True)


@receive.command("cross", "SKIP", label=T("Put away as usual", "按常规上架"), leads_to=["product", "order"])
def store_it(scan: Scan, notes: Notes) -> Go:
    quantity = notes["quantity"] + (notes.get("rest") or 0)
    return taken_in([part(notes, quantity, scan)], notes, scan)
