"""`sla notify`: what the channels are, and whether a test message arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Command
    from flows.world import World

ESCALATIONS = """\
channels:
  oncall: {slack: {url_env: ONCALL_URL}, quiet: {hours: always}, at_most: 1 per 24h}
  desk: {webhook: {url_env: DESK_URL}}
ladders: {}
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def told(empty: World) -> World:
    (empty.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    return empty


@pytest.mark.usefixtures("told")
def test_a_test_message_goes_out_at_once_whatever_the_hours_and_the_rate(sla: Command, receiver: Receiver) -> None:
    for _ in range(2):
        ended = sla("notify", "oncall", ONCALL_URL=f"{receiver.url}/slack")
        assert (ended.code, ended.out) == (0, "oncall: delivered\n")
    assert "a test of hubspot-sla" in str(receiver.received[1].json["text"])


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("status", "code", "word"), [(403, 1, "refused"), (410, 1, "refused"), (500, 75, "not delivered")]
)
def test_a_channel_that_does_not_take_it_ends_the_command_with_its_code(
    sla: Command, receiver: Receiver, status: int, code: int, word: str
) -> None:
    receiver.always("/slack", Answer(status, body=b"no_service"))
    ended = sla("notify", "oncall", "--json", ONCALL_URL=f"{receiver.url}/slack")
    assert ended.code == code
    assert ended.json == {"channel": "oncall", "outcome": word, "reason": f"HTTP {status}" + " (no_service)"}


@pytest.mark.usefixtures("told")
def test_the_list_tells_which_variable_is_missing(sla: Command) -> None:
    ended = sla("notify", ONCALL_URL="https://hooks.example.com/services/SECRET")
    oncall, desk = ended.out.splitlines()
    assert oncall == "oncall\tslack\tready"
    assert desk.startswith("desk\twebhook\t")
    assert "DESK_URL" in desk
    assert "SECRET" not in ended.out


@pytest.mark.usefixtures("told")
def test_a_slip_in_the_name_is_met_with_the_nearest(sla: Command) -> None:
    ended = sla("notify", "onkall", "--json")
    assert ended.code == 2
    assert ended.error["remedy"] == "did you mean oncall?"


@pytest.mark.usefixtures("told")
def test_a_missing_variable_is_a_usage_problem(sla: Command) -> None:
    ended = sla("notify", "desk", "--json")
    assert ended.code == 2
    assert "DESK_URL" in str(ended.error["message"])


def test_without_channels_it_says_so(sla: Command) -> None:
    assert "names no channels" in sla("notify").out
