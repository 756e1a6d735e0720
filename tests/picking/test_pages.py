"""Picking at the desk, over the API and on paper."""

from __future__ import annotations

import io

import pypdf
import pytest

from tests.http import Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application


@pytest.fixture
def desk(app: Application, hall: Hall) -> Desk:
    return Desk(Client(app), Role.ADMIN)


def test_waiting_orders_are_ticked_and_planned(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5))
    page = desk.get("/picking/plan")
    assert "SO-1" in page
    assert "SO-2" in page
    desk.post("/picking/plan", orders="SO-1", method="single")
    page = desk.get("/picking/waves/W-10001")
    assert "P-10001" in page
    assert "SO-1" in page
    assert "SO-2" not in page
    assert "SO-2" in desk.get("/picking/plan")
    assert "W-10001" in desk.get("/picking/waves")


def test_an_order_that_lacks_goods_says_so_before_it_is_planned(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 4))
    hall.release("SO-2", ("APPLE", 9), ("PEAR", 2), allow_backorder=True)
    rows = desk.get("/picking/plan").split("<tbody", 1)[1].split("</tr>")
    assert ["lacks" in row for row in rows[:2]] == [False, True]
    assert ">lacks 5<" in rows[1], "three apples, and both pears, of which no line waits"


def test_nothing_is_planned_by_accident(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 20, "A-01")
    for number in ("SO-1", "SO-2", "SO-3"):
        hall.release(number, ("APPLE", 5))
    page = desk.post("/picking/plan", 422, do="selected", method="single", max_orders="2")
    assert "Tick the orders to plan" in page
    assert page.index('value="selected"') < page.index('value="all"'), "Enter presses the first button"
    assert 'data-confirm="Plan all 3 orders that wait?"' in page
    desk.post("/picking/plan", do="all", method="single", max_orders="2")
    assert "SO-3" in desk.get("/picking/plan")


def test_a_form_that_is_sent_twice_plans_once(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("APPLE", 5))
    assert 'name="once"' in desk.get("/picking/plan")
    for _ in range(2):
        desk.post("/picking/plan", do="all", method="single", max_orders="1", once="a-key")
    assert "SO-2" in desk.get("/picking/plan")


def test_what_cannot_be_planned_is_said_on_the_page(hall: Hall, desk: Desk) -> None:
    hall.w.receive("APPLE", 5)
    hall.release("SO-1", ("APPLE", 5))
    page = desk.post("/picking/plan", 422, orders="SO-1", method="single", max_orders="0")
    assert "greater than" in page or "at least" in page or "1" in page
    page = desk.post("/picking/plan", 422, orders="SO-1", method="single")
    assert "not in racks or pick faces" in page


def test_a_list_shows_its_walk_and_its_progress(hall: Hall, desk: Desk) -> None:
    for sku, place in (("APPLE", "A-01"), ("PEAR", "A-05"), ("PLUM", "B-01"), ("FIG", "B-05")):
        hall.put(sku, 5, place)
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1), ("PLUM", 1), ("FIG", 1))
    number = hall.list_of("SO-1")
    opened = hall.open(number)
    hall.pick(opened)
    page = desk.get(f"/picking/lists/{number}")
    assert "1 / 4" in page
    assert "location codes" in page.lower()
    assert number in desk.get("/picking/lists?status=live")
    assert number in desk.get("/picking/lists?q=so-1")
    assert desk.get("/picking/lists?export=csv").startswith("\ufeffPick list")
    desk.get("/picking/lists/P-99", 404)
    desk.get("/picking/waves/W-99", 404)


def test_replenishments_and_shortages_are_seen(hall: Hall, desk: Desk) -> None:
    assert "No pick face waits for goods." in desk.get("/picking/replenishment")
    assert "Nothing is short." in desk.get("/picking/shortages")
    hall.face("F-01", "APPLE", 5, 10)
    hall.put("APPLE", 20, "A-01")
    desk.post("/picking/replenishment")
    page = desk.get("/picking/replenishment")
    assert "F-01" in page
    assert "Below minimum" in page
    hall.put("PEAR", 5, "A-02")
    hall.release("SO-1", ("PEAR", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 2)
    assert "SO-1" in desk.get("/picking/shortages")


def test_a_face_of_kilograms_is_filled_in_kilograms(hall: Hall, desk: Desk) -> None:
    hall.w.product("RICE", base_unit="kg", decimals=3)
    hall.face("F-01", "RICE", 500, 2250)
    hall.put("RICE", 1250, "A-01")
    page = desk.get("/picking/replenishment")
    assert "0.5 – 2.25" in page
    assert "<strong>1.25</strong> from" in page
    assert "<strong>2.25</strong>" in page, "what is needed"


def test_the_board_shows_what_waits(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.list_of("SO-1")
    page = desk.get("/")
    assert "P-10001" in page


@pytest.mark.parametrize("path", ["plan", "waves", "lists", "replenishment", "shortages"])
def test_every_page_speaks_chinese(hall: Hall, app: Application, path: str) -> None:
    desk = Desk(Client(app), Role.ADMIN, language="zh_CN")
    assert "拣货" in desk.get(f"/picking/{path}")


def test_pickers_see_lists_and_plan_nothing(hall: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.PICKER)
    desk.get("/picking/lists")
    desk.get("/picking/plan", 403)


def test_the_pick_list_on_paper(hall: Hall, desk: Desk) -> None:
    hall.w.product("APPLE", name_zh="苹果", packagings={"case": 5})
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    number = hall.list_of("SO-1")
    desk.get(f"/documents/pick-list/{number}.pdf")
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(desk.last.data)).pages)
    for word in (number, "拣货单", "苹果", "A-01", "SO-1", "= 1 case"):
        assert word in text
    desk.get("/documents/pick-list/P-99.pdf", 404)


def test_a_wave_is_simulated_before_it_is_planned(hall: Hall, desk: Desk) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.w.receive("PEAR", 3)
    hall.release("SO-1", ("APPLE", 5))
    hall.release("SO-2", ("PEAR", 3))
    page = desk.post("/picking/plan", 200, do="simulate", method="cluster", seconds="0")
    assert "nothing is booked" in page
    assert "Its goods are not in racks or pick faces" in page
    assert "Goods that are missing" in page
    assert "Nothing has been planned yet" in desk.get("/picking/waves")
    assert "There is no kind of cart" in desk.post("/picking/plan", 422, do="simulate", cart="NO-SUCH")
    desk.post("/picking/plan", do="all", method="cluster", zone="A", seconds="0")
    assert hall.lines("SO-1", "reserved") == [5]
    assert "the shortest there is" in desk.get("/picking/lists/P-10001")
