"""Suggested targets as YAML for policies.yaml: what was held against the simulation, to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import STAGE_TOTAL
from hubspot_sla.clock.time_text import length
from hubspot_sla.flows.simulation.suggest import ALWAYS_BY
from hubspot_sla.plain_text import one_line
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.simulation.pasted import Entry, Paste, Pasting
    from hubspot_sla.flows.simulation.suggest import Suggested, Suggestions

AT_THE_TOP: Final = (
    "Paste all of these, of one share only, at the top of the list `policies` in policies.yaml, in this order:"
)
IN_PLACE: Final = "Of one share only, each stands in policies.yaml in the place of the policy of the same id:"
ONLY_COUNTED: Final = "Only cycles count for which this holds, which is no condition of these policies: {}"
KEEPS: Final = "{} keeps its targets, and goes on before what follows:"
NOT_HELD: Final = (
    "{} cannot be asked for by `when` of policies.yaml, so these targets have no place there: they count the cycles as "
    "they fall today, and are not held against the simulation"
)
NONE_BEGUN: Final = "No promise has begun, so nothing can be suggested."
DISPLACED: Final = "only by itself: in its policies stands the target for another calendar"
_STAGE: Final = "stage"


def as_yaml(suggestions: Suggestions) -> str:
    """Whole policies, for each share, whose targets hold beside each other. What cannot be suggested, and what has no
    place in policies.yaml, is a comment."""
    if not suggestions.rows:
        return f"{_comment(NONE_BEGUN)}\n"
    by_share: dict[Fraction, list[Suggested]] = {}
    for one in suggestions.rows:
        by_share.setdefault(one.share, []).append(one)
    lines: list[str] = []
    for share, rows in by_share.items():
        lines += [_comment(line) for line in _heading(suggestions, share)]
        lines += _policies(rows, suggestions.pasting)
        lines += ["  " + _comment(line) for line in _others(rows)]
    return "\n".join(lines) + "\n"


def _heading(suggestions: Suggestions, share: Fraction) -> Iterator[str]:
    request = suggestions.request
    since = "" if request.since is None else f", created since {wire(request.since)}"
    yield f"To attain {percent(share)}, from the records as of {wire(request.now)}{since}:"
    if request.where.strip():
        yield ONLY_COUNTED.format(request.where)
    if suggestions.unsayable:
        yield NOT_HELD.format(", ".join(suggestions.unsayable))


def _comment(text: str) -> str:
    """On one line, whatever values of records hold."""
    return f"# {one_line(text)}"


def percent(share: Fraction) -> str:
    return f"{float(100 * share):g} %"


def title(one: Suggested) -> str:
    """What the target is for: `gold, HIGH, resolution of Bank on office`."""
    metric, place, calendar = (one.labels[word] for word in ALWAYS_BY)
    group = [label or f"no {word}" for word, label in one.labels.items() if word not in ALWAYS_BY]
    return ", ".join((*group, f"{metric}{f' of {place}' if place else ''} on {calendar}"))


def beside_others(one: Suggested) -> str:
    """What is wrong with the target where the others of its share are pasted too; "" for nothing."""
    together = one.together
    if together is None or together.holds:
        return ""
    attained = together.attained
    if attained is None or attained < one.share:
        return f"beside the others it attains {'nothing' if attained is None else percent(round(attained, 4))}"
    return "beside the others the step below attains it too"


def _policies(rows: Sequence[Suggested], pasting: Pasting | None) -> Iterator[str]:
    if pasting is None:
        return
    pastes = {paste: one for one in rows if (paste := one.joint) is not None}
    entries = pasting.entries(pastes)
    if entries:
        yield _comment(AT_THE_TOP if entries[0].is_copy else IN_PLACE)
    for entry in entries:
        if not entry.pastes:
            yield " " * pasting.indent + _comment(KEEPS.format(entry.of.id))
        yield from pasting.lines(entry, _comments(entry, pastes))


def _comments(entry: Entry, pastes: dict[Paste, Suggested]) -> dict[str, str]:
    """By the key under `targets`."""
    comments: dict[str, str] = {}
    for (metric, place), paste in entry.pastes.items():
        key = _STAGE if place else metric
        whose = f"{place}{', in total' if metric == STAGE_TOTAL else ''}: " if place else ""
        text = one_line(whose + _sure(pastes[paste]))
        comments[key] = f"{comments[key]}; {text}" if key in comments else text
    return comments


def _sure(one: Suggested) -> str:
    found = one.found
    assert found is not None  # noqa: S101 - it is pasted
    texts = [f"n = {found.n}, {length(found.low_ms)} to {length(found.high_ms)}"]
    if one.joint is not None and one.joint.target_ms != found.target_ms:
        texts.append(f"by itself {length(found.target_ms)}")
    return "; ".join(filter(None, (*texts, beside_others(one))))


def _others(rows: Sequence[Suggested]) -> Iterator[str]:
    """A comment on each row that stands in no policy."""
    for one in rows:
        if one.found is None:
            yield f"{title(one)}: nothing: {one.why_not}"
        elif one.joint is None:
            why = f", not held against the simulation: {one.unheld}" if one.unheld else ""
            why += f", {DISPLACED}" if one.is_displaced else ""
            yield f"{title(one)}: {length(one.found.target_ms)}, {_sure(one)}{why}"
