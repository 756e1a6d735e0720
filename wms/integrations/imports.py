"""Files in: master data, inbound orders, orders, stock and carriers' numbers, through the same models and operations as the API.

All or nothing: one bad row and nothing is taken; every bad row is reported with its line, column and reason. A file is read and
checked before the transaction begins (`wms.integrations.reading`): the floor waits for what is written, never for what is read.
The rules for doubtful rows:

- A code that stands twice in a file of master data is taken once when both rows say the same, and is an error when not.
- One row is one line of an order. Rows of one order stand together, and what they say about the order as a whole must agree: an order
  whose rows name two customers or two addresses is refused, row by row. Empty cells after the first row agree with it.
- Two rows with the same product are two lines of the order; two rows with the same `line` are an error, but for rows of an inbound order
  that name the plates (`sscc`) their goods come on: those are one line, of all they count.
- A date without a time, where a time is wanted, is the end of that day on the house's clock.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app

from wms.actor import Actor
from wms.catalog import partners
from wms.catalog.carton_api import NewCartonType
from wms.catalog.putting import BarcodeTaken
from wms.db import TooLong, again, session, transaction
from wms.errors import Invalid, WarehouseError
from wms.i18n import T, Text
from wms.integrations import handfuls, order_files, reading, tables, thing_files, things, unknown
from wms.integrations.handfuls import Progress
from wms.integrations.plate_rows import OF_PLATES
from wms.integrations.progress import Bar
from wms.integrations.reading import KINDS, Asked, Kind, Prepared, TrackingRow, columns_of
from wms.integrations.reports import Enough, Report
from wms.integrations.tables import Row
from wms.integrations.things import Thing, at_site
from wms.orders import lines as order_lines
from wms.orders.lines import NewLine
from wms.shipping import tracking
from wms.shipping.fleet_api import NewVehicle
from wms.stock import changes
from wms.stock import operations as stock
from wms.stock.api import AdjustmentIn
from wms.web import idempotency

__all__ = ["KINDS", "Kind", "columns_of", "import_file", "run"]

_FORGET_EVERY = 200
_THINGS: dict[Kind, Thing] = {"products": "products", "partners": "partners", "locations": "locations"}


class _NothingTaken(Exception):
    """Rolls the transaction back."""


# -- the edge ----------------------------------------------------------------------------------------------------------


def import_file(
    kind: Kind,
    stream: BinaryIO,
    *,
    by: Actor,
    dry_run: bool = False,
    first_time: Callable[[], bool] = lambda: True,
    progress: Progress = handfuls.nobody_looks,
) -> Report:
    """Takes a whole file in, or nothing of it, in one transaction of its own, if in it `first_time` says so. Raises TableUnreadable.

    A file of stock is taken in once: the very same file again is there already. A file with rows that cannot be read is tried all the
    same, for whatever else is wrong with its other rows. Files of orders and of master data may be long: see `order_files` and
    `thing_files`. `progress` hears how many rows are checked, and how many more were written.
    """
    report = Report(kind, dry_run)
    session.close()  # reading a file may take minutes, and no transaction is kept open for it
    try:
        prepared = reading.prepare(kind, stream, report, lambda: progress(0, 0))
    except Enough:
        return report
    try:
        if kind == "orders":
            unknown.tell(prepared.named, report)
            _take_in_orders(prepared, report, by, dry_run, first_time, progress)
            raise _NothingTaken
        if (thing := _THINGS.get(kind)) and thing_files.is_long(report) and _took_in_things(thing, prepared, report, by, dry_run, progress):
            raise _NothingTaken
        unknown.tell(prepared.named, report)
        unreadable = list(report.errors)

        def at_once() -> None:
            report.taken, report.there, report.errors = 0, 0, list(unreadable)  # what is tried again is counted once
            with transaction():
                if not dry_run and not first_time():
                    raise _NothingTaken
                if kind == "stock" and not dry_run and not _is_new_stock(stream, by=by):
                    report.there = report.rows
                    raise _NothingTaken
                if thing:
                    _put_things(thing, prepared, report, by=by)
                else:
                    _write(kind, prepared, report, by=by)
                if report.errors or dry_run:
                    raise _NothingTaken

        again(at_once)
    except (_NothingTaken, Enough):
        pass
    finally:
        prepared.close()
    report.errors.sort(key=lambda error: error.line)
    return report


def run(kind: Kind, path: str, *, by: Actor, dry_run: bool = False) -> int:
    """The command: reports on standard output, errors in both languages on standard error; 1 when anything is wrong."""
    try:
        with Path(path).open("rb") as stream:
            report = import_file(kind, stream, by=by, dry_run=dry_run, progress=Bar().show)
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return 1
    except tables.TableUnreadable as error:
        print(f"{path}: {error.say('en')}\n{path}：{error.say('zh_CN')}", file=sys.stderr)
        return 1
    for one in report.errors:
        print(f"{one.say('en')} / {one.say('zh_CN')}", file=sys.stderr)
    print(f"{report.text.say('en')} / {report.text.say('zh_CN')}")
    return 1 if report.errors else 0


def _take_in_orders(
    prepared: Prepared, report: Report, by: Actor, dry_run: bool, first_time: Callable[[], bool], progress: Progress
) -> None:
    def refuse(one: Asked, wrong: WarehouseError) -> None:
        pointer = getattr(wrong, "pointer", None) or "/number"
        report.wrong(reading.row_of(_parts(pointer), one.rows), _column(pointer), _sentence(wrong), wrong.code)

    def looked_at() -> Iterator[Asked]:
        for one in prepared:
            _must_be_here(one, by, refuse)
            yield one

    report.taken, report.there = order_files.check(looked_at(), by=by, refuse=refuse, progress=progress)
    if report.errors or dry_run:
        return
    report.taken = report.there = 0
    order_files.write(prepared, report, by=by, refuse=refuse, progress=progress, first_time=first_time)


def _took_in_things(kind: Thing, prepared: Prepared, report: Report, by: Actor, dry_run: bool, progress: Progress) -> bool:
    """Whether a long file of master data was dealt with in handfuls: it is not, where its rows need each other."""

    def refuse(one: Asked, wrong: WarehouseError) -> None:
        _refused(one, wrong, report)

    if thing_files.share(prepared):
        return False
    refused: list[tuple[Asked, WarehouseError]] = []
    different = thing_files.look(kind, prepared, by=by, refuse=lambda *one: refused.append(one), progress=progress)
    if not report.errors and any(isinstance(wrong, BarcodeTaken) for _, wrong in refused):
        return False  # perhaps it is given up by another row
    for one, wrong in refused:
        refuse(one, wrong)
    if dry_run:
        report.taken, report.there = different, report.rows - different
    elif not report.errors:
        thing_files.write(kind, prepared, report, by=by, refuse=refuse, progress=progress)
    return True


def _is_new_stock(stream: BinaryIO, *, by: Actor) -> bool:
    """Whether this very file was not taken in before: its rows add to the book, and sending it twice must not add twice."""
    stream.seek(0)
    return idempotency.first_time(by.id, f"stock:{hashlib.file_digest(stream, 'sha256').hexdigest()}")  # type: ignore[arg-type]


def _must_be_here(one: Asked, by: Actor, refuse: Callable[[Asked, WarehouseError], None]) -> None:
    if not one.body.site:
        return
    try:
        at_site(one.body, by)
    except WarehouseError as wrong:
        refuse(one, wrong)


def _put_things(kind: Thing, prepared: Prepared, report: Report, *, by: Actor) -> None:
    """Takes in all of them, inside the caller's transaction; what is refused is noted in the report."""
    for some in handfuls.of_rows(prepared, things.HANDFUL):
        thing_files.put(kind, some, report, by=by, refuse=lambda one, wrong: _refused(one, wrong, report))
        session.flush()
        session.expunge_all()  # what was read and written of these is not needed for the next ones


def _write(kind: Kind, prepared: Prepared, report: Report, *, by: Actor) -> None:
    """Takes in what was prepared, inside the caller's transaction; what the operations refuse is noted in the report."""
    moved: list[int] = []
    for count, asked in enumerate(prepared, start=1):
        try:
            if kind == "inbound-orders":
                _enter(asked, report, by)
            else:
                moved += _put(kind, asked, report, by)
            if count % _FORGET_EVERY == 0:
                changes.tell(moved, by=by)
                moved.clear()
                session.flush()
                session.expunge_all()  # what was read and written of these is not needed for the next ones
        except TooLong as wrong:  # found while writing: nothing can be written after it
            report.wrong(asked.rows[0], None, _sentence(wrong), wrong.code)
            raise _NothingTaken from None
    changes.tell(moved, by=by)


# -- one row, one thing ------------------------------------------------------------------------------------------------


def _put(kind: Kind, asked: Asked, report: Report, by: Actor) -> list[int]:
    """The movements that this row made, where it made any."""
    try:
        moved = _PUT[kind](asked.body, at_site(asked.body, by))
        report.taken += 1
        return moved or []
    except TooLong:
        raise
    except WarehouseError as wrong:
        _refused(asked, wrong, report)
        return []


def _put_coded(body: NewCartonType | NewVehicle, _by: Actor) -> None:
    body.put(body.code)


def _put_stock(body: AdjustmentIn, by: Actor) -> list[int]:
    done = stock.adjust(
        **body.model_dump(exclude={"site", "owner", "reason"}),
        owner_id=partners.find_partner(body.owner).id if body.owner else None,
        company_prefix=current_app.config["WMS"].gs1_company_prefix,
        reason=body.reason or "import",
        by=by,
        told=False,
    )
    return done.movements


def _put_tracking(body: TrackingRow, by: Actor) -> None:
    tracking.put(body.sscc or body.shipment or body.order or "", body.tracking, by=by, carrier=body.carrier)


_PUT: dict[Kind, Callable[[Any, Actor], list[int] | None]] = {
    "carton-types": _put_coded,
    "vehicles": _put_coded,
    "stock": _put_stock,
    "tracking": _put_tracking,
}


# -- several rows, one document ----------------------------------------------------------------------------------------


def _enter(asked: Asked, report: Report, by: Actor) -> None:
    body = asked.body
    try:
        here = at_site(body, by)
        body.announce(by=here, company_prefix=current_app.config["WMS"].gs1_company_prefix)
        report.taken += 1
    except TooLong:
        raise
    except WarehouseError as wrong:
        pointer = getattr(wrong, "pointer", None) or "/number"
        report.wrong(reading.row_of(_parts(pointer), asked.rows), _column(pointer), _sentence(wrong), wrong.code)
        if pointer.startswith("/lines/"):
            _check_the_other_lines(body, int(_parts(pointer)[1]), asked.rows, report)


def _check_the_other_lines(body: Any, after: int, rows: list[Row], report: Report) -> None:
    """An operation stops at the first bad line; a file wants to know them all."""
    for index in range(after + 1, len(body.lines)):
        try:
            order_lines.read_lines([NewLine(**body.lines[index].model_dump(exclude=OF_PLATES))])
        except Invalid as wrong:
            report.wrong(rows[index], _column(wrong.pointer), _sentence(wrong), wrong.code)


# -- errors ------------------------------------------------------------------------------------------------------------


def _refused(asked: Asked, wrong: WarehouseError, report: Report) -> None:
    report.wrong(asked.rows[0], _column(getattr(wrong, "pointer", None)), _sentence(wrong), wrong.code)


def _parts(pointer: str) -> list[str]:
    return pointer.strip("/").split("/")


def _column(pointer: str | None) -> str | None:
    return reading.named(tuple(_parts(pointer))) if pointer else None


def _sentence(wrong: WarehouseError) -> Text:
    # The two languages are said here, because a refusal's facts do not travel with its sentence.
    return T(wrong.say("en").replace("{", "(").replace("}", ")"), wrong.say("zh_CN").replace("{", "(").replace("}", ")"))
