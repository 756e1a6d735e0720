"""Inspections at the desk: what waits for a result and since when, one with its result, and the rules with their try-out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Partner, Product
from wms.catalog.products import NotCounted, ProductUnknown, find_product
from wms.db import session, transaction
from wms.errors import Invalid
from wms.i18n import T, Text, counted, units
from wms.orders import boards
from wms.orders.lines import find_partner
from wms.orders.models import InboundKind
from wms.receiving import disposition, inspection, inspection_queries, inspection_rules, sampling
from wms.receiving.inspection import DEFECTS, Verdict
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Inspection, InspectionRule, InspectionStatus, Sampling
from wms.receiving.screens import company_prefix
from wms.stock.views import as_shown
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.idempotency import new_key
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import RECEIVING, RULES, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field, refused

blueprint = Blueprint("inspections", __name__, url_prefix="/receiving")
navigation = [
    Entry(RECEIVING, T("Inspections", "检验"), "inspections.index", Permission.SEE_STOCK, count=inspection_queries.open_inspections),
    Entry(RULES, T("Inspection rules", "检验规则"), "inspections.rules", Permission.MASTER_DATA),
]

S = InspectionStatus
_LATE_HOURS = 24
_SORTS: dict[str, Any] = {
    "age": Inspection.id,
    "quantity": (Inspection.quantity, Inspection.id),
    "sku": (Product.sku_key, Inspection.id),
}
_COLUMNS = [
    Column(T("Inspection", "检验单"), lambda row: row.number),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Inbound order", "到货通知"), lambda row: row.inbound_order),
    Column(T("Supplier", "供应商"), lambda row: row.supplier_name),
    Column(T("SKU", "商品编码"), lambda row: row.sku),
    Column(T("Product", "商品"), lambda row: row.name),
    Column(T("Lot", "批号"), lambda row: row.lot),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("Drawn", "抽样"), lambda row: row.sample_size),
    Column(T("Accepted", "合格"), lambda row: row.accepted),
    Column(T("Concession", "让步接收"), lambda row: row.conceded),
    Column(T("Rejected", "不合格"), lambda row: row.rejected),
    Column(T("Certificate", "合格证号"), lambda row: row.certificate),
    Column(T("Opened", "创建"), lambda row: row.opened_at),
    Column(T("Ended", "结束"), lambda row: row.ended_at),
    Column(T("By", "检验人"), lambda row: row.ended_by),
]


class NotANumber(Invalid):
    """A field that wants a number has none."""

    code = "not_a_number"
    sentence = T("A whole number", "请填写整数")


# -- the list and one of them --------------------------------------------------------------------------------------------------


@blueprint.get("/inspections")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """What waits for a result, the oldest first; or all of them."""
    wanted = arg("status") or S.OPEN.value
    status = S(wanted) if wanted in set(S) else None
    statement = inspection_queries.statement(by=actor(), status=status, q=arg("q") or "")
    default = "age" if status is S.OPEN else "-age"
    if wants_export():
        return export("inspections", _COLUMNS, inspection_queries.views(list(rows_of(statement, _SORTS, default))))
    page = page_of(statement, _SORTS, default)
    oldest = inspection_queries.oldest_open(actor())
    return render(
        "receiving/inspections",
        page=replace(page, items=inspection_queries.views(page.items)),
        statuses=list(S),
        chosen=wanted,
        open=inspection_queries.open_inspections(actor()),
        hours=int((clock.now() - oldest).total_seconds() // 3600) if oldest else 0,
        late_hours=_LATE_HOURS,
        why=_why,
    )


def _why(one: inspection_queries.InspectionView) -> Text:
    """What an inspection waits for, or how it ended."""
    if one.status is S.OPEN and one.waits_for_certificate:
        return T("Waits for its certificate number", "等待合格证号")
    if one.status is S.OPEN and one.person:
        return T("{person} is at it", "{person} 检验中", person=one.person)
    if one.status is S.OPEN and one.failed:
        return T("The sample has failed", "抽样不合格")
    if one.conceded:
        return T("Allowed by {person}: {reason}", "{person} 批准让步：{reason}", person=one.allowed_by, reason=one.concession)
    return T("{text}", "{text}", text=one.note or "")


@blueprint.get("/inspections/<path:number>")
@allow(Permission.SEE_STOCK)
def one(number: str) -> ResponseReturnValue:
    """One inspection: the goods, what is drawn, what was found, and the form of its result."""
    return _page(number, {}, {})


def _page(number: str, values: Any, errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    by = actor()
    found = inspection.find(number, by=by)
    view = inspection_queries.view_of(found, by=by)
    held = sum(one.free for one in disposition.held(inspection.goods_of(found), by=by)) if view.status is S.OPEN else 0
    answer = render(
        "receiving/inspection",
        one=view,
        held=held,
        defects=DEFECTS,
        values=values,
        errors=errors,
        why=_why(view),
        reasons=[reason[access.language()] for reason in view.why],
        may_inspect=by.may(Permission.INSPECT) and view.status is S.OPEN,
        may_decide=by.may(Permission.DECIDE),
    )
    return answer, status


@blueprint.post("/inspections/<path:number>/result")
@allow(Permission.INSPECT)
def result(number: str) -> ResponseReturnValue:
    """The result, for all of the goods or a part of them."""
    by, errors = actor(), dict[str, str]()
    with refused(errors), transaction():
        if not first_time(by=by):
            return redirect(url_for("inspections.one", number=number))
        key = request.form.get("once") or new_key()
        goods = session.get_one(Product, inspection.find(number, by=by).product_id)
        with as_shown(goods.decimals, "open", "defective", "most", "fails_from"):
            found = inspection.result(number, _verdict(goods.decimals), by=by, key=f"inspect:{key}", company_prefix=company_prefix())
        counts = found.inspection
        good = units(counts.accepted + counts.conceded, goods.decimals)
        words = T("{number}: {good} accepted, {bad} rejected", "{number}：合格 {good}，不合格 {bad}")
        flash(
            words.say(access.language(), number=counts.number, good=good, bad=units(counts.rejected, goods.decimals)),
            "ask" if counts.rejected else "good",
        )
        for unit in found.units:
            flash(T("The rejected ones have label {code}", "不合格品标签 {code}", code=unit.code).say(access.language()), "ask")
    if errors:
        return _page(number, request.form, errors, 422)
    return redirect(url_for("inspections.one", number=number))


def _verdict(decimals: int) -> Verdict:
    return Verdict(
        accepted=_some("accepted", decimals),
        conceded=_some("conceded", decimals),
        rejected=_some("rejected", decimals),
        defects={reason: many for reason in DEFECTS if (many := _some(f"defect_{reason}", decimals))},
        sorted_out=bool(field("sorted_out")),
        certificate=field("certificate")[:80] or None,
        concession=field("concession")[:200] or None,
        note=field("note")[:500] or None,
    )


def _some(name: str, decimals: int) -> int:
    """A quantity, typed as it is shown."""
    if not decimals or not field(name):
        return _whole(name)
    if (pieces := counted(field(name), decimals)) is None:
        raise NotCounted(pointer=f"/{name}", typed=field(name)[:20], decimals=decimals)
    return pieces


def _whole(name: str, default: int = 0) -> int:
    typed = field(name)
    if not typed:
        return default
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 12):
        raise NotANumber(pointer=f"/{name}")
    return int(typed)


@blueprint.post("/inspections/<path:number>/certificate")
@allow(Permission.INSPECT)
def certificate(number: str) -> ResponseReturnValue:
    """The quality certificate of production that came without."""
    try:
        with transaction():
            inspection.enter_certificate(number, field("certificate")[:80], by=actor())
        flash(T("Certificate number saved", "合格证号已登记").say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("inspections.one", number=number))


@blueprint.post("/inspections/<path:number>/drop")
@allow(Permission.DECIDE)
def drop(number: str) -> ResponseReturnValue:
    """Its goods are gone."""
    try:
        with transaction():
            inspection.drop(number, by=actor(), reason=field("reason")[:500])
        flash(T("{number} is closed", "{number} 已结束", number=number).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("inspections.one", number=number))


# -- the rules -----------------------------------------------------------------------------------------------------------------


@blueprint.get("/inspection-rules")
@allow(Permission.MASTER_DATA)
def rules() -> ResponseReturnValue:
    """The rules in their order, and the try-out: would this be inspected, and why?"""
    return _rules_page({}, {})


def _rules_page(values: Any, errors: dict[str, str], status: int = 200, editing: InspectionRule | None = None) -> ResponseReturnValue:
    found = inspection_rules.all_rules(by=actor())
    names = inspection_rules.names_of(found)
    tried, tried_error = _tried()
    answer = render(
        "receiving/inspection_rules",
        rules=[(rule, _conditions(rule, *names[rule.id]), _often(rule), _drawn(rule)) for rule in found],
        values=values,
        errors=errors,
        editing=editing,
        kinds=list(InboundKind),
        samplings=list(Sampling),
        aqls=[(aql, sampling.aql_text(aql)) for aql in sampling.AQLS],
        suppliers=boards.partner_choices("supplier", "customer"),
        products=boards.product_choices(),
        tried=tried,
        tried_error=tried_error,
    )
    return answer, status


def _conditions(rule: InspectionRule, supplier: str | None, sku: str | None) -> list[Text | str]:
    found: list[Text | str] = [one for one in (supplier, sku) if one]
    if rule.storage_class:
        found.append(T("class {name}", "存储类别 {name}", name=rule.storage_class))
    if rule.abc:
        found.append(T("ABC class {name}", "{name} 类", name=rule.abc))
    if rule.kind:
        found.append(InboundKind(rule.kind).text)
    return found or [T("everything", "全部")]


def _often(rule: InspectionRule) -> Text:
    if not rule.inspects:
        return T("let through", "免检")
    if rule.every == 1:
        return T("each delivery", "每批")
    if rule.first_too:
        return T("the first, then one in {n}", "首批，之后每 {n} 批一检", n=rule.every)
    return T("one delivery in {n}", "每 {n} 批一检", n=rule.every)


def _drawn(rule: InspectionRule) -> Text | None:
    return sampling.in_words(Sampling(rule.sampling), rule.sample, rule.allowed) if rule.inspects else None


def _tried() -> tuple[dict[str, Any] | None, str | None]:
    """The answer of the try-out, if the address asks."""
    if not arg("try_sku"):
        return None, None
    by, language = actor(), access.language()
    try:
        product = find_product(arg("try_sku") or "")
        supplier: Partner | None = find_partner(arg("try_supplier") or "", None, "/try_supplier") if arg("try_supplier") else None
    except REFUSALS as refusal:
        return None, refusal.say(language)
    kind = InboundKind(arg("try_kind") or "") if arg("try_kind") in set(InboundKind) else InboundKind.PURCHASE
    steps = inspection_rules.would(product, supplier.id if supplier else None, kind, by=by)
    rule = steps[-1][0] if steps and steps[-1][1] else None
    typed = arg("try_quantity") or "100"
    quantity = int(typed) if typed.isascii() and typed.isdecimal() and 0 < len(typed) < 10 and int(typed) else 100
    sample = None
    if rule is not None and rule.inspects:
        sample = sampling.sample_of(quantity, Sampling(rule.sampling), rule.sample, allowed=rule.allowed)
    return {"steps": steps, "decided": rule is not None, "sample": sample, "quantity": quantity, "product": product}, None


@blueprint.post("/inspection-rules")
@allow(Permission.MASTER_DATA)
def add() -> ResponseReturnValue:
    """A rule at the end of the list."""
    return _keep(None)


@blueprint.get("/inspection-rules/<int:rule_id>")
@allow(Permission.MASTER_DATA)
def rule(rule_id: int) -> ResponseReturnValue:
    """One rule, to be said otherwise."""
    found = inspection_rules.find_rule(rule_id, by=actor())
    return _rules_page(_values_of(found), {}, editing=found)


@blueprint.post("/inspection-rules/<int:rule_id>")
@allow(Permission.MASTER_DATA)
def change(rule_id: int) -> ResponseReturnValue:
    """The rule as it was typed."""
    return _keep(inspection_rules.find_rule(rule_id, by=actor()))


def _keep(editing: InspectionRule | None) -> ResponseReturnValue:
    by, errors = actor(), dict[str, str]()
    with refused(errors, {ProductUnknown: "/sku"}), transaction():
        if first_time(by=by):
            if editing is None:
                inspection_rules.add_rule(_new_rule(), by=by)
            else:
                inspection_rules.change_rule(editing.id, _new_rule(), by=by)
            flash(T("The rule was saved", "规则已保存").say(access.language()), "good")
    if errors:
        return _rules_page(request.form, errors, 422, editing)
    return redirect(url_for("inspections.rules"))


def _new_rule() -> NewRule:
    drawn = Sampling(field("sampling")) if field("sampling") in set(Sampling) else Sampling.ALL
    sample: int | None = None
    if drawn is Sampling.AQL:
        sample = _whole("aql")
    elif drawn in (Sampling.FIXED, Sampling.PERCENT):
        sample = _whole("sample")
    return NewRule(
        supplier=field("supplier") or None,
        sku=field("sku") or None,
        storage_class=field("storage_class")[:40] or None,
        abc=field("abc")[:1] or None,
        kind=InboundKind(field("kind")) if field("kind") in set(InboundKind) else None,
        inspects=field("decision") != "let",
        every=_whole("every", 1),
        first_too=bool(field("first_too")),
        sampling=drawn,
        sample=sample,
        allowed=_whole("allowed"),
        note=field("note")[:200] or None,
    )


def _values_of(rule: InspectionRule) -> dict[str, Any]:
    supplier, sku = inspection_rules.names_of([rule])[rule.id]
    drawn = Sampling(rule.sampling)
    return {
        "supplier": supplier,
        "sku": sku,
        "storage_class": rule.storage_class,
        "abc": rule.abc,
        "kind": rule.kind,
        "decision": "inspect" if rule.inspects else "let",
        "every": rule.every,
        "first_too": rule.first_too,
        "sampling": drawn.value,
        "sample": rule.sample if drawn is not Sampling.AQL else None,
        "aql": rule.sample if drawn is Sampling.AQL else None,
        "allowed": rule.allowed,
        "note": rule.note,
    }


@blueprint.post("/inspection-rules/<int:rule_id>/move")
@allow(Permission.MASTER_DATA)
def move(rule_id: int) -> ResponseReturnValue:
    """One place up or down, or away."""
    by, wanted = actor(), field("do")
    try:
        with transaction():
            if wanted == "remove":
                inspection_rules.remove_rule(rule_id, by=by)
            else:
                inspection_rules.move_rule(rule_id, up=wanted == "up", by=by)
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("inspections.rules"))
