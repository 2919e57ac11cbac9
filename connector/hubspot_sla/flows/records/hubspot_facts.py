"""What HubSpot says of a record, turned into facts with their instants, and a fingerprint of what counts.

Pure. The fingerprint covers the mapped inputs only, so that an edit of anything else, a bump by a pipeline edit,
and our own writes coming back are recognised before any further call is spent on them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.objects.profile import MERGED_FROM
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.parse_records import at_ms_of
from hubspot_sla.ledger.facts import Fact, fact_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.objects.profile import ObjectProfile
    from hubspot_sla.hubspot.parse_records import HistoryEntry
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.policy.portal import PortalMap

SHOWN = "VALUE"
"""The source of a fact that HubSpot showed without its history."""
USER = "userId:"
"""What HubSpot puts in front of the id of a user who made a change."""
GONE = "ticket.gone"
"""A fact of our own making, under a name that no property can have: since when HubSpot has no longer shown the record,
and, empty, since when it does again."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names of the properties of one object type that we read, by use.

    `inputs` decide verdicts; `beside_facts` are those that a record keeps beside its facts; `histories` are those whose
    past counts too; `messages` are calculated properties that may change without a bump of last-modified, so the poll
    asks for them by name; `message_times` are all that hold the time of a message; `written` maps our word for each
    property that we write to its HubSpot name.
    """

    profile: ObjectProfile
    inputs: tuple[str, ...]
    beside_facts: tuple[str, ...]
    histories: tuple[str, ...]
    messages: tuple[str, ...]
    message_times: tuple[str, ...]
    written: Mapping[str, str]

    @property
    def requested(self) -> tuple[str, ...]:
        return (*self.inputs, self.profile.title, *self.written.values())

    @property
    def object_type(self) -> str:
        return self.profile.name


def vocabulary(portal: PortalMap, written_keys: Iterable[str], also: Sequence[str] = ()) -> Vocabulary:
    """Of the object type that `portal` describes. `also` are the properties that policies look at beside those
    portal.yaml names."""
    words, profile = portal.properties, profile_of(portal.object_type)
    messages = _named(words.customer_message, words.agent_message)
    shown_in_reports = (words.team, words.source, words.category, *portal.dimensions)
    closing = (portal.closing.property,) if portal.closing else ()
    sources = portal.messages
    not_needed = () if sources is None else tuple(sources.not_needed)
    escalated = _named(profile.escalated) if sources is not None and sources.reads_threads else ()
    activities = profile.activities_moved if sources is not None and sources.activities else ()
    also = (*also, *not_needed)
    moved = _named(
        profile.pipeline, profile.stage, words.priority, words.owner, *shown_in_reports, *closing, words.waiver, *also
    )
    message_times = (*words.first_agent_reply, *messages, *escalated)
    inputs = (profile.created, *moved, profile.entered_stage, MERGED_FROM, *message_times, *activities)
    return Vocabulary(
        profile=profile,
        inputs=tuple(dict.fromkeys(inputs)),
        beside_facts=_named(profile.created, MERGED_FROM, words.owner, profile.title),
        histories=tuple(dict.fromkeys((*moved, *message_times))),
        messages=messages,
        message_times=message_times,
        written={key: portal.written.of(key) for key in written_keys},
    )


def _named(*names: str) -> tuple[str, ...]:
    """Without what this object type has no property for."""
    return tuple(name for name in names if name)


def inputs_of(properties: Mapping[str, str | None], words: Vocabulary) -> dict[str, str | None]:
    return {name: properties.get(name) or None for name in words.beside_facts}


def created_at(inputs: Mapping[str, str | None], object_type: str) -> int | None:
    """When the record was created (epoch ms); None where that is missing or no instant."""
    try:
        return wire_time.parse(inputs.get(profile_of(object_type).created))
    except ValueError:
        return None


def changed_at(record: CrmRecord, words: Vocabulary) -> int:
    """The newest change in the row; a message's time may be newer than last-modified."""
    return max([record.updated_at_ms, *(_instant(record.properties.get(name)) for name in words.messages)])


def _instant(text: str | None) -> int:
    try:
        return wire_time.parse(text) or 0
    except ValueError:
        return 0


def written_of(properties: Mapping[str, str | None], words: Vocabulary) -> dict[str, str | None]:
    """Our own properties as HubSpot holds them."""
    return {name: properties.get(name) or None for name in words.written.values()}


def fingerprint(properties: Mapping[str, str | None], words: Vocabulary) -> str:
    """16 hex digits over the mapped inputs; a change of the vocabulary changes it too."""
    values = [(name, properties.get(name) or None) for name in words.inputs]
    return hashlib.blake2b(orjson.dumps(values), digest_size=8).hexdigest()


def facts_of(record: CrmRecord, words: Vocabulary) -> list[Fact]:
    """Facts of one record that was read with its histories, oldest first within each name. The source of one is
    `CRM_UI userId:12345` where HubSpot names the person, else `CRM_UI`."""
    facts: list[Fact] = []
    histories, properties = record.history, record.properties
    for name in words.histories:
        if history := histories.get(name):
            entries = history if len(history) == 1 else oldest_first(history, properties.get(name))
            for held, at, source, source_id in entries:
                if source_id and source_id.startswith(USER):
                    source = f"{source} {source_id}"
                facts.append(fact_of((name, at, held or None, source)))
        elif value := properties.get(name):
            facts.append(Fact(name, _shown_since(record, name, value, words), value, SHOWN))
    return facts


def shortened(newest_facts: Sequence[Fact], known: Sequence[Fact]) -> dict[str, int]:
    """The properties whose history HubSpot no longer gives whole, with how many values it gave of each: the ledger
    knows an older one."""
    instants_by_name: dict[str, list[int]] = {}
    for fact in newest_facts:
        if fact.source != SHOWN:
            instants_by_name.setdefault(fact.name, []).append(fact.at)
    older = {
        fact.name
        for fact in known
        if fact.name in instants_by_name and fact.at < instants_by_name[fact.name][0] and fact.source != SHOWN
    }
    return {name: len(instants_by_name[name]) for name in sorted(older)}


def oldest_first(history: Sequence[HistoryEntry], value: str | None) -> list[HistoryEntry]:
    """HubSpot answers newest first, but documents no order: sorted by time. Of several entries in the newest instant
    the one that the record holds now came last; others in one instant keep HubSpot's order."""
    turned = history[::-1]
    entries = sorted(turned, key=at_ms_of)
    if len(entries) < 2 or entries[-2][1] != entries[-1][1]:
        return entries
    tied = [place for place, entry in enumerate(entries) if entry.at_ms == entries[-1].at_ms]
    last = next((place for place in reversed(tied) if entries[place].value == (value or "")), None)
    return entries if last is None else [*entries[:last], *entries[last + 1 :], entries[last]]


def _shown_since(record: CrmRecord, name: str, value: str, words: Vocabulary) -> int:
    """A value without history: a message's time speaks for itself, anything else is known since the last change."""
    if name not in words.message_times:
        return record.updated_at_ms
    try:
        return wire_time.parse(value) or record.updated_at_ms
    except ValueError:
        return record.updated_at_ms
