"""Whoever inspects, takes returns in or moves goods says once where they print; it is kept for the shift."""

from __future__ import annotations

import datetime as dt

import pytest
from time_machine import travel

from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.receiving.handheld import Handheld
from tests.receiving.test_scan_returns import LONG_AGO
from tests.warehouse import Warehouse
from wms import clock
from wms.db import transaction
from wms.orders.models import InboundKind
from wms.printing import printers, stations
from wms.printing.models import PrinterKind, Takes
from wms.printing.printers import Wish
from wms.receiving import inspection_rules
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Sampling


@pytest.fixture(autouse=True)
def _printers(w: Warehouse, dock: Dock) -> None:
    with transaction():
        for code, takes in (("LABELS", Takes.LABELS), ("PAPERS", Takes.PAPERS)):
            printers.save(code, Wish(code, PrinterKind.FILE, takes, folder=code), by=w.by, folders="/tmp")
        stations.save(by=w.by, location="DOCK", labels="LABELS", papers="PAPERS", needs_printer=True)


def at_dock(w: Warehouse, **printers: str | None) -> None:
    with transaction():
        stations.save(by=w.by, location="DOCK", needs_printer=True, **printers)


def came_out(handheld: Handheld) -> set[tuple[str, str | None]]:
    return {(paper["kind"], paper["printer"]) for paper in handheld.screen["printed"]}


def chosen(handheld: Handheld) -> Handheld:
    handheld.scan("CMD:STATION", "dock")
    assert handheld.screen["message"]["text"] == "You print at DOCK"
    assert ("Prints at", "DOCK") in {(fact["label"], fact["value"]) for fact in handheld.screen["facts"]}
    return handheld


def test_a_transfer_note_comes_out_where_the_mover_prints_and_the_next_one_too(w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01")
    w.location("A-02")
    moving = chosen(Handheld("move", w.by))
    for _ in range(2):
        moving.scan("A-01", "TEA", "5", "CMD:DONE", "A-02", "CMD:DONE")
        assert came_out(moving) == {("transfer-note", "PAPERS")}


def test_saying_where_to_print_in_between_loses_no_note(w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01")
    w.location("A-02")
    moving = Handheld("move", w.by)
    moving.scan("A-01", "TEA", "5", "CMD:DONE", "A-02", "CMD:STATION", "DOCK", "CMD:DONE")
    assert came_out(moving) == {("transfer-note", "PAPERS")}


def test_the_papers_of_a_return_come_out_where_it_is_taken_in(w: Warehouse) -> None:
    customers = Customers(w)
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 10))
    returns = chosen(Handheld("return", w.by))
    returns.scan("SO-1", "TEA", "2", "2", "DAMAGED", "DEF")
    assert came_out(returns) == {("red-outbound-note", "PAPERS")}


def test_labels_of_what_is_rejected_come_out_where_the_goods_stand_or_where_the_inspector_says(w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        inspection_rules.add_rule(NewRule(sampling=Sampling.FIXED, sample=5), by=w.by)
    dock.announce(("TEA", 50), ("SOAP", 20), kind=InboundKind.PURCHASE)
    inspector = Handheld("inspect", w.by)
    inspector.scan(dock.receive("TEA", 50).unit.code, "CMD:DONE", "SORT", "40", "CMD:DONE")
    assert came_out(inspector) == {("handling-unit", "LABELS")}
    with transaction():
        printers.save("ROLL", Wish("ROLL", PrinterKind.FILE, Takes.LABELS, folder="ROLL"), by=w.by, folders="/tmp")
        w.location("QC", kind="inspection")
        stations.save(by=w.by, location="QC", labels="ROLL")
    inspector.scan("CMD:STATION", "QC", dock.receive("SOAP", 20).unit.code, "CMD:DONE", "SORT", "10", "CMD:DONE")
    assert came_out(inspector) == {("handling-unit", "ROLL")}


def test_work_does_not_begin_where_the_printer_it_needs_is_missing(w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01")
    moving = chosen(Handheld("move", w.by))
    at_dock(w, labels="LABELS")
    moving.scan("A-01")
    assert (moving.step, moving.code, moving.screen["message"]["text"]) == ("source", "station_no_printer", "No printer for papers at DOCK")
    moving.scan("CMD:STATION", "DOCK")
    assert (moving.step, moving.code) == ("station", "station_no_printer")
    moving.scan("A-01")
    assert (moving.step, moving.code) == ("station", "station_kind")
    at_dock(w, labels="LABELS", papers="PAPERS")
    moving.scan("DOCK", "A-01")
    assert moving.step == "product"


def test_a_place_without_printers_is_said_and_links_remain(w: Warehouse) -> None:
    w.location("DOCK-9", kind="dock")
    moving = Handheld("move", w.by)
    moving.scan("CMD:STATION", "DOCK-9")
    assert (moving.step, moving.tone, moving.screen["message"]["text"]) == ("source", "ask", "DOCK-9 has no printer")


def test_where_somebody_prints_is_asked_anew_after_the_shift(w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01")
    moving = chosen(Handheld("move", w.by))
    with travel(clock.now() + dt.timedelta(hours=4), tick=False):
        assert "Prints at" in str(moving.engine.show("move", by=w.by)["facts"]), "a long break"
    with travel(clock.now() + dt.timedelta(hours=6), tick=False):
        screen = moving.engine.show("move", by=w.by)
        assert (screen["facts"], screen["message"]["text"]) == ([], "A new shift: say again where you work")
        moving.scan("A-01", "TEA", "CMD:CANCEL")
        assert moving.screen["facts"] == []
