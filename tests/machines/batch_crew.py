"""A site where orders are picked together and sorted, and the people who do it: each does with the next line or share what is told."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import sqlalchemy as sa

from tests.machines.test_allocation_machine import House
from tests.warehouse import PREFIX, Warehouse
from wms import db
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Refused, WarehouseError
from wms.locations.models import Kind, Location
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import pallets, picks, serials, slots, sorting, together, waves
from wms.picking.lines import Pick, next_line
from wms.picking.models import Method
from wms.picking.sorting import Share, Sorting
from wms.receiving import putaway
from wms.shipping import packing
from wms.stock import handling_units
from wms.stock.ledger import ClaimGone, Place
from wms.stock.models import Claim, Condition, HandlingUnit, Reservation, Stage, Stock, UnitKind
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind

SKUS = ("APPLE", "PEAR", "MILK")
WALL = 3
WALKS = ("pick", "part", "short", "skip", "undo", "leave")
SORTS = ("put", "part", "wall", "full", "short", "damaged", "undo", "leave")


class BatchHouse(House):
    """A house with totes, pallets that goods are picked into, a wall to sort to, and products with lots and with numbers."""

    def __init__(self, w: Warehouse) -> None:
        with w.transaction():
            if not session.execute(sa.select(Product.id)).first():
                w.product("APPLE", packagings={"case": 4})
                w.product("MILK", tracking="lot")
                w.product("CHIP", tracking="serial")
        super().__init__(w)
        self.units = itertools.count(1)
        with w.transaction():
            for number in range(WALL):
                w.location(f"WALL-{number}", kind=Kind.PACKING, site=self.site_id, x_mm=-600)
            w.location("R-6", site=self.site_id, x_mm=6000, aisle="R")
            w.location("BAD", kind=Kind.DEFECT, site=self.site_id, x_mm=-900)

    def unit(self, kind: str, at: str = "PACK") -> HandlingUnit:
        """A new, empty unit of this site."""
        with self.w.unit_of_work():
            place = self.w.location(at, site=self.site_id)
            code = f"{self.name}-{kind}-{next(self.units)}"
            return handling_units.new_unit(UnitKind(kind), location_id=place.id, site_id=self.site_id, company_prefix=PREFIX, code=code)

    def pallet(self, sku: str, quantity: int, place: int, age: int) -> None:
        """A pallet of one product, received beside the dock and brought to its place."""
        with db.transaction():
            unit = self.unit("pallet", at=f"R-{place}").id
        self.put(sku, quantity, place, age, unit=unit)

    def stages(self, number: str) -> dict[str, int]:
        """How many pieces of an order stand at each stage."""
        rows = session.execute(
            sa.select(Reservation.stage, sa.func.sum(Reservation.quantity))
            .join(OrderLine, OrderLine.id == Reservation.order_line_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.number == number, Reservation.status == Claim.PENDING.value)
            .group_by(Reservation.stage)
        ).all()
        return {str(stage): int(pieces) for stage, pieces in rows}

    def order(self, number: str) -> Order:
        return session.execute(sa.select(Order).where(Order.number == number).execution_options(populate_existing=True)).scalar_one()

    def live(self, *kinds: TaskKind) -> list[Task]:
        wanted = [kind.value for kind in kinds]
        return list(
            session.execute(
                sa.select(Task).where(Task.site_id == self.site_id, Task.kind.in_(wanted), Task.status.in_(LIVE)).order_by(Task.id)
            ).scalars()
        )

    def pack(self, number: str, by: Actor, *, some: bool = False) -> tuple[int, ...]:
        """Packs what was picked for an order, or the first of it; the movements."""
        moved: tuple[int, ...] = ()
        with db.transaction():
            order = self.order(number)
            carton = packing.begin(order, by=by, company_prefix=PREFIX).code
            for claim in packing.picked_claims(order.id):
                product = session.get_one(Product, claim.product_id)
                quantity = 1 if some else claim.quantity
                moved += packing.pack(order.id, product, quantity, carton, by=by, key=self.w.key() + by.code, lot=claim.lot_key).movements
                if some:
                    break
            if some:
                packing.leave(order.id, by=by)
        return moved

    def put_back(self, by: Actor, place: int) -> bool:
        """The next goods of a cancelled order go back into a rack; whether there were any."""
        with db.transaction():
            task = putaway.next_for(by=by, kinds=[TaskKind.PUT_BACK])
            if task is None:
                return False
            good = putaway.goods_of(task).condition == Condition.GOOD
            at = self.w.location(f"R-{place}" if good else "BAD", site=self.site_id).id
            putaway.put_away(task.id, at, by=by, key=self.w.key() + by.code, epoch=task.epoch)
        return True


class Walker:
    """Somebody who picks any list as the handheld does: together, by the piece, or a pallet as it stands."""

    def __init__(self, house: BatchHouse, by: Actor) -> None:
        self.house, self.by = house, by
        self.task_id: int | None = None
        self.last: int | None = None
        self.target_id = 0

    def line(self) -> Pick | None:
        if self.task_id is None:
            with db.transaction():
                opened = picks.open_next(by=self.by)
            if opened is None:
                return None
            self.task_id = self.last = opened.task_id
            self.target_id = opened.target_id
        found = next_line(self.task_id)
        if found is None:
            self.task_id = None
        return found

    def do(self, what: str, number: int) -> None:
        if what == "undo":
            if self.last is not None:
                with db.transaction():
                    self.task_id = together.undo(task_id=self.last, by=self.by, key=self.key()).task_id
            return
        line = self.line()
        if line is None or self.task_id is None:
            return
        try:
            with db.transaction():
                self.act(what, number, line, self.task_id)
        except Conflict:
            self.task_id = None  # the next act reads it anew
            raise

    def act(self, what: str, number: int, line: Pick, task_id: int) -> None:
        mine: dict[str, Any] = {"task_id": task_id, "by": self.by}
        if what == "leave":
            queue.give_back(task_id, by=self.by)
            self.task_id = None
        elif line.together:
            self.shared(what, number, line, mine)
        elif what == "skip":
            picks.skip(line.claim_id, order_id=line.order_id, **mine)
        elif pallets.whole(line) and what != "short":
            self.fetch(number, line, mine)
        else:
            self.single(what, number, line, mine)

    def shared(self, what: str, number: int, line: Pick, mine: dict[str, Any]) -> None:
        wanted = sum(part.quantity for part in together.parts_of(line.claim_id))
        if not wanted:
            raise ClaimGone  # somebody took it away since the line was read
        if what == "skip":
            together.skip(line.claim_id, **mine)
        elif what == "short":
            found = number % wanted
            target = self.batch_unit(number) if found else None
            lacking = together.short(line.claim_id, found, reason="MISSING", target=target, key=self.key(), **mine)
            if lacking.lines and number % 3:
                act = together.take_elsewhere if number % 3 == 1 else together.go_without
                act(lacking.lines, reason="MISSING", **mine)
        else:
            quantity = wanted if what == "pick" else 1 + number % wanted
            together.confirm(line.claim_id, quantity, target=self.batch_unit(number), key=self.key(), **mine)

    def single(self, what: str, number: int, line: Pick, mine: dict[str, Any]) -> None:
        mine = {**mine, "order_id": line.order_id, "key": self.key()}
        target = self.batch_unit(number) if line.to_sort else Place(self.target_id)
        if serials.by_pieces(line):
            numbers = [piece.serial for piece in serials.together(line.claim_id)]
            if what == "short":
                picks.short(line.claim_id, 0, reason="MISSING", target=target, **mine)
            else:
                picks.confirm_serials(line.claim_id, numbers if what == "pick" else numbers[:1], target=target, window=9, **mine)
        elif what == "short":
            picks.short(line.claim_id, number % line.quantity, reason="MISSING", target=target, **mine)
        else:
            quantity = line.quantity if what == "pick" else 1 + number % line.quantity
            picks.confirm(line.claim_id, quantity, target=target, **mine)

    def fetch(self, number: int, line: Pick, mine: dict[str, Any]) -> None:
        where = {**mine, "order_id": line.order_id}
        if number % 3 == 0:
            others = (
                session.execute(
                    sa.select(HandlingUnit)
                    .where(HandlingUnit.site_id == self.by.site_id, HandlingUnit.kind == "pallet")
                    .order_by(HandlingUnit.id)
                )
                .scalars()
                .all()
            )
            line = pallets.instead(line.claim_id, others[number % len(others)], window=9, **where)
        pallets.carry(line.claim_id, place=self.target_id, expected="", key=self.key(), **where)

    def batch_unit(self, number: int) -> Place:
        """Where goods go that are sorted later: the unit of last time, another one, or loose to the packing place."""
        assert self.task_id is not None
        where: dict[str, Any] = {"task_id": self.task_id, "target_id": self.target_id, "expected": ""}
        if number % 5 == 0:
            return together.into(session.get_one(Location, self.target_id), by=self.by, **where)
        last = None if number % 5 == 1 else next(iter(self.units()), None)
        return together.into_unit(self.house.unit("pallet").id if last is None else last, **where)

    def units(self) -> list[int]:
        rows = sa.select(Stock.handling_unit_id).join(Reservation, Reservation.stock_id == Stock.id)
        mine = (Reservation.task_id == self.task_id, Reservation.stage == Stage.TO_SORT.value, Reservation.status == Claim.PENDING.value)
        return list(session.execute(rows.where(*mine, Stock.handling_unit_id.is_not(None)).order_by(Stock.id.desc())).scalars())

    def key(self) -> str:
        return self.house.w.key() + self.by.code


class Sorter:
    """Somebody who sorts: the best there is, or what a colleague left."""

    def __init__(self, house: BatchHouse, by: Actor) -> None:
        self.house, self.by = house, by
        self.sorting: Sorting | None = None
        self.last: Sorting | None = None

    def key(self) -> str:
        return self.house.w.key() + self.by.code

    def begin(self) -> Sorting | None:
        if self.sorting is None or not sorting.is_mine(self.sorting, by=self.by):
            with db.transaction():
                self.sorting = self.last = sorting.open_next(by=self.by)
        return self.sorting

    def do(self, what: str, number: int) -> None:
        if what == "undo":
            if self.last is not None:
                with db.transaction():
                    sorting.undo(self.last, by=self.by, key=self.key())
                self.sorting = self.last
            return
        try:
            here = self.begin()
        except sorting.NothingWaits:
            self.sorting = None
            raise
        if here is None:
            return
        if what == "leave":
            self.sorting = None
            with db.transaction():
                queue.give_back(here.task_id, by=self.by)
            return
        share = self.share(here, number)
        if share is not None:
            with db.transaction():
                self.act(what, number, here, share)

    def share(self, here: Sorting, number: int) -> Share | None:
        products = (
            session.execute(
                sa.select(Stock.product_id)
                .join(Reservation, Reservation.stock_id == Stock.id)
                .where(
                    Reservation.task_id == here.pick_task_id,
                    Reservation.stage == Stage.TO_SORT.value,
                    Reservation.status == Claim.PENDING.value,
                )
                .distinct()
                .order_by(Stock.product_id)
            )
            .scalars()
            .all()
        )
        if not products:
            return None
        with db.transaction():
            product = products[number % len(products)]
            sorting.check(here, session.get_one(Product, product))
            lots = sorting.lots_of(here.pick_task_id, product)
            return sorting.share_of(here.list_id, product, lots[number % len(lots)] if len(lots) > 1 else None)

    def act(self, what: str, number: int, here: Sorting, share: Share) -> None:
        if what in ("short", "damaged"):
            missing = 1 + number % share.quantity
            if missing < share.quantity:
                sorting.put(here, share, share.quantity - missing, self.position(what, number, here, share), by=self.by, key=self.key())
                again = sorting.share_of(here.list_id, share.product_id, share.lot)
                assert again is not None
                assert again.order_id == share.order_id
                share = again
            reason = "DAMAGED" if what == "damaged" else "MISSING"
            sorting.short(here, share, missing, reason=reason, by=self.by, key=self.key())
            return
        quantity = share.quantity if what in ("put", "wall") else 1 + number % share.quantity
        if what == "full" and share.unit is not None:
            slots.full(here.list_id, share.order_id)
            fresh = sorting.share_of(here.list_id, share.product_id, share.lot)
            assert fresh is not None
            share = fresh
        sorting.put(here, share, quantity, self.position(what, number, here, share), by=self.by, key=self.key())

    def position(self, what: str, number: int, here: Sorting, share: Share) -> Place:
        place: Location | HandlingUnit
        if share.unit_id is not None:
            place = session.get_one(HandlingUnit, share.unit_id)
        elif share.place_id is not None:
            place = session.get_one(Location, share.place_id)
        elif what == "wall":
            place = self.house.w.location(f"WALL-{number % WALL}", site=self.by.site_id)
        else:
            place = self.house.unit("tote")
        return sorting.where_to(share, place, list_id=here.list_id, target_id=here.target_id, by=self.by)


def finish_everything(house: BatchHouse, walkers: list[Walker], sorters: list[Sorter]) -> None:
    """Everybody goes on until nothing is left to do: what is not cancelled is picked, sorted and packed, whatever happened before."""
    for sku in SKUS:  # of each enough for whoever still waits
        for age in (0, 1, 2):
            house.put(sku, 300, 6, age)
    for number in range(60):
        house.put("CHIP", 1, 6, 0, lot=f"{house.name}-end-{number}")
    for _ in range(4):
        with contextlib.suppress(Refused), db.transaction():
            waves.plan_wave(by=house.by, method=Method.BATCH)
        for one in walkers:
            with contextlib.suppress(WarehouseError):
                one.do("leave", 0)
        for other in sorters:
            other.sorting = None
        _to_the_end(walkers[0], sorters[0], house)
    session.expire_all()
    assert house.live(TaskKind.PICK, TaskKind.SORT) == []


def _to_the_end(walker: Walker, sorter: Sorter, house: BatchHouse) -> None:
    _give_all_back(house)
    with contextlib.suppress(picks.NoWork, picks.ListDone):
        for _ in range(300):
            walker.do("pick", 2)
        raise AssertionError("picking never ends")
    with contextlib.suppress(sorting.NothingWaits):
        for _ in range(300):
            sorter.do("put", 2)
        raise AssertionError("sorting never ends")


def _give_all_back(house: BatchHouse) -> None:
    """Who went home has nothing in hand any more."""
    kinds = [TaskKind.PICK.value, TaskKind.SORT.value]
    held = sa.select(Task.id, Task.person_id).where(Task.site_id == house.site_id, Task.kind.in_(kinds), Task.status == "claimed")
    people = {by.id: by for by in [*house.people, house.by]}
    for task_id, person_id in session.execute(held).all():
        with db.transaction():
            queue.give_back(task_id, by=people[person_id])


def all_that_is_left_is_packed(house: BatchHouse) -> None:
    """Of each order that was not cancelled: every piece that was not short is packed by whoever comes."""
    for number in house.numbers():
        if house.order(number).status in (OrderStatus.CANCELLED, OrderStatus.HELD):
            assert house.stages(number) == {}, number
            continue
        stages = house.stages(number)
        assert Stage.TO_SORT.value not in stages, (number, stages)
        if stages.get(Stage.PICKED.value):
            free_the_bench(house, number)
            house.pack(number, house.by)
        session.expire_all()
        left = house.stages(number)
        assert set(left) <= {Stage.PACKED.value}, (number, left)
        lines = house.order(number).lines
        assert [line.packed for line in lines] == [line.ordered - line.short - line.cancelled for line in lines], number


def free_the_bench(house: BatchHouse, number: str) -> None:
    for task in house.live(TaskKind.PACK):
        if task.document == number and task.status == "claimed":
            holder = next(by for by in [*house.people, house.by] if by.id == task.person_id)
            with db.transaction():
                queue.give_back(task.id, by=holder)


__all__ = ["SKUS", "SORTS", "WALKS", "BatchHouse", "Sorter", "Walker", "all_that_is_left_is_packed", "finish_everything"]
