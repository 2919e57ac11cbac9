"""Reasons in words for people: what the clock and the policies give as a reason, in the language of the readers.

A reason is kept with its verdict as an English clause and never changes by a language or a wording. Here the clause is
recognised and said anew. One that is not recognised, as what somebody wrote as the reason of a waiver, stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.language.texts import marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.language.texts import Texts

    NameOf = Callable[[str, str], str]
    """From `stage` or `pipeline` and an id to its name; the id itself where nobody knows it."""

_CLAUSES: Final = (
    # the clause as it is kept, and as it is said
    ("the ticket was closed as spam", marked("the ticket was closed as spam")),
    ("the ticket was closed as a duplicate", marked("the ticket was closed as a duplicate")),
    ("the ticket was cancelled", marked("the ticket was cancelled")),
    ("the ticket was closed before anybody owned it", marked("the ticket was closed before anybody owned it")),
    ("the ticket was closed without an agent's reply", marked("the ticket was closed without an agent's reply")),
    (
        "the ticket was closed without an answer to the customer's message",
        marked("the ticket was closed without an answer to the customer's message"),
    ),
    ("the ticket was closed before the clock stopped", marked("the ticket was closed before this was done")),
    ("the ticket was closed", marked("the ticket was closed")),
    (
        "no customer's message is waiting for an answer",
        marked("no customer's message is waiting for an answer"),
    ),
    ("the ticket was merged into ticket {ticket}, which carries the clock on", marked("merged into ticket {ticket}")),
    ("the ticket was merged, which carries the clock on", marked("merged into another ticket")),
    ("the {record} was created", marked("the ticket was created")),
    ("the {record} was archived in HubSpot", marked("the ticket was archived in HubSpot")),
    ("the pipeline became {pipeline}", marked("the pipeline became {pipeline}")),
    ("the priority became empty", marked("the priority was removed")),
    ("the priority became {value}", marked("the priority became {value}")),
    ("the stage became {stage}", marked("the stage became {stage}")),
    ("the mappings changed", marked("the SLA rules were changed")),
    ("the customer's tier changed", marked("the customer's tier changed")),
    ("a value of the customer changed", marked("a value of the customer changed")),
    ("a policy came into force or went out of it", marked("another policy came into force")),
    ("no policy matches", marked("no policy applies to this ticket")),
    (
        "policy {policy} has no target: no target for a ticket without a priority",
        marked("no target for a ticket without a priority"),
    ),
    ("no target for a ticket without a priority", marked("no target for a ticket without a priority")),
    (
        "policy {policy} has no target for a {record} without a priority",
        marked("no target for a ticket without a priority"),
    ),
    ("policy {policy} has no target for priority {value}", marked("no target for priority {value}")),
    ("policy {policy} has no target for a {record} without {name}", marked("no target for a ticket without {name}")),
    ("policy {policy} has no target for {value}", marked("no target for {value}")),
    ("no target for priority {value}", marked("no target for priority {value}")),
    ("policy {policy} has no target: the tier is not ranked: {tier}", marked("the tier is not ranked: {tier}")),
    ("policy {policy} has no target: {name} is empty", marked("{name} is empty, so there is no target")),
    ("policy {policy} has no target: {rest}", marked("there is no target: {rest}")),
    ("policy {policy} promises no {clock} in {place}", marked("nothing is promised for this")),
    ("policy {policy} promises no {clock}", marked("nothing is promised for this")),
    ("the tier is not ranked: {tier}", marked("the tier is not ranked: {tier}")),
    ("the tier is {tier}", marked("the tier is {tier}")),
    ("waived: {why}", marked("waived: {why}")),
    ("waiver: {why}", marked("waiver: {why}")),
    (
        "no message of either side has been seen on this {record}, so a reply could not have been",
        marked("no message has been seen on this ticket, so a reply could not have been seen either"),
    ),
    ("the {record} has no creation time", marked("the ticket has no creation time")),
    ("a fact lies in the future", marked("a date on the ticket lies in the future")),
    (
        "portal.yaml does not know the stage {id} of pipeline {in_pipeline}",
        marked("the SLA rules do not know the stage {stage_id} of pipeline {pipeline_id}"),
    ),
    ("portal.yaml does not know the stage {id}", marked("the SLA rules do not know the stage {stage_id}")),
    (
        "the first agent reply is dated before the ticket's creation",
        marked("the first agent reply is dated before the ticket's creation"),
    ),
    (
        "the {record} has an owner, but no history says since when",
        marked("the ticket has an owner, and nobody can say since when"),
    ),
    ("the {record} has no stage", marked("the ticket has no stage")),
    (
        "the stage history begins after the {record}'s creation",
        marked("the history of stages begins after the ticket's creation"),
    ),
    ("{name} holds {value}, which is no instant", marked("{name} holds {value}, which is no date and time")),
    ("{name} holds {value}, which is no date", marked("{name} holds {value}, which is no date")),
    (
        "{name} has a value, but no history says since when",
        marked("{name} has a value, and nobody can say since when"),
    ),
    ("it starts when {event}", marked("it starts when {event}")),
    ("nothing is promised", marked("nothing is promised")),
    # of rungs
    ("the clock is late already", marked("it was late already")),
    (
        "it was reached while nobody looked, and {rung} fires instead",
        marked("it was reached while the worker was down, and a later step came instead"),
    ),
    (
        "it was reached while nobody looked, and the clock was over when somebody did",
        marked("it was reached while the worker was down, and done before the worker was back"),
    ),
    ("it was reached while nobody looked", marked("it was reached while the worker was down")),
    ("it was reached before the present rules of the clock", marked("it was reached before an upgrade")),
    ("it was reached before go-live", marked("it was reached before go-live")),
    ("the clock was over before", marked("it was done before")),
    ("{name} became empty", marked("{name} was emptied")),
    ("{name} became {value}", marked("{name} became {value}")),
    # why a policy does not apply
    ("it is in force only from {day}", marked("it is in force only from {day}")),
    ("it was in force only until {day}", marked("it was in force only until {day}")),
    (
        "it applies to new tickets only, and the ticket is older than the policy",
        marked("it applies to new tickets only, and the ticket is older than the policy"),
    ),
)
_CONDITIONS: Final = (
    ("it has {condition}, and must not", marked("it has {condition}, and must not")),
    ("tier is not set, not {wanted}", marked("the customer has no tier, so not {wanted}")),
    ("tier is {value}, not {wanted}", marked("the customer's tier is {value}, not {wanted}")),
    ("pipeline is {value}, not {wanted}", marked("the pipeline is {value}, not {wanted}")),
    ("priority is not set, not {wanted}", marked("the ticket has no priority, so not {wanted}")),
    ("priority is {value}, not {wanted}", marked("the priority is {value}, not {wanted}")),
    ("{name} is not set, not {wanted}", marked("{name} is empty, not {wanted}")),
    ("{name} is {value}, not {wanted}", marked("{name} is {value}, not {wanted}")),
)
"""Why a condition does not hold. `{wanted}` may be several values."""


@dataclass(frozen=True, slots=True)
class _Clause:
    pattern: re.Pattern[str]
    english: str


@cache
def _compiled(clauses: tuple[tuple[str, str], ...]) -> tuple[_Clause, ...]:
    return tuple(_Clause(_pattern(kept), english) for kept, english in clauses)


def _pattern(kept: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", kept)
    literals, names = parts[::2], [*parts[1::2], ""]
    pieces = (re.escape(text) + (f"(?P<{name}>.+)" if name else "") for text, name in zip(literals, names, strict=True))
    return re.compile("".join(pieces), re.DOTALL)


def reason_words(reason: str, texts: Texts, name_of: NameOf) -> str:
    """The reason as people read it. `name_of` gives the name of a `stage` or `pipeline` by its id."""
    known = _recognised(reason, _CLAUSES, texts, name_of)
    if known is not None:
        return known
    for between, said in (("; and ", f"; {texts.text(_AND)} "), ("; ", "; ")):
        if between in reason:
            return said.join(reason_words(part, texts, name_of) for part in reason.split(between))
    return _recognised(reason, _CONDITIONS, texts, name_of) or reason


_AND, _OR = marked("and"), marked("or")


def _recognised(reason: str, clauses: tuple[tuple[str, str], ...], texts: Texts, name_of: NameOf) -> str | None:
    for clause in _compiled(clauses):
        found = clause.pattern.fullmatch(reason)
        if found:
            values = found.groupdict()
            if "wanted" in values:
                values["wanted"] = values["wanted"].replace(" or ", f" {texts.text(_OR)} ")
            return texts.text(clause.english, **_shown(clause.english, values, name_of))
    return None


def _shown(english: str, values: dict[str, str], name_of: NameOf) -> dict[str, str]:
    if "id" in values:
        pipeline = values.get("in_pipeline", "")
        values["stage_id"], values["pipeline_id"] = values["id"], name_of("pipeline", pipeline)
    for kind in ("stage", "pipeline"):
        if kind in values:
            values[kind] = name_of(kind, values[kind])
    return {name: value for name, value in values.items() if f"{{{name}}}" in english}
