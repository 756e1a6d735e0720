"""How much work something is, told without a clock: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def steps(act: Callable[[], Any]) -> int:
    """How many lines of Python are run while it runs, each as often as it is."""
    many = 0

    def count(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal many
        many += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        act()
    finally:
        sys.settrace(before)
    return many
