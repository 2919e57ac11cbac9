"""What people read of who held a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import AI_AGENT, CUSTOMER, SUPPORT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.language.texts import Texts


def called(hands: tuple[str, str], teams: Mapping[str, str], texts: Texts) -> str:
    """A team or vendor, the customer, the AI agent, or our queue with its team; `teams` are names by id."""
    whose, team_id = hands
    if whose == SUPPORT:
        queue = texts.text("our queue")
        return f"{queue} ({teams.get(team_id, team_id)})" if team_id else queue
    if whose == CUSTOMER:
        return texts.text("the customer")
    return texts.text("the AI agent") if whose == AI_AGENT else whose
