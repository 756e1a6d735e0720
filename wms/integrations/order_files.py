"""Files of orders, however long: everything is looked at before anything is written, and the floor does not wait for it.

First every order is read against what is there, a handful at a time, without writing: one that is wrong, and nothing is taken in. A file
of some thousand lines is then written as one. A longer one is written in handfuls of whole orders, so that nobody waits longer than for a
wave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wms.actor import Actor
from wms.catalog.models import PartnerKind, Product
from wms.db import TooLong, session
from wms.errors import Invalid, WarehouseError
from wms.integrations import handfuls
from wms.integrations.handfuls import Progress, Refuse
from wms.integrations.reading import Asked
from wms.integrations.reports import Report
from wms.orders.entering import Handful, Read
from wms.orders.lines import read_lines
from wms.orders.operations import NewOrder

HANDFUL = 600
"""So many lines are looked up and written together."""
Products = dict[str, Product]


def check(prepared: Iterable[Asked], *, by: Actor, refuse: Refuse, progress: Progress) -> tuple[int, int]:
    """Reads every order against what is there; how many would be new, and how many are there. Writes nothing."""
    new = there = lines = 0
    products: Products = {}
    for some in handfuls.of_rows(prepared, HANDFUL):
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

    def put(some: list[Asked]) -> None:
        for few in handfuls.of_rows(some, HANDFUL):
            _write(few, report, products, by=by, refuse=refuse)

    together = handfuls.AS_ONE if report.rows <= handfuls.AS_ONE else HANDFUL
    handfuls.write(handfuls.of_rows(prepared, together), report, put, progress=progress, first_time=first_time)


def _read(some: list[Asked], products: Products, *, by: Actor, refuse: Refuse) -> tuple[Handful, list[Read | None]]:
    asked = [one.body.asked(one.body.words) for one in some]
    handful = Handful(asked, by=by, products=products)
    found: list[Read | None] = []
    for one, order in zip(some, asked, strict=True):
        try:
            found.append(handful.read(order))
        except WarehouseError as wrong:
            refuse(one, wrong)
            _look_at_the_rest(one, order, wrong, handful, refuse)
    return handful, found


def _look_at_the_rest(one: Asked, order: NewOrder, wrong: WarehouseError, handful: Handful, refuse: Refuse) -> None:
    """Reading stops at the first thing that is wrong with an order; a file wants to know them all."""
    pointer = getattr(wrong, "pointer", None) or ""
    if pointer == "/customer" and order.carrier:
        try:
            handful.partner(order.carrier, PartnerKind.CARRIER, "/carrier")
        except Invalid as another:
            refuse(one, another)
    if pointer not in ("/customer", "/carrier") and not pointer.startswith("/lines/"):
        return
    for place in range(int(pointer.split("/")[2]) + 1 if pointer.startswith("/lines/") else 0, len(order.lines)):
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
