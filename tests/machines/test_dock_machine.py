"""Two people with scanners at one dock, scanning in any order that Hypothesis can think of: what the screen asks for, what it offers, what
lies about, and nonsense; going back and leaving in the middle; the same scan twice, an old screen, a device that was lost.

Whatever they scan, they are answered; a refusal changes nothing, nor does going back or leaving move goods; what is sent again acts once.
Short in `make test`, long in `make soak`, on both databases.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.journeys.cast import GS, gs1
from tests.receiving.customers import Customers
from tests.warehouse import PREFIX, Warehouse
from wms import audit, clock
from wms.actor import Actor, Role
from wms.app import Application
from wms.catalog.gs1 import barcode_key, check_digit_is_right
from wms.catalog.models import Barcode
from wms.db import Base, session
from wms.invariants import INVARIANTS
from wms.locations.models import Kind
from wms.orders import inbound, operations
from wms.orders.announced import NewContent, NewUnit
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind, OrderKind
from wms.receiving import inspection_rules
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Sampling
from wms.scan.engine import Engine
from wms.stock.models import HandlingUnit, UnitKind

FLOWS = ("receive", "putaway", "plate", "inspect", "return", "move", "inquire")
EAN = {"TEA": "6901234567892", "MILK": "6900000000021", "NUT": "6900000000038", "CHIP": "6900000000052", "NEW": "6900000000069"}
CASE = "16900000000035"
NOT_OF_THE_WAREHOUSE = {"scans", "sign_ins", "answered_requests", "job_runs"}
NOBODY = ["", "x" * 300, "CMD:NONSENSE", "\u202eA-01", "📦", "-5", "1e3", "9" * 30, "٣", "2025-02-29", "2028-02-29", "A\x07", "0"]
AT_ALL_TIMES = ["CMD:BACK", "CMD:CANCEL", "CMD:UNDO", "CMD:DONE", "CMD:NEXT", "CMD:HELP", "CMD:SKIP", "CMD:SHORT", "CMD:LOT", "CMD:FULL"]


def sscc(number: int) -> str:
    """A supplier's number."""
    head = f"37612345{number:09d}"
    return next(head + digit for digit in "0123456789" if check_digit_is_right(head + digit))


def day(offset: int) -> str:
    """So many days from today."""
    return (clock.today() + dt.timedelta(days=offset)).isoformat()


class Dock:
    """A new site with everything that the steps of these flows want."""

    numbers = itertools.count(1)

    def __init__(self, w: Warehouse) -> None:
        self.w, self.number = w, next(self.numbers)
        w.site_id = w.site(f"D{self.number}")
        w.by = w.person(f"chief{self.number}")
        self.people = [w.by, w.person(f"hand{self.number}", roles=[Role.RECEIVER])]
        self.plates = [sscc(10 * self.number + place) for place in range(4)]
        with w.transaction():
            self._products()
            self._places()
        customers = Customers(w)
        for sku, lot in (("TEA", "T-1"), ("NUT", None)):
            w.receive(sku, 12, at="A-01", lot=lot, received_on=clock.today() - dt.timedelta(days=9))
        customers.sent(f"SO-{self.number}", ("TEA", 6, "T-1"), ("NUT", 4))
        customers.sent(f"SC-{self.number}", ("NUT", 3), kind=OrderKind.CONSIGNMENT, to="CONS")
        self._announce()
        self._wants()

    def _products(self) -> None:
        facts: dict[str, dict[str, Any]] = {
            "TEA": {"tracking": "lot", "weight_grams": 250},
            "MILK": {"tracking": "expiry", "rotation": "fefo", "shelf_life_days": 100, "min_receipt_days": 20, "too_old": "hold"},
            "NUT": {"packagings": {"case": 12}, "weight_grams": 500},
            "CHIP": {"tracking": "serial", "weight_grams": 5},
            "NEW": {},
        }
        for sku, about in facts.items():
            if self.number == 1:
                product = self.w.product(sku, **about)
                product.barcodes.append(Barcode(code=EAN[sku], code_key=barcode_key(EAN[sku])))
            self.w.product(sku)

    def _places(self) -> None:
        w = self.w
        w.location("DOCK", kind=Kind.DOCK)
        w.location("DOCK-2", kind=Kind.DOCK)
        for place in range(1, 5):
            w.location(f"B-{place}", x_mm=2000 * place, max_units=2)
        w.location("B-5", x_mm=9000, max_weight_grams=2000, mixing="one_batch")
        w.location("F-1", kind=Kind.PICK_FACE, assigned_product_id=w.product("TEA").id, assigned_minimum=4, assigned_maximum=12)
        for code, kind in (("DEF", Kind.DEFECT), ("INSP", Kind.INSPECTION), ("STAGE", Kind.STAGING), ("SCRAP", Kind.SCRAP)):
            w.location(code, kind=kind)
        w.location("CONS", kind=Kind.CONSIGNMENT, partner_id=w.partner("CUSTOMER").id)
        inspection_rules.add_rule(NewRule(sku="NUT", sampling=Sampling.FIXED, sample=2), by=w.by)

    def _announce(self) -> None:
        w, until = self.w, clock.today() + dt.timedelta(days=60)
        with w.transaction():
            lines = [
                NewLine(sku=sku, quantity=quantity) for sku, quantity in (("TEA", 20), ("MILK", 10), ("NUT", 24), ("CHIP", 5), ("NEW", 3))
            ]
            inbound.announce(lines=lines, by=w.by, number=f"PO-{self.number}", over_receipt_percent=20)
            units = [
                NewUnit(self.plates[0], UnitKind.PALLET, contents=[NewContent("1", 5, lot="T-2")]),
                NewUnit(self.plates[1], UnitKind.CARTON, parent=self.plates[0], contents=[NewContent("2", 4, lot="M-1", expires_on=until)]),
            ]
            inbound.announce(
                lines=[NewLine(sku="TEA", quantity=5), NewLine(sku="MILK", quantity=4)], units=units, by=w.by, number=f"PA-{self.number}",
                company_prefix=PREFIX,
            )  # fmt: skip
            inbound.announce(
                lines=[NewLine(sku="TEA", quantity=6, certificate=f"QC-{self.number}")], kind=InboundKind.PRODUCTION, by=w.by,
                number=f"PN-{self.number}",
            )  # fmt: skip

    def _wants(self) -> None:
        w, to = self.w, {"name": "Li", "phone": "1", "street": "1", "city": "X", "country": "CN"}
        with w.transaction():
            due = clock.now() + dt.timedelta(hours=3)
            lines = [NewLine(sku="NEW", quantity=2), NewLine(sku="MILK", quantity=3)]
            operations.enter_order(
                number=f"SX-{self.number}", customer="CUSTOMER", due_at=due, allow_backorder=True, ship_to=to, by=w.by, lines=lines
            )
        with w.transaction():
            operations.release(f"SX-{self.number}", by=w.by)

    def lying_about(self) -> dict[str, list[str]]:
        """What can be scanned, by kind."""
        n = self.number
        units = session.execute(
            sa.select(HandlingUnit.code).where(HandlingUnit.site_id == self.w.site_id).order_by(HandlingUnit.id)
        ).scalars()
        label = gs1(EAN["MILK"], lot="M-7", expires_on=day(70), quantity=2)
        found = {
            "location": ["DOCK", "DOCK-2", "B-1", "B-2", "B-3", "B-5", "F-1", "DEF", "INSP", "STAGE", "SCRAP", "CONS", "A-01"],
            "product": [*EAN.values(), CASE, gs1(EAN["TEA"], lot="T-9"), label, "NUT", "]C101" + EAN["TEA"].zfill(14) + f"375{GS}10T-1"],
            "lot": ["T-1", "T-2", "M-1", "NEW-LOT"],
            "serial": ["SN-1", "SN-2", "SN-4", "SN-9"],
            "expiry": [day(60), day(5), day(-3), "2028-02-29"],
            "quantity": ["1", "2", "3", "1+1", "2箱1件", EAN["NUT"]],
            "handling_unit": [*units, *self.plates, "00" + self.plates[2], sscc(0)],
            "document": [f"{kind}-{n}" for kind in ("PO", "PA", "PN", "SO", "SC", "SX")],
            "reason": [
                "GOOD",
                "DAMAGED",
                "OPENED",
                "RESTOCK",
                "HOLD",
                "SCRAP",
                "WET",
                "OTHER",
                "FULL",
                "ASIDE",
                "AWAY",
                "ALL",
                "CONCEDE",
                "REJECT",
            ],
            "person": ["B0001"],
            "weight": ["250", "0.5"],
            "command": [],
        }
        session.rollback()
        return found


def everything() -> dict[str, list[Any]]:
    """Every row of every table that tells of the warehouse."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in NOT_OF_THE_WAREHOUSE]
    found = {table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))] for table in tables}
    session.rollback()
    return found


def goods(rows: dict[str, list[Any]]) -> tuple[Any, ...]:
    """What is where, and how it came there."""
    return rows["movements"], [row for row in rows["stock"] if any(row)]


class DockMachine(RuleBasedStateMachine):
    """Two people, each in a flow at a time."""

    house: Warehouse
    engine: Engine
    visited: set[tuple[str, str]]
    keys = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        self.dock = Dock(self.house)
        self.flows = {person.id: "receive" for person in self.dock.people}
        self.last: tuple[Actor, str, str, int, str, Any] | None = None
        self.before = everything()

    # -- words ---------------------------------------------------------------------------------------------------------

    def shown(self, by: Actor) -> dict[str, Any]:
        screen = self.engine.show(self.flows[by.id], by=by)
        self.visited.add((screen["flow"], screen["step"]))
        return screen

    def scan(self, by: Actor, text: str) -> None:
        here = self.shown(by)
        key = f"k{next(self.keys)}"
        note(f"{by.code} {here['flow']}/{here['step']} {text[:60]!r}")
        answer = self.engine.take(here["flow"], text, version=here["version"], key=key, by=by)
        after = everything()
        note(f"    {answer.screen['flow']}/{answer.screen['step']} {answer.screen['message']}")
        assert answer.status == 200
        assert answer.screen["version"] == here["version"] + 1 or answer.screen["flow"] != here["flow"]
        if answer.screen["message"]["tone"] == "stop":
            assert (answer.screen["flow"], answer.screen["step"]) == (here["flow"], here["step"])
            assert after == self.before, f"a refusal changed {self.different(after)}"
        if text in ("CMD:BACK", "CMD:CANCEL", "CMD:HELP"):
            assert goods(after) == goods(self.before), f"{text} moved goods"
        self.before = after
        self.last = (by, here["flow"], text, here["version"], key, answer.screen)
        self.flows[by.id] = answer.screen["flow"]
        self.visited.add((answer.screen["flow"], answer.screen["step"]))

    def different(self, after: dict[str, list[Any]]) -> list[str]:
        return [name for name, rows in after.items() if rows != self.before[name]]

    def unchanged(self, what: str) -> None:
        after = everything()
        assert after == self.before, f"{what} changed {self.different(after)}"

    # -- what may happen -----------------------------------------------------------------------------------------------

    @initialize(flow=st.sampled_from(FLOWS))
    def begin(self, flow: str) -> None:
        """Some goods have come in, and somebody is at it."""
        chief = self.dock.people[0]
        for text in (f"PO-{self.dock.number}", "DOCK", EAN["TEA"], "T-3", "4", EAN["NUT"], "6", "CMD:CANCEL"):
            self.scan(chief, text)
        self.flows = {person.id: flow for person in self.dock.people}

    @rule(who=st.integers(0, 1), times=st.integers(1, 8), data=st.data())
    def work(self, who: int, times: int, data: st.DataObject) -> None:
        """What the screen asks for, a button, something of a kind that belongs here (once, or again to be sure), anything."""
        by = self.dock.people[who]
        for _ in range(times):
            screen = self.shown(by)
            how = data.draw(st.sampled_from(["asked", "asked", "asked", "button", "button", "fits", "fits", "fits", "twice", "any"]))
            fitting = [text for kind in screen["accepts"] for text in self.dock.lying_about()[kind]]
            buttons = [one["scan"] for one in screen["actions"]]
            if how == "asked" and screen["expected"]:
                texts = [str(screen["expected"])]
            elif how == "button" and buttons:
                texts = [data.draw(st.sampled_from(buttons))]
            elif how != "any" and fitting:
                texts = [data.draw(st.sampled_from(fitting))] * (2 if how == "twice" else 1)
            else:
                about = itertools.chain.from_iterable(self.dock.lying_about().values())
                texts = [data.draw(st.sampled_from([*NOBODY, *AT_ALL_TIMES, *about]))]
            for text in texts:
                self.scan(by, text)

    @rule(who=st.integers(0, 1), flow=st.sampled_from(FLOWS))
    def take_up(self, who: int, flow: str) -> None:
        """Goes to other work; the work in hand stays where it is."""
        by = self.dock.people[who]
        self.flows[by.id] = flow
        self.shown(by)
        self.unchanged("looking")

    @rule()
    def send_it_again(self) -> None:
        """The device was lost before the answer came: the same intention, from the old screen."""
        if self.last is not None:
            by, flow, text, version, key, screen = self.last
            answer = self.engine.take(flow, text, version=version, key=key, by=by)
            assert (answer.status, answer.screen) == (200, screen)
            self.unchanged("the same scan, sent again,")

    @rule(who=st.integers(0, 1), data=st.data())
    def answer_an_old_screen(self, who: int, data: st.DataObject) -> None:
        """Another tab still shows the screen of before."""
        by = self.dock.people[who]
        here = self.shown(by)
        if here["version"]:
            text = str(here["expected"] or data.draw(st.sampled_from(AT_ALL_TIMES)))
            answer = self.engine.take(here["flow"], text, version=here["version"] - 1, key=f"k{next(self.keys)}", by=by)
            assert (answer.status, answer.screen["step"], answer.screen["version"]) == (409, here["step"], here["version"])
            self.unchanged("an old screen")

    def teardown(self) -> None:
        """When everybody has left, the book is whole."""
        for by, flow in itertools.product(self.dock.people, FLOWS):
            self.flows[by.id] = flow
            with contextlib.suppress(StopIteration):
                if self.shown(by)["step"] != self.engine.flows[flow].first.name:
                    self.scan(by, "CMD:CANCEL")
        assert audit.run(INVARIANTS) == []
        session.rollback()


def test_no_sequence_of_scans_at_the_dock_does_half_a_thing(app: Application, w: Warehouse, soak: bool) -> None:
    DockMachine.house, DockMachine.engine, DockMachine.visited = w, app.extensions["wms_scan"], set()
    Dock.numbers = itertools.count(1)
    run_state_machine_as_test(
        DockMachine,
        settings=settings(
            max_examples=60 if soak else 3,
            stateful_step_count=50 if soak else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
            derandomize=not soak,
            database=None,
        ),
    )
    assert {flow for flow, _ in DockMachine.visited} == set(FLOWS)
