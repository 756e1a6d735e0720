"""Printers: entered by administrators only, for whoever names an address here makes this house speak to it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.printing.models import JobStatus, Printer, PrinterKind, PrintJob, Station, Takes

PORT = 9100
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


class PrinterUnknown(NotFound):
    """No such printer at this site."""

    code = "printer_unknown"
    sentence = T("There is no printer {code}", "没有此打印机：{code}")


class HostWrong(Invalid):
    """Neither a name nor an address."""

    code = "printer_host"
    sentence = T("{host} is neither a name nor an address on a network", "{host} 不是有效的主机名或 IP 地址")
    advice = T("Give what stands on the printer's network page, such as 192.168.1.40", "请填写打印机网络页上的地址，例如 192.168.1.40")


class PrinterLacks(Invalid):
    """A printer of this kind is not reached without that."""

    code = "printer_incomplete"
    sentence = T("{kind}: {what} is missing", "{kind}：缺少{what}")


class LabelsOnly(Invalid):
    """ZPL draws labels; a paper is a PDF."""

    code = "printer_takes"
    sentence = T("A ZPL printer takes labels, not papers", "ZPL 打印机只能打印标签，不能打印单据")
    advice = T("Papers go to a folder or to the browser", "单据请用文件夹或浏览器打印")


class FolderWrong(Invalid):
    """The folder is a plain name beneath the one that the settings allow."""

    code = "printer_folder"
    sentence = T("{folder} is not a folder name: letters, digits, - and _", "{folder} 不是有效的文件夹名：仅限字母、数字、- 和 _")


class NoFolders(Refused):
    """The settings allow no folder."""

    code = "printer_folders_off"
    sentence = T("This house prints into no folder", "本系统未开放文件夹打印")
    advice = T("Set WMS_PRINT_FOLDER to a directory, and start again", "请在设置 WMS_PRINT_FOLDER 中指定目录并重启")


class PrinterBusy(Refused):
    """Switched off while something waits for it."""

    code = "printer_has_jobs"
    sentence = T("{count} jobs wait for {code}", "{code} 还有 {count} 个待打印任务")
    advice = T("Print them elsewhere or cancel them first", "请先将其改到其他打印机或取消")


@dataclass(frozen=True)
class Wish:
    """A printer as somebody describes it."""

    name: str
    kind: PrinterKind
    takes: Takes
    host: str | None = None
    port: int = PORT
    folder: str | None = None
    asks_state: bool = False
    active: bool = True


def save(code: str, wish: Wish, *, by: Actor, folders: str) -> tuple[Printer, bool]:
    """Makes or replaces a printer; says whether it is new. `folders` is the directory that the settings allow, or empty.

    Raises HostWrong, PrinterLacks, LabelsOnly, FolderWrong, NoFolders, PrinterBusy.
    """
    host = _host(wish) if wish.kind is PrinterKind.ZPL else None
    folder = _folder(wish, folders) if wish.kind is PrinterKind.FILE else None
    printer = _find(code, by.site_id)
    if printer is not None and (not wish.active or wish.kind is PrinterKind.BROWSER or wish.takes != printer.takes):
        waiting = open_jobs([printer.id]).get(printer.id, 0)
        if waiting:
            raise PrinterBusy(code=printer.code, count=waiting)
    is_new = printer is None
    if printer is None:
        printer = Printer(site_id=by.site_id, code=code.strip(), trouble=[])
        session.add(printer)
    printer.name, printer.kind, printer.takes = wish.name or printer.code, wish.kind.value, wish.takes.value
    printer.host, printer.port, printer.folder = host, wish.port if host else None, folder
    printer.asks_state, printer.active = wish.asks_state and host is not None, wish.active
    _told_anew(printer)
    printer.updated_at = clock.now()
    session.flush()  # stations name it by id
    if not is_new:
        _leaves_stations(printer)
    return printer, is_new


def _leaves_stations(printer: Printer) -> None:
    """What does not take labels (or papers) any more is nobody's printer for them."""
    column = Station.paper_printer_id if printer.takes == Takes.LABELS else Station.label_printer_id
    session.execute(sa.update(Station).where(column == printer.id).values({column: None}))


def _told_anew(printer: Printer) -> None:
    """Somebody looked after it: what was wrong with it before is forgotten, and it is tried at once."""
    printer.trouble, printer.trouble_since, printer.rests_until, printer.failures = [], None, None, 0


def try_again(code: str, *, by: Actor) -> Printer:
    """What waits for it is tried at once. Raises PrinterUnknown."""
    printer = find(code, by=by)
    printer.rests_until = None
    return printer


def _host(wish: Wish) -> str:
    host = (wish.host or "").strip().rstrip(".")
    if not host:
        raise PrinterLacks(pointer="/host", kind=wish.kind.text, what=T("its address", "地址"))
    if wish.takes is not Takes.LABELS:
        raise LabelsOnly(pointer="/takes")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not _HOST_NAME.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
            raise HostWrong(pointer="/host", host=host[:80]) from None
        return host
    if address.is_multicast or address.is_unspecified:
        raise HostWrong(pointer="/host", host=host[:80])
    return str(address)


def _folder(wish: Wish, folders: str) -> str:
    if not folders:
        raise NoFolders
    folder = (wish.folder or "").strip()
    if not folder:
        raise PrinterLacks(pointer="/folder", kind=wish.kind.text, what=T("its folder", "文件夹"))
    if not _FOLDER.fullmatch(folder):
        raise FolderWrong(pointer="/folder", folder=folder[:60])
    return folder


def inside(folders: str, folder: str) -> Path:
    """The folder of a printer, which must lie beneath the one that the settings allow whatever links there are. Raises NoFolders,
    FolderWrong."""
    if not folders:
        raise NoFolders
    root = Path(folders).resolve()
    found = (root / folder).resolve()
    if not _FOLDER.fullmatch(folder) or found.parent != root:
        raise FolderWrong(folder=folder)
    return found


# -- finding -----------------------------------------------------------------------------------------------------------


def _find(code: str, site_id: int) -> Printer | None:
    return session.execute(sa.select(Printer).where(Printer.site_id == site_id, Printer.code_key == fold(code))).scalar_one_or_none()


def find(code: str, *, by: Actor) -> Printer:
    """The printer of this code at the person's site; raises PrinterUnknown."""
    found = _find(code, by.site_id)
    if found is None:
        raise PrinterUnknown(code=code)
    return found


def listed(*, by: Actor, takes: Takes | None = None, active: bool = False, after: int = 0, limit: int = 1000) -> list[Printer]:
    """The printers of the person's site."""
    statement = sa.select(Printer).where(Printer.site_id == by.site_id, Printer.id > after).order_by(Printer.id).limit(limit)
    if takes is not None:
        statement = statement.where(Printer.takes == takes.value)
    if active:
        statement = statement.where(Printer.active)
    return list(session.execute(statement).scalars())


def any_sent_to(*, by: Actor) -> bool:
    """Whether the site has a printer that jobs are sent to."""
    sent_to = sa.select(Printer.id).where(Printer.site_id == by.site_id, Printer.kind != PrinterKind.BROWSER.value, Printer.active)
    return session.execute(sent_to.limit(1)).first() is not None


def open_jobs(ids: Iterable[int]) -> dict[int, int]:
    """How many jobs wait for these printers; none is left out."""
    waiting = (
        sa.select(PrintJob.printer_id, sa.func.count())
        .where(PrintJob.printer_id.in_(list(ids)), PrintJob.status.in_([JobStatus.QUEUED.value, JobStatus.SENDING.value]))
        .group_by(PrintJob.printer_id)
    )
    return {printer: int(count) for printer, count in session.execute(waiting)}


def trouble_of(printer: Printer) -> Text | None:
    """What is wrong with it, as it was found the last time."""
    return Text(printer.trouble[0], printer.trouble[1]) if printer.trouble else None
