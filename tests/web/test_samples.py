"""The documentation's examples are one story that really runs: from an empty house to a closed order, every endpoint once."""

from __future__ import annotations

import html
import json
import re
import shlex
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.warehouse import PREFIX, Warehouse
from wms.actor import Role
from wms.app import Application
from wms.catalog import products
from wms.db import session
from wms.integrations import telling
from wms.orders import inbound
from wms.printing.models import PrintJob
from wms.receiving import inspection_rules
from wms.receiving.check_in import check_in
from wms.web.api import Endpoint
from wms.web.samples import FIRST_STEPS, SAMPLES


class Story:
    """Runs the calls one after the other, and does the floor's part between them."""

    def __init__(self, app: Application, w: Warehouse) -> None:
        self.app, self.api, self.w, self.finder = app, Api(app), w, Api(app, Role.COUNTER)
        self.endpoints: dict[str, Endpoint] = {f"{one.room}_{one.name}": one for one in app.extensions["wms_endpoints"]}
        self.before: dict[str, Any] = {
            "plates_one": self.fill_a_pallet,
            "scan_take": lambda: None,
            "receiving_post_arrival": lambda: self.api.post(
                "/inbound-orders", {**SAMPLES["orders_post_inbound_order"].body, "number": "PO-2"}
            ),
            "receiving_cancel_arrival": lambda: self.api.post("/arrivals", {"number": "AR-2", "plate": "豫B·77K05"}),
            "inspections_get_inspections": self.inspect,
            "shipping_plan": self.pick_and_pack,
            "shipping_close": self.load,
            "shipping_turn_back": self.close_and_leave,
            "shipping_one_shipment": lambda: None,
            "building_propose": self.pack_another,
            "orders_sign_off_order": self.close_and_leave,
            "returns_link_return": self.return_without_papers,
            "returns_decide_return": self.return_without_papers,
            "slotting_accept_slotting": self.give_a_face,
            "picking_deallocate": self.plan_another,
            "picking_reallocate": lambda: self.api.post("/waves", {"orders": ["SO-4"]}, status=201),
            "orders_cancel_order": lambda: self.api.post("/orders", {**SAMPLES["orders_post_order"].body, "number": "SO-2"}),
            "orders_pay_back_order": self.settle_and_cancel,
            "stocktake_approve": self.count,
            "stocktake_refuse": lambda: self.api.post("/counts", SAMPLES["stocktake_open_count"].body),
            "counting_explain_count_find": self.find_something,
            "printing_confirm_print_job": self.break_off,
            "integrations_get_deliveries": self.tell,
        }

    def call(self, name: str) -> Any:
        one, sample = self.endpoints[name], SAMPLES[name]
        self.before.get(name, lambda: None)()
        path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda found: str(sample.path[found[1]]), one.rule)
        body = {} if one.body is None else {"json": sample.body}
        return self.api._ask(one.method, path, None, query_string=dict(sample.query), **body)

    def fill_a_pallet(self) -> None:
        sample = SAMPLES["stock_adjust"].body
        for name, quantity in (("plates_one", 10), ("plates_merge", 1), ("plates_nest", 1)):
            self.api.post("/stock/adjustments", {**sample, "quantity": quantity, "handling_unit": SAMPLES[name].path["sscc"]})

    def follow(self, flow: str, first: str, until: str, *, as_well: dict[str, str] | None = None, api: Api | None = None) -> dict[str, Any]:
        """Scans what each screen waits for, until a step comes."""
        api, text = api or self.api, first
        for _ in range(30):
            screen = api.get(f"/scan/{flow}")
            screen = api.post(f"/scan/{flow}", {"scan": text, "version": screen["version"], "key": self.w.key()})
            assert screen["message"]["tone"] != "stop", screen
            if screen["step"] == until:
                return dict(screen)
            text = (as_well or {}).get(screen["step"]) or str(screen["expected"])
        raise AssertionError(f"{flow} does not come to {until}: {screen}")

    def inspect(self) -> None:
        """A delivery that a rule wants inspected comes in."""
        self.api.post("/inbound-orders", {**SAMPLES["orders_post_inbound_order"].body, "number": "PO-Q"})
        self.w.location("DOCK-1", kind="dock")
        with self.w.transaction():
            inspection_rules.add_rule(inspection_rules.NewRule(sku="TEA-01"), by=self.w.by)
            order, goods = inbound.find_inbound("PO-Q", by=self.w.by), products.find_product("TEA-01")
            dock = self.w.location("DOCK-1").id
            check_in(order.id, goods, 48, dock_id=dock, by=self.w.by, key="po-q", company_prefix=PREFIX, lot="L-2612")

    def pick_and_pack(self) -> None:
        self.follow("pick", self.api.get("/scan/pick")["expected"], "document")
        packed = self.follow("pack", "SO-1", "start", as_well={"product": "6901234567892", "quantity": "8", "weight": "CMD:DONE"})
        self.carton = next(one["number"] for one in packed["printed"] if one["kind"] == "handling-unit")

    def pack_another(self) -> None:
        order = SAMPLES["orders_post_order"].body
        self.api.post("/orders", {**order, "number": "SO-5", "lines": [{"line": "1", "sku": "TEA-01", "quantity": 1}]}, status=201)
        self.api.post("/orders/SO-5/release", {})
        self.api.post("/waves", {"orders": ["SO-5"]}, status=201)
        self.follow("pick", "SO-5", "document")
        self.follow("pack", "SO-5", "weight", as_well={"product": "6901234567892", "quantity": "1"})

    def plan_another(self) -> None:
        self.api.post("/orders", {**SAMPLES["orders_post_order"].body, "number": "SO-4"}, status=201)
        self.api.post("/orders/SO-4/release", {})
        self.api.post("/waves", {"orders": ["SO-4"]}, status=201)

    def settle_and_cancel(self) -> None:
        self.api.post("/orders", {**SAMPLES["orders_post_order"].body, "number": "SO-7"}, status=201)
        self.api.post("/orders/SO-7/settle", {})
        self.api.post("/orders/SO-7/cancel", {})

    def give_a_face(self) -> None:
        with self.w.transaction():
            owner = self.w.product("TEA-01").id
            self.w.location("Z-01-3", kind="pick_face", assigned_product_id=owner, assigned_minimum=0, assigned_maximum=100)
            self.w.location("Z-01-4", kind="pick_face", storage_class=self.w.product("TEA-01").storage_class)

    def load(self) -> None:
        self.follow("load", "L-10001", "close")

    def close_and_leave(self) -> None:
        self.api.post("/loads/L-10001/close", {"seal": "SEAL-1"})
        self.leave()

    def leave(self) -> None:
        gate_pass = next(one["number"] for one in self.api.get("/orders/SO-1")["documents"] if one["kind"] == "gate-pass")
        self.scan("gate", gate_pass)
        self.scan("gate", gate_pass)
        assert self.api.get("/orders/SO-1")["status"] == "shipped"

    def scan(self, flow: str, text: str, api: Api | None = None) -> dict[str, Any]:
        api = api or self.api
        screen = api.get(f"/scan/{flow}")
        answer = api.post(f"/scan/{flow}", {"scan": text, "version": screen["version"], "key": self.w.key()})
        assert answer["message"]["tone"] != "stop", answer
        return dict(answer)

    def return_without_papers(self) -> None:
        self.api.post("/returns", {"sender": "李雷", "lines": [{"sku": "TEA-01", "quantity": 1, "lot": "L-2611"}]}, status=201)

    def count(self) -> None:
        for counter in (Api(self.app, Role.COUNTER), Api(self.app, Role.COUNTER)):
            for text in ("C-10001", "Z-01-2", "6901234567892", "L-2611", "11", "CMD:DONE"):
                self.scan("count", text, counter)

    def find_something(self) -> None:
        self.api.post("/counts", SAMPLES["stocktake_open_count"].body)
        for text in ("Z-01-2", "CMD:OTHER", "blue box", "2"):
            self.scan("count", text, self.finder)

    def break_off(self) -> None:
        """The printer went away in the middle."""
        with self.w.transaction():
            session.execute(sa.update(PrintJob).values(status="doubtful", ended_at=None))

    def tell(self) -> None:
        self.api.post("/orders", {**SAMPLES["orders_post_order"].body, "number": "SO-3"})
        self.api.post("/orders/SO-3/hold", {})
        with self.w.transaction():
            telling.spread()


@pytest.fixture
def story(app: Application, w: Warehouse) -> Story:
    w.location("Z-01-2")
    w.location("PACK-1", kind="packing")
    w.location("DOOR-1", kind="door")
    w.location("DOCK-1", kind="dock")
    w.location("INSP-1", kind="inspection")
    w.partner("FARM", kind="supplier")
    w.partner("SWIFT", kind="carrier")
    w.person("LIMEI", roles=[Role.PICKER])
    w.person("LIMEI-C", roles=[Role.COUNTER])
    return Story(app, w)


def test_every_example_runs_and_every_endpoint_has_one(story: Story) -> None:
    assert set(SAMPLES) == set(story.endpoints)
    answers = {name: story.call(name) for name in SAMPLES}
    assert answers["orders_change_order"]["lines"][0]["ordered"] == 8
    assert answers["orders_release_order"]["status"] == "released"
    assert answers["orders_close_order"]["status"] == "closed"
    assert answers["inspections_post_inspection_result"]["inspection"]["status"] == "partly"
    assert answers["differences_settle_difference"]["transfer_note"]
    assert answers["stocktake_approve"]["status"] == "posted"
    assert answers["orders_cancel_order"]["status"] == "cancelled"


@pytest.mark.sqlite
def test_the_first_steps_alone_lead_to_an_order_in_work(app: Application, w: Warehouse) -> None:
    house = Story(app, w)
    for name in FIRST_STEPS:
        answer = house.call(name)
    assert answer["status"] == "released"


@pytest.mark.sqlite
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_shows_each_command_as_it_runs_with_its_fields_and_words(story: Story, client: Client, language: str) -> None:
    client.set_cookie("wms_language", language)
    page = html.unescape(client.get("/api/v1/docs").text)
    for name, sample in SAMPLES.items():
        one = page[page.index(f'<details id="{name}">') :]
        one = one[: one.index("</details>")]
        assert (sample.zh if language == "zh_CN" else story.endpoints[name].summary) in one
        command = re.search(r'<pre class="command"><code>(.*?)</code>', one, re.DOTALL)
        assert command, name
        words = shlex.split(command[1].replace(" \\\n  ", " "))  # as the shell reads what was pasted
        assert (json.loads(words[words.index("-d") + 1]) if "-d" in words else None) == sample.body
        model = story.endpoints[name].body
        for field in [info.alias or field for field, info in model.model_fields.items()] if model else ():
            assert f'<td class="code">{field}</td>' in one, f"{name} does not list {field}"
    assert page.index("wms token create") < page.index("<details"), "how to begin stands first"


@pytest.mark.sqlite
def test_the_document_carries_the_examples_and_says_all_in_both_languages(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    for methods in document["paths"].values():
        for operation in methods.values():
            sample = SAMPLES[operation["operationId"]]
            assert operation["description"].startswith(sample.zh)
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["example"] == sample.body
            shown = {one["name"]: one["example"] for one in operation["parameters"] if "example" in one}
            assert shown == {**sample.path, **sample.query}
