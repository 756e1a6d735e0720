"""Who keeps master data may tighten a customer's terms; finance alone loosens them, and its holds lift by that."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from tests.web.desk import form_of

TERMS: dict[str, Any] = {"credit_limit": 100, "credit_days": 30, "balance_due": 500, "oldest_due_on": "2026-01-05"}
TERMS |= {"blocked": True, "blocked_reason": "in court"}
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
    form = form_of(finance.page("/partners/SHOP")) | {"credit_limit": "much", "balance_due": "-", "credit_days": "31"}
    wrong = finance.send("/partners/SHOP/terms", **form)
    assert wrong.status_code == 422
    assert re.findall(r'id="(\w+)-error"', wrong.text) == ["credit_limit", "balance_due"]
    assert wrong.text.count("must be an amount, as 18600.50") == 2
    assert 'value="much"' in wrong.text
    assert 'value="31"' in wrong.text
    assert set(desk.reasons("SO-1")) == {"blocked", "credit_limit", "credit_days"}, "nothing half done"
    form = {name: value for name, value in form.items() if name != "blocked"} | {"balance_due": "5.00"}
    saved = finance.send("/partners/SHOP/terms", **form | {"credit_limit": "5,000.00", "credit_days": ""})
    assert "Credit, balance and block of" in saved.text, "who decides about money hears that it is done"
    assert (desk.status("SO-1"), desk.reasons("SO-1")) == ("received", {})
    assert finance.get("/partners/SHOP")["credit_limit"] == 500_000
    finance.post("/partners/SHOP/terms", {"blocked": True, "blocked_reason": "bankrupt"})
    assert desk.reasons("SO-1") == {"blocked": "The customer is blocked: bankrupt"}


def test_finance_says_on_the_customers_page_what_the_customer_owes(desk: Desk, chief: Machine, machine: Any) -> None:
    finance = machine("finance")
    form = form_of(finance.page("/partners/SHOP"))
    assert (form["balance_due"], form["oldest_due_on"], form["credit_limit"]) == ("5.00", "2026-01-05", "1.00")
    owing = {name: value for name, value in form.items() if name != "blocked"}
    assert finance.send("/partners/SHOP/terms", **owing | {"balance_due": "1.00", "oldest_due_on": ""}).request.path == "/partners/SHOP"
    assert (desk.status("SO-1"), desk.reasons("SO-1")) == ("received", {})
    known = finance.get("/partners/SHOP")
    assert (known["balance_due"], known["oldest_due_on"]) == (100, None)


def test_a_balance_that_the_erp_sent_meanwhile_is_not_put_back(chief: Machine, machine: Any) -> None:
    finance = machine("finance")
    form = form_of(finance.page("/partners/SHOP"))
    put(machine("admin"), 200, balance_due=900)
    answer = finance.send("/partners/SHOP/terms", **form | {"credit_limit": "7.00"})
    assert answer.status_code == 422
    assert "was changed while you were typing" in answer.text
    assert finance.get("/partners/SHOP")["balance_due"] == 900


def test_terms_that_say_nothing_of_the_balance_leave_it(chief: Machine, machine: Any) -> None:
    finance = machine("finance")
    left = finance.post("/partners/SHOP/terms", {"credit_limit": 100})
    assert (left["balance_due"], left["oldest_due_on"]) == (500, "2026-01-05")
    said = finance.post("/partners/SHOP/terms", {"credit_limit": 100, "balance_due": 0, "oldest_due_on": None})
    assert (said["balance_due"], said["oldest_due_on"]) == (0, None)


def test_a_block_says_why(desk: Desk, chief: Machine, machine: Any) -> None:
    for unsaid in (None, "", "  "):
        assert put(chief, 422, blocked_reason=unsaid)["code"] == "block_unexplained"
    finance = machine("finance", "zh_CN")
    refused = finance.post("/partners/SHOP/terms", {"blocked": True}, status=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("block_unexplained", "/blocked_reason")
    form = form_of(finance.page("/partners/SHOP"))
    page = finance.send("/partners/SHOP/terms", **form | {"blocked": "1", "blocked_reason": " "})
    assert "请填写 SHOP 的冻结原因" in page.text
    assert "in court" in desk.reasons("SO-1")["blocked"], "what is on record stays"
