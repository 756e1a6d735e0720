"""Counters for Prometheus. With several workers they meet in files: `wms serve` names the directory before anything is imported."""

from __future__ import annotations

import os
import time

import prometheus_client
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("wms_requests_total", "Answered requests", ["method", "endpoint", "status"])
SECONDS = Histogram(
    "wms_request_seconds",
    "Seconds per request",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


# A label is kept for ever, so strangers do not make new ones.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask) -> None:
    """Counts every request."""
    app.before_request_funcs.setdefault(None, []).insert(0, _start)
    app.after_request(_count)


def _start() -> None:
    g.wms_started = time.perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    if endpoint != "static":
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(method, endpoint, response.status_code).inc()
        if "wms_started" in g:
            SECONDS.labels(endpoint).observe(time.perf_counter() - g.wms_started)
    return response


def exposed() -> tuple[bytes, str]:
    """The figures of all workers, and their content type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
    return prometheus_client.generate_latest(), prometheus_client.CONTENT_TYPE_LATEST
