"""What takes a while to reckon is reckoned aside: whoever looks at a page does not wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import kept
from wms.actor import Role
from wms.app import Application
from wms.db import session


@pytest.fixture
def house() -> Iterator[Flask]:
    house = Flask("house")
    with house.app_context():
        yield house


def soon(known: kept.Kept, value: object) -> None:
    """It becomes known before long."""
    until = time.monotonic() + 60
    while known.ask("a", lambda: value) != value:
        assert time.monotonic() < until
        time.sleep(0.005)


def test_who_asks_gets_what_was_known_while_it_is_reckoned_anew(house: Flask) -> None:
    known = kept.of("figures", fresh_seconds=0)
    assert known.ask("a", lambda: 1) == 1, "nothing is known: it is reckoned"
    begun, goes_on = threading.Event(), threading.Event()

    def slowly() -> int:
        begun.set()
        goes_on.wait(5)
        return 2

    assert known.ask("a", slowly) == 1
    assert begun.wait(5)
    assert [known.ask("a", lambda: 9) for _ in range(3)] == [1, 1, 1], "nobody waits for it"
    goes_on.set()
    soon(known, 9)


def test_what_goes_wrong_aside_is_tried_again_by_the_next_who_asks(house: Flask) -> None:
    known = kept.of("figures", fresh_seconds=0)
    known.ask("a", lambda: 1)
    assert known.ask("a", lambda: 1 // 0) == 1
    soon(known, 2)


def test_what_is_fresh_is_not_reckoned_and_what_is_old_is_waited_for(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    known = kept.of("figures", fresh_seconds=30)
    known.ask("a", lambda: 1)
    assert known.ask("a", lambda: 2) == 1
    monkeypatch.setattr(kept, "SHOWN_SECONDS", 0.0)
    assert known.ask("a", lambda: 3) == 3
    kept.forget("figures")
    assert kept.of("figures", fresh_seconds=30).ask("a", lambda: 4) == 4


def test_the_navigation_counts_aside_with_a_session_of_its_own(app: Application, w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a house that is open: no count of the navigation needs the request that asked for it."""
    desk = Desk(Client(app), Role.ADMIN)
    monkeypatch.setitem(app.config, "TESTING", False)
    desk.get("/orders")
    known = kept.of("counts", fresh_seconds=5)
    monkeypatch.setattr(known, "fresh_seconds", 0)
    before = {key: moment for key, (moment, _) in known._known.items()}
    assert len(before) > 15
    desk.get("/orders")
    until = time.monotonic() + 60
    while known._aside is not None:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert [key for key, (moment, _) in known._known.items() if moment <= before[key]] == []
    assert session.execute(sa.text("SELECT 1")).scalar_one() == 1
