"""Tables of tiers as spreadsheet programs save them: separators, encodings, dates, workbooks."""

from __future__ import annotations

import builtins
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.customers import CompanyView
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.tier_sources.csv_dialect import DateFormat, date_format_of, parse_table_date
from hubspot_sla.policy.value_errors import Refused
from policy.mapping_texts import TIERS, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.policy.tiers import Tiers

HEADER = "company_id;tier;valid_from;valid_to\r\n"


def ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def tier_of(tiers: Tiers, company_id: str, on: date) -> str | None:
    return tiers.of([CompanyView(company_id, primary=True, property_history={})], ms(on), ms(on)).tier


def problems_of(csv: str, tiers: str = TIERS) -> list[str]:
    with pytest.raises(MappingInvalid) as refused:
        load(texts(csv=csv, tiers=tiers))
    return [str(problem) for problem in refused.value.problems]


def test_a_german_excel_file_is_read_as_it_is_saved() -> None:
    csv = HEADER + "1;gold;01.02.2026;\r\n2;silver;24.12.2025;1.3.2026\r\n"
    tiers = load(texts(csv=csv)).tiers
    assert tier_of(tiers, "1", date(2026, 1, 31)) is None
    assert tier_of(tiers, "1", date(2026, 2, 1)) == "gold"
    assert tier_of(tiers, "2", date(2026, 2, 28)) == "silver"
    assert tier_of(tiers, "2", date(2026, 3, 1)) is None


def test_a_problem_behind_semicolons_names_its_own_column() -> None:
    assert problems_of(HEADER + "1;gald;01.02.2026;\r\n") == [
        "tiers.csv:2:3: there is no tier 'gald' (did you mean 'gold'?)"
    ]


def test_tabs_separate_too() -> None:
    tiers = load(texts(csv="company_id\ttier\n1\tgold\n")).tiers
    assert tier_of(tiers, "1", date(2026, 2, 1)) == "gold"


@pytest.mark.parametrize(
    ("second", "expected"),
    [("31/01/2026", date(2026, 2, 1)), ("01/31/2026", date(2026, 1, 2))],
    ids=["day first", "month first"],
)
def test_one_value_that_is_impossible_in_one_order_decides_for_its_column(second: str, expected: date) -> None:
    csv = f"company_id,tier,valid_from\n1,gold,01/02/2026\n2,silver,{second}\n"
    tiers = load(texts(csv=csv)).tiers
    assert tier_of(tiers, "1", expected) == "gold"
    assert tier_of(tiers, "1", date.fromordinal(expected.toordinal() - 1)) is None


def test_dates_that_prove_no_order_are_refused_and_format_is_asked_for() -> None:
    assert problems_of("company_id,tier,valid_from\n1,gold,01/02/2026\n") == [
        "tiers.csv:2:8: '01/02/2026' may be day first or month first"
        " (say `format: DD/MM/YYYY` or `format: MM/DD/YYYY` beside the file in tiers.yaml)"
    ]


def test_dates_that_prove_both_orders_are_refused_once() -> None:
    assert problems_of("company_id,tier,valid_from\n1,gold,13/02/2026\n2,gold,02/13/2026\n") == [
        "tiers.csv:1:17: valid_from: its dates are written day first in some rows and month first in others"
        " (say `format: DD/MM/YYYY` or `format: MM/DD/YYYY` beside the file in tiers.yaml)"
    ]


def test_each_column_is_decided_by_its_own_values() -> None:
    csv = "company_id,tier,valid_from,valid_to\n1,gold,31/01/2026,12/31/2026\n2,silver,01/02/2026,03/01/2026\n"
    tiers = load(texts(csv=csv)).tiers
    assert tier_of(tiers, "2", date(2026, 2, 28)) == "silver"
    assert tier_of(tiers, "2", date(2026, 1, 31)) is None


def test_format_says_what_the_values_cannot() -> None:
    tiers_yaml = TIERS.replace("- csv: tiers.csv", "- {csv: tiers.csv, format: MM/DD/YYYY}")
    tiers = load(texts(csv="company_id,tier,valid_from\n1,gold,01/02/2026\n", tiers=tiers_yaml)).tiers
    assert tier_of(tiers, "1", date(2026, 1, 2)) == "gold"


def test_a_format_that_does_not_exist_is_met_with_those_that_do() -> None:
    tiers_yaml = TIERS.replace("- csv: tiers.csv", "- {csv: tiers.csv, format: DD-MM-YYYY}")
    (problem,) = problems_of("company_id,tier\n1,gold\n", tiers_yaml)
    assert problem.startswith("tiers.yaml:4:30: 'format' cannot be 'DD-MM-YYYY'")
    assert "DD/MM/YYYY" in problem


def test_a_date_that_does_not_exist_is_refused() -> None:
    assert problems_of("company_id,tier,valid_from\n1,gold,30.02.2026\n") == [
        "tiers.csv:2:8: '30.02.2026' is not a date (write 2026-12-24)"
    ]


@given(st.lists(st.dates(date(1990, 1, 1), date(2090, 12, 31)), min_size=1, max_size=6), st.sampled_from(DateFormat))
def test_a_column_is_never_read_in_an_order_in_which_it_was_not_written(days: list[date], order: DateFormat) -> None:
    pattern = "%d/%m/%Y" if order is DateFormat.DAY_FIRST else "%m/%d/%Y"
    written = [day.strftime(pattern) for day in days]
    proven = date_format_of(written)
    if any(day.day > 12 for day in days):
        assert proven is order
        assert [parse_table_date(value, proven) for value in written] == [ms(day) for day in days]
    else:
        assert proven is None
        with pytest.raises(Refused):
            parse_table_date(written[0], proven)


def written_folder(folder: Path, tiers_name: str, content: bytes) -> Path:
    for name, text in texts(tiers=TIERS.replace("tiers.csv", tiers_name)).items():
        if name != "tiers.csv":
            (folder / name).write_text(text, encoding="utf-8")
    (folder / tiers_name).write_bytes(content)
    return folder


def test_a_file_in_windows_1252_is_read_as_excel_saved_it(tmp_path: Path) -> None:
    content = "company_id;tier;Kunde\r\n1;gold;Müller & Söhne €\r\n".encode("cp1252")
    texts_by_file = read_texts(written_folder(tmp_path, "kunden.csv", content))
    assert "Müller & Söhne €" in texts_by_file["kunden.csv"]
    assert tier_of(load(texts_by_file).tiers, "1", date(2026, 1, 1)) == "gold"


def test_unicode_text_of_excel_is_read_as_it_is_saved(tmp_path: Path) -> None:
    content = "company_id\ttier\tKunde\r\n1\tgold\tMüller\r\n".encode("utf-16")
    texts_by_file = read_texts(written_folder(tmp_path, "kunden.csv", content))
    assert texts_by_file["kunden.csv"].startswith("company_id")
    assert tier_of(load(texts_by_file).tiers, "1", date(2026, 1, 1)) == "gold"


def test_a_line_that_names_the_separator_to_excel_is_no_header() -> None:
    csv = "sep=;\r\ncompany_id;tier;valid_from\r\n1;gold;01.02.2026\r\n"
    assert tier_of(load(texts(csv=csv)).tiers, "1", date(2026, 2, 1)) == "gold"
    assert problems_of(csv + "2;gald;\r\n") == ["tiers.csv:4:3: there is no tier 'gald' (did you mean 'gold'?)"]
    assert problems_of("sep=|\ncompany_id|stufe\n1|gold\n")[0].startswith("tiers.csv:2:1: the column 'tier' is missing")


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\x00", b"\xd0\xcf\x11\xe0\xa1\xb1"], ids=["xlsx", "xls"])
def test_a_workbook_that_is_called_csv_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MappingInvalid, match=r"tiers.csv: this is an Excel workbook, not CSV \(save it as CSV"):
        read_texts(written_folder(tmp_path, "tiers.csv", content))


def test_an_empty_table_says_what_to_write() -> None:
    assert problems_of("\n") == ["tiers.csv:1:1: the file is empty (write company_id,tier and a row for each company)"]


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(folder / "tiers.xlsx")
    return written_folder(folder, "tiers.xlsx", (folder / "tiers.xlsx").read_bytes())


def test_a_workbook_is_read_like_a_csv_file(tmp_path: Path) -> None:
    rows = [["company_id", "tier", "valid_from"], [5021.0, "gold", datetime(2026, 3, 1)], [None, None, None]]  # noqa: DTZ001 - Excel knows no zones
    texts_by_file = read_texts(workbook(tmp_path, rows))
    assert texts_by_file["tiers.xlsx"] == "company_id,tier,valid_from\n5021,gold,2026-03-01\n"
    assert tier_of(load(texts_by_file).tiers, "5021", date(2026, 3, 1)) == "gold"


def test_a_workbook_that_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match=r"tiers.xlsx: this is not an Excel workbook.*save it as .xlsx or as CSV"):
        read_texts(written_folder(tmp_path, "tiers.xlsx", b"no workbook"))


def test_without_the_extra_a_workbook_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_openpyxl(name: str, *rest: object) -> object:
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    folder = workbook(tmp_path, [["company_id", "tier"], ["1", "gold"]])
    monkeypatch.setattr(builtins, "__import__", without_openpyxl)
    with pytest.raises(MappingInvalid, match=r"pip install 'hubspot-sla\[xlsx\]', or save it as CSV"):
        read_texts(folder)


def test_yml_is_read_where_there_is_no_yaml(tmp_path: Path) -> None:
    folder = written_folder(tmp_path, "tiers.csv", texts()["tiers.csv"].encode())
    (folder / "policies.yaml").rename(folder / "policies.yml")
    spoiled = (folder / "policies.yml").read_text(encoding="utf-8").replace("calendar: office", "calendar: offise")
    assert load(read_texts(folder)).policy_set.policies[0].id == "gold-support"
    (folder / "policies.yml").write_text(spoiled, encoding="utf-8")
    with pytest.raises(MappingInvalid, match=r"policies\.yml:4:15: there is no calendar 'offise'"):
        load(read_texts(folder))


def test_yml_beside_yaml_is_refused_for_one_would_be_ignored(tmp_path: Path) -> None:
    folder = written_folder(tmp_path, "tiers.csv", texts()["tiers.csv"].encode())
    (folder / "policies.yml").write_text("policies: []\n", encoding="utf-8")
    with pytest.raises(MappingInvalid, match=r"policies\.yml: there is policies\.yaml too"):
        read_texts(folder)
