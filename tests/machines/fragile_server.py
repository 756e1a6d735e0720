"""The real server whose workers are killed at the worst moments: before the work, in the middle of it, after the commit and before
the answer. Run by test_kills.py.

    python -m tests.machines.fragile_server URL PORT
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Iterable
from typing import Any

from wms import server
from wms.app import create_app
from wms.config import Settings

BEFORE, AMID, AFTER = 0.02, 0.04, 0.1  # how often, per request that writes


def die() -> None:
    """As if the machine's memory had run out: no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


class Fragile:
    """The application, in a process that does not live long."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.chance = random.Random(os.getpid())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self.application(environ, start_response)  # type: ignore[no-any-return]
        fate = self.chance.random()
        if fate < BEFORE:
            die()
        elif fate < BEFORE + AMID:
            threading.Timer(self.chance.uniform(0, 0.02), die).start()
        answer = list(self.application(environ, start_response))
        if fate > 1 - AFTER:
            die()
        return answer


class FragileServer(server.Server):
    """Gunicorn as always, around the fragile application, which is built before the fork so that the dead are soon replaced."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.application = create_app(settings)  # connects to nothing yet
        super().__init__(settings, options)

    def load(self) -> Any:
        """The application of one worker."""
        return Fragile(self.application)


if __name__ == "__main__":
    server.Server = FragileServer  # type: ignore[misc]
    settings = Settings(database_url=sys.argv[1], secret_key="only-for-tests", requests_per_minute=0)
    server.serve(settings, host="127.0.0.1", port=int(sys.argv[2]))
