"""Inspecting on the handheld: the plate, what is drawn, what is found, and the decision."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.warehouse import PREFIX, Warehouse
from wms.actor import Role
from wms.db import session
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind, InboundLine
from wms.picking import scan as picking
from wms.receiving import inspection, inspection_rules
from wms.receiving.check_in import Receipt
from wms.receiving.inspection import Verdict
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Inspection, Sampling
from wms.scan.engine import Engine
from wms.tasks.models import Task


@pytest.fixture
def receipt(w: Warehouse, dock: Dock) -> Receipt:
    """Fifty of TEA, of which five are drawn."""
    with w.transaction():
        inspection_rules.add_rule(NewRule(sampling=Sampling.FIXED, sample=5), by=w.by)
    dock.announce(("TEA", 50))
    return dock.receive("TEA", 50)


@pytest.fixture
def inspector(w: Warehouse) -> Handheld:
    return Handheld("inspect", w.person("inspector", roles=[Role.RECEIVER]))


def one() -> Inspection:
    return session.execute(sa.select(Inspection).execution_options(populate_existing=True)).scalars().one()


def facts(screen: dict[str, Any]) -> dict[str, Any]:
    return {fact["label"]: fact["value"] for fact in screen["facts"]}


def test_a_clean_sample_is_three_scans(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    screen = inspector.scan(receipt.unit.code)
    assert (inspector.step, screen["prompt"]) == ("sample", "Draw 5: any defective?")
    assert (facts(screen)["To decide"], facts(screen)["Draw"]) == ("50", "5 pieces")
    screen = inspector.scan("CMD:DONE")
    assert [action["scan"] for action in screen["actions"]][:3] == ["ACCEPT", "REJECT", "SORT"]
    screen = inspector.scan("ACCEPT")
    assert (inspector.step, inspector.tone, screen["message"]["text"]) == ("unit", "good", "Q-10001: 50 accepted, 0 rejected")
    assert (one().status, w.on_hand("TEA", unit=receipt.unit, condition="good")) == ("accepted", 50)


def test_get_work_leads_to_the_plate(receipt: Receipt, inspector: Handheld) -> None:
    screen = inspector.scan("CMD:NEXT")
    assert (inspector.step, screen["expected"], facts(screen)["At"]) == ("plate", receipt.unit.code, "DOCK")
    inspector.scan("000000000000000000")
    assert inspector.tone == "stop"
    inspector.scan(receipt.unit.code)
    assert inspector.step == "sample"
    inspector.scan("CMD:CANCEL")
    assert session.execute(sa.select(Task.status).where(Task.id == one().task_id)).scalar_one() == "open"


@pytest.mark.parametrize("text", ["Q-10001", "q-10001", "IN-1", "TEA"])
def test_any_paper_of_the_goods_leads_to_the_plate(receipt: Receipt, inspector: Handheld, text: str) -> None:
    inspector.scan(text)
    assert (inspector.step, inspector.screen["expected"]) == ("plate", receipt.unit.code)
    inspector.scan("CMD:SKIP")
    assert inspector.step == "unit"


def test_defective_ones_fail_the_sample_and_the_rest_is_sorted(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    screen = inspector.scan(receipt.unit.code, "SOME", "DIRTY")
    assert screen["prompt"] == "How many: Dirty"
    screen = inspector.scan("2")
    assert (inspector.step, screen["prompt"], facts(screen)["Defective"]) == ("sample", "Any more defective?", "2 pieces")
    screen = inspector.scan("SOME", "BROKEN", "1", "CMD:DONE")
    assert screen["prompt"] == "Failed: decide"
    assert "ACCEPT" not in [action["scan"] for action in screen["actions"]]
    screen = inspector.scan("SORT", "45", "CMD:DONE")
    assert (inspector.step, inspector.tone, screen["message"]["text"]) == ("unit", "good", "Q-10001: 45 accepted, 5 rejected")
    assert screen["printed"][0]["href"].startswith("/labels/handling-unit/")
    assert w.on_hand("TEA", condition="damaged") == 5


def test_more_good_ones_than_there_are_are_refused(receipt: Receipt, inspector: Handheld) -> None:
    inspector.scan(receipt.unit.code, "CMD:DONE", "SORT", "51")
    assert (inspector.step, inspector.tone, inspector.code) == ("good", "stop", "too_many")


def test_no_good_one_at_all_is_a_rejection(receipt: Receipt, inspector: Handheld) -> None:
    inspector.scan(receipt.unit.code, "CMD:DONE", "SORT", "0", "CMD:DONE")
    assert (inspector.step, one().status) == ("unit", "rejected")


def test_a_concession_is_offered_to_a_supervisor_alone(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    screen = inspector.scan(receipt.unit.code, "SOME", "LABEL", "5", "CMD:DONE")
    assert "CONCEDE" not in [action["scan"] for action in screen["actions"]]
    inspector.scan("CONCEDE")
    assert (inspector.tone, inspector.code) == ("stop", "reason_unknown")
    inspector.scan("CMD:CANCEL")
    boss = Handheld("inspect", w.person("boss", roles=[Role.SUPERVISOR]))
    boss.scan(receipt.unit.code, "CMD:DONE", "CONCEDE", "HARMLESS")
    assert (one().status, one().conceded, one().concession) == ("accepted", 50, "Does no harm to its use")


def test_what_was_decided_at_the_desk_meanwhile_is_said(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    inspector.scan(receipt.unit.code, "CMD:DONE")
    with w.transaction():
        inspection.result("Q-10001", Verdict(rejected=50), by=w.by, key=w.key(), company_prefix=PREFIX)
    screen = inspector.scan("ACCEPT")
    assert (inspector.step, inspector.tone, screen["message"]["text"]) == ("unit", "stop", "Q-10001 was decided meanwhile")


def test_a_pallet_in_other_hands_is_refused(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    inspector.scan(receipt.unit.code)
    other = Handheld("inspect", w.person("other", roles=[Role.RECEIVER]))
    other.scan(receipt.unit.code)
    assert (other.step, other.tone, other.code) == ("unit", "stop", "task_taken")


def test_what_is_not_to_be_inspected_is_refused(w: Warehouse, receipt: Receipt, inspector: Handheld) -> None:
    w.receive("SOAP", 5, at="A-01")
    inspector.scan("SOAP")
    assert (inspector.step, inspector.code) == ("unit", "nothing_to_inspect")
    inspector.scan(receipt.unit.code, "CMD:DONE", "ACCEPT", "Q-10001")
    assert (inspector.step, inspector.code) == ("unit", "inspection_over")
    inspector.scan("CMD:NEXT")
    assert inspector.code == "no_work"


def test_production_waits_for_its_certificate_on_the_screen(w: Warehouse, dock: Dock, inspector: Handheld) -> None:
    dock.announce(NewLine(sku=w.product("TEA").sku, quantity=50, certificate="x"), number="PN-1", kind=InboundKind.PRODUCTION)
    with w.transaction():
        session.execute(sa.update(InboundLine).values(certificate=None))
    session.expire_all()
    receipt = dock.receive("TEA", 50, number="PN-1")
    inspector.scan(receipt.unit.code)
    assert inspector.step == "certificate"
    screen = inspector.scan("CMD:SKIP")
    assert (inspector.step, screen["message"]["text"]) == ("verdict", "Without it nothing can be accepted")
    inspector.scan("ACCEPT")
    assert (inspector.step, inspector.code) == ("verdict", "certificate_wanted")
    inspector.scan("CMD:CANCEL", receipt.unit.code, "QC-2611-7")
    assert (inspector.step, one().certificate) == ("verdict", "QC-2611-7")
    inspector.scan("ACCEPT")
    assert (inspector.step, one().status) == ("unit", "accepted")


def test_the_next_work_may_be_an_inspection(w: Warehouse, receipt: Receipt) -> None:
    inspector = Handheld("inspect", w.person("worker", roles=[Role.RECEIVER]))
    with w.transaction():
        session.execute(sa.update(Task).where(Task.kind == "putaway").values(status="cancelled"))
    engine = Engine([picking.work, *inspector.engine.flows.values()])
    screen = engine.show("work", by=inspector.by)
    answered = engine.take("work", "CMD:NEXT", version=screen["version"], key="next", by=inspector.by).screen
    assert (answered["flow"], answered["step"]) == ("inspect", "plate")
