"""Every refusal there is, with its stable code: the errors part of the documentation, read from the classes themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wms.errors import WarehouseError
from wms.i18n import Text


@dataclass(frozen=True)
class Refusal:
    """One code: its status, what it says, and what to do."""

    code: str
    status: int
    sentence: Text
    advice: Text | None


def refusals() -> list[Refusal]:
    """One entry per code, in the order of the alphabet."""
    found: dict[str, Refusal] = {}
    for kind in _kinds(WarehouseError):
        if kind.__module__.startswith("wms.") and kind.code != WarehouseError.code:
            found.setdefault(kind.code, Refusal(kind.code, kind.status, kind.sentence, kind.advice))
    return [found[code] for code in sorted(found)]


def _kinds(kind: type[WarehouseError]) -> Iterator[type[WarehouseError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)
