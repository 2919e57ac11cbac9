"""What reports read beside cycles: to whom anything was promised, when people answer, and who excused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.ledger.report_records import NOTHING, PROMISED, UNKNOWN
from hubspot_sla.ledger.report_rows import QUARTER_MS
from hubspot_sla.ledger.temporary_tables import temporary
from hubspot_sla.measure.coverage import Coverage
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


class Uncovered(NamedTuple):
    """A record to which nothing was promised, and when it was created, as HubSpot writes it."""

    object_type: str
    record_id: str
    created: str


def gather(db: sqlite3.Connection, created: Mapping[str, str], start_at: int, end_at: int) -> None:
    """Fill `temp.report_created` with the records of `report_records` created in `[start_at, end_at)`, and what is
    known of them: all their cycles are there, for none began before its record. `created` names the property that holds
    the instant, by object type. Within a transaction that is rolled back."""
    one_type = (
        "select k.object_type, k.record_id, json_extract(r.inputs, ?) as created, k.known from report_records as k"
        " join records as r on r.object_type = k.object_type and r.record_id = k.record_id where k.object_type = ?"
    )
    values = [value for object_type, name in created.items() for value in (f'$."{name}"', object_type)]
    every = " union all ".join(one_type for _ in created)
    query = f"select * from ({every}) where created >= ? and created < ?"
    temporary(db, "report_created", query, (*values, _text(start_at), _text(end_at)))


def by_month(db: sqlite3.Connection, turns: Sequence[int]) -> list[Coverage]:
    """Of the records created between two turns (epoch ms, sorted)."""
    whens = " ".join(f"when created < ? then {number}" for number in range(len(turns) - 1))
    query = f"select case {whens} end as month, known, count(*) as number from report_created group by 1, 2"
    numbers: list[dict[int, int]] = [{} for _ in turns[1:]]
    for row in db.execute(query, [_text(turn) for turn in turns[1:]]):
        numbers[row["month"]][row["known"]] = row["number"]
    return [
        Coverage(of_month.get(PROMISED, 0), of_month.get(NOTHING, 0), of_month.get(UNKNOWN, 0)) for of_month in numbers
    ]


def count_uncovered(db: sqlite3.Connection, start_at: int, end_at: int) -> int:
    """How many records were created in the period to which nothing was promised."""
    query = f"select count(*) from report_created where known = {NOTHING} and created >= ? and created < ?"
    return int(db.execute(query, (_text(start_at), _text(end_at))).fetchone()[0])


def latest_uncovered(db: sqlite3.Connection, start_at: int, end_at: int, most: int) -> list[Uncovered]:
    """The latest so many records that were created in the period and to which nothing was promised; -1: all."""
    query = (
        f"select object_type, record_id, created from report_created where known = {NOTHING}"
        " and created >= ? and created < ? order by created desc, record_id desc limit ?"
    )
    return [Uncovered(*row) for row in db.execute(query, (_text(start_at), _text(end_at), most))]


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


def answers(db: sqlite3.Connection, start_at: int, end_at: int) -> list[Answers]:
    """When answers came, in `[start_at, end_at)`."""
    query = (
        f"select calendar, stopped_at / {QUARTER_MS} * {QUARTER_MS}, count(*) from report_cycles"
        f" where metric in {ANSWERED} and calendar is not null and stopped_at >= ? and stopped_at < ?"
        " group by 1, 2 order by 1, 2"
    )
    return [Answers(*row) for row in db.execute(query, (start_at, end_at))]


def waived_by(db: sqlite3.Connection, start_at: int, end_at: int) -> dict[str, int]:
    """How many promises of the period were waived, by whom; "" where nobody says."""
    query = (
        "select coalesce(waived_by, '') as author, count(*) as number from report_cycles"
        " where excluded = 'waived' and placed_at >= ? and placed_at < ? group by 1 order by 2 desc, 1"
    )
    return {row["author"]: row["number"] for row in db.execute(query, (start_at, end_at))}
