"""Numbers for Prometheus: nodes, log and the web itself; with a token for `read-metrics`, or on loopback."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ostiary.controller.people.roles import WEB
from ostiary.controller.reach import LOOPBACK_NAMES
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.guard import client_of
from ostiary.controller.web.problem import Problem
from ostiary.controller.web.signin.who import SignedIn, anybody

router = APIRouter(tags=["health"])

_ASKS = SignedIn("read-metrics")


class Told:
    """What is told at this moment, as Prometheus collects it."""

    def __init__(self, desk: Desk, standing: dict[str, Any] | None) -> None:
        self._desk, self._standing = desk, standing

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("ostiary_keeper_up", "Whether the keeper answers.", float(self._standing is not None))
        answers = CounterMetricFamily("ostiary_web_answers", "Answers of the web since its start.", labels=["status"])
        for status, count in self._desk.answers.items():
            answers.add_metric([f"{status}xx"], count)
        yield answers
        if self._standing is None:
            return
        yield CounterMetricFamily("ostiary_log_records", "Records in the decision log.", self._standing["log_size"])
        outage = float(self._standing["log_outage"] is not None)
        yield GaugeMetricFamily("ostiary_log_outage", "Whether records cannot be written.", outage)
        alarms = float(len(self._standing["log_alarms"]))
        yield GaugeMetricFamily("ostiary_log_alarms", "What is wrong with the log's witnesses.", alarms)
        locked = float(len(self._standing["locked"]))
        yield GaugeMetricFamily("ostiary_locked_down", "How many lockdowns are in force.", locked)
        online = GaugeMetricFamily("ostiary_node_online", "Whether a node is online.", labels=["node", "door"])
        for node in self._standing["nodes"]:
            online.add_metric([node["node"], node["door"]], float(node["state"] == "online"))
        yield online


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    dependencies=[anybody("from loopback; from elsewhere it asks for read-metrics itself")],
)
async def metrics(request: Request) -> Response:
    """Prometheus text format. Names nobody. From another machine it needs a token for `read-metrics`."""
    desk = desk_of(request)
    if client_of(request) not in LOOPBACK_NAMES or "authorization" in request.headers:
        await _ASKS(request)
    try:
        standing = await desk.act("standing", {}, operator=WEB)
    except Problem:
        standing = None

    def text() -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Told(desk, standing))  # pyright: ignore[reportArgumentType] - any object that collects
        return generate_latest(registry)

    return Response(await run_in_threadpool(text), media_type=CONTENT_TYPE_LATEST)
