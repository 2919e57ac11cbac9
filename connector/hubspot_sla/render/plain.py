"""A story as plain lines: the property on the record, the body of a task, a mail, a chat."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.story import ClockText, Story


def clock_line(clock: ClockText, texts: Texts) -> str:
    """`Resolution: late since Mon, Nov 23, 2026, 16:00 CET. Promised: 1 business day, German office hours, silver.`"""
    if not clock.promised:
        return texts.text("{clock}: {state}.", clock=clock.name, state=clock.state)
    return texts.text(
        "{clock}: {state}. Promised: {promised}.", clock=clock.name, state=clock.state, promised=clock.promised
    )


def story_lines(story: Story, texts: Texts) -> list[str]:
    """A line for each clock, what is late first."""
    return [clock_line(clock, texts) for clock in story.clocks]


def detail_lines(story: Story, texts: Texts) -> list[str]:
    """What most readers need not know."""
    return list(_details(story, texts))


def _details(story: Story, texts: Texts) -> Iterator[str]:
    for clock in story.clocks:
        if clock.details:
            details = reduce(
                lambda first, second: texts.text("{first}; {second}", first=first, second=second), clock.details
            )
            yield texts.text("{clock}: {details}", clock=clock.name, details=details)
    yield from story.details


def as_text(story: Story, texts: Texts) -> str:
    """All of it, the details under a heading of their own."""
    details = detail_lines(story, texts)
    heading = [f"\n{texts.text('Details')}", *details] if details else []
    return "\n".join([*story_lines(story, texts), *heading])
