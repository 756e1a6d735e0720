"""Which deliveries are inspected, and how much of them is drawn: an ordered list of rules that a supervisor keeps and can try out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.catalog.products import find_product
from wms.db import compiled_once, is_postgresql, session, table_of
from wms.errors import Invalid, NotFound
from wms.i18n import T, Text
from wms.orders.lines import find_partner
from wms.orders.models import InboundKind, InboundLine, InboundOrder
from wms.receiving import sampling
from wms.receiving.models import InspectionCount, InspectionDraw, InspectionRule, Sampling
from wms.receiving.sampling import Sample

_C, _D = table_of(InspectionCount), table_of(InspectionDraw)
MOST_EVERY = 1000


class RuleUnknown(NotFound):
    """No such rule at this site, or it was removed."""

    code = "inspection_rule_unknown"
    sentence = T("There is no such inspection rule", "没有此检验规则")
    advice = T("Look at the list again", "请刷新列表")


_EVERY = T("One in how many deliveries is 1 to {most}", "每几批检一批须为 1 至 {most}")


class RuleWrong(Invalid):
    """The rule does not make sense."""

    code = "inspection_rule_wrong"
    sentence = T("{what}", "{what}")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether goods are inspected, why, and how they are drawn where they are."""

    inspects: bool
    why: Text
    rule: InspectionRule | None = None

    def sample(self, quantity: int) -> Sample:
        """What is drawn from a receipt of so many pieces; all of them where no rule says otherwise."""
        if self.rule is None:
            return sampling.sample_of(quantity, Sampling.ALL, None)
        return sampling.sample_of(quantity, Sampling(self.rule.sampling), self.rule.sample, allowed=self.rule.allowed)

    @property
    def reasons(self) -> list[dict[str, str]]:
        """Why, as it is kept with an inspection."""
        return [{"en": self.why.say("en"), "zh_CN": self.why.say("zh_CN")}]


NOT_INSPECTED = Decision(False, T("No rule asks for an inspection", "没有规则要求检验"))


# -- asking ------------------------------------------------------------------------------------------------------------------


def wanted(order: InboundOrder, product: Product, *, by: Actor, partner_id: int | None = None, arrival_id: int | None = None) -> Decision:
    """Whether these goods are inspected. Counts the delivery where a rule counts; the same delivery is answered the same each time.

    The order is locked by the caller. `partner_id` where the sender is not the order's.
    """
    supplier = partner_id or order.partner_id
    rule = _fitting(_rules(by.site_id), product, supplier, InboundKind(order.kind))
    if rule is None:
        return NOT_INSPECTED
    if not rule.inspects:
        return Decision(False, _because(rule, T("let through", "免检")), rule)
    if rule.every == 1:
        return Decision(True, _because(rule, T("each delivery", "每批必检")), rule)
    return _of_draw(rule, _drawn(rule, order, product, supplier, arrival_id or 0))


def would(product: Product, supplier_id: int | None, kind: InboundKind, *, by: Actor) -> list[tuple[InspectionRule, bool, Text]]:
    """A try-out that counts nothing: each rule in turn up to the one that decides, whether it fits, and what it says."""
    found: list[tuple[InspectionRule, bool, Text]] = []
    for rule in _rules(by.site_id):
        misfit = _misfit(rule, product, supplier_id, kind)
        if misfit is not None:
            found.append((rule, False, misfit))
            continue
        found.append((rule, True, _would_say(rule, product, supplier_id)))
        break
    return found


def _would_say(rule: InspectionRule, product: Product, supplier_id: int | None) -> Text:
    if not rule.inspects:
        return T("Let through without inspection", "免检放行")
    if rule.every == 1:
        return T("Inspected: each delivery", "检验：每批必检")
    seen = session.execute(
        sa.select(_C.c.seen).where(_C.c.rule_id == rule.id, _C.c.product_id == product.id, _C.c.supplier == (supplier_id or 0))
    ).scalar_one_or_none()
    number = (seen or 0) + 1
    if rule.first_too and not _came_before(product.id, supplier_id, without_order=0):
        return T("Inspected: the first delivery of this product from this supplier", "检验：该供应商首次供应此商品")
    if number % rule.every == 0:
        return _TURN_COMES.with_facts(number=number, every=rule.every)
    return _NOT_ITS_TURN.with_facts(number=number, every=rule.every)


_TURN_COMES = T("Inspected: it would be delivery {number}, one in {every} is", "检验：将是第 {number} 批，每 {every} 批检一批")
_NOT_ITS_TURN = T("Not inspected: it would be delivery {number}, one in {every} is", "不检：将是第 {number} 批，每 {every} 批检一批")


def _rules(site_id: int) -> list[InspectionRule]:
    return list(
        session.execute(
            sa.select(InspectionRule)
            .where(InspectionRule.site_id == site_id)
            .order_by(InspectionRule.position, InspectionRule.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def _fitting(rules: list[InspectionRule], product: Product, supplier_id: int | None, kind: InboundKind) -> InspectionRule | None:
    return next((rule for rule in rules if _misfit(rule, product, supplier_id, kind) is None), None)


def _misfit(rule: InspectionRule, product: Product, supplier_id: int | None, kind: InboundKind) -> Text | None:
    """Why a rule says nothing about these goods; None when it fits."""
    if rule.kind is not None and rule.kind != kind.value:
        return T("another kind of delivery", "到货类型不符")
    if rule.partner_id is not None and rule.partner_id != supplier_id:
        return T("another supplier", "供应商不符")
    if rule.product_id is not None and rule.product_id != product.id:
        return T("another product", "商品不符")
    if rule.storage_class is not None and rule.storage_class != product.storage_class:
        return T("another storage class", "存储类别不符")
    if rule.abc is not None and rule.abc != product.abc:
        return T("another ABC class", "ABC 类别不符")
    return None


def _because(rule: InspectionRule, words: Text) -> Text:
    return T("Rule {place}: {words}", "规则 {place}：{words}", place=rule.position, words=words)


def _of_draw(rule: InspectionRule, draw: Any) -> Decision:
    number, first, inspects = draw
    if first and inspects:
        words = T("the first delivery of this product from this supplier", "该供应商首次供应此商品")
    else:
        words = T("delivery {number}, one in {every} is inspected", "第 {number} 批，每 {every} 批检一批", number=number, every=rule.every)
    return Decision(inspects, _because(rule, words), rule)


# -- counting ----------------------------------------------------------------------------------------------------------------


def _counting(dialect: Any) -> sa.TextClause:
    """Adds to a count, making it when it is the first; adding nothing locks it."""
    rule, product, supplier, more = (sa.bindparam(name, type_=_C.c.seen.type) for name in ("rule", "of_product", "of_supplier", "more"))
    statement = dialect.insert(_C).values(rule_id=rule, product_id=product, supplier=supplier, seen=more)
    statement = statement.on_conflict_do_update(
        index_elements=["rule_id", "product_id", "supplier"], set_={"seen": _C.c.seen + statement.excluded.seen}
    )
    return compiled_once(statement.returning(_C.c.seen), dialect)


_COUNT = tuple(_counting(dialect) for dialect in (sqlite, postgresql))


def _drawn(rule: InspectionRule, order: InboundOrder, product: Product, supplier_id: int | None, arrival: int) -> Any:
    """The how-manieth delivery this is, whether it is the first one, and whether it is inspected: decided once for each delivery."""
    this = (
        _D.c.rule_id == rule.id,
        _D.c.product_id == product.id,
        _D.c.inbound_order_id == order.id,
        _D.c.arrival == arrival,
    )
    known = sa.select(_D.c.number, _D.c.first, _D.c.inspects).where(*this)
    found = session.execute(known).one_or_none()
    if found is not None:
        return found
    counted = {"rule": rule.id, "of_product": product.id, "of_supplier": supplier_id or 0}
    session.execute(_COUNT[is_postgresql()], {**counted, "more": 0})  # another dock that asks waits here
    found = session.execute(known).one_or_none()
    if found is not None:
        return found
    number = session.execute(_COUNT[is_postgresql()], {**counted, "more": 1}).scalar_one()
    first = not _came_before(product.id, supplier_id, without_order=order.id) and number == 1
    inspects = (first and rule.first_too) or number % rule.every == 0
    session.execute(
        sa.insert(_D).values(
            rule_id=rule.id,
            product_id=product.id,
            inbound_order_id=order.id,
            arrival=arrival,
            number=number,
            first=first,
            inspects=inspects,
        )
    )
    return number, first, inspects


def _came_before(product_id: int, supplier_id: int | None, *, without_order: int) -> bool:
    """Whether this product came from this supplier on another order already."""
    same = InboundOrder.partner_id == supplier_id if supplier_id is not None else InboundOrder.partner_id.is_(None)
    earlier = (
        sa.select(InboundLine.id)
        .join(InboundOrder, InboundOrder.id == InboundLine.inbound_order_id)
        .where(InboundLine.product_id == product_id, InboundLine.received > 0, same, InboundOrder.id != without_order)
    )
    return bool(session.execute(sa.select(sa.exists(earlier))).scalar_one())


# -- keeping the list --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule as it is typed."""

    supplier: str | None = None
    sku: str | None = None
    storage_class: str | None = None
    abc: str | None = None
    kind: InboundKind | None = None
    inspects: bool = True
    every: int = 1
    first_too: bool = True
    sampling: Sampling = Sampling.ALL
    sample: int | None = None
    allowed: int = 0
    note: str | None = None


def all_rules(*, by: Actor) -> list[InspectionRule]:
    """The rules of the person's site, in their order."""
    return _rules(by.site_id)


def find_rule(rule_id: int, *, by: Actor) -> InspectionRule:
    """One of them; raises RuleUnknown."""
    rule = session.get(InspectionRule, rule_id, populate_existing=True)
    if rule is None or rule.site_id != by.site_id:
        raise RuleUnknown
    return rule


def add_rule(new: NewRule, *, by: Actor) -> InspectionRule:
    """Puts a rule at the end of the list. Raises RuleWrong, PartnerUnknown, ProductUnknown."""
    last = session.execute(sa.select(sa.func.max(InspectionRule.position)).where(InspectionRule.site_id == by.site_id)).scalar()
    rule = InspectionRule(site_id=by.site_id, position=(last or 0) + 1, updated_at=clock.now(), **_columns(new))
    session.add(rule)
    session.flush()
    return rule


def change_rule(rule_id: int, new: NewRule, *, by: Actor) -> InspectionRule:
    """Says it otherwise; what it has counted stays. Raises as `add_rule`, and RuleUnknown."""
    rule = find_rule(rule_id, by=by)
    for name, value in _columns(new).items():
        setattr(rule, name, value)
    rule.updated_at = clock.now()
    session.flush()
    return rule


def remove_rule(rule_id: int, *, by: Actor) -> None:
    """Takes a rule away, with what it has counted. Raises RuleUnknown."""
    rule = find_rule(rule_id, by=by)
    session.delete(rule)
    session.flush()
    for place, left in enumerate(_rules(by.site_id), 1):
        left.position = place
    session.flush()


def move_rule(rule_id: int, *, up: bool, by: Actor) -> None:
    """One place up or down the list; the first and the last stay where they are. Raises RuleUnknown."""
    rules = _rules(by.site_id)
    place = next((place for place, rule in enumerate(rules) if rule.id == rule_id), None)
    if place is None:
        raise RuleUnknown
    other = place - 1 if up else place + 1
    if 0 <= other < len(rules):
        rules[place], rules[other] = rules[other], rules[place]
    for number, rule in enumerate(rules, 1):
        rule.position = number
    session.flush()


def _columns(new: NewRule) -> dict[str, Any]:
    partner = find_partner(new.supplier, None, "/supplier") if new.supplier else None
    product = find_product(new.sku) if new.sku else None
    if not 1 <= new.every <= MOST_EVERY:
        raise RuleWrong(pointer="/every", what=_EVERY.with_facts(most=MOST_EVERY))
    sample = _sample(new)
    if not 0 <= new.allowed <= 10**6:
        raise RuleWrong(pointer="/allowed", what=T("How many defective pieces are allowed is 0 or more", "允许不合格数须为 0 或以上"))
    return {
        "partner_id": partner.id if partner else None,
        "product_id": product.id if product else None,
        "storage_class": (new.storage_class or "").strip() or None,
        "abc": (new.abc or "").strip().upper() or None,
        "kind": new.kind.value if new.kind else None,
        "inspects": new.inspects,
        "every": new.every,
        "first_too": new.first_too,
        "sampling": new.sampling.value,
        "sample": sample,
        "allowed": 0 if new.sampling is Sampling.AQL else new.allowed,
        "note": (new.note or "").strip() or None,
    }


def _sample(new: NewRule) -> int | None:
    if new.sampling in (Sampling.ALL, Sampling.ROOT):
        return None
    if new.sampling is Sampling.AQL:
        if new.sample not in sampling.AQLS:
            known = ", ".join(sampling.aql_text(aql) for aql in sampling.AQLS)
            raise RuleWrong(pointer="/sample", what=T("The AQL is one of {known}", "AQL 可为：{known}", known=known))
        return new.sample
    most = 100 if new.sampling is Sampling.PERCENT else 10**6
    if new.sample is None or not 1 <= new.sample <= most:
        raise RuleWrong(pointer="/sample", what=T("How much is drawn is 1 to {most}", "抽样数须为 1 至 {most}", most=most))
    return new.sample


def names_of(rules: list[InspectionRule]) -> dict[int, tuple[str | None, str | None]]:
    """By rule id: the supplier's and the product's code."""
    rows = session.execute(
        sa.select(InspectionRule.id, Partner.code, Product.sku)
        .outerjoin(Partner, Partner.id == InspectionRule.partner_id)
        .outerjoin(Product, Product.id == InspectionRule.product_id)
        .where(InspectionRule.id.in_([rule.id for rule in rules]))
    ).all()
    return {row[0]: (row[1], row[2]) for row in rows}
