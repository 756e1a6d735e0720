"""Webhooks: signed, repeated until taken, never to private addresses, with a log that people read and resend."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import standardwebhooks

from tests.http import Api
from tests.integrations.receiver import PRIVATE, Receiver, a_receiver, deliveries, later, subscribe
from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.config import Settings
from wms.integrations import sending, telling, webhooks
from wms.receiving import moves

PLACES = (
    "http://127.0.0.1/x",
    "http://10.0.0.1/",
    "http://[::1]/",
    "http://169.254.169.254/latest",
    "ftp://x.example/",
    "x",
    "http://u@x.example/",
    "http://a..example/",
    f"http://{'a' * 70}.example/",
    "http://x.example/推送",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    yield from a_receiver()


@pytest.fixture
def another() -> Iterator[Receiver]:
    yield from a_receiver()


def test_a_message_is_signed_and_says_what_happened(w: Warehouse, receiver: Receiver) -> None:
    hook = subscribe(w, receiver.url, "order.*")
    Desk(w).enter("SO-1", APPLE=5)

    assert telling.tell(PRIVATE) == 1

    headers, body = receiver.got[0]
    told = standardwebhooks.Webhook(hook.secret).verify(body, headers)
    assert told["type"] == "order.received"
    assert (told["data"]["number"], told["data"]["site"], told["data"]["lines"]) == ("SO-1", "MAIN", 1)
    assert [(one.status, one.answer) for one in deliveries()] == [("delivered", "204 No Content")]
    assert telling.tell(PRIVATE) == 0
    assert len(receiver.got) == 1


def test_only_what_was_asked_for_is_told_and_nothing_from_before(w: Warehouse, receiver: Receiver) -> None:
    desk = Desk(w)
    desk.enter("SO-0", APPLE=5)
    subscribe(w, receiver.url, "order.held", "inbound.*")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    telling.tell(PRIVATE)
    assert [one.type for one in deliveries()] == ["order.held"]


def test_a_refused_message_is_repeated_with_growing_waits_under_one_id(w: Warehouse, receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    subscribe(w, receiver.url)
    Desk(w).enter("SO-1", APPLE=5)
    for _ in range(3):
        telling.tell(PRIVATE)
    assert len(receiver.got) == 1, "it waits before it tries again"
    later(seconds=6)
    telling.tell(PRIVATE)
    later(seconds=6)
    telling.tell(PRIVATE)
    assert len(receiver.got) == 2, "and longer after the second time"
    later(seconds=70)
    telling.tell(PRIVATE)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert [(one.status, one.attempts) for one in deliveries()] == [("delivered", 3)]


def test_it_is_given_up_after_days_and_a_person_sends_it_again(
    app: Application, w: Warehouse, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WMS", Settings(webhook_patience_days=60))
    receiver.answers = [500] * (len(telling.WAITS) + 1)
    hook = subscribe(w, receiver.url)
    Desk(w).enter("SO-1", APPLE=5)
    for _ in range(len(telling.WAITS) + 2):
        telling.tell(PRIVATE)
        later(days=2)
        with w.transaction():
            for one in deliveries():
                one.created_at -= dt.timedelta(days=2)
    (delivery,) = deliveries()
    assert (delivery.status, delivery.attempts) == ("failed", len(telling.WAITS) + 1)
    assert sum(telling.WAITS, dt.timedelta()) > dt.timedelta(days=3)

    with w.transaction():
        webhooks.resend(hook.id, delivery.id, by=w.by)
    telling.tell(PRIVATE)

    assert [one.status for one in deliveries()] == ["delivered"]


def test_who_tries_by_hand_neither_loses_the_count_of_tries_nor_gives_up_sooner(w: Warehouse, receiver: Receiver) -> None:
    receiver.answers = [500] * (len(telling.WAITS) + 3)
    hook = subscribe(w, receiver.url)
    Desk(w).enter("SO-1", APPLE=5)
    for _ in range(len(telling.WAITS) + 3):
        telling.tell(PRIVATE)
        with w.transaction():
            webhooks.change(hook.id, url=hook.url, events=hook.events, active=True, by=w.by, settings=PRIVATE)
    assert [(one.status, one.attempts) for one in deliveries()] == [("pending", len(telling.WAITS) + 3)]


def test_a_receiver_that_is_gone_is_not_told_again(w: Warehouse, receiver: Receiver) -> None:
    receiver.answers = [410]
    subscribe(w, receiver.url)
    desk = Desk(w)
    desk.enter("SO-1", APPLE=5)
    telling.tell(PRIVATE)
    desk.enter("SO-2", APPLE=5)
    telling.tell(PRIVATE)
    assert [one.status for one in deliveries()] == ["failed"]


def test_what_people_do_to_stock_is_told(app: Application, w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url, "stock.*")
    w.product("TEA", tracking="lot")
    for place in ("A-01", "B-01"):
        w.location(place)
    api = Api(app)
    api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": 9, "lot": "L1", "reason": "found"})
    api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": -2})
    api.post("/stock/moves", {"sku": "TEA", "quantity": 4, "source": "A-01", "target": "B-01"})
    unit = w.unit("PAL-1", at="A-01")
    w.receive("TEA", 3, lot="L2", at="A-01", unit=unit)
    with w.transaction():
        moves.move_plate(unit, w.location("B-01").id, by=w.by, key=w.key())

    telling.tell(PRIVATE)

    told = [json.loads(body) for _, body in receiver.got]
    assert [(one["type"], one["data"]["number"], one["data"]["quantity"]) for one in told] == [
        ("stock.adjusted", "TEA", 9),
        ("stock.adjusted", "TEA", -2),
        ("stock.moved", "TEA", 4),
        ("stock.moved", "TEA", 3),
    ]
    first, last = told[0]["data"], told[-1]["data"]
    assert (first["kind"], first["site"], first["location"], first["lot"], first["reason"]) == ("stock", "MAIN", "A-01", "L1", "found")
    assert (last["source"], last["target"], last["handling_unit"], last["lot"]) == ("A-01", "B-01", "PAL-1", "L2")


# -- slow receivers ----------------------------------------------------------------------------------------------------


def enter(w: Warehouse, *numbers: str) -> None:
    desk = Desk(w)
    for number in numbers:
        desk.enter(number, APPLE=5)


def test_a_receiver_that_hangs_holds_up_nobody_else(
    w: Warehouse, receiver: Receiver, another: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PATIENCE_SECONDS", 0.3)
    for one in (receiver, another):
        subscribe(w, one.url)
    receiver.held.clear()

    enter(w, "SO-1", "SO-2")
    telling.tell(PRIVATE)
    enter(w, "SO-3")
    telling.tell(PRIVATE)

    assert another.numbers == ["SO-1", "SO-2", "SO-3"]
    assert receiver.numbers == ["SO-1"], "one courier for one address, however often there is more to tell"
    receiver.held.set()
    telling._couriers.wait(30)
    telling.tell(PRIVATE)
    assert receiver.numbers == ["SO-1", "SO-2", "SO-3"], "in the order in which it happened"
    assert {(one.status, one.attempts) for one in deliveries()} == {("delivered", 1)}


def test_a_receiver_that_never_answers_is_left_after_a_while(w: Warehouse, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LETTER_SECONDS", 0.2)
    subscribe(w, receiver.url)
    receiver.held.clear()
    enter(w, "SO-1")
    assert telling.tell(PRIVATE) == 0
    assert [(one.status, one.attempts, one.answer) for one in deliveries()] == [("pending", 1, "No answer within 0.2 seconds")]


def test_a_receiver_that_answers_one_byte_at_a_time_is_left_as_well(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time; all of them together never would."""
    monkeypatch.setattr(sending, "LETTER_SECONDS", 0.5)
    monkeypatch.setattr(telling, "PATIENCE_SECONDS", 20)
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        with listening, contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not over.wait(0.05):
                    connection.sendall(b"x")

    server = threading.Thread(target=drip, daemon=True)
    server.start()
    subscribe(w, f"http://127.0.0.1:{listening.getsockname()[1]}/")
    enter(w, "SO-1")
    assert telling.tell(PRIVATE) == 0
    over.set()
    server.join(10)
    assert [(one.status, one.answer) for one in deliveries()] == [("pending", "No answer within 0.5 seconds")]


def test_a_round_ends_and_what_was_not_reached_loses_no_try(w: Warehouse, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "ROUND_SECONDS", 0)
    subscribe(w, receiver.url)
    enter(w, "SO-1", "SO-2", "SO-3")
    assert [telling.tell(PRIVATE) for _ in range(4)] == [1, 1, 1, 0]
    assert receiver.numbers == ["SO-1", "SO-2", "SO-3"]
    assert {(one.status, one.attempts) for one in deliveries()} == {("delivered", 1)}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "ftp://x.example/",
        "x",
        "http://u@x.example/",
        "http://a..example/",
        f"http://{'a' * 70}.example/",
        "http://x.example/推送",
    ],
)
def test_private_and_strange_addresses_are_refused(w: Warehouse, url: str) -> None:
    with pytest.raises(sending.AddressWrong), w.transaction():
        webhooks.subscribe(url, events=[], by=w.by, settings=Settings())


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::", True),
        ("::ffff:8.8.8.8", True),
        ("224.0.0.1", False),
        ("239.1.2.3", False),
        ("255.255.255.255", False),
        ("100.64.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:a00:1::", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("::ffff:10.0.0.1", False),
        ("2001::1", False),
        ("ff0e::1", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("::", False),
    ],
)
def test_only_one_host_on_the_internet_is_told(w: Warehouse, address: str, public: bool) -> None:
    url = f"http://[{address}]/" if ":" in address else f"http://{address}/"
    with contextlib.nullcontext() if public else pytest.raises(sending.AddressWrong), w.transaction():
        webhooks.subscribe(url, events=[], by=w.by, settings=Settings())


@pytest.mark.parametrize(
    ("url", "port"), [("https://[2606:4700::1111]/", 443), ("http://[2606:4700::cafe]/x", 80), ("http://[::1]:8080/", 8080)]
)
def test_an_address_in_the_long_form_keeps_its_end(url: str, port: int) -> None:
    line = sending._Line()
    connection = sending._connect(sending.parts_of(url), "::1", line)
    assert (f"[{connection.host}]" in url, connection.port) == (True, port)


def test_a_name_that_leads_to_a_private_address_gets_nothing(w: Warehouse, receiver: Receiver) -> None:
    subscribe(w, receiver.url.replace("127.0.0.1", "localhost"))
    Desk(w).enter("SO-1", APPLE=5)
    telling.tell(Settings())
    assert receiver.got == []
    assert "no http or https address on the internet" in (deliveries()[0].answer or "")


def test_nobody_at_the_address_is_told_in_words(w: Warehouse) -> None:
    subscribe(w, "http://127.0.0.1:9/")
    Desk(w).enter("SO-1", APPLE=5)
    telling.tell(PRIVATE)
    assert "refused" in (deliveries()[0].answer or "").lower()
    assert deliveries()[0].status == "pending"


def test_webhooks_are_made_listed_and_removed_over_the_api(app: Application, w: Warehouse) -> None:
    api = Machine(app, Role.ADMIN, "en")
    made = api.post("/webhooks", {"url": "https://shop.example/hook", "events": ["order.*"]}, status=201)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in api.get("/webhooks")["items"][0]
    Desk(w).enter("SO-1", APPLE=5)
    with w.transaction():
        telling.spread()
    (delivery,) = api.get(f"/webhooks/{made['id']}/deliveries")["items"]
    assert (delivery["type"], delivery["status"], delivery["attempts"]) == ("order.received", "pending", 0)
    assert api.post(f"/webhooks/{made['id']}/deliveries/{delivery['id']}/resend")["status"] == "pending"
    api.delete(f"/webhooks/{made['id']}")
    assert api.get("/webhooks")["items"] == []
    assert api.post("/webhooks", {"url": "nowhere"}, status=422)["code"] == "webhook_address"
    assert api.post("/webhooks", {"url": "https://x.example", "secret": "short"}, status=422)["code"] == "webhook_secret"
    strange = api.post("/webhooks", {"url": "https://x.example", "events": ["order.*", "ordre.shipped"]}, status=422)
    assert (strange["code"], strange["errors"][0]["pointer"]) == ("webhook_event", "/events")
    assert Machine(app, Role.SUPERVISOR, "en").post("/webhooks", {"url": "https://x.example"}, status=403)["code"] == "not_permitted"


def test_whatever_is_recorded_is_about_a_known_topic() -> None:
    """So that nobody is refused an event that does happen."""
    written = re.compile(r"""(?:record\w*\([^")]{0,200}|code = )f?"([a-z_]+)\.[a-z_{]""", re.DOTALL)
    topics = {topic for file in (Path(__file__).parents[2] / "wms").rglob("*.py") for topic in written.findall(file.read_text("utf-8"))}
    assert {"order", "inbound", "load"} <= topics <= set(webhooks.TOPICS)
