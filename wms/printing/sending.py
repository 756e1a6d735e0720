"""The background that prints: each printer has a courier of its own, so a dead one holds up nobody else.

A job goes through three doors. It is leased (still queued: whoever dies here leaves it to be taken again), drawn and connected with no
transaction open, marked as being sent, and only then do bytes go out. Who dies after the mark leaves it doubtful, which is said after
`DOUBT_AFTER`; a printer has at most one such job, for it is given one at a time.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import again, session, table_of, transaction
from wms.errors import WarehouseError
from wms.i18n import T, Text
from wms.jobs.couriers import Couriers, house_closes
from wms.printing import drawn, printers
from wms.printing.channels import Folder, Interrupted, Unreached, Wire, file_name
from wms.printing.models import JobStatus, Printer, PrinterKind, PrintJob

log = structlog.get_logger("wms.printing")
LEASE = dt.timedelta(seconds=60)
DOUBT_AFTER = dt.timedelta(seconds=60)
ROUND_SECONDS = 20.0
PATIENCE_SECONDS = 0.3
"""So long the other jobs wait for couriers, and no longer."""
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 30, 60))
"""After each failure a printer is left alone for longer."""

_JOBS, _PRINTERS = table_of(PrintJob), table_of(Printer)
_couriers = Couriers()
_BROKEN_OFF = T("sending was broken off: it may have come out", "发送中断，可能已打印")
_NOT_DRAWN = T("it could not be drawn; tell the administrator", "无法生成打印内容，请联系管理员")


@dataclass(frozen=True)
class Sheet:
    """A job in a courier's hand: everything that printing needs, so that no transaction is open meanwhile."""

    job: int
    attempt: int
    kind: str
    number: str
    copies: int
    reason: str | None
    print_id: int | None
    by: Actor
    asked_at: dt.datetime


def send() -> None:
    """One round: says what is doubtful, and sends a courier to every printer that has something to print or should be asked again."""
    if not _anything():
        return
    again(_say_what_is_doubtful)
    house = current_app._get_current_object()  # type: ignore[attr-defined]  # the couriers' threads have none of their own
    for printer_id in _due_printers()[: _couriers.room()]:
        _couriers.send_out(printer_id, functools.partial(_carry, house, printer_id))
    _couriers.wait(PATIENCE_SECONDS)


def wait(seconds: float = 30.0) -> None:
    """Until all couriers are back."""
    _couriers.wait(seconds)


def _anything() -> bool:
    """Looked at without the database's only writer: most rounds have nothing to do."""
    found = bool(_due_printers()) or session.execute(_doubtful().limit(1)).first() is not None
    session.rollback()
    return found


def _free(moment: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(_JOBS.c.leased_until.is_(None), _JOBS.c.leased_until < moment)


def _due_printers() -> list[int]:
    moment = clock.now()
    waits = sa.exists().where(_JOBS.c.printer_id == _PRINTERS.c.id, _JOBS.c.status == JobStatus.QUEUED.value, _free(moment))
    rests = sa.or_(_PRINTERS.c.rests_until.is_(None), _PRINTERS.c.rests_until <= moment)
    statement = (
        sa.select(_PRINTERS.c.id)
        .where(rests, _PRINTERS.c.active, _PRINTERS.c.kind != PrinterKind.BROWSER.value)
        .where(sa.or_(waits, _PRINTERS.c.trouble_since.is_not(None)), _PRINTERS.c.id.not_in(_couriers.busy()))
        .order_by(_PRINTERS.c.id)
    )
    found = list(session.execute(statement).scalars())
    session.rollback()
    return found


def _doubtful() -> sa.Select[Any]:
    long_ago = clock.now() - DOUBT_AFTER
    return sa.select(_JOBS.c.id).where(_JOBS.c.status == JobStatus.SENDING.value, _JOBS.c.begun_at < long_ago)


def _say_what_is_doubtful() -> None:
    with transaction():
        session.execute(
            sa.update(_JOBS)
            .where(_JOBS.c.status == JobStatus.SENDING.value, _JOBS.c.begun_at < clock.now() - DOUBT_AFTER)
            .values(status=JobStatus.DOUBTFUL.value, why=_kept(_BROKEN_OFF), leased_until=None)
        )


def _kept(why: Text) -> list[str]:
    return [why.say("en"), why.say("zh_CN")]


# -- one printer's round -------------------------------------------------------------------------------------------------


def _carry(house: Flask, printer_id: int) -> None:
    """Prints what is due at one printer, one after the other in the order in which it was asked for."""
    with house.app_context():
        until = time.monotonic() + ROUND_SECONDS
        tried = False
        while time.monotonic() < until and not house_closes():
            sheet = again(lambda: _take(printer_id))
            if sheet is None:
                break
            tried = True
            if not _print(sheet, printer_id):
                return
        if not tried:
            _look_after(printer_id)


def _take(printer_id: int) -> Sheet | None:
    """The oldest job that nobody has, leased."""
    with transaction():
        moment = clock.now()
        job_id = session.execute(
            sa.select(_JOBS.c.id)
            .where(_JOBS.c.printer_id == printer_id, _JOBS.c.status == JobStatus.QUEUED.value, _free(moment))
            .order_by(_JOBS.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if job_id is None:
            return None
        session.execute(sa.update(_JOBS).where(_JOBS.c.id == job_id).values(leased_until=moment + LEASE, attempts=_JOBS.c.attempts + 1))
        job = session.execute(sa.select(PrintJob).where(PrintJob.id == job_id).execution_options(populate_existing=True)).scalar_one()
        person = session.get_one(Person, job.by_id)
        by = Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), job.site_id)
        return Sheet(job.id, job.attempts, job.kind, job.number, job.copies, job.reason, job.print_id, by, job.created_at)


def _print(sheet: Sheet, printer_id: int) -> bool:
    """Whether the printer may be given the next one."""
    try:
        printer = session.get_one(Printer, printer_id, populate_existing=True)
        session.expunge(printer)
        content, ending = drawn.drawn(sheet.kind, sheet.number, sheet.copies, by=sheet.by, reason=sheet.reason, job=sheet.job)
    except WarehouseError as refusal:
        session.rollback()
        said = refusal.say("en"), refusal.say("zh_CN")
        again(lambda: _end(sheet, JobStatus.FAILED, Text(*said)))
        return True
    except Exception:
        log.exception("print_job_not_drawn", job=sheet.job, kind=sheet.kind, number=sheet.number)
        session.rollback()
        again(lambda: _end(sheet, JobStatus.FAILED, _NOT_DRAWN))
        return True
    session.remove()
    try:
        with _way(printer, file_name(sheet.job, sheet.kind, sheet.number, ending)).open() as channel:
            if not again(lambda: _begin(sheet)):
                return True  # cancelled, or moved to another printer
            channel.send(content)
    except Interrupted as broken:
        why = broken.why
        again(lambda: _end(sheet, JobStatus.DOUBTFUL, why, printer=printer_id))
        return False
    except Unreached as silent:
        why = silent.why
        again(lambda: _put_back(sheet, printer_id, why))
        return False
    except WarehouseError as refusal:  # the settings allow no folder any more
        why = Text(refusal.say("en"), refusal.say("zh_CN"))
        again(lambda: _put_back(sheet, printer_id, why))
        return False
    again(lambda: _sent(sheet, printer_id))
    return True


def _way(printer: Printer, name: str) -> Wire | Folder:
    if printer.kind == PrinterKind.ZPL:
        assert printer.host is not None
        assert printer.port is not None
        return Wire(printer.host, printer.port, printer.asks_state)
    folder = printers.inside(current_app.config["WMS"].print_folder, printer.folder or "")
    return Folder(folder, name)


def _mine(sheet: Sheet, *statuses: JobStatus) -> sa.Update:
    """The job as this courier holds it: whoever came after the lease ended has another attempt."""
    return sa.update(_JOBS).where(
        _JOBS.c.id == sheet.job, _JOBS.c.attempts == sheet.attempt, _JOBS.c.status.in_([one.value for one in statuses])
    )


def _done(statement: sa.Update) -> bool:
    return bool(session.execute(statement).rowcount == 1)  # type: ignore[attr-defined]


def _begin(sheet: Sheet) -> bool:
    """The mark after which bytes go out; False where the job is not ours any more."""
    with transaction():
        return _done(_mine(sheet, JobStatus.QUEUED).values(status=JobStatus.SENDING.value, begun_at=clock.now()))


def _sent(sheet: Sheet, printer_id: int) -> None:
    with transaction():
        moment = clock.now()
        late = _mine(sheet, JobStatus.SENDING, JobStatus.DOUBTFUL)  # however late we are: it has gone out
        _done(late.values(status=JobStatus.SENT.value, why=[], ended_at=moment, leased_until=None))
        _well(printer_id)


def _end(sheet: Sheet, status: JobStatus, why: Text, *, printer: int | None = None) -> None:
    with transaction():
        over = None if status is JobStatus.DOUBTFUL else clock.now()
        _done(
            _mine(sheet, JobStatus.QUEUED, JobStatus.SENDING).values(status=status.value, why=_kept(why), ended_at=over, leased_until=None)
        )
        if printer is not None:
            _in_trouble(printer, why)


def _put_back(sheet: Sheet, printer_id: int, why: Text) -> None:
    """Nothing has gone out: it waits until the printer is tried again, or is given up after as long as the settings say."""
    patience = dt.timedelta(minutes=current_app.config["WMS"].print_patience_minutes)
    given_up = clock.now() - sheet.asked_at > patience
    status, over = (JobStatus.FAILED, clock.now()) if given_up else (JobStatus.QUEUED, None)
    with transaction():
        mine = _mine(sheet, JobStatus.QUEUED, JobStatus.SENDING)
        _done(mine.values(status=status.value, why=_kept(why), ended_at=over, leased_until=None, begun_at=None))
        _in_trouble(printer_id, why)


def _in_trouble(printer_id: int, why: Text) -> None:
    printer = session.get_one(Printer, printer_id, populate_existing=True)
    printer.failures += 1
    printer.trouble, printer.trouble_since = _kept(why), printer.trouble_since or clock.now()
    printer.rests_until = clock.now() + WAITS[min(printer.failures, len(WAITS)) - 1]
    log.warning("printer_in_trouble", printer=printer.code, why=why.say("en"), failures=printer.failures)


def _well(printer_id: int) -> None:
    well: dict[str, Any] = {"trouble": [], "trouble_since": None, "failures": 0, "rests_until": None, "answered_at": clock.now()}
    session.execute(sa.update(_PRINTERS).where(_PRINTERS.c.id == printer_id).values(**well))


def _look_after(printer_id: int) -> None:
    """A printer in trouble with nothing to print is asked whether it answers again, so that its station may begin work."""
    printer = session.get(Printer, printer_id, populate_existing=True)
    if printer is None or printer.trouble_since is None:
        session.remove()
        return
    session.expunge(printer)
    session.remove()
    wrong: Text | None = None
    try:
        with _way(printer, "-").open():
            pass
    except Unreached as silent:
        wrong = silent.why
    except WarehouseError as refusal:
        wrong = Text(refusal.say("en"), refusal.say("zh_CN"))

    def noted() -> None:
        with transaction():
            _well(printer_id) if wrong is None else _in_trouble(printer_id, wrong)

    again(noted)
