"""The form of a receipt: what is in it, its one way of being written, and the reading of what strangers send.

A receipt is canonical JSON (RFC 8785): sorted keys, no spaces, and then one line feed. A file that is not exactly that
is no receipt. `checksum` is SHA-256 over everything else, so that any change of a single byte shows by itself; what the
receipt is worth, its path to a head says.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.receipts.clock_values import Reading, Writing
from hubspot_sla.ledger import audit_head
from hubspot_sla.ledger.audit_proof import Covered, SealedEntry
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hubspot_sla.clock.promise import Clock, PromiseChange
    from hubspot_sla.flows.receipts.words import RecordWords, VersionWords
    from hubspot_sla.ledger.audit_head import Head

FORM: Final = 1
LONGEST: Final = 16 * 1024 * 1024
"""Bytes. A receipt has some ten thousand; one of a ticket with thousands of changes a few million."""
_GREATEST: Final = 2**53
"""Beyond it, JSON's numbers are not exact in every program."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry of the audit log with the path from its seal to the root of a head."""

    entry: SealedEntry
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """`clocks` names, for each clock by its key, the entry that recorded its verdict. `newest` is the entry as of which
    everything is computed; `facts` is what its digest covers. `words`, `records` and `promises` are what the mappings
    made of these, `shown` what people read of them."""

    record: RecordRef
    made_by: Mapping[str, str]
    rules: int
    head: Head
    entries: tuple[ProvenEntry, ...]
    clocks: Mapping[str, int]
    facts: Covered
    records: Mapping[str, RecordWords]
    words: Sequence[VersionWords]
    promises: Mapping[Clock, Sequence[PromiseChange]]
    shown: Body

    @property
    def newest(self) -> ProvenEntry:
        return self.entries[-1]

    def entry(self, seq: int) -> SealedEntry:
        """LookupError: it is not among them."""
        return next(proven.entry for proven in self.entries if proven.entry.seq == seq)


def canonical(body: object) -> bytes:
    """The one way in which RFC 8785 writes this JSON. Keys are ASCII, and numbers whole: there its order is that of
    orjson."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def packed(receipt: Receipt, show: Callable[[Writing], Body]) -> bytes:
    """The receipt as it is written. `show` adds to `shown` what refers to values of the receipt."""
    writing = Writing()
    body: Body = {
        "receipt": FORM,
        "record": list(receipt.record),
        "made_by": dict(receipt.made_by),
        "rules": receipt.rules,
        "head": receipt.head.as_json(),
        "entries": [
            {**asdict(proven.entry), "path": [digest.hex() for digest in proven.path]} for proven in receipt.entries
        ],
        "clocks": dict(receipt.clocks),
        "facts": {"salt": receipt.facts.salt.hex(), "content": orjson.loads(receipt.facts.content)},
        "records": writing.written(receipt.records),
        "words": writing.written(receipt.words),
        "promises": writing.written(list(receipt.promises.items())),
        "shown": {**receipt.shown, **show(writing)},
    }
    body["shared"] = writing.shared
    return canonical({**body, "checksum": _checksum(body)}) + b"\n"


def _checksum(body: Body) -> str:
    return hashlib.sha256(canonical({key: said for key, said in body.items() if key != "checksum"})).hexdigest()


def read_file(path: Path) -> bytes:
    """What is in the file; of one that is too long for a receipt not all."""
    with path.open("rb") as file:
        return file.read(LONGEST + 1)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`is_whole`: the checksum fits. `shared` are the values that `shown` refers to."""

    receipt: Receipt
    shared: Reading
    is_whole: bool


def unpacked(text: bytes) -> Unpacked:
    """UsageProblem: this is no receipt, or one that this version cannot read."""
    body = _parsed(text)
    if body.get("receipt") != FORM:
        raise UsageProblem("this receipt has a form that this version does not know", remedy="upgrade hubspot-sla")
    try:
        return _unpacked(body)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _no_receipt(f"{type(error).__name__}: {error}") from error


def _parsed(text: bytes) -> Body:
    if len(text) > LONGEST:
        raise _no_receipt(f"it is longer than {LONGEST} bytes")
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _no_receipt(f"it is not JSON: {error}") from error
    if not isinstance(body, dict) or "receipt" not in body:
        raise _no_receipt("it does not say that it is one")
    try:
        is_canonical = canonical(body) + b"\n" == text
    except TypeError as error:  # nested too deeply to be written, or a number that is none
        raise _no_receipt(str(error)) from error
    if not is_canonical:
        raise _no_receipt("it is not canonical JSON, as it is written by `sla receipt`")
    return body


def _no_receipt(why: str) -> UsageProblem:
    return UsageProblem(f"this is no receipt: {why}", remedy="a receipt is what `sla receipt RECORD` prints")


def _unpacked(body: Body) -> Unpacked:
    reading = Reading.of(body["shared"])
    object_type, record_id = _texts(body["record"])
    entries = tuple(map(_proven, body["entries"]))
    seqs = [proven.entry.seq for proven in entries]
    if not entries or seqs != sorted(set(seqs)):
        raise ValueError("the entries are in their order, and each is there once")
    clocks = {str(clock): _number(seq) for clock, seq in body["clocks"].items()}
    if not set(clocks.values()) <= set(seqs):
        raise ValueError("a clock names an entry that is not there")
    facts, shown, head = body["facts"], body["shown"], audit_head.parsed(body["head"])
    if not head.root:
        raise ValueError("its head has no root")
    if not isinstance(shown, dict):
        raise TypeError("what is shown is an object")
    receipt = Receipt(
        record=RecordRef(object_type, record_id),
        made_by=dict(zip(body["made_by"], _texts(body["made_by"].values()), strict=True)),
        rules=_number(body["rules"]),
        head=head,
        entries=entries,
        clocks=clocks,
        facts=Covered(bytes.fromhex(facts["salt"]), orjson.dumps(facts["content"])),
        records=reading.read(body["records"]),
        words=reading.read(body["words"]),
        promises=dict(reading.read(body["promises"])),
        shown=shown,
    )
    return Unpacked(receipt, reading, body["checksum"] == _checksum(body))


def _proven(body: Body) -> ProvenEntry:
    path = tuple(bytes.fromhex(digest) for digest in _texts(body["path"]))
    texts = {name: body[name] for name in ("run_id", "kind", "prev", "body")}
    optional = {name: body[name] for name in ("record", "commitment", "digest")}
    _texts(texts.values())
    _texts(text for text in optional.values() if text is not None)
    if not all(body[name] is None or audit_head.is_digest(body[name]) for name in ("commitment", "digest")):
        raise ValueError("a digest is 64 hex digits")
    return ProvenEntry(SealedEntry(seq=_number(body["seq"]), at=_number(body["at"]), **texts, **optional), path)


def _texts(values: Any) -> list[str]:
    texts = list(values)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("this is text")
    return texts


def _number(value: object) -> int:
    if type(value) is not int or abs(value) > _GREATEST:
        raise ValueError(f"{value!r} is no number of a receipt")
    return value
