"""Products and partners over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.catalog import partners, products
from wms.catalog.models import ADDRESS_FIELDS, BinChoice, Partner, PartnerKind, Product, Rotation, Temperature, TooOldRule, Tracking
from wms.catalog.partners import PartnerFacts
from wms.catalog.putting import PackagingFacts, ProductFacts, Put
from wms.web.api import Answer, Api, Body, Code, Count, Label, Quantity, Signed, code_in_address

api = Api("catalog")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
Measure = Annotated[int, Field(ge=0, le=10**9)]
Days = Annotated[int, Field(ge=0, le=36_500)]


class Names(Body):
    """The name in both languages; what is left out is shown by `name`."""

    zh_CN: Name | None = None  # noqa: N815
    en: Name | None = None


class PackagingIn(Body):
    """A whole multiple of the base unit that is handled as one."""

    unit: Unit
    """What the packaging is called, such as `case`."""
    quantity: Quantity
    """How many base units it holds."""
    barcode: Code | None = None
    weight_grams: Measure = 0
    length_mm: Measure = 0
    width_mm: Measure = 0
    height_mm: Measure = 0
    ships_as_is: bool = False
    """It is a parcel by itself: whole ones go into no carton."""


class ProductIn(Body):
    """A product. Quantities everywhere are whole numbers of its base unit."""

    name: Name
    """What people read where no language is chosen."""
    names: Names = Names()
    base_unit: Unit = "piece"
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    """For display only: 3 shows 1250 grams as 1.25 kg."""
    tracking: Tracking = Tracking.NONE
    """What must be known of each piece."""
    rotation: Rotation | None = None
    """Left out: fefo where expiry is tracked, else fifo."""
    bin_choice: BinChoice | None = None
    """From which bins a batch in its turn is taken. Left out: as the site's."""
    shelf_life_days: Days | None = None
    min_receipt_days: Days | None = None
    """How many days goods must still keep when they come in."""
    too_old: TooOldRule = TooOldRule.REFUSE
    """What is done with goods that keep less long."""
    catch_weight: bool = False
    """Every piece weighs its own: what is picked is weighed, and that weight stands on the papers."""
    weight_grams: Measure = 0
    length_mm: Measure = 0
    width_mm: Measure = 0
    height_mm: Measure = 0
    this_way_up: bool = False
    """Its height stays upright in a carton; so does that of its packagings."""
    abc: Annotated[str, StringConstraints(pattern="^[A-Z]$")] | None = None
    unit_value: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """What one unit as people read it is worth, in the smallest unit of money: a piece; a kilogram where 3 decimals of a gram are shown."""
    storage_class: Label | None = None
    temperature: Temperature | None = None
    """Left out: as the house is. Anything but ambient goes only into locations kept so."""
    owner: Code | None = None
    """The partner whose goods they are; null is the house itself."""
    barcodes: Annotated[list[Code], Field(max_length=100)] = Field(default_factory=list)
    packagings: Annotated[list[PackagingIn], Field(max_length=50)] = Field(default_factory=list)
    """Units that hold several base units."""

    def facts(self, sku: str) -> ProductFacts:
        """The product as it is put in."""
        return ProductFacts(
            sku,
            **self.model_dump(include=set(ProductIn.model_fields) - {"names", "packagings"}),
            name_zh=self.names.zh_CN,
            name_en=self.names.en,
            packagings=[PackagingFacts(**one.model_dump()) for one in self.packagings],
        )

    def put(self, sku: str) -> tuple[Product, bool]:
        """Creates the product, or replaces it as a whole; tells whether it is new."""
        return products.put_facts(self.facts(sku))


class NamesOut(Answer):
    """The name in both languages."""

    zh_CN: str  # noqa: N815
    en: str


class PackagingOut(Answer):
    """A packaging."""

    unit: str
    """What the packaging is called, such as `case`."""
    quantity: int
    """How many base units it holds."""
    barcode: str | None
    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    ships_as_is: bool


class ProductOut(Answer):
    """A product."""

    sku: str
    name: str
    names: NamesOut
    base_unit: str
    decimals: int
    tracking: Tracking
    rotation: Rotation
    bin_choice: BinChoice | None
    """Null: as the site's."""
    shelf_life_days: int | None
    min_receipt_days: int | None
    too_old: TooOldRule
    catch_weight: bool
    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    this_way_up: bool
    abc: str | None
    unit_value: int | None
    storage_class: str | None
    temperature: Temperature | None
    owner: str | None
    """Null is the house itself."""
    barcodes: list[str]
    packagings: list[PackagingOut]
    updated_at: dt.datetime


def shown(product: Product) -> ProductOut:
    """A product as the API answers it."""
    text = product.text
    return ProductOut(
        sku=product.sku,
        name=product.name,
        names=NamesOut(zh_CN=text.zh, en=text.en),
        base_unit=product.base_unit,
        decimals=product.decimals,
        tracking=Tracking(product.tracking),
        rotation=Rotation(product.rotation),
        bin_choice=BinChoice(product.bin_choice) if product.bin_choice else None,
        shelf_life_days=product.shelf_life_days,
        min_receipt_days=product.min_receipt_days,
        too_old=TooOldRule(product.too_old),
        catch_weight=product.catch_weight,
        weight_grams=product.weight_grams,
        length_mm=product.length_mm,
        width_mm=product.width_mm,
        height_mm=product.height_mm,
        this_way_up=product.this_way_up,
        abc=product.abc,
        unit_value=product.unit_value,
        storage_class=product.storage_class,
        temperature=Temperature(product.temperature) if product.temperature else None,
        owner=product.owner.code if product.owner else None,
        barcodes=[barcode.code for barcode in product.barcodes if barcode.packaging_id is None],
        packagings=[
            PackagingOut(
                unit=one.unit,
                quantity=one.quantity,
                barcode=next((barcode.code for barcode in product.barcodes if barcode.packaging_id == one.id), None),
                weight_grams=one.weight_grams,
                length_mm=one.length_mm,
                width_mm=one.width_mm,
                height_mm=one.height_mm,
                ships_as_is=one.ships_as_is,
            )
            for one in product.packagings
        ],
        updated_at=product.updated_at,
    )


@api.put("/products/<path:sku>", Permission.MASTER_DATA, body=ProductIn, answer=ProductOut)
def put_product(sku: str, body: ProductIn) -> tuple[ProductOut, int]:
    """Creates a product, or replaces it as a whole.

    What is left out is not kept as it was: it becomes what it would be for a new product. Send everything, packagings and barcodes
    too. The base unit of a product that has stock, movements or order lines cannot change (409 `base_unit_in_use`).
    """
    product, new = body.put(code_in_address(sku))
    return shown(product), 201 if new else 200


@api.get("/products/<path:sku>", Permission.IN_HOUSE, answer=ProductOut)
def get_product(sku: str) -> ProductOut:
    """One product."""
    return shown(products.find_product(sku))


class AddressIn(Body):
    """An address; every part is free text."""

    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Who receives it: a person or a firm; null: the partner itself."""
    phone: Annotated[str, StringConstraints(max_length=60)] | None = None
    street: Annotated[str, StringConstraints(max_length=300)] | None = None
    city: Annotated[str, StringConstraints(max_length=100)] | None = None
    region: Annotated[str, StringConstraints(max_length=100)] | None = None
    postcode: Annotated[str, StringConstraints(max_length=30)] | None = None
    country: Annotated[str, StringConstraints(max_length=60)] | None = None


class FreshnessIn(Body):
    """How many days goods of one product must still keep for this customer."""

    sku: Code
    min_remaining_days: Days


class PartnerIn(Body):
    """A customer, supplier or carrier. Money is in the smallest unit of the house's currency."""

    kind: PartnerKind
    name: Name
    """What people read on screens and papers."""
    address: AddressIn | None = None
    credit_limit: Count | None = None
    credit_days: Days | None = None
    balance_due: Signed = 0
    oldest_due_on: dt.date | None = None
    min_remaining_days: Days | None = None
    """How many days goods must still keep for this customer."""
    freshness: Annotated[list[FreshnessIn], Field(max_length=5000)] = Field(default_factory=list)
    """The same for single products, which goes before it."""
    rotation: Rotation | None = None
    """Which batch leaves first for this customer. Left out: as each product's."""
    bin_choice: BinChoice | None = None
    """From which bins. Left out: as each product's, or the site's."""
    one_batch: bool = False
    """Each line from one batch, unless it says otherwise."""
    ship_complete: bool = False
    """An order leaves whole or not at all, unless it says otherwise."""
    allow_backorder: bool = False
    """What lacks is sent later, unless an order says otherwise."""
    blocked: bool = False
    """Nothing is released for this customer, until finance approves it or the block is gone."""
    blocked_reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None

    def facts(self, code: str) -> PartnerFacts:
        """The partner as it is put in."""
        return PartnerFacts(
            code,
            **self.model_dump(include=set(PartnerIn.model_fields) - {"address", "freshness"}),
            freshness=[(one.sku, one.min_remaining_days) for one in self.freshness],
            address=self.address.model_dump() if self.address else None,
        )

    def put(self, code: str, *, by: Actor) -> tuple[Partner, Put]:
        """Creates the partner, or replaces it as a whole; tells what it came to."""
        return partners.put_facts(self.facts(code), by=by)


class AddressOut(Answer):
    """An address."""

    name: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None


class FreshnessOut(Answer):
    """How many days goods of one product must still keep."""

    sku: str
    min_remaining_days: int


class PartnerOut(Answer):
    """A customer, supplier or carrier."""

    code: str
    kind: PartnerKind
    name: str
    address: AddressOut
    credit_limit: int | None
    credit_days: int | None
    balance_due: int
    oldest_due_on: dt.date | None
    min_remaining_days: int | None
    freshness: list[FreshnessOut]
    rotation: Rotation | None
    bin_choice: BinChoice | None
    one_batch: bool
    ship_complete: bool
    allow_backorder: bool
    blocked: bool
    """Whether nothing is sent to it."""
    blocked_reason: str | None
    updated_at: dt.datetime


def partner_shown(partner: Partner) -> PartnerOut:
    """A partner as the API answers it."""
    return PartnerOut(
        code=partner.code,
        kind=PartnerKind(partner.kind),
        name=partner.name,
        address=AddressOut(**{field: partner.address.get(field) for field in ADDRESS_FIELDS}),
        credit_limit=partner.credit_limit,
        credit_days=partner.credit_days,
        balance_due=partner.balance_due,
        oldest_due_on=partner.oldest_due_on,
        min_remaining_days=partner.min_remaining_days,
        freshness=[FreshnessOut(sku=one.product.sku, min_remaining_days=one.min_remaining_days) for one in partner.freshness],
        rotation=Rotation(partner.rotation) if partner.rotation else None,
        bin_choice=BinChoice(partner.bin_choice) if partner.bin_choice else None,
        one_batch=partner.one_batch,
        ship_complete=partner.ship_complete,
        allow_backorder=partner.allow_backorder,
        blocked=partner.blocked,
        blocked_reason=partner.blocked_reason,
        updated_at=partner.updated_at,
    )


@api.put("/partners/<path:code>", Permission.MASTER_DATA, body=PartnerIn, answer=PartnerOut)
def put_partner(code: str, body: PartnerIn) -> tuple[PartnerOut, int]:
    """Creates or replaces a partner. More credit, a smaller balance and lifting a block are finance's: 403 `terms_are_finances`."""
    partner, put = body.put(code_in_address(code), by=actor())
    return partner_shown(partner), 201 if put is Put.CREATED else 200


class TermsIn(Body):
    """What finance decides about a customer. Money is in the smallest unit of the house's currency."""

    credit_limit: Count | None = None
    credit_days: Days | None = None
    blocked: bool = False
    """Nothing is released for this customer, until finance approves it or the block is gone."""
    blocked_reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None
    balance_due: Signed | None = None
    """Left out: as it stands."""
    oldest_due_on: dt.date | None = None
    """Left out: as it stands; null: nothing is overdue."""

    def put(self, code: str) -> Partner:
        """Makes them the customer's terms."""
        silent = {name for name in ("balance_due", "oldest_due_on") if name not in self.model_fields_set}
        return partners.set_terms(code, **self.model_dump(exclude=silent | ({"balance_due"} if self.balance_due is None else set())))


@api.post("/partners/<path:code>/terms", Permission.SETTLE, body=TermsIn, answer=PartnerOut)
def set_partner_terms(code: str, body: TermsIn) -> PartnerOut:
    """Credit and block of a customer, all of them: what is left out is no limit and no block; what it owes stays where nothing is said of
    it. Its orders are looked at again at once."""
    return partner_shown(body.put(code))


@api.get("/partners/<path:code>", Permission.IN_HOUSE, answer=PartnerOut)
def get_partner(code: str) -> PartnerOut:
    """One partner."""
    return partner_shown(partners.find_partner(code))
