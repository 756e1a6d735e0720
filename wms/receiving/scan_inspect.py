"""The scanner where goods are inspected: what is drawn, what is found defective, and what is decided."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import session
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import InboundOrder
from wms.printing.models import Takes
from wms.receiving import inquiries, inspection, inspection_queries
from wms.receiving.inspection import DEFECTS, Verdict
from wms.receiving.models import Inspection, InspectionStatus
from wms.receiving.screens import company_prefix, goods_facts, many, mixed_hint, plate_label, product_notes, quantity_fact
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Printed, Scan
from wms.scan.given import because
from wms.scan.stationed import asks_where_to_print
from wms.stock.models import Batch, HandlingUnit
from wms.tasks import next_best, queue
from wms.tasks.models import Task, TaskKind
from wms.tasks.queries import to_take

CONCESSIONS = {
    "HARMLESS": T("Does no harm to its use", "不影响使用"),
    "AGREED": T("Agreed with the customer", "客户已同意"),
    "PRICE": T("The sender lowers the price", "发货方降价处理"),
    "URGENT": T("Needed at once", "急需使用"),
}
"""Why something is accepted that is not as it should be."""


class NothingToInspect(NotFound):
    """No inspection waits there."""

    code = "nothing_to_inspect"
    sentence = T("Nothing of {what} waits for inspection", "{what} 没有待检货物")
    advice = T("Scan another pallet, or choose Get work", "请扫描其他托盘，或点“领取任务”")


class NoInspection(NotFound):
    """Nothing waits at all."""

    code = "no_work"
    sentence = T("Nothing waits for inspection", "没有待检货物")
    advice = T("Scan a pallet, or choose other work", "请扫描托盘，或选择其他作业")


def _facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if notes.get("from"):
        facts.insert(0, Fact(T("At", "位置"), notes["from"], detail=notes.get("plate")))
    if notes.get("quantity"):
        facts.append(quantity_fact(T("To decide", "待判定"), notes["quantity"], notes.get("base_unit")))
    if notes.get("draw"):
        limit = T("fails from {fails}", "{fails} 件即不合格", fails=notes["fails"])
        facts.append(Fact(T("Draw", "抽样"), many(notes["draw"], notes), detail=limit, strong=True))
    if notes.get("defective"):
        facts.append(Fact(T("Defective", "不合格"), many(notes["defective"], notes), detail=_FAILED if notes["failed"] else None))
    return facts


_FAILED = T("the sample has failed", "抽样不合格")

inspecting = Flow(
    "inspect",
    title=T("Inspect", "检验"),
    needs=Permission.INSPECT,
    document="inspection",
    facts=_facts,
    waiting=lambda by: to_take(TaskKind.INSPECT, by=by),
    station="place",
    prints=Takes.LABELS,
)


def _find(number: str, by: Actor) -> Inspection | InboundOrder | None:
    try:
        return inspection.find(number, by=by)
    except inspection.InspectionUnknown:
        found = inquiries.document(number, by=by)
        return found if isinstance(found, InboundOrder) else None


def _notes(one: Inspection) -> dict[str, Any]:
    """An inspection as its screens need it."""
    product = session.get_one(Product, one.product_id)
    batch = session.get_one(Batch, one.batch_id)
    unit = session.get(HandlingUnit, one.handling_unit_id) if one.handling_unit_id else None
    task = session.get(Task, one.task_id) if one.task_id else None
    place_id = unit.location_id if unit else task.source_id if task else None
    tracked = product.tracking != "none"
    return {
        **product_notes(product),
        "inspection": one.number,
        "task": one.task_id,
        "lot": batch.lot if tracked else None,
        "expires_on": batch.expires_on.isoformat() if batch.expires_on and tracked else None,
        "plate": unit.code if unit else None,
        "place": place_id,
        "from": session.get_one(Location, place_id).code if place_id else None,
        "quantity": one.open_quantity,
        "draw": one.sample_size,
        "fails": one.fails_from,
        "defective": inspection.defective(one),
        "left_out": max(0, inspection.defective(one) - one.rejected - one.conceded),
        "failed": inspection.has_failed(one) and one.sample_size < one.quantity,
        "certificate": one.certificate or "",
        "wanted": one.needs_certificate and not one.certificate,
    }


def _begin(found: list[Inspection], what: str, by: Actor, *, there: bool) -> Go:
    """The first of these, claimed: one's own before others. `there` when its plate is in hand already."""
    if not found:
        raise NothingToInspect(what=what)
    mine = set(session.execute(sa.select(Task.id).where(Task.id.in_([one.task_id for one in found]), Task.person_id == by.id)).scalars())
    one = next((one for one in found if one.task_id in mine), found[0])
    if one.task_id is not None:
        queue.claim(one.task_id, by=by)
    notes = {**_notes(one), "may_concede": by.may(Permission.DECIDE)}
    if notes["plate"] and not there:
        return Go("plate", notes=notes)
    return _on(notes)


def _on(notes: Notes, **more: Any) -> Go:
    """Where work goes on when the goods are at hand."""
    if notes["wanted"] and not notes.get("waits"):
        return Go("certificate", notes=notes, **more)
    return Go("sample" if notes["draw"] else "verdict", notes=notes, **more)


@inspecting.step(
    "unit",
    ask=T("Scan a pallet or a lot label", "扫描托盘或批次标签"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.DOCUMENT],
    documents=_find,
    help=T("Scan a pallet, goods, an inspection or a delivery", "可扫描托盘、货物、检验单或到货单"),
    leads_to=["plate", "certificate", "sample", "verdict"],
)
def scan_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    by = scan.by
    if scan.kind is Kind.HANDLING_UNIT:
        found = inspection_queries.open_for_unit(scan.handling_unit.id, by=by)
        return _begin(found, scan.value, by, there=True)
    if scan.kind is Kind.PRODUCT:
        lot = scan.gs1.lot if scan.gs1 is not None else None
        return _begin(inspection_queries.open_for_product(scan.product.id, by=by, lot=lot), scan.value, by, there=False)
    if isinstance(scan.document, InboundOrder):
        return _begin(inspection_queries.open_for_order(scan.document.id, by=by), scan.document.number, by, there=False)
    one: Inspection = scan.document
    if one.status != InspectionStatus.OPEN:
        raise inspection.InspectionOver(number=one.number, status=InspectionStatus(one.status).text)
    return _begin([one], one.number, by, there=False)


@inspecting.command("unit", "NEXT", label=T("Get work", "领取任务"), leads_to=["plate", "certificate", "sample", "verdict"])
def next_inspection(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    task = next_best.give([TaskKind.INSPECT], by=scan.by)
    if task is None:
        raise NoInspection
    one = session.execute(sa.select(Inspection).where(Inspection.task_id == task.id)).scalar_one()
    return because(task, _begin([one], one.number, scan.by, there=False))


asks_where_to_print(inspecting)


@inspecting.step(
    "plate",
    ask=T("Go to it and scan", "前往并扫描"),
    accepts=[Kind.HANDLING_UNIT],
    expected="plate",
    only_expected=True,
    leads_to=["certificate", "sample", "verdict"],
)
def scan_plate(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _on(notes)


@inspecting.command("plate", "SKIP", label=T("Skip", "跳过"), leads_to=["unit"])
def skip(scan: Scan, notes: Notes) -> Go:
    queue.give_back(notes["task"], by=scan.by)
    return Go("unit", say=T("Left for later", "稍后处理"), tone="calm")


@inspecting.step(
    "certificate",
    ask=T("Scan or type the certificate number", "扫描或输入合格证号"),
    accepts=[Kind.LOT],
    hint=T("Certificate number", "合格证号"),
    leads_to=["sample", "verdict"],
)
def scan_certificate(scan: Scan, notes: Notes) -> Go:
    one = inspection.enter_certificate(notes["inspection"], scan.value, by=scan.by)
    said = T("Certificate {number} is kept", "合格证 {number} 已登记", number=scan.value)
    return _on({**notes, **_notes(one)}, say=said, posted=True)


@inspecting.command("certificate", "SKIP", label=T("It is not here yet", "暂无合格证"), leads_to=["sample", "verdict"])
def without_certificate(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _on({**notes, "waits": True}, tone="ask", say=T("Without it nothing can be accepted", "无合格证不能判为合格"))


# -- the sample ----------------------------------------------------------------------------------------------------------------


def _draw(notes: Notes) -> Text:
    if notes.get("defective"):
        return T("Any more defective?", "还有不合格的吗？")
    return T("Draw {draw}: any defective?", "抽取 {draw}：有无不合格？")


@inspecting.step(
    "sample",
    ask=_draw,
    accepts=[Kind.REASON],
    reasons={"SOME": T("Some are defective", "有不合格")},
    hint=T("Choose: some, or no (more)", "选“有不合格”或“没有（了）”"),
    leads_to=["what"],
)
def sample_drawn(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("what")


@inspecting.command("sample", "DONE", label=T("No (more)", "没有（了）"), leads_to=["verdict"])
def sample_done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("verdict")


@inspecting.step(
    "what",
    ask=T("What is wrong?", "不合格原因"),
    accepts=[Kind.REASON],
    reasons={code.upper(): words for code, words in DEFECTS.items()},
    facts=lambda notes: _facts(notes)[-2 if notes.get("defective") else -1 :],
    leads_to=["defects"],
)
def found_defect(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("defects", notes={"defect": scan.value.lower()})


@inspecting.count(
    "defects",
    ask=lambda notes: T("How many: {wrong}", "数量：{wrong}", wrong=DEFECTS[notes["defect"]]),
    product="product",
    typed_confirms=True,
    from_label=False,
    leads_to=["sample"],
)
def defects_counted(scan: Scan, notes: Notes) -> Go:
    one = inspection.note_defects(notes["inspection"], {notes["defect"]: scan.quantity}, by=scan.by)
    return Go("sample", notes={**_notes(one), "defect": None}, say=T("{n} noted", "已记录 {n}", n=scan.quantity), tone="ask", posted=True)


# -- the result ----------------------------------------------------------------------------------------------------------------


def _choices(notes: Notes) -> dict[str, Text]:
    bad, rest = notes["left_out"], notes["quantity"] - notes["left_out"]
    found: dict[str, Text] = {}
    if not notes["failed"] and rest > 0:
        found["ACCEPT"] = (
            T("Accept {rest}, reject {bad}", "合格 {rest}，判退 {bad}", rest=rest, bad=bad) if bad else T("Accept all", "全部合格")
        )
    found["REJECT"] = T("Reject all", "全部判退")
    found["SORT"] = T("Sorted: count the good ones", "已挑选：清点合格品")
    if notes.get("may_concede"):
        found["CONCEDE"] = T("Accept all with concession", "让步接收")
    return found


@inspecting.step(
    "verdict",
    ask=lambda notes: T("Failed: decide", "抽样不合格：请判定") if notes["failed"] else T("Decide", "判定"),
    accepts=[Kind.REASON],
    reasons=_choices,
    hint=T("Choose the result", "选择判定结果"),
    leads_to=["unit", "good", "concession"],
)
def decided(scan: Scan, notes: Notes) -> Go:
    bad = notes["left_out"]
    if scan.value == "SORT":
        return Go("good")
    if scan.value == "CONCEDE":
        return Go("concession")
    if scan.value == "REJECT":
        return _result(Verdict(rejected=notes["quantity"]), scan, notes)
    return _result(Verdict(accepted=notes["quantity"] - bad, rejected=bad), scan, notes)


@inspecting.count(
    "good",
    ask=T("Count the good ones", "清点合格品"),
    hint=mixed_hint,
    product="product",
    zero=True,
    expected=lambda notes: notes["quantity"] - notes["left_out"],
    leads_to=["unit"],
)
def good_counted(scan: Scan, notes: Notes) -> Go:
    verdict = Verdict(accepted=scan.quantity, rejected=notes["quantity"] - scan.quantity, sorted_out=True)
    return _result(verdict, scan, notes)


@inspecting.step(
    "concession",
    ask=T("Why is it accepted?", "让步接收的原因"),
    accepts=[Kind.REASON],
    reasons=CONCESSIONS,
    leads_to=["unit"],
)
def conceded(scan: Scan, notes: Notes) -> Go:
    return _result(Verdict(conceded=notes["quantity"], concession=CONCESSIONS[scan.value].say(scan.by.language)), scan, notes)


_SAID = T("{number}: {good} accepted, {bad} rejected", "{number}：合格 {good}，不合格 {bad}")


def _result(verdict: Verdict, scan: Scan, notes: Notes) -> Go:
    found = inspection.result(notes["inspection"], verdict, by=scan.by, key=scan.key, company_prefix=company_prefix())
    printed: list[Printed] = [plate_label(unit) for unit in found.units]
    good = verdict.accepted + verdict.conceded
    said = _SAID.with_facts(number=notes["inspection"], good=good, bad=verdict.rejected)
    aside = T("Put the rejected ones on a pallet of their own", "请将不合格品单独放置并贴标签") if found.units else None
    return Go("unit", say=said, detail=aside, printed=printed, posted=True, tone="good" if good else "ask")


@inspecting.when_moved_on(inspection.InspectionOver, queue.TaskOver, leads_to=["unit"])
def moved_on(scan: Scan, notes: Notes) -> Go | None:  # noqa: ARG001
    if not notes.get("inspection"):
        return None
    return Go("unit", say=T("{number} was decided meanwhile", "{number} 已由他人判定", number=notes["inspection"]), tone="ask")


@inspecting.on_leave
def leave_inspection(scan: Scan, notes: Notes) -> None:
    if notes.get("task"):
        task = session.get(Task, notes["task"])
        if task is not None and task.person_id == scan.by.id:
            queue.give_back(task.id, by=scan.by)
