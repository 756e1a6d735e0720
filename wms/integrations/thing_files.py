"""Long files of products, partners and locations: tried a handful at a time, then written so, and the floor does not wait for them.

A file whose rows have to do with each other (a barcode stands twice, or goes from one product to another) cannot be judged
handful by handful; that one, and every shorter one, is written as one.
"""

from __future__ import annotations

from contextlib import suppress

from wms.actor import Actor
from wms.catalog.putting import Put
from wms.db import again, fold, transaction
from wms.errors import WarehouseError
from wms.integrations import handfuls, things
from wms.integrations.handfuls import Progress, Refuse
from wms.integrations.reading import Asked, Prepared
from wms.integrations.reports import Report
from wms.integrations.things import HANDFUL, Thing


def is_long(report: Report) -> bool:
    """Whether a file is written in handfuls that are transactions of their own."""
    return report.rows > handfuls.AS_ONE


def look(kind: Thing, prepared: Prepared, *, by: Actor, refuse: Refuse, progress: Progress) -> int:
    """Tries every handful as things stand and takes it back; how many rows would be new or different."""
    tried, rows = Report(kind), 0
    for some in handfuls.of_rows(prepared, HANDFUL):
        wrong: list[tuple[Asked, WarehouseError]] = []

        def one_handful(some: list[Asked] = some, wrong: list[tuple[Asked, WarehouseError]] = wrong) -> None:
            wrong.clear()
            before = tried.taken, tried.there
            with suppress(_Tried), transaction():
                put(kind, some, tried, by=by, refuse=lambda *refused: wrong.append(refused))
                raise _Tried
            if wrong:
                tried.taken, tried.there = before

        again(one_handful)
        for one, why in wrong:
            refuse(one, why)
        rows += len(some)
        progress(rows, 0)
    return tried.taken


def write(kind: Thing, prepared: Prepared, report: Report, *, by: Actor, refuse: Refuse, progress: Progress) -> None:
    """Writes them. Stops at what has become wrong since it was tried; what was written before stays."""
    handfuls.write(
        handfuls.of_rows(prepared, HANDFUL), report, lambda some: put(kind, some, report, by=by, refuse=refuse), progress=progress
    )


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


def put(kind: Thing, some: list[Asked], report: Report, *, by: Actor, refuse: Refuse) -> None:
    """Puts a handful in, in the caller's transaction, and counts in the report what was new or different."""
    for one, done in zip(some, things.put(kind, [one.body for one in some], by=by), strict=True):
        if isinstance(done, WarehouseError):
            refuse(one, done)
        elif done is Put.UNCHANGED:
            report.there += 1
        else:
            report.taken += 1
