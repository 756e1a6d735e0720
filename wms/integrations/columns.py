"""The columns that a model's fields make, and the cells of a row as the facts that the model wants."""

from __future__ import annotations

import datetime as dt
import functools
import re
import typing
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from flask import current_app
from pydantic import BaseModel

from wms.i18n import Worded

HEADING_LONGEST, HEADINGS_MOST = 100, 1_000
_NUMBER = re.compile(r"[0-9]+")
_BESIDE = re.compile(r"[\s()]")
_YES_AND_NO = {"是": True, "否": False}  # English ones the model reads itself


class Columns:
    """The columns that a model's fields make: `name`, `address.city`, `names.en`, `packagings.1.unit`; a list of words in one cell.

    `in_chinese` gives what else a column is called.
    """

    def __init__(self, model: type[BaseModel], in_chinese: Callable[[str], Sequence[str]]) -> None:
        self.model = model
        self._in_chinese = in_chinese
        self._fields = dict(_leaves(model, ()))
        self._known = {".".join(path).casefold(): path for path in self._fields}
        for path in self._fields:
            if path[0] == "lines":
                self._known.setdefault(".".join(path[2:]).casefold(), path)
        self._chinese = {_plain(one): name for name in reversed(self.names()) for one in reversed(in_chinese(name))}
        self._chinese.update({_plain(in_chinese(name)[0]): name for name in self.names()})  # before what else is written for others
        self._known_path = functools.lru_cache(maxsize=HEADINGS_MOST)(self._path)  # rows ask for theirs again and again

    def names(self, language: str = "en") -> list[str]:
        """The columns as people write them."""
        return [self.called(_name(path), language) for path in self._fields]

    def called(self, name: str, language: str) -> str:
        """A column as people of this language write it."""
        return name if language == "en" else self._in_chinese(name)[0]

    def name(self, heading: str) -> str | None:
        """The column that a heading in either language means, as the API calls its field; None for an unknown one."""
        path = self.path(heading)
        return _name(path) if path else None

    def path(self, heading: str) -> tuple[str, ...] | None:
        """Where a column's cell goes; None for an unknown column. A number in a heading counts list entries from 1."""
        return self._known_path(heading) if len(heading) <= HEADING_LONGEST else None

    def _path(self, heading: str) -> tuple[str, ...] | None:
        parts = heading.strip().casefold().split(".")
        numbers = [part for part in parts if _is_place(part)]
        found = self._known.get(".".join("1" if part in numbers else part for part in parts))
        if found is None:
            plain = _plain(heading)
            numbers = _NUMBER.findall(plain)
            name = self._chinese.get(_NUMBER.sub("1", plain)) if len(numbers) < 2 and all(map(_is_place, numbers)) else None
            found = self._known.get(name.casefold()) if name else None
        if found is None:
            return None
        return tuple(str(int(numbers[0])) if part == "1" and numbers else part for part in found)

    def is_of_line(self, heading: str) -> bool:
        """Whether a column belongs to the line rather than to the order as a whole."""
        path = self.path(heading)
        return path is not None and path[0] == "lines"

    def value(self, path: tuple[str, ...], cell: str) -> Any:
        """A cell as its field wants it."""
        kind = self._fields.get(path) or self._fields.get(tuple("1" if part.isdigit() else part for part in path))
        if kind is list:
            return [part.strip() for part in cell.replace(";", "|").split("|") if part.strip()]
        if kind is dt.datetime:
            return _moment(cell)
        if kind is bool:
            return _YES_AND_NO.get(cell.strip(), cell)
        if isinstance(kind, type) and issubclass(kind, Worded):
            return _values(kind).get(_plain(cell), cell)
        return cell

    def written(self, name: str, value: str, language: str) -> str:
        """A value of a column as people of this language write it."""
        path = self.path(name)
        kind = self._fields.get(path) if path else None
        return kind(value).text.say(language) if language != "en" and isinstance(kind, type) and issubclass(kind, Worded) else value

    def nested(self, cells: Mapping[str, str], *, line: bool | None = None) -> dict[str, Any]:
        """The cells as the model's nested facts; with `line` only those of the line, or only those of the whole."""
        facts: dict[str, Any] = {}
        for heading, cell in cells.items():
            path = self.path(heading)
            assert path is not None, "unknown columns were refused with the header"
            if line is not None and (path[0] == "lines") != line:
                continue
            place = facts
            for part in path[:-1] if not line else ():
                place = place.setdefault(part, {})
            place[path[-1]] = self.value(path, cell)
        return {name: _as_list(value) for name, value in facts.items()}


@functools.cache
def _values(kind: type[Worded]) -> dict[str, str]:
    return {_plain(one.text.say("zh_CN")): one.value for one in kind}


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path[2:] if path[0] == "lines" else path)


def _plain(words: str) -> str:
    """Words as they are compared: without spaces, brackets, case and the width of letters."""
    return _BESIDE.sub("", unicodedata.normalize("NFKC", words).casefold())


def _is_place(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= 3 and int(part) > 0


def _as_list(value: Any) -> Any:
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return value


def _leaves(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type | None]]:
    hints = typing.get_type_hints(model)
    for name in model.model_fields:
        kind, many = _inner(hints[name])
        if kind is not None and issubclass(kind, BaseModel):
            yield from _leaves(kind, (*above, name, *(("1",) if many else ())))
        elif many:
            yield (*above, name), list
        else:
            yield (*above, name), kind


def _inner(hint: Any) -> tuple[type | None, bool]:
    """The class inside an annotation such as `Annotated[list[X], …] | None`, and whether there are many of it."""
    if typing.get_origin(hint) is typing.Annotated:
        return _inner(get_args(hint)[0])
    if typing.get_origin(hint) is list:
        return _inner(get_args(hint)[0])[0], True
    for part in get_args(hint):
        if part is not type(None) and typing.get_origin(hint) is not Literal:
            return _inner(part)
    return (hint if isinstance(hint, type) else None), False


def _moment(cell: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(cell)
    except ValueError:
        return cell  # the model says what is wrong with it
    if len(cell) <= 10:
        moment = moment.replace(hour=23, minute=59, second=59)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zoneinfo.ZoneInfo(current_app.config["WMS"].time_zone))
    return moment.isoformat()
