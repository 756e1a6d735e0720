"""Which deliveries are inspected: by rules in their order, each n-th delivery, and always the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crowd import all_at_once
from tests.http import Api
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.catalog.models import PartnerKind
from wms.catalog.products import ProductUnknown
from wms.db import session
from wms.orders.inbound import announce
from wms.orders.lines import NewLine, PartnerUnknown
from wms.orders.models import InboundKind, InboundOrder
from wms.receiving import deliveries, inspection, inspection_rules
from wms.receiving.inspection_rules import Decision, NewRule
from wms.receiving.models import InspectionRule, Sampling
from wms.receiving.sampling import Sample


class Rules:
    """Rules in few words."""

    def __init__(self, w: Warehouse, dock: Dock) -> None:
        self.w, self.dock, self.orders = w, dock, 0
        for code in ("FARM", "MILL"):
            w.partner(code, kind=PartnerKind.SUPPLIER)

    def add(self, **facts: Any) -> InspectionRule:
        for sku in [facts["sku"]] if "sku" in facts else []:
            self.w.product(sku)
        with self.w.transaction():
            return inspection_rules.add_rule(NewRule(**facts), by=self.w.by)

    def delivery(self, supplier: str | None = "FARM", sku: str = "TEA", **facts: Any) -> InboundOrder:
        self.orders += 1
        return self.dock.announce((sku, 100), number=f"IN-{self.orders}", partner=supplier, **facts)

    def ask(self, order: InboundOrder, sku: str = "TEA", **facts: Any) -> Decision:
        with self.w.transaction():
            return inspection.wanted(deliveries.lock(order.id), self.w.product(sku), by=self.w.by, **facts)

    def answers(self, count: int, **facts: Any) -> list[bool]:
        return [self.ask(self.delivery(**facts)).inspects for _ in range(count)]


@pytest.fixture
def rules(w: Warehouse, dock: Dock) -> Rules:
    return Rules(w, dock)


def test_without_a_rule_nothing_is_inspected(rules: Rules) -> None:
    decision = rules.ask(rules.delivery())
    assert (decision.inspects, decision.why.say("en")) == (False, "No rule asks for an inspection")


def test_the_first_rule_that_fits_decides(rules: Rules) -> None:
    rules.add(supplier="FARM", sku="TEA", inspects=False)
    rules.add(supplier="FARM")
    assert rules.answers(2) == [False, False]
    decision = rules.ask(rules.delivery(sku="SOAP"), "SOAP")
    assert (decision.inspects, decision.why.say("en")) == (True, "Rule 2: each delivery")
    assert rules.answers(1, supplier="MILL") == [False]


@pytest.mark.parametrize(
    ("rule", "fits", "fits_not"),
    [
        ({"supplier": "farm"}, {"supplier": "FARM"}, {"supplier": "MILL"}),
        ({"sku": "TEA"}, {"sku": "TEA"}, {"sku": "SOAP"}),
        ({"storage_class": "cold"}, {"sku": "ICE"}, {"sku": "SOAP"}),
        ({"abc": "a"}, {"sku": "ICE"}, {"sku": "SOAP"}),
        ({"kind": InboundKind.TRANSFER}, {"kind": InboundKind.TRANSFER}, {"kind": InboundKind.PURCHASE}),
    ],
)
def test_a_rule_is_about_what_it_names(w: Warehouse, rules: Rules, rule: Any, fits: Any, fits_not: Any) -> None:
    w.product("ICE", storage_class="cold", abc="A")
    rules.add(**rule)
    asked = [rules.ask(rules.delivery(**one), one.get("sku", "TEA")).inspects for one in (fits, fits_not)]
    assert asked == [True, False]


def test_each_third_delivery_is_inspected_and_the_first_one_too(rules: Rules) -> None:
    rules.add(every=3)
    assert rules.answers(7) == [True, False, True, False, False, True, False]


def test_the_first_one_only_where_that_is_asked_for(rules: Rules) -> None:
    rules.add(every=3, first_too=False)
    assert rules.answers(3) == [False, False, True]


def test_deliveries_are_counted_for_each_supplier_and_product(rules: Rules) -> None:
    rules.add(every=2, first_too=False)
    asked = [("FARM", "TEA"), ("MILL", "TEA"), ("FARM", "SOAP"), ("FARM", "TEA"), ("MILL", "TEA")]
    assert [rules.ask(rules.delivery(one, sku), sku).inspects for one, sku in asked] == [False, False, False, True, True]


def test_what_came_before_there_was_a_rule_is_no_first_delivery(dock: Dock, rules: Rules) -> None:
    order = rules.delivery()
    dock.receive("TEA", 100, number=order.number)
    rules.add(every=5)
    assert rules.answers(1) == [False]


def test_the_same_delivery_is_answered_the_same_however_often_it_asks(rules: Rules) -> None:
    rules.add(every=2, first_too=False)
    first, second = rules.delivery(), rules.delivery()
    assert [rules.ask(one).inspects for one in (first, first, second, first, second, second)] == [False, False, True, False, True, True]
    assert rules.answers(2) == [False, True]


def test_two_docks_that_ask_at_once_are_counted_apart(app: Application, w: Warehouse, rules: Rules) -> None:
    rules.add(every=4, first_too=False)
    orders = [rules.delivery().id for _ in range(8)]
    product_id = w.product("TEA").id

    def ask(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                product = session.get_one(type(w.product("TEA")), product_id)
                return inspection.wanted(deliveries.lock(orders[number]), product, by=w.by).inspects

        return unit

    session.rollback()
    answers = all_at_once(app, [ask(number) for number in range(8)])
    assert sorted(answers) == [False] * 6 + [True] * 2


def test_production_without_its_certificate_waits_whatever_the_rules_say(rules: Rules) -> None:
    rules.add(inspects=False)
    with rules.w.transaction():
        lines = [NewLine(sku=rules.w.product("TEA").sku, quantity=10, certificate="QC-7")]
        order = announce(number="IN-P", kind=InboundKind.PRODUCTION, lines=lines, by=rules.w.by)
    assert rules.ask(order).inspects
    assert not rules.ask(order, certificate="QC-7").inspects


def test_a_decision_says_how_much_is_drawn(rules: Rules) -> None:
    rules.add(sampling=Sampling.AQL, sample=250)
    assert rules.ask(rules.delivery()).sample(500) == Sample(50, 4)


def test_the_try_out_tells_each_rule_and_counts_nothing(w: Warehouse, rules: Rules) -> None:
    rules.add(supplier="MILL")
    rules.add(every=2)
    farm, tea = w.partner("FARM").id, w.product("TEA")
    for _ in range(3):
        told = inspection_rules.would(tea, farm, InboundKind.PURCHASE, by=w.by)
        assert [(fits, words.say("en")) for _, fits, words in told] == [
            (False, "another supplier"),
            (True, "Inspected: the first delivery of this product from this supplier"),
        ]
    order = rules.delivery()
    rules.ask(order)
    rules.dock.receive("TEA", 1, number=order.number)
    told = inspection_rules.would(tea, farm, InboundKind.PURCHASE, by=w.by)
    assert told[-1][2].say("zh_CN") == "检验：将是第 2 批，每 2 批检一批"
    assert inspection_rules.would(tea, None, InboundKind.PURCHASE, by=w.person("stranger", site=w.site("SOUTH"))) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"every": 0},
        {"every": 1001},
        {"sampling": Sampling.FIXED},
        {"sampling": Sampling.FIXED, "sample": 0},
        {"sampling": Sampling.PERCENT, "sample": 101},
        {"sampling": Sampling.AQL, "sample": 30},
        {"sampling": Sampling.AQL},
        {"allowed": -1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(w: Warehouse, rules: Rules, facts: Any) -> None:
    with pytest.raises(inspection_rules.RuleWrong):
        rules.add(**facts)
    with w.transaction():
        assert inspection_rules.all_rules(by=w.by) == []


def test_a_rule_about_nobody_is_refused(rules: Rules) -> None:
    with pytest.raises(PartnerUnknown):
        rules.add(supplier="NOBODY")
    with pytest.raises(ProductUnknown), rules.w.transaction():
        inspection_rules.add_rule(NewRule(sku="NOTHING"), by=rules.w.by)


def test_rules_are_changed_moved_and_removed(w: Warehouse, rules: Rules) -> None:
    first, second, third = (rules.add(note=name) for name in ("a", "b", "c"))
    rules.ask(rules.delivery())

    def order() -> str:
        return "".join(rule.note or "" for rule in inspection_rules.all_rules(by=w.by))

    with w.transaction():
        inspection_rules.move_rule(third.id, up=True, by=w.by)
        inspection_rules.move_rule(first.id, up=True, by=w.by)
        assert order() == "acb"
        inspection_rules.move_rule(first.id, up=False, by=w.by)
        assert order() == "cab"
        inspection_rules.change_rule(second.id, NewRule(note="B", every=4), by=w.by)
        inspection_rules.remove_rule(first.id, by=w.by)
        assert (order(), [rule.position for rule in inspection_rules.all_rules(by=w.by)]) == ("cB", [1, 2])


def test_another_site_has_rules_of_its_own(w: Warehouse, rules: Rules) -> None:
    rule = rules.add()
    stranger = w.person("stranger", site=w.site("SOUTH"))
    with w.transaction():
        assert inspection_rules.all_rules(by=stranger) == []
        for change in (
            lambda: inspection_rules.remove_rule(rule.id, by=stranger),
            lambda: inspection_rules.move_rule(rule.id, up=True, by=stranger),
            lambda: inspection_rules.change_rule(rule.id, NewRule(), by=stranger),
        ):
            with pytest.raises(inspection_rules.RuleUnknown):
                change()


def test_a_machine_keeps_the_list_of_rules(app: Application, w: Warehouse) -> None:
    w.product("TEA")
    machine = Api(app, Role.ADMIN)
    one = machine.post("/inspection-rules", {"sku": "TEA", "every": 5, "sampling": "percent", "sample": 10}, status=201)
    assert (one["position"], one["sku"], one["sample"]) == (1, "TEA", 10)
    machine.put(f"/inspection-rules/{one['id']}", {"sku": "TEA", "inspects": False})
    assert [(rule["inspects"], rule["every"]) for rule in machine.get("/inspection-rules")["items"]] == [(False, 1)]
    wrong = machine.post("/inspection-rules", {"sampling": "aql", "sample": 3}, status=422)
    assert wrong["code"] == "inspection_rule_wrong"
    machine._ask("DELETE", f"/inspection-rules/{one['id']}", 204)
    assert machine.get("/inspection-rules")["items"] == []
