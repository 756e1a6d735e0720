"""Long files given in at the desk: kept, dealt with in the background, and looked after meanwhile; and files that were checked, kept for a
while to be taken in.

Whoever gave the file in sees how far it is. A process that died is taken over when its lease ends: a file of orders or master data goes on
where it was, because what is in is there just so; any other was written as one, and the key of the upload says whether it was.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import time
from typing import Any, cast

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import again, in_transaction, session, table_of, transaction
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.integrations import imports
from wms.integrations.imports import Kind
from wms.integrations.models import Upload, UploadState
from wms.integrations.reports import Report
from wms.integrations.tables import TableUnreadable
from wms.jobs.couriers import Couriers
from wms.web import idempotency

log = structlog.get_logger("wms.uploads")
LONG_BYTES = 100_000
"""A file of so many bytes is dealt with in the background."""
LEASE = dt.timedelta(seconds=90)
GIVEN_UP_AFTER = dt.timedelta(hours=6)
"""A file that is still begun anew after so long takes every process with it that begins it."""
TOLD_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 0.5
MOST_ERRORS = 1_000
CHECKED_LASTS = dt.timedelta(hours=12)
"""A file that was checked and is whole may be taken in as it is for so long; of each person the last one."""
_T = table_of(Upload)
_courier = Couriers()


class UploadUnknown(NotFound):
    """There is no such file of this person."""

    code = "upload_unknown"
    sentence = T("There is no file {number} of yours", "没有您上传的文件 {number}")


def keep(kind: Kind, content: bytes, *, name: str, dry_run: bool, by: Actor) -> Upload:
    """Keeps a file to be dealt with."""
    row = Upload(
        site_id=by.site_id,
        by_id=by.id,
        language=by.language,
        kind=kind,
        name="".join(one for one in name if one.isprintable())[-200:],
        dry_run=dry_run,
        content=content,
        state=UploadState.WAITING,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()  # its page is found by its id
    return row


def find(number: int, *, by: Actor) -> Upload:
    """A file of this person's; raises UploadUnknown."""
    found = session.execute(sa.select(Upload).where(Upload.id == number, Upload.by_id == by.id)).scalar_one_or_none()
    if found is None:
        raise UploadUnknown(number=number)
    return found


class CheckedGone(Refused):
    """The file that was checked is there no more."""

    code = "checked_file_gone"
    sentence = T("{name} is not kept any more: it was taken in, or checked long ago", "{name} 已不再保留：已导入，或检查时间过久")
    advice = T("Choose the file again", "请重新选择文件")


def keep_checked(kind: Kind, content: bytes, report: dict[str, Any], *, name: str, by: Actor) -> Upload:
    """Keeps a file that was checked and is whole, so that it can be taken in as it was read."""
    row = keep(kind, content, name=name, dry_run=True, by=by)
    session.flush()  # those before it are forgotten by their id
    _forget_checked(by.id, but=row.id)
    row.state, row.ended_at, row.report = UploadState.DONE, row.created_at, report
    session.flush()  # its page may be asked for at once
    return row


def may_be_taken(one: Upload) -> bool:
    """Whether it was checked, is whole, and is kept."""
    return session.execute(sa.select(_T.c.id).where(_T.c.id == one.id, _checked())).first() is not None


def _checked() -> sa.ColumnElement[bool]:
    fresh = _T.c.ended_at > clock.now() - CHECKED_LASTS
    return sa.and_(_T.c.dry_run, _T.c.state == UploadState.DONE.value, _T.c.content.is_not(None), fresh)


def take_in(number: int, *, by: Actor, at_once: bool) -> Upload:
    """The file that was checked is to be taken in, by the background or `at_once` by whoever asks. Raises UploadUnknown, CheckedGone."""
    one = find(number, by=by)
    state, lease = (UploadState.WORKING, clock.now() + LEASE) if at_once else (UploadState.WAITING, None)
    facts = {"dry_run": False, "state": state.value, "leased_until": lease, "ended_at": None, "report": None, "checked": 0, "written": 0}
    taken = session.execute(sa.update(_T).where(_T.c.id == one.id, _checked()).values(**facts))
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise CheckedGone(name=one.name)
    return one


def size_of(one: Upload) -> int:
    """How long it is, in bytes; 0 where it is not kept."""
    return session.execute(sa.select(sa.func.length(_T.c.content)).where(_T.c.id == one.id)).scalar_one() or 0


def forget_checked() -> int:
    """Files that were checked and that nobody took in."""
    return _forget_checked(None, but=0)


def _forget_checked(person_id: int | None, *, but: int) -> int:
    whose = _T.c.ended_at <= clock.now() - CHECKED_LASTS if person_id is None else _T.c.by_id == person_id
    kept = sa.and_(_T.c.state == UploadState.DONE.value, _T.c.content.is_not(None), _T.c.id != but, whose)
    return int(session.execute(sa.update(_T).where(kept).values(content=None)).rowcount)  # type: ignore[attr-defined]


def latest(*, by: Actor, most: int = 8) -> list[Upload]:
    """The files that this person gave in last."""
    return list(session.execute(sa.select(Upload).where(Upload.by_id == by.id).order_by(Upload.id.desc()).limit(most)).scalars())


def work() -> None:
    """One turn: takes the next file, and waits for it only a moment, because the other jobs go on."""
    if not _courier.busy() and _any_to_do():
        with transaction():
            number = _take()
        if number is not None:
            house = current_app._get_current_object()  # type: ignore[attr-defined]  # the thread has none of its own
            _courier.send_out(0, functools.partial(_deal_with, house, number))
    _courier.wait(PATIENCE_SECONDS)


def _any_to_do() -> bool:
    found = session.execute(sa.select(_T.c.id).where(_due()).limit(1)).first() is not None
    session.rollback()
    return found


def _due() -> sa.ColumnElement[bool]:
    lapsed = sa.or_(_T.c.leased_until.is_(None), _T.c.leased_until < clock.now())
    return sa.and_(_T.c.state != UploadState.DONE.value, lapsed)


def _take() -> int | None:
    found = session.execute(sa.select(_T.c.id, _T.c.state, _T.c.created_at).where(_due()).order_by(_T.c.id).limit(1)).one_or_none()
    if found is None:
        return None
    number: int = found.id
    if found.state == UploadState.WORKING.value and found.created_at < clock.now() - GIVEN_UP_AFTER:
        _written_down(number, _failed(_said(_GAVE_UP)))
        return None
    facts = {"state": UploadState.WORKING.value, "leased_until": clock.now() + LEASE, "checked": 0, "written": 0}
    taken = session.execute(sa.update(_T).where(_T.c.id == number, _due()).values(**facts))
    return number if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def _deal_with(house: Flask, number: int) -> None:
    with house.app_context():
        try:
            deal_with(number)
        finally:
            session.remove()


def deal_with(number: int) -> None:
    """Takes one file in, or says what is wrong with it."""
    row = session.execute(sa.select(Upload).where(Upload.id == number).options(sa.orm.undefer(Upload.content))).scalar_one()
    kind, content, dry_run, language = cast(Kind, row.kind), row.content or b"", row.dry_run, row.language
    person = session.execute(sa.select(Person).where(Person.id == row.by_id)).scalar_one()
    roles = frozenset(Role(one) for one in person.roles)
    by = Actor(person.id, person.code, person.name, roles, row.site_id, "zh_CN" if language == "zh_CN" else "en")
    session.rollback()
    looked = _Looked(number)
    try:
        report = imports.import_file(
            kind,
            io.BytesIO(content),
            by=by,
            dry_run=dry_run,
            first_time=lambda: kind == "orders" or looked.is_first(idempotency.first_time(by.id, f"upload:{number}")),
            progress=looked.show,
        )
        told = told_of(report) if looked.first else {"text": _said(_WAS_TAKEN), "bad": False, "rows": report.rows, "errors": [], "more": 0}
    except TableUnreadable as refusal:
        told = _failed(_both(refusal))
    except Exception:
        log.exception("upload_failed", number=number)
        session.rollback()
        told = _failed(_said(_BROKE))
    again(functools.partial(_end, number, told, by.id if dry_run and not told["bad"] else None))


def _end(number: int, told: dict[str, Any], kept_for: int | None) -> None:
    with transaction():
        if kept_for is not None:
            _forget_checked(kept_for, but=number)
        _written_down(number, told, keep=kept_for is not None)


def _written_down(number: int, told: dict[str, Any], *, keep: bool = False) -> None:
    facts = {"state": UploadState.DONE.value, "ended_at": clock.now(), "leased_until": None, "report": told}
    facts |= {} if keep else {"content": None}
    session.execute(sa.update(_T).where(_T.c.id == number).values(**facts))


def _failed(text: dict[str, str]) -> dict[str, Any]:
    return {"text": text, "bad": True, "rows": 0, "errors": [], "more": 0}


_GAVE_UP = T(
    "Given up after hours: whatever began it ended before it was done. Split the file and send its parts; what is in stays as it is",
    "多次处理均中断，已放弃；请拆分文件后分批导入，已导入的内容不受影响",
)


_BROKE = T("The file could not be dealt with, and the mistake is ours: it is in the log", "文件处理失败，系统出错，已记入日志")


_WAS_TAKEN = T("It was taken in, by a process that ended before it could tell how much", "文件已导入；处理进程在报告前中断")


def told_of(report: Report) -> dict[str, Any]:
    """What came of a file, to be kept and shown in either language."""
    errors = [{"line": one.line, "column": one.column, "reason": _said(one.reason)} for one in report.errors[:MOST_ERRORS]]
    more = max(0, len(report.errors) - MOST_ERRORS)
    return {"text": _said(report.text), "bad": bool(report.errors), "rows": report.rows, "errors": errors, "more": more}


def _said(text: Text) -> dict[str, str]:
    return {"en": text.say("en"), "zh_CN": text.say("zh_CN")}


def _both(refusal: TableUnreadable) -> dict[str, str]:
    return {"en": refusal.say("en"), "zh_CN": refusal.say("zh_CN")}


class _Looked:
    """Writes down how far a file is, now and then, and never inside what is written of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.checked = self.written = 0
        self.told_at = 0.0
        self.first = True

    def is_first(self, answer: bool) -> bool:
        """Whether nobody wrote this file before us; kept for the report."""
        self.first = answer
        return answer

    def show(self, checked: int, written: int) -> None:
        """So many rows are checked by now; so many more were written."""
        self.checked, self.written = max(self.checked, checked), self.written + written
        if in_transaction() or time.monotonic() - self.told_at < TOLD_EVERY_SECONDS:
            return
        self.told_at = time.monotonic()
        again(self._note)

    def _note(self) -> None:
        with transaction():
            facts = {"checked": self.checked, "written": self.written, "leased_until": clock.now() + LEASE}
            session.execute(sa.update(_T).where(_T.c.id == self.number).values(**facts))
