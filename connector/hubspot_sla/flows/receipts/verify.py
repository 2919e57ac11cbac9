"""A receipt held against itself, against the clock, and against heads that its reader holds. No ledger is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.judgement import verdicts_on
from hubspot_sla.flows.receipts import libraries
from hubspot_sla.flows.receipts.words import as_versions, record_of
from hubspot_sla.flows.records.record_facts import timeline_of
from hubspot_sla.ledger import seal_tree
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.calendar_documents import HolidaysSection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.receipts.receipt import ProvenEntry, Receipt, Unpacked
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.audit_head import Head

Body = dict[str, Any]


@dataclass(slots=True)
class Verified:
    """`verdicts` by clock, as the log has them. `differences` is everything that is not as the receipt says; `shown`
    what nothing but the word of its maker stands behind. `anchored_in` is the head of the reader that the paths end in;
    None: none of them, or none was given."""

    receipt: Receipt
    verdicts: dict[str, Body] = field(default_factory=dict)
    facts: int = 0
    differences: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    anchored_in: Head | None = None

    @property
    def is_by_other_rules(self) -> bool:
        """Its verdicts cannot be computed again by this clock: by its rules another verdict may be right."""
        return self.receipt.rules != CLOCK_RULES

    @property
    def exit_code(self) -> int:
        if self.differences:
            return 4
        if self.is_by_other_rules:
            return UsageProblem.exit_code
        return 1 if self.anchored_in is None else 0

    @property
    def at(self) -> str:
        return wire(self.receipt.newest.entry.at)

    @property
    def conclusion(self) -> str:
        if self.differences:
            return "This receipt does not hold"
        if self.is_by_other_rules:
            where = (
                "it is anchored nowhere" if self.anchored_in is None else "its entries stand in the log of your head"
            )
            return (
                f"This receipt was made by rules {self.receipt.rules} of the clock, and these are rules {CLOCK_RULES}:"
                f" its verdicts cannot be computed again here; {where}"
            )
        if self.anchored_in is None:
            return "This receipt recomputes, but is anchored nowhere"
        return f"This receipt holds: it ends in your head of {counted(self.anchored_in.size, 'entry')}"

    @property
    def proven(self) -> list[str]:
        if self.differences:
            return []
        seqs = ", ".join(str(proven.entry.seq) for proven in self.receipt.entries)
        log = f"the log of {counted(self.receipt.head.size, 'entry')}"
        several = len(self.receipt.entries) > 1
        return [
            f"entries {seqs} stand in {log}, and record these verdicts"
            if several
            else f"entry {seqs} stands in {log}, and records these verdicts",
            f"the facts are those that entry {self.receipt.newest.entry.seq} rests on: {self.facts} of them",
        ]

    @property
    def computed(self) -> list[str]:
        if self.differences or self.is_by_other_rules:
            return []
        return [
            f"{counted(len(self.verdicts), 'verdict')}: from the facts, the promises and their changes, and the"
            " calendars"
        ]

    @property
    def not_computed(self) -> list[str]:
        """What this version leaves to another one."""
        if self.differences or not self.is_by_other_rules:
            return []
        version = self.receipt.made_by.get("hubspot_sla", "")
        return [
            f"{len(self.verdicts)} verdicts: that they follow from the facts and the promises, hubspot-sla {version}"
            " can say, which made it"
        ]

    def as_json(self) -> Body:
        return {
            "conclusion": self.conclusion,
            "exit_code": self.exit_code,
            "record": self.receipt.record.key,
            "entry": self.receipt.newest.entry.seq,
            "at": self.at,
            "head": self.receipt.head.as_json(),
            "anchored": self.anchored_in is not None,
            "verdicts": self.verdicts,
            "differences": self.differences,
            "proven": self.proven,
            "computed": self.computed,
            "not_computed": self.not_computed,
            "shown": self.shown,
            "remarks": self.remarks,
        }


def verify(unpacked: Unpacked, heads: Sequence[Head]) -> Verified:
    """`heads` are those that the reader holds. Of a receipt by other rules of the clock everything is held against
    each other but the verdicts."""
    receipt = unpacked.receipt
    found = Verified(receipt)
    if not unpacked.is_whole:
        found.differences.append("it was altered after it was made: its checksum does not fit")
    found.differences += _entry_problems(receipt)
    if not found.differences:  # of facts that are not those of the log nothing follows
        _compute(unpacked, found)
    _anchor(receipt, heads, found)
    return found


def _compute(unpacked: Unpacked, found: Verified) -> None:
    receipt = unpacked.receipt
    try:
        found.differences += _clock_problems(receipt, found)
        _compare_libraries(unpacked, found)
        found.shown += list(_shown(receipt))
    except Exception as error:  # noqa: BLE001 - values of a stranger: whatever they make the clock do, they differ
        found.differences.append(f"it cannot be computed: {type(error).__name__}: {error}")


def _entry_problems(receipt: Receipt) -> Iterator[str]:
    """Whether each entry is the leaf that its path leads from, and is about the record."""
    root = bytes.fromhex(receipt.head.root)
    for proven in receipt.entries:
        entry = proven.entry
        reached = seal_tree.root_by_inclusion(
            seal_tree.leaf_hash(entry.seal), entry.seq - 1, receipt.head.size, proven.path
        )
        if reached is None or reached != root:
            yield f"the path of entry {entry.seq} does not lead to the root of the head"
        if entry.record != receipt.record.key:
            yield f"entry {entry.seq} is about {entry.record or 'no record'}"
        if entry.seq == receipt.head.size and entry.seal.hex() != receipt.head.seal:
            yield "the newest seal of the head is another one"
    if not receipt.facts.fits(receipt.newest.entry.digest):
        yield f"the facts are not those that entry {receipt.newest.entry.seq} covers"


def _clock_problems(receipt: Receipt, found: Verified) -> Iterator[str]:
    """Whether the clock makes the recorded verdicts of the facts and the promises."""
    newest = _body(receipt.newest)
    facts, mappings, *_ = orjson.loads(receipt.facts.content)
    found.facts = len(facts)
    if mappings is None or mappings[0] != newest.get("mappings"):
        yield "the facts are covered with another version of the mappings"
    by_record: dict[str, list[Fact]] = {}
    for record_id, name, at, _nth, value, source in facts:
        by_record.setdefault(record_id, []).append(Fact(name, at, value, source))
    record = record_of(
        receipt.record, by_record, receipt.records, newest.get("absorbed", ()), newest.get("merged_into", "")
    )
    computed = None if found.is_by_other_rules else _computed(receipt, record)
    bodies = {proven.entry.seq: _body(proven) for proven in receipt.entries}
    for clock, seq in sorted(receipt.clocks.items()):
        recorded = bodies[seq].get("after", {}).get(clock)
        if recorded is None:
            yield f"entry {seq} records no verdict on {clock}"
            continue
        found.verdicts[clock] = recorded
        if computed is not None and computed.get(clock) != recorded:
            how = _difference(recorded, computed.get(clock))
            yield f"the clock does not give what entry {seq} records of {clock}: {how}"
    for clock in sorted((computed or {}).keys() - receipt.clocks.keys()):
        yield f"there is a promise for {clock}, of which no verdict is named"


def _computed(receipt: Receipt, record: RecordFacts) -> dict[str, Body]:
    """What this clock makes of the facts and the promises, by clock."""
    timeline = timeline_of(record, as_versions(receipt.words))
    messages = receipt.words[-1].mappings.portal.messages
    by_agent = messages is not None and messages.separates_ai_agent
    verdicts = verdicts_on(timeline, receipt.promises, receipt.newest.entry.at, by_agent=by_agent)
    return {verdict.clock.key: parted(verdict_json.of_verdict(verdict))[0] for verdict in verdicts}


def _body(proven: ProvenEntry) -> Body:
    body = orjson.loads(proven.entry.body)
    if not isinstance(body, dict):
        raise TypeError("the body of an entry is an object")
    return body


def _difference(recorded: Body, computed: Body | None) -> str:
    if computed is None:
        return "nothing is promised"
    names = sorted(name for name in recorded.keys() | computed.keys() if recorded.get(name) != computed.get(name))
    return ", ".join(f"{name} {recorded.get(name)}, computed {computed.get(name)}" for name in names)


def _compare_libraries(unpacked: Unpacked, found: Verified) -> None:
    compared = libraries.compared(
        libraries.Stated(
            unpacked.shared.read(body["calendar"]),
            [
                HolidaysSection(country=each["country"], subdivision=each["subdivision"] or None)
                for each in body["holidays"]
            ],
            body["of"],
        )
        for body in unpacked.receipt.shown["calendars"]
    )
    found.differences += compared.differences
    found.remarks += compared.remarks


def _shown(receipt: Receipt) -> Iterator[str]:
    body = _body(receipt.newest)
    tier = body.get("tier", {})
    yield f"tier {tier.get('tier') or 'none'}, says {tier.get('source')} (stands in entry {receipt.newest.entry.seq})"
    for policy in receipt.shown["policies"]:
        answers = ", ".join(map(_answer, policy["when"])) or "for everybody"
        yield f"policy {policy['policy']} since {policy['since']}: {answers}"
    for row in receipt.shown["tier_rows"]:
        yield f"{row['source']} says {row['tier']} of company {row['company']}{_term(row)}"
    yield "the target, the hours and the rules of each promise; what stages and properties mean"
    for releases in dict.fromkeys(tuple(sorted(body["of"].items())) for body in receipt.shown["calendars"]):
        yield f"holidays and clock changes as of {', '.join(f'{name} {release}' for name, release in releases)}"


def _answer(answer: Body) -> str:
    if "not" in answer:
        return f"excludes others, and it has {', '.join(map(_answer, answer['not']))}"
    return f"{answer['asks']} is {answer['is'] or 'not set'}"


def _term(row: Body) -> str:
    return (f" from {row['from']}" if row["from"] else "") + (f" until {row['to']}" if row["to"] else "")


def _anchor(receipt: Receipt, heads: Sequence[Head], found: Verified) -> None:
    """Whether the paths end in a head of the reader: one of the same size, or a later one that shows that it begins
    with this."""
    if not heads:
        return
    same_size = [head for head in heads if head.size == receipt.head.size]
    for head in same_size:
        if head.seal != receipt.head.seal or head.root not in ("", receipt.head.root):
            found.differences.append(
                f"your head of {counted(head.size, 'entry')} is another one: this is of another log"
            )
        elif not head.root:
            found.remarks.append(f"your head of {counted(head.size, 'entry')} has no root, so no path can end in it")
    found.anchored_in = next((head for head in heads if head.root and head.follows(receipt.head)), None)
    if found.anchored_in is None and not same_size:
        sizes = ", ".join(str(head.size) for head in heads)
        found.differences.append(
            f"its paths end in a head of {counted(receipt.head.size, 'entry')}, and yours has {sizes}: ask for a"
            " receipt that ends in yours (`sla receipt RECORD --head FILE`), or for yours with `sla audit head --since`"
        )
