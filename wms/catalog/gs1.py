"""GS1 element strings: what a GS1-128, DataMatrix or QR label says about the goods it sticks on.

Understood forms: with a symbology prefix (`]C1 ]d2 ]Q3 ]e0`), in brackets as printed under the bars (`(01)…(10)…`), and bare where the
text begins with a valid 00, 01 or 02. The separator is GS (U+001D). Scanners that cannot send it are set to a printable substitute; a
substitute is taken for GS only where that makes the whole string readable, so a lot number may still contain `~1`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from types import MappingProxyType

from biip import ParseError
from biip.gs1_messages import GS1Message

from wms.db import fold
from wms.errors import Invalid
from wms.i18n import T

GS = "\x1d"
LONGEST = 400
PREFIXES = ("]C1", "]d2", "]Q3", "]e0")
# What scanners are commonly set to send for GS, longest first. The single characters cannot occur in a GS1 value at all.
SUBSTITUTES = (
    *("<FNC1>", "{FNC1}", "[FNC1]", "<0x1D>", "\\u001d", "~d029", "\\x1d", "<GS>", "{GS}", "[GS]", "(GS)", "%1D"),
    *("^]", "~1", "\\F", "␝", "|", "~", "^", "#", "@", "`"),
)
_BRACKETED = re.compile(r"\(\d{2,4}\)")
_BARE = re.compile(r"00\d{18}|0[12]\d{14}", re.ASCII)
_SSCC = re.compile(r"\d{18}", re.ASCII)
_GTIN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)


class Gs1Unreadable(Invalid):
    """It says it is a GS1 label, but it does not read as one."""

    code = "gs1_unreadable"
    sentence = T("The GS1 label cannot be read: {value}", "GS1 标签无法读取：{value}")
    advice = T("Scan it again, or scan or type its parts one by one", "请重新扫描，或逐项扫描、输入")


class Gs1CheckDigit(Invalid):
    """A number on the label is mistyped or misread."""

    code = "gs1_check_digit"
    sentence = T("The check digit of {value} is wrong", "{value} 的校验码错误")
    advice = T("Scan it again; if it stays so, the label is wrong: put the goods aside", "请重新扫描；若仍如此则标签有误，货物请另放")


class Gs1Contradiction(Invalid):
    """The label gives one thing twice, differently."""

    code = "gs1_contradiction"
    sentence = T("The label says ({ai}) twice and differently", "标签上的 ({ai}) 出现两次且不一致")
    advice = T("Put the goods aside and tell the supervisor", "货物请另放并告知主管")


@dataclass(frozen=True)
class Gs1:
    """What one label says. A GTIN has 14 digits; dates are days, weights grams; `raw` keeps every element by its AI."""

    text: str
    sscc: str | None = None  # 00
    gtin: str | None = None  # 01
    content_gtin: str | None = None  # 02: what the logistic unit contains
    lot: str | None = None  # 10
    produced_on: dt.date | None = None  # 11
    packed_on: dt.date | None = None  # 13
    best_before_on: dt.date | None = None  # 15
    expires_on: dt.date | None = None  # 17
    serial: str | None = None  # 21
    count: int | None = None  # 37, else 30
    net_weight_grams: int | None = None  # 310n
    item: str | None = None  # 240
    order_number: str | None = None  # 400
    raw: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def trade_item(self) -> str | None:
        """The product on or in the unit: 01, else 02."""
        return self.gtin or self.content_gtin

    @property
    def last_day(self) -> dt.date | None:
        """The day that rotation goes by: expiry, else best before."""
        return self.expires_on or self.best_before_on


def read(text: str) -> Gs1 | None:
    """The label's parts; None when the text does not claim to be a GS1 label. Raises Invalid when it does and is wrong."""
    text = text.strip(" \t\r\n")
    body, claims = _unwrapped(text)
    if _BRACKETED.match(body):
        return _parts(text, _bracketed(body))
    if not claims and not _BARE.match(body):
        return None
    if len(body) > LONGEST:
        raise Gs1Unreadable(value=shown(text))
    for candidate in _candidates(body):
        try:
            return _parts(text, GS1Message.parse(candidate))
        except (ParseError, ValueError):
            continue
        except Invalid:
            if claims:
                raise
    if claims:
        raise Gs1Unreadable(value=shown(text))
    return None


def gtin14(code: str) -> str | None:
    """An EAN-8, UPC-A, EAN-13 or ITF-14 in its 14-digit form; None when it is none or its check digit is wrong."""
    if not _GTIN.fullmatch(code):
        return None
    digits = code.zfill(14)
    return digits if check_digit_is_right(digits) else None


def mistyped_gtin(code: str) -> bool:
    """Whether a barcode has as many digits as a GTIN (8, 12, 13 or 14) and nothing else, and then a wrong check digit."""
    return _GTIN.fullmatch(code) is not None and gtin14(code) is None


def is_sscc(code: str) -> bool:
    """Whether it is the number of a logistic unit, without its AI 00. Raises Gs1CheckDigit when only its last digit is wrong."""
    if not _SSCC.fullmatch(code):
        return False
    if not check_digit_is_right(code):
        raise Gs1CheckDigit(value=code)
    return True


def mistyped_sscc(code: str) -> str | None:
    """The 18 digits of what is an SSCC but for its check digit, with or without its AI 00; None for anything else."""
    digits = code.removeprefix("00") if len(code) == 20 else code
    return digits if _SSCC.fullmatch(digits) and not check_digit_is_right(digits) else None


def barcode_key(code: str) -> str:
    """The form in which barcodes are stored and compared: GTINs with 14 digits, others folded."""
    return gtin14(code.strip()) or fold(code)


def check_digit_is_right(digits: str) -> bool:
    """Whether the last digit is the GS1 modulo-10 check digit of those before it."""
    weighed = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(weighed) % 10 == 0


def shown(text: str) -> str:
    """A scanned text as it can be shown to a person: separators visible, control characters out, not too long."""
    visible = "".join("␝" if one == GS else one if one.isprintable() else "·" for one in text)
    return visible if len(visible) <= 40 else visible[:39] + "…"


def _unwrapped(text: str) -> tuple[str, bool]:
    """The text without prefix and leading separators, and whether it claims to be GS1."""
    prefixed = text.startswith(PREFIXES)
    body = text[3:] if prefixed else text
    return body.lstrip(GS), prefixed or GS in text


def _candidates(body: str) -> Iterator[str]:
    """The ways to read it. Only ASCII: biip's digits would be any script's."""
    for substitute in (*SUBSTITUTES, ""):
        if substitute in body:
            candidate = body.replace(substitute, GS).lstrip(GS) if substitute else body
            if candidate.isascii():
                yield candidate


def _bracketed(body: str) -> GS1Message:
    if len(body) > LONGEST or not body.isascii() or not re.fullmatch(r"(\(\d{2,4}\)[^()]+)+", body):
        raise Gs1Unreadable(value=shown(body))
    try:
        return GS1Message.parse_hri(body.replace(GS, ""))
    except (ParseError, ValueError):
        raise Gs1Unreadable(value=shown(body)) from None


def _parts(text: str, message: GS1Message) -> Gs1:
    raw: dict[str, str] = {}
    days: dict[str, dt.date | None] = {}
    weight: int | None = None
    for element in message.element_strings:
        ai = element.ai.ai
        if element.gtin_error or element.sscc_error or element.gln_error:
            raise Gs1CheckDigit(value=element.value)
        if raw.setdefault(ai, element.value) != element.value:
            raise Gs1Contradiction(ai=ai)
        days[ai] = element.date
        if ai.startswith("310") and element.decimal is not None:
            weight = int((element.decimal * 1000).to_integral_value(ROUND_HALF_UP))
    if not raw:
        raise Gs1Unreadable(value=shown(text))
    count = raw.get("37") or raw.get("30")
    if count is not None and int(count) == 0:
        raise Gs1Unreadable(value=shown(text))
    return Gs1(
        text=text,
        sscc=raw.get("00"),
        gtin=raw.get("01"),
        content_gtin=raw.get("02"),
        lot=raw.get("10"),
        produced_on=days.get("11"),
        packed_on=days.get("13"),
        best_before_on=days.get("15"),
        expires_on=days.get("17"),
        serial=raw.get("21"),
        count=None if count is None else int(count),
        net_weight_grams=weight,
        item=raw.get("240"),
        order_number=raw.get("400"),
        raw=MappingProxyType(raw),
    )
