"""Change the record that has a value of a unique property, or make it where nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.records import BatchUpsert, UpsertIn
from hubspot_sandbox.json_views import Answer, Json, created_json, written_json
from hubspot_sandbox.portal import API
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.routes import batches
from hubspot_sandbox.routes.objects import echo

if TYPE_CHECKING:
    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.routes.call import Call


def upsert_batch(call: Call) -> Answer:
    """Each result says whether it is `new`. Without `idProperty` the id is that of a record there must be."""
    inputs = list(map(call.with_dates, read(BatchUpsert, call.body).inputs))
    batches.check_count(inputs)
    batches.check_ids(call, inputs)
    if not batches.traced(inputs):
        batches.rehearse(inputs, lambda row: _check(call, row))
    rows: list[Json] = []
    errors: list[Json] = []
    missing: list[UpsertIn] = []
    for row in sorted(inputs, key=lambda row: batches.rank(row.id)):
        try:
            _write(call, row, rows, missing)
        except Refused as refused:
            errors.append(refused.row(batches.trace(row)))
    traces = [row.object_write_trace_id for row in missing if row.object_write_trace_id]
    return batches.answer(call, rows, errors + batches.missing_rows(call, [row.id for row in missing], traces))


def _write(call: Call, row: UpsertIn, rows: list[Json], missing: list[UpsertIn]) -> None:
    record = batches.find_row(call, row.id, row.id_property)
    if record is not None:
        rows.append(_changed(call, record, row))
    elif row.id_property is not None:
        rows.append(_made(call, row))
    elif not batches.merged_away(call, row.id):
        missing.append(row)


def _check(call: Call, row: UpsertIn) -> None:
    record = batches.find_row(call, row.id, row.id_property)
    if record is not None:
        call.portal.checked(call.kind, record.values, row.properties)
    elif row.id_property is not None:
        call.portal.check_new(call.kind, _with_key(row), ())


def _changed(call: Call, record: Record, row: UpsertIn) -> Json:
    if not row.properties:
        raise refusals.invalid("No properties found to update, please provide at least one.")
    changed = call.portal.change(call.kind, record, row.properties, at_ms=call.now_ms, source=API)
    body = written_json(call.portal, call.kind, record, changed | row.properties.keys())
    return echo(body, row) | {"new": False}


def _made(call: Call, row: UpsertIn) -> Json:
    record = call.portal.insert(call.kind, _with_key(row), at_ms=call.now_ms, source=API)
    return echo(created_json(call.portal, call.kind, record), row) | {"new": True}


def _with_key(row: UpsertIn) -> dict[str, Scalar]:
    """What a new record is made of: the value it was asked for by goes with it."""
    return {row.id_property or "": row.id, **row.properties}
