"""Nonsense at every step of every flow: the same step again in red with what to do, and nothing in the ledger has changed.

A tour works every flow from beginning to end, so that each step is reached as on the floor. At each it is given everything that does
not belong there. On the way every scan is sent twice (a double tap), answered late (an old screen), and taken in turn by two processes
of the house (one has been started anew); if a step is added to a flow and the tour does not come by, the test says so.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.http import Client
from tests.journeys.cast import EAN, House, Screen, Terminal, day, gs1, read_json
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application, create_app
from wms.config import Settings
from wms.db import is_postgresql
from wms.orders.models import InboundKind, InboundLine
from wms.receiving import inspection_rules
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Sampling
from wms.scan.recognise import finders
from wms.stock.models import HandlingUnit

# Never right, at no step; of what is listed as more, every step gets a few, in turn.
NEVER = ["", "x" * 10_000, "A-01\x00", "CMD:NONSENSE"]
NEVER_MORE = ["   ", "\x07\x1b[31m", "A\nB", "CMD:", "CMD:'; DROP TABLE stock; --", "\u202eA-01"]
# Right only where any text is: as a lot, a serial number, a seal.
NOBODY = ["NO-SUCH-CODE-99", "4006381333931", "-5", "3.5", "9999999999999999999"]
NOBODY_MORE = ["00369000000000000017", "(01)04006381333931(10)L1", "]C10104006381333931", "<script>", "%00", "💥", "1e3", "٣", "NaN"]
COMMANDS = ("NEXT", "SHORT", "SKIP", "FULL", "UNDO", "LOT", "DONE", "PRINT")
FREE = {"lot", "serial"}
HAN = re.compile("[\u4e00-\u9fff]")
CHIP = "6900000000052"
# What belongs to the kind that is asked for, and is wrong all the same.
WRONG: dict[tuple[str, str], list[tuple[str, str]]] = {
    ("receive", "order"): [("SO-1", "document_unknown"), ("GP-1", "document_unknown")],
    ("receive", "dock"): [("A-01", "no_dock"), ("PACK-1", "no_dock")],
    ("receive", "product"): [(EAN["SOAP"], "not_announced"), ("A-01", "no_dock"), ("SO-1", "not_recognised")],
    ("receive", "goods"): [(EAN["SOAP"], "not_announced"), ("A-01", "product_unknown"), ("SO-1", "product_unknown")],
    ("receive", "lot"): [(gs1(EAN["SOAP"], lot="L9"), "wrong_product"), (EAN["MILK"], "wrong_kind")],
    ("receive", "expiry"): [(day(-1), "expired"), ("2026-02-30", "date_wrong"), ("31.12.2030", "date_wrong")],
    ("receive", "quantity"): [(EAN["SOAP"], "wrong_product"), ("0", "quantity_zero"), ("CMD:DONE", "nothing_counted")],
    ("receive", "last"): [("SN-1", "no_range"), (EAN["MILK"], "wrong_kind")],
    ("receive", "made"): [("2026-02-30", "date_wrong"), (day(9), "made_later")],
    ("receive", "weight"): [("0", "weight_wrong"), ("heavy", "weight_wrong")],
    **{("receive", side): [("0", "quantity_zero"), ("1.5", "quantity_wrong")] for side in ("length", "width", "height")},
    ("receive", "cross"): [("A-01", "not_staging"), ("DOCK-2", "not_staging")],
    ("receive", "aside"): [("BORED", "reason_unknown")],
    ("receive", "surplus"): [("BORED", "reason_unknown")],
    ("receive", "why"): [("BORED", "reason_unknown")],
    ("receive", "which"): [("BORED", "reason_unknown")],
    ("receive", "hurt"): [("A-01", "not_recognised"), (EAN["SOAP"], "nothing_stands_there")],
    ("receive", "hurt_count"): [(EAN["SOAP"], "wrong_product"), ("999", "fewer_stand_there"), ("A-01", "asks_quantity")],
    ("receive", "difference"): [("BORED", "reason_unknown")],
    ("receive", "missing"): [("A-01", "product_unknown")],
    ("receive", "missing_count"): [(EAN["SOAP"], "wrong_product"), ("0", "quantity_zero")],
    ("receive", "unknown_count"): [("0", "quantity_zero")],
    ("receive", "link"): [(EAN["SOAP"], "wrong_kind")],
    ("receive", "link_product"): [("A-01", "product_unknown")],
    ("receive", "link_unit"): [("BUCKET", "reason_unknown")],
    ("putaway", "unit"): [("A-08", "nothing_to_put_away"), (EAN["SOAP"], "nothing_to_put_away"), ("SO-1", "nothing_to_put_away")],
    ("putaway", "goods"): [(EAN["SOAP"], "wrong_scan"), ("A-08", "goods_first"), ("A-NOWHERE", "not_recognised")],
    ("putaway", "cart"): [(EAN["SOAP"], "nothing_to_put_away"), ("CMD:DONE", "cart_empty"), ("A-08", "not_recognised")],
    ("putaway", "piece"): [(EAN["SOAP"], "wrong_product"), ("A-08", "goods_first"), ("A-NOWHERE", "not_recognised")],
    ("putaway", "pieces"): [("999999", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("putaway", "why"): [("BORED", "reason_unknown")],
    ("putaway", "bin"): [
        ("FULL-1", "location_full"),
        ("PACK-1", "wrong_area"),
        ("DEF-1", "wrong_area"),
        ("F-01", "face_of_another_product"),
    ],
    ("putaway", "quantity"): [("11", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("replenish", "task"): [("A-08", "nothing_to_replenish")],
    ("replenish", "source"): [("A-08", "wrong_location")],
    ("replenish", "product"): [(EAN["SOAP"], "wrong_product"), (gs1(EAN["SOAP"], lot="T-1"), "wrong_product")],
    ("replenish", "lot"): [("T-2", "lot_out_of_turn"), (gs1(EAN["SOAP"], lot="T-1"), "wrong_product")],
    ("replenish", "quantity"): [("999999", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("replenish", "target"): [("A-08", "wrong_location"), ("F-01", "wrong_location")],
    ("replenish", "found"): [("999999", "more_than_wanted"), (EAN["SOAP"], "wrong_product")],
    ("replenish", "fits"): [("999999", "more_than_wanted"), (EAN["SOAP"], "wrong_product")],
    ("pick", "document"): [("PO-9", "document_unknown"), ("SO-0", "document_unknown")],
    ("pick", "source"): [("A-08", "wrong_location"), ("PACK-1", "wrong_location"), ("CMD:UNDO", "command_not_here")],
    ("pick", "product"): [(EAN["SOAP"], "wrong_product")],
    ("pick", "lot"): [("M-9", "wrong_lot"), (gs1(EAN["SOAP"], lot="M-1"), "wrong_product")],
    ("pick", "quantity"): [("5", "too_many"), ("999999", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("pick", "target"): [("A-01", "not_a_packing_place"), ("DOOR-1", "not_a_packing_place")],
    ("pick", "plate"): [("PAL-8", "wrong_plate")],
    ("pick", "tote"): [("376123450000000016", "not_a_tote")],
    ("pick", "bring"): [("A-01", "not_a_packing_place"), ("DOOR-1", "not_a_packing_place")],
    ("pick", "found"): [("999999", "more_than_wanted"), (EAN["SOAP"], "wrong_product")],
    ("pick", "reason"): [("BORED", "reason_unknown")],
    ("pick", "serials"): [("SN-NOBODY", "serial_stranger"), (CHIP, "wrong_kind")],
    ("pick", "weigh"): [("0", "weight_wrong"), ("heavy", "weight_wrong"), ("1.25", "weight_wrong"), ("0 kg", "weight_wrong")],
    ("pick", "emptied"): [("-1", "quantity_wrong"), (EAN["SOAP"], "not_recognised")],
    ("pick", "colleague"): [("BADGE-OF-NOBODY", "person_unknown"), ("CMD:NEXT", "command_not_here")],
    ("pick", "other_lot"): [(gs1(EAN["SOAP"], lot="M-2"), "wrong_product")],
    ("sort", "document"): [("TOTE-1", "nothing_to_sort"), (EAN["SOAP"], "nothing_to_sort"), ("SO-1", "not_recognised")],
    ("sort", "product"): [("CMD:FULL", "command_not_here")],
    ("sort", "lot"): [("SN-NOBODY", "lot_not_in_batch")],
    ("sort", "weigh"): [("0", "weight_wrong"), ("heavy", "weight_wrong")],
    ("sort", "position"): [("A-01", "position_taken"), ("DOOR-1", "position_taken"), ("PACK-1", "position_taken")],
    ("sort", "fit"): [("2", "more_than_wanted"), (EAN["SOAP"], "wrong_product")],
    ("sort", "missing"): [("BORED", "not_recognised"), (EAN["SOAP"], "not_in_batch"), ("A-01", "not_recognised")],
    ("sort", "found"): [("1", "more_than_wanted"), (EAN["SOAP"], "wrong_product")],
    ("sort", "reason"): [("BORED", "reason_unknown"), ("UNREACHABLE", "reason_unknown")],
    ("pack", "start"): [("SO-0", "not_recognised"), ("SO-LATER", "nothing_to_pack"), ("A-01", "not_a_bench")],
    ("pack", "product"): [(EAN["SOAP"], "wrong_piece"), ("TOTE-1", "tote_of_another"), ("CMD:TRUST", "command_not_here")],
    ("pack", "out"): [("A-01", "not_recognised"), (EAN["SOAP"], "not_recognised"), ("CMD:FULL", "command_not_here")],
    ("pack", "service"): [(EAN["SOAP"], "another_work"), ("SO-LATER", "another_work"), ("A-01", "not_recognised")],
    ("pack", "tracking"): [("x", "tracking_wrong"), ("<b>bold</b>", "tracking_wrong"), (EAN["SOAP"], "wrong_kind")],
    ("pack", "cartons"): [("BORED", "not_recognised"), ("TOTE-1", "carton_gone")],
    ("pack", "merge"): [("TOTE-1", "carton_gone"), ("A-01", "unit_unknown")],
    ("pack", "move_piece"): [("A-01", "product_unknown")],
    ("pack", "move_serial"): [(EAN["SOAP"], "wrong_kind")],
    ("pack", "move_quantity"): [("9999999", "quantity_wrong"), ("0", "quantity_zero")],
    ("pack", "move_to"): [("TOTE-1", "carton_gone"), ("A-01", "unit_unknown")],
    ("pack", "serial"): [("SN-NOBODY", "serial_not_picked"), ("2", "serial_not_picked"), (EAN["SOAP"], "wrong_kind")],
    ("pack", "aside"): [("A-01", "product_unknown")],
    ("pack", "aside_lot"): [(EAN["SOAP"], "wrong_kind")],
    ("pack", "aside_quantity"): [("9999999", "quantity_wrong"), ("0", "quantity_zero"), (EAN["MILK"], "wrong_product")],
    ("pack", "quantity"): [("999999", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("pack", "which"): [(EAN["SOAP"], "wrong_piece")],
    ("pack", "lacking"): [("999999", "fewer_wait"), ("0", "quantity_zero")],
    ("pack", "why"): [("BORED", "reason_unknown")],
    ("pack", "weight"): [("0", "not_recognised"), ("99999999999", "not_recognised"), ("CMD:SKIP", "command_not_here")],
    ("pack", "again"): [("BORED", "reason_unknown")],
    ("stage", "start"): [("TOTE-1", "carton_not_closed"), ("A-01", "unit_unknown")],
    ("stage", "place"): [("A-01", "not_a_staging_place"), ("TOTE-1", "carton_not_closed")],
    ("load", "start"): [("PO-9", "not_recognised"), ("A-01", "no_load_here")],
    ("load", "overload"): [("BORED", "reason_unknown"), (EAN["SOAP"], "reason_unknown")],
    ("load", "off"): [("PO-9", "unit_unknown")],
    ("load", "plate"): [("x" * 41, "plate_too_long")],
    **{(flow, "station"): [("A-01", "station_kind"), ("FULL-1", "station_kind")] for flow in ("inspect", "return", "move", "load")},
    ("gate", "start"): [("SO-1", "document_unknown")],
    ("gate", "check"): [("SO-1", "does_not_match")],
    ("gate", "mismatch"): [("BORED", "reason_unknown")],
    ("count", "location"): [("A-08", "not_in_this_count")],
    ("count", "expiry"): [("2026-02-30", "date_wrong")],
    ("count", "condition"): [("LOVELY", "reason_unknown")],
    ("count", "owner"): [("OWNER-999999", "reason_unknown")],
    ("count", "moved"): [("MAYBE", "reason_unknown")],
    ("count", "serial"): [(CHIP, "wrong_kind")],
    ("count", "strange"): [("x" * 81, "not_recognised")],
    ("count", "strange_count"): [("0", "quantity_zero")],
    ("count", "quantity"): [("9999999", "quantity_wrong"), (EAN["SOAP"], "wrong_product")],
    ("move", "back"): [("A-08", "not_recognised"), (EAN["SOAP"], "wrong_scan"), ("CMD:FULL", "command_not_here")],
    ("move", "back_count"): [("999999", "too_many"), ("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("move", "product"): [(EAN["SOAP"], "not_enough")],
    ("move", "lot"): [("T-9", "lot_not_here"), (gs1(EAN["SOAP"], lot="T-1"), "wrong_product")],
    ("move", "quantity"): [("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("move", "target"): [("FULL-1", "location_full"), ("DOOR-1", "not_by_hand"), ("F-01", "face_of_another_product")],
    ("inspect", "unit"): [(EAN["SOAP"], "nothing_to_inspect"), ("SO-1", "not_recognised"), ("A-01", "not_recognised")],
    ("inspect", "plate"): [("A-01", None), ("Q-10001", None)],
    ("inspect", "sample"): [("UGLY", "reason_unknown"), ("CMD:NEXT", None)],
    ("inspect", "what"): [("UGLY", "reason_unknown"), ("2", None)],
    ("inspect", "defects"): [("0", "quantity_zero"), ("5", "defect_wrong")],
    ("inspect", "verdict"): [("ACCEPT", "reason_unknown"), ("LOVELY", "reason_unknown")],
    ("inspect", "good"): [("4", "too_many"), (EAN["SOAP"], "wrong_product")],
    ("inspect", "concession"): [("BECAUSE", "reason_unknown")],
    ("plate", "plate"): [("DISSOLVE", "not_recognised"), ("A-01", "not_recognised")],
    ("plate", "onto"): [(EAN["SOAP"], "not_enough"), ("BORED", None)],
    ("plate", "lot"): [("T-9", "lot_not_here"), (gs1(EAN["SOAP"], lot="T-1"), "wrong_product")],
    ("plate", "quantity"): [("0", "quantity_zero"), (EAN["SOAP"], "wrong_product")],
    ("plate", "off"): [(EAN["SOAP"], "not_on_plate")],
    ("plate", "off_lot"): [("T-9", "lot_not_here")],
    ("plate", "off_quantity"): [("0", "quantity_zero")],
    ("return", "order"): [("SO-LATER-0", "not_recognised"), ("A-01", "no_consignment")],
    ("return", "sender"): [(EAN["SOAP"], "wrong_kind")],
    ("return", "expiry"): [("2026-02-30", "date_wrong")],
    ("return", "place"): [("A-01", "wrong_area"), ("PACK-1", "wrong_area")],
    ("return", "product"): [(EAN["SOAP"], "nothing_to_return")],
    ("return", "lot"): [("M-9", "lot_not_shipped")],
    ("return", "quantity"): [("999999", "too_many"), ("0", "quantity_zero")],
    ("return", "condition"): [("LOVELY", "reason_unknown")],
    ("load", "missing"): [("BORED", "reason_unknown")],
    ("load", "seal"): [(EAN["SOAP"], "wrong_kind"), ("CMD:UNDO", "command_not_here")],
    ("load", "unsealed"): [("BORED", "reason_unknown"), ("SEAL-1", "reason_unknown")],
    ("work", "equipment"): [("broom", "reason_unknown"), ("A-01", "reason_unknown")],
    ("work", "zones"): [("Q", "reason_unknown"), ("A-01", "reason_unknown")],
}
KINDS = {
    "location": "A-08",
    "product": EAN["SOAP"],
    "document": "SO-1",
    "person": "B0001",
    "quantity": "7",
    "expiry": "2031-01-31",
    "reason": "MISSING",
}


class Tour:
    """Works the flows and tries everything wrong at each step it comes by for the first time."""

    def __init__(self, house: House, processes: list[Flask], *, soak: bool) -> None:
        self.house = house
        self.every = 3 if is_postgresql() and not soak else 1
        """Of what is wrong at any step PostgreSQL, where each takes three times as long, is told one in three, a step this one and the
        next that; with `--soak` all. What is wrong at one step alone is told it always."""
        self.processes = itertools.cycle(processes)
        self.visited: set[tuple[str, str]] = set()
        self.tapped = 0
        self.complaints: list[str] = []

    def work(self, worker: Terminal, flow: str, *texts: str) -> Screen:
        """Takes up a flow and makes these scans, each in the next process; `>` is whatever the screen expects."""
        worker.look(flow)
        for text in texts:
            self.nonsense(worker)
            self.double_tap(worker, str(worker.screen.expected) if text == ">" else text)
        self.nonsense(worker)
        return worker.screen

    def double_tap(self, worker: Terminal, text: str) -> None:
        """The scan acts, sent again it is answered the same, and an answer to the screen of before does nothing."""
        worker.api.client = next(self.processes).test_client()
        before, key = worker.screen, f"tap-{self.tapped}"
        self.tapped += 1
        worker.send(text, key=key)
        answered = worker.screen
        acted = answered.tone != "stop" or answered.step != before.step  # what a supervisor may allow all the same is asked in red
        assert (worker.status, acted) == (200, True), f"{before.flow}/{before.step} {text!r}: {answered}"
        ledger = self.house.ledger()
        worker.api.client = next(self.processes).test_client()
        worker.screen = before
        worker.send(text, key=key)
        assert (worker.status, worker.screen) == (200, answered), f"{before.flow}/{before.step} {text!r}: answered otherwise"
        if answered.flow == before.flow:
            worker.send(text, version=before.version)
            assert (worker.status, worker.screen.code) == (409, "screen_old"), f"{before.flow}/{before.step} {text!r}: {worker.screen}"
            assert (worker.screen.step, worker.screen.version) == (answered.step, answered.version)
        assert self.house.ledger() == ledger, f"{before.flow}/{before.step} {text!r} acted twice"
        worker.screen = answered

    def nonsense(self, worker: Terminal) -> None:
        """Everything that does not belong here, once for each step."""
        here = (worker.screen.flow, worker.screen.step)
        if here in self.visited:
            return
        self.visited.add(here)
        before = self.house.ledger()
        accepts = set(worker.last.get_json()["accepts"])
        anywhere = [(one, None) for one in self._wrong(worker, accepts)][len(self.visited) % self.every :: self.every]
        for text, code in (*anywhere, *WRONG.get(here, [])):
            try:
                worker.refused(text, code)
            except AssertionError as complaint:
                self.complaints.append(str(complaint).splitlines()[0][:600])
                assert (worker.screen.flow, worker.screen.step) == here, f"{text!r} led from {here} to {worker.screen}"
        for version in (worker.screen.version - 1, worker.screen.version + 7):
            if version >= 0:
                self._too_late(worker, version)
        self._said_in_chinese(worker)
        assert self.house.ledger() == before, f"{here}: nonsense has changed the ledger"

    def _wrong(self, worker: Terminal, accepts: set[str]) -> Iterator[str]:
        turn = len(self.visited)
        yield from (*NEVER, *NEVER_MORE[turn % 3 :: 3])
        offered = worker.screen.actions
        yield from (f"CMD:{name}" for name in COMMANDS[turn % 2 :: 2] if f"CMD:{name}" not in offered)
        if accepts & FREE:
            return
        yield from (*NOBODY, *NOBODY_MORE[turn % 3 :: 3])
        yield from (text for kind, text in KINDS.items() if kind not in accepts and not (text == "7" and "weight" in accepts))

    def _too_late(self, worker: Terminal, version: int) -> None:
        here = worker.screen
        worker.send("A-01", version=version)
        assert (worker.status, worker.screen.code) == (409, "screen_old"), f"{here.flow}/{here.step} at {version}: {worker.screen}"
        assert (worker.screen.step, worker.screen.version) == (here.step, here.version)

    def _said_in_chinese(self, worker: Terminal) -> None:
        """The same refusal as somebody sees it who reads Chinese: no English sentence is left on the screen."""
        english = worker.refused("x" * 10_000)
        headers = {**worker.api.headers, "Accept-Language": "zh-CN"}
        chinese = read_json(worker.api.client.get(f"/api/v1/scan/{english.flow}", headers=headers).get_json())
        assert (chinese.step, chinese.tone, chinese.code) == (english.step, "stop", english.code)
        for screen, is_chinese in ((chinese, True), (english, False)):
            for said in (screen.title, screen.prompt, screen.text, *screen.facts, *screen.actions.values()):
                if said != said.upper() and bool(HAN.search(said)) != is_chinese:  # what is all capitals is a code
                    self.complaints.append(f"{english.flow}/{english.step}: {said!r} is the wrong language")


@pytest.fixture
def language() -> str:
    """The tour reads both languages at every step."""
    return "en"


@pytest.fixture
def processes(app: Application, settings: Settings) -> Iterator[list[Flask]]:
    """The house twice on one database: whatever one process remembers, the other has never heard of."""
    another = create_app(settings, TESTING=True)
    another.test_client_class = Client
    yield [app, another]
    with another.app_context():
        db.database.engine.dispose()


@pytest.fixture
def stocked(house: House) -> House:
    """Goods for every step: two lots in one bin, goods in two bins, a face that is empty, a bin that is full, a serial number to come."""
    size = {"length_mm": 10, "width_mm": 10, "height_mm": 10, "weight_grams": 50}
    house.api.put("/products/CHIP", {"name": "Chip", "tracking": "serial", "barcodes": [CHIP], **size}, status=201)
    house.api.put("/products/YOG", {"name": "Yoghurt", "tracking": "expiry", "shelf_life_days": 100, **size}, status=201)
    house.place("DOCK-2", "dock")
    house.place("FULL-1", "storage", max_weight_grams=1, equipment="RT-16")
    house.place("F-02", "pick_face", x=3000, assigned={"sku": "TEA", "minimum": 5, "maximum": 20})
    house.opening("TEA", 30, "A-01", lot="T-1", received_on=day(-20))
    house.opening("TEA", 30, "A-01", lot="T-2", received_on=day(-10))
    house.opening("NUT", 4, "A-02", received_on=day(-20))
    house.opening("NUT", 20, "A-05", received_on=day(-10))
    house.opening("MILK", 4, "A-03", lot="M-1", expires_on=day(60))
    house.opening("MILK", 20, "A-03", lot="M-2", expires_on=day(90))
    house.opening("MILK", 5, "A-06", lot="M-9", expires_on=day(-3))
    house.api.put("/products/HAM", {"name": "Ham", "catch_weight": True, **size}, status=201)
    house.opening("HAM", 2, "A-08", received_on=day(-5))
    for serial in ("SN-81", "SN-82"):
        house.opening("CHIP", 1, "A-04", lot=serial, received_on=day(-5))
    return house


def test_nonsense_at_every_step_of_every_flow(stocked: House, processes: list[Flask], app: Application, w: Warehouse, soak: bool) -> None:
    house, tour = stocked, Tour(stocked, processes, soak=soak)
    role = house.terminal
    house.announce("PO-9", {"sku": "MILK", "quantity": 10}, {"sku": "CHIP", "quantity": 1}, {"sku": "NUT", "quantity": 5})
    house.order("SO-LATER", NUT=1)
    house.order("SO-1", MILK=6, NUT=4, services=[{"code": "gift_wrap"}])
    house.order("SO-2", TEA=3)
    house.act("SO-1", "release")
    house.act("SO-2", "release")
    listed = {one["orders"][0]: one["number"] for one in house.api.post("/waves", {"orders": ["SO-1", "SO-2"]})["pick_lists"]}
    tour.work(role(Role.ADMIN), "work", "CMD:EQUIPMENT", "RT-16", "CMD:DONE", "CMD:ZONES", "Z", "CMD:DONE")

    receiver = role(Role.RECEIVER)
    tour.work(receiver, "receive", "PO-9", "DOCK-1", "376123450000000016", EAN["MILK"], "LOT-A", day(100), "10", CHIP)
    tour.work(receiver, "receive", "CMD:RANGE", "SN-7", "CMD:BACK", "CMD:BACK", "SN-1")
    house.announce("PO-8", {"sku": "NUT", "quantity": 5}, {"sku": "YOG", "quantity": 10})
    chief = role(Role.SUPERVISOR)
    tour.work(chief, "receive", "PO-8", "DOCK-1", "CMD:DIFF", "FEWER", EAN["NUT"], "1", "CMD:DIFF", "UNKNOWN", "blue tin", "2")
    chief.refused(EAN["SOAP"], "not_announced")
    tour.work(chief, "receive", EAN["SOAP"], "3", "3", "AWAY", EAN["NUT"])
    chief.refused("9", "over_receipt")
    tour.work(chief, "receive", "CMD:DONE", "AWAY", "DAMAGED", EAN["NUT"], "TAKEN", "1")
    tour.work(chief, "receive", "WET", "CMD:DIFF", "DAMAGE", EAN["NUT"], "CMD:BACK", "CMD:BACK", "CMD:BACK")
    house.order("SO-YOG", YOG=2, allow_backorder=True)
    house.act("SO-YOG", "release")
    tour.work(chief, "receive", "YOG", "Y-0", day(50), "3", "3", "CMD:SKIP")
    tour.work(chief, "receive", "DAMAGED", "YOG", "Y-1", "CMD:MADE", day(-1), "1", "1", "WET")
    house.api.put("/products/NEW", {"name": "Never seen", "tracking": "none"}, status=201)
    house.announce("PO-7", {"sku": "NEW", "quantity": 9})
    tour.work(chief, "receive", "PO-7", "NEW", "2", "2", "CMD:MEASURE", "250", "100", "80", "60", "PO-8")
    assert house.api.get("/products/NEW")["weight_grams"] == 250
    tour.work(chief, "receive", "CMD:LINK", "NEW-CODE-1", EAN["NUT"], "PIECE", "CMD:CANCEL")
    tour.work(receiver, "putaway", "CMD:NEXT", ">", "CMD:SHORT", "4", "4", ">", "A-07", "A-07", "OTHER")
    tour.work(receiver, "putaway", "CMD:CART", CHIP, "CMD:DONE", CHIP, "1", ">")
    with db.transaction():
        inspection_rules.add_rule(NewRule(kind=InboundKind.PRODUCTION, sampling=Sampling.FIXED, sample=2), by=w.by)
    house.announce("PN-1", {"sku": "NUT", "quantity": 4, "certificate": "QC-0"}, kind="production")
    with db.transaction():  # the notice came from a system that knows no certificates
        db.session.execute(sa.update(InboundLine).where(InboundLine.certificate == "QC-0").values(certificate=None))
    tour.work(receiver, "receive", "PN-1", "DOCK-1", EAN["NUT"], "4")
    tour.work(chief, "inspect", "CMD:NEXT", ">", "QC-1", "SOME", "DIRTY", "1", "CMD:DONE", "CONCEDE", "CMD:BACK", "SORT", "3")
    tour.work(receiver, "move", "A-01", EAN["TEA"], "T-2", "5", "5", "A-07")
    for lot in ("T-1", "T-2"):
        pallet = tour.work(receiver, "plate", *([] if lot == "T-2" else ["CMD:NEXT"]), "A-01", EAN["TEA"], lot, "4", "4")
    tour.work(receiver, "plate", "OFF", EAN["TEA"], "T-1", "2", "2", "CMD:NEXT")
    other = receiver.screen.printed["handling-unit"]
    tour.work(receiver, "plate", "MERGE", other, "DISSOLVE", ">", "CMD:DONE")
    assert pallet.flow == "plate"
    assert {row["handling_unit"] for row in house.rows(sku="TEA")} == {None}

    picker = role(Role.PICKER)
    tour.work(picker, "replenish", "CMD:NEXT", ">", ">", ">", "CMD:SHORT", "CMD:BACK", ">", "CMD:FULL", "CMD:BACK", ">")
    tour.work(picker, "pick", listed["SO-1"])
    while picker.screen.step != "document":
        if picker.screen.step == "product" and "MILK" in str(picker.screen.facts) and ("pick", "other_lot") not in tour.visited:
            picker.refused(gs1(EAN["MILK"], lot="M-9"), "wrong_lot")
            tour.work(picker, "pick", "CMD:LOT", "CMD:BACK")
        if picker.screen.step == "product" and "NUT" in str(picker.screen.facts) and ("pick", "found") not in tour.visited:
            tour.work(picker, "pick", "CMD:SHORT", "1", "MISSING", ">", "CMD:NEXT")
            assert picker.screen.expected == "A-05", "there is more"
        tour.work(picker, "pick", ">")
    assert house.lines("SO-1", "picked") == [6, 4]
    house.pick("SO-2")
    tour.work(picker, "pick", house.planned("SO-HAM", HAM=2, CHIP=2), "CMD:HANDOVER", "CMD:BACK")
    while picker.screen.step != "document":
        tour.work(picker, "pick", "100" if picker.screen.step == "weigh" else ">")
    assert house.lines("SO-HAM", "picked") == [2, 2]
    house.order("SO-CART", NUT=1)
    house.act("SO-CART", "release")
    with db.transaction():
        w.unit("TOTE-1", at="PACK-1", kind="tote")
    cart = house.api.post("/waves", {"orders": ["SO-CART"], "method": "cluster"})["pick_lists"][0]["number"]
    tour.work(picker, "pick", cart, "TOTE-1")
    while picker.screen.step != "document":
        tour.work(picker, "pick", ">")

    with db.transaction():
        for code in ("PAL-8", "PAL-9"):
            w.unit(code, at="A-07")
    house.opening("NUT", 50, "A-07", received_on=day(-99), handling_unit="PAL-9")
    tour.work(picker, "pick", house.planned("SO-PALLET", NUT=50), "A-07", "PAL-9", ">")
    assert house.lines("SO-PALLET", "picked") == [50]

    packer = role(Role.PACKER)
    sorted_out(house, tour, picker, packer, w)
    tour.work(packer, "pack", "PACK-1", "SO-1", "CMD:DONE", "CMD:SHORT", EAN["MILK"], "2", "CMD:BACK", "CMD:BACK", "CMD:BACK")
    tour.work(packer, "pack", "CMD:ASIDE", EAN["SOAP"], "CMD:BACK", "CHIP", "CMD:BACK", "CMD:BACK")
    tour.work(packer, "pack", EAN["MILK"], "6", "CMD:CARTONS", "MERGE", "CMD:BACK", "MOVE", "CHIP", "CMD:BACK", EAN["MILK"], "2")
    tour.work(packer, "pack", "CMD:BACK", "CMD:BACK", "CMD:BACK", "CMD:BACK", EAN["NUT"], "4")
    carton = next(row["handling_unit"] for row in house.rows(sku="MILK") if row["location"] == "PACK-1")
    tour.work(packer, "pack", "CMD:TRACKING", "CMD:BACK", "CMD:DONE", "SO-HAM", "CHIP", "CMD:CANCEL")
    other = house.pack("SO-2")
    house.planned("SO-LESS", NUT=4)
    house.pick("SO-LESS")
    too_full = house.pack("SO-LESS")
    house.act("SO-LESS", "change", lines=[{"line": "1", "sku": "NUT", "quantity": 2}])
    tour.work(packer, "pack", too_full, "CMD:DONE", "CMD:CANCEL")
    tour.work(packer, "pack", other, "CMD:PRINT", "LOST", "CMD:CANCEL")
    house.act("SO-LESS", "cancel")
    tour.work(receiver, "move", "CMD:NEXT", ">", ">", ">")
    house.put_everything_away()

    for flow in ("inspect", "return", "move", "load"):
        tour.work(chief, flow, "CMD:STATION", "DOCK-1")
    plan = house.api.post("/loads", {"door": "DOOR-1", "orders": ["SO-1", "SO-2"], "max_weight_grams": 20_000_000})["number"]
    with db.transaction():
        db.session.execute(sa.update(HandlingUnit).where(HandlingUnit.code == other).values(weight_grams=30_000_000))
    tour.work(packer, "stage", other, "DOOR-1")
    tour.work(chief, "load", plan, "CMD:PLATE", "沪C3", "CMD:CANCEL")
    tour.work(chief, "load", plan, other, "CMD:SKIP", other, "ROOM", other, "CMD:DONE", "NO_ROOM", "CMD:BACK")
    tour.work(chief, "load", "CMD:BACK") if chief.screen.actions.get("CMD:BACK") else tour.work(chief, "load", "CMD:CANCEL", plan)
    tour.work(chief, "load", carton, "CMD:OFF", carton, carton)
    tour.work(chief, "load", "CMD:DONE", "OPEN")
    gate_pass = house.api.get(f"/loads/{plan}")["gate_pass"]
    tour.work(role(Role.GATE), "gate", gate_pass, "CMD:MISMATCH", "SEAL", "CMD:UNDO", gate_pass, gate_pass)
    assert house.status("SO-1") == "shipped"

    tour.work(receiver, "return", "SO-1", EAN["MILK"], "M-1", "2", "2")
    tour.work(receiver, "return", next(iter(receiver.screen.actions)), ">", "CMD:DONE")
    tour.work(receiver, "return", "CMD:NOPAPERS", "Old shop", "YOG", "Y-NEW", day(40), "2", "2", "HOLD", ">", "CMD:DONE")

    house.partner("ACME", "customer", name="ACME")
    for facts in ({"condition": "damaged"}, {"owner": "ACME"}, {}):
        house.api.post("/stock/adjustments", {"sku": "NUT", "location": "A-03", "quantity": 2, **facts})
    counts = house.api.post("/counts", {"locations": ["A-03"]})["number"]
    tour.work(role(Role.COUNTER), "count", counts, "A-03", EAN["NUT"], "GOOD", "OWNER-0", "2", "CMD:CANCEL")
    counter = role(Role.COUNTER)
    tour.work(counter, "count", counts, "A-03", EAN["MILK"], "M-NEW", day(200), "3", "CMD:OTHER", "blue box", "2")
    tour.work(counter, "count", CHIP, "SN-NEW-9", "CMD:DONE")
    house.api.post("/stock/moves", {"sku": "NUT", "quantity": 1, "source": "A-03", "target": "A-01"})
    tour.work(counter, "count", EAN["NUT"], "GOOD", "OWNER-0", "1", "YES")
    tour.work(receiver, "inquire", "A-01")

    assert not tour.complaints, "\n".join(tour.complaints)
    flows = app.extensions["wms_scan"].flows
    assert tour.visited == {(flow.name, step) for flow in flows.values() for step in flow.steps}, "the tour has not come by everywhere"


def sorted_out(house: House, tour: Tour, picker: Terminal, packer: Terminal, w: Warehouse) -> None:
    """Two orders picked together and sorted, with a tote that is full and a piece that is missing."""
    house.opening("HAM", 4, "A-08")
    for serial in ("SN-91", "SN-92"):
        house.opening("CHIP", 1, "A-04", lot=serial)
    for number, hams in (("SO-B1", 1), ("SO-B2", 2)):
        house.order(number, HAM=hams, CHIP=1)
        house.act(number, "release")
    with db.transaction():
        for code in ("TOTE-2", "TOTE-3"):
            w.unit(code, at="PACK-1", kind="tote")
    batch = house.api.post("/waves", {"orders": ["SO-B1", "SO-B2"], "method": "batch"})["pick_lists"][0]["number"]
    tour.work(picker, "pick", batch)
    while picker.screen.step != "document":
        tour.work(picker, "pick", ">")
    tour.work(packer, "sort", "CMD:NEXT", "CMD:SHORT", "CMD:BACK", CHIP, "SN-91", "TOTE-2", CHIP, "TOTE-3")
    tour.work(packer, "sort", "HAM", "50", ">", "100", "CMD:FULL", "1", "CMD:SHORT", "0", "MISSING", "CMD:DONE")
    assert packer.screen.step == "document"
    assert house.lines("SO-B2", "short") == [1, 0]


def test_a_lot_that_has_expired_is_neither_received_nor_promised(stocked: House) -> None:
    house = stocked
    house.announce("PO-9", {"sku": "MILK", "quantity": 10})
    receiver = house.terminal(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-9", "DOCK-1")
    before = house.ledger()
    receiver.refused(gs1(EAN["MILK"], lot="OLD", expires_on=day(-1), quantity=10), "expired")
    assert house.ledger() == before
    assert house.api.get("/availability", sku="MILK")["available"] == 24, "five have expired"


# -- pages -------------------------------------------------------------------------------------------------------------


def test_on_a_page_a_refusal_is_red_and_says_what_to_do(stocked: House) -> None:
    house = stocked
    listed = house.planned("SO-1", NUT=4)
    picker = house.worker(Role.PICKER)
    picker.look("pick")
    picker.scan(listed)
    before = house.ledger()
    for text in ("A-08", "", "x" * 10_000, "A\x07", "-1", "<b>bold</b>", "CMD:DONE"):
        picker.refused(text)
        assert "<b>bold</b>" not in picker.last.text
    picker.send("A-02", version=0)
    assert (picker.status, picker.screen.code) == (409, "screen_old")
    assert house.ledger() == before
    for fields in ({}, {"scan": "A-02"}, {"scan": "A-02", "version": "x"}, {"version": "1"}):
        answer = picker.client.post("/scan/pick", data={"csrf_token": picker.token, **fields})
        assert answer.status_code == 409
    assert picker.client.post("/scan/pick", data={"scan": "A-02", "version": str(picker.screen.version)}).status_code == 403
    picker.look()
    picker.scan("A-02")
    assert picker.screen.step == "product"


# -- machines ----------------------------------------------------------------------------------------------------------

WEIRD: list[Any] = [0, -1, 10**30, 1.5, "x", "x" * 10_000, "1\x00", None, [], {}, True, float("nan")]


def problem(answer: Any, *statuses: int) -> dict[str, Any]:
    """A well-formed problem document, and never our own fault."""
    assert answer.status_code in (statuses or range(400, 500)), f"{answer.status} {answer.text[:500]}"
    assert answer.content_type.startswith("application/problem+json"), answer.content_type
    body = answer.get_json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == answer.status_code
    assert body["code"]
    assert body["title"]
    return dict(body)


def test_a_body_that_is_no_scan_gets_a_problem_document(stocked: House) -> None:
    house, client = stocked, stocked.api.client
    before = house.ledger()
    good = {"scan": "PO-9", "version": 0, "key": "k"}
    bad: list[Any] = [{}, [], "scan", 5, None, {**good, "more": 1}]
    bad += [{**good, "scan": one} for one in (None, 5, [], {})]
    bad += [{**good, "version": one} for one in (None, -1, "0x", 1.5, [], 10**30)]
    bad += [{**good, "key": one} for one in ("", "k" * 10_000, "a\x00", 5, [])]
    for body in bad:
        answer = client.post("/api/v1/scan/receive", data=json.dumps(body), content_type="application/json", headers=house.api.headers)
        if not (isinstance(body, dict) and answer.status_code == 409):  # a version that is only too new is an old screen
            problem(answer)
    for data in (b"", b"{", b"\xff\xfe", b'{"scan": "\xff"}', b"[" * 10_000, b'{"scan": "a", "scan": "b"'):
        problem(client.post("/api/v1/scan/receive", data=data, content_type="application/json", headers=house.api.headers))
    assert problem(client.post("/api/v1/scan/nonsense", json=good, headers=house.api.headers), 404)["code"] == "flow_unknown"
    assert house.ledger() == before


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/orders", {"customer": "SHOP", "lines": [{"sku": "NUT", "quantity": 1}]}, ["lines.0.quantity", "lines.0.sku", "customer"]),
        ("/inbound-orders", {"lines": [{"sku": "NUT", "quantity": 1}]}, ["lines.0.quantity", "lines.0.sku", "over_receipt_percent"]),
        ("/stock/adjustments", {"sku": "NUT", "location": "A-02", "quantity": 1, "reason": "r"}, ["quantity", "sku", "location"]),
        ("/stock/moves", {"sku": "NUT", "quantity": 1, "source": "A-02", "target": "A-05"}, ["quantity", "sku", "source", "target"]),
        ("/counts", {"locations": ["A-02"]}, ["locations.0", "tolerance"]),
        ("/waves", {"orders": ["SO-1"]}, ["orders.0", "max_lines", "method"]),
        ("/loads", {"orders": ["SO-1"], "door": "DOOR-1"}, ["orders.0", "door"]),
    ],
)  # fmt: skip
def test_machines_get_a_problem_document_for_nonsense(stocked: House, path: str, body: dict[str, Any], fields: list[str]) -> None:
    house = stocked
    house.order("SO-1", NUT=1)
    before = house.ledger()
    for field in fields:
        for value in WEIRD:
            if (field, value) in (("over_receipt_percent", 0), ("tolerance", 0), ("priority", 0)) or (value is None and "." not in field):
                continue
            if path == "/stock/adjustments" and (field, value) == ("quantity", -1):
                continue  # a loss: the one number that may be negative
            told = json.loads(json.dumps(body))
            *way, last = (int(part) if part.isdigit() else part for part in field.split("."))
            inner = told
            for part in way:
                inner = inner[part]
            inner[last] = value
            answer = house.api.client.post(
                "/api/v1" + path, data=json.dumps(told), content_type="application/json", headers=house.api.headers
            )
            assert problem(answer)["code"], (field, value)
    problem(house.api.client.post("/api/v1" + path, json={**body, "nonsense": 1}, headers=house.api.headers), 400, 422)
    assert house.ledger() == before


def test_a_button_that_is_none_decides_nothing(stocked: House) -> None:
    house = stocked
    house.planned("SO-1", NUT=4)
    house.pick("SO-1")
    carton = house.pack("SO-1")
    house.load("SO-1", carton)
    plan = house.api.get("/loads")["items"][0]["number"]
    count = house.api.post("/counts", {"locations": ["A-01"]})["number"]
    desk, before = house.desk(Role.SUPERVISOR), house.ledger()
    for nonsense in ({}, {"do": ""}, {"do": "nonsense"}, {"do": "x" * 10_000}):
        desk.post(f"/loads/{plan}/change", **nonsense)
        assert "Choose what to do" in desk.get(f"/loads/{plan}")
        desk.post(f"/counts/{count}/decide", **nonsense)
        assert "Choose: approve or refuse" in desk.get(f"/counts/{count}")
    assert house.api.get(f"/loads/{plan}")["status"] == "loading"
    assert house.api.get(f"/counts/{count}")["status"] == "open"
    assert house.ledger() == before


def test_a_code_that_nobody_knows_is_a_document_to_no_flow(w: Warehouse, app: Application) -> None:
    everywhere = finders(app.extensions["wms_scan"].flows.values())
    assert everywhere
    assert [find(text, w.by) for find in everywhere for text in ("NO-SUCH-CODE-99", "T-30", "4006381333931")] == [None] * 3 * len(
        everywhere
    )
