"""In which order webhooks are told, and what becomes of an address that takes nothing."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import standardwebhooks
import time_machine

from tests.http import Api
from tests.integrations.receiver import PRIVATE, Receiver, a_receiver, deliveries, later, subscribe
from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.db import is_postgresql, session, transaction
from wms.events import Event
from wms.integrations import sending, telling, webhooks
from wms.integrations.models import Webhook
from wms.orders import operations


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    yield from a_receiver()


@pytest.fixture
def another() -> Iterator[Receiver]:
    yield from a_receiver()


def hook(number: int = 1) -> Webhook:
    session.expire_all()
    return session.get_one(Webhook, number)


def enter(w: Warehouse, *numbers: str) -> None:
    desk = Desk(w)
    for number in numbers:
        desk.enter(number, APPLE=5)


def hold(w: Warehouse, number: str) -> None:
    with w.transaction():
        operations.hold(number, by=w.by)


def test_a_refused_message_holds_those_behind_it_about_the_same_order_only(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url, "order.*")
    receiver.answers = [500]
    enter(w, "SO-1", "SO-2")
    hold(w, "SO-1")
    telling.tell(PRIVATE)
    assert receiver.told == [("SO-1", "order.received"), ("SO-2", "order.received")]
    telling.tell(PRIVATE)
    assert len(receiver.told) == 2, "what came later about SO-1 waits for its first message"
    later(seconds=10)
    telling.tell(PRIVATE)
    assert receiver.told[2:] == [("SO-1", "order.received"), ("SO-1", "order.held")]
    assert {(one.status) for one in deliveries()} == {"delivered"}
    assert [one.attempts for one in deliveries()] == [2, 1, 1]


def test_a_message_on_its_way_from_another_process_holds_those_behind_it(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url, "order.*")
    enter(w, "SO-1")
    with transaction():
        telling.spread()
    with transaction():
        telling.take_due()  # somebody takes it, and is never heard of again
    hold(w, "SO-1")
    telling.tell(PRIVATE)
    assert receiver.told == []
    later(minutes=2)
    telling.tell(PRIVATE)
    assert receiver.told == [("SO-1", "order.received"), ("SO-1", "order.held")]


@pytest.mark.postgresql
def test_nobody_takes_later_messages_beside_him_who_takes_the_earlier_ones(app: Application, w: Warehouse, receiver: Receiver) -> None:
    assert is_postgresql()
    subscribe(w, receiver.url, "order.*")
    enter(w, "SO-1", "SO-2")
    with transaction():
        telling.spread()
    beside: list[object] = []

    def other() -> None:
        with app.app_context(), transaction():
            beside.append(telling.take_due())

    with transaction():
        assert len(telling.take_due()[1]) == 2
        process = threading.Thread(target=other)
        process.start()
        process.join()
    assert beside == [{}]


def test_an_address_that_takes_nothing_rests_and_what_waits_loses_no_try(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url, "order.*")
    receiver.answers = [503] * 4
    enter(w, "SO-1", "SO-2", "SO-3", "SO-4", "SO-5")
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-2", "SO-3"], "after three refusals it is left alone"
    telling.tell(PRIVATE)
    assert len(receiver.numbers) == 3
    assert [one.attempts for one in deliveries()] == [1, 1, 1, 0, 0]
    later(seconds=6)
    telling.tell(PRIVATE)
    assert receiver.numbers[3:] == ["SO-1"], "one message tries whether it is back"
    later(minutes=2)
    telling.tell(PRIVATE)
    assert receiver.numbers[4:] == ["SO-1"]
    telling.tell(PRIVATE)
    assert receiver.numbers[5:] == ["SO-2", "SO-3", "SO-4", "SO-5"], "it is back, and is told everything in order"
    assert (hook().failures, hook().failing_since, hook().rests_until) == (0, None, None)


def test_after_days_an_address_is_switched_off_and_loses_nothing(
    app: Application, w: Warehouse, receiver: Receiver, another: Receiver
) -> None:
    dead = subscribe(w, receiver.url, "order.*")
    subscribe(w, another.url, "webhook.*")
    receiver.answers = [0] * 400
    enter(w, "SO-1", "SO-2")
    for _ in range(90):
        telling.tell(PRIVATE)
        later(hours=1.2)
        if not hook(dead.id).active:
            break
    assert hook(dead.id).off_why == "failing"
    assert [one.status for one in deliveries()][:2] == ["pending", "pending"], "nothing was given up"
    enter(w, "SO-3")
    telling.tell(PRIVATE)
    telling.tell(PRIVATE)
    assert another.told == [(str(dead.id), "webhook.off")], "whoever else listens is told so"
    api = Api(app)
    shown = api.get("/webhooks")["items"][0]
    assert (shown["active"], shown["off_why"], shown["waiting"]) == (False, "failing", 3)
    page = Machine(app, Role.ADMIN, "en").page(f"/webhooks/{dead.id}")
    assert "3 messages wait until somebody switches it on." in page
    assert "next try" not in page, "nothing is tried while it is off"
    session.rollback()

    receiver.answers, before = [], len(receiver.told)
    assert api.put(f"/webhooks/{dead.id}", {"url": receiver.url, "events": ["order.*"]})["active"] is True
    telling.tell(PRIVATE)
    assert receiver.told[before:] == [("SO-1", "order.received"), ("SO-2", "order.received"), ("SO-3", "order.received")]


def test_what_people_switch_off_is_told_nothing_and_nothing_is_kept_for_it(app: Application, w: Warehouse, receiver: Receiver) -> None:
    one = subscribe(w, receiver.url)
    api = Api(app)
    api.put(f"/webhooks/{one.id}", {"url": receiver.url, "active": False})
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    api.put(f"/webhooks/{one.id}", {"url": receiver.url, "active": True})
    enter(w, "SO-2")
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-2"]


def test_a_receiver_that_asks_for_time_gets_it(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url)
    receiver.answers, receiver.headers = [429], {"Retry-After": "40"}
    enter(w, "SO-1", "SO-2")
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1"]
    later(seconds=30)
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1"]
    later(seconds=11)
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-1", "SO-2"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(("120", 120), ("Thu, 01 Jan 2026 00:02:00 GMT", 120), ("soon", None), ("-5", None), (None, None)),
        *(("31536000", 86_400), ("9" * 12, 86_400), ("9" * 40, 86_400), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)),
    ],
)
def test_how_long_a_receiver_wants_to_be_left_alone(said: str | None, seconds: int | None) -> None:
    with time_machine.travel(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), tick=False):
        found = sending._wait(said)
    assert (found and found.total_seconds()) == seconds


def test_a_receiver_that_asks_for_ages_is_asked_again_after_a_day(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url)
    receiver.answers, receiver.headers = [503], {"Retry-After": "9" * 12}
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    [one] = deliveries()
    assert (one.answer, one.status) == ("503 Service Unavailable", "pending")
    session.rollback()
    later(days=1, seconds=1)
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-1"]


def test_no_message_ever_has_the_id_of_another(w: Warehouse, receiver: Receiver) -> None:
    first = subscribe(w, receiver.url)
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    with w.transaction():
        webhooks.unsubscribe(first.id, by=w.by)  # and its log with it: SQLite gives the numbers of those rows again
    subscribe(w, receiver.url)
    enter(w, "SO-2")
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-2"]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2


def test_redirects_are_not_followed(w: Warehouse, receiver: Receiver, another: Receiver) -> None:
    subscribe(w, receiver.url)
    receiver.answers, receiver.headers = [302], {"Location": another.url}
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    assert (len(receiver.got), another.got) == (1, [])
    assert [(one.status, one.answer) for one in deliveries()] == [("pending", "302 Found")]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(app: Application, w: Warehouse, receiver: Receiver) -> None:
    old = subscribe(w, receiver.url)
    fresh = Api(app).post(f"/webhooks/{old.id}/rotate")["secret"]
    assert fresh != old.secret
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    headers, body = receiver.got[0]
    for secret in (old.secret, fresh):
        standardwebhooks.Webhook(secret).verify(body, headers)
    with time_machine.travel(clock.now() + dt.timedelta(hours=25)):
        enter(w, "SO-2")
        telling.tell(PRIVATE)
        headers, body = receiver.got[1]
        standardwebhooks.Webhook(fresh).verify(body, headers)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(old.secret).verify(body, headers)


def test_the_same_new_secret_once_more_takes_no_other_away(app: Application, w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url)
    before, api, fresh = hook().secret, Api(app), webhooks.new_secret()
    for _ in range(2):  # the answer was lost, and a client asks again
        assert api.post("/webhooks/1/rotate", {"secret": fresh})["secret"] == fresh
    assert (hook().secret, hook().old_secret) == (fresh, before)
    session.rollback()


def test_everything_that_was_given_up_is_sent_again_in_its_order(app: Application, w: Warehouse, receiver: Receiver) -> None:
    one = subscribe(w, receiver.url)
    enter(w, "SO-1", "SO-2")
    with transaction():
        telling.spread()
        session.execute(sa.update(webhooks.Delivery).values(status="failed", attempts=11))
    assert Api(app).post(f"/webhooks/{one.id}/resend") == {"messages": 2}
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-2"]


def test_the_home_board_tells_the_administrator_of_an_address_in_trouble(app: Application, w: Warehouse, receiver: Receiver) -> None:
    one = subscribe(w, receiver.url, "order.*")
    receiver.answers = [500]
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    (found,) = webhooks.in_trouble(by=w.by)
    assert (found.id, found.failures) == (one.id, 1)
    assert "Takes nothing; 1 wait" in Machine(app, Role.ADMIN, "en").page("/")
    assert "It takes nothing; 1 message waits." in Machine(app, Role.ADMIN, "en").page(f"/webhooks/{one.id}")
    assert "Takes nothing" not in Machine(app, Role.SUPERVISOR, "en").page("/")


def test_one_address_gone_is_on_record(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url)
    receiver.answers = [410]
    enter(w, "SO-1")
    telling.tell(PRIVATE)
    assert (hook().active, hook().off_why) == (False, "gone")
    told = session.execute(sa.select(Event).where(Event.code == "webhook.off")).scalar_one()
    assert told.facts["why"] == "gone"
