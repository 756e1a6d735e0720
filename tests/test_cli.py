"""The command `wms`, as somebody at a terminal uses it: sentences, never tracebacks."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres import Cluster
from wms import cli
from wms.app import create_app
from wms.config import Settings
from wms.db import sqlite_driver
from wms.integrations import imports


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WMS_DATABASE_URL", f"sqlite:///{tmp_path / 'wms.db'}")
    monkeypatch.setenv("WMS_SECRET_KEY", "only-for-tests")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def migrated(terminal: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    return terminal


def test_migrating_twice_is_safe_and_opens_the_site(terminal: Path) -> None:
    assert cli.main(["migrate"]) == 0
    assert cli.main(["migrate"]) == 0
    assert cli.main(["audit"]) == 0


@pytest.mark.parametrize("command", [["serve"], ["jobs", "--once"], ["audit"], ["token", "create", "--name", "a", "--role", "admin"]])
@pytest.mark.parametrize(("found", "sentence"), [("0001", "Take a backup, then run `wms migrate`"), ("9999", "Start the newer version")])
def test_nobody_works_on_a_database_of_another_version(
    migrated: Path, capsys: pytest.CaptureFixture[str], command: list[str], found: str, sentence: str
) -> None:
    with closing(sqlite_driver().connect(str(migrated / "wms.db"))) as hand:
        hand.execute("UPDATE alembic_version SET version_num = ?", [found])
        hand.commit()
    assert cli.main(command) == 2
    assert f"The database has schema {found}" in (said := capsys.readouterr().err)
    assert sentence in said


def test_a_token_stands_alone_on_standard_output_and_works(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", "create", "--name", "shop", "--role", "admin"]) == 0
    said = capsys.readouterr()
    token = said.out.strip()
    assert said.out == token + "\n"
    assert len(token) > 30
    app = create_app(Settings.from_environment(), TESTING=True)
    assert app.test_client().get("/api/v1/stock", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_first_administrator_is_taken_on(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add = ["person", "add", "--code", "ann", "--role", "admin", "--password"]
    assert cli.main([*add, "short"]) == 2
    assert "at least 8 characters" in capsys.readouterr().err
    assert cli.main([*add, "long enough"]) == 0
    assert cli.main([*add, "long enough"]) == 2
    assert "is taken" in capsys.readouterr().err


def test_the_audit_says_whole_or_broken_by_its_exit_code(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"] is True
    with closing(sqlite_driver().connect(str(migrated / "wms.db"))) as hand:
        hand.execute(
            "INSERT INTO stock (site_id, location_id, batch_id, product_id, condition, on_hand, reserved, may_be_negative) "
            "VALUES (1, 1, 1, 1, 'good', 5, 0, 0)"
        )
        hand.commit()
    assert cli.main(["audit", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["whole"] is False
    assert "stock_is_its_movements" in [one["name"] for one in said["broken"]]


def test_a_backup_comes_back_and_a_spoiled_one_replaces_nothing(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["token", "create", "--name", "before", "--role", "sales"])
    assert cli.main(["backup", "copy.db"]) == 0
    assert cli.main(["backup", "copy.db"]) == 2, "a backup never overwrites"
    cli.main(["person", "add", "--code", "later", "--role", "sales", "--password", "long enough"])
    (migrated / "spoiled.db").write_bytes((migrated / "copy.db").read_bytes()[:20_000])
    (migrated / "text.db").write_text("no database at all")
    for wrong in ("spoiled.db", "text.db", "missing.db"):
        assert cli.main(["restore", wrong]) == 2
        assert "is not a usable backup" in capsys.readouterr().err
    assert cli.main(["person", "add", "--code", "later", "--role", "sales", "--password", "long enough"]) == 2, "still there"
    assert cli.main(["restore", "copy.db"]) == 0
    assert cli.main(["person", "add", "--code", "later", "--role", "sales", "--password", "long enough"]) == 0
    assert cli.main(["audit"]) == 0


def test_a_backup_of_postgresql_comes_back_whole(
    terminal: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WMS_DATABASE_URL", cluster.create("kept"))
    monkeypatch.setenv("PATH", f"{cluster.binaries}{os.pathsep}{os.environ['PATH']}")
    later = ["person", "add", "--code", "later", "--role", "sales", "--password", "long enough"]
    assert cli.main(["migrate"]) == 0
    cli.main(["token", "create", "--name", "before", "--role", "sales"])
    assert cli.main(["backup", "copy.dump"]) == 0
    assert cli.main(later) == 0
    (terminal / "spoiled.dump").write_bytes((terminal / "copy.dump").read_bytes()[:500])
    assert cli.main(["restore", "spoiled.dump"]) == 2
    assert "is not a usable backup" in capsys.readouterr().err
    assert cli.main(later) == 2, "still there"
    assert cli.main(["restore", "copy.dump"]) == 0
    assert cli.main(later) == 0
    assert cli.main(["audit"]) == 0
    cluster.drop("kept")


def test_a_database_in_use_is_not_replaced(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["backup", "copy.db"]) == 0
    with closing(sqlite_driver().connect(str(migrated / "wms.db"))) as somebody:
        somebody.execute("SELECT 1 FROM sites").fetchone()
        assert cli.main(["restore", "copy.db"]) == 2
    assert "in use" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["audit"], ["token", "create", "--name", "x", "--role", "admin"], ["jobs", "--once"]])
def test_without_tables_a_sentence_says_what_to_run(terminal: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert cli.main(command) == 2
    assert "wms migrate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WMS_POOL_SIZE", "many", "a whole number"),
        ("WMS_POOL_SIZE", "0", "1 or more"),
        ("WMS_SECURE_COOKIES", "perhaps", "yes or no"),
        ("WMS_TIME_ZONE", "Mars/Olympus", "a time zone"),
        ("WMS_TIME_ZONE", "/etc/passwd", "a time zone"),
        ("WMS_LANGUAGE", "fr", "zh_CN or en"),
        ("WMS_GS1_COMPANY_PREFIX", "ABC", "4 to 12 digits"),
        ("WMS_GS1_COMPANY_PREFIX", "69000001234567890", "4 to 12 digits"),
        ("WMS_DATABASE_URL", "mysql://me:mine@localhost/wms", "'mysql://…@localhost/wms' is not an address like"),
    ],
)
@pytest.mark.parametrize("command", ["settings", "migrate"])
def test_a_wrong_setting_is_named_with_what_it_takes(
    terminal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    assert cli.main([command]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"wms: Setting {name}: ")
    assert said in err


@pytest.mark.parametrize("value", ["abc", "0", "70000", "-1", ""])
def test_a_wrong_port_is_told_to_who_serves_and_disturbs_nobody_else(
    terminal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("PORT", value)
    assert cli.main(["migrate"]) == 0
    with pytest.raises(SystemExit) as end:
        cli.main(["serve"])
    assert end.value.code == 2
    assert "PORT must be a number from 1 to 65535" in capsys.readouterr().err


def test_settings_are_listed_with_their_reason_and_without_the_secret(terminal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["settings"]) == 0
    said = capsys.readouterr().out
    assert "WMS_DATABASE_URL=sqlite" in said
    assert "only-for-tests" not in said


def test_the_password_of_the_database_is_not_among_the_settings(
    terminal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WMS_DATABASE_URL", "postgresql+psycopg://wms:hush@db/wms?sslpassword=silence")
    assert cli.main(["settings"]) == 0
    said = capsys.readouterr().out
    assert "wms:***@db/wms" in said
    assert "hush" not in said
    assert "silence" not in said


def test_serving_without_a_secret_is_refused(terminal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("WMS_SECRET_KEY")
    assert cli.main(["serve"]) == 2
    assert "WMS_SECRET_KEY" in capsys.readouterr().err


def test_import_help_lists_what_may_be_imported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["import", "--help"])
    said = "".join(capsys.readouterr().out.split())
    for kind in imports.KINDS:
        assert kind in said, kind


@pytest.mark.parametrize("ending", ["csv", "XLSX"])
def test_a_template_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    to = tmp_path / f"orders.{ending}"
    assert cli.main(["template", "orders", str(to)]) == 0
    assert capsys.readouterr().out.strip() == str(to)
    assert to.read_bytes()[:2] == (b"PK" if ending == "XLSX" else b"\xef\xbb")
