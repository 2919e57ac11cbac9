"""A feed that is down, or has lost rows, is held against what it said when it was last read."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from altered import alter
from channels.receivers import Answer, Receiver
from hubspot_sla.errors import NotYetPossible
from hubspot_sla.feeds.availability_file import Availability, OutageRow, RequestRow, ValueRow
from hubspot_sla.flows.inspection.contract_accruals import accruals
from hubspot_sla.flows.reporting.contracts.kept_feeds import with_rows
from hubspot_sla.flows.reporting.contracts.lost_rows import EVER, lost, lost_text
from hubspot_sla.flows.reporting.contracts.standing import contract_standings
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.runs import close_contract, close_period, keep_feeds
from hubspot_sla.ledger import audit_verification, database, feed_readings, row_proof
from hubspot_sla.ledger.database import in_memory
from reporting.ledgers import at, filled
from reporting.test_closed_contracts import synced
from reporting.test_contract_statements import CONTRACT, OUTAGES, october, reading, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

READ = at("2026-10-21")
DOWN = at("2026-10-22")
ASKED = close_period.Asked("ada", at("2026-11-15"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.csv").write_text(OUTAGES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def ledger(folder: Path) -> Ledger:
    """A file, so that what was kept can be altered."""
    opened = in_memory(folder / "nowhere.db")
    filled(opened, october(20, 0), texts=texts())
    return synced(opened)


def keep(ledger: Ledger, folder: Path, now: int) -> None:
    keep_feeds.keep(ledger, mappings_of(ledger.db), reading(folder), now)


def drawn(ledger: Ledger, folder: Path, now: str = "2026-10-25") -> Any:
    return drawn_window(ledger.db, mappings_of(ledger.db), Asked("acme", "2026-10", reading(folder), at(now)))


def rewrite(folder: Path, *rows: str) -> None:
    text = "\n".join([OUTAGES.splitlines()[0], *rows, ""])
    (folder / "web.csv").write_text(text, encoding="utf-8")


def test_while_a_feed_is_down_it_counts_as_it_was_last_read_and_up_to_then(ledger: Ledger, folder: Path) -> None:
    keep(ledger, folder, READ)
    (folder / "web.csv").unlink()
    keep(ledger, folder, DOWN)
    keep(ledger, folder, DOWN + 1)
    found = drawn(ledger, folder)
    since = "the feed web is down since 2026-10-22T00:00:00Z and counts as it was last read at 2026-10-21T00:00:00Z"
    assert found.notes == (f"{since}: web.csv cannot be read: No such file or directory",)
    line = found.settled.statement.lines[1]
    assert line.sample.total_ms == READ - at("2026-09-30T22:00:00+00:00")
    assert line.measured is not None
    assert accruals(ledger.db, reading(folder), at("2026-10-25")).notes[0].startswith(since)
    (standing,) = contract_standings(ledger.db, mappings_of(ledger.db), reading(folder), at("2026-10-25"))
    assert standing.as_json()["notes"] == list(found.notes)


def test_an_address_that_does_not_answer_counts_as_it_was_last_read(tmp_path: Path, receiver: Receiver) -> None:
    receiver.always("/outages", Answer(body=b'[{"from": "2026-10-05T10:00:00Z", "to": "2026-10-05T11:00:00Z"}]'))
    place = f"{{http: {receiver.url}/outages}}"
    opened = in_memory(tmp_path / "nowhere.db")
    filled(opened, october(20, 0), texts=texts() | {"contracts.yaml": CONTRACT.replace("{csv: web.csv}", place)})
    keep(synced(opened), tmp_path, READ)
    receiver.always("/outages", Answer(404))
    keep(opened, tmp_path, DOWN)
    found = drawn(opened, tmp_path)
    since = "the feed web is down since 2026-10-22T00:00:00Z and counts as it was last read at 2026-10-21T00:00:00Z"
    assert found.notes == (f"{since}: {receiver.url}/outages cannot be had: it answered 404",)
    assert found.settled.statement.lines[1].measured == 1 - Fraction(3_600_000, READ - at("2026-09-30T22:00:00+00:00"))


def test_a_window_is_not_closed_on_what_was_last_read(ledger: Ledger, folder: Path) -> None:
    keep(ledger, folder, at("2026-11-02"))
    (folder / "web.csv").unlink()
    said = r"the feed web is down and was last read at 2026-11-02T00:00:00Z: web\.csv cannot be read"
    with pytest.raises(NotYetPossible, match=said) as refused:
        close_contract.close(ledger, "acme", "2026-10", reading(folder), ASKED)
    assert refused.value.exit_code == 75
    whatever = close_period.Asked("ada", at("2026-11-15"), with_unknown=True)
    closed = close_contract.close(ledger, "acme", "2026-10", reading(folder), whatever)
    assert [part.split(" and ")[0] for part in closed.notes] == ["the feed web is down"]
    assert drawn(ledger, folder).settled.statement.lines[1].measured is None


def test_a_feed_that_is_read_again_counts_as_it_is(ledger: Ledger, folder: Path) -> None:
    keep(ledger, folder, READ)
    text = (folder / "web.csv").read_text(encoding="utf-8")
    (folder / "web.csv").unlink()
    keep(ledger, folder, DOWN)
    (folder / "web.csv").write_text(text, encoding="utf-8")
    keep(ledger, folder, DOWN + 1)
    assert feed_readings.every(ledger.db)["web"].down_since is None
    assert drawn(ledger, folder).notes == ()
    audit_verification.require_whole(ledger.db)


def test_rows_that_a_feed_has_lost_are_named_until_a_window_is_closed_without_them(
    ledger: Ledger, folder: Path
) -> None:
    keep(ledger, folder, READ)
    rewrite(folder, "2026-10-06T10:00:00Z,2026-10-06T12:00:00Z,maintenance,2026-10-01T00:00:00Z")
    keep(ledger, folder, DOWN)
    note = "the feed web lacks 1 row that it had when it was read before, the first of 2026-10-05T10:00:00Z"
    assert drawn(ledger, folder).notes == (note,)
    with pytest.raises(NotYetPossible, match=note):
        close_contract.close(ledger, "acme", "2026-10", reading(folder), ASKED)
    whatever = close_period.Asked("ada", at("2026-11-15"), with_unknown=True)
    assert close_contract.close(ledger, "acme", "2026-10", reading(folder), whatever).notes == (note,)
    november = Asked("acme", "2026-11", reading(folder), at("2026-11-15"))
    assert drawn_window(ledger.db, mappings_of(ledger.db), november).notes == ()
    keep(ledger, folder, at("2026-11-15"))
    assert "2026" not in feed_readings.every(ledger.db)["web"].content
    audit_verification.require_whole(ledger.db)


def test_a_feed_that_lies_elsewhere_now_or_is_named_no_more_is_not_held_against_what_was_kept(
    ledger: Ledger, folder: Path
) -> None:
    with ledger.transaction() as db:
        kept = [feed_readings.FeedReading(name, "old.csv", "{}", READ) for name in ("web", "api")]
        feed_readings.save(db, kept)
    assert drawn(ledger, folder).notes == ()
    keep(ledger, folder, READ)
    assert {name: each.place for name, each in feed_readings.every(ledger.db).items()} == {"web": "web.csv"}


def test_a_reading_that_somebody_alters_is_found(folder: Path) -> None:
    path = folder / "ledger.db"
    with database.open_for_writing(path) as opened, opened.transaction() as db:
        feed_readings.save(db, [feed_readings.FeedReading("web", "web.csv", "{}", READ)])
    alter(path, "update feed_readings set content = '[]'")
    with database.open_for_reading(path) as opened:
        assert [str(problem) for problem in row_proof.prove(opened.db).problems] != []


def outage(first: int, last: int, *, key: str = "", affected: Fraction = Fraction(1)) -> OutageRow:
    return OutageRow(first, last, "", None, key, affected)


@pytest.mark.parametrize(
    ("was", "now", "gone"),
    [
        ((10, 20), [(10, 20)], 0),
        ((10, 20), [(10, 30)], 0),
        ((10, 20), [(5, 15), (15, 25)], 0),
        ((10, 20), [(10, 19)], 1),
        ((10, 20), [(5, 15), (16, 25)], 1),
        ((10, 20), [], 1),
        ((1, 3), [], 0),
    ],
)
def test_an_outage_is_lost_where_any_of_its_time_is_up_again(
    was: tuple[int, int], now: list[tuple[int, int]], gone: int
) -> None:
    found = lost(Availability((outage(*was),)), Availability(tuple(outage(*each) for each in now)), since=5)
    assert len(found.outages) == gone


def test_an_outage_of_another_key_or_of_fewer_users_takes_no_ones_place() -> None:
    was = Availability((outage(10, 20, key="eu"),))
    assert lost(was, Availability((outage(10, 20, key="us"),)), EVER).outages
    assert lost(was, Availability((outage(10, 20, key="eu", affected=Fraction(1, 2)),)), EVER).outages


def test_requests_are_lost_where_they_are_gone_or_fail_no_more() -> None:
    was = Availability(requests=(RequestRow(0, 10, 100, 5, ""),))
    more, fewer = (Availability(requests=(RequestRow(0, 10, 120, failed, ""),)) for failed in (5, 4))
    assert lost(was, more, EVER) == Availability()
    assert lost(was, fewer, EVER) == lost(was, Availability(), EVER) == was


def test_requests_that_were_sealed_are_lost_when_they_are_counted_otherwise() -> None:
    """As values are: more that succeeded make a miss a promise that is kept."""
    was = Availability(requests=(RequestRow(0, 10, 100, 5, ""),))
    for number, failed in ((1000, 5), (100, 6)):
        assert lost(was, Availability(requests=(RequestRow(0, 10, number, failed, ""),)), EVER, sealed=True) == was
    assert lost(was, was, EVER, sealed=True) == Availability()


def test_of_two_rows_of_requests_of_one_interval_none_is_lost() -> None:
    """As of two hosts without a key."""
    was = Availability(requests=(RequestRow(0, 10, 100, 5, ""), RequestRow(0, 10, 50, 0, "")))
    assert lost(was, was, EVER) == Availability()
    assert with_rows(was, lost(was, was, EVER)) == was


def test_a_value_is_lost_where_none_was_read_at_its_instant_any_more_and_a_corrected_one_is_not() -> None:
    was = Availability(values=(ValueRow(10, 10, Fraction(45), "eu"),))
    corrected = Availability(values=(ValueRow(10, 10, Fraction(44), "eu"),))
    assert lost(was, corrected, EVER) == Availability()
    assert lost(was, Availability(), EVER) == was
    assert lost(was, Availability(), since=10) == was
    assert lost(was, Availability(), since=11) == Availability()
    assert with_rows(corrected, lost(was, corrected, EVER)).values == corrected.values
    assert lost_text("probe", was).startswith("the feed probe lacks 1 row that it had when it was read before")
