"""Long files of products, partners and locations: tried a handful at a time, then written so, and the floor does not wait for them.

A file whose rows have to do with each other (a barcode stands twice, or goes from one product to another) cannot be judged
handful by handful; that one, and every shorter one, is written as one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from wms.catalog import putting
from wms.catalog.putting import Put
from wms.db import TooLong, again, fold, transaction
from wms.errors import WarehouseError
from wms.integrations import handfuls
from wms.integrations.handfuls import Progress, Refuse
from wms.integrations.reading import Asked, Kind, Prepared
from wms.integrations.reports import Report

HANDFUL = 300
"""So many rows are written together."""
KINDS: tuple[Kind, ...] = ("products", "partners", "locations")
PutOne = Callable[[Asked], object]


def is_long(kind: Kind, report: Report) -> bool:
    """Whether a file of these is written in handfuls."""
    return kind in KINDS and report.rows > handfuls.AS_ONE


def look(kind: Kind, prepared: Prepared, put: PutOne, *, refuse: Refuse, progress: Progress) -> int:
    """Tries every handful as things stand and takes it back; how many rows would be new or different."""
    tried, rows = Report(kind), 0
    for some in handfuls.of_rows(prepared, HANDFUL):
        wrong: list[tuple[Asked, WarehouseError]] = []

        def one_handful(some: list[Asked] = some, wrong: list[tuple[Asked, WarehouseError]] = wrong) -> None:
            wrong.clear()
            before = tried.taken, tried.there
            with suppress(_Tried), transaction():
                _put(kind, some, put, lambda *refused: wrong.append(refused), tried)
                raise _Tried
            if wrong:
                tried.taken, tried.there = before

        again(one_handful)
        for one, why in wrong:
            refuse(one, why)
        rows += len(some)
        progress(rows, 0)
    return tried.taken


def write(kind: Kind, prepared: Prepared, report: Report, put: PutOne, *, refuse: Refuse, progress: Progress) -> None:
    """Writes them. Stops at what has become wrong since it was tried; what was written before stays."""
    handfuls.write(handfuls.of_rows(prepared, HANDFUL), report, lambda some: _put(kind, some, put, refuse, report), progress=progress)


class _Tried(Exception):
    """Rolls back what was only tried."""


def share(prepared: Prepared) -> bool:
    """Whether two rows name what only one may have: a barcode, or the product of a pick face."""
    seen: set[str] = set()
    for one in prepared:
        body = one.body
        barcodes = [*getattr(body, "barcodes", ()), *(each.barcode for each in getattr(body, "packagings", ()) if each.barcode)]
        assigned = getattr(body, "assigned", None)
        names = {fold(name) for name in [*barcodes, *([assigned.sku] if assigned else [])]}
        if names & seen:
            return True
        seen |= names
    return False


def _put(kind: Kind, some: list[Asked], put: PutOne, refuse: Refuse, report: Report) -> None:
    taken = there = 0
    if kind == "products":
        try:
            done = putting.put_products([one.body.facts(one.body.sku) for one in some])
        except TooLong as wrong:
            refuse(some[0], wrong)
            return
        for one, outcome in zip(some, done, strict=True):
            if isinstance(outcome, WarehouseError):
                refuse(one, outcome)
            elif outcome is Put.UNCHANGED:
                there += 1
            else:
                taken += 1
    else:
        for one in some:
            try:
                taken, there = (taken, there + 1) if put(one) is Put.UNCHANGED else (taken + 1, there)
            except TooLong as wrong:  # found while writing: nothing can be written after it
                refuse(one, wrong)
                break
            except WarehouseError as wrong:
                refuse(one, wrong)
    report.taken += taken
    report.there += there
