"""An administrator gives rights within reach: one of a single site never beyond it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import db
from wms.actor import Role
from wms.auth import people
from wms.auth.models import Person
from wms.db import session


def site_of(code: str) -> int | None:
    session.expire_all()
    return session.execute(sa.select(Person.site_id).where(Person.code_key == code)).scalar_one()


@pytest.fixture
def local(w: Warehouse, client: Client) -> Desk:
    """An administrator of the main site alone."""
    desk = Desk(client, name="local")
    with db.transaction():
        people.find_person("local").site_id = w.site_id
    return desk


def test_an_administrator_of_one_site_makes_nobody_who_may_act_everywhere(w: Warehouse, local: Desk) -> None:
    local.post("/people/new", code="mole", name="Mole", roles="admin", password="correct horse", active="1")
    assert site_of("mole") == w.site_id


def test_an_administrator_of_one_site_does_not_see_head_office_nor_change_its_secrets(w: Warehouse, local: Desk) -> None:
    with db.transaction():
        people.add_person("boss", "Boss", [Role.ADMIN], password="correct horse")
    assert "Boss" not in local.get("/people")
    local.get("/people/boss", status=404)
    local.post("/people/boss", status=404, name="Boss", code="boss", roles="admin", password="mine from now on", active="1")


def test_an_administrator_of_one_site_learns_no_name_and_no_badge_of_another_site(w: Warehouse, local: Desk) -> None:
    second = w.site("SECOND")
    with db.transaction():
        people.add_person("afar", "Bob Of Second", [Role.PICKER], badge="B2", site_id=second)
        people.add_person("head", "Head Office", [Role.ADMIN], badge="B0123456789", password="correct horse")
        people.add_person("near", "Near", [Role.PICKER], badge="B3", site_id=w.site_id)
    for known in ({"code": "afar", "badge": "B9"}, {"code": "new", "badge": "B2"}):
        page = local.post("/people/new", status=422, name="X", roles="picker", **known)
        assert "is taken" in page
        assert "Bob Of Second" not in page
    for code, status in (("afar", 404), ("head", 404), ("near", 200)):
        for form in ("zpl", "pdf", "svg"):
            local.get(f"/labels/person/{code}.{form}", status=status)


def test_head_office_makes_both(w: Warehouse, client: Client) -> None:
    desk = Desk(client, name="boss")
    desk.post("/people/new", code="all", name="All", roles="sales", password="correct horse", active="1")
    desk.post("/people/new", code="here", name="Here", roles="sales", password="correct horse", active="1", this_site="1")
    assert (site_of("all"), site_of("here")) == (None, w.site_id)


def test_a_new_password_signs_out_whoever_used_the_old_one(app: Flask, w: Warehouse, client: Client) -> None:
    boss, other = Desk(client, name="boss"), Desk(app.test_client(), name="bob")  # type: ignore[arg-type]
    other.get("/stock")
    boss.post("/people/bob", name="Bob", code="bob", roles="admin", password="another secret", active="1")
    other.get("/stock", status=302)
