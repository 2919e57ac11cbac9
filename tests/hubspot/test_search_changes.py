from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.server import Running, serve
from hubspot_sla.errors import ComeBackLater, UsageProblem
from hubspot_sla.hubspot.search_changes import Poll
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.hubspot.portal import Portal

KEYS = ["hs_lastmodifieddate", "hs_last_message_received_at", "hs_last_message_sent_at"]
NEW = {"subject": "x", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BEFORE, DENSE, AFTER = 250, 10_250, 450


def ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def ids_of(pages) -> list[str]:
    return [row.id for page in pages for row in page.rows]


@pytest.fixture(scope="module")
def crowded() -> Iterator[tuple[Running, list[str]]]:
    """More tickets than a query can page to, most of them changed in one millisecond."""
    portal = copied_portal(START - timedelta(days=1), tickets=1)
    offsets = [*range(BEFORE), *[BEFORE] * DENSE, *range(BEFORE + 1, BEFORE + 1 + AFTER)]
    ids = [portal.create("tickets", NEW, at=START + timedelta(milliseconds=offset)) for offset in offsets]
    with serve(portal, token="pat-eu1-00000000-1111-2222-3333-44445555abcd", enforce_limits=False) as running:
        yield running, ids


def test_a_look_with_nothing_changed_is_one_call(portal: Portal, now: datetime) -> None:
    assert ids_of(portal.of("tickets").changed(ms(now) + 1, KEYS, ["subject"])) == []
    assert portal.transport.calls == {"search": 1}


def test_a_message_that_does_not_touch_last_modified_is_seen(portal: Portal, sandbox: Running, now: datetime) -> None:
    received, sent, edited = sandbox.portal.ids("tickets")[:3]
    later = now + timedelta(minutes=1)
    sandbox.portal.receive_customer_message(received, later)
    sandbox.portal.send_agent_message(sent, later)
    sandbox.portal.update("tickets", edited, {"subject": "y"}, at=later)
    pages = portal.of("tickets").changed(dict.fromkeys(KEYS, ms(later)), KEYS, ["subject"])
    assert sorted(ids_of(pages)) == sorted([received, sent, edited])
    assert portal.transport.calls == {"search": 1}


def test_rows_say_what_changed_and_when(portal: Portal, sandbox: Running, now: datetime) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    sandbox.portal.update("tickets", id_, {"subject": "y"}, at=now + timedelta(minutes=1))
    (page,) = portal.of("tickets").changed(ms(now) + 1, KEYS, ["subject"])
    (row,) = page.rows
    assert (row.properties["subject"], row.updated_at_ms) == ("y", ms(now) + 60_000)
    assert page.after is None
    assert page.bad == []


def test_two_hundred_rows_are_one_call_and_one_more_begins_a_walk(open_portal, sandbox: Running, now: datetime) -> None:
    later = now + timedelta(minutes=1)
    ids = [sandbox.portal.create("tickets", NEW, at=later + timedelta(milliseconds=n)) for n in range(200)]
    portal = open_portal(sandbox)
    assert sorted(ids_of(portal.of("tickets").changed(ms(later), KEYS, []))) == sorted(ids)
    assert portal.transport.calls == {"search": 1}
    ids.append(sandbox.portal.create("tickets", NEW, at=later))
    portal = open_portal(sandbox)
    assert sorted(ids_of(portal.of("tickets").changed(ms(later), KEYS, []))) == sorted(ids)
    assert portal.transport.calls == {"search": 3}  # the first look is the first page; a second, a look for other keys


def test_a_walk_also_finds_what_only_a_message_changed(open_portal, sandbox: Running, now: datetime) -> None:
    silent = sandbox.portal.ids("tickets")[0]
    later = now + timedelta(minutes=1)
    ids = [sandbox.portal.create("tickets", NEW, at=later) for _ in range(201)]
    sandbox.portal.receive_customer_message(silent, later)
    sandbox.portal.receive_customer_message(ids[0], later)
    ids_found = ids_of(open_portal(sandbox).of("tickets").changed(ms(later), KEYS, []))
    assert sorted(ids_found) == sorted([*ids, silent])


def test_a_millisecond_fuller_than_a_query_is_drained(crowded, open_portal) -> None:
    running, ids = crowded
    portal = open_portal(running)
    ids_found = ids_of(portal.of("tickets").changed(ms(START), KEYS[:1], []))
    assert len(ids_found) >= len(ids)
    assert set(ids_found) == set(ids)
    floor = -(-len(ids) // 200)
    assert portal.transport.calls["search"] <= floor + 6


def test_more_than_ten_thousand_rows_come_once_when_they_are_spread(open_portal) -> None:
    portal = copied_portal(START - timedelta(days=1), tickets=1)
    ids = [portal.create("tickets", NEW, at=START + timedelta(milliseconds=n // 3)) for n in range(10_500)]
    with serve(portal, token="pat-eu1-00000000-1111-2222-3333-44445555abcd", enforce_limits=False) as running:
        client = open_portal(running)
        ids_found = ids_of(client.of("tickets").changed(ms(START), KEYS[:1], []))
    assert sorted(ids_found) == sorted(ids)
    assert client.transport.calls["search"] <= 53 + 3


@pytest.mark.parametrize("tickets", [50, 450])
def test_a_look_with_an_end_gives_what_changed_before_it_and_not_since(open_portal, tickets: int) -> None:
    source = copied_portal(START - timedelta(days=1), tickets=1)
    ids = [source.create("tickets", NEW, at=START + timedelta(seconds=second)) for second in range(tickets)]
    source.receive_customer_message(ids[0], START + timedelta(seconds=tickets))
    with serve(source, token="pat-eu1-00000000-1111-2222-3333-44445555abcd", enforce_limits=False) as running:
        ids_found = ids_of(
            open_portal(running)
            .of("tickets")
            .changed(ms(START + timedelta(seconds=10)), KEYS, ["subject"], ms(START + timedelta(seconds=tickets - 10)))
        )
    assert sorted(ids_found) == sorted(ids[10 : tickets - 10])


def test_edits_while_paging_lose_nothing(open_portal, sandbox: Running, now: datetime) -> None:
    """An edited ticket moves to the end, and with offsets alone the next page would skip one for each."""
    later = now + timedelta(minutes=1)
    ids = [sandbox.portal.create("tickets", NEW, at=later + timedelta(milliseconds=n)) for n in range(900)]
    ids_found: list[str] = []
    for number, page in enumerate(open_portal(sandbox).of("tickets").changed(ms(later), KEYS[:1], [])):
        ids_found += [row.id for row in page.rows]
        for id_ in ids[number * 10 : number * 10 + 5]:
            edited_at = later + timedelta(seconds=10 + number)
            sandbox.portal.update("tickets", id_, {"subject": "y"}, at=edited_at)
    assert set(ids_found) == set(ids)


def test_a_search_that_goes_in_circles_is_ended() -> None:
    class Circle:
        status = 200

        def __init__(self) -> None:
            self.queries = 0

        def __call__(self, *_: object, **__: object) -> Circle:
            self.queries += 1
            self.body = {"total": 500, "paging": {"next": {"after": "200"}}, "results": [self.row()]}
            return self

        def row(self) -> dict[str, object]:
            return {"id": str(self.queries), "properties": {"hs_lastmodifieddate": "2026-11-20T09:00:00Z"}}

    circle = Circle()
    with pytest.raises(ComeBackLater, match="did not come to an end"):
        list(Poll(circle, KEYS, 0, []).pages())
    assert circle.queries < 200


@pytest.mark.parametrize("count", [0, 6])
def test_a_poll_has_as_many_keys_as_a_search_has_groups(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 5 keys"):
        Poll(lambda *_: None, [f"key{n}" for n in range(count)], 0, [])


def test_a_search_too_long_for_hubspot_asks_for_ids_and_the_tickets_are_read(
    portal: Portal, sandbox: Running, now: datetime
) -> None:
    edited = sandbox.portal.ids("tickets")[:3]
    later = now + timedelta(minutes=1)
    for id_ in edited:
        sandbox.portal.update("tickets", id_, {"subject": "y"}, at=later)
    properties = ["subject", *(f"a_property_with_a_rather_long_name_{number}" for number in range(80))]
    pages = list(portal.of("tickets").changed(ms(later), KEYS, properties))
    assert sorted(ids_of(pages)) == sorted(edited)
    assert [row.properties["subject"] for page in pages for row in page.rows] == ["y"] * 3
    assert portal.transport.calls == {"search": 1, "batch_read": 1}


def test_keys_that_are_too_long_for_any_search_are_told_before_it_is_sent(portal: Portal, now: datetime) -> None:
    with pytest.raises(UsageProblem, match="HubSpot takes 3000"):
        list(portal.of("tickets").changed(ms(now), ["hs_lastmodifieddate", "x" * 600, "y" * 600], ["subject"]))
    assert portal.transport.calls == {}
