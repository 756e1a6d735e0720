"""A handheld in the hands of one person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.scanner import Scanner
from wms import clock
from wms.actor import Actor
from wms.receiving import scan as room
from wms.scan.engine import Engine

GS = "\x1d"
FLOWS = [room.receive, room.putting_away, room.moving, room.inquire, room.returns, room.building, room.inspecting]


class Handheld(Scanner):
    """One person at one flow of receiving."""

    def __init__(self, flow: str, by: Actor) -> None:
        super().__init__(Engine(FLOWS), by, flow)

    def take(self, *texts: str) -> dict[str, Any]:
        """Asks for work, and scans the goods that the screen sends for."""
        self.scan(*texts)
        assert self.step == "goods", self.screen
        return self.scan(str(self.screen["expected"]))


def soon(days: int = 90) -> str:
    return (clock.today() + dt.timedelta(days=days)).isoformat()
