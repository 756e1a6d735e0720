"""Printing at the desk and on the floor: one paper or label with its prints, and the list of print jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.errors import WarehouseError
from wms.i18n import T, Text
from wms.printing import keeping, labels, printers, queue
from wms.printing.kinds import KindUnknown, asks_why, known, takes_of, words_of
from wms.printing.models import JobStatus, PrinterKind, PrintJob, Takes
from wms.web import access
from wms.web.access import NotPermitted, allow
from wms.web.documents import label_href, paper_href
from wms.web.forms import first_time, said
from wms.web.lists import Page, arg, page_of
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field

blueprint = Blueprint("prints", __name__)
navigation = [Entry(HOUSE, T("Print jobs", "打印任务"), "prints.jobs", Permission.IN_HOUSE, count=queue.needing_somebody, tone="stop")]
_SORTS = {"id": PrintJob.id}
ON_THE_FLOOR = 30


# -- one paper or label --------------------------------------------------------------------------------------------------


def _page(kind: str, number: str, errors: dict[str, str], values: Any) -> str:
    by = actor()
    takes = takes_of(kind)
    if takes is None:
        raise KindUnknown(kind=kind[:60])
    standing, prints, preview = None, [], None
    if takes is Takes.PAPERS:
        found = keeping.read(kind, number, by=by)
        standing = found if isinstance(found, keeping.Standing) else None
        prints = keeping.prints_of(kind, standing.number if standing else number, by=by)
    else:
        preview = _preview(kind, number)
    jobs = queue.rows(queue.listed(by=by, number=standing.number if standing else number).where(PrintJob.kind == kind).limit(20))
    return render(
        "printing/paper",
        kind=kind,
        text=words_of(kind),
        number=standing.number if standing else number,
        standing=standing,
        prints=prints,
        asks_why=asks_why(kind) and queue.times_asked(kind, standing.number if standing else number, by=by) > 0,
        digest=found.digest if takes is Takes.PAPERS else None,
        versions=keeping.other_versions(standing, by=by) if standing else [],
        preview=preview,
        jobs=sorted(jobs, key=lambda one: -one.id),
        printers=[one for one in printers.listed(by=by, takes=takes, active=True) if one.kind != PrinterKind.BROWSER],
        href=paper_href(kind, number) if takes is Takes.PAPERS else label_href(kind, number),
        errors=errors,
        values=values,
    )


def _preview(kind: str, code: str) -> Any:
    maker = known(kind)
    assert maker is not None
    if not actor().may(maker.permission):
        raise NotPermitted(permission=maker.permission.text)
    made = maker.make(code, actor())
    found: Sequence[labels.Label] = made if isinstance(made, Sequence) else [made]
    return labels.svg(found[0])


@blueprint.get("/papers/<kind>/<path:number>")
@allow(Permission.IN_HOUSE)
def paper(kind: str, number: str) -> ResponseReturnValue:
    """One paper with every print of it, or one label; and where to print it."""
    return _page(kind, number, {}, {})


@blueprint.post("/papers/<kind>/<path:number>")
@allow(Permission.IN_HOUSE)
def print_paper(kind: str, number: str) -> ResponseReturnValue:
    """Prints it: at a printer, or in the browser, which opens the copy that was counted."""
    by, errors = actor(), {}
    takes = takes_of(kind)
    if takes is None:
        raise KindUnknown(kind=kind[:60])
    reason, wanted = field("reason"), field("printer")
    copies = int(field("copies")) if field("copies").isdecimal() and len(field("copies")) < 5 else 0
    if takes is Takes.LABELS and not wanted:
        return redirect(label_href(kind, number), 303)
    here = redirect(url_for("prints.paper", kind=kind, number=number), 303)
    standing = keeping.read(kind, number, by=by) if takes is Takes.PAPERS else None
    try:
        with transaction():
            if not first_time(by=by):
                return here
            if isinstance(standing, keeping.Standing):
                number = standing.number
            queue.must_say_why(kind, number, reason, by=by)
            if wanted:
                printer = printers.find(wanted, by=by)
                key = f"desk:{by.id}:{field('once')}"[:200]
                queue.ask(kind, number, printer=printer, by=by, key=key, copies=copies, reason=reason)
            else:
                assert standing is not None
                copy = keeping.count_any(standing, kind, number, by=by, reason=reason).copy
    except REFUSALS as refusal:
        errors = {_field_of(refusal): refusal.say(access.language())}
        return _page(kind, number, errors, request.form), 422
    if not wanted:
        return redirect(f"{paper_href(kind, number)}?copy={copy}", 303)
    flash(T("Queued at {printer}", "已提交到 {printer}", printer=printer.code).say(access.language()), "good")
    return here


def _field_of(refusal: WarehouseError) -> str:
    return (getattr(refusal, "pointer", None) or "/_form").strip("/")


# -- jobs ------------------------------------------------------------------------------------------------------------------


@blueprint.get("/print-jobs")
@allow(Permission.IN_HOUSE)
def jobs() -> ResponseReturnValue:
    """Every print job, newest first."""
    by = actor()
    wanted = arg("status")
    status = JobStatus(wanted) if wanted in set(JobStatus) else None
    found = page_of(queue.listed(by=by, status=status, printer=arg("printer"), needs_somebody=wanted == "needs"), _SORTS, "-id")
    page = Page([queue.row(one) for one in found.items], found.number, found.pages, found.total)
    return render(
        "printing/jobs", page=page, statuses=list(JobStatus), printers=printers.listed(by=by), elsewhere=_elsewhere(), takes_of=takes_of
    )


@blueprint.get("/scan/print-jobs")
@allow(Permission.IN_HOUSE)
def floor_jobs() -> ResponseReturnValue:
    """The print jobs in the hand: what needs somebody first, then what waits, then what came out."""
    statement = queue.listed(by=actor()).order_by(*queue.URGENT_FIRST).limit(ON_THE_FLOOR)
    return render("printing/floor_jobs", jobs=queue.rows(statement), elsewhere=_elsewhere(), takes_of=takes_of)


def _elsewhere() -> dict[str, list[tuple[str, str]]]:
    """The printers that a job may be sent to, by what they take."""
    found: dict[str, list[tuple[str, str]]] = {takes.value: [] for takes in Takes}
    for one in printers.listed(by=actor(), active=True):
        if one.kind != PrinterKind.BROWSER:
            found[one.takes].append((one.code, one.name))
    return found


@blueprint.post("/print-jobs/<int:number>")
@allow(Permission.IN_HOUSE)
def change_job(number: int) -> ResponseReturnValue:
    """One button of a job: print it (again), print it elsewhere, cancel it, or say that it came out."""
    by = actor()
    there = url_for("prints.floor_jobs") if field("back") == "floor" else _list()
    acts: dict[str, tuple[Callable[[], PrintJob], Text]] = {
        "retry": (lambda: queue.retry(number, by=by), T("It is printed again", "将重新打印")),
        "move": (lambda: queue.print_elsewhere(number, field("printer"), by=by), T("It is printed elsewhere", "将改由其他打印机打印")),
        "cancel": (lambda: queue.cancel(number, by=by), T("Cancelled", "已取消")),
        "came_out": (lambda: queue.it_came_out(number, by=by), T("Noted", "已确认")),
    }
    if field("do") not in acts:
        abort(400)
    act, words = acts[field("do")]
    try:
        with transaction():
            act()
    except REFUSALS as refusal:
        said(refusal)
    else:
        flash(words.say(access.language()), "good")
    session.rollback()
    return redirect(there, 303)


def _list() -> str:
    """The list as the person had filtered it."""
    return url_for("prints.jobs", status=field("status") or None, printer=field("of") or None)
