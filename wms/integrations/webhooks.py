"""Webhooks: told in the order of the outbox, signed as Standard Webhooks are, at least once, for days, and never to private addresses.

Each address has a courier of its own. It takes the messages that are due, in their order, and comes back within `ROUND_SECONDS`; what it
did not get to is due again at once. Nobody waits for another address, and a message that is refused does not hold those behind it.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import functools
import http.client
import ipaddress
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import sqlalchemy as sa
import standardwebhooks
from flask import Flask, current_app

from wms import clock
from wms.actor import Actor
from wms.config import Settings
from wms.db import again, session, transaction
from wms.errors import Invalid, NotFound
from wms.events import Event
from wms.i18n import T
from wms.integrations.models import Delivery, DeliveryStatus, Webhook
from wms.jobs.couriers import Couriers, house_closes
from wms.locations.models import Site

LETTER_SECONDS = 10.0
"""One message is sent and answered within this, however slowly the receiver speaks."""
ROUND_SECONDS = 20.0
PATIENCE_SECONDS = 1.0
"""So long the jobs wait for couriers, and no longer: they have other work."""
AT_ONCE = 50
LEASE = dt.timedelta(minutes=5)
# After each failure the next try waits longer; after the last one, three and a half days in all, a person must look.
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21_600, 43_200, 86_400, 86_400, 86_400))
_GONE = 410


class WebhookUnknown(NotFound):
    """No such webhook."""

    code = "webhook_unknown"
    sentence = T("There is no webhook {number}", "没有此推送：{number}")


class AddressWrong(Invalid):
    """The address is none that messages may be sent to."""

    code = "webhook_address"
    sentence = T("{url} is no http or https address on the internet", "{url} 不是可用的互联网 http/https 地址")
    advice = T(
        "Give a public address; private ones are allowed by WMS_ALLOW_PRIVATE_WEBHOOKS",
        "请提供公网地址；内网地址须由 WMS_ALLOW_PRIVATE_WEBHOOKS 放开",
    )


class SecretWrong(Invalid):
    """A secret is `whsec_` and at least 24 bytes in base64."""

    code = "webhook_secret"
    sentence = T("The secret is whsec_ followed by 24 to 64 bytes in base64", "密钥格式为 whsec_ 加 24 至 64 字节的 base64")


# -- who is told -------------------------------------------------------------------------------------------------------


def subscribe(url: str, *, events: Sequence[str], by: Actor, settings: Settings, secret: str | None = None) -> Webhook:
    """Tells this address from now on. The secret is shown once, in the answer. Raises AddressWrong, SecretWrong."""
    parts = _parts(url)
    with contextlib.suppress(ValueError):  # a name is looked up when there is something to send
        if not (settings.allow_private_webhooks or is_public(ipaddress.ip_address(parts.hostname or ""))):
            raise AddressWrong(pointer="/url", url=url)
    webhook = Webhook(
        site_id=by.site_id,
        url=url,
        events=sorted(set(events)),
        secret=_checked(secret) if secret else "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(webhook)
    session.flush()  # its answer names it by id
    return webhook


def unsubscribe(number: int, *, by: Actor) -> None:
    """Stops telling it, and forgets its log. Raises WebhookUnknown."""
    webhook = find(number, by=by)
    session.execute(sa.delete(Delivery).where(Delivery.webhook_id == webhook.id))
    session.delete(webhook)


def find(number: int, *, by: Actor) -> Webhook:
    """One webhook of the person's site; raises WebhookUnknown."""
    webhook = session.execute(sa.select(Webhook).where(Webhook.id == number, Webhook.site_id == by.site_id)).scalar_one_or_none()
    if webhook is None:
        raise WebhookUnknown(number=number)
    return webhook


def listed(*, by: Actor, after: int = 0, limit: int = 100) -> list[Webhook]:
    """The webhooks of the person's site."""
    statement = sa.select(Webhook).where(Webhook.site_id == by.site_id, Webhook.id > after).order_by(Webhook.id).limit(limit)
    return list(session.execute(statement).scalars())


def log_of(number: int, *, by: Actor) -> sa.Select[Any]:
    """The messages of one webhook, without order. Raises WebhookUnknown."""
    return sa.select(Delivery).where(Delivery.webhook_id == find(number, by=by).id)


def resend(number: int, delivery_id: int, *, by: Actor) -> Delivery:
    """Sends a message once more, with all its tries before it. Raises WebhookUnknown."""
    webhook = find(number, by=by)
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise WebhookUnknown(number=delivery_id)
    delivery.status, delivery.attempts, delivery.next_at = DeliveryStatus.PENDING.value, 0, clock.now()
    webhook.active = True
    return delivery


def _checked(secret: str) -> str:
    try:
        size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        size = 0
    if not (secret.startswith("whsec_") and 24 <= size <= 64):
        raise SecretWrong(pointer="/secret")
    return secret


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        sound = parts.scheme in ("http", "https") and host and not parts.username and (parts.port or 1) > 0
        sound = sound and (parts.path + parts.query).isascii()
    except ValueError:
        sound = False
    if not sound:
        raise AddressWrong(pointer="/url", url=url)
    return parts


# -- telling -----------------------------------------------------------------------------------------------------------


def spread() -> int:
    """Turns untold events into messages for whoever wants them, oldest first; how many events were told."""
    untold = (
        session.execute(sa.select(Event).where(Event.told_at.is_(None)).order_by(Event.id).limit(500).with_for_update(skip_locked=True))
        .scalars()
        .all()
    )
    if not untold:
        return 0
    webhooks = session.execute(sa.select(Webhook).where(Webhook.active)).scalars().all()
    sites = {row.id: row.code for row in session.execute(sa.select(Site.id, Site.code))}
    moment = clock.now()
    messages = [
        {
            "webhook_id": webhook.id,
            "event_id": event.id,
            "type": event.code,
            "payload": _payload(event, sites[event.site_id]),
            "status": DeliveryStatus.PENDING.value,
            "attempts": 0,
            "next_at": moment,
            "created_at": moment,
        }
        for event in untold
        for webhook in webhooks
        if webhook.site_id == event.site_id and wants(webhook.events, event.code) and event.at >= webhook.created_at
    ]
    if messages:
        session.execute(sa.insert(Delivery), messages)
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


@dataclass(frozen=True)
class Letter:
    """A message on its way: everything that sending needs, so that no transaction is open meanwhile."""

    delivery_id: int
    message_id: str
    url: str
    secret: str
    body: str
    attempts: int


def take_due(*, besides: Collection[int] = (), most: int = 1_000) -> dict[int, list[Letter]]:
    """Messages to send now by webhook, for `most` webhooks, but not for those in `besides`. They are leased: whoever dies while sending
    leaves them to be sent again."""
    moment = clock.now()
    found: dict[int, list[Letter]] = {}
    webhooks = sa.select(Webhook.id, Webhook.url, Webhook.secret).where(Webhook.active, Webhook.id.not_in(besides)).order_by(Webhook.id)
    for webhook in session.execute(webhooks).all():
        due = list(session.execute(_due(webhook.id, moment).limit(AT_ONCE).with_for_update(skip_locked=True)).scalars())
        if not due:
            continue
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id.in_(due))
            .values(next_at=moment + LEASE, attempts=Delivery.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        rows = session.execute(sa.select(Delivery).where(Delivery.id.in_(due)).order_by(Delivery.id)).scalars()
        found[webhook.id] = [_letter(delivery, webhook.url, webhook.secret) for delivery in rows]
        if len(found) == most:
            break
    return found


def _due(webhook_id: int, moment: dt.datetime) -> sa.Select[tuple[int]]:
    return (
        sa.select(Delivery.id)
        .where(Delivery.webhook_id == webhook_id, Delivery.status == DeliveryStatus.PENDING.value, Delivery.next_at <= moment)
        .order_by(Delivery.next_at, Delivery.id)
    )


def give_back(letters: Sequence[Letter]) -> None:
    """Messages that nobody tried to send are due again at once, and lose no try."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_([letter.delivery_id for letter in letters]), Delivery.status == DeliveryStatus.PENDING.value)
        .values(next_at=clock.now(), attempts=Delivery.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def _letter(delivery: Delivery, url: str, secret: str) -> Letter:
    body = json.dumps(delivery.payload, ensure_ascii=False)
    return Letter(delivery.id, delivery.message_id, url, secret, body, delivery.attempts)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int | None
    words: str

    @property
    def taken(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def note(letter: Letter, answered: Answered) -> None:
    """Writes how a message fared, and when it is tried again."""
    delivery = session.get(Delivery, letter.delivery_id)
    if delivery is None:
        return  # its webhook was removed meanwhile
    delivery.answer = answered.words[:300]
    if answered.taken:
        delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED.value, clock.now()
    elif answered.status == _GONE or letter.attempts > len(WAITS):
        delivery.status = DeliveryStatus.FAILED.value
        if answered.status == _GONE:
            session.execute(sa.update(Webhook).where(Webhook.id == delivery.webhook_id).values(active=False))
    else:
        delivery.next_at = clock.now() + WAITS[letter.attempts - 1]


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
    untold = sa.select(Event.id).where(Event.told_at.is_(None)).limit(1)
    due = sa.select(Delivery.id).join(Webhook).where(Webhook.active).limit(1)
    due = due.where(Delivery.status == DeliveryStatus.PENDING.value, Delivery.next_at <= clock.now())
    due = due.where(Webhook.id.not_in(_couriers.busy()))
    found = any(session.execute(statement).first() is not None for statement in (untold, due))
    session.rollback()
    return found


_couriers = Couriers()


def _carry(house: Flask, letters: Sequence[Letter], settings: Settings, taken: list[int]) -> None:
    """A courier's round: one message after the other, each noted in a transaction of its own."""
    until = time.monotonic() + ROUND_SECONDS
    with house.app_context():
        for place, letter in enumerate(letters):
            if place and (time.monotonic() >= until or house_closes()):
                again(functools.partial(_in_transaction, give_back, letters[place:]))
                return
            answered = send(letter, settings)
            again(functools.partial(_in_transaction, note, letter, answered))
            if answered.taken:
                taken.append(letter.delivery_id)


def _in_transaction(work: Callable[..., None], *facts: Any) -> None:
    with transaction():
        work(*facts)


# -- sending -----------------------------------------------------------------------------------------------------------


def send(letter: Letter, settings: Settings) -> Answered:
    """Posts a message; redirects are not followed, and whatever goes wrong is told in words."""
    moment = clock.now().replace(microsecond=0)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "wms-webhooks",
        "webhook-id": letter.message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(letter.secret).sign(letter.message_id, moment, letter.body),
    }
    line = _Line()
    watch = threading.Timer(LETTER_SECONDS, line.cut)
    watch.start()
    try:
        parts = _parts(letter.url)
        connection = _connect(parts, _address(parts, settings), line)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body=letter.body.encode(), headers=headers)
            response = connection.getresponse()
            if line.is_cut:
                raise TimeoutError  # what was said of it by then may read like an answer
            said = response.read(200).decode("utf-8", "replace")
            return Answered(response.status, f"{response.status} {response.reason} {said}".replace("\x00", " ").strip())
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, AddressWrong) as trouble:
        if line.is_cut or isinstance(trouble, TimeoutError):
            return Answered(None, f"No answer within {LETTER_SECONDS:g} seconds")
        return Answered(None, trouble.say("en") if isinstance(trouble, AddressWrong) else f"{type(trouble).__name__}: {trouble}")
    finally:
        watch.cancel()
        line.hang_up()


class _Line:
    """Our hand on a connection, whatever speaks over it: a receiver that answers one byte at a time would hold us for ever."""

    def __init__(self) -> None:
        self._hand: socket.socket | None = None
        self._mutex = threading.Lock()
        self.is_cut = False

    def hold(self, connection: socket.socket) -> socket.socket:
        """Takes hold of it."""
        with self._mutex:
            self._hand = connection.dup()
        if self.is_cut:
            raise TimeoutError
        return connection

    def cut(self) -> None:
        """Ends what is said over it, in both directions."""
        self.is_cut = True
        with self._mutex, contextlib.suppress(OSError):
            if self._hand is not None:
                self._hand.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Lets go of it."""
        with self._mutex:
            if self._hand is not None:
                self._hand.close()
                self._hand = None


def _address(parts: SplitResult, settings: Settings) -> str:
    """The address to connect to: looked up once, checked, and then used, so that a second look-up cannot answer otherwise."""
    assert parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = [entry[4][0] for entry in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    for address in found:
        if settings.allow_private_webhooks or is_public(ipaddress.ip_address(str(address))):
            return str(address)
    raise AddressWrong(url=parts.geturl())


_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether this is one host on the internet; an IPv4 address that travels inside an IPv6 one counts as itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    inside = address.ipv4_mapped or address.sixtofour
    return is_public(inside) if inside else address in _UNICAST and address.is_global


def _connect(parts: SplitResult, address: str, line: _Line) -> http.client.HTTPConnection:
    """A connection to that very address, which still greets the host by its name."""
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    assert parts.hostname
    connection = kind(parts.hostname, parts.port, timeout=LETTER_SECONDS)

    def to_the_address(target: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        return line.hold(socket.create_connection((address, target[1]), *more, **named))

    connection._create_connection = to_the_address  # type: ignore[attr-defined]
    return connection
