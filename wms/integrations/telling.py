"""Webhooks are told what the outbox has: in the order in which it happened to each thing, at least once, for days.

- Each address has a courier of its own. It takes the messages that are due, in their order, and comes back within `ROUND_SECONDS`; what
  it did not get to is due again at once. Nobody waits for another address.
- What happened to one order (or load, or product) is told in its order: a message that was refused holds those behind it about the same
  thing, until it is taken or given up. What happened to other orders goes on.
- An address that takes nothing at all rests, longer each time, and what waits for it loses no try. After `webhook_patience_days` of it it
  is switched off, on record; what happens meanwhile waits until somebody switches it on.
- Messages on their way are leased: whoever dies while sending leaves them to be sent again, before anything later about the same thing.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import random
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.config import Settings
from wms.db import again, insert_rows, is_postgresql, session, table_of, transaction
from wms.events import Event
from wms.integrations import webhooks
from wms.integrations.models import Delivery, DeliveryStatus, Off, Webhook
from wms.integrations.sending import Answered, Letter, send
from wms.jobs.couriers import Couriers, house_closes
from wms.locations.models import Site

ROUND_SECONDS = 20.0
PATIENCE_SECONDS = 1.0
"""So long the jobs wait for couriers, and no longer: they have other work."""
AT_ONCE = 200
LEASE = dt.timedelta(minutes=1)
"""Longer than a round and its last message can take."""
# After each failure a message waits longer before its next try; after the last one, three and a half days in all, a person must look.
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21_600, 43_200, 86_400, 86_400, 86_400))
PATIENCE = sum(WAITS, dt.timedelta())
"""Who tries by hand in between does not shorten it."""
_JITTER = 0.1
PATIENT = 3
"""So many failures one after the other, and it is the address that fails, not the message."""
RESTS = tuple(dt.timedelta(seconds=seconds) for seconds in (5, 30, 120, 300, 900, 1800, 3600))
_SPREADS = 7_061_742_013
_GONE = 410
_PENDING = Delivery.status == DeliveryStatus.PENDING.value


def spread() -> int:
    """Turns untold events into messages for whoever wants them, oldest first; how many events were told."""
    if is_postgresql():  # one spreads at a time, or later events could have their messages before earlier ones
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_SPREADS)))
    untold = session.execute(sa.select(Event).where(Event.told_at.is_(None)).order_by(Event.id).limit(500)).scalars().all()
    if not untold:
        return 0
    moment = clock.now()
    kept = sa.and_(Webhook.off_why == Off.FAILING.value, Webhook.off_at > moment - webhooks.KEPT_WHILE_OFF)
    listening = session.execute(sa.select(Webhook).where(sa.or_(Webhook.active, kept))).scalars().all()
    sites = {row.id: row.code for row in session.execute(sa.select(Site.id, Site.code))}
    messages = [
        {
            "webhook_id": webhook.id,
            "event_id": event.id,
            "subject": f"{event.subject_kind}:{event.subject_id}",
            "type": event.code,
            "payload": _payload(event, sites[event.site_id]),
            "status": DeliveryStatus.PENDING.value,
            "attempts": 0,
            "next_at": moment,
            "created_at": moment,
        }
        for event in untold
        for webhook in listening
        if webhook.site_id == event.site_id and wants(webhook.events, event.code) and event.at >= webhook.created_at
    ]
    insert_rows(table_of(Delivery), messages)
    events.tell(untold)
    session.execute(
        sa.update(Event)
        .where(Event.id.in_([event.id for event in untold]))
        .values(told_at=moment)
        .execution_options(synchronize_session=False)
    )
    return len(untold)


def wants(patterns: Sequence[str], code: str) -> bool:
    """Whether a webhook's events include this code."""
    return not patterns or any(code == one or (one.endswith("*") and code.startswith(one[:-1])) for one in patterns)


def _payload(event: Event, site: str) -> dict[str, Any]:
    return {
        "type": event.code,
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "data": {"kind": event.subject_kind, "number": event.subject_number, "site": site, **event.facts},
    }


# -- taking what is due ------------------------------------------------------------------------------------------------


def take_due(*, besides: Collection[int] = (), most: int = 1_000) -> dict[int, list[Letter]]:
    """Messages to send now by webhook, for `most` webhooks, but not for those in `besides`. They are leased."""
    moment = clock.now()
    found: dict[int, list[Letter]] = {}
    statement = sa.select(Webhook).where(_is_told(moment), Webhook.id.not_in(besides)).order_by(Webhook.id)
    # Who takes an address's messages has the address: nobody takes the later ones beside him.
    for webhook in session.execute(statement.with_for_update(skip_locked=True)).scalars().all():
        most_of_it = 1 if webhook.failures >= PATIENT else AT_ONCE
        due = list(session.execute(_due(webhook.id, moment).limit(most_of_it)).scalars())
        if not due:
            continue
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id.in_(due))
            .values(next_at=moment + LEASE, attempts=Delivery.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        rows = session.execute(sa.select(Delivery).where(Delivery.id.in_(due)).order_by(Delivery.event_id)).scalars()
        found[webhook.id] = [_letter(delivery, webhook, moment) for delivery in rows]
        if len(found) == most:
            break
    return found


def _is_told(moment: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Webhook.active, sa.or_(Webhook.rests_until.is_(None), Webhook.rests_until <= moment))


def _due(webhook_id: int, moment: dt.datetime) -> sa.Select[tuple[int]]:
    """What may go now, in its order: nothing earlier about the same thing waits for a later moment, or is on its way."""
    earlier = aliased(Delivery)
    held = sa.exists().where(
        earlier.webhook_id == webhook_id,
        earlier.subject == Delivery.subject,
        earlier.status == DeliveryStatus.PENDING.value,
        earlier.event_id < Delivery.event_id,
        earlier.next_at > moment,
    )
    return (
        sa.select(Delivery.id)
        .where(Delivery.webhook_id == webhook_id, _PENDING, Delivery.next_at <= moment, ~held)
        .order_by(Delivery.event_id)
    )


def give_back(letters: Sequence[Letter]) -> None:
    """Messages that nobody tried to send are due again at once, and lose no try."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_([letter.delivery_id for letter in letters]), _PENDING)
        .values(next_at=clock.now(), attempts=Delivery.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def _letter(delivery: Delivery, webhook: Webhook, moment: dt.datetime) -> Letter:
    body = json.dumps(delivery.payload, ensure_ascii=False)
    old = webhook.old_secret if webhook.old_secret_until and webhook.old_secret_until > moment else None
    keys = (webhook.secret, *([old] if old else []))
    return Letter(delivery.id, delivery.message_id, delivery.subject, webhook.url, keys, body, delivery.attempts)


# -- what came of it ---------------------------------------------------------------------------------------------------


def note(letter: Letter, answered: Answered) -> bool:
    """Writes how a message fared, and when it is tried again; whether its address may be told more now."""
    delivery = session.get(Delivery, letter.delivery_id)
    if delivery is None:
        return False  # its webhook was removed meanwhile
    delivery.answer = answered.words[:300]
    if answered.taken:
        delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED.value, clock.now()
    elif answered.status == _GONE or (letter.attempts > len(WAITS) and clock.now() - delivery.created_at >= PATIENCE):
        delivery.status = DeliveryStatus.FAILED.value
    else:
        wait = WAITS[min(letter.attempts, len(WAITS)) - 1]
        delivery.next_at = clock.now() + max(_about(wait), answered.wait or dt.timedelta())
    return _address_fared(delivery.webhook_id, answered)


def _address_fared(webhook_id: int, answered: Answered) -> bool:
    fared = session.execute(sa.select(Webhook.failures, Webhook.failing_since).where(Webhook.id == webhook_id)).one()
    if answered.taken and not fared.failures and fared.failing_since is None:
        return True
    webhook = session.execute(sa.select(Webhook).where(Webhook.id == webhook_id).with_for_update()).scalar_one()
    if answered.taken:
        webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
        return True
    moment = clock.now()
    webhook.failures, webhook.failing_since = webhook.failures + 1, webhook.failing_since or moment
    patience = dt.timedelta(days=current_app.config["WMS"].webhook_patience_days)
    if webhook.active and answered.status == _GONE:
        webhooks.off(webhook, Off.GONE)
    elif webhook.active and moment - webhook.failing_since >= patience:
        webhooks.off(webhook, Off.FAILING)
    elif answered.wait:
        webhook.rests_until = moment + min(answered.wait, RESTS[-1])
    elif webhook.failures >= PATIENT:
        webhook.rests_until = moment + _about(RESTS[min(webhook.failures - PATIENT, len(RESTS) - 1)])
    return webhook.active and webhook.rests_until is None


def _about(wait: dt.timedelta) -> dt.timedelta:
    """A little more at random, so that a thousand messages that failed together do not come back together."""
    return wait * (1 + random.random() * _JITTER)  # noqa: S311


# -- the round ---------------------------------------------------------------------------------------------------------


def tell(settings: Settings) -> int:
    """One round of telling; how many messages were taken while we waited. Slow receivers are told on, without us."""
    if not _anything_to_tell():
        return 0
    with transaction():
        spread()
    with transaction():
        bags = take_due(besides=_couriers.busy(), most=_couriers.room()) if _couriers.room() > 0 else {}
    house = current_app._get_current_object()  # type: ignore[attr-defined]  # the couriers' threads have none of their own
    taken: list[int] = []
    for webhook_id, letters in bags.items():
        _couriers.send_out(webhook_id, functools.partial(_carry, house, letters, settings, taken))
    _couriers.wait(PATIENCE_SECONDS)
    return len(taken)


def _anything_to_tell() -> bool:
    """Looked at without the database's only writer: most rounds have nothing to do."""
    moment = clock.now()
    untold = sa.select(Event.id).where(Event.told_at.is_(None)).limit(1)
    due = sa.select(Delivery.id).join(Webhook).where(_is_told(moment), _PENDING, Delivery.next_at <= moment)
    due = due.where(Webhook.id.not_in(_couriers.busy())).limit(1)
    found = any(session.execute(statement).first() is not None for statement in (untold, due))
    session.rollback()
    return found


_couriers = Couriers()


def _carry(house: Flask, letters: Sequence[Letter], settings: Settings, taken: list[int]) -> None:
    """A courier's round: one message after the other, each noted in a transaction of its own."""
    until = time.monotonic() + ROUND_SECONDS
    held: set[str] = set()
    left: list[Letter] = []
    with house.app_context():
        for place, letter in enumerate(letters):
            if place and (time.monotonic() >= until or house_closes()):
                left += letters[place:]
                break
            if letter.subject in held:
                left.append(letter)
                continue
            answered = send(letter, settings)
            goes_on = again(functools.partial(_in_transaction, note, letter, answered))
            if answered.taken:
                taken.append(letter.delivery_id)
            elif answered.status != _GONE:
                held.add(letter.subject)
            if not goes_on:
                left += letters[place + 1 :]
                break
        if left:
            again(functools.partial(_in_transaction, give_back, left))


def _in_transaction(work: Callable[..., Any], *facts: Any) -> Any:
    with transaction():
        return work(*facts)
