"""A receipt made from the ledger: one record's verdicts as they were recorded, with all they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import LedgerDamaged, ReplayDiffers, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.judgement import judgement_of, verdicts_on
from hubspot_sla.flows.receipts import libraries, shown, verify
from hubspot_sla.flows.receipts.receipt import ProvenEntry, Receipt, packed, unpacked
from hubspot_sla.flows.receipts.resolved_promises import ObservedCalendars, Replacing
from hubspot_sla.flows.receipts.words import Reducing, record_words, words_of
from hubspot_sla.flows.records.as_recorded import as_recorded
from hubspot_sla.ledger import audit, audit_head, audit_proof, audit_tree, calendar_data, versions
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.policy import calendar_libraries
from hubspot_sla.policy.calendar_data import holidays_name, zone_name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.receipts.clock_values import Writing
    from hubspot_sla.flows.receipts.receipt import Body
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.audit import Recorded
    from hubspot_sla.ledger.audit_head import Head
    from hubspot_sla.ledger.audit_proof import Covered
    from hubspot_sla.plan.records import RecordRef


def make(db: sqlite3.Connection, record: RecordRef, *, metric: str | None = None, head: Head | None = None) -> bytes:
    """The receipt of a record, of one metric or clock where it is named, as canonical JSON. Its paths end in `head`,
    or else in the newest one.

    UsageProblem: there is nothing to give a receipt of. LedgerDamaged: the log is not that of `head`. ReplayDiffers:
    a recorded verdict does not follow from what it rests on.
    """
    end = audit_head.of(db) if head is None else _own(db, head)
    recorded = _Recorded.of(db, record, metric, end.size)
    known = as_recorded(db, record, recorded.newest.seq, recorded.newest.body)
    number = recorded.newest.body.get("mappings")
    in_force = versions_of(versions_in_force.in_force(db), record.object_type)
    if known is None or not isinstance(number, int) or not 1 <= number <= len(in_force):
        raise LedgerDamaged(f"what entry {recorded.newest.seq} refers to is not there", remedy="run `sla audit verify`")
    rest = _Rest(known, in_force[:number], recorded.newest.at, _covered(db, recorded))
    receipt, calendars = rest.receipt(db, recorded, end)
    text = packed(receipt, lambda writing: {"calendars": _calendars(db, calendars, in_force, writing)})
    found = verify.verify(unpacked(text), [])
    if found.differences:
        raise ReplayDiffers(
            f"the receipt of {record.key} would not verify: {'; '.join(found.differences)}",
            remedy="`sla audit verify` tells whether the ledger was altered; if it was not, please report this",
        )
    return text


def _covered(db: sqlite3.Connection, recorded: _Recorded) -> Covered:
    """What the digest of the newest decision covers."""
    try:
        return audit_proof.covered(db, recorded.newest.seq, recorded.record)
    except LookupError as error:
        raise UsageProblem(
            "what the verdicts rest on was removed on request, so no receipt can be given",
            remedy="`sla explain` still tells what is known",
        ) from error


def _own(db: sqlite3.Connection, head: Head) -> Head:
    """A head that somebody keeps, of this log."""
    try:
        own = audit_head.of(db, head.size)
    except ValueError as error:
        raise LedgerDamaged(f"this is not the log of that head: {error}", remedy="run `sla audit verify`") from error
    if own.seal != head.seal or head.root not in ("", own.root):
        raise LedgerDamaged(
            f"this is not the log of that head: its first {head.size} entries have another one",
            remedy="`sla audit verify` finds what was altered; otherwise it is another ledger, or an older backup",
        )
    return own


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The newest decision about a record, the verdicts that stand since, and which entry recorded each."""

    record: RecordRef
    newest: Recorded
    verdicts: Mapping[str, Body]
    clocks: Mapping[str, int]

    @classmethod
    def of(cls, db: sqlite3.Connection, record: RecordRef, metric: str | None, size: int) -> _Recorded:
        """Among the first `size` entries."""
        verdicts: dict[str, Body] = {}
        clocks: dict[str, int] = {}
        newest: Recorded | None = None
        for entry in audit.decisions(db, record):
            if entry.seq > size:
                break
            newest = entry
            _require_sealed(db, entry)
            after: dict[str, Any] = parted(entry.body)[0].get("after", {})
            for clock in parted(entry.body)[0].get("dropped", []):
                verdicts.pop(clock, None)
                clocks.pop(clock, None)
            verdicts |= after
            clocks |= dict.fromkeys(after, entry.seq)
        if newest is None:
            raise UsageProblem(
                f"the log says nothing of {record.key} that a receipt could be given of"
                + ("" if size == audit_head.of(db).size else f" in its first {size} entries"),
                remedy="see `sla audit log --ticket ID`: entries of ledgers up to version 4 name no facts",
            )
        wanted = {clock for clock in clocks if metric in (None, clock, verdict_json.metric_of(clock))}
        if not wanted:
            known = ", ".join(sorted(clocks)) or "none"
            raise UsageProblem(f"{record.key} has no verdict on {metric!r}", remedy=f"its clocks: {known}")
        return cls(
            record, newest, {c: verdicts[c] for c in wanted}, {c: seq for c, seq in clocks.items() if c in wanted}
        )

    @property
    def entries(self) -> list[int]:
        return sorted({self.newest.seq, *self.clocks.values()})


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the verdicts rest on: the facts and the mappings that were known, and the instant of the judgement."""

    known: RecordFacts
    versions: Sequence[Version]
    at: int
    facts: Covered

    def receipt(
        self, db: sqlite3.Connection, recorded: _Recorded, end: Head
    ) -> tuple[Receipt, dict[int, tuple[Calendar, Calendar]]]:
        """With the calendars, each with the one that stands for it."""
        judgement = judgement_of(self.known, self.versions, self.at)
        self._require_same(judgement, recorded)
        promises = {clock: told for clock, told in judgement.promised.items() if clock.key in recorded.clocks}
        reducing, observed = Reducing(self.known), ObservedCalendars()
        words = words_of(self.known, self.versions, reducing)
        observing = Replacing(observed.copy, reducing).promises(promises)
        verdicts_on(judgement.timeline, observing, self.at, by_agent=judgement.by_agent)
        stated = observed.stating(_years(judgement, self.at))
        receipt = Receipt(
            record=self.known.ref,
            made_by={"hubspot_sla": metadata.version("hubspot-sla")},
            rules=CLOCK_RULES,
            head=end,
            entries=tuple(_proven(db, seq, end.size) for seq in recorded.entries),
            clocks=recorded.clocks,
            facts=self.facts,
            records=record_words(self.known, self.versions),
            words=words,
            promises=Replacing(stated, reducing).promises(promises),
            shown={
                "policies": shown.policies(judgement.agreed, self.versions),
                "tier_rows": shown.tier_rows(self.versions, self.known.companies),
            },
        )
        return receipt, {id(calendar): (calendar, stated(calendar)) for calendar in observed.originals}

    def _require_same(self, judgement: Judgement, recorded: _Recorded) -> None:
        computed = {verdict.clock.key: parted(verdict_json.of_verdict(verdict))[0] for verdict in judgement.verdicts}
        different = sorted(clock for clock, body in recorded.verdicts.items() if computed.get(clock) != body)
        if different:
            raise ReplayDiffers(
                f"what was recorded of {recorded.record.key} does not follow from what it rests on:"
                f" {', '.join(different)} at entry {recorded.newest.seq}",
                remedy="`sla audit replay` tells whether it was judged by older rules of the clock; `sla audit verify`"
                " whether the ledger was altered",
            )


def _require_sealed(db: sqlite3.Connection, entry: Recorded) -> None:
    """LedgerDamaged: it does not say what was sealed."""
    if audit_proof.sealed_entry(db, entry.seq).seal.hex() != entry.hash:
        raise LedgerDamaged(f"entry {entry.seq} of the audit log was altered", remedy="run `sla audit verify`")


def _proven(db: sqlite3.Connection, seq: int, size: int) -> ProvenEntry:
    return ProvenEntry(audit_proof.sealed_entry(db, seq), audit_tree.inclusion(db, seq, size))


def _years(judgement: Judgement, at: int) -> range:
    """From the creation of the record until it was judged."""
    created_at = judgement.timeline.created_at
    first, last = (datetime.fromtimestamp(ms / 1000, UTC).year for ms in (at if created_at is None else created_at, at))
    return range(min(first, last), max(first, last) + 1)


def _calendars(
    db: sqlite3.Connection,
    calendars: Mapping[int, tuple[Calendar, Calendar]],
    in_force: Sequence[Version],
    writing: Writing,
) -> list[Body]:
    """Whose holidays each calendar keeps, where it stands in calendars.yaml, and which releases of the libraries said
    what its zone and holidays mean."""
    texts = [version.texts.get("calendars.yaml", "") for version in versions.every(db)]
    releases = _Releases.of(db)
    bodies: list[Body] = []
    for calendar, stated in calendars.values():
        place = _place(calendar, in_force)
        countries = libraries.holidays_named(texts[place], calendar.name) if place is not None else []
        version = in_force[-1 if place is None else place]
        bodies.append(
            {
                "calendar": writing.written(stated),
                "holidays": countries,
                "of": {
                    "tzdata": releases.release("tzdata", version, [zone_name(str(calendar.zone))]),
                    "holidays": releases.release(
                        "holidays", version, [holidays_name(each["country"], each["subdivision"]) for each in countries]
                    ),
                },
            }
        )
    return bodies


def _place(calendar: Calendar, in_force: Sequence[Version]) -> int | None:
    """Of the version that it stands in; None: it is made of others for one record, or built in."""
    known = (
        place for place, version in enumerate(in_force) if version.mappings.calendars.get(calendar.name) is calendar
    )
    return next(known, None)


@dataclass(frozen=True, slots=True)
class _Releases:
    """The releases of libraries that contents were first taken from, by name and digest of the content."""

    by_content: Mapping[tuple[str, str], Mapping[str, str]]

    @classmethod
    def of(cls, db: sqlite3.Connection) -> _Releases:
        by_content: dict[tuple[str, str], Mapping[str, str]] = {}
        rows = db.execute("select body from audit where kind in ('policy', 'calendar_data') order by seq")
        for body in map(orjson.loads, (row["body"] for row in rows)):
            for content in body.get("calendar_data", {}).items():
                by_content.setdefault(content, body["libraries"])
        return cls(by_content)

    def release(self, library: str, version: Version, names: Sequence[str]) -> str:
        """Of these contents of a version; that of this machine where a ledger kept none yet."""
        digests = calendar_data.digests(version.calendar_data)
        known = [self.by_content.get((name, digests.get(name, ""))) for name in names]
        found = sorted({releases[library] for releases in known if releases})
        return " and ".join(found) if found else calendar_libraries.versions()[library]
