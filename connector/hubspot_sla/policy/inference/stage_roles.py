"""What a stage is to a clock, guessed from its label, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import Role

if TYPE_CHECKING:
    from hubspot_sla.policy.inference.pausing_stages import Votes

_WAITING = re.compile(
    r"\b(wait\w*|await\w*|pending|on.?hold|hold|paused?|blocked|snoozed|parked|"
    r"wart\w*|rückfrage\w*|rückmeldung\w*|zurückgestellt|pausiert|"
    r"attente|en pause|suspendu\w*|esper\w*|pendiente\w*|pausad\w*|attesa|sospes\w*|wacht\w*)\b",
    re.IGNORECASE,
)
_FOR_US = re.compile(
    r"\b(us|agents?|support|internal\w*|our (team|side)|me|uns|intern\w*|nous|nosotros|noi|ons)\b", re.IGNORECASE
)
_DONE = re.compile(
    r"\b(closed|done|resolved|solved|completed?|cancell?ed|geschlossen|erledigt|gelöst|"
    r"fermé|résolu|clos|cerrado|resuelto|chiuso|risolto)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RoleGuess:
    """A role, and the reason for it as a phrase."""

    role: Role
    reason: str


def role_by_label(label: str, *, closed: bool) -> RoleGuess:
    """Whether HubSpot counts tickets in the stage as closed decides first."""
    if closed:
        return RoleGuess(Role.CLOSED, "HubSpot counts a ticket in it as closed")
    waiting = _WAITING.search(label)
    if waiting and _FOR_US.search(label):
        return RoleGuess(Role.OPEN, "by its label it waits for us")
    if waiting:
        return RoleGuess(Role.WAITING, f'its label says "{waiting[0]}"')
    if _DONE.search(label):
        return RoleGuess(Role.OPEN, "its label sounds closed, but HubSpot counts a ticket in it as open")
    return RoleGuess(Role.OPEN, "neither closed in HubSpot nor waiting by its label")


def role_by_votes(guess: RoleGuess, votes: Votes | None, *, pipeline_pauses: bool) -> RoleGuess:
    """What due instants show of a stage goes before what its label says. `pipeline_pauses`: any stage of the pipeline
    does; where none does, HubSpot's own SLA has no pauses there, and that says nothing about who must act."""
    decided = votes.decided if votes else None
    if votes is None or decided is None or guess.role is Role.CLOSED:
        return guess
    if decided:
        reason = f"HubSpot's own SLA stands still in it: {votes.paused} of {votes.paused + votes.running} due instants"
        return RoleGuess(Role.WAITING, reason)
    if guess.role is Role.WAITING and pipeline_pauses:
        reason = f"HubSpot's own SLA runs on in it, although {guess.reason}"
        return RoleGuess(Role.OPEN, f"{reason}: {votes.running} of {votes.paused + votes.running} due instants")
    return guess
