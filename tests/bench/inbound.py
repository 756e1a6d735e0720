"""A delivery of 2,000 lines is checked in line by line, as pages through the application: how long each screen takes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.bench.load import quantiles
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.auth.people import create_token
from wms.db import transaction
from wms.locations import layout
from wms.locations.models import Kind
from wms.orders import inbound
from wms.orders.lines import NewLine

LINES, BINS = 2000, 4000


def build() -> str:
    """A dock, racks, 2,000 products, one delivery of all of them; the token of a receiver."""
    w = Warehouse()
    with transaction():
        w.location("DOCK", kind=Kind.DOCK, x_mm=0)
        for place in range(BINS):
            w.location(f"A-{place:04d}", x_mm=3000 * (place // 40), y_mm=1200 * (place % 40), max_units=1)
    with transaction():
        for number in range(LINES):
            w.product(f"SKU-{number:04d}", weight_grams=500, length_mm=100, width_mm=100, height_mm=100)
        lines = [NewLine(line=str(number + 1), sku=f"SKU-{number:04d}", quantity=24) for number in range(LINES)]
        inbound.announce(number="PO-2000", lines=lines, by=w.by)
        _, token = create_token("receiver", Role.RECEIVER)
    with transaction():
        layout.sort_in(w.site_id)
    return token


def measure(url: str, application: Callable[[str], AbstractContextManager[Application]], lines: int = LINES) -> None:
    """Prints p50 / p95 / p99 of the screens: at the goods, and where goods are booked."""
    with application(url) as app:
        token = build()
        client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
        screen = client.get("/api/v1/scan/receive", headers=headers).get_json()
        looked: list[float] = []
        booked: list[float] = []

        def scan(text: str, into: list[float] | None) -> None:
            nonlocal screen
            body = {"scan": text, "version": screen["version"], "key": secrets.token_hex(8)}
            begin = time.perf_counter()
            answer = client.post("/api/v1/scan/receive", json=body, headers=headers)
            spent = time.perf_counter() - begin
            screen = answer.get_json()
            assert answer.status_code == 200, screen
            assert screen["message"]["tone"] != "stop", screen
            if into is not None:
                into.append(spent)

        scan("PO-2000", None)
        for number in range(lines):
            scan(f"SKU-{number:04d}", looked)
            scan("24", booked)
        assert screen["step"] == ("order" if lines == LINES else "product"), screen
    print(f"a delivery of {LINES} lines, ms p50 / p95 / p99: goods {quantiles(looked)}; booked {quantiles(booked)} (at most 150)")
