"""Work that a supervisor gave to somebody is assigned, not in work, until they begin it: at the desk and for all who change it."""

from __future__ import annotations

import pytest

from tests.http import Client
from tests.picking.conftest import Hall, engine, hall
from tests.scanner import Scanner
from tests.web.desk import Desk
from wms.actor import Actor, Language, Role
from wms.db import session
from wms.picking import deallocation, picks, waves
from wms.picking.deallocation import PickingBegun
from wms.scan.engine import Engine
from wms.tasks import board, queries, supervising
from wms.tasks.models import Task
from wms.tasks.queue import TaskOver

__all__ = ["engine", "hall"]
Given = tuple[Hall, int, str, Actor]
BOTH: list[tuple[Language, str, str]] = [("en", "Assigned", "In work"), ("zh_CN", "已指派", "进行中")]


@pytest.fixture
def given(hall: Hall) -> Given:
    """A list for two orders at two places, given to Anna: the hall, its task and its number."""
    anna = hall.w.person("anna", roles=["picker"])
    hall.put("APPLE", 10, "A-01")
    hall.put("PEAR", 10, "B-03")
    hall.release("SO-1", ("APPLE", 2), ("PEAR", 1))
    pick_list = hall.wave("SO-1").pick_lists[0]
    with hall.w.transaction():
        supervising.assign(pick_list.task_id, "anna", by=hall.by)
    return hall, pick_list.task_id, pick_list.number, anna


def words(task_id: int, hall: Hall, language: Language) -> str:
    session.expire_all()
    return queries.one(task_id, by=hall.by, language=language).words.say(language)


def test_it_is_in_work_when_they_begin_it_on_the_handheld(given: Given, engine: Engine) -> None:
    hall, task_id, _, anna = given
    for language, assigned, _ in BOTH:
        assert words(task_id, hall, language) == assigned
    counted = board.waiting(by=hall.by)
    assert (counted.open, counted.in_work, counted.assigned) == (0, 0, 1)
    assert next(one for one in board.workers(by=hall.by) if one.person == "anna").assigned
    hand = Scanner(engine, anna, "pick")
    hand.scan("CMD:NEXT")
    for language, _, in_work in BOTH:
        assert words(task_id, hall, language) == in_work
    counted = board.waiting(by=hall.by)
    assert (counted.in_work, counted.assigned) == (1, 0)
    hand.scan("CMD:CANCEL")
    assert session.get_one(Task, task_id, populate_existing=True).assigned_at is None


def test_goods_of_a_list_nobody_has_begun_are_chosen_anew(given: Given, engine: Engine) -> None:
    hall, task_id, number, anna = given
    with hall.w.transaction():
        planned = deallocation.reallocate("SO-1", by=hall.by)
    assert hall.task_status(number) == "cancelled"
    assert planned.pick_lists[0].number != number
    hand = Scanner(engine, anna, "pick")
    hand.scan(number)
    assert hand.code == "nothing_to_pick"
    with pytest.raises(TaskOver), hall.w.transaction():
        picks.still_mine(task_id, anna)


def test_a_refusal_names_what_was_asked_for(given: Given, engine: Engine) -> None:
    hall, task_id, number, anna = given
    Scanner(engine, anna, "pick").scan("CMD:NEXT")
    for act, en, zh in (
        (deallocation.deallocate, "The planning of SO-1 cannot be undone", "SO-1 不能撤销排单"),
        (deallocation.reallocate, "SO-1 cannot be planned again", "SO-1 不能重新排单"),
    ):
        with pytest.raises(PickingBegun) as refused, hall.w.transaction():
            act("SO-1", by=hall.by)
        assert refused.value.say("en") == f"{en}: Anna is picking {number}"
        assert refused.value.say("zh_CN") == f"{zh}：Anna 正在拣 {number}"
    wave = session.get_one(waves.Wave, waves.find_list(number, by=hall.by).wave_id).number
    with pytest.raises(PickingBegun) as refused, hall.w.transaction():
        deallocation.reallocate_wave(wave, by=hall.by)
    assert "planned again" in refused.value.say("en")
    with hall.w.transaction():
        supervising.take_back(task_id, by=hall.by)
    with hall.w.transaction():
        assert deallocation.deallocate("SO-1", by=hall.by) == 3


def test_what_was_picked_before_it_was_given_to_another_stays_begun(given: Given) -> None:
    hall, task_id, number, anna = given
    opened = hall.open(number, by=anna)
    hall.pick(opened, by=anna)
    hall.w.person("ben", roles=["picker"])
    with hall.w.transaction():
        supervising.assign(task_id, "ben", by=hall.by)
    assert words(task_id, hall, "en") == "Assigned"
    with pytest.raises(PickingBegun) as refused, hall.w.transaction():
        deallocation.reallocate("SO-1", by=hall.by)
    assert "are picked" in refused.value.say("en")


@pytest.mark.parametrize(("language", "assigned", "_"), BOTH)
def test_every_page_says_assigned(given: Given, client: Client, language: Language, assigned: str, _: str) -> None:
    hall, task_id, number, _ = given
    desk = Desk(client, Role.SUPERVISOR, name="boss", language=language)
    wave = session.get_one(waves.Wave, waves.find_list(number, by=hall.by).wave_id).number
    for page in ("/tasks", f"/tasks/{task_id}", "/picking/lists", f"/picking/lists/{number}", f"/picking/waves/{wave}"):
        assert assigned in desk.get(page), page
    assert ("not begun" if language == "en" else "未开始") in desk.get("/workers")
