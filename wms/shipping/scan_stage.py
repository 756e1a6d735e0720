"""The scanner between bench and truck: packed cartons are taken up, as many as one carries, and put down where they wait."""

from __future__ import annotations

from wms.actor import Permission
from wms.db import session
from wms.i18n import T
from wms.orders.models import Order
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Scan
from wms.shipping import staging
from wms.shipping.words import tail

MOST = 200


def _facts(notes: Notes) -> list[Fact]:
    if not notes.get("units"):
        return []
    last = Fact(T("Carton", "箱"), tail(notes["units"][-1]), detail=notes["number"])
    where = [Fact(T("To", "送往"), notes["place"], detail=T(*notes["why"]))] if notes.get("place") else []
    return [last, Fact(T("Taken up", "已取"), len(notes["units"]), strong=True), *where]


stage = Flow("stage", title=T("To the truck", "送集货"), needs=Permission.STAGE, document="number", facts=_facts)


def _taken(scan: Scan, notes: Notes) -> Go:
    unit = scan.handling_unit
    order = session.get_one(Order, staging.may_go(unit))
    bound = staging.bound_for(order.id)
    units = [*(one for one in notes.get("units") or [] if one != unit.code), unit.code][-MOST:]
    why = [bound.detail.say("en"), bound.detail.say("zh_CN")] if bound and bound.detail else None
    said = T("{unit} of {number} is taken up", "已取 {number} 的 {unit}", unit=tail(unit.code), number=order.number)
    return Go("place", notes={"units": units, "number": order.number, "place": bound and bound.place, "why": why}, say=said)


@stage.step(
    "start",
    ask=T("Scan a packed carton", "扫描已打包的箱"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["place"],
    help=T("Scan what you take up, then the door or staging where you put it", "逐件扫描取走的箱，再扫描放下的发货门或集货区"),
)
def take_up(scan: Scan, notes: Notes) -> Go:
    return _taken(scan, notes)


@stage.step(
    "place",
    ask=T("Put it at", "放到"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    target="place",
    expected="place",
    leads_to=["place", "start"],
    hint=T("Door, staging, or one more carton", "发货门、集货区，或再取一箱"),
    help=T("Scan the door or staging place; or another carton that you take along", "扫描发货门或集货区；也可继续扫描要一起送的箱"),
)
def put_down(scan: Scan, notes: Notes) -> Go:
    """One more carton is taken along; a place is where all of them stand now."""
    if scan.kind is Kind.HANDLING_UNIT:
        return _taken(scan, notes)
    for place, code in enumerate(notes["units"]):
        staging.bring(code, scan.location, by=scan.by, key=f"{scan.key}:{place}")
    said = T("{n} {n:carton/cartons} at {place}", "{n} 箱已放到 {place}", n=len(notes["units"]), place=scan.value)
    return Go("start", say=said, posted=True)
