"""`sla clock`, as people and programs call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hubspot_sla.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALENDARS = """\
calendars:
  berlin:
    timezone: Europe/Berlin
    hours: {mon: "09:00-17:00", thu: "09:00-17:00", fri: ["09:00-12:00", "13:00-17:00"]}
    holidays: {country: DE}
    closed: [2026-12-24, {date: 2026-12-31, from: "12:00", to: "24:00"}]
    open: {2026-12-27: "10:00-24:00"}
    business_day: 8h
"""
NIGHT = "  night: {timezone: UTC, hours: {mon: '22:00-06:00'}}\n"


class Ran(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLA_MAPPINGS", str(tmp_path))
    (tmp_path / "calendars.yaml").write_text(CALENDARS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def clock(mappings: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["clock", *arguments])
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_due_is_told_in_the_zone_of_the_calendar(clock: Callable[..., Ran]) -> None:
    assert clock("due", "2026-11-20T15:00+01:00", "4h") == (0, "Mon 2026-11-23 11:00:00 CET (UTC+0100)\n", "")


def test_due_is_told_to_programs_in_utc_and_locally(clock: Callable[..., Ran]) -> None:
    assert json.loads(clock("due", "2026-11-20T14:00Z", "1bd", "--json").out) == {
        "calendar": "berlin",
        "start": "2026-11-20T14:00:00Z",
        "seconds": 28_800,
        "due": "2026-11-23T14:00:00Z",
        "due_local": "2026-11-23T15:00:00+01:00",
    }


def test_before_is_the_latest_instant_from_which_the_time_remains(clock: Callable[..., Ran]) -> None:
    assert clock("before", "2026-11-23T10:00+01:00", "1h").out == "Mon 2026-11-23 09:00:00 CET (UTC+0100)\n"
    told = json.loads(clock("before", "2026-11-23T10:00+01:00", "2h", "--json").out)
    assert (told["end"], told["before"]) == ("2026-11-23T09:00:00Z", "2026-11-20T15:00:00Z")


def test_elapsed_is_business_time(clock: Callable[..., Ran]) -> None:
    instants = "2026-11-20T11:00+01:00", "2026-11-23T09:30:00.500+01:00"
    assert clock("elapsed", *instants).out == "5h 30m 00.500s\n"
    assert json.loads(clock("elapsed", *instants, "--json").out)["seconds"] == 19_800.5
    assert clock("elapsed", "2026-11-20T00:00Z", "2026-11-21T00:00Z", "--calendar", "always").out == "24h 00m 00s\n"


def test_open_says_until_when(clock: Callable[..., Ran]) -> None:
    assert clock("open", "2026-11-20T11:00+01:00").out == "open until Fri 2026-11-20 12:00:00 CET (UTC+0100)\n"
    assert clock("open", "2026-11-20T12:00+01:00").out == "closed until Fri 2026-11-20 13:00:00 CET (UTC+0100)\n"
    told = json.loads(clock("open", "2026-11-20T12:00+01:00", "--json").out)
    assert (told["open"], told["until"]) == (False, "2026-11-20T12:00:00Z")


def test_always_is_open_now_without_a_file_and_without_end(clock: Callable[..., Ran], mappings: Path) -> None:
    (mappings / "calendars.yaml").unlink()
    assert clock("open", "--calendar", "always") == (0, "open\n", "")


def test_show_tells_the_hours_of_each_day_and_what_closes_it(clock: Callable[..., Ran]) -> None:
    lines = clock("show", "--from", "2026-12-24", "--days", "8").out.splitlines()
    assert [line.rstrip("\t") for line in lines] == [
        "berlin: Europe/Berlin, 1bd = 8h 00m 00s",
        "2026-12-24\tThu\tclosed\t-\tclosed",
        "2026-12-25\tFri\tclosed\t-\tChristmas Day",
        "2026-12-26\tSat\tclosed\t-\tSecond Day of Christmas",
        "2026-12-27\tSun\t10:00-24:00\t14h 00m 00s\thours of this date only",
        "2026-12-28\tMon\t09:00-17:00\t8h 00m 00s",
        "2026-12-29\tTue\tclosed\t-",
        "2026-12-30\tWed\tclosed\t-",
        "2026-12-31\tThu\t09:00-12:00\t3h 00m 00s\tclosed in part",
    ]


def test_show_tells_programs_the_same(clock: Callable[..., Ran]) -> None:
    told = json.loads(clock("show", "--from", "2026-10-23", "--days", "3", "--json").out)
    assert (told["timezone"], told["business_day_seconds"]) == ("Europe/Berlin", 28_800)
    friday, _, sunday = told["days"]
    assert friday["open"][1] == {"from": "2026-10-23T11:00:00Z", "to": "2026-10-23T15:00:00Z"}
    assert friday["seconds"] == 25_200
    assert sunday == {"date": "2026-10-25", "open": [], "seconds": 0, "why": ["clocks change: 25h 00m long"]}


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (("due", "2026-11-20T15:00", "4h"), "does not say in which zone", "add the offset"),
        (("due", "yesterday", "4h"), "'yesterday' is not an instant", "write 2026-12-24T12:00:00+01:00"),
        (("due", "now", "4"), "'4' has no unit", "say 4m (minutes) or 4h (hours)"),
        (("due", "now", "1d"), "'1d' is ambiguous", "say 1bd"),
        (("due", "now", "1h", "--calendar", "brelin"), "there is no calendar 'brelin'", "did you mean 'berlin'?"),
        (("elapsed", "2026-11-20T15:00Z", "2026-11-20T14:00Z"), "is before the start", ""),
        (("show", "--from", "24.12.2026"), "'24.12.2026' is not a date", "write 2026-12-24"),
        (("due", "2250-01-01T00:00Z", "1h"), "outside the years 1900 to 2199", ""),
        (
            ("due", "now", "1h", "--mappings", "nowhere"),
            "nowhere/calendars.yaml cannot be read",
            "`sla init` writes one",
        ),
    ],
)
def test_what_cannot_be_answered_ends_with_2_and_a_remedy(
    clock: Callable[..., Ran], arguments: tuple[str, ...], message: str, remedy: str
) -> None:
    ran = clock(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert remedy in ran.err


def test_with_several_calendars_one_must_be_said(clock: Callable[..., Ran], mappings: Path) -> None:
    (mappings / "calendars.yaml").write_text(CALENDARS + NIGHT, encoding="utf-8")
    ran = clock("open")
    assert ran.code == 2
    assert "has 2 calendars: say which with --calendar" in ran.err
    assert clock("due", "2026-11-23T23:00Z", "8h", "--calendar", "night").code == 0


def test_a_calendar_that_does_not_say_its_business_day_cannot_count_in_them(
    clock: Callable[..., Ran], mappings: Path
) -> None:
    (mappings / "calendars.yaml").write_text(f"calendars:\n{NIGHT}", encoding="utf-8")
    ran = clock("due", "now", "2bd")
    assert ran.code == 2
    assert "does not say how long one is" in ran.err


def test_a_file_that_is_wrong_is_told_with_its_places(clock: Callable[..., Ran], mappings: Path) -> None:
    (mappings / "calendars.yaml").write_text(CALENDARS.replace("mon:", "moon:"), encoding="utf-8")
    ran = clock("open")
    assert ran.code == 2
    assert "calendars.yaml:4:13: there is no key 'moon' here (did you mean 'mon'?)" in ran.err
    (mappings / "calendars.yaml").write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in clock("open").err


@pytest.mark.parametrize("question", ["due", "before", "elapsed", "open", "show"])
def test_every_question_has_help_with_an_example(clock: Callable[..., Ran], question: str) -> None:
    ran = clock(question, "--help")
    assert ran.code == 0
    assert f"Example: sla clock {question} " in ran.out.replace("\n", " ")


def test_the_examples_in_the_help_are_right(clock: Callable[..., Ran]) -> None:
    examples = [line.strip() for line in clock("--help").out.splitlines() if line.strip().startswith("sla clock")]
    assert len(examples) == 4
    for example in examples:
        assert clock(*example.split()[2:]).code == 0
