"""Records by the batch: read, create, update, archive, with HubSpot's two ways to fail.

A batch that carries a unique trace id on every input fails row by row (207); without them one bad row refuses the whole
request (400) and nothing is written. Answers do not come in the order of the inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.intake import (
    BatchArchive,
    BatchCreate,
    BatchRead,
    BatchUpdate,
    CreateIn,
    UpdateIn,
    read,
)
from hubspot_sla.sandbox.portal import API
from hubspot_sla.sandbox.refusals import Refused
from hubspot_sla.sandbox.routes.objects import link_requests
from hubspot_sla.sandbox.views import Answer, Json, batch_json, record_json, selection, written_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.sandbox.records import Record
    from hubspot_sla.sandbox.routes.call import Call

LARGEST_BATCH, LARGEST_BATCH_WITH_HISTORY = 100, 50
_SHUFFLE = 2_654_435_761
Row = TypeVar("Row", CreateIn, UpdateIn)


def read_batch(call: Call) -> Answer:
    """Records by id; all ids nobody has share one entry in `errors`."""
    asked = read(BatchRead, call.body)
    _check_count(asked.inputs, with_history=bool(asked.properties_with_history))
    _check_id_property(call, asked.id_property)
    chosen = selection(call.portal, call.kind, asked.properties, asked.properties_with_history)
    found: dict[str, Record] = {}
    missing: list[str] = []
    for wanted in dict.fromkeys(one.id for one in asked.inputs):
        record = _find(call, wanted, archived=call.flag("archived"))
        if record is None:
            missing.append(wanted)
        else:
            found[wanted] = record
    rows = [record_json(call.portal, call.kind, record, chosen) for record in _shuffled(list(found.values()))]
    return _answer(call, rows, _missing_rows(call, missing))


def create_batch(call: Call) -> Answer:
    """New records."""
    asked = read(BatchCreate, call.body)
    _check_count(asked.inputs)
    by_row = _traced(asked.inputs)
    if not by_row:
        _rehearse(asked.inputs, lambda row: _check_creation(call, row))
    rows: list[Json] = []
    errors: list[Json] = []
    for row in asked.inputs:
        try:
            rows.append(_create(call, row))
        except Refused as refused:
            errors.append(refused.row(_trace(row)))
    return _answer(call, rows[::-1], errors, status=201)


def update_batch(call: Call) -> Answer:
    """Changes to several records. Ids nobody has never refuse the others."""
    asked = read(BatchUpdate, call.body)
    _check_count(asked.inputs)
    _check_ids(call, asked.inputs)
    by_row = _traced(asked.inputs) and call.portal.behaviour.traced_updates_fail_by_row
    if not by_row:
        _rehearse(asked.inputs, lambda row: _check_update(call, row))
    rows: list[Json] = []
    errors: list[Json] = []
    missing: list[UpdateIn] = []
    for row in sorted(asked.inputs, key=lambda row: _rank(row.id)):
        record = _find(call, row.id)
        if record is None:
            missing.append(row)
            continue
        try:
            rows.append(_update(call, record, row))
        except Refused as refused:
            errors.append(refused.row(_trace(row)))
    traces = [row.object_write_trace_id for row in missing if row.object_write_trace_id]
    return _answer(call, rows, errors + _missing_rows(call, [row.id for row in missing], traces))


def archive_batch(call: Call) -> Answer:
    """Into the recycle bin; ids nobody has are fine."""
    asked = read(BatchArchive, call.body)
    _check_count(asked.inputs)
    for wanted in asked.inputs:
        record = _find(call, wanted.id)
        if record is not None:
            call.portal.table(call.kind).archive(record, call.now_ms)
    return Answer(204)


def _create(call: Call, row: CreateIn) -> Json:
    links = link_requests(row.associations)
    record = call.portal.insert(call.kind, row.properties, at_ms=call.now_ms, source=API, links=links)
    return _echo(written_json(call.portal, call.kind, record, record.values), row)


def _update(call: Call, record: Record, row: UpdateIn) -> Json:
    changed = call.portal.change(call.kind, record, row.properties, at_ms=call.now_ms, source=API)
    return _echo(written_json(call.portal, call.kind, record, changed | row.properties.keys()), row)


def _check_creation(call: Call, row: CreateIn) -> None:
    call.portal.check_new(call.kind, row.properties, link_requests(row.associations))


def _check_update(call: Call, row: UpdateIn) -> None:
    record = _find(call, row.id)
    if record is not None:
        call.portal.checked(call.kind, record.values, row.properties)


def _rehearse(rows: Sequence[Row], check: Callable[[Row], None]) -> None:
    """Refuse the whole batch for its first bad row before anything is written."""
    for row in rows:
        check(row)


def _check_count(inputs: Sequence[object], *, with_history: bool = False) -> None:
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


def _check_ids(call: Call, inputs: Sequence[UpdateIn]) -> None:
    ids = [row.id for row in inputs]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise refusals.invalid(f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique")
    for row in inputs:
        _check_id_property(call, row.id_property)


def _check_id_property(call: Call, name: str | None) -> None:
    if name is not None:
        raise refusals.invalid(
            f"Unable to perform update/upsert by non-unique {call.kind.type_id} property {name} "
            f"in portal ID {call.portal.account.portal_id}"
        )


def _find(call: Call, record_id: str, *, archived: bool = False) -> Record | None:
    if not record_id.isdecimal():
        return None
    return call.portal.table(call.kind).find(int(record_id), archived=archived)


def _missing_rows(call: Call, ids: Sequence[str], traces: Sequence[str] = ()) -> list[Json]:
    if not ids:
        return []
    context = {"ids": list(ids)}
    if traces:
        context["objectWriteTraceId"] = list(traces)
    return [refusals.no_such_records(call.kind.singular).row(context)]


def _traced(rows: Sequence[Row]) -> bool:
    traces = {row.object_write_trace_id for row in rows}
    return None not in traces and len(traces) == len(rows)


def _trace(row: CreateIn | UpdateIn) -> dict[str, list[str]]:
    return {"objectWriteTraceId": [row.object_write_trace_id or ""]}


def _echo(seen: Json, row: CreateIn | UpdateIn) -> Json:
    if row.object_write_trace_id is not None:
        seen["objectWriteTraceId"] = row.object_write_trace_id
    return seen


def _answer(call: Call, rows: list[Json], errors: list[Json], *, status: int = 200) -> Answer:
    body = batch_json(call.portal, call.now_ms, rows, errors)
    return Answer(207 if errors else status, body)


def _shuffled(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: _rank(str(record.id)))


def _rank(record_id: str) -> int:
    """An order that is none the client sent, and always the same."""
    return int(record_id) * _SHUFFLE % 2**32 if record_id.isdecimal() else 0
