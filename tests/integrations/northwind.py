"""Northwind's SQL text as the files that `wms import` takes.

Rules: a product's number is its SKU (NW-11); a customer's code is its own; `address.street` is their address line; orders are due on
their required date and go to the ship-to address; `discontinued` products come in all the same, since old orders name them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

_INSERT = re.compile(r"INSERT INTO (\w+) VALUES \((.*)\);$")
_VALUE = re.compile(r"NULL|'((?:[^']|'')*)'|[^,]+")


def tables(path: Path) -> dict[str, list[list[str]]]:
    """Every table's rows, as text; NULL is empty."""
    found: dict[str, list[list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        insert = _INSERT.match(line.strip())
        if insert:
            found.setdefault(insert[1], []).append(list(_values(insert[2])))
    return found


def _values(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        value = _VALUE.match(text, place)
        assert value, text
        said = value[0].strip()
        yield "" if said == "NULL" else value[1].replace("''", "'") if value[1] is not None else said
        place = value.end()
        while place < len(text) and text[place] in ", ":
            place += 1


def table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> bytes:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


ADDRESS = ["address.name", "address.street", "address.city", "address.region", "address.postcode", "address.country", "address.phone"]


def products(found: dict[str, list[list[str]]]) -> bytes:
    """77 products."""
    return table(["sku", "name"], [[f"NW-{row[0]}", row[1]] for row in found["products"]])


def partners(found: dict[str, list[list[str]]]) -> bytes:
    """91 customers and 6 carriers."""
    customers = [[row[0], "customer", row[1], row[2], *row[4:9], row[9]] for row in found["customers"]]
    carriers = [[f"SHIP-{row[0]}", "carrier", row[1], *[""] * 7] for row in found["shippers"]]
    return table(["code", "kind", "name", *ADDRESS], customers + carriers)


def orders(found: dict[str, list[list[str]]]) -> bytes:
    """830 orders, one row a line."""
    headers = {row[0]: row for row in found["orders"]}
    head = ["number", "customer", "due_at", "carrier", "ship_to.name", "ship_to.street", "ship_to.city", "ship_to.region"]
    head += ["ship_to.postcode", "ship_to.country", "source", "sku", "quantity"]
    rows = []
    for line in found["order_details"]:
        order = headers[line[0]]
        rows.append([f"NW-{order[0]}", order[1], order[4], f"SHIP-{order[6]}", *order[8:14], "northwind", f"NW-{line[1]}", line[3]])
    return table(head, rows)
