"""A handful of products, partners or locations comes to the same as its rows one after the other: the same refusals, the same house."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.integrations.test_bulk import writes
from tests.warehouse import Warehouse
from wms.catalog.models import Barcode, Freshness, Packaging, Partner, Product
from wms.db import session, table_of, transaction
from wms.errors import WarehouseError
from wms.integrations import things
from wms.integrations.reading import LocationRow, PartnerRow, ProductRow
from wms.integrations.things import Thing
from wms.locations.models import Location

CODES = [f"X-{n}" for n in range(12)] + ["Straße", "STRASSE-1", "ﬃ" * 70]
GTIN = "6901234567892"
Row = dict[str, Any]


def spelt(chance: random.Random, code: str) -> str:
    """However somebody writes it."""
    return chance.choice([code, code.lower(), code.upper() if len(code) < 40 else code, f" {code} "])


def a_product(chance: random.Random, code: str) -> Row:
    barcodes = [*(f"B-{n}" for n in range(8)), "b-1", GTIN, "0" + GTIN, "6901234567890"]
    units = chance.sample(["case", "Case", "pallet", "piece", "layer"], chance.choice([0, 0, 1, 2]))
    return {
        "sku": code,
        "name": chance.choice(["One", "Two"]),
        "base_unit": chance.choice(["piece", "piece", "Piece", "gram"]),
        "owner": chance.choice([None, None, "C-0", "NOBODY"]),
        "barcodes": chance.sample(barcodes, chance.choice([0, 0, 1, 2])),
        "packagings": [{"unit": unit, "quantity": chance.choice([6, 12]), "barcode": chance.choice([None, *barcodes])} for unit in units],
    }


def a_partner(chance: random.Random, code: str) -> Row:
    skus = chance.sample(["TEA", "tea", "CUP", "NONE"], chance.choice([0, 0, 1, 2]))
    return {
        "code": code,
        "kind": chance.choice(["customer", "customer", "carrier"]),
        "name": chance.choice(["One", "Two"]),
        "address": chance.choice([None, {"city": "洛阳"}, {"city": ""}]),
        "credit_limit": chance.choice([None, 500, 900]),
        "balance_due": chance.choice([0, 700]),
        "blocked": chance.random() < 0.3,
        "blocked_reason": "why",
        "freshness": [{"sku": sku, "min_remaining_days": chance.choice([3, 30])} for sku in skus],
    }


def a_location(chance: random.Random, code: str) -> Row:
    faces = [
        {"sku": "TEA", "minimum": 1, "maximum": 9},
        {"sku": "NONE", "minimum": 1, "maximum": 9},
        {"sku": "cup", "minimum": 9, "maximum": 1},
    ]
    return {
        "code": chance.choice([*[code] * 9, "@" + code]),
        "site": chance.choice([None, None, None, None, "main", "NORTH", "NOWHERE"]),
        "kind": chance.choice(["storage", "pick_face", "consignment", "door"]),
        "x_mm": chance.choice([0, 500]),
        "assigned": chance.choice([None, None, None, *faces]),
        "partner": chance.choice([*[None] * 5, "c-0", "CARRIER", "NOBODY"]),
        "allow_negative": chance.random() < 0.2,
    }


KINDS: list[tuple[Thing, Any, Callable[[random.Random, str], Row]]] = [
    ("products", ProductRow, a_product),
    ("partners", PartnerRow, a_partner),
    ("locations", LocationRow, a_location),
]
_NOT_SAID = {"id", "updated_at", "product_id", "packaging_id", "partner_id", "group_id", "linked_at"}


def the_house() -> list[list[tuple[Any, ...]]]:
    """What it knows, but for numbers and times that differ from one time to the next."""
    found = []
    product, unit, partner = sa.select(Product.sku), sa.select(Packaging.unit), sa.select(Partner.code)
    for model in (Product, Packaging, Barcode, Partner, Freshness, Location):
        table = table_of(model)
        columns: list[Any] = [one for one in table.columns if one.name not in _NOT_SAID]
        if "product_id" in table.c:
            columns.append(product.where(Product.id == table.c.product_id).scalar_subquery())
        if "packaging_id" in table.c:
            columns.append(unit.where(Packaging.id == table.c.packaging_id).scalar_subquery())
        if "partner_id" in table.c:
            columns.append(partner.where(Partner.id == table.c.partner_id).scalar_subquery())
        rows = session.execute(sa.select(*columns)).all()
        found.append(sorted((tuple(row) for row in rows), key=repr))
    return found


class _Enough(Exception):
    pass


def outcomes(kind: Thing, bodies: list[Any], w: Warehouse, *, at_once: int, keep: bool = False) -> tuple[list[Any], Any]:
    """Of each row what it came to, and the house then; taken back again unless it is to be kept."""
    said: list[Any] = []
    house = None
    try:
        with transaction():
            for start in range(0, len(bodies), at_once):
                said += things.put(kind, bodies[start : start + at_once], by=w.by)
            house = the_house()
            if not keep:
                raise _Enough
    except _Enough:
        pass
    told = [(one.code, one.say("en"), getattr(one, "pointer", None)) if isinstance(one, WarehouseError) else one for one in said]
    return told, house


@pytest.mark.parametrize(("kind", "model", "make"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_together_as_one_by_one(w: Warehouse, kind: Thing, model: Any, make: Callable[[random.Random, str], Row]) -> None:
    w.site("NORTH")
    w.product("TEA")
    w.product("CUP")
    w.partner("C-0")
    w.partner("CARRIER", kind="carrier")
    for code in CODES[:6]:
        w.receive(code, 5, at=code)
    chance = random.Random(20261122)
    seen: set[str] = set()
    for _ in range(18):
        codes = chance.sample(CODES, chance.randint(3, len(CODES)))
        bodies = [model.model_validate(make(chance, spelt(chance, code))) for code in codes]
        one_by_one = outcomes(kind, bodies, w, at_once=1)
        together = outcomes(kind, bodies, w, at_once=100, keep=True)
        assert together == one_by_one
        sound = [body for body, said in zip(bodies, together[0], strict=True) if not isinstance(said, tuple)]
        assert writes(lambda sound=sound: outcomes(kind, sound, w, at_once=100)) == 0, "what is there just so"
        seen |= {said[0] if isinstance(said, tuple) else said.value for said in together[0]}
    assert seen >= {"created", "changed", "unchanged"} | _SEEN[kind], seen


_SEEN: dict[Thing, set[str]] = {
    "products": {
        *("barcode_taken", "barcode_twice", "barcode_check_digit", "unit_twice", "base_unit_in_use", "owner_unknown"),
        "string_too_long",
    },
    "partners": {"product_unknown", "product_twice", "string_too_long"},
    "locations": {
        *("site_elsewhere", "site_unknown", "partner_unknown", "partner_kind_wrong", "location_code_wrong", "assigned_wrong"),
        *("allow_negative_wrong", "product_unknown", "goods_there", "string_too_long"),
    },
}
