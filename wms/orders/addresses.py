"""How an address is written: from the province down to the door at home, from the street up abroad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOME = {"", "CN", "CHN", "CHINA", "中国"}


def address_line(address: Mapping[str, Any] | None) -> str:
    """The place on one line, without the person: 河南 洛阳 中州中路 287 号 471000; Große Elbstraße 212, 22767 Hamburg, DE."""
    part = {name: str(value).strip() for name, value in (address or {}).items() if value}
    if part.get("country", "").upper() in HOME:
        return " ".join(part[name] for name in ("region", "city", "street", "postcode") if name in part)
    town = " ".join(part[name] for name in ("postcode", "city") if name in part)
    return ", ".join(filter(None, (part.get("street"), town, part.get("region"), part.get("country"))))
