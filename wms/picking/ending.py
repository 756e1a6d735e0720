"""What follows when a pick list has ended: done, short of everything, or withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

from wms.orders import claims
from wms.picking import relay, to_sort


def ended(task_ids: Iterable[int]) -> None:
    """The next zone of a relay joins the queue, and what was picked for several orders together is work for who sorts it."""
    ended_now = list(task_ids)
    relay.pass_on(ended_now)
    to_sort.offer(ended_now)


claims.WHEN_WITHDRAWN.append(ended)
