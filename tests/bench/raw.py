"""The same movement as bare SQL through the driver: what the database itself costs, without us.

A confirmed pick in seven statements: read the claim, carry it, take from the source row, put to the target row, write the journal,
count on the order line, and write down the answer. One transaction each, durable, as in the product.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine

_READ = """SELECT r.id, r.quantity, r.order_line_id, r.stock_id, s.batch_id, s.product_id, s.location_id, s.site_id
    FROM reservations r JOIN stock s ON s.id = r.stock_id
    WHERE r.status = 'pending' AND r.stage = 'reserved' ORDER BY r.id LIMIT {limit}"""
_TAKE = "UPDATE stock SET on_hand = on_hand - {q}, reserved = reserved - {q} WHERE id = {q} AND on_hand - reserved >= 0"
_PUT = """INSERT INTO stock (site_id, location_id, batch_id, product_id, condition, on_hand, reserved, may_be_negative)
    VALUES ({q}, {q}, {q}, {q}, 'good', {q}, {q}, {no}) ON CONFLICT (location_id, batch_id, condition) WHERE handling_unit_id IS NULL
    DO UPDATE SET on_hand = stock.on_hand + excluded.on_hand, reserved = stock.reserved + excluded.reserved RETURNING id"""
_CARRY = "UPDATE reservations SET stock_id = {q}, stage = 'picked' WHERE id = {q} AND status = 'pending'"
_MOVE = """INSERT INTO movements (key, at, site_id, product_id, batch_id, quantity, source_id, source_condition, target_id,
    target_condition, kind, order_line_id, by_id) VALUES ({q}, {now}, {q}, {q}, {q}, {q}, {q}, 'good', {q}, 'good', 'pick', {q}, {q})"""
_COUNT = "UPDATE order_lines SET picked = picked + {q}, reserved = reserved - {q} WHERE id = {q}"
_LOG = """INSERT INTO scans (person_id, flow, version, key, fingerprint, scanned, step, notes, answer, at)
    VALUES ({q}, 'raw', {q}, {q}, '', 'PACK', 'target', '{{}}', '{{}}', {now})"""


def movements(engine: Engine, count: int, *, target: int, person: int) -> list[float]:
    """Seconds per transaction for so many picks, one after the other on one connection."""
    embedded = engine.dialect.name == "sqlite"
    mark, no, now = ("?", "0", "datetime('now')") if embedded else ("%s", "false", "now()")

    def said(text: str) -> str:
        return text.format(q=mark, no=no, now=now, limit=count)

    connection: Any = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute(said(_READ))
    claims = cursor.fetchall()
    connection.rollback()
    begin: Callable[[], Any] = (lambda: cursor.execute("BEGIN IMMEDIATE")) if embedded else (lambda: None)
    end: Callable[[], Any] = (lambda: cursor.execute("COMMIT")) if embedded else connection.commit
    spent = []
    for number, (claim, quantity, line, stock, batch, product, location, site) in enumerate(claims):
        started = time.perf_counter()
        begin()
        cursor.execute(f"SELECT quantity FROM reservations WHERE id = {mark}", (claim,))
        cursor.fetchone()
        cursor.execute(said(_TAKE), (quantity, quantity, stock))
        cursor.execute(said(_PUT), (site, target, batch, product, quantity, quantity))
        row = cursor.fetchone()[0]
        cursor.execute(said(_CARRY), (row, claim))
        cursor.execute(said(_MOVE), (f"raw-{number}", site, product, batch, quantity, location, target, line, person))
        cursor.execute(said(_COUNT), (quantity, quantity, line))
        cursor.execute(said(_LOG), (person, number, f"raw-{number}"))
        end()
        spent.append(time.perf_counter() - started)
    cursor.close()
    connection.close()
    return spent
