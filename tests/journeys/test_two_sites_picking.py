"""Two sites in one house, and every door of picking tried from the wrong one: addresses, bodies, forms, scans."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.cast import House
from tests.journeys.floor import tasks
from tests.journeys.test_picking_nonsense import BODIES, FORMS, endpoints, filled, named, pages
from tests.journeys.test_two_sites import changed, everything
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.web.api import PREFIX

OF_A_SITE = {"orders": "order", "cart": "cart", "person": "worker", "start": "location", "location": "bench", "site": "site"}
ELSEWHERE = {404, 422}


@pytest.fixture
def language() -> str:
    """One is enough here."""
    return "en"


def built(app: Application, w: Warehouse, prefix: str, site: str) -> tuple[House, dict[str, Any]]:
    """A site with one of everything that picking knows, each with a name that the other site has not."""
    site_id = w.site(site)
    house = House(app, "en", site_id=site_id, prefix=prefix).build()
    house.place("S-01", "storage", zone=f"{prefix}Z", equipment=f"{prefix}RT")
    house.opening("NUT", 60, f"{prefix}A-02")
    house.opening("SOAP", 48, f"{prefix}A-04")
    house.api.put(f"/carts/{prefix}CART", {"positions": 4}, status=201)
    house.api.put(f"/hand-over-places/{prefix}Z", {"location": f"{prefix}PACK-1"})
    house.order(f"{prefix}WAIT", NUT=2)
    house.act(f"{prefix}WAIT", "release")
    listed = house.planned(f"{prefix}SO", NUT=4)
    (task,) = (one["id"] for one in tasks(house, "pick"))
    worker = w.person(f"{prefix}ann".lower(), roles=["picker"], site=site_id)
    known = {"order": f"{prefix}SO", "waiting": f"{prefix}WAIT", "list": listed, "task": task, "worker": worker.code, "site": site}
    wave = house.api.get(f"/pick-lists/{listed}")["wave"]
    places = {"location": f"{prefix}A-02", "bench": f"{prefix}PACK-1", "tote": house.totes(1)[0], "zone": f"{prefix}Z"}
    more = {"face": f"{prefix}F-01", "cart": f"{prefix}CART", "equipment": f"{prefix}RT", "wave": wave, "line": 1}
    return house, {**known, **places, **more}


@pytest.fixture
def sides(app: Application, w: Warehouse) -> tuple[House, dict[str, Any], House, dict[str, Any]]:
    """Here and there, with their names."""
    here, ours = built(app, w, "H-", "MAIN")
    there, theirs = built(app, w, "N-", "NORTH")
    return here, ours, there, theirs


def told(here: House, method: str, address: str, **more: Any) -> Any:
    """What somebody of here is answered."""
    return here.api.client.open(address, method=method, headers=here.api.headers, **more)


@pytest.mark.sqlite
def test_no_address_of_picking_leads_to_another_site(sides: Any, app: Application) -> None:
    here, ours, _, theirs = sides
    before, wrong = everything(), []
    for key, one in endpoints(app):
        if "<" not in one.rule or one.name == "put_cart":  # a code that is free here
            continue
        answer = told(here, one.method, PREFIX + filled(one.rule, key, theirs), json=named(BODIES.get(key, {}), ours) if one.body else None)
        if answer.status_code not in ELSEWHERE:
            wrong.append(f"{one.method} {one.rule}: {answer.status} {answer.text[:300]}")
    for rule in pages(app, "GET"):
        if rule.arguments:
            answer = told(here, "GET", filled(rule.rule, rule.endpoint, theirs))
            if answer.status_code != 404:
                wrong.append(f"GET {rule.rule}: {answer.status}")
        elif any(name in told(here, "GET", rule.rule).text for name in ("N-SO", "N-WAIT", "N-CART", "N-A-0", "n-ann", "N-RT", "N-Z")):
            wrong.append(f"GET {rule.rule} shows another site")
    for rule in pages(app, "POST"):
        if rule.arguments and "shortages" not in rule.rule:  # of lines: tests/picking/test_shortages.py
            told(here, "POST", filled(rule.rule, rule.endpoint, theirs), data=FORMS[rule.endpoint])
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


@pytest.mark.sqlite
def test_no_body_or_form_of_picking_reaches_another_site(sides: Any, app: Application) -> None:
    here, ours, _, theirs = sides
    before, wrong = everything(), []
    for key, one in endpoints(app):
        if one.body is None:
            continue
        right = named(BODIES[key], ours)
        for field, name in OF_A_SITE.items():
            if field not in right:
                continue
            body = {**right, "zone": None, "one_way": {}, "closed": {}, field: [theirs[name]] if field == "orders" else theirs[name]}
            body = {field: value for field, value in body.items() if field in right and value is not None}
            answer = told(here, one.method, PREFIX + filled(one.rule, key, ours), json=body)
            if answer.status_code not in {*ELSEWHERE, 403}:
                wrong.append(f"{one.method} {one.rule} {field}: {answer.status} {answer.text[:300]}")
            if changed(before, before := everything()):
                wrong.append(f"{one.method} {one.rule} {field}: something is changed")
    for rule in pages(app, "POST"):
        for field, name in {**OF_A_SITE, "equipment": "equipment", "zones": "zone", "zone": "zone"}.items():
            if field in FORMS[rule.endpoint] and rule.endpoint != "picking.plan":
                told(here, "POST", filled(rule.rule, rule.endpoint, ours), data={**FORMS[rule.endpoint], field: theirs[name]})
                after = everything()
                if "N-" in str([rows for table, rows in after.items() if rows != before[table]]):
                    wrong.append(f"POST {rule.rule} {field}: {changed(before, after)} changed")
                before = after
    for body in ({"orders": "N-WAIT", "do": "selected", "method": "single"}, {"orders": "H-WAIT", "cart": "N-CART", "do": "selected"}):
        assert told(here, "POST", "/picking/plan", data=body).status_code == 422
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


@pytest.mark.sqlite
def test_no_scan_of_picking_reaches_another_site(sides: Any) -> None:
    here, ours, there, theirs = sides
    before = here.ledger()
    picker = here.terminal(Role.PICKER)
    picker.look("pick")
    for text in (theirs["order"], theirs["list"], theirs["waiting"], theirs["wave"]):
        picker.refused(text)
    picker.scan(ours["list"])
    for text in (theirs["location"], theirs["tote"]):
        picker.refused(text)
    picker.scan("CMD:HANDOVER")
    picker.refused(theirs["worker"], "person_unknown")
    picker.scan("CMD:BACK")
    while picker.screen.step != "target":
        picker.scan(picker.screen.expected)
    for text in (theirs["bench"], theirs["tote"]):
        picker.refused(text)
    picker.scan("CMD:CANCEL")
    picker.look("replenish")
    picker.refused(theirs["location"])
    assert here.ledger() == before
    cart = here.api.post("/waves", {"orders": [ours["waiting"]], "method": "cluster"})["pick_lists"][0]["number"]
    picker.look("pick")
    picker.scan(cart)
    picker.refused(theirs["tote"])
    picker.scan(ours["tote"])
    there.pick(theirs["order"])
    assert there.status(theirs["order"]) == "picked"
