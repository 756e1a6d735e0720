"""A form of the desk that books something is taken once, however often it is sent."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.orders.models import InboundOrder, Order


@pytest.fixture
def desk(w: Warehouse, client: Client) -> Desk:
    w.product("APPLE")
    for code in ("A-01", "A-02"):
        w.location(code)
    return Desk(client)


def adjustment(desk: Desk, **more: Any) -> dict[str, Any]:
    return {**form_of(desk.get("/stock/adjust")), "sku": "APPLE", "location": "A-01", "quantity": "5", "reason": "found", **more}


def test_an_adjustment_that_is_sent_twice_is_booked_once_and_says_so(w: Warehouse, desk: Desk) -> None:
    form = adjustment(desk)
    desk.post("/stock/adjust", **form)
    assert "+5" in desk.get("/stock")
    desk.post("/stock/adjust", **form)
    assert "taken in before" in desk.get("/stock")
    assert w.on_hand("APPLE", at="A-01") == 5


def test_a_move_that_is_sent_twice_moves_once(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    form = {**form_of(desk.get("/stock/move")), "sku": "APPLE", "quantity": "3", "source": "A-01", "target": "A-02"}
    for _ in range(2):
        desk.post("/stock/move", **form)
    assert w.on_hand("APPLE", at="A-02") == 3


def test_kilograms_are_adjusted_and_moved_as_the_stock_shows_them(w: Warehouse, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    desk.post("/stock/adjust", **adjustment(desk, sku="RICE", quantity="2.5"))
    assert "+2.5 booked" in desk.get("/stock")
    form = {**form_of(desk.get("/stock/move")), "sku": "RICE", "source": "A-01", "target": "A-02"}
    desk.post("/stock/move", **{**form, "quantity": "1.25"})
    assert "Only 1.25 of RICE are free at A-01, not 2" in desk.post("/stock/move", 422, **{**form, "quantity": "2"})
    assert 'id="quantity-error"' in desk.post("/stock/move", 422, **{**form, "quantity": "0.0005"})
    desk.post("/stock/adjust", **adjustment(desk, sku="RICE", quantity="-0.25"))
    assert "-0.25 booked" in desk.get("/stock")
    assert (w.on_hand("RICE", at="A-01"), w.on_hand("RICE", at="A-02")) == (1000, 1250)


@pytest.mark.parametrize("typed", ["2.0000", "+2", "2", "02", "2."])
def test_two_kilograms_are_two_however_they_are_typed(w: Warehouse, desk: Desk, typed: str) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    desk.post("/stock/adjust", **adjustment(desk, sku="RICE", quantity=typed))
    assert w.on_hand("RICE", at="A-01") == 2000


@pytest.mark.parametrize("typed", ["1.2345", "1_000", "１２", "1,5", "2 kg", "--2", "1e3"])
def test_what_is_no_quantity_of_kilograms_is_refused_by_its_decimals(w: Warehouse, desk: Desk, typed: str) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    w.receive("RICE", 9000, at="A-01")
    w.partner("SHOP")
    said = f"“{typed}” is no quantity with at most 3 decimals"
    assert said in desk.post("/stock/adjust", 422, **adjustment(desk, sku="RICE", quantity=typed))
    assert said in desk.post("/orders/new", 422, customer="SHOP", sku=["RICE"], quantity=[typed])
    page = desk.post("/locations/new", 422, code="F-1", kind="pick_face", assigned_sku="RICE", assigned_minimum="1", assigned_maximum=typed)
    assert "must be a whole number" in page
    assert w.on_hand("RICE", at="A-01") == 9000


def test_a_refusal_counts_goods_in_kilograms_and_room_in_what_room_is_told_in(w: Warehouse, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3, weight_grams=1)
    w.location("LIGHT", max_weight_grams=1500)
    w.receive("RICE", 9000, at="A-01")
    form = {**form_of(desk.get("/stock/move")), "sku": "RICE", "source": "A-01", "target": "LIGHT", "quantity": "2"}
    assert "at most 1500" in desk.post("/stock/move", 422, **form).replace(",", "")


def test_a_file_of_stock_that_is_sent_twice_is_taken_once(w: Warehouse, desk: Desk) -> None:
    form = {**form_of(desk.get("/imports")), "kind": "stock"}
    form.pop("dry_run", None)

    def sent(quantity: int) -> str:
        content = f"sku,location,quantity\nAPPLE,A-01,{quantity}\n".encode()
        return desk.post("/imports", status=200, **{**form, "file": (io.BytesIO(content), "stock.csv")})

    assert "1 taken in" in sent(5)
    again = sent(5)
    assert "0 taken in" in again
    assert "taken in before" in again
    assert "1 taken in" in sent(6), "another file is another intention"
    assert w.on_hand("APPLE", at="A-01") == 11


@pytest.mark.parametrize(("page", "listed"), [("/orders/new", "/orders"), ("/inbound-orders/new", "/inbound-orders")])
def test_an_order_without_a_number_that_is_sent_twice_is_entered_once(w: Warehouse, desk: Desk, page: str, listed: str) -> None:
    w.partner("C1")
    form = form_of(desk.get(page))
    typed = {"customer": "C1", "sku": ["APPLE"], "quantity": ["2"]}
    for _ in range(2):
        desk.post(page, **{**form, **typed})
    assert "taken in before" in desk.get(listed)
    table = Order if page == "/orders/new" else InboundOrder
    assert session.execute(sa.select(sa.func.count(table.id))).scalar_one() == 1


def test_the_same_again_from_a_new_form_is_booked_again(w: Warehouse, desk: Desk) -> None:
    for _ in range(2):
        desk.post("/stock/adjust", **adjustment(desk))
    assert w.on_hand("APPLE", at="A-01") == 10


def test_what_was_refused_or_corrected_is_taken_under_the_same_key(w: Warehouse, desk: Desk) -> None:
    form = adjustment(desk, quantity="-5")
    desk.post("/stock/adjust", status=422, **form)
    w.receive("APPLE", 5, at="A-01")
    desk.post("/stock/adjust", **form)
    desk.post("/stock/adjust", **{**form, "quantity": "7"})
    assert w.on_hand("APPLE", at="A-01") == 7


def test_the_key_of_one_person_is_nobody_elses(app: Application, w: Warehouse, desk: Desk) -> None:
    form = adjustment(desk)
    desk.post("/stock/adjust", **form)
    Desk(app.test_client(), Role.ADMIN, name="ben").post("/stock/adjust", **form)  # type: ignore[arg-type]
    assert w.on_hand("APPLE", at="A-01") == 10


def test_a_double_click_books_once(app: Application, w: Warehouse, desk: Desk) -> None:
    form, answers = {"csrf_token": desk.token, **adjustment(desk)}, []
    signed_in = desk.client.get_cookie("wms_session")
    assert signed_in

    def click() -> None:
        browser = app.test_client()
        browser.set_cookie("wms_session", signed_in.value)
        browser.set_cookie("wms_visit", (desk.client.get_cookie("wms_visit") or signed_in).value)
        answers.append(browser.post("/stock/adjust", data=form).status_code)

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert answers == [302, 302]
    assert w.on_hand("APPLE", at="A-01") == 5
