"""One transaction, in sight; retries of the whole unit; the gate before SQLite's single writer."""

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.crowd import all_at_once
from tests.postgres import Cluster
from wms import db
from wms.config import Settings
from wms.db import UtcDateTime, _Gate, again, engine_options, fold, in_transaction, may_try_again, session, transaction, wal_is_safe
from wms.locations.models import Site
from wms.numbers import NumberSeries, next_in


def sites() -> list[str]:
    return list(session.execute(sa.select(Site.code).order_by(Site.code)).scalars())


# -- the transaction ---------------------------------------------------------------------------------------------------


def test_a_transaction_commits_on_leaving(app):
    with transaction():
        session.add(Site(code="MAIN", name="Main"))
    session.rollback()
    assert sites() == ["MAIN"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_transaction_rolls_back_on_any_exception(app, error):
    def unit() -> None:
        with transaction():
            session.add(Site(code="MAIN", name="Main"))
            session.flush()
            raise error

    with pytest.raises(error):
        unit()
    assert sites() == []


def test_transactions_are_not_nested(app):
    with transaction(), pytest.raises(AssertionError, match="not nested"), transaction():
        pass


def test_after_a_failed_transaction_there_may_be_another(app):
    with pytest.raises(ValueError, match="no"), transaction():
        raise ValueError("no")
    assert not in_transaction()
    with transaction():
        assert in_transaction()


def test_a_write_outside_a_transaction_is_our_bug(app):
    session.add(Site(code="MAIN", name="Main"))
    with pytest.raises(AssertionError, match="outside"):
        session.flush()


def test_inside_a_transaction_everything_is_read_afresh(app):
    with transaction():
        session.add(Site(code="MAIN", name="Main"))
    site = session.execute(sa.select(Site)).scalar_one()
    with transaction():
        assert session.execute(sa.select(Site)).scalar_one() is not site


# -- trying again ------------------------------------------------------------------------------------------------------


class Orig(Exception):
    def __init__(self, sqlstate: str | None = None, text: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def failure(sqlstate: str | None = None, text: str = "") -> DBAPIError:
    return DBAPIError("SELECT 1", {}, Orig(sqlstate, text))


@pytest.mark.parametrize(
    "error",
    [failure("40001"), failure("40P01"), failure("55P03"), failure(text="database is locked"), failure(text="database table is locked")],
)
def test_what_somebody_elses_work_caused_may_be_tried_again(error):
    assert may_try_again(error)


@pytest.mark.parametrize("error", [failure("23505"), failure("57014"), failure(text="disk I/O error"), ValueError("database is locked")])
def test_anything_else_may_not(error):
    assert not may_try_again(error)


def test_a_unit_is_tried_five_times_at_most(app, monkeypatch):
    monkeypatch.setattr(db.time, "sleep", lambda _seconds: None)
    tries = []

    def unit() -> None:
        tries.append(1)
        raise failure("40P01")

    with pytest.raises(DBAPIError):
        again(unit)
    assert len(tries) == 5


def test_a_unit_that_succeeds_is_not_tried_again(app, monkeypatch):
    monkeypatch.setattr(db.time, "sleep", lambda _seconds: None)
    outcomes = iter([failure("40001"), failure("55P03"), None])

    def unit() -> str:
        outcome = next(outcomes)
        if outcome:
            raise outcome
        return "done"

    assert again(unit) == "done"


def test_a_broken_rule_is_not_tried_again(app):
    tries = []

    def unit() -> None:
        tries.append(1)
        with transaction():
            session.add_all([Site(code="MAIN", name="Main"), Site(code="main", name="Main")])

    with pytest.raises(IntegrityError):
        again(unit)
    assert len(tries) == 1


def test_two_who_lock_crosswise_both_get_through(app):
    """On PostgreSQL this is a deadlock, of which one is the victim and tries again; on SQLite they wait at the gate."""
    with transaction():
        next_in("a")
        next_in("b")
    met = threading.Barrier(2)
    waited = threading.local()

    def crosswise(first: str, second: str):
        def unit() -> int:
            with transaction():
                next_in(first)
                if db.is_postgresql() and not getattr(waited, "once", False):
                    waited.once = True
                    met.wait(10)
                return next_in(second)

        return unit

    assert all(isinstance(answer, int) for answer in all_at_once(app, [crosswise("a", "b"), crosswise("b", "a")]))
    assert set(session.execute(sa.select(NumberSeries.last)).scalars()) == {3}


# -- the gate ----------------------------------------------------------------------------------------------------------


def test_the_gate_is_passed_in_the_order_of_arrival(tmp_path):
    gate = _Gate(str(tmp_path / "gate"))
    passed: list[int] = []

    def come(number: int) -> None:
        with gate.pass_through():
            passed.append(number)

    with gate.pass_through():
        threads = []
        for number in range(8):
            threads.append(threading.Thread(target=come, args=(number,)))
            threads[-1].start()
            while len(gate._queue) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert passed == list(range(8))


def test_one_at_a_time_passes_the_gate_between_processes_too(tmp_path):
    path = str(tmp_path / "gate")
    here, there = _Gate(path), _Gate(path)  # two descriptors, as two processes have
    inside = threading.Event()

    def come() -> None:
        with there.pass_through():
            inside.set()

    with here.pass_through():
        other = threading.Thread(target=come)
        other.start()
        assert not inside.wait(0.1)
    assert inside.wait(10)
    other.join(10)


def test_an_exception_inside_opens_the_gate_again(tmp_path):
    gate = _Gate(str(tmp_path / "gate"))
    with pytest.raises(ValueError, match="no"), gate.pass_through():
        raise ValueError("no")
    with gate.pass_through():
        pass


# -- SQLite ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 9), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_it_does_not_corrupt(version, safe):
    assert wal_is_safe(version) == safe


@pytest.mark.sqlite
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 5000)])
def test_sqlite_runs_as_the_ledger_needs_it(app, pragma, value):
    assert session.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value


@pytest.mark.sqlite
def test_on_an_affected_sqlite_the_delete_journal_is_used_and_said(app, monkeypatch, caplog):
    monkeypatch.setattr(db, "wal_is_safe", lambda _version: False)
    db.database.engine.dispose()
    assert session.execute(sa.text("PRAGMA journal_mode")).scalar() == "delete"
    assert "WAL-reset bug" in caplog.text


@pytest.mark.sqlite
def test_text_is_no_quantity_even_on_sqlite(app):
    with pytest.raises(IntegrityError, match="promised_whole"), transaction():
        session.execute(sa.text("INSERT INTO promises (site_id, product_id, promised) VALUES (1, 1, 'abc')"))


@pytest.mark.postgresql
@pytest.mark.parametrize(("name", "value"), [("statement_timeout", "15s"), ("lock_timeout", "3s"), ("TimeZone", "UTC")])
def test_postgresql_runs_with_its_timeouts(app, name, value):
    assert session.execute(sa.text(f"SHOW {name}")).scalar() == value


def test_dates_are_written_with_the_year_first_whatever_the_server_prefers(cluster: Cluster) -> None:
    url = cluster.create("german")
    try:
        for engine in (sa.create_engine(url), sa.create_engine(url, **engine_options(Settings(database_url=url)))):
            with engine.begin() as connection:
                written = connection.execute(sa.text("SELECT CAST(DATE '2026-03-02' AS TEXT)")).scalar_one()
                connection.execute(sa.text("ALTER DATABASE german SET datestyle = 'German, DMY'"))
            engine.dispose()
        assert written == "2026-03-02"
    finally:
        cluster.drop("german")


# -- columns -----------------------------------------------------------------------------------------------------------


def test_a_moment_without_a_time_zone_is_our_bug():
    with pytest.raises(AssertionError):
        UtcDateTime().process_bind_param(dt.datetime(2026, 3, 2, tzinfo=dt.UTC).replace(tzinfo=None), sa.create_engine("sqlite://").dialect)


def test_a_moment_comes_back_as_it_went_in(app):
    shanghai = dt.datetime(2026, 3, 2, 8, 30, 15, 123456, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    moment = sa.literal(shanghai, UtcDateTime())
    stored = session.execute(sa.select(moment)).scalar_one()
    assert stored == shanghai
    assert stored.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(("given", "folded"), [(" Müller ", "müller"), ("u\u0308", "ü"), ("STRASSE", "strasse"), ("a-01", "a-01")])
def test_codes_are_compared_trimmed_composed_and_without_case(given, folded):
    assert fold(given) == folded
