"""A real browser, and the patience a busy machine needs: what is waited for here is certain, only not when."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
PATIENCE = 30_000  # ms: for what will come, so it costs nothing where it comes at once
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium of this module's own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="NO BROWSER: needs playwright")
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: needs chromium (Debian: apt-get install chromium)")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield browser
        browser.close()
