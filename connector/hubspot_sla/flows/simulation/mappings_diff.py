"""Which promises two mappings make differently, and for whom: from the files alone, without a ledger. Pure.

What is known without a ticket is compared: each policy, each value that its targets name, each stage. Tables of tiers
are compared line by line, and what else the files say entry by entry, so that no difference is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.due_rules import BusinessTime
from hubspot_sla.clock.explain import title
from hubspot_sla.flows.simulation.flips import differences_of_promises
from hubspot_sla.flows.simulation.written_diff import NOTHING, entries_that_differ
from hubspot_sla.plan.ladder import BUILT_IN
from hubspot_sla.policy.mapping_files import CALENDARS, ESCALATIONS, POLICIES, PORTAL, TIERS
from hubspot_sla.policy.promise_terms import TargetLength
from hubspot_sla.policy.targets import LONGEST_MS, ChoiceNode, DueNode, NumberNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.promise import AgreementKey, Clock, Promise
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.stage_rules import StageRule
    from hubspot_sla.policy.targets import Target, TargetNode

YAML = (".yaml", ".yml")
WHOM = {TIERS: "every customer", ESCALATIONS: "whoever climbs it"}
"""Whom an entry of a file is about."""
_CHOSEN = "it is chosen by another value"
_ANY_LENGTH: Final = TargetLength(BusinessTime(LONGEST_MS), "")


@dataclass(frozen=True, slots=True)
class Change:
    """`what` changed for `whom`: the promise, stage, order or row `before` and `after`; `why` says what differs where
    both look alike."""

    what: str
    whom: str
    before: str
    after: str
    why: str = ""


def changes(old: Mappings, new: Mappings, old_texts: Mapping[str, str], new_texts: Mapping[str, str]) -> list[Change]:
    """In the order of the new policies; then stages, what else the files say, and tables of tiers."""
    found = [*_policies(old, new), *_order(old, new), *_stages(old, new)]
    found += [*_entries(old, new, old_texts, new_texts), *_tables(old_texts, new_texts)]
    return found + list(_other_files(old_texts, new_texts, found))


def _policies(old: Mappings, new: Mappings) -> Iterator[Change]:
    before = {(policy.object_type, policy.id): policy for policy in old.policy_set.policies}
    after = {(policy.object_type, policy.id): policy for policy in new.policy_set.policies}
    for key, policy in after.items():
        if key in before:
            yield from _of_policy(before[key], policy)
        else:
            yield from (_promised(policy, clock, None, target) for clock, target in policy.targets.items())
    for key, policy in before.items():
        if key not in after:
            yield from (_promised(policy, clock, target, None) for clock, target in policy.targets.items())


def _promised(policy: Policy, clock: Clock, before: Target | None, after: Target | None) -> Change:
    """A target that only one side has."""
    texts = (f"{target} on {policy.calendar.name}" if target else NOTHING for target in (before, after))
    return Change(f"{policy.id}: {title(clock)}", str(policy.when), *texts)


def _of_policy(before: Policy, after: Policy) -> Iterator[Change]:
    if str(before.when) != str(after.when):
        yield Change(f"{after.id}: for whom", str(after.when), str(before.when), str(after.when))
    days = [(policy.from_text, policy.to_text) for policy in (before, after)]
    if (before.from_ms, before.to_ms) != (after.from_ms, after.to_ms):
        yield Change(f"{after.id}: in force", str(after.when), *(_span(*pair) for pair in days))
    for word, texts in _terms_of_policy(before, after):
        if texts[0] != texts[1]:
            yield Change(f"{after.id}: {word}", str(after.when), *texts)
    for clock in dict.fromkeys((*after.targets, *before.targets)):
        old, new = before.targets.get(clock), after.targets.get(clock)
        if old is None or new is None:
            yield _promised(after if new else before, clock, old, new)
        else:
            yield from _of_target(after, clock, old, new)


def _terms_of_policy(before: Policy, after: Policy) -> Iterator[tuple[str, tuple[str, str]]]:
    """Those that no example of a target shows, in words."""
    reach = ("new records", "open records too")
    yield "an edit reaches", (reach[not before.new_only], reach[not after.new_only])
    yield "ladder", (_ladders(before), _ladders(after))
    for clock in [clock for clock in after.targets if clock in before.targets]:
        one, other = (side.targets[clock].calendars for side in (before, after))
        if one.value is not None or other.value is not None:
            yield f"calendar of {title(clock)}", (str(one), str(other))


def _ladders(policy: Policy) -> str:
    """One for all metrics that it promises, or that of each."""
    named = {clock.metric: policy.ladders.get(clock.metric, BUILT_IN.name) for clock in policy.targets}
    names = dict.fromkeys(named.values())
    return next(iter(names)) if len(names) == 1 else ", ".join(f"{metric} {name}" for metric, name in named.items())


def _span(first: str, last: str) -> str:
    parts = [f"from {first}" if first else "", f"until {last}" if last else ""]
    return " ".join(filter(None, parts)) or "always"


def _of_target(policy: Policy, clock: Clock, before: Target, after: Target) -> Iterator[Change]:
    """Value by value, as far as no ticket is needed to say what is promised."""
    old, new = dict(before.examples()), dict(after.examples())
    what, found = f"{policy.id}: {title(clock)}", False
    for keys in dict.fromkeys((*new, *old)):
        one, other = old.get(keys), new.get(keys)
        why = list(_differences(one, other)) if one and other else []
        if one is None or other is None or why:
            found = True
            values = ", ".join(map(str, keys))
            whom = ", ".join(filter(None, (str(policy.when), values)))
            yield Change(what, whom, _terms(one), _terms(other), "; ".join(why))
    if not found and _shape(before) != _shape(after):
        yield Change(what, str(policy.when), str(before), str(after), _CHOSEN if str(before) == str(after) else "")
    yield from _without_example(policy, what, before, after)


def _without_example(policy: Policy, what: str, before: Target, after: Target) -> Iterator[Change]:
    """What is promised by a number in a property, whatever it is; and hours of calendars that only some values have."""
    if any(before.numbers()) and any(after.numbers()):
        one, other = (target.terms.promise(_ANY_LENGTH, target.calendars.default) for target in (before, after))
        if why := list(_differences(one, other)):
            was, is_now = (f"{target} on {target.calendars.default.name}" for target in (before, after))
            yield Change(what, str(policy.when), was, is_now, "; ".join(why))
    old = _calendars_of_some(before)
    for (value, name), calendar in _calendars_of_some(after).items():
        if (value, name) in old and not old[value, name].same_as(calendar):
            whom, text = ", ".join(filter(None, (str(policy.when), value))), f"{after} on {name}"
            yield Change(what, whom, text, text, f"calendar {name} has other hours")


def _calendars_of_some(target: Target) -> dict[tuple[str, str], Calendar]:
    """Those that no example counts on, by the value that has them ("": a part of the target does) and their name."""
    found = {(value, calendar.name): calendar for value, calendar in target.calendars.cases.items()}
    shown = {promise.calendar.name for _, promise in target.examples()}
    for _, part in target.node.parts():
        own = part.own_calendar if isinstance(part, DueNode) else None
        if own is not None and own.name not in shown:
            found["", own.name] = own
    return found


def _shape(target: Target) -> list[tuple[object, ...]]:
    """What a target means, however it is written."""
    return [(keys, type(part), *_meaning(part, target.calendars.default)) for keys, part in target.node.parts()]


def _meaning(part: TargetNode, calendar: Calendar) -> Iterator[object]:
    if isinstance(part, ChoiceNode):
        yield part.value.word
    elif isinstance(part, DueNode):
        counting = part.own_calendar or calendar
        yield from (counting.name, part.due.rule(counting.business_day_ms, part.cut_off))
    elif isinstance(part, NumberNode):
        yield str(part)


def _differences(before: Promise, after: Promise) -> Iterator[str]:
    yield from differences_of_promises(before, after)
    if before.budget_ms == after.budget_ms and before.at_risk != after.at_risk:
        yield "it is at risk at another point"


def _terms(promise: Promise | None) -> str:
    return NOTHING if promise is None else f"{promise.target} on {promise.calendar.name}"


def _order(old: Mappings, new: Mappings) -> Iterator[Change]:
    """Of several policies of one agreement that match the first counts."""
    before, after = (_by_agreement(mappings) for mappings in (old, new))
    for agreement, ids in after.items():
        earlier = [one for one in before.get(agreement, ()) if one in ids]
        later = [one for one in ids if one in earlier]
        if earlier != later:
            yield Change("order of the policies", "whoever several of them match", ", ".join(earlier), ", ".join(later))


def _by_agreement(mappings: Mappings) -> dict[tuple[str, AgreementKey], list[str]]:
    """The ids of policies in their order, by object type and agreement."""
    found: dict[tuple[str, AgreementKey], list[str]] = {}
    for policy in mappings.policy_set.policies:
        found.setdefault((policy.object_type, policy.agreement), []).append(policy.id)
    return found


def _stages(old: Mappings, new: Mappings) -> Iterator[Change]:
    for object_type in dict.fromkeys((*new.object_types, *old.object_types)):
        before, after = (_roles(mappings, object_type) for mappings in (old, new))
        for place in dict.fromkeys((*after, *before)):
            one, other = before.get(place), after.get(place)
            if one != other:
                whom = f"{object_type} in {place[0]}: {place[1]}"
                yield Change("role of a stage", whom, one or NOTHING, other or NOTHING)


def _roles(mappings: Mappings, object_type: str) -> dict[tuple[str, str], str]:
    if object_type not in mappings.object_types:
        return {}
    stages = mappings.of(object_type).portal.stages
    return {(pipeline, stage): _role(rule) for pipeline, rules in stages.items() for stage, rule in rules.items()}


def _role(rule: StageRule) -> str:
    holder = rule.team or rule.vendor
    closing = f", {rule.closing}" if rule.closing else ""
    return f"{rule.role}{f' ({holder})' if holder else ''}{closing}"


def _entries(
    old: Mappings, new: Mappings, old_texts: Mapping[str, str], new_texts: Mapping[str, str]
) -> Iterator[Change]:
    """What neither a promise nor a stage shows."""
    calendars = {name for side in (old, new) for policy in side.policy_set.policies for name in policy.calendars_used}

    def is_told(file: str, keys: tuple[str, ...]) -> bool:
        if file == CALENDARS:
            return keys[1:2] != () and keys[1] in calendars
        return (file == POLICIES and keys[0] in ("policies", "defaults", "metrics")) or (
            file == PORTAL and "pipelines" in keys
        )

    for entry in entries_that_differ(old_texts, new_texts, is_told):
        default = entry.file == TIERS and entry.keys == ("default",)
        whom = "customers without a tier" if default else WHOM.get(entry.file, NOTHING)
        yield Change(f"{entry.file}: {': '.join(entry.keys)}", whom, entry.before, entry.after)


def _tables(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Rows of CSV files; a row is known by its first cell, which names the customer."""
    for name in sorted(filter(_is_table, {*old, *new})):
        before, after = (_rows(texts.get(name, "")) for texts in (old, new))
        for key in dict.fromkeys((*after, *before)):
            one, other = before.get(key, []), after.get(key, [])
            if one != other:
                yield Change(name, key, "; ".join(one) or NOTHING, "; ".join(other) or NOTHING)


def _is_table(name: str) -> bool:
    """A file may have any name; an answer of an endpoint has that of its address."""
    return not name.endswith(YAML) and "://" not in name


def _rows(text: str) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        rows.setdefault(line.split(",")[0].split(";")[0], []).append(line)
    return rows


def _other_files(old: Mapping[str, str], new: Mapping[str, str], found: Sequence[Change]) -> Iterator[Change]:
    """Answers of endpoints, and files that differ in what nobody is promised."""
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name) or _is_table(name):
            continue
        if not name.endswith(YAML):
            yield Change(name, WHOM[TIERS], NOTHING, NOTHING, "its last answer differs")
        elif not found:
            yield Change(name, NOTHING, NOTHING, NOTHING, "the file differs, and no promise does")
