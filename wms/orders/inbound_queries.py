"""Reads for what is announced: inbound orders with their lines, plates, vehicles, differences and timeline, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wms.actor import Actor
from wms.db import read, session, table_of
from wms.i18n import HowFar, Text, how_far, total
from wms.locations.models import Site
from wms.orders import announced, difference_queries, queries, timeline
from wms.orders.announced import Announced
from wms.orders.difference_queries import DifferenceView
from wms.orders.models import CheckIn, InboundOrder, InboundStatus
from wms.orders.outside import ARRIVAL_ORDERS, ARRIVALS


@dataclass(frozen=True)
class InboundLineView:
    """One announced line with its counters."""

    line: str
    sku: str
    name: Text
    decimals: int
    unit: str | None
    lot: str | None
    expires_on: dt.date | None
    certificate: str | None
    expected: int
    received: int
    rejected: int
    put_away: int
    base_unit: str


@dataclass(frozen=True)
class InboundView:
    """Everything that is known about one inbound order."""

    id: int
    number: str
    site: str
    kind: str
    partner: str | None
    partner_name: str | None
    reference: str | None
    expected_on: dt.date | None
    open_until: dt.date | None
    over_receipt_percent: int
    check_in: CheckIn
    status: InboundStatus
    created_at: dt.datetime
    updated_at: dt.datetime
    lines: list[InboundLineView]
    plates: list[Announced] = field(default_factory=list)
    arrivals: list[Any] = field(default_factory=list)
    differences: list[DifferenceView] = field(default_factory=list)
    events: list[timeline.Happening] = field(default_factory=list)

    @property
    def units(self) -> list[Announced]:
        """The announced licence plates, each followed by what stands on it."""
        return [one for plate in self.plates for one in plate.stack()]

    @property
    def expected(self) -> int:
        """All that was announced."""
        return sum(line.expected for line in self.lines)

    @property
    def received(self) -> int:
        """All that came."""
        return sum(line.received for line in self.lines)

    def total(self, counter: str) -> Text:
        """All of one of its lines' counters."""
        return total((getattr(line, counter), line.decimals, line.base_unit) for line in self.lines)

    @property
    def far(self) -> HowFar:
        """How much of it came."""
        return how_far((line.received, line.expected, line.decimals, line.base_unit) for line in self.lines)


def shown_inbound(orders: Sequence[InboundOrder], language: str) -> list[InboundView]:
    """These inbound orders with everything about them, read together."""
    if not orders:
        return []
    products = queries.named_products({line.product_id for order in orders for line in order.lines})
    found_partners = queries.partners({order.partner_id for order in orders if order.partner_id})
    sites = _sites({order.site_id for order in orders})
    happened = timeline.timelines("inbound_order", [order.id for order in orders], language)
    plates = announced.of_orders([order.id for order in orders])
    vehicles = _arrivals([order.id for order in orders])
    differing = difference_queries.of_all_inbound([order.id for order in orders])
    found = []
    for order in orders:
        partner = found_partners.get(order.partner_id) if order.partner_id else None
        found.append(
            InboundView(
                id=order.id,
                number=order.number,
                site=sites[order.site_id],
                kind=order.kind,
                partner=partner.code if partner else None,
                partner_name=partner.name if partner else None,
                reference=order.reference,
                expected_on=order.expected_on,
                open_until=order.open_until,
                over_receipt_percent=order.over_receipt_percent,
                check_in=CheckIn(order.check_in),
                status=InboundStatus(order.status),
                created_at=order.created_at,
                updated_at=order.updated_at,
                lines=[
                    InboundLineView(
                        line.line,
                        products[line.product_id].sku,
                        products[line.product_id].name,
                        products[line.product_id].decimals,
                        line.unit,
                        line.lot,
                        line.expires_on,
                        line.certificate,
                        line.expected,
                        line.received,
                        line.rejected,
                        line.put_away,
                        products[line.product_id].base_unit,
                    )
                    for line in order.lines
                ],
                plates=plates[order.id],
                arrivals=vehicles[order.id],
                differences=differing[order.id],
                events=happened.get(order.id, []),
            )
        )
    return found


_SITE = table_of(Site)
_SITES = sa.select(_SITE.c.id, _SITE.c.code).where(_SITE.c.id.in_(sa.bindparam("ids", expanding=True)))


def _sites(ids: set[int]) -> dict[int, str]:
    return {row.id: row.code for row in read(_SITES, {"ids": sorted(ids)})}


def _arrivals(order_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The vehicles that bring goods of these inbound orders."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(
        sa.select(ARRIVAL_ORDERS.c.inbound_order_id, ARRIVALS)
        .join(ARRIVALS, ARRIVALS.c.id == ARRIVAL_ORDERS.c.arrival_id)
        .where(ARRIVAL_ORDERS.c.inbound_order_id.in_(order_ids))
        .order_by(ARRIVALS.c.id)
    ):
        found[row.inbound_order_id].append(row)
    return found


def inbound_after(*, by: Actor, after: int = 0, limit: int = 100, status: InboundStatus | None = None) -> list[InboundOrder]:
    """Inbound orders of the person's site in the order they came in, for the API's pages."""
    query = (
        sa.select(InboundOrder)
        .where(InboundOrder.site_id == by.site_id, InboundOrder.id > after)
        .options(selectinload(InboundOrder.lines))
        .order_by(InboundOrder.id)
        .limit(limit)
    )
    if status is not None:
        query = query.where(InboundOrder.status == status.value)
    return list(session.execute(query).scalars())


def inbound_open(by: Actor) -> int:
    """How many inbound orders are still to come or to be finished."""
    return session.execute(
        sa.select(sa.func.count()).where(InboundOrder.site_id == by.site_id, InboundOrder.status != InboundStatus.CLOSED.value)
    ).scalar_one()
