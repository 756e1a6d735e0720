"""The putaway rules over the API, and the question where goods would go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Temperature
from wms.receiving import rules
from wms.receiving.models import Method
from wms.receiving.rules import MOST_RULES, Rule, Rulebook
from wms.receiving.try_out import Tried, try_out
from wms.stock.models import Condition
from wms.web import access
from wms.web.api import Answer, Api, Body, Code, Count, Label, Quantity

api = Api("putaway")

Abc = Annotated[str, StringConstraints(pattern="^[A-Z]$")]
UnitKind = Literal["pallet", "carton", "tote", "loose"]
Height = Annotated[int, Field(ge=1, le=10**6)]


class RuleIn(Body):
    """One rule: for which goods (what is left out says nothing), how a place is looked for, and in which zones."""

    method: Method
    zones: Annotated[list[Label], Field(max_length=20)] = Field(default_factory=list)
    """Empty: everywhere. `fixed_zone` needs one."""
    active: bool = True
    sku: Code | None = None
    """Only this product; null: any."""
    storage_class: Label | None = None
    temperature: Temperature | None = None
    abc: Abc | None = None
    condition: Condition | None = None
    """Left out: good goods. Others are looked a place for in their own areas only."""
    supplier: Code | None = None
    unit_kind: UnitKind | None = None
    start_zone: Label | None = None

    def rule(self) -> Rule:
        """As the operations take it."""
        return rules.rule_of(**{name: getattr(self, name) for name in RuleIn.model_fields})


class RulesIn(Body):
    """The whole list, in the order in which the rules are asked."""

    site: Code | None = None
    version: Count
    """The version that was seen; 0 where the site keeps to the usual rules."""
    rules: Annotated[list[RuleIn], Field(max_length=MOST_RULES)]
    """All of them: the list is replaced as a whole."""


class RuleOut(Answer):
    """A rule."""

    number: int
    """Place in the list, from 1."""
    method: Method
    zones: list[str]
    active: bool
    sku: str | None
    """Only this product; null: any."""
    storage_class: str | None
    temperature: Temperature | None
    abc: str | None
    condition: Condition | None
    supplier: str | None
    unit_kind: str | None
    start_zone: str | None


class RulesOut(Answer):
    """The rules of a site, in their order."""

    version: int
    """Goes up with every change."""
    rules: list[RuleOut]
    """All of them, in the order in which they are asked."""


class SiteQuery(Body):
    """Which site; the only one where it is left out."""

    site: Code | None = None


class Question(Body):
    """Goods that ask for a place."""

    site: Code | None = None
    sku: Code
    quantity: Quantity = 1
    """How many."""
    unit: Label | None = None
    lot: Label | None = None
    """Their lot; null: goods without one."""
    condition: Condition = Condition.GOOD
    unit_kind: UnitKind = "pallet"
    supplier: Code | None = None
    height_mm: Height | None = None
    start: Code | None = None
    """Where the goods stand; left out: the first dock."""


class RefusedPlace(Answer):
    """A place that was looked at and not taken."""

    location: str
    metres: float
    """Way to it from where the goods stand, in metres."""
    code: str
    """Why it was not taken; stable."""
    detail: str


class RuleAnswer(Answer):
    """What one rule said; number 0 is what holds for goods that are not good, before all rules."""

    number: int
    """Place of the rule in the list, from 1."""
    method: Method | None
    """How it looked; null: it did not."""
    found: bool
    """Whether it found a place."""
    detail: str
    refused: list[RefusedPlace]
    """Places it looked at and did not take."""


class SuggestionOut(Answer):
    """Where the goods would go; null where nothing fits."""

    start: str
    """Code of the place where the goods stand."""
    target: str | None
    """Code of the place; null: nothing fits."""
    reasons: list[str]
    rules: list[RuleAnswer]
    """What each rule said, in their order."""


def shown(book: Rulebook) -> RulesOut:
    """The rules as the API answers them."""
    found = [
        RuleOut(
            number=one.number, method=one.rule.method, zones=list(one.rule.zones), active=one.rule.active, sku=one.sku,
            storage_class=one.rule.storage_class, temperature=one.rule.temperature, abc=one.rule.abc, condition=one.rule.condition,
            supplier=one.supplier, unit_kind=one.rule.unit_kind, start_zone=one.rule.start_zone,
        )
        for one in rules.shown(book)
    ]  # fmt: skip
    return RulesOut(version=book.version, rules=found)


def answered(tried: Tried, language: str) -> SuggestionOut:
    """What the rules said, as the API answers it."""
    return SuggestionOut(
        start=tried.start.code,
        target=tried.target,
        reasons=[reason[language] for reason in tried.answer.reasons],
        rules=[
            RuleAnswer(
                number=one.number,
                method=one.method,
                found=one.found,
                detail=one.said.say(language),
                refused=[
                    RefusedPlace(location=place.location, metres=place.way_mm / 1000, code=place.code, detail=place.why.say(language))
                    for place in one.turned
                ],
            )
            for one in tried.answer.asked
        ],
    )


@api.get("/putaway/rules", Permission.SEE_STOCK, query=SiteQuery, answer=RulesOut)
def get_rules(query: SiteQuery) -> RulesOut:  # noqa: ARG001
    """The putaway rules of a site, in the order in which they are asked."""
    return shown(rules.rulebook(actor().site_id))


@api.put("/putaway/rules", Permission.PLAN_WORK, body=RulesIn, answer=RulesOut)
def put_rules(body: RulesIn) -> RulesOut:
    """Replaces the putaway rules of a site as a whole.

    `version` is the one that was read: where somebody has changed the list since, nothing is saved (409 `changed_meanwhile`).
    """
    return shown(rules.save([one.rule() for one in body.rules], seen=body.version, by=actor()))


@api.post("/putaway/suggestions", Permission.SEE_STOCK, body=Question, answer=SuggestionOut)
def ask(body: Question) -> SuggestionOut:
    """Asks where goods would go, and what each rule says to it. Nothing is kept free by asking."""
    facts = body.model_dump(exclude={"site", "sku", "quantity"})
    return answered(try_out(body.sku, body.quantity, by=actor(), **facts), access.language())
