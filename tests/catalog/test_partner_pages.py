"""Customers, suppliers and carriers are put in and changed at the desk."""

from __future__ import annotations

import pytest

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role

FARM = {
    "code": "FARM",
    "kind": "supplier",
    "name": "信阳茶场",
    "address_name": "王芳",
    "address_phone": "13800000000",
    "address_city": "信阳",
}


def test_a_supplier_is_put_in_at_the_desk(client: Client, api: Api) -> None:
    desk = Desk(client)
    assert "/partners/new" in desk.get("/partners")
    desk.post("/partners/new", **form_of(desk.get("/partners/new?kind=carrier")) | FARM)
    made = api.get("/partners/FARM")
    assert (made["kind"], made["name"], made["address"]["city"]) == ("supplier", "信阳茶场", "信阳")
    assert (made["credit_limit"], made["credit_days"]) == (None, None)


def test_changing_one_keeps_what_finance_knows(client: Client, api: Api) -> None:
    body = {
        "kind": "customer",
        "name": "Shop",
        "credit_limit": 1_860_050,
        "credit_days": 30,
        "balance_due": 7,
        "oldest_due_on": "2026-01-02",
    }
    api.put("/partners/C-1", body)
    desk = Desk(client)
    form = form_of(desk.get("/partners/C-1/edit"))
    assert form["credit_limit"] == "18600.50"
    desk.post("/partners/C-1/edit", **{**form, "name": "New shop", "credit_limit": "20,000", "credit_days": ""})
    made = api.get("/partners/C-1")
    assert (made["name"], made["credit_limit"], made["credit_days"]) == ("New shop", 2_000_000, None)
    assert (made["kind"], made["balance_due"], made["oldest_due_on"]) == ("customer", 7, "2026-01-02")
    assert "was changed while you were typing" in desk.post("/partners/C-1/edit", 422, **form)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"name": ""}, "name"),
        ({"code": ""}, "code"),
        ({"code": "shop"}, "code"),
        ({"kind": "king"}, "kind"),
        ({"credit_limit": "much"}, "credit_limit"),
        ({"credit_limit": "1.001"}, "credit_limit"),
        ({"credit_limit": "-5"}, "credit_limit"),
        ({"credit_days": "x"}, "credit_days"),
        ({"address_phone": "1" * 61}, "address_phone"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client: Client, w: Warehouse, wrong: dict[str, str], place: str) -> None:
    w.partner("SHOP")
    page = Desk(client).post("/partners/new", 422, **FARM | wrong)
    assert f'id="{place}-error"' in page
    assert 'value="王芳"' in page


def test_who_may_not_change_master_data_gets_no_form(client: Client, w: Warehouse) -> None:
    w.partner("SHOP")
    desk = Desk(client, Role.SALES)
    assert "/partners/new" not in desk.get("/partners")
    assert "/edit" not in desk.get("/partners/SHOP")
    desk.get("/partners/new", 403)
    desk.post("/partners/SHOP/edit", 403, name="x")
