"""Inspections and their rules at the desk."""

from __future__ import annotations

import re

import pytest

from tests.http import Client
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role
from wms.catalog.models import PartnerKind
from wms.db import session
from wms.orders.models import Difference
from wms.receiving import inspection_rules
from wms.receiving.check_in import Receipt
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Inspection, InspectionRule, Sampling


@pytest.fixture
def receipt(w: Warehouse, dock: Dock) -> Receipt:
    with w.transaction():
        inspection_rules.add_rule(NewRule(sampling=Sampling.FIXED, sample=5), by=w.by)
    dock.announce(("TEA", 50))
    return dock.receive("TEA", 50)


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client, Role.SUPERVISOR)


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def one() -> Inspection:
    session.rollback()
    return session.query(Inspection).one()


def test_the_list_tells_what_waits_and_since_when(receipt: Receipt, desk: Desk) -> None:
    page = words(desk.get("/receiving/inspections"))
    assert "Q-10001" in page
    assert "Q-10001 Open Tea" in page
    assert "Q-10001" not in desk.get("/receiving/inspections?status=accepted")
    assert "Q-10001" in desk.get("/receiving/inspections?status=all&q=tea")
    assert "Q-10001" in desk.get("/receiving/inspections?export=csv")


def test_a_result_is_entered_once_and_leads_to_the_work_list(receipt: Receipt, desk: Desk, w: Warehouse) -> None:
    form = form_of(desk.get("/receiving/inspections/q-10001"))
    sent = {**form, "accepted": "40", "rejected": "3", "defect_dirty": "3", "sorted_out": "1", "note": "damp"}
    for _ in range(2):
        desk.post("/receiving/inspections/Q-10001/result", **sent)
    assert (one().accepted, one().rejected, one().open_quantity) == (40, 3, 7)
    assert [(found.kind, found.quantity) for found in session.query(Difference)] == [("rejected", 3)]
    page = words(desk.get("/receiving/inspections/Q-10001"))
    assert "Dirty 3" in page
    assert "7 wait for a result" in page


def test_kilograms_are_inspected_as_their_page_shows_them(w: Warehouse, dock: Dock, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    with w.transaction():
        inspection_rules.add_rule(NewRule(sampling=Sampling.ALL), by=w.by)
    dock.announce(("RICE", 2500))
    dock.receive("RICE", 2500)
    form = form_of(desk.get("/receiving/inspections/Q-10001"))
    for typed, said in (("2.6", "2.6 decided, and 2.5 wait for a result"), ("1.2345", "“1.2345” is no quantity with at most 3 decimals")):
        page = words(desk.post("/receiving/inspections/Q-10001/result", 422, **{**form, "accepted": typed}))
        assert said in page
    desk.post("/receiving/inspections/Q-10001/result", **{**form, "accepted": "1.25", "rejected": "0.5", "defect_dirty": "0.5"})
    assert (one().accepted, one().rejected, one().open_quantity) == (1250, 500, 750)
    page = words(desk.get("/receiving/inspections/Q-10001"))
    for said in ("Q-10001: 1.25 accepted, 0.5 rejected", "Rejected 0.5", "Dirty 0.5", "0.75 wait for a result"):
        assert said in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "0 decided, and 50 wait for a result"),
        ({"accepted": "51"}, "51 decided, and 50 wait for a result"),
        ({"accepted": "many"}, "A whole number"),
        ({"accepted": "-1"}, "A whole number"),
        ({"rejected": "9" * 40}, "A whole number"),
        ({"accepted": "49", "defect_dirty": "1"}, "1 defective in the sample; it fails from 1"),
        ({"conceded": "50"}, "Why is it accepted all the same?"),
        ({"rejected": "50", "defect_dirty": "99"}, "is no finding"),
    ],
)
def test_what_is_wrong_with_a_result_is_said_and_nothing_is_lost(receipt: Receipt, desk: Desk, typed: dict[str, str], said: str) -> None:
    page = desk.post("/receiving/inspections/Q-10001/result", 422, note="kept", **typed)
    assert said in words(page)
    assert 'value="kept"' in page
    assert one().status == "open"


def test_a_concession_and_its_reason_are_seen(receipt: Receipt, desk: Desk) -> None:
    desk.post("/receiving/inspections/Q-10001/result", conceded="50", concession="label only")
    assert "Allowed by Ann: label only" in words(desk.get("/receiving/inspections?status=all"))


def test_who_may_only_look_gets_no_form(receipt: Receipt, client: Client) -> None:
    desk = Desk(client, Role.SALES)
    assert "Enter the result" not in desk.get("/receiving/inspections/Q-10001")
    desk.post("/receiving/inspections/Q-10001/result", 403, accepted="50")
    desk.get("/receiving/inspection-rules", 403)


def test_an_inspection_whose_goods_are_there_is_not_dropped(receipt: Receipt, desk: Desk) -> None:
    desk.post("/receiving/inspections/Q-10001/drop", reason="x")
    assert "are still there" in words(desk.get("/receiving/inspections/Q-10001"))
    desk.get("/receiving/inspections/Q-9", 404)
    desk.post("/receiving/inspections/Q-10001/certificate", certificate="QC-1")
    assert one().certificate == "QC-1"


# -- rules ---------------------------------------------------------------------------------------------------------------------


def test_rules_are_added_changed_moved_and_removed(w: Warehouse, desk: Desk) -> None:
    w.partner("FARM", kind=PartnerKind.SUPPLIER)
    w.product("TEA", storage_class="dry", abc="A")
    desk.post("/receiving/inspection-rules", supplier="farm", every="3", sampling="aql", aql="250", first_too="1", note="tea farm")
    desk.post("/receiving/inspection-rules", decision="let", kind="transfer")
    page = words(desk.get("/receiving/inspection-rules"))
    assert "FARM tea farm the first, then one in 3 ISO 2859-1 single, level II, AQL 2.5" in page
    assert "Transfer let through" in page
    session.rollback()
    first, second = session.query(InspectionRule).order_by(InspectionRule.position).all()
    desk.post(f"/receiving/inspection-rules/{second.id}/move", do="up")
    desk.post(f"/receiving/inspection-rules/{first.id}", supplier="FARM", sku="TEA", sampling="percent", sample="10", allowed="1")
    session.rollback()
    assert [rule.id for rule in session.query(InspectionRule).order_by(InspectionRule.position)] == [second.id, first.id]
    changed = session.get_one(InspectionRule, first.id)
    assert (changed.every, changed.sampling, changed.sample, changed.allowed, changed.first_too) == (1, "percent", 10, 1, False)
    assert form_of(desk.get(f"/receiving/inspection-rules/{first.id}"))["sku"] == "TEA"
    desk.post(f"/receiving/inspection-rules/{second.id}/move", do="remove")
    session.rollback()
    assert session.query(InspectionRule).count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"supplier": "NOBODY"}, "supplier"), ({"sku": "NOTHING"}, "sku"), ({"every": "0"}, "every"), ({"every": "x"}, "every")],
)
def test_a_wrong_rule_is_shown_again(desk: Desk, typed: dict[str, str], field: str) -> None:
    page = desk.post("/receiving/inspection-rules", 422, note="kept", **typed)
    assert f'id="{field}-error"' in page
    assert 'value="kept"' in page
    desk.post("/receiving/inspection-rules", 422, sampling="fixed")
    assert session.query(InspectionRule).count() == 0


def test_the_try_out_says_why_and_how_much(receipt: Receipt, desk: Desk) -> None:
    page = words(desk.get("/receiving/inspection-rules?try_sku=tea&try_quantity=500"))
    assert "Inspected: each delivery" in page
    assert "Of 500, draw 5; it fails from 1 defective." in page
    assert "There is no product" in words(desk.get("/receiving/inspection-rules?try_sku=NOTHING"))
    desk.post(f"/receiving/inspection-rules/{session.query(InspectionRule).one().id}/move", do="remove")
    assert "no rule fits" in words(desk.get("/receiving/inspection-rules?try_sku=TEA&try_kind=nonsense&try_quantity=x"))
    desk.get("/receiving/inspection-rules/99", 404)
