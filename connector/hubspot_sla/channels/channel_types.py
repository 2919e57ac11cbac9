"""From a target to what sends to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.channels import TargetKind

if TYPE_CHECKING:
    from hubspot_sla.channels.channel import Target
    from hubspot_sla.channels.outcome import Sender


def sender_for(target: Target) -> Sender:
    """Connected to nothing yet. Raises UsageProblem for an address or a secret that cannot be used."""
    if target.kind is TargetKind.EMAIL:
        from hubspot_sla.channels.email import Mail

        return Mail(target)
    if target.kind is TargetKind.SLACK:
        from hubspot_sla.channels.slack import Slack

        return Slack(target)
    if target.kind is TargetKind.TEAMS:
        from hubspot_sla.channels.teams import Teams

        return Teams(target)
    from hubspot_sla.channels.webhook import Webhook

    return Webhook(target)
