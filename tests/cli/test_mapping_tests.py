"""`sla test`: tickets as an admin makes them up, what is expected of each, and what a wrong file is met with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.flows.installation.starter_set import copy_starter

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/test-your-mappings.md"
GOLD = "created: 2026-03-02 09:00, pipeline: Support Pipeline, tier: gold, priority: URGENT"


class Ended:
    """The exit code, and what was printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problems(self) -> list[str]:
        """`SLA301 9:14`, by file, line and column."""
        return [f"{one['code']} {one['line']}:{one['column']}" for one in self.json["error"]["problems"]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_starter(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: Any) -> Callable[..., Ended]:
    """Run on the text of tests.yaml; `command` may be another."""

    def ran(text: str | bytes | None = None, *arguments: str, command: str = "test") -> Ended:
        if text is not None:
            content = text if isinstance(text, bytes) else text.encode()
            (folder / "mappings/tests.yaml").write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            main([command, *arguments])
        printed = capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    return ran


def one(ticket: str = GOLD, *events: str, expect: str = "resolution: running", more: str = "") -> str:
    listed = "".join(f"      - {event}\n" for event in events)
    written = f"    events:\n{listed}" if events else ""
    return f"tests:\n  - name: one\n    ticket: {{{ticket}}}\n{written}{more}    expect: {{{expect}}}\n"


def test_the_tests_of_the_starter_set_pass(run: Callable[..., Ended]) -> None:
    ended = run()
    assert ended.code == 0
    assert "4 tests: 4 passed, 0 failed." in ended.out


def test_a_failed_test_shows_expected_and_got_side_by_side_and_how_the_clock_got_there(
    run: Callable[..., Ended],
) -> None:
    expect = "policy: standard-support, first_response: {status: met, due_at: 2026-03-02 10:00}, resolution: running"
    ended = run(one(GOLD, "2026-03-02 09:45 reply", expect=expect))
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0].split() == ["FAILED", "one"]
    assert "tests.yaml, line 2" in lines[1]
    assert re.split(r"\s{2,}", lines[3].strip()) == ["policy", "standard-support", "gold-support"]
    assert re.split(r"\s{2,}", lines[4].strip()) == ["first_response.status", "met", "missed"]
    assert re.split(r"\s{2,}", lines[5].strip()) == [
        "first_response.due_at",
        "Mon 2026-03-02 10:00 CET",
        "Mon 2026-03-02 09:30 CET",
    ]
    assert "the test says gold" in ended.out
    assert "not platinum-support: tier is gold, not platinum" in ended.out
    assert "Mon 2026-03-02 09:30 CET - Mon 2026-03-02 09:45 CET" in ended.out
    assert lines[-1] == "1 test: 0 passed, 1 failed."


def test_tests_are_chosen_by_words_of_their_names(run: Callable[..., Ended]) -> None:
    ended = run(None, "-k", "WEEKEND", "--json")
    assert [test["name"] for test in ended.json["tests"]] == ["the weekend does not count for standard support"]
    ended = run(None, "-k", "no such words")
    assert ended.code == 2
    assert "no test has 'no such words' in its name" in ended.err


def test_results_are_written_as_junit_too(run: Callable[..., Ended], folder: Path) -> None:
    text = one(expect="resolution: met").replace("name: one", "name: <gold> & \\u0001 more")
    assert run(text, "--junit", "results.xml").code == 1
    suite = ElementTree.parse(folder / "results.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    [failure] = suite.iter("failure")
    assert failure.get("message") == "resolution.status: expected met, got running"


PASSING = [
    ("a reply", one(GOLD, "2026-03-02 09:20 reply", expect="first_response: {stopped_at: 2026-03-02 09:20}")),
    (
        "an instant with an offset",
        one(GOLD.replace("09:00", "08:00Z"), expect="resolution: {started_at: 2026-03-02 09:00}"),
    ),
    ("hours of one digit", one(GOLD.replace("09:00", "9:00"), expect="resolution: {started_at: 2026-03-02 09:00}")),
    ("an hour with T and seconds", one(GOLD.replace(" 09:00", "T09:00:30"), expect="resolution: {elapsed: 0m}")),
    (
        "business time",
        one(GOLD, expect="resolution: {elapsed: 3h, breached_at: none}", more="    now: 2026-03-02 12:00\n"),
    ),
    ("a stage of a closed role", one(GOLD, "2026-03-02 12:00 closed", expect="resolution: {status: met, elapsed: 3h}")),
    (
        "a reopening",
        one(GOLD, "2026-03-02 12:00 closed", "2026-03-03 09:00 reopened", expect="resolution: {elapsed: 3h}"),
    ),
    (
        "a pipeline",
        one(GOLD, "2026-03-02 12:00 pipeline Billing", expect="policy: billing, policies: {ola: billing-team}"),
    ),
    ("a priority later", one(GOLD, "2026-03-02 10:00 priority none", expect="resolution: {target: 4bd}")),
    ("a tier later, as of creation", one(GOLD, "2026-03-02 10:00 tier silver", expect="tier: gold")),
    ("no tier", one(GOLD.replace("gold", "none"), expect="tier: none, policy: standard-support")),
    (
        "a company",
        one(
            GOLD.replace("tier: gold", "company: {customer_tier: platinum}"),
            expect="tier: platinum, policy: platinum-support",
        ),
    ),
    ("a row of a table", one(GOLD.replace("tier: gold", "company: {id: 5022}"), expect="tier: gold")),
    (
        "a tier that is not ranked",
        one(GOLD.replace("tier: gold", "company: {customer_tier: titan}"), expect="tier: 'not ranked: titan'"),
    ),
    ("a stage of its own", one(GOLD + ", stage: Waiting on contact", expect="resolution: paused")),
    ("a reason", one(GOLD, expect="reason_contains: [THE TEST SAYS GOLD]")),
    ("the reason of a clock", one(GOLD, expect="resolution: {reason_contains: gold-support}")),
    ("nothing promised", one(GOLD, expect="assignment: no_sla, 'ola:stage:Billing': no_sla")),
    (
        "an OLA",
        one(
            "created: 2026-03-02 09:00, pipeline: Billing, tier: gold",
            "2026-03-02 10:00 stage Under review",
            expect="'ola:stage:Billing': {status: running, target: 1bd, cycles: 1, due_at: 2026-03-03 10:00}",
        ),
    ),
    (
        "a zone of its own",
        one(GOLD, expect="resolution: {started_at: 2026-03-02 15:00+01:00}", more="    zone: America/New_York\n"),
    ),
    ("an hour that comes twice, with its offset", one(GOLD.replace("2026-03-02 09:00", "2026-10-25 02:30+01:00"))),
]


@pytest.mark.parametrize(("what", "text"), PASSING, ids=[case[0] for case in PASSING])
def test_what_a_test_may_say(run: Callable[..., Ended], what: str, text: str) -> None:
    ended = run(text)
    assert ended.code == 0, ended.out + ended.err


WRONG = [
    ("an empty file", "", "SLA106 0:0", "the file is empty"),
    ("no tests", "tests: []\n", "SLA205 1:8", "must not be empty"),
    ("tests that are no list", "tests: {name: a}\n", "SLA203 1:8", "'tests' must be a list"),
    ("a list", "- name: a\n", "SLA107 1:1", "must hold keys and values"),
    ("an unknown key", one() + "zoen: UTC\n", "SLA201 5:1", "did you mean 'zone'?"),
    ("an unknown key of a test", one(more="    expected: {}\n"), "SLA201 4:5", "did you mean 'expect'?"),
    ("an unknown key of a ticket", one(GOLD + ", prioritty: LOW"), "SLA201 3:99", "did you mean 'priority'?"),
    ("an unknown key of a clock", one(expect="resolution: {dew_at: none}"), "SLA201 4:27", "did you mean 'due_at'?"),
    ("an unknown clock", one(expect="first_reponse: met"), "SLA301 4:14", "did you mean 'first_response'?"),
    ("a metric that nobody defined", one(expect="restored: met"), "SLA301 4:14", "there is no clock 'restored'"),
    ("an unknown status", one(expect="resolution: mett"), "SLA204 4:26", "did you mean 'met'?"),
    ("an unknown policy", one(expect="policy: golden-support"), "SLA301 4:22", "did you mean 'gold-support'?"),
    ("an unknown agreement", one(expect="policies: {oal: billing-team}"), "SLA301 4:25", "did you mean 'ola'?"),
    ("an unknown tier", one(GOLD.replace("tier: gold", "tier: gald")), "SLA301 3:75", "did you mean 'gold'?"),
    (
        "an unknown pipeline",
        one(GOLD.replace("Support P", "Suport P")),
        "SLA301 3:51",
        "did you mean 'Support Pipeline'?",
    ),
    ("no pipeline of several", one("created: 2026-03-02 09:00"), "SLA202 3:5", "add one of 'Support Pipeline'"),
    ("an unknown stage", one(GOLD + ", stage: Newest"), "SLA301 3:106", "did you mean 'New'?"),
    ("an unknown stage later", one(GOLD, "2026-03-02 10:00 stage Wating on us"), "SLA301 5:9", "'Waiting on us'?"),
    (
        "a stage of another pipeline",
        one(GOLD, "2026-03-02 10:00 stage Under review"),
        "SLA301 5:9",
        "has no stage 'Under review'",
    ),
    ("an unknown event", one(GOLD, "2026-03-02 10:00 replied"), "SLA225 5:9", "did you mean 'reply'?"),
    ("an event without words", one(GOLD, "2026-03-02 10:00"), "SLA225 5:9", "nothing happens at this time"),
    (
        "a stage without its name",
        one(GOLD, "2026-03-02 10:00 stage"),
        "SLA225 5:9",
        "write 2026-03-02 10:00 stage NAME",
    ),
    ("an event without a time", one(GOLD, "2026-03-02 reply"), "SLA214 5:9", "does not begin with a time"),
    ("an event before creation", one(GOLD, "2026-03-02 08:59 reply"), "SLA214 5:9", "before the ticket was created"),
    (
        "events out of order",
        one(GOLD, "2026-03-02 11:00 reply", "2026-03-02 10:00 closed"),
        "SLA214 6:9",
        "before the event before it (put events in the order of time)",
    ),
    (
        "now before the end",
        one(GOLD, "2026-03-02 11:00 reply", more="    now: 2026-03-02 10:00\n"),
        "SLA214 6:10",
        "before the last event",
    ),
    ("a date without a time", one(GOLD.replace(" 09:00", "")), "SLA214 3:23", "is not a time (write 2026-03-02 10:00"),
    ("a date that is none", one(GOLD.replace("03-02", "02-30")), "SLA214 3:23", "is not a time that there is"),
    ("an hour that is none", one(GOLD.replace("09:00", "25:00")), "SLA214 3:23", "is not a time that there is"),
    ("a year without calendars", one(GOLD.replace("2026", "1500")), "SLA214 3:23", "outside the years"),
    (
        "an hour that clocks skip",
        one(GOLD.replace("2026-03-02 09:00", "2026-03-29 02:30")),
        "SLA214 3:23",
        "never comes: clocks are put forward (add the offset: 2026-03-29 02:30+01:00 or 2026-03-29 02:30+02:00)",
    ),
    (
        "an hour that comes twice",
        one(GOLD.replace("2026-03-02 09:00", "2026-10-25 02:30")),
        "SLA214 3:23",
        "comes twice",
    ),
    ("an unknown zone", one(more="    zone: Europe/Munich\n"), "SLA302 4:11", "there is no time zone"),
    ("nothing expected", one(expect=""), "SLA205 4:13", "nothing is expected, so nothing could ever fail"),
    ("nothing expected of a clock", one(expect="resolution: {}"), "SLA205 4:26", "nothing is expected of this clock"),
    ("business days", one(expect="resolution: {elapsed: 1bd}"), "SLA210 4:36", "write hours and minutes"),
    ("an object type that is not mapped", one(GOLD + ", object: deal"), "SLA304 3:107", "names no object type 'deal'"),
    ("a name that is there twice", one() + one().removeprefix("tests:\n"), "SLA305 5:11", "is taken by test 1"),
    ("no text", "tests:\n  - name: \xfc\n".encode("latin-1"), "SLA103 1:1", "not UTF-8"),
    (
        "a property that cannot be",
        one(GOLD, "2026-03-02 10:00 Impact = 3"),
        "SLA206 5:9",
        "not an internal property name",
    ),
]


@pytest.mark.parametrize(("what", "text", "place", "words"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_file_is_named_with_line_and_remedy(
    run: Callable[..., Ended], what: str, text: str | bytes, place: str, words: str
) -> None:
    ended = run(text, "--json")
    assert ended.code == 2
    assert place in ended.problems, ended.out
    assert words in " ".join(f"{one['message']} ({one['remedy']})" for one in ended.json["error"]["problems"])


def test_check_finds_what_is_wrong_with_tests_and_does_not_run_them(run: Callable[..., Ended]) -> None:
    ended = run(one(expect="resolution: {dew_at: none}"), "--json", command="check")
    assert (ended.code, ended.problems) == (2, ["SLA201 4:27"])
    stale = run(one(expect="first_reponse: met"), "--json", "--strict", command="check")
    assert stale.code == 0
    assert any("tests.yaml:4:14: there is no clock 'first_reponse'" in note for note in stale.json["notes"])
    assert run(one(expect="resolution: met"), command="check").code == 0
    assert run().code == 1


def test_without_tests_there_is_nothing_to_run_and_nothing_wrong(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "mappings/tests.yaml").unlink()
    ended = run()
    assert ended.code == 2
    assert "the file is missing from mappings" in ended.err
    assert run(command="check").code == 0


def test_tests_may_end_in_yml_and_wrong_mappings_come_first(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "mappings/tests.yaml").rename(folder / "mappings/tests.yml")
    assert run().code == 0
    policies = folder / "mappings/policies.yaml"
    policies.write_text(policies.read_text(encoding="utf-8").replace("calendar: extended", "calendar: extendet"))
    assert "policies.yaml:20:15: there is no calendar 'extendet'" in run().err


def test_tests_in_both_spellings_are_refused_because_only_one_of_them_would_be_run(
    run: Callable[..., Ended], folder: Path
) -> None:
    (folder / "mappings/tests.yml").write_text("tests: []\n")
    for command in ("test", "check"):
        ended = run(None, command=command)
        assert ended.code == 2
        assert "tests.yml: there is tests.yaml too, and only one of them can count (delete one)" in ended.err


def test_a_folder_in_the_place_of_the_tests_is_named(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "mappings/tests.yaml").unlink()
    (folder / "mappings/tests.yaml").mkdir()
    ended = run(None)
    assert ended.code == 2
    assert "tests.yaml: the file cannot be read: Is a directory" in ended.err


def test_a_test_that_is_a_mere_text_is_called_an_entry(run: Callable[..., Ended]) -> None:
    assert "each entry of 'tests' must be a group of keys, not 'just text'" in run("tests:\n  - just text\n").err


def test_an_edit_of_the_tests_is_no_new_version_of_the_mappings(run: Callable[..., Ended], folder: Path) -> None:
    before = run(None, "--json", command="check").json["version"]
    assert run(one(), "--json", command="check").json["version"] == before


def test_where_no_policy_applies_and_zones_differ_the_test_has_to_say_one(
    run: Callable[..., Ended], folder: Path
) -> None:
    (folder / "mappings/policies.yaml").write_text(
        "policies:\n"
        "  - {id: gold, when: {tier: gold}, calendar: berlin, targets: {resolution: 4h}}\n"
        "  - {id: platinum, when: {tier: platinum}, calendar: always, targets: {resolution: 4h}}\n"
    )
    ticket = "created: 2026-03-02 09:00, pipeline: Support Pipeline, tier: none"
    ended = run(one(ticket, expect="policy: none"), "--json")
    assert (ended.code, ended.problems) == (2, ["SLA214 3:5"])
    assert "add zone: Europe/Berlin to the test" in ended.out
    assert run(one(ticket, expect="policy: none", more="    zone: Europe/Berlin\n")).code == 0
    assert run(one(ticket.replace("09:00", "09:00Z"), expect="policy: none")).code == 0


def test_named_agreements_and_metrics_of_ones_own_are_clocks(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "mappings/policies.yaml").write_text(
        "metrics: {restored: {starts: created, stops: {became: {impact: '0'}}}}\n"
        "policies:\n"
        "  - {id: rule, agreement: gdpr, calendar: berlin, targets: {restored: 2h, resolution: 3bd}}\n"
        "  - {id: rest, calendar: berlin, targets: {resolution: 4h}}\n"
    )
    ticket = "created: 2026-03-02 09:00, pipeline: Support Pipeline, properties: {impact: 3}"
    expect = "policies: {gdpr: rule}, policy: rest, 'gdpr:restored': {status: met, elapsed: 1h}, resolution: running"
    ended = run(one(ticket, "2026-03-02 10:00 impact = 0", expect=expect))
    assert ended.code == 0, ended.out + ended.err


def test_every_word_of_the_document_is_understood(run: Callable[..., Ended]) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    assert run(blocks[0]).code == 0
    assert run(blocks[1].replace("object: ticket ", "object: ticket ")).code in (0, 1)
