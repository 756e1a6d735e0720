"""Who plays in a journey and where: a house with its goods, people at the desk, people on the floor with a scanner.

Everything here goes over HTTP. A `Handheld` works the pages as a browser without JavaScript does, a `Terminal` the same screens as
JSON; both are a `Scanner`, so a story does not care which of the two somebody carries.
"""

from __future__ import annotations

import datetime as dt
import html
import itertools
import re
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.http import Api, Client
from tests.printing.reading import text_of
from tests.web.desk import Desk, token_of
from wms import clock, db
from wms.actor import Role
from wms.stock.models import Movement, Stock

GS = "\x1d"
_keys = itertools.count(1)


def day(offset: int) -> str:
    """So many days from today, as it is typed."""
    return (clock.today() + dt.timedelta(days=offset)).isoformat()


def gs1(gtin: str, *, lot: str | None = None, expires_on: str | None = None, quantity: int | None = None) -> str:
    """What a scanner sends for one GS1-128 label."""
    text = "]C101" + gtin.zfill(14)
    text += f"17{expires_on.replace('-', '')[2:]}" if expires_on else ""
    text += f"37{quantity}{GS if lot else ''}" if quantity else ""
    return text + (f"10{lot}" if lot else "")


# -- screens -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screen:
    """What somebody sees on a scanner, whichever face it came by."""

    flow: str
    step: str
    version: int
    title: str
    prompt: str
    expected: str | None
    tone: str
    code: str | None
    text: str
    detail: str
    facts: dict[str, str]
    actions: dict[str, str]
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What happened and what to do."""
        return f"{self.text} {self.detail}".strip()


def _first(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip() if found else ""


def read_page(page: str) -> Screen:
    """The screen on a page."""
    root = re.search(r'<main id="screen"[^>]*>', page)
    assert root, f"no scanner screen on this page: {page[:1500]}"
    facts = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    plain = {label: " ".join(re.sub(r"<[^>]+>", " ", html.unescape(value)).split()) for label, value in facts}
    message = re.search(r'<div class="message" data-tone="\w+" role="\w+"( data-code="(\w+)")?>', page)
    return Screen(
        flow=_first(r'data-flow="([^"]*)"', root.group()),
        step=_first(r'data-step="([^"]*)"', root.group()),
        version=int(_first(r'data-version="([^"]*)"', root.group())),
        title=_first(r'<span class="title">(.*?)</span>', page),
        prompt=_first(r'<h1 class="prompt"[^>]*aria-label="([^"]*)"', page),
        expected=_first(r'data-expected="([^"]*)"', root.group()) or None,
        tone=_first(r'data-tone="([^"]*)"', root.group()),
        code=message.group(2) if message else None,
        text=_first(r'<p class="text">(.*?)</p>', page),
        detail=_first(r'<p class="detail">(.*?)</p>', page),
        facts=plain,
        actions={html.unescape(scan): _first(r"(.*)", label) for scan, label in _buttons(page)},
        printed=dict(re.findall(r'<a href="(?:/documents|/labels)/([^/]+)/[^"]*"[^>]*>.*?<small title="(.*?)">', page, re.DOTALL)),
    )


def _buttons(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<button class="button" name="scan" value="([^"]*)">(.*?)</button>', page, re.DOTALL)


def read_json(one: dict[str, Any]) -> Screen:
    """The same screen as JSON."""
    message = one["message"]
    return Screen(
        flow=one["flow"],
        step=one["step"],
        version=one["version"],
        title=one["title"],
        prompt=one["prompt"],
        expected=one["expected"],
        tone=message["tone"],
        code=message["code"],
        text=message["text"],
        detail=message["detail"] or "",
        facts={fact["label"]: f"{fact['value']} {fact['detail'] or ''}".strip() for fact in one["facts"]},
        actions={action["scan"]: action["label"] for action in one["actions"]},
        printed={paper["kind"]: paper["number"] for paper in one["printed"]},
    )


class Scanner:
    """Somebody with a scanner in one flow."""

    screen: Screen
    flow = ""
    status = 200

    def look(self, flow: str | None = None) -> Screen:
        """Takes up a flow, or looks at the screen again."""
        self.flow = flow or self.flow
        self.screen = self._shown()
        return self.screen

    def send(self, text: str, *, key: str | None = None, version: int | None = None) -> Screen:
        """One scan, whatever comes of it."""
        self.screen = self._sent(text, key, self.screen.version if version is None else version)
        self.flow = self.screen.flow
        return self.screen

    def scan(self, *texts: Any) -> Screen:
        """Scans that the house takes."""
        for text in texts:
            before = self.screen
            self.send(str(text))
            assert self.status == 200, f"{self.flow}/{before.step} {text!r}: {self.status} {self.screen}"
            assert self.screen.tone != "stop", f"{self.flow}/{before.step} {text!r}: {self.screen.code}: {self.screen.said}"
        return self.screen

    def refused(self, text: str, code: str | None = None, *words: str) -> Screen:
        """A scan that the house refuses: the same step in red, one version on, with what to do."""
        before = self.screen
        self.send(text)
        assert (self.status, self.screen.tone) == (200, "stop"), f"{self.flow}/{before.step} {text!r} was taken: {self.screen}"
        assert (self.screen.step, self.screen.version) == (before.step, before.version + 1)
        assert self.screen.code, f"{self.flow}/{before.step} {text!r}: refused without a code"
        assert self.screen.text, f"{self.flow}/{before.step} {text!r}: refused without a word"
        assert self.screen.detail, f"{self.flow}/{before.step} {text!r}: what to do is not said"
        assert code in (None, self.screen.code), f"{self.flow}/{before.step} {text!r}: {self.screen.code}: {self.screen.said}"
        for word in words:
            assert word in self.screen.said, f"{word!r} is not in {self.screen.said!r}"
        return self.screen

    def doubted(self, text: str, code: str) -> Screen:
        """A scan that the house asks about: the same text again will confirm it."""
        before = self.screen
        self.send(text)
        assert (self.screen.step, self.screen.tone, self.screen.code) == (before.step, "ask", code), self.screen
        return self.screen

    def _shown(self) -> Screen:
        raise NotImplementedError

    def _sent(self, text: str, key: str | None, version: int) -> Screen:
        raise NotImplementedError


class Handheld(Scanner):
    """A device on the floor: enrolled by a code from the desk; a person signs in with badge and PIN. Pages, no JavaScript."""

    def __init__(self, app: Flask, code: str) -> None:
        self.client: Any = app.test_client()
        self._form("/enrol", code=code)
        assert self.last.status_code == 302, self.last.text[:1500]

    def sign_in(self, badge: str, pin: str) -> Any:
        """Badge, then PIN."""
        self._form("/sign-in", badge=badge)
        self._form("/sign-in", badge=badge, pin=pin)
        return self.last

    def get(self, path: str) -> Any:
        """Any page, as it is answered."""
        return self.client.get(path)

    def _form(self, path: str, **fields: str) -> None:
        page = self.client.get(path).text
        self.last = self.client.post(path, data={"csrf_token": token_of(page), **fields})

    def _shown(self) -> Screen:
        self.last = self.client.get(f"/scan/{self.flow}")
        assert self.last.status_code == 200, f"/scan/{self.flow}: {self.last.status} {self.last.headers.get('Location')}"
        self.token = token_of(self.last.text)
        return read_page(self.last.text)

    def _sent(self, text: str, key: str | None, version: int) -> Screen:
        fields = {"csrf_token": self.token, "scan": text, "version": str(version), "key": key or ""}
        self.last = self.client.post(f"/scan/{self.flow}", data=fields, follow_redirects=True)
        self.status = self.last.status_code
        return read_page(self.last.text)


class Terminal(Scanner):
    """A terminal of somebody else's make that works the same screens as JSON, with a token."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def get(self, path: str) -> Any:
        """Any address, as it is answered."""
        return self.api.client.get(path, headers=self.api.headers)

    def _shown(self) -> Screen:
        self.last = self.get(f"/api/v1/scan/{self.flow}")
        assert self.last.status_code == 200, f"{self.flow}: {self.last.status} {self.last.text[:500]}"
        return read_json(self.last.get_json())

    def _sent(self, text: str, key: str | None, version: int) -> Screen:
        body = {"scan": text, "version": version, "key": key or f"t{next(_keys)}"}
        self.last = self.api.client.post(f"/api/v1/scan/{self.flow}", json=body, headers=self.api.headers)
        self.status = self.last.status_code
        answer = self.last.get_json()
        assert "step" in (answer or {}), f"{self.flow} {text[:80]!r}: {self.last.status} {self.last.text[:500]}"
        return read_json(answer)


# -- the house ---------------------------------------------------------------------------------------------------------

PRODUCTS: dict[str, dict[str, Any]] = {
    "TEA": {"names": {"en": "Green tea", "zh_CN": "绿茶"}, "tracking": "lot", "barcodes": ["6901234567892"], "weight_grams": 250},
    "MILK": {
        "names": {"en": "Milk", "zh_CN": "牛奶"},
        "tracking": "expiry",
        "rotation": "fefo",
        "barcodes": ["6900000000021"],
        "weight_grams": 1000,
    },
    "NUT": {
        "names": {"en": "Walnuts", "zh_CN": "核桃"},
        "barcodes": ["6900000000038"],
        "packagings": [{"unit": "case", "quantity": 12, "barcode": "16900000000035"}],
        "weight_grams": 500,
    },
    "SOAP": {
        "names": {"en": "Soap", "zh_CN": "香皂"},
        "barcodes": ["6900000000045"],
        "packagings": [{"unit": "case", "quantity": 12, "barcode": "16900000000042"}],
        "weight_grams": 100,
    },
}
EAN = {sku: facts["barcodes"][0] for sku, facts in PRODUCTS.items()}
ADDRESS = {"name": "李雷", "phone": "13900000000", "street": "南京路 2 号", "city": "上海", "country": "CN"}
PIN = "4711"


class House:
    """A small warehouse made through the API, with a desk for each role and scanners for the floor, all in one language.

    `prefix` stands before the names of its places, where there is a second house on another site.
    """

    def __init__(self, app: Flask, language: str, *, site_id: int | None = None, prefix: str = "") -> None:
        self.app, self.language, self.site_id, self.prefix = app, language, site_id, prefix
        self.api = self._token(Role.ADMIN)
        self._desks: dict[str, Desk] = {}
        self._crew: dict[Role, Terminal] = {}
        self._people = itertools.count(1)

    def say(self, en: str, zh: str) -> str:
        """What people of this house read."""
        return zh if self.language == "zh_CN" else en

    # people

    def _desk_of(self, role: Role, name: str) -> Desk:
        client = self.app.test_client()
        assert isinstance(client, Client)
        return Desk(client, role, name=name, language=self.language)

    def _token(self, role: Role) -> Api:
        return Api(self.app, role, language=self.language.replace("_", "-"), site_id=self.site_id)

    @property
    def admin(self) -> Desk:
        """The administrator's desk."""
        return self.desk(Role.ADMIN)

    def desk(self, role: Role) -> Desk:
        """The desk of somebody of this role, signed in."""
        if role.value not in self._desks:
            self._desks[role.value] = self._desk_of(role, f"desk-{role.value}")
        return self._desks[role.value]

    def badge(self, *roles: Role, name: str | None = None) -> str:
        """Somebody new on the floor, taken on at the desk; their badge."""
        number = next(self._people)
        name = name or f"worker{number}"
        badge = f"B{number:04d}"
        wanted = [role.value for role in roles]
        self.admin.post(
            "/people/new",
            code=name,
            name=name.title(),
            roles=wanted,
            badge=badge,
            pin=PIN,
            language=self.language,
            active="1",
            this_site="1",
        )
        return badge

    def device(self) -> Handheld:
        """A handheld that the administrator has let in; nobody is signed in on it."""
        self.admin.post("/devices", name="Handheld")
        return Handheld(self.app, self.admin.last.headers["Location"].split("code=")[1])

    def worker(self, *roles: Role, name: str | None = None, badge: str | None = None) -> Handheld:
        """Somebody with a handheld, signed in by badge and PIN."""
        badge = badge or self.badge(*roles, name=name)
        device = self.device()
        assert device.sign_in(badge, PIN).status_code == 302
        return device

    def terminal(self, role: Role) -> Terminal:
        """A terminal with a token of this role."""
        return Terminal(self._token(role))

    def crew(self, role: Role) -> Terminal:
        """The one terminal that does what a story does not tell of."""
        if role not in self._crew:
            self._crew[role] = self.terminal(role)
        return self._crew[role]

    # places, goods, partners

    def build(self) -> House:
        """A dock, eight bins, a face for SOAP, a bench, a door, and partners."""
        for sku, facts in PRODUCTS.items():
            size = {"length_mm": 100, "width_mm": 80, "height_mm": 60}
            self.api.put(f"/products/{sku}", {"name": facts["names"]["en"], **size, **facts})
        self.place("DOCK-1", "dock", x=0)
        for number in range(1, 9):
            self.place(f"A-{number:02d}", "storage", x=1000, y=1000 * number)
        self.place("F-01", "pick_face", x=3000, assigned={"sku": "SOAP", "minimum": 12, "maximum": 36})
        for code, kind in (("PACK-1", "packing"), ("DOOR-1", "door"), ("DEF-1", "defect"), ("INSP-1", "inspection")):
            self.place(code, kind, x=9000)
        self.partner("FARM", "supplier")
        self.partner("SHOP", "customer")
        self.partner("SWIFT", "carrier")
        return self

    def place(self, code: str, kind: str, *, x: int = 0, y: int = 0, **facts: Any) -> None:
        """One location."""
        self.api.put(f"/locations/{self.prefix}{code}", {"kind": kind, "zone": "Z", "x_mm": x, "y_mm": y, "z_mm": 0, **facts})

    def partner(self, code: str, kind: str, **facts: Any) -> None:
        """A customer, supplier or carrier."""
        self.api.put(f"/partners/{code}", {"kind": kind, "name": code.title(), "address": ADDRESS, **facts})

    def opening(self, sku: str, quantity: int, at: str, *, lot: str | None = None, received_on: str | None = None, **facts: Any) -> None:
        """Stock with its real age, as it comes in when the system is taken into use."""
        body = {"sku": sku, "location": at, "quantity": quantity, "reason": "opening", "lot": lot, "received_on": received_on, **facts}
        self.api.post("/stock/adjustments", {name: value for name, value in body.items() if value is not None})

    def totes(self, count: int, *, at: str = "PACK-1") -> list[str]:
        """So many empty totes, labelled at the desk; their numbers."""
        made = self.api.post("/handling-units", {"kind": "tote", "count": count, "location": f"{self.prefix}{at}"})
        return list(made["handling_units"])

    # orders

    def announce(self, number: str, *lines: dict[str, Any], **facts: Any) -> None:
        """Goods that will come."""
        body = {"number": number, "kind": "purchase", "partner": "FARM", "expected_on": day(0), "lines": list(lines), **facts}
        self.api.post("/inbound-orders", body, status=201)

    def order(self, number: str, **facts: Any) -> dict[str, Any]:
        """An order as sales sends it; words in capitals are its lines: TEA=10."""
        lines = [{"sku": name, "quantity": quantity} for name, quantity in facts.items() if name.isupper()]
        more = {name: value for name, value in facts.items() if not name.isupper()}
        body = {"number": number, "customer": "SHOP", "kind": "ship_first", "carrier": "SWIFT", "lines": lines, **more}
        return self.api.post("/orders", body, status=201)  # type: ignore[no-any-return]

    def planned(self, number: str, **facts: Any) -> str:
        """An order with a pick list; the list's number."""
        self.order(number, **facts)
        assert self.act(number, "release")["status"] == "released"
        return str(self.api.post("/waves", {"orders": [number]})["pick_lists"][0]["number"])

    def act(self, number: str, verb: str, **body: Any) -> dict[str, Any]:
        """One step with an order; the order."""
        return self.api.post(f"/orders/{number}/{verb}", body)  # type: ignore[no-any-return]

    def see(self, number: str) -> dict[str, Any]:
        """An order as the API shows it."""
        return self.api.get(f"/orders/{number}")  # type: ignore[no-any-return]

    def status(self, number: str) -> str:
        """Where an order is."""
        return str(self.see(number)["status"])

    def lines(self, number: str, counter: str) -> list[int]:
        """One counter of each line of an order."""
        return [line[counter] for line in self.see(number)["lines"]]

    # what the crew does without much ado

    def pick(self, number: str) -> None:
        """The order's list is picked as it says."""
        picker = self.crew(Role.PICKER)
        picker.look("pick")
        picker.scan(number)
        while picker.screen.step != "document":
            picker.scan(picker.screen.expected)

    def pack(self, number: str) -> str:
        """Everything picked goes into one carton, which is returned."""
        packer = self.crew(Role.PACKER)
        packer.look("pack")
        packer.scan(number)
        for line in self.see(number)["lines"]:
            if line["picked"] == line["packed"]:
                continue
            packer.scan(EAN[line["sku"]])
            if packer.screen.step == "quantity":
                packer.scan(packer.screen.expected)
        packer.scan("CMD:DONE")
        return packer.screen.printed["handling-unit"]

    def load(self, number: str, carton: str, *, close: bool = False) -> str:
        """The carton goes on a truck of its own; the gate pass, once the truck is closed."""
        plan = self.api.post("/loads", {"carrier": "SWIFT", "door": f"{self.prefix}DOOR-1", "plate": "沪B1", "orders": [number]})
        dispatcher = self.crew(Role.DISPATCHER)
        dispatcher.look("load")
        dispatcher.scan(plan["number"], carton)
        if not close:
            dispatcher.scan("CMD:CANCEL")
            return ""
        dispatcher.scan("SEAL-1")
        return dispatcher.screen.printed["gate-pass"]

    def let_out(self, gate_pass: str) -> None:
        """The guard looks and lets the truck go."""
        guard = self.crew(Role.GATE)
        guard.look("gate")
        guard.scan(gate_pass, gate_pass)

    def put_everything_away(self) -> int:
        """Somebody works the putaway flow until nothing waits; how often goods were put down."""
        receiver = self.crew(Role.RECEIVER)
        receiver.look("putaway")
        done = 0
        while True:
            receiver.send("CMD:NEXT")
            if receiver.screen.tone == "stop":
                assert receiver.screen.code == "no_work", receiver.screen
                return done
            receiver.scan(receiver.screen.expected)
            if receiver.screen.step == "quantity":  # what goes back is counted
                receiver.scan(receiver.screen.expected)
            assert receiver.screen.expected, f"no place was suggested: {receiver.screen}"
            receiver.scan(receiver.screen.expected)
            done += 1

    # what there is

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        """The stock rows inside the house."""
        items = self.api.get("/stock", **query)["items"]
        return [row for row in items if not row["location"].startswith("@") and row["on_hand"]]

    def on_hand(self, sku: str, **query: Any) -> int:
        """How much of a product is in the house."""
        return sum(row["on_hand"] for row in self.rows(sku=sku, **query))

    def paper(self, kind: str, number: str) -> str:
        """The text of a printed paper; both scripts are on it."""
        answer = self.api.client.get(f"/documents/{kind}/{number}.pdf", headers=self.api.headers)
        assert answer.status_code == 200, f"{kind} {number}: {answer.status} {answer.text[:500]}"
        assert answer.data.startswith(b"%PDF")
        return " ".join("\n".join(text_of(answer.data)).split())

    def ledger(self) -> tuple[Any, ...]:
        """Everything that a refusal must leave as it was: the movements and every stock row."""
        db.session.rollback()
        moved = db.session.execute(sa.select(sa.func.count(Movement.id), sa.func.coalesce(sa.func.max(Movement.id), 0))).one()
        rows = db.session.execute(sa.select(Stock.id, Stock.on_hand, Stock.reserved, Stock.condition).order_by(Stock.id)).all()
        db.session.rollback()
        return (tuple(moved), tuple(tuple(row) for row in rows))
