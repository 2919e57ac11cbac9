"""Whether what stands in the tables follows from the audit chain, both ways: nothing altered, added or missing.

The entries of kind `rows` and `baseline` are read from the first to the last: what they say of a subject last is
compared with `row_seals`, and that with the rows. What differs is named down to the row, as far as two bytes of each
row tell.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import covered_tables, row_seals, write_proof
from hubspot_sla.ledger.covered_tables import BY_NUMBER, NEWEST, RECORD
from hubspot_sla.ledger.row_digests import PartDigest, RowReader
from hubspot_sla.ledger.row_problem import RowProblem
from hubspot_sla.ledger.row_seals import BASELINE, ROWS, text_of
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.ledger.covered_tables import Part
    from hubspot_sla.ledger.row_seals import RowSeal

SHOWN: Final = 20
"""How many differences are named."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class RowProof:
    """Of how many subjects the rows were compared; the first differences; since which entry they are proven, None
    where nothing is; and the number of the newest entry that took rows as an upgrade found them, None for none."""

    subjects: int
    problems: tuple[RowProblem, ...]
    since: int | None
    baseline: int | None

    def as_json(self) -> dict[str, object]:
        problems = [problem.as_json() for problem in self.problems]
        return {"proven": self.subjects, "since": self.since, "baseline": self.baseline, "problems": problems}

    def summary(self) -> str:
        """What is added to the line of a chain that holds; "" where there are no rows yet."""
        if self.since is None:
            return ""
        before = "" if self.baseline is None else f", baseline before entry {self.baseline + 1}"
        return f"; rows of {self.subjects} records and other things follow from it, since entry {self.since}{before}"


def prove(db: sqlite3.Connection, version: int = NEWEST, between: Callable[[], object] = lambda: None) -> RowProof:
    """Of a chain that holds. `version`: of a ledger that is to be upgraded, what it was sealed by. `between` is called
    after each page of entries or seals."""
    with closing(sqlite3.connect("")) as scratch:  # a file that SQLite removes: a million records need no memory
        expected = _Expected(scratch)
        problems = [*islice(_problems(db, expected, version, between), SHOWN)]
        subjects: int = db.execute("select count(*) from row_seals").fetchone()[0]
        kinds = f"select min(seq), max(case when kind = '{BASELINE}' then seq end) from audit where kind in (?, ?)"
        since, baseline = db.execute(kinds, (ROWS, BASELINE)).fetchone()
        return RowProof(subjects, tuple(problems), since, baseline)


def of_subjects(db: sqlite3.Connection, kind: str, ids: Sequence[str]) -> list[RowProblem]:
    """The same of some subjects alone, against the entry that `row_seals` names: it takes reading the whole chain to
    know that no later one speaks of them."""
    seals, broken = _readable(row for some in chunks(ids) for row in db.execute(*_rows_of(kind, some)))
    found = {seal.id: _in_entry(db, seal) for seal in seals}
    problems = [*broken, *_differences(db, kind, seals, {(kind, id_): item for id_, item in found.items()})]
    sealed = {seal.id for seal in seals} | {problem.id for problem in broken}
    reader = RowReader(db)
    for part in covered_tables.parts_of(kind):
        unsealed = [id_ for id_ in ids if id_ not in sealed]
        problems += [RowProblem(part.table, kind, id_, _ADDED) for id_ in reader.rows(part, kind, unsealed)]
    return problems


_ADDED: Final = "a row was added: no audit entry speaks of it"
_SEAL_ALTERED: Final = "its seal is not the one that the audit log has"
Items = dict[tuple[str, str], tuple[str, int]]
"""Kind and id of a subject to the digest that the chain has of it, and the number of the entry."""


class _Expected:
    """What the chain says of each subject last, in a database of its own."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._scratch = scratch
        scratch.execute(
            "create table items (kind text, id text, digest text, entry integer, seen integer default 0,"
            " primary key (kind, id)) without rowid"
        )

    def take(self, seq: int, body: str) -> Iterator[RowProblem]:
        """The items of one entry, in place of what was said of the same subjects before."""
        for kind, items in _items_in(body):
            for id_, digest, was in items:
                query = "select digest, entry from items where kind = ? and id = ?"
                before, entry = self._scratch.execute(query, (kind, id_)).fetchone() or ("", None)
                if not (before.startswith(was) if was else before == ""):
                    what = f"entry {seq} goes on from rows that are not those of entry {entry}"
                    yield RowProblem("audit", kind, id_, what)
                self._scratch.execute(
                    "insert or replace into items (kind, id, digest, entry) values (?,?,?,?)", (kind, id_, digest, seq)
                )

    def items(self, subjects: Iterable[tuple[str, str]]) -> Items:
        """Of these subjects, which are seen now."""
        items: Items = {}
        for kind, id_ in subjects:
            query = "update items set seen = 1 where kind = ? and id = ? returning digest, entry"
            if (row := self._scratch.execute(query, (kind, id_)).fetchone()) is not None:
                items[kind, id_] = row
        return items

    def unseen(self) -> Iterator[tuple[str, str]]:
        yield from self._scratch.execute("select kind, id from items where seen = 0 order by kind, id")


def _items_in(body: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """What an entry says; nothing where it was altered, which its seal shows."""
    try:
        return [
            (kind, [(id_, digest, was) for id_, digest, was in items]) for kind, items in orjson.loads(body)["rows"]
        ]
    except (TypeError, ValueError, LookupError):
        return []


def _problems(
    db: sqlite3.Connection, expected: _Expected, version: int, between: Callable[[], object]
) -> Iterator[RowProblem]:
    for number, row in enumerate(
        db.execute("select seq, body from audit where kind in (?, ?) order by seq", (ROWS, BASELINE)), 1
    ):
        yield from expected.take(row["seq"], row["body"])
        if number % _PAGE == 0:
            between()
    for kind, rows in _pages(db):
        seals, broken = _readable(rows)
        yield from broken
        items = expected.items((kind, row["id"]) for row in rows)
        yield from _differences(db, kind, seals, items, version)
        between()
    for kind, id_ in expected.unseen():
        yield RowProblem("row_seals", kind, id_, "its seal is missing")
    yield from _unsealed(db, version)
    yield from write_proof.problems(db)


def _pages(db: sqlite3.Connection) -> Iterator[tuple[str, list[sqlite3.Row]]]:
    for (kind,) in db.execute("select distinct kind from row_seals order by kind").fetchall():
        after, query = "", f"select * from row_seals where kind = ? and id > ? order by id limit {_PAGE}"
        while rows := db.execute(query, (kind, after)).fetchall():
            yield kind, rows
            after = rows[-1]["id"]


def _rows_of(kind: str, ids: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    return f"select * from row_seals where kind = ? and id in ({marks(ids)})", (kind, *ids)


def _readable(rows: Iterable[sqlite3.Row]) -> tuple[list[RowSeal], list[RowProblem]]:
    seals, broken = [], []
    for row in rows:
        try:
            seals.append(row_seals.seal_of(row))
        except LedgerDamaged:
            broken.append(RowProblem("row_seals", row["kind"], row["id"], _SEAL_ALTERED))
    return seals, broken


def _in_entry(db: sqlite3.Connection, seal: RowSeal) -> tuple[str, int]:
    """What the entry that a seal names says of its subject; "" where it says nothing."""
    row = db.execute("select body from audit where seq = ? and kind in (?, ?)", (seal.entry, ROWS, BASELINE)).fetchone()
    said = [] if row is None else _items_in(row["body"])
    found = (item[1] for kind, items in said for item in items if (kind, item[0]) == (seal.kind, seal.id))
    return next(found, ""), seal.entry


def _differences(
    db: sqlite3.Connection, kind: str, seals: Sequence[RowSeal], items: Items, version: int = NEWEST
) -> Iterator[RowProblem]:
    """Between the chain, the seals and the rows, of subjects of one kind."""
    reader = RowReader(db)
    ids = [seal.id for seal in seals]
    for seal in seals:
        if items.get((kind, seal.id)) != (text_of(seal.digest), seal.entry):
            yield RowProblem("row_seals", kind, seal.id, _SEAL_ALTERED)
    for part in covered_tables.parts_of(kind, version):
        found = _found(reader, part, kind, ids)
        for seal in seals:
            sealed, standing = seal.parts.get(part.number), found.get(seal.id)
            if isinstance(standing, str):
                yield RowProblem(part.table, kind, seal.id, standing)
            elif sealed != standing:
                yield from _named(db, part, kind, seal.id, sealed, standing)
    if not kind.startswith(":"):
        due = reader.due(kind, ids)
        for seal in seals:
            if seal.id in due and not row_seals.is_due_as_sealed(due[seal.id], seal):
                what = f"next_at was altered: {due[seal.id]}, and the audit log has {seal.next_at}"
                yield RowProblem("records", kind, seal.id, what)


def _found(reader: RowReader, part: Part, kind: str, ids: Sequence[str]) -> dict[str, PartDigest | str]:
    """The digests of the rows as they stand, or why there are none."""
    try:
        return dict(reader.digests(part, kind, ids))
    except sqlite3.OperationalError as error:  # a text is none
        if len(ids) == 1:
            return {ids[0]: f"a row was altered: {error}"}
        return {id_: digest for one in ids for id_, digest in _found(reader, part, kind, [one]).items()}


def _named(
    db: sqlite3.Connection, part: Part, kind: str, id_: str, sealed: PartDigest | None, standing: PartDigest | None
) -> Iterator[RowProblem]:
    """The rows that differ, by their key."""
    before = sealed.hint_list() if sealed else []
    after = standing.hint_list() if standing else []
    keys = _keys(db, part, kind, id_)
    changes = [
        change for change in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if change[0] != "equal"
    ]
    if not changes:
        yield RowProblem(part.table, kind, id_, "a row was altered")
    for _, first, last, from_, to in changes:
        altered = min(last - first, to - from_)
        for place in range(from_, to):
            word = "was altered" if place < from_ + altered else "was added"
            yield RowProblem(part.table, kind, id_, f"the row {keys[place]} {word}")
        if missing := last - first - altered:
            yield RowProblem(
                part.table, kind, id_, "a row is missing" if missing == 1 else f"{missing} rows are missing"
            )


def _keys(db: sqlite3.Connection, part: Part, kind: str, id_: str) -> list[str]:
    of_type = "object_type = ? and " if part.kind == RECORD else ""
    query = (
        f"select {', '.join(part.key)} from {part.table} where {of_type}{part.id} = ?"
        f" and {part.where.format(row='')} order by {', '.join(part.key)}"
    )
    rows = db.execute(query, (kind, id_) if of_type else (id_,))
    return [", ".join(f"{name} {value}" for name, value in zip(part.key, row, strict=True)) for row in rows]


def _unsealed(db: sqlite3.Connection, version: int) -> Iterator[RowProblem]:
    """Rows of subjects that no entry speaks of."""
    for part in (part for part in BY_NUMBER.values() if part.since <= version):
        kind = f"{part.table}.object_type" if part.kind == RECORD else f"'{part.kind}'"
        query = (
            f"select distinct {kind} as kind, {part.id} as id from {part.table} where {part.where.format(row='')}"
            f" and not exists (select 1 from row_seals where row_seals.kind = {kind}"
            f" and row_seals.id = cast({part.table}.{part.id} as text))"
        )
        for row in db.execute(query):
            yield RowProblem(part.table, str(row["kind"]), str(row["id"]), _ADDED)
    query = "select distinct outcome from outcome_time where outcome not in (select id from outcomes)"
    for row in db.execute(query):
        yield RowProblem("outcome_time", ":outcome_time", str(row[0]), "a row was added: there is no such outcome")
