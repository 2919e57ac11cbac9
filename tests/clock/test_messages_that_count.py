"""What one message counts as, where no conversation of the proofs has one like it."""

from __future__ import annotations

from typing import Any

import pytest

from clock.tickets import at
from hubspot_sla.clock.messages import (
    ActorKind,
    Counted,
    Direction,
    Effect,
    MessageKind,
    MessageRules,
    SourceMessage,
    count,
)
from hubspot_sla.clock.metrics import HANDOVER, Metric, built_in

CREATED = at("11-23 10:00")
FROM_US: dict[str, Any] = {"direction": Direction.OUTGOING, "actor_kind": ActorKind.PERSON}
ALL_ANSWER = MessageRules(bots=Counted.ANSWER, comments=Counted.ANSWER, notes=Counted.ANSWER, calls=Counted.ANSWER)


def effect(kind: MessageKind, **more: Any) -> tuple[Effect, str]:
    said = SourceMessage(id="1", at=at("11-23 11:00"), kind=kind, direction=Direction.OUTGOING, **more)
    [counted] = count([said], ALL_ANSWER, CREATED)
    return counted.effect, counted.why


@pytest.mark.parametrize("kind", [MessageKind.NOTE, MessageKind.COMMENT])
def test_a_note_that_a_machine_wrote_counts_for_nothing_though_notes_count(kind: MessageKind) -> None:
    automatic = effect(kind, actor_kind=ActorKind.PERSON, automatic="its header Auto-Submitted")
    assert automatic == (Effect.NONE, "it is automatic: its header Auto-Submitted")
    assert effect(kind, actor_kind=ActorKind.PERSON) == (Effect.REPLY, "")


@pytest.mark.parametrize(("kind", "name"), [(ActorKind.BOT, "a bot"), (ActorKind.SYSTEM, "the system")])
def test_a_call_that_a_machine_made_counts_for_nothing_unless_bots_answer(kind: ActorKind, name: str) -> None:
    made = SourceMessage(
        id="1",
        at=at("11-23 11:00"),
        kind=MessageKind.CALL,
        actor_kind=kind,
        direction=Direction.OUTGOING,
        connected=True,
    )
    [ignored], [answer] = count([made], MessageRules(), CREATED), count([made], ALL_ANSWER, CREATED)
    assert (ignored.effect, ignored.why) == (Effect.NONE, f"{name} made it")
    assert (answer.effect, answer.why) == (Effect.REPLY, "")


def test_an_email_logged_a_second_time_beside_its_thread_counts_once() -> None:
    written = SourceMessage(id="1", at=at("11-23 11:00"), kind=MessageKind.MESSAGE, **FROM_US)
    logged = SourceMessage(id="2", at=at("11-23 11:01"), kind=MessageKind.EMAIL, **FROM_US)
    first, second = count([logged, written], ALL_ANSWER, CREATED)
    assert (first.effect, second.effect) == (Effect.REPLY, Effect.NONE)
    assert second.why == "a thread shows the same message"


def test_a_clock_that_begins_with_the_hand_over_says_by_what_it_stops() -> None:
    definition = built_in(Metric.FIRST_RESPONSE, starts_in=HANDOVER)
    assert "a person has taken over by answering" in " or ".join(map(str, definition.stops))
