"""A record as it was known at an instant, and what is known now of that instant.

Known then is what audit entries had covered by then: facts, values of companies and contacts, waivers, and by the
number of the version of the mappings what was promised. At the very instant of a judgement it is what that judgement
knew. Known now of then is everything that the ledger holds now of what was so by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.records.as_recorded import as_recorded
from hubspot_sla.flows.records.message_facts import THREADS_READ
from hubspot_sla.ledger import audit, known_by, seen
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.audit import Recorded
    from hubspot_sla.ledger.verdicts import Body
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.customers import CompanyView, ContactView, History

_ALL: Final = 2**31


@dataclass(frozen=True, slots=True)
class KnownAt:
    """`record` as it was known; `mappings`: the number of versions that were known; `entry`: the number of the newest
    audit entry that counts; `judged_at`: when it had last been judged (None: not yet), and `recorded` the verdicts that
    stood, by clock."""

    record: RecordFacts
    mappings: int
    entry: int
    judged_at: int | None
    recorded: Mapping[str, Body]


def known_at(db: sqlite3.Connection, record: RecordRef, at: int) -> KnownAt:
    """UsageProblem: the worker had not seen the record by `at` (epoch ms)."""
    about = list(audit.log(db, record=record, last=_ALL))
    if not any(entry.at <= at for entry in about):
        raise _not_seen(record, about)
    judged = next((one for one in reversed(about) if one.kind in audit.DECIDED and one.at <= at), None)
    until = judged.seq if judged is not None and judged.at == at else known_by.newest_entry(db, at)
    told = [one for one in about if one.seq <= until and (one.kind in audit.DECIDED or one.kind == "facts")]
    decided = [one for one in about if judged is not None and one.seq <= judged.seq and one.kind in audit.DECIDED]
    known = as_recorded(db, record, until, _references(told[-1]) if told else {})
    if known is None:
        raise _not_seen(record, about)
    return KnownAt(
        _without_later(db, known, until),
        known_by.versions(db, until),
        until,
        judged.at if judged else None,
        standing(decided),
    )


def standing(decided: Sequence[Recorded]) -> dict[str, Body]:
    """The verdicts that stand after these decisions about one record, by clock."""
    verdicts: dict[str, Body] = {}
    for entry in decided:
        dropped = entry.body.get("dropped")
        for clock in dropped if isinstance(dropped, list) else ():
            verdicts.pop(str(clock), None)
        after = entry.body.get("after")
        verdicts.update(after if isinstance(after, dict) else {})
    return verdicts


def known_now_of(now: RecordFacts, then: RecordFacts, at: int) -> RecordFacts:
    """Of what is known now, what had happened by `at` (epoch ms). Merges count whenever they came: they join the past.
    So does how far messages were read since."""
    known = set(then.facts)
    absorbed = {one.ref: one for one in then.absorbed}
    return replace(
        now,
        facts=[fact for fact in now.facts if fact.at <= at or fact in known or fact.name == THREADS_READ],
        companies=tuple(_company_by(view, then.companies, at) for view in now.companies),
        contacts=tuple(_contact_by(view, then.contacts, at) for view in now.contacts),
        absorbed=tuple(known_now_of(one, absorbed.get(one.ref, one), at) for one in now.absorbed),
    )


def _company_by(view: CompanyView, before: Sequence[CompanyView], at: int) -> CompanyView:
    known = next((one.property_history for one in before if one.id == view.id), {})
    return replace(view, property_history=_by(view.property_history, known, at))


def _contact_by(view: ContactView, before: Sequence[ContactView], at: int) -> ContactView:
    known = next((one.property_history for one in before if one.id == view.id), {})
    return replace(view, property_history=_by(view.property_history, known, at))


def _by(now: Mapping[str, History], then: Mapping[str, History], at: int) -> dict[str, History]:
    return {
        name: [change for change in changes if change[0] <= at or change in then.get(name, ())]
        for name, changes in now.items()
    }


def _references(entry: Recorded) -> Mapping[str, object]:
    """What an entry of the first form names stands elsewhere in its body."""
    inputs = entry.body.get("inputs")
    if not isinstance(inputs, dict):
        return entry.body
    companies = [[company["id"], company["primary"]] for company in inputs.get("companies", ())]
    contacts = [contact["id"] for contact in inputs.get("contacts", ())]
    return {**inputs, "companies": companies, "contacts": contacts}


def _without_later(db: sqlite3.Connection, known: RecordFacts, until: int) -> RecordFacts:
    """Without the facts that are older than numbers of entries, and of which the first entry told later."""
    ids = [known.ref.record_id, *(one.ref.record_id for one in known.absorbed)]
    later = {
        (value.whose, value.fact)
        for value in seen.facts(db, known.ref.object_type, ids)
        if value.at_the_latest and value.entry is not None and value.entry > until
    }
    if not later:
        return known

    def without(record: RecordFacts) -> RecordFacts:
        return replace(record, facts=[fact for fact in record.facts if (record.ref.record_id, fact) not in later])

    return replace(without(known), absorbed=tuple(map(without, known.absorbed)))


def _not_seen(record: RecordRef, about: Sequence[Recorded]) -> UsageProblem:
    first = min((entry.at for entry in about), default=None)
    said = "the ledger has no entry about it" if first is None else f"it was first seen {wire(first)}"
    word = singular_of(record.object_type)
    return UsageProblem(f"{word} {record.key} was not known then: {said}", remedy="name a later instant")
