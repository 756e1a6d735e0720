"""Printers, the places that print on them, what is to be printed, and what the papers said of goods that have left."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.append_only import append_only
from wms.db import Base, Count, Json, JsonList, Key, Moment, folded, foreign, table_of
from wms.i18n import T, Worded


class PrinterKind(Worded):
    """How a printer is reached."""

    BROWSER = "browser", T("The browser's own printer", "浏览器打印")
    ZPL = "zpl", T("Label printer on the network (ZPL)", "网络标签打印机（ZPL）")
    FILE = "file", T("A folder that another program prints from", "文件夹（由其他程序打印）")


class Takes(Worded):
    """What lies in a printer."""

    LABELS = "labels", T("Labels", "标签")
    PAPERS = "papers", T("Papers", "单据")


class JobStatus(Worded):
    """How a print job stands. Doubtful: nobody knows whether it came out, and a person must look."""

    QUEUED = "queued", T("Queued", "排队中")
    SENDING = "sending", T("Being sent", "发送中")
    SENT = "sent", T("Sent", "已发送")
    FAILED = "failed", T("Failed", "失败")
    DOUBTFUL = "doubtful", T("Doubtful", "待确认")
    CANCELLED = "cancelled", T("Cancelled", "已取消")


class Printer(Base):
    """One printer of a site. `trouble` is why it could not be reached the last time, in both languages; it is asked again after
    `rests_until`, so that a dead printer costs nobody else anything."""

    __tablename__ = "printers"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code_key"),
        sa.CheckConstraint("kind IN ('browser', 'zpl', 'file')", name="kind_known"),
        sa.CheckConstraint("takes IN ('labels', 'papers')", name="takes_known"),
        sa.CheckConstraint(
            "(kind = 'zpl') = (host IS NOT NULL AND port IS NOT NULL) AND (kind = 'file') = (folder IS NOT NULL)", name="reached_somehow"
        ),
        sa.CheckConstraint("port BETWEEN 1024 AND 65535", name="port_in_range"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(10))
    takes: Mapped[str] = mapped_column(sa.String(10))
    host: Mapped[str | None] = mapped_column(sa.String(253))
    port: Mapped[int | None]
    folder: Mapped[str | None] = mapped_column(sa.String(60))
    asks_state: Mapped[bool] = mapped_column(default=False)
    """Whether it is asked before each job if it has paper (`~HS`), which not every printer answers."""
    active: Mapped[bool] = mapped_column(default=True)
    trouble: Mapped[JsonList] = mapped_column(default=list)
    trouble_since: Mapped[dt.datetime | None]
    failures: Mapped[Count]
    rests_until: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    updated_at: Mapped[Moment]


class Station(Base):
    """A place or a device with the printers beside it. `needs_printer`: work that prints labels does not begin there without one."""

    __tablename__ = "stations"
    __table_args__ = (
        sa.UniqueConstraint("location_id"),
        sa.UniqueConstraint("device_id"),
        sa.CheckConstraint("(location_id IS NULL) <> (device_id IS NULL)", name="place_or_device"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id", index=True)
    location_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    device_id: Mapped[int | None] = foreign("devices.id", nullable=True)
    label_printer_id: Mapped[int | None] = foreign("printers.id", nullable=True)
    paper_printer_id: Mapped[int | None] = foreign("printers.id", nullable=True)
    needs_printer: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[Moment]


class KeptPaper(Base):
    """What a paper said once its document was final (the goods had left, the delivery was closed), or when it was printed before. Never
    changed."""

    __tablename__ = "kept_papers"
    __table_args__ = (sa.UniqueConstraint("site_id", "kind", "number_key", "since"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    kind: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[str] = mapped_column(sa.String(80))
    number_key: Mapped[str] = folded("number")
    final: Mapped[bool]
    since: Mapped[Moment]
    """When the document became final (a truck that came back and left again has papers of both times), or was first printed like this."""
    content: Mapped[JsonList]
    digest: Mapped[str] = mapped_column(sa.String(64))
    kept_at: Mapped[Moment]


class PaperTemplate(Base):
    """How a site wants one kind of paper: words, columns, signatures, logo, as plain data that nothing executes."""

    __tablename__ = "paper_templates"
    __table_args__ = (sa.UniqueConstraint("site_id", "kind"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    kind: Mapped[str] = mapped_column(sa.String(40))
    data: Mapped[Json]
    updated_at: Mapped[Moment]
    updated_by_id: Mapped[int] = foreign("people.id")


class CompanyLogo(Base):
    """The logo that an administrator put up, as a small PNG; the newest row is it."""

    __tablename__ = "company_logos"

    id: Mapped[Key]
    png: Mapped[bytes] = mapped_column(sa.LargeBinary)
    put_at: Mapped[Moment]
    put_by_id: Mapped[int] = foreign("people.id")


class PaperPrint(Base):
    """One time that a paper was printed: which copy, by whom, why, and the digest of what it said."""

    __tablename__ = "paper_prints"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "kind", "number_key", "copy"),
        sa.CheckConstraint("copy > 0", name="copy_positive"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    kind: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[str] = mapped_column(sa.String(80))
    number_key: Mapped[str] = folded("number")
    copy: Mapped[int]
    kept_id: Mapped[int | None] = foreign("kept_papers.id", nullable=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    by_id: Mapped[int] = foreign("people.id")
    at: Mapped[Moment]


class PrintJob(Base):
    """Something to be printed: written in the transaction that asked for it, sent afterwards by the background."""

    __tablename__ = "print_jobs"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.Index("ix_print_jobs_due", "printer_id", "status", "id"),
        sa.Index("ix_print_jobs_site", "site_id", "id"),
        sa.Index("ix_print_jobs_number", "number", "kind"),
        sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'doubtful', 'cancelled')", name="status_known"),
        sa.CheckConstraint("copies BETWEEN 1 AND 100", name="copies_in_range"),
        sa.CheckConstraint("(status IN ('queued', 'sending', 'doubtful')) = (ended_at IS NULL)", name="ends_once"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    key: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[str] = mapped_column(sa.String(80))
    printer_id: Mapped[int] = foreign("printers.id")
    copies: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(sa.String(10), default=JobStatus.QUEUED.value)
    attempts: Mapped[Count]
    leased_until: Mapped[dt.datetime | None]
    begun_at: Mapped[dt.datetime | None]
    """When bytes began to go out the last time: who dies after that leaves it doubtful."""
    why: Mapped[JsonList] = mapped_column(default=list)
    """Why it waits, failed or is doubtful, in both languages."""
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    print_id: Mapped[int | None] = foreign("paper_prints.id", nullable=True)
    by_id: Mapped[int] = foreign("people.id")
    created_at: Mapped[Moment]
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


append_only(table_of(KeptPaper))
append_only(table_of(PaperPrint))
