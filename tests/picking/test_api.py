"""Waves and pick lists over the API."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.http import Api
from tests.picking.conftest import Hall
from wms.app import Application


@pytest.fixture
def api(app: Application, hall: Hall) -> Api:
    return Api(app)


def test_a_wave_answers_its_lists_and_their_lines(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 20, "A-01", age=3)
    hall.put("PEAR", 20, "B-02")
    hall.release("SO-1", ("APPLE", 5), ("PEAR", 2))
    hall.release("SO-2", ("APPLE", 99))
    wave = api.post("/waves", {"orders": ["so-1", "SO-2"], "method": "single"})
    (one,) = wave["pick_lists"]
    assert one["orders"] == ["SO-1"]
    assert {line["sku"]: (line["location"], line["quantity"], line["picked"]) for line in one["lines"]} == {
        "APPLE": ("A-01", 5, 0),
        "PEAR": ("B-02", 2, 0),
    }
    assert [line["sequence"] for line in one["lines"]] == [1, 2]
    assert one["metres"] > 0
    assert wave["skipped"] == [{"order": "SO-2", "reason": "It is Held"}]


def test_a_list_says_what_is_picked_and_from_where(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    number = hall.list_of("SO-1")
    hall.pick(hall.open(number), quantity=3)
    shown = api.get(f"/pick-lists/{number.lower()}")
    assert sorted((line["location"], line["quantity"], line["picked"]) for line in shown["lines"]) == [("A-01", 2, 0), ("A-01", 3, 3)]
    assert shown["status"] == "claimed"
    assert api.get("/pick-lists/P-99", status=404)["code"] == "pick_list_unknown"


def test_the_same_wave_sent_three_times_is_planned_once(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    answers = [api.post("/waves", {"orders": ["SO-1"]}, key="wave") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert hall.lines("SO-1", "reserved") == [5]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"orders": ["NO-SUCH"]}, 404, "order_unknown"),
        ({"orders": []}, 422, None),
        ({"method": "by_magic"}, 422, None),
        ({"max_orders": 0}, 422, None),
        ({"max_lines": "many"}, 422, None),
        ({"due_before": "tomorrow"}, 422, None),
        ({"surprise": 1}, 422, None),
        ({}, 409, "nothing_to_plan"),
        ({"orders": ["SO-1"]}, 409, "nothing_to_plan"),
    ],
)
def test_bad_waves_are_problems_and_change_nothing(hall: Hall, api: Api, body: dict[str, object], status: int, code: str | None) -> None:
    hall.put("APPLE", 1, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    problem = api.post("/waves", body, status=status)
    assert code is None or problem["code"] == code
    assert hall.w.reserved("APPLE") == 0


def test_pickers_may_not_plan(hall: Hall, app: Application) -> None:
    assert Api(app, "picker").post("/waves", {}, status=403)["code"] == "not_permitted"


def test_a_time_without_a_zone_is_taken_as_utc(hall: Hall, api: Api) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 2), due_at=dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC))
    assert api.post("/waves", {"due_before": "2030-01-01T11:00:00"}, status=409)["code"] == "nothing_to_plan"
    assert api.post("/waves", {"due_before": "2030-01-01T13:00:00"})["pick_lists"]
