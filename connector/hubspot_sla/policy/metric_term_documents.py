"""The shape of the terms that may differ from metric to metric: pauses, thresholds, ladders, reopening, lateness.

Each is written once for every metric of the policy, or as a group with one entry for a metric; what is not named there
has `default`. The names of metrics that are defined are checked where policies are compiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from hubspot_sla.clock.promise import Reopen
from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.durations import parse_duration
from hubspot_sla.policy.field_types import DURATION, Also, ReadBy, Section, Shape, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.metric_documents import parse_pause
from hubspot_sla.policy.term_forms import AtRisk, PauseForm, ReopenForm
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pydantic.json_schema import JsonSchemaValue


class ByMetric(Section):
    """One entry for each metric; `default` counts for those without."""

    model_config = ConfigDict(extra="allow")

    def names(self, metric: str) -> bool:
        """Whether the metric has an entry of its own."""
        return metric in self.model_fields_set or metric in (self.__pydantic_extra__ or {})

    def _of(self, metric: str) -> object:
        return getattr(self, metric if self.names(metric) else DEFAULT)

    @property
    def named(self) -> Iterable[str]:
        """The metrics that have an entry of their own and are none of the six."""
        return self.__pydantic_extra__ or {}


def for_every_metric(is_one: Callable[[dict[str, object]], bool] = lambda _: False) -> BeforeValidator:
    """One term stands for `{default: term}`. `is_one` distinguishes a term that is a group from a group of metrics."""

    def grouped(written: object) -> object:
        if written is None or isinstance(written, Section) or (isinstance(written, dict) and not is_one(written)):
            return written
        return {DEFAULT: written}

    return BeforeValidator(grouped)


# pauses

PausesForm = bool | list[PauseForm]
_RULE: JsonSchemaValue = {"$ref": "#/$defs/PauseRule"}
_RULES_SCHEMA: JsonSchemaValue = {
    "anyOf": [{"type": "boolean"}, _RULE, {"type": "array", "items": _RULE, "minItems": 1}]
}
_RULES: JsonSchemaValue = {"$defs_name": "PauseRules"}
_RULE_KEYS = frozenset({"in", "is", "least", "greatest"})


def parse_pauses(written: object) -> PausesForm:
    """true: in every waiting stage; false: never; or the conditions. Refused: anything else."""
    if isinstance(written, bool):
        return written
    rules = written if isinstance(written, list) else [written]
    if not rules:
        raise Refused("the list is empty", "write false for a clock that never stands still", code=Code.EMPTY)
    return [parse_pause(rule) for rule in rules]


Pausing = Annotated[PausesForm, ReadBy(parse_pauses, _RULES)]


class PausesSection(ByMetric):
    """By what a clock stands still. What is not said is as the metric itself has it: `update` and `resolution` stand
    still in every `waiting` stage."""

    default: Pausing | None = None
    assignment: Pausing | None = None
    first_response: Pausing | None = None
    next_response: Pausing | None = None
    update: Pausing | None = None
    resolution: Pausing | None = None
    stage: Pausing | None = None
    __pydantic_extra__: dict[str, Pausing]

    def of(self, metric: str) -> PausesForm | None:
        pausing = self._of(metric)
        return pausing if isinstance(pausing, bool | list) else None

    def entries(self) -> Iterable[tuple[str, list[PauseForm]]]:
        """Each key that conditions are written under, with these."""
        for key in sorted({*self.model_fields_set, *self.named}):
            if isinstance(forms := getattr(self, key), list):
                yield key, forms


def _is_one_rule(written: dict[str, object]) -> bool:
    return bool(written) and written.keys() <= _RULE_KEYS


Pauses = Annotated[PausesSection, for_every_metric(_is_one_rule), Also(_RULES)]


# when a clock is at risk


_PERCENT = re.compile(r"(\d{1,2})\s*%\Z", re.ASCII)
_AT_RISK = "write 75% (of the target) or -30m (before due)"


def parse_at_risk(written: object) -> AtRisk:
    """Refused: anything but 1% to 99%, or a minus sign and a duration."""
    text = written.strip() if isinstance(written, str) else ""
    percent = _PERCENT.match(text)
    if percent and int(percent[1]):
        return AtRisk(text, percent=int(percent[1]))
    if text.startswith("-"):
        return AtRisk(text, before=parse_duration(text[1:]))
    bare = re.fullmatch(r"0?[.,]?(\d{1,2})", text, re.ASCII)
    remedy = f"write {bare[1]}%" if bare and int(bare[1]) else _AT_RISK
    raise Refused(f"{described(written)} is no threshold", remedy, code=Code.THRESHOLD)


_AT_RISK_SCHEMA: JsonSchemaValue = {
    "type": "string",
    "pattern": r"^\s*([1-9]\d?\s*%|-.+)\s*$",
    "description": _AT_RISK,
}
Threshold = Annotated[AtRisk, BeforeValidator(parse_at_risk), Shape(_AT_RISK_SCHEMA)]
Thresholds = Annotated[
    list[Threshold],
    Field(min_length=1),
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
    Also(_AT_RISK_SCHEMA),
]


class AtRiskSection(ByMetric):
    """When a clock becomes `at_risk`: for every metric, or for some."""

    default: Thresholds = []
    assignment: Thresholds = []
    first_response: Thresholds = []
    next_response: Thresholds = []
    update: Thresholds = []
    resolution: Thresholds = []
    stage: Thresholds = []
    __pydantic_extra__: dict[str, Thresholds]

    def of(self, metric: str) -> list[AtRisk]:
        thresholds = self._of(metric)
        return thresholds if isinstance(thresholds, list) else []

    def entries(self) -> Iterable[tuple[str, list[AtRisk]]]:
        """Each key that is written, with its thresholds."""
        for key in sorted({*self.model_fields_set, *self.named}):
            yield key, getattr(self, key)


AtRiskByMetric = Annotated[
    AtRiskSection, for_every_metric(), Also({"anyOf": [_AT_RISK_SCHEMA, {"type": "array", "items": _AT_RISK_SCHEMA}]})
]


# ladders


class LadderSection(ByMetric):
    """Which ladder of escalations.yaml a clock climbs: for every metric, or for some."""

    default: Text | None = None
    assignment: Text | None = None
    first_response: Text | None = None
    next_response: Text | None = None
    update: Text | None = None
    resolution: Text | None = None
    stage: Text | None = None
    __pydantic_extra__: dict[str, Text]

    def of(self, metric: str) -> str | None:
        name = self._of(metric)
        return name if isinstance(name, str) else None


LadderByMetric = Annotated[LadderSection, for_every_metric(), Also({"type": "string"})]


# reopening


_REOPEN = "write count, resume, restart, ignore, or {resume: 5bd, then: restart}"
_THEN = (Reopen.RESTART, Reopen.IGNORE)


def parse_reopen(written: object) -> ReopenForm:
    """Refused: none of the four words, and no group with a window."""
    if isinstance(written, ReopenForm):
        return written
    if isinstance(written, str):
        return ReopenForm(_reopen_word(written.strip(), tuple(Reopen)))
    if not isinstance(written, dict) or Reopen.RESUME.value not in written:
        raise Refused(f"{described(written)} does not say what a reopening does", _REOPEN, code=Code.NOT_A_CHOICE)
    for key in written:
        if key not in ("resume", "then"):
            raise Refused(f"there is no {key!r} here", _REOPEN, code=Code.NOT_A_CHOICE)
    then = written.get("then", Reopen.IGNORE.value)
    if not isinstance(then, str):
        raise Refused(f"{described(then)} does not say what a later reopening does", _REOPEN, code=Code.NOT_A_CHOICE)
    return ReopenForm(Reopen.RESUME, parse_duration(written["resume"]), _reopen_word(then.strip(), _THEN))


def _reopen_word(word: str, words: Collection[Reopen]) -> Reopen:
    known = [rule.value for rule in words]
    if word not in known:
        raise Refused(f"a reopening cannot be {word!r} here", nearest(word, known), code=Code.NOT_A_CHOICE)
    return Reopen(word)


_REOPEN_SCHEMA: JsonSchemaValue = {
    "anyOf": [
        {"enum": [rule.value for rule in Reopen]},
        {
            "type": "object",
            "required": ["resume"],
            "additionalProperties": False,
            "properties": {"resume": DURATION, "then": {"enum": [rule.value for rule in _THEN]}},
        },
    ]
}
_REOPENING: JsonSchemaValue = {"$defs_name": "Reopening"}
Reopening = Annotated[ReopenForm, ReadBy(parse_reopen, _REOPENING)]


class ReopenSection(ByMetric):
    """What a reopening does to a clock."""

    default: Reopening = ReopenForm(Reopen.RESUME)
    assignment: Reopening | None = None
    first_response: Reopening | None = None
    next_response: Reopening | None = None
    update: Reopening | None = None
    resolution: Reopening | None = None
    __pydantic_extra__: dict[str, Reopening]

    def of(self, metric: str) -> ReopenForm:
        form = self._of(metric)
        return form if isinstance(form, ReopenForm) else self.default

    def entries(self) -> Iterable[tuple[str, ReopenForm]]:
        """Each key that is written, with what it says."""
        for key in sorted({*self.model_fields_set, *self.named}):
            if (form := getattr(self, key)) is not None:
                yield key, form


def _is_one_reopening(written: dict[str, object]) -> bool:
    return Reopen.RESUME.value in written


ReopenByMetric = Annotated[ReopenSection, for_every_metric(_is_one_reopening), Also(_REOPENING)]


# lateness

LateWord = Literal["instant", "business_time"]


class LateSection(ByMetric):
    """From when on a clock is late: from the due instant on, or from the first business time behind it."""

    default: LateWord = "instant"
    assignment: LateWord | None = None
    first_response: LateWord | None = None
    next_response: LateWord | None = None
    update: LateWord | None = None
    resolution: LateWord | None = None
    stage: LateWord | None = None
    __pydantic_extra__: dict[str, LateWord]

    def of(self, metric: str) -> str:
        word = self._of(metric)
        return word if isinstance(word, str) else self.default


LateByMetric = Annotated[LateSection, for_every_metric(), Also({"enum": ["instant", "business_time"]})]

TERM_DEFINITIONS = {"PauseRules": _RULES_SCHEMA, "Reopening": _REOPEN_SCHEMA}
"""Of the editor's JSON Schema, by name."""

for _section, _entry in (
    (PausesSection, Pausing),
    (AtRiskSection, Thresholds),
    (LadderSection, Text),
    (ReopenSection, Reopening),
    (LateSection, LateWord),
):
    _section.OTHER_KEYS = _entry
