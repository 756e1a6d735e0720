"""A message on its way: signed as Standard Webhooks are, posted to an address that was looked up and checked, within ten seconds.

A name is looked up when there is something to send, the answer is checked, and that very address is used; redirects are not followed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import http.client
import ipaddress
import socket
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import standardwebhooks

from wms import clock
from wms.config import Settings
from wms.errors import Invalid
from wms.i18n import T

LETTER_SECONDS = 10.0
"""One message is sent and answered within this, however slowly the receiver speaks."""
LONGEST_WAIT = dt.timedelta(days=1)
"""So long a receiver is left alone at its own wish; what it asks beyond that would outlast our patience, or the calendar."""
_BUSY = (429, 503)


class AddressWrong(Invalid):
    """The address is none that messages may be sent to."""

    code = "webhook_address"
    sentence = T("{url} is no http or https address on the internet", "{url} 不是可用的互联网 http/https 地址")
    advice = T(
        "Give a public address; private ones are allowed by WMS_ALLOW_PRIVATE_WEBHOOKS",
        "请提供公网地址；内网地址须由 WMS_ALLOW_PRIVATE_WEBHOOKS 放开",
    )


@dataclass(frozen=True)
class Letter:
    """A message on its way: everything that sending needs, so that no transaction is open meanwhile."""

    delivery_id: int
    message_id: str
    subject: str
    url: str
    secrets: tuple[str, ...]
    """The newest first; an older one signs too for some time after a change."""
    body: str
    attempts: int


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int | None
    words: str
    wait: dt.timedelta | None = None
    """So long the receiver asks to be left alone."""

    @property
    def taken(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def parts_of(url: str) -> SplitResult:
    """An http or https address in its parts; raises AddressWrong."""
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


def send(letter: Letter, settings: Settings) -> Answered:
    """Posts a message; redirects are not followed, and whatever goes wrong is told in words."""
    moment = clock.now().replace(microsecond=0)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "wms-webhooks",
        "webhook-id": letter.message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(standardwebhooks.Webhook(one).sign(letter.message_id, moment, letter.body) for one in letter.secrets),
    }
    line = _Line()
    watch = threading.Timer(LETTER_SECONDS, line.cut)
    watch.start()
    try:
        parts = parts_of(letter.url)
        connection = _connect(parts, _address(parts, settings), line)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body=letter.body.encode(), headers=headers)
            response = connection.getresponse()
            if line.is_cut:
                raise TimeoutError  # what was said of it by then may read like an answer
            said = response.read(200).decode("utf-8", "replace")
            words = f"{response.status} {response.reason} {said}".replace("\x00", " ").strip()
            wait = _wait(response.getheader("Retry-After")) if response.status in _BUSY else None
            return Answered(response.status, words, wait)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, AddressWrong) as trouble:
        if line.is_cut or isinstance(trouble, TimeoutError):
            return Answered(None, f"No answer within {LETTER_SECONDS:g} seconds")
        return Answered(None, trouble.say("en") if isinstance(trouble, AddressWrong) else f"{type(trouble).__name__}: {trouble}")
    finally:
        watch.cancel()
        line.hang_up()


def _wait(said: str | None) -> dt.timedelta | None:
    """What a receiver that is busy asks for: seconds, or a date; at most a day."""
    if not said:
        return None
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        if said.strip().isdecimal():
            return dt.timedelta(seconds=min(int(said), LONGEST_WAIT.total_seconds()))
        date = email.utils.parsedate_to_datetime(said)
        return min(max(dt.timedelta(), date - clock.now()), LONGEST_WAIT)
    return None


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
    found = [entry[4][0] for entry in socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)]
    for address in found:
        if settings.allow_private_webhooks or is_public(ipaddress.ip_address(str(address))):
            return str(address)
    raise AddressWrong(url=parts.geturl())


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


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
    connection = kind(parts.hostname, _port(parts), timeout=LETTER_SECONDS)  # without a port an IPv6 address would lose its end to it

    def to_the_address(target: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        return line.hold(socket.create_connection((address, target[1]), *more, **named))

    connection._create_connection = to_the_address  # type: ignore[attr-defined]
    return connection
