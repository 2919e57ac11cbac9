"""A comparison as a document of three tables: by metric, by cause, and goal by goal."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.errors import UsageProblem
from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.measure.comparison.cause import AGREE, Cause, in_words
from hubspot_sla.plain_text import counted
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.render.report.document import Column, Count, Document, Instant, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.inspection.native.compare import ComparedGoal, Comparison
    from hubspot_sla.render.report.document import Cell

METRIC, CAUSE = "metric", "cause"
WORDS: Final = (METRIC, CAUSE)
EVERY: Final = "all"
EXAMPLES: Final = 3
_MOST_NAMED: Final = 10
METRICS, CAUSES, GOALS = "metrics", "causes", "goals"
_BY_LIST: Final = {cause.value: place for place, cause in enumerate(Cause)}


def words_of(by: str) -> tuple[str, ...]:
    """What `--by` breaks down by. UsageProblem: not `metric`, `cause` or both."""
    words = tuple(dict.fromkeys(word.strip() for word in by.split(",")))
    for word in words:
        if word not in WORDS:
            raise UsageProblem(f"--by knows no {word!r}", remedy=nearest(word, WORDS) or "there are metric and cause")
    return words


def checked_cause(cause: str) -> str:
    """What `--list` lists: `all`, `agree`, a cause, or two of them. UsageProblem: no such thing."""
    causes = [AGREE, EVERY, *_BY_LIST]
    for part in cause.split(" + "):
        if part not in causes:
            raise UsageProblem(
                f"there is no cause {part!r}", remedy=nearest(part, causes) or f"there are {', '.join(causes)}"
            )
    return cause


def document(comparison: Comparison, by: Sequence[str], listed: str = EVERY) -> Document:
    """`by` are words of `words_of`; `listed` is which goals the list holds: `all` that differ, `agree`, or a cause."""
    tables = [_by_metric(comparison), _by_cause(comparison, by), _goals(comparison, listed)]
    return Document(
        title="HubSpot's own SLA beside the ledger",
        sentence=_sentence(comparison),
        facts=_facts(comparison),
        sections=[Section(table.key, table.title, [table]) for table in tables],
        zone=_zone(comparison.account.time_zone),
        language=ENGLISH,
        as_of=comparison.now,
        notes=list(_notes(comparison)),
    )


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    facts = [("Calls to HubSpot", str(comparison.calls))]
    return [*facts, ("Tickets", f"{comparison.link}<id>")] if comparison.link else facts


def _none_of(tickets: int) -> str:
    return "Not one ticket" if tickets == 1 else f"None of the {tickets} tickets"


def _sentence(comparison: Comparison) -> str:
    goals = comparison.goals
    if not comparison.tickets:
        return "No ticket was created in that time, so there is nothing to compare."
    if not comparison.with_due:
        return f"{_none_of(comparison.tickets)} has a due instant of HubSpot's own SLA."
    if not goals:
        return f"{_none_of(comparison.tickets)} could be compared."
    agree = sum(not goal.causes for goal in goals)
    unknown = sum(goal.causes == (Cause.UNKNOWN,) for goal in goals)
    differ = len(goals) - agree
    proven = f"{differ} differ, {differ - unknown} of them for a proven cause" if differ else "none differs"
    of = f"{counted(len(goals), 'goal')} of {counted(comparison.tickets, 'ticket')}"
    return f"HubSpot's own SLA and the ledger agree on {agree} of {of}; {proven}."


def _notes(comparison: Comparison) -> Iterator[str]:
    for reason, count in comparison.not_judged.most_common():
        yield f"not compared: {_counted(count, 'ticket')}, because {reason}"
    for status, count in comparison.unknown_statuses.items():
        yield f"nobody knows what this status means, so it was not compared: {status}, of {_counted(count, 'goal')}"
    yield from _unknown_rules(comparison.unknown_rules)
    for metric in comparison.not_defined:
        yield f"the portal has no due instant of HubSpot's own SLA for {metric}"
    if not comparison.elapsed_compared:
        yield "elapsed time is not compared: the portal does not show it, or nobody can say what its figures count"
    if comparison.left_out:
        yield f"only the newest tickets were read; {comparison.left_out} older ones were not: use a later --since"
    if comparison.unreadable:
        yield f"tickets that could not be read: {', '.join(comparison.unreadable[:_MOST_NAMED])}"


def _unknown_rules(kinds: Sequence[str]) -> Iterator[str]:
    if kinds:
        more = f"; and {len(kinds) - _MOST_NAMED} more" if len(kinds) > _MOST_NAMED else ""
        named = "; ".join(kinds[:_MOST_NAMED])
        yield f"HubSpot's rule is not known, so neither hours, pauses nor targets are proven: {named}{more}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _by_metric(comparison: Comparison) -> Table:
    rows: list[list[Cell]] = []
    for metric, goals in _grouped(comparison.goals, (METRIC,)).items():
        agree = sum(not goal.causes for goal in goals)
        share = Share(Fraction(agree, len(goals)))
        rows.append([Text(metric[0]), Count(len(goals)), Count(agree), Count(len(goals) - agree), share])
    columns = [
        Column("metric", "metric"),
        Column("n", "n"),
        Column("agree", "agree"),
        Column("differ", "differ"),
        Column("share", "agree, share"),
    ]
    return Table(METRICS, "By metric", columns, rows, empty="Nothing was compared.")


def _by_cause(comparison: Comparison, by: Sequence[str]) -> Table:
    total = defaultdict(int, {key[0]: len(goals) for key, goals in _grouped(comparison.goals, (METRIC,)).items()})
    rows: list[list[Cell]] = []
    for key, goals in _grouped(comparison.goals, by).items():
        of = total[key[by.index(METRIC)]] if METRIC in by else len(comparison.goals)
        examples = goals[:EXAMPLES]
        rows.append(
            [
                *map(Text, key),
                Count(len(goals)),
                Share(Fraction(len(goals), of)),
                Text(" ".join(goal.ticket for goal in examples)),
                Text(" ".join(comparison.link + goal.ticket for goal in examples) if comparison.link else ""),
            ]
        )
    columns = [
        *(Column(word, word) for word in by),
        Column("n", "n"),
        Column("share", "share"),
        Column("examples", "examples"),
        Column("links", "links"),
    ]
    return Table(CAUSES, "By cause", columns, rows, empty="Nothing was compared.")


def _goals(comparison: Comparison, listed: str) -> Table:
    columns = [
        Column("record", "ticket"),
        Column("subject", "subject"),
        Column("metric", "metric"),
        Column("cause", "cause"),
        Column("due_at", "due"),
        Column("hubspot_due_at", "due in HubSpot"),
        Column("elapsed_s", "elapsed"),
        Column("hubspot_elapsed_s", "elapsed in HubSpot"),
        Column("status", "status"),
        Column("hubspot_status", "status in HubSpot"),
        Column("made_by", "made by"),
        Column("link", "link"),
    ]
    rows = [_row(goal, comparison.link) for goal in comparison.goals if _is_listed(goal, listed)]
    return Table(GOALS, f"Goals: {listed}", columns, rows, empty="None.")


def _is_listed(goal: ComparedGoal, listed: str) -> bool:
    return bool(goal.causes) if listed == EVERY else in_words(goal.causes) == listed


def _row(goal: ComparedGoal, link: str) -> list[Cell]:
    ours, shown = goal.compared.ours, goal.compared.shown
    address = f"{link}{goal.ticket}" if link else ""
    return [
        Text(goal.ticket, address),
        Text(goal.subject),
        Text(goal.metric.value),
        Text(in_words(goal.causes)),
        Instant(ours.due_at),
        Instant(shown.due_at),
        Length(ours.elapsed_ms),
        Length(shown.elapsed_ms),
        Text(goal.our_status),
        Text(goal.their_status),
        Text(goal.made_by),
        Text(address),
    ]


def _grouped(goals: Iterable[ComparedGoal], by: Sequence[str]) -> dict[tuple[str, ...], list[ComparedGoal]]:
    """In the order of the metrics and of the list of causes, what agrees first and pairs behind single causes."""
    groups: dict[tuple[str, ...], list[ComparedGoal]] = defaultdict(list)
    for goal in goals:
        words = {METRIC: goal.metric.value, CAUSE: in_words(goal.causes)}
        groups[tuple(words[word] for word in by)].append(goal)
    return {key: groups[key] for key in sorted(groups, key=lambda key: tuple(map(_place, key)))}


def _place(word: str) -> tuple[int, ...]:
    parts = word.split(" + ")
    if parts[0] in _BY_LIST:
        return (len(parts), *(_BY_LIST[part] for part in parts))
    return (0, _METRICS.get(word, 0))


_METRICS: Final = {"first_response": 1, "next_response": 2, "resolution": 3}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
