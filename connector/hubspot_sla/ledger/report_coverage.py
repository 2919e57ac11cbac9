"""What reports read beside cycles: to whom anything was promised, when people answer, and who excused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.ledger.report_rows import PLACED_AT
from hubspot_sla.measure.coverage import Coverage
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.ledger.report_rows import Selection

_NOTHING, _UNKNOWN, _PROMISED = 1, 2, 3
_KNOWN: Final = (
    f"max(case o.excluded when 'merged' then 0 when 'no_sla' then {_NOTHING} when 'unknown' then {_UNKNOWN}"
    f" else {_PROMISED} end)"
)
"""What is known of a record by its cycles: the most that one of them says. 0: it went into another record."""
QUARTER_MS: Final = 900_000


class Uncovered(NamedTuple):
    """A record to which nothing was promised, and when it was created, as HubSpot writes it."""

    object_type: str
    record_id: str
    created: str


def by_month(
    db: sqlite3.Connection, selection: Selection, created: Mapping[str, str], turns: Sequence[int]
) -> list[Coverage]:
    """Of the records created between two turns (epoch ms, sorted), by the selected cycles. `created` names the property
    that holds the instant, by object type."""
    numbers: list[dict[int, int]] = [{} for _ in turns[1:]]
    whens = " ".join(f"when created < ? then {number}" for number in range(len(turns) - 1))
    for object_type, name in created.items():
        query = (
            f"select case {whens} end as month, known, count(*) as number from ({_records(selection)})"
            " where created >= ? and created < ? group by 1, 2"
        )
        instants = [_text(turn) for turn in turns]
        values = (*instants[1:], f'$."{name}"', object_type, *selection.values, instants[0], instants[-1])
        for row in db.execute(query, values):
            of_month = numbers[row["month"]]
            of_month[row["known"]] = of_month.get(row["known"], 0) + row["number"]
    return [
        Coverage(of_month.get(_PROMISED, 0), of_month.get(_NOTHING, 0), of_month.get(_UNKNOWN, 0))
        for of_month in numbers
    ]


def latest_uncovered(
    db: sqlite3.Connection, selection: Selection, created: Mapping[str, str], start_at: int, end_at: int, most: int
) -> list[Uncovered]:
    """The latest so many records that were created in the period and to which nothing was promised."""
    found: list[Uncovered] = []
    for object_type, name in created.items():
        query = (
            f"select record_id, created from ({_records(selection)})"
            f" where known = {_NOTHING} and created >= ? and created < ? order by created desc, record_id desc limit ?"
        )
        values = (f'$."{name}"', object_type, *selection.values, _text(start_at), _text(end_at), most)
        found += [Uncovered(object_type, row["record_id"], row["created"]) for row in db.execute(query, values)]
    return sorted(found, key=lambda one: (one.created, one.record_id), reverse=True)[:most]


def _records(selection: Selection) -> str:
    return (
        f"select r.record_id, json_extract(r.inputs, ?) as created, {_KNOWN} as known from outcomes as o"
        " join records as r on r.object_type = o.object_type and r.record_id = o.record_id"
        f" where o.object_type = ? and ({selection.sql}) group by o.object_type, o.record_id"
    )


def _text(at: int) -> str:
    """The instant as HubSpot writes one, but for the fraction: texts of the same second come after it."""
    return wire(at)[: len("2026-10-05T13:00:00")]


class Answers(NamedTuple):
    """`number` clocks on a calendar were stopped by an answer within the quarter of an hour that begins then."""

    calendar: str
    quarter_at: int
    number: int


ANSWERED: Final = ("first_response", "next_response", "update")
"""Metrics whose clocks an agent's answer stops."""


def answers(db: sqlite3.Connection, selection: Selection, start_at: int, end_at: int) -> list[Answers]:
    """When answers came, in `[start_at, end_at)`."""
    query = (
        f"select o.calendar, o.stopped_at / {QUARTER_MS} * {QUARTER_MS}, count(*) from outcomes as o"
        f" where o.metric in {ANSWERED} and o.calendar is not null and o.stopped_at >= ? and o.stopped_at < ?"
        f" and ({selection.sql}) group by 1, 2 order by 1, 2"
    )
    return [Answers(*row) for row in db.execute(query, (start_at, end_at, *selection.values))]


def waived_by(db: sqlite3.Connection, selection: Selection, start_at: int, end_at: int) -> dict[str, int]:
    """How many promises of the period were waived, by whom; "" where nobody says."""
    query = (
        "select coalesce(o.waived_by, '') as author, count(*) as number from outcomes as o"
        f" where o.excluded = 'waived' and {PLACED_AT} >= ? and {PLACED_AT} < ? and ({selection.sql})"
        " group by 1 order by 2 desc, 1"
    )
    return {row["author"]: row["number"] for row in db.execute(query, (start_at, end_at, *selection.values))}
