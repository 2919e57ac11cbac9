"""waivers.yaml compiled: waivers kept as code, and what is wrong with the clocks and pipelines that they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.waiver_documents import WaiverSection, WaiversFile
    from hubspot_sla.policy.yaml_document import Document


@dataclass(frozen=True, slots=True)
class WrittenWaiver:
    """One waiver of the file. `ticket`, `customer` and `pipeline` are "" but for the one that is named; `pipeline` is
    its name in portal.yaml. Instants are epoch ms; with `stops` the clocks stand still in [since, until)."""

    ticket: str
    customer: str
    pipeline: str
    metric: str | None
    reason: str
    by: str
    evidence: str
    expires_at: int | None
    since: int | None
    until: int | None
    stops: bool

    @classmethod
    def of(cls, section: WaiverSection) -> WrittenWaiver:
        return cls(
            ticket=section.ticket or "",
            customer=section.customer or "",
            pipeline=section.pipeline or "",
            metric=section.metric,
            reason=section.reason,
            by=section.by or "waivers.yaml",
            evidence=section.evidence or "",
            expires_at=section.until,
            since=section.since,
            until=section.to,
            stops=section.stop,
        )


def compiled_waivers(file: WaiversFile) -> tuple[WrittenWaiver, ...]:
    """In the order of the file, each once."""
    return tuple(dict.fromkeys(WrittenWaiver.of(section) for section in file.waivers))


def waiver_problems(
    document: Document, file: WaiversFile, portal: PortalMap | None, policy_set: PolicySet | None
) -> Iterator[Problem]:
    """Clocks that no policy can promise, and pipelines that portal.yaml does not name. A file that is wrong itself is
    not blamed on this one."""
    for number, section in enumerate(file.waivers):
        path = ("waivers", number)
        if portal is not None and section.pipeline is not None and section.pipeline not in portal.stages:
            message = f"portal.yaml has no pipeline {section.pipeline!r}"
            remedy = nearest(section.pipeline, portal.stages)
            yield document.problem((*path, "pipeline"), message, remedy, code=Code.UNKNOWN_NAME)
        metrics = {*map(str, Metric), *(policy_set.metrics if policy_set else ())}
        if policy_set is not None and section.metric is not None and Clock.of(section.metric).metric not in metrics:
            message = f"there is no metric {section.metric!r}"
            yield document.problem((*path, "metric"), message, nearest(section.metric, metrics), code=Code.UNKNOWN_NAME)
