"""What a report calls metrics, causes, holders and dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import STAGE_TOTAL, Clock
from hubspot_sla.flows.records.hubspot_facts import USER
from hubspot_sla.flows.reporting.since_closed import SINCE
from hubspot_sla.language.texts import marked
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.restatement import RestatementCause
from hubspot_sla.measure.whose_time import Holder
from hubspot_sla.render import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.language.texts import Texts

CAUSES: Final = {
    Excluded.WAIVED: marked("lateness was waived"),
    Excluded.NO_SLA: marked("nothing was promised"),
    Excluded.NOT_APPLICABLE: marked("the promise ended before it was due"),
    Excluded.UNKNOWN: marked("facts are missing"),
    Excluded.MERGED: marked("merged into another ticket"),
    Excluded.BEFORE_GO_LIVE: marked("before go-live"),
}
RESTATED: Final = {
    RestatementCause.MERGE: marked("merged"),
    RestatementCause.UNMERGE_OR_ARCHIVE: marked("unmerged or archived"),
    RestatementCause.SHORTENED: marked("history shortened"),
    RestatementCause.BACK_DATED: marked("back-dated"),
    RestatementCause.MESSAGE_SOURCE: marked("another source of messages"),
    RestatementCause.TIER: marked("another tier"),
    RestatementCause.WAIVER: marked("waiver"),
    RestatementCause.MAPPINGS: marked("other mappings"),
    RestatementCause.CALENDAR_DATA: marked("other calendar data"),
    RestatementCause.CLOCK_RULES: marked("other rules of the clock"),
    RestatementCause.ERASURE: marked("erased values"),
    SINCE: marked("later event"),
}
"""Why figures of a closed month would be others now."""
HOLDERS: Final = {
    Holder.QUEUE: marked("our queue"),
    Holder.CUSTOMER: marked("the customer"),
    Holder.TEAM: marked("team"),
    Holder.VENDOR: marked("vendor"),
    Holder.AI_AGENT: marked("the AI agent"),
    Holder.CLOSED_HOURS: marked("closed hours"),
}
WORDS: Final = {
    "customer": marked("Customer"),
    "tier": marked("Tier"),
    "policy": marked("Policy"),
    "kind": marked("Kind"),
    "agreement": marked("Agreement"),
    "metric": marked("Metric"),
    "place": marked("Place"),
    "calendar": marked("Calendar"),
    "pipeline": marked("Pipeline"),
    "stage": marked("Stage"),
    "stage_role": marked("Role of the stage"),
    "priority": marked("Priority"),
    "owner": marked("Owner"),
    "team": marked("Team"),
    "source": marked("Source"),
    "category": marked("Category"),
    "first_responder": marked("First responder"),
    "status": marked("Status"),
    "excluded": marked("Excluded because"),
    "waived_by": marked("Waived by"),
    "met_only_by": marked("Kept only by"),
}
"""The dimensions, as headings. A property of the portal stands under its own name."""


def metric_name(metric: str, texts: Texts) -> str:
    """As every text for people calls it."""
    if metric in (Metric.STAGE, STAGE_TOTAL):
        return texts.text("Time in stages")
    return names.metric_name(Clock.of(metric), texts)


def value_name(word: str, label: str, texts: Texts) -> str:
    """How a value of a dimension is shown."""
    if not label:
        return texts.text("none")
    if word == "metric":
        return metric_name(label, texts)
    if word == "excluded" and label in list(Excluded):
        return texts.text(CAUSES[Excluded(label)])
    return label


def author_name(author: str, users: Mapping[str, str], texts: Texts) -> str:
    """Who changed something or granted a waiver, as people call them: `users` are names by id. Where HubSpot names no
    person, its word for the way."""
    _way, _, user = author.partition(" ")
    user_id = user.removeprefix(USER)
    if user.startswith(USER):
        return users.get(user_id) or texts.text("user {id}", id=user_id)
    return names.changed_by(author, texts) or author or texts.text("nobody says")


def heading(word: str, texts: Texts) -> str:
    return texts.text(WORDS[word]) if word in WORDS else word
