"""Customers, suppliers and carriers: put in whole, found by code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.models import ADDRESS_FIELDS, BinChoice, Freshness, Partner, PartnerKind, Rotation
from wms.catalog.products import find_product
from wms.catalog.putting import Put
from wms.db import fold, session
from wms.errors import Forbidden, Invalid, NotFound
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


class ProductTwice(Invalid):
    """A product is named twice."""

    code = "product_twice"
    sentence = T("{sku} is there twice", "商品 {sku} 重复")


def put_partner(
    code: str,
    *,
    kind: PartnerKind,
    name: str,
    address: Mapping[str, str | None] | None = None,
    credit_limit: int | None = None,
    credit_days: int | None = None,
    balance_due: int = 0,
    oldest_due_on: dt.date | None = None,
    min_remaining_days: int | None = None,
    freshness: Sequence[tuple[str, int]] = (),
    rotation: Rotation | None = None,
    bin_choice: BinChoice | None = None,
    one_batch: bool = False,
    ship_complete: bool = False,
    allow_backorder: bool = False,
    blocked: bool = False,
    blocked_reason: str | None = None,
    by: Actor | None = None,
) -> tuple[Partner, Put]:
    """Creates or wholly replaces a partner; tells what it came to. Money is in the smallest unit of the house's currency.

    `freshness` names products with the days they must still keep for this customer. `by` is whoever does it, where it is a person: only
    who settles gives a partner that is there more credit. Raises ProductUnknown, ProductTwice, TermsAreFinances.
    """
    fresh = _fresh(freshness)
    partner = _by_code(code)
    new = partner is None
    terms_before = None if partner is None else _terms(partner)
    if partner is not None and by is not None and not by.holds(Permission.SETTLE):
        known = partner.credit_limit, partner.credit_days, partner.balance_due, partner.oldest_due_on, partner.blocked
        if _is_more_credit(known, (credit_limit, credit_days, balance_due, oldest_due_on, blocked)):
            raise TermsAreFinances(partner=partner.code)
    if partner is None:
        partner = Partner(code=code.strip())
        session.add(partner)
    partner.kind, partner.name = kind.value, name
    partner.address = {field: str(address[field]) for field in ADDRESS_FIELDS if address and address.get(field)}
    partner.credit_limit, partner.credit_days = credit_limit, credit_days
    partner.balance_due, partner.oldest_due_on = balance_due, oldest_due_on
    partner.min_remaining_days = min_remaining_days
    partner.rotation, partner.bin_choice = rotation and rotation.value, bin_choice and bin_choice.value
    partner.one_batch, partner.ship_complete, partner.allow_backorder = one_batch, ship_complete, allow_backorder
    partner.blocked, partner.blocked_reason = blocked, (blocked_reason or "").strip() or None if blocked else None
    if not new and not session.is_modified(partner) and fresh == {one.product_id: one.min_remaining_days for one in partner.freshness}:
        return partner, Put.UNCHANGED
    partner.updated_at = clock.now()
    session.flush()  # orders name it by its id
    _put_freshness(partner, fresh)
    if terms_before is not None and terms_before != _terms(partner):
        for tell in WHEN_TERMS_CHANGE:
            tell(partner.id)
    return partner, Put.CREATED if new else Put.CHANGED


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
    again. Raises PartnerUnknown, PartnerKindWrong."""
    partner = find_partner(code, kind=PartnerKind.CUSTOMER)
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


def _fresh(wanted: Sequence[tuple[str, int]]) -> dict[int, int]:
    """The days by product. Raises ProductUnknown, ProductTwice."""
    found: dict[int, int] = {}
    for place, (sku, days) in enumerate(wanted):
        product = find_product(sku)
        if product.id in found:
            raise ProductTwice(pointer=f"/freshness/{place}/sku", sku=product.sku)
        found[product.id] = days
    return found


def _put_freshness(partner: Partner, wanted: Mapping[int, int]) -> None:
    known = {one.product_id: one for one in partner.freshness}
    kept = []
    for product_id, days in wanted.items():
        one = known.get(product_id) or Freshness(product_id=product_id)
        one.min_remaining_days = days
        kept.append(one)
    partner.freshness = kept
    session.flush()  # order lines ask for it
    session.expire(partner, ["freshness"])


def find_partner(code: str, *, kind: PartnerKind | None = None) -> Partner:
    """The partner with this code, of this kind where one is asked for. Raises PartnerUnknown, PartnerKindWrong."""
    partner = _by_code(code)
    if partner is None:
        raise PartnerUnknown(partner=code)
    if kind is not None and partner.kind != kind:
        raise PartnerKindWrong(partner=partner.code, found=partner.kind, wanted=kind.value)
    return partner


def _by_code(code: str) -> Partner | None:
    return session.execute(sa.select(Partner).where(Partner.code_key == fold(code))).scalar_one_or_none()
