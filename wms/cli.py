"""The command `wms`: serve, migrate, demo, import, audit, people and tokens, jobs, backup and restore, settings.

What goes wrong is a sentence on standard error and exit 2 (or 1 where the command's question was answered with no).
"""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from wms import audit, backup, clock, db, server
from wms.actor import Actor, Role
from wms.app import Application, create_app
from wms.auth import people
from wms.auth.models import Person
from wms.auth.scopes import Scope
from wms.config import Settings
from wms.db import session, transaction
from wms.errors import Refused, WarehouseError
from wms.i18n import T
from wms.integrations import file_templates, imports
from wms.invariants import INVARIANTS
from wms.jobs import runner
from wms.locations.models import Site
from wms.locations.sites import ensure_site, find_site
from wms.migrations import schema
from wms.web import logs


class NotBuiltIn(Refused):
    """A part that this installation does not carry."""

    code = "not_built_in"
    sentence = T("This installation has no {what}", "本安装不包含 {what}")


class NotMigrated(Refused):
    """The tables are not there yet."""

    code = "not_migrated"
    sentence = T("The database has no tables yet; run `wms migrate` first", "数据库尚未建表，请先运行 wms migrate")


class SecretMissing(Refused):
    """Without a secret, forms of one worker would be refused by another."""

    code = "secret_missing"
    sentence = T("WMS_SECRET_KEY is missing: give it any long random text", "缺少 WMS_SECRET_KEY：请设为一段较长的随机文本")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except WarehouseError as refusal:
        advice = refusal.advise("en")
        return _fail(refusal.say("en") + (f". {advice}" if advice else ""))
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "no such table" in cause or "does not exist" in cause:
            return _fail(NotMigrated().say("en"))
        return _fail(f"The database refused: {cause}")
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    except KeyboardInterrupt:
        return 130


def _fail(sentence: str) -> int:
    print(f"wms: {sentence}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wms", description="A warehouse execution service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="the web server alone, for production")
    serve.add_argument("--workers", type=_positive, help="processes (SQLite: 1, PostgreSQL: as many as cores)")
    serve.add_argument("--threads", type=_positive, help="threads of each process (SQLite: 8, PostgreSQL: 4)")
    serve.add_argument("--port", type=_port, default=os.environ.get("PORT", "8000"), help="PORT=… says it too (8000)")
    serve.add_argument("--bind", default="127.0.0.1", metavar="HOST")
    serve.set_defaults(run=_serve)

    migrate = commands.add_parser("migrate", help="bring the database to this version's schema")
    migrate.set_defaults(run=_migrate)

    demo = commands.add_parser("demo", help="load the demo warehouse into an empty database")
    demo.add_argument("--size", choices=("small", "full"), default="full")
    demo.add_argument("--seed", type=int, default=1)
    demo.set_defaults(run=_demo)

    load = commands.add_parser("import", help="put in a CSV or XLSX file, all or nothing")
    load.add_argument("kind", metavar="KIND", choices=imports.KINDS, help=f"what the rows are: {', '.join(imports.KINDS)}")
    load.add_argument("file", metavar="FILE", help="its first row names the columns")
    load.add_argument("--dry-run", action="store_true", help="check every row and change nothing")
    load.add_argument("--site", help="the site, where there are several")
    load.set_defaults(run=_import)

    blank = commands.add_parser("template", help="a file to fill in for import, with its columns and an example")
    blank.add_argument("kind", metavar="KIND", choices=imports.KINDS, help=f"what the rows are: {', '.join(imports.KINDS)}")
    blank.add_argument("file", metavar="FILE", help="written as XLSX, with a sheet that explains the columns, or as CSV, by its ending")
    blank.set_defaults(run=_template)

    check = commands.add_parser("audit", help="every invariant on the live database: exit 0 whole, 1 broken")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_audit)

    person = commands.add_parser("person", help="people").add_subparsers(dest="verb", required=True)
    add = person.add_parser("add", help="take somebody on, the first administrator too")
    add.add_argument("--code", required=True, help="the name to sign in with")
    add.add_argument("--name", help="the name that others read")
    add.add_argument("--role", action="append", required=True, choices=[role.value for role in Role], help="may be given several times")
    add.add_argument("--password", help="asked for when left out (or read from WMS_PASSWORD)")
    add.add_argument("--badge")
    add.add_argument("--pin")
    add.add_argument("--site", help="only this site; every site when left out")
    add.add_argument("--language", choices=("zh_CN", "en"))
    add.set_defaults(run=_person_add)

    token = commands.add_parser("token", help="API tokens").add_subparsers(dest="verb", required=True)
    create = token.add_parser("create", help="a token, alone on standard output, shown once")
    create.add_argument("--name", required=True)
    create.add_argument("--role", required=True, choices=[role.value for role in Role])
    create.add_argument("--site", help="only this site; every site when left out")
    create.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=[one.value for one in Scope],
        help="only this, within the role; may be given several times",
    )
    create.add_argument(
        "--per-minute", type=_whole, help="requests it may make in a minute; 0: as many as it likes (WMS_REQUESTS_PER_MINUTE)"
    )
    create.set_defaults(run=_token_create)

    site = commands.add_parser("site", help="sites").add_subparsers(dest="verb", required=True)
    site_add = site.add_parser("add", help="open another site")
    site_add.add_argument("--code", required=True)
    site_add.add_argument("--name")
    site_add.set_defaults(run=_site_add)

    jobs = commands.add_parser("jobs", help="background jobs alone")
    jobs.add_argument("--once", action="store_true", help="do what is due and end")
    jobs.set_defaults(run=_jobs)

    for name, words in (("backup", "a consistent copy, while the floor works"), ("restore", "verify a copy, then put it in place")):
        copy = commands.add_parser(name, help=words)
        copy.add_argument("file", metavar="FILE")
        copy.set_defaults(run=_backup if name == "backup" else _restore)

    settings = commands.add_parser("settings", help="every setting, its value, default and reason")
    settings.set_defaults(run=_settings)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a number of 1 or more, not {text!r}")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a number of 0 or more, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"PORT must be a number from 1 to 65535, not {text!r}")
    return number


@contextmanager
def _house(*, any_schema: bool = False) -> Iterator[Application]:
    """The application for one command; its connections are let go at the end. Raises SchemaOlder, SchemaNewer."""
    app = create_app(Settings.from_environment())
    with app.app_context():
        try:
            if not any_schema:
                schema.must_fit(db.database.engine)
            yield app
        finally:
            session.remove()
            db.database.engine.dispose()


# -- commands ----------------------------------------------------------------------------------------------------------


def _serve(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    if not settings.secret_key:
        raise SecretMissing
    engine = sa.create_engine(db.absolute_url(settings), poolclass=sa.NullPool)
    with suppress(OperationalError):  # a database that is not up yet is waited for, as one that goes away
        schema.must_fit(engine)
    server.serve(settings, host=options.bind, port=options.port, workers=options.workers, threads=options.threads)
    return 0


def _migrate(_options: argparse.Namespace) -> None:
    with _house(any_schema=True):
        print(f"The database has schema {schema.migrate()}.")
        with transaction():
            ensure_site()


def _demo(options: argparse.Namespace) -> None:
    if not importlib.util.find_spec("wms.demo.build"):
        raise NotBuiltIn(what="demo warehouse")
    build = importlib.import_module("wms.demo.build")
    with _house():
        print(build.load(size=options.size, seed=options.seed))


def _import(options: argparse.Namespace) -> int:
    with _house():
        code: int = imports.run(options.kind, options.file, dry_run=options.dry_run, by=system_actor(options.site))
    return code


def _template(options: argparse.Namespace) -> int:
    to = Path(options.file)
    to.write_bytes(file_templates.content(options.kind, to.suffix.casefold().lstrip(".")))
    print(to)
    return 0


def _audit(options: argparse.Namespace) -> int:
    with _house():
        if db.is_postgresql():
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        findings = audit.run(INVARIANTS)
    if options.json:
        broken = [{"name": one.invariant.name, "sentence": one.invariant.sentence, "rows": one.rows} for one in findings]
        print(json.dumps({"whole": not findings, "checked": len(INVARIANTS), "broken": broken}, ensure_ascii=False, default=str))
    else:
        for one in findings:
            print(f"BROKEN {one.invariant.name}: {one.invariant.sentence}")
            for row in one.rows:
                print("   ", json.dumps(row, ensure_ascii=False, default=str))
        print(f"{len(INVARIANTS) - len(findings)} of {len(INVARIANTS)} invariants hold.")
    return 1 if findings else 0


def _person_add(options: argparse.Namespace) -> None:
    password = options.password or os.environ.get("WMS_PASSWORD")
    if password is None and options.pin is None:
        password = getpass.getpass(f"Password for {options.code}: ")
    with _house(), transaction():
        person = people.add_person(
            options.code,
            options.name or options.code,
            [Role(role) for role in options.role],
            password=password,
            badge=options.badge,
            pin=options.pin,
            site_id=find_site(options.site).id if options.site else None,
            language=options.language,
        )
        print(f"{person.name} may sign in as {person.code}.")


def _token_create(options: argparse.Namespace) -> None:
    with _house(), transaction():
        site_id = find_site(options.site).id if options.site else None
        scopes = [Scope(one) for one in options.scope]
        _person, token = people.create_token(
            options.name, Role(options.role), site_id=site_id, scopes=scopes, per_minute=options.per_minute
        )
    print(token)


def _site_add(options: argparse.Namespace) -> None:
    with _house(), transaction():
        site = ensure_site(options.code, options.name)
        print(f"Site {site.code} is open.")


def _jobs(options: argparse.Namespace) -> None:
    logs.configure()
    with _house() as app:
        jobs: list[runner.Job] = app.extensions["wms_jobs"]
        if options.once:
            print(" ".join(runner.turn(jobs)) or "Nothing was due.")
            return
        stopped = threading.Event()
        runner.stop_on_signals(stopped)
        runner.run_until(stopped, jobs)


def _backup(options: argparse.Namespace) -> None:
    print(backup.backup(Settings.from_environment(), options.file))


def _restore(options: argparse.Namespace) -> None:
    print(backup.restore(Settings.from_environment(), options.file))


def _settings(_options: argparse.Namespace) -> None:
    now = Settings.from_environment()
    for one in dataclasses.fields(Settings):
        value = getattr(now, one.name)
        if one.name == "secret_key" and value:
            value = "(given)"
        if one.name == "database_url":
            value = _without_password(value)
        print(f"WMS_{one.name.upper()}={value}\n    default: {one.default!r}; {one.metadata['why']}")


def _without_password(address: str) -> str:
    """The database's address as it may be shown: wherever it carries a password, stars stand."""
    url = sa.make_url(address)
    hidden = {name: "***" if "pass" in name.lower() else value for name, value in url.query.items()}
    return url.set(query=hidden).render_as_string(hide_password=True)


def system_actor(site: str | None = None) -> Actor:
    """Who acts for a command: the person SYSTEM, who cannot sign in, at the named site (or the first)."""
    with transaction():
        site_id = find_site(site).id if site else session.execute(sa.select(sa.func.min(Site.id))).scalar_one()
        person = session.execute(sa.select(Person).where(Person.code_key == "system")).scalar_one_or_none()
        if person is None:
            person = Person(code="SYSTEM", name="System", roles=[Role.ADMIN.value], active=False, created_at=clock.now())
            session.add(person)
            session.flush()  # what it does is written under its id
        return Actor(person.id, person.code, person.name, frozenset({Role.ADMIN}), site_id, "en")


if __name__ == "__main__":
    sys.exit(main())
