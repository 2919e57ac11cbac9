"""What stands in the tables follows from the audit chain: every transaction that changes covered rows ends with an
entry of kind `rows`, which holds a digest for each subject whose rows changed.

The digest covers a salt and the digests of the parts of the subject; both stand in `row_seals`, so that a transaction
reads again only the parts that it changed. An item of an entry is `[id, digest, was]`, `was` being the beginning of the
digest that it takes the place of. Before rows are changed, and before a record is judged by them, they are compared
with what was sealed: what somebody altered is never sealed anew, the transaction fails instead.

Triggers of the connection tell which rows change, so no code that writes can forget to. They are temporary: whoever
changes the file with another program is not helped by them, and found.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import covered_tables, row_digests
from hubspot_sla.ledger.covered_numbers import OUTCOMES, RECORDS, TOUCHED
from hubspot_sla.ledger.covered_tables import BY_NUMBER, PARTS, RECORD
from hubspot_sla.ledger.row_digests import RowReader
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.ledger.covered_tables import Part
    from hubspot_sla.ledger.row_digests import PartDigest, Parts

ROWS: Final = "rows"
"""The kind of these entries."""
BASELINE: Final = "baseline"
"""The kind of those that an upgrade writes of rows as it finds them."""
REMEDY: Final = (
    "keep the file as it is for an investigation, `sla audit verify` names all of it; restore a backup to go on"
)
_MOST: Final = 1_000  # subjects in one entry
_SALT_BYTES: Final = 16
_WAS_BYTES: Final = 9  # 12 letters
SETTINGS: Final = (":policy_versions", ":meta", ":waivers", ":waiver_revocations")
_ADDED: Final = "sla_added"

Append = Callable[[str, list[object]], int]
"""Appends an entry of a kind with these items to the audit log, and gives its number."""
Subject = tuple[str, str]
"""Kind and id, as `covered_tables.py` has them."""


@dataclass(frozen=True, slots=True)
class RowSeal:
    """What was sealed of one subject, as `row_seals` has it; `entry` is the number of the entry that holds its
    digest, `next_at` when the record was to be judged next (epoch ms)."""

    kind: str
    id: str
    entry: int
    salt: bytes
    parts: Parts
    next_at: int | None

    @property
    def digest(self) -> bytes:
        """32 bytes: what the chain holds."""
        digests, _ = row_digests.packed(self.parts)
        return hashlib.sha256(self.salt + orjson.dumps([self.kind, self.id, self.next_at]) + digests).digest()


def text_of(digest: bytes) -> str:
    """A digest, or the beginning of one, as entries hold it."""
    return b64encode(digest).decode().rstrip("=")


def was_of(seal: RowSeal | None) -> str:
    """What an item says of the seal that it takes the place of."""
    return "" if seal is None else text_of(seal.digest[:_WAS_BYTES])


def read(db: sqlite3.Connection, kind: str, ids: Iterable[str]) -> dict[str, RowSeal]:
    """By id, of those of these subjects that were sealed. LedgerDamaged: a row of it is none."""
    seals: dict[str, RowSeal] = {}
    for some in chunks(ids):
        query = f"select * from row_seals where kind = ? and id in ({marks(some)})"
        seals |= {row["id"]: seal_of(row) for row in db.execute(query, (kind, *some))}
    return seals


def ids_of(db: sqlite3.Connection, kind: str) -> list[str]:
    """Of all subjects of a kind that is no record's, those that have rows and those that were sealed."""
    ids = {str(row[0]) for row in db.execute("select id from row_seals where kind = ?", (kind,))}
    for part in covered_tables.parts_of(kind):
        query = f"select cast({part.id} as text) from {part.table} where {part.where.format(row='')}"
        ids |= {str(row[0]) for row in db.execute(query)}
    return sorted(ids)


def seal_of(row: sqlite3.Row) -> RowSeal:
    """A row of `row_seals`. LedgerDamaged: it was altered."""
    try:
        parts = row_digests.unpacked(row["digests"], row["hints"])
    except ValueError as error:
        raise LedgerDamaged(f"the seal of {named(row['kind'], row['id'])} was altered", remedy=REMEDY) from error
    return RowSeal(row["kind"], row["id"], row["entry"], bytes(row["salt"]), parts, row["next_at"])


def named(kind: str, id_: str) -> str:
    """A subject, for people."""
    kind = str(kind)  # whoever altered a row may have left none
    return f"{kind.removeprefix(':')} {id_}" if kind.startswith(":") else f"record {kind}:{id_}"


class RowWatch:
    """Notices which covered rows one connection changes, and seals them at the end of each transaction."""

    def __init__(self, db: sqlite3.Connection, append: Append) -> None:
        self._db = db
        self._append = append
        self._reader = RowReader(db)
        self._before: defaultdict[Subject, dict[int, PartDigest | None]] = defaultdict(dict)
        """Of each subject, the parts that this transaction changes or judges by, as they were before."""
        self._due_before: dict[Subject, int | None] = {}
        self._renews_salts = False
        db.create_function(TOUCHED, 3, self._touched)
        db.create_function(_ADDED, 3, self._added)
        for statement in _triggers(db):
            db.execute(statement)

    def expect(self, kind: str, ids: Iterable[str]) -> None:
        """These records are judged, and changed: they must stand as they were sealed."""
        ids = list(ids)
        for part in covered_tables.OF_RECORD:
            found = self._reader.digests(part, kind, ids)
            for id_ in ids:
                self._before[kind, id_].setdefault(part.number, found.get(id_))
        self._note_due(kind, ids)

    def expect_settings(self) -> None:
        """By what everything is judged, whichever record: it must stand as it was sealed."""
        for part in PARTS:
            if part.kind in SETTINGS:
                ids = ids_of(self._db, part.kind)
                found = self._reader.digests(part, part.kind, ids)
                for id_ in ids:
                    self._before[part.kind, id_].setdefault(part.number, found.get(id_))

    def forget(self) -> None:
        """The transaction was taken back."""
        self._before.clear()
        self._due_before.clear()
        self._renews_salts = False

    def renew_salts(self) -> None:
        """Until the transaction ends: with the former salt of what changes, nobody can try values that are removed."""
        self._renews_salts = True

    def seal(self) -> None:
        """Append what this transaction made of the rows. LedgerDamaged: before it some were not as they were sealed."""
        append(self._db, list(self._changed()), ROWS, self._append)
        self.forget()

    def _touched(self, number: int, kind: str, id_: str | int) -> None:
        before = self._before[kind, str(id_)]
        if number not in before:
            part = BY_NUMBER[number]
            before[number] = self._reader.digests(part, kind, [str(id_)]).get(str(id_))
            if part.table == "records":
                self._note_due(kind, [str(id_)])

    def _added(self, number: int, kind: str, id_: str | int) -> None:
        """Of a subject that has just got its number: there was nothing before."""
        self._before[kind, str(id_)].setdefault(number, None)

    def _note_due(self, kind: str, ids: Iterable[str]) -> None:
        for id_, next_at in self._reader.due(kind, ids).items():
            self._due_before.setdefault((kind, id_), next_at)

    def _changed(self) -> Iterator[tuple[RowSeal | None, RowSeal]]:
        """Of each subject that stands otherwise now, the seal so far and the next."""
        before = self._before
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for kind, id_ in before:
            by_kind[kind].append(id_)
        for kind, ids in by_kind.items():
            seals = read(self._db, kind, ids)
            now = self._now(kind, {id_: before[kind, id_] for id_ in ids})
            due = {} if kind.startswith(":") else self._reader.due(kind, ids)
            for id_ in ids:
                _require_sealed(kind, id_, before[kind, id_], now[id_], seals.get(id_))
                self._require_due(kind, id_, due.get(id_), seals.get(id_))
                if (pair := _renewed(kind, id_, seals.get(id_), now[id_], due.get(id_))) is not None:
                    former, seal = pair
                    yield former, replace(seal, salt=token_bytes(_SALT_BYTES)) if self._renews_salts else seal

    def _require_due(self, kind: str, id_: str, now: int | None, seal: RowSeal | None) -> None:
        if seal is None or RECORDS not in seal.parts:  # kept apart until it could be read: it was due for nothing
            return
        before = self._due_before.get((kind, id_), now)
        if not any(is_due_as_sealed(due, seal) for due in (before, now)):
            message = f"next_at of {named(kind, id_)} in records does not follow from the audit chain"
            raise LedgerDamaged(f"{message}: somebody altered it", remedy=REMEDY)

    def _now(self, kind: str, touched: Mapping[str, Iterable[int]]) -> dict[str, dict[int, PartDigest | None]]:
        ids_by_part: defaultdict[int, list[str]] = defaultdict(list)
        for id_, numbers in touched.items():
            for number in numbers:
                ids_by_part[number].append(id_)
        now: dict[str, dict[int, PartDigest | None]] = {id_: {} for id_ in touched}
        for number, ids in ids_by_part.items():
            found = self._reader.digests(BY_NUMBER[number], kind, ids)
            for id_ in ids:
                now[id_][number] = found.get(id_)
        return now


def is_due_as_sealed(next_at: int | None, seal: RowSeal) -> bool:
    """0 is set for many at once and never reached: the record is judged again at the next run, whatever it was due
    for."""
    return next_at in (0, seal.next_at)


def _require_sealed(
    kind: str,
    id_: str,
    before: Mapping[int, PartDigest | None],
    now: Mapping[int, PartDigest | None],
    seal: RowSeal | None,
) -> None:
    """What was altered may be put right, as by computing outcomes again; on nothing else does a transaction build."""
    sealed = {} if seal is None else seal.parts
    for number, found in before.items():
        if sealed.get(number) not in (found, now[number]):
            table = BY_NUMBER[number].table
            message = f"rows of {named(kind, id_)} in {table} do not follow from the audit chain: somebody altered them"
            raise LedgerDamaged(message, remedy=REMEDY)


def _renewed(
    kind: str, id_: str, seal: RowSeal | None, now: Mapping[int, PartDigest | None], next_at: int | None
) -> tuple[RowSeal | None, RowSeal] | None:
    parts = {} if seal is None else dict(seal.parts)
    parts.update((number, found) for number, found in now.items() if found is not None)
    for number, found in now.items():
        if found is None:
            parts.pop(number, None)
    due = seal.next_at if seal is not None and next_at == 0 else next_at
    if (seal is None and not parts) or (seal is not None and (parts, due) == (seal.parts, seal.next_at)):
        return None
    salt = token_bytes(_SALT_BYTES) if seal is None else seal.salt
    return seal, RowSeal(kind, id_, 0, salt, parts, due)


def append(
    db: sqlite3.Connection, changed: Sequence[tuple[RowSeal | None, RowSeal]], kind: str, append_entry: Append
) -> None:
    """Seal these subjects, the former seal and the next of each, by entries of this kind."""
    for start in range(0, len(changed), _MOST):
        some = changed[start : start + _MOST]
        number = append_entry(kind, _items(some))
        db.executemany(
            "insert or replace into row_seals (kind, id, entry, salt, next_at, digests, hints) values (?,?,?,?,?,?,?)",
            [
                (seal.kind, seal.id, number, seal.salt, seal.next_at, *row_digests.packed(seal.parts))
                for _, seal in some
            ],
        )


def _items(pairs: Iterable[tuple[RowSeal | None, RowSeal]]) -> list[object]:
    by_kind: defaultdict[str, list[list[str]]] = defaultdict(list)
    for former, seal in pairs:
        by_kind[seal.kind].append([seal.id, text_of(seal.digest), was_of(former)])
    return [[kind, items] for kind, items in by_kind.items()]


def baseline(db: sqlite3.Connection, append_entry: Append) -> None:
    """Seal all rows as they stand after an upgrade; where they are as they were sealed, the seal stays."""
    reader = RowReader(db)
    for kind, every in subjects(db).items():
        for ids in chunks(every):
            found = {part.number: reader.digests(part, kind, ids) for part in covered_tables.parts_of(kind)}
            due = {} if kind.startswith(":") else reader.due(kind, ids)
            seals = read(db, kind, ids)
            renewed = (
                _renewed(kind, id_, seals.get(id_), {n: by_id.get(id_) for n, by_id in found.items()}, due.get(id_))
                for id_ in ids
            )
            append(db, [pair for pair in renewed if pair is not None], BASELINE, append_entry)


def subjects(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Ids of all that have covered rows, by kind, in their order."""
    ids_by_kind: defaultdict[str, set[str]] = defaultdict(set)
    for part in PARTS:
        kind = "object_type" if part.kind == RECORD else f"'{part.kind}'"
        query = f"select distinct {kind}, {part.id} from {part.table} where {part.where.format(row='')}"
        for row in db.execute(query):
            ids_by_kind[row[0]].add(str(row[1]))
    return {kind: sorted(ids) for kind, ids in sorted(ids_by_kind.items())}


def _triggers(db: sqlite3.Connection) -> Iterator[str]:
    """Each row that is inserted, altered or deleted names its subject, before that happens."""
    for part in PARTS:
        for change, sides in (("insert", ["new"]), ("update", ["old", "new"]), ("delete", ["old"])):
            when, function = ("after", _ADDED) if part.is_numbered and change == "insert" else ("before", TOUCHED)
            if change == "insert" and part.tells:
                continue
            told = "".join(f" {_told(part, side, function)};" for side in sides)
            only = f" when {_differs(db, part)}" if change == "update" else ""
            name = f"watch_{part.number}_{change}"
            yield f"create temp trigger {name} {when} {change} on main.{part.table}{only} begin{told} end"
    for change in ("update", "delete"):  # before the outcomes that they belong to
        yield (
            f"create temp trigger watch_outcome_time_{change} before {change} on main.outcome_time begin"
            f" select {TOUCHED}({OUTCOMES}, object_type, record_id) from outcomes where id = old.outcome; end"
        )


def _told(part: Part, side: str, function: str) -> str:
    kind = f"{side}.object_type" if part.kind == RECORD else f"'{part.kind}'"
    return f"select {function}({part.number}, {kind}, {side}.{part.id}) where {part.where.format(row=f'{side}.')}"


def _differs(db: sqlite3.Connection, part: Part) -> str:
    """Whether an update changes anything that is covered."""
    names = [row[1] for row in db.execute(f"pragma table_info({part.table})") if row[1] not in part.left_out]
    unequal = {name: f'old."{name}" is not new."{name}"' for name in names}
    if "next_at" in unequal:
        unequal["next_at"] += " and new.next_at is not 0"
    return " or ".join(f"({each})" for each in unequal.values())
