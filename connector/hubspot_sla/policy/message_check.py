"""What policies and the portal must bear out of `messages` in portal.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.policy.compile_targets import clocks_of
from hubspot_sla.policy.defined_metrics import HANDOVER_WORD, starts_at_handover
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.messages import AI_AGREEMENT
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_documents import PolicySection
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.portal_objects import Properties
    from hubspot_sla.policy.yaml_document import Document, Path

OF_AI_AGENT: Final = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)


def ai_agent_problems(
    document: Document, path: Path, section: PolicySection, portal: PortalMap | None
) -> Iterator[Problem]:
    """What the AI agent is promised to do, and when people take over from it."""
    if portal is None:
        return
    if section.agreement == AI_AGREEMENT and portal.messages is not None and portal.messages.separates_ai_agent:
        yield from _targets(document, path, section)
    if (
        section.starts_in == HANDOVER_WORD
        and section.agreement == AI_AGREEMENT
        and starts_at_handover(HANDOVER_WORD, portal)
    ):
        message = "the AI agent's own clocks end at the hand-over, so none can start there"
        yield document.problem((*path, "starts_in"), message, "leave it out", code=Code.KEYS_TOGETHER)


def unread_handover(document: Document, path: Path, portal: PortalMap) -> Iterator[Problem]:
    """A policy begins with the hand-over, and nothing that is read tells when that was."""
    if portal.messages is not None and portal.messages.reads_threads:
        return
    remedy = (
        "write `messages: {sources: [threads]}` in portal.yaml"
        if portal.messages is None
        else "add threads to `sources` under `messages` in portal.yaml"
    )
    message = "only threads tell when people take over from the AI agent, and none are read"
    yield document.problem((*path, "starts_in"), message, remedy, code=Code.UNKNOWN_NAME)


def _targets(document: Document, path: Path, section: PolicySection) -> Iterator[Problem]:
    for clock, keys, _ in clocks_of(section):
        if clock.metric not in OF_AI_AGENT:
            yield document.problem(
                (*path, "targets", *keys),
                f"the AI agent has no clock {clock.metric!s}: portal.yaml says `ai_agent: separate`, and the agreement "
                f"`{AI_AGREEMENT}` is the AI agent's",
                "it has first_response and next_response; call another agreement otherwise",
                at_key=True,
                code=Code.METRIC_SENSE,
            )


def not_needed_problems(portal: PortalMap, records: Properties) -> Iterator[Problem]:
    """The properties that say that no answer is needed exist, and can hold the values that are named."""
    messages = portal.messages
    for name, wanted in messages.not_needed.items() if messages else ():
        at: Path = (*portal.place, "messages", "not_needed", name)
        definition = records.get(name)
        if definition is None:
            message = f"the portal has no {portal.singular} property {name!r}"
            yield portal.document.problem(at, message, nearest(name, records), at_key=True, code=Code.NO_PROPERTY)
            continue
        options = [option.value for option in definition.options]
        for number, value in enumerate(wanted.one_of):
            if options and value not in options:
                message = f"{portal.singular} property {name!r} has no value {value!r}"
                remedy = nearest(value, options)
                yield portal.document.problem((*at, number), message, remedy, code=Code.NO_SUCH_VALUE)
