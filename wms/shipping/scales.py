"""Scales: whatever can say what stands on it. A bench's scale is asked over the network, before any transaction begins.

`TextScale` speaks the line protocol that most industrial scales and serial-to-network boxes speak: it sends `S`, and reads one line such
as `S S     1.250 kg`. `S D` is a load that still moves, `S +` too much, `S I` a scale that is busy.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from decimal import Decimal
from typing import Protocol

from wms.errors import Invalid, Refused
from wms.i18n import T

SECONDS = 2.0
LOWEST_PORT = 1024
_LONGEST = 200
_ADDRESS = re.compile(r"tcp://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,39}\]):([0-9]{1,5})")
# The whole line: what state it is in, then one figure with point or comma before its fraction, and its unit. No scale parts thousands,
# so a line that seems to is not believed.
_WEIGHT = re.compile(r"\s*(?:[A-Z]{1,3}[\s,]+){1,3}([+-]?)\s*([0-9]{1,9})(?:[.,]([0-9]{1,6}))?\s*(kg|g|t)\s*", re.IGNORECASE)
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "t": Decimal(1_000_000)}
_AT_REST, _MOVES, _TOO_MUCH = "S", ("D", "US"), ("+", "OL")


class ScaleAddressWrong(Invalid):
    """A scale is found at a host and a port."""

    code = "scale_address"
    sentence = T("{address} is no address of a scale", "{address} 不是有效的电子秤地址")
    advice = T("Write it as tcp://192.168.1.40:4305", "请写成 tcp://192.168.1.40:4305")


class ScaleSilent(Refused):
    """It does not answer, or says something that is no weight."""

    code = "scale_silent"
    sentence = T("The scale does not answer", "电子秤没有响应")
    advice = T("Look at the scale, or type the weight", "请检查电子秤，或手工输入重量")


class ScaleMoves(Refused):
    """The load has not come to rest."""

    code = "scale_moves"
    sentence = T("The scale has not come to rest", "电子秤尚未稳定")
    advice = T("Let go of the carton and weigh again", "请松开箱子后重新称重")


class ScaleOverloaded(Refused):
    """More than it can weigh, or less than nothing."""

    code = "scale_range"
    sentence = T("The load is out of the scale's range", "超出电子秤量程")
    advice = T("Weigh it on another scale and type the weight", "请换一台秤称重并手工输入")


class Scale(Protocol):
    """Whatever can say what stands on it."""

    def grams(self) -> int:
        """The weight at rest. Raises ScaleSilent, ScaleMoves, ScaleOverloaded."""


class TextScale:
    """A scale behind a TCP port that answers `S` with one line of text."""

    def __init__(self, host: str, port: int, seconds: float = SECONDS) -> None:
        self.host, self.port, self.seconds = host, port, seconds

    def grams(self) -> int:
        """The weight at rest."""
        until = time.monotonic() + self.seconds
        said = b""
        try:
            with socket.create_connection((self.host, self.port), timeout=self.seconds) as line:
                line.sendall(b"S\r\n")
                while b"\n" not in said and len(said) < _LONGEST:
                    line.settimeout(max(0.001, until - time.monotonic()))  # one patience for the whole answer, however it drips
                    part = line.recv(_LONGEST)
                    if not part:
                        break
                    said += part
        except OSError:
            raise ScaleSilent from None
        return read(said.partition(b"\n")[0].decode("ascii", "replace"))


def read(said: str) -> int:
    """What one line of a scale says, in whole grams. Raises ScaleSilent, ScaleMoves, ScaleOverloaded."""
    words = said.replace(",", " ").upper().split()
    state = next((word for word in words[:2] if word in (*_MOVES, *_TOO_MUCH)), "")
    if state in _TOO_MUCH or words == ["S", "-"]:
        raise ScaleOverloaded
    if state in _MOVES:
        raise ScaleMoves
    found = _WEIGHT.fullmatch(said)
    if found is None or not words[0].startswith(_AT_REST):
        raise ScaleSilent
    sign, whole, part, unit = found.groups()
    grams = Decimal(f"{whole}.{part or 0}") * _GRAMS[unit.lower()]
    if sign == "-" or grams <= 0:
        raise ScaleOverloaded
    return int(grams.to_integral_value())


def at(address: str) -> Scale:
    """The scale at this address. Raises ScaleAddressWrong."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or not LOWEST_PORT <= int(found[2]) < 65_536 or _nowhere(found[1].strip("[]")):
        raise ScaleAddressWrong(pointer="/scale", address=address.strip()[:100])
    return TextScale(found[1].strip("[]"), int(found[2]))


def _nowhere(host: str) -> bool:
    """Whether an address is none of a device: link-local, multicast or unspecified."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address.is_multicast or address.is_unspecified
