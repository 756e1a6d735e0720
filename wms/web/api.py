"""How a story declares its API endpoints; the only wrapper between HTTP and an operation.

    api = Api("orders")                                   # in wms/orders/api.py; app.py registers `api`

    class LineIn(Body):                                   # unknown fields are refused, with their pointer
        line: Label                                       # Code, Label, Words, Quantity, Count, … are below
        sku: Code
        quantity: Quantity

    class OrderIn(Body):
        number: Code
        site: Code | None = None                          # a body with `site` acts there: actor() already says so
        lines: list[LineIn] = Field(min_length=1, max_length=1000)

    class OrdersQuery(Paging):                            # query arguments; Paging brings cursor and limit
        status: OrderStatus | None = None

    @api.post("/orders", Permission.ENTER_ORDERS, body=OrderIn, answer=OrderOut, status=201)
    def take_in(body: OrderIn) -> OrderOut:
        '''Takes in an order.'''                          # first sentence: the summary in the documentation
        return shown(orders.take_in(..., by=actor()))

    @api.get("/orders", Permission.SEE_ORDERS, query=OrdersQuery, answer=Items[OrderOut])
    def listing(query: OrdersQuery) -> Items[OrderOut]:
        '''The orders, oldest first.'''
        rows = queries.orders(..., after=query.after, limit=query.limit + 1)
        return page(rows, query, by_id=lambda row: row.id, show=shown)

    @api.get("/orders/<path:number>", Permission.SEE_ORDERS, answer=OrderOut)
    def one(number: str) -> OrderOut: ...

What the wrapper does: permission (the guard), content type, JSON, the model, the transaction (POST, PUT and DELETE run inside
`with transaction():`, so the function never opens one), the Idempotency-Key of a POST in that same transaction, and the answer.
A function returns a model, or (model, status). Refusals are raised and become problem+json. `own_transaction=True` is for the scan
engine alone, which has its own transaction and keys: its function opens the transaction itself; and for a POST that only looks.

    @api.post("/waves", Permission.PLAN_WORK, body=WaveIn, answer=WaveOut, status=201, prepare=advised)
    def plan(body: WaveIn, prepared: Advice | None) -> WaveOut: ...

`prepare` is for what takes its time and books nothing: it is called with the body before the transaction begins, and not at all where
the key has its answer already. The function gets what came of it, or None where it failed: then it does without.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import structlog
from flask import Blueprint, Response, g, request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from wms.actor import Permission
from wms.db import session, transaction
from wms.errors import Invalid, WarehouseError
from wms.i18n import T
from wms.web import access, idempotency
from wms.web.described import described
from wms.web.problems import BodyInvalid, BodyMalformed, MediaTypeWrong

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

log = structlog.get_logger("wms.api")
PREFIX = "/api/v1"
LARGEST = 10**12
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text_only(value: Any) -> Any:
    """The value, unless it (or one in a list) carries control characters."""
    if isinstance(value, str) and _CONTROL.search(value):
        raise PydanticCustomError("control_character", "Control characters are not text")
    if isinstance(value, list):
        for one in value:
            text_only(one)
    return value


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value or "\t" in value:
        raise PydanticCustomError("control_character", "A code is one line of text")
    return value


# The words that bodies and queries are made of.
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_one_line)]
"""A code or number: case-insensitive, kept as given, trimmed."""
UnitCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_one_line)]
"""The code of a handling unit: an SSCC, or whatever else its label says."""
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), BeforeValidator(_number_as_text)]
"""A short name such as a bay, a level or an order line; numbers are taken as text."""
Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
"""A reason that stands beside each movement in the journal."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
"""Free text: notes, a reason that is told in a timeline."""
Quantity = Annotated[int, Field(ge=1, le=LARGEST)]
"""A positive whole number in the base unit (or of the packaging that `unit` names)."""
Count = Annotated[int, Field(ge=0, le=LARGEST)]
"""A whole number from zero."""
Signed = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
"""A whole number, below zero too."""


def _in_utc(value: dt.datetime) -> dt.datetime:
    try:
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise PydanticCustomError("datetime_range", "The time is out of range") from None


Moment = Annotated[dt.datetime, AfterValidator(_in_utc)]
"""A time, RFC 3339; without a zone it is taken as UTC."""


class Body(BaseModel):
    """A request body or a part of it: unknown fields are errors, text is text, numbers are not guessed from strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, json_schema_extra=described)

    @field_validator("*", mode="after")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        return text_only(value)


class Nothing(Body):
    """An empty body."""


class Reason(Body):
    """Why it is done."""

    reason: Words | None = None
    """In words that people read later in the timeline; null or left out: nobody said."""


class Answer(BaseModel):
    """An answer or a part of it."""

    model_config = ConfigDict(frozen=True, json_schema_extra=described)


T_ = TypeVar("T_")


class Items(Answer, Generic[T_]):
    """One page of a list; `next` goes back as `cursor`, null at the end."""

    items: list[T_]
    """What stands on this page."""
    next: str | None = None
    """Goes back as `cursor` for the page after it; null at the end."""


class Paging(Body):
    """The query arguments of every list."""

    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)
    site: Code | None = None

    @property
    def after(self) -> int:
        """The id after which the page begins; 0 at the start. Raises CursorWrong."""
        if not self.cursor:
            return 0
        try:
            found = int(base64.urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)).decode("ascii"))
        except ValueError:
            found = -1
        if not 0 <= found < 2**63:
            raise CursorWrong(pointer="/cursor", cursor=self.cursor[:40])
        return found


class CursorWrong(Invalid):
    """The cursor is none that a list has answered."""

    code = "cursor_wrong"
    sentence = T("{cursor} is not a cursor of this list", "{cursor} 不是此列表的游标")
    advice = T("Take `next` from the page before, or start without one", "请使用上一页返回的 next，或不带游标重新开始")


def page(rows: Sequence[R], query: Paging, *, by_id: Callable[[R], int], show: Callable[[R], T_]) -> Items[T_]:
    """A page of at most `query.limit` rows; give one row more to tell that there is a next page."""
    more = len(rows) > query.limit
    kept = rows[: query.limit]
    return Items(items=[show(row) for row in kept], next=cursor_after(by_id(kept[-1])) if more else None)


def cursor_after(number: int) -> str:
    """The cursor of the page that begins after this id; `Paging.after` reads it."""
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Endpoint:
    """What the documentation knows of one endpoint."""

    method: str
    rule: str
    name: str
    room: str
    permission: Permission
    summary: str
    description: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: Any
    status: int
    keyed: bool
    conflict: bool = False
    """Whether 409 may also be the answer itself, as it is now."""
    known: bool = False
    """Whether 200 is the answer for what was there already."""


class Api(Blueprint):
    """The API endpoints of one story."""

    def __init__(self, room: str) -> None:
        super().__init__(f"{room}_api", __name__, url_prefix=PREFIX)
        self.room = room
        self.endpoints: list[Endpoint] = []

    def get(self, rule: str, permission: Permission, **more: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Declares a read."""
        return self._declare("GET", rule, permission, **more)

    def post(self, rule: str, permission: Permission, **more: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Declares an act; takes an Idempotency-Key."""
        return self._declare("POST", rule, permission, **more)

    def put(self, rule: str, permission: Permission, **more: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Declares the creation or replacement of a whole resource."""
        return self._declare("PUT", rule, permission, **more)

    def delete(self, rule: str, permission: Permission, **more: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Declares a removal."""
        return self._declare("DELETE", rule, permission, **more)

    def _declare(
        self,
        method: str,
        rule: str,
        permission: Permission,
        *,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        answer: Any = None,
        status: int = 200,
        own_transaction: bool = False,
        prepare: Callable[[Any], Any] | None = None,
        conflict: bool = False,
        known: bool = False,
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            summary, _, rest = (function.__doc__ or function.__name__).strip().partition("\n")
            keyed = method == "POST" and not own_transaction
            told = (method, rule, function.__name__, self.room, permission, summary, rest.strip(), body, query, answer, status, keyed)
            self.endpoints.append(Endpoint(*told, conflict, known))

            def view(**arguments: Any) -> Response:
                if body is not None:
                    arguments["body"] = read_body(body)
                    _act_at_site(arguments["body"])
                if query is not None:
                    arguments["query"] = read_query(query)

                def work() -> tuple[int, str]:
                    return _written(function(**arguments), status)

                if method == "GET" or own_transaction:
                    code, text = work()
                    return _response(code, text)
                key = request.headers.get("Idempotency-Key") if keyed else None
                if key is None:
                    if prepare is not None:
                        arguments["prepared"] = prepared(prepare, arguments["body"])
                    with transaction():
                        code, text = work()
                    return _response(code, text)
                who = _who()
                with idempotency.held(who, key):
                    if prepare is not None:
                        known = idempotency.is_known(who, key)
                        arguments["prepared"] = None if known else prepared(prepare, arguments["body"])
                    with transaction():
                        code, text, again = idempotency.once(who, key, work)
                return _response(code, text, again)

            view.__name__ = function.__name__
            view.__doc__ = function.__doc__
            view.allows = permission  # type: ignore[attr-defined]
            self.add_url_rule(rule, endpoint=function.__name__, view_func=view, methods=[method])
            return function

        return register


def prepared(prepare: Callable[..., Any], *arguments: Any) -> Any:
    """What was prepared, once per request however often its transaction is tried; None where that failed."""
    if "prepared" not in g:
        try:
            g.prepared = prepare(*arguments)
        except Exception as failure:
            if not isinstance(failure, WarehouseError):
                log.exception("preparation_failed")
            session.rollback()
            g.prepared = None
    return g.prepared


class CodeWrong(Invalid):
    """The code in the address is none."""

    code = "code_wrong"
    sentence = T("{code} is not a code: one line of at most 80 characters", "{code} 不是有效编码：须为一行，最多 80 个字符")


def code_in_address(code: str) -> str:
    """A code as it came in the address, trimmed; raises CodeWrong."""
    trimmed = code.strip()
    if not 1 <= len(trimmed) <= 80 or not trimmed.isprintable():
        raise CodeWrong(code="".join(one if one.isprintable() else "·" for one in trimmed[:80]))
    return trimmed


def read_body(model: type[M]) -> M:
    """The request's JSON body as this model; raises BodyMalformed, MediaTypeWrong, BodyInvalid."""
    raw = request.get_data(cache=True)
    if not raw:
        raw = b"{}"
    elif not request.is_json:
        raise MediaTypeWrong(given=(request.content_type or "-")[:80])
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as wrong:
        raise _refusal(wrong) from None


def read_query(model: type[M]) -> M:
    """The query arguments as this model; an argument given several times counts once, an unknown one is an error."""
    given: Mapping[str, str] = {name: value for name, value in request.args.items() if value != ""}
    if "site" not in model.model_fields:
        given = {name: value for name, value in given.items() if name != "site"}
    try:
        return model.model_validate_strings(given)
    except ValidationError as wrong:
        raise _refusal(wrong) from None


def _refusal(wrong: ValidationError) -> Invalid:
    errors = wrong.errors(include_url=False, include_context=False)
    if errors[0]["type"] == "json_invalid":
        return BodyMalformed()
    return BodyInvalid(errors)


def _act_at_site(body: BaseModel) -> None:
    site = getattr(body, "site", None)
    if site:
        access.move_to_site(site)


def _who() -> int:
    who = access.person()
    assert who is not None
    return who.id


def _written(result: Any, status: int) -> tuple[int, str]:
    if isinstance(result, tuple):
        result, status = result
    if isinstance(result, BaseModel):
        return status, result.model_dump_json()
    return status, json.dumps(result, ensure_ascii=False)


def _response(status: int, text: str, again: bool = False) -> Response:
    response = Response("" if status == 204 else text, status, mimetype="application/json")
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    return response
