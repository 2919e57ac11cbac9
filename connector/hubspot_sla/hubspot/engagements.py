"""What is put on a record and must be there once: tasks and notes, each found again by our key.

HubSpot has no idempotency key. So each carries ours in a marker property, or, where the portal lets nobody make one, as
a short reference in its text. They are looked for through the record's associations and a batch read, which are
consistent, never through the search index, which lags. Both ways are always looked at: a portal may gain or lose the
marker properties.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import batch_read
from hubspot_sla.hubspot.json_fields import Json, mapping, text
from hubspot_sla.hubspot.key_references import LINE_BREAK, plain, reference, references_in
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.parse_records import Properties, id_of, properties_of, read_rows
from hubspot_sla.hubspot.refusal_reason import Refusal
from hubspot_sla.hubspot.response import word
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.writes import BatchWrite, Input, Outcome, Written, write
from hubspot_sla.plan.contract_rungs import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.transport import Transport
    from hubspot_sla.plan.records import RecordRef

NO_RECORD: Final = "HubSpot says its {} does not exist"
_NO_SUCH_PROPERTY: Final = ("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE")
_NOT_THERE: Final = "does not exist"


class Keyed(Protocol):
    """What can be made: ours and unique by `key`, to hang on one record."""

    @property
    def key(self) -> str: ...

    @property
    def record(self) -> RecordRef: ...


New = TypeVar("New", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Created:
    """What became of each key: the record's id, the refusal, or unknown: HubSpot accepted the batch, said nothing of
    this record, and it does not hang on its record yet. Look again before sending again. `rules` counts the records
    that the earlier version had to take, by the reason that the current one gave; `no_marker` is HubSpot's reason why
    some could not be marked ("" where all could), which are among the unknown: without the marker they may be there."""

    created: dict[str, str]
    rejected: dict[str, Refusal]
    unknown: tuple[str, ...] = ()
    rules: Mapping[str, int] = field(default_factory=dict)
    no_marker: str = ""

    def and_then(self, later: Created) -> Created:
        """With what became of some of the refused ones when they were sent in another form."""
        settled = {*later.created, *later.unknown}
        rejected = {key: refusal for key, refusal in self.rejected.items() if key not in settled} | later.rejected
        return Created(
            self.created | later.created,
            rejected,
            (*self.unknown, *later.unknown),
            Counter(self.rules) + Counter(later.rules),
            self.no_marker or later.no_marker,
        )

    @property
    def reasons(self) -> dict[str, str]:
        """HubSpot's reason against each key that was refused."""
        return {key: refusal.reason for key, refusal in self.rejected.items()}


@dataclass(frozen=True, slots=True)
class Engagement:
    """A record as HubSpot answered it."""

    id: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class Markers:
    """What hangs on some records: ids by marker value, ids by reference in the text, those that carry neither by the
    record they hang on, and the records of which nothing could be read."""

    ids: Mapping[str, str]
    references: Mapping[str, str]
    anonymous: Mapping[str, Sequence[Engagement]]
    unread: frozenset[str]

    def id_of(self, key: str) -> str | None:
        """The id of what carries this key in either way."""
        return self.ids.get(key) or self.references.get(reference(key))


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of record: `name` as in paths (`tasks`), the property that holds its text, those that together identify
    it, and those of these that nobody edits with its text."""

    name: str
    text: str
    telling: tuple[str, ...]
    lasting: tuple[str, ...]


class Engagements:
    """The records of one sort in one portal. `marker_property` is a text property of theirs that holds our key."""

    def __init__(self, transport: Transport, sort: Sort, marker_property: str, associations: Associations) -> None:
        self.sort = sort
        self.marker_property = marker_property
        self._transport = transport
        self._associations = associations

    def create(
        self, new: Sequence[New], properties_of_one: Callable[[New], Mapping[str, str]], *, marked: bool = True
    ) -> Created:
        """Make records, each associated with what it hangs on in the same call, 100 a call.

        `marked`: with the key in the marker property, else as a reference in the text. Never sent twice. Raises
        OutcomeUnknown when an answer did not come: then any of these records may exist, also those of an earlier batch;
        `find_markers` finds out which.
        """
        outcome = self._send(new, properties_of_one, marked=marked)
        no_marker = self._without_marker(outcome)
        created = {key: id_of(row) for key, row in outcome.done.items()}
        singular = {engagement.key: _singular(engagement.record.object_type) for engagement in new}
        rejected = outcome.rejected | {key: Refusal(NO_RECORD.format(singular[key])) for key in outcome.gone}
        # One that was refused may be there too: where the marker is unique, that is what it is refused for.
        doubtful = [engagement for engagement in new if engagement.key in rejected or engagement.key in outcome.silent]
        for object_type in dict.fromkeys(engagement.record.object_type for engagement in doubtful):
            of_type = [engagement for engagement in doubtful if engagement.record.object_type == object_type]
            markers = self.there({engagement.key: engagement.record for engagement in of_type})
            created |= {engagement.key: id_ for engagement in of_type if (id_ := markers.id_of(engagement.key))}
        unknown = tuple(key for key in outcome.silent if key not in created)
        refused = {key: refusal for key, refusal in rejected.items() if key not in created}
        return Created(created, refused, unknown, outcome.rules, no_marker)

    def _send(
        self, new: Sequence[New], properties_of_one: Callable[[New], Mapping[str, str]], *, marked: bool
    ) -> Outcome:
        inputs = {
            engagement.key: self._input(engagement, properties_of_one(engagement), marked=marked) for engagement in new
        }
        keys = {reference(engagement.key): engagement.key for engagement in new}
        earlier = self._batch_without_rules
        return BatchWrite(
            self._batch.create,
            inputs,
            lambda row: self._key_of(row, keys),
            repeatable=False,
            earlier=None if earlier is None else earlier.create,
        ).send()

    def _without_marker(self, outcome: Outcome) -> str:
        """Have those that were refused for want of the marker property looked for again: what was made before it went
        can no longer be told by it. HubSpot's reason; "" where there is none."""
        lacking = {key: refusal for key, refusal in outcome.rejected.items() if self._lacks_marker(refusal)}
        for key in lacking:
            del outcome.rejected[key]
            outcome.silent.append(key)
        return next((refusal.reason for refusal in lacking.values()), "")

    def _lacks_marker(self, refusal: Refusal) -> bool:
        """Whether HubSpot refuses a record because it has no marker property to write to: by its code, or in words
        where it gives none."""
        if self.marker_property in refusal.properties and not refusal.codes.isdisjoint(_NO_SUCH_PROPERTY):
            return True
        return not refusal.codes and self.marker_property in refusal.reason and _NOT_THERE in refusal.reason

    def update(self, changes: Mapping[str, Mapping[str, str]]) -> Written:
        """Set properties by record id; may be repeated. `missing` in the answer are those HubSpot no longer has."""
        earlier = self._batch_without_rules
        return write(self._batch.update, changes, None if earlier is None else earlier.update)

    def on_records(self, object_type: str, record_ids: Iterable[str]) -> dict[str, list[str]]:
        """Their ids by the id of the record that they hang on, from the consistent association endpoint; a record that
        cannot be read is absent."""
        links = self._associations.read(object_type, self.sort.name, record_ids)
        return {record_id: [link.to_id for link in on_record] for record_id, on_record in links.items()}

    def read(self, ids: Iterable[str], properties: Sequence[str]) -> list[Engagement]:
        """The records that exist, in no order; 100 a call."""
        records = batch_read(self._transport.flight, self._batch.read, ids, properties, ())
        rows, _unreadable = read_rows(records.rows, _engagement)
        return rows

    def find_markers(self, object_type: str, record_ids: Iterable[str]) -> Markers:
        """What hangs on these records and carries a key of ours, in either way; never by search, whose index lags."""
        unique_record_ids = set(record_ids)
        by_record = self.on_records(object_type, unique_record_ids)
        ids = [id_ for engagement_ids in by_record.values() for id_ in engagement_ids]
        there = {engagement.id: engagement for engagement in self.read(ids, [self.marker_property, *self.sort.telling])}
        marked: dict[str, str] = {}
        referred: dict[str, str] = {}
        for engagement in there.values():
            if value := engagement.properties.get(self.marker_property):
                marked[value] = engagement.id
            referred.update(
                dict.fromkeys(references_in(engagement.properties.get(self.sort.text) or ""), engagement.id)
            )
        known = {*marked.values(), *referred.values()}
        anonymous = {
            record_id: [there[id_] for id_ in engagement_ids if id_ in there and id_ not in known]
            for record_id, engagement_ids in by_record.items()
        }
        return Markers(marked, referred, anonymous, frozenset(unique_record_ids - by_record.keys()))

    def there(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        """What is there of these keys; their records are of one object type. What hangs on a record is looked for
        there. What hangs on nothing is read by its key, which HubSpot must keep unique."""
        object_type = next(iter(records_by_key.values())).object_type
        if object_type != CONTRACTS:
            return self.find_markers(object_type, [record.record_id for record in records_by_key.values()])
        records = batch_read(
            self._transport.flight, self._batch.read, records_by_key, [self.marker_property], (), self.marker_property
        )
        rows, _unreadable = read_rows(records.rows, _engagement)
        ids = {key: row.id for row in rows if (key := row.properties.get(self.marker_property))}
        return Markers(ids, {}, {}, frozenset())

    def is_same(self, engagement: Engagement, properties: Mapping[str, str], *, edited: bool) -> bool:
        """Whether a record that carries no key reads as one that was made with these properties would; with `edited`
        whatever somebody has made of its text."""
        names = self.sort.lasting if edited else self.sort.telling
        return all(_same(engagement.properties.get(name) or "", properties.get(name, "")) for name in names)

    def _input(self, engagement: Keyed, properties: Mapping[str, str], *, marked: bool) -> Input:
        if marked:
            own = {**properties, self.marker_property: engagement.key}
        else:
            own = {
                **properties,
                self.sort.text: f"{properties[self.sort.text]}{LINE_BREAK}({reference(engagement.key)})",
            }
        return {"properties": own, "associations": self._links(engagement.record)}

    def _links(self, record: RecordRef) -> list[object]:
        """To the record; none where HubSpot has none."""
        if record.object_type == CONTRACTS:
            return []
        type_id = profile_of(record.object_type).associations.of(self.sort.name)
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
        return [{"to": {"id": record.record_id}, "types": [link]}]

    def _key_of(self, row: Json, keys: Mapping[str, str]) -> str:
        """HubSpot may leave the trace out of its answer."""
        properties = mapping(row, "properties")
        named = word(row, "objectWriteTraceId") or word(properties, self.marker_property)
        referred = references_in(word(properties, self.sort.text) or "")
        return named or next((keys[ref] for ref in referred if ref in keys), "")

    @cached_property
    def _batch_without_rules(self) -> Any:
        earlier = self._transport.without_rules
        return None if earlier is None else sdk_api(earlier, f"hubspot.crm.objects.{self.sort.name}", "BatchApi")

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, f"hubspot.crm.objects.{self.sort.name}", "BatchApi")


def _singular(object_type: str) -> str:
    return "contract" if object_type == CONTRACTS else profile_of(object_type).singular


def _engagement(row: Json) -> Engagement:
    return Engagement(text(row, "id"), properties_of(row))


def _same(read: str, sent: str) -> bool:
    """Texts without what an editor does to them, instants however they are written."""
    try:
        read_at, sent_at = wire_time.parse(read), wire_time.parse(sent)
    except ValueError:
        return plain(read) == plain(sent)
    return read_at == sent_at
