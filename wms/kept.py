"""What many pages show and takes a while to reckon: kept for some seconds, and then reckoned anew aside while pages show what was known.

    known = kept.of("counts", fresh_seconds=10)
    known.ask((endpoint, site_id), lambda: count(who))

Whoever asks waits only where nothing is known, or only what is too old to be shown. One thread of a process reckons, one thing after the
other, and lets pages go first in between; what goes wrong there is logged, and the next who asks has it tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

import structlog
from flask import Flask, current_app

log = structlog.get_logger("wms.kept")
SHOWN_SECONDS = 60.0
"""So old a value may be shown while it is reckoned anew: a page that nobody has looked at for an hour waits for its figures."""
_PAUSE_SECONDS = 0.05
"""One request in a hundred would meet all of the navigation's counts at once, and be twice as long under way."""


class Kept:
    """Values of one kind, by their key."""

    def __init__(self, house: Flask, fresh_seconds: float) -> None:
        self.fresh_seconds = fresh_seconds
        self._house = house
        self._known: dict[Hashable, tuple[float, Any]] = {}
        self._wanted: dict[Hashable, Callable[[], Any]] = {}
        self._mutex = threading.Lock()
        self._aside: threading.Thread | None = None

    def ask(self, key: Hashable, reckon: Callable[[], Any]) -> Any:
        """The value as it was some seconds ago. In tests nothing is done aside."""
        known, moment = self._known.get(key), time.monotonic()
        age = moment - known[0] if known else SHOWN_SECONDS
        if known is None or age >= (self.fresh_seconds if self._house.testing else SHOWN_SECONDS):
            return self._keep(key, reckon())
        if age >= self.fresh_seconds:
            self._later(key, reckon)
        return known[1]

    def _keep(self, key: Hashable, value: Any) -> Any:
        self._known[key] = (time.monotonic(), value)
        return value

    def _later(self, key: Hashable, reckon: Callable[[], Any]) -> None:
        with self._mutex:
            self._wanted.setdefault(key, reckon)
            if self._aside is None:
                self._aside = threading.Thread(target=self._reckon, name="kept", daemon=True)
                self._aside.start()

    def _reckon(self) -> None:
        while (wanted := self._next()) is not None:
            key, reckon = wanted
            try:
                with self._house.app_context():  # and with it a session of its own, which ends with it
                    self._keep(key, reckon())
            except Exception:
                log.exception("not_reckoned", what=str(key))
            time.sleep(_PAUSE_SECONDS)

    def _next(self) -> tuple[Hashable, Callable[[], Any]] | None:
        with self._mutex:
            for key in self._wanted:
                return key, self._wanted.pop(key)
            self._aside = None
            return None


def of(kind: str, *, fresh_seconds: float) -> Kept:
    """The values of this kind that this process keeps for its application."""
    houses: dict[str, Kept] = current_app.extensions.setdefault("wms_kept", {})
    if kind not in houses:
        house = current_app._get_current_object()  # type: ignore[attr-defined]  # its thread has none of its own
        houses[kind] = Kept(house, fresh_seconds)
    return houses[kind]


def forget(kind: str) -> None:
    """What is kept of this kind is reckoned anew."""
    current_app.extensions.get("wms_kept", {}).pop(kind, None)
