"""The words for units: "6 双" and "6 pairs", where the code in files and over the API says `pair`."""

from __future__ import annotations

from collections.abc import Iterable

from wms.i18n import T, Text, units

_ONE = {
    "piece": T("piece", "件"),
    "pcs": T("piece", "件"),
    "each": T("piece", "件"),
    "pair": T("pair", "双"),
    "set": T("set", "套"),
    "dozen": T("dozen", "打"),
    "pack": T("pack", "包"),
    "bundle": T("bundle", "捆"),
    "roll": T("roll", "卷"),
    "sheet": T("sheet", "张"),
    "case": T("case", "箱"),
    "carton": T("carton", "箱"),
    "box": T("box", "盒"),
    "pallet": T("pallet", "托"),
    "bottle": T("bottle", "瓶"),
    "tin": T("tin", "罐"),
    "can": T("can", "罐"),
    "bag": T("bag", "袋"),
    "drum": T("drum", "桶"),
    "kg": T("kg", "千克"),
    "g": T("g", "克"),
    "l": T("l", "升"),
    "ml": T("ml", "毫升"),
    "m": T("m", "米"),
    "cm": T("cm", "厘米"),
}
_SYMBOLS = {"kg", "g", "l", "ml", "m", "cm"}
_SHOWN_IN = {("g", 3): "kg", ("ml", 3): "l", ("cm", 2): "m"}
_MANY = {"box": "boxes", "dozen": "dozen"}


def unit_text(code: str | None) -> Text:
    """The unit by itself; a code that nobody has a word for stands as it is."""
    known = _ONE.get((code or "").strip().casefold())
    return known or T(code or "", code or "")


def in_unit(quantity: int, code: str | None) -> Text:
    """The unit behind a quantity: 1 case, 2 cases, 2 箱."""
    one = unit_text(code)
    if quantity == 1 or (code or "").strip().casefold() not in _ONE or one.en in _SYMBOLS:
        return one
    return T(_MANY.get(one.en, one.en + "s"), one.zh)


def shown_in(code: str, decimals: int) -> str:
    """The unit of a quantity that is shown with decimals: of what is counted in grams and shown as 1.25, kg; any other is its own."""
    return _SHOWN_IN.get(((code or "").strip().casefold(), decimals), code)


def counted(quantity: int, code: str | None) -> Text:
    """A quantity with its unit: 1 case, 2 cases, 2 箱; alone where the unit is not known."""
    unit = in_unit(quantity, code)
    return T("{quantity} {unit}", "{quantity} {unit}", quantity=quantity, unit=unit) if code else T("{n}", "{n}", n=quantity)


def amount(goods: Iterable[tuple[int, int, str]]) -> Text:
    """So many of what these are counted in, each with its decimals and its unit: 6 pairs, or 6 pieces where they are mixed.

    What has decimals stands by itself: 1.25 kg + 6 pieces.
    """
    sums: dict[tuple[int, str], int] = {}
    whole = set()
    for quantity, decimals, unit in goods:
        whole |= set() if decimals else {unit}
        alike = (decimals, unit if decimals else "")
        sums[alike] = sums.get(alike, 0) + quantity
    said = [
        _amount(quantity, decimals, unit or (whole.pop() if len(whole) == 1 else "piece"))
        for (decimals, unit), quantity in sorted(sums.items(), reverse=True)
    ]
    together = said or [_amount(0, 0, "piece")]
    return Text(" + ".join(one.say("en") for one in together), " + ".join(one.say("zh_CN") for one in together))


def _amount(quantity: int, decimals: int, unit: str) -> Text:
    one = quantity == 10**decimals
    return T("{n} {unit}", "{n} {unit}", n=units(quantity, decimals), unit=in_unit(1 if one else 2, shown_in(unit, decimals)))


def words_for(code: str) -> set[str]:
    """What people may call a unit when they type it: its code, its word in both languages, and the plural."""
    one, many = unit_text(code), in_unit(2, code)
    return {word.strip().casefold() for word in (code, one.en, one.zh, many.en)}


def known_units() -> dict[str, Text]:
    """The codes that have words, for a form to offer."""
    return dict(_ONE)
