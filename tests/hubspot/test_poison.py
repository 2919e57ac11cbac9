"""Any rows of a batch may be poison, in any way HubSpot has of saying so: the others land, at few calls a row."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING

import orjson
import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot_sla.hubspot.portal import Portal

if TYPE_CHECKING:
    from requests import PreparedRequest

UPDATE = "http://hubspot.test/crm/objects/2026-09/tickets/batch/update"
AT = "2026-10-05T13:00:00Z"
WAYS = ["whole", "whole_404", "traced", "ids", "anonymous", "vanished"]
Reply = tuple[int, dict[str, str], bytes]
IDS = st.integers(1, 260).flatmap(
    lambda many: st.tuples(st.just(many), st.sets(st.integers(0, many - 1), max_size=min(many, 12)))
)


def row(id_: str) -> dict[str, object]:
    return {"id": id_, "properties": {}, "createdAt": AT, "updatedAt": AT, "archived": False}


class Judge:
    """Answers a batch update in one of HubSpot's ways; `landed` are the ids whose values arrived."""

    def __init__(self, way: str, poison: set[str]) -> None:
        self.way = way
        self.poison = poison
        self.landed: list[str] = []
        self.calls = 0

    def __call__(self, request: PreparedRequest) -> Reply:
        self.calls += 1
        ids = [item["id"] for item in orjson.loads(request.body)["inputs"]]
        bad = [id_ for id_ in ids if id_ in self.poison]
        if bad and self.way in ("whole", "whole_404"):
            status = 404 if self.way == "whole_404" else 400
            return status, {}, orjson.dumps({"status": "error", "message": "poison", "category": "VALIDATION_ERROR"})
        good = [id_ for id_ in ids if id_ not in self.poison]
        self.landed += good
        body = {"status": "COMPLETE", "results": [row(id_) for id_ in reversed(good)], "errors": self._errors(bad)}
        return 207 if bad else 200, {}, orjson.dumps(body)

    def _errors(self, bad: list[str]) -> list[dict[str, object]]:
        error: dict[str, object] = {"status": "error", "category": "VALIDATION_ERROR", "message": "poison"}
        match self.way:
            case "traced":
                return [error | {"context": {"objectWriteTraceId": [id_]}} for id_ in bad]
            case "ids":
                return [error | {"context": {"ids": bad}}] if bad else []
            case "anonymous":
                return [error] * bool(bad)
            case _:
                return []


@pytest.mark.parametrize("way", WAYS)
@given(drawn=IDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_others_land_whichever_rows_are_poison(connect, way: str, drawn: tuple[int, set[int]]) -> None:
    many, which = drawn
    ids, poison = [str(n) for n in range(many)], {str(n) for n in which}
    judge = Judge(way, poison)
    with responses.RequestsMock() as mock:
        mock.add_callback(responses.POST, UPDATE, judge)
        written = Portal(connect()).of("tickets").update({id_: {"a": "b"} for id_ in ids})
    assert set(written.updated) == set(ids) - poison
    assert set(judge.landed) == set(ids) - poison
    refused = set(written.missing) if way in ("vanished", "whole_404") else set(written.rejected)
    assert refused == poison
    assert set(written.rejected).isdisjoint(written.missing)
    batches = ceil(many / 100)
    assert judge.calls <= batches + 2 * len(poison) * (ceil(log2(min(many, 100))) + 1)
