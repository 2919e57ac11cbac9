"""What the documents of chains say, and how they show what is in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Kind
from hubspot_sla.contract.chain import Why, parts
from hubspot_sla.flows.inspection.hands import called
from hubspot_sla.render.names import as_words, clock_name, metric_name
from hubspot_sla.render.report.document import Column, Instant, Length, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.contract.chain import Cause, Hands
    from hubspot_sla.flows.inspection.chains.gather import Broken
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.report.document import Cell


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the portal's language; `links` are the addresses of records by object type, `teams` names by id,
    `vendors` those who hold a stage."""

    texts: Texts
    links: Mapping[str, str]
    teams: Mapping[str, str]
    vendors: Mapping[str, str]

    def record(self, record: RecordRef) -> Text:
        link = self.links.get(record.object_type, "")
        return Text(record.key, f"{link}{record.record_id}" if link else "")

    def clock(self, clock: Clock, cycle: int) -> str:
        name = clock_name(clock, self.texts)
        return name if cycle == 1 else f"{name} {cycle}"

    def kind(self, clock: Clock) -> str:
        """`SLA`, `OLA`, `UC`: as the trade writes them in every language; and the agreement where it has a name."""
        kind = clock.kind.value.upper()
        return f"{kind} {as_words(clock.agreement)}" if clock.agreement else kind

    def metric(self, clock: Clock) -> str:
        return metric_name(clock, self.texts)

    def holder(self, hands: Hands | None) -> str:
        return self.texts.text("nobody") if hands is None else called(hands, self.teams, self.texts)

    def who(self, clock: Clock, name: str) -> str:
        """Who a promise is kept by, or for."""
        return self.texts.text("the customer") if clock.kind is Kind.SLA else self.promisor(name)

    def promisor(self, name: str) -> str:
        """`Hoster Ltd (Awaiting vendor)` where a vendor holds the stage of this name, else the name."""
        vendor = self.vendors.get(name)
        return name if vendor in (None, name) else f"{vendor} ({name})"

    def caused(self, cause: Cause) -> str:
        """One line: what a broken promise is put down to."""
        texts, first = self.texts, cause.first
        if first is not None:
            return texts.text("{who} was late", who=self.promisor(first.link.who))
        if cause.why is Why.CHAIN:
            return texts.text("no link was late: the chain does not fit")
        return texts.text("most of the time was with {holder}", holder=self.holder(cause.most))

    def breach_columns(self) -> list[Column]:
        texts = self.texts
        return [
            Column("record", texts.text("Ticket")),
            Column("promise", texts.text("Promise")),
            Column("due_at", texts.text("Due")),
            Column("breached_at", texts.text("Late since")),
            Column("elapsed", texts.text("Used")),
            Column("cause", texts.text("Who caused it")),
            Column("link", texts.text("Late link")),
            Column("link_late_at", texts.text("Link late since")),
            Column("promised", texts.text("It promised")),
            Column("used", texts.text("It used")),
            Column("overrun", texts.text("Overrun")),
            Column("unassigned", texts.text("With no link")),
        ]

    def breach_rows(self, broken: Broken) -> Iterator[list[Cell]]:
        """A row for each late link, the earliest first; one row where none was."""
        whole, cause = broken.whole, broken.cause
        unassigned = sum(part.ms for part in parts(whole.chain) if part.link is None)
        begin: list[Cell] = [
            self.record(broken.record),
            Text(self.clock(whole.clock, whole.cycle.number)),
            Instant(whole.cycle.due_at),
            Instant(whole.cycle.breached_at),
            Length(whole.elapsed_ms),
            Text(self.caused(cause)),
        ]
        names = {id(each.link): self.clock(each.clock, each.cycle.number) for each in broken.links}
        for late in cause.late:
            link = late.link
            yield [
                *begin,
                Text(names[id(link)]),
                Instant(link.breached_at),
                Length(link.promised_ms),
                Length(link.used_ms),
                Length(late.overrun_ms),
                Length(unassigned),
            ]
        if not cause.late:
            none = self.texts.text("none")
            yield [*begin, Text(none), Instant(None), Length(None), Length(None), Length(None), Length(unassigned)]

    def note(self) -> str:
        """How to read the columns of both."""
        return self.texts.text(
            "All in business time of the promise to the customer; what a link promised and used is in its own. The"
            " earliest late link that took of the promise's time is named as the cause."
        )
