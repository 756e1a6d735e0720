"""Who may decide about what: nobody about their own count, nobody beyond their limit, whichever way it is called."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from tests.stocktake.conftest import approved, count, opened, state
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.errors import Forbidden
from wms.stocktake import adjustments, counts, tolerances
from wms.stocktake.adjustments import OwnCount
from wms.stocktake.models import CountPlan, PlaceState
from wms.stocktake.tolerances import AboveLimit, Tolerance, WorthUnknown


@pytest.fixture
def boss(w: Warehouse) -> Actor:
    return w.person("boss", roles=[Role.MANAGER])


def limited(w: Warehouse, limit: int | None = 1_000, **of_classes: Tolerance) -> None:
    with transaction():
        tolerances.choose({"": Tolerance(), **of_classes}, limit, by=w.by)


def refused(plan: CountPlan, by: Actor) -> None:
    with transaction():
        adjustments.refuse(plan.number, by=by)


def place_refused(w: Warehouse, plan: CountPlan, at: str, by: Actor) -> None:
    place = counts.find_place(plan.id, w.location(at).id).id
    with transaction():
        adjustments.refuse_place(place, by=by)


def decided_by(w: Warehouse, plan: CountPlan, by: Actor, error: type[Forbidden]) -> None:
    """Whichever way this person tries to decide about A-01, it is refused, and all stays as it is."""
    before = (state(w, plan, "A-01"), w.on_hand("GOLD"))
    ways: list[Any] = [lambda: refused(plan, by), lambda: place_refused(w, plan, "A-01", by)]
    for way in [*ways, lambda: approved(plan, by)] if before[0] == PlaceState.REVIEW else ways:
        with pytest.raises(error):
            way()
    assert (state(w, plan, "A-01"), w.on_hand("GOLD")) == before


def test_a_supervisor_refuses_no_more_than_they_may_approve(w: Warehouse, crew: list[Actor], chief: Actor, boss: Actor) -> None:
    w.product("GOLD", unit_value=100_000)
    w.receive("GOLD", 10, at="A-01")
    limited(w)
    plan = opened(w, "A-01")
    for who, wanted in zip(crew, (PlaceState.RECOUNT, PlaceState.REVIEW), strict=False):
        count(w, plan, "A-01", who, GOLD=1)
        assert state(w, plan, "A-01") == wanted
        decided_by(w, plan, chief, AboveLimit)
    refused(plan, boss)
    assert state(w, plan, "A-01") == PlaceState.REFUSED


def test_what_goods_without_a_value_are_worth_is_beyond_every_limit(w: Warehouse, crew: list[Actor], chief: Actor, boss: Actor) -> None:
    w.receive("GOLD", 100_000, at="A-01")
    limited(w)
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, GOLD=1)
    decided_by(w, plan, chief, WorthUnknown)
    approved(plan, boss)
    assert w.on_hand("GOLD") == 1


def test_without_a_limit_a_supervisor_decides_about_goods_without_a_value(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("GOLD", 10, at="A-01")
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, GOLD=1)
    approved(plan, chief)
    assert w.on_hand("GOLD") == 1


def test_who_has_counted_does_not_refuse_it_before_somebody_else_has_counted_it(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("GOLD", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", chief, GOLD=1)
    assert state(w, plan, "A-01") == PlaceState.RECOUNT
    decided_by(w, plan, chief, OwnCount)
    refused(plan, w.by)


def test_a_plan_that_nobody_has_begun_is_given_up_by_whoever_may(w: Warehouse, chief: Actor) -> None:
    w.receive("GOLD", 10, at="A-01")
    limited(w, 0)
    plan = opened(w, "A-01")
    refused(plan, chief)
    assert state(w, plan, "A-01") == PlaceState.REFUSED


@pytest.mark.parametrize(
    ("value", "found", "ends"),
    [(100, 95, "posted"), (100, 89, "recount"), (None, 99, "recount"), (0, 1, "posted")],
)
def test_what_a_count_tolerates_is_never_worth_more_than_the_limit(
    w: Warehouse, crew: list[Actor], value: int | None, found: int, ends: str
) -> None:
    w.product("GOLD", unit_value=value)
    w.receive("GOLD", 100, at="A-01")
    limited(w)
    plan = opened(w, "A-01", tolerance=10**6)
    count(w, plan, "A-01", crew[0], GOLD=found)
    assert state(w, plan, "A-01") == ends


def test_what_a_class_tolerates_holds_for_goods_without_a_value_too(w: Warehouse, crew: list[Actor]) -> None:
    w.product("GOLD", abc="C")
    w.receive("GOLD", 100, at="A-01")
    limited(w, C=Tolerance(units=2))
    plan = opened(w, "A-01")
    count(w, plan, "A-01", crew[0], GOLD=98)
    assert state(w, plan, "A-01") == PlaceState.POSTED


def test_nobody_tolerates_their_own_differences(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    for at in ("A-01", "A-02"):
        w.receive("GOLD", 10, at=at)
    with transaction():
        plan = counts.open_count(by=chief, locations=["A-01", "A-02"], tolerance=5)
    count(w, plan, "A-01", chief, GOLD=6)
    count(w, plan, "A-02", crew[0], GOLD=6)
    assert [state(w, plan, at) for at in ("A-01", "A-02")] == [PlaceState.RECOUNT, PlaceState.POSTED]


@pytest.mark.parametrize(("language", "words"), [("en", "GOLD differs and has no value"), ("zh_CN", "GOLD 有差异但未设单位价值")])
def test_the_desk_says_why_somebody_else_decides(w: Warehouse, client: Client, crew: list[Actor], language: str, words: str) -> None:
    w.receive("GOLD", 10, at="A-01")
    limited(w)
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, GOLD=1)
    desk = Desk(client, Role.SUPERVISOR, language=language)
    place = counts.find_place(plan.id, w.location("A-01").id).id
    session.rollback()
    assert words in desk.get("/counting/differences")
    desk.post(f"/counting/differences/{place}", do="refuse")
    assert words in desk.get("/counting/differences")
    assert state(w, plan, "A-01") == PlaceState.REVIEW
