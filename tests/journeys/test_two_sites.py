"""Two sites in one house, and every door of the inbound side tried from the wrong one: addresses, bodies, forms, papers, scans.

The list of doors is the application's own map of routes. A new route of these rooms is in one of the tables below, or the test says so;
a new code in a body is one that belongs to no site, or is tried with the other site's.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from pydantic import BaseModel

from tests.journeys.cast import EAN, House, day
from tests.warehouse import Warehouse
from wms import db, receiving
from wms.actor import Role
from wms.app import Application
from wms.db import Base, session
from wms.receiving import inspection_rules
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Arrival, InspectionRule
from wms.web.api import Api as RoomApi
from wms.web.documents import LABELS, PAPERS

ROOMS = ("wms.receiving.", "wms.photos.", "wms.orders.inbound_views")
INBOUND_API = {
    "post_inbound_order",
    "get_inbound_orders",
    "get_inbound_order",
    "arrive_inbound_order",
    "check_in_inbound_order",
    "close_inbound_order",
}


def _picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "JPEG")
    return stream.getvalue()


PICTURE = _picture()
ROOM = [importlib.import_module(f"wms.receiving.{one.name}") for one in pkgutil.iter_modules(receiving.__path__)]
APIS = {module.api.name for module in ROOM if isinstance(getattr(module, "api", None), RoomApi)}

# What people and devices do is written down wherever they are; none of it is a thing of the warehouse.
NOT_OF_A_SITE = {"sign_ins", "answered_requests", "scans", "people", "devices", "job_runs"}


class Side:
    """One site with one of everything that the inbound side knows, each with a name that the other site has not."""

    def __init__(self, app: Application, w: Warehouse, prefix: str, site: str) -> None:
        self.w, self.prefix, self.site = w, prefix, site
        self.house = house = House(app, "en", site_id=w.site(site), prefix=prefix).build()
        self.api = house.api
        self.by = w.person(f"{prefix}chief".lower(), site=w.site(site))
        self.names: dict[str, Any] = {"site": site, "person": self.by.code, "location": f"{prefix}A-01", "dock": f"{prefix}DOCK-1"}
        house.place("CONS-1", "consignment", partner="SHOP")
        house.place("SCRAP-1", "scrap", x=9000)
        self.names["consignment"] = f"{prefix}CONS-1"
        house.announce(f"{prefix}PO", {"sku": "TEA", "quantity": 40}, {"sku": "NUT", "quantity": 20})
        house.announce(f"{prefix}PO-2", {"sku": "SOAP", "quantity": 5})
        self.names["inbound"], self.names["expected"] = f"{prefix}PO", f"{prefix}PO-2"
        house.order(f"{prefix}SO", TEA=1, allow_backorder=True)
        self.names["order"] = f"{prefix}SO"
        self._vehicles()
        self._goods()
        self._return()
        self._photo()
        self.names["rule_id"] = self._rule()

    def _vehicles(self) -> None:
        plan = {"number": f"{self.prefix}AR", "orders": [f"{self.prefix}PO-2"], "plate": f"{self.prefix}PLATE"}
        self.api.post("/arrivals", plan)
        self.api.post("/arrivals", {**plan, "number": f"{self.prefix}AR-2", "plate": f"{self.prefix}PLATE2"})
        self.api.post(f"/arrivals/{self.prefix}AR-2/arrive", {"dock": f"{self.prefix}DOCK-1"})
        self.names |= {"arrival": f"{self.prefix}AR", "arrived": f"{self.prefix}AR-2", "plate": f"{self.prefix}PLATE"}

    def _goods(self) -> None:
        receiver = self.house.crew(Role.RECEIVER)
        receiver.look("receive")
        dock = self.names["dock"]
        receiver.scan(self.names["inbound"], dock, EAN["TEA"], f"{self.prefix}LOT", "10", "10")
        self.names["sscc"] = receiver.screen.printed["handling-unit"]
        receiver.scan("DAMAGED", EAN["NUT"], "2", "2", "WET")
        with db.transaction():
            inspection_rules.add_rule(NewRule(sku="NUT"), by=self.by)
        receiver.scan(EAN["NUT"], "4", "4", "CMD:CANCEL")
        self.names["difference"] = self.api.get("/differences")["items"][0]["number"]
        self.names["inspection"] = self.api.get("/inspections")["items"][0]["number"]
        run = self.api.post("/handling-units", {"count": 2, "location": dock})["handling_units"]
        self.names["empty"], self.names["spare"] = run

    def _return(self) -> None:
        body = {"sender": f"{self.prefix}sender", "lines": [{"sku": "TEA", "quantity": 1, "lot": f"{self.prefix}LOT"}]}
        self.names["return"] = self.api.post("/returns", body, status=201)["number"]
        note = self.api.post("/returns", body, status=201)["number"]
        self.api.post(f"/returns/{note}/decide", {"decision": "scrap"})
        self.names["scrapping"] = note

    def _photo(self) -> None:
        address = f"/photos/difference/{self.names['difference']}"
        sent = self.api.client.post(address, data={"photo": (io.BytesIO(PICTURE), "a.jpg")}, headers=self.api.headers)
        assert sent.status_code == 302, sent.text[:500]
        found = re.search(r"/photos/small/([\w-]+)\.jpg", self.api.client.get(address, headers=self.api.headers).text)
        assert found
        self.names["photo"] = found[1]

    def seen(self) -> str:
        """Of when its arrival is, as its form says it."""
        found = session.execute(sa.select(Arrival.updated_at).where(Arrival.number == self.names["arrival"])).scalar_one()
        session.rollback()
        return found.isoformat()

    def _rule(self) -> int:
        site = sa.select(InspectionRule.id).where(InspectionRule.site_id == self.by.site_id)
        found = session.execute(site).scalars().first()
        session.rollback()
        assert found is not None
        return found


def everything() -> dict[str, list[Any]]:
    """Every row of every table that tells of the warehouse."""
    session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in NOT_OF_A_SITE]
    found = {table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))] for table in tables}
    session.rollback()
    return found


def changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> list[str]:
    """The tables that are not as they were."""
    return [name for name, rows in after.items() if rows != before[name]]


# -- bodies ------------------------------------------------------------------------------------------------------------

# What each endpoint is sent, right in itself; names in braces are those of the side that sends it.
BODIES: dict[str, dict[str, Any]] = {
    "receiving_api.post_arrival": {"orders": ["{expected}"], "dock": "{dock}", "planned_from": f"{day(1)}T02:00:00Z"},
    "receiving_api.put_arrival": {"orders": ["{expected}"], "dock": "{dock}", "planned_from": f"{day(1)}T02:00:00Z"},
    "receiving_api.arrive_arrival": {"dock": "{dock}"},
    "receiving_api.unload_arrival": {"dock": "{dock}"},
    "receiving_api.finish_arrival": {"orders": [{"number": "{expected}"}]},
    "differences_api.settle_difference": {"outcome": "credited"},
    "inspections_api.post_inspection_result": {"accepted": 1},
    "plates_api.issue": {"location": "{dock}"},
    "plates_api.move": {"location": "{location}"},
    "plates_api.nest": {"onto": "{spare}"},
    "plates_api.merge": {"into": "{spare}"},
    "plates_api.split": {"sku": "TEA", "quantity": 1, "onto": "{spare}"},
    "returns_api.post_return": {
        "order": None, "consignment": None, "arrival": "{arrived}",
        "lines": [{"sku": "TEA", "quantity": 1, "lot": "L", "location": "{dock}"}],
    },
    "returns_api.link_return": {"order": "{order}"},
    "returns_api.decide_return": {"decision": "accept"},
    "putaway_api.put_rules": {"version": 0, "rules": [{"method": "empty"}]},
    "putaway_api.ask": {"sku": "TEA", "start": "{dock}"},
    "orders_api.post_inbound_order": {"kind": "purchase", "lines": [{"sku": "TEA", "quantity": 4}]},
    "orders_api.check_in_inbound_order": {"check_in": "blind"},
}  # fmt: skip
# Texts and codes that belong to no site: products, partners, lots, what people write; and numbers that are only now given.
OF_NO_SITE = {
    "sku", "unit", "lot", "partner", "supplier", "customer", "carrier", "driver", "phone", "note", "reason", "text", "plate", "sender",
    "certificate", "concession", "reference", "line", "storage_class", "abc", "zones", "start_zone", "serials", "unit_kind",
}  # fmt: skip
NEW_NUMBERS = {"receiving_api.post_arrival/number", "orders_api.post_inbound_order/number"}
# Plates that are announced: a number that stands anywhere else is refused, wherever that is.
ANNOUNCED = {"orders_api.post_inbound_order/units/sscc", "orders_api.post_inbound_order/units/parent"}
OF_A_SITE = {
    "orders": "expected", "number": "expected", "dock": "dock", "location": "location", "start": "dock", "onto": "spare", "into": "spare",
    "order": "order", "consignment": "consignment", "arrival": "arrived", "site": "site",
}  # fmt: skip


def _named(body: Any, names: dict[str, Any]) -> Any:
    if isinstance(body, dict):
        return {field: _named(value, names) for field, value in body.items() if value is not None}
    if isinstance(body, list):
        return [_named(one, names) for one in body]
    return body.format(**names) if isinstance(body, str) else body


def sent(rule: Any, side: Side) -> dict[str, Any]:
    """What an endpoint is sent with."""
    return {"json": _named(BODIES.get(rule.endpoint, {}), side.names)} if "_api" in rule.endpoint else {}


def texts(model: type[BaseModel], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields of a body that are text, as the way to them."""
    for name, info in model.model_fields.items():
        kinds = _kinds(info.annotation)
        if str in kinds:
            yield (*way, name)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from texts(kind, (*way, name))


def _kinds(annotation: Any) -> set[Any]:
    inner = typing.get_args(annotation)
    return set().union(*map(_kinds, inner)) if inner else {annotation}


def _with(body: dict[str, Any], way: tuple[str, ...], value: str, model: type[BaseModel]) -> dict[str, Any]:
    first, *rest = way
    listed = typing.get_origin(model.model_fields[first].annotation) is list
    if not rest:
        return {**body, first: [value] if listed else value}
    inner = next(kind for kind in _kinds(model.model_fields[first].annotation) if isinstance(kind, type) and issubclass(kind, BaseModel))
    kept = body.get(first) or [{}]
    assert listed
    return {**body, first: [_with(kept[0], tuple(rest), value, inner), *kept[1:]]}


# -- addresses ---------------------------------------------------------------------------------------------------------

# What stands in an address, by the room or the endpoint, as the names above.
IN_ADDRESS: dict[str, dict[str, str]] = {
    "receiving_api": {"number": "arrival"},
    "differences_api": {"number": "difference"},
    "inspections_api": {"number": "inspection"},
    "inspection_rules_api": {"number": "rule_id"},
    "plates_api": {"sscc": "sscc"},
    "returns_api": {"number": "return", "line": "=1"},
    "returns_api.carry_out_line": {"number": "scrapping", "line": "=1"},
    "orders_api": {"number": "inbound"},
    "inbound": {"number": "inbound"},
    "docks": {"number": "arrival", "step": "=arrive"},
    "differences": {"number": "difference"},
    "inspections": {"number": "inspection", "rule_id": "rule_id"},
    "plates": {"code": "sscc", "what": "=dissolve"},
    "returns": {"number": "return", "line": "=1", "decision": "=accept"},
    "returns.carry_out": {"number": "scrapping", "line": "=1"},
    "photos": {"kind": "=difference", "number": "difference", "name": "photo"},
}
# Addresses that name nothing of a site: a place in the person's own list, the form of a file.
OWN_LIST = {"putaway_rules.move", "putaway_rules.switch", "putaway_rules.delete", "putaway_rules.edit", "putaway_rules.change"}
FORMS_OF_FILES = {"plates.label_file"}


def doors(app: Application) -> list[Any]:
    """Every route of the inbound side."""
    rooms = []
    for rule in app.url_map.iter_rules():
        room, _, name = rule.endpoint.partition(".")
        if app.view_functions[rule.endpoint].__module__.startswith(ROOMS) or room in APIS or name in INBOUND_API:
            rooms.append(rule)
    return sorted(rooms, key=lambda rule: rule.rule)


def address_of(rule: Any, names: dict[str, Any], **more: str) -> str:
    """The route's address with these names in it; `more` is what stands in it as it is."""
    table = {**IN_ADDRESS.get(rule.endpoint.partition(".")[0], {}), **IN_ADDRESS.get(rule.endpoint, {})}
    table |= {name: f"={word}" for name, word in more.items()}

    def filled(found: re.Match[str]) -> str:
        assert found[1] in table, f"{rule.endpoint}: say in IN_ADDRESS what {found[1]} is"
        word = table[found[1]]
        return word[1:] if word.startswith("=") else str(names[word])

    return re.sub(r"<(?:[^:>]+:)?(\w+)>", filled, rule.rule)


def asked(side: Side, method: str, address: str, **more: Any) -> Any:
    """What somebody of this side is answered."""
    return side.api.client.open(address, method=method, headers=side.api.headers, **more)


@pytest.fixture
def language() -> str:
    """One is enough here."""
    return "en"


@pytest.fixture
def sides(app: Application, w: Warehouse) -> tuple[Side, Side]:
    """Here, and there."""
    return Side(app, w, "H-", "MAIN"), Side(app, w, "N-", "NORTH")


@pytest.mark.sqlite
def test_no_address_leads_to_another_site(sides: tuple[Side, Side], app: Application) -> None:
    here, there = sides
    before, wrong = everything(), []
    for rule in doors(app):
        if not rule.arguments or rule.endpoint in OWN_LIST | FORMS_OF_FILES:
            continue
        for method in sorted(rule.methods - {"HEAD", "OPTIONS", "PUT"}):
            address = address_of(rule, there.names)
            answer = asked(here, method, address, **sent(rule, here))
            if answer.status_code not in (404, 302 if method == "POST" and "_api" not in rule.endpoint else 404):
                wrong.append(f"{method} {address}: {answer.status} {answer.text[:300]}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, everything()) == []


@pytest.mark.sqlite
def test_the_same_addresses_lead_to_ones_own(sides: tuple[Side, Side], app: Application) -> None:
    """The proof of the proof: every page and answer that can be read is there for whom it belongs to."""
    here, _ = sides
    for rule in doors(app):
        if "GET" in rule.methods and rule.endpoint not in OWN_LIST | FORMS_OF_FILES:
            answer = asked(here, "GET", address_of(rule, here.names))
            assert answer.status_code == 200, f"{rule.rule}: {answer.status} {answer.text[:500]}"


@pytest.mark.sqlite
def test_no_list_shows_another_site(sides: tuple[Side, Side], app: Application) -> None:
    here, wrong = sides[0], []
    for rule in doors(app):
        if "GET" in rule.methods and not rule.arguments:
            for query in ("", "?q=N-", "?status=", "?export=csv", "?move=N-AR", "?inbound_order=N-PO", "?order=N-SO", "?dock=N-DOCK-1"):
                answer = asked(here, "GET", rule.rule + query)
                page = re.sub(r"<textarea.*?</textarea>|<input[^>]*>|<option[^>]*>|(?:href|hx-get)=\"[^\"]*\"", "", answer.text)
                if answer.status_code >= 500 or "N-PLATE" in page or re.search(r"N-(AR|PO|SO|LOT|DOCK|A-0|CONS|sender)", page):
                    wrong.append(f"{rule.rule}{query}: {answer.status} {re.findall(r'.{60}N-[A-Z].{30}', page)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.sqlite
def test_no_body_reaches_another_site(sides: tuple[Side, Side], app: Application) -> None:
    here, there = sides
    models = {f"{one.room}_api.{one.name}": one.body for one in app.extensions["wms_endpoints"]}
    before, wrong = everything(), []
    for rule in doors(app):
        model = models.get(rule.endpoint)
        if model is None:
            continue
        body = sent(rule, here)["json"]
        for way in texts(model):
            place = f"{rule.endpoint}/{'/'.join(way)}"
            if way[-1] in OF_NO_SITE or place in NEW_NUMBERS | ANNOUNCED:
                continue
            assert way[-1] in OF_A_SITE, f"{place}: say whether it belongs to a site"
            (method,) = rule.methods - {"HEAD", "OPTIONS"}
            foreign = _with(body, way, str(there.names[OF_A_SITE[way[-1]]]), model)
            answer = asked(here, method, address_of(rule, here.names), json=foreign)
            if answer.status_code not in (404, 409, 422) or not answer.get_json()["code"].endswith(("unknown", "not_found")):
                wrong.append(f"{place}: {answer.status} {answer.text[:300]}")
            if changed(before, everything()):
                wrong.append(f"{place}: {changed(before, before := everything())} changed")
    assert not wrong, "\n".join(wrong)


@pytest.mark.sqlite
def test_the_same_bodies_are_understood_at_home(sides: tuple[Side, Side], app: Application) -> None:
    """The proof of the proof: with one's own names each call is done, or refused for another reason than that nobody knows them."""
    here, _ = sides
    rules = [rule for rule in doors(app) if rule.endpoint in BODIES]
    assert {rule.endpoint for rule in rules} == set(BODIES)
    for rule in rules:
        (method,) = rule.methods - {"HEAD", "OPTIONS"}
        answer = asked(here, method, address_of(rule, here.names), **sent(rule, here))
        code = (answer.get_json() or {}).get("code") or ""
        understood = answer.status_code in (200, 201, 409) and not code.endswith("unknown")
        assert understood, f"{rule.endpoint}: {answer.status} {answer.text[:300]}"


# -- forms -------------------------------------------------------------------------------------------------------------

# What each form of the desk is sent with; of the fields after the bar, each in turn names something of the other site.
FORMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "docks.create": ({"orders": "{expected}", "dock": "{dock}", "day": day(1), "at": "10:00"}, ("orders", "dock")),
    "docks.change": ({"orders": "{expected}", "dock": "{dock}", "day": day(1), "at": "10:00"}, ("orders", "dock")),
    "docks.walk_in": ({"orders": "{expected}", "dock": "{dock}", "plate": "H-9"}, ("orders", "dock")),
    "docks.take_step": ({"dock": "{dock}"}, ("dock",)),
    "docks.move": ({"dock": "{dock}", "at": f"{day(1)}T02:00:00+00:00"}, ("dock",)),
    "docks.rest": ({"order": "{expected}"}, ("order",)),
    "plates.issue": ({"count": "1", "location": "{dock}"}, ("location",)),
    "plates.act": ({}, ()),
    "returns.create": ({"line_sku": "TEA", "line_quantity": "1", "line_lot": "L", "line_location": "{location}"}, ("line_location",)),
    "returns.link": ({"order": "{order}"}, ("order",)),
    "differences.hand": ({"to": "{person}"}, ("to",)),
    "inbound.create": ({"kind": "purchase", "sku": "TEA", "quantity": "1"}, ()),
}
FIELDS = {"orders": "expected", "line_location": "location", "to": "person", "onto": "spare"}
# Forms that name nothing of a site but in their address.
PLAIN_FORMS = {
    "docks.cancel", "differences.take", "differences.settle", "inspections.result", "inspections.certificate", "inspections.drop",
    "inspections.add", "inspections.change", "inspections.move", "returns.decide", "returns.carry_out", "returns.undo", "returns.close",
    "inbound.arrive", "inbound.choose_check_in", "inbound.close_order", "photos.add", "photos.take_away",
    "putaway_rules.create", "putaway_rules.usual", *(OWN_LIST - {"putaway_rules.edit"}),
}  # fmt: skip
ACTS = {"split": "onto", "on": "onto", "merge": "onto", "move": "location"}


def forms(app: Application) -> Iterator[tuple[Any, dict[str, str], str, dict[str, str]]]:
    """Each form with a field that names something of a site: the route, its fields, that field, and what stands in the address."""
    for rule in doors(app):
        if "POST" not in rule.methods or rule.endpoint.partition(".")[0].endswith("_api") or rule.endpoint in PLAIN_FORMS:
            continue
        assert rule.endpoint in FORMS, f"{rule.endpoint}: say in FORMS what it is sent with"
        fields, foreign = FORMS[rule.endpoint]
        if rule.endpoint == "plates.act":
            for what, name in ACTS.items():
                yield rule, {"sku": "TEA", "quantity": "1", name: "{spare}" if name == "onto" else "{dock}"}, name, {"what": what}
        for name in foreign:
            yield rule, fields, name, {}


def _said(page: str) -> str:
    """The words of a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def _unknown(answer: Any, side: Side) -> str | None:
    """What the desk says of a name that nobody knows; None where it does not say so."""
    page = answer.text if answer.status_code == 422 else asked(side, "GET", answer.headers["Location"]).text
    found = re.search(r"There is no \w+ \S+|No order is known by \S+|Say to whom it goes", _said(page))
    return found[0] if found else None


@pytest.mark.sqlite
def test_no_form_reaches_another_site(sides: tuple[Side, Side], app: Application) -> None:
    here, there = sides
    before, wrong = everything(), []
    for rule, fields, name, more in forms(app):
        named = {one: text.format(**here.names) for one, text in fields.items()} | {name: str(there.names[FIELDS.get(name, name)])}
        answer = asked(here, "POST", address_of(rule, here.names, **more), data={**named, "seen": here.seen()})
        if answer.status_code not in (302, 422) or _unknown(answer, here) is None:
            wrong.append(f"{rule.rule} {named}: {answer.status} {_said(answer.text)[:300]}")
        if changed(before, everything()):
            wrong.append(f"{rule.rule} {named}: {changed(before, before := everything())} changed")
    for rule, fields, _, more in forms(app):
        named = {one: text.format(**here.names) for one, text in fields.items()}
        answer = asked(here, "POST", address_of(rule, here.names, **more), data={**named, "seen": here.seen()})
        if answer.status_code not in (302, 422) or _unknown(answer, here) is not None:
            wrong.append(f"{rule.rule} {named}: {answer.status} {_unknown(answer, here)}, although it is here")
    assert not wrong, "\n".join(wrong)


@pytest.mark.sqlite
def test_papers_and_labels_of_another_site_do_not_exist(sides: tuple[Side, Side]) -> None:
    here, there = sides
    numbers = [str(value) for name, value in here.names.items() if name not in ("site", "rule_id", "photo")]
    other = [str(value) for name, value in there.names.items() if name not in ("site", "rule_id", "photo")]
    for form, kinds in (("documents", PAPERS), ("labels", LABELS)):
        for kind in sorted(set(kinds) - {"commands", "person", "product", "address"}):
            for ours, theirs in zip(numbers, other, strict=True):
                assert asked(here, "GET", f"/{form}/{kind}/{theirs}.pdf").status_code == 404, (kind, theirs)
                assert asked(here, "GET", f"/{form}/{kind}/{ours}.pdf").status_code in (200, 404, 409), (kind, ours)
    run = f"/labels/plates.pdf?first={there.names['empty']}&last={there.names['spare']}"
    assert asked(there, "GET", run).data.startswith(b"%PDF")
    assert not asked(here, "GET", run).data.startswith(b"%PDF")


@pytest.mark.sqlite
def test_a_person_of_one_site_cannot_name_the_other(sides: tuple[Side, Side], app: Application) -> None:
    here, _ = sides
    before = everything()
    for rule in doors(app):
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            address = "/x" if rule.endpoint in OWN_LIST | FORMS_OF_FILES else address_of(rule, here.names)
            assert asked(here, method, f"{address}?site=NORTH", **sent(rule, here)).status_code == 404, address
    assert changed(before, everything()) == []


@pytest.mark.sqlite
def test_a_number_that_no_row_can_have_is_simply_not_there(sides: tuple[Side, Side], app: Application) -> None:
    here, _ = sides
    for rule in doors(app):
        for number in ("9" * 18, "9223372036854775808", "9" * 4400) if "<int:" in rule.rule else ():
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                answer = asked(here, method, address_of(rule, here.names, rule_id=number, line=number, number=number, state="on", way="up"))
                assert answer.status_code in (302, 404, 405, 422), (rule.rule, number, answer.status)
