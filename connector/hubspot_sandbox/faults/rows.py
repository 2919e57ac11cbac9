"""What goes wrong with single rows: poison, and rows that vanish from answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import orjson
from pydantic import Field

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.json_views import Answer, Json, batch_json
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.routes.call import Call

    Keep = Callable[[int, Json], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a request: of a batch its place in `inputs`, else 0."""

    at: int
    id: str | None
    properties: Mapping[str, object]
    trace: str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """The records of a request. `whole` is the body of a batch, None for a single record."""

    rows: Sequence[Row]
    whole: Mapping[str, object] | None

    @property
    def traced(self) -> bool:
        """Whether every row carries a trace id of its own, which makes rows fail one by one."""
        traces = {row.trace for row in self.rows}
        return self.whole is not None and None not in traces and len(traces) == len(self.rows)


def rows_of(call: Call) -> Rows:
    """The records a request names; none where its body is not what HubSpot would take."""
    try:
        body = orjson.loads(call.body) if call.body else {}
    except orjson.JSONDecodeError:
        return Rows((), None)
    if not isinstance(body, dict):
        return Rows((), None)
    inputs = body.get("inputs")
    if isinstance(inputs, list):
        return Rows([_row(at, row) for at, row in enumerate(inputs) if isinstance(row, dict)], body)
    return Rows([_row(0, body | {"id": call.params.get("record_id")})], None)


def _row(at: int, row: Mapping[str, object]) -> Row:
    record_id, properties, trace = row.get("id"), row.get("properties"), row.get("objectWriteTraceId")
    return Row(
        at,
        None if record_id is None else str(record_id),
        properties if isinstance(properties, dict) else {},
        None if trace is None else str(trace),
    )


class RowGate(Outcome):
    """Turns rows away: all for one, or row by row where every row carries a trace id."""

    def verdict(self, call: Call, row: Row) -> Refused | None:
        """Why HubSpot would not take this row."""
        raise NotImplementedError

    def by_row(self, call: Call) -> bool:
        """Whether rows that carry trace ids fail alone."""
        return call.portal.behaviour.traced_updates_fail_by_row

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        asked_rows = rows_of(call)
        refused = {row.at: (row, why) for row in asked_rows.rows if (why := self.verdict(call, row)) is not None}
        if not refused:
            return handler(call)
        if asked_rows.whole is None or not (asked_rows.traced and self.by_row(call)):
            raise next(iter(refused.values()))[1]
        errors = [why.row({"objectWriteTraceId": [row.trace or ""]}) for row, why in refused.values()]
        return _with_errors(call, _without(call, asked_rows.whole, set(refused), handler), errors)


def _without(call: Call, whole: Mapping[str, object], at: set[int], handler: Handler) -> Answer:
    inputs = cast("list[object]", whole["inputs"])
    left = [row for place, row in enumerate(inputs) if place not in at]
    if not left:
        return Answer(200, batch_json(call.portal, call.now_ms, [], []))
    return handler(replace(call, body=orjson.dumps({**whole, "inputs": left})))


def _with_errors(call: Call, answer: Answer, errors: list[Json]) -> Answer:
    body = mapping(answer)
    all_errors = [*cast("list[Json]", body.get("errors", [])), *errors]
    return Answer(call.many, {**body, "numErrors": len(all_errors), "errors": all_errors}, answer.headers)


class PoisonRows(RowGate):
    """A row HubSpot chokes on, by record id or by a property it writes. One poisons an untraced batch whole."""

    fault: ClassVar[str] = "poison_rows"
    ids: tuple[str, ...] = ()
    property: str | None = None
    value: str | None = None
    """With `property`: only this value of it."""
    fails: Literal["row", "request"] = "row"
    """`request`: the whole request fails even where rows are traced."""
    status: int = Field(default=400, ge=400, le=599)
    message: str = "There was a problem with the request."

    def verdict(self, call: Call, row: Row) -> Refused | None:
        if row.id in self.ids or self._written(row):
            category = "VALIDATION_ERROR" if self.status < 500 else None
            return Refused(self.status, self.message, category=category)
        return None

    def by_row(self, call: Call) -> bool:
        return self.fails == "row" and super().by_row(call)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        answer = super().around(struck, call, handler)
        if call.params.get("record_id") is None and any(row.get("id") in self.ids for row in results(answer)):
            raise Refused(self.status, self.message)  # a page or a search that would hold it
        return answer

    def _written(self, row: Row) -> bool:
        if self.property is None or self.property not in row.properties:
            return False
        return self.value is None or str(row.properties[self.property]) == self.value


class VanishingRows(Outcome):
    """Rows missing from a batch answer without an error: those of `ids`, or each with the chance `share`.

    With `written` HubSpot has done what was asked of them; without, it has not.
    """

    fault: ClassVar[str] = "vanishing_rows"
    ids: tuple[str, ...] = ()
    share: float = Field(default=0, ge=0, le=1)
    written: bool = True

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        asked_rows = rows_of(call)
        if asked_rows.whole is None:
            return handler(call)
        vanished = {row.at for row in asked_rows.rows if row.id in self.ids or struck.random.random() < self.share}
        if not self.written:
            return _without(call, asked_rows.whole, vanished, handler)
        answer = handler(call)
        names = {row.id for row in asked_rows.rows if row.at in vanished}
        return keep_results(
            answer, lambda at, row: _id_of(row) not in names if _has_ids(asked_rows) else at not in vanished
        )


def _id_of(result: Json) -> object:
    """Of a record, or of the one whose associations these are."""
    begins = result.get("from")
    return begins.get("id") if isinstance(begins, dict) else result.get("id")


def _has_ids(asked_rows: Rows) -> bool:
    return any(row.id is not None for row in asked_rows.rows)


def results(answer: Answer) -> list[Json]:
    """The rows of an answer."""
    rows = mapping(answer).get("results", [])
    return cast("list[Json]", rows) if isinstance(rows, list) else []


def mapping(answer: Answer) -> Json:
    """The body of an answer; an empty one where it is no mapping."""
    return answer.body if isinstance(answer.body, dict) else {}


def with_results(answer: Answer, rows: list[Json]) -> Answer:
    """The answer with other rows, if it has any."""
    body = mapping(answer)
    return Answer(answer.status, {**body, "results": rows}, answer.headers) if "results" in body else answer


def keep_results(answer: Answer, keeps: Keep) -> Answer:
    """The answer with only those of its rows."""
    return with_results(answer, [row for at, row in enumerate(results(answer)) if keeps(at, row)])
