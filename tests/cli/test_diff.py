"""sla diff: each edit of the mappings is told as the promise that it changes, and for whom."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.test_evaluate import mappings
from hubspot_sla.cli.main import main
from hubspot_sla.flows.simulation.written_diff import entries_that_differ

__all__ = ["mappings"]
REST, SAME = "pipeline Support", ("", "")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["diff", *arguments])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.fixture
def new(mappings: Path) -> Path:
    folder = mappings.parent / "new"
    folder.mkdir()
    for file in mappings.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def edit(folder: Path, name: str, old: str, edited: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, edited), encoding="utf-8")


SHORTER = ("rest: Resolution", f"{REST}, HIGH", "4h on office", "3h on office", "target 3h instead of 4h")
LESS = ("rest: Resolution", f"{REST}, HIGH", "4h on office", "–", "")
MORE = ("gold: Update", "tier gold", "–", "1h on always", "")
OTHERS = ("gold: for whom", "tier silver", "tier gold", "tier silver", "")
STAGE = ("role of a stage", "tickets in Support: 2", "waiting", "open", "")
NONE = ("rest: Resolution", REST, "HIGH 4h, default 8h", "HIGH 4h, LOW none, default 8h", "")
RISK = ("gold: Resolution", "tier gold", "1h on always", "1h on always", "it is at risk at another point")
LADDER = ("gold: ladder", "tier gold", "default", "none", "")
REACH = ("gold: an edit reaches", "tier gold", "open records too", "new records", "")
AGREED = ("policies.yaml: objectives", "–", "–", "{attain: 95%}", "")
SPELLED = ("policies.yaml", "–", "–", "–", "the file differs, and no promise does")
COMMENT = ("portal.yaml", "–", "–", "–", "the file differs, and no promise does")


@pytest.mark.parametrize(
    ("name", "old", "edited", "change"),
    [
        ("policies.yaml", "HIGH: 4h", "HIGH: 3h", SHORTER),
        ("policies.yaml", "{HIGH: 4h, default: 8h}", "{default: 8h}", LESS),
        ("policies.yaml", "{resolution: 1h}", "{resolution: 1h, update: 1h}", MORE),
        ("policies.yaml", "when: {tier: gold}", "when: {tier: silver}", OTHERS),
        ("policies.yaml", "{HIGH: 4h, default: 8h}", "{HIGH: 4h, LOW: none, default: 8h}", NONE),
        ("policies.yaml", "{resolution: 1h}", "{resolution: 1h}\n    at_risk: {resolution: 50%}", RISK),
        ("policies.yaml", "{resolution: 1h}", "{resolution: 1h}\n    ladder: none", LADDER),
        ("policies.yaml", "{resolution: 1h}", "{resolution: 1h}\n    applies_to: new", REACH),
        ("policies.yaml", "policies:", "objectives: [{attain: 95%}]\npolicies:", AGREED),
        ("policies.yaml", "HIGH: 4h", "HIGH: 240m", SPELLED),
        ("portal.yaml", '"2": {role: waiting}', '"2": open', STAGE),
        ("portal.yaml", "pipelines:", "# the same\npipelines:", COMMENT),
    ],
    ids=[
        *("target", "a value less", "a metric more", "for whom", "a value for which nothing is promised"),
        *("at risk", "ladder", "whom an edit reaches", "objective", "spelling", "stage", "comment"),
    ],
)
def test_an_edit_is_told_as_what_it_changes(
    mappings: Path,
    new: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    edited: str,
    change: tuple[str, ...],
) -> None:
    edit(new, name, old, edited)
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [tuple(row.values()) for row in rows] == [change]


def test_beside_another_edit_none_is_left_out(mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(new, "policies.yaml", "HIGH: 4h", "HIGH: 3h")
    edit(new, "tiers.yaml", "ranks:", "default: gold\nranks:")
    (new / "waivers.yaml").write_text("waivers: [{ticket: 1, reason: r, by: b}]\n", encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [tuple(row.values()) for row in rows] == [
        SHORTER,
        ("tiers.yaml: default", "customers without a tier", "–", "gold", ""),
        ("waivers.yaml: waivers", "–", "–", "{ticket: 1, reason: r, by: b}", ""),
    ]


def test_the_order_of_sources_and_each_version_of_a_contract_are_told(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company, contact = "  - company_property: customer_tier\n", "  - contact_property: vip\n"
    edit(new, "tiers.yaml", company + contact, contact + company)
    for folder, fee in ((mappings, "10.00"), (new, "20.00")):
        first, second = (
            f"  - {{id: acme, version: {version}, customer: '9', owner: a@b.example, currency: EUR, {valid},"
            f" fees: {{x: {of}}}, objectives: [{{id: o, measure: {{attainment: resolution}}, promised: 90%}}]}}\n"
            for version, of, valid in (
                (1, fee, "valid_from: 2026-01-01, valid_to: 2026-06-01"),
                (2, "30.00", "valid_from: 2026-06-01"),
            )
        )
        (folder / "contracts.yaml").write_text(f"contracts:\n{first}{second}", encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [(row["what"], row["before"], row["after"]) for row in rows] == [
        (
            "tiers.yaml: sources",
            "{company_property: customer_tier}, {contact_property: vip}",
            "{contact_property: vip}, {company_property: customer_tier}",
        ),
        ("contracts.yaml: contracts: acme 1: fees", "{x: 10.00}", "{x: 20.00}"),
    ]


@pytest.mark.parametrize("table", ["tiers.csv", "customers.txt"])
def test_rows_of_tables_and_another_order_of_policies_are_told(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    for folder, tier in ((mappings, "silver"), (new, "gold")):
        edit(folder, "tiers.yaml", "sources:\n", f"sources:\n  - csv: {table}\n")
        (folder / table).write_text(f"company_id,tier,valid_from,valid_to\n7,{tier},,\n", encoding="utf-8")
    text = (new / "policies.yaml").read_text("utf-8")
    first, second = (part for part in text.split("  - id: ")[1:3])
    edit(new, "policies.yaml", f"  - id: {first}  - id: {second}", f"  - id: {second}  - id: {first}")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [(row["what"], row["whom"]) for row in rows] == [
        ("order of the policies", "whoever several of them match"),
        (table, "7"),
    ]
    assert (rows[1]["before"], rows[1]["after"]) == ("7,silver,,", "7,gold,,")


def test_policies_of_different_agreements_have_no_order(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No ticket meets one of them in place of the other."""
    desk = "  - {id: desk, kind: uc, calendar: office, targets: {resolution: 30m}}\n"
    edit(mappings, "policies.yaml", "policies:\n", f"policies:\n{desk}")
    (new / "policies.yaml").write_text((new / "policies.yaml").read_text("utf-8") + desk, encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [tuple(row.values()) for row in rows] == [SPELLED]


def test_of_long_entries_the_difference_is_shown(mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = ", ".join(f"rank{number}" for number in range(60))
    edit(mappings, "tiers.yaml", "ranks: [gold", f"ranks: [{many}, gold")
    edit(new, "tiers.yaml", "ranks: [gold", f"ranks: [{many}, better, gold")
    (row,) = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert (row["what"], row["whom"]) == ("tiers.yaml: ranks", "every customer")
    assert row["before"].endswith("rank59, gold, silver]")
    assert row["after"].endswith("rank59, better, gold, silver]")
    assert max(len(row["before"]), len(row["after"])) <= 162


def test_a_comment_of_very_many_changes_stays_short_enough_to_be_sent(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waivers = ", ".join(f"{{ticket: {number}, reason: {'r' * 300}, by: b}}" for number in range(200))
    (new / "waivers.yaml").write_text(f"waivers: [{waivers}]\n", encoding="utf-8")
    comment = told(capsys, str(mappings), str(new), "--format", "markdown")
    assert "**200 changes.**" in comment
    assert "50 of 200; json and csv have all" in comment
    assert len(comment) < 30_000
    assert len(told(capsys, str(mappings), str(new), "--format", "csv").splitlines()) == 201


def test_other_hours_are_told_for_every_promise_that_counts_on_them(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = new / "calendars.yaml"
    path.write_text(path.read_text("utf-8").replace('17:00", tue', '16:00", tue'), encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert {row["why"] for row in rows} == {"calendar office has other hours"}
    assert {row["what"].split(":")[0] for row in rows} == {"rest", "experts"}


NUMBER = "{property: company.hours, unit: h}"
BESIDE_NUMBER = "later of 2h on office and company.hours in h on office"


@pytest.mark.parametrize(
    ("calendar", "target", "file", "old", "edited", "change"),
    [
        (
            *("office", NUMBER, "policies.yaml", "calendar: office", "calendar: always"),
            (
                "everybody",
                "company.hours in h on office",
                "company.hours in h on always",
                "calendar always instead of office",
            ),
        ),
        (
            *("office", NUMBER, "calendars.yaml", '17:00", tue', '16:00", tue'),
            (
                "everybody",
                "company.hours in h on office",
                "company.hours in h on office",
                "calendar office has other hours",
            ),
        ),
        (
            *("office", NUMBER, "policies.yaml", "targets:", "late: business_time\n    targets:"),
            ("everybody", "company.hours in h on office", "company.hours in h on office", "lateness begins otherwise"),
        ),
        (
            *("{by: priority, HIGH: office, default: always}", "4h", "calendars.yaml", '17:00", tue', '16:00", tue'),
            ("everybody, HIGH", "4h on office", "4h on office", "calendar office has other hours"),
        ),
        (
            *("always", f"{{later_of: [{{due: 2h, calendar: office}}, {NUMBER}]}}"),
            *("calendars.yaml", '17:00", tue', '16:00", tue'),
            ("everybody", BESIDE_NUMBER, BESIDE_NUMBER, "calendar office has other hours"),
        ),
    ],
    ids=[
        *("calendar of a number", "hours of a number", "terms of a number", "hours for one value"),
        "hours beside a number",
    ],
)
def test_what_no_example_shows_is_told(
    mappings: Path,
    new: Path,
    capsys: pytest.CaptureFixture[str],
    calendar: str,
    target: str,
    file: str,
    old: str,
    edited: str,
    change: tuple[str, ...],
) -> None:
    policies = f"policies:\n  - id: all\n    calendar: {calendar}\n    targets: {{resolution: {target}}}\n"
    for folder in (mappings, new):
        (folder / "policies.yaml").write_text(policies, encoding="utf-8")
    edit(new, file, old, edited)
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [tuple(row.values()) for row in rows] == [("all: Resolution", *change)]


def test_another_order_is_told_beside_an_entry_that_differs(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company, contact = "  - company_property: customer_tier\n", "  - contact_property: vip\n"
    edit(new, "tiers.yaml", company + contact, f"{contact}{company}  - company_property: plan\n")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [(row["what"], row["before"], row["after"]) for row in rows] == [
        (
            "tiers.yaml: sources",
            "{company_property: customer_tier}, {contact_property: vip}",
            "{contact_property: vip}, {company_property: customer_tier}",
        ),
        ("tiers.yaml: sources", "–", "{company_property: plan}"),
    ]


def test_of_a_long_text_that_goes_on_the_end_is_shown() -> None:
    old, new = ({"tiers.yaml": f"default: {'r' * 300}{more}\n"} for more in ("", "more"))
    (entry,) = entries_that_differ(old, new, lambda *_: False)
    assert entry.before.endswith("rr")
    assert entry.after.endswith("rrmore")


def test_the_same_mappings_promise_the_same(mappings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, str(mappings), str(mappings)).startswith("Both promise the same.")
    assert "Both promise the same" in told(capsys, str(mappings), str(mappings), "--format", "markdown")


def test_what_is_wrong_names_the_folder_that_it_is_in(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(new, "policies.yaml", "HIGH: 4h", "HIGH: 4x")
    for asked in (("diff", str(mappings), str(new)), ("diff", str(new), str(mappings))):
        with pytest.raises(SystemExit) as ended:
            main([*asked])
        assert ended.value.code == 2
        told_of = capsys.readouterr().err
        assert f"{new}/policies.yaml:" in told_of
        assert "resolution: {HIGH: 4x" in told_of


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_full_disk_is_told_as_such_and_never_taken_for_an_answer(mappings: Path, form: str) -> None:
    sla = Path(sys.executable).with_name("sla")
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sla, "diff", mappings, mappings, "--format", form],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=mappings.parent,
            check=False,
        )
    assert ran.returncode == 2
    assert b"the output cannot be written: No space left on device" in ran.stderr
    assert b"Traceback" not in ran.stderr
