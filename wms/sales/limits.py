"""How often a stranger may ask: so many looks at one link, and so many wrong links from one address, in a minute.

Counted in memory, by each worker for itself: nobody who is not signed in makes the database write.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

_MANY = 50_000
_MINUTE = 60.0


@dataclass
class _Count:
    until: float
    asked: int = 0


class Limit:
    """So many in a minute of each thing that is counted."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._counts: dict[str, _Count] = {}
        self._mutex = threading.Lock()

    def wait(self, what: str) -> int:
        """Counts one more; for how many seconds it is one too many, or 0."""
        moment = time.monotonic()
        with self._mutex:
            count = self._counts.get(what)
            if count is None or count.until <= moment:
                if len(self._counts) >= _MANY:
                    self._counts = {name: one for name, one in self._counts.items() if one.until > moment}
                    if len(self._counts) >= _MANY:
                        self._counts.clear()
                count = self._counts[what] = _Count(moment + _MINUTE)
            count.asked += 1
            return max(1, round(count.until - moment)) if count.asked > self.per_minute else 0

    def forget(self) -> None:
        """Begins anew: for tests."""
        with self._mutex:
            self._counts.clear()
