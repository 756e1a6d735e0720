"""Background jobs: each in its turn, one that fails does not stop the others, and a heart that is seen."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.jobs import runner
from wms.jobs.runner import Job, JobRun

MINUTE = dt.timedelta(minutes=1)


def test_a_job_runs_when_it_is_due_and_not_before(w: Warehouse) -> None:
    ran: list[int] = []
    jobs = [Job("count", MINUTE, lambda: ran.append(1))]
    now = dt.datetime.now(dt.UTC)
    for after, expected in ((0, 1), (30, 1), (61, 2), (62, 2)):
        with time_machine.travel(now + dt.timedelta(seconds=after), tick=False):
            runner.turn(jobs)
        assert len(ran) == expected


def test_a_job_of_the_night_runs_once_a_day_at_its_hour(w: Warehouse) -> None:
    ran: list[int] = []
    jobs = [Job("sweep", dt.timedelta(days=1), lambda: ran.append(1), hour=3)]
    morning = clock.begins(dt.date(2026, 3, 1)) + dt.timedelta(hours=8)
    for hours, expected in ((0, 1), (1, 1), (18, 1), (19, 2), (20, 2), (42, 2), (43, 3)):
        with time_machine.travel(morning + dt.timedelta(hours=hours), tick=False):
            runner.turn(jobs)
        assert len(ran) == expected, hours


def test_a_job_that_fails_leaves_nothing_and_does_not_stop_the_others(w: Warehouse) -> None:
    ran: list[str] = []

    def broken() -> None:
        w.product("HALF")
        raise ValueError("no")

    assert runner.turn([Job("broken", MINUTE, broken), Job("good", MINUTE, lambda: ran.append("good"))]) == ["good"]
    assert ran == ["good"]
    row = db.session.execute(sa.select(JobRun).where(JobRun.name == "broken")).scalar_one()
    assert (row.failures, row.error) == (1, "ValueError('no')")
    assert db.session.execute(sa.text("SELECT count(*) FROM products")).scalar_one() == 0


def test_readiness_tells_whether_jobs_run(w: Warehouse, client: Client) -> None:
    assert client.get("/readyz").get_json()["jobs"] is False
    runner.beat()
    assert client.get("/readyz").get_json()["jobs"] is True
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["jobs"]) == (200, False)


@pytest.mark.sqlite
def test_who_leads_is_told_at_home_while_no_jobs_run(w: Warehouse, app: Any) -> None:
    admin, sales = Desk(app.test_client(), Role.ADMIN), Desk(app.test_client(), Role.SALES, name="sue")
    assert "Not running" in admin.get("/")
    assert "Not running" not in sales.get("/")
    runner.beat()
    assert "Not running" not in admin.get("/")


def test_every_job_of_the_house_runs_on_an_empty_database(w: Warehouse, app: Any) -> None:
    jobs: list[Job] = app.extensions["wms_jobs"]
    assert runner.turn(jobs) == [job.name for job in jobs]
