"""Reads of the work list of differences: for its pages, the API, the papers, and the answer to purchasing on an inbound order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import LEADS, Actor, Role
from wms.auth.models import Person
from wms.catalog.models import Partner, Product
from wms.db import containing, fold, session
from wms.i18n import T, Text
from wms.orders.differences import OUTCOMES
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, InboundLine, InboundOrder, Order, Outcome
from wms.orders.outside import ARRIVALS
from wms.stock.models import Batch, HandlingUnit

S = DifferenceStatus


@dataclass(frozen=True)
class DifferenceView:
    """One difference as people and machines read it."""

    id: int
    number: str
    kind: DifferenceKind
    status: DifferenceStatus
    inbound_order: str | None
    line: str | None
    order: str | None
    arrival: str | None
    plate: str | None
    partner: str | None
    sku: str | None
    name: Text | None
    decimals: int
    quantity: int | None
    lot: str | None
    handling_unit: str | None
    scanned: str | None
    reason: str | None
    note: str | None
    owner: Role
    person: str | None
    person_id: int | None
    person_name: str | None
    noted_at: dt.datetime
    noted_by: str | None
    outcome: Outcome | None
    ended_at: dt.datetime | None
    ended_by: str | None
    ending: str | None
    late_after: dt.timedelta

    @property
    def outcomes(self) -> list[Outcome]:
        """How it may be settled, while it is open."""
        return list(OUTCOMES[self.kind]) if self.status is S.OPEN else []

    @property
    def what(self) -> Text | str:
        """What it is about: the product's name, or what was scanned."""
        return self.name or self.scanned or ""

    @property
    def days(self) -> int:
        """How old it is, or was when it ended."""
        return ((self.ended_at or clock.now()) - self.noted_at).days

    @property
    def late(self) -> bool:
        """Open for longer than the house allows."""
        return self.status is S.OPEN and clock.now() - self.noted_at > self.late_after

    @property
    def tone(self) -> str | None:
        """How its row is marked."""
        return "stop" if self.late else None

    @property
    def status_tone(self) -> str:
        """The colour of its state."""
        return {S.OPEN: "ask", S.SETTLED: "good"}.get(self.status, "calm")

    @property
    def why(self) -> Text | None:
        """Whose turn it is, in words; or how it ended."""
        if self.outcome is not None:
            return self.outcome.text
        if self.status is not S.OPEN:
            return self.status.text
        who = self.person_name or self.owner.text
        return (
            T("Waits for {who}, {days} d", "待{who}处理，{days} 天", who=who, days=self.days) if self.late else T("{who}", "{who}", who=who)
        )


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to."""

    q: str = ""
    status: str = S.OPEN.value
    owner: str = ""  # mine, or a role
    kind: str = ""
    partner: str = ""
    late: bool = False


USUALLY_LATE_AFTER = 3  # days; where a setting says otherwise, pages hand it in
_OWNER, _NOTER, _ENDER, _SENDER, _CUSTOMER = aliased(Person), aliased(Person), aliased(Person), aliased(Partner), aliased(Partner)
SORTS: dict[str, Any] = {
    "age": (Difference.noted_at, Difference.id),
    "kind": (Difference.kind, Difference.id),
    "quantity": (Difference.quantity, Difference.id),
    "from": (_SENDER.name, Difference.id),
}


def statement(filter: Filter, *, by: Actor, late_after_days: int) -> sa.Select[Any]:
    """The differences that a list shows; without order, for the desk's pages to sort and cut."""
    query = _all(by)
    if filter.status in set(S):
        query = query.where(Difference.status == filter.status)
    if filter.owner == "mine":
        own = [role.value for role in by.roles] + ([Role.SUPERVISOR.value] if by.roles & LEADS else [])
        query = query.where(sa.or_(Difference.owner_id == by.id, sa.and_(Difference.owner_id.is_(None), Difference.owner_role.in_(own))))
    elif filter.owner in set(Role):
        query = query.where(Difference.owner_role == filter.owner)
    if filter.kind in set(DifferenceKind):
        query = query.where(Difference.kind == filter.kind)
    if filter.partner:
        query = query.where(sa.or_(_SENDER.code_key == fold(filter.partner), _CUSTOMER.code_key == fold(filter.partner)))
    if filter.late:
        old = clock.now() - dt.timedelta(days=late_after_days)
        query = query.where(Difference.status == S.OPEN.value, Difference.noted_at < old)
    if filter.q:
        query = query.where(
            containing(filter.q, Difference.number, InboundOrder.number, Order.number, Product.sku, Product.name, Difference.scanned)
        )
    return query


def _all(by: Actor) -> sa.Select[Any]:
    return _every().where(Difference.site_id == by.site_id)


def _every() -> sa.Select[Any]:
    return (
        sa.select(
            Difference,
            InboundOrder.number.label("inbound_order"),
            InboundLine.line,
            Order.number.label("order"),
            ARRIVALS.c.number.label("arrival"),
            ARRIVALS.c.plate,
            sa.func.coalesce(_SENDER.name, _CUSTOMER.name).label("partner"),
            Product.sku,
            Product.name,
            Product.name_en,
            Product.name_zh,
            Product.decimals,
            Product.tracking,
            Batch.lot,
            HandlingUnit.code.label("handling_unit"),
            _OWNER.code.label("person"),
            _OWNER.name.label("person_name"),
            _NOTER.name.label("noted_by"),
            _ENDER.name.label("ended_by"),
        )
        .outerjoin(InboundOrder, InboundOrder.id == Difference.inbound_order_id)
        .outerjoin(InboundLine, InboundLine.id == Difference.inbound_line_id)
        .outerjoin(Order, Order.id == Difference.order_id)
        .outerjoin(ARRIVALS, ARRIVALS.c.id == Difference.arrival_id)
        .outerjoin(_SENDER, _SENDER.id == InboundOrder.partner_id)
        .outerjoin(_CUSTOMER, _CUSTOMER.id == Order.customer_id)
        .outerjoin(Product, Product.id == Difference.product_id)
        .outerjoin(Batch, Batch.id == Difference.batch_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Difference.handling_unit_id)
        .outerjoin(_OWNER, _OWNER.id == Difference.owner_id)
        .outerjoin(_NOTER, _NOTER.id == Difference.noted_by_id)
        .outerjoin(_ENDER, _ENDER.id == Difference.ended_by_id)
    )


def view_of(row: Any, *, late_after_days: int = USUALLY_LATE_AFTER) -> DifferenceView:
    """One row of `statement` as it is read."""
    one: Difference = row.Difference
    return DifferenceView(
        id=one.id,
        number=one.number,
        kind=DifferenceKind(one.kind),
        status=S(one.status),
        inbound_order=row.inbound_order,
        line=row.line,
        order=row.order,
        arrival=row.arrival,
        plate=row.plate,
        partner=row.partner,
        sku=row.sku,
        name=T(row.name_en or row.name, row.name_zh or row.name) if row.sku else None,
        decimals=row.decimals or 0,
        quantity=one.quantity,
        lot=row.lot if row.tracking not in (None, "none") else None,
        handling_unit=row.handling_unit,
        scanned=one.scanned,
        reason=one.reason,
        note=one.note,
        owner=Role(one.owner_role),
        person=row.person,
        person_id=one.owner_id,
        person_name=row.person_name,
        noted_at=one.noted_at,
        noted_by=row.noted_by,
        outcome=Outcome(one.outcome) if one.outcome else None,
        ended_at=one.ended_at,
        ended_by=row.ended_by,
        ending=one.ending,
        late_after=dt.timedelta(days=late_after_days),
    )


def find(number: str, *, by: Actor, late_after_days: int = USUALLY_LATE_AFTER) -> DifferenceView | None:
    """One difference of the person's site, or None."""
    found = session.execute(_all(by).where(Difference.number == number.strip().upper())).one_or_none()
    return view_of(found, late_after_days=late_after_days) if found else None


def after(
    *, by: Actor, after: int, limit: int, status: DifferenceStatus | None, owner: Role | None, kind: DifferenceKind | None
) -> list[DifferenceView]:
    """Differences in the order in which they were noted, for the API's pages."""
    query = _all(by).where(Difference.id > after)
    for column, wanted in ((Difference.status, status), (Difference.owner_role, owner), (Difference.kind, kind)):
        if wanted is not None:
            query = query.where(column == wanted.value)
    return [view_of(row) for row in session.execute(query.order_by(Difference.id).limit(limit))]


def of_inbound(order_id: int, *, late_after_days: int = USUALLY_LATE_AFTER) -> list[DifferenceView]:
    """The differences of an inbound order, as they were noted; what was withdrawn is left out."""
    query = _every().where(Difference.inbound_order_id == order_id, Difference.status != S.WITHDRAWN.value).order_by(Difference.id)
    return [view_of(row, late_after_days=late_after_days) for row in session.execute(query)]


def of_all_inbound(order_ids: Sequence[int]) -> dict[int, list[DifferenceView]]:
    """The differences of several inbound orders, read together: the answer to purchasing."""
    found: dict[int, list[DifferenceView]] = {order_id: [] for order_id in order_ids}
    for row in session.execute(_every().where(Difference.inbound_order_id.in_(list(order_ids))).order_by(Difference.id)):
        found[row.Difference.inbound_order_id].append(view_of(row))
    return found


def waiting(by: Actor) -> int:
    """How many differences are open."""
    return session.execute(
        sa.select(sa.func.count()).where(Difference.site_id == by.site_id, Difference.status == S.OPEN.value)
    ).scalar_one()


def oldest(*, by: Actor, late_after_days: int, limit: int = 8) -> list[DifferenceView]:
    """The open differences that wait longest."""
    query = statement(Filter(), by=by, late_after_days=late_after_days).order_by(Difference.noted_at, Difference.id).limit(limit)
    return [view_of(row, late_after_days=late_after_days) for row in session.execute(query)]


def how_many(filter: Filter, *, by: Actor, late_after_days: int) -> int:
    """How many differences the list with this filter shows."""
    chosen = statement(filter, by=by, late_after_days=late_after_days).with_only_columns(Difference.id)
    return session.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()


def people_who_decide(*, by: Actor) -> list[tuple[str, str]]:
    """Whom a difference may be handed to: code and name of the people of the site."""
    rows = session.execute(
        sa.select(Person.code, Person.name, Person.roles)
        .where(_of_site(by), Person.active, ~Person.is_token)
        .order_by(Person.name)
        .limit(500)
    )
    able = {role.value for role in {*LEADS, Role.SALES}}
    return [(code, name) for code, name, roles in rows if able & set(roles)]


def person(code: str, *, by: Actor) -> Person | None:
    """Somebody of the site, by code."""
    return session.execute(sa.select(Person).where(_of_site(by), Person.code_key == fold(code))).scalar_one_or_none()


def _of_site(by: Actor) -> sa.ColumnElement[bool]:
    return sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None))
