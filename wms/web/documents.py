"""The papers and labels there are: each story registers its own in `documents.py`, by the kinds that the contract names.

    @paper("pick-list", Permission.PICK)
    def pick_list(number: str, by: Actor) -> Paper:            # or a list of papers, or finished PDF bytes
        '''Reads what the paper tells (through queries) and returns it; raises NotFound.'''

    @label("location", Permission.SEE_STOCK)
    def location(code: str, by: Actor) -> LocationLabel: ...   # or a list of labels

`wms/printing/views.py` answers `/documents/<kind>/<number>.pdf` and `/labels/<kind>/<code>.pdf|.zpl|.svg` with them. Company, time and
person are put on by it, and the drawing is done after the reading transaction has ended, so makers need not care.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from wms.actor import Actor, Permission

Maker: TypeAlias = Callable[[str, Actor], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of paper or label: who may have it, and how it is made from a number."""

    name: str
    permission: Permission
    make: Maker


PAPERS: dict[str, Kind] = {}
LABELS: dict[str, Kind] = {}
Signers: TypeAlias = Callable[[Sequence[str], Actor], dict[str, Any]]
SIGNED: dict[str, Signers] = {}


def paper(kind: str, permission: Permission) -> Callable[[Maker], Maker]:
    """Registers the maker of a paper."""
    return _registered(PAPERS, kind, permission)


def label(kind: str, permission: Permission) -> Callable[[Maker], Maker]:
    """Registers the maker of a label."""
    return _registered(LABELS, kind, permission)


def signed(kind: str) -> Callable[[Signers], Signers]:
    """Registers who tells which of these papers were signed since (a `Signed` by number): drawn on a kind whatever was kept of it."""

    def register(find: Signers) -> Signers:
        SIGNED[kind] = find
        return find

    return register


def paper_href(kind: str, number: str) -> str:
    """Where a paper is fetched."""
    return f"/documents/{kind}/{quote(number)}.pdf"


def label_href(kind: str, code: str, form: str = "pdf") -> str:
    """Where a label is fetched."""
    return f"/labels/{kind}/{quote(code)}.{form}"


def _registered(registry: dict[str, Kind], kind: str, permission: Permission) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        assert kind not in registry or registry[kind].make.__module__ == make.__module__, f"two makers of {kind}"
        registry[kind] = Kind(kind, permission, make)
        return make

    return register
