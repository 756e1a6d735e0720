"""Files and webhooks at the desk."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.app import Application
from wms.catalog.models import Partner
from wms.db import session, transaction
from wms.integrations import file_templates, tables, telling, uploads
from wms.integrations.models import Delivery, Upload, Webhook
from wms.jobs import runner


@pytest.fixture
def browser(app: Application, w: Warehouse) -> Machine:
    return Machine(app, Role.ADMIN, "en")


def send(browser: Machine, text: str, kind: str = "partners", **more: str) -> str:
    return browser.send("/imports", kind=kind, file=(io.BytesIO(text.encode()), "file.csv"), **more).text


def test_a_file_is_tried_and_then_taken_in(browser: Machine) -> None:
    text = "code,kind,name\nCUS,customer,某客户\n"
    assert "Dry run: 1 would be taken in from 1 row" in send(browser, text, dry_run="1")
    assert session.execute(sa.select(Partner)).first() is None
    assert "1 taken in from 1 row" in send(browser, text)
    assert session.execute(sa.select(Partner.name)).scalar_one() == "某客户"


def press(browser: Machine, page: str) -> Any:
    (action,) = re.findall(r'action="(/imports/\d+/take-in)"', page)
    return browser.send(action)


@pytest.mark.parametrize("long", [False, True])
def test_a_file_that_was_checked_is_taken_in_without_being_chosen_again(
    app: Application, browser: Machine, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    text = "code,kind,name\nCUS,customer,某客户\n"
    if long:
        monkeypatch.setattr(uploads, "LONG_BYTES", 20)
        runner.beat()
    page = send(browser, text, dry_run="1")
    if long:
        uploads.deal_with(given()[0].id)
        page = browser.page(f"/imports/{given()[0].id}")
    assert "Dry run: 1 would be taken in from 1 row" in page
    assert Machine(app, Role.SALES, "en").client.post("/imports/1/take-in").status_code in (302, 404), "it is nobody else's"
    answer = press(browser, page)
    if long:
        assert 'hx-trigger="every 1s"' in answer.text
        uploads.deal_with(given()[0].id)
    else:
        assert "1 taken in from 1 row" in answer.text
    assert session.execute(sa.select(Partner.name)).scalar_one() == "某客户"
    assert "is not kept any more" in press(browser, page).text, "it is taken in once"
    assert session.execute(sa.select(Upload.content)).scalar_one() is None, "what it says is not kept"


def test_a_checked_file_is_kept_for_its_person_the_last_one_and_a_while(browser: Machine) -> None:
    first = send(browser, "code,kind,name\nA,customer,A\n", dry_run="1")
    second = send(browser, "code,kind,name\nB,customer,B\n", dry_run="1")
    assert "is not kept any more" in press(browser, first).text
    assert "/take-in" not in send(browser, "code,kind,name\nC,friend,C\n", dry_run="1"), "nor one with mistakes"
    with time_machine.travel(clock.now() + uploads.CHECKED_LASTS):
        assert "is not kept any more" in press(browser, second).text
        with transaction():
            assert uploads.forget_checked() == 1
    assert session.execute(sa.select(Upload.content).where(Upload.content.is_not(None))).first() is None
    assert session.execute(sa.select(Partner)).first() is None


def test_every_bad_row_stands_in_a_table(browser: Machine) -> None:
    page = send(browser, "code,kind,name\nA,friend,A\nB,customer,\n")
    assert "Nothing was taken in: 2 errors in 2 rows" in page
    assert "is not one of the known words" in page


def test_a_file_that_is_none_is_refused_in_words(browser: Machine) -> None:
    assert "The file cannot be read" in send(browser, "")
    assert "Choose what it is and a file" in browser.send("/imports", kind="partners").text


def given() -> list[Upload]:
    return list(session.execute(sa.select(Upload).order_by(Upload.id)).scalars())


def test_a_long_file_goes_to_the_background_and_its_page_tells_how_far_it_is(
    app: Application, browser: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONG_BYTES", 20)
    text = "code,kind,name\n" + "".join(f"CUS-{n},customer,客户 {n}\n" for n in range(12))
    assert "12 taken in from 12 rows" in send(browser, text), "nothing works in the background: it is done at once"
    runner.beat()
    page = send(browser, text.replace("客户", "名称"))
    assert 'hx-trigger="every 1s"' in page
    assert "Reading the file" in page
    number = given()[0].id
    with transaction():
        session.execute(sa.update(Upload).values(state="working", checked=12, written=6))
    page = browser.page(f"/imports/{number}")
    assert '<progress value="6" max="12"' in page
    assert "6 of 12 rows" in page
    with transaction():
        assert uploads._take() == number
    uploads.deal_with(number)
    page = browser.page(f"/imports/{number}")
    assert "12 taken in from 12 rows" in page
    assert "hx-trigger" not in page[page.index('id="upload"') : page.index("</main>")]
    assert session.execute(sa.select(Partner.name).where(Partner.code == "CUS-3")).scalar_one() == "名称 3"
    assert session.execute(sa.select(Upload.content)).scalar_one() is None, "what it says is not kept"
    assert "file.csv" in browser.page("/imports")
    uploads.work()
    assert Machine(app, Role.SALES, "en").page(f"/imports/{number}", 404), "it is nobody else's"


def test_a_long_file_with_bad_rows_is_reported(browser: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LONG_BYTES", 20)
    runner.beat()
    send(browser, "code,kind,name\nA,friend,Somebody\nB,customer,Somebody else\n", dry_run="1")
    send(browser, "nothing;but;words\n" * 9)
    for one in given():
        with transaction():
            uploads._take()
        uploads.deal_with(one.id)
    bad, table = given()
    assert "Nothing was taken in: 1 error in 2 rows" in browser.page(f"/imports/{bad.id}")
    assert "is not one of the known words" in browser.page(f"/imports/{bad.id}")
    assert table.report is not None
    assert table.report["bad"]
    assert session.execute(sa.select(Partner)).first() is None


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.sqlite
def test_templates_are_fetched_for_what_one_may_bring(app: Application, browser: Machine, ending: str) -> None:
    template = browser.client.get(f"/imports/templates/stock.{ending}", headers=browser.headers).data
    assert next(tables.read(io.BytesIO(template)).rows).cells == file_templates.EXAMPLES["stock"][0]
    assert browser.page(f"/imports/templates/nothing.{ending}", 404)
    sales = Machine(app, Role.SALES, "zh_CN")
    assert "模板" in sales.page("/imports")
    assert "/imports?kind=orders" in sales.page("/orders")
    given = sales.client.get(f"/imports/templates/orders.{ending}", headers=sales.headers).data
    assert tables.read(io.BytesIO(given)).headings[:3] == ["单号", "来源", "客户"]
    assert sales.page(f"/imports/templates/stock.{ending}", 404)
    assert Machine(app, Role.DRIVER, "en").page("/imports", 403)


@pytest.mark.parametrize("path", ["/imports", "/webhooks"])
@pytest.mark.sqlite
def test_the_pages_answer(browser: Machine, path: str) -> None:
    assert "</html>" in browser.page(path)


def test_a_webhook_is_made_and_removed_by_hand(browser: Machine) -> None:
    made = browser.send("/webhooks", url="https://shop.example/", events="order.*").text
    assert "whsec_" in made
    assert 'value="https://shop.example/"' not in made  # nothing to send a second time by mistake
    assert "/api/v1/docs" in made
    assert "Nothing was sent yet." in browser.page("/webhooks/1")
    assert "on the internet" in browser.send("/webhooks", url="http://10.0.0.1").text
    assert "No webhooks yet." in browser.send("/webhooks/1/remove").text


def test_the_log_opens_what_was_sent_and_what_was_answered(browser: Machine, w: Warehouse) -> None:
    browser.send("/webhooks", url="https://shop.example/", events="order.*")
    Desk(w).enter("SO-1", APPLE=1)
    with transaction():
        telling.spread()
        session.execute(sa.update(Delivery).values(answer="503 Service Unavailable come back later", attempts=2))
    page = html.unescape(browser.page("/webhooks/1"))
    sent = page[page.index("<pre>") + 5 : page.index("</pre>")]
    assert json.loads(sent) == session.execute(sa.select(Delivery.payload)).scalars().first()
    assert json.loads(sent)["data"]["number"] == "SO-1"
    assert "503 Service Unavailable" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"url": "https://shop.example/" + "x" * 500}, "is too long"),
        ({"url": ""}, "must not be empty"),
        ({"url": "https://shop.example/", "events": "Order.Shipped"}, "is not written as it must be"),
        ({"url": "https://shop.example/", "events": "ordre.*"}, "Nothing is told as ordre.*"),
        ({"url": "https://shop.example/", "events": " ".join(["order.*"] * 51)}, "has too many entries"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_said_and_not_cut_to_fit(browser: Machine, typed: dict[str, str], said: str) -> None:
    assert said in browser.send("/webhooks", **typed).text
    assert "No webhooks yet." in browser.page("/webhooks")
    browser.send("/webhooks", url="https://shop.example/old")
    assert said in browser.send("/webhooks/1", **typed).text
    assert "https://shop.example/old" in browser.page("/webhooks")


def test_a_double_click_subscribes_once(browser: Machine) -> None:
    form = {"url": "https://shop.example/", "events": "order.*，stock.*", "once": "k"}
    assert "whsec_" in browser.send("/webhooks", **form).text
    assert "whsec_" not in browser.send("/webhooks", **form).text
    assert [one.events for one in session.execute(sa.select(Webhook)).scalars()] == [["order.*", "stock.*"]]


def test_a_webhook_is_changed_and_switched_by_hand(browser: Machine) -> None:
    browser.send("/webhooks", url="https://shop.example/", events="order.*")
    assert "order.shipped" in browser.send("/webhooks/1", url="https://shop.example/new", events="order.shipped").text
    assert "on the internet" in browser.send("/webhooks/1", url="http://10.0.0.1").text
    assert "Nothing is sent." in browser.send("/webhooks/1/switch").text
    assert "Switched off" in browser.page("/webhooks")
    assert "It is told from now on" in browser.send("/webhooks/1/switch", on="1").text
    assert "whsec_" in browser.send("/webhooks/1/rotate").text
    assert "was given up will be sent again" in browser.send("/webhooks/1/resend").text
    assert "There is no webhook 9" in browser.send("/webhooks/9/remove").text
