"""What people read of the properties themselves: labels, descriptions and the names of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.verdict import Status
from hubspot_sla.language.texts import ENGLISH, marked
from hubspot_sla.plan.properties import NEXT_DUE_METRIC
from hubspot_sla.render.names import METRICS, as_words

if TYPE_CHECKING:
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.plan.properties import Written

_WORDS: Final = {
    "status": (marked("SLA status"), marked("The worst status of this ticket's SLA clocks.")),
    "breached": (
        marked("SLA breached"),
        marked("Yes if any promise on this ticket was broken, whether or not it has been kept since."),
    ),
    "first_breached_at": (marked("SLA first breached at"), marked("When the first promise was broken.")),
    "breach_count": (marked("SLA breach count"), marked("How many promises on this ticket were broken.")),
    "next_due_at": (marked("SLA next due"), marked("The earliest due time still owed, late ones included.")),
    NEXT_DUE_METRIC: (marked("SLA next due metric"), marked("What is due then.")),
    "policy": (marked("SLA policy"), marked("The policy of what is due next.")),
    "tier": (marked("SLA tier"), marked("The customer's tier, as the policy of what is due next saw it.")),
    "ola_status": (
        marked("OLA status"),
        marked("What teams promised each other: the worst status; empty where nothing is promised."),
    ),
    "uc_status": (
        marked("Underpinning contract status"),
        marked("What suppliers promised: the worst status; empty where nothing is promised."),
    ),
    "escalation_level": (
        marked("SLA escalation level"),
        marked("How far up its ladder the most escalated open promise has come; 0 while nothing is escalated."),
    ),
    "last_escalated_at": (marked("SLA last escalated at"), marked("When the last rung that fired was reached.")),
    "reason": (marked("SLA reason"), marked("Why, in words. Written by hubspot-sla.")),
}
_STATUSES: Final = {
    Status.PENDING: marked("Pending"),
    Status.RUNNING: marked("Running"),
    Status.PAUSED: marked("Paused"),
    Status.AT_RISK: marked("At risk"),
    Status.BREACHED: marked("Breached"),
    Status.MET: marked("Met"),
    Status.MISSED: marked("Missed"),
    Status.WAIVED: marked("Waived"),
    Status.NOT_APPLICABLE: marked("Not applicable"),
    Status.NO_SLA: marked("No SLA"),
    Status.UNKNOWN: marked("Unknown"),
    Status.MERGED: marked("Merged"),
}
_VALUES: Final = {
    **{status.value: text for status, text in _STATUSES.items()},
    **{metric.value: text for metric, text in METRICS.items()},
    Metric.STAGE.value: marked("Stage"),
    "true": marked("Yes"),
    "false": marked("No"),
}


@dataclass(frozen=True, slots=True)
class PropertyWords:
    """`options` are the names of the values, in their order."""

    label: str
    description: str
    options: tuple[tuple[str, str], ...]


def property_words(written: Written, texts: Texts) -> PropertyWords:
    """What a property of ours is called in a language."""
    options = tuple((value, _value(value, texts)) for value in written.options)
    if not written.metric:
        label, description = _WORDS[written.key]
        return PropertyWords(texts.text(label), texts.text(description), options)
    clock = _value(written.metric, texts)
    clock = f"{as_words(written.agreement)} {_small(clock, texts)}" if written.agreement else clock
    if written.key.endswith("_due_at"):
        label = texts.text("SLA {clock} due", clock=_small(clock, texts))
        return PropertyWords(label, texts.text("{clock}: when it is due; empty while paused.", clock=clock), options)
    label = texts.text("SLA {clock} status", clock=_small(clock, texts))
    return PropertyWords(label, texts.text("{clock}: what the clock says.", clock=clock), options)


def _value(value: str, texts: Texts) -> str:
    known = _VALUES.get(value)
    return texts.text(known) if known else as_words(value)


def _small(name: str, texts: Texts) -> str:
    """As it stands inside a label: English begins it small."""
    return name[:1].lower() + name[1:] if texts.language == ENGLISH else name
