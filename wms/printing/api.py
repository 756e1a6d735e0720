"""Printers, stations and print jobs over the API."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from flask import current_app, request
from pydantic import Field, StringConstraints

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.printing import keeping, printers, queue, stations
from wms.printing.models import JobStatus, Printer, PrinterKind, PrintJob, Takes
from wms.printing.printers import Wish
from wms.web import access
from wms.web.api import Answer, Api, Body, Code, Items, Paging, Why, code_in_address, page
from wms.web.documents import paper_href

api = Api("printing")

Host = Annotated[str, StringConstraints(strip_whitespace=True, max_length=253)]
Folder = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


# -- printers ----------------------------------------------------------------------------------------------------------------


class PrinterIn(Body):
    """A printer. `host` and `port` are for kind `zpl`, `folder` is for kind `file`."""

    site: Code | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    kind: Literal["browser", "zpl", "file"]
    """How it is reached."""
    takes: Literal["labels", "papers"] = "labels"
    """What lies in it: labels or paper."""
    host: Host | None = None
    port: int = Field(default=printers.PORT, ge=1024, le=65535)
    folder: Folder | None = None
    """A plain name: a folder of this name beneath the directory that the settings allow."""
    asks_state: bool = False
    """Ask a ZPL printer before each job whether it has paper (`~HS`). Not every printer answers that."""
    active: bool = True


class PrinterOut(Answer):
    """A printer. Where it is reached is told to whoever may change it."""

    code: str
    name: str
    kind: PrinterKind
    takes: Takes
    host: str | None
    port: int | None
    folder: str | None
    """Where files are laid down; null: it is not reached that way."""
    asks_state: bool
    """Whether it is asked for its state before it prints."""
    active: bool
    trouble: str | None
    """Why it could not be reached the last time; null where nothing is known to be wrong."""
    trouble_since: dt.datetime | None
    """Since when it does not print, UTC; null: it does."""
    waiting: int
    """How many jobs wait for it."""


class PrintersQuery(Paging):
    """Which printers."""

    takes: Literal["labels", "papers"] | None = None


def _printer(printer: Printer, who: Actor, waiting: int) -> PrinterOut:
    trouble, told = printers.trouble_of(printer), who.may(Permission.MANAGE_PRINTERS)
    return PrinterOut(
        code=printer.code, name=printer.name, kind=PrinterKind(printer.kind), takes=Takes(printer.takes),
        host=printer.host if told else None, port=printer.port if told else None, folder=printer.folder if told else None,
        asks_state=printer.asks_state, active=printer.active, trouble=trouble.say(access.language()) if trouble else None,
        trouble_since=printer.trouble_since, waiting=waiting,
    )  # fmt: skip


@api.put("/printers/<path:code>", Permission.MANAGE_PRINTERS, body=PrinterIn, answer=PrinterOut)
def put_printer(code: str, body: PrinterIn) -> tuple[PrinterOut, int]:
    """Makes or replaces a printer."""
    wish = Wish(
        body.name, PrinterKind(body.kind), Takes(body.takes), host=body.host, port=body.port, folder=body.folder,
        asks_state=body.asks_state, active=body.active,
    )  # fmt: skip
    folders = current_app.config["WMS"].print_folder
    printer, is_new = printers.save(code_in_address(code), wish, by=actor(), folders=folders)
    return _printer(printer, actor(), printers.open_jobs([printer.id]).get(printer.id, 0)), 201 if is_new else 200


@api.get("/printers/<path:code>", Permission.IN_HOUSE, answer=PrinterOut)
def get_printer(code: str) -> PrinterOut:
    """One printer."""
    printer = printers.find(code, by=actor())
    return _printer(printer, actor(), printers.open_jobs([printer.id]).get(printer.id, 0))


@api.get("/printers", Permission.IN_HOUSE, query=PrintersQuery, answer=Items[PrinterOut])
def get_printers(query: PrintersQuery) -> Items[PrinterOut]:
    """The printers, first entered first."""
    takes = Takes(query.takes) if query.takes else None
    rows = printers.listed(by=actor(), takes=takes, after=query.after, limit=query.limit + 1)
    waiting = printers.open_jobs(one.id for one in rows)
    return page(rows, query, by_id=lambda one: one.id, show=lambda one: _printer(one, actor(), waiting.get(one.id, 0)))


# -- stations ----------------------------------------------------------------------------------------------------------------


class StationIn(Body):
    """Which printers stand beside a place."""

    site: Code | None = None
    label_printer: Code | None = None
    paper_printer: Code | None = None
    needs_printer: bool = False
    """Work that prints labels does not begin here without a label printer that prints."""


class StationOut(Answer):
    """A place with its printers."""

    location: str
    label_printer: str | None
    paper_printer: str | None
    needs_printer: bool
    """Whether nobody begins work there without a printer that prints."""
    ready: bool
    """Whether work that prints labels may begin here."""
    trouble: str | None
    """Why not, or what is wrong with its label printer."""


def _station(code: str) -> StationOut:
    by = actor()
    place, beside = stations.of_place(code, by=by)
    trouble = None
    try:
        stations.ready(location_id=place.id, by=by)
    except stations.StationNotReady as refusal:
        trouble = refusal.say(access.language())
    wrong = printers.trouble_of(beside.labels) if beside.labels else None
    return StationOut(
        location=place.code,
        label_printer=beside.labels.code if beside.labels else None,
        paper_printer=beside.papers.code if beside.papers else None,
        needs_printer=beside.needs_printer,
        ready=trouble is None,
        trouble=trouble or (wrong.say(access.language()) if wrong else None),
    )


@api.put("/stations/<path:location>", Permission.MANAGE_PRINTERS, body=StationIn, answer=StationOut)
def put_station(location: str, body: StationIn) -> StationOut:
    """Says which printers stand beside a packing, staging, dock, door or inspection place."""
    stations.save(
        by=actor(), location=location, labels=body.label_printer, papers=body.paper_printer, needs_printer=body.needs_printer
    )  # fmt: skip
    return _station(location)


@api.get("/stations/<path:location>", Permission.IN_HOUSE, answer=StationOut)
def get_station(location: str) -> StationOut:
    """The printers of a place, and whether work may begin there."""
    return _station(location)


# -- jobs ----------------------------------------------------------------------------------------------------------------------


class PrintJobIn(Body):
    """Something to print: at a printer, or at the printer of a station."""

    site: Code | None = None
    kind: Code
    """A kind of paper or label, such as `handling-unit` or `packing-slip`."""
    number: Code
    """What the paper or label is of."""
    printer: Code | None = None
    """Printer by code; null: that of `station`."""
    station: Code | None = None
    """Code of the place whose printer prints; null: `printer` does."""
    copies: int = Field(default=1, ge=1, le=queue.MOST_COPIES)
    reason: Why | None = None
    """Why it is printed; a paper that was printed before needs one."""


class PrintJobOut(Answer):
    """A print job."""

    id: int
    kind: str
    """Which paper or label."""
    number: str
    """What the paper or label is of."""
    printer: str
    copies: int
    status: JobStatus
    """queued, sending, sent, failed, doubtful (it may have come out: a person looks) or cancelled"""
    why: str | None
    """Why it waits, failed or is doubtful."""
    reason: str | None
    copy_number: int | None
    """Of a paper: which copy it is."""
    attempts: int
    """How often it was sent to the printer."""
    by: str
    created_at: dt.datetime
    ended_at: dt.datetime | None


class PrintJobsQuery(Paging):
    """Which print jobs."""

    status: JobStatus | None = None
    printer: Code | None = None


class Elsewhere(Body):
    """Another printer."""

    printer: Code
    """The printer that is to print it, by code."""


def _job(number: int) -> PrintJobOut:
    return _shown(queue.one(number, by=actor()))


def _shown(one: queue.Row) -> PrintJobOut:
    return PrintJobOut(
        id=one.id, kind=one.kind, number=one.number, printer=one.printer, copies=one.copies, status=one.status,
        why=one.why.say(access.language()) if one.why else None, reason=one.reason, copy_number=one.copy, attempts=one.attempts,
        by=one.by, created_at=one.created_at, ended_at=one.ended_at,
    )  # fmt: skip


@api.post("/print-jobs", Permission.IN_HOUSE, body=PrintJobIn, answer=PrintJobOut, status=201)
def post_print_job(body: PrintJobIn) -> PrintJobOut:
    """Puts a paper or label into the queue of a printer, or of the printer at a station."""
    by = actor()
    printer = queue.chosen_printer(body.kind, body.printer, body.station, by=by)
    key = f"api:{by.id}:{request.headers.get('Idempotency-Key') or uuid.uuid4()}"[:200]
    if not queue.was_asked(key):
        queue.must_say_why(body.kind, body.number, body.reason, by=by)
    return _job(queue.ask(body.kind, body.number, printer=printer, by=by, key=key, copies=body.copies, reason=body.reason).id)


@api.get("/print-jobs", Permission.IN_HOUSE, query=PrintJobsQuery, answer=Items[PrintJobOut])
def get_print_jobs(query: PrintJobsQuery) -> Items[PrintJobOut]:
    """The print jobs, first asked for first."""
    statement = queue.listed(by=actor(), status=query.status, printer=query.printer).where(PrintJob.id > query.after)
    rows = queue.rows(statement.order_by(PrintJob.id).limit(query.limit + 1))
    return page(rows, query, by_id=lambda one: one.id, show=_shown)


@api.get("/print-jobs/<int:number>", Permission.IN_HOUSE, answer=PrintJobOut)
def get_print_job(number: int) -> PrintJobOut:
    """One print job."""
    return _job(number)


@api.post("/print-jobs/<int:number>/retry", Permission.IN_HOUSE, answer=PrintJobOut)
def retry_print_job(number: int) -> PrintJobOut:
    """Prints it again, or at once: what waits for a printer in trouble, failed, is doubtful or was cancelled."""
    return _job(queue.retry(number, by=actor()).id)


@api.post("/print-jobs/<int:number>/move", Permission.IN_HOUSE, body=Elsewhere, answer=PrintJobOut)
def move_print_job(number: int, body: Elsewhere) -> PrintJobOut:
    """Prints it at another printer."""
    return _job(queue.print_elsewhere(number, body.printer, by=actor()).id)


@api.post("/print-jobs/<int:number>/cancel", Permission.IN_HOUSE, answer=PrintJobOut)
def cancel_print_job(number: int) -> PrintJobOut:
    """It is not to be printed any more."""
    return _job(queue.cancel(number, by=actor()).id)


@api.post("/print-jobs/<int:number>/confirm", Permission.IN_HOUSE, answer=PrintJobOut)
def confirm_print_job(number: int) -> PrintJobOut:
    """A doubtful job did come out."""
    return _job(queue.it_came_out(number, by=actor()).id)


# -- what was printed ------------------------------------------------------------------------------------------------------------


class PrintOut(Answer):
    """One print of a paper."""

    copy_number: int
    """0 is the original."""
    at: dt.datetime
    by: str
    reason: str | None
    """Why it was printed again; null: the first print needs none."""
    unchanged: bool
    """Whether it said what the paper says now."""


class PaperOut(Answer):
    """A paper: whether it is final, and every print of it."""

    kind: str
    """Which paper, as in its address."""
    number: str
    final_since: dt.datetime | None
    """Since when it may not change any more, UTC; null: it still may."""
    kept_at: dt.datetime | None
    """When it was kept for ever, UTC; null: it is drawn anew each time."""
    void: bool
    """Whether it is not good any more."""
    href: str
    """`GET` to look at it, `POST` (with `reason` from the second time on) to print it, which is counted."""
    prints: list[PrintOut]
    """Every print of it, oldest first."""


@api.get("/papers/<kind>/<path:number>", Permission.IN_HOUSE, answer=PaperOut)
def get_paper(kind: str, number: str) -> PaperOut:
    """A paper with who printed it when and why, newest first."""
    by = actor()
    found = keeping.read(kind, number, by=by)
    shown = number if isinstance(found, keeping.Finished) else found.number
    prints = [
        PrintOut(copy_number=one.copy, at=one.at, by=one.by, reason=one.reason, unchanged=one.digest == found.digest)
        for one in keeping.prints_of(kind, shown, by=by)
    ]
    if isinstance(found, keeping.Finished):
        return PaperOut(kind=kind, number=number, final_since=None, kept_at=None, void=False, href=paper_href(kind, number), prints=prints)
    return PaperOut(
        kind=kind, number=found.number, final_since=found.since, kept_at=found.kept_at, void=found.void,
        href=paper_href(kind, found.number), prints=prints,
    )  # fmt: skip
