"""The pages of printing: printers for administrators, jobs at the desk and in the hand, and one paper with its prints."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Client
from tests.web.desk import Desk, form_of
from wms import clock, db
from wms.actor import Role
from wms.auth import devices
from wms.auth.models import Device
from wms.db import session
from wms.orders import inbound
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind
from wms.printing import printers, queue
from wms.printing.models import JobStatus, PaperPrint, Printer, PrinterKind, PrintJob, Station, Takes
from wms.printing.printers import Wish


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


@pytest.fixture
def zebra(w: Any) -> Printer:
    return made(w, "Z1")


def made(w: Any, code: str) -> Printer:
    with db.transaction():
        return printers.save(code, Wish("Dock", PrinterKind.ZPL, Takes.LABELS, host="127.0.0.1"), by=w.by, folders="")[0]


def job_of(w: Any, printer: Printer, status: str = "queued", why: list[str] | None = None) -> int:
    w.location("A-01")
    with db.transaction():
        job = queue.ask("location", "A-01", printer=printer, by=w.by, key=w.key())
        job.status, job.why = status, why or []
        job.ended_at = clock.now() if status in ("sent", "failed", "cancelled") else None
        return job.id


def status_of(job: int) -> str:
    session.rollback()
    return session.execute(sa.select(PrintJob.status).where(PrintJob.id == job)).scalar_one()


PAGES = ("/printers", "/printers/new", "/print-jobs", "/scan/print-jobs")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_page_opens_empty_and_says_what_to_do(client: Client, language: str) -> None:
    desk = Desk(client, language=language)
    for page in PAGES:
        assert 'class="empty"' in desk.get(page) or page.endswith("new")


@pytest.mark.parametrize("query", ["?status=nonsense&printer=%25_'", "?page=999&sort=nonsense", "?status=needs"])
def test_odd_addresses_do_no_harm(desk: Desk, query: str) -> None:
    desk.get("/print-jobs" + query)
    desk.get("/papers/poster/1", 404)
    desk.get("/papers/packing-slip/S-1", 404)
    desk.get("/papers/location/NOWHERE", 404)


def test_a_printer_is_entered_and_corrected(desk: Desk) -> None:
    desk.post("/printers/new", 422, code="Z1", kind="zpl", takes="labels", host="http://x", port="9100", active="1")
    assert "neither a name nor an address" in desk.last.text
    desk.post("/printers/new", 303, code="Z1", kind="zpl", takes="labels", host="10.0.0.7", port="9100", active="1")
    assert "10.0.0.7:9100" in desk.get("/printers")
    typed = form_of(desk.get("/printers/Z1/edit"))
    desk.post("/printers/Z1/edit", 303, **{**typed, "host": "zebra.lan", "asks_state": "1"})
    assert "zebra.lan:9100" in desk.get("/printers")
    assert "PRINT_FOLDER" in desk.get("/printers/new")


def test_stations_and_devices_get_their_printers(desk: Desk, w: Any, zebra: Printer) -> None:
    w.location("PACK-1", kind="packing")
    with db.transaction():
        devices.enrol_here("Handheld 3", by=w.by)
    page = desk.get("/printers")
    assert "PACK-1" in page
    assert "Handheld 3" in page
    desk.post("/printers/stations", 303, location="PACK-1", labels="Z1", needs_printer="1")
    device = session.execute(sa.select(Device.id)).scalar_one()
    desk.post("/printers/stations", 303, device=str(device), labels="Z1")
    session.rollback()
    rows = session.execute(sa.select(Station.label_printer_id, Station.needs_printer).order_by(Station.id)).all()
    assert [tuple(row) for row in rows] == [(zebra.id, True), (zebra.id, False)]
    desk.post("/printers/stations", 303, location="NOWHERE", labels="Z1")
    assert "There is no place NOWHERE here" in desk.get("/printers")


def test_others_see_no_printers_but_every_job(client: Client, w: Any, zebra: Printer) -> None:
    job_of(w, zebra)
    packer = Desk(client, Role.PACKER)
    packer.get("/printers", 403)
    assert "A-01" in packer.get("/print-jobs")
    assert "A-01" in packer.get("/scan/print-jobs")


def test_a_failed_job_says_why_and_is_printed_elsewhere(desk: Desk, w: Any, zebra: Printer) -> None:
    made(w, "Z2")
    job = job_of(w, zebra, "failed", ["it refuses the connection", "拒绝连接"])
    page = desk.get("/scan/print-jobs")
    assert "it refuses the connection" in page
    desk.post(f"/print-jobs/{job}", 303, do="move", printer="Z2", back="floor")
    assert desk.last.headers["Location"].endswith("/scan/print-jobs")
    assert (status_of(job), session.get_one(PrintJob, job).printer_id != zebra.id) == ("queued", True)


@pytest.mark.parametrize(
    ("before", "do", "after"),
    [("doubtful", "came_out", "sent"), ("doubtful", "retry", "queued"), ("queued", "cancel", "cancelled"), ("cancelled", "retry", "queued"),
     ("sent", "retry", "sent"), ("sent", "cancel", "sent"), ("failed", "came_out", "failed")],
)  # fmt: skip
def test_what_a_button_makes_of_a_job(desk: Desk, w: Any, zebra: Printer, before: str, do: str, after: str) -> None:
    job = job_of(w, zebra, before)
    desk.post(f"/print-jobs/{job}", 303, do=do)
    assert status_of(job) == after
    desk.post(f"/print-jobs/{job}", 400, do="nonsense")
    desk.post("/print-jobs/999999", 303, do="retry")


def test_a_label_is_printed_from_the_desk_once_for_each_form(desk: Desk, w: Any, zebra: Printer) -> None:
    w.location("A-01")
    page = desk.get("/papers/location/A-01")
    assert "<svg" in page
    for _ in range(2):
        desk.post("/papers/location/A-01", 303, printer="Z1", copies="3", once="k1")
    session.rollback()
    jobs = session.execute(sa.select(PrintJob)).scalars().all()
    assert [(job.number, job.copies, job.status) for job in jobs] == [("A-01", 3, JobStatus.QUEUED.value)]
    desk.post("/papers/location/A-01", 422, printer="Z1", copies="0", once="k2")
    desk.post("/papers/location/A-01", 303, printer="", copies="1", once="k3")
    assert desk.last.headers["Location"] == "/labels/location/A-01.pdf"


def test_a_paper_is_counted_when_it_is_printed_and_asks_why_the_second_time(desk: Desk, w: Any) -> None:
    w.product("APPLE")
    w.location("DOCK", kind="dock")
    w.partner("FARM", kind="supplier")
    with w.transaction():
        line = NewLine("APPLE", 5)
        inbound.announce(number="PO-1", kind=InboundKind.PURCHASE, partner="FARM", lines=[line], by=w.by)
    page = desk.get("/papers/goods-received-note/PO-1")
    assert "Nobody has printed it" in page
    desk.post("/papers/goods-received-note/PO-1", 303, copies="1", once="k1")
    assert desk.last.headers["Location"] == "/documents/goods-received-note/PO-1.pdf?copy=1"
    assert desk.get(desk.last.headers["Location"]).startswith("%PDF")
    desk.post("/papers/goods-received-note/PO-1", 422, copies="1", once="k2")
    assert "say why it is printed again" in desk.last.text
    desk.post("/papers/goods-received-note/PO-1", 303, copies="1", once="k3", reason="jammed")
    page = desk.get("/papers/goods-received-note/PO-1")
    assert "jammed" in page
    session.rollback()
    assert session.query(PaperPrint).count() == 2
