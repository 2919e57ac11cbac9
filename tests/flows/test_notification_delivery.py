"""Notifications leave the outbox once each, at the rate and the hours of their channel, whatever another one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.notices import channel, message, notice
from channels.receivers import Answer, Received, Receiver
from flows.world import environment
from hubspot_sla.channels.outcome import Unknown
from hubspot_sla.flows.context.channel_threads import ChannelBatch, ChannelThreads, Finished, Report, RoundLimits
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.sending import notification_delivery
from hubspot_sla.flows.sending.channel_settings import resolve
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import audit, database, notifications, outbox
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.plan.channels import Channel, Quiet, Rate
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.calendar_from_values import calendar_from_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World
    from hubspot_sla.flows.context.context import Context

HOUR_MS = 3_600_000


@dataclass
class Office:
    """A world with a receiver, and channels whose addresses are paths of it."""

    world: World
    receiver: Receiver
    channels: dict[str, Channel] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def open(self, name: str, **more: object) -> None:
        """A webhook of this name at the path `/name`."""
        self.channels[name] = Channel(name, "webhook", url_env=f"{name.upper()}_URL", **more)
        self.variables[f"{name.upper()}_URL"] = f"{self.receiver.url}/{name}"

    def put(self, name: str, *numbers: int) -> None:
        items = [outbox_item(name, number) for number in numbers]
        with database.open_for_writing(self.world.folder / "ledger.db") as ledger, ledger.transaction() as db:
            outbox.put(db, items, run_id="r0", at=0)

    def round(self, limits: RoundLimits | None = None) -> RunStats:
        """As a run of a worker does, at the portal's time."""
        stats = RunStats()
        with wired(self.world.settings()) as context:
            context.portal.schema.account()
            with context.ledger.transaction() as db:
                outbox.release_interrupted(db, now=0, grace_ms={})
            notification_delivery.send(context, resolve(self.channels, self.variables), "r1", stats, limits)
        self.world.require_whole_chain()
        return stats

    @contextmanager
    def working(self) -> Iterator[Context]:
        """The parts of a worker that hardly waits for its channels."""
        with wired(self.world.settings()) as context:
            context.portal.schema.account()
            yield replace(context, channel_threads=ChannelThreads(patience_s=0.3))
        self.world.require_whole_chain()

    def send(self, context: Context) -> None:
        notification_delivery.send(context, resolve(self.channels, self.variables), "r1", RunStats())

    def states(self) -> dict[str, int]:
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            found = outbox.waiting(ledger.db)
        return {key.removeprefix("notification/"): n for key, n in found.items() if key.startswith("notification/")}

    def outcomes(self) -> list[str]:
        """What the audit log says of notifications, oldest first."""
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            entries = audit.log(ledger.db, kind="notification", last=100_000)
            return [str(entry.body["outcome"]) for entry in entries]

    def told(self, path: str) -> list[list[str]]:
        """The ticket ids in each request of a path."""
        return [[told["ticket_id"] for told in got.json["messages"]] for got in self.receiver.of(path)]


def outbox_item(name: str, number: int) -> OutboxItem:
    told = message(number)
    return OutboxItem(f"{told.key}:{name}", Kind.NOTIFICATION, RecordRef.of(told.ticket_id), told.as_body(), name)


def outbox_as_a_run_begins(context: Context) -> None:
    with context.ledger.transaction() as db:
        outbox.release_interrupted(db, now=0, grace_ms={})


def tickets(*numbers: int) -> list[str]:
    return [message(number).ticket_id for number in numbers]


@pytest.fixture
def office(empty: World) -> Iterator[Office]:
    empty.set_up()
    made = Office(empty, Receiver())
    made.open("oncall")
    yield made
    made.receiver.close()


def test_a_notification_reaches_its_channel_once_with_the_facts(office: Office) -> None:
    office.put("oncall", 1, 2)
    assert office.round().notifications_sent == 2
    assert office.round().notifications_sent == 0
    assert office.told("/oncall") == [tickets(1), tickets(2)]
    assert office.states() == {"confirmed": 2}
    assert office.outcomes() == ["delivered", "delivered"]
    assert office.receiver.received[0].json["messages"][0]["reason"] == "Six hours ran without a pause."


def test_a_dead_channel_does_not_stall_the_others(office: Office) -> None:
    """The dead one answers, with a reset, only after the living one has got everything."""
    office.open("dead")
    wait = Answer(before=lambda: office.receiver.wait_for("/oncall", 3), reset=True)
    office.receiver.always("/dead", wait)
    office.put("dead", 1, 2, 3)
    office.put("oncall", 1, 2, 3)
    assert office.round().notifications_sent == 3
    assert office.receiver.ended[:3] == ["/oncall"] * 3
    assert len(office.told("/dead")) == 1
    assert office.states() == {"confirmed": 3, "pending": 3}


def test_a_failing_channel_is_left_alone_for_longer_each_time(office: Office) -> None:
    office.receiver.always("/oncall", Answer(503))
    office.put("oncall", 1)
    asked = []
    for _ in range(8):
        office.round()
        asked.append(len(office.receiver.received))
        office.world.advance(seconds=61)
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4]
    assert office.states() == {"pending": 1}
    assert office.outcomes() == []


def test_a_channel_that_recovers_gets_what_waited_under_the_same_ids(office: Office) -> None:
    office.receiver.answers("/oncall", Answer(reset=True))
    office.put("oncall", 1, 2)
    office.round()
    office.world.advance(minutes=2)
    assert office.round().notifications_sent == 2
    ids = [got.json["id"] for got in office.receiver.received]
    assert ids[0] == ids[1] != ids[2]
    assert office.world.rows("select * from channels") == []


def test_a_channel_is_left_alone_as_long_as_it_asks(office: Office) -> None:
    office.receiver.answers("/oncall", Answer(429, {"Retry-After": "1800"}))
    office.put("oncall", 1)
    office.round()
    office.world.advance(minutes=29)
    assert office.round().notifications_sent == 0
    office.world.advance(minutes=2)
    assert office.round().notifications_sent == 1
    assert len(office.receiver.received) == 2


def test_a_channel_that_is_gone_is_asked_no_more_until_it_has_another_address(office: Office) -> None:
    office.receiver.answers("/oncall", Answer(410, body=b"channel_is_archived"))
    office.put("oncall", 1, 2)
    assert office.round().notifications_refused == 1
    assert office.round().notifications_refused == 1
    office.put("oncall", 3)
    office.world.advance(days=2)
    office.round()
    assert len(office.receiver.received) == 1
    assert office.states() == {"refused": 3}
    reasons = {str(reason) for (reason,) in office.world.rows("select reason from outbox where kind = 'notification'")}
    assert all("channel_is_archived" in reason for reason in reasons)
    office.variables["ONCALL_URL"] = f"{office.receiver.url}/elsewhere"
    office.put("oncall", 4)
    assert office.round().notifications_sent == 1
    assert office.told("/elsewhere") == [tickets(4)]


def test_one_message_that_is_refused_does_not_keep_back_the_next(office: Office) -> None:
    office.receiver.answers("/oncall", Answer(400, body=b"invalid_payload"))
    office.put("oncall", 1, 2)
    stats = office.round()
    assert (stats.notifications_sent, stats.notifications_refused) == (1, 1)
    assert office.outcomes() == ["refused", "delivered"]


def test_a_storm_becomes_a_digest_that_names_all(office: Office) -> None:
    office.open("oncall", at_most=Rate(5, HOUR_MS))
    office.put("oncall", *range(1, 1001))
    assert office.round().notifications_sent == 5
    sizes = sorted(len(told) for told in office.told("/oncall"))
    assert sizes == [1, 1, 1, 1, 996]
    assert sorted(id_ for told in office.told("/oncall") for id_ in told) == tickets(*range(1, 1001))
    assert office.states() == {"confirmed": 1001}
    assert office.outcomes().count("held") == 996
    assert office.outcomes().count("delivered") == 5


def test_what_exceeds_the_rate_waits_and_becomes_one_digest(office: Office) -> None:
    office.open("oncall", at_most=Rate(2, HOUR_MS))
    office.put("oncall", 1, 2)
    office.round()
    for number in (3, 4, 5):
        office.put("oncall", number)
        office.world.advance(minutes=10)
        assert office.round().notifications_sent == 0
    office.world.advance(minutes=31)
    office.round()
    assert office.told("/oncall")[:2] == [tickets(1), tickets(2)]
    assert sorted(office.told("/oncall")[2:], key=len) == [tickets(3), tickets(4, 5)]


def test_quiet_hours_hold_everything_until_they_end(office: Office) -> None:
    """World time is nine in Berlin, on a Monday."""
    entry = {"timezone": "Europe/Berlin", "hours": {"mon": ["10:00-12:00"]}}
    office.open("oncall", quiet=Quiet(calendar_from_entry("awake", entry), outside=True))
    office.put("oncall", 1)
    office.world.advance(minutes=59)
    office.round()
    assert office.receiver.received == []
    office.world.advance(minutes=2)
    office.round()
    assert office.told("/oncall") == [tickets(1)]


def test_quiet_hours_and_a_rate_make_a_digest_in_the_morning(office: Office) -> None:
    entry = {"timezone": "Europe/Berlin", "hours": {"mon": ["08:00-10:00"]}}
    quiet = Quiet(calendar_from_entry("asleep", entry), outside=False)
    office.open("oncall", quiet=quiet, at_most=Rate(1, HOUR_MS))
    office.put("oncall", 1, 2, 3)
    office.round()
    office.world.advance(hours=2)
    office.round()
    assert office.told("/oncall") == [tickets(1, 2, 3)]


def test_a_channel_whose_variable_is_missing_gets_it_all_when_it_is_set(office: Office) -> None:
    url = office.variables.pop("ONCALL_URL")
    office.put("oncall", 1)
    office.round()
    assert office.states() == {"pending": 1}
    assert "ONCALL_URL" in str(office.world.rows("select reason from channels"))
    office.variables["ONCALL_URL"] = url
    assert office.round().notifications_sent == 1
    assert office.world.rows("select * from channels") == []


def test_a_channel_that_the_mappings_no_longer_name_is_refused_with_the_reason(office: Office) -> None:
    office.put("retired", 1)
    assert office.round().notifications_refused == 1
    assert office.states() == {"refused": 1}
    assert office.outcomes() == ["refused"]


def test_a_digest_that_is_refused_takes_what_it_tells_with_it(office: Office) -> None:
    office.open("oncall", at_most=Rate(1, HOUR_MS))
    office.receiver.answers("/oncall", Answer(413))
    office.put("oncall", 1, 2, 3)
    office.round()
    assert office.states() == {"refused": 4}


def test_a_teardown_withdraws_what_waits(office: Office) -> None:
    office.open("oncall", at_most=Rate(1, HOUR_MS))
    office.receiver.answers("/oncall", Answer(503))
    office.put("oncall", 1, 2)
    office.round()
    assert office.states() == {"held": 2, "pending": 1}
    office.world.tear_down()
    assert office.states() == {"withdrawn": 3}


KILLED = """
import os
from hubspot_sla.flows.sending import notification_delivery
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.flows.sending.channel_settings import resolve
from hubspot_sla.plan.channels import Channel, Rate

channel = Channel("oncall", "webhook", url_env="ONCALL_URL", at_most=Rate(2, 3_600_000))
settings = from_environment(os.environ)
with wired(settings) as context:
    channels = resolve({"oncall": channel}, settings.variables)
    notification_delivery.send(context, channels, "r1", RunStats())
"""


@pytest.mark.parametrize("at_request", [1, 2])
def test_a_worker_killed_before_it_heard_the_answer_sends_the_same_under_the_same_id(
    office: Office, at_request: int
) -> None:
    """The first request is a single message, the second the digest of the other four."""
    office.open("oncall", at_most=Rate(2, HOUR_MS))
    office.put("oncall", 1, 2, 3, 4, 5)
    running: list[subprocess.Popen[bytes]] = []
    kill = Answer(before=lambda: os.kill(running[0].pid, signal.SIGKILL))
    office.receiver.answers("/oncall", *[Answer()] * (at_request - 1), kill)
    with subprocess.Popen([sys.executable, "-c", KILLED], env=environment(office.world) | office.variables) as process:
        running.append(process)
        assert process.wait(60) == -signal.SIGKILL
    office.put("oncall", 6)
    office.round()
    office.world.advance(hours=2)
    office.round()
    requests = office.receiver.of("/oncall")
    interrupted, later = requests[at_request - 1], requests[at_request:]
    assert interrupted.json in [
        got.json for got in later if got.headers["webhook-id"] == interrupted.headers["webhook-id"]
    ]
    once = {got.json["id"]: got.json["messages"] for got in requests}
    named = [told["ticket_id"] for told_together in once.values() for told in told_together]
    assert sorted(named) == tickets(1, 2, 3, 4, 5, 6)
    assert set(office.states()) == {"confirmed"}


def test_a_thread_that_does_not_end_is_not_waited_for() -> None:
    """Its channel counts as failed; what it had is put back and sent again under the same id."""
    receiver = Receiver()
    receiver.always("/oncall", Answer(before=lambda: receiver.wait_for("/never", 1), reset=True))
    stuck = channel("webhook", f"{receiver.url}/oncall")
    batch = ChannelBatch(stuck, [(outbox_item("oncall", 1), notice())])
    threads = ChannelThreads()
    threads.start([batch], RoundLimits(start_within_s=10, grace_s=-9.95))
    report, finished = threads.reports(None)
    assert isinstance(report, Report)
    assert report.item is None
    assert isinstance(report.outcome, Unknown)
    assert finished == Finished(frozenset({batch.notices[0][0].key}), given_up=True)
    assert threads.busy == frozenset()
    receiver._take(Received("/never", {}, b""))
    receiver.close()


def test_in_a_worker_a_channel_that_does_not_answer_is_waited_for_only_a_moment(office: Office) -> None:
    """Its thread goes on: the others are served meanwhile, and what it reports later is settled then."""
    receiver = office.receiver
    office.open("slow")
    receiver.answers("/slow", Answer(before=lambda: receiver.wait_for("/let go", 1)))
    office.put("slow", 1, 2)
    office.put("oncall", 1)
    with office.working() as context:
        office.send(context)
        assert office.states() == {"claimed": 2, "confirmed": 1}
        outbox_as_a_run_begins(context)
        office.send(context)
        assert len(receiver.of("/slow")) == 1  # it is not asked a second time while it thinks
        receiver._take(Received("/let go", {}, b""))
        notification_delivery.settle_all(context)
    assert office.states() == {"confirmed": 3}
    assert office.outcomes() == ["delivered"] * 3
    assert [told for (told,) in office.told("/slow")] == tickets(1, 2)


def test_a_thread_of_an_earlier_round_is_not_waited_for_again() -> None:
    receiver = Receiver()
    receiver.answers("/slow", Answer(before=lambda: receiver.wait_for("/let go", 1)))
    threads = ChannelThreads(monotonic=lambda: 0.0)  # no patience ever ends
    slow, quick = (replace(channel("webhook", f"{receiver.url}/{name}"), name=name) for name in ("slow", "quick"))
    threads.start([ChannelBatch(slow, [(outbox_item("slow", 1), notice())])])
    threads.start([ChannelBatch(quick, [(outbox_item("quick", 1), notice())])])
    report, finished = threads.reports(60.0, of=["quick"])
    assert isinstance(report, Report)
    assert report.channel is quick
    assert finished == Finished(frozenset(), given_up=False)
    assert threads.busy == {"slow"}
    receiver._take(Received("/let go", {}, b""))
    receiver.close()


def test_what_was_withdrawn_while_a_channel_thought_about_it_stays_withdrawn(office: Office) -> None:
    receiver = office.receiver
    receiver.answers("/oncall", Answer(503, before=lambda: receiver.wait_for("/let go", 1)))
    office.put("oncall", 1)
    with office.working() as context:
        office.send(context)
        outbox_as_a_run_begins(context)
        with context.ledger.transaction() as db:
            outbox.withdraw_deeds(db, map(RecordRef.of, tickets(1)), reason=outbox.CLOSED)
        receiver._take(Received("/let go", {}, b""))
        notification_delivery.settle_all(context)
    assert office.states() == {"withdrawn": 1}


def test_when_the_round_is_over_what_is_left_waits_for_the_next(office: Office) -> None:
    office.put("oncall", 1, 2)
    office.round(RoundLimits(start_within_s=-1))
    assert office.receiver.received == []
    assert office.states() == {"pending": 2}
    assert office.round().notifications_sent == 2


keys = st.lists(st.integers(0, 99).map(str), unique=True, max_size=30)


@given(keys, keys, st.none() | st.integers(0, 40))
def test_no_more_is_sent_than_there_is_room_and_nothing_is_lost(
    whole: list[str], singles: list[str], room: int | None
) -> None:
    sent, folded = notification_delivery.shared_out(whole, singles, room)
    assert folded == singles[len(singles) - len(folded) :]
    if room is None:
        assert (sent, folded) == ([*whole, *singles], [])
        return
    assert len(sent) + bool(folded) <= room
    assert len(folded) != 1
    if room > len(whole):
        assert [*sent, *folded] == [*whole, *singles]
    else:
        assert (sent, folded) == (whole[:room], [])


def test_waiting_notifications_are_found_by_an_index(office: Office) -> None:
    with database.open_for_reading(office.world.folder / "ledger.db") as ledger:
        query = f"explain query plan select channel from outbox where {notifications._WAITING} group by channel"
        assert "unsettled" in " ".join(str(row[3]) for row in ledger.db.execute(query))
