"""The chain of one record: every promise to the customer with what departments and vendors promised beside it, whose
time it took, and who caused what broke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.contract.chain import cause, parts, slack
from hubspot_sla.flows.inspection.chains.gather import Broken
from hubspot_sla.language import forms
from hubspot_sla.render.names import STATUSES
from hubspot_sla.render.report.document import Column, Document, Instant, Length, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from hubspot_sla.contract.chain import Link
    from hubspot_sla.flows.inspection.chains.words import Words
    from hubspot_sla.flows.judging.chains import ChainCycle, LinkCycle, RecordChains
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.report.document import Cell


@dataclass(frozen=True, slots=True)
class RecordDocument:
    """As of `now` (epoch ms)."""

    record: RecordRef
    found: RecordChains
    words: Words
    now: int
    zone: tzinfo

    def document(self) -> Document:
        texts = self.words.texts
        return Document(
            title=texts.text("The chain behind ticket {record}", record=self.record.key),
            sentence=self._sentence(),
            facts=[(texts.text("As of"), forms.instant(self.now, self.zone, texts))],
            sections=[
                Section("promises", texts.text("Promises to the customer"), [self._promises()]),
                Section("links", texts.text("Who promised what"), [self._links()]),
                Section("breaches", texts.text("Who caused it"), [self._breaches()]),
                Section("parts", texts.text("Whose time it was"), [self._parts()]),
            ],
            zone=self.zone,
            language=texts.language,
            as_of=self.now,
        )

    def _sentence(self) -> str:
        texts = self.words.texts
        if not self.found.links:
            return texts.text("No department or vendor has promised anything of this ticket.")
        broken = [whole for whole in self.found.wholes if whole.is_broken]
        if not broken:
            return texts.text("No promise to the customer is broken.")
        caused = (f"{self._name(whole)}: {self.words.caused(cause(whole.chain))}" for whole in broken)
        return f"{'; '.join(caused)}."

    def _name(self, whole: ChainCycle) -> str:
        return self.words.clock(whole.clock, whole.cycle.number)

    def _promises(self) -> Table:
        texts = self.words.texts
        columns = [
            Column("promise", texts.text("Promise")),
            Column("policy", texts.text("Policy")),
            Column("status", texts.text("Status")),
            Column("promised", texts.text("Promised")),
            Column("used", texts.text("Used")),
            Column("due_at", texts.text("Due")),
            Column("left", texts.text("Time left")),
            Column("slack", texts.text("Slack")),
            Column("slack_if_all", texts.text("Slack with all links")),
        ]
        rows: list[list[Cell]] = [
            [
                Text(self._name(whole)),
                Text(whole.promise.policy),
                Text(texts.text(STATUSES[whole.cycle.status])),
                Length(whole.promise.budget_ms),
                Length(whole.elapsed_ms),
                Instant(whole.cycle.due_at),
                Length(whole.left_ms),
                *map(Length, self._slacks(whole)),
            ]
            for whole in self.found.wholes
        ]
        title = texts.text("Promises to the customer")
        note = texts.text(
            "Slack is the time left, less what the open links may still use; with all links also less what those have"
            " promised that have not begun."
        )
        return Table("promises", title, columns, rows, note, texts.text("None."), heading=False)

    def _slacks(self, whole: ChainCycle) -> tuple[int | None, int | None]:
        """With the links that have begun, and with those too that have not."""
        if whole.left_ms is None or not whole.ends_with_the_record:
            return None, None
        begun = [each.link for each in self.found.still_going if each.link is not None]
        now_left = slack(whole.left_ms, begun, self.now, whole.chain.business_ms)
        to_come = sum(each.promise.budget_ms for each in self.found.links if each.link is None)
        return now_left, now_left - to_come

    def _links(self) -> Table:
        texts, words = self.words.texts, self.words
        columns = [
            Column("kind", texts.text("Kind")),
            Column("who", texts.text("Who")),
            Column("promise", texts.text("Promise")),
            Column("policy", texts.text("Policy")),
            Column("status", texts.text("Status")),
            Column("from", texts.text("From")),
            Column("due_at", texts.text("Due")),
            Column("to", texts.text("To")),
            Column("promised", texts.text("Promised")),
            Column("used", texts.text("Used")),
            Column("late_at", texts.text("Late since")),
        ]
        rows: list[list[Cell]] = [
            [
                Text(words.kind(each.clock)),
                Text(self.words.promisor(each.who)),
                Text(self._of(each)),
                Text(each.promise.policy),
                Text(texts.text(STATUSES[each.cycle.status])),
                Instant(each.cycle.started_at),
                Instant(each.cycle.due_at),
                Instant(each.cycle.over_at),
                Length(each.promise.budget_ms),
                Length(None if each.link is None else each.link.used_ms),
                Instant(each.cycle.breached_at),
            ]
            for each in self.found.links
        ]
        title, note = texts.text("Who promised what"), texts.text("Each in its own business time.")
        return Table("links", title, columns, rows, note, texts.text("None."), heading=False)

    def _of(self, each: LinkCycle) -> str:
        name, number = self.words.metric(each.clock), each.cycle.number
        return name if number == 1 else f"{name} {number}"

    def _breaches(self) -> Table:
        texts, words = self.words.texts, self.words
        rows = [
            row
            for whole in self.found.wholes
            if whole.is_broken
            for row in words.breach_rows(Broken(self.record, whole, cause(whole.chain), self.found.links))
        ]
        title = texts.text("Who caused it")
        return Table("breaches", title, words.breach_columns(), rows, words.note(), texts.text("None."), heading=False)

    def _parts(self) -> Table:
        texts = self.words.texts
        columns = [
            Column("promise", texts.text("Promise")),
            Column("link", texts.text("Link")),
            Column("holder", texts.text("Holder")),
            Column("in_time", texts.text("In time")),
            Column("late", texts.text("Late")),
            Column("together", texts.text("Together")),
        ]
        rows = [row for whole in self.found.wholes for row in self._parts_of(whole)]
        title = texts.text("Whose time it was")
        note = texts.text(
            "In business time of the promise, while its clock ran; the parts sum to what it used exactly. Time under"
            " several links counts for the one that began last."
        )
        return Table("parts", title, columns, rows, note, texts.text("None."), heading=False)

    def _parts_of(self, whole: ChainCycle) -> Iterator[list[Cell]]:
        texts, words, every = self.words.texts, self.words, parts(whole.chain)
        name = Text(self._name(whole))
        for part in every:
            times = Length(part.in_time_ms), Length(part.late_ms), Length(part.ms)
            yield [name, Text(self._link_name(part.link)), Text(words.holder(part.hands)), *times]
        sums = (
            sum(part.in_time_ms for part in every),
            sum(part.late_ms for part in every),
            sum(part.ms for part in every),
        )
        yield [name, Text(texts.text("together")), Text(""), *map(Length, sums)]

    def _link_name(self, link: Link | None) -> str:
        if link is None:
            return self.words.texts.text("with no link")
        found = next(each for each in self.found.links if each.link is link)
        return self.words.clock(found.clock, found.cycle.number)
