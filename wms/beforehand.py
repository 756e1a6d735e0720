"""What takes its time is done before a transaction, not inside it: nobody waits behind a row, or for SQLite's one writer, while we think.

Who finds inside a transaction that something must be reckoned raises `Wanted` with the reckoning; the edge lets the transaction go,
reckons, and runs the whole unit again, which finds the answer remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wms.errors import Conflict
from wms.i18n import T

R = TypeVar("R")
MOST = 5


class Wanted(Exception):
    """Something to be reckoned before this unit of work can go on. `reckon` reads no database, and remembers its answer."""

    def __init__(self, reckon: Callable[[], object]) -> None:
        super().__init__("to be reckoned outside of the transaction")
        self.reckon = reckon


class ChangedAgain(Conflict):
    """Each time it was reckoned, what it was reckoned for had changed."""

    code = "changed_again"
    sentence = T("This changes faster than it can be reckoned", "数据变化过快，来不及计算")


def prepared(unit: Callable[[], R]) -> R:
    """Runs a whole unit (with its own `transaction()` inside), reckoning in between what it wants. Raises ChangedAgain."""
    for _ in range(MOST):
        try:
            return unit()
        except Wanted as wanted:
            wanted.reckon()
    raise ChangedAgain
