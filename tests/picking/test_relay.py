"""The sequence of a relay: who may begin, where a zone hands over, and that no list ever waits for itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.scanner import Scanner
from tests.web.desk import Desk
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations import floor_plans
from wms.locations.models import Kind
from wms.picking import handing_on, picks, relay, waves
from wms.picking.models import Method, PickList
from wms.tasks import queue
from wms.tasks.models import Task


@pytest.fixture
def three(hall: Hall) -> Hall:
    """Three zones, walked in the sequence of their names, one after the other."""
    with hall.w.transaction():
        hall.w.location("C-01", x_mm=9000, y_mm=3200, aisle="C", zone="C")
        hall.w.location("OVER", kind=Kind.STAGING, x_mm=1000)
        floor_plans.put("", one_way={"A": "up", "B": "down", "C": "up"}, by=hall.by)
    for sku, place in (("APPLE", "A-01"), ("PEAR", "B-03"), ("PLUM", "C-01")):
        hall.put(sku, 20, place)
    hall.release("SO-1", ("APPLE", 2), ("PEAR", 3), ("PLUM", 4))
    return hall


def in_turn(hall: Hall) -> list[PickList]:
    return sorted(hall.wave("SO-1", method=Method.ZONE).pick_lists, key=lambda one: one.follows_id or 0)


def test_a_list_that_joined_the_queue_too_early_is_given_to_nobody(three: Hall, picker: Scanner) -> None:
    lists = in_turn(three)
    with three.w.transaction():
        for one in lists[1:]:
            queue.ready(one.task_id)
    assert [three.task_status(one.number) for one in lists] == ["open"] * 3
    three.pick_all(lists[0].number)
    picker.scan(lists[2].number)
    assert picker.code == "not_handed_over"
    picker.scan("CMD:NEXT")
    assert picker.screen["document"] == lists[1].number, "the second, and never the third"
    picker.scan("CMD:CANCEL")
    three.pick_all(lists[1].number)
    assert three.task_status(lists[2].number) == "open"


def test_who_asks_for_work_gets_none_of_a_zone_whose_turn_is_not_come(three: Hall) -> None:
    first, second, third = in_turn(three)
    with three.w.transaction():
        queue.ready(third.task_id)
        queue.claim(first.task_id, by=three.w.person("other", roles=["picker"]))
    with pytest.raises(picks.NoWork), three.w.transaction():
        picks.open_next(by=three.by)
    with three.w.transaction():
        queue.ready(second.task_id)
        queue.ready(third.task_id)
    with three.w.transaction(), pytest.raises(picks.NoWork):
        picks.open_next(by=three.by)  # the edge would keep what it found
    assert [three.task_status(one.number) for one in (second, third)] == ["waiting", "waiting"]


def test_a_zone_that_is_begun_is_not_taken_away_when_the_one_before_is_undone(three: Hall) -> None:
    first, second, _ = in_turn(three)
    three.pick_all(first.number)
    other = three.w.person("other", roles=["picker"])
    with three.w.transaction():
        opened = picks.open_list(waves.find_list(second.number, by=other), by=other)
    three.pick(opened, quantity=1, by=other)
    with three.w.transaction():
        picks.undo(task_id=first.task_id, by=three.by, key="u1")
    with three.w.transaction():
        assert picks.open_next(by=other).number == second.number


def test_no_relay_bites_its_own_tail(three: Hall) -> None:
    first, second, third = in_turn(three)
    assert (first.id, second.id) == (second.follows_id, third.follows_id)
    for one, before in ((first, third), (second, second), (first, second)):
        with pytest.raises(IntegrityError), db.transaction():
            session.execute(sa.update(PickList).where(PickList.id == one.id).values(follows_id=before.id))
    assert relay.live_before(session.get_one(PickList, third.id)) is not None


def test_each_zone_hands_over_where_it_says_and_the_last_at_packing(three: Hall) -> None:
    with three.w.transaction():
        handing_on.put("A", "OVER", by=three.by)
        handing_on.put("C", "OVER", by=three.by)
    lists = in_turn(three)
    targets = [session.get_one(Task, one.task_id).target_id for one in lists]
    assert targets == [one.target_id for one in lists]
    names = [three.w.location(code).id for code in ("OVER", "PACK", "PACK")]
    assert targets == names, "B names none; C names one, but is the last"


def test_hand_over_places_are_said_over_the_api(three: Hall, app: Application) -> None:
    api = Api(app)
    assert api.put("/hand-over-places/a", {"location": "over"}, status=201) == {"zone": "A", "location": "OVER"}
    assert api.put("/hand-over-places/A", {"location": "PACK"}) == {"zone": "A", "location": "PACK"}
    assert api.get("/hand-over-places")["items"] == [{"zone": "A", "location": "PACK"}]
    assert api.put("/hand-over-places/A", {"location": "A-01"}, status=422)["code"] == "no_handover_place"
    assert api.put("/hand-over-places/NOWHERE", {"location": "OVER"}, status=422)["code"] == "zone_unknown"
    assert api.put("/hand-over-places/A", {"location": "NOWHERE"}, status=404)["code"] == "location_unknown"


def test_hand_over_places_are_said_at_the_desk(three: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.ADMIN)
    desk.post("/picking/carts/hand-over", zone="b", location="OVER")
    assert "Delete the hand-over place of zone B?" in desk.get("/picking/carts")
    assert "is no place to hand over" in desk.post("/picking/carts/hand-over", 422, zone="B", location="B-01")
    assert [(zone, place.code) for zone, place in handing_on.of_site(three.w.site_id)] == [("B", "OVER")]
    desk.post("/picking/carts/hand-over/B/remove")
    session.rollback()
    assert handing_on.of_site(three.w.site_id) == []
