"""What has been learned of a record since some entry of the audit log: facts, values, merges, waivers. For people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.records.message_facts import THREADS_READ, is_message
from hubspot_sla.ledger import seen
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.seen import SeenValue
    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.policy.customers import CompanyView, ContactView


@dataclass(frozen=True, slots=True)
class Learned:
    """`what`: `value`, `message`, `merge`, `customer` or `waiver`; `whose`: whose value, as `company 21`. `at` is when
    it happened, `seen_at` when it was first seen (epoch ms; None: nobody says), `at_the_latest`: or before."""

    what: str
    whose: str
    name: str
    value: str | None
    at: int | None
    seen_at: int | None
    at_the_latest: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "whose": self.whose,
            "name": self.name,
            "value": self.value,
            "at": None if self.at is None else wire(self.at),
            "seen_at": None if self.seen_at is None else wire(self.seen_at),
            "at_the_latest": self.at_the_latest,
        }

    def sentence(self, instant: Callable[[int], str]) -> str:
        """`hs_ticket_priority of ticket 42 was HIGH from 10:03 on, seen 12:40`."""
        latest = "at the latest " if self.at_the_latest else ""
        seen_then = "" if self.seen_at is None else f", seen {latest}{instant(self.seen_at)}"
        since = "" if self.at is None else instant(self.at)
        if self.what == "message":
            return f"a message of {since}{seen_then}"
        if self.what == "value":
            value = self.value or "empty"
            return f"{self.name} of {self.whose} was {value} from {since} on{seen_then}"
        if self.what == "waiver":
            return f"{self.name} since {since}: {self.value}"
        return self.name


def learned(db: sqlite3.Connection, then: RecordFacts, now: RecordFacts, entry: int) -> list[Learned]:
    """What `now` has and `then` has not. `entry` is the number of the newest audit entry that counted then."""
    return [*_merges(then, now), *_values(db, then, now), *_customers(db, then, now, entry)]


def _merges(then: RecordFacts, now: RecordFacts) -> Iterator[Learned]:
    word, key = singular_of(now.ref.object_type), now.ref.key
    before = {one.ref for one in then.absorbed}
    for one in now.absorbed:
        if one.ref not in before:
            yield Learned("merge", f"{word} {key}", f"{word} {one.ref.key} was merged into it", None, None, None)
    if now.merged_into != then.merged_into:
        said = f"it was merged into {word} {now.merged_into}" if now.merged_into else "it stands for itself again"
        yield Learned("merge", f"{word} {key}", said, None, None, None)


def _values(db: sqlite3.Connection, then: RecordFacts, now: RecordFacts) -> Iterator[Learned]:
    word = singular_of(now.ref.object_type)
    known = {(one.ref.record_id, fact) for one in (then, *then.absorbed) for fact in one.facts}
    counting = {(one.ref.record_id, fact) for one in (now, *now.absorbed) for fact in one.facts}
    for value in seen.facts(db, now.ref.object_type, [one.ref.record_id for one in (now, *now.absorbed)]):
        fact = value.fact
        if (value.whose, fact) in counting - known and fact.name != THREADS_READ:
            what = "message" if is_message(fact) else "value"
            yield _learned(value, what, f"{word} {value.whose}")


def _customers(db: sqlite3.Connection, then: RecordFacts, now: RecordFacts, entry: int) -> Iterator[Learned]:
    object_type, record_id = now.ref
    before = {view.id for view in then.companies}
    for view in now.companies:
        if view.id not in before:
            yield Learned("customer", f"company {view.id}", f"company {view.id} is its customer", None, None, None)
    after = {view.id for view in now.companies}
    for view in then.companies:
        if view.id not in after:
            said = f"company {view.id} is its customer no more"
            yield Learned("customer", f"company {view.id}", said, None, None, None)
    views: list[CompanyView | ContactView] = [*now.companies, *now.contacts]
    counting = {
        (view.id, name, at, value)
        for view in views
        for name, changes in view.property_history.items()
        for at, value in changes
    }
    of_companies = seen.company_values(db, after)
    of_contacts = seen.contact_values(db, object_type, record_id, [view.id for view in now.contacts])
    for word, values in (("company", of_companies), ("contact", of_contacts)):
        for value in values:
            fact = value.fact
            is_later = value.entry is not None and value.entry > entry
            if is_later and (value.whose, fact.name, fact.at, fact.value) in counting:
                yield _learned(value, "value", f"{word} {value.whose}")


def _learned(value: SeenValue, what: str, whose: str) -> Learned:
    fact = value.fact
    shown = None if what == "message" else fact.value
    name = "" if what == "message" else fact.name
    return Learned(what, whose, name, shown, fact.at, value.seen_at, value.at_the_latest)


def waivers_since(then: Iterable[GrantedWaiver], now: Iterable[GrantedWaiver]) -> Iterator[Learned]:
    """Those granted since, and those revoked since."""
    before = {waiver.number: waiver for waiver in then}
    for waiver in now:
        terms, number = waiver.terms, waiver.number
        if number not in before:
            said = f"waiver {number} by {terms.granted_by}"
            yield Learned("waiver", str(number), said, terms.reason, terms.granted_at, terms.granted_at)
        elif waiver.revoked_at != before[number].revoked_at:
            said = f"waiver {number} is revoked by {waiver.revoked_by}"
            at = waiver.revoked_at
            yield Learned("waiver", str(number), said, waiver.revoked_because, at, at)
