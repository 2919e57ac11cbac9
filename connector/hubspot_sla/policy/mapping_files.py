"""The files of mappings/: their names, and their texts. The only place that opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources import csv_dialect, workbook
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

PORTAL, CALENDARS, TIERS, POLICIES = "portal.yaml", "calendars.yaml", "tiers.yaml", "policies.yaml"
FILES = (PORTAL, CALENDARS, TIERS, POLICIES)
TESTS = "tests.yaml"
ESCALATIONS, WAIVERS, CONTRACTS = "escalations.yaml", "waivers.yaml", "contracts.yaml"
OPTIONAL = (ESCALATIONS, WAIVERS, CONTRACTS)
"""What may be missing: every breach makes a task then, nothing is waived here, and nothing is owed."""


def read_texts(directory: Path, files_named: Callable[[str], Iterable[str]]) -> dict[str, str]:
    """The text of each file, by name; CSV files by the name tiers.yaml gives them, relative to the directory.
    `files_named` says which a text of tiers.yaml names.

    A CSV file that is not there is left to `load`, which knows the line that names it.
    MappingInvalid: the directory or one of FILES is missing or is no UTF-8 text.
    """
    if not directory.is_dir():
        raise MappingInvalid(
            [
                Problem(
                    str(directory), 0, 0, "there is no such folder", "`sla init` writes one", code=Code.FOLDER_MISSING
                )
            ]
        )
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for name in (*FILES, *OPTIONAL):
        spelling = spelling_of(directory, name, problems)
        if not _read_into(texts, directory, spelling, problems) and name not in OPTIONAL:
            problems.append(
                Problem(
                    name, 0, 0, f"the file is missing from {directory}", "`sla init` writes one", code=Code.FILE_MISSING
                )
            )
    for name in files_named(texts.get(spelling_in(texts, TIERS), "")):
        _read_into(texts, directory, name, problems)
    if problems:
        raise MappingInvalid(problems, texts)
    return texts


def spelling_in(texts: Mapping[str, str], name: str) -> str:
    """The name under which a file of mappings/ was read: `policies.yml` where there is no `policies.yaml`."""
    short = _short(name)
    return short if short in texts and name not in texts else name


def spelling_of(directory: Path, name: str, problems: list[Problem]) -> str:
    """`policies.yaml`, or `policies.yml` where only that is there; both are a problem, for one would be ignored."""
    short = _short(name)
    if not (directory / short).is_file():
        return name
    if (directory / name).is_file():
        problems.append(
            Problem(
                short,
                0,
                0,
                f"there is {name} too, and only one of them can count",
                "delete one",
                code=Code.TWO_SPELLINGS,
            )
        )
    return name if (directory / name).is_file() else short


def _short(name: str) -> str:
    return name.removesuffix(".yaml") + ".yml"


def _read_into(texts: dict[str, str], directory: Path, name: str, problems: list[Problem]) -> bool:
    """False: there is no such file."""
    try:
        texts[name] = _text_of(name, (directory / name).read_bytes())
    except FileNotFoundError:
        return False
    except UnicodeDecodeError as error:
        problems.append(_not_text(name, error))
    except Refused as refused:
        problems.append(Problem(name, 0, 0, str(refused), refused.remedy, code=refused.code))
    except (OSError, ValueError) as error:
        problems.append(Problem(name, 0, 0, f"the file cannot be read: {error}", code=Code.FILE_UNREADABLE))
    return True


def _text_of(name: str, content: bytes) -> str:
    """YAML is UTF-8; a table may also be what a spreadsheet program saves."""
    if name.endswith((".yaml", ".yml")):
        return content.decode("utf-8-sig")
    return workbook.as_csv(content) if name.endswith(workbook.SUFFIX) else csv_dialect.decoded(content)


def _not_text(name: str, error: UnicodeDecodeError) -> Problem:
    before = bytes(error.object[: error.start])
    line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
    return Problem(name, line, column, "this is not UTF-8 text", "save the file as UTF-8", code=Code.NOT_UTF8)
