"""ABC classes computed from what a site picked, proposed, accepted, and what a programme or a count may choose places by."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.errors import NotFound
from wms.locations import freezing
from wms.stock.models import MovementKind
from wms.stocktake import choice, classes, rules
from wms.stocktake.choice import Choice
from wms.stocktake.plan_models import CountRules, Turnover
from wms.tasks import triggers
from wms.tasks.models import Trigger


def picked(w: Warehouse, sku: str, times: int, quantity: int = 1) -> None:
    w.receive(sku, times * quantity + 1, at="A-01")
    w.location("PACK", kind="packing")
    for _ in range(times):
        w.move(sku, quantity, "A-01", "PACK", kind=MovementKind.PICK)


def held(w: Warehouse) -> dict[str, str | None]:
    rows = session.execute(sa.select(Product.sku, classes.class_column(w.site_id)).order_by(Product.sku))
    return dict(list(rows.tuples()))


def chosen(w: Warehouse, **facts: object) -> list[str]:
    found = choice.places(Choice(**facts), w.site_id)  # type: ignore[arg-type]
    L = choice._L  # noqa: N806
    return list(session.execute(sa.select(L.c.code).where(L.c.id.in_(found)).order_by(L.c.code)).scalars())


def say(w: Warehouse, **facts: object) -> CountRules:
    first: dict[str, object] = {"abc_by": Turnover.PICKS, "a_percent": 80, "b_percent": 95, "margin_percent": 2, "days": 91}
    first |= {"automatic": False, "working_days": [0, 1, 2, 3, 4], "shifts": "08:00-16:00", "suspicious_places": 2, "key_twice": False}
    with transaction():
        return rules.choose(by=w.by, **{**first, **facts})  # type: ignore[arg-type]


def test_classes_are_proposed_from_picks_and_hold_when_they_are_accepted(w: Warehouse) -> None:
    for sku, times in (("APPLE", 16), ("PEAR", 3), ("FIG", 1)):
        picked(w, sku, times)
    w.receive("KIWI", 5, at="A-02")
    with transaction():
        assert classes.compute(w.site_id) == 4
    assert held(w) == {"APPLE": None, "PEAR": None, "FIG": None, "KIWI": None}
    with transaction():
        assert classes.accept(["APPLE"], by=w.by) == 1
    assert held(w)["APPLE"] == "A"
    with transaction():
        assert classes.accept(by=w.by) == 3
    assert held(w) == {"APPLE": "A", "PEAR": "B", "FIG": "C", "KIWI": "C"}
    with transaction():
        assert classes.compute(w.site_id) == 0


def test_the_class_of_the_master_data_holds_until_one_is_accepted(w: Warehouse) -> None:
    w.product("APPLE", abc="C")
    picked(w, "APPLE", 5)
    assert held(w) == {"APPLE": "C"}
    with transaction():
        classes.compute(w.site_id)
    with transaction():
        classes.accept(by=w.by)
    assert held(w) == {"APPLE": "A"}
    assert session.execute(sa.select(Product.abc)).scalar_one() == "C"


def test_another_site_has_classes_of_its_own(w: Warehouse) -> None:
    picked(w, "APPLE", 5)
    other = w.site("SOUTH")
    with transaction():
        classes.compute(w.site_id)
    with transaction():
        classes.accept(by=w.by)
    assert classes.class_of(w.site_id, w.product("APPLE").id) == "A"
    assert classes.class_of(other, w.product("APPLE").id) is None


def test_by_value_a_few_dear_pieces_weigh_more_than_many_cheap_ones(w: Warehouse) -> None:
    w.product("GOLD", unit_value=1_000_000)
    w.product("SAND", unit_value=1)
    picked(w, "GOLD", 1)
    picked(w, "SAND", 9)
    say(w, abc_by=Turnover.VALUE, automatic=True)
    with transaction():
        assert classes.compute(w.site_id) == 2
    assert held(w) == {"GOLD": "A", "SAND": "C"}
    say(w, abc_by=Turnover.PICKS, automatic=True)
    with transaction():
        classes.compute(w.site_id)
    assert held(w)["SAND"] == "A"


def test_what_was_undone_was_not_picked(w: Warehouse) -> None:
    picked(w, "APPLE", 1)
    movement = w.movements("APPLE", kind=MovementKind.PICK)[0]
    w.move("APPLE", 1, "PACK", "A-01", kind=MovementKind.REVERSAL, reverses_id=movement.id)
    with transaction():
        classes.compute(w.site_id)
    with transaction():
        classes.accept(by=w.by)
    assert held(w) == {"APPLE": "C"}


def test_shares_and_shifts_that_make_no_sense_are_refused(w: Warehouse) -> None:
    for wrong in ({"a_percent": 95, "b_percent": 80}, {"b_percent": 101}):
        with pytest.raises(rules.SharesWrong):
            say(w, **wrong)
    for text in ("8", "12:00-08:00", "08:00-12:00 11:00-17:00", "25:00-26:00", "x-y", " "):
        with pytest.raises(rules.ShiftsWrong):
            say(w, shifts=text)
    assert rules.written(say(w, shifts="8:00-12:00, 12:00-17:30")) == "08:00-12:00 12:00-17:30"


def test_places_are_chosen_by_what_is_said_of_them(w: Warehouse) -> None:
    for code, zone, aisle in (("A-01", "A", "1"), ("A-02", "A", "2"), ("B-01", "B", "1")):
        w.location(code, zone=zone, aisle=aisle)
    w.location("D-1", kind="dock", zone="D")
    w.product("APPLE", abc="A", unit_value=500)
    w.product("PEAR", unit_value=10)
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 10, at="B-01")
    assert chosen(w) == ["A-01", "A-02", "B-01"]
    assert chosen(w, everywhere=True) == ["A-01", "A-02", "B-01", "D-1"]
    assert chosen(w, zone="a") == ["A-01", "A-02"]
    assert chosen(w, aisle="1", zone="B") == ["B-01"]
    assert chosen(w, skus=("pear",)) == ["B-01"]
    assert chosen(w, abc="A") == ["A-01"]
    assert chosen(w, worth_from=5000) == ["A-01"]
    assert chosen(w, worth_from=100) == ["A-01", "B-01"]
    assert chosen(w, locations=("d-1", "A-02")) == ["A-02", "D-1"]
    for wrong in ({"skus": ("NONE",)}, {"locations": ("NONE",)}, {"owner": "NONE"}):
        with pytest.raises(NotFound):
            chosen(w, **wrong)


def test_goods_of_others_are_chosen_by_their_owner(w: Warehouse) -> None:
    owner = w.partner("OWNER")
    w.product("APPLE", owner_id=owner.id)
    w.receive("APPLE", 1, at="A-01")
    w.receive("PEAR", 1, at="A-02")
    assert chosen(w, owner="owner") == ["A-01"]
    assert chosen(w, owner=choice.HOUSE) == ["A-02"]


def test_a_face_of_a_product_belongs_to_its_class_although_it_is_empty(w: Warehouse) -> None:
    w.location("P-01", kind="pick_face", assigned_product_id=w.product("APPLE", abc="A").id)
    assert chosen(w, abc="a") == ["P-01"]
    assert chosen(w, abc="B") == []


def test_what_is_said_is_kept_and_read_back(w: Warehouse) -> None:
    for said in (Choice(), Choice(zone="A", skus=("X", "Y"), worth_from=5), Choice(everywhere=True)):
        assert Choice.of_json(said.as_json()) == said
        assert said.words


def test_a_zone_is_frozen_once_and_let_go(w: Warehouse) -> None:
    place = w.location("A-01", zone="A")
    loose = w.location("Z-99")
    for _ in range(2):
        with transaction():
            freezing.freeze("A", document="C-1", by=w.by)
    with pytest.raises(freezing.ZoneFrozen):
        freezing.must_not_be_frozen(loose.id, place.id)
    freezing.must_not_be_frozen(loose.id, None)
    assert [one.zone for one in freezing.frozen(w.site_id)] == ["A"]
    with transaction():
        assert freezing.unfreeze("A", by=w.by) == 1
    freezing.must_not_be_frozen(place.id)
    with transaction():
        freezing.freeze("", document="C-2", until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC), by=w.by)
    with pytest.raises(freezing.ZoneFrozen):
        freezing.must_not_be_frozen(loose.id)
    with transaction():
        assert freezing.let_go() == 1
    freezing.must_not_be_frozen(loose.id)


def test_triggers_are_switched_by_site(w: Warehouse) -> None:
    assert triggers.wanted(Trigger.SHORT, w.site_id)
    assert not triggers.wanted(Trigger.LAST_UNIT, w.site_id)
    with transaction():
        triggers.choose({Trigger.LAST_UNIT}, by=w.by)
    assert [one for one, on in triggers.of_site(w.site_id).items() if on] == [Trigger.LAST_UNIT]
    assert triggers.wanted(Trigger.SHORT, w.site("SOUTH"))
