"""Tiers from an HTTP endpoint: asked when the answer is old, the last good one while it is down."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from hubspot_sla.errors import Unreachable, UsageProblem
from hubspot_sla.flows.context.mapping_texts import current_texts, last_answer, texts_offline
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.policy.customers import CompanyView
from hubspot_sla.policy.grammars import version_of
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.flows.context.settings import Settings

NOW = 1_795_000_000_000
HOUR = 3_600_000
ROWS = [
    {"company_id": 7, "tier": "gold", "valid_from": "2026-01-01", "valid_to": None},
    {"company_id": "8", "tier": "silver"},
]


class Endpoint(BaseHTTPRequestHandler):
    """Answers what `answers` says, the last one for ever."""

    answers: ClassVar[list[tuple[int, bytes]]] = []
    seen: ClassVar[list[str | None]] = []
    missing: ClassVar[int] = 0
    """How many bytes are promised and never sent."""

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + self.missing))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Endpoint.answers, Endpoint.seen = [(200, json.dumps(ROWS).encode())], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tiers"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    folder = tmp_path / "mappings"
    folder.mkdir()
    tiers = f"ranks: [gold, silver]\nsources:\n  - {{http: {url}, token: TIERS_TOKEN, max_age: 2h}}\n"
    for name, text in texts(tiers=tiers).items():
        (folder / name).write_text(text, encoding="utf-8")
    return from_environment(
        {"SLA_MAPPINGS": str(folder), "SLA_LEDGER": str(tmp_path / "ledger.db"), "TIERS_TOKEN": "made-up-secret"}
    )


def asked(settings: Settings, now: int = NOW) -> dict[str, str]:
    return current_texts(settings, now, sleep=lambda _: None)


def tier_of(found: dict[str, str], company: str) -> tuple[str | None, str]:
    verdict = load(found).tiers.of([CompanyView(company, True, {})], NOW, NOW)
    return verdict.tier, verdict.why


def test_the_rows_of_the_endpoint_are_tiers_with_effective_dates(settings: Settings, url: str) -> None:
    found = asked(settings)
    assert tier_of(found, "7") == ("gold", f"{url} gives company 7 gold from 2026-01-01")
    assert tier_of(found, "8")[0] == "silver"
    assert tier_of(found, "9") == (None, f"{url} has no tier for company 9 at the ticket's creation")
    assert Endpoint.seen == ["Bearer made-up-secret"]


def test_an_answer_counts_until_it_is_too_old(settings: Settings, url: str) -> None:
    asked(settings)
    asked(settings, NOW + 2 * HOUR - 1)
    assert len(Endpoint.seen) == 1
    asked(settings, NOW + 2 * HOUR)
    assert len(Endpoint.seen) == 2
    kept = last_answer(settings, url)
    assert kept is not None
    assert (kept.at, kept.count, kept.failed) == (NOW + 2 * HOUR, 2, "")


def test_rows_in_another_order_are_the_same_version_of_the_mappings(settings: Settings) -> None:
    before = version_of(asked(settings))
    Endpoint.answers = [(200, json.dumps({"results": ROWS[::-1]}).encode())]
    assert version_of(asked(settings, NOW + 3 * HOUR)) == before
    Endpoint.answers = [(200, json.dumps(ROWS[:1]).encode())]
    assert version_of(asked(settings, NOW + 6 * HOUR)) != before


DOWN = [
    ([(500, b"")], 4, "it answered 500"),
    ([(429, b"")], 4, "it answered 429"),
    ([(403, b"")], 1, "it answered 403"),
    ([(200, b"<html>")], 1, "its answer is not JSON"),
    ([(200, b'{"error": "x"}')], 1, "its answer is not a list of rows"),
    ([(200, b"[1]")], 1, "its answer is not a list of rows"),
]


@pytest.mark.parametrize(("answers", "attempts", "why"), DOWN)
def test_while_it_is_down_the_last_good_answer_counts_and_says_so(
    answers: list[tuple[int, bytes]], attempts: int, why: str, settings: Settings, url: str
) -> None:
    good = asked(settings)
    Endpoint.answers, Endpoint.seen = answers, []
    assert asked(settings, NOW + 5 * HOUR) == good
    assert len(Endpoint.seen) == attempts
    kept = last_answer(settings, url)
    assert kept is not None
    assert kept.at == NOW
    assert why in kept.failed
    assert texts_offline(settings) == good


def test_a_moment_of_trouble_is_waited_out(settings: Settings) -> None:
    Endpoint.answers = [(503, b""), (503, b""), (200, json.dumps(ROWS).encode())]
    assert tier_of(asked(settings), "8")[0] == "silver"


def test_an_endpoint_that_never_answered_stops_the_run_before_anybody_loses_a_tier(settings: Settings) -> None:
    Endpoint.answers = [(500, b"")]
    with pytest.raises(Unreachable, match="cannot be had: it answered 500") as caught:
        asked(settings)
    assert caught.value.exit_code == 75


def test_offline_an_endpoint_that_was_never_asked_gives_nobody_a_tier_and_says_so(settings: Settings, url: str) -> None:
    assert tier_of(texts_offline(settings), "7") == (None, f"{url} has not answered yet")


def test_a_row_that_is_wrong_does_not_stop_the_others_and_is_told(settings: Settings) -> None:
    Endpoint.answers = [(200, json.dumps([*ROWS, {"company_id": 9, "tier": "glod"}]).encode())]
    found = asked(settings)
    assert tier_of(found, "8")[0] == "silver"
    assert tier_of(found, "9")[0] is None
    assert [flaw.message for flaw in load(found).tiers.flaws] == ["company 9: there is no tier 'glod'"]


def test_a_token_that_is_not_set_is_wrong_usage_and_no_token_is_ever_kept(settings: Settings, tmp_path: Path) -> None:
    asked(settings)
    assert "made-up-secret" not in repr(settings)
    kept = [path.read_bytes() for path in (tmp_path / "ledger.feeds").iterdir()]
    assert kept
    assert not any(b"made-up-secret" in content for content in kept)
    bare = from_environment({"SLA_MAPPINGS": str(settings.mappings), "SLA_LEDGER": str(tmp_path / "other.db")})
    with pytest.raises(UsageProblem, match="the variable TIERS_TOKEN is not set"):
        asked(bare)


def test_an_answer_that_is_cut_short_leaves_the_last_good_one_in_force(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = asked(settings)
    monkeypatch.setattr(Endpoint, "missing", 100)
    assert asked(settings, NOW + 48 * HOUR) == good


def test_only_the_owner_may_read_what_an_endpoint_answered(settings: Settings, tmp_path: Path) -> None:
    """It may name customers."""
    asked(settings)
    folder = tmp_path / "ledger.feeds"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_a_cache_of_an_earlier_version_that_others_could_read_is_closed_to_them(
    settings: Settings, tmp_path: Path
) -> None:
    asked(settings)
    (cached,) = (tmp_path / "ledger.feeds").iterdir()
    cached.chmod(0o644)
    cached.with_suffix(".new").touch(0o644)  # left by a process that was killed
    asked(settings, NOW + 3 * HOUR)
    assert [path.stat().st_mode & 0o777 for path in cached.parent.iterdir()] == [0o600]
