"""Several people at once: each in a thread and an application context of their own, all starting at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from wms import db
from wms.app import Application
from wms.db import session, transaction

LONG_ENOUGH = 0.4
"""Seconds in which the second one comes as far as the first one lets them."""


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


def one_after_the_other(app: Application, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[list[Any], list[int]]:
    """The second begins while the first is not finished. What each got, and how often each had to begin."""
    session.rollback()
    begun, tries = threading.Event(), [0, 0]

    def lingers() -> Any:
        tries[0] += 1
        with transaction():
            answer = first()
            begun.set()
            time.sleep(LONG_ENOUGH)
        return answer

    def comes() -> Any:
        tries[1] += 1
        assert begun.wait(30)
        with transaction():
            return second()

    answers = all_at_once(app, [lingers, comes])
    session.rollback()
    return answers, tries
