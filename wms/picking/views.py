"""Picking at the desk: what waits to be planned, waves and lists with their walk, faces that wait for goods, what came up short."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Literal

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, ValidationError

from wms import clock
from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.catalog.models import BinChoice
from wms.db import session, transaction
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import HowFar, T, Text, total, units
from wms.orders import line_queries, timeline
from wms.orders.models import OrderLine, OrderStatus
from wms.picking import cart_kinds, choosing, deallocation, lateness, missing_goods, pace, queries, strategies, walks, waves
from wms.picking import shortages as missing
from wms.picking.advice import METHODS, Advice, advise
from wms.picking.choosing import Choice
from wms.picking.faces import Why
from wms.picking.grouping import exceeding_in_words
from wms.picking.models import Method, Origin
from wms.picking.queries import WAITING_SORTS
from wms.picking.scan_facts import equivalent
from wms.picking.scan_trouble import REASONS
from wms.tasks import workers
from wms.tasks.models import TaskKind, TaskStatus, tone_of, words_of
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.api import prepared
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import PICKING, RULES, Entry
from wms.web.render import render

blueprint = Blueprint("picking", __name__, url_prefix="/picking")

timeline.teach_reasons(REASONS)
timeline.teach("order.picked_again", T("{quantity} of {sku} are picked elsewhere", "{sku} {quantity} 改从其他库位拣选"), "good")
timeline.teach("order.back_ordered", T("{quantity} of {sku} wait as a back-order", "{sku} {quantity} 转为欠货，等待到货"), "ask")
timeline.teach("order.line_cancelled", T("{quantity} of {sku} were cancelled", "{sku} {quantity} 已取消"), "stop")
timeline.teach("order.deallocated", T("Planning undone: {quantity}", "已撤销排单：{quantity}"), "ask")
for why in Why:
    teach(why.value, why.text)
teach("wave", T("Wave {wave}", "波次 {wave}"))
teach("short_pick", T("Came up short while picking order {order}", "拣选订单 {order} 时缺货"))
teach("face_full", T("{by} found the pick face fuller than the book", "{by} 发现拣货位比账面更满"), of_the_book=True)
teach("picked_together", T("List {list} was picked for several orders together", "拣货单 {list} 为多个订单合并拣选"))
teach("short_at_sorting", T("Came up short while sorting list {list}", "分播拣货单 {list} 时缺件"))
teach("left_over", T("Left over when list {list} was sorted", "分播拣货单 {list} 后有多余"))
teach("handed_over", T("Handed over by {by} to {to}", "{by} 移交给 {to}"))
teach("found_empty", T("Found empty by {by} after the last piece", "拣完后由 {by} 确认已空"), of_the_book=True)
teach("not_empty", T("{by} still saw {left} there after the last piece", "拣完后 {by} 发现还有 {left}"), of_the_book=True)
teach("replenishment_not_there", T("Goods for a pick face were not there", "补货时未找到货物"))


def name_in(row: Any) -> Text:
    """A row's product name in both languages."""
    return T(row.name_en or row.name, row.name_zh or row.name)


def saved(planned: int, other: int) -> Text:
    """How much of another walk the planned one saves, or by how much it is longer."""
    if not other:
        return T("–", "–")
    percent = round(100 * (other - planned) / other)
    if percent < 0:
        return T("{n} % longer", "多走 {n} %", n=-percent)
    return T("{n} % saved", "节省 {n} %", n=percent) if percent else T("as long", "相同")


def orders_in_words(count: int, first: str) -> Text:
    """3: SO-7683 …, for a list of several orders."""
    return T("{n}: {first} …", "{n} 张：{first} …", n=count, first=first)


# -- planning ----------------------------------------------------------------------------------------------------------


class Cut(Form):
    """Which of the waiting orders are meant; it stands in the address of the page."""

    due_hours: int | None = Field(default=None, ge=0, le=10_000)
    carrier: str | None = Field(default=None, max_length=80)
    region: str | None = Field(default=None, max_length=40)
    zone: str | None = Field(default=None, max_length=40)
    priority: int | None = Field(default=None, ge=0, le=9)

    @property
    def cut(self) -> Choice:
        """The same for the operation."""
        due = None if self.due_hours is None else clock.now() + dt.timedelta(hours=self.due_hours)
        return Choice(None, due, self.carrier, self.region, self.zone, self.priority)


def _cut_of_address() -> Cut:
    """What the address says; what cannot be read is left out."""
    given = {name: arg(name) for name in Cut.model_fields if arg(name)}
    try:
        return Cut.model_validate(given)
    except ValidationError as wrong:
        unread = {str(one["loc"][0]) for one in wrong.errors(include_url=False)}
        return Cut.model_validate({name: value for name, value in given.items() if name not in unread})


class Plan(Cut):
    """Which of the waiting orders become pick lists, and how."""

    orders: list[str] = Field(default_factory=list)
    method: Method = Method.SINGLE
    cart: str | None = Field(default=None, max_length=80)
    orders_per_list: int | None = Field(default=None, ge=1, le=200)
    max_orders: int | None = Field(default=None, ge=1, le=5000)
    max_lines: int | None = Field(default=None, ge=1, le=100_000)
    seconds: int | None = Field(default=None, ge=0, le=60)
    do: Literal["selected", "all", "simulate", "compare"] = "selected"

    @property
    def choice(self) -> Choice:
        """Which orders: those ticked, or all that the cut lets through."""
        if self.orders:
            return Choice(tuple(self.orders), max_orders=self.max_orders, max_lines=self.max_lines)
        return replace(self.cut, max_orders=self.max_orders, max_lines=self.max_lines)

    @property
    def way(self) -> dict[str, Any]:
        """How they are planned."""
        return {"method": self.method, "cart": self.cart, "orders_per_list": self.orders_per_list}


@blueprint.get("/plan")
@allow(Permission.PLAN_WORK)
def planning() -> ResponseReturnValue:
    """Released orders that wait to be planned."""
    return _planning({}, {}, _cut_of_address())


def _planning(values: Any, errors: dict[str, str], cut: Cut | None, advice: Advice | None = None, compared: Sequence[Advice] = ()) -> str:
    by = actor()
    cut = cut or Cut()
    filtered = bool(cut.cut.conditions())
    ids = choosing.matching(by.site_id, cut.cut) if filtered else None
    page = page_of(queries.waiting_orders(by=by, ids=ids), WAITING_SORTS, "due", per_page=200)
    facts: dict[str, Any] = {"methods": METHODS, "exceeding": exceeding_in_words, "values": values, "errors": errors}
    ticked = request.form.getlist("orders") if request.method == "POST" else request.args.getlist("order")
    facts |= {"chosen": set(ticked), "cut": cut, "filtered": filtered}
    facts |= {"total": queries.waiting_count(by) if filtered else page.total, "why": choosing.why_none(by.site_id, cut.cut)}
    facts |= {"zones": workers.zones_of(by.site_id), "carriers": queries.waiting_carriers(by=by)}
    carts = cart_kinds.all_of(by.site_id)
    facts |= {"compared": compared, "lacking": missing_goods.without_promise(row.id for row in page.items)}
    pieces = line_queries.counted_of(OrderLine.order_id, (row.id for row in page.items), OrderLine.promised)
    facts |= {"pieces": {order_id: total(lines) for order_id, lines in pieces.items()}, "of_all": total(chain(*pieces.values()))}
    facts["late"] = {one.number: one for one in lateness.late(by.site_id)}
    return render("picking/plan", page=page, status=OrderStatus, method=Method, carts=carts, advice=advice, saved=saved, **facts)


def _advised(form: Plan) -> Advice:
    seconds = current_app.config["WMS"].planning_seconds if form.seconds is None else form.seconds
    return advise(form.choice, **form.way, budget_seconds=seconds, by=actor())


COMPARED_SECONDS = 2.0  # for each method, at most


def _compared(form: Plan) -> list[Advice]:
    """The same orders by each method, one after the other; what is searched for holds nothing."""
    way = {name: value for name, value in form.way.items() if name != "method"}
    seconds = min(COMPARED_SECONDS, current_app.config["WMS"].planning_seconds if form.seconds is None else form.seconds)
    by = actor()
    return [advise(form.choice, method=method, **way, budget_seconds=seconds, by=by) for method in METHODS]


@blueprint.post("/plan")
@allow(Permission.PLAN_WORK)
def plan() -> ResponseReturnValue:
    """Simulates or plans the chosen orders; all that wait only by the button that says so."""
    form, errors = read(Plan)
    if form is not None and form.do == "simulate":
        with refusals(errors):
            return _planning(request.form, errors, form, _advised(form))
    elif form is not None and form.do == "compare":
        with refusals(errors):
            return _planning(request.form, errors, form, compared=_compared(form))
    elif form is not None and form.do == "selected" and not form.orders:
        errors["orders"] = T("Tick the orders to plan, or choose “Plan all”", "请勾选要排单的订单，或选择“全部排单”").say(access.language())
    elif form is not None:
        form = form if form.do == "selected" else form.model_copy(update={"orders": []})
        advice = prepared(_advised, form)
        with refusals(errors), transaction():
            if not first_time(by=actor()):
                return redirect(url_for("picking.index"))
            planned = waves.plan_wave(choice=form.choice, **form.way, advice=advice, by=actor())
            number, count = planned.wave.number, len(planned.pick_lists)
            language = access.language()
            flash(T("{count} pick {count:list/lists} planned", "已生成 {count} 张拣货单", count=count).say(language), "good")
            if planned.exceeding:
                flash(exceeding_in_words(planned.exceeding, form.method).say(language), "ask")
            if (lacks := missing_goods.in_words(missing_goods.of_wave(planned.wave.id))) is not None:
                flash(T("Goods are missing: {what}", "货物不足：{what}", what=lacks).say(language), "ask")
            for one in planned.skipped[:5]:
                said = T("{number} is left out: {reason}", "{number} 未纳入：{reason}", number=one.number, reason=one.reason)
                flash(said.say(language), "ask")
            return redirect(url_for("picking.wave", number=number))
    if "do" in errors:
        errors[""] = T("Choose what to do", "请选择操作").say(access.language())
    return _planning(request.form, errors, form), 422


class AllocationForm(Form):
    """How the site chooses bins."""

    bin_choice: BinChoice
    age_window_days: int = Field(ge=0, le=365)


@blueprint.get("/allocation")
@allow(Permission.MASTER_DATA)
def allocation() -> ResponseReturnValue:
    """How the site chooses bins among goods of one age."""
    rule = strategies.policy(actor().site_id)
    return _allocation({"bin_choice": rule.bins, "age_window_days": rule.window}, {})


def _allocation(values: Any, errors: dict[str, str]) -> str:
    return render("picking/allocation", values=values, errors=errors, bin_choices=BinChoice)


@blueprint.post("/allocation")
@allow(Permission.MASTER_DATA)
def save_allocation() -> ResponseReturnValue:
    """Sets how the site chooses bins."""
    form, errors = read(AllocationForm)
    if form is None:
        return _allocation(request.form, errors), 422
    with transaction():
        strategies.choose_policy(form.bin_choice, form.age_window_days, by=actor())
    flash(T("Allocation saved", "分配策略已保存").say(access.language()), "good")
    return redirect(url_for("picking.allocation"))


# -- waves and lists ---------------------------------------------------------------------------------------------------


@blueprint.get("/waves")
@allow(Permission.SEE_TASKS)
def index() -> ResponseReturnValue:
    """All waves, newest first."""
    page = page_of(queries.waves(by=actor()), queries.WAVE_SORTS, "-number")
    return render("picking/waves", page=page, method=Method, origin=Origin, saved=saved)


@blueprint.get("/waves/<path:number>")
@allow(Permission.SEE_TASKS)
def wave(number: str) -> ResponseReturnValue:
    """One wave with its lists."""
    by = actor()
    summary = session.execute(queries.waves(by=by, number=number)).one_or_none()
    if summary is None:
        raise waves.WaveUnknown(number=number)
    page = page_of(queries.lists(by=by, wave_id=summary.id), queries.LIST_SORTS, "number", per_page=200)
    facts: dict[str, Any] = {"method": Method, "words_of": words_of, "tone_of": tone_of, "saved": saved, "minutes_of": _minutes_of}
    facts |= {"origin": Origin, "orders": queries.orders_of_wave(summary.id), "missing": missing_goods.of_wave(summary.id)}
    facts |= {"lateness": queries.lateness_of(by.site_id), "left": walks.left_of_changed(page.items)}
    facts["metres_left"] = lambda: walks.metres_left_of(summary.id)
    return render("picking/wave", wave=summary, page=page, drawn=lambda: walks.walks_of(summary.id), **facts)


def _minutes_of(metres: int) -> int:
    """How long it takes to walk so far."""
    return round(pace.seconds(max(0, metres) * 1000, 0, 0) / 60)


def _step(act: Callable[[], tuple[str, list[tuple[str, Text]]]], back: str) -> ResponseReturnValue:
    """One step about goods already chosen: what came of it is told where it leads, a refusal where it was asked."""
    try:
        with transaction():
            back, told = act()
        for tone, text in told:
            flash(text.say(access.language()), tone)
    except (Refused, Conflict, Invalid, NotFound) as refusal:
        said(refusal)
    return redirect(back)


_GIVEN_BACK = T("Planning undone: {quantity}; the orders wait to be planned again", "已撤销 {quantity} 件的排单，订单回到待排")
_LEFT = T("Left as they are, picking has begun: {lists}", "已开始拣货，保持不变：{lists}")
_PLANNED_ANEW = T("Planned anew: {lists}", "已重新排单：{lists}")


def _asked() -> dict[str, str | None]:
    """The line in question, where it is about one, and why."""
    return {"line": request.form.get("line") or None, "reason": request.form.get("reason", "").strip()[:300] or None}


def _named(planned: waves.Planned) -> tuple[str, Text]:
    return "good", _PLANNED_ANEW.with_facts(lists=", ".join(one.number for one in planned.pick_lists[:8]))


@blueprint.post("/orders/<path:number>/deallocate")
@allow(Permission.PLAN_WORK)
def deallocate(number: str) -> ResponseReturnValue:
    """Gives back what the racks hold for an order, or for one of its lines."""
    back = url_for("orders.one", number=number)

    def act() -> tuple[str, list[tuple[str, Text]]]:
        return back, [("good", _GIVEN_BACK.with_facts(quantity=deallocation.deallocate(number, **_asked(), by=actor())))]

    return _step(act, back)


@blueprint.post("/orders/<path:number>/reallocate")
@allow(Permission.PLAN_WORK)
def reallocate(number: str) -> ResponseReturnValue:
    """Gives the goods back and plans the order anew."""
    back = url_for("orders.one", number=number)
    return _step(lambda: (back, [_named(deallocation.reallocate(number, **_asked(), by=actor()))]), back)


@blueprint.post("/waves/<path:number>/deallocate")
@allow(Permission.PLAN_WORK)
def deallocate_wave(number: str) -> ResponseReturnValue:
    """Gives back the goods of all lists of a wave that nobody has begun."""
    back = url_for("picking.wave", number=number)

    def act() -> tuple[str, list[tuple[str, Text]]]:
        given_back = deallocation.deallocate_wave(number, by=actor())
        return back, [("good", _GIVEN_BACK.with_facts(quantity=given_back.quantity)), *_left(given_back)]

    return _step(act, back)


@blueprint.post("/waves/<path:number>/reallocate")
@allow(Permission.PLAN_WORK)
def reallocate_wave(number: str) -> ResponseReturnValue:
    """Plans the orders of a wave anew, as far as nobody has begun."""

    def act() -> tuple[str, list[tuple[str, Text]]]:
        planned, given_back = deallocation.reallocate_wave(number, by=actor())
        return url_for("picking.wave", number=planned.wave.number), [_named(planned), *_left(given_back)]

    return _step(act, url_for("picking.wave", number=number))


def _left(given_back: deallocation.GivenBack) -> list[tuple[str, Text]]:
    return [("ask", _LEFT.with_facts(lists=", ".join(given_back.left)))] if given_back.left else []


@blueprint.get("/lists")
@allow(Permission.SEE_TASKS)
def lists() -> ResponseReturnValue:
    """Pick lists and who works on them; without a status those that are not finished, what is due first above."""
    wanted = arg("status") or "live"
    statement = queries.lists(by=actor(), status=wanted if wanted in {*TaskStatus, "live"} else None, q=arg("q"))
    if wants_export():
        return export("pick-lists", _LIST_COLUMNS, rows_of(statement, queries.LIST_SORTS, "due"))
    page = page_of(statement, queries.LIST_SORTS, "due")
    facts: dict[str, Any] = {"lateness": queries.lateness_of(actor().site_id), "words_of": words_of, "tone_of": tone_of}
    facts["left"] = walks.left_of_changed(page.items)
    return render("picking/lists", page=page, method=Method, status=TaskStatus, saved=saved, **facts)


_LIST_COLUMNS = [
    Column(T("Pick list", "拣货单"), lambda row: row.number),
    Column(T("Wave", "波次"), lambda row: row.wave),
    Column(T("Order", "订单"), lambda row: row.order if row.orders < 2 else orders_in_words(row.orders, row.order)),
    Column(T("Method", "方式"), lambda row: Method(row.method).text),
    Column(T("Status", "状态"), lambda row: words_of(row.status, row.assigned_at)),
    Column(T("Picker", "拣货员"), lambda row: row.person),
    Column(T("Lines", "行数"), lambda row: row.of),
    Column(T("Picked", "已拣"), lambda row: row.done),
    Column(T("Metres planned", "计划步行（米）"), lambda row: row.metres),
    Column(T("Metres by location code", "按库位编号走（米）"), lambda row: row.metres_by_name),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
]


@blueprint.get("/lists/<path:number>")
@allow(Permission.SEE_TASKS)
def one(number: str) -> ResponseReturnValue:
    """One pick list: its lines in walking order, what is picked, the walk."""
    found = waves.find_list(number, by=actor())
    return render("picking/list", list=queries.list_view(found), left=walks.left_of(found), saved=saved, equivalent=equivalent)


@blueprint.get("/lists/<path:number>/map")
@allow(Permission.PICK)
def map_of(number: str) -> ResponseReturnValue:
    """The way through what is left of a list, small, for who walks it; asked for by hand, never by a scan."""
    found = waves.find_list(number, by=actor())
    return render("picking/map", number=found.number, ahead=walks.ahead(found))


# -- shortages ---------------------------------------------------------------------------------------------------------


@blueprint.get("/shortages")
@allow(Permission.SEE_TASKS)
def shortages() -> ResponseReturnValue:
    """Lines that came up short, or still wait for goods."""
    statement = queries.shortages(by=actor(), q=arg("q"))
    if wants_export():
        return export("shortages", _SHORTAGE_COLUMNS, rows_of(statement, queries.SHORTAGE_SORTS, "due"))
    page = page_of(statement, queries.SHORTAGE_SORTS, "due")
    return render("picking/shortages", page=page, status=OrderStatus, name_in=name_in, still_here=missing.STILL_HERE)


def _act(act: Callable[[], tuple[str, Text]]) -> ResponseReturnValue:
    """One step about a shortage: what came of it is told above the list, a refusal too."""
    try:
        with transaction():
            tone, told = act()
        flash(told.say(access.language()), tone)
    except (Refused, Conflict, Invalid, NotFound) as refusal:
        said(refusal)
    return redirect(url_for("picking.shortages", q=request.form.get("q") or None))


@blueprint.post("/shortages/<int:line>/again")
@allow(Permission.PLAN_WORK)
def pick_again(line: int) -> ResponseReturnValue:
    """Looks for the missing goods elsewhere."""

    def act() -> tuple[str, Text]:
        planned = missing.pick_again(line, by=actor())
        return "good", T("Pick list {list} planned", "已排拣货单 {list}", list=planned.pick_lists[0].number)

    return _act(act)


@blueprint.post("/shortages/<int:line>/back-order")
@allow(Permission.ENTER_ORDERS)
def back_order(line: int) -> ResponseReturnValue:
    """Lets the missing goods wait for stock."""
    told = T("{quantity} waiting for stock", "{quantity} 转为欠货，等待到货")
    return _act(lambda: ("good", told.with_facts(quantity=units(missing.back_order(line, by=actor()), queries.decimals_of(line)))))


@blueprint.post("/shortages/<int:line>/cancel")
@allow(Permission.ENTER_ORDERS)
def cancel_rest(line: int) -> ResponseReturnValue:
    """Cancels what is missing."""
    told = T("{quantity} cancelled", "已取消 {quantity}")
    return _act(lambda: ("ask", told.with_facts(quantity=units(missing.cancel_rest(line, by=actor()), queries.decimals_of(line)))))


_SHORTAGE_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Line", "行号"), lambda row: row.line),
    Column(T("SKU", "商品编码"), lambda row: row.sku),
    Column(T("Product", "商品"), name_in),
    Column(T("Ordered", "订购"), lambda row: row.ordered),
    Column(T("Picked", "已拣"), lambda row: row.picked),
    Column(T("Still waits", "待补"), lambda row: row.promised),
    Column(T("Short", "缺货"), lambda row: row.short),
]


# -- the home board ----------------------------------------------------------------------------------------------------


_AFTER = T("Waits for other work to be done first", "待前序作业完成")


def _board(who: Actor) -> Board:
    found = queries.figures(who)
    late = queries.lateness_of(who.site_id)
    rows = [
        Row(
            row.number,
            url_for("picking.one", number=row.number),
            why=row.person or (_AFTER if row.status == TaskStatus.WAITING.value else T("Waits for a picker", "待拣货员领取")),
            at=row.due_at or row.created_at,
            status=words_of(row.status, row.assigned_at),
            status_tone=tone_of(row.status, row.assigned_at),
            tone="stop" if late(row) else "calm",
            lateness=late(row),
            far=HowFar(row.done, row.of),
        )
        for row in queries.live_lists(who, 8)
    ]
    return Board(
        [
            Figure(T("To plan", "待排单"), found["to_plan"], url_for("picking.planning") if who.may(Permission.PLAN_WORK) else None),
            Figure(T("Lists to take", "待领拣货单"), found["open"], url_for("picking.lists", status="open")),
            Figure(T("To replenish", "待补货"), found["replenish"], url_for("replenishment.index"), "ask"),
            Figure(T("Short lines", "缺货行"), found["short"], url_for("picking.shortages"), "stop"),
        ],
        rows,
        url_for("picking.lists", status="live"),
        T("No list waits to be picked.", "没有待拣的拣货单。"),
        total=queries.live_count(who),
    )


navigation = [
    Entry(PICKING, T("Plan", "排单"), "picking.planning", Permission.PLAN_WORK, count=queries.waiting_count),
    Entry(PICKING, T("Waves", "波次"), "picking.index", Permission.SEE_TASKS),
    Entry(RULES, T("Allocation", "分配策略"), "picking.allocation", Permission.MASTER_DATA),
    Entry(
        PICKING,
        T("Pick lists", "拣货单"),
        "picking.lists",
        Permission.SEE_TASKS,
        count=queries.live_count,
    ),
    Entry(
        PICKING,
        T("Replenishment", "补货"),
        "replenishment.index",
        Permission.SEE_TASKS,
        count=lambda who: queries.open_tasks(TaskKind.REPLENISH, by=who),
    ),
    Entry(PICKING, T("Shortages", "缺货"), "picking.shortages", Permission.SEE_TASKS, count=queries.shortage_count, tone="stop"),
]
panels = [
    Panel("picking", T("Picking", "拣货"), Permission.SEE_TASKS, _board, roles=(Role.PICKER, Role.SUPERVISOR, Role.DISPATCHER)),
]
