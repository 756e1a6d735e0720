"""One step with many orders: each by itself, so that what is refused for one stops none of the others, and a report of what was refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import fold, session
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused, WarehouseError
from wms.i18n import T, Worded
from wms.orders import editing, gate, operations, withdrawal
from wms.orders.models import Order, OrderStatus

MOST = 500
REFUSALS = (Refused, Conflict, Invalid, NotFound, Forbidden)


class Step(Worded):
    """What may be done with many orders at once."""

    RELEASE = "release", T("Release", "放行")
    APPROVE = "approve", T("Approve", "审批通过")
    HOLD = "hold", T("Hold", "暂挂")
    PRIORITY = "priority", T("Set priority", "调整优先级")
    DUE = "due", T("Set due time", "调整承诺时间")
    CANCEL = "cancel", T("Cancel orders", "取消订单")


_WHO = {  # one of these; whose approval it needs, the holds of each order say
    Step.RELEASE: (Permission.RELEASE_ORDERS,),
    Step.APPROVE: (Permission.RELEASE_ORDERS, Permission.SETTLE),
}


def needs(step: Step) -> tuple[Permission, ...]:
    """The rights one of which lets somebody take this step."""
    return _WHO.get(step, (Permission.ENTER_ORDERS,))


def steps_of(by: Actor) -> list[Step]:
    """What this person may do with many orders."""
    return [step for step in Step if any(by.may(one) for one in needs(step))]


@dataclass(frozen=True)
class Read:
    """What somebody read of an order before they approved it: which of its holds, and as it stood when."""

    codes: frozenset[str]
    seen: dt.datetime


class StepIncomplete(Invalid):
    """What it is to become was not said."""

    code = "step_incomplete"
    sentence = T("Say what it is to be", "请填写要改成的内容")


class NothingToApprove(Refused):
    """No hold is open, or none of those that were ticked."""

    code = "nothing_to_approve"
    sentence = T("{number}: nothing of what was ticked waits for an approval", "{number}：所勾选的原因无需审批")


@dataclass(frozen=True)
class Done:
    """What came of the step for one order: where it is now, or why it was refused; or, released and held, what holds it."""

    number: str
    status: OrderStatus | None
    refusal: WarehouseError | None = None
    holds: Sequence[tuple[str, str]] = ()  # codes and reasons

    @property
    def was_done(self) -> bool:
        """Whether it is now as was wanted."""
        return self.refusal is None and not self.holds


def act(
    step: Step,
    numbers: Sequence[str],
    *,
    by: Actor,
    reason: str | None = None,
    priority: int | None = None,
    due_at: dt.datetime | None = None,
    read: Mapping[str, Read] | None = None,
) -> list[Done]:
    """Takes the step with each of these orders, the most urgent first; all are locked before the first of them is touched, so that nobody
    waits for somebody who waits for us. Approved is what was `read` of each; where nothing is said of that, all that this person may lift.
    Raises StepIncomplete."""
    one = _act_of(step, by=by, reason=reason, priority=priority, due_at=due_at, read=read or {})
    wanted = list(dict.fromkeys(number.strip() for number in numbers))[:MOST]
    rows = session.execute(
        sa.select(Order.id, Order.number_key).where(Order.site_id == by.site_id, Order.number_key.in_({fold(number) for number in wanted}))
    )
    ids = {row.number_key: row.id for row in rows}
    session.execute(sa.select(Order.id).where(Order.id.in_(ids.values())).order_by(Order.id).with_for_update(key_share=True)).all()
    found = session.execute(sa.select(Order).where(Order.id.in_(ids.values())).execution_options(populate_existing=True)).scalars()
    turns = {order.id: gate.turn_of(order) for order in found}
    done = {number: _one(number, one, step, by) for number in sorted(wanted, key=lambda number: _turn(turns, ids.get(fold(number))))}
    return [done[number] for number in wanted]


def _turn(turns: dict[int, gate.Turn], order_id: int | None) -> tuple[bool, gate.Turn | None]:
    return (False, turns[order_id]) if order_id is not None else (True, None)


def _act_of(
    step: Step, *, by: Actor, reason: str | None, priority: int | None, due_at: dt.datetime | None, read: Mapping[str, Read]
) -> Callable[[str], Order]:
    if step in (Step.HOLD, Step.CANCEL) and not (reason or "").strip():
        raise StepIncomplete(T("Say why", "请填写原因"), pointer="/reason")
    if step is Step.RELEASE:
        return lambda number: operations.release(number, by=by, reason=reason)
    if step is Step.APPROVE:
        return lambda number: _approve(number, read.get(number), by=by, reason=reason)
    if step is Step.HOLD:
        return lambda number: operations.hold(number, by=by, reason=reason)
    if step is Step.CANCEL:
        return lambda number: withdrawal.cancel(number, by=by, reason=reason)
    if step is Step.PRIORITY:
        if priority is None:
            raise StepIncomplete(pointer="/priority")
        return lambda number: editing.edit(number, by=by, changes={"priority": priority})
    if due_at is None:
        raise StepIncomplete(pointer="/due_at")
    return lambda number: editing.edit(number, by=by, changes={"due_at": due_at})


def _approve(number: str, read: Read | None, *, by: Actor, reason: str | None) -> Order:
    order = operations.find(number, by=by)
    if not any(read is None or hold.code in read.codes for hold in gate.open_holds(order)):
        raise NothingToApprove(number=order.number)
    if read is None:
        return operations.approve(number, by=by, reason=reason)
    return operations.approve(number, by=by, reason=reason, seen=read.seen, only=read.codes)


def _one(number: str, one: Callable[[str], Order], step: Step, by: Actor) -> Done:
    try:
        with session.begin_nested():
            order = one(number)
    except REFUSALS as refusal:
        known = session.execute(
            sa.select(Order.number, Order.status).where(Order.site_id == by.site_id, Order.number_key == fold(number))
        ).one_or_none()
        return Done(known.number if known else number, OrderStatus(known.status) if known else None, refusal)
    holds = gate.open_holds(order) if step is Step.RELEASE else []
    return Done(
        order.number, OrderStatus(order.status), None, [(hold.code, gate.reason(hold.code, hold.facts, by.language)) for hold in holds]
    )
