"""The inbound side at the desk, and its papers."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.orders.conftest import Machine
from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.receiving.test_scan import shipped
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.events import Event
from wms.stock.models import Condition


class Reader:
    """Somebody who reads pages and papers with a token."""

    def __init__(self, app: Application, role: Role = Role.SUPERVISOR, language: str = "en") -> None:
        self.api = Api(app, role, language=language)
        self.client: Client = self.api.client

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        answer = self.client.get(path, headers={**self.api.headers, **headers})
        assert answer.status_code == status, answer.get_data(as_text=True)[:800]
        return answer

    def text(self, path: str) -> str:
        return str(self.get(path).get_data(as_text=True))

    def words(self, path: str) -> str:
        answer = self.get(path)
        assert answer.mimetype == "application/pdf"
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages)


@pytest.fixture
def reader(app: Application, w: Warehouse) -> Reader:
    return Reader(app)


def test_the_arrivals_board_tells_what_is_late(w: Warehouse, dock: Dock, reader: Reader) -> None:
    dock.announce(("TEA", 30), number="IN-LATE", expected_on=clock.today() - dt.timedelta(days=2))
    dock.announce(("TEA", 30), number="IN-TODAY", expected_on=clock.today())
    dock.announce(("TEA", 30), number="IN-LATER", expected_on=clock.today() + dt.timedelta(days=5))
    page = reader.text("/receiving/arrivals")
    assert "IN-LATE" in page
    assert "2 d late" in page
    assert "IN-TODAY" in page
    assert "IN-LATER" not in page


def test_what_is_coming_is_counted_as_people_do(w: Warehouse, dock: Dock, reader: Reader) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    dock.announce(("RICE", 2500), expected_on=clock.today())
    dock.announce(("RICE", 2500), ("TEA", 3), number="IN-2", expected_on=clock.today())
    for number in ("IN-1", "IN-2"):
        dock.receive("RICE", 1250, number=number)
    for path in ("/receiving/arrivals", "/inbound-orders", "/"):
        assert re.findall(r"</progress><span>([^<]*)</span>", reader.text(path))[:2] == ["1.25/2.5", "0/2 lines"]
    assert "1.25 wait for putaway" in reader.text("/receiving/arrivals")
    for number, (expected, received) in {"IN-1": ("2.5", "1.25"), "IN-2": ("2 lines", "1.25")}.items():
        page = reader.text(f"/inbound-orders/{number}")
        figures = re.findall(r'"text">(?:Expected|Received|Rejected)</span>\s*<strong>([^<]*)</strong>', page)
        assert figures == [expected, received, "0"]


def test_what_came_damaged_is_a_difference_at_the_desk_and_when_it_is_closed(app: Application, w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 28)
    dock.receive("TEA", 2, condition=Condition.DAMAGED)
    desk = Machine(app, Role.RECEIVER, "en")
    cell = desk.page("/inbound-orders/IN-1").split('data-label="Difference"')[1].split("</td>")[0]
    assert ">-2<" in cell
    Api(app).post("/inbound-orders/IN-1/close")
    told = session.execute(sa.select(Event.facts).where(Event.code == "inbound.closed")).scalar_one()
    assert told["differences"] == [{"line": "1", "sku": "TEA", "expected": 30, "received": 30, "rejected": 2}]


def test_the_desk_and_the_api_let_a_delivery_arrive(app: Application, w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30), expected_on=clock.today())
    dock.announce(("TEA", 30), number="IN-2")
    desk = Machine(app, Role.RECEIVER, "en")
    assert "Arrived" in desk.page("/inbound-orders/IN-1")
    desk.send("/inbound-orders/IN-1/arrive")
    assert dock.status() == "arriving"
    assert "Arriving" in desk.page("/receiving/arrivals")
    assert 'action="/inbound-orders/IN-1/arrive"' not in desk.page("/inbound-orders/IN-1")
    api = Api(app)
    assert [api.post("/inbound-orders/IN-2/arrive")["status"] for _ in range(2)] == ["arriving", "arriving"]
    api.post("/inbound-orders/IN-2/close")
    assert api.post("/inbound-orders/IN-2/arrive", status=409)["code"] == "state_not_allowed"
    assert Api(app, Role.SALES).post("/inbound-orders/IN-1/arrive", status=403)["code"] == "not_permitted"
    dock.receive("TEA", 30)
    assert dock.status() == "received"


def test_a_board_without_deliveries_says_what_to_do(dock: Dock, reader: Reader) -> None:
    assert "No delivery is due today." in reader.text("/receiving/arrivals")
    assert "Nothing waits to be put away." in reader.text("/receiving/putaway")
    assert "Nothing was received." in reader.text("/receiving/receipts")


def test_received_goods_are_listed_and_exported(dock: Dock, reader: Reader) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 12)
    page = reader.text("/receiving/receipts?q=tea")
    assert receipt.unit.code in page
    assert "Nothing was received." in reader.text("/receiving/receipts?q=nothing")
    assert "Nothing was received." in reader.text("/receiving/receipts?day=2001-01-01")
    for odd in ("0001-01-01", "9999-12-31", "9999-12-30"):
        reader.get(f"/receiving/receipts?day={odd}")
        reader.get(f"/movements?since={odd}&until={odd}")
    export = reader.text("/receiving/receipts?export=csv")
    assert receipt.unit.code in export
    assert "IN-1" in export


def test_the_putaway_queue_says_where_and_why(dock: Dock, reader: Reader) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 12)
    assert "Nearest empty location" in reader.text("/receiving/putaway")


def test_pages_speak_chinese(app: Application, w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 12)
    reader = Reader(app, language="zh-CN")
    assert "待收到货" in reader.text("/receiving/arrivals")
    assert "最近的可用空库位" in reader.text("/receiving/putaway")


def test_htmx_gets_the_part_that_changes(dock: Dock, reader: Reader) -> None:
    part = reader.get("/receiving/arrivals", **{"HX-Request": "true"}).get_data(as_text=True)
    assert part.lstrip().startswith('<div id="arrivals"')


def test_sales_may_look_but_a_stranger_may_not(app: Application, w: Warehouse, reader: Reader) -> None:
    Reader(app, Role.SALES).get("/receiving/arrivals")
    Reader(app, Role.GATE).get("/receiving/arrivals", status=403)


def test_the_goods_received_note_tells_differences(w: Warehouse, dock: Dock, reader: Reader) -> None:
    w.product("MILK", tracking="expiry", name_zh="牛奶", name_en="Milk")
    dock.announce(("MILK", 40), ("TEA", 5))
    receipt = dock.receive("MILK", 30, lot="L-77", expires_on=clock.today() + dt.timedelta(days=90))
    dock.receive("MILK", 2, lot="L-77", condition=Condition.DAMAGED)
    words = reader.words("/documents/goods-received-note/in-1.pdf")
    for told in ("入库单", "Goods received note", "IN-1", "牛奶", "L-77", "-10", receipt.unit.code, "未收齐"):
        assert told in words, told


def test_papers_of_what_came_count_as_people_do(w: Warehouse, dock: Dock, reader: Reader) -> None:
    w.product("RICE", base_unit="g", decimals=3)
    dock.announce(("RICE", 2500), ("RICE", 500))
    dock.receive("RICE", 1250)
    note = reader.words("/documents/goods-received-note/IN-1.pdf")
    for said in ("2.5", "1.25", "-1.25", "3"):
        assert said in note.split(), said
    assert "1.25" in reader.words("/documents/putaway-list/IN-1.pdf").split()
    assert not {"2500", "2,500", "1250", "1,250"} & {*note.split(), *reader.words("/documents/putaway-list/IN-1.pdf").split()}


def test_a_delivery_over_two_lines_stands_on_its_paper_line_by_line(dock: Dock, reader: Reader) -> None:
    dock.announce(("TEA", 5), ("TEA", 7))
    receipt = dock.receive("TEA", 11)
    words = reader.words("/documents/goods-received-note/IN-1.pdf")
    assert "1\nTea\nTEA\n5\n5\n5\n2\nTea\nTEA\n7\n6\n6\n-1\n" in words
    assert words.count(receipt.unit.code) == 2


def test_no_page_shows_our_own_day_as_a_lot(w: Warehouse, dock: Dock, reader: Reader) -> None:
    w.product("MILK", tracking="lot")
    dock.announce(("TEA", 30), ("MILK", 5))
    dock.receive("TEA", 12)
    dock.receive("MILK", 5, lot="M-1")
    ours = clock.today().strftime("%Y%m%d")
    for path in ("/receiving/receipts", "/receiving/putaway", "/stock", "/movements"):
        page = reader.text(path)
        assert "M-1" in page, path
        assert ours not in page, path
    for path in ("/receiving/receipts", "/stock", "/movements"):
        sheet = reader.text(f"{path}?export=csv")
        assert "M-1" in sheet
        assert ours not in sheet


def test_the_putaway_list_names_the_places(dock: Dock, reader: Reader) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 12)
    words = reader.words("/documents/putaway-list/IN-1.pdf")
    assert "上架单" in words
    assert "A-01" in words


@pytest.mark.parametrize(
    "path",
    [
        "/documents/goods-received-note/NONE.pdf",
        "/documents/red-outbound-note/NONE.pdf",
        "/documents/transfer-note/NONE.pdf",
        "/documents/no-such-kind/1.pdf",
        "/labels/no-such-kind/1.pdf",
        "/labels/handling-unit/NONE.zpl",
        "/documents/goods-received-note/%0A%0D.pdf",
    ],
)
def test_a_paper_that_is_none_is_not_found(reader: Reader, path: str) -> None:
    assert reader.get(path, status=404).get_json()["code"]


def test_papers_need_a_sign_in(app: Application, dock: Dock, client: Client) -> None:
    dock.announce(("TEA", 30))
    assert client.get("/documents/goods-received-note/IN-1.pdf").status_code in (302, 401)
    assert client.get("/documents/goods-received-note/IN-1.pdf", headers={"Authorization": "Bearer no"}).status_code == 401
    Reader(app, Role.GATE).get("/documents/goods-received-note/IN-1.pdf", status=403)


@pytest.mark.parametrize("form", ["pdf", "zpl", "svg"])
def test_a_plate_has_its_label_in_every_form(dock: Dock, reader: Reader, form: str) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 12)
    answer = reader.get(f"/labels/handling-unit/{receipt.unit.code}.{form}")
    assert len(answer.data) > 200
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_the_notes_of_a_return_and_of_a_move_are_printed(w: Warehouse, dock: Dock, reader: Reader) -> None:
    w.receive("TEA", 9, at="A-01")
    shipped(w, "TEA", 5)
    handheld = Handheld("return", w.by)
    printed = handheld.scan("SO-1", "TEA", "2", "2", "GOOD", "DOCK")["printed"]
    words = reader.words(printed[-1]["href"])
    for told in ("红字出库单", "Red outbound note", "SO-1", "TEA", "-2"):
        assert told in words, told
    moving = Handheld("move", w.by)
    printed = moving.scan("A-01", "TEA", "3", "3", "A-04", "CMD:DONE")["printed"]
    words = reader.words(printed[0]["href"])
    for told in ("调拨单", "Transfer note", "A-01", "A-04"):
        assert told in words, told


def test_the_label_of_a_received_pallet_tells_what_stands_on_it(reader: Reader, dock: Dock, w: Warehouse) -> None:
    w.product("MILK", name="Milk", name_zh="牛奶", name_en="Milk", tracking="expiry", base_unit="bottle", packagings={"case": 12})
    dock.announce(("MILK", 60))
    expiry = dt.date(2027, 3, 1)
    pallet = dock.receive("MILK", 60, lot="M-1", expires_on=expiry).unit
    label = reader.words(f"/labels/handling-unit/{pallet.code}.pdf")
    for words in ("托盘", "牛奶 Milk", "60 瓶 60 bottles", "MILK", "M-1", "2027-03-01", "IN-1"):
        assert words in label, f"{words} is not on {label}"
