"""Orders and inbound orders as they are sent in (by the API, a file or a form) and as the API answers them."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Annotated, Any

from flask import current_app
from pydantic import Field, PrivateAttr, StringConstraints

from wms.actor import Actor, Role
from wms.catalog.api import AddressIn, AddressOut, Days, Unit
from wms.orders import editing, inbound, operations, signatures, signing
from wms.orders.announced import NewContent, NewUnit
from wms.orders.interception import Intent
from wms.orders.lines import NewLine, NumberTaken
from wms.orders.models import (
    AnnouncedStatus,
    CheckIn,
    DifferenceKind,
    DifferenceStatus,
    InboundKind,
    InboundOrder,
    InboundStatus,
    Order,
    OrderKind,
    OrderStatus,
    Outcome,
)
from wms.orders.operations import NewOrder
from wms.orders.services import LONGEST, NewService, Service
from wms.orders.signing import SignedLine
from wms.stock.models import Stage, UnitKind
from wms.web.api import Answer, Body, Code, Count, Label, Moment, Quantity, Reason, Words

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
MOST_LINES = 5_000
DESK = "desk"
"""The source of what people type: a number that is there is taken."""


class OrderLineIn(Body):
    """One product ordered."""

    line: Label | None = None
    """Left out: the lines are numbered from 1."""
    sku: Code
    quantity: Quantity
    """Counts `unit`s, or base units where none is named."""
    unit: Unit | None = None
    lot: Code | None = None
    """Only this lot; null: the house chooses."""
    min_remaining_days: Days | None = None
    """Left out: what the customer asks for."""
    one_batch: bool | None = None
    """All of it from one batch. Left out: as the customer asks."""


class ServiceIn(Body):
    """Value-added work that the packer confirms. A kit is an instruction: no new product comes of it."""

    code: Service
    """Which work."""
    line: Label | None = None
    """Left out: for the whole order."""
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST)] | None = None
    """How it is to be done."""


def _asked(services: list[ServiceIn]) -> list[NewService]:
    return [NewService(**one.model_dump()) for one in services]


class OrderIn(Body):
    """Goods that sales wants sent to a customer."""

    number: Code | None = None
    """Left out: the house gives one."""
    site: Code | None = None
    source: Short | None = None
    """Where the order comes from, such as the name of the shop."""
    reference: Short | None = None
    """The customer's own number for it: by which he asks, and by which it is found."""
    customer: Code
    kind: OrderKind = OrderKind.SHIP_FIRST
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    """9 goes first."""
    due_at: Moment | None = None
    ship_complete: bool | None = None
    """Everything leaves together. Left out: as the customer wants."""
    allow_backorder: bool | None = None
    """What lacks is sent when it has come. Left out: as the customer wants."""
    carrier: Code | None = None
    ship_to: AddressIn | None = None
    """Left out: the customer's own address."""
    notes: Words | None = None
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=MOST_LINES)]
    """What is ordered."""
    services: Annotated[list[ServiceIn], Field(max_length=200)] = Field(default_factory=list)
    """Value-added work: it is asked for at the bench, and without it the order is not packed."""

    def enter(self, *, by: Actor) -> Order:
        """Takes the order in."""
        return self.take_in(by=by)[0]

    def take_in(self, *, by: Actor) -> tuple[Order, bool]:
        """Takes the order in, once: what the same source sends again in the same words is the order that is there. Whether it is new."""
        entered_as = self.words
        known = operations.entered_before(self.number, self.source, entered_as, by=by)
        if known is not None:
            return known, False
        try:
            return self._enter(entered_as, by), True
        except NumberTaken:  # perhaps by the same order, sent twice at the same moment
            known = operations.entered_before(self.number, self.source, entered_as, by=by)
            if known is None:
                raise
            return known, False

    def _enter(self, entered_as: str, by: Actor) -> Order:
        return operations.enter_order(**vars(self.asked(entered_as)), by=by)

    def asked(self, entered_as: str) -> NewOrder:
        """The order as it is sent in."""
        return NewOrder(
            **{name: getattr(self, name) for name in _AS_IT_IS},
            services=_asked(self.services),
            ship_to=self.ship_to.model_dump() if self.ship_to else None,
            lines=[NewLine(**vars(line)) for line in self.lines],
            entered_as=None if self.source == DESK else entered_as,
        )

    @property
    def words(self) -> str:
        """What it says, as a hash: the same once more is no second order."""
        said = self.model_dump_json(include=_WORDS, exclude_defaults=True)
        return hashlib.sha256(said.encode()).hexdigest()


_AS_IT_IS = set(OrderIn.model_fields) - {"site", "lines", "ship_to", "services"}
_WORDS = set(OrderIn.model_fields) - {"site", "number", "source"}


class OrderChangeIn(Body):
    """What is to be different; what is left out stays as it is."""

    priority: Annotated[int, Field(ge=0, le=9)] = 5
    """9 goes first."""
    due_at: Moment | None = None
    """When it must leave, UTC; null: nobody waits for a time."""
    ship_complete: bool = False
    allow_backorder: bool = False
    carrier: Code | None = None
    """Carrier by code; null: none is chosen."""
    ship_to: AddressIn | None = None
    """The whole address; null is the customer's own."""
    notes: Words | None = None
    reference: Short | None = None
    """The customer's own number for it."""
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=MOST_LINES)] | None = None
    """All the lines it shall have: those with a known `line` are changed, the others are new, what is not named is taken out."""
    services: Annotated[list[ServiceIn], Field(max_length=200)] | None = None
    """All the value-added work it shall have."""
    seen: Moment | None = None
    """The order's `updated_at` as it was read: when it is another by now, nothing is changed (409 `changed_meanwhile`)."""

    def edit(self, number: str, *, by: Actor) -> Order:
        """Changes the order."""
        return editing.edit(number, by=by, seen=self.seen, **self._wanted())

    def preview(self, number: str, *, by: Actor) -> Intent:
        """What changing it would mean."""
        return editing.preview(number, by=by, **self._wanted())

    def _wanted(self) -> dict[str, Any]:
        changes: dict[str, Any] = self.model_dump(exclude={"lines", "services", "seen"}, exclude_unset=True)
        return {
            "changes": editing.Changes(**changes),  # type: ignore[typeddict-item]
            "lines": None if self.lines is None else [NewLine(**line.model_dump()) for line in self.lines],
            "services": None if self.services is None else _asked(self.services),
        }


class InboundLineIn(Body):
    """One product expected."""

    line: Label | None = None
    """Left out: the lines are numbered from 1."""
    sku: Code
    quantity: Quantity
    """Counts `unit`s, or base units where none is named."""
    unit: Unit | None = None
    lot: Code | None = None
    expires_on: dt.date | None = None
    certificate: Code | None = None
    """The quality certificate; production needs it."""


class ContentIn(Body):
    """So many pieces of a line on an announced plate."""

    line: Label
    """Which line of the inbound order it belongs to."""
    quantity: Quantity
    """Counts `unit`s, or base units where none is named."""
    unit: Unit | None = None
    lot: Code | None = None
    expires_on: dt.date | None = None
    produced_on: dt.date | None = None
    serials: Annotated[list[Code], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    """Left out, or one for each piece."""


class UnitIn(Body):
    """A licence plate that the sender announces."""

    sscc: Code
    """The number on the plate's label."""
    kind: UnitKind = UnitKind.PALLET
    parent: Code | None = None
    """The SSCC of the plate it stands on, which is among these too."""
    contents: Annotated[list[ContentIn], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    """What is on it; empty: only other plates."""


class InboundHead(Body):
    """What is said of an inbound order as a whole."""

    number: Code | None = None
    """Left out: the house gives one."""
    site: Code | None = None
    kind: InboundKind = InboundKind.PURCHASE
    partner: Code | None = None
    reference: Reference | None = None
    expected_on: dt.date | None = None
    over_receipt_percent: Annotated[int, Field(ge=0, le=1000)] = 0
    check_in: CheckIn = CheckIn.ANNOUNCED
    """How it is checked in at the dock: `blind` hides what was announced, `units` takes whole plates."""


class InboundIn(InboundHead):
    """Goods announced to come in."""

    lines: Annotated[list[InboundLineIn], Field(min_length=1, max_length=MOST_LINES)]
    """What is expected."""
    units: Annotated[list[UnitIn], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    """The licence plates they will stand on; what is on no plate comes loose."""

    def announce(self, *, by: Actor) -> InboundOrder:
        """Announces the goods."""
        return inbound.announce(
            **self.model_dump(exclude={"site", "lines", "units"}),
            lines=[NewLine(**line.model_dump()) for line in self.lines],
            units=[
                NewUnit(one.sscc, one.kind, one.parent, [NewContent(**content.model_dump()) for content in one.contents])
                for one in self.units
            ],
            company_prefix=current_app.config["WMS"].gs1_company_prefix,
            by=by,
        )


class CheckInChoice(Body):
    """How a delivery is checked in."""

    check_in: CheckIn


class SignedLineIn(Body):
    """What arrived of one line, or of one lot of it. What is neither delivered nor damaged nor refused is missing."""

    line: Label
    """Which line of the order."""
    lot: Code | None = None
    """Which lot differs, where several left for the line."""
    delivered: Count
    """Pieces that the customer kept."""
    damaged: Count = 0
    """Not kept, because of its condition: it comes back."""
    refused: Count = 0
    """Not kept for another reason: it comes back."""
    reason: Words | None = None
    """One of the house's words (`crushed`, `wet`, …), or one's own."""


class SignOffIn(Body):
    """The customer's signed copy. Lines that are not named arrived as they were shipped."""

    signed_by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    signed_at: Moment | None = None
    """Now, unless told otherwise; never before it left, nor in the future."""
    shipment: Code | None = None
    """Which shipment, where several are on their way; left out, all of them are signed for."""
    lines: Annotated[list[SignedLineIn], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    signature: Annotated[str, StringConstraints(max_length=signatures.MOST_SENT)] | None = None
    """Drawn: strokes as `M10 20L30 40…` in a field of 600 × 200, or a PNG as `data:image/png;base64,…`."""
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None

    _drawn: signatures.Signature | None = PrivateAttr(default=None)

    def model_post_init(self, _context: Any, /) -> None:
        """The signature is read, and a picture drawn anew, before anything is locked."""
        self._drawn = signatures.read(self.signature)

    def sign_off(self, number: str, *, by: Actor) -> Order:
        """Closes the delivery."""
        return signing.sign_off(
            number,
            signed_by=self.signed_by,
            signed_at=self.signed_at,
            shipment=self.shipment,
            lines=[SignedLine(**line.model_dump()) for line in self.lines],
            signature=self._drawn,
            comment=self.comment,
            by=by,
        )


# -- answers -----------------------------------------------------------------------------------------------------------


class HoldOut(Answer):
    """Why the order is held."""

    code: str
    """Which rule holds it; stable."""
    reason: str
    """What the rule says, in words."""
    since: dt.datetime
    """When it began, UTC."""


class ClaimOut(Answer):
    """Goods held for a line, where they are now."""

    lot: str
    location: str
    handling_unit: str | None
    quantity: int
    stage: Stage
    """How far they have come: reserved in the racks, picked, packed, loaded."""
    pick_list: str | None
    """Number of the list it is picked by; null: on none yet."""
    reasons: list[str]
    """Why this batch, and why this bin, as of the moment they were chosen."""


class OrderLineOut(Answer):
    """One line; quantities are in base units."""

    line: str
    sku: str
    unit: str | None
    """Packaging in which it was ordered; null: the base unit. Quantities here are base units."""
    lot: str | None
    min_remaining_days: int | None
    one_batch: bool
    ordered: int
    """Pieces the customer asked for, those included that were given up since it was released."""
    promised: int
    """Pieces promised out of stock, not reserved in a bin yet."""
    reserved: int
    """Pieces held for it in bins."""
    picked: int
    """Pieces taken out of bins for it, those packed and shipped since included."""
    packed: int
    """Pieces packed for it, those shipped since included."""
    shipped: int
    delivered: int
    returned: int
    """Pieces of it that came back."""
    cancelled: int
    """Pieces given up before they left."""
    short: int
    """Pieces that the floor could not find."""
    claims: list[ClaimOut]
    """Goods held for it, and where they are."""
    lacking: list[str]
    """Why goods lacked when they were last chosen."""
    can_ship_on: dt.date | None
    """When all of it can leave as things stand; null when nobody knows, and when nothing of it is to leave any more."""
    can_ship_why: list[str]
    """Where the pieces come from that no stock is promised for."""


class ApprovalIn(Reason):
    """Why what holds an order is let go, and what was read before."""

    seen: Moment | None = None
    """The order's `updated_at` as it was read: when it or what holds it is another by now, nothing is lifted (409 `changed_meanwhile`)."""


class ChangePreviewOut(Answer):
    """What a change would do."""

    changes: list[str]
    """From what to what, as the timeline would tell it."""
    means: list[str]
    """What it takes on the floor: cartons that are opened again, goods that go back."""


class ServiceOut(Answer):
    """Value-added work, and who confirmed it."""

    position: int
    """From 1; it is confirmed by this."""
    code: Service
    line: str | None
    text: str | None
    done_at: dt.datetime | None
    """When the packer confirmed it, UTC; null: it is to be done."""
    done_by: str | None
    """Name of whoever confirmed it; null: it is to be done."""


class EventOut(Answer):
    """One thing that happened."""

    at: dt.datetime
    code: str
    """What happened, such as `order.shipped`."""
    text: str
    by: str | None


class SignedLineOut(Answer):
    """What became of one line's goods of one lot; null where it is not known which lot."""

    line: str
    sku: str
    lot: str | None
    shipped: int
    delivered: int
    damaged: int
    """Pieces not kept because of their condition."""
    refused: int
    """Pieces not kept for another reason."""
    missing: int
    """Pieces that never arrived."""
    reason: str | None


class SignOffOut(Answer):
    """What the customer signed for."""

    signed_by: str
    signed_at: dt.datetime
    recorded_at: dt.datetime
    """When it was told to the house, UTC."""
    recorded_by: str | None
    """Name of whoever told it; null: a link that needs no sign-in."""
    comment: str | None
    signature: str | None
    """Where the drawn signature is, if one was drawn."""
    lines: list[SignedLineOut]
    """What became of each line's goods."""
    announced: str | None
    """The inbound order that announces what comes back."""
    copy_received_at: dt.datetime | None
    """When the customer's signed paper was back."""
    accepted_at: dt.datetime | None
    """When finance took the differences as they are, UTC; null: not done."""
    accept_reason: str | None
    """Why finance takes open differences as they are."""


class ShipmentOut(Answer):
    """Goods that leave together."""

    number: str
    carrier: str | None
    tracking: str | None
    load: str | None
    left_at: dt.datetime | None
    signed_by: str | None
    signed_at: dt.datetime | None
    sign_off: SignOffOut | None
    """What the customer signed for, line by line."""


class DocumentOut(Answer):
    """A paper that can be printed."""

    kind: str
    """Which paper, as in the address of documents."""
    number: str
    href: str


class ReturnOfOrderOut(Answer):
    """What came back on one note; the return itself has more."""

    number: str
    """Number of the return note."""
    status: str
    quantity: int
    """Pieces that came back on it."""
    at: dt.datetime


class OrderOut(Answer):
    """An order with its counters, holds, timeline, shipments and papers."""

    number: str
    site: str
    source: str | None
    """Where the order came from, such as the name of the shop; null: nobody said."""
    reference: str | None
    """The customer's own number for it; null: nobody said."""
    customer: str
    kind: OrderKind
    priority: int
    due_at: dt.datetime | None
    expected_at: dt.datetime | None
    """When the last of it will be picked as things stand; null unless it is released or being picked and has a due time."""
    ship_complete: bool
    allow_backorder: bool
    carrier: str | None
    ship_to: AddressOut
    """Where it goes."""
    notes: str | None
    status: OrderStatus
    settled_at: dt.datetime | None
    """When finance settled it, UTC; null: not yet."""
    can_ship_on: dt.date | None
    """When the last of it can leave as things stand; null when nobody knows."""
    promised_on: dt.date | None
    """The day that was told when stock was promised."""
    left_on: dt.date | None
    """The day on which the last of it left."""
    created_at: dt.datetime
    updated_at: dt.datetime
    holds: list[HoldOut]
    """What holds it now; empty: nothing."""
    lines: list[OrderLineOut]
    services: list[ServiceOut]
    """Value-added work, and what of it is done."""
    events: list[EventOut]
    shipments: list[ShipmentOut]
    """Each part that left or will leave together."""
    documents: list[DocumentOut]
    returns: list[ReturnOfOrderOut]
    """What came back of it."""


class InboundLineOut(Answer):
    """One announced line; quantities are in base units."""

    line: str
    sku: str
    unit: str | None
    lot: str | None
    expires_on: dt.date | None
    certificate: str | None
    expected: int
    """Pieces announced."""
    received: int
    """Pieces that came."""
    rejected: int
    """Pieces of them that were found unfit."""
    put_away: int
    """Pieces of them that lie in the racks."""


class ContentOut(Answer):
    """What is announced on a plate, in base units."""

    line: str
    """Which line of the inbound order it belongs to."""
    sku: str
    quantity: int
    lot: str | None
    expires_on: dt.date | None
    produced_on: dt.date | None
    serials: list[str]
    """Serial numbers of the pieces; empty: none are known."""


class AnnouncedOut(Answer):
    """An announced licence plate, and whether it has come."""

    sscc: str
    kind: UnitKind
    parent: str | None
    status: AnnouncedStatus
    arrived_at: dt.datetime | None
    contents: list[ContentOut]
    """What is said to be on it."""


class ArrivalBrief(Answer):
    """A vehicle that brings goods of the order."""

    number: str
    status: str
    plate: str | None
    planned_from: dt.datetime | None
    arrived_at: dt.datetime | None
    unloading_at: dt.datetime | None
    unloaded_at: dt.datetime | None
    left_at: dt.datetime | None


class DifferenceOut(Answer):
    """Something that came in otherwise than announced: what, who sees to it, and how it ended."""

    number: str
    kind: DifferenceKind
    status: DifferenceStatus
    inbound_order: str | None
    line: str | None
    order: str | None
    sku: str | None
    quantity: int | None
    lot: str | None
    handling_unit: str | None
    scanned: str | None
    """What the scanner read; null: nothing unknown was scanned."""
    reason: str | None
    """What is wrong: one of the house's words; null: the kind says it."""
    note: str | None
    owner: Role
    """Which role sees to it."""
    person: str | None
    """Who was asked to see to it, by code; null: whoever has the role."""
    noted_at: dt.datetime
    """When it was found, UTC."""
    noted_by: str | None
    """Name of whoever found it; null: the house itself."""
    outcomes: list[Outcome]
    """How it may be settled."""
    outcome: Outcome | None
    """How it was settled; null: it is open."""
    ended_at: dt.datetime | None
    ended_by: str | None
    ending: str | None
    """What was said when it was settled; null: nothing."""


class InboundOut(Answer):
    """An inbound order with its counters and timeline."""

    number: str
    site: str
    kind: InboundKind
    partner: str | None
    reference: str | None
    expected_on: dt.date | None
    open_until: dt.date | None
    """Agreed after a part came: until then the rest may still come."""
    over_receipt_percent: int
    check_in: CheckIn
    status: InboundStatus
    created_at: dt.datetime
    updated_at: dt.datetime
    lines: list[InboundLineOut]
    units: list[AnnouncedOut]
    """The plates that were announced."""
    arrivals: list[ArrivalBrief]
    """Vehicles that bring it."""
    differences: list[DifferenceOut]
    """What was not as announced."""
    events: list[EventOut]
