"""Stretches of a ticket's life in which some clocks do not run: spells of being closed, and of waiting."""

from __future__ import annotations

from dataclasses import replace

from hubspot_sla.clock.timeline import Hold, Role, Timeline


def closed_spells(timeline: Timeline) -> tuple[Hold, ...]:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one spell: the ticket was closed once.
    """
    spells: list[Hold] = []
    for hold in _stays(timeline, Role.CLOSED):
        if spells and spells[-1].end == hold.start:
            spells[-1] = replace(spells[-1], end=hold.end)
        else:
            spells.append(hold)
    return tuple(spells)


def waiting_spells(timeline: Timeline, *, until_customer_message: bool) -> tuple[Hold, ...]:
    """The intervals spent in `waiting` stages, each cut short by a customer's message where that counts.

    A message in the very instant the wait begins does not end it: whoever moved the ticket to waiting had it
    already. Moving on to another waiting stage begins a new wait.
    """
    stays = _stays(timeline, Role.WAITING)
    if not until_customer_message or not timeline.customer_messages:
        return stays
    return tuple(_cut(stay, timeline) for stay in stays)


def _cut(stay: Hold, timeline: Timeline) -> Hold:
    for message in timeline.customer_messages:
        if message.at > stay.start and stay.covers(message.at):
            return replace(stay, end=message.at, why=f"{stay.why}, until the customer wrote")
    return stay


def _stays(timeline: Timeline, role: Role) -> tuple[Hold, ...]:
    """Each stay in a stage of this role; one left in the instant it was entered is none."""
    stages = timeline.stages
    leaves = (*(change.at for change in stages[1:]), None)
    return tuple(
        Hold(change.at, left, change.label, change.holder, change.by)
        for change, left in zip(stages, leaves, strict=False)
        if change.role is role and left != change.at
    )
