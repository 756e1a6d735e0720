"""A handheld in the hands of one person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wms import clock
from wms.actor import Actor
from wms.receiving import scan as room
from wms.scan.engine import Engine

GS = "\x1d"


class Handheld:
    """One person at one flow: scans, and reads the screen."""

    def __init__(self, flow: str, by: Actor) -> None:
        self.flow, self.by = flow, by
        self.engine = Engine([room.receive, room.putting_away, room.moving, room.inquire, room.returns, room.building, room.inspecting])
        self.screen: dict[str, Any] = self.engine.show(flow, by=by)
        self._keys = 0

    def scan(self, *texts: str) -> dict[str, Any]:
        for text in texts:
            self._keys += 1
            key = f"{self.flow}-{self.by.id}-{self._keys}-{self.screen['version']}"
            self.screen = self.engine.take(self.flow, text, version=self.screen["version"], key=key, by=self.by).screen
        return self.screen

    def take(self, *texts: str) -> dict[str, Any]:
        """Asks for work, and scans the goods that the screen sends for."""
        self.scan(*texts)
        assert self.step == "goods", self.screen
        return self.scan(str(self.screen["expected"]))

    @property
    def step(self) -> str:
        return str(self.screen["step"])

    @property
    def tone(self) -> str:
        return str(self.screen["message"]["tone"])

    @property
    def code(self) -> str | None:
        return self.screen["message"]["code"]  # type: ignore[no-any-return]


def soon(days: int = 90) -> str:
    return (clock.today() + dt.timedelta(days=days)).isoformat()
