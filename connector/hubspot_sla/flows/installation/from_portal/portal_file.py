"""portal.yaml: pipelines and stages as the portal has them, each with a role and the reason for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import Role
from hubspot_sla.flows.installation.from_portal.stage_names import names_by_id
from hubspot_sla.flows.installation.from_portal.yaml_text import beside, comment
from hubspot_sla.policy.inference.stage_roles import RoleGuess, role_by_label, role_by_votes
from hubspot_sla.policy.yaml_writer import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.hubspot.schema import Pipeline
    from hubspot_sla.policy.inference.infer import Inferred
    from hubspot_sla.policy.inference.observation import StageKey

_REST = """\
# The ticket properties that are read, by their internal names. These are HubSpot's own, and the defaults.
properties:
  priority: hs_ticket_priority
  owner: hubspot_owner_id
  first_agent_reply: [hs_first_agent_message_sent_at, first_agent_reply_date]   # the earliest of them counts
  customer_message: hs_last_message_received_at
  agent_message: hs_last_message_sent_at

# The language of every text that people read: en, de, fr or es.
language: en

# The ticket properties that are written. `sla setup` creates them: this group, and every name with this prefix.
written:
  set: lean             # only the properties that the policies use; or `full`: all of them
  group: sla
  prefix: sla_
  edits: correct        # what a person puts there instead: `correct` writes ours back, `respect` lets it stand
"""


def waiting_by_label(pipelines: Sequence[Pipeline]) -> frozenset[StageKey]:
    """The stages in which, as far as their labels say, somebody outside has to act."""
    return frozenset(
        (pipeline.id, stage.id)
        for pipeline in pipelines
        for stage in pipeline.stages
        if role_by_label(stage.label, closed=stage.closed).role is Role.WAITING
    )


def roles_of(pipelines: Sequence[Pipeline], inferred: Inferred) -> Mapping[StageKey, RoleGuess]:
    roles = {}
    for pipeline in pipelines:
        together = next((group.pipelines for group in inferred.groups if pipeline.id in group.pipelines), ())
        pauses = any(pipeline_id in together for pipeline_id, _ in inferred.pausing)
        for stage in pipeline.stages:
            guess = role_by_label(stage.label, closed=stage.closed)
            votes = inferred.stages.get((pipeline.id, stage.id))
            roles[pipeline.id, stage.id] = role_by_votes(guess, votes, pipeline_pauses=pauses)
    return roles


def portal_text(pipelines: Sequence[Pipeline], roles: Mapping[StageKey, RoleGuess]) -> str:
    lines = [
        "# yaml-language-server: $schema=schema/portal.json",
        *comment("portal.yaml: what the words of this portal mean. Checked by `sla check`."),
        *comment(
            "What a ticket does while it stands in a stage: open (somebody here has to act; the clocks run), waiting "
            "(somebody outside has to act; clocks that pause stand still), closed (the work is done). The roles below "
            "are guesses, each with its reason: go through them."
        ),
        "pipelines:",
        *_pipelines(pipelines, roles),
    ]
    return "\n".join([*lines, _REST])


def _pipelines(pipelines: Sequence[Pipeline], roles: Mapping[StageKey, RoleGuess]) -> Iterator[str]:
    names = names_by_id(pipelines)
    for pipeline in pipelines:
        name = names[pipeline.id]
        if not pipeline.stages:
            yield from comment(f"Pipeline {name} has no stages, so it is left out.", 2)
            continue
        if name != pipeline.label:
            yield from comment(f"labelled {pipeline.label}", 2)
        yield f"  {scalar(name)}:"
        stage_names = names_by_id(pipeline.stages)
        for stage in pipeline.stages:
            guess = roles[pipeline.id, stage.id]
            labelled = "" if stage_names[stage.id] == stage.label else f"labelled {stage.label}; "
            yield from beside(f"    {scalar(stage_names[stage.id])}: {guess.role}", labelled + guess.reason)
        yield ""
