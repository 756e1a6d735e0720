"""Counts over the API."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.stocktake import adjustments, counts, queries
from wms.stocktake.models import LONGEST_REASON, Cause, CountPlan, CountStatus
from wms.web.api import Answer, Api, Body, Code, Count, Items, Paging, Words, cursor_after, page

api = Api("stocktake")


class CountIn(Body):
    """Which locations: named, or where products lie, or a zone, or an ABC class."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    site: Code | None = None
    locations: list[Code] = Field(default=[], max_length=10_000)
    """Codes of the places to count."""
    skus: list[Code] = Field(default=[], max_length=10_000)
    """Products by SKU: every place where they lie."""
    zone: Code | None = None
    """Every place of this zone; null: not by zone."""
    abc: Code | None = Field(default=None, alias="class")
    blind: bool = True
    tolerance: Count = 0
    reason: Words | None = Field(default=None, max_length=LONGEST_REASON)


class Decision(Body):
    """Why the differences are posted, or not, and what had caused them."""

    cause: Cause | None = None
    """What had caused the differences; null: not said."""
    reason: Words | None = Field(default=None, max_length=LONGEST_REASON)


class CountLineOut(Answer):
    """One batch at one location. Who may not see the book reads their own count of a product instead, without `book` and `difference`."""

    location: str
    sku: str
    lot: str
    handling_unit: str | None
    condition: str
    book: int | None
    counted: list[int]
    """What each counting found, in pieces."""
    difference: int | None
    reason: str | None
    """Why it was decided so; null: nobody said."""


class CountOut(Answer):
    """A count."""

    number: str
    status: CountStatus
    blind: bool
    tolerance: int
    reason: str | None
    """Why it is counted; null: nobody said."""
    locations: list[str]
    """The places of this page in walking order; `lines` are those of these places."""
    lines: list[CountLineOut]
    next: str | None
    """Where the next page of places begins."""


class CountsQuery(Paging):
    """Which counts."""

    status: CountStatus | None = None


class CountQuery(Paging):
    """Which of a count's places: so many after a cursor, with their lines."""

    limit: int = Field(default=queries.MOST, ge=1, le=queries.MOST)


class CountSummary(Answer):
    """A count in a list."""

    number: str
    status: CountStatus
    blind: bool
    places: int
    """How many places it asks for."""
    counted: int
    """How many of them are counted."""


def _blind(lines: list[queries.Line], who: Actor, reason: str | None) -> list[CountLineOut]:
    """What a counter may see: what they themselves entered, as they entered it.

    How it was shared out over batches, or what a whole pallet holds, would tell the book.
    """
    together: dict[tuple[str, str, str, str], list[queries.Line]] = {}
    for line in lines:
        key = (line.location, line.sku, line.lot if line.lots_told else "", line.condition)
        together.setdefault(key, []).append(line)
    found = []
    for (location, sku, lot, condition), group in together.items():
        mine = [one.quantity for line in group for one in line.counted if one.person_id == who.id]
        if not mine:
            continue  # that others have counted it there, or the book has it, is not theirs to know
        on_pallets = any(line.handling_unit for line in group)
        found.append(
            CountLineOut(
                location=location,
                sku=sku,
                lot=lot,
                handling_unit=None,
                condition=condition,
                book=None,
                counted=[] if on_pallets else [sum(mine)],
                difference=None,
                reason=reason,
            )
        )
    return found


def shown(count: CountPlan, who: Actor, *, after: int = 0, limit: int = queries.MOST) -> CountOut:
    """A page of the count as this person may see it: a recount is blind to what others found, too."""
    some = queries.places_of(count, after=after, limit=limit + 1)
    places = some[:limit]
    found = queries.lines_of(count, place_ids=[place.id for place in places])
    if who.may(Permission.SEE_BOOK):
        lines = [
            CountLineOut(
                location=line.location,
                sku=line.sku,
                lot=line.lot,
                handling_unit=line.handling_unit,
                condition=line.condition,
                book=line.book,
                counted=[one.quantity for one in line.counted],
                difference=line.difference,
                reason=count.reason,
            )
            for line in found
        ]
    else:
        lines = _blind(found, who, count.reason)
    status = CountStatus(count.status)
    return CountOut(
        number=count.number,
        status=status,
        blind=count.blind,
        tolerance=count.tolerance,
        reason=count.reason,
        locations=[place.location for place in places],
        lines=lines,
        next=cursor_after(places[-1].sequence) if len(some) > limit else None,
    )


@api.post("/counts", Permission.PLAN_WORK, body=CountIn, answer=CountOut, status=201)
def open_count(body: CountIn) -> CountOut:
    """Opens a count; one task per location joins the queue."""
    who = actor()
    count = counts.open_count(
        by=who,
        locations=body.locations,
        skus=body.skus,
        zone=body.zone,
        abc=body.abc,
        blind=body.blind,
        tolerance=body.tolerance,
        reason=body.reason,
    )
    return shown(count, who)


@api.get("/counts", Permission.PLAN_WORK, query=CountsQuery, answer=Items[CountSummary])
def listing(query: CountsQuery) -> Items[CountSummary]:
    """The counts, oldest first."""
    rows = queries.after(actor(), after=query.after, status=query.status, limit=query.limit + 1)
    return page(
        rows,
        query,
        by_id=lambda row: row.id,
        show=lambda row: CountSummary(number=row.number, status=row.status, blind=row.blind, places=row.places, counted=row.counted),
    )


@api.get("/counts/<path:number>", Permission.COUNT, query=CountQuery, answer=CountOut)
def one(number: str, query: CountQuery) -> CountOut:
    """A count with its lines, by pages of its places in walking order."""
    who = actor()
    return shown(counts.find(number, by=who), who, after=query.after, limit=query.limit)


@api.post("/counts/<path:number>/approve", Permission.APPROVE_COUNT, body=Decision, answer=CountOut)
def approve(number: str, body: Decision) -> CountOut:
    """Posts the differences that wait and are within this person's limit; not by who counted, and only after somebody else's recount."""
    who = actor()
    return shown(adjustments.approve(number, by=who, reason=body.reason, cause=body.cause), who)


@api.post("/counts/<path:number>/refuse", Permission.APPROVE_COUNT, body=Decision, answer=CountOut)
def refuse(number: str, body: Decision) -> CountOut:
    """Ends the count without changing the book."""
    who = actor()
    return shown(adjustments.refuse(number, by=who, reason=body.reason), who)
