"""Lists of the desk: what the address asks for, and files that a spreadsheet will not run."""

from __future__ import annotations

import csv
import html
import io
import re

import openpyxl
import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.catalog.models import Product
from wms.web import lists
from wms.web.lists import harmless, page_of


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠cmd"])
def test_a_formula_is_made_harmless(text: str) -> None:
    assert harmless(text) == "'" + text
    assert harmless("\x1d" + text) == "'" + text, "behind what a scanner sends and no workbook holds"
    assert harmless("plain") == "plain"


def test_a_list_is_searched_filtered_sorted_and_paged_by_its_address(w: Warehouse, client: Client) -> None:
    for number in range(60):
        w.product(f"P{number:02d}", name=f"Name {number:02d}")
    desk = Desk(client)
    assert "P49" in desk.get("/products")
    assert "P50" not in desk.get("/products")
    assert "P50" in desk.get("/products?page=2")
    assert "P59" in desk.get("/products?sort=-sku")
    found = desk.get("/products?q=name 07")
    assert "P07" in found
    assert "P08" not in found
    for odd in ("?page=0", "?page=99999", "?page=x", "?sort=nope", "?q=%25", "?tracking=nope", "?export=pdf"):
        desk.get("/products" + odd)


def test_a_list_of_what_grows_with_trade_is_counted_so_far_and_shown_to_its_end(app: Application, w: Warehouse) -> None:
    for number in range(7):
        w.product(f"P{number}")

    def shown(page: int, counted: int) -> tuple[list[str], int, int, bool]:
        with app.test_request_context(f"/?page={page}"):
            found = page_of(sa.select(Product.sku), {"sku": Product.sku_key}, "sku", per_page=2, scalars=True, counted=counted)
        return list(found.items), found.total, found.pages, found.uncounted

    assert shown(1, 3) == (["P0", "P1"], 3, 2, True)
    assert shown(3, 3) == (["P4", "P5"], 3, 4, True)  # another one follows, although nobody has counted it
    assert shown(4, 3) == (["P6"], 3, 4, True)
    assert shown(9, 7) == (["P6"], 7, 4, False)  # all are counted: behind the last page is the last page


def test_the_percent_sign_means_itself_in_a_search(w: Warehouse, client: Client) -> None:
    w.product("HALF%", name="half")
    w.product("FULL", name="full")
    page = Desk(client).get("/products?q=%25")
    assert "HALF%" in page
    assert "FULL" not in page


def test_an_export_holds_every_row_and_no_formula(w: Warehouse, client: Client) -> None:
    w.product("=SUM(A1)", name="evil")
    for number in range(60):
        w.product(f"P{number:02d}")
    desk = Desk(client)
    text = desk.get("/products?export=csv")
    assert text.count("\r\n") == 62
    assert "'=SUM(A1)" in text
    desk.get("/products?export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(desk.last.data)).active
    assert sheet is not None
    assert sheet.max_row == 62


def test_every_page_of_the_desk_opens_empty_and_full_in_both_languages(w: Warehouse, client: Client) -> None:
    pages = [
        "/",
        "/products",
        "/partners",
        "/locations",
        "/stock",
        "/movements",
        "/stock/adjust",
        "/stock/move",
        "/people",
        "/people/new",
        "/devices",
    ]
    desk = Desk(client)
    for page in pages:
        desk.get(page)
    w.receive("TEA", 5, at="A-01", lot="L1")
    w.partner("CUS")
    desk.post("/language", language="zh_CN", next="/stock")
    for page in [*pages, "/products/TEA", "/partners/CUS", "/locations/A-01", "/people/ann", "/stock?sku=TEA"]:
        assert 'lang="zh-CN"' in desk.get(page)


def test_htmx_gets_the_fragment_and_a_browser_the_page(client: Client) -> None:
    desk = Desk(client)
    assert "<!doctype html>" in desk.get("/")
    assert "<!doctype html>" not in desk.get("/", **{"HX-Request": "true"})


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(w: Warehouse, client: Client) -> None:
    w.receive("TEA", 5, at="A-01")
    desk = Desk(client)
    page = desk.post("/stock/adjust", status=422, sku="TEA", location="A-01", quantity="many", reason="found")
    assert "must be a whole number" in page
    assert 'value="many"' in page
    page = desk.post("/stock/adjust", status=422, sku="TEA", location="A-01", quantity="-6", reason="lost")
    assert "Only 5 of TEA are free" in page
    desk.post("/stock/adjust", sku="TEA", location="A-01", quantity="-2", reason="lost")
    assert w.on_hand("TEA", at="A-01") == 3


def test_orders_go_along_with_their_lines_in_their_sequence(w: Warehouse, client: Client) -> None:
    w.partner("C-1")
    for sku in ("TEA", "CUP"):
        w.product(sku)
    api = Api(client.application)
    lines = [{"sku": "TEA", "quantity": 2}, {"sku": "CUP", "quantity": 1, "line": "=1+1"}]
    api.post("/orders/bulk", {"items": [{"number": f"SO-{n}", "customer": "C-1", "lines": lines} for n in range(3)]})
    desk = Desk(client)
    rows = list(csv.DictReader(io.StringIO(desk.get("/orders?export=csv&of=lines&sort=number").lstrip("\ufeff"))))
    told = [(row["Order"], row["Product"], row["Ordered"]) for row in rows[:3]]
    assert told == [("SO-0", "TEA", "2"), ("SO-0", "CUP", "1"), ("SO-1", "TEA", "2")]
    assert rows[1]["Line"] == "'=1+1"
    links = re.findall(r'href="(/orders[^"]*export=[^"]*)"', desk.get("/orders?status=open"))
    assert [html.unescape(one).partition("?")[2] for one in links] == [
        "status=open&export=xlsx", "status=open&export=csv", "status=open&export=xlsx&of=lines", "status=open&export=csv&of=lines",
    ]  # fmt: skip


def test_more_rows_than_a_worksheet_holds_are_cut_and_it_says_so(w: Warehouse, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        w.product(f"P{number}")
    monkeypatch.setattr(lists, "MOST_EXPORTED", 3)
    text = Desk(client).get("/products?export=csv")
    assert text.splitlines()[-1] == "Only the first 3 rows are here: narrow the list"
    assert text.count("\r\n") == 5


@pytest.mark.parametrize(("path", "role"), [("/movements", Role.DRIVER), ("/postings", Role.PICKER), ("/orders?of=lines", Role.DRIVER)])
@pytest.mark.sqlite
def test_who_may_not_see_a_list_may_not_take_it_along(w: Warehouse, client: Client, path: str, role: Role) -> None:
    desk = Desk(client, role)
    desk.get(path + ("&" if "?" in path else "?") + "export=csv", status=403)
