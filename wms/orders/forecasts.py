"""When an order will be picked and can leave, as things stand on the floor. Picking reckons it; orders show it before they are late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wms import clock
from wms.i18n import T, Text
from wms.tasks import urgency
from wms.tasks.urgency import Lateness


@dataclass(frozen=True, slots=True)
class Expected:
    """When the last of an order is expected to be picked, what that is reckoned from, and how long packing and loading take after it."""

    order_id: int
    due_at: dt.datetime
    at: dt.datetime
    why: Text
    after: dt.timedelta = dt.timedelta()
    picked: bool = False  # all of it is; `at` is now

    @property
    def ready_at(self) -> dt.datetime:
        """When it can leave."""
        return self.at + self.after

    @property
    def is_late(self) -> bool:
        """Whether that is after it should have left."""
        return self.ready_at > self.due_at

    @property
    def warning(self) -> Text:
        """The order will be late: by when it is picked as things stand, what remains then, and why."""
        if self.picked:
            return self.why
        facts = {"at": self.at, "why": self.why, "after": minutes(self.after)}
        return T(
            "Picked by {at}, then {after} min to pack and load: {why}", "按目前进度 {at} 拣完，打包装车再需 {after} 分钟：{why}", **facts
        )


def minutes(time: dt.timedelta) -> int:
    """In whole minutes."""
    return round(time.total_seconds() / 60)


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


def lateness(due_at: dt.datetime | None, coming: Expected | None) -> Lateness | None:
    """How an order that is not finished stands, by what is expected of it."""
    found = urgency.lateness(due_at, clock.now(), dt.timedelta())
    return found or (Lateness.SOON if due_at is not None and coming is not None and coming.is_late else None)
