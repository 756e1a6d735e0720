"""What every test stands on: an application with a database of its own, on SQLite and on PostgreSQL, and the audit at the end.

A test that uses `app` (or `w`, `client`, `api`) runs once on each database; one that does not runs once. `--database sqlite` runs
half of them while you work; `@pytest.mark.sqlite` and `@pytest.mark.postgresql` bind a test to one.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.postgres import Cluster, PostgresUnavailable, quick_temporary
from tests.warehouse import Warehouse
from wms import audit, clock, db
from wms.app import Application, create_app
from wms.audit import Invariant
from wms.auth import secrets
from wms.config import Settings
from wms.db import is_postgresql
from wms.invariants import INVARIANTS, OF_STOCK
from wms.server import spare_the_house

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=[*DATABASES, "both"], default="both", help="run the tests on one database only")
    parser.addoption("--soak", action="store_true", help="run the stateful machines and races for long")


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "sqlite: only on SQLite",
        "postgresql: only on PostgreSQL",
        "browser: needs a real browser",
        "broken: breaks an invariant (or the tables) on purpose, so the audit at the end is left out",
        "beneath_orders: claims goods for order lines without telling the lines, so only what holds of stock is audited",
    ):
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--database")
    chosen = [name for name in DATABASES if wanted in (name, "both")]
    marked = [name for name in DATABASES if metafunc.definition.get_closest_marker(name)]
    if marked:
        chosen = [name for name in chosen if name in marked]
    metafunc.parametrize("database", chosen, indirect=True)


# -- the databases -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test process's own, started by the first test that needs it."""
    try:
        running = Cluster()
    except PostgresUnavailable as error:
        why = f"NO POSTGRESQL ON THIS MACHINE, half of the proof is missing: {error}"
        if os.environ.get("CI"):
            pytest.fail(why)  # where changes are let in, half a proof is none
        pytest.skip(why)
    yield running
    for app in _applications:
        with app.app_context():
            db.database.engine.dispose()
    running.stop()


@pytest.fixture(scope="session")
def fresh_sqlite() -> Iterator[Callable[[bool], str]]:
    """Gives the address of an empty SQLite database with all tables; always the same address, always empty again."""
    folder = quick_temporary("wms-sqlite")
    prepared, path = folder / "prepared.db", folder / "wms.db"
    _create_tables(f"sqlite:///{prepared}")
    assert not Path(f"{prepared}-wal").exists(), "a prepared file must be whole to be copied"

    def fresh(_spoiled: bool) -> str:
        for left in folder.glob("wms.db*"):
            left.unlink()
        shutil.copyfile(prepared, path)
        return f"sqlite:///{path}"

    yield fresh
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fresh_postgresql(cluster: Cluster) -> Callable[[bool], str]:
    """Gives the address of an empty PostgreSQL database with all tables; always the same address, always empty again."""
    _create_tables(cluster.create("prepared"))
    cluster.create("wms", template="prepared")
    return lambda spoiled: cluster.create("wms", template="prepared") if spoiled else cluster.empty("wms")


def _create_tables(url: str) -> None:
    app = create_app(Settings(database_url=url, secret_key="only-for-tests"), TESTING=True)
    with app.app_context():
        db.database.create_all()
        db.database.engine.dispose()


_spoiled: set[str] = set()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The address of this test's own, empty database."""
    fresh: Callable[[bool], str] = request.getfixturevalue(f"fresh_{request.param}")
    address = fresh(request.param in _spoiled)
    _spoiled.discard(request.param)
    if request.node.get_closest_marker("broken"):
        _spoiled.add(request.param)
    return address


# -- the application ---------------------------------------------------------------------------------------------------

# Nobody guesses at the passwords of tests, and nearly every test has somebody sign in.
secrets._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
secrets._NOBODY = secrets._HASHER.hash("nobody knows this")
_applications: list[Application] = []


@functools.cache
def _application(settings: Settings) -> Application:
    """Built once for these settings: building it takes longer than most tests."""
    app = create_app(settings, TESTING=True)
    app.test_client_class = Client
    with app.app_context():  # what the navigation counts is right at once: a page looked at again shows what was done since
        for whose, what in ((db.database.engine, "commit"), (db.session, "after_commit")):  # the first comes before it is done
            sa.event.listen(whose, what, lambda _: app.extensions.get("wms_kept", {}).pop("counts", None))
    _applications.append(app)
    spare_the_house()
    return app


def pytest_collection_finish() -> None:
    """Nine thousand tests are not looked through for what may go, either."""
    spare_the_house()


@pytest.fixture
def settings(database: str) -> Settings:
    return Settings(database_url=database, secret_key="only-for-tests", requests_per_minute=0, ask_seals=True)


@pytest.fixture
def app(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Application]:
    """The application on an empty database, its context pushed. The test ends with the audit."""
    app = _application(settings)
    clock.keep(settings.time_zone)  # whatever zone the test before was in
    with app.app_context():
        if not is_postgresql():
            db.database.engine.dispose()  # connections to the file that was here before
        db.forget()
        app.extensions.pop("wms_kept", None)
        yield app
        db.session.rollback()
        if not request.node.get_closest_marker("broken"):
            invariants = OF_STOCK if request.node.get_closest_marker("beneath_orders") else INVARIANTS
            assert audit.run(_not_held(invariants, request)) == []
        db.session.remove()


def _not_held(invariants: Sequence[Invariant], request: pytest.FixtureRequest) -> list[Invariant]:
    """Those that something breaks, found in one statement: the audit itself asks one by one, which takes longer than most tests."""
    parts = [f"SELECT {n} WHERE EXISTS ({audit.query(one, is_postgresql())})" for n, one in enumerate(invariants)]
    whole = " UNION ALL ".join(parts)
    if is_postgresql():  # planned once
        found = request.getfixturevalue("cluster").kept("wms").execute(whole, prepare=True).fetchall()
    else:
        found = db.session.execute(sa.text(whole)).all()
    return [invariants[n] for (n,) in found]


@pytest.fixture
def w(app: Application) -> Warehouse:
    """An empty warehouse to build in."""
    return Warehouse()


@pytest.fixture
def client(app: Application, w: Warehouse) -> Client:
    """Somebody with a browser, not signed in."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def api(app: Application, w: Warehouse) -> Api:
    """Somebody with a token that may do everything; `Api(app, Role.SALES)` makes others."""
    return Api(app)


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether there is time: `make soak`."""
    return bool(request.config.getoption("--soak"))
