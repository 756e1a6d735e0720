"""The day at the docks as its page draws it: a grid with a column for each dock, and the same as a list for a phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wms import clock
from wms.actor import Actor
from wms.receiving import appointments
from wms.receiving.appointments import Hours, Slot
from wms.receiving.trucks import Truck


@dataclass(frozen=True)
class Cell:
    """One field of the grid: a free time, or an appointment over as many rows as it lasts."""

    dock: str
    begin: dt.datetime
    end: dt.datetime
    truck: Truck | None
    rows: int = 1

    @property
    def past(self) -> bool:
        """Whether nobody can be booked there any more."""
        return self.end <= clock.now()


@dataclass(frozen=True)
class Day:
    """A day: its times, and for each dock its cells from the first time to the last."""

    day: dt.date
    starts: list[dt.datetime]
    docks: dict[str, list[Cell]]

    @property
    def rows(self) -> list[tuple[dt.datetime, list[Cell]]]:
        """For a table: each time with the cells that begin then."""
        return [(start, [cell for cells in self.docks.values() for cell in cells if cell.begin == start]) for start in self.starts]

    def stretches(self, dock: str) -> list[Cell]:
        """For a list: the appointments of a dock, and the free times between them in one."""
        found: list[Cell] = []
        for cell in self.docks[dock]:
            if cell.past and cell.truck is None:
                continue
            if cell.truck is None and found and found[-1].truck is None and found[-1].end == cell.begin:
                found[-1] = replace(found[-1], end=cell.end)
            else:
                found.append(cell)
        return found


def of(day: dt.date, hours: Hours, trucks: Sequence[Truck], *, by: Actor) -> Day:
    """The day with these vehicles on it. Where an appointment does not keep to the slots, the grid is drawn in quarters of an hour."""
    starts = set(hours.starts(day))
    uneven = any(
        moment not in starts
        for one in trucks
        if one.planned_from and clock.local(one.planned_from).date() == day
        for moment in (one.planned_from,)
    )
    if uneven:
        hours = replace(hours, minutes=15)
    known = {one.id: one for one in trucks}
    slots = appointments.slots(day, hours, by=by)
    return Day(day, hours.starts(day), {dock: _cells(row, known) for dock, row in slots.items()})


def _cells(slots: Sequence[Slot], known: dict[int, Truck]) -> list[Cell]:
    found: list[Cell] = []
    for slot in slots:
        truck = known.get(slot.arrival_id) if slot.arrival_id else None
        if truck is not None and not slot.first:
            found[-1] = replace(found[-1], end=slot.end, rows=found[-1].rows + 1)
        else:
            found.append(Cell(slot.dock, slot.begin, slot.end, truck))
    return found
