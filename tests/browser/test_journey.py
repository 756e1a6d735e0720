"""One journey in a real browser: a phone of 360×640 with a keyboard-wedge scanner, against the server as it is served.

From the desk's enrolment code to the truck at the gate. On every screen on the way: nothing essential lies below the fold, nothing
scrolls, the field has the focus, and the browser has nothing to complain of.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser import wedge

playwright = pytest.importorskip("playwright.sync_api", reason="NO BROWSER JOURNEY: needs playwright")
pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 800}
MILK, NUT, CASE = "6900000000021", "6900000000038", "16900000000035"
UNTIL = dt.date.today() + dt.timedelta(days=200)  # noqa: DTZ011  (a label's date, far from midnight)


@dataclass
class Served:
    """`wms serve` on a database of its own."""

    address: str
    token: str

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """As the order system speaks to it."""
        request = urllib.request.Request(
            self.address + "/api/v1" + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A house with a dock, bins, a bench and a door, and an administrator called boss."""
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "WMS_DATABASE_URL": f"sqlite:///{folder / 'wms.db'}",
        "WMS_SECRET_KEY": "only-for-tests",
        "PYTHONPATH": str(ROOT),
    }

    def wms(*commands: list[str]) -> str:
        program = f"import sys; from wms import cli; sys.exit(any(cli.main(one) for one in {list(commands)!r}))"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    boss = ["--code", "boss", "--role", "admin", "--password", "correct horse", "--language", "en"]
    said = wms(["migrate"], ["person", "add", *boss], ["token", "create", "--name", "shop", "--role", "admin"])
    token = said.splitlines()[-1]
    command = [sys.executable, "-m", "wms.cli", "serve", "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        house = Served(f"http://127.0.0.1:{port}", token)
        _wait(house, server, folder)
        _furnish(house)
        yield house
    finally:
        server.terminate()
        server.wait(30)
    wms(["audit"])


def _wait(house: Served, server: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, (folder / "server.log").read_text()
        try:
            with urllib.request.urlopen(house.address + "/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer: " + (folder / "server.log").read_text())


def _furnish(house: Served) -> None:
    size = {"length_mm": 100, "width_mm": 80, "height_mm": 60, "weight_grams": 500}
    milk = {"en": "Whole milk 3.5 % fat, long life, one litre carton", "zh_CN": "全脂纯牛奶 3.5% 常温 1 升装"}
    house.api(
        "PUT", "/products/MILK", {"name": "Milk", "names": milk, "tracking": "expiry", "rotation": "fefo", "barcodes": [MILK], **size}
    )
    case = {"unit": "case", "quantity": 12, "barcode": CASE}
    nuts = {"en": "Walnuts", "zh_CN": "核桃"}
    house.api("PUT", "/products/NUT", {"name": "Walnuts", "names": nuts, "barcodes": [NUT], "packagings": [case], **size})
    kinds = {"DOCK-1": "dock", "PACK-1": "packing", "DOOR-1": "door", **{f"A-01-{bay:02d}-1": "storage" for bay in range(1, 7)}}
    for place, (code, kind) in enumerate(kinds.items()):
        house.api("PUT", f"/locations/{code}", {"kind": kind, "x_mm": 1000 * place, "y_mm": 1000, "z_mm": 0})
    address = {"name": "李雷", "street": "南京路 2 号", "city": "上海", "country": "CN"}
    for code, kind in (("SHOP", "customer"), ("FARM", "supplier"), ("SWIFT", "carrier")):
        house.api("PUT", f"/partners/{code}", {"kind": kind, "name": code.title(), "address": address})


@pytest.fixture
def troubles() -> list[str]:
    """What a browser complained of."""
    return []


@pytest.fixture
def open_page(browser: Any, troubles: list[str]) -> Iterator[Any]:
    """A page of a device of its own, in a language; what goes wrong on it is kept."""
    contexts = []

    def opened(viewport: dict[str, int], locale: str) -> Any:
        context = browser.new_context(viewport=viewport, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda line: troubles.append(f"{page.url}: {line.text}") if line.type in ("error", "warning") else None)
        page.on("response", lambda answer: troubles.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


class Phone:
    """A phone with a scanner that types quickly and presses Enter."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address

    def take_up(self, flow: str) -> None:
        """Another work, from the menu."""
        self.page.goto(self.address + "/scan")
        self.page.click(f"nav.menu a[href$='/scan/{flow}']")
        self.at_a_glance()

    def scan(self, *texts: str, tone: str | None = None) -> None:
        """Each is answered; the last one in this tone."""
        for text in texts:
            version = int(self.attribute("version"))
            wedge.scan(self.page, text)
            self.page.wait_for_function("v => Number(document.querySelector('#screen').dataset.version) > v", arg=version)
            self.at_a_glance()
            assert self.attribute("tone") != "stop" or tone == "stop", f"{text!r}: {self.page.locator('.message').first.inner_text()}"
        assert tone in (None, self.attribute("tone"))

    def attribute(self, name: str) -> str:
        """A fact of the screen."""
        return str(self.page.locator("#screen").get_attribute(f"data-{name}") or "")

    @property
    def step(self) -> str:
        """Where the work is."""
        return self.attribute("step")

    def follow(self, until: str) -> None:
        """Scans what the screen expects, until the work is at this step."""
        for _ in range(20):
            if self.step == until:
                return
            self.scan(self.attribute("expected"))
        raise AssertionError(f"stuck at {self.step}")

    def at_a_glance(self) -> None:
        """Nothing essential below the fold, nothing to scroll, and the field listens."""
        playwright.expect(self.page.locator("input[name=scan]")).to_be_focused()
        found = self.page.evaluate(
            """() => {
                const boxes = [], parts = ['.bar', '#prompt', '.facts', '.facts > div', '.message', '.here button'];
                for (const part of [...parts, '#scan input[name=scan]', '#actions summary'])
                    for (const one of document.querySelectorAll('#screen ' + part)) {
                        const box = one.getBoundingClientRect();
                        if (box.height) boxes.push([part, box.left, box.top, box.right, box.bottom]);
                    }
                const root = document.scrollingElement, hidden = [];
                for (const row of document.querySelectorAll('#screen .facts-row, #screen .facts, #screen .answer-row'))
                    if (row.scrollHeight > row.clientHeight + 1) hidden.push(row.className);
                for (const part of ['#prompt .verb', '.facts > div', '.message .text', '#scan input[name=scan]', '#actions summary'])
                    for (const one of document.querySelectorAll('#screen ' + part)) {
                        const box = one.getBoundingClientRect();
                        const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                        if (box.height && !one.contains(top) && !top?.contains(one)) hidden.push(`${part} under ${top?.className}`);
                    }
                return {boxes, hidden, high: root.scrollHeight, wide: root.scrollWidth};
            }"""
        )
        where = f"{self.attribute('flow')}/{self.step}"
        assert {part for part, *_ in found["boxes"]} >= {"#prompt", "#scan input[name=scan]", "#actions summary"}, where
        for part, left, top, right, bottom in found["boxes"]:
            inside = left >= -0.5 and top >= -0.5 and right <= PHONE["width"] + 0.5 and bottom <= PHONE["height"] + 0.5
            assert inside, f"{where}: {part} lies at {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}"
        assert found["hidden"] == [], f"{where}: {found['hidden']}"
        assert (found["high"], found["wide"]) == (PHONE["height"], PHONE["width"]), f"{where}: the page scrolls {found}"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_goods_travel_from_the_dock_to_the_gate(served: Served, open_page: Any, language: str) -> None:
    chinese = language == "zh_CN"
    number, badge = ("ZH", "B7001") if chinese else ("EN", "B7002")
    line = {"sku": "MILK", "quantity": 20}
    served.api("POST", "/inbound-orders", {"number": f"PO-{number}", "partner": "FARM", "lines": [line, {"sku": "NUT", "quantity": 24}]})

    # At the desk: somebody new, and a code for their device.
    desk = open_page(DESK, "en")
    desk.goto(served.address + "/")
    desk.fill("input[name=name]", "boss")
    desk.fill("input[name=password]", "correct horse")
    desk.keyboard.press("Enter")
    desk.wait_for_url(lambda address: "sign-in" not in address)
    desk.goto(served.address + "/people/new")
    for name, value in {"code": f"worker-{number}", "name": "李明" if chinese else "Li Ming", "badge": badge, "pin": "4711"}.items():
        desk.fill(f"input[name={name}]", value)
    for box in desk.locator("input[name=roles]").all():
        box.check()
    desk.select_option("select[name=language]", language)
    desk.locator("main button[data-kind=main]").first.click()
    playwright.expect(desk.locator("body")).to_contain_text("may sign in")
    desk.goto(served.address + "/devices")
    desk.fill("input[name=name]", f"Handheld {number}")
    desk.locator("form:has(input[name=name]) button[data-kind=main]").click()
    code = desk.locator(".number-big").inner_text()

    # On the floor: the device is enrolled once, then badge and PIN.
    phone = Phone(open_page(PHONE, "zh-CN" if chinese else "en"), served.address)
    phone.page.goto(served.address + "/sign-in")
    wedge.scan(phone.page, code)
    playwright.expect(phone.page.locator("input[name=badge]")).to_be_focused()
    wedge.scan(phone.page, badge)
    playwright.expect(phone.page.locator("input[name=pin]")).to_be_focused()
    wedge.scan(phone.page, "4711")
    phone.page.wait_for_url(lambda address: "sign-in" not in address)

    phone.take_up("receive")
    phone.scan(f"po-{number}")
    phone.scan(f"]C101{MILK.zfill(14)}17{UNTIL:%y%m%d}3720\x1d10LOT-{number}", tone="good")
    playwright.expect(phone.page.locator(".printed a")).to_have_count(1)
    phone.scan("NO-SUCH-THING", tone="stop")
    playwright.expect(phone.page.locator(".message .text").first).to_contain_text(
        "此处无法识别 NO-SUCH-THING" if chinese else "NO-SUCH-THING is not known here"
    )
    phone.scan(CASE, CASE, CASE)
    assert phone.step == "order"

    phone.take_up("putaway")
    for _ in range(2):
        phone.page.locator("button[value='CMD:NEXT']").click()
        phone.page.wait_for_selector("#screen[data-step=goods]")
        phone.scan(phone.attribute("expected"))
        phone.page.wait_for_selector("#screen[data-step=bin]")
        phone.at_a_glance()
        phone.scan("DOOR-1", tone="stop")
        phone.scan(phone.attribute("expected"), tone="good")

    order = {
        "number": f"SO-{number}",
        "customer": "SHOP",
        "carrier": "SWIFT",
        "lines": [{**line, "quantity": 3}, {"sku": "NUT", "quantity": 14}],
    }
    served.api("POST", "/orders", order)
    served.api("POST", f"/orders/SO-{number}/release", {})
    lists = served.api("POST", "/waves", {"orders": [f"SO-{number}"]})["pick_lists"]  # a whole pallet is a list of its own
    phone.take_up("pick")
    phone.scan("CMD:NEXT")
    playwright.expect(phone.page.locator("#prompt .verb")).to_have_text("扫描库位" if chinese else "Scan location")
    phone.scan("PACK-1", tone="stop")
    phone.follow("document")
    for _ in lists[1:]:
        phone.scan("CMD:NEXT")
        phone.follow("document")

    phone.take_up("pack")
    phone.scan(f"SO-{number}", MILK, MILK, MILK)
    phone.scan(CASE, NUT, NUT)
    assert phone.step == "weight"
    phone.scan("8900")
    assert phone.step == "start"
    label = phone.page.locator(".printed a[href*='handling-unit']")
    carton = str(label.get_attribute("href")).rpartition("/")[2].removesuffix(".pdf")
    playwright.expect(label.locator("small").first).to_have_text(f"…{carton[-6:]}")

    load = served.api("POST", "/loads", {"orders": [f"SO-{number}"], "plate": "沪A12345", "driver": "王师傅", "carrier": "SWIFT"})
    phone.take_up("load")
    phone.scan(load["number"], carton, "SEAL-1")
    gate_pass = phone.page.locator(".printed a[href*='gate-pass'] small").inner_text()
    phone.take_up("gate")
    phone.scan(gate_pass)
    playwright.expect(phone.page.locator(".facts")).to_contain_text("沪A12345")
    phone.scan(gate_pass, tone="good")
    assert served.api("GET", f"/orders/SO-{number}")["status"] == "shipped"

    # What would lie outside is found out.
    phone.page.evaluate("document.querySelector('#prompt').style.minHeight = '700px'")
    with pytest.raises(AssertionError):
        phone.at_a_glance()

    # And sales sees it all on one page that is not wider than the desk.
    desk.goto(served.address + f"/orders/SO-{number}")
    playwright.expect(desk.locator("main")).to_contain_text("Shipped")
    assert desk.evaluate("document.scrollingElement.scrollWidth") == DESK["width"]
    desk.goto(served.address + "/")
    assert desk.evaluate("document.scrollingElement.scrollWidth") == DESK["width"]
