"""sla evaluate on files with merged tickets: the survivor goes on with the clocks of what went into it."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.test_evaluate import NOW, evaluate, invoked, mappings, ticket
from hubspot_sla.flows.records import ticket_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["evaluate", "mappings"]
FIRST, SECOND = "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"


def lone(id_: str, created: str, **properties: object) -> dict[str, Any]:
    """An open ticket on which nobody has answered."""
    unanswered = {"createdate": created, "hs_first_agent_message_sent_at": None, **properties}
    row = ticket(id_, [(created, "1")], **unanswered)
    row["propertiesWithHistory"]["hs_pipeline"][0]["timestamp"] = created
    return row


OLD = lone("10", FIRST)
KEPT_ITS_ID = lone("11", SECOND, createdate=FIRST, hs_merged_object_ids="10")


def resolution(line: dict[str, Any]) -> dict[str, Any]:
    found = line["metrics"]["resolution"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("rows", [[OLD, KEPT_ITS_ID], [KEPT_ITS_ID, OLD]], ids=["before it", "behind it"])
def test_a_survivor_begins_with_the_oldest_of_what_went_into_it_wherever_that_stands(
    evaluate: Any, rows: list[dict[str, Any]]
) -> None:
    lines = {line["id"]: line for line in evaluate(*rows, ticket("12")).lines}
    assert list(lines) == [row["id"] for row in rows] + ["12"]
    assert resolution(lines["11"])["started_at"] == FIRST
    assert lines["10"]["status"] == "merged"
    assert "into ticket 11" in " ".join(lines["10"]["reasons"])
    assert lines["12"]["status"] == "met"


def test_without_what_went_into_it_a_survivor_is_judged_by_its_own_row(evaluate: Any) -> None:
    (line,) = evaluate(KEPT_ITS_ID).lines
    assert resolution(line)["status"] == "unknown"  # its history begins a day after its creation


def test_a_merge_of_a_merge_goes_on_from_the_first_ticket_of_all(evaluate: Any) -> None:
    """The last survivor names the one before it only."""
    last = lone("13", "2026-03-04T10:00:00Z", createdate=FIRST, hs_merged_object_ids="11")
    lines = {line["id"]: line for line in evaluate(last, KEPT_ITS_ID, OLD).lines}
    assert resolution(lines["13"])["started_at"] == FIRST
    assert {lines["10"]["status"], lines["11"]["status"]} == {"merged"}
    assert "into ticket 13" in " ".join(lines["10"]["reasons"])


def test_a_row_that_cannot_be_read_keeps_no_survivor_from_being_judged(evaluate: Any) -> None:
    ran = evaluate(KEPT_ITS_ID, {**OLD, "properties": {"createdate": {"odd": 1}}})
    assert [line.get("quarantined") is not None for line in ran.lines] == [False, True]


def test_merges_are_found_in_a_packed_file_and_on_standard_input(
    mappings: Path, tmp_path: Path, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"\n".join(json.dumps(row).encode() for row in (KEPT_ITS_ID, OLD))
    packed = tmp_path / "tickets.jsonl.gz"
    packed.write_bytes(gzip.compress(text))
    options = ["--mappings", str(mappings), "--now", NOW, "--json"]
    by_file = invoked(["evaluate", str(packed), *options], capfdbinary).lines
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text))))  # type: ignore[arg-type]
    by_pipe = invoked(["evaluate", "-", *options], capfdbinary).lines
    assert [resolution(line)["started_at"] for line in by_file if line["id"] == "11"] == [FIRST]
    assert by_pipe == by_file


def test_a_file_without_merges_is_read_once(evaluate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the look for the one property, which parses nothing."""
    parsed: list[int] = []
    row_of = ticket_file.row_of
    monkeypatch.setattr(ticket_file, "row_of", lambda number, line: parsed.append(number) or row_of(number, line))
    assert len(evaluate(*[ticket(str(id_)) for id_ in range(1, 6)]).lines) == 5
    assert parsed == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 64])
def test_a_word_is_found_in_a_file_wherever_its_blocks_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(ticket_file, "_AT_ONCE", at_once)
    file = tmp_path / "tickets.jsonl"
    file.write_bytes(b'{"id":"1"}\n{"id":"2","merged":"1"}\n')
    assert ticket_file.holds(str(file), b"merged")
    assert not ticket_file.holds(str(file), b"merges")


def test_a_file_that_ends_in_the_middle_is_read_line_by_line_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id":"1"}\n' * 1000)[:-20])
    assert ticket_file.holds(str(file), b"merged")
