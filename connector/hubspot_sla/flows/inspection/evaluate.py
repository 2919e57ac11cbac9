"""Verdicts on tickets from a file, by the mappings alone: no portal, no ledger, nothing is kept.

The judgement is the one a sync would come to, had these facts come from HubSpot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.verdict import worst
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.judging import explanations, verdict_json
from hubspot_sla.flows.judging.agreements import in_force_by
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.records import hubspot_facts, merges, ticket_file
from hubspot_sla.flows.records.file_merges import NO_MERGES, FileMerges, merges_in
from hubspot_sla.flows.records.message_facts import facts_of_messages, read_fact
from hubspot_sla.flows.records.message_recognition import message_of_activity, message_of_entry
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.flows.records.ticket_file import BadRow, Linked, Row
from hubspot_sla.hubspot.json_fields import objects
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import TICKETS, RecordRef
from hubspot_sla.policy.customers import CompanyView, ContactView
from hubspot_sla.policy.portal_ids import PortalIds
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.hubspot.json_fields import Json
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal import PortalMap

Records = dict[str, Linked]
_SLA: Final = Kind.SLA  # to look up a member of an enum takes longer than a call
PIPELINES = "pipelines.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage as a file of pipelines has it."""

    id: str
    label: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as a file has it."""

    id: str
    label: str
    stages: tuple[Stage, ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class Evaluated:
    """The judgement on one row as of `now` (epoch ms)."""

    row: Row
    judgement: Judgement
    now: int

    @property
    def status(self) -> str:
        """Of what the customer was promised, as on the ticket; OLA and UC are under `metrics`."""
        return str(worst([shown[0] for clock, shown, _, _, _ in self.judgement.verdicts if clock.kind is _SLA]))

    @property
    def agreement(self) -> Agreement:
        """What holds now."""
        return in_force_by(self.judgement.agreed, self.now)[-1]

    def as_json(self) -> verdict_json.Body:
        """Everything there is to say about the ticket, one object."""
        judgement, last = self.judgement, self.agreement
        pauses = judgement.pauses or Pauses.at(judgement.timeline, self.now)
        return {
            "id": self.row.ticket.id,
            "now": wire(self.now),
            "status": self.status,
            "pipeline": last.version.portal_ids.pipeline_name(last.subject.pipeline),
            "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
            "policies": {key.key: match.policy.id if match.policy else None for key, match in last.matches.items()},
            "rejected": {
                key.key: [{"policy": name, "why": why} for name, why in match.rejected]
                for key, match in last.matches.items()
            },
            "metrics": {
                verdict.clock.key: explanations.explained_verdict(judgement, verdict, self.now, pauses)
                for verdict in judgement.verdicts
            },
            "reasons": [*(sentence(verdict) for verdict in judgement.verdicts), f"Tier: {last.tier.why}."],
        }


class Evaluator:
    """One set of mappings, one instant, any number of rows."""

    def __init__(
        self,
        mappings: Mappings,
        portal_ids: PortalIds,
        now: int,
        companies: Mapping[str, Linked],
        contacts: Mapping[str, Linked],
        object_type: str = TICKETS,
        otherwise: Callable[[], Evaluator] | None = None,
    ) -> None:
        """`otherwise`: by these mappings compiled anew, for rows that cannot be judged by those that were kept."""
        self._otherwise = otherwise
        of_type = mappings.of(object_type)
        self._version = Version(of_type, portal_ids.of(object_type), now)
        self._versions = (self._version,)
        self._now = now
        self._words = hubspot_facts.vocabulary(of_type.portal, (), of_type.policy_set.read_properties)
        self._words_by_name = replace(self._words, histories=tuple(sorted(self._words.histories)))
        self._companies, self._contacts = companies, contacts
        self._company_properties, self._contact_properties = of_type.company_properties, of_type.contact_properties

    @property
    def version(self) -> Version:
        """The mappings by which it judges."""
        return self._version

    def reads_like(self, other: Evaluator) -> bool:
        """Whether the facts of every row are the same by both."""
        portals = [each.version.mappings.portal for each in (self, other)]
        return self._reading == other._reading and portals[0].messages == portals[1].messages

    @property
    def _reading(self) -> tuple[object, ...]:
        return (
            self._now,
            self._words,
            self._company_properties,
            self._contact_properties,
            self._companies,
            self._contacts,
        )

    def of(self, row: Row, file_merges: FileMerges = NO_MERGES) -> Evaluated | BadRow:
        """The verdict on a row, or why none could be reached."""
        try:
            return Evaluated(row, judgement_of(self.facts_of(row, file_merges), self._versions, self._now), self._now)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row must not stop the others
            if self._otherwise is not None:
                return self._otherwise().of(row, file_merges)
            return BadRow(row.line, row.ticket.id, f"it cannot be judged: {error or type(error).__name__}")

    def all(self, rows: Iterable[Row | BadRow], file_merges: FileMerges = NO_MERGES) -> Iterator[Evaluated | BadRow]:
        for row in rows:
            yield self.of(row, file_merges) if isinstance(row, Row) else row

    def of_file(self, file: str) -> Iterator[Evaluated | BadRow]:
        """Every row of FILE (`-`: standard input), its merges joined. UsageProblem: it cannot be opened."""
        with ticket_file.rereadable(file) as source:
            yield from self.all(ticket_file.read(source), merges_in(source))

    def facts_of(self, row: Row, file_merges: FileMerges) -> RecordFacts:
        """The facts of a row, with those of the rows that went into it, or with the id of that which it went into."""
        if not file_merges.lineages:
            return self.record(row)
        own, lineages = {row.ticket.id: self.record(row)}, file_merges.of(row.ticket.id)
        absorbed = {id_ for id_ in lineages.get(row.ticket.id, ()) if id_ in file_merges.went}
        own |= {id_: self.record(file_merges.went[id_]) for id_ in absorbed}
        survivors = {survivor: own[row.ticket.id] for survivor in lineages if survivor not in own}
        return merges.joined({**survivors, **own}, lineages)[row.ticket.id]

    def record(self, row: Row) -> RecordFacts:
        """The facts of one row by itself."""
        facts = hubspot_facts.facts_of(row.ticket, self._words_by_name)
        if messages := self._messages(row):
            facts += messages
            facts.sort(key=_BY_NAME_AND_INSTANT)
        names = self._company_properties
        companies = tuple(
            [
                CompanyView(link.id, link.primary, _told(link, self._companies, names) if names else {})
                for link in row.companies
            ]
        )
        names = self._contact_properties
        contacts = tuple(
            [ContactView(link.id, _told(link, self._contacts, names) if names else {}) for link in row.contacts]
            if row.contacts
            else ()
        )
        inputs = hubspot_facts.inputs_of(row.ticket.properties, self._words)
        return RecordFacts(RecordRef(self._words.object_type, row.ticket.id), inputs, facts, companies, contacts)

    def _messages(self, row: Row) -> list[Fact]:
        """What the row tells of its threads and activities; they are as they were read now."""
        words, told = self._version.mappings.portal.messages, row.messages
        if words is None:
            return []
        now, recognition = self._now, words.recognition
        messages = [message_of_entry(entry, told.actors, recognition, now) for entry in told.entries or ()]
        messages += [message_of_activity(activity, recognition, now) for activity in told.activities]
        read = [] if told.entries is None else [read_fact(now)]
        return [*facts_of_messages(messages, ()), *read]


_BY_NAME_AND_INSTANT = itemgetter(0, 1)


def _told(link: Linked, known: Mapping[str, Linked], names: Sequence[str]) -> dict[str, list[tuple[int, str | None]]]:
    """The values of these properties over time: from the row itself, else from the file of companies or contacts."""
    changes_by_name: dict[str, list[tuple[int, str | None]]] = {}
    for name in names:
        for record in (link, known.get(link.id)):
            if record is not None and (record.history.get(name) or record.properties.get(name)):
                changes_by_name[name] = _course(record, name)
                break
    return changes_by_name


def _course(record: Linked, name: str) -> list[tuple[int, str | None]]:
    history = record.history.get(name)
    if not history:
        return [(record.seen_at_ms, record.properties.get(name))]
    ordered = hubspot_facts.oldest_first(history, record.properties.get(name))
    return [(entry.at_ms, entry.value or None) for entry in ordered]


def offline_portal_ids(mappings: Mappings, pipelines: Sequence[Pipeline] | None) -> PortalIds:
    """What the names in portal.yaml stand for: by the pipelines of a file, or each for the id that it is itself."""
    if pipelines is not None:
        return mappings.portal.resolve(pipelines)
    others = {name: _own_names(portal) for name, portal in mappings.others.items()}
    return mappings.resolve({}, replace(_own_names(mappings.portal), objects=others))


def _own_names(portal: PortalMap) -> PortalIds:
    stages = {name: {stage: stage for stage in rules} for name, rules in portal.stages.items()}
    return PortalIds({name: name for name in stages}, stages)


def pipelines_for(file: str, given: str | None) -> list[Pipeline] | None:
    """The pipelines of the file that was given, else of `pipelines.json` beside FILE, else None."""
    if given is None:
        beside = Path(file).parent / PIPELINES
        if file == ticket_file.STDIN or not beside.is_file():
            return None
        given = str(beside)
    return [_pipeline(body) for body in _results(given)]


def records_of(file: str | None) -> Records:
    """Companies or contacts by id, as HubSpot's list endpoint answers them, whole or one a line."""
    if file is None:
        return {}
    record_by_id = {}
    for body in _results(file):
        try:
            record = ticket_file.linked_of(body, str(body["id"]), primary=False)
        except (ValueError, KeyError) as error:
            raise UsageProblem(f"{file} holds a record that cannot be read: {error}") from error
        record_by_id[record.id] = record
    return record_by_id


def _results(file: str) -> list[Json]:
    """The objects of an answer of HubSpot (`{"results": [...]}`), of a list, or of JSON lines."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read: {error.strerror or error}") from error
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        try:
            body = [orjson.loads(line) for line in content.splitlines() if not line.isspace()]
        except orjson.JSONDecodeError:
            raise UsageProblem(f"{file} is not JSON: {error}") from error
    if isinstance(body, dict) and "results" not in body:
        body = [body]
    try:
        return objects(body if isinstance(body, dict) else {"results": body}, "results")
    except ValueError as error:
        raise UsageProblem(f"{file} is not an answer of HubSpot: {error}") from error


def _pipeline(body: Json) -> Pipeline:
    stages = tuple(
        Stage(str(stage.get("id")), str(stage.get("label")), closed=_is_closed(stage))
        for stage in objects(body, "stages")
    )
    return Pipeline(str(body.get("id")), str(body.get("label")), stages)


def _is_closed(stage: Json) -> bool:
    metadata = stage.get("metadata")
    return isinstance(metadata, dict) and metadata.get("ticketState") == "CLOSED"
