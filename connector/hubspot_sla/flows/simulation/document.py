"""A simulation as a document: what would be kept, what flips and why, what would have been done, and the conditions."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.explain import title
from hubspot_sla.clock.local_time import local_date
from hubspot_sla.flows.reporting.outcome_values import clock_of
from hubspot_sla.flows.simulation.conditions import SHARES
from hubspot_sla.flows.simulation.credits_document import credit_sections
from hubspot_sla.flows.simulation.tally import AFTER, BEFORE
from hubspot_sla.language import numbers
from hubspot_sla.language.texts import ENGLISH, texts_of
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.simulation import FLIPS, Turn, a_day
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.cells import percent, tenths_of
from hubspot_sla.render.report.document import (
    Change,
    Column,
    Count,
    Document,
    Instant,
    Section,
    Share,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from fractions import Fraction

    from hubspot_sla.flows.simulation.conditions import Answer
    from hubspot_sla.flows.simulation.flips import Flip
    from hubspot_sla.flows.simulation.simulate import Simulated
    from hubspot_sla.flows.simulation.tally import Numbers
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.render.report.document import Cell

FLIPS_TABLE: Final = "flips"
_TEXTS: Final = texts_of(ENGLISH)
_WORDS: Final = {Turn.BROKEN: "kept before, broken after", Turn.KEPT: "broken before, kept after"}
_NO_VALUE: Final = "–"


def document(simulated: Simulated, most_rows: int | None = None) -> Document:
    """With at most so many rows in a breakdown (None: all), what flips most first."""
    sections = [
        *([_conditions(simulated)] if simulated.answers else []),
        Section("attainment", "What would be kept", list(_breakdowns(simulated, most_rows))),
        Section("flips", "What flips", [_flips(simulated)]),
        *credit_sections(simulated.credits),
        Section("work", "What would have been done", [_rungs(simulated), _tasks(simulated)]),
    ]
    return Document(
        title="Simulation of other mappings",
        sentence=_sentence(simulated),
        facts=_facts(simulated),
        sections=sections,
        zone=simulated.zone,
        language=ENGLISH,
        as_of=simulated.request.now,
        notes=list(_notes(simulated)),
    )


def _sentence(simulated: Simulated) -> str:
    compared = simulated.tally.total.compared
    flips = compared.broken + compared.kept
    if not compared.before.judged and not compared.after.judged:
        return f"None of the {_counted(simulated.tally.records, 'record')} has a promise that came due, on either side."
    shares = [percent(side.attainment, _TEXTS) for side in (compared.before, compared.after)]
    before, after = _whole(compared.before.judged), _counted(compared.after.judged, "promise")
    what = f"{shares[1]} of {after} kept instead of {shares[0]} of {before}"
    if not flips:
        return f"{what}; no promise flips."
    return f"{what}; {_whole(compared.broken)} flip to broken, {_whole(compared.kept)} to kept."


def _whole(number: int) -> str:
    return numbers.whole(number, _TEXTS)


def _counted(number: int, word: str) -> str:
    return f"{_whole(number)} {word}" if number == 1 else f"{_whole(number)} {word}s"


def _facts(simulated: Simulated) -> list[tuple[str, str]]:
    request, tally = simulated.request, simulated.tally
    facts = [("As of", wire(request.now)), ("Records", _whole(tally.records))]
    if request.since is not None:
        facts.append(("Created since", wire(request.since)))
    return [*facts, ("Only", request.where)] if request.where else facts


def _notes(simulated: Simulated) -> Iterator[str]:
    yield from simulated.notes
    turns = simulated.tally.total.turns
    if turns[Turn.PROMISED]:
        yield f"{_cycles(turns[Turn.PROMISED])} not judged before would be"
    if turns[Turn.DROPPED]:
        yield f"{_cycles(turns[Turn.DROPPED])} judged before would not be"
    if unknown := _unknown(simulated):
        cycles = f"{_counted(unknown, 'cycle')} {'is' if unknown == 1 else 'are'} unknown, and not counted"
        yield f"{cycles}: a fact is missing, impossible or later than {wire(simulated.request.now)}"
    if simulated.tally.unjudged:
        examples = "; ".join(f"{one.where}: {one.reason}" for one in simulated.tally.examples[:5])
        yield f"{_counted(simulated.tally.unjudged, 'record')} could not be judged: {examples}"


def _unknown(simulated: Simulated) -> int:
    """Cycles, on the side that has more of them."""
    total = simulated.tally.total
    sides = (
        sum(number for (_, excluded), number in side.items() if excluded is Excluded.UNKNOWN)
        for side in (total.before, total.after)
    )
    return max(sides)


def _cycles(number: int) -> str:
    return f"{_counted(number, 'cycle')} that {'was' if number == 1 else 'were'}"


def _conditions(simulated: Simulated) -> Section:
    rows: list[list[Cell]] = [
        [Text(answer.condition.text), Text(_value(answer)), Count(answer.n), Text(_held(answer))]
        for answer in simulated.answers
    ]
    columns = [Column("text", "Condition"), Column("value", "Value"), Column("n", "n"), Column("held", "Holds")]
    return Section("conditions", "Conditions", [Table("conditions", "Conditions", columns, rows)])


def _value(answer: Answer) -> str:
    if answer.value is None:
        return _NO_VALUE
    if answer.condition.figure in SHARES:
        return f"{float(100 * answer.value):.2f}%"
    if answer.condition.currency:
        return f"{answer.amount} {answer.condition.currency}"
    return str(answer.value)


def _held(answer: Answer) -> str:
    return answer.why_not if answer.held is None else "yes" if answer.held else "no"


def conditions_as_json(simulated: Simulated) -> list[dict[str, object]]:
    """`[{text, value, n, held}]`: shares from 0 to 1, money as text that loses no cent; `held` is
    null, with `why_not`, where it cannot be said."""
    return [
        {
            "text": answer.condition.text,
            "value": _plain(answer),
            "n": answer.n,
            "held": answer.held,
            **({"why_not": answer.why_not} if answer.why_not else {}),
        }
        for answer in simulated.answers
    ]


def _plain(answer: Answer) -> float | str | None:
    if answer.value is None:
        return None
    return float(answer.value) if answer.amount is None else str(answer.amount)


def _breakdowns(simulated: Simulated, most_rows: int | None) -> Iterator[Table]:
    tally = simulated.tally
    yield Table("total", "All", _columns(()), [_numbers(tally.total)])
    for number, words in enumerate(simulated.request.by):
        groups = {key: numbers for (place, key), numbers in tally.groups.items() if place == number}
        judged = {key: of_group for key, of_group in groups.items() if _has_judged(of_group)}
        order = sorted(judged, key=lambda key: (_weight(judged[key]), _labels(simulated, words, key)))
        rows = [[*map(Text, _labels(simulated, words, key)), *_numbers(judged[key])] for key in order[:most_rows]]
        yield Table(
            "by_" + "_".join(words),
            f"By {', '.join(words)}",
            _columns(words),
            rows,
            note="" if len(rows) == len(order) else f"{len(rows)} of {len(order)}; json, csv and html have all.",
            empty="No promise came due.",
        )


def _has_judged(numbers: Numbers) -> bool:
    return bool(numbers.compared.before.judged or numbers.compared.after.judged)


def _weight(numbers: Numbers) -> tuple[int, int]:
    """What flips most comes first, then what is most."""
    compared = numbers.compared
    return -(compared.broken + compared.kept), -compared.after.judged


def _labels(simulated: Simulated, words: Sequence[str], key: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(simulated.names.shown(word, value) or _NO_VALUE for word, value in zip(words, key, strict=True))


def _columns(words: Sequence[str]) -> list[Column]:
    return [
        *(Column(word, word.replace("_", " ").capitalize()) for word in words),
        Column("judged_before", "Came due before"),
        Column("judged_after", "after"),
        Column("met_before", "Kept before"),
        Column("met_after", "after"),
        Column("attainment_before", "Attainment before"),
        Column("attainment_after", "after", bar=True),
        Column("change", "Change"),
        Column("broken", "Flip to broken"),
        Column("kept", "to kept"),
    ]


def _numbers(numbers: Numbers) -> list[Cell]:
    compared = numbers.compared
    before, after = compared.before, compared.after
    return [
        Count(before.judged),
        Count(after.judged),
        Count(before.met),
        Count(after.met),
        _share(before),
        _share(after),
        Change(compared.change),
        Count(compared.broken),
        Count(compared.kept),
    ]


def _share(counts: Counts) -> Share:
    return Share(counts.attainment, counts.few)


def _flips(simulated: Simulated) -> Table:
    columns = [
        Column("turn", "Turn"),
        Column("record", "Record"),
        Column("clock", "Clock"),
        Column("cycle", "Cycle"),
        Column("tier", "Tier"),
        Column("customer", "Customer"),
        Column("reason", "Why"),
        Column("due_before", "Due before"),
        Column("due_after", "due after"),
        Column("over_at", "Done"),
    ]
    flips = [flip for kind in FLIPS for flip in simulated.tally.flips[kind]]
    dated = _spans_years(flips, simulated)
    rows = [_flip(flip, simulated, dated=dated) for flip in flips]
    compared = simulated.tally.total.compared
    all_of_them = compared.broken + compared.kept
    note = "" if len(rows) == all_of_them else f"{_whole(len(rows))} of {_whole(all_of_them)} flips; --most lists more."
    return Table(FLIPS_TABLE, "Flips", columns, rows, note=note, empty="No promise flips.")


def _spans_years(flips: Sequence[Flip], simulated: Simulated) -> bool:
    """Whether an instant in the list is of another year than the simulation."""
    instants = [at for flip in flips for at in (flip.due_before, flip.due_after, flip.over_at) if at is not None]
    years = {local_date(at, simulated.zone).year for at in instants}
    return bool(years - {local_date(simulated.request.now, simulated.zone).year})


def _flip(flip: Flip, simulated: Simulated, *, dated: bool) -> list[Cell]:
    link = simulated.links.get(flip.record.object_type, "")
    return [
        Text(_WORDS[flip.turn]),
        Text(flip.record.key, f"{link}{flip.record.record_id}" if link else ""),
        Text(title(clock_of(flip.clock))),
        Count(flip.cycle),
        Text(flip.tier or _NO_VALUE),
        Text(simulated.names.shown("customer", flip.customer) or _NO_VALUE),
        Text(flip.reason),
        Instant(flip.due_before, dated=dated),
        Instant(flip.due_after, dated=dated),
        Instant(flip.over_at, dated=dated),
    ]


def _rungs(simulated: Simulated) -> Table:
    counted = simulated.tally.rungs
    places = sorted({(ladder, rung) for _, ladder, rung in counted})
    rows: list[list[Cell]] = [
        [Text(ladder), Text(rung), Count(counted[BEFORE, ladder, rung]), Count(counted[AFTER, ladder, rung])]
        for ladder, rung in places
    ]
    columns = [
        Column("ladder", "Ladder"),
        Column("rung", "Rung"),
        Column("before", "Before"),
        Column("after", "after"),
    ]
    return Table("rungs", "Rungs", columns, rows, empty="No rung would have been reached.")


def _tasks(simulated: Simulated) -> Table:
    days = _days(simulated)
    by_team: dict[str | None, dict[str, dict[date, int]]] = defaultdict(lambda: {BEFORE: {}, AFTER: {}})
    for (side, team, day), number in simulated.tally.tasks.items():
        by_team[team][side][day] = number
    rows: list[tuple[str, list[Cell]]] = []
    for team, sides in by_team.items():
        label = simulated.names.shown("team", team) or "no team"
        row: list[Cell] = [Text(label)]
        for side in (BEFORE, AFTER):
            total = sum(sides[side].values())
            row += [Count(total), Text(_tenths(a_day(total, days))), Count(max(sides[side].values(), default=0))]
        rows.append((label, row))
    columns = [
        Column("team", "Team"),
        Column("tasks_before", "Tasks before"),
        Column("a_day_before", "a day"),
        Column("most_before", "at most"),
        Column("tasks_after", "Tasks after"),
        Column("a_day_after", "a day"),
        Column("most_after", "at most"),
    ]
    return Table(
        "tasks",
        "Tasks by team",
        columns,
        [row for _, row in sorted(rows, key=lambda pair: pair[0])],
        note=f"A day: on average over {_counted(days, 'day')}.",
        empty="No task would have been made.",
    )


def _days(simulated: Simulated) -> int:
    """All days of the calendar from the start of the first clock to the instant of the simulation."""
    first_at, zone = simulated.tally.first_at, simulated.zone
    if first_at is None:
        return 0
    return (local_date(simulated.request.now, zone) - local_date(first_at, zone)) // timedelta(days=1) + 1


def _tenths(number: Fraction | None) -> str:
    return _NO_VALUE if number is None else str(tenths_of(number))
