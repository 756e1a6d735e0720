"""The work list of differences at the desk: whose turn it is, take it over, hand it on, settle it with its goods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.auth.models import Person
from wms.db import session, transaction
from wms.errors import Invalid
from wms.i18n import T
from wms.orders import boards, difference_queries
from wms.orders import differences as noting
from wms.orders.difference_queries import DifferenceView, Filter
from wms.orders.models import DifferenceKind, DifferenceStatus, Outcome
from wms.orders.timeline import reason_text
from wms.photos import photos
from wms.receiving import photo_subjects, settling
from wms.receiving.screens import company_prefix, scrap_alone
from wms.web import access, home
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.home import Board, Figure, Panel
from wms.web.idempotency import new_key
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import RECEIVING, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field

blueprint = Blueprint("differences", __name__, url_prefix="/receiving/differences")

_COLUMNS = [
    Column(T("Number", "编号"), lambda row: row.number),
    Column(T("What", "差异类型"), lambda row: row.kind.text),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Inbound order", "到货通知"), lambda row: row.inbound_order),
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("From", "来自"), lambda row: row.partner),
    Column(T("Arrival", "到货车辆"), lambda row: row.arrival),
    Column(T("SKU", "商品编码"), lambda row: row.sku),
    Column(T("Product", "商品"), lambda row: row.what),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("Reason", "原因"), lambda row: reason_text(row.reason) if row.reason else None),
    Column(T("Note", "备注"), lambda row: row.note),
    Column(T("Owner", "处理人"), lambda row: row.person_name or row.owner.text),
    Column(T("Noted", "记录时间"), lambda row: row.noted_at),
    Column(T("Noted by", "记录人"), lambda row: row.noted_by),
    Column(T("Outcome", "处理结果"), lambda row: row.outcome.text if row.outcome else None),
    Column(T("Ended", "处理时间"), lambda row: row.ended_at),
    Column(T("What was agreed", "处理说明"), lambda row: row.ending),
]


class NobodyThere(Invalid):
    """It is handed to somebody."""

    code = "nobody_there"
    sentence = T("Say to whom it goes", "请选择转交给谁")


def _late_after() -> int:
    return int(current_app.config["WMS"].differences_late_days)


def _row(found: Any) -> DifferenceView:
    return difference_queries.view_of(found, late_after_days=_late_after())


@blueprint.get("")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """What came in otherwise than announced, the oldest first."""
    by = actor()
    wanted = Filter(
        q=arg("q") or "",
        status=arg("status") or DifferenceStatus.OPEN.value,
        owner=arg("owner") or "",
        kind=arg("kind") or "",
        partner=arg("partner") or "",
        late=arg("late") is not None,
    )
    statement = difference_queries.statement(wanted, by=by, late_after_days=_late_after())
    if wants_export():
        return export("differences", _COLUMNS, map(_row, rows_of(statement, difference_queries.SORTS, "age")))
    page = page_of(statement, difference_queries.SORTS, "age")
    rows = [_row(one) for one in page.items]
    return render(
        "receiving/differences",
        page=replace(page, items=rows),
        photos=photos.of_many(photo_subjects.DIFFERENCE.kind, [one.id for one in rows]),
        figures=_figures(by),
        kinds=list(DifferenceKind),
        statuses=list(DifferenceStatus),
        owners=(Role.SUPERVISOR, Role.SALES, Role.FINANCE, Role.RECEIVER),
        partners=boards.partner_choices("supplier", "customer"),
        reason=reason_text,
    )


def _figures(by: Actor) -> dict[str, int]:
    asked = {"open": Filter(), "mine": Filter(owner="mine"), "late": Filter(late=True)}
    return {name: difference_queries.how_many(one, by=by, late_after_days=_late_after()) for name, one in asked.items()}


@blueprint.get("/<path:number>")
@allow(Permission.SEE_STOCK)
def one(number: str) -> ResponseReturnValue:
    """One difference: what happened, whose it is, and how it may be settled."""
    by = actor()
    found = difference_queries.find(number, by=by, late_after_days=_late_after())
    if found is None:
        raise noting.DifferenceUnknown(number=number)
    return render(
        "receiving/difference",
        one=found,
        outcomes=noting.OUTCOMES[found.kind],
        with_goods=settling.WITH_GOODS,
        lying=settling.lying(number, by=by) if found.status is DifferenceStatus.OPEN else [],
        sure=arg("sure") == Outcome.SCRAPPED.value,
        agreed=(arg("text") or "")[:500],
        people=difference_queries.people_who_decide(by=by),
        roles=(Role.SUPERVISOR, Role.SALES, Role.FINANCE),
        mine=found.person_id == by.id,
        reason=reason_text,
    )


@blueprint.post("/<path:number>/take")
@allow(Permission.DECIDE)
def take(number: str) -> ResponseReturnValue:
    """The person sees to it."""
    by = actor()
    try:
        with transaction():
            noting.hand_to(number, by=by, person=session.get_one(Person, by.id))
        flash(T("{number} is yours", "{number} 由您处理", number=number).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("differences.one", number=number))


@blueprint.post("/<path:number>/hand")
@allow(Permission.DECIDE)
def hand(number: str) -> ResponseReturnValue:
    """Somebody else sees to it: `to` is a person's code, or a role as `role:sales`."""
    by, to = actor(), field("to")
    try:
        with transaction():
            role = to.removeprefix("role:") if to.startswith("role:") else ""
            if role in set(Role):
                noting.hand_to(number, by=by, role=Role(role))
            else:
                somebody = difference_queries.person(to, by=by) if to else None
                if somebody is None:
                    raise NobodyThere
                noting.hand_to(number, by=by, person=somebody)
        flash(T("{number} is handed on", "{number} 已转交", number=number).say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("differences.one", number=number))


@blueprint.post("/<path:number>/settle")
@allow(Permission.DECIDE)
def settle(number: str) -> ResponseReturnValue:
    """It ends, and with it what came of its goods. What is to be scrapped is shown once more first, with the place where it lies."""
    by = actor()
    if field("outcome") == Outcome.SCRAPPED.value and not field("sure") and settling.lying(number, by=by):
        return redirect(url_for("differences.one", number=number, sure="scrapped", text=field("text")[:500] or None))
    try:
        with transaction():
            if first_time(by=by):
                outcome = _outcome(field("outcome"))
                key = request.form.get("once") or new_key()
                _, decided = settling.settle(
                    number,
                    outcome,
                    by=by,
                    key=f"settle:{key}",
                    company_prefix=company_prefix(),
                    text=field("text")[:500] or None,
                    scrap_alone=scrap_alone(),
                )
                said_so = T("{number} settled: {outcome}", "{number} 已处理：{outcome}", number=number, outcome=outcome.text)
                flash(said_so.say(access.language()), "good")
                if decided is not None and decided.inspections:
                    waits = T("The goods wait for inspection {numbers}", "货物待检：{numbers}", numbers=", ".join(decided.inspections))
                    flash(waits.say(access.language()), "ask")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("differences.one", number=number))


class OutcomeMissing(Invalid):
    """How it ends is said by whoever ends it."""

    code = "outcome_missing"
    sentence = T("Say how it was settled", "请选择处理结果")


def _outcome(text: str) -> Outcome:
    if text not in set(Outcome):
        raise OutcomeMissing
    return Outcome(text)


# -- the home board ------------------------------------------------------------------------------------------------------------


def _board(who: Actor) -> Board:
    figures, href = _figures(who), url_for("differences.index")
    rows = [
        home.Row(
            one.number,
            url_for("differences.one", number=one.number),
            why=T("{kind} · {what}", "{kind} · {what}", kind=one.kind.text, what=one.inbound_order or one.order or one.what),
            at=one.noted_at,
            tone=one.tone or "calm",
            status=one.owner.text,
        )
        for one in difference_queries.oldest(by=who, late_after_days=_late_after())
    ]
    return Board(
        [
            Figure(T("Differences to settle", "待处理差异"), figures["open"], href),
            Figure(T("Open too long", "超期未处理"), figures["late"], url_for("differences.index", late=1), "stop"),
        ],
        rows,
        href,
        T("No difference is open.", "没有待处理的差异。"),
        figures["open"],
    )


navigation = [
    Entry(RECEIVING, T("Differences", "收货差异"), "differences.index", Permission.SEE_STOCK, count=difference_queries.waiting, tone="ask")
]
panels = [Panel("differences", T("Differences", "收货差异"), Permission.DECIDE, _board, roles=(Role.SUPERVISOR, Role.SALES))]
