"""What people type for a partner or a product: its code, or its name where only one has it; and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from wms.catalog import products
from wms.catalog.models import Partner, PartnerKind, Product
from wms.db import containing, fold, session
from wms.errors import WarehouseError
from wms.i18n import T, Text
from wms.orders.lines import PartnerUnknown, SkuUnknown, no_partner, unit_size
from wms.web.typed import Row

N = TypeVar("N", Partner, Product)
KINDS: Mapping[str, tuple[PartnerKind, ...]] = {
    "customer": (PartnerKind.CUSTOMER,),
    "carrier": (PartnerKind.CARRIER,),
    "partner": tuple(PartnerKind),
}
_NAMED = 5  # so many are named where several could be meant


def partner_codes(facts: Mapping[str, Any]) -> tuple[dict[str, str], list[WarehouseError]]:
    """The codes of the partners that these fields name by code or name, and what is wrong with the others."""
    codes: dict[str, str] = {}
    wrong: list[WarehouseError] = []
    for name in KINDS.keys() & facts.keys():
        typed, kinds = str(facts[name] or ""), KINDS[name]
        if not typed:
            continue
        mine = Partner.kind.in_(kinds)
        if session.execute(sa.select(Partner.id).where(mine, Partner.code_key == fold(typed))).first():
            continue
        close = session.execute(_close(Partner, typed, Partner.name).where(mine)).scalars().all()
        called = _called(typed, close, lambda one: (one.name,))
        if len(called) == 1:
            codes[name] = called[0].code
            continue
        unknown = no_partner(typed, kinds[0] if len(kinds) == 1 else None, f"/{name}")
        others = [(one.code, Text(one.name, one.name)) for one in called or close]
        wrong.append(PartnerUnknown(_or_perhaps(unknown.said, others), pointer=f"/{name}") if others else unknown)
    return codes, wrong


def rows_by_sku(rows: list[Row]) -> tuple[list[Row], list[WarehouseError]]:
    """The rows with a barcode or a name in the product's column told as its product, in the packaging that carries the barcode where no
    unit was typed; and what is wrong with products and units, pointing to the rows that are filled in."""
    barcodes = products.behind_barcodes(row["sku"] for row in rows if row["sku"])
    known = products.find_products(barcodes.get(row["sku"], (row["sku"],))[0] for row in rows if row["sku"])
    told: list[Row] = []
    wrong: list[WarehouseError] = []
    filled = 0
    for row in rows:
        told.append(row)
        pointer, filled = f"/lines/{filled}", filled + any(row.values())
        if not row["sku"]:
            continue
        sku, unit = barcodes.get(row["sku"], (row["sku"], None))
        product, others = (known[fold(sku)], []) if fold(sku) in known else _named(sku)
        if product is None:
            sentence = _or_perhaps(SkuUnknown.sentence.settled(sku=sku), others) if others else None
            wrong.append(SkuUnknown(sentence, pointer=f"{pointer}/sku", sku=sku))
            continue
        told[-1] = {**row, "sku": product.sku, **({"unit": row["unit"] or unit} if unit else {})}
        try:
            told[-1]["quantity"] = products.in_smallest(product, row["quantity"], told[-1].get("unit"))
        except products.NotCounted as refusal:
            wrong.append(products.NotCounted(pointer=f"{pointer}/quantity", **refusal.facts))
            told[-1]["quantity"] = ""
        wrong += refusals(partial(unit_size, product, told[-1].get("unit"), f"{pointer}/unit"))
    return told, wrong


def refusals(*checks: Callable[[], object]) -> Iterator[WarehouseError]:
    """What these refuse, each asked for itself; they change nothing."""
    for check in checks:
        try:
            check()
        except WarehouseError as refusal:
            yield refusal


def _named(typed: str) -> tuple[Product | None, list[tuple[str, Text]]]:
    close = session.execute(_close(Product, typed, Product.name, Product.name_zh, Product.name_en)).scalars().all()
    called = _called(typed, close, lambda one: (one.name, one.name_zh, one.name_en))
    if len(called) == 1:
        return called[0], []
    return None, [(one.sku, T(one.name_en or one.name, one.name_zh or one.name)) for one in called or close]


def _close(model: type[N], typed: str, *names: Any) -> sa.Select[tuple[N]]:
    """Those whose name contains what was typed, the shortest names first: one that is called exactly so is among them."""
    return sa.select(model).where(containing(typed, *names)).order_by(sa.func.length(names[0]), model.id).limit(_NAMED * 10)


def _called(typed: str, some: Iterable[N], names: Callable[[N], Iterable[str | None]]) -> list[N]:
    return [one for one in some if fold(typed) in {fold(name) for name in names(one) if name}]


def _or_perhaps(said: Text, others: list[tuple[str, Text]]) -> Text:
    """What was said, and who could be meant."""
    english = ", ".join(f"{code} ({name.say('en')})" for code, name in others[:_NAMED])
    chinese = "、".join(f"{code}（{name.say('zh_CN')}）" for code, name in others[:_NAMED])
    return T("{said}. Perhaps {english}", "{said}。是否指 {chinese}", said=said, english=english, chinese=chinese)
