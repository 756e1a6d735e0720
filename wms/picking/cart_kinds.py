"""Kinds of carts: how many totes each carries, and what goes into a tote."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Conflict, NotFound
from wms.i18n import T
from wms.picking.models import Cart, PickList, Stream, Wave


class CartUnknown(NotFound):
    """No such kind of cart at this site."""

    code = "cart_unknown"
    sentence = T("There is no kind of cart {code}", "没有此种拣货车：{code}")
    advice = T("Choose one of the carts that the site has", "请选择仓库已有的拣货车")


class CartInUse(Conflict):
    """Lists were planned for it."""

    code = "cart_in_use"
    sentence = T("Lists were planned for the cart {code}", "拣货车 {code} 已用于拣货单")
    advice = T("Keep it; its figures may be changed for what is planned from now on", "请保留；可修改其参数，用于今后的排单")


@dataclass(frozen=True, slots=True)
class CartFacts:
    """What a kind of cart is like. A limit that is not said is none."""

    positions: int
    name: str | None = None
    tote_weight_grams: int | None = None
    tote_volume_cm3: int | None = None
    max_weight_grams: int | None = None


def find(code: str, *, by: Actor) -> Cart:
    """The kind of cart with this code at the person's site; raises CartUnknown."""
    found = _cart(code, by)
    if found is None:
        raise CartUnknown(code=code, pointer="/cart")
    return found


def all_of(site_id: int) -> list[Cart]:
    """The site's kinds of carts, by code."""
    return list(session.execute(sa.select(Cart).where(Cart.site_id == site_id).order_by(Cart.code_key)).scalars())


def put(code: str, facts: CartFacts, *, by: Actor) -> tuple[Cart, bool]:
    """Creates or replaces a kind of cart; whether it is new. Lists that are planned already stay as they are."""
    cart = _cart(code, by)
    values = {
        "name": facts.name,
        "positions": facts.positions,
        "tote_weight_grams": facts.tote_weight_grams,
        "tote_volume_cm3": facts.tote_volume_cm3,
        "max_weight_grams": facts.max_weight_grams,
        "updated_at": clock.now(),
    }
    is_new = cart is None
    if cart is None:
        cart = Cart(site_id=by.site_id, code=code, **values)
        session.add(cart)
    else:
        for name, value in values.items():
            setattr(cart, name, value)
    session.flush()  # a code that somebody else takes at the same moment is told now
    return cart, is_new


def remove(code: str, *, by: Actor) -> None:
    """Removes a kind of cart that nothing was planned for. Raises CartUnknown, CartInUse."""
    cart = find(code, by=by)
    for table in (PickList, Wave, Stream):
        if session.execute(sa.select(sa.literal(1)).where(table.cart_id == cart.id).limit(1)).first():
            raise CartInUse(code=cart.code)
    session.delete(cart)
    session.flush()  # gone before the answer is written


def _cart(code: str, by: Actor) -> Cart | None:
    return session.execute(sa.select(Cart).where(Cart.site_id == by.site_id, Cart.code_key == fold(code))).scalar_one_or_none()
