"""The Chinese superstore's order lines as the files that `wms import` takes. The rules for their dirt:

An order belongs to one customer and one city, so an 订单 ID that mixes several is left as it is, and refused row by row. A product id
with two names is refused until one of them is chosen (`names="first"`). 行 ID is the line, so a product that stands twice in an order is
two lines. There is no street in the file, so the gate holds the orders for their address until a supervisor approves.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from tests.integrations.northwind import table

Lines = list[dict[str, str]]
_PRIORITY = {"当日": "9", "一级": "7", "二级": "5", "标准级": "3"}


def lines(path: Path) -> Lines:
    """All order lines, those of one order together."""
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    first = {line["订单 ID"]: place for place, line in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda line: first[line["订单 ID"]])


def products(found: Lines, *, names: str = "all") -> bytes:
    """1,955 products; `names="first"` keeps the first name of an id."""
    rows: dict[tuple[str, str], list[str]] = {}
    seen: set[str] = set()
    for line in found:
        sku, name = line["产品 ID"], line["产品名称"]
        if names == "first" and sku in seen:
            continue
        seen.add(sku)
        rows.setdefault((sku, name), [sku, name, name, line["类别"]])
    return table(["sku", "name", "names.zh_CN", "storage_class"], list(rows.values()))


def partners(found: Lines) -> bytes:
    """790 customers, with the first city that they had something sent to."""
    rows = {line["客户 ID"]: line for line in reversed(found)}
    head = ["code", "kind", "name", "address.name", "address.city", "address.region", "address.country"]
    return table(
        head,
        [[code, "customer", one["客户名称"], one["客户名称"], one["城市"], one["省/自治区"], one["国家"]] for code, one in rows.items()],
    )


def orders(found: Lines) -> bytes:
    """One row a line."""
    head = ["number", "customer", "due_at", "priority", "source", "ship_to.name", "ship_to.city", "ship_to.region", "ship_to.country"]
    return table(
        [*head, "line", "sku", "quantity"],
        [
            [
                line["订单 ID"],
                line["客户 ID"],
                line["发货日期"],
                _PRIORITY[line["邮寄方式"]],
                "superstore",
                line["客户名称"],
                line["城市"],
                line["省/自治区"],
                line["国家"],
                line["行 ID"],
                line["产品 ID"],
                line["数量"],
            ]
            for line in found
        ],
    )


def sound(found: Lines) -> Lines:
    """The lines of orders whose rows agree about the order as a whole."""
    facts: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for line in found:
        facts[line["订单 ID"]].add(_whole(line))
    return [line for line in found if len(facts[line["订单 ID"]]) == 1]


def _whole(line: dict[str, str]) -> tuple[str, ...]:
    return tuple(line[name] for name in ("客户 ID", "城市", "省/自治区", "发货日期", "邮寄方式"))


def parted(found: Lines) -> Lines:
    """All lines, an order that mixes customers or cities as several: …-1, …-2."""
    parts: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for line in found:
        own = parts[line["订单 ID"]]
        own.setdefault(_whole(line), len(own) + 1)
    done = []
    for line in found:
        number, own = line["订单 ID"], parts[line["订单 ID"]]
        done.append({**line, "订单 ID": f"{number}-{own[_whole(line)]}" if len(own) > 1 else number})
    return sorted(done, key=lambda line: line["订单 ID"])
