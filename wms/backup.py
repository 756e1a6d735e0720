"""A consistent copy while the floor works, and its way back: a copy is verified before it replaces anything.

SQLite: the online backup API into one file. PostgreSQL: `pg_dump` and `pg_restore` in the custom format, which must be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from wms.config import Settings
from wms.db import absolute_url, sqlite_driver
from wms.errors import Refused
from wms.i18n import T


class CopyUnusable(Refused):
    """The file is no whole copy of this product's database."""

    code = "copy_unusable"
    sentence = T("{file} is not a usable backup: {why}", "{file} 不是可用的备份：{why}")
    advice = T("Nothing was replaced; take another copy", "未替换任何数据，请使用其他备份")


class FileThere(Refused):
    """A backup never overwrites."""

    code = "file_there"
    sentence = T("{file} is already there", "{file} 已存在")
    advice = T("Give a new name", "请使用新的文件名")


class ToolMissing(Refused):
    """PostgreSQL's own tools do the copying."""

    code = "tool_missing"
    sentence = T("{tool} is not installed", "未安装 {tool}")
    advice = T("Install PostgreSQL's client tools", "请安装 PostgreSQL 客户端工具")


class CopyFailed(Refused):
    """The tool said no."""

    code = "copy_failed"
    sentence = T("{tool} failed: {why}", "{tool} 失败：{why}")


class InUse(Refused):
    """A server works on the database that is to be replaced."""

    code = "database_in_use"
    sentence = T("The database is in use", "数据库正在使用中")
    advice = T("Stop `wms serve` and `wms jobs`, then restore", "请先停止 wms serve 与 wms jobs 再恢复")


def backup(settings: Settings, file: str) -> str:
    """Writes a consistent copy; returns what to tell. Raises FileThere, ToolMissing, CopyFailed."""
    target = Path(file)
    if target.exists():
        raise FileThere(file=file)
    url = make_url(absolute_url(settings))
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
        copy = Path(folder) / "copy"
        if url.get_backend_name() == "sqlite":
            _copy(_path(url), copy)
            _verify(copy, file)
        else:
            _run("pg_dump", url, "--format=custom", f"--file={copy}")
        os.replace(copy, target)
    return f"{file}: {target.stat().st_size:,} bytes"


def restore(settings: Settings, file: str) -> str:
    """Verifies a copy, then puts it in place of the database. Raises CopyUnusable, InUse, ToolMissing, CopyFailed."""
    source = Path(file)
    if not source.is_file():
        raise CopyUnusable(file=file, why="there is no such file")
    url = make_url(absolute_url(settings))
    if url.get_backend_name() != "sqlite":
        _run("pg_restore", url, "--list", str(source), connects=False)
        _run("pg_restore", url, "--clean", "--if-exists", "--single-transaction", "--no-owner", str(source))
        return f"{file} is in place."
    with tempfile.TemporaryDirectory(dir=_path(url).parent) as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(source, copy)
        _verify(copy, file)
        if _path(url).exists():
            _must_be_idle(_path(url))
        for left in ("-wal", "-shm"):
            Path(f"{_path(url)}{left}").unlink(missing_ok=True)
        os.replace(copy, _path(url))
    return f"{file} is in place."


def _path(url: URL) -> Path:
    assert url.database
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    driver = sqlite_driver()
    if not source.exists():
        raise CopyFailed(tool="backup", why=f"there is no database at {source}")
    with closing(driver.connect(str(source))) as old, closing(driver.connect(str(target))) as new:
        old.backup(new, pages=2000)
        new.execute("PRAGMA journal_mode = DELETE")


def _verify(copy: Path, file: str) -> None:
    driver = sqlite_driver()
    try:
        with closing(driver.connect(str(copy))) as connection:
            _one(connection, "PRAGMA journal_mode = DELETE")
            if (said := _one(connection, "PRAGMA integrity_check")) != "ok":
                raise CopyUnusable(file=file, why=str(said)[:200])
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise CopyUnusable(file=file, why="rows point at nothing")
            connection.execute("SELECT count(*) FROM movements").fetchone()
            connection.execute("SELECT count(*) FROM sites").fetchone()
    except driver.DatabaseError as error:
        raise CopyUnusable(file=file, why=str(error)) from None


def _must_be_idle(path: Path) -> None:
    driver = sqlite_driver()
    with closing(driver.connect(str(path), timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise InUse
        except driver.OperationalError:
            raise InUse from None


def _one(connection: Any, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]


def _run(tool: str, url: URL, *arguments: str, connects: bool = True) -> None:
    path = shutil.which(tool)
    if path is None:
        raise ToolMissing(tool=tool)
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [path, *([f"--dbname={address}"] if connects else []), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        why = (done.stderr.strip() or "no reason given").splitlines()[-1]
        if not connects:
            raise CopyUnusable(file=arguments[-1], why=why)
        raise CopyFailed(tool=tool, why=why)
