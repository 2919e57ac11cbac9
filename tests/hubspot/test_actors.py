"""Actors of conversations, as HubSpot answers for them, or refuses to."""

from __future__ import annotations

import orjson
import pytest

from hubspot_sla.clock.messages import ActorKind
from hubspot_sla.errors import RequestRejected
from hubspot_sla.hubspot.portal import Portal

ACTORS = "http://hubspot.test/conversations/conversations/2026-09/actors/batch/read"


def test_one_actor_that_is_refused_hides_no_other(transport, hubspot) -> None:
    def answer(request) -> tuple[int, dict[str, str], bytes]:
        ids = orjson.loads(request.body)["inputs"]
        if "A-oops" in ids:
            return 400, {}, orjson.dumps({"category": "VALIDATION_ERROR", "message": "A-oops is no actor"})
        return 200, {}, orjson.dumps({"results": [{"id": id_, "type": "AGENT"} for id_ in ids]})

    hubspot.add_callback("POST", ACTORS, answer)
    found = Portal(transport).conversations.actors(["A-1", "A-2", "A-oops", "A-3"])
    assert {id_: actor.kind for id_, actor in found.items()} == dict.fromkeys(["A-1", "A-2", "A-3"], ActorKind.PERSON)


def test_an_actor_without_an_id_is_left_out(transport, hubspot) -> None:
    hubspot.post(ACTORS, json={"results": [{"type": "AGENT"}, {"id": "L-9", "type": "LLM"}]})
    assert list(Portal(transport).conversations.actors(["A-1", "L-9"])) == ["L-9"]


def test_what_is_refused_whatever_is_asked_for_is_an_error(transport, hubspot) -> None:
    hubspot.post(ACTORS, status=400, json={"category": "VALIDATION_ERROR", "message": "no"})
    with pytest.raises(RequestRejected):
        Portal(transport).conversations.actors([f"A-{number}" for number in range(100)])
