"""Makes the pictures of the README and the operator guide from the running demo: three barcodes and the screens.

python -m scripts.pictures          needs Chromium and the test requirements; writes docs/images/
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from wms.demo import walk
from wms.printing.barcodes import barcode, is_gtin, product_barcode, svg

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SVG = "http://www.w3.org/2000/svg"
PHONE, DESK = (360, 640), (1280, 800)


def main() -> None:
    """Writes every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(walk.BARCODES, 1):
        symbol = product_barcode(one.text) if is_gtin(one.text) else barcode(one.text)
        _write_barcode(IMAGES / f"walk-{number}.svg", str(svg(symbol)), one.text)
    with _demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for language in ("zh_CN", "en"):
            for theme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": PHONE[0], "height": PHONE[1]},
                    device_scale_factor=2,
                    color_scheme=theme,
                    locale=language.replace("_", "-"),
                )
                page = context.new_page()
                _sign_in(page, base, language, "picker")
                page.goto(f"{base}/scan/pick")
                _scan(page, "CMD:NEXT")
                page.screenshot(path=IMAGES / f"pick-{language}-{theme}.png")
                _scan(page, "A-02-1")
                page.wait_for_timeout(400)
                page.screenshot(path=IMAGES / f"pick-refused-{language}-{theme}.png")
                _scan(page, "CMD:CANCEL")
                context.close()
            context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale=language.replace("_", "-"))
            page = context.new_page()
            _sign_in(page, base, language, "supervisor")
            for name, path in (("home", "/"), ("orders", "/orders"), ("waves", "/picking/waves"), ("stock", "/stock")):
                page.goto(base + path)
                page.screenshot(path=IMAGES / f"{name}-{language}.png")
            context.close()
        browser.close()


def _write_barcode(path: Path, drawing: str, text: str) -> None:
    """The symbol with its text beneath, as a picture of its own."""
    found = re.search(r'width="(\d+)" height="(\d+)"', drawing) or re.search(r'viewBox="0 0 (\d+) (\d+)"', drawing)
    assert found, "a drawing has a size"
    width, height = int(found[1]), int(found[2])
    drawing = drawing if "xmlns=" in drawing else drawing.replace("<svg", f'<svg xmlns="{SVG}"', 1)
    words = f'<text x="{width // 2}" y="{height + 18}" font-family="sans-serif" font-size="16" text-anchor="middle">{text}</text>'
    size = f'width="{width}" height="{height + 26}" viewBox="0 0 {width} {height + 26}"'
    path.write_text(f'<svg xmlns="{SVG}" {size}><rect width="100%" height="100%" fill="#fff"/>{drawing}{words}</svg>\n')


def _sign_in(page: Page, base: str, language: str, who: str) -> None:
    page.context.add_cookies([{"name": "wms_language", "value": language, "url": base}])
    page.goto(f"{base}/sign-in/desk")
    page.fill("input[name=name], input[name=code]", who)
    page.fill("input[name=password]", "demo-1234")
    page.click("main button[data-kind=main], form button.button[data-kind=main]")
    page.wait_for_load_state()
    page.request.post(f"{base}/language", form={"language": language, "next": "/", "csrf_token": _token(page)})


def _token(page: Page) -> str:
    return page.locator("input[name=csrf_token]").first.get_attribute("value") or ""


def _scan(page: Page, text: str) -> None:
    before = page.locator("form#scan input[name=version]").get_attribute("value")
    page.fill("form#scan input[name=scan]", text)
    page.keyboard.press("Enter")
    for _ in range(100):
        page.wait_for_timeout(50)
        if page.locator("form#scan input[name=version]").get_attribute("value") != before:
            return


@contextlib.contextmanager
def _demo() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="wms-pictures-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ,
            "WMS_DATABASE_URL": f"sqlite:///{folder}/wms.db",
            "WMS_SECRET_KEY": secrets.token_hex(32),
            "WMS_DEMO": "true",
            "WMS_COMPANY_NAME": "郑州一号 Zhengzhou One",
        }
        wms = str(Path(sys.executable).parent / "wms")
        for command in (["migrate"], ["demo"]):
            subprocess.run([wms, *command], env=environment, check=True)
        server = subprocess.Popen([wms, "serve", "--port", str(port)], env=environment)
        try:
            for _ in range(300):
                time.sleep(0.1)
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
