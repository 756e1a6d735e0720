"""The putaway rules of a site: asked in their order, edited without overwriting each other, tried out without keeping anything."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.db import session
from wms.errors import ChangedMeanwhile
from wms.locations.models import Kind, Vacancy
from wms.receiving import rules
from wms.receiving.models import Method
from wms.receiving.rules import Rule, rule_of
from wms.receiving.try_out import Tried, try_out
from wms.stock.capacity import TemperatureDiffers, TooTall
from wms.stock.models import Condition
from wms.tasks.models import Task


def keep_to(w: Warehouse, *some: Rule) -> None:
    with w.transaction():
        rules.save(some, seen=rules.rulebook(w.site_id).version, by=w.by)


def ask(w: Warehouse, sku: str, quantity: int = 10, **facts: Any) -> Tried:
    with w.transaction():
        return try_out(sku, quantity, by=w.by, **facts)


def place(w: Warehouse, sku: str, **facts: Any) -> str | None:
    return ask(w, sku, **facts).target


def test_a_site_without_rules_keeps_to_the_usual_ones(w: Warehouse, dock: Dock) -> None:
    assert rules.rulebook(w.site_id) == rules.Rulebook(0, rules.USUAL)
    assert [rule.method for rule in rules.USUAL] == [Method.PICK_FACE, Method.SAME_BATCH, Method.SAME_PRODUCT, Method.ABC]


def test_the_first_rule_that_knows_a_place_has_the_word(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 5, at="A-03")
    assert place(w, "TEA") == "A-03"
    keep_to(w, Rule(Method.EMPTY), Rule(Method.SAME_PRODUCT))
    assert place(w, "TEA") == "A-01"
    keep_to(w, Rule(Method.EMPTY, active=False), Rule(Method.SAME_PRODUCT))
    assert place(w, "TEA") == "A-03"


@pytest.mark.parametrize(
    ("facts", "asked", "meant"),
    [
        ({"sku": "TEA"}, {}, True),
        ({"sku": "SOAP"}, {}, False),
        ({"abc": "A"}, {}, True),
        ({"abc": "B"}, {}, False),
        ({"unit_kind": "pallet"}, {}, True),
        ({"unit_kind": "loose"}, {}, False),
        ({"unit_kind": "loose"}, {"unit_kind": "loose"}, True),
        ({"supplier": "ACME"}, {"supplier": "ACME"}, True),
        ({"supplier": "ACME"}, {}, False),
        ({"start_zone": "NORTH"}, {"start": "DOCK-N"}, True),
        ({"start_zone": "NORTH"}, {}, False),
        ({"condition": Condition.DAMAGED}, {}, False),
        ({"storage_class": "dry"}, {}, False),
    ],
)
def test_a_rule_is_for_the_goods_that_it_names(w: Warehouse, dock: Dock, facts: dict[str, Any], asked: dict[str, Any], meant: bool) -> None:
    w.product("TEA", abc="A")
    w.product("SOAP")
    w.partner("ACME", kind="supplier")
    w.location("DOCK-N", kind=Kind.DOCK, zone="NORTH", x_mm=0)
    keep_to(w, rule_of(Method.EMPTY, **facts))
    assert place(w, "TEA", **asked) == ("A-01" if meant else None)


def test_a_rule_looks_in_its_zones_only(w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    w.location("Z-1", zone="COLD", x_mm=50_000)
    keep_to(w, Rule(Method.EMPTY, zones=("COLD",)))
    assert place(w, "TEA") == "Z-1"
    w.receive("SOAP", 1, at="Z-1")
    assert place(w, "TEA") is None


def test_in_a_fixed_zone_goods_lie_beside_others(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", weight_grams=100)
    w.location("Z-1", zone="FLOOR", x_mm=50_000, max_weight_grams=1500)
    w.location("Z-2", zone="FLOOR", x_mm=60_000)
    w.receive("SOAP", 1, at="Z-1")
    keep_to(w, Rule(Method.FIXED_ZONE, zones=("FLOOR",)))
    assert place(w, "TEA") == "Z-1"
    assert place(w, "TEA", quantity=16) == "Z-2"


def test_bulk_fills_a_deep_bin_before_it_begins_another(w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    for code, x in (("D-1", 10_000), ("D-2", 20_000), ("D-3", 30_000)):
        w.location(code, max_units=3, x_mm=x)
    keep_to(w, Rule(Method.BULK))
    assert place(w, "TEA") == "D-1"
    for _ in range(2):
        w.receive("TEA", 10, at="D-3", unit=w.unit(at="D-3"))
    w.receive("TEA", 10, at="D-2", unit=w.unit(at="D-2"))
    assert place(w, "TEA") == "D-3"
    w.receive("TEA", 10, at="D-3", unit=w.unit(at="D-3"))
    assert place(w, "TEA") == "D-2"
    assert place(w, "TEA", unit_kind="loose") is None


def test_goods_of_a_storage_class_go_where_such_bins_stand(w: Warehouse, dock: Dock) -> None:
    w.product("OIL", storage_class="flammable", abc="C")
    w.location("X-1", storage_class="flammable", x_mm=70_000)
    w.location("X-2", storage_class="flammable", x_mm=80_000)
    keep_to(w, Rule(Method.CLASS_ZONE), Rule(Method.EMPTY))
    w.product("TEA")
    assert (place(w, "OIL"), place(w, "TEA")) == ("X-1", "A-01")


def test_damaged_goods_go_to_their_area_or_where_a_rule_for_them_says(w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    w.location("DEF-2", kind=Kind.DEFECT, zone="CAGE", x_mm=90_000)
    assert place(w, "TEA", condition=Condition.DAMAGED) == "DEF"
    keep_to(w, Rule(Method.FIXED_ZONE, zones=("CAGE",), condition=Condition.DAMAGED))
    assert place(w, "TEA", condition=Condition.DAMAGED) == "DEF-2"


def test_temperature_and_height_are_limits_as_the_others_are(w: Warehouse, dock: Dock) -> None:
    w.product("ICE", temperature="frozen", height_mm=100)
    w.location("F-1", temperature="frozen", max_height_mm=1500, x_mm=70_000)
    w.location("F-2", temperature="frozen", max_height_mm=2500, x_mm=80_000)
    dock.announce(("ICE", 20))
    assert place(w, "ICE") == "F-1"
    assert place(w, "ICE", height_mm=1800) == "F-2"
    receipt = dock.receive("ICE", 10)
    with pytest.raises(TemperatureDiffers) as refused:
        dock.store(receipt.task, "A-01")
    assert refused.value.say("en") == "ICE is kept Frozen; A-01 is Ambient"
    with w.transaction():
        session.get_one(type(receipt.unit), receipt.unit.id).height_mm = 1800
    with pytest.raises(TooTall):
        dock.store(receipt.task, "F-1")
    dock.store(receipt.task, "F-2")


def test_trying_out_says_which_rule_answered_what_and_who_was_passed_over(w: Warehouse, dock: Dock) -> None:
    w.product("IRON", weight_grams=1000)
    w.location("S-1", x_mm=100, max_weight_grams=9_999)
    asked = ask(w, "IRON", 10).answer.asked
    assert [(one.number, one.method, one.found) for one in asked] == [
        (1, Method.PICK_FACE, False),
        (2, Method.SAME_BATCH, False),
        (3, Method.SAME_PRODUCT, False),
        (4, Method.ABC, True),
    ]
    (turned,) = asked[3].turned
    assert (turned.location, turned.code, turned.why.say("en")) == (
        "S-1",
        "location_full",
        "S-1 has no room: grams 0 and 10000 more, at most 9999",
    )


def test_trying_out_keeps_nothing_free(w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    assert [place(w, "TEA") for _ in range(2)] == ["A-01", "A-01"]
    assert session.execute(sa.select(sa.func.count()).select_from(Task)).scalar_one() == 0


def test_two_supervisors_do_not_overwrite_each_other(w: Warehouse) -> None:
    with w.transaction():
        rules.add(Rule(Method.EMPTY), seen=0, by=w.by)
    with pytest.raises(ChangedMeanwhile), w.transaction():
        rules.move(1, 1, seen=0, by=w.by)
    with w.transaction():
        rules.move(5, -4, seen=1, by=w.by)
    assert [rule.method for rule in rules.rulebook(w.site_id).rules][:2] == [Method.EMPTY, Method.PICK_FACE]


def test_a_bin_that_is_emptied_is_found_again(w: Warehouse, dock: Dock) -> None:
    keep_to(w, Rule(Method.EMPTY))
    w.product("TEA")
    for code in ("A-01", "A-02"):
        w.receive("SOAP", 5, at=code)
    assert place(w, "TEA") == "A-03"
    w.move("SOAP", 5, "A-01", "A-04")
    assert place(w, "TEA") == "A-01"
    assert session.execute(sa.select(sa.func.count()).select_from(Vacancy)).scalar_one() >= 2


def test_rules_over_the_api(api: Api, w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    before = api.get("/putaway/rules")
    assert (before["version"], len(before["rules"])) == (0, 4)
    body = {"version": 0, "rules": [{"method": "empty", "sku": "tea"}, {"method": "fixed_zone"}]}
    assert api.put("/putaway/rules", body, status=422)["code"] == "zones_missing"
    body["rules"][1]["zones"] = ["A"]
    assert api.put("/putaway/rules", body)["version"] == 1
    assert api.put("/putaway/rules", body, status=409)["code"] == "changed_meanwhile"
    answer = api.post("/putaway/suggestions", {"sku": "TEA", "quantity": 5}, status=200)
    assert (answer["target"], answer["start"], answer["rules"][0]["found"]) == ("A-01", "DOCK", True)


def as_saved(w: Warehouse) -> tuple[Rule, ...]:
    session.rollback()  # what others have saved is seen from now on
    return rules.rulebook(w.site_id).rules


def test_a_supervisor_edits_the_rules_at_the_desk(desk: Any, w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    page = desk.get("/receiving/putaway-rules")
    assert "Pick face below its minimum" in page
    desk.post("/receiving/putaway-rules/4/up", seen="0")
    assert [rule.method for rule in as_saved(w)][2] == Method.ABC
    desk.post("/receiving/putaway-rules/4/up", seen="0")
    assert "changed the rules at" in desk.get("/receiving/putaway-rules")
    desk.post("/receiving/putaway-rules/new", seen="1", method="fixed_zone", status=422)
    assert "names none" in desk.last.get_data(as_text=True)
    desk.post("/receiving/putaway-rules/new", seen="1", method="fixed_zone", zones="FLOOR， HALL", abc="c")
    last = as_saved(w)[-1]
    assert (last.zones, last.abc) == (("FLOOR", "HALL"), "C")
    desk.post("/receiving/putaway-rules/5/off", seen="2")
    desk.post("/receiving/putaway-rules/1/delete", seen="3")
    assert [rule.active for rule in as_saved(w)] == [True, True, True, False]
    assert "A-01" in desk.get("/receiving/putaway-rules?sku=TEA&quantity=5")
    assert "There is no product NONE" in desk.get("/receiving/putaway-rules?sku=NONE&quantity=5")
    desk.post("/receiving/putaway-rules/usual", seen="4")
    assert as_saved(w) == rules.USUAL


@pytest.fixture
def desk(client: Any, w: Warehouse) -> Any:
    from tests.web.desk import Desk

    return Desk(client, Role.SUPERVISOR)
