"""The putaway rules of a site: an ordered list that a supervisor edits. A site that has none of its own keeps to the usual ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, PartnerKind, Product, Temperature
from wms.catalog.partners import find_partner
from wms.catalog.products import find_product
from wms.db import session, table_of, upsert
from wms.errors import ChangedMeanwhile, Invalid, NotFound
from wms.i18n import T, Text
from wms.receiving.models import Method, PutawayRule, PutawayRulebook
from wms.receiving.space import LOOSE
from wms.stock.models import Condition, UnitKind

MOST_RULES = 50
UNIT_KINDS = {
    UnitKind.PALLET.value: T("Pallet", "托盘"),
    UnitKind.CARTON.value: T("Carton", "纸箱"),
    UnitKind.TOTE.value: T("Tote", "周转箱"),
    LOOSE: T("Loose", "散货"),
}


class ZonesMissing(Invalid):
    """A fixed zone is named."""

    code = "zones_missing"
    sentence = T("Rule {number} looks in fixed zones and names none", "规则 {number} 须指定库区")


class RulesChanged(ChangedMeanwhile):
    """Somebody else has changed the list since it was looked at."""

    code = "changed_meanwhile"
    sentence = T("{who} changed the rules at {at}; your change was not saved", "{who} 已于 {at} 修改规则，您的改动未保存")
    advice = T("Look at the list as it is now, and make your change again if it is still wanted", "请查看最新列表，按需重新修改")


class RuleUnknown(NotFound):
    """The list has no rule of this number."""

    code = "rule_unknown"
    sentence = T("There is no rule {number}", "没有规则 {number}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the goods it is for, how it looks for a place, and in which zones (everywhere, when none is named)."""

    method: Method
    zones: tuple[str, ...] = ()
    active: bool = True
    product_id: int | None = None
    storage_class: str | None = None
    temperature: Temperature | None = None
    abc: str | None = None
    condition: Condition | None = None
    supplier_id: int | None = None
    unit_kind: str | None = None
    start_zone: str | None = None


USUAL = (Rule(Method.PICK_FACE), Rule(Method.SAME_BATCH), Rule(Method.SAME_PRODUCT), Rule(Method.ABC))
"""What holds where a site has no rules of its own."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a site in their order, and which state of them this is; version 0 are the usual ones."""

    version: int
    rules: tuple[Rule, ...]


def rulebook(site_id: int) -> Rulebook:
    """The rules of a site, in their order."""
    version = session.execute(sa.select(PutawayRulebook.version).where(PutawayRulebook.site_id == site_id)).scalar()
    if version is None:
        return Rulebook(0, USUAL)
    rows = session.execute(
        sa.select(PutawayRule)
        .where(PutawayRule.site_id == site_id)
        .order_by(PutawayRule.position, PutawayRule.id)
        .execution_options(populate_existing=True)
    ).scalars()
    return Rulebook(version, tuple(_read(row) for row in rows))


def _read(row: PutawayRule) -> Rule:
    return Rule(
        Method(row.method),
        tuple(row.zones),
        row.active,
        row.product_id,
        row.storage_class,
        Temperature(row.temperature) if row.temperature else None,
        row.abc,
        Condition(row.condition) if row.condition else None,
        row.supplier_id,
        row.unit_kind,
        row.start_zone,
    )


def save(rules: Sequence[Rule], *, seen: int, by: Actor) -> Rulebook:
    """Replaces the rules of the person's site as a whole, if nobody has changed them since they were `seen`.

    Raises ChangedMeanwhile, ZonesMissing.
    """
    for number, rule in enumerate(rules, start=1):
        if rule.method is Method.FIXED_ZONE and not rule.zones:
            raise ZonesMissing(number=number, pointer=f"/rules/{number - 1}/zones")
    facts = {"version": seen + 1, "changed_at": clock.now(), "changed_by_id": by.id}
    book = table_of(PutawayRulebook)
    if seen == 0:
        made = upsert(book).values(site_id=by.site_id, **facts).on_conflict_do_nothing()
    else:
        made = sa.update(book).where(book.c.site_id == by.site_id, book.c.version == seen).values(**facts)
    if session.execute(made.returning(book.c.version)).one_or_none() is None:
        raise _changed_meanwhile(by)
    session.execute(sa.delete(PutawayRule).where(PutawayRule.site_id == by.site_id))
    session.add_all(_written(rule, position, by) for position, rule in enumerate(rules, start=1))
    session.flush()
    return Rulebook(seen + 1, tuple(rules))


def _changed_meanwhile(by: Actor) -> ChangedMeanwhile:
    """Who was first, and when."""
    query = sa.select(Person.name, PutawayRulebook.changed_at).join(Person, Person.id == PutawayRulebook.changed_by_id)
    last = session.execute(query.where(PutawayRulebook.site_id == by.site_id)).one_or_none()
    if last is None:
        return ChangedMeanwhile(what=T("The list of rules", "规则列表"))
    return RulesChanged(who=last.name, at=last.changed_at)


def _written(rule: Rule, position: int, by: Actor) -> PutawayRule:
    return PutawayRule(
        site_id=by.site_id,
        position=position,
        active=rule.active,
        method=rule.method.value,
        zones=list(rule.zones),
        product_id=rule.product_id,
        storage_class=rule.storage_class,
        temperature=rule.temperature.value if rule.temperature else None,
        abc=rule.abc,
        condition=rule.condition.value if rule.condition else None,
        supplier_id=rule.supplier_id,
        unit_kind=rule.unit_kind,
        start_zone=rule.start_zone,
    )


# -- one change at a time ------------------------------------------------------------------------------------------------------


def add(rule: Rule, *, seen: int, by: Actor) -> Rulebook:
    """One rule more, at the end. Raises ChangedMeanwhile, ZonesMissing."""
    return save([*rulebook(by.site_id).rules, rule], seen=seen, by=by)


def change(number: int, rule: Rule, *, seen: int, by: Actor) -> Rulebook:
    """The rule of this number as it is to be. Raises RuleUnknown, ChangedMeanwhile, ZonesMissing."""
    rules = _with(number, by)
    rules[number - 1] = rule
    return save(rules, seen=seen, by=by)


def move(number: int, by_places: int, *, seen: int, by: Actor) -> Rulebook:
    """The rule of this number earlier (below 0) or later. Raises RuleUnknown, ChangedMeanwhile."""
    rules = _with(number, by)
    rule = rules.pop(number - 1)
    rules.insert(max(0, min(len(rules), number - 1 + by_places)), rule)
    return save(rules, seen=seen, by=by)


def switch(number: int, active: bool, *, seen: int, by: Actor) -> Rulebook:
    """The rule of this number on or off. Raises RuleUnknown, ChangedMeanwhile."""
    rules = _with(number, by)
    rules[number - 1] = replace(rules[number - 1], active=active)
    return save(rules, seen=seen, by=by)


def delete(number: int, *, seen: int, by: Actor) -> Rulebook:
    """The list without the rule of this number. Raises RuleUnknown, ChangedMeanwhile."""
    rules = _with(number, by)
    del rules[number - 1]
    return save(rules, seen=seen, by=by)


def _with(number: int, by: Actor) -> list[Rule]:
    rules = list(rulebook(by.site_id).rules)
    if not 1 <= number <= len(rules):
        raise RuleUnknown(number=number)
    return rules


# -- as people write and read them ----------------------------------------------------------------------------------------------


def rule_of(
    method: Method,
    *,
    zones: Sequence[str] = (),
    active: bool = True,
    sku: str | None = None,
    storage_class: str | None = None,
    temperature: Temperature | None = None,
    abc: str | None = None,
    condition: Condition | None = None,
    supplier: str | None = None,
    unit_kind: str | None = None,
    start_zone: str | None = None,
) -> Rule:
    """A rule from codes. Raises ProductUnknown, PartnerUnknown, PartnerKindWrong."""
    return Rule(
        method,
        tuple(dict.fromkeys(zone.strip() for zone in zones if zone.strip())),
        active,
        find_product(sku).id if sku else None,
        storage_class or None,
        temperature,
        abc or None,
        condition,
        find_partner(supplier, kind=PartnerKind.SUPPLIER).id if supplier else None,
        unit_kind or None,
        start_zone or None,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule with the codes of what it names."""

    number: int
    rule: Rule
    sku: str | None
    supplier: str | None

    @property
    def conditions(self) -> list[Text]:
        """The goods it is for, in words; none is all goods."""
        rule, said = self.rule, []
        if self.sku:
            said.append(T("product {sku}", "商品 {sku}", sku=self.sku))
        if rule.storage_class:
            said.append(T("storage class {name}", "存储类别 {name}", name=rule.storage_class))
        if rule.temperature:
            said.append(T("temperature: {name}", "温区：{name}", name=rule.temperature.text))
        if rule.abc:
            said.append(T("class {name}", "{name} 类", name=rule.abc))
        if rule.condition:
            said.append(T("condition: {name}", "状态：{name}", name=rule.condition.text))
        if self.supplier:
            said.append(T("from {name}", "供应商 {name}", name=self.supplier))
        if rule.unit_kind:
            said.append(T("{name}", "{name}", name=UNIT_KINDS[rule.unit_kind]))
        if rule.start_zone:
            said.append(T("starting in zone {name}", "起点库区 {name}", name=rule.start_zone))
        return said


def shown(book: Rulebook) -> list[Shown]:
    """The rules with the codes of what they name."""
    products = {rule.product_id for rule in book.rules if rule.product_id}
    suppliers = {rule.supplier_id for rule in book.rules if rule.supplier_id}
    skus: dict[int, str] = dict(session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_(products))).tuples().all())
    codes: dict[int, str] = dict(session.execute(sa.select(Partner.id, Partner.code).where(Partner.id.in_(suppliers))).tuples().all())
    return [
        Shown(number, rule, skus.get(rule.product_id or 0), codes.get(rule.supplier_id or 0)) for number, rule in enumerate(book.rules, 1)
    ]
