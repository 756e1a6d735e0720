"""What papers said is kept: of what has left from then on, of everything else as often as it is printed. See docs/decisions.

Looking at a paper changes nothing. Printing it is counted: which copy, by whom, when, why. Once its document is final (the truck has left,
the delivery is closed) a paper is drawn from what was kept then, whatever has been renamed since; a band in the margin, outside the
content, says which copy it is. A paper whose order was cancelled is printed as it was printed last, with a mark across.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.db import few, fold, session, table_of, upsert
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.printing import logo, pdf, templates
from wms.printing.kinds import KindUnknown
from wms.printing.models import KeptPaper, PaperPrint
from wms.printing.papers import Paper, Signed
from wms.printing.plain import Plain, digest_of, paper_of, plain_of
from wms.web.access import NotPermitted
from wms.web.documents import PAPERS, SIGNED

FRESH = dt.timedelta(minutes=10)
"""So long the person who had a copy printed may open that copy; afterwards it is looked at like any paper."""
TRIES = 5


class WhyAgain(Invalid):
    """It was printed before."""

    code = "reprint_reason"
    sentence = T(
        "{number} was printed before, {times} {times:time/times}: say why it is printed again",
        "{number} 已打印过 {times} 次，重打须说明原因",
    )
    advice = T("Give a reason, such as: printer jammed, lost, for the driver", "请填写原因，例如：卡纸、遗失、补给司机")

    def __init__(self, **facts: Any) -> None:
        super().__init__(pointer="/reason", **facts)


@dataclass(frozen=True)
class Standing:
    """A paper as it stands now: what it says, since when that is final, and what was kept."""

    kind: str
    number: str
    content: tuple[Plain, ...]
    since: dt.datetime | None
    """When its document became final; None while it still changes."""
    void: bool
    kept_id: int | None
    kept_at: dt.datetime | None
    prints: int
    signed: Signed | None = None
    """Who signed it, which came after what it says."""

    @property
    def digest(self) -> str:
        """Of what it says."""
        return digest_of(self.content)


@dataclass(frozen=True)
class Finished:
    """A paper that its maker drew by itself; it is counted, and not kept: nothing can be written in its margin."""

    content: bytes

    @property
    def digest(self) -> str:
        """Of what it says."""
        return hashlib.sha256(self.content).hexdigest()


def read(kind: str, number: str, *, by: Actor) -> Standing | Finished:
    """Makes the paper, or finds what was kept of it. One that its maker knows no more, but that was printed or went out of the gate, such
    as the pass of a truck that came back, is void. Raises KindUnknown, NotPermitted, and whatever its maker refuses."""
    known = PAPERS.get(kind)
    if known is None:
        raise KindUnknown(kind=kind[:60])
    if not by.may(known.permission):
        raise NotPermitted(permission=known.permission.text)
    try:
        made = known.make(number, by)
    except (NotFound, Refused, Conflict):
        outlived = _outlived(kind, number, by)
        if outlived is None:
            raise
        return outlived
    if isinstance(made, bytes):
        return Finished(made)
    return standing_of(kind, made if isinstance(made, Sequence) else [made], by=by)


def _outlived(kind: str, number: str, by: Actor) -> Standing | None:
    """What was kept last of a paper that is none any more."""
    row = next(iter(_kept(kind, [fold(number)], by.site_id).get(fold(number), [])), None)
    if row is None:
        return None
    prints = _counts(kind, [row.number_key], by.site_id).get(row.number_key, 0)
    return Standing(kind, row.number, tuple(row.content), row.since if row.final else None, True, row.id, row.kept_at, prints)


def standing_of(kind: str, papers: Sequence[Paper], *, by: Actor) -> Standing:
    """A made paper, or what was kept of it."""
    return standings(kind, [papers], by=by)[0]


def standings(kind: str, made: Sequence[Sequence[Paper]], *, by: Actor) -> list[Standing]:
    """Several papers of one kind, in a few statements."""
    whose, template = company(), templates.of(kind, site_id=by.site_id)
    keys = [fold(papers[0].number) for papers in made]
    drawn_for = SIGNED[kind]([papers[0].number for papers in made], by) if kind in SIGNED else {}
    kept = _kept(kind, keys, by.site_id)
    counts = _counts(kind, keys, by.site_id)
    found = []
    for key, papers in zip(keys, made, strict=True):
        first = papers[0]
        since, void = first.final_since, any(one.void for one in papers)
        here = next((row for row in kept.get(key, []) if (row.final and row.since == since) or (void and not row.final)), None)
        said = [templates.applied(dataclasses.replace(one, company=whose), template, kind) for one in papers] if here is None else []
        content = tuple(here.content) if here else tuple(plain_of(one) for one in said)
        found.append(
            Standing(
                *(kind, first.number, content, since, void, here.id if here else None, here.kept_at if here else None),
                *(counts.get(key, 0), drawn_for.get(first.number)),
            )
        )
    return found


def _kept(kind: str, keys: Sequence[str], site_id: int) -> dict[str, list[KeptPaper]]:
    """What was kept of these, newest first."""
    found: dict[str, list[KeptPaper]] = {}
    for some in few(keys):
        rows = session.execute(
            sa.select(KeptPaper)
            .where(KeptPaper.site_id == site_id, KeptPaper.kind == kind, KeptPaper.number_key.in_(some))
            .order_by(KeptPaper.id.desc())
        )
        for row in rows.scalars():
            found.setdefault(row.number_key, []).append(row)
    return found


def _counts(kind: str, keys: Sequence[str], site_id: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in few(keys):
        rows = session.execute(
            sa.select(PaperPrint.number_key, sa.func.max(PaperPrint.copy))
            .where(PaperPrint.site_id == site_id, PaperPrint.kind == kind, PaperPrint.number_key.in_(some))
            .group_by(PaperPrint.number_key)
        )
        found |= {key: int(copy) for key, copy in rows}
    return found


def company() -> pdf.Company:
    """Whose papers they are: from the settings, with the logo that was put up."""
    settings = current_app.config["WMS"]
    address = " ".join(filter(None, (settings.company_address, settings.company_phone)))
    return pdf.Company(settings.company_name, address, logo.current(settings.company_logo))


# -- keeping and counting ------------------------------------------------------------------------------------------------


def keep(papers: Iterable[Standing], *, by: Actor) -> int:
    """Keeps what these final papers say, each once; how many were new."""
    moment = clock.now()
    rows = [
        {
            "site_id": by.site_id,
            "kind": one.kind,
            "number": one.number,
            "number_key": fold(one.number),
            "final": True,
            "since": one.since,
            "content": list(one.content),
            "digest": one.digest,
            "kept_at": moment,
        }
        for one in papers
        if one.since is not None and one.kept_id is None
    ]
    for some in few(rows, 200):
        statement = upsert(table_of(KeptPaper)).values(some)
        session.execute(statement.on_conflict_do_nothing(index_elements=["site_id", "kind", "number_key", "since"]))
    return len(rows)


def must_say_why(prints: int, number: str, reason: str | None) -> None:
    """The second print and every later one needs a reason. Raises WhyAgain."""
    if prints and not (reason or "").strip():
        raise WhyAgain(number=number, times=prints)


def times_printed(kind: str, number: str, *, by: Actor) -> int:
    """How often a paper was printed."""
    return _counts(kind, [fold(number)], by.site_id).get(fold(number), 0)


def count(one: Standing, *, by: Actor, reason: str | None = None) -> PaperPrint:
    """Counts one print of what the paper says now, and keeps that. Inside a transaction; nothing is drawn here."""
    return _counted(one.kind, one.number, one.digest, one.kept_id if one.kept_id is not None else _keep_this(one, by), by=by, reason=reason)


def count_any(one: Standing | Finished, kind: str, number: str, *, by: Actor, reason: str | None = None) -> PaperPrint:
    """Counts one print of a paper, whoever drew it."""
    return count(one, by=by, reason=reason) if isinstance(one, Standing) else _counted(kind, number, one.digest, None, by=by, reason=reason)


def _counted(kind: str, number: str, digest: str, kept_id: int | None, *, by: Actor, reason: str | None) -> PaperPrint:
    for attempt in range(TRIES):
        counted = PaperPrint(
            site_id=by.site_id,
            kind=kind,
            number=number,
            copy=_counts(kind, [fold(number)], by.site_id).get(fold(number), 0) + 1,
            kept_id=kept_id,
            digest=digest,
            reason=(reason or "").strip()[:200] or None,
            by_id=by.id,
            at=clock.now(),
        )
        try:
            with session.begin_nested():
                session.add(counted)
                session.flush()  # two people print the same paper: one of them has the next number
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
            continue
        return counted
    raise AssertionError("unreachable")


def _keep_this(one: Standing, by: Actor) -> int:
    """The row that holds this content."""
    K = KeptPaper  # noqa: N806
    mine = [K.site_id == by.site_id, K.kind == one.kind, K.number_key == fold(one.number)]
    same = sa.select(K.id).where(*mine, K.final == (one.since is not None))
    same = same.where(K.since == one.since) if one.since is not None else same.where(K.digest == one.digest)
    if one.since is not None:
        keep([one], by=by)
    found = session.execute(same.order_by(K.id).limit(1)).scalar_one_or_none()
    if found is not None:
        return found
    moment = clock.now()
    row = K(
        site_id=by.site_id, kind=one.kind, number=one.number, final=False, since=moment,
        content=list(one.content), digest=one.digest, kept_at=moment,
    )  # fmt: skip
    session.add(row)
    session.flush()  # the print names it by id
    return row.id


# -- drawing, with no transaction open -----------------------------------------------------------------------------------


def drawn(papers: Sequence[tuple[Standing, Text | None]], *, by: Actor) -> bytes:
    """One PDF of these papers, each with its band; the caller has let the database go."""
    return pdf.render(*(paper for one, band in papers for paper in papers_of(one, band, by=by)))


def papers_of(one: Standing, band: Text | None, *, by: Actor) -> list[Paper]:
    """What is drawn: the content with its band, or without one with who prints it when at the foot."""
    made = [dataclasses.replace(paper_of(content), void=one.void, signed=one.signed) for content in one.content]
    if band is not None:
        return [dataclasses.replace(paper, band=band) for paper in made]
    return [dataclasses.replace(paper, printed_at=clock.now(), printed_by=by.name) for paper in made]


def band_of_view(one: Standing, *, by: Actor) -> Text | None:
    """What stands in the margin of a paper that is only looked at: nothing while it is neither final nor was ever printed."""
    if one.since is None and not one.prints:
        return None
    return T(
        "For viewing, not a counted copy · {at} {by} · printed {n} {n:time/times} so far",
        "仅供查看，不作为单据 · {at} {by} · 已打印 {n} 次",
        at=clock.now(), by=by.name, n=one.prints,
    )  # fmt: skip


def band_of_print(copy: int, at: dt.datetime, by: str, reason: str | None) -> Text:
    """What stands in the margin of a copy: which, when, by whom and why."""
    why = f" · {reason}" if reason else ""
    if copy == 1:
        return T("Original · printed {at} by {by}{why}", "正本 · {at} {by} 打印{why}", at=at, by=by, why=why)
    return T("Copy, print no. {n} · {at} by {by}{why}", "副本（第 {n} 次打印） · {at} {by}{why}", n=copy, at=at, by=by, why=why)


# -- what was printed ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Printed:
    """One print, as lists show it."""

    id: int
    copy: int
    at: dt.datetime
    by: str
    by_id: int
    reason: str | None
    digest: str
    kept_id: int | None


def prints_of(kind: str, number: str, *, by: Actor) -> list[Printed]:
    """Every print of a paper, newest first."""
    rows = session.execute(
        sa.select(PaperPrint, Person.name)
        .join(Person, Person.id == PaperPrint.by_id)
        .where(PaperPrint.site_id == by.site_id, PaperPrint.kind == kind, PaperPrint.number_key == fold(number))
        .order_by(PaperPrint.copy.desc())
    )
    return [Printed(row.id, row.copy, row.at, name, row.by_id, row.reason, row.digest, row.kept_id) for row, name in rows]


@dataclass(frozen=True)
class Version:
    """What a paper said at another time."""

    id: int
    since: dt.datetime
    final: bool
    """Whether it went with goods that left; else it was printed like this."""


def other_versions(one: Standing, *, by: Actor) -> list[Version]:
    """What was kept of a paper besides what it says now, newest first: of earlier departures, and of prints that said something else."""
    rows = _kept(one.kind, [fold(one.number)], by.site_id).get(fold(one.number), [])
    return [Version(row.id, row.since, row.final) for row in rows if row.id != one.kept_id and (row.final or row.digest != one.digest)]


def as_kept(one: Standing, version: int, *, by: Actor) -> tuple[Standing, Text] | None:
    """A paper as it was at another time, to look at; None where nothing of that was kept."""
    rows = _kept(one.kind, [fold(one.number)], by.site_id).get(fold(one.number), [])
    row = next((each for each in rows if each.id == version), None)
    if row is None:
        return None
    band = T("As it was on {since}: this does not hold any more", "{since} 的版本，已失效", since=row.since)
    return dataclasses.replace(one, content=tuple(row.content), void=True, signed=None), band


def as_printed(one: Standing, copy: int, *, by: Actor) -> tuple[Standing, Text] | None:
    """A copy as it was just printed by this person, to be opened by the browser; None where that is long ago or somebody else's."""
    found = next((print_ for print_ in prints_of(one.kind, one.number, by=by) if print_.copy == copy), None)
    if found is None or found.by_id != by.id or found.at < clock.now() - FRESH:
        return None
    kept = session.get(KeptPaper, found.kept_id) if found.kept_id else None
    said = dataclasses.replace(one, content=tuple(kept.content)) if kept else one
    return said, band_of_print(found.copy, found.at, found.by, found.reason)
