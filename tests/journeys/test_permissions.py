"""Everybody can do their work and nothing else, and what belongs to another site does not exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from tests.journeys.cast import EAN, House
from tests.warehouse import Warehouse
from wms.actor import PERMISSIONS, Role
from wms.app import Application
from wms.web.access import PUBLIC, declared

FLOWS = {
    Role.RECEIVER: {"work", "receive", "inspect", "putaway", "plate", "move", "return", "inquire"},
    Role.PICKER: {"work", "pick", "sort", "replenish", "putaway", "plate", "move", "inquire"},
    Role.PACKER: {"stage", "work", "sort", "pack", "inquire"},
    Role.DISPATCHER: {"stage", "work", "load", "inquire"},
    Role.GATE: {"work", "gate"},
    Role.COUNTER: {"work", "count"},
    Role.SALES: {"work", "inquire"},
    Role.FINANCE: {"work", "inquire"},
}
NO_TASKS = {Role.GATE, Role.SALES, Role.FINANCE}  # whom no task is ever handed to


@pytest.fixture
def language() -> str:
    """Permissions speak no language, but for the words tested on purpose below."""
    return "en"


def addresses(app: Flask) -> list[tuple[str, str, Any]]:
    """Every way to call the house: method, an address that names nothing there is, and what it declares."""
    found = []
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<int:[^>]+>", "999999", re.sub(r"<any\((\w+)[^>]*>", r"\1", re.sub(r"<(?!int|any)[^>]+>", "nothing", rule.rule)))
        found += [(method, address, declared(app, rule.endpoint)) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return sorted(found, key=lambda one: (one[1], one[0]))


def _body(page: str) -> str:
    """What is on a page but for what was typed into its fields."""
    return re.sub(r"<input[^>]*>", "", page[page.index("<main") :])


@pytest.mark.sqlite
@pytest.mark.parametrize("role", list(Role))
def test_every_route_lets_in_who_may_and_nobody_else(house: House, app: Application, role: Role) -> None:
    before = house.ledger()
    token = house.terminal(role).api
    wrong = []
    for method, address, needed in addresses(app):
        assert needed is not None, f"{address} declares nothing"
        if needed is PUBLIC:
            continue
        answer = token.client.open(address, method=method, headers=token.headers)
        kept_out = answer.status_code == 403 and (answer.get_json(silent=True) or {}).get("code") == "not_permitted"
        if kept_out == (needed in PERMISSIONS[role]) or answer.status_code >= 500:
            wrong.append(f"{method} {address}: {answer.status} although {role} {'has' if not kept_out else 'lacks'} {needed}")
    assert wrong == []
    assert house.ledger() == before


@pytest.mark.sqlite
@pytest.mark.parametrize("role", list(FLOWS))
def test_the_menu_shows_whose_work_it_is(house: House, app: Application, role: Role) -> None:
    worker, before = house.worker(role), house.ledger()
    menu = worker.get("/scan").text if worker.get("/scan").status_code == 200 else worker.get("/scan/").text
    flows = set(app.extensions["wms_scan"].flows)
    offered = FLOWS[role] - ({"work"} if role in NO_TASKS else set())
    assert {name for name in flows if re.search(rf'href="[^"]*/scan/{name}"', menu)} == offered
    for name in sorted(flows - FLOWS[role]):
        assert worker.get(f"/scan/{name}").status_code == 403
        page = worker.client.post(f"/scan/{name}", data={"csrf_token": "", "scan": "CMD:NEXT", "version": "0"})
        assert page.status_code == 403
    for name in sorted(FLOWS[role]):
        worker.look(name)
    assert house.ledger() == before


@pytest.mark.sqlite
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_who_is_kept_out_is_told_so_in_their_language(house: House) -> None:
    guard = house.worker(Role.GATE)
    assert house.say("Your role may not do this work: Pick", "您的角色不能进行此作业：拣货") in guard.get("/scan/pick").text
    assert house.say("Your role may not do this: see orders", "您的角色没有此项权限：查看订单") in guard.get("/orders").text
    guard.look("work")
    guard.refused("CMD:NEXT", "no_work")


@pytest.mark.sqlite
def test_a_signed_in_browser_needs_the_forms_token_at_the_api_too(house: House) -> None:
    desk, before = house.desk(Role.SUPERVISOR), house.ledger()
    body = {"sku": "NUT", "location": "A-01", "quantity": 5, "reason": "from another page"}
    assert desk.client.get("/api/v1/stock").status_code == 200
    assert desk.client.post("/api/v1/stock/adjustments", json=body).status_code == 403
    assert house.ledger() == before
    assert desk.client.post("/api/v1/stock/adjustments", json=body, headers={"X-CSRF-Token": desk.token}).status_code == 201


def test_another_sites_things_do_not_exist(house: House, w: Warehouse) -> None:
    north = House(house.app, "en", site_id=w.site("NORTH"), prefix="N-").build()
    north.opening("TEA", 30, "N-A-01", lot="T-1")
    north.announce("N-PO", {"sku": "SOAP", "quantity": 5})
    listed = north.planned("N-SO", TEA=10)
    north.pick("N-SO")
    carton = north.pack("N-SO")
    gate_pass = north.load("N-SO", carton, close=True)
    plan = next(one["number"] for one in north.api.get("/loads")["items"])
    count = north.api.post("/counts", {"locations": ["N-A-01"]})["number"]
    shipment = north.see("N-SO")["shipments"][0]["number"]

    here = House(house.app, "en", site_id=w.site_id)
    names = {
        "orders": "N-SO", "inbound-orders": "N-PO", "pick-lists": listed, "shipments": shipment, "loads": plan, "counts": count,
        "locations": "N-A-01",
    }  # fmt: skip
    for path, number in names.items():
        north.api.get(f"/{path}/{number}", status=200)
        here.api.get(f"/{path}/{number}", status=404)
        here.api.get(f"/{path}/{number}", status=404, site="NORTH")
    for act in ("release", "hold", "approve", "settle", "cancel", "close"):
        here.api.post(f"/orders/N-SO/{act}", {}, status=404)
    here.api.post("/orders/N-SO/delivery", {"signed_by": "x"}, status=404)
    here.api.post("/inbound-orders/N-PO/close", {}, status=404)
    here.api.post(f"/loads/{plan}/close", {}, status=404)
    here.api.post(f"/counts/{count}/approve", {}, status=404)
    here.api.post("/waves", {"orders": ["N-SO"]}, status=404)
    here.api.post("/stock/moves", {"sku": "TEA", "quantity": 1, "source": "N-A-01", "target": "A-01"}, status=404)
    here.api.post("/counts", {"locations": ["N-A-01"]}, status=404)
    for path in ("stock", "movements", "tasks", "orders", "inbound-orders", "loads", "counts"):
        assert here.api.get(f"/{path}")["items"] == [], f"/{path} shows another site"
    for kind, number in (("delivery-note", shipment), ("pick-list", listed), ("packing-slip", carton), ("gate-pass", gate_pass)):
        for who, status in ((north, 200), (here, 404)):
            assert who.api.client.get(f"/documents/{kind}/{number}.pdf", headers=who.api.headers).status_code == status, kind
    for kind, code in (("location", "N-A-01"), ("handling-unit", carton)):
        for who, status in ((north, 200), (here, 404)):
            assert who.api.client.get(f"/labels/{kind}/{code}.pdf", headers=who.api.headers).status_code == status, kind

    desk = house.desk(Role.SUPERVISOR)
    for page in (
        "orders/N-SO", "inbound-orders/N-PO", "locations/N-A-01", f"counts/{count}", f"picking/lists/{listed}", f"loads/{plan}",
        f"shipments/{shipment}", "loads", "shipments", "packing", "gate", "orders", "stock",
        "movements", "tasks", "inbound-orders", "locations", "counts/", "picking/lists", "picking/waves", "receiving/arrivals", "sales", "",
    ):  # fmt: skip
        answer = desk.client.get(f"/{page}")
        known = answer.status_code != 404 and re.search(r"N-SO|N-PO|N-A-01", _body(answer.text))
        assert not known, f"/{page} shows another site"
    assert 'href="/orders/N-SO"' not in desk.get("/sales?q=N-SO")
    desk.post("/orders/N-SO/cancel")
    assert north.status("N-SO") == "loaded"

    before, worker = here.ledger(), here.terminal(Role.ADMIN)
    for flow, texts in {
        "receive": ["N-PO"], "putaway": [carton, "N-DOCK-1", "N-PO"], "pick": ["N-SO", listed], "pack": ["N-SO", carton, shipment],
        "load": ["N-SO", plan, carton, "N-DOOR-1"], "gate": [gate_pass], "count": [count, "N-A-01"], "move": ["N-A-01", carton],
        "plate": [carton],
        "return": ["N-SO"], "inquire": ["N-SO", "N-A-01", carton], "replenish": ["N-A-01"],
    }.items():  # fmt: skip
        worker.look(flow)
        for text in (*texts, "00" + carton):
            worker.refused(text)
    for flow in ("work", "receive", "putaway", "pick", "replenish", "pack", "load", "count", "move"):
        worker.look(flow)
        worker.refused("CMD:NEXT")
    assert here.ledger() == before
    north.let_out(gate_pass)
    assert north.status("N-SO") == "shipped"
    assert EAN["TEA"]
