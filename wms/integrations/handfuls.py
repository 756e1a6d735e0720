"""A long file is written a handful at a time, each in a transaction of its own, so that the floor does not wait for it.

What became wrong since the file was checked ends it there, in words. What was written stays, and the same file once more takes in the
rest: of orders because the same one of the same source is no second one, of master data because each row is a whole thing as it shall be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wms.db import again, session, transaction
from wms.errors import WarehouseError
from wms.integrations.reading import Asked
from wms.integrations.reports import Report

AS_ONE = 3000
"""So many rows are written in one transaction."""
Refuse = Callable[[Asked, WarehouseError], None]
Progress = Callable[[int, int], None]


def nobody_looks(_checked: int, _written: int) -> None:
    """No bar."""


def of_rows(prepared: Iterable[Asked], most: int) -> Iterator[list[Asked]]:
    """Whole things, until they have so many rows together."""
    some: list[Asked] = []
    rows = 0
    for one in prepared:
        some.append(one)
        rows += len(one.rows)
        if rows >= most:
            yield some
            some, rows = [], 0
    if some:
        yield some


def write(
    handfuls: Iterable[list[Asked]],
    report: Report,
    put: Callable[[list[Asked]], None],
    *,
    progress: Progress,
    first_time: Callable[[], bool] = lambda: True,
) -> None:
    """Writes one after the other with `put`, which counts in the report what it took; not at all unless it is the first time."""
    for place, some in enumerate(handfuls):
        before = report.taken, report.there

        def one_handful(some: list[Asked] = some, first: bool = place == 0, before: tuple[int, int] = before) -> bool:
            report.taken, report.there = before  # a handful that is tried again counts once
            with transaction():
                if first and not first_time():
                    return False
                put(some)
                if report.errors:
                    session.rollback()
            return not report.errors

        if not again(one_handful):
            report.taken, report.there = before
            report.stopped = place > 0 and bool(report.errors)
            return
        progress(0, sum(len(one.rows) for one in some))
        session.expunge_all()  # what was read and written of these is not needed for the next ones
