"""The inspection rules over the API: the list in its order, rules added, changed and taken away."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.auth.current import actor
from wms.orders.models import InboundKind
from wms.receiving import inspection_rules
from wms.receiving.inspection_rules import MOST_EVERY, NewRule
from wms.receiving.models import InspectionRule, Sampling
from wms.web.api import Answer, Api, Body, Code, Label, Why

api = Api("inspection_rules")


class InspectionRuleIn(Body):
    """For which deliveries (what is left out says nothing), how often they are inspected, and how much of them is drawn."""

    site: Code | None = None
    supplier: Code | None = None
    sku: Code | None = None
    """Only this product; null: any."""
    storage_class: Label | None = None
    abc: Annotated[str, StringConstraints(pattern="^[A-Z]$")] | None = None
    kind: InboundKind | None = None
    """Only goods that come in so; null: however they come."""
    inspects: bool = True
    """False lets through what fits."""
    every: Annotated[int, Field(ge=1, le=MOST_EVERY)] = 1
    """One delivery in so many, counted by supplier and product."""
    first_too: bool = True
    """Always the first delivery of a product from a supplier."""
    sampling: Sampling = Sampling.ALL
    """How the number of pieces is found."""
    sample: Annotated[int, Field(ge=1, le=10**6)] | None = None
    """A number, a percentage, or for `aql` the AQL in hundredths (250 is 2.5)."""
    allowed: Annotated[int, Field(ge=0, le=10**6)] = 0
    """So many defective ones are let pass; an AQL plan says it itself."""
    note: Why | None = None

    def rule(self) -> NewRule:
        """As the operations take it."""
        return NewRule(**self.model_dump(exclude={"site"}))


class SiteOnly(Body):
    """Which site; the only one where it is left out."""

    site: Code | None = None


class InspectionRuleOut(Answer):
    """A rule with its place in the list: the first that fits decides."""

    id: int
    position: int
    """From 1; the first rule that fits decides."""
    supplier: str | None
    sku: str | None
    """Only this product; null: any."""
    storage_class: str | None
    abc: str | None
    kind: InboundKind | None
    """Only goods that come in so; null: however they come."""
    inspects: bool
    every: int
    first_too: bool
    sampling: Sampling
    sample: int | None
    allowed: int
    note: str | None


class InspectionRulesOut(Answer):
    """The rules of a site, in their order."""

    items: list[InspectionRuleOut]
    """Every rule; there is no second page."""
    next: str | None = None
    """Always null: the list is short and comes whole."""


@api.get("/inspection-rules", Permission.SEE_STOCK, query=SiteOnly, answer=InspectionRulesOut)
def get_inspection_rules(query: SiteOnly) -> InspectionRulesOut:  # noqa: ARG001
    """The inspection rules of a site, in the order in which they are asked."""
    return InspectionRulesOut(items=_shown(inspection_rules.all_rules(by=actor())))


@api.post("/inspection-rules", Permission.MASTER_DATA, body=InspectionRuleIn, answer=InspectionRuleOut, status=201)
def post_inspection_rule(body: InspectionRuleIn) -> InspectionRuleOut:
    """Puts a rule at the end of the list."""
    return _shown([inspection_rules.add_rule(body.rule(), by=actor())])[0]


@api.put("/inspection-rules/<int:number>", Permission.MASTER_DATA, body=InspectionRuleIn, answer=InspectionRuleOut)
def put_inspection_rule(number: int, body: InspectionRuleIn) -> InspectionRuleOut:
    """Says a rule otherwise, as a whole; its place in the list and what it has counted stay."""
    return _shown([inspection_rules.change_rule(number, body.rule(), by=actor())])[0]


@api.delete("/inspection-rules/<int:number>", Permission.MASTER_DATA, status=204)
def delete_inspection_rule(number: int) -> None:
    """Takes a rule away, with what it has counted."""
    inspection_rules.remove_rule(number, by=actor())


def _shown(found: list[InspectionRule]) -> list[InspectionRuleOut]:
    names = inspection_rules.names_of(found)
    return [
        InspectionRuleOut(
            id=rule.id, position=rule.position, supplier=names[rule.id][0], sku=names[rule.id][1], storage_class=rule.storage_class,
            abc=rule.abc, kind=InboundKind(rule.kind) if rule.kind else None, inspects=rule.inspects, every=rule.every,
            first_too=rule.first_too, sampling=Sampling(rule.sampling), sample=rule.sample, allowed=rule.allowed, note=rule.note,
        )
        for rule in found
    ]  # fmt: skip
