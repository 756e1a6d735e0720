"""Who keeps master data may tighten a customer's terms; finance alone loosens them, and its holds lift by that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse

TERMS: dict[str, Any] = {"credit_limit": 100, "credit_days": 30, "balance_due": 500, "oldest_due_on": "2026-01-05", "blocked": True}
TERMS["address"] = {"name": "Li", "street": "Road 9", "city": "上海"}


def put(machine: Machine, status: int, **facts: Any) -> Any:
    body = {"kind": "customer", "name": "Shop", **TERMS, **facts}
    answer = machine.client.put("/api/v1/partners/SHOP", json=body, headers=machine.headers)
    assert answer.status_code == status, answer.text
    return answer.json


@pytest.fixture
def chief(w: Warehouse, desk: Desk, machine: Any) -> Machine:
    """Somebody who keeps master data, and an order of a customer who owes too much."""
    put(machine("admin"), 201)
    desk.enter("SO-1", APPLE=1, customer="SHOP")
    assert desk.status("SO-1") == "held"
    return machine("supervisor")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "loosened",
    [
        {"credit_limit": 101},
        {"credit_limit": None},
        {"credit_days": 31},
        {"credit_days": None},
        {"balance_due": 499},
        {"oldest_due_on": "2026-01-06"},
        {"oldest_due_on": None},
        {"blocked": False},
    ],
)
def test_more_credit_is_not_given_by_who_keeps_master_data(desk: Desk, chief: Machine, loosened: dict[str, Any]) -> None:
    assert put(chief, 403, **loosened)["code"] == "terms_are_finances"
    rows = chief.post("/partners/bulk", {"items": [{"code": "SHOP", "kind": "customer", "name": "Shop", **TERMS, **loosened}]})
    assert "terms_are_finances" in str(rows)
    assert set(desk.reasons("SO-1")) == {"blocked", "credit_limit", "credit_days"}


def test_a_name_is_changed_and_credit_is_tightened_by_who_keeps_master_data(chief: Machine) -> None:
    assert put(chief, 200, name="New shop", credit_limit=50, balance_due=600)["credit_limit"] == 50


def test_finance_gives_credit_on_the_customers_page_and_the_order_goes_on(desk: Desk, chief: Machine, machine: Any) -> None:
    finance = machine("finance")
    assert 'action="/partners/SHOP/terms"' in finance.page("/partners/SHOP")
    assert "/terms" not in chief.page("/partners/SHOP")
    chief.post("/partners/SHOP/terms", {}, status=403)
    wrong = finance.send("/partners/SHOP/terms", credit_limit="much", credit_days="30", blocked="1")
    assert 'data-tone="stop"' in wrong.text
    assert set(desk.reasons("SO-1")) == {"blocked", "credit_limit", "credit_days"}, "nothing half done"
    saved = finance.send("/partners/SHOP/terms", credit_limit="5,000.00", credit_days="")
    assert "Credit and block of" in saved.text, "who decides about money hears that it is done"
    assert (desk.status("SO-1"), desk.reasons("SO-1")) == ("received", {})
    assert finance.get("/partners/SHOP")["credit_limit"] == 500_000
    finance.post("/partners/SHOP/terms", {"blocked": True, "blocked_reason": "bankrupt"})
    assert desk.reasons("SO-1") == {"blocked": "The customer is blocked: bankrupt"}
