"""Labels at the dock come out of the dock's printer, and nobody begins where a printer is needed and none prints."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.printing import reading
from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.orders import inbound
from wms.printing import printers, stations
from wms.printing.models import Printer, PrinterKind, PrintJob, Takes
from wms.printing.printers import Wish
from wms.receiving import jobs as jobs_of_receiving


@pytest.fixture
def printer(w: Warehouse, dock: Dock) -> Printer:
    with transaction():
        made, _ = printers.save("Z1", Wish("Dock", PrinterKind.ZPL, Takes.LABELS, host="127.0.0.1"), by=w.by, folders="")
        stations.save(by=w.by, location="DOCK", labels="Z1", needs_printer=True)
    return made


def jobs() -> list[PrintJob]:
    session.rollback()
    return list(session.execute(sa.select(PrintJob).order_by(PrintJob.id)).scalars())


def test_the_label_of_what_came_in_is_queued_at_the_docks_printer_once(
    w: Warehouse, dock: Dock, receiving: Handheld, printer: Printer
) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    before = receiving.scan("in-1", "TEA")
    screen = receiving.engine.take("receive", "30", version=before["version"], key="once", by=receiving.by).screen
    again = receiving.engine.take("receive", "30", version=before["version"], key="once", by=receiving.by).screen
    [label] = screen["printed"]
    [job] = jobs()
    assert (label["printer"], label["job"]) == ("Z1", job.id)
    assert again == screen
    assert (job.kind, job.number, job.printer_id, job.status) == ("handling-unit", label["number"], printer.id, "queued")


def test_help_and_a_refused_scan_print_nothing_again(w: Warehouse, dock: Dock, receiving: Handheld, printer: Printer) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    receiving.scan("in-1", "TEA", "30", "CMD:HELP", "NONSENSE")
    assert receiving.screen["printed"][0]["printer"] == "Z1"
    assert len(jobs()) == 1
    receiving.scan("CMD:PRINT")
    assert len(jobs()) == 2


def test_a_receipt_that_is_refused_prints_nothing(w: Warehouse, dock: Dock, receiving: Handheld, printer: Printer) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("in-1", "TEA", "99")
    assert receiving.tone == "stop"
    assert jobs() == []


def test_without_a_printer_the_label_stays_a_link(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    [label] = receiving.scan("in-1", "TEA", "30")["printed"]
    assert (label["printer"], label["job"]) == (None, None)
    assert label["href"].startswith("/labels/handling-unit/")
    assert jobs() == []


def test_work_does_not_begin_at_a_dock_whose_printer_is_silent(w: Warehouse, dock: Dock, receiving: Handheld, printer: Printer) -> None:
    dock.announce(("TEA", 30))
    with transaction():
        session.get_one(Printer, printer.id).trouble = ["it does not answer", "无应答"]
        session.get_one(Printer, printer.id).trouble_since = clock.now()
    receiving.scan("in-1")
    assert (receiving.step, receiving.tone, receiving.code) == ("order", "stop", "station_printer_silent")
    assert receiving.screen["message"]["text"] == "Printer Z1 at DOCK does not print: it does not answer"
    with transaction():
        stations.save(by=w.by, location="DOCK", labels="Z1", needs_printer=False)
    receiving.scan("in-1")
    assert receiving.step == "product"


# -- the note of a delivery that is over ---------------------------------------------------------------------------------------


def note(api: Api, reason: str = "") -> str:
    answer = api.client.post("/documents/goods-received-note/IN-1.pdf", headers=api.headers, query_string={"reason": reason})
    assert answer.status_code == 200, answer.text
    lines = "\n".join(reading.text_of(bytes(answer.data))).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("正本", "Original", "副本", "Copy,")))


def renamed() -> None:
    with transaction():
        session.execute(sa.update(Product).values(name="Other", name_en="Other", name_zh="别的"))


def test_the_note_of_a_closed_delivery_says_the_same_for_ever(w: Warehouse, dock: Dock, receiving: Handheld, api: Api) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("in-1", "TEA", "30")
    open_still = note(api)
    with transaction():
        inbound.close_inbound("IN-1", by=w.by)
    first = note(api, "closed now")
    assert first != open_still
    renamed()
    assert note(api, "lost") == first


def test_while_a_difference_is_open_the_note_is_not_final(w: Warehouse, dock: Dock, receiving: Handheld, api: Api) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("in-1", "TEA", "20", "CMD:DONE")
    with transaction():
        inbound.close_inbound("IN-1", by=w.by)
    first = note(api)
    renamed()
    assert note(api, "again") != first


def test_the_note_is_kept_when_the_delivery_ends_and_not_when_somebody_prints_it(
    w: Warehouse, dock: Dock, receiving: Handheld, api: Api
) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("in-1", "TEA", "30")
    assert jobs_of_receiving.keep_notes() == 0, "it is not closed"
    with transaction():
        inbound.close_inbound("IN-1", by=w.by)
    assert (jobs_of_receiving.keep_notes(), jobs_of_receiving.keep_notes()) == (1, 0)
    renamed()
    assert "Tea" in note(api)


def test_a_note_with_an_open_difference_waits(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("in-1", "TEA", "20", "CMD:DONE")
    with transaction():
        inbound.close_inbound("IN-1", by=w.by)
    assert jobs_of_receiving.keep_notes() == 0
