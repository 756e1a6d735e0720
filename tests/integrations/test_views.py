"""Files and webhooks at the desk."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from tests.orders.conftest import Machine
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.catalog.models import Partner
from wms.db import session


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


def test_every_bad_row_stands_in_a_table(browser: Machine) -> None:
    page = send(browser, "code,kind,name\nA,friend,A\nB,customer,\n")
    assert "Nothing was taken in: 2 errors in 2 rows" in page
    assert "is not one of the known words" in page


def test_a_file_that_is_none_is_refused_in_words(browser: Machine) -> None:
    assert "The file cannot be read" in send(browser, "")
    assert "Choose what it is and a file" in browser.send("/imports", kind="partners").text


@pytest.mark.parametrize("path", ["/imports", "/webhooks"])
@pytest.mark.sqlite
def test_the_pages_answer(browser: Machine, path: str) -> None:
    assert "</html>" in browser.page(path)


def test_a_webhook_is_made_and_removed_by_hand(browser: Machine) -> None:
    assert "whsec_" in browser.send("/webhooks", url="https://shop.example/", events="order.*").text
    assert "Nothing was sent yet." in browser.page("/webhooks/1")
    assert "on the internet" in browser.send("/webhooks", url="http://10.0.0.1").text
    assert "No webhooks yet." in browser.send("/webhooks/1/remove").text


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
