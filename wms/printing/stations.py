"""Stations: which printers stand beside a place or hang on a device, and whether work may begin there without one.

    stations.ready(location_id=bench.id, by=scan.by)                 # in a scan step, before anything is begun

`ready` refuses in words where the station is marked as needing a printer and has none that works. It reads what the background last
found out and asks no printer itself: nothing slow happens inside a transaction. A printer in trouble is asked again by the background
until it answers, so a station is ready again within a minute.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.auth.models import Device
from wms.db import fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.printing import printers
from wms.printing.models import Printer, PrinterKind, Station, Takes

PLACES = (Kind.PACKING, Kind.STAGING, Kind.DOCK, Kind.DOOR, Kind.INSPECTION)


class StationUnknown(NotFound):
    """No place or device of that name."""

    code = "station_unknown"
    sentence = T("There is no place {code} here", "没有此库位：{code}")


class NoStation(Invalid):
    """A bin in the hall has no printer."""

    code = "station_kind"
    sentence = T("{code} is no place to work at: {kind}", "{code} 不是作业台位：{kind}")
    advice = T("Printers stand at packing, staging, docks, doors and inspection", "打印机可设在打包台、集货区、月台、发货门和待检区")


class PrinterTakes(Invalid):
    """Labels do not go to a printer of papers."""

    code = "printer_takes"
    sentence = T("{code} takes {takes}", "{code} 只打印{takes}")


class StationNotReady(Refused):
    """Work that prints labels does not begin where none can be printed."""

    code = "station_no_printer"
    sentence = T("No label printer at {station}", "{station} 没有可用的标签打印机")
    advice = T(
        "Labels must be printed here: work at another place, or tell the supervisor", "此处作业必须打印标签，请换一个台位，或报告主管"
    )


class NoPrinterForPapers(StationNotReady):
    """The papers of this work would come out nowhere."""

    sentence = T("No printer for papers at {station}", "{station} 没有可用的单据打印机")
    advice = T("Papers must be printed here: work elsewhere, or tell the supervisor", "此处作业必须打印单据，请换一个台位，或报告主管")


class PrinterSwitchedOff(StationNotReady):
    """There is one, and it is out of use."""

    sentence = T("Printer {printer} at {station} is out of use", "{station} 的打印机 {printer} 已停用")


class PrinterSilent(StationNotReady):
    """There is one, and it does not print."""

    code = "station_printer_silent"
    sentence = T("Printer {printer} at {station} does not print: {trouble}", "{station} 的打印机 {printer} 无法打印：{trouble}")
    advice = T("Look at the printer; it is tried again by itself. Or work at another place", "请检查打印机，系统会自动重试；也可换一个台位")


@dataclass(frozen=True)
class Beside:
    """The printers of a station."""

    station: str
    labels: Printer | None
    papers: Printer | None
    needs_printer: bool

    def of(self, takes: Takes) -> Printer | None:
        """The one for labels, or for papers."""
        return self.labels if takes is Takes.LABELS else self.papers


def at(*, location_id: int | None, by: Actor) -> Beside:
    """The printers for somebody at a place: those of their device first, then those of the place."""
    found = _rows(location_id, by)
    chosen: dict[str, Printer | None] = {"label": None, "paper": None}
    for station, _ in found:
        for which in chosen:
            printer_id = getattr(station, f"{which}_printer_id")
            if chosen[which] is None and printer_id is not None:
                chosen[which] = session.get(Printer, printer_id)
    names = [name for _, name in found]
    return Beside(names[-1] if names else "", chosen["label"], chosen["paper"], any(station.needs_printer for station, _ in found))


def _rows(location_id: int | None, by: Actor) -> list[tuple[Station, str]]:
    """The station of the device before the one of the place."""
    here: list[sa.ColumnElement[bool]] = []
    if by.device_id is not None:
        here.append(Station.device_id == by.device_id)
    if location_id is not None:
        here.append(Station.location_id == location_id)
    if not here:
        return []
    rows = session.execute(
        sa.select(Station, sa.func.coalesce(Location.code, Device.name))
        .outerjoin(Location, Location.id == Station.location_id)
        .outerjoin(Device, Device.id == Station.device_id)
        .where(Station.site_id == by.site_id, sa.or_(*here))
        .order_by(Station.device_id.is_(None))
    ).all()
    return [(row[0], row[1]) for row in rows]


def of_place(code: str, *, by: Actor) -> tuple[Location, Beside]:
    """A place with the printers beside it, whatever hangs on the device. Raises StationUnknown, NoStation."""
    _, place_id = _place(code, None, by)
    place = session.get_one(Location, place_id)
    return place, at(location_id=place_id, by=dataclasses.replace(by, device_id=None))


def printer_for(takes: Takes, *, location_id: int | None, by: Actor) -> Printer | None:
    """The printer that such a thing goes to; None where it stays a link to open."""
    printer = at(location_id=location_id, by=by).of(takes)
    return printer if printer is not None and printer.active and printer.kind != PrinterKind.BROWSER else None


def ready(*, by: Actor, location_id: int | None = None, prints: Takes = Takes.LABELS) -> None:
    """Raises StationNotReady where the place (or the person's device) needs its printers, and the one for what is printed is missing, or
    any of them does not print."""
    beside = at(location_id=location_id, by=by)
    if not beside.needs_printer:
        return
    if beside.of(prints) is None:
        raise (StationNotReady if prints is Takes.LABELS else NoPrinterForPapers)(station=beside.station)
    for printer in (beside.labels, beside.papers):
        if printer is None:
            continue
        if not printer.active:
            raise PrinterSwitchedOff(station=beside.station, printer=printer.code)
        trouble = printers.trouble_of(printer)
        if trouble is not None:
            raise PrinterSilent(station=beside.station, printer=printer.code, trouble=trouble)


# -- saying what stands where --------------------------------------------------------------------------------------------


def save(
    *, by: Actor, location: str | None = None, device_id: int | None = None,
    labels: str | None = None, papers: str | None = None, needs_printer: bool = False,
) -> Station:  # fmt: skip
    """Says which printers stand beside a place or hang on a device. Raises StationUnknown, NoStation, PrinterUnknown, PrinterTakes."""
    column, place_id = _place(location, device_id, by)
    label_printer = _printer(labels, Takes.LABELS, "/label_printer", by)
    paper_printer = _printer(papers, Takes.PAPERS, "/paper_printer", by)
    station = session.execute(sa.select(Station).where(column == place_id)).scalar_one_or_none()
    if station is None:
        station = Station(site_id=by.site_id, **{column.key: place_id})
        session.add(station)
    station.label_printer_id, station.paper_printer_id = label_printer, paper_printer
    station.needs_printer, station.updated_at = needs_printer, clock.now()
    session.flush()  # whoever asks next sees it
    return station


def remove(*, by: Actor, location: str | None = None, device_id: int | None = None) -> None:
    """No printer stands there any more, and none is needed. Raises StationUnknown, NoStation."""
    column, place_id = _place(location, device_id, by)
    session.execute(sa.delete(Station).where(column == place_id))


def _place(location: str | None, device_id: int | None, by: Actor) -> tuple[sa.orm.InstrumentedAttribute[int | None], int]:
    if device_id is not None:
        device = session.get(Device, device_id)
        if device is None or device.site_id != by.site_id or device.retired_at is not None:
            raise StationUnknown(code=device_id)
        return Station.device_id, device.id
    code = location or ""
    found = session.execute(
        sa.select(Location).where(Location.site_id == by.site_id, Location.code_key == fold(code), Location.kind != Kind.VIRTUAL.value)
    ).scalar_one_or_none()
    if found is None:
        raise StationUnknown(code=code)
    if found.kind not in PLACES:
        raise NoStation(code=found.code, kind=Kind(found.kind).text)
    return Station.location_id, found.id


def _printer(code: str | None, takes: Takes, pointer: str, by: Actor) -> int | None:
    if not code:
        return None
    printer = printers.find(code, by=by)
    if printer.takes != takes:
        raise PrinterTakes(pointer=pointer, code=printer.code, takes=Takes(printer.takes).text)
    return printer.id


@dataclass(frozen=True)
class Row:
    """A station as lists show it."""

    location: str | None
    kind: Text | None
    device_id: int | None
    device: str | None
    labels: Printer | None
    papers: Printer | None
    needs_printer: bool


def listed(*, by: Actor) -> list[Row]:
    """Every place where somebody may print, and every device, with its printers."""
    known = {one.id: one for one in printers.listed(by=by)}
    places = session.execute(
        sa.select(Location.code, Location.kind, Station)
        .outerjoin(Station, Station.location_id == Location.id)
        .where(Location.site_id == by.site_id, Location.kind.in_([kind.value for kind in PLACES]))
        .order_by(Location.kind, Location.code_key)
        .limit(1000)
    )
    devices = session.execute(
        sa.select(Device.id, Device.name, Station)
        .outerjoin(Station, Station.device_id == Device.id)
        .where(Device.site_id == by.site_id, Device.retired_at.is_(None), Device.seen_at.is_not(None))
        .order_by(Device.name)
    )
    return [
        *(Row(code, Kind(kind).text, None, None, *_of(station, known)) for code, kind, station in places),
        *(Row(None, None, number, name, *_of(station, known)) for number, name, station in devices),
    ]


def _of(station: Station | None, known: dict[int, Printer]) -> tuple[Printer | None, Printer | None, bool]:
    if station is None:
        return None, None, False
    return known.get(station.label_printer_id or 0), known.get(station.paper_printer_id or 0), station.needs_printer
