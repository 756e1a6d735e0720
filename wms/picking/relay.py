"""Zone by zone: a list begins when the one before it has ended, with the totes that stand at its hand-over place.

However a list ends, done, short of everything or withdrawn, the next one of its relay that has lines joins the queue.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.picking import slots
from wms.picking.models import PickList, PickSlot
from wms.picking.slots import Coming
from wms.stock import handling_units
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskStatus

_P, _T, _R = table_of(PickList), table_of(Task), table_of(Reservation)


class NotHandedOver(Refused):
    """The zone before is not done."""

    code = "not_handed_over"
    sentence = T("{number} comes after {before}, which is not done", "{number} 须等 {before} 完成后再拣")
    advice = T("Take other work until its totes are handed over", "请先领取其他任务，等待周转箱交接")


class NotOfThisRelay(Refused):
    """Another tote than those that are handed over."""

    code = "not_handed_on"
    sentence = T("{code} is not handed over to {number}", "{code} 不是交接给 {number} 的周转箱")
    advice = T("Scan {expected}", "请扫描 {expected}")


def _before(pick_list: PickList) -> list[PickList]:
    """The lists before it, the nearest first."""
    found: list[PickList] = []
    here = pick_list
    while here.follows_id is not None:
        here = session.get_one(PickList, here.follows_id)
        found.append(here)
    return found


def live_before(pick_list: PickList) -> PickList | None:
    """The list that is still to be picked before this one."""
    before = {one.task_id: one for one in _before(pick_list)}
    if not before:
        return None
    statement = sa.select(_T.c.id).where(_T.c.id.in_(before), _T.c.status.in_(LIVE))
    live = session.execute(statement).scalars().first()
    return None if live is None else before[live]


def must_be_ready(pick_list: PickList) -> None:
    """Raises NotHandedOver while a list before this one is to be picked; a list that is begun already is not held up any more."""
    before = live_before(pick_list)
    if before is not None and not _begun(pick_list.task_id):
        raise NotHandedOver(number=pick_list.number, before=before.number)


def _begun(task_id: int) -> bool:
    picked = sa.select(_R.c.id).where(_R.c.task_id == task_id, _R.c.status == Claim.PENDING.value, _R.c.stage != Stage.RESERVED.value)
    return session.execute(picked.limit(1)).first() is not None


def wait_again(task_id: int) -> None:
    """A list that joined the queue too early, or is opened by mistake, waits for the one before it."""
    waits = {
        "status": TaskStatus.WAITING.value,
        "person_id": None,
        "lease_until": None,
        "assigned_at": None,
        "given": sa.null(),
        "epoch": _T.c.epoch + 1,
    }
    live = _T.c.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value])
    session.execute(sa.update(_T).where(_T.c.id == task_id, live).values(waits))


def coming(pick_list: PickList) -> list[Coming]:
    """The totes with goods that the zones before hand over to this list, and that it has not taken yet."""
    before = [one.id for one in _before(pick_list)]
    if not before:
        return []
    taken = set(session.execute(sa.select(PickSlot.handling_unit_id).where(PickSlot.pick_list_id == pick_list.id)).scalars())
    return [tote for tote in {one.unit_id: one for one in slots.with_goods(before)}.values() if tote.unit_id not in taken]


def take_over(pick_list: PickList, totes: Iterable[Coming], *, by: Actor, key: str) -> None:
    """The totes come along: they stand where this list ends, with everything in them and the claims on it."""
    for tote in sorted(totes, key=lambda one: one.unit_id):
        handling_units.lock_trees(tote.unit_id)
        unit = session.get_one(HandlingUnit, tote.unit_id)
        slots.put_at(pick_list.id, tote.order_id, tote.unit_id, was_full=tote.full)
        if unit.location_id != pick_list.target_id:
            handling_units.move_unit(
                unit,
                pick_list.target_id,
                key=f"{key}:{unit.id}",
                kind=MovementKind.MOVE,
                by=by,
                document=pick_list.number,
                task_id=pick_list.task_id,
            )


def bring(pick_list: PickList, place: Location, *, by: Actor, key: str) -> int:
    """The cart of a list that is done stands at this place: its totes booked elsewhere come along. Returns how many there are."""
    totes = {tote.unit_id for tote in slots.with_goods([pick_list.id])}
    for unit_id in sorted(totes):
        handling_units.lock_trees(unit_id)
        unit = session.get_one(HandlingUnit, unit_id)
        if unit.location_id != place.id:
            handling_units.move_unit(unit, place.id, key=f"{key}:{unit_id}", kind=MovementKind.MOVE, by=by, document=pick_list.number)
    return len(totes)


def goal(pick_list: PickList) -> int:
    """Where the cart goes: the hand-over place while a zone after this one is to be picked, else where the relay ends."""
    here, target = pick_list.id, pick_list.target_id
    while True:
        after = session.execute(
            sa.select(_P.c.id, _P.c.target_id, _T.c.status).join(_T, _T.c.id == _P.c.task_id).where(_P.c.follows_id == here).limit(1)
        ).one_or_none()
        if after is None:
            return int(target)
        if after.status in LIVE:
            return int(pick_list.target_id)
        here, target = after.id, after.target_id


def taken_over_by(pick_list: PickList) -> str | None:
    """The number of the list that takes the totes over next; None where the relay ends."""
    here = pick_list.id
    while True:
        after = session.execute(
            sa.select(_P.c.id, _P.c.number, _T.c.status).join(_T, _T.c.id == _P.c.task_id).where(_P.c.follows_id == here).limit(1)
        ).one_or_none()
        if after is None or after.status in LIVE:
            return None if after is None else str(after.number)
        here = after.id


def goal_code(list_id: int) -> str:
    """The code of the place where the cart of a list goes."""
    return session.get_one(Location, goal(session.get_one(PickList, list_id))).code


def pass_on(task_ids: Iterable[int]) -> None:
    """These lists have ended: what waited for them, and for nothing else before it, joins the queue."""
    waves = sa.select(_P.c.wave_id).where(_P.c.task_id.in_(list(task_ids)))
    lists_of = _P.join(_T, _T.c.id == _P.c.task_id)
    of_wave = sa.select(_P.c.id, _P.c.follows_id, _P.c.task_id, _T.c.status).select_from(lists_of).where(_P.c.wave_id.in_(waves))
    follows = _P.alias("follower")
    relayed = sa.exists().where(follows.c.wave_id == _P.c.wave_id, follows.c.follows_id.is_not(None))
    lists = {row.id: row for row in session.execute(of_wave.where(relayed)).all()}
    for one in lists.values():
        if one.status == TaskStatus.WAITING and one.follows_id is not None:
            here = one
            while here.follows_id is not None and lists[here.follows_id].status not in LIVE:
                here = lists[here.follows_id]
            if here.follows_id is None:
                queue.ready(one.task_id)


def hold_back(pick_list: PickList) -> None:
    """A list is in work again: what comes after it and is not begun waits once more."""
    after = sa.select(_P.c.task_id).where(_P.c.follows_id == pick_list.id)
    session.execute(sa.update(_T).where(_T.c.id.in_(after), _T.c.status == TaskStatus.OPEN.value).values(status=TaskStatus.WAITING.value))
