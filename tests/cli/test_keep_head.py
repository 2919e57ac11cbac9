"""The job that sends the head of the audit log elsewhere, and what it finds when the log was computed anew."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import orjson
import pytest

from channels.receivers import Answer, Postmaster, Receiver, mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Command
    from flows.world import World


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_a_head_a_night_stands_in_the_file_and_the_log_is_held_against_all(live: World, sla: Command) -> None:
    assert "kept nowhere: set SLA_HEADS" in sla("run", "keep_head").out
    for _ in range(2):
        live.ticket()
        live.advance(minutes=1)
        live.sync()
        assert sla("run", "keep_head", SLA_HEADS="heads.jsonl").code == 0
    heads = [orjson.loads(line) for line in (live.folder / "heads.jsonl").read_bytes().splitlines()]
    assert heads[0]["size"] < heads[1]["size"]
    ended = sla("audit", "verify", "--against", "heads.jsonl")
    assert (ended.code, "2 heads that were kept lead to it" in ended.out) == (0, True)
    heads[0]["seal"] = "ab" * 32
    (live.folder / "heads.jsonl").write_bytes(b"\n".join(map(orjson.dumps, heads)))
    ended = sla("run", "keep_head", SLA_HEADS="heads.jsonl")
    assert (ended.code, "is not the log of the head of" in ended.err) == (4, True)
    assert sla("run", "keep_head", SLA_HEADS="no/folder/heads").code == 2


def test_a_channel_gets_the_head(live: World, sla: Command, receiver: Receiver) -> None:
    text = "channels:\n  archive: {webhook: {url_env: ARCHIVE_URL}}\nladders: {}\n"
    (live.folder / "mappings/escalations.yaml").write_text(text, encoding="utf-8")
    where = {"SLA_HEADS_CHANNEL": "archive", "ARCHIVE_URL": f"{receiver.url}/hook"}
    assert sla("run", "keep_head", **where).code == 0
    assert '\\"root\\":' in orjson.dumps(receiver.received[0].json).decode()
    receiver.always("/hook", Answer(500))
    assert sla("run", "keep_head", **where).code == 75
    assert sla("run", "keep_head", SLA_HEADS_CHANNEL="archives", ARCHIVE_URL=where["ARCHIVE_URL"]).code == 2


def test_a_letter_holds_the_head_as_verify_reads_it(live: World, sla: Command) -> None:
    text = "channels:\n  archive: {email: {to: [auditor@acme.example]}}\nladders: {}\n"
    (live.folder / "mappings/escalations.yaml").write_text(text, encoding="utf-8")
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        where = {"SLA_SMTP_URL": f"smtp://127.0.0.1:{port}", "SLA_SMTP_FROM": "sla@acme.example"}
        assert sla("run", "keep_head", SLA_HEADS_CHANNEL="archive", **where).code == 0
    (letter,) = postmaster.letters
    assert letter.recipients == ("auditor@acme.example",)
    content = message_from_bytes(letter.content, policy=default).get_content()
    (line,) = [line for line in content.splitlines() if line.startswith("{")]
    (live.folder / "from-the-letter.json").write_text(line, encoding="utf-8")
    ended = sla("audit", "verify", "--against", "from-the-letter.json")
    assert (ended.code, "1 head that was kept leads to it" in ended.out) == (0, True)
    postmaster.data = "451 Not now"
    with mail_server(postmaster) as port:
        where["SLA_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        assert sla("run", "keep_head", SLA_HEADS_CHANNEL="archive", **where).code == 75
