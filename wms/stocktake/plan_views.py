"""Who is counted when, at the desk: new plans, full counts, programmes, classes, rules, and the differences that wait for a decision."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, create_model

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Product
from wms.db import transaction
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from wms.i18n import T, Text, money
from wms.locations import freezing
from wms.locations.models import Kind
from wms.locations.queries import zones as zones_of
from wms.stock.models import Condition
from wms.stocktake import adjustments, classes, counts, deciding, opening, programmes, rules, tolerances
from wms.stocktake.choice import RESTING, Choice
from wms.stocktake.models import LONGEST_REASON, Cause, CountPlan
from wms.stocktake.opening import Sample
from wms.stocktake.plan_models import ProductClass, Rule, Turnover
from wms.tasks import triggers
from wms.tasks.models import Trigger
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.api import Count
from wms.web.forms import Form, first_time, read, refusals, said, sentence
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import STOCKTAKE, Entry
from wms.web.render import render
from wms.web.typed import hundredths

blueprint = Blueprint("counting", __name__, url_prefix="/counting")
navigation = [
    Entry(STOCKTAKE, T("Programmes", "盘点方案"), "counting.programme_list", Permission.PLAN_WORK),
    Entry(STOCKTAKE, T("ABC classes", "ABC 分类"), "counting.class_list", Permission.PLAN_WORK),
    Entry(STOCKTAKE, T("Counting rules", "盘点规则"), "counting.rule_page", Permission.PLAN_WORK),
]
for _code, _words in (
    (programmes.CYCLE, T("{programme}: counted {days} {days:day/days} ago", "{programme}：{days} 天前盘过")),
    (programmes.FIRST_TIME, T("{programme}: never counted", "{programme}：从未盘过")),
    ("below_zero", T("The book is below zero", "账面为负")),
    ("suspicious_batch", T("Lot {lot} differed in several other places", "批号 {lot} 在其他多处有差异")),
    ("last_piece", T("One piece is left", "只剩一件")),
):
    teach(_code, _words, of_the_book=_code in ("below_zero", "last_piece"))
DAYS = (T("Mon", "周一"), T("Tue", "周二"), T("Wed", "周三"), T("Thu", "周四"), T("Fri", "周五"), T("Sat", "周六"), T("Sun", "周日"))


def codes(text: str) -> tuple[str, ...]:
    """Several codes in one field: separated by spaces, commas or lines."""
    return tuple(text.replace("，", " ").replace(",", " ").split())


class ScopeForm(Form):
    """Which places."""

    locations: str = ""
    skus: str = ""
    zone: str | None = Field(default=None, max_length=40)
    aisle: str | None = Field(default=None, max_length=40)
    abc: str | None = Field(default=None, max_length=1)
    owner: str | None = Field(default=None, max_length=80)
    kind: Kind | None = None
    not_counted_days: int | None = Field(default=None, ge=1, le=3650)
    confidence: int | None = Field(default=None, ge=50, le=99)
    error: float | None = Field(default=None, ge=0.1, le=50)
    open_book: str | None = None
    tolerance: Count = 0

    @property
    def choice(self) -> Choice:
        """The same for the operation."""
        worth = hundredths("worth_from")
        facts = {"zone": self.zone, "aisle": self.aisle, "abc": self.abc, "owner": self.owner, "not_counted_days": self.not_counted_days}
        more: dict[str, Any] = {"worth_from": worth if isinstance(worth, int) else None, "kinds": (self.kind.value,) if self.kind else ()}
        return Choice(codes(self.locations), codes(self.skus), **facts, **more)  # type: ignore[arg-type]

    @property
    def sample(self) -> Sample | None:
        """Whether a part of them is drawn by lot."""
        return Sample(self.confidence, round((self.error or 5) * 10)) if self.confidence else None


# -- plans -------------------------------------------------------------------------------------------------------------


class PlanForm(ScopeForm):
    """A plan of places that are chosen."""

    reason: str | None = Field(default=None, max_length=LONGEST_REASON)


class FullForm(Form):
    """A plan of the whole house."""

    zones: list[str] = Field(default_factory=list, max_length=500)
    freeze: list[str] = Field(default_factory=list, max_length=500)
    reason: str | None = Field(default=None, max_length=LONGEST_REASON)
    open_book: str | None = None


@blueprint.get("/new")
@allow(Permission.PLAN_WORK)
def new() -> ResponseReturnValue:
    """The forms for a plan of some places, and for a full count."""
    values = {"locations": request.args.get("location", ""), "skus": request.args.get("sku", "")}
    return _new(values, {})


def _new(values: Any, errors: dict[str, str]) -> str:
    return render("stocktake/new_plan", values=values, errors=errors, zones=zones_of(by=actor()), kinds=RESTING)


@blueprint.post("/new")
@allow(Permission.PLAN_WORK)
def create() -> ResponseReturnValue:
    """Opens a plan of the places that were chosen."""
    form, errors = read(PlanForm)
    if form is not None:
        with refusals(errors), transaction():
            by = actor()
            if first_time(by=by):
                facts: dict[str, Any] = {"blind": form.open_book is None, "tolerance": form.tolerance, "reason": form.reason}
                count = opening.open_chosen(form.choice, sample=form.sample, by=by, **facts)
                if form.sample is None:
                    _tell_left_out(opening.not_in(count, form.choice))
                return redirect(url_for("stocktake.one", number=count.number))
            return redirect(url_for("stocktake.index"))
    return _new(request.form, errors), 422


def _tell_left_out(places: list[str]) -> None:
    if places:
        named = ", ".join(places[: opening.MOST_NAMED]) + (" …" if len(places) > opening.MOST_NAMED else "")
        words = T("Left out, being counted in another count: {places}", "已在其他未完成的盘点单中，未列入：{places}")
        flash(words.say(access.language(), places=named), "ask")


@blueprint.post("/full")
@allow(Permission.PLAN_WORK)
def create_full() -> ResponseReturnValue:
    """Opens the full count, of the zones that are ticked or of all, and freezes those that are to be frozen."""
    form, errors = read(FullForm)
    if form is not None:
        with refusals(errors), transaction():
            by = actor()
            if first_time(by=by):
                zones = ["" if zone == "-" else zone for zone in form.zones]
                frozen = ["" if zone == "-" else zone for zone in form.freeze]
                count = opening.open_full(zones=zones, freeze=frozen, reason=form.reason, blind=form.open_book is None, by=by)
                if many := opening.left_out(count):
                    flash(_LEFT_OUT.say(access.language(), n=many), "ask")
                return redirect(url_for("stocktake.one", number=count.number))
            return redirect(url_for("stocktake.index"))
    return _new(request.form, errors), 422


_LEFT_OUT = T(
    "{n} {n:location is/locations are} in another count that is not finished, and {n:is/are} counted there",
    "{n} 个库位已在其他未完成的盘点单中，将在该单盘点",
)


@blueprint.post("/zones/free")
@allow(Permission.PLAN_WORK)
def unfreeze() -> ResponseReturnValue:
    """Lets a frozen zone go."""
    with transaction():
        by = actor()
        freezing.unfreeze(request.form.get("zone", ""), by=by)
        flash(
            T("Zone {zone} is open for work again", "库区 {zone} 已解除冻结").say(access.language(), zone=request.form.get("zone") or "–"),
            "good",
        )
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/counts/") else url_for("counting.rule_page"))


@blueprint.post("/zones/freeze")
@allow(Permission.PLAN_WORK)
def freeze() -> ResponseReturnValue:
    """Freezes a zone of a plan."""
    number = request.form.get("number", "")
    try:
        with transaction():
            by = actor()
            count = counts.find(number, by=by)
            counts.must_be_open(count)
            freezing.freeze(request.form.get("zone", "")[:40], document=count.number, by=by)
    except (Refused, NotFound, Conflict) as refusal:
        said(refusal)
    return redirect(url_for("stocktake.one", number=number))


# -- differences -------------------------------------------------------------------------------------------------------


@blueprint.get("/differences")
@allow(Permission.APPROVE_COUNT)
def differences() -> ResponseReturnValue:
    """Places that were counted twice and differ: the dearest first."""
    page = page_of(deciding.places(actor().site_id), deciding.SORTS, "-stake", per_page=20)
    rows = deciding.shown(page.items, by=actor())
    if wants_export():
        every = deciding.shown(rows_of(deciding.places(actor().site_id), deciding.SORTS, "-stake"), by=actor())
        return export("differences", _DIFFERENCES, [(place, line) for place in every for line in place.lines])
    return render(
        "stocktake/differences",
        page=page,
        places=rows,
        causes=list(Cause),
        beyond={place: sentence(why) for place, why in tolerances.beyond([row[0] for row in page.items], by=actor()).items()},
        conditions={one.value: one for one in Condition},
        zones=zones_of(by=actor()),
    )


_DIFFERENCES = [
    Column(T("Count", "盘点单"), lambda row: row[0].number),
    Column(T("Location", "库位"), lambda row: row[0].location),
    Column(T("Product", "商品"), lambda row: row[1].sku),
    Column(T("Name", "名称"), lambda row: row[1].product),
    Column(T("Lot", "批号"), lambda row: row[1].lot),
    Column(T("Book", "账面数"), lambda row: row[1].book),
    Column(T("Counted", "实盘数"), lambda row: " / ".join(f"{one.quantity} {one.person}" for one in row[1].counted)),
    Column(T("Difference", "差异"), lambda row: row[1].difference),
    Column(T("Worth", "金额"), lambda row: money(row[1].worth)),
]


class DecisionForm(Form):
    """What becomes of a place."""

    do: str = ""
    reason: str | None = Field(default=None, max_length=LONGEST_REASON)
    cause: Cause | None = None


@blueprint.post("/differences/<int:place>")
@allow(Permission.APPROVE_COUNT)
def decide(place: int) -> ResponseReturnValue:
    """Approves, refuses or sends a place to be counted once more."""
    form, errors = read(DecisionForm)
    if form is None or form.do not in ("approve", "refuse", "recount"):
        flash(" ".join(errors.values()) or T("Choose: approve, refuse or recount", "请选择批准、驳回或再盘").say(access.language()), "stop")
        return redirect(url_for("counting.differences"))
    try:
        with transaction():
            by = actor()
            if form.do == "approve":
                adjustments.approve_place(place, by=by, reason=form.reason, cause=form.cause)
            elif form.do == "refuse":
                adjustments.refuse_place(place, by=by, reason=form.reason)
            else:
                adjustments.recount_place(place, by=by)
            flash(_DONE[form.do].say(access.language()), "good")
    except (Refused, NotFound, Conflict, Forbidden, Invalid) as refusal:
        said(refusal)
    return redirect(url_for("counting.differences"))


_DONE = {
    "approve": T("Posted", "已过账"),
    "refuse": T("Refused: the book stays", "已驳回，账面不变"),
    "recount": T("It is counted once more", "已安排再盘"),
}


# -- programmes --------------------------------------------------------------------------------------------------------


class ProgrammeForm(ScopeForm):
    """What a programme says."""

    name: str = Field(min_length=1, max_length=80)
    every_days: int = Field(ge=1, le=1000)
    begins_on: dt.date | None = None
    priority: int = Field(default=3, ge=0, le=9)
    active: str | None = None

    @property
    def terms(self) -> programmes.Terms:
        """The same for the operation."""
        return programmes.Terms(
            name=self.name,
            scope=self.choice,
            every_days=self.every_days,
            begins_on=self.begins_on,
            sample=self.sample,
            blind=self.open_book is None,
            tolerance=self.tolerance,
            priority=self.priority,
            active=self.active is not None,
        )


@blueprint.get("/programmes")
@allow(Permission.PLAN_WORK)
def programme_list() -> ResponseReturnValue:
    """Every programme, how far its period is, and what is behind."""
    today = clock.today()
    rows = [(one, Choice.of_json(one.scope), programmes.standing(one, today)) for one in programmes.listed(actor().site_id)]
    return render("stocktake/programmes", rows=rows, rules=Rule)


@blueprint.get("/programmes/new")
@allow(Permission.PLAN_WORK)
def new_programme() -> ResponseReturnValue:
    """The form for a programme."""
    return _programme({"every_days": 30, "begins_on": clock.today().isoformat(), "priority": 3, "active": "1"}, {})


def _programme(values: Any, errors: dict[str, str], number: int | None = None) -> str:
    return render("stocktake/programme", values=values, errors=errors, number=number, zones=zones_of(by=actor()), kinds=RESTING)


@blueprint.post("/programmes/new")
@allow(Permission.PLAN_WORK)
def create_programme() -> ResponseReturnValue:
    """A new programme."""
    return _put(None)


@blueprint.get("/programmes/<int:number>")
@allow(Permission.PLAN_WORK)
def edit_programme(number: int) -> ResponseReturnValue:
    """A programme as it stands."""
    one = programmes.find(number, by=actor())
    scope = Choice.of_json(one.scope)
    values = {name: getattr(scope, name) or "" for name in ("zone", "aisle", "abc", "owner", "not_counted_days")}
    values |= {"locations": " ".join(scope.locations), "skus": " ".join(scope.skus), "worth_from": money(scope.worth_from).replace(",", "")}
    values |= {"kind": scope.kinds[0] if scope.kinds else ""}
    values |= {"name": one.name, "every_days": one.every_days, "begins_on": one.begins_on.isoformat(), "priority": one.priority}
    values |= {"confidence": one.confidence_percent or "", "error": (one.error_permille or 0) / 10 or "", "tolerance": one.tolerance}
    values |= {"active": "1" if one.active else "", "open_book": "" if one.blind else "1"}
    return _programme(values, {}, number)


@blueprint.post("/programmes/<int:number>")
@allow(Permission.PLAN_WORK)
def change_programme(number: int) -> ResponseReturnValue:
    """Makes a programme what was typed."""
    return _put(number)


def _put(number: int | None) -> ResponseReturnValue:
    form, errors = read(ProgrammeForm)
    if form is not None:
        with refusals(errors), transaction():
            programmes.put(form.terms, by=actor(), number=number)
            return redirect(url_for("counting.programme_list"))
    return _programme(request.form, errors, number), 422


@blueprint.post("/programmes/<int:number>/open")
@allow(Permission.PLAN_WORK)
def open_programme(number: int) -> ResponseReturnValue:
    """Opens today's plan now; the job would do so in some minutes."""
    count: CountPlan | None = None
    try:
        with transaction():
            by = actor()
            count = programmes.open_day(programmes.find(number, by=by), clock.today(), by=by)
    except (Refused, NotFound, Conflict) as refusal:
        said(refusal)
        return redirect(url_for("counting.programme_list"))
    if count is None:
        flash(T("Nothing is due today", "今天没有应盘库位").say(access.language()), "ask")
        return redirect(url_for("counting.programme_list"))
    return redirect(url_for("stocktake.one", number=count.number))


# -- classes -----------------------------------------------------------------------------------------------------------

_CLASS_SORTS: dict[str, Any] = {"turnover": (ProductClass.turnover, ProductClass.id), "sku": Product.sku_key}
_CLASSES = [
    Column(T("Product", "商品"), lambda row: row.sku),
    Column(T("Name", "名称"), lambda row: row.name),
    Column(T("Class", "当前分类"), lambda row: row.held),
    Column(T("Proposed", "建议分类"), lambda row: row.proposed),
    Column(T("Turnover", "出库量"), lambda row: row.turnover),
    Column(T("Before it, %", "累计占比 %"), lambda row: f"{row.before:.2f}"),
]


@blueprint.get("/classes")
@allow(Permission.PLAN_WORK)
def class_list() -> ResponseReturnValue:
    """Products with the class they have and the one their movements propose."""
    site_id = actor().site_id
    letter = arg("letter") if arg("letter") in ("A", "B", "C") else None
    statement = classes.listed(site_id, changed=arg("show") == "changes", letter=letter)
    if wants_export():
        return export("abc", _CLASSES, [classes.shown(row) for row in rows_of(statement, _CLASS_SORTS, "-turnover")])
    page = page_of(statement, _CLASS_SORTS, "-turnover")
    facts = {"rows": [classes.shown(row) for row in page.items], "shares": classes.shares(site_id), "changes": classes.differing(site_id)}
    return render("stocktake/classes", page=page, said=rules.of_site(site_id), turnover=Turnover, **facts)


@blueprint.post("/classes")
@allow(Permission.PLAN_WORK)
def change_classes() -> ResponseReturnValue:
    """Computes anew, or takes the proposed classes over."""
    do = request.form.get("do", "")
    found = classes.placed(actor().site_id) if do == "compute" else {}
    with transaction():
        by = actor()
        if do == "compute":
            changed = classes.keep(by.site_id, found)
            told: Text = T("{n} {n:product/products} would change, or did", "{n} 个商品分类有变化", n=changed)
        else:
            changed = classes.accept(by=by)
            told = T("{n} {n:product has/products have} a new class", "已更新 {n} 个商品的分类", n=changed)
        flash(told.say(access.language()), "good")
    return redirect(url_for("counting.class_list"))


# -- rules -------------------------------------------------------------------------------------------------------------


class RulesForm(Form):
    """How the site counts."""

    abc_by: Turnover
    a_percent: int = Field(ge=1, le=99)
    b_percent: int = Field(ge=2, le=100)
    margin_percent: int = Field(ge=0, le=20)
    days: int = Field(ge=1, le=731)
    automatic: str | None = None
    working_days: list[int] = Field(default_factory=list, max_length=7)
    shifts: str = ""
    suspicious_places: int = Field(ge=1, le=1000)
    key_twice: str | None = None
    triggers: list[Trigger] = Field(default_factory=list)


@blueprint.get("/rules")
@allow(Permission.PLAN_WORK)
def rule_page() -> ResponseReturnValue:
    """How the site counts, and which zones are frozen now."""
    one = rules.of_site(actor().site_id)
    values = {
        "abc_by": one.abc_by,
        "a_percent": one.abc_a_percent,
        "b_percent": one.abc_b_percent,
        "margin_percent": one.abc_margin_percent,
    }
    values |= {"days": one.abc_days, "automatic": one.abc_automatic, "shifts": rules.written(one), "key_twice": one.key_twice}
    values |= {"suspicious_places": one.suspicious_places}
    on = {trigger for trigger, wanted in triggers.of_site(actor().site_id).items() if wanted}
    return _rules(values, {}, set(one.working_days), on)


def _rules(values: Any, errors: dict[str, str], days: set[int], on: set[Trigger]) -> str:
    facts: dict[str, Any] = {"values": values, "errors": errors, "working": days, "on": on, "days": DAYS, "triggers": list(Trigger)}
    return render("stocktake/rules", turnover=Turnover, frozen=freezing.frozen(actor().site_id), **facts)


@blueprint.post("/rules")
@allow(Permission.PLAN_WORK)
def change_rules() -> ResponseReturnValue:
    """From now on the site counts so."""
    form, errors = read(RulesForm)
    if form is not None:
        with refusals(errors), transaction():
            by = actor()
            rules.choose(
                by=by,
                abc_by=form.abc_by,
                a_percent=form.a_percent,
                b_percent=form.b_percent,
                margin_percent=form.margin_percent,
                days=form.days,
                automatic=form.automatic is not None,
                working_days=[day for day in form.working_days if 0 <= day <= 6],
                shifts=form.shifts,
                suspicious_places=form.suspicious_places,
                key_twice=form.key_twice is not None,
            )
            triggers.choose(set(form.triggers), by=by)
            flash(T("Saved", "已保存").say(access.language()), "good")
            return redirect(url_for("counting.rule_page"))
    days = {int(day) for day in request.form.getlist("working_days") if day.isascii() and day.isdigit() and len(day) == 1}
    on = {one for one in Trigger if one.value in request.form.getlist("triggers")}
    return _rules(request.form, errors, days, on), 422


_ROWS = {abc: abc.lower() or "rest" for abc in tolerances.CLASSES}
_ToleranceForm: type[Form] = create_model(  # type: ignore[call-overload]
    "ToleranceForm",
    __base__=Form,
    approval_limit=(str, ""),
    **{f"{row}_{what}": (Count | None, None) for row in _ROWS.values() for what in ("units", "percent")},
    **{f"{row}_value": (str, "") for row in _ROWS.values()},
)


def tolerance_values() -> dict[str, Any]:
    """What the form of tolerances shows: by class, and up to what a supervisor approves."""
    site_id = actor().site_id
    limit = rules.of_site(site_id).approval_limit
    values: dict[str, Any] = {"approval_limit": "" if limit is None else money(limit).replace(",", "")}
    for abc, one in tolerances.of_site(site_id).items():
        value = "" if one.value is None else money(one.value).replace(",", "")
        values |= {f"{_ROWS[abc]}_units": one.units, f"{_ROWS[abc]}_percent": one.percent, f"{_ROWS[abc]}_value": value}
    return values


@blueprint.get("/tolerances")
@allow(Permission.APPROVE_COUNT)
def tolerance_page() -> ResponseReturnValue:
    """How large a difference needs no second look, and up to which value a supervisor approves."""
    return render("stocktake/tolerances", values=tolerance_values(), errors={}, rows=_ROWS)


@blueprint.post("/tolerances")
@allow(Permission.APPROVE_ANY_COUNT)
def change_tolerances() -> ResponseReturnValue:
    """From now on the site counts so exactly."""
    form, errors = read(_ToleranceForm)
    amounts = {name: hundredths(name) for name in ("approval_limit", *(f"{row}_value" for row in _ROWS.values()))}
    worth = {name: value for name, value in amounts.items() if value is None or (isinstance(value, int) and value >= 0)}
    for name in amounts.keys() - worth.keys():
        errors[name] = T("This is no amount of money", "金额无效").say(access.language())
    if form is not None and not errors:
        facts = form.model_dump()
        said_of = {
            abc: tolerances.Tolerance(facts[f"{row}_units"], facts[f"{row}_percent"], worth[f"{row}_value"]) for abc, row in _ROWS.items()
        }
        with transaction():
            tolerances.choose(said_of, worth["approval_limit"], by=actor())
        flash(T("Saved", "已保存").say(access.language()), "good")
        return redirect(url_for("counting.tolerance_page"))
    return render("stocktake/tolerances", values=request.form, errors=errors, rows=_ROWS), 422
