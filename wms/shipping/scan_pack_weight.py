"""More steps of `pack`: the closed carton is weighed, by its bench's scale or by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app

from wms.i18n import T, Text
from wms.scan import recognise
from wms.scan.flow import Doubt, Fact, Go, Kind, Notes, Scan
from wms.shipping import found, packing, repacking, scales, staging, tracking, weighing
from wms.shipping.carton_prints import carton_papers, left_behind, of_weighed, order_papers, whereto, with_due
from wms.shipping.holding import ScaleSaysTooHeavy
from wms.shipping.scan_pack import far_off, next_in_hand, pack, take_up, to_pack
from wms.shipping.weighing import Tolerance, Verdict, WeightWanted
from wms.shipping.words import tail, weight
from wms.stock import handling_units


class WeightOrOrder(Doubt):
    """A number that is both."""

    code = "weight_or_order"
    sentence = T("{number} is an order as well as a weight in grams", "{number} 既是订单号，也可能是克数")
    advice = T("For the weight, enter it again; for the order, leave the weight first", "如为重量请再输入一次；如为订单请先结束称重")


class WeightFarOff(Doubt):
    """The scale and the book differ by more than packing explains: something is missing, or too much."""

    code = "weight_far_off"
    sentence = T("{given}, but by the book it is {expected}", "实称 {given}，账面应为 {expected}")
    advice = T("Count the carton again; if it is right, weigh it again", "请重新清点箱内货物；无误则再次称重")


def _tolerance() -> Tolerance:
    house = current_app.config["WMS"]
    far = (house.weight_limit_percent, house.weight_limit_grams)
    return Tolerance(house.weight_tolerance_percent, house.weight_tolerance_grams, *far)


def _facts(notes: Notes) -> list[Fact]:
    carton = Fact(T("Carton", "箱"), tail(notes["carton"]), detail=notes["number"], strong=True)
    bound = staging.bound_for(notes["order"])
    onward = [Fact(T("Then to", "然后送往"), bound.place, detail=bound.detail)] if bound else []
    refused = [Fact(T("Not taken", "未接受"), weight(notes["off"]))] if notes.get("off") else _left_to_decide(notes)
    return [carton, *refused, *onward]


def _left_to_decide(notes: Notes) -> list[Fact]:
    """What somebody else read off the scale, for the supervisor who decides about it."""
    if not notes.get("refused"):
        return []
    grams, expected, person = notes["refused"]
    detail = T("{person}; by the book {expected}", "{person}；账面应为 {expected}", person=person, expected=weight(expected or 0))
    return [Fact(T("Not taken", "未接受"), weight(grams), detail=detail if expected else person)]


def _said_twice(scan: Scan, notes: Notes) -> bool:
    """Whether the very weight that did not fit is given again: it was counted again, and is meant."""
    return bool(notes.get("off")) and notes.get("said") == scan.text


@pack.step(
    "weight",
    ask=T("Weigh the carton", "称重"),
    accepts=[Kind.WEIGHT, Kind.DOCUMENT, Kind.HANDLING_UNIT],
    documents=to_pack,
    leads_to=["start", "product", "service", "weight", "out"],
    facts=_facts,
    hint=T("Grams or 1.25 kg; or the next order", "克数或 1.25 kg；或下一张订单"),
    help=T("Type grams or kilograms, choose Read scale, or go on with the next order", "输入克数或公斤，点“读秤”，或直接扫描下一张订单"),
)
def weigh(scan: Scan, notes: Notes) -> Go:
    if scan.kind is not Kind.WEIGHT:
        return take_up(scan, notes)
    if not (scan.again or _said_twice(scan, notes)) and found.order(scan.text, scan.by) is not None:
        raise WeightOrOrder(number=scan.text)
    return _weighed(scan, notes, scan.quantity)


def _ask_the_scale(notes: Notes) -> int:
    """What stands on the bench's scale; before the transaction, for a scale may be slow."""
    return scales.at(notes["scale"]).grams()


@pack.command(
    "weight",
    "SCALE",
    label=T("Read scale", "读秤"),
    leads_to=["start", "weight", "product"],
    when=lambda notes: bool(notes.get("scale")),
    outside=_ask_the_scale,
)
def read_scale(scan: Scan, notes: Notes) -> Go:
    """The bench's scale says it."""
    return _weighed(scan, notes, int(scan.found))


def _weighed(scan: Scan, notes: Notes, grams: int) -> Go:
    """What fits is taken; what is doubtful when it is weighed again; what is beyond the limit by a supervisor alone."""
    verdict, expected = weighing.judge(notes["carton"], grams, _tolerance(), by=scan.by)
    told: dict[str, Any] = {"given": weight(grams), "expected": weight(expected or 0)}
    if verdict is not Verdict.FITS and not _said_twice(scan, notes):
        raise WeightFarOff(**told, grams=grams)
    was = handling_units.find(notes["carton"], by=scan.by).weight_grams
    done = weighing.weigh(notes["order"], notes["carton"], grams, _tolerance(), by=scan.by)
    if done is Verdict.BEYOND and not weighing.may_accept(scan.by):
        said = T("{given} instead of {expected}: a supervisor decides", "{given}，应为 {expected}：须主管处理", **told)
        then = T("Put the carton aside, or correct it and weigh again", "请将箱子放到一旁，或更正后重新称重")
        return Go("weight", notes={"off": grams, "said": None}, say=said, detail=then, tone="stop", posted=True)
    said = T("Carton {carton} weighs {weight}", "箱 {carton} 重 {weight}", carton=tail(notes["carton"]), weight=weight(grams))
    papers, due = of_weighed(notes, notes["carton"], was=was, grams=grams)
    go = _next_to_weigh(scan, notes, said)
    go = replace(go, notes={**go.notes, **due}, printed=papers)
    return go if go.step != "start" else with_due(go, {**notes, **due})


def _next_to_weigh(scan: Scan, notes: Notes, said: Text) -> Go:
    """Who weighs one carton of an order is asked for its others that are closed; a full one's successor is packed on."""
    if here := next_in_hand(notes):
        return Go("product", notes=here, say=said, posted=True)
    waved = notes.get("waved") or []
    others = [code for code in repacking.not_weighed(notes["order"]) if code not in waved and not weighing.is_unsettled(code, by=scan.by)]
    if not others:
        return Go("start", say=said, detail=whereto(notes["order"]), posted=True)
    then = T("Now carton {carton} of {number}", "再称 {number} 的箱 {carton}", carton=tail(others[0]), number=notes["number"])
    following: dict[str, Any] = {"carton": others[0], "moves": None, "off": None, "said": None, "refused": None}
    return Go("weight", notes=following, say=said, detail=then, posted=True)


@pack.when_moved_on(WeightFarOff, ScaleSaysTooHeavy, leads_to=["weight"])
def did_not_fit(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The weight is not taken, and not forgotten: what is in the carton is counted again, or a supervisor looks at it."""
    refusal = scan.found
    return Go("weight", notes={"off": refusal.facts["grams"], "said": recognise.cleaned(scan.text)}, detail=refusal.advised)


@pack.command("weight", "DONE", label=T("No weight", "不称重"), leads_to=["start", "product"], when=lambda notes: not far_off(notes))
def no_weight(scan: Scan, notes: Notes) -> Go:
    if weighing.is_unsettled(notes["carton"], by=scan.by):
        raise WeightWanted(carton=tail(notes["carton"]))
    if here := next_in_hand(notes):
        waved = [*(notes.get("waved") or []), notes["carton"]]
        said = T("Go on with carton {carton}", "用箱 {carton} 继续", carton=tail(notes["then"]))
        return with_due(Go("product", notes={**here, "waved": waved}, say=said, tone="calm", posted=True), notes)
    return with_due(Go("start", say=whereto(notes["order"]), tone="calm", posted=True), notes)


@pack.command("weight", "SKIP", label=T("Put aside", "放到一旁"), leads_to=["start", "product"], when=far_off)
def put_aside(scan: Scan, notes: Notes) -> Go:
    """A supervisor weighs it, or settles the difference; until then it goes on no truck."""
    leave_unweighed(scan, notes)
    said = T("Carton {carton} waits for a supervisor", "箱 {carton} 待主管处理", carton=tail(notes["carton"]))
    then, here = T("Put it aside; it goes on no truck before", "请放到一旁，处理前不能装车"), next_in_hand(notes)
    return with_due(Go("product" if here else "start", notes=here or {}, say=said, detail=then, tone="ask", posted=True), notes)


def leave_unweighed(scan: Scan, notes: Notes) -> None:
    """A weight that did not fit is left behind: somebody else sees to it."""
    if notes.get("off"):
        weighing.put_aside(notes["order"], notes["carton"], notes["off"], by=scan.by)


@pack.on_leave
def leave_bench(scan: Scan, notes: Notes) -> None:
    leave_unweighed(scan, notes)
    left_behind(notes, scan)
    if "order" in notes:
        packing.leave(notes["order"], by=scan.by)


@pack.command("weight", "TRACKING", label=T("Tracking number", "运单号"), leads_to=["tracking"])
def ask_tracking(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("tracking", tone="calm")


@pack.step(
    "tracking",
    ask=T("Scan the carrier's label", "扫描承运商面单"),
    accepts=[Kind.SERIAL],
    leads_to=["weight"],
    facts=_facts,
    hint=T("Tracking number", "运单号"),
    help=T("The number that the carrier gave to this carton", "承运商为本箱提供的运单号"),
)
def read_tracking(scan: Scan, notes: Notes) -> Go:
    """The carrier's number is on the carton, on its label and on the shipment."""
    done = tracking.put(notes["carton"], scan.value, by=scan.by)
    said = T("{number} is on carton {carton}", "运单号 {number} 已登记到箱 {carton}", number=done.number, carton=tail(notes["carton"]))
    due = notes["carton"] in (notes.get("unprinted") or [])
    again = [replace(one, reason=_AGAIN["CHANGED"].both()) for one in carton_papers(notes["carton"])]
    return Go("weight", say=said, posted=True, printed=[] if due else again)


_AGAIN = {
    "JAMMED": T("Printer jammed", "打印机卡纸"),
    "SPOILED": T("Spoiled or unreadable", "破损或不清晰"),
    "LOST": T("Lost", "遗失"),
    "CHANGED": T("It says something else now", "内容已变更"),
}


def _is_printed(notes: Notes) -> bool:
    return notes["carton"] not in (notes.get("unprinted") or [])


@pack.command("weight", "PRINT", label=T("Print again", "重新打印"), leads_to=["again"], when=_is_printed)
def why_again(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("again")


@pack.step("again", ask=T("Why print again?", "为何重打？"), accepts=[Kind.REASON], reasons=_AGAIN, leads_to=["weight"])
def print_again(scan: Scan, notes: Notes) -> Go:
    """Whoever looks for the second label of a carton finds why there is one."""
    papers = [*carton_papers(notes["carton"]), *([] if notes.get("note") else order_papers(notes["order"]))]
    printed = [replace(one, reason=_AGAIN[scan.value].both()) for one in papers]
    return Go("weight", say=T("Printed again", "已重新打印"), printed=printed)
