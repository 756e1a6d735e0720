"""What tests of printing share: printers that listen, a station, and the background that prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.printing.printer import LabelPrinter
from tests.warehouse import Warehouse
from wms import db
from wms.db import session
from wms.locations.models import Kind
from wms.printing import printers, queue, sending, stations
from wms.printing.models import Printer, PrinterKind, PrintJob, Takes
from wms.printing.printers import Wish


class Room:
    """A room with printers: `room.ask("handling-unit", code)` queues, `room.print()` lets the background do its round."""

    def __init__(self, w: Warehouse) -> None:
        self.w, self.by, self.folders = w, w.by, ""

    def printer(self, code: str, listening: LabelPrinter | None = None, **more: Any) -> Printer:
        """A printer of the site, on this loopback printer."""
        facts: dict[str, Any] = {"kind": PrinterKind.ZPL, "takes": Takes.LABELS, "host": "127.0.0.1"}
        if listening is not None:
            facts["port"] = listening.port
        with db.transaction():
            return printers.save(code, Wish(code.title(), **(facts | more)), by=self.by, folders=self.folders)[0]

    def station(self, at: str, labels: str | None = None, *, kind: Kind = Kind.DOCK, **more: Any) -> int:
        """A place with this printer beside it; returns its location's id."""
        place = self.w.location(at, kind=kind) if not self.w._exists(at) else self.w.location(at)
        with db.transaction():
            stations.save(by=self.by, location=at, labels=labels, **more)
        return place.id

    def ask(self, kind: str, number: str, printer: Printer, *, key: str | None = None, **more: Any) -> int:
        with db.transaction():
            return queue.ask(kind, number, printer=printer, by=self.by, key=key or self.w.key(), **more).id

    def print(self) -> None:
        """One round of the background, to its end."""
        sending.send()
        sending.wait()
        session.remove()

    def job(self, number: int) -> queue.Row:
        session.rollback()
        return queue.one(number, by=self.by)

    def trouble(self, code: str) -> str:
        session.rollback()
        said = printers.trouble_of(session.get_one(Printer, printers.find(code, by=self.by).id, populate_existing=True))
        return said.say("en") if said else ""

    def later(self, **ago: float) -> None:
        """Time passes: what was written is that much older."""
        with db.transaction():
            for row in session.query(PrintJob).all():
                row.created_at -= dt.timedelta(**ago)
                row.begun_at = row.begun_at - dt.timedelta(**ago) if row.begun_at else None
                row.leased_until = row.leased_until - dt.timedelta(**ago) if row.leased_until else None
            for one in session.query(Printer).all():
                one.rests_until = one.rests_until - dt.timedelta(**ago) if one.rests_until else None


@pytest.fixture
def room(w: Warehouse) -> Room:
    return Room(w)


@pytest.fixture
def listening() -> Iterator[Callable[..., LabelPrinter]]:
    """Makes loopback printers, and switches them off at the end."""
    made: list[LabelPrinter] = []

    def make(*args: Any, **more: Any) -> LabelPrinter:
        made.append(LabelPrinter(*args, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()
