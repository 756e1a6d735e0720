"""What is old goes, a few rows at a time; what somebody can still ask for stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.http import Api
from tests.orders.desk import Desk
from tests.receiving.test_scan import Handheld
from tests.warehouse import Warehouse
from wms import clock
from wms.app import Application
from wms.auth import sign_in
from wms.auth.models import SignIn
from wms.config import Settings
from wms.db import session
from wms.events import Event
from wms.integrations import jobs as telling
from wms.integrations import telling as messages
from wms.integrations import webhooks
from wms.integrations.models import Delivery
from wms.jobs import forgetting
from wms.scan.models import ScanRow
from wms.stock import operations
from wms.stock.models import Movement


@pytest.fixture
def later() -> dt.datetime:
    """When everything of today is old."""
    return clock.now() + dt.timedelta(days=100)


def ids(model: Any) -> list[int]:
    return list(session.execute(sa.select(model.id).order_by(model.id)).scalars())


def adjust(w: Warehouse, quantity: int) -> None:
    w.product("TEA")
    w.location("A-01")
    with w.transaction():
        operations.adjust("TEA", "A-01", quantity, by=w.by)


def test_sign_ins_go_long_after_they_ended(w: Warehouse, later: dt.datetime) -> None:
    shift = dt.timedelta(hours=12)
    ann = sign_in.Checked(w.by.id, True, sign_in.Secret.PASSWORD)
    with w.transaction():
        for _ in range(3):
            sign_in.open_session(ann, lasts=shift)
    assert len(ids(SignIn)) == 3
    assert forgetting.forget_sign_ins() == 0
    with time_machine.travel(later), w.transaction():
        sign_in.open_session(ann, lasts=shift)
    with time_machine.travel(later):
        assert forgetting.forget_sign_ins() == 3
    assert len(ids(SignIn)) == 1


def test_messages_go_when_they_need_no_more_telling(w: Warehouse, later: dt.datetime) -> None:
    with w.transaction():
        webhooks.subscribe("https://shop.example/", events=[], by=w.by, settings=Settings())
    Desk(w).enter("SO-1", APPLE=5)
    adjust(w, 9)
    with w.transaction():
        messages.spread()
    waiting, done = ids(Delivery)[:1], ids(Delivery)[1:]
    with w.transaction():
        session.execute(sa.update(Delivery).where(Delivery.id.in_(done)).values(status="delivered"))
    assert telling.forget_messages() == 0
    with time_machine.travel(later):
        assert telling.forget_messages() > 0
    assert ids(Delivery) == waiting, "what still waits to be delivered is kept"


def test_the_timeline_and_the_journal_stay_for_ever(w: Warehouse, later: dt.datetime) -> None:
    Desk(w).enter("SO-1", APPLE=5)
    adjust(w, 9)
    adjust(w, -2)
    with w.transaction():
        while messages.spread():
            pass
    journal = ids(Movement)
    timeline = list(session.execute(sa.select(Event.code).where(Event.subject_kind != "stock").order_by(Event.id)).scalars())
    assert "order.received" in timeline
    with time_machine.travel(later):
        assert telling.forget_messages() == 2
        assert telling.forget_messages() == 0
    assert list(session.execute(sa.select(Event.code).order_by(Event.id)).scalars()) == timeline
    assert ids(Movement) == journal


def test_stock_events_that_nobody_was_told_yet_stay(w: Warehouse, later: dt.datetime) -> None:
    adjust(w, 9)
    with time_machine.travel(later):
        assert telling.forget_messages() == 0


def test_what_is_forgotten_goes_a_few_rows_at_a_time(w: Warehouse, later: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for quantity in range(1, 6):
        adjust(w, quantity)
    with w.transaction():
        messages.spread()
    transactions: list[int] = []
    real = forgetting.transaction
    monkeypatch.setattr(forgetting, "transaction", lambda: (transactions.append(1), real())[1])
    with time_machine.travel(later):
        assert telling.forget_messages() == 5
    assert len(transactions) == 1 + 4, "none of messages; two, two, one and none of events"


def test_answers_are_kept_as_long_as_the_settings_say(app: Application, w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    handheld, api = Handheld("inquire", w.by), Api(app)
    w.location("A-01")
    handheld.scan("A-01", "A-01", "A-01")
    api.put("/products/TEA", {"name": "Tea"})
    api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": 1}, key="once")
    jobs = {job.name: job.run for job in app.extensions["wms_jobs"]}
    monkeypatch.setitem(app.config, "WMS", Settings(keep_answers_days=3))
    for days, left in ((2, 3), (4, 1)):
        with time_machine.travel(clock.now() + dt.timedelta(days=days)), w.transaction():
            jobs["forget-old-scans"]()
            jobs["forget-old-keys"]()
        assert len(ids(ScanRow)) == left
    assert session.execute(sa.text("SELECT count(*) FROM answered_requests")).scalar_one() == 0
