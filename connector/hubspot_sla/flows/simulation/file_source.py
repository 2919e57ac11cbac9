"""Tickets from a file, as `sla evaluate` reads them. A part is some of its lines, unparsed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, cast

from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.inspection import evaluate
from hubspot_sla.flows.inspection.evaluate import Evaluator
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.flows.records.hubspot_facts import created_at
from hubspot_sla.flows.records.ticket_file import BadRow
from hubspot_sla.flows.reporting.outcome_values import Names
from hubspot_sla.flows.simulation.side import Side
from hubspot_sla.flows.simulation.source import AT_A_TIME, Source
from hubspot_sla.flows.simulation.tally import Unjudged
from hubspot_sla.ledger.names import stage_key
from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.records.ticket_file import Row
    from hubspot_sla.flows.simulation.request import Request, TicketFile
    from hubspot_sla.flows.simulation.source import TwoFacts

Lines = list[tuple[int, "bytes | BadRow"]]
NAME = "name"
"""The property in which a company has its name."""


class FileSource(Source):
    """Both mappings are compiled with the calendar data of this machine."""

    def __init__(self, file: TicketFile, request: Request) -> None:
        self.request, self._file = request, file
        self._pipelines = evaluate.pipelines_for(file.asked or file.name, file.pipelines)
        self._companies = evaluate.records_of(file.companies)
        self._contacts = evaluate.records_of(file.contacts)
        self._readers = [self._reader(texts) for texts in (request.base or request.new, request.new)]
        self._alike = self._readers[0].reads_like(self._readers[1])
        self.before, self.after = (Side(reader.version) for reader in self._readers)
        self.names = Names(self._called())
        self.links = {}
        self.notes = ()

    def parts(self) -> Iterator[Lines]:
        lines = ticket_file.unparsed(self._file.name)
        while part := list(islice(lines, AT_A_TIME)):
            yield part

    def version(self, texts: Mapping[str, str]) -> Version:
        return self._reader(texts).version

    def facts(self, part: object) -> Iterator[TwoFacts | Unjudged]:
        for number, line in cast("Lines", part):
            row = line if isinstance(line, BadRow) else ticket_file.row_of(number, line)
            if isinstance(row, BadRow):
                yield Unjudged(f"line {number}{f', ticket {row.id}' if row.id else ''}", row.reason)
            elif self._is_asked_for(row):
                yield self._of_row(row)

    def _of_row(self, row: Row) -> TwoFacts | Unjudged:
        before, after = self._readers
        try:
            facts = before.facts_of(row, self._file.merges)
            return facts, facts if self._alike else after.facts_of(row, self._file.merges)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row must not stop the others
            return Unjudged(f"line {row.line}, ticket {row.ticket.id}", f"it cannot be judged: {error}")

    def _is_asked_for(self, row: Row) -> bool:
        since = self.request.since
        created = None if since is None else created_at(row.ticket.properties, TICKETS)
        return since is None or (created is not None and created >= since)

    def _reader(self, texts: Mapping[str, str]) -> Evaluator:
        mappings = load_mappings(texts)
        portal_ids = evaluate.offline_portal_ids(mappings, self._pipelines)
        return Evaluator(mappings, portal_ids, self.request.now, self._companies, self._contacts)

    def _called(self) -> dict[str, dict[str, list[str]]]:
        """Names of pipelines, stages and companies, as far as files give them."""
        pipelines: dict[str, list[str]] = {}
        stages: dict[str, list[str]] = {}
        for side in (self.before, self.after):
            ids = side.version.portal_ids
            for name, pipeline_id in ids.pipelines.items():
                pipelines.setdefault(pipeline_id, []).append(name)
                for stage, stage_id in ids.stages.get(name, {}).items():
                    stages.setdefault(stage_key(pipeline_id, stage_id), []).append(stage)
        companies = {id_: [company.properties.get(NAME) or id_] for id_, company in self._companies.items()}
        return {"pipeline": pipelines, "stage": stages, "customer": companies}
