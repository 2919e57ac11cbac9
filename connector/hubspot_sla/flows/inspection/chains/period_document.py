"""The chains of a period: SLA, OLA and underpinning contracts side by side, who caused what broke, and the slack that
is left now."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.contract.chain import Why, slack, still_promised
from hubspot_sla.language import forms, numbers
from hubspot_sla.measure.attainment import Counts
from hubspot_sla.render.report.document import Column, Count, Document, Instant, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.inspection.chains.gather import Going, PeriodChains, Promisor
    from hubspot_sla.flows.inspection.chains.words import Words
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.render.report.document import Cell

_KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands behind one promisor: how often it caused a breach, how much time it took beyond its own, what it
    holds now, and the least slack of those."""

    caused: Counter[Promisor]
    overrun: Counter[Promisor]
    open: Counter[Promisor]
    slack: dict[Promisor, int]


@dataclass(frozen=True, slots=True)
class PeriodDocument:
    """`name` is that of the period for people; of long lists `most` rows, None for all; `now` in epoch ms."""

    found: PeriodChains
    period: Period
    name: str
    words: Words
    now: int
    most: int | None

    def document(self) -> Document:
        texts, zone = self.words.texts, self.period.zone
        return Document(
            title=texts.text("The chain behind the promises, {period}", period=self.name),
            sentence=self._sentence(),
            facts=[(texts.text("As of"), forms.instant(self.now, zone, texts))],
            sections=[
                Section("links", texts.text("Who promised what"), [self._links()]),
                Section("breaches", texts.text("Who caused it"), [self._breaches()]),
                Section("slack", texts.text("Slack that is left"), [self._slack()]),
            ],
            zone=zone,
            language=texts.language,
            as_of=self.now,
            notes=list(self._notes()),
        )

    def _sentence(self) -> str:
        texts, broken = self.words.texts, self.found.broken
        if not broken:
            return texts.text("{period}: no promise to a customer was broken.", period=self.name)
        number = texts.plural(
            "{count} promise to customers was broken",
            "{count} promises to customers were broken",
            len(broken),
            count=numbers.whole(len(broken), texts),
        )
        whys = Counter(each.cause.why for each in broken)
        return texts.text(
            "{period}: {broken}; {links} because a link was late, {chains} because the chain does not fit, {holders}"
            " in other hands.",
            period=self.name,
            broken=number,
            links=numbers.whole(whys[Why.LATE_LINK], texts),
            chains=numbers.whole(whys[Why.CHAIN], texts),
            holders=numbers.whole(whys[Why.HOLDER], texts),
        )

    def _notes(self) -> Iterator[str]:
        texts = self.words.texts
        if all(Clock.of(clock).kind is Kind.SLA for clock, _ in self.found.kept):
            yield texts.text("No department or vendor had promised anything that came due in this period.")
        if self.found.otherwise:
            yield texts.plural(
                "{count} promise was recorded as broken, and is not by what is known now: run a sync.",
                "{count} promises were recorded as broken, and are not by what is known now: run a sync.",
                self.found.otherwise,
                count=numbers.whole(self.found.otherwise, texts),
            )

    def _behind(self) -> _Row:
        found = _Row(Counter(), Counter(), Counter(), {})
        for broken in self.found.broken:
            first = broken.link(broken.cause)
            if first is not None:
                found.caused[first.promisor] += 1
            by_link = {id(each.link): each.promisor for each in broken.links}
            for late in broken.cause.late:
                found.overrun[by_link[id(late.link)]] += late.overrun_ms
        cycles: defaultdict[Promisor, set[tuple[object, int]]] = defaultdict(set)
        for going in self.found.going:
            left = self._slack_of(going)
            for each in going.links:
                cycles[each.promisor].add((going.record, each.cycle.number))
                found.slack[each.promisor] = min(left, found.slack.get(each.promisor, left))
        found.open.update({promisor: len(of_promisor) for promisor, of_promisor in cycles.items()})
        return found

    def _links(self) -> Table:
        texts, behind = self.words.texts, self._behind()
        columns = [
            Column("kind", texts.text("Kind")),
            Column("who", texts.text("Who")),
            Column("promise", texts.text("Promise")),
            Column("policy", texts.text("Policy")),
            Column("judged", texts.text("Came due")),
            Column("kept", texts.text("Kept")),
            Column("attainment", texts.text("Attainment")),
            Column("broken", texts.text("Broken")),
            Column("caused", texts.text("Breaches it caused")),
            Column("overrun", texts.text("Overrun")),
            Column("open", texts.text("Open now")),
            Column("slack", texts.text("Least slack")),
        ]
        every = {*self.found.kept, *behind.overrun, *behind.open}
        order = sorted(every, key=lambda promisor: (_KINDS.index(Clock.of(promisor[0]).kind), promisor))
        rows = [self._link(promisor, behind) for promisor in order]
        note = texts.text(
            "Overrun is the time of broken promises to customers that passed while this one was late. Slack is the time"
            " left of an open promise to the customer, less what its open links may still use."
        )
        return Table("links", texts.text("Who promised what"), columns, rows, note, texts.text("None."), heading=False)

    def _link(self, promisor: Promisor, behind: _Row) -> list[Cell]:
        clock, words = Clock.of(promisor[0]), self.words
        counts = self.found.kept.get(promisor, Counts())
        is_link = clock.kind is not Kind.SLA
        return [
            Text(words.kind(clock)),
            Text(words.who(clock, clock.place or promisor[1])),
            Text(words.metric(clock)),
            Text(promisor[1]),
            Count(counts.judged),
            Count(counts.met),
            Share(counts.attainment, counts.few),
            Count(counts.broken),
            Count(behind.caused[promisor]),
            Length(behind.overrun[promisor] if is_link else None),
            Count(behind.open[promisor]),
            Length(behind.slack.get(promisor)),
        ]

    def _breaches(self) -> Table:
        texts, words = self.words.texts, self.words
        ordered = sorted(self.found.broken, key=lambda each: (each.whole.cycle.breached_at or 0, each.record))
        rows = [row for each in ordered for row in words.breach_rows(each)]
        title = texts.text("Who caused it")
        note = self._more(rows, "breaches") or words.note()
        shown = rows[: self.most]
        return Table("breaches", title, words.breach_columns(), shown, note, texts.text("None."), heading=False)

    def _slack(self) -> Table:
        texts = self.words.texts
        columns = [
            Column("record", texts.text("Ticket")),
            Column("promise", texts.text("Promise")),
            Column("due_at", texts.text("Due")),
            Column("left", texts.text("Time left")),
            Column("link", texts.text("With")),
            Column("link_due_at", texts.text("Link due")),
            Column("promised", texts.text("It promised")),
            Column("still", texts.text("May still use")),
            Column("slack", texts.text("Slack")),
        ]
        ordered = sorted(self.found.going, key=lambda each: (self._slack_of(each), each.record))
        rows = [row for going in ordered for row in self._going(going)]
        title, note = texts.text("Slack that is left"), self._more(rows, "slack")
        return Table("slack", title, columns, rows[: self.most], note, texts.text("None."), heading=False)

    def _going(self, going: Going) -> Iterator[list[Cell]]:
        whole, words = going.whole, self.words
        for each in going.links:
            assert each.link is not None  # noqa: S101 - one that goes on has begun
            yield [
                words.record(going.record),
                Text(words.clock(whole.clock, whole.cycle.number)),
                Instant(whole.cycle.due_at),
                Length(whole.left_ms),
                Text(words.clock(each.clock, each.cycle.number)),
                Instant(each.link.due_at),
                Length(each.link.promised_ms),
                Length(still_promised(each.link, going.at, whole.chain.business_ms)),
                Length(self._slack_of(going)),
            ]

    def _slack_of(self, going: Going) -> int:
        left = going.whole.left_ms or 0
        begun = [each.link for each in going.links if each.link is not None]
        return slack(left, begun, going.at, going.whole.chain.business_ms)

    def _more(self, rows: Sequence[object], key: str) -> str:
        if self.most is None or len(rows) <= self.most:
            return ""
        return self.words.texts.text(
            "and {number} more: {command}",
            number=numbers.whole(len(rows) - self.most, self.words.texts),
            command=f"sla contract chain --period {self.period.name} --format csv --table {key}",
        )
