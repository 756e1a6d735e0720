"""The return flow on the scanner: counted or piece by piece, without papers, from consignment; and undone."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.receiving.test_scan import Handheld, barcode
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.db import session
from wms.locations.models import Kind
from wms.orders.models import InboundKind, OrderKind
from wms.receiving.models import Return
from wms.stock import handling_units
from wms.stock.models import UnitKind

LONG_AGO = clock.today() - dt.timedelta(days=40)


@pytest.fixture
def customers(w: Warehouse, dock: Dock) -> Customers:
    return Customers(w)


@pytest.fixture
def handheld(w: Warehouse, customers: Customers) -> Handheld:
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 10))
    return Handheld("return", w.by)


def papers(screen: dict[str, object]) -> list[str]:
    return [paper["kind"] for paper in screen["printed"]]  # type: ignore[attr-defined,index]


def test_pieces_are_judged_one_by_one_and_put_down_together(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    barcode(w, "TEA", "6901234567892")
    handheld.scan("SO-1", "GOOD", "TEA", "6901234567892", "TEA", "DAMAGED", "TEA")
    assert (handheld.step, customers.returned("SO-1")) == ("product", [0]), "nothing has moved yet"
    assert handheld.screen["facts"][1]["value"] == "3 pieces"
    screen = handheld.scan("CMD:DONE")
    assert (screen["step"], screen["expected"]) == ("place", "DOCK")
    screen = handheld.scan("DOCK")
    assert (screen["step"], screen["expected"], papers(screen)) == ("place", "DEF", ["handling-unit", "red-outbound-note"])
    screen = handheld.scan("DEF")
    assert (screen["step"], customers.returned("SO-1")) == ("product", [4])
    assert (w.on_hand("TEA", at="DOCK"), w.on_hand("TEA", at="DEF")) == (3, 1)
    screen = handheld.scan("CMD:DONE")
    assert (screen["step"], screen["message"]["text"], papers(screen)) == ("order", "R-10001 is done", ["red-outbound-note"])
    assert customers.header("R-10001").status == "closed"


def test_no_more_pieces_are_judged_than_left(handheld: Handheld) -> None:
    handheld.scan("SO-1", "GOOD", *["TEA"] * 10)
    handheld.scan("TEA")
    assert (handheld.step, handheld.code) == ("product", "too_many")


def test_another_paper_waits_until_the_pieces_are_put_down(handheld: Handheld, customers: Customers) -> None:
    customers.sent("SO-2", ("TEA", 2))
    handheld.scan("SO-1", "GOOD", "TEA", "SO-2")
    assert (handheld.step, handheld.code) == ("product", "still_to_put_down")
    handheld.scan("CMD:UNDO", "SO-2")
    assert (handheld.step, handheld.screen["document"]) == ("product", "SO-2")


def test_back_takes_one_judged_scan_back_and_never_all(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    barcode(w, "TEA", "6901234567892")
    handheld.scan("SO-1", "GOOD", "TEA", "DAMAGED", "TEA", "GOOD", "TEA", "TEA", "CMD:BACK")
    assert (handheld.step, handheld.screen["message"]["text"]) == ("product", "1 piece of TEA in your hand again (Good); 3 to put down")
    assert [action["scan"] for action in handheld.screen["actions"]].count("CMD:BACK") == 1
    handheld.scan("CMD:UNDO", "CMD:BACK")
    assert handheld.screen["message"]["text"] == "1 piece of TEA in your hand again (Damaged); 1 to put down"
    handheld.scan("CMD:BACK")
    assert (handheld.step, len(handheld.screen["facts"])) == ("product", 1), "all are in hand again, and the order is still open"
    handheld.scan("CMD:BACK")
    assert handheld.step == "order"
    assert customers.returned("SO-1") == [0]


def test_goods_that_are_not_on_the_order_are_taken_in_without_papers(handheld: Handheld, w: Warehouse) -> None:
    w.product("CUP")
    handheld.scan("SO-1", "CUP")
    assert (handheld.code, handheld.screen["message"]["text"]) == ("nothing_to_return", "CUP is not on SO-1")
    handheld.scan("CMD:NOPAPERS", "CMD:SKIP", "CUP", "1", "1", "GOOD")
    assert handheld.step == "place"


def test_what_is_in_hand_and_what_is_booked_are_told_apart(handheld: Handheld) -> None:
    handheld.scan("SO-1", "TEA", "1", "1", "GOOD", "DOCK")
    labels = {action["scan"]: action["label"] for action in handheld.screen["actions"]}
    assert (handheld.screen["facts"][0]["detail"], labels["CMD:DONE"]) == ("Good · booked", "Close the return")
    handheld.scan("GOOD", "TEA")
    labels = {action["scan"]: action["label"] for action in handheld.screen["actions"]}
    assert (handheld.screen["facts"][1]["detail"], labels["CMD:DONE"]) == ("Good · in hand", "Put them down")


def test_leaving_with_judged_pieces_is_asked_once(handheld: Handheld) -> None:
    handheld.scan("SO-1", "GOOD", "TEA", "TEA", "CMD:CANCEL")
    assert (handheld.step, handheld.code, handheld.tone) == ("product", "judged_is_lost", "ask")
    handheld.scan("TEA", "CMD:CANCEL")
    assert (handheld.step, handheld.screen["facts"][1]["value"]) == ("product", "3 pieces")
    handheld.scan("CMD:CANCEL")
    assert handheld.step == "order"


def test_pieces_counted_after_pieces_that_were_judged_one_by_one_do_not_replace_them(
    handheld: Handheld, customers: Customers, w: Warehouse
) -> None:
    handheld.scan("SO-1", "GOOD", "TEA", "TEA", "COUNT", "TEA", "3", "3", "DAMAGED")
    assert handheld.screen["expected"] == "DEF"
    handheld.scan("DEF")
    assert (handheld.step, handheld.screen["expected"]) == ("place", "DOCK")
    handheld.scan("DOCK")
    assert (customers.returned("SO-1"), w.on_hand("TEA", at="DOCK"), w.on_hand("TEA", at="DEF")) == ([5], 2, 3)


def test_what_was_put_down_is_undone(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    handheld.scan("SO-1", "TEA", "2", "2", "GOOD", "DOCK", "CMD:UNDO")
    assert (handheld.step, handheld.tone, customers.returned("SO-1"), w.on_hand("TEA", at="DOCK")) == ("product", "good", [0], 0)


def test_a_return_goes_on_where_it_was_left(handheld: Handheld, customers: Customers) -> None:
    handheld.scan("SO-1", "TEA", "1", "1", "GOOD", "DOCK", "CMD:CANCEL")
    handheld.scan("SO-1")
    assert [fact["value"] for fact in handheld.screen["facts"]] == ["1 piece"]
    handheld.scan("TEA", "1", "1", "DAMAGED", "DEF")
    assert len(customers.lines("R-10001")) == 2


def test_the_parcel_says_whose_it_is(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    order = customers.sent("SO-2", ("TEA", 2))
    outside = w.location("@CUSTOMER").id
    with w.transaction():
        parcel = handling_units.new_unit(UnitKind.CARTON, location_id=outside, site_id=w.site_id, company_prefix=PREFIX, order_id=order.id)
        stray = handling_units.new_unit(UnitKind.CARTON, location_id=outside, site_id=w.site_id, company_prefix=PREFIX)
    handheld.scan(stray.code)
    assert handheld.code == "parcel_unknown"
    handheld.scan("(00)" + parcel.code)
    assert (handheld.step, handheld.screen["document"]) == ("product", "SO-2")


def test_an_announced_return_that_names_its_order_is_taken_in_here(handheld: Handheld, customers: Customers, dock: Dock) -> None:
    dock.announce(("TEA", 4), number="RT-1", kind=InboundKind.CUSTOMER_RETURN, reference="SO-1")
    handheld.scan("RT-1", "TEA", "3", "3", "GOOD", "DOCK")
    assert (dock.line("RT-1").received, customers.returned("SO-1")) == (3, [3])


def test_a_serial_is_asked_for_and_must_have_left(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    w.product("WATCH", tracking="serial")
    for serial in ("S1", "S2"):
        w.receive("WATCH", 1, lot=serial, at="A-01")
    customers.sent("SO-2", ("WATCH", 1, "S1"))
    handheld.scan("SO-2", "WATCH")
    assert (handheld.step, handheld.screen["prompt"]) == ("lot", "Scan the serial number")
    handheld.scan("S2")
    assert handheld.code == "lot_not_shipped"
    handheld.scan("S1", "GOOD", "DOCK")
    assert customers.returned("SO-2") == [1]


def test_many_pieces_beyond_use_are_sent_to_the_defect_area(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    w.receive("PEAR", 40, at="A-01")
    customers.sent("SO-2", ("PEAR", 40))
    handheld.scan("SO-2", "PEAR", "30", "30", "SCRAP")
    assert (handheld.screen["expected"], handheld.screen["message"]["tone"]) == ("DEF", "ask")
    handheld.scan("DEF")
    assert (w.on_hand("PEAR", at="DEF", condition="damaged"), customers.difference().quantity) == (30, 30)


def test_goods_without_papers_are_held_and_wait_for_sales(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    w.product("MILK", tracking="expiry")
    handheld.scan("CMD:NOPAPERS", "Old shop 13900000000", "MILK", "M-1")
    assert handheld.step == "expiry"
    handheld.scan((clock.today() + dt.timedelta(days=9)).isoformat(), "2", "2", "GOOD")
    assert handheld.screen["expected"] in ("INSP", "DEF")
    screen = handheld.scan("INSP")
    assert papers(screen) == ["handling-unit", "red-outbound-note"]
    screen = handheld.scan("CMD:DONE")
    assert screen["message"]["text"] == "R-10001 waits for sales"
    assert w.on_hand("MILK", at="INSP", condition="blocked") == 2
    assert (customers.header("R-10001").sender, customers.difference().owner_role) == ("Old shop 13900000000", "sales")


def test_a_known_sender_is_the_customer(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    w.partner("SHOP")
    handheld.scan("CMD:NOPAPERS", "shop", "TEA", "1", "1", "DAMAGED", "DEF")
    assert customers.header("R-10001").customer_id == w.partner("SHOP").id


def test_rejects_come_back_from_a_consignment_location(handheld: Handheld, customers: Customers, w: Warehouse) -> None:
    with w.transaction():
        w.location("CONS", kind=Kind.CONSIGNMENT, allow_negative=True, partner_id=w.partner("SHOP").id)
    customers.sent("SO-2", ("TEA", 2), kind=OrderKind.CONSIGNMENT, customer="SHOP", to="CONS")
    handheld.scan("A-02")
    assert handheld.code == "no_consignment"
    screen = handheld.scan("CONS", "TEA", "3", "3", "DAMAGED", "DEF")
    assert papers(screen) == ["transfer-note"]
    assert (w.on_hand("TEA", at="CONS"), w.on_hand("TEA", at="DEF", condition="damaged")) == (-1, 3)
    number = session.query(Return.number).scalar()
    assert number.startswith("T-")
