"""Receiving and putaway as the scanner drives them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld, soon
from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Barcode, Product
from wms.db import session
from wms.events import Event
from wms.locations.models import Kind
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind, Order, OrderLine, OrderStatus
from wms.orders.timeline import timelines
from wms.receiving import choices, putaway
from wms.receiving.models import WhyElsewhere
from wms.stock.models import HandlingUnit, MovementKind
from wms.stocktake import counts
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind

GS = "\x1d"


def barcode(w: Warehouse, sku: str, code: str) -> None:
    with w.transaction():
        product = w.product(sku)
        session.add(Barcode(code=code, code_key=code.zfill(14), product_id=product.id))


# -- receive -------------------------------------------------------------------------------------------------------------------


def test_a_product_without_lots_takes_three_scans(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    receiving.scan("in-1", "TEA")
    assert (receiving.step, receiving.screen["expected"]) == ("quantity", None)
    screen = receiving.scan("30")
    assert (receiving.step, receiving.tone) == ("product", "good")
    assert screen["printed"][0]["kind"] == "handling-unit"
    assert screen["printed"][0]["href"].startswith("/labels/handling-unit/")
    assert screen["progress"] == {"done": 1, "of": 2}
    assert w.on_hand("TEA", at="DOCK") == 30


SSCC = "376123450000000016"


@pytest.mark.parametrize("scanned", [SSCC, f"00{SSCC}", f"]C100{SSCC}", f"(00){SSCC}"])
def test_the_suppliers_own_number_is_the_plates(w: Warehouse, dock: Dock, receiving: Handheld, scanned: str) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    receiving.scan("IN-1", scanned)
    assert (receiving.step, receiving.screen["prompt"]) == ("goods", "Scan the goods on it")
    screen = receiving.scan("TEA", "30")
    assert (receiving.step, receiving.tone, screen["printed"]) == ("product", "good", []), "its label is on it already"
    unit = session.execute(sa.select(HandlingUnit).where(HandlingUnit.code == SSCC)).scalar_one()
    assert w.on_hand("TEA", at="DOCK", unit=unit) == 30
    receiving.scan(scanned)
    assert (receiving.tone, receiving.code) == ("stop", "unit_in_use")
    screen = receiving.scan("SOAP", "5")
    assert screen["printed"][0]["number"] != SSCC, "the next goods get a number of ours"


def test_one_label_with_the_suppliers_number_and_its_content_receives_all_of_it(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    barcode(w, "MILK", "6900000000014")
    dock.announce(("MILK", 40))
    label = f"]C100{SSCC}02069000000000143740{GS}10L-7{GS}17{soon().replace('-', '')[2:]}"
    receiving.scan("IN-1", label)
    assert (receiving.step, receiving.tone) == ("order", "good")
    unit = session.execute(sa.select(HandlingUnit).where(HandlingUnit.code == SSCC)).scalar_one()
    assert w.on_hand("MILK", at="DOCK", unit=unit) == 40


@pytest.mark.parametrize(
    ("scanned", "code"),
    [(SSCC[:-1] + "7", "gs1_check_digit"), ("069000000000012345", "own_sscc"), ("PALLET-7", "not_recognised"), ("SO-77", "not_recognised")],
)
def test_what_is_no_suppliers_number_is_refused(dock: Dock, receiving: Handheld, scanned: str, code: str) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", scanned)
    assert (receiving.step, receiving.tone, receiving.code) == ("product", "stop", code)


def test_a_delivery_has_arrived_when_its_paper_is_scanned_at_the_dock(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.location("DOCK-2", kind=Kind.DOCK)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1")
    assert dock.status() == "announced", "nobody knows at which dock"
    receiving.scan("DOCK-2")
    assert dock.status() == "arriving"
    receiving.scan("IN-1", "TEA", "10", "10")
    assert dock.status() == "receiving"
    assert [one.code for one in session.execute(sa.select(Event).order_by(Event.id)).scalars()][:3] == [
        "inbound.announced",
        "inbound.arriving",
        "inbound.receiving",
    ]


def test_the_screen_tells_what_is_still_to_come(dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 5))
    receiving.scan("IN-1", "TEA", "10", "CMD:DONE")
    told = [(fact["label"], fact["value"]) for fact in receiving.screen["facts"]]
    assert told[:2] == [("TEA", "20"), ("SOAP", "5")]


def test_quantities_are_told_in_the_products_unit(w: Warehouse, dock: Dock) -> None:
    """On every screen, in the reader's language: pairs of shoes are no pieces."""
    w.product("SHOE", base_unit="pair")
    dock.announce(("SHOE", 30))
    told: dict[str, list[Any]] = {}
    for language, person in (("en", w.by), ("zh_CN", w.person("li", language="zh_CN"))):
        flows = {flow: Handheld(flow, person) for flow in ("receive", "putaway", "move", "inquire")}
        said = told.setdefault(language, [])

        def big(flow: str) -> Any:
            return next((fact["value"], fact["detail"]) for fact in flows[flow].screen["facts"] if fact["strong"])  # noqa: B023

        said.append(flows["receive"].scan("IN-1")["facts"][0]["detail"])
        flows["receive"].scan("SHOE")
        said.append(big("receive"))
        said.append(flows["receive"].scan("12", "12")["message"]["text"].split(",")[0].split("，")[0])
        flows["putaway"].take("CMD:NEXT")
        said.append(big("putaway"))
        said.append(flows["putaway"].scan(flows["putaway"].screen["expected"])["message"]["text"])
        flows["move"].scan("A-01", "SHOE")
        said.append(big("move")[1])
        flows["inquire"].scan("SHOE")
        said.append(big("inquire")[1])
        said.append(next(fact["value"] for fact in flows["inquire"].screen["facts"] if fact["label"] == "A-01"))
    assert told["en"] == [
        "pairs",
        ("30", "pairs"),
        "12 pairs of SHOE received",
        ("12", "pairs"),
        "12 pairs of SHOE stored in A-01",
        "pairs",
        "pairs",
        "12 pairs",
    ]
    assert told["zh_CN"] == ["双", ("18", "双"), "已收 12 双 SHOE", ("12", "双"), "12 双 SHOE 已放入 A-01", "双", "双", "12 双"]


def test_what_has_no_lots_shows_the_day_it_came_in(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 5, at="A-01", received_on=dt.date(2026, 1, 5))
    w.product("MILK", tracking="lot")
    w.receive("MILK", 5, lot="M-1", at="A-01")
    looking = Handheld("inquire", w.by)
    looking.scan("A-01")
    assert [fact["detail"] for fact in looking.screen["facts"][1:]] == ["received 2026-01-05", "lot M-1"]


def test_lines_that_do_not_fit_on_the_screen_are_counted(dock: Dock, receiving: Handheld) -> None:
    dock.announce(*((f"TEA-{n}", 5) for n in range(6)))
    receiving.scan("IN-1")
    assert ("And", "2 more lines") in [(fact["label"], fact["value"]) for fact in receiving.screen["facts"]]


def test_the_docks_to_choose_from_are_named(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.location("DOCK-2", kind=Kind.DOCK)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1")
    assert (receiving.step, receiving.screen["facts"][0]["value"]) == ("dock", "DOCK, DOCK-2")
    assert "DOCK, DOCK-2" in receiving.scan("CMD:HELP")["message"]["text"]
    receiving.scan("DOCK-2", "TEA", "30")
    assert w.on_hand("TEA", at="DOCK-2") == 30


def test_a_part_is_confirmed_by_done_or_by_typing_it_again(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "10")
    assert (receiving.step, receiving.tone, w.on_hand("TEA")) == ("quantity", "ask", 0)
    receiving.scan("CMD:DONE")
    receiving.scan("TEA", "5", "5")
    assert w.on_hand("TEA") == 15


def test_goods_may_be_counted_by_scanning_them(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 3))
    receiving.scan("IN-1", "TEA", "TEA", "TEA", "TEA")
    assert w.on_hand("TEA") == 3


def test_one_gs1_scan_fills_lot_and_date(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    barcode(w, "MILK", "6901234567892")
    dock.announce(("MILK", 40))
    until = soon()
    receiving.scan("IN-1", f"]C1010690123456789217{until.replace('-', '')[2:]}10L1")
    assert receiving.step == "quantity"
    receiving.scan("40")
    (row,) = w.stock("MILK")
    assert row.on_hand == 40
    assert receiving.step == "order"
    assert [paper["kind"] for paper in receiving.screen["printed"]] == ["handling-unit", "goods-received-note"]


def test_one_gs1_scan_with_the_quantity_receives_the_pallet(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    barcode(w, "MILK", "6901234567892")
    dock.announce(("MILK", 40), ("TEA", 1))
    receiving.scan("IN-1", f"]C1010690123456789217{soon().replace('-', '')[2:]}3740{GS}10L1")
    assert (receiving.step, w.on_hand("MILK")) == ("product", 40)


def test_a_production_date_and_the_shelf_life_make_the_expiry(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry", shelf_life_days=365)
    barcode(w, "MILK", "6901234567892")
    dock.announce(("MILK", 40))
    made = (clock.today() - dt.timedelta(days=5)).isoformat().replace("-", "")[2:]
    receiving.scan("IN-1", f"]C1010690123456789211{made}10L1", "40")
    assert w.on_hand("MILK") == 40


def test_lot_and_date_are_asked_one_by_one(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    dock.announce(("MILK", 40))
    assert receiving.scan("IN-1", "MILK")["step"] == "lot"
    assert receiving.scan("L1")["step"] == "expiry"
    assert receiving.scan(soon())["step"] == "quantity"
    receiving.scan("40")
    assert w.on_hand("MILK", lot="L1") == 40


def test_expired_goods_are_stopped_at_their_date(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    dock.announce(("MILK", 40))
    receiving.scan("IN-1", "MILK", "L1", soon(-1))
    assert (receiving.step, receiving.tone, receiving.code) == ("expiry", "stop", "expired")


def test_more_than_the_tolerance_is_stopped_in_words(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "31")
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "stop", "over_receipt")
    assert receiving.screen["message"]["text"] == "31 pieces of TEA: at most 30 may still come in"
    assert w.on_hand("TEA") == 0
    receiving.scan("30", "IN-1", "TEA")
    assert (receiving.step, receiving.tone, receiving.code) == ("product", "stop", "over_receipt")


@pytest.mark.parametrize("nonsense", ["NO-SUCH-THING", "-5", "0", "1e3", "9" * 13, "x" * 10_000, "a\x07b", " ", "CMD:FULL", "DOCK"])
def test_nonsense_at_the_quantity_changes_nothing(w: Warehouse, dock: Dock, receiving: Handheld, nonsense: str) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA")
    version = receiving.screen["version"]
    receiving.scan(nonsense)
    assert (receiving.step, receiving.tone) == ("quantity", "stop")
    assert receiving.code
    assert receiving.screen["version"] == version + 1
    assert w.on_hand("TEA") == 0


def test_the_lot_of_another_product_is_stopped(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="lot")
    w.product("TEA", tracking="lot")
    barcode(w, "MILK", "6901234567892")
    barcode(w, "TEA", "6901234567908")
    dock.announce(("MILK", 40), ("TEA", 5))
    receiving.scan("IN-1", "MILK", "]C1010690123456790810L1")
    assert (receiving.step, receiving.tone, receiving.code) == ("lot", "stop", "wrong_product")


def test_a_product_that_was_not_announced_is_stopped(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    w.product("SOAP")
    receiving.scan("IN-1", "SOAP")
    assert (receiving.step, receiving.code) == ("product", "not_announced")


def test_another_delivery_may_be_scanned_among_the_goods(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.announce(("SOAP", 30), number="IN-2")
    receiving.scan("IN-1", "IN-2", "SOAP", "30")
    assert w.on_hand("SOAP") == 30


def test_with_several_docks_the_dock_is_asked_once(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.location("DOCK-2", kind=Kind.DOCK)
    dock.announce(("TEA", 3))
    dock.announce(("TEA", 3), number="IN-2")
    assert receiving.scan("IN-1")["step"] == "dock"
    assert receiving.scan("A-01")["message"]["code"] == "no_dock"
    receiving.scan("DOCK-2", "TEA", "3")
    assert w.on_hand("TEA", at="DOCK-2") == 3
    assert receiving.scan("IN-2")["step"] == "product"


def test_damaged_goods_are_said_first(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "DAMAGED", "TEA", "4", "4", "CRUSHED")
    assert w.on_hand("TEA", condition="damaged") == 4
    receiving.scan("TEA", "30")
    assert w.on_hand("TEA", condition="good") == 30


def test_the_last_receipt_is_undone(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "30", "CMD:UNDO")
    assert (receiving.tone, w.on_hand("TEA"), dock.line().received) == ("good", 0, 0)
    receiving.scan("TEA", "30", "SOAP", "1")
    assert receiving.step == "order"
    receiving.scan("CMD:UNDO")
    assert w.on_hand("SOAP") == 0


def test_next_gives_the_delivery_that_is_due(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), number="LATER", expected_on=clock.today() + dt.timedelta(days=3))
    dock.announce(("TEA", 30), number="NOW", expected_on=clock.today())
    assert receiving.scan("CMD:NEXT")["document"] == "NOW"


def test_a_double_tap_receives_once(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 60))
    receiving.scan("IN-1", "TEA", "30")
    version = receiving.screen["version"]
    first = receiving.engine.take("receive", "30", version=version, key="tap", by=w.by)
    again = receiving.engine.take("receive", "30", version=version, key="tap", by=w.by)
    assert first == again
    assert w.on_hand("TEA") == 30


def test_a_serial_number_is_received_piece_by_piece(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 2))
    receiving.scan("IN-1", "PHONE", "S-1", "PHONE", "S-2")
    assert w.on_hand("PHONE") == 2


def test_both_languages_speak(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    screen = Handheld("receive", w.person("li", roles=["receiver"], language="zh_CN")).scan("IN-1", "TEA", "31")
    assert screen["message"]["text"] == "TEA 已点 31 件，最多还可收 30"


# -- putaway -------------------------------------------------------------------------------------------------------------------


def test_a_pallet_is_put_where_the_screen_says(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    screen = forklift.scan(receipt.unit.code)
    assert (screen["step"], screen["expected"]) == ("bin", "A-01")
    assert "Nearest empty location" in str(screen["facts"])
    forklift.scan("A-01")
    assert (forklift.step, w.on_hand("TEA", at="A-01")) == ("unit", 30)


def test_dock_product_order_and_next_all_give_work(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 40))
    for text in ("DOCK", "TEA", "IN-1", "CMD:NEXT"):
        dock.receive("TEA", 10)
        assert forklift.take(text)["step"] == "bin", text
        forklift.scan(str(forklift.screen["expected"]))
    assert w.on_hand("TEA", at="DOCK") == 0
    forklift.scan("CMD:NEXT")
    assert forklift.code == "no_work"


def test_another_bin_is_confirmed_by_scanning_it_again_and_saying_why(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("A-03")
    assert (forklift.step, forklift.tone, w.on_hand("TEA", at="A-03")) == ("bin", "ask", 0)
    forklift.scan("A-03")
    assert (forklift.step, w.on_hand("TEA", at="A-03")) == ("why", 0)
    forklift.scan("CANNOT_REACH")
    assert (forklift.step, w.on_hand("TEA", at="A-03")) == ("unit", 30)
    (choice,) = choices.latest(by=w.by)
    assert (choice.suggested, choice.chosen, choice.why) == ("A-01", "A-03", WhyElsewhere.CANNOT_REACH)
    assert dock.task_of(receipt).reasons[-1]["zh_CN"] == "未放 A-01，改放 A-03：够不到"
    told = timelines("handling_unit", [receipt.unit.id], "en")[receipt.unit.id]
    assert [one.text for one in told] == ["Put away at A-03 instead of A-01: Cannot reach it"]


def test_a_bin_that_was_found_full_is_counted_and_nothing_more_is_sent_there(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("A-03", "A-03", "BIN_FULL")
    count = session.execute(sa.select(Task).where(Task.kind == TaskKind.COUNT.value)).scalar_one()
    assert (count.source_id, count.product_id) == (dock.id("A-01"), None)
    assert dock.target(dock.receive("SOAP", 30)) == "A-02"
    with w.transaction():
        assert counts.adopt(session.get_one(Task, count.id), by=w.by).product_id is None


def test_the_pallet_is_verified_before_it_is_driven_away(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 30))
    first, second = dock.receive("TEA", 30), dock.receive("SOAP", 30)
    screen = forklift.scan("CMD:NEXT")
    assert (screen["step"], screen["expected"], screen["prompt"]) == ("goods", first.unit.code, f"Scan the pallet {first.unit.code}")
    empty = w.unit(at="DOCK").code
    forklift.scan(empty)
    assert (forklift.step, forklift.code) == ("goods", "wrong_scan")
    forklift.scan(second.unit.code)
    assert (forklift.step, forklift.tone, forklift.screen["expected"]) == ("bin", "ask", "A-02")
    assert (dock.task_of(first).status, dock.task_of(second).status) == ("open", "claimed")


def test_a_bin_that_does_not_fit_is_not_even_asked_about(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    w.location("TINY", x_mm=90_000, max_units=1)
    w.receive("SOAP", 1, at="TINY", unit=w.unit(at="TINY"))
    dock.announce(("TEA", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("TINY")
    assert (forklift.tone, forklift.code) == ("stop", "location_full")


@pytest.mark.parametrize(
    "nonsense", ["NOWHERE", "TEA", "@SUPPLIER", "DOCK", "DEF", "0", "-1", "9" * 13, "x" * 10_000, "a\x00b", "", "CMD:LOT"]
)
def test_nonsense_at_the_bin_changes_nothing(w: Warehouse, dock: Dock, forklift: Handheld, nonsense: str) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan(nonsense)
    assert (forklift.step, forklift.tone, forklift.screen["expected"]) == ("bin", "stop", "A-01")
    assert forklift.code
    assert (w.on_hand("TEA", at="DOCK"), dock.task_of(receipt).status) == (30, "claimed")


def test_a_full_bin_leads_to_another(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    screen = forklift.scan("CMD:FULL")
    assert (screen["step"], screen["expected"]) == ("bin", "A-02")


def test_a_part_is_put_away(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("CMD:SHORT", "10", "CMD:DONE", "A-01")
    assert (forklift.step, w.on_hand("TEA", at="A-01"), w.on_hand("TEA", at="DOCK")) == ("bin", 10, 20)
    forklift.scan(str(forklift.screen["expected"]))
    assert (forklift.step, w.on_hand("TEA", at="DOCK")) == ("unit", 0)


def test_leaving_gives_the_work_back(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("CMD:CANCEL")
    assert (forklift.step, dock.task_of(receipt).status) == ("unit", "open")


def test_two_workers_do_not_get_one_pallet(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    other = Handheld("putaway", w.person("other", roles=["receiver"], language="en"))
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    forklift.scan(receipt.unit.code)
    other.scan(receipt.unit.code)
    assert (other.step, other.tone, other.code) == ("unit", "stop", "task_taken")


def test_a_putaway_is_undone_by_its_worker(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    forklift.scan("A-02", "A-02", "BIN_FULL", "CMD:UNDO")
    assert (forklift.step, w.on_hand("TEA", at="DOCK")) == ("bin", 30)
    bin_now = forklift.screen["target"]
    assert bin_now != "A-01", "that one was reported full"
    assert forklift.screen["message"]["detail"] == f"Then put them in {bin_now}; or leave the work and bring them to DOCK"


def test_a_confirming_scan_costs_few_statements(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.receive("TEA", 30)
    forklift.take("DOCK")
    said: list[str] = []
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        forklift.scan("A-01")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert w.on_hand("TEA", at="A-01") == 30
    # The plate is locked by being moved, and the statement that ends the work asks whether anything was left behind.
    # One more says where the person stands now: the next work begins near there.
    assert len([one for one in said if one != "BEGIN IMMEDIATE"]) <= 11, "\n".join(said)


# -- move, inquire, return -----------------------------------------------------------------------------------------------------


def test_loose_goods_are_moved(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 10, at="A-01")
    handheld = Handheld("move", w.by)
    handheld.scan("A-01", "TEA", "4", "4")
    assert handheld.step == "target"
    handheld.scan("A-02")
    assert (handheld.step, w.on_hand("TEA", at="A-02")) == ("source", 4)
    screen = handheld.scan("CMD:DONE")
    assert screen["printed"][0]["kind"] == "transfer-note"


def test_more_than_is_free_is_not_moved(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 10, at="A-01")
    handheld = Handheld("move", w.by)
    handheld.scan("A-01", "TEA", "11", "11")
    assert (handheld.step, handheld.code) == ("quantity", "not_enough")


def test_a_plate_is_moved_whole_and_thereby_put_away(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    handheld = Handheld("move", w.by)
    handheld.scan(receipt.unit.code, "A-04")
    assert w.on_hand("TEA", at="A-04", unit=receipt.unit) == 30
    assert (dock.task_of(receipt).status, dock.line().put_away) == ("done", 30)


@pytest.mark.parametrize(("flow", "step"), [("move", "target"), ("putaway", "bin")])
def test_goods_of_a_cancelled_order_are_put_back(w: Warehouse, dock: Dock, flow: str, step: str) -> None:
    w.location("PACK", kind=Kind.PACKING)
    w.receive("TEA", 4, at="A-02")
    w.move("TEA", 3, "A-02", "PACK")
    with w.transaction():
        (row,) = [row for row in w.stock("TEA", at="PACK") if row.on_hand]
        queue.offer(
            TaskKind.PUT_BACK, site_id=w.site_id, document="SO-1", product_id=row.product_id, batch_id=row.batch_id, quantity=3,
            source_id=row.location_id, reasons=[{"code": "order_cancelled", "order": "SO-1", "reason": ""}],
        )  # fmt: skip
    handheld = Handheld(flow, w.by)
    first = "goods" if flow == "putaway" else "back"
    handheld.scan("CMD:NEXT")
    for wrong in ("A-02", "RICE"):
        handheld.scan(wrong)
        assert (handheld.step, handheld.tone) == (first, "stop"), "the goods come before their place"
    handheld.scan("TEA")
    assert handheld.screen["expected"] == "3", "and are counted"
    handheld.scan("4")
    assert handheld.code == "too_many"
    handheld.scan("2", "CMD:DONE")
    assert (handheld.step, handheld.screen["expected"]) == (step, "A-02")
    handheld.scan("A-02")
    assert (w.on_hand("TEA", at="A-02"), w.on_hand("TEA", at="PACK")) == (3, 1)
    if handheld.step != step:  # the move screen gives the rest back
        handheld.scan("CMD:NEXT", "TEA")
    handheld.scan("A-02")
    assert w.on_hand("TEA", at="A-02") == 4


@pytest.mark.parametrize("flow", ["move", "putaway"])
def test_a_carton_goes_back_by_its_number_and_what_is_not_all_of_it_by_the_piece(w: Warehouse, dock: Dock, flow: str) -> None:
    w.location("PACK", kind=Kind.PACKING)
    for code, rice in (("WHOLE", 0), ("MIXED", 2)):
        unit = w.unit(code, at="PACK")
        w.receive("TEA", 3, at="PACK", unit=unit)
        if rice:
            w.receive("RICE", rice, at="PACK", unit=unit)
    with w.transaction():
        for row in w.stock("TEA", at="PACK"):
            queue.offer(
                TaskKind.PUT_BACK, site_id=w.site_id, document="SO-1", product_id=row.product_id, batch_id=row.batch_id, quantity=3,
                source_id=row.location_id, handling_unit_id=row.handling_unit_id, reasons=[],
            )  # fmt: skip
    handheld = Handheld(flow, w.by)
    handheld.scan("CMD:NEXT")
    assert handheld.screen["expected"] == "WHOLE"
    handheld.scan("TEA")
    assert handheld.code == "wrong_scan"
    handheld.scan("WHOLE")
    handheld.scan(str(handheld.screen["expected"]))
    handheld.scan("CMD:NEXT")
    assert handheld.screen["expected"] == "TEA"
    handheld.scan("MIXED")
    assert handheld.code == "wrong_scan"
    handheld.scan("TEA", "3")
    handheld.scan(str(handheld.screen["expected"]))
    assert (w.on_hand("TEA", at="PACK"), w.on_hand("RICE", at="PACK")) == (0, 2)


def test_the_number_of_a_cancelled_order_brings_its_goods_back(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    w.location("PACK", kind=Kind.PACKING)
    w.receive("TEA", 3, at="PACK")
    w.order_line("TEA", 3, number="SO-1")
    forklift.scan("SO-1")
    assert (forklift.step, forklift.code) == ("unit", "nothing_to_put_away")
    with w.transaction():
        (row,) = w.stock("TEA", at="PACK")
        queue.offer(
            TaskKind.PUT_BACK, site_id=w.site_id, document="SO-1", product_id=row.product_id, batch_id=row.batch_id, quantity=3,
            source_id=row.location_id, reasons=[],
        )  # fmt: skip
    forklift.take("so-1")
    forklift.scan("3")
    assert (forklift.step, forklift.screen["document"]) == ("bin", "SO-1")


def test_a_place_where_nothing_is_stored_is_answered_with_the_one_that_is_meant(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 30))
    forklift.scan(dock.receive("TEA", 30).unit.code)
    bin = forklift.screen["expected"]
    forklift.scan("DOCK")
    assert (forklift.code, forklift.screen["message"]["detail"]) == ("wrong_area", f"Take it to {bin}")
    w.location("F-01", kind=Kind.PICK_FACE, assigned_product_id=w.product("SOAP").id)
    forklift.scan("F-01")
    assert (forklift.code, forklift.screen["message"]["detail"]) == ("face_of_another_product", f"Take it to {bin}")


def test_an_announced_return_is_received_like_a_delivery(dock: Dock, w: Warehouse) -> None:
    dock.announce(("TEA", 3), number="RT-1", kind=InboundKind.CUSTOMER_RETURN)
    handheld = Handheld("return", w.by)
    handheld.scan("RT-1")
    assert (handheld.step, handheld.code) == ("order", "received_elsewhere")
    assert handheld.screen["message"]["detail"] == "Receive it under Receive: RT-1"


def test_anything_can_be_asked_about(w: Warehouse, dock: Dock) -> None:
    assert Handheld("inquire", w.by).screen["placeholder"] == "Scan anything"
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    handheld = Handheld("inquire", w.by)
    assert "30" in str(handheld.scan("TEA")["facts"])
    assert "TEA" in str(handheld.scan("DOCK")["facts"])
    assert "DOCK" in str(handheld.scan(receipt.unit.code)["facts"])
    assert "30 / 30" in str(handheld.scan("IN-1")["facts"])
    assert handheld.scan("TEA", "CMD:PRINT")["printed"][0]["href"] == "/labels/product/TEA.pdf"
    assert handheld.scan("NOTHING")["message"]["tone"] == "stop"


def shipped(w: Warehouse, sku: str, quantity: int) -> Order:
    """An order whose goods have left, as shipping books it."""
    with w.transaction():
        line = w.order_line(sku, quantity, number="SO-1", picked=quantity, packed=quantity, shipped=quantity)
        order = session.get_one(Order, line.order_id)
        order.status = OrderStatus.SHIPPED.value
        w.location("PACK", kind=Kind.PACKING)
    w.move(sku, quantity, "A-01", "PACK", kind=MovementKind.PICK, order_line_id=line.id)
    w.move(sku, quantity, "PACK", "DEF", kind=MovementKind.PACK, order_line_id=line.id)
    w.move(sku, quantity, "DEF", "@CUSTOMER", kind=MovementKind.SHIP, order_line_id=line.id)
    return order


def returned(order: Order) -> int:
    return session.execute(sa.select(sa.func.sum(OrderLine.returned)).where(OrderLine.order_id == order.id)).scalar_one()


def test_a_return_comes_back_into_its_batch(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 9, lot="OLD", at="A-01", received_on=clock.today() - dt.timedelta(days=40))
    order = shipped(w, "TEA", 5)
    handheld = Handheld("return", w.by)
    handheld.scan("SO-1", "TEA", "2", "2", "GOOD")
    assert (handheld.step, handheld.screen["expected"]) == ("place", "DOCK")
    screen = handheld.scan("DOCK")
    assert [paper["kind"] for paper in screen["printed"]] == ["handling-unit", "red-outbound-note"]
    assert (w.on_hand("TEA", at="DOCK", lot="OLD"), returned(order)) == (2, 2)
    handheld.scan("TEA", "3", "DAMAGED", "DEF")
    assert (w.on_hand("TEA", at="DEF", condition="damaged"), returned(order)) == (3, 5)
    handheld.scan("TEA")
    assert (handheld.step, handheld.code) == ("product", "nothing_to_return")
    with w.transaction():
        task = putaway.next_for(by=w.by)
    assert task is not None
    assert session.get_one(Task, task.id).quantity == 2


def test_no_more_comes_back_than_left(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 9, at="A-01")
    shipped(w, "TEA", 5)
    handheld = Handheld("return", w.by)
    handheld.scan("SO-1", "TEA", "6", "6")
    assert (handheld.step, handheld.tone, handheld.code) == ("quantity", "stop", "too_many")


def test_a_new_line_of_the_order_is_not_needed_for_lots(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    dock.announce(NewLine(sku="TEA", quantity=30, lot="L7"))
    receiving.scan("IN-1", "TEA", "L8", "30")
    assert (receiving.tone, receiving.code) == ("stop", "lot_not_announced")


# -- by packaging --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "total"),
    [
        ("2 pallets + 3 cases + 4", 2 * 48 + 3 * 12 + 4),
        ("2托3箱4件", 2 * 48 + 3 * 12 + 4),
        ("1 case", 12),
        ("3 CASE 5 piece", 41),
        ("1case,2", 14),
    ],
)
def test_a_quantity_is_typed_by_packaging(w: Warehouse, dock: Dock, receiving: Handheld, typed: str, total: int) -> None:
    w.product("TEA", packagings={"case": 12, "pallet": 48})
    dock.announce(("TEA", 500))
    receiving.scan("IN-1", "TEA", typed)
    assert (receiving.tone, str(total) in receiving.screen["message"]["text"]) == ("ask", True)
    receiving.scan("CMD:DONE")
    assert w.on_hand("TEA") == total


def test_buttons_add_a_packaging_each(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", packagings={"case": 12, "pallet": 48})
    dock.announce(("TEA", 500))
    screen = receiving.scan("IN-1", "TEA")
    assert [one["scan"] for one in screen["actions"] if one["scan"][0] == "+"] == ["+1 pallet", "+1 case"]
    receiving.scan("+1 pallet", "+1 case", "+1 case", "+3", "CMD:DONE")
    assert w.on_hand("TEA") == 48 + 24 + 3


@pytest.mark.parametrize("typed", ["2 buckets", "1 case 2 buckets", "6900000000052", "1234567", "3.5", "1e3", "+", "case", "0 case"])
def test_what_is_no_quantity_of_it_changes_nothing(w: Warehouse, dock: Dock, receiving: Handheld, typed: str) -> None:
    w.product("TEA", packagings={"case": 12})
    dock.announce(("TEA", 500))
    receiving.scan("IN-1", "TEA", typed)
    assert (receiving.step, receiving.tone, w.on_hand("TEA")) == ("quantity", "stop", 0)


def test_goods_that_come_for_the_first_time_are_weighed_and_measured(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("NEW", weight_grams=0, length_mm=0, width_mm=0, height_mm=0)
    w.product("OLD", weight_grams=5, length_mm=1, width_mm=1, height_mm=1)
    dock.announce(("NEW", 5), ("OLD", 5))
    receiving.scan("IN-1", "OLD", "2", "2")
    assert "CMD:MEASURE" not in {one["scan"] for one in receiving.screen["actions"]}
    receiving.scan("NEW", "2", "2")
    assert receiving.screen["message"]["detail"] == "Nobody knows its weight and size yet"
    receiving.scan("CMD:MEASURE", "250", "100", "80", "60")
    product = session.get_one(Product, w.product("NEW").id, populate_existing=True)
    assert (receiving.step, product.weight_grams, product.volume_mm3) == ("product", 250, 480_000)
    assert "CMD:MEASURE" not in {one["scan"] for one in receiving.screen["actions"]}


# -- a cart ------------------------------------------------------------------------------------------------------------------------


def test_a_cart_is_put_away_piece_by_piece_on_one_walk(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    """Two cartons on a cart: the nearest place first, a part of one here and the rest elsewhere."""
    w.product("FAR", abc="C")
    dock.announce(("FAR", 10), ("TEA", 20))
    far, near = dock.receive("FAR", 10), dock.receive("TEA", 20)
    forklift.scan("CMD:CART", far.unit.code, near.unit.code)
    assert forklift.screen["facts"][0]["value"] == "2"
    forklift.scan(near.unit.code)
    assert forklift.code == "on_cart"
    forklift.scan("CMD:DONE")
    assert (forklift.step, forklift.screen["expected"], forklift.screen["prompt"]) == (
        "piece",
        "TEA",
        f"Scan …{near.unit.code[-6:]}, put it in A-01",
    )
    forklift.scan("A-01")
    assert (forklift.step, forklift.code) == ("piece", "goods_first")
    assert forklift.screen["message"]["detail"] == "Then put them in A-01 and scan it"
    assert forklift.screen["progress"] == {"done": 0, "of": 2}
    forklift.scan("FAR")
    assert (forklift.step, forklift.tone) == ("piece", "stop")
    forklift.scan("TEA", "12", "CMD:DONE", "A-01")
    assert (w.on_hand("TEA", at="A-01"), w.on_hand("TEA", at="DOCK"), forklift.step) == (12, 8, "piece")
    forklift.scan("TEA", "8", "A-02", "A-02", "BIN_FULL")
    assert (w.on_hand("TEA", at="A-02"), forklift.screen["expected"]) == (8, "FAR")
    forklift.scan(far.unit.code, "A-03")
    assert (forklift.step, forklift.screen["message"]["detail"]) == ("unit", "The cart is empty")
    assert w.on_hand("FAR", at="A-03", unit=far.unit) == 10
    assert [line.put_away for line in dock.announced_lines()] == [10, 20]


def test_who_leaves_a_cart_keeps_what_lies_on_it(w: Warehouse, dock: Dock, forklift: Handheld) -> None:
    dock.announce(("TEA", 20))
    receipts = [dock.receive("TEA", 10), dock.receive("TEA", 10)]
    plates = [one.unit.code for one in receipts]
    forklift.scan("CMD:CART", *plates, "CMD:DONE", "CMD:CANCEL")
    assert (forklift.step, [dock.task_of(one).status for one in receipts]) == ("unit", ["claimed", "claimed"])
    assert forklift.screen["message"]["text"] == f"Your cart keeps what is on it: …{plates[0][-6:]}, …{plates[1][-6:]}"
    forklift.scan("CMD:CART")
    assert (forklift.step, forklift.screen["facts"][0]["value"]) == ("cart", "2")
    forklift.scan("CMD:DONE")
    forklift.scan(plates[0], str(forklift.screen["target"]), "CMD:CANCEL", "CMD:CART", "CMD:UNLOAD")
    assert (forklift.step, forklift.screen["message"]["text"]) == ("unit", "Put everything back to DOCK")
    assert sorted(dock.task_of(one).status for one in receipts) == ["done", "open"]
