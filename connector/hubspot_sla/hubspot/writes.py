"""Batch writes in which every row ends as done, refused with a reason, or silently left out.

Each input carries an `objectWriteTraceId`, which makes HubSpot judge rows one by one (207). It is not
promised for updates, so a batch refused as a whole is split until the poison rows stand alone: a whole
refusal has written nothing. Outcomes are read from `results` and `errors`, never from the status code:
the 2026-09 specification no longer has a 207.

From 2026-09 on the rules of a portal's admin hold for writes by API too: a row may be refused for properties that are
not ours. Such rows are sent once more by the earlier dated version, which ignores the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.batches import BATCH, chunks, halves
from hubspot_sla.hubspot.error_responses import BAD_REQUEST, CONFLICT, NOT_FOUND, RejectedResponse
from hubspot_sla.hubspot.json_fields import Json, mapping, objects, texts
from hubspot_sla.hubspot.parse_records import id_of, updated_at_ms
from hubspot_sla.hubspot.refusal_reason import Refusal, is_rule, refusal_in
from hubspot_sla.hubspot.response import word

if TYPE_CHECKING:
    from hubspot_sla.hubspot.sdk import Method

Changes = Mapping[str, Mapping[str, str]]
Input = Mapping[str, object]

_SPLIT_ON: Final = (BAD_REQUEST, NOT_FOUND, CONFLICT)
_GONE: Final = "OBJECT_NOT_FOUND"
# Refusals that hold for every row writing the property, whatever the value: no need to find the rows by halves.
_DOOMED_BY_PROPERTY: Final = ("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of each ticket id: its new `updatedAt` in milliseconds (0 if HubSpot did not say),
    HubSpot's reason for refusing it, or nothing at all (archived, or merged into another). `rules` counts the rows that
    the earlier version had to take, by the reason that the current one gave. `left_out` holds what HubSpot would not
    take of a row that was updated, by property, with the reason."""

    updated: dict[str, int]
    rejected: dict[str, str]
    missing: tuple[str, ...]
    rules: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What became of each input, by its trace: HubSpot's row, the refusal, gone, or no word of it. `rules` counts the
    inputs that the earlier version had to take, by the reason that the current one gave."""

    done: dict[str, Json] = field(default_factory=dict)
    rejected: dict[str, Refusal] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        """With what became of other inputs."""
        self.done |= other.done
        self.rejected |= other.rejected
        self.gone += other.gone
        self.silent += other.silent
        self.rules.update(other.rules)

    @property
    def reasons(self) -> dict[str, str]:
        """The reason against each input that was refused."""
        return {trace: refusal.reason for trace, refusal in self.rejected.items()}


def write(update: Method, changes: Changes, earlier: Method | None = None) -> Written:
    """Send changes of records through an SDK batch-update method; `earlier` is the same of the earlier version. What
    HubSpot refuses of a record by name is left out, and the rest of it is sent once more."""
    outcome = _sent(update, changes, earlier)
    refused = {
        id_: {name: refusal.reason for name in changes[id_] if name in refusal.properties}
        for id_, refusal in outcome.rejected.items()
    }
    left_out = {id_: reasons for id_, reasons in refused.items() if 0 < len(reasons) < len(changes[id_])}
    if left_out:
        rest = {
            id_: {name: value for name, value in changes[id_].items() if name not in reasons}
            for id_, reasons in left_out.items()
        }
        for id_ in rest:
            del outcome.rejected[id_]
        outcome.add(_sent(update, rest, earlier))
    updated = {id_: _updated_or_zero(row) for id_, row in outcome.done.items()}
    not_taken = {id_: reasons for id_, reasons in left_out.items() if id_ in updated}
    return Written(updated, outcome.reasons, tuple(outcome.gone + outcome.silent), outcome.rules, not_taken)


def _sent(update: Method, changes: Changes, earlier: Method | None) -> Outcome:
    inputs = {id_: {"id": id_, "properties": dict(values)} for id_, values in changes.items()}
    return BatchWrite(update, inputs, id_of, repeatable=True, earlier=earlier).send()


class BatchWrite:
    """One write of any number of inputs, keyed by their trace.

    `trace_of` says which input a result row belongs to. A `repeatable` write asks again about rows that
    an error may mean without naming them; a create must not, and leaves them among the silent. `earlier` is the same
    method of the earlier version, where there is one that ignores rules.
    """

    def __init__(
        self,
        method: Method,
        inputs: Mapping[str, Input],
        trace_of: Callable[[Json], str],
        *,
        repeatable: bool,
        earlier: Method | None = None,
    ) -> None:
        self._method = method
        self._inputs = inputs
        self._trace_of = trace_of
        self._repeatable = repeatable
        self._earlier = earlier
        self._outcome = Outcome()

    def send(self) -> Outcome:
        for chunk in chunks(self._inputs, BATCH):
            self._send(chunk)
        if self._earlier is not None:
            self._send_by_the_earlier_version(self._earlier)
        return self._outcome

    def _send_by_the_earlier_version(self, earlier: Method) -> None:
        """What a rule refused was not written: it is sent once more, past the rules."""
        outcome = self._outcome
        ruled = {trace: refusal for trace, refusal in outcome.rejected.items() if self._is_ruled(trace, refusal)}
        if not ruled:
            return
        inputs = {trace: self._inputs[trace] for trace in ruled}
        try:
            second = BatchWrite(earlier, inputs, self._trace_of, repeatable=self._repeatable).send()
        except UsageProblem:  # a portal without that version: the refusals stand
            return
        for trace in ruled:
            del outcome.rejected[trace]
        outcome.add(second)
        outcome.rules.update(ruled[trace].reason for trace in second.done)

    def _is_ruled(self, trace: str, refusal: Refusal) -> bool:
        return is_rule(refusal, mapping(self._inputs[trace], "properties").keys())

    def _send(self, traces: Sequence[str]) -> None:
        inputs = [{**self._inputs[trace], "objectWriteTraceId": trace} for trace in traces]
        try:
            response = self._method({"inputs": inputs}, _preload_content=False)
        except RejectedResponse as refused:
            if refused.status not in _SPLIT_ON:
                raise
            self._refused_whole(traces, refused)
        else:
            self._sort_out(traces, response.body)

    def _sort_out(self, traces: Sequence[str], body: Json) -> None:
        errors = objects(body, "errors")
        blamed = {trace for error in errors for trace in self._blame(error, traces)}
        results = {self._trace_of(row): row for row in objects(body, "results")}
        done = {trace: row for trace, row in results.items() if trace in traces and trace not in blamed}
        self._outcome.done |= done
        silent = [trace for trace in traces if trace not in blamed and trace not in done]
        anonymous = [error for error in errors if not _named(error)]
        if silent and anonymous and self._repeatable:
            self._ask_again(traces, silent, refusal_in(anonymous[0]))
        else:
            self._outcome.silent += silent

    def _blame(self, error: Json, traces: Collection[str]) -> list[str]:
        """Enter one error of a 207 against the inputs that it names."""
        named = [trace for trace in _named(error) if trace in traces]
        if word(error, "category") == _GONE:
            self._outcome.gone += named
        else:
            self._outcome.rejected |= dict.fromkeys(named, refusal_in(error))
        return named

    def _ask_again(self, traces: Sequence[str], silent: Sequence[str], refusal: Refusal) -> None:
        if len(traces) == 1:
            self._outcome.rejected[traces[0]] = refusal
        else:
            self._send_halves(silent)

    def _refused_whole(self, traces: Sequence[str], refused: RejectedResponse) -> None:
        doomed = [trace for trace in traces if self._writes_any(trace, _doomed_properties(refused.body))]
        if doomed:
            self._outcome.rejected |= dict.fromkeys(doomed, refusal_in(refused.body))
            spared = [trace for trace in traces if trace not in doomed]
            self._send_halves(spared)
        elif len(traces) > 1:
            self._send_halves(traces)
        elif refused.status == NOT_FOUND:
            self._outcome.gone += traces
        else:
            self._outcome.rejected[traces[0]] = refusal_in(refused.body)

    def _send_halves(self, traces: Sequence[str]) -> None:
        for half in halves(traces):
            if half:
                self._send(half)

    def _writes_any(self, trace: str, names: Collection[str]) -> bool:
        return any(name in mapping(self._inputs[trace], "properties") for name in names)


def _named(error: Json) -> list[str]:
    """The inputs an error names: by trace, or by id (then one entry may list many)."""
    context = mapping(error, "context")
    return list(dict.fromkeys(texts(context, "objectWriteTraceId") + texts(context, "ids")))


def _doomed_properties(body: Json) -> set[str]:
    return {
        name
        for error in objects(body, "errors")
        if word(error, "code") in _DOOMED_BY_PROPERTY
        for name in texts(mapping(error, "context"), "propertyName")
    }


def _updated_or_zero(row: Json) -> int:
    try:
        return updated_at_ms(row)
    except ValueError:
        return 0
