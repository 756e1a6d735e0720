"""The packing bench over the API: how strictly goods are checked there."""

from __future__ import annotations

import enum

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.shipping import benches, checks
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
    every_orders: int | None = Field(default=None, ge=1, le=_MOST)
    """One order in so many, by its id."""
    pieces: int | None = Field(default=None, ge=1, le=_MOST)
    """Of each product of an order."""


class CheckRuleOut(Answer):
    """A rule; the stricter one of an order's customer and of a product counts."""

    sku: str | None
    customer: str | None
    policy: CheckPolicy
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


@api.get("/benches", Permission.SEE_TASKS, query=Paging, answer=Items[BenchOut])
def get_benches(query: Paging) -> Items[BenchOut]:
    """The packing places with their scales."""
    rows = [row for row in benches.listed(actor()) if row[0] > query.after][: query.limit + 1]
    return page(rows, query, by_id=lambda row: row[0], show=lambda row: BenchOut(location=row[1], scale=row[2]))


@api.put("/benches/<path:location>", Permission.MASTER_DATA, body=BenchIn, answer=BenchOut)
def put_bench(location: str, body: BenchIn) -> BenchOut:
    """Says which scale stands at a packing place; it is asked when the packer chooses Scale."""
    place = benches.put(code_in_address(location), body.scale, by=actor())
    return BenchOut(location=place.code, scale=body.scale)


def _named(about: str, code: str) -> dict[str, str]:
    wanted = code_in_address(code)
    if about not in set(About):
        raise checks.RuleUnknown(code=f"{about}/{wanted}")
    return {"sku" if about == About.PRODUCT else "customer": wanted}


def _rule(row: RuleRow) -> CheckRuleOut:
    return CheckRuleOut(
        sku=row.sku, customer=row.customer, policy=row.rule.policy, every_orders=row.rule.every_orders, pieces=row.rule.pieces
    )
