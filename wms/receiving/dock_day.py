"""The day at the docks as its page draws it: a grid with a column for each dock, and the same as a list for a phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wms import clock
from wms.actor import Actor
from wms.receiving import appointments
from wms.receiving.appointments import Hours, Slot
from wms.receiving.dock_taken import STANDING
from wms.receiving.models import ArrivalStatus
from wms.receiving.trucks import SOON, Truck

WAITING = (ArrivalStatus.PLANNED, ArrivalStatus.ARRIVED)


@dataclass(frozen=True)
class Cell:
    """One field of the grid: a free time, or an appointment over as many rows as it lasts.

    `over` are the vehicles that stand there without an appointment of that time: the field is not free, or its appointment is in danger.
    """

    dock: str
    begin: dt.datetime
    end: dt.datetime
    truck: Truck | None
    rows: int = 1
    over: tuple[Truck, ...] = ()

    @property
    def free(self) -> bool:
        """Whether nobody stands there, and nobody is booked."""
        return self.truck is None and not self.over

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
            if cell.past and cell.free:
                continue
            if cell.free and found and found[-1].free and found[-1].end == cell.begin:
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
    return Day(day, hours.starts(day), {dock: _with_standing(_cells(row, known), _standing(dock, trucks)) for dock, row in slots.items()})


def _standing(dock: str, trucks: Sequence[Truck]) -> list[Truck]:
    """The vehicles that stand at a dock, the longest first."""
    now = clock.now()
    here = [one for one in trucks if one.dock == dock and one.status in STANDING]
    return sorted(here, key=lambda one: one.unloading_at or one.arrived_at or now)


def _with_standing(cells: list[Cell], standing: Sequence[Truck]) -> list[Cell]:
    """No vehicle that stands at a dock is hidden: from the end of its appointment there (or since it stands there without one) until now
    the dock is not free, whoever is due within a quarter of an hour may find it taken, and two at one dock are both shown."""
    now = clock.now()
    since = {}
    for one in standing:
        booked = [cell for cell in cells if cell.truck is not None and cell.truck.id == one.id]
        since[one.id] = booked[-1].end if booked else one.unloading_at or one.arrived_at or now
    found: list[Cell] = []
    for cell in cells:
        over = tuple(one for one in standing if _is_over(cell, one, since[one.id], now))
        if cell.truck is None and over and found and found[-1].over == over and found[-1].truck is None:
            found[-1] = replace(found[-1], end=cell.end, rows=found[-1].rows + 1)
        else:
            found.append(replace(cell, over=over))
    return found


def _is_over(cell: Cell, one: Truck, since: dt.datetime, now: dt.datetime) -> bool:
    """Whether a standing vehicle is to be shown in a field: of its own appointment it is not said again."""
    if cell.truck is None:
        return cell.end > since and cell.begin <= now
    if cell.truck.id == one.id:
        return False
    if cell.truck.status in WAITING:
        return since <= now and cell.begin <= now + SOON and cell.end > since
    return cell.truck.status in STANDING and cell.end > since and cell.begin <= now


def _cells(slots: Sequence[Slot], known: dict[int, Truck]) -> list[Cell]:
    found: list[Cell] = []
    for slot in slots:
        truck = known.get(slot.arrival_id) if slot.arrival_id else None
        if truck is not None and not slot.first:
            found[-1] = replace(found[-1], end=slot.end, rows=found[-1].rows + 1)
        else:
            found.append(Cell(slot.dock, slot.begin, slot.end, truck))
    return found
