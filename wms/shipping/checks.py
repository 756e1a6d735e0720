"""How much of an order is scanned a second time: every piece, a sample, or nothing beyond the scan of its tote.

The rule of the product and the rule of the customer are both asked, and the stricter one counts; where neither says anything every
piece is checked. A sample is drawn from the order's id, so that anybody can draw it again: every n-th order whole, or so many pieces of
each product. Pieces with serial numbers are always checked one by one: the number that was picked is the number that is packed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog import partners, products
from wms.catalog.models import Partner, PartnerKind, Product, Tracking
from wms.db import session, table_of
from wms.errors import Invalid, NotFound
from wms.events import Event
from wms.i18n import T, Text
from wms.orders.models import Order, OrderLine
from wms.shipping.bench_models import CheckPolicy, CheckRule
from wms.stock.models import Movement, MovementKind

TRUSTED = "TRUSTED"
"""The reason of a pack movement whose pieces nobody scanned a second time."""
_DECIDED = "order.second_check"
_STRICTEST_FIRST = (CheckPolicy.EVERY, CheckPolicy.SAMPLE, CheckPolicy.TRUST)


class SampleMissing(Invalid):
    """A sample says how much it is; the other policies do not."""

    code = "sample_missing"
    sentence = T("Say how a sample is drawn: every how many orders, or how many pieces", "请写明抽检方式：每几单一检，或每品几件")


class SampleNotAsked(Invalid):
    """Every piece, or none, is no sample."""

    code = "sample_not_asked"
    sentence = T("Only a sample has figures", "只有抽检才填写抽检数")


class RuleUnknown(NotFound):
    """Nothing was said about it."""

    code = "check_rule_unknown"
    sentence = T("There is no check rule for {code}", "{code} 没有复核规则")


class SubjectMissing(Invalid):
    """A rule is about one thing."""

    code = "check_subject"
    sentence = T("A check rule is for one product or for one customer", "复核规则须指定一个商品或一个客户")


@dataclass(frozen=True, slots=True)
class Rule:
    """How strictly something is checked."""

    policy: CheckPolicy = CheckPolicy.EVERY
    every_orders: int | None = None
    pieces: int | None = None

    def least(self, order_id: int, quantity: int) -> int:
        """How many of so many pieces of one product are scanned in this order."""
        if self.policy is CheckPolicy.EVERY:
            return quantity
        if self.policy is CheckPolicy.TRUST:
            return 0
        if self.every_orders and order_id % self.every_orders == 0:
            return quantity
        return min(self.pieces or 0, quantity)

    @property
    def words(self) -> Text:
        """The rule as people read it: A sample: every 10th order, 3 pieces."""
        if self.policy is not CheckPolicy.SAMPLE:
            return self.policy.text
        parts = [
            *([T("1 order in {n}", "每 {n} 单检 1 单", n=self.every_orders)] if self.every_orders else []),
            *([T("{n} of each product", "每品 {n} 件", n=self.pieces)] if self.pieces else []),
        ]
        return Text(", ".join(one.say("en") for one in parts), "，".join(one.say("zh_CN") for one in parts))


@dataclass(frozen=True, slots=True)
class Check:
    """How an order's pieces of one product are checked: so many of all are to be scanned, so many were."""

    rule: Rule
    least: int
    scanned: int

    @property
    def still(self) -> int:
        """How many must still be scanned."""
        return max(0, self.least - self.scanned)


# -- what holds for an order -------------------------------------------------------------------------------------------


def of_order(order: Order) -> dict[int, Check]:
    """How each product of an order is checked, by the product's id."""
    rows = session.execute(
        sa.select(OrderLine.product_id, Product.tracking, sa.func.sum(OrderLine.picked).label("picked"))
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order.id)
        .group_by(OrderLine.product_id, Product.tracking)
    ).all()
    rules = _rules(order.customer_id, [row.product_id for row in rows])
    if not rules:
        return {row.product_id: Check(Rule(), int(row.picked), 0) for row in rows}
    scanned = _scanned(order.id)
    checks: dict[int, Check] = {}
    for row in rows:
        picked = int(row.picked)
        asked = [] if row.tracking == Tracking.SERIAL else [rules[key] for key in (("product", row.product_id), _CUSTOMER) if key in rules]
        rule = max(asked, key=lambda one: one.least(order.id, picked) * 3 - _STRICTEST_FIRST.index(one.policy)) if asked else Rule()
        checks[row.product_id] = Check(rule, rule.least(order.id, picked), scanned.get(row.product_id, 0))
    return checks


_CUSTOMER = ("customer", 0)


def _rules(customer_id: int, product_ids: Iterable[int]) -> dict[tuple[str, int], Rule]:
    about = sa.or_(CheckRule.customer_id == customer_id, CheckRule.product_id.in_(list(product_ids)))
    found = session.execute(sa.select(CheckRule).where(about)).scalars()
    return {("product", one.product_id) if one.product_id else _CUSTOMER: rule_of(one) for one in found}


def rule_of(one: CheckRule) -> Rule:
    """A row as the rule it is."""
    return Rule(CheckPolicy(one.policy), one.every_orders, one.pieces)


def _scanned(order_id: int) -> dict[int, int]:
    """How many of each product were packed piece by piece and still are."""
    pack, undone = table_of(Movement).alias("pack"), table_of(Movement).alias("undone")
    lines = table_of(OrderLine)
    rows = session.execute(
        sa.select(pack.c.product_id, sa.func.sum(pack.c.quantity))
        .join(lines, lines.c.id == pack.c.order_line_id)
        .where(
            lines.c.order_id == order_id,
            pack.c.kind == MovementKind.PACK.value,
            pack.c.reason.is_distinct_from(TRUSTED),
            ~sa.exists().where(undone.c.reverses_id == pack.c.id),
        )
        .group_by(pack.c.product_id)
    )
    return {product_id: int(quantity) for product_id, quantity in rows}


def keep_decision(order: Order, checks: Mapping[int, Check], *, by: Actor) -> None:
    """What is not checked piece by piece is written down once, when the order is begun: which rule it was, and how many it drew."""
    eased = {product_id: check for product_id, check in checks.items() if check.rule.policy is not CheckPolicy.EVERY}
    known = sa.select(Event.id).where(Event.subject_kind == Order.event_kind, Event.subject_id == order.id, Event.code == _DECIDED)
    if not eased or session.execute(known.limit(1)).first():
        return
    skus = dict(session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_(eased))).tuples().all())
    told = [
        {"sku": skus[one], "policy": check.rule.policy.value, "every_orders": check.rule.every_orders, "pieces": check.least}
        for one, check in sorted(eased.items())
    ]
    said = ", ".join(f"{one['sku']} {one['pieces']}" for one in told[:20])
    events.record(order, _DECIDED, by=by, checks=told, to_scan=said)


# -- the rules themselves ----------------------------------------------------------------------------------------------


def put(rule: Rule, *, sku: str | None = None, customer: str | None = None) -> tuple[CheckRule, bool]:
    """Says how a product is checked, or all that goes to a customer; whether nothing was said before.

    Raises SubjectMissing, SampleMissing, SampleNotAsked, ProductUnknown, PartnerUnknown.
    """
    subject = _subject(sku, customer)
    if rule.policy is CheckPolicy.SAMPLE and not (rule.every_orders or rule.pieces):
        raise SampleMissing(pointer="/every_orders")
    if rule.policy is not CheckPolicy.SAMPLE and (rule.every_orders or rule.pieces):
        raise SampleNotAsked(pointer="/policy")
    found = _row(subject)
    is_new = found is None
    if found is None:
        found = CheckRule(product_id=subject.id if isinstance(subject, Product) else None)
        found.customer_id = subject.id if isinstance(subject, Partner) else None
        session.add(found)
    found.policy, found.every_orders, found.pieces = rule.policy.value, rule.every_orders or None, rule.pieces or None
    found.updated_at = clock.now()
    session.flush()  # what somebody else said at the same moment is told now
    return found, is_new


def remove(*, sku: str | None = None, customer: str | None = None) -> None:
    """Nothing special holds for it any more. Raises RuleUnknown, and as `put`."""
    found = _row(_subject(sku, customer))
    if found is None:
        raise RuleUnknown(code=sku or customer)
    session.delete(found)
    session.flush()  # gone before the answer is written


def find(*, sku: str | None = None, customer: str | None = None) -> CheckRule:
    """What is said of a product or customer; raises RuleUnknown, and as `put`."""
    found = _row(_subject(sku, customer))
    if found is None:
        raise RuleUnknown(code=sku or customer)
    return found


def _subject(sku: str | None, customer: str | None) -> Product | Partner:
    if bool(sku) == bool(customer):
        raise SubjectMissing(pointer="/sku")
    return products.find_product(sku) if sku else partners.find_partner(customer or "", kind=PartnerKind.CUSTOMER)


def _row(subject: Product | Partner) -> CheckRule | None:
    about = CheckRule.product_id == subject.id if isinstance(subject, Product) else CheckRule.customer_id == subject.id
    return session.execute(sa.select(CheckRule).where(about)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in a list."""

    id: int
    sku: str | None
    customer: str | None
    name: Text
    rule: Rule


def listed(*, after: int = 0, limit: int | None = None) -> list[RuleRow]:
    """All rules, the oldest first."""
    query = (
        sa.select(CheckRule, Product, Partner)
        .outerjoin(Product, Product.id == CheckRule.product_id)
        .outerjoin(Partner, Partner.id == CheckRule.customer_id)
        .where(CheckRule.id > after)
        .order_by(CheckRule.id)
        .limit(limit)
    )
    return [
        RuleRow(
            one.id,
            product.sku if product else None,
            customer.code if customer else None,
            product.text if product else T("{name}", "{name}", name=customer.name),
            rule_of(one),
        )
        for one, product, customer in session.execute(query)
    ]
