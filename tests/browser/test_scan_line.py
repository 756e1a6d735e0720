"""The scanner page in a real browser, against a stand-in for the engine that can be slow, refuse, or not answer.

What is held here is the page's own promise: no scan is lost, none acts twice, and none answers a question nobody has read.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace as Shown
from typing import Any

import pytest
from flask import Flask, Response, render_template, request
from werkzeug.serving import make_server

from tests.browser.wedge import burst, scan
from wms.i18n import T
from wms.web.render import asset, codes

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser
PATIENCE = 8  # seconds: the page itself asks again after ten


class Engine:
    """Keeps a version, acts once per key, and refuses whatever begins with BAD."""

    def __init__(self) -> None:
        self.reset()

    def reset(self, dead: bool = False, answers: bool = True) -> None:
        """`dead`: requests act, and their answers are lost. `answers=False`: nothing happens until `go` is called."""
        self.version, self.dead = 1, dead
        self.answering = threading.Event()
        if answers:
            self.go()
        self.acted: list[str] = []
        self.answers: dict[str, tuple[int, str, str]] = {}
        self.keys: list[str] = []

    def go(self) -> None:
        self.answering.set()

    def answer(self, scan: str, version: int, key: str) -> tuple[int, str, str]:
        """(status, tone, words)"""
        self.keys.append(key)
        if not key or key not in self.answers:
            if version != self.version:
                return 409, "calm", "this is the screen now"
            self.version += 1
            tone = {"BAD": "stop", "ASK": "ask"}.get(scan[:3], "good")
            if tone == "good":
                self.acted.append(scan)
            self.answers[key] = (200, tone, f"{scan} {tone}")
        return self.answers[key]


def stand_in(engine: Engine) -> Flask:
    app = Flask("stand_in", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.jinja_env.globals.update(t=lambda en, zh, **facts: T(en, zh).say("en", **facts), csrf_token=lambda: "token", asset=asset)
    app.jinja_env.filters.update(say=lambda text: "" if text is None else str(text), number=str, codes=codes)
    app.context_processor(lambda: {"language": "en", "site_name": "House", "person": None})

    def screen(tone: str = "calm", words: str | None = None) -> Any:
        prompt = {"title": "Pick", "document": None, "prompt_verb": "Scan location", "prompt": "Scan location A-1", "target": "A-1"}
        asks = {"accepts": ["location"], "expected": "A-1", "placeholder": "Location", "actions": [Shown(scan="CMD:SHORT", label="Short")]}
        rest = {"facts": [], "progress": None, "printed": [], "message": Shown(tone=tone, text=words, detail=None, code=None)}
        return Shown(flow="pick", step="source", version=engine.version, **prompt, **asks, **rest)

    @app.get("/scan/pick")
    def show() -> str:
        return render_template("scan/screen.html", screen=screen())

    @app.post("/scan/pick")
    def take() -> Any:
        engine.answering.wait(PATIENCE)
        status, tone, words = engine.answer(request.form["scan"], int(request.form["version"]), request.form["key"])
        if engine.dead:
            return Response(status=503)
        name = "_screen" if request.headers.get("HX-Request") else "screen"
        return render_template(f"scan/{name}.html", screen=screen(tone, words)), status

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; manifest-src 'self'; form-action 'self'"
        )
        return response

    return app


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, stand_in(engine), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/scan/pick"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(browser: Any, address: str, engine: Engine) -> Iterator[Any]:
    engine.reset()
    context = browser.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(address)
    playwright.expect(page.locator("input[name=scan]")).to_be_focused()
    yield page
    context.close()
    assert troubles == []


def version_is(page: Any, version: int) -> None:
    playwright.expect(page.locator("#screen")).to_have_attribute("data-version", str(version))


def test_fast_scans_act_in_order_and_each_once(page: Any, engine: Engine) -> None:
    engine.reset(answers=False)
    scan(page, "S1", "S2", "S3", "S4")
    engine.go()
    version_is(page, 5)
    assert engine.acted == ["S1", "S2", "S3", "S4"]
    assert len(set(engine.keys)) == 4
    playwright.expect(page.locator("input[name=scan]")).to_be_focused()


def test_a_lost_answer_is_asked_for_again_with_the_same_key(page: Any, engine: Engine) -> None:
    engine.reset(dead=True)
    scan(page, "S1", "S2")
    playwright.expect(page.locator("#scan-note")).to_contain_text("Waiting for the network")
    engine.dead = False
    version_is(page, 3)
    assert engine.acted == ["S1", "S2"]
    first, *again, second = engine.keys
    assert set(again) == {first} != {second}


def test_scans_made_without_network_are_sent_when_it_is_back(page: Any, engine: Engine) -> None:
    page.context.set_offline(True)
    scan(page, "S1", "S2")
    playwright.expect(page.locator("#scan-waiting")).to_have_text("2")
    page.context.set_offline(False)
    version_is(page, 3)
    assert engine.acted == ["S1", "S2"]


def test_a_reload_in_the_middle_sends_the_rest_with_their_keys(page: Any, engine: Engine) -> None:
    engine.reset(dead=True)
    scan(page, "S1", "S2")
    playwright.expect(page.locator("#scan-note")).to_be_visible()
    page.reload()
    engine.dead = False
    version_is(page, 3)
    assert engine.acted == ["S1", "S2"]


@pytest.mark.parametrize("answered", ["BAD", "ASK"])
def test_what_was_scanned_before_a_refusal_or_question_was_read_is_dropped_by_name(page: Any, engine: Engine, answered: str) -> None:
    engine.reset(answers=False)
    scan(page, "S1", answered, "S3", "S4")
    engine.go()
    playwright.expect(page.locator("#scan-note")).to_contain_text("Not counted: S3 · S4")
    assert engine.acted == ["S1"]
    assert len(engine.keys) == 2


def test_an_answer_to_an_old_screen_shows_the_current_one(page: Any, engine: Engine) -> None:
    engine.version = 9  # another device of the same person went on
    scan(page, "LATE")
    version_is(page, 9)
    playwright.expect(page.locator("#scan-note")).to_contain_text("Not counted: LATE")
    assert engine.acted == []


def test_a_button_tapped_twice_acts_once(page: Any, engine: Engine) -> None:
    tap = "() => { const one = document.querySelector(\"button[value='CMD:SHORT']\"); one.form.requestSubmit(one); }"
    page.evaluate(f"() => {{ ({tap})(); ({tap})(); }}")  # in one go: however busy the machine is, the second comes at once
    version_is(page, 2)
    page.wait_for_timeout(800)
    assert engine.acted == ["CMD:SHORT"]
    page.evaluate(tap)
    version_is(page, 3)
    assert engine.acted == ["CMD:SHORT"] * 2, "later it is meant again"


def test_what_was_not_counted_is_called_by_its_words_in_one_line_under_the_answer(page: Any, engine: Engine) -> None:
    engine.reset(answers=False)
    scan(page, "BAD", "CMD:SHORT", "CMD:FULL")
    engine.go()
    playwright.expect(page.locator("#scan-note")).to_contain_text("Not counted: Short · a command")
    playwright.expect(page.locator("#scan-note .detail")).to_be_hidden()
    assert page.locator("#scan-note").bounding_box()["height"] <= 62
    last = page.locator(".facts-row").bounding_box()
    assert last["y"] + last["height"] <= page.locator("#answer-row").bounding_box()["y"] + 1


def test_a_burst_without_enter_is_a_scan_and_slow_typing_is_not(page: Any, engine: Engine) -> None:
    burst(page, "BURST-1")
    version_is(page, 2)
    page.keyboard.type("HAND-1", delay=90)
    page.wait_for_timeout(300)
    assert engine.acted == ["BURST-1"]
    page.keyboard.press("Enter")
    version_is(page, 3)
    assert engine.acted == ["BURST-1", "HAND-1"]


def test_the_separator_typed_as_control_bracket_is_kept(page: Any, engine: Engine) -> None:
    scan(page, "]C10106901234567892\x1d10L1")
    version_is(page, 2)
    assert engine.acted == ["]C10106901234567892\x1d10L1"]


def test_an_action_goes_through_the_same_line_and_the_field_listens_again(page: Any, engine: Engine) -> None:
    before = page.locator("#prompt").bounding_box()
    page.click("#actions summary")
    assert page.locator("#prompt").bounding_box() == before, "the panel must not move the prompt"
    page.click("button[value='CMD:SHORT']")
    version_is(page, 2)
    assert engine.acted == ["CMD:SHORT"]
    playwright.expect(page.locator("input[name=scan]")).to_be_focused()


def test_a_tap_brings_the_keyboard_and_the_next_scan_sends_it_away(page: Any) -> None:
    field = page.locator("input[name=scan]")
    playwright.expect(field).to_have_attribute("inputmode", "none")
    field.click()
    playwright.expect(field).to_have_attribute("inputmode", "text")
    scan(page, "A-1")
    playwright.expect(field).to_have_attribute("inputmode", "none")


def test_the_page_works_without_javascript(browser: Any, address: str, engine: Engine) -> None:
    engine.reset()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(address)
    page.fill("input[name=scan]", "A-1")
    page.press("input[name=scan]", "Enter")
    playwright.expect(page.locator(".message .text")).to_have_text("A-1 good")
    page.locator("#actions summary").click()
    page.locator("button[value='CMD:SHORT']").click()
    playwright.expect(page.locator(".message .text")).to_have_text("CMD:SHORT good")
    context.close()
