"""Signing in: at the desk by password, on the floor by badge and PIN, everywhere for one shift."""

from __future__ import annotations

import datetime as dt
import runpy
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, token_of
from wms import clock, db
from wms.actor import Role
from wms.auth import current, devices, people, secrets, sign_in
from wms.auth.models import Person, SignIn
from wms.auth.views import safe_next
from wms.web.csrf import SESSION_COOKIE


def test_passwords_are_as_hard_to_guess_as_owasp_asks() -> None:
    """Read anew: what the other tests use is weak, so that they do not wait for it."""
    room = runpy.run_path(secrets.__file__)
    stored = room["protect"]("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert room["matches"](stored, "correct horse")
    assert not room["matches"](stored, "wrong horse")
    assert not room["matches"](None, "nobody knows this")


def test_a_password_opens_a_session_that_is_stored_as_a_hash_only(client: Client) -> None:
    desk = Desk(client)
    cookie = next(one for one in desk.last.headers.getlist("Set-Cookie") if one.startswith(SESSION_COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    stored = db.session.execute(sa.select(SignIn.token_hash)).scalar_one()
    assert token not in stored
    assert len(stored) == 64


def test_the_wrong_password_says_no_more_than_that(client: Client) -> None:
    desk = Desk(client)
    desk.post("/sign-out")
    unknown = client.post("/sign-in/desk", data={"csrf_token": desk.token, "name": "nobody", "password": "x"})
    page = client.get("/sign-in/desk").text
    known = client.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": "ann", "password": "x"})
    unknown = client.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": "nobody", "password": "x"})
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace("ann", "nobody") == unknown.text


def test_five_failures_let_a_password_rest_for_a_while(client: Client) -> None:
    desk = Desk(client)
    desk.post("/sign-out")
    for _ in range(5):
        assert desk.sign_in("wrong").status_code == 422
    assert desk.sign_in().status_code == 422, "the right password does not help while it rests"
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)):
        assert desk.sign_in().status_code == 302


def test_a_name_that_rests_is_answered_as_one_that_nobody_has(client: Client) -> None:
    def answers(name: str) -> list[str]:
        page = client.get("/sign-in/desk").text
        fields = {"csrf_token": token_of(page), "name": name, "password": "x"}
        return [client.post("/sign-in/desk", data=fields).text.replace(name, "") for _ in range(7)]

    Desk(client).post("/sign-out")
    assert answers("ann") == answers("nobodys")


def test_five_failures_let_a_pin_rest_and_the_floor_says_how_long(app: Flask, w: Warehouse, client: Client) -> None:
    _handheld_of_bob(w, client)
    for _ in range(5):
        assert _floor(client, badge="B77", pin="0000").status_code == 422
    until = db.session.execute(sa.select(Person.pin_rests_until).where(Person.code == "bob")).scalar_one()
    assert until is not None
    assert f"锁定至 {clock.local(until):%H:%M}" in _floor(client, badge="B77", pin="4711").text


def test_who_guesses_passwords_at_the_desk_shuts_nobody_out_on_the_floor(app: Flask, w: Warehouse, client: Client) -> None:
    _handheld_of_bob(w, client)
    Desk(app.test_client(), name="ann")  # type: ignore[arg-type]
    with db.transaction():
        people.set_pin(people.find_person("ann"), "1234")
        people.find_person("ann").badge = "B78"
    stranger = app.test_client()
    for name in ("bob", "ann"):
        for _ in range(6):
            page = stranger.get("/sign-in/desk").text
            stranger.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": name, "password": "x"})
    bob, ann = (people.find_person(name) for name in ("bob", "ann"))
    assert (bob.failed_passwords, bob.failed_pins) == (0, 0), "where there is no password nothing is guessed"
    assert (ann.failed_passwords, ann.failed_pins) == (5, 0)
    assert _floor(client, badge="B78", pin="1234").status_code == 302
    assert _floor(client, badge="B77", pin="4711").status_code == 302


def test_a_failure_is_kept_although_the_answer_is_an_error(client: Client) -> None:
    desk = Desk(client)
    desk.sign_in("wrong")
    assert db.session.execute(sa.select(Person.failed_passwords).where(Person.code == "ann")).scalar_one() == 1


def test_a_session_ends_with_the_shift(client: Client) -> None:
    desk = Desk(client)
    desk.get("/stock")
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=13)):
        with client.application.app_context():
            current.forget()
        desk.get("/stock", status=302)


def test_signing_out_ends_the_session_even_for_who_kept_the_cookie(app: Flask, client: Client) -> None:
    desk = Desk(client)
    kept = client.get_cookie(SESSION_COOKIE)
    assert kept
    desk.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie(SESSION_COOKIE, kept.value)
    assert thief.get("/stock").status_code == 302


def test_signing_in_again_on_the_same_browser_ends_the_session_before(app: Flask, client: Client) -> None:
    desk = Desk(client)
    kept = client.get_cookie(SESSION_COOKIE)
    assert kept
    thief = app.test_client()
    thief.set_cookie(SESSION_COOKIE, kept.value)
    assert desk.sign_in("wrong").status_code == 422
    assert thief.get("/stock").status_code == 200, "a failure signs nobody out"
    assert desk.sign_in().status_code == 302
    assert client.get("/stock").status_code == 200
    assert thief.get("/stock").status_code == 302


def test_letting_somebody_go_ends_their_sessions_and_their_sign_in(app: Flask, client: Client) -> None:
    admin, worker = Desk(client, name="ann"), Desk(app.test_client(), Role.PICKER, name="bob")  # type: ignore[arg-type]
    worker.get("/stock")
    admin.post("/people/bob", code="bob", name="Bob", roles="picker")
    worker.get("/stock", status=302)
    assert worker.sign_in().status_code == 422


def _floor(client: Client, **fields: str) -> Any:
    page = client.get("/sign-in").text
    return client.post("/sign-in", data={"csrf_token": token_of(page), **fields})


def _handheld_of_bob(w: Warehouse, client: Client) -> None:
    """An enrolled handheld, and Bob, who has a badge and a PIN and no password."""
    with db.transaction():
        people.add_person("bob", "Bob", [Role.PICKER], badge="B77", pin="4711")
        code = devices.invite("Handheld 3", by=w.by)
    client.post("/enrol", data={"csrf_token": token_of(client.get("/enrol").text), "code": code})


def test_a_badge_works_on_an_enrolled_device_only(app: Flask, w: Warehouse, client: Client) -> None:
    with db.transaction():
        people.add_person("bob", "Bob", [Role.SUPERVISOR], badge="B77", pin="4711")
        code = devices.invite("Handheld 3", by=w.by)
    assert client.get("/sign-in").headers["Location"] == "/enrol"
    page = client.get("/enrol").text
    wrong = client.post("/enrol", data={"csrf_token": token_of(page), "code": "WRONG"})
    assert wrong.status_code == 409
    assert "WRONG" not in wrong.text.split('id="code"')[1].split(">")[0], "the next scan would be typed before it"
    enrolled = client.post("/enrol", data={"csrf_token": token_of(page), "code": code.lower().replace("-", " ")})
    assert enrolled.status_code == 302
    again = app.test_client()
    again.get("/enrol")
    assert again.post("/enrol", data={"csrf_token": token_of(again.get("/enrol").text), "code": code}).status_code == 409
    assert "Handheld 3" in client.get("/sign-in").text
    assert 'name="pin"' in _floor(client, badge="B77").text
    assert _floor(client, badge="B77", pin="0000").status_code == 422
    assert _floor(client, badge="B77", pin="4711").headers["Location"].startswith("/scan"), "a supervisor with a handheld is on the floor"
    assert client.get("/stock").status_code == 200


def test_a_device_that_is_shut_out_takes_no_badge(app: Flask, client: Client) -> None:
    desk = Desk(client)
    desk.post("/devices", name="Cart", here="1")
    assert client.get("/sign-in").status_code == 200
    desk.post("/devices/1/retire")
    assert client.get("/sign-in").status_code == 302


def test_a_device_that_is_shut_out_is_signed_out_at_once(app: Flask, w: Warehouse, client: Client) -> None:
    admin, handheld = Desk(app.test_client()), client  # type: ignore[arg-type]
    _handheld_of_bob(w, handheld)
    _floor(handheld, badge="B77", pin="4711")
    assert handheld.get("/stock").status_code == 200
    admin.post("/devices/1/retire")
    assert handheld.get("/stock").status_code == 302
    assert handheld.get("/scan/pick").status_code == 302
    with db.transaction():
        assert db.session.execute(sa.select(SignIn.ended_at).where(SignIn.device_id == 1)).scalar_one() is not None
        db.session.execute(sa.update(SignIn).where(SignIn.device_id == 1).values(ended_at=None))
    current.forget()
    assert handheld.get("/stock").status_code == 302, "a retired device is not believed, whatever its sign-in says"


def test_an_enrolment_code_lasts_a_day(w: Warehouse) -> None:
    with db.transaction():
        code = devices.invite("old", by=w.by)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)), pytest.raises(devices.CodeUnknown), db.transaction():
        devices.enrol(code)


def test_a_token_works_until_its_person_is_let_go(app: Flask, w: Warehouse) -> None:
    api = Api(app, Role.SALES)
    api.get("/stock")
    with db.transaction():
        db.session.execute(sa.update(Person).where(Person.id == api.person_id).values(active=False))
    current.forget()
    api.get("/stock", status=401)


def test_two_tokens_of_one_name_are_two_people(app: Flask, w: Warehouse) -> None:
    with db.transaction():
        first, _ = people.create_token("shop", Role.SALES)
        second, _ = people.create_token("shop", Role.SALES)
        assert first.id != second.id
        assert (first.name, second.code) == ("shop", "shop-2")


def test_a_code_or_badge_is_one_persons(w: Warehouse) -> None:
    with db.transaction():
        people.add_person("bob", "Bob", [Role.PICKER], badge="B1")
    for code, badge in (("BOB", None), ("ann", "B1")):
        with pytest.raises(people.PersonKnown), db.transaction():
            people.add_person(code, "X", [Role.PICKER], badge=badge)


@pytest.mark.parametrize("pin", ["123", "abcd", "123456789", "١٢٣٤"])
def test_a_pin_is_four_to_eight_plain_digits(w: Warehouse, pin: str) -> None:
    with pytest.raises(people.PinWrong), db.transaction():
        people.add_person("bob", "Bob", [Role.PICKER], pin=pin)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", "evil", "/a\nb", ""])
def test_after_signing_in_nobody_is_sent_to_another_house(target: str) -> None:
    assert safe_next(target) is None
    assert safe_next("/orders?status=held") == "/orders?status=held"


def test_the_language_is_chosen_by_person_device_and_browser(app: Flask, client: Client) -> None:
    assert 'lang="en"' in client.get("/sign-in/desk", headers={"Accept-Language": "en-GB"}).text
    assert 'lang="zh-CN"' in client.get("/sign-in/desk", headers={"Accept-Language": "fr"}).text
    client.post("/language", data={"csrf_token": token_of(client.get("/sign-in/desk").text), "language": "en", "next": "/"})
    assert 'lang="en"' in client.get("/sign-in/desk").text
    desk = Desk(client, language="zh_CN")
    assert 'lang="zh-CN"' in desk.get("/stock")
    desk.post("/language", language="en", next="/stock")
    assert 'lang="en"' in desk.get("/stock")


def test_a_language_that_was_chosen_is_remembered_with_the_person(app: Flask, client: Client) -> None:
    desk = Desk(client, language=None)
    desk.post("/language", language="en", next="/stock")
    desk.post("/sign-out")
    assert 'lang="en"' in client.get("/sign-in/desk").text, "the device keeps it too"
    elsewhere = app.test_client()
    page = elsewhere.get("/sign-in/desk", headers={"Accept-Language": "zh-CN"}).text
    elsewhere.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": desk.name, "password": "correct horse"})
    assert 'lang="en"' in elsewhere.get("/stock", headers={"Accept-Language": "zh-CN"}).text


def test_checking_a_secret_writes_nothing(w: Warehouse) -> None:
    assert sign_in.check_password("nobody", "x") == sign_in.Checked(None, False, sign_in.Secret.PASSWORD)


def test_who_sends_a_form_without_a_session_comes_back_to_its_page(client: Client) -> None:
    def led_to(**headers: str) -> str:
        return client.post("/orders/new", data={"customer": "X"}, headers=headers).headers["Location"]

    assert led_to(Referer="http://localhost/orders/new?from=here") == "/sign-in/desk?next=/orders/new?from%3Dhere"
    assert led_to(Referer="http://elsewhere.example/orders/new") == "/sign-in/desk"
    assert led_to() == "/sign-in/desk"
