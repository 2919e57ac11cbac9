"""A new kind of channel or of action is one file and one line in a table; these tests add one of each from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hubspot_sla.channels
from channels.receivers import Receiver
from flows.new_kinds import raise_priority
from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.channels.outcome import Delivered
from hubspot_sla.channels.sender import sender_for
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.sending.channel_settings import UsableChannel, resolve
from hubspot_sla.plan.channels import CHANNEL_KINDS, ChannelKind
from hubspot_sla.plan.rung_actions.table import RUNG_ACTIONS
from hubspot_sla.policy.json_schema import schema_of
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.policy.mappings import Mappings

NEW_KINDS = Path(__file__).parent / "new_kinds"


def loaded(escalations: str) -> Mappings:
    return load(texts() | {"escalations.yaml": escalations})


@pytest.fixture
def pagers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file `pager.py` lies in `channels/`, and its line stands in the table."""
    monkeypatch.setattr(hubspot_sla.channels, "__path__", [*hubspot_sla.channels.__path__, str(NEW_KINDS)])
    monkeypatch.setitem(CHANNEL_KINDS, "pager", ChannelKind("pager", can_sign=True))


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RUNG_ACTIONS, "raise_priority", raise_priority.KIND)


@pytest.mark.usefixtures("pagers")
def test_a_new_kind_of_channel_is_written_in_the_mappings_and_sent_to() -> None:
    mappings = loaded("channels: {night: {pager: {url_env: NIGHT_URL, secret_env: NIGHT_SECRET}, at_most: 5 per 1h}}")
    receiver = Receiver()
    variables = {"NIGHT_URL": f"{receiver.url}/page", "NIGHT_SECRET": "secret"}
    channel = resolve(mappings.policy_set.escalations.channels, variables)["night"]
    assert isinstance(channel, UsableChannel)
    sender = sender_for(channel.resolved)
    outcome = sender.send(Notice("key", (Message(key="key", ticket_id="1", subject="Printer"),)))
    sender.close()
    receiver.close()
    assert outcome == Delivered()
    assert receiver.received[0].body == b'"Printer"'


@pytest.mark.usefixtures("pagers")
def test_a_new_kind_of_channel_is_in_the_schema_and_its_mistakes_are_found() -> None:
    sections = schema_of("escalations")["$defs"]
    assert isinstance(sections, dict)
    assert "pager" in sections["ChannelSection"]["properties"]
    with pytest.raises(MappingInvalid, match="there is no key 'url_evn' here \\(did you mean 'url_env'"):
        loaded("channels: {night: {pager: {url_evn: NIGHT_URL}}}")


@pytest.mark.usefixtures("raising")
def test_a_new_kind_of_action_is_written_in_the_mappings_and_done_once(empty: World) -> None:
    ladder = "ladders: {default: {rungs: [{at: breach, do: [{task: owner}, {raise_priority: URGENT}]}]}}"
    (empty.folder / "mappings/escalations.yaml").write_text(ladder, encoding="utf-8")
    empty.set_up()
    empty.sync()
    empty.advance(minutes=1)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    empty.advance(minutes=61)
    empty.sync()
    assert empty.portal.read("tickets", ticket)["hs_ticket_priority"] == "URGENT"
    assert len(empty.tasks()[ticket]) == 1


@pytest.mark.usefixtures("raising")
def test_a_new_kind_of_action_is_in_the_schema_and_its_mistakes_are_found() -> None:
    sections = schema_of("escalations")["$defs"]
    assert isinstance(sections, dict)
    action = sections["RungSection"]["properties"]["do"]["items"]
    assert action["properties"]["raise_priority"]["enum"] == ["HIGH", "URGENT"]
    with pytest.raises(MappingInvalid, match="'raise_priority' cannot be 'LOW'"):
        loaded("ladders: {a: {rungs: [{at: breach, do: [{raise_priority: LOW}]}]}}")


def test_a_kind_that_is_in_no_table_is_no_kind() -> None:
    with pytest.raises(MappingInvalid, match="there is no key 'pager' here"):
        loaded("channels: {night: {pager: {url_env: NIGHT_URL}}}")
    with pytest.raises(MappingInvalid, match="there is no key 'raise_priority' here"):
        loaded("ladders: {a: {rungs: [{at: breach, do: [{raise_priority: URGENT}]}]}}")


@pytest.mark.parametrize("kind", CHANNEL_KINDS)
def test_each_kind_of_channel_has_its_file(kind: str) -> None:
    assert (Path(hubspot_sla.channels.__path__[0]) / f"{kind}.py").is_file()
