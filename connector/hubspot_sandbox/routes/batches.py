"""Records by the batch: read, create, update, archive, with HubSpot's two ways to fail.

A batch that carries a unique trace id on every input fails row by row (207); without them one bad row refuses the whole
request (400) and nothing is written. Answers do not come in the order of the inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.records import (
    BatchArchive,
    BatchCreate,
    BatchRead,
    BatchUpdate,
    CreateIn,
    UpdateIn,
    UpsertIn,
    WriteIn,
)
from hubspot_sandbox.json_views import Answer, Json, batch_json, created_json, record_json, selection, written_json
from hubspot_sandbox.portal import API
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.routes.objects import echo, link_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sandbox.records import Record
    from hubspot_sandbox.routes.call import Call

LARGEST_BATCH, LARGEST_BATCH_WITH_HISTORY = 100, 50
_SHUFFLE = 2_654_435_761
Row = TypeVar("Row", bound=WriteIn)


def read_batch(call: Call) -> Answer:
    """Records by id; all ids nobody has share one entry in `errors`."""
    body = read(BatchRead, call.body)
    check_count(body.inputs, with_history=bool(body.properties_with_history))
    if body.id_property is not None:
        call.unique.check_identifier(body.id_property)
    chosen = selection(call.portal, call.kind, body.properties, body.properties_with_history)
    records: dict[str, Record] = {}
    missing: list[str] = []
    for row_id in dict.fromkeys(row.id for row in body.inputs):
        record = find_row(call, row_id, body.id_property, archived=call.flag("archived"))
        if record is not None:
            records[row_id] = record
        elif not merged_away(call, row_id):
            missing.append(row_id)
    rows = [record_json(call.portal, call.kind, record, chosen) for record in _shuffled(list(records.values()))]
    return answer(call, rows, missing_rows(call, missing))


def create_batch(call: Call) -> Answer:
    """New records."""
    inputs = list(map(call.with_dates, read(BatchCreate, call.body).inputs))
    check_count(inputs)
    by_row = traced(inputs)
    if not by_row:
        call.unique.check_apart(row.properties for row in inputs)
        rehearse(inputs, lambda row: _check_creation(call, row))
    rows: list[Json] = []
    errors: list[Json] = []
    for row in inputs:
        try:
            rows.append(_create(call, row))
        except Refused as refused:
            errors.append(refused.row(trace(row)))
    return answer(call, rows[::-1], errors, status=201)


def update_batch(call: Call) -> Answer:
    """Changes to several records. Ids nobody has never refuse the others."""
    inputs = list(map(call.with_dates, read(BatchUpdate, call.body).inputs))
    check_count(inputs)
    check_ids(call, inputs)
    by_row = traced(inputs) and call.portal.behaviour.traced_updates_fail_by_row
    if not by_row:
        rehearse(inputs, lambda row: _check_update(call, row))
    rows: list[Json] = []
    errors: list[Json] = []
    missing: list[UpdateIn] = []
    for row in sorted(inputs, key=lambda row: rank(row.id)):
        record = find_row(call, row.id, row.id_property)
        if record is None:
            missing += [] if merged_away(call, row.id) else [row]
            continue
        try:
            rows.append(_update(call, record, row))
        except Refused as refused:
            errors.append(refused.row(trace(row)))
    traces = [row.object_write_trace_id for row in missing if row.object_write_trace_id]
    return answer(call, rows, errors + missing_rows(call, [row.id for row in missing], traces))


def archive_batch(call: Call) -> Answer:
    """Into the recycle bin; ids nobody has are fine."""
    body = read(BatchArchive, call.body)
    check_count(body.inputs)
    for row in body.inputs:
        record = find_row(call, row.id, None)
        if record is not None:
            call.portal.table(call.kind).archive(record, call.now_ms)
    return Answer(204)


def _create(call: Call, row: CreateIn) -> Json:
    links = link_requests(row.associations)
    record = call.portal.insert(call.kind, row.properties, at_ms=call.now_ms, source=API, links=links)
    return echo(created_json(call.portal, call.kind, record), row)


def _update(call: Call, record: Record, row: UpdateIn) -> Json:
    changed = call.portal.change(call.kind, record, row.properties, at_ms=call.now_ms, source=API)
    return echo(written_json(call.portal, call.kind, record, changed | row.properties.keys()), row)


def _check_creation(call: Call, row: CreateIn) -> None:
    call.portal.check_new(call.kind, row.properties, link_requests(row.associations))


def _check_update(call: Call, row: UpdateIn) -> None:
    record = find_row(call, row.id, row.id_property)
    if record is not None:
        call.portal.checked(call.kind, record.values, row.properties)


def rehearse(rows: Sequence[Row], check: Callable[[Row], None]) -> None:
    """Refuse the whole batch for its first bad row before anything is written."""
    for row in rows:
        check(row)


def check_count(inputs: Sequence[object], *, with_history: bool = False) -> None:
    """Raises `Refused` 400 for an empty batch, or one that is too large."""
    if not inputs:
        raise refusals.invalid("Batch input provided should have at least one object.")
    if with_history and len(inputs) > LARGEST_BATCH_WITH_HISTORY:
        raise refusals.invalid(
            "The maximum number of inputs supported in a batch request for property histories is "
            f"{LARGEST_BATCH_WITH_HISTORY}. Please reduce the number of items and try again"
        )
    if len(inputs) > LARGEST_BATCH:
        raise refusals.invalid(
            f"The maximum number of inputs supported in a batch is {LARGEST_BATCH}. "
            "Please reduce the number of items and try again"
        )


def check_ids(call: Call, inputs: Sequence[UpdateIn | UpsertIn]) -> None:
    """Raises `Refused` 400 for an id that is there twice, or one by a property that is not unique."""
    ids = [row.id for row in inputs]
    twice = sorted({row_id for row_id in ids if ids.count(row_id) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise refusals.invalid(message, context={"ids": twice})
    for name in {row.id_property for row in inputs if row.id_property is not None}:
        call.unique.check_identifier(name)


def find_row(call: Call, row_id: str, id_property: str | None, *, archived: bool = False) -> Record | None:
    """The record of an id, or of a value of a unique property."""
    if id_property is not None:
        return call.unique.holder(id_property, row_id)
    if not row_id.isdecimal():
        return None
    return call.portal.table(call.kind).find(int(row_id), archived=archived)


def merged_away(call: Call, row_id: str) -> bool:
    """Whether the id went in a merge: batches leave it out of `results` and of `errors`."""
    return row_id.isdecimal() and call.portal.merged_ids.knows(call.kind, int(row_id))


def missing_rows(call: Call, ids: Sequence[str], traces: Sequence[str] = ()) -> list[Json]:
    """The one entry that names all ids nobody has."""
    if not ids:
        return []
    context = {"ids": list(ids)}
    if traces:
        context["objectWriteTraceId"] = list(traces)
    return [refusals.no_such_records(call.kind.singular).row(context)]


def traced(rows: Sequence[Row]) -> bool:
    """Whether every input has a trace id of its own, so that rows fail alone."""
    traces = {row.object_write_trace_id for row in rows}
    return None not in traces and len(traces) == len(rows)


def trace(row: WriteIn) -> dict[str, list[str]]:
    """What names a row that failed."""
    return {"objectWriteTraceId": [row.object_write_trace_id or ""]}


def answer(call: Call, rows: list[Json], errors: list[Json], *, status: int = 200) -> Answer:
    """A batch answer; one of which rows failed has a status of its own, in the editions that declare it."""
    body = batch_json(call.portal, call.now_ms, rows, errors)
    fine = status if call.many == 200 else 207
    return Answer(fine if errors else status, body)


def _shuffled(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: rank(str(record.id)))


def rank(record_id: str) -> int:
    """An order that is none the client sent, and always the same."""
    return int(record_id) * _SHUFFLE % 2**32 if record_id.isdecimal() else 0
