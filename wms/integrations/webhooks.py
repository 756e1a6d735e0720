"""Webhooks: who wants to be told of what, with which secret; switched off by people, by the receiver, or after failing for days."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import ipaddress
import secrets
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.config import Settings
from wms.db import session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.integrations.models import Delivery, DeliveryStatus, Off, Webhook
from wms.integrations.sending import AddressWrong, is_public, parts_of

OLD_SECRET_LASTS = dt.timedelta(hours=24)
"""After a change of secret both sign, so that the receiver can follow in its own time."""
KEPT_WHILE_OFF = dt.timedelta(days=7)
"""What happens while an address is off because it failed waits for it so long."""


class WebhookUnknown(NotFound):
    """No such webhook."""

    code = "webhook_unknown"
    sentence = T("There is no webhook {number}", "没有此推送：{number}")


class SecretWrong(Invalid):
    """A secret is `whsec_` and at least 24 bytes in base64."""

    code = "webhook_secret"
    sentence = T("The secret is whsec_ followed by 24 to 64 bytes in base64", "密钥格式为 whsec_ 加 24 至 64 字节的 base64")


class EventUnknown(Invalid):
    """Nothing ever happens under this name: whoever asks for it would wait in vain."""

    code = "webhook_event"
    pointer = "/events"
    sentence = T("Nothing is told as {event}", "没有名为 {event} 的事件")
    advice = T("Events begin with {topics}", "事件名以 {topics} 开头")


TOPICS = ("order", "inbound", "arrival", "plate", "stock", "load", "return", "count", "task", "webhook")
"""What events are about: the first word of each."""


def subscribe(url: str, *, events: Sequence[str], by: Actor, settings: Settings, secret: str | None = None) -> Webhook:
    """Tells this address from now on. The secret is shown once, in the answer. Raises AddressWrong, EventUnknown, SecretWrong."""
    _may_be_told(url, settings)
    _happen(events)
    webhook = Webhook(
        site_id=by.site_id,
        url=url,
        events=sorted(set(events)),
        secret=_checked(secret) if secret else new_secret(),
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(webhook)
    session.flush()  # its answer names it by id
    return webhook


def change(number: int, *, url: str, events: Sequence[str], active: bool, by: Actor, settings: Settings) -> Webhook:
    """Another address, other events, on or off. Switched on, it begins with what waits. Raises WebhookUnknown, AddressWrong,
    EventUnknown."""
    webhook = find(number, by=by, locked=True)
    if webhook.url != url:
        _may_be_told(url, settings)
    _happen(set(events) - set(webhook.events))
    webhook.url, webhook.events = url, sorted(set(events))
    if active:
        _on(webhook)
    elif webhook.active:
        off(webhook, Off.PERSON)
    return webhook


def rotate(number: int, *, by: Actor, secret: str | None = None) -> Webhook:
    """A new secret, shown once; for a day the one before signs too, and no third. The same once more changes nothing.

    Raises WebhookUnknown, SecretWrong."""
    webhook = find(number, by=by, locked=True)
    fresh = _checked(secret) if secret else new_secret()
    if fresh == webhook.secret:
        return webhook  # or the one before it would sign no more
    webhook.old_secret, webhook.old_secret_until = webhook.secret, clock.now() + OLD_SECRET_LASTS
    webhook.secret = fresh
    return webhook


def unsubscribe(number: int, *, by: Actor) -> None:
    """Stops telling it, and forgets its log. Raises WebhookUnknown."""
    webhook = find(number, by=by, locked=True)
    session.execute(sa.delete(Delivery).where(Delivery.webhook_id == webhook.id))
    session.delete(webhook)


def find(number: int, *, by: Actor, locked: bool = False) -> Webhook:
    """One webhook of the person's site; raises WebhookUnknown."""
    statement = sa.select(Webhook).where(Webhook.id == number, Webhook.site_id == by.site_id)
    webhook = session.execute(statement.with_for_update() if locked else statement).scalar_one_or_none()
    if webhook is None:
        raise WebhookUnknown(number=number)
    return webhook


def listed(*, by: Actor, after: int = 0, limit: int = 100) -> list[Webhook]:
    """The webhooks of the person's site."""
    statement = sa.select(Webhook).where(Webhook.site_id == by.site_id, Webhook.id > after).order_by(Webhook.id).limit(limit)
    return list(session.execute(statement).scalars())


def in_trouble(*, by: Actor) -> list[Webhook]:
    """Those that fail just now, or were switched off because they failed."""
    failing = sa.or_(Webhook.failing_since.is_not(None), Webhook.off_why.in_([Off.FAILING.value, Off.GONE.value]))
    return list(session.execute(sa.select(Webhook).where(Webhook.site_id == by.site_id, failing).order_by(Webhook.id)).scalars())


def waiting(webhook_ids: Sequence[int]) -> dict[int, int]:
    """How many messages wait for each."""
    statement = (
        sa.select(Delivery.webhook_id, sa.func.count())
        .where(Delivery.webhook_id.in_(webhook_ids), Delivery.status == DeliveryStatus.PENDING.value)
        .group_by(Delivery.webhook_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


# -- its log -----------------------------------------------------------------------------------------------------------


def log_of(number: int, *, by: Actor) -> sa.Select[Any]:
    """The messages of one webhook, without order. Raises WebhookUnknown."""
    return sa.select(Delivery).where(Delivery.webhook_id == find(number, by=by).id)


def resend(number: int, delivery_id: int, *, by: Actor) -> Delivery:
    """Sends a message once more, with all its tries before it. Raises WebhookUnknown."""
    webhook = find(number, by=by, locked=True)
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise WebhookUnknown(number=delivery_id)
    delivery.status, delivery.attempts, delivery.next_at = DeliveryStatus.PENDING.value, 0, clock.now()
    _on(webhook)
    return delivery


def resend_given_up(number: int, *, by: Actor) -> int:
    """Sends everything once more that was given up; how many messages. Raises WebhookUnknown."""
    webhook = find(number, by=by, locked=True)
    done = session.execute(
        sa.update(Delivery)
        .where(Delivery.webhook_id == webhook.id, Delivery.status == DeliveryStatus.FAILED.value)
        .values(status=DeliveryStatus.PENDING.value, attempts=0, next_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    _on(webhook)
    return int(done.rowcount)  # type: ignore[attr-defined]


# -- on and off --------------------------------------------------------------------------------------------------------


def _on(webhook: Webhook) -> None:
    """Told again, as if nothing had failed: what waits is due at once. Its tries go on being counted, unless it was switched off."""
    if webhook.failing_since is not None or not webhook.active:
        pending = Delivery.status == DeliveryStatus.PENDING.value
        afresh = {} if webhook.active else {"attempts": 0}
        due = sa.update(Delivery).where(Delivery.webhook_id == webhook.id, pending).values(next_at=clock.now(), **afresh)
        session.execute(due.execution_options(synchronize_session=False))
    webhook.active, webhook.off_at, webhook.off_why = True, None, None
    webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None


def off(webhook: Webhook, why: Off) -> None:
    """Told no more until a person switches it on; who else listens is told so."""
    webhook.active, webhook.off_at, webhook.off_why = False, clock.now(), why.value
    webhook.rests_until = None
    since = webhook.failing_since and webhook.failing_since.isoformat()
    events.record(webhook, "webhook.off", by=None, url=webhook.url, why=why.value, failing_since=since)


# -- addresses and secrets ---------------------------------------------------------------------------------------------


def new_secret() -> str:
    """A secret nobody can guess."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(secret: str) -> str:
    try:
        size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        size = 0
    if not (secret.startswith("whsec_") and 24 <= size <= 64):
        raise SecretWrong(pointer="/secret")
    return secret


def _may_be_told(url: str, settings: Settings) -> None:
    """Raises AddressWrong. A name is looked up when there is something to send."""
    parts = parts_of(url)
    with contextlib.suppress(ValueError):
        if not (settings.allow_private_webhooks or is_public(ipaddress.ip_address(parts.hostname or ""))):
            raise AddressWrong(pointer="/url", url=url)


def _happen(wanted: Collection[str]) -> None:
    """Raises EventUnknown."""
    for event in sorted(wanted):
        if event.split(".")[0] not in TOPICS:
            raise EventUnknown(event=event, topics=", ".join(f"{topic}." for topic in TOPICS))
