"""A token may make so many requests in a minute, whichever worker they reach."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock
from wms.app import Application
from wms.web import rates


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    rates.forget()
    yield
    rates.forget()


def ask(api: Api) -> int:
    return int(api.client.get("/api/v1/carton-types", headers=api.headers).status_code)


def test_who_asks_too_often_is_told_when_to_come_again(app: Flask, w: Warehouse) -> None:
    api = Api(app, per_minute=6)
    with time_machine.travel(clock.now(), tick=False):
        assert [ask(api) for _ in range(7)] == [200] * 6 + [429]
    answer = api.client.get("/api/v1/carton-types", headers=api.headers)
    assert answer.get_json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 10


def test_a_share_comes_back_as_time_passes(app: Flask, w: Warehouse) -> None:
    api = Api(app, per_minute=6)
    begin = clock.now()
    with time_machine.travel(begin, tick=False):
        assert [ask(api) for _ in range(7)][-1] == 429
    rates.forget()
    with time_machine.travel(begin + dt.timedelta(seconds=21), tick=False):
        assert [ask(api) for _ in range(3)] == [200, 200, 429], "two in twenty seconds, of six in a minute"
    rates.forget()
    with time_machine.travel(begin + dt.timedelta(minutes=5), tick=False):
        assert [ask(api) for _ in range(7)] == [200] * 6 + [429], "nobody saves up more than a minute's"


def test_each_token_has_its_own_and_people_have_no_limit(app: Application, w: Warehouse, client: Client) -> None:
    slow, other = Api(app, per_minute=1), Api(app, per_minute=1)
    assert [ask(slow), ask(slow), ask(other)] == [200, 429, 200]
    free = Api(app, per_minute=0)
    assert {ask(free) for _ in range(10)} == {200}
    desk = Desk(client)
    for _ in range(5):
        desk.get("/tokens")


def test_several_workers_count_together(app: Application, w: Warehouse) -> None:
    """Each takes handfuls of its own from what there is; together they never take more than there is."""
    person, limit, taken = Api(app).person_id, 1000, list[int]()
    moment = clock.now()

    def worker() -> None:
        with app.app_context():
            while (some := rates._take(person, limit)[0]) and sum(taken) < 5000:
                taken.append(some)

    with time_machine.travel(moment, tick=False):
        workers = [threading.Thread(target=worker) for _ in range(4)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
    assert sum(taken) == limit
    assert len(taken) < limit / 5, "a handful at a time"
