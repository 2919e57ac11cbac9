"""Every property value ever seen on a record, with the instant it speaks of. Nothing here is ever deleted:
HubSpot may truncate a history, the ledger does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.ledger.covered_numbers import FACTS, TOUCHED
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator


class Fact(NamedTuple):
    """`name` held `value` from `at` (epoch ms) on, says `source`."""

    name: str
    at: int
    value: str | None
    source: str


fact_of: Final[Callable[[tuple[str, int, str | None, str]], Fact]] = partial(tuple.__new__, Fact)
"""As `_make`, with every field in its order, in less time: judging a record begins with all of its facts."""
FactsByName = Mapping[str, Sequence[Fact]]


def by_name(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """In the order in which they come."""
    facts_by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        name = fact[0]
        of_name = facts_by_name.get(name)
        if of_name is None:
            facts_by_name[name] = [fact]
        else:
            of_name.append(fact)
    return facts_by_name


def without_repeats(facts: Sequence[Fact]) -> list[Fact]:
    """The facts of one name without those that changed nothing."""
    if len(facts) < 2:
        return [*facts]
    course: list[Fact] = []
    last: object = course  # which is no value
    for fact in facts:
        value = fact[2]
        if value != last:
            course.append(fact)
            last = value
    return course


def remember(db: sqlite3.Connection, object_type: str, facts: Mapping[str, Sequence[Fact]], entry: int) -> None:
    """Keep what is new, record id to facts (oldest first); what is known already stays as it was seen first. `entry` is
    the number of the first audit entry that may cover it: the first of this transaction."""
    for record_id in facts:
        db.execute(f"select {TOUCHED}({FACTS}, ?, ?)", (object_type, record_id))
    rows = (
        (object_type, record_id, fact.name, fact.at, nth, fact.value, fact.source, entry)
        for record_id, facts_of_record in facts.items()
        for fact, nth in _numbered(facts_of_record)
    )
    columns = "object_type, record_id, name, at, nth, value, source, entry"
    db.executemany(f"insert or ignore into facts ({columns}) values (?,?,?,?,?,?,?,?)", rows)


def with_news(db: sqlite3.Connection, object_type: str, facts: Mapping[str, Sequence[Fact]]) -> list[str]:
    """The ids of those records of which `remember` would keep anything."""
    known: set[tuple[str, str, int, int]] = set()
    for ids in chunks(facts):
        query = f"select record_id, name, at, nth from facts where object_type = ? and record_id in ({marks(ids)})"
        known.update(tuple(row) for row in db.execute(query, (object_type, *ids)))
    return [
        record_id
        for record_id, facts_of_record in facts.items()
        if any((record_id, fact.name, fact.at, nth) not in known for fact, nth in _numbered(facts_of_record))
    ]


def recall(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], until: int | None = None
) -> dict[str, list[Fact]]:
    """All facts of these records, by record id, oldest first within each name; those that audit entries covered up to
    number `until`, where that is said."""
    facts_by_record: dict[str, list[Fact]] = defaultdict(list)
    covered = "" if until is None else f"and (entry is null or entry <= {int(until)})"
    for ids in chunks(record_ids):
        query = (
            "select record_id, name, at, value, source from facts"
            f" where object_type = ? and record_id in ({marks(ids)}) {covered} order by record_id, name, at, nth"
        )
        for row in db.execute(query, (object_type, *ids)):
            facts_by_record[row["record_id"]].append(Fact(row["name"], row["at"], row["value"], row["source"]))
    return facts_by_record


def merge(known: Sequence[Fact], new: Sequence[Fact]) -> list[Fact]:
    """What `remember` followed by `recall` would give, without a ledger: for deciding before anything is written."""
    by_key = {(fact.name, fact.at, nth): fact for fact, nth in _numbered(new)}
    by_key.update({(fact.name, fact.at, nth): fact for fact, nth in _numbered(known)})
    return [by_key[key] for key in sorted(by_key)]


def _numbered(facts: Sequence[Fact]) -> Iterator[tuple[Fact, int]]:
    """Each fact with its rank among those of the same name and instant."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for fact in facts:
        yield fact, counts[fact.name, fact.at]
        counts[fact.name, fact.at] += 1
