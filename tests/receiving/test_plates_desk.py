"""Plates at the desk and over the API; new numbers and their labels by the thousand."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pypdf
import pytest

from tests.http import Api, Client
from tests.printing.reading import scan_pdf
from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.catalog.gs1 import is_sscc
from wms.db import session
from wms.locations.models import Location
from wms.stock import handling_units
from wms.stock.models import HandlingUnit


@pytest.fixture
def desk(client: Client, w: Warehouse, dock: Dock) -> Desk:
    dock.announce(("TEA", 30), ("SOAP", 20))
    for code, sku, quantity in (("A", "TEA", 10), ("B", "TEA", 20), ("C", "SOAP", 20)):
        dock.receive(sku, quantity, unit_code=code)
    return Desk(client, Role.SUPERVISOR)


def unit(w: Warehouse, code: str) -> HandlingUnit:
    session.rollback()  # what the pages did since is seen
    return session.get_one(HandlingUnit, handling_units.find(code, by=w.by).id, populate_existing=True)


def issued(desk: Desk, count: int, **more: Any) -> str:
    """The address of the labels of a run that was just given."""
    desk.post("/plates/new", kind="pallet", count=str(count), **more)
    return desk.get("/labels/plates?state=empty")


def test_a_run_of_labels_waits_empty_at_the_dock(desk: Desk, w: Warehouse) -> None:
    page = issued(desk, 12)
    link = re.search(r'href="(/labels/plates\.pdf[^"]*)"', page)
    assert link
    desk.get(link[1].replace("&amp;", "&"))
    codes = [code for page in scan_pdf(desk.last.data) for code in page]
    assert len(codes) == len(set(codes)) == 12
    plain = [handling_units.plain(code.removeprefix("]C1")) for code in codes]
    assert all(is_sscc(code) for code in plain)
    places = {session.get_one(Location, unit(w, code).location_id).code for code in plain}
    assert places == {"DOCK"}


def test_a_label_printed_beforehand_becomes_the_plate_of_what_is_received_on_it(desk: Desk, w: Warehouse, dock: Dock) -> None:
    issued(desk, 1)
    code = handling_units.plain(next(iter(scan_pdf(_file(desk, "/labels/plates.pdf?state=empty"))[0])).removeprefix("]C1"))
    dock.announce(("RICE", 9), number="IN-2")
    receiving = Handheld("receive", w.by)
    receiving.scan("IN-2", code, "RICE", "9")
    assert w.on_hand("RICE", unit=unit(w, code)) == 9
    assert receiving.screen["printed"] == [] or {one["kind"] for one in receiving.screen["printed"]} == {"goods-received-note"}
    receiving.scan("IN-1")
    receiving.scan(code)
    assert receiving.code == "unit_in_use"


def _file(desk: Desk, path: str) -> bytes:
    desk.get(path)
    return bytes(desk.last.data)


def test_on_sheets_and_for_a_label_printer(desk: Desk) -> None:
    issued(desk, 12)
    assert len(pypdf.PdfReader(BytesIO(_file(desk, "/labels/plates.a4?state=empty"))).pages) == 2
    assert desk.get("/labels/plates.zpl?state=empty").count("^XA") == 12


def test_a_thousand_labels_are_one_file(desk: Desk, w: Warehouse) -> None:
    desk.post("/plates/new", kind="pallet", count="1000")
    assert len(pypdf.PdfReader(BytesIO(_file(desk, "/labels/plates.pdf?state=empty"))).pages) == 1000


@pytest.mark.parametrize("count", ["0", "3001", "many", ""])
def test_a_run_is_of_one_to_three_thousand(desk: Desk, count: str) -> None:
    assert 'id="count-error"' in desk.post("/plates/new", 422, kind="pallet", count=count)


def test_the_page_of_a_plate_shows_its_stack_and_what_was_done(desk: Desk, w: Warehouse) -> None:
    w.unit("P", at="DOCK")
    desk.post("/plates/A/on", onto="P")
    desk.post("/plates/C/on", onto="P")
    page = desk.get("/plates/P")
    assert 'href="/plates/A"' in page
    assert "A was put on it" in page
    desk.post("/plates/P/move", location="A-02")
    session.rollback()
    assert w.on_hand("SOAP", at="A-02") == 20
    desk.post("/plates/C/off")
    assert unit(w, "C").parent_id is None
    desk.post("/plates/B/split", sku="TEA", quantity="5", onto="")
    page = desk.get("/plates/B")
    assert "5 TEA taken off onto" in page
    desk.post("/plates/C/merge", onto="P")
    assert w.on_hand("SOAP", unit=unit(w, "P")) == 20
    desk.post("/plates/P/dissolve")
    session.rollback()
    assert [row.handling_unit_id for row in w.stock("SOAP", at="A-02") if row.on_hand] == [None]


def test_kilograms_are_taken_off_a_plate_as_its_page_shows_them(desk: Desk, w: Warehouse) -> None:
    w.product("FLOUR", base_unit="kg", decimals=3)
    w.receive("FLOUR", 2500, at="DOCK", unit=w.unit("P", at="DOCK"))
    desk.post("/plates/P/split", sku="FLOUR", quantity="1.25", onto="")
    assert "1.25 FLOUR taken off onto" in desk.get("/plates/P")
    desk.post("/plates/P/split", sku="FLOUR", quantity="2", onto="")
    assert "Only 1.25 of FLOUR are free at DOCK, not 2" in desk.get("/plates/P")
    assert w.on_hand("FLOUR", unit=unit(w, "P")) == 1250


def test_what_is_refused_is_said_on_the_page(desk: Desk) -> None:
    desk.post("/plates/A/on", onto="A")
    assert "cannot stand on" in desk.get("/plates/A")
    desk.post("/plates/A/move", location="NOWHERE")
    assert "NOWHERE" in desk.get("/plates/A")
    desk.get("/plates/NONE", 404)


def test_the_list_is_filtered(desk: Desk, w: Warehouse) -> None:
    w.unit("P", at="DOCK")
    desk.post("/plates/A/on", onto="P")
    assert ">A<" in desk.get("/plates?state=on")
    assert ">B<" not in desk.get("/plates?state=on")
    assert ">B<" in desk.get("/plates?q=B")
    assert desk.get("/plates?export=csv").count("DOCK") == 4


# -- over the API --------------------------------------------------------------------------------------------------------------


def test_plates_over_the_api(desk: Desk, api: Api, w: Warehouse) -> None:
    new = api.post("/handling-units", {"count": 2})
    first, second = new["handling_units"]
    assert new["labels"] == f"/labels/plates.pdf?first={first}&last={second}"
    for code in ("A", "C"):
        assert api.post(f"/handling-units/{code}/nest", {"onto": first})["parent"] == first
    shown = api.get(f"/handling-units/00{first}")
    assert [(one["sscc"], one["parent"], one["contents"][0]["on_hand"]) for one in shown["on_it"]] == [("A", first, 10), ("C", first, 20)]
    moved = api.post(f"/handling-units/{first}/move", {"location": "A-01"})
    assert (moved["location"], w.on_hand("TEA", at="A-01")) == ("A-01", 10)
    assert api.post("/handling-units/A/nest", {"onto": None})["parent"] is None
    split = api.post("/handling-units/B/split", {"sku": "TEA", "quantity": 5, "onto": second})
    assert (split["sscc"], split["contents"][0]["on_hand"]) == (second, 5)
    merged = api.post(f"/handling-units/{second}/merge", {"into": "B"})
    assert merged["contents"][0]["on_hand"] == 20
    api.post("/handling-units/B/merge", {"into": "B"}, status=409)
    api.get("/handling-units/NONE", status=404)
