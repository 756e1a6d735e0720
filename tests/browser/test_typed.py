"""A longer form in a real browser: a scanner's Enter goes on to the next field, and what was typed outlives the session."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.browser.wedge import scan
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.auth import people
from wms.catalog.products import put_product
from wms.catalog.putting import PackagingFacts
from wms.stocktake import opening, sheets
from wms.stocktake.choice import Choice

playwright = pytest.importorskip("playwright.sync_api", reason="NO BROWSER AT THE DESK: needs playwright")
pytestmark = [pytest.mark.browser, pytest.mark.sqlite]
TEA = "6900000000014"


@pytest.fixture
def address(app: Application, w: Warehouse) -> Iterator[str]:
    """The house, served, with two people, a customer, and tea."""
    w.partner("SHOP")
    with db.transaction():
        put_product("TEA", name="Tea", barcodes=[TEA], packagings=[PackagingFacts("case", 12, "16900000000011")])
        for name in ("ann", "bob"):
            people.add_person(name, name.title(), [Role.ADMIN], password="correct horse", language="en")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Ann's browser, on the form for a new order."""
    context = browser.new_context(base_url=address, locale="en-GB")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto("/orders/new")
    sign_in(page)
    yield page
    context.close()
    assert troubles == []


def sign_in(page: Any, name: str = "ann") -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", "correct horse")
    page.click("main button[data-kind=main]")
    page.wait_for_url(lambda url: "sign-in" not in url)


def lose_the_session(page: Any) -> None:
    """As when it has expired, or was ended elsewhere."""
    page.context.clear_cookies(name="wms_session")


def rows(page: Any) -> list[list[str]]:
    found = page.eval_on_selector_all(
        "[data-rows] tbody tr", "all => all.map(row => [...row.querySelectorAll('input')].map(one => one.value))"
    )
    return [row for row in found if any(row)]


def test_a_scan_goes_on_to_the_next_field_and_only_the_button_sends(page: Any, w: Warehouse) -> None:
    page.fill("#customer", "SHOP")
    page.focus("[name=sku]")
    scan(page, TEA, "3")
    assert rows(page) == [[TEA, "3", "", ""]]
    assert page.evaluate("document.activeElement.name") == "unit"
    scan(page, "", "", "16900000000011", "1")
    assert rows(page) == [[TEA, "3", "", ""], ["16900000000011", "1", "", ""]]
    assert page.url.endswith("/orders/new")
    page.click("form.form button[data-kind=main]")
    page.wait_for_url("**/orders/SO-*")
    assert Desk(w).counters(page.url.rpartition("/")[2], "ordered") == [3, 12]


def test_enter_in_a_reason_decides_nothing_where_the_buttons_do(page: Any, w: Warehouse) -> None:
    w.receive("TEA", 9, at="A-01")
    Desk(w).enter("SO-1", TEA=1)
    page.goto("/orders/SO-1")
    page.evaluate("addEventListener('submit', event => { document.title = 'sent'; event.preventDefault(); }, true)")
    page.fill("[name=reason]", "the customer is unsure")
    page.keyboard.press("Enter")
    assert page.title() != "sent"
    page.click("button[formaction$='/release']")
    assert page.title() == "sent", "the button is what sends it"


def test_behind_the_last_field_comes_a_new_row(page: Any) -> None:
    page.focus("[name=sku]")
    for number in range(9):
        scan(page, f"P-{number}", str(number + 1), "", "")
    assert [row[0] for row in rows(page)] == [f"P-{number}" for number in range(9)]
    assert page.get_attribute("[name=sku] >> nth=8", "aria-label") == "Product or barcode 9"


def test_a_form_whose_session_was_lost_is_filled_again_after_signing_in(page: Any, w: Warehouse) -> None:
    page.fill("#customer", "SHOP")
    page.select_option("#ship_complete", "yes")
    page.fill("#notes", "ring twice")
    page.focus("[name=sku]")
    for number in range(8):
        scan(page, TEA, str(number + 1), "", "")
    lose_the_session(page)
    page.click("form.form button[data-kind=main]")
    page.wait_for_url(re.compile("/sign-in/desk.next=/orders/new$"))
    sign_in(page)
    assert page.url.endswith("/orders/new")
    assert "What you typed before is here again" in page.inner_text("main")
    assert [page.input_value("#customer"), page.input_value("#notes"), page.input_value("#ship_complete")] == ["SHOP", "ring twice", "yes"]
    assert [row[1] for row in rows(page)] == [str(number + 1) for number in range(8)]
    page.click("form.form button[data-kind=main]")
    page.wait_for_url("**/orders/SO-*")
    assert Desk(w).counters(page.url.rpartition("/")[2], "ordered") == [1, 2, 3, 4, 5, 6, 7, 8]
    page.goto("/orders/new")
    assert page.input_value("#customer") == "", "what was taken is forgotten"


def test_signing_out_and_changing_the_language_keep_it_too(page: Any) -> None:
    page.fill("#customer", "SHOP")
    page.click(".menu-box summary")
    page.click("button[name=language][value=zh_CN]")
    page.wait_for_selector("html[lang^=zh]")
    assert page.input_value("#customer") == "SHOP"
    page.click(".menu-box summary")
    page.click("form[action='/sign-out'] button")
    page.wait_for_url("**/sign-in/desk")
    sign_in(page)
    page.goto("/orders/new")
    assert page.input_value("#customer") == "SHOP"
    page.click("main .message button")
    playwright.expect(page.locator("#customer")).to_have_value("")


@pytest.mark.parametrize("leaving", ["lost", "signed out"])
def test_somebody_else_finds_nothing_of_it(page: Any, leaving: str) -> None:
    page.fill("#customer", "SHOP")
    if leaving == "lost":
        lose_the_session(page)
        page.click("form.form button[data-kind=main]")
    else:
        page.click(".menu-box summary")
        page.click("form[action='/sign-out'] button")
    page.wait_for_url(re.compile("/sign-in/desk"))
    sign_in(page, "bob")
    page.goto("/orders/new")
    assert page.input_value("#customer") == ""
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('typed'))") == []


def test_what_was_refused_stands_as_the_server_says_it(page: Any) -> None:
    page.fill("#customer", "NOBODY")
    page.fill("[name=sku] >> nth=0", "TEA")
    page.fill("[name=quantity] >> nth=0", "1")
    page.click("form.form button[data-kind=main]")
    page.wait_for_selector("#customer-error")
    assert page.input_value("#customer") == "NOBODY"
    page.goto("/orders")
    page.goto("/orders/new")
    assert page.input_value("#customer") == "", "walking away is not losing it"


def test_on_a_printed_sheet_enter_goes_from_number_to_number_and_then_to_the_button(page: Any, w: Warehouse) -> None:
    for number in (1, 2):
        w.receive("TEA", 5, at=f"A-0{number}")
    with db.transaction():
        plan = opening.open_chosen(Choice(locations=("A-01", "A-02")), by=w.by)
        sheet = sheets.make(plan, by=w.by)[0].number
    page.goto(f"/counting/sheets/{sheet}")

    def stands() -> str:
        return str(page.evaluate("document.activeElement.name || document.activeElement.textContent"))

    page.focus("[name=quantity-1]")
    scan(page, "5")
    assert stands() == "quantity-3", "past the empty line of what nobody expects"
    page.focus("[name=sku-2]")
    for name in ("lot-2", "quantity-2", "quantity-3"):
        page.keyboard.press("Enter")
        assert stands() == name, "who fills in the empty line is led along it"
    page.keyboard.press("Enter")
    assert stands() == "Take in"
    assert page.locator("[data-rows] tbody tr").count() == 4, "no line is there twice: what was typed in it would be lost"


def test_the_bar_over_a_list_shows_what_the_chosen_step_asks_for(page: Any, w: Warehouse) -> None:
    Desk(w).enter("SO-1", TEA=1)
    page.goto("/orders")
    page.click(".bulk summary")
    asked = {"release": ["reason"], "hold": ["reason"], "priority": ["priority"], "due": ["due_at"]}
    for step, names in asked.items():
        page.select_option("[name=step]", step)
        assert [name for name in ("reason", "priority", "due_at") if page.is_visible(f".bulk [name={name}]")] == names


def test_the_closed_bar_over_a_list_says_how_many_are_ticked(page: Any, w: Warehouse) -> None:
    desk = Desk(w)
    for number in ("SO-1", "SO-2"):
        desk.enter(number, TEA=1)
    page.goto("/orders")
    assert not page.is_visible("[data-ticked]"), "as long as nothing is ticked"
    page.locator("td input[type=checkbox]").first.check()
    assert page.inner_text("[data-ticked]") == "1 ticked"
    page.click(".bulk summary")
    page.check("[data-all]")
    assert page.inner_text("[data-ticked]") == "2 ticked"
    page.uncheck("[data-all]")
    assert not page.is_visible("[data-ticked]")
