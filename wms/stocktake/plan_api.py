"""Plans, programmes, classes, sheets and results as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import ConfigDict, Field

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.locations import freezing
from wms.photos import photos
from wms.stocktake import classes, counts, finds, opening, programmes, results, sheets
from wms.stocktake.choice import Choice
from wms.stocktake.finds import Find
from wms.stocktake.models import LONGEST_REASON, CountPlan, CountStatus, FindEnd
from wms.stocktake.opening import Sample
from wms.stocktake.photo_subjects import FIND
from wms.stocktake.plan_models import CountSheet, Programme, SheetStatus, Why
from wms.stocktake.results import By, Period, Result
from wms.stocktake.sheets import Typed
from wms.web.api import Answer, Api, Body, Code, Count, Items, Label, Moment, Nothing, Paging, Words, page

api = Api("counting")
_ALIASED = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SampleIn(Body):
    """How sure a sample is to be, and how exact."""

    confidence_percent: int = Field(default=95, ge=50, le=99)
    """How sure the result is to be, in per cent."""
    error_permille: int = Field(default=50, ge=1, le=500)
    """The tolerable error in thousandths: 50 is ± 5 %."""


class ScopeIn(Body):
    """Which places; all that is said must hold, and nothing said is every place where goods rest."""

    model_config = _ALIASED

    locations: list[Code] = Field(default=[], max_length=10_000)
    """Only these places, by code; empty: any."""
    skus: list[Code] = Field(default=[], max_length=10_000)
    """Only where these products lie; empty: any."""
    zone: Label | None = None
    """Only this zone; null: any."""
    aisle: Label | None = None
    """Only this aisle; null: any."""
    abc: Annotated[str, Field(pattern="^[A-Za-z]$")] | None = Field(default=None, alias="class")
    owner: Code | None = None
    """A partner's code; "-" is the house's own goods."""
    worth_from: Count | None = None
    """What lies there is worth at least so much, in the smallest unit of money."""
    not_counted_days: int | None = Field(default=None, ge=1, le=3650)
    """Only places that nobody counted for so many days; null: however long ago."""
    everywhere: bool = False
    """Docks, staging and benches too."""

    @property
    def choice(self) -> Choice:
        """The same for the operation."""
        facts = self.model_dump(include={"zone", "aisle", "abc", "owner", "worth_from", "not_counted_days", "everywhere"})
        return Choice(tuple(self.locations), tuple(self.skus), **facts)


class PlanIn(Body):
    """A plan of the places that are chosen, or of a sample of them."""

    site: Code | None = None
    scope: ScopeIn = ScopeIn()
    sample: SampleIn | None = None
    """How exact a random sample is to be; null: every place is counted."""
    blind: bool = True
    tolerance: Count = 0
    reason: Words | None = Field(default=None, max_length=LONGEST_REASON)
    freeze: list[Label] = Field(default=[], max_length=500)
    """Zones where nothing begins until they are counted."""


class ZoneOut(Answer):
    """How far a zone is."""

    zone: str
    """Code of the zone; empty: places without one."""
    places: int
    """How many places there are to count."""
    counted: int
    """How many of them are counted."""
    to_recount: int
    """How many are counted once more."""
    to_approve: int
    """How many wait for a decision."""
    ended: int
    """How many are done."""
    frozen: bool


class PlanOut(Answer):
    """A plan and how far it is."""

    number: str
    status: CountStatus
    why: Why | None
    """Where it came from; null: somebody planned it."""
    places: int
    """How many places it asks for."""
    counted: int
    """How many of them are counted."""
    population: int | None
    """Out of how many places a sample was drawn."""
    zones: list[ZoneOut]
    """How far each zone is."""


def _shown(count: CountPlan) -> PlanOut:
    origin = opening.origin_of(count.id)
    far = counts.progress(count.id)
    held = {one.zone for one in freezing.frozen(count.site_id) if one.document == count.number}
    zones = [
        ZoneOut(
            zone=zone or "",
            places=one.of,
            counted=one.counted,
            to_recount=one.again,
            to_approve=one.review,
            ended=one.ended,
            frozen=(zone or "") in held,
        )
        for zone, one in counts.progress_by_zone(count.id)
    ]
    return PlanOut(
        number=count.number,
        status=CountStatus(count.status),
        why=Why(origin.why) if origin else None,
        places=far.of,
        counted=far.counted,
        population=origin.population if origin and origin.confidence_percent else None,
        zones=zones,
    )


@api.post("/count-plans", Permission.PLAN_WORK, body=PlanIn, answer=PlanOut, status=201)
def post_count_plan(body: PlanIn) -> PlanOut:
    """Opens a plan of chosen places; those in a count that is not finished are left out."""
    by = actor()
    sample = Sample(body.sample.confidence_percent, body.sample.error_permille) if body.sample else None
    facts = {"blind": body.blind, "tolerance": body.tolerance, "reason": body.reason}
    count = opening.open_chosen(body.scope.choice, sample=sample, by=by, **facts)  # type: ignore[arg-type]
    for zone in body.freeze:
        freezing.freeze(zone, document=count.number, by=by)
    return _shown(count)


@api.get("/count-plans/<path:number>", Permission.PLAN_WORK, answer=PlanOut)
def get_count_plan(number: str) -> PlanOut:
    """A plan and how far it is, zone by zone."""
    return _shown(counts.find(number, by=actor()))


class FreezeIn(Body):
    """Whether a zone of a plan is frozen."""

    site: Code | None = None
    zone: str = Field(max_length=40)
    """Code of a zone of the count."""
    frozen: bool


@api.post("/count-plans/<path:number>/freeze", Permission.PLAN_WORK, body=FreezeIn, answer=PlanOut)
def freeze_zone(number: str, body: FreezeIn) -> PlanOut:
    """Freezes a zone of the plan, or lets it go: no pick and no putaway begins there meanwhile."""
    by = actor()
    count = counts.find(number, by=by)
    if body.frozen:
        counts.must_be_open(count)
        freezing.freeze(body.zone, document=count.number, by=by)
    else:
        freezing.unfreeze(body.zone, document=count.number, by=by)
    return _shown(count)


# -- programmes --------------------------------------------------------------------------------------------------------


class ProgrammeIn(Body):
    """Which places are counted every so many days, by themselves."""

    site: Code | None = None
    name: str = Field(min_length=1, max_length=80)
    scope: ScopeIn = ScopeIn()
    every_days: int = Field(default=30, ge=1, le=1000)
    begins_on: dt.date | None = None
    sample: SampleIn | None = None
    """Left out: all of them in turn."""
    blind: bool = True
    tolerance: Count = 0
    priority: int = Field(default=3, ge=0, le=9)
    active: bool = True

    @property
    def terms(self) -> programmes.Terms:
        """The same for the operation."""
        sample = Sample(self.sample.confidence_percent, self.sample.error_permille) if self.sample else None
        facts = self.model_dump(include={"name", "every_days", "begins_on", "blind", "tolerance", "priority", "active"})
        return programmes.Terms(**facts, scope=self.scope.choice, sample=sample)


class ProgrammeOut(Answer):
    """A programme and how it stands today."""

    id: int
    name: str
    active: bool
    every_days: int
    begins_on: dt.date
    first: dt.date
    """First day of the round it is in."""
    last: dt.date
    """Last day of the round it is in."""
    places: int
    """How many places belong to it."""
    counted: int
    """How many of them are counted in this round."""
    open: int
    """How many wait to be counted."""
    today: int
    """How many are due today."""
    behind: int
    """How many should be counted by now and are not."""


def _programme(one: Programme) -> ProgrammeOut:
    stands = programmes.standing(one, clock.today())
    return ProgrammeOut(
        id=one.id,
        name=one.name,
        active=one.active,
        every_days=one.every_days,
        begins_on=one.begins_on,
        first=stands.first,
        last=stands.last,
        places=stands.whole,
        counted=stands.counted,
        open=stands.open,
        today=stands.today,
        behind=stands.behind,
    )


@api.post("/count-programmes", Permission.PLAN_WORK, body=ProgrammeIn, answer=ProgrammeOut, status=201)
def post_count_programme(body: ProgrammeIn) -> ProgrammeOut:
    """A new programme; its days are opened by a job."""
    return _programme(programmes.put(body.terms, by=actor()))


@api.get("/count-programmes", Permission.PLAN_WORK, answer=Items[ProgrammeOut])
def get_count_programmes() -> Items[ProgrammeOut]:
    """Every programme, how far its period is, and what is behind."""
    return Items(items=[_programme(one) for one in programmes.listed(actor().site_id)])


@api.put("/count-programmes/<int:number>", Permission.PLAN_WORK, body=ProgrammeIn, answer=ProgrammeOut)
def put_count_programme(number: int, body: ProgrammeIn) -> ProgrammeOut:
    """Replaces what a programme says."""
    return _programme(programmes.put(body.terms, by=actor(), number=number))


# -- classes -----------------------------------------------------------------------------------------------------------


class ChangedOut(Answer):
    """How many products changed, or would."""

    products: int
    """How many of them."""


@api.post("/product-classes/compute", Permission.PLAN_WORK, body=Nothing, answer=ChangedOut)
def compute_classes(body: Nothing) -> ChangedOut:  # noqa: ARG001
    """Computes ABC classes from what was picked; a job does so every night."""
    return ChangedOut(products=classes.compute(actor().site_id))


class AcceptIn(Body):
    """Which proposed classes are taken over."""

    site: Code | None = None
    skus: list[Code] | None = Field(default=None, max_length=10_000)
    """Left out: all of them."""


@api.post("/product-classes/accept", Permission.PLAN_WORK, body=AcceptIn, answer=ChangedOut)
def accept_classes(body: AcceptIn) -> ChangedOut:
    """The proposed classes hold from now on."""
    return ChangedOut(products=classes.accept(body.skus, by=actor()))


# -- paper -------------------------------------------------------------------------------------------------------------


class SheetsIn(Body):
    """Which places, and how many on a sheet."""

    site: Code | None = None
    zone: str | None = Field(default=None, max_length=40)
    """Only this zone; null: all places of the count."""
    places: int = Field(default=sheets.PLACES, ge=1, le=200)
    """How many on one sheet."""


class SheetLineOut(Answer):
    """A line of a sheet: what may lie there, never how many; no product: an empty line."""

    line: int
    """Number printed beside it."""
    location: str
    sku: str | None
    """The product; null: an empty line."""
    lot: str
    """The lot; empty: goods without one."""
    condition: str | None
    """Condition of the goods; null: an empty line."""


class SheetOut(Answer):
    """A count sheet."""

    number: str
    count: str
    """Number of the count."""
    status: SheetStatus
    href: str
    lines: list[SheetLineOut]


def _sheets(some: list[CountSheet]) -> list[SheetOut]:
    lines = sheets.lines_of([one.id for one in some])
    return [
        SheetOut(
            number=one.number,
            count=sheets.plan_of(one).number,
            status=SheetStatus(one.status),
            href=f"/documents/count-sheet/{one.number}.pdf",
            lines=[
                SheetLineOut(line=it.line, location=it.location, sku=it.sku, lot=it.lot, condition=it.condition)
                for it in lines.get(one.id, [])
            ],
        )
        for one in some
    ]


@api.post("/count-plans/<path:number>/sheets", Permission.PLAN_WORK, body=SheetsIn, answer=Items[SheetOut], status=201)
def make_count_sheets(number: str, body: SheetsIn) -> Items[SheetOut]:
    """Sheets of paper for the places that wait to be counted, in walking order, none over two zones; at most 100 at once."""
    by = actor()
    made = sheets.make(counts.find(number, by=by), zone=body.zone, places=body.places, most=100, by=by)
    return Items(items=_sheets(made))


@api.get("/count-sheets/<path:number>", Permission.PLAN_WORK, answer=SheetOut)
def get_count_sheet(number: str) -> SheetOut:
    """A sheet with its lines."""
    return _sheets([sheets.find(number, by=actor())])[0]


class KeyedIn(Body):
    """What was written on a line; an empty line that somebody filled names its product."""

    line: int = Field(ge=1)
    """Number of the line on the paper."""
    quantity: Count
    """Pieces that were written on it."""
    sku: Code | None = None
    """The product, for a line that was empty; null: the printed one."""
    lot: Code | None = None
    """The lot, for a line that was empty; null: the printed one."""


class KeyIn(Body):
    """What was written on a sheet. Lines that are left out were not written on."""

    site: Code | None = None
    counted_by: Code
    """Who counted, by code."""
    counted_from: Moment | None = None
    """When they began; what moved since is counted once more. Left out: when the sheet was made."""
    lines: list[KeyedIn] = Field(max_length=5000)


class TakenOut(Answer):
    """What came of it."""

    status: SheetStatus
    counted: int
    """Places that were counted by it."""
    empty: int
    """Places that nothing was written for: they stay open."""
    over: list[str]
    """Places that somebody else had finished meanwhile."""
    differing: list[int]
    """Lines that the two persons keyed in differently."""


@api.post("/count-sheets/<path:number>/results", Permission.PLAN_WORK, body=KeyIn, answer=TakenOut)
def key_in_count_sheet(number: str, body: KeyIn) -> TakenOut:
    """Takes in a sheet, in the name of who counted; where the site wants it, two persons key in the same first."""
    typed = {one.line: Typed(one.quantity, one.sku, one.lot) for one in body.lines}
    taken = sheets.key_in(number, typed, counted_by=body.counted_by, counted_from=body.counted_from, by=actor())
    return TakenOut(
        status=SheetStatus(taken.sheet.status),
        counted=taken.counted,
        empty=taken.empty,
        over=list(taken.over),
        differing=list(taken.differing),
    )


# -- results -----------------------------------------------------------------------------------------------------------


class ResultsQuery(Body):
    """Of when, and gathered by what."""

    model_config = _ALIASED

    by: By = By.ZONE
    first: dt.date | None = Field(default=None, alias="from")
    last: dt.date | None = Field(default=None, alias="until")
    site: Code | None = None


class ResultOut(Answer):
    """What was counted of something; money in its smallest unit."""

    key: str
    """What it is about: a place, product, person or day."""
    places: int
    """How many places were counted."""
    places_right: int
    """How many of them agreed with the book."""
    lines: int
    """How many lines were counted."""
    lines_right: int
    """How many of them agreed with the book."""
    book: int
    """Pieces in the book before."""
    gained: int
    """Pieces found that the book did not have."""
    lost: int
    """Pieces missing that the book had."""
    worth: int
    """What the book was worth before."""
    worth_gained: int
    """What was found is worth so much."""
    worth_lost: int
    """What is missing is worth so much."""
    line_accuracy: float | None
    """Lines that agreed, as a part of 1; null: none were counted."""
    loss_rate: float | None
    """Net loss in money as a part of the book's; null: the book was worth nothing."""


def _result(one: Result) -> ResultOut:
    numbers = {name: getattr(one, name) for name in ResultOut.model_fields if name not in ("line_accuracy", "loss_rate")}
    return ResultOut(**numbers, line_accuracy=one.line_accuracy, loss_rate=one.loss_rate)


@api.get("/count-results", Permission.SEE_BOOK, query=ResultsQuery, answer=Items[ResultOut])
def get_count_results(query: ResultsQuery) -> Items[ResultOut]:
    """What counting found in a period (the last 30 days), by location, zone, product, class, value, person, day or month."""
    usual = results.default_period()
    period = Period(query.first or usual.first, query.last or usual.last)
    return Items(items=[_result(one) for one in results.gathered(actor().site_id, period, query.by)])


# -- unknown goods -----------------------------------------------------------------------------------------------------


class FindsQuery(Paging):
    """Which of the unknown goods."""

    waiting: bool | None = None
    """Those that nobody has explained yet, or those that were; both where it is not said."""


class FindOut(Answer):
    """Goods that a counter found and no product was known for."""

    number: int
    count: str
    """Number of the count in which it was found."""
    location: str
    code: str
    """What is on them."""
    quantity: int
    by: str
    at: dt.datetime
    outcome: FindEnd | None
    sku: str | None
    note: str | None
    follows: str | None
    """The count that brings them into the book."""
    explained_at: dt.datetime | None
    """When somebody said what it is, UTC; null: nobody has."""
    explained_by: str | None
    """Name of whoever said it; null: nobody has."""
    photos: list[str]
    """Where its pictures are."""


class FindIn(Body):
    """What they are: a product (`sku`), or something else in words (`note`)."""

    outcome: FindEnd
    sku: Code | None = None
    lot: Code | None = None
    owner: Code | None = None
    """A partner's code, where the goods are not their product's owner's."""
    note: Words | None = Field(default=None, max_length=finds.LONGEST_NOTE)


def _find(one: Find, names: dict[int, list[str]]) -> FindOut:
    same = {name: getattr(one, name) for name in ("count", "location", "code", "quantity", "by", "at", "outcome", "sku", "note", "follows")}
    pictures = [f"/photos/full/{name}.jpg" for name in names.get(one.id, [])]
    return FindOut(number=one.id, **same, explained_at=one.cleared_at, explained_by=one.cleared_by, photos=pictures)


@api.get("/count-finds", Permission.APPROVE_COUNT, query=FindsQuery, answer=Items[FindOut])
def get_count_finds(query: FindsQuery) -> Items[FindOut]:
    """Unknown goods that counters have found, the first found first."""
    rows = finds.after(actor().site_id, after=query.after, waiting=query.waiting, limit=query.limit + 1)
    names = photos.of_many(FIND.kind, [row.id for row in rows])
    return page(rows, query, by_id=lambda row: row.id, show=lambda row: _find(row, names))


@api.post("/count-finds/<int:number>/explain", Permission.APPROVE_COUNT, body=FindIn, answer=FindOut)
def explain_count_find(number: int, body: FindIn) -> FindOut:
    """Somebody has found out what they are. A product is counted where it lies; anything else leaves with a word."""
    who = actor()
    finds.explain(number, body.outcome, by=who, sku=body.sku, lot=body.lot, owner=body.owner, note=body.note)
    return _find(finds.one(number, by=who), photos.of_many(FIND.kind, [number]))


class EvidenceOut(Answer):
    """A movement that a count has booked, with the book before and after it."""

    movement: int
    """Its `id` in the journal."""
    at: dt.datetime
    location: str
    sku: str
    lot: str
    condition: str
    before: int
    """Pieces in the book before it."""
    change: int
    """Pieces it added; below zero: took away."""
    after: int
    """Pieces in the book after it."""
    worth: int
    """What the change is worth, in the smallest unit of money."""
    by: str


@api.get("/counts/<path:number>/evidence", Permission.SEE_BOOK, answer=Items[EvidenceOut])
def get_count_evidence(number: str) -> Items[EvidenceOut]:
    """What a count has booked, each movement with the book before and after it."""
    names = list(EvidenceOut.model_fields)
    rows = results.evidence(counts.find(number, by=actor()))
    return Items(items=[EvidenceOut(**{name: getattr(one, name) for name in names}) for one in rows])
