"""The print queue: what is asked for is one row in the transaction that asks, and no more than one for each intention.

`wms/printing/sending.py` carries it to the printer afterwards. A job whose sending was broken off is doubtful: it may have come out, and
printing it again by itself could put the same number on two cartons. A person looks, and says so or prints it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.db import few, fold, session, table_of
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Site
from wms.printing import keeping, printers, stations
from wms.printing.kinds import FINISHED, KindUnknown, asks_why, fits, known, takes_of, words_of
from wms.printing.models import JobStatus, PaperPrint, Printer, PrinterKind, PrintJob, Takes
from wms.web.access import NotPermitted

MOST_COPIES = 100
MADE_ANEW = T("The work made it anew", "作业中重新生成")


class JobUnknown(NotFound):
    """No such print job at this site."""

    code = "print_job_unknown"
    sentence = T("There is no print job {number}", "没有此打印任务：{number}")


class BrowserPrints(Refused):
    """Nothing is sent to the printer of a browser."""

    code = "printer_browser"
    sentence = T("{code} is the browser's own printer: nothing is sent to it", "{code} 为浏览器打印，不能接收任务")
    advice = T("Open the paper and print it from there", "请打开单据后在浏览器中打印")


class PrinterOff(Refused):
    """It is out of use."""

    code = "printer_off"
    sentence = T("Printer {code} is out of use", "打印机 {code} 已停用")
    advice = T("Choose another printer", "请选择其他打印机")


class CopiesWrong(Invalid):
    """Too many at once, or none."""

    code = "copies_wrong"
    sentence = T("{copies} copies: from 1 to {most} are printed at once", "份数 {copies} 有误：一次可打印 1 至 {most} 份")


class NoPrinter(Invalid):
    """Nobody said which, and the station has none."""

    code = "no_printer"
    sentence = T("No printer for {kind}", "没有可打印“{kind}”的打印机")
    advice = T("Name a printer, or a station that has one", "请指定打印机，或指定已配置打印机的台位")


class JobIsDone(Refused):
    """It is over, or on its way."""

    code = "print_job_status"
    sentence = T("Print job {number} is {status}", "打印任务 {number} {status}")
    advice = T("Look at the list of print jobs", "请查看打印任务列表")


class JobMoved(Conflict):
    """It was sent, or taken in hand, meanwhile."""

    code = "print_job_moved"
    sentence = T("Print job {number} changed meanwhile", "打印任务 {number} 已有变化")


def ask(
    kind: str, number: str, *, printer: Printer, by: Actor, key: str, copies: int = 1, reason: str | None = None
) -> PrintJob:  # fmt: skip
    """Puts one thing into a printer's queue, once for each key. Raises KindUnknown, NotPermitted, PrinterTakes, BrowserPrints, PrinterOff,
    CopiesWrong."""
    there = session.execute(sa.select(PrintJob).where(PrintJob.key == key)).scalar_one_or_none()
    if there is not None:
        return there
    takes, maker = takes_of(kind), known(kind)
    if takes is None or maker is None:
        raise KindUnknown(kind=kind[:40])
    if not by.may(maker.permission):
        raise NotPermitted(permission=maker.permission.text)
    if not 1 <= copies <= MOST_COPIES:
        raise CopiesWrong(pointer="/copies", copies=copies, most=MOST_COPIES)
    _may_print(printer, kind)
    job = PrintJob(
        site_id=by.site_id,
        key=key,
        kind=kind,
        number=number[:80],
        printer_id=printer.id,
        copies=copies,
        why=[],
        reason=(reason or "").strip()[:200] or None,
        by_id=by.id,
        created_at=clock.now(),
    )
    session.add(job)
    session.flush()  # the screen names it by id
    return job


def _may_print(printer: Printer, kind: str) -> None:
    if not fits(kind, printer):
        raise stations.PrinterTakes(pointer="/printer", code=printer.code, takes=Takes(printer.takes).text)
    if printer.kind == PrinterKind.BROWSER:
        raise BrowserPrints(code=printer.code)
    if not printer.active:
        raise PrinterOff(code=printer.code)


def times_asked(kind: str, number: str, *, by: Actor) -> int:
    """How often something was printed, or is going to be: jobs that nobody has drawn yet count like prints."""
    return keeping.times_printed(kind, number, by=by) + undrawn(kind, [number], by=by).get(number, 0)


def undrawn(kind: str, numbers: Sequence[str], *, by: Actor) -> dict[str, int]:
    """How many jobs for these are not counted as prints: those that nobody has drawn yet, and labels, which no print counts."""
    over = [JobStatus.CANCELLED.value, JobStatus.FAILED.value]
    mine = (PrintJob.site_id == by.site_id, PrintJob.kind == kind, PrintJob.print_id.is_(None), PrintJob.status.not_in(over))
    found: dict[str, int] = {}
    for some in few(numbers):
        these = PrintJob.number.in_([one[:80] for one in some])
        rows = session.execute(sa.select(PrintJob.number, sa.func.count()).where(*mine, these).group_by(PrintJob.number))
        found |= {number: int(count) for number, count in rows}
    return found


def was_asked(key: str) -> bool:
    """Whether this very intention is in the queue already."""
    return session.execute(sa.select(PrintJob.id).where(PrintJob.key == key)).first() is not None


def must_say_why(kind: str, number: str, reason: str | None, *, by: Actor) -> None:
    """The second print and every later one needs a reason; who comes in the same moment waits and reads the first one's. Raises
    WhyAgain."""
    if asks_why(kind) and not (reason or "").strip():
        session.execute(sa.select(Site.id).where(Site.id == by.site_id).with_for_update(key_share=True))
        keeping.must_say_why(times_asked(kind, number, by=by), number, reason)


@dataclass(frozen=True)
class Queued:
    """What became of something that a scan made: the job, and the printer it goes to."""

    job: int
    printer: str


def by_scan(kind: str, number: str, *, location_id: int | None, by: Actor, key: str, reason: str | None = None) -> Queued | None:
    """Queues what a scan made at the printer of its station; None where there is none, and it stays a link to open. What was printed before
    and comes again because the work made it anew says so."""
    takes = takes_of(kind)
    if takes is None:
        return None
    printer = _printer_at(kind, takes, location_id=location_id, by=by)
    if printer is None:
        return None
    if reason is None and asks_why(kind) and times_asked(kind, number, by=by):
        reason = MADE_ANEW.both()
    job = ask(kind, number, printer=printer, by=by, key=f"scan:{key}:{kind}:{number}"[:200], reason=reason)
    return Queued(job.id, printer.code)


def _printer_at(kind: str, takes: Takes, *, location_id: int | None, by: Actor) -> Printer | None:
    """The station's printer for this kind; a finished label goes to that for labels, where it can be left there."""
    beside = stations.printer_for(Takes.LABELS, location_id=location_id, by=by) if kind in FINISHED else None
    return beside if beside is not None and fits(kind, beside) else stations.printer_for(takes, location_id=location_id, by=by)


def chosen_printer(kind: str, printer: str | None, station: str | None, *, by: Actor) -> Printer:
    """The printer that was named, or the one at the named station or on the device. Raises KindUnknown, PrinterUnknown, StationUnknown,
    NoPrinter."""
    takes = takes_of(kind)
    if takes is None:
        raise KindUnknown(kind=kind[:40])
    if printer:
        return printers.find(printer, by=by)
    place = stations.of_place(station, by=by)[0].id if station else None
    found = _printer_at(kind, takes, location_id=place, by=by)
    if found is None:
        raise NoPrinter(pointer="/printer", kind=words_of(kind))
    return found


# -- what people do with a job -----------------------------------------------------------------------------------------


def find(number: int, *, by: Actor) -> PrintJob:
    """A print job of the person's site; raises JobUnknown."""
    found = session.execute(sa.select(PrintJob).where(PrintJob.id == number, PrintJob.site_id == by.site_id)).scalar_one_or_none()
    if found is None:
        raise JobUnknown(number=number)
    return found


def retry(number: int, *, by: Actor) -> PrintJob:
    """Prints it again, or now rather than later: what failed, is doubtful or was cancelled, and what waits for a printer in trouble.

    Raises JobUnknown, JobIsDone, NotPermitted, PrinterOff.
    """
    job = _changeable(number, by, *_AGAIN)
    return _queued_at(job, session.get_one(Printer, job.printer_id))


def print_elsewhere(number: int, printer: str, *, by: Actor) -> PrintJob:
    """Sends it to another printer. Raises JobUnknown, JobIsDone, NotPermitted, PrinterUnknown, PrinterTakes, PrinterOff, BrowserPrints."""
    job = _changeable(number, by, *_AGAIN)
    return _queued_at(job, printers.find(printer, by=by))


def cancel(number: int, *, by: Actor) -> PrintJob:
    """It is not to be printed any more. Raises JobUnknown, JobIsDone, NotPermitted."""
    job = _changeable(number, by, JobStatus.QUEUED, JobStatus.DOUBTFUL)
    _ended(job, JobStatus.CANCELLED, by)
    return job


def it_came_out(number: int, *, by: Actor) -> PrintJob:
    """A person holds the doubtful print in hand. Raises JobUnknown, JobIsDone, NotPermitted."""
    job = _changeable(number, by, JobStatus.DOUBTFUL)
    _ended(job, JobStatus.SENT, by)
    return job


_AGAIN = (JobStatus.QUEUED, JobStatus.FAILED, JobStatus.DOUBTFUL, JobStatus.CANCELLED)


def _changeable(number: int, by: Actor, *statuses: JobStatus) -> PrintJob:
    job = find(number, by=by)
    maker = known(job.kind)
    if maker is not None and not by.may(maker.permission):
        raise NotPermitted(permission=maker.permission.text)
    free = sa.or_(PrintJob.leased_until.is_(None), PrintJob.leased_until < clock.now(), PrintJob.status != JobStatus.QUEUED.value)
    mine = session.execute(
        sa.update(table_of(PrintJob))
        .where(PrintJob.id == job.id, PrintJob.status.in_([one.value for one in statuses]), free)
        .values(attempts=PrintJob.attempts)  # the row is ours from here on
    )
    session.refresh(job)
    if mine.rowcount != 1:  # type: ignore[attr-defined]
        status = JobStatus(job.status)
        if status in statuses:  # somebody is just connecting to its printer
            raise JobMoved(number=number)
        raise JobIsDone(number=number, status=status.text)
    return job


def _queued_at(job: PrintJob, printer: Printer) -> PrintJob:
    _may_print(printer, job.kind)
    if job.status == JobStatus.DOUBTFUL:
        job.print_id = None  # a paper may have come out as that copy: this is another one
    job.printer_id, job.status, job.leased_until, job.begun_at = printer.id, JobStatus.QUEUED.value, None, None
    job.why, job.ended_at, job.ended_by_id = [], None, None
    job.created_at = clock.now()  # patience begins anew
    printer.rests_until = None
    session.flush()
    return job


def _ended(job: PrintJob, status: JobStatus, by: Actor | None) -> None:
    job.status, job.ended_at, job.ended_by_id, job.leased_until = status.value, clock.now(), by.id if by else None, None
    session.flush()


# -- lists -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A job as lists show it."""

    id: int
    kind: str
    number: str
    printer: str
    printer_name: str
    trouble: Text | None
    copies: int
    status: JobStatus
    why: Text | None
    reason: str | None
    copy: int | None
    attempts: int
    by: str
    created_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str | None

    @property
    def text(self) -> Text:
        """What it is."""
        return words_of(self.kind)

    @property
    def tone(self) -> str:
        """How its status is shown; what waits for a printer in trouble needs somebody too."""
        if self.status is JobStatus.QUEUED:
            return "ask" if self.why or self.trouble else "calm"
        return _TONES[self.status]

    @property
    def may_retry(self) -> bool:
        """Whether it may be printed again, here or elsewhere."""
        return self.status in _AGAIN


_TONES = {
    JobStatus.QUEUED: "calm",
    JobStatus.SENDING: "calm",
    JobStatus.SENT: "good",
    JobStatus.FAILED: "stop",
    JobStatus.DOUBTFUL: "ask",
    JobStatus.CANCELLED: "calm",
}
_Ender = aliased(Person)
_NEEDS = PrintJob.status.in_([JobStatus.FAILED.value, JobStatus.DOUBTFUL.value])
_WAITS = PrintJob.status.in_([JobStatus.QUEUED.value, JobStatus.SENDING.value])
URGENT_FIRST = (sa.case((_NEEDS, 0), (_WAITS, 1), else_=2), PrintJob.id.desc())
"""What needs somebody, then what waits, then what is over; newest first."""


def listed(
    *, by: Actor, status: JobStatus | None = None, printer: str | None = None, number: str | None = None, needs_somebody: bool = False
) -> sa.Select[Any]:
    """The jobs of the person's site, without order."""
    statement = (
        sa.select(PrintJob, Printer, Person.name.label("by_name"), _Ender.name.label("ender"), PaperPrint.copy)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .join(Person, Person.id == PrintJob.by_id)
        .outerjoin(_Ender, _Ender.id == PrintJob.ended_by_id)
        .outerjoin(PaperPrint, PaperPrint.id == PrintJob.print_id)
        .where(PrintJob.site_id == by.site_id)
    )
    if status is not None:
        statement = statement.where(PrintJob.status == status.value)
    if needs_somebody:
        statement = statement.where(PrintJob.status.in_([JobStatus.FAILED.value, JobStatus.DOUBTFUL.value]))
    if printer:
        statement = statement.where(Printer.code_key == fold(printer))
    if number:
        statement = statement.where(PrintJob.number == number)
    return statement


def row(found: Any) -> Row:
    """One row of `listed`."""
    job, printer = found[0], found[1]
    return Row(
        job.id, job.kind, job.number, printer.code, printer.name, printers.trouble_of(printer), job.copies, JobStatus(job.status),
        Text(job.why[0], job.why[1]) if job.why else None, job.reason, found.copy, job.attempts, found.by_name,
        job.created_at, job.ended_at, found.ender,
    )  # fmt: skip


def rows(statement: sa.Select[Any]) -> list[Row]:
    """All of a statement that began as `listed`."""
    return [row(found) for found in session.execute(statement)]


def one(number: int, *, by: Actor) -> Row:
    """One job as lists show it. Raises JobUnknown."""
    found = session.execute(listed(by=by).where(PrintJob.id == number).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise JobUnknown(number=number)
    return row(found)


def needing_somebody(who: Actor) -> int:
    """How many failed or are doubtful."""
    bad = [JobStatus.FAILED.value, JobStatus.DOUBTFUL.value]
    recent = clock.now() - dt.timedelta(days=2)
    waiting = sa.select(sa.func.count()).select_from(PrintJob)
    found: int = session.execute(
        waiting.where(PrintJob.site_id == who.site_id, PrintJob.status.in_(bad), PrintJob.created_at > recent)
    ).scalar_one()
    return found


def stands_of(ids: Sequence[int]) -> dict[int, JobStatus]:
    """How these jobs stand."""
    rows = session.execute(sa.select(PrintJob.id, PrintJob.status).where(PrintJob.id.in_(ids)))
    return {number: JobStatus(status) for number, status in rows}
