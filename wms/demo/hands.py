"""What people do with their hands all day: take in, put away, bring down, pick, pack. Each is the same operation that a scan would call."""

from __future__ import annotations

import datetime as dt
import itertools

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.products import find_product
from wms.db import session
from wms.demo.goods import COMPANY
from wms.locations.places import find_location
from wms.orders import inbound as inbound_orders
from wms.orders import operations as orders
from wms.picking import bringing, picks, replenishment
from wms.picking.lines import Pick
from wms.picking.models import PickList
from wms.receiving import check_in, putaway
from wms.shipping import holding, packing
from wms.stock.ledger import Place
from wms.stock.models import Condition, HandlingUnit, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

PIECES_A_CARTON = 12
_CARTON_GRAMS = 450


class Hands:
    """The hands of the demo; every act gets a key of its own, as a scanner would give it."""

    def __init__(self, name: str = "demo") -> None:
        self._name = name
        self._keys = itertools.count(1)

    def key(self) -> str:
        """A key that was never used."""
        return f"{self._name}:{next(self._keys)}"

    # -- goods in ------------------------------------------------------------------------------------------------------

    def take_in(
        self,
        number: str,
        sku: str,
        quantity: int,
        *,
        by: Actor,
        dock: str = "DOCK-1",
        lot: str | None = None,
        expires_on: dt.date | None = None,
        condition: Condition = Condition.GOOD,
    ) -> check_in.Receipt:
        """Checks goods in at a dock, on a plate."""
        return check_in.check_in(
            inbound_orders.find_inbound(number, by=by).id,
            find_product(sku),
            quantity,
            dock_id=find_location(dock, by=by).id,
            by=by,
            key=self.key(),
            company_prefix=COMPANY,
            lot=lot,
            expires_on=expires_on,
            condition=condition,
        )

    def put_away(self, receipt: check_in.Receipt, *, by: Actor) -> None:
        """Takes a plate where its task says."""
        task = putaway.claim_unit(receipt.unit, by=by)
        assert task.target_id is not None, "the demo has room"
        putaway.put_away(task.id, task.target_id, by=by, key=self.key())

    def replenish(self, *, by: Actor, tasks: int) -> None:
        """Brings the most urgent goods down to their faces, of those that no order has claimed meanwhile."""
        same_unit = sa.or_(
            Stock.handling_unit_id == Task.handling_unit_id, sa.and_(Stock.handling_unit_id.is_(None), Task.handling_unit_id.is_(None))
        )
        here = sa.and_(Stock.location_id == Task.source_id, Stock.batch_id == Task.batch_id, same_unit)
        free = session.execute(
            sa.select(Task.id, Task.quantity)
            .join(Stock, here)
            .where(
                Task.site_id == by.site_id,
                Task.kind == TaskKind.REPLENISH.value,
                Task.status == TaskStatus.OPEN.value,
                Stock.on_hand - Stock.reserved >= Task.quantity,
            )
            .order_by(Task.priority.desc(), Task.id)
            .limit(tasks)
        ).all()
        for task_id, quantity in free:
            queue.claim(task_id, by=by)
            bringing.bring(task_id, quantity, by=by, key=self.key())

    # -- goods out -----------------------------------------------------------------------------------------------------

    def pick(self, pick_list: PickList, *, by: Actor, most: int | None = None) -> None:
        """Walks a pick list, or its first `most` lines."""
        opened = picks.open_list(pick_list, by=by)
        line: Pick | None = opened.line
        done = 0
        while line is not None and (most is None or done < most):
            target = Place(opened.target_id)
            picked = picks.confirm(
                line.claim_id, line.quantity, task_id=opened.task_id, order_id=line.order_id, target=target, by=by, key=self.key()
            )
            line, done = picked.next, done + 1
        if line is None:
            replenishment.refill(by.site_id)  # what the background does within seconds

    def come_up_short(self, pick_list: PickList, *, by: Actor) -> None:
        """The first line of a list: one piece is missing. The place is to be counted, and the order goes without it."""
        opened = picks.open_list(pick_list, by=by)
        line = opened.line
        found = line.quantity - 1
        target = Place(opened.target_id) if found else None
        shorted = picks.short(
            line.claim_id,
            found,
            reason="MISSING",
            task_id=opened.task_id,
            order_id=line.order_id,
            target=target,
            by=by,
            key=self.key(),
        )
        if shorted.elsewhere:
            picks.leave_short(line.order_line_id, shorted.missing, reason="MISSING", by=by)

    def pack(self, number: str, *, by: Actor) -> None:
        """Packs all that lies picked for an order, at most a dozen pieces a carton, and weighs the cartons."""
        order = orders.find(number, by=by)
        carton = packing.begin(order, by=by, company_prefix=COMPANY)
        inside = 0
        for one in packing.waiting(order.id):
            product, left = find_product(one.sku), one.open
            while left:
                if inside == PIECES_A_CARTON:
                    self._weigh(order.id, carton, by=by)
                    carton, inside = packing.next_carton(order.id, carton.code, by=by, company_prefix=COMPANY), 0
                part = min(left, PIECES_A_CARTON - inside)
                packing.pack(order.id, product, part, carton.code, by=by, key=self.key())
                inside, left = inside + part, left - part
        self._weigh(order.id, carton, by=by)

    def _weigh(self, order_id: int, carton: HandlingUnit, *, by: Actor) -> None:
        grams = holding.expected_grams(carton.id) or 0
        packing.weigh(order_id, carton.code, grams + _CARTON_GRAMS, by=by)
