"""Files of orders, however long: everything is looked at before anything is written, and the floor does not wait for it.

First every order is read against what is there, a handful at a time, without writing: one that is wrong, and nothing is taken in. A file
of some thousand lines is then written as one. A longer one is written in handfuls of whole orders, each a transaction of its own, so that
nobody waits longer than for a wave: what became wrong in the meantime (somebody took a number) ends it there, in words, and the same file
once more takes in the rest, for an order that the same source sent before in the same words is no second one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import TooLong, again, session, transaction
from wms.errors import Invalid, WarehouseError
from wms.integrations.reading import Asked
from wms.integrations.reports import Report
from wms.orders.entering import Handful, Read
from wms.orders.lines import read_lines
from wms.orders.operations import NewOrder

HANDFUL = 600
"""So many lines are looked up and written together."""
AS_ONE = 3000
"""So many rows are written in one transaction."""
Refuse = Callable[[Asked, WarehouseError], None]
Progress = Callable[[int, int], None]
Products = dict[str, Product]


def nobody_looks(_checked: int, _written: int) -> None:
    """No bar."""


def handfuls(prepared: Iterable[Asked]) -> Iterator[list[Asked]]:
    """Whole orders, so many lines at a time."""
    some: list[Asked] = []
    lines = 0
    for one in prepared:
        some.append(one)
        lines += len(one.rows)
        if lines >= HANDFUL:
            yield some
            some, lines = [], 0
    if some:
        yield some


def check(prepared: Iterable[Asked], *, by: Actor, refuse: Refuse, progress: Progress) -> tuple[int, int]:
    """Reads every order against what is there; how many would be new, and how many are there. Writes nothing."""
    new = there = lines = 0
    products: Products = {}
    for some in handfuls(prepared):
        for order in _read(some, products, by=by, refuse=refuse)[1]:
            new, there = (new + 1, there) if order is not None else (new, there + 1)
        lines += sum(len(one.rows) for one in some)
        progress(lines, 0)
        session.rollback()
        session.close()
    return new, there


def write(
    prepared: Iterable[Asked], report: Report, *, by: Actor, refuse: Refuse, progress: Progress, first_time: Callable[[], bool]
) -> None:
    """Takes the orders in; as one where they are not too many. Stops at what has become wrong since it was checked."""
    products: Products = {}
    if report.rows <= AS_ONE:
        with transaction():
            if first_time():
                for some in handfuls(prepared):
                    _write(some, report, products, by=by, refuse=refuse)
            if report.errors:
                report.taken = report.there = 0
                session.rollback()
        return
    for place, some in enumerate(handfuls(prepared)):
        before = report.taken, report.there

        def one_handful(some: list[Asked] = some, first: bool = place == 0, before: tuple[int, int] = before) -> bool:
            report.taken, report.there = before  # a handful that is tried again is counted once
            with transaction():
                if first and not first_time():
                    return False
                _write(some, report, products, by=by, refuse=refuse)
                if report.errors:
                    session.rollback()
            return not report.errors

        if not again(one_handful):
            report.taken, report.there = before
            report.stopped = True
            return
        progress(0, sum(len(one.rows) for one in some))


def _read(some: list[Asked], products: Products, *, by: Actor, refuse: Refuse) -> tuple[Handful, list[Read | None]]:
    asked = [one.body.asked(one.body.words) for one in some]
    handful = Handful(asked, by=by, products=products)
    found: list[Read | None] = []
    for one, order in zip(some, asked, strict=True):
        try:
            found.append(handful.read(order))
        except WarehouseError as wrong:
            refuse(one, wrong)
            _look_at_the_other_lines(one, order, wrong, handful, refuse)
    return handful, found


def _look_at_the_other_lines(one: Asked, order: NewOrder, wrong: WarehouseError, handful: Handful, refuse: Refuse) -> None:
    """Reading stops at the first bad line; a file wants to know them all."""
    pointer = getattr(wrong, "pointer", None) or ""
    if not pointer.startswith("/lines/"):
        return
    for place in range(int(pointer.split("/")[2]) + 1, len(order.lines)):
        try:
            read_lines([order.lines[place]], handful.products)
        except Invalid as another:
            another.pointer = f"/lines/{place}/" + (another.pointer or "").rpartition("/")[2]
            refuse(one, another)


def _write(some: list[Asked], report: Report, products: Products, *, by: Actor, refuse: Refuse) -> None:
    handful, found = _read(some, products, by=by, refuse=refuse)
    if report.errors:
        return
    new = [order for order in found if order is not None]
    try:
        handful.write(new)
    except TooLong as wrong:  # found while writing: nothing can be written after it
        refuse(some[0], wrong)
        return
    report.taken += len(new)
    report.there += len(found) - len(new)
    session.flush()
    session.expunge_all()  # what was read and written of these is not needed for the next ones
