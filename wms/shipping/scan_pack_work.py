"""More steps of `pack`: the value-added work that an order asks for, confirmed one by one."""

from __future__ import annotations

from typing import Any

from wms.db import fold
from wms.errors import Refused
from wms.i18n import T
from wms.orders import services
from wms.scan.flow import Fact, Go, Kind, Notes, Scan
from wms.shipping.scan_pack import pack, state, to_pack, work_note


class AnotherWork(Refused):
    """The scan is not what the work in hand is done to."""

    code = "another_work"
    sentence = T("{scanned} is not what “{service}” is for", "“{service}”不是针对 {scanned} 的")
    advice = T("Scan {wanted}, or choose Done", "请扫描 {wanted}，或点“已完成”")


def _facts(notes: Notes) -> list[Fact]:
    if not notes.get("service"):
        return []
    one = notes["service"]
    what = Fact(T("Work", "加工"), T(*one["words"]), detail=one["text"], strong=True)
    line = T("line {line}", "第 {line} 行", line=one["line"]) if one["line"] else None
    about = Fact(T("Of", "对象"), one["sku"] or notes["number"], detail=line)
    return [what, about, Fact(T("Order", "订单"), notes["number"], detail=notes["customer"])]


@pack.step(
    "service",
    ask=T("Do this, then confirm", "完成后确认"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT],
    documents=to_pack,
    expected=lambda _notes: "CMD:DONE",
    target=lambda _notes: "",
    leads_to=["product"],
    facts=_facts,
    hint=T("Or scan the product or the order", "或扫描商品、订单"),
    help=T(
        "The customer asked for this. Confirm it when it is done; later is possible too, but not after the last piece is packed.",
        "客户要求的增值加工：完成后确认；也可稍后，但须在最后一件装箱之前。",
    ),
)
def scan_what_was_done(scan: Scan, notes: Notes) -> Go:
    """The product that was worked on says that it is done, or the order's number where the whole of it was meant."""
    one = notes["service"]
    wanted = one["sku"] or notes["number"]
    if fold(scan.value) != fold(wanted):
        raise AnotherWork(scanned=scan.value, service=T(*one["words"]), wanted=wanted)
    return _confirm(scan, notes)


@pack.command("service", "DONE", label=T("Done", "已完成"), leads_to=["product"])
def work_is_done(scan: Scan, notes: Notes) -> Go:
    """The packer says so."""
    return _confirm(scan, notes)


def _confirm(scan: Scan, notes: Notes) -> Go:
    done = services.confirm(notes["order"], notes["service"]["position"], by=scan.by)
    said = T("{service} is confirmed", "“{service}”已确认", service=done.code.text)
    return next_work(notes, say=said, posted=True)


@pack.command("service", "SKIP", label=T("Later", "稍后"), leads_to=["product"])
def later(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """It is asked for again from the product step, and by the last piece."""
    waits = T("Not confirmed yet: {service}", "尚未确认：{service}", service=T(*notes["service"]["words"]))
    return Go("product", notes={"service": None, **state(notes["order"])}, say=waits, tone="ask")


@pack.command(
    ["product", "quantity", "serial"],
    "SERVICES",
    label=T("Value-added work", "增值加工"),
    leads_to=["service"],
    when=lambda notes: bool(notes.get("services")),
)
def ask_for_work(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """What is still to be confirmed."""
    return next_work(notes)


def next_work(notes: Notes, **said: Any) -> Go:
    """The next work that is not confirmed, or the pieces."""
    still = services.open_of(notes["order"])
    if not still:
        return Go("product", notes={"service": None, **state(notes["order"])}, **said)
    return Go("service", notes={"service": work_note(still[0]), "services": len(still)}, **{"tone": "calm", **said})
