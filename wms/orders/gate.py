"""The release gate: small rules, each with its sentence and who may lift it. What fails is held, with its reason, until the cause is gone.

A rule only looks. `wms.orders.operations.release` opens and lifts the holds, and promises the stock.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Permission, Role
from wms.catalog.models import Partner, Product
from wms.db import among, fold, session
from wms.events import Event
from wms.i18n import T, Text, money, units
from wms.locations.models import PROMISABLE, Location
from wms.orders.models import WAITING, Hold, Order, OrderKind, OrderLine, OrderStatus
from wms.stock import promises
from wms.stock.models import Batch, Condition, Promise, Stock

# What a carrier cannot deliver without.
ADDRESS_NEEDS = ("name", "street", "city")
ADDRESS_WORDS = {"name": T("name", "收货人"), "street": T("street", "街道地址"), "city": T("city", "城市")}
_BY_ITSELF = T("Lifts by itself when stock arrives", "到货后自动解除")
_FINANCE = T("Finance may approve it", "由财务审批")
_SUPERVISOR = T("A supervisor may approve it", "由主管审批")
_TOMORROW = T("A supervisor may approve it, or it goes tomorrow", "由主管审批，或次日放行")

Facts = dict[str, Any]


@dataclass(frozen=True)
class House:
    """What the house has decided about its gate, from the settings."""

    cut_off: dt.time | None = None
    duplicate_hours: int = 0


_house = House()


def keep(cut_off: str, duplicate_hours: int) -> None:
    """Sets the house's cut-off (HH:MM on its own clock, empty for none) and how long two orders alike are doubted, once per process."""
    global _house
    _house = House(dt.time.fromisoformat(cut_off) if cut_off else None, duplicate_hours)


@dataclass(frozen=True)
class Wish:
    """What a line asks of its goods beyond the product."""

    product_id: int
    lot_key: str | None
    days: int

    @classmethod
    def of(cls, product_id: int, lot: str | None, days: int | None) -> Wish | None:
        """The wish of a line; None for one that takes any goods."""
        return cls(product_id, fold(lot) if lot else None, days or 0) if lot or days else None

    def covers(self, other: Wish) -> bool:
        """Whether goods that suit the other always suit this one too, so that both draw on this one's stock."""
        return self.product_id == other.product_id and self.lot_key in (None, other.lot_key) and self.days <= other.days


@dataclass(frozen=True)
class Case:
    """One order before the gate, with everything its rules look at."""

    order: Order
    customer: Partner
    skus: Mapping[int, str]
    available: Mapping[int, int]  # per product: what may still be promised
    suitable: Mapping[Wish, int]  # per wish for a lot or a remaining life: free pieces that have it and are promised to nobody
    largest: Mapping[Wish, int]  # per wish of a line that is to be of one batch: what is free of the largest batch that has it
    twin: str | None = None  # an order of the same customer for the same goods, entered a short time before
    decimals: Mapping[int, int] = field(default_factory=dict)  # per product that is shown with some

    def there_is(self, line: OrderLine) -> int:
        """How much may be promised of what a line wants, as things stand; below zero where more is promised than there is."""
        wish, available = wish_of(line), self.available[line.product_id]
        return available if wish is None else min(available, self.suitable[wish])

    def lacking(self, product_id: int, quantity: int, *, wanted: int) -> Facts:
        """So much of a product is missing of what is wanted, and how people write it."""
        decimals = self.decimals.get(product_id, 0)
        return {"sku": self.skus[product_id], "missing": quantity, "wanted": wanted, **({"decimals": decimals} if decimals else {})}

    def demand(self) -> dict[int, int]:
        """How much of each product the order still wants."""
        wanted: dict[int, int] = {}
        for line in self.order.lines:
            wanted[line.product_id] = wanted.get(line.product_id, 0) + open_quantity(line)
        return wanted


@dataclass(frozen=True)
class Rule:
    """One thing that must hold before the warehouse may start. `check` returns the facts of its sentence when it does not.

    An approval is for the facts of that moment: `covers` says whether what was approved speaks for what is so now. What speaks of the
    customer and the order itself holds it `on_arrival`; what speaks of the moment (stock, settlement, the hour) when it is released.
    """

    code: str
    sentence: Text
    title: Text
    who: Text
    lifted_by: Permission | None
    check: Callable[[Case], Facts | None]
    covers: Callable[[Facts, Facts], bool] = operator.eq
    on_arrival: bool = False
    owner: Role = Role.SUPERVISOR  # who deals with it, on the list of exceptions


def open_quantity(line: OrderLine) -> int:
    """How much of a line is neither promised, reserved, picked, short nor cancelled yet."""
    return max(0, line.ordered - line.promised - line.reserved - line.picked - line.short - line.cancelled)


# -- the rules ---------------------------------------------------------------------------------------------------------


def _stock(case: Case) -> Facts | None:
    if case.order.allow_backorder:
        return None
    missing = [
        case.lacking(product, wanted - max(0, case.available[product]), wanted=wanted)
        for product, wanted in case.demand().items()
        if wanted > max(0, case.available[product])
    ]
    return {"missing": missing} if missing else None


def _suitable(case: Case) -> Facts | None:
    if case.order.allow_backorder:
        return None
    wanted: dict[Wish, int] = {}
    lots: dict[Wish, str | None] = {}
    for line in case.order.lines:
        wish = wish_of(line)
        if wish is not None and open_quantity(line):
            wanted[wish] = wanted.get(wish, 0) + open_quantity(line)
            lots.setdefault(wish, line.lot)
    lacking: dict[Wish, int] = {}
    for wish in sorted(wanted, key=lambda one: (one.lot_key is None, -one.days)):  # the narrower first
        narrower = sum(missing for other, missing in lacking.items() if wish.covers(other))
        over = sum(quantity for other, quantity in wanted.items() if wish.covers(other)) - max(0, case.suitable[wish]) - narrower
        if over > 0:
            lacking[wish] = over
    missing = [
        {**case.lacking(wish.product_id, over, wanted=wanted[wish]), "lot": lots[wish], "days": wish.days or None}
        for wish, over in lacking.items()
    ]
    return {"missing": missing} if missing else None


def _one_batch(case: Case) -> Facts | None:
    if case.order.allow_backorder:
        return None
    missing = [
        case.lacking(line.product_id, over, wanted=line.promised + open_quantity(line))
        for line in case.order.lines
        if _begins_a_batch(line) and (over := line.promised + open_quantity(line) - case.largest[_batch_wish(line)]) > 0
    ]
    return {"missing": missing} if missing else None


def _begins_a_batch(line: OrderLine) -> bool:
    """Whether a line is to be of one batch, and none is chosen yet."""
    return bool(line.one_batch and open_quantity(line) and not line.reserved and not line.picked)


def _batch_wish(line: OrderLine) -> Wish:
    return wish_of(line) or Wish(line.product_id, None, 0)


def wish_of(line: OrderLine) -> Wish | None:
    """What a line asks of its goods; None for one that takes any."""
    return Wish.of(line.product_id, line.lot, line.min_remaining_days)


def _credit_limit(case: Case) -> Facts | None:
    customer = case.customer
    if customer.credit_limit is None or customer.balance_due <= customer.credit_limit:
        return None
    return {"balance_due": customer.balance_due, "credit_limit": customer.credit_limit, "goods": _goods(case)}


def _same_credit(approved: Facts, now: Facts) -> bool:
    """No larger debt, no lower limit, no more goods."""
    agreed = approved["balance_due"] >= now["balance_due"] and approved["credit_limit"] <= now["credit_limit"]
    return agreed and _no_more_goods(approved, now)


def _credit_days(case: Case) -> Facts | None:
    customer = case.customer
    if customer.credit_days is None or customer.oldest_due_on is None:
        return None
    days = (clock.today() - customer.oldest_due_on).days
    if days <= customer.credit_days:
        return None
    return {"days": days, "credit_days": customer.credit_days, "since": customer.oldest_due_on.isoformat(), "goods": _goods(case)}


def _same_debt(approved: Facts, now: Facts) -> bool:
    """Days go by; the debt must be no older one, and the terms no shorter."""
    agreed = approved.get("since", "") <= now["since"] and approved["credit_days"] <= now["credit_days"]
    return agreed and _no_more_goods(approved, now)


def _settlement(case: Case) -> Facts | None:
    order = case.order
    return {"goods": _goods(case)} if order.kind == OrderKind.SETTLE_FIRST and order.settled_at is None else None


def _goods(case: Case) -> dict[str, list[Any]]:
    return {line.line: [case.skus[line.product_id], line.ordered - line.cancelled] for line in case.order.lines}


def _no_more_goods(approved: Facts, now: Facts) -> bool:
    nothing = [None, 0]
    known = approved.get("goods", {})
    return all(
        known.get(line, nothing)[0] == sku and known[line][1] >= quantity for line, (sku, quantity) in now["goods"].items() if quantity
    )


def _address(case: Case) -> Facts | None:
    missing = [name for name in ADDRESS_NEEDS if not str(case.order.ship_to.get(name) or "").strip()]
    return {"missing": missing, "ship_to": dict(case.order.ship_to)} if missing else None


def _blocked(case: Case) -> Facts | None:
    return {"reason": case.customer.blocked_reason or "", "goods": _goods(case)} if case.customer.blocked else None


def _same_block(approved: Facts, now: Facts) -> bool:
    return bool(approved["reason"] == now["reason"]) and _no_more_goods(approved, now)


def _cut_off(case: Case) -> Facts | None:
    """Trucks of today are made up by now. What is due later, or was due before today, waits for no truck of today."""
    due, now = case.order.due_at, clock.local(clock.now())
    if _house.cut_off is None or due is None or clock.local(due).date() != now.date() or now.time() < _house.cut_off:
        return None
    return {"cut_off": _house.cut_off.strftime("%H:%M"), "due": due.isoformat()}


def _duplicate(case: Case) -> Facts | None:
    return {"number": case.twin, "goods": _goods(case)} if case.twin else None


def _same_twin(approved: Facts, now: Facts) -> bool:
    return bool(approved["number"] == now["number"]) and _no_more_goods(approved, now)


DUPLICATE = "duplicate"
SPLIT_OFF = "order.split_off"
RULES = (
    Rule("stock", T("Not enough stock: {missing}", "库存不足：{missing}"), T("Stock", "库存"), _BY_ITSELF, None, _stock, owner=Role.SALES),
    Rule(
        "suitable_stock",
        T("Not enough stock of the wanted lot or remaining life: {missing}", "符合批次或剩余效期要求的库存不足：{missing}"),
        T("Lot or remaining life", "批次或效期"),
        _BY_ITSELF,
        None,
        _suitable,
        owner=Role.SALES,
    ),
    Rule(
        "one_batch",
        T("No batch has all of what is to be of one: {missing}", "没有单一批次可满足“整行同一批次”的要求：{missing}"),
        T("One batch", "同一批次"),
        _BY_ITSELF,
        None,
        _one_batch,
        owner=Role.SALES,
    ),
    Rule(
        "blocked",
        T("The customer is blocked: {reason}", "客户已冻结：{reason}"),
        T("Customer blocked", "客户冻结"),
        _FINANCE,
        Permission.SETTLE,
        _blocked,
        _same_block,
        on_arrival=True,
        owner=Role.FINANCE,
    ),
    Rule(
        "credit_limit",
        T("The customer owes {balance_due}, the credit limit is {credit_limit}", "客户欠款 {balance_due}，超过信誉额度 {credit_limit}"),
        T("Credit limit", "信誉额度"),
        _FINANCE,
        Permission.SETTLE,
        _credit_limit,
        _same_credit,
        on_arrival=True,
        owner=Role.FINANCE,
    ),
    Rule(
        "credit_days",
        T("The oldest debt is {days} days old, {credit_days} are agreed", "最早欠款已 {days} 天，超过信誉天数 {credit_days}"),
        T("Credit days", "信誉天数"),
        _FINANCE,
        Permission.SETTLE,
        _credit_days,
        _same_debt,
        on_arrival=True,
        owner=Role.FINANCE,
    ),
    Rule(
        "settlement",
        T("To be settled before it is picked", "先结后配，尚未结算"),
        T("Settlement", "结算"),
        T("Finance settles it", "由财务结算"),
        Permission.SETTLE,
        _settlement,
        _no_more_goods,
        owner=Role.FINANCE,
    ),
    Rule(
        "address",
        T("The address lacks: {missing}", "收货地址缺少：{missing}"),
        T("Address", "收货地址"),
        T("Sales fills it in; a supervisor may approve it as it is", "由销售补全；主管可按现状审批"),
        Permission.RELEASE_ORDERS,
        _address,
        on_arrival=True,
        owner=Role.SALES,
    ),
    Rule(
        "cut_off",
        T("Due today, and released after {cut_off}", "今日应发，已过截单时间 {cut_off}"),
        T("Cut-off", "截单"),
        _TOMORROW,
        Permission.RELEASE_ORDERS,
        _cut_off,
    ),
    Rule(
        DUPLICATE,
        T("The same goods for the same customer as {number}, a short time after it", "与订单 {number} 客户、商品、地址相同，疑似重复下单"),
        T("Twice the same", "疑似重复"),
        _SUPERVISOR,
        Permission.RELEASE_ORDERS,
        _duplicate,
        _same_twin,
        on_arrival=True,
        owner=Role.SALES,
    ),
)
MANUAL = Rule(
    "manual",
    T("Held by hand: {reason}", "人工暂挂：{reason}"),
    T("Held by hand", "人工暂挂"),
    _SUPERVISOR,
    Permission.RELEASE_ORDERS,
    lambda _case: None,
)
BY_CODE = {rule.code: rule for rule in (*RULES, MANUAL)}
ON_ARRIVAL = tuple(rule for rule in RULES if rule.on_arrival)


# -- looking -----------------------------------------------------------------------------------------------------------


def open_holds(order: Order) -> list[Hold]:
    """What holds the order now."""
    return [hold for hold in order.holds if hold.lifted_at is None]


def liftable(order: Order, by: Actor) -> list[Hold]:
    """The open holds that this person may lift."""
    return [hold for hold in open_holds(order) if (needed := BY_CODE[hold.code].lifted_by) and by.may(needed)]


def examine(case: Case, rules: Iterable[Rule] = RULES) -> dict[str, Facts]:
    """What the gate refuses now, by code, in the order of the rules. What a person approved for this order is not asked again, unless the
    facts are others than those that were approved."""
    found = {}
    for rule in rules:
        facts = rule.check(case)
        approved = [hold.facts for hold in case.order.holds if hold.code == rule.code and hold.lifted_by_id is not None]
        if facts is not None and not any(rule.covers(one, facts) for one in approved):
            found[rule.code] = facts
    return found


def cases(orders: Iterable[Order], *, locked: bool = False) -> list[Case]:
    """The cases of several orders of one site, read together. `locked` takes their products' promise rows first, as releasing must."""
    orders = list(orders)
    if not orders:
        return []
    site_id = orders[0].site_id
    products = {line.product_id for order in orders for line in order.lines}
    promised = promises.lock(site_id, products) if locked else _promised(site_id, products)
    free = promises.free_stock(site_id, products)
    available = {product: free[product] - promised.get(product, 0) for product in products}
    named = session.execute(sa.select(Product.id, Product.sku, Product.decimals).where(Product.id.in_(products))).all()
    skus, decimals = {row.id: row.sku for row in named}, {row.id: row.decimals for row in named if row.decimals}
    customers = {
        customer.id: customer
        for customer in session.execute(
            sa.select(Partner).where(Partner.id.in_({order.customer_id for order in orders})).execution_options(populate_existing=True)
        ).scalars()
    }
    first = _waiting(site_id, products)
    wishes = {wish for order in orders for line in order.lines if (wish := wish_of(line)) is not None}
    suitable = _suitable_stock(site_id, wishes | {one.wish for one in first if one.wish is not None})
    largest = _largest_batches(site_id, {_batch_wish(line) for order in orders for line in order.lines if _begins_a_batch(line)})
    twins = _twins(orders)
    rest = after_others(orders, available, suitable, first)
    found = []
    for order in orders:
        left, fitting = rest[order.id]
        found.append(Case(order, customers[order.customer_id], skus, left, fitting, largest, twins.get(order.id), decimals))
    return found


# -- who comes first ---------------------------------------------------------------------------------------------------

ON_THE_FLOOR = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED)
_FAR = dt.datetime.max.replace(tzinfo=dt.UTC)
Turn = tuple[int, dt.datetime, int]


@dataclass(frozen=True)
class Waiting:
    """A line of a released order that waits for goods, with its order's turn."""

    turn: Turn
    product_id: int
    wish: Wish | None
    quantity: int


def turn_of(order: Order) -> Turn:
    """Who goes first: the higher priority, then what is due earlier, then what came in earlier."""
    return -order.priority, order.due_at or _FAR, order.id


def _waiting(site_id: int, products: AbstractSet[int]) -> list[Waiting]:
    """The back-orders of these products, the first in turn first."""
    rows = session.execute(
        sa.select(OrderLine, Order.priority, Order.due_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.product_id.in_(products),
            sa.text(WAITING),
            Order.site_id == site_id,
            Order.status.in_([status.value for status in ON_THE_FLOOR]),
            Order.allow_backorder,
        )
    ).all()
    found = [
        Waiting((-priority, due_at or _FAR, line.order_id), line.product_id, wish_of(line), open_quantity(line))
        for line, priority, due_at in rows
    ]
    return sorted(found, key=lambda one: one.turn)


def after_others(
    orders: Sequence[Order], available: Mapping[int, int], suitable: Mapping[Wish, int], waiting: Sequence[Waiting]
) -> dict[int, tuple[dict[int, int], dict[Wish, int]]]:
    """What is left for each order, by its id, when the back-orders before it have taken what suits them: goods that came in a moment ago
    are theirs. Everybody who waits is passed once, whichever number of orders is looked at."""
    left, fitting = dict(available), dict(suitable)
    found, place = {}, 0
    for order in sorted(orders, key=turn_of):
        mine = turn_of(order)
        while place < len(waiting) and waiting[place].turn < mine:
            one = waiting[place]
            take(left, fitting, one.product_id, one.wish, one.quantity)
            place += 1
        products = {line.product_id for line in order.lines}
        of_mine = {wish: quantity for wish, quantity in fitting.items() if wish.product_id in products}
        found[order.id] = {product: left[product] for product in products}, of_mine
    return found


def take(left: dict[int, int], suitable: dict[Wish, int], product_id: int, wish: Wish | None, quantity: int) -> int:
    """Takes what there is for a line, of the wanted lot and life, off what is left; how much that was."""
    there = left[product_id] if wish is None else min(left[product_id], suitable[wish])
    amount = min(quantity, max(0, there))
    left[product_id] -= amount
    for other in suitable:
        if wish is not None and other.covers(wish):
            suitable[other] -= amount
    return amount


def arriving(order: Order, customer: Partner | None = None, skus: Mapping[int, str] | None = None) -> Case:
    """The case of one order as far as the rules look that hold it on arrival: nothing of the stock is read, nor what is known already."""
    skus = skus if skus is not None else _skus({line.product_id for line in order.lines})
    customer = (
        customer
        or session.execute(sa.select(Partner).where(Partner.id == order.customer_id).execution_options(populate_existing=True)).scalar_one()
    )
    return Case(order, customer, skus, {}, {}, {}, _twins([order]).get(order.id))


def all_arriving(orders: Sequence[Order], customers: Mapping[int, Partner], skus: Mapping[int, str]) -> list[Case]:
    """The same for many orders of one site that come in together."""
    twins = _twins(orders) if orders else {}
    return [Case(order, customers[order.customer_id], skus, {}, {}, {}, twins.get(order.id)) for order in orders]


def _skus(products: AbstractSet[int]) -> dict[int, str]:
    return {row.id: row.sku for row in session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_(products)))}


def _twins(orders: Sequence[Order]) -> dict[int, str]:
    """For each order the one before it that is alike: same customer, same goods, same address, and not much older."""
    if not _house.duplicate_hours:
        return {}
    within = dt.timedelta(hours=_house.duplicate_hours)
    known: dict[Any, list[_Before]] = {}
    for one in _perhaps_alike(orders, within):
        known.setdefault(_likeness(one), []).append(one)
    found = {}
    for order in orders:
        alike = [one for one in known.get(_likeness(order), []) if one.id < order.id and order.created_at - one.created_at <= within]
        alike = _of_other_families(order, alike) if alike else []
        if alike:
            found[order.id] = alike[-1].number
    return found


@dataclass(slots=True)
class _Before:
    """An order that came in before, as far as its likeness goes."""

    id: int
    number: str
    customer_id: int
    created_at: dt.datetime
    ship_to: Mapping[str, Any]
    lines: list[Any]


def _perhaps_alike(orders: Sequence[Order], within: dt.timedelta) -> list[_Before]:
    """Orders of the same customers, as they came in, whose goods add up to the same: the database adds up, for a customer who orders a
    thousand times a day has few that are worth reading."""
    wanted = OrderLine.ordered - OrderLine.cancelled
    sums = {
        (
            order.customer_id,
            len(order.lines),
            sum(one.product_id for one in order.lines),
            sum(one.ordered - one.cancelled for one in order.lines),
        )
        for order in orders
    }
    recent = (
        sa.select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.customer_id.in_({order.customer_id for order in orders}),
            Order.site_id == orders[0].site_id,
            Order.created_at >= min(order.created_at for order in orders) - within,
            Order.status != OrderStatus.CANCELLED.value,
        )
        .group_by(Order.id, Order.customer_id)
        .having(sa.tuple_(Order.customer_id, sa.func.count(), sa.func.sum(OrderLine.product_id), sa.func.sum(wanted)).in_(sorted(sums)))
    )
    columns = (Order.id, Order.number, Order.customer_id, Order.created_at, Order.ship_to)
    rows = session.execute(sa.select(*columns).where(Order.id.in_(recent)).order_by(Order.id))
    found = {row.id: _Before(row.id, row.number, row.customer_id, row.created_at, row.ship_to, []) for row in rows}
    of_line = (OrderLine.order_id, OrderLine.product_id, OrderLine.lot, OrderLine.ordered, OrderLine.cancelled)
    for line in session.execute(sa.select(*of_line).where(among(OrderLine.order_id, list(found)))):
        found[line.order_id].lines.append(line)
    return list(found.values())


def _of_other_families(order: Order, alike: Sequence[_Before]) -> list[_Before]:
    """Those of these orders that were not split off this one, nor this one off them, nor both off the same."""
    rows = session.execute(
        sa.select(Event.subject_id, Event.facts).where(
            Event.subject_kind == Order.event_kind, Event.subject_id.in_([order.id, *(one.id for one in alike)]), Event.code == SPLIT_OFF
        )
    )
    split_off = {row.subject_id: row.facts["source"] for row in rows}
    mine = {order.number, split_off.get(order.id, order.number)}
    return [one for one in alike if mine.isdisjoint({one.number, split_off.get(one.id, one.number)})]


def _likeness(order: Order | _Before) -> Any:
    goods = sorted((line.product_id, fold(line.lot or ""), line.ordered - line.cancelled) for line in order.lines)
    return order.customer_id, tuple(goods), tuple(sorted((name, str(value)) for name, value in order.ship_to.items()))


def _promised(site_id: int, products: set[int]) -> dict[int, int]:
    rows = session.execute(
        sa.select(Promise.product_id, Promise.promised).where(Promise.site_id == site_id, Promise.product_id.in_(products))
    ).all()
    return {row.product_id: row.promised for row in rows}


def _suitable_stock(site_id: int, wishes: AbstractSet[Wish]) -> dict[Wish, int]:
    """What is free of each, less what released lines that draw on it were promised."""
    if not wishes:
        return {}
    promised = promised_wishes(site_id, {wish.product_id for wish in wishes})
    found = {}
    for wish in wishes:
        free = sum(quantity for _, quantity in _free_batches(site_id, wish))
        found[wish] = free - sum(quantity for other, quantity in promised.items() if wish.covers(other))
    return found


def _largest_batches(site_id: int, wishes: AbstractSet[Wish]) -> dict[Wish, int]:
    """What is free of the largest batch that suits each."""
    return {wish: max((quantity for _, quantity in _free_batches(site_id, wish)), default=0) for wish in wishes}


def _free_batches(site_id: int, wish: Wish) -> list[tuple[int, int]]:
    """The batches that suit a wish, with what is free of each."""
    until = clock.today() + dt.timedelta(days=wish.days)
    conditions = [Batch.lot_key == wish.lot_key] if wish.lot_key is not None else []
    rows = session.execute(
        sa.select(Stock.batch_id, sa.func.sum(Stock.on_hand - Stock.reserved))
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            Stock.site_id == site_id,
            Stock.product_id == wish.product_id,
            Stock.condition == Condition.GOOD.value,
            Location.kind.in_([kind.value for kind in PROMISABLE]),
            sa.or_(Batch.expires_on.is_(None), Batch.expires_on >= until),
            Batch.owner_id.is_(None),
            *conditions,
        )
        .group_by(Stock.batch_id)
    )
    return [(batch_id, int(quantity)) for batch_id, quantity in rows]


def promised_wishes(site_id: int, products: AbstractSet[int]) -> dict[Wish, int]:
    """What was promised to lines that ask for a lot or a remaining life."""
    rows = session.execute(
        sa.select(OrderLine.product_id, OrderLine.lot, OrderLine.min_remaining_days, OrderLine.promised)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.site_id == site_id,
            OrderLine.product_id.in_(products),
            OrderLine.promised > 0,
            sa.or_(OrderLine.lot.is_not(None), OrderLine.min_remaining_days > 0),
        )
    )
    found: dict[Wish, int] = {}
    for product_id, lot, days, quantity in rows:
        wish = Wish.of(product_id, lot, days)
        if wish is not None:
            found[wish] = found.get(wish, 0) + quantity
    return found


# -- in words ----------------------------------------------------------------------------------------------------------


def reason(code: str, facts: Mapping[str, Any], language: str) -> str:
    """Why an order is held, as one sentence."""
    rule = BY_CODE.get(code)
    if rule is None:
        return code
    said = dict(facts)
    missing = facts.get("missing")
    if code == "address":
        said["missing"] = ("、" if language == "zh_CN" else ", ").join(ADDRESS_WORDS[name].say(language) for name in missing or ())
    elif isinstance(missing, list):
        said["missing"] = ("；" if language == "zh_CN" else "; ").join(_missing(one).say(language) for one in missing)
    elif code == "credit_limit":
        said |= {name: money(facts.get(name)) for name in ("balance_due", "credit_limit")}
    elif code in ("manual", "blocked") and not facts.get("reason"):
        return rule.title.say(language)
    return rule.sentence.say(language, **said)


def _missing(one: Mapping[str, Any]) -> Text:
    decimals = one.get("decimals", 0)
    said = {name: units(one[name], decimals) if decimals else one[name] for name in ("missing", "wanted") if name in one}
    if "wanted" not in said:  # held before that was kept
        return T("{sku} lacks {missing}", "{sku} 缺 {missing}", sku=one["sku"], **said)
    return T("{sku} lacks {missing} of {wanted}", "{sku} 缺 {missing}（需 {wanted}）", sku=one["sku"], **said)
