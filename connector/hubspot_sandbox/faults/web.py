"""`/sandbox/faults`: see, add and remove faults over HTTP. No token needed.

GET answers `{"faults": [...]}`; POST takes one fault or `{"faults": [...]}` and answers 201 with those added; DELETE of
the whole or of `/sandbox/faults/{id}` answers 204.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response
from starlette.routing import Route

from hubspot_sandbox.faults.spec import Complaint, FaultsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from hubspot_sandbox.faults.active_faults import Fault, Faults

_PATH = "/sandbox/faults"
_JSON = "application/json;charset=utf-8"


class FaultsPages:
    """The routes of one `Faults`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[Route]:
        """To be served beside HubSpot's."""
        return [
            Route(_PATH, self.listed, methods=["GET"]),
            Route(_PATH, self.add, methods=["POST"]),
            Route(_PATH, self.clear, methods=["DELETE"]),
            Route(_PATH + "/{fault_id}", self.remove, methods=["DELETE"]),
        ]

    async def listed(self, _request: Request) -> Response:
        """Those in force."""
        return _json(200, _told(self._faults.listed()))

    async def add(self, request: Request) -> Response:
        """One, or several, or none of them and 400 with all that is wrong."""
        try:
            added = self._faults.add_all(_written(await request.body()))
        except FaultsInvalid as invalid:
            problems = [str(complaint) for complaint in invalid.complaints]
            return _json(400, {"status": "error", "message": "; ".join(problems), "problems": problems})
        return _json(201, _told(added))

    async def clear(self, _request: Request) -> Response:
        """All go."""
        self._faults.clear()
        return Response(None, 204)

    async def remove(self, request: Request) -> Response:
        """One goes."""
        fault_id = request.path_params["fault_id"]
        if self._faults.remove(fault_id):
            return Response(None, 204)
        return _json(404, {"status": "error", "message": f"there is no fault {fault_id}"})


def _written(body: bytes) -> list[Mapping[str, object]]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FaultsInvalid([Complaint((), f"the body is no JSON: {error}")]) from None
    listed = sent["faults"] if isinstance(sent, dict) and set(sent) == {"faults"} else [sent]
    if not isinstance(listed, list):
        raise FaultsInvalid([Complaint(("faults",), "a list of faults is needed")])
    return listed


def _told(faults: list[Fault]) -> dict[str, object]:
    return {"faults": [fault.as_json() for fault in faults]}


def _json(status: int, body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body), status, media_type=_JSON)
