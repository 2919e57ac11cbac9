"""The target of one clock under one policy: which promise it makes for a ticket, or why it makes none."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.clock.due_rules import BusinessTime, Earlier, Later, OnCalendar
from hubspot_sla.policy.choice_words import DEFAULT, NONE
from hubspot_sla.policy.conditions import About, Subject
from hubspot_sla.policy.promise_terms import TargetLength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.policy.calendar_choice import CalendarChoice
    from hubspot_sla.policy.due_texts import DueText
    from hubspot_sla.policy.promise_terms import PromiseTerms
    from hubspot_sla.policy.subject_values import Value

UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000}
LONGEST_MS = 10 * 366 * 24 * UNIT_MS["h"]

Keys = tuple[str | int, ...]
"""The keys under a target that lead to something in it."""


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Nothing is promised, and why. `odd`: the value is there and makes no sense, which somebody should see.
    `by_value`: a target goes by a property, and has nothing for the value; the reason begins with "no target for"."""

    reason: str
    odd: bool = False
    by_value: bool = False

    @property
    def clause(self) -> str:
        """What may follow "the policy has"."""
        return self.reason if self.by_value else f"no target: {self.reason}"


class TargetNode(Protocol):
    """A part of a target."""

    def length(self, subject: Subject, calendar: Calendar) -> TargetLength | NoTarget:
        """What it comes to for a ticket, on the calendar that counts for it."""
        ...

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:
        """Each number that counts for the ticket and promises nothing, also where another part promises something."""
        ...

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        """This part and every one in it, with the keys that lead there."""
        ...

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class DueNode:
    """A due time, perhaps with a cut-off (minutes after midnight) or a calendar of its own."""

    due: DueText
    cut_off: int | None = None
    own_calendar: Calendar | None = None

    def length(self, subject: Subject, calendar: Calendar) -> TargetLength:  # noqa: ARG002 - the same for every ticket
        return self.on(calendar)

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:  # noqa: ARG002 - it has no number
        yield from ()

    def on(self, calendar: Calendar) -> TargetLength:
        """Refused: the calendar does not say what a business day is."""
        counting = self.own_calendar or calendar
        rule = self.due.rule(counting.business_day_ms, self.cut_off)
        return TargetLength(OnCalendar(rule, self.own_calendar) if self.own_calendar else rule, self._text())

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        yield (), self

    def _text(self) -> str:
        text = self.due.text
        return text if self.cut_off is None else f"{text}, cut-off {self.cut_off // 60:02}:{self.cut_off % 60:02}"

    def __str__(self) -> str:
        return f"{self._text()} on {self.own_calendar.name}" if self.own_calendar else self._text()


@dataclass(frozen=True, slots=True)
class NumberNode:
    """The number in a property, in a unit."""

    value: Value
    unit: str

    def length(self, subject: Subject, calendar: Calendar) -> TargetLength | NoTarget:
        text = next((value for value in self.value.of(subject) if value), None)
        if text is None:
            return NoTarget(f"{self.value.word} is empty")
        number = _number(text)
        if number is None:
            return NoTarget(f"{self.value.word} is {text!r}, which is no number", odd=True)
        if number < 0:
            return NoTarget(f"{self.value.word} is {text}, which is less than nothing", odd=True)
        size = (calendar.business_day_ms or 0) if self.unit == "bd" else UNIT_MS[self.unit]
        ms = int(number * size)
        if not ms:
            return NoTarget(f"{self.value.word} is {text}, which promises nothing", odd=True)
        if ms > LONGEST_MS:
            return NoTarget(f"{self.value.word} is {text} {self.unit}, which is longer than ten years", odd=True)
        return TargetLength(BusinessTime(ms), f"{number.normalize():f}{self.unit}")

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:
        length = self.length(subject, calendar)
        if isinstance(length, NoTarget):
            yield length

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        yield (), self

    def __str__(self) -> str:
        return f"{self.value.word} in {self.unit}"


@dataclass(frozen=True, slots=True)
class OneOfNode:
    """The earlier or the later of those that promise anything."""

    key: str
    nodes: tuple[TargetNode, ...]

    def length(self, subject: Subject, calendar: Calendar) -> TargetLength | NoTarget:
        answers = [node.length(subject, calendar) for node in self.nodes]
        promised = [length for length in answers if isinstance(length, TargetLength)]
        if not promised:
            reasons = [answer for answer in answers if isinstance(answer, NoTarget)]
            return NoTarget(
                "; ".join(dict.fromkeys(answer.reason for answer in reasons)),
                any(answer.odd for answer in reasons),
                all(answer.by_value for answer in reasons),
            )
        if len(promised) == 1:
            return promised[0]
        rules = frozenset(length.rule for length in promised)
        text = f"{self.word} of {' and '.join(length.full_text for length in promised)}"
        return TargetLength(Earlier(rules) if self.word == "earlier" else Later(rules), text)

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:
        for node in self.nodes:
            yield from node.unmet(subject, calendar)

    @property
    def word(self) -> str:
        return self.key.removesuffix("_of")

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        yield (), self
        for number, node in enumerate(self.nodes):
            for keys, part in node.parts():
                yield (self.key, number, *keys), part

    def __str__(self) -> str:
        return f"{self.word} of {' and '.join(str(node) for node in self.nodes)}"


@dataclass(frozen=True, slots=True)
class NothingNode:
    """`none`: nothing is promised here. Which value that is, the choice around it knows."""

    def length(self, subject: Subject, calendar: Calendar) -> NoTarget:  # noqa: ARG002 - the same for every ticket
        return NoTarget("no target for this value", by_value=True)

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:  # noqa: ARG002 - it has no number
        yield from ()

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        yield (), self

    def __str__(self) -> str:
        return NONE


@dataclass(frozen=True, slots=True)
class ChoiceNode:
    """One target for each value, `default` for all others. `record` is the word for what has the value: ticket."""

    value: Value
    cases: Mapping[str, TargetNode]
    record: str = "ticket"

    def length(self, subject: Subject, calendar: Calendar) -> TargetLength | NoTarget:
        node = self._chosen(subject)
        if node is not None and not isinstance(node, NothingNode):
            return node.length(subject, calendar)
        if self._unranked(subject):
            return NoTarget(f"the tier is not ranked: {subject.unranked}", odd=True)
        return NoTarget(f"no target for {self._whom(subject)}", by_value=True)

    def _whom(self, subject: Subject) -> str:
        """`priority LOW`, or `a ticket without a priority`."""
        values = [value for value in dict.fromkeys(self.value.of(subject)) if value]
        if values:
            return f"{self.value.word} {' and '.join(values)}"
        return f"a {self.record} without {self.value.with_article}"

    def _unranked(self, subject: Subject) -> bool:
        return bool(subject.unranked) and self.value.about is About.TIER

    def unmet(self, subject: Subject, calendar: Calendar) -> Iterator[NoTarget]:
        node = self._chosen(subject)
        if node is not None:
            yield from node.unmet(subject, calendar)

    def _chosen(self, subject: Subject) -> TargetNode | None:
        """None: nothing is promised; nor is anything by a tier that is not ranked, whatever the default says."""
        if self._unranked(subject):
            return None
        return self.cases.get(self.value.chosen(subject, self.cases) or DEFAULT)

    def parts(self) -> Iterator[tuple[Keys, TargetNode]]:
        yield (), self
        for value, node in self.cases.items():
            for keys, part in node.parts():
                yield (value, *keys), part

    def __str__(self) -> str:
        return ", ".join(f"{value} {node}" for value, node in self.cases.items())


@dataclass(frozen=True, slots=True)
class Target:
    """What a policy promises on one clock, at these keys under `targets`. `terms` make the promise out of what a
    ticket is held to and a calendar."""

    keys: Keys
    node: TargetNode
    calendars: CalendarChoice
    terms: PromiseTerms
    _promises: dict[tuple[TargetLength, str], Promise] = field(default_factory=dict, compare=False, repr=False)
    _takes_numbers: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_takes_numbers", any(True for _ in self.numbers()))

    def promise(self, subject: Subject) -> Promise | NoTarget:
        """What is promised for a ticket, or why nothing is."""
        calendar = self.calendars.calendar(subject)
        length = self.node.length(subject, calendar)
        return length if isinstance(length, NoTarget) else self._promise(length, calendar)

    def _promise(self, length: TargetLength, calendar: Calendar) -> Promise:
        """The same object for the same terms: two readings of one ticket are compared often. Where the target names a
        calendar, the whole promise is on that one."""
        rule = length.rule
        if isinstance(rule, OnCalendar):
            length, calendar = TargetLength(rule.rule, length.text), rule.calendar
        elif calendar not in self.calendars.calendars:  # of one ticket only
            return self.terms.promise(length, calendar)
        key = length, calendar.name
        promise = self._promises.get(key)
        if promise is None:
            promise = self._promises[key] = self.terms.promise(length, calendar)
        return promise

    def unmet(self, subject: Subject) -> Iterator[NoTarget]:
        """Each number that counts for the ticket and promises nothing."""
        if self._takes_numbers:
            yield from self.node.unmet(subject, self.calendars.calendar(subject))

    def values(self) -> Iterator[tuple[Keys, Value, tuple[str, ...]]]:
        """Each value that the target looks at, where it says so, and the values that it names beside that."""
        for keys, part in self.node.parts():
            if isinstance(part, ChoiceNode) and set(part.cases) != {DEFAULT}:
                yield (*keys, "by"), part.value, tuple(value for value in part.cases if value != DEFAULT)
            elif isinstance(part, NumberNode):
                yield (*keys, "property"), part.value, ()

    def looked_at(self) -> Iterator[Value]:
        """Each value that the target looks at in any way, its calendar too."""
        for _, part in self.node.parts():
            if isinstance(part, ChoiceNode | NumberNode):
                yield part.value
        if self.calendars.value is not None:
            yield self.calendars.value

    @property
    def calendars_used(self) -> set[str]:
        """The names of all calendars that may count, those of single due times among them."""
        own = (part.own_calendar for _, part in self.node.parts() if isinstance(part, DueNode))
        return {calendar.name for calendar in (*self.calendars.calendars, *own) if calendar}

    def numbers(self) -> Iterator[tuple[Keys, NumberNode]]:
        """Each number that the target takes out of a property."""
        return ((keys, part) for keys, part in self.node.parts() if isinstance(part, NumberNode))

    def examples(self) -> Iterator[tuple[Keys, Promise]]:
        """What is promised at each value that is named, on the calendar for everybody: all that can be known without a
        ticket."""
        calendar = self.calendars.default
        for keys, leaf in _leaves(self.node):
            length = leaf.length(_NOBODY, calendar)
            if isinstance(length, TargetLength):
                yield keys, self._promise(length, calendar)

    def __str__(self) -> str:
        return str(self.node)


def _leaves(node: TargetNode) -> Iterator[tuple[Keys, TargetNode]]:
    """What stands behind all choices, and is the same for every ticket."""
    if isinstance(node, ChoiceNode):
        for value, case in node.cases.items():
            for keys, leaf in _leaves(case):
                yield (value, *keys), leaf
    elif not any(isinstance(part, ChoiceNode | NumberNode) for _, part in node.parts()):
        yield (), node


_NOBODY = Subject(0, None, "")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
