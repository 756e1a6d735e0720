"""A print job as the bytes that its printer takes: labels as ZPL, papers as PDF. Read first, then drawn with no transaction open."""

from __future__ import annotations

from collections.abc import Sequence

from wms.actor import Actor
from wms.db import again, session, transaction
from wms.printing import keeping, labels, pdf
from wms.printing.kinds import KindUnknown, known, takes_of
from wms.printing.models import PaperPrint, PrintJob, Takes
from wms.web.access import NotPermitted


def drawn(kind: str, number: str, copies: int, *, by: Actor, reason: str | None, job: int) -> tuple[bytes, str]:
    """The bytes, and the ending of their file's name. Raises whatever the paper's maker refuses."""
    maker = known(kind)
    if maker is None:
        raise KindUnknown(kind=kind)
    if not by.may(maker.permission):
        raise NotPermitted(permission=maker.permission.text)
    if takes_of(kind) is Takes.PAPERS:
        return _paper(kind, number, copies, by=by, reason=reason, job=job), "pdf"
    made = maker.make(number, by)
    session.rollback()  # what follows is slow, and needs the database no more
    found: Sequence[labels.Label] = made if isinstance(made, Sequence) else [made]
    return labels.zpl(found, copies).encode(), "zpl"


def _paper(kind: str, number: str, copies: int, *, by: Actor, reason: str | None, job: int) -> bytes:
    """The paper, counted once for its job however often the printer is tried."""
    standing = keeping.read(kind, number, by=by)

    def counted() -> PaperPrint:
        with transaction():
            asked = session.get_one(PrintJob, job)
            before = session.get(PaperPrint, asked.print_id) if asked.print_id else None
            if before is None:
                before = keeping.count_any(standing, kind, number, by=by, reason=reason)
                asked.print_id = before.id
            return before

    print_ = again(counted)
    if isinstance(standing, keeping.Finished):
        return standing.content
    band = keeping.band_of_print(print_.copy, print_.at, by.name, print_.reason)
    papers = keeping.papers_of(standing, band, by=by)
    return pdf.render(*(paper for _ in range(copies) for paper in papers))
