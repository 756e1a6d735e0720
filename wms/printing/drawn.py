"""A print job as the bytes that its printer takes: labels as ZPL, papers as PDF. Read first, then drawn with no transaction open."""

from __future__ import annotations

from collections.abc import Sequence

from wms.actor import Actor
from wms.db import session
from wms.printing import labels
from wms.printing.kinds import known, takes_of
from wms.printing.models import Takes
from wms.printing.queue import KindUnknown
from wms.web.access import NotPermitted


def drawn(kind: str, number: str, copies: int, *, by: Actor, reason: str | None, job: int) -> tuple[bytes, str]:
    """The bytes, and the ending of their file's name. Raises whatever the paper's maker refuses."""
    maker = known(kind)
    if maker is None:
        raise KindUnknown(kind=kind)
    if not by.may(maker.permission):
        raise NotPermitted(permission=maker.permission.text)
    made = maker.make(number, by)
    session.rollback()  # what follows is slow, and needs the database no more
    if takes_of(kind) is Takes.LABELS:
        found: Sequence[labels.Label] = made if isinstance(made, Sequence) else [made]
        return labels.zpl(found, copies).encode(), "zpl"
    raise NotImplementedError(reason, job)
