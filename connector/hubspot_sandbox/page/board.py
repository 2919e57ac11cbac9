"""A pipeline as a board: a column for each stage, with the tickets that changed last on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox.bodies.searches import FilterGroupIn, FilterIn, SearchIn, SortIn
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.page.formatting import Formatter, initials, tone
from hubspot_sandbox.search import SearchPage

if TYPE_CHECKING:
    from hubspot_sandbox.pipelines import Pipeline, Stage
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.properties import Property
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.search import Search

CARDS_AT_FIRST, MOST_CARDS = 20, 200
_STAGE = "hs_pipeline_stage"


@dataclass(frozen=True, slots=True)
class Chip:
    """A coloured word on a card; `tone` is its colour's name."""

    text: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket as its column shows it."""

    id: str
    subject: str
    company: str
    priority: str
    priority_tone: str
    owner: str
    initials: str
    created: str
    tasks: int
    chips: list[Chip]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: how many tickets are in it, and the first of them."""

    label: str
    closed: bool
    total: int
    cards: list[Card]


class Board:
    """Looks up one pipeline. `query` keeps only tickets that hold all of its words."""

    def __init__(self, portal: Portal, search: Search, query: str, show: int) -> None:
        self._portal = portal
        self._search = search
        self._query = query
        self._show = max(1, min(show, MOST_CARDS))
        self._formatter = Formatter(portal)
        self._status, self._due = _watched(portal)

    def columns(self, pipeline: Pipeline) -> list[Column]:
        """Its stages in their order. A search is made once for all of them, for it has to read every ticket's text."""
        ordered = sorted(pipeline.stages, key=lambda stage: stage.display_order)
        if not self._query:
            return [self._column(stage, self._found(pipeline, stage)) for stage in ordered]
        tickets = self._found(pipeline).records
        inside = {
            stage.id: [ticket for ticket in tickets if ticket.values.get(_STAGE) == stage.id] for stage in ordered
        }
        return [self._column(stage, SearchPage(inside[stage.id], len(inside[stage.id]), None)) for stage in ordered]

    def _column(self, stage: Stage, page: SearchPage) -> Column:
        return Column(stage.label, stage.closed, page.total, [self._card(record) for record in page.records])

    def _found(self, pipeline: Pipeline, stage: Stage | None = None) -> SearchPage:
        inside = [FilterIn(property_name="hs_pipeline", operator="EQ", value=pipeline.id)]
        if stage is not None:
            inside.append(FilterIn(property_name=_STAGE, operator="EQ", value=stage.id))
        body = SearchIn(
            filter_groups=[FilterGroupIn(filters=inside)],
            sorts=[SortIn(property_name=TICKETS.modified, direction="DESCENDING")],
            query=self._query or None,
            limit=MOST_CARDS if stage is None else self._show,
        )
        return self._search.page(TICKETS, body)

    def _card(self, record: Record) -> Card:
        values = record.values
        owner = self._formatter.owner(values.get("hubspot_owner_id", ""))
        priority = values.get("hs_ticket_priority", "")
        return Card(
            id=str(record.id),
            subject=values.get("subject") or "(no subject)",
            company=values.get("hs_primary_company_name", ""),
            priority=self._formatter.value(TICKETS, "hs_ticket_priority", priority),
            priority_tone=priority.lower(),
            owner=owner,
            initials=initials(owner),
            created=self._formatter.distance(record.created_ms),
            tasks=sum(task.get("hs_task_status") != "COMPLETED" for task in self._portal.tasks_of(record.id)),
            chips=self._chips(record),
        )

    def _chips(self, record: Record) -> list[Chip]:
        chips = []
        status = self._status and record.values.get(self._status.name)
        if self._status and status:
            label = self._formatter.value(TICKETS, self._status.name, status)
            chips.append(Chip(label, tone(status), self._status.label))
        due = self._due and record.values.get(self._due.name)
        if self._due and due:
            at_ms = parse_instant(due)
            late = "bad" if at_ms < self._formatter.now_ms else "plain"
            chips.append(Chip(f"due {self._formatter.distance(at_ms)}", late, self._due.label))
        return chips


def _watched(portal: Portal) -> tuple[Property | None, Property | None]:
    """The account's own status and due time of a ticket: of several, the ones with the shortest names.

    HubSpot lets an admin choose what a card shows; this chooses what whoever writes SLA properties calls the whole.
    """
    own = sorted(
        (definition for definition in portal.catalogue(TICKETS).listed() if not definition.hubspot_defined),
        key=lambda definition: (len(definition.name), definition.name),
    )
    status = next(
        (definition for definition in own if definition.type == "enumeration" and definition.name.endswith("status")),
        None,
    )
    due = next((definition for definition in own if definition.type == "datetime" and "due" in definition.name), None)
    return status, due
