"""When an order will be picked, as things stand on the floor. Picking reckons it; orders show it, red before they are late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wms.i18n import T, Text


@dataclass(frozen=True, slots=True)
class Expected:
    """When the last of an order is expected to be picked, and what that is reckoned from."""

    order_id: int
    due_at: dt.datetime
    at: dt.datetime
    why: Text

    @property
    def is_late(self) -> bool:
        """Whether that is after it should have left."""
        return self.at > self.due_at

    @property
    def warning(self) -> Text:
        """The order will be late: by when it is picked as things stand, and why."""
        return T("Picked by {at} as things stand: {why}", "按目前进度 {at} 拣完：{why}", at=self.at, why=self.why)


_ask: list[Callable[[int], Mapping[int, Expected]]] = []


def teach(ask: Callable[[int], Mapping[int, Expected]]) -> None:
    """Who reckons it: what is expected at a site, by the order's id. It is asked often and has to be quick."""
    _ask[:] = [ask]


def expected(site_id: int) -> Mapping[int, Expected]:
    """What is expected of the orders on the floor of a site that are due at a time."""
    return _ask[0](site_id) if _ask else {}


def late_ids(site_id: int) -> list[int]:
    """The orders that will be late, or are."""
    return sorted(one.order_id for one in expected(site_id).values() if one.is_late)
