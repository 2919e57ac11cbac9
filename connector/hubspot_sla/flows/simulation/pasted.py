"""Mappings with suggested targets pasted: in the policies themselves where groups are policies; else in copies of them
that apply to the tickets of a group only, and stand before all others.

Of each group the policies up to the last that gets a target are copied, in their order and with their own terms, also
those that keep their targets: so a ticket of the group meets the copy of the policy that it would have met, and a
ticket of no group meets no copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.time_text import length
from hubspot_sla.errors import MappingInvalid, UsageProblem
from hubspot_sla.flows.simulation.side import Side
from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.conditions import About, Subject
from hubspot_sla.policy.due_texts import parse_due
from hubspot_sla.policy.mapping_files import POLICIES, spelling_in
from hubspot_sla.policy.policy_copies import narrowed, with_targets
from hubspot_sla.policy.policy_defaults import with_defaults
from hubspot_sla.policy.targets import ChoiceNode, DueNode
from hubspot_sla.policy.yaml_reader import read
from hubspot_sla.policy.yaml_writer import entry as written_entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.policy.policy_copies import Condition, MetricAndPlace
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.targets import Target, TargetNode
    from hubspot_sla.policy.yaml_document import Document, Tree

Conditions = tuple["Condition", ...]
NO_PLACE: Final = "no copy can be pasted into {}: begin each of its policies with `- ` on a line of its own"
NOT_FOR_THEM: Final = (
    "no policy that promises this is for tickets of this group, which came into it after it was promised"
)


@dataclass(frozen=True, slots=True)
class ForWhom:
    """Whose target one is: `policies` are those that its tickets have, `conditions` what its tickets are beside that.
    Without conditions the target stands in the policies themselves."""

    conditions: Conditions
    policies: frozenset[str]
    metric: str
    place: str
    calendar: str

    @property
    def clock(self) -> MetricAndPlace:
        return self.metric, self.place


@dataclass(frozen=True, slots=True)
class Paste:
    """One length for these."""

    whom: ForWhom
    target_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in policies.yaml: the policy `of`, or its copy for these conditions, with these targets changed."""

    id: str
    of: Policy
    conditions: Conditions
    pastes: Mapping[MetricAndPlace, Paste] = field(default_factory=dict)

    @property
    def is_copy(self) -> bool:
        return bool(self.conditions)


class Pasting:
    """Policies.yaml of a source with targets pasted."""

    def __init__(self, source: Source, groups: Collection[ForWhom]) -> None:
        self._version = source.after.version
        self._own = self._version.mappings.policy_set.policies
        texts = source.request.new
        self._name = spelling_in(texts, POLICIES)
        self._text = texts[self._name]
        document, _ = read(self._name, self._text)
        assert document is not None  # noqa: S101 - it has been compiled
        self._document, self._whole = document, with_defaults(document)
        self.indent = _indent(document, self._text)
        self._why_not: dict[Conditions, str] = {}
        self._ids: dict[tuple[Conditions, str], str] = {}
        self._copies: dict[tuple[Conditions, str], Policy] = {}
        self._load(source, texts, groups)

    # what stands where

    def entries(self, pastes: Iterable[Paste]) -> list[Entry]:
        """In the order in which they have to stand: first the copies. Of two pastes for one clock of one policy the
        first stands."""
        by_policy: dict[tuple[Conditions, str], dict[MetricAndPlace, Paste]] = {}
        for paste in pastes:
            for policy in paste.whom.policies:
                at = paste.whom.conditions, policy
                if not at[0] or at in self._copies:
                    by_policy.setdefault(at, {}).setdefault(paste.whom.clock, paste)
        groups = sorted(dict.fromkeys(conditions for conditions, _ in by_policy), key=_several_first)
        return [one for conditions in groups for one in self._of_group(conditions, by_policy)]

    def _of_group(
        self, conditions: Conditions, by_policy: Mapping[tuple[Conditions, str], Mapping[MetricAndPlace, Paste]]
    ) -> Iterator[Entry]:
        changed = {policy for of, policy in by_policy if of == conditions}
        if not conditions:
            for policy in self._own:
                if policy.id in changed:
                    yield Entry(policy.id, policy, conditions, by_policy[conditions, policy.id])
            return
        for policy in self._needed(changed):
            at = conditions, policy.id
            if at in self._copies:
                yield Entry(self._ids[at], policy, conditions, by_policy.get(at, {}))

    def _needed(self, changed: Collection[str]) -> list[Policy]:
        """These policies, and before them those of their agreement that would take their tickets."""
        last: dict[tuple[object, ...], int] = {}
        for policy in self._own:
            if policy.id in changed:
                last[policy.object_type, policy.agreement] = policy.number
        return [policy for policy in self._own if policy.number <= last.get((policy.object_type, policy.agreement), -1)]

    def why_no_place(self, whom: ForWhom) -> str:
        """Why no copy can be made for these; "" where one can, or none is needed."""
        if not whom.conditions or any((whom.conditions, policy) in self._copies for policy in whom.policies):
            return ""
        return self._why_not.get(whom.conditions, NOT_FOR_THEM)

    def original(self, policy: str | None) -> str | None:
        """The id of the policy that a copy was made of; of any other its own."""
        return self._originals.get(policy or "", policy)

    # as mappings

    def side(self, pastes: Iterable[Paste]) -> Side:
        """As if they stood in policies.yaml."""
        entries = self.entries(pastes)
        copies = tuple(self._changed(self._copies[one.conditions, one.of.id], one) for one in entries if one.is_copy)
        replaced = {one.id: one for one in entries if not one.is_copy}
        own = (self._changed(policy, replaced[policy.id]) if policy.id in replaced else policy for policy in self._base)
        mappings = self._loaded.mappings
        policy_set = replace(mappings.policy_set, policies=(*copies, *own))
        return Side(replace(self._loaded, mappings=replace(mappings, policy_set=policy_set)))

    def _changed(self, policy: Policy, entry: Entry) -> Policy:
        if not entry.pastes:
            return policy
        targets: dict[Clock, Target] = {}
        for clock, target in policy.targets.items():
            paste = entry.pastes.get((clock.name, clock.place))
            node = target.node if paste is None else self._node(target, paste)
            targets[clock] = target if paste is None else replace(target, node=node, _promises={})
        return replace(policy, targets=targets)

    def _node(self, target: Target, paste: Paste) -> TargetNode:
        own = self._own_calendar(target, paste)
        calendar = None if own is None else self._loaded.mappings.calendars[own]
        return DueNode(parse_due(length(paste.target_ms)), own_calendar=calendar)

    def _own_calendar(self, target: Target, paste: Paste) -> str | None:
        """Where the policy's tickets count on another one for this clock, unless the target names its own."""
        return _named_calendar(target, paste.whom.calendar, self._loaded)

    # as text

    def lines(self, entry: Entry, comments: Mapping[str, str]) -> Iterator[str]:
        """The entry in YAML. `comments` stand behind its targets, by metric."""
        return written_entry(self._content(entry), "targets", comments, self.indent)

    def _content(self, entry: Entry) -> dict[str, Tree]:
        own = _policy_at(self._document, entry.of.number)
        targets: dict[MetricAndPlace, Tree] = {}
        for clock, target in entry.of.targets.items():
            paste = entry.pastes.get((clock.name, clock.place))
            if paste is not None:
                calendar, text = self._own_calendar(target, paste), length(paste.target_ms)
                targets[paste.whom.clock] = text if calendar is None else {"due": text, "calendar": calendar}
        when = narrowed(own.get("when"), entry.conditions) or {}
        content: dict[str, Tree] = {"id": entry.id}
        if when:
            content["when"] = when
        content |= {key: value for key, value in own.items() if key not in content}
        if targets:
            content["targets"] = with_targets(_policy_at(self._whole, entry.of.number).get("targets"), targets)
        return content

    # compiling copies

    def _load(self, source: Source, texts: Mapping[str, str], groups: Collection[ForWhom]) -> None:
        policies: dict[Conditions, set[str]] = {}
        for group in groups:
            if group.conditions:
                policies.setdefault(group.conditions, set()).update(group.policies)
        planned = {conditions: self._planned(conditions, of_group) for conditions, of_group in policies.items()}
        if planned and not _is_written_line_by_line(self._document, self._text):
            self._why_not = dict.fromkeys(planned, NO_PLACE.format(self._name))
            planned = {}
        try:
            self._loaded = self._compiled(source, texts, planned.values())
        except (MappingInvalid, UsageProblem):
            for conditions, entries in planned.items():
                try:
                    self._compiled(source, texts, [entries])
                except (MappingInvalid, UsageProblem) as problem:
                    self._why_not[conditions] = _in_words(problem)
            good = [entries for conditions, entries in planned.items() if conditions not in self._why_not]
            self._loaded = self._compiled(source, texts, good) if good else self._version
        self._originals = {id_: policy for (_, policy), id_ in self._ids.items()}
        loaded = {policy.id: policy for policy in self._loaded.mappings.policy_set.policies}
        for at, id_ in self._ids.items():
            if id_ in loaded and not loaded[id_].when.impossible:
                self._copies[at] = loaded[id_]
        self._base = tuple(policy for id_, policy in loaded.items() if id_ not in self._originals)

    def _planned(self, conditions: Conditions, changed: Collection[str]) -> list[Entry]:
        entries = []
        for policy in self._needed(changed):
            if narrowed(_policy_at(self._document, policy.number).get("when"), conditions) is not None:
                id_ = self._new_id(policy.id, conditions)
                entries.append(Entry(id_, policy, conditions))
        return entries

    def _new_id(self, policy: str, conditions: Conditions) -> str:
        taken = {*self._ids.values(), *(str(one.get("id")) for one in _policies(self._document))}
        name = "-".join((policy, *(f"no-{keys[-1]}" if value is None else value for keys, value in conditions)))
        found, number = name, 1
        while found in taken:
            number += 1
            found = f"{name}-{number}"
        self._ids[conditions, policy] = found
        return found

    def _compiled(self, source: Source, texts: Mapping[str, str], planned: Iterable[Sequence[Entry]]) -> Version:
        lines = [line for entries in planned for one in entries for line in self.lines(one, {})]
        if not lines:
            return self._version
        return source.version({**texts, self._name: pasted_text(self._document, self._text, lines)})


def _in_words(problem: MappingInvalid | UsageProblem) -> str:
    first = problem.problems[0].message if isinstance(problem, MappingInvalid) else str(problem)
    return f"with the copies of its policies the mappings are not sound: {first}"


def pasted_text(document: Document, text: str, lines: Sequence[str]) -> str:
    """A policies.yaml with these lines at the top of its policies."""
    above = document.keys["policies",].line
    every = text.split("\n")
    return "\n".join((*every[:above], *lines, *every[above:]))


def _is_written_line_by_line(document: Document, text: str) -> bool:
    """Whether the policies are a list with dashes, not one in brackets or an alias."""
    below = text.split("\n")[document.keys["policies",].line :]
    written = (line.strip() for line in below)
    return next((line for line in written if line and not line.startswith("#")), "").startswith("-")


def _indent(document: Document, text: str) -> int:
    """Where the dashes of the list stand."""
    place = document.values["policies", 0]
    before = text.split("\n")[place.line - 1][: place.column - 1]
    return before.index("-") if before.strip() == "-" else 2


def _policies(document: Document) -> list[dict[str, Tree]]:
    written = document.content.get("policies")
    return [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []


def _policy_at(document: Document, number: int) -> dict[str, Tree]:
    return _policies(document)[number]


def _several_first(conditions: Conditions) -> int:
    """`A;B` has to stand before `A`, which would take its tickets."""
    return -sum((value or "").count(";") for _, value in conditions)


def promises_everybody(version: Version, whom: ForWhom) -> bool:
    """Whether the target that stands there is a plain length for every ticket of the group, on the calendar that it has
    once it is pasted. Elsewhere a length also promises something to tickets that had no promise, or on another
    calendar."""
    subject = _subject(version, whom.conditions)
    return all(
        _is_plain(target.node, subject, whom, _calendars_kept(target, whom, version))
        for policy in version.mappings.policy_set.policies
        if policy.id in whom.policies
        for clock, target in policy.targets.items()
        if (clock.name, clock.place) == whom.clock
    )


def _subject(version: Version, conditions: Conditions) -> Subject:
    """A ticket of the group, as far as its conditions say."""
    portal, values = version.mappings.portal, {}
    said = {keys[-1]: value for keys, value in conditions}
    for word, value in said.items():
        values[getattr(portal.properties, word, None) or word] = value
    return Subject(0, said.get("tier"), said.get("pipeline") or "", said.get("stage") or "", values)


def _named_calendar(target: Target, calendar: str, version: Version) -> str | None:
    """The calendar that a pasted target has to name; None where its policy's tickets count on it anyway."""
    usual = {each.name for each in target.calendars.calendars}
    return calendar if calendar not in usual and calendar in version.mappings.calendars else None


def _calendars_kept(target: Target, whom: ForWhom, version: Version) -> set[str | None]:
    """The calendars that a part of the target may name (None: none), if it is to count on the same one once a length
    for these is pasted."""
    if _named_calendar(target, whom.calendar, version) is not None:
        return {whom.calendar}
    usual = target.calendars.calendars
    return {None, usual[0].name} if len(usual) == 1 else {None}


def _is_plain(node: TargetNode, subject: Subject, whom: ForWhom, calendars: set[str | None]) -> bool:
    if isinstance(node, ChoiceNode):
        if _is_said(node, whom):
            chosen = node.cases.get(node.value.chosen(subject, node.cases) or DEFAULT)
            return chosen is not None and _is_plain(chosen, subject, whom, calendars)
        is_total = DEFAULT in node.cases and node.value.about is not About.TIER
        return is_total and all(_is_plain(case, subject, whom, calendars) for case in node.cases.values())
    if not isinstance(node, DueNode):
        return False
    own = node.own_calendar and node.own_calendar.name
    return node.due.length is not None and node.cut_off is None and own in calendars


def _is_said(node: ChoiceNode, whom: ForWhom) -> bool:
    """Whether the conditions of the group decide the choice."""
    return any(node.value.word == keys[-1] for keys, _ in whom.conditions)
