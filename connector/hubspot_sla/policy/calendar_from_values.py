"""One calendar from values in code: the keys of one entry of calendars.yaml, checked as the file is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.calendars import compiled_calendars
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.yaml_document import Document
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.yaml_document import Path, Tree


def calendar_from_entry(name: str, entry: object) -> Calendar:
    """Dates and instants may be text or objects, a list may be a tuple. MappingInvalid: every problem at once."""
    document = _Entry(name, {"calendars": {name: _tree(entry)}})
    return _compiled(document)[name]


def calendars_from_text(file: str, text: str) -> dict[str, Calendar]:
    """The calendars of one calendars.yaml, `always` among them. MappingInvalid: every problem at once."""
    document, problems = read(file, text)
    if document is None or problems:
        raise MappingInvalid(problems)
    return _compiled(document)


def _compiled(document: Document) -> dict[str, Calendar]:
    file, problems = validated(document, CalendarsFile)
    if file is not None:
        calendars, problems = compiled_calendars(document, file)
        if not problems:
            return calendars
    raise MappingInvalid(problems)


@dataclass(frozen=True, slots=True)
class _Entry(Document):
    """A document that was never a file: a problem is placed by its keys."""

    def problem(
        self,
        path: Path,
        message: str,
        remedy: str = "",
        *,
        at_key: bool = False,  # noqa: ARG002 (there are no lines to choose between)
        code: Code = Code.INVALID,
    ) -> Problem:
        inside = path[2:]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inside)
        return Problem(f"{self.file}{place}", 0, 0, message, remedy, code)

    def named(self, path: Path) -> str:
        return str(next((step for step in path[::-1] if isinstance(step, str)), self.file))


def _tree(value: object) -> Tree:
    """Values as reading a file would give them: the text an admin would have written."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(_tree(key)): _tree(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_tree(inner) for inner in value]
    return str(value)
