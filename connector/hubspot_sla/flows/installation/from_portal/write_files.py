"""The first mappings into a folder. Nothing is ever overwritten: where one of the files is there already, under either
spelling of its name, none is written, for half of one's own and half of a guess fits nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.policy.mapping_files import ESCALATIONS, FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAPPINGS = "mappings"


def check_free(folder: Path) -> None:
    """UsageProblem: `folder` has mappings already. Names them all."""
    there = [name for name in _spellings() if (folder / MAPPINGS / name).exists()]
    if there:
        raise UsageProblem(
            f"{folder / MAPPINGS} has {', '.join(there)} already, and nothing is overwritten",
            remedy="choose another folder, compare, and take over what is better",
        )


def write_mappings(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """The names written, relative to `folder`. UsageProblem: one of them is there by now; OSError."""
    check_free(folder)
    (folder / MAPPINGS).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        try:
            with (folder / MAPPINGS / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise UsageProblem(f"{folder / MAPPINGS / name} has appeared meanwhile", remedy="run it again") from None
    return [f"{MAPPINGS}/{name}" for name in texts]


def _spellings() -> list[str]:
    return [spelling for name in (*FILES, ESCALATIONS) for spelling in (name, f"{name.removesuffix('.yaml')}.yml")]
