"""A world that many tests begin with, made once: its portal, its ledger and its mappings, for each to have anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.world import texts_of, world
from seeded import Packed, packed, unpacked

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from flows.world import World


@dataclass(frozen=True, slots=True)
class Kept:
    """`mappings` is the name and text of each file."""

    portal: Packed
    ledger: bytes
    mappings: list[tuple[str, str]]
    now: datetime


def kept(made: World) -> Kept:
    """Ends it, so that all of its ledger is in its file."""
    made.close()
    return Kept(
        packed(made.portal), (made.folder / "ledger.db").read_bytes(), texts_of(made.folder / "mappings"), made.now
    )


def again(of: Kept, folder: Path) -> World:
    """For the caller alone, who closes it."""
    made = world(unpacked(of.portal, of.now), folder)
    for name, text in of.mappings:
        (folder / "mappings" / name).write_text(text, encoding="utf-8")
    (folder / "ledger.db").write_bytes(of.ledger)
    made.now = of.now
    return made
