"""Many labels at once: a range, a zone or a search gives one file, for a roll, for sheets, for a label printer."""

from __future__ import annotations

import re
from io import BytesIO

import pypdf
import pytest

from tests.http import Api, Client
from tests.printing.reading import pictures, scan_pdf
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.catalog.products import put_product
from wms.locations.models import Kind
from wms.printing import views

RACKS = [f"A-{bay:02d}-{level}" for bay in range(1, 5) for level in (1, 2, 3)]


@pytest.fixture
def desk(client: Client, w: Warehouse) -> Desk:
    for code in RACKS:
        w.location(code, zone="A", kind=Kind.PICK_FACE if code.endswith("1") else Kind.STORAGE)
    w.location("DOCK-1", kind=Kind.DOCK)
    return Desk(client, Role.SUPERVISOR)


def codes(desk: Desk, path: str) -> list[str]:
    """What a scanner reads on the pages, in their order."""
    desk.get(path)
    return [code for page in scan_pdf(desk.last.data) for code in sorted(page)]


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ("first=A-02-1&last=A-03", [code for code in RACKS if "A-02-1" <= code < "A-04"]),
        ("first=a-02-3&last=a-03-1", ["A-02-3", "A-03-1"]),
        ("first=A-04-2", ["A-04-2", "A-04-3", "DOCK-1"]),
        ("last=A-01-1", ["A-01-1"]),
        ("kind=pick_face", [code for code in RACKS if code.endswith("1")]),
        ("zone=A&kind=storage&last=A-01", ["A-01-2", "A-01-3"]),
        ("q=dock", ["DOCK-1"]),
        ("", [*RACKS, "DOCK-1"]),
    ],
)
def test_a_range_or_a_filter_of_locations_is_one_file_in_the_order_of_the_codes(desk: Desk, chosen: str, wanted: list[str]) -> None:
    page = desk.get(f"/labels/locations?{chosen}")
    assert f'<span class="quiet">{len(wanted)}</span>' in page
    assert f"{wanted[0]} to {wanted[-1]}, in this order" in page
    link = re.search(r'href="(/labels/locations\.pdf[^"]*)"', page)
    assert link
    assert codes(desk, link[1].replace("&amp;", "&")) == wanted


def test_on_sheets_ten_labels_share_a_page_and_every_one_scans(desk: Desk) -> None:
    desk.get("/labels/locations.a4?zone=A")
    pages = pypdf.PdfReader(BytesIO(desk.last.data)).pages
    assert [(round(page.mediabox.width), round(page.mediabox.height)) for page in pages] == [(595, 842)] * 2
    read = scan_pdf(desk.last.data)
    assert sorted(read[0]) == RACKS[:10]
    assert sorted(read[1]) == RACKS[10:]
    assert all(page.size == pictures(desk.last.data)[0].size for page in pictures(desk.last.data))


def test_a_label_printer_gets_them_in_its_own_language(desk: Desk) -> None:
    assert desk.get("/labels/locations.zpl?zone=A").count("^XA") == 12


def test_products_are_printed_by_their_codes(desk: Desk, w: Warehouse) -> None:
    with w.transaction():
        for number in (1, 2, 3):
            put_product(f"TEA-{number}", name=f"Tea {number}", abc="A" if number == 1 else "B")
    assert "TEA-2 to TEA-3" in desk.get("/labels/products?first=TEA-2")
    assert codes(desk, "/labels/products.pdf?first=TEA-2") == ["TEA-2", "TEA-3"]
    assert codes(desk, "/labels/products.pdf?abc=A") == ["TEA-1"]


def test_the_lists_lead_to_the_labels_of_what_they_show(desk: Desk) -> None:
    page = desk.get("/locations?kind=pick_face&zone=A&sort=-code&page=1")
    assert 'href="/labels/locations?kind=pick_face&amp;zone=A"' in page
    assert 'href="/labels/products?q=tea"' in desk.get("/products?q=tea&endpoint=x")


def test_nothing_and_too_much_are_said_in_words(desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing answers this choice." in desk.get("/labels/locations?q=nothing")
    desk.get("/labels/locations.pdf?q=nothing", 404)
    monkeypatch.setattr(views, "MOST_LABELS", 5)
    assert "13 labels are too many for one file" in desk.get("/labels/locations")
    assert "13 labels are too many" in desk.get("/labels/locations.pdf", 422)
    assert codes(desk, "/labels/locations.pdf?first=A-04-1") == ["A-04-1", "A-04-2", "A-04-3", "DOCK-1"]
