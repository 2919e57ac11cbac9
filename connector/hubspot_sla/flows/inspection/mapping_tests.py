"""The tests in tests.yaml: each ticket judged as a sync would judge it, beside what its test expects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.time_text import length, local
from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.flows.inspection.case_rows import CaseReading
from hubspot_sla.flows.inspection.evaluate import Evaluator, offline_portal_ids
from hubspot_sla.flows.judging import explanations
from hubspot_sla.flows.records.ticket_file import BadRow
from hubspot_sla.policy.case_check import case_problems, read_cases
from hubspot_sla.policy.case_documents import NONE
from hubspot_sla.policy.case_events import CaseTime
from hubspot_sla.policy.mapping_files import TESTS, spelling_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.object_words import object_type_of
from hubspot_sla.policy.tier_sources.stated import with_stated_tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.inspection.case_rows import CaseRow
    from hubspot_sla.flows.inspection.evaluate import Evaluated
    from hubspot_sla.policy.case_documents import CaseSection, CasesFile, ClockSection
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.yaml_document import Document

INSTANTS = ("started_at", "at_risk_at", "due_at", "breached_at", "stopped_at", "ended_at")


class StaleTests(MappingInvalid):
    """tests.yaml is right in form, and speaks of what the mappings do not have, or of times that cannot be."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise: `resolution.due_at`, what the test expects, and what it got."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one test; without differences it passed. `explanation` is of what differs, line by line."""

    name: str
    line: int
    differences: Sequence[Difference] = ()
    explanation: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class MappingTests:
    """The tests of one folder, found right in form and in names."""

    document: Document
    file: CasesFile
    mappings: Mappings
    texts: dict[str, str] = field(default_factory=dict)

    def run(self, words: str = "") -> Iterator[CaseResult]:
        """Each test whose name contains the words. MappingInvalid: times that cannot be."""
        for number, case in enumerate(self.file.tests):
            if words.casefold() in case.name.casefold():
                try:
                    yield self._result(number, case)
                except MappingInvalid as invalid:
                    raise MappingInvalid(invalid.problems, self.texts) from invalid

    def check_times(self) -> list[Problem]:
        """Everything wrong with times: those that no clock shows, and events that are out of order."""
        problems: list[Problem] = []
        for number, case in enumerate(self.file.tests):
            try:
                self._reading(number, case)
            except MappingInvalid as invalid:
                problems += invalid.problems
        return problems

    def _reading(self, number: int, case: CaseSection) -> tuple[CaseRow, tzinfo]:
        zone = self._zone(number, case)
        return self._in_zone(number, case, zone).row(), zone

    def _result(self, number: int, case: CaseSection) -> CaseResult:
        case_row, zone = self._reading(number, case)
        line = self.document.values["tests", number].line
        evaluated = self._evaluated(case_row)
        if isinstance(evaluated, BadRow):
            return CaseResult(case.name, line, [Difference("ticket", "a verdict", evaluated.reason)])
        comparison = _Comparison(case, evaluated, zone)
        return CaseResult(case.name, line, comparison.differences(), comparison.explanation())

    def _in_zone(self, number: int, case: CaseSection, zone: tzinfo) -> CaseReading:
        object_type = object_type_of(case.ticket.object, self.mappings.object_types) or ""
        return CaseReading(self.document, ("tests", number), case, self.mappings.of(object_type), zone)

    def _evaluated(self, case_row: CaseRow) -> Evaluated | BadRow:
        mappings = self.mappings
        if case_row.tier_changes:
            mappings = replace(mappings, tiers=with_stated_tier(mappings.tiers, case_row.tier_changes))
        portal_ids = offline_portal_ids(mappings, None)
        return Evaluator(mappings, portal_ids, case_row.now, {}, {}, case_row.object_type).of(case_row.row)

    def _zone(self, number: int, case: CaseSection) -> tzinfo:
        """Of the test or the file; else of the calendar that counts for the ticket when it is created. Which one that
        is may depend on the instant, and so on the zone: it is asked twice."""
        said = case.zone or self.file.zone
        if said:
            return ZoneInfo(said)
        as_created = case.model_copy(update={"events": [], "now": None})
        zone: tzinfo = UTC
        for _ in range(2):
            try:
                created = self._in_zone(number, as_created, zone).row()
            except MappingInvalid:
                return zone  # reading the whole test in it says what is wrong
            zone = self._zone_of_calendar(created) or self._only_zone(number, case)
        return zone

    def _zone_of_calendar(self, created: CaseRow) -> tzinfo | None:
        evaluated = self._evaluated(created)
        if isinstance(evaluated, BadRow):
            return None
        promises = {
            verdict.metric: verdict.promise
            for verdict in evaluated.judgement.verdicts
            if verdict.promise is not None and verdict.kind is Kind.SLA
        }
        promise = promises.get(Metric.RESOLUTION) or next(iter(promises.values()), None)
        if promise is not None:
            return promise.calendar.zone
        policy = next(iter(evaluated.agreement.policies), None)
        return policy.calendar.zone if policy else None

    def _only_zone(self, number: int, case: CaseSection) -> tzinfo:
        """Where no policy applies: that of all calendars, where they have one in common."""
        times = [case.ticket.created, *(event.time for event in case.events), *([case.now] if case.now else [])]
        if all(time.reading.tzinfo is not None for time in times):
            return UTC
        zones = {str(policy.calendar.zone): policy.calendar.zone for policy in self.mappings.policy_set.policies}
        if len(zones) == 1:
            return next(iter(zones.values()))
        message = "no policy applies to this ticket, so no calendar says in which zone its times are"
        remedy = f"add zone: {next(iter(sorted(zones)))} to the test, or to the top of the file"
        problem = self.document.problem(("tests", number, "ticket"), message, remedy, at_key=True, code=Code.INSTANT)
        raise MappingInvalid([problem])


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What one test expects beside what the ticket came to. Instants are shown in the zone of the test."""

    case: CaseSection
    evaluated: Evaluated
    zone: tzinfo

    def differences(self) -> list[Difference]:
        return [
            difference
            for difference in (*self._of_ticket(), *self._of_clocks())
            if difference.expected != difference.got
        ]

    def explanation(self) -> list[str]:
        """Why the clocks that differ are as they are; all of them, where the ticket as a whole differs."""
        differing = {difference.what.rpartition(".")[0] for difference in self.differences()}
        if not self.differences():
            return []
        verdicts = self.evaluated.judgement.verdicts
        chosen = [verdict for verdict in verdicts if not differing - {""} or verdict.clock.key in differing]
        judgement = self.evaluated.judgement
        story = explanations.story_of(judgement.timeline, chosen, self.evaluated.now)
        return [*self._matching(), *story.splitlines()]

    def _matching(self) -> Iterator[str]:
        agreement = self.evaluated.agreement
        yield f"Tier: {agreement.tier.why}."
        for key, match in agreement.matches.items():
            yield f"Policy ({key.key}): {match.policy.id if match.policy else 'none matches'}."
            for name, why in match.rejected:
                yield f"  not {name}: {why}"

    def _of_ticket(self) -> Iterator[Difference]:
        expect, agreement = self.case.expect, self.evaluated.agreement
        if expect.status is not None:
            yield Difference("status", expect.status, self.evaluated.status)
        if expect.tier is not None:
            yield Difference("tier", expect.tier, agreement.tier.shown or NONE)
        if expect.policy is not None:
            yield Difference("policy", expect.policy, agreement.match.policy.id if agreement.match.policy else NONE)
        policies = {key.key: match.policy.id for key, match in agreement.matches.items() if match.policy}
        for key, policy_id in expect.policies.items():
            yield Difference(f"policies {key}", policy_id, policies.get(key, NONE))
        reasons = " ".join(self._reasons())
        for text in expect.reason_contains:
            yield _contains("reason_contains", text, reasons)

    def _reasons(self) -> list[str]:
        reasons = self.evaluated.as_json()["reasons"]
        return [str(reason) for reason in reasons] if isinstance(reasons, list) else []

    def _of_clocks(self) -> Iterator[Difference]:
        verdicts = {verdict.clock.key: verdict for verdict in self.evaluated.judgement.verdicts}
        for key, clock in self.case.expect.clocks.items():
            verdict = verdicts.get(key)
            if verdict is not None:
                yield from self._of_clock(key, clock, verdict)
            elif clock.status != "no_sla":
                yield Difference(key, clock.status or "a verdict", "no_sla, nothing is promised on this clock")

    def _of_clock(self, key: str, clock: ClockSection, verdict: Verdict) -> Iterator[Difference]:
        body = explanations.explained_verdict(self.evaluated.judgement, verdict, self.evaluated.now)
        for name in ("status", "policy", "target"):
            expected = getattr(clock, name)
            if expected is not None:
                yield Difference(f"{key}.{name}", expected, str(body.get(name) or NONE))
        for name in INSTANTS:
            expected = getattr(clock, name)
            if expected is not None:
                yield Difference(f"{key}.{name}", self._instant(expected), self._shown(getattr(verdict.cycle, name)))
        for name in ("elapsed", "paused"):
            expected, got = getattr(clock, name), body.get(f"{name}_s", 0)
            if expected is not None:
                got_ms = round(got * 1000) if isinstance(got, int | float) else 0
                yield Difference(f"{key}.{name}", length(expected), length(got_ms))
        if clock.cycles is not None:
            yield Difference(f"{key}.cycles", str(clock.cycles), str(len(verdict.cycles)))
        for text in clock.reason_contains:
            story = explanations.story_of(self.evaluated.judgement.timeline, [verdict], self.evaluated.now)
            yield _contains(
                f"{key}.reason_contains", text, f"{verdict.cycle.reason} {story.splitlines()[0] if story else ''}"
            )

    def _instant(self, expected: CaseTime | str) -> str:
        return self._shown(expected.at(self.zone)) if isinstance(expected, CaseTime) else NONE

    def _shown(self, at: int | None) -> str:
        """To the second where there are any: two instants that differ never look alike."""
        if at is None:
            return NONE
        text = local(at, self.zone)
        return text if at % 60_000 == 0 else f"{text} and {at % 60_000 / 1000:g}s"


def _contains(what: str, text: str, whole: str) -> Difference:
    """No difference where the text is in it, whatever the case of letters."""
    return Difference(what, text, text if text.casefold() in whole.casefold() else whole.strip() or NONE)


def tests_in(folder: Path, mappings: Mappings) -> MappingTests | None:
    """The tests beside the mappings; None: there is no such file. MappingInvalid: everything that is wrong with it;
    `StaleTests` where only names and times are."""
    spelled_twice: list[Problem] = []
    path = folder / spelling_of(folder, TESTS, spelled_twice)
    if spelled_twice:
        raise MappingInvalid(spelled_twice)
    if not path.exists():
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = Problem(path.name, 1, 1, "this is not UTF-8 text", "save the file as UTF-8", Code.NOT_UTF8)
        raise MappingInvalid([problem]) from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise MappingInvalid([Problem(path.name, 0, 0, message, code=Code.FILE_UNREADABLE)]) from None
    document, file = read_cases(path.name, text)
    tests = MappingTests(document, file, mappings, {path.name: text})
    if problems := case_problems(document, file, mappings) or tests.check_times():
        raise StaleTests(problems, tests.texts)
    return tests
