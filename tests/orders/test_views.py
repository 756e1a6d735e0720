"""The order desk in a browser, in both languages, without JavaScript."""

from __future__ import annotations

import csv
import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock, db
from wms.catalog.models import Partner
from wms.catalog.products import put_product
from wms.catalog.putting import PackagingFacts
from wms.orders import withdrawal
from wms.orders.models import Order

PAGES = [
    "/orders",
    "/orders/new",
    "/orders/SO-1",
    "/sales",
    "/sales?q=SO-1",
    "/sales?q=cust",
    "/inbound-orders",
    "/inbound-orders/new",
    "/tasks",
    "/",
]


@pytest.fixture
def browser(api: Machine) -> Machine:
    """A person's requests; the token stands in for the session."""
    return api


@pytest.mark.sqlite
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages(machine: Any, desk: Desk, path: str, language: str) -> None:
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    page = machine("admin", language).page(path)
    assert "</html>" in page
    assert ("订单" in page) == (language == "zh_CN")


def test_a_list_says_why_each_order_waits_and_who_can_lift_it(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("DEBTOR", credit_limit=0, balance_due=5)
    w.receive("APPLE", 9, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.enter("SO-2", APPLE=5, customer="DEBTOR")
    desk.release("SO-2")
    page = browser.page("/orders")
    assert "Waits for release" in page
    assert "The customer owes 0.05, the credit limit is 0.00 · Finance may approve it" in page
    assert "SO-1" not in browser.page("/orders?status=held")
    assert "SO-2" in browser.page("/orders?q=debt")
    assert "No order matches." in browser.page("/orders?q=nothing%25_")


def progress(page: str) -> list[str]:
    """The numbers beside the bars."""
    return re.findall(r"</progress><span>([^<]*)</span>", page)


def test_a_list_counts_goods_as_people_do_and_adds_up_only_what_is_counted_alike(machine: Any, desk: Desk, w: Warehouse) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    w.product("SALT", base_unit="kg", decimals=3)
    w.product("OIL", base_unit="l", decimals=3)
    w.receive("RICE", 1250, at="A-01")
    w.receive("SALT", 500, at="A-01")
    for number, more in (("SO-1", {"SALT": 500}), ("SO-2", {"OIL": 500, "RICE": 250}), ("SO-3", {"APPLE": 3, "NUT": 2})):
        late = {"RICE": 2750, "due_at": clock.now() - dt.timedelta(hours=1)} if number == "SO-1" else {}
        desk.enter(number, **late, **more, allow_backorder=True)
        desk.release(number)
    desk.pick("SO-1", desk.plan("SO-1", "A-01", quantity=1250), "A-01")
    for language, waits, lines in (
        ("en", ["1.25/3.25 picked; waiting for stock: 1.5 × RICE", "; waiting for stock: 0.5 × OIL, 0.25 × RICE"], "lines"),
        ("zh_CN", ["已拣 1.25/3.25；待到货：1.5 × RICE", "；待到货：0.5 × OIL、0.25 × RICE"], "行"),
    ):
        page = machine("admin", language).page("/orders?sort=number")
        assert progress(page) == ["1.25/3.25", f"0/2 {lines}", "0/5"]
        assert all(one in page for one in waits)
        assert progress(machine("admin", language).page("/"))[0] == "1.25/3.25"


def test_a_list_is_exported_whole(browser: Machine, desk: Desk) -> None:
    for number in range(3):
        desk.enter(f"SO-{number}", APPLE=1)
    answer = browser.client.get("/orders?export=csv&sort=number", headers=browser.headers)
    assert [line.split(",")[0] for line in answer.data.decode("utf-8-sig").splitlines()] == ["Order", "SO-0", "SO-1", "SO-2"]


def test_a_cancelled_order_is_listed_with_what_was_ordered_and_nothing_done(browser: Machine, desk: Desk, w: Warehouse) -> None:
    desk.picked("SO-1", "APPLE", 3)
    with w.transaction():
        withdrawal.cancel("SO-1", by=w.by)
    for extra, told in (
        ("", {"Ordered": "3", "Cancelled": "3", "Done": "0"}),
        ("&of=lines", {"Ordered": "3", "Cancelled": "3", "Picked": "0"}),
    ):
        answer = browser.client.get(f"/orders?export=csv{extra}", headers=browser.headers)
        (row,) = csv.DictReader(answer.data.decode("utf-8-sig").splitlines())
        assert {name: row.get(name) for name in told} == told
    assert "0/0" not in browser.page("/orders?status=cancelled")


def test_an_order_is_typed_in_by_hand(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("CUS")
    w.product("TEA", packagings={"case": 12})
    answer = browser.send(
        "/orders/new",
        number="SO-7",
        customer="CUS",
        kind="ship_first",
        priority="5",
        due_at="2027-03-31T12:00",
        sku=["", "TEA"],
        quantity=["", "2"],
        unit=["", "case"],
        lot=["", ""],
    )
    assert answer.request.path == "/orders/SO-7"
    assert "Order SO-7 entered" in answer.text
    assert "Entered at the desk" in answer.text
    assert desk.counters("SO-7", "ordered") == [24]
    assert desk.order("SO-7").source == "desk"


def test_what_is_counted_in_kilograms_is_typed_as_it_is_shown(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("CUS")
    w.product("RICE", base_unit="kg", decimals=3, packagings={"sack": 25_000})
    form = {"number": "SO-7", "customer": "CUS", "kind": "ship_first", "priority": "5", "lot": ["", ""], "sku": ["RICE", "RICE"]}
    refused = browser.send("/orders/new", **form, quantity=["1.2345", "1"], unit=["", ""])
    assert (refused.status_code, 'value="1.2345"' in refused.text) == (422, True)
    answer = browser.send("/orders/new", **form, quantity=["1.25", "2"], unit=["", "sack"])
    assert answer.request.path == "/orders/SO-7", answer.text[:500]
    assert desk.counters("SO-7", "ordered") == [1250, 50_000]
    page = browser.page("/orders/SO-7/edit")
    assert all(f'name="quantity" type="number" value="{typed}" step="any"' in page for typed in ("1.25", "2"))
    kept = {"priority": "5", "line": ["1", "2"], "sku": ["RICE", "RICE"], "unit": ["", "sack"], "lot": ["", ""]}
    hidden = {"min_remaining_days": ["", ""], "one_batch": ["false", "false"]}
    browser.send("/orders/SO-7/edit", **kept, **hidden, quantity=["2000", "2"])
    assert desk.counters("SO-7", "ordered") == [2_000_000, 50_000]
    page = browser.page("/orders/SO-7/split")
    assert ">2,000</td>" in page
    assert "Line 1: 1.0001 is no quantity" in browser.send("/orders/SO-7/split", line=["1", "2"], quantity=["1.0001", ""]).text
    browser.send("/orders/SO-7/split", line=["1", "2"], quantity=["1999.5", ""])
    assert desk.counters("SO-7", "ordered") == [500, 50_000]


def test_a_name_or_a_phone_alone_is_whom_to_ask_for_at_the_customers_own_address(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("CUS", address={"name": "Ann", "phone": "1", "street": "Road 1", "city": "Luoyang"})
    w.product("TEA")
    line = {"kind": "ship_first", "priority": "5", "sku": "TEA", "quantity": "2", "unit": "", "lot": ""}
    browser.send("/orders/new", number="SO-7", customer="cus", **line, ship_to_phone="138 0000")
    assert desk.order("SO-7").ship_to == {"name": "Ann", "phone": "138 0000", "street": "Road 1", "city": "Luoyang"}
    assert desk.status("SO-7") == "received", "nothing lacks in the address"
    browser.send("/orders/SO-7/edit", **line, line="1", ship_to_name="Bob", ship_to_phone="139")
    assert desk.order("SO-7").ship_to == {"name": "Bob", "phone": "139", "street": "Road 1", "city": "Luoyang"}
    browser.send("/orders/SO-7/edit", **line, line="1", ship_to_name="Bob", ship_to_city="Beijing")
    assert desk.order("SO-7").ship_to == {"name": "Bob", "city": "Beijing"}, "a place of its own is not mixed with another"
    assert desk.status("SO-7") == "held", "its street lacks"


def test_a_line_may_name_its_product_by_a_barcode(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("CUS")
    with w.transaction():
        put_product("TEA", name="Tea", barcodes=["6900000000014"], packagings=[PackagingFacts("case", 12, "16900000000011")])
    form = {"number": "SO-7", "customer": "CUS", "kind": "ship_first", "priority": "5", "lot": [""] * 3}
    scanned = ["6900000000014", "16900000000011", "16900000000011"]
    answer = browser.send("/orders/new", **form, sku=scanned, quantity=["1", "2", "3"], unit=["", "", "piece"])
    assert answer.request.path == "/orders/SO-7"
    assert desk.counters("SO-7", "ordered") == [1, 24, 3]


@pytest.mark.parametrize("path", ["/orders/new", "/inbound-orders/new"])
def test_enter_in_a_field_takes_the_document_in_rather_than_adding_rows(browser: Machine, path: str) -> None:
    page = browser.page(path)
    form = page[page.index(f'action="{path}"') :]
    first = re.search(r"<button[^>]*>", form)
    assert first
    assert 'data-kind="main"' in first[0]


def test_what_is_wrong_stands_beside_the_row_and_nothing_is_typed_twice(browser: Machine, w: Warehouse) -> None:
    w.partner("CUS")
    answer = browser.send(
        "/orders/new", customer="CUS", kind="ship_first", priority="5", sku=["", "NOTHING"], quantity=["", "2"], unit=["", ""], lot=["", ""]
    )
    assert answer.status_code == 422
    assert 'id="row-2-sku-error">There is no product NOTHING' in answer.text
    assert 'value="NOTHING"' in answer.text
    empty = browser.send("/orders/new", customer="", kind="ship_first", priority="x", sku=[""], quantity=[""], unit=[""], lot=[""])
    assert empty.status_code == 422
    assert "Fill in at least one line." in empty.text


def test_all_that_is_wrong_is_said_at_once(browser: Machine, desk: Desk, w: Warehouse) -> None:
    desk.enter("SO-1", APPLE=1)
    w.product("TEA", packagings={"case": 12})
    typed = {"sku": ["TEA", "NOTHING", "TEA", ""], "quantity": ["0", "x", "2", "3"], "unit": ["", "", "barrel", ""], "lot": [""] * 4}
    answer = browser.send(
        "/orders/new", number="so-1", customer="NOBODY", carrier="NONE", kind="ship_first", priority="12", due_at="soon", **typed
    )
    assert answer.status_code == 422
    assert re.findall(r'id="([a-z0-9_-]+)-error"', answer.text) == [
        *("number", "customer", "due_at", "priority", "carrier"),
        *("row-1-quantity", "row-2-quantity", "row-2-sku", "row-3-unit", "row-4-sku"),
    ]
    assert all(f'value="{one}"' in answer.text for one in ("so-1", "NOBODY", "NONE", "soon", "12", "NOTHING", "x", "barrel"))
    assert db.session.execute(sa.select(Order.number)).scalars().all() == ["SO-1"]


def test_a_name_that_only_one_has_stands_for_its_code(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("C-1", name="Nordwind Handel")
    w.partner("C-2", name="开封鼓楼店")
    with w.transaction():
        put_product("TEA", name="Green tea", name_en="Green tea", name_zh="绿茶")
    form = {"kind": "ship_first", "priority": "5", "quantity": ["2"], "unit": [""], "lot": [""]}
    for number, customer, sku in (("SO-1", "nordwind handel ", "green TEA"), ("SO-2", "开封鼓楼店", "绿茶"), ("SO-3", "c-1", "tea")):
        answer = browser.send("/orders/new", number=number, customer=customer, sku=[sku], **form)
        assert answer.request.path == f"/orders/{number}", answer.text
    bought = sa.select(Partner.code).join(Order, Order.customer_id == Partner.id).order_by(Order.number)
    assert db.session.execute(bought).scalars().all() == ["C-1", "C-2", "C-1"]


def test_a_name_that_several_have_or_that_is_half_typed_is_asked_back(browser: Machine, w: Warehouse) -> None:
    w.partner("C-1", name="Nordwind Handel")
    w.partner("C-2", name="Nordwind Handel")
    w.partner("CAR-1", kind="carrier", name="Fast {wheels}")
    form = {"kind": "ship_first", "priority": "5", "sku": ["appl"], "quantity": ["2"], "unit": [""], "lot": [""]}
    with w.transaction():
        put_product("P-9", name="Apple")
    answer = browser.send("/orders/new", customer="Nordwind Handel", carrier="wheels", **form)
    assert answer.status_code == 422
    assert "Perhaps C-1 (Nordwind Handel), C-2 (Nordwind Handel)" in answer.text
    assert "There is no carrier wheels. Perhaps CAR-1 (Fast {wheels})" in answer.text
    assert "There is no product appl. Perhaps P-9 (Apple)" in answer.text


def test_more_rows_keep_what_was_typed(browser: Machine, w: Warehouse) -> None:
    answer = browser.send("/orders/new", do="more", customer="CUS", sku=["TEA"], quantity=["2"], unit=[""], lot=[""])
    assert answer.text.count('name="sku"') == 12
    assert 'value="TEA"' in answer.text


def test_the_steps_of_an_order_are_buttons(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.receive("APPLE", 9, at="A-01")
    desk.enter("SO-1", APPLE=5)
    assert "Held by hand: they call back" in browser.send("/orders/SO-1/hold", reason="they call back").text
    assert "Approved; it may be released" in browser.send("/orders/SO-1/approve").text
    assert "Released to the warehouse" in browser.send("/orders/SO-1/release").text
    assert "it cannot become Released" in browser.send("/orders/SO-1/release").text
    assert "Cancelled" in browser.send("/orders/SO-1/cancel").text


def test_everything_that_waits_is_released_at_once(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.receive("APPLE", 9, at="A-01")
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=5)
    assert "1 released, 1 held" in browser.send("/orders/release").text


def test_sales_sees_an_order_by_its_number_and_a_customer_by_name(machine: Any, desk: Desk, w: Warehouse) -> None:
    sales = machine("sales")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    assert "The order came in" in sales.page("/sales?q=so-1")
    assert "Not enough stock: APPLE lacks 5" in sales.page("/sales?q=so-1")
    assert "SO-1" in sales.page("/sales?q=CUSTOM")
    assert "Nothing is called nobody." in sales.page("/sales?q=nobody")
    assert "Without an order" not in sales.page("/sales?q=CUSTOM")


def test_products_that_nobody_ordered_stand_in_one_list(machine: Any, w: Warehouse) -> None:
    for sku in ("BOOT-38", "BOOT-39"):
        w.product(sku)
    page = machine("sales").page("/sales?q=boot")
    assert page.count("Without an order") == 1
    assert "BOOT-38" in page
    assert "BOOT-39" in page
    assert "Nothing is called" not in page


def test_the_desk_and_the_status_of_an_order_lead_to_each_other(machine: Any, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    sales = machine("sales")
    assert 'href="/sales/orders/SO-1"' in sales.page("/orders/SO-1")
    assert 'href="/orders/SO-1"' in sales.page("/sales/orders/SO-1")


def test_an_inbound_order_is_announced_and_closed_by_hand(browser: Machine, w: Warehouse) -> None:
    w.product("TEA")
    answer = browser.send(
        "/inbound-orders/new",
        number="IN-7",
        kind="purchase",
        over_receipt_percent="5",
        sku=["TEA"],
        quantity=["30"],
        unit=[""],
        lot=[""],
        expires_on=[""],
        certificate=[""],
    )
    assert "Inbound order IN-7 announced" in answer.text
    assert "Closed" in browser.send("/inbound-orders/IN-7/close", reason="nothing comes").text
    assert "IN-7" in browser.page("/inbound-orders?status=closed")


@pytest.mark.parametrize(
    ("signed_by", "delivered"), [("王", "three"), ("王", "-1"), ("王", "9" * 30), ("a\x07b", "3")], ids=["words", "minus", "huge", "bell"]
)
def test_what_was_signed_for_is_never_guessed(browser: Machine, desk: Desk, w: Warehouse, signed_by: str, delivered: str) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    claim = desk.plan("SO-1", "A-01")
    desk.pick("SO-1", claim, "A-01")
    desk.ship("SO-1", desk.pack("SO-1", claim))
    browser.send("/orders/SO-1/delivery", signed_by=signed_by, line="1", delivered=delivered)
    assert desk.status("SO-1") == "shipped"
    browser.send("/orders/SO-1/delivery", signed_by="王", line="1", delivered="3")
    assert (desk.status("SO-1"), desk.counters("SO-1", "delivered")) == ("delivered", [3])


def test_a_board_counts_the_whole_list_that_it_shows_the_beginning_of(browser: Machine, desk: Desk) -> None:
    for number in range(11):
        desk.enter(f"SO-{number}", APPLE=1)
    desk.release("SO-10")
    board = browser.page("/")
    panel = board[board.index('id="panel-orders-release"') :]
    assert re.search(r"To release and held <span class=\"quiet\">11</span>", panel)
    assert panel[: panel.index("</section>")].count("<tr") == 8
    link = re.search(r'class="more" href="([^"]+)"', panel)
    assert link
    assert "11 in total" in browser.page(link[1])


def test_what_waits_for_finance_is_listed_as_the_board_counts_it(browser: Machine, desk: Desk, w: Warehouse) -> None:
    w.partner("DEBTOR", credit_limit=0, balance_due=5)
    w.receive("APPLE", 9, at="A-02")
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    desk.release("SO-1")
    desk.picked("SO-2", "APPLE", 4)
    desk.ship("SO-2", desk.pack("SO-2", desk.claim()))
    browser.post("/orders/SO-2/delivery", {"signed_by": "Li"})
    assert "Waits for finance to settle it" in browser.page("/orders?waits=settle")

    def listed(waits: str) -> list[str]:
        return re.findall(r'href="/orders/(SO-\d)"', browser.page(f"/orders?waits={waits}"))

    assert [listed(waits) for waits in ("money", "settle", "close")] == [["SO-1"], ["SO-2"], []]
    browser.post("/orders/SO-2/settle")
    assert [listed(waits) for waits in ("money", "settle", "close")] == [["SO-1"], [], ["SO-2"]]


def test_the_tiles_of_the_board_have_different_names(browser: Machine, desk: Desk) -> None:
    tiles = re.findall(r'<span class="text">([^<]+)</span>\s*<strong>', browser.page("/"))
    assert len(tiles) > 10
    assert sorted(tiles) == sorted(set(tiles))


def test_a_counter_of_nothing_is_quiet_and_left_out_on_a_phone(browser: Machine, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    page = browser.page("/orders/SO-1")
    assert page.count('class="number zero" data-label') == 3
    assert 'class="number" data-label="Ordered">5<' in page


@pytest.mark.parametrize("asked", ["tea-7", "TEA-7", "oolong", "乌龙", "ea-"])
def test_orders_are_found_by_the_code_or_the_name_of_a_product(browser: Machine, desk: Desk, w: Warehouse, asked: str) -> None:
    w.product("TEA-7", name="Oolong 500 g", name_zh="乌龙茶", name_en="Oolong leaves")
    desk.enter("SO-1", **{"TEA-7": 2})
    desk.enter("SO-2", NUT=2)
    page = browser.page(f"/orders?q={asked}")
    assert ("SO-1" in page, "SO-2" in page) == (True, False)
