"""The packing bench at the desk: how strictly goods are checked there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T
from wms.orders import boards, timeline
from wms.shipping import benches, booking, checks, tracking
from wms.shipping.bench_models import CheckPolicy
from wms.shipping.checks import Rule
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.navigation import SHIPPING, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS

blueprint = Blueprint("benches", __name__, url_prefix="/packing")
navigation = [Entry(SHIPPING, T("Bench rules", "打包台设置"), "benches.check_rules", Permission.SEE_TASKS)]
MOST = 1_000_000

timeline.teach("order.second_check", T("Second check by sample or trust; to scan: {to_scan}", "按抽检或免检复核，须扫描：{to_scan}"))
timeline.teach(
    "order.serial_exchanged",
    T("{sku}: {got} instead of {gave}, exchanged with {other}", "{sku}：与 {other} 对调，{gave} 换为 {got}"),
    "ask",
)
timeline.teach("order.carton_reopened", T("Carton {carton} opened again", "重新打开箱 {carton}"))
timeline.teach("order.tracking", T("{of}: tracking number {tracking}", "{of}：运单号 {tracking}"))
_TAKEN = T("Carton {carton}: {grams} g taken, {expected} g expected", "箱 {carton}：实重 {grams} 克已接受，应为 {expected} 克")
_NOT_TAKEN = T("Carton {carton}: {grams} g not taken, {expected} g expected", "箱 {carton}：实重 {grams} 克未接受，应为 {expected} 克")
timeline.teach("order.weight_accepted", _TAKEN, "ask")
timeline.teach("order.weight_refused", _NOT_TAKEN, "stop")
timeline.teach_reasons({"AT_BENCH": T("Found at the bench", "打包台发现"), checks.TRUSTED: T("Packed on trust", "免检装箱")})
teach("stray_at_bench", T("Turned up at the bench among {order}", "在打包台 {order} 的货物中发现"))


class RuleForm(Form):
    """How strictly a product is checked, or all that goes to a customer."""

    sku: str | None = Field(default=None, max_length=80)
    customer: str | None = Field(default=None, max_length=80)
    policy: CheckPolicy = CheckPolicy.EVERY
    every_orders: int | None = Field(default=None, ge=1, le=MOST)
    pieces: int | None = Field(default=None, ge=1, le=MOST)


@blueprint.get("/rules")
@allow(Permission.SEE_TASKS)
def check_rules() -> ResponseReturnValue:
    """The rules, and the form for one; with `sku` or `customer` it is filled in."""
    chosen = {name: request.args.get(name) for name in ("sku", "customer")}
    values: dict[str, Any] = {"policy": CheckPolicy.SAMPLE.value}
    for row in checks.listed():
        if any(chosen.values()) and (row.sku or None, row.customer or None) == (chosen["sku"], chosen["customer"]):
            values = {"sku": row.sku, "customer": row.customer, "policy": row.rule.policy.value}
            values |= {"every_orders": row.rule.every_orders, "pieces": row.rule.pieces}
    return _page(values, {})


def _page(values: Any, errors: dict[str, str]) -> str:
    facts = {"policies": list(CheckPolicy), "customers": boards.partner_choices("customer"), "products": boards.product_choices()}
    return render(
        "shipping/check_rules",
        rules=checks.listed(),
        benches=benches.listed(actor()),
        accounts=booking.accounts(),
        waiting=booking.waiting(by=actor()),
        values=values,
        errors=errors,
        **facts,
    )


@blueprint.post("/rules")
@allow(Permission.MASTER_DATA)
def put_rule() -> ResponseReturnValue:
    """Says how strictly something is checked from now on."""
    form, errors = read(RuleForm)
    if form is not None:
        with refusals(errors), transaction():
            if first_time(by=actor()):
                checks.put(Rule(form.policy, form.every_orders, form.pieces), sku=form.sku, customer=form.customer)
                words = T("Check rule for {code} is saved", "{code} 的复核规则已保存", code=form.sku or form.customer)
                flash(words.say(access.language()), "good")
            return redirect(url_for("benches.check_rules"))
    return _page(request.form, errors), 422


@blueprint.post("/benches")
@allow(Permission.MANAGE_PRINTERS)
def put_bench() -> ResponseReturnValue:
    """Says which scale stands at a bench."""
    try:
        with transaction():
            place = benches.put(request.form.get("bench", ""), request.form.get("scale", "")[:200], by=actor())
        flash(T("{bench} is saved", "{bench} 已保存", bench=place.code).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("benches.check_rules"))


@blueprint.post("/tracking")
@allow(Permission.PACK)
def put_tracking() -> ResponseReturnValue:
    """Writes a carrier's number on a parcel or a shipment, from the shipment's page."""
    try:
        with transaction():
            done = tracking.put(request.form.get("of", ""), request.form.get("tracking", ""), by=actor())
        flash(T("Tracking number {number} saved", "运单号 {number} 已保存", number=done.number).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("shipping.one_shipment", number=request.form.get("shipment", "")))


@blueprint.post("/carriers")
@allow(Permission.MASTER_DATA)
def put_carrier() -> ResponseReturnValue:
    """Says how parcels of a carrier get their numbers."""
    form = request.form
    try:
        with transaction():
            if form.get("do") == "remove":
                booking.remove_account(form.get("carrier", ""), by=actor())
            else:
                limits = {name: int(form.get(name) or 0) if (form.get(name) or "0").isdecimal() else 0 for name in ("first", "last")}
                words = {name: form.get(name, "").strip().upper() for name in ("service", "country")}
                booking.put_account(form.get("carrier", ""), "own_range", {**words, **limits}, by=actor())
        flash(T("{carrier} is saved", "{carrier} 已保存", carrier=form.get("carrier", "")[:80]).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("benches.check_rules"))


@blueprint.post("/rules/remove")
@allow(Permission.MASTER_DATA)
def remove_rule() -> ResponseReturnValue:
    """Nothing special holds for it any more: every piece is checked."""
    try:
        with transaction():
            checks.remove(sku=request.form.get("sku") or None, customer=request.form.get("customer") or None)
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("benches.check_rules"))
