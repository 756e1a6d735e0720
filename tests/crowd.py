"""Several people at once: each in a thread and an application context of their own, all starting at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from wms import db
from wms.app import Application


def all_at_once(app: Application, units: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of them got: the value returned, or the exception raised. A unit is tried again as a request would be."""
    answers: list[Any] = [None] * len(units)
    start = threading.Barrier(len(units))

    def work(number: int) -> None:
        with app.app_context():
            start.wait(30)
            try:
                answers[number] = db.again(units[number])
            except Exception as error:  # every outcome is an answer
                answers[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(units))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return answers
