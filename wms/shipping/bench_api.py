"""The packing bench over the API: how strictly goods are checked there."""

from __future__ import annotations

import enum
from typing import Literal

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.shipping import benches, booking, checks, tracking
from wms.shipping.bench_models import CheckPolicy
from wms.shipping.checks import Rule, RuleRow
from wms.web.api import Answer, Api, Body, Code, Items, Paging, code_in_address, page

api = Api("benches")
_MOST = 1_000_000


class About(enum.StrEnum):
    """What a rule is about."""

    PRODUCT = "product"
    CUSTOMER = "customer"


class CheckRuleIn(Body):
    """How strictly it is checked. A sample says how it is drawn: every so many orders one is checked whole, or so many pieces of each
    product are, or both."""

    policy: CheckPolicy
    """How much is scanned again."""
    every_orders: int | None = Field(default=None, ge=1, le=_MOST)
    """One order in so many, by its id."""
    pieces: int | None = Field(default=None, ge=1, le=_MOST)
    """Of each product of an order."""


class CheckRuleOut(Answer):
    """A rule; the stricter one of an order's customer and of a product counts."""

    sku: str | None
    """The product it is for; null: it is for a customer."""
    customer: str | None
    """The customer it is for, by code; null: it is for a product."""
    policy: CheckPolicy
    """How much is scanned again."""
    every_orders: int | None
    pieces: int | None


@api.get("/check-rules", Permission.SEE_TASKS, query=Paging, answer=Items[CheckRuleOut])
def get_check_rules(query: Paging) -> Items[CheckRuleOut]:
    """The rules of the second check, the oldest first. What no rule names is checked piece by piece."""
    return page(checks.listed(after=query.after, limit=query.limit + 1), query, by_id=lambda row: row.id, show=_rule)


@api.put("/check-rules/<about>/<path:code>", Permission.MASTER_DATA, body=CheckRuleIn, answer=CheckRuleOut)
def put_check_rule(about: str, code: str, body: CheckRuleIn) -> tuple[CheckRuleOut, int]:
    """Says how strictly a product (`product`, its SKU) is checked at the bench, or all that goes to a customer (`customer`, its code)."""
    named = _named(about, code)
    _, is_new = checks.put(Rule(body.policy, body.every_orders, body.pieces), **named)
    return CheckRuleOut(**{"sku": None, "customer": None, **named}, **body.model_dump()), 201 if is_new else 200


@api.delete("/check-rules/<about>/<path:code>", Permission.MASTER_DATA, status=204)
def delete_check_rule(about: str, code: str) -> None:
    """Nothing special holds for it any more."""
    checks.remove(**_named(about, code))


class BenchIn(Body):
    """What stands at a packing place besides its printers."""

    scale: Code | None = None
    """`tcp://host:port` of a scale that answers `S` with a line such as `S S 1.250 kg`; left out: none."""


class BenchOut(Answer):
    """A packing place and its scale."""

    location: str
    scale: str | None
    """Code of the scale on it; null: weights are typed."""


@api.get("/benches", Permission.SEE_TASKS, query=Paging, answer=Items[BenchOut])
def get_benches(query: Paging) -> Items[BenchOut]:
    """The packing places with their scales."""
    rows = [row for row in benches.listed(actor()) if row[0] > query.after][: query.limit + 1]
    return page(rows, query, by_id=lambda row: row[0], show=lambda row: BenchOut(location=row[1], scale=row[2]))


@api.put("/benches/<path:location>", Permission.MANAGE_PRINTERS, body=BenchIn, answer=BenchOut)
def put_bench(location: str, body: BenchIn) -> BenchOut:
    """Says which scale stands at a packing place; it is asked when the packer chooses Scale."""
    place = benches.put(code_in_address(location), body.scale, by=actor())
    return BenchOut(location=place.code, scale=body.scale)


class TrackingIn(Body):
    """A carrier's number."""

    tracking: Code
    """The carrier's number."""
    carrier: Code | None = None
    """Left out: the shipment's carrier stays."""


class TrackedOut(Answer):
    """What the number was written on."""

    shipment: str
    tracking: str
    """The carrier's number, as it was written."""
    parcels: list[str]
    """Those that have this number."""


@api.put("/tracking/<path:of>", Permission.PACK, body=TrackingIn, answer=TrackedOut)
def put_tracking(of: str, body: TrackingIn) -> TrackedOut:
    """Writes a carrier's number on a parcel (by its SSCC), or on a shipment or an order. Files of them: `wms import tracking`."""
    done = tracking.put(code_in_address(of), body.tracking, by=actor(), carrier=body.carrier)
    numbered = [one.code for one in done.parcels if one.tracking == done.number]
    return TrackedOut(shipment=done.shipment.number, tracking=done.number, parcels=numbered)


class AccountIn(Body):
    """How parcels of a carrier are booked. `own_range`: numbers such as EC000000014CN from a range that the carrier gave to the house."""

    method: Literal["own_range"] = "own_range"
    """How numbers come: out of a range that the carrier gave to the house."""
    service: str = Field(pattern="^[A-Z]{2}$")
    """The two letters that its numbers begin with."""
    country: str = Field(default="CN", pattern="^[A-Z]{2}$")
    """Where its numbers are from, as they end: two letters."""
    first: int = Field(ge=1, le=99_999_999)
    """First running number of the range."""
    last: int = Field(ge=1, le=99_999_999)
    """Last running number of the range."""


class AccountOut(AccountIn):
    """How parcels of a carrier are booked, and which are not booked yet."""

    carrier: str
    waiting: list[str]
    """Parcels that have no number yet."""


@api.put("/carriers/<path:code>/account", Permission.MASTER_DATA, body=AccountIn, answer=AccountOut)
def put_account(code: str, body: AccountIn) -> AccountOut:
    """Parcels of this carrier get their numbers by themselves, in the background, when they are packed; each once."""
    carrier = code_in_address(code)
    settings = body.model_dump(exclude={"method"})
    booking.put_account(carrier, body.method, settings, by=actor())
    return AccountOut(carrier=carrier, waiting=[row[0] for row in booking.waiting(carrier, by=actor())], **body.model_dump())


@api.get("/carriers/<path:code>/account", Permission.SEE_TASKS, answer=AccountOut)
def get_account(code: str) -> AccountOut:
    """How parcels of this carrier are booked."""
    carrier = code_in_address(code)
    found = booking.account_of(carrier)
    return AccountOut(
        carrier=carrier, waiting=[row[0] for row in booking.waiting(carrier, by=actor())], method="own_range", **found.settings
    )


@api.delete("/carriers/<path:code>/account", Permission.MASTER_DATA, status=204)
def delete_account(code: str) -> None:
    """Its parcels are numbered by hand again."""
    booking.remove_account(code_in_address(code), by=actor())


def _named(about: str, code: str) -> dict[str, str]:
    wanted = code_in_address(code)
    if about not in set(About):
        raise checks.RuleUnknown(code=f"{about}/{wanted}")
    return {"sku" if about == About.PRODUCT else "customer": wanted}


def _rule(row: RuleRow) -> CheckRuleOut:
    return CheckRuleOut(
        sku=row.sku, customer=row.customer, policy=row.rule.policy, every_orders=row.rule.every_orders, pieces=row.rule.pieces
    )
