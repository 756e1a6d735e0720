"""How an address is written: from the province down to the door at home, from the street up abroad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOME = {"", "CN", "CHN", "CHINA", "中国"}
_WHOM = ("name", "phone")


def at_home(address: Mapping[str, Any]) -> bool:
    """Whether the address is in the house's own country."""
    return str(address.get("country") or "").strip().upper() in HOME


def town_line(address: Mapping[str, Any]) -> str:
    """The address without street and person: 河南 洛阳 471000; 22767 Hamburg, DE."""
    part = {name: str(value).strip() for name, value in address.items() if value}
    if at_home(address):
        return " ".join(part[name] for name in ("region", "city", "postcode") if name in part)
    town = " ".join(part[name] for name in ("postcode", "city") if name in part)
    return ", ".join(filter(None, (town, part.get("region"), part.get("country"))))


def address_line(address: Mapping[str, Any] | None) -> str:
    """The place on one line, without the person: 河南 洛阳 中州中路 287 号 471000; Große Elbstraße 212, 22767 Hamburg, DE."""
    address = address or {}
    street = str(address.get("street") or "").strip()
    if at_home(address):
        part = [str(address.get(name) or "").strip() for name in ("region", "city", "street", "postcode")]
        return " ".join(filter(None, part))
    return ", ".join(filter(None, (street, town_line(address))))


def asked_for_at(typed: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The address that a form means: a name or a telephone without any place is whom to ask for at the customer's own address."""
    if any(value for name, value in typed.items() if name not in _WHOM):
        return dict(typed)
    return {**own, **{name: typed[name] for name in _WHOM if typed.get(name)}}


def whole_address(address: Mapping[str, Any] | None) -> str:
    """Person and place on one line, as a page tells where an order goes: 张三 · 138… · 河南 洛阳 中州中路 287 号."""
    address = address or {}
    part = [str(address.get(name) or "").strip() for name in ("name", "phone")]
    return " · ".join(filter(None, [*part, address_line(address)]))
