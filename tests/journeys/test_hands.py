"""Devices fail and people change over: the work stays where it was, belongs to one person, and is never done twice."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.journeys.cast import EAN, PIN, House
from wms import db
from wms.actor import Role
from wms.app import create_app
from wms.config import Settings


@pytest.fixture
def house(house: House) -> House:
    """With 24 NUT at A-02 and 30 TEA at A-01, and an order for both that is planned."""
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    house.planned("SO-1", TEA=10, NUT=6)
    return house


def test_a_dropped_handheld_is_taken_up_again_on_another(house: House) -> None:
    badge = house.badge(Role.PICKER)
    broken = house.worker(badge=badge)
    broken.look("pick")
    broken.scan("CMD:NEXT")
    broken.scan(broken.screen.expected)
    broken.scan(broken.screen.expected)
    while broken.screen.step != "quantity":
        broken.scan(broken.screen.expected)
    code = EAN["TEA"] if "TEA" in str(broken.screen.facts) else EAN["NUT"]
    broken.scan(code, code, code)
    spare = house.device()
    assert spare.sign_in(badge, PIN).status_code == 302
    spare.look("pick")
    assert (spare.screen.step, spare.screen.version) == ("quantity", broken.screen.version)
    assert spare.screen.facts[house.say("Counted", "已点")] == "3", "what was counted is not lost"
    wanted = str(spare.screen.expected)
    spare.scan(wanted)
    before = house.ledger()
    broken.send(wanted)
    assert (broken.status, broken.screen.code, broken.screen.step) == (409, "screen_old", "target")
    assert house.say("The screen had changed", "屏幕已更新") in broken.screen.text
    assert house.ledger() == before
    spare.scan("PACK-1")
    assert house.ledger() != before


def test_work_is_handed_over_by_leaving_it(house: House) -> None:
    anna, ben = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="ben")
    anna.look("pick")
    anna.scan("SO-1")
    while anna.screen.step != "target":
        anna.scan(anna.screen.expected)
    anna.scan("PACK-1")
    left = anna.screen.expected
    ben.look("pick")
    ben.refused("CMD:NEXT", "no_work")
    anna.scan("CMD:CANCEL")
    assert house.say("back in the queue: anybody may take it", "已退回队列，任何人可领取") in anna.screen.said
    ben.scan("CMD:NEXT")
    assert ben.screen.expected == left, "Ben goes on where Anna was"
    while ben.screen.step != "document":
        ben.scan(ben.screen.expected)
    assert house.status("SO-1") == "picked"
    assert sorted(house.lines("SO-1", "picked")) == [6, 10]


def test_two_workers_cannot_have_one_task(house: House) -> None:
    anna, ben = house.worker(Role.PICKER, name="anna"), house.terminal(Role.PICKER)
    anna.look("pick")
    anna.scan("SO-1")
    before = house.ledger()
    ben.look("pick")
    ben.refused("SO-1", "task_taken", "Anna", house.say("is working on this", "正在处理此任务"))
    assert house.ledger() == before
    house.announce("PO-1", {"sku": "SOAP", "quantity": 10})
    receiver, other = house.terminal(Role.RECEIVER), house.terminal(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-1", EAN["SOAP"], "10")
    plate = receiver.screen.printed["handling-unit"]
    receiver.look("putaway")
    receiver.scan(plate)
    before = house.ledger()
    other.look("putaway")
    other.refused(plate, "task_taken")
    other.refused("CMD:NEXT", "no_work")
    assert house.ledger() == before


def test_work_that_nobody_touches_goes_to_the_next_who_asks(house: House) -> None:
    anna, ben = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="ben")
    anna.look("pick")
    anna.scan("SO-1")
    while anna.screen.step != "target":
        anna.scan(anna.screen.expected)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=45)):
        ben.look("pick")
        ben.scan("CMD:NEXT")
        before = house.ledger()
        anna.send("PACK-1")
        assert anna.screen.tone == "stop", "Anna's goods are Ben's work now"
        assert house.ledger() == before
        anna.scan("CMD:CANCEL")
        while ben.screen.step != "document":
            ben.scan(ben.screen.expected)
    assert sorted(house.lines("SO-1", "picked")) == [6, 10]


def test_the_house_is_started_anew_in_the_middle_of_a_scan(house: House, settings: Settings) -> None:
    picker = house.terminal(Role.PICKER)
    picker.look("pick")
    picker.scan("SO-1")
    while picker.screen.step != "target":
        picker.scan(picker.screen.expected)
    lost, before = picker.screen, house.ledger()
    picker.send("PACK-1", key="the-last-scan")
    answered = picker.screen
    moved = house.ledger()
    assert moved != before
    another = create_app(settings, TESTING=True)  # the old one has died; its answer never arrived
    try:
        picker.api.client = another.test_client()
        picker.screen = lost
        picker.send("PACK-1", key="the-last-scan")
        assert picker.screen == answered, "the same answer again"
        assert house.ledger() == moved, "and it acted once"
        assert picker.look() == answered or picker.screen.step == answered.step
        while picker.screen.step != "document":
            picker.scan(picker.screen.expected)
    finally:
        with another.app_context():
            db.database.engine.dispose()
    assert house.status("SO-1") == "picked"
