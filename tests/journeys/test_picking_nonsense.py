"""Nonsense at every door of picking: bodies, addresses, queries, forms. Refused in the reader's words, and nothing has changed.

The doors are those the application knows: a new endpoint or form of these rooms is in one of the tables below, or the test says so.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.journeys.cast import House, day
from tests.journeys.floor import tasks
from tests.journeys.test_bad_input import HAN, WEIRD, problem
from tests.journeys.test_two_sites import changed, everything
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.web.api import PREFIX, Endpoint

ROOMS = {"picking", "release", "replenishment", "tasks", "floor", "floor_plan"}
# What a database itself may choke on, and what only we do.
HARD: list[Any] = ["\ud800", 2**63, "1\x00", "x" * 10_000, "'; DROP TABLE stock; --"]
ODD: list[Any] = [*HARD, *(one for one in WEIRD if one not in HARD), "٣", "Infinity", {"a": {"b": []}}, "2026-02-30T25:00:00Z"]

# What each endpoint is sent, right in itself; names in braces are those of the house below.
BODIES: dict[str, dict[str, Any]] = {
    "picking.plan": {
        "orders": ["{waiting}"], "due_before": f"{day(1)}T10:00:00Z", "carrier": "SWIFT", "region": "上海", "zone": "Z", "priority": 1,
        "method": "cluster", "cart": "{cart}", "orders_per_list": 2, "max_orders": 5, "max_lines": 9, "seconds": 0, "site": "MAIN",
    },
    "picking.deallocate": {"line": "1", "reason": "why"},
    "picking.reallocate": {"line": "1", "reason": "why"},
    "picking.deallocate_wave": {"reason": "why"},
    "picking.reallocate_wave": {"reason": "why"},
    "picking.put_policy": {"bin_choice": "nearest", "age_window_days": 3, "site": "MAIN"},
    "release.put_cart": {
        "name": "Trolley", "positions": 6, "tote_weight_grams": 9000, "tote_volume_cm3": 9000, "max_weight_grams": 90_000, "site": "MAIN",
    },
    "release.put_stream": {
        "running": False, "method": "single", "cart": "{cart}", "horizon_minutes": 60, "most_orders": 2, "most_lists": 3, "zone_lines": 4,
        "zone_caps": [{"zone": "Z", "lines": 5}], "site": "MAIN",
    },
    "replenishment.raise_replenishments": {"location": "{face}", "hours": 24, "top_off": True, "site": "MAIN"},
    "tasks.assign_task": {"person": "{worker}"},
    "tasks.assign_tasks": {"tasks": [1], "person": "{worker}"},
    "tasks.prioritise_task": {"priority": 5},
    "tasks.put_worker": {"equipment": ["RT-16"], "zones": ["Z"]},
    "release.put_handover": {"location": "PACK-1", "site": "MAIN"},
    "floor.put_floor_plan": {
        "zone": "Z", "cross_aisles_mm": [4000], "one_way": {"A": "up"}, "closed": {"B": "low"}, "start": "PACK-1", "site": "MAIN",
    },
}  # fmt: skip
BODIES["picking.simulate"] = BODIES["picking.plan"]
IN_ADDRESS = {
    "release.put_handover": {"zone": "zone"}, "release.delete_handover": {"zone": "zone"}, "release.remove_handover": {"zone": "zone"},
    "picking": {"number": "order"}, "picking.deallocate_wave": {"number": "wave"}, "picking.reallocate_wave": {"number": "wave"},
    "picking.one": {"number": "list"}, "picking.wave": {"number": "wave"}, "release": {"code": "cart"},
    "tasks": {"number": "task", "code": "worker"}, "picking.pick_again": {"line": "line"}, "picking.back_order": {"line": "line"},
    "picking.cancel_rest": {"line": "line"},
}  # fmt: skip


@pytest.fixture
def language() -> str:
    """Both are asked for in turn."""
    return "en"


@pytest.fixture
def names(house: House) -> dict[str, Any]:
    """An order that somebody is picking, one that waits, a wave, a list, a cart, a task, a worker, a line that is not short."""
    house.place("A-08", "storage", x=1000, y=8000, equipment="RT-16")
    house.opening("NUT", 40, "A-02")
    house.order("SO-WAIT", NUT=2)
    house.act("SO-WAIT", "release")
    house.api.put("/carts/TROLLEY", {"positions": 6}, status=201)
    listed = house.planned("SO-1", NUT=4)
    picker = house.worker(Role.PICKER, name="anna")
    picker.look("pick")
    picker.scan(listed)
    (task,) = (one["id"] for one in tasks(house, "pick") if one["document"] == listed)
    wave = house.api.get(f"/pick-lists/{listed}")["wave"]
    known = {"order": "SO-1", "waiting": "SO-WAIT", "wave": wave, "list": listed, "task": task}
    return {**known, "cart": "TROLLEY", "worker": "anna", "line": 1, "zone": "Z", "face": "F-01"}


def endpoints(app: Application) -> Iterator[tuple[str, Endpoint]]:
    """Every endpoint of these rooms."""
    for one in app.extensions["wms_endpoints"]:
        if one.room in ROOMS:
            yield f"{one.room}.{one.name}", one


def filled(text: str, key: str, names: dict[str, Any]) -> str:
    """An address with names in it."""
    table = {**IN_ADDRESS.get(key.partition(".")[0], {}), **IN_ADDRESS.get(key, {})}
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: str(names[table[found[1]]]), text)


def named(body: Any, names: dict[str, Any]) -> Any:
    """The body with names in it."""
    if isinstance(body, dict):
        return {field: named(value, names) for field, value in body.items()}
    if isinstance(body, list):
        return [named(one, names) for one in body]
    return body.format(**names) if isinstance(body, str) and body.startswith("{") else body


def spoiled(body: Any, odds: Iterator[Any], few: int) -> Iterator[Any]:
    """The body with one thing in it that is nonsense, wherever that may be; each place gets a few, in turn."""
    yield from itertools.islice(odds, few)
    if isinstance(body, dict):
        for field, value in body.items():
            for odd in spoiled(value, odds, few):
                yield {**body, field: odd}
        yield {**body, "nonsense": 1}
    if isinstance(body, list):
        for odd in spoiled(body[0], odds, few):
            yield [*body, odd]
        yield body * 6000


def is_right(model: type[BaseModel], body: Any) -> bool:
    """Whether a body may be taken, as far as one sees without the house."""
    try:
        model.model_validate_json(json.dumps(body))
    except (ValidationError, ValueError):
        return False
    return True


def words(told: dict[str, Any], *, chinese: bool) -> None:
    """It is told in the reader's language, however deep."""
    said = [told["detail"], *(one["detail"] for one in told.get("errors", ()))]
    for text in said:
        assert bool(HAN.search(text)) is chinese, f"{text!r} is the wrong language: {told}"


def test_no_body_of_picking_is_taken_that_is_nonsense(house: House, app: Application, names: dict[str, Any]) -> None:
    turns, wrong = itertools.cycle((False, True)), []
    odds = itertools.cycle(ODD if db.session.get_bind().dialect.name == "sqlite" else HARD)
    for key, one in endpoints(app):
        if one.body is None:
            continue
        assert key in BODIES, f"{key}: say in BODIES what it is sent"
        address = PREFIX + filled(one.rule, key, names)
        before = everything()
        for body in spoiled(named(BODIES[key], names), odds, 6):
            chinese, right = next(turns), is_right(one.body, body)
            headers = {**house.api.headers, "Accept-Language": "zh-CN" if chinese else "en"}
            text = json.dumps(body)
            answer = house.api.client.open(address, method=one.method, data=text, content_type="application/json", headers=headers)
            try:
                if answer.status_code >= 400 or not right:
                    words(problem(answer), chinese=chinese)
            except AssertionError as complaint:
                wrong.append(f"{one.method} {address} {text[:200]}: {answer.status} {str(complaint)[:300]}")
            if answer.status_code < 400:
                before = everything()
            elif right and changed(before, before := everything()):
                wrong.append(f"{one.method} {address} {text[:200]}: {answer.status} and yet something is changed")
        if changed(before, everything()):
            wrong.append(f"{one.method} {address}: refused, and yet {changed(before, everything())} changed")
    assert not wrong, "\n".join(wrong)


# -- names that nobody knows ---------------------------------------------------------------------------------------------------

STRANGERS = ["NO-SUCH", "9" * 18, "x" * 500, "%00", "%ff%fe", "..%2f..%2fetc", "%F0%9F%92%A5", "<script>", "%20", "-1"]


def test_what_nobody_knows_is_not_found_at_any_address(house: House, app: Application, names: dict[str, Any]) -> None:
    before, wrong, turns = everything(), [], itertools.cycle((False, True))
    for key, one in endpoints(app):
        if "<" not in one.rule or one.name == "put_cart":  # a cart is made by its first name
            continue
        for stranger in STRANGERS:
            address = PREFIX + re.sub(r"<[^>]+>", stranger, one.rule)
            chinese = next(turns)
            headers = {**house.api.headers, "Accept-Language": "zh-CN" if chinese else "en"}
            answer = house.api.client.open(address, method=one.method, json=named(BODIES.get(key, {}), names), headers=headers)
            try:
                words(problem(answer, 400, 404, 405, 422), chinese=chinese)
            except AssertionError as complaint:
                wrong.append(f"{one.method} {address}: {answer.status} {str(complaint)[:300]}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


REFUSED: list[tuple[str, dict[str, Any] | None, str]] = [
    ("/waves", {"orders": ["NO-SUCH"]}, "order_unknown"),
    ("/waves", {"orders": ["SO-1"]}, "nothing_to_plan"),
    ("/waves", {"cart": "NO-SUCH"}, "cart_unknown"),
    ("/waves", {"method": "pallet"}, "method_unfit"),
    ("/waves", {"zone": "NO-SUCH"}, "nothing_to_plan"),
    ("/waves", {"site": "NO-SUCH"}, "site_unknown"),
    ("/waves/simulate", {"orders": ["NO-SUCH"]}, "order_unknown"),
    ("/waves/simulate", {"cart": "NO-SUCH"}, "cart_unknown"),
    ("/waves/simulate", {"method": "pallet"}, "method_unfit"),
    ("/orders/SO-1/deallocate", {}, "picking_begun"),
    ("/orders/SO-1/reallocate", {}, "picking_begun"),
    ("/orders/SO-1/deallocate", {"line": "77"}, "line_unknown"),
    ("/orders/SO-WAIT/deallocate", {}, "nothing_allocated"),
    ("/orders/SO-WAIT/reallocate", {}, "nothing_allocated"),
    ("/waves/{wave}/deallocate", {}, "picking_begun"),
    ("/waves/{wave}/reallocate", {}, "picking_begun"),
    ("/tasks/{task}/assign", {"person": "NO-SUCH"}, "worker_unknown"),
    ("/tasks/{task}/assign", {"person": "guard"}, "worker_may_not"),
    ("PUT /workers/anna", {"equipment": ["broom"]}, "equipment_unknown"),
    ("PUT /workers/anna", {"zones": ["Q"]}, "zone_unknown"),
    ("PUT /stream", {"running": True, "cart": "NO-SUCH"}, "cart_unknown"),
    ("PUT /stream", {"running": True, "method": "pallet"}, "method_unfit"),
    ("PUT /floor-plan", {"start": "NO-SUCH"}, "location_unknown"),
    ("PUT /floor-plan", {"zone": "NO-SUCH"}, "zone_unknown"),
    ("PUT /floor-plan", {"one_way": {"NO-SUCH": "up"}}, "aisle_unknown"),
    ("PUT /floor-plan", {"closed": {"NO-SUCH": "low"}}, "aisle_unknown"),
    ("DELETE /floor-plan", None, "floor_plan_unknown"),
    ("PUT /hand-over-places/NO-SUCH", {"location": "PACK-1"}, "zone_unknown"),
    ("PUT /hand-over-places/Z", {"location": "NO-SUCH"}, "location_unknown"),
    ("PUT /hand-over-places/Z", {"location": "A-01"}, "no_handover_place"),
    ("DELETE /hand-over-places/Z", None, "handover_unknown"),
    ("/replenishments", {"location": "NO-SUCH"}, "location_unknown"),
    ("DELETE /carts/NO-SUCH", None, "cart_unknown"),
]


@pytest.mark.sqlite
def test_a_request_that_the_house_cannot_carry_out_is_refused_in_words(house: House, names: dict[str, Any]) -> None:
    house.badge(Role.GATE, name="guard")
    before, wrong = everything(), []
    for path, body, code in REFUSED:
        method, _, address = path.rpartition(" ")
        for language in ("en", "zh-CN"):
            headers = {**house.api.headers, "Accept-Language": language}
            answer = house.api.client.open(PREFIX + address.format(**names), method=method or "POST", json=body, headers=headers)
            try:
                told = problem(answer)
                assert told["code"] == code, told
                words(told, chinese=language == "zh-CN")
            except AssertionError as complaint:
                wrong.append(f"{path} {body}: {answer.status} {str(complaint)[:300]}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


# -- pages and forms -----------------------------------------------------------------------------------------------------------

QUERIES = ["q", "sort", "page", "status", "kind", "person", "code", "export", "hours", "why", "zone"]
TYPED = [
    "-1",
    "x",
    "1e999",
    "nan",
    "9" * 30,
    "x" * 10_000,
    "A\x00B",
    "<b>bold</b>",
    "'; DROP TABLE stock; --",
    "💥",
    "2026-02-30",
    "\u202eA",
]

# Each form as somebody fills it in rightly: its fields.
FORMS: dict[str, dict[str, str]] = {
    "picking.plan": {
        "orders": "SO-WAIT", "method": "cluster", "cart": "TROLLEY", "orders_per_list": "2", "due_hours": "3", "carrier": "SWIFT",
        "region": "上海", "zone": "Z", "priority": "1", "max_orders": "4", "max_lines": "9", "seconds": "0", "do": "simulate",
    },
    "picking.save_allocation": {"bin_choice": "nearest", "age_window_days": "3"},
    "picking.deallocate": {"line": "1", "reason": "why"},
    "picking.reallocate": {"line": "1", "reason": "why"},
    "picking.deallocate_wave": {"reason": "why"},
    "picking.reallocate_wave": {"reason": "why"},
    "replenishment.raise_now": {"location": "F-01", "hours": "24", "top_off": "1"},
    "picking.pick_again": {},
    "picking.back_order": {},
    "picking.cancel_rest": {},
    "release.put_cart": {"code": "C-9", "name": "Nine", "positions": "9", "tote_kg": "12.5", "tote_litres": "40", "cart_kg": "200"},
    "release.remove_cart": {},
    "release.put_handover": {"zone": "Z", "location": "PACK-1"},
    "release.remove_handover": {},
    "floor_plan.save": {
        "zone": "Z", "cross_aisles": "4000, 8000", "aisle": "A", "way": "up", "closed": "low", "start": "PACK-1", "do": "try",
    },
    "floor_plan.remove": {"zone": "Z"},
    "release.set_stream": {
        "method": "single", "cart": "TROLLEY", "horizon_minutes": "60", "most_orders": "2", "most_lists": "3", "zone_lines": "4",
        "zone_caps": "Z=5", "do": "save",
    },
    "tasks.assign": {"person": "anna"},
    "tasks.assign_many": {"tasks": "1", "person": "anna"},
    "tasks.prioritise": {"priority": "5"},
    "tasks.choose": {"equipment": "RT-16", "zones": "Z"},
}  # fmt: skip


def refusals(page: str) -> list[str]:
    """What a page says is wrong: beside its fields, and above them."""
    said = re.findall(r'<span class="error"[^>]*>(.*?)</span>|<div class="message" data-tone="stop"[^>]*>(.*?)</div>', page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one or other)).split()) for one, other in said]


def pages(app: Application, method: str) -> Iterator[Any]:
    """The routes of these rooms for people."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint.partition(".")[0] in ROOMS and method in (rule.methods or ()):
            yield rule


@pytest.mark.sqlite
def test_no_page_of_picking_falls_over_a_question(house: House, app: Application, names: dict[str, Any]) -> None:
    desk, before, wrong = house.desk(Role.ADMIN), everything(), []
    api = [PREFIX + path for path in ("/tasks", "/carts", "/stream", "/workers", "/allocation-policy")]
    typed = itertools.cycle(TYPED)
    for address in [*(filled(rule.rule, rule.endpoint, names) for rule in pages(app, "GET")), *api]:
        for field in QUERIES:
            for text in itertools.islice(typed, 2):
                answer = desk.client.get(address, query_string={field: text})
                if answer.status_code >= 500 or (answer.mimetype == "text/html" and "<b>bold</b>" in answer.text):
                    wrong.append(f"{address}?{field}={text[:40]}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_form_of_picking_falls_over_what_is_typed(house: House, app: Application, names: dict[str, Any]) -> None:
    desk, wrong = house.desk(Role.SUPERVISOR), []
    boss, some = house.desk(Role.ADMIN), itertools.cycle(TYPED)
    before = house.ledger(), house.see("SO-1")["lines"], house.see("SO-WAIT")["lines"]
    for rule in pages(app, "POST"):
        assert rule.endpoint in FORMS, f"{rule.endpoint}: say in FORMS what it is sent with"
        address, right = filled(rule.rule, rule.endpoint, names), FORMS[rule.endpoint]
        who = boss if rule.endpoint in ("picking.save_allocation", "floor_plan.save", "floor_plan.remove") else desk
        for number, (field, typed) in enumerate((one, text) for one in right for text in (*itertools.islice(some, 4), "")):
            if rule.endpoint == "picking.plan" and field == "do" and typed == "":
                continue  # as it is sent by the button that plans
            sent = {**right, field: typed, "csrf_token": who.token, "once": f"{rule.endpoint}-{number}"}
            answer = who.client.post(address, data=sent)
            page = answer.text if answer.status_code == 422 else who.client.get(answer.headers.get("Location", address)).text
            if answer.status_code not in (200, 302, 400, 422) or "<b>bold</b>" in page:
                wrong.append(f"{address} {field}={typed[:40]!r}: {answer.status}")
            for text in refusals(page):
                if bool(HAN.search(text)) is (house.language == "en"):
                    wrong.append(f"{address} {field}={typed[:40]!r}: {text!r} is the wrong language")
            if answer.status_code == 422 and not refusals(page):
                wrong.append(f"{address} {field}={typed[:40]!r}: refused without a word")
        for raw in (b"\xff\xfe=\xff", b"csrf_token", b"%", b"a" * 100_000):
            answer = who.client.post(address, data=raw, content_type="application/x-www-form-urlencoded")
            if answer.status_code >= 500:
                wrong.append(f"{address} {raw[:20]!r}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    assert (house.ledger(), house.see("SO-1")["lines"], house.see("SO-WAIT")["lines"]) == before
