"""Value-added work on an order or on a line of it: relabel, make up a kit, wrap as a gift, add an insert.

The packer is asked for each and says that it is done; until then the order cannot be packed to the end. A kit is an instruction that is
confirmed: no new product comes of it, the pieces of the line stay what they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import Base, Count, Key, foreign, read, session, table_of
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T, Text, Worded
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.orders.outside import PEOPLE
from wms.orders.timeline import teach, teach_facts

LONGEST = 300
teach("order.service_done", T("Done: {service} {sku}", "已完成：{service} {sku}"), "good")


class Service(Worded):
    """What is done to goods besides packing them."""

    RELABEL = "relabel", T("Relabel", "贴标")
    KIT = "kit", T("Make up a kit", "组套")
    GIFT_WRAP = "gift_wrap", T("Gift-wrap", "礼品包装")
    INSERT = "insert", T("Add an insert", "放入附件")
    OTHER = "other", T("Other work", "其他加工")


teach_facts("service", {one.value: one.text for one in Service})


class OrderService(Base):
    """One piece of value-added work that an order asks for, and who confirmed it."""

    __tablename__ = "order_services"
    __table_args__ = (
        sa.Index("ix_order_services_order", "order_id", "id"),
        sa.CheckConstraint("(done_at IS NULL) = (done_by_id IS NULL)", name="confirmed_by_somebody"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = foreign("orders.id")
    order_line_id: Mapped[int | None] = foreign("order_lines.id", nullable=True, index=True)
    position: Mapped[Count]
    code: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str | None] = mapped_column(sa.String(LONGEST))
    done_at: Mapped[dt.datetime | None]
    done_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class ServiceLineUnknown(Invalid):
    """It is asked for on a line that the order does not have."""

    code = "line_unknown"
    sentence = T("There is no line {line} for this work", "没有第 {line} 行可加工")


class ServiceUnknown(NotFound):
    """The order asks for no such work."""

    code = "service_unknown"
    sentence = T("{number} asks for no work {position}", "{number} 没有第 {position} 项加工")


class ServiceDone(Conflict):
    """Somebody confirmed it before."""

    code = "service_done"
    sentence = T("{service} is confirmed already", "“{service}”已确认")
    advice = T("Go on with the order", "请继续处理订单")


class ServiceOpen(Refused):
    """What the customer asked for is not done."""

    code = "service_open"
    sentence = T("{number} cannot be finished: {service} is not confirmed", "{number} 不能完成：“{service}”未确认")
    advice = T("Do it, choose Value-added work and confirm it", "请完成加工，再点“增值加工”确认")


class OrderNotPacked(Refused):
    """It is confirmed while the order is packed."""

    code = "service_too_late"
    sentence = T("{number} is {state}: nothing is confirmed there any more", "{number} 已是“{state}”，不能再确认加工")


@dataclass(frozen=True)
class NewService:
    """Work that is asked for; without a line it is for the whole order."""

    code: Service
    line: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class ServiceView:
    """Work that an order asks for, as screens and papers show it."""

    id: int
    position: int
    code: Service
    line: str | None
    sku: str | None
    text: str | None
    done_at: dt.datetime | None
    done_by: str | None

    @property
    def words(self) -> Text:
        """What is to be done: Gift-wrap (with a blue ribbon)."""
        name = self.code.text
        return Text(f"{name.en}: {self.text}", f"{name.zh}：{self.text}") if self.text else Text(name.en, name.zh)


def write(order: Order, services: Sequence[NewService], lines: Iterable[OrderLine]) -> None:
    """Writes down what is asked for, in its sequence; the order and its lines have their ids. Raises ServiceLineUnknown."""
    ids = {line.line: line.id for line in lines}
    for place, one in enumerate(services):
        line = (one.line or "").strip() or None
        if line is not None and line not in ids:
            raise ServiceLineUnknown(pointer=f"/services/{place}/line", line=line)
        session.add(
            OrderService(
                order_id=order.id,
                order_line_id=ids[line] if line else None,
                position=place + 1,
                code=one.code.value,
                text=(one.text or "").strip() or None,
            )
        )
    session.flush()  # what is asked for is read from the table


def must_name_lines(services: Sequence[NewService], lines: AbstractSet[str]) -> None:
    """Raises ServiceLineUnknown."""
    for place, one in enumerate(services):
        line = (one.line or "").strip()
        if line and line not in lines:
            raise ServiceLineUnknown(pointer=f"/services/{place}/line", line=line)


def replace(order: Order, services: Sequence[NewService], lines: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """All that is asked for from now on, before the warehouse begins; what is different, for the timeline. Raises ServiceLineUnknown."""
    before = [(one.code.value, one.line, one.text) for one in of_orders([order.id]).get(order.id, [])]
    wanted = [(one.code.value, (one.line or "").strip() or None, (one.text or "").strip() or None) for one in services]
    if before == wanted:
        return []
    done = _confirmed(order)
    session.execute(sa.delete(OrderService).where(OrderService.order_id == order.id))
    write(order, services, lines)
    for one in session.execute(sa.select(OrderService).where(OrderService.order_id == order.id).order_by(OrderService.position)).scalars():
        if before_that := done.get((one.code, one.order_line_id, one.text)):
            one.done_at, one.done_by_id = before_that.pop(0)
    session.flush()  # what is open is read from the table
    return [{"what": "services", "before": len(before), "after": len(wanted)}]


def _confirmed(order: Order) -> dict[tuple[str, int | None, str | None], list[tuple[dt.datetime, int]]]:
    """Who confirmed what, and when: work that is asked for still, in the same words, is not done a second time."""
    rows = session.execute(
        sa.select(OrderService.code, OrderService.order_line_id, OrderService.text, OrderService.done_at, OrderService.done_by_id)
        .where(OrderService.order_id == order.id, OrderService.done_at.is_not(None))
        .order_by(OrderService.position)
    )
    found: dict[tuple[str, int | None, str | None], list[tuple[dt.datetime, int]]] = {}
    for code, line_id, text, done_at, done_by_id in rows:
        found.setdefault((code, line_id, text), []).append((done_at, done_by_id))
    return found


def differ(order: Order, services: Sequence[NewService]) -> bool:
    """Whether other work is asked for than the order asks for now."""
    before = [(one.code.value, one.line, one.text) for one in of_orders([order.id]).get(order.id, [])]
    return before != [(one.code.value, (one.line or "").strip() or None, (one.text or "").strip() or None) for one in services]


_OS, _OL, _PR = table_of(OrderService), table_of(OrderLine), table_of(Product)
_ASKED = (
    sa.select(_OS, _OL.c.line, _PR.c.sku, PEOPLE.c.name)
    .outerjoin(_OL, _OL.c.id == _OS.c.order_line_id)
    .outerjoin(_PR, _PR.c.id == _OL.c.product_id)
    .outerjoin(PEOPLE, PEOPLE.c.id == _OS.c.done_by_id)
    .where(_OS.c.order_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_OS.c.order_id, _OS.c.position)
)


def of_orders(order_ids: Sequence[int]) -> Mapping[int, list[ServiceView]]:
    """What these orders ask for, in its sequence."""
    found: dict[int, list[ServiceView]] = {}
    for one in read(_ASKED, {"ids": list(order_ids)}) if order_ids else ():
        view = ServiceView(one.id, one.position, Service(one.code), one.line, one.sku, one.text, one.done_at, one.name)
        found.setdefault(one.order_id, []).append(view)
    return found


def open_of(order_id: int) -> list[ServiceView]:
    """What is still to be confirmed: for the order, and for lines of which anything goes out."""
    moot = sa.select(OrderLine.line).where(OrderLine.order_id == order_id, OrderLine.ordered <= OrderLine.short + OrderLine.cancelled)
    gone = set(session.execute(moot).scalars())
    return [one for one in of_orders([order_id]).get(order_id, []) if one.done_at is None and one.line not in gone]


def must_be_done(order: Order, lines: Iterable[int] | None = None) -> None:
    """Before an order is packed to the end everything it asks for is done; before a carton is closed what is asked for on its `lines`
    (their ids). Raises ServiceOpen."""
    still = open_of(order.id)
    if lines is not None:
        names = {line.line for line in order.lines if line.id in set(lines)}
        still = [one for one in still if one.line in names]
    if still:
        raise ServiceOpen(number=order.number, service=still[0].words)


_CONFIRMED_IN = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED)


def confirm(order_id: int, position: int, *, by: Actor) -> ServiceView:
    """The work is done. Raises ServiceUnknown, ServiceDone, OrderNotPacked."""
    order = lifecycle.lock(order_id)
    if OrderStatus(order.status) not in _CONFIRMED_IN:
        raise OrderNotPacked(number=order.number, state=OrderStatus(order.status).text)
    view = next((one for one in of_orders([order.id]).get(order.id, []) if one.position == position), None)
    if view is None:
        raise ServiceUnknown(number=order.number, position=position)
    if view.done_at is not None:
        raise ServiceDone(service=view.words)
    row = session.get_one(OrderService, view.id)
    row.done_at, row.done_by_id = clock.now(), by.id
    session.flush()  # the event is a Core statement
    events.record(order, "order.service_done", by=by, service=view.code.value, line=view.line, sku=view.sku or "", reason=view.text)
    return view
