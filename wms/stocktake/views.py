"""Counts at the desk: what is open, what differs, who approves."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import HowFar, T, Text
from wms.locations import freezing
from wms.stock.models import Condition
from wms.stocktake import adjustments, counts, deciding, finds, opening, queries, results, sheets, tolerances
from wms.stocktake.choice import Choice
from wms.stocktake.counts import Progress
from wms.stocktake.models import LONGEST_REASON, Cause, CountStatus, PlaceState
from wms.stocktake.plan_models import SheetStatus, Why
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.forms import refusals
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import PER_PAGE, Column, Page, arg, export, wants_export
from wms.web.navigation import STOCKTAKE, Entry
from wms.web.render import render

blueprint = Blueprint("stocktake", __name__, url_prefix="/counts")
navigation = [
    Entry(STOCKTAKE, T("Counts", "盘点单"), "stocktake.index", Permission.PLAN_WORK, count=queries.open_counts),
    Entry(
        STOCKTAKE,
        T("Differences to approve", "待审批差异"),
        "counting.differences",
        Permission.APPROVE_COUNT,
        count=deciding.waiting,
        tone="ask",
    ),
]

teach("count_to_approve", T("Counted twice: a supervisor decides", "已复盘，待主管审批"))
teach("moved_since_counted", T("Moved after it was counted, and not all was there", "盘点后已移动，且数量不符"))

TONES = {
    CountStatus.OPEN: "calm",
    CountStatus.RECOUNT: "ask",
    CountStatus.REVIEW: "ask",
    CountStatus.POSTED: "good",
    CountStatus.REFUSED: "stop",
}


SHOWN = 50
"""Places on one page of a plan."""
MOST_SHEETS = 30
SUMMED = 3_000
"""Of a larger plan the lines are added up on the page of its adjustments, not on this one."""
PLACES = {
    PlaceState.OPEN: "calm",
    PlaceState.COUNTING: "calm",
    PlaceState.COUNTED: "ask",
    PlaceState.RECOUNT: "ask",
    PlaceState.THIRD: "ask",
    PlaceState.REVIEW: "ask",
    PlaceState.POSTED: "good",
    PlaceState.REFUSED: "stop",
}
SHEETS = {SheetStatus.KEYED: "ask", SheetStatus.DIFFERS: "stop", SheetStatus.TAKEN: "good"}


def _waiting(differences: int) -> Text:
    if differences == 1:
        return T("1 difference waits for approval", "1 处差异待审批")
    return T("{n} {n:difference waits/differences wait} for approval", "{n} 处差异待审批", n=differences)


def _board(who: Actor) -> Board:
    waiting, _ = queries.listing(who, status=CountStatus.REVIEW.value, limit=6)
    rows = [
        Row(
            one.number,
            url_for("stocktake.one", number=one.number),
            why=_waiting(one.differences),
            at=one.created_at,
            tone="ask",
            status=one.status.text,
            status_tone=TONES[one.status],
            far=HowFar(one.counted, one.places),
        )
        for one in waiting
    ]
    figure = Figure(
        T("Counts to approve", "待审批盘点"),
        queries.waiting_for_approval(who),
        url_for("stocktake.index", status="review"),
        "ask",
    )
    unknown = Figure(T("Unknown goods", "不明货物"), finds.waiting(who), url_for("count_finds.index"), "ask")
    return Board([figure, unknown], rows, url_for("stocktake.index"), T("No count waits for approval.", "没有待审批的盘点。"))


panels = [Panel("counts", T("Counts", "盘点"), Permission.APPROVE_COUNT, _board, roles=(Role.SUPERVISOR,))]


@blueprint.get("/")
@allow(Permission.PLAN_WORK)
def index() -> ResponseReturnValue:
    """All counts, newest first."""
    wanted = request.args.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    status = arg("status") if arg("status") in set(CountStatus) else None
    if wants_export():
        rows, _ = queries.listing(actor(), status=status, search=arg("q") or "", limit=100_000)
        return export("counts", _COLUMNS, rows)
    rows, total = queries.listing(actor(), status=status, search=arg("q") or "", offset=(max(1, number) - 1) * PER_PAGE, limit=PER_PAGE)
    page = Page(rows, max(1, number), max(1, -(-total // PER_PAGE)), total)
    dear = deciding.for_the_manager([row.id for row in rows], site_id=actor().site_id)
    return render("stocktake/index", page=page, statuses=list(CountStatus), tones=TONES, dear=dear)


_COLUMNS = [
    Column(T("Count", "盘点单"), lambda row: row.number),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Opened", "创建时间"), lambda row: row.created_at),
    Column(T("By", "创建人"), lambda row: row.by),
    Column(T("Locations", "库位数"), lambda row: row.places),
    Column(T("Counted", "已盘"), lambda row: row.counted),
    Column(T("Differences", "差异"), lambda row: row.differences),
]


@blueprint.get("/<path:number>")
@allow(Permission.PLAN_WORK)
def one(number: str) -> ResponseReturnValue:
    """One count: how far it is, by zone and by person, its places, what differs. Figures are counted by the database, whatever its size."""
    by = actor()
    count = counts.find(number, by=by)
    status = CountStatus(count.status)
    behind = int(arg("after") or 0) if (arg("after") or "0").isdigit() and len(arg("after") or "") < 10 else 0
    state = arg("state") or ""
    states = [state] if state in set(PlaceState) else None
    places = queries.places_of(count, states=states, zone=arg("zone"), after=behind, limit=SHOWN + 1)
    see_book = by.may(Permission.SEE_BOOK)
    zones = counts.progress_by_zone(count.id)
    far = Progress(*(sum(getattr(one, name) for _, one in zones) for name in ("of", "counted", "again", "review", "ended")))
    summed = far.of <= SUMMED
    lines = queries.lines_of(count, place_ids=[place.id for place in places[:SHOWN]])
    frozen = [one for one in freezing.frozen(by.site_id) if one.document == count.number]
    return render(
        "stocktake/one",
        count=count,
        status=status,
        tone=TONES[status],
        conditions={one.value: one for one in Condition},
        lines={place.id: [line for line in lines if line.place_id == place.id] for place in places[:SHOWN]},
        sums=queries.sums_of(count) if summed else None,
        places=places[:SHOWN],
        more=places[SHOWN - 1].sequence if len(places) > SHOWN else None,
        progress=far,
        zones=zones,
        counters=results.counters(count.id),
        sheets=sheets.of_plan(count.id, most=MOST_SHEETS),
        on_paper=sheets.how_many(count.id),
        sheet_tones=SHEETS,
        origin=opening.origin_of(count.id),
        scope=_scope(count.id),
        frozen=frozen,
        finds=finds.of_count(count.id, by.site_id),
        result=results.of_plan(count) if see_book and summed else None,
        estimate=results.estimate(count) if see_book and summed else None,
        states=list(PlaceState),
        causes=list(Cause),
        place_tones=PLACES,
        may_decide=by.may(Permission.APPROVE_COUNT) and status in (CountStatus.OPEN, CountStatus.RECOUNT, CountStatus.REVIEW),
        is_open=status in (CountStatus.OPEN, CountStatus.RECOUNT, CountStatus.REVIEW),
        see_book=see_book,
        yours=deciding.yours(count, by=by),
        limit=tolerances.limit_of(by),
    )


def _scope(count_id: int) -> list[Text]:
    origin = opening.origin_of(count_id)
    return [Why(origin.why).text, *Choice.of_json(origin.scope).words] if origin is not None else []


_DECIDED = {
    CountStatus.POSTED: T("{number} is posted", "{number} 已过账"),
    CountStatus.REFUSED: T("{number} is refused", "{number} 已驳回"),
}
_IN_PART = T("What you may approve of {number} is posted; the rest goes on", "{number} 您可审批的部分已过账，其余继续")


@blueprint.post("/<path:number>/decide")
@allow(Permission.APPROVE_COUNT)
def decide(number: str) -> ResponseReturnValue:
    """Approves or refuses the differences."""
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON] or None
    do, cause = request.form.get("do", ""), request.form.get("cause", "")
    if do not in ("approve", "refuse"):
        flash(T("Choose: approve or refuse", "请选择批准或驳回").say(access.language()), "stop")
        return redirect(url_for("stocktake.one", number=number))
    errors: dict[str, str] = {}
    with refusals(errors), transaction():
        if do == "approve":
            count = adjustments.approve(number, by=actor(), reason=reason, cause=Cause(cause) if cause in set(Cause) else None)
        else:
            count = adjustments.refuse(number, by=actor(), reason=reason)
        flash(_DECIDED.get(CountStatus(count.status), _IN_PART).say(access.language(), number=number), "good")
    for text in errors.values():
        flash(text, "stop")
    return redirect(url_for("stocktake.one", number=number))
