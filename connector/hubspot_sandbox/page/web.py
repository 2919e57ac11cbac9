"""The page's own routes: the boards at `/`, a record under the path HubSpot's `url` names, the requests, the clock.

Forms are answered with a redirect back, so that reloading a page repeats nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as StarletteRoute

from hubspot_sandbox.object_types import TASKS, TICKETS, object_type
from hubspot_sandbox.page.board import CARDS_AT_FIRST, Board
from hubspot_sandbox.page.conversations import Conversations, set_status, write
from hubspot_sandbox.page.formatting import Formatter
from hubspot_sandbox.page.record import RecordPage, title_of
from hubspot_sandbox.page.traffic import traffic
from hubspot_sandbox.portal import PERSON
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.routes.admin import move_clock
from hubspot_sandbox.search import Search

if TYPE_CHECKING:
    from starlette.requests import Request

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.pipelines import Pipeline
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.request_log import RequestLog

STEPS = ((60, "1 min"), (900, "15 min"), (3_600, "1 h"), (28_800, "8 h"), (86_400, "1 day"))
_SEE_OTHER, _BAD_REQUEST, _NOT_FOUND = 303, 400, 404
_HERE = Path(__file__).parent / "templates"
_FILES = {"style.css": "text/css;charset=utf-8", "watch.js": "text/javascript;charset=utf-8"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'"
)


class Page:
    """Shows one portal."""

    def __init__(self, portal: Portal, request_log: RequestLog) -> None:
        self._portal = portal
        self._request_log = request_log
        self._search = Search(portal)
        loader = PackageLoader("hubspot_sandbox.page")
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def routes(self) -> list[StarletteRoute]:
        """Where it is found. None of these paths is one of HubSpot's API."""
        record = "/contacts/{portal_id}/record/{type_id}/{record_id}"
        return [
            StarletteRoute("/", self.board, methods=["GET"]),
            StarletteRoute(record, self.record, methods=["GET"]),
            StarletteRoute(record, self.happen, methods=["POST"]),
            StarletteRoute("/tasks/{portal_id}/view/all/task/{record_id}", self.task, methods=["GET"]),
            StarletteRoute("/sandbox/page/requests", self.traffic, methods=["GET"]),
            StarletteRoute("/sandbox/page/clock", self.clock, methods=["POST"]),
            StarletteRoute("/sandbox/page/{name}", self.file, methods=["GET"]),
        ]

    async def board(self, request: Request) -> Response:
        """A pipeline; the first one unless `pipeline` names another."""
        query, show = request.query_params.get("q", ""), request.query_params.get("show", "")
        with self._portal.current():
            pipelines = sorted(self._portal.pipelines.values(), key=lambda pipeline: pipeline.display_order)
            chosen = self._pipeline(request.query_params.get("pipeline"), pipelines)
            most_cards = int(show) if show.isdecimal() else CARDS_AT_FIRST
            board = Board(self._portal, self._search, query, most_cards)
            return self._html(
                request,
                "board.html",
                pipelines=pipelines,
                chosen=chosen,
                columns=board.columns(chosen) if chosen else [],
                query=query,
                show=most_cards,
                ticket_type=TICKETS.type_id,
            )

    def _pipeline(self, pipeline_id: str | None, pipelines: list[Pipeline]) -> Pipeline | None:
        named = self._portal.pipelines.get(pipeline_id or "")
        return named or next(iter(pipelines), None)

    async def task(self, request: Request) -> Response:
        """A task, where its `url` says it is."""
        request.path_params["type_id"] = TASKS.type_id
        return await self.record(request)

    async def record(self, request: Request) -> Response:
        """One record, live or archived."""
        with self._portal.current():
            try:
                kind = object_type(request.path_params["type_id"])
                record = self._found(kind, request.path_params["record_id"])
            except (Refused, ValueError):
                return Response("The portal has no such record.", _NOT_FOUND)
            page = RecordPage(self._portal, kind, record)
            return self._html(
                request,
                "record.html",
                kind=kind,
                record=record,
                title=title_of(record),
                page=page,
                pipeline=self._portal.pipelines.get(record.values.get("hs_pipeline", "")) if kind is TICKETS else None,
                stage=record.values.get("hs_pipeline_stage", ""),
                tasks=page.tasks() if kind is not TASKS else [],
                conversations=Conversations(self._portal, record.id) if kind is TICKETS else None,
            )

    def _found(self, kind: ObjectType, record_id: str) -> Record:
        archived = self._portal.table(kind).find(int(record_id), archived=True)
        return archived or self._portal.record(kind, record_id)

    async def happen(self, request: Request) -> Response:
        """What a customer, an agent or a machine would do to a ticket: write, answer, close a thread, move it."""
        form = await _form(request)
        record_id = request.path_params["record_id"]
        try:
            if form.get("message") == "in":
                self._portal.receive_customer_message(record_id)
            elif form.get("message") == "out":
                self._portal.send_agent_message(record_id)
            elif form.get("writer"):
                write(self._portal, record_id, form)
            elif form.get("thread"):
                set_status(self._portal, record_id, form["thread"], form.get("status", ""))
            elif form.get("stage"):
                self._portal.update("tickets", record_id, {"hs_pipeline_stage": form["stage"]}, source=PERSON)
        except Refused as refused:
            return Response(refused.message, refused.status)
        return RedirectResponse(request.url.path, _SEE_OTHER)

    async def traffic(self, request: Request) -> Response:
        """The requests that came in, newest first."""
        with self._portal.current():
            return self._html(request, "requests.html", traffic=traffic(self._request_log, Formatter(self._portal)))

    async def clock(self, request: Request) -> Response:
        """Move, set, freeze or thaw the clock, and go back to where the button was."""
        form = await _form(request)
        try:
            move_clock(self._portal.clock, orjson.dumps(_move(form, Formatter(self._portal))))
        except (Refused, ValueError, OverflowError):
            return Response("That is no move of a clock.", _BAD_REQUEST)
        return RedirectResponse(_local(form.get("back", "/")), _SEE_OTHER)

    async def file(self, request: Request) -> Response:
        """The style sheet and the script."""
        kind = _FILES.get(request.path_params["name"])
        if kind is None:
            return Response("There is no such file.", _NOT_FOUND)
        content = (_HERE / request.path_params["name"]).read_bytes()
        return Response(content, 200, {"Content-Type": kind, "Cache-Control": "max-age=60"})

    def _html(self, request: Request, template: str, **context: object) -> Response:
        formatter = Formatter(self._portal)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        text = self._templates.get_template(template).render(
            here=here,
            path=request.url.path,
            account=self._portal.account,
            clock=self._portal.clock,
            formatter=formatter,
            steps=STEPS,
            **context,
        )
        headers = {"Content-Type": "text/html;charset=utf-8", "Content-Security-Policy": _POLICY}
        return Response(text, 200, headers | {"Cache-Control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[-1] for name, values in fields.items()}


def _move(form: dict[str, str], formatter: Formatter) -> dict[str, object]:
    if "advance_s" in form:
        return {"advance_s": float(form["advance_s"])}
    if "frozen" in form:
        return {"frozen": form["frozen"] == "true"}
    return {"now": formatter.typed_instant(form.get("now", "")).isoformat()}


def _local(path: str) -> str:
    """A path of this site: nobody is sent elsewhere by a made-up form."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
