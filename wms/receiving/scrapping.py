"""A second pair of eyes: whoever found many pieces beyond use does not throw them away as well."""

from __future__ import annotations

from wms.actor import LEADS, Actor
from wms.catalog.models import Product
from wms.errors import Forbidden
from wms.i18n import T

ALONE = 20
"""So many pieces may be scrapped by whoever found them, where no setting says otherwise."""


class ScrapNeedsAnother(Forbidden):
    """More than one person may throw away alone."""

    code = "scrap_needs_another"
    sentence = T(
        "{quantity} × {sku} are scrapped by a supervisor who did not find them: more than {alone}",
        "{sku} 报废 {quantity}，超过 {alone}，须由非发现人的主管决定",
    )
    advice = T("Set them aside in the defect area; another supervisor decides", "请先放入次品区，由其他主管处理")


def must_be_anothers(product: Product, quantity: int, *, found_by: int | None, by: Actor, alone: int) -> None:
    """Of more than `alone` pieces a supervisor decides, and another one than who found them. Raises ScrapNeedsAnother."""
    if quantity > alone and (by.id == found_by or not LEADS & by.roles):
        raise ScrapNeedsAnother(quantity=quantity, sku=product.sku, alone=alone)
