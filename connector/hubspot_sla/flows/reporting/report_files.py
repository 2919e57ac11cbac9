"""Reports as files in the folder of reports: written whole or not at all, and never twice."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

_FOR_THE_OWNER: Final = 0o700


def missing(folder: Path, name: str, forms: Sequence[str]) -> list[str]:
    """The forms in which the report `name` is not there yet."""
    return [form for form in forms if not (folder / f"{name}.{form}").exists()]


def write(folder: Path, name: str, forms: Sequence[str], document: Document) -> list[Path]:
    """The files that it wrote; the folder is made where it is missing, for its owner alone. Raises UsageProblem."""
    written = []
    for form in forms:
        path = folder / f"{name}.{form}"
        try:
            folder.mkdir(mode=_FOR_THE_OWNER, parents=True, exist_ok=True)
            _put(path, _CONTENT[form](document))
        except OSError as error:
            raise UsageProblem(f"cannot write {path}: {error.strerror}", remedy="set SLA_REPORTS to a folder") from None
        written.append(path)
    return written


def _put(path: Path, content: bytes) -> None:
    """Under another name first: nobody reads half a report, and a killed worker leaves none."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _page(document: Document) -> bytes:
    from hubspot_sla.render.report.page import page

    return page(document)


def _workbook(document: Document) -> bytes:
    from hubspot_sla.render.report.workbook import workbook

    return workbook(document)


def _json(document: Document) -> bytes:
    from hubspot_sla.render.report.as_json import as_json

    return (json.dumps(as_json(document), indent=2, ensure_ascii=False) + "\n").encode()


_CONTENT: Final[dict[str, Callable[[Document], bytes]]] = {"html": _page, "xlsx": _workbook, "json": _json}
