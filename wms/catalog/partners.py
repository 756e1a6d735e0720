"""Customers, suppliers and carriers: put in whole, found by code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.models import ADDRESS_FIELDS, BinChoice, Freshness, Partner, PartnerKind, Product, Rotation
from wms.catalog.products import ProductUnknown, find_products
from wms.catalog.putting import AT_ONCE, Put
from wms.db import few, fold, must_fit, session, table_of
from wms.errors import Forbidden, Invalid, NotFound, WarehouseError
from wms.i18n import T

WHEN_TERMS_CHANGE: list[Callable[[int], object]] = []
"""What else happens when a partner is blocked or let go, or owes more or less; the rooms above add to it as they are loaded."""


class PartnerUnknown(NotFound):
    """No partner has this code."""

    code = "partner_unknown"
    sentence = T("There is no partner {partner}", "没有此往来单位：{partner}")
    advice = T("Check the code, or have the partner put in", "请核对编码，或先建立该往来单位")


class PartnerKindWrong(Invalid):
    """The partner is of another kind."""

    code = "partner_kind_wrong"
    sentence = T("{partner} is a {found}, not a {wanted}", "{partner} 的类型是 {found}，不是 {wanted}")


class TermsAreFinances(Forbidden):
    """Who keeps master data does not give a customer more credit: that would lift what finance holds, without a word on record."""

    code = "terms_are_finances"
    sentence = T(
        "{partner}: more credit, a smaller balance and lifting a block are finance's", "{partner}：放宽信誉、减少欠款、解除冻结由财务办理"
    )
    advice = T("Ask finance, or leave the terms as they are", "请找财务办理，或保持原有条件")


class BlockUnexplained(Invalid):
    """Whoever reads the hold of an order, months later, wants to know why."""

    code = "block_unexplained"
    pointer = "/blocked_reason"
    sentence = T("Say why {partner} is blocked", "请填写 {partner} 的冻结原因")
    advice = T("Everybody reads it with each order that is held for it", "因此暂挂的每张订单都会显示该原因")


class ProductTwice(Invalid):
    """A product is named twice."""

    code = "product_twice"
    sentence = T("{sku} is there twice", "商品 {sku} 重复")


@dataclass(frozen=True)
class PartnerFacts:
    """A partner as it is put in: whole. Money is in the smallest unit of the house's currency.

    `freshness` names products with the days they must still keep for this customer.
    """

    code: str
    kind: PartnerKind
    name: str
    address: Mapping[str, str | None] | None = None
    credit_limit: int | None = None
    credit_days: int | None = None
    balance_due: int = 0
    oldest_due_on: dt.date | None = None
    min_remaining_days: int | None = None
    freshness: Sequence[tuple[str, int]] = ()
    rotation: Rotation | None = None
    bin_choice: BinChoice | None = None
    one_batch: bool = False
    ship_complete: bool = False
    allow_backorder: bool = False
    blocked: bool = False
    blocked_reason: str | None = None

    @property
    def row(self) -> dict[str, Any]:
        """What its row says, but for its code and its time."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "address": {field: str(self.address[field]) for field in ADDRESS_FIELDS if self.address and self.address.get(field)},
            "rotation": self.rotation and self.rotation.value,
            "bin_choice": self.bin_choice and self.bin_choice.value,
            "blocked_reason": (self.blocked_reason or "").strip() or None if self.blocked else None,
            **{name: getattr(self, name) for name in _AS_GIVEN},
        }


_AS_GIVEN = (
    *("credit_limit", "credit_days", "balance_due", "oldest_due_on", "min_remaining_days"),
    *("one_batch", "ship_complete", "allow_backorder", "blocked"),
)


def put_partner(code: str, *, by: Actor | None = None, **facts: Any) -> tuple[Partner, Put]:
    """Creates or wholly replaces a partner by its facts (see `PartnerFacts`); tells what it came to. Raises as `put_partners` refuses."""
    return put_facts(PartnerFacts(code, **facts), by=by)


def put_facts(facts: PartnerFacts, *, by: Actor | None = None) -> tuple[Partner, Put]:
    """Creates or wholly replaces one partner. Raises as `put_partners` refuses."""
    (done,) = put_partners([facts], by=by)
    if isinstance(done, WarehouseError):
        raise done
    return find_partner(facts.code), done


def put_partners(wanted: Sequence[PartnerFacts], *, by: Actor | None = None) -> list[Put | WarehouseError]:
    """Creates or wholly replaces partners, in their sequence; of each what it came to, or why it was refused. No code may be there twice.

    `by` is whoever does it, where it is a person: only who settles gives a partner that is there more credit.
    Refusals: ProductUnknown, ProductTwice, BlockUnexplained, TermsAreFinances, TooLong.
    """
    done: list[Put | WarehouseError] = []
    for some in few(wanted, AT_ONCE):
        done += _put_few(some, by)
    return done


def _put_few(wanted: Sequence[PartnerFacts], by: Actor | None) -> list[Put | WarehouseError]:
    """Looked up together, compared one by one, written together; then who waits for other terms is told."""
    keys = [fold(one.code) for one in wanted]
    with_freshness = sa.select(Partner).options(selectinload(Partner.freshness).lazyload(Freshness.product))
    rows = session.execute(with_freshness.where(Partner.code_key.in_(keys))).scalars()
    known = {one.code_key: one for one in rows}
    products = find_products(sku for one in wanted for sku, _ in one.freshness)
    done: list[Put | WarehouseError] = []
    other_terms, fresh_anew = [], []
    for key, one in zip(keys, wanted, strict=True):
        try:
            fresh = _fresh(one.freshness, products)
            row, partner = one.row, known.get(key)
            _must_say_why(one.code, one.blocked, one.blocked_reason)
            must_fit(table_of(Partner), {"code": one.code.strip(), "code_key": key, **row})
            if partner is not None and by is not None and not by.holds(Permission.SETTLE):
                _must_not_be_more_credit(partner, one)
        except WarehouseError as refusal:
            done.append(refusal)
            continue
        before = None if partner is None else _terms(partner)
        as_it_was = {} if partner is None else {each.product_id: each.min_remaining_days for each in partner.freshness}
        if partner is not None and fresh == as_it_was and all(getattr(partner, name) == value for name, value in row.items()):
            done.append(Put.UNCHANGED)
            continue
        done.append(Put.CREATED if partner is None else Put.CHANGED)
        if partner is None:
            partner = Partner(code=one.code.strip(), freshness=[])
            session.add(partner)
        for name, value in row.items():
            setattr(partner, name, value)
        partner.updated_at = clock.now()
        if fresh != as_it_was:
            fresh_anew.append(partner)
            kept = {each.product_id: each for each in partner.freshness}
            partner.freshness = [kept.get(product_id) or Freshness(product_id=product_id) for product_id in fresh]
            for each in partner.freshness:
                each.min_remaining_days = fresh[each.product_id]
        if before is not None and before != _terms(partner):
            other_terms.append(partner)
    session.flush()  # orders name them by their ids, their lines ask for freshness, and the gate reads the terms
    for partner in fresh_anew:
        session.expire(partner, ["freshness"])
    for partner in other_terms:
        for tell in WHEN_TERMS_CHANGE:
            tell(partner.id)
    return done


def _must_not_be_more_credit(partner: Partner, wanted: PartnerFacts) -> None:
    known = partner.credit_limit, partner.credit_days, partner.balance_due, partner.oldest_due_on, partner.blocked
    now = wanted.credit_limit, wanted.credit_days, wanted.balance_due, wanted.oldest_due_on, wanted.blocked
    if _is_more_credit(known, now):
        raise TermsAreFinances(partner=partner.code)


def _terms(partner: Partner) -> tuple[Any, ...]:
    """What decides whether goods go to a customer."""
    return (partner.blocked, partner.blocked_reason, partner.credit_limit, partner.credit_days, partner.balance_due, partner.oldest_due_on)


Terms = tuple[int | None, int | None, int, dt.date | None, bool]


def _is_more_credit(before: Terms, now: Terms) -> bool:
    """Whether less holds back the customer's orders than before. No limit is more than any."""

    def more(old: Any, new: Any) -> bool:
        return old is not None and (new is None or new > old)

    grown = any(more(before[place], now[place]) for place in (0, 1, 3))
    return grown or before[2] > now[2] or (before[4] and not now[4])


def set_terms(
    code: str, *, credit_limit: int | None, credit_days: int | None, blocked: bool, blocked_reason: str | None, **owed: int | dt.date | None
) -> Partner:
    """What finance decides about a customer, and what it owes where that is said (`balance_due`, `oldest_due_on`); its orders are looked at
    again. Raises PartnerUnknown, PartnerKindWrong, BlockUnexplained."""
    partner = find_partner(code, kind=PartnerKind.CUSTOMER)
    _must_say_why(partner.code, blocked, blocked_reason)
    before = _terms(partner)
    for name, value in owed.items():
        setattr(partner, name, value)
    partner.credit_limit, partner.credit_days = credit_limit, credit_days
    partner.blocked, partner.blocked_reason = blocked, (blocked_reason or "").strip() or None if blocked else None
    if before != _terms(partner):
        partner.updated_at = clock.now()
        session.flush()  # the gate reads it
        for tell in WHEN_TERMS_CHANGE:
            tell(partner.id)
    return partner


def _must_say_why(code: str, blocked: bool, reason: str | None) -> None:
    if blocked and not (reason or "").strip():
        raise BlockUnexplained(partner=code.strip())


def _fresh(wanted: Sequence[tuple[str, int]], products: Mapping[str, Product]) -> dict[int, int]:
    """The days by product. Raises ProductUnknown, ProductTwice."""
    found: dict[int, int] = {}
    for place, (sku, days) in enumerate(wanted):
        product = products.get(fold(sku))
        if product is None:
            raise ProductUnknown(sku=sku)
        if product.id in found:
            raise ProductTwice(pointer=f"/freshness/{place}/sku", sku=product.sku)
        found[product.id] = days
    return found


def find_partner(code: str, *, kind: PartnerKind | None = None) -> Partner:
    """The partner with this code, of this kind where one is asked for. Raises PartnerUnknown, PartnerKindWrong."""
    return of_kind(session.execute(sa.select(Partner).where(Partner.code_key == fold(code))).scalar_one_or_none(), code, kind)


def find_partners(codes: Iterable[str]) -> dict[str, Partner]:
    """Partners by their folded code, in a few statements; a code that is unknown is simply not there."""
    found: dict[str, Partner] = {}
    for some in few(sorted({fold(code) for code in codes}), AT_ONCE):
        found.update({one.code_key: one for one in session.execute(sa.select(Partner).where(Partner.code_key.in_(some))).scalars()})
    return found


def of_kind(partner: Partner | None, code: str, kind: PartnerKind | None) -> Partner:
    """The partner that was found for this code, if it is one, and of this kind. Raises PartnerUnknown, PartnerKindWrong."""
    if partner is None:
        raise PartnerUnknown(partner=code)
    if kind is not None and partner.kind != kind:
        raise PartnerKindWrong(partner=partner.code, found=partner.kind, wanted=kind.value)
    return partner
